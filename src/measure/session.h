/* measure/session.h -- where a session begins.
 *
 * Is:    the session rule (DESIGN: Touch), fed one person's events in order; attribution and metrics share it.
 * Owns:  nothing.
 * Never: looks at an event twice.
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
    bool goes_on = session->open && elapsed_ms(session->last_ms, at_ms) <= (uint64_t)SESSION_IDLE_MS &&
                   (touch == session->touch || touches[touch].empty);

    session->last_ms = at_ms;
    if (goes_on) return false;
    session->open = true;
    session->touch = touch;
    return true;
}

#endif
