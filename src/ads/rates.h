/* ads/rates.h -- what money of one currency is worth in another, by the day.
 *
 * Is:    a table of dated rates, read once a question, and the conversion.
 * Owns:  the table `rate`.
 * Never: guesses: before the first rate of a currency there is none, and an amount without one is unknown.
 */
#ifndef ADS_RATES_H
#define ADS_RATES_H

#include "base/arena.h"
#include "base/err.h"
#include "store/store.h"

#define RATE_UNIT INT64_C(1000000000)

struct rates;

/* All rates to and from `base`; a rate of base in the other currency is used turned round. NULL and err. */
const struct rates *rates_read(struct db *db, Str base, struct arena *arena, struct err *err);

/* The latest rate on or before the day; 1 for `base` itself. False: there is none. Exact: micros * rate / 10^9, rounded
 * half away from 0. LIMIT is not an error here: what 64 bits do not hold is unknown too. */
bool rates_convert(const struct rates *rates, Str currency, int32_t day, int64_t micros, int64_t *out) MUST_CHECK;

#endif
