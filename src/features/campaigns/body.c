#include <math.h>
#include <stdio.h>

#include "ads/channels.h"
#include "ads/money.h"
#include "ads/rates.h"
#include "base/time.h"
#include "features/campaigns/campaigns_int.h"

#define REAL_MAX 1e12
#define MONEY_DIGITS 6
#define MINOR_DIGITS 4 /* of a minor unit, to micros */

bool change_stored(struct request *request, change_fn *change, void *what, struct err *err)
{
    const struct campaigns *campaigns = request->context;
    struct db *db = store_writer_take(campaigns->store);
    bool ok = db_begin(db, err);

    if (ok) {
        ok = change(request, db, what, err);
        if (ok) {
            ok = db_commit(db, err);
        } else {
            db_rollback(db);
        }
    }
    store_writer_give(campaigns->store);
    return ok;
}

static bool read_text(const struct field *field, const struct json *json, void *at, struct err *err)
{
    Str text = str_trim(json_str(json));
    bool is_text = text.n || json_is_null(json) || json_str(json).p;

    if (!is_text) return err_set_field(err, field->name, "%s is a text", field->name);
    if (text.n > field->max)
        return err_set_field(err, field->name, "%s is %zu bytes long; at most %zu", field->name, text.n, field->max);
    if (text.n == 0 && (field->flags & FIELD_REQUIRED))
        return err_set_field(err, field->name, "%s is a text that is not empty", field->name);
    if (field->kind == FIELD_CURRENCY && !currency_check(text, field->name, err)) return false;
    *(Str *)at = text;
    return true;
}

static bool read_real(const struct field *field, const struct json *json, double *at, struct err *err)
{
    double value = NAN;

    if (!json_is_null(json) && (!json_double(json, &value) || fabs(value) > REAL_MAX))
        return err_set_field(err, field->name, "%s is a number", field->name);
    if (field->kind == FIELD_SHARE && (value < 0 || value > 1))
        return err_set_field(err, field->name, "%s is a share from 0 to 1, not %g", field->name, value);
    *at = value;
    return true;
}

static bool read_whole(const struct field *field, const struct json *json, int64_t *at, struct err *err)
{
    int64_t value;

    if (!json_i64(json, &value) || value < 0 || value > AD_COUNT_MAX)
        return err_set_field(err, field->name, "%s is a whole number from 0 on", field->name);
    *at = value;
    return true;
}

static bool read_money(const struct field *field, const struct json *json, int64_t *at, struct err *err)
{
    int digits = field->kind == FIELD_MONEY ? MONEY_DIGITS : field->kind == FIELD_MINOR ? MINOR_DIGITS : RATE_DIGITS;
    int64_t value;

    if (!money_read(json, field->name, digits, &value, err)) return false;
    if (field->kind == FIELD_RATE) {
        *at = value;
        return true;
    }
    if (value < 0 || value > AD_COUNT_MAX)
        return err_set_field(err, field->name, "%s is from 0 to %lld units of the currency", field->name,
                             (long long)(AD_COUNT_MAX / AD_MONEY_UNIT));
    *at = value;
    return true;
}

static bool read_day(const struct field *field, const struct json *json, int64_t *at, struct err *err)
{
    int32_t day;

    if (!time_parse_day(json_str(json), &day))
        return err_set_field(err, field->name, "%s is a day such as 2025-02-12", field->name);
    *at = day;
    return true;
}

static bool read_field(const struct field *field, const struct json *json, void *at, struct err *err)
{
    bool is_text = field->kind <= FIELD_CURRENCY;

    if (is_text) return read_text(field, json, at, err);
    if (json_is_null(json) && (field->flags & FIELD_REQUIRED))
        return err_set_field(err, field->name, "%s may not be null", field->name);
    if (field->kind == FIELD_REAL || field->kind == FIELD_SHARE) return read_real(field, json, at, err);
    if (json_is_null(json)) {
        *(int64_t *)at = AD_NOT_SAID;
        return true;
    }
    if (field->kind == FIELD_WHOLE) return read_whole(field, json, at, err);
    if (field->kind == FIELD_DAY) return read_day(field, json, at, err);
    return read_money(field, json, at, err);
}

static const struct field *find_field(const struct field *fields, size_t n, Str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(str_of(fields[i].name), name)) return &fields[i];
    return NULL;
}

bool body_read(const struct json *json, const struct field *fields, size_t n, unsigned refused, void *out,
               struct err *err)
{
    struct json_members members = json_members(json);
    const struct json *value;
    char name[sizeof((struct err *)NULL)->field];
    Str key;

    if (!json_is_object(json)) return err_set(err, ERR_INVALID, "the body is a JSON object");
    while (json_next(&members, &key, &value)) {
        const struct field *field = find_field(fields, n, key);
        if (!field) {
            snprintf(name, sizeof name, "%.*s", STR_ARG(key));
            return err_set_field(err, name, "there is no member \"%.*s\" here", STR_ARG(key));
        }
        if (field->flags & refused)
            return err_set_field(err, field->name, "%s of a campaign with daily facts is made of them", field->name);
        if (!read_field(field, value, (char *)out + field->offset, err)) return false;
    }
    return true;
}

bool query_day(const struct request *request, const char *name, int32_t fallback, int32_t *out, struct err *err)
{
    Str text = request_query(request, name);
    int32_t day = fallback;

    if (text.n && !time_parse_day(text, &day))
        return err_set_field(err, name, "%s is a day such as 2025-02-12, not \"%.*s\"", name, STR_ARG(text));
    *out = day;
    return true;
}

void put_whole(struct json_out *out, const char *key, int64_t value)
{
    if (value == AD_NOT_SAID) {
        json_kv_null(out, key);
    } else {
        json_kv_i64(out, key, value);
    }
}
