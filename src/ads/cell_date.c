#include <string.h>

#include "ads/cell.h"
#include "base/time.h"

#define WORD_MAX 40

/* Letters of a heading or month as lower case; one code point a call. Returns the bytes read, and in out[0..*n) the
 * bytes to write: none for what is no letter or digit. */
static size_t fold_one(Str s, char out[4], size_t *n)
{
    unsigned char c = (unsigned char)s.p[0];
    size_t length = str_utf8_length(s);

    *n = 0;
    if (length <= 1) {
        if (c >= 'A' && c <= 'Z') c = (unsigned char)(c + ('a' - 'A'));
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out[(*n)++] = (char)c;
        return 1;
    }
    if (length == 2) {
        unsigned code = ((c & 0x1Fu) << 6) | ((unsigned char)s.p[1] & 0x3Fu);
        if (code < 0xC0) return length; /* signs and blanks of Latin-1 */
        if ((code >= 0xC0 && code <= 0xDE && code != 0xD7) || (code >= 0x410 && code <= 0x42F)) code += 0x20;
        if (code >= 0x400 && code <= 0x40F) code += 0x50;
        if (code == 0x451) code = 0x435; /* ё */
        out[(*n)++] = (char)(0xC0 | (code >> 6));
        out[(*n)++] = (char)(0x80 | (code & 0x3F));
        return length;
    }
    bool mark = c == 0xE2 && (unsigned char)s.p[1] == 0x84; /* № */
    if (c == 0xE2 && !mark) return length;                  /* dashes, thin spaces, currency signs */
    for (size_t i = 0; i < length; i++) out[(*n)++] = s.p[i];
    return length;
}

size_t cell_fold(Str name, char *out, size_t max)
{
    size_t written = 0;
    bool gap = false;

    while (name.n) {
        char bytes[4];
        size_t n, length = fold_one(name, bytes, &n);
        name = str_from(name, length);
        if (n == 0) {
            gap = written > 0;
            continue;
        }
        if (written + n + gap > max) break;
        if (gap) out[written++] = '_';
        gap = false;
        memcpy(out + written, bytes, n);
        written += n;
    }
    return written;
}

/* ---- dates ---- */

/* Months by how they begin; English, Russian, Ukrainian. */
static const struct {
    const char *start;
    int month;
} MONTHS[] = {
    {"jan", 1},  {"feb", 2},  {"mar", 3},  {"apr", 4},  {"may", 5},  {"jun", 6}, {"jul", 7},  {"aug", 8},
    {"sep", 9},  {"oct", 10}, {"nov", 11}, {"dec", 12}, {"янв", 1},  {"фев", 2}, {"мар", 3},  {"апр", 4},
    {"май", 5},  {"мая", 5},  {"июн", 6},  {"июл", 7},  {"авг", 8},  {"сен", 9}, {"окт", 10}, {"ноя", 11},
    {"дек", 12}, {"січ", 1},  {"лют", 2},  {"бер", 3},  {"кві", 4},  {"тра", 5}, {"чер", 6},  {"лип", 7},
    {"сер", 8},  {"вер", 9},  {"жов", 10}, {"лис", 11}, {"гру", 12},
};
static const char *const WEEKDAYS[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static size_t take_number(Str *s, int *out)
{
    size_t n = 0;

    for (*out = 0; n < s->n && n < 4 && s->p[n] >= '0' && s->p[n] <= '9'; n++) *out = *out * 10 + (s->p[n] - '0');
    if (n < s->n && s->p[n] >= '0' && s->p[n] <= '9') return 0; /* longer */
    *s = str_from(*s, n);
    return n;
}

static bool take_mark(Str *s, const char *marks, char *mark)
{
    if (s->n == 0 || s->p[0] == '\0' || !strchr(marks, s->p[0])) return false;
    *mark = s->p[0];
    *s = str_from(*s, 1);
    return true;
}

/* Letters off the front, folded; empty: none stand there. */
static Str take_word(Str *s, char out[WORD_MAX])
{
    size_t n = 0;

    while (s->n && (((unsigned char)s->p[0] | 0x20) >= 'a') && s->p[0] != '|') {
        char bytes[4];
        size_t count, length = fold_one(*s, bytes, &count);
        if (count == 0 || n + count > WORD_MAX) break;
        memcpy(out + n, bytes, count);
        n += count;
        *s = str_from(*s, length);
    }
    return (Str){out, n};
}

static bool month_of(Str word, int *month)
{
    for (size_t i = 0; i < COUNT_OF(MONTHS); i++) {
        if (!str_starts(word, str_of(MONTHS[i].start))) continue;
        *month = MONTHS[i].month;
        return true;
    }
    return false;
}

static void skip(Str *s, const char *marks)
{
    while (s->n && s->p[0] && strchr(marks, s->p[0])) *s = str_from(*s, 1);
}

/* "10:05", "10:05:30.5", "10:05 PM", then "Z" or "+03:00"; also nothing at all. */
static bool is_time(Str s)
{
    char mark, word_bytes[WORD_MAX];
    int part;

    if (s.n == 0) return true;
    if (!take_mark(&s, "T ,", &mark)) return false;
    s = cell_trim(s);
    if (take_number(&s, &part) == 0 || part > 24 || !take_mark(&s, ":", &mark)) return false;
    if (take_number(&s, &part) != 2 || part > 59) return false;
    if (take_mark(&s, ":", &mark) && (take_number(&s, &part) != 2 || part > 60)) return false;
    if (take_mark(&s, ".,", &mark))
        while (s.n && s.p[0] >= '0' && s.p[0] <= '9') s = str_from(s, 1);
    skip(&s, " ");
    Str word = take_word(&s, word_bytes);
    bool known = word.n == 0 || str_eq(word, STR("am")) || str_eq(word, STR("pm")) || str_eq(word, STR("z")) ||
                 str_eq(word, STR("utc")) || str_eq(word, STR("gmt"));
    if (take_mark(&s, "+-", &mark))
        while (s.n && ((s.p[0] >= '0' && s.p[0] <= '9') || s.p[0] == ':')) s = str_from(s, 1);
    return known && s.n == 0;
}

static bool day_of(int year, int month, int of_month, Str rest, int32_t *day)
{
    if (str_starts(rest, STR(" г"))) rest = str_from(rest, 3); /* "2026 г." */
    if (str_starts(rest, STR("."))) rest = str_from(rest, 1);
    return is_time(rest) && time_day_from(year, month, of_month, day);
}

/* A year of four digits, or of two: 20yy. */
static bool take_year(Str *s, int *year)
{
    size_t n = take_number(s, year);

    if (n == 2) *year += 2000;
    return n == 2 || n == 4;
}

/* "Feb 1, 2026" */
static bool month_named_first(Str s, int32_t *day)
{
    char bytes[WORD_MAX];
    int year, month, of_month;
    Str word = take_word(&s, bytes);

    for (size_t i = 0; i < COUNT_OF(WEEKDAYS); i++) {
        if (!str_starts(word, str_of(WEEKDAYS[i]))) continue;
        skip(&s, ", ");
        return cell_date(s, DATE_ORDER_UNKNOWN, day);
    }
    if (!month_of(word, &month)) return false;
    skip(&s, ". ");
    if (!take_number(&s, &of_month)) return false;
    skip(&s, ", ");
    return take_year(&s, &year) && day_of(year, month, of_month, s, day);
}

/* "1 Feb 2026", "01-Feb-26", what stands after the day */
static bool month_named_second(Str s, int of_month, int32_t *day)
{
    char bytes[WORD_MAX];
    int year, month;

    skip(&s, " -.");
    if (!month_of(take_word(&s, bytes), &month)) return false;
    skip(&s, " -.,");
    return take_year(&s, &year) && day_of(year, month, of_month, s, day);
}

static bool digits_only(Str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9') return false;
    return s.n > 0;
}

/* "20260201", seconds, milliseconds */
static bool bare_number(Str s, int32_t *day)
{
    int64_t value;

    if (!str_to_i64(s, &value)) return false;
    if (s.n == 8) return time_day_from((int)(value / 10000), (int)(value / 100 % 100), (int)(value % 100), day);
    if (s.n == 13) value /= 1000;
    if (s.n != 10 && s.n != 13) return false;
    *day = (int32_t)(value / 86400);
    return true;
}

bool cell_date(Str trimmed, enum date_order order, int32_t *day)
{
    Str s = trimmed;
    int first, second, third;
    char mark, again;

    if (s.n == 0 || s.n > 64) return false;
    if (digits_only(s)) return bare_number(s, day);
    size_t n = take_number(&s, &first);
    if (n == 0) return month_named_first(s, day);
    Str behind = s;
    if (!take_mark(&s, "-./", &mark) || !take_number(&s, &second)) return month_named_second(behind, first, day);
    if (!take_mark(&s, "-./", &again) || again != mark) return false;
    if (n == 4) {
        size_t digits = take_number(&s, &third);
        return (digits == 1 || digits == 2) && day_of(first, second, third, s, day);
    }
    if (!take_year(&s, &third)) return false;
    bool day_first = mark != '/' || order == DATE_ORDER_DAY_FIRST;
    return day_first ? day_of(third, second, first, s, day) : day_of(third, first, second, s, day);
}

enum date_order cell_date_order(Str trimmed)
{
    int first, second, third;
    char mark;
    Str s = trimmed;
    size_t n = take_number(&s, &first);

    if (n == 0 || n > 2 || !take_mark(&s, "/", &mark) || !take_number(&s, &second)) return DATE_ORDER_UNKNOWN;
    if (!take_mark(&s, "/", &mark) || !take_year(&s, &third)) return DATE_ORDER_UNKNOWN;
    if (first > 12 && second <= 12) return DATE_ORDER_DAY_FIRST;
    if (second > 12 && first <= 12) return DATE_ORDER_MONTH_FIRST;
    return DATE_ORDER_UNKNOWN;
}
