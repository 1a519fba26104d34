/* measure/null_line.c -- null journeys of a plain scan, behind each other.
 *
 * Most persons have no conversion, and a handful of events: a loop over these, or a search for the first that the
 * lookback reaches, ends where the processor cannot foresee. So the last BLOCK events of each person are looked at, its
 * own or not, and BLOCK groups copied, of which the next person's overwrite what is too much.
 */
#include "measure/attribution_int.h"

#include <string.h>

#define BLOCK GROUP_PAD

/* The first of a person's rows that the lookback reaches from the last; those behind them may be read. */
static inline uint64_t find_first(const struct scan *scan, struct rows rows)
{
    const int64_t *at_ms = scan->snapshot->at_ms;
    int64_t last_ms = at_ms[rows.end - 1];
    uint64_t row = rows.end - rows.begin > BLOCK ? rows.end - BLOCK : rows.begin;

    if (row > rows.begin && scan_reaches(scan, at_ms[row - 1], last_ms)) return scan_find_reached(scan, rows, last_ms);
    for (uint64_t half = BLOCK / 2; half > 0; half /= 2) {
        uint64_t at = row + half - 1;
        row += half & -(uint64_t)((at < rows.end) & !scan_reaches(scan, at_ms[at], last_ms)); /* no branch */
    }
    return row;
}

/* Add the journey of a person whose last rows, at least one, are these. */
static inline bool add(struct scan *scan, struct rows rows)
{
    struct null_line *line = scan->line;
    uint64_t row = rows.end + BLOCK <= scan->base_end
                       ? find_first(scan, rows)
                       : scan_find_reached(scan, rows, scan->snapshot->at_ms[rows.end - 1]);

    if (rows.end - row >= LINE_TOUCHES) return false;
    if (line->n + 1 + (rows.end - row) > LINE_TOUCHES) scan->see_line(scan);
    line->group[line->n] = scan->query->by.n;
    trail_read_groups(scan, (struct rows){row, rows.end}, line->group + line->n + 1);
    line->n += 1 + (uint32_t)(rows.end - row);
    line->n_journeys++;
    return true;
}

bool line_add_groups(struct scan *scan, const uint32_t *group, uint32_t n)
{
    struct null_line *line = scan->line;

    if (n >= LINE_TOUCHES) return false;
    if (line->n + 1 + n > LINE_TOUCHES) scan->see_line(scan);
    uint32_t *to = line->group + line->n;
    *to++ = scan->query->by.n;
    for (uint32_t i = 0; i < n; i += GROUP_PAD) memcpy(to + i, group + i, GROUP_PAD * sizeof *to);
    line->n += 1 + n;
    line->n_journeys++;
    return true;
}

bool line_add(struct scan *scan, struct rows rows)
{
    return add(scan, rows);
}

uint32_t line_up(struct scan *scan, uint32_t place, uint32_t after, uint64_t end)
{
    for (; place < after; place++) {
        struct rows rows = snapshot_rows(scan->snapshot, place);
        if (rows.begin == rows.end) continue;
        if (rows.end > end || !add(scan, rows)) break;
    }
    return place;
}
