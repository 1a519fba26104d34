/* Tests of http/http_int.h's gzip: ceilings, bombs, cut-off and foreign bytes. */
#include "helpers.h"

#include "http/http_int.h"

#include <stdlib.h>
#include <string.h>

/* `printf 'hello' | gzip -n` */
static const Str HELLO = STR_INIT("\x1F\x8B\x08\x00\x00\x00\x00\x00\x00\x03\xCB\x48\xCD\xC9\xC9\x07\x00\x86\xA6\x10\x36"
                                  "\x05\x00\x00\x00");

static void test_bytes_of_another_program(void **state)
{
    struct buf out;
    struct err err = {0};
    (void)state;

    assert_true(gzip_is(HELLO));
    assert_false(gzip_is(STR("{\"batch\":[]}")));
    assert_false(gzip_is(STR("\x1F")));
    assert_false(gzip_is((Str){NULL, 0}));
    buf_init(&out, 5); /* just enough */
    ASSERT_OK(gzip_unpack(HELLO, &out, &err));
    ASSERT_STR(buf_str(&out), "hello");
    buf_reset(&out);
    buf_init(&out, 4);
    ASSERT_FAILS(gzip_unpack(HELLO, &out, &err), ERR_LIMIT);
    ASSERT_HOLDS(err.text, "4 bytes");
    buf_reset(&out);
}

static void test_cut_off_anywhere(void **state)
{
    (void)state;
    for (size_t n = 0; n < HELLO.n; n++) {
        struct buf out;
        struct err err = {0};
        char *exact = malloc(n + 1);
        memcpy(exact, HELLO.p, n);
        buf_init(&out, 100);
        ASSERT_FAILS(gzip_unpack((Str){exact, n}, &out, &err), ERR_INVALID);
        buf_reset(&out);
        free(exact);
    }
}

static void test_damaged(void **state)
{
    (void)state;
    for (size_t i = 0; i < HELLO.n; i++) {
        if ((i >= 4 && i <= 9) || i == 16) continue; /* time, flags, system; the last bits before the checksum */
        struct buf out;
        struct err err = {0};
        char bytes[64];
        memcpy(bytes, HELLO.p, HELLO.n);
        bytes[i] ^= 0x10;
        buf_init(&out, 100);
        if (gzip_unpack((Str){bytes, HELLO.n}, &out, &err)) fail_msg("byte %zu may change", i);
        buf_reset(&out);
    }
}

static void test_random_bytes_come_back(void **state)
{
    static char bytes[200000];
    uint64_t seed = 1;
    (void)state;

    for (int i = 0; i < 60; i++) {
        size_t n = 1400 + (size_t)random_below(&seed, sizeof bytes - 1400);
        random_bytes(&seed, bytes, n, i % 2 ? STR("ab") : (Str){NULL, 0});
        struct buf packed, out;
        struct err err = {0};
        buf_init(&packed, sizeof bytes + 1000);
        buf_init(&out, n);
        assert_true(gzip_pack((Str){bytes, n}, &packed));
        if (i % 2) assert_true(packed.n < n / 2);
        ASSERT_OK(gzip_unpack(buf_str(&packed), &out, &err));
        ASSERT_STR_EQ(buf_str(&out), ((Str){bytes, n}));
        buf_reset(&packed);
        buf_reset(&out);
    }
}

static void test_a_bomb_stops_at_the_ceiling(void **state)
{
    size_t large = (size_t)64 << 20, ceiling = (size_t)1 << 20;
    char *zeros = calloc(1, large);
    struct buf packed, out;
    struct err err = {0};
    (void)state;

    buf_init(&packed, large);
    buf_init(&out, ceiling);
    assert_true(gzip_pack((Str){zeros, large}, &packed));
    assert_true(packed.n < large / 200);
    ASSERT_FAILS(gzip_unpack(buf_str(&packed), &out, &err), ERR_LIMIT);
    assert_true(out.n <= ceiling && out.cap <= 2 * ceiling);
    buf_reset(&packed);
    buf_reset(&out);
    free(zeros);
}

static void test_packing_that_does_not_pay(void **state)
{
    struct buf packed;
    char bytes[2000];
    uint64_t seed = 2;
    (void)state;

    random_bytes(&seed, bytes, sizeof bytes, (Str){NULL, 0});
    buf_init(&packed, 4000);
    assert_false(gzip_pack((Str){bytes, 1399}, &packed));
    assert_int_equal(packed.n, 0);
    buf_reset(&packed);
    buf_init(&packed, 100); /* no room for what comes out */
    assert_false(gzip_pack((Str){bytes, sizeof bytes}, &packed));
    buf_reset(&packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_of_another_program),
        cmocka_unit_test(test_cut_off_anywhere),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_random_bytes_come_back),
        cmocka_unit_test(test_a_bomb_stops_at_the_ceiling),
        cmocka_unit_test(test_packing_that_does_not_pay),
    };
    return cmocka_run_group_tests_name("http/gzip", tests, NULL, NULL);
}
