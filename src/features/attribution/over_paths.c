/* features/attribution/over_paths.c -- markov, shapley and shapley_rate over the journeys of a snapshot.
 *
 * Neither the table nor what a model works in is taken from the request's arena: they are given back as soon as they
 * are done with, and a Markov chain of a million different journeys needs more than a request may hold. */
#include "features/attribution/attribution_int.h"
#include "measure/journey_paths.h"

#define TABLE_BYTES_MAX ((size_t)1 << 30)
#define SCRATCH_BYTES_MAX ((size_t)2 << 30)

static bool open_table(struct over_paths *over, const struct ask *ask, struct err *err)
{
    if (!journey_paths(ask->snapshot, &ask->query, &ask->request->arena, &over->paths, err)) return false;
    over->conversions = over->paths.conversions;
    over->nulls = over->paths.nulls;
    over->value_minor = over->paths.value_minor;
    for (uint32_t i = 0; i < over->paths.n; i++) {
        struct path path = paths_at(&over->paths, i);
        for (uint32_t k = 0; k < path.n; k++) over->met[path.channel[k]] = true;
    }
    return true;
}

static bool count_sums(struct over_paths *over, const struct ask *ask, struct err *err)
{
    struct arena *arena = &ask->request->arena;
    struct path_sums sums;

    if (!path_sums_count(ask->snapshot, &ask->query, NULL, arena, &sums, err)) return false;
    over->conversions = sums.conversions;
    over->nulls = sums.nulls;
    over->value_minor = sums.value_minor;
    for (uint32_t g = 0; g < sums.n; g++) over->met[g] = path_sums_met(&sums, g);
    return path_models_of_sums(&sums, &ask->paths, arena, &over->models, err);
}

bool over_paths_open(struct over_paths *over, const struct ask *ask, bool with_table, struct err *err)
{
    struct arena *arena = &ask->request->arena;
    bool by_sums = path_models_by_sums(&ask->paths, ask->query.by.n);

    *over = (struct over_paths){0};
    paths_init(&over->paths, TABLE_BYTES_MAX);
    over->met = ARENA_ARRAY(arena, bool, ask->query.by.n);
    if (by_sums && !count_sums(over, ask, err)) return false;
    if ((with_table || !by_sums) && !open_table(over, ask, err)) return false;
    return by_sums || path_models_count(&over->paths, &ask->paths, SCRATCH_BYTES_MAX, arena, &over->models, err);
}

void over_paths_close(struct over_paths *over)
{
    paths_reset(&over->paths);
}

struct path_credit over_paths_credit(const struct over_paths *over, const struct ask *ask, enum path_model model,
                                     uint32_t group)
{
    uint32_t n = over->models.n_channels; /* those past it are on no journey */

    if (group == ask->query.by.n) return over->models.credit[model][n];
    return group < n ? over->models.credit[model][group] : (struct path_credit){0};
}
