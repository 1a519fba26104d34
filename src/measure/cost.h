/* measure/cost.h -- what a credit cost: spend joined to conversions and revenue.
 *
 * Is:    two ratios and the rule for when there is none.
 * Owns:  nothing.
 * Never: makes a missing spend 0, or a quotient infinite.
 */
#ifndef MEASURE_COST_H
#define MEASURE_COST_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

struct spend {
    bool known;
    int64_t minor; /* of the reporting currency */
};

/* NAN: there is no such number. */
struct cost {
    double cac_minor; /* spend / conversions: minor units for one; none without any (or with a negative credit) */
    double roas;      /* revenue / spend: negative where refunds outweigh; none if nothing was spent */
};

/* Spend that is unknown, or below 0 (a correction greater than what it corrects), gives neither. */
static inline struct cost cost_join(struct spend spend, double conversions, int64_t revenue_minor)
{
    struct cost cost = {NAN, NAN};

    if (!spend.known || spend.minor < 0) return cost;
    if (conversions > 0) cost.cac_minor = (double)spend.minor / conversions;
    if (spend.minor > 0) cost.roas = (double)revenue_minor / (double)spend.minor;
    return cost;
}

#endif
