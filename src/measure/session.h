/* measure/session.h -- where a session begins.
 *
 * Is:    the session rule (DESIGN: Touch), fed one person's events in order; attribution and metrics share it.
 * Owns:  nothing.
 * Never: looks ahead.
 */
#ifndef MEASURE_SESSION_H
#define MEASURE_SESSION_H

#include "measure/range.h"

#define SESSION_IDLE_MS (30 * INT64_C(60000))

/* One person's session so far. Zeroed: no event yet. */
struct session {
    bool open;
    uint32_t touch; /* its first event's */
    int64_t last_ms;
};

/* Take the person's next event. True if a session begins with it: the first one, or after more than
 * SESSION_IDLE_MS without an event, or with a tuple that is not empty and not the session's. */
static inline bool session_begins(struct session *session, const struct touch *touches, uint32_t touch, int64_t at_ms)
{
    bool pause = elapsed_ms(session->last_ms, at_ms) > (uint64_t)SESSION_IDLE_MS;
    bool begins = !session->open | pause | ((touch != session->touch) & !touches[touch].empty); /* no branch */

    session->last_ms = at_ms;
    session->open = true;
    session->touch = begins ? touch : session->touch;
    return begins;
}

/* The tuple of the session that the event at `row` belongs to; `first` is its person's first row. It is that of the
 * latest event up to `row` that says something, as long as no pause lies between. O(the session). */
static inline uint32_t session_touch_at(const struct snapshot *snapshot, uint64_t first, uint64_t row)
{
    while (row > first && snapshot->touches[snapshot->touch[row]].empty &&
           elapsed_ms(snapshot->at_ms[row - 1], snapshot->at_ms[row]) <= (uint64_t)SESSION_IDLE_MS)
        row--;
    return snapshot->touch[row];
}

/* The session as the rows from `first` to before `row` leave it; there is one such row or more. */
static inline void session_resume(struct session *session, const struct snapshot *snapshot, uint64_t first,
                                  uint64_t row)
{
    *session = (struct session){true, session_touch_at(snapshot, first, row - 1), snapshot->at_ms[row - 1]};
}

#endif
