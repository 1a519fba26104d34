#include "ads/campaign_rows.h"

#include <math.h>
#include <string.h>

#include "ads/days.h"

static struct db_value whole(int64_t value)
{
    return value == AD_NOT_SAID ? DB_NULL : DB_I64(value);
}

static bool insert(struct db *db, const struct campaign_row *row, int64_t import_id, int64_t now_ms, struct err *err)
{
    return db_run(
        db,
        "INSERT INTO campaign (campaign_id, account_id, external_id, name, channel_id, status, target_audience, "
        "campaign_goal, duration_days, conversion_rate, acquisition_cost_micros, currency, roi, location, language, "
        "clicks, impressions, engagement_score, customer_segment, day, company, has_days, import_id, created_ms, "
        "changed_ms) VALUES ($1, NULL, '', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, "
        "$18, "
        "$19, 0, $20, $21, $21) ON CONFLICT (campaign_id) DO NOTHING",
        DB_ARGS(DB_TEXT(row->campaign_id), DB_TEXT(row->name), DB_I64(row->channel_id), DB_TEXT(row->status),
                DB_TEXT(row->audience), DB_TEXT(row->goal), whole(row->duration_days), DB_F64(row->conversion_rate),
                whole(row->cost_micros), DB_TEXT(row->currency), DB_F64(row->roi), DB_TEXT(row->location),
                DB_TEXT(row->language), whole(row->clicks), whole(row->impressions), DB_F64(row->engagement),
                DB_TEXT(row->segment), whole(row->day), DB_TEXT(row->company), DB_I64(import_id), DB_I64(now_ms)),
        err);
}

/* ---- one that is there ---- */

struct stored {
    int64_t id;
    bool has_days;
    struct campaign_row row;
};

static bool read_stored(struct db *db, Str campaign_id, struct arena *arena, struct stored *out, struct err *err)
{
    struct db_rows rows =
        db_query(db,
                 "SELECT id, has_days, name, channel_id, status, target_audience, campaign_goal, duration_days, "
                 "conversion_rate, "
                 "acquisition_cost_micros, currency, roi, location, language, clicks, impressions, engagement_score, "
                 "customer_segment, day, company FROM campaign WHERE campaign_id = $1",
                 DB_ARGS(DB_TEXT(campaign_id)));
    bool found = db_next(&rows);

    if (found) {
        out->id = db_i64(&rows, 0);
        out->has_days = db_i64(&rows, 1) != 0;
        Str *const texts[] = {&out->row.name,     &out->row.status,   &out->row.audience,
                              &out->row.goal,     &out->row.currency, &out->row.location,
                              &out->row.language, &out->row.segment,  &out->row.company};
        static const int TEXT_AT[] = {2, 4, 5, 6, 10, 12, 13, 17, 19};
        int64_t *const wholes[] = {&out->row.duration_days, &out->row.cost_micros, &out->row.clicks,
                                   &out->row.impressions, &out->row.day};
        static const int WHOLE_AT[] = {7, 9, 14, 15, 18};
        for (size_t i = 0; i < COUNT_OF(texts); i++) *texts[i] = arena_copy(arena, db_str(&rows, TEXT_AT[i]));
        for (size_t i = 0; i < COUNT_OF(wholes); i++)
            *wholes[i] = db_is_null(&rows, WHOLE_AT[i]) ? AD_NOT_SAID : db_i64(&rows, WHOLE_AT[i]);
        out->row.channel_id = db_i64(&rows, 3);
        out->row.conversion_rate = db_f64(&rows, 8);
        out->row.roi = db_f64(&rows, 11);
        out->row.engagement = db_f64(&rows, 16);
    }
    if (!db_end(&rows, err)) return false;
    CHECK(found);
    out->row.campaign_id = campaign_id;
    return true;
}

static bool same_real(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static bool same(const struct campaign_row *a, const struct campaign_row *b)
{
    return a->channel_id == b->channel_id && str_eq(a->name, b->name) && str_eq(a->status, b->status) &&
           str_eq(a->audience, b->audience) && str_eq(a->goal, b->goal) && str_eq(a->currency, b->currency) &&
           str_eq(a->location, b->location) && str_eq(a->language, b->language) && str_eq(a->segment, b->segment) &&
           str_eq(a->company, b->company) && a->duration_days == b->duration_days && a->cost_micros == b->cost_micros &&
           a->clicks == b->clicks && a->impressions == b->impressions && a->day == b->day &&
           same_real(a->conversion_rate, b->conversion_rate) && same_real(a->roi, b->roi) &&
           same_real(a->engagement, b->engagement);
}

/* The new row with what it does not say, and what it must not change, from the one that is there. */
static struct campaign_row merged(const struct campaign_row *new, const struct stored *old)
{
    struct campaign_row out = *new;
    Str *const texts[] = {&out.name,     &out.status,   &out.audience, &out.goal,   &out.currency,
                          &out.location, &out.language, &out.segment,  &out.company};
    const Str olds[] = {old->row.name,     old->row.status,   old->row.audience, old->row.goal,   old->row.currency,
                        old->row.location, old->row.language, old->row.segment,  old->row.company};

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (texts[i]->n == 0) *texts[i] = olds[i];
    if (old->has_days) {
        out.clicks = old->row.clicks;
        out.impressions = old->row.impressions;
        out.conversion_rate = old->row.conversion_rate;
        out.cost_micros = old->row.cost_micros;
        out.roi = old->row.roi;
        out.currency = old->row.currency;
        out.day = old->row.day;
        out.channel_id = old->row.channel_id;
    }
    return out;
}

static bool replace(struct db *db, const struct campaign_row *row, int64_t id, int64_t import_id, int64_t now_ms,
                    struct err *err)
{
    return db_run(
        db,
        "UPDATE campaign SET name = $2, channel_id = $3, status = $4, target_audience = $5, campaign_goal = $6, "
        "duration_days = $7, conversion_rate = $8, acquisition_cost_micros = $9, currency = $10, roi = $11, "
        "location = $12, language = $13, clicks = $14, impressions = $15, engagement_score = $16, "
        "customer_segment = $17, day = $18, company = $19, import_id = $20, changed_ms = $21 WHERE id = $1",
        DB_ARGS(DB_I64(id), DB_TEXT(row->name), DB_I64(row->channel_id), DB_TEXT(row->status), DB_TEXT(row->audience),
                DB_TEXT(row->goal), whole(row->duration_days), DB_F64(row->conversion_rate), whole(row->cost_micros),
                DB_TEXT(row->currency), DB_F64(row->roi), DB_TEXT(row->location), DB_TEXT(row->language),
                whole(row->clicks), whole(row->impressions), DB_F64(row->engagement), DB_TEXT(row->segment),
                whole(row->day), DB_TEXT(row->company), DB_I64(import_id), DB_I64(now_ms)),
        err);
}

bool campaign_row_put(struct db *db, const struct campaign_row *row, int64_t import_id, int64_t now_ms,
                      enum put_result *result, struct err *err)
{
    struct campaign_row named = *row;
    struct stored old = {0};
    struct arena arena;

    if (named.name.n == 0) named.name = named.campaign_id;
    if (!insert(db, &named, import_id, now_ms, err)) return false;
    *result = PUT_INSERTED;
    if (db_changed(db)) return true;
    arena_init(&arena, (size_t)256 * 1024);
    bool ok = read_stored(db, row->campaign_id, &arena, &old, err);
    struct campaign_row next = ok ? merged(row, &old) : *row;
    bool changes = ok && !same(&next, &old.row);
    if (changes) ok = replace(db, &next, old.id, import_id, now_ms, err);
    arena_free(&arena);
    *result = changes ? PUT_REPLACED : PUT_SAME;
    return ok;
}
