/* measure/funnel.c -- the deepest chain of each person, counted.
 *
 * Depth. For each step k keep start[k]: the latest first event from which a chain reaches step k. An event that
 * matches step k moves start[k-1] up to start[k] if it is within the window of it. Of all chains to step k the one
 * that started last leaves the most of the window, so no other needs to be kept; and start[k] only ever moves
 * forward. An event may match several steps (a name may repeat): the steps are taken from the highest down, so that it
 * serves only one step of a chain. That is exact -- every chain is considered -- in O(events x steps); with a bit mask
 * of the steps a name matches, and of the steps open so far, an event that matters to none costs one look-up.
 *
 * Two readings of this: deepest_chain, which answers every question, and deepest_chain_plain, without branches and
 * about twice as fast, for the usual one: no name is two steps, and any touch may come first.
 *
 * Times. The first event to raise the depth completes the person's chain, and start[] has the latest beginning for
 * it. From there the chain is walked once more, each step taken as early as possible, while its rows are still in the
 * cache; its instants are kept until all persons are read, then the medians are selected step by step.
 *
 * Invariants, which the tests hold us to:
 *   F1  persons of step k+1 <= persons of step k, in each group
 *   F2  the walk of a chain of depth d finds its d events before the person's end
 *   F3  groups add up to the answer without groups
 *   F4  both readings give what trying every chain gives
 *
 * Source: DESIGN.md (Funnel); goldens of models/attribution.md 5.4 (ClickHouse windowFunnel, default mode; PostHog
 * time to convert). Memory: for each person who reached step 2, 8 bytes a step of its chain and 16 more.
 * Empty snapshot, or a step that no event has: 0 persons there and after it, medians -1.
 */
#include "measure/funnel.h"

#include <string.h>

#include "measure/median.h"
#include "measure/scratch.h"
#include "measure/session.h"

/* The persons who reached step 2 or more, in the order of the scan: of each a word that says group and depth, then
 * the instants of its chain. Kept in pieces, so that nothing is copied as they grow and no chain crosses a border. */
#define PIECE_WORDS 8192

struct piece {
    struct piece *next;
    size_t n;
    uint64_t word[PIECE_WORDS];
};

struct chains {
    struct piece *first, *last;
    size_t n; /* persons */
};

#define CHAIN_WORD(group, depth) ((uint64_t)(group) << 32 | (depth))
#define CHAIN_GROUP(word) ((uint32_t)((word) >> 32))
#define CHAIN_DEPTH(word) ((uint32_t)(word))

struct chain {
    uint32_t depth; /* 0: not even the first step */
    uint64_t first_row;
};

#define SLOTS (FUNNEL_STEPS_MAX + 3) /* [k] and [k + 1] for step k, and two that events of no step may use */

/* For deepest_chain_plain, by step + 1: the latest first event from which a chain reaches it, and which that was when
 * the person first reached it. Rows are counted from 1 in the order of the scan; one of an earlier person says: not
 * reached yet. */
struct slots {
    uint64_t start_row1[SLOTS], start_ms[SLOTS], first_start_row1[SLOTS];
};

struct funnel_scan {
    const struct snapshot *snapshot;
    const struct funnel_query *query;
    struct arena *arena;
    struct err *err;
    uint32_t steps;
    uint64_t window;
    uint64_t *step_mask; /* by event name id: bit k is set if step k has this name */
    uint64_t start[FUNNEL_STEPS_MAX];
    uint32_t *step_slot; /* by event name id: its step; steps + 1 for none. NULL: deepest_chain_plain cannot answer */
    struct slots slots;
    uint64_t n_read; /* rows of the persons before, for `slots` */
    struct chains chains;
    struct funnel_step *out;
};

static bool query_check(const struct snapshot *snapshot, const struct funnel_query *query, struct err *err)
{
    grouping_check(query->by, snapshot->n_touches);
    if (query->steps < 2 || query->steps > FUNNEL_STEPS_MAX) {
        return err_set_field(err, "step", "a funnel has 2 to %d steps, not %d", FUNNEL_STEPS_MAX, query->steps);
    }
    if (query->window_ms <= 0) {
        return err_set_field(err, "window", "must be longer than 0, not %lld ms", (long long)query->window_ms);
    }
    return true;
}

static bool mask_steps(struct funnel_scan *scan)
{
    uint32_t n_names = scan->snapshot->n_names;

    scan->step_mask = SCRATCH_ARRAY(scan->arena, uint64_t, n_names, scan->err);
    if (!scan->step_mask) return false;
    for (uint32_t k = 0; k < scan->steps; k++) {
        uint32_t name = scan->query->step[k];
        if (name < n_names) scan->step_mask[name] |= UINT64_C(1) << k; /* DICT_NONE is no name */
    }
    return true;
}

/* The table for deepest_chain_plain, if no name is two steps and any touch may come first. */
static bool plan_plain(struct funnel_scan *scan)
{
    uint32_t n_names = scan->snapshot->n_names;

    if (scan->query->first_touch_counts) return true;
    for (uint32_t i = 0; i < n_names; i++) {
        if (scan->step_mask[i] & (scan->step_mask[i] - 1)) return true;
    }
    scan->step_slot = SCRATCH_ARRAY(scan->arena, uint32_t, n_names, scan->err);
    if (!scan->step_slot) return false;
    for (uint32_t i = 0; i < n_names; i++) {
        uint64_t mask = scan->step_mask[i];
        scan->step_slot[i] = mask == 0 ? scan->steps + 1 : (uint32_t)__builtin_ctzll(mask);
    }
    return true;
}

/* ---- one person ---- */

/* Let the event at `row` take step k; true if it does. start[k] is then known. */
static bool take_step(struct funnel_scan *scan, uint32_t k, uint64_t row, uint32_t session_touch)
{
    const struct snapshot *snapshot = scan->snapshot;

    if (k == 0) {
        const bool *counts = scan->query->first_touch_counts;
        if (counts && !counts[session_touch]) return false;
        scan->start[0] = row;
        return true;
    }
    uint64_t start = scan->start[k - 1];
    if (elapsed_ms(snapshot->at_ms[start], snapshot->at_ms[row]) > scan->window) return false;
    scan->start[k] = start;
    return true;
}

static struct chain deepest_chain(struct funnel_scan *scan, uint64_t row, uint64_t end)
{
    const struct snapshot *snapshot = scan->snapshot;
    struct chain best = {0};
    struct session session = {0}; /* only kept if touches matter */
    uint64_t open = 1;            /* bits of the steps whose predecessor was reached */

    for (; row < end; row++) {
        uint64_t mask = scan->step_mask[snapshot->name[row]] & open;

        if (scan->query->first_touch_counts)
            (void)session_begins(&session, snapshot->touches, snapshot->touch[row], snapshot->at_ms[row]);
        if (mask == 0 || !range_holds(scan->query->range, snapshot->at_ms[row])) continue;
        while (mask != 0) {
            uint32_t k = 63U - (uint32_t)__builtin_clzll(mask);

            mask ^= UINT64_C(1) << k;
            if (!take_step(scan, k, row, session.touch) || k < best.depth) continue;
            best = (struct chain){.depth = k + 1, .first_row = scan->start[k]};
            if (best.depth == scan->steps) return best;
            open = open << 1 | 1;
        }
    }
    return best;
}

static uint64_t bit(bool claim)
{
    return claim ? 1 : 0;
}

/* `yes` if `claim` is 1, `no` if it is 0. */
static uint64_t choose(uint64_t claim, uint64_t yes, uint64_t no)
{
    return no ^ ((no ^ yes) & (0 - claim));
}

/* The same for plain funnels, without a branch on the data: which step an event is nobody can foresee, the processor
 * neither, and a wrong guess costs it more than all of this. Step k reads slot k and writes slot k + 1; slot 0 is the
 * event itself. A step that was not reached has a beginning of an earlier person, and hands on nothing but that. */
static struct chain deepest_chain_plain(struct funnel_scan *scan, uint64_t row, uint64_t end)
{
    const int64_t *at = scan->snapshot->at_ms;
    const uint16_t *name = scan->snapshot->name;
    const uint32_t *step_slot = scan->step_slot;
    const struct range range = scan->query->range;
    const uint64_t begin = row, before = scan->n_read, window = scan->window;
    struct slots *slots = &scan->slots;
    uint32_t depth = scan->steps;

    for (; row < end; row++) {
        int64_t at_ms = at[row];
        uint32_t k = step_slot[name[row]];

        slots->start_row1[0] = before + (row - begin) + 1;
        slots->start_ms[0] = (uint64_t)at_ms;
        uint64_t start_row1 = slots->start_row1[k], start_ms = slots->start_ms[k], was_row1 = slots->start_row1[k + 1];
        uint64_t reached =
            bit((uint64_t)at_ms - start_ms <= window) & bit(at_ms >= range.from_ms) & bit(at_ms < range.to_ms);
        uint64_t is_first = reached & bit(was_row1 <= before);
        slots->start_row1[k + 1] = choose(reached, start_row1, was_row1);
        slots->start_ms[k + 1] = choose(reached, start_ms, slots->start_ms[k + 1]);
        slots->first_start_row1[k + 1] = choose(is_first, start_row1, slots->first_start_row1[k + 1]);
    }
    while (depth > 0 && slots->start_row1[depth] <= before) depth--;
    scan->n_read += end - begin;
    return (struct chain){
        .depth = depth,
        .first_row = depth > 0 ? begin + (slots->first_start_row1[depth] - before - 1) : 0,
    };
}

/* Room for one more chain, its word included; NULL and err when the arena has none. */
static uint64_t *chains_add(struct funnel_scan *scan, uint32_t depth)
{
    struct chains *chains = &scan->chains;
    struct piece *piece = chains->last;

    if (!piece || piece->n + depth + 1 > PIECE_WORDS) {
        piece = SCRATCH_ARRAY(scan->arena, struct piece, 1, scan->err);
        if (!piece) return NULL;
        if (chains->last) chains->last->next = piece;
        if (!chains->first) chains->first = piece;
        chains->last = piece;
    }
    uint64_t *word = piece->word + piece->n;
    piece->n += depth + 1;
    chains->n++;
    return word;
}

/* Keep the instants of a chain of two steps or more, each step as early as possible from its first event on. */
static bool keep_chain(struct funnel_scan *scan, struct chain chain, uint64_t end, uint32_t group)
{
    const struct snapshot *snapshot = scan->snapshot;
    uint64_t *word = chains_add(scan, chain.depth);
    uint64_t row = chain.first_row;

    if (!word) return false;
    *word++ = CHAIN_WORD(group, chain.depth);
    for (uint32_t k = 0; k < chain.depth; k++, row++) {
        while (row < end && (scan->step_mask[snapshot->name[row]] >> k & 1) == 0) row++;
        CHECK(row < end); /* F2 */
        *word++ = (uint64_t)snapshot->at_ms[row];
    }
    return true;
}

static bool count_persons(struct funnel_scan *scan)
{
    const struct snapshot *snapshot = scan->snapshot;

    for (uint32_t person = 0; person < snapshot->n_places; person++) {
        struct rows rows = snapshot_rows(snapshot, person);
        struct chain chain = scan->step_slot ? deepest_chain_plain(scan, rows.begin, rows.end)
                                             : deepest_chain(scan, rows.begin, rows.end);
        if (chain.depth == 0) continue;

        uint32_t group = grouping_of(scan->query->by, session_touch_at(snapshot, rows.begin, chain.first_row));
        struct funnel_step *step = scan->out + (size_t)group * scan->steps;
        for (uint32_t k = 0; k < chain.depth; k++) step[k].persons++;
        if (chain.depth >= 2 && !keep_chain(scan, chain, rows.end, group)) return false;
    }
    return true;
}

/* ---- medians ---- */

/* Room for one step at a time: how long each person took to it, group by group. */
struct lengths {
    uint64_t *ms;
    size_t *next; /* by group: where its next one goes; in the end one past its last */
};

static void fill_lengths(const struct funnel_scan *scan, uint32_t k, bool from_first, struct lengths *lengths)
{
    size_t begin = 0;

    for (uint32_t group = 0; group < scan->query->by.n; group++) {
        lengths->next[group] = begin;
        begin += (size_t)scan->out[(size_t)group * scan->steps + k].persons;
    }
    for (const struct piece *piece = scan->chains.first; piece; piece = piece->next) {
        for (size_t i = 0; i < piece->n;) {
            uint64_t word = piece->word[i++];
            const uint64_t *at_ms = piece->word + i;

            i += CHAIN_DEPTH(word);
            if (CHAIN_DEPTH(word) <= k) continue;
            lengths->ms[lengths->next[CHAIN_GROUP(word)]++] = at_ms[k] - at_ms[from_first ? 0 : k - 1];
        }
    }
}

static void put_medians(struct funnel_scan *scan, uint32_t k, bool from_first, struct lengths *lengths)
{
    fill_lengths(scan, k, from_first, lengths);
    for (uint32_t group = 0; group < scan->query->by.n; group++) {
        struct funnel_step *step = &scan->out[(size_t)group * scan->steps + k];
        if (step->persons == 0) continue;

        uint64_t *ms = lengths->ms + (lengths->next[group] - (size_t)step->persons);
        uint64_t median = median_of(ms, (size_t)step->persons);
        int64_t shown = median > INT64_MAX ? INT64_MAX : (int64_t)median;
        if (from_first) step->median_from_first_ms = shown;
        if (!from_first) step->median_ms = shown;
    }
}

static bool find_medians(struct funnel_scan *scan)
{
    size_t n_out = (size_t)scan->query->by.n * scan->steps;
    struct lengths lengths;

    lengths.ms = SCRATCH_ARRAY(scan->arena, uint64_t, scan->chains.n, scan->err);
    if (!lengths.ms) return false;
    lengths.next = SCRATCH_ARRAY(scan->arena, size_t, scan->query->by.n, scan->err);
    if (!lengths.next) return false;
    for (size_t i = 0; i < n_out; i++) {
        if (scan->out[i].persons == 0) scan->out[i].median_ms = scan->out[i].median_from_first_ms = -1;
    }
    for (uint32_t k = 1; k < scan->steps && scan->chains.n > 0; k++) {
        put_medians(scan, k, false, &lengths);
        put_medians(scan, k, true, &lengths);
    }
    return true;
}

bool funnel_count(const struct snapshot *snapshot, const struct funnel_query *query, struct arena *arena,
                  struct funnel_step *out, struct err *err)
{
    struct funnel_scan scan = {.snapshot = snapshot, .query = query, .arena = arena, .err = err};

    if (!query_check(snapshot, query, err)) return false;
    scan.steps = (uint32_t)query->steps;
    scan.window = length_limit(query->window_ms);
    size_t n_out = (size_t)query->by.n * scan.steps;
    scan.out = SCRATCH_ARRAY(arena, struct funnel_step, n_out, err);
    if (!scan.out) return false;
    if (!mask_steps(&scan) || !plan_plain(&scan)) return false;
    if (!count_persons(&scan)) return false;
    if (!find_medians(&scan)) return false;
    if (n_out > 0) memcpy(out, scan.out, n_out * sizeof *out);
    return true;
}
