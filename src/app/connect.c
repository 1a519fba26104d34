#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "base/time.h"
#include "connect/connect.h"

#define CONNECTIONS_MAX 1000
#define COMMAND_ARENA ((size_t)32 * 1024 * 1024)
#define RESULT_BYTES ((size_t)64 * 1024)

/* What the command works with; a test reads beside a server that runs, a pull needs the folder for itself. */
struct work {
    struct settings settings;
    struct store *store;
    struct vault *vault;
    struct net *net;
    struct connect *connect;
    struct arena arena;
};

static bool work_open(struct work *work, bool reading, struct err *err)
{
    struct net_config net;

    memset(work, 0, sizeof *work);
    arena_init(&work->arena, COMMAND_ARENA);
    if (!settings_load(&work->settings, ".env", err)) return false;
    net.allow_hosts = work->settings.allow_hosts;
    work->store = reading ? store_open_beside(work->settings.data, err) : store_open(work->settings.data, err);
    return work->store && (work->vault = vault_open(work->settings.data, work->settings.secret_key, err)) &&
           (work->net = net_open(&net, err)) &&
           (work->connect = connect_open(work->store, work->net, work->vault, err));
}

static void work_close(struct work *work)
{
    connect_close(work->connect);
    net_close(work->net);
    vault_close(work->vault);
    store_close(work->store);
    settings_free(&work->settings);
    arena_free(&work->arena);
}

static bool find(struct work *work, const char *name, struct connection *out, struct err *err)
{
    struct connection *rows = ARENA_ARRAY(&work->arena, struct connection, CONNECTIONS_MAX);
    struct db *db = store_reader_take(work->store, err);
    size_t n = 0;
    bool ok = db && connections_list(db, &work->arena, rows, CONNECTIONS_MAX, &n, err), found = false;

    for (size_t i = 0; ok && i < n && !found; i++) {
        found = str_eq(rows[i].name, str_of(name));
        if (found) ok = connection_read(db, work->vault, rows[i].id, &work->arena, out, err);
    }
    store_reader_give(work->store, db);
    return found || !ok ? ok : err_set(err, ERR_NOT_FOUND, "there is no connection \"%s\"", name);
}

static int test(const char *name)
{
    struct work work;
    struct err err = {0};
    struct connection connection = {0};
    struct connect_verdict verdict = {0};
    bool ok = work_open(&work, true, &err) && find(&work, name, &connection, &err);

    ok = ok && connect_test(work.connect, &connection, NULL, &work.arena, &verdict, &err);
    if (ok) fprintf(verdict.ok ? stdout : stderr, "%.*s\n", STR_ARG(verdict.sentence));
    if (connection.secrets.n) connection_wipe(&connection);
    work_close(&work);
    return ok ? !verdict.ok : fail_with(&err);
}

static bool show(void *context, int64_t done, int64_t total, const char *note)
{
    (void)context;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%lld of %lld days: %-60.60s", (long long)done, (long long)total, note);
    return true;
}

static int pull(const char *name, const char *from_text, const char *to_text)
{
    const struct connect_watch watch = {show, NULL};
    struct work work;
    struct err err = {0};
    struct connection connection = {0};
    int32_t from = INT32_MIN, to = INT32_MIN;
    struct buf result;

    if (from_text && (!time_parse_day(str_of(from_text), &from) || !to_text || !time_parse_day(str_of(to_text), &to))) {
        fprintf(stderr, "demetra: --from and --to are days such as 2026-02-01, both or neither\n");
        return 2;
    }
    buf_init(&result, RESULT_BYTES);
    bool ok = work_open(&work, false, &err) && find(&work, name, &connection, &err);
    ok = ok && connect_pull(work.connect, connection.id, from, to, &watch, &result, &err);
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\n");
    if (ok) printf("%.*s\n", STR_ARG(buf_str(&result)));
    if (connection.secrets.n) connection_wipe(&connection);
    buf_reset(&result);
    work_close(&work);
    return ok ? 0 : fail_with(&err);
}

static int check(const char *path)
{
    struct err err = {0};

    if (!connect_check_file(path, &err)) return fail_with(&err);
    printf("%s is an adapter\n", path);
    return 0;
}

int command_connect(int n, char **args)
{
    const char *what = n >= 2 ? args[0] : "";

    if (strcmp(what, "test") == 0) return test(args[1]);
    if (strcmp(what, "pull") == 0) return pull(args[1], option_value(n, args, "--from"), option_value(n, args, "--to"));
    if (strcmp(what, "check") == 0) return check(args[1]);
    fprintf(stderr, "demetra: connect test NAME | pull NAME [--from DAY --to DAY] | check FILE.json\n");
    return 2;
}
