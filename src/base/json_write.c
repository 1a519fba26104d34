#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/time.h"

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

/* Bytes that are no UTF-8 cannot stand in JSON: each that is part of no character becomes U+FFFD. */
static void add_repaired(struct buf *buf, Str s)
{
    struct buf clean;

    buf_init(&clean, s.n * 3);
    while (s.n) {
        size_t n = str_utf8_length(s);
        buf_add(&clean, n ? (Str){s.p, n} : STR("\xEF\xBF\xBD"));
        s = str_from(s, n ? n : 1);
    }
    add_quoted(buf, buf_str(&clean));
    buf_reset(&clean);
}

void json_key_str(struct json_out *out, Str key)
{
    json_put_str(out, key);
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

void json_kv_day(struct json_out *out, const char *key, int64_t day)
{
    char text[TIME_TEXT_MAX];
    json_kv_text(out, key, day == INT64_MIN ? NULL : time_format_day((int32_t)day, text));
}
