/* ads/days.h -- what happened to an ad on a day, as its platform says it.
 *
 * Is:    rows of campaign, ad group, ad, day, placement and country with counts and money, put into the store; the sums
 *        by campaign and by channel that go with them.
 * Owns:  the tables ad_account, ad, ad_day, campaign_day, channel_day; of campaign the rows of an account.
 * Never: makes what was not said 0; leaves a sum behind that is not that of its rows.
 *
 * The calls belong into a transaction of the caller's, on the writer. Rows of one call may come in any order; two of
 * the same key are added up and counted as repeated; in different currencies they are refused. A name or status that
 * differs from what is stored replaces it, by the row of the latest day, unless a later day is stored. The arena takes
 * the names of the stored ads of the campaigns that the rows are of.
 */
#ifndef ADS_DAYS_H
#define ADS_DAYS_H

#include "base/arena.h"
#include "base/err.h"
#include "store/store.h"

#define AD_MONEY_UNIT INT64_C(1000000) /* micros of one unit of a currency; conversions are counted in the same */
#define AD_NOT_SAID INT64_MIN          /* of a count or an amount */
#define AD_ID_MAX 64
#define AD_TEXT_MAX 255 /* what is longer is cut */
#define AD_CURRENCY_MAX 8
#define AD_COUNT_MAX INT64_C(1000000000000000) /* of a row, either way: so that sums stay within 64 bits */
#define AD_DAY_ROWS_MAX 1000000                /* of one call */

enum ad_count { AD_IMPRESSIONS, AD_REACH, AD_CLICKS, AD_SPEND, AD_CONVERSIONS, AD_REVENUE, AD_COUNTS };

struct ad_row {
    Str campaign_id,
        campaign_name; /* one may be empty: an id is made of the name, as of one over AD_ID_MAX or with '/' */
    Str ad_set_id, ad_set_name, ad_id, ad_name;
    Str campaign_status, ad_status; /* as the platform has it; empty: not said */
    Str channel;                    /* a channel's name, made if there is none such */
    Str placement, country;
    Str currency; /* ISO 4217, or TON, XTR */
    int32_t day;
    int64_t count[AD_COUNTS]; /* the last three in micros */
};

struct ad_change {
    int64_t inserted, replaced, repeated, removed, same; /* rows; same: there already, word for word */
    int32_t first_day, last_day;                         /* that any change was in; last < first: none */
};

struct ad_source {
    Str source, account;   /* slugs: meta, google_ads …; "default" for an account that has no name */
    int64_t connection_id; /* 0: a file */
    int64_t import_id;     /* 0: none */
};

/* Everything that is known of the account's days first .. last is now these rows: what is stored of these days and not
 * among them goes. Days before and after stay. */
bool ad_days_replace(struct db *db, const struct ad_source *source, int32_t first, int32_t last,
                     const struct ad_row *rows, size_t n, struct arena *arena, struct ad_change *change,
                     struct err *err) MUST_CHECK;

/* These rows take the place of those with the same key; all others stay. */
bool ad_days_put(struct db *db, const struct ad_source *source, const struct ad_row *rows, size_t n,
                 struct arena *arena, struct ad_change *change, struct err *err) MUST_CHECK;

/* Take at most `max` of the rows that an import brought out again; change->removed = 0: none is left, and the ads and
 * campaigns that it made are gone too, where they have no day. */
bool ad_days_take_back(struct db *db, int64_t import_id, size_t max, struct ad_change *change,
                       struct err *err) MUST_CHECK;

#endif
