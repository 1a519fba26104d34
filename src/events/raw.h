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

#define RAW_BODY_MAX ((size_t)4000 * 1024) /* 4,000 KB, as RudderStack's gateway */

bool raw_append(struct db *db, int64_t id, const struct raw_entry *entry, struct err *err) MUST_CHECK;
bool raw_last_id(struct db *db, int64_t *id, struct err *err) MUST_CHECK; /* 0 when empty */
bool raw_delete_import(struct db *db, int64_t import_id, struct err *err) MUST_CHECK;

/* Another body for entry `id`: only to erase what stands in it. */
bool raw_replace(struct db *db, int64_t id, Str body, struct err *err) MUST_CHECK;
/* Say, in the transaction that takes something out, that the log is not what it was. */
bool raw_new_epoch(struct db *db, struct err *err) MUST_CHECK;

/* Which log this is: how often something was taken out of it, and the bytes of entry `id` as a number. */
struct raw_mark {
    int64_t epoch;
    uint64_t bytes; /* the beginning of their SHA-256; 0: there is no such entry */
};
bool raw_mark_at(struct db *db, int64_t id, struct raw_mark *out, struct err *err) MUST_CHECK;

/* The body is copied to the arena. ERR_NOT_FOUND when there is none. */
bool raw_read(struct db *db, int64_t id, struct arena *arena, struct raw_entry *out, struct err *err) MUST_CHECK;

/* Who is told now and then how far the reading of the log is; false: stop. */
struct watch {
    bool (*go_on)(void *context, int64_t rows, int64_t total);
    void *context;
};

/* Entries by id. `see` returns false to stop with *err set; the body is good until it returns. */
struct raw_span {
    int64_t after, upto; /* after < id <= upto */
};
#define RAW_SPAN_ALL ((struct raw_span){0, INT64_MAX})
enum raw_which { RAW_CONTRACTS, RAW_BUT_CONTRACTS, RAW_EVERY };
typedef bool raw_fn(void *context, int64_t id, const struct raw_entry *entry, struct err *err);
bool raw_walk(struct db *db, struct raw_span span, enum raw_which which, raw_fn *see, void *context,
              struct err *err) MUST_CHECK;

#endif
