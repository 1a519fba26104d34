/* ads/campaign_sums.h -- campaigns by their own date, added up under each value of a few dimensions.
 *
 * Is:    the sums that the averages of /api/analytics are made of, kept in step with the campaigns: whoever changes a
 *        campaign makes the sums of its day again, and those of the day that it had before.
 * Owns:  the table campaign_sum.
 * Never: reads more campaigns than those of the days that it is asked to make again.
 */
#ifndef ADS_CAMPAIGN_SUMS_H
#define ADS_CAMPAIGN_SUMS_H

#include "base/err.h"
#include "store/store.h"

#define CAMPAIGN_NO_DAY INT32_MIN /* the day of campaigns without a date */

#define CAMPAIGN_DIMS(X)                                                                                               \
    X(CHANNEL, "channel")                                                                                              \
    X(SEGMENT, "segment")                                                                                              \
    X(LOCATION, "location")                                                                                            \
    X(LANGUAGE, "language")                                                                                            \
    X(GOAL, "goal")                                                                                                    \
    X(AUDIENCE, "audience")                                                                                            \
    X(COMPANY, "company")

enum campaign_dim {
#define X(name, text) CAMPAIGN_BY_##name,
    CAMPAIGN_DIMS(X)
#undef X
        CAMPAIGN_DIM_COUNT
};

const char *campaign_dim_name(enum campaign_dim dim);

/* Of a campaign's values each counts where it is known: the mean is sum / n. Costs are micros of the currency. */
struct campaign_sum {
    int64_t campaigns;
    int64_t roi_n, conversion_rate_n, cost_n, engagement_n;
    double roi_sum, conversion_rate_sum, engagement_sum;
    int64_t cost_micros_sum, clicks, impressions; /* what 64 bits do not hold stays at their end */
};

void campaign_sum_add(struct campaign_sum *sum, const struct campaign_sum *more);

/* Make the sums of these days again; days may repeat. In the caller's transaction. Costs the campaigns of the days. */
bool campaign_sums_refresh(struct db *db, const int32_t *days, size_t n, struct err *err) MUST_CHECK;

/* The sums of a dimension from `first` to `last`, by day, then value: CAMPAIGN_NO_DAY lies before all others. Texts
 * are valid within the call. False from `see` ends it, with its err. */
typedef bool campaign_sum_fn(void *context, Str value, int32_t day, Str currency, const struct campaign_sum *sum,
                             struct err *err);
bool campaign_sums_walk(struct db *db, enum campaign_dim dim, int32_t first, int32_t last, campaign_sum_fn *see,
                        void *context, struct err *err) MUST_CHECK;

/* The latest day <= `last` that a campaign is of; CAMPAIGN_NO_DAY: there is none. */
bool campaign_sums_last_day(struct db *db, int32_t last, int32_t *day, struct err *err) MUST_CHECK;

#endif
