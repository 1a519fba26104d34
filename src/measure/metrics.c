/* measure/metrics.c -- one scan, and a stamp for each group to count persons once.
 *
 * The events of a person come in time order, so their periods do too: "was this person seen in this group and period
 * already?" needs only the last person and period that a group saw, not a set. The period is looked for only
 * when an event leaves the one before it.
 *
 * Sessions are made of all of a person's events, those before the first period and those that are filtered out too:
 * whether an event begins one cannot depend on the question. A session counts where its first event does. `event`
 * chooses what counts as events and persons alone; `touch_counts` holds for everything.
 *
 * Invariants, which the tests hold us to:
 *   C1  events, sessions, conversions and revenue of the cells sum to those of the totals
 *   C2  a total's persons are at most the sum of its cells' persons, and at least each of them
 *
 * Source: DESIGN.md. Cost: O(events + changes of period x log periods); memory: the answer and 16 bytes a group.
 * Empty snapshot: all zero, true.
 */
#include "measure/metrics.h"

#include <string.h>

#include "measure/scratch.h"
#include "measure/session.h"

/* The last person and period counted; +1, so that zero is nobody. */
struct stamp {
    uint32_t person, period;
};

struct group_stamps {
    struct stamp seen, converted;
};

struct metrics_scan {
    const struct snapshot *snapshot;
    const struct metrics_query *query;
    struct metrics_cell *cells, *totals;
    struct group_stamps *stamps; /* by group */
    int64_t begin_ms, end_ms;    /* of the periods together */
    uint64_t magnitude;          /* of the revenue, refunds without their sign; it bounds every cell */
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

/* The period of an instant within the bounds, at or after `period`: the last that begins by then. */
static uint32_t period_of(const struct metrics_query *query, uint32_t period, int64_t at_ms)
{
    if (at_ms < query->bounds[period + 1]) return period;

    uint32_t low = period + 1, high = query->n_periods; /* bounds[low] <= at_ms < bounds[high] */
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (query->bounds[middle] <= at_ms) low = middle;
        if (query->bounds[middle] > at_ms) high = middle;
    }
    return low;
}

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

/* Count the event at `row`, which lies in `now.period` and in a session of `touch`. */
static bool count_event(struct metrics_scan *scan, uint64_t row, uint32_t touch, struct stamp now, bool begins_session)
{
    const struct metrics_query *query = scan->query;
    uint32_t group = grouping_of(query->by, touch);
    uint32_t name = scan->snapshot->name[row];
    struct metrics_cell *cell = &scan->cells[(size_t)group * query->n_periods + (now.period - 1)];
    struct metrics_cell *total = &scan->totals[group];
    bool converts = name == query->conversion; /* DICT_NONE is no event's name */

    if (begins_session) {
        cell->sessions++;
        total->sessions++;
    }
    if (query->any_event || name == query->event) {
        cell->events++;
        total->events++;
        count_once(&scan->stamps[group].seen, now, &cell->persons, &total->persons);
    }
    if (converts) {
        cell->conversions++;
        total->conversions++;
        count_once(&scan->stamps[group].converted, now, &cell->converted, &total->converted);
    }
    if (!converts && !query->any_revenue) return true;
    return count_revenue(scan, scan->snapshot->amount_minor[row], cell, total);
}

static bool scan_person(struct metrics_scan *scan, uint32_t person)
{
    const struct snapshot *snapshot = scan->snapshot;
    const struct metrics_query *query = scan->query;
    struct rows rows = snapshot_rows(snapshot, person);
    struct session session = {0};
    uint32_t period = 0;

    if (rows.begin == rows.end || snapshot->at_ms[rows.end - 1] < scan->begin_ms) return true;
    for (uint64_t row = rows.begin; row < rows.end; row++) {
        int64_t at_ms = snapshot->at_ms[row];
        bool begins = session_begins(&session, snapshot->touches, snapshot->touch[row], at_ms);

        if (at_ms >= scan->end_ms) break;
        if (at_ms < scan->begin_ms || (query->touch_counts && !query->touch_counts[session.touch])) continue;
        period = period_of(query, period, at_ms);
        struct stamp now = {.person = person + 1, .period = period + 1};
        if (!count_event(scan, row, session.touch, now, begins)) return false;
    }
    return true;
}

bool metrics_count(const struct snapshot *snapshot, const struct metrics_query *query, struct arena *arena,
                   struct metrics_cell *cells, struct metrics_cell *totals, struct err *err)
{
    struct metrics_scan scan = {.snapshot = snapshot, .query = query};

    if (!query_check(snapshot, query, err)) return false;
    size_t n_totals = query->by.n, n_cells = n_totals * query->n_periods;
    scan.begin_ms = query->bounds[0];
    scan.end_ms = query->bounds[query->n_periods];
    scan.cells = SCRATCH_ARRAY(arena, struct metrics_cell, n_cells, err);
    if (!scan.cells) return false;
    scan.totals = SCRATCH_ARRAY(arena, struct metrics_cell, n_totals, err);
    if (!scan.totals) return false;
    scan.stamps = SCRATCH_ARRAY(arena, struct group_stamps, n_totals, err);
    if (!scan.stamps) return false;

    for (uint32_t person = 0; person < snapshot->n_places; person++) {
        if (scan_person(&scan, person)) continue;
        return err_set(err, ERR_LIMIT, "the revenue is more than 64-bit minor units hold");
    }
    if (n_cells > 0) memcpy(cells, scan.cells, n_cells * sizeof *cells);
    if (n_totals > 0) memcpy(totals, scan.totals, n_totals * sizeof *totals);
    return true;
}
