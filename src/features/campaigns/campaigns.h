/* features/campaigns/campaigns.h -- campaigns by hand, channels, rates of currencies, budgets.
 *
 * Is:    the routes under /api/campaigns, /api/v1/channel-list, /api/v1/rates and /api/v1/budgets; the kind of
 *        job "rates".
 * Owns:  nothing; ads/ has the tables.
 * Never: answers a question over several campaigns: features/channels does.
 */
#ifndef FEATURES_CAMPAIGNS_CAMPAIGNS_H
#define FEATURES_CAMPAIGNS_CAMPAIGNS_H

#include "base/settings.h"
#include "events/pipeline.h"
#include "http/route.h"
#include "jobs/jobs.h"

struct campaigns {
    struct store *store;
    const struct settings *settings;
    struct pipeline *pipeline;
    struct jobs *jobs;
};

struct route_table campaigns_routes(struct campaigns *campaigns);
/* What is counted of events is brought in line with the rates, after they have changed. */
struct job_kind campaigns_job(struct campaigns *campaigns);

#endif
