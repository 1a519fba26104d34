/* measure/metrics_active.h -- how many persons were active on a day, and in the 7 and 30 days up to it.
 *
 * Is:    one pure kernel: a snapshot, days and points of time in; exact distinct counts out.
 * Owns:  nothing; every array belongs to the caller or its arena.
 * Never: knows about calendars: the caller gives the instants at which days begin.
 *
 * A person is active on a day in a group when it has an event that counts there, as in measure/metrics.h.
 */
#ifndef MEASURE_METRICS_ACTIVE_H
#define MEASURE_METRICS_ACTIVE_H

#include "measure/metrics.h"

#define ACTIVE_WEEK_DAYS 7
#define ACTIVE_MONTH_DAYS 30

/* Days from first to last, both counted in. */
struct active_point {
    uint32_t first_day, last_day;
};

struct active_days {
    const int64_t *bounds; /* n + 1 instants, ascending: day i is bounds[i] <= t < bounds[i+1] */
    uint32_t n;            /* >= 1; for whole windows so many that ACTIVE_MONTH_DAYS - 1 lie before the first point */
    const struct active_point *points; /* n_points; neither first days nor last days ever go back */
    uint32_t n_points;                 /* >= 1 */
};

struct active_cell {
    uint64_t person_days; /* over the days of the point: the persons active on each, together */
    uint64_t week, month; /* distinct persons active in the days that end with the point's last */
};

/* `query` says which events count and how they are grouped; its periods do not matter. cells: by.n * n_points;
 * totals: by.n, the person-days from the first point's first day to the last point's last.
 * Cost: one scan on all cores, of what lies in the days. */
bool metrics_active(const struct snapshot *snapshot, const struct metrics_query *query, const struct active_days *days,
                    struct arena *arena, struct active_cell *cells, uint64_t *totals, struct err *err) MUST_CHECK;

#endif
