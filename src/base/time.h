/* base/time.h -- instants, days and the reporting time zone.
 *
 * Is:    64-bit milliseconds since 1970-01-01 UTC, and civil days counted from the same date.
 * Owns:  the process's time zone, set once at start by time_zone_set.
 * Never: guesses: a text that is not exactly a date or an instant is refused.
 */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/arena.h"
#include "base/err.h"

#define TIME_SECOND_MS INT64_C(1000)
#define TIME_MINUTE_MS INT64_C(60000)
#define TIME_HOUR_MS INT64_C(3600000)
#define TIME_DAY_MS INT64_C(86400000)
#define TIME_NONE INT64_MIN /* where there is no instant */
#define TIME_TEXT_MAX 32    /* room for any formatted instant, with its NUL */

enum time_step { TIME_STEP_HOUR, TIME_STEP_DAY, TIME_STEP_WEEK, TIME_STEP_MONTH };

int64_t time_now_ms(void);       /* wall clock, UTC */
int64_t time_monotonic_us(void); /* for durations only */
int64_t time_thread_us(void);    /* of a processor, that this thread has had */

/* Set the reporting zone by its IANA name, before any thread starts. */
bool time_zone_set(const char *name, struct err *err) MUST_CHECK;

/* RFC 3339: "2025-02-12T08:00:00Z", a fraction of a second and a numeric offset allowed, years 1970..9999. */
bool time_parse_instant(Str s, int64_t *at_ms) MUST_CHECK;
/* "2025-02-12" as days since 1970-01-01; impossible dates are refused. */
bool time_parse_day(Str s, int32_t *day) MUST_CHECK;
bool time_day_from(int year, int month, int of_month, int32_t *day) MUST_CHECK; /* likewise; years 1970..9999 */
/* "30d", "12h", "45m", "10s", "2w" or plain milliseconds, as a positive length. */
bool time_parse_length(Str s, int64_t *length_ms) MUST_CHECK;

/* Write into `out` (TIME_TEXT_MAX bytes) and return it. */
const char *time_format_instant(int64_t at_ms, char *out); /* 2025-02-12T08:00:00.000Z */
const char *time_format_day(int32_t day, char *out);       /* 2025-02-12 */

/* The reporting zone: the civil day of an instant, and the instant at which a day starts. */
int32_t time_day_of(int64_t at_ms);
int64_t time_day_start(int32_t day);
/* The first day of the period (week from Monday) that holds `day`, and of the period after. */
int32_t time_period_day(int32_t day, enum time_step step);
int32_t time_period_next(int32_t day, enum time_step step);

/* How far the reporting zone is from UTC: local = UTC + offset_ms from from_ms on, until the next. */
struct time_offset {
    int64_t from_ms, offset_ms;
};
/* Those that hold between the two instants, in order; the first from INT64_MIN. Clocks that are changed and changed
 * back within a day are not seen. Costs the days between. */
const struct time_offset *time_offsets(int64_t first_ms, int64_t last_ms, struct arena *arena, uint32_t *n);

#endif
