/* measure/catalog.h -- what there is: event names and the values of a dimension, with how much of each.
 *
 * Is:    one pure kernel each: one scan on all cores, O(events).
 * Owns:  nothing; every array belongs to the caller.
 * Never: reads the store, the clock or a setting.
 */
#ifndef MEASURE_CATALOG_H
#define MEASURE_CATALOG_H

#include "base/arena.h"
#include "base/err.h"
#include "events/facts.h"

struct catalog_name {
    uint32_t name;
    uint64_t events, persons;
    int64_t revenue_minor; /* past what 64 bits hold it stays at their end */
    int64_t last_ms;
};

/* out: n_names rows, filled in order of id and then sorted by events, most first. */
bool catalog_names(const struct snapshot *snapshot, struct arena *arena, struct catalog_name *out,
                   struct err *err) MUST_CHECK;

struct catalog_value {
    uint32_t value; /* for snapshot_value */
    uint64_t events;
};

/* The values that events have in a dimension, most events first; *n of them. out: n_values rows. */
bool catalog_values(const struct snapshot *snapshot, enum touch_dim dim, struct arena *arena, struct catalog_value *out,
                    uint32_t *n, struct err *err) MUST_CHECK;

#endif
