/* measure/bootstrap.c -- see bootstrap.h.
 *
 * A cell is a group and a wanted model. A person's credits are summed by cell first; when the person is done, each
 * replicate takes the sums of the few cells it touched times the person's weight in it: one pass over the replicates a
 * cell, which lie behind each other, so that the compiler makes vector additions of it. Weights come from a hash of
 * seed and person, 16 bits a replicate, by the table of the Poisson(1) distribution, whose rounding is below 2^-16 a
 * value; persons without a credit draw none. Shards of the persons are scanned at once and added in their order.
 */
#include "measure/bootstrap.h"

#include <stdlib.h>

#include "base/parallel.h"
#include "measure/attribution_int.h"
#include "measure/scratch.h"

/* Poisson(1): the chance of a value above k, in units of 2^-16; beyond 8 it is below one unit. */
static const uint16_t ABOVE[] = {41427, 17317, 5263, 1244, 240, 39, 5, 1};

struct amounts {
    double conversions, revenue;
};

/* One shard's. */
struct sums {
    const struct bootstrap *bootstrap;
    double *conversions; /* [cell * replicates + replicate] */
    double *revenue;
    double *weight;      /* of the person under way, by replicate */
    struct amounts *own; /* likewise, by cell; 0 but where touched */
    uint32_t *touched;   /* the cells it has credits in */
    bool *is_touched;    /* by cell */
    uint32_t n_touched;
    uint32_t person;
};

struct job {
    const struct scan *scan; /* what all shards share */
    const struct bootstrap *bootstrap;
    uint32_t n_models;
    uint32_t n_shards;
    struct sums sums[SHARDS_MAX];
    struct attribution_interval *out;
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
    uint16_t draw[BOOTSTRAP_REPLICATES_MAX + 3];
    uint32_t n = bootstrap->replicates;

    for (uint32_t r = 0; r < n; r += 4) {
        state += UINT64_C(0x9E3779B97F4A7C15);
        uint64_t bits = mix(state);
        for (uint32_t k = 0; k < 4; k++) draw[r + k] = (uint16_t)(bits >> (16 * k));
    }
    for (uint32_t r = 0; r < n; r++) {
        uint16_t above = 0; /* how many of the falling bounds it is below: no branch, many draws at a time */
        for (size_t k = 0; k < COUNT_OF(ABOVE); k++) above = (uint16_t)(above + (draw[r] < ABOVE[k]));
        weights[r] = (uint8_t)above;
    }
}

/* The person under way is done: into the replicates with it. */
static void settle_person(struct sums *sums)
{
    uint8_t drawn[BOOTSTRAP_REPLICATES_MAX];
    uint32_t n = sums->bootstrap->replicates;
    double *restrict weight = sums->weight;

    if (sums->n_touched == 0) return;
    bootstrap_weights(sums->bootstrap, sums->person, drawn);
    for (uint32_t r = 0; r < n; r++) weight[r] = drawn[r];
    for (uint32_t i = 0; i < sums->n_touched; i++) {
        uint32_t cell = sums->touched[i];
        struct amounts own = sums->own[cell];
        double *restrict conversions = sums->conversions + (size_t)cell * n;
        double *restrict revenue = sums->revenue + (size_t)cell * n;

        for (uint32_t r = 0; r < n; r++) conversions[r] += weight[r] * own.conversions;
        for (uint32_t r = 0; r < n; r++) revenue[r] += weight[r] * own.revenue;
        sums->own[cell] = (struct amounts){0, 0};
        sums->is_touched[cell] = false;
    }
    sums->n_touched = 0;
}

static enum verdict see(struct scan *scan, const struct scan_journey *path)
{
    struct sums *sums = scan->reader;
    uint32_t n_models = (uint32_t)__builtin_popcount(scan->models), column = 0;

    if (sums->person != path->person) settle_person(sums);
    sums->person = path->person;
    for (int model = 0; model < MODEL_COUNT; model++) {
        if (!scan_wants(scan, model)) continue;
        struct credit credit = credit_of(scan, path, (enum attribution_model)model);
        for (uint32_t i = 0; i < credit.n; i++) {
            uint32_t cell = credit.group[i] * n_models + column;
            if (!sums->is_touched[cell]) sums->touched[sums->n_touched++] = cell;
            sums->is_touched[cell] = true;
            sums->own[cell].conversions += credit.weight[i];
            sums->own[cell].revenue += (double)credit.revenue_minor[i];
        }
        column++;
    }
    return GO_ON;
}

static size_t cells_of(const struct job *job)
{
    return ((size_t)job->scan->query->by.n + 1) * job->n_models;
}

static bool sum_shard(void *context, struct shard *shard, struct err *err)
{
    struct job *job = context;
    struct sums *sums = &job->sums[shard->index];
    struct scan scan = *job->scan;
    size_t cells = cells_of(job), n = job->bootstrap->replicates;

    *sums = (struct sums){.bootstrap = job->bootstrap};
    if (!(sums->conversions = SCRATCH_ARRAY(&shard->arena, double, cells *n, err)) ||
        !(sums->revenue = SCRATCH_ARRAY(&shard->arena, double, cells *n, err)) ||
        !(sums->weight = SCRATCH_ARRAY(&shard->arena, double, n, err)) ||
        !(sums->own = SCRATCH_ARRAY(&shard->arena, struct amounts, cells, err)) ||
        !(sums->touched = SCRATCH_ARRAY(&shard->arena, uint32_t, cells, err)) ||
        !(sums->is_touched = SCRATCH_ARRAY(&shard->arena, bool, cells, err)))
        return false;
    scan.arena = &shard->arena;
    scan.err = err;
    scan.see = see;
    scan.reader = sums;
    if (!scan_places(&scan, shard->from, shard->to)) return false;
    settle_person(sums);
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

struct interval bootstrap_interval(const struct bootstrap *bootstrap, double *values)
{
    double tail = (1 - bootstrap->level) / 2;

    qsort(values, bootstrap->replicates, sizeof *values, ascending);
    return (struct interval){quantile(values, bootstrap->replicates, tail),
                             quantile(values, bootstrap->replicates, 1 - tail)};
}

bool bootstrap_check(const struct bootstrap *bootstrap, struct err *err)
{
    if (bootstrap->replicates < 20 || bootstrap->replicates > BOOTSTRAP_REPLICATES_MAX)
        return err_set_field(err, "replicates", "a bootstrap takes 20 to %d replicates, not %u",
                             BOOTSTRAP_REPLICATES_MAX, bootstrap->replicates);
    if (!(bootstrap->level > 0 && bootstrap->level < 1))
        return err_set_field(err, "level", "the level of an interval lies between 0 and 1, not at %g",
                             bootstrap->level);
    return true;
}

/* One quantity of a cell over all shards. */
static struct interval settle_cell(const struct job *job, size_t cell, bool revenue, double *sorted)
{
    uint32_t n = job->bootstrap->replicates;

    for (uint32_t r = 0; r < n; r++) sorted[r] = 0;
    for (uint32_t i = 0; i < job->n_shards; i++) {
        const double *from = (revenue ? job->sums[i].revenue : job->sums[i].conversions) + cell * n;
        for (uint32_t r = 0; r < n; r++) sorted[r] += from[r];
    }
    return bootstrap_interval(job->bootstrap, sorted);
}

static void settle_group(void *context, uint32_t group)
{
    const struct job *job = context;
    double sorted[BOOTSTRAP_REPLICATES_MAX];
    struct attribution_interval *out = &job->out[group];
    size_t cell = (size_t)group * job->n_models;

    *out = (struct attribution_interval){0};
    for (int model = 0; model < MODEL_COUNT; model++) {
        if (!scan_wants(job->scan, model)) continue;
        out->conversions[model] = settle_cell(job, cell, false, sorted);
        out->revenue_minor[model] = settle_cell(job, cell, true, sorted);
        cell++;
    }
}

bool attribution_intervals(const struct snapshot *snapshot, const struct attribution_query *query,
                           const struct bootstrap *bootstrap, struct arena *arena, struct attribution_interval *out,
                           struct err *err)
{
    struct scan scan;
    struct job job = {.scan = &scan, .bootstrap = bootstrap, .out = out};
    struct shards shards;

    if (!bootstrap_check(bootstrap, err) || !scan_open(&scan, snapshot, query, arena, err)) return false;
    job.n_models = (uint32_t)__builtin_popcount(scan.models);
    shards_open(&shards, snapshot, arena, cells_of(&job) * bootstrap->replicates * sizeof(struct amounts));
    job.n_shards = shards.n;
    bool ok = shards_run(&shards, sum_shard, &job, err);
    if (ok) parallel_run(query->by.n + 1, settle_group, &job);
    shards_close(&shards);
    return ok;
}
