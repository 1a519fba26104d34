#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "app/app.h"
#include "base/log.h"
#include "base/parallel.h"

static bool check_write_key(void *context, Str key, int64_t *source_id, struct err *err)
{
    return sources_check_key(context, key, source_id, err);
}

/* What a new user needs, once, on standard output; never in the log. */
static bool print_welcome(struct app *app, int port, bool link, struct err *err)
{
    char code[TOKEN_MAX];
    const char *base = "http://127.0.0.1";

    printf("Demetra %s is listening on %.*s (port %d).\n", DEMETRA_VERSION, STR_ARG(app->settings.listen), port);
    if (app->made_token[0]) printf("Admin token, shown this once: %s\n", app->made_token);
    if (app->made_key[0] && !app->settings.write_key.n)
        printf("Write key of the source Website, shown this once: %s\n", app->made_key);
    if (link || app->made_token[0]) {
        if (!auth_make_link(app->auth, AUTH_ADMIN, code, err)) return false;
        printf("Open the dashboard (the link works once, within a day): %s:%d/login?code=%s\n", base, port, code);
    }
    fflush(stdout);
    return true;
}

static int cores(const struct settings *settings)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    if (settings->threads > 0) return settings->threads > 256 ? 256 : (int)settings->threads;
    return n > 0 ? (int)n : 1;
}

/* Block the signals that end the program in every thread; this one waits for them. */
static sigset_t block_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is a write that fails, not the end */
    return set;
}

int command_serve(int n, char **args)
{
    static struct app app; /* large; one a process */
    struct server *server = NULL;
    struct err err = {0};
    sigset_t signals = block_signals();
    int got, code = 1;

    if (!app_open(&app, &err)) return fail_with(&err);
    if (!app_welcome(&app, &err)) {
        fail_with(&err);
        goto done;
    }
    parallel_limit(cores(&app.settings));
    if (!app_work_open(&app, &err)) {
        fail_with(&err);
        goto done;
    }
    server = server_start(&(struct server_config){.listen = app.settings.listen,
                                                  .threads = cores(&app.settings),
                                                  .store = app.store,
                                                  .auth = app.auth,
                                                  .write_key = check_write_key,
                                                  .write_key_context = app.sources,
                                                  .tables = app.tables,
                                                  .n_tables = app.n_tables,
                                                  .spool_folder = importer_spool(app.importer),
                                                  .version = DEMETRA_VERSION},
                          &err);
    if (!server || !app_work_start(&app, &err) ||
        !print_welcome(&app, server_port(server), option_given(n, args, "--link"), &err)) {
        fail_with(&err);
        goto done;
    }
    log_line(LOG_INFO, "serve.start", "port=%d threads=%d", server_port(server), cores(&app.settings));
    sigwait(&signals, &got);
    log_line(LOG_INFO, "serve.stop", "signal=%d", got);
    code = 0;
done:
    properties_stop(app.properties);
    app_work_stop(&app);
    server_stop(server);
    app_close(&app);
    return code;
}
