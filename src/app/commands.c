#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "base/json.h"
#include "base/time.h"

/* ---- import ---- */

static void print_import(const struct import *import)
{
    int64_t rows = import->kept + import->repeated + import->rejected;

    printf("%.*s: %" PRId64 " rows: %" PRId64 " kept, %" PRId64 " repeated, %" PRId64 " rejected",
           STR_ARG(import->name), rows, import->kept, import->repeated, import->rejected);
    if (import->kind == RAW_CRM_CONTRACTS)
        printf(", %" PRId64 " of the kept do not count (cost not above 0)", import->uncounted);
    if (import->error.n) printf(" -- failed: %.*s", STR_ARG(import->error));
    printf("\n");
}

static bool is_over(const struct import *import)
{
    return !str_eq(import->state, STR("waiting")) && !str_eq(import->state, STR("running"));
}

/* Follow an import to its end, with progress on a terminal. */
static bool follow(struct app *app, int64_t id, struct err *err)
{
    bool shown = isatty(STDERR_FILENO), ok = true, over = false;

    while (ok && !over) {
        struct arena arena;
        struct import import;
        struct db *db = store_reader_take(app->store, err);
        arena_init(&arena, (size_t)64 * 1024);
        ok = db && imports_read(db, id, &arena, &import, err);
        store_reader_give(app->store, db);
        if (ok && shown && import.bytes_total)
            fprintf(stderr, "\r%.*s %3" PRId64 " %%", STR_ARG(import.name),
                    import.bytes_done * 100 / import.bytes_total);
        over = ok && is_over(&import);
        if (over && shown) fprintf(stderr, "\r");
        if (over) print_import(&import);
        if (over && import.error.n)
            ok = err_set(err, ERR_INVALID, "%.*s was not read to its end", STR_ARG(import.name));
        arena_free(&arena);
        if (ok && !over) usleep(50000);
    }
    return ok;
}

/* ---- import ads ---- */

static void print_ads(const struct ad_import *import)
{
    int64_t rows = import->inserted + import->replaced + import->repeated + import->rejected;

    printf("%.*s: %" PRId64 " rows: %" PRId64 " inserted, %" PRId64 " replaced, %" PRId64 " repeated, %" PRId64
           " rejected",
           STR_ARG(import->name), rows, import->inserted, import->replaced, import->repeated, import->rejected);
    if (import->error.n) printf(" -- failed: %.*s", STR_ARG(import->error));
    printf("\n");
}

static bool follow_ads(struct app *app, int64_t id, struct err *err)
{
    bool shown = isatty(STDERR_FILENO), ok = true, over = false;

    while (ok && !over) {
        struct arena arena;
        struct ad_import import;
        struct db *db = store_reader_take(app->store, err);
        arena_init(&arena, (size_t)256 * 1024);
        ok = db && ad_import_read(db, id, &arena, &import, err);
        store_reader_give(app->store, db);
        over = ok && (str_eq(import.state, STR("done")) || str_eq(import.state, STR("failed")));
        if (ok && shown && import.bytes_total)
            fprintf(stderr, "\r%.*s %3" PRId64 " %%%s", STR_ARG(import.name),
                    import.bytes_done * 100 / import.bytes_total, over ? "\r" : "");
        if (over) print_ads(&import);
        if (over && import.error.n) ok = err_set(err, ERR_INVALID, "%.*s was not read in", STR_ARG(import.name));
        arena_free(&arena);
        if (ok && !over) usleep(20000);
    }
    return ok;
}

/* {"mapping": …, "defaults": {…}}; --source and --account are defaults too. */
static void write_mapping(struct buf *out, const char *mapping, const char *source, const char *account)
{
    struct json_out json = json_to(out);

    json_open(&json, '{');
    if (mapping) {
        json_key(&json, "mapping");
        json_put_raw(&json, str_of(mapping));
    }
    json_key(&json, "defaults");
    json_open(&json, '{');
    if (source) json_kv_text(&json, "source", source);
    if (account) json_kv_text(&json, "account", account);
    json_close(&json, '}');
    json_close(&json, '}');
}

static int import_ads(int n, char **args)
{
    static struct app app;
    const char *file = option_value(n, args, "--file"), *mapping = option_value(n, args, "--mapping");
    struct err err = {0};
    struct buf json;
    int64_t id;

    if (!file) {
        fprintf(stderr,
                "demetra: import ads --file F [--source slug] [--account A] [--mapping '{\"column\": \"field\"}']\n");
        return 2;
    }
    if (!app_open(&app, &err)) return fail_with(&err);
    buf_init(&json, (size_t)64 * 1024);
    write_mapping(&json, mapping, option_value(n, args, "--source"), option_value(n, args, "--account"));
    bool ok = ad_import_add_copy(app.ad_imports, file, &id, &err);
    if (ok && !ad_import_start(app.ad_imports, id, buf_str(&json), &err)) {
        struct err ignored;
        (void)!ad_import_undo(app.ad_imports, id, &ignored);
        ok = false;
    }
    ok = ok && follow_ads(&app, id, &err);
    buf_reset(&json);
    app_close(&app);
    return ok ? 0 : fail_with(&err);
}

int command_import(int n, char **args)
{
    static struct app app;
    const char *contracts = option_value(n, args, "--contracts"), *events = option_value(n, args, "--events");
    struct err err = {0};
    int64_t id;
    bool ok;

    if (n >= 1 && strcmp(args[0], "ads") == 0) return import_ads(n, args);
    if (n < 1 || strcmp(args[0], "crm") != 0 || (!contracts && !events)) {
        fprintf(stderr, "demetra: import crm --events FILE.csv --contracts FILE.csv (either or both)\n");
        return 2;
    }
    if (!app_open(&app, &err)) return fail_with(&err);
    /* contracts first: then no event has to be read twice */
    ok = !contracts ||
         (importer_add_copy(app.importer, RAW_CRM_CONTRACTS, contracts, &id, &err) && follow(&app, id, &err));
    ok = ok &&
         (!events || (importer_add_copy(app.importer, RAW_CRM_EVENTS, events, &id, &err) && follow(&app, id, &err)));
    app_close(&app);
    return ok ? 0 : fail_with(&err);
}

/* ---- rebuild, token, openapi, migrate ---- */

int command_rebuild(int n, char **args)
{
    static struct app app;
    struct err err = {0};
    int64_t started = time_monotonic_us();

    (void)n;
    (void)args;
    if (!app_open(&app, &err)) return fail_with(&err);
    bool ok = pipeline_read_again(app.pipeline, &err);
    const struct snapshot *snapshot = pipeline_snapshot(app.pipeline);
    uint64_t events = snapshot->n_events;
    uint32_t persons = snapshot->n_persons;
    snapshot_close(snapshot);
    app_close(&app);
    if (!ok) return fail_with(&err);
    printf("%" PRIu64 " events of %" PRIu32 " persons, from the raw log in %.1f s\n", events, persons,
           (double)(time_monotonic_us() - started) / 1e6);
    return 0;
}

int command_token(int n, char **args)
{
    static struct app app;
    const char *name = option_value(n, args, "--name"), *role = option_value(n, args, "--role");
    struct err err = {0};
    char token[TOKEN_MAX];
    bool admin = role && strcmp(role, "admin") == 0;

    if (!name || (role && !admin && strcmp(role, "read") != 0)) {
        fprintf(stderr, "demetra: token --name TEXT [--role read|admin]\n");
        return 2;
    }
    if (!app_open(&app, &err)) return fail_with(&err);
    bool ok = auth_add_token(app.auth, str_of(name), admin ? AUTH_ADMIN : AUTH_READ, token, &err);
    app_close(&app);
    if (!ok) return fail_with(&err);
    printf("%s\n", token);
    return 0;
}

int command_openapi(int n, char **args)
{
    static struct app app;
    struct buf out;

    (void)n;
    (void)args;
    buf_init(&out, REPLY_BYTES_MAX);
    app_routes(&app);
    app.tables[app.n_tables++] = openapi_table(NULL);
    openapi_write(app.tables, app.n_tables, DEMETRA_VERSION, &out);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
    buf_reset(&out);
    return 0;
}

int command_migrate(int n, char **args)
{
    struct settings settings;
    struct err err = {0};
    const char *to = option_value(n, args, "--to");
    int64_t version = store_schema_latest();
    int at = 0;

    if (to && (!str_to_i64(str_of(to), &version) || version < 0 || version > store_schema_latest())) {
        fprintf(stderr, "demetra: migrate --to takes a version from 0 to %d\n", store_schema_latest());
        return 2;
    }
    if (!settings_load(&settings, ".env", &err)) return fail_with(&err);
    struct store *store = store_open(settings.data, &err); /* opens at the latest */
    bool ok = store != NULL;
    if (ok) {
        struct db *db = store_writer_take(store);
        ok = store_migrate(db, (int)version, &err) && store_schema_version(db, &at, &err);
        store_writer_give(store);
    }
    store_close(store);
    settings_free(&settings);
    if (!ok) return fail_with(&err);
    printf("the database is at schema %d\n", at);
    return 0;
}
