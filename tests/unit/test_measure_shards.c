/* Tests of measure/shards.h: where shards are cut, and who is scanned twice. */
#include "helpers.h"
#include "measure/scratch.h"
#include "measure/shards.h"

#define CEILING ((size_t)1 << 20)
#define HELD 1000 /* bytes that each shard keeps */

/* As many events as make `n` shards, of nobody. */
static struct snapshot facts_of(uint32_t places, uint64_t n)
{
    static const struct rows NONE[1000];
    return (struct snapshot){.n_places = places, .n_events = (n - 1) * 32768, .over = NONE};
}

static void test_cut(void **state)
{
    struct snapshot facts = facts_of(1000, 7);
    struct arena arena;
    struct shards shards;
    (void)state;

    arena_init(&arena, CEILING);
    assert_non_null(arena_alloc(&arena, CEILING / 2));
    size_t room = CEILING - arena.used;
    shards_open(&shards, &facts, &arena, 0);
    assert_int_equal(shards.n, 7);
    for (uint32_t i = 0; i < 7; i++) {
        assert_int_equal(shards.shard[i].from, i ? shards.shard[i - 1].to : 0);
        assert_int_equal(shards.shard[i].arena.ceiling, room / 7);
    }
    assert_int_equal(shards.shard[6].to, 1000);
    shards_close(&shards);
    shards_open(&shards, &facts, &arena, room / 8); /* four answers take half of the room */
    assert_int_equal(shards.n, 4);
    shards_close(&shards);
    shards_open(&shards, &facts, &arena, room); /* no room for one: it will say so itself */
    assert_int_equal(shards.n, 1);
    assert_int_equal(shards.shard[0].to, 1000);
    shards_close(&shards);
    facts = facts_of(3, 100);
    shards_open(&shards, &facts, &arena, 0);
    assert_int_equal(shards.n, SHARDS_MAX);
    assert_int_equal(shards.shard[SHARDS_MAX - 1].to, 3);
    shards_close(&shards);
    facts = facts_of(0, 1);
    shards_open(&shards, &facts, &arena, 0);
    assert_int_equal(shards.shard[0].to, 0);
    shards_close(&shards);
    arena_free(&arena);
}

/* Half of the rows are of a few persons at the end, as of those who come when all others have left. */
static void test_cut_by_rows(void **state)
{
    static uint64_t first[8001];
    static struct rows over[100];
    struct snapshot facts = facts_of(8100, 8);
    struct arena arena;
    struct shards shards;
    (void)state;

    for (uint64_t i = 0; i <= 8000; i++) first[i] = i * 10; /* 88,000 with the places */
    for (size_t i = 0; i < 100; i++) over[i] = (struct rows){i, i + 879};
    facts.n_base = 8000;
    facts.first = first;
    facts.over = over;
    arena_init(&arena, CEILING);
    shards_open(&shards, &facts, &arena, 0);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(shards.shard[i].to - shards.shard[i].from, 2000);
        assert_int_equal(shards.shard[4 + i].to - shards.shard[4 + i].from, 25);
    }
    assert_int_equal(shards.shard[7].to, 8100);
    shards_close(&shards);
    over[50].end += 1000000; /* more than all others: it is a shard, and some are of nobody */
    shards_open(&shards, &facts, &arena, 0);
    assert_int_equal(shards.shard[0].from, 0);
    for (uint32_t i = 1; i < 8; i++) assert_int_equal(shards.shard[i].from, shards.shard[i - 1].to);
    assert_int_equal(shards.shard[7].to, 8100);
    shards_close(&shards);
    arena_free(&arena);
}

struct needs {
    size_t bytes[4];
    int times[4];
    uint32_t broken; /* it fails whatever it has; 4: none */
};

static bool take(void *context, struct shard *shard, struct err *err)
{
    struct needs *needs = context;

    needs->times[shard->index]++;
    if (shard->index == needs->broken) return err_set(err, ERR_INTERNAL, "shard %u is broken", shard->index);
    return SCRATCH_ARRAY(&shard->arena, char, needs->bytes[shard->index], err) != NULL;
}

static bool run(struct needs *needs, struct err *err)
{
    struct snapshot facts = facts_of(100, 4);
    struct arena arena;
    struct shards shards;

    arena_init(&arena, CEILING);
    shards_open(&shards, &facts, &arena, HELD);
    assert_int_equal(shards.n, 4);
    bool ok = shards_run(&shards, take, needs, err);
    size_t used = 0;
    for (uint32_t i = 0; i < 4; i++) used += shards.shard[i].arena.used;
    assert_true(used <= CEILING);
    shards_close(&shards);
    arena_free(&arena);
    return ok;
}

static void test_more_room(void **state)
{
    struct needs needs = {{HELD, CEILING / 2, HELD, CEILING / 3}, {0}, 4};
    struct err err = {0};
    (void)state;

    ASSERT_OK(run(&needs, &err));
    assert_memory_equal(needs.times, ((int[]){1, 2, 1, 2}), sizeof needs.times);

    needs = (struct needs){{HELD, CEILING / 2, HELD, CEILING / 2}, {0}, 4}; /* the second leaves the last too little */
    ASSERT_FAILS(run(&needs, &err), ERR_LIMIT);
    assert_memory_equal(needs.times, ((int[]){1, 2, 1, 2}), sizeof needs.times);

    needs = (struct needs){{CEILING / 2, HELD, HELD, HELD}, {0}, 2}; /* more room mends nothing else */
    ASSERT_FAILS(run(&needs, &err), ERR_INTERNAL);
    assert_string_equal(err.text, "shard 2 is broken");
    assert_int_equal(needs.times[2], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_cut_by_rows),
        cmocka_unit_test(test_more_room),
    };
    return cmocka_run_group_tests_name("measure/shards", tests, NULL, NULL);
}
