/* Random histories through the pipeline: merges, ties, late and repeated events, contracts before and after their
 * events, imports taken back, other rules, other rates, persons erased, folds in between, damaged files of facts.
 * Whatever came, the facts are those that the raw log gives. */
#include "events/pipeline_int.h"
#include "pipeline_fixture.h"

#include "ads/rates.h"
#include "base/dict.h"
#include "base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PEOPLE 30
static const char *const CURRENCIES[] = {"UAH", "UAH", "", "USD", "eur", "JPY", "euros"};
#define EVENTS_HEADER "event_id,id_source,event_at,doc_id,source_type,utm_source,utm_medium,utm_campaign,campaign_id\n"
#define CONTRACTS_HEADER "doc_id,id_source,total_cost_of_the_contract,currentdate\n"

struct random_history {
    struct place *place;
    uint64_t seed;
    int64_t imports;
};

static int below(struct random_history *h, int n)
{
    return (int)random_below(&h->seed, (uint64_t)n);
}

static void add_item(struct random_history *h, struct buf *out)
{
    static const char *const TYPES[] = {"track", "track", "track", "page", "identify", "alias"};
    const char *type = TYPES[below(h, 6)];

    buf_printf(out, "{\"type\":\"%s\",\"messageId\":\"m%d\",\"timestamp\":\"2025-02-%02dT08:%02d:00Z\"", type,
               below(h, 400), 1 + below(h, 10), below(h, 3));
    if (strcmp(type, "track") == 0)
        buf_printf(out, ",\"event\":\"E%d\",\"properties\":{\"revenue\":%d.%02d,\"currency\":\"%s\"}", below(h, 4),
                   below(h, 9), below(h, 100), CURRENCIES[below(h, (int)COUNT_OF(CURRENCIES))]);
    if (strcmp(type, "alias") == 0) {
        buf_printf(out, ",\"previousId\":\"%d\",\"userId\":\"%d\"}", below(h, PEOPLE), below(h, PEOPLE));
        return;
    }
    bool known = below(h, 3) == 0;
    buf_printf(out, ",\"anonymousId\":\"a%d\"", below(h, PEOPLE));
    if (known) buf_printf(out, ",\"userId\":\"%d\"", below(h, PEOPLE));
    buf_printf(out, ",\"context\":{\"campaign\":{\"source\":\"s%d\"}}}", below(h, 3));
}

static void send_some(struct random_history *h)
{
    struct buf items;

    buf_init(&items, (size_t)1 << 20);
    for (int n = 1 + below(h, 12); n > 0; n--) {
        add_item(h, &items);
        if (n > 1) buf_add_char(&items, ',');
    }
    buf_add_char(&items, '\0');
    struct outcome outcome = send_batch(h->place, items.p);
    assert_true(outcome.stored);
    buf_reset(&items);
}

static void import_some(struct random_history *h)
{
    bool contracts = below(h, 2);
    struct buf csv;

    buf_init(&csv, (size_t)1 << 20);
    buf_add(&csv, contracts ? STR(CONTRACTS_HEADER) : STR(EVENTS_HEADER));
    for (int n = 1 + below(h, 6); n > 0; n--) {
        if (contracts) {
            buf_printf(&csv, "D%d,C%d,%d,2025-03-1%d\n", below(h, 12), below(h, 8), below(h, 5), below(h, 3));
        } else {
            buf_printf(&csv, "X%d,C%d,2025-02-%02dT08:00:00Z,", below(h, 60), below(h, 8), 1 + below(h, 20));
            if (below(h, 2)) buf_printf(&csv, "D%d", below(h, 12));
            buf_printf(&csv, ",call,s%d,,,\n", below(h, 3));
        }
    }
    buf_add_char(&csv, '\0');
    add_import(h->place, ++h->imports);
    struct outcome outcome =
        send_piece(h->place, contracts ? RAW_CRM_CONTRACTS : RAW_CRM_EVENTS, h->imports, csv.p, false);
    if (!outcome.stored) fail_msg("%s", outcome.err.text);
    buf_reset(&csv);
}

/* Somebody is erased: nothing that names an alias of the person is left in the facts or the raw log. */
static void erase_somebody(struct random_history *h)
{
    const struct snapshot *snap = pipeline_snapshot(h->place->pipeline);
    struct dict *aliases = dict_new();
    char text[16];
    uint32_t person, ids[200];
    uint64_t erased;
    struct err err = {0};

    snprintf(text, sizeof text, below(h, 4) ? "a:a%d" : "c:C%d", below(h, 8));
    person = snapshot_find_person(snap, str_of(text));
    size_t n = person == DICT_NONE ? 0 : snapshot_aliases(snap, person, ids, 200);
    for (size_t i = 0; i < n; i++) dict_add(aliases, snapshot_alias(snap, ids[i]));
    snapshot_close(snap);
    if (n > 0) {
        ASSERT_OK(pipeline_erase_person(h->place->pipeline, aliases, &erased, &err));
        assert_true(erased > 0);
        snap = pipeline_snapshot(h->place->pipeline);
        for (uint32_t i = 0; i < dict_count(aliases); i++)
            assert_int_equal(snapshot_find_person(snap, dict_text(aliases, i)), DICT_NONE);
        snapshot_close(snap);
    }
    dict_free(aliases);
}

static void undo_some_import(struct random_history *h)
{
    struct err err = {0};
    if (h->imports) ASSERT_OK(pipeline_undo_import(h->place->pipeline, 1 + below(h, (int)h->imports), &err));
}

static void change_rules(struct random_history *h)
{
    struct err err = {0};
    char json[200];

    snprintf(
        json, sizeof json,
        "{\"rules\":[{\"fields\":[\"source\"],\"op\":\"is\",\"values\":[\"s%d\"],\"platform\":\"p%d\",\"paid\":%s}]}",
        below(h, 3), below(h, 3), below(h, 2) ? "true" : "false");
    ASSERT_OK(pipeline_set_rules(h->place->pipeline, str_of(json), &err));
}

/* A rate of some day is put or forgotten, while the program runs or not. */
static void change_rates(struct random_history *h)
{
    struct rate_row row = {STR("USD"), 20120 + below(h, 12), (1 + below(h, 99999)) * INT64_C(1000003)};
    bool stopped = below(h, 4) == 0, forget = below(h, 3) == 0;
    struct err err = {0};

    row.currency = str_of(CURRENCIES[3 + 2 * below(h, 2)]);
    if (stopped) {
        place_stop(h->place);
        h->place->store = store_open(str_of(h->place->folder), &err);
    }
    struct db *db = store_writer_take(h->place->store);
    if (!forget) {
        ASSERT_OK(rate_put(db, STR("UAH"), &row, &err));
    } else if (!rate_remove(db, STR("UAH"), row.currency, row.day, &err)) {
        assert_int_equal(err.code, ERR_NOT_FOUND);
    }
    store_writer_give(h->place->store);
    if (stopped) {
        store_close(h->place->store);
        place_start(h->place);
    } else {
        ASSERT_OK(pipeline_rates_changed(h->place->pipeline, NULL, &err));
    }
}

static void fold_soon(struct random_history *h)
{
    atomic_store(&h->place->pipeline->fold_wanted, true);
    pipeline_wake(h->place->pipeline);
}

static void ask(struct random_history *h)
{
    snapshot_close(pipeline_snapshot(h->place->pipeline));
}

static void test_random_histories(void **state)
{
    struct random_history h = {.place = *state, .seed = 20};

    for (int step = 0; step < 600; step++) {
        int dice = below(&h, 42);
        if (dice < 22) send_some(&h);
        if (dice >= 22 && dice < 28) import_some(&h);
        if (dice >= 28 && dice < 33) fold_soon(&h);
        if (dice >= 33 && dice < 37) ask(&h);
        if (dice == 37) change_rules(&h);
        if (dice == 38) undo_some_import(&h);
        if (dice == 39) erase_somebody(&h);
        if (dice >= 40) change_rates(&h);
        if (step % 60 == 59) assert_same_after_restart(h.place);
    }
}

/* ---- the file of the facts, damaged ---- */

static void change_byte(const char *path, uint64_t *seed)
{
    int file = open(path, O_RDWR);
    uint8_t byte;

    assert_true(file >= 0);
    off_t at = (off_t)random_below(seed, (uint64_t)lseek(file, 0, SEEK_END));
    assert_int_equal(pread(file, &byte, 1, at), 1);
    byte ^= (uint8_t)(1 + random_below(seed, 255));
    assert_int_equal(pwrite(file, &byte, 1, at), 1);
    close(file);
}

static void test_a_damaged_file_is_found_and_made_again(void **state)
{
    struct random_history h = {.place = *state, .seed = 4};
    char path[FOLDER_MAX + 16];
    struct buf before, after;

    log_set_level(LOG_ERROR);
    snprintf(path, sizeof path, "%s/facts/base", h.place->folder);
    for (int i = 0; i < 20; i++) send_some(&h);
    write_facts(h.place, &before);
    for (int i = 0; i < 30; i++) {
        place_stop(h.place);
        if (i % 10 == 9) {
            assert_int_equal(truncate(path, 100 * i), 0);
        } else {
            change_byte(path, &h.seed);
        }
        place_start(h.place);
        write_facts(h.place, &after);
        ASSERT_STR_EQ(buf_str(&after), buf_str(&before));
        buf_reset(&after);
    }
    buf_reset(&before);
}

/* A file that is not of this log: made with another currency, or of rows that are gone. */
static void test_a_file_of_another_log(void **state)
{
    struct random_history h = {.place = *state, .seed = 9};
    struct db *db;
    struct err err = {0};

    for (int i = 0; i < 5; i++) send_some(&h);
    place_stop(h.place);
    h.place->settings.currency = STR("EUR");
    place_start(h.place);
    assert_same_after_restart(h.place);
    place_stop(h.place);
    h.place->store = store_open(str_of(h.place->folder), &err);
    db = store_writer_take(h.place->store);
    ASSERT_OK(db_script(db, STR("DELETE FROM raw WHERE id > 3"), &err)); /* an older copy of the database */
    store_writer_give(h.place->store);
    store_close(h.place->store);
    place_start(h.place);
    assert_same_after_restart(h.place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(test_random_histories),
        PLACE_TEST(test_a_damaged_file_is_found_and_made_again),
        PLACE_TEST(test_a_file_of_another_log),
    };
    return cmocka_run_group_tests_name("events/history", tests, NULL, NULL);
}
