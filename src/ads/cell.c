/* ads/cell.c -- numbers and money.
 *
 * A number is rewritten as plain digits with a point and read by str_to_minor: one place that rounds. Which of '.' and
 * ',' is the decimal mark cannot be told from one cell ("1,234"), so the column says; within it the marks of thousands
 * are only taken where thousands can stand, so that "12,5" under '.' is refused rather than read as 125.
 */
#include "ads/cell.h"

#include <string.h>

#define NUMBER_MAX 64

static const char *const BLANKS[] = {" ", "\t", "\r", "\n", "\xC2\xA0", "\xE2\x80\x89", "\xE2\x80\xAF", "\xE2\x80\x87"};

static bool is_plain(char c)
{
    return c > ' ' && c < 0x7F;
}

/* How many bytes of a blank `s` starts with. */
static size_t blank_at(Str s)
{
    if (s.n && is_plain(s.p[0])) return 0;
    for (size_t i = 0; i < COUNT_OF(BLANKS); i++)
        if (str_starts(s, str_of(BLANKS[i]))) return strlen(BLANKS[i]);
    return 0;
}

static size_t blank_before_end(Str s)
{
    if (s.n && is_plain(s.p[s.n - 1])) return 0;
    for (size_t i = 0; i < COUNT_OF(BLANKS); i++) {
        size_t n = strlen(BLANKS[i]);
        if (s.n >= n && memcmp(s.p + s.n - n, BLANKS[i], n) == 0) return n;
    }
    return 0;
}

Str cell_trim(Str cell)
{
    size_t n;

    while ((n = blank_at(cell))) cell = str_from(cell, n);
    while ((n = blank_before_end(cell))) cell.n -= n;
    return cell;
}

bool cell_says(Str trimmed)
{
    static const char *const WORDS[] = {"-",    "--",   "—",      "–",          "n/a",       "na",
                                        "null", "none", "(none)", "не указано", "нет данных"};

    if (trimmed.n == 0) return false;
    char first = trimmed.p[0];
    bool may_be = first == '-' || first == 'n' || first == 'N' || first == '(' || (unsigned char)first >= 0x80;
    if (!may_be || trimmed.n > 24) return true;
    for (size_t i = 0; i < COUNT_OF(WORDS); i++)
        if (str_eq_nocase(trimmed, str_of(WORDS[i]))) return false;
    return true;
}

/* ---- currencies ---- */

static const struct {
    const char *mark, *code;
} MARKS[] = {
    {"US$", "USD"}, {"$", "USD"},    {"€", "EUR"},   {"£", "GBP"},  {"₴", "UAH"}, {"грн.", "UAH"}, {"грн", "UAH"},
    {"₽", "RUB"}, {"руб.", "RUB"}, {"руб", "RUB"}, {"р.", "RUB"}, {"₸", "KZT"}, {"тг", "KZT"},   {"zł", "PLN"},
    {"₺", "TRY"},   {"¥", "JPY"},    {"₹", "INR"},   {"₩", "KRW"},  {"₪", "ILS"}, {"₾", "GEL"},
};
static const char CODES[] =
    "AED AMD ARS AUD AZN BGN BRL BYN CAD CHF CLP CNY COP CZK DKK EGP EUR GBP GEL HKD HUF IDR ILS "
    "INR JPY KGS KRW KZT MDL MXN MYR NOK NZD PEN PHP PLN RON RSD RUB SAR SEK SGD THB TJS TON TRY "
    "TWD UAH USD UZS VND XTR ZAR";

static bool is_known_code(Str code)
{
    if (code.n != 3) return false;
    for (const char *at = CODES; *at; at += at[3] ? 4 : 3)
        if (memcmp(at, code.p, 3) == 0) return true;
    return false;
}

bool cell_is_currency(Str code)
{
    if (code.n != 3) return false;
    for (size_t i = 0; i < 3; i++)
        if (code.p[i] < 'A' || code.p[i] > 'Z') return false;
    return true;
}

/* Bytes of a currency's sign or code at the front of `s`; 0: none. */
static size_t currency_at(Str s, char out[CELL_CURRENCY_MAX])
{
    if (s.n == 0 || (s.p[0] >= '(' && s.p[0] <= '9')) return 0; /* digits and what stands around them */
    for (size_t i = 0; i < COUNT_OF(MARKS); i++) {
        if (!str_starts(s, str_of(MARKS[i].mark))) continue;
        memcpy(out, MARKS[i].code, CELL_CURRENCY_MAX);
        return strlen(MARKS[i].mark);
    }
    if (s.n < 3 || !is_known_code((Str){s.p, 3}) || (s.n > 3 && s.p[3] >= 'A' && s.p[3] <= 'Z')) return 0;
    memcpy(out, s.p, 3);
    out[3] = '\0';
    return 3;
}

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0xC3;
}

void cell_currency_in(Str heading, char out[CELL_CURRENCY_MAX])
{
    out[0] = '\0';
    for (size_t i = 1; i < heading.n; i++) { /* never at the start: "USD" alone is a name like any other */
        Str rest = str_from(heading, i);
        if (is_word_byte(heading.p[i - 1]) || (unsigned char)heading.p[i - 1] >= 0x80) continue;
        if (currency_at(rest, out)) return;
    }
}

/* ---- numbers ---- */

struct number_text {
    Str rest;
    char plain[NUMBER_MAX + 2];
    size_t n;
    bool negative, closing; /* closing: a ")" is awaited */
    struct cell_number *out;
};

static bool take(Str *s, Str mark)
{
    if (!str_starts(*s, mark)) return false;
    *s = str_from(*s, mark.n);
    return true;
}

/* Signs, currency and blanks before the digits, each once. */
static void take_front(struct number_text *t)
{
    bool sign = false;

    for (;;) {
        size_t n = blank_at(t->rest);
        if (n == 0 && !t->out->currency[0]) n = currency_at(t->rest, t->out->currency);
        if (n) {
            t->rest = str_from(t->rest, n);
            continue;
        }
        if (sign) return;
        sign = true;
        if (take(&t->rest, STR("-")) || take(&t->rest, STR("\xE2\x88\x92"))) {
            t->negative = true;
        } else if (take(&t->rest, STR("("))) {
            t->negative = t->closing = true;
        } else if (!take(&t->rest, STR("+"))) {
            return;
        }
    }
}

static bool is_digit_at(Str s, size_t i)
{
    return i < s.n && s.p[i] >= '0' && s.p[i] <= '9';
}

/* Bytes of a mark of thousands at the front, if a digit follows it; *kind tells the marks apart. */
static size_t thousands_at(Str s, char decimal, char *kind)
{
    size_t n = 0;

    if (s.n && s.p[0] == (decimal == ',' ? '.' : ',')) n = 1;
    if (s.n && s.p[0] == '\'') n = 1;
    *kind = n ? s.p[0] : ' ';
    if (n == 0 && str_starts(s, STR("\xE2\x80\x99"))) n = 3;
    if (n == 0) n = blank_at(s);
    return n && is_digit_at(s, n) ? n : 0;
}

static bool take_digits(struct number_text *t, size_t *count)
{
    for (*count = 0; is_digit_at(t->rest, 0); ++*count) {
        if (t->n >= NUMBER_MAX) return false;
        t->plain[t->n++] = t->rest.p[0];
        t->rest = str_from(t->rest, 1);
    }
    return true;
}

/* Digits in groups, then decimals. Groups: 1 to 3 first, then 3; in India all but the last may be of 2. */
static bool take_body(struct number_text *t, char decimal)
{
    size_t count, n, whole;
    char kind, first_kind = '\0';

    if (!take_digits(t, &count)) return false;
    whole = count;
    while (whole && (n = thousands_at(t->rest, decimal, &kind))) {
        if (first_kind && kind != first_kind) return false;
        if (first_kind ? count != 2 && count != 3 : count > 3) return false;
        first_kind = kind;
        t->rest = str_from(t->rest, n);
        if (!take_digits(t, &count)) return false;
    }
    if (first_kind && count != 3) return false;
    if (t->rest.n && t->rest.p[0] == decimal) {
        t->rest = str_from(t->rest, 1);
        t->plain[t->n++] = '.';
        if (!take_digits(t, &count)) return false;
        whole += count;
    }
    return whole > 0;
}

/* What may stand behind: a percent sign, a currency, the closing bracket. */
static bool take_back(struct number_text *t)
{
    while (t->rest.n) {
        size_t n = blank_at(t->rest);
        if (n == 0 && !t->out->currency[0]) n = currency_at(t->rest, t->out->currency);
        if (n == 0 && t->rest.p[0] == '%' && !t->out->percent) {
            t->out->percent = true;
            n = 1;
        }
        if (n == 0 && t->rest.p[0] == ')' && t->closing) {
            t->closing = false;
            n = 1;
        }
        if (n == 0) return false;
        t->rest = str_from(t->rest, n);
    }
    return !t->closing;
}

bool cell_number(Str trimmed, char decimal, int digits, struct cell_number *out)
{
    struct cell_number number = {0};
    struct number_text t = {.rest = trimmed, .out = &number};

    if (decimal == '.' && str_to_minor(trimmed, digits, &number.value)) { /* most cells */
        *out = number;
        return true;
    }
    take_front(&t);
    if (!take_body(&t, decimal) || !take_back(&t)) return false;
    if (!str_to_minor((Str){t.plain, t.n}, digits - (number.percent ? 2 : 0), &number.value)) return false;
    if (t.negative) number.value = -number.value;
    *out = number;
    return true;
}

char cell_decimal_mark(Str trimmed)
{
    size_t commas = 0, points = 0, last = 0, first_digit = trimmed.n, end = 0;

    for (size_t i = 0; i < trimmed.n; i++) {
        char c = trimmed.p[i];
        if (c >= '0' && c <= '9') {
            if (first_digit > i) first_digit = i;
            end = i + 1;
        }
        if (c == ',' || c == '.') {
            if (first_digit == trimmed.n) continue;
            commas += c == ',';
            points += c == '.';
            last = i;
        }
    }
    if (commas + points == 0 || last >= end) return 0;
    char mark = trimmed.p[last];
    if (commas && points) return commas > 1 && points > 1 ? 0 : mark;
    if (commas + points > 1) return mark == ',' ? '.' : ',';
    bool thousands = end - last - 1 == 3 && last - first_digit <= 3 && trimmed.p[first_digit] != '0';
    return thousands ? 0 : mark;
}
