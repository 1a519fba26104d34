#include "connect/template.h"

#include <string.h>

#define TEXT_MAX ((size_t)64 * 1024)

void vars_set(struct vars *vars, Str name, Str value)
{
    size_t i = 0;

    while (i < vars->n && !str_eq(vars->name[i], name)) i++;
    CHECK(i < VARS_MAX);
    if (i == vars->n) vars->name[vars->n++] = name;
    vars->value[i] = value;
}

Str vars_get(const struct vars *vars, Str name)
{
    for (size_t i = 0; i < vars->n; i++)
        if (str_eq(vars->name[i], name)) return vars->value[i];
    return (Str){NULL, 0};
}

static bool is_name(Str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (c == '#' && i == 0))) return false;
    }
    return s.n > 0;
}

bool template_next(Str *rest, Str *before, Str *name)
{
    for (size_t i = 0; i < rest->n; i++) {
        if (rest->p[i] != '{') continue;
        Str inner = str_from(*rest, i + 1);
        Str word = str_cut(&inner, '}');
        if (!inner.p || !is_name(word)) continue;
        *before = (Str){rest->p, i};
        *name = word;
        *rest = inner;
        return true;
    }
    *before = *rest;
    *rest = (Str){NULL, 0};
    return false;
}

void url_encode(struct buf *out, Str value)
{
    static const char HEX[] = "0123456789ABCDEF";

    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '_' || c == '.' || c == '~';
        if (!plain) {
            buf_add_char(out, '%');
            buf_add_char(out, HEX[c >> 4]);
            c = (unsigned char)HEX[c & 15];
        }
        buf_add_char(out, (char)c);
    }
}

static void fill(struct buf *out, Str text, const struct vars *vars, bool encode)
{
    Str before, name;
    bool more = true;

    while (more) {
        more = template_next(&text, &before, &name);
        buf_add(out, before);
        if (!more) break;
        Str value = vars_get(vars, name.p[0] == '#' ? str_from(name, 1) : name);
        if (encode)
            url_encode(out, value);
        else
            buf_add(out, value);
    }
}

Str template_text(Str text, const struct vars *vars, struct arena *arena)
{
    struct buf buf;

    if (!text.n || !memchr(text.p, '{', text.n)) return text;
    buf_init(&buf, TEXT_MAX);
    fill(&buf, text, vars, false);
    Str out = arena_copy(arena, buf_str(&buf));
    buf_reset(&buf);
    return out;
}

void template_url(struct buf *out, Str text, const struct vars *vars)
{
    fill(out, text, vars, true);
}

static bool has_names(Str text)
{
    Str before, name;

    return template_next(&text, &before, &name);
}

static bool is_number_name(Str text)
{
    Str before, name;

    return template_next(&text, &before, &name) && before.n == 0 && text.n == 0 && name.p[0] == '#';
}

static bool is_left_out(const struct json *value, const struct vars *vars, struct arena *arena)
{
    Str text = json_str(value);

    return text.n && has_names(text) && template_text(text, vars, arena).n == 0;
}

static void put_text(struct json_out *out, Str text, const struct vars *vars, struct arena *arena)
{
    Str filled = template_text(text, vars, arena);
    int64_t whole;

    if (is_number_name(text) && str_to_i64(filled, &whole))
        json_put_i64(out, whole);
    else
        json_put_str(out, filled);
}

static void put_scalar(struct json_out *out, const struct json *value)
{
    int64_t whole;
    double real;
    bool truth;

    if (json_i64(value, &whole))
        json_put_i64(out, whole);
    else if (json_double(value, &real))
        json_put_double(out, real);
    else if (json_bool(value, &truth))
        json_put_bool(out, truth);
    else if (json_is_null(value))
        json_put_null(out);
    else
        json_put_str(out, json_str(value));
}

void template_json(struct json_out *out, const struct json *value, const struct vars *vars, struct arena *arena)
{
    bool object = json_is_object(value);

    if (!object && !json_is_array(value)) {
        if (json_str(value).n)
            put_text(out, json_str(value), vars, arena);
        else
            put_scalar(out, value);
        return;
    }
    struct json_members members = json_members(value);
    const struct json *item;
    Str key;
    json_open(out, object ? '{' : '[');
    while (json_next(&members, &key, &item)) {
        if (is_left_out(item, vars, arena)) continue;
        if (object) json_key_str(out, key);
        template_json(out, item, vars, arena);
    }
    json_close(out, object ? '}' : ']');
}
