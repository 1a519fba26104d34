/* ads/campaign_rows.h -- campaigns as a file lists them: put into the store and taken out again.
 *
 * Is:    one row of a campaign with its attributes and its totals, as given.
 * Owns:  the rows of `campaign` that an import brought.
 * Never: changes the figures of a campaign that has daily facts.
 */
#ifndef ADS_CAMPAIGN_ROWS_H
#define ADS_CAMPAIGN_ROWS_H

#include "base/arena.h"
#include "base/err.h"
#include "store/store.h"

struct campaign_row {
    Str campaign_id, name, status, audience, goal, currency, location, language, segment, company;
    Str channel;
    int64_t channel_id;                                      /* of the channel's name; the caller's to fill in */
    int64_t duration_days, cost_micros, clicks, impressions; /* AD_NOT_SAID */
    int64_t day;                                             /* AD_NOT_SAID */
    double conversion_rate, roi, engagement;                 /* NAN: not said */
};

enum put_result { PUT_INSERTED, PUT_REPLACED, PUT_SAME };

/* Insert, or take the place of the one of that id; in the caller's transaction. A text that the row does not say stays
 * as it was. */
bool campaign_row_put(struct db *db, const struct campaign_row *row, int64_t import_id, int64_t now_ms,
                      enum put_result *result, struct err *err) MUST_CHECK;

#endif
