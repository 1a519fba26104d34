#include "base/json.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

/* jansson has macros of these names; ours are functions that its users can see without it. */
#undef json_is_object
#undef json_is_array
#undef json_is_null

/* `struct json` is never defined: it is jansson's json_t under a name that keeps jansson.h in this file. */
static const json_t *native(const struct json *value)
{
    return (const json_t *)(const void *)value;
}

static struct json *ours(json_t *value)
{
    return (struct json *)(void *)value;
}

/* Brackets open at once, outside strings. jansson recurses for each, so this is checked before it starts. */
static int depth_of(Str text)
{
    int depth = 0, deepest = 0;
    bool in_string = false;

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (in_string) {
            if (c == '\\') {
                i++;
            } else if (c == '"') {
                in_string = false;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > deepest) deepest = depth;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return deepest;
}

struct json *json_parse(Str text, struct err *err)
{
    json_error_t why;
    json_t *root = NULL;

    if (depth_of(text) > JSON_DEPTH_MAX) {
        err_set(err, ERR_INVALID, "the JSON is nested deeper than %d levels", JSON_DEPTH_MAX);
        return NULL;
    }
    root = json_loadb(text.n ? text.p : "", text.n, JSON_ALLOW_NUL | JSON_DECODE_ANY, &why);
    if (!root && json_error_code(&why) == json_error_numeric_overflow) /* a whole number past 64 bits is a real */
        root = json_loadb(text.p, text.n, JSON_ALLOW_NUL | JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, &why);
    if (!root) err_set(err, ERR_INVALID, "not valid JSON at line %d, column %d: %s", why.line, why.column, why.text);
    return ours(root);
}

void json_free(struct json *root)
{
    json_decref((json_t *)(void *)root);
}

const struct json *json_get(const struct json *object, const char *key)
{
    return ours(json_object_get(native(object), key));
}

const struct json *json_at(const struct json *array, size_t i)
{
    return ours(json_array_get(native(array), i));
}

size_t json_count(const struct json *array)
{
    return json_array_size(native(array));
}

bool json_is_object(const struct json *value)
{
    return value && json_typeof(native(value)) == JSON_OBJECT;
}

bool json_is_array(const struct json *value)
{
    return value && json_typeof(native(value)) == JSON_ARRAY;
}

bool json_is_null(const struct json *value)
{
    return !value || json_typeof(native(value)) == JSON_NULL;
}

Str json_str(const struct json *value)
{
    const json_t *v = native(value);
    return json_is_string(v) ? (Str){json_string_value(v), json_string_length(v)} : (Str){NULL, 0};
}

bool json_i64(const struct json *value, int64_t *out)
{
    const json_t *v = native(value);
    if (!json_is_integer(v)) return false;
    *out = json_integer_value(v);
    return true;
}

bool json_double(const struct json *value, double *out)
{
    const json_t *v = native(value);
    if (!json_is_number(v)) return false;
    *out = json_number_value(v);
    return true;
}

bool json_bool(const struct json *value, bool *out)
{
    const json_t *v = native(value);
    if (!json_is_boolean(v)) return false;
    *out = json_is_true(v);
    return true;
}

static int add_chunk(const char *bytes, size_t n, void *out)
{
    return buf_add(out, (Str){bytes, n}) ? 0 : -1;
}

bool json_dump(const struct json *value, struct buf *out)
{
    return json_dump_callback(native(value), add_chunk, out, JSON_COMPACT | JSON_ENCODE_ANY) == 0;
}

/* ---- writing ---- */

struct json_out json_to(struct buf *buf)
{
    return (struct json_out){.buf = buf};
}

static void before_value(struct json_out *out)
{
    if (out->comma) buf_add_char(out->buf, ',');
    out->comma = true;
}

void json_open(struct json_out *out, char bracket)
{
    before_value(out);
    buf_add_char(out->buf, bracket);
    out->comma = false;
}

void json_close(struct json_out *out, char bracket)
{
    buf_add_char(out->buf, bracket);
    out->comma = true;
}

static void add_quoted(struct buf *buf, Str s)
{
    size_t from = 0;

    buf_add_char(buf, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7F) continue;
        buf_add(buf, (Str){s.p + from, i - from});
        if (c == '"' || c == '\\') {
            buf_printf(buf, "\\%c", c);
        } else {
            buf_printf(buf, "\\u%04x", c);
        }
        from = i + 1;
    }
    buf_add(buf, str_from(s, from));
    buf_add_char(buf, '"');
}

/* Bytes that are no UTF-8 cannot stand in JSON: each byte past ASCII becomes U+FFFD. */
static void add_repaired(struct buf *buf, Str s)
{
    struct buf clean;

    buf_init(&clean, s.n * 3);
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] < 0x80) {
            buf_add_char(&clean, s.p[i]);
        } else {
            buf_add(&clean, STR("\xEF\xBF\xBD"));
        }
    }
    add_quoted(buf, buf_str(&clean));
    buf_reset(&clean);
}

void json_key_str(struct json_out *out, Str key)
{
    before_value(out);
    add_quoted(out->buf, key);
    buf_add_char(out->buf, ':');
    out->comma = false;
}

void json_key(struct json_out *out, const char *key)
{
    json_key_str(out, str_of(key));
}

void json_put_str(struct json_out *out, Str value)
{
    before_value(out);
    if (str_is_utf8(value)) {
        add_quoted(out->buf, value);
    } else {
        add_repaired(out->buf, value);
    }
}

void json_put_i64(struct json_out *out, int64_t value)
{
    before_value(out);
    buf_printf(out->buf, "%" PRId64, value);
}

void json_put_double(struct json_out *out, double value)
{
    char text[32];

    if (!isfinite(value)) {
        json_put_null(out);
        return;
    }
    before_value(out);
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    buf_add(out->buf, str_of(text));
}

void json_put_bool(struct json_out *out, bool value)
{
    before_value(out);
    buf_add(out->buf, value ? STR("true") : STR("false"));
}

void json_put_null(struct json_out *out)
{
    before_value(out);
    buf_add(out->buf, STR("null"));
}

void json_put_raw(struct json_out *out, Str json)
{
    before_value(out);
    buf_add(out->buf, json);
}

void json_kv_str(struct json_out *out, const char *key, Str value)
{
    json_key(out, key);
    json_put_str(out, value);
}

void json_kv_text(struct json_out *out, const char *key, const char *value)
{
    json_key(out, key);
    if (value) {
        json_put_str(out, str_of(value));
    } else {
        json_put_null(out);
    }
}

void json_kv_i64(struct json_out *out, const char *key, int64_t value)
{
    json_key(out, key);
    json_put_i64(out, value);
}

void json_kv_double(struct json_out *out, const char *key, double value)
{
    json_key(out, key);
    json_put_double(out, value);
}

void json_kv_bool(struct json_out *out, const char *key, bool value)
{
    json_key(out, key);
    json_put_bool(out, value);
}

void json_kv_null(struct json_out *out, const char *key)
{
    json_key(out, key);
    json_put_null(out);
}

void json_kv_instant(struct json_out *out, const char *key, int64_t at_ms)
{
    char text[TIME_TEXT_MAX];
    json_kv_text(out, key, at_ms == INT64_MIN ? NULL : time_format_instant(at_ms, text));
}
