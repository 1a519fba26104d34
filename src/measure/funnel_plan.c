/* measure/funnel_plan.c -- a question made ready, a person read by it, and a chain's events found again.
 *
 * Excluded events cut a person's rows into stretches: a chain lies in one of them, so the readings know nothing of
 * exclusions. The range cuts off both ends likewise.
 *
 * The walk of a chain finds its events anew, while the rows are still in the cache: from the first one on, each step
 * as early as it can be. With limits of the steps' own the earliest may lead nowhere, so the rows are looked at
 * backwards before: a row is feasible as step k if the next feasible one for step k + 1 is within its limit.
 */
#include "measure/funnel_int.h"

#include <string.h>

#include "measure/periods.h"
#include "measure/scratch.h"
#include "measure/session.h"

/* ---- the plan ---- */

static bool steps_check(const struct snapshot *snapshot, const struct funnel_query *query, struct err *err)
{
    if (query->steps < 2 || query->steps > FUNNEL_STEPS_MAX) {
        return err_set_field(err, "step", "a funnel has 2 to %d steps, not %d", FUNNEL_STEPS_MAX, query->steps);
    }
    for (int k = 0; k < query->steps; k++) {
        if (query->step_window_ms[k] < 0)
            return err_set_field(err, "step_window", "must be longer than 0, not %lld ms",
                                 (long long)query->step_window_ms[k]);
        if (k > 0 && query->step_window_ms[k] != 0 && query->order == FUNNEL_ANY)
            return err_set_field(err, "step_window", "steps in any order have no step before them to be limited from");
        if (query->excluded && query->step[k] < snapshot->n_names && query->excluded[query->step[k]])
            return err_set_field(err, "exclude", "step %d cannot be excluded", k + 1);
    }
    return true;
}

static bool query_check(const struct snapshot *snapshot, const struct funnel_query *query, struct err *err)
{
    grouping_check(query->by, snapshot->n_touches);
    if (query->window_ms <= 0) {
        return err_set_field(err, "window", "must be longer than 0, not %lld ms", (long long)query->window_ms);
    }
    return steps_check(snapshot, query, err);
}

static bool mask_steps(struct funnel_plan *plan, struct arena *arena, struct err *err)
{
    uint32_t n_names = plan->snapshot->n_names;

    plan->step_mask = SCRATCH_ARRAY(arena, uint64_t, n_names, err);
    if (!plan->step_mask) return false;
    for (uint32_t k = 0; k < plan->steps; k++) {
        uint32_t name = plan->query->step[k];
        if (name >= n_names) continue; /* DICT_NONE */
        plan->step_mask[name] |= UINT64_C(1) << k;
        if (plan->known == k) plan->known = k + 1;
    }
    return true;
}

static bool is_plain(const struct funnel_plan *plan)
{
    if (plan->query->first_touch_counts || plan->has_step_windows) return false;
    for (uint32_t i = 0; i < plan->snapshot->n_names; i++) {
        if (plan->step_mask[i] & (plan->step_mask[i] - 1)) return false;
    }
    return true;
}

static bool number_steps(struct funnel_plan *plan, struct arena *arena, struct err *err)
{
    uint32_t n_names = plan->snapshot->n_names;

    plan->step_of = SCRATCH_ARRAY(arena, uint8_t, n_names, err);
    if (!plan->step_of) return false;
    for (uint32_t i = 0; i < n_names; i++) {
        uint64_t mask = plan->step_mask[i];
        plan->step_of[i] = mask == 0 ? FUNNEL_STEPS_MAX : (uint8_t)__builtin_ctzll(mask);
    }
    return true;
}

bool funnel_plan_make(const struct snapshot *snapshot, const struct funnel_query *query, struct arena *arena,
                      struct funnel_plan *out, struct err *err)
{
    static funnel_read_fn *const READINGS[] = {
        [FUNNEL_BEST] = funnel_read_best, [FUNNEL_STRICT] = funnel_read_strict, [FUNNEL_ANY] = funnel_read_any};
    struct funnel_plan plan = {.snapshot = snapshot, .query = query, .read = READINGS[query->order]};

    if (!query_check(snapshot, query, err)) return false;
    plan.steps = (uint32_t)query->steps;
    plan.window = length_limit(query->window_ms);
    plan.all_time = query->range.from_ms == INT64_MIN && query->range.to_ms == INT64_MAX;
    for (uint32_t k = 0; k < plan.steps; k++) {
        plan.step_window[k] = query->step_window_ms[k] ? length_limit(query->step_window_ms[k]) : UINT64_MAX;
        if (k > 0 && plan.step_window[k] != UINT64_MAX) plan.has_step_windows = true;
    }
    if (!mask_steps(&plan, arena, err)) return false;
    if (query->order == FUNNEL_BEST && is_plain(&plan)) {
        if (!number_steps(&plan, arena, err)) return false;
        plan.read = funnel_read_plain;
    }
    *out = plan;
    return true;
}

/* ---- a person ---- */

/* Room for the longest person so far and half as much again: all that is taken is three times as much at most. */
static uint64_t grown(uint64_t n)
{
    return n + n / 2;
}

/* The events that a chain may begin with, by the touch of their session. */
static bool mark_openings(struct funnel_reader *reader, uint64_t begin, uint64_t end)
{
    const struct snapshot *snapshot = reader->plan->snapshot;
    struct session session = {0};

    if (end - begin > reader->opens_cap) {
        uint64_t cap = grown(end - begin);
        reader->opens = SCRATCH_ARRAY(reader->arena, bool, cap, reader->err);
        if (!reader->opens) return false;
        reader->opens_cap = cap;
    }
    reader->begin = begin;
    for (uint64_t row = begin; row < end; row++) {
        (void)session_begins(&session, snapshot->touches, snapshot->touch[row], snapshot->at_ms[row]);
        reader->opens[row - begin] = reader->plan->query->first_touch_counts[session.touch];
    }
    return true;
}

static void read_stretches(struct funnel_reader *reader, uint64_t row, uint64_t end, struct funnel_chain *out)
{
    const uint16_t *name = reader->plan->snapshot->name;
    const bool *excluded = reader->plan->query->excluded;
    struct funnel_chain chain = {0};

    out->depth = 0;
    for (uint64_t from = row; row <= end && out->depth < reader->plan->steps; row++) {
        if (row < end && !excluded[name[row]]) continue;
        reader->plan->read(reader, from, row, &chain);
        if (chain.depth > out->depth) *out = chain;
        from = row + 1;
    }
}

/* The rows of the range. */
static struct rows cut_range(const struct snapshot *snapshot, struct rows rows, struct range range)
{
    const int64_t *at = snapshot->at_ms;

    if (at[rows.begin] >= range.from_ms && at[rows.end - 1] < range.to_ms) return rows;
    if (at[rows.begin] >= range.to_ms || at[rows.end - 1] < range.from_ms) return (struct rows){0, 0};
    while (rows.begin < rows.end && at[rows.begin] < range.from_ms) rows.begin++;
    while (rows.begin < rows.end && at[rows.end - 1] >= range.to_ms) rows.end--;
    return rows;
}

bool funnel_read(struct funnel_reader *reader, uint32_t place, struct funnel_chain *out)
{
    const struct funnel_plan *plan = reader->plan;
    struct rows all = snapshot_rows(plan->snapshot, place), rows;

    out->depth = 0;
    rows_ahead(plan->snapshot, place);
    if (all.begin == all.end) return true;
    rows = plan->all_time ? all : cut_range(plan->snapshot, all, plan->query->range);
    if (rows.begin == rows.end) return true;
    if (plan->query->first_touch_counts && !mark_openings(reader, all.begin, rows.end)) return false;
    if (plan->query->excluded) {
        read_stretches(reader, rows.begin, rows.end, out);
    } else {
        plan->read(reader, rows.begin, rows.end, out);
    }
    out->begin = all.begin;
    out->end = rows.end;
    return true;
}

uint32_t funnel_group(const struct funnel_plan *plan, const struct funnel_chain *chain)
{
    if (!plan->query->by.key) return 0;
    return grouping_of(plan->query->by, session_touch_at(plan->snapshot, chain->begin, chain->first_row));
}

/* ---- the walk ---- */

static void walk_best(const struct funnel_plan *plan, const struct funnel_chain *chain, int64_t *at_ms)
{
    const uint16_t *name = plan->snapshot->name;
    uint64_t row = chain->first_row;

    for (uint32_t k = 0; k < chain->depth; row++) {
        CHECK(row < chain->end); /* F2 */
        at_ms[k] = plan->snapshot->at_ms[row];
        k += (uint32_t)(plan->step_mask[name[row]] >> k & 1);
    }
}

/* The steps that the event at `row` can be in a chain that ends at chain->last_row; next_row1[k] is brought up to it.
 */
static uint64_t feasible_steps(const struct funnel_plan *plan, const struct funnel_chain *chain, uint64_t row,
                               uint64_t *next_row1)
{
    const int64_t *at = plan->snapshot->at_ms;
    uint64_t mask = plan->step_mask[plan->snapshot->name[row]] & UINT64_MAX >> (64 - chain->depth), feasible = 0;

    for (; mask != 0; mask &= mask - 1) { /* upwards: next_row1[k + 1] is still that of a later row */
        uint32_t k = (uint32_t)__builtin_ctzll(mask);
        if (k + 1 < chain->depth) {
            uint64_t next = next_row1[k + 1];
            if (next == 0 || elapsed_ms(at[row], at[next - 1]) > plan->step_window[k + 1]) continue;
        }
        feasible |= UINT64_C(1) << k;
        next_row1[k] = row + 1;
    }
    return feasible;
}

static bool walk_limited(struct funnel_reader *reader, const struct funnel_chain *chain, int64_t *at_ms)
{
    const struct funnel_plan *plan = reader->plan;
    uint64_t n = chain->last_row - chain->first_row + 1, next_row1[FUNNEL_STEPS_MAX] = {0};

    if (n > reader->feasible_cap) {
        uint64_t cap = grown(n);
        reader->feasible = SCRATCH_ARRAY(reader->arena, uint64_t, cap, reader->err);
        if (!reader->feasible) return false;
        reader->feasible_cap = cap;
    }
    for (uint64_t i = n; i-- > 0;) reader->feasible[i] = feasible_steps(plan, chain, chain->first_row + i, next_row1);
    for (uint64_t i = 0, k = 0; k < chain->depth; i++) {
        CHECK(i < n); /* F2 */
        at_ms[k] = plan->snapshot->at_ms[chain->first_row + i];
        k += reader->feasible[i] >> k & 1;
    }
    return true;
}

static void walk_any(const struct funnel_plan *plan, const struct funnel_chain *chain, int64_t *at_ms)
{
    uint64_t missing = UINT64_MAX >> (64 - chain->depth), row = chain->first_row;

    for (uint32_t k = 0; k < chain->depth; row++) {
        CHECK(row < chain->end); /* F2 */
        uint64_t mask = plan->step_mask[plan->snapshot->name[row]] & missing;
        if (mask == 0) continue;
        missing ^= mask & (0 - mask); /* its lowest step */
        at_ms[k++] = plan->snapshot->at_ms[row];
    }
}

bool funnel_walk(struct funnel_reader *reader, const struct funnel_chain *chain, int64_t *at_ms)
{
    const struct funnel_plan *plan = reader->plan;

    switch (plan->query->order) {
    case FUNNEL_BEST:
        if (plan->has_step_windows) return walk_limited(reader, chain, at_ms);
        walk_best(plan, chain, at_ms);
        return true;
    case FUNNEL_STRICT:
        memcpy(at_ms, plan->snapshot->at_ms + chain->first_row, chain->depth * sizeof *at_ms);
        return true;
    case FUNNEL_ANY: walk_any(plan, chain, at_ms); return true;
    }
    return true;
}
