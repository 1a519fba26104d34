/* Tests of measure/catalog.h: each name and value counted on its own, on random data, scattered and in many shards. */
#include "helpers.h"

#include "base/parallel.h"
#include "measure/catalog.h"

enum { NAMES = 7, TOUCHES = 3, VALUES = 4 };

struct fixture {
    struct builder builder;
    struct arena arena;
};

BUILDER_FIXTURE(struct fixture)

static struct catalog_name slow_name(const struct snapshot *s, uint32_t id)
{
    struct catalog_name name = {.name = id};

    for (uint32_t place = 0; place < s->n_places; place++) {
        uint64_t events = 0;
        for (uint64_t row = snapshot_rows(s, place).begin; row < snapshot_rows(s, place).end; row++) {
            if (s->name[row] != id) continue;
            if (name.events == 0 && events == 0) name.last_ms = s->at_ms[row];
            if (s->at_ms[row] > name.last_ms) name.last_ms = s->at_ms[row];
            name.revenue_minor += s->amount_minor[row];
            events++;
        }
        name.events += events;
        name.persons += events > 0;
    }
    return name;
}

static void assert_names(struct fixture *f, const struct snapshot *s)
{
    struct catalog_name got[NAMES];
    uint32_t seen = 0;
    struct err err = {0};

    ASSERT_OK(catalog_names(s, &f->arena, got, &err));
    for (uint32_t i = 0; i < NAMES; i++) {
        struct catalog_name wanted = slow_name(s, got[i].name);
        seen |= 1U << got[i].name;
        assert_int_equal(got[i].events, wanted.events);
        assert_int_equal(got[i].persons, wanted.persons);
        assert_int_equal(got[i].revenue_minor, wanted.revenue_minor);
        if (wanted.events > 0) assert_int_equal(got[i].last_ms, wanted.last_ms);
        if (i == 0) continue;
        assert_true(got[i - 1].events >= got[i].events);
        if (got[i - 1].events == got[i].events) assert_true(got[i - 1].name < got[i].name);
    }
    assert_int_equal(seen, (1U << NAMES) - 1);
}

static void assert_values(struct fixture *f, struct snapshot snapshot)
{
    struct touch touches[TOUCHES] = {{.dim[TOUCH_SOURCE] = 3}, {.dim[TOUCH_SOURCE] = 1}, {.dim[TOUCH_SOURCE] = 3}};
    struct catalog_value got[VALUES];
    uint64_t wanted[VALUES] = {0}, together = 0;
    uint32_t n;
    struct err err = {0};

    snapshot.touches = touches;
    snapshot.n_values = VALUES;
    for (uint64_t row = 0; row < snapshot.n_events; row++) wanted[touches[snapshot.touch[row]].dim[TOUCH_SOURCE]]++;
    ASSERT_OK(catalog_values(&snapshot, TOUCH_SOURCE, &f->arena, got, &n, &err));
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(got[i].events, wanted[got[i].value]);
        assert_true(got[i].events > 0);
        if (i > 0) assert_true(got[i - 1].events >= got[i].events);
        together += got[i].events;
    }
    assert_int_equal(together, snapshot.n_events);
}

static void random_facts(struct builder *builder, uint32_t n_persons, uint64_t most, uint64_t *seed)
{
    for (uint32_t person = 0; person < n_persons; person++) {
        uint64_t n = random_below(seed, most);
        for (uint64_t i = 0; i < n; i++)
            builder_event(builder, person, (int64_t)random_below(seed, 1000) - 500,
                          (uint32_t)random_below(seed, NAMES - 1), (uint32_t)random_below(seed, TOUCHES),
                          (int64_t)random_below(seed, 2000) - 500);
    }
}

static void test_oracle_agrees(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 60;

    for (int round = 0; round < 300; round++) {
        struct builder builder = {.scatter = random_below(&seed, 2)};
        uint32_t n_persons = (uint32_t)random_below(&seed, 9);
        builder_three_touches(&builder);
        random_facts(&builder, n_persons, 12, &seed);
        const struct snapshot *s = builder_done(&builder, n_persons, NAMES);
        assert_names(f, s);
        assert_values(f, *s);
        builder_reset(&builder);
        arena_reset(&f->arena);
    }
}

static void test_many_shards(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 61;

    parallel_limit(2);
    f->builder.scatter = true;
    random_facts(&f->builder, 15000, 20, &seed);
    const struct snapshot *s = builder_done(&f->builder, 15000, NAMES);
    assert_true(s->n_events > 131072);
    assert_names(f, s);
    assert_values(f, *s);
    parallel_limit(0);
}

static void test_ends(void **state)
{
    struct fixture *f = *state;
    struct catalog_name got[NAMES];
    struct err err = {0};

    builder_event(&f->builder, 0, 1, 0, 0, INT64_MAX);
    builder_event(&f->builder, 0, 2, 0, 0, 1);
    builder_event(&f->builder, 1, 1, 1, 0, INT64_MIN);
    builder_event(&f->builder, 1, 2, 1, 0, -1);
    const struct snapshot *s = builder_done(&f->builder, 2, NAMES);
    ASSERT_OK(catalog_names(s, &f->arena, got, &err));
    assert_true(got[0].revenue_minor == INT64_MAX && got[1].revenue_minor == INT64_MIN);
    arena_free(&f->arena);
    arena_init(&f->arena, 100);
    ASSERT_FAILS(catalog_names(s, &f->arena, got, &err), ERR_LIMIT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_oracle_agrees),
        TEST(test_many_shards),
        TEST(test_ends),
    };
    return cmocka_run_group_tests_name("measure/catalog", tests, NULL, NULL);
}
