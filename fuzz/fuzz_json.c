/* Any text: our reader and jansson give one verdict; each member that jansson has, our tree has, and its span reads as
 * the same value; the writer's texts read back. */
#include "fuzz.h"

#include <string.h>

#include "base/json.h"

#include <jansson.h>

#define FLAGS (JSON_ALLOW_NUL | JSON_DECODE_ANY)

static bool same(const struct json *a, const struct json *b)
{
    int64_t wa = 0, wb = 0;
    double ra = 0, rb = 0;
    bool ba = false, bb = false;

    if ((json_is_array)(a) != (json_is_array)(b) || (json_is_object)(a) != (json_is_object)(b)) return false;
    if (json_count(a) != json_count(b) || (json_is_null)(a) != (json_is_null)(b)) return false;
    for (size_t i = 0; i < json_count(a); i++)
        if (!same(json_at(a, i), json_at(b, i))) return false;
    if (json_i64(a, &wa) != json_i64(b, &wb) || wa != wb) return false;
    if (json_double(a, &ra) != json_double(b, &rb) || memcmp(&ra, &rb, sizeof ra) != 0) return false;
    if (json_bool(a, &ba) != json_bool(b, &bb) || ba != bb) return false;
    return str_eq(json_str(a), json_str(b));
}

/* A span is found by the name as it is written: names with escapes are another matter. */
static void check_member(Str text, const struct json *root, const char *key, struct arena *arena)
{
    struct err err;
    Str span;
    const struct json *value = json_get(root, key), *read;

    CHECK(value != NULL);
    if (!json_span_member(text, str_of(key), &span)) {
        CHECK(memchr(text.p, '\\', text.n) != NULL);
        return;
    }
    read = json_parse(span, arena, &err);
    CHECK(read != NULL);
    if (!memchr(text.p, '\\', text.n)) CHECK(same(read, value));
}

static void check_items(Str text, const struct json *root, struct arena *arena)
{
    struct json_walk walk;
    struct err err;
    Str span;

    CHECK(json_walk_start(&walk, text) == (json_is_array)(root));
    if (!(json_is_array)(root)) return;
    for (size_t i = 0; i < json_count(root); i++) {
        CHECK(json_walk_next(&walk, &span));
        const struct json *read = json_parse(span, arena, &err);
        CHECK(read && same(read, json_at(root, i)));
    }
    CHECK(json_walk_next(&walk, &span) && span.n == 0);
}

static void check_text_reads_back(Str text, struct arena *arena)
{
    struct buf buf;
    struct err err;

    buf_init(&buf, 6 * text.n + 8);
    struct json_out out = json_to(&buf);
    json_put_str(&out, text);
    const struct json *read = json_parse(buf_str(&buf), arena, &err);
    CHECK(read != NULL);
    if (str_is_utf8(text)) CHECK(str_eq(json_str(read), text));
    buf_reset(&buf);
}

/* jansson takes no NUL in a name, does not see one behind a number, and has no whole numbers past 64 bits; numbers of
 * more than JSON_NUMBER_MAX characters are a limit of ours. */
static bool is_known_difference(Str text, const struct err *ours, const json_error_t *theirs)
{
    if (text.n && memchr(text.p, '\0', text.n)) return true;
    if (strstr(ours->text, "too long or too large") || strstr(ours->text, "too deep")) return true;
    return json_error_code(theirs) == json_error_null_byte_in_key ||
           json_error_code(theirs) == json_error_numeric_overflow;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    Str text = {(const char *)data, n};
    struct arena arena, scratch;
    struct err err = {0};
    json_error_t why = {0};
    const char *key;
    json_t *value;

    arena_init(&arena, json_arena_bytes(n));
    arena_init(&scratch, (size_t)1 << 30);
    const struct json *root = json_parse(text, &arena, &err);
    json_t *theirs = json_loadb(text.p, text.n, FLAGS, &why);
    if (!root != !theirs) CHECK(is_known_difference(text, &err, &why));
    if (root && theirs) {
        json_object_foreach(theirs, key, value) check_member(text, root, key, &scratch);
        check_items(text, root, &scratch);
    }
    check_text_reads_back(text, &scratch);
    json_decref(theirs);
    arena_free(&arena);
    arena_free(&scratch);
    return 0;
}
