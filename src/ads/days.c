/* ads/days.c
 *
 * A call gathers its rows in memory, reads what is stored of their campaigns and days, and writes only what differs: a
 * platform's last weeks are pulled again every hour, and most of it is as it was. The sums of the days of campaigns
 * where something changed are made again from the rows (day_sums.h), in the same transaction.
 */
#include "ads/days.h"

#include <stdlib.h>
#include <string.h>

#include "ads/campaign_sums.h"
#include "ads/days_int.h"
#include "base/time.h"

static const struct ad_change NOTHING = {.first_day = INT32_MAX, .last_day = INT32_MIN};

static bool check_source(const struct ad_source *source, struct err *err)
{
    const Str texts[] = {source->source, source->account};

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (texts[i].n == 0 || texts[i].n > AD_ID_MAX || !str_is_utf8(texts[i]) || memchr(texts[i].p, '/', texts[i].n))
            return err_set_field(err, i ? "account" : "source", "%s is 1 to %d bytes without a /, not \"%.*s\"",
                                 i ? "an account" : "a source", AD_ID_MAX, STR_ARG(texts[i]));
    return true;
}

/* The account's row, made if there is none; a connection becomes its owner. */
static bool open_account(struct day_work *work, struct err *err)
{
    const struct ad_source *source = work->source;
    struct db_rows rows =
        db_query(work->db,
                 "INSERT INTO ad_account (source, account, connection_id, created_ms) VALUES ($1, $2, $3, $4)"
                 " ON CONFLICT (source, account) DO UPDATE SET connection_id = coalesce(excluded.connection_id,"
                 " ad_account.connection_id) RETURNING id",
                 DB_ARGS(DB_TEXT(source->source), DB_TEXT(source->account),
                         source->connection_id ? DB_I64(source->connection_id) : DB_NULL, DB_I64(work->now_ms)));

    if (db_next(&rows)) work->account = db_i64(&rows, 0);
    return db_end(&rows, err);
}

static void open_work(struct day_work *work)
{
    work->now_ms = time_now_ms();
    work->change = NOTHING;
    work->channels = dict_new();
    work->campaigns = dict_new();
    work->sets = dict_new();
    work->ads = dict_new();
    work->rows = dict_new();
    work->texts = dict_new();
}

static void close_work(struct day_work *work)
{
    dict_free(work->channels);
    dict_free(work->campaigns);
    dict_free(work->sets);
    dict_free(work->ads);
    dict_free(work->rows);
    dict_free(work->texts);
    free(work->channel_id);
    free(work->campaign);
    free(work->set);
    free(work->ad);
    free(work->row);
    free(work->gone);
}

static bool do_work(struct day_work *work, const struct ad_row *rows, size_t n, struct ad_change *change,
                    struct err *err)
{
    if (!check_source(work->source, err)) return false;
    if (n > AD_DAY_ROWS_MAX) return err_set(err, ERR_LIMIT, "%zu rows at once; put in at most %d", n, AD_DAY_ROWS_MAX);
    open_work(work);
    bool ok =
        open_account(work, err) && days_gather(work, rows, n, err) && days_compare(work, err) && days_write(work, err);
    if (ok) *change = work->change;
    close_work(work);
    return ok;
}

bool ad_days_replace(struct db *db, const struct ad_source *source, int32_t first, int32_t last,
                     const struct ad_row *rows, size_t n, struct arena *arena, struct ad_change *change,
                     struct err *err)
{
    struct day_work work = {.db = db, .source = source, .arena = arena, .replace = true, .first = first, .last = last};

    return do_work(&work, rows, n, change, err);
}

bool ad_days_put(struct db *db, const struct ad_source *source, const struct ad_row *rows, size_t n,
                 struct arena *arena, struct ad_change *change, struct err *err)
{
    struct day_work work = {.db = db, .source = source, .arena = arena, .first = INT32_MAX, .last = INT32_MIN};

    return do_work(&work, rows, n, change, err);
}

/* ---- taking back ---- */

/* The ads and campaigns of an import that have no day left. */
static bool drop_empty(struct db *db, int64_t import_id, struct err *err)
{
    static const int32_t UNDATED = CAMPAIGN_NO_DAY;

    return db_run(db,
                  "DELETE FROM ad WHERE campaign_id IN (SELECT id FROM campaign WHERE import_id = $1 AND has_days = 1)"
                  " AND NOT EXISTS (SELECT 1 FROM ad_day d WHERE d.ad_id = ad.id)",
                  DB_ARGS(DB_I64(import_id)), err) &&
           db_run(db,
                  "DELETE FROM campaign_match WHERE campaign_id IN (SELECT id FROM campaign WHERE import_id = $1 AND"
                  " has_days = 1 AND NOT EXISTS (SELECT 1 FROM ad a WHERE a.campaign_id = campaign.id))",
                  DB_ARGS(DB_I64(import_id)), err) &&
           db_run(db,
                  "DELETE FROM budget WHERE campaign_id IN (SELECT id FROM campaign WHERE import_id = $1 AND"
                  " has_days = 1 AND NOT EXISTS (SELECT 1 FROM ad a WHERE a.campaign_id = campaign.id))",
                  DB_ARGS(DB_I64(import_id)), err) &&
           db_run(db,
                  "DELETE FROM campaign WHERE import_id = $1 AND has_days = 1"
                  " AND NOT EXISTS (SELECT 1 FROM ad a WHERE a.campaign_id = campaign.id)",
                  DB_ARGS(DB_I64(import_id)), err) &&
           campaign_sums_refresh(db, &UNDATED, 1, err);
}

/* Of a row that two imports made, the figures of the other one stay: the bits of import_counts are import_id's. */
#define KEPT(name, bit, test) " " name " = CASE WHEN import_counts & " bit test " THEN " name " END,"
#define KEEP(test)                                                                                                     \
    KEPT("impressions", "1", test)                                                                                     \
    KEPT("reach", "2", test)                                                                                           \
    KEPT("clicks", "4", test)                                                                                          \
    KEPT("spend_micros", "8", test)                                                                                    \
    KEPT("conversions_micros", "16", test)                                                                             \
    KEPT("revenue_micros", "32", test)
#define ALONE "import_id = $1 AND also_import_id IS NULL"
#define LAST "import_id = $1 AND also_import_id IS NOT NULL"
#define FIRST "also_import_id = $1"
#define ORDERED " ORDER BY ad_id, day, placement, country LIMIT $2"
#define FIND(which) "SELECT (SELECT a.campaign_id FROM ad a WHERE a.id = ad_id), day FROM ad_day WHERE " which ORDERED
#define AMONG(which)                                                                                                   \
    " WHERE (ad_id, day, placement, country) IN (SELECT ad_id, day, placement, country FROM ad_day WHERE " which       \
        ORDERED ")"

/* Rows of three sorts: of the import alone; of it and an earlier one; of it and a later one. */
static const struct {
    const char *find, *take;
} SORTS[] = {
    {FIND(ALONE), "DELETE FROM ad_day" AMONG(ALONE)},
    {FIND(LAST), "UPDATE ad_day SET" KEEP(" = 0") " import_id = also_import_id, also_import_id = NULL,"
                                                  " import_counts = 0" AMONG(LAST)},
    {FIND(FIRST), "UPDATE ad_day SET" KEEP(" <> 0") " also_import_id = NULL, import_counts = 0" AMONG(FIRST)},
};

static bool find_rows(struct db *db, const char *sql, int64_t import_id, size_t max, struct day_touch *touch,
                      struct ad_change *done, size_t *n, struct err *err)
{
    struct db_rows rows = db_query(db, sql, DB_ARGS(DB_I64(import_id), DB_I64((int64_t)max)));

    for (*n = 0; *n < max && db_next(&rows); ++*n) {
        touch[*n] = (struct day_touch){db_i64(&rows, 0), (int32_t)db_i64(&rows, 1)};
        if (touch[*n].day < done->first_day) done->first_day = touch[*n].day;
        if (touch[*n].day > done->last_day) done->last_day = touch[*n].day;
    }
    return db_end(&rows, err);
}

bool ad_days_take_back(struct db *db, int64_t import_id, size_t max, struct ad_change *change, struct err *err)
{
    struct ad_change done = NOTHING;
    struct day_touch *touch = mem_grow(NULL, sizeof *touch, max + 1);
    size_t n = 0;
    bool ok = true;

    for (size_t i = 0; ok && n == 0 && i < COUNT_OF(SORTS); i++) {
        ok = find_rows(db, SORTS[i].find, import_id, max, touch, &done, &n, err);
        if (ok && n)
            ok = db_run(db, SORTS[i].take, DB_ARGS(DB_I64(import_id), DB_I64((int64_t)max)), err) &&
                 day_sums_refresh(db, touch, n, err);
    }
    if (ok && n == 0) ok = drop_empty(db, import_id, err);
    done.removed = (int64_t)n;
    if (ok) *change = done;
    free(touch);
    return ok;
}
