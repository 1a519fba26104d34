/* ads/money.h -- amounts in micros: read from JSON, scaled, written.
 *
 * Is:    exact whole-number arithmetic on millionths of a unit of some currency.
 * Owns:  nothing.
 * Never: goes through a floating point number; rounds but once, at the end, half away from 0.
 */
#ifndef ADS_MONEY_H
#define ADS_MONEY_H

#include "base/err.h"
#include "base/json.h"

/* value * times / by, rounded half away from 0; by > 0. False: 64 bits do not hold it. */
bool money_scale(int64_t value, int64_t times, int64_t by, int64_t *out) MUST_CHECK;

/* A decimal number such as -12.50, in units of 10^-digits; more decimals than that are refused, not rounded. */
bool money_parse(Str text, int digits, int64_t *out) MUST_CHECK;
/* The same of a JSON number or string. INVALID at `field`. */
bool money_read(const struct json *json, const char *field, int digits, int64_t *out, struct err *err) MUST_CHECK;

/* Decimals of its minor unit: two, but where ISO 4217 says otherwise, and for coins of which a hundredth is much. */
int currency_digits(Str code);

int64_t minor_of_micros(int64_t micros);
/* Units of the currency as a JSON number, with cents only where there are any. AD_NOT_SAID: null. */
void money_put_units(struct json_out *out, const char *key, int64_t micros);
/* Minor units. AD_NOT_SAID: null. */
void money_put_minor(struct json_out *out, const char *key, int64_t micros);

#endif
