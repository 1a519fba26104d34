/* measure/funnel.h -- how many people reached each step, how long it took, and who they are.
 *
 * Is:    one pure kernel: a snapshot in, counts or a page of persons out.
 * Owns:  nothing; every array belongs to the caller or its arena.
 * Never: reads the store, the clock or a setting; logs.
 *
 * A chain of k steps is k different events of one person, all in `range`, the last within `window_ms` of the first,
 * both ends counted in, and no `excluded` event of the person between them. By `order`:
 *   BEST    its events match steps 1..k one after the other, other events may stand between them, and each is within
 *           `step_window_ms` of the one before it
 *   STRICT  likewise, and no other event of the person, of whatever name, stands between them
 *   ANY     its events match steps 1..k one to one, in whatever order
 * Events of a person stand in the order of time, ties in order of arrival. A person reaches step k if it has a chain
 * of k steps or more. Its group, period and times are those of its deepest chain: of several, the one completed
 * first; of those, the one that began last; of those, the one whose events come the earliest.
 */
#ifndef MEASURE_FUNNEL_H
#define MEASURE_FUNNEL_H

#include "measure/range.h"

#define FUNNEL_STEPS_MAX 64

enum funnel_order { FUNNEL_BEST, FUNNEL_STRICT, FUNNEL_ANY };

struct funnel_query {
    int steps;                       /* 2 .. FUNNEL_STEPS_MAX */
    uint32_t step[FUNNEL_STEPS_MAX]; /* event name ids; DICT_NONE: no event has this name, nobody reaches it */
    enum funnel_order order;
    int64_t window_ms;                        /* > 0; INT64_MAX: no limit */
    int64_t step_window_ms[FUNNEL_STEPS_MAX]; /* from the step before; 0: no limit of its own. [0] is not used */
    const bool *excluded;                     /* by event name id, steps not among them; NULL: none */
    struct range range;
    struct grouping by;             /* of the touch of the session that the chain begins in */
    const bool *first_touch_counts; /* by touch id: may a chain begin with an event of such a session? NULL: all */
};

/* In milliseconds, over those who came so far; -1 if nobody did. See measure/quantile.h. */
struct funnel_times {
    int64_t p25_ms, median_ms, p75_ms;
};

struct funnel_step {
    uint64_t persons;                  /* who reached this step */
    struct funnel_times from_previous; /* from the event before of the chain; 0 for the first */
    struct funnel_times from_first;
};

/* How many took how long: [0] less than FUNNEL_LENGTHS_MS[0], [i] less than [i] and not less than [i - 1], the last
 * one all who took longer. */
#define FUNNEL_LENGTHS 13
extern const int64_t FUNNEL_LENGTHS_MS[FUNNEL_LENGTHS - 1];

struct funnel_period {
    uint64_t entered, converted; /* whose chain begins here; of them, who reached the last step */
};

/* What is wanted of the answer; the arrays are the caller's. A person counts in the group of its chain, so groups add
 * up to the total. */
struct funnel_answer {
    struct funnel_step *steps; /* by.n rows of query->steps each, row-major: steps[group * query->steps + step] */
    bool times;                /* false: none are computed, all are -1; the count alone is much faster */
    /* NULL, or with `times` and a single group query->steps of them: [k] from step k to the next; the last one from
     * the first step to the last. */
    uint64_t (*lengths)[FUNNEL_LENGTHS];
    const int64_t *bounds; /* n_periods + 1 instants, ascending; a chain that begins outside is in no period */
    uint32_t n_periods;    /* 0: not wanted */
    struct funnel_period *periods;
};

/* INVALID names the field of the query. LIMIT: the arena has no room for the chains, 4 bytes a step (8 when they are
 * longer than 49 days) of each person who reached step 2, or for the lengths, 16 bytes a person. On failure nothing of
 * the answer is touched. */
bool funnel_count(const struct snapshot *snapshot, const struct funnel_query *query, struct arena *arena,
                  const struct funnel_answer *answer, struct err *err) MUST_CHECK;

struct funnel_who {
    uint32_t least, most; /* steps reached, both counted in; 1 .. query->steps */
    uint32_t group;       /* DICT_NONE: of all groups */
    uint64_t skip;
    uint32_t limit;
};

struct funnel_person {
    uint32_t place;
    uint32_t reached;          /* steps */
    int64_t entered_ms, at_ms; /* of the chain's first and last event */
};

/* A page of those who came so far, in the order of their places: `skip` persons are left out, at most `limit` given.
 * *n of them, *total without paging. Memory does not depend on how many there are. */
bool funnel_persons(const struct snapshot *snapshot, const struct funnel_query *query, const struct funnel_who *who,
                    struct arena *arena, struct funnel_person *out, uint32_t *n, uint64_t *total,
                    struct err *err) MUST_CHECK;

#endif
