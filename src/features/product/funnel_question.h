/* features/product/funnel_question.h -- what the questions about funnels have in common.
 *
 * Is:    the reader of their parameters: steps, order, limits, exclusions, span, filter, groups.
 * Owns:  nothing; it lives in the request's arena.
 * Never: answers.
 */
#ifndef FEATURES_PRODUCT_FUNNEL_QUESTION_H
#define FEATURES_PRODUCT_FUNNEL_QUESTION_H

#include "features/product/product_int.h"
#include "measure/funnel.h"

struct funnel_question {
    struct request *request;
    const struct snapshot *snapshot;
    struct funnel_query query; /* of everyone: by has one group */
    Str names[FUNNEL_STEPS_MAX];
    struct span span;
    bool has_groups; /* by= is given; then they are: */
    enum touch_dim dim;
    struct groups groups;
};

extern const char *const FUNNEL_ORDERS[]; /* by enum funnel_order; ended by NULL */

/* NULL and err if something is wrong with it. */
struct funnel_question *funnel_question_new(struct request *request, const struct snapshot *snapshot, struct err *err);

#endif
