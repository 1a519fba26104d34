/* measure/models.h -- what each rule model gives the touches of one journey.
 *
 * Is:    the weights of one journey, and its revenue split by them to the minor unit.
 * Owns:  nothing; its room is taken from the caller's arena.
 * Never: knows of events, groups or persons: a touch is a place in time order.
 */
#ifndef MEASURE_MODELS_H
#define MEASURE_MODELS_H

#include "measure/attribution.h"
#include "measure/decay.h"

/* One conversion's touches, in time order. */
struct model_journey {
    uint32_t n;               /* >= 1 */
    uint32_t last_paid;       /* the place of the last paid touch; n: none is */
    uint32_t last_non_direct; /* of the last that is not direct; n: all are */
    uint32_t lead;            /* of the lead's touch; n: absent */
    uint32_t opportunity;     /* likewise */
    const double *power;      /* decay.h: n, and room for DECAY_PAD; only time_decay reads it */
    int64_t revenue_minor;    /* any: 0 and refunds too */
};

/* Room for journeys of `capacity` touches, and the split made last. Zeroed: no room yet. */
struct model_split {
    uint32_t capacity;
    double *weight;         /* of each touch; they sum to 1 */
    int64_t *revenue_minor; /* of each touch; they sum to the journey's, none has the other sign */
    uint64_t *credit;       /* scratch, as left */
    uint32_t *left;
};

/* Make room for journeys of n touches. */
bool model_split_reserve(struct model_split *split, uint32_t n, struct arena *arena, struct err *err) MUST_CHECK;

/* True for the models that give all to one touch; its place. */
bool model_single(enum attribution_model model, const struct model_journey *journey, uint32_t *place) MUST_CHECK;

/* The others: fill split->weight and split->revenue_minor. O(n). */
void model_spread(enum attribution_model model, const struct model_journey *journey, struct model_split *split);

#endif
