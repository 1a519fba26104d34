/* measure/scratch.h -- memory for a kernel, or a polite no.
 *
 * Is:    arrays from the caller's arena; a report that would need more than the arena's ceiling fails with LIMIT.
 * Owns:  nothing; the arena owns the memory.
 * Never: stops the program for want of room below the ceiling.
 */
#ifndef MEASURE_SCRATCH_H
#define MEASURE_SCRATCH_H

#include "base/arena.h"
#include "base/err.h"

#define SCRATCH_SLACK 64 /* what the arena may add to one request to align it */

/* `count` things of `size` bytes, zeroed; NULL and err when the arena has no room for them. */
static inline void *scratch_take(struct arena *arena, size_t size, size_t count, struct err *err)
{
    size_t n;

    if (__builtin_mul_overflow(size, count, &n) || n > arena->ceiling ||
        n + SCRATCH_SLACK > arena->ceiling - arena->used) {
        err_set(err, ERR_LIMIT,
                "the answer takes more than the %zu MB that it may: ask for a shorter time or a coarser breakdown",
                arena->ceiling >> 20);
        return NULL;
    }
    return arena_alloc(arena, n);
}

#define SCRATCH_ARRAY(arena, type, count, err) ((type *)scratch_take((arena), sizeof(type), (count), (err)))

#endif
