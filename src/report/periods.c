#include "report/periods.h"

bool periods_of_span(struct request *request, const struct span *span, enum time_step step, uint32_t max,
                     const char *field, struct periods *out, struct err *err)
{
    int64_t *bounds = ARENA_ARRAY(&request->arena, int64_t, (size_t)max + 1);
    int32_t day = time_period_day(span->days.first, step);
    uint32_t n = 0;

    *out = (struct periods){bounds, 0};
    if (span->days.last < span->days.first) return true;
    for (; day <= span->days.last; day = time_period_next(day, step)) {
        if (n == max)
            return err_set_field(err, field, "more than %u periods; ask for longer ones or a shorter span",
                                 (unsigned)max);
        bounds[n++] = time_day_start(day);
    }
    bounds[n] = time_day_start(day);
    if (bounds[0] < span->range.from_ms) bounds[0] = span->range.from_ms;
    if (bounds[n] > span->range.to_ms) bounds[n] = span->range.to_ms;
    out->n = n;
    return true;
}

const char *periods_day(const struct periods *periods, uint32_t i, enum time_step step, char *out)
{
    return time_format_day(time_period_day(time_day_of(periods->bounds[i]), step), out);
}
