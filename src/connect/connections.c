#include "connect/connections.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/time.h"

#define PATH_BYTES 1200
#define KEY_MIN 16
#define KEY_FILE_MAX 4096

struct vault {
    struct seal_key key;
};

/* ---- the key ---- */

/* A file that is there holds the whole key: it is written beside and renamed. */
static bool make_key(const char *folder, const char *path, char text[KEY_FILE_MAX], struct err *err)
{
    char beside[PATH_BYTES + 8], token[TOKEN_MAX];

    snprintf(beside, sizeof beside, "%s.new", path);
    (void)!unlink(beside);
    int file = open(beside, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    token_make("", token);
    int n = snprintf(text, KEY_FILE_MAX, "%s\n", token);
    wipe(token, sizeof token);
    bool ok = file >= 0 && write(file, text, (size_t)n) == n && fsync(file) == 0;
    int why = errno;
    if (file >= 0) close(file);
    if (ok && rename(beside, path) != 0) {
        ok = false;
        why = errno;
    }
    if (!ok) return err_set(err, ERR_INTERNAL, "cannot write %s: %s", path, strerror(why));
    int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
        (void)!fsync(directory);
        close(directory);
    }
    log_line(LOG_INFO, "secret_key.made", "file=%s keep=with-the-backups", path);
    return true;
}

/* The text of DATA/secret.key, made if there is none. */
static bool key_file(Str folder, char text[KEY_FILE_MAX], struct err *err)
{
    char path[PATH_BYTES], directory[PATH_BYTES];

    snprintf(directory, sizeof directory, "%.*s", STR_ARG(folder));
    snprintf(path, sizeof path, "%.*s/secret.key", STR_ARG(folder));
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 && errno == ENOENT) return make_key(directory, path, text, err);
    ssize_t n = file < 0 ? -1 : read(file, text, KEY_FILE_MAX - 1);
    int why = errno;
    if (file >= 0) close(file);
    if (n < 0) return err_set(err, ERR_INTERNAL, "cannot read %s: %s", path, strerror(why));
    text[n] = '\0';
    return str_trim(str_of(text)).n >= KEY_MIN ||
           err_set(err, ERR_INVALID, "%s is cut short; put it back from a backup, or delete it and enter secrets again",
                   path);
}

struct vault *vault_open(Str folder, Str key, struct err *err)
{
    char text[KEY_FILE_MAX] = "";

    if (key.n > 0 && key.n < KEY_MIN) {
        err_set(err, ERR_INVALID, "DEMETRA_SECRET_KEY needs %d characters or more", KEY_MIN);
        return NULL;
    }
    if (key.n == 0 && !key_file(folder, text, err)) return NULL;
    struct vault *vault = mem_new(sizeof *vault);
    vault->key = seal_key_of(key.n ? key : str_trim(str_of(text)));
    wipe(text, sizeof text);
    return vault;
}

void vault_close(struct vault *vault)
{
    if (!vault) return;
    wipe(vault, sizeof *vault);
    free(vault);
}

/* ---- reading ---- */

#define COLUMNS                                                                                                        \
    "id, adapter, name, settings, state, message, pulled_day, restated_day, pulled_ms, created_ms, changed_ms"

static int64_t whole_or_none(const struct db_rows *rows, int column)
{
    return db_is_null(rows, column) ? TIME_NONE : db_i64(rows, column);
}

static struct connection connection_of(const struct db_rows *rows, struct arena *arena)
{
    return (struct connection){
        .id = db_i64(rows, 0),
        .adapter = arena_copy(arena, db_str(rows, 1)),
        .name = arena_copy(arena, db_str(rows, 2)),
        .settings = arena_copy(arena, db_str(rows, 3)),
        .state = arena_copy(arena, db_str(rows, 4)),
        .message = arena_copy(arena, db_str(rows, 5)),
        .pulled_day = whole_or_none(rows, 6),
        .restated_day = whole_or_none(rows, 7),
        .pulled_ms = whole_or_none(rows, 8),
        .created_ms = db_i64(rows, 9),
        .changed_ms = db_i64(rows, 10),
    };
}

/* What stands between the braces of an object that json_to wrote. */
static Str inside(Str object)
{
    CHECK(object.n >= 2 && object.p[0] == '{' && object.p[object.n - 1] == '}');
    return (Str){object.p + 1, object.n - 2};
}

/* One object of both, the secrets first: whoever looks a name up gets the first. No other copy is made. */
static bool open_secrets(const struct vault *vault, Str sealed, struct arena *arena, struct connection *connection)
{
    Str settings = inside(connection->settings);
    size_t n = sealed.n > SEAL_EXTRA ? sealed.n - SEAL_EXTRA : 0;
    char *out = arena_alloc(arena, n + settings.n + 2);

    if (n < 2 || !unseal(&vault->key, sealed, out)) return false;
    n -= 1; /* the closing brace */
    if (settings.n && n > 1) out[n++] = ',';
    memcpy(out + n, settings.p, settings.n);
    n += settings.n;
    out[n++] = '}';
    connection->secrets = (Str){out, n};
    return true;
}

static bool missing(int64_t id, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "there is no connection %lld", (long long)id);
}

bool connection_read(struct db *db, const struct vault *vault, int64_t id, struct arena *arena, struct connection *out,
                     struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT " COLUMNS ", secret FROM connection WHERE id = $1", DB_ARGS(DB_I64(id)));
    struct connection connection = {0};
    bool found = db_next(&rows), opened = true;

    if (found) connection = connection_of(&rows, arena);
    if (found && vault) opened = open_secrets(vault, db_str(&rows, 11), arena, &connection);
    if (!db_end(&rows, err)) return false;
    if (!found) return missing(id, err);
    if (!opened)
        return err_set(err, ERR_CONFLICT,
                       "the secrets of \"%.*s\" were encrypted with another key: set DEMETRA_SECRET_KEY (or put "
                       "secret.key back) as it was then, or enter them again",
                       STR_ARG(connection.name));
    *out = connection;
    return true;
}

void connection_wipe(struct connection *connection)
{
    wipe((char *)(uintptr_t)connection->secrets.p, connection->secrets.n);
    connection->secrets = (Str){NULL, 0};
}

bool connections_list(struct db *db, struct arena *arena, struct connection *out, size_t max, size_t *n,
                      struct err *err)
{
    struct db_rows rows =
        db_query(db, "SELECT " COLUMNS " FROM connection ORDER BY id LIMIT $1", DB_ARGS(DB_I64((int64_t)max)));
    size_t found = 0;

    while (found < max && db_next(&rows)) out[found++] = connection_of(&rows, arena);
    if (!db_end(&rows, err)) return false;
    *n = found;
    return true;
}

/* ---- changing ---- */

static Str sealed_new(const struct vault *vault, Str secrets)
{
    Str object = secrets.n ? secrets : STR("{}");
    char *sealed = mem_new(object.n + SEAL_EXTRA);

    (void)inside(object);
    seal(&vault->key, object, sealed);
    return (Str){sealed, object.n + SEAL_EXTRA};
}

static bool name_taken(const struct connection *connection, struct err *err)
{
    if (err->code == ERR_CONFLICT)
        err_set(err, ERR_CONFLICT, "there is a connection \"%.*s\" already", STR_ARG(connection->name));
    return false;
}

/* An id is never given again: the accounts of one that was removed keep it. */
static bool next_id(struct db *db, int64_t *id, struct err *err)
{
    struct db_rows rows = db_query(db,
                                   "SELECT coalesce(max(id), 0) + 1 FROM (SELECT max(id) AS id FROM connection "
                                   "UNION ALL SELECT max(connection_id) FROM ad_account) AS ids",
                                   DB_NO_ARGS);
    if (db_next(&rows)) *id = db_i64(&rows, 0);
    return db_end(&rows, err);
}

static struct db_value whole_arg(int64_t value)
{
    return value == TIME_NONE ? DB_NULL : DB_I64(value);
}

bool connection_insert(struct db *db, const struct vault *vault, struct connection *connection, struct err *err)
{
    int64_t id = 0, now_ms = time_now_ms();

    if (!next_id(db, &id, err)) return false;
    Str sealed = sealed_new(vault, connection->secrets);
    (void)inside(connection->settings);
    bool ok = db_run(db,
                     "INSERT INTO connection (id, adapter, name, settings, secret, state, message, created_ms, "
                     "changed_ms) VALUES ($1, $2, $3, $4, $5, 'new', '', $6, $6)",
                     DB_ARGS(DB_I64(id), DB_TEXT(connection->adapter), DB_TEXT(connection->name),
                             DB_TEXT(connection->settings), DB_BYTES(sealed), DB_I64(now_ms)),
                     err) ||
              name_taken(connection, err);
    free((char *)(uintptr_t)sealed.p);
    if (!ok) return false;
    connection->id = id;
    connection->state = STR("new");
    connection->message = STR("");
    connection->pulled_day = connection->restated_day = connection->pulled_ms = TIME_NONE;
    connection->created_ms = connection->changed_ms = now_ms;
    return true;
}

bool connection_update(struct db *db, const struct vault *vault, struct connection *connection, struct err *err)
{
    int64_t now_ms = time_now_ms();
    Str sealed = {NULL, 0};

    if (connection->secrets.n) sealed = sealed_new(vault, connection->secrets);
    (void)inside(connection->settings);
    bool ok = db_run(db,
                     "UPDATE connection SET name = $2, settings = $3, secret = coalesce($4, secret), state = $5, "
                     "message = $6, pulled_day = $7, restated_day = $8, pulled_ms = $9, changed_ms = $10 "
                     "WHERE id = $1",
                     DB_ARGS(DB_I64(connection->id), DB_TEXT(connection->name), DB_TEXT(connection->settings),
                             sealed.n ? DB_BYTES(sealed) : DB_NULL, DB_TEXT(connection->state),
                             DB_TEXT(connection->message), whole_arg(connection->pulled_day),
                             whole_arg(connection->restated_day), whole_arg(connection->pulled_ms), DB_I64(now_ms)),
                     err) ||
              name_taken(connection, err);
    free((char *)(uintptr_t)sealed.p);
    if (!ok) return false;
    if (db_changed(db) == 0) return missing(connection->id, err);
    connection->changed_ms = now_ms;
    return true;
}

static bool there_was_one(struct db *db, bool ran, int64_t id, struct err *err)
{
    return ran && (db_changed(db) != 0 || missing(id, err));
}

bool connection_remove(struct db *db, int64_t id, struct err *err)
{
    bool ran = db_run(db, "DELETE FROM connection WHERE id = $1", DB_ARGS(DB_I64(id)), err);
    return there_was_one(db, ran, id, err);
}

bool connection_note(struct db *db, int64_t id, Str state, Str message, struct err *err)
{
    bool ran = db_run(db,
                      "UPDATE connection SET state = CASE WHEN state = 'paused' THEN state ELSE $2 END, message = $3 "
                      "WHERE id = $1",
                      DB_ARGS(DB_I64(id), DB_TEXT(state), DB_TEXT(message)), err);
    return there_was_one(db, ran, id, err);
}

bool connection_pulled(struct db *db, int64_t id, int64_t pulled_day, int64_t restated_day, struct err *err)
{
    bool ran = db_run(db, "UPDATE connection SET pulled_day = $2, restated_day = $3, pulled_ms = $4 WHERE id = $1",
                      DB_ARGS(DB_I64(id), whole_arg(pulled_day), whole_arg(restated_day), DB_I64(time_now_ms())), err);
    return there_was_one(db, ran, id, err);
}
