/* measure/journey_paths.c -- see journey_paths.h.
 *
 * A reader of the scan that attribution_count reads too (attribution_scan.c), so they cannot differ. Each shard of
 * persons (shards.h) counts into a table of its own, and all of them may take together what the joined one may; they
 * are joined in the order of the shards, so the rows are those of one pass, in its order.
 *
 * Invariants, which the tests hold us to:
 *   J1  conversions, value and the rules over the table = attribution_count (value: each row of the table is split
 *       once and not journey by journey, so cells differ by less than a unit a journey)
 *   J2  a touch is in a null journey only if no conversion before the range's end comes after it
 *   J3  the table is the same whatever the places of persons are, but for the order of its rows
 */
#include "measure/journey_paths.h"

#include "measure/attribution_int.h"

struct joint {
    const struct scan *scan; /* what all shards share */
    struct paths table[SHARDS_MAX];
};

static enum verdict see(struct scan *scan, const struct scan_journey *journey)
{
    struct path path = {
        .channel = journey->group,
        .n = journey->journey.n,
        .conversions = !journey->null,
        .nulls = journey->null,
        .value_minor = journey->journey.revenue_minor,
    };

    return paths_add(scan->reader, &path, scan->err) ? GO_ON : FAILED;
}

static bool scan_shard(void *context, struct shard *shard, struct err *err)
{
    struct joint *joint = context;
    struct scan scan = *joint->scan;
    struct paths *table = &joint->table[shard->index];

    paths_reset(table);
    scan.arena = &shard->arena;
    scan.err = err;
    scan.see = see;
    scan.reader = table;
    return scan_places(&scan, shard->from, shard->to);
}

bool journey_paths(const struct snapshot *snapshot, const struct attribution_query *query, struct arena *arena,
                   struct paths *paths, struct err *err)
{
    struct scan scan;
    struct joint joint = {.scan = &scan};
    struct shards shards;
    atomic_size_t room = paths->ceiling - paths->bytes;

    if (query->by.n > PATHS_CHANNELS_MAX)
        return err_set(err, ERR_LIMIT, "markov and shapley take %u keys at most, not %u: group by something coarser",
                       PATHS_CHANNELS_MAX, query->by.n);
    if (!scan_open(&scan, snapshot, query, arena, err)) return false;
    scan.models = 0;
    scan.nulls = true;
    shards_open(&shards, snapshot, arena, 0);
    paths->room = &room;
    for (uint32_t i = 0; i < shards.n; i++) {
        paths_init(&joint.table[i], paths->ceiling);
        joint.table[i].room = &room;
    }
    bool ok = shards_run(&shards, scan_shard, &joint, err);
    for (uint32_t i = 0; i < shards.n; i++) {
        ok = ok && paths_add_all(paths, &joint.table[i], err);
        paths_reset(&joint.table[i]);
    }
    paths->room = NULL;
    shards_close(&shards);
    return ok;
}
