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
#include "base/hash.h"
#include "store/store.h"

#define RATE_UNIT INT64_C(1000000000)
#define RATE_DIGITS 9
#define RATES_MAX 200000

struct rates;

/* All rates to and from `base`; a rate of base in the other currency is used turned round. NULL and err. */
const struct rates *rates_read(struct db *db, Str base, struct arena *arena, struct err *err);

/* The latest rate on or before the day; 1 for `base` itself. False: there is none. Exact: micros * rate / 10^9, rounded
 * half away from 0. Where two rates serve, that of the later day does; of the same day, the one not turned round. What
 * 64 bits do not hold is unknown too. */
bool rates_convert(const struct rates *rates, Str currency, int32_t day, int64_t micros, int64_t *out) MUST_CHECK;

/* The same of minor units, of `currency` into those of the base. */
bool rates_convert_minor(const struct rates *rates, Str currency, int32_t day, int64_t minor, int64_t *out) MUST_CHECK;
/* Of all that stands in them: equal when every amount of every day converts alike. */
struct digest rates_digest(const struct rates *rates);

/* ---- the table ---- */
struct rate_row {
    Str currency;
    int32_t day;
    int64_t rate_e9;
};
/* Those that are stored with this base, by currency, the latest first. */
bool rates_list(struct db *db, Str base, struct arena *arena, const struct rate_row **out, size_t *n,
                struct err *err) MUST_CHECK;
bool rate_put(struct db *db, Str base, const struct rate_row *row, struct err *err) MUST_CHECK;
bool rate_remove(struct db *db, Str base, Str currency, int32_t day, struct err *err) MUST_CHECK; /* or NOT_FOUND */

/* A currency of stored rows that has no rate on the first of their days. */
struct rate_missing {
    Str currency;
    int32_t first_day;
    int64_t rows; /* of ads' days, and of campaigns as given, in this currency */
};
bool rates_missing(struct db *db, const struct rates *rates, struct arena *arena, const struct rate_missing **out,
                   size_t *n, struct err *err) MUST_CHECK;

/* Three to AD_CURRENCY_MAX capital letters. INVALID at `field`. */
bool currency_check(Str code, const char *field, struct err *err) MUST_CHECK;

#endif
