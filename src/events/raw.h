/* events/raw.h -- the raw log in the store: what arrived, byte for byte.
 *
 * Is:    its SQL: append, read one, walk all, take an import back.
 * Owns:  the table `raw`.
 * Never: looks into a body.
 */
#ifndef EVENTS_RAW_H
#define EVENTS_RAW_H

#include "events/stage.h"
#include "store/store.h"

bool raw_append(struct db *db, int64_t id, const struct raw_entry *entry, struct err *err) MUST_CHECK;
bool raw_last_id(struct db *db, int64_t *id, struct err *err) MUST_CHECK; /* 0 when empty */
bool raw_delete_import(struct db *db, int64_t import_id, struct err *err) MUST_CHECK;

/* The body is copied to the arena. ERR_NOT_FOUND when there is none. */
bool raw_read(struct db *db, int64_t id, struct arena *arena, struct raw_entry *out, struct err *err) MUST_CHECK;

/* Every entry of a kind (or of every kind but it), by id. `see` returns false to stop with *err set; the body is
 * good until it returns. */
typedef bool raw_fn(void *context, int64_t id, const struct raw_entry *entry, struct err *err);
bool raw_walk(struct db *db, enum raw_kind kind, bool but, raw_fn *see, void *context, struct err *err) MUST_CHECK;
/* At most `limit` entries of any kind, from the one after `after` on. */
bool raw_walk_after(struct db *db, int64_t after, int64_t limit, raw_fn *see, void *context,
                    struct err *err) MUST_CHECK;

#endif
