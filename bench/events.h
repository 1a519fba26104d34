/* bench/events.h -- the events that every side is sent or stores.
 *
 * Is:    RudderStack-like track calls of 500 to 700 bytes, the same bytes for the same run and number; each has a
 *        messageId of its own and one of EVENT_PEOPLE anonymousIds.
 * Owns:  the pool of ready texts that they are cut from: making one is a copy and two patches, so that whoever
 *        sends them takes little of the machine from whoever is measured.
 * Never: is linked into the product.
 */
#ifndef BENCH_EVENTS_H
#define BENCH_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#define EVENT_MAX ((size_t)1024)
#define EVENT_PEOPLE 50000

struct events;

struct events *events_new(void);
void events_free(struct events *events);
/* Event `i` of run `run` into `out`, which has room for EVENT_MAX; its length. */
size_t events_write(const struct events *events, uint32_t run, uint64_t i, char *out);

#endif
