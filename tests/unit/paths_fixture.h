/* tests/unit/paths_fixture.h -- path tables written as letters.
 *
 * Is:    an arena, a table that "abc" is a path of (channels 0, 1, 2), random tables, and checks of credits.
 * Owns:  its table and arena, from open_paths to close_paths.
 * Never: computes a credit.
 */
#ifndef TESTS_UNIT_PATHS_FIXTURE_H
#define TESTS_UNIT_PATHS_FIXTURE_H

#include "helpers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "measure/path_credit.h"

#define LETTERS 26

struct world {
    struct paths paths;
    struct arena arena;
    struct path_credit credit[LETTERS + 1];
};

static inline int open_paths(void **state)
{
    struct world *w = mem_new(sizeof *w);

    hash_start();
    paths_init(&w->paths, (size_t)64 << 20);
    arena_init(&w->arena, (size_t)512 << 20);
    *state = w;
    return 0;
}

static inline int close_paths(void **state)
{
    struct world *w = *state;

    paths_reset(&w->paths);
    arena_free(&w->arena);
    free(w);
    return 0;
}

#define PATHS_TEST(name) cmocka_unit_test_setup_teardown(name, open_paths, close_paths)

static inline void add(struct paths *paths, const char *letters, int64_t conversions, int64_t nulls, int64_t value)
{
    uint32_t channel[4096];
    struct path path = {channel, (uint32_t)strlen(letters), conversions, nulls, value};
    struct err err;

    for (uint32_t i = 0; i < path.n; i++) channel[i] = (uint32_t)(letters[i] - 'a');
    ASSERT_OK(paths_add(paths, &path, &err));
}

/* `n` rows of up to `longest` touches over `channels` channels, empty ones and repeats among them. */
static inline void add_random(struct paths *paths, uint64_t *seed, uint32_t n, uint32_t channels, uint32_t longest,
                              bool negative)
{
    for (uint32_t i = 0; i < n; i++) {
        char letters[64];
        uint64_t length = random_below(seed, longest + 1);
        int64_t conversions = (int64_t)random_below(seed, 4);
        int64_t value = conversions ? (int64_t)random_below(seed, 10000) - (negative ? 5000 : 0) : 0;
        for (uint64_t k = 0; k < length; k++) letters[k] = (char)('a' + (int)random_below(seed, channels));
        letters[length] = 0;
        add(paths, letters, conversions, (int64_t)random_below(seed, 4), value);
    }
}

#define ASSERT_NEAR(got, wanted) ASSERT_WITHIN((got), (wanted), 1e-9)
#define ASSERT_WITHIN(got, wanted, distance)                                                                           \
    do {                                                                                                               \
        double got_ = (double)(got), wanted_ = (double)(wanted);                                                       \
        if (!(fabs(got_ - wanted_) <= (distance)*fmax(1, fabs(wanted_))))                                              \
            fail_msg("%s is %.15g, not %.15g", #got, got_, wanted_);                                                   \
    } while (0)

/* The credits of channels 0, 1, ... in conversions; and in value. */
#define ASSERT_CREDITS(credit, ...)                                                                                    \
    assert_credits((credit), (const double[]){__VA_ARGS__}, COUNT_OF(((double[]){__VA_ARGS__})))
static inline void assert_credits(const struct path_credit *credit, const double *wanted, size_t n)
{
    for (size_t i = 0; i < n; i++) ASSERT_NEAR(credit[i].conversions, wanted[i]);
}

#define ASSERT_VALUES(credit, ...)                                                                                     \
    assert_values((credit), (const int64_t[]){__VA_ARGS__}, COUNT_OF(((int64_t[]){__VA_ARGS__})))
static inline void assert_values(const struct path_credit *credit, const int64_t *wanted, size_t n)
{
    for (size_t i = 0; i < n; i++) ASSERT_I64(credit[i].value_minor, wanted[i]);
}

/* I1: credits sum to the conversions, value exactly to the value. */
static inline void assert_adds_up(const struct paths *paths, const struct path_credit *credit)
{
    double conversions = 0;
    int64_t value = 0;

    for (uint32_t i = 0; i <= paths->n_channels; i++) {
        conversions += credit[i].conversions;
        value += credit[i].value_minor;
    }
    ASSERT_NEAR(conversions, paths->conversions);
    ASSERT_I64(value, paths->value_minor);
}

#endif
