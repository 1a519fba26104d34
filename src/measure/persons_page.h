/* measure/persons_page.h -- one page of the persons that a kernel marked.
 *
 * Is:    those marked, in an order, after a cursor; what a list says of each.
 * Owns:  nothing; every array belongs to the caller or its arena.
 * Never: sorts more than a page: a cursor is a point in the order, and each page looks for the next ones after it.
 */
#ifndef MEASURE_PERSONS_PAGE_H
#define MEASURE_PERSONS_PAGE_H

#include "base/arena.h"
#include "base/err.h"
#include "events/facts.h"

#define PERSONS_PAGE_MAX 1000

enum persons_order { PERSONS_BY_PLACE, PERSONS_BY_LAST_SEEN, PERSONS_BY_REVENUE };

/* The order is by key, the greatest first, then by where the first event stands in the raw log, which is of one person
 * and stays when places change: the key is the instant last seen, or the revenue, or 0. */
struct persons_at {
    int64_t key;
    uint64_t raw;
    uint32_t place; /* no part of the order: a cursor needs none */
};

struct person_row {
    struct persons_at at;
    int64_t first_ms, last_ms;
    int64_t revenue_minor; /* of all its events; past what 64 bits hold it stays at their end */
    uint64_t events;
    uint32_t touch; /* of its first event */
};

struct persons_page {
    enum persons_order order;
    const struct persons_at *after; /* NULL: from the beginning */
    uint32_t limit;                 /* 1 .. PERSONS_PAGE_MAX */
    struct person_row *rows;        /* limit */
    uint32_t n;                     /* of them */
    bool more;
    uint64_t total; /* on all pages */
};

/* Unmark those who are not shown under an alias that contains `part`, case aside, but for the one at `also`. */
void persons_page_match(const struct snapshot *snapshot, Str part, uint32_t also, struct arena *arena, bool *marked);

/* Fill rows, n, more and total; the rest is the question. marked: n_places, of persons with events. Cost: O(marked), by
 * revenue O(their events), on all cores; memory: a page for each shard. */
bool persons_page(const struct snapshot *snapshot, const bool *marked, struct arena *arena, struct persons_page *page,
                  struct err *err) MUST_CHECK;

#endif
