/* Tests of base/arena.h: pieces do not overlap, are zeroed and aligned; the ceiling stops the program. */
#include "helpers.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

static void test_pieces_are_zeroed_aligned_and_apart(void **state)
{
    enum { PIECES = 400 };
    struct arena arena;
    unsigned char *piece[PIECES];
    size_t length[PIECES];
    uint64_t seed = 1;
    (void)state;

    arena_init(&arena, (size_t)64 << 20);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < PIECES; i++) {
            length[i] = (size_t)random_below(&seed, i % 50 == 0 ? 40000 : 300); /* some are larger than a block */
            piece[i] = arena_alloc(&arena, length[i]);
            assert_int_equal((uintptr_t)piece[i] % _Alignof(max_align_t), 0);
            for (size_t k = 0; k < length[i]; k++) assert_int_equal(piece[i][k], 0);
            if (length[i]) memset(piece[i], i & 0xFF, length[i]);
        }
        for (int i = 0; i < PIECES; i++)
            for (size_t k = 0; k < length[i]; k++) assert_int_equal(piece[i][k], i & 0xFF);
        arena_reset(&arena); /* the kept block is dirty now: the next round must see zeros again */
        assert_int_equal(arena.used, 0);
    }
    arena_free(&arena);
}

static void test_texts(void **state)
{
    struct arena arena;
    char longer[2000];
    (void)state;

    arena_init(&arena, 1 << 20);
    Str copy = arena_copy(&arena, (Str){"a\0b", 3});
    ASSERT_STR_EQ(copy, ((Str){"a\0b", 3}));
    assert_int_equal(copy.p[3], '\0');
    assert_string_equal(arena_cstr(&arena, STR("text")), "text");
    assert_string_equal(arena_cstr(&arena, (Str){NULL, 0}), "");
    ASSERT_STR(arena_printf(&arena, "%s-%d", "x", 42), "x-42");
    memset(longer, 'y', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    ASSERT_STR(arena_printf(&arena, "%s", longer), longer);
    int64_t *numbers = ARENA_ARRAY(&arena, int64_t, 1000);
    numbers[999] = 7;
    assert_int_equal(numbers[0], 0);
    arena_free(&arena);
}

static void ask_past_the_ceiling(void)
{
    struct arena arena;
    arena_init(&arena, 1000);
    arena_alloc(&arena, 600);
    arena_alloc(&arena, 600);
}

static void ask_for_more_than_there_is(void)
{
    struct arena arena;
    arena_init(&arena, SIZE_MAX);
    arena_alloc_array(&arena, SIZE_MAX / 2, 3);
}

static void grow_past_the_address_space(void)
{
    (void)!mem_grow(NULL, SIZE_MAX / 2, 3);
}

static void test_the_ceiling_stops_the_program(void **state)
{
    struct arena arena;
    (void)state;

    arena_init(&arena, 1024);
    memset(arena_alloc(&arena, 1024), 1, 1024); /* all of it may be used */
    arena_reset(&arena);
    memset(arena_alloc(&arena, 1024), 1, 1024); /* and again after a reset */
    arena_free(&arena);
    assert_stops(ask_past_the_ceiling);
    assert_stops(ask_for_more_than_there_is);
    assert_stops(grow_past_the_address_space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_the_ceiling_stops_the_program),
    };
    return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
