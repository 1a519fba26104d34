/* features/attribution/cell_shares.c -- the journeys behind one cell of a path model, so that they add up to it.
 *
 * A journey alone would share its conversion among its different channels: by shapley and shapley_rate in equal parts,
 * by markov in proportion to the channels' removal effects. With l_j the part of the cell's channel in journey j,
 *
 *     credit_j  = l_j * cell / sum of l            revenue_j = amount_j * l_j * cell / sum of amount * l
 *
 * For shapley both factors are 1: it is local. markov and shapley_rate look at all journeys at once, null ones too,
 * so their cells are no sum of anything that one journey knows; the factors make up for that ("scaled"). Where amounts
 * cancel out, revenue follows the credit. It is made whole as it runs: each journey gets what the rounded running sum
 * has grown by, the last one of the cell what is left.
 *
 * A key that is on null journeys only may have a credit all the same: walks of the chain lead through it and on to a
 * conversion, and it lowers the rate of the sets it is in. No conversion stands behind that cell: no journeys. */
#include <float.h>
#include <math.h>

#include "features/attribution/attribution_int.h"
#include "measure/scratch.h"

#define CANCELLED 1e-9L /* of the amounts without signs: a smaller sum is noise */

struct cell_shares {
    const struct snapshot *snapshot;
    const struct markov_removal *removal; /* NULL: equal parts */
    uint32_t group, unattributed;
    struct path_credit cell;
    uint64_t journeys, taken;
    double factor;
    long double money_factor; /* of amount * part, or of the credit: */
    bool money_by_credit;
    long double due; /* the running sum */
    int64_t given;

    /* the journey under way, by channel: good where round[channel] == now */
    uint32_t now, *round, *times;
    double worth;      /* of all its different channels */
    uint32_t *channel; /* one for each touch */
};

static double worth_of(const struct cell_shares *shares, uint32_t channel)
{
    return shares->removal ? fmax(shares->removal[channel].conversions, DBL_MIN) : 1;
}

static void see_channels(struct cell_shares *shares, const uint32_t *channel, uint32_t n)
{
    shares->now++;
    shares->worth = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t c = channel[i];
        if (shares->round[c] != shares->now) {
            shares->round[c] = shares->now;
            shares->times[c] = 0;
            shares->worth += worth_of(shares, c);
        }
        shares->times[c]++;
    }
}

/* Of the cell in the journey seen last; 0: none. */
static double part_of(const struct cell_shares *shares, uint32_t n)
{
    uint32_t group = shares->group;

    if (group == shares->unattributed) return n == 0 ? 1 : 0;
    return shares->round[group] == shares->now ? worth_of(shares, group) / shares->worth : 0;
}

static void find_factors(struct cell_shares *shares, const struct paths *paths)
{
    long double credit = 0, money = 0, magnitude = 0;

    for (uint32_t i = 0; i < paths->n; i++) {
        struct path path = paths_at(paths, i);
        if (path.conversions == 0) continue;
        see_channels(shares, path.channel, path.n);
        double part = part_of(shares, path.n);
        if (part <= 0) continue;
        shares->journeys += (uint64_t)path.conversions;
        credit += part * (long double)path.conversions;
        money += part * (long double)path.value_minor;
        magnitude += part * fabsl((long double)path.value_minor);
    }
    if (shares->journeys == 0) return;
    shares->factor = (double)(shares->cell.conversions / credit);
    shares->money_by_credit = fabsl(money) <= CANCELLED * magnitude;
    shares->money_factor = (long double)shares->cell.value_minor / (shares->money_by_credit ? credit : money);
}

struct cell_shares *cell_shares_new(const struct ask *ask, const struct over_paths *over, enum path_model model,
                                    uint32_t group, struct err *err)
{
    struct arena *arena = &ask->request->arena;
    uint32_t n = ask->query.by.n;
    struct cell_shares *shares = ARENA_NEW(arena, struct cell_shares);

    shares->snapshot = ask->snapshot;
    shares->removal = model == PATH_MARKOV ? over->models.removal : NULL;
    shares->group = group;
    shares->unattributed = n;
    shares->cell = over_paths_credit(over, ask, model, group);
    shares->round = SCRATCH_ARRAY(arena, uint32_t, n, err);
    if (!shares->round) return NULL;
    shares->times = SCRATCH_ARRAY(arena, uint32_t, n, err);
    if (!shares->times) return NULL;
    shares->channel = SCRATCH_ARRAY(arena, uint32_t, over->paths.longest, err);
    if (!shares->channel) return NULL;
    find_factors(shares, &over->paths);
    return shares;
}

bool cell_shares_take(struct cell_shares *shares, const struct journey *journey, double *credit, int64_t *revenue)
{
    int64_t amount = shares->snapshot->amount_minor[journey->conversion_row];

    for (uint32_t i = 0; i < journey->n; i++) shares->channel[i] = journey->touch[i].group;
    see_channels(shares, shares->channel, journey->n);
    double part = part_of(shares, journey->n);
    if (part <= 0) return false;
    *credit = part * shares->factor;
    shares->due += part * (shares->money_by_credit ? 1 : (long double)amount) * shares->money_factor;
    *revenue = (++shares->taken == shares->journeys ? shares->cell.value_minor : llroundl(shares->due)) - shares->given;
    shares->given += *revenue;
    return true;
}

double cell_shares_weight(const struct cell_shares *shares, const struct journey *journey, uint32_t i)
{
    uint32_t channel = journey->touch[i].group;

    return worth_of(shares, channel) / shares->worth / shares->times[channel];
}
