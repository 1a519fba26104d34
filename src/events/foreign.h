/* events/foreign.h -- amounts in other currencies than the reporting one: what they come to, and which are not counted.
 *
 * Is:    the rates as they were when it was opened, and counts by currency of the amounts that have none.
 * Owns:  its copy of the rates.
 * Never: takes other rates while there are amounts that were turned by these.
 */
#ifndef EVENTS_FOREIGN_H
#define EVENTS_FOREIGN_H

#include <stdatomic.h>

#include "ads/rates.h"
#include "base/hash.h"
#include "events/stage.h"

/* Events without a rate, of one currency; `code` empty: of no code that could have one, and of those that did not fit
 * into the table. */
struct unpriced {
    uint64_t events;
    char code[16];
};
#define UNPRICED_MAX 64

struct foreign {
    struct arena arena;
    const struct rates *rates;
    struct digest read_with; /* of the rates and the zone that days are of */
    _Atomic uint64_t events; /* in other currencies, with a rate or without */
    _Atomic uint32_t n;      /* rows below; the first is the one without a code */
    struct {
        char code[16];
        _Atomic uint64_t events;
    } unpriced[UNPRICED_MAX];
};

void foreign_init(struct foreign *foreign); /* nothing is counted, and there are no rates */
void foreign_reset(struct foreign *foreign);
/* Read the rates to and from `currency`. */
bool foreign_open(struct foreign *foreign, struct db *db, Str currency, Str timezone, struct err *err) MUST_CHECK;

/* The item's amount in minor units of the reporting currency: by the rate of its day in the reporting zone, or the
 * latest before, rounded once, half away from 0. False, and 0: there is none, or it comes to more than an amount may.
 */
bool foreign_amount(const struct foreign *foreign, const struct staged *item, int64_t *minor);
/* By one thread; the lists below by any. */
void foreign_count(struct foreign *foreign, Str currency, bool priced);

uint64_t foreign_unpriced(const struct foreign *foreign); /* all of them */
size_t foreign_unpriced_in(const struct foreign *foreign, struct unpriced out[UNPRICED_MAX]);

/* Use the rates of `other`, which loses them. False: they are others, and amounts were turned by those that are here.
 */
bool foreign_renew(struct foreign *foreign, struct foreign *other);

/* ---- on disk ---- */
struct foreign_stored {
    struct digest read_with;
    uint64_t events, n;
    struct unpriced unpriced[UNPRICED_MAX];
};
void foreign_store(const struct foreign *foreign, struct foreign_stored *out);
/* Go on from the counts. CONFLICT: they are of other rates. */
bool foreign_restore(struct foreign *foreign, const struct foreign_stored *stored, struct err *err) MUST_CHECK;

#endif
