/* measure/metrics_active.c -- windows that slide, counted by where persons enter and leave them.
 *
 * A day d on which a person is active makes it count at every point whose last day is one of d .. d+6 (d .. d+29): a
 * run of points that begins and ends where a table by day says. The days of a person come in order, so the runs do too,
 * and their union needs only the end of the last one. So an active day adds one where its run begins (or the run before
 * it ended, if that is later) and takes one away where it ends, and when all is read a running sum over the points
 * gives the distinct persons of each window. That the numbers in between wrap below zero does no harm.
 *
 * Invariants, which the tests hold us to:
 *   D1  person_days of a point of one day <= week <= month
 *   D2  a cell is the distinct count of its own window, whatever the other points are
 *
 * Cost: O(events in the days), whatever the windows; memory: for each shard the answer and 20 bytes a group.
 */
#include "measure/metrics_active.h"

#include <string.h>

#include "measure/periods.h"
#include "measure/scratch.h"
#include "measure/session.h"
#include "measure/shards.h"

/* Of a group: the last person and day seen, plus 1 so that zero is none, and how far its windows are counted. */
struct active_stamp {
    uint32_t person, day, week_until, month_until;
};

struct active_task {
    const struct snapshot *snapshot;
    const struct metrics_query *query;
    const struct active_days *days;
    const struct periods *periods;
    struct range span;
    uint32_t *ending;  /* by day, n + 1: the first point whose last day is not before it */
    uint32_t *started; /* by day, n: the first point whose first day is after it */
    struct active_cell *cells[SHARDS_MAX];
    uint64_t *totals[SHARDS_MAX];
};

/* A shard's. */
struct active_scan {
    const struct active_task *task;
    struct active_stamp *stamps; /* by group */
    struct active_cell *cells;   /* differences from point to point; one more a group than there are points */
    uint64_t *totals;
};

static void points_check(const struct active_days *days)
{
    CHECK(days->n >= 1 && days->n_points >= 1);
    for (uint32_t i = 0; i < days->n_points; i++) {
        const struct active_point *point = &days->points[i];
        CHECK(point->first_day <= point->last_day && point->last_day < days->n);
        if (i == 0) continue;
        CHECK(point->first_day >= point[-1].first_day && point->last_day >= point[-1].last_day);
    }
}

static bool task_init(struct active_task *task, struct arena *arena, struct err *err)
{
    const struct active_days *days = task->days;
    uint32_t ending = 0, started = 0;

    points_check(days);
    grouping_check(task->query->by, task->snapshot->n_touches);
    task->span = (struct range){days->bounds[0], days->bounds[days->n]};
    task->periods = periods_new(arena, days->bounds, days->n, err);
    if (!task->periods) return false;
    task->ending = SCRATCH_ARRAY(arena, uint32_t, (size_t)days->n + 1, err);
    if (!task->ending) return false;
    task->started = SCRATCH_ARRAY(arena, uint32_t, days->n, err);
    if (!task->started) return false;
    for (uint32_t day = 0; day < days->n; day++) {
        while (ending < days->n_points && days->points[ending].last_day < day) ending++;
        while (started < days->n_points && days->points[started].first_day <= day) started++;
        task->ending[day] = ending;
        task->started[day] = started;
    }
    task->ending[days->n] = days->n_points;
    return true;
}

/* One past the last point that has `day` in the window of so many days. */
static inline uint32_t window_end(const struct active_task *task, uint32_t day, uint32_t length)
{
    return task->ending[task->days->n - day > length ? day + length : task->days->n];
}

static void count_day(struct active_scan *scan, uint32_t group, uint32_t person1, uint32_t day)
{
    const struct active_task *task = scan->task;
    const struct active_days *days = task->days;
    struct active_stamp *stamp = &scan->stamps[group];
    struct active_cell *cells = scan->cells + (size_t)group * (days->n_points + 1);
    uint32_t from = task->ending[day], week = window_end(task, day, ACTIVE_WEEK_DAYS),
             month = window_end(task, day, ACTIVE_MONTH_DAYS);

    if (stamp->person == person1 && stamp->day == day + 1) return;
    if (stamp->person != person1) *stamp = (struct active_stamp){.person = person1};
    stamp->day = day + 1;
    if (from < task->started[day]) {
        cells[from].person_days++;
        cells[task->started[day]].person_days--;
    }
    if (stamp->week_until < week) {
        cells[from > stamp->week_until ? from : stamp->week_until].week++;
        cells[week].week--;
        stamp->week_until = week;
    }
    if (stamp->month_until < month) {
        cells[from > stamp->month_until ? from : stamp->month_until].month++;
        cells[month].month--;
        stamp->month_until = month;
    }
    if (day >= days->points[0].first_day && day <= days->points[days->n_points - 1].last_day) scan->totals[group]++;
}

static void scan_person(struct active_scan *scan, uint32_t place)
{
    const struct active_task *task = scan->task;
    const struct snapshot *snapshot = task->snapshot;
    const struct metrics_query *query = task->query;
    const bool touches = query->touch_counts || query->by.key;
    struct rows rows = snapshot_rows(snapshot, place);
    struct session session = {0};

    if (rows.begin == rows.end || snapshot->at_ms[rows.end - 1] < task->span.from_ms) return;
    uint64_t row = rows_from(snapshot, rows, task->span.from_ms);
    if (touches && row > rows.begin) session_resume(&session, snapshot, rows.begin, row);
    for (; row < rows.end && snapshot->at_ms[row] < task->span.to_ms; row++) {
        if (touches) (void)session_begins(&session, snapshot->touches, snapshot->touch[row], snapshot->at_ms[row]);
        if (!query->any_event && snapshot->name[row] != query->event) continue;
        if (query->touch_counts && !query->touch_counts[session.touch]) continue;
        count_day(scan, grouping_of(query->by, session.touch), place + 1,
                  period_of(task->periods, snapshot->at_ms[row]));
    }
}

static bool scan_shard(void *context, struct shard *shard, struct err *err)
{
    struct active_task *task = context;
    struct active_scan scan = {.task = task};
    size_t n_groups = task->query->by.n;

    scan.cells = SCRATCH_ARRAY(&shard->arena, struct active_cell, n_groups * (task->days->n_points + 1), err);
    if (!scan.cells) return false;
    scan.totals = SCRATCH_ARRAY(&shard->arena, uint64_t, n_groups, err);
    if (!scan.totals) return false;
    scan.stamps = SCRATCH_ARRAY(&shard->arena, struct active_stamp, n_groups, err);
    if (!scan.stamps) return false;
    for (uint32_t place = shard->from; place < shard->to; place++) scan_person(&scan, place);
    task->cells[shard->index] = scan.cells;
    task->totals[shard->index] = scan.totals;
    return true;
}

/* Add the shards' differences up, then from point to point. */
static void add_up(const struct active_task *task, uint32_t n_shards, struct active_cell *cells, uint64_t *totals)
{
    size_t n_points = task->days->n_points;

    for (size_t group = 0; group < task->query->by.n; group++, cells += n_points) {
        struct active_cell sum = {0};
        totals[group] = 0;
        for (uint32_t s = 0; s < n_shards; s++) totals[group] += task->totals[s][group];
        for (size_t i = 0; i < n_points; i++) {
            for (uint32_t s = 0; s < n_shards; s++) {
                const struct active_cell *change = &task->cells[s][group * (n_points + 1) + i];
                sum.person_days += change->person_days;
                sum.week += change->week;
                sum.month += change->month;
            }
            cells[i] = sum;
        }
    }
}

bool metrics_active(const struct snapshot *snapshot, const struct metrics_query *query, const struct active_days *days,
                    struct arena *arena, struct active_cell *cells, uint64_t *totals, struct err *err)
{
    struct active_task task = {.snapshot = snapshot, .query = query, .days = days};
    struct shards shards;

    if (!task_init(&task, arena, err)) return false;
    shards_open(&shards, snapshot, arena,
                query->by.n * ((days->n_points + 1) * sizeof *cells + sizeof(struct active_stamp) + 8));
    bool ok = shards_run(&shards, scan_shard, &task, err);
    if (ok) add_up(&task, shards.n, cells, totals);
    shards_close(&shards);
    return ok;
}
