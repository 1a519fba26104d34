/* measure/path_sums.h -- what a Markov chain of order 1 and Shapley's count game need of all journeys, as sums.
 *
 * Is:    one pure kernel over the journeys of journey_paths.h, null ones too: no journey is kept or looked up.
 * Owns:  nothing; every array belongs to the caller's arena.
 * Never: gives a credit: path_models.h makes them of the sums, path_bootstrap.h intervals.
 */
#ifndef MEASURE_PATH_SUMS_H
#define MEASURE_PATH_SUMS_H

#include "measure/bootstrap.h"
#include "measure/paths.h"

#define PATH_SUMS_GROUPS_MAX 256

/* `each` numbers for one sum, a replicate behind the other; 1 and weight 1 without a bootstrap. As an origin, state `n`
 * is the start; as an end, it is a conversion. By size: of the set of a journey's different groups, 1 .. n. */
struct path_sums {
    uint32_t n;    /* groups */
    uint32_t each; /* replicates */
    double *steps; /* [from * (n + 1) + to]: 0 from a group to itself */
    double *value; /* [last group]: of the conversions from it; [n]: of those without a touch */
    double *met;   /* [(size - 1) * n + group]: conversions of journeys that hold the group, by size */
    double *met_value;

    /* without weights */
    int64_t conversions, nulls, value_minor;
    uint64_t magnitude; /* of the value, without signs */
};

static inline double *path_sums_at(const struct path_sums *sums, double *of, size_t sum)
{
    return of + sum * sums->each;
}

/* Is the group on some journey, of a conversion or not? Of sums without a bootstrap. */
bool path_sums_met(const struct path_sums *sums, uint32_t group) MUST_CHECK;
uint32_t path_sums_channels(const struct path_sums *sums); /* 1 + the greatest such group */

/* bootstrap: NULL: every person once. INVALID for more groups than PATH_SUMS_GROUPS_MAX; LIMIT: for want of room, or
 * past PATHS_TOTAL_MAX. On all cores: O(events) and one addition of `each` numbers for each touch, not for each touch
 * of each journey; a few for each conversion and different group in it. */
bool path_sums_count(const struct snapshot *snapshot, const struct attribution_query *query,
                     const struct bootstrap *bootstrap, struct arena *arena, struct path_sums *sums,
                     struct err *err) MUST_CHECK;

#endif
