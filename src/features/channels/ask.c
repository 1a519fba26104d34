#include "features/channels/channels_int.h"

static bool read_day(const struct request *request, const char *name, int32_t *day, struct err *err)
{
    Str text = str_trim(request_query(request, name));

    if (text.n == 0 || time_parse_day(text, day)) return true;
    return err_set_field(err, name, "%s must be a day such as 2025-02-12, not \"%.*s\"", name, STR_ARG(text));
}

bool ask_span(const struct request *request, struct ad_span *out, struct err *err)
{
    struct ad_span span = {INT32_MIN, INT32_MAX};

    if (!read_day(request, "from", &span.first, err) || !read_day(request, "to", &span.last, err)) return false;
    if (span.first > span.last) return err_set_field(err, "to", "to lies before from");
    *out = span;
    return true;
}

bool ask_step(const struct request *request, enum time_step *out, struct err *err)
{
    static const char *const STEPS[] = {"day", "week", "month", NULL};
    static const enum time_step STEP[] = {TIME_STEP_DAY, TIME_STEP_WEEK, TIME_STEP_MONTH};
    size_t choice;

    if (!question_choice(request, "step", STEPS, &choice, err)) return false;
    *out = STEP[choice];
    return true;
}

bool ask_audience(const struct request *request, enum campaign_dim *out, struct err *err)
{
    const char *names[CAMPAIGN_DIM_COUNT] = {NULL}; /* those but the channel, which come after it */
    size_t choice;

    for (int dim = CAMPAIGN_BY_CHANNEL + 1; dim < CAMPAIGN_DIM_COUNT; dim++)
        names[dim - 1] = campaign_dim_name((enum campaign_dim)dim);
    if (!question_choice(request, "by", names, &choice, err)) return false;
    *out = (enum campaign_dim)(choice + 1);
    return true;
}

static bool find_id(struct db_rows rows, const char *name, Str text, int64_t *id, struct err *err)
{
    *id = db_next(&rows) ? db_i64(&rows, 0) : 0;
    if (!db_end(&rows, err)) return false;
    return *id || err_set_field(err, name, "there is no %s \"%.*s\"", name, STR_ARG(text));
}

static bool find_ad(const struct request *request, const char *name, int64_t campaign_id, int64_t *key, struct err *err)
{
    Str text = request_query(request, name);

    if (text.n == 0) return true;
    if (!str_to_i64(text, key))
        return err_set_field(err, name, "%s is a key of the tree, not \"%.*s\"", name, STR_ARG(text));
    if (!campaign_id) return err_set_field(err, "campaign", "say of which campaign the %s is", name);
    return find_id(db_query(request->db, "SELECT id FROM ad WHERE id = $1 AND campaign_id = $2",
                            DB_ARGS(DB_I64(*key), DB_I64(campaign_id))),
                   name, text, key, err);
}

bool ask_scope(const struct request *request, struct ad_scope *out, struct err *err)
{
    Str channel = request_query(request, "channel"), campaign = request_query(request, "campaign");

    *out = (struct ad_scope){0};
    if (channel.n &&
        !find_id(db_query(request->db, "SELECT id FROM channel WHERE name = $1", DB_ARGS(DB_TEXT(channel))), "channel",
                 channel, &out->channel_id, err))
        return false;
    if (campaign.n &&
        !find_id(db_query(request->db, "SELECT id FROM campaign WHERE campaign_id = $1", DB_ARGS(DB_TEXT(campaign))),
                 "campaign", campaign, &out->campaign_id, err))
        return false;
    return find_ad(request, "ad_set", out->campaign_id, &out->ad_set, err) &&
           find_ad(request, "ad", out->campaign_id, &out->ad, err);
}

bool ask_pricing(struct request *request, struct ad_span span, struct pricing *out, struct err *err)
{
    const struct channels *channels = request->context;
    return pricing_open(request->db, channels->settings->currency, span.first, span.last, &request->arena, out, err);
}

/* ---- ways of writing ---- */

void put_amount(struct json_out *out, const char *key, bool known, int64_t micros)
{
    int64_t minor = minor_of_micros(micros);

    if (!known) {
        json_kv_null(out, key);
    } else if (minor % 100 == 0) {
        json_kv_i64(out, key, minor / 100);
    } else {
        json_kv_double(out, key, (double)minor / 100);
    }
}

static void put_count(struct json_out *out, const char *key, bool known, int64_t count)
{
    if (known) {
        json_kv_i64(out, key, count);
    } else {
        json_kv_null(out, key);
    }
}

void put_figures(struct json_out *out, const struct figures *f)
{
    put_count(out, "impressions", f->known[AD_IMPRESSIONS], f->count[AD_IMPRESSIONS]);
    put_count(out, "reach", f->known[AD_REACH], f->count[AD_REACH]);
    put_count(out, "clicks", f->known[AD_CLICKS], f->count[AD_CLICKS]);
    put_count(out, "spend", f->known[AD_SPEND], minor_of_micros(f->count[AD_SPEND]));
    json_kv_double(out, "conversions",
                   f->known[AD_CONVERSIONS] ? COUNT_UNITS(f->count[AD_CONVERSIONS]) : __builtin_nan(""));
    put_count(out, "revenue", f->known[AD_REVENUE], minor_of_micros(f->count[AD_REVENUE]));
    for (int r = 0; r < RATIO_COUNT; r++) {
        double ratio = figures_ratio(f, (enum figure_ratio)r);
        json_kv_double(out, figure_ratio_name((enum figure_ratio)r),
                       figure_ratio_is_money((enum figure_ratio)r) ? ratio / 10000 : ratio);
    }
    json_kv_i64(out, "unpriced", f->unpriced);
}

void put_value(struct json_out *out, const char *key, Str value)
{
    if (value.n) {
        json_kv_str(out, key, value);
    } else {
        json_kv_null(out, key);
    }
}
