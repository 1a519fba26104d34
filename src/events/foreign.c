#include "events/foreign.h"

#include <string.h>

#define RATES_BYTES_MAX ((size_t)64 * 1024 * 1024)

void foreign_init(struct foreign *foreign)
{
    memset(foreign, 0, sizeof *foreign);
    arena_init(&foreign->arena, RATES_BYTES_MAX);
    atomic_store(&foreign->n, 1);
}

void foreign_reset(struct foreign *foreign)
{
    arena_free(&foreign->arena);
}

bool foreign_open(struct foreign *foreign, struct db *db, Str currency, Str timezone, struct err *err)
{
    struct digest parts[2];

    foreign->rates = rates_read(db, currency, &foreign->arena, err);
    if (!foreign->rates) return false;
    parts[0] = rates_digest(foreign->rates);
    parts[1] = digest_of(timezone);
    foreign->read_with = digest_of((Str){(const char *)parts, sizeof parts});
    return true;
}

bool foreign_amount(const struct foreign *foreign, const struct staged *item, int64_t *minor)
{
    int64_t turned;

    *minor = item->currency.n ? 0 : item->amount_minor;
    if (!item->currency.n) return true;
    if (!rates_convert_minor(foreign->rates, item->currency, time_day_of(item->at_ms), item->amount_minor, &turned) ||
        turned > AMOUNT_MINOR_MAX || turned < -AMOUNT_MINOR_MAX)
        return false;
    *minor = turned;
    return true;
}

/* ---- counts ---- */

/* The row of a currency, made if there is none and room for one. */
static uint32_t row_of(struct foreign *foreign, Str currency)
{
    uint32_t n = atomic_load(&foreign->n);

    if (str_eq(currency, CURRENCY_UNKNOWN)) return 0;
    for (uint32_t i = 1; i < n; i++)
        if (str_eq(str_of(foreign->unpriced[i].code), currency)) return i;
    if (n == UNPRICED_MAX || currency.n >= sizeof foreign->unpriced[n].code) return 0;
    memcpy(foreign->unpriced[n].code, currency.p, currency.n);
    atomic_store(&foreign->n, n + 1); /* readers see the code from here on */
    return n;
}

void foreign_count(struct foreign *foreign, Str currency, bool priced)
{
    atomic_fetch_add(&foreign->events, 1);
    if (!priced) atomic_fetch_add(&foreign->unpriced[row_of(foreign, currency)].events, 1);
}

uint64_t foreign_unpriced(const struct foreign *foreign)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < atomic_load(&foreign->n); i++) sum += atomic_load(&foreign->unpriced[i].events);
    return sum;
}

size_t foreign_unpriced_in(const struct foreign *foreign, struct unpriced out[UNPRICED_MAX])
{
    size_t n = 0;

    for (uint32_t i = 0; i < atomic_load(&foreign->n); i++) {
        out[n].events = atomic_load(&foreign->unpriced[i].events);
        memcpy(out[n].code, foreign->unpriced[i].code, sizeof out[n].code);
        if (out[n].events) n++;
    }
    return n;
}

bool foreign_renew(struct foreign *foreign, struct foreign *other)
{
    if (digest_eq(&foreign->read_with, &other->read_with)) return true;
    if (atomic_load(&foreign->events)) return false;
    arena_free(&foreign->arena);
    foreign->arena = other->arena;
    foreign->rates = other->rates;
    foreign->read_with = other->read_with;
    foreign_init(other);
    return true;
}

/* ---- on disk ---- */

void foreign_store(const struct foreign *foreign, struct foreign_stored *out)
{
    memset(out, 0, sizeof *out);
    out->read_with = foreign->read_with;
    out->events = atomic_load(&foreign->events);
    out->n = atomic_load(&foreign->n);
    for (uint32_t i = 0; i < out->n; i++) {
        out->unpriced[i].events = atomic_load(&foreign->unpriced[i].events);
        memcpy(out->unpriced[i].code, foreign->unpriced[i].code, sizeof out->unpriced[i].code);
    }
}

bool foreign_restore(struct foreign *foreign, const struct foreign_stored *stored, struct err *err)
{
    if (stored->events == 0) return true;
    if (!digest_eq(&foreign->read_with, &stored->read_with))
        return err_set(err, ERR_CONFLICT, "amounts in it were turned by other rates, or by the days of another zone");
    if (stored->n == 0 || stored->n > UNPRICED_MAX) return err_set(err, ERR_INVALID, "its table of currencies is none");
    for (uint32_t i = 0; i < stored->n; i++) {
        atomic_store(&foreign->unpriced[i].events, stored->unpriced[i].events);
        memcpy(foreign->unpriced[i].code, stored->unpriced[i].code, sizeof foreign->unpriced[i].code);
    }
    atomic_store(&foreign->events, stored->events);
    atomic_store(&foreign->n, (uint32_t)stored->n);
    return true;
}
