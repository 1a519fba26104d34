/* features/attribution/attribution_int.h -- the question that the routes share. */
#ifndef FEATURES_ATTRIBUTION_ATTRIBUTION_INT_H
#define FEATURES_ATTRIBUTION_ATTRIBUTION_INT_H

#include "base/json.h"
#include "features/attribution/attribution.h"
#include "measure/attribution.h"
#include "report/question.h"

#define UNATTRIBUTED STR("unattributed")

struct ask {
    struct request *request;
    const struct snapshot *snapshot;
    struct attribution_query query;
    struct groups groups;
    Str conversion;
    enum touch_dim dim;
    enum attribution_model model[MODEL_COUNT]; /* in the order asked for */
    size_t n_models;
    struct span span;
};

/* Read the whole question; `ask` has its request and snapshot. */
bool ask_read(struct ask *ask, struct err *err) MUST_CHECK;
/* The text of a group, or `unattributed` for the one past the last. */
Str ask_key(const struct ask *ask, uint32_t group);
const char *ask_touches_name(enum touch_mode mode);

handler_fn attribution_get, models_get; /* matrix_api.c */
handler_fn cell_journeys_get;           /* journeys_api.c */

#endif
