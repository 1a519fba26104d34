/* features/product/product.h -- what people do: metrics over time, breakdowns, funnels, retention, paths, persons.
 *
 * Is:    the routes under /api/v1 that ask the facts about events and people.
 * Owns:  nothing; each answer is made from a snapshot.
 * Never: changes anything.
 */
#ifndef FEATURES_PRODUCT_PRODUCT_H
#define FEATURES_PRODUCT_PRODUCT_H

#include "events/properties.h"
#include "report/segments.h"

struct product {
    struct pipeline *pipeline;
    struct store *store;
    struct properties *properties;
    struct segment_cache *segments;
    const struct settings *settings;
    const char *version;
};

struct route_table product_routes(struct product *product);

#endif
