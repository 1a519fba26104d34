/* measure/trail.c -- one person's touches, as the scan reads them.
 *
 * Touches come one by one, or in a plain scan (attribution_int.h) in one go, in time order. What a reader asks of each
 * is kept in an array of its own: group, time, row, and for time_decay its power.
 */
#include "measure/attribution_int.h"
#include "measure/scratch.h"

#include <string.h>

#define TOGETHER GROUP_PAD /* most stretches are so short: no guess where they end */

bool trail_reserve(struct scan *scan, uint64_t n)
{
    struct trail *trail = &scan->trail;
    uint64_t capacity = 2 * (uint64_t)trail->capacity;

    if (n <= trail->capacity) return true;
    if (capacity < n) capacity = n;
    if (capacity >= UINT32_MAX) {
        return err_set(scan->err, ERR_LIMIT, "one person has %llu events", (unsigned long long)n);
    }
    trail->capacity = 0;
    if (scan->rows) {
        trail->row = SCRATCH_ARRAY(scan->arena, uint64_t, (size_t)capacity, scan->err);
        if (!trail->row) return false;
    }
    trail->at_ms = SCRATCH_ARRAY(scan->arena, int64_t, (size_t)capacity, scan->err);
    if (!trail->at_ms) return false;
    trail->group = SCRATCH_ARRAY(scan->arena, uint32_t, (size_t)capacity + GROUP_PAD, scan->err);
    if (!trail->group) return false;
    if (scan_wants(scan, MODEL_TIME_DECAY)) {
        trail->power = SCRATCH_ARRAY(scan->arena, double, (size_t)capacity + DECAY_PAD, scan->err);
        if (!trail->power) return false;
        trail->ahead = SCRATCH_ARRAY(scan->arena, double, (size_t)capacity + DECAY_PAD, scan->err);
        if (!trail->ahead) return false;
    }
    if (scan->models && !model_split_reserve(&scan->split, (uint32_t)capacity, scan->arena, scan->err)) return false;
    trail->capacity = (uint32_t)capacity;
    return true;
}

/* Begin another person; its room stays. */
void trail_start(struct scan *scan)
{
    struct trail *trail = &scan->trail;

    trail->n = trail->lo = trail->seen = trail->n_powers = 0;
    trail->last_paid = trail->last_non_direct = 0;
    trail->lead.place_plus_1 = trail->opportunity.place_plus_1 = 0;
    trail->any = trail->any_must = trail->converted = 0;
    trail->after = 0;
    trail->is_ahead = false;
}

void trail_look_ahead(struct scan *scan, struct rows rows)
{
    struct trail *trail = &scan->trail;

    if (!trail->power || rows.begin == rows.end) return;
    trail->is_ahead = decay_at_once(&trail->decay, scan->snapshot->at_ms + rows.begin,
                                    (uint32_t)(rows.end - rows.begin), trail->ahead);
    trail->first_ahead = rows.begin;
}

void trail_add(struct scan *scan, uint64_t row)
{
    struct trail *trail = &scan->trail;
    struct touch_mark mark = scan->mark[scan->snapshot->touch[row]];
    int64_t at_ms = scan->snapshot->at_ms[row];

    trail->any = row + 1;
    trail->any_ms = at_ms;
    if (mark.must) {
        trail->any_must = row + 1;
        trail->must_ms = at_ms;
    }
    if (mark.excluded) return;
    CHECK(trail->n < trail->capacity);
    if (trail->row) trail->row[trail->n] = row;
    trail->at_ms[trail->n] = at_ms;
    trail->group[trail->n] = mark.group;
    trail->n++;
    if (!scan->models) return;
    trail->last_paid = mark.paid ? trail->n : trail->last_paid; /* no branch: touches are of any kind */
    trail->last_non_direct = mark.direct ? trail->last_non_direct : trail->n;
}

void trail_read_groups(const struct scan *scan, struct rows rows, uint32_t *group)
{
    const uint32_t *touch = scan->snapshot->touch;
    uint64_t row = rows.begin;

    for (; row < rows.end && row + TOGETHER <= scan->base_end; row += TOGETHER, group += TOGETHER)
        for (uint32_t i = 0; i < TOGETHER; i++) group[i] = scan->mark[touch[row + i]].group;
    for (; row < rows.end; row++) *group++ = scan->mark[touch[row]].group;
}

/* The places of the last paid touch and of the last that is not direct, from the end of what was added back. */
static void find_last(struct scan *scan, struct rows rows)
{
    struct trail *trail = &scan->trail;
    const uint32_t *touch = scan->snapshot->touch;
    uint64_t row = rows.end;
    uint32_t place = trail->n;

    for (; row > rows.begin && !scan->mark[touch[row - 1]].paid; row--) place--;
    if (row > rows.begin) trail->last_paid = place;
    place = trail->n;
    for (row = rows.end; row > rows.begin && scan->mark[touch[row - 1]].direct; row--) place--;
    if (row > rows.begin) trail->last_non_direct = place;
}

/* trail_add of rows that are all touches, in a plain scan. */
void trail_add_all(struct scan *scan, struct rows rows)
{
    struct trail *trail = &scan->trail;
    const int64_t *at_ms = scan->snapshot->at_ms;
    size_t n = rows.end - rows.begin;

    if (n == 0) return;
    CHECK(n <= trail->capacity - trail->n);
    int64_t *restrict times = trail->at_ms + trail->n;
    for (size_t i = 0; i < n && trail->row; i++) trail->row[trail->n + i] = rows.begin + i;
    for (size_t i = 0; i < n; i++) times[i] = at_ms[rows.begin + i];
    trail_read_groups(scan, rows, trail->group + trail->n);
    if (trail->is_ahead) {
        memcpy(trail->power + trail->n, trail->ahead + (rows.begin - trail->first_ahead), n * sizeof *trail->power);
        trail->n_powers = trail->n + (uint32_t)n;
    }
    trail->n += (uint32_t)n;
    trail->any = rows.end;
    trail->any_ms = at_ms[rows.end - 1];
    if (scan->models & (MODEL_BIT(MODEL_LAST_PAID) | MODEL_BIT(MODEL_LAST_NON_DIRECT))) find_last(scan, rows);
}

const double *trail_powers(struct trail *trail)
{
    if (!trail->power) return NULL;
    decay_follow(&trail->decay, trail->at_ms, trail->power, trail->n_powers, trail->n);
    trail->n_powers = trail->n;
    return trail->power + trail->lo;
}
