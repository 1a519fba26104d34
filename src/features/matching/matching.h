/* features/matching/matching.h -- which campaign the events' words mean, and what is matched to nothing.
 *
 * Is:    the routes under /api/v1/matches.
 * Owns:  nothing; the table is ads/matches.h's.
 * Never: changes events or campaigns.
 */
#ifndef FEATURES_MATCHING_MATCHING_H
#define FEATURES_MATCHING_MATCHING_H

#include "report/segments.h"

struct matching {
    struct pipeline *pipeline;
    struct segment_cache *segments;
    struct store *store;
    const struct settings *settings;
};

struct route_table matching_routes(struct matching *matching);

#endif
