#include "features/channels/channels_int.h"

#define AUDIENCE_ROWS 1000
#define AUDIENCE_ROWS_MAX 10000

/* ---- /api/analytics/summary ---- */

static void put_best(struct json_out *out, const char *key, const struct value_sum *row)
{
    if (row) {
        put_value(out, key, row->value);
    } else {
        json_kv_null(out, key);
    }
}

static void put_summary(struct json_out *out, const struct summary *summary, Str currency)
{
    const struct campaign_sum *all = &summary->all;

    json_open(out, '{');
    json_kv_i64(out, "total_campaigns", all->campaigns);
    json_kv_double(out, "total_roi", all->roi_sum);
    json_kv_double(out, "avg_roi", mean_of(all->roi_sum, all->roi_n));
    json_kv_double(out, "avg_conversion_rate", mean_of(all->conversion_rate_sum, all->conversion_rate_n));
    json_kv_i64(out, "total_clicks", all->clicks);
    json_kv_i64(out, "total_impressions", all->impressions);
    json_kv_double(out, "avg_acquisition_cost", mean_cost(all));
    json_kv_double(out, "roi_change", summary->roi_change);
    json_kv_double(out, "conversion_change", summary->conversion_change);
    json_kv_double(out, "clicks_change", summary->clicks_change);
    json_kv_double(out, "cost_change", summary->cost_change);
    json_key(out, "channels");
    json_open(out, '[');
    for (uint32_t i = 0; i < summary->channels.n; i++) json_put_str(out, summary->channels.row[i].value);
    json_close(out, ']');
    put_best(out, "top_performing_channel", summary->top);
    put_best(out, "worst_performing_channel", summary->worst);
    json_kv_str(out, "currency", currency);
    json_close(out, '}');
}

bool analytics_summary_get(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    struct summary summary = {0};
    struct pricing pricing;
    struct ad_span span;

    if (!ask_span(request, &span, err) || !ask_pricing(request, span, &pricing, err)) return false;
    bool ok = summary_make(request->db, span, &pricing, &summary, err);
    if (ok) put_summary(&out, &summary, pricing.currency);
    value_sums_free(&summary.channels);
    return ok;
}

/* ---- /api/analytics/channels ---- */

static void put_means(struct json_out *out, const struct campaign_sum *sum)
{
    json_kv_i64(out, "total_campaigns", sum->campaigns);
    json_kv_double(out, "avg_roi", mean_of(sum->roi_sum, sum->roi_n));
    json_kv_double(out, "avg_conversion_rate", mean_of(sum->conversion_rate_sum, sum->conversion_rate_n));
    json_kv_i64(out, "total_clicks", sum->clicks);
    json_kv_i64(out, "total_impressions", sum->impressions);
    json_kv_double(out, "avg_acquisition_cost", mean_cost(sum));
}

static void put_channel(struct json_out *out, const struct value_sum *row)
{
    const struct figures *f = &row->figures;

    json_open(out, '{');
    json_kv_str(out, "channel", row->value);
    put_means(out, &row->sum);
    put_amount(out, "spend", f->known[AD_SPEND], f->count[AD_SPEND]);
    for (int r = 0; r < RATIO_ROI; r++) {
        double ratio = figures_ratio(f, (enum figure_ratio)r);
        json_kv_double(out, figure_ratio_name((enum figure_ratio)r),
                       figure_ratio_is_money((enum figure_ratio)r) ? COUNT_UNITS(ratio) : ratio);
    }
    json_kv_double(out, "conversions",
                   f->known[AD_CONVERSIONS] ? COUNT_UNITS(f->count[AD_CONVERSIONS]) : __builtin_nan(""));
    put_amount(out, "revenue", f->known[AD_REVENUE], f->count[AD_REVENUE]);
    json_kv_i64(out, "unpriced", f->unpriced);
    json_close(out, '}');
}

bool analytics_channels_get(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    struct value_sums sums = {0};
    struct pricing pricing;
    struct ad_span span;

    if (!ask_span(request, &span, err) || !ask_pricing(request, span, &pricing, err)) return false;
    bool ok = sums_by_channel(request->db, span, &pricing, &sums, err);
    json_open(&out, '{');
    json_key(&out, "channels");
    json_open(&out, '[');
    for (uint32_t i = 0; i < sums.n; i++) put_channel(&out, &sums.row[i]);
    json_close(&out, ']');
    json_kv_str(&out, "currency", pricing.currency);
    json_close(&out, '}');
    value_sums_free(&sums);
    return ok;
}

/* ---- /api/analytics/roi-trend ---- */

static bool put_point(void *context, int32_t day, Str channel, double roi, struct err *err)
{
    struct json_out *out = context;

    (void)err;
    json_open(out, '{');
    json_kv_day(out, "date", day);
    json_kv_str(out, "channel", channel);
    json_kv_double(out, "roi", roi);
    json_close(out, '}');
    return true;
}

bool roi_trend_get(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    struct ad_span span;
    enum time_step step;

    if (!ask_span(request, &span, err) || !ask_step(request, &step, err)) return false;
    json_open(&out, '{');
    json_key(&out, "points");
    json_open(&out, '[');
    if (!roi_trend(request->db, span, step, put_point, &out, err)) return false;
    json_close(&out, ']');
    json_close(&out, '}');
    return true;
}

/* ---- /api/analytics/audience ---- */

bool audience_get(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    struct value_sums sums = {0};
    struct pricing pricing;
    struct ad_span span;
    enum campaign_dim dim;
    struct page page;

    if (!ask_span(request, &span, err) || !ask_audience(request, &dim, err)) return false;
    if (!question_page(request, AUDIENCE_ROWS, AUDIENCE_ROWS_MAX, &page, err)) return false;
    if (!ask_pricing(request, span, &pricing, err)) return false;
    bool ok = sums_by_value(request->db, dim, span, &pricing, &sums, err);
    json_open(&out, '{');
    json_key(&out, "rows");
    json_open(&out, '[');
    for (uint64_t i = page.skip; i < sums.n && i < page.skip + page.limit; i++) {
        const struct value_sum *row = &sums.row[i];
        json_open(&out, '{');
        put_value(&out, "key", row->value);
        put_means(&out, &row->sum);
        json_kv_double(&out, "avg_engagement", mean_of(row->sum.engagement_sum, row->sum.engagement_n));
        json_close(&out, '}');
    }
    json_close(&out, ']');
    json_kv_i64(&out, "total", sums.n);
    question_put_next(&out, &page, page.skip + page.limit < sums.n);
    json_kv_str(&out, "currency", pricing.currency);
    json_close(&out, '}');
    value_sums_free(&sums);
    return ok;
}
