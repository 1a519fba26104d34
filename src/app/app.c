#include "app/app.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/time.h"

static bool check_currency(Str code, struct err *err)
{
    bool ok = code.n == 3;

    for (size_t i = 0; i < code.n; i++) ok = ok && code.p[i] >= 'A' && code.p[i] <= 'Z';
    return ok ||
           err_set(err, ERR_INVALID, "DEMETRA_CURRENCY is \"%.*s\"; use an ISO 4217 code such as UAH", STR_ARG(code));
}

static bool check_log(Str level, struct err *err)
{
    static const char *const LEVELS[] = {"debug", "info", "warn", "error"};

    for (size_t i = 0; i < COUNT_OF(LEVELS); i++) {
        if (!str_eq(level, str_of(LEVELS[i]))) continue;
        log_set_level((enum log_level)i);
        return true;
    }
    return err_set(err, ERR_INVALID, "DEMETRA_LOG is \"%.*s\"; use debug, info, warn or error", STR_ARG(level));
}

/* What is named in the settings and not built must not be passed over in silence. */
static bool check_settings(const struct settings *settings, struct err *err)
{
    if (settings->database.n)
        return err_set(err, ERR_INVALID, "DEMETRA_DATABASE is set, but this version stores in SQLite only; unset it");
    if (settings->events.n)
        return err_set(err, ERR_INVALID, "DEMETRA_EVENTS is set, but this version keeps events itself; unset it");
    return check_currency(settings->currency, err) && check_log(settings->log, err) &&
           time_zone_set(settings->timezone.p, err);
}

static bool open_parts(struct app *app, struct err *err)
{
    if (!check_settings(&app->settings, err)) return false;
    if (!(app->store = store_open(app->settings.data, err))) return false;
    if (!(app->auth = auth_open(app->store, err))) return false;
    if (!(app->sources = sources_open(app->store, err))) return false;
    if (!(app->pipeline = pipeline_open(app->store, &app->settings, err))) return false;
    if (!(app->importer = importer_open(app->pipeline, app->store, err))) return false;
    if (!(app->ad_imports = ad_imports_open(app->store, app->settings.currency, err))) return false;
    app->properties = properties_open(app->store, PROPERTIES_BYTES_MAX);
    app->segment_cache = segment_cache_new();
    app_routes(app);
    return true;
}

bool app_open(struct app *app, struct err *err)
{
    memset(app, 0, sizeof *app);
    if (!settings_load(&app->settings, ".env", err)) return false;
    if (open_parts(app, err)) return true;
    app_close(app);
    return false;
}

/* The first source, so that a new user can send at once. A key given by the operator is one of a source, always. */
static bool first_source(struct app *app, struct err *err)
{
    struct source source;
    int64_t id;
    struct err why;
    Str given = app->settings.write_key;

    if (given.n && sources_check_key(app->sources, given, &id, &why)) return true;
    if (!given.n && sources_count(app->sources)) return true;
    return sources_add(app->sources, STR("Website"), given, &source, app->made_key, err);
}

bool app_welcome(struct app *app, struct err *err)
{
    return auth_set_admin(app->auth, app->settings.admin_token, app->made_token, err) && first_source(app, err);
}

bool app_work_open(struct app *app, struct err *err)
{
    enum { JOB_THREADS = 4 };
    struct net_config net = {.allow_hosts = app->settings.allow_hosts};
    size_t n = 0;

    app->job_kinds[n++] = connectors_job(&app->connectors);
    app->job_kinds[n++] = campaigns_job(&app->campaigns);
    if (!(app->vault = vault_open(app->settings.data, app->settings.secret_key, err))) return false;
    if (!(app->net = net_open(&net, err))) return false;
    if (!(app->connect = connect_open(app->store, app->net, app->vault, err))) return false;
    if (!(app->jobs = jobs_open(app->store, app->job_kinds, n, JOB_THREADS, err))) return false;
    app->jobs_api.jobs = app->jobs;
    app->campaigns.jobs = app->jobs;
    app->connectors.vault = app->vault;
    app->connectors.connect = app->connect;
    app->connectors.jobs = app->jobs;
    return connectors_start(&app->connectors, err);
}

bool app_work_start(struct app *app, struct err *err)
{
    return jobs_start(app->jobs, err);
}

void app_work_stop(struct app *app)
{
    connectors_stop(&app->connectors);
}

void app_close(struct app *app)
{
    jobs_close(app->jobs);
    connectors_close(&app->connectors);
    connect_close(app->connect);
    net_close(app->net);
    vault_close(app->vault);
    properties_close(app->properties);
    segment_cache_free(app->segment_cache);
    ad_imports_close(app->ad_imports);
    importer_close(app->importer);
    pipeline_close(app->pipeline);
    sources_close(app->sources);
    auth_close(app->auth);
    store_close(app->store);
    settings_free(&app->settings);
}

void app_routes(struct app *app)
{
    struct route_table *next = app->tables;

    app->ingest = (struct ingest){app->pipeline, app->settings.currency};
    app->product = (struct product){.pipeline = app->pipeline,
                                    .store = app->store,
                                    .properties = app->properties,
                                    .segments = app->segment_cache,
                                    .settings = &app->settings,
                                    .version = DEMETRA_VERSION};
    attribution_init(&app->attribution, app->pipeline, app->segment_cache, &app->settings);
    app->campaigns = (struct campaigns){app->store, &app->settings, app->pipeline, NULL};
    app->crm = (struct crm){app->pipeline};
    app->channels = (struct channels){app->pipeline, app->segment_cache, &app->settings, app->settings.data};
    app->segments = (struct segments){app->pipeline, app->store, app->segment_cache};
    app->matching = (struct matching){app->pipeline, app->segment_cache, app->store, &app->settings};
    app->intake = (struct intake){.pipeline = app->pipeline,
                                  .sources = app->sources,
                                  .importer = app->importer,
                                  .store = app->store,
                                  .settings = &app->settings,
                                  .version = DEMETRA_VERSION};
    *next++ = ingest_routes(&app->ingest);
    *next++ = (struct route_table){"Sessions", AUTH_ROUTES, AUTH_ROUTES_COUNT, NULL, app->auth};
    *next++ = product_routes(&app->product);
    *next++ = attribution_routes(&app->attribution);
    *next++ = campaigns_routes(&app->campaigns);
    *next++ = crm_routes(&app->crm);
    *next++ = channels_routes(&app->channels);
    *next++ = segments_routes(&app->segments);
    *next++ = matching_routes(&app->matching);
    app->connectors.store = app->store;
    *next++ = connectors_routes(&app->connectors);
    *next++ = jobs_routes(&app->jobs_api);
    intake_routes(&app->intake, next);
    next += INTAKE_TABLES;
    app->ad_imports_feature = (struct ad_imports_feature){.imports = app->ad_imports, .settings = &app->settings};
    ad_imports_routes(&app->ad_imports_feature, next);
    next += AD_IMPORT_TABLES;
    app->n_tables = (size_t)(next - app->tables);
}

const char *option_value(int n, char **args, const char *name)
{
    for (int i = 0; i + 1 < n; i++)
        if (strcmp(args[i], name) == 0) return args[i + 1];
    return NULL;
}

bool option_given(int n, char **args, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(args[i], name) == 0) return true;
    return false;
}

int fail_with(const struct err *err)
{
    fprintf(stderr, "demetra: %s\n", err->text);
    return 1;
}
