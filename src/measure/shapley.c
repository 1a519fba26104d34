/* measure/shapley.c -- Shapley values, in a line where that can be, by subsets or samples where not.
 *
 *     phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! * (v(S + i) - v(S))
 *
 * The count game. With R(T) the conversions of journeys whose set of channels is exactly T, v(S) = sum of R(T) over
 * T in S, a sum of unanimity games, each of which its members share equally: phi_i = sum over T with i of R(T) / |T|
 * (Zhao et al. 2018, arXiv 1804.05327). Ordered: of its 1/|T| of a journey, a channel gives each of its touches the
 * same part, and parts are summed by the touch's place.
 *
 * The rate game is not additive: a set of channels may convert worse than a part of it, so phi may be negative. Up to
 * 16 channels: conversions and journeys of each set, summed over subsets bit by bit (zeta transform), then the sum
 * above as it stands. Above: the marginal rates along random orders of the channels. A set counts from the moment its
 * last channel comes, so an order costs one look at every set. Along one order the marginals telescope to v(all):
 * efficiency holds at any number of samples. Each order is paired with its reverse, in which early and late change
 * places, and the pair's mean is one sample: that cancels most of what depends on being early or late. The standard
 * error is that of the mean of the pairs.
 *
 * Invariants, which the tests hold us to: sum of phi = v(all) - v(none) (efficiency); equal players, equal phi; a
 * player on no path has 0; the count game = brute force over all subsets; sampling comes within its error of it.
 */
#include "measure/shapley.h"

#include <math.h>
#include <stdlib.h>

#include "measure/scratch.h"

/* ---- the count game ---- */

/* The distinct channels of a path, in order of first appearance. mark[channel] == stamp: met in this path. */
static uint32_t distinct_of(const struct path *path, uint32_t stamp, uint32_t *mark, uint32_t *out)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < path->n; i++) {
        if (mark[path->channel[i]] == stamp) continue;
        mark[path->channel[i]] = stamp;
        out[n++] = path->channel[i];
    }
    return n;
}

static bool marks_new(const struct paths *paths, struct arena *arena, uint32_t **mark, uint32_t **list, struct err *err)
{
    *mark = SCRATCH_ARRAY(arena, uint32_t, paths->n_channels, err);
    if (!*mark) return false;
    *list = SCRATCH_ARRAY(arena, uint32_t, paths->n_channels, err);
    return *list != NULL;
}

bool shapley_count(const struct paths *paths, struct arena *arena, struct path_credit *credit, struct err *err)
{
    uint32_t *mark, *list;
    struct path_share *share = path_shares_new(paths, arena, err);

    if (!share || !marks_new(paths, arena, &mark, &list, err)) return false;
    for (uint32_t i = 0; i < paths->n; i++) {
        struct path path = paths_at(paths, i);
        uint32_t n = distinct_of(&path, i + 1, mark, list);
        for (uint32_t k = 0; k < n; k++) {
            share[list[k]].conversions += (double)path.conversions / n;
            share[list[k]].value += (double)path.value_minor / n;
        }
    }
    return path_shares_settle(paths->n_channels, paths->value_minor, share, arena, credit, err);
}

bool shapley_of_sizes(const struct shapley_sizes *sizes, struct arena *arena, struct path_credit *credit,
                      struct err *err)
{
    uint32_t n = sizes->n_channels;
    struct path_share *share = SCRATCH_ARRAY(arena, struct path_share, (size_t)n + 1, err);

    if (!share) return false;
    for (uint32_t size = 1; size <= n; size++) {
        for (uint32_t c = 0; c < n; c++) {
            size_t cell = (size_t)(size - 1) * sizes->stride + c;
            share[c].conversions += sizes->conversions[cell] / size;
            share[c].value += sizes->value[cell] / size;
        }
    }
    share[n] = sizes->unattributed;
    return path_shares_settle(n, sizes->value_minor, share, arena, credit, err);
}

bool shapley_ordered(const struct paths *paths, uint32_t places, struct arena *arena, double *out, struct err *err)
{
    uint32_t *mark, *list, *times;

    if (places < 1) return err_set_field(err, "places", "must be 1 or more");
    if (!marks_new(paths, arena, &mark, &list, err)) return false;
    times = SCRATCH_ARRAY(arena, uint32_t, paths->n_channels, err); /* that a channel occurs in the path */
    if (!times) return false;
    for (size_t i = 0; i < (size_t)paths->n_channels * places; i++) out[i] = 0;
    for (uint32_t i = 0; i < paths->n; i++) {
        struct path path = paths_at(paths, i);
        uint32_t n = distinct_of(&path, i + 1, mark, list);

        for (uint32_t k = 0; k < n; k++) times[list[k]] = 0;
        for (uint32_t k = 0; k < path.n; k++) times[path.channel[k]]++;
        for (uint32_t k = 0; k < path.n; k++) {
            uint32_t channel = path.channel[k], place = k < places ? k : places - 1;
            out[(size_t)channel * places + place] += (double)path.conversions / n / times[channel];
        }
    }
    return true;
}

/* ---- the rate game ---- */

/* Journeys by their set of channels. */
struct tally {
    double conversions, journeys, value;
};

struct set {
    uint64_t first; /* place of its players */
    uint32_t n;
    struct tally tally;
};

struct game {
    const struct paths *paths;
    struct arena *arena;
    struct err *err;
    uint32_t n;       /* players */
    uint32_t *player; /* by channel: its number + 1; 0: none */
    uint32_t n_sets;  /* one a path, equal sets apart: they add up all the same */
    struct set *set;
    uint32_t *member; /* players of the sets, one after another */
    struct tally all;
    struct path_share *mean;      /* by player */
    struct shapley_error *spread; /* by player: standard errors; NULL: exact */
};

static void tally_add(struct tally *to, const struct tally *from)
{
    to->conversions += from->conversions;
    to->journeys += from->journeys;
    to->value += from->value;
}

static double rate(double part, double journeys)
{
    return journeys > 0 ? part / journeys : 0;
}

static bool game_new(struct game *game)
{
    const struct paths *paths = game->paths;
    uint32_t *mark, *list;
    uint64_t n_members = 0;

    if (!marks_new(paths, game->arena, &mark, &list, game->err)) return false;
    game->player = SCRATCH_ARRAY(game->arena, uint32_t, paths->n_channels, game->err);
    if (!game->player) return false;
    game->set = SCRATCH_ARRAY(game->arena, struct set, paths->n, game->err);
    if (!game->set) return false;
    game->member = SCRATCH_ARRAY(game->arena, uint32_t, paths->n_touches, game->err);
    if (!game->member) return false;
    for (uint32_t i = 0; i < paths->n; i++) {
        struct path path = paths_at(paths, i);
        struct set *set = &game->set[game->n_sets];

        if (path.n == 0) continue;
        set->first = n_members;
        set->n = distinct_of(&path, i + 1, mark, list);
        set->tally = (struct tally){(double)path.conversions, (double)path.conversions + (double)path.nulls,
                                    (double)path.value_minor};
        for (uint32_t k = 0; k < set->n; k++) {
            if (game->player[list[k]] == 0) game->player[list[k]] = ++game->n;
            game->member[n_members++] = game->player[list[k]] - 1;
        }
        tally_add(&game->all, &set->tally);
        game->n_sets++;
    }
    game->mean = SCRATCH_ARRAY(game->arena, struct path_share, game->n, game->err);
    return game->mean != NULL;
}

/* |S|! (n - |S| - 1)! / n! for every size of S. */
static void subset_weights(uint32_t n, double *weight)
{
    weight[0] = 1.0 / n;
    for (uint32_t s = 1; s < n; s++) weight[s] = weight[s - 1] * s / (n - s);
}

static bool solve_exact(struct game *game)
{
    size_t n_subsets = (size_t)1 << game->n;
    double weight[SHAPLEY_EXACT_MAX + 1];
    struct tally *within = SCRATCH_ARRAY(game->arena, struct tally, n_subsets, game->err);

    if (!within) return false;
    for (uint32_t i = 0; i < game->n_sets; i++) {
        size_t subset = 0;
        for (uint32_t k = 0; k < game->set[i].n; k++) subset |= (size_t)1 << game->member[game->set[i].first + k];
        tally_add(&within[subset], &game->set[i].tally);
    }
    for (uint32_t i = 0; i < game->n; i++) {
        for (size_t s = 0; s < n_subsets; s++)
            if (s >> i & 1) tally_add(&within[s], &within[s ^ (size_t)1 << i]);
    }
    subset_weights(game->n, weight);
    for (size_t s = 0; s < n_subsets; s++) {
        double by = weight[__builtin_popcountll(s)];
        double conversions = rate(within[s].conversions, within[s].journeys);
        double value = rate(within[s].value, within[s].journeys);
        for (uint32_t i = 0; i < game->n; i++) {
            const struct tally *with = &within[s | (size_t)1 << i];
            if (s >> i & 1) continue;
            game->mean[i].conversions += by * (rate(with->conversions, with->journeys) - conversions);
            game->mean[i].value += by * (rate(with->value, with->journeys) - value);
        }
    }
    return true;
}

/* ---- sampling ---- */

static uint64_t random_next(uint64_t *seed) /* splitmix64 (Steele, Lea, Flood 2014) */
{
    uint64_t z = (*seed += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* 0 .. n-1, without bias (Lemire 2019). */
static uint32_t random_below(uint64_t *seed, uint32_t n)
{
    uint64_t product = (random_next(seed) >> 32) * n;

    if ((uint32_t)product < n) {
        uint32_t least = (0u - n) % n;
        while ((uint32_t)product < least) product = (random_next(seed) >> 32) * n;
    }
    return (uint32_t)(product >> 32);
}

static void shuffle(uint32_t *rank, uint32_t n, uint64_t *seed)
{
    for (uint32_t i = n; i > 1; i--) {
        uint32_t k = random_below(seed, i), kept = rank[i - 1];
        rank[i - 1] = rank[k];
        rank[k] = kept;
    }
}

/* Add each player's marginal along one order: rank[player] of it, or that from the end. */
static void add_order(const struct game *game, const uint32_t *rank, bool reverse, struct tally *at,
                      struct path_share *marginal)
{
    uint32_t last = game->n - 1;

    for (uint32_t i = 0; i < game->n; i++) at[i] = (struct tally){0};
    for (uint32_t i = 0; i < game->n_sets; i++) { /* a set is complete with its latest member */
        const uint32_t *member = game->member + game->set[i].first;
        uint32_t latest = 0;
        for (uint32_t k = 0; k < game->set[i].n; k++) {
            uint32_t place = reverse ? last - rank[member[k]] : rank[member[k]];
            if (place > latest) latest = place;
        }
        tally_add(&at[latest], &game->set[i].tally);
    }
    for (uint32_t i = 1; i < game->n; i++) tally_add(&at[i], &at[i - 1]);
    for (uint32_t p = 0; p < game->n; p++) {
        uint32_t place = reverse ? last - rank[p] : rank[p];
        struct tally before = place ? at[place - 1] : (struct tally){0};
        marginal[p].conversions +=
            rate(at[place].conversions, at[place].journeys) - rate(before.conversions, before.journeys);
        marginal[p].value += rate(at[place].value, at[place].journeys) - rate(before.value, before.journeys);
    }
}

/* Mean and sum of squared distances from it, as they come (Welford 1962). */
static void welford(double x, double n, double *mean, double *squares)
{
    double distance = x - *mean;

    *mean += distance / n;
    *squares += distance * (x - *mean);
}

static bool solve_sampled(struct game *game, const struct shapley_sampling *sampling)
{
    uint32_t *rank = SCRATCH_ARRAY(game->arena, uint32_t, game->n, game->err);
    struct path_share *pair;
    struct tally *at;

    if (!rank) return false;
    pair = SCRATCH_ARRAY(game->arena, struct path_share, game->n, game->err);
    if (!pair) return false;
    at = SCRATCH_ARRAY(game->arena, struct tally, game->n, game->err);
    if (!at) return false;
    game->spread = SCRATCH_ARRAY(game->arena, struct shapley_error, game->n, game->err);
    if (!game->spread) return false;
    for (uint32_t i = 0; i < game->n; i++) rank[i] = i;
    for (uint32_t m = 1; m <= sampling->pairs; m++) {
        shuffle(rank, game->n, sampling->seed);
        for (uint32_t i = 0; i < game->n; i++) pair[i] = (struct path_share){0};
        add_order(game, rank, false, at, pair);
        add_order(game, rank, true, at, pair);
        for (uint32_t i = 0; i < game->n; i++) {
            welford(pair[i].conversions / 2, m, &game->mean[i].conversions, &game->spread[i].conversions);
            welford(pair[i].value / 2, m, &game->mean[i].value, &game->spread[i].value_minor);
        }
    }
    double n = sampling->pairs;
    for (uint32_t i = 0; i < game->n; i++) {
        game->spread[i].conversions = sqrt(game->spread[i].conversions / (n - 1) / n);
        game->spread[i].value_minor = sqrt(game->spread[i].value_minor / (n - 1) / n);
    }
    return true;
}

bool shapley_rate_count(const struct paths *paths, const struct shapley_sampling *sampling, struct arena *arena,
                        struct path_credit *credit, struct shapley_error *error, struct shapley_rate *out,
                        struct err *err)
{
    struct game game = {.paths = paths, .arena = arena, .err = err};
    struct path_share *share = path_shares_new(paths, arena, err);

    if (sampling->pairs < 2) return err_set_field(err, "pairs", "must be 2 or more, not %u", sampling->pairs);
    if (!share || !game_new(&game)) return false;
    bool exact = game.n <= SHAPLEY_EXACT_MAX;
    if (game.n > 0 && !(exact ? solve_exact(&game) : solve_sampled(&game, sampling))) return false;
    for (uint32_t c = 0; c < paths->n_channels; c++) {
        if (game.player[c] == 0) continue;
        const struct path_share *mean = &game.mean[game.player[c] - 1];
        share[c] = (struct path_share){mean->conversions * game.all.journeys, mean->value * game.all.journeys};
    }
    if (!path_shares_settle(paths->n_channels, paths->value_minor, share, arena, credit, err)) return false;
    *out = (struct shapley_rate){.players = game.n, .exact = exact, .orders = exact ? 0 : 2 * sampling->pairs};
    for (uint32_t c = 0; c < paths->n_channels; c++) {
        struct shapley_error at = {0};
        if (game.spread && game.player[c]) at = game.spread[game.player[c] - 1];
        at.conversions *= game.all.journeys;
        at.value_minor *= game.all.journeys;
        if (error) error[c] = at;
        if (at.conversions > out->worst_error) out->worst_error = at.conversions;
    }
    return true;
}
