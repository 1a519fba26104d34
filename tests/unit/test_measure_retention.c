/* Tests of measure/retention.h: the goldens of models/attribution.md 5.4, tables by hand, boundaries, a slow oracle
 * with invariants R1 to R4. */
#include "helpers.h"

#include "base/time.h"
#include "measure/retention.h"
#include "retention_oracle.h"

#include <stdio.h>
#include <string.h>

#define CELLS_OF_TEST 8192

enum { VIEW, ORDER, NAMES };
enum { A, B, NONE, TOUCHES };

struct fixture {
    struct builder builder;
    struct arena arena;
    struct err err;
    uint64_t returned[CELLS_OF_TEST], other[CELLS_OF_TEST];
};

BUILDER_FIXTURE(struct fixture)

static const int64_t TENS[] = {0, 10, 20, 30, 40, 50, 60, 70};

/* Any event starts and any returns, first-time, on; so many cohorts and cells in periods of 10 ms. */
static struct retention_query ask(uint32_t n_cohorts, uint32_t n_cells)
{
    return (struct retention_query){
        .start_event = DICT_NONE,
        .return_event = DICT_NONE,
        .any_start = true,
        .any_return = true,
        .n_cohorts = n_cohorts,
        .n_cells = n_cells,
        .bounds = TENS,
        .range = RANGE_ALL,
        .by = {NULL, 1},
    };
}

static void count(struct fixture *f, uint32_t n_persons, struct retention_query query)
{
    const struct snapshot *snapshot = builder_done(&f->builder, n_persons, NAMES);
    struct err err = {0};

    memset(f->returned, 0xFF, sizeof f->returned);
    ASSERT_OK(retention_count(snapshot, &query, &f->arena, f->returned, &err));
}

/* Compare the rows of the answer with a text such as "3 1 2 / 2 1 0". */
static void assert_rows(const struct fixture *f, struct retention_query query, const char *wanted)
{
    char text[512];
    size_t n = 0;

    for (size_t i = 0; i < (size_t)query.by.n * query.n_cohorts * query.n_cells; i++) {
        const char *before = i == 0 ? "" : i % query.n_cells == 0 ? " / " : " ";
        int more = snprintf(text + n, sizeof text - n, "%s%llu", before, (unsigned long long)f->returned[i]);
        n += (size_t)more;
        assert_true(n < sizeof text);
    }
    assert_string_equal(text, wanted);
}

/* ---- goldens ---- */

/* app_open of OpenPanel's fixture: RU1 d0 d1 d2; RU2 d0 d2; RU3 d0; RU4 d1 d2; RU5 d1. */
static void test_openpanel(void **state)
{
    static const int64_t days[][4] = {{0, 1, 2, -1}, {0, 2, -1}, {0, -1}, {1, 2, -1}, {1, -1}};
    struct fixture *f = *state;
    struct retention_query query = ask(2, 3);

    for (uint32_t person = 0; person < COUNT_OF(days); person++)
        for (int i = 0; days[person][i] >= 0; i++)
            builder_event(&f->builder, person, days[person][i] * 10 + person, VIEW, A, 0);
    query.any_start = query.any_return = false;
    query.start_event = query.return_event = VIEW;
    count(f, COUNT_OF(days), query);
    assert_rows(f, query, "3 1 2 / 2 1 0");
    query.or_after = true;
    count(f, COUNT_OF(days), query);
    assert_rows(f, query, "3 2 2 / 2 1 0");
}

/* Weeks of its own choice (they begin on Sunday there) across the end of a year: the cohort of 2024-12-29 is 2, 1. */
static void test_openpanel_weeks(void **state)
{
    struct fixture *f = *state;
    struct retention_query query = ask(2, 2);
    int64_t sunday = INT64_C(20086) * TIME_DAY_MS;
    const int64_t weeks[] = {sunday, sunday + 7 * TIME_DAY_MS, sunday + 14 * TIME_DAY_MS, sunday + 21 * TIME_DAY_MS};
    char day[TIME_TEXT_MAX];

    assert_string_equal(time_format_day(20086, day), "2024-12-29");
    builder_event(&f->builder, 0, sunday + 2 * TIME_DAY_MS, VIEW, A, 0); /* the 31st */
    builder_event(&f->builder, 0, sunday + 8 * TIME_DAY_MS, VIEW, A, 0);
    builder_event(&f->builder, 1, sunday + 5 * TIME_DAY_MS, VIEW, A, 0); /* 3 January: the same week */
    query.bounds = weeks;
    count(f, 2, query);
    assert_rows(f, query, "2 1 / 0 0");
}

/* ClickHouse: uids 0-4 on day 1, 0-9 on day 2, 0-14 on day 3; retention() from day 1 gives 5 5 5, the others 0. */
static void test_clickhouse(void **state)
{
    struct fixture *f = *state;
    struct retention_query query = ask(3, 3);

    for (uint32_t day = 1; day <= 3; day++)
        for (uint32_t person = 0; person < day * 5; person++)
            builder_event(&f->builder, person, (day - 1) * 10, VIEW, A, 0);
    count(f, 15, query);
    assert_rows(f, query, "5 5 5 / 5 5 0 / 5 0 0");
    query.recurring = true;
    count(f, 15, query);
    assert_rows(f, query, "5 5 5 / 10 10 0 / 15 0 0");
    query.n_cohorts = 1; /* 5 to 14, who started later, are in no cohort */
    query.recurring = false;
    count(f, 15, query);
    assert_rows(f, query, "5 5 5");
}

/* ---- by hand ---- */

static void test_start_and_return_differ(void **state)
{
    struct fixture *f = *state;
    struct retention_query query = ask(2, 3);

    builder_event(&f->builder, 0, 1, ORDER, A, 0); /* before its start: nothing */
    builder_event(&f->builder, 0, 5, VIEW, A, 0);
    builder_event(&f->builder, 0, 9, ORDER, A, 0); /* in the cohort's own period: cell 0, where it is already */
    builder_event(&f->builder, 0, 12, VIEW, A, 0); /* no return event */
    builder_event(&f->builder, 0, 25, ORDER, A, 0);
    builder_event(&f->builder, 1, 1, ORDER, A, 0); /* never starts */
    builder_event(&f->builder, 1, 11, ORDER, A, 0);
    query.any_start = query.any_return = false;
    query.start_event = VIEW;
    query.return_event = ORDER;
    count(f, 2, query);
    assert_rows(f, query, "1 0 1 / 0 0 0");
    query.recurring = true; /* the view at 12 makes a cohort of its own */
    count(f, 2, query);
    assert_rows(f, query, "1 0 1 / 1 1 0");
    query.return_event = DICT_NONE;
    count(f, 2, query);
    assert_rows(f, query, "1 0 0 / 1 0 0");
    query.start_event = DICT_NONE;
    count(f, 2, query);
    assert_rows(f, query, "0 0 0 / 0 0 0");
}

/* Who started before the range, or the first cohort, is in no first-time cohort; in recurring ones it may be. */
static void test_first_ever(void **state)
{
    struct fixture *f = *state;
    struct retention_query query = ask(2, 2);

    builder_event(&f->builder, 0, -1, VIEW, A, 0);
    builder_event(&f->builder, 0, 0, VIEW, A, 0);
    builder_event(&f->builder, 0, 10, VIEW, A, 0);
    builder_event(&f->builder, 1, 4, VIEW, A, 0);
    builder_event(&f->builder, 1, 5, VIEW, A, 0);
    builder_event(&f->builder, 1, 20, VIEW, A, 0);
    count(f, 2, query);
    assert_rows(f, query, "1 0 / 0 0");
    query.recurring = true;
    count(f, 2, query);
    assert_rows(f, query, "2 1 / 1 0");
    query.range = (struct range){5, 10}; /* cuts a period: only its start events there */
    count(f, 2, query);
    assert_rows(f, query, "1 0 / 0 0");
    query.recurring = false; /* the second person's first one, at 4, lies outside */
    count(f, 2, query);
    assert_rows(f, query, "0 0 / 0 0");
    query.range = (struct range){4, 5}; /* returns are followed past it */
    query.n_cells = 3;
    count(f, 2, query);
    assert_rows(f, query, "1 0 1 / 0 0 0");
}

static void test_or_after_reaches_the_end_of_the_history(void **state)
{
    struct fixture *f = *state;
    struct retention_query query = ask(2, 3);

    builder_event(&f->builder, 0, 0, VIEW, A, 0);
    builder_event(&f->builder, 0, 1000, VIEW, A, 0);
    builder_event(&f->builder, 1, 0, VIEW, A, 0);
    builder_event(&f->builder, 1, 10, VIEW, A, 0);
    builder_event(&f->builder, 2, 9, VIEW, A, 0);
    query.or_after = true;
    count(f, 3, query);
    assert_rows(f, query, "3 2 1 / 0 0 0");
    query.recurring = true;
    count(f, 3, query);
    assert_rows(f, query, "3 2 1 / 1 0 0");
    query.or_after = false;
    count(f, 3, query);
    assert_rows(f, query, "3 1 0 / 1 0 0");
}

/* A member's group is the touch of the session of the event that makes it one. */
static void test_by_touch(void **state)
{
    struct fixture *f = *state;
    struct retention_query query = ask(2, 2);

    builder_event(&f->builder, 0, 0, ORDER, A, 0);
    builder_event(&f->builder, 0, 3, VIEW, NONE, 0); /* starts, in a session of A */
    builder_event(&f->builder, 0, 4, VIEW, B, 0);
    builder_event(&f->builder, 0, 14, VIEW, NONE, 0); /* in a session of B */
    builder_event(&f->builder, 1, 3, VIEW, NONE, 0);
    builder_event(&f->builder, 1, 25, VIEW, B, 0);
    query.any_start = false;
    query.start_event = VIEW;
    query.by = (struct grouping){(const uint32_t[TOUCHES]){1, 0, 2}, 3};
    count(f, 2, query);
    assert_rows(f, query, "0 0 / 0 0 / 1 1 / 0 0 / 1 0 / 0 0");
    query.recurring = true;
    count(f, 2, query);
    assert_rows(f, query, "0 0 / 1 0 / 1 1 / 0 0 / 1 0 / 0 0");
    query.touch_counts = (const bool[TOUCHES]){[B] = true};
    count(f, 2, query);
    assert_rows(f, query, "0 0 / 1 0 / 0 0 / 0 0 / 0 0 / 0 0");
    query.recurring = false; /* its first view was of A */
    count(f, 2, query);
    assert_rows(f, query, "0 0 / 0 0 / 0 0 / 0 0 / 0 0 / 0 0");
}

/* ---- boundaries ---- */

static void test_period_bounds(void **state)
{
    struct fixture *f = *state;
    struct retention_query query = ask(3, 3);
    static const int64_t bounds[] = {-5, 0, 0, 10, 20, 20};

    for (uint32_t person = 0; person < 24; person++) {
        builder_event(&f->builder, person, (int64_t)person - 7, VIEW, A, 0);
        builder_event(&f->builder, person, 19, VIEW, A, 0);
    }
    query.bounds = bounds;
    count(f, 24, query); /* -7 and -6 are too early, 10 to 16 too late; the second cohort has no time */
    assert_rows(f, query, "5 0 0 / 0 0 0 / 10 10 0");
}

static void test_time_at_its_ends(void **state)
{
    struct fixture *f = *state;
    struct retention_query query = ask(1, 2);

    builder_event(&f->builder, 0, INT64_MIN, VIEW, A, 0);
    builder_event(&f->builder, 0, INT64_MAX - 1, VIEW, A, 0);
    builder_event(&f->builder, 1, 0, VIEW, A, 0);
    builder_event(&f->builder, 1, INT64_MAX, VIEW, A, 0); /* the end of all time is in no period */
    query.bounds = (const int64_t[]){INT64_MIN, 1, INT64_MAX};
    query.range = (struct range){INT64_MIN, INT64_MAX};
    count(f, 2, query);
    assert_rows(f, query, "2 1");
    query.recurring = true;
    count(f, 2, query);
    assert_rows(f, query, "2 1");
    query.or_after = true;
    count(f, 2, query);
    assert_rows(f, query, "2 2");
}

static void test_one_cell_and_the_most(void **state)
{
    struct fixture *f = *state;
    struct retention_query query = ask(2, 1);
    int64_t bounds[3 + RETENTION_CELLS_MAX];

    for (int i = 0; i < (int)COUNT_OF(bounds); i++) {
        bounds[i] = i;
        builder_event(&f->builder, 0, i, VIEW, A, 0);
    }
    for (int kind = 0; kind < 4; kind++) {
        query.bounds = bounds;
        query.recurring = kind & 1;
        query.or_after = kind & 2;
        query.n_cells = 1;
        count(f, 1, query);
        assert_rows(f, query, query.recurring ? "1 / 1" : "1 / 0");
        query.n_cells = RETENTION_CELLS_MAX;
        count(f, 1, query);
        for (size_t i = 0; i < (size_t)RETENTION_CELLS_MAX * 2; i++)
            assert_int_equal(f->returned[i], query.recurring || i < RETENTION_CELLS_MAX);
    }
}

static void test_nothing_to_count(void **state)
{
    struct fixture *f = *state;
    struct retention_query query = ask(2, 2);

    for (int kind = 0; kind < 4; kind++) {
        query.recurring = kind & 1;
        query.or_after = kind & 2;
        count(f, 0, query);
        assert_rows(f, query, "0 0 / 0 0");
        count(f, 5, query); /* persons without events */
        assert_rows(f, query, "0 0 / 0 0");
    }
}

static void test_bad_questions_change_nothing(void **state)
{
    struct fixture *f = *state;
    const struct snapshot *snapshot = builder_done(&f->builder, 0, 0);
    struct retention_query query = ask(0, 2);
    struct err err;

    f->returned[0] = 9;
    ASSERT_FAILS(retention_count(snapshot, &query, &f->arena, f->returned, &err), ERR_INVALID);
    query = ask(1, 0);
    ASSERT_FAILS(retention_count(snapshot, &query, &f->arena, f->returned, &err), ERR_INVALID);
    query = ask(1, RETENTION_CELLS_MAX + 1);
    ASSERT_FAILS(retention_count(snapshot, &query, &f->arena, f->returned, &err), ERR_INVALID);
    query = ask(1, 2);
    query.bounds = (const int64_t[]){0, 10, 9};
    ASSERT_FAILS(retention_count(snapshot, &query, &f->arena, f->returned, &err), ERR_INVALID);
    arena_free(&f->arena);
    arena_init(&f->arena, 1000); /* no room for the slots */
    query = ask(1, 2);
    ASSERT_FAILS(retention_count(snapshot, &query, &f->arena, f->returned, &err), ERR_LIMIT);
    assert_int_equal(f->returned[0], 9);
}

/* A person who never rests: one session across all periods, which must not be walked again for each of them. */
static void test_a_million_events_of_one_person(void **state)
{
    struct fixture *f = *state;
    enum { N = 1000000, PERIODS = 1000 };
    static int64_t bounds[PERIODS + 2];
    struct retention_query query = ask(PERIODS, 2);

    for (int64_t i = 0; i < N; i++)
        builder_event(&f->builder, 0, i * 1000, i == 0 ? ORDER : VIEW, i == 0 ? A : NONE, 0);
    for (int64_t i = 0; i < PERIODS + 2; i++) bounds[i] = i * N;
    query.bounds = bounds;
    query.recurring = true;
    query.by = (struct grouping){(const uint32_t[TOUCHES]){0, 1, 1}, 2};
    count(f, 1, query);
    for (int i = 0; i < PERIODS; i++) {
        assert_int_equal(f->returned[i * 2], 1);
        assert_int_equal(f->returned[i * 2 + 1], i + 1 < PERIODS);
    }
    query.or_after = true;
    query.any_return = false;
    query.return_event = ORDER; /* found only at the far end */
    count(f, 1, query);
    assert_int_equal(f->returned[0], 1);
    for (int i = 0; i < PERIODS; i++) assert_int_equal(f->returned[i * 2 + 1], 0);
}

/* ---- the oracle: each cell on its own, from all events ---- */

#define PERSONS 8
#define PERIODS_MAX RETENTION_ORACLE_PERIODS

/* R1, for the rows of an answer; `on` are those of the same question with mode "on". */
static void assert_cells(const struct retention_query *query, const uint64_t *returned, const uint64_t *on)
{
    for (size_t row = 0; row < query->n_cohorts; row++, returned += query->n_cells, on += query->n_cells) {
        for (uint32_t k = 1; k < query->n_cells; k++) {
            assert_true(returned[k] <= returned[0]);
            if (!query->or_after) continue;
            assert_true(returned[k] >= on[k]);
            assert_true(returned[k] <= returned[k - 1]);
        }
    }
}

/* R2: the answer by groups adds up to `total`, and touch_counts picks one group. */
static void assert_groups(struct fixture *f, const struct snapshot *s, struct retention_query query,
                          const uint64_t *total)
{
    static const uint32_t key[TOUCHES] = {1, 0, 1};
    static const bool counts[TOUCHES] = {true, false, true};
    size_t n = (size_t)query.n_cohorts * query.n_cells;
    uint64_t filtered[PERIODS_MAX * PERIODS_MAX];

    query.by = (struct grouping){key, 2};
    assert_true(retention_count(s, &query, &f->arena, f->returned, &f->err));
    retention_oracle_count(s, &query, f->other);
    assert_memory_equal(f->returned, f->other, 2 * n * sizeof *f->other);
    for (size_t i = 0; i < n; i++) assert_int_equal(f->returned[i] + f->returned[n + i], total[i]);
    query.by = (struct grouping){NULL, 1};
    query.touch_counts = counts;
    assert_true(retention_count(s, &query, &f->arena, filtered, &f->err));
    assert_memory_equal(filtered, f->returned + n, n * sizeof *filtered);
}

/* R3: persons whose first start event lies in the cohorts and the range. */
static void assert_sizes(const struct snapshot *s, const struct retention_query *query, const uint64_t *returned)
{
    uint64_t wanted = 0, got = 0;

    if (query->recurring) return;
    for (uint32_t person = 0; person < s->n_persons; person++) {
        uint64_t row = snapshot_rows(s, person).begin, end = snapshot_rows(s, person).end;
        while (row < end && !query->any_start && s->name[row] != query->start_event) row++;
        if (row == end || !range_holds(query->range, s->at_ms[row])) continue;
        wanted += s->at_ms[row] >= query->bounds[0] && s->at_ms[row] < query->bounds[query->n_cohorts];
    }
    for (uint32_t c = 0; c < query->n_cohorts; c++) got += returned[(size_t)c * query->n_cells];
    assert_int_equal(got, wanted);
}

/* R4: more history after `over_ms` changes no cell of a period that ended by then. */
static void assert_past_stays(struct fixture *f, struct builder *builder, const struct retention_query *query,
                              int64_t over_ms, uint64_t *seed)
{
    uint64_t before[PERIODS_MAX * PERIODS_MAX];
    size_t n = (size_t)query->n_cohorts * query->n_cells;

    if (query->or_after) return;
    const struct snapshot *s = builder_done(builder, PERSONS, NAMES);
    assert_true(retention_count(s, query, &f->arena, before, &f->err));
    for (uint32_t person = 0; person < PERSONS; person++)
        builder_event(builder, person, over_ms + (int64_t)random_below(seed, 50), (uint32_t)random_below(seed, NAMES),
                      A, 0);
    s = builder_done(builder, PERSONS, NAMES);
    assert_true(retention_count(s, query, &f->arena, f->returned, &f->err));
    for (size_t i = 0; i < n; i++) {
        if (query->bounds[i / query->n_cells + i % query->n_cells + 1] > over_ms) continue;
        assert_int_equal(f->returned[i], before[i]);
    }
}

static void test_oracle_agrees(void **state)
{
    static const uint64_t spans[] = {3, 1000, 14400000};
    struct fixture *f = *state;
    uint64_t seed = 70, returned_any = 0;

    for (int round = 0; round < 4000; round++) {
        struct builder builder = {0};
        int64_t bounds[PERIODS_MAX + 1];
        uint64_t wanted[PERIODS_MAX * PERIODS_MAX], total[PERIODS_MAX * PERIODS_MAX], on[PERIODS_MAX * PERIODS_MAX];
        uint64_t span = spans[random_below(&seed, COUNT_OF(spans))];
        struct retention_query query = retention_random_query(&seed, span, bounds), on_query = query;

        builder.scatter = random_below(&seed, 2);
        builder_three_touches(&builder);
        retention_random_facts(&builder, PERSONS, span, &seed);
        const struct snapshot *s = builder_done(&builder, PERSONS, NAMES);
        assert_true(retention_count(s, &query, &f->arena, total, &f->err));
        retention_oracle_count(s, &query, wanted);
        assert_memory_equal(total, wanted, (size_t)query.n_cohorts * query.n_cells * sizeof *total);
        on_query.or_after = false;
        assert_true(retention_count(s, &on_query, &f->arena, on, &f->err));
        assert_cells(&query, total, on);
        assert_groups(f, s, query, total);
        assert_sizes(s, &query, total);
        for (uint32_t k = 1; k < query.n_cells; k++) returned_any += total[k];
        assert_past_stays(f, &builder, &query, (int64_t)span, &seed);
        builder_reset(&builder);
        arena_reset(&f->arena);
    }
    assert_true(returned_any > 1000); /* the random questions are about something */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_openpanel),
        TEST(test_openpanel_weeks),
        TEST(test_clickhouse),
        TEST(test_start_and_return_differ),
        TEST(test_first_ever),
        TEST(test_or_after_reaches_the_end_of_the_history),
        TEST(test_by_touch),
        TEST(test_period_bounds),
        TEST(test_time_at_its_ends),
        TEST(test_one_cell_and_the_most),
        TEST(test_nothing_to_count),
        TEST(test_bad_questions_change_nothing),
        TEST(test_a_million_events_of_one_person),
        TEST(test_oracle_agrees),
    };
    return cmocka_run_group_tests_name("measure/retention", tests, NULL, NULL);
}
