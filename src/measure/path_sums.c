/* measure/path_sums.c -- see path_sums.h.
 *
 * A first-order chain is known by how often journeys step from one channel to another, Shapley's count game by the sets
 * of channels of the journeys: both are sums over journeys. The journeys of a person overlap: each is a window [lo, n)
 * of the trail, whose ends only ever move forward.
 *
 *          trail   a b c d e f g        step c -> d lies in both journeys: each notes where its steps begin and end,
 *                    |-----| 1st        and before the trail goes one pass along it counts
 *                      |-------| 2nd
 *
 * So a touch costs the same however many conversions see it. As to the different channels of the window, the latest
 * touch of each is known: if the window reaches back to it, it has the channel.
 *
 * With a bootstrap, replicates lie behind each other for one sum, so that adding a step is one pass over the person's
 * weights: all of a person's journeys share them.
 *
 * Invariants, which the tests hold us to: the sums are those of the path table (journey_paths.h), whole numbers, and so
 * the same in whatever order they were added.
 */
#include "measure/path_sums.h"

#include "measure/path_sums_int.h"
#include "measure/scratch.h"

#include <string.h>

struct run {
    const struct scan *scan; /* what all shards share */
    const struct bootstrap *bootstrap;
    struct path_sums sums[SHARDS_MAX];
};

bool path_sums_new(uint32_t n, uint32_t each, struct arena *arena, struct path_sums *sums, struct err *err)
{
    size_t rows = (size_t)n + 1;
    const size_t length[] = {rows * rows, rows, (size_t)n * n, (size_t)n * n};
    double **array[] = {&sums->steps, &sums->value, &sums->met, &sums->met_value};

    *sums = (struct path_sums){.n = n, .each = each};
    for (size_t i = 0; i < COUNT_OF(array); i++) {
        *array[i] = SCRATCH_ARRAY(arena, double, length[i] * each, err);
        if (!*array[i]) return false;
    }
    return true;
}

/* ---- adding up ---- */

static inline void add(const struct path_reader *reader, double *of, size_t sum, double times)
{
    uint32_t each = reader->sums->each;

    if (!reader->bootstrap) {
        of[sum] += times;
        return;
    }
    double *restrict to = of + sum * each;
    const double *restrict weight = reader->weight;
    for (uint32_t r = 0; r < each; r++) to[r] += weight[r] * times;
}

static void draw(struct path_reader *reader, uint32_t person)
{
    const struct bootstrap *bootstrap = reader->bootstrap;

    if (!bootstrap || reader->person_plus_1 == person + 1) return;
    bootstrap_weights(bootstrap, person, reader->drawn);
    for (uint32_t r = 0; r < bootstrap->replicates; r++) reader->weight[r] = reader->drawn[r];
    reader->person_plus_1 = person + 1;
}

/* ---- the window ---- */

/* The window is [lo, n). */
static void note_latest(struct path_reader *reader, const uint32_t *group, uint32_t lo, uint32_t n)
{
    for (uint32_t i = lo > reader->n ? lo : reader->n; i < n; i++) reader->latest[group[i]] = i + 1;
    reader->n = n;
}

/* The channels of the window [lo, n), a bit each; returns how many. */
static uint32_t find_some(const struct path_reader *reader, uint32_t lo, uint64_t *some)
{
    uint32_t size = 0;

    for (uint32_t from = 0; from < reader->sums->n; from += 8) {
        uint8_t held[8];
        uint64_t word;
        for (uint32_t i = 0; i < 8; i++) held[i] = reader->latest[from + i] > lo;
        memcpy(&word, held, sizeof word); /* products gather the bits of eight bytes in the highest, and their sum */
        some[from / 64] |= (word * UINT64_C(0x0102040810204080)) >> 56 << (from % 64);
        size += (uint32_t)((word * UINT64_C(0x0101010101010101)) >> 56);
    }
    return size;
}

static bool reader_reserve(struct path_reader *reader, uint32_t n, struct scan *scan)
{
    if (n <= reader->capacity) return true;
    reader->capacity = 0;
    reader->more = SCRATCH_ARRAY(scan->arena, uint32_t, (size_t)n + 1, scan->err);
    if (!reader->more) return false;
    reader->capacity = n;
    return true;
}

/* ---- journeys ---- */

static bool add_totals(struct path_sums *sums, int64_t conversions, int64_t nulls, int64_t value_minor,
                       uint64_t magnitude, struct err *err)
{
    if (magnitude > (uint64_t)PATHS_TOTAL_MAX - sums->magnitude)
        return err_set(err, ERR_LIMIT, "the value is more than 2^53 minor units");
    sums->conversions += conversions;
    sums->nulls += nulls;
    sums->value_minor += value_minor;
    sums->magnitude += magnitude;
    return true;
}

static inline void add_step(const struct path_reader *reader, size_t from, size_t to, double times)
{
    add(reader, reader->sums->steps, from * (reader->sums->n + 1) + to, times);
}

/* Steps are of any kind: all are counted, those to the same group and back to the start too, and which of these are
 * none is seen at the end. */
void path_reader_see_line(struct path_reader *reader)
{
    const uint32_t *line = reader->line.group;
    size_t states = (size_t)reader->sums->n + 1;

    for (uint32_t i = 1; i < reader->line.n; i++) reader->count[i % STEP_SIDES][line[i - 1] * states + line[i]]++;
    reader->sums->nulls += reader->line.n_journeys;
    reader->line.n = reader->line.n_journeys = 0;
}

static void see_null(struct path_reader *reader, const struct scan_journey *journey)
{
    const uint32_t *group = journey->group;
    uint32_t n = journey->journey.n;

    if (n == 0) return;
    if (reader->bootstrap || n >= LINE_TOUCHES) { /* its person's weights, or no room */
        add_step(reader, reader->sums->n, group[0], 1);
        for (uint32_t i = 1; i < n; i++)
            if (group[i] != group[i - 1]) add_step(reader, group[i - 1], group[i], 1);
        return;
    }
    if (reader->line.n + 1 + n > LINE_TOUCHES) path_reader_see_line(reader);
    uint32_t *line = reader->line.group + reader->line.n;
    *line++ = reader->sums->n;
    for (uint32_t i = 0; i < n; i += GROUP_PAD) memcpy(line + i, group + i, GROUP_PAD * sizeof *line);
    reader->line.n += 1 + n;
}

/* A conversion from `last`, the groups of whose journey have these bits. */
static void add_conversion(const struct path_reader *reader, size_t first, size_t last, const uint64_t *some,
                           uint32_t size, int64_t revenue)
{
    const struct path_sums *sums = reader->sums;
    double value = (double)revenue;
    size_t n = sums->n;

    if (size > 0) add_step(reader, n, first, 1);
    add_step(reader, last, n, 1);
    if (revenue != 0) add(reader, sums->value, last, value);
    for (uint32_t w = 0; w < reader->n_words && size > 0; w++) {
        for (uint64_t bits = some[w]; bits != 0; bits &= bits - 1) {
            size_t cell = (size - 1) * n + (size_t)64 * w + (size_t)__builtin_ctzll(bits);
            add(reader, sums->met, cell, 1);
            if (revenue != 0) add(reader, sums->met_value, cell, value);
        }
    }
}

/* Of one touch or none, which is not in the trail. */
static void see_own(const struct path_reader *reader, const struct scan_journey *journey)
{
    uint64_t some[WORDS_MAX] = {0};
    uint32_t size = journey->journey.n, group = size > 0 ? journey->own_group : reader->sums->n;

    if (size > 0) some[group / 64] = UINT64_C(1) << (group % 64);
    add_conversion(reader, group, group, some, size, journey->journey.revenue_minor);
}

static enum verdict see_window(struct path_reader *reader, struct scan *scan, int64_t revenue)
{
    const struct trail *trail = &scan->trail;
    uint64_t some[WORDS_MAX] = {0};

    if (!reader_reserve(reader, trail->capacity, scan)) return FAILED;
    if (!reader->open) reader->first = trail->lo;
    reader->open = true;
    note_latest(reader, trail->group, trail->lo, trail->n);
    reader->more[trail->lo]++;
    reader->more[trail->n - 1]--;
    uint32_t size = find_some(reader, trail->lo, some);
    add_conversion(reader, trail->group[trail->lo], trail->group[trail->n - 1], some, size, revenue);
    return GO_ON;
}

enum verdict path_reader_see(struct path_reader *reader, struct scan *scan, const struct scan_journey *journey)
{
    int64_t revenue = journey->journey.revenue_minor;
    uint64_t magnitude = revenue < 0 ? 0 - (uint64_t)revenue : (uint64_t)revenue;

    draw(reader, journey->person);
    if (journey->null) {
        reader->sums->nulls++;
        see_null(reader, journey);
        return GO_ON;
    }
    if (!add_totals(reader->sums, 1, 0, revenue, magnitude, scan->err)) return FAILED;
    if (!journey->own && journey->journey.n > 0) return see_window(reader, scan, revenue);
    see_own(reader, journey);
    return GO_ON;
}

void path_reader_settle(struct path_reader *reader, const struct scan *scan)
{
    const uint32_t *group = scan->trail.group;
    size_t states = (size_t)reader->sums->n + 1;
    uint32_t times = 0;

    if (!reader->open) return;
    for (uint32_t i = reader->first; i + 1 < reader->n; i++) {
        times += reader->more[i];
        if (!reader->bootstrap)
            reader->count[i % STEP_SIDES][group[i] * states + group[i + 1]] += times;
        else if (times > 0 && group[i] != group[i + 1])
            add_step(reader, group[i], group[i + 1], times);
    }
    memset(reader->more + reader->first, 0, (reader->n - reader->first) * sizeof *reader->more);
    memset(reader->latest, 0, reader->sums->n * sizeof *reader->latest);
    reader->n = 0;
    reader->open = false;
}

void path_reader_close(struct path_reader *reader)
{
    size_t n = reader->sums->n, states = n + 1;

    path_reader_see_line(reader);
    for (size_t from = 0; from < states; from++) {
        for (size_t to = 0; to < n; to++) {
            size_t step = from * states + to;
            for (uint32_t side = 0; side < STEP_SIDES && from != to && !reader->bootstrap; side++)
                reader->sums->steps[step] += (double)reader->count[side][step];
        }
    }
}

bool path_reader_open(struct path_reader *reader, struct path_sums *sums, const struct bootstrap *bootstrap,
                      struct arena *arena, struct err *err)
{
    *reader = (struct path_reader){.sums = sums, .bootstrap = bootstrap, .n_words = (sums->n + 63) / 64};
    size_t groups = (sums->n + 7) & ~(size_t)7, states = (size_t)sums->n + 1;

    reader->latest = SCRATCH_ARRAY(arena, uint32_t, groups, err);
    if (!reader->latest) return false;
    reader->weight = SCRATCH_ARRAY(arena, double, sums->each, err);
    if (!reader->weight) return false;
    reader->line.group = SCRATCH_ARRAY(arena, uint32_t, LINE_TOUCHES + GROUP_PAD, err);
    if (!reader->line.group) return false;
    for (uint32_t side = 0; side < STEP_SIDES && !bootstrap; side++) {
        reader->count[side] = SCRATCH_ARRAY(arena, uint64_t, states * states, err);
        if (!reader->count[side]) return false;
    }
    reader->drawn = SCRATCH_ARRAY(arena, uint8_t, sums->each, err);
    return reader->drawn != NULL;
}

/* ---- all shards ---- */

static enum verdict see(struct scan *scan, const struct scan_journey *journey)
{
    return path_reader_see(scan->reader, scan, journey);
}

static void see_line(struct scan *scan)
{
    path_reader_see_line(scan->reader);
}

static void settle(struct scan *scan)
{
    path_reader_settle(scan->reader, scan);
}

static bool scan_shard(void *context, struct shard *shard, struct err *err)
{
    struct run *run = context;
    struct path_sums *sums = &run->sums[shard->index];
    struct path_reader reader;
    struct scan scan = *run->scan;
    uint32_t each = run->bootstrap ? run->bootstrap->replicates : 1;

    if (!path_sums_new(scan.query->by.n, each, &shard->arena, sums, err)) return false;
    if (!path_reader_open(&reader, sums, run->bootstrap, &shard->arena, err)) return false;
    scan.arena = &shard->arena;
    scan.err = err;
    scan.see = see;
    scan.settle = settle;
    scan.together = !run->bootstrap; /* whose persons have weights of their own */
    scan.reader = &reader;
    scan.line = run->bootstrap ? NULL : &reader.line; /* persons of one weight */
    scan.see_line = see_line;
    if (!scan_places(&scan, shard->from, shard->to)) return false;
    path_reader_close(&reader);
    return true;
}

static void add_all(double *to, const double *from, size_t n)
{
    for (size_t i = 0; i < n; i++) to[i] += from[i];
}

bool path_sums_join(struct path_sums *to, const struct path_sums *from, struct err *err)
{
    size_t n = to->n, each = to->each;

    add_all(to->steps, from->steps, (n + 1) * (n + 1) * each);
    add_all(to->value, from->value, (n + 1) * each);
    add_all(to->met, from->met, n * n * each);
    add_all(to->met_value, from->met_value, n * n * each);
    return add_totals(to, from->conversions, from->nulls, from->value_minor, from->magnitude, err);
}

bool path_sums_check(const struct attribution_query *query, struct err *err)
{
    if (query->by.n <= PATH_SUMS_GROUPS_MAX) return true;
    return err_set_field(err, "by", "sums are for %d keys at most, not %u", PATH_SUMS_GROUPS_MAX, query->by.n);
}

bool path_sums_count(const struct snapshot *snapshot, const struct attribution_query *query,
                     const struct bootstrap *bootstrap, struct arena *arena, struct path_sums *sums, struct err *err)
{
    struct scan scan;
    struct run run = {.scan = &scan, .bootstrap = bootstrap};
    struct shards shards;
    size_t n = query->by.n, each = bootstrap ? bootstrap->replicates : 1;

    if (!path_sums_check(query, err)) return false;
    if (!scan_open(&scan, snapshot, query, arena, err) || !path_sums_new(query->by.n, (uint32_t)each, arena, sums, err))
        return false;
    scan.models = 0;
    scan.nulls = true;
    shards_open(&shards, snapshot, arena, (5 * n + 5) * (n + 1) * each * sizeof(double));
    bool ok = shards_run(&shards, scan_shard, &run, err);
    for (uint32_t i = 0; i < shards.n && ok; i++) ok = path_sums_join(sums, &run.sums[i], err);
    shards_close(&shards);
    return ok;
}

bool path_sums_met(const struct path_sums *sums, uint32_t group)
{
    size_t stride = (size_t)sums->n + 1;

    for (size_t from = 0; from < stride; from++)
        if (sums->steps[from * stride + group] > 0) return true;
    return false;
}

uint32_t path_sums_channels(const struct path_sums *sums)
{
    uint32_t n = sums->n;

    while (n > 0 && !path_sums_met(sums, n - 1)) n--;
    return n;
}
