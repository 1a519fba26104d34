/* store/sqlite.c -- connections and statements on SQLite.
 *
 * WAL with synchronous=FULL: a commit that returned is in the log and fsynced, so it survives kill -9 and power
 * loss; readers go on while the writer writes. Errors of the disk come out as two codes that matter: full (BUSY,
 * the sender should try again) and everything else (INTERNAL).
 */
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_int.h"

#define STATEMENTS_MAX 256
#define BUSY_WAIT_MS 5000
#define CHECKPOINT_PAGES 8000 /* of 4 KB: how far the log grows before the writer folds it into the file */

struct cached {
    const char *sql; /* a literal: compared by address */
    sqlite3_stmt *statement;
    bool in_use;
};

struct db {
    sqlite3 *native;
    struct cached cached[STATEMENTS_MAX];
    size_t n;
};

static bool fail(sqlite3 *native, int code, struct err *err)
{
    int kind = code & 0xFF;

    if (kind == SQLITE_FULL)
        return err_set(err, ERR_BUSY, "the disk is full: nothing was stored; free some space and send it again");
    if (kind == SQLITE_BUSY || kind == SQLITE_LOCKED) return err_set(err, ERR_BUSY, "the database is busy; try again");
    if (kind == SQLITE_CONSTRAINT) return err_set(err, ERR_CONFLICT, "already there: %s", sqlite3_errmsg(native));
    return err_set(err, ERR_INTERNAL, "the database failed: %s (SQLite code %d)", sqlite3_errmsg(native), code);
}

struct db *db_open(const char *path, bool writer, struct err *err)
{
    static const char *const SETUP = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                                     "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16000; PRAGMA trusted_schema=OFF; "
                                     "PRAGMA secure_delete=ON;";
    struct db *db = mem_new(sizeof *db);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (writer ? SQLITE_OPEN_CREATE : 0);
    int code = sqlite3_open_v2(path, &db->native, flags, NULL);

    if (code == SQLITE_OK) code = sqlite3_extended_result_codes(db->native, 1);
    if (code == SQLITE_OK) code = sqlite3_busy_timeout(db->native, BUSY_WAIT_MS);
    if (code == SQLITE_OK) code = sqlite3_exec(db->native, SETUP, NULL, NULL, NULL);
    if (code == SQLITE_OK && writer) code = sqlite3_wal_autocheckpoint(db->native, CHECKPOINT_PAGES);
    if (code == SQLITE_OK && !writer) code = sqlite3_exec(db->native, "PRAGMA query_only=ON", NULL, NULL, NULL);
    if (code == SQLITE_OK) return db;
    fail(db->native, code, err);
    db_close(db);
    return NULL;
}

void db_close(struct db *db)
{
    if (!db) return;
    for (size_t i = 0; i < db->n; i++) sqlite3_finalize(db->cached[i].statement);
    sqlite3_close(db->native);
    free(db);
}

/* The prepared form of `sql`, from the cache; every statement of the program fits, so a full cache is a bug. */
static struct cached *prepare(struct db *db, const char *sql, struct err *err)
{
    for (size_t i = 0; i < db->n; i++)
        if (db->cached[i].sql == sql && !db->cached[i].in_use) return &db->cached[i];
    CHECK(db->n < STATEMENTS_MAX);
    struct cached *slot = &db->cached[db->n];
    int code = sqlite3_prepare_v3(db->native, sql, -1, SQLITE_PREPARE_PERSISTENT, &slot->statement, NULL);
    if (code != SQLITE_OK) {
        fail(db->native, code, err);
        return NULL;
    }
    slot->sql = sql;
    db->n++;
    return slot;
}

/* Values are bound by the number in "$7", whatever the order in which the statement names them. */
static int bind(sqlite3_stmt *statement, const struct db_value *args, size_t n)
{
    int code = SQLITE_OK;

    for (size_t i = 0; i < n && code == SQLITE_OK; i++) {
        char name[24];
        snprintf(name, sizeof name, "$%zu", i + 1);
        int at = sqlite3_bind_parameter_index(statement, name);
        CHECK(at > 0);
        const char *p = args[i].bytes.p ? args[i].bytes.p : "";
        switch (args[i].type) {
        case DB_TYPE_NULL: code = sqlite3_bind_null(statement, at); break;
        case DB_TYPE_I64: code = sqlite3_bind_int64(statement, at, args[i].whole); break;
        case DB_TYPE_F64: code = sqlite3_bind_double(statement, at, args[i].real); break;
        case DB_TYPE_TEXT:
            code = sqlite3_bind_text64(statement, at, p, args[i].bytes.n, SQLITE_STATIC, SQLITE_UTF8);
            break;
        case DB_TYPE_BYTES: code = sqlite3_bind_blob64(statement, at, p, args[i].bytes.n, SQLITE_STATIC); break;
        }
    }
    return code;
}

struct db_rows db_query(struct db *db, const char *sql, const struct db_value *args, size_t n)
{
    struct db_rows rows = {.db = db};
    struct cached *slot = prepare(db, sql, &rows.err);

    if (!slot) {
        rows.failed = true;
        return rows;
    }
    slot->in_use = true;
    rows.statement = slot;
    int code = bind(slot->statement, args, n);
    if (code != SQLITE_OK) rows.failed = !fail(db->native, code, &rows.err);
    return rows;
}

static sqlite3_stmt *native_of(const struct db_rows *rows)
{
    return ((const struct cached *)rows->statement)->statement;
}

bool db_next(struct db_rows *rows)
{
    if (rows->failed) return false;
    int code = sqlite3_step(native_of(rows));
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) rows->failed = !fail(rows->db->native, code, &rows->err);
    return false;
}

bool db_end(struct db_rows *rows, struct err *err)
{
    struct cached *slot = rows->statement;

    if (slot) {
        sqlite3_reset(slot->statement);
        sqlite3_clear_bindings(slot->statement);
        slot->in_use = false;
        rows->statement = NULL;
    }
    if (rows->failed && err) *err = rows->err;
    return !rows->failed;
}

bool db_is_null(const struct db_rows *rows, int column)
{
    return sqlite3_column_type(native_of(rows), column) == SQLITE_NULL;
}

int64_t db_i64(const struct db_rows *rows, int column)
{
    return sqlite3_column_int64(native_of(rows), column);
}

double db_f64(const struct db_rows *rows, int column)
{
    return db_is_null(rows, column) ? NAN : sqlite3_column_double(native_of(rows), column);
}

Str db_str(const struct db_rows *rows, int column)
{
    const void *p = sqlite3_column_blob(native_of(rows), column);
    return (Str){p, (size_t)sqlite3_column_bytes(native_of(rows), column)};
}

bool db_run(struct db *db, const char *sql, const struct db_value *args, size_t n, struct err *err)
{
    struct db_rows rows = db_query(db, sql, args, n);

    while (db_next(&rows)) {} /* RETURNING has no place here; a pragma may give a row */
    return db_end(&rows, err);
}

int64_t db_changed(struct db *db)
{
    return sqlite3_changes64(db->native);
}

bool db_script(struct db *db, Str sql, struct err *err)
{
    const char *at = sql.p, *end = sql.p + sql.n;
    int code = SQLITE_OK;

    while (at < end && code == SQLITE_OK) {
        sqlite3_stmt *statement = NULL;
        code = sqlite3_prepare_v2(db->native, at, (int)(end - at), &statement, &at);
        if (code == SQLITE_OK && statement) {
            do code = sqlite3_step(statement);
            while (code == SQLITE_ROW);
            if (code == SQLITE_DONE) code = SQLITE_OK;
        }
        sqlite3_finalize(statement);
    }
    return code == SQLITE_OK || fail(db->native, code, err);
}

bool db_begin(struct db *db, struct err *err)
{
    return db_run(db, "BEGIN IMMEDIATE", DB_NO_ARGS, err);
}

bool db_commit(struct db *db, struct err *err)
{
    if (db_run(db, "COMMIT", DB_NO_ARGS, err)) return true;
    db_rollback(db);
    return false;
}

void db_rollback(struct db *db)
{
    /* SQLite may have rolled back by itself (disk full); then there is nothing left to do. */
    if (!sqlite3_get_autocommit(db->native)) (void)!db_run(db, "ROLLBACK", DB_NO_ARGS, NULL);
}
