/* measure/week_clock.h -- at which weekday and hour things happen.
 *
 * Is:    one pure kernel: a snapshot in, 168 cells out; one scan on all cores, O(events).
 * Owns:  nothing; every array belongs to the caller.
 * Never: reads the store, the clock or a setting: the zone comes as its offsets from UTC.
 *
 * A cell is an hour as the clock on the wall shows it. When clocks are put back, the hour that comes twice counts
 * twice; the one that is left out has nothing.
 */
#ifndef MEASURE_WEEK_CLOCK_H
#define MEASURE_WEEK_CLOCK_H

#include "base/time.h"
#include "measure/range.h"

#define WEEK_CLOCK_CELLS 168

struct week_clock_query {
    const bool *counts;  /* by name: the events that are asked for; NULL: all */
    uint32_t conversion; /* the name of those that are conversions; DICT_NONE: none are */
    struct range range;
    const bool *must_touch;         /* by touch: whether an event with it counts, as either; NULL: all do */
    const struct time_offset *zone; /* over the events of the range */
    uint32_t n_zone;                /* 1 or more */
};

struct week_clock_cell {
    uint64_t events, persons, conversions;
    int64_t revenue_minor; /* of the conversions; past what 64 bits hold it stays at their end */
};

/* out: WEEK_CLOCK_CELLS, Monday's hours first. persons: those with an event that is asked for in the cell. */
bool week_clock(const struct snapshot *snapshot, const struct week_clock_query *query, struct arena *arena,
                struct week_clock_cell *out, struct err *err) MUST_CHECK;

#endif
