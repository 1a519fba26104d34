/* Tests of report/calendar.h: periods against the days that lie in them, cut ends, periods after the last. */
#include "helpers.h"

#include <stdlib.h>

#include "report/calendar.h"

#define ZONE "Europe/Berlin" /* its clocks change on 2025-03-30 and 2025-10-26 */
#define PERIODS_MAX 400

static int set_up(void **state)
{
    struct arena *arena = mem_new(sizeof *arena);
    struct err err;

    arena_init(arena, (size_t)1 << 20);
    *state = arena;
    return time_zone_set(ZONE, &err) ? 0 : 1;
}

static int tear_down(void **state)
{
    arena_free(*state);
    free(*state);
    return 0;
}

static int32_t day_of(const char *text)
{
    int32_t day;

    assert_true(time_parse_day(str_of(text), &day));
    return day;
}

static struct calendar calendar_from(void **state, const char *first, const char *last, enum time_step step)
{
    struct calendar calendar;
    struct err err;

    if (!calendar_of_days(*state, (struct days){day_of(first), day_of(last)}, step, PERIODS_MAX, "step", &calendar,
                          &err))
        fail_msg("%s", err.text);
    return calendar;
}

/* Each day of the span lies in the period whose first day is that of the day's own. */
static void test_days_lie_in_their_periods(void **state)
{
    static const enum time_step STEPS[] = {TIME_STEP_DAY, TIME_STEP_WEEK, TIME_STEP_MONTH};
    char text[TIME_TEXT_MAX], wanted[TIME_TEXT_MAX];

    for (size_t s = 0; s < COUNT_OF(STEPS); s++) {
        struct calendar calendar = calendar_from(state, "2025-02-12", "2025-11-20", STEPS[s]);
        uint32_t i = 0;

        assert_true(calendar.step == STEPS[s]);
        for (int32_t day = day_of("2025-02-12"); day <= day_of("2025-11-20"); day++) {
            while (calendar.bounds[i + 1] <= time_day_start(day)) i++;
            assert_true(i < calendar.n && calendar.bounds[i] <= time_day_start(day));
            assert_string_equal(calendar_day(&calendar, i, text),
                                time_format_day(time_period_day(day, STEPS[s]), wanted));
        }
        assert_int_equal(i + 1, calendar.n);
        ASSERT_I64(calendar.bounds[0], time_day_start(time_period_day(day_of("2025-02-12"), STEPS[s])));
        ASSERT_I64(calendar.bounds[calendar.n], time_day_start(time_period_next(day_of("2025-11-20"), STEPS[s])));
    }
}

static void test_hours_of_days_that_are_no_24(void **state)
{
    assert_int_equal(calendar_from(state, "2025-03-30", "2025-03-30", TIME_STEP_HOUR).n, 23);
    assert_int_equal(calendar_from(state, "2025-10-26", "2025-10-26", TIME_STEP_HOUR).n, 25);
    assert_int_equal(calendar_from(state, "2025-02-12", "2025-02-13", TIME_STEP_HOUR).n, 48);
}

static void test_cut(void **state)
{
    struct calendar calendar = calendar_from(state, "2025-02-12", "2025-02-20", TIME_STEP_WEEK);
    struct range range = {time_day_start(day_of("2025-02-12")) + 5, time_day_start(day_of("2025-02-20")) + 7};
    char text[TIME_TEXT_MAX];

    assert_int_equal(calendar.n, 2);
    calendar_cut(&calendar, RANGE_ALL);
    ASSERT_I64(calendar.bounds[0], time_day_start(day_of("2025-02-10")));
    calendar_cut(&calendar, range);
    ASSERT_I64(calendar.bounds[0], range.from_ms);
    ASSERT_I64(calendar.bounds[1], time_day_start(day_of("2025-02-17")));
    ASSERT_I64(calendar.bounds[2], range.to_ms);
    assert_string_equal(calendar_day(&calendar, 0, text), "2025-02-10");
}

static void test_going_on(void **state)
{
    struct calendar calendar = calendar_from(state, "2025-01-15", "2025-02-15", TIME_STEP_MONTH);

    calendar_go_on(&calendar, 0, *state);
    assert_int_equal(calendar.n, 2);
    calendar_go_on(&calendar, 3, *state);
    struct calendar whole = calendar_from(state, "2025-01-01", "2025-05-31", TIME_STEP_MONTH);
    assert_int_equal(calendar.n, 5);
    for (uint32_t i = 0; i <= calendar.n; i++) ASSERT_I64(calendar.bounds[i], whole.bounds[i]);
}

static void test_none_and_too_many(void **state)
{
    struct calendar calendar = calendar_from(state, "2025-02-12", "2025-02-11", TIME_STEP_DAY);
    struct days days = {day_of("2025-01-01"), day_of("2025-01-10")};
    struct err err;

    assert_int_equal(calendar.n, 0);
    calendar_cut(&calendar, (struct range){0, 1});
    assert_true(calendar_of_days(*state, days, TIME_STEP_DAY, 10, "unit", &calendar, &err));
    assert_int_equal(calendar.n, 10);
    assert_false(calendar_of_days(*state, days, TIME_STEP_DAY, 9, "unit", &calendar, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, "unit");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_days_lie_in_their_periods),
        TEST(test_hours_of_days_that_are_no_24),
        TEST(test_cut),
        TEST(test_going_on),
        TEST(test_none_and_too_many),
    };
    return cmocka_run_group_tests_name("report/calendar", tests, NULL, NULL);
}
