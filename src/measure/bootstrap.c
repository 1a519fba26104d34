/* measure/bootstrap.c -- see bootstrap.h.
 *
 * Sums lie replicate by replicate behind each other for one cell (group, model), so that adding a journey is one pass
 * over the person's weights, which the compiler turns into vector additions. A person's weights are drawn once, when
 * its first journey comes: from a hash of seed and person, 16 bits a replicate, by the table of the Poisson(1)
 * distribution, whose rounding is below 2^-16 a value.
 */
#include "measure/bootstrap.h"

#include <stdlib.h>

#include "measure/scratch.h"

/* Poisson(1): the chance of a value above k, in units of 2^-16; beyond 8 it is below one unit. */
static const uint16_t ABOVE[] = {41427, 17317, 5263, 1244, 240, 39, 5, 1};

struct sums {
    const struct attribution_query *query;
    const struct snapshot *snapshot;
    const struct bootstrap *bootstrap;
    double *conversions; /* [(group * MODEL_COUNT + model) * replicates + replicate] */
    double *revenue;
    uint8_t *drawn;
    double *weight; /* of the person under way */
    uint32_t person_plus_1;
};

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

void bootstrap_weights(const struct bootstrap *bootstrap, uint32_t person, uint8_t *weights)
{
    uint64_t state = mix(bootstrap->seed + UINT64_C(0x9E3779B97F4A7C15)) ^ mix((uint64_t)person + 1);

    for (uint32_t r = 0; r < bootstrap->replicates; r++) {
        if (r % 4 == 0) state += UINT64_C(0x9E3779B97F4A7C15);
        uint16_t draw = (uint16_t)(mix(state) >> (16 * (r % 4)));
        uint8_t k = 0;
        while (k < COUNT_OF(ABOVE) && draw < ABOVE[k]) k++;
        weights[r] = k;
    }
}

static void add(struct sums *sums, uint32_t group, int model, double conversions, double revenue)
{
    uint32_t n = sums->bootstrap->replicates;
    size_t at = ((size_t)group * MODEL_COUNT + (size_t)model) * n;
    double *restrict to_conversions = sums->conversions + at, *restrict to_revenue = sums->revenue + at;
    const double *restrict weight = sums->weight;

    for (uint32_t r = 0; r < n; r++) to_conversions[r] += weight[r] * conversions;
    for (uint32_t r = 0; r < n; r++) to_revenue[r] += weight[r] * revenue;
}

static bool see(void *context, const struct journey *journey)
{
    struct sums *sums = context;
    double amount = (double)sums->snapshot->amount_minor[journey->conversion_row];

    if (sums->person_plus_1 != journey->person + 1) {
        bootstrap_weights(sums->bootstrap, journey->person, sums->drawn);
        for (uint32_t r = 0; r < sums->bootstrap->replicates; r++) sums->weight[r] = sums->drawn[r];
        sums->person_plus_1 = journey->person + 1;
    }
    if (journey->n == 0)
        for (int model = 0; model < MODEL_COUNT; model++) add(sums, sums->query->by.n, model, 1, amount);
    for (uint32_t i = 0; i < journey->n; i++) {
        for (int model = 0; model < MODEL_COUNT; model++) {
            double weight = journey->touch[i].weight[model];
            if (weight > 0) add(sums, journey->touch[i].group, model, weight, (double)journey->revenue_minor[i][model]);
        }
    }
    return true;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The value at a share of the way through sorted values, between neighbours by proportion. */
static double quantile(const double *sorted, uint32_t n, double share)
{
    double at = share * (double)(n - 1);
    uint32_t below = (uint32_t)at;
    double rest = at - (double)below;

    return below + 1 < n ? sorted[below] + rest * (sorted[below + 1] - sorted[below]) : sorted[below];
}

static struct interval interval_of(double *values, const struct bootstrap *bootstrap)
{
    double tail = (1 - bootstrap->level) / 2;

    qsort(values, bootstrap->replicates, sizeof *values, ascending);
    return (struct interval){quantile(values, bootstrap->replicates, tail),
                             quantile(values, bootstrap->replicates, 1 - tail)};
}

static bool check(const struct bootstrap *bootstrap, struct err *err)
{
    if (bootstrap->replicates < 20 || bootstrap->replicates > BOOTSTRAP_REPLICATES_MAX)
        return err_set_field(err, "replicates", "a bootstrap takes 20 to %d replicates, not %u",
                             BOOTSTRAP_REPLICATES_MAX, bootstrap->replicates);
    if (!(bootstrap->level > 0 && bootstrap->level < 1))
        return err_set_field(err, "level", "the level of an interval lies between 0 and 1, not at %g",
                             bootstrap->level);
    return true;
}

bool attribution_intervals(const struct snapshot *snapshot, const struct attribution_query *query,
                           const struct bootstrap *bootstrap, struct arena *arena, struct attribution_interval *out,
                           struct err *err)
{
    struct sums sums = {.query = query, .snapshot = snapshot, .bootstrap = bootstrap};
    size_t cells = ((size_t)query->by.n + 1) * MODEL_COUNT;

    if (!check(bootstrap, err)) return false;
    sums.conversions = SCRATCH_ARRAY(arena, double, cells * bootstrap->replicates, err);
    if (!sums.conversions) return false;
    sums.revenue = SCRATCH_ARRAY(arena, double, cells * bootstrap->replicates, err);
    if (!sums.revenue) return false;
    sums.weight = SCRATCH_ARRAY(arena, double, bootstrap->replicates, err);
    if (!sums.weight) return false;
    sums.drawn = SCRATCH_ARRAY(arena, uint8_t, bootstrap->replicates, err);
    if (!sums.drawn) return false;
    if (!attribution_walk(snapshot, query, 0, arena, see, &sums, err)) return false;
    for (size_t cell = 0; cell < cells; cell++) {
        struct attribution_interval *row = &out[cell / MODEL_COUNT];
        row->conversions[cell % MODEL_COUNT] = interval_of(sums.conversions + cell * bootstrap->replicates, bootstrap);
        row->revenue_minor[cell % MODEL_COUNT] = interval_of(sums.revenue + cell * bootstrap->replicates, bootstrap);
    }
    return true;
}
