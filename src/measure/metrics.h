/* measure/metrics.h -- counts over time and over groups.
 *
 * Is:    events, persons, sessions, conversions, orders and revenue, in periods and by touch group; who they are.
 * Owns:  nothing; every array belongs to the caller or its arena.
 * Never: knows about calendars: the caller gives the instants at which periods begin.
 */
#ifndef MEASURE_METRICS_H
#define MEASURE_METRICS_H

#include "measure/range.h"

struct metrics_query {
    uint32_t event; /* count only this event name; DICT_NONE with any_event: every event */
    bool any_event;
    uint32_t conversion; /* what `conversions`, `orders` and `revenue_minor` count; DICT_NONE: nothing has this name */
    bool any_revenue;    /* revenue of all events rather than of `conversion` alone; orders are those that bring it */
    bool events_only;    /* nothing but `events` and `persons` is wanted; the rest may be left 0, which can be faster */
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
    uint64_t orders;     /* conversions; with any_revenue: events with more than no money, whatever `event` is */
    uint64_t payers;     /* distinct persons with one */
    uint64_t bounces;    /* of the sessions: those of one event */
    uint64_t session_ms; /* of the sessions, from first event to last, together; past the period's end too */
};

/* cells: by.n * n_periods, [group * n_periods + period]; totals: by.n, where persons, converted and payers are distinct
 * over the whole span. LIMIT if the revenue, refunds counted without their sign, is more than 64 bits hold.
 * Cost: one scan on all cores, of what lies in the span. */
bool metrics_count(const struct snapshot *snapshot, const struct metrics_query *query, struct arena *arena,
                   struct metrics_cell *cells, struct metrics_cell *totals, struct err *err) MUST_CHECK;

/* Which distinct persons of a total. */
enum metrics_persons { METRICS_PERSONS, METRICS_CONVERTED, METRICS_PAYERS };

/* marked: by place of the snapshot, n_places; as many as the total of `group` counts. */
bool metrics_mark(const struct snapshot *snapshot, const struct metrics_query *query, enum metrics_persons which,
                  uint32_t group, struct arena *arena, bool *marked, struct err *err) MUST_CHECK;

#endif
