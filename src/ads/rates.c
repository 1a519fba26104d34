#include "ads/rates.h"

__extension__ typedef __int128 int128;

struct rate {
    Str currency;
    int32_t day;
    int64_t above, below; /* base = micros * above / below */
};

struct rates {
    Str base;
    struct rate *rate; /* by currency, then day */
    size_t n;
};

const struct rates *rates_read(struct db *db, Str base, struct arena *arena, struct err *err)
{
    struct rates *rates = ARENA_NEW(arena, struct rates);
    struct db_rows rows =
        db_query(db, "SELECT COUNT(*) FROM rate WHERE base = $1 OR currency = $1", DB_ARGS(DB_TEXT(base)));
    size_t cap = db_next(&rows) ? (size_t)db_i64(&rows, 0) : 0;

    if (!db_end(&rows, err)) return NULL;
    rates->base = arena_copy(arena, base);
    rates->rate = ARENA_ARRAY(arena, struct rate, cap + 1);
    rows = db_query(db,
                    "SELECT currency, day, rate_e9, 0 FROM rate WHERE base = $1 UNION ALL"
                    " SELECT base, day, rate_e9, 1 FROM rate WHERE currency = $1 ORDER BY 1, 2, 4",
                    DB_ARGS(DB_TEXT(base)));
    while (rates->n < cap && db_next(&rows)) {
        int64_t rate = db_i64(&rows, 2);
        rates->rate[rates->n++] =
            (struct rate){arena_copy(arena, db_str(&rows, 0)), (int32_t)db_i64(&rows, 1),
                          db_i64(&rows, 3) ? RATE_UNIT : rate, db_i64(&rows, 3) ? rate : RATE_UNIT};
    }
    return db_end(&rows, err) ? rates : NULL;
}

bool rates_convert(const struct rates *rates, Str currency, int32_t day, int64_t micros, int64_t *out)
{
    const struct rate *found = NULL;

    if (str_eq(currency, rates->base)) {
        *out = micros;
        return true;
    }
    for (size_t i = 0; i < rates->n; i++)
        if (rates->rate[i].day <= day && str_eq(rates->rate[i].currency, currency) &&
            (!found || rates->rate[i].day > found->day))
            found = &rates->rate[i];
    if (!found) return false;
    int128 product = (int128)micros * found->above, half = found->below / 2;
    int128 value = (product + (product < 0 ? -half : half)) / found->below;
    if (value > INT64_MAX || value < INT64_MIN) return false;
    *out = (int64_t)value;
    return true;
}
