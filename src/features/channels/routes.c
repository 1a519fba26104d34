#include "features/channels/channels_int.h"

#define TABLE_BODY_MAX ((size_t)4 * 1024 * 1024)
#define STEP_PARAM                                                                                                     \
    {                                                                                                                  \
        "step", "string", "day, week (from Monday) or month; day when left out"                                        \
    }
#define AUDIENCE_PARAM                                                                                                 \
    {                                                                                                                  \
        "by", "string", "segment, location, language, goal, audience or company; segment when left out"                \
    }

static const struct param SPAN[] = {AD_SPAN_PARAMS, {0}};
static const struct param TREND[] = {AD_SPAN_PARAMS, STEP_PARAM, {0}};
static const struct param AUDIENCE[] = {AUDIENCE_PARAM, AD_SPAN_PARAMS, PAGE_PARAMS, {0}};
static const struct param TREE[] = {
    {"level", "string", "channel, campaign, ad_set or ad; channel when left out; the last two take campaign="},
    AD_SCOPE_PARAMS,
    AD_SPAN_PARAMS,
    {"compare", "string", "previous: the days before from, as many; takes from and to"},
    {"sort", "string", "A figure, such as spend, or -spend for the largest first; -spend when left out"},
    PAGE_PARAMS,
    {0},
};
static const struct param SERIES[] = {
    {"by", "string", "channel or none; channel when left out"}, AD_SCOPE_PARAMS, STEP_PARAM, AD_SPAN_PARAMS, {0},
};
static const struct param BEST_TIME[] = {
    {"event", "string", "The events that are counted; * or left out: all"},
    {"conversion", "string", "The event that is the conversion; left out: none is"},
    SPAN_PARAMS,
    FILTER_PARAM,
    SEGMENT_PARAM,
    {0},
};
static const struct param EXPORT[] = {{"table", "string", "channels, campaigns, ads, trend or audience"},
                                      AD_SPAN_PARAMS,
                                      STEP_PARAM,
                                      AUDIENCE_PARAM,
                                      {0}};

static const struct route ROUTES[] = {
    {GET, "/api/analytics/summary", AUTH_READ, 0, analytics_summary_get, "All campaigns in a few numbers", SPAN, NULL,
     "AnalyticsSummary", 0},
    {GET, "/api/analytics/channels", AUTH_READ, 0, analytics_channels_get,
     "Channels: averages of their campaigns, and their daily figures", SPAN, NULL, "AnalyticsChannels", 0},
    {GET, "/api/analytics/roi-trend", AUTH_READ, 0, roi_trend_get, "The mean ROI by date and channel", TREND, NULL,
     "RoiTrend", 0},
    {GET, "/api/analytics/audience", AUTH_READ, 0, audience_get, "Averages of campaigns by whom they are for", AUDIENCE,
     NULL, "AudienceTable", 0},
    {GET, "/api/v1/channels/tree", AUTH_READ, 0, tree_get, "Channels, their campaigns, a campaign's ad groups and ads",
     TREE, NULL, "ChannelTree", 0},
    {GET, "/api/v1/channels/series", AUTH_READ, 0, series_get, "Daily figures over time", SERIES, NULL, "ChannelSeries",
     0},
    {GET, "/api/v1/best-time", AUTH_READ, 0, best_time_get, "Events and conversions by weekday and hour", BEST_TIME,
     NULL, "BestTime", 0},
    {GET, "/export/excel", AUTH_READ, 0, excel_get, "The whole as an .xlsx file with charts", TREND, NULL, NULL, 0},
    {GET, "/export/csv", AUTH_READ, 0, export_csv_get, "A table as CSV", EXPORT, NULL, NULL, 0},
    {GET, "/export/json", AUTH_READ, 0, export_json_get, "A table as JSON", EXPORT, NULL, "ExportedTable", 0},
    {POST, "/export/table", AUTH_READ, TABLE_BODY_MAX, export_table_post, "Any table as an .xlsx file", NULL,
     "TableToExport", NULL, 0},
};

struct route_table channels_routes(struct channels *channels)
{
    return (struct route_table){"Channels", ROUTES, COUNT_OF(ROUTES), "features/channels/schemas.json", channels};
}
