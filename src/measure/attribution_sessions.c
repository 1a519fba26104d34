/* measure/attribution_sessions.c -- the scan of a history whose touches are sessions, and nothing else is asked of
 * them.
 *
 * Where sessions begin is found for many persons at once (session_run.h), and they are laid behind each other in the
 * trail, of which each person then has its part.
 */
#include "measure/attribution_int.h"

/* What is left after the last conversion: touches from .. to-1. As see_null of attribution_scan.c. */
static enum verdict see_null_part(struct scan *scan, uint32_t from, uint32_t to)
{
    const struct trail *trail = &scan->trail;
    struct scan_journey path = {.null = true, .person = scan->person};

    if (from == to || !range_holds(scan->query->range, trail->at_ms[to - 1])) return GO_ON;
    uint32_t first = to - 1;
    while (first > from && scan_reaches(scan, trail->at_ms[first - 1], trail->at_ms[to - 1])) first--;
    path.journey.n = to - first;
    path.group = trail->group + first;
    if (scan->line && line_add_groups(scan, path.group, path.journey.n)) return GO_ON;
    return scan->see(scan, &path);
}

/* A person's conversions and what came after; the run is laid from `base` on. */
static enum verdict see_person(struct scan *scan, uint32_t base, const struct session_person *person)
{
    const struct session_run *run = &scan->run;
    struct trail *trail = &scan->trail;
    uint32_t from = base + person[0].start, to = base + person[1].start;
    enum verdict verdict = GO_ON;

    if (person[0].conversion < person[1].conversion) trail_begin(scan, from);
    for (uint32_t c = person[0].conversion; c < person[1].conversion && verdict == GO_ON; c++) {
        from = trail->n = base + run->begun[c];
        if (from > trail->begin) {
            trail->any = run->start[from - base - 1] + 1;
            trail->any_ms = trail->at_ms[from - 1];
        }
        verdict = scan_convert(scan, run->conversion[c]);
    }
    if (verdict == GO_ON && scan->nulls) verdict = see_null_part(scan, from, to);
    if (person[0].conversion < person[1].conversion) trail_end(scan);
    return verdict;
}

/* All that is in the run. */
static enum verdict see_run(struct scan *scan, bool alone)
{
    const struct session_run *run = &scan->run;
    enum verdict verdict = GO_ON;

    if (!trail_room(scan, run->n)) return FAILED;
    uint32_t base = scan->trail.n;
    for (uint32_t c = 0; c < run->n_conversions; c++)
        __builtin_prefetch(scan->snapshot->amount_minor + run->conversion[c]); /* far apart: on their way meanwhile */
    trail_lay(scan, run->start, run->n);
    for (uint32_t k = 0; k < run->n_persons && verdict == GO_ON; k++) {
        if (!alone) scan->person = run->person[k].place;
        verdict = see_person(scan, base, &run->person[k]);
    }
    scan->trail.n = base + run->n;
    return verdict;
}

enum verdict scan_read_sessions(struct scan *scan, struct rows rows)
{
    uint16_t conversion = (uint16_t)scan->query->conversion;

    if (!session_run_find(&scan->run, scan->snapshot, rows, conversion, 0, 0, scan->session, scan->arena, scan->err))
        return FAILED;
    return see_run(scan, true);
}

enum verdict scan_session_run(struct scan *scan, uint32_t place, uint32_t after)
{
    struct rows rows = {scan->finder.row, scan->finder.end};
    uint16_t conversion = (uint16_t)scan->query->conversion;

    if (!session_run_find(&scan->run, scan->snapshot, rows, conversion, place, after, (struct session){0}, scan->arena,
                          scan->err))
        return FAILED;
    return see_run(scan, false);
}
