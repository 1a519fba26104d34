/* events/seen.h -- which events have been taken: a set of 128-bit keys.
 *
 * Is:    an open-addressing table in memory, before it one that a bundle has, and between them one that is being
 *        written. A key of the first can be taken out again.
 * Owns:  its slots; of the bundle's nothing: keep that open.
 * Never: is shared between threads, but for the keys that seen_cut gave away to be written.
 */
#ifndef EVENTS_SEEN_H
#define EVENTS_SEEN_H

#include "base/bundle.h"
#include "base/hash.h"

struct seen_table {
    struct hash128 *slots; /* {0, 0}: free */
    size_t n_slots, n;
};

struct seen {
    struct seen_table now; /* since the last cut */
    struct seen_table cut; /* being written; empty otherwise */
    const struct hash128 *old;
    uint64_t n_old_slots;
};

void seen_init(struct seen *seen);
void seen_reset(struct seen *seen);
bool seen_add(struct seen *seen, struct hash128 key);    /* false: it was there */
void seen_remove(struct seen *seen, struct hash128 key); /* one that was added since the last cut */

/* Folding, in the steps of facts_fold.c. What is added from the cut on stays apart. */
void seen_cut(struct seen *seen);
void seen_cut_write(const struct seen *seen, struct bundle_writer *out); /* by any thread, between cut and install */
void seen_uncut(struct seen *seen); /* it was not written: as if it had not been cut */
/* Use the bundle's keys, in place of those before and of the cut. */
bool seen_install(struct seen *seen, const struct bundle *bundle, struct err *err) MUST_CHECK;

#endif
