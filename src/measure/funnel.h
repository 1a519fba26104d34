/* measure/funnel.h -- how many people reached each step, in order.
 *
 * Is:    one pure kernel: a snapshot in, counts out.
 * Owns:  nothing; every array belongs to the caller or its arena.
 * Never: reads the store, the clock or a setting; logs.
 *
 * A person reaches step k if a chain of k of its events, in time order (ties in order of arrival), matches steps
 * 1..k and the last is within `window_ms` of the first, both ends counted in. The best chain counts. Only events
 * in `range` take part. Times to convert are those of the person's deepest chain: among the chains that reach
 * the deepest step, the one completed first, and of those the one that started last.
 */
#ifndef MEASURE_FUNNEL_H
#define MEASURE_FUNNEL_H

#include "measure/range.h"

#define FUNNEL_STEPS_MAX 64

struct funnel_query {
    int steps;                       /* 2 .. FUNNEL_STEPS_MAX */
    uint32_t step[FUNNEL_STEPS_MAX]; /* event name ids; DICT_NONE: no event has this name, nobody reaches it */
    int64_t window_ms;               /* > 0; INT64_MAX: no limit */
    struct range range;
    struct grouping by;             /* of the touch of the session that the chain begins in */
    const bool *first_touch_counts; /* by touch id: may an event of such a session be the first step? NULL: all */
};

struct funnel_step {
    uint64_t persons;  /* who reached this step */
    int64_t median_ms; /* from the step before, over those who reached this one; 0 for the first, -1 if nobody */
    int64_t median_from_first_ms; /* likewise from the first step */
};

/* out: by.n rows of query->steps each, row-major: out[group * steps + step]. A person counts in the group of
 * its deepest chain's first event, so groups add up to the total. */
bool funnel_count(const struct snapshot *snapshot, const struct funnel_query *query, struct arena *arena,
                  struct funnel_step *out, struct err *err) MUST_CHECK;

#endif
