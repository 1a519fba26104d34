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
    return scan->see(scan, &path);
}

/* A person's conversions; the run is laid from `base` on. */
static enum verdict see_conversions(struct scan *scan, uint32_t base, const struct session_person *person)
{
    const struct session_run *run = &scan->run;
    struct trail *trail = &scan->trail;
    enum verdict verdict = GO_ON;

    trail_begin(scan, base + person[0].start);
    for (uint32_t c = person[0].conversion; c < person[1].conversion && verdict == GO_ON; c++) {
        trail->n = base + run->begun[c];
        if (trail->n > trail->begin) {
            trail->any = run->start[run->begun[c] - 1] + 1;
            trail->any_ms = trail->at_ms[trail->n - 1];
        }
        verdict = scan_convert(scan, run->conversion[c]);
    }
    return verdict;
}

static enum verdict see_person(struct scan *scan, uint32_t base, const struct session_person *person, bool nulls)
{
    const struct session_run *run = &scan->run;
    bool converts = person[0].conversion < person[1].conversion;
    uint32_t from = converts ? run->begun[person[1].conversion - 1] : person[0].start;
    enum verdict verdict = converts ? see_conversions(scan, base, person) : GO_ON;

    if (verdict == GO_ON && nulls) verdict = see_null_part(scan, base + from, base + person[1].start);
    if (converts) trail_end(scan);
    return verdict;
}

/* All that is in the run: of one person, or of the persons that it names. */
static enum verdict see_run(struct scan *scan, bool alone)
{
    const struct session_run *run = &scan->run;
    enum verdict verdict = GO_ON;
    bool in_line = scan->line && !alone;

    if (!trail_room(scan, run->n)) return FAILED;
    uint32_t base = scan->trail.n;
    for (uint32_t c = 0; c < run->n_conversions; c++)
        __builtin_prefetch(scan->snapshot->amount_minor + run->conversion[c]); /* far apart: on their way meanwhile */
    trail_lay(scan, run->start, run->n);
    for (uint32_t k = 0; k < run->n_persons && verdict == GO_ON; k++) {
        if (in_line && run->person[k].conversion == run->person[k + 1].conversion) continue;
        if (!alone) scan->person = run->person[k].place;
        verdict = see_person(scan, base, &run->person[k], scan->nulls && !in_line);
    }
    if (in_line) line_add_run(scan, base);
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
