/* measure/path_credit.h -- what a model gives each channel of a path table.
 *
 * Is:    the form in which every model over paths answers; its money to the minor unit; the rule models.
 * Owns:  nothing; every array belongs to the caller or its arena.
 * Never: lets a model's credits sum to anything but the conversions and the value.
 */
#ifndef MEASURE_PATH_CREDIT_H
#define MEASURE_PATH_CREDIT_H

#include "base/arena.h"
#include "measure/attribution.h"
#include "measure/paths.h"

/* One row a channel, and one more, at n_channels, for journeys without a touch (`unattributed`). */
struct path_credit {
    double conversions;
    int64_t value_minor;
};

/* The same before the money is made whole. */
struct path_share {
    double conversions, value;
};

/* Does the rule make sense without knowing more than the order of channels? first, last, linear, position. */
bool path_rule_applies(enum attribution_model model) MUST_CHECK;

/* A rule that applies. credit: n_channels + 1 rows. O(touches). */
bool path_rule(const struct paths *paths, enum attribution_model model, struct arena *arena, struct path_credit *credit,
               struct err *err) MUST_CHECK;

/* n_channels + 1 shares, of which only the last is set: to what journeys without a touch brought. */
struct path_share *path_shares_new(const struct paths *paths, struct arena *arena, struct err *err);

/* n + 1 shares that sum to all that was brought, but for rounding, as credits that sum to `value_minor` exactly. */
bool path_shares_settle(uint32_t n, int64_t value_minor, const struct path_share *share, struct arena *arena,
                        struct path_credit *credit, struct err *err) MUST_CHECK;

#endif
