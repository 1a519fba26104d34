/* Tests of measure/retention.h: who is in a cell (R5) and what cohorts brought, by hand and against a slow oracle;
 * and that many shards answer as one. */
#include "helpers.h"

#include "attribution_oracle.h"
#include "base/parallel.h"
#include "measure/retention.h"
#include "retention_oracle.h"

#include <string.h>

#define PERSONS 8
#define PERIODS_MAX RETENTION_ORACLE_PERIODS
#define CELLS_MAX ((size_t)2 * PERIODS_MAX * PERIODS_MAX)
#define MANY_PERSONS 20000

enum { VIEW, ORDER, NAMES };
enum { A, B, NONE, TOUCHES };

struct fixture {
    struct builder builder;
    struct arena arena;
    uint64_t sizes[CELLS_MAX], returned[CELLS_MAX];
    int64_t revenue[CELLS_MAX], wanted[CELLS_MAX];
    bool marked[MANY_PERSONS];
};

BUILDER_FIXTURE(struct fixture)

static const int64_t TENS[] = {0, 10, 20, 30, 40};

static struct retention_query ask(uint32_t n_cohorts, uint32_t n_cells)
{
    return (struct retention_query){
        .start_event = VIEW,
        .return_event = DICT_NONE,
        .n_cohorts = n_cohorts,
        .n_cells = n_cells,
        .bounds = TENS,
        .range = RANGE_ALL,
        .by = {NULL, 1},
    };
}

/* ---- money ---- */

static void test_value_by_hand(void **state)
{
    struct fixture *f = *state;
    struct retention_query query = ask(2, 3);
    struct retention_money orders = {.event = ORDER}, all = {.any = true};
    struct err err = {0};

    builder_event(&f->builder, 0, 1, ORDER, A, 1000); /* before its start: not the cohort's */
    builder_event(&f->builder, 0, 2, VIEW, A, 7);
    builder_event(&f->builder, 0, 2, ORDER, A, 100); /* the same instant, but after it */
    builder_event(&f->builder, 0, 19, ORDER, A, 200);
    builder_event(&f->builder, 0, 20, ORDER, A, -50);
    builder_event(&f->builder, 0, 30, ORDER, A, 5000); /* past the last cell */
    builder_event(&f->builder, 1, 12, VIEW, A, 0);
    builder_event(&f->builder, 1, 39, ORDER, A, 9);
    builder_event(&f->builder, 2, 3, ORDER, A, 77); /* never starts */
    const struct snapshot *s = builder_done(&f->builder, 3, NAMES);
    ASSERT_OK(retention_value(s, &query, orders, &f->arena, f->sizes, f->revenue, &err));
    assert_int_equal(f->sizes[0], 1);
    assert_int_equal(f->sizes[1], 1);
    assert_memory_equal(f->revenue, ((const int64_t[]){100, 200, -50, 0, 0, 9}), 6 * sizeof *f->revenue);
    ASSERT_OK(retention_value(s, &query, all, &f->arena, f->sizes, f->revenue, &err));
    assert_memory_equal(f->revenue, ((const int64_t[]){107, 200, -50, 0, 0, 9}), 6 * sizeof *f->revenue);
    ASSERT_OK(retention_value(s, &query, (struct retention_money){.event = DICT_NONE}, &f->arena, f->sizes, f->revenue,
                              &err));
    assert_memory_equal(f->revenue, ((const int64_t[6]){0}), 6 * sizeof *f->revenue);
}

static void test_value_too_large(void **state)
{
    struct fixture *f = *state;
    struct retention_query query = ask(1, 1);
    struct err err = {0};

    builder_event(&f->builder, 0, 1, VIEW, A, INT64_MAX);
    f->revenue[0] = 9;
    const struct snapshot *s = builder_done(&f->builder, 1, NAMES);
    ASSERT_OK(retention_value(s, &query, (struct retention_money){.any = true}, &f->arena, f->sizes, f->revenue, &err));
    assert_true(f->revenue[0] == INT64_MAX);
    builder_event(&f->builder, 1, 1, VIEW, A, -1);
    s = builder_done(&f->builder, 2, NAMES);
    ASSERT_FAILS(
        retention_value(s, &query, (struct retention_money){.any = true}, &f->arena, f->sizes, f->revenue, &err),
        ERR_LIMIT);
    assert_true(f->revenue[0] == INT64_MAX);
}

static uint32_t group_of(const struct snapshot *s, const struct retention_query *query, uint32_t person, uint64_t row)
{
    return query->by.key ? query->by.key[oracle_session_touch(s, person, row)] : 0;
}

/* Is the person a member of the cohort, in the group? Then *row is the event that makes it one. */
static bool slow_member(const struct snapshot *s, const struct retention_query *query, uint32_t person, uint32_t cohort,
                        uint32_t group, uint64_t *row)
{
    *row = retention_oracle_start(s, query, person, cohort);
    if (*row == snapshot_rows(s, person).end) return false;
    if (query->touch_counts && !query->touch_counts[oracle_session_touch(s, person, *row)]) return false;
    return group_of(s, query, person, *row) == group;
}

static void slow_value(const struct snapshot *s, const struct retention_query *query, struct retention_money money,
                       int64_t *revenue)
{
    for (uint32_t group = 0; group < query->by.n; group++) {
        for (uint32_t cohort = 0; cohort < query->n_cohorts; cohort++) {
            for (uint32_t k = 0; k < query->n_cells; k++) {
                int64_t sum = 0;
                for (uint32_t person = 0; person < s->n_places; person++) {
                    uint64_t row;
                    if (!slow_member(s, query, person, cohort, group, &row)) continue;
                    for (; row < snapshot_rows(s, person).end; row++) {
                        bool in =
                            s->at_ms[row] >= query->bounds[cohort + k] && s->at_ms[row] < query->bounds[cohort + k + 1];
                        if (in && (money.any || s->name[row] == money.event)) sum += s->amount_minor[row];
                    }
                }
                *revenue++ = sum;
            }
        }
    }
}

/* ---- persons ---- */

/* R5, and each person on its own. */
static void assert_marks(struct fixture *f, const struct snapshot *s, const struct retention_query *query,
                         uint64_t *seed)
{
    struct retention_pick pick = {
        .cohort = (uint32_t)random_below(seed, query->n_cohorts),
        .cell = (uint32_t)random_below(seed, query->n_cells),
        .group = (uint32_t)random_below(seed, query->by.n),
        .missing = random_below(seed, 2),
    };
    const uint64_t *cells = f->returned + ((size_t)pick.group * query->n_cohorts + pick.cohort) * query->n_cells;
    uint64_t n = 0;
    struct err err = {0};

    ASSERT_OK(retention_mark(s, query, pick, &f->arena, f->marked, &err));
    for (uint32_t person = 0; person < s->n_places; person++) {
        uint64_t row;
        bool wanted =
            slow_member(s, query, person, pick.cohort, pick.group, &row) &&
            (pick.cell == 0 || retention_oracle_came_back(s, query, person, pick.cohort + pick.cell)) != pick.missing;
        assert_int_equal(f->marked[person], wanted);
        n += f->marked[person];
    }
    assert_int_equal(n, pick.missing ? cells[0] - cells[pick.cell] : cells[pick.cell]);
}

static void assert_all(struct fixture *f, const struct snapshot *s, const struct retention_query *query, uint64_t *seed)
{
    struct retention_money money = {.any = random_below(seed, 2), .event = (uint32_t)random_below(seed, NAMES)};
    size_t n = (size_t)query->by.n * query->n_cohorts * query->n_cells;
    uint64_t counted[CELLS_MAX];
    struct err err = {0};

    ASSERT_OK(retention_count(s, query, &f->arena, f->returned, &err));
    retention_oracle_count(s, query, counted);
    assert_memory_equal(f->returned, counted, n * sizeof *counted);
    ASSERT_OK(retention_value(s, query, money, &f->arena, f->sizes, f->revenue, &err));
    slow_value(s, query, money, f->wanted);
    assert_memory_equal(f->revenue, f->wanted, n * sizeof *f->wanted);
    for (size_t i = 0; i < (size_t)query->by.n * query->n_cohorts; i++)
        assert_int_equal(f->sizes[i], f->returned[i * query->n_cells]);
    assert_marks(f, s, query, seed);
}

static void test_oracle_agrees(void **state)
{
    static const uint64_t spans[] = {3, 1000, 14400000};
    static const uint32_t key[TOUCHES] = {1, 0, 1};
    static const bool counts[TOUCHES] = {true, false, true};
    struct fixture *f = *state;
    uint64_t seed = 71;

    for (int round = 0; round < 2000; round++) {
        struct builder builder = {.scatter = random_below(&seed, 2)};
        int64_t bounds[PERIODS_MAX + 1];
        uint64_t span = spans[random_below(&seed, COUNT_OF(spans))];
        struct retention_query query = retention_random_query(&seed, span, bounds);

        if (random_below(&seed, 2)) query.by = (struct grouping){key, 2};
        if (random_below(&seed, 3) == 0) query.touch_counts = counts;
        builder_three_touches(&builder);
        retention_random_facts(&builder, PERSONS, span, &seed);
        assert_all(f, builder_done(&builder, PERSONS, NAMES), &query, &seed);
        builder_reset(&builder);
        arena_reset(&f->arena);
    }
}

/* Some 190,000 events in several shards, on two threads whatever the machine has. */
static void test_many_shards(void **state)
{
    static const uint32_t key[TOUCHES] = {1, 0, 1};
    struct fixture *f = *state;
    uint64_t seed = 72;

    parallel_limit(2);
    f->builder.scatter = true;
    retention_random_facts(&f->builder, MANY_PERSONS, 14400000, &seed);
    const struct snapshot *s = builder_done(&f->builder, MANY_PERSONS, NAMES);
    assert_true(s->n_events > 131072);
    for (int round = 0; round < 4; round++) {
        int64_t bounds[PERIODS_MAX + 1];
        struct retention_query query = retention_random_query(&seed, 14400000, bounds);

        query.recurring = round & 1;
        query.or_after = round & 2;
        query.range = RANGE_ALL;
        query.by = (struct grouping){key, 2};
        assert_all(f, s, &query, &seed);
        arena_reset(&f->arena);
    }
    parallel_limit(0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_value_by_hand),
        TEST(test_value_too_large),
        TEST(test_oracle_agrees),
        TEST(test_many_shards),
    };
    return cmocka_run_group_tests_name("measure/retention members", tests, NULL, NULL);
}
