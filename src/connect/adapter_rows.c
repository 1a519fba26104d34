/* Reports: what is asked, page by page, and where the figures stand in the rows. */
#include <string.h>

#include "connect/reader_int.h"

const char *const ADAPTER_FIELD_NAMES[FIELDS] = {
#define X(id, name) name,
    ADAPTER_FIELDS(X)
#undef X
};

static bool is_money(size_t field)
{
    return field == FIELD_SPEND || field == FIELD_REVENUE;
}

static bool read_map(struct reader *reader, const struct json *value, struct field_rule *out)
{
    if (!json_get(value, "map")) return true;
    out->mapped = true;
    if (!reader_pairs(reader, value, "map", &out->map)) return false;
    for (size_t i = 0; i < out->map.n; i++)
        if (!json_str(out->map.row[i].value).n) return reader_wrong(reader, "map: names and texts are expected");
    return true;
}

static bool read_field(struct reader *reader, size_t field, const struct json *value, struct field_rule *out)
{
    struct err why = {0};
    bool has_at = false, plain = true;
    size_t unit = 0;

    *out = (struct field_rule){.given = true};
    if (json_str(value).n) { /* the path alone */
        out->shown = json_str(value);
        if (!path_read(out->shown, reader->where, reader->arena, &out->at, &why))
            return reader_wrong(reader, "%s", why.text);
        return reader_names(reader, value);
    }
    if (!reader_keys(reader, value, "at value unit map else absent optional") ||
        !reader_path(reader, value, "at", &out->at, &has_at) ||
        !reader_template(reader, value, "value", false, &out->value) ||
        !reader_word(reader, value, "unit", "major micros minor", &unit) || !read_map(reader, value, out) ||
        !reader_text(reader, value, "else", false, &out->otherwise) ||
        !reader_bool(reader, value, "optional", &out->optional))
        return false;
    out->shown = json_str(json_get(value, "at"));
    out->constant = !has_at;
    out->unit = (enum field_unit)unit;
    out->has_absent = json_get(value, "absent") != NULL;
    if (out->has_absent) out->absent = json_plain(json_get(value, "absent"), reader->arena, &plain);
    if (!plain) return reader_wrong(reader, "absent: a text or a number is expected");
    if (has_at == (out->value.n > 0)) return reader_wrong(reader, "either at (a path) or value (a text) is expected");
    if (unit && !is_money(field)) return reader_wrong(reader, "unit is for spend and revenue only");
    return true;
}

static bool read_fields(struct reader *reader, const struct json *fields, struct rows_rule *out)
{
    size_t was = reader_in(reader, "fields");
    bool ok = reader_keys(reader, fields,
                          "campaign_id campaign_name ad_set_id ad_set_name ad_id ad_name campaign_status ad_status "
                          "channel placement country currency day impressions reach clicks spend conversions revenue");

    for (size_t i = 0; ok && i < FIELDS; i++) {
        const struct json *value = json_get(fields, ADAPTER_FIELD_NAMES[i]);
        size_t inner = reader_in(reader, ADAPTER_FIELD_NAMES[i]);
        if (value) ok = read_field(reader, i, value, &out->field[i]);
        if (ok) reader_out(reader, inner);
    }
    if (!ok) return false;
    const struct field_rule *field = out->field;
    if (!field[FIELD_DAY].given || !field[FIELD_CHANNEL].given || !field[FIELD_CURRENCY].given ||
        !(field[FIELD_CAMPAIGN_ID].given || field[FIELD_CAMPAIGN_NAME].given))
        return reader_wrong(reader, "day, channel, currency and campaign_id or campaign_name are needed");
    reader_out(reader, was);
    return true;
}

static bool read_rows(struct reader *reader, const struct json *object, struct rows_rule *out)
{
    const struct json *value = json_get(object, "rows");
    size_t was = reader_in(reader, "rows"), format = 0;
    bool has_list = false;

    *out = (struct rows_rule){0};
    if (!reader_keys(reader, value, "format list nulls fields") ||
        !reader_word(reader, value, "format", "json tsv", &format) ||
        !reader_path(reader, value, "list", &out->list, &has_list) ||
        !reader_texts(reader, value, "nulls", &out->nulls, &out->n_nulls) ||
        !read_fields(reader, json_get(value, "fields"), out))
        return false;
    out->format = (enum rows_format)format;
    if (has_list == (format == ROWS_TSV))
        return reader_wrong(reader, "list (the path of the rows, such as /data/*) is expected, but not with tsv");
    if (has_list && (out->list.n == 0 || out->list.step[out->list.n - 1].name))
        return reader_wrong(reader, "list ends with a star, as in /data/*");
    reader_out(reader, was);
    return true;
}

static bool read_page(struct reader *reader, const struct json *object, struct page_rule *out)
{
    const struct json *value = json_get(object, "page");
    size_t was = reader_in(reader, "page"), kind = 0;

    if (!value) return reader_out(reader, was), true;
    if (!reader_keys(reader, value, "kind at more") ||
        !reader_word(reader, value, "kind", "url cursor number", &kind) ||
        !reader_path(reader, value, "at", &out->at, NULL) ||
        !reader_path(reader, value, "more", &out->more, &out->has_more))
        return false;
    if (!json_get(value, "kind")) return reader_wrong(reader, "kind is missing; one of url cursor number");
    out->kind = (enum page_kind)(PAGE_URL + kind);
    reader_out(reader, was);
    return true;
}

static bool read_start(struct reader *reader, const struct json *value, struct report *out)
{
    const struct json *poll = json_get(value, "poll");

    out->has_start = json_get(value, "start") != NULL;
    if (!out->has_start) return !poll || reader_wrong(reader, "poll without start: there is nothing to wait for");
    if (!read_ask(reader, value, "start", &out->start) || !read_values(reader, value, "run", &out->run)) return false;
    size_t was = reader_in(reader, "poll");
    out->every_ms = 10000;
    out->at_most_ms = 3600000;
    if (!reader_keys(reader, poll, "ask ready failed every_s at_most_s") ||
        !read_ask(reader, poll, "ask", &out->poll) ||
        !read_conditions(reader, poll, "ready", out->ready, &out->n_ready) ||
        !read_conditions(reader, poll, "failed", out->failed, &out->n_failed) ||
        !reader_seconds(reader, poll, "every_s", &out->every_ms) ||
        !reader_seconds(reader, poll, "at_most_s", &out->at_most_ms))
        return false;
    if (!out->n_ready) return reader_wrong(reader, "ready is missing: how a report that is done is known");
    reader_out(reader, was);
    return true;
}

static bool read_report(struct reader *reader, const struct json *value, const struct rows_rule *rows,
                        struct report *out)
{
    out->least_days = 1;
    out->most_days = INT32_MAX;
    if (!reader_keys(reader, value, "least_days most_days start run poll ask page rows") ||
        !reader_whole(reader, value, "least_days", 1, 1000, &out->least_days) ||
        !reader_whole(reader, value, "most_days", 1, 1000, &out->most_days) || !read_start(reader, value, out) ||
        !read_ask(reader, value, "ask", &out->ask) || !read_page(reader, value, &out->page))
        return false;
    if (json_get(value, "rows")) return read_rows(reader, value, &out->rows);
    if (!rows) return reader_wrong(reader, "rows is missing, here and for all reports");
    out->rows = *rows;
    return true;
}

bool read_reports(struct reader *reader, const struct json *root, struct adapter *out)
{
    const struct json *list = json_get(root, "reports");
    struct rows_rule rows;
    bool common = json_get(root, "rows") != NULL;

    if (common && !read_rows(reader, root, &rows)) return false;
    size_t was = reader_in(reader, "reports");
    out->n_reports = json_count(list);
    if (out->n_reports == 0 || out->n_reports > REPORTS_MAX)
        return reader_wrong(reader, "a list of 1 to %d reports is expected", REPORTS_MAX);
    for (size_t i = 0; i < out->n_reports; i++) {
        size_t item = reader_in_item(reader, i);
        if (!read_report(reader, json_at(list, i), common ? &rows : NULL, &out->report[i])) return false;
        reader_out(reader, item);
    }
    reader_out(reader, was);
    return true;
}
