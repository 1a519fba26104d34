/* Tests of measure/attribution.h at its edges: nothing, the extremes of 64 bits, no room, very long journeys,
 * stopping. */
#include "attribution_fixture.h"

static void test_nothing_to_count(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_SESSIONS);

    f->row[TOUCHES].touches = f->total.conversions = 9;
    count(f, 0, query);
    assert_int_equal(f->total.conversions, 0);
    assert_int_equal(f->row[TOUCHES].touches, 0);
    builder_event(&f->builder, 1, NOW, ORDER, A, 5);
    query.conversion = DICT_NONE;
    count(f, 3, query);
    assert_int_equal(f->total.conversions, 0);
    query.conversion = SIGNUP;
    count(f, 3, query);
    assert_int_equal(f->total.persons, 0);
    query.conversion = ORDER;
    query.by = (struct grouping){NULL, 1};
    count(f, 3, query);
    assert_int_equal(f->row[0].revenue_minor[MODEL_TIME_DECAY], 5);
}

static void test_bad_questions_change_nothing(void **state)
{
    struct fixture *f = *state;
    const struct snapshot *snapshot = builder_done(&f->builder, 0, 0);
    struct attribution_query query = ask(TOUCH_EVENTS);

    f->row[0].touches = f->total.persons = 9;
    query.lookback_ms = 0;
    assert_false(attribution_count(snapshot, &query, &f->arena, f->row, &f->total, &f->err));
    assert_int_equal(f->err.code, ERR_INVALID);
    assert_string_equal(f->err.field, "lookback");
    query = ask(TOUCH_EVENTS);
    query.half_life_ms = 0;
    assert_false(attribution_count(snapshot, &query, &f->arena, f->row, &f->total, &f->err));
    assert_string_equal(f->err.field, "half_life");
    assert_int_equal(f->row[0].touches, 9);
    assert_int_equal(f->total.persons, 9);
}

static void test_extreme_times(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);

    builder_event(&f->builder, 0, INT64_MIN, VISIT, A, 0);
    builder_event(&f->builder, 0, 0, VISIT, B, 0);
    order(f, 0, INT64_MAX - 1, NONE, 100);
    query.lookback_ms = INT64_MAX; /* all */
    query.half_life_ms = 1;
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_LINEAR, 0.5, 0.5, 0, 0);
    ASSERT_CREDIT(f, MODEL_TIME_DECAY, 0, 1, 0, 0); /* h -> 0: the last */
    query.half_life_ms = INT64_MAX;
    query.lookback_ms = INT64_MAX - 1; /* a limit: B is INT64_MAX - 1 old, just out */
    count(f, 1, query);
    ASSERT_NEAR(f->row[NONE].conversions[MODEL_LINEAR], 1);
}

/* h -> 0 is the last touch, h -> infinity is linear; a journey much older than h is no 0/0. */
static void test_half_life_limits(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);

    add_paths(f, 0, 1, "abc", 1000);
    query.half_life_ms = 1;
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_TIME_DECAY, 0, 0, 1, 0);
    ASSERT_MONEY(f, MODEL_TIME_DECAY, 0, 0, 1000, 0);
    query.half_life_ms = INT64_MAX;
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_TIME_DECAY, 1.0 / 3, 1.0 / 3, 1.0 / 3, 0);
    assert_int_equal(f->row[A].revenue_minor[MODEL_TIME_DECAY] / 10, 33);
}

/* Each unit left over goes to the largest remainder, the earlier touch among equal ones; a refund is its mirror. */
static void test_revenue_boundaries(void **state)
{
    struct fixture *f = *state;
    static const int64_t revenues[] = {0, 1, 2, 3, 4, -1, -2, 10, -10, 999999999, INT64_MAX, -INT64_MAX};

    for (size_t i = 0; i < COUNT_OF(revenues); i++) {
        int64_t v = revenues[i], third = v / 3, rest = v % 3, sum = 0;
        int64_t one = v < 0 ? -1 : 1, left = rest * one;

        start_again(f);
        count(f, add_paths(f, 0, 1, "abc", v), ask(TOUCH_EVENTS));
        assert_int_equal(f->total.revenue_minor, v);
        ASSERT_MONEY(f, MODEL_LINEAR, third + (left > 0 ? one : 0), third + (left > 1 ? one : 0), third, 0);
        for (int t = 0; t < TOUCHES; t++) sum += f->row[t].revenue_minor[MODEL_TIME_DECAY];
        assert_int_equal(sum, v);
    }
    start_again(f);
    count(f, add_paths(f, 0, 1, "abc", -4), ask(TOUCH_EVENTS));
    ASSERT_MONEY(f, MODEL_POSITION, -2, -1, -1, 0); /* 1.6, 0.8, 1.6: 1, 0, 1 and the rest to b, then a */
}

static bool keep_first_journey(void *context, const struct journey *journey)
{
    *(int64_t *)context = journey->revenue_minor[0][MODEL_LINEAR];
    return false;
}

static void test_revenue_too_large_to_sum(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);
    int64_t share = 0;

    add_paths(f, 0, 1, "a", INT64_MAX);
    count(f, 1, query);
    add_paths(f, 1, 1, "a", -1); /* would fit, but not in whatever order and grouping */
    const struct snapshot *snapshot = builder_done(&f->builder, 2, NAMES);
    assert_false(attribution_count(snapshot, &query, &f->arena, f->row, &f->total, &f->err));
    assert_int_equal(f->err.code, ERR_LIMIT);

    add_paths(f, 2, 1, "ab", INT64_MIN); /* alone it can be opened */
    snapshot = builder_done(&f->builder, 3, NAMES);
    assert_true(attribution_walk(snapshot, &query, 2, &f->arena, keep_first_journey, &share, &f->err));
    assert_true(share == INT64_MIN / 2);
}

static void test_names_of_models(void **state)
{
    (void)state;

    for (int model = 0; model < MODEL_COUNT; model++) {
        struct model_text text = attribution_model_text((enum attribution_model)model);
        assert_true(text.name[0] != '\0' && text.what[0] != '\0');
        for (int other = 0; other < model; other++)
            assert_string_not_equal(text.name, attribution_model_text((enum attribution_model)other).name);
    }
    assert_string_equal(attribution_model_text(MODEL_LAST_NON_DIRECT).name, "last_non_direct");
}

static void test_no_room_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);
    struct arena tight;

    for (int i = 0; i < 10000; i++) visit(f, 0, 1, A);
    order(f, 0, NOW, NONE, 1);
    arena_init(&tight, 100000);
    assert_false(attribution_count(builder_done(&f->builder, 1, NAMES), &query, &tight, f->row, &f->total, &f->err));
    assert_int_equal(f->err.code, ERR_LIMIT);
    arena_free(&tight);
}

/* Shards have little room each; one with a long person gets all there is, after the others. */
static void test_long_person_among_shards(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);
    struct attribution_row row[TOUCHES + 1];
    struct attribution_total total;
    struct arena tight;

    for (uint32_t i = 0; i < 20000; i++) visit(f, 7, 1 + i % 50, i % TOUCHES);
    order(f, 7, NOW, NONE, 1000003);
    for (uint32_t p = 0; p < 40000; p++) add_paths(f, p, 1, "pabc", 1001);
    const struct snapshot *snapshot = builder_done(&f->builder, 40000, NAMES);
    count(f, 40000, query);
    arena_init(&tight, 6000000); /* some 110 bytes a touch; what each shard gets is too little */
    assert_true(attribution_count(snapshot, &query, &tight, row, &total, &f->err));
    assert_memory_equal(row, f->row, sizeof row);
    assert_memory_equal(&total, &f->total, sizeof total);
    arena_free(&tight);
    arena_init(&tight, 1000000);
    assert_false(attribution_count(snapshot, &query, &tight, row, &total, &f->err));
    assert_int_equal(f->err.code, ERR_LIMIT);
    arena_free(&tight);
}

/* 300,000 touches in one journey: the search among their remainders, and no quadratic step. */
static void test_long_journey(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);
    int64_t revenue = 1000000007;

    for (int64_t i = 0; i < 300000; i++) {
        builder_event(&f->builder, 0, NOW - INT64_C(604800) * i, VISIT, (uint32_t)(i % 5), 0);
    }
    order(f, 0, NOW, NONE, revenue);
    query.lookback_ms = INT64_MAX;
    count(f, 1, query);
    for (int model = 0; model < MODEL_COUNT; model++) {
        double credit = 0;
        int64_t money = 0;
        for (int t = 0; t <= TOUCHES; t++) credit += f->row[t].conversions[model];
        for (int t = 0; t <= TOUCHES; t++) money += f->row[t].revenue_minor[model];
        ASSERT_NEAR(credit, 1);
        assert_int_equal(money, revenue);
    }
    for (int t = 0; t < 5; t++) {
        double due = f->row[t].conversions[MODEL_TIME_DECAY] * (double)revenue;
        assert_true(fabs(due - (double)f->row[t].revenue_minor[MODEL_TIME_DECAY]) < 60001);
        assert_int_equal(f->row[t].touches, 60000);
    }
}

static bool add_credits(void *context, const struct journey *journey)
{
    struct attribution_row *rows = context;

    for (uint32_t i = 0; i < journey->n; i++)
        for (int model = 0; model < MODEL_COUNT; model++) {
            rows[journey->touch[i].group].conversions[model] += journey->touch[i].weight[model];
            rows[journey->touch[i].group].revenue_minor[model] += journey->revenue_minor[i][model];
        }
    return true;
}

/* More conversions of one person than are added up at a time (pour.c), in journeys that overlap; thousands of groups.
 */
static void test_many_conversions_of_one_person(void **state)
{
    enum { ORDERS = 30000, GROUPS = 3000 };
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);
    struct attribution_row *got = ARENA_ARRAY(&f->arena, struct attribution_row, GROUPS + 1);
    struct attribution_row *wanted = ARENA_ARRAY(&f->arena, struct attribution_row, GROUPS + 1);
    uint32_t *key = ARENA_ARRAY(&f->arena, uint32_t, TOUCHES + GROUPS);
    uint64_t seed = 60;

    for (uint32_t i = 0; i < TOUCHES; i++) key[i] = i;
    for (uint32_t i = 0; i < GROUPS; i++) key[builder_touch(&f->builder, (enum touch_kind)(i % 4))] = i;
    for (int64_t i = 0; i < ORDERS; i++) {
        int64_t at_ms = NOW + i * MINUTE_MS;
        uint32_t touches = (uint32_t)random_below(&seed, 3);
        for (uint32_t k = 0; k < touches; k++)
            builder_event(&f->builder, 0, at_ms, VISIT, TOUCHES + (uint32_t)random_below(&seed, GROUPS), 0);
        builder_event(&f->builder, 0, at_ms, ORDER, 0, (int64_t)random_below(&seed, 200000) - 40000);
    }
    query.by = (struct grouping){key, GROUPS};
    query.lookback_ms = 40 * MINUTE_MS;
    query.half_life_ms = 7 * MINUTE_MS;
    const struct snapshot *snapshot = builder_done(&f->builder, 1, NAMES);
    assert_true(attribution_count(snapshot, &query, &f->arena, got, &f->total, &f->err));
    assert_true(attribution_walk(snapshot, &query, 0, &f->arena, add_credits, wanted, &f->err));
    assert_int_equal(f->total.conversions, ORDERS);
    for (uint32_t i = 0; i <= GROUPS; i++)
        for (int model = 0; model < MODEL_COUNT; model++) {
            ASSERT_NEAR(got[i].conversions[model], wanted[i].conversions[model]);
            assert_int_equal(got[i].revenue_minor[model], wanted[i].revenue_minor[model]);
        }
}

struct stop_after {
    int left;
    uint32_t person;
};

static bool stop_soon(void *context, const struct journey *journey)
{
    struct stop_after *stop = context;
    stop->person = journey->person;
    return --stop->left > 0;
}

static void test_walk_starts_and_stops(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_JOURNEY);
    struct stop_after stop = {.left = 2};

    add_paths(f, 0, 5, "ab", 0);
    const struct snapshot *snapshot = builder_done(&f->builder, 5, NAMES);
    assert_true(attribution_walk(snapshot, &query, 1, &f->arena, stop_soon, &stop, &f->err));
    assert_int_equal(stop.person, 2);
    assert_int_equal(stop.left, 0);
    stop = (struct stop_after){.left = 2};
    assert_true(attribution_walk(snapshot, &query, 4, &f->arena, stop_soon, &stop, &f->err));
    assert_int_equal(stop.left, 1);
    assert_true(attribution_walk(snapshot, &query, 5, &f->arena, stop_soon, &stop, &f->err));
    assert_int_equal(stop.left, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_nothing_to_count),
        FIXTURE_TEST(test_bad_questions_change_nothing),
        FIXTURE_TEST(test_extreme_times),
        FIXTURE_TEST(test_half_life_limits),
        FIXTURE_TEST(test_revenue_boundaries),
        FIXTURE_TEST(test_revenue_too_large_to_sum),
        FIXTURE_TEST(test_names_of_models),
        FIXTURE_TEST(test_no_room_is_an_error),
        FIXTURE_TEST(test_long_person_among_shards),
        FIXTURE_TEST(test_long_journey),
        FIXTURE_TEST(test_many_conversions_of_one_person),
        FIXTURE_TEST(test_walk_starts_and_stops),
    };
    return cmocka_run_group_tests_name("measure/attribution, bounds", tests, NULL, NULL);
}
