/* ads/days_store.c -- what is stored of the campaigns of a call, and what the call makes of it. */
#include <stdlib.h>

#include "ads/days_int.h"

static struct db_value whole(int64_t value)
{
    return value == AD_NOT_SAID ? DB_NULL : DB_I64(value);
}

static int32_t day_at(const struct db_rows *rows, int column)
{
    return db_is_null(rows, column) ? INT32_MIN : (int32_t)db_i64(rows, column);
}

/* ---- reading ---- */

static bool find_campaign(struct day_work *work, struct day_campaign *campaign, struct err *err)
{
    struct db_rows rows = db_query(work->db,
                                   "SELECT c.id, c.name, c.status, (SELECT max(d.day) FROM campaign_day d"
                                   " WHERE d.campaign_id = c.id) FROM campaign c"
                                   " WHERE c.account_id = $1 AND c.external_id = $2",
                                   DB_ARGS(DB_I64(work->account), DB_TEXT(campaign->external_id)));

    if (db_next(&rows)) {
        campaign->id = db_i64(&rows, 0);
        campaign->name = arena_copy(work->arena, db_str(&rows, 1));
        campaign->status = arena_copy(work->arena, db_str(&rows, 2));
        campaign->last_day = day_at(&rows, 3);
    }
    return db_end(&rows, err);
}

/* Campaigns of the account that have something in the days to replace. */
static bool name_stored_campaigns(struct day_work *work, struct err *err)
{
    struct db_rows rows =
        db_query(work->db,
                 "SELECT c.external_id FROM campaign c WHERE c.account_id = $1 AND EXISTS (SELECT 1"
                 " FROM campaign_day d WHERE d.campaign_id = c.id AND d.day BETWEEN $2 AND $3) ORDER BY c.id",
                 DB_ARGS(DB_I64(work->account), DB_I64(work->first), DB_I64(work->last)));

    while (db_next(&rows)) (void)day_campaign_of(work, db_str(&rows, 0));
    return db_end(&rows, err);
}

static bool read_ads(struct day_work *work, uint32_t campaign, struct err *err)
{
    struct db_rows rows = db_query(work->db,
                                   "SELECT a.id, a.ad_set_id, a.ad_set_name, a.external_id, a.name, a.status,"
                                   " (SELECT max(d.day) FROM ad_day d WHERE d.ad_id = a.id)"
                                   " FROM ad a WHERE a.campaign_id = $1",
                                   DB_ARGS(DB_I64(work->campaign[campaign].id)));

    while (db_next(&rows)) {
        uint32_t s = day_set_of(work, campaign, db_str(&rows, 1));
        uint32_t a = day_ad_of(work, s, db_str(&rows, 3)); /* which may move them */
        struct day_ad *ad = &work->ad[a];
        ad->id = db_i64(&rows, 0);
        ad->set_name = arena_copy(work->arena, db_str(&rows, 2));
        ad->name = arena_copy(work->arena, db_str(&rows, 4));
        ad->status = arena_copy(work->arena, db_str(&rows, 5));
        ad->last_day = day_at(&rows, 6);
        if (ad->last_day > work->set[s].last_day) work->set[s].last_day = ad->last_day;
    }
    return db_end(&rows, err);
}

enum {
    STORED_AD,
    STORED_SET,
    STORED_ID,
    STORED_DAY,
    STORED_PLACEMENT,
    STORED_COUNTRY,
    STORED_CHANNEL,
    STORED_CURRENCY,
    STORED_COUNT
};
#define STORED_DAYS                                                                                                    \
    "SELECT a.id, a.ad_set_id, a.external_id, d.day, d.placement, d.country, d.channel_id, d.currency, d.impressions," \
    " d.reach, d.clicks, d.spend_micros, d.conversions_micros, d.revenue_micros FROM ad a"                             \
    " JOIN ad_day d ON d.ad_id = a.id WHERE a.campaign_id = $1 AND d.day BETWEEN $2 AND $3"

static bool same(const struct day_work *work, const struct day_row *row, const struct db_rows *stored)
{
    bool same = work->channel_id[row->channel] == db_i64(stored, STORED_CHANNEL) &&
                str_eq(row->currency, db_str(stored, STORED_CURRENCY));

    for (int i = 0; i < AD_COUNTS && same; i++) {
        bool said = row->count[i] != AD_NOT_SAID;
        same = said != db_is_null(stored, STORED_COUNT + i) &&
               (!said || row->count[i] == db_i64(stored, STORED_COUNT + i));
    }
    return same;
}

static Str keep(struct day_work *work, Str text)
{
    return dict_text(work->texts, dict_add(work->texts, text));
}

static void compare_day(struct day_work *work, uint32_t ad, const struct db_rows *stored)
{
    char key[KEY_MAX];
    int32_t day = (int32_t)db_i64(stored, STORED_DAY);
    Str placement = db_str(stored, STORED_PLACEMENT), country = db_str(stored, STORED_COUNTRY);
    uint32_t r = dict_find(work->rows, day_row_key(key, ad, day, placement, country));

    if (r != DICT_NONE) {
        work->row[r].state = same(work, &work->row[r], stored) ? DAY_SAME : DAY_DIFFERS;
    } else if (work->replace) {
        work->gone = day_room(work->gone, sizeof *work->gone, work->n_gone, &work->gone_cap);
        work->gone[work->n_gone++] = (struct day_gone){ad, day, keep(work, placement), keep(work, country)};
    }
}

static bool read_days(struct day_work *work, uint32_t campaign, struct err *err)
{
    struct db_rows rows = db_query(
        work->db, STORED_DAYS, DB_ARGS(DB_I64(work->campaign[campaign].id), DB_I64(work->first), DB_I64(work->last)));
    int64_t last = 0;
    uint32_t ad = 0;

    while (db_next(&rows)) {
        if (db_i64(&rows, STORED_AD) != last)
            ad = day_ad_of(work, day_set_of(work, campaign, db_str(&rows, STORED_SET)), db_str(&rows, STORED_ID));
        last = db_i64(&rows, STORED_AD);
        compare_day(work, ad, &rows);
    }
    return db_end(&rows, err);
}

bool days_compare(struct day_work *work, struct err *err)
{
    if (work->replace && !name_stored_campaigns(work, err)) return false;
    for (uint32_t c = 0; c < dict_count(work->campaigns); c++) {
        if (!find_campaign(work, &work->campaign[c], err)) return false;
        if (!work->campaign[c].id) continue;
        if (!read_ads(work, c, err) || !read_days(work, c, err)) return false;
    }
    return true;
}

/* ---- writing ---- */

/* What a row of the call said, if no later day is stored. */
static Str latest(const struct said *said, Str stored, int32_t stored_day)
{
    return said->text.n && said->day >= stored_day ? said->text : stored;
}

static Str name_or_id(Str name, Str id)
{
    return name.n ? name : id;
}

static bool insert_campaign(struct day_work *work, struct day_campaign *campaign, struct err *err)
{
    const struct ad_source *source = work->source;
    Str id = arena_printf(work->arena, "%.*s:%.*s:%.*s", STR_ARG(source->source), STR_ARG(source->account),
                          STR_ARG(campaign->external_id));
    struct db_rows rows = db_query(
        work->db,
        "INSERT INTO campaign (campaign_id, account_id, external_id, name, channel_id, status, target_audience,"
        " campaign_goal, currency, location, language, customer_segment, company, has_days, import_id, created_ms,"
        " changed_ms) VALUES ($1, $2, $3, $4, $5, $6, '', '', '', '', '', '', '', 1, $7, $8, $8)"
        " ON CONFLICT (campaign_id) DO UPDATE SET account_id = excluded.account_id, external_id = excluded.external_id,"
        " name = excluded.name, status = excluded.status WHERE campaign.account_id IS NULL RETURNING id",
        DB_ARGS(DB_TEXT(id), DB_I64(work->account), DB_TEXT(campaign->external_id),
                DB_TEXT(name_or_id(campaign->said_name.text, campaign->external_id)),
                DB_I64(work->channel_id[campaign->channel]), DB_TEXT(campaign->said_status.text),
                source->import_id ? DB_I64(source->import_id) : DB_NULL, DB_I64(work->now_ms)));

    if (db_next(&rows)) campaign->id = db_i64(&rows, 0);
    if (!db_end(&rows, err)) return false;
    return campaign->id || err_set(err, ERR_CONFLICT, "campaign %.*s is of another account already", STR_ARG(id));
}

static bool write_campaign(struct day_work *work, struct day_campaign *campaign, struct err *err)
{
    if (!campaign->id) return insert_campaign(work, campaign, err);
    Str name = latest(&campaign->said_name, campaign->name, campaign->last_day);
    Str status = latest(&campaign->said_status, campaign->status, campaign->last_day);
    if (str_eq(name, campaign->name) && str_eq(status, campaign->status)) return true;
    return db_run(work->db, "UPDATE campaign SET name = $2, status = $3, changed_ms = $4 WHERE id = $1",
                  DB_ARGS(DB_I64(campaign->id), DB_TEXT(name), DB_TEXT(status), DB_I64(work->now_ms)), err);
}

static bool insert_ad(struct day_work *work, struct day_ad *ad, Str set_name, struct err *err)
{
    const struct day_set *set = &work->set[ad->set];
    struct db_rows rows =
        db_query(work->db,
                 "INSERT INTO ad (campaign_id, ad_set_id, ad_set_name, external_id, name, status)"
                 " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
                 DB_ARGS(DB_I64(work->campaign[set->campaign].id), DB_TEXT(set->external_id), DB_TEXT(set_name),
                         DB_TEXT(ad->external_id), DB_TEXT(name_or_id(ad->said_name.text, ad->external_id)),
                         DB_TEXT(ad->said_status.text)));

    if (db_next(&rows)) ad->id = db_i64(&rows, 0);
    return db_end(&rows, err);
}

/* The name of a group is that of all its ads, also of those that the call has nothing of. */
static bool write_ad(struct day_work *work, struct day_ad *ad, struct err *err)
{
    const struct day_set *set = &work->set[ad->set];
    Str set_name = latest(&set->said_name, ad->id ? ad->set_name : set->external_id, set->last_day);

    if (!ad->id) return insert_ad(work, ad, set_name, err);
    Str name = latest(&ad->said_name, ad->name, ad->last_day);
    Str status = latest(&ad->said_status, ad->status, ad->last_day);
    if (str_eq(set_name, ad->set_name) && str_eq(name, ad->name) && str_eq(status, ad->status)) return true;
    return db_run(work->db, "UPDATE ad SET ad_set_name = $2, name = $3, status = $4 WHERE id = $1",
                  DB_ARGS(DB_I64(ad->id), DB_TEXT(set_name), DB_TEXT(name), DB_TEXT(status)), err);
}

static bool write_row(struct day_work *work, const struct day_row *row, struct err *err)
{
    return db_run(
        work->db,
        "INSERT INTO ad_day (ad_id, day, placement, country, channel_id, currency, impressions, reach, clicks,"
        " spend_micros, conversions_micros, revenue_micros, import_id, changed_ms)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        " ON CONFLICT (ad_id, day, placement, country) DO UPDATE SET channel_id = excluded.channel_id,"
        " currency = excluded.currency, impressions = excluded.impressions, reach = excluded.reach,"
        " clicks = excluded.clicks, spend_micros = excluded.spend_micros,"
        " conversions_micros = excluded.conversions_micros, revenue_micros = excluded.revenue_micros,"
        " import_id = excluded.import_id, changed_ms = excluded.changed_ms",
        DB_ARGS(DB_I64(work->ad[row->ad].id), DB_I64(row->day), DB_TEXT(row->placement), DB_TEXT(row->country),
                DB_I64(work->channel_id[row->channel]), DB_TEXT(row->currency), whole(row->count[AD_IMPRESSIONS]),
                whole(row->count[AD_REACH]), whole(row->count[AD_CLICKS]), whole(row->count[AD_SPEND]),
                whole(row->count[AD_CONVERSIONS]), whole(row->count[AD_REVENUE]),
                work->source->import_id ? DB_I64(work->source->import_id) : DB_NULL, DB_I64(work->now_ms)),
        err);
}

static struct day_touch touched(struct day_work *work, uint32_t ad, int32_t day)
{
    if (day < work->change.first_day) work->change.first_day = day;
    if (day > work->change.last_day) work->change.last_day = day;
    return (struct day_touch){work->campaign[day_ad_campaign(work, ad)].id, day};
}

static bool write_rows(struct day_work *work, struct day_touch *touch, size_t *n, struct err *err)
{
    for (uint32_t r = 0; r < dict_count(work->rows); r++) {
        const struct day_row *row = &work->row[r];
        work->change.inserted += row->state == DAY_NEW;
        work->change.replaced += row->state == DAY_DIFFERS;
        work->change.same += row->state == DAY_SAME;
        if (row->state == DAY_SAME) continue;
        if (!write_row(work, row, err)) return false;
        touch[(*n)++] = touched(work, row->ad, row->day);
    }
    for (size_t i = 0; i < work->n_gone; i++) {
        const struct day_gone *gone = &work->gone[i];
        if (!db_run(work->db, "DELETE FROM ad_day WHERE ad_id = $1 AND day = $2 AND placement = $3 AND country = $4",
                    DB_ARGS(DB_I64(work->ad[gone->ad].id), DB_I64(gone->day), DB_TEXT(gone->placement),
                            DB_TEXT(gone->country)),
                    err))
            return false;
        work->change.removed++;
        touch[(*n)++] = touched(work, gone->ad, gone->day);
    }
    return true;
}

bool days_write(struct day_work *work, struct err *err)
{
    struct day_touch *touch = mem_grow(NULL, sizeof *touch, dict_count(work->rows) + work->n_gone + 1);
    size_t n = 0;
    bool ok = false;

    for (uint32_t c = 0; c < dict_count(work->campaigns); c++)
        if (!write_campaign(work, &work->campaign[c], err)) goto done;
    for (uint32_t a = 0; a < dict_count(work->ads); a++)
        if (!write_ad(work, &work->ad[a], err)) goto done;
    ok = write_rows(work, touch, &n, err) && day_sums_refresh(work->db, touch, n, err);
done:
    free(touch);
    return ok;
}
