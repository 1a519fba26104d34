#include "ads/campaigns.h"

#include <stdlib.h>

#include "ads/campaign_sums.h"
#include "ads/day_sums.h"
#include "base/time.h"

/* ---- reading ---- */

#define COLUMNS                                                                                                        \
    "c.id, c.channel_id, c.campaign_id, c.name, (SELECT h.name FROM channel h WHERE h.id = c.channel_id),"             \
    " coalesce((SELECT a.source FROM ad_account a WHERE a.id = c.account_id), CASE WHEN coalesce(c.import_id, 0) <> 0" \
    " THEN 'file' ELSE 'hand' END), c.status, c.target_audience, c.campaign_goal, c.currency, c.location, c.language," \
    " c.customer_segment, c.company, c.duration_days, c.acquisition_cost_micros, c.clicks, c.impressions, c.day,"      \
    " c.conversion_rate, c.roi, c.engagement_score, c.has_days, c.created_ms, c.changed_ms FROM campaign c "
enum { FIRST_TEXT = 2, FIRST_WHOLE = 14, FIRST_REAL = 19, HAS_DAYS = 22, CREATED, CHANGED };

static int64_t whole_at(const struct db_rows *rows, int column)
{
    return db_is_null(rows, column) ? AD_NOT_SAID : db_i64(rows, column);
}

static struct campaign campaign_of(const struct db_rows *rows, struct arena *arena)
{
    struct campaign out = {.id = db_i64(rows, 0), .channel_id = db_i64(rows, 1)};
    Str *const texts[] = {&out.campaign_id,      &out.name,          &out.channel,  &out.source,   &out.status,
                          &out.target_audience,  &out.campaign_goal, &out.currency, &out.location, &out.language,
                          &out.customer_segment, &out.company};
    int64_t *const wholes[] = {&out.duration_days, &out.cost_micros, &out.clicks, &out.impressions, &out.day};
    double *const reals[] = {&out.conversion_rate, &out.roi, &out.engagement_score};

    for (int i = 0; i < (int)COUNT_OF(texts); i++) *texts[i] = arena_copy(arena, db_str(rows, FIRST_TEXT + i));
    for (int i = 0; i < (int)COUNT_OF(wholes); i++) *wholes[i] = whole_at(rows, FIRST_WHOLE + i);
    for (int i = 0; i < (int)COUNT_OF(reals); i++) *reals[i] = db_f64(rows, FIRST_REAL + i);
    out.has_days = db_i64(rows, HAS_DAYS) != 0;
    out.created_ms = db_i64(rows, CREATED);
    out.changed_ms = db_i64(rows, CHANGED);
    return out;
}

bool campaign_read(struct db *db, Str campaign_id, struct arena *arena, struct campaign *out, struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT " COLUMNS "WHERE c.campaign_id = $1", DB_ARGS(DB_TEXT(campaign_id)));
    struct campaign campaign = {0};
    bool found = db_next(&rows);

    if (found) campaign = campaign_of(&rows, arena);
    if (!db_end(&rows, err)) return false;
    if (!found) return err_set(err, ERR_NOT_FOUND, "there is no campaign \"%.*s\"", STR_ARG(campaign_id));
    *out = campaign;
    return true;
}

/* ---- lists ----
 * Three questions, so that the first two are answered by an index: all, a channel's, those with a text in them. */

enum { LIST_ALL, LIST_CHANNEL, LIST_PART, LISTS };

#define OF_CHANNEL "WHERE c.channel_id = $3 "
#define OF_PART                                                                                                        \
    "WHERE ($3 = 0 OR c.channel_id = $3) AND (lower(c.name) LIKE lower($4) ESCAPE '!'"                                 \
    " OR lower(c.campaign_id) LIKE lower($4) ESCAPE '!') "
#define PAGE(where, order) "SELECT " COLUMNS where "ORDER BY " order " LIMIT $1 OFFSET $2"
#define DOWN(column)                                                                                                   \
    {                                                                                                                  \
        PAGE("", column " DESC NULLS LAST, c.id DESC"), PAGE(OF_CHANNEL, column " DESC NULLS LAST, c.id DESC"),        \
            PAGE(OF_PART, column " DESC NULLS LAST, c.id DESC")                                                        \
    }
#define UP(column)                                                                                                     \
    {                                                                                                                  \
        PAGE("", column " NULLS LAST, c.id"), PAGE(OF_CHANNEL, column " NULLS LAST, c.id"),                            \
            PAGE(OF_PART, column " NULLS LAST, c.id")                                                                  \
    }

static const struct {
    Str name;
    const char *sql[LISTS];
} SORTS[] = {
    {STR_INIT("-day"), DOWN("c.day")},
    {STR_INIT("day"), UP("c.day")},
    {STR_INIT("-name"), DOWN("c.name")},
    {STR_INIT("name"), UP("c.name")},
    {STR_INIT("-clicks"), DOWN("c.clicks")},
    {STR_INIT("clicks"), UP("c.clicks")},
    {STR_INIT("-impressions"), DOWN("c.impressions")},
    {STR_INIT("impressions"), UP("c.impressions")},
    {STR_INIT("-conversion_rate"), DOWN("c.conversion_rate")},
    {STR_INIT("conversion_rate"), UP("c.conversion_rate")},
    {STR_INIT("-acquisition_cost"), DOWN("c.acquisition_cost_micros")},
    {STR_INIT("acquisition_cost"), UP("c.acquisition_cost_micros")},
    {STR_INIT("-roi"), DOWN("c.roi")},
    {STR_INIT("roi"), UP("c.roi")},
    {STR_INIT("-engagement_score"), DOWN("c.engagement_score")},
    {STR_INIT("engagement_score"), UP("c.engagement_score")},
};

bool campaign_sort_find(Str text, size_t *sort, struct err *err)
{
    for (size_t i = 0; i < COUNT_OF(SORTS); i++) {
        if (!str_eq(text, SORTS[i].name)) continue;
        *sort = i;
        return true;
    }
    return err_set_field(err, "sort",
                         "sort is day, name, clicks, impressions, conversion_rate, acquisition_cost, roi or "
                         "engagement_score, with a minus for the largest first, not \"%.*s\"",
                         STR_ARG(text));
}

static Str pattern_of(Str part, struct arena *arena)
{
    char *text = arena_alloc(arena, 2 * part.n + 2);
    size_t n = 0;

    text[n++] = '%';
    for (size_t i = 0; i < part.n; i++) {
        if (part.p[i] == '%' || part.p[i] == '_' || part.p[i] == '!') text[n++] = '!';
        text[n++] = part.p[i];
    }
    text[n++] = '%';
    return (Str){text, n};
}

static bool count_campaigns(struct db *db, int list, const struct db_value *args, int64_t *total, struct err *err)
{
    static const char *const SQL[LISTS] = {
        "SELECT count(*) FROM campaign",
        "SELECT count(*) FROM campaign c WHERE c.channel_id = $1",
        ("SELECT count(*) FROM campaign c WHERE ($1 = 0 OR c.channel_id = $1) AND (lower(c.name) LIKE lower($2)"
         " ESCAPE '!' OR lower(c.campaign_id) LIKE lower($2) ESCAPE '!')"),
    };
    struct db_rows rows = db_query(db, SQL[list], args, (size_t)list);

    *total = db_next(&rows) ? db_i64(&rows, 0) : 0;
    return db_end(&rows, err);
}

bool campaigns_list(struct db *db, const struct campaign_query *query, struct arena *arena, struct campaign *out,
                    size_t *n, int64_t *total, struct err *err)
{
    int list = query->part.n ? LIST_PART : query->channel_id ? LIST_CHANNEL : LIST_ALL;
    const struct db_value args[] = {DB_I64(query->limit), DB_I64(query->skip), DB_I64(query->channel_id),
                                    DB_TEXT(pattern_of(query->part, arena))};
    struct db_rows rows = db_query(db, SORTS[query->sort].sql[list], args, 2 + (size_t)list);

    for (*n = 0; *n < (size_t)query->limit && db_next(&rows); ++*n) out[*n] = campaign_of(&rows, arena);
    return db_end(&rows, err) && count_campaigns(db, list, args + 2, total, err);
}

/* ---- changing ---- */

static struct db_value whole(int64_t value)
{
    return value == AD_NOT_SAID ? DB_NULL : DB_I64(value);
}

static int32_t date_of(const struct campaign *campaign)
{
    return campaign->day == AD_NOT_SAID ? CAMPAIGN_NO_DAY : (int32_t)campaign->day;
}

/* What both statements below bind, from $2 on. */
#define ATTRIBUTES(c)                                                                                                  \
    DB_TEXT((c)->name), DB_I64((c)->channel_id), DB_TEXT((c)->status), DB_TEXT((c)->target_audience),                  \
        DB_TEXT((c)->campaign_goal), whole((c)->duration_days), DB_F64((c)->conversion_rate), whole((c)->cost_micros), \
        DB_TEXT((c)->currency), DB_F64((c)->roi), DB_TEXT((c)->location), DB_TEXT((c)->language), whole((c)->clicks),  \
        whole((c)->impressions), DB_F64((c)->engagement_score), DB_TEXT((c)->customer_segment), whole((c)->day),       \
        DB_TEXT((c)->company), DB_I64((c)->changed_ms)

bool campaign_insert(struct db *db, struct campaign *campaign, struct err *err)
{
    int32_t day = date_of(campaign);

    campaign->created_ms = campaign->changed_ms = time_now_ms();
    struct db_rows rows = db_query(
        db,
        "INSERT INTO campaign (campaign_id, external_id, name, channel_id, status, target_audience, campaign_goal,"
        " duration_days, conversion_rate, acquisition_cost_micros, currency, roi, location, language, clicks,"
        " impressions, engagement_score, customer_segment, day, company, changed_ms, created_ms, has_days)"
        " VALUES ($1, '', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $20, "
        "0)"
        " ON CONFLICT (campaign_id) DO NOTHING RETURNING id",
        DB_ARGS(DB_TEXT(campaign->campaign_id), ATTRIBUTES(campaign)));
    bool made = db_next(&rows);

    if (made) campaign->id = db_i64(&rows, 0);
    if (!db_end(&rows, err)) return false;
    if (!made)
        return err_set(err, ERR_CONFLICT, "there is a campaign \"%.*s\" already", STR_ARG(campaign->campaign_id));
    return campaign_sums_refresh(db, &day, 1, err);
}

static bool read_date(struct db *db, int64_t id, int32_t *day, struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT day FROM campaign WHERE id = $1", DB_ARGS(DB_I64(id)));

    *day = db_next(&rows) && !db_is_null(&rows, 0) ? (int32_t)db_i64(&rows, 0) : CAMPAIGN_NO_DAY;
    return db_end(&rows, err);
}

bool campaign_update(struct db *db, struct campaign *campaign, struct err *err)
{
    int32_t days[2] = {0, date_of(campaign)};

    campaign->changed_ms = time_now_ms();
    return read_date(db, campaign->id, &days[0], err) &&
           db_run(db,
                  "UPDATE campaign SET name = $2, channel_id = $3, status = $4, target_audience = $5,"
                  " campaign_goal = $6, duration_days = $7, conversion_rate = $8, acquisition_cost_micros = $9,"
                  " currency = $10, roi = $11, location = $12, language = $13, clicks = $14, impressions = $15,"
                  " engagement_score = $16, customer_segment = $17, day = $18, company = $19, changed_ms = $20"
                  " WHERE id = $1",
                  DB_ARGS(DB_I64(campaign->id), ATTRIBUTES(campaign)), err) &&
           campaign_sums_refresh(db, days, 2, err);
}

/* The days on which it has rows, to be summed without it. */
static bool list_touches(struct db *db, int64_t id, struct day_touch **out, size_t *n, struct err *err)
{
    struct db_rows rows =
        db_query(db, "SELECT DISTINCT day FROM campaign_day WHERE campaign_id = $1", DB_ARGS(DB_I64(id)));
    size_t cap = 0;

    for (*n = 0; db_next(&rows); ++*n) {
        if (*n == cap) *out = mem_grow(*out, sizeof **out, cap = cap ? 2 * cap : 64);
        (*out)[*n] = (struct day_touch){id, (int32_t)db_i64(&rows, 0)};
    }
    return db_end(&rows, err);
}

static bool remove_rows(struct db *db, int64_t id, struct err *err)
{
    return db_run(db, "DELETE FROM ad_day WHERE ad_id IN (SELECT id FROM ad WHERE campaign_id = $1)",
                  DB_ARGS(DB_I64(id)), err) &&
           db_run(db, "DELETE FROM ad WHERE campaign_id = $1", DB_ARGS(DB_I64(id)), err) &&
           db_run(db, "DELETE FROM budget WHERE campaign_id = $1", DB_ARGS(DB_I64(id)), err) &&
           db_run(db, "DELETE FROM campaign_match WHERE campaign_id = $1", DB_ARGS(DB_I64(id)), err) &&
           db_run(db, "DELETE FROM campaign WHERE id = $1", DB_ARGS(DB_I64(id)), err);
}

bool campaign_remove(struct db *db, Str campaign_id, struct arena *arena, struct err *err)
{
    struct day_touch *touch = NULL;
    struct campaign campaign = {0};
    size_t n = 0;

    if (!campaign_read(db, campaign_id, arena, &campaign, err)) return false;
    int32_t day = date_of(&campaign);
    bool ok = list_touches(db, campaign.id, &touch, &n, err) && remove_rows(db, campaign.id, err) &&
              day_sums_refresh(db, touch, n, err) && campaign_sums_refresh(db, &day, 1, err);
    free(touch);
    return ok;
}

/* ---- days ---- */

bool campaign_days(struct db *db, int64_t id, int32_t first, int32_t last, struct arena *arena,
                   const struct campaign_day **out, size_t *n, struct err *err)
{
    struct campaign_day *list = ARENA_ARRAY(arena, struct campaign_day, CAMPAIGN_DAYS_MAX);
    struct db_rows rows =
        db_query(db,
                 "SELECT d.day, h.name, d.currency, d.impressions, d.reach, d.clicks, d.spend_micros,"
                 " d.conversions_micros, d.revenue_micros FROM campaign_day d JOIN channel h ON h.id = d.channel_id"
                 " WHERE d.campaign_id = $1 AND d.day BETWEEN $2 AND $3 ORDER BY d.day, h.name, d.currency LIMIT $4",
                 DB_ARGS(DB_I64(id), DB_I64(first), DB_I64(last), DB_I64(CAMPAIGN_DAYS_MAX + 1)));
    size_t found = 0;
    bool more = false;

    while (db_next(&rows)) {
        more = found == CAMPAIGN_DAYS_MAX;
        if (more) break;
        struct campaign_day *day = &list[found++];
        *day = (struct campaign_day){.day = (int32_t)db_i64(&rows, 0),
                                     .channel = arena_copy(arena, db_str(&rows, 1)),
                                     .currency = arena_copy(arena, db_str(&rows, 2))};
        for (int i = 0; i < AD_COUNTS; i++) day->count[i] = whole_at(&rows, 3 + i);
    }
    if (!db_end(&rows, err)) return false;
    if (more) return err_set(err, ERR_LIMIT, "these are more than %d lines; ask for fewer days", CAMPAIGN_DAYS_MAX);
    *out = list;
    *n = found;
    return true;
}
