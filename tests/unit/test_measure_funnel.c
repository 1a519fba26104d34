/* Tests of measure/funnel.h: published goldens and boundaries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "measure/funnel.h"
#include "snapshot_builder.h"

#include <stdlib.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS INT64_C(3600000)
#define DAY_MS INT64_C(86400000)
#define STEPS_A_B_C .steps = 3, .step = {0, 1, 2}

struct fixture {
    struct builder builder;
    struct arena arena;
    struct err err;
};

static int set_up(void **state)
{
    struct fixture *f = mem_new(sizeof *f);
    arena_init(&f->arena, (size_t)512 << 20);
    builder_touch(&f->builder, TOUCH_IS_PLAIN);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    builder_reset(&f->builder);
    arena_free(&f->arena);
    free(f);
    return 0;
}

/* One event a letter, 'a' is name 0, at 0, 1, 2 ... ms; a blank only lets time pass. */
static void add_letters(struct builder *builder, uint32_t person, const char *letters)
{
    for (size_t i = 0; letters[i]; i++) {
        if (letters[i] == ' ') continue;
        builder_event(builder, person, (int64_t)i, (uint32_t)(letters[i] - 'a'), 0, 0);
    }
}

static void count(struct fixture *f, const struct snapshot *snapshot, const struct funnel_query *query,
                  struct funnel_step *out)
{
    struct funnel_answer answer = {.steps = out, .times = true};

    if (!funnel_count(snapshot, query, &f->arena, &answer, &f->err)) fail_msg("%s", f->err.text);
}

/* How deep each of the persons came, as "33331". */
static void assert_depths(struct fixture *f, const char *const *letters, size_t n, struct funnel_query query,
                          const char *depths)
{
    char got[32] = "";

    for (size_t i = 0; i < n; i++) {
        struct funnel_step out[FUNNEL_STEPS_MAX];
        struct builder one = {0};
        int depth = 0;

        builder_touch(&one, TOUCH_IS_PLAIN);
        add_letters(&one, 0, letters[i]);
        count(f, builder_done(&one, 1, 26), &query, out);
        while (depth < query.steps && out[depth].persons == 1) depth++;
        got[i] = (char)('0' + depth);
        builder_reset(&one);
    }
    assert_string_equal(got, depths);
}

#define ALL_TIME .window_ms = INT64_MAX, .range = RANGE_ALL, .by = {NULL, 1}

/* ClickHouse's own table of windowFunnel, default mode. */
static void test_clickhouse_default_mode(void **state)
{
    static const char *const users[] = {"abc", "a d b c", "aabbcc", "aaaabbcc", "aabb d cc", "ccbbaa"};
    static const char *const others[] = {"abcbd", "abac", "acb", "abcabcd"};

    assert_depths(*state, users, COUNT_OF(users), (struct funnel_query){STEPS_A_B_C, ALL_TIME}, "333331");
    assert_depths(*state, others, COUNT_OF(others), (struct funnel_query){.steps = 4, .step = {0, 1, 2, 3}, ALL_TIME},
                  "4324");
}

/* ClickHouse: a at 0; b, c, d at 1; e at 2. And an event that comes twice. */
static void test_clickhouse_ties_and_repeats(void **state)
{
    struct fixture *f = *state;
    static const char *const user[] = {"abcdeffg"};
    static const int64_t at_ms[] = {0, 1, 1, 1, 2};
    struct funnel_query query = {.steps = 5, .step = {0, 1, 2, 3, 4, 5, 6}, ALL_TIME};
    struct funnel_step out[5];

    for (uint32_t i = 0; i < 5; i++) builder_event(&f->builder, 0, at_ms[i], i, 0, 0);
    count(f, builder_done(&f->builder, 1, 5), &query, out);
    assert_int_equal(out[4].persons, 1);
    query.steps = 7;
    assert_depths(f, user, 1, query, "7");
    query.order = FUNNEL_STRICT;
    assert_depths(f, user, 1, query, "6"); /* strict_deduplication */
}

/* The columns of strict_order with strict_deduplication; where one event begins anew, the best place counts. */
static void test_clickhouse_strict(void **state)
{
    static const char *const users[] = {"abc", "a d b c", "aabbcc", "aaaabbcc", "aabb d cc", "ccbbaa", "acb"};
    static const char *const others[] = {"abac", "ababc", "abcbd", "acb", "abcabcd"};
    struct funnel_query query = {.steps = 4, .step = {0, 1, 2, 3}, ALL_TIME};

    query.order = FUNNEL_STRICT;
    assert_depths(*state, others, COUNT_OF(others), query, "23314");
    query.steps = 3;
    assert_depths(*state, users, COUNT_OF(users), query, "3122211");
    assert_depths(*state, others, COUNT_OF(others), query, "23313");
    query.step[2] = 0; /* a b a */
    assert_depths(*state, others, COUNT_OF(others), query, "33212");
    query.window_ms = 1;
    assert_depths(*state, others, COUNT_OF(others), query, "22212");
    query.window_ms = INT64_MAX;
    query.range = (struct range){1, INT64_MAX};
    assert_depths(*state, others, COUNT_OF(others), query, "12002");
}

/* The first k steps, one event each, in whatever order. */
static void test_any_order(void **state)
{
    static const char *const users[] = {"abc", "cba", "bca", "bc", "ac", "c a", "b   a c", "a d b"};
    static const char *const twice[] = {"aab", "aba", "baa", "ab", "aa", "ba"};
    struct funnel_query query = {STEPS_A_B_C, ALL_TIME};

    query.order = FUNNEL_ANY;
    assert_depths(*state, users, COUNT_OF(users), query, "33301132");
    query.window_ms = 3;
    assert_depths(*state, users, COUNT_OF(users), query, "33301111");
    query.window_ms = INT64_MAX;
    query.excluded = (const bool[26]){[3] = true}; /* d */
    assert_depths(*state, users, COUNT_OF(users), query, "33301131");
    query = (struct funnel_query){.order = FUNNEL_ANY, .steps = 3, .step = {0, 0, 1}, ALL_TIME};
    assert_depths(*state, twice, COUNT_OF(twice), query, "333121");
}

/* An excluded event ends all chains; the next may begin after it. */
static void test_excluded_events(void **state)
{
    static const char *const users[] = {"abc", "abdc", "adbc", "dabcd", "abdabc", "abdac", "dda"};
    struct funnel_query query = {STEPS_A_B_C, ALL_TIME};

    query.excluded = (const bool[26]){[3] = true};
    assert_depths(*state, users, COUNT_OF(users), query, "3213321");
    query.range = (struct range){0, 3}; /* the d at 3 takes no part */
    assert_depths(*state, users, COUNT_OF(users), query, "3212221");
}

static void test_windows_of_steps(void **state)
{
    struct fixture *f = *state;
    static const char *const users[] = {"a b c", "a  b c", "a b  c", "ab b  c", "a  bab c", "a a   b c", "abbbbbbc"};
    struct funnel_query query = {STEPS_A_B_C, ALL_TIME};
    struct funnel_step out[3];

    query.step_window_ms[1] = query.step_window_ms[2] = 2;
    assert_depths(f, users, COUNT_OF(users), query, "3122312");
    query.step_window_ms[2] = 3;
    assert_depths(f, users, COUNT_OF(users), query, "3132312");
    query.step_window_ms[1] = 0;
    assert_depths(f, users, COUNT_OF(users), query, "3333333");
    /* the first b leads nowhere, so the time of step 2 is that of the second */
    add_letters(&f->builder, 0, "ab b bc");
    query.step_window_ms[2] = 3;
    count(f, builder_done(&f->builder, 1, 3), &query, out);
    assert_int_equal(out[1].from_previous.median_ms, 3);
    assert_int_equal(out[2].from_previous.median_ms, 3);
}

static void test_window_is_inclusive(void **state)
{
    static const char *const user[] = {"   abcde"}; /* ClickHouse: events 1003..1007 at t = 3..7 */
    struct funnel_query query = {.steps = 5, .step = {0, 1, 2, 3, 4}, ALL_TIME};

    query.window_ms = 1;
    assert_depths(*state, user, 1, query, "2");
    query.window_ms = 2;
    assert_depths(*state, user, 1, query, "3");
    query.window_ms = 3;
    assert_depths(*state, user, 1, query, "4");
    query.window_ms = 4;
    assert_depths(*state, user, 1, query, "5");
    query.window_ms = INT64_MAX - 1;
    assert_depths(*state, user, 1, query, "5");
}

/* Events of one instant: in order of arrival they are a chain, against it they are none. */
static void test_ties_keep_arrival_order(void **state)
{
    struct fixture *f = *state;
    static const uint32_t order[] = {0, 1, 2};
    struct funnel_step out[3];

    for (uint32_t i = 0; i < 3; i++) builder_event(&f->builder, 0, 5, order[i], 0, 0);
    for (uint32_t i = 0; i < 3; i++) builder_event(&f->builder, 1, 5, order[2 - i], 0, 0);
    count(f, builder_done(&f->builder, 2, 3), &(struct funnel_query){STEPS_A_B_C, ALL_TIME}, out);
    assert_int_equal(out[0].persons, 2);
    assert_int_equal(out[1].persons, 1);
    assert_int_equal(out[2].persons, 1);
    assert_int_equal(out[2].from_first.median_ms, 0);
}

/* A chain is made of as many events as it has steps: one event does not stand for two (windowFunnel strict_once). */
static void test_repeated_name_needs_repeated_events(void **state)
{
    static const char *const users[] = {"e", "ee", "abee", "eee", "e e e e"};
    assert_depths(*state, users, COUNT_OF(users), (struct funnel_query){.steps = 3, .step = {4, 4, 4}, ALL_TIME},
                  "12233");
    static const char *const mixed[] = {"aba", "ab", "ba", "aab", "abba"};
    assert_depths(*state, mixed, COUNT_OF(mixed), (struct funnel_query){.steps = 3, .step = {0, 1, 0}, ALL_TIME},
                  "32123");
}

/* A later beginning saves the chain that the first one would lose to the window. */
static void test_best_chain_counts(void **state)
{
    static const char *const users[] = {"a      a b c", "a b     a c", "ab      bc", "a b a     c"};
    struct funnel_query query = {STEPS_A_B_C, ALL_TIME};

    query.window_ms = 5;
    assert_depths(*state, users, COUNT_OF(users), query, "3222");
}

/* PostHog, time to convert: p1 at 12, 13, 15 h; p2 at 14, 16; p3 at 14, 16, 17. */
static void test_posthog_time_to_convert(void **state)
{
    struct fixture *f = *state;
    static const int hours[3][3] = {{12, 13, 15}, {14, 16, 0}, {14, 16, 17}};
    struct funnel_step out[3];

    for (uint32_t person = 0; person < 3; person++) {
        for (uint32_t i = 0; i < 3 && hours[person][i]; i++) {
            builder_event(&f->builder, person, hours[person][i] * HOUR_MS, i, 0, 0);
        }
    }
    count(f, builder_done(&f->builder, 3, 3), &(struct funnel_query){STEPS_A_B_C, ALL_TIME}, out);
    assert_int_equal(out[0].persons, 3);
    assert_int_equal(out[0].from_previous.median_ms, 0);
    assert_int_equal(out[1].persons, 3);
    assert_int_equal(out[1].from_previous.median_ms, 7200000);
    assert_int_equal(out[2].persons, 2);
    assert_int_equal(out[2].from_previous.median_ms, 5400000);
    assert_int_equal(out[2].from_first.median_ms, 3 * HOUR_MS);
    assert_int_equal(out[1].from_previous.p25_ms, 5400000); /* 1, 2 and 2 hours */
    assert_int_equal(out[1].from_previous.p75_ms, 7200000);
    assert_int_equal(out[2].from_previous.p25_ms, 4500000); /* 1 and 2 hours */
    assert_int_equal(out[2].from_previous.p75_ms, 6300000);
}

/* On each bound, and a millisecond before it; a day apart each, by the day of the first step. */
static void test_lengths_and_periods(void **state)
{
    struct fixture *f = *state;
    enum { BOUNDS = FUNNEL_LENGTHS - 1 };
    struct funnel_query query = {STEPS_A_B_C, ALL_TIME};
    struct funnel_period periods[BOUNDS];
    struct funnel_step out[3];
    uint64_t lengths[3][FUNNEL_LENGTHS];
    int64_t bounds[BOUNDS + 1];
    struct funnel_answer answer = {
        .steps = out, .times = true, .lengths = lengths, .bounds = bounds, .n_periods = BOUNDS, .periods = periods};

    for (uint32_t i = 0; i < BOUNDS; i++) {
        bounds[i] = i * DAY_MS;
        for (uint32_t person = 2 * i; person <= 2 * i + 1; person++) {
            builder_event(&f->builder, person, i * DAY_MS, 0, 0, 0);
            builder_event(&f->builder, person, i * DAY_MS + FUNNEL_LENGTHS_MS[i] - (person % 2), 1, 0, 0);
        }
        builder_event(&f->builder, 2 * i, i * DAY_MS + FUNNEL_LENGTHS_MS[i] + 100 * DAY_MS, 2, 0, 0);
    }
    bounds[BOUNDS] = (BOUNDS - 1) * DAY_MS; /* the last period is empty */
    assert_true(funnel_count(builder_done(&f->builder, 2 * BOUNDS, 3), &query, &f->arena, &answer, &f->err));
    for (uint32_t i = 0; i < FUNNEL_LENGTHS; i++) {
        assert_int_equal(lengths[0][i], i == 0 || i == BOUNDS ? 1 : 2);
        assert_int_equal(lengths[1][i], i == BOUNDS ? BOUNDS : 0);
        assert_int_equal(lengths[2][i], i == BOUNDS ? BOUNDS : 0);
    }
    for (uint32_t i = 0; i < BOUNDS; i++) {
        assert_int_equal(periods[i].entered, i + 1 < BOUNDS ? 2 : 0);
        assert_int_equal(periods[i].converted, i + 1 < BOUNDS ? 1 : 0);
    }
    assert_int_equal(out[2].from_previous.median_ms, 100 * DAY_MS); /* longer than 32 bits hold */
}

/* PostHog: three start; two convert, after 5 and after 15 minutes. A window of exactly 5 minutes keeps the first. */
static void test_posthog_window(void **state)
{
    struct fixture *f = *state;
    struct funnel_query query = {.steps = 2, .step = {0, 1}, ALL_TIME};
    struct funnel_step out[2];

    for (uint32_t person = 0; person < 3; person++) builder_event(&f->builder, person, HOUR_MS, 0, 0, 0);
    builder_event(&f->builder, 0, HOUR_MS + 5 * MINUTE_MS, 1, 0, 0);
    builder_event(&f->builder, 1, HOUR_MS + 15 * MINUTE_MS, 1, 0, 0);
    const struct snapshot *snapshot = builder_done(&f->builder, 3, 2);

    query.window_ms = 14 * DAY_MS;
    count(f, snapshot, &query, out);
    assert_int_equal(out[0].persons, 3);
    assert_int_equal(out[1].persons, 2);
    assert_int_equal(out[1].from_previous.median_ms, 600000);
    query.window_ms = 5 * MINUTE_MS;
    count(f, snapshot, &query, out);
    assert_int_equal(out[0].persons, 3);
    assert_int_equal(out[1].persons, 1);
    assert_int_equal(out[1].from_previous.median_ms, 300000);
    query.window_ms = 5 * MINUTE_MS - 1;
    count(f, snapshot, &query, out);
    assert_int_equal(out[1].persons, 0);
    assert_int_equal(out[1].from_previous.median_ms, -1);
}

/* Completed first, then started last, then each step as early as it can be. */
static void test_times_are_of_the_deepest_chain(void **state)
{
    struct fixture *f = *state;
    struct funnel_step out[3];

    add_letters(&f->builder, 0, "a  ab b  c a b c"); /* a at 3, b at 4, c at 9 */
    count(f, builder_done(&f->builder, 1, 3), &(struct funnel_query){STEPS_A_B_C, ALL_TIME}, out);
    assert_int_equal(out[1].from_previous.median_ms, 1);
    assert_int_equal(out[2].from_previous.median_ms, 5);
    assert_int_equal(out[2].from_first.median_ms, 6);
}

static void test_range_is_half_open(void **state)
{
    static const char *const users[] = {"abc", " abc", "  abc", "   abc"};
    struct funnel_query query = {STEPS_A_B_C, ALL_TIME};

    query.range = (struct range){1, 4}; /* instants 1, 2, 3 */
    assert_depths(*state, users, COUNT_OF(users), query, "0321");
    query.range = (struct range){3, 3};
    assert_depths(*state, users, COUNT_OF(users), query, "0000");
}

static void test_nothing_to_count(void **state)
{
    struct fixture *f = *state;
    struct funnel_step out[3];
    struct funnel_query query = {STEPS_A_B_C, ALL_TIME};

    count(f, builder_done(&f->builder, 0, 0), &query, out);
    for (int k = 0; k < 3; k++) {
        assert_int_equal(out[k].persons, 0);
        assert_int_equal(out[k].from_previous.median_ms, -1);
        assert_int_equal(out[k].from_first.median_ms, -1);
    }
    builder_event(&f->builder, 1, 7, 0, 0, 0);
    const struct snapshot *snapshot = builder_done(&f->builder, 3, 1); /* persons 0 and 2 have no event */
    count(f, snapshot, &query, out);
    assert_int_equal(out[0].persons, 1);
    assert_int_equal(out[0].from_previous.median_ms, 0);
    assert_int_equal(out[1].persons, 0);
    query.step[0] = DICT_NONE;
    count(f, snapshot, &query, out);
    assert_int_equal(out[0].persons, 0);
    query.step[0] = 0;
    query.step[1] = DICT_NONE;
    count(f, snapshot, &query, out);
    assert_int_equal(out[0].persons, 1);
    assert_int_equal(out[1].persons, 0);
}

static void test_extreme_times(void **state)
{
    struct fixture *f = *state;
    struct funnel_step out[2];
    struct funnel_query query = {.steps = 2, .step = {0, 1}, ALL_TIME};

    builder_event(&f->builder, 0, INT64_MIN, 0, 0, 0);
    builder_event(&f->builder, 0, INT64_MAX - 1, 1, 0, 0);
    const struct snapshot *snapshot = builder_done(&f->builder, 1, 2);
    count(f, snapshot, &query, out);
    assert_int_equal(out[1].persons, 1);
    assert_true(out[1].from_previous.median_ms == INT64_MAX); /* as long as can be said */
    query.window_ms = INT64_MAX - 1;
    count(f, snapshot, &query, out);
    assert_int_equal(out[1].persons, 0);
}

static void test_bad_questions_change_nothing(void **state)
{
    struct fixture *f = *state;
    const struct snapshot *snapshot = builder_done(&f->builder, 0, 2);
    struct funnel_step out[2] = {{.persons = 77}, {.persons = 77}};
    struct funnel_answer answer = {.steps = out, .times = true};
    struct funnel_query query = {.steps = 2, .step = {0, 1}, ALL_TIME}, good = query;

    query.steps = 1;
    assert_false(funnel_count(snapshot, &query, &f->arena, &answer, &f->err));
    assert_int_equal(f->err.code, ERR_INVALID);
    query.steps = FUNNEL_STEPS_MAX + 1;
    assert_false(funnel_count(snapshot, &query, &f->arena, &answer, &f->err));
    query = good;
    query.window_ms = 0;
    assert_false(funnel_count(snapshot, &query, &f->arena, &answer, &f->err));
    assert_string_equal(f->err.field, "window");
    query = good;
    query.step_window_ms[1] = -1;
    assert_false(funnel_count(snapshot, &query, &f->arena, &answer, &f->err));
    assert_string_equal(f->err.field, "step_window");
    query.step_window_ms[1] = 1;
    query.order = FUNNEL_ANY;
    assert_false(funnel_count(snapshot, &query, &f->arena, &answer, &f->err));
    assert_string_equal(f->err.field, "step_window");
    query = good;
    query.excluded = (const bool[]){false, true};
    assert_false(funnel_count(snapshot, &query, &f->arena, &answer, &f->err));
    assert_string_equal(f->err.field, "exclude");
    assert_int_equal(out[0].persons, 77);
}

static void test_longest_funnel(void **state)
{
    struct fixture *f = *state;
    struct funnel_step *out = mem_new(FUNNEL_STEPS_MAX * sizeof *out);
    struct funnel_query query = {.steps = FUNNEL_STEPS_MAX, ALL_TIME};

    for (uint32_t i = 0; i < FUNNEL_STEPS_MAX; i++) {
        query.step[i] = i;
        builder_event(&f->builder, 0, 10 * (int64_t)i, i, 0, 0);
    }
    count(f, builder_done(&f->builder, 1, FUNNEL_STEPS_MAX), &query, out);
    assert_int_equal(out[63].persons, 1);
    assert_int_equal(out[63].from_previous.median_ms, 10);
    assert_int_equal(out[63].from_first.median_ms, 630);
    for (uint32_t i = 0; i < FUNNEL_STEPS_MAX; i++) query.step[i] = i % 8; /* the path for repeated names, too */
    count(f, &f->builder.snapshot, &query, out);
    assert_int_equal(out[7].persons, 1);
    assert_int_equal(out[8].persons, 0);
    free(out);
}

/* A million events of one person: a quadratic reading, of any order, would not come back. */
static void test_million_events_of_one_person(void **state)
{
    struct fixture *f = *state;
    struct funnel_step out[3];
    struct funnel_query query = {STEPS_A_B_C, ALL_TIME};

    for (int64_t i = 0; i < 1000000; i++) builder_event(&f->builder, 0, i, (uint32_t)(i & 1), 0, 0);
    builder_event(&f->builder, 0, 2000000, 2, 0, 0);
    builder_event(&f->builder, 0, -1, 3, 0, 0);
    const struct snapshot *snapshot = builder_done(&f->builder, 1, 4);
    count(f, snapshot, &query, out);
    assert_int_equal(out[2].persons, 1);
    assert_int_equal(out[2].from_first.median_ms, 2000000 - 999998);
    query.first_touch_counts = (const bool[]){true};
    query.window_ms = 1000001;
    count(f, snapshot, &query, out);
    assert_int_equal(out[2].persons, 0);
    assert_int_equal(out[1].persons, 1);
    query.order = FUNNEL_STRICT;
    query.window_ms = INT64_MAX;
    count(f, snapshot, &query, out);
    assert_int_equal(out[2].from_first.median_ms, 2000000 - 999998);
    query = (struct funnel_query){.order = FUNNEL_ANY, .steps = 3, .step = {2, 3, 1}, ALL_TIME};
    query.first_touch_counts = (const bool[]){true};
    count(f, snapshot, &query, out);
    assert_int_equal(out[2].from_first.median_ms, 2000001); /* the d */
    query = (struct funnel_query){.steps = 3, .step = {3, 1, 2}, .step_window_ms = {[2] = 1000001}, ALL_TIME};
    count(f, snapshot, &query, out);
    assert_int_equal(out[1].from_previous.median_ms, 1000000); /* to the last b */
    query.excluded = (const bool[]){true, false, false, false};
    count(f, snapshot, &query, out);
    assert_int_equal(out[0].persons, 1);
    assert_int_equal(out[1].persons, 0);
}

/* More chains than one piece of memory or one shard holds; person i takes i ms, then 2 i. */
static void test_many_persons(void **state)
{
    struct fixture *f = *state;
    enum { MANY = 20001 };
    struct funnel_step out[3];

    for (uint32_t i = 0; i < MANY; i++) {
        builder_event(&f->builder, i, 1, 0, 0, 0);
        builder_event(&f->builder, i, 1 + (int64_t)i, 1, 0, 0);
        if (i % 3) builder_event(&f->builder, i, 1 + 3 * (int64_t)i, 2, 0, 0);
    }
    count(f, builder_done(&f->builder, MANY, 3), &(struct funnel_query){STEPS_A_B_C, ALL_TIME}, out);
    assert_int_equal(out[1].persons, MANY);
    assert_int_equal(out[1].from_previous.p25_ms, MANY / 4);
    assert_int_equal(out[1].from_previous.median_ms, MANY / 2);
    assert_int_equal(out[1].from_previous.p75_ms, MANY / 4 * 3);
    assert_int_equal(out[2].persons, 13334);
    assert_int_equal(out[2].from_previous.median_ms, 20001); /* half way between persons 10000 and 10001 */
    assert_int_equal(out[2].from_first.median_ms, 30001);
}

/* From no memory to enough: an error or the answer, and nothing in between. */
static void test_no_room_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct funnel_query query = {.steps = 2, .step = {0, 1}, ALL_TIME};
    struct funnel_person page[2];
    uint32_t refused = 0;

    for (uint32_t person = 0; person < 20000; person++) {
        builder_event(&f->builder, person, 1, 0, 0, 0);
        builder_event(&f->builder, person, 2, 1, 0, 0);
    }
    const struct snapshot *snapshot = builder_done(&f->builder, 20000, 2);
    for (size_t ceiling = 0; ceiling < 2000000; ceiling += 50000) {
        struct funnel_step out[2] = {{.persons = 77}};
        struct arena tight;
        uint64_t total;
        uint32_t n;

        arena_init(&tight, ceiling);
        if (funnel_count(snapshot, &query, &tight, &(struct funnel_answer){.steps = out, .times = true}, &f->err)) {
            assert_int_equal(out[1].persons, 20000);
        } else {
            assert_int_equal(f->err.code, ERR_LIMIT);
            assert_int_equal(out[0].persons, 77);
            refused++;
        }
        arena_free(&tight);
        arena_init(&tight, 10000); /* enough for a page, however many there are */
        assert_true(funnel_persons(snapshot, &query,
                                   &(struct funnel_who){.least = 2, .most = 2, .group = DICT_NONE, .limit = 2}, &tight,
                                   page, &n, &total, &f->err));
        assert_int_equal(total, 20000);
        arena_free(&tight);
    }
    assert_in_range(refused, 5, 30);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_clickhouse_default_mode),
        TEST(test_clickhouse_ties_and_repeats),
        TEST(test_clickhouse_strict),
        TEST(test_any_order),
        TEST(test_excluded_events),
        TEST(test_windows_of_steps),
        TEST(test_window_is_inclusive),
        TEST(test_ties_keep_arrival_order),
        TEST(test_repeated_name_needs_repeated_events),
        TEST(test_best_chain_counts),
        TEST(test_posthog_time_to_convert),
        TEST(test_lengths_and_periods),
        TEST(test_posthog_window),
        TEST(test_times_are_of_the_deepest_chain),
        TEST(test_range_is_half_open),
        TEST(test_nothing_to_count),
        TEST(test_extreme_times),
        TEST(test_bad_questions_change_nothing),
        TEST(test_longest_funnel),
        TEST(test_million_events_of_one_person),
        TEST(test_many_persons),
        TEST(test_no_room_is_an_error),
    };
    return cmocka_run_group_tests_name("measure/funnel", tests, NULL, NULL);
}
