/* store/migrate.c -- numbered migrations, forward and back, each in one transaction.
 *
 * The scripts are built in. {id}, {bytes} and {by_key} in them stand for what differs between databases: the type of a
 * whole key that the program numbers itself, the type of raw bytes, and that a table is its primary key's tree, rather
 * than rows with an index beside (where a database has the choice).
 */
#include <string.h>

#include "base/asset.h"
#include "base/buf.h"
#include "store/store.h"

#define SCRIPT_MAX ((size_t)256 * 1024)

/* "0001_init.up.sql" -> 1 and "up"; 0 when the name is not of that form. */
static int64_t number_of(Str name, Str *direction)
{
    Str rest = name;
    int64_t number;

    if (!str_to_i64(str_cut(&rest, '_'), &number)) return 0;
    (void)str_cut(&rest, '.');
    *direction = str_cut(&rest, '.');
    return number;
}

static const struct asset *script_find(int number, Str direction)
{
    for (size_t i = 0; i < ASSETS_MIGRATIONS.n; i++) {
        Str found = {0};
        if (number_of(ASSETS_MIGRATIONS.rows[i].name, &found) == number && str_eq(found, direction))
            return &ASSETS_MIGRATIONS.rows[i];
    }
    return NULL;
}

int store_schema_latest(void)
{
    int latest = 0;
    while (script_find(latest + 1, STR("up"))) latest++;
    return latest;
}

bool store_schema_version(struct db *db, int *version, struct err *err)
{
    if (!db_run(db, "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)", DB_NO_ARGS, err))
        return false;
    struct db_rows rows = db_query(db, "SELECT coalesce(max(version), 0) FROM schema_version", DB_NO_ARGS);
    int found = db_next(&rows) ? (int)db_i64(&rows, 0) : 0;
    if (!db_end(&rows, err)) return false;
    *version = found;
    return true;
}

static void expand(Str script, struct buf *out)
{
    static const struct {
        Str mark, text;
    } WORDS[] = {{STR_INIT("{id}"), STR_INIT("INTEGER PRIMARY KEY")},
                 {STR_INIT("{bytes}"), STR_INIT("BLOB")},
                 {STR_INIT("{by_key}"), STR_INIT("WITHOUT ROWID")}};

    while (script.n) {
        bool found = false;
        for (size_t i = 0; i < COUNT_OF(WORDS) && !found; i++) {
            if (!str_starts(script, WORDS[i].mark)) continue;
            buf_add(out, WORDS[i].text);
            script = str_from(script, WORDS[i].mark.n);
            found = true;
        }
        if (found) continue;
        buf_add_char(out, script.p[0]);
        script = str_from(script, 1);
    }
}

static bool run_script(struct db *db, int number, bool up, struct err *err)
{
    const struct asset *script = script_find(number, up ? STR("up") : STR("down"));
    struct buf sql;
    bool ok = false;

    buf_init(&sql, SCRIPT_MAX);
    if (!script) {
        err_set(err, ERR_INTERNAL, "this demetra has no migration %d %s", number, up ? "up" : "down");
        goto done;
    }
    expand(script->bytes, &sql);
    CHECK(!sql.full);
    if (!db_script(db, buf_str(&sql), err)) goto done;
    if (!db_run(db, "DELETE FROM schema_version", DB_NO_ARGS, err)) goto done;
    ok = db_run(db, "INSERT INTO schema_version (version) VALUES ($1)", DB_ARGS(DB_I64(up ? number : number - 1)), err);
done:
    buf_reset(&sql);
    return ok;
}

bool store_migrate(struct db *db, int version, struct err *err)
{
    int at;

    if (!store_schema_version(db, &at, err)) return false;
    if (at > store_schema_latest())
        return err_set(err, ERR_CONFLICT,
                       "the data is of schema %d, newer than this demetra's %d; use the newer program", at,
                       store_schema_latest());
    if (at == version) return true;
    if (!db_begin(db, err)) return false;
    bool ok = true;
    for (; ok && at < version; at++) ok = run_script(db, at + 1, true, err);
    for (; ok && at > version; at--) ok = run_script(db, at, false, err);
    if (ok) return db_commit(db, err);
    db_rollback(db);
    return false;
}
