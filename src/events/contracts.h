/* events/contracts.h -- the CRM's contracts, and which event signed which.
 *
 * Is:    a table by document id, in order of arrival, derived from the raw log like the facts.
 * Owns:  its rows; several threads may hold it, one writes.
 * Never: does I/O.
 */
#ifndef EVENTS_CONTRACTS_H
#define EVENTS_CONTRACTS_H

#include "base/bundle.h"
#include "base/str.h"

struct contract {
    Str doc_id; /* these texts live as long as the table */
    Str client;
    int64_t cost_minor; /* counts when above 0 */
    int32_t day;        /* of signing: days since 1970-01-01 */
    bool known;         /* false: an event names it, and it has not come yet */
    bool signed_by;     /* an event names it */
    uint64_t event;     /* that event's place in the raw log, if signed_by */
};

struct contracts;

struct contracts *contracts_new(void);
struct contracts *contracts_hold(struct contracts *contracts); /* one more holder */
void contracts_release(struct contracts *contracts);           /* NULL is fine; the last one frees */

/* ---- the writer's side ---- */
enum contract_change { CONTRACT_SAME, CONTRACT_NEW, CONTRACT_CHANGED };
/* What putting it would do, without doing it. */
enum contract_change contracts_compare(struct contracts *contracts, Str doc_id, Str client, int64_t cost_minor,
                                       int32_t day);
/* Put or replace one. True: an event that is staged already is read differently now. */
bool contracts_put(struct contracts *contracts, Str doc_id, Str client, int64_t cost_minor, int32_t day);
/* The event at `raw` names a document. True if it signs a counted contract, and then *cost_minor; the first to come
 * does. */
bool contracts_sign(struct contracts *contracts, Str doc_id, uint64_t raw, int64_t *cost_minor);

/* ---- folding: see events/facts.h ---- */
struct contracts *contracts_copy(struct contracts *contracts); /* as they are now */
void contracts_write(struct contracts *copy, struct bundle_writer *out);
struct contracts *contracts_of_bundle(const struct bundle *bundle, struct err *err); /* NULL on failure */

/* ---- any thread ---- */
bool contracts_at(struct contracts *contracts, uint32_t i, struct contract *out); /* false past the end */
bool contracts_of_event(struct contracts *contracts, uint64_t raw, struct contract *out);

#endif
