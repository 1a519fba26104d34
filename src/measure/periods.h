/* measure/periods.h -- which of many periods an instant lies in.
 *
 * Is:    instants that divide time into periods, and a table that finds the period of an instant at once.
 * Owns:  nothing: the instants are the caller's, the table its arena's.
 * Never: knows about calendars.
 *
 * "Which period is this instant in?" is asked for nearly every event, and the answer is as good as random to the
 * processor. So the whole of the time is cut into PERIODS_SLOTS equal slots, and a table says which period is the last
 * that begins before each. If no slot has two periods beginning in it, and with a calendar's none has, one comparison
 * says the rest; else the few that begin in it are searched by halves.
 */
#ifndef MEASURE_PERIODS_H
#define MEASURE_PERIODS_H

#include "measure/range.h"

#define PERIODS_SLOTS 4096U

struct periods {
    const int64_t *bounds; /* n + 1, ascending: period i is bounds[i] <= t < bounds[i+1] */
    uint32_t n;            /* >= 1 */
    uint32_t shift;
    bool one_a_slot;                  /* at most one period begins in each slot */
    uint32_t slot[PERIODS_SLOTS + 1]; /* the last period that begins before the slot; 0 if none does */
};

/* NULL and err when the arena has no room. */
const struct periods *periods_new(struct arena *arena, const int64_t *bounds, uint32_t n, struct err *err);

/* The period of an instant within the bounds: the last that begins by then. */
static inline uint32_t period_of(const struct periods *periods, int64_t at_ms)
{
    uint64_t slot = elapsed_ms(periods->bounds[0], at_ms) >> periods->shift;
    uint32_t low = periods->slot[slot], high;

    if (periods->one_a_slot) return low + (periods->bounds[low + 1] <= at_ms); /* after the last is the end */
    high = periods->slot[slot + 1] + 1;
    while (high - low > 1) { /* bounds[low] <= at_ms; period `high` begins later, or is none */
        uint32_t middle = low + (high - low) / 2;
        if (periods->bounds[middle] <= at_ms) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Ask for the times of a person some places on. Where rows are left out the processor cannot foresee what is next. */
static inline void rows_ahead(const struct snapshot *snapshot, uint32_t place)
{
    const uint32_t ahead = place + 16;

    if (ahead < snapshot->n_base) __builtin_prefetch(snapshot->at_ms + snapshot->first[ahead]);
}

/* The first of a person's rows that is not before an instant. */
static inline uint64_t rows_from(const struct snapshot *snapshot, struct rows rows, int64_t from_ms)
{
    uint64_t low = rows.begin, high = rows.end;

    if (low == high || snapshot->at_ms[low] >= from_ms) return low; /* as nearly always */
    while (high - low > 1) {                                        /* low is before, high is not */
        uint64_t middle = low + (high - low) / 2;
        if (snapshot->at_ms[middle] < from_ms) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high;
}

#endif
