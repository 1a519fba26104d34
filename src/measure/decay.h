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

/* The touches of a person so far. */
struct decay {
    int64_t half_life_ms, reach_ms;
    double per_ms;
    int64_t base;     /* powers are in units of 2^base */
    uint64_t base_ms; /* = base * half_life_ms */
    uint32_t live;    /* powers before it are 0 */
};

void decay_start(struct decay *decay, int64_t half_life_ms);

/* The powers of touches from .. to-1, which follow those before them, in time order; and DECAY_PAD zeros behind. Of
 * those before only the unit changes, and what has become too small to count. */
void decay_follow(struct decay *decay, const int64_t *at_ms, double *power, uint32_t from, uint32_t to);

/* The powers of all a person's touches, n >= 1, in one go; behind them is anything. False: they are too far apart. */
bool decay_at_once(struct decay *decay, const int64_t *at_ms, uint32_t n, double *power);

/* Add to what each of n touches has: its share of one conversion and of the revenue, which sum to it. `power`, `credit`
 * and `share` have n and DECAY_PAD more, those powers 0; `left` is scratch of that length. */
void decay_split(const double *power, uint32_t n, int64_t revenue_minor, double *credit, int64_t *share,
                 uint32_t *left);

#endif
