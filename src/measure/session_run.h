/* measure/session_run.h -- the sessions and conversions of many persons, found many rows at a time.
 *
 * Is:    of the rows of persons that lie behind each other: those at which session_begins (session.h) says that one
 *        begins, and those with a name.
 * Owns:  nothing; its room is taken from the caller's arena and kept for the next rows.
 * Never: asks the rule of a row that says nothing new: the same tuple as the row before, and no pause.
 */
#ifndef MEASURE_SESSION_RUN_H
#define MEASURE_SESSION_RUN_H

#include "measure/session.h"

struct session_person {
    uint32_t place;
    uint32_t start, conversion; /* its first ones are these, its last ones those before the next person's */
};

struct session_run {
    uint64_t *start; /* rows; ascending, as are conversions */
    uint32_t n;
    uint64_t *conversion;
    uint32_t *begun; /* by conversion: so many sessions begin at it or before */
    uint32_t n_conversions;
    struct session_person *person; /* who has rows; and behind them one more, with the ends */
    uint32_t n_persons;
    uint64_t capacity; /* rows */
};

/* Of `rows`, which are those of the persons at place .. after-1; or, if place == after, some of one person, whose
 * session before them is `before`, and whose place is not set. LIMIT if the arena has no room. */
bool session_run_find(struct session_run *run, const struct snapshot *snapshot, struct rows rows, uint16_t conversion,
                      uint32_t place, uint32_t after, struct session before, struct arena *arena,
                      struct err *err) MUST_CHECK;

#endif
