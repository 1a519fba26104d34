/* Tests of measure/models.h alone: the split of any revenue, to the unit, against plain 128-bit arithmetic; time decay
 * against the C library's power. (What decay.c does to the last bit: test_measure_decay.c.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "measure/models_int.h"
#include "snapshot_builder.h"

#include <math.h>

#define TOUCHES_MAX 40

__extension__ typedef unsigned __int128 Wide;

static uint64_t size_of(int64_t amount)
{
    return amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
}

/* Whole parts of magnitude * part / total, then one more for each of the largest remainders, the earlier among equal.
 */
static void slow_split(const uint64_t *part, uint32_t n, int64_t revenue, int64_t *share)
{
    uint64_t total = 0, magnitude = size_of(revenue), rest = magnitude, left[TOUCHES_MAX], whole[TOUCHES_MAX] = {0};

    for (uint32_t i = 0; i < n; i++) total += part[i];
    for (uint32_t i = 0; i < n; i++) {
        whole[i] = (uint64_t)((Wide)magnitude * part[i] / total);
        left[i] = (uint64_t)((Wide)magnitude * part[i] % total);
        rest -= whole[i];
    }
    for (; rest > 0; rest--) {
        uint32_t most = 0;
        for (uint32_t i = 1; i < n; i++)
            if (left[i] > left[most]) most = i;
        whole[most]++;
        left[most] = 0; /* has its unit; one that is due another has more left than 0 */
    }
    for (uint32_t i = 0; i < n; i++) share[i] = (int64_t)(revenue < 0 ? 0 - whole[i] : whole[i]);
}

/* The fractions of the models, over a common denominator. */
static void slow_parts(enum attribution_model model, const struct model_journey *journey, uint64_t *part)
{
    uint32_t n = journey->n, others = 0;
    bool special[TOUCHES_MAX] = {false};

    if (model == MODEL_POSITION && n > 2) special[0] = special[n - 1] = true;
    if (model == MODEL_W_SHAPED) special[0] = true;
    if (model == MODEL_W_SHAPED && journey->lead < n) special[journey->lead] = true;
    if (model == MODEL_W_SHAPED && journey->opportunity < n) special[journey->opportunity] = true;
    for (uint32_t i = 0; i < n; i++) others += !special[i];
    for (uint32_t i = 0; i < n; i++) part[i] = special[i] && others ? (model == MODEL_POSITION ? 2 : 3) * others : 1;
}

static int64_t random_revenue(uint64_t *seed)
{
    uint64_t bits = random_below(seed, 64);
    uint64_t magnitude = random_below(seed, UINT64_MAX) >> bits;

    if (random_below(seed, 2)) magnitude = (magnitude >> 20) * 1000000; /* round sums: equal remainders */
    return (int64_t)magnitude;
}

/* A journey and what time decay reads of it. */
struct made {
    struct model_journey journey;
    int64_t at_ms[TOUCHES_MAX], half_life_ms;
    double power[TOUCHES_MAX + DECAY_PAD];
};

static void make_journey(struct made *made, uint64_t *seed)
{
    static const uint64_t spans[] = {1, 50, 10000, 1000000000, UINT64_C(1) << 60};
    uint64_t span = spans[random_below(seed, COUNT_OF(spans))];
    struct model_journey *journey = &made->journey;
    struct decay decay;

    *journey = (struct model_journey){.n = 1 + (uint32_t)random_below(seed, TOUCHES_MAX), .power = made->power};
    made->at_ms[0] = -(INT64_C(1) << 61);
    for (uint32_t i = 1; i < journey->n; i++)
        made->at_ms[i] = made->at_ms[i - 1] + (int64_t)(random_below(seed, span) / 40);
    made->half_life_ms = 1 + (int64_t)(random_below(seed, UINT64_MAX) >> (1 + random_below(seed, 63)));
    decay_start(&decay, made->half_life_ms, made->at_ms[0], made->at_ms[journey->n - 1]);
    for (uint32_t n = 0; n < journey->n;) { /* as they come: all at once, or a few at a time */
        uint32_t more = 1 + (uint32_t)random_below(seed, journey->n - n);
        decay_follow(&decay, made->at_ms, made->power, n, n + more);
        n += more;
    }
    journey->lead = (uint32_t)random_below(seed, journey->n + 1);
    journey->opportunity = (uint32_t)random_below(seed, journey->n + 1);
    journey->revenue_minor = random_revenue(seed);
}

static void assert_sums(const struct model_journey *journey, const struct model_split *split)
{
    double weight = 0;
    uint64_t revenue = 0;

    for (uint32_t i = 0; i < journey->n; i++) {
        assert_true(split->weight[i] >= 0 && split->weight[i] <= 1);
        weight += split->weight[i];
        revenue += (uint64_t)split->revenue_minor[i];
    }
    assert_true(fabs(weight - 1) < 1e-14);
    assert_true((int64_t)revenue == journey->revenue_minor);
}

static void assert_decay(const struct made *made, const struct model_split *split)
{
    long double sum = 0, power[TOUCHES_MAX];
    uint32_t n = made->journey.n;
    int64_t last = made->at_ms[n - 1];

    for (uint32_t i = 0; i < n; i++) {
        power[i] = powl(2, -((long double)last - (long double)made->at_ms[i]) / (long double)made->half_life_ms);
        sum += power[i];
    }
    for (uint32_t i = 0; i < n; i++) assert_true(fabsl(split->weight[i] - power[i] / sum) < 4e-15L);
}

/* Whole parts, then a unit for each of the largest remainders: none that has one lost less than one that has not. Dues
 * are known to 2^-20, and to a few times 2^-52 of the revenue. */
static void assert_largest(const struct model_journey *journey, const struct model_split *split)
{
    long double magnitude = (long double)size_of(journey->revenue_minor), least = 1, most = 0;
    long double near = 0x1p-19L + magnitude * 0x1p-49L;

    for (uint32_t i = 0; i < journey->n; i++) {
        long double over = (long double)size_of(split->revenue_minor[i]) - magnitude * (long double)split->weight[i];
        assert_true(over > -1 - near && over < 1 + near);
        if (over > near) least = fminl(least, 1 - over); /* it lost that, and got it back */
        if (over < -near) most = fmaxl(most, -over);
    }
    assert_true(least >= most - near);
}

static void test_split_is_exact(void **state)
{
    struct arena arena;
    struct err err;
    struct model_split split = {0};
    uint64_t seed = 40;

    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    assert_true(model_split_reserve(&split, TOUCHES_MAX, &arena, &err));
    for (int round = 0; round < 100000; round++) {
        static const enum attribution_model spread[] = {MODEL_LINEAR, MODEL_POSITION, MODEL_TIME_DECAY, MODEL_W_SHAPED};
        enum attribution_model model = spread[round % 4];
        int64_t wanted[TOUCHES_MAX];
        uint64_t part[TOUCHES_MAX];
        struct made made;

        make_journey(&made, &seed);
        model_spread(model, &made.journey, &split);
        assert_sums(&made.journey, &split);
        if (model == MODEL_TIME_DECAY) {
            assert_decay(&made, &split);
            assert_largest(&made.journey, &split);
            continue;
        }
        slow_parts(model, &made.journey, part);
        slow_split(part, made.journey.n, made.journey.revenue_minor, wanted);
        assert_memory_equal(split.revenue_minor, wanted, made.journey.n * sizeof *wanted);
    }
    arena_free(&arena);
}

/* Many at once is each alone. */
static void test_many_are_split_as_one(void **state)
{
    static const enum attribution_model models[] = {MODEL_LINEAR, MODEL_POSITION};
    uint64_t n[EVEN_MANY], magnitude[EVEN_MANY], seed = 40;
    struct even_splits got;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        enum attribution_model model = models[round % 2];
        uint32_t count = 1 + (uint32_t)random_below(&seed, EVEN_MANY);
        for (uint32_t i = 0; i < count; i++) {
            n[i] = 1 + random_below(&seed, random_below(&seed, 2) ? 6 : 5000);
            magnitude[i] = random_below(&seed, UINT64_C(1) << EVEN_QUICK_BITS) >> random_below(&seed, EVEN_QUICK_BITS);
        }
        even_split_many(model, n, magnitude, count, &got);
        for (uint32_t i = 0; i < count; i++) {
            struct model_journey journey = {.n = (uint32_t)n[i]};
            struct even even = even_of(model, &journey);
            struct even_split wanted = even_split(&even, journey.n, magnitude[i]);
            assert_true(got.other[i] == wanted.other && got.special[i] == wanted.special);
            assert_true(got.others_end[i] == wanted.others_end && got.n_more[i] == wanted.n_more);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_split_is_exact),
                                       cmocka_unit_test(test_many_are_split_as_one)};
    return cmocka_run_group_tests_name("measure/models", tests, NULL, NULL);
}
