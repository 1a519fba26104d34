/* Tests of measure/segment.h: conditions by hand, invariants G1 to G3, and random trees against a slow computation. */
#include "helpers.h"

#include "attribution_oracle.h"
#include "measure/segment.h"

#include <string.h>

#define PLACES_MAX 4000
#define INNER_MAX 4

enum { VIEW, ORDER, NAMES };
enum { A, B, NONE, TOUCHES };

struct fixture {
    struct builder builder;
    struct arena arena;
    struct err err;
    uint64_t hidden[SEGMENT_WORDS(PLACES_MAX)];
    struct segment_size size;
};

BUILDER_FIXTURE(struct fixture)

static bool is_in(const struct fixture *f, uint32_t place)
{
    return !(f->hidden[place / 64] >> (place % 64) & 1);
}

static void evaluate(struct fixture *f, const struct snapshot *s, struct segment_condition root)
{
    memset(f->hidden, 0xAA, sizeof f->hidden);
    if (!segment_evaluate(s, &root, &f->arena, f->hidden, &f->size, &f->err)) fail_msg("%s", f->err.text);
}

/* Persons 0 to 2 inside as `wanted` says, such as "+-+". */
static void assert_in(struct fixture *f, struct segment_condition root, const char *wanted)
{
    evaluate(f, builder_done(&f->builder, 4, NAMES), root); /* nobody is at 3 */
    for (uint32_t place = 0; place < 3; place++)
        if (is_in(f, place) != (wanted[place] == '+')) fail_msg("place %u of \"%s\"", place, wanted);
    assert_false(is_in(f, 3));
}

static struct segment_condition did(uint32_t event, uint64_t at_least, uint64_t at_most)
{
    return (struct segment_condition){
        .kind = SEGMENT_EVENT, .event = event, .at_least = at_least, .at_most = at_most, .range = RANGE_ALL};
}

static void add_three_persons(struct fixture *f)
{
    builder_event(&f->builder, 0, 10, VIEW, A, 0);
    builder_event(&f->builder, 0, 20, ORDER, NONE, 0); /* of A's session */
    builder_event(&f->builder, 0, 30, ORDER, B, 0);
    builder_event(&f->builder, 1, 20, VIEW, NONE, 0);
    builder_event(&f->builder, 1, 21, VIEW, B, 0);
    builder_event(&f->builder, 2, 15, ORDER, B, 0);
}

static void test_events(void **state)
{
    struct fixture *f = *state;
    struct segment_condition condition = did(ORDER, 1, UINT64_MAX);

    add_three_persons(f);
    assert_in(f, condition, "+-+");
    assert_int_equal(f->size.persons, 2);
    assert_int_equal(f->size.events, 4);
    ASSERT_I64(f->size.first_ms, 10);
    ASSERT_I64(f->size.last_ms, 30);
    condition.negated = true;
    assert_in(f, condition, "-+-");
    assert_in(f, did(ORDER, 2, UINT64_MAX), "+--");
    assert_in(f, did(ORDER, 0, 1), "-++");
    assert_in(f, did(ORDER, 1, 1), "--+");
    assert_in(f, did(DICT_NONE, 1, UINT64_MAX), "---");
    assert_int_equal(f->size.persons, 0);
    ASSERT_I64(f->size.last_ms, -1);
    assert_in(f, did(DICT_NONE, 0, UINT64_MAX), "+++");
    condition = did(DICT_NONE, 3, UINT64_MAX);
    condition.any_event = true;
    assert_in(f, condition, "+--");
    condition = did(ORDER, 1, UINT64_MAX);
    condition.range = (struct range){20, 30}; /* the end is out */
    assert_in(f, condition, "+--");
    condition.range = (struct range){15, 20};
    assert_in(f, condition, "--+");
    condition.range = RANGE_ALL;
    condition.touch_counts = (const bool[TOUCHES]){[B] = true};
    assert_in(f, condition, "+-+");
    condition.touch_counts = (const bool[TOUCHES]){[A] = true};
    assert_in(f, condition, "+--"); /* the order at 20 says nothing itself */
    condition.range.from_ms = 20;
    assert_in(f, condition, "+--"); /* its session began before */
}

static void test_touches(void **state)
{
    struct fixture *f = *state;
    struct segment_condition first = {.kind = SEGMENT_FIRST_TOUCH, .touch_counts = (const bool[TOUCHES]){[B] = true}};
    struct segment_condition any = first;

    add_three_persons(f);
    assert_in(f, first, "--+");
    any.kind = SEGMENT_ANY_TOUCH;
    assert_in(f, any, "+++");
    any.touch_counts = (const bool[TOUCHES]){[NONE] = true};
    assert_in(f, any, "-+-"); /* 0's event without a touch goes on in A's session */
}

static void test_groups_and_lists(void **state)
{
    struct fixture *f = *state;
    const uint64_t one_and_two = 6;
    struct segment_condition inner[] = {did(ORDER, 1, UINT64_MAX), {.kind = SEGMENT_PLACES, .places = &one_and_two}};
    struct segment_condition group = {.kind = SEGMENT_GROUP, .inner = inner, .n_inner = 2};

    add_three_persons(f);
    assert_in(f, inner[1], "-++");
    assert_in(f, group, "--+");
    group.any = true;
    assert_in(f, group, "+++");
    group.negated = true;
    assert_in(f, group, "---");
    group.n_inner = 0;
    assert_in(f, group, "+++"); /* not any of none */
    group.any = false;
    assert_in(f, group, "---");
}

static void test_what_is_hidden_stays_so(void **state)
{
    struct fixture *f = *state;
    const uint64_t first_two = 3;

    add_three_persons(f);
    struct snapshot s = *builder_done(&f->builder, 3, NAMES);
    s.hidden = &first_two;
    evaluate(f, &s, did(DICT_NONE, 0, UINT64_MAX));
    assert_false(is_in(f, 0) || is_in(f, 1));
    assert_true(is_in(f, 2));
    assert_int_equal(f->size.persons, 1);
}

static void test_empty(void **state)
{
    struct fixture *f = *state;

    evaluate(f, builder_done(&f->builder, 0, NAMES), did(DICT_NONE, 0, UINT64_MAX));
    assert_int_equal(f->size.persons, 0);
    ASSERT_I64(f->size.first_ms, 0);
}

/* ---- the oracle: each condition from all of a person's events ---- */

static uint64_t slow_times(const struct snapshot *s, const struct segment_condition *c, uint32_t place)
{
    uint64_t times = 0;

    for (uint64_t row = snapshot_rows(s, place).begin; row < snapshot_rows(s, place).end; row++)
        times += (c->any_event || s->name[row] == c->event) && range_holds(c->range, s->at_ms[row]) &&
                 (!c->touch_counts || c->touch_counts[oracle_session_touch(s, place, row)]);
    return times;
}

static bool slow_holds(const struct snapshot *s, const struct segment_condition *c, uint32_t place)
{
    struct rows rows = snapshot_rows(s, place);
    uint32_t held = 0;
    bool is = false;

    switch (c->kind) {
    case SEGMENT_GROUP:
        for (uint32_t i = 0; i < c->n_inner; i++) held += slow_holds(s, &c->inner[i], place);
        is = c->any ? held > 0 : held == c->n_inner;
        break;
    case SEGMENT_EVENT: is = slow_times(s, c, place) >= c->at_least && slow_times(s, c, place) <= c->at_most; break;
    case SEGMENT_FIRST_TOUCH: is = c->touch_counts[s->touch[rows.begin]]; break;
    case SEGMENT_ANY_TOUCH: /* a session carries its touch to each of its events */
        for (uint64_t row = rows.begin; row < rows.end; row++)
            is = is || c->touch_counts[oracle_session_touch(s, place, row)];
        break;
    case SEGMENT_PLACES: is = (c->places[place / 64] >> place % 64 & 1) != 0; break;
    }
    return c->negated ? !is : is;
}

static struct segment_condition random_condition(struct fixture *f, uint64_t *seed, int depth)
{
    struct segment_condition c = {.kind = (enum segment_kind)random_below(seed, 5), .negated = random_below(seed, 2)};
    bool *counts = ARENA_ARRAY(&f->arena, bool, TOUCHES);
    uint64_t *places = ARENA_ARRAY(&f->arena, uint64_t, COUNT_OF(f->hidden));

    if (depth == 0 && c.kind == SEGMENT_GROUP) c.kind = SEGMENT_EVENT;
    for (size_t t = 0; t < TOUCHES; t++) counts[t] = random_below(seed, 2);
    for (size_t i = 0; i < COUNT_OF(f->hidden); i++) places[i] = random_below(seed, UINT64_MAX);
    c.places = places;
    c.any = random_below(seed, 2);
    c.any_event = random_below(seed, 4) == 0;
    c.event = random_below(seed, 5) ? (uint32_t)random_below(seed, NAMES) : DICT_NONE;
    c.at_least = random_below(seed, 4);
    c.at_most = random_below(seed, 3) ? UINT64_MAX : c.at_least + random_below(seed, 3);
    c.range = random_below(seed, 2) ? RANGE_ALL : (struct range){(int64_t)random_below(seed, 500), 700};
    c.touch_counts = c.kind == SEGMENT_EVENT && random_below(seed, 2) ? NULL : counts;
    if (c.kind == SEGMENT_GROUP) {
        struct segment_condition *inner = ARENA_ARRAY(&f->arena, struct segment_condition, INNER_MAX);
        c.n_inner = (uint32_t)random_below(seed, INNER_MAX + 1);
        for (uint32_t i = 0; i < c.n_inner; i++) inner[i] = random_condition(f, seed, depth - 1);
        c.inner = inner;
    }
    return c;
}

static void random_facts(struct builder *builder, uint64_t *seed, uint32_t persons, uint64_t events_each)
{
    static const uint64_t spans[] = {3, 1000, 14400000};

    builder_three_touches(builder);
    for (uint32_t person = 0; person < persons; person++) {
        uint64_t n = random_below(seed, events_each), span = spans[random_below(seed, COUNT_OF(spans))];
        for (uint64_t i = 0; i < n; i++)
            builder_event(builder, person, (int64_t)random_below(seed, span), (uint32_t)random_below(seed, NAMES),
                          (uint32_t)random_below(seed, TOUCHES), 0);
    }
}

/* G3, and each place against the oracle. */
static void assert_agrees(struct fixture *f, const struct snapshot *s, const struct segment_condition *root)
{
    struct segment_size sum = {.first_ms = INT64_MAX, .last_ms = INT64_MIN};

    evaluate(f, s, *root);
    for (uint32_t place = 0; place < s->n_places; place++) {
        struct rows rows = snapshot_rows(s, place);
        bool wanted = rows.begin < rows.end && slow_holds(s, root, place);
        if (is_in(f, place) != wanted) fail_msg("place %u of %u", place, s->n_places);
        if (!wanted) continue;
        sum.persons++;
        sum.events += rows.end - rows.begin;
        if (s->at_ms[rows.begin] < sum.first_ms) sum.first_ms = s->at_ms[rows.begin];
        if (s->at_ms[rows.end - 1] > sum.last_ms) sum.last_ms = s->at_ms[rows.end - 1];
    }
    assert_int_equal(f->size.persons, sum.persons);
    assert_int_equal(f->size.events, sum.events);
    if (sum.persons == 0) return;
    ASSERT_I64(f->size.first_ms, sum.first_ms);
    ASSERT_I64(f->size.last_ms, sum.last_ms);
}

static void test_oracle_agrees(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 51;

    for (int round = 0; round < 1500; round++) {
        struct builder builder = {.scatter = random_below(&seed, 2)};
        uint32_t persons = (uint32_t)random_below(&seed, 140);

        random_facts(&builder, &seed, persons, 12);
        const struct snapshot *s = builder_done(&builder, persons, NAMES);
        struct segment_condition root = random_condition(f, &seed, 3);
        assert_agrees(f, s, &root);
        uint32_t inside = f->size.persons, all = 0;
        root.negated = !root.negated; /* G1 */
        evaluate(f, s, root);
        for (uint32_t place = 0; place < persons; place++)
            all += snapshot_rows(s, place).begin < snapshot_rows(s, place).end;
        assert_int_equal(inside + f->size.persons, all);
        builder_reset(&builder);
        arena_reset(&f->arena);
    }
}

/* More than one shard, which meet within words. */
static void test_many_persons(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 52;

    for (int round = 0; round < 4; round++) {
        struct builder builder = {.scatter = round % 2};
        uint32_t persons = PLACES_MAX - (uint32_t)random_below(&seed, 100);

        random_facts(&builder, &seed, persons, 60);
        const struct snapshot *s = builder_done(&builder, persons, NAMES);
        struct segment_condition root = random_condition(f, &seed, 2);
        assert_true(s->n_events > 98304);
        assert_agrees(f, s, &root);
        builder_reset(&builder);
        arena_reset(&f->arena);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_events), TEST(test_touches),       TEST(test_groups_and_lists), TEST(test_what_is_hidden_stays_so),
        TEST(test_empty),  TEST(test_oracle_agrees), TEST(test_many_persons),
    };
    return cmocka_run_group_tests_name("measure/segment", tests, NULL, NULL);
}
