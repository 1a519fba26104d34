/* Any text as instant, day, length, number: what is taken keeps to its bounds and reads back as it is written. */
#include "fuzz.h"

#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>

#define YEAR_10000_MS INT64_C(253402300800000)

static void check_instant(Str text)
{
    char out[TIME_TEXT_MAX];
    int64_t at, back;

    if (!time_parse_instant(text, &at)) return;
    CHECK(at >= -TIME_DAY_MS && at < YEAR_10000_MS + TIME_DAY_MS + 1000); /* an offset, a leap second */
    if (at < 0 || at >= YEAR_10000_MS) return;
    CHECK(time_parse_instant(str_of(time_format_instant(at, out)), &back) && back == at);
    int32_t day = time_day_of(at);
    int64_t start = time_day_start(day);
    CHECK(start <= at && at < time_day_start(day + 1));
    CHECK(time_day_of(start) == day && time_day_of(start - 1) == day - 1);
}

static void check_day(Str text)
{
    char out[TIME_TEXT_MAX];
    int32_t day;

    if (!time_parse_day(text, &day)) return;
    CHECK(str_eq(str_of(time_format_day(day, out)), text)); /* there is one way to write a day */
    for (int step = TIME_STEP_HOUR; step <= TIME_STEP_MONTH; step++) {
        int32_t first = time_period_day(day, (enum time_step)step), next = time_period_next(day, (enum time_step)step);
        CHECK(first <= day && day < next && next - first <= 31);
        CHECK(time_period_day(next, (enum time_step)step) == next);
    }
}

static void check_numbers(Str text)
{
    char out[32];
    int64_t whole, minor, length;
    double real;

    if (str_to_i64(text, &whole)) {
        snprintf(out, sizeof out, "%" PRId64, whole);
        CHECK(str_to_i64(str_of(out), &minor) && minor == whole);
        CHECK(str_to_minor(text, 0, &minor) && minor == whole);
    }
    if (str_to_minor(text, 2, &minor) && text.n < 64) CHECK(str_to_double(text, &real));
    if (time_parse_length(text, &length)) CHECK(length > 0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct err err;
    (void)argc;
    (void)argv;
    CHECK(time_zone_set("America/Havana", &err)); /* its clocks change at midnight */
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    Str text = {(const char *)data, n};

    check_instant(text);
    check_day(text);
    check_numbers(text);
    return 0;
}
