/* Tests of measure/attribution.h: the worked numbers of models/attribution.md 5.2, and the rules one by one. Beside
 * this: test_measure_attribution_bounds.c and _random.c. */
#include "attribution_fixture.h"

/* ---- worked numbers ---- */

/* Adobe: $50; paid search (a) 9 days before, social (b) 6, email (c) and display (d) in the visit of the order. */
static void test_adobe(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);

    visit(f, 0, 9, A);
    visit(f, 0, 6, B);
    visit(f, 0, 0, C);
    visit(f, 0, 0, D);
    order(f, 0, NOW, NONE, 5000);
    count(f, 1, query);
    ASSERT_MONEY(f, MODEL_FIRST, 5000, 0, 0, 0);
    ASSERT_MONEY(f, MODEL_LAST, 0, 0, 0, 5000);
    ASSERT_MONEY(f, MODEL_LINEAR, 1250, 1250, 1250, 1250);
    ASSERT_MONEY(f, MODEL_TIME_DECAY, 692, 932, 1688, 1688);
    assert_true(fabs(f->row[A].conversions[MODEL_TIME_DECAY] * 50 - 6.9233) < 5e-5);
    assert_true(fabs(f->row[B].conversions[MODEL_TIME_DECAY] * 50 - 9.3181) < 5e-5);
    assert_true(fabs(f->row[C].conversions[MODEL_TIME_DECAY] * 50 - 16.8793) < 5e-5);
    query.lookback_ms = DAY_MS; /* the visit alone */
    count(f, 1, query);
    ASSERT_MONEY(f, MODEL_FIRST, 0, 0, 5000, 0);
    ASSERT_MONEY(f, MODEL_LINEAR, 0, 0, 2500, 2500);
}

/* PostHog: 3, 2 and 1 days before, window 4 days, half-life 1 day. */
static void test_posthog(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);

    add_paths(f, 0, 1, "abc", 0);
    query.lookback_ms = 4 * DAY_MS;
    query.half_life_ms = DAY_MS;
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_FIRST, 1, 0, 0, 0);
    ASSERT_CREDIT(f, MODEL_LAST, 0, 0, 1, 0);
    ASSERT_CREDIT(f, MODEL_LINEAR, 1.0 / 3, 1.0 / 3, 1.0 / 3, 0);
    ASSERT_CREDIT(f, MODEL_TIME_DECAY, 1.0 / 7, 2.0 / 7, 4.0 / 7, 0);
    ASSERT_CREDIT(f, MODEL_POSITION, 0.4, 0.2, 0.4, 0);
}

static void test_posthog_repeats_and_exclusion(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);

    add_paths(f, 0, 1, "aaab", 0);
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_LINEAR, 0.75, 0.25, 0, 0);
    assert_int_equal(f->row[A].touches, 3);

    add_paths(f, 1, 1, "cd", 0); /* google, then Direct */
    query.range.from_ms = NOW;
    count(f, 2, query);
    ASSERT_CREDIT(f, MODEL_LINEAR, 0.75, 0.25, 0.5, 0.5);
    query.exclude = (const bool[TOUCHES + 1]){[D] = true};
    count(f, 2, query);
    ASSERT_CREDIT(f, MODEL_LINEAR, 0.75, 0.25, 1, 0);
    assert_int_equal(f->row[D].touches, 0);
}

/* eeghor/mta: direct 2; search > email 3; search > social > email 5; and a > a > b 6. */
static void test_mta(void **state)
{
    struct fixture *f = *state;
    uint32_t n = add_paths(f, 0, 2, "d", 0);

    n = add_paths(f, n, 3, "ab", 0);
    n = add_paths(f, n, 5, "acb", 0);
    count(f, n, ask(TOUCH_EVENTS));
    assert_int_equal(f->total.conversions, 10);
    assert_int_equal(f->total.persons, 10);
    ASSERT_CREDIT(f, MODEL_FIRST, 8, 0, 0, 2);
    ASSERT_CREDIT(f, MODEL_LAST, 0, 8, 0, 2);
    ASSERT_CREDIT(f, MODEL_LINEAR, 19.0 / 6, 19.0 / 6, 5.0 / 3, 2);
    ASSERT_CREDIT(f, MODEL_POSITION, 3.5, 3.5, 1, 2);

    n = add_paths(f, n, 6, "aab", 0);
    count(f, n, ask(TOUCH_EVENTS));
    ASSERT_CREDIT(f, MODEL_LINEAR, 19.0 / 6 + 4, 19.0 / 6 + 2, 5.0 / 3, 2);
}

/* A path of a B2B sale: 12,000 over 38, 33, 26, 8 and 0 days before, half-life 7 days. */
static void test_b2b_path(void **state)
{
    struct fixture *f = *state;
    static const int64_t days[] = {38, 33, 26, 8, 0};
    static const int64_t wanted[] = {175, 287, 575, 3417, 7545};

    for (uint32_t i = 0; i < 5; i++) visit(f, 0, days[i], i);
    order(f, 0, NOW, NONE, 12000);
    count(f, 1, ask(TOUCH_EVENTS));
    int64_t sum = 0;
    for (uint32_t i = 0; i < 5; i++) {
        int64_t got = f->row[i].revenue_minor[MODEL_TIME_DECAY];
        assert_in_range(got + 1 - wanted[i], 0, 2); /* theirs are rounded each, ours add up */
        sum += got;
    }
    assert_int_equal(sum, 12000);
}

/* DP6's fixture, and Snowplow's channels to the cent. */
static void test_revenue_worked(void **state)
{
    struct fixture *f = *state;
    uint32_t n = add_paths(f, 0, 1, "dab", 150);

    n = add_paths(f, n, 1, "pc", 300);
    count(f, n, ask(TOUCH_EVENTS));
    ASSERT_MONEY(f, MODEL_LINEAR, 50, 50, 150, 50);
    assert_int_equal(f->row[P].revenue_minor[MODEL_LINEAR], 150);
}

static void test_snowplow(void **state)
{
    struct fixture *f = *state;
    uint32_t n = add_paths(f, 0, 1, "ab", 6650); /* Display > Organic */
    struct attribution_query query = ask(TOUCH_EVENTS);

    count(f, n, query);
    ASSERT_MONEY(f, MODEL_LINEAR, 3325, 3325, 0, 0);
    n = add_paths(f, n, 1, "dcd", 14000); /* Direct > Organic > Direct; c is another organic, to see it alone */
    count(f, n, query);
    ASSERT_MONEY(f, MODEL_FIRST, 6650, 0, 0, 14000);
    ASSERT_MONEY(f, MODEL_LAST, 0, 6650, 0, 14000);
    ASSERT_MONEY(f, MODEL_LAST_NON_DIRECT, 0, 6650, 14000, 0);
    ASSERT_MONEY(f, MODEL_LINEAR, 3325, 3325, 4667, 9333); /* 4667, 4667, 4666 in time order */
    ASSERT_MONEY(f, MODEL_POSITION, 3325, 3325, 2800, 11200);
}

/* ---- rules ---- */

static void test_single_touch_models(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *path;
        uint32_t first, last, last_non_direct, last_paid;
    } cases[] = {
        {"a", A, A, A, A},   {"d", D, D, D, D},   {"dn", D, NONE, NONE, D}, {"abd", A, D, B, A}, {"apb", A, B, B, P},
        {"pad", P, D, A, P}, {"and", A, D, A, A}, {"dad", D, D, A, D},      {"cab", C, B, B, C}, {"bpdpd", B, D, P, P},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        start_again(f);
        count(f, add_paths(f, 0, 1, cases[i].path, 7), ask(TOUCH_EVENTS));
        ASSERT_NEAR(f->row[cases[i].first].conversions[MODEL_FIRST], 1);
        ASSERT_NEAR(f->row[cases[i].last].conversions[MODEL_LAST], 1);
        ASSERT_NEAR(f->row[cases[i].last_non_direct].conversions[MODEL_LAST_NON_DIRECT], 1);
        ASSERT_NEAR(f->row[cases[i].last_paid].conversions[MODEL_LAST_PAID], 1);
        assert_int_equal(f->row[cases[i].last_paid].revenue_minor[MODEL_LAST_PAID], 7);
    }
}

/* (time - lookback, time]; and among events of the same instant only those that arrived before. */
static void test_lookback_bounds(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);

    query.lookback_ms = 1000;
    builder_event(&f->builder, 0, NOW - 1000, VISIT, A, 0); /* just out */
    builder_event(&f->builder, 0, NOW - 999, VISIT, B, 0);  /* just in */
    builder_event(&f->builder, 0, NOW, VISIT, C, 0);        /* at the instant, before it arrived */
    order(f, 0, NOW, NONE, 0);
    builder_event(&f->builder, 0, NOW, VISIT, D, 0); /* and after */
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_LINEAR, 0, 0.5, 0.5, 0);
    query.lookback_ms = 1001;
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_POSITION, 0.4, 0.2, 0.4, 0);
    query.lookback_ms = 1;
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_LINEAR, 0, 0, 1, 0);
}

static void test_range_is_of_conversions(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);

    visit(f, 0, 5, A);
    order(f, 0, NOW - 1, NONE, 1);
    order(f, 0, NOW, NONE, 10);
    order(f, 0, NOW + 1, NONE, 100);
    query.range = (struct range){NOW, NOW + 1};
    count(f, 1, query);
    assert_int_equal(f->total.conversions, 1);
    assert_int_equal(f->total.revenue_minor, 10);
    ASSERT_MONEY(f, MODEL_LAST, 10, 0, 0, 0); /* its touch is before the range, and counts */
    query.range = RANGE_ALL;
    count(f, 1, query);
    assert_int_equal(f->total.conversions, 3);
    assert_int_equal(f->total.persons, 1);
    assert_int_equal(f->row[A].touches, 1); /* shared by three conversions, but one touch */
    ASSERT_MONEY(f, MODEL_LAST, 111, 0, 0, 0);
}

/* Which events are touches: an earlier order b, a visit a, and the order c itself. */
static void test_touch_modes(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);

    order(f, 0, NOW - 2 * DAY_MS, B, 0);
    visit(f, 0, 1, A);
    order(f, 0, NOW, C, 0);
    query.range.from_ms = NOW;
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_LINEAR, 1, 0, 0, 0);
    query.touches = TOUCH_JOURNEY;
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_POSITION, 0.2, 0.4, 0.4, 0);
    query.touches = TOUCH_SESSIONS; /* a day apart: each is a session, the order's own too */
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_POSITION, 0.2, 0.4, 0.4, 0);
    query.in_journey = (const bool[NAMES]){false}; /* conversions take part whatever it says */
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_LINEAR, 0, 0.5, 0.5, 0);
    query.touches = TOUCH_JOURNEY;
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_LINEAR, 0, 0.5, 0.5, 0);
    query.touches = TOUCH_EVENTS;
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_LINEAR, 0, 0, 1, 0); /* nothing is left but its own */
}

/* ---- sessions: minutes and tuples of the events, the last is the order; linear credit of the sessions ---- */
static void test_session_rule(void **state)
{
    struct fixture *f = *state;
    static const struct {
        int64_t at_ms[4];
        uint32_t touch[4];
        int n;
        uint64_t touches[TOUCHES]; /* sessions by their tuple */
    } cases[] = {
        {{0, 30 * MINUTE_MS, 60 * MINUTE_MS}, {A, A, A}, 3, {[A] = 1}}, /* 30 minutes idle go on */
        {{0, 30 * MINUTE_MS + 1}, {A, A}, 2, {[A] = 2}},                /* more do not */
        {{0, 1, 2}, {A, NONE, A}, 3, {[A] = 1}},                        /* an empty tuple continues */
        {{0, 1, 2, 3}, {A, B, NONE, A}, 4, {[A] = 2, [B] = 1}},         /* another tuple does not */
        {{0, 1, 2}, {NONE, NONE, B}, 3, {[NONE] = 1, [B] = 1}},         /* also after an empty one */
        {{0, 1, 1 + 31 * MINUTE_MS}, {A, B, NONE}, 3, {[A] = 1, [B] = 1, [NONE] = 1}},
        {{5}, {C}, 1, {[C] = 1}},                      /* the order opens its own */
        {{0, 0, 0}, {A, B, A}, 3, {[A] = 2, [B] = 1}}, /* in order of arrival */
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        double n = 0;
        start_again(f);
        for (int k = 0; k < cases[i].n; k++) {
            bool converts = k == cases[i].n - 1;
            builder_event(&f->builder, 0, NOW + cases[i].at_ms[k], converts ? ORDER : VISIT, cases[i].touch[k], 0);
        }
        count(f, 1, ask(TOUCH_SESSIONS));
        for (int t = 0; t < TOUCHES; t++) n += (double)cases[i].touches[t];
        for (int t = 0; t < TOUCHES; t++) {
            assert_int_equal(f->row[t].touches, cases[i].touches[t]);
            ASSERT_NEAR(f->row[t].conversions[MODEL_LINEAR], (double)cases[i].touches[t] / n);
        }
    }
}

/* in_journey filters before sessions are made: without the visit between, the gap is 40 minutes. */
static void test_sessions_of_filtered_events(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_SESSIONS);

    builder_event(&f->builder, 0, NOW - 40 * MINUTE_MS, SIGNUP, A, 0);
    builder_event(&f->builder, 0, NOW - 20 * MINUTE_MS, VISIT, A, 0);
    order(f, 0, NOW, A, 0);
    count(f, 1, query);
    assert_int_equal(f->row[A].touches, 1);
    query.in_journey = (const bool[NAMES]){[SIGNUP] = true};
    count(f, 1, query);
    assert_int_equal(f->row[A].touches, 2);
}

/* A session's time is its first event's: the order's own session may have begun before the window. */
static void test_own_session_out_of_window(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_SESSIONS);

    builder_event(&f->builder, 0, NOW - 20 * MINUTE_MS, VISIT, A, 0);
    order(f, 0, NOW, NONE, 0);
    query.lookback_ms = 20 * MINUTE_MS + 1;
    count(f, 1, query);
    ASSERT_NEAR(f->row[A].conversions[MODEL_FIRST], 1);
    query.lookback_ms = 20 * MINUTE_MS; /* then the order's own event stands in */
    count(f, 1, query);
    ASSERT_NEAR(f->row[A].conversions[MODEL_FIRST], 0);
    ASSERT_NEAR(f->row[NONE].conversions[MODEL_FIRST], 1);
}

static void test_own_touch_and_exclusion(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);

    order(f, 0, NOW, P, 3); /* no touch at all: its own */
    visit(f, 1, 1, D);
    order(f, 1, NOW, A, 5); /* one touch, which exclusion may take */
    count(f, 2, query);
    for (int model = 0; model < MODEL_COUNT; model++) {
        ASSERT_NEAR(f->row[P].conversions[model], 1);
        ASSERT_MONEY(f, model, 0, 0, 0, 5);
    }
    assert_int_equal(f->row[P].touches, 1);

    query.exclude = (const bool[TOUCHES]){[D] = true, [P] = true};
    count(f, 2, query);
    for (int model = 0; model < MODEL_COUNT; model++) {
        ASSERT_NEAR(f->row[TOUCHES].conversions[model], 2); /* unattributed; the own touch A does not step in */
        assert_int_equal(f->row[TOUCHES].revenue_minor[model], 8);
        ASSERT_CREDIT(f, model, 0, 0, 0, 0);
    }
    assert_int_equal(f->row[TOUCHES].touches, 0);
}

static void test_must_touch(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);

    add_paths(f, 0, 1, "ab", 1);
    add_paths(f, 1, 1, "bb", 10);
    order(f, 2, NOW, A, 100);                                      /* by its own touch */
    builder_event(&f->builder, 3, NOW - 60 * DAY_MS, VISIT, A, 0); /* out of the window */
    visit(f, 3, 1, B);
    order(f, 3, NOW, A, 1000); /* has another touch, so its own is no part of the journey */
    query.must_touch = (const bool[TOUCHES]){[A] = true};
    count(f, 4, query);
    assert_int_equal(f->total.conversions, 2);
    assert_int_equal(f->total.persons, 2);
    assert_int_equal(f->total.revenue_minor, 101);
    assert_int_equal(f->row[B].touches, 1);
    query.exclude = (const bool[TOUCHES]){[A] = true}; /* looked for before exclusion */
    count(f, 4, query);
    assert_int_equal(f->total.revenue_minor, 101);
    ASSERT_MONEY(f, MODEL_LINEAR, 0, 1, 0, 0);
    assert_int_equal(f->row[TOUCHES].revenue_minor[MODEL_LINEAR], 100);
}

/* I2: excluding a group is the same as asking of facts that never had its touches. */
static void test_exclusion_before_weights(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask(TOUCH_EVENTS);
    struct attribution_row without[TOUCHES + 1];

    count(f, add_paths(f, 0, 1, "aabc", 1001), query);
    for (int i = 0; i <= TOUCHES; i++) without[i] = f->row[i];
    start_again(f);
    for (int64_t day = 1; day <= 4; day++) { /* the same, with direct touches around each */
        visit(f, 0, day, D);
        visit(f, 0, day, (uint32_t[]){C, B, A, A}[day - 1]);
        visit(f, 0, day, D);
    }
    order(f, 0, NOW, NONE, 1001);
    query.exclude = (const bool[TOUCHES]){[D] = true};
    count(f, 1, query);
    assert_memory_equal(f->row, without, sizeof without);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_adobe),
        FIXTURE_TEST(test_posthog),
        FIXTURE_TEST(test_posthog_repeats_and_exclusion),
        FIXTURE_TEST(test_mta),
        FIXTURE_TEST(test_b2b_path),
        FIXTURE_TEST(test_revenue_worked),
        FIXTURE_TEST(test_snowplow),
        FIXTURE_TEST(test_single_touch_models),
        FIXTURE_TEST(test_lookback_bounds),
        FIXTURE_TEST(test_range_is_of_conversions),
        FIXTURE_TEST(test_touch_modes),
        FIXTURE_TEST(test_session_rule),
        FIXTURE_TEST(test_sessions_of_filtered_events),
        FIXTURE_TEST(test_own_session_out_of_window),
        FIXTURE_TEST(test_own_touch_and_exclusion),
        FIXTURE_TEST(test_must_touch),
        FIXTURE_TEST(test_exclusion_before_weights),
    };
    return cmocka_run_group_tests_name("measure/attribution", tests, NULL, NULL);
}
