#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "features/channels/channels_int.h"

#define COMPARED_DAYS INT64_C(30)

/* ---- by value ---- */

void value_sums_free(struct value_sums *sums)
{
    dict_free(sums->values);
    free(sums->row);
}

struct value_sum *value_sums_at(struct value_sums *sums, Str value)
{
    if (!sums->values) sums->values = dict_new();
    uint32_t id = dict_add(sums->values, value);
    if (id == sums->cap) {
        sums->cap = sums->cap ? sums->cap * 2 : 16;
        sums->row = mem_grow(sums->row, sizeof *sums->row, sums->cap);
    }
    if (id == sums->n) sums->row[sums->n++] = (struct value_sum){.value = dict_text(sums->values, id)};
    return &sums->row[id];
}

/* A cost that has no rate is not known. */
static struct campaign_sum sum_in_currency(const struct campaign_sum *sum, const struct pricing *pricing, Str currency,
                                           int32_t day)
{
    struct campaign_sum out = *sum;

    if (!pricing_convert(pricing, currency, day, sum->cost_micros_sum, &out.cost_micros_sum))
        out.cost_n = out.cost_micros_sum = 0;
    return out;
}

struct collecting {
    const struct pricing *pricing;
    struct value_sums *sums;
};

static bool collect(void *context, Str value, int32_t day, Str currency, const struct campaign_sum *sum,
                    struct err *err)
{
    struct collecting *c = context;
    struct campaign_sum more = sum_in_currency(sum, c->pricing, currency, day);

    (void)err;
    campaign_sum_add(&value_sums_at(c->sums, value)->sum, &more);
    return true;
}

static int by_campaigns(const void *a, const void *b)
{
    const struct value_sum *x = a, *y = b;
    if (x->sum.campaigns != y->sum.campaigns) return x->sum.campaigns < y->sum.campaigns ? 1 : -1;
    return str_compare(x->value, y->value);
}

static int by_value(const void *a, const void *b)
{
    const struct value_sum *x = a, *y = b;
    return str_compare(x->value, y->value);
}

static void sort(struct value_sums *sums, int (*order)(const void *, const void *))
{
    if (sums->n) qsort(sums->row, sums->n, sizeof *sums->row, order);
}

bool sums_by_value(struct db *db, enum campaign_dim dim, struct ad_span span, const struct pricing *pricing,
                   struct value_sums *out, struct err *err)
{
    struct collecting collecting = {pricing, out};

    if (!campaign_sums_walk(db, dim, span.first, span.last, collect, &collecting, err)) return false;
    sort(out, by_campaigns);
    return true;
}

bool sums_by_channel(struct db *db, struct ad_span span, const struct pricing *pricing, struct value_sums *out,
                     struct err *err)
{
    struct collecting collecting = {pricing, out};

    if (!campaign_sums_walk(db, CAMPAIGN_BY_CHANNEL, span.first, span.last, collect, &collecting, err)) return false;
    struct db_rows rows =
        db_query(db,
                 "SELECT h.name, " AD_SUM_COLUMNS " FROM channel_day JOIN channel h ON h.id = channel_id"
                 " WHERE day BETWEEN $1 AND $2 ORDER BY day",
                 DB_ARGS(DB_I64(span.first), DB_I64(span.last)));
    while (db_next(&rows)) figures_add(&value_sums_at(out, db_str(&rows, 0))->figures, pricing, &rows, 1);
    if (!db_end(&rows, err)) return false;
    sort(out, by_value);
    return true;
}

/* ---- the trend ---- */

struct trend {
    enum time_step step;
    roi_point_fn *see;
    void *context;
    int32_t day; /* the period's first */
    struct value_sums sums;
};

/* A period is over: what it came to, by channel. */
static bool tell_period(struct trend *trend, struct err *err)
{
    struct value_sums *sums = &trend->sums;
    bool ok = true;

    sort(sums, by_value);
    for (uint32_t i = 0; ok && i < sums->n; i++) {
        const struct value_sum *row = &sums->row[i];
        if (row->sum.roi_n)
            ok = trend->see(trend->context, trend->day, row->value, row->sum.roi_sum / (double)row->sum.roi_n, err);
    }
    value_sums_free(sums);
    *sums = (struct value_sums){0};
    return ok;
}

static bool add_to_period(void *context, Str value, int32_t day, Str currency, const struct campaign_sum *sum,
                          struct err *err)
{
    struct trend *trend = context;
    int32_t first = time_period_day(day, trend->step);

    (void)currency;
    if (first != trend->day && !tell_period(trend, err)) return false;
    trend->day = first;
    campaign_sum_add(&value_sums_at(&trend->sums, value)->sum, sum);
    return true;
}

bool roi_trend(struct db *db, struct ad_span span, enum time_step step, roi_point_fn *see, void *context,
               struct err *err)
{
    struct trend trend = {.step = step, .see = see, .context = context};
    int32_t first = span.first == CAMPAIGN_NO_DAY ? CAMPAIGN_NO_DAY + 1 : span.first;

    bool ok = campaign_sums_walk(db, CAMPAIGN_BY_CHANNEL, first, span.last, add_to_period, &trend, err) &&
              tell_period(&trend, err);
    value_sums_free(&trend.sums);
    return ok;
}

/* ---- the summary ---- */

struct summing {
    const struct pricing *pricing;
    struct ad_span span;
    int32_t last; /* day of data */
    struct summary *summary;
    struct campaign_sum now, before;
};

static bool sum_up(void *context, Str value, int32_t day, Str currency, const struct campaign_sum *sum, struct err *err)
{
    struct summing *s = context;
    struct campaign_sum more = sum_in_currency(sum, s->pricing, currency, day);
    int64_t age = (int64_t)s->last - day;

    (void)err;
    if (day >= s->span.first) {
        campaign_sum_add(&s->summary->all, &more);
        campaign_sum_add(&value_sums_at(&s->summary->channels, value)->sum, &more);
    }
    if (age < COMPARED_DAYS) {
        campaign_sum_add(&s->now, &more);
    } else if (age < 2 * COMPARED_DAYS) {
        campaign_sum_add(&s->before, &more);
    }
    return true;
}

static double change(double now, double before)
{
    return before != 0 ? (now - before) / fabs(before) : NAN;
}

static void find_best(struct summary *summary)
{
    double top = 0, worst = 0;

    for (uint32_t i = 0; i < summary->channels.n; i++) {
        const struct value_sum *row = &summary->channels.row[i];
        double roi = mean_of(row->sum.roi_sum, row->sum.roi_n);
        if (isnan(roi)) continue;
        if (!summary->top || roi > top) {
            summary->top = row;
            top = roi;
        }
        if (!summary->worst || roi < worst) {
            summary->worst = row;
            worst = roi;
        }
    }
}

bool summary_make(struct db *db, struct ad_span span, const struct pricing *pricing, struct summary *out,
                  struct err *err)
{
    struct summing s = {.pricing = pricing, .span = span, .summary = out};
    int32_t first = span.first;

    if (!campaign_sums_last_day(db, span.last, &s.last, err)) return false;
    if (s.last != CAMPAIGN_NO_DAY && s.last - 2 * COMPARED_DAYS < first) first = (int32_t)(s.last - 2 * COMPARED_DAYS);
    if (!campaign_sums_walk(db, CAMPAIGN_BY_CHANNEL, first, span.last, sum_up, &s, err)) return false;
    sort(&out->channels, by_value);
    find_best(out);
    if (s.last < span.first) s.before = (struct campaign_sum){0}; /* nothing was asked for that could have changed */
    out->roi_change = change(mean_of(s.now.roi_sum, s.now.roi_n), mean_of(s.before.roi_sum, s.before.roi_n));
    out->conversion_change = change(mean_of(s.now.conversion_rate_sum, s.now.conversion_rate_n),
                                    mean_of(s.before.conversion_rate_sum, s.before.conversion_rate_n));
    out->clicks_change = change((double)s.now.clicks, (double)s.before.clicks);
    out->cost_change = change(mean_cost(&s.now), mean_cost(&s.before));
    return true;
}
