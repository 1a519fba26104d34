/* base/json.h -- JSON read and written.
 *
 * Is:    a strict reader (RFC 8259) into a tree in an arena, spans found without reading, and a streaming writer.
 * Owns:  nothing: a tree lives as long as its arena and its text, a writer borrows its buffer.
 * Never: accepts a text deeper than JSON_DEPTH_MAX, bad UTF-8, lone surrogates, or anything after the value.
 *
 * The reader is ours and not a library's because every event goes through it: see docs/ARCHITECTURE.md, "What we do
 * differently". Tests hold it to jansson's verdict on random and broken texts.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define JSON_DEPTH_MAX 64
#define JSON_NUMBER_MAX 63 /* characters of a number that is no 64-bit whole one */

/* ---- reading: every getter takes NULL or a value of another kind and answers with "absent" ---- */
struct json;

/* NULL and err with line and column. Strings without escapes are slices of `text`; the others are in the arena.
 * Takes at most 24 bytes a value, twice over while it grows. */
const struct json *json_parse(Str text, struct arena *arena, struct err *err);
size_t json_arena_bytes(size_t text_bytes); /* a ceiling that is enough for any text of so many bytes */

const struct json *json_get(const struct json *object, const char *key); /* the first of that name */
const struct json *json_at(const struct json *array, size_t i);
size_t json_count(const struct json *array); /* 0 if it is no array */
/* Walk an object's members, or an array's items (whose keys are empty): json_members, then json_next until it is false.
 */
struct json_members {
    const struct json *at;
    uint32_t left;
    bool keyed;
};
struct json_members json_members(const struct json *container);
bool json_next(struct json_members *members, Str *key, const struct json **value);
bool json_is_object(const struct json *value);
bool json_is_array(const struct json *value);
bool json_is_null(const struct json *value);                      /* absent counts as null */
Str json_str(const struct json *value);                           /* empty unless a string */
bool json_i64(const struct json *value, int64_t *out) MUST_CHECK; /* a whole number */
Str json_number_text(const struct json *value); /* of a number that is no 64-bit whole one: as it stands there */
bool json_double(const struct json *value, double *out) MUST_CHECK; /* any number */
bool json_bool(const struct json *value, bool *out) MUST_CHECK;

/* ---- spans: where values stand in a text, without reading them. A span that is cut off or out of balance is not
 * found; whether what stands in it is valid is for json_parse to say. ---- */
bool json_span_member(Str object, Str key, Str *value) MUST_CHECK; /* of the outermost object; the first such key */
/* Walk an array's items: json_walk_start, then json_walk_next until *item is empty; an object's members likewise, each
 * key as it stands between its quotes. False: malformed. */
struct json_walk {
    Str rest;
};
bool json_walk_start(struct json_walk *walk, Str array) MUST_CHECK;
bool json_walk_next(struct json_walk *walk, Str *item) MUST_CHECK;
bool json_walk_members(struct json_walk *walk, Str object) MUST_CHECK;
bool json_walk_member(struct json_walk *walk, Str *key, Str *value) MUST_CHECK;

/* ---- writing: commas are the writer's business ---- */
struct json_out {
    struct buf *buf;
    bool comma;
};

struct json_out json_to(struct buf *buf);
void json_open(struct json_out *out, char bracket);  /* '{' or '[' */
void json_close(struct json_out *out, char bracket); /* '}' or ']' */
void json_key(struct json_out *out, const char *key);
void json_key_str(struct json_out *out, Str key);
void json_put_str(struct json_out *out, Str value); /* a byte that is no UTF-8 becomes U+FFFD */
void json_put_i64(struct json_out *out, int64_t value);
void json_put_double(struct json_out *out, double value); /* shortest that reads back; null if not finite */
void json_put_bool(struct json_out *out, bool value);
void json_put_null(struct json_out *out);
void json_put_raw(struct json_out *out, Str json); /* a value that is JSON already */
/* key and value in one call */
void json_kv_str(struct json_out *out, const char *key, Str value);
void json_kv_text(struct json_out *out, const char *key, const char *value); /* NULL -> null */
void json_kv_i64(struct json_out *out, const char *key, int64_t value);
void json_kv_double(struct json_out *out, const char *key, double value);
void json_kv_bool(struct json_out *out, const char *key, bool value);
void json_kv_null(struct json_out *out, const char *key);
void json_kv_instant(struct json_out *out, const char *key, int64_t at_ms); /* RFC 3339; INT64_MIN -> null */
void json_kv_day(struct json_out *out, const char *key, int64_t day);       /* 2025-02-12; INT64_MIN -> null */

#endif
