/* Tests of base/time.h. Days are checked by counting them one by one; instants against timegm; zones against what the
 * day of an instant says. */
#include "helpers.h"

#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int naive_days_in(int year, int month)
{
    if (month == 2) return year % 400 == 0 ? 29 : year % 100 == 0 ? 28 : year % 4 == 0 ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* Every day from 1970 to the end of 2499, counted: parsing, formatting, weeks from Monday, months. */
static void test_the_calendar_day_by_day(void **state)
{
    int32_t day = 0, month_start = 0;
    int weekday = 3; /* 1970-01-01 was a Thursday; Monday is 0 */
    char text[16], out[TIME_TEXT_MAX];
    (void)state;

    for (int year = 1970; year < 2500; year++) {
        for (int month = 1; month <= 12; month++) {
            month_start = day;
            for (int d = 1; d <= naive_days_in(year, month); d++, day++, weekday = (weekday + 1) % 7) {
                int32_t got = -1;
                snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, d);
                assert_true(time_parse_day(str_of(text), &got));
                assert_int_equal(got, day);
                assert_string_equal(time_format_day(day, out), text);
                assert_int_equal(time_period_day(day, TIME_STEP_WEEK), day - weekday);
                assert_int_equal(time_period_next(day, TIME_STEP_WEEK), day - weekday + 7);
                assert_int_equal(time_period_day(day, TIME_STEP_MONTH), month_start);
                assert_int_equal(time_period_next(day, TIME_STEP_MONTH), month_start + naive_days_in(year, month));
                assert_int_equal(time_period_day(day, TIME_STEP_DAY), day);
                assert_int_equal(time_period_next(day, TIME_STEP_DAY), day + 1);
            }
        }
    }
    assert_int_equal(day, 193579); /* 530 years of 365 days and 129 leap days: 132 fourth years but 2100, 2200, 2300 */
}

static void test_days_that_are_none(void **state)
{
    static const char *const cases[] = {
        "",           "2025",       "2025-02",    "2025-02-29",  "2024-02-30",  "1900-02-29",  "2100-02-29",
        "2025-04-31", "2025-00-10", "2025-13-01", "2025-01-00",  "2025-01-32",  "1969-12-31",  "0000-01-01",
        "2025-1-01",  "2025-01-1",  "20250101",   "2025/01/01",  "2025-01-01 ", " 2025-01-01", "2025-01-01T",
        "2025-01-0x", "-025-01-01", "+025-01-01", "12025-01-01", "2025-01-011", "2025--1-01",
    };
    int32_t day = 77;
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (time_parse_day(str_of(cases[i]), &day)) fail_msg("\"%s\" is taken for a day", cases[i]);
    assert_int_equal(day, 77);
    assert_true(time_parse_day(STR("2000-02-29"), &day));
    assert_true(time_parse_day(STR("9999-12-31"), &day));
    assert_int_equal(day, 2932896);
}

static void test_instants_table(void **state)
{
    static const struct {
        const char *text;
        int64_t at_ms;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00.001Z", 1},
        {"1970-01-01T00:00:01.9Z", 1900},
        {"1970-01-01T00:00:00.123999Z", 123}, /* past the third digit: cut */
        {"1970-01-02t01:02:03z", 86400000 + 3723000},
        {"1970-01-01 00:00:10Z", 10000},
        {"1970-01-01T02:00:00+02:00", 0},
        {"1970-01-01T02:00:00+0200", 0},
        {"1970-01-01T00:00:00-05:30", 19800000},
        {"1970-01-01T00:00:00+00:01", -60000},
        {"1970-01-01T00:00:00-00:00", 0},
        {"1970-01-01T23:59:60Z", 86400000}, /* a leap second */
        {"2025-02-12T08:00:00Z", 1739347200000},
        {"2000-02-29T12:00:00.5+23:59", 951739260500}, /* 951825600 - 86340 */
        {"9999-12-31T23:59:59.999Z", 253402300799999},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t at = 77;
        if (!time_parse_instant(str_of(cases[i].text), &at)) fail_msg("\"%s\" is refused", cases[i].text);
        ASSERT_I64(at, cases[i].at_ms);
    }
}

static void test_instants_that_are_none(void **state)
{
    static const char *const cases[] = {
        "",
        "2025-02-12",
        "2025-02-12T08:00:00",
        "2025-02-12T08:00Z",
        "2025-02-12T24:00:00Z",
        "2025-02-12T08:60:00Z",
        "2025-02-12T08:00:61Z",
        "2025-02-30T08:00:00Z",
        "2025-02-12T08:00:00.Z",
        "2025-02-12T08:00:00,5Z",
        "2025-02-12T08:00:00+2:00",
        "2025-02-12T08:00:00+24:00",
        "2025-02-12T08:00:00+02:60",
        "2025-02-12T08:00:00+02",
        "2025-02-12T08:00:00Z ",
        " 2025-02-12T08:00:00Z",
        "2025-02-12T08:00:00ZZ",
        "2025-02-12X08:00:00Z",
        "2025-02-12T8:00:00Z",
        "1969-12-31T23:59:59Z",
        "1739347200000",
        "yesterday",
    };
    int64_t at = 77;
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (time_parse_instant(str_of(cases[i]), &at)) fail_msg("\"%s\" is taken for an instant", cases[i]);
    ASSERT_I64(at, 77);
}

static void test_format_agrees_with_gmtime_and_reads_back(void **state)
{
    uint64_t seed = 5;
    (void)state;

    for (int i = 0; i < 50000; i++) {
        int64_t at = (int64_t)random_below(&seed, UINT64_C(253402300800000)), back;
        time_t seconds = (time_t)(at / 1000);
        char out[TIME_TEXT_MAX], wanted[64];
        struct tm tm;
        gmtime_r(&seconds, &tm);
        size_t n = strftime(wanted, sizeof wanted, "%Y-%m-%dT%H:%M:%S", &tm);
        snprintf(wanted + n, sizeof wanted - n, ".%03dZ", (int)(at % 1000));
        assert_string_equal(time_format_instant(at, out), wanted);
        assert_true(time_parse_instant(str_of(out), &back));
        ASSERT_I64(back, at);
    }
    char out[TIME_TEXT_MAX];
    assert_string_equal(time_format_instant(-1, out), "1969-12-31T23:59:59.999Z");
}

static void test_offsets_shift_the_instant(void **state)
{
    uint64_t seed = 6;
    (void)state;

    for (int i = 0; i < 5000; i++) {
        int minutes = (int)random_below(&seed, 1440);
        bool east = random_below(&seed, 2) == 1;
        char text[64];
        int64_t at;
        snprintf(text, sizeof text, "2024-02-29T12:34:56%c%02d:%02d", east ? '+' : '-', minutes / 60, minutes % 60);
        assert_true(time_parse_instant(str_of(text), &at));
        ASSERT_I64(at, 1709210096000 + (east ? -60000 : 60000) * (int64_t)minutes);
    }
}

static void test_lengths(void **state)
{
    static const struct {
        const char *text;
        int64_t ms; /* 0: refused */
    } cases[] = {
        {"30d", 2592000000},
        {"12h", 43200000},
        {"45m", 2700000},
        {"10s", 10000},
        {"2w", 1209600000},
        {"1500", 1500},
        {"0d", 0},
        {"-1d", 0},
        {"", 0},
        {"d", 0},
        {"1.5d", 0},
        {"1dd", 0},
        {"1 d", 0},
        {" 1d", 0},
        {"1y", 0},
        {"0", 0},
        {"15250284452w", 9223372036569600000},
        {"15250284453w", 0},
        {"9223372036854775807", INT64_MAX},
        {"1D", 0},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ms = 77;
        if (time_parse_length(str_of(cases[i].text), &ms) != (cases[i].ms != 0)) fail_msg("\"%s\"", cases[i].text);
        ASSERT_I64(ms, cases[i].ms ? cases[i].ms : 77);
    }
}

/* ---- zones ---- */

static int64_t instant(const char *text)
{
    int64_t at = 0;
    assert_true(time_parse_instant(str_of(text), &at));
    return at;
}

static int32_t day(const char *text)
{
    int32_t value = 0;
    assert_true(time_parse_day(str_of(text), &value));
    return value;
}

static void use_zone(const char *name)
{
    struct err err = {0};
    ASSERT_OK(time_zone_set(name, &err));
}

static void test_days_of_kyiv(void **state)
{
    (void)state;
    use_zone("Europe/Kyiv"); /* +2 in winter, +3 from 2025-03-30 03:00 to 2025-10-26 04:00 */
    ASSERT_I64(time_day_start(day("2025-02-12")), instant("2025-02-11T22:00:00Z"));
    ASSERT_I64(time_day_start(day("2025-07-01")), instant("2025-06-30T21:00:00Z"));
    ASSERT_I64(time_day_start(day("2025-03-31")) - time_day_start(day("2025-03-30")), 23 * TIME_HOUR_MS);
    ASSERT_I64(time_day_start(day("2025-10-27")) - time_day_start(day("2025-10-26")), 25 * TIME_HOUR_MS);
    assert_int_equal(time_day_of(instant("2025-02-11T21:59:59.999Z")), day("2025-02-11"));
    assert_int_equal(time_day_of(instant("2025-02-11T22:00:00Z")), day("2025-02-12"));
    assert_int_equal(time_day_of(instant("2025-06-30T21:00:00Z")), day("2025-07-01"));
}

/* A day starts at its first instant, whatever the clocks do that night. */
static void check_zone(const char *name, const char *but)
{
    int32_t last = day("2031-01-01"), skipped = but ? day(but) : -1;
    uint64_t seed = 8;
    char out[TIME_TEXT_MAX];

    use_zone(name);
    for (int i = 0; i < 60000; i++) { /* in no order: libc guesses from the call before */
        int32_t d = day("1990-01-02") + (int32_t)random_below(&seed, (uint64_t)(last - day("1990-01-02")));
        if (d == skipped) continue;
        int64_t start = time_day_start(d);
        if (time_day_of(start) != d) fail_msg("%s: %s does not hold its start", name, time_format_day(d, out));
        if (time_day_of(start - 1) == d) fail_msg("%s: %s starts before its start", name, time_format_day(d, out));
    }
}

static void test_days_start_at_their_first_instant(void **state)
{
    (void)state;
    check_zone("UTC", NULL);
    check_zone("Europe/Kyiv", NULL);
    check_zone("America/Sao_Paulo", NULL); /* its summers began by skipping midnight */
    check_zone("Africa/Cairo", NULL);
    check_zone("Asia/Beirut", NULL);
    check_zone("Australia/Lord_Howe", NULL); /* half an hour */
}

/* Havana's clocks go from 01:00 back to 00:00: the day begins twice, and the first time counts. */
static void test_a_midnight_that_comes_twice(void **state)
{
    (void)state;
    check_zone("America/Havana", NULL);
}

static void test_zones_that_are_none(void **state)
{
    static const char *const cases[] = {"", "Mars/Olympus", "/etc/passwd", "../zoneinfo/UTC", "Europe/../UTC"};
    struct err err = {0};
    (void)state;

    use_zone("Europe/Kyiv");
    for (size_t i = 0; i < COUNT_OF(cases); i++) ASSERT_FAILS(time_zone_set(cases[i], &err), ERR_INVALID);
    assert_int_equal(time_day_of(instant("2025-02-11T22:00:00Z")), day("2025-02-12")); /* still Kyiv's */
}

static void test_clocks_go_forward(void **state)
{
    (void)state;
    int64_t before = time_monotonic_us(), now = time_now_ms();
    assert_true(now > instant("2024-01-01T00:00:00Z"));
    assert_true(time_monotonic_us() >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_calendar_day_by_day),
        cmocka_unit_test(test_days_that_are_none),
        cmocka_unit_test(test_instants_table),
        cmocka_unit_test(test_instants_that_are_none),
        cmocka_unit_test(test_format_agrees_with_gmtime_and_reads_back),
        cmocka_unit_test(test_offsets_shift_the_instant),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_days_of_kyiv),
        cmocka_unit_test(test_days_start_at_their_first_instant),
        cmocka_unit_test(test_a_midnight_that_comes_twice),
        cmocka_unit_test(test_zones_that_are_none),
        cmocka_unit_test(test_clocks_go_forward),
    };
    return cmocka_run_group_tests_name("base/time", tests, NULL, NULL);
}
