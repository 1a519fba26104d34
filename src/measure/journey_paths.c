/* measure/journey_paths.c -- see journey_paths.h.
 *
 * One look at each person's events before the range's end, in time order, with a trail of the touches that are not
 * excluded. A conversion's path is the end of the trail that the lookback reaches; which touches those are is the rule
 * at the head of attribution.c. What is left of the trail after the last conversion is the null journey. It is read as
 * though a conversion that did not come had come with its last touch: the same lookback, reaching back before the
 * range too, so that journeys with and without an end are of one length. Nothing at or after the range's end is looked
 * at: a person who converts in June has a null journey in May, and the answer about May stays what it was.
 *
 * Each shard of persons (shards.h) counts into a table of its own; they are joined in the order of the shards, so the
 * rows are those of one pass, in its order.
 *
 * Invariants, which the tests hold us to:
 *   J1  conversions, value and the rules over the table = attribution_count (value: each row of the table is split
 *       once and not journey by journey, so cells differ by less than a unit a journey)
 *   J2  a touch is in a null journey only if no conversion before the range's end comes after it
 *   J3  the table is the same whatever the places of persons are, but for the order of its rows
 */
#include "measure/journey_paths.h"

#include "measure/scratch.h"

struct trail {
    uint32_t capacity;
    uint32_t *group;
    int64_t *at_ms;
    uint32_t n;                 /* touches so far */
    uint32_t lo;                /* the first that the lookback still reaches */
    uint32_t after;             /* the first after the last conversion */
    bool any, any_must;         /* was there a touch, excluded ones too; one of must_touch? */
    bool after_any, after_must; /* the same since the last conversion */
    int64_t any_ms, must_ms;    /* when the latest was */
};

struct scan {
    const struct snapshot *snapshot;
    const struct attribution_query *query;
    uint64_t lookback;
    journey_path_fn *see;
    void *reader;
    uint32_t place;
    struct trail trail;
    struct session session;
    struct arena *arena;
    struct err *err;
};

static bool trail_reserve(struct scan *scan, uint64_t n)
{
    struct trail *trail = &scan->trail;
    uint64_t capacity = 2 * (uint64_t)trail->capacity;

    if (n <= trail->capacity) return true;
    if (capacity < n) capacity = n;
    if (capacity >= UINT32_MAX)
        return err_set(scan->err, ERR_LIMIT, "one person has %llu events", (unsigned long long)n);
    trail->capacity = 0;
    trail->group = SCRATCH_ARRAY(scan->arena, uint32_t, (size_t)capacity, scan->err);
    if (!trail->group) return false;
    trail->at_ms = SCRATCH_ARRAY(scan->arena, int64_t, (size_t)capacity, scan->err);
    if (!trail->at_ms) return false;
    trail->capacity = (uint32_t)capacity;
    return true;
}

static void trail_start(struct trail *trail)
{
    trail->n = trail->lo = trail->after = 0;
    trail->any = trail->any_must = trail->after_any = trail->after_must = false;
}

static void trail_add(struct scan *scan, uint64_t row)
{
    const struct attribution_query *query = scan->query;
    struct trail *trail = &scan->trail;
    uint32_t id = scan->snapshot->touch[row], group = grouping_of(query->by, id);
    int64_t at_ms = scan->snapshot->at_ms[row];

    trail->any = trail->after_any = true;
    trail->any_ms = at_ms;
    if (query->must_touch && query->must_touch[id]) {
        trail->any_must = trail->after_must = true;
        trail->must_ms = at_ms;
    }
    if (query->exclude && query->exclude[group]) return;
    CHECK(trail->n < trail->capacity);
    trail->group[trail->n] = group;
    trail->at_ms[trail->n++] = at_ms;
}

static bool reaches(const struct scan *scan, int64_t from_ms, int64_t to_ms)
{
    return elapsed_ms(from_ms, to_ms) < scan->lookback;
}

/* The path from `first` of the trail on that the lookback reaches from `at_ms`. */
static struct path path_to(struct scan *scan, uint32_t first, int64_t at_ms)
{
    struct trail *trail = &scan->trail;

    while (trail->lo < trail->n && !reaches(scan, trail->at_ms[trail->lo], at_ms)) trail->lo++;
    if (first < trail->lo) first = trail->lo;
    return (struct path){.channel = trail->group + first, .n = trail->n - first};
}

static bool add_conversion(struct scan *scan, uint64_t row)
{
    const struct attribution_query *query = scan->query;
    const struct trail *trail = &scan->trail;
    int64_t at_ms = scan->snapshot->at_ms[row];
    uint32_t id = scan->snapshot->touch[row], own = grouping_of(query->by, id);
    struct path path;

    if (trail->any && reaches(scan, trail->any_ms, at_ms)) {
        if (query->must_touch && !(trail->any_must && reaches(scan, trail->must_ms, at_ms))) return true;
        path = path_to(scan, 0, at_ms);
    } else {
        if (query->must_touch && !query->must_touch[id]) return true;
        path = (struct path){.channel = &own, .n = query->exclude && query->exclude[own] ? 0 : 1};
    }
    path.conversions = 1;
    path.value_minor = scan->snapshot->amount_minor[row];
    return scan->see(scan->reader, scan->place, &path, scan->err);
}

static bool add_null(struct scan *scan)
{
    const struct attribution_query *query = scan->query;
    const struct trail *trail = &scan->trail;

    if (!trail->after_any || !range_holds(query->range, trail->any_ms)) return true;
    if (query->must_touch && !(trail->after_must && reaches(scan, trail->must_ms, trail->any_ms))) return true;
    struct path path = path_to(scan, trail->after, trail->any_ms);
    path.nulls = 1;
    return scan->see(scan->reader, scan->place, &path, scan->err);
}

static bool is_touch(struct scan *scan, uint64_t row, bool converts)
{
    const struct snapshot *snapshot = scan->snapshot;

    switch (scan->query->touches) {
    case TOUCH_EVENTS: return !converts;
    case TOUCH_SESSIONS:
        return session_begins(&scan->session, snapshot->touches, snapshot->touch[row], snapshot->at_ms[row]);
    case TOUCH_JOURNEY: break;
    }
    return true;
}

static bool scan_person(struct scan *scan, struct rows rows)
{
    const struct attribution_query *query = scan->query;
    const struct snapshot *snapshot = scan->snapshot;
    struct trail *trail = &scan->trail;

    if (!trail_reserve(scan, rows.end - rows.begin)) return false;
    trail_start(trail);
    scan->session = (struct session){0};
    for (uint64_t row = rows.begin; row < rows.end; row++) {
        bool converts = snapshot->name[row] == query->conversion;

        if (!converts && query->in_journey && !query->in_journey[snapshot->name[row]]) continue;
        if (is_touch(scan, row, converts)) trail_add(scan, row);
        if (!converts) continue;
        if (range_holds(query->range, snapshot->at_ms[row]) && !add_conversion(scan, row)) return false;
        trail->after = trail->n;
        trail->after_any = trail->after_must = false;
    }
    return add_null(scan);
}

static bool check(const struct snapshot *snapshot, const struct attribution_query *query, struct err *err)
{
    grouping_check(query->by, snapshot->n_touches);
    if (query->by.n > PATHS_CHANNELS_MAX)
        return err_set(err, ERR_LIMIT, "markov and shapley take %u keys at most, not %u: group by something coarser",
                       PATHS_CHANNELS_MAX, query->by.n);
    if (query->lookback_ms <= 0)
        return err_set_field(err, "lookback", "must be longer than 0, not %lld ms", (long long)query->lookback_ms);
    return true;
}

bool journey_paths_walk(const struct snapshot *snapshot, const struct attribution_query *query, struct shard *shard,
                        journey_path_fn *see, void *reader, struct err *err)
{
    struct scan scan = {.snapshot = snapshot, .query = query, .arena = &shard->arena, .err = err};

    if (!check(snapshot, query, err)) return false;
    if (query->conversion == DICT_NONE) return true;
    scan.see = see;
    scan.reader = reader;
    scan.lookback = length_limit(query->lookback_ms);
    for (scan.place = shard->from; scan.place < shard->to; scan.place++) {
        struct rows rows = snapshot_rows(snapshot, scan.place);
        while (rows.end > rows.begin && snapshot->at_ms[rows.end - 1] >= query->range.to_ms) rows.end--;
        if (rows.begin < rows.end && !scan_person(&scan, rows)) return false;
    }
    return true;
}

/* ---- shards ---- */

struct joint {
    const struct snapshot *snapshot;
    const struct attribution_query *query;
    struct paths table[SHARDS_MAX];
};

static bool see_path(void *reader, uint32_t place, const struct path *path, struct err *err)
{
    (void)place;
    return paths_add(reader, path, err);
}

static bool scan_shard(void *context, struct shard *shard, struct err *err)
{
    struct joint *joint = context;

    return journey_paths_walk(joint->snapshot, joint->query, shard, see_path, &joint->table[shard->index], err);
}

bool journey_paths(const struct snapshot *snapshot, const struct attribution_query *query, struct arena *arena,
                   struct paths *paths, struct err *err)
{
    struct joint joint = {.snapshot = snapshot, .query = query};
    struct shards shards;

    shards_open(&shards, snapshot, arena, 0);
    for (uint32_t i = 0; i < shards.n; i++) paths_init(&joint.table[i], paths->ceiling / shards.n);
    bool ok = shards_run(&shards, scan_shard, &joint, err);
    for (uint32_t i = 0; i < shards.n; i++) {
        ok = ok && paths_add_all(paths, &joint.table[i], err);
        paths_reset(&joint.table[i]);
    }
    shards_close(&shards);
    return ok;
}
