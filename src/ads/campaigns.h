/* ads/campaigns.h -- campaigns: read, listed, made by hand, changed, taken out.
 *
 * Is:    one campaign with its attributes and figures; lists in pages; the days of one.
 * Owns:  of the table `campaign` what days.h and files do not.
 * Never: changes what is made of a campaign's days; leaves the sums of campaigns by date behind.
 *
 * Calls that change belong into a transaction of the caller's, on the writer.
 */
#ifndef ADS_CAMPAIGNS_H
#define ADS_CAMPAIGNS_H

#include "ads/days.h"

#define CAMPAIGN_ID_MAX 200
#define CAMPAIGN_DAYS_MAX 20000 /* lines of one answer */

struct campaign {
    int64_t id, channel_id;
    Str campaign_id, name, channel, source, status, target_audience, campaign_goal, currency, location, language,
        customer_segment, company;                                /* source: of its account; else file or hand */
    int64_t duration_days, cost_micros, clicks, impressions, day; /* AD_NOT_SAID */
    double conversion_rate, roi, engagement_score;                /* NAN: not said */
    bool has_days;
    int64_t created_ms, changed_ms;
};

/* Texts are copied to the arena. NOT_FOUND. */
bool campaign_read(struct db *db, Str campaign_id, struct arena *arena, struct campaign *out,
                   struct err *err) MUST_CHECK;

struct campaign_query {
    Str part;           /* of the name or the id, in any case of ASCII letters; empty: all */
    int64_t channel_id; /* 0: all */
    size_t sort;        /* of campaign_sort_find */
    int64_t skip, limit;
};
/* "-day", "name" …: a column, with a minus the largest first; unknown values are last. INVALID at `sort`. */
bool campaign_sort_find(Str text, size_t *sort, struct err *err) MUST_CHECK;
/* `out` has room for query->limit; total: on all pages. */
bool campaigns_list(struct db *db, const struct campaign_query *query, struct arena *arena, struct campaign *out,
                    size_t *n, int64_t *total, struct err *err) MUST_CHECK;

/* Sets id, created_ms and changed_ms. CONFLICT: there is one of that campaign_id. */
bool campaign_insert(struct db *db, struct campaign *campaign, struct err *err) MUST_CHECK;
/* All attributes of `campaign->id`; sets changed_ms. */
bool campaign_update(struct db *db, struct campaign *campaign, struct err *err) MUST_CHECK;
/* With its ads, days, sums, budgets and matches. NOT_FOUND. */
bool campaign_remove(struct db *db, Str campaign_id, struct arena *arena, struct err *err) MUST_CHECK;

/* What a campaign had on a day in a channel. */
struct campaign_day {
    int32_t day;
    Str channel, currency;
    int64_t count[AD_COUNTS]; /* AD_NOT_SAID */
};
/* By day, then channel. LIMIT: more than CAMPAIGN_DAYS_MAX. */
bool campaign_days(struct db *db, int64_t id, int32_t first, int32_t last, struct arena *arena,
                   const struct campaign_day **out, size_t *n, struct err *err) MUST_CHECK;

#endif
