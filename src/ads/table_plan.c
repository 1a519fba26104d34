#include <stdio.h>
#include <string.h>

#include "ads/channels.h"
#include "ads/table_row.h"
#include "base/json.h"

#define DEFAULT_TEXTS(X)                                                                                               \
    X(source, AD_ID_MAX)                                                                                               \
    X(account, AD_ID_MAX)                                                                                              \
    X(channel, CHANNEL_NAME_MAX)                                                                                       \
    X(campaign_id, AD_ID_MAX)                                                                                          \
    X(campaign_name, AD_TEXT_MAX)                                                                                      \
    X(placement, AD_ID_MAX)                                                                                            \
    X(country, AD_ID_MAX)                                                                                              \
    X(currency, 3)

static const char *const ORDERS[] = {"", "day_first", "month_first"};

static int column_of_name(const struct table *table, Str name)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (str_eq(table->column[i].name, name)) return (int)i;
    return -1;
}

/* What the mapping says of each column; what it does not name stays as proposed. */
static bool read_mapping(const struct table *table, const struct json *mapping, enum table_field *fields,
                         struct err *err)
{
    struct json_members members = json_members(mapping);
    const struct json *value;
    Str name;

    if (!json_is_null(mapping) && !json_is_object(mapping))
        return err_set_field(err, "mapping", "mapping is an object of columns with a field or null each");
    while (json_next(&members, &name, &value)) {
        int column = column_of_name(table, name);
        if (column < 0) return err_set_field(err, "mapping", "the file has no column \"%.*s\"", STR_ARG(name));
        fields[column] = FIELD_NONE;
        if (!json_is_null(value) && !field_find(json_str(value), &fields[column]))
            return err_set_field(err, "mapping", "there is no field \"%.*s\"", STR_ARG(json_str(value)));
    }
    return true;
}

static bool take_columns(const struct table *table, const enum table_field *fields, struct table_plan *out,
                         struct err *err)
{
    for (size_t f = 0; f < FIELD_COUNT; f++) out->column[f] = -1;
    for (size_t i = 0; i < table->n_columns; i++) {
        if (fields[i] == FIELD_NONE) continue;
        if (out->column[fields[i]] >= 0)
            return err_set_field(err, "mapping", "two columns are mapped to %s", field_name(fields[i]));
        out->column[fields[i]] = (int)i;
    }
    return true;
}

static bool default_text(const struct json *defaults, const char *name, size_t max, struct arena *arena, Str *out,
                         struct err *err)
{
    Str value = str_trim(json_str(json_get(defaults, name)));
    char path[40];

    snprintf(path, sizeof path, "defaults.%s", name);
    if (value.n > max) return err_set_field(err, path, "%s is longer than %zu bytes", name, max);
    if (value.n) *out = arena_copy(arena, value);
    return true;
}

static bool read_defaults(const struct json *defaults, struct arena *arena, struct table_defaults *out, struct err *err)
{
    Str order = json_str(json_get(defaults, "date_order"));

#define X(name, max)                                                                                                   \
    if (!default_text(defaults, #name, max, arena, &out->name, err)) return false;
    DEFAULT_TEXTS(X)
#undef X
    if (out->currency.n && !cell_is_currency(out->currency))
        return err_set_field(err, "defaults.currency", "currency is a code such as UAH");
    for (size_t i = 0; i < COUNT_OF(ORDERS); i++) {
        if (!str_eq(order, str_of(ORDERS[i]))) continue;
        out->order = (enum date_order)i;
        return true;
    }
    return err_set_field(err, "defaults.date_order", "date_order is day_first or month_first");
}

static bool has(const struct table_plan *plan, enum table_field field)
{
    return plan->column[field] >= 0;
}

/* Columns that rows of the kind do not have are left alone. */
static void set_kind(struct table_plan *plan)
{
    bool described = false;

    for (size_t f = FIELD_AUDIENCE; f < FIELD_COUNT; f++)
        described = described || (f != FIELD_CONVERSION_RATE && plan->column[f] >= 0);
    plan->campaigns =
        described && !has(plan, FIELD_COST) && (has(plan, FIELD_CAMPAIGN_ID) || has(plan, FIELD_CAMPAIGN_NAME));
    for (size_t f = FIELD_AUDIENCE; f < FIELD_COUNT && !plan->campaigns; f++) plan->column[f] = -1;
    plan->links = has(plan, FIELD_UTM_CAMPAIGN) || has(plan, FIELD_UTM_CONTENT) || has(plan, FIELD_START_PARAM);
}

static bool has_currency(const struct table_plan *plan, enum table_field field)
{
    if (!has(plan, field) || has(plan, FIELD_CURRENCY) || plan->defaults.currency.n) return true;
    const struct table_column *column = &plan->table->column[plan->column[field]];
    return column->currency[0] || column->type == COLUMN_MONEY || column->type == COLUMN_EMPTY;
}

static bool check_days(const struct table_plan *plan, struct err *err)
{
    if (!has(plan, FIELD_DATE)) return err_set_field(err, "mapping", "no column is the day; map one to date");
    if (table_plan_counts(plan) == 0)
        return err_set_field(err, "mapping", "no column has figures; map one to impressions, clicks or cost");
    if (!has(plan, FIELD_SOURCE) && plan->defaults.source.n == 0)
        return err_set_field(err, "defaults.source", "say which ad platform the file is from, such as meta");
    if (!has(plan, FIELD_CAMPAIGN_ID) && !has(plan, FIELD_CAMPAIGN_NAME) && plan->defaults.campaign_id.n == 0 &&
        plan->defaults.campaign_name.n == 0)
        return err_set_field(err, "defaults.campaign_name", "say which campaign the file is of: no column does");
    return (has_currency(plan, FIELD_COST) && has_currency(plan, FIELD_CONVERSION_VALUE)) ||
           err_set_field(err, "defaults.currency", "say which currency the amounts are in: no column does");
}

static bool check_campaigns(const struct table_plan *plan, struct err *err)
{
    if (!has(plan, FIELD_CHANNEL) && plan->defaults.channel.n == 0)
        return err_set_field(err, "defaults.channel", "say which channel the campaigns are of: no column does");
    return has_currency(plan, FIELD_ACQUISITION_COST) ||
           err_set_field(err, "defaults.currency", "say which currency the amounts are in: no column does");
}

bool table_plan_make(const struct table *table, Str mapping, struct arena *arena, struct table_plan *out,
                     struct err *err)
{
    enum table_field fields[TABLE_COLUMNS_MAX];
    struct table_plan plan = {.table = table, .defaults.account = STR("default")};
    const struct json *json = NULL;

    if (mapping.n && !(json = json_parse(mapping, arena, err))) return false;
    plan.defaults.source = str_of(table->source);
    for (size_t i = 0; i < table->n_columns; i++) fields[i] = table->column[i].field;
    if (!read_mapping(table, json_get(json, "mapping"), fields, err) || !take_columns(table, fields, &plan, err) ||
        !read_defaults(json_get(json, "defaults"), arena, &plan.defaults, err))
        return false;
    if (str_eq(plan.defaults.source, STR("telegram_ads")) && plan.defaults.currency.n == 0)
        plan.defaults.currency = STR("TON");
    set_kind(&plan);
    if (!(plan.campaigns ? check_campaigns(&plan, err) : check_days(&plan, err))) return false;
    *out = plan;
    return true;
}

void table_plan_write(const struct table_plan *plan, struct buf *out)
{
    struct json_out json = json_to(out);

    json_open(&json, '{');
    json_key(&json, "mapping");
    json_open(&json, '{');
    for (size_t i = 0; i < plan->table->n_columns; i++) {
        json_key_str(&json, plan->table->column[i].name);
        enum table_field field = FIELD_NONE;
        for (size_t f = 0; f < FIELD_COUNT; f++)
            if (plan->column[f] == (int)i) field = (enum table_field)f;
        if (field == FIELD_NONE) {
            json_put_null(&json);
        } else {
            json_put_str(&json, str_of(field_name(field)));
        }
    }
    json_close(&json, '}');
    json_key(&json, "defaults");
    json_open(&json, '{');
#define X(name, max)                                                                                                   \
    if (plan->defaults.name.n) json_kv_str(&json, #name, plan->defaults.name);
    DEFAULT_TEXTS(X)
#undef X
    if (plan->defaults.order) json_kv_text(&json, "date_order", ORDERS[plan->defaults.order]);
    json_close(&json, '}');
    json_close(&json, '}');
}

unsigned table_plan_counts(const struct table_plan *plan)
{
    static const struct {
        enum table_field field;
        enum ad_count count;
    } COUNTS[] = {{FIELD_IMPRESSIONS, AD_IMPRESSIONS}, {FIELD_REACH, AD_REACH},
                  {FIELD_CLICKS, AD_CLICKS},           {FIELD_COST, AD_SPEND},
                  {FIELD_CONVERSIONS, AD_CONVERSIONS}, {FIELD_CONVERSION_VALUE, AD_REVENUE}};
    unsigned bits = 0;

    for (size_t i = 0; i < COUNT_OF(COUNTS); i++)
        if (has(plan, COUNTS[i].field)) bits |= 1u << COUNTS[i].count;
    return bits;
}
