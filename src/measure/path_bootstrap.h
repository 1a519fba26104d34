/* measure/path_bootstrap.h -- how sure the credits of markov and shapley are: the bootstrap of bootstrap.h for models
 * that need all journeys.
 *
 * Is:    one pure kernel over the journeys of journey_paths.h, null ones too.
 * Owns:  nothing; every array belongs to the caller or its arena.
 * Never: takes journeys for independent: all of a person's share its weight.
 */
#ifndef MEASURE_PATH_BOOTSTRAP_H
#define MEASURE_PATH_BOOTSTRAP_H

#include "measure/bootstrap.h"

#define PATH_BOOTSTRAP_KEYS_MAX 32

struct path_interval {
    struct interval conversions, revenue_minor;
};

/* Each by.n + 1 rows, as credits are: markov of order 1, and shapley. INVALID for more keys than
 * PATH_BOOTSTRAP_KEYS_MAX. Cost, on all cores: one addition a touch and replicate, then a dense system of by.n
 * unknowns a replicate. */
bool path_intervals(const struct snapshot *snapshot, const struct attribution_query *query,
                    const struct bootstrap *bootstrap, struct arena *arena, struct path_interval *markov,
                    struct path_interval *shapley, struct err *err) MUST_CHECK;

#endif
