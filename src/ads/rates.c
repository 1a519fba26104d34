#include "ads/rates.h"

#include <stdlib.h>

#include "ads/days.h"
#include "ads/money.h"
#include "base/buf.h"
#include "base/time.h"

#define CURRENCIES_MAX 1000
#define DIGEST_TEXT_MAX ((size_t)64 * RATES_MAX) /* of one currency */

struct rate {
    int32_t day;
    int64_t times, by;
};

struct currency {
    Str code;
    struct rate *rate; /* by day, the turned ones of a day first */
    size_t n;
};

struct rates {
    Str base;
    struct currency *currency;
    size_t n;
};

static bool count_rates(struct db *db, Str base, size_t *n, struct err *err)
{
    struct db_rows rows =
        db_query(db, "SELECT count(*) FROM rate WHERE base = $1 OR currency = $1", DB_ARGS(DB_TEXT(base)));

    *n = db_next(&rows) ? (size_t)db_i64(&rows, 0) : 0;
    if (!db_end(&rows, err)) return false;
    return *n <= RATES_MAX ||
           err_set(err, ERR_LIMIT, "there are %zu rates of %.*s; keep at most %d", *n, STR_ARG(base), RATES_MAX);
}

const struct rates *rates_read(struct db *db, Str base, struct arena *arena, struct err *err)
{
    struct rates *rates = ARENA_NEW(arena, struct rates);
    size_t n, used = 0;

    if (!count_rates(db, base, &n, err)) return NULL;
    struct rate *rate = ARENA_ARRAY(arena, struct rate, n);
    rates->base = arena_copy(arena, base);
    rates->currency = ARENA_ARRAY(arena, struct currency, n);
    struct db_rows rows = db_query(db,
                                   "SELECT currency, day, rate_e9, 0 FROM rate WHERE base = $1 UNION ALL"
                                   " SELECT base, day, rate_e9, 1 FROM rate WHERE currency = $1 ORDER BY 1, 2, 4 DESC",
                                   DB_ARGS(DB_TEXT(base)));
    while (used < n && db_next(&rows)) {
        struct currency *last = rates->n ? &rates->currency[rates->n - 1] : NULL;
        int64_t value = db_i64(&rows, 2);
        bool turned = db_i64(&rows, 3) != 0;
        if (!last || !str_eq(last->code, db_str(&rows, 0))) {
            last = &rates->currency[rates->n++];
            *last = (struct currency){.code = arena_copy(arena, db_str(&rows, 0)), .rate = rate + used};
        }
        rate[used++] = (struct rate){(int32_t)db_i64(&rows, 1), turned ? RATE_UNIT : value, turned ? value : RATE_UNIT};
        last->n++;
    }
    return db_end(&rows, err) ? rates : NULL;
}

/* The latest on or before the day. */
static const struct rate *rate_of(const struct currency *currency, int32_t day)
{
    size_t begin = 0, end = currency->n; /* those before `begin` are, those from `end` on are not */

    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        if (currency->rate[middle].day <= day) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return begin ? &currency->rate[begin - 1] : NULL;
}

static const struct rate *find_rate(const struct rates *rates, Str currency, int32_t day)
{
    for (size_t i = 0; i < rates->n; i++)
        if (str_eq(rates->currency[i].code, currency)) return rate_of(&rates->currency[i], day);
    return NULL;
}

bool rates_convert(const struct rates *rates, Str currency, int32_t day, int64_t micros, int64_t *out)
{
    if (str_eq(currency, rates->base)) {
        *out = micros;
        return true;
    }
    const struct rate *rate = find_rate(rates, currency, day);
    return rate && money_scale(micros, rate->times, rate->by, out);
}

bool rates_convert_minor(const struct rates *rates, Str currency, int32_t day, int64_t minor, int64_t *out)
{
    int more = currency_digits(rates->base) - currency_digits(currency);
    int64_t power = 1;

    if (str_eq(currency, rates->base)) {
        *out = minor;
        return true;
    }
    const struct rate *rate = find_rate(rates, currency, day);
    for (int i = abs(more); i > 0; i--) power *= 10;
    if (!rate || (more > 0 ? rate->times : rate->by) > INT64_MAX / power) return false;
    return more > 0 ? money_scale(minor, rate->times * power, rate->by, out)
                    : money_scale(minor, rate->times, rate->by * power, out);
}

struct digest rates_digest(const struct rates *rates)
{
    struct digest digest = digest_of(rates->base);
    struct buf text;

    buf_init(&text, DIGEST_TEXT_MAX);
    for (size_t i = 0; i < rates->n; i++) {
        const struct currency *currency = &rates->currency[i];
        buf_add(&text, (Str){(const char *)digest.bytes, DIGEST_BYTES});
        buf_printf(&text, "%.*s %zu\n", STR_ARG(currency->code), currency->n);
        for (size_t k = 0; k < currency->n; k++)
            buf_printf(&text, "%d %lld %lld\n", currency->rate[k].day, (long long)currency->rate[k].times,
                       (long long)currency->rate[k].by);
        CHECK(!text.full);
        digest = digest_of(buf_str(&text));
        buf_reset(&text);
    }
    return digest;
}

/* ---- the table ---- */

bool rates_list(struct db *db, Str base, struct arena *arena, const struct rate_row **out, size_t *n, struct err *err)
{
    size_t cap, found = 0;

    if (!count_rates(db, base, &cap, err)) return false;
    struct rate_row *list = ARENA_ARRAY(arena, struct rate_row, cap);
    struct db_rows rows =
        db_query(db, "SELECT currency, day, rate_e9 FROM rate WHERE base = $1 ORDER BY currency, day DESC",
                 DB_ARGS(DB_TEXT(base)));
    while (found < cap && db_next(&rows))
        list[found++] =
            (struct rate_row){arena_copy(arena, db_str(&rows, 0)), (int32_t)db_i64(&rows, 1), db_i64(&rows, 2)};
    if (!db_end(&rows, err)) return false;
    *out = list;
    *n = found;
    return true;
}

bool currency_check(Str code, const char *field, struct err *err)
{
    bool ok = code.n >= 3 && code.n <= AD_CURRENCY_MAX;

    for (size_t i = 0; ok && i < code.n; i++) ok = code.p[i] >= 'A' && code.p[i] <= 'Z';
    return ok || err_set_field(err, field, "%s is a code such as USD, not \"%.*s\"", field, STR_ARG(code));
}

bool rate_put(struct db *db, Str base, const struct rate_row *row, struct err *err)
{
    size_t n;

    if (!currency_check(row->currency, "currency", err)) return false;
    if (str_eq(row->currency, base))
        return err_set_field(err, "currency", "%.*s is the reporting currency itself", STR_ARG(base));
    if (row->rate_e9 <= 0) return err_set_field(err, "rate", "a rate is more than 0");
    if (!count_rates(db, base, &n, err)) return false;
    return db_run(
        db,
        "INSERT INTO rate (base, currency, day, rate_e9, changed_ms) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (base, currency, day) DO UPDATE SET rate_e9 = excluded.rate_e9,"
        " changed_ms = excluded.changed_ms",
        DB_ARGS(DB_TEXT(base), DB_TEXT(row->currency), DB_I64(row->day), DB_I64(row->rate_e9), DB_I64(time_now_ms())),
        err);
}

bool rate_remove(struct db *db, Str base, Str currency, int32_t day, struct err *err)
{
    char text[TIME_TEXT_MAX];

    if (!db_run(db, "DELETE FROM rate WHERE base = $1 AND currency = $2 AND day = $3",
                DB_ARGS(DB_TEXT(base), DB_TEXT(currency), DB_I64(day)), err))
        return false;
    return db_changed(db) != 0 ||
           err_set(err, ERR_NOT_FOUND, "there is no rate of %.*s of %s", STR_ARG(currency), time_format_day(day, text));
}

bool rates_missing(struct db *db, const struct rates *rates, struct arena *arena, const struct rate_missing **out,
                   size_t *n, struct err *err)
{
    struct rate_missing *list = ARENA_ARRAY(arena, struct rate_missing, CURRENCIES_MAX);
    struct db_rows rows =
        db_query(db,
                 "SELECT currency, min(day), CAST(sum(rows_n) AS BIGINT) FROM (SELECT currency, day, rows_n"
                 " FROM channel_day UNION ALL SELECT currency, day, 1 FROM campaign WHERE has_days = 0"
                 " AND acquisition_cost_micros IS NOT NULL AND day IS NOT NULL) AS priced"
                 " WHERE currency <> '' GROUP BY currency ORDER BY currency",
                 DB_NO_ARGS);
    size_t found = 0;

    while (found < CURRENCIES_MAX && db_next(&rows)) {
        int64_t one;
        int32_t day = (int32_t)db_i64(&rows, 1);
        if (rates_convert(rates, db_str(&rows, 0), day, 0, &one)) continue;
        list[found++] = (struct rate_missing){arena_copy(arena, db_str(&rows, 0)), day, db_i64(&rows, 2)};
    }
    if (!db_end(&rows, err)) return false;
    *out = list;
    *n = found;
    return true;
}
