/* measure/attribution.c -- the rule models over journeys: counted, and one by one.
 *
 * attribution_count and attribution_walk are two readers of the same scan (attribution_scan.c), so they cannot differ.
 * The count runs over shards of the persons at once: each adds credit to rows of its own in the order of persons, then
 * time; the rows of the shards are added in the order of the shards. So the answer is the same on every machine, and
 * whatever the groups are called. Formulas and invariants of the models: models.c.
 *
 * Invariants, which the tests hold us to:
 *   A1  for every model the rows sum to the conversions, and to the revenue exactly (I1)
 *   A2  exclusion comes before weighting (I2); row by.n holds what has no touch left
 *   A3  a touch is never later than its conversion: its row is not above it
 *   A4  count = the sum of walk (I7)
 *
 * Source: DESIGN.md (Touch, Attribution), models/attribution.md 4.1 and 4.2. Cost: the scan's, and O(touches of all
 * journeys) a model that spreads. Empty snapshot or no such event: all zero, true.
 */
#include "measure/attribution.h"

#include "measure/path_sums_int.h"
#include "measure/pour.h"
#include "measure/scratch.h"

#include <string.h>

struct model_text attribution_model_text(enum attribution_model model)
{
    static const struct model_text TEXTS[] = {
#define X(name, text, what) [MODEL_##name] = {text, what},
        ATTRIBUTION_MODELS(X)
#undef X
    };

    CHECK((size_t)model < COUNT_OF(TEXTS));
    return TEXTS[model];
}

/* ---- counting ---- */

struct counter {
    const struct scan *scan; /* what all shards share */
    struct part {
        struct pour pour;
        struct attribution_total total;
        uint64_t magnitude; /* of the revenue, refunds without their sign; it bounds every cell */
        uint32_t last_person;
        struct path_sums sums;
        struct path_reader path_reader;
    } part[SHARDS_MAX];
    bool with_sums;
};

static bool add_magnitude(struct part *part, uint64_t magnitude, struct err *err)
{
    part->magnitude += magnitude; /* neither was more than INT64_MAX + 1, so it does not wrap */
    if (part->magnitude <= INT64_MAX) return true;
    return err_set(err, ERR_LIMIT, "the revenue is more than 64-bit minor units hold");
}

static enum verdict see_count(struct scan *scan, const struct scan_journey *path)
{
    struct part *part = scan->reader;
    int64_t revenue = path->journey.revenue_minor;

    if (!add_magnitude(part, revenue < 0 ? 0 - (uint64_t)revenue : (uint64_t)revenue, scan->err)) return FAILED;
    if (part->total.conversions == 0 || part->last_person != path->person) part->total.persons++;
    part->last_person = path->person;
    part->total.conversions++;
    part->total.revenue_minor += revenue;
    return pour_journey(&part->pour, scan, path) ? GO_ON : FAILED;
}

static enum verdict see_both(struct scan *scan, const struct scan_journey *path)
{
    struct part *part = scan->reader;

    if (!path->null && see_count(scan, path) == FAILED) return FAILED;
    return path_reader_see(&part->path_reader, scan, path);
}

static void settle_count(struct scan *scan)
{
    struct part *part = scan->reader;

    pour_settle(&part->pour, scan);
}

static void settle_both(struct scan *scan)
{
    struct part *part = scan->reader;

    pour_settle(&part->pour, scan);
    path_reader_settle(&part->path_reader, scan);
}

static void see_line_too(struct scan *scan)
{
    struct part *part = scan->reader;

    path_reader_see_line(&part->path_reader);
}

static bool read_paths_too(struct scan *scan, struct part *part)
{
    scan->nulls = true;
    scan->see = see_both;
    scan->settle = settle_both;
    scan->line = &part->path_reader.line;
    scan->see_line = see_line_too;
    return path_sums_new(scan->query->by.n, 1, scan->arena, &part->sums, scan->err) &&
           path_reader_open(&part->path_reader, &part->sums, NULL, scan->arena, scan->err);
}

static bool count_shard(void *context, struct shard *shard, struct err *err)
{
    struct counter *counter = context;
    struct part *part = &counter->part[shard->index];
    struct scan scan = *counter->scan;

    scan.arena = &shard->arena;
    scan.err = err;
    scan.see = see_count;
    scan.settle = settle_count;
    scan.together = true;
    scan.reader = part;
    *part = (struct part){0};
    if (!pour_open(&part->pour, &scan) || (counter->with_sums && !read_paths_too(&scan, part))) return false;
    if (!scan_places(&scan, shard->from, shard->to)) return false;
    pour_close(&part->pour);
    if (counter->with_sums) path_reader_close(&part->path_reader);
    return true;
}

static void add_rows(struct attribution_row *to, const struct attribution_row *from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[i].touches += from[i].touches;
        for (int model = 0; model < MODEL_COUNT; model++) {
            to[i].conversions[model] += from[i].conversions[model];
            to[i].revenue_minor[model] += from[i].revenue_minor[model];
        }
    }
}

/* The parts into the first of them. */
static bool add_parts(struct counter *counter, uint32_t n_parts, struct err *err)
{
    struct part *sum = &counter->part[0];

    for (uint32_t i = 1; i < n_parts; i++) {
        const struct part *part = &counter->part[i];
        if (!add_magnitude(sum, part->magnitude, err)) return false;
        sum->total.conversions += part->total.conversions;
        sum->total.revenue_minor += part->total.revenue_minor;
        sum->total.persons += part->total.persons;
        add_rows(sum->pour.rows, part->pour.rows, (size_t)counter->scan->query->by.n + 1);
    }
    return true;
}

static size_t bytes_of_shard(const struct counter *counter)
{
    size_t n = (size_t)counter->scan->query->by.n + 1, sums = counter->with_sums ? 5 * n * n * sizeof(double) : 0;

    return n * (sizeof(struct attribution_row) + POUR_SIDES * sizeof(struct pour_row)) + sums;
}

static bool count_all(struct counter *counter, struct arena *arena, struct attribution_row *rows,
                      struct attribution_total *total, struct path_sums *sums, struct err *err)
{
    struct shards shards;

    shards_open(&shards, counter->scan->snapshot, arena, bytes_of_shard(counter));
    bool ok = shards_run(&shards, count_shard, counter, err) && add_parts(counter, shards.n, err);
    for (uint32_t i = 0; i < shards.n && ok && sums; i++) ok = path_sums_join(sums, &counter->part[i].sums, err);
    if (ok) {
        memcpy(rows, counter->part[0].pour.rows, ((size_t)counter->scan->query->by.n + 1) * sizeof *rows);
        *total = counter->part[0].total;
    }
    shards_close(&shards);
    return ok;
}

bool attribution_count(const struct snapshot *snapshot, const struct attribution_query *query, struct arena *arena,
                       struct attribution_row *rows, struct attribution_total *total, struct err *err)
{
    struct scan scan;
    struct counter counter = {.scan = &scan};

    return scan_open(&scan, snapshot, query, arena, err) && count_all(&counter, arena, rows, total, NULL, err);
}

bool attribution_count_with_sums(const struct snapshot *snapshot, const struct attribution_query *query,
                                 struct arena *arena, struct attribution_row *rows, struct attribution_total *total,
                                 struct path_sums *sums, struct err *err)
{
    struct scan scan;
    struct counter counter = {.scan = &scan, .with_sums = true};

    return path_sums_check(query, err) && scan_open(&scan, snapshot, query, arena, err) &&
           path_sums_new(query->by.n, 1, arena, sums, err) && count_all(&counter, arena, rows, total, sums, err);
}

/* ---- walking ---- */

struct walker {
    journey_fn *see;
    void *context;
    uint32_t capacity;
    struct journey_touch *touch;
    int64_t (*revenue_minor)[MODEL_COUNT];
};

static bool walker_reserve(struct walker *walker, uint32_t n, struct scan *scan)
{
    size_t capacity = 2 * (size_t)walker->capacity;

    if (n <= walker->capacity) return true;
    if (capacity < n) capacity = n;
    walker->capacity = 0;
    walker->touch = SCRATCH_ARRAY(scan->arena, struct journey_touch, capacity, scan->err);
    if (!walker->touch) return false;
    walker->revenue_minor = scratch_take(scan->arena, sizeof *walker->revenue_minor, capacity, scan->err);
    if (!walker->revenue_minor) return false;
    walker->capacity = (uint32_t)capacity;
    return true;
}

/* One model's column of the journey. */
static void walk_model(struct scan *scan, const struct scan_journey *path, enum attribution_model model)
{
    struct walker *walker = scan->reader;
    struct credit credit = credit_of(scan, path, model);

    for (uint32_t i = 0; i < credit.n; i++) {
        walker->touch[credit.place + i].weight[model] = credit.weight[i];
        walker->revenue_minor[credit.place + i][model] = credit.revenue_minor[i];
    }
}

static enum verdict see_walk(struct scan *scan, const struct scan_journey *path)
{
    struct walker *walker = scan->reader;
    struct journey journey = {.conversion_row = path->conversion_row, .person = path->person};

    if (!walker_reserve(walker, path->journey.n, scan)) return FAILED;
    for (uint32_t i = 0; i < path->journey.n; i++) {
        walker->touch[i] = (struct journey_touch){.row = path->row[i], .group = path->group[i], .own = path->own};
        for (int model = 0; model < MODEL_COUNT; model++) walker->revenue_minor[i][model] = 0;
    }
    for (int model = 0; model < MODEL_COUNT; model++)
        if (path->journey.n > 0 && scan_wants(scan, model)) walk_model(scan, path, (enum attribution_model)model);
    journey.n = path->journey.n;
    journey.touch = walker->touch;
    journey.revenue_minor = walker->revenue_minor;
    return walker->see(walker->context, &journey) ? GO_ON : STOP;
}

bool attribution_walk(const struct snapshot *snapshot, const struct attribution_query *query, uint32_t from_person,
                      struct arena *arena, journey_fn *see, void *context, struct err *err)
{
    struct walker walker = {.see = see, .context = context};
    struct scan scan;

    if (!scan_open(&scan, snapshot, query, arena, err)) return false;
    scan.arena = arena;
    scan.err = err;
    scan.see = see_walk;
    scan.rows = true;
    scan.reader = &walker;
    return scan_places(&scan, from_person, snapshot->n_places);
}
