#include "features/matching/matching_int.h"
#include "report/question.h"

#define BODY_MAX ((size_t)4096)
#define STATE_PARAM                                                                                                    \
    {                                                                                                                  \
        "state", "string", "all (when left out), matched or unmatched"                                                 \
    }

static const struct param VALUES_PARAMS[] = {
    SPAN_PARAMS, STATE_PARAM,
    PAGE_PARAMS, {"by", "string", "campaign (when left out), campaign_id, creative, content or source"},
    {0},
};
static const struct param CAMPAIGNS_PARAMS[] = {SPAN_PARAMS, STATE_PARAM, PAGE_PARAMS, {0}};

static const struct route ROUTES[] = {
    {GET, "/api/v1/matches", AUTH_READ, 0, matched_values_get,
     "What events say of their campaign, and which campaign of a platform that is", VALUES_PARAMS, NULL,
     "MatchedValues", 0},
    {GET, "/api/v1/matches/campaigns", AUTH_READ, 0, matched_campaigns_get,
     "Campaigns that spent something, and how many events came from each; unmatched: none", CAMPAIGNS_PARAMS, NULL,
     "MatchedCampaigns", 0},
    {PUT, "/api/v1/matches", AUTH_ADMIN, BODY_MAX, match_put_api,
     "Say which campaign a value means; null: none of them", NULL, "Match", "Match", 0},
    {DELETE, "/api/v1/matches/{dim}/{value*}", AUTH_ADMIN, 0, match_delete_api,
     "Take back what was said; ids and names decide again", NULL, NULL, NULL, 0},
};

struct route_table matching_routes(struct matching *matching)
{
    return (struct route_table){"Matching", ROUTES, COUNT_OF(ROUTES), "features/matching/schemas.json", matching};
}
