/* measure/property_count.c -- shards of persons, each with cells of its own; a stamp a value counts persons once.
 *
 * Invariants, which the tests hold us to:
 *   V1  events and revenue of the cells sum to those of the total
 *   V2  the total's persons are at most the sum of the cells' persons, and at least each of them
 *
 * Sums of numbers are added up shard by shard, in their order: the same on every machine. Empty snapshot: all zero.
 */
#include "measure/property_count.h"

#include <math.h>
#include <string.h>

#include "measure/scratch.h"
#include "measure/session.h"
#include "measure/shards.h"

struct part {
    struct property_cell *cells;
    struct property_cell total;
    struct property_numbers numbers;
    uint64_t magnitude; /* of the revenue, refunds without their sign; it bounds every sum */
};

struct counting {
    const struct snapshot *snapshot;
    const struct property_query *query;
    struct part part[SHARDS_MAX];
};

static void add_number(struct property_numbers *numbers, uint64_t events, double sum, double min, double max)
{
    if (events == 0) return;
    if (numbers->events == 0 || min < numbers->min) numbers->min = min;
    if (numbers->events == 0 || max > numbers->max) numbers->max = max;
    numbers->events += events;
    numbers->sum += sum;
}

/* Count the event at `row`; its code. */
static uint16_t count_event(struct part *part, const struct counting *counting, uint64_t row)
{
    const struct property_column *column = counting->query->column;
    uint64_t at = property_at(column, counting->snapshot->raw[row]);
    uint16_t code = at == UINT64_MAX ? PROPERTY_CODE_NONE : column->code[at];
    int64_t amount = counting->snapshot->amount_minor[row];

    part->cells[code].events++;
    part->total.events++;
    part->cells[code].revenue_minor += amount;
    part->total.revenue_minor += amount;
    if (at != UINT64_MAX && column->number && !isnan(column->number[at])) {
        double number = column->number[at];
        add_number(&part->numbers, 1, number, number, number);
    }
    return code;
}

/* False: the revenue would not fit. */
static bool scan_person(struct part *part, const struct counting *counting, uint32_t *stamps, uint32_t stamp,
                        struct rows rows)
{
    const struct snapshot *snapshot = counting->snapshot;
    const struct property_query *query = counting->query;
    struct session session = {0};
    bool counted = false;

    for (uint64_t row = rows.begin; row < rows.end && snapshot->at_ms[row] < query->range.to_ms; row++) {
        int64_t at_ms = snapshot->at_ms[row], amount = snapshot->amount_minor[row];

        if (query->touch_counts) (void)session_begins(&session, snapshot->touches, snapshot->touch[row], at_ms);
        if (snapshot->name[row] != query->event || at_ms < query->range.from_ms) continue;
        if (query->touch_counts && !query->touch_counts[session.touch]) continue;
        part->magnitude += amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
        if (part->magnitude > INT64_MAX) return false; /* it was at most that before, so no sum has wrapped */
        uint16_t code = count_event(part, counting, row);
        part->cells[code].persons += stamps[code] != stamp;
        stamps[code] = stamp;
        part->total.persons += !counted;
        counted = true;
    }
    return true;
}

static bool scan(void *context, struct shard *shard, struct err *err)
{
    struct counting *counting = context;
    struct part *part = &counting->part[shard->index];
    uint32_t *stamps = SCRATCH_ARRAY(&shard->arena, uint32_t, PROPERTY_CODES_MAX, err); /* place + 1 */

    if (!stamps) return false;
    *part = (struct part){.cells = SCRATCH_ARRAY(&shard->arena, struct property_cell, PROPERTY_CODES_MAX, err)};
    if (!part->cells) return false;
    for (uint32_t place = shard->from; place < shard->to; place++)
        if (!scan_person(part, counting, stamps, place + 1, snapshot_rows(counting->snapshot, place)))
            return err_set(err, ERR_LIMIT, "the revenue is more than 64-bit minor units hold");
    return true;
}

static void add_cell(struct property_cell *sum, const struct property_cell *cell)
{
    sum->events += cell->events;
    sum->persons += cell->persons;
    sum->revenue_minor += cell->revenue_minor;
}

/* All parts into the first. */
static bool add_up(struct counting *counting, uint32_t n, struct err *err)
{
    struct part *sum = &counting->part[0];

    for (uint32_t i = 1; i < n; i++) {
        const struct part *part = &counting->part[i];
        sum->magnitude += part->magnitude;
        if (sum->magnitude > INT64_MAX)
            return err_set(err, ERR_LIMIT, "the revenue is more than 64-bit minor units hold");
        for (uint32_t code = 0; code < PROPERTY_CODES_MAX; code++) add_cell(&sum->cells[code], &part->cells[code]);
        add_cell(&sum->total, &part->total);
        add_number(&sum->numbers, part->numbers.events, part->numbers.sum, part->numbers.min, part->numbers.max);
    }
    return true;
}

bool property_count(const struct snapshot *snapshot, const struct property_query *query, struct arena *arena,
                    struct property_cell *cells, struct property_cell *total, struct property_numbers *numbers,
                    struct err *err)
{
    struct counting counting = {.snapshot = snapshot, .query = query};
    struct shards shards;

    shards_open(&shards, snapshot, arena, PROPERTY_CODES_MAX * sizeof *cells);
    bool ok = shards_run(&shards, scan, &counting, err) && add_up(&counting, shards.n, err);
    if (ok) {
        memcpy(cells, counting.part[0].cells, PROPERTY_CODES_MAX * sizeof *cells);
        *total = counting.part[0].total;
        *numbers = counting.part[0].numbers;
    }
    shards_close(&shards);
    return ok;
}
