/* events/pipeline.h -- the one road from outside into the facts.
 *
 * Is:    a writer thread with group commit: all deliveries that wait become one transaction of the raw log; when it
 *        is on disk they are staged into the facts and answered.
 * Owns:  what is derived from the raw log (derived.h), the rules, the live ring, the raw log's ids.
 * Never: answers before the bytes are on disk; drops anything without saying so.
 */
#ifndef EVENTS_PIPELINE_H
#define EVENTS_PIPELINE_H

#include "base/settings.h"
#include "events/contracts.h"
#include "events/foreign.h"
#include "events/live.h"
#include "events/raw.h"
#include "events/rules.h"
#include "events/source.h"
#include "events/stage.h"
#include "store/store.h"

struct pipeline;

/* Open on the store: reads the rules and rebuilds the facts from the raw log. Logs its progress. */
struct pipeline *pipeline_open(struct store *store, const struct settings *settings, struct err *err);
void pipeline_close(struct pipeline *pipeline); /* finishes what waits; NULL is fine */

/* How far a file has been read, stored in the same transaction as its rows. */
struct import_step {
    int64_t import_id;
    int64_t bytes_done, lines_done;
};

/* One decoded entry on its way. It belongs to the sender and must stay until `done`, which runs on the writer's
 * thread, once, with the outcome. */
struct delivery {
    struct raw_entry raw;
    struct decoded decoded;
    Str csv_header;                 /* of a file: kept with its rejects */
    const struct import_step *step; /* of a file, or NULL */
    bool more;                      /* of a file: another delivery of it follows */
    void (*done)(struct delivery *delivery);
    void *context;
    /* outcome */
    bool stored; /* false: nothing of it was, and err says why */
    struct err err;
    uint32_t kept, repeated, rejected;
    uint32_t uncounted; /* contracts among the kept that do not count */
    struct delivery *next;
};

/* False: not taken, and `done` will not run (ERR_BUSY: overloaded, stopping, or the disk has failed). */
bool pipeline_submit(struct pipeline *pipeline, struct delivery *delivery, struct err *err) MUST_CHECK;
/* Submit and wait. False also when it was not stored. */
bool pipeline_submit_wait(struct pipeline *pipeline, struct delivery *delivery, struct err *err) MUST_CHECK;

/* Use other rules from now on, for all history. */
bool pipeline_set_rules(struct pipeline *pipeline, Str json, struct err *err) MUST_CHECK;
void pipeline_write_rules(struct pipeline *pipeline, struct buf *out);
/* Take an import back: its rows and rejects go, and the facts are made anew. */
bool pipeline_undo_import(struct pipeline *pipeline, int64_t import_id, struct err *err) MUST_CHECK;

/* Erase what the raw log holds of the person with these aliases (texts such as "u:42"); *erased: items. It is gone from
 * every answer when this returns, and from the file of the facts soon after. */
bool pipeline_erase_person(struct pipeline *pipeline, const struct dict *aliases, uint64_t *erased,
                           struct err *err) MUST_CHECK;

/* Use the rates that the store has now. Where amounts were turned by others, or not for want of one, all history is
 * read again beside what comes in; until that is through, answers are as before. `watch` may be NULL. */
bool pipeline_rates_changed(struct pipeline *pipeline, const struct watch *watch, struct err *err) MUST_CHECK;

/* Make all that is derived again, from the raw log alone. */
bool pipeline_read_again(struct pipeline *pipeline, struct err *err) MUST_CHECK;

const struct snapshot *pipeline_snapshot(struct pipeline *pipeline); /* close it */
struct contracts *pipeline_contracts(struct pipeline *pipeline);     /* release it */
struct live *pipeline_live(struct pipeline *pipeline);

struct pipeline_state {
    bool accepting;
    uint64_t queued; /* deliveries that wait */
    int64_t raw_rows;
    uint64_t amounts_unpriced; /* events whose money is in a currency without a rate: not counted */
    uint64_t repeated;         /* dropped as repeats since the start */
};
void pipeline_state(struct pipeline *pipeline, struct pipeline_state *out);
size_t pipeline_unpriced(struct pipeline *pipeline, struct unpriced out[UNPRICED_MAX]); /* the same, by currency */
/* Events kept of a source, and when the last one arrived (TIME_NONE: none). */
void pipeline_source_stats(struct pipeline *pipeline, int64_t source_id, uint64_t *events, int64_t *last_ms);

#endif
