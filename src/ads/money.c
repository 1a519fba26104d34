#include "ads/money.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ads/days.h"

#define MICROS_PER_MINOR 10000
#define MINOR_PER_UNIT 100

__extension__ typedef __int128 Wide;

bool money_scale(int64_t value, int64_t times, int64_t by, int64_t *out)
{
    Wide product = (Wide)value * times, half = by / 2;

    /* with an odd divisor no remainder is a half: by / 2 rounded down serves both */
    Wide scaled = (product < 0 ? product - half : product + half) / by;
    if (scaled > INT64_MAX || scaled <= INT64_MIN) return false;
    *out = (int64_t)scaled;
    return true;
}

bool money_parse(Str text, int digits, int64_t *out)
{
    const char *point = text.n ? memchr(text.p, '.', text.n) : NULL;

    if (point && (size_t)(text.p + text.n - point) - 1 > (size_t)digits) return false;
    return str_to_minor(text, digits, out);
}

bool money_read(const struct json *json, const char *field, int digits, int64_t *out, struct err *err)
{
    char digits_of[24];
    int64_t whole;
    Str text = json_str(json).n ? json_str(json) : json_number_text(json);

    if (json_i64(json, &whole))
        text = (Str){digits_of, (size_t)snprintf(digits_of, sizeof digits_of, "%lld", (long long)whole)};
    return money_parse(text, digits, out) ||
           err_set_field(err, field, "%s is a decimal number such as \"1234.5\", with at most %d decimals", field,
                         digits);
}

int currency_digits(Str code)
{
    static const struct {
        const char *code;
        int digits;
    } OTHERS[] = {{"JPY", 0}, {"KRW", 0}, {"VND", 0}, {"CLP", 0}, {"ISK", 0},  {"XTR", 0}, {"KWD", 3},
                  {"BHD", 3}, {"TND", 3}, {"TON", 6}, {"ETH", 6}, {"USDT", 6}, {"BTC", 8}};

    for (size_t i = 0; i < COUNT_OF(OTHERS); i++)
        if (str_eq_nocase(code, str_of(OTHERS[i].code))) return OTHERS[i].digits;
    return 2;
}

int64_t minor_of_micros(int64_t micros)
{
    int64_t minor = micros / MICROS_PER_MINOR, rest = micros % MICROS_PER_MINOR;

    if (rest >= MICROS_PER_MINOR / 2) return minor + 1;
    if (rest <= -MICROS_PER_MINOR / 2) return minor - 1;
    return minor;
}

void money_put_units(struct json_out *out, const char *key, int64_t micros)
{
    char text[32];

    if (micros == AD_NOT_SAID) {
        json_kv_null(out, key);
        return;
    }
    int64_t minor = minor_of_micros(micros), whole = minor / MINOR_PER_UNIT, cents = minor % MINOR_PER_UNIT;
    int n = cents ? snprintf(text, sizeof text, "%s%lld.%02lld", minor < 0 ? "-" : "", llabs(whole), llabs(cents))
                  : snprintf(text, sizeof text, "%lld", (long long)whole);
    json_key(out, key);
    json_put_raw(out, (Str){text, (size_t)n});
}

void money_put_minor(struct json_out *out, const char *key, int64_t micros)
{
    if (micros == AD_NOT_SAID) {
        json_kv_null(out, key);
    } else {
        json_kv_i64(out, key, minor_of_micros(micros));
    }
}
