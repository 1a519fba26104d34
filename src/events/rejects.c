#include "events/rejects.h"

#include <string.h>

#include "base/hash.h"

static const Str STATES[] = {STR_INIT("open"), STR_INIT("replayed"), STR_INIT("")};

/* What makes two rejects one: source, kind, line and bytes. */
static struct digest digest_of_reject(const struct reject *reject)
{
    struct {
        int64_t source_id, kind, line;
        struct digest body;
    } key;

    memset(&key, 0, sizeof key);
    key.source_id = reject->source_id;
    key.kind = reject->kind;
    key.line = reject->line;
    key.body = digest_of(reject->body);
    return digest_of((Str){(const char *)&key, sizeof key});
}

bool rejects_put(struct db *db, const struct reject *reject, bool *added, struct err *err)
{
    struct digest digest = digest_of_reject(reject);
    Str body = reject->body;

    if (body.n > REJECT_BODY_MAX) body.n = REJECT_BODY_MAX;
    if (!db_run(db,
                "INSERT INTO reject (id, digest, source_id, kind, import_id, line, reason, header, body, state, at_ms) "
                "VALUES ((SELECT coalesce(max(id), 0) + 1 FROM reject), $1, $2, $3, $4, $5, $6, $7, $8, 'open', $9) "
                "ON CONFLICT (digest) DO UPDATE SET state = 'open', import_id = excluded.import_id "
                "WHERE reject.state = 'undone'",
                DB_ARGS(DB_BYTES(((Str){(const char *)digest.bytes, DIGEST_BYTES})), DB_I64(reject->source_id),
                        DB_I64(reject->kind), DB_I64(reject->import_id), DB_I64(reject->line), DB_TEXT(reject->reason),
                        DB_BYTES(reject->header), DB_BYTES(body), DB_I64(reject->at_ms)),
                err))
        return false;
    if (added) *added = db_changed(db) == 1;
    return true;
}

static struct reject reject_of(const struct db_rows *rows, struct arena *arena)
{
    return (struct reject){
        .id = db_i64(rows, 0),
        .source_id = db_i64(rows, 1),
        .kind = (enum raw_kind)db_i64(rows, 2),
        .import_id = db_i64(rows, 3),
        .line = db_i64(rows, 4),
        .reason = arena_copy(arena, db_str(rows, 5)),
        .header = arena_copy(arena, db_str(rows, 6)),
        .body = arena_copy(arena, db_str(rows, 7)),
        .replayed = str_eq(db_str(rows, 8), STATES[REJECTS_REPLAYED]),
        .at_ms = db_i64(rows, 9),
    };
}

bool rejects_read(struct db *db, int64_t id, struct arena *arena, struct reject *out, struct err *err)
{
    struct db_rows rows = db_query(
        db, "SELECT id, source_id, kind, import_id, line, reason, header, body, state, at_ms FROM reject WHERE id = $1",
        DB_ARGS(DB_I64(id)));
    struct reject reject = {0};
    bool found = db_next(&rows);

    if (found) reject = reject_of(&rows, arena);
    if (!db_end(&rows, err)) return false;
    if (!found) return err_set(err, ERR_NOT_FOUND, "there is no rejected row %lld", (long long)id);
    *out = reject;
    return true;
}

bool rejects_mark_replayed(struct db *db, int64_t id, struct err *err)
{
    return db_run(db, "UPDATE reject SET state = 'replayed' WHERE id = $1", DB_ARGS(DB_I64(id)), err);
}

bool rejects_undo_import(struct db *db, int64_t import_id, struct err *err)
{
    return db_run(db, "UPDATE reject SET state = 'undone' WHERE import_id = $1", DB_ARGS(DB_I64(import_id)), err);
}

bool rejects_count(struct db *db, enum reject_filter filter, int64_t *n, struct err *err)
{
    struct db_rows rows =
        db_query(db, "SELECT count(*) FROM reject WHERE state <> 'undone' AND ($1 = '' OR state = $1)",
                 DB_ARGS(DB_TEXT(STATES[filter])));
    int64_t found = db_next(&rows) ? db_i64(&rows, 0) : 0;

    if (!db_end(&rows, err)) return false;
    *n = found;
    return true;
}

bool rejects_list(struct db *db, enum reject_filter filter, int64_t import_id, int64_t after, struct arena *arena,
                  struct reject *out, size_t max, size_t *n, struct err *err)
{
    struct db_rows rows =
        db_query(db,
                 "SELECT id, source_id, kind, import_id, line, reason, header, body, state, at_ms FROM reject "
                 "WHERE state <> 'undone' AND ($1 = '' OR state = $1) AND ($2 = 0 OR import_id = $2) AND id > $3 ORDER "
                 "BY id LIMIT $4",
                 DB_ARGS(DB_TEXT(STATES[filter]), DB_I64(import_id), DB_I64(after), DB_I64((int64_t)max)));
    size_t found = 0;

    while (found < max && db_next(&rows)) out[found++] = reject_of(&rows, arena);
    if (!db_end(&rows, err)) return false;
    *n = found;
    return true;
}
