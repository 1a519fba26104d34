/* events/person_log.h -- what the raw log holds of one person: found, and erased.
 *
 * Is:    walks over the raw log for the items that name one of a person's aliases, identify calls too.
 * Owns:  nothing.
 * Never: erases anything but those items, and rejects that name the person.
 *
 * An erased item leaves a mark in its place, so that the places of the others stay as they are.
 */
#ifndef EVENTS_PERSON_LOG_H
#define EVENTS_PERSON_LOG_H

#include "base/buf.h"
#include "events/raw.h"

/* `aliases`: a dict of alias texts such as "u:42". `see` returns false to stop. One decode of every entry between. */
typedef bool person_item_fn(void *context, int64_t raw_id, const struct raw_entry *entry, const struct staged *item);
bool person_log_walk(struct db *db, struct raw_span span, Str currency, const struct dict *aliases, person_item_fn *see,
                     void *context, struct err *err) MUST_CHECK;

/* Entries with items of the person, in order. Zeroed: none. */
struct person_entries {
    int64_t *id;
    size_t n, capacity;
};
bool person_log_find(struct db *db, struct raw_span span, Str currency, const struct dict *aliases,
                     struct person_entries *out, struct err *err) MUST_CHECK;

/* Within the caller's transaction: erase the person's items of these entries, and what was refused of it. */
bool person_log_erase(struct db *db, const struct person_entries *entries, Str currency, const struct dict *aliases,
                      uint64_t *erased, struct err *err) MUST_CHECK;

/* The entry's body without its items numbered item[0..n-1], ascending. */
bool entry_without(const struct raw_entry *entry, const uint32_t *item, size_t n, struct buf *out) MUST_CHECK;

#endif
