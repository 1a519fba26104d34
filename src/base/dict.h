/* base/dict.h -- names as small numbers.
 *
 * Is:    an append-only dictionary: each distinct text gets the next id, from 0.
 * Owns:  copies of the texts, at addresses that never move.
 * Never: forgets or renumbers. One thread adds and looks up (or all hold one lock); dict_text of an id below a
 *        dict_count that the caller has read is safe from any thread without a lock.
 */
#ifndef BASE_DICT_H
#define BASE_DICT_H

#include "base/str.h"

#define DICT_NONE UINT32_MAX

struct dict;

struct dict *dict_new(void);
void dict_free(struct dict *dict);                     /* NULL is fine */
uint32_t dict_add(struct dict *dict, Str text);        /* the id of an equal text, or a new one */
uint32_t dict_find(const struct dict *dict, Str text); /* DICT_NONE when absent */
Str dict_text(const struct dict *dict, uint32_t id);
uint32_t dict_count(const struct dict *dict);

#endif
