/* Any bytes as the reply of each adapter that is built in: they are rows of which every one is valid, or an error with
 * its sentence; what a reply means, how long to wait and the next page are found without a crash. Input: a byte that
 * chooses the adapter, one the HTTP status, a line for a header, the body. */
#include "fuzz.h"

#include "base/asset.h"
#include "base/hash.h"
#include "connect/rows.h"
#include "connect/session.h"

#define FIRST 20485 /* 2026-02-01 */
#define LAST 20491

static struct arena arena; /* of the adapters */
static struct adapter adapters[8];
static struct vars vars;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const char *const SETTINGS[][2] = {
        {"currency", "UAH"}, {"conversion_action", "lead"}, {"revenue_action", "purchase"}};
    struct err err;

    (void)argc;
    (void)argv;
    hash_start();
    arena_init(&arena, 8 * ADAPTER_ARENA);
    CHECK(ASSETS_ADAPTERS.n <= COUNT_OF(adapters));
    for (size_t i = 0; i < ASSETS_ADAPTERS.n; i++)
        CHECK(adapter_read(ASSETS_ADAPTERS.rows[i].name, ASSETS_ADAPTERS.rows[i].bytes, &arena, &adapters[i], &err));
    for (size_t i = 0; i < COUNT_OF(SETTINGS); i++) vars_set(&vars, str_of(SETTINGS[i][0]), str_of(SETTINGS[i][1]));
    return 0;
}

static void check_text(Str text, size_t max)
{
    CHECK(text.n <= max && str_is_utf8(text));
    for (size_t i = 0; i < text.n; i++) CHECK((unsigned char)text.p[i] >= 0x20);
}

static void check_row(const struct ad_row *row)
{
    CHECK(row->day >= FIRST && row->day <= LAST);
    CHECK(row->channel.n > 0 && (row->campaign_id.n > 0 || row->campaign_name.n > 0) && row->currency.n == 3);
    check_text(row->campaign_id, AD_ID_MAX);
    check_text(row->ad_set_id, AD_ID_MAX);
    check_text(row->ad_id, AD_ID_MAX);
    check_text(row->campaign_name, AD_TEXT_MAX);
    check_text(row->ad_name, AD_TEXT_MAX);
    check_text(row->placement, AD_TEXT_MAX);
    for (size_t i = 0; i < AD_COUNTS; i++)
        CHECK(row->count[i] == AD_NOT_SAID || (row->count[i] <= AD_COUNT_MAX && row->count[i] >= -AD_COUNT_MAX));
    for (size_t i = 0; i < AD_REVENUE; i++) CHECK(row->count[i] == AD_NOT_SAID || row->count[i] >= 0);
}

static bool take(struct ad_rows *rows, const struct rows_rule *rule, const struct answer *answer, struct err *err)
{
    if (rule->format == ROWS_TSV)
        return rows_take_tsv(rows, rule, &vars, answer->reply.body, FIRST, LAST, err) && rows_finish(rows, err);
    if (!answer->root) return err_set(err, ERR_UPSTREAM, "no JSON");
    return rows_take_json(rows, rule, &vars, answer->root, FIRST, LAST, err) && rows_finish(rows, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const int STATUSES[] = {200, 200, 201, 302, 400, 401, 403, 429, 500, 502};
    Str input = {(const char *)data, n};
    const struct adapter *adapter = &adapters[fuzz_choice(&input, (unsigned)ASSETS_ADAPTERS.n)];
    struct answer answer = {.reply = {.status = STATUSES[fuzz_choice(&input, COUNT_OF(STATUSES))]}};
    struct ad_rows rows;
    struct arena scratch;
    struct err err = {0};
    int64_t wait_ms;

    answer.reply.headers = str_cut(&input, '\n');
    answer.reply.body = input;
    arena_init(&scratch, (size_t)1 << 30);
    if (input.n) answer.root = json_parse(input, &scratch, &err);
    rows_init(&rows);
    enum ask_class class = classify(adapter, &answer, true, &scratch, &wait_ms, &err);
    CHECK(class == ASK_OK || (err.code != ERR_NONE && err.text[0]));
    CHECK(wait_ms >= 0 && usage_pause(adapter, &answer, &scratch) >= 0);
    for (size_t i = 0; i < adapter->n_reports; i++) {
        rows_clear(&rows);
        err = (struct err){0};
        if (!take(&rows, &adapter->report[i].rows, &answer, &err))
            CHECK(err.code != ERR_NONE && err.text[0]);
        else
            for (size_t k = 0; k < rows.n; k++) check_row(&rows.row[k]);
    }
    rows_free(&rows);
    arena_free(&scratch);
    return 0;
}
