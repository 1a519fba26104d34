/* events/seen.h -- which events have been taken: a set of 128-bit keys.
 *
 * Is:    an open-addressing table, 16 bytes a key at most three quarters full; a key can be taken out again.
 * Owns:  its slots.
 * Never: is shared between threads. Derived from the raw log at start; nothing of it is on disk.
 */
#ifndef EVENTS_SEEN_H
#define EVENTS_SEEN_H

#include "base/hash.h"

struct seen {
    struct hash128 *slots; /* {0, 0}: free */
    size_t mask, n;
};

void seen_init(struct seen *seen);
void seen_reset(struct seen *seen);
bool seen_add(struct seen *seen, struct hash128 key); /* false: it was there */
void seen_remove(struct seen *seen, struct hash128 key);

#endif
