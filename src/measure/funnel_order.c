/* measure/funnel_order.c -- the deepest chain among rows of one person, for each order of steps.
 *
 * Best. For each step k keep the latest chain that reaches it: start[k], its first event, and last[k], the one that
 * took step k. An event that matches step k goes on from the chain that step k - 1 keeps, if it is within both limits
 * of it. No other chain needs to be kept: as time goes on both rows only move forward, so of all chains to a step the
 * latest leaves the most of the window and of the step's own limit. An event may match several steps (a name may
 * repeat): the steps are taken from the highest down, so that it serves only one step of a chain. That is exact --
 * every chain is considered -- in O(events x steps); with a bit mask of the steps a name matches, and of the steps open
 * so far, an event that matters to none costs one look-up.
 *
 * Plain. The same without branches, for the usual question: no name is two steps, any touch may come first, no step has
 * a limit of its own. Only the instants of the first events are kept: which event the deepest chain began with is found
 * from its last one, back by the names alone, if it is asked for.
 *
 * Strict. Bit k of a word says that the k + 1 events up to here are steps 0..k: the next event shifts the word by one
 * and keeps what its name matches (shift-and, Baeza-Yates and Gonnet). Of ClickHouse's windowFunnel this is
 * strict_order together with strict_deduplication, tried at every event rather than up to the first that does not fit.
 *
 * Any. Step k, the j-th with its name, is served by the j-th latest event of that name, so the smallest set of the
 * latest events for k steps begins at the earliest of those that serve steps 0..k. Where a chain may not begin
 * anywhere, it begins at the last event up to there that may; that place only moves forward, too.
 */
#include "measure/funnel_int.h"

#include <string.h>

/* Of the chains of `depth` steps whose last event is at `row`, the one that begins last: its first event. */
static uint64_t latest_start(const struct funnel_plan *plan, uint64_t row, uint32_t depth)
{
    const uint16_t *name = plan->snapshot->name;

    for (uint32_t k = depth - 1; k > 0; k--) {
        do row--;
        while (plan->step_of[name[row]] != k - 1);
    }
    return row;
}

static uint64_t all_bits(uint64_t claim)
{
    return 0 - claim;
}

/* Which step an event is nobody can foresee, the processor neither, and a wrong guess costs it more than all of this:
 * there is no branch in here that depends on an event. Step k reads start_ms[k], which holds something only if k <=
 * depth, and writes start_ms[k + 1]; [0] is the event itself, and what is written there instead is of no use. */
void funnel_read_plain(struct funnel_reader *reader, uint64_t row, uint64_t end, struct funnel_chain *out)
{
    const struct funnel_plan *plan = reader->plan;
    const int64_t *at = plan->snapshot->at_ms;
    const uint16_t *name = plan->snapshot->name;
    const uint8_t *step_of = plan->step_of;
    const uint64_t window = plan->window;
    const uint32_t most = plan->known;
    uint64_t *start_ms = reader->start_ms, last_row = row;
    uint32_t depth = 0;

    for (; row < end && depth < most; row++) {
        uint64_t at_ms = (uint64_t)at[row];
        uint32_t k = step_of[name[row]];

        start_ms[0] = at_ms;
        uint64_t from_ms = start_ms[k];
        uint64_t goes_on = all_bits((k <= depth) & (at_ms - from_ms <= window)), deeper = goes_on & (k == depth);
        start_ms[(k + 1) & goes_on] = from_ms;
        last_row ^= (last_row ^ row) & all_bits(deeper);
        depth += (uint32_t)deeper;
    }
    out->depth = depth;
    out->last_row = last_row;
    if (plan->needs_start && depth > 0) out->first_row = latest_start(plan, last_row, depth);
}

static bool may_open(const struct funnel_reader *reader, uint64_t row)
{
    return !reader->opens || reader->opens[row - reader->begin];
}

/* Let the event at `row` take step k; true if it does. start[k] is then known. */
static bool take_step(struct funnel_reader *reader, uint32_t k, uint64_t row)
{
    const struct funnel_plan *plan = reader->plan;
    const int64_t *at = plan->snapshot->at_ms;

    if (k == 0) {
        if (!may_open(reader, row)) return false;
        reader->start[0] = reader->last[0] = row;
        return true;
    }
    uint64_t start = reader->start[k - 1];
    if (elapsed_ms(at[start], at[row]) > plan->window) return false;
    if (elapsed_ms(at[reader->last[k - 1]], at[row]) > plan->step_window[k]) return false;
    reader->start[k] = start;
    reader->last[k] = row;
    return true;
}

void funnel_read_best(struct funnel_reader *reader, uint64_t row, uint64_t end, struct funnel_chain *out)
{
    const uint64_t *step_mask = reader->plan->step_mask;
    const uint16_t *name = reader->plan->snapshot->name;
    struct funnel_chain best = {0};
    uint64_t open = 1; /* bits of the steps whose predecessor was reached */

    for (; row < end && best.depth < reader->plan->steps; row++) {
        uint64_t mask = step_mask[name[row]] & open;

        while (mask != 0) {
            uint32_t k = 63U - (uint32_t)__builtin_clzll(mask);

            mask ^= UINT64_C(1) << k;
            if (!take_step(reader, k, row) || k < best.depth) continue;
            best = (struct funnel_chain){.depth = k + 1, .first_row = reader->start[k], .last_row = row};
            open = open << 1 | 1;
        }
    }
    *out = best;
}

/* Of the runs that end at `row`, those that are within the limits. */
static uint64_t within_limits(const struct funnel_plan *plan, uint64_t runs, uint64_t row)
{
    const int64_t *at = plan->snapshot->at_ms;

    for (uint64_t left = runs & ~UINT64_C(1); left != 0; left &= left - 1) {
        uint32_t k = (uint32_t)__builtin_ctzll(left);
        if (elapsed_ms(at[row - k], at[row]) > plan->window || elapsed_ms(at[row - 1], at[row]) > plan->step_window[k])
            runs ^= UINT64_C(1) << k;
    }
    return runs;
}

void funnel_read_strict(struct funnel_reader *reader, uint64_t row, uint64_t end, struct funnel_chain *out)
{
    const struct funnel_plan *plan = reader->plan;
    struct funnel_chain best = {0};
    uint64_t runs = 0;

    for (; row < end && best.depth < plan->steps; row++) {
        runs = (runs << 1 | 1) & plan->step_mask[plan->snapshot->name[row]];
        if (!may_open(reader, row)) runs &= ~UINT64_C(1);
        runs = within_limits(plan, runs, row);
        if (runs == 0) continue;
        uint32_t k = 63U - (uint32_t)__builtin_clzll(runs);
        if (k >= best.depth) best = (struct funnel_chain){.depth = k + 1, .first_row = row - k, .last_row = row};
    }
    *out = best;
}

/* The last event up to `row` that a chain of steps 0..k may begin with, plus 1; 0: none. */
static uint64_t opening_row1(struct funnel_reader *reader, uint32_t k, uint64_t row)
{
    const struct funnel_plan *plan = reader->plan;
    struct funnel_opening *opening = &reader->opening[k];

    if (!reader->opens) return row + 1;
    for (; opening->next <= row; opening->next++) {
        uint64_t mask = plan->step_mask[plan->snapshot->name[opening->next]] & UINT64_MAX >> (63 - k);
        if (mask != 0 && may_open(reader, opening->next)) opening->found_row1 = opening->next + 1;
    }
    return opening->found_row1;
}

/* Can a deeper chain be completed by the event at `row`? latest_row1[k]: the event that serves step k, plus 1. */
static void raise_any(struct funnel_reader *reader, const uint64_t *latest_row1, uint64_t row,
                      struct funnel_chain *best)
{
    const struct funnel_plan *plan = reader->plan;
    const int64_t *at = plan->snapshot->at_ms;
    uint64_t earliest_row1 = UINT64_MAX;

    for (uint32_t k = 0; k < plan->steps && latest_row1[k] != 0; k++) {
        if (latest_row1[k] < earliest_row1) earliest_row1 = latest_row1[k];
        if (k < best->depth) continue;
        uint64_t first_row1 = opening_row1(reader, k, earliest_row1 - 1);
        if (first_row1 == 0 || elapsed_ms(at[first_row1 - 1], at[row]) > plan->window) continue;
        *best = (struct funnel_chain){.depth = k + 1, .first_row = first_row1 - 1, .last_row = row};
    }
}

void funnel_read_any(struct funnel_reader *reader, uint64_t row, uint64_t end, struct funnel_chain *out)
{
    const struct funnel_plan *plan = reader->plan;
    struct funnel_chain best = {0};
    uint64_t latest_row1[FUNNEL_STEPS_MAX];

    memset(latest_row1, 0, plan->steps * sizeof *latest_row1);
    for (uint32_t k = 0; reader->opens && k < plan->steps; k++)
        reader->opening[k] = (struct funnel_opening){.next = row};
    for (; row < end && best.depth < plan->steps; row++) {
        uint64_t mask = plan->step_mask[plan->snapshot->name[row]], served = row + 1;

        if (mask == 0) continue;
        for (; mask != 0; mask &= mask - 1) { /* each step of the name hands its event to the next */
            uint32_t k = (uint32_t)__builtin_ctzll(mask);
            uint64_t before = latest_row1[k];
            latest_row1[k] = served;
            served = before;
        }
        raise_any(reader, latest_row1, row, &best);
    }
    *out = best;
}
