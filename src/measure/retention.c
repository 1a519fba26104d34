/* measure/retention.c -- one scan; the periods in which a person came back are bits of a word.
 *
 * First-time cohorts. A person has one start and at most 64 cells, so where it came back is one 64-bit word: no table
 * is touched before the person is read, and no branch depends on which period an event falls in. With or_after only the
 * last return matters: it is looked for from the person's end, and counted in its own cell; when all are read each
 * cell takes what the cells after it hold.
 *
 * Recurring cohorts. The same, but the bits are of all periods, and each cohort that the person is a member of takes
 * the 64 from its own period on.
 *
 * Periods. "Which period is this instant in?" is asked for nearly every event, and the answer is as good as random to
 * the processor. So the whole of the time is cut into SLOTS equal slots, and a table says which period is the last that
 * begins before each: nearly always the slot's only one, and else the few that begin in it are searched by halves.
 *
 * Invariants, which the tests hold us to:
 *   R1  on: no cell is more than cell 0; or_after: nor more than the cell before it, nor less than the same cell of on
 *   R2  groups add up to the answer without groups; touch_counts that lets one group through leaves just that group
 *   R3  first-time: the sizes of all cohorts together are the persons whose first start event counts
 *   R4  a longer history changes no cell of a period that was over, but for or_after
 *
 * Source: DESIGN.md (Retention); goldens of models/attribution.md 5.4 (OpenPanel; ClickHouse retention).
 * Cost: O(events + changes), recurring O(events + memberships x cells) with memberships <= cohorts a person; memory:
 * the slots, and recurring a bit a period and 8 bytes a cohort. Empty snapshot, or a name that no event has: all zero.
 */
#include "measure/retention.h"

#include <string.h>

#include "measure/scratch.h"
#include "measure/session.h"

#define SLOTS 4096U
#define WORD_BITS 64U
#define SEEN_WORDS(n_periods) ((size_t)(n_periods) / WORD_BITS + 2) /* 64 bits can be read from any period on */

struct calendar {
    const int64_t *bounds;
    uint32_t n; /* periods */
    uint32_t shift;
    uint32_t slot[SLOTS + 1]; /* the last period that begins before the slot; 0 if none does */
};

struct member {
    uint32_t cohort, group;
};

struct retention_scan {
    const struct snapshot *snapshot;
    const struct retention_query *query;
    struct calendar *calendar;
    uint64_t *returned;
    uint64_t *seen;         /* recurring: bit p is set if the person has a return event in period p */
    struct member *members; /* recurring: of the person */
};

static bool query_check(const struct snapshot *snapshot, const struct retention_query *query, struct err *err)
{
    grouping_check(query->by, snapshot->n_touches);
    if (query->n_cohorts < 1) return err_set_field(err, "unit", "there is no period to start in");
    if (query->n_cells < 1 || query->n_cells > RETENTION_CELLS_MAX) {
        return err_set_field(err, "periods", "a cohort has 1 to %d cells, not %lu", RETENTION_CELLS_MAX,
                             (unsigned long)query->n_cells);
    }
    for (uint32_t i = 0; i + 1 < query->n_cohorts + query->n_cells; i++) {
        if (query->bounds[i] > query->bounds[i + 1]) {
            return err_set_field(err, "unit", "period %lu ends before it begins", (unsigned long)i);
        }
    }
    return true;
}

/* ---- periods ---- */

static void calendar_fill(struct calendar *calendar, const int64_t *bounds, uint32_t n)
{
    uint64_t span = elapsed_ms(bounds[0], bounds[n]);
    uint32_t period = 0;

    calendar->bounds = bounds;
    calendar->n = n;
    while (span >> calendar->shift >= SLOTS) calendar->shift++;
    for (uint32_t slot = 0; slot <= SLOTS; slot++) {
        while (period + 1 < n && elapsed_ms(bounds[0], bounds[period + 1]) >> calendar->shift < slot) period++;
        calendar->slot[slot] = period;
    }
}

/* The period of an instant within the bounds: the last that begins by then. */
static inline uint32_t period_of(const struct calendar *calendar, int64_t at_ms)
{
    uint64_t slot = elapsed_ms(calendar->bounds[0], at_ms) >> calendar->shift;
    uint32_t low = calendar->slot[slot], high = calendar->slot[slot + 1] + 1;

    while (high - low > 1) { /* bounds[low] <= at_ms; period `high` begins later, or is none */
        uint32_t middle = low + (high - low) / 2;
        if (calendar->bounds[middle] <= at_ms) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* ---- what both kinds of cohort share ---- */

static inline bool is_start(const struct retention_query *query, uint32_t name)
{
    return query->any_start || name == query->start_event;
}

static inline bool is_return(const struct retention_query *query, uint32_t name)
{
    return query->any_return || name == query->return_event;
}

/* One past the last return event in row .. end-1; `row` if none is. */
static uint64_t last_return(const struct retention_scan *scan, uint64_t row, uint64_t end)
{
    while (end > row && !is_return(scan->query, scan->snapshot->name[end - 1])) end--;
    return end;
}

/* The bit of the cell of a return at `at_ms`, that of the last cell if it is past it; 0 if it is not after `cohort`. */
static uint64_t cell_at(const struct retention_scan *scan, uint32_t cohort, int64_t at_ms)
{
    const struct calendar *calendar = scan->calendar;
    uint32_t cell = scan->query->n_cells - 1;

    if (cell == 0 || at_ms < calendar->bounds[cohort + 1]) return 0;
    if (at_ms < calendar->bounds[calendar->n]) {
        uint32_t later = period_of(calendar, at_ms) - cohort;
        if (later < cell) cell = later;
    }
    return UINT64_C(1) << cell;
}

/* One member, with a bit for each cell to count it in beside the first. */
static void count_member(struct retention_scan *scan, struct member member, uint64_t cells)
{
    const struct retention_query *query = scan->query;
    uint64_t *row = scan->returned + ((size_t)member.group * query->n_cohorts + member.cohort) * query->n_cells;

    row[0]++;
    for (; cells != 0; cells &= cells - 1) row[__builtin_ctzll(cells)]++;
}

/* ---- first-time cohorts ---- */

/* Bit k for each cell k >= 1 in whose period one of the events from `row` on is a return. */
static uint64_t returns_on(const struct retention_scan *scan, uint32_t cohort, uint64_t row, uint64_t end)
{
    const int64_t *at = scan->snapshot->at_ms;
    const uint16_t *name = scan->snapshot->name;
    const struct calendar *calendar = scan->calendar;
    int64_t after_ms = calendar->bounds[cohort + 1], until_ms = calendar->bounds[cohort + scan->query->n_cells];
    uint64_t cells = 0;

    while (row < end && at[row] < after_ms) row++;
    for (; row < end && at[row] < until_ms; row++) {
        uint64_t counts = is_return(scan->query, name[row]) ? 1 : 0;
        cells |= counts << (period_of(calendar, at[row]) - cohort);
    }
    return cells;
}

static void scan_first(struct retention_scan *scan, uint64_t first, uint64_t end)
{
    const struct snapshot *snapshot = scan->snapshot;
    const struct retention_query *query = scan->query;
    struct member member = {0};
    uint64_t row = first;

    while (row < end && !is_start(query, snapshot->name[row])) row++;
    if (row == end) return;
    int64_t at_ms = snapshot->at_ms[row];
    if (!range_holds(query->range, at_ms)) return;
    if (at_ms < query->bounds[0] || at_ms >= query->bounds[query->n_cohorts]) return;
    member.cohort = period_of(scan->calendar, at_ms);
    if (query->touch_counts || query->by.key) {
        uint32_t touch = session_touch_at(snapshot, first, row);
        if (query->touch_counts && !query->touch_counts[touch]) return;
        member.group = grouping_of(query->by, touch);
    }
    uint64_t cells;
    if (query->or_after) { /* the start event itself, if nothing later is a return, is not after the cohort */
        uint64_t last = last_return(scan, row + 1, end);
        cells = cell_at(scan, member.cohort, snapshot->at_ms[last - 1]);
    } else {
        cells = returns_on(scan, member.cohort, row, end);
    }
    count_member(scan, member, cells);
}

/* ---- recurring cohorts ---- */

/* Find the cohorts of a person, and mark the periods of its returns; how many cohorts there are. */
static uint32_t find_members(struct retention_scan *scan, uint64_t row, uint64_t end)
{
    const struct snapshot *snapshot = scan->snapshot;
    const struct retention_query *query = scan->query;
    const bool touches = query->touch_counts || query->by.key;
    const int64_t begin_ms = query->bounds[0], end_ms = query->bounds[scan->calendar->n];
    struct session session = {0};
    uint32_t n = 0, last1 = 0; /* the period of the last start event, plus 1 */

    for (; row < end && snapshot->at_ms[row] < end_ms; row++) {
        int64_t at_ms = snapshot->at_ms[row];
        uint32_t name = snapshot->name[row];

        if (touches) (void)session_begins(&session, snapshot->touches, snapshot->touch[row], at_ms);
        if (at_ms < begin_ms) continue;
        uint32_t period = period_of(scan->calendar, at_ms);
        if (is_return(query, name)) scan->seen[period / WORD_BITS] |= UINT64_C(1) << period % WORD_BITS;
        if (period + 1 == last1 || period >= query->n_cohorts || !is_start(query, name)) continue;
        if (!range_holds(query->range, at_ms)) continue;
        last1 = period + 1;
        if (query->touch_counts && !query->touch_counts[session.touch]) continue;
        scan->members[n++] = (struct member){period, grouping_of(query->by, session.touch)};
    }
    return n;
}

/* The bits of `seen` from `period` on, of the cells 1 to the last. */
static uint64_t seen_from(const struct retention_scan *scan, uint32_t period)
{
    uint32_t word = period / WORD_BITS, bit = period % WORD_BITS, unused = WORD_BITS - scan->query->n_cells;
    uint64_t bits = scan->seen[word] >> bit;

    if (bit > 0) bits |= scan->seen[word + 1] << (WORD_BITS - bit);
    return ((bits << unused) >> unused) & ~UINT64_C(1);
}

static void scan_recurring(struct retention_scan *scan, uint64_t first, uint64_t end)
{
    uint32_t n = find_members(scan, first, end);
    uint64_t last = n > 0 && scan->query->or_after ? last_return(scan, first, end) : first;

    for (uint32_t i = 0; i < n; i++) {
        struct member member = scan->members[i];
        uint64_t cells = 0;

        if (!scan->query->or_after) cells = seen_from(scan, member.cohort);
        if (last > first) cells = cell_at(scan, member.cohort, scan->snapshot->at_ms[last - 1]);
        count_member(scan, member, cells);
    }
    memset(scan->seen, 0, SEEN_WORDS(scan->calendar->n) * sizeof *scan->seen);
}

/* ---- all persons ---- */

static bool take_scratch(struct retention_scan *scan, struct arena *arena, struct err *err)
{
    const struct retention_query *query = scan->query;
    uint32_t n_periods = query->n_cohorts + query->n_cells - 1;

    scan->calendar = SCRATCH_ARRAY(arena, struct calendar, 1, err);
    if (!scan->calendar) return false;
    calendar_fill(scan->calendar, query->bounds, n_periods);
    if (!query->recurring) return true;
    scan->seen = SCRATCH_ARRAY(arena, uint64_t, SEEN_WORDS(n_periods), err);
    if (!scan->seen) return false;
    scan->members = SCRATCH_ARRAY(arena, struct member, query->n_cohorts, err);
    return scan->members != NULL;
}

/* With or_after each member stands in the cell of its last return: let the earlier cells have it too. */
static void add_later_cells(struct retention_scan *scan)
{
    const struct retention_query *query = scan->query;
    size_t n_rows = (size_t)query->by.n * query->n_cohorts;

    for (size_t i = 0; i < n_rows; i++) {
        uint64_t *row = scan->returned + i * query->n_cells;
        for (uint32_t k = query->n_cells - 1; k > 1; k--) row[k - 1] += row[k];
    }
}

bool retention_count(const struct snapshot *snapshot, const struct retention_query *query, struct arena *arena,
                     uint64_t *returned, struct err *err)
{
    struct retention_scan scan = {.snapshot = snapshot, .query = query, .returned = returned};

    if (!query_check(snapshot, query, err) || !take_scratch(&scan, arena, err)) return false;
    size_t n_returned = (size_t)query->by.n * query->n_cohorts * query->n_cells;
    if (n_returned > 0) memset(returned, 0, n_returned * sizeof *returned);
    for (uint32_t person = 0; person < snapshot->n_places; person++) {
        struct rows rows = snapshot_rows(snapshot, person);
        if (query->recurring) {
            scan_recurring(&scan, rows.begin, rows.end);
        } else {
            scan_first(&scan, rows.begin, rows.end);
        }
    }
    if (query->or_after) add_later_cells(&scan);
    return true;
}
