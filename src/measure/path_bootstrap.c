/* measure/path_bootstrap.c -- see path_bootstrap.h.
 *
 * A first-order chain is known by how often journeys step from one channel to another, and Shapley's count game by the
 * parts of each journey: both are sums over journeys. So every replicate has its own sums, to which a journey adds the
 * weight that its person was drawn with; they lie replicate by replicate behind each other for one sum, so that adding
 * a step is one pass over the person's weights. Then each replicate is solved by itself, and is exactly what markov.c
 * and shapley.c would say of a table with each person's journeys as often as it was drawn.
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

#include "measure/attribution_int.h"
#include "measure/scratch.h"

#define STATES_MAX (PATH_BOOTSTRAP_KEYS_MAX + 1)
#define CANCELLED 1e-9 /* of the value without signs: a smaller sum is noise */

/* Each `replicates` numbers for one sum. As an origin, state `n` is the start; as an end, it is a conversion. */
struct sums {
    double *steps;               /* [from * (n + 1) + to] */
    double *value;               /* [last channel]: of the conversions from it; [n]: of those without a touch */
    double *parts, *parts_value; /* [channel]: Shapley's */
};

struct run {
    const struct scan *scan; /* what all shards share */
    const struct bootstrap *bootstrap;
    uint32_t n; /* channels */
    struct sums sums[SHARDS_MAX];
};

static double *numbers(const struct run *run, double *sums, size_t sum)
{
    return sums + sum * run->bootstrap->replicates;
}

static bool sums_new(const struct run *run, struct arena *arena, struct sums *sums, struct err *err)
{
    size_t n = run->n + 1, each = run->bootstrap->replicates;
    double **array[] = {&sums->steps, &sums->value, &sums->parts, &sums->parts_value};

    for (size_t i = 0; i < COUNT_OF(array); i++) {
        *array[i] = SCRATCH_ARRAY(arena, double, (i == 0 ? n * n : n) * each, err);
        if (!*array[i]) return false;
    }
    return true;
}

/* ---- adding up ---- */

struct reader {
    const struct run *run;
    struct sums *sums;
    uint8_t *drawn;
    double *weight; /* of the person under way */
    uint32_t person_plus_1;
};

static void add(const struct reader *reader, double *sums, size_t sum, double times)
{
    uint32_t n = reader->run->bootstrap->replicates;
    double *restrict to = numbers(reader->run, sums, sum);
    const double *restrict weight = reader->weight;

    for (uint32_t r = 0; r < n; r++) to[r] += weight[r] * times;
}

static void add_parts(const struct reader *reader, const struct scan_journey *journey)
{
    double value = (double)journey->journey.revenue_minor;
    uint64_t met = 0;

    for (uint32_t i = 0; i < journey->journey.n; i++) met |= UINT64_C(1) << journey->group[i];
    double part = 1.0 / __builtin_popcountll(met);
    for (; met != 0; met &= met - 1) {
        size_t c = (size_t)__builtin_ctzll(met);
        add(reader, reader->sums->parts, c, part);
        if (journey->journey.revenue_minor != 0) add(reader, reader->sums->parts_value, c, part * value);
    }
}

static void draw(struct reader *reader, uint32_t person)
{
    const struct bootstrap *bootstrap = reader->run->bootstrap;

    if (reader->person_plus_1 == person + 1) return;
    bootstrap_weights(bootstrap, person, reader->drawn);
    for (uint32_t r = 0; r < bootstrap->replicates; r++) reader->weight[r] = reader->drawn[r];
    reader->person_plus_1 = person + 1;
}

static enum verdict see(struct scan *scan, const struct scan_journey *journey)
{
    struct reader *reader = scan->reader;
    struct sums *sums = reader->sums;
    size_t n = reader->run->n, at = n;

    draw(reader, journey->person);
    for (uint32_t i = 0; i < journey->journey.n; i++) {
        size_t to = journey->group[i];
        if (to == at) continue; /* the same again is no step */
        add(reader, sums->steps, at * (n + 1) + to, 1);
        at = to;
    }
    if (journey->null) return GO_ON;
    add(reader, sums->steps, at * (n + 1) + n, 1);
    if (journey->journey.revenue_minor != 0) add(reader, sums->value, at, (double)journey->journey.revenue_minor);
    if (journey->journey.n > 0) add_parts(reader, journey);
    return GO_ON;
}

static bool scan_shard(void *context, struct shard *shard, struct err *err)
{
    struct run *run = context;
    struct reader reader = {.run = run, .sums = &run->sums[shard->index]};
    struct scan scan = *run->scan;

    if (!sums_new(run, &shard->arena, reader.sums, err)) return false;
    reader.weight = SCRATCH_ARRAY(&shard->arena, double, run->bootstrap->replicates, err);
    if (!reader.weight) return false;
    reader.drawn = SCRATCH_ARRAY(&shard->arena, uint8_t, run->bootstrap->replicates, err);
    if (!reader.drawn) return false;
    scan.arena = &shard->arena;
    scan.err = err;
    scan.see = see;
    scan.reader = &reader;
    return scan_places(&scan, shard->from, shard->to);
}

static void join(const struct run *run, struct sums *to, const struct sums *from)
{
    size_t n = run->n + 1, each = run->bootstrap->replicates;

    for (size_t i = 0; i < n * n * each; i++) to->steps[i] += from->steps[i];
    for (size_t i = 0; i < n * each; i++) {
        to->value[i] += from->value[i];
        to->parts[i] += from->parts[i];
        to->parts_value[i] += from->parts_value[i];
    }
}

/* ---- one replicate ---- */

struct chain {
    uint32_t n;
    double start[STATES_MAX], converts[STATES_MAX], value[STATES_MAX]; /* of a visit */
    double matrix[STATES_MAX][STATES_MAX];                             /* 1 - Q, then its inverse */
    double conversions, all_value, magnitude;                          /* of journeys with a touch */
};

static void chain_read(const struct run *run, const struct sums *sums, uint32_t r, struct chain *chain)
{
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

static void solve_replicate(const struct run *run, uint32_t r, struct outcome *out)
{
    const struct sums *sums = &run->sums[0];
    size_t n = run->n;
    struct chain chain;

    chain_read(run, sums, r, &chain);
    solve_markov(run, &chain, r, out->markov);
    for (size_t c = 0; c < n; c++) {
        numbers(run, out->shapley, 2 * c)[r] = numbers(run, sums->parts, c)[r];
        numbers(run, out->shapley, 2 * c + 1)[r] = numbers(run, sums->parts_value, c)[r];
    }
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
    struct scan scan;
    struct run run = {.scan = &scan, .bootstrap = bootstrap, .n = query->by.n};
    size_t rows = (size_t)run.n + 1, each = bootstrap->replicates;
    struct outcome outcome;
    struct shards shards;

    if (!check(query, bootstrap, err) || !scan_open(&scan, snapshot, query, arena, err)) return false;
    scan.models = 0;
    scan.nulls = true;
    outcome.markov = SCRATCH_ARRAY(arena, double, 2 * rows * each, err);
    if (!outcome.markov) return false;
    outcome.shapley = SCRATCH_ARRAY(arena, double, 2 * rows * each, err);
    if (!outcome.shapley) return false;
    shards_open(&shards, snapshot, arena, (rows + 3) * rows * each * sizeof(double));
    bool ok = shards_run(&shards, scan_shard, &run, err);
    for (uint32_t i = 1; i < shards.n && ok; i++) join(&run, &run.sums[0], &run.sums[i]);
    for (uint32_t r = 0; r < each && ok; r++) solve_replicate(&run, r, &outcome);
    shards_close(&shards);
    if (!ok) return false;
    intervals_of(&run, outcome.markov, markov);
    intervals_of(&run, outcome.shapley, shapley);
    return true;
}
