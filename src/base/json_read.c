/* base/json_read.c -- the reader.
 *
 * A tree is an array of nodes in the order of the text: a container is followed by its members (of an object, each
 * key by its value), and says how many nodes it spans, so that the next sibling is found by one addition. Nothing is
 * allocated but the array and the few strings that have escapes. Most of a text is the inside of strings: it is
 * passed over eight bytes at a time until a byte that matters. Recursion goes as deep as JSON_DEPTH_MAX, no deeper.
 */
#include "base/json.h"

#include <string.h>

#define FIRST_NODES 64

enum type { TYPE_NULL, TYPE_FALSE, TYPE_TRUE, TYPE_WHOLE, TYPE_REAL, TYPE_STRING, TYPE_ARRAY, TYPE_OBJECT };

struct json {
    uint32_t type_and_length; /* type in the lowest 3 bits; above: bytes of a string or real, members of a container */
    uint32_t span;            /* nodes, its own included */
    union {
        const char *text;
        int64_t whole;
    } value;
};

struct reader {
    const char *start, *at, *end;
    struct arena *arena;
    struct json *nodes;
    uint32_t n, cap;
    int depth;
    const char *wrong; /* what is wrong at `at` */
};

static enum type type_of(const struct json *value)
{
    return value ? (enum type)(value->type_and_length & 7u) : TYPE_NULL;
}

static uint32_t length_of(const struct json *value)
{
    return value->type_and_length >> 3;
}

static bool fail(struct reader *r, const char *wrong)
{
    if (!r->wrong) r->wrong = wrong;
    return false;
}

/* The index of a new node. Nodes move when the array grows: hold indices, not pointers, while reading. */
static uint32_t node_add(struct reader *r, enum type type)
{
    if (r->n == r->cap) {
        struct json *larger = ARENA_ARRAY(r->arena, struct json, (size_t)r->cap * 2);
        memcpy(larger, r->nodes, r->n * sizeof *larger);
        r->nodes = larger;
        r->cap *= 2;
    }
    r->nodes[r->n] = (struct json){.type_and_length = (uint32_t)type, .span = 1};
    return r->n++;
}

static void skip_blanks(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t')) r->at++;
}

/* ---- strings ---- */

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Has one of the eight bytes a meaning inside a string: a quote, a backslash, a control, or the start of what is not
 * ASCII? (The test for a byte below n and for a zero byte: S. E. Anderson, "Bit Twiddling Hacks".) */
static bool any_special(uint64_t word)
{
    uint64_t high = EACH_BYTE(0x80);
    uint64_t quote = word ^ EACH_BYTE('"'), slash = word ^ EACH_BYTE('\\');
    uint64_t control = (word - EACH_BYTE(0x20)) & ~word;
    uint64_t quotes = (quote - EACH_BYTE(1)) & ~quote, slashes = (slash - EACH_BYTE(1)) & ~slash;
    return ((word | control | quotes | slashes) & high) != 0;
}

/* From `at` to the next quote, backslash or control character, or the end. *ascii is cleared on the way if need be. */
static const char *skip_plain(const char *at, const char *end, bool *ascii)
{
    for (;;) {
        uint64_t word;
        while (end - at >= 8 && (memcpy(&word, at, 8), !any_special(word))) at += 8;
        if (at == end) return at;
        unsigned char c = (unsigned char)*at;
        if (c == '"' || c == '\\' || c < 0x20) return at;
        if (c >= 0x80) *ascii = false;
        at++;
    }
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* The four digits after "\u"; -1 when they are not there. */
static int32_t read_hex4(const char *at, const char *end)
{
    int32_t value = 0;

    if (end - at < 4) return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(at[i]);
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

static char *put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xC0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *out++ = (char)(0xE0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    } else {
        *out++ = (char)(0xF0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3F));
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    }
    return out;
}

/* "\uXXXX", two of them for a character beyond the first plane; r->at stands behind the 'u'. */
static bool read_unicode(struct reader *r, char **out)
{
    int32_t first = read_hex4(r->at, r->end), second;

    if (first < 0) return fail(r, "\\u without four hexadecimal digits");
    r->at += 4;
    if (first >= 0xDC00 && first <= 0xDFFF) return fail(r, "half of a surrogate pair");
    if (first >= 0xD800 && first <= 0xDBFF) {
        bool pair = r->end - r->at >= 6 && r->at[0] == '\\' && r->at[1] == 'u';
        second = pair ? read_hex4(r->at + 2, r->end) : -1;
        if (second < 0xDC00 || second > 0xDFFF) return fail(r, "half of a surrogate pair");
        r->at += 6;
        first = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
    }
    *out = put_utf8(*out, (uint32_t)first);
    return true;
}

static bool read_escape(struct reader *r, char **out)
{
    static const char FROM[] = "\"\\/bfnrt", TO[] = "\"\\/\b\f\n\r\t";

    if (r->at == r->end) return fail(r, "the string does not end");
    char c = *r->at++;
    if (c == 'u') return read_unicode(r, out);
    const char *found = c ? strchr(FROM, c) : NULL;
    if (!found) return fail(r, "an unknown escape");
    *(*out)++ = TO[found - FROM];
    return true;
}

/* The rest of a string with an escape at r->at, onto the plain beginning from..at. An escape is never longer than what
 * it is read from, so what is left of the text bounds the memory. */
static bool read_escaped(struct reader *r, const char *from, bool *ascii, Str *out)
{
    const char *close = r->at; /* the closing quote, to know how much memory to take */
    while (close < r->end && *close != '"') close += *close == '\\' ? 2 : 1;
    if (close >= r->end) return fail(r, "the string does not end");
    char *copy = arena_alloc(r->arena, (size_t)(close - from)), *to = copy;

    for (;;) {
        memcpy(to, from, (size_t)(r->at - from));
        to += r->at - from;
        if (*r->at == '"') break;
        if (*r->at != '\\') return fail(r, "a control character in a string");
        r->at++;
        if (!read_escape(r, &to)) return false;
        from = r->at;
        r->at = skip_plain(r->at, r->end, ascii);
        if (r->at == r->end) return fail(r, "the string does not end");
    }
    *out = (Str){copy, (size_t)(to - copy)};
    return true;
}

/* r->at stands on the opening quote, and behind the closing one after. */
static bool read_string(struct reader *r)
{
    const char *from = ++r->at;
    bool ascii = true;
    Str text;

    r->at = skip_plain(from, r->end, &ascii);
    if (r->at == r->end) return fail(r, "the string does not end");
    if (*r->at == '"') {
        text = (Str){from, (size_t)(r->at - from)};
    } else if (*r->at != '\\') {
        return fail(r, "a control character in a string");
    } else if (!read_escaped(r, from, &ascii, &text)) {
        return false;
    }
    if (!ascii && !str_is_utf8(text)) return fail(r, "not valid UTF-8");
    r->at++;
    uint32_t node = node_add(r, TYPE_STRING);
    r->nodes[node].type_and_length |= (uint32_t)text.n << 3;
    r->nodes[node].value.text = text.p;
    return true;
}

/* ---- numbers, words ---- */

static size_t digits_at(const char *at, const char *end)
{
    const char *from = at;
    while (at < end && *at >= '0' && *at <= '9') at++;
    return (size_t)(at - from);
}

/* The grammar first, then the value: a whole number if it fits, else a double. */
static bool read_number(struct reader *r)
{
    const char *from = r->at, *at = from;
    bool whole = true;

    if (at < r->end && *at == '-') at++;
    size_t digits = digits_at(at, r->end);
    if (digits == 0 || (digits > 1 && *at == '0')) return fail(r, "not a value");
    at += digits;
    if (at < r->end && *at == '.') {
        whole = false;
        at++;
        digits = digits_at(at, r->end);
        if (digits == 0) return fail(r, "a number without digits after its point");
        at += digits;
    }
    if (at < r->end && (*at == 'e' || *at == 'E')) {
        whole = false;
        at++;
        if (at < r->end && (*at == '+' || *at == '-')) at++;
        digits = digits_at(at, r->end);
        if (digits == 0) return fail(r, "a number without digits in its exponent");
        at += digits;
    }
    Str text = {from, (size_t)(at - from)};
    uint32_t node = node_add(r, TYPE_WHOLE);
    if (!whole || !str_to_i64(text, &r->nodes[node].value.whole)) {
        double real;
        if (!str_to_double(text, &real)) return fail(r, "a number too long or too large");
        r->nodes[node].type_and_length = (uint32_t)TYPE_REAL | (uint32_t)text.n << 3;
        r->nodes[node].value.text = text.p; /* a number with more digits than a double holds keeps them */
    }
    r->at = at;
    return true;
}

static bool read_word(struct reader *r)
{
    static const struct {
        Str text;
        enum type type;
    } WORDS[] = {{STR_INIT("true"), TYPE_TRUE}, {STR_INIT("false"), TYPE_FALSE}, {STR_INIT("null"), TYPE_NULL}};

    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (!str_starts((Str){r->at, (size_t)(r->end - r->at)}, WORDS[i].text)) continue;
        r->at += WORDS[i].text.n;
        node_add(r, WORDS[i].type);
        return true;
    }
    return fail(r, "not a value");
}

/* ---- values ---- */

static bool read_value(struct reader *r);

static bool read_key(struct reader *r)
{
    if (r->at == r->end || *r->at != '"') return fail(r, "a member without its name in quotes");
    if (!read_string(r)) return false;
    skip_blanks(r);
    if (r->at == r->end || *r->at != ':') return fail(r, "a name without a colon");
    r->at++;
    return true;
}

/* r->at stands on the opening bracket. */
static bool read_container(struct reader *r, enum type type, char closing)
{
    uint32_t node = node_add(r, type), members = 0;

    if (r->depth == JSON_DEPTH_MAX) return fail(r, "nested too deep");
    r->depth++;
    r->at++;
    skip_blanks(r);
    bool empty = r->at < r->end && *r->at == closing;
    while (!empty) {
        skip_blanks(r);
        if (type == TYPE_OBJECT && !read_key(r)) return false;
        if (!read_value(r)) return false;
        members++;
        skip_blanks(r);
        if (r->at == r->end) return fail(r, "the text ends too early");
        if (*r->at == closing) break;
        if (*r->at != ',') return fail(r, "neither a comma nor the end of what is open");
        r->at++;
    }
    r->at++;
    r->depth--;
    r->nodes[node].type_and_length |= members << 3;
    r->nodes[node].span = r->n - node;
    return true;
}

static bool read_value(struct reader *r)
{
    skip_blanks(r);
    if (r->at == r->end) return fail(r, "the text ends too early");
    switch (*r->at) {
    case '{': return read_container(r, TYPE_OBJECT, '}');
    case '[': return read_container(r, TYPE_ARRAY, ']');
    case '"': return read_string(r);
    case 't':
    case 'f':
    case 'n': return read_word(r);
    default: return read_number(r);
    }
}

static void explain(const struct reader *r, struct err *err)
{
    int line = 1, column = 1;

    for (const char *c = r->start; c < r->at && c < r->end; c++) {
        column = *c == '\n' ? 1 : column + 1;
        line += *c == '\n';
    }
    err_set(err, ERR_INVALID, "not valid JSON at line %d, column %d: %s", line, column, r->wrong);
}

const struct json *json_parse(Str text, struct arena *arena, struct err *err)
{
    struct reader r = {.start = text.p, .at = text.p, .end = text.p + text.n, .arena = arena, .cap = FIRST_NODES};

    if (text.n > UINT32_MAX / 16) {
        err_set(err, ERR_LIMIT, "the JSON is larger than %u bytes", UINT32_MAX / 16);
        return NULL;
    }
    r.nodes = ARENA_ARRAY(arena, struct json, FIRST_NODES);
    bool ok = text.n ? read_value(&r) : fail(&r, "the text is empty");
    if (ok) {
        skip_blanks(&r);
        if (r.at != r.end) ok = fail(&r, "something follows the value");
    }
    if (ok) return r.nodes;
    explain(&r, err);
    return NULL;
}

size_t json_arena_bytes(size_t text_bytes)
{
    /* a value takes two bytes of text at least; the array doubles, and the smaller ones before it stay */
    return 4 * sizeof(struct json) * (text_bytes / 2 + FIRST_NODES) + 2 * text_bytes + 4096;
}

/* ---- looking ---- */

const struct json *json_get(const struct json *object, const char *key)
{
    Str name = str_of(key);
    const struct json *at = object;

    if (type_of(object) != TYPE_OBJECT) return NULL;
    at++;
    for (uint32_t i = 0; i < length_of(object); i++) {
        if (length_of(at) == name.n && memcmp(at->value.text, name.p, name.n) == 0) return at + 1;
        at++;
        at += at->span;
    }
    return NULL;
}

const struct json *json_at(const struct json *array, size_t i)
{
    const struct json *at = array;

    if (i >= json_count(array)) return NULL;
    for (at++; i > 0; i--) at += at->span;
    return at;
}

size_t json_count(const struct json *array)
{
    return type_of(array) == TYPE_ARRAY ? length_of(array) : 0;
}

struct json_members json_members(const struct json *container)
{
    enum type type = type_of(container);

    if (type != TYPE_OBJECT && type != TYPE_ARRAY) return (struct json_members){0};
    return (struct json_members){.at = container + 1, .left = length_of(container), .keyed = type == TYPE_OBJECT};
}

bool json_next(struct json_members *members, Str *key, const struct json **value)
{
    if (!members->at || members->left == 0) return false;
    members->left--;
    *key = (Str){NULL, 0};
    if (members->keyed) {
        *key = json_str(members->at);
        members->at++;
    }
    *value = members->at;
    members->at += members->at->span;
    return true;
}

bool json_is_object(const struct json *value)
{
    return type_of(value) == TYPE_OBJECT;
}

bool json_is_array(const struct json *value)
{
    return type_of(value) == TYPE_ARRAY;
}

bool json_is_null(const struct json *value)
{
    return type_of(value) == TYPE_NULL;
}

Str json_str(const struct json *value)
{
    return type_of(value) == TYPE_STRING ? (Str){value->value.text, length_of(value)} : (Str){NULL, 0};
}

Str json_number_text(const struct json *value)
{
    return type_of(value) == TYPE_REAL ? (Str){value->value.text, length_of(value)} : (Str){NULL, 0};
}

bool json_i64(const struct json *value, int64_t *out)
{
    if (type_of(value) != TYPE_WHOLE) return false;
    *out = value->value.whole;
    return true;
}

bool json_double(const struct json *value, double *out)
{
    if (type_of(value) == TYPE_REAL) {
        CHECK(str_to_double(json_number_text(value), out)); /* it was read once */
    } else if (type_of(value) == TYPE_WHOLE) {
        *out = (double)value->value.whole;
    } else {
        return false;
    }
    return true;
}

bool json_bool(const struct json *value, bool *out)
{
    if (type_of(value) != TYPE_TRUE && type_of(value) != TYPE_FALSE) return false;
    *out = type_of(value) == TYPE_TRUE;
    return true;
}
