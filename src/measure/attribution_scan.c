/* measure/attribution_scan.c -- from events to journeys.
 *
 * Places whose rows lie behind each other are searched for the conversion's name in one go, many names to an
 * instruction; whoever has none costs a look at the 16-bit names and no more. Of the others the rows from the first
 * conversion's lookback to the last conversion are read, in time order, into a trail: the person's touches that are
 * not excluded. At a conversion its journey is the end of the trail that the lookback reaches, [lo, n): both ends only
 * ever move forward.
 *
 *          trail   t t t t t t t            conversions C and D share touches;
 *                      |---- C              touches of a person counted: [.., seen), those from `seen` on are fresh
 *                          |------ D
 *
 * What is decided before exclusion needs no list of its own: whether the window holds any touch (is the latest one
 * in it?), or one of must_touch (is the latest such one in it?).
 *
 * A range of dates cuts a person's rows by halving; persons of more than LONG rows are cut before their names are
 * read. A session may have begun before the rows that the lookback reaches: session_before finds what it was.
 *
 * In a plain scan (attribution_int.h) all rows between conversions are touches: they join the trail in one go. If
 * sessions are the touches, a plain scan reads runs of persons (attribution_sessions.c).
 *
 * A reader that wants null journeys too has every person read, to the range's end. What then is left of the trail after
 * the last conversion is read as though a conversion that did not come had come with its last touch: the same lookback,
 * reaching back before the range too, so that journeys with and without an end are of one length. Nothing at or after
 * the range's end is looked at: a person who converts in June has a null journey in May, and the answer about May stays
 * what it was.
 *
 * Cost: O(names) to search, then O(rows the journeys reach + touches of all journeys); memory by the longest person
 * that converts. With null journeys, of all rows and persons.
 */
#include "measure/attribution_int.h"

#include "measure/scratch.h"

#include <string.h>

#define RUN_ROWS 2048 /* names searched in one go: they stay in the first cache until they are read */
#define LONG 256      /* rows that are worth cutting by date first */
#define BLOCK 64      /* names compared in one go */

/* ---- conversions ahead ---- */

/* A bit for each of BLOCK names, set where it is the one wanted. */
static inline uint64_t find_in_block(const uint16_t *name, uint16_t wanted)
{
    uint8_t equal[BLOCK];
    uint64_t bits = 0;

    for (uint32_t i = 0; i < BLOCK; i++) equal[i] = name[i] == wanted;
    for (uint32_t i = 0; i < BLOCK; i += 8) {
        uint64_t word; /* eight bytes that are 0 or 1; the product gathers them in its highest */
        memcpy(&word, equal + i, sizeof word);
        bits |= (word * UINT64_C(0x0102040810204080)) >> 56 << i;
    }
    return bits;
}

static inline void finder_add(const struct scan *scan, struct finder *finder, uint64_t row)
{
    __builtin_prefetch(scan->snapshot->amount_minor + row);
    finder->found[finder->n++] = row;
}

/* List some more conversions, if there are any. */
static void finder_look(const struct scan *scan, struct finder *finder)
{
    const uint16_t *name = scan->snapshot->name;
    uint16_t conversion = (uint16_t)scan->query->conversion;

    finder->at = finder->n = 0;
    while (finder->row + BLOCK <= finder->end && finder->n + BLOCK <= FOUND_MAX) {
        for (uint64_t bits = find_in_block(name + finder->row, conversion); bits != 0; bits &= bits - 1)
            finder_add(scan, finder, finder->row + (uint64_t)__builtin_ctzll(bits));
        finder->row += BLOCK;
    }
    if (finder->row + BLOCK <= finder->end) return;
    for (; finder->row < finder->end && finder->n < FOUND_MAX; finder->row++)
        if (name[finder->row] == conversion) finder_add(scan, finder, finder->row);
}

uint64_t finder_next(const struct scan *scan, struct finder *finder, uint64_t row)
{
    for (;;) {
        for (; finder->at < finder->n; finder->at++)
            if (finder->found[finder->at] >= row) return finder->found[finder->at];
        if (finder->row >= finder->end) return UINT64_MAX;
        if (finder->row < row) finder->row = row < finder->end ? row : finder->end;
        finder_look(scan, finder);
    }
}

void finder_start(struct finder *finder, struct rows rows)
{
    finder->row = rows.begin;
    finder->end = rows.end;
    finder->at = finder->n = 0;
}

/* ---- dates ---- */

static bool is_ranged(const struct scan *scan)
{
    return scan->query->range.from_ms != INT64_MIN || scan->query->range.to_ms != INT64_MAX;
}

static struct rows cut_by_date(const struct scan *scan, struct rows rows)
{
    const int64_t *at_ms = scan->snapshot->at_ms;
    struct range range = scan->query->range;

    if (rows.begin == rows.end || at_ms[rows.end - 1] < range.from_ms) return (struct rows){rows.end, rows.end};
    rows.begin = scan_find_time(at_ms, rows.begin, rows.end, range.from_ms);
    rows.end = scan_find_time(at_ms, rows.begin, rows.end, range.to_ms);
    return rows;
}

/* ---- windows ---- */

/* Move `lo` on to what the lookback reaches. */
static void trail_forget(struct scan *scan, int64_t at_ms)
{
    struct trail *trail = &scan->trail;

    while (trail->lo < trail->n && !scan_reaches(scan, trail->at_ms[trail->lo], at_ms)) trail->lo++;
}

/* A place within [lo, n), counted from lo; n - lo when there is none. */
static uint32_t place_from_lo(const struct trail *trail, uint32_t place_plus_1)
{
    return place_plus_1 > trail->lo ? place_plus_1 - 1 - trail->lo : trail->n - trail->lo;
}

static uint32_t milestone_from_lo(const struct scan *scan, struct milestone milestone, int64_t at_ms)
{
    bool reached = milestone.place_plus_1 > 0 && scan_reaches(scan, milestone.at_ms, at_ms);
    return place_from_lo(&scan->trail, reached ? milestone.place_plus_1 : 0);
}

/* ---- conversions ---- */

/* The journey is what the lookback reaches of the trail. */
static enum verdict see_trail(struct scan *scan, struct scan_journey *path, int64_t at_ms)
{
    struct trail *trail = &scan->trail;

    trail_forget(scan, at_ms);
    trail_find_last(trail);
    path->journey.n = trail->n - trail->lo;
    if (!scan->together) trail_raise(trail);
    path->journey.power = trail->power ? trail->power + trail->lo : NULL;
    path->journey.last_paid = place_from_lo(trail, trail->last_paid);
    path->journey.last_non_direct = place_from_lo(trail, trail->last_non_direct);
    path->journey.lead = milestone_from_lo(scan, trail->lead, at_ms);
    path->journey.opportunity = milestone_from_lo(scan, trail->opportunity, at_ms);
    path->row = trail->row ? trail->row + trail->lo : NULL;
    path->group = trail->group + trail->lo;
    path->fresh = trail->seen > trail->lo ? trail->seen - trail->lo : 0;
    trail->seen = trail->n;
    return scan->see(scan, path);
}

static const double ALONE[DECAY_PAD] = {1};

/* No touch in the window: the conversion's own takes the credit, unless it is excluded. */
static enum verdict see_own(struct scan *scan, struct scan_journey *path)
{
    struct touch_mark mark = scan->mark[scan->snapshot->touch[path->conversion_row]];

    if (scan->query->must_touch && !mark.must) return GO_ON;
    path->own = true;
    path->own_group = mark.group;
    path->journey.n = mark.excluded ? 0 : 1;
    path->journey.power = ALONE; /* every model finds its place at 0: the only one there is */
    path->row = &path->conversion_row;
    path->group = &path->own_group;
    return scan->see(scan, path);
}

static enum verdict see_conversion(struct scan *scan, uint64_t row)
{
    const struct attribution_query *query = scan->query;
    const struct trail *trail = &scan->trail;
    int64_t at_ms = scan->snapshot->at_ms[row];
    struct scan_journey path = {.conversion_row = row, .person = scan->person};

    path.journey.revenue_minor = scan->snapshot->amount_minor[row];
    if (!trail->any || !scan_reaches(scan, trail->any_ms, at_ms)) return see_own(scan, &path);
    if (query->must_touch && (!trail->any_must || !scan_reaches(scan, trail->must_ms, at_ms))) return GO_ON;
    return see_trail(scan, &path, at_ms);
}

/* What is left when all rows before the range's end were read. */
static enum verdict see_null(struct scan *scan)
{
    const struct attribution_query *query = scan->query;
    struct trail *trail = &scan->trail;
    struct scan_journey path = {.null = true, .person = scan->person};

    if (trail->any <= trail->converted || !range_holds(query->range, trail->any_ms)) return GO_ON;
    if (query->must_touch &&
        (trail->any_must <= trail->converted || !scan_reaches(scan, trail->must_ms, trail->any_ms)))
        return GO_ON;
    trail_forget(scan, trail->any_ms);
    uint32_t first = trail->after > trail->lo ? trail->after : trail->lo;
    path.journey.n = trail->n - first;
    path.group = trail->group + first;
    return scan->see(scan, &path);
}

/* The same of a plain scan: the rows after the last conversion, all of them touches. They go behind the trail. */
static enum verdict see_null_rows(struct scan *scan, struct rows rows)
{
    const int64_t *at_ms = scan->snapshot->at_ms;
    struct scan_journey path = {.null = true, .person = scan->person};

    if (rows.begin == rows.end) return GO_ON;
    int64_t last_ms = at_ms[rows.end - 1];
    if (!range_holds(scan->query->range, last_ms)) return GO_ON;
    if (scan->line && line_add(scan, rows)) return GO_ON;
    rows.begin = scan_find_reached(scan, rows, last_ms);
    uint32_t *group = scan->trail.group + scan->trail.n;
    trail_read_groups(scan, rows, group);
    path.journey.n = (uint32_t)(rows.end - rows.begin);
    path.group = group;
    return scan->see(scan, &path);
}

/* ---- persons ---- */

static bool takes_part(const struct attribution_query *query, uint32_t name)
{
    return name == query->conversion || !query->in_journey || query->in_journey[name];
}

/* The session that is open after the events of [first, row): its tuple is that of the latest event that says
 * something, as long as no pause lies between. */
static struct session session_before(const struct scan *scan, uint64_t first, uint64_t row)
{
    const struct snapshot *snapshot = scan->snapshot;
    struct session session = {0};
    int64_t later_ms = 0;

    while (row-- > first) {
        uint32_t touch = snapshot->touch[row];
        int64_t at_ms = snapshot->at_ms[row];
        if (!takes_part(scan->query, snapshot->name[row])) continue;
        if (!session.open)
            session = (struct session){true, touch, at_ms};
        else if (elapsed_ms(at_ms, later_ms) > (uint64_t)SESSION_IDLE_MS)
            break;
        session.touch = touch;
        later_ms = at_ms;
        if (!snapshot->touches[touch].empty) break;
    }
    return session;
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

static void note_milestones(struct scan *scan, uint64_t row, uint32_t name)
{
    struct trail *trail = &scan->trail;
    struct milestone milestone = {trail->n, scan->snapshot->at_ms[row]};

    if (name + 1 == scan->query->lead_plus_1) trail->lead = milestone;
    if (name + 1 == scan->query->opportunity_plus_1) trail->opportunity = milestone;
}

enum verdict scan_convert(struct scan *scan, uint64_t row)
{
    enum verdict verdict = GO_ON;

    if (range_holds(scan->query->range, scan->snapshot->at_ms[row])) verdict = see_conversion(scan, row);
    scan->trail.converted = row + 1;
    scan->trail.after = scan->trail.n;
    return verdict;
}

static enum verdict read_plain(struct scan *scan, struct rows rows)
{
    struct finder own, *finder = &scan->finder;

    if (is_ranged(scan)) { /* that of the run may be past conversions before the range */
        finder = &own;
        finder_start(finder, rows);
    }
    uint64_t row;
    while ((row = finder_next(scan, finder, rows.begin)) < rows.end) {
        trail_add_all(scan, (struct rows){rows.begin, row});
        enum verdict verdict = scan_convert(scan, row);
        if (verdict != GO_ON) return verdict;
        rows.begin = row + 1;
    }
    return scan->nulls ? see_null_rows(scan, rows) : GO_ON;
}

static enum verdict read_rows(struct scan *scan, struct rows rows)
{
    const struct attribution_query *query = scan->query;
    const struct snapshot *snapshot = scan->snapshot;
    bool has_milestones = query->lead_plus_1 || query->opportunity_plus_1;

    for (uint64_t row = rows.begin; row < rows.end; row++) {
        uint32_t name = snapshot->name[row];
        bool converts = name == query->conversion;

        if (takes_part(query, name) && is_touch(scan, row, converts)) trail_add(scan, row);
        if (has_milestones) note_milestones(scan, row, name);
        enum verdict verdict = converts ? scan_convert(scan, row) : GO_ON;
        if (verdict != GO_ON) return verdict;
    }
    return scan->nulls ? see_null(scan) : GO_ON;
}

typedef enum verdict rows_fn(struct scan *scan, struct rows rows);

static rows_fn *reader_of(const struct scan *scan)
{
    if (!scan->plain) return read_rows;
    return scan->query->touches == TOUCH_SESSIONS ? scan_read_sessions : read_plain;
}

/* The rows up to rows.end, from the first on that the lookback reaches from one at `at_ms`; not past `last`. */
static enum verdict read_back_from(struct scan *scan, struct rows rows, int64_t at_ms, uint64_t last)
{
    uint64_t first = rows.begin;

    if (elapsed_ms(INT64_MIN, at_ms) >= scan->lookback)
        rows.begin =
            scan_find_time(scan->snapshot->at_ms, first, last, (int64_t)((uint64_t)at_ms - scan->lookback + 1));
    if (!trail_room(scan, rows.end - rows.begin)) return FAILED;
    trail_begin(scan, scan->trail.n);
    if (scan->query->touches == TOUCH_SESSIONS) scan->session = session_before(scan, first, rows.begin);
    enum verdict verdict = reader_of(scan)(scan, rows);
    trail_end(scan);
    return verdict;
}

/* `first` is the person's first conversion, or the first that a range of dates may hold. */
static enum verdict scan_person(struct scan *scan, struct rows rows, uint64_t first)
{
    const struct snapshot *snapshot = scan->snapshot;
    uint16_t conversion = (uint16_t)scan->query->conversion;

    if (is_ranged(scan)) {
        struct rows held = cut_by_date(scan, rows);
        rows.end = held.end;
        if (first < held.begin) first = finder_next(scan, &scan->finder, held.begin);
        if (first >= held.end) return GO_ON;
    }
    while (snapshot->name[rows.end - 1] != conversion) rows.end--; /* nothing after the last one matters */
    return read_back_from(scan, rows, snapshot->at_ms[first], first);
}

/* Rows behind each other, from a place on; returns the place after theirs. */
static uint32_t run_from(const struct scan *scan, uint32_t place, uint32_t to, struct rows *run)
{
    *run = snapshot_rows(scan->snapshot, place++);
    if (run->end - run->begin > LONG) {
        if (is_ranged(scan)) *run = cut_by_date(scan, *run);
        return place;
    }
    for (; place < to && run->end - run->begin < RUN_ROWS; place++) {
        struct rows rows = snapshot_rows(scan->snapshot, place);
        if (rows.begin == rows.end) continue;
        if (run->begin == run->end) *run = (struct rows){rows.begin, rows.begin};
        if (rows.begin != run->end || rows.end - rows.begin > LONG) break;
        run->end = rows.end;
    }
    return place;
}

static enum verdict scan_converting(struct scan *scan, uint32_t place, uint32_t after)
{
    const struct snapshot *snapshot = scan->snapshot;
    uint64_t row = finder_next(scan, &scan->finder, 0);
    enum verdict verdict = GO_ON;

    (void)after;
    while (row != UINT64_MAX && verdict == GO_ON) {
        struct rows rows = snapshot_rows(snapshot, place);
        while (row < rows.begin || row >= rows.end) rows = snapshot_rows(snapshot, ++place);
        scan->person = place;
        verdict = scan_person(scan, rows, row);
        row = finder_next(scan, &scan->finder, rows.end);
    }
    return verdict;
}

/* Persons whose rows lie behind each other, from the place of the first on. Most have no conversion, and a plain scan
 * needs no trail of theirs. */
static enum verdict scan_plainly(struct scan *scan, uint32_t place, uint32_t after)
{
    const struct snapshot *snapshot = scan->snapshot;
    enum verdict verdict = GO_ON;

    for (; place < after && verdict == GO_ON; place++) {
        struct rows rows = snapshot_rows(snapshot, place);
        if (rows.begin == rows.end) continue;
        uint64_t row = finder_next(scan, &scan->finder, rows.begin);
        if (scan->line && row >= rows.end) {
            uint32_t next = line_up(scan, place, after, row);
            if (next > place) {
                place = next - 1;
                continue;
            }
        }
        scan->person = place;
        if (row < rows.end) {
            verdict = read_back_from(scan, rows, snapshot->at_ms[row], row);
            continue;
        }
        if (!trail_room(scan, rows.end - rows.begin)) return FAILED;
        verdict = see_null_rows(scan, rows);
    }
    return verdict;
}

typedef enum verdict run_fn(struct scan *scan, uint32_t place, uint32_t after);

static enum verdict scan_runs(struct scan *scan, uint32_t from, uint32_t to, run_fn *scan_one)
{
    enum verdict verdict = GO_ON;

    while (from < to && verdict == GO_ON) {
        struct rows run;
        uint32_t after = run_from(scan, from, to, &run);
        finder_start(&scan->finder, run);
        verdict = scan_one(scan, from, after);
        from = after;
    }
    return verdict;
}

/* Whoever has rows in the range: without one there is neither a conversion nor the last touch of a null journey. */
static enum verdict scan_everyone(struct scan *scan, uint32_t from, uint32_t to)
{
    enum verdict verdict = GO_ON;

    for (; from < to && verdict == GO_ON; from++) {
        struct rows rows = snapshot_rows(scan->snapshot, from);
        struct rows held = is_ranged(scan) ? cut_by_date(scan, rows) : rows;
        if (held.begin == held.end) continue;
        rows.end = held.end;
        scan->person = from;
        verdict = read_back_from(scan, rows, scan->query->range.from_ms, held.begin);
    }
    return verdict;
}

static enum verdict scan_all(struct scan *scan, uint32_t from, uint32_t to)
{
    bool sessions = scan->query->touches == TOUCH_SESSIONS;

    if (!scan->nulls) return scan_runs(scan, from, to, scan_converting);
    if (!scan->plain || is_ranged(scan)) return scan_everyone(scan, from, to);
    return scan_runs(scan, from, to, sessions ? scan_session_run : scan_plainly);
}

bool scan_places(struct scan *scan, uint32_t from, uint32_t to)
{
    if (scan->query->conversion > UINT16_MAX) return true; /* DICT_NONE, for one */
    if (scan_all(scan, from, to) == FAILED) return false;
    if (scan->together) scan->settle(scan);
    return true;
}

/* ---- opening ---- */

static bool query_check(const struct snapshot *snapshot, const struct attribution_query *query, struct err *err)
{
    grouping_check(query->by, snapshot->n_touches);
    CHECK(query->models < UINT32_C(1) << MODEL_COUNT);
    if (query->lookback_ms <= 0) {
        return err_set_field(err, "lookback", "must be longer than 0, not %lld ms", (long long)query->lookback_ms);
    }
    if (query->half_life_ms <= 0) {
        return err_set_field(err, "half_life", "must be longer than 0, not %lld ms", (long long)query->half_life_ms);
    }
    return true;
}

bool scan_open(struct scan *scan, const struct snapshot *snapshot, const struct attribution_query *query,
               struct arena *arena, struct err *err)
{
    if (!query_check(snapshot, query, err)) return false;
    struct touch_mark *mark = SCRATCH_ARRAY(arena, struct touch_mark, snapshot->n_touches, err);
    bool excludes = false;
    if (!mark) return false;
    for (uint32_t id = 0; id < snapshot->n_touches; id++) {
        uint32_t group = grouping_of(query->by, id);
        excludes = excludes || (query->exclude && query->exclude[group]);
        mark[id] = (struct touch_mark){
            .group = group,
            .kind = (snapshot->touches[id].paid ? KIND_PAID : 0) | (snapshot->touches[id].direct ? KIND_DIRECT : 0),
            .excluded = query->exclude && query->exclude[group],
            .must = query->must_touch && query->must_touch[id],
        };
    }
    *scan = (struct scan){
        .snapshot = snapshot,
        .query = query,
        .mark = mark,
        .base_end = snapshot->n_base > 0 ? snapshot->first[snapshot->n_base] : 0,
        .lookback = length_limit(query->lookback_ms),
        .plain = query->touches != TOUCH_JOURNEY && !query->must_touch && !query->in_journey && !excludes &&
                 !query->lead_plus_1 && !query->opportunity_plus_1,
        .models = query->models ? query->models : (UINT32_C(1) << MODEL_COUNT) - 1,
    };
    decay_start(&scan->trail.decay, query->half_life_ms, snapshot->first_ms, snapshot->last_ms);
    return true;
}

struct credit credit_of(struct scan *scan, const struct scan_journey *path, enum attribution_model model)
{
    static const double WHOLE = 1.0;
    struct credit credit = {.n = 1, .weight = &WHOLE, .revenue_minor = &path->journey.revenue_minor};

    if (path->journey.n == 0) {
        credit.group = &scan->query->by.n;
    } else if (model_single(model, &path->journey, &credit.place)) {
        credit.group = path->group + credit.place;
    } else {
        model_spread(model, &path->journey, &scan->split);
        credit = (struct credit){0, path->journey.n, path->group, scan->split.weight, scan->split.revenue_minor};
    }
    return credit;
}
