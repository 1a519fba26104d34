/* Tests of measure/property_count.h: by hand, invariants V1 and V2, and random data against a slow computation. */
#include "helpers.h"

#include "attribution_oracle.h"
#include "measure/property_count.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_MAX 200000
#define CODES 6

enum { VIEW, ORDER, NAMES };
enum { A, B, NONE, TOUCHES };

struct fixture {
    struct builder builder;
    struct arena arena;
    struct err err;
    struct property_column column;
    uint32_t start[2];
    struct property_cell cell[PROPERTY_CODES_MAX], total;
    struct property_numbers numbers;
};

static int set_up(void **state)
{
    struct fixture *f = mem_new(sizeof *f);
    builder_open(&f->builder, &f->arena);
    f->column.ref = mem_new(EVENTS_MAX * sizeof *f->column.ref);
    f->column.code = mem_new(EVENTS_MAX * sizeof *f->column.code);
    f->column.number = mem_new(EVENTS_MAX * sizeof *f->column.number);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    builder_close(&f->builder, &f->arena);
    free(f->column.ref);
    free(f->column.code);
    free(f->column.number);
    free(f);
    return 0;
}

/* The events that come next to the column must come in the order of their refs. */
static void has(struct fixture *f, uint64_t ref, uint16_t code, double number)
{
    struct property_column *column = &f->column;

    assert_true(column->n < EVENTS_MAX);
    column->ref[column->n] = ref;
    column->code[column->n] = code;
    column->number[column->n++] = number;
    f->start[1] = (uint32_t)column->n;
    column->start = f->start;
    column->n_starts = 1;
    column->shift = 63;
}

static void count(struct fixture *f, const struct snapshot *s, struct property_query query)
{
    query.column = &f->column;
    if (!property_count(s, &query, &f->arena, f->cell, &f->total, &f->numbers, &f->err)) fail_msg("%s", f->err.text);
}

static struct property_query ask(void)
{
    return (struct property_query){.event = ORDER, .range = RANGE_ALL};
}

#define ASSERT_CELL(cell, events_, persons_, revenue_)                                                                 \
    do {                                                                                                               \
        ASSERT_I64((int64_t)(cell).events, (events_));                                                                 \
        ASSERT_I64((int64_t)(cell).persons, (persons_));                                                               \
        ASSERT_I64((cell).revenue_minor, (revenue_));                                                                  \
    } while (0)

static void test_by_hand(void **state)
{
    struct fixture *f = *state;
    struct property_query query = ask();

    builder_event(&f->builder, 0, 10, ORDER, A, 100);   /* 0: 2 */
    builder_event(&f->builder, 0, 20, VIEW, NONE, 7);   /* 1: of no order */
    builder_event(&f->builder, 0, 30, ORDER, NONE, 50); /* 2: 2 again, of A's session */
    builder_event(&f->builder, 1, 10, ORDER, B, -20);   /* 3: 3 */
    builder_event(&f->builder, 1, 11, ORDER, B, 1);     /* 4: none */
    has(f, 0, 2, 1.5);
    has(f, 1, 3, 99);
    has(f, 2, 2, -3);
    has(f, 3, 3, NAN);
    count(f, builder_done(&f->builder, 2, NAMES), query);
    ASSERT_CELL(f->cell[2], 2, 1, 150);
    ASSERT_CELL(f->cell[3], 1, 1, -20);
    ASSERT_CELL(f->cell[PROPERTY_CODE_NONE], 1, 1, 1);
    ASSERT_CELL(f->total, 4, 2, 131);
    assert_int_equal(f->numbers.events, 2);
    assert_true(f->numbers.sum == -1.5 && f->numbers.min == -3 && f->numbers.max == 1.5);
    query.touch_counts = (const bool[TOUCHES]){[A] = true};
    count(f, builder_done(&f->builder, 2, NAMES), query);
    ASSERT_CELL(f->total, 2, 1, 150);
    query = ask();
    query.range = (struct range){10, 11};
    count(f, builder_done(&f->builder, 2, NAMES), query);
    ASSERT_CELL(f->total, 2, 2, 80);
    query.event = DICT_NONE;
    count(f, builder_done(&f->builder, 2, NAMES), query);
    ASSERT_CELL(f->total, 0, 0, 0);
    assert_int_equal(f->numbers.events, 0);
}

static void test_large_revenue(void **state)
{
    struct fixture *f = *state;
    struct property_query query = ask();

    query.column = &f->column;
    builder_event(&f->builder, 0, 10, ORDER, A, INT64_MAX);
    count(f, builder_done(&f->builder, 2, NAMES), query);
    ASSERT_I64(f->total.revenue_minor, INT64_MAX);
    builder_event(&f->builder, 1, 10, ORDER, A, -1);
    const struct snapshot *s = builder_done(&f->builder, 2, NAMES);
    assert_false(property_count(s, &query, &f->arena, f->cell, &f->total, &f->numbers, &f->err));
    assert_int_equal(f->err.code, ERR_LIMIT);
}

/* A shard that failed is scanned again: what the first scan left must not be in the sums. */
static void test_large_revenue_of_one_shard(void **state)
{
    enum { VIEWS = 40000, PERSONS = 100 };
    struct fixture *f = *state;
    struct property_query query = ask();

    query.column = &f->column;
    builder_event(&f->builder, 0, 10, ORDER, A, INT64_MAX);
    builder_event(&f->builder, 0, 11, ORDER, A, 2);
    for (uint32_t i = 0; i < VIEWS; i++) builder_event(&f->builder, i % PERSONS, 20 + i, VIEW, A, 0);
    const struct snapshot *s = builder_done(&f->builder, PERSONS, NAMES);
    assert_false(property_count(s, &query, &f->arena, f->cell, &f->total, &f->numbers, &f->err));
    assert_int_equal(f->err.code, ERR_LIMIT);
}

/* Looked back for at each event, the touch of a session would cost the square of its length. */
static void test_one_long_session(void **state)
{
    enum { EVENTS = 190000 };
    struct fixture *f = *state;
    struct property_query query = ask();

    builder_event(&f->builder, 0, 0, ORDER, A, 1);
    for (uint32_t i = 1; i < EVENTS; i++) builder_event(&f->builder, 0, i, ORDER, NONE, 1);
    query.touch_counts = (const bool[TOUCHES]){[A] = true};
    query.range = (struct range){1, EVENTS - 1};
    count(f, builder_done(&f->builder, 1, NAMES), query);
    ASSERT_CELL(f->total, EVENTS - 2, 1, EVENTS - 2);
}

/* ---- the oracle: each value on its own, from all events ---- */

static uint16_t slow_code(const struct fixture *f, uint64_t ref, double *number)
{
    *number = NAN;
    for (uint64_t i = 0; i < f->column.n; i++) {
        if (f->column.ref[i] != ref) continue;
        *number = f->column.number[i];
        return f->column.code[i];
    }
    return PROPERTY_CODE_NONE;
}

static void assert_agrees(struct fixture *f, const struct snapshot *s, const struct property_query *query)
{
    struct property_cell total = {0};
    struct property_numbers numbers = {.min = INFINITY, .max = -INFINITY};

    for (uint32_t code = 0; code < CODES; code++) {
        struct property_cell cell = {0};
        for (uint32_t p = 0; p < s->n_places; p++) {
            uint64_t events = 0;
            for (uint64_t row = snapshot_rows(s, p).begin; row < snapshot_rows(s, p).end; row++) {
                double number;
                if (s->name[row] != query->event || !range_holds(query->range, s->at_ms[row])) continue;
                if (query->touch_counts && !query->touch_counts[oracle_session_touch(s, p, row)]) continue;
                if (slow_code(f, s->raw[row], &number) != code) continue;
                events++;
                cell.revenue_minor += s->amount_minor[row];
                if (isnan(number)) continue;
                numbers.events++;
                numbers.sum += number;
                numbers.min = fmin(numbers.min, number);
                numbers.max = fmax(numbers.max, number);
            }
            cell.events += events;
            cell.persons += events > 0;
        }
        ASSERT_CELL(f->cell[code], (int64_t)cell.events, (int64_t)cell.persons, cell.revenue_minor);
        assert_true(cell.persons <= f->total.persons); /* V2 */
        total.events += cell.events;
        total.persons += cell.persons;
        total.revenue_minor += cell.revenue_minor;
    }
    ASSERT_I64((int64_t)f->total.events, (int64_t)total.events); /* V1 */
    ASSERT_I64(f->total.revenue_minor, total.revenue_minor);
    assert_true(f->total.persons <= total.persons);
    assert_int_equal(f->numbers.events, numbers.events);
    if (numbers.events == 0) return;
    assert_true(f->numbers.sum == numbers.sum && f->numbers.min == numbers.min && f->numbers.max == numbers.max);
}

static void random_history(struct fixture *f, struct builder *builder, uint64_t *seed, uint32_t persons, uint64_t n)
{
    builder_three_touches(builder);
    f->column.n = 0;
    for (uint64_t i = 0; i < n; i++) {
        builder_event(builder, (uint32_t)random_below(seed, persons), (int64_t)random_below(seed, 4000000),
                      (uint32_t)random_below(seed, NAMES), (uint32_t)random_below(seed, TOUCHES),
                      (int64_t)random_below(seed, 2000) - 500);
        if (random_below(seed, 3))
            has(f, i, (uint16_t)(1 + random_below(seed, CODES - 1)),
                random_below(seed, 2) ? (double)random_below(seed, 100) - 50 : NAN); /* whole: sums in any order */
    }
}

static void random_rounds(struct fixture *f, int rounds, uint32_t persons, uint64_t events)
{
    static const bool counts[TOUCHES] = {true, false, true};
    uint64_t seed = 61;

    for (int round = 0; round < rounds; round++) {
        struct builder builder = {.scatter = random_below(&seed, 2)};
        struct property_query query = ask();

        random_history(f, &builder, &seed, persons, events / 2 + random_below(&seed, events / 2));
        if (random_below(&seed, 2)) query.touch_counts = counts;
        if (random_below(&seed, 2)) query.range = (struct range){(int64_t)random_below(&seed, 2000000), 3000000};
        const struct snapshot *s = builder_done(&builder, persons, NAMES);
        count(f, s, query);
        assert_agrees(f, s, &query);
        builder_reset(&builder);
        arena_reset(&f->arena);
    }
}

static void test_oracle_agrees(void **state)
{
    random_rounds(*state, 600, 9, 60);
}

/* The same person in two shards would be counted twice, an order of shards would show in sums. */
static void test_shards_do_not_show(void **state)
{
    struct fixture *f = *state;
    struct builder builder = {0};
    struct property_cell sum = {0};
    uint64_t seed = 62;

    random_history(f, &builder, &seed, 5000, 150000);
    const struct snapshot *s = builder_done(&builder, 5000, NAMES);
    count(f, s, ask());
    for (uint32_t code = 0; code < CODES; code++) {
        sum.events += f->cell[code].events;
        sum.revenue_minor += f->cell[code].revenue_minor;
    }
    uint64_t events = 0, persons = 0;
    int64_t revenue = 0;
    for (uint32_t p = 0; p < s->n_places; p++) {
        uint64_t orders = 0;
        for (uint64_t row = snapshot_rows(s, p).begin; row < snapshot_rows(s, p).end; row++) {
            orders += s->name[row] == ORDER;
            revenue += s->name[row] == ORDER ? s->amount_minor[row] : 0;
        }
        events += orders;
        persons += orders > 0;
    }
    ASSERT_CELL(f->total, (int64_t)events, (int64_t)persons, revenue);
    ASSERT_I64((int64_t)sum.events, (int64_t)events);
    ASSERT_I64(sum.revenue_minor, revenue);
    builder_reset(&builder);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_by_hand),          TEST(test_large_revenue), TEST(test_large_revenue_of_one_shard),
        TEST(test_one_long_session), TEST(test_oracle_agrees), TEST(test_shards_do_not_show),
    };
    return cmocka_run_group_tests_name("measure/property_count", tests, NULL, NULL);
}
