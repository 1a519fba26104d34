#include "base/asset.h"
#include "http/http_int.h"

static const struct {
    const char *end, *type;
} TYPES[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".json", "application/json"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
};

static const char *type_of(Str name)
{
    for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
        Str end = str_of(TYPES[i].end);
        if (name.n > end.n && str_eq(str_from(name, name.n - end.n), end)) return TYPES[i].type;
    }
    return "application/octet-stream";
}

static bool has_dot(Str path)
{
    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] == '.') return true;
    return false;
}

bool asset_serve(Str path, struct reply *reply)
{
    static const Str API[] = {STR_INIT("/api/"), STR_INIT("/v1/"), STR_INIT("/assets/")};
    const struct asset *asset = asset_find(&ASSETS_WEB, str_from(path, 1));
    bool page = !has_dot(path); /* the dashboard finds its own way from any path that is no file and no route */

    for (size_t i = 0; i < COUNT_OF(API); i++) page = page && !str_starts(path, API[i]);
    if (!asset && page) asset = asset_find(&ASSETS_WEB, STR("index.html"));
    if (!asset) return false;
    reply->status = 200;
    reply->content_type = type_of(asset->name);
    reply->constant = asset->bytes;
    reply->gzip = asset->gzip;
    reply->cache_forever = str_starts(asset->name, STR("assets/"));
    return true;
}
