/* Tests of measure/metrics_active.h: windows by hand, boundaries, and a slow oracle with invariants D1 and D2. */
#include "helpers.h"

#include "attribution_oracle.h"
#include "base/parallel.h"
#include "measure/metrics_active.h"

#include <stdlib.h>
#include <string.h>

#define DAY_MS INT64_C(1000)
#define DAYS_MAX 90
#define POINTS_MAX 200
#define MANY_PERSONS 15000
#define PERSON_EVENTS 20

enum { VIEW, ORDER, NAMES };
enum { A, B, NONE, TOUCHES };

struct fixture {
    struct builder builder;
    struct arena arena;
    int64_t bounds[DAYS_MAX + 1];
    struct active_point points[POINTS_MAX];
    struct active_cell cells[2 * POINTS_MAX];
    uint64_t totals[2];
};

static int set_up(void **state)
{
    struct fixture *f = mem_new(sizeof *f);
    builder_open(&f->builder, &f->arena);
    for (int i = 0; i <= DAYS_MAX; i++) f->bounds[i] = i * DAY_MS;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    builder_close(&f->builder, &f->arena);
    free(f);
    return 0;
}

static struct metrics_query ask(void)
{
    return (struct metrics_query){.any_event = true, .by = {NULL, 1}};
}

static void assert_active(struct active_cell got, uint64_t person_days, uint64_t week, uint64_t month)
{
    assert_int_equal(got.person_days, person_days);
    assert_int_equal(got.week, week);
    assert_int_equal(got.month, month);
}

static void on_day(struct fixture *f, uint32_t person, int64_t day)
{
    builder_event(&f->builder, person, day * DAY_MS, VIEW, A, 0);
    builder_event(&f->builder, person, day * DAY_MS + DAY_MS - 1, VIEW, A, 0);
}

/* A point for each day: a window of seven days holds its first and its last, and no more. */
static void test_by_hand(void **state)
{
    struct fixture *f = *state;
    struct metrics_query query = ask();
    struct active_days days = {.bounds = f->bounds, .n = 70, .points = f->points, .n_points = 70};
    struct err err = {0};

    for (uint32_t i = 0; i < 70; i++) f->points[i] = (struct active_point){i, i};
    on_day(f, 0, 10);
    on_day(f, 0, 14);
    on_day(f, 1, 16);
    on_day(f, 1, 70); /* past the days */
    const struct snapshot *s = builder_done(&f->builder, 3, NAMES);
    ASSERT_OK(metrics_active(s, &query, &days, &f->arena, f->cells, f->totals, &err));
    assert_active(f->cells[9], 0, 0, 0);
    assert_active(f->cells[10], 1, 1, 1);
    assert_active(f->cells[14], 1, 1, 1); /* once, though active twice */
    assert_active(f->cells[16], 1, 2, 2);
    assert_active(f->cells[20], 0, 2, 2); /* the 14th is six days back */
    assert_active(f->cells[21], 0, 1, 2);
    assert_active(f->cells[22], 0, 1, 2);
    assert_active(f->cells[23], 0, 0, 2);
    assert_active(f->cells[43], 0, 0, 2); /* 14 + 29 */
    assert_active(f->cells[44], 0, 0, 1);
    assert_active(f->cells[45], 0, 0, 1);
    assert_active(f->cells[46], 0, 0, 0);
    assert_int_equal(f->totals[0], 3);
}

/* A point longer than a day adds the days up; many points of one day each have the day. */
static void test_longer_and_shorter_points(void **state)
{
    struct fixture *f = *state;
    struct metrics_query query = ask();
    struct active_days days = {.bounds = f->bounds, .n = 60, .points = f->points, .n_points = 2};
    struct err err = {0};

    f->points[0] = (struct active_point){30, 36};
    f->points[1] = (struct active_point){37, 43};
    on_day(f, 0, 1);  /* in no window */
    on_day(f, 0, 29); /* in the windows of the first alone, in no day of it; 30 days before the 43rd end on the 14th */
    on_day(f, 1, 30);
    on_day(f, 1, 36);
    on_day(f, 2, 7); /* the first day of the first month */
    const struct snapshot *s = builder_done(&f->builder, 3, NAMES);
    ASSERT_OK(metrics_active(s, &query, &days, &f->arena, f->cells, f->totals, &err));
    assert_active(f->cells[0], 2, 1, 3);
    assert_active(f->cells[1], 0, 0, 2);
    assert_int_equal(f->totals[0], 2);
    days.n_points = 3;
    for (uint32_t i = 0; i < 3; i++) f->points[i] = (struct active_point){36, 36};
    ASSERT_OK(metrics_active(s, &query, &days, &f->arena, f->cells, f->totals, &err));
    for (uint32_t i = 0; i < 3; i++) assert_active(f->cells[i], 1, 1, 3);
    assert_int_equal(f->totals[0], 1);
}

static void test_nothing_to_count(void **state)
{
    struct fixture *f = *state;
    struct metrics_query query = ask();
    struct active_days days = {.bounds = f->bounds, .n = 1, .points = f->points, .n_points = 1};
    struct err err = {0};

    f->points[0] = (struct active_point){0, 0};
    f->cells[0].week = f->totals[0] = 9;
    ASSERT_OK(metrics_active(builder_done(&f->builder, 0, 0), &query, &days, &f->arena, f->cells, f->totals, &err));
    assert_active(f->cells[0], 0, 0, 0);
    assert_int_equal(f->totals[0], 0);
    on_day(f, 1, 0);
    on_day(f, 2, 1);
    ASSERT_OK(metrics_active(builder_done(&f->builder, 4, NAMES), &query, &days, &f->arena, f->cells, f->totals, &err));
    assert_active(f->cells[0], 1, 1, 1);
}

static void test_no_room(void **state)
{
    struct fixture *f = *state;
    struct metrics_query query = ask();
    struct active_days days = {.bounds = f->bounds, .n = 1, .points = f->points, .n_points = 1};
    const struct snapshot *s = builder_done(&f->builder, 0, 0);
    struct err err;

    f->totals[0] = 9;
    arena_free(&f->arena);
    arena_init(&f->arena, 1000);
    ASSERT_FAILS(metrics_active(s, &query, &days, &f->arena, f->cells, f->totals, &err), ERR_LIMIT);
    assert_int_equal(f->totals[0], 9);
}

/* ---- the oracle: each window on its own ---- */

static bool slow_active(const struct snapshot *s, const struct metrics_query *query, uint32_t person, uint32_t group,
                        int64_t from_ms, int64_t to_ms)
{
    for (uint64_t row = snapshot_rows(s, person).begin; row < snapshot_rows(s, person).end; row++) {
        uint32_t touch = oracle_session_touch(s, person, row);
        if (s->at_ms[row] < from_ms || s->at_ms[row] >= to_ms) continue;
        if (query->touch_counts && !query->touch_counts[touch]) continue;
        if (query->by.key && query->by.key[touch] != group) continue;
        if (query->any_event || s->name[row] == query->event) return true;
    }
    return false;
}

static uint64_t slow_persons(const struct snapshot *s, const struct metrics_query *query, uint32_t group,
                             const struct active_days *days, int64_t first_day, int64_t last_day)
{
    uint64_t n = 0;

    if (first_day < 0) first_day = 0;
    for (uint32_t person = 0; person < s->n_places; person++)
        n += slow_active(s, query, person, group, days->bounds[first_day], days->bounds[last_day + 1]);
    return n;
}

static void assert_all(struct fixture *f, const struct snapshot *s, const struct metrics_query *query,
                       const struct active_days *days)
{
    struct err err = {0};

    ASSERT_OK(metrics_active(s, query, days, &f->arena, f->cells, f->totals, &err));
    for (uint32_t group = 0; group < query->by.n; group++) {
        uint64_t by_day[DAYS_MAX] = {0}, total = 0;
        for (uint32_t day = 0; day < days->n; day++) by_day[day] = slow_persons(s, query, group, days, day, day);
        for (uint32_t day = days->points[0].first_day; day <= days->points[days->n_points - 1].last_day; day++)
            total += by_day[day];
        assert_int_equal(f->totals[group], total);
        for (uint32_t i = 0; i < days->n_points; i++) {
            struct active_point point = days->points[i];
            struct active_cell got = f->cells[group * days->n_points + i];
            uint64_t person_days = 0;
            for (uint32_t day = point.first_day; day <= point.last_day; day++) person_days += by_day[day];
            assert_active(got, person_days,
                          slow_persons(s, query, group, days, (int64_t)point.last_day - 6, point.last_day),
                          slow_persons(s, query, group, days, (int64_t)point.last_day - 29, point.last_day));
            if (point.first_day == point.last_day) assert_true(got.person_days <= got.week);
            assert_true(got.week <= got.month);
        }
    }
}

static void random_facts(struct builder *builder, uint32_t n_persons, uint64_t span, uint64_t *seed)
{
    for (uint32_t person = 0; person < n_persons; person++) {
        uint64_t n = random_below(seed, PERSON_EVENTS), from = random_below(seed, span);
        for (uint64_t i = 0; i < n; i++)
            builder_event(builder, person, (int64_t)(from + random_below(seed, span - from)),
                          (uint32_t)random_below(seed, NAMES), (uint32_t)random_below(seed, TOUCHES), 0);
    }
}

static void random_points(struct fixture *f, struct active_days *days, uint64_t *seed)
{
    uint32_t first = 0, last = 0, longest = 1 + (uint32_t)random_below(seed, 9);

    days->n = 1 + (uint32_t)random_below(seed, DAYS_MAX);
    days->n_points = 1 + (uint32_t)random_below(seed, 12);
    for (uint32_t i = 0; i < days->n_points; i++) {
        uint32_t from = first + (uint32_t)random_below(seed, longest),
                 to = from + (uint32_t)random_below(seed, longest);
        if (to < last) to = last;
        first = from < days->n ? from : days->n - 1;
        last = to < days->n ? to : days->n - 1;
        f->points[i] = (struct active_point){first, last};
    }
}

static const uint32_t KEY[TOUCHES] = {1, 0, 1};

static void test_oracle_agrees(void **state)
{
    static const bool counts[TOUCHES] = {true, false, true};
    struct fixture *f = *state;
    uint64_t seed = 50;

    for (int round = 0; round < 400; round++) {
        struct builder builder = {.scatter = random_below(&seed, 2)};
        struct active_days days = {.bounds = f->bounds, .points = f->points};
        struct metrics_query query = ask();

        random_points(f, &days, &seed);
        f->bounds[0] = (int64_t)random_below(&seed, 30 * DAY_MS); /* sessions go on from before */
        for (int i = 1; i <= DAYS_MAX; i++) f->bounds[i] = f->bounds[i - 1] + (int64_t)random_below(&seed, 2 * DAY_MS);
        query.any_event = random_below(&seed, 2);
        query.event = random_below(&seed, 4) ? VIEW : DICT_NONE;
        if (random_below(&seed, 2)) query.touch_counts = counts;
        if (random_below(&seed, 2)) query.by = (struct grouping){KEY, 2};
        builder_three_touches(&builder);
        random_facts(&builder, 6, (uint64_t)DAYS_MAX * DAY_MS, &seed);
        assert_all(f, builder_done(&builder, 6, NAMES), &query, &days);
        builder_reset(&builder);
        arena_reset(&f->arena);
    }
}

/* Some 140,000 events in several shards, on two threads whatever the machine has. */
static void test_many_shards(void **state)
{
    struct fixture *f = *state;
    struct active_days days = {.bounds = f->bounds, .n = 50, .points = f->points, .n_points = 3};
    struct metrics_query query = ask();
    uint64_t seed = 51;

    parallel_limit(2);
    f->builder.scatter = true;
    random_facts(&f->builder, MANY_PERSONS, 60 * DAY_MS, &seed);
    query.by = (struct grouping){KEY, 2};
    for (uint32_t i = 0; i < 3; i++) f->points[i] = (struct active_point){29 + 7 * i, 35 + 7 * i};
    const struct snapshot *s = builder_done(&f->builder, MANY_PERSONS, NAMES);
    assert_true(s->n_events > 131072);
    assert_all(f, s, &query, &days);
    parallel_limit(0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_by_hand),          TEST(test_longer_and_shorter_points),
        TEST(test_nothing_to_count), TEST(test_no_room),
        TEST(test_oracle_agrees),    TEST(test_many_shards),
    };
    return cmocka_run_group_tests_name("measure/metrics active", tests, NULL, NULL);
}
