#include "base/time.h"
#include "features/segments/segments_int.h"

static struct segment_row row_of(const struct db_rows *rows, struct arena *arena)
{
    return (struct segment_row){
        .id = db_i64(rows, 0),
        .name = arena_copy(arena, db_str(rows, 1)),
        .kind = arena_copy(arena, db_str(rows, 2)),
        .created_ms = db_i64(rows, 3),
        .changed_ms = db_i64(rows, 4),
    };
}

static bool missing(int64_t id, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "there is no segment %lld", (long long)id);
}

bool segment_read(struct db *db, int64_t id, struct arena *arena, struct segment_row *out, struct err *err)
{
    struct db_rows rows =
        db_query(db, "SELECT id, name, kind, created_ms, changed_ms, definition FROM segment WHERE id = $1",
                 DB_ARGS(DB_I64(id)));
    struct segment_row row = {0};
    bool found = db_next(&rows);

    if (found) {
        row = row_of(&rows, arena);
        row.definition = arena_copy(arena, db_str(&rows, 5));
    }
    if (!db_end(&rows, err)) return false;
    if (!found) return missing(id, err);
    *out = row;
    return true;
}

bool segment_list(struct db *db, struct arena *arena, struct segment_row *out, size_t *n, struct err *err)
{
    struct db_rows rows =
        db_query(db, "SELECT id, name, kind, created_ms, changed_ms FROM segment ORDER BY name, id", DB_NO_ARGS);

    for (*n = 0; *n < SEGMENTS_MAX && db_next(&rows); ++*n) out[*n] = row_of(&rows, arena);
    return db_end(&rows, err);
}

/* The next id and how many there are. */
static bool count(struct db *db, int64_t *next_id, int64_t *n, struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT coalesce(max(id), 0) + 1, count(*) FROM segment", DB_NO_ARGS);

    bool found = db_next(&rows);
    *next_id = found ? db_i64(&rows, 0) : 1;
    *n = found ? db_i64(&rows, 1) : 0;
    return db_end(&rows, err);
}

static bool name_taken(const struct segment_row *row, struct err *err)
{
    if (err->code == ERR_CONFLICT)
        err_set(err, ERR_CONFLICT, "there is a segment \"%.*s\" already", STR_ARG(row->name));
    return false;
}

bool segment_insert(struct db *db, struct segment_row *row, struct err *err)
{
    struct digest digest = digest_of(row->definition);
    int64_t n, now_ms = time_now_ms();

    if (!count(db, &row->id, &n, err)) return false;
    if (n >= SEGMENTS_MAX)
        return err_set(err, ERR_LIMIT, "there are %d segments; delete one that nobody needs", SEGMENTS_MAX);
    row->created_ms = row->changed_ms = now_ms;
    return db_run(db,
                  "INSERT INTO segment (id, name, kind, definition, digest, created_ms, changed_ms) "
                  "VALUES ($1, $2, $3, $4, $5, $6, $6)",
                  DB_ARGS(DB_I64(row->id), DB_TEXT(row->name), DB_TEXT(row->kind), DB_TEXT(row->definition),
                          DB_BYTES(((Str){(const char *)digest.bytes, DIGEST_BYTES})), DB_I64(now_ms)),
                  err) ||
           name_taken(row, err);
}

bool segment_update(struct db *db, struct segment_row *row, struct err *err)
{
    struct digest digest = digest_of(row->definition);

    row->changed_ms = time_now_ms();
    if (!db_run(db, "UPDATE segment SET name = $2, definition = $3, digest = $4, changed_ms = $5 WHERE id = $1",
                DB_ARGS(DB_I64(row->id), DB_TEXT(row->name), DB_TEXT(row->definition),
                        DB_BYTES(((Str){(const char *)digest.bytes, DIGEST_BYTES})), DB_I64(row->changed_ms)),
                err))
        return name_taken(row, err);
    return db_changed(db) != 0 || missing(row->id, err);
}

bool segment_remove(struct db *db, int64_t id, struct err *err)
{
    if (!db_run(db, "DELETE FROM segment WHERE id = $1", DB_ARGS(DB_I64(id)), err)) return false;
    return db_changed(db) != 0 || missing(id, err);
}
