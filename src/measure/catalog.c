#include "measure/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "measure/range.h"
#include "measure/scratch.h"
#include "measure/shards.h"

struct catalog_task {
    const struct snapshot *snapshot;
    struct catalog_name *names[SHARDS_MAX]; /* by name */
    uint64_t *touches[SHARDS_MAX];          /* by touch: events */
};

/* ---- names ---- */

static int by_events(const void *a, const void *b)
{
    const struct catalog_name *x = a, *y = b;
    if (x->events != y->events) return x->events < y->events ? 1 : -1;
    return (x->name > y->name) - (x->name < y->name);
}

static bool scan_names(void *context, struct shard *shard, struct err *err)
{
    struct catalog_task *task = context;
    const struct snapshot *snapshot = task->snapshot;
    struct catalog_name *names = SCRATCH_ARRAY(&shard->arena, struct catalog_name, snapshot->n_names, err);
    uint32_t *last1 =
        names ? SCRATCH_ARRAY(&shard->arena, uint32_t, snapshot->n_names, err) : NULL; /* person, plus 1 */

    if (!last1) return false;
    for (uint32_t place = shard->from; place < shard->to; place++) {
        struct rows rows = snapshot_rows(snapshot, place);
        for (uint64_t row = rows.begin; row < rows.end; row++) {
            uint32_t id = snapshot->name[row];
            struct catalog_name *name = &names[id];
            if (name->events++ == 0 || snapshot->at_ms[row] > name->last_ms) name->last_ms = snapshot->at_ms[row];
            name->revenue_minor = add_or_stay(name->revenue_minor, snapshot->amount_minor[row]);
            name->persons += last1[id] != place + 1;
            last1[id] = place + 1;
        }
    }
    task->names[shard->index] = names;
    return true;
}

static void add_names(struct catalog_name *sum, const struct catalog_name *more, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (more[i].events == 0) continue;
        if (sum[i].events == 0 || more[i].last_ms > sum[i].last_ms) sum[i].last_ms = more[i].last_ms;
        sum[i].events += more[i].events;
        sum[i].persons += more[i].persons;
        sum[i].revenue_minor = add_or_stay(sum[i].revenue_minor, more[i].revenue_minor);
    }
}

bool catalog_names(const struct snapshot *snapshot, struct arena *arena, struct catalog_name *out, struct err *err)
{
    struct catalog_task task = {.snapshot = snapshot};
    struct shards shards;

    shards_open(&shards, snapshot, arena, snapshot->n_names * (sizeof *out + sizeof(uint32_t)));
    bool ok = shards_run(&shards, scan_names, &task, err);
    if (ok) {
        for (uint32_t i = 0; i < snapshot->n_names; i++) out[i] = (struct catalog_name){.name = i};
        for (uint32_t s = 0; s < shards.n; s++) add_names(out, task.names[s], snapshot->n_names);
        qsort(out, snapshot->n_names, sizeof *out, by_events);
    }
    shards_close(&shards);
    return ok;
}

/* ---- values ---- */

static int by_value_events(const void *a, const void *b)
{
    const struct catalog_value *x = a, *y = b;
    if (x->events != y->events) return x->events < y->events ? 1 : -1;
    return (x->value > y->value) - (x->value < y->value);
}

static bool scan_touches(void *context, struct shard *shard, struct err *err)
{
    struct catalog_task *task = context;
    const struct snapshot *snapshot = task->snapshot;
    uint64_t *events = SCRATCH_ARRAY(&shard->arena, uint64_t, snapshot->n_touches, err);

    if (!events) return false;
    for (uint32_t place = shard->from; place < shard->to; place++) {
        struct rows rows = snapshot_rows(snapshot, place);
        for (uint64_t row = rows.begin; row < rows.end; row++) events[snapshot->touch[row]]++;
    }
    task->touches[shard->index] = events;
    return true;
}

bool catalog_values(const struct snapshot *snapshot, enum touch_dim dim, struct arena *arena, struct catalog_value *out,
                    uint32_t *n, struct err *err)
{
    struct catalog_task task = {.snapshot = snapshot};
    struct shards shards;
    uint32_t found = 0;

    shards_open(&shards, snapshot, arena, snapshot->n_touches * sizeof(uint64_t));
    bool ok = shards_run(&shards, scan_touches, &task, err);
    if (ok) {
        for (uint32_t v = 0; v < snapshot->n_values; v++) out[v] = (struct catalog_value){.value = v};
        for (uint32_t s = 0; s < shards.n; s++)
            for (uint32_t t = 0; t < snapshot->n_touches; t++)
                out[snapshot->touches[t].dim[dim]].events += task.touches[s][t];
        for (uint32_t v = 0; v < snapshot->n_values; v++)
            if (out[v].events) out[found++] = out[v];
        qsort(out, found, sizeof *out, by_value_events);
        *n = found;
    }
    shards_close(&shards);
    return ok;
}
