/* features/crm/crm.h -- full-funnel facts and attribution over CRM data: the V10 routes (spec/3).
 *
 * Is:    the routes under /api/data-analytics/v10, and the list of contracts. Amounts are whole currency units, as
 *        the contracts have them. Only events that came from the CRM's exports take part.
 * Owns:  nothing; each answer is made from a snapshot and the table of contracts.
 * Never: changes anything.
 */
#ifndef FEATURES_CRM_CRM_H
#define FEATURES_CRM_CRM_H

#include "events/pipeline.h"
#include "http/route.h"

struct crm {
    struct pipeline *pipeline;
};

struct route_table crm_routes(struct crm *crm);

#endif
