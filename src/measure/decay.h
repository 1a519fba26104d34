/* measure/decay.h -- time decay: what the touches of a person weigh, and a conversion shared out by it.
 *
 * Is:    2^(at / half_life) of each touch, once; and the split of a window of them, added to what they have.
 * Owns:  nothing.
 * Never: knows of journeys, models or groups.
 */
#ifndef MEASURE_DECAY_H
#define MEASURE_DECAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECAY_PAD 16 /* what arrays have room for behind their last touch: loops go on to a multiple of it */

/* The touches of a person so far; or of all persons, if all of them fit in one unit of powers. */
struct decay {
    int64_t half_life_ms, reach_ms;
    double per_ms;
    bool common;      /* they do */
    int64_t base;     /* powers are in units of 2^base */
    uint64_t base_ms; /* = base * half_life_ms */
    uint32_t live;    /* powers before it are 0 */
};

/* No touch is before first_ms or after last_ms. */
void decay_start(struct decay *decay, int64_t half_life_ms, int64_t first_ms, int64_t last_ms);

/* The powers of touches from .. to-1. If they are not `common`, these follow those before them, in time order, of which
 * only the unit changes, and what has become too small to count. What is behind them may be written over. */
void decay_follow(struct decay *decay, const int64_t *at_ms, double *power, uint32_t from, uint32_t to);

#define DECAY_CREDIT_BITS 49 /* credit is counted in units of 2^-49: its sums are the same in whatever order */

/* Add to what each of n touches has: its share of one conversion and of the revenue, which sum to it. `power`, `credit`
 * and `share` have room for DECAY_PAD more, as has `left`, which is scratch. */
void decay_split(const double *power, uint32_t n, int64_t revenue_minor, uint64_t *credit, int64_t *share,
                 uint32_t *left);

#endif
