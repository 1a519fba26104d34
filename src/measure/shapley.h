/* measure/shapley.h -- credit by what a channel adds to every set of the others.
 *
 * Is:    Shapley values of two games over the channels of a path table.
 * Owns:  nothing; every array belongs to the caller or its arena.
 * Never: clips: a channel that lowers the rate has a negative credit.
 */
#ifndef MEASURE_SHAPLEY_H
#define MEASURE_SHAPLEY_H

#include "measure/path_credit.h"

/* The game v(S) = conversions of journeys whose channels all lie in S; value likewise. credit: n_channels + 1.
 * O(touches). */
bool shapley_count(const struct paths *paths, struct arena *arena, struct path_credit *credit,
                   struct err *err) MUST_CHECK;

/* The same without a table: what journeys that hold a channel brought, by how many different ones they hold. */
struct shapley_sizes {
    uint32_t n_channels, stride;
    const double *conversions, *value; /* [(size - 1) * stride + channel] */
    struct path_share unattributed;    /* journeys without a touch; whole numbers */
    int64_t value_minor;               /* of all journeys */
};

bool shapley_of_sizes(const struct shapley_sizes *sizes, struct arena *arena, struct path_credit *credit,
                      struct err *err) MUST_CHECK;

/* The same conversions by the place in the journey: out[channel * places + place], each channel's places summing to
 * its credit. Later touches than `places` count in the last one; places >= 1, else INVALID. */
bool shapley_ordered(const struct paths *paths, uint32_t places, struct arena *arena, double *out,
                     struct err *err) MUST_CHECK;

/* The game v(S) = conversions / journeys among the journeys with a touch whose channels all lie in S, 0 if there are
 * none; times all such journeys, so that it sums to the conversions. */
#define SHAPLEY_EXACT_MAX 16

struct shapley_sampling {
    uint32_t pairs; /* of a random order of the channels and its reverse; >= 2 */
    uint64_t *seed; /* moves on */
};

struct shapley_rate {
    uint32_t players;   /* channels on some path */
    bool exact;         /* all subsets: players <= SHAPLEY_EXACT_MAX */
    uint32_t orders;    /* sampled; 0 if exact */
    double worst_error; /* the greatest standard error of a channel's conversions; 0 if exact */
};

/* Standard errors of one channel's credit; 0 if exact. */
struct shapley_error {
    double conversions, value_minor;
};

/* credit: n_channels + 1; error: n_channels, or NULL. Exact: O(players 2^players); sampled: O(touches) an order. */
bool shapley_rate_count(const struct paths *paths, const struct shapley_sampling *sampling, struct arena *arena,
                        struct path_credit *credit, struct shapley_error *error, struct shapley_rate *out,
                        struct err *err) MUST_CHECK;

#endif
