/* measure/path_models.c -- see path_models.h. The mathematics: markov.c, shapley.c. */
#include "measure/path_models.h"

#include <math.h>

#include "base/parallel.h"
#include "measure/scratch.h"

#define SAMPLING_TOUCHES 200000000.0 /* looked at in all, about a second; but at least: */
#define PAIRS_MIN 50
#define PAIRS_MAX 2000

struct model_text path_model_text(enum path_model model)
{
    static const struct model_text TEXTS[] = {
#define X(name, text, what) [PATH_##name] = {text, what},
        PATH_MODELS(X)
#undef X
    };

    CHECK((size_t)model < COUNT_OF(TEXTS));
    return TEXTS[model];
}

static bool count_markov(const struct paths *paths, int order, struct arena *scratch, struct path_models *out,
                         struct err *err)
{
    out->order = order;
    out->chosen = order == 0;
    if (out->chosen && !markov_choose_order(paths, MARKOV_ORDER_MAX, scratch, out->orders, &out->order, err))
        return false;
    return markov_count(paths, out->order, scratch, out->removal, out->credit[PATH_MARKOV], &out->markov, err);
}

static bool count_rate(const struct paths *paths, struct arena *scratch, struct path_models *out, struct err *err)
{
    uint64_t seed = 1;
    double pairs = SAMPLING_TOUCHES / (2.0 * (double)(paths->n_touches + 1));
    struct shapley_sampling sampling = {(uint32_t)fmax(PAIRS_MIN, fmin(PAIRS_MAX, pairs)), &seed};

    return shapley_rate_count(paths, &sampling, scratch, out->credit[PATH_SHAPLEY_RATE], NULL, &out->rate, err);
}

static bool count_model(const struct paths *paths, const struct path_models_ask *ask, enum path_model model,
                        struct arena *scratch, struct path_models *out, struct err *err)
{
    switch (model) {
    case PATH_MARKOV: return count_markov(paths, ask->order, scratch, out, err);
    case PATH_SHAPLEY: return shapley_count(paths, scratch, out->credit[PATH_SHAPLEY], err);
    case PATH_SHAPLEY_RATE: return count_rate(paths, scratch, out, err);
    case PATH_MODEL_COUNT: break;
    }
    return true;
}

struct run {
    const struct paths *paths;
    const struct path_models_ask *ask;
    size_t scratch;
    struct path_models answer; /* each model writes its own part */
    struct err err[PATH_MODEL_COUNT];
    bool ok[PATH_MODEL_COUNT];
};

static void run_model(void *context, uint32_t model)
{
    struct run *run = context;
    struct arena own;

    run->ok[model] = true;
    if (!run->ask->wanted[model]) return;
    arena_init(&own, run->scratch);
    run->ok[model] = count_model(run->paths, run->ask, (enum path_model)model, &own, &run->answer, &run->err[model]);
    arena_free(&own);
}

static bool answer_new(uint32_t n_channels, const struct path_models_ask *ask, struct arena *arena,
                       struct path_models *out, struct err *err)
{
    *out = (struct path_models){.n_channels = n_channels};
    for (int m = 0; m < PATH_MODEL_COUNT; m++) {
        if (!ask->wanted[m]) continue;
        out->credit[m] = SCRATCH_ARRAY(arena, struct path_credit, (size_t)n_channels + 1, err);
        if (!out->credit[m]) return false;
    }
    if (!ask->wanted[PATH_MARKOV]) return true;
    out->removal = SCRATCH_ARRAY(arena, struct markov_removal, (size_t)n_channels + 1, err);
    return out->removal != NULL;
}

bool path_models_count(const struct paths *paths, const struct path_models_ask *ask, size_t scratch,
                       struct arena *arena, struct path_models *out, struct err *err)
{
    struct run run = {.paths = paths, .ask = ask, .scratch = scratch};

    if (!answer_new(paths->n_channels, ask, arena, &run.answer, err)) return false;
    parallel_run(PATH_MODEL_COUNT, run_model, &run);
    for (int m = 0; m < PATH_MODEL_COUNT; m++) {
        if (run.ok[m]) continue;
        *err = run.err[m];
        return false;
    }
    *out = run.answer;
    return true;
}

/* ---- without a table ---- */

struct path_models_ask path_models_by_sums(const struct path_models_ask *ask, uint32_t n_groups)
{
    bool few = n_groups <= PATH_SUMS_GROUPS_MAX;

    return (struct path_models_ask){
        .wanted = {[PATH_MARKOV] = few && ask->wanted[PATH_MARKOV] && ask->order == 1,
                   [PATH_SHAPLEY] = few && ask->wanted[PATH_SHAPLEY]},
        .order = 1,
    };
}

bool path_models_of_sums(const struct path_sums *sums, const struct path_models_ask *ask, struct arena *arena,
                         struct path_models *out, struct err *err)
{
    uint32_t n = path_sums_channels(sums), none = sums->n;
    struct markov_steps steps = {n, sums->n + 1, sums->steps, sums->value, sums->value_minor};
    struct shapley_sizes sizes = {
        n,
        sums->n,
        sums->met,
        sums->met_value,
        {sums->steps[none * ((size_t)none + 1) + none], sums->value[none]},
        sums->value_minor,
    };
    struct path_models answer;

    CHECK(ask->order == 1 && !ask->wanted[PATH_SHAPLEY_RATE] && sums->each == 1);
    if (!answer_new(n, ask, arena, &answer, err)) return false;
    answer.order = 1;
    if (ask->wanted[PATH_MARKOV] &&
        !markov_of_steps(&steps, arena, answer.removal, answer.credit[PATH_MARKOV], &answer.markov, err))
        return false;
    if (ask->wanted[PATH_SHAPLEY] && !shapley_of_sizes(&sizes, arena, answer.credit[PATH_SHAPLEY], err)) return false;
    *out = answer;
    return true;
}
