/* Tests of measure/funnel.h on random persons: every chain tried (F4), groups and periods (F3), pages (F5), and what a
 * wider window or a looser order may not do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "measure/funnel.h"
#include "funnel_oracle.h"
#include "snapshot_builder.h"

#include <string.h>

#define ROUNDS 6000
#define CELLS (ORACLE_GROUPS * ORACLE_STEPS)

struct round {
    struct builder builder;
    struct arena arena;
    struct err err;
    const struct snapshot *snapshot;
    struct funnel_query query;
    int64_t bounds[ORACLE_PERIODS + 1];
    struct funnel_step steps[CELLS];
    uint64_t lengths[ORACLE_STEPS][FUNNEL_LENGTHS];
    struct funnel_period periods[ORACLE_PERIODS];
};

static void begin(struct round *round, uint64_t *seed)
{
    *round = (struct round){0};
    arena_init(&round->arena, (size_t)16 << 20);
    random_persons(&round->builder, seed);
    random_funnel(seed, &round->query);
    round->snapshot = builder_done(&round->builder, ORACLE_PERSONS, 5);
    round->bounds[0] = 100 + (int64_t)random_below(seed, 4);
    for (int i = 0; i < ORACLE_PERIODS; i++)
        round->bounds[i + 1] = round->bounds[i] + (int64_t)random_below(seed, 3 + (uint64_t)i * 20000);
}

static void end(struct round *round)
{
    builder_close(&round->builder, &round->arena);
}

static void count(struct round *round, const struct funnel_query *query, struct funnel_step *steps)
{
    struct funnel_answer answer = {
        .steps = steps,
        .times = true,
        .lengths = query->by.n == 1 ? round->lengths : NULL,
        .bounds = round->bounds,
        .n_periods = ORACLE_PERIODS,
        .periods = round->periods,
    };
    if (!funnel_count(round->snapshot, query, &round->arena, &answer, &round->err)) fail_msg("%s", round->err.text);
}

static void test_every_chain_tried_agrees(void **state)
{
    uint64_t seed = 20;
    (void)state;

    for (int i = 0; i < ROUNDS; i++) {
        struct round round;
        struct oracle_funnel slow;
        begin(&round, &seed);
        size_t n = round.query.by.n * (size_t)round.query.steps;

        oracle_count(round.snapshot, &round.query, round.bounds, &slow);
        count(&round, &round.query, round.steps);
        assert_memory_equal(round.steps, slow.steps, n * sizeof *slow.steps);
        assert_memory_equal(round.periods, slow.periods, sizeof slow.periods);
        if (round.query.by.n == 1)
            assert_memory_equal(round.lengths, slow.lengths, (size_t)round.query.steps * sizeof *slow.lengths);
        assert_true(funnel_count(round.snapshot, &round.query, &round.arena,
                                 &(struct funnel_answer){.steps = round.steps}, &round.err));
        for (size_t k = 0; k < n; k++) assert_int_equal(round.steps[k].persons, slow.steps[k].persons);
        end(&round);
    }
}

/* F1, F3, and: what groups are called changes nothing, and neither does whether times are asked for. */
static void test_groups_add_up(void **state)
{
    static const uint32_t renamed[] = {2, 0, 1, 2}; /* RANDOM_KEY with 0 -> 2, 1 -> 0, 2 -> 1 */
    static const uint32_t name_of[] = {2, 0, 1};
    uint64_t seed = 21;
    (void)state;

    for (int i = 0; i < 1000; i++) {
        struct round round;
        struct funnel_step all[ORACLE_STEPS], by[CELLS], again[CELLS];
        begin(&round, &seed);
        uint32_t steps = (uint32_t)round.query.steps;

        round.query.by = (struct grouping){NULL, 1};
        count(&round, &round.query, all);
        round.query.by = (struct grouping){RANDOM_KEY, ORACLE_GROUPS};
        count(&round, &round.query, by);
        round.query.by.key = renamed;
        assert_true(funnel_count(round.snapshot, &round.query, &round.arena, &(struct funnel_answer){.steps = again},
                                 &round.err));
        for (uint32_t k = 0; k < steps; k++) {
            uint64_t sum = 0;
            for (uint32_t group = 0; group < ORACLE_GROUPS; group++) {
                struct funnel_step one = by[group * steps + k], other = again[name_of[group] * steps + k];
                sum += one.persons;
                if (k > 0) assert_true(one.persons <= by[group * steps + k - 1].persons);
                assert_int_equal(one.persons, other.persons);
                assert_int_equal(other.from_first.median_ms, -1);
            }
            assert_int_equal(sum, all[k].persons);
        }
        end(&round);
    }
}

/* F5: pages of two, of those who reached a step and of those who dropped before it, name everybody once. */
static void check_pages(struct round *round, struct funnel_who who, uint64_t wanted)
{
    struct funnel_person page[2];
    uint64_t total = 0, listed = 0;
    uint32_t n = 0, before = 0;

    who.limit = COUNT_OF(page);
    do {
        if (!funnel_persons(round->snapshot, &round->query, &who, &round->arena, page, &n, &total, &round->err))
            fail_msg("%s", round->err.text);
        assert_int_equal(total, wanted);
        for (uint32_t i = 0; i < n; i++) {
            struct oracle_chain chain;
            oracle_deepest(round->snapshot, &round->query, page[i].place, &chain);
            assert_true(listed == 0 || page[i].place > before);
            assert_int_equal(page[i].reached, chain.depth);
            assert_true(page[i].reached >= who.least && page[i].reached <= who.most);
            assert_int_equal(page[i].entered_ms, round->snapshot->at_ms[chain.row[0]]);
            assert_int_equal(page[i].at_ms, round->snapshot->at_ms[chain.row[chain.depth - 1]]);
            if (who.group != DICT_NONE)
                assert_int_equal(who.group, oracle_group(round->snapshot, &round->query, page[i].place, &chain));
            before = page[i].place;
            listed++;
        }
        who.skip += n;
    } while (n > 0);
    assert_int_equal(listed, wanted);
}

static void test_persons_add_up_to_the_counts(void **state)
{
    uint64_t seed = 22;
    (void)state;

    for (int i = 0; i < 300; i++) {
        struct round round;
        begin(&round, &seed);
        uint32_t steps = (uint32_t)round.query.steps;
        count(&round, &round.query, round.steps);
        for (uint32_t g = 0; g < round.query.by.n; g++) {
            const struct funnel_step *step = &round.steps[(size_t)g * steps];
            uint32_t group = round.query.by.n == 1 ? DICT_NONE : g;
            for (uint32_t k = 0; k < steps; k++) {
                uint64_t further = k + 1 < steps ? step[k + 1].persons : 0;
                check_pages(&round, (struct funnel_who){.least = k + 1, .most = steps, .group = group},
                            step[k].persons);
                check_pages(&round, (struct funnel_who){.least = k + 1, .most = k + 1, .group = group},
                            step[k].persons - further);
            }
        }
        end(&round);
    }
}

static void assert_at_least(struct round *round, const struct funnel_query *wider, const char *what)
{
    struct funnel_step more[CELLS];

    count(round, wider, more);
    for (int k = 0; k < round->query.steps; k++)
        if (more[k].persons < round->steps[k].persons) fail_msg("%s: fewer at step %d", what, k + 1);
}

static void test_less_strict_never_loses_people(void **state)
{
    uint64_t seed = 23;
    (void)state;

    for (int i = 0; i < 2000; i++) {
        struct round round;
        begin(&round, &seed);
        round.query.by = (struct grouping){NULL, 1};
        count(&round, &round.query, round.steps);
        struct funnel_query wider = round.query;
        if (wider.window_ms < INT64_MAX) wider.window_ms += 1 + (int64_t)random_below(&seed, 10);
        assert_at_least(&round, &wider, "a wider window");
        wider = round.query;
        for (int k = 1; k < wider.steps; k++) wider.step_window_ms[k] *= 2;
        assert_at_least(&round, &wider, "wider windows of steps");
        wider = round.query;
        wider.excluded = NULL;
        assert_at_least(&round, &wider, "nothing excluded");
        wider = round.query;
        if (wider.order == FUNNEL_STRICT) wider.order = FUNNEL_BEST;
        assert_at_least(&round, &wider, "best rather than strict");
        if (wider.order == FUNNEL_BEST) {
            memset(wider.step_window_ms, 0, sizeof wider.step_window_ms);
            wider.order = FUNNEL_ANY;
        }
        assert_at_least(&round, &wider, "any order rather than best");
        end(&round);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_chain_tried_agrees),
        cmocka_unit_test(test_groups_add_up),
        cmocka_unit_test(test_persons_add_up_to_the_counts),
        cmocka_unit_test(test_less_strict_never_loses_people),
    };
    return cmocka_run_group_tests_name("measure/funnel, random", tests, NULL, NULL);
}
