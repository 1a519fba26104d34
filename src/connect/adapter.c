#include "connect/adapter.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "connect/reader_int.h"

static const char *const GIVEN[] = {
    /* by the program to every request */
    "from",     "to",      "after",    "today",      "from_year",    "from_month",
    "from_day", "to_year", "to_month", "to_day",     "from_compact", "to_compact",
    "nonce",    "page",    "cursor",   "connection", "access_token",
};

/* ---- settings ---- */

static bool is_slug(Str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '_')) return false;
    return s.n > 0 && s.n <= 40;
}

static bool compile(Str pattern, struct arena *arena, regex_t *out)
{
    return regcomp(out, arena_printf(arena, "^(%.*s)$", STR_ARG(pattern)).p, REG_EXTENDED | REG_NOSUB) == 0;
}

static bool read_setting(struct reader *reader, const struct json *value, struct adapter_setting *out)
{
    regex_t compiled;

    if (!reader_keys(reader, value, "name title help secret optional pattern default") ||
        !reader_text(reader, value, "name", true, &out->name) ||
        !reader_titles(reader, value, "title", &out->title, &out->title_ru) ||
        (json_get(value, "help") && !reader_titles(reader, value, "help", &out->help, &out->help_ru)) ||
        !reader_bool(reader, value, "secret", &out->secret) ||
        !reader_bool(reader, value, "optional", &out->optional) ||
        !reader_text(reader, value, "pattern", false, &out->pattern) ||
        !reader_text(reader, value, "default", false, &out->fallback))
        return false;
    out->name = arena_copy(reader->arena, out->name); /* with a NUL, for err's field */
    if (!is_slug(out->name)) return reader_wrong(reader, "a name is of a-z, 0-9 and _, at most 40 of them");
    for (size_t i = 0; i < COUNT_OF(GIVEN); i++)
        if (str_eq(out->name, str_of(GIVEN[i])))
            return reader_wrong(reader, "\"%s\" is a name that the program gives; take another", GIVEN[i]);
    if (!out->pattern.n) return true;
    if (!compile(out->pattern, reader->arena, &compiled))
        return reader_wrong(reader, "pattern is no POSIX extended expression");
    regfree(&compiled);
    return true;
}

static bool read_settings(struct reader *reader, const struct json *root, struct adapter *out)
{
    const struct json *list = json_get(root, "settings");
    size_t was = reader_in(reader, "settings"), n = json_count(list);
    struct adapter_setting *settings;

    if (!reader_list(reader, list)) return false;
    if (n > 24) return reader_wrong(reader, "at most 24 settings are read");
    settings = ARENA_ARRAY(reader->arena, struct adapter_setting, n + 1);
    for (size_t i = 0; i < n; i++) {
        size_t item = reader_in_item(reader, i);
        if (!read_setting(reader, json_at(list, i), &settings[i])) return false;
        for (size_t k = 0; k < i; k++)
            if (str_eq(settings[k].name, settings[i].name)) return reader_wrong(reader, "this name is there twice");
        if (str_eq(settings[i].name, STR("base_url")))
            return reader_wrong(reader, "every adapter has a setting base_url, of base_url above; take another name");
        reader_out(reader, item);
    }
    settings[n] = (struct adapter_setting){
        .name = STR("base_url"),
        .title = STR("Address"),
        .title_ru = STR("Адрес"),
        .help = STR("Only for a proxy or a sandbox; its host has to be named in DEMETRA_ALLOW_HOSTS"),
        .help_ru = STR("Только для прокси или песочницы; хост нужно назвать в DEMETRA_ALLOW_HOSTS"),
        .pattern = STR("https?://[^?#]+"),
        .fallback = out->base_url,
        .optional = true,
    };
    out->info.settings = settings;
    out->info.n_settings = n + 1;
    reader_out(reader, was);
    return true;
}

static void know_values(struct reader *reader, const struct json *values)
{
    struct json_members members = json_members(values);
    const struct json *value;
    Str name;

    while (json_is_object(values) && json_next(&members, &name, &value))
        if (reader->known.n < VARS_MAX - 1) vars_set(&reader->known, name, name);
}

/* All names that templates may have, before the first is read. */
static void know_names(struct reader *reader, const struct json *root, const struct adapter *adapter)
{
    const struct json *reports = json_get(root, "reports");

    for (size_t i = 0; i < COUNT_OF(GIVEN); i++) vars_set(&reader->known, str_of(GIVEN[i]), STR(""));
    for (size_t i = 0; i < adapter->info.n_settings; i++)
        vars_set(&reader->known, adapter->info.settings[i].name, STR(""));
    know_values(reader, json_get(json_get(root, "info"), "values"));
    for (size_t i = 0; i < json_count(reports); i++) know_values(reader, json_get(json_at(reports, i), "run"));
}

/* ---- the rest ---- */

static bool read_auth(struct reader *reader, const struct json *root, struct adapter *out)
{
    const struct json *value = json_get(root, "auth"), *refresh = json_get(value, "refresh");
    size_t was = reader_in(reader, "auth");

    if (!reader_keys(reader, value, "header value refresh") ||
        !reader_text(reader, value, "header", true, &out->auth_header) ||
        !reader_template(reader, value, "value", true, &out->auth_value))
        return false;
    if (refresh) {
        size_t inner = reader_in(reader, "refresh");
        out->refresh.given = true;
        if (!reader_keys(reader, refresh, "url form token expires") ||
            !reader_template(reader, refresh, "url", true, &out->refresh.url) ||
            !reader_pairs(reader, refresh, "form", &out->refresh.form) ||
            !reader_path(reader, refresh, "token", &out->refresh.token, NULL) ||
            !reader_path(reader, refresh, "expires", &out->refresh.expires, NULL))
            return false;
        reader_out(reader, inner);
    }
    reader_out(reader, was);
    return true;
}

static bool read_pace(struct reader *reader, const struct json *root, struct adapter *out)
{
    const struct json *value = json_get(root, "pace");
    size_t was = reader_in(reader, "pace");

    out->per_second = 2;
    out->timeout_ms = 120000;
    out->max_bytes = (int64_t)16 << 20;
    out->tries = 6;
    out->first_ms = 2000;
    out->most_ms = 60000;
    out->wait_most_ms = 900000;
    if (!value) return reader_out(reader, was), true;
    if (!reader_keys(reader, value, "per_second timeout_s max_bytes tries first_s most_s wait_most_s") ||
        !reader_number(reader, value, "per_second", &out->per_second) ||
        !reader_seconds(reader, value, "timeout_s", &out->timeout_ms) ||
        !reader_whole(reader, value, "max_bytes", 1024, (int64_t)64 << 20, &out->max_bytes) ||
        !reader_whole(reader, value, "tries", 1, 20, &out->tries) ||
        !reader_seconds(reader, value, "first_s", &out->first_ms) ||
        !reader_seconds(reader, value, "most_s", &out->most_ms) ||
        !reader_seconds(reader, value, "wait_most_s", &out->wait_most_ms))
        return false;
    if (out->timeout_ms < 1) return reader_wrong(reader, "timeout_s is above 0");
    reader_out(reader, was);
    return true;
}

static bool read_window(struct reader *reader, const struct json *root, struct adapter *out)
{
    const struct json *value = json_get(root, "window");
    size_t was = reader_in(reader, "window");

    out->window.first_days = 90;
    out->window.chunk_days = 30;
    out->window.restate_days = 7;
    out->window.long_every_days = 7;
    if (!reader_keys(reader, value, "first_days chunk_days restate_days long_restate_days long_every_days") ||
        !reader_whole(reader, value, "first_days", 1, 1500, &out->window.first_days) ||
        !reader_whole(reader, value, "chunk_days", 1, 366, &out->window.chunk_days) ||
        !reader_whole(reader, value, "restate_days", 0, 366, &out->window.restate_days) ||
        !reader_whole(reader, value, "long_restate_days", 0, 366, &out->window.long_restate_days) ||
        !reader_whole(reader, value, "long_every_days", 1, 366, &out->window.long_every_days))
        return false;
    reader_out(reader, was);
    return true;
}

static bool read_info(struct reader *reader, const struct json *root, struct adapter *out)
{
    const struct json *value = json_get(root, "info");
    size_t was = reader_in(reader, "info");

    if (!value) return reader_out(reader, was), true;
    out->has_info = true;
    if (!reader_keys(reader, value, "ask values") || !read_ask(reader, value, "ask", &out->info_ask) ||
        !read_values(reader, value, "values", &out->info_values))
        return false;
    reader_out(reader, was);
    return true;
}

static bool read_head(struct reader *reader, const struct json *root, struct adapter *out)
{
    int64_t version = 0;

    if (!reader_keys(reader, root,
                     "adapter name title channels settings base_url account zone currency auth pace window info usage "
                     "errors rows reports") ||
        !reader_whole(reader, root, "adapter", 1, 1, &version) ||
        !reader_text(reader, root, "name", true, &out->info.name) ||
        !reader_titles(reader, root, "title", &out->info.title, &out->info.title_ru) ||
        !reader_text(reader, root, "channels", true, &out->info.channels) ||
        !reader_text(reader, root, "base_url", true, &out->base_url))
        return false;
    if (version != 1) return reader_wrong(reader, "\"adapter\": 1 is missing, the version of this format");
    if (!is_slug(out->info.name)) return reader_wrong(reader, "name: a slug of a-z, 0-9 and _ is expected");
    return str_starts(out->base_url, STR("https://")) ||
           reader_wrong(reader, "base_url: an address that begins with https:// is expected");
}

bool adapter_read(Str file, Str text, struct arena *arena, struct adapter *out, struct err *err)
{
    struct reader reader = {.file = file, .arena = arena, .err = err};
    struct err why = {0};

    *out = (struct adapter){.file = file};
    if (text.n > ADAPTER_BYTES_MAX)
        return err_set(err, ERR_LIMIT, "%.*s: an adapter is at most %zu bytes", STR_ARG(file), ADAPTER_BYTES_MAX);
    const struct json *root = json_parse(text, arena, &why);
    if (!root) return reader_wrong(&reader, "%s", why.text);
    if (!read_head(&reader, root, out) || !read_settings(&reader, root, out)) return false;
    know_names(&reader, root, out);
    return reader_template(&reader, root, "account", true, &out->account) &&
           reader_template(&reader, root, "zone", true, &out->zone) &&
           reader_template(&reader, root, "currency", true, &out->currency) && read_auth(&reader, root, out) &&
           read_pace(&reader, root, out) && read_window(&reader, root, out) && read_info(&reader, root, out) &&
           read_usage(&reader, root, out) && read_errors(&reader, root, &out->errors) &&
           read_reports(&reader, root, out);
}

/* ---- the settings of a connection ---- */

static bool check_value(const struct adapter_setting *setting, Str value, struct arena *arena, struct err *err)
{
    const char *name = arena_cstr(arena, setting->name);
    regex_t compiled;

    if (!value.n && !setting->optional) return err_set_field(err, name, "%.*s is missing", STR_ARG(setting->title));
    if (value.n > CONNECTION_SETTING_MAX)
        return err_set_field(err, name, "%.*s is longer than %d bytes", STR_ARG(setting->title),
                             CONNECTION_SETTING_MAX);
    for (size_t i = 0; i < value.n; i++)
        if ((unsigned char)value.p[i] < 0x20)
            return err_set_field(err, name, "%.*s holds a line end or another control character",
                                 STR_ARG(setting->title));
    if (!value.n || !setting->pattern.n) return true;
    CHECK(compile(setting->pattern, arena, &compiled));
    bool fits = regexec(&compiled, arena_cstr(arena, value), 0, NULL, 0) == 0;
    regfree(&compiled);
    return fits || err_set_field(err, name, "%.*s does not look right%s%.*s", STR_ARG(setting->title),
                                 setting->help.n ? ": " : "", STR_ARG(setting->help));
}

bool adapter_settings(const struct adapter *adapter, const struct json *settings, struct arena *arena, struct vars *out,
                      struct err *err)
{
    struct json_members members = json_members(settings);
    const struct json *value;
    Str name;

    out->n = 0;
    if (!json_is_object(settings)) return err_set_field(err, "settings", "settings are an object of names and texts");
    for (size_t i = 0; i < adapter->info.n_settings; i++) {
        const struct adapter_setting *setting = &adapter->info.settings[i];
        value = json_get(settings, arena_cstr(arena, setting->name));
        if (value && !json_str(value).p && !json_is_null(value))
            return err_set_field(err, arena_cstr(arena, setting->name), "%.*s has to be a text",
                                 STR_ARG(setting->title));
        Str text = str_trim(json_str(value));
        if (!text.n) text = setting->fallback;
        if (!check_value(setting, text, arena, err)) return false;
        vars_set(out, setting->name, text);
    }
    while (json_next(&members, &name, &value)) {
        bool known = false;
        for (size_t i = 0; i < adapter->info.n_settings; i++)
            known = known || str_eq(adapter->info.settings[i].name, name);
        if (!known)
            return err_set_field(err, "settings", "%.*s has no setting \"%.*s\"", STR_ARG(adapter->info.title),
                                 (int)(name.n < 60 ? name.n : 60), name.p);
    }
    return true;
}
