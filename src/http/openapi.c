/* http/openapi.c -- /openapi.json and /docs, written from the route tables so that they cannot drift. */
#include <string.h>

#include "base/asset.h"
#include "base/json.h"
#include "http/http_int.h"

static const char *const WHO[] = {
    [AUTH_NONE] = "anyone",
    [AUTH_WRITE] = "write key",
    [AUTH_READ] = "read",
    [AUTH_ADMIN] = "admin",
};

/* ---- /openapi.json ---- */

static void write_type(struct json_out *out, const char *type)
{
    json_key(out, "schema");
    json_open(out, '{');
    if (strcmp(type, "integer") == 0) {
        json_kv_text(out, "type", "integer");
    } else if (strcmp(type, "list") == 0) {
        json_kv_text(out, "type", "array");
        json_key(out, "items");
        json_put_raw(out, STR("{\"type\":\"string\"}"));
    } else {
        json_kv_text(out, "type", "string");
    }
    json_close(out, '}');
}

static void write_param(struct json_out *out, Str name, const char *where, const char *type, const char *what)
{
    json_open(out, '{');
    json_kv_str(out, "name", name);
    json_kv_text(out, "in", where);
    json_kv_bool(out, "required", strcmp(where, "path") == 0);
    if (what) json_kv_text(out, "description", what);
    write_type(out, type);
    json_close(out, '}');
}

static void write_params(struct json_out *out, const struct route *route)
{
    Str path = str_of(route->path);

    json_key(out, "parameters");
    json_open(out, '[');
    while (path.n) {
        (void)str_cut(&path, '{');
        if (!path.p) break;
        Str name = str_cut(&path, '}');
        if (name.n && name.p[name.n - 1] == '*') name.n--;
        write_param(out, name, "path", "string", NULL);
    }
    for (const struct param *param = route->params; param && param->name; param++)
        write_param(out, str_of(param->name), "query", param->type, param->what);
    json_close(out, ']');
}

static void write_ref(struct json_out *out, const char *type, const char *schema)
{
    struct buf ref;

    buf_init(&ref, 256);
    buf_printf(&ref, "#/components/schemas/%s", schema);
    json_key(out, "content");
    json_open(out, '{');
    json_key(out, type);
    json_open(out, '{');
    json_key(out, "schema");
    json_open(out, '{');
    json_kv_str(out, "$ref", buf_str(&ref));
    json_close(out, '}');
    json_close(out, '}');
    json_close(out, '}');
    buf_reset(&ref);
}

static void write_replies(struct json_out *out, const struct route *route)
{
    json_key(out, "responses");
    json_open(out, '{');
    json_key(out, "2XX");
    json_open(out, '{');
    json_kv_text(out, "description", "Done");
    if (route->gives) write_ref(out, "application/json", route->gives);
    json_close(out, '}');
    json_key(out, "default");
    json_open(out, '{');
    json_kv_text(out, "description", "What was wrong, where, and what to do");
    write_ref(out, "application/problem+json", "Problem");
    json_close(out, '}');
    json_close(out, '}');
}

static void write_route(struct json_out *out, const struct route_table *table, const struct route *route)
{
    static const char *const KEYS[METHOD_COUNT] = {"get", "post", "put", "patch", "delete"};

    json_key(out, KEYS[route->method]);
    json_open(out, '{');
    json_kv_text(out, "summary", route->what);
    json_key(out, "tags");
    json_open(out, '[');
    json_put_str(out, str_of(table->title));
    json_close(out, ']');
    json_kv_text(out, "x-who", WHO[route->auth]);
    json_kv_i64(out, "x-body-max", (int64_t)route->body_max);
    write_params(out, route);
    if (route->takes) {
        json_key(out, "requestBody");
        json_open(out, '{');
        write_ref(out, "application/json", route->takes);
        json_close(out, '}');
    }
    write_replies(out, route);
    json_close(out, '}');
}

static bool path_seen(const struct route_table *tables, size_t t, size_t r, const char *path)
{
    for (size_t i = 0; i <= t; i++)
        for (size_t k = 0; k < (i == t ? r : tables[i].n); k++)
            if (strcmp(tables[i].rows[k].path, path) == 0) return true;
    return false;
}

/* A path once, with every method that any table has for it. */
static void write_path(struct json_out *out, const struct route_table *tables, size_t n, const char *path)
{
    struct buf shown;

    buf_init(&shown, 512);
    for (const char *c = path; *c; c++)
        if (*c != '*') buf_add_char(&shown, *c);
    json_key_str(out, buf_str(&shown));
    buf_reset(&shown);
    json_open(out, '{');
    for (size_t t = 0; t < n; t++)
        for (size_t r = 0; r < tables[t].n; r++)
            if (strcmp(tables[t].rows[r].path, path) == 0) write_route(out, &tables[t], &tables[t].rows[r]);
    json_close(out, '}');
}

/* {"Name": {schema}, ...} of a table. */
static Str schemas_of(const struct route_table *table)
{
    const struct asset *asset = table->schemas ? asset_find(&ASSETS_SCHEMAS, str_of(table->schemas)) : NULL;

    CHECK(asset || !table->schemas);
    return asset ? asset->bytes : (Str){NULL, 0};
}

static void write_schemas(struct json_out *out, const struct route_table *tables, size_t n)
{
    json_key(out, "components");
    json_open(out, '{');
    json_key(out, "schemas");
    json_open(out, '{');
    for (size_t t = 0; t < n; t++) {
        Str members = str_trim(schemas_of(&tables[t]));
        if (members.n < 2) continue;
        if (out->comma) buf_add_char(out->buf, ',');
        buf_add(out->buf, (Str){members.p + 1, members.n - 2}); /* what stands between the braces */
        out->comma = true;
    }
    json_close(out, '}');
    json_key(out, "securitySchemes");
    json_put_raw(out, STR("{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"},"
                          "\"writeKey\":{\"type\":\"http\",\"scheme\":\"basic\"}}"));
    json_close(out, '}');
}

void openapi_write(const struct route_table *tables, size_t n, const char *version, struct buf *buf)
{
    struct json_out out = json_to(buf);

    json_open(&out, '{');
    json_kv_text(&out, "openapi", "3.1.0");
    json_key(&out, "info");
    json_open(&out, '{');
    json_kv_text(&out, "title", "Demetra");
    json_kv_text(&out, "version", version);
    json_close(&out, '}');
    json_key(&out, "paths");
    json_open(&out, '{');
    for (size_t t = 0; t < n; t++)
        for (size_t r = 0; r < tables[t].n; r++)
            if (!(tables[t].rows[r].flags & ROUTE_HIDDEN) && !path_seen(tables, t, r, tables[t].rows[r].path))
                write_path(&out, tables, n, tables[t].rows[r].path);
    json_close(&out, '}');
    write_schemas(&out, tables, n);
    json_close(&out, '}');
}

/* ---- /docs: the same as a page without a script ---- */

static void put_html(struct buf *out, Str text)
{
    for (size_t i = 0; i < text.n; i++) {
        switch (text.p[i]) {
        case '<': buf_add(out, STR("&lt;")); break;
        case '>': buf_add(out, STR("&gt;")); break;
        case '&': buf_add(out, STR("&amp;")); break;
        default: buf_add_char(out, text.p[i]);
        }
    }
}

static void docs_route(struct buf *out, const struct route *route)
{
    buf_printf(out, "<details><summary><b>%s</b> <code>", method_name(route->method));
    put_html(out, str_of(route->path));
    buf_printf(out, "</code> <i>%s</i> ", WHO[route->auth]);
    put_html(out, str_of(route->what));
    buf_add(out, STR("</summary>"));
    if (route->params) buf_add(out, STR("<table>"));
    for (const struct param *param = route->params; param && param->name; param++) {
        buf_printf(out, "<tr><td><code>%s</code><td>%s<td>", param->name, param->type);
        put_html(out, str_of(param->what));
    }
    if (route->params) buf_add(out, STR("</table>"));
    if (route->takes) buf_printf(out, "<p>takes %s", route->takes);
    if (route->body_max) buf_printf(out, "<p>body up to %zu bytes", route->body_max);
    if (route->gives) buf_printf(out, "<p>gives %s", route->gives);
    buf_add(out, STR("</details>"));
}

static void docs_write(const struct route_table *tables, size_t n, struct buf *out)
{
    buf_add(out, STR("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Demetra HTTP API</title>"
                     "<meta name=\"viewport\" content=\"width=device-width\"><style>"
                     "body{font:15px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem;"
                     "color-scheme:light dark}details{border-bottom:1px solid #8884;padding:.4rem 0}"
                     "summary{cursor:pointer}td{padding:.1rem 1rem .1rem 0;vertical-align:top}"
                     "pre{overflow:auto;background:#8881;padding:.5rem}i{opacity:.7}</style>"
                     "<h1>Demetra HTTP API</h1><p>The same as data: <a href=\"/openapi.json\">/openapi.json</a>. "
                     "Read routes take <code>Authorization: Bearer TOKEN</code>, ingest takes the write key as the "
                     "user name of HTTP Basic. Errors are problem+json."));
    for (size_t t = 0; t < n; t++) {
        buf_add(out, STR("<h2>"));
        put_html(out, str_of(tables[t].title));
        buf_add(out, STR("</h2>"));
        for (size_t r = 0; r < tables[t].n; r++)
            if (!(tables[t].rows[r].flags & ROUTE_HIDDEN)) docs_route(out, &tables[t].rows[r]);
    }
    buf_add(out, STR("<h2>Schemas</h2>"));
    for (size_t t = 0; t < n; t++) {
        buf_add(out, STR("<pre>"));
        put_html(out, schemas_of(&tables[t]));
        buf_add(out, STR("</pre>"));
    }
}

/* The context of these routes is the server's configuration. */
static bool openapi_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct server_config *config = request->context;

    (void)err;
    openapi_write(config->tables, config->n_tables, config->version, &reply->body);
    return true;
}

static bool docs_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct server_config *config = request->context;

    (void)err;
    reply->content_type = "text/html; charset=utf-8";
    docs_write(config->tables, config->n_tables, &reply->body);
    return true;
}

static const struct route OPENAPI_ROUTES[] = {
    {GET, "/openapi.json", AUTH_NONE, 0, openapi_get, "This API as OpenAPI 3.1", NULL, NULL, NULL, 0},
    {GET, "/docs", AUTH_NONE, 0, docs_get, "This API as a page", NULL, NULL, NULL, 0},
};

struct route_table openapi_table(struct server_config *config)
{
    return (struct route_table){"Documentation", OPENAPI_ROUTES, COUNT_OF(OPENAPI_ROUTES), "http/schemas.json", config};
}
