/* features/attribution/over_paths.c -- markov, shapley and shapley_rate over the journeys of a snapshot.
 *
 * Neither the table nor what a model works in is taken from the request's arena: they are given back as soon as they
 * are done with, and a Markov chain of a million different journeys needs more than a request may hold. So one question
 * at a time may have them, and the others wait for their turn: a scan takes all cores in any case. */
#include <time.h>

#include "features/attribution/attribution_int.h"
#include "measure/journey_paths.h"
#include "measure/scratch.h"

#define TABLE_BYTES_MAX ((size_t)1 << 30)
#define SCRATCH_BYTES_MAX ((size_t)2 << 30)
#define PATIENCE_S 10

static bool wait_turn(struct over_paths *over, const struct ask *ask, struct err *err)
{
    struct attribution *attribution = ask->request->context;
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    if (pthread_mutex_timedlock(&attribution->one_table, &until) != 0)
        return err_set(err, ERR_BUSY, "other questions of markov and shapley_rate take long to answer; ask again");
    over->turn = &attribution->one_table;
    return true;
}

static void give_back(struct over_paths *over)
{
    paths_reset(&over->paths);
    if (over->turn) pthread_mutex_unlock(over->turn);
    over->turn = NULL;
}

static bool open_table(struct over_paths *over, const struct ask *ask, struct err *err)
{
    if (!wait_turn(over, ask, err)) return false;
    paths_init(&over->paths, TABLE_BYTES_MAX);
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

static bool count_sums(struct over_paths *over, const struct ask *ask, const struct path_models_ask *models,
                       struct counted *counted, struct err *err)
{
    struct arena *arena = &ask->request->arena;
    struct path_sums sums;

    if (!attribution_count_with_sums(ask->snapshot, &ask->query, arena, counted->rows, &counted->total, &sums, err))
        return false;
    over->conversions = sums.conversions;
    over->nulls = sums.nulls;
    over->value_minor = sums.value_minor;
    for (uint32_t g = 0; g < sums.n; g++) over->met[g] = path_sums_met(&sums, g);
    return path_models_of_sums(&sums, models, arena, &over->models, err);
}

/* The models of `rest` beside those that sums answered already. */
static bool count_table(struct over_paths *over, const struct ask *ask, const struct path_models_ask *rest,
                        struct err *err)
{
    struct path_models models;

    if (!path_models_count(&over->paths, rest, SCRATCH_BYTES_MAX, &ask->request->arena, &models, err)) return false;
    for (int m = 0; m < PATH_MODEL_COUNT; m++)
        if (!rest->wanted[m]) models.credit[m] = over->models.credit[m];
    if (!rest->wanted[PATH_MARKOV]) {
        models.removal = over->models.removal;
        models.markov = over->models.markov;
        models.order = over->models.order;
    }
    over->models = models;
    return true;
}

bool over_paths_open(struct over_paths *over, const struct ask *ask, bool with_table, struct counted *counted,
                     struct err *err)
{
    struct path_models_ask by_sums = path_models_by_sums(&ask->paths, ask->query.by.n), rest = ask->paths;
    bool any_sums = false, any_rest = false;

    over->met = SCRATCH_ARRAY(&ask->request->arena, bool, ask->query.by.n, err);
    if (!over->met) return false;
    for (int m = 0; m < PATH_MODEL_COUNT; m++) {
        rest.wanted[m] = ask->paths.wanted[m] && !by_sums.wanted[m];
        any_sums = any_sums || by_sums.wanted[m];
        any_rest = any_rest || rest.wanted[m];
    }
    bool ok = any_sums ? count_sums(over, ask, &by_sums, counted, err)
                       : attribution_count(ask->snapshot, &ask->query, &ask->request->arena, counted->rows,
                                           &counted->total, err);
    if (!ok) return false;
    if ((with_table || any_rest) && !open_table(over, ask, err)) return false;
    if (any_rest && !count_table(over, ask, &rest, err)) return false;
    if (!with_table) give_back(over);
    return true;
}

void over_paths_close(struct over_paths *over)
{
    give_back(over);
}

struct path_credit over_paths_credit(const struct over_paths *over, const struct ask *ask, enum path_model model,
                                     uint32_t group)
{
    uint32_t n = over->models.n_channels; /* those past it are on no journey */

    if (group == ask->query.by.n) return over->models.credit[model][n];
    return group < n ? over->models.credit[model][group] : (struct path_credit){0};
}

bool ask_count(const struct ask *ask, struct over_paths *over, struct counted *counted, struct err *err)
{
    struct arena *arena = &ask->request->arena;

    counted->rows = SCRATCH_ARRAY(arena, struct attribution_row, (size_t)ask->query.by.n + 1, err);
    if (!counted->rows) return false;
    if (!over) return attribution_count(ask->snapshot, &ask->query, arena, counted->rows, &counted->total, err);
    if (!over_paths_open(over, ask, false, counted, err)) return false;
    CHECK(over->conversions == (int64_t)counted->total.conversions);
    CHECK(over->value_minor == counted->total.revenue_minor);
    return true;
}

struct path_credit ask_credit(const struct ask *ask, const struct counted *counted, const struct over_paths *over,
                              int model, uint32_t group)
{
    const struct attribution_row *row = &counted->rows[group];

    if (!model_is_rule(model)) return over_paths_credit(over, ask, model_path(model), group);
    return (struct path_credit){row->conversions[model], row->revenue_minor[model]};
}
