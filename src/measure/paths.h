/* measure/paths.h -- how often each way through the channels was gone.
 *
 * Is:    a table of distinct channel sequences with their counts, built row by row; equal sequences are one row.
 * Owns:  its rows, up to `ceiling` bytes, until paths_reset.
 * Never: knows a channel's name: a channel is a small number.
 */
#ifndef MEASURE_PATHS_H
#define MEASURE_PATHS_H

#include <stdatomic.h>

#include "base/err.h"

#define PATHS_CHANNELS_MAX (UINT32_C(1) << 20)
#define PATHS_TOTAL_MAX (INT64_C(1) << 53) /* journeys, and money without its sign: doubles hold every sum exactly */

/* One way, and how many journeys went it. */
struct path {
    const uint32_t *channel; /* n of them, in time order; repeats stay */
    uint32_t n;              /* 0: journeys without a touch; what they brought is unattributed */
    int64_t conversions;     /* journeys that ended in one, >= 0 */
    int64_t nulls;           /* journeys that did not, >= 0 */
    int64_t value_minor;     /* what the conversions brought in, of either sign; 0 without conversions */
};

struct path_row;

struct paths {
    uint32_t n;          /* distinct ways */
    uint32_t n_channels; /* 1 + the greatest channel of any row, also of one that counts nothing */
    uint32_t longest;    /* touches of the longest way */
    uint64_t n_touches;  /* of all distinct ways */
    int64_t conversions, nulls, value_minor;
    uint64_t magnitude; /* of the value, without signs */
    size_t bytes, ceiling;
    atomic_size_t *room; /* what tables side by side may still take together; NULL: it stands alone */
    uint64_t point;      /* of the hash */
    struct path_row *row;
    uint32_t *channel;
    uint64_t *slot;
    size_t row_capacity, channel_capacity, n_slots;
};

void paths_init(struct paths *paths, size_t ceiling); /* takes no memory yet */
void paths_reset(struct paths *paths);                /* frees, keeps the ceiling and the room */

/* Count a row in; `path` is copied. A row of neither conversions nor nulls counts nothing, but its channels are known
 * from then on. INVALID: a negative count, or value without conversions. LIMIT: past the ceiling, PATHS_CHANNELS_MAX
 * or PATHS_TOTAL_MAX; a known path still counts when the table is full. On failure it is as before. O(touches). */
bool paths_add(struct paths *paths, const struct path *path, struct err *err) MUST_CHECK;

/* Count in all rows of another table, as paths_add would one after another, but with no channel looked at twice. On
 * failure some of them are in. */
bool paths_add_all(struct paths *paths, const struct paths *other, struct err *err) MUST_CHECK;

/* Row i < n, in the order of first appearance; good until the next paths_add. */
struct path paths_at(const struct paths *paths, uint32_t i);

#endif
