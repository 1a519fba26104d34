#include "measure/week_clock.h"

#include <string.h>

#include "measure/scratch.h"
#include "measure/shards.h"

#define WEEK_HOURS INT64_C(168)
#define EPOCH_HOUR 72 /* 1970-01-01 was a Thursday */

struct task {
    const struct snapshot *snapshot;
    const struct week_clock_query *query;
    struct week_clock_cell *cells[SHARDS_MAX];
};

/* The offset that held at an instant; a person's events lie close, so the last one found is tried first. */
static int64_t offset_at(const struct week_clock_query *query, int64_t at_ms, uint32_t *found)
{
    const struct time_offset *zone = query->zone;
    uint32_t low = 0, high = query->n_zone;

    if (at_ms >= zone[*found].from_ms && (*found + 1 == query->n_zone || at_ms < zone[*found + 1].from_ms))
        return zone[*found].offset_ms;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (at_ms >= zone[middle].from_ms) {
            low = middle;
        } else {
            high = middle;
        }
    }
    *found = low;
    return zone[low].offset_ms;
}

static uint32_t cell_of(int64_t local_ms)
{
    int64_t hours = local_ms / TIME_HOUR_MS - (local_ms % TIME_HOUR_MS < 0);
    return (uint32_t)(((hours + EPOCH_HOUR) % WEEK_HOURS + WEEK_HOURS) % WEEK_HOURS);
}

static bool scan(void *context, struct shard *shard, struct err *err)
{
    struct task *task = context;
    const struct snapshot *snapshot = task->snapshot;
    const struct week_clock_query *query = task->query;
    struct week_clock_cell *cells = SCRATCH_ARRAY(&shard->arena, struct week_clock_cell, WEEK_CLOCK_CELLS, err);
    uint32_t last1[WEEK_CLOCK_CELLS] = {0}; /* place, plus 1, that the cell counted last */
    uint32_t found = 0;

    if (!cells) return false;
    for (uint32_t place = shard->from; place < shard->to; place++) {
        struct rows rows = snapshot_rows(snapshot, place);
        for (uint64_t row = rows.begin; row < rows.end; row++) {
            int64_t at_ms = snapshot->at_ms[row];
            bool counts = !query->counts || query->counts[snapshot->name[row]];
            bool converts = snapshot->name[row] == query->conversion;
            if (!(counts || converts) || !range_holds(query->range, at_ms)) continue;
            if (query->must_touch && !query->must_touch[snapshot->touch[row]]) continue;
            uint32_t at = cell_of(at_ms + offset_at(query, at_ms, &found));
            struct week_clock_cell *cell = &cells[at];
            if (counts) {
                cell->events++;
                cell->persons += last1[at] != place + 1;
                last1[at] = place + 1;
            }
            if (!converts) continue;
            cell->conversions++;
            cell->revenue_minor = add_or_stay(cell->revenue_minor, snapshot->amount_minor[row]);
        }
    }
    task->cells[shard->index] = cells;
    return true;
}

bool week_clock(const struct snapshot *snapshot, const struct week_clock_query *query, struct arena *arena,
                struct week_clock_cell *out, struct err *err)
{
    struct task task = {.snapshot = snapshot, .query = query};
    struct shards shards;

    CHECK(query->n_zone >= 1);
    shards_open(&shards, snapshot, arena, (size_t)WEEK_CLOCK_CELLS * sizeof *out);
    bool ok = shards_run(&shards, scan, &task, err);
    if (ok) {
        memset(out, 0, (size_t)WEEK_CLOCK_CELLS * sizeof *out);
        for (uint32_t s = 0; s < shards.n; s++) {
            for (uint32_t i = 0; i < WEEK_CLOCK_CELLS; i++) {
                const struct week_clock_cell *more = &task.cells[s][i];
                out[i].events += more->events;
                out[i].persons += more->persons;
                out[i].conversions += more->conversions;
                out[i].revenue_minor = add_or_stay(out[i].revenue_minor, more->revenue_minor);
            }
        }
    }
    shards_close(&shards);
    return ok;
}
