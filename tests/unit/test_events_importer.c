/* Tests of events/importer.h: files in pieces, stopped and taken up again, with rows of every kind. */
#include "pipeline_fixture.h"

#include "events/importer.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADER "event_id,id_source,event_at,doc_id,source_type,utm_source,utm_medium,utm_campaign,campaign_id\n"

struct file {
    struct buf text;
    int64_t kept, repeated, rejected, lines;
};

/* `n` records: every 10th says an id of before again, every 25th is malformed, every 40th is blank, every 50th has a
 * line end in a cell. */
static void make_file(struct file *file, int n)
{
    *file = (struct file){.lines = 1};
    buf_init(&file->text, (size_t)16 << 20);
    buf_add(&file->text, STR(HEADER));
    for (int i = 1; i <= n; i++) {
        if (i % 40 == 0) {
            buf_add(&file->text, STR("\r\n"));
        } else if (i % 25 == 0) {
            buf_printf(&file->text, "E%d,C%d,no date,,,,,,\n", i, i % 70);
            file->rejected++;
        } else if (i % 10 == 0) {
            buf_printf(&file->text, "E%d,C%d,2025-02-12T08:00:00Z,,,,,,\n", i - 1, i % 70);
            file->repeated++;
        } else {
            buf_printf(&file->text, "E%d,C%d,2025-02-12T08:00:%02dZ,,call,fb,cpc,\"a%sb\",\n", i, i % 70, i % 60,
                       i % 50 == 1 ? "\n" : " ");
            file->kept++;
        }
        file->lines += 1 + (i % 50 == 1);
    }
}

static struct importer *importer_start(struct place *place)
{
    struct err err = {0};
    struct importer *importer = importer_open(place->pipeline, place->store, &err);
    if (!importer) fail_msg("%s", err.text);
    return importer;
}

static struct import read_import(struct place *place, int64_t id, struct arena *arena)
{
    struct err err = {0};
    struct import import = {0};
    struct db *db = store_reader_take(place->store, &err);
    ASSERT_OK(imports_read(db, id, arena, &import, &err));
    store_reader_give(place->store, db);
    return import;
}

static bool is_over(struct place *place, int64_t id)
{
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    struct import import = read_import(place, id, &arena);
    bool over = !str_eq(import.state, STR("waiting")) && !str_eq(import.state, STR("running"));
    arena_free(&arena);
    return over;
}

static void wait_for(struct place *place, int64_t id)
{
    while (!is_over(place, id)) usleep(2000);
}

static int64_t add_file(struct place *place, struct importer *importer, enum raw_kind kind, Str text)
{
    struct err err = {0};
    char path[FOLDER_MAX + 64];
    int64_t id = 0;

    file_write(place->folder, "events of may.csv", text);
    snprintf(path, sizeof path, "%s/events of may.csv", place->folder);
    ASSERT_OK(importer_add_copy(importer, kind, path, &id, &err));
    assert_int_equal(access(path, R_OK), 0); /* the user's own file stays */
    return id;
}

static void check_import(struct place *place, int64_t id, const struct file *file, bool again)
{
    struct arena arena;
    arena_init(&arena, (size_t)1 << 20);
    struct import import = read_import(place, id, &arena);

    ASSERT_STR(import.state, "done");
    ASSERT_STR(import.name, "events of may.csv");
    ASSERT_I64(import.bytes_total, (int64_t)file->text.n);
    ASSERT_I64(import.bytes_done, (int64_t)file->text.n);
    ASSERT_I64(import.lines_done, file->lines);
    ASSERT_I64(import.kept, again ? 0 : file->kept);
    ASSERT_I64(import.repeated, file->repeated + (again ? file->kept : 0));
    ASSERT_I64(import.rejected, file->rejected);
    assert_true(import.finished_ms >= import.started_ms);
    arena_free(&arena);
}

static int files_in_spool(const struct importer *importer)
{
    DIR *folder = opendir(importer_spool(importer).p);
    int n = 0;

    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder));) n += entry->d_name[0] != '.';
    closedir(folder);
    return n;
}

static void test_a_file_of_several_pieces(void **state)
{
    struct place *place = *state;
    struct importer *importer = importer_start(place);
    struct file file;

    make_file(&file, 3500);
    int64_t id = add_file(place, importer, RAW_CRM_EVENTS, buf_str(&file.text));
    wait_for(place, id);
    check_import(place, id, &file, false);
    assert_int_equal(events_of(place), file.kept);
    ASSERT_I64(count_rows(place, "SELECT count(*) FROM raw"), 4);
    ASSERT_I64(count_rows(place, "SELECT count(*) FROM reject"), file.rejected);
    /* record 25 is line 27: the header, and a line end inside record 1 */
    ASSERT_I64(count_rows(place, "SELECT min(line) FROM reject"), 27);
    /* record 3500: the header, and a line end inside each of the records 1, 51 .. 3451 */
    ASSERT_I64(count_rows(place, "SELECT max(line) FROM reject"), 1 + 3500 + 70);
    int64_t twice = add_file(place, importer, RAW_CRM_EVENTS, buf_str(&file.text)); /* changes nothing */
    wait_for(place, twice);
    check_import(place, twice, &file, true);
    assert_int_equal(events_of(place), file.kept);
    /* but the second file's own rows are in the log: it still holds when the first is taken back */
    ASSERT_I64(count_rows(place, "SELECT count(*) FROM raw"), 8);
    importer_close(importer);
    assert_same_after_restart(place);
    buf_reset(&file.text);
}

/* Stopped wherever it stands and opened again, the outcome is that of one go. */
static void test_stopped_and_taken_up_again(void **state)
{
    struct place *place = *state;
    struct importer *importer = importer_start(place);
    struct file file;
    uint64_t seed = 1;
    int stops = 0;

    make_file(&file, 20000);
    int64_t id = add_file(place, importer, RAW_CRM_EVENTS, buf_str(&file.text));
    while (!is_over(place, id)) {
        usleep((useconds_t)random_below(&seed, 20000));
        importer_close(importer);
        place_stop(place);
        place_start(place);
        importer = importer_start(place);
        stops++;
    }
    check_import(place, id, &file, false);
    assert_int_equal(events_of(place), file.kept);
    assert_true(stops >= 1);
    importer_close(importer);
    assert_same_after_restart(place);
    buf_reset(&file.text);
}

static void test_files_that_cannot_be_read(void **state)
{
    static const struct {
        const char *text, *error; /* NULL: done */
    } cases[] = {
        {"", "no column event_id"}, {"a,b\n1,2\n", "no column event_id"}, {"\"open", "not readable"}, {HEADER, NULL},
        {HEADER "\n\n", NULL},
    };
    struct place *place = *state;
    struct importer *importer = importer_start(place);
    struct err err = {0};
    int64_t id = 0;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct arena arena;
        arena_init(&arena, (size_t)1 << 20);
        id = add_file(place, importer, RAW_CRM_EVENTS, str_of(cases[i].text));
        wait_for(place, id);
        struct import import = read_import(place, id, &arena);
        ASSERT_STR(import.state, cases[i].error ? "failed" : "done");
        if (cases[i].error) ASSERT_HOLDS(arena_cstr(&arena, import.error), cases[i].error);
        ASSERT_I64(import.kept + import.repeated + import.rejected, 0);
        arena_free(&arena);
    }
    ASSERT_FAILS(importer_add_copy(importer, RAW_CRM_EVENTS, "/nowhere/at/all.csv", &id, &err), ERR_INVALID);
    importer_close(importer); /* waits for the last file to go */
    importer = importer_start(place);
    assert_int_equal(files_in_spool(importer), 0); /* a file is in the spool until it is through */
    importer_close(importer);
}

static void test_undoing(void **state)
{
    struct place *place = *state;
    struct importer *importer = importer_start(place);
    struct arena arena;
    struct file file;
    struct err err = {0};

    arena_init(&arena, (size_t)1 << 20);
    make_file(&file, 1200);
    int64_t id = add_file(place, importer, RAW_CRM_EVENTS, buf_str(&file.text));
    wait_for(place, id);
    struct db *db = store_reader_take(place->store, &err);
    ASSERT_FAILS(importer_undo(importer, db, 99, &arena, &err), ERR_NOT_FOUND);
    ASSERT_OK(importer_undo(importer, db, id, &arena, &err));
    store_reader_give(place->store, db);
    assert_int_equal(events_of(place), 0);
    ASSERT_STR(read_import(place, id, &arena).state, "undone");
    int64_t again = add_file(place, importer, RAW_CRM_EVENTS, buf_str(&file.text));
    wait_for(place, again);
    check_import(place, again, &file, false); /* all of it is new */
    importer_close(importer);
    assert_same_after_restart(place);
    arena_free(&arena);
    buf_reset(&file.text);
}

static void test_listing(void **state)
{
    struct place *place = *state;
    struct importer *importer = importer_start(place);
    struct import rows[5];
    struct arena arena;
    struct err err = {0};
    size_t n = 0;

    arena_init(&arena, (size_t)1 << 20);
    for (int i = 0; i < 4; i++) wait_for(place, add_file(place, importer, RAW_CRM_EVENTS, STR(HEADER)));
    struct db *db = store_reader_take(place->store, &err);
    ASSERT_OK(imports_list(db, INT64_MAX, &arena, rows, 3, &n, &err));
    assert_int_equal(n, 3);
    for (size_t i = 0; i < n; i++) ASSERT_I64(rows[i].id, 4 - (int64_t)i); /* the newest first */
    ASSERT_OK(imports_list(db, 2, &arena, rows, 3, &n, &err));
    assert_int_equal(n, 1);
    ASSERT_I64(rows[0].id, 1);
    store_reader_give(place->store, db);
    importer_close(importer);
    importer_close(NULL);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE_TEST(test_a_file_of_several_pieces),
        PLACE_TEST(test_stopped_and_taken_up_again),
        PLACE_TEST(test_files_that_cannot_be_read),
        PLACE_TEST(test_undoing),
        PLACE_TEST(test_listing),
    };
    return cmocka_run_group_tests_name("events/importer", tests, NULL, NULL);
}
