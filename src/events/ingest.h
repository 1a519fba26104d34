/* events/ingest.h -- the protocols over HTTP.
 *
 * Is:    the ingest routes: Segment's, RudderStack's, its webhook destination.
 * Owns:  nothing.
 * Never: answers 200 for what is not on disk.
 */
#ifndef EVENTS_INGEST_H
#define EVENTS_INGEST_H

#include "events/pipeline.h"
#include "http/route.h"

struct ingest {
    struct pipeline *pipeline;
    Str currency;
};

struct route_table ingest_routes(struct ingest *ingest);

#endif
