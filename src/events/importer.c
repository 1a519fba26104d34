#include "events/importer.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/log.h"
#include "base/time.h"

#define PIECE_RECORDS 1000
#define PIECE_BYTES ((size_t)1024 * 1024)
#define PATH_BYTES 1200
#define RETRY_MS 1000

struct importer {
    struct pipeline *pipeline;
    struct store *store;
    char folder[PATH_BYTES];
    pthread_t thread;
    bool thread_runs;
    pthread_mutex_t mutex;
    pthread_cond_t added;
    bool work; /* something may wait */
    _Atomic bool stopping;
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

static bool file_map(const char *path, struct file *out, struct err *err)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    *out = (struct file){0};
    if (fd < 0) return err_set(err, ERR_INTERNAL, "the file has gone from the spool: %s", strerror(errno));
    bool ok = fstat(fd, &info) == 0;
    if (ok && info.st_size > 0) {
        void *p = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        ok = p != MAP_FAILED;
        if (ok) out->bytes = (Str){p, (size_t)info.st_size};
    }
    if (!ok) err_set(err, ERR_INTERNAL, "cannot read the file in the spool: %s", strerror(errno));
    close(fd);
    if (!ok) return false;
    Str rest = out->bytes;
    out->header = csv_take_record(&rest, EVENT_BYTES_MAX);
    out->header_end = out->header.n;
    return true;
}

static void file_unmap(struct file *file)
{
    if (file->bytes.n) munmap((void *)(uintptr_t)file->bytes.p, file->bytes.n);
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

static void wait_a_moment(struct importer *importer)
{
    for (int ms = 0; ms < RETRY_MS && !atomic_load(&importer->stopping); ms += 20) usleep(20000);
}

/* From where it stopped to its end, or until the program stops. A full disk or overload is waited out. */
static bool read_file(struct importer *importer, struct import *import, const struct file *file, struct err *err)
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
        if (atomic_load(&importer->stopping)) return true;
        if (!deliver(importer, import, file, (Str){rest.p, n}, &step, n < rest.n, err)) {
            if (err->code != ERR_BUSY) return false;
            wait_a_moment(importer);
            continue;
        }
        import->bytes_done = step.bytes_done;
        import->lines_done = step.lines_done;
        first = false;
    }
    return true;
}

static void run_import(struct importer *importer, struct import *import)
{
    char path[PATH_BYTES + 64];
    struct file file = {0};
    struct err err = {0};

    spool_path(importer, import->id, path);
    log_line(LOG_INFO, "import.start", "id=%lld kind=%s from_byte=%lld", (long long)import->id,
             raw_kind_name(import->kind), (long long)import->bytes_done);
    bool ok = set_state(importer, import->id, "running", NULL, &err) && file_map(path, &file, &err) &&
              read_file(importer, import, &file, &err);
    file_unmap(&file);
    if (ok && atomic_load(&importer->stopping) && (size_t)import->bytes_done < file.bytes.n) return;
    (void)!set_state(importer, import->id, ok ? "done" : "failed", ok ? NULL : err.text, NULL);
    (void)!unlink(path);
    log_line(ok ? LOG_INFO : LOG_WARN, "import.end", "id=%lld ok=%d%s%s", (long long)import->id, ok,
             ok ? "" : " reason=", ok ? "" : err.text);
}

static void *importer_main(void *context)
{
    struct importer *importer = context;

    while (!atomic_load(&importer->stopping)) {
        struct arena arena;
        struct import import;
        struct err err;
        bool found;
        arena_init(&arena, (size_t)64 * 1024);
        if (next_import(importer, &arena, &import, &found, &err) && found) run_import(importer, &import);
        arena_free(&arena);
        pthread_mutex_lock(&importer->mutex);
        while (!found && !importer->work && !atomic_load(&importer->stopping))
            pthread_cond_wait(&importer->added, &importer->mutex);
        importer->work = false;
        pthread_mutex_unlock(&importer->mutex);
    }
    return NULL;
}

/* ---- adding ---- */

bool importer_add(struct importer *importer, enum raw_kind kind, Str name, const char *path, int64_t *id,
                  struct err *err)
{
    char target[PATH_BYTES + 64];
    struct stat info;
    struct db *db = store_writer_take(importer->store);
    struct db_rows rows = db_query(db, "SELECT coalesce(max(id), 0) + 1 FROM import", DB_NO_ARGS);
    int64_t next = db_next(&rows) ? db_i64(&rows, 0) : 0;
    bool ok = db_end(&rows, err);

    spool_path(importer, next, target);
    if (ok && (stat(path, &info) != 0 || rename(path, target) != 0))
        ok = err_set(err, ERR_INTERNAL, "cannot take the file into the spool: %s", strerror(errno));
    if (ok && !db_run(db,
                      "INSERT INTO import (id, kind, name, state, bytes_total, started_ms) "
                      "VALUES ($1, $2, $3, 'waiting', $4, $5)",
                      DB_ARGS(DB_I64(next), DB_I64(kind), DB_TEXT(name), DB_I64((int64_t)info.st_size),
                              DB_I64(time_now_ms())),
                      err)) {
        (void)!unlink(target);
        ok = false;
    }
    store_writer_give(importer->store);
    if (!ok) return false;
    *id = next;
    pthread_mutex_lock(&importer->mutex);
    importer->work = true;
    pthread_cond_signal(&importer->added);
    pthread_mutex_unlock(&importer->mutex);
    return true;
}

static bool copy_file(const char *from, const char *to, struct err *err)
{
    char bytes[65536];
    FILE *in = fopen(from, "rb"), *out = NULL;
    bool ok = false;
    size_t n;

    if (!in) return err_set(err, ERR_INVALID, "cannot open %s: %s", from, strerror(errno));
    out = fopen(to, "wb");
    if (!out) {
        err_set(err, ERR_INTERNAL, "cannot write %s: %s", to, strerror(errno));
        goto done;
    }
    while ((n = fread(bytes, 1, sizeof bytes, in)) > 0)
        if (fwrite(bytes, 1, n, out) != n) break;
    ok = !ferror(in) && !ferror(out) && fflush(out) == 0 && fsync(fileno(out)) == 0;
    if (!ok) err_set(err, ERR_INTERNAL, "cannot copy %s into the spool: %s", from, strerror(errno));
done:
    if (out && fclose(out) != 0) ok = false;
    fclose(in);
    return ok;
}

bool importer_add_copy(struct importer *importer, enum raw_kind kind, const char *path, int64_t *id, struct err *err)
{
    char copy[PATH_BYTES + 64];
    const char *slash = strrchr(path, '/');

    snprintf(copy, sizeof copy, "%s/copy-%ld", importer->folder, (long)getpid());
    if (!copy_file(path, copy, err)) return false;
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
    pthread_mutex_init(&importer->mutex, NULL);
    pthread_cond_init(&importer->added, NULL);
    snprintf(importer->folder, sizeof importer->folder, "%.*s/spool", STR_ARG(store_folder(store)));
    if (mkdir(importer->folder, 0700) != 0 && errno != EEXIST) {
        err_set(err, ERR_INTERNAL, "cannot make the folder %s: %s", importer->folder, strerror(errno));
        importer_close(importer);
        return NULL;
    }
    CHECK(pthread_create(&importer->thread, NULL, importer_main, importer) == 0);
    importer->thread_runs = true;
    return importer;
}

void importer_close(struct importer *importer)
{
    if (!importer) return;
    if (importer->thread_runs) {
        pthread_mutex_lock(&importer->mutex);
        atomic_store(&importer->stopping, true);
        pthread_cond_signal(&importer->added);
        pthread_mutex_unlock(&importer->mutex);
        pthread_join(importer->thread, NULL);
    }
    pthread_mutex_destroy(&importer->mutex);
    pthread_cond_destroy(&importer->added);
    free(importer);
}

Str importer_spool(const struct importer *importer)
{
    return str_of(importer->folder);
}
