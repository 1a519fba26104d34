/* measure/path_models.h -- the models that need all journeys at once: markov, shapley, shapley_rate.
 *
 * Is:    their names, and one call that answers those asked for from a path table.
 * Owns:  nothing; answers are in the caller's arena.
 * Never: knows where the table came from: a file or a snapshot.
 */
#ifndef MEASURE_PATH_MODELS_H
#define MEASURE_PATH_MODELS_H

#include "measure/markov.h"
#include "measure/model_text.h"
#include "measure/path_sums.h"
#include "measure/shapley.h"

#define PATH_MODELS(X)                                                                                                 \
    X(MARKOV, "markov",                                                                                                \
      "By the share of conversions that would be lost without it, in a Markov chain of all journeys")                  \
    X(SHAPLEY, "shapley", "Each conversion in equal parts to its different channels (Shapley value of conversions)")   \
    X(SHAPLEY_RATE, "shapley_rate",                                                                                    \
      "By what it adds to the conversion rate of every set of the others; may be negative")

enum path_model {
#define X(name, text, what) PATH_##name,
    PATH_MODELS(X)
#undef X
        PATH_MODEL_COUNT
};

struct model_text path_model_text(enum path_model model);

struct path_models_ask {
    bool wanted[PATH_MODEL_COUNT];
    int order; /* of markov: 1 .. MARKOV_ORDER_MAX; 0: the best by the penalised AUC */
};

struct path_models {
    uint32_t n_channels;
    struct path_credit *credit[PATH_MODEL_COUNT]; /* n_channels + 1 each; NULL: not wanted */
    struct markov_removal *removal;               /* n_channels; NULL without markov */
    int order;                                    /* that was taken */
    bool chosen;                                  /* it was, from these: */
    struct markov_order orders[MARKOV_ORDER_MAX];
    struct markov markov;
    struct shapley_rate rate;
};

/* Sampling has a fixed seed: the same table gives the same answer. The models run side by side; each takes at most
 * `scratch` bytes. */
bool path_models_count(const struct paths *paths, const struct path_models_ask *ask, size_t scratch,
                       struct arena *arena, struct path_models *out, struct err *err) MUST_CHECK;

/* What is asked for that sums (path_sums.h) say, without a table: markov of order 1, shapley. */
struct path_models_ask path_models_by_sums(const struct path_models_ask *ask, uint32_t n_groups);

/* The same for such an ask. Its n_channels: 1 + the greatest group on any journey. */
bool path_models_of_sums(const struct path_sums *sums, const struct path_models_ask *ask, struct arena *arena,
                         struct path_models *out, struct err *err) MUST_CHECK;

#endif
