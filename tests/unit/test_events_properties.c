/* Tests of events/properties.h: columns against each event read whole, growing, their ceiling, and the stop. */
#include "pipeline_fixture.h"

#include "base/json.h"
#include "events/properties.h"
#include "events/raw.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EACH 500
#define TEXT_ROOM (PROPERTY_TEXT_MAX + 1)

/* What came of one ask, copied out of the column. */
struct answer {
    struct property_ask ask;
    struct property_path path;
    pthread_mutex_t mutex;
    pthread_cond_t ready;
    bool done, ok;
    struct err err;
    uint64_t n;
    bool other;
    const struct snapshot *snapshot; /* of whose rows the values are wanted; or NULL */
    char (*text)[TEXT_ROOM];         /* by row; "(none)", "(other)" */
};

/* The row after the last of anybody. */
static uint64_t rows_end(const struct snapshot *s)
{
    uint64_t end = 0;

    for (uint32_t p = 0; p < s->n_places; p++)
        if (snapshot_rows(s, p).end > end) end = snapshot_rows(s, p).end;
    return end;
}

static void copy_texts(struct answer *answer, const struct property_column *column)
{
    const struct snapshot *s = answer->snapshot;
    uint64_t end = rows_end(s);

    answer->text = mem_new(end * sizeof *answer->text + 1);
    for (uint64_t row = 0; row < end; row++) {
        uint64_t at = property_at(column, s->raw[row]);
        uint16_t code = at == UINT64_MAX ? PROPERTY_CODE_NONE : column->code[at];
        Str text = code == PROPERTY_CODE_NONE    ? STR("(none)")
                   : code == PROPERTY_CODE_OTHER ? STR("(other)")
                                                 : dict_text(column->values, code - PROPERTY_CODE_FIRST);
        assert_true(text.n <= PROPERTY_TEXT_MAX);
        memcpy(answer->text[row], text.p, text.n);
    }
}

static void take(struct property_ask *ask, const struct property_column *column, const struct err *err)
{
    struct answer *answer = ask->context;

    pthread_mutex_lock(&answer->mutex);
    assert_false(answer->done);
    answer->done = true;
    answer->ok = column != NULL;
    answer->err = *err;
    if (column) {
        answer->n = column->n;
        answer->other = column->other;
        if (answer->snapshot) copy_texts(answer, column);
    }
    pthread_cond_signal(&answer->ready);
    pthread_mutex_unlock(&answer->mutex);
}

static void start(struct answer *answer, struct properties *properties, const char *event, const char *path)
{
    struct err err = {0};

    pthread_mutex_init(&answer->mutex, NULL);
    pthread_cond_init(&answer->ready, NULL);
    ASSERT_OK(property_path_parse(str_of(path), &answer->path, &err));
    answer->ask = (struct property_ask){.event = str_of(event), .path = &answer->path, .done = take, .context = answer};
    ASSERT_OK(properties_ask(properties, &answer->ask, &err));
}

static void await(struct answer *answer)
{
    pthread_mutex_lock(&answer->mutex);
    while (!answer->done) pthread_cond_wait(&answer->ready, &answer->mutex);
    pthread_mutex_unlock(&answer->mutex);
}

/* How many events have the property. */
static uint64_t entries(struct properties *properties, const char *event, const char *path)
{
    struct answer answer = {0};

    start(&answer, properties, event, path);
    await(&answer);
    if (!answer.ok) fail_msg("%s", answer.err.text);
    return answer.n;
}

static void send_numbered(struct place *place, const char *event, int from, int n)
{
    struct buf items;

    buf_init(&items, (size_t)8 << 20);
    for (int i = from; i < from + n; i++)
        buf_printf(&items,
                   "%s{\"type\":\"track\",\"event\":\"%s\",\"userId\":\"%d\",\"properties\":{\"a\":%d,\"b\":\"v%d\"}}",
                   i > from ? "," : "", event, i, i, i % 10);
    buf_add_char(&items, 0);
    ASSERT_OUTCOME(send_batch(place, items.p), (uint32_t)n, 0, 0);
    buf_reset(&items);
}

static void run_sql(struct place *place, const char *sql)
{
    struct err err = {0};
    ASSERT_OK(db_script(store_writer_take(place->store), str_of(sql), &err));
    store_writer_give(place->store);
}

/* ---- against the events read whole ---- */

static void random_value(uint64_t *seed, struct buf *out)
{
    static const char *const VALUES[] = {"\"x\"",   "\"q\\\"\"", "\"\\u0078\"", "12",  "-7.50", "1e2", "true", "null",
                                         "[\"x\"]", "{}",        "\"\"",        "0.1", "\"я\"", "100", "false"};
    buf_add(out, str_of(VALUES[random_below(seed, COUNT_OF(VALUES))]));
}

static void random_item(uint64_t *seed, struct buf *out)
{
    static const char *const TYPES[] = {"track", "page", "screen", "identify", "none", "tr\\u0061ck"};
    static const char *const NAMES[] = {"\"A\"", "\" A \"", "\"B\"", "\"\\u0041\"", "7", "\"7\"", "null"};

    buf_printf(out, "{ \"type\" : \"%s\", \"event\":%s", TYPES[random_below(seed, COUNT_OF(TYPES))],
               NAMES[random_below(seed, COUNT_OF(NAMES))]);
    if (random_below(seed, 8)) buf_add(out, STR(",\"userId\":\"u\""));
    buf_add(out, STR(",\"properties\":{\"z\":{\"a\":\"inner\"},"));
    buf_add(out, random_below(seed, 9) ? STR("\"a\" : ") : STR("\"\\u0061\":"));
    random_value(seed, out);
    buf_add(out, STR("},\"context\":{\"d\":{\"t\":"));
    random_value(seed, out);
    buf_add(out, STR("}}}"));
}

/* The value as the event says it, by reading all of it; into `out`. */
static void slow_text(struct place *place, uint64_t ref, const struct property_path *path, char out[TEXT_ROOM])
{
    struct err err = {0};
    struct arena arena;
    struct raw_entry entry;
    struct db *db = store_reader_take(place->store, &err);
    Str bytes, text = STR("(none)");
    int64_t whole;
    double real;
    bool yes;
    char number[40];

    arena_init(&arena, (size_t)16 << 20);
    ASSERT_OK(raw_read(db, RAW_ROW(ref), &arena, &entry, &err));
    assert_true(stage_item_bytes(&entry, RAW_ITEM(ref), &bytes));
    const struct json *json = json_parse(bytes, &arena, &err);
    for (uint32_t i = 0; i < path->n; i++) json = json_get(json, path->part[i]);
    if (json_str(json).p) text = json_str(json);
    if (json_i64(json, &whole)) {
        snprintf(number, sizeof number, "%lld", (long long)whole);
        text = str_of(number);
    } else if (json_double(json, &real)) {
        snprintf(number, sizeof number, "%g", real);
        text = str_of(number);
    }
    if (json_bool(json, &yes)) text = yes ? STR("true") : STR("false");
    memset(out, 0, TEXT_ROOM);
    memcpy(out, text.p, text.n);
    arena_free(&arena);
    store_reader_give(place->store, db);
}

static void assert_column(struct place *place, struct properties *properties, const char *event, const char *path)
{
    struct answer answer = {.snapshot = pipeline_snapshot(place->pipeline)};
    const struct snapshot *s = answer.snapshot;
    uint32_t name = snapshot_find_name(s, str_of(event));
    uint64_t seen = 0;

    start(&answer, properties, event, path);
    await(&answer);
    if (!answer.ok) fail_msg("%s", answer.err.text);
    for (uint32_t p = 0; p < s->n_places; p++) {
        for (uint64_t row = snapshot_rows(s, p).begin; row < snapshot_rows(s, p).end; row++) {
            char wanted[TEXT_ROOM];
            if (s->name[row] != name) {
                ASSERT_STR(str_of(answer.text[row]), "(none)");
                continue;
            }
            slow_text(place, s->raw[row], &answer.path, wanted);
            ASSERT_STR(str_of(answer.text[row]), wanted);
            seen++;
        }
    }
    assert_true(seen > 10);
    free(answer.text);
    snapshot_close(s);
}

static void test_every_value(void **state)
{
    static const char *const EVENTS[] = {"A", "7", "Page Viewed", "Screen Viewed"};
    static const char *const PATHS[] = {"properties.a", "context.d.t", "properties.z.a"};
    struct place *place = *state;
    struct properties *properties = properties_open(place->store, PROPERTIES_BYTES_MAX);
    uint64_t seed = 71;

    for (int round = 0; round < 4; round++) { /* columns grow from round to round */
        for (int request = 0; request < 10; request++) {
            struct buf items;
            buf_init(&items, (size_t)1 << 20);
            for (int i = 0; i < 30; i++) {
                if (i) buf_add_char(&items, ',');
                random_item(&seed, &items);
            }
            buf_add_char(&items, 0);
            assert_true(send_batch(place, items.p).stored);
            buf_reset(&items);
        }
        send_body(place, 1, RAW_TRACK, STR("{\"event\":\"A\",\"userId\":\"v\",\"properties\":{\"a\":5}}"));
        send_body(place, 1, RAW_WEBHOOK, STR("{\"type\":\"page\",\"userId\":\"v\",\"properties\":{\"a\":6}}"));
        for (size_t e = 0; e < COUNT_OF(EVENTS); e++)
            for (size_t p = 0; p < COUNT_OF(PATHS); p++) assert_column(place, properties, EVENTS[e], PATHS[p]);
    }
    properties_close(properties);
}

/* ---- what is kept ---- */

static void test_only_the_new_is_read(void **state)
{
    struct place *place = *state;
    struct properties *properties = properties_open(place->store, PROPERTIES_BYTES_MAX);

    assert_int_equal(entries(properties, "E", "properties.a"), 0);
    send_numbered(place, "E", 0, EACH);
    assert_int_equal(entries(properties, "E", "properties.a"), EACH);
    run_sql(place, "DELETE FROM raw"); /* who reads it again would miss them */
    send_numbered(place, "E", EACH, EACH);
    assert_int_equal(entries(properties, "E", "properties.a"), 2 * EACH);
    assert_int_equal(entries(properties, "E", "properties.b"), EACH);
    struct err err = {0};
    ASSERT_OK(raw_new_epoch(store_writer_take(place->store), &err)); /* something was taken out: all again */
    store_writer_give(place->store);
    assert_int_equal(entries(properties, "E", "properties.a"), EACH);
    properties_close(properties);
}

static void test_values_past_the_thousandth(void **state)
{
    struct place *place = *state;
    struct properties *properties = properties_open(place->store, PROPERTIES_BYTES_MAX);
    struct answer answer = {0};

    for (int i = 0; i < 1000; i += EACH) send_numbered(place, "E", i, EACH);
    start(&answer, properties, "E", "properties.a");
    await(&answer);
    assert_false(answer.other);
    send_numbered(place, "E", 1000, 1);
    answer = (struct answer){.snapshot = pipeline_snapshot(place->pipeline)};
    start(&answer, properties, "E", "properties.a");
    await(&answer);
    assert_true(answer.other);
    uint64_t other = 0;
    for (uint32_t p = 0; p < answer.snapshot->n_places; p++)
        for (uint64_t row = snapshot_rows(answer.snapshot, p).begin; row < snapshot_rows(answer.snapshot, p).end; row++)
            other += !strcmp(answer.text[row], "(other)");
    assert_int_equal(other, 1);
    free(answer.text);
    snapshot_close(answer.snapshot);
    properties_close(properties);
}

static void test_the_ceiling(void **state)
{
    struct place *place = *state;
    struct properties *properties = properties_open(place->store, (size_t)1000 * 1024); /* two small columns */
    struct answer answer = {0};

    send_numbered(place, "E", 0, EACH);
    assert_int_equal(entries(properties, "E", "properties.a"), EACH);
    assert_int_equal(entries(properties, "E", "properties.b"), EACH);
    assert_int_equal(entries(properties, "E", "properties.a"), EACH);
    assert_int_equal(entries(properties, "E", "context.c"), 0); /* b goes: it was asked for the longest ago */
    run_sql(place, "DELETE FROM raw");
    assert_int_equal(entries(properties, "E", "properties.a"), EACH);
    assert_int_equal(entries(properties, "E", "properties.b"), 0);
    for (int i = 0; i < 60; i++) send_numbered(place, "Large", i, 1000);
    start(&answer, properties, "Large", "properties.a");
    await(&answer);
    assert_false(answer.ok);
    assert_int_equal(answer.err.code, ERR_LIMIT);
    ASSERT_HOLDS(answer.err.text, "properties.a");
    assert_int_equal(entries(properties, "Large", "properties.none"), 0); /* and others go on */
    properties_close(properties);
}

static void test_the_stop(void **state)
{
    struct place *place = *state;
    struct properties *properties = properties_open(place->store, PROPERTIES_BYTES_MAX);
    struct answer answers[20] = {0};
    struct err err = {0};

    send_numbered(place, "E", 0, EACH);
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        char path[32];
        snprintf(path, sizeof path, "properties.p%zu", i);
        start(&answers[i], properties, "E", path);
    }
    properties_stop(properties);
    ASSERT_FAILS(properties_ask(properties, &answers[0].ask, &err), ERR_BUSY);
    properties_close(properties);
    for (size_t i = 0; i < COUNT_OF(answers); i++) { /* each was answered, once */
        assert_true(answers[i].done);
        if (!answers[i].ok) assert_int_equal(answers[i].err.code, ERR_BUSY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(test_every_value),
        PLACE_TEST(test_only_the_new_is_read),
        PLACE_TEST(test_values_past_the_thousandth),
        PLACE_TEST(test_the_ceiling),
        PLACE_TEST(test_the_stop),
    };
    return cmocka_run_group_tests_name("events/properties", tests, NULL, NULL);
}
