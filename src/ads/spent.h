/* ads/spent.h -- what was spent in some days, and what the platforms say came of it.
 *
 * Is:    one line a campaign and channel (or an ad of one campaign), its days added up, money in one currency.
 * Owns:  nothing.
 * Never: adds an amount that has no rate, or takes a day without a spend for one that was free.
 */
#ifndef ADS_SPENT_H
#define ADS_SPENT_H

#include "ads/days.h"
#include "ads/money.h"
#include "ads/rates.h"

struct spent {
    int64_t campaign, channel; /* rows of their tables */
    Str external_id, name;     /* the platform's id; as people call it */
    Str campaign_id;           /* the unique one */
    Str channel_name, platform;
    int64_t count[AD_COUNTS]; /* AD_NOT_SAID where nothing is known; money in micros of the base currency */
    int64_t unpriced;         /* rows without a known spend: `count` has the others' */
};

/* Lines in order of campaign, then channel. first, last: days, both counted in. */
bool spent_by_campaign(struct db *db, Str base, int32_t first, int32_t last, struct arena *arena,
                       const struct spent **out, size_t *n, struct err *err) MUST_CHECK;

/* Of one campaign, by ad: .campaign is the ad's row, .external_id and .name are the ad's. */
bool spent_by_ad(struct db *db, Str base, int64_t campaign, int32_t first, int32_t last, struct arena *arena,
                 const struct spent **out, size_t *n, struct err *err) MUST_CHECK;

#endif
