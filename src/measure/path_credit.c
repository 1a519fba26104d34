/* measure/path_credit.c -- see path_credit.h.
 *
 * A path table knows no single journeys, so money is not split journey by journey but once: each channel's due is
 * summed as a double (exact for whole amounts: totals stay below 2^53) and made whole at the end. Everyone gets the
 * whole part of the due; the units that are left go to the largest remainders, among equal ones to the lower channel.
 * Remainders are compared in millionths, so noise in the last bits of a sum cannot decide a tie. A due may be
 * negative: the whole part is the next lower whole number, and the same rule holds.
 *
 * Invariants, which the tests hold us to: credits sum to the conversions (1e-9) and to the value exactly; no channel
 * is further than a unit from its due; collapsing rows changes nothing (I3).
 *
 * Cost: n log n for n channels. The rules: models.c.
 */
#include "measure/path_credit.h"

#include <math.h>
#include <stdlib.h>

#include "measure/models.h"
#include "measure/scratch.h"

#define MILLION 1000000

struct remainder {
    int64_t left; /* in millionths of a unit */
    uint32_t place;
};

static int by_remainder(const void *a, const void *b)
{
    const struct remainder *x = a, *y = b;

    if (x->left != y->left) return x->left < y->left ? 1 : -1;
    return x->place < y->place ? -1 : x->place > y->place;
}

struct path_share *path_shares_new(const struct paths *paths, struct arena *arena, struct err *err)
{
    struct path_share *share = SCRATCH_ARRAY(arena, struct path_share, (size_t)paths->n_channels + 1, err);

    if (!share) return NULL;
    for (uint32_t i = 0; i < paths->n; i++) {
        struct path path = paths_at(paths, i);
        if (path.n > 0) continue;
        share[paths->n_channels].conversions = (double)path.conversions;
        share[paths->n_channels].value = (double)path.value_minor;
    }
    return share;
}

bool path_shares_settle(uint32_t n, int64_t value_minor, const struct path_share *share, struct arena *arena,
                        struct path_credit *credit, struct err *err)
{
    int64_t rest = value_minor - (int64_t)share[n].value; /* the unattributed are whole already */
    struct remainder *left = SCRATCH_ARRAY(arena, struct remainder, n, err);

    if (!left) return false;
    for (uint32_t i = 0; i < n; i++) {
        if (!(fabs(share[i].value) <= (double)(4 * PATHS_TOTAL_MAX))) {
            return err_set(err, ERR_LIMIT, "values of both signs cancel out so far that a channel is due %g",
                           share[i].value);
        }
        double whole = floor(share[i].value + 0.5 / MILLION);
        left[i] = (struct remainder){llround((share[i].value - whole) * MILLION), i};
        credit[i] = (struct path_credit){share[i].conversions, (int64_t)whole};
        rest -= (int64_t)whole;
    }
    credit[n] = (struct path_credit){share[n].conversions, (int64_t)share[n].value};
    if (n == 0 || rest == 0) return true;

    qsort(left, n, sizeof *left, by_remainder);
    int64_t each = rest / n, more = rest % n; /* rounded sums may be some units off, either way */
    if (more < 0) {
        each--;
        more += n;
    }
    for (uint32_t i = 0; i < n; i++) credit[left[i].place].value_minor += each + (i < more);
    return true;
}

bool path_rule_applies(enum attribution_model model)
{
    return model == MODEL_FIRST || model == MODEL_LAST || model == MODEL_LINEAR || model == MODEL_POSITION;
}

static void add_share(struct path_share *share, const struct path *path, double weight)
{
    share->conversions += (double)path->conversions * weight;
    share->value += (double)path->value_minor * weight;
}

bool path_rule(const struct paths *paths, enum attribution_model model, struct arena *arena, struct path_credit *credit,
               struct err *err)
{
    struct model_split split = {0};
    struct path_share *share = path_shares_new(paths, arena, err);

    CHECK(path_rule_applies(model));
    if (!share || !model_split_reserve(&split, paths->longest, arena, err)) return false;
    for (uint32_t i = 0; i < paths->n; i++) {
        struct path path = paths_at(paths, i);
        struct model_journey journey = {.n = path.n};
        uint32_t place;

        if (path.n == 0 || path.conversions == 0) continue;
        if (model_single(model, &journey, &place)) {
            add_share(&share[path.channel[place]], &path, 1);
            continue;
        }
        model_spread(model, &journey, &split);
        for (uint32_t k = 0; k < path.n; k++) add_share(&share[path.channel[k]], &path, split.weight[k]);
    }
    return path_shares_settle(paths->n_channels, paths->value_minor, share, arena, credit, err);
}
