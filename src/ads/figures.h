/* ads/figures.h -- what ad rows come to: counts, money in one currency, and what follows from them.
 *
 * Is:    the currency of an answer, sums over rows of campaign_day and channel_day, ratios.
 * Owns:  nothing.
 * Never: makes an amount without a rate 0; rounds before the end.
 */
#ifndef ADS_FIGURES_H
#define ADS_FIGURES_H

#include "ads/days.h"
#include "ads/money.h"
#include "ads/rates.h"

/* The reporting currency; but when no amount of the days can be turned into it and all are of one other, that one. */
struct pricing {
    const struct rates *rates;
    Str currency; /* that amounts are in */
    bool as_is;   /* it is another than the reporting currency */
};

/* By the amounts of all campaigns and ads of the days, so that every answer about them has the same currency. */
bool pricing_open(struct db *db, Str base, int32_t first, int32_t last, struct arena *arena, struct pricing *out,
                  struct err *err) MUST_CHECK;
bool pricing_convert(const struct pricing *pricing, Str currency, int32_t day, int64_t micros, int64_t *out) MUST_CHECK;

enum { PRICED_IMPRESSIONS, PRICED_CLICKS, PRICED_CONVERSIONS, PRICED_REVENUE, PRICED_COUNT };

/* Zeroed: nothing yet. */
struct figures {
    int64_t rows, unpriced;                         /* unpriced: rows whose spend is not known */
    int64_t count[AD_COUNTS], priced[PRICED_COUNT]; /* priced: over rows whose spend is known */
    bool known[AD_COUNTS], priced_known[PRICED_COUNT];
    int32_t first_day, last_day; /* when there are rows */
};

/* The columns that figures_add reads, in this order. */
#define AD_SUM_COLUMNS                                                                                                 \
    "day, currency, rows_n, rows_unpriced, impressions, reach, clicks, spend_micros, conversions_micros,"              \
    " revenue_micros, priced_impressions, priced_clicks, priced_conversions_micros, priced_revenue_micros"
/* The same of a row of ad_day, called d. */
#define AD_DAY_COLUMNS                                                                                                 \
    "d.day, d.currency, 1, CASE WHEN d.spend_micros IS NULL THEN 1 ELSE 0 END, d.impressions, d.reach, d.clicks,"      \
    " d.spend_micros, d.conversions_micros, d.revenue_micros,"                                                         \
    " CASE WHEN d.spend_micros IS NULL THEN NULL ELSE d.impressions END,"                                              \
    " CASE WHEN d.spend_micros IS NULL THEN NULL ELSE d.clicks END,"                                                   \
    " CASE WHEN d.spend_micros IS NULL THEN NULL ELSE d.conversions_micros END,"                                       \
    " CASE WHEN d.spend_micros IS NULL THEN NULL ELSE d.revenue_micros END"

/* Add the row that `rows` stands at, whose AD_SUM_COLUMNS begin at `column`. */
void figures_add(struct figures *figures, const struct pricing *pricing, const struct db_rows *rows, int column);
void figures_add_all(struct figures *figures, const struct figures *more);

enum figure_ratio { RATIO_CTR, RATIO_CPC, RATIO_CPM, RATIO_CPA, RATIO_ROAS, RATIO_ROI, RATIO_COUNT };
const char *figure_ratio_name(enum figure_ratio ratio);
static inline bool figure_ratio_is_money(enum figure_ratio ratio)
{
    return ratio == RATIO_CPC || ratio == RATIO_CPM || ratio == RATIO_CPA;
}
/* Micros where it is money; NAN when its divisor is 0 or something is not known. */
double figures_ratio(const struct figures *figures, enum figure_ratio ratio);

#endif
