/* measure/pour.c -- see pour.h.
 *
 * The journeys of a person are windows of its trail that overlap. What a model of at most two parts gives them is the
 * same for a stretch of touches (models_int.h), so a journey only notes where each stretch begins and ends; when the
 * trail is full of persons one pass along it adds up what holds at each touch, and gives it to the touch's group.
 *
 *          trail   a  b  c  d  e  f          9 to b c d e, and 3 to d e f:
 *          step    0 +9  0 +3  0 -9 -3       a sum of steps is 0 9 9 12 12 3
 *
 * Money is whole anyway. Credit is kept whole too, in units of 2^-CREDIT_BITS, a conversion's being split like money:
 * so nothing is left behind where a stretch ends, a model's credits sum to the conversions, and sums are the same in
 * whatever order. Time decay rounds each weight to such units, so its credits sum to the conversions but for half a
 * unit a touch. The units of so many conversions as CONVERSIONS_MAX fit 64 bits; before they do not, what is pending
 * goes into the rows. Sums of money may wrap round on the way, but not at the end.
 *
 * Models of one touch need no trail. Time decay has weights of its own for each journey, and adds them to its touches
 * (decay.h); the pass gives those to the groups likewise.
 *
 * Cost: a constant a conversion, and for time_decay its touches; a step for each touch of the trail.
 */
#include "measure/pour.h"

#include "base/clones.h"
#include "measure/scratch.h"

#include <string.h>

#define CREDIT_BITS DECAY_CREDIT_BITS
#define CONVERSIONS_MAX 8192

/* Lanes: touches, and two for each of the models of at most two parts. */
enum { LANE_TOUCHES, LANE_LINEAR = 2, LANE_POSITION = 4, LANE_W_SHAPED = 6 };
typedef uint64_t Pair __attribute__((vector_size(2 * sizeof(uint64_t)))); /* what every processor adds at once */
typedef uint64_t Lanes __attribute__((vector_size(POUR_LANES * sizeof(uint64_t))));

static const struct {
    enum attribution_model model;
    uint32_t lane; /* of the credit; money is in the next */
} EVENS[] = {{MODEL_LINEAR, LANE_LINEAR}, {MODEL_POSITION, LANE_POSITION}, {MODEL_W_SHAPED, LANE_W_SHAPED}};

bool pour_open(struct pour *pour, struct scan *scan)
{
    uint32_t n = scan->query->by.n + 1;

    *pour = (struct pour){.n_rows = n};
    pour->rows = SCRATCH_ARRAY(scan->arena, struct attribution_row, n, scan->err);
    if (!pour->rows) return false;
    pour->pending = SCRATCH_ARRAY(scan->arena, struct pour_row, (size_t)POUR_SIDES * n, scan->err);
    return pour->pending != NULL;
}

static bool reserve(struct pour *pour, struct scan *scan)
{
    size_t room = (size_t)scan->trail.capacity + DECAY_PAD;

    if (scan->trail.capacity <= pour->capacity) return true;
    pour->capacity = 0;
    pour->step = scratch_take(scan->arena, sizeof *pour->step, room, scan->err);
    if (!pour->step) return false;
    if (scan_wants(scan, MODEL_TIME_DECAY)) {
        pour->decay = SCRATCH_ARRAY(scan->arena, uint64_t, room, scan->err);
        if (!pour->decay) return false;
        pour->decay_minor = SCRATCH_ARRAY(scan->arena, int64_t, room, scan->err);
        if (!pour->decay_minor) return false;
        pour->left = SCRATCH_ARRAY(scan->arena, uint32_t, room, scan->err);
        if (!pour->left) return false;
    }
    pour->capacity = scan->trail.capacity;
    return true;
}

/* ---- one journey ---- */

static inline void add_stretch(uint64_t (*step)[POUR_LANES], uint32_t lane, uint32_t from, uint32_t to, uint64_t amount)
{
    step[from][lane] += amount;
    step[to][lane] -= amount;
}

/* A split by a model of at most two parts; `one` is 1, or -1 for a refund. */
static void add_even(uint64_t (*step)[POUR_LANES], uint32_t lane, const struct even *even, uint32_t n,
                     struct even_split split, uint64_t one)
{
    add_stretch(step, lane, 0, n, one * split.other);
    add_stretch(step, lane, 0, split.others_end, one);
    for (uint32_t i = 0; i < even->n_places; i++) {
        uint32_t place = even->place[i];
        uint64_t has = split.other + (place < split.others_end), due = split.special + (i < split.n_more);
        add_stretch(step, lane, place, place + 1, one * (due - has));
    }
}

/* Credit and revenue of one conversion. */
static void add_both(uint64_t (*step)[POUR_LANES], uint32_t lane, enum attribution_model model,
                     const struct model_journey *journey, uint64_t magnitude, uint64_t one)
{
    struct even even = even_of(model, journey);

    add_even(step, lane, &even, journey->n, even_split(&even, journey->n, UINT64_C(1) << CREDIT_BITS), 1);
    if (magnitude > 0) add_even(step, lane + 1, &even, journey->n, even_split(&even, journey->n, magnitude), one);
}

static void add_singles(struct pour *pour, const struct scan *scan, const struct scan_journey *path)
{
    static const enum attribution_model SINGLES[] = {MODEL_FIRST, MODEL_LAST, MODEL_LAST_NON_DIRECT, MODEL_LAST_PAID};

    for (size_t i = 0; i < COUNT_OF(SINGLES); i++) {
        enum attribution_model model = SINGLES[i];
        uint32_t place;
        if (!scan_wants(scan, (int)model) || !model_single(model, &path->journey, &place)) continue;
        struct attribution_row *row = &pour->rows[path->group[place]];
        row->conversions[model] += 1;
        row->revenue_minor[model] += path->journey.revenue_minor;
    }
}

/* All to the conversion's own touch, or to nobody. */
static void add_own(struct pour *pour, const struct scan *scan, const struct scan_journey *path)
{
    struct attribution_row *row = &pour->rows[path->journey.n > 0 ? path->group[0] : scan->query->by.n];

    row->touches += path->journey.n;
    for (int model = 0; model < MODEL_COUNT; model++) {
        if (!scan_wants(scan, model)) continue;
        row->conversions[model] += 1;
        row->revenue_minor[model] += path->journey.revenue_minor;
    }
}

/* ---- what is pending ---- */

/* Sides are added as whole numbers first: which side a touch is on depends on where it lies in the trail. */
static void settle_rows(struct pour *pour)
{
    const double unit = 1.0 / (double)(UINT64_C(1) << CREDIT_BITS);

    for (uint32_t i = 0; i < pour->n_rows; i++) {
        struct pour_row *from = &pour->pending[(size_t)POUR_SIDES * i], sum = {.decay = 0};
        struct attribution_row *to = &pour->rows[i];
        for (uint32_t side = 0; side < POUR_SIDES; side++) {
            for (uint32_t k = 0; k < POUR_LANES; k++) sum.lane[k] += from[side].lane[k];
            sum.decay += from[side].decay;
            sum.decay_minor += from[side].decay_minor;
            from[side] = (struct pour_row){.decay = 0};
        }
        to->touches += sum.lane[LANE_TOUCHES];
        for (size_t k = 0; k < COUNT_OF(EVENS); k++) {
            to->conversions[EVENS[k].model] += (double)sum.lane[EVENS[k].lane] * unit;
            to->revenue_minor[EVENS[k].model] += (int64_t)sum.lane[EVENS[k].lane + 1];
        }
        to->conversions[MODEL_TIME_DECAY] += (double)sum.decay * unit;
        to->revenue_minor[MODEL_TIME_DECAY] += sum.decay_minor;
    }
    pour->conversions = 0;
}

/* What n touches hold, to their groups; it is 0 then. Neighbours are often of one group: each has other rows than the
 * next, so that it need not wait for it. */
CLONES static void settle_touches(const uint32_t *group, uint32_t n, uint64_t (*step)[POUR_LANES],
                                  struct pour_row *rows)
{
    const Lanes none = {0};
    Lanes sum = {0}, more, all;

    for (uint32_t i = 0; i < n; i++) {
        uint64_t *lane = rows[POUR_SIDES * (size_t)group[i] + i % POUR_SIDES].lane;
        memcpy(&more, step[i], sizeof more);
        memcpy(step[i], &none, sizeof none);
        memcpy(&all, lane, sizeof all);
        sum += more;
        all += sum;
        memcpy(lane, &all, sizeof all);
    }
    memcpy(step[n], &none, sizeof none);
}

static void settle_decay(const uint32_t *group, uint32_t n, uint64_t *decay, int64_t *decay_minor,
                         struct pour_row *rows)
{
    for (uint32_t i = 0; i < n; i++) {
        struct pour_row *row = &rows[POUR_SIDES * (size_t)group[i] + i % POUR_SIDES];
        row->decay += decay[i];
        row->decay_minor += decay_minor[i];
        decay[i] = 0;
        decay_minor[i] = 0;
    }
}

/* ---- many journeys ---- */

static inline void add_pair(uint64_t *lanes, uint64_t credit, uint64_t money)
{
    Pair more = {credit, money}, all;

    memcpy(&all, lanes, sizeof all);
    all += more;
    memcpy(lanes, &all, sizeof all);
}

/* add_even for what even_split_many made of credit and revenue. */
static void add_many(struct pour *pour, uint32_t lane, const struct even_splits *credit,
                     const struct even_splits *money, bool has_ends)
{
    const struct pour_list *list = &pour->list;

    for (uint32_t i = 0; i < list->n; i++) {
        uint64_t n = list->touches[i], one = list->one[i];
        uint64_t first_c = 0, first_m = 0, last_c = 0, last_m = 0; /* what the ends get more than the others */
        uint64_t(*step)[POUR_LANES] = pour->step + list->lo[i];
        if (has_ends && n > 2) {
            first_c = credit->special[i] + (credit->n_more[i] > 0) - credit->other[i] - (credit->others_end[i] > 0);
            first_m = money->special[i] + (money->n_more[i] > 0) - money->other[i] - (money->others_end[i] > 0);
            last_c = credit->special[i] + (credit->n_more[i] > 1) - credit->other[i] - (credit->others_end[i] == n);
            last_m = money->special[i] + (money->n_more[i] > 1) - money->other[i] - (money->others_end[i] == n);
            add_pair(step[1] + lane, -first_c, -one * first_m);
            add_pair(step[n - 1] + lane, last_c, one * last_m);
        }
        add_pair(step[0] + lane, credit->other[i] + 1 + first_c, one * (money->other[i] + 1 + first_m));
        add_pair(step[n] + lane, -credit->other[i] - last_c, -one * (money->other[i] + last_m));
        step[credit->others_end[i]][lane]--;
        step[money->others_end[i]][lane + 1] -= one;
    }
}

static void pour_evens(struct pour *pour, enum attribution_model model, uint32_t lane)
{
    const struct pour_list *list = &pour->list;
    struct even_splits credit, money;
    uint64_t whole[EVEN_MANY];

    if (model == MODEL_W_SHAPED || list->greatest >> EVEN_QUICK_BITS) {
        for (uint32_t i = 0; i < list->n; i++)
            add_both(pour->step + list->lo[i], lane, model, &list->journey[i], list->magnitude[i], list->one[i]);
        return;
    }
    for (uint32_t i = 0; i < list->n; i++) whole[i] = UINT64_C(1) << CREDIT_BITS;
    even_split_many(model, list->touches, whole, list->n, &credit);
    even_split_many(model, list->touches, list->magnitude, list->n, &money);
    add_many(pour, lane, &credit, &money, model == MODEL_POSITION);
}

static void pour_list(struct pour *pour, struct scan *scan)
{
    struct pour_list *list = &pour->list;

    for (size_t i = 0; i < COUNT_OF(EVENS); i++)
        if (scan_wants(scan, (int)EVENS[i].model)) pour_evens(pour, EVENS[i].model, EVENS[i].lane);
    if (pour->decay) trail_raise(&scan->trail);
    for (uint32_t i = 0; i < list->n && pour->decay; i++) {
        uint32_t lo = list->lo[i];
        decay_split(scan->trail.power + lo, list->journey[i].n, list->journey[i].revenue_minor, pour->decay + lo,
                    pour->decay_minor + lo, pour->left);
    }
    list->n = 0;
    list->greatest = 0;
}

static void list_journey(struct pour_list *list, uint32_t lo, const struct model_journey *journey)
{
    bool refund = journey->revenue_minor < 0;
    uint64_t magnitude = refund ? 0 - (uint64_t)journey->revenue_minor : (uint64_t)journey->revenue_minor;
    uint32_t at = list->n++;

    list->lo[at] = lo;
    list->touches[at] = journey->n;
    list->magnitude[at] = magnitude;
    list->one[at] = refund ? UINT64_MAX : 1;
    list->greatest |= magnitude;
    list->journey[at] = *journey;
}

void pour_settle(struct pour *pour, struct scan *scan)
{
    if (!pour->open) return;
    const uint32_t *group = scan->trail.group + pour->first;
    uint32_t n = scan->trail.n - pour->first;
    pour_list(pour, scan);
    settle_touches(group, n, pour->step + pour->first, pour->pending);
    if (pour->decay) settle_decay(group, n, pour->decay + pour->first, pour->decay_minor + pour->first, pour->pending);
    pour->open = false;
}

void pour_close(struct pour *pour)
{
    settle_rows(pour);
}

bool pour_journey(struct pour *pour, struct scan *scan, const struct scan_journey *path)
{
    struct pour_list *list = &pour->list;
    uint32_t lo = scan->trail.lo;

    if (path->own || path->journey.n == 0) {
        add_own(pour, scan, path);
        return true;
    }
    if (!reserve(pour, scan)) return false;
    if (!pour->open) pour->first = lo;
    pour->open = true;
    add_singles(pour, scan, path);
    if (path->fresh < path->journey.n) add_stretch(pour->step + lo, LANE_TOUCHES, path->fresh, path->journey.n, 1);
    list_journey(list, lo, &path->journey);
    if (list->n == EVEN_MANY || !scan->trail.decay.common) pour_list(pour, scan);
    if (++pour->conversions < CONVERSIONS_MAX) return true;
    pour_settle(pour, scan);
    settle_rows(pour);
    return true;
}
