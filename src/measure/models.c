/* measure/models.c -- the rule models of attribution.
 *
 * A model gives touch i of L a weight w_i >= 0, sum 1 (models/attribution.md 4.2; invariants I1, I5):
 *
 *   first            w_1 = 1
 *   last             w_L = 1
 *   last_non_direct  the last touch that is not direct; w_L if all are
 *   last_paid        the last paid touch; w_1 if none is (the house rule, spec/3)
 *   linear           1/L for each
 *   position         2/5 for the ends, 1/5 shared by those between; 1/2, 1/2 for L = 2; 1 for L = 1
 *   time_decay       2^(-(t_L - t_i) / h) over their sum. The age is counted from the last touch and not from the
 *                    conversion: the common factor cancels, and so an old journey cannot underflow to 0/0.
 *   w_shaped         3/10 each for the first touch, the lead's and the opportunity's, 1/10 shared by the others.
 *                    What is absent drops out, what coincides counts once, and the rest is scaled to sum 1: without
 *                    milestones 3/4 for the first and 1/4 shared. No others: the milestones share all alike.
 *
 * Weights are whole numbers ("parts") over a whole total. So the split of money is exact arithmetic: touch i is due
 * revenue * part_i / total; each gets the whole part of that, and the minor units left over go to the largest
 * remainders, among equal ones to the earlier touch. A refund is split as its magnitude, with the sign put back.
 * Linear, position and w_shaped are exact fractions of two kinds of parts at most. time_decay is rounded down to
 * 2^-(62 - log2 L) of its greatest weight and good to 2^-50 of it: the power is taken by sums and products alone, of
 * no mathematics library, so that the same journey is split alike on every machine; equal ages make equal parts.
 *
 * Invariants, which the tests hold us to:
 *   M1  parts sum to `total`, and total <= 2^62, so a remainder and two totals fit 64 bits
 *   M2  shares sum to the revenue, and each lies between 0 and it
 *   M3  the units left over are fewer than the touches: no touch gets two
 *
 * Cost: L steps; time_decay a power and two products a touch, and k log k' where k' remainders are nearly the same and
 * k units are left for them. A division a touch is only needed for revenues beyond 2^50. An empty journey has no
 * weights: the caller counts it as unattributed.
 */
#include "measure/models.h"

#include "measure/scratch.h"

__extension__ typedef unsigned __int128 Wide;

#define TOTAL_BITS 62

struct model_remainder {
    uint64_t left; /* in units of 1/total */
    uint32_t place;
};

bool model_split_reserve(struct model_split *split, uint32_t n, struct arena *arena, struct err *err)
{
    if (n <= split->capacity) return true;
    split->capacity = 0;
    split->weight = SCRATCH_ARRAY(arena, double, n, err);
    if (!split->weight) return false;
    split->revenue_minor = SCRATCH_ARRAY(arena, int64_t, n, err);
    if (!split->revenue_minor) return false;
    split->part = SCRATCH_ARRAY(arena, uint64_t, n, err);
    if (!split->part) return false;
    split->left = SCRATCH_ARRAY(arena, struct model_remainder, n, err);
    if (!split->left) return false;
    split->capacity = n;
    return true;
}

bool model_single(enum attribution_model model, const struct model_journey *journey, uint32_t *place)
{
    switch (model) {
    case MODEL_FIRST: *place = 0; return true;
    case MODEL_LAST: *place = journey->n - 1; return true;
    case MODEL_LAST_NON_DIRECT:
        *place = journey->last_non_direct < journey->n ? journey->last_non_direct : journey->n - 1;
        return true;
    case MODEL_LAST_PAID: *place = journey->last_paid < journey->n ? journey->last_paid : 0; return true;
    case MODEL_LINEAR:
    case MODEL_POSITION:
    case MODEL_TIME_DECAY:
    case MODEL_W_SHAPED:
    case MODEL_COUNT: break;
    }
    return false;
}

/* ---- shares of money ---- */

/* The magnitude of any amount, and back; INT64_MIN has one that only the unsigned type holds. */
static uint64_t magnitude_of(int64_t amount)
{
    return amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
}

static int64_t with_sign(uint64_t magnitude, bool negative)
{
    return (int64_t)(negative ? 0 - magnitude : magnitude);
}

struct share {
    uint64_t whole, left; /* minor units, and what is lost by rounding, in units of 1/total */
};

/* magnitude * part / total, exactly. `each` is magnitude / total, rounded. */
static struct share share_of(uint64_t magnitude, uint64_t part, uint64_t total, double each)
{
    if (magnitude >> 50) {
        Wide due = (Wide)magnitude * part;
        return (struct share){(uint64_t)(due / total), (uint64_t)(due % total)};
    }
    /* four roundings of 2^-53 each leave less than half a unit: the guess is off by one at most, so what is left lies
     * within -total .. 2 total, and is right modulo 2^64 (M1) */
    uint64_t whole = (uint64_t)(int64_t)((double)(int64_t)part * each);
    int64_t left = (int64_t)(magnitude * part - whole * total);
    if (left < 0) return (struct share){whole - 1, (uint64_t)left + total};
    if ((uint64_t)left >= total) return (struct share){whole + 1, (uint64_t)left - total};
    return (struct share){whole, (uint64_t)left};
}

/* ---- models of at most two parts ---- */

#define PLACES_MAX 3

/* One part each, but `special` at some places. */
struct even {
    uint64_t special, total;
    uint32_t n_places, place[PLACES_MAX]; /* ascending */
};

static struct even even_linear(const struct model_journey *journey)
{
    return (struct even){.special = 1, .total = journey->n};
}

static struct even even_position(const struct model_journey *journey)
{
    if (journey->n <= 2) return even_linear(journey);
    uint64_t between = journey->n - 2;
    return (struct even){2 * between, 5 * between, 2, {0, journey->n - 1}};
}

static void add_place(struct even *even, uint32_t place)
{
    uint32_t at = even->n_places;

    for (uint32_t i = 0; i < even->n_places; i++)
        if (even->place[i] == place) return;
    for (; at > 0 && even->place[at - 1] > place; at--) even->place[at] = even->place[at - 1];
    even->place[at] = place;
    even->n_places++;
}

static struct even even_w_shaped(const struct model_journey *journey)
{
    struct even even = {.n_places = 1}; /* the first touch */

    if (journey->lead < journey->n) add_place(&even, journey->lead);
    if (journey->opportunity < journey->n) add_place(&even, journey->opportunity);
    uint64_t others = journey->n - even.n_places;
    if (others == 0) return even_linear(journey);
    even.special = 3 * others;
    even.total = others * (3 * (uint64_t)even.n_places + 1);
    return even;
}

/* One unit more for each of the first `rest` touches that are not at a special place; returns what is left of it. */
static uint64_t give_others(const struct even *even, uint32_t n, uint64_t rest, int64_t one, int64_t *share)
{
    uint32_t next = 0;

    for (uint32_t i = 0; i < n && rest > 0; i++) {
        if (next < even->n_places && even->place[next] == i) {
            next++;
            continue;
        }
        share[i] += one;
        rest--;
    }
    return rest;
}

static uint64_t give_places(const struct even *even, uint64_t rest, int64_t one, int64_t *share)
{
    for (uint32_t i = 0; i < even->n_places && rest > 0; i++, rest--) share[even->place[i]] += one;
    return rest;
}

static void split_even(const struct model_journey *journey, const struct even *even, int64_t *share)
{
    bool negative = journey->revenue_minor < 0;
    int64_t one = negative ? -1 : 1;
    uint64_t magnitude = magnitude_of(journey->revenue_minor);
    double each = (double)magnitude / (double)even->total;
    struct share other = share_of(magnitude, 1, even->total, each);
    struct share special = even->n_places ? share_of(magnitude, even->special, even->total, each) : other;
    uint64_t rest = magnitude - even->n_places * special.whole - (journey->n - even->n_places) * other.whole;

    CHECK(rest < journey->n); /* M3 */
    for (uint32_t i = 0; i < journey->n; i++) share[i] = with_sign(other.whole, negative);
    for (uint32_t i = 0; i < even->n_places; i++) share[even->place[i]] = with_sign(special.whole, negative);
    if (special.left == other.left) {
        for (uint32_t i = 0; i < rest; i++) share[i] += one;
    } else if (special.left > other.left) {
        rest = give_places(even, rest, one, share);
        give_others(even, journey->n, rest, one, share);
    } else {
        rest = give_others(even, journey->n, rest, one, share);
        give_places(even, rest, one, share);
    }
}

static void spread_even(const struct model_journey *journey, const struct even *even, struct model_split *split)
{
    double other = 1 / (double)even->total, special = (double)even->special / (double)even->total;

    for (uint32_t i = 0; i < journey->n; i++) split->weight[i] = other;
    for (uint32_t i = 0; i < even->n_places; i++) split->weight[even->place[i]] = special;
    if (journey->revenue_minor == 0) {
        for (uint32_t i = 0; i < journey->n; i++) split->revenue_minor[i] = 0;
    } else {
        split_even(journey, even, split->revenue_minor);
    }
}

/* ---- time decay ---- */

#define TOGETHER 16 /* powers in one go: they do not depend on each other, and a compiler sees it */

/* 2^-x in units of 2^-bits, rounded down, for 0 <= x <= TOTAL_BITS: e^(-f log 2) by its series, shifted by the whole
 * part, where x = whole + f, |f| <= 1/2. The terms left out are below 2^-57. */
static void power_parts(const double *x, int bits, uint64_t *part, uint32_t n)
{
    static const double COEFFICIENT[] = {
        /* 1/n! */
        1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040,
        1.0 / 720,        1.0 / 120,       1.0 / 24,       1.0 / 6,       1.0 / 2,      1.0,         1.0};
    double y[TOGETHER], power[TOGETHER] = {0}, units = (double)(INT64_C(1) << bits);
    int whole[TOGETHER];

    for (uint32_t i = 0; i < TOGETHER; i++) {
        whole[i] = (int)(x[i] + 0.5);
        y[i] = ((double)whole[i] - x[i]) * 0.693147180559945309417;
    }
    for (size_t k = 0; k < COUNT_OF(COEFFICIENT); k++)
        for (uint32_t i = 0; i < TOGETHER; i++) power[i] = power[i] * y[i] + COEFFICIENT[k];
    for (uint32_t i = 0; i < n; i++) part[i] = (uint64_t)(int64_t)(power[i] * units) >> whole[i];
}

static uint64_t parts_time_decay(const struct model_journey *journey, uint64_t *part)
{
    int bits = TOTAL_BITS - (32 - __builtin_clz(journey->n));
    double per_ms = 1 / (double)journey->half_life_ms, x[TOGETHER] = {0};
    int64_t last_ms = journey->at_ms[journey->n - 1];
    uint64_t total = 0;

    for (uint32_t from = 0; from < journey->n; from += TOGETHER) {
        uint32_t n = journey->n - from < TOGETHER ? journey->n - from : TOGETHER;
        for (uint32_t i = 0; i < n; i++) {
            double age = (double)elapsed_ms(journey->at_ms[from + i], last_ms) * per_ms;
            x[i] = age < TOTAL_BITS ? age : TOTAL_BITS; /* no part is left of it there */
        }
        power_parts(x, bits, part + from, n);
        for (uint32_t i = 0; i < n; i++) total += part[from + i];
    }
    return total;
}

/* ---- the largest remainders ----
 *
 * Many are sorted into buckets by their highest bits: those above the bucket in which the units run out get one each,
 * and only that bucket is ranked: few by coming to know for each how many go before it, many by a heap with the next
 * one due at its top. Candidates stand in the order of their places. */

#define FEW 16
#define BUCKET_BITS 6
#define BUCKETS (1 << BUCKET_BITS)

static void give_few(const struct model_remainder *left, uint32_t n, uint64_t units, int64_t one, int64_t *share)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t before = 0;
        for (uint32_t k = 0; k < i; k++) before += left[k].left >= left[i].left;
        for (uint32_t k = i + 1; k < n; k++) before += left[k].left > left[i].left;
        share[left[i].place] += before < units ? one : 0;
    }
}

static bool due_before(struct model_remainder a, struct model_remainder b)
{
    return a.left != b.left ? a.left > b.left : a.place < b.place;
}

static void sift_down(struct model_remainder *heap, uint32_t n, uint32_t at)
{
    struct model_remainder moved = heap[at];

    for (;;) {
        uint64_t child = 2 * (uint64_t)at + 1;
        if (child >= n) break;
        if (child + 1 < n && due_before(heap[child + 1], heap[child])) child++;
        if (!due_before(heap[child], moved)) break;
        heap[at] = heap[child];
        at = (uint32_t)child;
    }
    heap[at] = moved;
}

static void give_by_heap(struct model_remainder *left, uint32_t n, uint64_t units, int64_t one, int64_t *share)
{
    for (uint32_t i = n / 2; i-- > 0;) sift_down(left, n, i);
    for (; units > 0; units--) {
        share[left[0].place] += one;
        left[0] = left[--n];
        sift_down(left, n, 0);
    }
}

static void give_ranked(struct model_remainder *left, uint32_t n, uint64_t units, int64_t one, int64_t *share)
{
    if (n <= FEW) {
        give_few(left, n, units, one, share);
    } else {
        give_by_heap(left, n, units, one, share);
    }
}

/* One minor unit more for each of the `units` largest remainders, all below `total`. Spoils `left`. */
static void give_rest(struct model_remainder *left, uint32_t n, uint64_t total, uint64_t units, int64_t one,
                      int64_t *share)
{
    uint32_t count[BUCKETS] = {0}, cut = BUCKETS - 1, n_cut = 0;
    int bits = 64 - __builtin_clzll(total), shift = bits > BUCKET_BITS ? bits - BUCKET_BITS : 0;

    CHECK(units < n); /* M3 */
    if (n <= FEW) {
        give_few(left, n, units, one, share);
        return;
    }
    for (uint32_t i = 0; i < n; i++) count[left[i].left >> shift]++;
    for (; count[cut] <= units; cut--) units -= count[cut]; /* ends: together they are more than the units */
    for (uint32_t i = 0; i < n; i++) {
        uint64_t bucket = left[i].left >> shift;
        share[i] += bucket > cut ? one : 0;
        left[n_cut] = left[i];
        n_cut += bucket == cut;
    }
    if (units > 0) give_ranked(left, n_cut, units, one, share);
}

static void split_decay(const struct model_journey *journey, uint64_t total, struct model_split *split)
{
    bool negative = journey->revenue_minor < 0;
    uint64_t magnitude = magnitude_of(journey->revenue_minor), rest = magnitude;
    double each = (double)magnitude / (double)total;

    for (uint32_t i = 0; i < journey->n; i++) {
        struct share share = share_of(magnitude, split->part[i], total, each);
        split->revenue_minor[i] = with_sign(share.whole, negative);
        split->left[i] = (struct model_remainder){.left = share.left, .place = i};
        rest -= share.whole;
    }
    if (rest > 0) give_rest(split->left, journey->n, total, rest, negative ? -1 : 1, split->revenue_minor);
}

static void spread_time_decay(const struct model_journey *journey, struct model_split *split)
{
    uint64_t total = parts_time_decay(journey, split->part);

    CHECK(total > 0); /* the last touch's age is 0 */
    double each = 1 / (double)total;

    for (uint32_t i = 0; i < journey->n; i++) split->weight[i] = (double)(int64_t)split->part[i] * each;
    if (journey->revenue_minor == 0) {
        for (uint32_t i = 0; i < journey->n; i++) split->revenue_minor[i] = 0;
    } else {
        split_decay(journey, total, split);
    }
}

void model_spread(enum attribution_model model, const struct model_journey *journey, struct model_split *split)
{
    struct even even = {0};

    CHECK(journey->n >= 1 && journey->n <= split->capacity);
    if (model == MODEL_TIME_DECAY) {
        spread_time_decay(journey, split);
        return;
    }
    if (model == MODEL_LINEAR) even = even_linear(journey);
    if (model == MODEL_POSITION) even = even_position(journey);
    if (model == MODEL_W_SHAPED) even = even_w_shaped(journey);
    CHECK(even.total > 0); /* else a model was added that is neither single nor spread */
    spread_even(journey, &even, split);
}
