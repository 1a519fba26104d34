/* The parts that several places of an adapter's file have in common: requests, conditions, waits, errors. */
#include <string.h>

#include "connect/reader_int.h"

#define CLASS_WORDS "ok auth rights limit too_much bad gone server restart"

static bool read_condition(struct reader *reader, const struct json *value, struct condition *out)
{
    return reader_keys(reader, value, "at is") && reader_path(reader, value, "at", &out->at, NULL) &&
           reader_texts(reader, value, "is", &out->is, &out->n);
}

bool read_conditions(struct reader *reader, const struct json *object, const char *key, struct condition *out,
                     size_t *n)
{
    const struct json *list = json_get(object, key);
    size_t was = reader_in(reader, key);

    *n = json_count(list);
    if (list && (!json_is_array(list) || *n == 0 || *n > CONDITIONS_MAX))
        return reader_wrong(reader, "a list of 1 to %d objects with at and is is expected", CONDITIONS_MAX);
    for (size_t i = 0; i < *n; i++) {
        size_t item = reader_in_item(reader, i);
        if (!read_condition(reader, json_at(list, i), &out[i])) return false;
        reader_out(reader, item);
    }
    reader_out(reader, was);
    return true;
}

static bool read_wait(struct reader *reader, const struct json *object, const char *key, struct wait_rule *out)
{
    static const double UNITS[] = {1000, 60000, 1};
    const struct json *value = json_get(object, key);
    size_t was = reader_in(reader, key), unit = 0;
    bool has_path = false;

    if (!value) return reader_out(reader, was), true;
    *out = (struct wait_rule){.given = true, .most_ms = INT64_MAX};
    bool ok = reader_keys(reader, value, "header at unit least_s most_s default_s") &&
              reader_text(reader, value, "header", false, &out->header) &&
              reader_path(reader, value, "at", &out->at, &has_path) &&
              reader_word(reader, value, "unit", "s min ms", &unit) &&
              reader_seconds(reader, value, "least_s", &out->least_ms) &&
              reader_seconds(reader, value, "default_s", &out->fallback_ms);
    if (ok && json_get(value, "most_s")) {
        out->most_ms = 0;
        ok = reader_seconds(reader, value, "most_s", &out->most_ms);
    }
    if (!ok) return false;
    out->in_body = has_path && !out->header.n;
    out->unit_ms = UNITS[unit];
    if (!out->header.n && !has_path && !out->fallback_ms)
        return reader_wrong(reader, "a header, a path (at) or default_s is expected");
    if (out->least_ms > out->most_ms) return reader_wrong(reader, "least_s is above most_s");
    reader_out(reader, was);
    return true;
}

static bool read_later(struct reader *reader, const struct json *object, struct ask *out)
{
    const struct json *value = json_get(object, "later");
    size_t was = reader_in(reader, "later");

    if (!value) return reader_out(reader, was), true;
    out->later.at_most_ms = 3600000;
    if (!reader_keys(reader, value, "status wait at_most_s") ||
        !reader_statuses(reader, value, out->later.status, &out->later.n) ||
        !read_wait(reader, value, "wait", &out->later.wait) ||
        !reader_seconds(reader, value, "at_most_s", &out->later.at_most_ms))
        return false;
    if (!out->later.n || !out->later.wait.given)
        return reader_wrong(reader, "status and wait are expected: which replies mean \"not yet\", and how long");
    reader_out(reader, was);
    return true;
}

bool read_ask(struct reader *reader, const struct json *object, const char *key, struct ask *out)
{
    const struct json *value = json_get(object, key);
    size_t was = reader_in(reader, key), method = 0;

    *out = (struct ask){.method = "GET"};
    if (!reader_keys(reader, value, "method path query headers form json later") ||
        !reader_word(reader, value, "method", "GET POST", &method) ||
        !reader_template(reader, value, "path", true, &out->path) ||
        !reader_pairs(reader, value, "query", &out->query) || !reader_pairs(reader, value, "headers", &out->headers) ||
        !reader_pairs(reader, value, "form", &out->form) || !read_later(reader, value, out))
        return false;
    out->method = method ? "POST" : "GET";
    out->json = json_get(value, "json");
    if (out->json && out->form.n) return reader_wrong(reader, "a request has a form or a json body, not both");
    if ((out->json || out->form.n) && !method)
        return reader_wrong(reader, "a GET has no body; say \"method\": \"POST\"");
    if (out->headers.n > NET_HEADERS_MAX - 4)
        return reader_wrong(reader, "at most %d headers are sent", NET_HEADERS_MAX - 4);
    if (out->path.p[0] != '/' && out->path.p[0] != '{' && !str_starts(out->path, STR("https://")))
        return reader_wrong(reader, "path begins with \"/\" and stands behind the base address");
    if (!reader_names(reader, out->json)) return false;
    reader_out(reader, was);
    return true;
}

bool read_values(struct reader *reader, const struct json *object, const char *key, struct values *out)
{
    const struct json *value = json_get(object, key);
    size_t was = reader_in(reader, key);

    if (value && (!json_is_object(value) || json_members(value).left > COUNT_OF(out->row)))
        return reader_wrong(reader, "an object of at most %zu names and paths is expected", COUNT_OF(out->row));
    struct json_members members = json_members(value);
    const struct json *item;
    Str name;
    out->n = 0;
    while (json_next(&members, &name, &item)) {
        struct value_rule *rule = &out->row[out->n++];
        rule->name = name;
        if (!reader_path(reader, value, arena_cstr(reader->arena, name), &rule->at, NULL)) return false;
    }
    reader_out(reader, was);
    return true;
}

static bool read_rule(struct reader *reader, const struct json *value, struct error_rule *out)
{
    size_t class = 0;

    if (!reader_keys(reader, value, "status when header also_ok class say wait") ||
        !reader_statuses(reader, value, out->status, &out->n_status) ||
        !read_conditions(reader, value, "when", out->when, &out->n_when) ||
        !reader_text(reader, value, "header", false, &out->header) ||
        !reader_bool(reader, value, "also_ok", &out->also_ok) ||
        !reader_word(reader, value, "class", CLASS_WORDS, &class) || !read_wait(reader, value, "wait", &out->wait) ||
        (json_get(value, "say") && !reader_titles(reader, value, "say", &out->say, &out->say_ru)))
        return false;
    out->class = (enum ask_class) class;
    if (!json_get(value, "class")) return reader_wrong(reader, "class is missing; one of " CLASS_WORDS);
    if (!out->n_status && !out->n_when && !out->header.n)
        return reader_wrong(reader, "status, when or header is expected: which replies are meant");
    return true;
}

static bool read_error_places(struct reader *reader, const struct json *value, struct errors *out)
{
    Str *texts = NULL;
    size_t n, was;
    struct err why = {0};

    if (!reader_texts(reader, value, "at", &texts, &n)) return false;
    was = reader_in(reader, "at");
    if (n > COUNT_OF(out->at)) return reader_wrong(reader, "at most %zu places are looked at", COUNT_OF(out->at));
    for (out->n_at = 0; out->n_at < n; out->n_at++)
        if (!path_read(texts[out->n_at], reader->where, reader->arena, &out->at[out->n_at], &why))
            return reader_wrong(reader, "%s", why.text);
    reader_out(reader, was);
    return true;
}

bool read_errors(struct reader *reader, const struct json *root, struct errors *out)
{
    const struct json *value = json_get(root, "errors"), *rules = json_get(value, "rules"), *ok = json_get(value, "ok");
    size_t was = reader_in(reader, "errors");

    if (!reader_keys(reader, value, "at ok code rules") || !read_error_places(reader, value, out) ||
        !reader_path(reader, value, "code", &out->code, &out->has_code))
        return false;
    if (ok) {
        size_t inner = reader_in(reader, "ok");
        if (!read_condition(reader, ok, &out->ok)) return false;
        out->has_ok = true;
        reader_out(reader, inner);
    }
    size_t list = reader_in(reader, "rules");
    if (!reader_list(reader, rules)) return false;
    out->n = json_count(rules);
    out->rule = ARENA_ARRAY(reader->arena, struct error_rule, out->n + 1);
    for (size_t i = 0; i < out->n; i++) {
        size_t item = reader_in_item(reader, i);
        if (!read_rule(reader, json_at(rules, i), &out->rule[i])) return false;
        reader_out(reader, item);
    }
    reader_out(reader, list);
    reader_out(reader, was);
    return true;
}

bool read_usage(struct reader *reader, const struct json *root, struct adapter *out)
{
    const struct json *list = json_get(root, "usage");
    size_t was = reader_in(reader, "usage");

    if (list && !reader_list(reader, list)) return false;
    out->n_usage = json_count(list);
    out->usage = ARENA_ARRAY(reader->arena, struct usage_rule, out->n_usage + 1);
    for (size_t i = 0; i < out->n_usage; i++) {
        const struct json *value = json_at(list, i);
        struct usage_rule *rule = &out->usage[i];
        size_t item = reader_in_item(reader, i);
        rule->above = 80;
        rule->pause_ms = 60000;
        if (!reader_keys(reader, value, "header at above pause_s wait") ||
            !reader_text(reader, value, "header", true, &rule->header) ||
            !reader_path(reader, value, "at", &rule->at, NULL) ||
            !reader_number(reader, value, "above", &rule->above) ||
            !reader_seconds(reader, value, "pause_s", &rule->pause_ms) ||
            !read_wait(reader, value, "wait", &rule->wait))
            return false;
        reader_out(reader, item);
    }
    reader_out(reader, was);
    return true;
}
