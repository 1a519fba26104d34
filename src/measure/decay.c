/* measure/decay.c -- see decay.h.
 *
 * A touch at t weighs 2^(t / h) over the sum of them. t / h is divided exactly, whole = floor(t / h) and left = t mod
 * h, so the power is 2^whole, which is exact, times a number that depends on left alone: touches of one age weigh the
 * same to the last bit, a half-life more is exactly half, and no matter which journey a touch is in. The number is
 * taken by sums and products alone, of no mathematics library, so that a journey is split alike on every machine; it is
 * good to 2^-50. Powers are kept in units of 2^base; when they outgrow a double's exponents the unit does, and what
 * then is below 2^-100 of a power there is becomes 0.
 *
 * Money: touch i is due revenue * weight_i, rounded to 2^-LEFT_BITS of a minor unit. It gets the whole part of that;
 * the units left over go to the largest remainders, among equal ones to the earlier touch. A refund is split as its
 * magnitude, with the sign put back. Below 2^QUICK_BITS minor units that is arithmetic of doubles, good to a few times
 * 2^-52 of the revenue and exact where halves and quarters are due; from there on of whole numbers of 128 bits, and
 * dues are rounded down.
 *
 * Invariants, which the tests hold us to:
 *   D1  shares sum to the revenue, and each lies between 0 and it
 *   D2  the units left over are no more than the touches: rounding loses or finds less than one unit in all
 *
 * Whose remainder is large enough is a search for the threshold that so many lie above. Remainders are spread evenly
 * enough that one of BOUNDS bounds about the guess nearly always is one, or the next look between two of them finds it.
 *
 * Cost: a power a touch; two products and some ten other operations a touch of a journey, many at a time.
 */
#include "measure/decay.h"

#include "base/clones.h"
#include "base/err.h"
#include "measure/range.h"

#include <math.h>
#include <string.h>

__extension__ typedef unsigned __int128 Wide;

#define GROWTH_MAX 900 /* of powers, in half-lives */
#define SHRINK_MAX 1000
#define LANES 8
#define BOUNDS 16 /* of remainders, looked at together */

#define LEFT_BITS 20
#define LEFT_ONE (1u << LEFT_BITS)
#define QUICK_BITS 28            /* of the revenue: with LEFT_BITS it fits the 51 that WHOLE_DOUBLE leaves */
#define QUICK_TOUCHES (1u << 19) /* so many half units of rounding are less than a minor unit */
#define WHOLE_DOUBLE 0x1.8p52    /* added to a smaller number it rounds it, and its last 51 bits are the number */
#define TOTAL_BITS 62
#define BOUNDS_SPREAD 1.25f /* they reach that far about the guess, over the root of how many: 2.5 deviations */

/* ---- powers ---- */

/* 2^bits, for bits of a double's normal range. */
static inline double two_to(int64_t bits)
{
    uint64_t word = (uint64_t)(bits + 1023) << 52;
    double power;

    memcpy(&power, &word, sizeof power);
    return power;
}

/* e^y for |y| <= log(2) / 2 by its series; the terms left out are below 2^-57. In pairs, pairs of pairs and so on: few
 * steps wait for each other. */
static inline double exponential(double y)
{
    double y2 = y * y, y4 = y2 * y2;
    double a = (1 + y) + y2 * (1.0 / 2 + y * (1.0 / 6));
    double b = (1.0 / 24 + y * (1.0 / 120)) + y2 * (1.0 / 720 + y * (1.0 / 5040));
    double c = (1.0 / 40320 + y * (1.0 / 362880)) + y2 * (1.0 / 3628800 + y * (1.0 / 39916800));
    double d = 1.0 / 479001600 + y * (1.0 / 6227020800);

    return (a + y4 * b) + (y4 * y4) * (c + y4 * d);
}

/* The powers of DECAY_PAD times after the base, less than GROWTH_MAX half-lives: 2^(whole + share - 1/2). The half,
 * which all have, cancels. */
static inline void raise_some(int64_t half_life, double per_ms, const int64_t *restrict elapsed, double *restrict power)
{
    for (uint32_t i = 0; i < DECAY_PAD; i++) {
        int64_t whole = (int32_t)((double)elapsed[i] * per_ms), left = elapsed[i] - whole * half_life;
        int64_t fewer = left < 0 ? 1 : 0, more = left >= half_life ? 1 : 0; /* it is off by one at most */
        left += (half_life & -fewer) - (half_life & -more);
        double share = (double)left * per_ms;
        power[i] = exponential((share - 0.5) * 0.693147180559945309417) * two_to(whole + more - fewer);
    }
}

CLONES static void raise_all(const struct decay *decay, const int64_t *at_ms, uint32_t n, double *power)
{
    for (uint32_t from = 0; from < n; from += DECAY_PAD) {
        int64_t elapsed[DECAY_PAD];
        if (n - from >= DECAY_PAD)
            memcpy(elapsed, at_ms + from, sizeof elapsed);
        else
            for (uint32_t i = 0; i < DECAY_PAD; i++) elapsed[i] = at_ms[from + i < n ? from + i : from];
        for (uint32_t i = 0; i < DECAY_PAD; i++) elapsed[i] = (int64_t)((uint64_t)elapsed[i] - decay->base_ms);
        raise_some(decay->half_life_ms, decay->per_ms, elapsed, power + from);
    }
}

/* Begin a unit of powers for the touch at `at_ms`, and bring those before it into it. */
static void rebase(struct decay *decay, int64_t at_ms, double *power, uint32_t n)
{
    int64_t whole = at_ms / decay->half_life_ms - (at_ms % decay->half_life_ms < 0);
    uint64_t grown = (uint64_t)whole - (uint64_t)decay->base;
    double factor = grown > SHRINK_MAX ? 0 : two_to(-(int64_t)grown);

    if (n == 0) decay->live = 0;
    decay->base = whole;
    decay->base_ms = (uint64_t)whole * (uint64_t)decay->half_life_ms; /* as it wraps round, so does what is taken off */
    for (uint32_t i = decay->live; i < n; i++) power[i] *= factor;
    while (decay->live < n && power[decay->live] == 0) decay->live++;
}

static bool is_in_reach(const struct decay *decay, int64_t at_ms)
{
    return (uint64_t)at_ms - decay->base_ms < (uint64_t)decay->reach_ms;
}

void decay_start(struct decay *decay, int64_t half_life_ms, int64_t first_ms, int64_t last_ms)
{
    bool long_lived = half_life_ms > INT64_MAX / GROWTH_MAX;

    *decay = (struct decay){.half_life_ms = half_life_ms, .per_ms = 1 / (double)half_life_ms};
    decay->reach_ms = long_lived ? INT64_MAX : GROWTH_MAX * half_life_ms;
    rebase(decay, first_ms, NULL, 0);
    decay->common = first_ms <= last_ms && is_in_reach(decay, last_ms);
}

void decay_follow(struct decay *decay, const int64_t *at_ms, double *power, uint32_t from, uint32_t to)
{
    while (from < to) {
        uint32_t end = to;
        if (!decay->common && (from == 0 || !is_in_reach(decay, at_ms[from]))) rebase(decay, at_ms[from], power, from);
        if (!decay->common && !is_in_reach(decay, at_ms[to - 1]))
            for (end = from + 1; is_in_reach(decay, at_ms[end]);) end++;
        raise_all(decay, at_ms + from, end - from, power + from);
        from = end;
    }
}

/* ---- shares ---- */

static inline uint32_t rounded_up(uint32_t n)
{
    return (n + DECAY_PAD - 1) & ~(uint32_t)(DECAY_PAD - 1);
}

struct threshold {
    uint32_t bound, above; /* those above the bound get a unit each, so many are they */
};

/* Powers as whole numbers, whose sum is below 2^TOTAL_BITS. */
static uint64_t part_of(double power, double units)
{
    return (uint64_t)(int64_t)(power * units);
}

/* The same by whole numbers; dues are rounded down. */
static uint64_t add_dues_exactly(const double *power, uint32_t n, uint64_t magnitude, uint64_t one, uint64_t *share,
                                 uint32_t *left)
{
    uint64_t word, total = 0, sum = 0;

    memcpy(&word, &power[n - 1], sizeof word); /* the greatest */
    double units = two_to(TOTAL_BITS - 2 - (32 - __builtin_clz(n)) - ((int64_t)(word >> 52) - 1023));
    for (uint32_t i = 0; i < n; i++) total += part_of(power[i], units);
    for (uint32_t i = 0; i < n; i++) {
        Wide due = (Wide)magnitude * part_of(power[i], units);
        uint64_t whole = (uint64_t)(due / total), rest = (uint64_t)(due % total);
        sum += whole;
        share[i] += one * whole;
        left[i] = (uint32_t)(((Wide)rest << LEFT_BITS) / total);
    }
    for (uint32_t i = n; i < rounded_up(n); i++) left[i] = 0;
    return sum;
}

#define CREDIT_ONE (double)(UINT64_C(1) << DECAY_CREDIT_BITS)
#define WHOLE_MASK ((UINT64_C(1) << 51) - 1)

/* Behind the last touch weights are 0: from TAIL + DECAY_PAD - n on are n ones, and then zeros. */
#define ONES UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX
static const uint64_t TAIL[2 * DECAY_PAD] = {ONES, ONES, ONES, ONES};

static inline const uint64_t *tail_of(uint32_t n)
{
    return TAIL + DECAY_PAD - (n < DECAY_PAD ? n : DECAY_PAD);
}

static const int64_t FALLING[DECAY_PAD] = {15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
static const int32_t ORDER[BOUNDS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

#define WIDTH 16
#define SPLIT split_by_16
#define TARGET
#include "measure/decay_split.inc"

#ifdef CLONES_WIDE
#define WIDTH 64
#define SPLIT split_by_64
#define TARGET CLONES_WIDE
#include "measure/decay_split.inc"
#endif

void decay_split(const double *power, uint32_t n, int64_t revenue_minor, uint64_t *credit, int64_t *share,
                 uint32_t *left)
{
#ifdef CLONES_WIDE
    if (CLONES_HAVE_WIDE) {
        split_by_64(power, n, revenue_minor, credit, (uint64_t *)share, left);
        return;
    }
#endif
    split_by_16(power, n, revenue_minor, credit, (uint64_t *)share, left);
}
