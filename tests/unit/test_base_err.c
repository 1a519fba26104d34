/* Tests of base/err.h. */
#include "helpers.h"

#include <string.h>

static void test_filling(void **state)
{
    struct err err = {.field = "old"};
    (void)state;

    assert_false(err_set(&err, ERR_LIMIT, "%d is more than %d", 3, 2));
    assert_int_equal(err.code, ERR_LIMIT);
    assert_string_equal(err.text, "3 is more than 2");
    assert_string_equal(err.field, ""); /* nothing of the error before */
    assert_false(err_set_field(&err, "rules[0].op", "no %s", "op"));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, "rules[0].op");
    assert_string_equal(err.text, "no op");
    assert_false(err_set(NULL, ERR_BUSY, "nobody listens"));
}

static void test_long_texts_are_cut(void **state)
{
    char longer[1000];
    struct err err;
    (void)state;

    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    err_set_field(&err, longer, "%s", longer);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_int_equal(strlen(err.field), sizeof err.field - 1);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(err_code_name(ERR_NONE), "NONE");
    assert_string_equal(err_code_name(ERR_NOT_FOUND), "NOT_FOUND");
    assert_string_equal(err_code_name(ERR_INTERNAL), "INTERNAL");
    assert_string_equal(err_code_text(ERR_NOT_FOUND), "not found");
    for (int code = ERR_NONE; code <= ERR_INTERNAL; code++) assert_true(strlen(err_code_text((enum err_code)code)) > 0);
}

static void break_an_invariant(void)
{
    CHECK(1 + 1 == 3);
}

static void test_a_broken_invariant_stops(void **state)
{
    (void)state;
    CHECK(1 + 1 == 2);
    assert_stops(break_an_invariant);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filling),
        cmocka_unit_test(test_long_texts_are_cut),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_a_broken_invariant_stops),
    };
    return cmocka_run_group_tests_name("base/err", tests, NULL, NULL);
}
