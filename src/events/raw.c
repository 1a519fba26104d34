#include "events/raw.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"

bool raw_append(struct db *db, int64_t id, const struct raw_entry *entry, struct err *err)
{
    return db_run(db,
                  "INSERT INTO raw (id, source_id, kind, received_ms, sent_ms, import_id, first_line, body) "
                  "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                  DB_ARGS(DB_I64(id), DB_I64(entry->source_id), DB_I64(entry->kind), DB_I64(entry->received_ms),
                          DB_I64(entry->sent_ms), DB_I64(entry->import_id), DB_I64(entry->first_line),
                          DB_BYTES(entry->body)),
                  err);
}

bool raw_last_id(struct db *db, int64_t *id, struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT coalesce(max(id), 0) FROM raw", DB_NO_ARGS);
    int64_t found = db_next(&rows) ? db_i64(&rows, 0) : 0;

    if (!db_end(&rows, err)) return false;
    *id = found;
    return true;
}

bool raw_new_epoch(struct db *db, struct err *err)
{
    return db_run(db,
                  "INSERT INTO raw_epoch (id, epoch) VALUES (1, 1) "
                  "ON CONFLICT (id) DO UPDATE SET epoch = raw_epoch.epoch + 1",
                  DB_NO_ARGS, err);
}

bool raw_replace(struct db *db, int64_t id, Str body, struct err *err)
{
    return db_run(db, "UPDATE raw SET body = $1 WHERE id = $2", DB_ARGS(DB_BYTES(body), DB_I64(id)), err);
}

bool raw_delete_import(struct db *db, int64_t import_id, struct err *err)
{
    return db_run(db, "DELETE FROM raw WHERE import_id = $1", DB_ARGS(DB_I64(import_id)), err);
}

bool raw_mark_at(struct db *db, int64_t id, struct raw_mark *out, struct err *err)
{
    struct raw_mark mark = {0};
    struct db_rows rows = db_query(db, "SELECT epoch FROM raw_epoch WHERE id = 1", DB_NO_ARGS);

    if (db_next(&rows)) mark.epoch = db_i64(&rows, 0);
    if (!db_end(&rows, err)) return false;
    rows = db_query(db, "SELECT body FROM raw WHERE id = $1", DB_ARGS(DB_I64(id)));
    if (db_next(&rows)) {
        struct digest digest = digest_of(db_str(&rows, 0));
        memcpy(&mark.bytes, digest.bytes, sizeof mark.bytes);
        mark.bytes |= 1;
    }
    if (!db_end(&rows, err)) return false;
    *out = mark;
    return true;
}

/* The columns after the id, from `at` on, in the order of every SELECT below. */
static struct raw_entry entry_of(const struct db_rows *rows, int at)
{
    return (struct raw_entry){
        .source_id = db_i64(rows, at),
        .kind = (enum raw_kind)db_i64(rows, at + 1),
        .received_ms = db_i64(rows, at + 2),
        .sent_ms = db_i64(rows, at + 3),
        .import_id = db_i64(rows, at + 4),
        .first_line = db_i64(rows, at + 5),
        .body = db_str(rows, at + 6),
    };
}

bool raw_read(struct db *db, int64_t id, struct arena *arena, struct raw_entry *out, struct err *err)
{
    struct db_rows rows =
        db_query(db, "SELECT source_id, kind, received_ms, sent_ms, import_id, first_line, body FROM raw WHERE id = $1",
                 DB_ARGS(DB_I64(id)));
    struct raw_entry entry = {0};
    bool found = db_next(&rows);

    if (found) {
        entry = entry_of(&rows, 0);
        entry.body = arena_copy(arena, entry.body);
    }
    if (!db_end(&rows, err)) return false;
    if (!found) return err_set(err, ERR_NOT_FOUND, "there is no raw entry %lld", (long long)id);
    *out = entry;
    return true;
}

static bool walk(struct db_rows *rows, raw_fn *see, void *context, struct err *err)
{
    bool ok = true;

    while (ok && db_next(rows)) {
        struct raw_entry entry = entry_of(rows, 1);
        ok = see(context, db_i64(rows, 0), &entry, err);
    }
    return db_end(rows, ok ? err : NULL) && ok;
}

#define SELECT "SELECT id, source_id, kind, received_ms, sent_ms, import_id, first_line, body FROM raw "
#define IN_SPAN "id > $1 AND id <= $2 ORDER BY id"

bool raw_walk(struct db *db, struct raw_span span, enum raw_which which, raw_fn *see, void *context, struct err *err)
{
    static const char *const SQL[] = {
        [RAW_CONTRACTS] = SELECT "WHERE kind = 21 AND " IN_SPAN,
        [RAW_BUT_CONTRACTS] = SELECT "WHERE kind <> 21 AND " IN_SPAN,
        [RAW_EVERY] = SELECT "WHERE " IN_SPAN,
    };
    static_assert(RAW_CRM_CONTRACTS == 21, "the kind in the statements");
    struct db_rows rows = db_query(db, SQL[which], DB_ARGS(DB_I64(span.after), DB_I64(span.upto)));

    return walk(&rows, see, context, err);
}
