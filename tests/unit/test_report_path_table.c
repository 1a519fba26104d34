/* Tests of report/path_table.h: path tables as other programs write them, and what is wrong with some rows. */
#include "helpers.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "report/path_table.h"

#define CEILING ((size_t)16 << 20)
#define HEADER "path,total_conversions,total_conversion_value,total_null\n"

static int start(void **state)
{
    (void)state;
    hash_start();
    return 0;
}

static struct path_table read_text(Str text)
{
    struct path_table table;
    struct err err;

    ASSERT_OK(path_table_read(text, CEILING, &table, &err));
    return table;
}

#define READ(literal) read_text(STR(literal))

/* Row i: its channels by name, and its counts. */
static void assert_row(const struct path_table *table, uint32_t i, const char *wanted, int64_t conversions,
                       int64_t value, int64_t nulls)
{
    struct path path = paths_at(&table->paths, i);
    struct buf names;

    buf_init(&names, CEILING);
    for (uint32_t k = 0; k < path.n; k++) {
        if (k) buf_add(&names, STR(">"));
        buf_add(&names, dict_text(table->channels, path.channel[k]));
    }
    ASSERT_STR(buf_str(&names), wanted);
    ASSERT_I64(path.conversions, conversions);
    ASSERT_I64(path.value_minor, value);
    ASSERT_I64(path.nulls, nulls);
    buf_reset(&names);
}

static void test_as_they_write_it(void **state)
{
    struct path_table table = READ(HEADER "eta > iota > alpha > eta,1,0.244,3\n"
                                          "iota > iota,2,3.195,6\n"
                                          "eta>iota>alpha>eta,4,0.006,0\n");

    (void)state;
    assert_int_equal(table.paths.n, 2);
    ASSERT_I64(table.rows, 3);
    ASSERT_I64(table.wrong, 0);
    assert_true(table.has_value && table.has_nulls);
    assert_row(&table, 0, "eta>iota>alpha>eta", 5, 25, 3); /* 24 and 1 */
    assert_row(&table, 1, "iota>iota", 2, 320, 6);         /* half away from zero */
    assert_int_equal(dict_count(table.channels), 3);
    path_table_reset(&table);
    assert_null(table.channels);
}

static void test_columns(void **state)
{
    struct path_table table = READ("\xEF\xBB\xBF Total_Null ,note,PATH,total_conversions\r\n5,x,a,2\r\n,,b,1\r\n");

    (void)state;
    assert_false(table.has_value);
    assert_true(table.has_nulls);
    assert_row(&table, 0, "a", 2, 0, 5);
    assert_row(&table, 1, "b", 1, 0, 0);
    path_table_reset(&table);
    table = READ("path,total_conversions\na,1"); /* without a line end, without nulls */
    assert_false(table.has_nulls);
    assert_row(&table, 0, "a", 1, 0, 0);
    path_table_reset(&table);
}

static void test_no_header(void **state)
{
    static const char *const cases[] = {
        "",
        "\n \n",
        "a,1,2,3\n",
        "path,conversions\na,1\n",
        "total_conversions\n1\n",
        "path,path,total_conversions\na,b,1\n",
        "path,total_conversions,Total_Null,total_null\na,1,1,1\n",
        "path,\"total_conversions\na,1\n",
    };
    struct path_table table;
    struct err err;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        ASSERT_FAILS(path_table_read(str_of(cases[i]), CEILING, &table, &err), ERR_INVALID);
}

static void test_quotes_and_blanks(void **state)
{
    struct path_table table = READ("\n" HEADER "\n"
                                   "\"a, b > \"\"c\"\"\",1,2,3\n"
                                   "  \t \n"
                                   "\"two\nlines > d\", 1 , 2.50 , 0 \n"
                                   ",3,4,5\n"
                                   "\"  \",1,1,1\n"
                                   "e,,,\n");

    (void)state;
    ASSERT_I64(table.wrong, 0);
    ASSERT_I64(table.rows, 5);
    assert_row(&table, 0, "a, b>\"c\"", 1, 200, 3);
    assert_row(&table, 1, "two\nlines>d", 1, 250, 0);
    assert_row(&table, 2, "", 4, 500, 6);
    assert_int_equal(table.paths.n, 3); /* e has no journeys, but is known */
    assert_int_equal(table.paths.n_channels, 5);
    path_table_reset(&table);
}

static void test_numbers(void **state)
{
    struct path_table table = READ(HEADER "a,3.0,-1.5,0.0\n"
                                          "b,1e3,1.25e2,2E0\n"
                                          "c,9007199254730000,0.01,0\n");

    (void)state;
    ASSERT_I64(table.wrong, 0);
    assert_row(&table, 0, "a", 3, -150, 0);
    assert_row(&table, 1, "b", 1000, 12500, 2);
    assert_row(&table, 2, "c", 9007199254730000, 1, 0);
    path_table_reset(&table);
}

/* A row that is wrong leaves nothing behind, and is named by the line it begins at. */
static void test_wrong_rows(void **state)
{
    static const struct {
        const char *row, *why;
    } cases[] = {
        {"x > > y,1,1,1", "channel 2 of the path has no name"},
        {"x >,1,1,1", "channel 2 of the path has no name"},
        {"> x,1,1,1", "channel 1 of the path has no name"},
        {">,1,1,1", "channel 1 of the path has no name"},
        {"x,1.5,1,1", "total_conversions is no whole number: \"1.5\""},
        {"x,one,1,1", "total_conversions is no whole number: \"one\""},
        {"x,-1,0,1", "total_conversions is below 0: -1"},
        {"x,1,0,-2.0", "total_null is below 0: -2"},
        {"x,1,0,1e300", "total_null is no whole number"},
        {"x,1,12a,0", "total_conversion_value is no amount: \"12a\""},
        {"x,1,nan,0", "total_conversion_value is no amount: \"nan\""},
        {"x,0,1,0", "a value, but no conversions"},
        {"x,1,1", "3 cells, and the header has 4"},
        {"x,1,1,1,", "5 cells, and the header has 4"},
        {"x\"y,1,1,1", "a quote"},
        {"x\xFFy,1,1,1", "UTF-8"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf text;
        buf_init(&text, CEILING);
        buf_printf(&text, HEADER "\"a\n\",1,1,1\n%s\nb,1,1,1\n", cases[i].row);
        struct path_table table = read_text(buf_str(&text));
        ASSERT_I64(table.rows, 2);
        ASSERT_I64(table.wrong, 1);
        assert_int_equal(table.n_faults, 1);
        ASSERT_I64(table.fault[0].line, 4);
        ASSERT_HOLDS(table.fault[0].why, cases[i].why);
        assert_int_equal(table.paths.n_channels, 2);
        assert_int_equal(dict_count(table.channels), 2);
        path_table_reset(&table);
        buf_reset(&text);
    }
}

static void test_many_wrong_rows(void **state)
{
    struct buf text;

    (void)state;
    buf_init(&text, CEILING);
    buf_add(&text, STR(HEADER));
    for (int i = 0; i < 1000; i++) buf_add(&text, STR("a\n"));
    struct path_table table = read_text(buf_str(&text));
    ASSERT_I64(table.wrong, 1000);
    assert_int_equal(table.n_faults, PATH_TABLE_FAULTS_MAX);
    ASSERT_I64(table.fault[PATH_TABLE_FAULTS_MAX - 1].line, PATH_TABLE_FAULTS_MAX + 1);
    path_table_reset(&table);
    buf_reset(&text);
}

/* A quote that is never closed costs its own line, not the rest of the file. */
static void test_open_quote(void **state)
{
    struct buf text;

    (void)state;
    buf_init(&text, CEILING);
    buf_add(&text, STR(HEADER "\"a,1,1,1\n"));
    for (int i = 0; i < 200000; i++) buf_add(&text, STR("b > c,1,1,1\n"));
    struct path_table table = read_text(buf_str(&text));
    ASSERT_I64(table.wrong, 1);
    ASSERT_I64(table.fault[0].line, 2);
    assert_row(&table, 0, "b>c", 200000, 20000000, 200000);
    path_table_reset(&table);
    buf_reset(&text);
}

static void test_long_rows(void **state)
{
    struct buf text;
    static const int TOUCHES[] = {500000, 600000};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(TOUCHES); i++) {
        buf_init(&text, CEILING);
        buf_add(&text, STR(HEADER "a"));
        for (int k = 1; k < TOUCHES[i]; k++) buf_add(&text, STR(">b"));
        buf_add(&text, STR(",1,1,1\nz,1,1,1\n"));
        struct path_table table = read_text(buf_str(&text));
        ASSERT_I64(table.wrong, i == 1); /* longer than a record may be */
        if (i == 0) assert_int_equal(table.paths.longest, TOUCHES[i]);
        assert_row(&table, table.paths.n - 1, "z", 1, 100, 1);
        path_table_reset(&table);
        buf_reset(&text);
    }
}

static void test_ceiling(void **state)
{
    struct path_table table = {.rows = 77};
    struct buf text;
    struct err err;

    (void)state;
    buf_init(&text, CEILING);
    buf_add(&text, STR(HEADER));
    for (int i = 0; i < 10000; i++) buf_printf(&text, "a > %d,1,1,1\n", i);
    ASSERT_FAILS(path_table_read(buf_str(&text), 100000, &table, &err), ERR_LIMIT);
    ASSERT_I64(table.rows, 77);
    buf_reset(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_they_write_it),  cmocka_unit_test(test_columns),    cmocka_unit_test(test_no_header),
        cmocka_unit_test(test_quotes_and_blanks), cmocka_unit_test(test_numbers),    cmocka_unit_test(test_wrong_rows),
        cmocka_unit_test(test_many_wrong_rows),   cmocka_unit_test(test_open_quote), cmocka_unit_test(test_long_rows),
        cmocka_unit_test(test_ceiling),
    };
    return cmocka_run_group_tests_name("report/path_table", tests, start, NULL);
}
