#include "funnel_oracle.h"

#include <stdlib.h>
#include <string.h>

#include "attribution_oracle.h"
#include "snapshot_builder.h"

struct trial {
    uint32_t person;
    const struct snapshot *snapshot;
    const struct funnel_query *query;
    struct rows rows;
    uint64_t row[FUNNEL_STEPS_MAX]; /* by step */
    struct oracle_chain best;
};

static int compare_rows(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

/* Deeper; then completed first; then started last; then its events as early as possible. */
static bool is_better(const struct oracle_chain *chain, const struct oracle_chain *best)
{
    int depth = chain->depth;

    if (depth != best->depth) return depth > best->depth;
    if (chain->row[depth - 1] != best->row[depth - 1]) return chain->row[depth - 1] < best->row[depth - 1];
    if (chain->row[0] != best->row[0]) return chain->row[0] > best->row[0];
    for (int k = 1; k < depth; k++) {
        if (chain->row[k] != best->row[k]) return chain->row[k] < best->row[k];
    }
    return false;
}

/* Are these events a chain? */
static bool holds(const struct trial *trial, const struct oracle_chain *chain)
{
    const struct snapshot *s = trial->snapshot;
    const struct funnel_query *query = trial->query;
    uint64_t first = chain->row[0], last = chain->row[chain->depth - 1];

    if (s->at_ms[last] - s->at_ms[first] > query->window_ms) return false;
    if (query->first_touch_counts && !query->first_touch_counts[oracle_session_touch(s, trial->person, first)])
        return false;
    for (uint64_t row = first; row <= last; row++)
        if (query->excluded && query->excluded[s->name[row]]) return false;
    for (int k = 1; k < chain->depth && query->order != FUNNEL_ANY; k++) {
        int64_t limit = query->step_window_ms[k];
        if (trial->row[k] <= trial->row[k - 1]) return false;
        if (query->order == FUNNEL_STRICT && trial->row[k] != trial->row[k - 1] + 1) return false;
        if (limit != 0 && s->at_ms[trial->row[k]] - s->at_ms[trial->row[k - 1]] > limit) return false;
    }
    return true;
}

static bool is_used(const struct trial *trial, int depth, uint64_t row)
{
    for (int k = 0; k < depth; k++)
        if (trial->row[k] == row) return true;
    return false;
}

static void try_chains(struct trial *trial, int depth)
{
    const struct snapshot *s = trial->snapshot;
    const struct funnel_query *query = trial->query;
    struct oracle_chain chain = {.depth = depth};

    if (depth > 0) {
        memcpy(chain.row, trial->row, (size_t)depth * sizeof *chain.row);
        qsort(chain.row, (size_t)depth, sizeof *chain.row, compare_rows);
        if (holds(trial, &chain) && is_better(&chain, &trial->best)) trial->best = chain;
    }
    if (depth == query->steps) return;
    for (uint64_t row = trial->rows.begin; row < trial->rows.end; row++) {
        if (s->name[row] != query->step[depth] || is_used(trial, depth, row)) continue;
        if (s->at_ms[row] < query->range.from_ms || s->at_ms[row] >= query->range.to_ms) continue;
        trial->row[depth] = row;
        try_chains(trial, depth + 1);
    }
}

void oracle_deepest(const struct snapshot *snapshot, const struct funnel_query *query, uint32_t person,
                    struct oracle_chain *out)
{
    struct trial trial = {
        .snapshot = snapshot, .query = query, .person = person, .rows = snapshot_rows(snapshot, person)};

    try_chains(&trial, 0);
    *out = trial.best;
}

uint32_t oracle_group(const struct snapshot *snapshot, const struct funnel_query *query, uint32_t person,
                      const struct oracle_chain *chain)
{
    return query->by.key ? query->by.key[oracle_session_touch(snapshot, person, chain->row[0])] : 0;
}

struct sample {
    int64_t ms[ORACLE_PERSONS];
    int n;
};

static int compare_ms(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static int64_t quantile(const struct sample *sample, int quarters)
{
    int at = (sample->n - 1) * quarters;
    int64_t below = sample->ms[at / 4];

    return at % 4 ? below + (sample->ms[at / 4 + 1] - below) * (at % 4) / 4 : below;
}

static struct funnel_times times_of(struct sample *sample)
{
    if (sample->n == 0) return (struct funnel_times){-1, -1, -1};
    qsort(sample->ms, (size_t)sample->n, sizeof *sample->ms, compare_ms);
    return (struct funnel_times){quantile(sample, 1), quantile(sample, 2), quantile(sample, 3)};
}

static void count_length(int64_t ms, uint64_t *lengths)
{
    int i = 0;
    while (i < FUNNEL_LENGTHS - 1 && ms >= FUNNEL_LENGTHS_MS[i]) i++;
    lengths[i]++;
}

static void count_period(const struct funnel_query *query, const int64_t *bounds, int64_t at_ms, int depth,
                         struct funnel_period *periods)
{
    for (int i = 0; i < ORACLE_PERIODS; i++) {
        if (at_ms < bounds[i] || at_ms >= bounds[i + 1]) continue;
        periods[i].entered++;
        if (depth == query->steps) periods[i].converted++;
    }
}

void oracle_count(const struct snapshot *snapshot, const struct funnel_query *query, const int64_t *bounds,
                  struct oracle_funnel *out)
{
    struct sample previous[ORACLE_GROUPS][ORACLE_STEPS] = {0}, first[ORACLE_GROUPS][ORACLE_STEPS] = {0};
    const int64_t *at = snapshot->at_ms;

    memset(out, 0, sizeof *out);
    for (uint32_t person = 0; person < snapshot->n_places; person++) {
        struct oracle_chain chain;
        oracle_deepest(snapshot, query, person, &chain);
        if (chain.depth == 0) continue;

        uint32_t group = oracle_group(snapshot, query, person, &chain);
        count_period(query, bounds, at[chain.row[0]], chain.depth, out->periods);
        for (int k = 0; k < chain.depth; k++) {
            int64_t from_previous = k ? at[chain.row[k]] - at[chain.row[k - 1]] : 0;
            int64_t from_first = at[chain.row[k]] - at[chain.row[0]];
            previous[group][k].ms[previous[group][k].n++] = from_previous;
            first[group][k].ms[first[group][k].n++] = from_first;
            if (k > 0) count_length(from_previous, out->lengths[k - 1]);
            if (k + 1 == query->steps) count_length(from_first, out->lengths[k]);
        }
    }
    for (uint32_t group = 0; group < query->by.n; group++) {
        for (int k = 0; k < query->steps; k++) {
            out->steps[group * (uint32_t)query->steps + (uint32_t)k] = (struct funnel_step){
                .persons = (uint64_t)previous[group][k].n,
                .from_previous = times_of(&previous[group][k]),
                .from_first = times_of(&first[group][k]),
            };
        }
    }
}

/* ---- random data ---- */

const uint32_t RANDOM_KEY[4] = {0, 1, 2, 0};

#define NAMES 5

void random_persons(struct builder *builder, uint64_t *seed)
{
    static const int64_t SCALES[] = {1, 1, 7000, 40000000}; /* the last: up to a fortnight between any two */
    int64_t scale = SCALES[random_below(seed, COUNT_OF(SCALES))];

    for (int i = 0; i < 3; i++) builder_touch(builder, TOUCH_IS_PLAIN);
    builder_touch(builder, TOUCH_IS_EMPTY);
    builder->scatter = random_below(seed, 2);
    for (uint32_t person = 0; person < ORACLE_PERSONS; person++) {
        uint64_t n = random_below(seed, 11), span = 1 + random_below(seed, 30);
        for (uint64_t i = 0; i < n; i++) {
            builder_event(builder, person, 100 + scale * (int64_t)random_below(seed, span),
                          (uint32_t)random_below(seed, NAMES), (uint32_t)random_below(seed, 4), 0);
        }
    }
}

static int64_t random_window(uint64_t *seed)
{
    return (1 + (int64_t)random_below(seed, 20)) * (random_below(seed, 4) ? 1 : 7000);
}

static void random_limits(uint64_t *seed, struct funnel_query *query)
{
    static bool excluded[NAMES]; /* outlives the query; no two are in use at once */

    query->window_ms = random_below(seed, 3) ? random_window(seed) : INT64_MAX;
    if (query->order != FUNNEL_ANY && random_below(seed, 3) == 0) {
        for (uint32_t k = 0; k < ORACLE_STEPS; k++)
            query->step_window_ms[k] = random_below(seed, 3) ? random_window(seed) : 0;
    }
    if (random_below(seed, 3)) return;
    for (uint32_t i = 0; i < NAMES; i++) excluded[i] = random_below(seed, 2);
    for (uint32_t k = 0; k < ORACLE_STEPS; k++)
        if (query->step[k] != DICT_NONE) excluded[query->step[k]] = false;
    query->excluded = excluded;
}

void random_funnel(uint64_t *seed, struct funnel_query *out)
{
    static const bool FIRST[] = {true, false, true, true};
    struct funnel_query query = {.range = RANGE_ALL, .by = {NULL, 1}};

    query.order = (enum funnel_order)random_below(seed, 3);
    query.steps = 2 + (int)random_below(seed, ORACLE_STEPS - 1);
    for (uint32_t k = 0; k < ORACLE_STEPS; k++) query.step[k] = k;
    if (random_below(seed, 2)) { /* names may repeat, or be none */
        for (uint32_t k = 0; k < ORACLE_STEPS; k++) query.step[k] = (uint32_t)random_below(seed, 4);
        if (random_below(seed, 8) == 0) query.step[random_below(seed, ORACLE_STEPS)] = DICT_NONE;
    }
    random_limits(seed, &query);
    if (random_below(seed, 3) == 0) {
        query.range.from_ms = 100 + (int64_t)random_below(seed, 10);
        query.range.to_ms = query.range.from_ms + (int64_t)random_below(seed, 20) * (random_below(seed, 2) ? 1 : 7000);
    }
    if (random_below(seed, 2)) query.by = (struct grouping){RANDOM_KEY, ORACLE_GROUPS};
    if (random_below(seed, 3) == 0) query.first_touch_counts = FIRST;
    *out = query;
}
