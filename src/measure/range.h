/* measure/range.h -- what every question has in common: a span of time and touches that count.
 *
 * Is:    small value types shared by the kernels.
 * Owns:  nothing.
 * Never: reads a clock.
 */
#ifndef MEASURE_RANGE_H
#define MEASURE_RANGE_H

#include "base/arena.h"
#include "base/err.h"
#include "events/facts.h"

/* from_ms <= t < to_ms. All time is INT64_MIN, INT64_MAX. */
struct range {
    int64_t from_ms, to_ms;
};

#define RANGE_ALL ((struct range){INT64_MIN, INT64_MAX})

static inline bool range_holds(struct range range, int64_t at_ms)
{
    return at_ms >= range.from_ms && at_ms < range.to_ms;
}

/* Is no event of a snapshot outside? */
static inline bool range_holds_all(struct range range, const struct snapshot *snapshot)
{
    return snapshot->first_ms >= range.from_ms && snapshot->last_ms < range.to_ms;
}

/* From an instant to a later one; cannot overflow, however far apart they are. */
static inline uint64_t elapsed_ms(int64_t from_ms, int64_t to_ms)
{
    return (uint64_t)to_ms - (uint64_t)from_ms;
}

/* A length to compare with elapsed_ms; INT64_MAX means no limit. */
static inline uint64_t length_limit(int64_t length_ms)
{
    return length_ms == INT64_MAX ? UINT64_MAX : (uint64_t)length_ms;
}

/* A sum of money that, past what 64 bits hold, stays at their end. */
static inline int64_t add_or_stay(int64_t sum_minor, int64_t amount_minor)
{
    int64_t more;
    if (!__builtin_add_overflow(sum_minor, amount_minor, &more)) return more;
    return amount_minor < 0 ? INT64_MIN : INT64_MAX;
}

/* How touches are grouped into rows: key[touch id] -> group, group < n. The caller makes it from a dimension. */
struct grouping {
    const uint32_t *key; /* one for each touch of the snapshot; NULL: everything is group 0 */
    uint32_t n;
};

static inline uint32_t grouping_of(struct grouping by, uint32_t touch)
{
    return by.key ? by.key[touch] : 0;
}

/* A group past its rows would write past the caller's arrays: stop the program rather. */
static inline void grouping_check(struct grouping by, uint32_t n_touches)
{
    CHECK(by.key || by.n >= 1);
    for (uint32_t i = 0; by.key && i < n_touches; i++) CHECK(by.key[i] < by.n);
}

#endif
