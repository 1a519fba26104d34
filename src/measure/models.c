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
 *   time_decay       2^(-(t_L - t_i) / h) over their sum: decay.c. Ages count from the last touch and not from the
 *                    conversion: the common factor cancels, and so an old journey cannot underflow to 0/0.
 *   w_shaped         3/10 each for the first touch, the lead's and the opportunity's, 1/10 shared by the others.
 *                    What is absent drops out, what coincides counts once, and the rest is scaled to sum 1: without
 *                    milestones 3/4 for the first and 1/4 shared. No others: the milestones share all alike.
 *
 * Linear, position and w_shaped are exact fractions of two kinds of parts at most, over a whole total. So the split of
 * money is exact arithmetic: touch i is due revenue * part_i / total; each gets the whole part of that, and the minor
 * units left over go to the largest remainders, among equal ones to the earlier touch. A refund is split as its
 * magnitude, with the sign put back. As there are two kinds of shares, and a unit more for the first touches of one or
 * both, a split is a few numbers (struct even_split) however long the journey is: model_spread writes them out touch
 * by touch, pour.c keeps where they begin and end.
 *
 * Invariants, which the tests hold us to:
 *   M1  total <= 2^62, so a remainder and two totals fit 64 bits
 *   M2  shares sum to the revenue, and each lies between 0 and it
 *   M3  the units left over are fewer than the touches: no touch gets two
 *
 * Cost: L steps; even_split a constant. An empty journey has no weights: the caller counts it as unattributed.
 */
#include "measure/models_int.h"

#include "base/clones.h"
#include "measure/scratch.h"

#include <string.h>

__extension__ typedef unsigned __int128 Wide;

bool model_split_reserve(struct model_split *split, uint32_t n, struct arena *arena, struct err *err)
{
    size_t room = (size_t)n + DECAY_PAD;

    if (n <= split->capacity) return true;
    split->capacity = 0;
    split->weight = SCRATCH_ARRAY(arena, double, room, err);
    if (!split->weight) return false;
    split->revenue_minor = SCRATCH_ARRAY(arena, int64_t, room, err);
    if (!split->revenue_minor) return false;
    split->credit = SCRATCH_ARRAY(arena, uint64_t, room, err);
    if (!split->credit) return false;
    split->left = SCRATCH_ARRAY(arena, uint32_t, room, err);
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
    if (magnitude >> EVEN_QUICK_BITS) {
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

struct even even_of(enum attribution_model model, const struct model_journey *journey)
{
    struct even even = {0};

    if (model == MODEL_LINEAR) even = even_linear(journey);
    if (model == MODEL_POSITION) even = even_position(journey);
    if (model == MODEL_W_SHAPED) even = even_w_shaped(journey);
    CHECK(even.total > 0); /* else a model was added that is neither single nor spread */
    return even;
}

/* The end of the first touches of which `n_others` are not at a special place. */
static uint32_t end_of_others(const struct even *even, uint64_t n_others)
{
    uint32_t end = (uint32_t)n_others;

    for (uint32_t i = 0; i < even->n_places && even->place[i] < end; i++) end++;
    return end;
}

struct even_split even_split(const struct even *even, uint32_t n, uint64_t magnitude)
{
    double each = (double)magnitude / (double)even->total;
    struct share other = share_of(magnitude, 1, even->total, each);
    struct share special = even->n_places ? share_of(magnitude, even->special, even->total, each) : other;
    struct even_split split = {.other = other.whole, .special = special.whole};
    uint64_t others = n - even->n_places, places = even->n_places;
    uint64_t rest = magnitude - places * special.whole - others * other.whole;

    CHECK(rest < n); /* M3 */
    if (special.left == other.left) {
        split.others_end = (uint32_t)rest;
        while (split.n_more < even->n_places && even->place[split.n_more] < rest) split.n_more++;
    } else if (special.left > other.left) {
        split.n_more = (uint32_t)(rest < places ? rest : places);
        split.others_end = end_of_others(even, rest - split.n_more);
    } else {
        split.n_more = (uint32_t)(rest > others ? rest - others : 0);
        split.others_end = end_of_others(even, rest - split.n_more);
    }
    return split;
}

/* ---- many at once: the same without a branch ---- */

/* share_of, of amounts that it takes by doubles. */
static inline struct share share_quickly(uint64_t magnitude, uint64_t part, uint64_t total, double each)
{
    uint64_t whole = (uint64_t)(int64_t)((double)(int64_t)part * each);
    int64_t left = (int64_t)(magnitude * part - whole * total);
    uint64_t fewer = left < 0, more = left >= (int64_t)total;

    return (struct share){whole - fewer + more, (uint64_t)left + (total & -fewer) - (total & -more)};
}

static inline uint64_t choose(bool which, uint64_t yes, uint64_t no)
{
    uint64_t mask = 0 - (uint64_t)which;
    return (yes & mask) | (no & ~mask);
}

CLONES static void split_linear(const uint64_t *restrict n, const uint64_t *restrict magnitude, uint32_t count,
                                struct even_splits *restrict splits)
{
    for (uint32_t i = 0; i < count; i++) {
        double each = (double)(int64_t)magnitude[i] / (double)(int64_t)n[i];
        struct share share = share_quickly(magnitude[i], 1, n[i], each);
        splits->other[i] = splits->special[i] = share.whole;
        splits->others_end[i] = share.left;
        splits->n_more[i] = 0;
    }
}

/* The special places are the first and the last, if there are touches between. */
CLONES static void split_position(const uint64_t *restrict n, const uint64_t *restrict magnitude, uint32_t count,
                                  struct even_splits *restrict splits)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t places = choose(n[i] > 2, 2, 0), others = n[i] - places;
        uint64_t part = choose(n[i] > 2, 2 * others, 1), total = choose(n[i] > 2, 5 * others, n[i]);
        double each = (double)(int64_t)magnitude[i] / (double)(int64_t)total;
        struct share other = share_quickly(magnitude[i], 1, total, each);
        struct share special = share_quickly(magnitude[i], part, total, each);
        uint64_t rest = magnitude[i] - places * special.whole - others * other.whole;
        uint64_t if_first = choose(rest < places, rest, places), if_last = choose(rest > others, rest - others, 0);
        uint64_t if_equal = (places > 0) & (rest > 0); /* the last place is never among the first `rest` */
        uint64_t more =
            choose(special.left > other.left, if_first, choose(special.left < other.left, if_last, if_equal));
        uint64_t end = rest - more + ((places > 0) & (rest > more));
        splits->other[i] = other.whole;
        splits->special[i] = special.whole;
        splits->others_end[i] = choose(special.left == other.left, rest, end);
        splits->n_more[i] = more;
    }
}

void even_split_many(enum attribution_model model, const uint64_t *n, const uint64_t *magnitude, uint32_t count,
                     struct even_splits *splits)
{
    CHECK(count <= EVEN_MANY && (model == MODEL_LINEAR || model == MODEL_POSITION));
    (model == MODEL_LINEAR ? split_linear : split_position)(n, magnitude, count, splits);
}

/* ---- one journey, touch by touch ---- */

static void spread_even(const struct model_journey *journey, const struct even *even, struct model_split *split)
{
    double other = 1 / (double)even->total, special = (double)even->special / (double)even->total;
    bool negative = journey->revenue_minor < 0;
    struct even_split shares = even_split(even, journey->n, magnitude_of(journey->revenue_minor));

    for (uint32_t i = 0; i < journey->n; i++) {
        split->weight[i] = other;
        split->revenue_minor[i] = with_sign(shares.other + (i < shares.others_end), negative);
    }
    for (uint32_t i = 0; i < even->n_places; i++) {
        split->weight[even->place[i]] = special;
        split->revenue_minor[even->place[i]] = with_sign(shares.special + (i < shares.n_more), negative);
    }
}

static void spread_time_decay(const struct model_journey *journey, struct model_split *split)
{
    size_t room = (size_t)journey->n + DECAY_PAD;
    double sum = 0;

    memset(split->credit, 0, room * sizeof *split->credit);
    memset(split->revenue_minor, 0, room * sizeof *split->revenue_minor);
    decay_split(journey->power, journey->n, journey->revenue_minor, split->credit, split->revenue_minor, split->left);
    for (uint32_t i = 0; i < journey->n; i++) sum += journey->power[i];
    for (uint32_t i = 0; i < journey->n; i++) split->weight[i] = journey->power[i] / sum;
}

void model_spread(enum attribution_model model, const struct model_journey *journey, struct model_split *split)
{
    CHECK(journey->n >= 1 && journey->n <= split->capacity);
    if (model == MODEL_TIME_DECAY) {
        spread_time_decay(journey, split);
        return;
    }
    struct even even = even_of(model, journey);
    spread_even(journey, &even, split);
}
