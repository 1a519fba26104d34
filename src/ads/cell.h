/* ads/cell.h -- what stands in a cell of a file of ad data: numbers, money, dates, in the forms that exports use.
 *
 * Is:    pure readers of one cell, and the folding of names by which columns are recognised.
 * Owns:  nothing.
 * Never: goes through a double; takes what is only partly a number or a date.
 */
#ifndef ADS_CELL_H
#define ADS_CELL_H

#include "base/str.h"

#define CELL_CURRENCY_MAX 4 /* with its NUL */

Str cell_trim(Str cell);     /* without blanks around it, those of Unicode too */
bool cell_says(Str trimmed); /* neither empty nor one of the words for that: -, --, n/a, null … */

struct cell_number {
    int64_t value;                    /* times 10^digits */
    bool percent;                     /* a % stood there: value is already a hundredth of what was written */
    char currency[CELL_CURRENCY_MAX]; /* of a sign or code that stood there, or empty */
};

/* "1 234,50 ₽", "$1,234.50", "(12)", "12.5 %". `decimal`: the mark before the decimals, '.' or ','; the other one,
 * blanks and apostrophes set off thousands and must stand where those do. Exact; rounded half away from 0 past
 * `digits`. */
bool cell_number(Str trimmed, char decimal, int digits, struct cell_number *out) MUST_CHECK;

/* What a number says about the decimal mark of its column: 0 if nothing. */
char cell_decimal_mark(Str trimmed);

enum date_order { DATE_ORDER_UNKNOWN, DATE_ORDER_DAY_FIRST, DATE_ORDER_MONTH_FIRST };

/* "2026-02-01", "01.02.2026", "1/2/26" by `order` (UNKNOWN: the month first), "01 Feb 2026", "Feb 1, 2026",
 * "1 февраля 2026 г.", "20260201", seconds or milliseconds since 1970 (UTC); a time of day behind it is passed over:
 * the day is that of the account's clock. */
bool cell_date(Str trimmed, enum date_order order, int32_t *day) MUST_CHECK;
/* What a date with slashes says about the order in its column. */
enum date_order cell_date_order(Str trimmed);

/* Lower case (Latin and Cyrillic), ё as е, everything that is no letter or digit as one '_' between words. Returns the
 * bytes written, at most `max`. */
size_t cell_fold(Str name, char *out, size_t max);
/* The currency that a heading names: "Amount spent (USD)", "Расход, руб."; empty: none. */
void cell_currency_in(Str heading, char out[CELL_CURRENCY_MAX]);
/* A code such as UAH, in upper case; ISO 4217, or TON, XTR. */
bool cell_is_currency(Str code);

#endif
