/* measure/metrics.h -- counts over time and over groups.
 *
 * Is:    events, persons, sessions, conversions and revenue, in periods and by touch group.
 * Owns:  nothing; every array belongs to the caller or its arena.
 * Never: knows about calendars: the caller gives the instants at which periods begin.
 */
#ifndef MEASURE_METRICS_H
#define MEASURE_METRICS_H

#include "measure/range.h"

struct metrics_query {
    uint32_t event; /* count only this event name; DICT_NONE with any_event: every event */
    bool any_event;
    uint32_t conversion;      /* what `conversions` and `revenue_minor` count; DICT_NONE: nothing has this name */
    bool any_revenue;         /* revenue of all events rather than of `conversion` alone */
    const bool *touch_counts; /* by touch id, of the session that the event is in; NULL: all */
    const int64_t *bounds;    /* n_periods + 1 instants, ascending: period i is bounds[i] <= t < bounds[i+1] */
    uint32_t n_periods;       /* >= 1 */
    struct grouping by;       /* of that same touch: an order counts for the channel that brought the session */
};

struct metrics_cell {
    uint64_t events;
    uint64_t persons;     /* distinct, with an event that counts */
    uint64_t sessions;    /* begun in the period by an event whose touch counts (measure/session.h; of any name) */
    uint64_t conversions; /* conversion events, whatever `event` is */
    uint64_t converted;   /* distinct persons with one */
    int64_t revenue_minor;
};

/* cells: by.n * n_periods, [group * n_periods + period]; totals: by.n, where persons and converted are distinct
 * over the whole span. LIMIT if the revenue, refunds counted without their sign, is more than 64 bits hold.
 * Cost: one scan, plus a binary search where a person's events change the period. */
bool metrics_count(const struct snapshot *snapshot, const struct metrics_query *query, struct arena *arena,
                   struct metrics_cell *cells, struct metrics_cell *totals, struct err *err) MUST_CHECK;

#endif
