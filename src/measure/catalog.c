#include "measure/catalog.h"

#include <stdlib.h>

static int by_events(const void *a, const void *b)
{
    const struct catalog_name *x = a, *y = b;
    if (x->events != y->events) return x->events < y->events ? 1 : -1;
    return (x->name > y->name) - (x->name < y->name);
}

void catalog_names(const struct snapshot *snapshot, struct arena *arena, struct catalog_name *out)
{
    uint32_t *last_person = ARENA_ARRAY(arena, uint32_t, snapshot->n_names); /* plus 1; 0: none yet */

    for (uint32_t i = 0; i < snapshot->n_names; i++) out[i] = (struct catalog_name){.name = i};
    for (uint32_t p = 0; p < snapshot->n_places; p++) {
        struct rows rows = snapshot_rows(snapshot, p);
        for (uint64_t r = rows.begin; r < rows.end; r++) {
            struct catalog_name *row = &out[snapshot->name[r]];
            if (row->events++ == 0 || snapshot->at_ms[r] > row->last_ms) row->last_ms = snapshot->at_ms[r];
            if (__builtin_add_overflow(row->revenue_minor, snapshot->amount_minor[r], &row->revenue_minor))
                row->revenue_minor = INT64_MAX; /* an order of names is all that it is used for */
            if (last_person[row->name] == p + 1) continue;
            last_person[row->name] = p + 1;
            row->persons++;
        }
    }
    qsort(out, snapshot->n_names, sizeof *out, by_events);
}

static int by_value_events(const void *a, const void *b)
{
    const struct catalog_value *x = a, *y = b;
    if (x->events != y->events) return x->events < y->events ? 1 : -1;
    return (x->value > y->value) - (x->value < y->value);
}

uint32_t catalog_values(const struct snapshot *snapshot, enum touch_dim dim, struct catalog_value *out)
{
    uint32_t n = 0;

    for (uint32_t v = 0; v < snapshot->n_values; v++) out[v] = (struct catalog_value){.value = v};
    for (uint32_t p = 0; p < snapshot->n_places; p++) {
        struct rows rows = snapshot_rows(snapshot, p);
        for (uint64_t r = rows.begin; r < rows.end; r++) out[snapshot->touches[snapshot->touch[r]].dim[dim]].events++;
    }
    for (uint32_t v = 0; v < snapshot->n_values; v++)
        if (out[v].events) out[n++] = out[v];
    qsort(out, n, sizeof *out, by_value_events);
    return n;
}
