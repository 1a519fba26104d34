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
 *
 * Weights are whole numbers ("parts") over a whole total. So the split of money is exact arithmetic: touch i is due
 * revenue * part_i / total; each gets the whole part of that, and the minor units left over go to the largest
 * remainders, among equal ones to the earlier touch. Equal weights make equal parts, hence true ties; the same
 * journey is split alike on every machine whose exp2 agrees. A refund is split as its magnitude, with the sign put
 * back. Linear and position are exact fractions; time_decay is rounded down to 2^-(62 - log2 L) of its greatest weight.
 *
 * Invariants, which the tests hold us to:
 *   M1  parts sum to `total`, and total <= 2^62, so a remainder and two totals fit 64 bits
 *   M2  shares sum to the revenue, and each lies between 0 and it
 *   M3  the units left over are fewer than the touches: no touch gets two
 *
 * Cost: L steps, a 128-bit division where the part differs from the one before, L + k log L for k units left over.
 * An empty journey has no weights: the caller counts it as unattributed.
 */
#include "measure/models.h"

#include <math.h>

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
    case MODEL_COUNT: break;
    }
    return false;
}

/* ---- parts: each fills part[0 .. n-1] and returns their sum ---- */

static uint64_t parts_linear(const struct model_journey *journey, uint64_t *part)
{
    for (uint32_t i = 0; i < journey->n; i++) part[i] = 1;
    return journey->n;
}

static uint64_t parts_position(const struct model_journey *journey, uint64_t *part)
{
    if (journey->n <= 2) return parts_linear(journey, part);

    uint64_t between = journey->n - 2; /* over 5 * between: an end has 2 * between, the others 1 each */
    for (uint32_t i = 0; i < journey->n; i++) part[i] = 1;
    part[0] = 2 * between;
    part[journey->n - 1] = 2 * between;
    return 5 * between;
}

static uint64_t parts_time_decay(const struct model_journey *journey, uint64_t *part)
{
    int bits = TOTAL_BITS - (32 - __builtin_clz(journey->n));
    double unit = (double)(UINT64_C(1) << bits);
    double half_life = (double)journey->half_life_ms;
    int64_t last_ms = journey->at_ms[journey->n - 1];
    uint64_t total = 0;

    for (uint32_t i = 0; i < journey->n; i++) {
        if (i > 0 && journey->at_ms[i] == journey->at_ms[i - 1]) {
            part[i] = part[i - 1];
        } else {
            double age = (double)elapsed_ms(journey->at_ms[i], last_ms);
            part[i] = (uint64_t)(exp2(-age / half_life) * unit);
        }
        total += part[i];
    }
    return total;
}

/* ---- the largest remainders: a heap with the next one due at its top ---- */

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

/* One minor unit more for each of the `units` largest remainders. */
static void give_rest(struct model_remainder *left, uint32_t n, uint64_t units, int64_t one, int64_t *share)
{
    CHECK(units < n); /* M3 */
    for (uint32_t i = n / 2; i-- > 0;) sift_down(left, n, i);
    for (; units > 0; units--) {
        share[left[0].place] += one;
        left[0] = left[--n];
        sift_down(left, n, 0);
    }
}

/* The magnitude of any amount, and back; INT64_MIN has one that only the unsigned type holds. */
static uint64_t magnitude_of(int64_t amount)
{
    return amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
}

static int64_t with_sign(uint64_t magnitude, bool negative)
{
    return (int64_t)(negative ? 0 - magnitude : magnitude);
}

static void split_revenue(const struct model_journey *journey, uint64_t total, struct model_split *split)
{
    bool negative = journey->revenue_minor < 0;
    uint64_t magnitude = magnitude_of(journey->revenue_minor);
    uint64_t rest = magnitude, whole = 0, left = 0;
    bool level = true; /* all remainders are equal: the earlier touches come first, nothing to rank */

    for (uint32_t i = 0; i < journey->n; i++) {
        if (i == 0 || split->part[i] != split->part[i - 1]) {
            Wide due = (Wide)magnitude * split->part[i];
            whole = (uint64_t)(due / total);
            left = (uint64_t)(due % total);
        }
        split->revenue_minor[i] = with_sign(whole, negative);
        split->left[i] = (struct model_remainder){.left = left, .place = i};
        if (left != split->left[0].left) level = false;
        rest -= whole;
    }
    int64_t one = negative ? -1 : 1;
    if (level) {
        CHECK(rest < journey->n); /* M3 */
        for (uint32_t i = 0; i < rest; i++) split->revenue_minor[i] += one;
    } else if (rest > 0) {
        give_rest(split->left, journey->n, rest, one, split->revenue_minor);
    }
}

void model_spread(enum attribution_model model, const struct model_journey *journey, struct model_split *split)
{
    uint64_t total = 0;

    CHECK(journey->n >= 1 && journey->n <= split->capacity);
    if (model == MODEL_LINEAR) total = parts_linear(journey, split->part);
    if (model == MODEL_POSITION) total = parts_position(journey, split->part);
    if (model == MODEL_TIME_DECAY) total = parts_time_decay(journey, split->part);
    CHECK(total > 0); /* else a model was added that is neither single nor spread */

    for (uint32_t i = 0; i < journey->n; i++) split->weight[i] = (double)split->part[i] / (double)total;
    if (journey->revenue_minor == 0) {
        for (uint32_t i = 0; i < journey->n; i++) split->revenue_minor[i] = 0;
    } else {
        split_revenue(journey, total, split);
    }
}
