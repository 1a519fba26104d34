/* ads/table_fields.h -- what a column of a file of ad data may mean.
 *
 * Is:    the list of fields with their titles, and the names under which exports have them, in English, Russian and
 *        Ukrainian.
 * Owns:  nothing.
 * Never: looks into cells.
 */
#ifndef ADS_TABLE_FIELDS_H
#define ADS_TABLE_FIELDS_H

#include "base/str.h"

/* X(NAME, "name", type, what it is). Types: text, date, count (whole), money, decimal, share, days. */
#define TABLE_FIELDS(X)                                                                                                \
    X(DATE, "date", DATE, "Day")                                                                                       \
    X(DATE_END, "date_end", DATE, "Last day of the row; it must be the first one")                                     \
    X(SOURCE, "source", TEXT, "Ad platform: meta, google_ads, telegram_ads …")                                         \
    X(ACCOUNT, "account_id", TEXT, "Account")                                                                          \
    X(CAMPAIGN_ID, "campaign_id", TEXT, "Campaign's id")                                                               \
    X(CAMPAIGN_NAME, "campaign_name", TEXT, "Campaign's name")                                                         \
    X(CAMPAIGN_STATUS, "campaign_status", TEXT, "Campaign's status")                                                   \
    X(AD_SET_ID, "adset_id", TEXT, "Ad group's id")                                                                    \
    X(AD_SET_NAME, "adset_name", TEXT, "Ad group's name")                                                              \
    X(AD_ID, "ad_id", TEXT, "Ad's id")                                                                                 \
    X(AD_NAME, "ad_name", TEXT, "Ad's name")                                                                           \
    X(AD_STATUS, "ad_status", TEXT, "Ad's status")                                                                     \
    X(CHANNEL, "channel", TEXT, "Channel of the dashboard; made of source and placement when left out")                \
    X(PLACEMENT, "placement", TEXT, "Placement: instagram, facebook, search …")                                        \
    X(COUNTRY, "country", TEXT, "Country, ISO 3166-1 alpha-2")                                                         \
    X(IMPRESSIONS, "impressions", COUNT, "Impressions")                                                                \
    X(REACH, "reach", COUNT, "Reach")                                                                                  \
    X(CLICKS, "clicks", COUNT, "Clicks")                                                                               \
    X(COST, "cost", MONEY, "Spend")                                                                                    \
    X(CURRENCY, "currency", TEXT, "Currency, ISO 4217, or TON, XTR")                                                   \
    X(CONVERSIONS, "conversions", DECIMAL, "Conversions as the platform claims them")                                  \
    X(CONVERSION_VALUE, "conversion_value", MONEY, "Value of the conversions")                                         \
    X(UTM_CAMPAIGN, "utm_campaign", TEXT, "utm_campaign of its links: joins spend to events")                          \
    X(UTM_CONTENT, "utm_content", TEXT, "utm_content of its links")                                                    \
    X(START_PARAM, "start_param", TEXT, "Parameter of its Telegram link")                                              \
    X(AUDIENCE, "target_audience", TEXT, "Target audience")                                                            \
    X(GOAL, "campaign_goal", TEXT, "Goal")                                                                             \
    X(DURATION, "duration", DAYS, "Duration, days")                                                                    \
    X(CONVERSION_RATE, "conversion_rate", SHARE, "Conversion rate, a share")                                           \
    X(ACQUISITION_COST, "acquisition_cost", MONEY, "Acquisition cost")                                                 \
    X(ROI, "roi", DECIMAL, "ROI")                                                                                      \
    X(LOCATION, "location", TEXT, "Location")                                                                          \
    X(LANGUAGE, "language", TEXT, "Language")                                                                          \
    X(ENGAGEMENT, "engagement_score", DECIMAL, "Engagement score")                                                     \
    X(SEGMENT, "customer_segment", TEXT, "Customer segment")                                                           \
    X(COMPANY, "company", TEXT, "Company")

enum table_field {
#define X(name, text, type, title) FIELD_##name,
    TABLE_FIELDS(X)
#undef X
        FIELD_COUNT
};
#define FIELD_NONE FIELD_COUNT

enum field_type {
    FIELD_TYPE_TEXT,
    FIELD_TYPE_DATE,
    FIELD_TYPE_COUNT,
    FIELD_TYPE_MONEY,
    FIELD_TYPE_DECIMAL,
    FIELD_TYPE_SHARE,
    FIELD_TYPE_DAYS
};

const char *field_name(enum table_field field);
const char *field_title(enum table_field field);
enum field_type field_type_of(enum table_field field);
const char *field_type_name(enum field_type type);
bool field_find(Str name, enum table_field *out) MUST_CHECK;

/* Which field a heading, folded by cell_fold, stands for, and how well: 0 is best, more is worse; -1: none. */
int field_of_heading(Str folded, enum table_field *out);

#endif
