/* features/attribution/attribution.h -- which channels get the credit, and the journeys behind each number.
 *
 * Is:    the routes /api/v1/attribution, /api/v1/attribution/journeys, /api/v1/models.
 * Owns:  nothing but whose turn it is to take much memory; each answer is made from a snapshot.
 * Never: changes anything.
 */
#ifndef FEATURES_ATTRIBUTION_ATTRIBUTION_H
#define FEATURES_ATTRIBUTION_ATTRIBUTION_H

#include <pthread.h>

#include "report/segments.h"

struct attribution {
    struct pipeline *pipeline;
    struct segment_cache *segments;
    const struct settings *settings;
    pthread_mutex_t one_table; /* held by the question that has a table of paths (over_paths.c) */
};

void attribution_init(struct attribution *attribution, struct pipeline *pipeline, struct segment_cache *segments,
                      const struct settings *settings);
struct route_table attribution_routes(struct attribution *attribution);

#endif
