/* Tests of the model w_shaped, by hand: models/attribution.md 4.2 (.3/.3/.3 and .1 for the rest) with the journeys of
 * 5.2, and what a milestone is. SIGNUP is the lead, MEETING the opportunity. */
#include "attribution_fixture.h"

static struct attribution_query ask_w(enum touch_mode touches)
{
    struct attribution_query query = ask(touches);

    query.lead_plus_1 = SIGNUP + 1;
    query.opportunity_plus_1 = MEETING + 1;
    return query;
}

static void happens(struct fixture *f, int64_t days_before, uint32_t name, uint32_t touch)
{
    builder_event(&f->builder, 0, NOW - days_before * DAY_MS, name, touch, 0);
}

/* Adobe's journey: $50; paid search (a) 9 days before, social (b) 6, email (c) and display (d) on the day. */
static void adobe(struct fixture *f, uint32_t search, uint32_t social, uint32_t email, uint32_t display,
                  int64_t revenue)
{
    start_again(f);
    happens(f, 9, search, A);
    happens(f, 6, social, B);
    happens(f, 0, email, C);
    happens(f, 0, display, D);
    order(f, 0, NOW, NONE, revenue);
    count(f, 1, ask_w(TOUCH_EVENTS));
}

static void test_adobe(void **state)
{
    struct fixture *f = *state;

    adobe(f, VISIT, SIGNUP, VISIT, MEETING, 5000);
    ASSERT_CREDIT(f, MODEL_W_SHAPED, 0.3, 0.3, 0.1, 0.3);
    ASSERT_MONEY(f, MODEL_W_SHAPED, 1500, 1500, 500, 1500);
    adobe(f, VISIT, VISIT, VISIT, VISIT, 5000); /* no milestone: 3/4, and 1/12 for each of three */
    ASSERT_CREDIT(f, MODEL_W_SHAPED, 0.75, 1.0 / 12, 1.0 / 12, 1.0 / 12);
    ASSERT_MONEY(f, MODEL_W_SHAPED, 3750, 417, 417, 416);
    adobe(f, VISIT, SIGNUP, VISIT, VISIT, 5000); /* one: 3/7, 3/7, 1/14, 1/14; .857 lost twice, .143 twice */
    ASSERT_CREDIT(f, MODEL_W_SHAPED, 3.0 / 7, 3.0 / 7, 1.0 / 14, 1.0 / 14);
    ASSERT_MONEY(f, MODEL_W_SHAPED, 2143, 2143, 357, 357);
    adobe(f, SIGNUP, VISIT, MEETING, VISIT, 5000); /* the lead is the first touch: counts once */
    ASSERT_MONEY(f, MODEL_W_SHAPED, 2143, 357, 2143, 357);
    adobe(f, SIGNUP, SIGNUP, VISIT, MEETING, -5000); /* the latest lead; and a refund is a mirror */
    ASSERT_MONEY(f, MODEL_W_SHAPED, -1500, -1500, -500, -1500);
    adobe(f, VISIT, MEETING, VISIT, SIGNUP, 5000); /* in any order */
    ASSERT_MONEY(f, MODEL_W_SHAPED, 1500, 1500, 500, 1500);
}

/* A path of a B2B sale: 12,000 over 38, 33, 26, 8 and 0 days before; lead at 33, opportunity at 8. */
static void test_b2b_path(void **state)
{
    struct fixture *f = *state;

    happens(f, 38, VISIT, A);
    happens(f, 33, SIGNUP, B);
    happens(f, 26, VISIT, C);
    happens(f, 8, MEETING, D);
    happens(f, 0, VISIT, P);
    order(f, 0, NOW, NONE, 12000);
    count(f, 1, ask_w(TOUCH_EVENTS));
    ASSERT_MONEY(f, MODEL_W_SHAPED, 3600, 3600, 600, 3600);
    assert_int_equal(f->row[P].revenue_minor[MODEL_W_SHAPED], 600);
}

static void test_no_others(void **state)
{
    struct fixture *f = *state;

    order(f, 0, NOW, A, 7); /* its own touch */
    count(f, 1, ask_w(TOUCH_EVENTS));
    ASSERT_MONEY(f, MODEL_W_SHAPED, 7, 0, 0, 0);
    start_again(f);
    happens(f, 3, VISIT, A);
    happens(f, 2, SIGNUP, B);
    order(f, 0, NOW, NONE, 7);
    count(f, 1, ask_w(TOUCH_EVENTS));
    ASSERT_CREDIT(f, MODEL_W_SHAPED, 0.5, 0.5, 0, 0);
    ASSERT_MONEY(f, MODEL_W_SHAPED, 4, 3, 0, 0);
    happens(f, 1, MEETING, C);
    count(f, 1, ask_w(TOUCH_EVENTS));
    ASSERT_CREDIT(f, MODEL_W_SHAPED, 1.0 / 3, 1.0 / 3, 1.0 / 3, 0);
    ASSERT_MONEY(f, MODEL_W_SHAPED, 3, 2, 2, 0);
}

/* Each question about the same person: what becomes absent leaves 3/7 3/7 1/7 or 3/4 1/4 or so. */
static void test_what_a_milestone_is(void **state)
{
    struct fixture *f = *state;
    struct attribution_query query = ask_w(TOUCH_EVENTS);

    happens(f, 9, VISIT, A);
    happens(f, 6, SIGNUP, B);
    happens(f, 3, VISIT, C);
    order(f, 0, NOW, NONE, 0);
    happens(f, -1, MEETING, D); /* after the conversion */
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_W_SHAPED, 3.0 / 7, 3.0 / 7, 1.0 / 7, 0);
    query.in_journey = (const bool[NAMES]){[VISIT] = true}; /* a milestone all the same, at the touch before it */
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_W_SHAPED, 0.75, 0, 0.25, 0);
    query = ask_w(TOUCH_EVENTS);
    query.exclude = (const bool[TOUCHES]){[B] = true}; /* likewise */
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_W_SHAPED, 0.75, 0, 0.25, 0);
    query.exclude = (const bool[TOUCHES]){[A] = true, [B] = true}; /* no touch at or before it */
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_W_SHAPED, 0, 0, 1, 0);
    query = ask_w(TOUCH_EVENTS);
    query.lookback_ms = 6 * DAY_MS; /* (time - lookback, time]: just out */
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_W_SHAPED, 0, 0, 1, 0);
    query = ask_w(TOUCH_EVENTS);
    query.lead_plus_1 = DICT_NONE + 1; /* a name that no event has */
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_W_SHAPED, 0.75, 0.125, 0.125, 0);
    query.lead_plus_1 = ORDER + 1; /* the conversion itself: the last touch */
    count(f, 1, query);
    ASSERT_CREDIT(f, MODEL_W_SHAPED, 3.0 / 7, 1.0 / 7, 3.0 / 7, 0);
}

/* Of sessions a b c the milestones happen within the second and the third. */
static void test_sessions(void **state)
{
    struct fixture *f = *state;

    happens(f, 9, VISIT, A);
    happens(f, 6, VISIT, B);
    builder_event(&f->builder, 0, NOW - 6 * DAY_MS + MINUTE_MS, SIGNUP, NONE, 0);
    happens(f, 3, VISIT, C);
    builder_event(&f->builder, 0, NOW - 3 * DAY_MS + MINUTE_MS, MEETING, NONE, 0);
    happens(f, 1, VISIT, D);
    builder_event(&f->builder, 0, NOW - DAY_MS + MINUTE_MS, ORDER, NONE, 1001);
    count(f, 1, ask_w(TOUCH_SESSIONS));
    ASSERT_CREDIT(f, MODEL_W_SHAPED, 0.3, 0.3, 0.3, 0.1);
    ASSERT_MONEY(f, MODEL_W_SHAPED, 301, 300, 300, 100); /* .3 lost thrice, .1 once */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_adobe),     FIXTURE_TEST(test_b2b_path),
        FIXTURE_TEST(test_no_others), FIXTURE_TEST(test_what_a_milestone_is),
        FIXTURE_TEST(test_sessions),
    };
    return cmocka_run_group_tests_name("measure/attribution, w_shaped", tests, NULL, NULL);
}
