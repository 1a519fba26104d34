/* measure/attribution.c -- journeys, and the rule models over them.
 *
 * One scan, person by person, in time order. A person without a conversion in the range costs one look at its event
 * names. For the others the scan keeps a trail: the touches of the person so far that are not excluded. At a
 * conversion its journey is the end of the trail that the lookback reaches, [lo, n): both ends only ever move
 * forward, so the journeys are found in O(events), and a journey of L touches costs O(L) for the models that spread.
 *
 *          trail   t t t t t t t            conversions C and D share touches;
 *                      |---- C              touches of a person counted: [.., seen), those from `seen` on are fresh
 *                          |------ D
 *
 * What is decided before exclusion needs no list of its own: whether the window holds any touch (is the latest one
 * in it?), or one of must_touch (is the latest such one in it?).
 *
 * attribution_count and attribution_walk are two readers of the same scan, so they cannot differ. Credit is added in
 * the order of persons, then time: the same whatever the groups are called. Formulas and invariants: models.c.
 *
 * Invariants, which the tests hold us to:
 *   A1  for every model the rows sum to the conversions, and to the revenue exactly (I1)
 *   A2  exclusion comes before weighting (I2); row by.n holds what has no touch left
 *   A3  a touch is never later than its conversion: its row is not above it
 *   A4  count = the sum of walk (I7)
 *
 * Source: DESIGN.md (Touch, Attribution), models/attribution.md 4.1 and 4.2. Cost: O(events + touches of all
 * journeys); memory by the longest person that converts. Empty snapshot or no such event: all zero, true.
 */
#include "measure/attribution.h"

#include "measure/models.h"
#include "measure/scratch.h"

#include <string.h>

static const struct {
    const char *name, *what;
} MODELS[] = {
#define X(name, text, what) [MODEL_##name] = {text, what},
    ATTRIBUTION_MODELS(X)
#undef X
};

const char *attribution_model_name(enum attribution_model model)
{
    CHECK((size_t)model < COUNT_OF(MODELS));
    return MODELS[model].name;
}

const char *attribution_model_what(enum attribution_model model)
{
    CHECK((size_t)model < COUNT_OF(MODELS));
    return MODELS[model].what;
}

bool attribution_model_find(Str name, enum attribution_model *model)
{
    for (size_t i = 0; i < COUNT_OF(MODELS); i++) {
        if (!str_eq(name, str_of(MODELS[i].name))) continue;
        *model = (enum attribution_model)i;
        return true;
    }
    return false;
}

/* ---- the scan ---- */

/* One person's touches that are not excluded, in time order. */
struct trail {
    uint32_t capacity;
    uint64_t *row;
    int64_t *at_ms;
    uint32_t *group;
    uint32_t n;               /* touches so far */
    uint32_t lo;              /* the first that the lookback still reaches */
    uint32_t seen;            /* those before it were in some journey already, or in none and never will be */
    uint32_t last_paid;       /* place + 1; 0: none yet */
    uint32_t last_non_direct; /* likewise */
    bool any, any_must;       /* was there a touch at all, excluded ones too; one of must_touch? */
    int64_t any_ms, must_ms;  /* when the latest of them was */
};

/* A conversion and the touches that share its credit. */
struct path {
    struct model_journey journey; /* journey.n == 0: unattributed */
    uint64_t conversion_row;
    uint32_t person;
    const uint64_t *row;
    const uint32_t *group;
    uint32_t fresh; /* touches from this place on were in no earlier journey */
    bool own;       /* the one touch is the conversion's, and stands here: */
    int64_t own_ms;
    uint32_t own_group;
};

enum verdict { GO_ON, STOP, FAILED };

struct scan {
    const struct snapshot *snapshot;
    const struct attribution_query *query;
    struct arena *arena;
    struct err *err;
    uint64_t lookback;
    struct trail trail;
    struct session session;
    struct model_split split;
    uint32_t person;
    enum verdict (*see)(struct scan *scan, const struct path *path);
    void *reader; /* the private state of `see` */
};

static bool query_check(const struct snapshot *snapshot, const struct attribution_query *query, struct err *err)
{
    grouping_check(query->by, snapshot->n_touches);
    if (query->lookback_ms <= 0) {
        return err_set_field(err, "lookback", "must be longer than 0, not %lld ms", (long long)query->lookback_ms);
    }
    if (query->half_life_ms <= 0) {
        return err_set_field(err, "half_life", "must be longer than 0, not %lld ms", (long long)query->half_life_ms);
    }
    return true;
}

static bool trail_reserve(struct scan *scan, uint64_t n)
{
    struct trail *trail = &scan->trail;
    uint64_t capacity = 2 * (uint64_t)trail->capacity;

    if (n <= trail->capacity) return true;
    if (capacity < n) capacity = n;
    if (capacity >= UINT32_MAX) {
        return err_set(scan->err, ERR_LIMIT, "one person has %llu events", (unsigned long long)n);
    }
    trail->capacity = 0;
    trail->row = SCRATCH_ARRAY(scan->arena, uint64_t, (size_t)capacity, scan->err);
    if (!trail->row) return false;
    trail->at_ms = SCRATCH_ARRAY(scan->arena, int64_t, (size_t)capacity, scan->err);
    if (!trail->at_ms) return false;
    trail->group = SCRATCH_ARRAY(scan->arena, uint32_t, (size_t)capacity, scan->err);
    if (!trail->group) return false;
    if (!model_split_reserve(&scan->split, (uint32_t)capacity, scan->arena, scan->err)) return false;
    trail->capacity = (uint32_t)capacity;
    return true;
}

/* Begin another person; its room stays. */
static void trail_start(struct trail *trail)
{
    trail->n = trail->lo = trail->seen = 0;
    trail->last_paid = trail->last_non_direct = 0;
    trail->any = trail->any_must = false;
}

static bool is_excluded(const struct attribution_query *query, uint32_t group)
{
    return query->exclude && query->exclude[group];
}

static void trail_add(struct scan *scan, uint64_t row)
{
    const struct attribution_query *query = scan->query;
    struct trail *trail = &scan->trail;
    uint32_t id = scan->snapshot->touch[row];
    const struct touch *touch = &scan->snapshot->touches[id];
    uint32_t group = grouping_of(query->by, id);
    int64_t at_ms = scan->snapshot->at_ms[row];

    trail->any = true;
    trail->any_ms = at_ms;
    if (query->must_touch && query->must_touch[id]) {
        trail->any_must = true;
        trail->must_ms = at_ms;
    }
    if (is_excluded(query, group)) return;
    CHECK(trail->n < trail->capacity);
    trail->row[trail->n] = row;
    trail->at_ms[trail->n] = at_ms;
    trail->group[trail->n] = group;
    trail->n++;
    if (touch->paid) trail->last_paid = trail->n;
    if (!touch->direct) trail->last_non_direct = trail->n;
}

/* A place within [lo, n), counted from lo; n - lo when there is none. */
static uint32_t place_from_lo(const struct trail *trail, uint32_t place_plus_1)
{
    return place_plus_1 > trail->lo ? place_plus_1 - 1 - trail->lo : trail->n - trail->lo;
}

/* The journey is what the lookback reaches of the trail. */
static enum verdict see_trail(struct scan *scan, struct path *path, int64_t at_ms)
{
    struct trail *trail = &scan->trail;

    while (trail->lo < trail->n && elapsed_ms(trail->at_ms[trail->lo], at_ms) >= scan->lookback) trail->lo++;
    path->journey.n = trail->n - trail->lo;
    path->journey.at_ms = trail->at_ms + trail->lo;
    path->journey.last_paid = place_from_lo(trail, trail->last_paid);
    path->journey.last_non_direct = place_from_lo(trail, trail->last_non_direct);
    path->row = trail->row + trail->lo;
    path->group = trail->group + trail->lo;
    path->fresh = trail->seen > trail->lo ? trail->seen - trail->lo : 0;
    trail->seen = trail->n;
    return scan->see(scan, path);
}

/* No touch in the window: the conversion's own takes the credit, unless it is excluded. */
static enum verdict see_own(struct scan *scan, struct path *path)
{
    const struct attribution_query *query = scan->query;
    uint32_t id = scan->snapshot->touch[path->conversion_row];

    if (query->must_touch && !query->must_touch[id]) return GO_ON;
    path->own = true;
    path->own_ms = scan->snapshot->at_ms[path->conversion_row];
    path->own_group = grouping_of(query->by, id);
    path->journey.n = is_excluded(query, path->own_group) ? 0 : 1;
    path->journey.at_ms = &path->own_ms;
    path->journey.last_paid = 0; /* the only one there is */
    path->journey.last_non_direct = 0;
    path->row = &path->conversion_row;
    path->group = &path->own_group;
    return scan->see(scan, path);
}

static enum verdict see_conversion(struct scan *scan, uint64_t row)
{
    const struct attribution_query *query = scan->query;
    const struct trail *trail = &scan->trail;
    int64_t at_ms = scan->snapshot->at_ms[row];
    struct path path = {.conversion_row = row, .person = scan->person};

    path.journey.half_life_ms = query->half_life_ms;
    path.journey.revenue_minor = scan->snapshot->amount_minor[row];
    if (!trail->any || elapsed_ms(trail->any_ms, at_ms) >= scan->lookback) return see_own(scan, &path);
    if (query->must_touch && (!trail->any_must || elapsed_ms(trail->must_ms, at_ms) >= scan->lookback)) return GO_ON;
    return see_trail(scan, &path, at_ms);
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

static enum verdict scan_person(struct scan *scan, uint64_t row, uint64_t end)
{
    const struct attribution_query *query = scan->query;
    const struct snapshot *snapshot = scan->snapshot;

    if (!trail_reserve(scan, end - row)) return FAILED;
    trail_start(&scan->trail);
    scan->session = (struct session){0};
    for (; row < end; row++) {
        bool converts = snapshot->name[row] == query->conversion;

        if (!converts && query->in_journey && !query->in_journey[snapshot->name[row]]) continue;
        if (is_touch(scan, row, converts)) trail_add(scan, row);
        if (!converts || !range_holds(query->range, snapshot->at_ms[row])) continue;

        enum verdict verdict = see_conversion(scan, row);
        if (verdict != GO_ON) return verdict;
    }
    return GO_ON;
}

/* One past the person's last conversion in the range: nothing after it matters. `row` when there is none. */
static uint64_t end_of_conversions(const struct scan *scan, uint64_t row, uint64_t end)
{
    const uint16_t *name = scan->snapshot->name;
    uint32_t conversion = scan->query->conversion;

    while (end > row) {
        if (name[end - 1] == conversion && range_holds(scan->query->range, scan->snapshot->at_ms[end - 1])) break;
        end--;
    }
    return end;
}

static bool scan_persons(struct scan *scan, uint32_t from_person)
{
    const struct snapshot *snapshot = scan->snapshot;

    if (!query_check(snapshot, scan->query, scan->err)) return false;
    if (scan->query->conversion == DICT_NONE) return true;
    scan->lookback = length_limit(scan->query->lookback_ms);
    for (uint32_t person = from_person; person < snapshot->n_places; person++) {
        struct rows rows = snapshot_rows(snapshot, person);
        rows.end = end_of_conversions(scan, rows.begin, rows.end);
        if (rows.begin == rows.end) continue;

        scan->person = person;
        enum verdict verdict = scan_person(scan, rows.begin, rows.end);
        if (verdict == FAILED) return false;
        if (verdict == STOP) return true;
    }
    return true;
}

/* ---- counting ---- */

struct counter {
    struct attribution_row *rows;
    struct attribution_total total;
    uint64_t magnitude; /* of the revenue, refunds without their sign; it bounds every cell */
    uint32_t last_person;
};

static void count_path(struct scan *scan, const struct path *path, struct attribution_row *rows)
{
    const struct model_journey *journey = &path->journey;
    const struct model_split *split = &scan->split;

    for (uint32_t i = path->fresh; i < journey->n; i++) rows[path->group[i]].touches++;
    for (int model = 0; model < MODEL_COUNT; model++) {
        uint32_t place;

        if (journey->n == 0 || model_single((enum attribution_model)model, journey, &place)) {
            struct attribution_row *row = &rows[journey->n == 0 ? scan->query->by.n : path->group[place]];
            row->conversions[model] += 1.0;
            row->revenue_minor[model] += journey->revenue_minor;
            continue;
        }
        model_spread((enum attribution_model)model, journey, &scan->split);
        for (uint32_t i = 0; i < journey->n; i++) {
            struct attribution_row *row = &rows[path->group[i]];
            row->conversions[model] += split->weight[i];
            row->revenue_minor[model] += split->revenue_minor[i];
        }
    }
}

static enum verdict see_count(struct scan *scan, const struct path *path)
{
    struct counter *counter = scan->reader;
    int64_t revenue = path->journey.revenue_minor;

    counter->magnitude += revenue < 0 ? 0 - (uint64_t)revenue : (uint64_t)revenue;
    if (counter->magnitude > INT64_MAX) { /* it was at most that before, so the sum has not wrapped */
        err_set(scan->err, ERR_LIMIT, "the revenue is more than 64-bit minor units hold");
        return FAILED;
    }
    if (counter->total.conversions == 0 || counter->last_person != path->person) counter->total.persons++;
    counter->last_person = path->person;
    counter->total.conversions++;
    counter->total.revenue_minor += revenue;
    count_path(scan, path, counter->rows);
    return GO_ON;
}

bool attribution_count(const struct snapshot *snapshot, const struct attribution_query *query, struct arena *arena,
                       struct attribution_row *rows, struct attribution_total *total, struct err *err)
{
    struct counter counter = {0};
    struct scan scan = {.snapshot = snapshot, .query = query, .arena = arena, .err = err};
    size_t n_rows = (size_t)query->by.n + 1;

    scan.see = see_count;
    scan.reader = &counter;
    counter.rows = SCRATCH_ARRAY(arena, struct attribution_row, n_rows, err);
    if (!counter.rows) return false;
    if (!scan_persons(&scan, 0)) return false;
    memcpy(rows, counter.rows, n_rows * sizeof *rows);
    *total = counter.total;
    return true;
}

/* ---- walking ---- */

struct walker {
    journey_fn *see;
    void *context;
    uint32_t capacity;
    struct journey_touch *touch;
    int64_t (*revenue_minor)[MODEL_COUNT];
};

static bool walker_reserve(struct walker *walker, uint32_t n, struct scan *scan)
{
    size_t capacity = 2 * (size_t)walker->capacity;

    if (n <= walker->capacity) return true;
    if (capacity < n) capacity = n;
    walker->capacity = 0;
    walker->touch = SCRATCH_ARRAY(scan->arena, struct journey_touch, capacity, scan->err);
    if (!walker->touch) return false;
    walker->revenue_minor = scratch_take(scan->arena, sizeof *walker->revenue_minor, capacity, scan->err);
    if (!walker->revenue_minor) return false;
    walker->capacity = (uint32_t)capacity;
    return true;
}

/* One model's column of the journey. */
static void walk_model(struct scan *scan, const struct path *path, enum attribution_model model)
{
    struct walker *walker = scan->reader;
    const struct model_split *split = &scan->split;
    uint32_t place;

    if (path->journey.n == 0) return;
    if (model_single(model, &path->journey, &place)) {
        walker->touch[place].weight[model] = 1.0;
        walker->revenue_minor[place][model] = path->journey.revenue_minor;
        return;
    }
    model_spread(model, &path->journey, &scan->split);
    for (uint32_t i = 0; i < path->journey.n; i++) {
        walker->touch[i].weight[model] = split->weight[i];
        walker->revenue_minor[i][model] = split->revenue_minor[i];
    }
}

static enum verdict see_walk(struct scan *scan, const struct path *path)
{
    struct walker *walker = scan->reader;
    struct journey journey = {.conversion_row = path->conversion_row, .person = path->person};

    if (!walker_reserve(walker, path->journey.n, scan)) return FAILED;
    for (uint32_t i = 0; i < path->journey.n; i++) {
        walker->touch[i] = (struct journey_touch){.row = path->row[i], .group = path->group[i], .own = path->own};
        for (int model = 0; model < MODEL_COUNT; model++) walker->revenue_minor[i][model] = 0;
    }
    for (int model = 0; model < MODEL_COUNT; model++) walk_model(scan, path, (enum attribution_model)model);
    journey.n = path->journey.n;
    journey.touch = walker->touch;
    journey.revenue_minor = walker->revenue_minor;
    return walker->see(walker->context, &journey) ? GO_ON : STOP;
}

bool attribution_walk(const struct snapshot *snapshot, const struct attribution_query *query, uint32_t from_person,
                      struct arena *arena, journey_fn *see, void *context, struct err *err)
{
    struct walker walker = {.see = see, .context = context};
    struct scan scan = {.snapshot = snapshot, .query = query, .arena = arena, .err = err};

    scan.see = see_walk;
    scan.reader = &walker;
    return scan_persons(&scan, from_person);
}
