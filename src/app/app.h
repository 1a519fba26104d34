/* app/app.h -- the program put together.
 *
 * Is:    everything opened in order and closed in reverse; what commands work on.
 * Owns:  every part.
 * Never: holds logic of its own.
 */
#ifndef APP_APP_H
#define APP_APP_H

#include "base/settings.h"
#include "events/importer.h"
#include "events/ingest.h"
#include "features/ad_imports/ad_imports.h"
#include "features/attribution/attribution.h"
#include "features/channels/channels.h"
#include "features/campaigns/campaigns.h"
#include "features/crm/crm.h"
#include "features/intake/intake.h"
#include "features/matching/matching.h"
#include "features/connectors/connectors.h"
#include "features/jobs/jobs.h"
#include "features/product/product.h"
#include "features/segments/segments.h"
#include "http/server.h"

#define DEMETRA_VERSION "0.3.1"

struct app {
    struct settings settings;
    struct store *store;
    struct auth_store *auth;
    struct sources *sources;
    struct pipeline *pipeline;
    struct importer *importer;
    struct ad_imports *ad_imports;
    struct properties *properties;
    struct segment_cache *segment_cache;
    struct vault *vault; /* this and the next three: of `serve` alone */
    struct net *net;
    struct connect *connect;
    struct jobs *jobs;
    struct job_kind job_kinds[4];
    struct ingest ingest;
    struct product product;
    struct attribution attribution;
    struct campaigns campaigns;
    struct crm crm;
    struct channels channels;
    struct segments segments;
    struct matching matching;
    struct intake intake;
    struct ad_imports_feature ad_imports_feature;
    struct connectors connectors;
    struct jobs_api jobs_api;
    struct route_table tables[TABLES_MAX];
    size_t n_tables;
    char made_token[TOKEN_MAX]; /* the admin token, if this start made it; shown once */
    char made_key[TOKEN_MAX];   /* likewise the write key of the first source */
};

/* Settings, store, pipeline, importer: what every command needs. On failure all is closed. */
bool app_open(struct app *app, struct err *err) MUST_CHECK;
void app_close(struct app *app);
/* See to an admin token and a first source; what had to be made is in made_token and made_key, for this once. Only
 * `serve` does this: whoever makes a secret has to show it. */
bool app_welcome(struct app *app, struct err *err) MUST_CHECK;
/* What is done by itself, for `serve`: open it before the server, start it after, stop it before. */
bool app_work_open(struct app *app, struct err *err) MUST_CHECK;
bool app_work_start(struct app *app, struct err *err) MUST_CHECK;
void app_work_stop(struct app *app);
/* Fill the route tables; needs nothing opened but the settings. */
void app_routes(struct app *app);

/* ---- commands: arguments after the command's name; the exit code ---- */
int command_serve(int n, char **args);
int command_import(int n, char **args);
int command_demo(int n, char **args);
int command_openapi(int n, char **args);
int command_migrate(int n, char **args);
int command_rebuild(int n, char **args);
int command_token(int n, char **args);
int command_connect(int n, char **args);
int command_attribute(int n, char **args);

/* The value after `--name`, or NULL. */
const char *option_value(int n, char **args, const char *name);
bool option_given(int n, char **args, const char *name);
/* Print "demetra: <text>" and return 1. */
int fail_with(const struct err *err);

#endif
