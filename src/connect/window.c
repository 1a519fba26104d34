#include "connect/window.h"

#include "base/time.h"

struct window window_due(const struct adapter *adapter, int32_t today, int64_t pulled_day, int64_t restated_day,
                         int64_t read_on)
{
    int64_t first = pulled_day + 1;

    if (pulled_day == TIME_NONE) return (struct window){today - (int32_t)adapter->window.first_days, today, true};
    if (read_on == TIME_NONE || read_on > today) read_on = pulled_day;
    int64_t since = restated_day == TIME_NONE ? read_on : restated_day;
    bool is_long = adapter->window.long_restate_days > 0 && today - since >= adapter->window.long_every_days;
    int64_t back = is_long ? adapter->window.long_restate_days : adapter->window.restate_days;
    if (is_long && since < read_on) read_on = since; /* what was young then may have changed since */
    if (back < adapter->window.restate_days) back = adapter->window.restate_days;
    if (read_on - back < first) first = read_on - back;
    if (first > today) first = today;
    return (struct window){(int32_t)first, today, is_long};
}
