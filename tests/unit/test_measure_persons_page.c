/* Tests of measure/persons_page.h: pages laid end to end are the whole list in order, whatever the page's length. */
#include "helpers.h"

#include "base/parallel.h"
#include "measure/persons_page.h"

#include <stdlib.h>
#include <string.h>

#define MANY_PERSONS 15000

struct fixture {
    struct builder builder;
    struct arena arena;
    bool marked[MANY_PERSONS];
    struct person_row rows[PERSONS_PAGE_MAX];
    struct persons_at wanted[MANY_PERSONS];
};

BUILDER_FIXTURE(struct fixture)

static int64_t slow_key(const struct snapshot *s, enum persons_order order, uint32_t place)
{
    int64_t last_ms = INT64_MIN, revenue = 0;

    for (uint64_t row = snapshot_rows(s, place).begin; row < snapshot_rows(s, place).end; row++) {
        if (s->at_ms[row] > last_ms) last_ms = s->at_ms[row];
        revenue += s->amount_minor[row];
    }
    return order == PERSONS_BY_PLACE ? 0 : order == PERSONS_BY_LAST_SEEN ? last_ms : revenue;
}

static int by_key(const void *a, const void *b)
{
    const struct persons_at *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? 1 : -1;
    return x->raw < y->raw ? -1 : 1;
}

static uint32_t slow_list(struct fixture *f, const struct snapshot *s, enum persons_order order)
{
    uint32_t n = 0;

    for (uint32_t place = 0; place < s->n_places; place++)
        if (f->marked[place])
            f->wanted[n++] =
                (struct persons_at){slow_key(s, order, place), s->raw[snapshot_rows(s, place).begin], place};
    if (n > 0) qsort(f->wanted, n, sizeof *f->wanted, by_key);
    return n;
}

static void assert_pages(struct fixture *f, const struct snapshot *s, enum persons_order order, uint32_t limit)
{
    uint32_t n = slow_list(f, s, order), at = 0;
    struct persons_at after;
    struct persons_page page = {.order = order, .limit = limit, .rows = f->rows, .more = true};
    struct err err = {0};

    while (page.more) {
        ASSERT_OK(persons_page(s, f->marked, &f->arena, &page, &err));
        assert_int_equal(page.total, n);
        assert_int_equal(page.n, n - at < limit ? n - at : limit);
        for (uint32_t i = 0; i < page.n; i++, at++) {
            const struct person_row *row = &page.rows[i];
            struct rows rows = snapshot_rows(s, row->at.place);
            assert_int_equal(row->at.place, f->wanted[at].place);
            assert_true(row->at.key == f->wanted[at].key);
            assert_int_equal(row->events, rows.end - rows.begin);
            assert_true(row->first_ms == s->at_ms[rows.begin]);
            assert_true(row->last_ms == slow_key(s, PERSONS_BY_LAST_SEEN, row->at.place));
            assert_true(row->revenue_minor == slow_key(s, PERSONS_BY_REVENUE, row->at.place));
            assert_int_equal(row->touch, s->touch[rows.begin]);
        }
        assert_int_equal(page.more, at < n);
        if (page.n > 0) after = page.rows[page.n - 1].at;
        page.after = &after;
        arena_reset(&f->arena);
    }
    assert_int_equal(at, n);
}

static void random_facts(struct fixture *f, struct builder *builder, uint32_t n_persons, uint64_t *seed)
{
    for (uint32_t person = 0; person < n_persons; person++) {
        uint64_t n = random_below(seed, 20);
        for (uint64_t i = 0; i < n; i++)
            builder_event(builder, person, (int64_t)random_below(seed, 40) - 20, 0, (uint32_t)random_below(seed, 3),
                          (int64_t)random_below(seed, 5) - 2);
    }
    const struct snapshot *s = builder_done(builder, n_persons, 1);
    for (uint32_t place = 0; place < n_persons; place++)
        f->marked[place] = snapshot_rows(s, place).begin < snapshot_rows(s, place).end && random_below(seed, 3) > 0;
}

static void test_oracle_agrees(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 80;

    for (int round = 0; round < 300; round++) {
        struct builder builder = {.scatter = random_below(&seed, 2)};
        uint32_t n_persons = (uint32_t)random_below(&seed, 40);
        builder_three_touches(&builder);
        random_facts(f, &builder, n_persons, &seed);
        for (enum persons_order order = PERSONS_BY_PLACE; order <= PERSONS_BY_REVENUE; order++)
            assert_pages(f, &builder.snapshot, order, 1 + (uint32_t)random_below(&seed, 12));
        builder_reset(&builder);
    }
}

/* Several shards, many equal keys across them. */
static void test_many_shards(void **state)
{
    struct fixture *f = *state;
    uint64_t seed = 81;

    parallel_limit(2);
    f->builder.scatter = true;
    random_facts(f, &f->builder, MANY_PERSONS, &seed);
    assert_true(f->builder.snapshot.n_events > 131072);
    for (enum persons_order order = PERSONS_BY_PLACE; order <= PERSONS_BY_REVENUE; order++)
        assert_pages(f, &f->builder.snapshot, order, PERSONS_PAGE_MAX);
    parallel_limit(0);
}

static void test_money_at_its_ends(void **state)
{
    struct fixture *f = *state;
    struct persons_page page = {.order = PERSONS_BY_REVENUE, .limit = 2, .rows = f->rows};
    struct err err = {0};

    for (int i = 0; i < 2; i++) {
        builder_event(&f->builder, 0, i, 0, 0, INT64_MIN);
        builder_event(&f->builder, 1, i, 0, 0, INT64_MAX);
    }
    memset(f->marked, true, 2);
    ASSERT_OK(persons_page(builder_done(&f->builder, 2, 1), f->marked, &f->arena, &page, &err));
    assert_true(page.rows[0].revenue_minor == INT64_MAX && page.rows[1].revenue_minor == INT64_MIN);
    arena_free(&f->arena);
    arena_init(&f->arena, 10);
    ASSERT_FAILS(persons_page(builder_done(&f->builder, 2, 1), f->marked, &f->arena, &page, &err), ERR_LIMIT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_oracle_agrees),
        TEST(test_many_shards),
        TEST(test_money_at_its_ends),
    };
    return cmocka_run_group_tests_name("measure/persons_page", tests, NULL, NULL);
}
