/* bench/history.h -- a made year of a shop: who did what when, and where each visit came from.
 *
 * Is:    the data that questions are measured on, the same for the same number of events, from integers alone.
 * Owns:  its columns, sorted by person, then time; no two events of a person are at the same millisecond, so that
 *        every program that is asked agrees on what came first.
 * Never: is linked into the product.
 */
#ifndef BENCH_HISTORY_H
#define BENCH_HISTORY_H

#include <stdint.h>

#define HISTORY_START_MS 1735689600000 /* 2025-01-01 */
#define HISTORY_YEAR_MS 31536000000

/* The funnel's steps come first. */
enum { PAGE_VIEWED, PRODUCT_VIEWED, PRODUCT_ADDED, CHECKOUT_STARTED, ORDER_COMPLETED };

struct history {
    uint32_t n_persons; /* a tenth of the events */
    uint64_t n;
    uint64_t *first; /* n_persons + 1: where each person's rows begin */
    int64_t *at_ms;
    uint16_t *name;        /* HISTORY_NAMES */
    uint32_t *touch;       /* a campaign: history_platform is its platform, HISTORY_SOURCES its utm tags */
    int64_t *amount_minor; /* of orders */
};

#define HISTORY_NAME_COUNT 20
#define HISTORY_PLATFORM_COUNT 12
#define HISTORY_CAMPAIGNS 24 /* of each platform */

struct history_source {
    const char *platform, *source, *medium; /* the platform that the product's built-in rules make of the other two */
};

extern const char *const HISTORY_NAMES[HISTORY_NAME_COUNT];
extern const struct history_source HISTORY_SOURCES[HISTORY_PLATFORM_COUNT]; /* the last one has no tags */

static inline uint32_t history_platform(uint32_t touch)
{
    return touch / HISTORY_CAMPAIGNS;
}

struct history *history_new(uint64_t events);
void history_free(struct history *history);

#endif
