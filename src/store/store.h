/* store/store.h -- the SQL database behind one small interface.
 *
 * Is:    connections, statements with typed parameters, transactions, migrations; SQLite today. Statements are
 *        written once for SQLite and PostgreSQL: $1 parameters, standard types, ON CONFLICT, no rowid.
 * Owns:  the data folder's lock and the database file.
 * Never: knows a table but its own `schema_version`; SQL of a feature lives with the feature.
 *
 * One connection serves one thread at a time. There is one writer, taken and given back; readers are lent from a pool
 * and see the last commit.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "base/err.h"

struct store;
struct db;

/* Open (or make) the database in `folder`, taking the folder's lock: a second program is refused (ERR_CONFLICT).
 * The schema is brought up to date. */
struct store *store_open(Str folder, struct err *err);
/* To read only, beside a program that may have it open: no lock, no writer, no migration. ERR_CONFLICT: there is none
 * of this version. */
struct store *store_open_beside(Str folder, struct err *err);
void store_close(struct store *store); /* NULL is fine; every reader must be back */
Str store_folder(const struct store *store);
/* Random, of this opening. Whoever left another one behind in the data is gone: the lock says so. */
uint64_t store_session(const struct store *store);

struct db *store_writer_take(struct store *store); /* waits for its turn */
void store_writer_give(struct store *store);
struct db *store_reader_take(struct store *store, struct err *err); /* NULL on failure */
void store_reader_give(struct store *store, struct db *db);         /* NULL is fine */

/* ---- migrations: src/store/migrations/NNNN_name.up.sql and .down.sql ---- */
int store_schema_latest(void);
bool store_schema_version(struct db *db, int *version, struct err *err) MUST_CHECK;
bool store_migrate(struct db *db, int version, struct err *err) MUST_CHECK; /* up or down to it, all or nothing */

/* ---- statements ---- */
enum db_type { DB_TYPE_NULL, DB_TYPE_I64, DB_TYPE_F64, DB_TYPE_TEXT, DB_TYPE_BYTES };

struct db_value {
    enum db_type type;
    int64_t whole;
    double real;
    Str bytes; /* borrowed until the statement has ended */
};

#define DB_I64(v) ((struct db_value){.type = DB_TYPE_I64, .whole = (v)})
#define DB_F64(v) ((struct db_value){.type = DB_TYPE_F64, .real = (v)}) /* NAN is stored as NULL */
#define DB_TEXT(v) ((struct db_value){.type = DB_TYPE_TEXT, .bytes = (v)})
#define DB_BYTES(v) ((struct db_value){.type = DB_TYPE_BYTES, .bytes = (v)})
#define DB_NULL ((struct db_value){.type = DB_TYPE_NULL})
#define DB_ARGS(...)                                                                                                   \
    (const struct db_value[]){__VA_ARGS__}, sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value)
#define DB_NO_ARGS NULL, 0

struct db_rows {
    struct db *db;
    void *statement;
    bool failed;
    struct err err;
};

/* Run a statement that gives no rows. `sql` must be a string literal: it keys the cache of prepared statements. */
bool db_run(struct db *db, const char *sql, const struct db_value *args, size_t n, struct err *err) MUST_CHECK;
int64_t db_changed(struct db *db); /* rows that the last db_run touched */

/*  struct db_rows rows = db_query(db, SQL, DB_ARGS(DB_I64(7)));
 *  while (db_next(&rows)) use(db_i64(&rows, 0));
 *  if (!db_end(&rows, err)) ...           always end; a failure on the way shows here                              */
struct db_rows db_query(struct db *db, const char *sql, const struct db_value *args, size_t n);
bool db_next(struct db_rows *rows);
bool db_end(struct db_rows *rows, struct err *err) MUST_CHECK;
bool db_is_null(const struct db_rows *rows, int column);
int64_t db_i64(const struct db_rows *rows, int column);
double db_f64(const struct db_rows *rows, int column); /* NAN for NULL */
Str db_str(const struct db_rows *rows, int column);    /* text or bytes; until the next db_next or db_end */

bool db_begin(struct db *db, struct err *err) MUST_CHECK;
bool db_commit(struct db *db, struct err *err) MUST_CHECK; /* on disk when true; rolled back when false */
void db_rollback(struct db *db);
/* A script of several statements without parameters. */
bool db_script(struct db *db, Str sql, struct err *err) MUST_CHECK;

#endif
