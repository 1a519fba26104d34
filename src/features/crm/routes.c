#include "features/crm/crm_int.h"

#define V10 "/api/data-analytics/v10"

static const struct param EVENTS_PARAMS[] = {
    {"start_date", "day", "First day; left out: all time"},
    {"end_date", "day", "Last day, counted in"},
    {"platform", "string", "Only this platform"},
    PAGE_PARAMS,
    {0},
};
static const struct param PAGE[] = {PAGE_PARAMS, {0}};
static const struct param CONTRACTS_PARAMS[] = {
    {"counted", "string", "true: cost above 0; false: the others; all when left out"}, PAGE_PARAMS, {0}};
static const struct param COMPARE_PARAMS[] = {
    {"by", "string", "The dimension; platform when left out"},
    {"lookback", "length", "none when left out"},
    {"half_life", "length", "Of time_decay; 7d when left out"},
    {0},
};

static const struct route ROUTES[] = {
    {GET, V10 "/summary/prod", AUTH_READ, 0, summary_get, "The whole CRM history in ten numbers", NULL, NULL,
     "CrmSummary", 0},
    {GET, V10 "/events/funnel", AUTH_READ, 0, crm_events_get, "Every touch with its stage: first, mid, last",
     EVENTS_PARAMS, NULL, "CrmEvents", 0},
    {GET, V10 "/contracts/multi-touch", AUTH_READ, 0, multi_touch_get, "Each contract with its whole journey", PAGE,
     NULL, "CrmContracts", 0},
    {GET, V10 "/platforms/touches", AUTH_READ, 0, platforms_get,
     "Platforms: what they touched, and what the house rule gives them", NULL, NULL, "CrmPlatforms", 0},
    {GET, V10 "/campaigns/{platform}/funnel", AUTH_READ, 0, campaign_funnel_get,
     "A platform's campaigns: first, mid and last touches", NULL, NULL, "CrmCampaigns", 0},
    {GET, V10 "/attribution/compare", AUTH_READ, 0, compare_get, "Every model side by side", COMPARE_PARAMS, NULL,
     "CrmCompare", 0},
    {GET, "/api/v1/contracts", AUTH_READ, 0, contracts_get, "The contracts as they came, also those that do not count",
     CONTRACTS_PARAMS, NULL, "Contracts", 0},
};

struct route_table crm_routes(struct crm *crm)
{
    return (struct route_table){"CRM (V10)", ROUTES, COUNT_OF(ROUTES), "features/crm/schemas.json", crm};
}
