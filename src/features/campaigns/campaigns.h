/* features/campaigns/campaigns.h -- campaigns by hand, channels, rates of currencies, budgets.
 *
 * Is:    the routes under /api/campaigns, /api/v1/channel-list, /api/v1/rates and /api/v1/budgets.
 * Owns:  nothing; ads/ has the tables.
 * Never: answers a question over several campaigns: features/channels does.
 */
#ifndef FEATURES_CAMPAIGNS_CAMPAIGNS_H
#define FEATURES_CAMPAIGNS_CAMPAIGNS_H

#include "base/settings.h"
#include "http/route.h"

struct campaigns {
    struct store *store;
    const struct settings *settings;
};

struct route_table campaigns_routes(struct campaigns *campaigns);

#endif
