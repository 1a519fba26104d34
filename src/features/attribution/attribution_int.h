/* features/attribution/attribution_int.h -- the question that the routes share, and its answer by path models. */
#ifndef FEATURES_ATTRIBUTION_ATTRIBUTION_INT_H
#define FEATURES_ATTRIBUTION_ATTRIBUTION_INT_H

#include "base/json.h"
#include "features/attribution/attribution.h"
#include "measure/attribution.h"
#include "measure/path_models.h"
#include "report/question.h"
#include "report/spend.h"

#define UNATTRIBUTED STR("unattributed")

/* Every model by one number: the rule models of attribution.h, then those of path_models.h. */
#define ANY_MODEL_COUNT (MODEL_COUNT + PATH_MODEL_COUNT)

static inline bool model_is_rule(int model)
{
    return model < MODEL_COUNT;
}

static inline enum path_model model_path(int model)
{
    return (enum path_model)(model - MODEL_COUNT);
}

struct model_text model_text_of(int model);
bool model_find(Str name, int *model) MUST_CHECK;

struct ask {
    struct request *request;
    const struct snapshot *snapshot;
    struct attribution_query query;
    struct groups groups;
    Str conversion;
    enum touch_dim dim;
    struct span span;
    struct path_models_ask paths; /* .wanted: see ask_want */
    int model[ANY_MODEL_COUNT];   /* in the order asked for */
    size_t n_models;
};

/* Read the question but for its models and groups; `ask` has its request and snapshot. */
bool ask_read_journeys(struct ask *ask, struct err *err) MUST_CHECK;
/* by= and exclude= too: the groups are the values of a dimension. */
bool ask_read(struct ask *ask, struct err *err) MUST_CHECK;
/* What was spent in the question's days. */
bool ask_spend_lines(const struct ask *ask, struct spend_lines *out, struct err *err) MUST_CHECK;
/* models=: all when it is left out. */
bool ask_read_models(struct ask *ask, struct err *err) MUST_CHECK;
/* What is to be counted for a model: query.models and paths.wanted. A path model needs the conversions and touches of
 * attribution_count as well, and none of its credits: the cheapest rule goes with it. */
void ask_want(struct ask *ask, int model);
bool ask_wants_rules(const struct ask *ask) MUST_CHECK; /* among `model` */
bool ask_wants_paths(const struct ask *ask) MUST_CHECK;
/* The text of a group, or `unattributed` for the one past the last. */
Str ask_key(const struct ask *ask, uint32_t group);
const char *ask_touches_name(enum touch_mode mode);

/* ---- over_paths.c: the models that need all journeys at once ---- */
struct over_paths {
    struct paths paths;    /* empty if it was not asked for */
    pthread_mutex_t *turn; /* held; NULL: it is not */
    struct path_models models;
    bool *met; /* by group: it is on some journey, of a conversion or not */
    int64_t conversions, nulls, value_minor;
};

/* attribution_count's answer to the same question. */
struct counted {
    struct attribution_row *rows; /* by.n + 1 */
    struct attribution_total total;
};

/* It fills `counted` as well, whose rows are there already: one reading of the history for both where that can be.
 * It is zeroed before; close it, whatever came of it. BUSY: others hold the table for too long. */
bool over_paths_open(struct over_paths *over, const struct ask *ask, bool with_table, struct counted *counted,
                     struct err *err) MUST_CHECK;
void over_paths_close(struct over_paths *over);
/* What a model that was wanted gives a group, or `unattributed`. */
struct path_credit over_paths_credit(const struct over_paths *over, const struct ask *ask, enum path_model model,
                                     uint32_t group);

/* The whole question counted, with `over` if path models are asked for (else NULL): it is zeroed before, close it,
 * whatever came of it. */
bool ask_count(const struct ask *ask, struct over_paths *over, struct counted *counted, struct err *err) MUST_CHECK;
/* What a model that was asked for gives a group, or the one past the last. */
struct path_credit ask_credit(const struct ask *ask, const struct counted *counted, const struct over_paths *over,
                              int model, uint32_t group);

/* ---- cell_shares.c: one cell of a path model in its journeys ---- */
struct cell_shares;

/* NULL and err; it borrows `over`. group: by.n for `unattributed`. */
struct cell_shares *cell_shares_new(const struct ask *ask, const struct over_paths *over, enum path_model model,
                                    uint32_t group, struct err *err);
/* Take the next journey of attribution_walk, from the first on. False: it has no part in the cell. The parts of all
 * that have one add up to the cell. */
bool cell_shares_take(struct cell_shares *shares, const struct journey *journey, double *credit,
                      int64_t *revenue) MUST_CHECK;
/* The journey taken last, as its touches alone share its one conversion: the weight of touch i. */
double cell_shares_weight(const struct cell_shares *shares, const struct journey *journey, uint32_t i);

/* "conversions", "revenue", "cac", "roas" of an object that is open; and a spend, or null. */
void put_credit_fields(struct json_out *out, struct path_credit credit, struct spend spend);
void put_spend(struct json_out *out, const char *key, struct spend spend);

handler_fn attribution_get, models_get; /* matrix_api.c */
handler_fn credit_get;                  /* credit_api.c */
handler_fn cell_journeys_get;           /* journeys_api.c */

#endif
