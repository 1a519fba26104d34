#include "base/str.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Str str_of(const char *text)
{
    return text ? (Str){text, strlen(text)} : (Str){NULL, 0};
}

bool str_eq(Str a, Str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool eq_nocase(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}

bool str_eq_nocase(Str a, Str b)
{
    return a.n == b.n && eq_nocase(a.p, b.p, a.n);
}

bool str_contains_nocase(Str text, Str part)
{
    if (part.n > text.n) return false;
    for (size_t i = 0; i + part.n <= text.n; i++)
        if (eq_nocase(text.p + i, part.p, part.n)) return true;
    return false;
}

bool str_starts(Str text, Str prefix)
{
    return text.n >= prefix.n && (prefix.n == 0 || memcmp(text.p, prefix.p, prefix.n) == 0);
}

int str_compare(Str a, Str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n ? memcmp(a.p, b.p, n) : 0;
    if (order) return order;
    return (a.n > b.n) - (a.n < b.n);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

Str str_trim(Str s)
{
    while (s.n && is_blank(s.p[0])) s = str_from(s, 1);
    while (s.n && is_blank(s.p[s.n - 1])) s.n--;
    return s;
}

Str str_from(Str s, size_t at)
{
    if (at >= s.n) return (Str){s.n ? s.p + s.n : s.p, 0};
    return (Str){s.p + at, s.n - at};
}

Str str_cut(Str *rest, char mark)
{
    Str whole = *rest;
    const char *at = whole.n ? memchr(whole.p, mark, whole.n) : NULL;

    if (!at) {
        *rest = (Str){NULL, 0};
        return whole;
    }
    size_t n = (size_t)(at - whole.p);
    *rest = (Str){at + 1, whole.n - n - 1};
    return (Str){whole.p, n};
}

bool str_to_i64(Str s, int64_t *out)
{
    bool negative = s.n && s.p[0] == '-';
    int64_t value = 0;

    if (negative) s = str_from(s, 1);
    if (s.n == 0) return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') return false;
        if (__builtin_mul_overflow(value, 10, &value)) return false;
        /* negative while summing, so that INT64_MIN reads back */
        if (__builtin_sub_overflow(value, s.p[i] - '0', &value)) return false;
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, value, &value)) return false;
    *out = value;
    return true;
}

bool str_to_double(Str s, double *out)
{
    char text[64];
    char *end = NULL;

    if (s.n == 0 || s.n >= sizeof text) return false;
    for (size_t i = 0; i < s.n; i++) /* no blanks, hex, "inf" or "nan" */
        if (!strchr("0123456789+-.eE", s.p[i]) || s.p[i] == '\0') return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    errno = 0;
    double value = strtod(text, &end);
    if (end != text + s.n || !isfinite(value)) return false;
    *out = value;
    return true;
}

/* One more decimal digit on `*value`, kept negative so that the whole range fits. */
static bool push_digit(int64_t *value, int digit)
{
    return !__builtin_mul_overflow(*value, 10, value) && !__builtin_sub_overflow(*value, digit, value);
}

bool str_to_minor(Str s, int digits, int64_t *out)
{
    bool negative = s.n && s.p[0] == '-';
    int64_t value = 0;
    int decimals = -1; /* digits seen after the point; -1: no point yet */
    bool any = false, round_up = false;

    if (s.n && (s.p[0] == '-' || s.p[0] == '+')) s = str_from(s, 1);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.' && decimals < 0) {
            decimals = 0;
            continue;
        }
        if (s.p[i] < '0' || s.p[i] > '9') return false;
        any = true;
        if (decimals >= digits) {
            if (decimals++ == digits) round_up = s.p[i] >= '5';
            continue;
        }
        if (!push_digit(&value, s.p[i] - '0')) return false;
        if (decimals >= 0) decimals++;
    }
    if (!any) return false;
    for (int i = decimals < 0 ? 0 : decimals; i < digits; i++)
        if (!push_digit(&value, 0)) return false;
    if (round_up && __builtin_sub_overflow(value, 1, &value)) return false;
    if (!negative && __builtin_sub_overflow((int64_t)0, value, &value)) return false;
    *out = value;
    return true;
}

/* How many bytes the sequence at `p` takes, by its first byte; 0 if it starts none. `low` and `high` bound the
 * second byte (RFC 3629, section 4), which is where overlong forms, surrogates and too large values show. */
static size_t utf8_length(unsigned char c, unsigned char *low, unsigned char *high)
{
    *low = 0x80;
    *high = 0xBF;
    if (c >= 0xC2 && c <= 0xDF) return 2;
    if (c >= 0xE0 && c <= 0xEF) {
        if (c == 0xE0) *low = 0xA0;
        if (c == 0xED) *high = 0x9F;
        return 3;
    }
    if (c >= 0xF0 && c <= 0xF4) {
        if (c == 0xF0) *low = 0x90;
        if (c == 0xF4) *high = 0x8F;
        return 4;
    }
    return 0;
}

size_t str_utf8_length(Str s)
{
    unsigned char low, high;

    if (s.n == 0) return 0;
    if ((unsigned char)s.p[0] < 0x80) return 1;
    size_t n = utf8_length((unsigned char)s.p[0], &low, &high);
    if (n == 0 || s.n < n) return 0;
    for (size_t k = 1; k < n; k++) {
        unsigned char next = (unsigned char)s.p[k];
        if (next < low || next > high) return 0;
        low = 0x80;
        high = 0xBF;
    }
    return n;
}

bool str_is_utf8(Str s)
{
    for (size_t i = 0; i < s.n;) {
        uint64_t word = UINT64_MAX;
        if (s.n - i >= sizeof word) memcpy(&word, s.p + i, sizeof word);
        if ((word & UINT64_C(0x8080808080808080)) == 0) { /* most text */
            i += sizeof word;
            continue;
        }
        size_t n = str_utf8_length(str_from(s, i));
        if (n == 0) return false;
        i += n;
    }
    return true;
}
