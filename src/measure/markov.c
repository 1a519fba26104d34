/* measure/markov.c -- removal effects as credit, and the choice of the order.
 *
 * With h_0 the probability that a walk of the chain converts, and RE_c = P(converts and visits c) / h_0,
 *
 *     credit_c = RE_c / (sum over channels of RE) * conversions
 *
 * and for value the same with the value of the last state's conversions: normalised on its own, to the total value.
 * The chain: markov_chain.c. The solution: markov_solve.c. Journeys without a touch are no walks; what they brought
 * is unattributed.
 *
 * Invariants, which the tests hold us to (models/attribution.md 4.3):
 *   M1  h_0 = conversions / journeys with a touch, for every k; the value of a walk = value / journeys
 *   M2  0 <= RE <= 1: 0 for a channel on no converting walk, 1 for one on all
 *   M3  sum of RE = the mean number of distinct channels of a converting walk, >= 1
 *   M4  k >= the longest path: RE_c = the share of conversions whose path holds c
 *   M5  k = 1: the same channel twice in a row is as good as once
 *   M6  rows are sums: in any order, split or collapsed, the same
 *
 * h_0 is not needed to solve (it is known by M1), so comparing it with what was solved is a check; `residual` holds
 * the difference too. No conversions: no effects, no credits. Value that sums to 0, or values of both signs that leave
 * no sum of effects: shared as the conversions are.
 *
 * Order: a path is predicted by its last state, P = conversions / journeys that end there. AUC over 100 thresholds
 * from the smallest P to the greatest, by trapezoids; more states always predict better, so it is penalised for the
 * number of states there could be, p; 0 if p >= n - 1. Source: ChannelAttribution's choose_order (which leaves out
 * orders with p >= the rows of the file: a table of paths has no such number).
 */
#include <math.h>

#include "measure/markov_int.h"
#include "measure/scratch.h"

#define THRESHOLDS 100
#define CANCELLED 1e-9 /* of the value without signs: a sum smaller than this is noise */

static double ratio(double part, double all)
{
    return all != 0 ? part / all : 0;
}

/* What is shared out: to n channels; share[n] is set already. */
struct shares {
    uint32_t n;
    int64_t value_minor;
    struct path_share *share;
};

/* Make removal effects relative, and credits of them. */
static bool settle(const struct shares *shares, const struct chain *chain, struct arena *arena,
                   struct markov_removal *removal, struct path_credit *credit, struct markov *out, struct err *err)
{
    double walks = chain->journeys, sum = 0, value_sum = 0;

    for (uint32_t c = 0; c < shares->n; c++) {
        sum += removal[c].conversions;
        value_sum += removal[c].value;
    }
    out->value_undetermined = chain->all_magnitude > 0 && fabs(value_sum) * walks <= CANCELLED * chain->all_magnitude;
    for (uint32_t c = 0; c < shares->n; c++) {
        double part = ratio(removal[c].conversions, sum);
        double value_part = out->value_undetermined ? part : ratio(removal[c].value, value_sum);
        shares->share[c] = (struct path_share){part * chain->all_conversions, value_part * chain->all_value};
        removal[c].conversions = fmin(1, ratio(removal[c].conversions * walks, chain->all_conversions));
        removal[c].value = ratio(removal[c].value * walks, chain->all_value);
    }
    return path_shares_settle(shares->n, shares->value_minor, shares->share, arena, credit, err);
}

static bool solve(const struct shares *shares, const struct chain *chain, struct arena *arena,
                  struct markov_removal *removal, struct path_credit *credit, struct markov *out, struct err *err)
{
    struct markov markov = {.states = chain->n, .transitions = chain->n ? chain->out.first[chain->n] : 0};
    struct markov_removal *effect = SCRATCH_ARRAY(arena, struct markov_removal, shares->n, err);

    if (!effect || !chain_solve(chain, arena, effect, &markov, err)) return false;
    if (chain->all_conversions > 0) {
        double known = chain->all_conversions / chain->journeys;
        markov.residual = fmax(markov.residual, fabs(markov.conversion_rate - known) / known);
    }
    if (!settle(shares, chain, arena, effect, credit, &markov, err)) return false;
    for (uint32_t c = 0; c < shares->n; c++) removal[c] = effect[c];
    *out = markov;
    return true;
}

bool markov_count(const struct paths *paths, int order, struct arena *arena, struct markov_removal *removal,
                  struct path_credit *credit, struct markov *out, struct err *err)
{
    struct shares shares = {paths->n_channels, paths->value_minor, path_shares_new(paths, arena, err)};
    struct chain chain;

    if (!shares.share || !chain_build(paths, order, arena, &chain, err)) return false;
    return solve(&shares, &chain, arena, removal, credit, out, err);
}

bool markov_of_steps(const struct markov_steps *steps, struct arena *arena, struct markov_removal *removal,
                     struct path_credit *credit, struct markov *out, struct err *err)
{
    uint32_t n = steps->n_channels, none = steps->stride - 1;
    struct shares shares = {n, steps->value_minor, SCRATCH_ARRAY(arena, struct path_share, (size_t)n + 1, err)};
    struct chain chain;

    if (!shares.share || !chain_of_steps(steps, arena, &chain, err)) return false;
    shares.share[n] = (struct path_share){steps->steps[none * (size_t)steps->stride + none], steps->value[none]};
    return solve(&shares, &chain, arena, removal, credit, out, err);
}

/* ---- order ---- */

/* By the highest threshold that a state's prediction reaches: journeys of its paths. */
struct curve {
    double threshold[THRESHOLDS];
    double conversions[THRESHOLDS], nulls[THRESHOLDS];
};

static double prediction(const struct chain *chain, uint32_t state)
{
    return chain->conversions[state] / (chain->conversions[state] + chain->nulls[state]);
}

static void curve_fill(const struct chain *chain, struct curve *curve)
{
    double least = 1, most = 0;

    for (uint32_t i = 0; i < chain->n; i++) {
        if (chain->conversions[i] + chain->nulls[i] <= 0) continue; /* no path ends here */
        least = fmin(least, prediction(chain, i));
        most = fmax(most, prediction(chain, i));
    }
    for (int t = 0; t < THRESHOLDS; t++) curve->threshold[t] = least + t * (most - least) / (THRESHOLDS - 1);
    for (uint32_t i = 0; i < chain->n; i++) {
        int t = THRESHOLDS - 1;
        if (chain->conversions[i] + chain->nulls[i] <= 0) continue;
        while (t > 0 && prediction(chain, i) < curve->threshold[t]) t--;
        curve->conversions[t] += chain->conversions[i];
        curve->nulls[t] += chain->nulls[i];
    }
}

static double auc_of(const struct chain *chain)
{
    struct curve curve = {0};
    double conversions = 0, nulls = 0, x_before = 0, y_before = 0, area = 0;

    curve_fill(chain, &curve);
    for (int t = 0; t < THRESHOLDS; t++) {
        conversions += curve.conversions[t];
        nulls += curve.nulls[t];
    }
    if (conversions <= 0 || nulls <= 0) return NAN;
    double x = 0, y = 0;
    for (int t = THRESHOLDS; t-- > 0;) { /* the lowest threshold takes all: the curve ends at 1, 1 */
        x += curve.nulls[t] / nulls;
        y += curve.conversions[t] / conversions;
        area += (x - x_before) * (y + y_before) / 2;
        x_before = x;
        y_before = y;
    }
    return area;
}

static double penalise(double auc, const struct chain *chain, int order)
{
    double states = 1; /* C(channels + k - 1, k) */

    for (int i = 1; i <= order; i++) states = states * ((double)chain->n_present + i - 1) / i;
    double free = chain->journeys - states - 1;
    double penalised = 1 - (1 - auc) * (chain->journeys - 1) / free;
    return free > 0 && penalised >= 0 && penalised <= 1 ? penalised : 0; /* NAN is neither */
}

bool markov_choose_order(const struct paths *paths, int max_order, struct arena *arena, struct markov_order *out,
                         int *best, struct err *err)
{
    struct markov_order order[MARKOV_ORDER_MAX] = {{0}};

    if (max_order < 1 || max_order > MARKOV_ORDER_MAX) {
        return err_set_field(err, "order", "must be 1 to %d, not %d", MARKOV_ORDER_MAX, max_order);
    }
    for (int k = 1; k <= max_order; k++) {
        struct arena own; /* one chain at a time */
        struct chain chain;
        arena_init(&own, arena->ceiling - arena->used);
        bool ok = chain_build(paths, k, &own, &chain, err);
        if (ok) order[k - 1].auc = auc_of(&chain);
        if (ok) order[k - 1].penalised = penalise(order[k - 1].auc, &chain, k);
        arena_free(&own);
        if (!ok) return false;
    }
    *best = 1;
    for (int k = 1; k <= max_order; k++) {
        out[k - 1] = order[k - 1];
        if (order[k - 1].penalised > order[*best - 1].penalised) *best = k;
    }
    return true;
}
