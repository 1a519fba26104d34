/* measure/metrics.c -- one scan on all cores, and a stamp for each group to count persons once.
 *
 * The events of a person come in time order, so their periods do too: "was this person seen in this group and period
 * already?" needs only the last person and period that a group saw, not a set.
 *
 * Sessions are made of all of a person's events, those before the first period and those that are filtered out too:
 * whether an event begins one, and how long it is, cannot depend on the question. A session counts where its first
 * event does. `event` chooses what counts as events and persons alone; `touch_counts` holds for everything.
 *
 * Events and persons alone, of all touches together, need no session: only names and times are read.
 *
 * A person is read from the first period on: what its session was before is found by looking back, and past the last
 * period only the session that goes on is read.
 *
 * Invariants, which the tests hold us to:
 *   C1  events, sessions, conversions, orders, revenue, bounces and lengths of the cells sum to those of the totals
 *   C2  a total's persons are at most the sum of its cells' persons, and at least each of them
 *   C3  as many persons are marked as the total counts
 *
 * Source: DESIGN.md. Cost: O(events in the span); memory: for each shard the answer and 24 bytes a group.
 * Empty snapshot: all zero, true.
 */
#include "measure/metrics.h"

#include <string.h>

#include "measure/periods.h"
#include "measure/scratch.h"
#include "measure/session.h"
#include "measure/shards.h"

/* The last person and period counted; +1, so that zero is nobody. */
struct stamp {
    uint32_t person, period;
};

struct group_stamps {
    struct stamp seen, converted, paid;
};

/* A shard's. */
struct metrics_scan {
    struct metrics_cell *cells, *totals;
    struct group_stamps *stamps; /* by group */
    uint64_t magnitude;          /* of the revenue, refunds without their sign; it bounds every cell */
};

/* What is asked; the same for every shard. */
struct metrics_task {
    const struct snapshot *snapshot;
    const struct metrics_query *query;
    const struct periods *periods;
    struct range span; /* of the periods together */
    struct metrics_scan scan[SHARDS_MAX];
    enum metrics_persons which; /* for marking */
    uint32_t group;
    bool *marked;
};

/* A session that counts, until its end is found. */
struct open_session {
    struct metrics_cell *cell, *total; /* NULL: there is none */
    uint64_t row;                      /* its first */
};

static bool query_check(const struct snapshot *snapshot, const struct metrics_query *query, struct err *err)
{
    grouping_check(query->by, snapshot->n_touches);
    if (query->n_periods < 1) return err_set_field(err, "step", "there is no period to count in");
    for (uint32_t i = 0; i < query->n_periods; i++) {
        if (query->bounds[i] > query->bounds[i + 1]) {
            return err_set_field(err, "step", "period %lu ends before it begins", (unsigned long)i);
        }
    }
    return true;
}

/* ---- what an event is ---- */

static inline bool is_event(const struct metrics_query *query, uint32_t name)
{
    return query->any_event || name == query->event;
}

static inline bool is_conversion(const struct metrics_query *query, uint32_t name)
{
    return name == query->conversion; /* DICT_NONE is no event's name */
}

static inline bool is_order(const struct metrics_query *query, uint32_t name, int64_t amount)
{
    return query->any_revenue ? amount > 0 : is_conversion(query, name);
}

/* ---- one person ---- */

/* The first row in the span, and the session that it finds. */
static inline uint64_t enter_span(const struct metrics_task *task, struct rows rows, struct session *session)
{
    const struct snapshot *snapshot = task->snapshot;
    uint64_t row = rows_from(snapshot, rows, task->span.from_ms);

    *session = (struct session){0};
    if (row > rows.begin) session_resume(session, snapshot, rows.begin, row);
    return row;
}

/* Has the person an event in the span? If not it need not be read. */
static inline bool meets_span(const struct metrics_task *task, struct rows rows)
{
    const int64_t *at_ms = task->snapshot->at_ms;

    return rows.begin < rows.end && at_ms[rows.end - 1] >= task->span.from_ms && at_ms[rows.begin] < task->span.to_ms;
}

/* ---- counting ---- */

/* Count the person once in the cell and once in the total. */
static void count_once(struct stamp *last, struct stamp now, uint64_t *in_cell, uint64_t *in_total)
{
    if (last->person != now.person) (*in_total)++;
    if (last->person != now.person || last->period != now.period) (*in_cell)++;
    *last = now;
}

static bool count_revenue(struct metrics_scan *scan, int64_t amount, struct metrics_cell *cell,
                          struct metrics_cell *total)
{
    scan->magnitude += amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
    if (scan->magnitude > INT64_MAX) return false; /* it was at most that before, so the sum has not wrapped */
    cell->revenue_minor += amount;
    total->revenue_minor += amount;
    return true;
}

static void open_session(struct open_session *open, struct metrics_cell *cell, struct metrics_cell *total, uint64_t row)
{
    cell->sessions++;
    total->sessions++;
    *open = (struct open_session){cell, total, row};
}

/* The session that is open, if one is, ends before `row`. */
static void close_session(struct open_session *open, const int64_t *at_ms, uint64_t row)
{
    if (!open->cell) return;
    uint64_t length_ms = elapsed_ms(at_ms[open->row], at_ms[row - 1]), bounce = row - open->row == 1 ? 1 : 0;
    open->cell->session_ms += length_ms;
    open->total->session_ms += length_ms;
    open->cell->bounces += bounce;
    open->total->bounces += bounce;
    open->cell = NULL;
}

/* Count the event at `row`, which lies in `now.period` and in a session of `touch`. */
static bool count_event(const struct metrics_task *task, struct metrics_scan *scan, uint64_t row, uint32_t touch,
                        struct stamp now, struct open_session *open, bool begins)
{
    const struct metrics_query *query = task->query;
    uint32_t group = grouping_of(query->by, touch);
    uint32_t name = task->snapshot->name[row];
    int64_t amount = task->snapshot->amount_minor[row];
    struct metrics_cell *cell = &scan->cells[(size_t)group * query->n_periods + (now.period - 1)];
    struct metrics_cell *total = &scan->totals[group];
    bool converts = is_conversion(query, name);

    if (begins) open_session(open, cell, total, row);
    if (is_event(query, name)) {
        cell->events++;
        total->events++;
        count_once(&scan->stamps[group].seen, now, &cell->persons, &total->persons);
    }
    if (converts) {
        cell->conversions++;
        total->conversions++;
        count_once(&scan->stamps[group].converted, now, &cell->converted, &total->converted);
    }
    if (is_order(query, name, amount)) {
        cell->orders++;
        total->orders++;
        count_once(&scan->stamps[group].paid, now, &cell->payers, &total->payers);
    }
    if (amount == 0 || (!converts && !query->any_revenue)) return true;
    return count_revenue(scan, amount, cell, total);
}

static bool scan_person(const struct metrics_task *task, struct metrics_scan *scan, uint32_t place)
{
    const struct snapshot *snapshot = task->snapshot;
    const bool *touch_counts = task->query->touch_counts;
    struct rows rows = snapshot_rows(snapshot, place);
    struct open_session open = {0};
    struct session session;

    if (!meets_span(task, rows)) return true;
    for (uint64_t row = enter_span(task, rows, &session); row < rows.end; row++) {
        int64_t at_ms = snapshot->at_ms[row];
        bool begins = session_begins(&session, snapshot->touches, snapshot->touch[row], at_ms);

        if (begins) close_session(&open, snapshot->at_ms, row);
        if (at_ms >= task->span.to_ms && !open.cell) return true;
        if (at_ms >= task->span.to_ms || (touch_counts && !touch_counts[session.touch])) continue;
        struct stamp now = {.person = place + 1, .period = period_of(task->periods, at_ms) + 1};
        if (!count_event(task, scan, row, session.touch, now, &open, begins)) return false;
    }
    close_session(&open, snapshot->at_ms, rows.end);
    return true;
}

/* The events of a person, whatever session they are in. Which period comes next nobody can foresee: no branch on it. */
static void scan_events(const struct metrics_task *task, struct metrics_scan *scan, uint32_t place)
{
    const struct snapshot *snapshot = task->snapshot;
    struct rows rows = snapshot_rows(snapshot, place);
    uint64_t n = 0;
    uint32_t last1 = 0; /* the period of the last one, plus 1 */

    if (!meets_span(task, rows)) return;
    for (uint64_t row = rows_from(snapshot, rows, task->span.from_ms); row < rows.end; row++) {
        int64_t at_ms = snapshot->at_ms[row];
        if (at_ms >= task->span.to_ms) break;

        uint32_t period = period_of(task->periods, at_ms), counts = is_event(task->query, snapshot->name[row]);
        scan->cells[period].events += counts;
        scan->cells[period].persons += counts & (last1 != period + 1);
        last1 ^= (last1 ^ (period + 1)) & (0 - counts);
        n += counts;
    }
    scan->totals->events += n;
    scan->totals->persons += n > 0;
}

static bool scan_all(const struct metrics_task *task, struct metrics_scan *scan, const struct shard *shard)
{
    const struct metrics_query *query = task->query;
    bool no_sessions = query->events_only && !query->touch_counts && !query->by.key;

    for (uint32_t place = shard->from; place < shard->to; place++) {
        if (no_sessions) {
            scan_events(task, scan, place);
        } else if (!scan_person(task, scan, place)) {
            return false;
        }
    }
    return true;
}

static bool too_much_revenue(struct err *err)
{
    return err_set(err, ERR_LIMIT, "the revenue is more than 64-bit minor units hold");
}

static bool scan_shard(void *context, struct shard *shard, struct err *err)
{
    struct metrics_task *task = context;
    struct metrics_scan *into = &task->scan[shard->index], scan = {0};
    size_t n_totals = task->query->by.n, n_cells = n_totals * task->query->n_periods;

    scan.cells = SCRATCH_ARRAY(&shard->arena, struct metrics_cell, n_cells, err);
    if (!scan.cells) return false;
    scan.totals = SCRATCH_ARRAY(&shard->arena, struct metrics_cell, n_totals, err);
    if (!scan.totals) return false;
    scan.stamps = SCRATCH_ARRAY(&shard->arena, struct group_stamps, n_totals, err);
    if (!scan.stamps) return false;
    if (!scan_all(task, &scan, shard)) return too_much_revenue(err);
    *into = scan;
    return true;
}

static void add_cells(struct metrics_cell *sum, const struct metrics_cell *more, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sum[i].events += more[i].events;
        sum[i].persons += more[i].persons;
        sum[i].sessions += more[i].sessions;
        sum[i].conversions += more[i].conversions;
        sum[i].converted += more[i].converted;
        sum[i].revenue_minor += more[i].revenue_minor;
        sum[i].orders += more[i].orders;
        sum[i].payers += more[i].payers;
        sum[i].bounces += more[i].bounces;
        sum[i].session_ms += more[i].session_ms;
    }
}

/* The shards' answers together, if their revenue is not too much. */
static bool add_up(const struct metrics_task *task, uint32_t n_shards, struct metrics_cell *cells,
                   struct metrics_cell *totals, struct err *err)
{
    size_t n_totals = task->query->by.n, n_cells = n_totals * task->query->n_periods;
    uint64_t magnitude = 0;

    for (uint32_t s = 0; s < n_shards; s++) {
        magnitude += task->scan[s].magnitude;
        if (magnitude > INT64_MAX) return too_much_revenue(err);
    }
    memset(cells, 0, n_cells * sizeof *cells);
    memset(totals, 0, n_totals * sizeof *totals);
    for (uint32_t s = 0; s < n_shards; s++) {
        add_cells(cells, task->scan[s].cells, n_cells);
        add_cells(totals, task->scan[s].totals, n_totals);
    }
    return true;
}

static bool task_init(struct metrics_task *task, const struct snapshot *snapshot, const struct metrics_query *query,
                      struct arena *arena, struct err *err)
{
    if (!query_check(snapshot, query, err)) return false;
    *task = (struct metrics_task){
        .snapshot = snapshot,
        .query = query,
        .periods = periods_new(arena, query->bounds, query->n_periods, err),
        .span = {query->bounds[0], query->bounds[query->n_periods]},
    };
    return task->periods != NULL;
}

bool metrics_count(const struct snapshot *snapshot, const struct metrics_query *query, struct arena *arena,
                   struct metrics_cell *cells, struct metrics_cell *totals, struct err *err)
{
    struct metrics_task task;
    struct shards shards;

    if (!task_init(&task, snapshot, query, arena, err)) return false;
    size_t rows = (size_t)query->by.n * (query->n_periods + 1);
    shards_open(&shards, snapshot, arena, rows * sizeof *cells + query->by.n * sizeof(struct group_stamps));
    bool ok = shards_run(&shards, scan_shard, &task, err) && add_up(&task, shards.n, cells, totals, err);
    shards_close(&shards);
    return ok;
}

/* ---- who ---- */

static bool is_wanted(const struct metrics_task *task, uint64_t row)
{
    uint32_t name = task->snapshot->name[row];

    switch (task->which) {
    case METRICS_PERSONS: return is_event(task->query, name);
    case METRICS_CONVERTED: return is_conversion(task->query, name);
    case METRICS_PAYERS: return is_order(task->query, name, task->snapshot->amount_minor[row]);
    }
    return false;
}

static bool person_counts(const struct metrics_task *task, struct rows rows)
{
    const struct snapshot *snapshot = task->snapshot;
    const struct metrics_query *query = task->query;
    struct session session;

    if (!meets_span(task, rows)) return false;
    for (uint64_t row = enter_span(task, rows, &session); row < rows.end; row++) {
        if (snapshot->at_ms[row] >= task->span.to_ms) return false;
        (void)session_begins(&session, snapshot->touches, snapshot->touch[row], snapshot->at_ms[row]);
        if (!is_wanted(task, row) || grouping_of(query->by, session.touch) != task->group) continue;
        if (!query->touch_counts || query->touch_counts[session.touch]) return true;
    }
    return false;
}

static bool mark_shard(void *context, struct shard *shard, struct err *err)
{
    const struct metrics_task *task = context;

    (void)err;
    for (uint32_t place = shard->from; place < shard->to; place++)
        task->marked[place] = person_counts(task, snapshot_rows(task->snapshot, place));
    return true;
}

bool metrics_mark(const struct snapshot *snapshot, const struct metrics_query *query, enum metrics_persons which,
                  uint32_t group, struct arena *arena, bool *marked, struct err *err)
{
    struct metrics_task task;
    struct shards shards;

    CHECK(group < query->by.n);
    if (!task_init(&task, snapshot, query, arena, err)) return false;
    task.which = which;
    task.group = group;
    task.marked = marked;
    shards_open(&shards, snapshot, arena, 0);
    bool ok = shards_run(&shards, mark_shard, &task, err);
    shards_close(&shards);
    return ok;
}
