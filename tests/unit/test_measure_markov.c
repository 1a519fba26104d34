/* Tests of measure/markov.h: the worked numbers of models/attribution.md 5.3, an oracle that solves the chain anew for
 * each removed channel, the invariants M1 to M6. Beside this: test_measure_markov_order.c. */
#include "measure/markov.h"
#include "paths_fixture.h"

struct answer {
    struct markov_removal removal[LETTERS];
    struct path_credit credit[LETTERS + 1];
    struct markov markov;
};

static struct answer solve(struct world *w, int order)
{
    struct answer answer = {0};
    struct err err;

    arena_reset(&w->arena);
    ASSERT_OK(markov_count(&w->paths, order, &w->arena, answer.removal, answer.credit, &answer.markov, &err));
    assert_true(answer.markov.residual <= 1e-12);
    assert_adds_up(&w->paths, answer.credit);
    return answer;
}

#define ASSERT_REMOVALS(answer, ...)                                                                                   \
    assert_removals(&(answer), (const double[]){__VA_ARGS__}, COUNT_OF(((double[]){__VA_ARGS__})))
static void assert_removals(const struct answer *answer, const double *wanted, size_t n)
{
    for (size_t i = 0; i < n; i++) ASSERT_WITHIN(answer->removal[i].conversions, wanted[i], 1e-12);
}

/* ---- worked numbers ---- */

/* analyzecore and the markovattribution tests: C1 > C2 > C3. */
static void test_three_channels(void **state)
{
    struct world *w = *state;

    add(&w->paths, "abc", 1, 0, 1000);
    add(&w->paths, "a", 0, 1, 0);
    add(&w->paths, "bc", 0, 1, 0);
    struct answer answer = solve(w, 1);
    ASSERT_WITHIN(answer.markov.conversion_rate, 1.0 / 3, 1e-15);
    ASSERT_REMOVALS(answer, 0.5, 1, 1);
    ASSERT_CREDITS(answer.credit, 0.2, 0.4, 0.4, 0);
    ASSERT_VALUES(answer.credit, 200, 400, 400, 0);
    ASSERT_NEAR(answer.removal[0].value, 0.5);
    assert_int_equal(answer.markov.states, 3);
    assert_int_equal(answer.markov.transitions, 2);
    assert_true(answer.markov.direct);
}

static void test_google_mail(void **state)
{
    struct world *w = *state;

    add(&w->paths, "a", 2, 1, 0);
    add(&w->paths, "b", 1, 0, 0);
    add(&w->paths, "ab", 1, 0, 0);
    struct answer answer = solve(w, 1);
    ASSERT_WITHIN(answer.markov.conversion_rate, 0.8, 1e-15);
    ASSERT_REMOVALS(answer, 0.75, 0.5);
    ASSERT_CREDITS(answer.credit, 2.4, 1.6, 0);
}

/* No nulls at all: what is not converted is not there. */
static void test_pychattr(void **state)
{
    struct world *w = *state;

    add(&w->paths, "ababba", 1, 0, 0);
    add(&w->paths, "abbaa", 1, 0, 0);
    add(&w->paths, "aa", 1, 0, 0);
    struct answer answer = solve(w, 1);
    ASSERT_WITHIN(answer.markov.conversion_rate, 1, 1e-15);
    ASSERT_REMOVALS(answer, 1, 0.5);
    ASSERT_CREDITS(answer.credit, 2, 1, 0);
    answer = solve(w, 2);
    ASSERT_REMOVALS(answer, 1, 2.0 / 3);
    ASSERT_CREDITS(answer.credit, 1.8, 1.2, 0);
    assert_int_equal(answer.markov.states, 4);
}

/* DP6's fixture: direct > google > meta, meta > direct, email > organic. */
static void test_dp6(void **state)
{
    struct world *w = *state;

    add(&w->paths, "abc", 120, 300, 150);
    add(&w->paths, "ca", 0, 450, 0);
    add(&w->paths, "de", 80, 0, 300);
    struct answer answer = solve(w, 1);
    ASSERT_WITHIN(answer.markov.conversion_rate, 4.0 / 19, 1e-15);
    ASSERT_REMOVALS(answer, 8.4 / 29, 8.4 / 29, 0.6, 0.4, 0.4);
    ASSERT_WITHIN(answer.removal[0].conversions, 0.2896552, 5e-8);
    double wanted[] = {29.26829, 29.26829, 60.62718, 40.41812, 40.41812};
    for (int i = 0; i < 5; i++) assert_true(fabs(answer.credit[i].conversions - wanted[i]) < 5e-6);
    answer = solve(w, 2);
    ASSERT_REMOVALS(answer, 0.6, 0.6, 0.6, 0.4, 0.4);
    ASSERT_CREDITS(answer.credit, 600.0 / 13, 600.0 / 13, 600.0 / 13, 400.0 / 13, 400.0 / 13, 0);
}

/* eeghor/mta, the exact chain: search, social, email, direct as a, c, b, d. */
static void test_mta(void **state)
{
    struct world *w = *state;

    add(&w->paths, "d", 2, 1, 0);
    add(&w->paths, "ab", 3, 2, 0);
    add(&w->paths, "acb", 5, 4, 0);
    struct answer answer = solve(w, 1);
    ASSERT_REMOVALS(answer, 0.8, 0.8, 18.0 / 35, 0.2);
    assert_true(fabs(answer.removal[2].conversions - 0.5142857) < 5e-8);
    double wanted[] = {3.4567901, 3.4567901, 2.2222222, 0.8641975};
    for (int i = 0; i < 4; i++) assert_true(fabs(answer.credit[i].conversions - wanted[i]) < 5e-8);
    answer = solve(w, 2);
    ASSERT_REMOVALS(answer, 0.8, 0.8, 0.5, 0.2);
}

/* ---- the oracle: expand nothing, share nothing, remove one channel, solve again ---- */

struct oracle {
    const struct paths *paths;
    uint32_t order, n;
    uint32_t (*gram)[5]; /* length, then channels */
    long double *count, *to, *start, *conversions, *value, *q;
    long double journeys;
};

static uint32_t oracle_state(struct oracle *o, const uint32_t *channel, uint32_t length)
{
    uint32_t gram[5] = {length};

    for (uint32_t k = 0; k < length; k++) gram[1 + k] = channel[k];
    for (uint32_t i = 0; i < o->n; i++)
        if (memcmp(o->gram[i], gram, sizeof gram) == 0) return i;
    memcpy(o->gram[o->n], gram, sizeof gram);
    return o->n++;
}

/* Two walks over the paths: states, then counts. */
static void oracle_walk(struct oracle *o, bool counting)
{
    for (uint32_t i = 0; i < o->paths->n; i++) {
        struct path path = paths_at(o->paths, i);
        uint32_t length = path.n < o->order ? path.n : o->order, last = UINT32_MAX;
        long double weight = (long double)(path.conversions + path.nulls);
        if (path.n == 0) continue;
        for (uint32_t at = 0; at + length <= path.n; at++) {
            uint32_t state = oracle_state(o, path.channel + at, length);
            if (!counting || state == last) continue;
            o->count[state] += weight;
            if (at == 0) o->start[state] += weight;
            if (at > 0) o->to[(size_t)last * o->n + state] += weight;
            last = state;
        }
        if (!counting) continue;
        o->conversions[last] += (long double)path.conversions;
        o->value[last] += (long double)path.value_minor;
        o->journeys += weight;
    }
}

static long double *numbers(size_t n)
{
    return mem_new((n + 1) * sizeof(long double));
}

static void oracle_open(struct oracle *o, const struct paths *paths, int order)
{
    *o = (struct oracle){.paths = paths, .order = (uint32_t)order};
    o->gram = mem_new((paths->n_touches + 1) * sizeof *o->gram);
    oracle_walk(o, false);
    o->count = numbers(o->n);
    o->start = numbers(o->n);
    o->conversions = numbers(o->n);
    o->value = numbers(o->n);
    o->to = numbers((size_t)o->n * o->n);
    o->q = numbers((size_t)o->n * (o->n + 2));
    oracle_walk(o, true);
}

static void oracle_close(struct oracle *o)
{
    free(o->gram);
    free(o->count);
    free(o->start);
    free(o->conversions);
    free(o->value);
    free(o->to);
    free(o->q);
}

static bool holds(const uint32_t gram[5], uint32_t channel)
{
    for (uint32_t k = 0; k < gram[0]; k++)
        if (gram[1 + k] == channel) return true;
    return false;
}

/* Gauss-Jordan of (I - Q) x = r without the states of `removed`; the start's conversions and value. */
static void oracle_solve(struct oracle *o, uint32_t removed, long double out[2])
{
    uint32_t n = o->n;
    size_t stride = (size_t)n + 2;

    for (uint32_t i = 0; i < n; i++) {
        bool gone = holds(o->gram[i], removed);
        for (uint32_t k = 0; k < n; k++) {
            bool cut = gone || holds(o->gram[k], removed);
            o->q[i * stride + k] = (i == k) - (cut ? 0 : o->to[(size_t)i * n + k] / o->count[i]);
        }
        o->q[i * stride + n] = gone ? 0 : o->conversions[i] / o->count[i];
        o->q[i * stride + n + 1] = gone ? 0 : o->value[i] / o->count[i];
    }
    for (uint32_t c = 0; c < n; c++) { /* diagonally dominant: no pivoting */
        for (uint32_t i = 0; i < n; i++) {
            long double by = i == c ? 0 : o->q[i * stride + c] / o->q[c * stride + c];
            if (by == 0) continue;
            for (size_t k = c; k < stride; k++) o->q[i * stride + k] -= by * o->q[c * stride + k];
        }
    }
    out[0] = out[1] = 0;
    for (uint32_t i = 0; i < n; i++) {
        out[0] += o->start[i] / o->journeys * o->q[i * stride + n] / o->q[i * stride + i];
        out[1] += o->start[i] / o->journeys * o->q[i * stride + n + 1] / o->q[i * stride + i];
    }
}

/* Every `step`-th channel against the oracle. */
static void assert_oracle(struct world *w, const struct answer *answer, int order, uint32_t step, double distance)
{
    struct oracle o;
    long double all[2], left[2];
    uint64_t magnitude = w->paths.magnitude;

    oracle_open(&o, &w->paths, order);
    assert_int_equal(answer->markov.states, o.n);
    if (o.n > 0) oracle_solve(&o, UINT32_MAX, all);
    for (uint32_t c = 0; c < w->paths.n_channels && o.n > 0; c += step) {
        oracle_solve(&o, c, left);
        if (all[0] > 0) ASSERT_WITHIN(answer->removal[c].conversions, 1 - left[0] / all[0], distance);
        if (fabsl(all[1]) * o.journeys * 1000 <= (long double)magnitude) continue; /* values cancel out */
        ASSERT_WITHIN(answer->removal[c].value, 1 - left[1] / all[1], 1000 * distance);
    }
    oracle_close(&o);
}

static void test_oracle(void **state)
{
    struct world *w = *state;
    uint64_t seed = 3;

    for (int round = 0; round < 250; round++) {
        int order = 1 + round % 4;
        paths_reset(&w->paths);
        add_random(&w->paths, &seed, 1 + (uint32_t)random_below(&seed, 30), 1 + (uint32_t)random_below(&seed, 6),
                   1 + (uint32_t)random_below(&seed, 9), round % 3 == 0);
        struct answer answer = solve(w, order);
        assert_oracle(w, &answer, order, 1, 1e-12);
    }
}

/* More states than are eliminated: sweeps. Short walks, long ones, and ones that hardly end. */
static void test_oracle_of_sweeps(void **state)
{
    struct world *w = *state;
    static const struct {
        uint32_t rows, channels, longest;
        int order;
    } cases[] = {{900, 26, 5, 2}, {60, 26, 60, 2}, {300, 9, 12, 3}};
    uint64_t seed = 5;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        paths_reset(&w->paths);
        add_random(&w->paths, &seed, cases[i].rows, cases[i].channels, cases[i].longest, i == 1);
        struct answer answer = solve(w, cases[i].order);
        assert_false(answer.markov.direct);
        assert_true(answer.markov.states > 512);
        assert_true(answer.markov.states < 1000);
        assert_oracle(w, &answer, cases[i].order, 9, 1e-12);
    }
}

/* ---- invariants ---- */

/* M1, M2, M3 for every k. */
static void test_bounds(void **state)
{
    struct world *w = *state;
    uint64_t seed = 9;

    for (int round = 0; round < 300; round++) {
        int order = 1 + round % 4;
        paths_reset(&w->paths);
        add_random(&w->paths, &seed, (uint32_t)random_below(&seed, 200), 1 + (uint32_t)random_below(&seed, 20),
                   1 + (uint32_t)random_below(&seed, 20), false);
        add(&w->paths, "z", 0, 1, 0);
        add(&w->paths, "a", 1, 0, 5);
        struct answer answer = solve(w, order);
        double conversions = 0, journeys = 0, sum = 0;
        for (uint32_t i = 0; i < w->paths.n; i++) {
            struct path path = paths_at(&w->paths, i);
            conversions += path.n ? (double)path.conversions : 0;
            journeys += path.n ? (double)(path.conversions + path.nulls) : 0;
        }
        ASSERT_WITHIN(answer.markov.conversion_rate, conversions / journeys, 1e-12);
        for (int c = 0; c < LETTERS; c++) {
            sum += answer.removal[c].conversions;
            assert_true(answer.removal[c].conversions >= 0 && answer.removal[c].conversions <= 1);
            assert_true(answer.removal[c].value >= 0 && answer.removal[c].value <= 1 + 1e-12);
        }
        assert_true(sum >= 1 - 1e-12);
        ASSERT_NEAR(answer.removal[25].conversions, 0); /* only on a null path */
        ASSERT_NEAR(answer.credit[25].conversions, 0);
    }
}

/* M2: a channel on all converting walks; M3 with it: the mean number of distinct channels. */
static void test_on_all_walks(void **state)
{
    struct world *w = *state;

    for (int order = 1; order <= 4; order++) {
        paths_reset(&w->paths);
        add(&w->paths, "xab", 3, 1, 0);
        add(&w->paths, "xb", 1, 5, 0);
        add(&w->paths, "xcc", 4, 0, 0);
        struct answer answer = solve(w, order);
        ASSERT_WITHIN(answer.removal['x' - 'a'].conversions, 1, 1e-14);
        ASSERT_NEAR(answer.removal[2].conversions, 0.5);
    }
}

/* M4: with k >= the longest path a state is a path. */
static void test_participation(void **state)
{
    struct world *w = *state;
    uint64_t seed = 13;

    for (int round = 0; round < 100; round++) {
        int order = 1 + round % 4;
        double with[LETTERS] = {0}, value[LETTERS] = {0}, all = 0, all_value = 0;
        paths_reset(&w->paths);
        add_random(&w->paths, &seed, 400, 8, (uint32_t)order, false);
        struct answer answer = solve(w, order);
        assert_int_equal(answer.markov.transitions, 0);
        for (uint32_t i = 0; i < w->paths.n; i++) {
            struct path path = paths_at(&w->paths, i);
            bool met[LETTERS] = {false};
            if (path.n == 0) continue;
            all += (double)path.conversions;
            all_value += (double)path.value_minor;
            for (uint32_t k = 0; k < path.n; k++) met[path.channel[k]] = true;
            for (int c = 0; c < LETTERS; c++) with[c] += met[c] ? (double)path.conversions : 0;
            for (int c = 0; c < LETTERS; c++) value[c] += met[c] ? (double)path.value_minor : 0;
        }
        for (int c = 0; c < LETTERS; c++) {
            ASSERT_WITHIN(answer.removal[c].conversions, with[c] / all, 1e-12);
            ASSERT_WITHIN(answer.removal[c].value, value[c] / all_value, 1e-12);
        }
    }
}

/* Copy a table with each path changed by `change`, in reverse order of rows. */
static void copy(const struct paths *from, struct paths *to, void (*change)(struct path *path, uint32_t *room))
{
    for (uint32_t i = from->n; i-- > 0;) {
        uint32_t room[256];
        struct path path = paths_at(from, i);
        struct err err;
        change(&path, room);
        ASSERT_OK(paths_add(to, &path, &err));
    }
}

static void double_channels(struct path *path, uint32_t *room)
{
    for (uint32_t i = 0; i < path->n; i++) room[2 * i] = room[2 * i + 1] = path->channel[i];
    path->channel = room;
    path->n *= 2;
}

static void rename_channels(struct path *path, uint32_t *room)
{
    for (uint32_t i = 0; i < path->n; i++) room[i] = 19 - path->channel[i];
    path->channel = room;
}

/* M5: k = 1 and repeats. M6 with I4: rows in another order, channels by other names. */
static void test_what_changes_nothing(void **state)
{
    struct world *w = *state;
    uint64_t seed = 17;

    for (int round = 0; round < 60; round++) {
        int order = 1 + round % 4;
        struct world other = {.arena = {.ceiling = (size_t)64 << 20}};
        paths_reset(&w->paths);
        add_random(&w->paths, &seed, 60, 20, 8, round % 2 == 0);
        paths_init(&other.paths, (size_t)16 << 20);
        struct answer answer = solve(w, order), first = solve(w, 1);

        copy(&w->paths, &other.paths, double_channels);
        struct answer doubled = solve(&other, 1);
        paths_reset(&other.paths);
        copy(&w->paths, &other.paths, rename_channels);
        struct answer renamed = solve(&other, order);
        for (int c = 0; c < 20; c++) {
            ASSERT_WITHIN(doubled.removal[c].conversions, first.removal[c].conversions, 1e-12);
            ASSERT_WITHIN(renamed.removal[19 - c].conversions, answer.removal[c].conversions, 1e-12);
            ASSERT_WITHIN(renamed.credit[19 - c].conversions, answer.credit[c].conversions, 1e-11);
        }
        paths_reset(&other.paths);
        arena_free(&other.arena);
    }
}

/* ---- boundaries ---- */

static void test_nothing(void **state)
{
    struct world *w = *state;

    for (int order = 1; order <= 4; order++) {
        paths_reset(&w->paths);
        struct answer answer = solve(w, order);
        assert_int_equal(answer.markov.states, 0);
        ASSERT_NEAR(answer.markov.conversion_rate, 0);
        add(&w->paths, "", 3, 2, 50); /* no touch: unattributed, and no walk */
        answer = solve(w, order);
        assert_int_equal(answer.markov.states, 0);
        ASSERT_NEAR(answer.credit[0].conversions, 3);
        ASSERT_I64(answer.credit[0].value_minor, 50);
        add(&w->paths, "abab", 0, 2, 0); /* no conversions */
        answer = solve(w, order);
        ASSERT_REMOVALS(answer, 0, 0);
        ASSERT_CREDITS(answer.credit, 0, 0, 3);
        add(&w->paths, "c", 1, 0, -7); /* one channel takes all, refunds too */
        answer = solve(w, order);
        ASSERT_REMOVALS(answer, 0, 0, 1);
        ASSERT_CREDITS(answer.credit, 0, 0, 1, 3);
        ASSERT_VALUES(answer.credit, 0, 0, -7, 50);
        ASSERT_NEAR(answer.removal[2].value, 1);
    }
}

static void test_values_of_both_signs(void **state)
{
    struct world *w = *state;

    add(&w->paths, "a", 1, 0, 300);
    add(&w->paths, "b", 1, 0, -100);
    struct answer answer = solve(w, 1);
    ASSERT_NEAR(answer.removal[0].value, 1.5);
    ASSERT_NEAR(answer.removal[1].value, -0.5);
    ASSERT_VALUES(answer.credit, 300, -100, 0);
    assert_false(answer.markov.value_undetermined);
    add(&w->paths, "c", 1, 0, -200); /* effects sum to nothing */
    answer = solve(w, 1);
    assert_true(answer.markov.value_undetermined);
    ASSERT_VALUES(answer.credit, 0, 0, 0, 0);
    add(&w->paths, "", 1, 0, 33);
    answer = solve(w, 1);
    ASSERT_VALUES(answer.credit, 0, 0, 0, 33);
}

/* One path of 4,000 touches: a walk of any length through two states. */
static void test_long_path(void **state)
{
    struct world *w = *state;
    char letters[4001] = {0};

    for (int i = 0; i < 4000; i++) letters[i] = "ab"[i % 2];
    add(&w->paths, letters, 1, 0, 10);
    add(&w->paths, "b", 0, 1, 0);
    for (int order = 1; order <= 4; order++) {
        struct answer answer = solve(w, order);
        ASSERT_WITHIN(answer.markov.conversion_rate, 0.5, 1e-12);
        if (order > 1) ASSERT_REMOVALS(answer, 1, 1);
        assert_oracle(w, &answer, order, 1, 1e-10);
    }
}

/* 600 channels in a ring that is gone round 300 times: sweeps at their slowest. */
static void test_ring(void **state)
{
    struct world *w = *state;
    uint32_t *channel = mem_new(180000 * sizeof *channel), one = 3;
    struct path around = {channel, 180000, 1, 1, -500}, stray = {&one, 1, 0, 1, 0};
    struct markov_removal *removal = mem_new(600 * sizeof *removal);
    struct path_credit *credit = mem_new(601 * sizeof *credit);
    struct markov markov;
    struct oracle o;
    struct err err;
    long double all[2], left[2];

    for (uint32_t i = 0; i < around.n; i++) channel[i] = i % 600;
    ASSERT_OK(paths_add(&w->paths, &around, &err));
    ASSERT_OK(paths_add(&w->paths, &stray, &err));
    ASSERT_OK(markov_count(&w->paths, 1, &w->arena, removal, credit, &markov, &err));
    assert_false(markov.direct);
    assert_true(markov.sweeps < 1000);     /* some 6,000 without leaps */
    assert_true(markov.residual <= 2e-11); /* 120,000 steps a walk, a unit of rounding each */
    ASSERT_WITHIN(markov.conversion_rate, 1.0 / 3, 1e-11);
    assert_adds_up(&w->paths, credit);
    oracle_open(&o, &w->paths, 1);
    oracle_solve(&o, UINT32_MAX, all);
    for (uint32_t c = 1; c < 600; c += 250) {
        oracle_solve(&o, c, left);
        ASSERT_WITHIN(removal[c].conversions, 1 - left[0] / all[0], 1e-11);
        ASSERT_WITHIN(removal[c].value, 1 - left[1] / all[1], 1e-11);
    }
    oracle_close(&o);
    free(channel);
    free(removal);
    free(credit);
}

static void test_refused(void **state)
{
    struct world *w = *state;
    struct answer answer = {0};
    struct arena tiny;
    struct err err;

    add(&w->paths, "ab", 1, 0, 10);
    for (int order = 0; order <= 5; order += 5) {
        ASSERT_FAILS(markov_count(&w->paths, order, &w->arena, answer.removal, answer.credit, &answer.markov, &err),
                     ERR_INVALID);
    }
    for (size_t ceiling = 0; ceiling < 2000; ceiling += 8) { /* whichever request is the one too many */
        arena_init(&tiny, ceiling);
        answer.markov.states = 77;
        if (!markov_count(&w->paths, 2, &tiny, answer.removal, answer.credit, &answer.markov, &err)) {
            assert_int_equal(err.code, ERR_LIMIT);
            assert_int_equal(answer.markov.states, 77);
        }
        arena_free(&tiny);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PATHS_TEST(test_three_channels),
        PATHS_TEST(test_google_mail),
        PATHS_TEST(test_pychattr),
        PATHS_TEST(test_dp6),
        PATHS_TEST(test_mta),
        PATHS_TEST(test_oracle),
        PATHS_TEST(test_oracle_of_sweeps),
        PATHS_TEST(test_bounds),
        PATHS_TEST(test_on_all_walks),
        PATHS_TEST(test_participation),
        PATHS_TEST(test_what_changes_nothing),
        PATHS_TEST(test_nothing),
        PATHS_TEST(test_values_of_both_signs),
        PATHS_TEST(test_long_path),
        PATHS_TEST(test_ring),
        PATHS_TEST(test_refused),
    };
    return cmocka_run_group_tests_name("measure/markov", tests, NULL, NULL);
}
