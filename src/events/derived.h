/* events/derived.h -- all that is made from the raw log, as one thing that can be made again.
 *
 * Is:    facts, contracts, the keys of seen events and counts, and how a staged item changes them.
 * Owns:  them.
 * Never: writes the store. What it holds is a function of the raw log in id order (contracts first) and the rules.
 */
#ifndef EVENTS_DERIVED_H
#define EVENTS_DERIVED_H

#include <stdatomic.h>

#include "events/contracts.h"
#include "events/rules.h"
#include "events/seen.h"
#include "events/source.h"
#include "events/stage.h"
#include "store/store.h"

struct source_stats {
    _Atomic uint64_t events;
    _Atomic int64_t last_ms; /* of arrival; TIME_NONE */
};

struct derived {
    struct facts *facts;
    struct contracts *contracts;
    struct seen seen;
    bool stale; /* a contract came after the event that it belongs to: build again */
    _Atomic uint64_t amounts_foreign;
    struct source_stats stats[SOURCES_MAX + 1]; /* by source id */
};

struct derived *derived_new(const struct rules *rules);
void derived_free(struct derived *derived); /* NULL is fine; snapshots and held contracts live on */

/* From the raw log, logging progress. NULL on failure. */
struct derived *derived_build(struct db *db, const struct rules *rules, Str currency, struct err *err);

/* Is the item a repeat of what is there? A new one's key counts as seen from now on. */
bool derived_is_repeat(struct derived *derived, const struct raw_entry *entry, const struct staged *item);
void derived_forget(struct derived *derived, const struct raw_entry *entry, const struct staged *item);

/* Apply a new item of raw entry `raw_id`, between facts_write_begin and facts_write_end. */
void derived_apply(struct derived *derived, int64_t raw_id, const struct raw_entry *entry, const struct staged *item);

#endif
