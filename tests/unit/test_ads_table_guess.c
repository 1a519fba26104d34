/* Tests of ads/table_guess.h and table_text.h: headers and samples as exports have them. */
#include "helpers.h"

#include <stdio.h>
#include <string.h>

#include "ads/table_guess.h"
#include "ads/table_text.h"

/* "date,source|name:field ..." of a file's guess. */
static void describe(const char *text, char *out, size_t max)
{
    struct arena arena;
    struct table table;
    struct err err = {0};
    size_t n;

    arena_init(&arena, table_guess_arena());
    if (!table_guess(str_of(text), &arena, &table, &err)) {
        snprintf(out, max, "refused");
    } else {
        char mark = table.separator == '\t' ? 'T' : table.separator;
        n = (size_t)snprintf(out, max, "%s %c %s:", table_format_name(table.format), mark, table.source);
        for (size_t i = 0; i < table.n_columns && n < max; i++)
            n += (size_t)snprintf(out + n, max - n, " %s/%s/%c",
                                  table.column[i].field == FIELD_NONE ? "-" : field_name(table.column[i].field),
                                  column_type_name(table.column[i].type), table.column[i].decimal);
    }
    arena_free(&arena);
}

static void test_headers(void **state)
{
    (void)state;
    static const struct {
        const char *file, *wanted;
    } ROWS[] = {
        {"date,source,campaign_id,cost,currency\n2026-02-01,meta,1,\"1,234\",USD\n",
         "neutral , : date/date/, source/text/, campaign_id/whole/, cost/whole/, currency/text/,"},
        {"Day;Campaign name;Impressions;Amount spent (EUR)\n01.02.2026;A;1.234;12,5\n",
         "other ; : date/date/, campaign_name/text/, impressions/whole/, cost/decimal/,"},
        {"Reporting starts,Reporting ends,Campaign name,Impressions,Link clicks,Amount spent (USD)\n"
         "2026-02-01,2026-02-01,A,1000,7,12.50\n",
         "other , meta: date/date/. date_end/date/. campaign_name/text/. impressions/whole/. clicks/whole/. "
         "cost/decimal/."},
        {"Report title\n\nDay,Campaign,Impr.,Cost\n2026-02-01,A,\"1,000\",\"1,000.50\"\nTotal: Account,,1,1\n",
         "other , google_ads: date/date/. campaign_name/text/. impressions/whole/. cost/decimal/."},
        {"By Day\tCampaign ID\tClicks (destination)\tCost\n2026-02-01\t17\t3\t1.5\n",
         "other T tiktok: date/date/. campaign_id/whole/. clicks/whole/. cost/decimal/."},
        {"Дата;№ Кампании;Показы;Клики;Расход, руб.;Конверсии\n01.02.2026;7;1 000;5;10,50;1,5\n",
         "other ; yandex_direct: date/date/, campaign_id/whole/, impressions/whole/, clicks/whole/, cost/decimal/, "
         "conversions/decimal/,"},
        {"date\tViews\tClicks\n01 Feb 2026\t10\t1\n",
         "telegram_views T telegram_ads: date/date/, impressions/whole/, clicks/whole/,"},
        {"Day\tSpent budget, TON\n1769904000\t1,5\n", "telegram_budget T telegram_ads: date/date/, cost/decimal/,"},
        {"date,ad_plan_id,shows,clicks,goals,spent\n2026-02-01,1,2,3,4,5.5\n",
         "vk_ads , vk_ads: date/date/. campaign_id/whole/. impressions/whole/. clicks/whole/. conversions/whole/. "
         "cost/decimal/."},
        {"when,what,n\n2026-02-01,x,1\n", "other , : date/date/. -/text/. -/whole/."},
        {"", "refused"},
        {"\n\n\n", "refused"},
        {"1,2,3\n4,5,6\n", "refused"},
        {"one column\n1\n", "refused"},
    };

    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        char got[1000];
        describe(ROWS[i].file, got, sizeof got);
        assert_string_equal(got, ROWS[i].wanted);
    }
}

static void test_names_are_made_different(void **state)
{
    (void)state;
    struct arena arena;
    struct table table;
    struct err err = {0};

    arena_init(&arena, table_guess_arena());
    ASSERT_OK(table_guess(STR("Date,A,,A,A (2)\n2026-02-01,1,2,3,4\n"), &arena, &table, &err));
    ASSERT_STR(table.column[1].name, "A");
    ASSERT_STR(table.column[2].name, "column 3");
    ASSERT_STR(table.column[3].name, "A (2)");
    ASSERT_STR(table.column[4].name, "A (2) (2)");
    struct table other;
    ASSERT_OK(table_guess(STR("date,a,,a,a (2)\n"), &arena, &other, &err));
    assert_true(digest_eq(&table.signature, &other.signature));
    ASSERT_OK(table_guess(STR("date;a;;a;a (2)\n"), &arena, &other, &err));
    assert_false(digest_eq(&table.signature, &other.signature));
    arena_free(&arena);
}

static void test_rows_and_lines(void **state)
{
    (void)state;
    static const char *const TEXT =
        "date,name,clicks\n\n2026-02-01,\"a\nb\",1\nTotal,,1\n2026-02-02,Total recall,2\n\"Итого\",,3";
    struct arena arena;
    struct table table;
    struct err err = {0};
    int64_t at;
    Str record;

    arena_init(&arena, table_guess_arena());
    ASSERT_OK(table_guess(str_of(TEXT), &arena, &table, &err));
    Str rest = str_from(str_of(TEXT), table.data_at);
    int64_t line = table.data_line;
    assert_true(table_next(&table, &rest, &line, &record, &at));
    ASSERT_I64(at, 3);
    assert_true(table_next(&table, &rest, &line, &record, &at));
    ASSERT_I64(at, 6);
    ASSERT_STR(record, "2026-02-02,Total recall,2\n");
    assert_false(table_next(&table, &rest, &line, &record, &at));
    arena_free(&arena);
}

static void test_encodings(void **state)
{
    (void)state;
    static const struct {
        Str bytes;
        enum text_encoding encoding;
        const char *text;
    } ROWS[] = {
        {STR_INIT("date,a"), TEXT_UTF8, "date,a"},
        {STR_INIT("\xEF\xBB\xBF"
                  "Ёж"),
         TEXT_UTF8, "Ёж"},
        {STR_INIT("\xFF\xFE"
                  "a\0\x11\x04"),
         TEXT_UTF16_LE, "aБ"},
        {STR_INIT("\xFE\xFF\0a\x04\x11\xD8\x3D\xDE\x00"), TEXT_UTF16_BE, "aБ😀"},
        {STR_INIT("d\0a\0t\0e\0"), TEXT_UTF16_LE, "date"},
        {STR_INIT("\0d\0a\0t\0e"), TEXT_UTF16_BE, "date"},
        {STR_INIT("\xC4\xE0\xF2\xE0;\xA8\xE6\xB9\x88"), TEXT_WINDOWS_1251, "Дата;Ёж№€"},
        {STR_INIT("Дата;Кампания;\xFF"), TEXT_UTF8, NULL},
        {STR_INIT("\xFF\xFE\x00\xD8"), TEXT_UTF16_LE, "\xEF\xBF\xBD"},
        {STR_INIT("\xFF\xFE"
                  "a\0b"),
         TEXT_UTF16_LE, "a\xEF\xBF\xBD"},
    };

    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct buf out;
        buf_init(&out, 1000);
        assert_int_equal(text_encoding_of(ROWS[i].bytes), ROWS[i].encoding);
        assert_true(text_to_utf8(ROWS[i].bytes, ROWS[i].encoding, &out));
        if (ROWS[i].text) ASSERT_STR(buf_str(&out), ROWS[i].text);
        buf_reset(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_names_are_made_different),
        cmocka_unit_test(test_rows_and_lines),
        cmocka_unit_test(test_encodings),
    };
    hash_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
