/* measure/retention.c -- one scan on all cores; the periods in which a person came back are bits of a word.
 *
 * First-time cohorts. A person has one start and at most 64 cells, so where it came back is one 64-bit word: no table
 * is touched before the person is read, and no branch depends on which period an event falls in. With or_after only the
 * last return matters: it is looked for from the person's end, and counted in its own cell; when all are read each
 * cell takes what the cells after it hold.
 *
 * Recurring cohorts. The same, but the bits are of all periods, and each cohort that the person is a member of takes
 * the 64 from its own period on.
 *
 * What is asked of the members found (how many, who, how much money) is three small functions at the end of each
 * person; finding them is the same.
 *
 * Invariants, which the tests hold us to:
 *   R1  on: no cell is more than cell 0; or_after: nor more than the cell before it, nor less than the same cell of on
 *   R2  groups add up to the answer without groups; touch_counts that lets one group through leaves just that group
 *   R3  first-time: the sizes of all cohorts together are the persons whose first start event counts
 *   R4  a longer history changes no cell of a period that was over, but for or_after
 *   R5  a cell has as many persons marked as it counts; with `missing` the rest of its cohort
 *
 * Source: DESIGN.md (Retention); goldens of models/attribution.md 5.4 (OpenPanel; ClickHouse retention).
 * Cost: O(events), recurring O(events + memberships x cells) with memberships <= cohorts a person; money of recurring
 * cohorts O(events x cells), as an event counts for each cohort that reaches it. Memory: the periods, and for each
 * shard the answer, and recurring a bit a period and 16 bytes a cohort. Empty snapshot, or a name that no event has:
 * all zero.
 */
#include "measure/retention.h"

#include <string.h>

#include "measure/periods.h"
#include "measure/retention_bits.h"
#include "measure/row_bits.h"
#include "measure/scratch.h"
#include "measure/session.h"
#include "measure/shards.h"

#define WORD_BITS 64U
#define SEEN_WORDS(n_periods) ((size_t)(n_periods) / WORD_BITS + 2) /* 64 bits can be read from any period on */

struct member {
    uint32_t cohort, group;
    uint64_t row; /* of the event that makes it one */
};

struct retention_scan;
/* The person at `place` is a member; `cells` has a bit for each cell to count it in beside the first. */
typedef bool member_fn(struct retention_scan *scan, uint32_t place, struct member member, uint64_t cells);

/* What is asked; the same for every shard. */
struct retention_task {
    const struct snapshot *snapshot;
    const struct retention_query *query;
    const struct periods *periods;
    member_fn *take;
    bool returns; /* whether `cells` matters to `take` */
    struct retention_money money;
    struct retention_pick pick;
    bool *marked;
    struct retention_scan *scans; /* by shard */
};

/* A shard's. */
struct retention_scan {
    const struct snapshot *snapshot;
    const struct retention_query *query;
    const struct periods *periods;
    const struct retention_task *task;
    uint64_t *returned;
    int64_t *revenue_minor;
    uint64_t magnitude;     /* of the revenue, refunds without their sign; it bounds every cell */
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
    const struct periods *periods = scan->periods;
    uint32_t cell = scan->query->n_cells - 1;

    if (cell == 0 || at_ms < periods->bounds[cohort + 1]) return 0;
    if (at_ms < periods->bounds[periods->n]) {
        uint32_t later = period_of(periods, at_ms) - cohort;
        if (later < cell) cell = later;
    }
    return UINT64_C(1) << cell;
}

/* ---- first-time cohorts ---- */

/* Bit k for each cell k >= 1 in whose period one of the events from `row` on is a return. */
static uint64_t returns_on(const struct retention_scan *scan, uint32_t cohort, uint64_t row, uint64_t end)
{
    const int64_t *at = scan->snapshot->at_ms;
    const uint16_t *name = scan->snapshot->name;
    const struct periods *periods = scan->periods;
    int64_t after_ms = periods->bounds[cohort + 1], until_ms = periods->bounds[cohort + scan->query->n_cells];
    uint64_t cells = 0;

    while (row < end && at[row] < after_ms) row++;
    for (; row < end && at[row] < until_ms; row++) {
        uint64_t counts = is_return(scan->query, name[row]) ? 1 : 0;
        cells |= counts << (period_of(periods, at[row]) - cohort);
    }
    return cells;
}

static bool scan_first(struct retention_scan *scan, uint32_t place, struct rows rows)
{
    const struct snapshot *snapshot = scan->snapshot;
    const struct retention_query *query = scan->query;
    struct member member = {.row = rows.begin};
    uint64_t cells = 0;

    while (member.row < rows.end && !is_start(query, snapshot->name[member.row])) member.row++;
    if (member.row == rows.end) return true;
    int64_t at_ms = snapshot->at_ms[member.row];
    if (!range_holds(query->range, at_ms)) return true;
    if (at_ms < query->bounds[0] || at_ms >= query->bounds[query->n_cohorts]) return true;
    member.cohort = period_of(scan->periods, at_ms);
    if (query->touch_counts || query->by.key) {
        uint32_t touch = session_touch_at(snapshot, rows.begin, member.row);
        if (query->touch_counts && !query->touch_counts[touch]) return true;
        member.group = grouping_of(query->by, touch);
    }
    if (scan->task->returns && query->or_after) {
        /* the start event itself, if nothing later is a return, is not after the cohort */
        uint64_t last = last_return(scan, member.row + 1, rows.end);
        cells = cell_at(scan, member.cohort, snapshot->at_ms[last - 1]);
    } else if (scan->task->returns) {
        cells = returns_on(scan, member.cohort, member.row, rows.end);
    }
    return scan->task->take(scan, place, member, cells);
}

/* ---- recurring cohorts ---- */

/* Find the cohorts of a person, and mark the periods of its returns; how many cohorts there are. */
static uint32_t find_members(struct retention_scan *scan, uint64_t row, uint64_t end)
{
    const struct snapshot *snapshot = scan->snapshot;
    const struct retention_query *query = scan->query;
    const bool touches = query->touch_counts || query->by.key;
    const int64_t begin_ms = query->bounds[0], end_ms = query->bounds[scan->periods->n];
    struct session session = {0};
    uint32_t n = 0, last1 = 0; /* the period of the last start event, plus 1 */

    for (; row < end && snapshot->at_ms[row] < end_ms; row++) {
        int64_t at_ms = snapshot->at_ms[row];
        uint32_t name = snapshot->name[row];

        if (touches) (void)session_begins(&session, snapshot->touches, snapshot->touch[row], at_ms);
        if (at_ms < begin_ms) continue;
        uint32_t period = period_of(scan->periods, at_ms);
        if (is_return(query, name)) scan->seen[period / WORD_BITS] |= UINT64_C(1) << period % WORD_BITS;
        if (period + 1 == last1 || period >= query->n_cohorts || !is_start(query, name)) continue;
        if (!range_holds(query->range, at_ms)) continue;
        last1 = period + 1;
        if (query->touch_counts && !query->touch_counts[session.touch]) continue;
        scan->members[n++] = (struct member){period, grouping_of(query->by, session.touch), row};
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

static bool scan_recurring(struct retention_scan *scan, uint32_t place, struct rows rows)
{
    uint32_t n = find_members(scan, rows.begin, rows.end);
    uint64_t last = n > 0 && scan->query->or_after ? last_return(scan, rows.begin, rows.end) : rows.begin;
    bool ok = true;

    for (uint32_t i = 0; i < n && ok; i++) {
        struct member member = scan->members[i];
        uint64_t cells = 0;

        if (!scan->query->or_after) cells = seen_from(scan, member.cohort);
        if (last > rows.begin) cells = cell_at(scan, member.cohort, scan->snapshot->at_ms[last - 1]);
        ok = scan->task->take(scan, place, member, cells);
    }
    memset(scan->seen, 0, SEEN_WORDS(scan->periods->n) * sizeof *scan->seen);
    return ok;
}

/* ---- all persons ---- */

static size_t n_rows(const struct retention_query *query)
{
    return (size_t)query->by.n * query->n_cohorts;
}

static size_t row_of(const struct retention_query *query, struct member member)
{
    return (size_t)member.group * query->n_cohorts + member.cohort;
}

static bool take_scratch(struct retention_scan *scan, struct arena *arena, struct err *err)
{
    const struct retention_query *query = scan->query;
    size_t n_cells = scan->task->marked ? 0 : n_rows(query) * query->n_cells;

    scan->returned = SCRATCH_ARRAY(arena, uint64_t, n_cells, err);
    if (!scan->returned) return false;
    scan->revenue_minor = SCRATCH_ARRAY(arena, int64_t, scan->task->returns ? 0 : n_cells, err);
    if (!scan->revenue_minor) return false;
    if (!query->recurring) return true;
    scan->seen = SCRATCH_ARRAY(arena, uint64_t, SEEN_WORDS(scan->periods->n), err);
    if (!scan->seen) return false;
    scan->members = SCRATCH_ARRAY(arena, struct member, query->n_cohorts, err);
    return scan->members != NULL;
}

static bool count_member(struct retention_scan *scan, uint32_t place, struct member member, uint64_t cells);

/* Count those of a shard's persons whose rows lie behind each other; *place is the first of the others. */
static bool scan_base(struct retention_scan *scan, struct shard *shard, uint32_t *place, struct err *err)
{
    *place = shard->from;
    if (scan->task->take != count_member || scan->query->recurring) return true;
    if (!bits_pay(scan->snapshot, shard->from, shard->to, place)) return true;
    return retention_count_bits(scan->snapshot, scan->query, scan->periods, shard->from, *place, &shard->arena,
                                scan->returned, err);
}

static bool scan_shard(void *context, struct shard *shard, struct err *err)
{
    const struct retention_task *task = context;
    struct retention_scan *scan = &task->scans[shard->index];
    uint32_t place;

    *scan = (struct retention_scan){
        .snapshot = task->snapshot, .query = task->query, .periods = task->periods, .task = task};
    if (!take_scratch(scan, &shard->arena, err)) return false;
    if (!scan_base(scan, shard, &place, err)) return false;
    for (; place < shard->to; place++) {
        struct rows rows = snapshot_rows(task->snapshot, place);
        bool ok = task->query->recurring ? scan_recurring(scan, place, rows) : scan_first(scan, place, rows);
        if (!ok) return err_set(err, ERR_LIMIT, "the revenue is more than 64-bit minor units hold");
    }
    return true;
}

/* Find the members, each shard its own; what each shard has is in `shards`, to be closed in any case. */
static bool scan_all(struct retention_task *task, struct shards *shards, struct arena *arena, struct err *err)
{
    const struct retention_query *query = task->query;
    size_t cells = task->marked ? 0 : n_rows(query) * query->n_cells;

    *shards = (struct shards){0};
    if (!query_check(task->snapshot, query, err)) return false;
    task->periods = periods_new(arena, query->bounds, query->n_cohorts + query->n_cells - 1, err);
    if (!task->periods) return false;
    task->scans = SCRATCH_ARRAY(arena, struct retention_scan, SHARDS_MAX, err);
    if (!task->scans) return false;
    shards_open(shards, task->snapshot, arena,
                cells * 16 + (query->recurring ? query->n_cohorts * sizeof(struct member) : 0));
    return shards_run(shards, scan_shard, task, err);
}

/* ---- how many ---- */

static bool count_member(struct retention_scan *scan, uint32_t place, struct member member, uint64_t cells)
{
    uint64_t *row = scan->returned + row_of(scan->query, member) * scan->query->n_cells;

    (void)place;
    row[0]++;
    for (; cells != 0; cells &= cells - 1) row[__builtin_ctzll(cells)]++;
    return true;
}

/* With or_after each member stands in the cell of its last return: let the earlier cells have it too. */
static void add_later_cells(const struct retention_query *query, uint64_t *returned)
{
    for (size_t i = 0; i < n_rows(query); i++) {
        uint64_t *row = returned + i * query->n_cells;
        for (uint32_t k = query->n_cells - 1; k > 1; k--) row[k - 1] += row[k];
    }
}

bool retention_count(const struct snapshot *snapshot, const struct retention_query *query, struct arena *arena,
                     uint64_t *returned, struct err *err)
{
    struct retention_task task = {.snapshot = snapshot, .query = query, .take = count_member, .returns = true};
    struct shards shards;
    bool ok = scan_all(&task, &shards, arena, err);

    if (ok) {
        size_t n = n_rows(query) * query->n_cells;
        memset(returned, 0, n * sizeof *returned);
        for (uint32_t s = 0; s < shards.n; s++)
            for (size_t i = 0; i < n; i++) returned[i] += task.scans[s].returned[i];
        if (query->or_after) add_later_cells(query, returned);
    }
    shards_close(&shards);
    return ok;
}

/* ---- who ---- */

static bool mark_member(struct retention_scan *scan, uint32_t place, struct member member, uint64_t cells)
{
    const struct retention_pick *pick = &scan->task->pick;
    uint64_t at_or_after = ~UINT64_C(0) << pick->cell; /* or_after has the bit of the last return alone */
    bool came = pick->cell == 0 || (cells & (scan->query->or_after ? at_or_after : at_or_after & -at_or_after)) != 0;

    if (member.cohort == pick->cohort && member.group == pick->group && came != pick->missing)
        scan->task->marked[place] = true;
    return true;
}

bool retention_mark(const struct snapshot *snapshot, const struct retention_query *query, struct retention_pick pick,
                    struct arena *arena, bool *marked, struct err *err)
{
    struct retention_task task = {
        .snapshot = snapshot, .query = query, .take = mark_member, .returns = true, .pick = pick, .marked = marked};
    struct shards shards;

    CHECK(pick.cohort < query->n_cohorts && pick.cell < query->n_cells && pick.group < query->by.n);
    memset(marked, 0, snapshot->n_places * sizeof *marked);
    bool ok = scan_all(&task, &shards, arena, err);
    shards_close(&shards);
    return ok;
}

/* ---- how much money ---- */

static bool count_money(struct retention_scan *scan, uint32_t place, struct member member, uint64_t cells)
{
    const struct snapshot *snapshot = scan->snapshot;
    const struct retention_money *money = &scan->task->money;
    size_t first = row_of(scan->query, member) * scan->query->n_cells;
    int64_t end_ms = scan->query->bounds[member.cohort + scan->query->n_cells];
    uint64_t end = snapshot_rows(snapshot, place).end;

    (void)cells;
    scan->returned[first]++;
    for (uint64_t row = member.row; row < end && snapshot->at_ms[row] < end_ms; row++) {
        int64_t amount = snapshot->amount_minor[row];
        if (amount == 0 || (!money->any && snapshot->name[row] != money->event)) continue;
        scan->magnitude += amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
        if (scan->magnitude > INT64_MAX) return false; /* it was at most that before, so no sum has wrapped */
        scan->revenue_minor[first + period_of(scan->periods, snapshot->at_ms[row]) - member.cohort] += amount;
    }
    return true;
}

bool retention_value(const struct snapshot *snapshot, const struct retention_query *query, struct retention_money money,
                     struct arena *arena, uint64_t *sizes, int64_t *revenue_minor, struct err *err)
{
    struct retention_task task = {.snapshot = snapshot, .query = query, .take = count_money, .money = money};
    struct shards shards;
    uint64_t magnitude = 0;
    bool ok = scan_all(&task, &shards, arena, err);

    for (uint32_t s = 0; ok && s < shards.n; s++) {
        magnitude += task.scans[s].magnitude;
        if (magnitude > INT64_MAX) ok = err_set(err, ERR_LIMIT, "the revenue is more than 64-bit minor units hold");
    }
    if (ok) {
        size_t rows = n_rows(query);
        memset(sizes, 0, rows * sizeof *sizes);
        memset(revenue_minor, 0, rows * query->n_cells * sizeof *revenue_minor);
        for (uint32_t s = 0; s < shards.n; s++) {
            for (size_t i = 0; i < rows; i++) sizes[i] += task.scans[s].returned[i * query->n_cells];
            for (size_t i = 0; i < rows * query->n_cells; i++) revenue_minor[i] += task.scans[s].revenue_minor[i];
        }
    }
    shards_close(&shards);
    return ok;
}
