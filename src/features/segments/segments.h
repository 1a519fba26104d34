/* features/segments/segments.h -- parts of the persons that people name: filters and cohorts.
 *
 * Is:    the routes under /api/v1/segments: list, make, change, delete; how large one is.
 * Owns:  the table `segment`.
 * Never: evaluates one itself; report/segments.h does, for these routes as for every question.
 */
#ifndef FEATURES_SEGMENTS_SEGMENTS_H
#define FEATURES_SEGMENTS_SEGMENTS_H

#include "report/segments.h"

struct segments {
    struct pipeline *pipeline;
    struct store *store;
    struct segment_cache *cache;
};

struct route_table segments_routes(struct segments *segments);

#endif
