#include "ads/table_row.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ads/channels.h"
#include "base/csv.h"

#define DECIMAL_DIGITS 9 /* of what becomes a double */

struct reader {
    const struct table_plan *plan;
    const Str *cells;
    struct row_fault *fault;
};

static bool fault(struct row_fault *out, const char *column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static bool fault(struct row_fault *out, const char *column, const char *format, ...)
{
    va_list args;

    out->column = column;
    va_start(args, format);
    vsnprintf(out->reason, sizeof out->reason, format, args);
    va_end(args);
    return false;
}

/* At most 60 bytes of a cell, for a reason. */
static Str brief(Str cell)
{
    size_t n = cell.n < 60 ? cell.n : 60;

    while (n && !str_is_utf8((Str){cell.p, n})) n--;
    return (Str){cell.p, n};
}

/* The cell of a field; empty where it says nothing or no column has it. */
static Str cell_of(const struct reader *in, enum table_field field)
{
    int column = in->plan->column[field];

    if (column < 0) return (Str){NULL, 0};
    Str cell = cell_trim(in->cells[column]);
    return cell_says(cell) ? cell : (Str){NULL, 0};
}

static const struct table_column *column_of(const struct reader *in, enum table_field field)
{
    return &in->plan->table->column[in->plan->column[field]];
}

static bool text(const struct reader *in, enum table_field field, Str fallback, size_t max, Str *out)
{
    Str cell = cell_of(in, field);

    if (cell.n > max) return fault(in->fault, field_name(field), "%s is longer than %zu bytes", field_name(field), max);
    *out = cell.n ? cell : fallback;
    return true;
}

/* A whole number, 0 or more; the marks of thousands may be any. */
static bool count(const struct reader *in, enum table_field field, int64_t *out)
{
    Str cell = cell_of(in, field);
    struct cell_number number;

    *out = AD_NOT_SAID;
    if (cell.n == 0 || str_to_i64(cell, out)) {
        if (*out >= 0 || cell.n == 0) return true;
        return fault(in->fault, field_name(field), "%s is below 0: %.*s", field_name(field), STR_ARG(brief(cell)));
    }
    for (int i = 0; i < 2; i++) {
        if (!cell_number(cell, i ? ',' : '.', 2, &number) || number.percent || number.currency[0]) continue;
        if (number.value % 100 || number.value < 0) continue;
        *out = number.value / 100;
        return true;
    }
    return fault(in->fault, field_name(field), "%s \"%.*s\" is no whole number", field_name(field),
                 STR_ARG(brief(cell)));
}

static bool number(const struct reader *in, enum table_field field, int digits, struct cell_number *out)
{
    Str cell = cell_of(in, field);

    if (cell_number(cell, column_of(in, field)->decimal, digits, out)) return true;
    return fault(in->fault, field_name(field), "%s \"%.*s\" is no number", field_name(field), STR_ARG(brief(cell)));
}

/* Millionths of a currency, which the first amount of a row that names one gives to the row. */
static bool money(const struct reader *in, enum table_field field, bool below_zero, int64_t *out, Str *currency,
                  char code[CELL_CURRENCY_MAX])
{
    struct cell_number found;

    *out = AD_NOT_SAID;
    if (cell_of(in, field).n == 0) return true;
    if (!number(in, field, 6, &found)) return false;
    if (found.percent) return fault(in->fault, field_name(field), "%s is a share", field_name(field));
    if (found.value < 0 && !below_zero) return fault(in->fault, field_name(field), "%s is below 0", field_name(field));
    *out = found.value;
    const char *heading = column_of(in, field)->currency;
    if (currency->n == 0 && (heading[0] || found.currency[0])) {
        memcpy(code, heading[0] ? heading : found.currency, CELL_CURRENCY_MAX);
        *currency = str_of(code);
    }
    if (currency->n == 0) *currency = in->plan->defaults.currency;
    if (currency->n) return true;
    return fault(in->fault, "currency", "%s has no currency: say it in a column, or for the whole file",
                 field_name(field));
}

/* A decimal number as a double: rounded once, from the digits. */
static bool decimal(const struct reader *in, enum table_field field, double *out)
{
    struct cell_number found;

    *out = NAN;
    if (cell_of(in, field).n == 0) return true;
    if (!number(in, field, DECIMAL_DIGITS, &found)) return false;
    if (found.currency[0]) return fault(in->fault, field_name(field), "%s is an amount of money", field_name(field));
    *out = (double)found.value / 1e9;
    if (column_of(in, field)->percent && !found.percent) *out = (double)found.value / 1e11;
    return true;
}

static bool date(const struct reader *in, enum table_field field, int32_t *day, bool *said)
{
    Str cell = cell_of(in, field);
    enum date_order order = in->plan->defaults.order;

    *said = cell.n > 0;
    if (!*said) return true;
    if (order == DATE_ORDER_UNKNOWN) order = column_of(in, field)->order;
    if (cell_date(cell, order, day)) return true;
    return fault(in->fault, field_name(field), "%s \"%.*s\" is no date", field_name(field), STR_ARG(brief(cell)));
}

/* "15 Days", "2 weeks", "15" */
static bool duration(const struct reader *in, int64_t *out)
{
    static const struct {
        const char *start;
        int days;
    } UNITS[] = {{"day", 1}, {"дн", 1}, {"ден", 1}, {"week", 7}, {"нед", 7}, {"тиж", 7}, {"d", 1}, {"д", 1}};
    Str cell = cell_of(in, FIELD_DURATION);
    char folded[24];
    size_t digits = 0;

    *out = AD_NOT_SAID;
    if (cell.n == 0) return true;
    while (digits < cell.n && cell.p[digits] >= '0' && cell.p[digits] <= '9') digits++;
    Str unit = {folded, cell_fold(str_from(cell, digits), folded, sizeof folded)};
    int days = unit.n == 0 ? 1 : 0;
    for (size_t i = 0; i < COUNT_OF(UNITS) && !days; i++)
        if (str_starts(unit, str_of(UNITS[i].start))) days = UNITS[i].days;
    if (days && digits && digits < 6 && str_to_i64((Str){cell.p, digits}, out)) {
        *out *= days;
        return true;
    }
    return fault(in->fault, "duration", "duration \"%.*s\" is no number of days", STR_ARG(brief(cell)));
}

/* ---- rows ---- */

static bool dates(const struct reader *in, int32_t *day, bool *said)
{
    int32_t end;
    bool has_end;

    if (!date(in, FIELD_DATE, day, said) || !date(in, FIELD_DATE_END, &end, &has_end)) return false;
    return !has_end || !*said || end == *day || in->plan->campaigns ||
           fault(in->fault, "date_end", "the row is of several days; export the file by day");
}

static bool currency(const struct reader *in, struct arena *arena, Str *out)
{
    Str cell = {NULL, 0};

    if (!text(in, FIELD_CURRENCY, (Str){NULL, 0}, 16, &cell)) return false;
    *out = cell;
    if (cell.n == 0 || cell_is_currency(cell)) return true;
    char upper[4] = "";
    struct cell_number sign;
    for (size_t i = 0; cell.n == 3 && i < 3; i++)
        upper[i] = (char)(cell.p[i] >= 'a' && cell.p[i] <= 'z' ? cell.p[i] - ('a' - 'A') : cell.p[i]);
    if (cell_is_currency(str_of(upper))) {
        *out = arena_copy(arena, str_of(upper));
        return true;
    }
    if (cell_number(arena_join(arena, STR("1 "), cell), '.', 0, &sign) && sign.currency[0]) { /* "₽", "руб." */
        *out = arena_copy(arena, str_of(sign.currency));
        return true;
    }
    return fault(in->fault, "currency", "currency \"%.*s\" is no code such as UAH", STR_ARG(brief(cell)));
}

static bool source(const struct reader *in, struct arena *arena, Str *out)
{
    char folded[AD_ID_MAX];
    Str cell = {NULL, 0};

    if (!text(in, FIELD_SOURCE, in->plan->defaults.source, AD_ID_MAX, &cell)) return false;
    Str slug = {folded, cell_fold(cell, folded, sizeof folded)};
    bool ok = slug.n >= 1 && slug.n <= 40;
    for (size_t i = 0; i < slug.n; i++) ok = ok && (unsigned char)slug.p[i] < 0x80;
    if (!ok) return fault(in->fault, "source", "source \"%.*s\" is no word of a-z, 0-9, _", STR_ARG(brief(cell)));
    *out = str_eq(slug, cell) ? cell : arena_copy(arena, slug);
    return true;
}

static bool start_param(const struct reader *in, Str *out)
{
    if (!text(in, FIELD_START_PARAM, (Str){NULL, 0}, 64, out)) return false;
    for (size_t i = 0; i < out->n; i++) {
        char c = out->p[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-')
            continue;
        return fault(in->fault, "start_param", "start_param \"%.*s\" has more than A-Z, a-z, 0-9, _ and -",
                     STR_ARG(*out));
    }
    return true;
}

static bool links(const struct reader *in, struct table_row *row)
{
    Str none = {NULL, 0};

    return text(in, FIELD_UTM_CAMPAIGN, none, AD_TEXT_MAX, &row->utm_campaign) &&
           text(in, FIELD_UTM_CONTENT, none, AD_TEXT_MAX, &row->utm_content) && start_param(in, &row->start_param);
}

static bool country(const struct reader *in, struct arena *arena, Str *out)
{
    if (!text(in, FIELD_COUNTRY, in->plan->defaults.country, AD_ID_MAX, out)) return false;
    if (out->n != 2 || ((out->p[0] & 0x60) != 0x60 && (out->p[1] & 0x60) != 0x60)) return true;
    char upper[2];
    for (int i = 0; i < 2; i++) upper[i] = (char)(out->p[i] >= 'a' && out->p[i] <= 'z' ? out->p[i] - 32 : out->p[i]);
    *out = arena_copy(arena, (Str){upper, 2});
    return true;
}

static bool day_texts(const struct reader *in, struct arena *arena, struct table_row *row)
{
    const struct table_defaults *defaults = &in->plan->defaults;
    struct ad_row *day = &row->day;
    Str none = {NULL, 0};

    return source(in, arena, &row->source) && text(in, FIELD_ACCOUNT, defaults->account, AD_ID_MAX, &row->account) &&
           text(in, FIELD_CAMPAIGN_ID, defaults->campaign_id, AD_ID_MAX, &day->campaign_id) &&
           text(in, FIELD_CAMPAIGN_NAME, defaults->campaign_name, AD_TEXT_MAX, &day->campaign_name) &&
           text(in, FIELD_CAMPAIGN_STATUS, none, AD_ID_MAX, &day->campaign_status) &&
           text(in, FIELD_AD_SET_ID, none, AD_ID_MAX, &day->ad_set_id) &&
           text(in, FIELD_AD_SET_NAME, none, AD_TEXT_MAX, &day->ad_set_name) &&
           text(in, FIELD_AD_ID, none, AD_ID_MAX, &day->ad_id) &&
           text(in, FIELD_AD_NAME, none, AD_TEXT_MAX, &day->ad_name) &&
           text(in, FIELD_AD_STATUS, none, AD_ID_MAX, &day->ad_status) &&
           text(in, FIELD_CHANNEL, defaults->channel, CHANNEL_NAME_MAX, &day->channel) &&
           text(in, FIELD_PLACEMENT, defaults->placement, AD_ID_MAX, &day->placement) &&
           country(in, arena, &day->country) && links(in, row);
}

/* The channel of the dashboard that a source's rows are of, where no column says it. */
static Str channel_name(Str source, Str placement)
{
    static const struct {
        const char *source, *channel;
    } NAMES[] = {{"telegram_ads", "Telegram"},  {"vk_ads", "VK"},
                 {"linkedin", "LinkedIn"},      {"microsoft_ads", "Microsoft Ads"},
                 {"snapchat", "Snapchat"},      {"google_ads", "Google Ads"},
                 {"tiktok", "TikTok"},          {"yandex_direct", "Yandex Direct"},
                 {"influencer", "Influencers"}, {"other", "Other"}};

    if (str_eq(source, STR("meta")))
        return str_contains_nocase(placement, STR("instagram")) ? STR("Instagram") : STR("Facebook");
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        if (str_eq(source, str_of(NAMES[i].source))) return str_of(NAMES[i].channel);
    return source;
}

static bool day_counts(const struct reader *in, struct arena *arena, struct ad_row *day)
{
    char code[CELL_CURRENCY_MAX] = "";
    struct cell_number found;
    bool any = false;

    if (!currency(in, arena, &day->currency) || !count(in, FIELD_IMPRESSIONS, &day->count[AD_IMPRESSIONS]) ||
        !count(in, FIELD_REACH, &day->count[AD_REACH]) || !count(in, FIELD_CLICKS, &day->count[AD_CLICKS]) ||
        !money(in, FIELD_COST, false, &day->count[AD_SPEND], &day->currency, code) ||
        !money(in, FIELD_CONVERSION_VALUE, true, &day->count[AD_REVENUE], &day->currency, code))
        return false;
    if (day->currency.p == code) day->currency = arena_copy(arena, day->currency);
    day->count[AD_CONVERSIONS] = AD_NOT_SAID;
    if (cell_of(in, FIELD_CONVERSIONS).n) {
        if (!number(in, FIELD_CONVERSIONS, 6, &found)) return false;
        if (found.percent || found.currency[0] || found.value < 0)
            return fault(in->fault, "conversions", "conversions are a number, 0 or more");
        day->count[AD_CONVERSIONS] = found.value;
    }
    for (size_t i = 0; i < AD_COUNTS; i++) {
        any = any || day->count[i] != AD_NOT_SAID;
        if (day->count[i] > AD_COUNT_MAX || (day->count[i] < -AD_COUNT_MAX && day->count[i] != AD_NOT_SAID))
            return fault(in->fault, "", "a figure of the row is too large to be true");
    }
    return any || fault(in->fault, "", "the row has no figures");
}

static bool read_day(const struct reader *in, struct arena *arena, struct table_row *row)
{
    bool said;

    if (!dates(in, &row->day.day, &said)) return false;
    if (!said) return fault(in->fault, "date", "date is empty");
    if (!day_texts(in, arena, row) || !day_counts(in, arena, &row->day)) return false;
    if (row->day.channel.n == 0) row->day.channel = channel_name(row->source, row->day.placement);
    if (row->day.currency.n == 0) row->day.currency = in->plan->defaults.currency;
    if (row->day.currency.n == 0) row->day.currency = in->plan->no_money;
    if (memchr(row->account.p, '/', row->account.n)) return fault(in->fault, "account_id", "an account has no /");
    return row->day.campaign_id.n || row->day.campaign_name.n ||
           fault(in->fault, "campaign_id", "neither campaign_id nor campaign_name says which campaign this is");
}

static bool read_campaign(const struct reader *in, struct arena *arena, struct table_row *row)
{
    struct campaign_row *out = &row->campaign;
    char code[CELL_CURRENCY_MAX] = "";
    Str none = {NULL, 0};
    int32_t day;
    bool said;

    if (!dates(in, &day, &said)) return false;
    out->day = said ? day : AD_NOT_SAID;
    if (!text(in, FIELD_CAMPAIGN_ID, in->plan->defaults.campaign_id, AD_ID_MAX, &out->campaign_id) ||
        !text(in, FIELD_CAMPAIGN_NAME, none, AD_TEXT_MAX, &out->name) ||
        !text(in, FIELD_CHANNEL, in->plan->defaults.channel, CHANNEL_NAME_MAX, &out->channel) ||
        !text(in, FIELD_CAMPAIGN_STATUS, none, AD_ID_MAX, &out->status) ||
        !text(in, FIELD_AUDIENCE, none, AD_TEXT_MAX, &out->audience) ||
        !text(in, FIELD_GOAL, none, AD_TEXT_MAX, &out->goal) ||
        !text(in, FIELD_LOCATION, none, AD_TEXT_MAX, &out->location) ||
        !text(in, FIELD_LANGUAGE, none, AD_TEXT_MAX, &out->language) ||
        !text(in, FIELD_SEGMENT, none, AD_TEXT_MAX, &out->segment) ||
        !text(in, FIELD_COMPANY, none, AD_TEXT_MAX, &out->company) || !links(in, row))
        return false;
    if (!currency(in, arena, &out->currency) || !duration(in, &out->duration_days) ||
        !money(in, FIELD_ACQUISITION_COST, false, &out->cost_micros, &out->currency, code) ||
        !count(in, FIELD_CLICKS, &out->clicks) || !count(in, FIELD_IMPRESSIONS, &out->impressions) ||
        !decimal(in, FIELD_CONVERSION_RATE, &out->conversion_rate) || !decimal(in, FIELD_ROI, &out->roi) ||
        !decimal(in, FIELD_ENGAGEMENT, &out->engagement))
        return false;
    if (out->currency.p == code) out->currency = arena_copy(arena, out->currency);
    if (out->conversion_rate < 0 || out->conversion_rate > 1)
        return fault(in->fault, "conversion_rate", "conversion_rate %g is not from 0 to 1; write 5 %% as 5%% or 0.05",
                     out->conversion_rate);
    if (out->channel.n == 0) return fault(in->fault, "channel", "channel is empty");
    if (out->campaign_id.n == 0 && out->name.n <= AD_ID_MAX) out->campaign_id = out->name;
    return out->campaign_id.n || fault(in->fault, "campaign_id", "campaign_id is empty");
}

bool table_row_read(const struct table_plan *plan, Str record, struct arena *arena, struct table_row *out,
                    struct row_fault *why)
{
    Str cells[TABLE_COLUMNS_MAX];
    struct reader in = {plan, cells, why};

    *out = (struct table_row){0};
    if (record.n > TABLE_LINE_MAX) return fault(why, "", "the line is longer than %zu bytes", TABLE_LINE_MAX);
    if (!str_is_utf8(record)) return fault(why, "", "the line is no UTF-8 text");
    size_t n = csv_split_at(record, plan->table->separator, arena, cells, TABLE_COLUMNS_MAX);
    if (n == SIZE_MAX) return fault(why, "", "a quote is not closed, or stands inside a cell");
    if (n != plan->table->n_columns)
        return fault(why, "", "%zu cells where the header has %zu", n, plan->table->n_columns);
    return plan->campaigns ? read_campaign(&in, arena, out) : read_day(&in, arena, out);
}
