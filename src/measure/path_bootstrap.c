/* measure/path_bootstrap.c -- see path_bootstrap.h.
 *
 * Every replicate has its own sums (path_sums.h), to which a journey adds the weight that its person was drawn with.
 * Each is solved by itself, and is exactly what markov.c and shapley.c would say of a table with each person's journeys
 * as often as it was drawn.
 *
 * With M = 1 - Q (Q the steps' probabilities), N = M^-1, h = N r (r: converting from a state), and s the starts:
 *
 *     P(visit c) = (s N)_c / N_cc         RE_c * P(convert) = P(visit c) * h_c          credit_c ~ RE_c
 *
 * and the same with the value of conversions from a state for r (models/attribution.md 4.3). A channel that no journey
 * of the replicate has is a state without steps. Values that cancel out are shared as the conversions are (markov.c).
 */
#include "measure/path_bootstrap.h"

#include <math.h>

#include "measure/path_sums.h"
#include "measure/scratch.h"

#define STATES_MAX (PATH_BOOTSTRAP_KEYS_MAX + 1)
#define CANCELLED 1e-9 /* of the value without signs: a smaller sum is noise */

struct run {
    const struct bootstrap *bootstrap;
    uint32_t n; /* channels */
    struct path_sums sums;
};

static double *numbers(const struct run *run, double *sums, size_t sum)
{
    return path_sums_at(&run->sums, sums, sum);
}

/* ---- one replicate ---- */

struct chain {
    uint32_t n;
    double start[STATES_MAX], converts[STATES_MAX], value[STATES_MAX]; /* of a visit */
    double matrix[STATES_MAX][STATES_MAX];                             /* 1 - Q, then its inverse */
    double conversions, all_value, magnitude;                          /* of journeys with a touch */
};

static void chain_read(const struct run *run, uint32_t r, struct chain *chain)
{
    const struct path_sums *sums = &run->sums;
    uint32_t n = run->n;

    *chain = (struct chain){.n = n};
    for (uint32_t i = 0; i < n; i++) {
        double visits = 0;
        for (uint32_t from = 0; from <= n; from++) visits += numbers(run, sums->steps, from * (n + 1) + i)[r];
        for (uint32_t to = 0; to < n && visits > 0; to++)
            chain->matrix[i][to] = -numbers(run, sums->steps, i * (n + 1) + to)[r] / visits;
        chain->matrix[i][i] += 1;
        chain->start[i] = numbers(run, sums->steps, n * (n + 1) + i)[r];
        double converts = numbers(run, sums->steps, i * (n + 1) + n)[r];
        double value = numbers(run, sums->value, i)[r];
        if (visits > 0) chain->converts[i] = converts / visits;
        if (visits > 0) chain->value[i] = value / visits;
        chain->conversions += converts;
        chain->all_value += value;
        chain->magnitude += fabs(value);
    }
}

/* No pivots: 1 - Q is an M-matrix, whose elimination is stable as it stands. */
static void invert(struct chain *chain)
{
    for (uint32_t k = 0; k < chain->n; k++) {
        double pivot = chain->matrix[k][k];
        chain->matrix[k][k] = 1;
        for (uint32_t j = 0; j < chain->n; j++) chain->matrix[k][j] /= pivot;
        for (uint32_t i = 0; i < chain->n; i++) {
            double factor = chain->matrix[i][k];
            if (i == k || factor == 0) continue;
            chain->matrix[i][k] = 0;
            for (uint32_t j = 0; j < chain->n; j++) chain->matrix[i][j] -= factor * chain->matrix[k][j];
        }
    }
}

/* What a model says in each replicate: [2 * group] conversions and [2 * group + 1] value, `replicates` numbers each. */
struct outcome {
    double *markov, *shapley;
};

static void solve_markov(const struct run *run, struct chain *chain, uint32_t r, double *out)
{
    double effect[STATES_MAX], value_effect[STATES_MAX], sum = 0, value_sum = 0;

    invert(chain);
    for (uint32_t c = 0; c < chain->n; c++) {
        double visited = 0, converts = 0, value = 0;
        for (uint32_t i = 0; i < chain->n; i++) {
            visited += chain->start[i] * chain->matrix[i][c];
            converts += chain->matrix[c][i] * chain->converts[i];
            value += chain->matrix[c][i] * chain->value[i];
        }
        visited /= chain->matrix[c][c];
        sum += effect[c] = visited * converts;
        value_sum += value_effect[c] = visited * value;
    }
    bool cancelled = fabs(value_sum) <= CANCELLED * chain->magnitude;
    for (uint32_t c = 0; c < chain->n; c++) {
        double part = sum > 0 ? effect[c] / sum : 0;
        double value_part = cancelled ? part : value_effect[c] / value_sum;
        numbers(run, out, 2 * (size_t)c)[r] = part * chain->conversions;
        numbers(run, out, 2 * (size_t)c + 1)[r] = value_part * chain->all_value;
    }
}

static void solve_shapley(const struct run *run, uint32_t r, double *out)
{
    const struct path_sums *sums = &run->sums;
    size_t n = run->n;

    for (size_t c = 0; c < n; c++) {
        double conversions = 0, value = 0;
        for (size_t size = 1; size <= n; size++) {
            conversions += numbers(run, sums->met, (size - 1) * n + c)[r] / (double)size;
            value += numbers(run, sums->met_value, (size - 1) * n + c)[r] / (double)size;
        }
        numbers(run, out, 2 * c)[r] = conversions;
        numbers(run, out, 2 * c + 1)[r] = value;
    }
}

static void solve_replicate(const struct run *run, uint32_t r, struct outcome *out)
{
    const struct path_sums *sums = &run->sums;
    size_t n = run->n;
    struct chain chain;

    chain_read(run, r, &chain);
    solve_markov(run, &chain, r, out->markov);
    solve_shapley(run, r, out->shapley);
    double *both[] = {out->markov, out->shapley};
    for (size_t m = 0; m < COUNT_OF(both); m++) {
        numbers(run, both[m], 2 * n)[r] = numbers(run, sums->steps, n * (n + 1) + n)[r];
        numbers(run, both[m], 2 * n + 1)[r] = numbers(run, sums->value, n)[r];
    }
}

/* ---- intervals ---- */

static struct interval interval_of(const struct run *run, double *outcome, size_t place)
{
    return bootstrap_interval(run->bootstrap, numbers(run, outcome, place));
}

static void intervals_of(const struct run *run, double *outcome, struct path_interval *out)
{
    for (size_t c = 0; c <= run->n; c++)
        out[c] = (struct path_interval){interval_of(run, outcome, 2 * c), interval_of(run, outcome, 2 * c + 1)};
}

static bool check(const struct attribution_query *query, const struct bootstrap *bootstrap, struct err *err)
{
    if (query->by.n > PATH_BOOTSTRAP_KEYS_MAX)
        return err_set_field(err, "by", "markov and shapley have intervals for %d keys at most, not %u",
                             PATH_BOOTSTRAP_KEYS_MAX, query->by.n);
    return bootstrap_check(bootstrap, err);
}

bool path_intervals(const struct snapshot *snapshot, const struct attribution_query *query,
                    const struct bootstrap *bootstrap, struct arena *arena, struct path_interval *markov,
                    struct path_interval *shapley, struct err *err)
{
    struct run run = {.bootstrap = bootstrap, .n = query->by.n};
    size_t rows = (size_t)run.n + 1, each = bootstrap->replicates;
    struct outcome outcome;

    if (!check(query, bootstrap, err)) return false;
    outcome.markov = SCRATCH_ARRAY(arena, double, 2 * rows * each, err);
    if (!outcome.markov) return false;
    outcome.shapley = SCRATCH_ARRAY(arena, double, 2 * rows * each, err);
    if (!outcome.shapley || !path_sums_count(snapshot, query, bootstrap, arena, &run.sums, err)) return false;
    for (uint32_t r = 0; r < each; r++) solve_replicate(&run, r, &outcome);
    intervals_of(&run, outcome.markov, markov);
    intervals_of(&run, outcome.shapley, shapley);
    return true;
}
