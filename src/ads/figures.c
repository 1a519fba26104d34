#include "ads/figures.h"

#include <math.h>

/* ---- the currency ---- */

/* What amounts there are: the least and the greatest of their currencies, and the latest day. If there is no rate on
 * that one, there is none on any before. */
struct amounts {
    Str least, greatest; /* empty: there are no amounts */
    int32_t last_day;
};

static bool see_amounts(struct db_rows rows, struct arena *arena, struct amounts *out, struct err *err)
{
    if (db_next(&rows) && !db_is_null(&rows, 0)) {
        Str least = arena_copy(arena, db_str(&rows, 0)), greatest = arena_copy(arena, db_str(&rows, 1));
        int32_t last_day = (int32_t)db_i64(&rows, 2);
        if (out->least.n == 0 || last_day > out->last_day) out->last_day = last_day;
        if (out->least.n == 0 || str_compare(least, out->least) < 0) out->least = least;
        if (str_compare(greatest, out->greatest) > 0) out->greatest = greatest;
    }
    return db_end(&rows, err);
}

bool pricing_open(struct db *db, Str base, int32_t first, int32_t last, struct arena *arena, struct pricing *out,
                  struct err *err)
{
    struct pricing pricing = {.rates = rates_read(db, base, arena, err), .currency = base};
    const struct db_value args[] = {DB_I64(first), DB_I64(last)};
    struct amounts amounts = {0};
    int64_t none;

    if (!pricing.rates) return false;
    if (!see_amounts(db_query(db,
                              "SELECT MIN(currency), MAX(currency), MAX(day) FROM campaign_sum WHERE dim = 'channel'"
                              " AND day BETWEEN $1 AND $2 AND currency <> ''",
                              args, 2),
                     arena, &amounts, err))
        return false;
    if (!see_amounts(db_query(db,
                              "SELECT MIN(currency), MAX(currency), MAX(day) FROM channel_day WHERE day BETWEEN $1"
                              " AND $2 AND (spend_micros IS NOT NULL OR revenue_micros IS NOT NULL)",
                              args, 2),
                     arena, &amounts, err))
        return false;
    if (amounts.least.n && str_eq(amounts.least, amounts.greatest) &&
        !rates_convert(pricing.rates, amounts.least, amounts.last_day, 0, &none)) {
        pricing.currency = amounts.least;
        pricing.as_is = true;
    }
    *out = pricing;
    return true;
}

bool pricing_convert(const struct pricing *pricing, Str currency, int32_t day, int64_t micros, int64_t *out)
{
    if (!pricing->as_is) return rates_convert(pricing->rates, currency, day, micros, out);
    if (!str_eq(currency, pricing->currency)) return false;
    *out = micros;
    return true;
}

/* ---- sums ---- */

static void add(int64_t *sum, bool *known, int64_t value)
{
    if (__builtin_add_overflow(*sum, value, sum)) *sum = value < 0 ? INT64_MIN : INT64_MAX;
    *known = true;
}

static void see_days(struct figures *figures, int32_t first, int32_t last)
{
    if (figures->rows == 0 || first < figures->first_day) figures->first_day = first;
    if (figures->rows == 0 || last > figures->last_day) figures->last_day = last;
}

void figures_add(struct figures *figures, const struct pricing *pricing, const struct db_rows *rows, int column)
{
    int32_t day = (int32_t)db_i64(rows, column);
    Str currency = db_str(rows, column + 1);
    int64_t n = db_i64(rows, column + 2), value;
    bool converts = pricing_convert(pricing, currency, day, 0, &value);

    see_days(figures, day, day);
    figures->rows += n;
    figures->unpriced += converts ? db_i64(rows, column + 3) : n;
    for (int i = 0; i < AD_COUNTS; i++) {
        if (db_is_null(rows, column + 4 + i)) continue;
        value = db_i64(rows, column + 4 + i);
        if ((i == AD_SPEND || i == AD_REVENUE) && !pricing_convert(pricing, currency, day, value, &value)) continue;
        add(&figures->count[i], &figures->known[i], value);
    }
    for (int i = 0; converts && i < PRICED_COUNT; i++) {
        if (db_is_null(rows, column + 4 + AD_COUNTS + i)) continue;
        value = db_i64(rows, column + 4 + AD_COUNTS + i);
        if (i == PRICED_REVENUE && !pricing_convert(pricing, currency, day, value, &value)) continue;
        add(&figures->priced[i], &figures->priced_known[i], value);
    }
}

void figures_add_all(struct figures *figures, const struct figures *more)
{
    if (more->rows == 0) return;
    see_days(figures, more->first_day, more->last_day);
    figures->rows += more->rows;
    figures->unpriced += more->unpriced;
    for (int i = 0; i < AD_COUNTS; i++)
        if (more->known[i]) add(&figures->count[i], &figures->known[i], more->count[i]);
    for (int i = 0; i < PRICED_COUNT; i++)
        if (more->priced_known[i]) add(&figures->priced[i], &figures->priced_known[i], more->priced[i]);
}

/* ---- ratios ---- */

const char *figure_ratio_name(enum figure_ratio ratio)
{
    static const char *const NAMES[] = {"ctr", "cpc", "cpm", "cpa", "roas", "roi"};
    return NAMES[ratio];
}

static double divide(bool known, double above, bool known_below, int64_t below)
{
    return known && known_below && below != 0 ? above / (double)below : NAN;
}

double figures_ratio(const struct figures *f, enum figure_ratio ratio)
{
    double spend = (double)f->count[AD_SPEND];
    bool known = f->known[AD_SPEND];
    double revenue = (double)f->priced[PRICED_REVENUE];
    bool known_both = f->priced_known[PRICED_REVENUE];

    switch (ratio) {
    case RATIO_CTR:
        return divide(f->known[AD_CLICKS], (double)f->count[AD_CLICKS], f->known[AD_IMPRESSIONS],
                      f->count[AD_IMPRESSIONS]);
    case RATIO_CPC: return divide(known, spend, f->priced_known[PRICED_CLICKS], f->priced[PRICED_CLICKS]);
    case RATIO_CPM:
        return divide(known, 1000 * spend, f->priced_known[PRICED_IMPRESSIONS], f->priced[PRICED_IMPRESSIONS]);
    case RATIO_CPA:
        return divide(known, spend * (double)AD_MONEY_UNIT, f->priced_known[PRICED_CONVERSIONS],
                      f->priced[PRICED_CONVERSIONS]);
    case RATIO_ROAS: return divide(known_both, revenue, known, f->count[AD_SPEND]);
    case RATIO_ROI: return divide(known_both, revenue - spend, known, f->count[AD_SPEND]);
    case RATIO_COUNT: break;
    }
    return NAN;
}
