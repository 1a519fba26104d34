/* Tests of base/log.h: what comes out on standard error. */
#include "helpers.h"

#include "base/log.h"
#include "base/time.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char logged[4096];

/* Run `act` with standard error in a file, and read into `logged` what it wrote. */
static void capture(void (*act)(void))
{
    FILE *file = tmpfile();
    assert_non_null(file);
    int kept = dup(STDERR_FILENO);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    act();
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    size_t n = fread(logged, 1, sizeof logged - 1, file);
    logged[n] = '\0';
    fclose(file);
}

static void log_one(void)
{
    log_line(LOG_INFO, "import.done", "rows=%d name=%s", 17183, "a b");
}

static void test_one_line(void **state)
{
    int64_t at;
    (void)state;

    capture(log_one);
    Str line = str_of(logged), time = str_cut(&line, ' ');
    assert_true(time_parse_instant(time, &at));
    assert_true(at > time_now_ms() - 60000 && at <= time_now_ms());
    ASSERT_STR(line, "info import.done rows=17183 name=a b\n");
}

static void log_levels(void)
{
    log_set_level(LOG_WARN);
    log_line(LOG_DEBUG, "one", "x=%d", 1);
    log_line(LOG_INFO, "two", "x=%d", 2);
    log_line(LOG_WARN, "three", "x=%d", 3);
    log_line(LOG_ERROR, "four", "x=%d", 4);
    log_set_level(LOG_INFO);
}

static void test_levels(void **state)
{
    (void)state;
    capture(log_levels);
    assert_null(strstr(logged, " one "));
    assert_null(strstr(logged, " two "));
    ASSERT_HOLDS(logged, " warn three x=3\n");
    ASSERT_HOLDS(logged, " error four x=4\n");
}

static void log_bytes_from_outside(void)
{
    log_line(LOG_INFO, "login", "name=%s", "x\n2025 info fake.event all=well\r\x1B[31m\x7F \xC3\xA9");
}

static void test_values_cannot_forge_a_line(void **state)
{
    (void)state;
    capture(log_bytes_from_outside);
    ASSERT_HOLDS(logged, "name=x\\x0a2025 info fake.event all=well\\x0d\\x1b[31m\\x7f \xC3\xA9\n");
    assert_int_equal(strlen(strchr(logged, '\n')), 1); /* one line */
}

static void log_much(void)
{
    char much[3000];
    memset(much, '\n', sizeof much - 1);
    much[sizeof much - 1] = '\0';
    log_line(LOG_INFO, "much", "%s", much);
}

static void test_long_values_are_cut(void **state)
{
    (void)state;
    capture(log_much);
    assert_true(strlen(logged) < 1200);
    assert_int_equal(strlen(strchr(logged, '\n')), 1);
    ASSERT_HOLDS(logged, "\\x0a\\x0a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_line),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_values_cannot_forge_a_line),
        cmocka_unit_test(test_long_values_are_cut),
    };
    return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
