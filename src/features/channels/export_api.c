#include <stdio.h>

#include "base/csv.h"
#include "features/channels/export_int.h"

/* ---- the question ---- */

static bool read_export(struct request *request, struct export *export, const struct export_table **table,
                        struct err *err)
{
    Str name = request_query(request, "table");

    *export = (struct export){.db = request->db, .arena = &request->arena};
    *table = export_table_find(name);
    if (!*table)
        return err_set_field(err, "table", "table is channels, campaigns, ads, trend or audience, not \"%.*s\"",
                             STR_ARG(name));
    return ask_span(request, &export->span, err) && ask_step(request, &export->step, err) &&
           ask_audience(request, &export->audience, err) && ask_pricing(request, export->span, &export->pricing, err);
}

static const char *file_name(struct request *request, const char *table, const char *ending)
{
    return arena_printf(&request->arena, "%s.%s", table, ending).p;
}

static bool too_large(const struct buf *body, struct err *err)
{
    return err_set(err, ERR_LIMIT, "the file is larger than %zu bytes; ask for fewer days", body->ceiling);
}

/* ---- CSV ---- */

struct csv_sink {
    struct buf *body;
    size_t n;
};

static Str cell_as_text(const struct sheet_cell *cell, char *text, size_t max)
{
    struct buf number;
    struct json_out out;
    uint64_t minor = cell->minor < 0 ? 0 - (uint64_t)cell->minor : (uint64_t)cell->minor;
    size_t n = 0;

    if (!cell->known) return (Str){0};
    switch (cell->type) {
    case SHEET_TEXT: return cell->text;
    case SHEET_DATE: return str_of(time_format_day(cell->day, text));
    case SHEET_MONEY:
        n = (size_t)snprintf(text, max, "%s%llu.%02u", cell->minor < 0 ? "-" : "", (unsigned long long)(minor / 100),
                             (unsigned)(minor % 100));
        return (Str){text, n};
    case SHEET_NUMBER:
    case SHEET_SHARE: break;
    }
    buf_init(&number, max);
    out = json_to(&number);
    json_put_double(&out, cell->number);
    for (; n < number.n && n < max; n++) text[n] = number.p[n];
    buf_reset(&number);
    return (Str){text, n};
}

static bool csv_row(void *context, const struct sheet_cell *cells, struct err *err)
{
    struct csv_sink *sink = context;
    char text[64];

    for (size_t c = 0; c < sink->n; c++)
        csv_put(sink->body, cell_as_text(&cells[c], text, sizeof text), c + 1 == sink->n);
    return !sink->body->full || too_large(sink->body, err);
}

bool export_csv_get(struct request *request, struct reply *reply, struct err *err)
{
    struct export export;
    const struct export_table *table;

    if (!read_export(request, &export, &table, err)) return false;
    reply->content_type = "text/csv; charset=utf-8";
    reply->filename = file_name(request, table->name, "csv");
    for (size_t c = 0; c < table->n_columns; c++)
        csv_put(&reply->body, table->columns[c].name, c + 1 == table->n_columns);
    struct csv_sink sink = {&reply->body, table->n_columns};
    return table->walk(&export, &(struct table_sink){csv_row, &sink}, err);
}

/* ---- JSON ---- */

struct json_sink {
    struct json_out out;
    size_t n;
};

static void put_cell(struct json_out *out, const struct sheet_cell *cell)
{
    char day[TIME_TEXT_MAX];

    if (!cell->known) {
        json_put_null(out);
        return;
    }
    switch (cell->type) {
    case SHEET_TEXT: json_put_str(out, cell->text); return;
    case SHEET_DATE: json_put_str(out, str_of(time_format_day(cell->day, day))); return;
    case SHEET_MONEY: json_put_double(out, (double)cell->minor / 100); return;
    case SHEET_NUMBER:
    case SHEET_SHARE: break;
    }
    json_put_double(out, cell->number);
}

static bool json_row(void *context, const struct sheet_cell *cells, struct err *err)
{
    struct json_sink *sink = context;

    json_open(&sink->out, '[');
    for (size_t c = 0; c < sink->n; c++) put_cell(&sink->out, &cells[c]);
    json_close(&sink->out, ']');
    return !sink->out.buf->full || too_large(sink->out.buf, err);
}

bool export_json_get(struct request *request, struct reply *reply, struct err *err)
{
    static const char *const TYPES[] = {"text", "number", "money", "share", "date"};
    struct export export;
    const struct export_table *table;

    if (!read_export(request, &export, &table, err)) return false;
    reply->filename = file_name(request, table->name, "json");
    struct json_sink sink = {json_to(&reply->body), table->n_columns};
    json_open(&sink.out, '{');
    json_kv_text(&sink.out, "table", table->name);
    json_kv_str(&sink.out, "currency", export.pricing.currency);
    json_key(&sink.out, "columns");
    json_open(&sink.out, '[');
    for (size_t c = 0; c < table->n_columns; c++) {
        json_open(&sink.out, '{');
        json_kv_str(&sink.out, "name", table->columns[c].name);
        json_kv_text(&sink.out, "type", TYPES[table->columns[c].type]);
        json_close(&sink.out, '}');
    }
    json_close(&sink.out, ']');
    json_key(&sink.out, "rows");
    json_open(&sink.out, '[');
    if (!table->walk(&export, &(struct table_sink){json_row, &sink}, err)) return false;
    json_close(&sink.out, ']');
    json_close(&sink.out, '}');
    return true;
}
