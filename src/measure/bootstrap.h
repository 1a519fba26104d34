/* measure/bootstrap.h -- how sure the credits are: intervals from a Poisson bootstrap over persons.
 *
 * Is:    one pure kernel over the journeys of attribution.h.
 * Owns:  nothing; every array belongs to the caller or its arena.
 * Never: draws from anything but the seed: the same question and seed give the same intervals.
 *
 * Each replicate weighs every person by an independent Poisson(1) number, the large-sample form of drawing persons with
 * replacement (Chamandy et al., "Estimating Uncertainty for Massive Data Streams", 2012); all conversions of a person
 * share its weight, so journeys that share touches stay together. The interval is that of the replicates' quantiles.
 */
#ifndef MEASURE_BOOTSTRAP_H
#define MEASURE_BOOTSTRAP_H

#include "measure/attribution.h"

#define BOOTSTRAP_REPLICATES_MAX 1000

struct interval {
    double low, high;
};

struct attribution_interval {
    struct interval conversions[MODEL_COUNT];
    struct interval revenue_minor[MODEL_COUNT];
};

struct bootstrap {
    uint32_t replicates; /* 20 .. BOOTSTRAP_REPLICATES_MAX */
    double level;        /* of the interval, such as 0.9; above 0, below 1 */
    uint64_t seed;
};

/* The weights of a person in each replicate: `replicates` numbers, mean 1, variance 1. */
void bootstrap_weights(const struct bootstrap *bootstrap, uint32_t person, uint8_t *weights);

/* INVALID, with the field, for replicates or a level out of bounds. */
bool bootstrap_check(const struct bootstrap *bootstrap, struct err *err) MUST_CHECK;

/* Of one number's replicates, which it puts in order. */
struct interval bootstrap_interval(const struct bootstrap *bootstrap, double *values);

/* out: query->by.n + 1 rows, as attribution_count's. LIMIT when there are too many groups for the arena.
 * Of models not wanted all intervals are 0. Cost: attribution_count, and for each person that converts one addition a
 * replicate, model and group among its touches. */
bool attribution_intervals(const struct snapshot *snapshot, const struct attribution_query *query,
                           const struct bootstrap *bootstrap, struct arena *arena, struct attribution_interval *out,
                           struct err *err) MUST_CHECK;

#endif
