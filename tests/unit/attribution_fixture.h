/* tests/unit/attribution_fixture.h -- a small world for the attribution tests.
 *
 * Is:    six touches, three event names, paths written as letters, and checks of a whole answer.
 * Owns:  its builder, arena and the last answer, from fixture_open to fixture_close.
 * Never: computes a credit.
 */
#ifndef TESTS_UNIT_ATTRIBUTION_FIXTURE_H
#define TESTS_UNIT_ATTRIBUTION_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "measure/attribution.h"
#include "snapshot_builder.h"

#include <math.h>

#define MINUTE_MS INT64_C(60000)
#define DAY_MS INT64_C(86400000)
#define NOW (1000 * DAY_MS) /* when the conversions of the worked numbers happen */

enum { VISIT, ORDER, SIGNUP, MEETING, NAMES };
enum { A, B, C, D, P, NONE, TOUCHES }; /* D is direct, P paid, NONE the empty tuple; each its own group */

struct fixture {
    struct builder builder;
    struct arena arena;
    struct err err;
    struct attribution_row row[TOUCHES + 1];
    struct attribution_total total;
};

int fixture_open(void **state); /* cmocka's setup and teardown */
int fixture_close(void **state);
#define FIXTURE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

void add_touches(struct builder *builder);
void start_again(struct fixture *f); /* no events, the touches stay */

/* Orders of all time, 60 days of lookback, half-life 7 days, each touch its own group. */
struct attribution_query ask(enum touch_mode touches);
/* Fill f->row and f->total; an error fails the test. */
void count(struct fixture *f, uint32_t n_persons, struct attribution_query query);

void visit(struct fixture *f, uint32_t person, int64_t days_before, uint32_t touch);
void order(struct fixture *f, uint32_t person, int64_t at_ms, uint32_t touch, int64_t revenue);
/* `times` persons from `person` on with the touches `path` ("adp": A, D, P), a day apart, the last a day before the
 * order, which has the empty tuple. Returns the next person. */
uint32_t add_paths(struct fixture *f, uint32_t person, int times, const char *path, int64_t revenue);

/* Events of `from` into `to`, person p as often as times[p] says. Returns how many persons that makes. */
uint32_t repeat_persons(const struct snapshot *from, const uint8_t *times, struct builder *to);

#define ASSERT_NEAR(got, wanted)                                                                                       \
    do {                                                                                                               \
        double got_ = (got), wanted_ = (wanted);                                                                       \
        if (!(fabs(got_ - wanted_) < 1e-9)) fail_msg("%s is %.12f, not %.12f", #got, got_, wanted_);                   \
    } while (0)

#define ASSERT_CREDIT(f, model, a, b, c, d)                                                                            \
    do {                                                                                                               \
        ASSERT_NEAR((f)->row[A].conversions[model], a);                                                                \
        ASSERT_NEAR((f)->row[B].conversions[model], b);                                                                \
        ASSERT_NEAR((f)->row[C].conversions[model], c);                                                                \
        ASSERT_NEAR((f)->row[D].conversions[model], d);                                                                \
    } while (0)

#define ASSERT_MONEY(f, model, a, b, c, d)                                                                             \
    do {                                                                                                               \
        assert_int_equal((f)->row[A].revenue_minor[model], a);                                                         \
        assert_int_equal((f)->row[B].revenue_minor[model], b);                                                         \
        assert_int_equal((f)->row[C].revenue_minor[model], c);                                                         \
        assert_int_equal((f)->row[D].revenue_minor[model], d);                                                         \
    } while (0)

#endif
