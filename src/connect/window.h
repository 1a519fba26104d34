/* connect/window.h -- which days of a connection are due.
 *
 * Is:    arithmetic on days. A day that was read on day L is final once it was `restate_days` old then; so what was not
 *        read yet is due, and what was younger than that when it was last read.
 * Owns:  nothing.
 * Never: leaves a gap: first is never behind the day after the last complete one.
 */
#ifndef CONNECT_WINDOW_H
#define CONNECT_WINDOW_H

#include "connect/adapter.h"

struct window {
    int32_t first, last; /* last: today */
    bool is_long;        /* the long look back is in it */
};

/* pulled_day, restated_day, read_on (the day of the last pull): TIME_NONE for none, as in struct connection. */
struct window window_due(const struct adapter *adapter, int32_t today, int64_t pulled_day, int64_t restated_day,
                         int64_t read_on);

#endif
