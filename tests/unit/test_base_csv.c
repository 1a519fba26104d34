/* Tests of base/csv.h: cutting, splitting, and a round trip on random cells. */
#include "helpers.h"

#include "base/csv.h"

#include <string.h>

#define CELLS 8

static size_t split(struct arena *arena, Str record, Str cells[CELLS])
{
    for (int i = 0; i < CELLS; i++) cells[i] = STR("untouched");
    return csv_split(record, arena, cells, CELLS);
}

static void test_splitting(void **state)
{
    static const struct {
        const char *record;
        size_t n;
        const char *cells[4];
    } cases[] = {
        {"a,b,c\n", 3, {"a", "b", "c"}},
        {"a,b,c\r\n", 3, {"a", "b", "c"}},
        {"a,b,c", 3, {"a", "b", "c"}},
        {"", 1, {""}},
        {"\n", 1, {""}},
        {",", 2, {"", ""}},
        {"a,,\n", 3, {"a", "", ""}},
        {" a , b ", 2, {" a ", " b "}},
        {"\"a,b\",c", 2, {"a,b", "c"}},
        {"\"a\"\"b\"", 1, {"a\"b"}},
        {"\"\"\"\",x", 2, {"\"", "x"}},
        {"\"\",\"\"", 2, {"", ""}},
        {"\"two\nlines\",z\n", 2, {"two\nlines", "z"}},
        {"\"end\r\n\"\r\n", 1, {"end\r\n"}},
        {"a\r", 1, {"a"}},
        {"a,\"b", SIZE_MAX, {0}},
        {"\"a\"b,c", SIZE_MAX, {0}},
        {"a\"b,c", SIZE_MAX, {0}},
        {"a, \"b\"", SIZE_MAX, {0}}, /* a quote that does not open its cell */
        {"\"", SIZE_MAX, {0}},
        {"\"\"\"", SIZE_MAX, {0}},
    };
    struct arena arena;
    Str cells[CELLS];
    (void)state;

    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (split(&arena, str_of(cases[i].record), cells) != cases[i].n) fail_msg("\"%s\"", cases[i].record);
        for (size_t k = 0; cases[i].n != SIZE_MAX && k < cases[i].n; k++) ASSERT_STR(cells[k], cases[i].cells[k]);
    }
    assert_int_equal(split(&arena, STR("1,2,3,4,5,6,7,8,9,10"), cells), 10); /* counted past the room */
    ASSERT_STR(cells[7], "8");
    arena_free(&arena);
}

static void test_taking_records(void **state)
{
    static const struct {
        const char *text;
        size_t max;
        size_t n;
        const char *records[4];
    } cases[] = {
        {"a\nb\n", 100, 2, {"a\n", "b\n"}},
        {"a\nb", 100, 2, {"a\n", "b"}}, /* the last needs no line end */
        {"\"x\ny\",z\nb\n", 100, 2, {"\"x\ny\",z\n", "b\n"}},
        {"a\n\"x\ny\"", 100, 2, {"a\n", "\"x\ny\""}}, /* nor with a line end inside quotes */
        {"\n\na", 100, 3, {"\n", "\n", "a"}},
        {"\"open\nb\nc\n", 100, 3, {"\"open\n", "b\n", "c\n"}}, /* must not swallow what follows */
        {"\"open\nb\"\n", 6, 2, {"\"open\n", "b\"\n"}},         /* too long for a record */
        {"123456789\nb\n", 4, 2, {"123456789\n", "b\n"}},
        {"a\r\n\"\"\"\n\"\r\n", 100, 2, {"a\r\n", "\"\"\"\n\"\r\n"}},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Str rest = str_of(cases[i].text);
        size_t n = 0;
        for (; rest.n; n++) {
            assert_true(n < COUNT_OF(cases[i].records));
            Str record = csv_take_record(&rest, cases[i].max);
            if (!cases[i].records[n] || !str_eq(record, str_of(cases[i].records[n])))
                fail_msg("case %zu: record %zu is \"%.*s\"", i, n, STR_ARG(record));
        }
        assert_int_equal(n, cases[i].n);
    }
    assert_int_equal(csv_record_length(STR("\"a\nb\"\nc\n")), 6);
    assert_int_equal(csv_record_length(STR("\"a\nb")), 0);
    assert_int_equal(csv_record_length(STR("")), 0);
    assert_int_equal(csv_lines(STR("a\n")), 1);
    assert_int_equal(csv_lines(STR("\"a\nb\"\n")), 2);
    assert_int_equal(csv_lines(STR("a")), 1);
}

/* Nothing is lost or read twice, whatever the bytes. */
static void test_records_make_up_the_text(void **state)
{
    uint64_t seed = 3;
    (void)state;

    for (int i = 0; i < 20000; i++) {
        char text[40];
        size_t n = (size_t)random_below(&seed, sizeof text), max = 1 + (size_t)random_below(&seed, 50);
        random_bytes(&seed, text, n, STR("a\"\n,\r"));
        Str rest = {text, n};
        size_t taken = 0;
        while (rest.n) {
            Str record = csv_take_record(&rest, max);
            assert_ptr_equal(record.p, text + taken);
            assert_true(record.n > 0);
            taken += record.n;
            assert_true(rest.n == 0 || record.p[record.n - 1] == '\n');
        }
        assert_int_equal(taken, n);
    }
}

static void test_formulas_are_guarded(void **state)
{
    static const struct {
        const char *cell, *wanted;
    } cases[] = {
        {"plain", "plain,"},
        {"", ","},
        {"=1+2", "\"'=1+2\","},
        {"@SUM(A1)", "\"'@SUM(A1)\","},
        {"+380501234567", "+380501234567,"}, /* a number stays one */
        {"-5.25", "-5.25,"},
        {"-5.25x", "\"'-5.25x\","},
        {"-", "\"'-\","},
        {"+cmd|' /C calc'!A0", "\"'+cmd|' /C calc'!A0\","},
        {"\t=1", "\"'\t=1\","},
        {"=\"a\"", "\"'=\"\"a\"\"\","},
        {"a=1", "a=1,"},
        {"a,b", "\"a,b\","},
        {"a\"b", "\"a\"\"b\","},
        {"a\nb", "\"a\nb\","},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out;
        buf_init(&out, 100);
        csv_put(&out, str_of(cases[i].cell), false);
        ASSERT_STR(buf_str(&out), cases[i].wanted);
        buf_reset(&out);
    }
}

static bool is_guarded(Str cell)
{
    double number;
    return cell.n && memchr("=+-@\t\r", cell.p[0], 6) && !str_to_double(cell, &number);
}

/* What is written reads back; a guarded cell with its apostrophe. */
static void test_random_cells_read_back(void **state)
{
    struct arena arena;
    struct buf out;
    uint64_t seed = 5;
    (void)state;

    arena_init(&arena, 1 << 20);
    buf_init(&out, 1 << 16);
    for (int round = 0; round < 10000; round++) {
        char text[CELLS][12];
        Str cell[CELLS], got[CELLS];
        size_t n = 1 + (size_t)random_below(&seed, CELLS);
        for (size_t i = 0; i < n; i++) {
            cell[i] = (Str){text[i], (size_t)random_below(&seed, sizeof text[i])};
            random_bytes(&seed, text[i], cell[i].n, round % 2 ? STR("a\",\n\r=-1 ") : (Str){NULL, 0});
            csv_put(&out, cell[i], i + 1 == n);
        }
        Str rest = buf_str(&out);
        Str record = csv_take_record(&rest, 1 << 16);
        assert_int_equal(rest.n, 0);
        assert_int_equal(csv_split(record, &arena, got, CELLS), n);
        for (size_t i = 0; i < n; i++) {
            if (is_guarded(cell[i])) {
                assert_int_equal(got[i].p[0], '\'');
                got[i] = str_from(got[i], 1);
            }
            ASSERT_STR_EQ(got[i], cell[i]);
        }
        buf_reset(&out);
        arena_reset(&arena);
    }
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_splitting),
        cmocka_unit_test(test_taking_records),
        cmocka_unit_test(test_records_make_up_the_text),
        cmocka_unit_test(test_formulas_are_guarded),
        cmocka_unit_test(test_random_cells_read_back),
    };
    return cmocka_run_group_tests_name("base/csv", tests, NULL, NULL);
}
