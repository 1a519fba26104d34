#include "ads/ad_import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ads/ad_import_int.h"
#include "ads/table_text.h"
#include "base/json.h"
#include "base/log.h"
#include "base/time.h"

#define START_BYTES ((size_t)1024 * 1024) /* of a file, that guesses are made from */

static void ad_file_path(const struct ad_imports *imports, int64_t id, char out[FILE_PATH_MAX])
{
    snprintf(out, FILE_PATH_MAX, "%s/ads-%lld.csv", imports->folder, (long long)id);
}

Str ad_file_start(Str text)
{
    if (text.n <= START_BYTES) return text;
    for (size_t n = START_BYTES; n > START_BYTES / 2; n--)
        if (text.p[n - 1] == '\n') return (Str){text.p, n};
    return (Str){text.p, START_BYTES};
}

static bool ad_file_open(const struct ad_imports *imports, int64_t id, Str mapping, struct ad_file *out,
                         struct err *err)
{
    char path[FILE_PATH_MAX];

    *out = (struct ad_file){0};
    arena_init(&out->arena, table_guess_arena() + json_arena_bytes(mapping.n));
    ad_file_path(imports, id, path);
    if (!file_map(path, &out->bytes, err)) return false;
    out->text = text_without_mark(out->bytes);
    bool ok = table_guess(ad_file_start(out->text), &out->arena, &out->table, err) &&
              table_plan_make(&out->table, mapping, &out->arena, &out->plan, err);
    out->plan.no_money = imports->currency;
    return ok;
}

static void ad_file_close(struct ad_file *file)
{
    file_unmap(file->bytes);
    arena_free(&file->arena);
}

/* ---- running ---- */

/* A full disk is waited out: a file that has been read must be known as such. */
static bool set_state(struct ad_imports *imports, const struct worker *worker, int64_t id, const char *state,
                      const char *error, int64_t rejected, struct err *err)
{
    bool ended = strcmp(state, "running") != 0;

    for (;;) {
        struct db *db = store_writer_take(imports->store);
        bool ok = db_run(db,
                         "UPDATE ad_import SET state = $2, error = $3, finished_ms = $4, "
                         "rejected = coalesce($5, rejected), bytes_done = CASE WHEN $2 = 'done' THEN bytes_total "
                         "ELSE bytes_done END WHERE id = $1",
                         DB_ARGS(DB_I64(id), DB_TEXT(str_of(state)), error ? DB_TEXT(str_of(error)) : DB_NULL,
                                 ended ? DB_I64(time_now_ms()) : DB_NULL, rejected < 0 ? DB_NULL : DB_I64(rejected)),
                         err);
        store_writer_give(imports->store);
        if (ok || err->code != ERR_BUSY || worker_stopping(worker)) return ok;
        worker_pause(worker, RETRY_MS);
    }
}

/* What the scan found, and that rows are written from here on; repeated lines are counted with the first of them. */
static bool store_scan(struct ad_imports *imports, const struct worker *worker, const struct ad_import *import,
                       const struct row_scan *scan, struct err *err)
{
    if (!set_state(imports, worker, import->id, "running", NULL, scan->rejected, err)) return false;
    if (import->rows_done || !scan->repeated) return true;
    struct db *db = store_writer_take(imports->store);
    bool ok = db_run(db, "UPDATE ad_import SET repeated = $2 WHERE id = $1 AND lines_done = 0",
                     DB_ARGS(DB_I64(import->id), DB_I64(scan->repeated)), err);
    store_writer_give(imports->store);
    return ok;
}

static void run_import(struct ad_imports *imports, const struct worker *worker, struct ad_import *import)
{
    char path[FILE_PATH_MAX];
    struct ad_file file = {0};
    struct row_scan scan = {0};
    struct err err = {0}, ignored;

    log_line(LOG_INFO, "ad_import.start", "id=%lld from_row=%lld", (long long)import->id, (long long)import->rows_done);
    bool ok = set_state(imports, worker, import->id, "running", NULL, -1, &err) &&
              ad_file_open(imports, import->id, import->mapping, &file, &err) &&
              ad_scan(imports, worker, import->id, &file, &scan, &err) &&
              store_scan(imports, worker, import, &scan, &err) && ad_write(imports, worker, import, &file, &scan, &err);
    int64_t rejected = scan.rejected;
    ad_scan_free(&scan);
    ad_file_close(&file);
    if (!ok && worker_stopping(worker)) return; /* it goes on at the next start */
    ad_file_path(imports, import->id, path);
    if (set_state(imports, worker, import->id, ok ? "done" : "failed", ok ? NULL : err.text, ok ? -1 : rejected,
                  &ignored))
        (void)!unlink(path);
    log_line(ok ? LOG_INFO : LOG_WARN, "ad_import.end", "id=%lld ok=%d%s%s", (long long)import->id, ok,
             ok ? "" : " reason=", ok ? "" : err.text);
}

static void run_undo(struct ad_imports *imports, const struct worker *worker, int64_t id)
{
    struct err err = {0};
    bool ok = ad_take_back(imports, worker, id, &err);

    if (!ok && worker_stopping(worker)) return;
    (void)!set_state(imports, worker, id, ok ? "undone" : "failed", ok ? NULL : err.text, ok ? 0 : -1, &err);
    log_line(ok ? LOG_INFO : LOG_WARN, "ad_import.undone", "id=%lld ok=%d", (long long)id, ok);
}

static bool run_next(void *context, const struct worker *worker)
{
    struct ad_imports *imports = context;
    struct arena arena;
    struct ad_import import;
    struct err err;
    bool found = false;
    struct db *db = store_reader_take(imports->store, &err);

    if (!db) return false;
    arena_init(&arena, (size_t)256 * 1024);
    bool ok = ad_import_next(db, &arena, &import, &found, &err);
    store_reader_give(imports->store, db);
    if (ok && found && str_eq(import.state, STR("undoing"))) {
        run_undo(imports, worker, import.id);
    } else if (ok && found) {
        run_import(imports, worker, &import);
    }
    arena_free(&arena);
    return ok && found;
}

/* ---- adding ---- */

/* The file as UTF-8 in its place; *converted: at `copy` there is one that takes the place of `path`. */
static bool convert(const char *path, const char *copy, struct table *table, struct arena *arena, bool *converted,
                    struct err *err)
{
    struct buf text;
    Str bytes;

    *converted = false;
    if (!file_map(path, &bytes, err)) return false;
    enum text_encoding encoding = text_encoding_of(bytes);
    buf_init(&text, 3 * bytes.n + 16);
    bool ok = true;
    if (encoding != TEXT_UTF8) {
        ok = (text_to_utf8(bytes, encoding, &text) || err_set(err, ERR_LIMIT, "the file is too large")) &&
             file_put(copy, buf_str(&text), err);
        *converted = ok;
    }
    Str utf8 = encoding == TEXT_UTF8 ? text_without_mark(bytes) : buf_str(&text);
    ok = ok && table_guess(ad_file_start(utf8), arena, table, err);
    buf_reset(&text);
    file_unmap(bytes);
    return ok;
}

static bool insert(struct ad_imports *imports, Str name, const char *path, const struct table *table, int64_t *id,
                   struct err *err)
{
    char target[FILE_PATH_MAX];
    int64_t size = 0;
    struct db *db = store_writer_take(imports->store);
    struct db_rows rows = db_query(db, "SELECT coalesce(max(id), 0) + 1 FROM ad_import", DB_NO_ARGS);

    *id = db_next(&rows) ? db_i64(&rows, 0) : 0;
    bool ok = db_end(&rows, err);
    ad_file_path(imports, *id, target);
    ok = ok && file_move(path, target, &size, err);
    if (ok && !db_run(db,
                      "INSERT INTO ad_import (id, name, state, format, mapping, signature, bytes_total, created_ms) "
                      "VALUES ($1, $2, 'new', $3, '', $4, $5, $6)",
                      DB_ARGS(DB_I64(*id), DB_TEXT(name), DB_TEXT(str_of(table_format_name(table->format))),
                              DB_BYTES(((Str){(const char *)table->signature.bytes, DIGEST_BYTES})), DB_I64(size),
                              DB_I64(time_now_ms())),
                      err)) {
        (void)!unlink(target);
        ok = false;
    }
    store_writer_give(imports->store);
    return ok;
}

bool ad_import_add(struct ad_imports *imports, Str name, const char *path, int64_t *id, struct err *err)
{
    char copy[FILE_PATH_MAX];
    struct arena arena;
    struct table table;
    bool converted;

    snprintf(copy, sizeof copy, "%s.utf8", path);
    arena_init(&arena, table_guess_arena());
    bool ok = convert(path, copy, &table, &arena, &converted, err) &&
              insert(imports, name, converted ? copy : path, &table, id, err);
    if (converted) (void)!unlink(ok ? path : copy);
    arena_free(&arena);
    return ok;
}

bool ad_import_add_copy(struct ad_imports *imports, const char *path, int64_t *id, struct err *err)
{
    char copy[FILE_PATH_MAX];
    const char *slash = strrchr(path, '/');

    snprintf(copy, sizeof copy, "%s/ads-copy-%ld", imports->folder, (long)getpid());
    bool ok = file_copy(path, copy, err) && ad_import_add(imports, str_of(slash ? slash + 1 : path), copy, id, err);
    if (!ok) (void)!unlink(copy);
    return ok;
}

/* ---- looking, starting, taking back ---- */

static bool remembered(struct db *db, const struct table *table, struct arena *arena, Str *mapping, struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT mapping FROM ad_import_mapping WHERE signature = $1",
                                   DB_ARGS(DB_BYTES(((Str){(const char *)table->signature.bytes, DIGEST_BYTES}))));

    *mapping = db_next(&rows) ? arena_copy(arena, db_str(&rows, 0)) : (Str){NULL, 0};
    return db_end(&rows, err);
}

static bool check_new(const struct ad_import *import, struct err *err)
{
    return str_eq(import->state, STR("new")) || err_set(err, ERR_CONFLICT, "import %lld is %.*s, no longer new",
                                                        (long long)import->id, STR_ARG(import->state));
}

bool ad_import_look(struct ad_imports *imports, struct db *db, int64_t id, struct arena *arena, struct ad_preview *out,
                    struct err *err)
{
    char path[FILE_PATH_MAX];
    struct ad_import import;
    Str bytes, mapping;

    *out = (struct ad_preview){0};
    ad_file_path(imports, id, path);
    if (!ad_import_read(db, id, arena, &import, err) || !check_new(&import, err) || !file_map(path, &bytes, err))
        return false;
    out->text = arena_copy(arena, ad_file_start(text_without_mark(bytes)));
    file_unmap(bytes);
    if (!table_guess(out->text, arena, &out->table, err) || !remembered(db, &out->table, arena, &mapping, err))
        return false;
    out->remembered = mapping.n && table_plan_make(&out->table, mapping, arena, &out->plan, &out->why_not);
    out->has_plan = out->remembered || table_plan_make(&out->table, (Str){NULL, 0}, arena, &out->plan, &out->why_not);
    return true;
}

static bool queue(struct ad_imports *imports, int64_t id, const struct ad_file *file, Str mapping, struct err *err)
{
    Str signature = {(const char *)file->table.signature.bytes, DIGEST_BYTES};
    struct db *db = store_writer_take(imports->store);
    bool ok = db_begin(db, err);

    if (!ok) goto done;
    ok = db_run(db,
                "UPDATE ad_import SET state = 'waiting', mapping = $2, started_ms = $3 WHERE id = $1 AND state = 'new'",
                DB_ARGS(DB_I64(id), DB_TEXT(mapping), DB_I64(time_now_ms())), err);
    if (ok && db_changed(db) == 0) ok = err_set(err, ERR_CONFLICT, "import %lld is no longer new", (long long)id);
    ok = ok &&
         db_run(db,
                "INSERT INTO ad_import_mapping (signature, mapping, changed_ms) VALUES ($1, $2, $3) "
                "ON CONFLICT (signature) DO UPDATE SET mapping = excluded.mapping, changed_ms = excluded.changed_ms",
                DB_ARGS(DB_BYTES(signature), DB_TEXT(mapping), DB_I64(time_now_ms())), err);
    if (!ok) db_rollback(db);
    ok = ok && db_commit(db, err);
done:
    store_writer_give(imports->store);
    return ok;
}

bool ad_import_start(struct ad_imports *imports, int64_t id, Str mapping, struct err *err)
{
    struct ad_import import = {0};
    struct ad_file file = {0};
    struct arena arena;
    struct buf plan;
    struct db *db = store_reader_take(imports->store, err);

    if (!db) return false;
    arena_init(&arena, (size_t)256 * 1024);
    buf_init(&plan, (size_t)256 * 1024);
    bool ok = ad_import_read(db, id, &arena, &import, err) && check_new(&import, err);
    store_reader_give(imports->store, db);
    if (ok) {
        ok = ad_file_open(imports, id, mapping, &file, err);
        if (ok) table_plan_write(&file.plan, &plan);
        ok = ok && queue(imports, id, &file, buf_str(&plan), err);
        ad_file_close(&file);
    }
    buf_reset(&plan);
    arena_free(&arena);
    if (ok) worker_wake(imports->worker);
    return ok;
}

bool ad_import_undo(struct ad_imports *imports, int64_t id, struct err *err)
{
    char path[FILE_PATH_MAX];
    struct ad_import import = {0};
    struct arena arena;
    struct db *db = store_writer_take(imports->store);

    arena_init(&arena, (size_t)256 * 1024);
    bool ok = ad_import_read(db, id, &arena, &import, err);
    bool fresh = ok && str_eq(import.state, STR("new"));
    if (ok && (str_eq(import.state, STR("waiting")) || str_eq(import.state, STR("running"))))
        ok = err_set(err, ERR_CONFLICT, "import %lld is still under way; wait until it is done", (long long)id);
    if (ok && !str_eq(import.state, STR("undone")))
        ok = db_run(db, "UPDATE ad_import SET state = $2, finished_ms = $3 WHERE id = $1",
                    DB_ARGS(DB_I64(id), DB_TEXT(fresh ? STR("undone") : STR("undoing")),
                            fresh ? DB_I64(time_now_ms()) : DB_NULL),
                    err);
    store_writer_give(imports->store);
    ad_file_path(imports, id, path);
    if (fresh && ok) (void)!unlink(path);
    arena_free(&arena);
    if (ok) worker_wake(imports->worker);
    return ok;
}

/* ---- open and close ---- */

struct ad_imports *ad_imports_open(struct store *store, Str currency, struct err *err)
{
    struct ad_imports *imports = mem_new(sizeof *imports);

    imports->store = store;
    imports->currency = currency;
    snprintf(imports->folder, sizeof imports->folder, "%.*s/spool", STR_ARG(store_folder(store)));
    if (!file_make_folder(imports->folder, err)) {
        ad_imports_close(imports);
        return NULL;
    }
    imports->worker = worker_start(run_next, imports);
    return imports;
}

void ad_imports_close(struct ad_imports *imports)
{
    if (!imports) return;
    worker_stop(imports->worker);
    free(imports);
}
