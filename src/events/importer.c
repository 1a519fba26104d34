#include "events/importer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/log.h"
#include "base/time.h"
#include "base/worker.h"

#define PIECE_RECORDS 1000
#define PIECE_BYTES ((size_t)1024 * 1024)
#define PATH_BYTES 1200
#define RETRY_MS 1000

struct importer {
    struct pipeline *pipeline;
    struct store *store;
    char folder[PATH_BYTES];
    struct worker *worker;
};

static void spool_path(const struct importer *importer, int64_t id, char out[PATH_BYTES + 64])
{
    snprintf(out, PATH_BYTES + 64, "%s/import-%lld.csv", importer->folder, (long long)id);
}

/* ---- SQL ---- */

#define COLUMNS                                                                                                        \
    "id, kind, name, state, error, bytes_total, bytes_done, lines_done, kept, repeated, rejected, uncounted, "         \
    "started_ms, finished_ms"

static struct import import_of(const struct db_rows *rows, struct arena *arena)
{
    return (struct import){
        .id = db_i64(rows, 0),
        .kind = (enum raw_kind)db_i64(rows, 1),
        .name = arena_copy(arena, db_str(rows, 2)),
        .state = arena_copy(arena, db_str(rows, 3)),
        .error = db_is_null(rows, 4) ? (Str){NULL, 0} : arena_copy(arena, db_str(rows, 4)),
        .bytes_total = db_i64(rows, 5),
        .bytes_done = db_i64(rows, 6),
        .lines_done = db_i64(rows, 7),
        .kept = db_i64(rows, 8),
        .repeated = db_i64(rows, 9),
        .rejected = db_i64(rows, 10),
        .uncounted = db_i64(rows, 11),
        .started_ms = db_i64(rows, 12),
        .finished_ms = db_is_null(rows, 13) ? TIME_NONE : db_i64(rows, 13),
    };
}

bool imports_read(struct db *db, int64_t id, struct arena *arena, struct import *out, struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT " COLUMNS " FROM import WHERE id = $1", DB_ARGS(DB_I64(id)));
    struct import import = {0};
    bool found = db_next(&rows);

    if (found) import = import_of(&rows, arena);
    if (!db_end(&rows, err)) return false;
    if (!found) return err_set(err, ERR_NOT_FOUND, "there is no import %lld", (long long)id);
    *out = import;
    return true;
}

bool imports_list(struct db *db, int64_t before, struct arena *arena, struct import *out, size_t max, size_t *n,
                  struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT " COLUMNS " FROM import WHERE id < $1 ORDER BY id DESC LIMIT $2",
                                   DB_ARGS(DB_I64(before), DB_I64((int64_t)max)));
    size_t found = 0;

    while (found < max && db_next(&rows)) out[found++] = import_of(&rows, arena);
    if (!db_end(&rows, err)) return false;
    *n = found;
    return true;
}

static bool set_state(struct importer *importer, int64_t id, const char *state, const char *error, struct err *err)
{
    bool ended = strcmp(state, "running") != 0;
    struct db *db = store_writer_take(importer->store);
    bool ok = db_run(db, "UPDATE import SET state = $1, error = $2, finished_ms = $3 WHERE id = $4",
                     DB_ARGS(DB_TEXT(str_of(state)), error ? DB_TEXT(str_of(error)) : DB_NULL,
                             ended ? DB_I64(time_now_ms()) : DB_NULL, DB_I64(id)),
                     err);
    store_writer_give(importer->store);
    return ok;
}

/* The oldest import that waits or was under way; *found = false when there is none. */
static bool next_import(struct importer *importer, struct arena *arena, struct import *out, bool *found,
                        struct err *err)
{
    struct db *db = store_reader_take(importer->store, err);

    *found = false;
    if (!db) return false;
    struct db_rows rows = db_query(
        db, "SELECT " COLUMNS " FROM import WHERE state IN ('waiting', 'running') ORDER BY id LIMIT 1", DB_NO_ARGS);
    if (db_next(&rows)) {
        *out = import_of(&rows, arena);
        *found = true;
    }
    bool ok = db_end(&rows, err);
    store_reader_give(importer->store, db);
    return ok;
}

/* ---- reading a file ---- */

struct file {
    Str bytes;
    Str header;
    size_t header_end;
};

static bool file_open(const char *path, struct file *out, struct err *err)
{
    *out = (struct file){0};
    if (!file_map(path, &out->bytes, err)) return false;
    Str rest = out->bytes;
    out->header = csv_take_record(&rest, EVENT_BYTES_MAX);
    out->header_end = out->header.n;
    return true;
}

/* How many bytes the next piece takes, and how many lines. */
static size_t piece_length(Str rest, int64_t *lines)
{
    size_t n = 0;

    *lines = 0;
    for (int i = 0; i < PIECE_RECORDS && rest.n && n < PIECE_BYTES; i++) {
        Str record = csv_take_record(&rest, EVENT_BYTES_MAX);
        n += record.n;
        *lines += csv_lines(record);
    }
    return n;
}

/* One piece: the header and whole records, so that the raw entry can be read by itself. */
static bool deliver(struct importer *importer, const struct import *import, const struct file *file, Str piece,
                    const struct import_step *step, bool more, struct err *err)
{
    struct arena arena;
    struct buf body;
    struct delivery delivery = {.csv_header = file->header, .step = step, .more = more};
    bool ok;

    buf_init(&body, EVENT_BYTES_MAX + PIECE_BYTES + 2 * EVENT_BYTES_MAX + piece.n);
    buf_add(&body, file->header);
    if (file->header.n && file->header.p[file->header.n - 1] != '\n') buf_add_char(&body, '\n');
    buf_add(&body, piece);
    arena_init(&arena, stage_arena_bytes(body.n));
    delivery.raw = (struct raw_entry){
        .source_id = SOURCE_CRM,
        .kind = import->kind,
        .received_ms = time_now_ms(),
        .sent_ms = TIME_NONE,
        .import_id = import->id,
        .first_line = import->lines_done + 1,
        .body = buf_str(&body),
    };
    ok = stage_decode(&delivery.raw, STR(""), &arena, &delivery.decoded, err) &&
         pipeline_submit_wait(importer->pipeline, &delivery, err);
    arena_free(&arena);
    buf_reset(&body);
    return ok;
}

/* From where it stopped to its end, or until the program stops. A full disk or overload is waited out. */
static bool read_file(struct importer *importer, const struct worker *worker, struct import *import,
                      const struct file *file, struct err *err)
{
    if (import->bytes_done == 0) {
        import->bytes_done = (int64_t)file->header_end;
        import->lines_done = csv_lines(file->header);
    }
    bool first = true; /* even an empty file is delivered once: its header is checked */
    while (first || (size_t)import->bytes_done < file->bytes.n) {
        int64_t lines;
        Str rest = str_from(file->bytes, (size_t)import->bytes_done);
        size_t n = piece_length(rest, &lines);
        struct import_step step = {import->id, import->bytes_done + (int64_t)n, import->lines_done + lines};
        if (worker_stopping(worker)) return true;
        if (!deliver(importer, import, file, (Str){rest.p, n}, &step, n < rest.n, err)) {
            if (err->code != ERR_BUSY) return false;
            worker_pause(worker, RETRY_MS);
            continue;
        }
        import->bytes_done = step.bytes_done;
        import->lines_done = step.lines_done;
        first = false;
    }
    return true;
}

static void run_import(struct importer *importer, const struct worker *worker, struct import *import)
{
    char path[PATH_BYTES + 64];
    struct file file = {0};
    struct err err = {0};

    spool_path(importer, import->id, path);
    log_line(LOG_INFO, "import.start", "id=%lld kind=%s from_byte=%lld", (long long)import->id,
             raw_kind_name(import->kind), (long long)import->bytes_done);
    bool ok = set_state(importer, import->id, "running", NULL, &err) && file_open(path, &file, &err) &&
              read_file(importer, worker, import, &file, &err);
    file_unmap(file.bytes);
    if (ok && worker_stopping(worker) && (size_t)import->bytes_done < file.bytes.n) return;
    (void)!set_state(importer, import->id, ok ? "done" : "failed", ok ? NULL : err.text, NULL);
    (void)!unlink(path);
    log_line(ok ? LOG_INFO : LOG_WARN, "import.end", "id=%lld ok=%d%s%s", (long long)import->id, ok,
             ok ? "" : " reason=", ok ? "" : err.text);
}

static bool run_next(void *context, const struct worker *worker)
{
    struct importer *importer = context;
    struct arena arena;
    struct import import;
    struct err err;
    bool found;

    arena_init(&arena, (size_t)64 * 1024);
    if (next_import(importer, &arena, &import, &found, &err) && found) run_import(importer, worker, &import);
    arena_free(&arena);
    return found;
}

/* ---- adding ---- */

bool importer_add(struct importer *importer, enum raw_kind kind, Str name, const char *path, int64_t *id,
                  struct err *err)
{
    char target[PATH_BYTES + 64];
    int64_t size = 0;
    struct db *db = store_writer_take(importer->store);
    struct db_rows rows = db_query(db, "SELECT coalesce(max(id), 0) + 1 FROM import", DB_NO_ARGS);
    int64_t next = db_next(&rows) ? db_i64(&rows, 0) : 0;
    bool ok = db_end(&rows, err);

    spool_path(importer, next, target);
    ok = ok && file_move(path, target, &size, err);
    if (ok && !db_run(db,
                      "INSERT INTO import (id, kind, name, state, bytes_total, started_ms) "
                      "VALUES ($1, $2, $3, 'waiting', $4, $5)",
                      DB_ARGS(DB_I64(next), DB_I64(kind), DB_TEXT(name), DB_I64(size), DB_I64(time_now_ms())), err)) {
        (void)!unlink(target);
        ok = false;
    }
    store_writer_give(importer->store);
    if (!ok) return false;
    *id = next;
    worker_wake(importer->worker);
    return true;
}

bool importer_add_copy(struct importer *importer, enum raw_kind kind, const char *path, int64_t *id, struct err *err)
{
    char copy[PATH_BYTES + 64];
    const char *slash = strrchr(path, '/');

    snprintf(copy, sizeof copy, "%s/copy-%ld", importer->folder, (long)getpid());
    if (!file_copy(path, copy, err)) return false;
    return importer_add(importer, kind, str_of(slash ? slash + 1 : path), copy, id, err);
}

bool importer_undo(struct importer *importer, struct db *db, int64_t id, struct arena *arena, struct err *err)
{
    struct import import = {0};

    if (!imports_read(db, id, arena, &import, err)) return false;
    if (str_eq(import.state, STR("waiting")) || str_eq(import.state, STR("running")))
        return err_set(err, ERR_CONFLICT, "import %lld is still under way; wait until it is done", (long long)id);
    return pipeline_undo_import(importer->pipeline, id, err);
}

/* ---- open and close ---- */

struct importer *importer_open(struct pipeline *pipeline, struct store *store, struct err *err)
{
    struct importer *importer = mem_new(sizeof *importer);

    importer->pipeline = pipeline;
    importer->store = store;
    snprintf(importer->folder, sizeof importer->folder, "%.*s/spool", STR_ARG(store_folder(store)));
    if (!file_make_folder(importer->folder, err)) {
        importer_close(importer);
        return NULL;
    }
    importer->worker = worker_start(run_next, importer);
    return importer;
}

void importer_close(struct importer *importer)
{
    if (!importer) return;
    worker_stop(importer->worker);
    free(importer);
}

Str importer_spool(const struct importer *importer)
{
    return str_of(importer->folder);
}
