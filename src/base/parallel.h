/* base/parallel.h -- one piece of work cut into parts, on all cores.
 *
 * Is:    a pool of threads, started when first needed, and the one call that uses it.
 * Owns:  its threads, until the program ends.
 * Never: decides how work is cut: cut it by its size alone, never by the number of cores, and sum the parts in their
 *        order, and the answer is the same on every machine.
 */
#ifndef BASE_PARALLEL_H
#define BASE_PARALLEL_H

#include <stdint.h>

/* Use at most so many threads from now on, the callers' counted in; 0: as many as there are cores. */
void parallel_limit(int threads);

typedef void parallel_fn(void *context, uint32_t part);

/* work(context, part) for each part < n, each once, in any order and at the same time; returns when all are done. The
 * caller works too, so this may be called from any thread, by several at once, and from within `work`. */
void parallel_run(uint32_t n, parallel_fn *work, void *context);

#endif
