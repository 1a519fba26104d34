#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int64_t time_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t time_monotonic_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

int64_t time_thread_us(void)
{
    return clock_us(CLOCK_THREAD_CPUTIME_ID);
}

bool time_zone_set(const char *name, struct err *err)
{
    char path[256];

    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", name);
    bool plain = name[0] && name[0] != '/' && !strstr(name, "..");
    if (!plain || (strcmp(name, "UTC") != 0 && access(path, R_OK) != 0))
        return err_set(err, ERR_INVALID,
                       "DEMETRA_TIMEZONE is \"%s\", which is no zone this machine knows; use a name such as "
                       "Europe/Kyiv (and install the package tzdata)",
                       name);
    setenv("TZ", name, 1);
    tzset();
    return true;
}

/* ---- the proleptic Gregorian calendar: days since 1970-01-01 (H. Hinnant, "chrono-compatible date algorithms") */

static int32_t days_from_civil(int year, int month, int day)
{
    year -= month <= 2;
    int era = (year >= 0 ? year : year - 399) / 400;
    int of_era = year - era * 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void civil_from_days(int32_t days, int *year, int *month, int *day)
{
    int z = days + 719468;
    int era = (z >= 0 ? z : z - 146096) / 146097;
    int of_era = z - era * 146097;
    int year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int m = (5 * of_year + 2) / 153;

    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

static int days_in_month(int year, int month)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return DAYS[month - 1] + (month == 2 && leap);
}

bool time_day_from(int year, int month, int of_month, int32_t *day)
{
    if (year < 1970 || year > 9999 || month < 1 || month > 12) return false;
    if (of_month < 1 || of_month > days_in_month(year, month)) return false;
    *day = days_from_civil(year, month, of_month);
    return true;
}

/* Exactly `n` digits off the front of `*s`. */
static bool take_digits(Str *s, size_t n, int *out)
{
    int value = 0;

    if (s->n < n) return false;
    for (size_t i = 0; i < n; i++) {
        if (s->p[i] < '0' || s->p[i] > '9') return false;
        value = value * 10 + (s->p[i] - '0');
    }
    *s = str_from(*s, n);
    *out = value;
    return true;
}

static bool take_char(Str *s, char c)
{
    if (s->n == 0 || s->p[0] != c) return false;
    *s = str_from(*s, 1);
    return true;
}

static bool take_day(Str *s, int32_t *day)
{
    int year, month, of_month;

    if (!take_digits(s, 4, &year) || !take_char(s, '-')) return false;
    if (!take_digits(s, 2, &month) || !take_char(s, '-')) return false;
    return take_digits(s, 2, &of_month) && time_day_from(year, month, of_month, day);
}

bool time_parse_day(Str s, int32_t *day)
{
    int32_t value;
    if (!take_day(&s, &value) || s.n) return false;
    *day = value;
    return true;
}

/* ".123456" -> 123; digits past the third only have to be digits. */
static bool take_fraction(Str *s, int *ms)
{
    int value = 0, scale = 100;

    if (s->n == 0 || s->p[0] < '0' || s->p[0] > '9') return false;
    while (s->n && s->p[0] >= '0' && s->p[0] <= '9') {
        value += (s->p[0] - '0') * scale;
        scale /= 10;
        *s = str_from(*s, 1);
    }
    *ms = value;
    return true;
}

/* "Z", "+03:00" or "-0530" as minutes east of Greenwich. */
static bool take_offset(Str *s, int *minutes)
{
    int hour, minute;

    *minutes = 0;
    if (take_char(s, 'Z') || take_char(s, 'z')) return true;
    bool east = take_char(s, '+');
    if (!east && !take_char(s, '-')) return false;
    if (!take_digits(s, 2, &hour)) return false;
    (void)take_char(s, ':');
    if (!take_digits(s, 2, &minute) || hour > 23 || minute > 59) return false;
    *minutes = (hour * 60 + minute) * (east ? 1 : -1);
    return true;
}

bool time_parse_instant(Str s, int64_t *at_ms)
{
    int32_t day;
    int hour, minute, second, ms = 0, offset;

    if (!take_day(&s, &day)) return false;
    if (!take_char(&s, 'T') && !take_char(&s, 't') && !take_char(&s, ' ')) return false;
    if (!take_digits(&s, 2, &hour) || !take_char(&s, ':')) return false;
    if (!take_digits(&s, 2, &minute) || !take_char(&s, ':')) return false;
    if (!take_digits(&s, 2, &second)) return false;
    if (take_char(&s, '.') && !take_fraction(&s, &ms)) return false;
    if (!take_offset(&s, &offset) || s.n) return false;
    if (hour > 23 || minute > 59 || second > 60) return false; /* 60: a leap second */
    *at_ms = day * TIME_DAY_MS + ((hour * 60 + minute - offset) * 60 + second) * TIME_SECOND_MS + ms;
    return true;
}

bool time_parse_length(Str s, int64_t *length_ms)
{
    static const struct {
        char mark;
        int64_t ms;
    } UNITS[] = {
        {'s', TIME_SECOND_MS}, {'m', TIME_MINUTE_MS}, {'h', TIME_HOUR_MS}, {'d', TIME_DAY_MS}, {'w', 7 * TIME_DAY_MS}};
    int64_t unit = 1, count;

    for (size_t i = 0; s.n && i < COUNT_OF(UNITS); i++) {
        if (s.p[s.n - 1] != UNITS[i].mark) continue;
        unit = UNITS[i].ms;
        s.n--;
        break;
    }
    if (!str_to_i64(s, &count) || count <= 0) return false;
    if (__builtin_mul_overflow(count, unit, &count)) return false;
    *length_ms = count;
    return true;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

const char *time_format_instant(int64_t at_ms, char *out)
{
    int year, month, day;
    int64_t days = floor_div(at_ms, TIME_DAY_MS);
    int of_day = (int)(at_ms - days * TIME_DAY_MS);

    civil_from_days((int32_t)days, &year, &month, &day);
    unsigned ms = (unsigned)of_day; /* the remainders tell the compiler how few digits there are */
    snprintf(out, TIME_TEXT_MAX, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned)year % 10000, (unsigned)month % 100,
             (unsigned)day % 100, ms / 3600000 % 24, ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
    return out;
}

const char *time_format_day(int32_t day, char *out)
{
    int year, month, of_month;

    civil_from_days(day, &year, &month, &of_month);
    snprintf(out, TIME_TEXT_MAX, "%04u-%02u-%02u", (unsigned)year % 10000, (unsigned)month % 100,
             (unsigned)of_month % 100);
    return out;
}

int32_t time_day_of(int64_t at_ms)
{
    time_t seconds = (time_t)floor_div(at_ms, 1000);
    struct tm local;

    localtime_r(&seconds, &local);
    return days_from_civil(local.tm_year + 1900, local.tm_mon + 1, local.tm_mday);
}

int64_t time_day_start(int32_t day)
{
    int year, month, of_month;

    civil_from_days(day, &year, &month, &of_month);
    struct tm local = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = of_month, .tm_isdst = -1};
    int64_t at_ms = (int64_t)mktime(&local) * 1000;
    /* where clocks change at midnight, mktime may land an hour off: in the day before, whose midnight is skipped, or
     * at the second of two midnights, when the day starts with the first */
    if (time_day_of(at_ms) < day) return at_ms + TIME_HOUR_MS;
    return time_day_of(at_ms - 1) == day ? at_ms - TIME_HOUR_MS : at_ms;
}

int32_t time_period_day(int32_t day, enum time_step step)
{
    int year, month, of_month;

    switch (step) {
    case TIME_STEP_WEEK: {
        int weekday = (int)(((int64_t)day % 7 + 7 + 3) % 7); /* 1970-01-01 was a Thursday; 0 is Monday */
        return day - weekday;
    }
    case TIME_STEP_MONTH: civil_from_days(day, &year, &month, &of_month); return day - of_month + 1;
    case TIME_STEP_HOUR:
    case TIME_STEP_DAY: break;
    }
    return day;
}

int32_t time_period_next(int32_t day, enum time_step step)
{
    int year, month, of_month;
    int32_t start = time_period_day(day, step);

    switch (step) {
    case TIME_STEP_WEEK: return start + 7;
    case TIME_STEP_MONTH: civil_from_days(start, &year, &month, &of_month); return start + days_in_month(year, month);
    case TIME_STEP_HOUR:
    case TIME_STEP_DAY: break;
    }
    return start + 1;
}

static int64_t offset_ms_at(int64_t at_s)
{
    time_t seconds = (time_t)at_s;
    struct tm local;

    localtime_r(&seconds, &local);
    return (int64_t)local.tm_gmtoff * TIME_SECOND_MS;
}

/* The first second > `from_s`, at which the offset is `from_ms`, up to `to_s`, at which it is another. */
static int64_t change_between(int64_t from_s, int64_t to_s, int64_t from_ms)
{
    while (to_s - from_s > 1) {
        int64_t middle = from_s + (to_s - from_s) / 2;
        if (offset_ms_at(middle) == from_ms) {
            from_s = middle;
        } else {
            to_s = middle;
        }
    }
    return to_s;
}

const struct time_offset *time_offsets(int64_t first_ms, int64_t last_ms, struct arena *arena, uint32_t *n)
{
    int64_t at_s = floor_div(first_ms, TIME_SECOND_MS), last_s = floor_div(last_ms, TIME_SECOND_MS);
    uint32_t cap = 64;
    struct time_offset *out = ARENA_ARRAY(arena, struct time_offset, cap);

    out[0] = (struct time_offset){INT64_MIN, offset_ms_at(at_s)};
    *n = 1;
    while (at_s < last_s) {
        int64_t next_s = last_s - at_s > TIME_DAY_MS / TIME_SECOND_MS ? at_s + TIME_DAY_MS / TIME_SECOND_MS : last_s;
        int64_t before_ms = out[*n - 1].offset_ms;
        if (offset_ms_at(next_s) != before_ms) {
            next_s = change_between(at_s, next_s, before_ms);
            if (*n == cap) {
                struct time_offset *more = ARENA_ARRAY(arena, struct time_offset, (size_t)cap * 2);
                memcpy(more, out, cap * sizeof *out);
                out = more;
                cap *= 2;
            }
            out[(*n)++] = (struct time_offset){next_s * TIME_SECOND_MS, offset_ms_at(next_s)};
        }
        at_s = next_s;
    }
    return out;
}
