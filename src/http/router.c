#include "http/http_int.h"

static const char *const METHODS[METHOD_COUNT] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

const char *method_name(enum method method)
{
    return METHODS[method];
}

/* Does `path` have the form of `pattern`? Fills the params, in order. */
static bool matches(Str pattern, Str path, Str *param)
{
    size_t n = 0;

    for (;;) {
        Str part = str_cut(&pattern, '/');
        if (part.n > 2 && part.p[0] == '{' && part.p[part.n - 2] == '*') { /* "{name*}": all that is left */
            param[n] = path;
            return path.n != 0;
        }
        Str segment = str_cut(&path, '/');
        if (part.n && part.p[0] == '{') {
            if (segment.n == 0) return false;
            param[n++] = segment;
        } else if (!str_eq(part, segment)) {
            return false;
        }
        if (!pattern.p || !path.p) return !pattern.p && !path.p;
    }
}

bool router_find(const struct route_table *tables, size_t n, enum method method, Str path, struct match *out,
                 unsigned *allowed, struct err *err)
{
    struct match match = {0};

    *allowed = 0;
    for (size_t t = 0; t < n; t++) {
        for (size_t r = 0; r < tables[t].n; r++) {
            const struct route *route = &tables[t].rows[r];
            if (!matches(str_of(route->path), path, match.param)) continue;
            *allowed |= 1u << route->method;
            if (route->method != method) continue;
            match.route = route;
            match.table = &tables[t];
            *out = match;
            return true;
        }
    }
    if (*allowed) return err_set(err, ERR_METHOD, "%.*s does not take %s", STR_ARG(path), method_name(method));
    return err_set(err, ERR_NOT_FOUND, "there is nothing at %.*s; /docs lists what there is", STR_ARG(path));
}

/* ---- what handlers ask of a request ---- */

bool request_query_at(const struct request *request, const char *name, size_t i, Str *value)
{
    for (size_t k = 0; k < request->n_query; k++) {
        if (!str_eq(request->query[k].name, str_of(name))) continue;
        if (i-- > 0) continue;
        *value = request->query[k].value;
        return true;
    }
    return false;
}

Str request_query(const struct request *request, const char *name)
{
    Str value = {NULL, 0};
    (void)request_query_at(request, name, 0, &value);
    return value;
}

bool request_query_whole(const struct request *request, const char *name, int64_t fallback, int64_t min, int64_t max,
                         int64_t *out, struct err *err)
{
    Str text = request_query(request, name);
    int64_t value = fallback;

    if (text.p && text.n && (!str_to_i64(text, &value) || value < min || value > max))
        return err_set_field(err, name, "%s must be a whole number from %lld to %lld, not \"%.*s\"", name,
                             (long long)min, (long long)max, STR_ARG(text));
    *out = value;
    return true;
}

bool request_param_whole(const struct request *request, size_t i, int64_t *out, struct err *err)
{
    if (str_to_i64(request->param[i], out)) return true;
    return err_set(err, ERR_NOT_FOUND, "\"%.*s\" is no number of anything", STR_ARG(request->param[i]));
}

static bool takes_param(const struct param *params, Str name)
{
    while (params->name && !str_eq(name, str_of(params->name))) params++;
    return params->name != NULL;
}

bool request_query_known(struct request *request, struct err *err)
{
    const struct route *route = request->route;

    if (route->method != GET || !route->params || !route->params->name || route->auth == AUTH_NONE) return true;
    for (size_t i = 0; i < request->n_query; i++) {
        Str name = request->query[i].name;
        if (takes_param(route->params, name)) continue;
        return err_set_field(err, arena_cstr(&request->arena, name), "%s takes no \"%.*s\"; /docs lists what it takes",
                             route->path, STR_ARG(name));
    }
    return true;
}

bool method_find(Str name, enum method *method, bool *options)
{
    *options = str_eq(name, STR("OPTIONS"));
    if (*options) *method = POST;
    if (str_eq(name, STR("HEAD"))) *method = GET;
    if (*options || str_eq(name, STR("HEAD"))) return true;
    for (int m = 0; m < METHOD_COUNT; m++) {
        if (!str_eq(name, str_of(method_name((enum method)m)))) continue;
        *method = (enum method)m;
        return true;
    }
    return false;
}

bool route_takes(const struct route *route, Str content_length, struct err *err)
{
    int64_t length;

    if (!content_length.n || !str_to_i64(content_length, &length)) return true; /* chunked: counted as it comes */
    if (length >= 0 && (size_t)length <= route->body_max) return true;
    return err_set(err, ERR_LIMIT, "the body is %lld bytes; %s takes at most %zu", (long long)length, route->path,
                   route->body_max);
}
