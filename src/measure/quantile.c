/* Radix selection of several ranks at once: count the values by their leading digits, keep those that share them with
 * a wanted one, and go on with the next digits of those alone. The first digits are the bit length and the five bits
 * after the highest, so that lengths from a second to a month spread well; a pass costs one step a value and most
 * values leave after the first, so the whole is O(n). Unlike quickselect it has no bad input, which matters for numbers
 * that come from outside. */
#include "measure/quantile.h"

#include "base/err.h"

#define LEAD_BITS 5 /* after the highest one */
#define LEADS ((64U - LEAD_BITS + 1) << LEAD_BITS)
#define DIGIT_BITS 8
#define DIGITS (1U << DIGIT_BITS)
#define SORT_MAX 32 /* below this many, sorting beats counting */
#define RANKS 6

/* Ranks asked for, ascending, and where their values go. */
struct wanted {
    size_t rank[RANKS];
    uint64_t *value[RANKS];
    size_t n;
};

static void sort_few(uint64_t *values, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint64_t value = values[i];
        size_t at = i;

        for (; at > 0 && values[at - 1] > value; at--) values[at] = values[at - 1];
        values[at] = value;
    }
}

static void answer(const struct wanted *wanted, const uint64_t *sorted)
{
    for (size_t i = 0; i < wanted->n; i++) *wanted->value[i] = sorted[wanted->rank[i]];
}

/* Move the values whose bits from `shift` up are `lead` to the front; how many there are. */
static size_t gather(uint64_t *values, size_t n, unsigned shift, uint64_t lead)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        uint64_t value = values[i];
        if (value >> shift != lead) continue;
        values[i] = values[kept];
        values[kept++] = value;
    }
    return kept;
}

/* Take from the front of `wanted` the ranks below `end`, counted from `begin` now; how many they are. */
static size_t take_ranks(const struct wanted *wanted, size_t from, size_t begin, size_t end, struct wanted *out)
{
    out->n = 0;
    for (size_t i = from; i < wanted->n && wanted->rank[i] < end; i++) {
        out->rank[out->n] = wanted->rank[i] - begin;
        out->value[out->n++] = wanted->value[i];
    }
    return out->n;
}

/* All n values are the same from `shift` up. */
static void select_below(uint64_t *values, size_t n, unsigned shift, const struct wanted *wanted)
{
    size_t count[DIGITS] = {0}, begin = 0, done = 0;

    if (n <= SORT_MAX) sort_few(values, n);
    if (n <= SORT_MAX || shift == 0) { /* past the last digit all are equal */
        answer(wanted, values);
        return;
    }
    unsigned next = shift > DIGIT_BITS ? shift - DIGIT_BITS : 0;
    uint64_t mask = (UINT64_C(1) << (shift - next)) - 1, above = values[0] >> next & ~mask;
    for (size_t i = 0; i < n; i++) count[values[i] >> next & mask]++;
    for (uint64_t digit = 0; done < wanted->n; begin += count[digit++]) {
        struct wanted here;
        if (take_ranks(wanted, done, begin, begin + count[digit], &here) == 0) continue;
        if (count[digit] < n) (void)gather(values, n, next, above | digit);
        select_below(values, count[digit], next, &here);
        done += here.n;
    }
}

/* How many bits of a value are below its leading digits. */
static unsigned lead_shift(uint64_t value)
{
    return 63U - (unsigned)__builtin_clzll(value | (UINT64_C(1) << LEAD_BITS)) - LEAD_BITS;
}

/* Greater for greater values; below 2^(LEAD_BITS + 1) each has its own. */
static size_t lead_of(uint64_t value)
{
    unsigned shift = lead_shift(value);

    return ((size_t)shift << LEAD_BITS) + (size_t)(value >> shift);
}

static void select_ranks(uint64_t *values, size_t n, const struct wanted *wanted)
{
    uint32_t count[LEADS] = {0};
    size_t begin = 0, done = 0;

    for (size_t i = 0; i < n; i++) count[lead_of(values[i])]++;
    for (size_t lead = 0; done < wanted->n; begin += count[lead++]) {
        struct wanted here;
        if (take_ranks(wanted, done, begin, begin + count[lead], &here) == 0) continue;
        unsigned shift = lead >> LEAD_BITS ? (unsigned)(lead >> LEAD_BITS) - 1 : 0;
        (void)gather(values, n, shift, lead - ((size_t)shift << LEAD_BITS));
        select_below(values, count[lead], shift, &here);
        done += here.n;
    }
}

struct quartiles quartiles_of(uint64_t *values, size_t n)
{
    uint64_t below[3] = {0}, above[3] = {0}, part[3];
    struct wanted wanted = {.n = RANKS};

    CHECK(n > 0 && n <= UINT32_MAX);
    for (size_t q = 0; q < 3; q++) {
        size_t at = (n - 1) * (q + 1);
        wanted.rank[2 * q] = at / 4;
        wanted.rank[2 * q + 1] = at / 4 + (at % 4 != 0);
        wanted.value[2 * q] = &below[q];
        wanted.value[2 * q + 1] = &above[q];
        part[q] = at % 4;
    }
    if (n <= SORT_MAX) {
        sort_few(values, n);
        answer(&wanted, values);
    } else {
        select_ranks(values, n, &wanted);
    }
    for (size_t q = 0; q < 3; q++) {
        uint64_t gap = above[q] - below[q];
        below[q] += gap / 4 * part[q] + gap % 4 * part[q] / 4;
    }
    return (struct quartiles){below[0], below[1], below[2]};
}
