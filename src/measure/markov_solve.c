/* measure/markov_solve.c -- removal effects without simulation and without an inverse.
 *
 * Removing channel c makes the states A that contain it absorb without conversion, so what is lost is what passes
 * through A: with f_a the probability that a walk meets A for the first time at a, and h_a that of converting from a,
 *
 *     P(converts and visits c) = sum over a in A of f_a h_a         ( = N_0A N_AA^-1 h_A, N = (I - Q)^-1 )
 *
 * and likewise for value, with the expected value from a in the place of h_a. h is one system for all channels; f is
 * one a channel. Two ways, by the number of states; neither subtracts, so small effects are as exact as large ones:
 *
 * Up to DIRECT_MAX states: elimination of states (Grassmann, Taksar, Heyman 1985). A state's walks are handed on to
 * its successors; the pivot is summed from what leaves it rather than taken as 1 - q. When only A is left, the row of
 * the start holds f. All channels share the work by halving: from the chain of the states that have a channel of the
 * set, eliminate those that have none of its first half, then, from the same copy, those that have none of its second,
 * down to single channels. Some n^3 multiplications for all channels together, whatever their number.
 *
 * Above: Gauss-Seidel in the chain's order, in which most transitions lead up, so that one sweep follows a walk as
 * far as it goes up. LANES channels at a time. Sparse elimination would fill in: these graphs have no small separators.
 *
 *     y_i = s_i + sum over j of y_j q_ji  for i outside A, y = 0 on A;    f_a = s_a + sum over j of y_j q_ja
 *
 * y, the visits before A is met, starts from the visits of the whole chain, which are known (markov_chain.c), and
 * falls to its limit. What a sweep leaves undone is known too: the change of y_j still has to flow down its downward
 * transitions j -> i, and each unit that arrives at i is worth at most h_i. So
 *
 *     |error of the effect| <= sum over j of |change of y_j| * sum over i <= j of q_ji h_i
 *
 * is a bound and not an estimate. Sweeps end when it is below MARKOV_TOLERANCE of the total (for h: likewise, weighed
 * by visits), or below a unit of rounding for each step of a walk, under which there is only noise; a chain that does
 * not get there within WORK_MAX is refused with LIMIT.
 *
 * Long walks die out slowly, but most of what is then left undone has one shape, that of the slowest mode (Perron's),
 * and shrinks by the same factor r each sweep: every LEAP_EVERY sweeps the last change is taken r / (1 - r) times
 * more at once (Lyusternik). It takes walks of hundreds of steps from over 1000 sweeps to some 30. Only states with
 * downward transitions need it: the others follow in the next sweep. A leap may miss; the bound holds all the same,
 * as it is of the sweep after.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "measure/markov_int.h"
#include "measure/scratch.h"

#define DIRECT_MAX 512
#define LANES 16
#define LEAP_EVERY 6
#define LEAP_MAX 0.9999 /* the factor r, at most */
#define WORK_MAX 2e10   /* transitions followed by a lane group, over all sweeps: about a minute */

/* What a walk from a state brings, expected. */
struct worth {
    double conversions, gain, loss;
};

struct solver {
    const struct chain *chain;
    struct arena *arena;
    struct err *err;
    struct worth *worth; /* by state */
    struct markov_removal *removal;
    struct markov *out;
    double tolerance; /* of either system */
    double work;
};

static void add_effect(struct solver *solver, uint32_t channel, double first_met, uint32_t state)
{
    const struct worth *worth = &solver->worth[state];

    solver->removal[channel].conversions += first_met * worth->conversions;
    solver->removal[channel].value += first_met * (worth->gain - worth->loss);
}

/* ---- by elimination ---- */

/* Columns of a row: what leaves the chain, of that the conversions, gain, loss; then the transitions to each state.
 * Row 0 is the start's, row i + 1 state i's. */
enum { LEAVES, CONVERTS, GAINS, LOSES, EXTRA };

struct matrix {
    double *cell;
    size_t stride;
    uint32_t n;      /* states */
    uint32_t *state; /* their numbers in the chain */
};

static double *row_of(const struct matrix *m, uint32_t row)
{
    return m->cell + row * m->stride;
}

static void add_row(double *restrict to, const double *restrict row, double share, size_t n)
{
    for (size_t i = 0; i < n; i++) to[i] += share * row[i];
}

/* What leaves state j for another place, its way back to itself left out. */
static double leaving(const double *row, uint32_t j)
{
    double sum = row[LEAVES];

    for (uint32_t i = 0; i < j; i++) sum += row[EXTRA + i];
    return sum;
}

/* Eliminate the states n-1 down to `keep`; their rows stay as they were at that moment. */
static void eliminate(struct matrix *m, uint32_t keep)
{
    for (uint32_t j = m->n; j-- > keep;) {
        const double *gone = row_of(m, j + 1);
        double all = leaving(gone, j);
        for (uint32_t i = 0; i <= j; i++) {
            double *row = row_of(m, i);
            if (row[EXTRA + j] != 0) add_row(row, gone, row[EXTRA + j] / all, EXTRA + j);
        }
    }
    m->n = keep;
}

static bool matrix_new(struct solver *solver, uint32_t n, struct matrix *m)
{
    m->n = n;
    m->stride = (size_t)n + EXTRA;
    m->cell = SCRATCH_ARRAY(solver->arena, double, m->stride *((size_t)n + 1), solver->err);
    if (!m->cell) return false;
    m->state = SCRATCH_ARRAY(solver->arena, uint32_t, n, solver->err);
    return m->state != NULL;
}

static void matrix_fill(const struct chain *chain, struct matrix *m)
{
    for (uint32_t i = 0; i < chain->n; i++) {
        double *row = row_of(m, i + 1), visits = chain->visits[i];

        m->state[i] = i;
        row_of(m, 0)[EXTRA + i] = chain->start[i] / chain->journeys;
        row[LEAVES] = (chain->conversions[i] + chain->nulls[i]) / visits;
        row[CONVERTS] = chain->conversions[i] / visits;
        row[GAINS] = chain->gain[i] / visits;
        row[LOSES] = chain->loss[i] / visits;
        for (uint64_t k = chain->out.first[i]; k < chain->out.first[i + 1]; k++)
            row[EXTRA + chain->out.other[k]] = chain->out.weight[k];
    }
}

/* Worth of every state: eliminate all, then put back in turn. */
static void worth_direct(struct solver *solver, struct matrix *m)
{
    uint32_t n = m->n;

    eliminate(m, 0);
    for (uint32_t j = 0; j < n; j++) {
        const double *row = row_of(m, j + 1);
        struct worth worth = {row[CONVERTS], row[GAINS], row[LOSES]};
        double all = leaving(row, j);
        for (uint32_t i = 0; i < j; i++) {
            worth.conversions += row[EXTRA + i] * solver->worth[i].conversions;
            worth.gain += row[EXTRA + i] * solver->worth[i].gain;
            worth.loss += row[EXTRA + i] * solver->worth[i].loss;
        }
        solver->worth[j] = (struct worth){worth.conversions / all, worth.gain / all, worth.loss / all};
    }
    m->n = n;
}

/* Level l of the halving cuts the places of the channels into sets of 2^(levels - l). */
struct halving {
    struct solver *solver;
    uint32_t levels;
    struct matrix at[33]; /* by level: room for the chain of its largest set */
    uint32_t *order;      /* scratch: a partition of a matrix's states */
};

static bool has_channel_of(const struct halving *halving, uint32_t state, uint32_t level, uint32_t set)
{
    const struct gram *gram = &halving->solver->chain->gram[state];

    for (int k = 0; k < MARKOV_ORDER_MAX && gram->channel[k] != NO_CHANNEL; k++) {
        if (halving->solver->chain->place[gram->channel[k]] >> (halving->levels - level) == set) return true;
    }
    return false;
}

static uint32_t sets_of(const struct halving *halving, uint32_t level)
{
    return ((halving->solver->chain->n_present - 1) >> (halving->levels - level)) + 1;
}

/* Room at each level below the first: for a copy of the largest chain of the level above. */
static bool halving_reserve(struct halving *halving)
{
    uint32_t n = halving->solver->chain->n;

    halving->order = SCRATCH_ARRAY(halving->solver->arena, uint32_t, n, halving->solver->err);
    if (!halving->order) return false;
    for (uint32_t level = 0; level < halving->levels; level++) {
        uint32_t most = 0;
        for (uint32_t set = 0; set < sets_of(halving, level); set++) {
            uint32_t live = 0;
            for (uint32_t i = 0; i < n; i++) live += has_channel_of(halving, i, level, set);
            if (live > most) most = live;
        }
        if (!matrix_new(halving->solver, most, &halving->at[level + 1])) return false;
    }
    return true;
}

/* Into `to`, the chain of `from` watched only while it is in states that have a channel of the set. */
static void watch_set(struct halving *halving, const struct matrix *from, uint32_t level, uint32_t set,
                      struct matrix *to)
{
    uint32_t keep = 0, drop = from->n, *order = halving->order;

    for (uint32_t i = 0; i < from->n; i++) {
        if (has_channel_of(halving, from->state[i], level, set)) {
            order[keep++] = i;
        } else {
            order[--drop] = i;
        }
    }
    to->n = from->n;
    to->stride = (size_t)from->n + EXTRA;
    for (uint32_t i = 0; i <= from->n; i++) {
        const double *row = row_of(from, i == 0 ? 0 : order[i - 1] + 1);
        double *copy = row_of(to, i);
        memcpy(copy, row, EXTRA * sizeof *copy);
        for (uint32_t k = 0; k < from->n; k++) copy[EXTRA + k] = row[EXTRA + order[k]];
        if (i < from->n) to->state[i] = from->state[order[i]];
    }
    eliminate(to, keep);
}

/* Effects of all channels of a set, whose chain is at[level]. Recurses `levels` deep: at most 11. */
static void solve_set(struct halving *halving, uint32_t level, uint32_t set)
{
    const struct matrix *m = &halving->at[level];

    if (level == halving->levels) {
        for (uint32_t i = 0; i < m->n; i++)
            add_effect(halving->solver, halving->solver->chain->present[set], row_of(m, 0)[EXTRA + i], m->state[i]);
        return;
    }
    for (uint32_t half = 2 * set; half < 2 * set + 2 && half < sets_of(halving, level + 1); half++) {
        watch_set(halving, m, level + 1, half, &halving->at[level + 1]);
        solve_set(halving, level + 1, half);
    }
}

static bool solve_direct(struct solver *solver)
{
    struct halving halving = {.solver = solver};

    while (solver->chain->n_present > UINT32_C(1) << halving.levels) halving.levels++;
    if (!matrix_new(solver, solver->chain->n, &halving.at[0]) || !halving_reserve(&halving)) return false;
    matrix_fill(solver->chain, &halving.at[0]);
    worth_direct(solver, &halving.at[0]);
    memset(halving.at[0].cell, 0, halving.at[0].stride * ((size_t)halving.at[0].n + 1) * sizeof(double));
    matrix_fill(solver->chain, &halving.at[0]);
    solve_set(&halving, 0, 0);
    solver->out->direct = true;
    return true;
}

/* ---- by sweeps ---- */

static bool may_sweep(struct solver *solver, double bound)
{
    solver->work += (double)solver->chain->n + (double)solver->chain->in.first[solver->chain->n];
    if (solver->work <= WORK_MAX) return true;
    return err_set(
        solver->err, ERR_LIMIT,
        "the chain of %u states is too slow to solve: removal effects are known to %.1e only after %u sweeps",
        solver->chain->n, bound, solver->out->sweeps);
}

/* |a| / all; where there is nothing in all there is nothing to be wrong about. */
static double relative(double a, double all)
{
    return all > 0 ? a / all : 0;
}

/* How much further a change goes that shrinks like these. */
static double leap(double now, double before)
{
    double factor = before > 0 ? fmin(now / before, LEAP_MAX) : 0;
    return factor / (1 - factor);
}

/* The system of the worth. */
struct upstream {
    uint32_t n_down;
    uint32_t *down;           /* the states that some transition comes down to, from the greatest */
    double *journeys;         /* how many do: by place in `down` */
    struct worth *change;     /* likewise, in the last sweep */
    struct worth now, before; /* what the last sweep and the one before left undone */
};

static void worth_sweep(struct solver *solver, struct upstream *up)
{
    const struct chain *chain = solver->chain;
    const struct links *out = &chain->out;
    uint32_t k_down = 0;

    up->before = up->now;
    up->now = (struct worth){0};
    for (uint32_t i = chain->n; i-- > 0;) {
        struct worth *old = &solver->worth[i];
        struct worth now = {chain->conversions[i] / chain->visits[i], chain->gain[i] / chain->visits[i],
                            chain->loss[i] / chain->visits[i]};
        for (uint64_t k = out->first[i]; k < out->first[i + 1]; k++) {
            const struct worth *next = &solver->worth[out->other[k]];
            now.conversions += out->weight[k] * next->conversions;
            now.gain += out->weight[k] * next->gain;
            now.loss += out->weight[k] * next->loss;
        }
        if (k_down < up->n_down && up->down[k_down] == i) {
            struct worth *change = &up->change[k_down];
            *change = (struct worth){now.conversions - old->conversions, now.gain - old->gain, now.loss - old->loss};
            up->now.conversions += fabs(change->conversions) * up->journeys[k_down];
            up->now.gain += fabs(change->gain) * up->journeys[k_down];
            up->now.loss += fabs(change->loss) * up->journeys[k_down];
            k_down++;
        }
        *old = now;
    }
}

static void worth_leap(struct solver *solver, const struct upstream *up)
{
    double conversions = leap(up->now.conversions, up->before.conversions);
    double gain = leap(up->now.gain, up->before.gain), loss = leap(up->now.loss, up->before.loss);

    for (uint32_t k = 0; k < up->n_down; k++) {
        struct worth *worth = &solver->worth[up->down[k]];
        worth->conversions += conversions * up->change[k].conversions;
        worth->gain += gain * up->change[k].gain;
        worth->loss += loss * up->change[k].loss;
    }
}

static bool upstream_new(const struct solver *solver, struct upstream *up)
{
    const struct chain *chain = solver->chain;

    up->down = SCRATCH_ARRAY(solver->arena, uint32_t, chain->n, solver->err);
    if (!up->down) return false;
    up->journeys = SCRATCH_ARRAY(solver->arena, double, chain->n, solver->err);
    if (!up->journeys) return false;
    for (uint32_t i = chain->n; i-- > 0;) {
        double journeys = 0;
        for (uint64_t k = chain->in.first[i]; k < chain->in.first[i + 1]; k++) {
            uint32_t from = chain->in.other[k];
            if (from > i) journeys += chain->visits[from] * chain->in.weight[k];
        }
        if (journeys <= 0) continue;
        up->down[up->n_down] = i;
        up->journeys[up->n_down++] = journeys;
    }
    up->change = SCRATCH_ARRAY(solver->arena, struct worth, up->n_down, solver->err);
    return up->change != NULL;
}

static bool worth_by_sweeps(struct solver *solver)
{
    const struct chain *chain = solver->chain;
    struct upstream up = {0};
    double bound = INFINITY;

    if (!upstream_new(solver, &up)) return false;
    for (uint32_t sweeps = 1; bound > solver->tolerance; sweeps++) {
        if (!may_sweep(solver, bound)) return false;
        if (sweeps > 1 && sweeps % LEAP_EVERY == 1) worth_leap(solver, &up);
        worth_sweep(solver, &up);
        bound = fmax(relative(up.now.conversions, chain->all_conversions),
                     relative(up.now.gain + up.now.loss, chain->all_magnitude));
        if (sweeps > solver->out->sweeps) solver->out->sweeps = sweeps;
    }
    solver->out->residual = bound;
    return true;
}

/* LANES channels solved side by side. */
struct lanes {
    double (*visits)[LANES]; /* by state: y */
    uint16_t *has;           /* by state: which lanes' channels it contains */
    uint32_t n_down;         /* states with transitions down; ascending: */
    uint32_t *down;
    double *worth_down;               /* by place in `down`, j: sum over those of q_ji times i's worth */
    double (*change)[LANES];          /* likewise: of y in the last sweep */
    double now[LANES], before[LANES]; /* what the last sweep and the one before left undone */
    double effect[LANES][2];          /* conversions, value, of the last sweep */
    uint32_t *first, *state;          /* by place of channel: the states that contain it */
};

/* What walks bring that meet a lane's channel here for the first time; they go no further. */
static void meet(struct lanes *lanes, const struct worth *worth, uint16_t has, double visits[LANES])
{
    for (int w = 0; w < LANES; w++) {
        if (!(has >> w & 1)) continue;
        lanes->effect[w][0] += visits[w] * worth->conversions;
        lanes->effect[w][1] += visits[w] * (worth->gain - worth->loss);
        visits[w] = 0;
    }
}

static void lanes_sweep(const struct solver *solver, struct lanes *lanes)
{
    const struct chain *chain = solver->chain;
    const struct links *in = &chain->in;
    uint32_t k_down = 0;

    memcpy(lanes->before, lanes->now, sizeof lanes->now);
    memset(lanes->now, 0, sizeof lanes->now);
    memset(lanes->effect, 0, sizeof lanes->effect);
    for (uint32_t i = 0; i < chain->n; i++) {
        double now[LANES], start = chain->start[i] / chain->journeys;

        for (int w = 0; w < LANES; w++) now[w] = start;
        for (uint64_t k = in->first[i]; k < in->first[i + 1]; k++) {
            const double *from = lanes->visits[in->other[k]];
            __builtin_prefetch(lanes->visits[in->other[k + LINKS_AHEAD]]); /* they lie all over */
            for (int w = 0; w < LANES; w++) now[w] += in->weight[k] * from[w];
        }
        if (lanes->has[i]) meet(lanes, &solver->worth[i], lanes->has[i], now);
        if (k_down < lanes->n_down && lanes->down[k_down] == i) {
            for (int w = 0; w < LANES; w++) {
                lanes->change[k_down][w] = now[w] - lanes->visits[i][w];
                lanes->now[w] += fabs(lanes->change[k_down][w]) * lanes->worth_down[k_down];
            }
            k_down++;
        }
        memcpy(lanes->visits[i], now, sizeof now);
    }
}

static void lanes_leap(struct lanes *lanes)
{
    double times[LANES];

    for (int w = 0; w < LANES; w++) times[w] = leap(lanes->now[w], lanes->before[w]);
    for (uint32_t k = 0; k < lanes->n_down; k++) {
        for (int w = 0; w < LANES; w++) lanes->visits[lanes->down[k]][w] += times[w] * lanes->change[k][w];
    }
}

/* Mark or unmark the states of the channels at places from .. from + LANES - 1. */
static void mark(const struct solver *solver, struct lanes *lanes, uint32_t from, bool on)
{
    for (uint32_t w = 0; w < LANES && from + w < solver->chain->n_present; w++) {
        for (uint32_t i = lanes->first[from + w]; i < lanes->first[from + w + 1]; i++) {
            uint16_t bit = (uint16_t)(1u << w), *has = &lanes->has[lanes->state[i]];
            *has = on ? *has | bit : *has & (uint16_t)~bit;
        }
    }
}

static bool lanes_solve(struct solver *solver, struct lanes *lanes, uint32_t from, double *residual)
{
    const struct chain *chain = solver->chain;
    double bound = INFINITY;

    mark(solver, lanes, from, true);
    for (uint32_t i = 0; i < chain->n; i++) {
        for (int w = 0; w < LANES; w++)
            lanes->visits[i][w] = lanes->has[i] >> w & 1 ? 0 : chain->visits[i] / chain->journeys;
    }
    for (uint32_t sweeps = 1; bound > solver->tolerance; sweeps++) {
        if (!may_sweep(solver, bound)) return false;
        if (sweeps > 1 && sweeps % LEAP_EVERY == 1) lanes_leap(lanes);
        lanes_sweep(solver, lanes);
        bound = 0;
        for (int w = 0; w < LANES; w++) bound = fmax(bound, lanes->now[w]);
        if (sweeps > solver->out->sweeps) solver->out->sweeps = sweeps;
    }
    for (uint32_t w = 0; w < LANES && from + w < solver->chain->n_present; w++) {
        struct markov_removal *removal = &solver->removal[solver->chain->present[from + w]];
        *removal = (struct markov_removal){lanes->effect[w][0], lanes->effect[w][1]};
    }
    mark(solver, lanes, from, false);
    if (bound > *residual) *residual = bound;
    return true;
}

/* The states of each channel, each state once. */
static bool list_states(const struct solver *solver, struct lanes *lanes)
{
    const struct chain *chain = solver->chain;
    uint32_t *end;

    lanes->first = SCRATCH_ARRAY(solver->arena, uint32_t, (size_t)solver->chain->n_present + 2, solver->err);
    if (!lanes->first) return false;
    lanes->state = SCRATCH_ARRAY(solver->arena, uint32_t, (size_t)chain->n * MARKOV_ORDER_MAX, solver->err);
    if (!lanes->state) return false;
    for (int pass = 0; pass < 2; pass++) {
        end = lanes->first + 1; /* first counts, one place ahead; then where the next state goes */
        for (uint32_t i = 0; i < chain->n; i++) {
            const uint32_t *channel = chain->gram[i].channel;
            for (int k = 0; k < MARKOV_ORDER_MAX && channel[k] != NO_CHANNEL; k++) {
                bool again = false;
                for (int b = 0; b < k; b++) again = again || channel[b] == channel[k];
                if (again) continue;
                if (pass == 0) end[solver->chain->place[channel[k]] + 1]++;
                if (pass == 1) lanes->state[end[solver->chain->place[channel[k]]]++] = i;
            }
        }
        for (uint32_t c = 0; c < solver->chain->n_present && pass == 0; c++) end[c + 1] += end[c];
    }
    return true;
}

/* The worth of where state j's downward transitions lead, as a part of the total. */
static double worth_down(const struct solver *solver, uint32_t j)
{
    const struct chain *chain = solver->chain;
    double sum = 0;

    for (uint64_t k = chain->out.first[j]; k < chain->out.first[j + 1]; k++) {
        const struct worth *worth = &solver->worth[chain->out.other[k]];
        if (chain->out.other[k] > j) continue;
        sum += chain->out.weight[k] * chain->journeys *
               fmax(relative(worth->conversions, chain->all_conversions),
                    relative(worth->gain + worth->loss, chain->all_magnitude));
    }
    return sum;
}

static bool lanes_new(const struct solver *solver, struct lanes *lanes)
{
    const struct chain *chain = solver->chain;

    lanes->visits = scratch_take(solver->arena, sizeof *lanes->visits, chain->n, solver->err);
    if (!lanes->visits) return false;
    lanes->has = SCRATCH_ARRAY(solver->arena, uint16_t, chain->n, solver->err);
    if (!lanes->has) return false;
    lanes->down = SCRATCH_ARRAY(solver->arena, uint32_t, chain->n, solver->err);
    if (!lanes->down) return false;
    lanes->worth_down = SCRATCH_ARRAY(solver->arena, double, chain->n, solver->err);
    if (!lanes->worth_down) return false;
    for (uint32_t j = 0; j < chain->n; j++) {
        double worth = worth_down(solver, j);
        if (worth <= 0) continue;
        lanes->down[lanes->n_down] = j;
        lanes->worth_down[lanes->n_down++] = worth;
    }
    lanes->change = scratch_take(solver->arena, sizeof *lanes->change, lanes->n_down, solver->err);
    return lanes->change && list_states(solver, lanes);
}

static bool solve_by_sweeps(struct solver *solver)
{
    const struct chain *chain = solver->chain;
    struct lanes lanes = {0};
    double residual = 0, steps = 0;

    for (uint32_t i = 0; i < chain->n; i++) steps += chain->visits[i] / chain->journeys;
    solver->tolerance = fmax(MARKOV_TOLERANCE, steps * DBL_EPSILON / 2) / 2;
    if (!worth_by_sweeps(solver) || !lanes_new(solver, &lanes)) return false;
    for (uint32_t from = 0; from < chain->n_present; from += LANES) {
        if (!lanes_solve(solver, &lanes, from, &residual)) return false;
    }
    solver->out->residual += residual;
    return true;
}

bool chain_solve(const struct chain *chain, struct arena *arena, struct markov_removal *removal, struct markov *out,
                 struct err *err)
{
    struct solver solver = {.chain = chain, .arena = arena, .err = err, .removal = removal, .out = out};

    if (chain->n == 0) return true;
    solver.worth = SCRATCH_ARRAY(arena, struct worth, chain->n, err);
    if (!solver.worth) return false;
    if (!(chain->n <= DIRECT_MAX ? solve_direct(&solver) : solve_by_sweeps(&solver))) return false;
    for (uint32_t i = 0; i < chain->n; i++)
        out->conversion_rate += chain->start[i] / chain->journeys * solver.worth[i].conversions;
    return true;
}
