/* Tests of measure/funnel.h: published goldens, boundaries, invariants F1 and F3, and every chain of small persons. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "measure/funnel.h"
#include "attribution_oracle.h"
#include "snapshot_builder.h"

#include <stdlib.h>
#include <string.h>

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
    arena_init(&f->arena, (size_t)64 << 20);
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
    if (!funnel_count(snapshot, query, &f->arena, out, &f->err)) fail_msg("%s", f->err.text);
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
    assert_int_equal(out[2].median_from_first_ms, 0);
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
    assert_int_equal(out[0].median_ms, 0);
    assert_int_equal(out[1].persons, 3);
    assert_int_equal(out[1].median_ms, 7200000);
    assert_int_equal(out[2].persons, 2);
    assert_int_equal(out[2].median_ms, 5400000);
    assert_int_equal(out[2].median_from_first_ms, 3 * HOUR_MS);
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
    assert_int_equal(out[1].median_ms, 600000);
    query.window_ms = 5 * MINUTE_MS;
    count(f, snapshot, &query, out);
    assert_int_equal(out[0].persons, 3);
    assert_int_equal(out[1].persons, 1);
    assert_int_equal(out[1].median_ms, 300000);
    query.window_ms = 5 * MINUTE_MS - 1;
    count(f, snapshot, &query, out);
    assert_int_equal(out[1].persons, 0);
    assert_int_equal(out[1].median_ms, -1);
}

/* Completed first, then started last, then each step as early as it can be. */
static void test_times_are_of_the_deepest_chain(void **state)
{
    struct fixture *f = *state;
    struct funnel_step out[3];

    add_letters(&f->builder, 0, "a  ab b  c a b c"); /* a at 3, b at 4, c at 9 */
    count(f, builder_done(&f->builder, 1, 3), &(struct funnel_query){STEPS_A_B_C, ALL_TIME}, out);
    assert_int_equal(out[1].median_ms, 1);
    assert_int_equal(out[2].median_ms, 5);
    assert_int_equal(out[2].median_from_first_ms, 6);
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
        assert_int_equal(out[k].median_ms, -1);
        assert_int_equal(out[k].median_from_first_ms, -1);
    }
    builder_event(&f->builder, 1, 7, 0, 0, 0);
    const struct snapshot *snapshot = builder_done(&f->builder, 3, 1); /* persons 0 and 2 have no event */
    count(f, snapshot, &query, out);
    assert_int_equal(out[0].persons, 1);
    assert_int_equal(out[0].median_ms, 0);
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
    assert_true(out[1].median_ms == INT64_MAX); /* as long as can be said */
    query.window_ms = INT64_MAX - 1;
    count(f, snapshot, &query, out);
    assert_int_equal(out[1].persons, 0);
}

static void test_bad_questions_change_nothing(void **state)
{
    struct fixture *f = *state;
    const struct snapshot *snapshot = builder_done(&f->builder, 0, 0);
    struct funnel_step out[2] = {{.persons = 77}, {.persons = 77}};
    struct funnel_query query = {.steps = 2, .step = {0, 1}, ALL_TIME};

    query.steps = 1;
    assert_false(funnel_count(snapshot, &query, &f->arena, out, &f->err));
    assert_int_equal(f->err.code, ERR_INVALID);
    query.steps = FUNNEL_STEPS_MAX + 1;
    assert_false(funnel_count(snapshot, &query, &f->arena, out, &f->err));
    query.steps = 2;
    query.window_ms = 0;
    assert_false(funnel_count(snapshot, &query, &f->arena, out, &f->err));
    assert_string_equal(f->err.field, "window");
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
    assert_int_equal(out[63].median_ms, 10);
    assert_int_equal(out[63].median_from_first_ms, 630);
    for (uint32_t i = 0; i < FUNNEL_STEPS_MAX; i++) query.step[i] = i % 8; /* the path for repeated names, too */
    count(f, &f->builder.snapshot, &query, out);
    assert_int_equal(out[7].persons, 1);
    assert_int_equal(out[8].persons, 0);
    free(out);
}

/* A million events of one person with every step the same name: a quadratic scan would not come back. */
static void test_million_events_of_one_person(void **state)
{
    struct fixture *f = *state;
    struct funnel_step out[3];
    struct funnel_query query = {STEPS_A_B_C, ALL_TIME};

    for (int64_t i = 0; i < 1000000; i++) builder_event(&f->builder, 0, i, (uint32_t)(i & 1), 0, 0);
    builder_event(&f->builder, 0, 2000000, 2, 0, 0);
    const struct snapshot *snapshot = builder_done(&f->builder, 1, 3);
    count(f, snapshot, &query, out);
    assert_int_equal(out[2].persons, 1);
    assert_int_equal(out[2].median_from_first_ms, 2000000 - 999998);
    query.first_touch_counts = (const bool[]){true};
    query.window_ms = 1000001;
    count(f, snapshot, &query, out);
    assert_int_equal(out[2].persons, 0);
    assert_int_equal(out[1].persons, 1);
}

/* More chains than one piece of memory holds; person i takes i ms, then 2 i. */
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
    assert_int_equal(out[1].median_ms, MANY / 2);
    assert_int_equal(out[2].persons, 13334);
    assert_int_equal(out[2].median_ms, 20001); /* half way between persons 10000 and 10001 */
    assert_int_equal(out[2].median_from_first_ms, 30001);
}

static void test_no_room_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct arena tight;
    struct funnel_step out[2];

    for (uint32_t person = 0; person < 20000; person++) {
        builder_event(&f->builder, person, 1, 0, 0, 0);
        builder_event(&f->builder, person, 2, 1, 0, 0);
    }
    arena_init(&tight, 200000);
    assert_false(funnel_count(builder_done(&f->builder, 20000, 2),
                              &(struct funnel_query){.steps = 2, .step = {0, 1}, ALL_TIME}, &tight, out, &f->err));
    assert_int_equal(f->err.code, ERR_LIMIT);
    arena_free(&tight);
}

/* ---- the oracle: every chain of a person, tried out ---- */

struct trial {
    uint32_t person;
    const struct snapshot *snapshot;
    const struct funnel_query *query;
    uint64_t end;
    uint64_t row[FUNNEL_STEPS_MAX], best[FUNNEL_STEPS_MAX];
    int best_depth;
};

/* Deeper; then completed first; then started last; then its steps as early as possible. */
static bool is_better(const struct trial *trial, int depth)
{
    if (depth != trial->best_depth) return depth > trial->best_depth;
    if (trial->row[depth - 1] != trial->best[depth - 1]) return trial->row[depth - 1] < trial->best[depth - 1];
    if (trial->row[0] != trial->best[0]) return trial->row[0] > trial->best[0];
    for (int k = 1; k < depth; k++) {
        if (trial->row[k] != trial->best[k]) return trial->row[k] < trial->best[k];
    }
    return false;
}

static void try_chains(struct trial *trial, int depth, uint64_t from)
{
    const struct snapshot *s = trial->snapshot;
    const struct funnel_query *query = trial->query;

    if (depth > 0 && is_better(trial, depth)) {
        trial->best_depth = depth;
        memcpy(trial->best, trial->row, (size_t)depth * sizeof *trial->row);
    }
    if (depth == query->steps) return;
    for (uint64_t row = from; row < trial->end; row++) {
        if (s->name[row] != query->step[depth]) continue;
        if (s->at_ms[row] < query->range.from_ms || s->at_ms[row] >= query->range.to_ms) continue;
        if (depth == 0 && query->first_touch_counts &&
            !query->first_touch_counts[oracle_session_touch(s, trial->person, row)])
            continue;
        if (depth > 0 && s->at_ms[row] - s->at_ms[trial->row[0]] > query->window_ms) continue;
        trial->row[depth] = row;
        try_chains(trial, depth + 1, row + 1);
    }
}

#define PERSONS 12
#define STEPS 4
#define GROUPS 3

struct sample {
    int64_t ms[PERSONS];
    int n;
};

static int compare_ms(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static int64_t slow_median(struct sample *sample)
{
    if (sample->n == 0) return -1;
    qsort(sample->ms, (size_t)sample->n, sizeof *sample->ms, compare_ms);
    return (sample->ms[(sample->n - 1) / 2] + sample->ms[sample->n / 2]) / 2;
}

static void slow_count(const struct snapshot *snapshot, const struct funnel_query *query, struct funnel_step *out)
{
    struct sample previous[GROUPS][STEPS] = {0}, first[GROUPS][STEPS] = {0};

    for (uint32_t person = 0; person < snapshot->n_persons; person++) {
        struct trial trial = {
            .snapshot = snapshot, .query = query, .person = person, .end = snapshot_rows(snapshot, person).end};
        try_chains(&trial, 0, snapshot_rows(snapshot, person).begin);
        for (int k = 0; k < trial.best_depth; k++) {
            uint32_t group = query->by.key ? query->by.key[oracle_session_touch(snapshot, person, trial.best[0])] : 0;
            int64_t at_ms = snapshot->at_ms[trial.best[k]];
            previous[group][k].ms[previous[group][k].n++] = k ? at_ms - snapshot->at_ms[trial.best[k - 1]] : 0;
            first[group][k].ms[first[group][k].n++] = at_ms - snapshot->at_ms[trial.best[0]];
        }
    }
    for (uint32_t group = 0; group < query->by.n; group++) {
        for (int k = 0; k < query->steps; k++) {
            out[group * (uint32_t)query->steps + (uint32_t)k] = (struct funnel_step){
                .persons = (uint64_t)previous[group][k].n,
                .median_ms = slow_median(&previous[group][k]),
                .median_from_first_ms = slow_median(&first[group][k]),
            };
        }
    }
}

static const uint32_t RANDOM_KEY[] = {0, 1, 2, 0};
static const bool RANDOM_FIRST[] = {true, false, true, true};

static void random_facts(struct builder *builder, uint64_t *seed)
{
    for (int i = 0; i < 3; i++) builder_touch(builder, TOUCH_IS_PLAIN);
    builder_touch(builder, TOUCH_IS_EMPTY);
    for (uint32_t person = 0; person < PERSONS; person++) {
        uint64_t n = random_below(seed, 11), span = 1 + random_below(seed, 30);
        for (uint64_t i = 0; i < n; i++) {
            builder_event(builder, person, 100 + (int64_t)random_below(seed, span), (uint32_t)random_below(seed, 5),
                          (uint32_t)random_below(seed, 4), 0);
        }
    }
}

static struct funnel_query random_query(uint64_t *seed)
{
    struct funnel_query query = {.range = RANGE_ALL, .by = {NULL, 1}};

    query.steps = 2 + (int)random_below(seed, STEPS - 1);
    for (uint32_t k = 0; k < STEPS; k++) query.step[k] = k;
    if (random_below(seed, 2)) { /* names may repeat, or be none */
        for (uint32_t k = 0; k < STEPS; k++) query.step[k] = (uint32_t)random_below(seed, 4);
        if (random_below(seed, 8) == 0) query.step[random_below(seed, STEPS)] = DICT_NONE;
    }
    query.window_ms = random_below(seed, 3) ? 1 + (int64_t)random_below(seed, 20) : INT64_MAX;
    if (random_below(seed, 3) == 0) {
        query.range.from_ms = 100 + (int64_t)random_below(seed, 10);
        query.range.to_ms = query.range.from_ms + (int64_t)random_below(seed, 20);
    }
    if (random_below(seed, 2)) query.by = (struct grouping){RANDOM_KEY, GROUPS};
    if (random_below(seed, 3) == 0) query.first_touch_counts = RANDOM_FIRST;
    return query;
}

static void test_every_chain_tried_agrees(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 20;

    for (int round = 0; round < 4000; round++) {
        struct builder builder = {0};
        struct funnel_step fast[GROUPS * STEPS] = {0}, slow[GROUPS * STEPS] = {0};
        struct funnel_query query = random_query(&seed);

        random_facts(&builder, &seed);
        const struct snapshot *snapshot = builder_done(&builder, PERSONS, 5);
        slow_count(snapshot, &query, slow);
        count(f, snapshot, &query, fast);
        for (uint32_t i = 0; i < query.by.n * (uint32_t)query.steps; i++) {
            assert_int_equal(fast[i].persons, slow[i].persons);
            assert_int_equal(fast[i].median_ms, slow[i].median_ms);
            assert_int_equal(fast[i].median_from_first_ms, slow[i].median_from_first_ms);
        }
        builder_reset(&builder);
        arena_reset(&f->arena);
    }
}

/* F1, F3, and: what groups are called changes nothing. */
static void test_groups_add_up(void **state)
{
    struct fixture *f = *state;
    static const uint32_t renamed[] = {2, 0, 1, 2}; /* RANDOM_KEY with 0 -> 2, 1 -> 0, 2 -> 1 */
    static const uint32_t name_of[] = {2, 0, 1};
    uint64_t seed = 21;

    for (int round = 0; round < 500; round++) {
        struct builder builder = {0};
        struct funnel_step all[STEPS], by[GROUPS * STEPS], again[GROUPS * STEPS];
        struct funnel_query query = random_query(&seed);
        uint32_t steps = (uint32_t)query.steps;

        random_facts(&builder, &seed);
        const struct snapshot *snapshot = builder_done(&builder, PERSONS, 5);
        query.by = (struct grouping){NULL, 1};
        count(f, snapshot, &query, all);
        query.by = (struct grouping){RANDOM_KEY, GROUPS};
        count(f, snapshot, &query, by);
        query.by.key = renamed;
        count(f, snapshot, &query, again);
        for (uint32_t k = 0; k < steps; k++) {
            uint64_t sum = 0;
            for (uint32_t group = 0; group < GROUPS; group++) {
                struct funnel_step one = by[group * steps + k], other = again[name_of[group] * steps + k];
                sum += one.persons;
                if (k > 0) assert_true(one.persons <= by[group * steps + k - 1].persons);
                assert_memory_equal(&one, &other, sizeof one);
            }
            assert_int_equal(sum, all[k].persons);
        }
        builder_reset(&builder);
        arena_reset(&f->arena);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_clickhouse_default_mode),
        TEST(test_window_is_inclusive),
        TEST(test_ties_keep_arrival_order),
        TEST(test_repeated_name_needs_repeated_events),
        TEST(test_best_chain_counts),
        TEST(test_posthog_time_to_convert),
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
        TEST(test_every_chain_tried_agrees),
        TEST(test_groups_add_up),
    };
    return cmocka_run_group_tests_name("measure/funnel", tests, NULL, NULL);
}
