/* Tests of base/settings.h: which of environment, file and fallback wins; what is refused. */
#include "helpers.h"

#include "base/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place {
    char folder[FOLDER_MAX];
    char path[FOLDER_MAX + 16];
};

static void clear_environment(void)
{
    size_t n;
    const struct setting *rows = settings_table(&n);
    for (size_t i = 0; i < n; i++) unsetenv(rows[i].name);
}

static int open_place(void **state)
{
    struct place *place = mem_new(sizeof *place);
    clear_environment();
    folder_make(place->folder);
    snprintf(place->path, sizeof place->path, "%s/.env", place->folder);
    *state = place;
    return 0;
}

static int close_place(void **state)
{
    struct place *place = *state;
    folder_remove(place->folder);
    free(place);
    clear_environment();
    return 0;
}

static void test_fallbacks_without_a_file(void **state)
{
    struct place *place = *state;
    struct settings settings;
    struct err err = {0};

    ASSERT_OK(settings_load(&settings, place->path, &err));
    ASSERT_STR(settings.data, "./data");
    ASSERT_STR(settings.listen, "127.0.0.1:8080");
    ASSERT_STR(settings.timezone, "Europe/Kyiv");
    ASSERT_STR(settings.currency, "UAH");
    ASSERT_STR(settings.admin_token, "");
    ASSERT_I64(settings.threads, 0);
    ASSERT_I64(settings.import_max_bytes, 1073741824);
    settings_free(&settings);
}

static void test_environment_before_file_before_fallback(void **state)
{
    struct place *place = *state;
    struct settings settings;
    struct err err = {0};

    file_write(place->folder, ".env",
               STR("# a comment\n\n"
                   "DEMETRA_LISTEN=:9000\n"
                   "  export DEMETRA_CURRENCY = \"EUR\"  \r\n"
                   "DEMETRA_TIMEZONE='UTC'\n"
                   "#DEMETRA_THREADS=9\n"
                   "DEMETRA_THREADS=3\n"
                   "DEMETRA_THREADS=4\n" /* the last one wins */
                   "DEMETRA_WRITE_KEY=a=b\"c\n"
                   "DEMETRA_DATA\n" /* no sign: no setting */
                   "DEMETRA_LOGX=debug\n"
                   "DEMETRA_ADMIN_TOKEN="));
    assert_int_equal(setenv("DEMETRA_LISTEN", "[::1]:1", 1), 0);
    ASSERT_OK(settings_load(&settings, place->path, &err));
    ASSERT_STR(settings.listen, "[::1]:1");
    ASSERT_STR(settings.currency, "EUR");
    ASSERT_STR(settings.timezone, "UTC");
    ASSERT_I64(settings.threads, 4);
    ASSERT_STR(settings.write_key, "a=b\"c");
    ASSERT_STR(settings.data, "./data");
    ASSERT_STR(settings.log, "info");
    ASSERT_STR(settings.admin_token, "");
    settings_free(&settings);

    assert_int_equal(setenv("DEMETRA_CURRENCY", "", 1), 0); /* set to nothing is set */
    ASSERT_OK(settings_load(&settings, place->path, &err));
    ASSERT_STR(settings.currency, "");
    settings_free(&settings);
}

static void test_bad_numbers(void **state)
{
    static const char *const bad[] = {"many", "-1", "1.5", "", " 2", "99999999999999999999", "0x10"};
    struct place *place = *state;
    struct settings settings;
    struct err err = {0};

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(setenv("DEMETRA_THREADS", bad[i], 1), 0);
        ASSERT_FAILS(settings_load(&settings, place->path, &err), ERR_INVALID);
        ASSERT_HOLDS(err.text, "DEMETRA_THREADS");
        ASSERT_HOLDS(err.text, bad[i]);
    }
    assert_int_equal(setenv("DEMETRA_THREADS", "8", 1), 0);
    file_write(place->folder, ".env", STR("DEMETRA_IMPORT_MAX_BYTES=1G\n"));
    ASSERT_FAILS(settings_load(&settings, place->path, &err), ERR_INVALID);
    ASSERT_HOLDS(err.text, "1G");
}

static void test_ceilings(void **state)
{
    struct place *place = *state;
    struct settings settings;
    struct err err = {0};
    size_t n = (size_t)64 * 1024;
    char *text = mem_new(n + 1);

    memset(text, '#', n);
    file_write(place->folder, ".env", (Str){text, n});
    ASSERT_FAILS(settings_load(&settings, place->path, &err), ERR_LIMIT);
    memcpy(text, "DEMETRA_DATA=", 13);
    file_write(place->folder, ".env", (Str){text, n - 1}); /* one value as large as the file may be */
    ASSERT_OK(settings_load(&settings, place->path, &err));
    assert_int_equal(settings.data.n, n - 1 - 13);
    settings_free(&settings);
    text[5000] = '\0';
    assert_int_equal(setenv("DEMETRA_DATA", text, 1), 0);
    ASSERT_FAILS(settings_load(&settings, place->path, &err), ERR_LIMIT);
    free(text);
}

static void test_the_table(void **state)
{
    size_t n;
    const struct setting *rows = settings_table(&n);
    (void)state;

    for (size_t i = 0; i < n; i++) {
        assert_true(str_starts(str_of(rows[i].name), STR("DEMETRA_")));
        assert_true(strlen(rows[i].help) > 10);
        bool names_a_secret = strstr(rows[i].name, "TOKEN") || strstr(rows[i].name, "KEY");
        if (names_a_secret) assert_true(rows[i].secret);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(rows[i].name, rows[k].name);
            assert_int_not_equal(rows[i].offset, rows[k].offset);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fallbacks_without_a_file, open_place, close_place),
        cmocka_unit_test_setup_teardown(test_environment_before_file_before_fallback, open_place, close_place),
        cmocka_unit_test_setup_teardown(test_bad_numbers, open_place, close_place),
        cmocka_unit_test_setup_teardown(test_ceilings, open_place, close_place),
        cmocka_unit_test(test_the_table),
    };
    return cmocka_run_group_tests_name("base/settings", tests, NULL, NULL);
}
