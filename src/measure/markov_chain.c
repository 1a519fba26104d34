/* measure/markov_chain.c -- the order-k chain of a path table, as ChannelAttribution builds it.
 *
 *   path  a a b c, k = 2    (start) -> aa -> ab -> bc -> (conversion) or (null)
 *   path  a,       k = 2    (start) -> a  -> ...              shorter than k: one short state, no padding
 *   path  a a a b, k = 2    (start) -> aa -> ab -> ...        the same state again is no transition
 *
 * Each row counts conversions + nulls on every transition; its last state gives conversions to (conversion) and nulls
 * to (null). A table without nulls has no null mass. So journeys flow through the states without loss: the expected
 * number of visits to a state, over a walk, is just how often the paths visit it. The solver lives off that.
 *
 * States are numbered in reverse postorder of a depth-first walk along the transitions: a chain without cycles has all
 * its transitions upwards, any other few downwards.
 *
 * Source: models/attribution.md 4.3. Cost: O(touches * k); memory about 150 bytes a touch of distinct paths at most.
 */
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "measure/markov_int.h"
#include "measure/scratch.h"

/* What the paths say, state by state in order of appearance. */
struct tally {
    struct chain chain;
    uint32_t *slot; /* state + 1 by hash; 0: free */
    size_t n_slots;
    uint64_t n_moves;
    uint32_t *from, *to;
    double *weight;
};

static struct gram gram_at(const struct path *path, uint32_t at, uint32_t length)
{
    struct gram gram;

    for (uint32_t i = 0; i < MARKOV_ORDER_MAX; i++) gram.channel[i] = i < length ? path->channel[at + i] : NO_CHANNEL;
    return gram;
}

static uint32_t state_of(struct tally *tally, const struct gram *gram)
{
    struct chain *chain = &tally->chain;
    size_t at = (size_t)hash_keyed(0, (Str){(const char *)gram, sizeof *gram}).a;

    for (;; at++) {
        uint32_t *slot = &tally->slot[at & (tally->n_slots - 1)];
        if (*slot == 0) {
            chain->gram[chain->n] = *gram;
            *slot = ++chain->n;
            return chain->n - 1;
        }
        if (memcmp(&chain->gram[*slot - 1], gram, sizeof *gram) == 0) return *slot - 1;
    }
}

static void tally_path(struct tally *tally, const struct path *path, uint32_t order)
{
    struct chain *chain = &tally->chain;
    uint32_t length = path->n < order ? path->n : order;
    double weight = (double)(path->conversions + path->nulls);
    uint32_t last = 0;

    for (uint32_t i = 0; i + length <= path->n; i++) {
        struct gram gram = gram_at(path, i, length);
        uint32_t state = state_of(tally, &gram);
        if (i > 0 && state == last) continue;
        chain->visits[state] += weight;
        if (i == 0) {
            chain->start[state] += weight;
        } else {
            tally->from[tally->n_moves] = last;
            tally->to[tally->n_moves] = state;
            tally->weight[tally->n_moves++] = weight;
        }
        last = state;
    }
    double value = (double)path->value_minor;
    chain->conversions[last] += (double)path->conversions;
    chain->nulls[last] += (double)path->nulls;
    chain->value[last] += value;
    chain->journeys += weight;
    chain->all_conversions += (double)path->conversions;
    chain->all_value += value;
}

/* One for each place where a run can begin: at most so many states and transitions. */
static uint64_t places_of_runs(const struct paths *paths, uint32_t order)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < paths->n; i++) {
        uint32_t touches = paths_at(paths, i).n;
        if (touches > 0) n += touches > order ? touches - order + 1 : 1;
    }
    return n;
}

/* Nor are there more states than runs of `order` channels and less. */
static uint64_t states_max(uint32_t n_channels, uint32_t order, uint64_t n)
{
    uint64_t runs = 0, longer = 1;

    for (uint32_t k = 0; k < order && runs < n; k++) runs += longer *= n_channels; /* below 2^20 * 2^32 */
    return runs < n ? runs : n;
}

static bool state_arrays(struct chain *chain, size_t n, struct arena *arena, struct err *err)
{
    double **array[] = {&chain->visits, &chain->start, &chain->conversions, &chain->nulls,
                        &chain->value,  &chain->gain,  &chain->loss};

    chain->gram = SCRATCH_ARRAY(arena, struct gram, n, err);
    if (!chain->gram) return false;
    for (size_t i = 0; i < COUNT_OF(array); i++) {
        *array[i] = SCRATCH_ARRAY(arena, double, n, err);
        if (!*array[i]) return false;
    }
    return true;
}

static bool tally_paths(const struct paths *paths, uint32_t order, struct arena *arena, struct tally *tally,
                        struct err *err)
{
    uint64_t n = places_of_runs(paths, order), n_states = states_max(paths->n_channels, order, n);

    if (n > UINT32_MAX / 4) return err_set(err, ERR_LIMIT, "the paths have %llu touches", (unsigned long long)n);
    tally->n_slots = 64;
    while (tally->n_slots < n_states + n_states / 2) tally->n_slots *= 2;
    tally->slot = SCRATCH_ARRAY(arena, uint32_t, tally->n_slots, err);
    if (!tally->slot || !state_arrays(&tally->chain, n_states, arena, err)) return false;
    tally->from = SCRATCH_ARRAY(arena, uint32_t, n, err);
    if (!tally->from) return false;
    tally->to = SCRATCH_ARRAY(arena, uint32_t, n, err);
    if (!tally->to) return false;
    tally->weight = SCRATCH_ARRAY(arena, double, n, err);
    if (!tally->weight) return false;
    for (uint32_t i = 0; i < paths->n; i++) {
        struct path path = paths_at(paths, i);
        if (path.n > 0) tally_path(tally, &path, order);
    }
    return true;
}

/* ---- lists of transitions ---- */

/* Sort moves into lists by `key`, those of equal ends added up. */
static bool links_build(const struct tally *tally, const uint32_t *key, const uint32_t *other, struct arena *arena,
                        struct links *links, struct err *err)
{
    uint32_t n = tally->chain.n;
    uint64_t *seen = SCRATCH_ARRAY(arena, uint64_t, n, err); /* by the other end: its place in the list + 1 */

    if (!seen) return false;
    links->first = SCRATCH_ARRAY(arena, uint64_t, (size_t)n + 2, err);
    if (!links->first) return false;
    links->other = SCRATCH_ARRAY(arena, uint32_t, tally->n_moves + LINKS_AHEAD, err);
    if (!links->other) return false;
    links->weight = SCRATCH_ARRAY(arena, double, tally->n_moves, err);
    if (!links->weight) return false;

    uint64_t *begin = links->first + 1; /* of each list, then its end: one place ahead, as sorting moves it on */
    for (uint64_t i = 0; i < tally->n_moves; i++) begin[key[i] + 1]++;
    for (uint32_t i = 0; i < n; i++) begin[i + 1] += begin[i];
    for (uint64_t i = 0; i < tally->n_moves; i++) {
        uint64_t at = begin[key[i]]++;
        links->other[at] = other[i];
        links->weight[at] = tally->weight[i];
    }

    uint64_t end = 0, from = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t first = end, to = links->first[i + 1];
        for (; from < to; from++) {
            uint64_t *place = &seen[links->other[from]];
            if (*place > first) {
                links->weight[*place - 1] += links->weight[from];
                continue;
            }
            links->other[end] = links->other[from];
            links->weight[end] = links->weight[from];
            *place = ++end;
        }
        links->first[i] = first;
    }
    links->first[n] = end;
    return true;
}

/* ---- the order of states ---- */

/* A depth-first walk along `out` from every state where journeys start; rank[i]: the place of state i. */
static bool rank_states(const struct tally *tally, const struct links *out, struct arena *arena, uint32_t *rank,
                        struct err *err)
{
    uint32_t n = tally->chain.n, next = n, depth = 0;
    uint32_t *stack = SCRATCH_ARRAY(arena, uint32_t, n, err);
    bool *met;
    uint64_t *at;

    if (!stack) return false;
    met = SCRATCH_ARRAY(arena, bool, n, err);
    if (!met) return false;
    at = SCRATCH_ARRAY(arena, uint64_t, n, err); /* the next transition to follow */
    if (!at) return false;
    memcpy(at, out->first, n * sizeof *at);
    for (uint32_t root = 0; root < n; root++) {
        if (met[root] || tally->chain.start[root] <= 0) continue;
        met[root] = true;
        stack[depth++] = root;
        while (depth > 0) {
            uint32_t state = stack[depth - 1];
            if (at[state] == out->first[state + 1]) {
                rank[state] = --next;
                depth--;
                continue;
            }
            uint32_t to = out->other[at[state]++];
            if (met[to]) continue;
            met[to] = true;
            stack[depth++] = to;
        }
    }
    CHECK(next == 0); /* each state is on a path, and paths begin at starts */
    return true;
}

static bool chain_renumber(const struct tally *tally, const uint32_t *rank, struct arena *arena, struct chain *chain,
                           struct err *err)
{
    const struct chain *old = &tally->chain;

    *chain = *old;
    if (!state_arrays(chain, old->n, arena, err)) return false;
    for (uint32_t i = 0; i < old->n; i++) {
        uint32_t to = rank[i];
        chain->gram[to] = old->gram[i];
        chain->visits[to] = old->visits[i];
        chain->start[to] = old->start[i];
        chain->conversions[to] = old->conversions[i];
        chain->nulls[to] = old->nulls[i];
        chain->value[to] = old->value[i];
        chain->gain[to] = old->value[i] > 0 ? old->value[i] : 0;
        chain->loss[to] = old->value[i] < 0 ? -old->value[i] : 0;
        chain->all_magnitude += chain->gain[to] + chain->loss[to];
    }
    for (uint64_t i = 0; i < tally->n_moves; i++) {
        tally->from[i] = rank[tally->from[i]];
        tally->to[i] = rank[tally->to[i]];
    }
    return true;
}

static bool find_present(struct chain *chain, uint32_t n_channels, struct arena *arena, struct err *err)
{
    bool *seen = SCRATCH_ARRAY(arena, bool, n_channels, err);

    if (!seen) return false;
    chain->place = SCRATCH_ARRAY(arena, uint32_t, n_channels, err);
    if (!chain->place) return false;
    chain->present = SCRATCH_ARRAY(arena, uint32_t, n_channels, err);
    if (!chain->present) return false;
    for (uint32_t i = 0; i < chain->n; i++) {
        for (int k = 0; k < MARKOV_ORDER_MAX && chain->gram[i].channel[k] != NO_CHANNEL; k++)
            seen[chain->gram[i].channel[k]] = true;
    }
    for (uint32_t c = 0; c < n_channels; c++) {
        if (!seen[c]) continue;
        chain->place[c] = chain->n_present;
        chain->present[chain->n_present++] = c;
    }
    return true;
}

bool chain_build(const struct paths *paths, int order, struct arena *arena, struct chain *chain, struct err *err)
{
    struct tally tally = {0};
    struct links out;

    if (order < 1 || order > MARKOV_ORDER_MAX) {
        return err_set_field(err, "order", "must be 1 to %d, not %d", MARKOV_ORDER_MAX, order);
    }
    if (!tally_paths(paths, (uint32_t)order, arena, &tally, err)) return false;
    uint32_t *rank = SCRATCH_ARRAY(arena, uint32_t, tally.chain.n, err);
    if (!rank || !links_build(&tally, tally.from, tally.to, arena, &out, err)) return false;
    if (!rank_states(&tally, &out, arena, rank, err)) return false;
    if (!chain_renumber(&tally, rank, arena, chain, err)) return false;
    if (!find_present(chain, paths->n_channels, arena, err)) return false;
    if (!links_build(&tally, tally.from, tally.to, arena, &chain->out, err)) return false;
    if (!links_build(&tally, tally.to, tally.from, arena, &chain->in, err)) return false;
    for (uint32_t i = 0; i < chain->n; i++) {
        for (uint64_t k = chain->out.first[i]; k < chain->out.first[i + 1]; k++)
            chain->out.weight[k] /= chain->visits[i];
        for (uint64_t k = chain->in.first[i]; k < chain->in.first[i + 1]; k++)
            chain->in.weight[k] /= chain->visits[chain->in.other[k]];
    }
    return true;
}

/* ---- from sums of steps ---- */

static double step(const struct markov_steps *steps, uint32_t from, uint32_t to)
{
    return steps->steps[(size_t)from * steps->stride + to];
}

/* Channels that some journey steps to, with what comes and goes there. */
static void read_states(const struct markov_steps *steps, struct chain *chain)
{
    uint32_t n = steps->n_channels, outside = steps->stride - 1;

    for (uint32_t c = 0; c < n; c++) {
        uint32_t state = chain->n;
        double visits = step(steps, outside, c), goes_on = 0;

        for (uint32_t other = 0; other < n; other++) {
            visits += step(steps, other, c);
            goes_on += step(steps, c, other);
        }
        if (visits <= 0) continue;
        chain->place[c] = state;
        chain->present[chain->n++] = c;
        for (int k = 0; k < MARKOV_ORDER_MAX; k++) chain->gram[state].channel[k] = k == 0 ? c : NO_CHANNEL;
        chain->visits[state] = visits;
        chain->start[state] = step(steps, outside, c);
        chain->conversions[state] = step(steps, c, outside);
        chain->nulls[state] = visits - goes_on - chain->conversions[state];
        chain->value[state] = steps->value[c];
        chain->gain[state] = fmax(0, chain->value[state]);
        chain->loss[state] = fmax(0, -chain->value[state]);
        chain->journeys += chain->start[state];
        chain->all_conversions += chain->conversions[state];
        chain->all_value += chain->value[state];
        chain->all_magnitude += chain->gain[state] + chain->loss[state];
    }
    chain->n_present = chain->n;
}

static bool read_links(const struct markov_steps *steps, const struct chain *chain, bool in, struct arena *arena,
                       struct links *links, struct err *err)
{
    size_t n = chain->n;

    links->first = SCRATCH_ARRAY(arena, uint64_t, n + 1, err);
    if (!links->first) return false;
    links->other = SCRATCH_ARRAY(arena, uint32_t, n * n + LINKS_AHEAD, err);
    if (!links->other) return false;
    links->weight = SCRATCH_ARRAY(arena, double, n *n, err);
    if (!links->weight) return false;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t end = links->first[i];
        for (uint32_t other = 0; other < n; other++) {
            uint32_t from = in ? other : i, to = in ? i : other;
            double times = step(steps, chain->present[from], chain->present[to]);
            if (times <= 0) continue;
            links->other[end] = other;
            links->weight[end++] = times / chain->visits[from];
        }
        links->first[i + 1] = end;
    }
    return true;
}

bool chain_of_steps(const struct markov_steps *steps, struct arena *arena, struct chain *chain, struct err *err)
{
    CHECK(steps->n_channels <= MARKOV_STEPS_CHANNELS_MAX && steps->n_channels < steps->stride);
    *chain = (struct chain){0};
    if (!state_arrays(chain, steps->n_channels, arena, err)) return false;
    chain->place = SCRATCH_ARRAY(arena, uint32_t, steps->n_channels, err);
    if (!chain->place) return false;
    chain->present = SCRATCH_ARRAY(arena, uint32_t, steps->n_channels, err);
    if (!chain->present) return false;
    read_states(steps, chain);
    return read_links(steps, chain, false, arena, &chain->out, err) &&
           read_links(steps, chain, true, arena, &chain->in, err);
}
