/* measure/journey_paths.h -- the journeys of a snapshot as a table of paths, for the models that need them all.
 *
 * Is:    attribution.h's journeys, and those that led to nothing, collapsed into a struct paths.
 * Owns:  nothing; the table belongs to the caller.
 * Never: weighs a touch.
 */
#ifndef MEASURE_JOURNEY_PATHS_H
#define MEASURE_JOURNEY_PATHS_H

#include "measure/attribution.h"
#include "measure/paths.h"

/* Channels are groups of query->by. A path for each conversion of the query, as attribution_walk has them; n == 0 is
 * `unattributed`. And for each person at most one null journey: its touches after its last conversion before the
 * range's end (all if it has none), as far as the lookback reaches from the last of them, which must lie in the range;
 * exclude, must_touch and in_journey hold as for the others. No such event: none at all, as nothing could have come of
 * a journey.
 *
 * `paths`: initialised and empty; its ceiling holds, and while shards are joined as much again is taken. Rows stand in
 * the order of first appearance, person by person. LIMIT: past the ceiling, or what paths_add says. O(events + touches
 * of all journeys) on all cores, then O(distinct paths). */
bool journey_paths(const struct snapshot *snapshot, const struct attribution_query *query, struct arena *arena,
                   struct paths *paths, struct err *err) MUST_CHECK;

#endif
