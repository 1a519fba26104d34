/* measure/null_line.c -- null journeys of a plain scan, behind each other.
 *
 * Most persons have no conversion, and a handful of events: a loop over these, or a search for the first that the
 * lookback reaches, ends where the processor cannot foresee. So the last BLOCK events of each person are looked at, its
 * own or not, and BLOCK groups copied, of which the next person's overwrite what is too much.
 *
 * Sessions of many persons lie in the trail already (attribution_sessions.c). Each is written, and the next one over it
 * if it is in no null journey.
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

/* ---- sessions of many persons ---- */

#define NULL_END 1 /* the last touch of its person */
#define NULL_OUT 2 /* not after its last conversion */
#define NULL_IN 4  /* in its null journey */

static void mark_ends(const struct session_run *run, uint8_t *null)
{
    memset(null, 0, run->n);
    for (uint32_t k = 0; k < run->n_persons; k++) {
        const struct session_person *person = &run->person[k];
        null[person[1].start - 1] |= NULL_END; /* everybody has a session */
        if (person[0].conversion < person[1].conversion)
            for (uint32_t i = person[0].start; i < run->begun[person[1].conversion - 1]; i++) null[i] |= NULL_OUT;
    }
}

/* From the last to the first, so that the person's last touch is known. */
static void mark_reached(const struct scan *scan, const int64_t *at_ms, uint32_t n, uint8_t *null)
{
    int64_t last_ms = 0;

    for (uint32_t i = n; i-- > 0;) {
        last_ms = null[i] & NULL_END ? at_ms[i] : last_ms;
        null[i] |= (!(null[i] & NULL_OUT) & scan_reaches(scan, at_ms[i], last_ms)) ? NULL_IN : 0;
    }
}

/* Write every touch, after the mark where a journey begins, and step on if it is in one. `goes_on`: the one before is,
 * and of the same person. */
static bool add_marked(struct null_line *line, uint32_t mark, const uint32_t *group, const uint8_t *null, uint32_t n,
                       bool goes_on)
{
    uint32_t *to = line->group + line->n, journeys = 0;

    for (uint32_t i = 0; i < n; i++) {
        bool in = null[i] & NULL_IN, begins = in & !goes_on;
        *to = mark;
        to += begins;
        *to = group[i];
        to += in;
        journeys += begins;
        goes_on = in & !(null[i] & NULL_END);
    }
    line->n = (uint32_t)(to - line->group);
    line->n_journeys += journeys;
    return goes_on;
}

void line_add_run(struct scan *scan, uint32_t base)
{
    const struct trail *trail = &scan->trail;
    struct null_line *line = scan->line;
    uint32_t n = scan->run.n, piece = LINE_TOUCHES / 4;
    bool goes_on = false;

    if (n == 0) return;
    const uint32_t *group = trail->group + base;
    mark_ends(&scan->run, trail->null);
    mark_reached(scan, trail->at_ms + base, n, trail->null);
    for (uint32_t i = 0; i < n; i += piece) {
        if (line->n + 2 * piece > LINE_TOUCHES) {
            scan->see_line(scan);
            if (goes_on) line->group[line->n++] = group[i - 1]; /* it was counted; the step from it was not */
        }
        goes_on =
            add_marked(line, scan->query->by.n, group + i, trail->null + i, n - i < piece ? n - i : piece, goes_on);
    }
}
