/* Tests of measure/decay.h: powers however they come, and the split to the last bit against the same rule written
 * plainly, which the compiler makes for the least of processors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "measure/decay.h"
#include "snapshot_builder.h"

#include <math.h>
#include <string.h>

#define TOUCHES_MAX 300
#define ROOM (TOUCHES_MAX + DECAY_PAD)

__extension__ typedef unsigned __int128 Wide;

struct world {
    uint32_t n;
    int64_t at_ms[TOUCHES_MAX], half_life_ms, revenue_minor;
    double power[ROOM];
    uint64_t credit[ROOM], wanted_credit[ROOM];
    int64_t share[ROOM], wanted_share[ROOM];
    uint32_t left[ROOM];
};

static double sum_in_lanes(const double *power, uint32_t n)
{
    double lane[8] = {0};

    for (uint32_t i = 0; i < n; i++) lane[i % 8] += power[i];
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

/* What is due, in units of 2^-20. */
static void find_dues(const struct world *w, uint64_t magnitude, double each, uint64_t *whole, uint64_t *left)
{
    uint64_t part[TOUCHES_MAX], total = 0;
    int exponent;

    (void)frexp(w->power[w->n - 1], &exponent);
    for (uint32_t i = 0; i < w->n; i++) {
        part[i] = (uint64_t)ldexp(w->power[i], 61 - exponent - (32 - __builtin_clz(w->n)));
        total += part[i];
    }
    for (uint32_t i = 0; i < w->n; i++) {
        if (magnitude >> 28) {
            Wide due = (Wide)magnitude * part[i];
            whole[i] = (uint64_t)(due / total);
            left[i] = (uint64_t)(((due % total) << 20) / total);
        } else {
            uint64_t due = (uint64_t)nearbyint(w->power[i] * each * ((double)magnitude * 0x1p20));
            whole[i] = due >> 20;
            left[i] = due & 0xFFFFF;
        }
    }
}

static void slow_split(struct world *w)
{
    bool negative = w->revenue_minor < 0;
    uint64_t magnitude = negative ? 0 - (uint64_t)w->revenue_minor : (uint64_t)w->revenue_minor, rest = magnitude;
    uint64_t whole[TOUCHES_MAX], left[TOUCHES_MAX];
    bool has[TOUCHES_MAX] = {false};
    double each = 1 / sum_in_lanes(w->power, w->n);

    find_dues(w, magnitude, each, whole, left);
    for (uint32_t i = 0; i < w->n; i++) {
        w->wanted_credit[i] += (uint64_t)nearbyint(w->power[i] * each * 0x1p49);
        rest -= whole[i];
    }
    for (; rest > 0; rest--) {
        uint32_t most = w->n;
        for (uint32_t i = 0; i < w->n; i++)
            if (!has[i] && (most == w->n || left[i] > left[most])) most = i;
        assert_true(most < w->n);
        has[most] = true;
        whole[most]++;
    }
    for (uint32_t i = 0; i < w->n; i++) {
        uint64_t share = negative ? 0 - whole[i] : whole[i];
        w->wanted_share[i] = (int64_t)((uint64_t)w->wanted_share[i] + share);
    }
}

static void make_world(struct world *w, uint64_t *seed)
{
    static const uint64_t gaps[] = {1, 3, 3600000, 40000000, UINT64_C(1) << 50};
    uint64_t gap = gaps[random_below(seed, COUNT_OF(gaps))];
    int64_t at_ms = (int64_t)random_below(seed, UINT64_C(1) << 60) - (INT64_C(1) << 59);

    memset(w, 0, sizeof *w);
    w->n = 1 + (uint32_t)random_below(seed, random_below(seed, 2) ? 40 : TOUCHES_MAX);
    w->half_life_ms = random_below(seed, 2)
                          ? 604800000
                          : 1 + (int64_t)(random_below(seed, UINT64_MAX) >> (1 + random_below(seed, 63)));
    for (uint32_t i = 0; i < w->n; i++) w->at_ms[i] = at_ms += (int64_t)random_below(seed, gap);
    if (random_below(seed, 4) == 0) /* ties, and halves of each other */
        for (uint32_t i = 0; i < w->n; i++) w->at_ms[i] = (int64_t)(i / 3) * (w->half_life_ms >> 20 ? 604800000 : 1);
}

static int64_t make_revenue(uint64_t *seed)
{
    static const int64_t some[] = {0,         1,        -1, 100, 12345, INT64_C(1) << 28, (INT64_C(1) << 28) - 1,
                                   INT64_MAX, INT64_MIN};
    uint64_t magnitude = random_below(seed, UINT64_MAX) >> (1 + random_below(seed, 62));

    if (random_below(seed, 3) == 0) return some[random_below(seed, COUNT_OF(some))];
    return random_below(seed, 3) ? (int64_t)magnitude : -(int64_t)magnitude;
}

/* Several conversions of windows that overlap, into the same arrays. */
static void test_split_is_what_it_says(void **state)
{
    static struct world w;
    uint64_t seed = 50;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct decay decay;
        make_world(&w, &seed);
        decay_start(&decay, w.half_life_ms, random_below(&seed, 2) ? w.at_ms[0] : INT64_MAX, w.at_ms[w.n - 1]);
        decay_follow(&decay, w.at_ms, w.power, 0, w.n);
        for (uint32_t i = w.n; i < w.n + DECAY_PAD; i++) w.power[i] = 5; /* another person's */
        for (int i = 0; i < 3; i++) {
            uint64_t sum = 0, before = 0;
            for (uint32_t k = 0; k < w.n; k++) before += (uint64_t)w.share[k];
            w.revenue_minor = make_revenue(&seed);
            slow_split(&w);
            decay_split(w.power, w.n, w.revenue_minor, w.credit, w.share, w.left);
            assert_memory_equal(w.share, w.wanted_share, sizeof w.share);
            assert_memory_equal(w.credit, w.wanted_credit, sizeof w.credit);
            for (uint32_t k = 0; k < w.n; k++) sum += (uint64_t)w.share[k];
            assert_true(sum - before == (uint64_t)w.revenue_minor);
        }
    }
}

/* Whether in one go or one by one, in a unit of their own or in that of others: as long as nothing has become too
 * small, the same but for the unit. */
static void test_powers_however_they_come(void **state)
{
    static struct world w;
    uint64_t seed = 51, common = 0;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct decay decay;
        double other[ROOM];
        make_world(&w, &seed);
        decay_start(&decay, w.half_life_ms, 0, -1);
        assert_false(decay.common);
        decay_follow(&decay, w.at_ms, w.power, 0, w.n);
        for (uint32_t i = 0; i < w.n; i++) {
            long double age = (long double)w.at_ms[w.n - 1] - (long double)w.at_ms[i];
            double wanted = (double)powl(2, -age / (long double)w.half_life_ms), got = w.power[i] / w.power[w.n - 1];
            assert_true(fabs(got - wanted) <= (wanted > 0x1p-90 ? 0x1p-49 * wanted : 0x1p-80));
            if (i > 0) assert_true(w.power[i] >= w.power[i - 1] * (1 - 0x1p-50));
        }
        for (uint32_t n = 0; n < w.n; n++) decay_follow(&decay, w.at_ms, other, n, n + 1);
        assert_memory_equal(w.power, other, w.n * sizeof *other);
        int64_t earlier = (int64_t)random_below(&seed, (uint64_t)w.half_life_ms);
        if (w.at_ms[0] < INT64_MIN + earlier) continue;
        decay_start(&decay, w.half_life_ms, w.at_ms[0] - earlier, w.at_ms[w.n - 1]);
        if (!decay.common) continue;
        common++;
        decay_follow(&decay, w.at_ms, other, 0, w.n);
        for (uint32_t i = 0; i < w.n; i++) assert_true(other[i] / other[0] == w.power[i] / w.power[0]);
    }
    assert_true(common > 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split_is_what_it_says),
        cmocka_unit_test(test_powers_however_they_come),
    };
    return cmocka_run_group_tests_name("measure/decay", tests, NULL, NULL);
}
