#include "features/attribution/attribution_int.h"

#define JOURNEYS_OF_PARAMS                                                                                             \
    SPAN_PARAMS, SEGMENT_PARAM,                                                                                        \
        {"filter", "list",                                                                                             \
         "dim:op:value, as in metrics; may repeat: only conversions with a touch in their journey that passes all"},   \
        {"conversion", "string", "The event that is the conversion, such as Order Completed"},                         \
        {"lookback", "length", "Touches count in (time - lookback, time]; none (no limit) when left out"},             \
        {"half_life", "length", "Of time_decay; 7d when left out"},                                                    \
        {"lead", "string", "The event that is the lead, for w_shaped; there is none when left out"},                   \
        {"opportunity", "string", "Likewise, the opportunity"},                                                        \
        {"touches", "string",                                                                                          \
         "events, sessions or journey (every event, conversions too); events for Contract Signed, else sessions"},     \
    {                                                                                                                  \
        "order", "string", "Of markov: 1 to 4, or best (by the penalised AUC); 1 when left out"                        \
    }

#define QUESTION_PARAMS                                                                                                \
    JOURNEYS_OF_PARAMS, {"by", "string", "The dimension that gets the credit; platform when left out"},                \
    {                                                                                                                  \
        "exclude", "list", "Keys dropped before weighting; may repeat"                                                 \
    }

static const struct param MATRIX_PARAMS[] = {
    QUESTION_PARAMS,
    {"models", "string", "Comma-separated; all when left out"},
    {"intervals", "string", "true: 90 % intervals beside each number, from a Poisson bootstrap over persons"},
    {"replicates", "integer", "Of the bootstrap, 20 to 1000; 100 when left out"},
    {0},
};
static const struct param JOURNEYS_PARAMS[] = {
    QUESTION_PARAMS,
    {"model", "string", "The column of the cell"},
    {"key", "string", "The row of the cell, or unattributed"},
    PAGE_PARAMS,
    {0},
};
static const struct param CREDIT_PARAMS[] = {
    JOURNEYS_OF_PARAMS,
    {"models", "string", "Comma-separated; all when left out"},
    {"by", "string", "channel (when left out), campaign, or ad"},
    {"campaign", "string", "With by=ad: whose ads, by campaign_id"},
    {0},
};

static const struct route ROUTES[] = {
    {GET, "/api/v1/attribution", AUTH_READ, 0, attribution_get, "Credit by key and model", MATRIX_PARAMS, NULL,
     "Attribution", 0},
    {GET, "/api/v1/attribution/journeys", AUTH_READ, 0, cell_journeys_get, "The journeys behind one cell",
     JOURNEYS_PARAMS, NULL, "CellJourneys", 0},
    {GET, "/api/v1/channels/credit", AUTH_READ, 0, credit_get,
     "What platforms claim for the money spent, beside what each model says of the same ads", CREDIT_PARAMS, NULL,
     "ChannelCredit", 0},
    {GET, "/api/v1/models", AUTH_READ, 0, models_get, "The attribution models there are", NULL, NULL, "Models", 0},
};

void attribution_init(struct attribution *attribution, struct pipeline *pipeline, struct segment_cache *segments,
                      const struct settings *settings)
{
    attribution->pipeline = pipeline;
    attribution->segments = segments;
    attribution->settings = settings;
    pthread_mutex_init(&attribution->one_table, NULL);
}

struct route_table attribution_routes(struct attribution *attribution)
{
    return (struct route_table){"Attribution", ROUTES, COUNT_OF(ROUTES), "features/attribution/schemas.json",
                                attribution};
}
