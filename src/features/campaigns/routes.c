#include "features/campaigns/campaigns_int.h"

#define SMALL_BODY ((size_t)16 * 1024)

#define LIST_PARAMS                                                                                                    \
    {"q", "string", "Part of the name or the id"},                                                                     \
        {"sort", "string",                                                                                             \
         "-day when left out; day, name, clicks, impressions, conversion_rate, acquisition_cost, roi or "              \
         "engagement_score, with a minus for the largest first"},                                                      \
        {"skip", "integer", "Campaigns before the page"},                                                              \
    {                                                                                                                  \
        "limit", "integer", "Campaigns on a page; 100 when left out, at most 1000"                                     \
    }

static const struct param LIST[] = {{"channel", "string", "Only those of one channel"}, LIST_PARAMS, {0}};
static const struct param CHANNEL_LIST[] = {LIST_PARAMS, {0}};
static const struct param DAYS[] = {
    {"from", "day", "First day; left out: all"},
    {"to", "day", "Last day, counted in"},
    {0},
};

static const struct route ROUTES[] = {
    {GET, "/api/campaigns/", AUTH_READ, 0, campaigns_get, "Campaigns, in pages", LIST, NULL, "Campaigns", 0},
    {GET, "/api/campaigns", AUTH_READ, 0, campaigns_get, "The same", LIST, NULL, "Campaigns", ROUTE_HIDDEN},
    {POST, "/api/campaigns/", AUTH_ADMIN, SMALL_BODY, campaigns_post, "Make a campaign by hand", NULL, "CampaignNew",
     "Campaign", 0},
    {POST, "/api/campaigns", AUTH_ADMIN, SMALL_BODY, campaigns_post, "The same", NULL, "CampaignNew", "Campaign",
     ROUTE_HIDDEN},
    {GET, "/api/campaigns/channel/{name*}", AUTH_READ, 0, campaigns_of_channel_get, "Campaigns of a channel, in pages",
     CHANNEL_LIST, NULL, "Campaigns", 0},
    {GET, "/api/campaigns/{campaign_id}", AUTH_READ, 0, campaign_get, "One campaign", NULL, NULL, "Campaign", 0},
    {PUT, "/api/campaigns/{campaign_id}", AUTH_ADMIN, SMALL_BODY, campaign_put,
     "Change a campaign; what is left out stays", NULL, "CampaignChange", "Campaign", 0},
    {DELETE, "/api/campaigns/{campaign_id}", AUTH_ADMIN, 0, campaign_delete,
     "Take a campaign out, with its ads, days and budgets", NULL, NULL, NULL, 0},
    {GET, "/api/campaigns/{campaign_id}/days", AUTH_READ, 0, campaign_days_get, "A campaign's days, by channel", DAYS,
     NULL, "CampaignDays", 0},
    {GET, "/api/v1/channel-list", AUTH_READ, 0, channel_list_get, "Channels and the platform that each stands for",
     NULL, NULL, "ChannelList", 0},
    {PUT, "/api/v1/channel-list/{name*}", AUTH_ADMIN, SMALL_BODY, channel_put,
     "Say which platform a channel stands for", NULL, "ChannelPlatform", "ChannelList", 0},
    {GET, "/api/v1/rates", AUTH_READ, 0, rates_get, "Rates of currencies, and those that are wanting", NULL, NULL,
     "Rates", 0},
    {PUT, "/api/v1/rates", AUTH_ADMIN, SMALL_BODY, rates_put, "What a currency is worth from a day on", NULL, "Rate",
     "Rate", 0},
    {DELETE, "/api/v1/rates/{currency}/{day}", AUTH_ADMIN, 0, rate_delete, "Forget a rate", NULL, NULL, NULL, 0},
    {GET, "/api/v1/budgets", AUTH_READ, 0, budgets_get, "Budgets and what of them is spent", NULL, NULL, "Budgets", 0},
    {POST, "/api/v1/budgets", AUTH_ADMIN, SMALL_BODY, budgets_post, "Set a budget", NULL, "BudgetNew", "Budget", 0},
    {PUT, "/api/v1/budgets/{id}", AUTH_ADMIN, SMALL_BODY, budget_put, "Change a budget; what is left out stays", NULL,
     "BudgetChange", "Budget", 0},
    {DELETE, "/api/v1/budgets/{id}", AUTH_ADMIN, 0, budget_delete, "Forget a budget", NULL, NULL, NULL, 0},
};

struct route_table campaigns_routes(struct campaigns *campaigns)
{
    return (struct route_table){"Campaigns", ROUTES, COUNT_OF(ROUTES), "features/campaigns/schemas.json", campaigns};
}
