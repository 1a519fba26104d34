/* ads/day_sums.c
 *
 * Touches are sorted by campaign and day; each run of days that follow one another is summed in one statement, which
 * goes by the primary keys of `ad` and `ad_day`. Then channel_day, day by day, from campaign_day.
 */
#include "ads/day_sums.h"

#include <math.h>
#include <stdlib.h>

#include "ads/campaign_sums.h"
#include "ads/days.h"
#include "ads/money.h"
#include "base/time.h"

static int by_campaign(const void *a, const void *b)
{
    const struct day_touch *x = a, *y = b;

    if (x->campaign != y->campaign) return x->campaign < y->campaign ? -1 : 1;
    return (x->day > y->day) - (x->day < y->day);
}

static int by_day(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

/* ---- campaign_day ---- */

static bool sum_campaign(struct db *db, int64_t campaign, int32_t first, int32_t last, struct err *err)
{
    return db_run(db, "DELETE FROM campaign_day WHERE campaign_id = $1 AND day BETWEEN $2 AND $3",
                  DB_ARGS(DB_I64(campaign), DB_I64(first), DB_I64(last)), err) &&
           db_run(
               db,
               "INSERT INTO campaign_day (campaign_id, day, channel_id, currency, rows_n, rows_unpriced, impressions,"
               " reach, clicks, spend_micros, conversions_micros, revenue_micros, priced_impressions, priced_clicks,"
               " priced_conversions_micros, priced_revenue_micros) SELECT a.campaign_id, d.day, d.channel_id,"
               " d.currency, count(*), count(*) - count(d.spend_micros), CAST(sum(d.impressions) AS BIGINT),"
               " CAST(sum(d.reach) AS BIGINT), CAST(sum(d.clicks) AS BIGINT), CAST(sum(d.spend_micros) AS BIGINT),"
               " CAST(sum(d.conversions_micros) AS BIGINT), CAST(sum(d.revenue_micros) AS BIGINT),"
               " CAST(sum(CASE WHEN d.spend_micros IS NOT NULL THEN d.impressions END) AS BIGINT),"
               " CAST(sum(CASE WHEN d.spend_micros IS NOT NULL THEN d.clicks END) AS BIGINT),"
               " CAST(sum(CASE WHEN d.spend_micros IS NOT NULL THEN d.conversions_micros END) AS BIGINT),"
               " CAST(sum(CASE WHEN d.spend_micros IS NOT NULL THEN d.revenue_micros END) AS BIGINT)"
               " FROM ad a JOIN ad_day d ON d.ad_id = a.id WHERE a.campaign_id = $1 AND d.day BETWEEN $2 AND $3"
               " GROUP BY a.campaign_id, d.day, d.channel_id, d.currency",
               DB_ARGS(DB_I64(campaign), DB_I64(first), DB_I64(last)), err);
}

static bool sum_campaigns(struct db *db, const struct day_touch *touch, size_t n, struct err *err)
{
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1;
             end < n && touch[end].campaign == touch[i].campaign && touch[end].day - touch[end - 1].day <= 1;)
            end++;
        if (!sum_campaign(db, touch[i].campaign, touch[i].day, touch[end - 1].day, err)) return false;
    }
    return true;
}

/* ---- channel_day ---- */

static bool sum_day(struct db *db, int32_t day, struct err *err)
{
    return db_run(db, "DELETE FROM channel_day WHERE day = $1", DB_ARGS(DB_I64(day)), err) &&
           db_run(
               db,
               "INSERT INTO channel_day (day, channel_id, currency, rows_n, rows_unpriced, impressions, reach, clicks,"
               " spend_micros, conversions_micros, revenue_micros, priced_impressions, priced_clicks,"
               " priced_conversions_micros, priced_revenue_micros) SELECT day, channel_id, currency,"
               " CAST(sum(rows_n) AS BIGINT), CAST(sum(rows_unpriced) AS BIGINT), CAST(sum(impressions) AS BIGINT),"
               " CAST(sum(reach) AS BIGINT), CAST(sum(clicks) AS BIGINT), CAST(sum(spend_micros) AS BIGINT),"
               " CAST(sum(conversions_micros) AS BIGINT), CAST(sum(revenue_micros) AS BIGINT),"
               " CAST(sum(priced_impressions) AS BIGINT), CAST(sum(priced_clicks) AS BIGINT),"
               " CAST(sum(priced_conversions_micros) AS BIGINT), CAST(sum(priced_revenue_micros) AS BIGINT)"
               " FROM campaign_day WHERE day = $1 GROUP BY day, channel_id, currency",
               DB_ARGS(DB_I64(day)), err);
}

/* ---- the figures of a campaign ---- */

enum { SUM_IMPRESSIONS, SUM_CLICKS, SUM_CONVERSIONS, SUM_SPEND, SUM_PRICED_CONVERSIONS, SUM_PRICED_REVENUE, SUMS };

struct totals {
    int64_t sum[SUMS];      /* AD_NOT_SAID: nothing is known */
    int64_t channel, shown; /* the channel that most were shown in, and how many */
    int64_t first_day;
    char currency[AD_CURRENCY_MAX]; /* '' when there are several */
    size_t n_currency;
    bool any, mixed;
};

static void keep_currency(struct totals *totals, Str currency)
{
    if (totals->any && !str_eq(currency, (Str){totals->currency, totals->n_currency})) totals->mixed = true;
    if (totals->any || currency.n > AD_CURRENCY_MAX) return;
    totals->n_currency = currency.n;
    for (size_t i = 0; i < currency.n; i++) totals->currency[i] = currency.p[i];
}

static bool read_totals(struct db *db, int64_t campaign, struct totals *totals, struct err *err)
{
    struct db_rows rows = db_query(
        db,
        "SELECT channel_id, currency, min(day), CAST(sum(impressions) AS BIGINT), CAST(sum(clicks) AS BIGINT),"
        " CAST(sum(conversions_micros) AS BIGINT), CAST(sum(spend_micros) AS BIGINT),"
        " CAST(sum(priced_conversions_micros) AS BIGINT), CAST(sum(priced_revenue_micros) AS BIGINT)"
        " FROM campaign_day WHERE campaign_id = $1 GROUP BY channel_id, currency ORDER BY channel_id, currency",
        DB_ARGS(DB_I64(campaign)));
    int64_t channel = 0, shown = 0;
    bool fits = true;

    *totals = (struct totals){.shown = -1};
    for (int i = 0; i < SUMS; i++) totals->sum[i] = AD_NOT_SAID;
    while (db_next(&rows)) {
        if (db_i64(&rows, 0) != channel) shown = 0;
        channel = db_i64(&rows, 0);
        shown += db_i64(&rows, 3 + SUM_IMPRESSIONS);
        if (shown > totals->shown) {
            totals->shown = shown;
            totals->channel = channel;
        }
        keep_currency(totals, db_str(&rows, 1));
        if (!totals->any || db_i64(&rows, 2) < totals->first_day) totals->first_day = db_i64(&rows, 2);
        totals->any = true;
        for (int i = 0; i < SUMS; i++) {
            int64_t *sum = &totals->sum[i];
            if (db_is_null(&rows, 3 + i)) continue;
            fits &= !__builtin_add_overflow(*sum == AD_NOT_SAID ? 0 : *sum, db_i64(&rows, 3 + i), sum);
        }
    }
    if (!db_end(&rows, err)) return false;
    return fits || err_set(err, ERR_LIMIT, "the sums of campaign %lld need more than 64 bits", (long long)campaign);
}

static struct db_value whole(int64_t value)
{
    return value == AD_NOT_SAID ? DB_NULL : DB_I64(value);
}

static double rate_of(const struct totals *totals)
{
    int64_t conversions = totals->sum[SUM_CONVERSIONS], clicks = totals->sum[SUM_CLICKS];

    if (conversions == AD_NOT_SAID || clicks == AD_NOT_SAID || clicks <= 0) return NAN;
    return (double)conversions / (double)AD_MONEY_UNIT / (double)clicks;
}

static int64_t cost_of(const struct totals *totals)
{
    int64_t spend = totals->sum[SUM_SPEND], conversions = totals->sum[SUM_PRICED_CONVERSIONS], cost;

    if (totals->mixed || spend == AD_NOT_SAID || conversions == AD_NOT_SAID || conversions <= 0) return AD_NOT_SAID;
    return money_scale(spend, AD_MONEY_UNIT, conversions, &cost) ? cost : AD_NOT_SAID;
}

static double roi_of(const struct totals *totals)
{
    int64_t spend = totals->sum[SUM_SPEND], revenue = totals->sum[SUM_PRICED_REVENUE];

    if (totals->mixed || spend == AD_NOT_SAID || revenue == AD_NOT_SAID || spend <= 0) return NAN;
    return ((double)revenue - (double)spend) / (double)spend;
}

struct dates {
    int32_t *day;
    size_t n;
};

static void keep_date(struct dates *dates, struct db_value day)
{
    dates->day[dates->n++] = day.type == DB_TYPE_NULL ? CAMPAIGN_NO_DAY : (int32_t)day.whole;
}

/* Its dates before and after go into `dates`. Of one without any day left only what was never its days' stays. */
static bool set_figures(struct db *db, int64_t campaign, struct dates *dates, struct err *err)
{
    struct db_rows rows =
        db_query(db, "SELECT day, channel_id, currency FROM campaign WHERE id = $1", DB_ARGS(DB_I64(campaign)));
    struct totals totals;
    struct db_value before = DB_NULL;
    char stored[AD_CURRENCY_MAX];
    size_t n_stored = 0;
    int64_t channel = 0;
    bool found = db_next(&rows);

    if (found) {
        if (!db_is_null(&rows, 0)) before = DB_I64(db_i64(&rows, 0));
        channel = db_i64(&rows, 1);
        Str text = db_str(&rows, 2);
        for (; n_stored < text.n && n_stored < sizeof stored; n_stored++) stored[n_stored] = text.p[n_stored];
    }
    if (!db_end(&rows, err)) return false;
    if (!found) return true;
    if (!read_totals(db, campaign, &totals, err)) return false;
    struct db_value day = totals.any ? DB_I64(totals.first_day) : DB_NULL;
    Str currency = totals.any ? (Str){totals.currency, totals.n_currency} : (Str){stored, n_stored};
    if (totals.mixed) currency = STR("");
    keep_date(dates, before);
    keep_date(dates, day);
    return db_run(db,
                  "UPDATE campaign SET channel_id = $2, clicks = $3, impressions = $4, conversion_rate = $5,"
                  " acquisition_cost_micros = $6, currency = $7, roi = $8, day = $9, has_days = 1, changed_ms = $10"
                  " WHERE id = $1",
                  DB_ARGS(DB_I64(campaign), DB_I64(totals.any ? totals.channel : channel),
                          whole(totals.sum[SUM_CLICKS]), whole(totals.sum[SUM_IMPRESSIONS]), DB_F64(rate_of(&totals)),
                          whole(cost_of(&totals)), DB_TEXT(currency), DB_F64(roi_of(&totals)), day,
                          DB_I64(time_now_ms())),
                  err);
}

/* ---- all of it ---- */

static size_t distinct_days(const struct day_touch *touch, size_t n, int32_t *out)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) out[i] = touch[i].day;
    qsort(out, n, sizeof *out, by_day);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || out[i] != out[i - 1]) out[kept++] = out[i];
    return kept;
}

bool day_sums_refresh(struct db *db, struct day_touch *touch, size_t n, struct err *err)
{
    struct dates dates = {.day = mem_grow(NULL, sizeof *dates.day, 2 * n + 1)};
    int32_t *day = mem_grow(NULL, sizeof *day, n + 1);
    bool ok = n == 0;

    if (ok) goto done;
    qsort(touch, n, sizeof *touch, by_campaign);
    if (!sum_campaigns(db, touch, n, err)) goto done;
    size_t n_days = distinct_days(touch, n, day);
    for (size_t i = 0; i < n_days; i++)
        if (!sum_day(db, day[i], err)) goto done;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || touch[i].campaign != touch[i - 1].campaign)
            if (!set_figures(db, touch[i].campaign, &dates, err)) goto done;
    ok = campaign_sums_refresh(db, dates.day, dates.n, err);
done:
    free(dates.day);
    free(day);
    return ok;
}
