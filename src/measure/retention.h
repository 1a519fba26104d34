/* measure/retention.h -- who came back, by the period in which they started, and what they brought.
 *
 * Is:    one pure kernel: a snapshot and the instants at which periods begin in; counts, persons or money out.
 * Owns:  nothing; every array belongs to the caller or its arena.
 * Never: knows about calendars, or which periods are over: both are the caller's business.
 *
 * What makes a person a member of a cohort is one start event, the cohort being its period. First-time: the person's
 * first start event ever; if it lies outside `range` or the cohorts, the person is in none. Recurring: the first start
 * event in `range` of each period, so a person may be in many cohorts. By the touch of its session that same event says
 * whether the member counts at all, and in which group.
 *
 * Cell k of a cohort is how many of its members have a return event in the k-th period after it; with or_after in that
 * one or any later, to the end of the history. Cell 0 is the size of the cohort, whatever the return event is: who is
 * in it was there. `range` is for start events alone: returns are followed past it.
 */
#ifndef MEASURE_RETENTION_H
#define MEASURE_RETENTION_H

#include "measure/range.h"

#define RETENTION_CELLS_MAX 64

struct retention_query {
    uint32_t start_event; /* event name id; DICT_NONE: no event has it */
    uint32_t return_event;
    bool any_start, any_return; /* every event is one, whatever the name above */
    bool recurring;             /* else first-time */
    bool or_after;              /* else on */
    uint32_t n_cohorts;         /* >= 1: the first so many periods */
    uint32_t n_cells;           /* 1 .. RETENTION_CELLS_MAX, cell 0 counted in */
    const int64_t *bounds;      /* n_cohorts + n_cells instants, ascending: period i is bounds[i] <= t < bounds[i+1] */
    struct range range;         /* of start events */
    const bool *touch_counts;   /* by touch id, of the session that the start event is in; NULL: all */
    struct grouping by;         /* of that same touch */
};

/* returned: by.n * n_cohorts * n_cells, [(group * n_cohorts + cohort) * n_cells + cell].
 * Cost: one scan; in first-time cohorts a person without a start event is read for its names alone. */
bool retention_count(const struct snapshot *snapshot, const struct retention_query *query, struct arena *arena,
                     uint64_t *returned, struct err *err) MUST_CHECK;

/* One cell of one group: those who are counted in it, or the others of its cohort. */
struct retention_pick {
    uint32_t cohort, cell, group;
    bool missing; /* the others */
};

/* marked: by place of the snapshot, n_places. */
bool retention_mark(const struct snapshot *snapshot, const struct retention_query *query, struct retention_pick pick,
                    struct arena *arena, bool *marked, struct err *err) MUST_CHECK;

/* Whose amounts are revenue. */
struct retention_money {
    uint32_t event;
    bool any; /* every event's, whatever the name above */
};

/* What the members of a cohort brought in each period, from the event that makes them members on: cell 0 is what is
 * left of the cohort's own period. sizes: by.n * n_cohorts members; revenue_minor: as `returned`, not cumulative. What
 * a return is does not matter. LIMIT if the revenue, refunds counted without their sign, is more than 64 bits hold. */
bool retention_value(const struct snapshot *snapshot, const struct retention_query *query, struct retention_money money,
                     struct arena *arena, uint64_t *sizes, int64_t *revenue_minor, struct err *err) MUST_CHECK;

#endif
