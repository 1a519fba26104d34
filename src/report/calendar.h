/* report/calendar.h -- hours, days, weeks or months of the reporting zone, for a question about how something goes on.
 *
 * Is:    the instants at which the periods of a span begin.
 * Owns:  nothing; arrays come from the request's arena.
 * Never: counts anything.
 */
#ifndef REPORT_CALENDAR_H
#define REPORT_CALENDAR_H

#include "base/time.h"
#include "report/question.h"

struct calendar {
    enum time_step step;
    int64_t *bounds; /* n + 1: period i is bounds[i] <= t < bounds[i+1] */
    uint32_t n;
};

/* The periods that the days touch, whole; none if there is no day. INVALID at `field`: more than `max`. */
bool calendar_of_days(struct arena *arena, struct days days, enum time_step step, uint32_t max, const char *field,
                      struct calendar *out, struct err *err) MUST_CHECK;
/* The first and the last period, of which `range` may take only a part, become that part. */
void calendar_cut(struct calendar *calendar, struct range range);
/* So many periods more, after the last; there is one. */
void calendar_go_on(struct calendar *calendar, uint32_t more, struct arena *arena);
/* The first day of the i-th, 2025-02-12, in `out` (TIME_TEXT_MAX bytes). */
const char *calendar_day(const struct calendar *calendar, uint32_t i, char *out);

#endif
