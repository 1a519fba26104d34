/* measure/markov.h -- credit by what would be lost without a channel.
 *
 * Is:    the order-k chain of a path table, the removal effect of each channel solved exactly, and the choice of k.
 * Owns:  nothing; every array belongs to the caller or its arena.
 * Never: simulates, or returns an answer whose error it does not know.
 */
#ifndef MEASURE_MARKOV_H
#define MEASURE_MARKOV_H

#include "measure/path_credit.h"

#define MARKOV_ORDER_MAX 4

/* The share of all conversions, and of their value, that come through a channel. Conversions: 0..1. Value: where
 * values of both signs meet it can lie outside; all 0 if the total is 0. */
struct markov_removal {
    double conversions, value;
};

struct markov {
    uint32_t states;         /* runs of k channels that were seen, and paths shorter than k */
    uint64_t transitions;    /* distinct ones between them */
    bool direct;             /* eliminated, not iterated */
    uint32_t sweeps;         /* of the slowest system; 0 if direct */
    double conversion_rate;  /* of the chain; conversions / journeys with a touch, for every k */
    double residual;         /* no removal effect is further than this from the exact one, rounding (1e-15 times the
                                length of a walk) apart; value effects relative to the value without signs */
    bool value_undetermined; /* values cancel out: each channel's value is shared as its conversions are */
};

/* removal: n_channels rows; credit: n_channels + 1. 1 <= order <= MARKOV_ORDER_MAX, else INVALID. LIMIT if the arena
 * is too small, or if an iteration does not reach MARKOV_TOLERANCE (or, for walks of more than 1000 steps on average,
 * 1e-16 a step) within its ceiling of work. */
#define MARKOV_TOLERANCE 1e-13
bool markov_count(const struct paths *paths, int order, struct arena *arena, struct markov_removal *removal,
                  struct path_credit *credit, struct markov *out, struct err *err) MUST_CHECK;

/* The same of order 1, without a table: how often journeys step from one channel to another. As an origin `stride - 1`
 * is the start, as an end it is a conversion; from there to there are the journeys without a touch that had one. */
#define MARKOV_STEPS_CHANNELS_MAX 512
struct markov_steps {
    uint32_t n_channels, stride; /* channels past n_channels have no steps; MARKOV_STEPS_CHANNELS_MAX at most */
    const double *steps;         /* [from * stride + to]; 0 from a channel to itself */
    const double *value;         /* [channel]: of the conversions from it; [stride - 1]: of those without a touch */
    int64_t value_minor;         /* of all of them */
};

bool markov_of_steps(const struct markov_steps *steps, struct arena *arena, struct markov_removal *removal,
                     struct path_credit *credit, struct markov *out, struct err *err) MUST_CHECK;

/* How well the last k channels tell conversions from nulls. */
struct markov_order {
    double auc;       /* area under the ROC curve through 100 thresholds; NAN without conversions or without nulls */
    double penalised; /* 1 - (1 - auc)(n - 1)/(n - p - 1), n journeys, p = C(channels + k - 1, k); 0 outside 0..1
                         and for p >= n - 1 */
};

/* Orders 1 .. max_order, out[k - 1]; *best is the first with the greatest `penalised`, 1 if none says anything. */
bool markov_choose_order(const struct paths *paths, int max_order, struct arena *arena, struct markov_order *out,
                         int *best, struct err *err) MUST_CHECK;

#endif
