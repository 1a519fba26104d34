/* base/worker.h -- a thread that does what waits, one thing after the other.
 *
 * Is:    a loop around a function that looks for something to do; it sleeps when there was nothing, until woken.
 * Owns:  the thread, from worker_start to worker_stop.
 * Never: knows what it does.
 */
#ifndef BASE_WORKER_H
#define BASE_WORKER_H

#include "base/str.h"

struct worker;

/* Do the next thing. False: there was none, sleep. */
typedef bool worker_fn(void *context, const struct worker *worker);

struct worker *worker_start(worker_fn *run, void *context);
void worker_wake(struct worker *worker);
bool worker_stopping(const struct worker *worker);                /* for the function to ask now and then */
void worker_pause(const struct worker *worker, int milliseconds); /* or until it is to stop */
void worker_stop(struct worker *worker);                          /* when the function has returned; NULL is fine */

#endif
