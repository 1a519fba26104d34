/* Radix selection: look at the values digit by digit, the highest first, and keep only those that share the digits
 * of the wanted one. A pass costs one step a value and most values leave after the first, so the whole is O(n);
 * unlike quickselect it has no bad input, which matters for numbers that come from outside. */
#include "measure/median.h"

#include "base/err.h"

#define DIGIT_BITS 8
#define DIGITS (1U << DIGIT_BITS)
#define SORT_MAX 32 /* below this many, sorting beats counting */

static void sort_few(uint64_t *values, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t value = values[i];
        size_t at = i;

        for (; at > 0 && values[at - 1] > value; at--) values[at] = values[at - 1];
        values[at] = value;
    }
}

static size_t digit_of(uint64_t value, int shift)
{
    return (size_t)(value >> shift) & (DIGITS - 1);
}

/* Move the values that have `digit` to the front; how many there are. */
static size_t gather_digit(uint64_t *values, size_t n, int shift, size_t digit)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        uint64_t value = values[i];
        if (digit_of(value, shift) != digit) continue;
        values[i] = values[kept];
        values[kept++] = value;
    }
    return kept;
}

/* Where the highest digit that is not 0 in all of them stands. */
static int highest_shift(const uint64_t *values, size_t n)
{
    uint64_t bits = 0;
    int shift = 64 - DIGIT_BITS;

    for (size_t i = 0; i < n; i++) bits |= values[i];
    while (shift > 0 && bits >> shift == 0) shift -= DIGIT_BITS;
    return shift;
}

/* The value that would stand at `nth` if they were sorted. */
static uint64_t select_nth(uint64_t *values, size_t n, size_t nth)
{
    for (int shift = highest_shift(values, n); n > SORT_MAX && shift >= 0; shift -= DIGIT_BITS) {
        size_t count[DIGITS] = {0};
        size_t digit = 0;

        for (size_t i = 0; i < n; i++) count[digit_of(values[i], shift)]++;
        while (nth >= count[digit]) nth -= count[digit++];
        if (count[digit] < n) n = gather_digit(values, n, shift, digit);
    }
    if (n <= SORT_MAX) sort_few(values, n);
    return values[nth]; /* past the last digit all that are left are equal */
}

uint64_t median_of(uint64_t *values, size_t n)
{
    CHECK(n > 0);
    uint64_t upper = select_nth(values, n, n / 2);
    if (n % 2 == 1) return upper;

    /* The lower middle one is the greatest below `upper`, unless `upper` itself stands there too. */
    size_t below = 0;
    uint64_t lower = 0;
    for (size_t i = 0; i < n; i++) {
        if (values[i] >= upper) continue;
        below++;
        if (values[i] > lower) lower = values[i];
    }
    if (below < n / 2) return upper;
    return lower + (upper - lower) / 2;
}
