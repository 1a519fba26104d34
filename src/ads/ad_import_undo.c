/* ads/ad_import_undo.c -- what an import brought is taken out, chunk by chunk. A program that was killed on the way
 * finds the state "undoing" and goes on: what is gone is no longer found. */
#include <stdlib.h>

#include "ads/ad_import_int.h"
#include "base/time.h"

#define ROWS_MAX 5000

/* One chunk in a transaction; *left: rows may be left. */
typedef bool chunk_fn(struct db *db, int64_t id, size_t rows, bool *left, struct err *err);

static bool take_chunks(struct ad_imports *imports, const struct worker *worker, int64_t id, chunk_fn *chunk,
                        struct err *err)
{
    size_t pace = 500;

    for (bool left = true; left;) {
        if (worker_stopping(worker)) return err_set(err, ERR_BUSY, "the program ends");
        struct db *db = store_writer_take(imports->store);
        int64_t start = time_monotonic_us();
        bool ok = db_begin(db, err);
        if (ok && !chunk(db, id, pace, &left, err)) {
            db_rollback(db);
            ok = false;
        }
        ok = ok && db_commit(db, err);
        int64_t took = time_monotonic_us() - start;
        store_writer_give(imports->store);
        if (ok) {
            pace = ad_pace(pace, took, ROWS_MAX);
        } else if (err->code == ERR_BUSY) {
            left = true;
            worker_pause(worker, RETRY_MS);
        } else {
            return false;
        }
    }
    return true;
}

/* The last of the next `rows` campaigns of the import; *id_to = 0: there is none. */
static bool next_campaigns(struct db *db, int64_t id, size_t rows, int64_t *id_to, struct err *err)
{
    struct db_rows found = db_query(db,
                                    "SELECT coalesce(max(id), 0) FROM (SELECT id FROM campaign WHERE import_id = $1 "
                                    "ORDER BY id LIMIT $2) AS next",
                                    DB_ARGS(DB_I64(id), DB_I64((int64_t)rows)));

    *id_to = db_next(&found) ? db_i64(&found, 0) : 0;
    return db_end(&found, err);
}

/* A campaign that has daily facts, by now of others, stays, and is from now on of one of these. */
static bool take_campaigns(struct db *db, int64_t id, size_t rows, bool *left, struct err *err)
{
    int64_t to;

    if (!next_campaigns(db, id, rows, &to, err)) return false;
    *left = to > 0;
    if (!*left) return true;
    const struct db_value args[] = {DB_I64(id), DB_I64(to)};
    return db_run(db,
                  "UPDATE campaign SET import_id = (SELECT max(d.import_id) FROM ad a JOIN ad_day d ON d.ad_id = a.id "
                  "WHERE a.campaign_id = campaign.id) WHERE import_id = $1 AND id <= $2 AND EXISTS "
                  "(SELECT 1 FROM ad a JOIN ad_day d ON d.ad_id = a.id WHERE a.campaign_id = campaign.id)",
                  args, 2, err) &&
           db_run(db, "DELETE FROM ad WHERE campaign_id IN (SELECT id FROM campaign WHERE import_id = $1 AND id <= $2)",
                  args, 2, err) &&
           db_run(db,
                  "DELETE FROM campaign_match WHERE campaign_id IN "
                  "(SELECT id FROM campaign WHERE import_id = $1 AND id <= $2)",
                  args, 2, err) &&
           db_run(db,
                  "DELETE FROM budget WHERE campaign_id IN "
                  "(SELECT id FROM campaign WHERE import_id = $1 AND id <= $2)",
                  args, 2, err) &&
           db_run(db, "DELETE FROM campaign WHERE import_id = $1 AND id <= $2", args, 2, err);
}

static bool take_days(struct db *db, int64_t id, size_t rows, bool *left, struct err *err)
{
    struct ad_change change;

    if (!ad_days_take_back(db, id, rows, &change, err)) return false;
    *left = change.removed > 0;
    return true;
}

static bool take_rejects(struct db *db, int64_t id, size_t rows, bool *left, struct err *err)
{
    bool ok = db_run(db,
                     "DELETE FROM ad_import_reject WHERE import_id = $1 AND line IN "
                     "(SELECT line FROM ad_import_reject WHERE import_id = $1 ORDER BY line LIMIT $2)",
                     DB_ARGS(DB_I64(id), DB_I64((int64_t)rows)), err);

    *left = ok && db_changed(db) > 0;
    return ok;
}

bool ad_take_back(struct ad_imports *imports, const struct worker *worker, int64_t id, struct err *err)
{
    return take_chunks(imports, worker, id, take_days, err) && take_chunks(imports, worker, id, take_campaigns, err) &&
           ad_sums_refresh_all(imports, worker, err) && take_chunks(imports, worker, id, take_rejects, err);
}
