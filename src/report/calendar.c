#include "report/calendar.h"

#include <string.h>

/* Where the period after the one that begins at `start_ms`, with `*day`, begins; `*day` becomes its first. */
static int64_t next_start(enum time_step step, int64_t start_ms, int32_t *day)
{
    if (step == TIME_STEP_HOUR) return start_ms + TIME_HOUR_MS;
    *day = time_period_next(*day, step);
    return time_day_start(*day);
}

bool calendar_of_days(struct arena *arena, struct days days, enum time_step step, uint32_t max, const char *field,
                      struct calendar *out, struct err *err)
{
    int64_t *bounds = ARENA_ARRAY(arena, int64_t, (size_t)max + 1);
    int32_t day = time_period_day(days.first, step);
    int64_t next = time_day_start(day), end = time_day_start(days.last + 1);
    uint32_t n = 0;

    for (; days.first <= days.last && next < end; next = next_start(step, next, &day)) {
        if (n == max)
            return err_set_field(err, field, "more than %u periods; ask for longer ones or a shorter span",
                                 (unsigned)max);
        bounds[n++] = next;
    }
    bounds[n] = next;
    *out = (struct calendar){step, bounds, n};
    return true;
}

void calendar_cut(struct calendar *calendar, struct range range)
{
    int64_t *first = &calendar->bounds[0], *end = &calendar->bounds[calendar->n];

    if (calendar->n == 0) return;
    if (*first < range.from_ms) *first = range.from_ms;
    if (*end > range.to_ms) *end = range.to_ms;
}

void calendar_go_on(struct calendar *calendar, uint32_t more, struct arena *arena)
{
    int64_t *bounds = ARENA_ARRAY(arena, int64_t, (size_t)calendar->n + more + 1);
    int32_t day = time_day_of(calendar->bounds[calendar->n]);

    memcpy(bounds, calendar->bounds, ((size_t)calendar->n + 1) * sizeof *bounds);
    calendar->bounds = bounds;
    for (; more > 0; more--, calendar->n++)
        bounds[calendar->n + 1] = next_start(calendar->step, bounds[calendar->n], &day);
}

const char *calendar_day(const struct calendar *calendar, uint32_t i, char *out)
{
    return time_format_day(time_period_day(time_day_of(calendar->bounds[i]), calendar->step), out);
}
