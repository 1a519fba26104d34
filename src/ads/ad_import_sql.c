#include "ads/ad_import_int.h"
#include "base/time.h"

#define COLUMNS                                                                                                        \
    "id, name, state, format, mapping, error, bytes_total, bytes_done, lines_done, inserted, replaced, repeated, "     \
    "rejected, created_ms, started_ms, finished_ms"

static struct ad_import import_of(const struct db_rows *rows, struct arena *arena)
{
    return (struct ad_import){
        .id = db_i64(rows, 0),
        .name = arena_copy(arena, db_str(rows, 1)),
        .state = arena_copy(arena, db_str(rows, 2)),
        .format = arena_copy(arena, db_str(rows, 3)),
        .mapping = arena_copy(arena, db_str(rows, 4)),
        .error = db_is_null(rows, 5) ? (Str){NULL, 0} : arena_copy(arena, db_str(rows, 5)),
        .bytes_total = db_i64(rows, 6),
        .bytes_done = db_i64(rows, 7),
        .rows_done = db_i64(rows, 8),
        .inserted = db_i64(rows, 9),
        .replaced = db_i64(rows, 10),
        .repeated = db_i64(rows, 11),
        .rejected = db_i64(rows, 12),
        .created_ms = db_i64(rows, 13),
        .started_ms = db_is_null(rows, 14) ? TIME_NONE : db_i64(rows, 14),
        .finished_ms = db_is_null(rows, 15) ? TIME_NONE : db_i64(rows, 15),
    };
}

bool ad_import_read(struct db *db, int64_t id, struct arena *arena, struct ad_import *out, struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT " COLUMNS " FROM ad_import WHERE id = $1", DB_ARGS(DB_I64(id)));
    struct ad_import import = {0};
    bool found = db_next(&rows);

    if (found) import = import_of(&rows, arena);
    if (!db_end(&rows, err)) return false;
    if (!found) return err_set(err, ERR_NOT_FOUND, "there is no import %lld of ad data", (long long)id);
    *out = import;
    return true;
}

bool ad_import_list(struct db *db, int64_t before, struct arena *arena, struct ad_import *out, size_t max, size_t *n,
                    struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT " COLUMNS " FROM ad_import WHERE id < $1 ORDER BY id DESC LIMIT $2",
                                   DB_ARGS(DB_I64(before), DB_I64((int64_t)max)));
    size_t found = 0;

    while (found < max && db_next(&rows)) out[found++] = import_of(&rows, arena);
    if (!db_end(&rows, err)) return false;
    *n = found;
    return true;
}

bool ad_import_next(struct db *db, struct arena *arena, struct ad_import *out, bool *found, struct err *err)
{
    struct db_rows rows = db_query(
        db, "SELECT " COLUMNS " FROM ad_import WHERE state IN ('waiting', 'running', 'undoing') ORDER BY id LIMIT 1",
        DB_NO_ARGS);

    *found = db_next(&rows);
    if (*found) *out = import_of(&rows, arena);
    return db_end(&rows, err);
}

bool ad_import_rejects(struct db *db, int64_t id, int64_t after, struct arena *arena, struct ad_reject *out, size_t max,
                       size_t *n, struct err *err)
{
    struct db_rows rows = db_query(db,
                                   "SELECT line, column_name, reason, body FROM ad_import_reject "
                                   "WHERE import_id = $1 AND line > $2 ORDER BY line LIMIT $3",
                                   DB_ARGS(DB_I64(id), DB_I64(after), DB_I64((int64_t)max)));
    size_t found = 0;

    while (found < max && db_next(&rows))
        out[found++] = (struct ad_reject){db_i64(&rows, 0), arena_copy(arena, db_str(&rows, 1)),
                                          arena_copy(arena, db_str(&rows, 2)), arena_copy(arena, db_str(&rows, 3))};
    if (!db_end(&rows, err)) return false;
    *n = found;
    return true;
}
