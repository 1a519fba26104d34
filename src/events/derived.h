/* events/derived.h -- all that is made from the raw log, as one thing that can be made again.
 *
 * Is:    facts, contracts, the keys of seen events and counts, and how a staged item changes them.
 * Owns:  them.
 * Never: writes the store. What it holds is a function of the raw log in id order (contracts first), the rules
 *        and the rates; a file of it saves time and no more.
 */
#ifndef EVENTS_DERIVED_H
#define EVENTS_DERIVED_H

#include <stdatomic.h>

#include "events/contracts.h"
#include "events/foreign.h"
#include "events/raw.h"
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
    bool stale;            /* a contract came after the event that it belongs to: build again */
    struct bundle *bundle; /* that facts and seen go on from; NULL: none */
    struct foreign foreign;
    struct source_stats stats[SOURCES_MAX + 1]; /* by source id */
};

void derived_free(struct derived *derived); /* NULL is fine; snapshots and held contracts live on */

/* What the raw log is read with, beside the rates of the store. Another currency or program may read it differently. */
struct reading {
    const struct rules *rules;
    Str currency, timezone;
};

/* From a part of the raw log that begins where it begins, logging progress. `watch` may be NULL. NULL on failure. */
struct derived *derived_build(struct db *db, struct raw_span span, const struct reading *reading,
                              const struct watch *watch, struct err *err);
/* Apply more of the log. `stale` says if it has to be built again. */
bool derived_replay(struct derived *derived, struct db *db, struct raw_span span, Str currency,
                    struct err *err) MUST_CHECK;
/* From the file that was folded last and what the raw log has after it; from all of the raw log, with a line in the
 * server's log that says why, if there is no file, or it is damaged, or of another log. */
struct derived *derived_open(struct db *db, const char *path, const struct reading *reading, struct err *err);

/* ---- folding: events/facts_fold.c in larger ---- */
struct derived_cut;
/* By the writer. raw_id: the last entry that was applied. NULL: the log could not be read. */
struct derived_cut *derived_cut(struct derived *derived, struct db *db, int64_t raw_id, Str currency, struct err *err);
/* By any thread: write the file and open it. */
bool derived_cut_write(struct derived_cut *cut, const char *path, struct err *err) MUST_CHECK;
/* By the writer: use what was written, and let go of the cut; or, if it was not written, only that. */
void derived_uncut(struct derived *derived, struct derived_cut *cut);

/* Is the item a repeat of what is there? A new one's key counts as seen from now on. */
bool derived_is_repeat(struct derived *derived, const struct raw_entry *entry, const struct staged *item);
void derived_forget(struct derived *derived, const struct raw_entry *entry, const struct staged *item);

/* Apply a new item of raw entry `raw_id`, between facts_write_begin and facts_write_end. */
void derived_apply(struct derived *derived, int64_t raw_id, const struct raw_entry *entry, const struct staged *item);

#endif
