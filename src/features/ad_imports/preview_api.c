#include "base/csv.h"
#include "features/ad_imports/ad_imports_int.h"

static void put_field(struct json_out *out, enum table_field field)
{
    if (field == FIELD_NONE) {
        json_put_null(out);
    } else {
        json_put_str(out, str_of(field_name(field)));
    }
}

/* The field that a column has by the plan, or, while there is none, the one proposed. */
static enum table_field field_of(const struct ad_preview *preview, size_t column)
{
    if (!preview->has_plan) return preview->table.column[column].field;
    for (size_t f = 0; f < FIELD_COUNT; f++)
        if (preview->plan.column[f] == (int)column) return (enum table_field)f;
    return FIELD_NONE;
}

static void put_columns(struct json_out *out, const struct ad_preview *preview)
{
    json_key(out, "columns");
    json_open(out, '[');
    for (size_t i = 0; i < preview->table.n_columns; i++) {
        const struct table_column *column = &preview->table.column[i];
        json_open(out, '{');
        json_kv_str(out, "name", column->name);
        json_kv_text(out, "type", column_type_name(column->type));
        json_key(out, "samples");
        json_open(out, '[');
        for (size_t k = 0; k < COUNT_OF(column->samples) && column->samples[k].n; k++)
            json_put_str(out, column->samples[k]);
        json_close(out, ']');
        json_key(out, "field");
        put_field(out, field_of(preview, i));
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void put_fields(struct json_out *out)
{
    json_key(out, "fields");
    json_open(out, '[');
    for (size_t f = 0; f < FIELD_COUNT; f++) {
        json_open(out, '{');
        json_kv_text(out, "name", field_name((enum table_field)f));
        json_kv_text(out, "type", field_type_name(field_type_of((enum table_field)f)));
        json_kv_bool(out, "required", f == FIELD_DATE);
        json_kv_text(out, "title", field_title((enum table_field)f));
        json_close(out, '}');
    }
    json_close(out, ']');
}

static void put_defaults(struct json_out *out, const struct ad_preview *preview)
{
    const struct table_defaults *defaults = &preview->plan.defaults;
    const struct {
        const char *name;
        Str value;
    } texts[] = {{"source", preview->has_plan ? defaults->source : str_of(preview->table.source)},
                 {"account", defaults->account},
                 {"channel", defaults->channel},
                 {"campaign_id", defaults->campaign_id},
                 {"campaign_name", defaults->campaign_name},
                 {"placement", defaults->placement},
                 {"country", defaults->country},
                 {"currency", defaults->currency}};

    json_key(out, "defaults");
    json_open(out, '{');
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (texts[i].value.n) json_kv_str(out, texts[i].name, texts[i].value);
    json_close(out, '}');
}

static size_t split_row(const struct ad_preview *preview, Str record, struct arena *arena, Str *cells)
{
    size_t n = record.n > TABLE_LINE_MAX
                   ? SIZE_MAX
                   : csv_split_at(record, preview->table.separator, arena, cells, TABLE_COLUMNS_MAX);

    if (n <= TABLE_COLUMNS_MAX) return n;
    cells[0] = record.n > 200 ? (Str){record.p, 200} : record; /* no row: shown as it is */
    return 1;
}

/* The first rows, and a sentence for each that would be refused. */
static void put_rows(struct request *request, struct json_out *out, const struct ad_preview *preview)
{
    Str rest = str_from(preview->text, preview->table.data_at), record, problems[TABLE_PREVIEW_ROWS + 1];
    int64_t line = preview->table.data_line, at;
    size_t n_problems = 0;

    if (!preview->has_plan) problems[n_problems++] = str_of(preview->why_not.text);
    json_key(out, "rows");
    json_open(out, '[');
    for (int i = 0; i < TABLE_PREVIEW_ROWS && table_next(&preview->table, &rest, &line, &record, &at); i++) {
        Str cells[TABLE_COLUMNS_MAX];
        struct table_row row;
        struct row_fault fault;
        size_t n = split_row(preview, record, &request->arena, cells);
        json_open(out, '[');
        for (size_t k = 0; k < n; k++) json_put_str(out, cells[k]);
        json_close(out, ']');
        if (preview->has_plan && !table_row_read(&preview->plan, record, &request->arena, &row, &fault))
            problems[n_problems++] = arena_printf(&request->arena, "line %lld: %s", (long long)at, fault.reason);
    }
    json_close(out, ']');
    json_key(out, "problems");
    json_open(out, '[');
    for (size_t i = 0; i < n_problems; i++) json_put_str(out, problems[i]);
    json_close(out, ']');
}

bool put_ad_preview(struct request *request, struct json_out *out, int64_t id, struct err *err)
{
    const struct ad_imports_feature *feature = request->context;
    struct ad_preview *preview = ARENA_NEW(&request->arena, struct ad_preview);

    if (!ad_import_look(feature->imports, request->db, id, &request->arena, preview, err)) return false;
    json_open(out, '{');
    json_kv_text(out, "format", table_format_name(preview->table.format));
    json_kv_str(out, "separator", (Str){&preview->table.separator, 1});
    json_kv_text(out, "kind", !preview->has_plan ? NULL : preview->plan.campaigns ? "campaigns" : "days");
    put_columns(out, preview);
    put_fields(out);
    put_defaults(out, preview);
    put_rows(request, out, preview);
    json_kv_bool(out, "remembered", preview->remembered);
    json_close(out, '}');
    return true;
}

bool ad_import_preview_get(struct request *request, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    int64_t id;

    return request_param_whole(request, 0, &id, err) && put_ad_preview(request, &out, id, err);
}
