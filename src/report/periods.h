/* report/periods.h -- days, weeks or months of the reporting zone, for a question about how something goes on.
 *
 * Is:    the instants at which the periods of a span begin.
 * Owns:  nothing; arrays come from the request's arena.
 * Never: counts anything.
 */
#ifndef REPORT_PERIODS_H
#define REPORT_PERIODS_H

#include "base/time.h"
#include "report/question.h"

struct periods {
    const int64_t *bounds; /* n + 1; the first and the last cut to what the span asks for */
    uint32_t n;
};

/* The periods that the span touches; none if it has no day. INVALID at `field`: more than `max`. */
bool periods_of_span(struct request *request, const struct span *span, enum time_step step, uint32_t max,
                     const char *field, struct periods *out, struct err *err) MUST_CHECK;
/* The first day of the i-th, 2025-02-12, in `out` (TIME_TEXT_MAX bytes). */
const char *periods_day(const struct periods *periods, uint32_t i, enum time_step step, char *out);

#endif
