/* measure/markov_int.h -- the chain between its three files: built (markov_chain.c), solved (markov_solve.c), read
 * (markov.c).
 *
 * Is:    states, transitions and absorption of an order-k chain as arrays.
 * Owns:  nothing; the arena owns the arrays.
 * Never: seen outside measure/markov*.c.
 */
#ifndef MEASURE_MARKOV_INT_H
#define MEASURE_MARKOV_INT_H

#include "measure/markov.h"

#define NO_CHANNEL UINT32_MAX

/* Runs of up to MARKOV_ORDER_MAX channels; unused places hold NO_CHANNEL. */
struct gram {
    uint32_t channel[MARKOV_ORDER_MAX];
};

/* Compressed lists: those of state i are other[first[i]] .. other[first[i + 1] - 1]. Past the last there are
 * LINKS_AHEAD more that mean nothing but are states, so that a reader may look ahead. */
#define LINKS_AHEAD 16
struct links {
    uint64_t *first; /* states + 1 */
    uint32_t *other;
    double *weight;
};

/* The states are numbered so that most transitions lead to a higher number. */
struct chain {
    uint32_t n; /* states */
    struct gram *gram;
    double *visits; /* journeys through each, repeats counted: their sum over a walk, expected, times `journeys` */
    double *start;  /* journeys that begin there */
    double *conversions, *nulls, *value; /* of journeys that end there */
    double *gain, *loss;                 /* the value above 0 and, without its sign, below */
    struct links in, out;                /* weight: probability of the transition, of its origin's visits */
    uint32_t n_present;                  /* channels on some path */
    uint32_t *present;                   /* their ids, ascending */
    uint32_t *place;                     /* by id: its place in `present` */
    double journeys, all_conversions, all_value, all_magnitude;
};

bool chain_build(const struct paths *paths, int order, struct arena *arena, struct chain *chain,
                 struct err *err) MUST_CHECK;

/* The same from sums of its steps, its states in the order of the channels: only elimination does not mind. */
bool chain_of_steps(const struct markov_steps *steps, struct arena *arena, struct chain *chain,
                    struct err *err) MUST_CHECK;

/* removal: n_channels rows, not yet divided by the totals: P(converts and visits c), value per journey likewise. */
bool chain_solve(const struct chain *chain, struct arena *arena, struct markov_removal *removal, struct markov *out,
                 struct err *err) MUST_CHECK;

#endif
