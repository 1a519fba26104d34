/* Any bytes as a file of ad data: made text, guessed, and read row by row by the plan that was guessed. */
#include "fuzz.h"

#include "ads/table_row.h"
#include "ads/table_text.h"
#include "base/hash.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    hash_start();
    return 0;
}

static void read_rows(Str text, const struct table_plan *plan)
{
    Str rest = str_from(text, plan->table->data_at), record;
    int64_t line = plan->table->data_line, at, last = 0;
    struct arena arena;

    arena_init(&arena, 4 * TABLE_LINE_MAX + (size_t)64 * 1024);
    while (table_next(plan->table, &rest, &line, &record, &at)) {
        struct table_row row;
        struct row_fault fault = {0};
        CHECK(record.n && at > last && line > at);
        last = at;
        if (table_row_read(plan, record, &arena, &row, &fault)) {
            CHECK(plan->campaigns ? row.campaign.campaign_id.n && row.campaign.channel.n
                                  : row.source.n && (row.day.campaign_id.n || row.day.campaign_name.n));
            CHECK(plan->campaigns || row.day.count[AD_CLICKS] == AD_NOT_SAID || row.day.count[AD_CLICKS] >= 0);
        } else {
            CHECK(fault.column && fault.reason[0]);
        }
        arena_reset(&arena);
    }
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char DEFAULTS[] =
        "{\"defaults\": {\"source\": \"meta\", \"campaign_id\": \"1\", \"currency\": \"EUR\","
        " \"channel\": \"x\"}}";
    Str input = {(const char *)data, n};
    struct arena arena;
    struct buf text;
    struct table table;
    struct table_plan plan;
    struct err err = {0};

    buf_init(&text, 3 * n + 16);
    CHECK(text_to_utf8(input, text_encoding_of(input), &text));
    arena_init(&arena, table_guess_arena() + (size_t)64 * 1024);
    if (table_guess(buf_str(&text), &arena, &table, &err)) {
        CHECK(table.n_columns >= 1 && table.n_columns <= TABLE_COLUMNS_MAX && table.data_at <= text.n);
        if (table_plan_make(&table, STR(DEFAULTS), &arena, &plan, &err)) read_rows(buf_str(&text), &plan);
    }
    arena_free(&arena);
    buf_reset(&text);
    return 0;
}
