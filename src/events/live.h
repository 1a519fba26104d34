/* events/live.h -- what arrives right now, for people who watch.
 *
 * Is:    a ring of the last LIVE_ITEMS arrivals, and counts a source.
 * Owns:  short copies of their texts.
 * Never: grows; what falls out of the ring is still in the raw log.
 */
#ifndef EVENTS_LIVE_H
#define EVENTS_LIVE_H

#include "base/arena.h"
#include "events/foreign.h"
#include "events/rules.h"
#include "events/stage.h"

#define LIVE_ITEMS 1024
#define LIVE_TEXT 96

struct live_item {
    uint64_t seq; /* from 1, without gaps */
    int64_t received_ms, at_ms;
    int64_t source_id;
    int64_t amount_minor;
    const char *type;  /* a constant: "track", "identify", ... */
    const char *state; /* a constant: "kept", "repeated", "rejected" */
    char event[LIVE_TEXT], person[LIVE_TEXT], platform[LIVE_TEXT], reason[LIVE_TEXT]; /* cut, NUL-terminated */
};

struct live;

struct live *live_new(void);
void live_free(struct live *live);
void live_put(struct live *live, const struct live_item *item); /* seq is given here */
void live_text(char out[LIVE_TEXT], Str text);                  /* a cut copy, not in the middle of a character */
/* What an entry was read as: its items, and what was refused of it. */
void live_show(struct live *live, const struct rules *rules, const struct foreign *foreign,
               const struct raw_entry *entry, const struct decoded *decoded);
/* Items of a person lose what they say of it. */
void live_forget(struct live *live, const struct dict *aliases);
/* Items after `after`, oldest first, the newest `max` of them; *next is what to ask after then. */
size_t live_since(struct live *live, uint64_t after, struct live_item *out, size_t max, uint64_t *next);
uint32_t live_per_minute(struct live *live, int64_t now_ms); /* of the ring's items, those of the last minute */

#endif
