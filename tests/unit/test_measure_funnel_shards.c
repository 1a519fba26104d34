/* Tests of measure/funnel.h over several shards: persons copied many times give the answer of one copy, so many times;
 * pages cross from shard to shard; however many threads there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/parallel.h"
#include "measure/funnel.h"
#include "measure/shards.h"
#include "funnel_oracle.h"
#include "snapshot_builder.h"

#include <string.h>

#define COPIES 4000
#define MANY (COPIES * ORACLE_PERSONS)
#define CELLS (ORACLE_GROUPS * ORACLE_STEPS)

struct crowd {
    struct builder builder, one; /* `one` is a single copy */
    struct arena arena;
    struct err err;
    const struct snapshot *snapshot;
};

static void begin(struct crowd *crowd, uint64_t *seed)
{
    *crowd = (struct crowd){0};
    arena_init(&crowd->arena, (size_t)64 << 20);
    random_persons(&crowd->one, seed);
    for (uint32_t touch = 0; touch < 4; touch++)
        builder_touch(&crowd->builder, touch < 3 ? TOUCH_IS_PLAIN : TOUCH_IS_EMPTY);
    for (uint32_t copy = 0; copy < COPIES; copy++) {
        for (size_t i = 0; i < crowd->one.n_events; i++) {
            const struct built_event *event = &crowd->one.event[i];
            builder_event(&crowd->builder, copy * ORACLE_PERSONS + event->person, event->at_ms, event->name,
                          event->touch, 0);
        }
    }
    crowd->builder.scatter = random_below(seed, 2);
    crowd->snapshot = builder_done(&crowd->builder, MANY, 5);
    (void)builder_done(&crowd->one, ORACLE_PERSONS, 5);
}

static void end(struct crowd *crowd)
{
    builder_reset(&crowd->one);
    builder_close(&crowd->builder, &crowd->arena);
}

struct counts {
    struct funnel_step steps[CELLS];
    uint64_t lengths[ORACLE_STEPS][FUNNEL_LENGTHS];
    struct funnel_period periods[ORACLE_PERIODS];
};

static void count(struct crowd *crowd, const struct funnel_query *query, const int64_t *bounds, struct counts *out)
{
    struct funnel_answer answer = {.steps = out->steps,
                                   .times = true,
                                   .lengths = query->by.n == 1 ? out->lengths : NULL,
                                   .bounds = bounds,
                                   .n_periods = ORACLE_PERIODS,
                                   .periods = out->periods};

    memset(out, 0, sizeof *out);
    if (!funnel_count(crowd->snapshot, query, &crowd->arena, &answer, &crowd->err)) fail_msg("%s", crowd->err.text);
}

/* Known where they are known of one copy, and in their order. */
static void assert_ordered(struct funnel_times got, struct funnel_times one)
{
    assert_true((got.median_ms < 0) == (one.median_ms < 0));
    assert_true(got.p25_ms <= got.median_ms && got.median_ms <= got.p75_ms);
}

static void test_copies_count_so_many_times(void **state)
{
    static const int64_t bounds[] = {0, 105, 110, 50000};
    uint64_t seed = 30;
    (void)state;

    for (int i = 0; i < 12; i++) {
        struct crowd crowd;
        struct funnel_query query;
        struct oracle_funnel one;
        struct counts two, again;
        begin(&crowd, &seed);
        random_funnel(&seed, &query);
        assert_true(crowd.snapshot->n_events > 131072); /* several shards */

        oracle_count(&crowd.one.snapshot, &query, bounds, &one);
        parallel_limit(2);
        count(&crowd, &query, bounds, &two);
        parallel_limit(1);
        count(&crowd, &query, bounds, &again);
        parallel_limit(2);
        assert_memory_equal(&two, &again, sizeof two);
        for (uint32_t k = 0; k < query.by.n * (uint32_t)query.steps; k++) {
            assert_int_equal(two.steps[k].persons, COPIES * one.steps[k].persons);
            assert_ordered(two.steps[k].from_previous, one.steps[k].from_previous);
            assert_ordered(two.steps[k].from_first, one.steps[k].from_first);
        }
        for (uint32_t k = 0; query.by.n == 1 && k < (uint32_t)query.steps; k++)
            for (uint32_t j = 0; j < FUNNEL_LENGTHS; j++)
                assert_int_equal(two.lengths[k][j], COPIES * one.lengths[k][j]);
        for (uint32_t k = 0; k < ORACLE_PERIODS; k++) {
            assert_int_equal(two.periods[k].entered, COPIES * one.periods[k].entered);
            assert_int_equal(two.periods[k].converted, COPIES * one.periods[k].converted);
        }
        end(&crowd);
    }
}

/* Every place that the oracle puts there, in pages that do not fit the shards. */
static void test_pages_cross_shards(void **state)
{
    enum { PAGE = 3797 };
    static struct funnel_person page[PAGE];
    uint64_t seed = 31;
    (void)state;

    for (int i = 0; i < 4; i++) {
        struct crowd crowd;
        struct funnel_query query;
        bool wanted[ORACLE_PERSONS] = {false};
        uint64_t n_wanted = 0, total = 0;
        uint32_t n = 0, next = 0;
        begin(&crowd, &seed);
        random_funnel(&seed, &query);
        for (uint32_t person = 0; person < ORACLE_PERSONS; person++) {
            struct oracle_chain chain;
            oracle_deepest(&crowd.one.snapshot, &query, person, &chain);
            wanted[person] = chain.depth == 1 || chain.depth == 2;
            n_wanted += wanted[person];
        }
        struct funnel_who who = {.least = 1, .most = 2, .group = DICT_NONE, .limit = PAGE};
        do {
            assert_true(funnel_persons(crowd.snapshot, &query, &who, &crowd.arena, page, &n, &total, &crowd.err));
            assert_int_equal(total, COPIES * n_wanted);
            for (uint32_t j = 0; j < n; j++, next++) {
                while (!wanted[next % ORACLE_PERSONS]) next++;
                assert_int_equal(page[j].place, next);
            }
            who.skip += n;
        } while (n > 0);
        assert_int_equal(who.skip, total);
        end(&crowd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies_count_so_many_times),
        cmocka_unit_test(test_pages_cross_shards),
    };
    return cmocka_run_group_tests_name("measure/funnel, shards", tests, NULL, NULL);
}
