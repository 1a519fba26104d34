/* measure/trail.c -- the touches of one person or many, as the scan reads them.
 *
 * Touches come one by one, or in a plain scan (attribution_int.h) many in one go, in time order. What a reader asks of
 * each is kept in an array of its own: group, time, row, whether it was paid for, and for time_decay its power. A
 * reader that can wait finds the touches of many persons behind each other, and settles what it kept of them in one
 * pass.
 */
#include "measure/attribution_int.h"
#include "measure/scratch.h"

#define TOGETHER GROUP_PAD /* most stretches are so short: no guess where they end */
#define MANY 2048          /* touches settled together: what is kept of them stays in the second cache */

#define KIND_MODELS (MODEL_BIT(MODEL_LAST_PAID) | MODEL_BIT(MODEL_LAST_NON_DIRECT))

/* Arrays of so many touches, instead of those that are there. */
static bool take(struct scan *scan, uint32_t capacity)
{
    struct trail *trail = &scan->trail;

    trail->capacity = 0;
    if (scan->rows) {
        trail->row = SCRATCH_ARRAY(scan->arena, uint64_t, capacity, scan->err);
        if (!trail->row) return false;
    }
    trail->at_ms = SCRATCH_ARRAY(scan->arena, int64_t, capacity, scan->err);
    if (!trail->at_ms) return false;
    trail->group = SCRATCH_ARRAY(scan->arena, uint32_t, (size_t)capacity + GROUP_PAD, scan->err);
    if (!trail->group) return false;
    if (scan->models & KIND_MODELS) {
        trail->kind = SCRATCH_ARRAY(scan->arena, uint8_t, (size_t)capacity + GROUP_PAD, scan->err);
        if (!trail->kind) return false;
    }
    if (scan_wants(scan, MODEL_TIME_DECAY)) {
        trail->power = SCRATCH_ARRAY(scan->arena, double, (size_t)capacity + DECAY_PAD, scan->err);
        if (!trail->power) return false;
    }
    if (scan->line) {
        trail->null = SCRATCH_ARRAY(scan->arena, uint8_t, capacity, scan->err);
        if (!trail->null) return false;
    }
    if (scan->models && !scan->together && !model_split_reserve(&scan->split, capacity, scan->arena, scan->err))
        return false;
    trail->capacity = capacity;
    return true;
}

bool trail_room(struct scan *scan, uint64_t n)
{
    struct trail *trail = &scan->trail;
    uint64_t capacity = 2 * (uint64_t)trail->capacity;

    if (scan->together && n <= trail->capacity - trail->n) return true;
    if (scan->together) scan->settle(scan);
    trail->n = trail->n_powers = 0;
    if (n <= trail->capacity) return true;
    if (capacity < n) capacity = n;
    if (capacity < MANY && scan->together) capacity = MANY;
    if (capacity >= UINT32_MAX)
        return err_set(scan->err, ERR_LIMIT, "one person has %llu events", (unsigned long long)n);
    return take(scan, (uint32_t)capacity);
}

void trail_begin(struct scan *scan, uint32_t place)
{
    struct trail *trail = &scan->trail;

    trail->begin = trail->n = trail->lo = trail->seen = trail->n_kinds = place;
    if (!trail->decay.common) trail->n_powers = place;
    trail->last_paid = trail->last_non_direct = 0;
    trail->lead.place_plus_1 = trail->opportunity.place_plus_1 = 0;
    trail->any = trail->any_must = trail->converted = 0;
    trail->after = place;
}

void trail_end(struct scan *scan)
{
    if (scan->settle && !scan->together) scan->settle(scan);
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
    if (trail->kind) trail->kind[trail->n] = mark.kind;
    trail->at_ms[trail->n] = at_ms;
    trail->group[trail->n] = mark.group;
    trail->n++;
}

void trail_read_groups(const struct scan *scan, struct rows rows, uint32_t *group)
{
    const uint32_t *touch = scan->snapshot->touch;
    uint64_t row = rows.begin;

    for (; row < rows.end && row + TOGETHER <= scan->base_end; row += TOGETHER, group += TOGETHER)
        for (uint32_t i = 0; i < TOGETHER; i++) group[i] = scan->mark[touch[row + i]].group;
    for (; row < rows.end; row++) *group++ = scan->mark[touch[row]].group;
}

static void read_kinds(const struct scan *scan, struct rows rows, uint8_t *kind)
{
    const uint32_t *touch = scan->snapshot->touch;
    uint64_t row = rows.begin;

    for (; row < rows.end && row + TOGETHER <= scan->base_end; row += TOGETHER, kind += TOGETHER)
        for (uint32_t i = 0; i < TOGETHER; i++) kind[i] = scan->mark[touch[row + i]].kind;
    for (; row < rows.end; row++) *kind++ = scan->mark[touch[row]].kind;
}

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
    if (trail->kind) read_kinds(scan, rows, trail->kind + trail->n);
    trail->n += (uint32_t)n;
    trail->any = rows.end;
    trail->any_ms = at_ms[rows.end - 1];
}

void trail_lay(struct scan *scan, const uint64_t *row, uint32_t n)
{
    const struct snapshot *snapshot = scan->snapshot;
    struct trail *trail = &scan->trail;

    if (n == 0) return;
    CHECK(n <= trail->capacity - trail->n);
    int64_t *restrict at_ms = trail->at_ms + trail->n;
    uint32_t *restrict group = trail->group + trail->n;
    for (uint32_t i = 0; i < n && trail->row; i++) trail->row[trail->n + i] = row[i];
    for (uint32_t i = 0; i < n && trail->kind; i++)
        trail->kind[trail->n + i] = scan->mark[snapshot->touch[row[i]]].kind;
    for (uint32_t i = 0; i < n; i++) {
        at_ms[i] = snapshot->at_ms[row[i]];
        group[i] = scan->mark[snapshot->touch[row[i]]].group;
    }
}

void trail_find_last(struct trail *trail)
{
    uint32_t paid = trail->n, other = trail->n;

    if (!trail->kind) return;
    while (paid > trail->n_kinds && !(trail->kind[paid - 1] & KIND_PAID)) paid--;
    if (paid > trail->n_kinds) trail->last_paid = paid;
    while (other > trail->n_kinds && (trail->kind[other - 1] & KIND_DIRECT)) other--;
    if (other > trail->n_kinds) trail->last_non_direct = other;
    trail->n_kinds = trail->n;
}

void trail_raise(struct trail *trail)
{
    uint32_t begin = trail->decay.common ? 0 : trail->begin;

    if (!trail->power) return;
    decay_follow(&trail->decay, trail->at_ms + begin, trail->power + begin, trail->n_powers - begin, trail->n - begin);
    trail->n_powers = trail->n;
}
