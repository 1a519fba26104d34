/* features/channels/channels_int.h -- what the answers about channels share: spans, sums by value, ways of writing. */
#ifndef FEATURES_CHANNELS_CHANNELS_INT_H
#define FEATURES_CHANNELS_CHANNELS_INT_H

#include "ads/campaign_sums.h"
#include "ads/figures.h"
#include "base/dict.h"
#include "base/json.h"
#include "base/settings.h"
#include "base/time.h"
#include "features/channels/channels.h"
#include "report/question.h"

/* ---- questions (ask.c) ---- */

/* Days of ad accounts, both counted in. */
struct ad_span {
    int32_t first, last; /* INT32_MIN, INT32_MAX where nothing was asked for */
};
#define AD_SPAN_PARAMS                                                                                                 \
    {"from", "day", "First day (2025-02-12); left out: all time"},                                                     \
    {                                                                                                                  \
        "to", "day", "Last day, counted in"                                                                            \
    }
bool ask_span(const struct request *request, struct ad_span *out, struct err *err) MUST_CHECK;
/* step=day|week|month; day when it is left out. */
bool ask_step(const struct request *request, enum time_step *out, struct err *err) MUST_CHECK;
/* by=segment|location|language|goal|audience|company; segment when it is left out. */
bool ask_audience(const struct request *request, enum campaign_dim *out, struct err *err) MUST_CHECK;
/* channel= and campaign= as the ids of their rows, ad_set= and ad= as they are: keys of the tree, of this campaign.
 * 0: not asked for. */
struct ad_scope {
    int64_t channel_id, campaign_id;
    int64_t ad_set, ad; /* an ad of the group; the ad */
};
#define AD_SCOPE_PARAMS                                                                                                \
    {"channel", "string", "Only this channel"}, {"campaign", "string", "Only the campaign of this campaign_id"},       \
        {"ad_set", "integer", "Only this ad group of the campaign, by its key in the tree"},                           \
    {                                                                                                                  \
        "ad", "integer", "Only this ad of the campaign, by its key in the tree"                                        \
    }
/* Of ads a and their days d; $3 to $6 are the scope. */
#define AD_SCOPE_ARGS(scope)                                                                                           \
    DB_I64((scope)->channel_id), DB_I64((scope)->campaign_id), DB_I64((scope)->ad_set), DB_I64((scope)->ad)
#define AD_SCOPE_SQL                                                                                                   \
    " AND ($3 = 0 OR d.channel_id = $3) AND a.campaign_id = $4"                                                        \
    " AND ($5 = 0 OR a.ad_set_id = (SELECT g.ad_set_id FROM ad g WHERE g.id = $5)) AND ($6 = 0 OR a.id = $6)"
bool ask_scope(const struct request *request, struct ad_scope *out, struct err *err) MUST_CHECK;
bool ask_pricing(struct request *request, struct ad_span span, struct pricing *out, struct err *err) MUST_CHECK;

/* ---- sums (means.c) ---- */

/* Campaigns, and of channels daily figures, by a value. Costs are micros of the answer's currency. */
struct value_sum {
    Str value;
    struct campaign_sum sum;
    struct figures figures;
};
struct value_sums {
    struct dict *values;
    struct value_sum *row; /* by id of its value, until sorted */
    uint32_t n, cap;
};
void value_sums_free(struct value_sums *sums);
struct value_sum *value_sums_at(struct value_sums *sums, Str value);
/* Free them whether it succeeded or not. By most campaigns, then value. */
bool sums_by_value(struct db *db, enum campaign_dim dim, struct ad_span span, const struct pricing *pricing,
                   struct value_sums *out, struct err *err) MUST_CHECK;
/* With daily figures beside; by value. */
bool sums_by_channel(struct db *db, struct ad_span span, const struct pricing *pricing, struct value_sums *out,
                     struct err *err) MUST_CHECK;

/* Call `see` for each period and channel of which a ROI is known, by time, then channel. */
typedef bool roi_point_fn(void *context, int32_t day, Str channel, double roi, struct err *err);
bool roi_trend(struct db *db, struct ad_span span, enum time_step step, roi_point_fn *see, void *context,
               struct err *err) MUST_CHECK;

/* NAN of none. */
static inline double mean_of(double sum, int64_t n)
{
    return n > 0 ? sum / (double)n : __builtin_nan("");
}
static inline double mean_cost(const struct campaign_sum *sum) /* in units of the currency */
{
    return mean_of((double)sum->cost_micros_sum, sum->cost_n) / (double)AD_MONEY_UNIT;
}

/* The summary; changes are shares, NAN where there is nothing to compare. */
struct summary {
    struct campaign_sum all;
    double roi_change, conversion_change, clicks_change, cost_change;
    struct value_sums channels;          /* by value */
    const struct value_sum *top, *worst; /* by the mean ROI; NULL: of none it is known */
};
/* Free its channels whether it succeeded or not. */
bool summary_make(struct db *db, struct ad_span span, const struct pricing *pricing, struct summary *out,
                  struct err *err) MUST_CHECK;

/* ---- ways of writing (ask.c) ---- */

/* An amount in units of the currency, with cents only where there are any; null when it is not known. */
void put_amount(struct json_out *out, const char *key, bool known, int64_t micros);
/* Money in minor units: impressions to revenue, then ratios. */
void put_figures(struct json_out *out, const struct figures *figures);
/* "" is a value that is not known: null. */
void put_value(struct json_out *out, const char *key, Str value);

#define COUNT_UNITS(micros) ((double)(micros) / (double)AD_MONEY_UNIT)

handler_fn analytics_summary_get, analytics_channels_get, roi_trend_get, audience_get; /* analytics_api.c */
handler_fn tree_get;                                                                   /* tree_api.c */
handler_fn series_get;                                                                 /* series_api.c */
handler_fn best_time_get;                                                              /* best_time_api.c */
handler_fn export_csv_get, export_json_get;                                            /* export_api.c */
handler_fn excel_get, export_table_post;                                               /* excel_api.c */

#endif
