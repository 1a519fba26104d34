/* ads/day_sums.h -- what follows from the rows of ad_day, made again where they changed.
 *
 * Is:    campaign_day and channel_day, the figures of campaigns that have days, and the sums of campaigns by date.
 * Owns:  campaign_day, channel_day; of campaign what is made of its days: channel_id, clicks, impressions,
 *        conversion_rate, acquisition_cost_micros, currency, roi, day, has_days.
 * Never: adds a difference to a sum: what changed is summed again from its rows.
 */
#ifndef ADS_DAY_SUMS_H
#define ADS_DAY_SUMS_H

#include "base/err.h"
#include "store/store.h"

/* A day on which something of a campaign changed. */
struct day_touch {
    int64_t campaign; /* campaign.id */
    int32_t day;
};

/* In the caller's transaction. Touches may come in any order and repeat; they are sorted. A campaign that is gone
 * leaves no sums. */
bool day_sums_refresh(struct db *db, struct day_touch *touch, size_t n, struct err *err) MUST_CHECK;

#endif
