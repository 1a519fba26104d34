/* features/product/product_int.h -- the handlers, one file a question. */
#ifndef FEATURES_PRODUCT_PRODUCT_INT_H
#define FEATURES_PRODUCT_PRODUCT_INT_H

#include "features/product/product.h"
#include "report/question.h"

handler_fn session_get, names_get, values_get;            /* catalog_api.c */
handler_fn metrics_get, breakdown_get;                    /* metrics_api.c */
handler_fn funnel_get;                                    /* funnel_api.c */
handler_fn funnel_persons_get;                            /* funnel_persons_api.c */
handler_fn retention_get, retention_persons_get, ltv_get; /* retention_api.c */
handler_fn persons_get;                                   /* metrics_api.c */
handler_fn paths_get, paths_persons_get;                  /* paths_api.c */
handler_fn person_get, raw_get;                           /* person_api.c */
handler_fn person_log_get, person_log_delete;             /* person_log_api.c */
handler_fn property_breakdown;                            /* property_api.c: breakdown_get with property= */
handler_fn properties_get;                                /* property_names_api.c */

/* persons_list.c: what the lists of persons share. Write the page that sort=, q=, limit= and cursor= ask for; `marked`
 * is by place, and changed. */
bool persons_list_put(struct request *request, const struct snapshot *snapshot, bool *marked, struct reply *reply,
                      struct err *err) MUST_CHECK;
/* The group that by= and key= name; it must be that of some event. Without key=: everything is one group. */
bool persons_list_group(struct request *request, const struct snapshot *snapshot, struct grouping *by, uint32_t *group,
                        struct err *err) MUST_CHECK;

#endif
