/* base/dict.h -- names as small numbers.
 *
 * Is:    an append-only dictionary: each distinct text gets the next id, from 0. It can be written to a bundle, and
 *        one that goes on from there reads what is in the bundle where it lies.
 * Owns:  copies of the texts, at addresses that never move; of those in a bundle, nothing: keep that open.
 * Never: forgets or renumbers. One thread adds and looks up (or all hold one lock); dict_text of an id below a
 *        dict_count that the caller has read is safe from any thread without a lock.
 */
#ifndef BASE_DICT_H
#define BASE_DICT_H

#include "base/bundle.h"
#include "base/hash.h"

#define DICT_NONE UINT32_MAX

struct dict;

struct dict *dict_new(void);
struct dict *dict_new_with(const struct hash_key *key);
void dict_free(struct dict *dict);                     /* NULL is fine */
uint32_t dict_add(struct dict *dict, Str text);        /* the id of an equal text, or a new one */
uint32_t dict_find(const struct dict *dict, Str text); /* DICT_NONE when absent */
Str dict_text(const struct dict *dict, uint32_t id);
uint32_t dict_count(const struct dict *dict);

/* Arrays `name`.at, .text and .slot of the first n texts; safe beside the adder. name: at most 10 bytes. */
void dict_write(const struct dict *dict, uint32_t n, const char *name, struct bundle_writer *out);
/* `key` is that of the dict which was written. NULL: the arrays are missing or do not fit. */
struct dict *dict_of_bundle(const struct bundle *bundle, const char *name, const struct hash_key *key, struct err *err);

#endif
