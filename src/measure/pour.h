/* measure/pour.h -- what all journeys of a shard give their groups, without a step for each touch of each journey.
 *
 * Is:    the sum over conversions of what credit_of says, to the minor unit.
 * Owns:  nothing; its room is taken from the arena of the shard.
 * Never: seen outside attribution.c.
 */
#ifndef MEASURE_POUR_H
#define MEASURE_POUR_H

#include "measure/attribution_int.h"
#include "measure/models_int.h"

#define POUR_LANES 8
#define POUR_SIDES 2

struct pour_row {
    uint64_t lane[POUR_LANES];
    uint64_t decay;
    int64_t decay_minor;
};

/* Conversions whose credit is not in the steps yet. */
struct pour_list {
    uint32_t n;
    uint32_t lo[EVEN_MANY];                                            /* the first touch, a place in the trail */
    uint64_t touches[EVEN_MANY], magnitude[EVEN_MANY], one[EVEN_MANY]; /* of the revenue; UINT64_MAX for a refund */
    uint64_t greatest;                                                 /* of the magnitudes, or more */
    struct model_journey journey[EVEN_MANY];
};

struct pour {
    struct attribution_row *rows; /* by.n + 1, the answer's */
    struct pour_row *pending;     /* POUR_SIDES for each: what is not in them yet */
    uint32_t n_rows, conversions; /* that pending has */

    struct pour_list list;
    /* by place in the trail; all 0, but from `first` on if `open` */
    uint64_t (*step)[POUR_LANES]; /* how much more than the touch before */
    uint64_t *decay;
    int64_t *decay_minor;
    uint32_t *left; /* scratch */
    uint32_t capacity, first;
    bool open;
};

bool pour_open(struct pour *pour, struct scan *scan) MUST_CHECK;
bool pour_journey(struct pour *pour, struct scan *scan, const struct scan_journey *path) MUST_CHECK;
void pour_settle(struct pour *pour, struct scan *scan); /* what the touches of the trail have, which will go */
void pour_close(struct pour *pour);                     /* of the shard: all is in the rows */

#endif
