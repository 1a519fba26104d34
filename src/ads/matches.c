#include "ads/matches.h"

#include "base/time.h"

bool matches_read(struct db *db, struct arena *arena, const struct match **out, size_t *n, struct err *err)
{
    struct db_rows counted = db_query(db, "SELECT count(*) FROM campaign_match", DB_NO_ARGS);
    size_t max = db_next(&counted) ? (size_t)db_i64(&counted, 0) : 0, found = 0;

    if (!db_end(&counted, err)) return false;
    struct match *matches = ARENA_ARRAY(arena, struct match, max);
    struct db_rows rows = db_query(
        db, "SELECT dim, value, campaign_id, origin, changed_ms FROM campaign_match ORDER BY dim, value", DB_NO_ARGS);
    while (found < max && db_next(&rows)) {
        matches[found++] = (struct match){
            .dim = arena_copy(arena, db_str(&rows, 0)),
            .value = arena_copy(arena, db_str(&rows, 1)),
            .campaign_id = db_is_null(&rows, 2) ? 0 : db_i64(&rows, 2),
            .origin = arena_copy(arena, db_str(&rows, 3)),
            .changed_ms = db_i64(&rows, 4),
        };
    }
    *out = matches;
    *n = found;
    return db_end(&rows, err);
}

static bool room_for_one(struct db *db, struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT count(*) FROM campaign_match", DB_NO_ARGS);
    bool room = db_next(&rows) && db_i64(&rows, 0) < MATCHES_MAX;

    if (!db_end(&rows, err)) return false;
    return room || err_set(err, ERR_LIMIT, "there are %d matches; delete some that nobody needs", MATCHES_MAX);
}

bool match_put(struct db *db, const struct match *match, struct err *err)
{
    return room_for_one(db, err) &&
           db_run(
               db,
               "INSERT INTO campaign_match (dim, value, campaign_id, origin, changed_ms) VALUES ($1, $2, $3, $4, $5) "
               "ON CONFLICT (dim, value) DO UPDATE SET campaign_id = excluded.campaign_id, "
               "origin = excluded.origin, changed_ms = excluded.changed_ms "
               "WHERE excluded.origin = 'hand' OR campaign_match.origin <> 'hand'",
               DB_ARGS(DB_TEXT(match->dim), DB_TEXT(match->value),
                       match->campaign_id ? DB_I64(match->campaign_id) : DB_NULL, DB_TEXT(match->origin),
                       DB_I64(time_now_ms())),
               err);
}

bool match_remove(struct db *db, Str dim, Str value, struct err *err)
{
    if (!db_run(db, "DELETE FROM campaign_match WHERE dim = $1 AND value = $2", DB_ARGS(DB_TEXT(dim), DB_TEXT(value)),
                err))
        return false;
    return db_changed(db) != 0 || err_set(err, ERR_NOT_FOUND, "nobody said which campaign the %.*s \"%.*s\" means",
                                          STR_ARG(dim), STR_ARG(value));
}
