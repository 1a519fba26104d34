/* measure/models_int.h -- the models of at most two parts, in numbers that do not grow with the journey.
 *
 * Is:    linear, position and w_shaped as fractions, and an amount split by them.
 * Owns:  nothing.
 * Never: seen outside models.c and pour.c.
 */
#ifndef MEASURE_MODELS_INT_H
#define MEASURE_MODELS_INT_H

#include "measure/models.h"

#define PLACES_MAX 3

/* One part each, but `special` at some places. */
struct even {
    uint64_t special, total;
    uint32_t n_places, place[PLACES_MAX]; /* ascending */
};

/* A touch gets `other`, and one more if it stands before others_end; one at a special place gets `special`, and one
 * more if it is among the first n_more of these. */
struct even_split {
    uint64_t other, special;
    uint32_t others_end, n_more;
};

struct even even_of(enum attribution_model model, const struct model_journey *journey);
struct even_split even_split(const struct even *even, uint32_t n, uint64_t magnitude);

#define EVEN_MANY 256
#define EVEN_QUICK_BITS 50 /* of a magnitude: doubles are exact enough */

struct even_splits {
    uint64_t other[EVEN_MANY], special[EVEN_MANY], others_end[EVEN_MANY], n_more[EVEN_MANY];
};

/* even_split by linear or position of amounts below 2^EVEN_QUICK_BITS, `count` of them, EVEN_MANY at most; n[i] touches
 * share the i-th. */
void even_split_many(enum attribution_model model, const uint64_t *n, const uint64_t *magnitude, uint32_t count,
                     struct even_splits *splits);

#endif
