/* events/rules.h -- which platform a tuple belongs to: an ordered table that a user can edit.
 *
 * Is:    rules read from JSON; the first that matches wins, and without a match the platform is "unknown".
 * Owns:  its rows.
 * Never: lets a platform depend on anything but the tuple: a change of rules has to look at each distinct tuple only.
 */
#ifndef EVENTS_RULES_H
#define EVENTS_RULES_H

#include "base/buf.h"
#include "base/err.h"
#include "events/facts.h"
#include "store/store.h"

#define RULES_MAX 500
#define RULES_BYTES_MAX ((size_t)256 * 1024)

struct rules;

/* The table of spec/3. */
struct rules *rules_builtin(void);
/* {"rules":[{"fields":["source","medium"],"op":"is"|"contains","values":["email"],"platform":"email","paid":false}]}
 * NULL on failure, with the path of the faulty field. */
struct rules *rules_parse(Str json, struct err *err);
/* As the store has them; the built-in ones if it has none. */
struct rules *rules_load(struct db *db, struct err *err);
bool rules_save(struct db *db, const struct rules *rules, struct err *err) MUST_CHECK;
void rules_free(struct rules *rules);                         /* NULL is fine */
void rules_write(const struct rules *rules, struct buf *out); /* the same JSON */

Str rules_platform(const void *rules, const struct tuple *tuple, bool *paid); /* a facts_platform_fn */

#endif
