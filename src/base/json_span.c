/* base/json_span.c -- values found by their brackets and quotes alone. */
#include <string.h>

#include "base/json.h"

static Str skip_blanks(Str s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\n' || s.p[0] == '\r')) s = str_from(s, 1);
    return s;
}

/* Bytes of the string that `s` starts with, quotes and all; 0 if it does not end. A quote ends it unless an odd number
 * of backslashes stands before it. */
static size_t string_length(Str s)
{
    const char *at = s.p + 1, *end = s.p + s.n;

    while (at < end) {
        const char *quote = memchr(at, '"', (size_t)(end - at));
        if (!quote) return 0;
        const char *slash = quote;
        while (slash > at && slash[-1] == '\\') slash--;
        at = quote + 1;
        if ((quote - slash) % 2 == 0) return (size_t)(at - s.p);
    }
    return 0;
}

/* Bytes of the array or object that `s` starts with; 0 if its brackets never close. */
static size_t nest_length(Str s)
{
    size_t depth = 0;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '"') {
            size_t n = string_length(str_from(s, i));
            if (n == 0) return 0;
            i += n - 1;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

static size_t value_length(Str s)
{
    size_t n = 0;

    if (s.n == 0) return 0;
    if (s.p[0] == '"') return string_length(s);
    if (s.p[0] == '{' || s.p[0] == '[') return nest_length(s);
    while (n < s.n && !strchr(",]} \t\r\n", s.p[n])) n++; /* a NUL ends it too */
    return n;
}

/* The value at the front of `*rest`, and what separates it from the next: ',' or `closing`. */
static bool take_value(Str *rest, char closing, Str *value, bool *last)
{
    *rest = skip_blanks(*rest);
    size_t n = value_length(*rest);
    if (n == 0) return false;
    *value = (Str){rest->p, n};
    *rest = skip_blanks(str_from(*rest, n));
    if (rest->n == 0 || (rest->p[0] != ',' && rest->p[0] != closing)) return false;
    *last = rest->p[0] == closing;
    *rest = str_from(*rest, 1);
    return true;
}

/* What follows the opening bracket; empty when it closes at once. */
static bool walk_open(struct json_walk *walk, Str s, char opening, char closing)
{
    s = skip_blanks(s);
    if (s.n == 0 || s.p[0] != opening) return false;
    s = skip_blanks(str_from(s, 1));
    if (s.n == 0) return false;
    walk->rest = s.p[0] == closing ? (Str){NULL, 0} : s;
    return true;
}

/* The value that comes next, and whether it is the last. */
static bool walk_take(struct json_walk *walk, char closing, Str *value, bool *last)
{
    if (!take_value(&walk->rest, closing, value, last)) return false;
    if (*last) walk->rest = (Str){NULL, 0};
    return true;
}

bool json_walk_start(struct json_walk *walk, Str array)
{
    return walk_open(walk, array, '[', ']');
}

bool json_walk_next(struct json_walk *walk, Str *item)
{
    bool last = true;

    *item = (Str){NULL, 0};
    if (walk->rest.n == 0) return true; /* after the last item */
    if (!walk_take(walk, ']', item, &last)) return false;
    return last || walk->rest.n != 0; /* something must follow a comma */
}

bool json_walk_members(struct json_walk *walk, Str object)
{
    return walk_open(walk, object, '{', '}');
}

bool json_walk_member(struct json_walk *walk, Str *key, Str *value)
{
    bool last;

    *key = *value = (Str){NULL, 0};
    if (walk->rest.n == 0) return true;
    Str rest = skip_blanks(walk->rest);
    size_t n = rest.n && rest.p[0] == '"' ? string_length(rest) : 0;
    if (n == 0) return false;
    *key = (Str){rest.p + 1, n - 2};
    rest = skip_blanks(str_from(rest, n));
    if (rest.n == 0 || rest.p[0] != ':') return false;
    walk->rest = str_from(rest, 1);
    return walk_take(walk, '}', value, &last);
}

bool json_span_member(Str object, Str key, Str *value)
{
    struct json_walk walk;
    Str name, found;

    if (!json_walk_members(&walk, object)) return false;
    do {
        if (!json_walk_member(&walk, &name, &found) || found.n == 0) return false;
    } while (!str_eq(name, key));
    *value = found;
    return true;
}
