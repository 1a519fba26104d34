/* Tests of measure/path_bootstrap.h: each replicate against the models over a table in which everybody's journeys stand
 * as often as the person was drawn. */
#include "attribution_fixture.h"
#include "base/hash.h"
#include "helpers.h"
#include "measure/journey_paths.h"
#include "measure/path_bootstrap.h"
#include "measure/path_models.h"

#include <stdlib.h>
#include <string.h>

#define PERSONS 30
#define PERSON_EVENTS 8
#define REPLICATES 40
#define KEYS 4

static const uint32_t FEW_KEY[TOUCHES] = {0, 1, 2, 3, 1, 2};
static const bool SOME_EXCLUDED[KEYS] = {false, false, false, true};
static const struct bootstrap BOOTSTRAP = {.replicates = REPLICATES, .level = 0.9, .seed = 5};

static void random_facts(struct builder *builder, uint64_t *seed, uint32_t copies, bool negative)
{
    add_touches(builder);
    builder->scatter = copies == 1 && random_below(seed, 2);
    for (uint32_t person = 0; person < PERSONS * copies; person++) {
        uint64_t n = random_below(seed, PERSON_EVENTS), names = random_below(seed, 2) ? NAMES : 1;
        for (uint64_t i = 0; i < n; i++) {
            uint32_t name = (uint32_t)random_below(seed, names);
            int64_t revenue = (int64_t)random_below(seed, 20000) - (negative ? 9000 : 0);
            builder_event(builder, person, NOW + (int64_t)random_below(seed, 20 * (uint64_t)DAY_MS), name,
                          (uint32_t)random_below(seed, TOUCHES), name == ORDER ? revenue : 0);
        }
    }
}

/* ---- slowly: what the models say of one replicate ---- */

static void slow_replicate(const struct snapshot *snapshot, const struct attribution_query *query, uint32_t replicate,
                           struct path_credit out[2][KEYS + 1])
{
    struct path_models_ask ask = {.wanted = {[PATH_MARKOV] = true, [PATH_SHAPLEY] = true}, .order = 1};
    uint8_t *times = mem_new(snapshot->n_persons), weights[REPLICATES];
    struct builder repeated = {0};
    struct path_models models;
    struct paths paths;
    struct arena arena;
    struct err err;

    for (uint32_t p = 0; p < snapshot->n_persons; p++) {
        bootstrap_weights(&BOOTSTRAP, p, weights);
        times[p] = weights[replicate];
    }
    uint32_t n = repeat_persons(snapshot, times, &repeated);
    arena_init(&arena, (size_t)64 << 20);
    paths_init(&paths, (size_t)64 << 20);
    ASSERT_OK(journey_paths(builder_done(&repeated, n, NAMES), query, &arena, &paths, &err));
    ASSERT_OK(path_models_count(&paths, &ask, (size_t)64 << 20, &arena, &models, &err));
    memset(out, 0, 2 * sizeof *out);
    for (int m = 0; m < 2; m++) {
        memcpy(out[m], models.credit[m], paths.n_channels * sizeof **out);
        out[m][KEYS] = models.credit[m][paths.n_channels];
    }
    builder_reset(&repeated);
    paths_reset(&paths);
    arena_free(&arena);
    free(times);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* 5 % and 95 % of 40 values: 1.95 and 37.05 places up. `near`: money is whole in the slow one. */
static void assert_interval(struct interval got, double *values, double near)
{
    qsort(values, REPLICATES, sizeof *values, ascending);
    double low = values[1] * 0.05 + values[2] * 0.95, high = values[37] * 0.95 + values[38] * 0.05;
    if (fabs(got.low - low) > near) fail_msg("%.12g, not %.12g", got.low, low);
    if (fabs(got.high - high) > near) fail_msg("%.12g, not %.12g", got.high, high);
}

static void check(struct fixture *f, const struct snapshot *snapshot, const struct attribution_query *query)
{
    static double values[2][KEYS + 1][2][REPLICATES];
    struct path_interval got[2][KEYS + 1];
    struct err err;

    for (uint32_t r = 0; r < REPLICATES; r++) {
        struct path_credit slow[2][KEYS + 1];
        slow_replicate(snapshot, query, r, slow);
        for (int m = 0; m < 2; m++) {
            for (int c = 0; c <= KEYS; c++) {
                values[m][c][0][r] = slow[m][c].conversions;
                values[m][c][1][r] = (double)slow[m][c].value_minor;
            }
        }
    }
    ASSERT_OK(path_intervals(snapshot, query, &BOOTSTRAP, &f->arena, got[0], got[1], &err));
    for (int m = 0; m < 2; m++) {
        for (int c = 0; c <= KEYS; c++) {
            assert_interval(got[m][c].conversions, values[m][c][0], 1e-9 * (double)snapshot->n_events);
            assert_interval(got[m][c].revenue_minor, values[m][c][1], 1.001);
        }
    }
}

static struct attribution_query random_query(uint64_t *seed)
{
    struct attribution_query query = ask((enum touch_mode)random_below(seed, 3));

    query.by = (struct grouping){FEW_KEY, KEYS};
    query.lookback_ms = random_below(seed, 2) ? 6 * DAY_MS : INT64_MAX;
    if (random_below(seed, 2)) query.exclude = SOME_EXCLUDED;
    if (random_below(seed, 3) == 0) query.range = (struct range){NOW + 3 * DAY_MS, NOW + 15 * DAY_MS};
    return query;
}

static void test_oracle_agrees(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 50;

    for (int round = 0; round < 120; round++) {
        struct builder builder = {0};
        struct attribution_query query = random_query(&seed);
        random_facts(&builder, &seed, 1, round % 2);
        check(f, builder_done(&builder, PERSONS, NAMES), &query);
        builder_reset(&builder);
        arena_reset(&f->arena);
    }
}

static void test_over_shards(void **state)
{
    struct fixture *f = *state;
    struct builder builder = {0};
    struct attribution_query query;
    uint64_t seed = 51;

    random_facts(&builder, &seed, 800, false);
    assert_true(builder.n_events > 65536); /* three shards */
    query = random_query(&seed);
    check(f, builder_done(&builder, PERSONS * 800, NAMES), &query);
    builder_reset(&builder);
}

static void test_boundaries(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);
    struct path_interval markov[TOUCHES + 1], shapley[TOUCHES + 1];
    struct bootstrap few = {.replicates = 19, .level = 0.9};
    struct err err;

    ASSERT_OK(
        path_intervals(builder_done(&f->builder, 0, NAMES), &query, &BOOTSTRAP, &f->arena, markov, shapley, &err));
    for (int c = 0; c <= TOUCHES; c++)
        assert_true(markov[c].conversions.high == 0 && shapley[c].revenue_minor.low == 0);
    start_again(f);
    visit(f, 0, 1, A); /* a visit alone; and an order of which nothing is left */
    order(f, 1, NOW, B, 100);
    query.exclude = (const bool[TOUCHES]){[B] = true};
    ASSERT_OK(
        path_intervals(builder_done(&f->builder, 2, NAMES), &query, &BOOTSTRAP, &f->arena, markov, shapley, &err));
    for (int c = 0; c < TOUCHES; c++) assert_true(markov[c].conversions.high == 0 && shapley[c].conversions.high == 0);
    assert_true(markov[TOUCHES].conversions.high >= 1 && shapley[TOUCHES].revenue_minor.high >= 100);
    ASSERT_FAILS(path_intervals(&f->builder.snapshot, &query, &few, &f->arena, markov, shapley, &err), ERR_INVALID);
    query.by.n = PATH_BOOTSTRAP_KEYS_MAX + 1;
    ASSERT_FAILS(path_intervals(&f->builder.snapshot, &query, &BOOTSTRAP, &f->arena, markov, shapley, &err),
                 ERR_INVALID);
    assert_string_equal(err.field, "by");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_oracle_agrees),
        FIXTURE_TEST(test_over_shards),
        FIXTURE_TEST(test_boundaries),
    };
    hash_start();
    return cmocka_run_group_tests_name("measure/path_bootstrap", tests, NULL, NULL);
}
