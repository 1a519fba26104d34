#include <stdio.h>
#include <string.h>

#include "features/channels/export_int.h"
#include "measure/scratch.h"

#define XLSX "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

/* ---- GET /export/excel: the whole dashboard ---- */

static const struct sheet_column SUMMARY_COLUMNS[] = {{STR_INIT("figure"), SHEET_TEXT},
                                                      {STR_INIT("value"), SHEET_NUMBER}};

static bool summary_row(struct sheet_book *book, const char *name, struct sheet_cell value, struct err *err)
{
    const struct sheet_cell cells[] = {cell_text(str_of(name)), value};
    return sheet_row(book, cells, err);
}

static bool summary_rows(const struct export *export, struct sheet_book *book, const struct summary *summary,
                         struct err *err)
{
    const struct campaign_sum *all = &summary->all;
    const struct {
        const char *name;
        struct sheet_cell value;
    } rows[] = {
        {"total_campaigns", cell_number(true, (double)all->campaigns)},
        {"total_roi", cell_number(true, all->roi_sum)},
        {"avg_roi", cell_number(true, mean_of(all->roi_sum, all->roi_n))},
        {"avg_conversion_rate", cell_share(mean_of(all->conversion_rate_sum, all->conversion_rate_n))},
        {"total_clicks", cell_number(true, (double)all->clicks)},
        {"total_impressions", cell_number(true, (double)all->impressions)},
        {"avg_acquisition_cost", cell_mean_money(mean_of((double)all->cost_micros_sum, all->cost_n))},
        {"currency", cell_text(export->pricing.currency)},
        {"roi_change", cell_share(summary->roi_change)},
        {"conversion_change", cell_share(summary->conversion_change)},
        {"clicks_change", cell_share(summary->clicks_change)},
        {"cost_change", cell_share(summary->cost_change)},
        {"top_performing_channel", cell_text(summary->top ? summary->top->value : STR(""))},
        {"worst_performing_channel", cell_text(summary->worst ? summary->worst->value : STR(""))},
    };

    sheet_begin(book, STR("Summary"), SUMMARY_COLUMNS, COUNT_OF(SUMMARY_COLUMNS));
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (!summary_row(book, rows[i].name, rows[i].value, err)) return false;
    return true;
}

/* The trend with a column a channel, so that a chart can draw it. */
struct pivot {
    struct sheet_book *book;
    const struct value_sums *channels;
    struct sheet_cell cells[SHEET_COLUMNS_MAX];
    size_t n;
    int32_t day;
    bool any;
};

static bool end_pivot_row(struct pivot *pivot, struct err *err)
{
    if (!pivot->any) return true;
    pivot->cells[0] = cell_day(true, pivot->day);
    bool ok = sheet_row(pivot->book, pivot->cells, err);
    memset(pivot->cells, 0, sizeof pivot->cells);
    return ok;
}

static bool add_pivot_point(void *context, int32_t day, Str channel, double roi, struct err *err)
{
    struct pivot *pivot = context;

    if (pivot->any && day != pivot->day && !end_pivot_row(pivot, err)) return false;
    pivot->day = day;
    pivot->any = true;
    for (size_t c = 1; c < pivot->n; c++)
        if (str_eq(pivot->channels->row[c - 1].value, channel)) pivot->cells[c] = cell_number(true, roi);
    return true;
}

static bool trend_sheet(const struct export *export, struct sheet_book *book, const struct value_sums *channels,
                        struct err *err)
{
    struct pivot pivot = {.book = book, .channels = channels, .n = channels->n + 1};
    struct sheet_column columns[SHEET_COLUMNS_MAX];
    size_t drawn[SHEET_COLUMNS_MAX];

    if (pivot.n > SHEET_COLUMNS_MAX) pivot.n = SHEET_COLUMNS_MAX;
    columns[0] = (struct sheet_column){STR("date"), SHEET_DATE};
    for (size_t c = 1; c < pivot.n; c++) {
        columns[c] = (struct sheet_column){channels->row[c - 1].value, SHEET_NUMBER};
        drawn[c - 1] = c;
    }
    sheet_begin(book, STR("Trend"), columns, pivot.n);
    if (!roi_trend(export->db, export->span, export->step, add_pivot_point, &pivot, err)) return false;
    if (!end_pivot_row(&pivot, err)) return false;
    sheet_chart(book, SHEET_CHART_LINE, drawn, pivot.n - 1);
    return true;
}

static bool sheet_sink_row(void *context, const struct sheet_cell *cells, struct err *err)
{
    return sheet_row(context, cells, err);
}

static bool table_sheet(const struct export *export, struct sheet_book *book, const char *name, struct err *err)
{
    const struct export_table *table = export_table_find(str_of(name));

    sheet_begin(book, table->title, table->columns, table->n_columns);
    return table->walk(export, &(struct table_sink){sheet_sink_row, book}, err);
}

static size_t column_of(const char *table_name, Str column)
{
    const struct export_table *table = export_table_find(str_of(table_name));
    size_t c = 0;

    while (c < table->n_columns && !str_eq(table->columns[c].name, column)) c++;
    CHECK(c < table->n_columns);
    return c;
}

static bool all_sheets(const struct export *export, struct sheet_book *book, struct err *err)
{
    struct summary summary = {0};
    const size_t roi = column_of("channels", STR("avg_roi")), spend = column_of("channels", STR("spend"));
    bool ok = summary_make(export->db, export->span, &export->pricing, &summary, err) &&
              summary_rows(export, book, &summary, err) && table_sheet(export, book, "channels", err);

    if (ok) {
        sheet_chart(book, SHEET_CHART_BAR, &roi, 1);
        sheet_chart(book, SHEET_CHART_RING, &spend, 1);
        ok = trend_sheet(export, book, &summary.channels, err) && table_sheet(export, book, "campaigns", err) &&
             table_sheet(export, book, "ads", err);
    }
    value_sums_free(&summary.channels);
    return ok;
}

bool excel_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct channels *channels = request->context;
    struct export export = {.db = request->db, .arena = &request->arena};

    if (!ask_span(request, &export.span, err) || !ask_step(request, &export.step, err)) return false;
    if (!ask_pricing(request, export.span, &export.pricing, err)) return false;
    struct sheet_book *book = sheet_book_new(channels->folder, err);
    if (!book) return false;
    if (!all_sheets(&export, book, err)) {
        sheet_book_free(book);
        return false;
    }
    reply->content_type = XLSX;
    reply->filename = "demetra.xlsx";
    return sheet_book_finish(book, &reply->body, err);
}

/* ---- POST /export/table: a table that the dashboard shows ---- */

struct posted {
    Str title;
    struct sheet_column *columns;
    size_t n;
    enum sheet_chart_kind chart;
};

static bool read_type(const struct json *column, size_t i, enum sheet_type *type, struct err *err)
{
    static const char *const TYPES[] = {"text", "number", "money", "share", "date"};
    Str text = json_str(json_get(column, "type"));
    char field[48];

    for (size_t t = 0; t < COUNT_OF(TYPES); t++) {
        if (!str_eq(text, str_of(TYPES[t]))) continue;
        *type = (enum sheet_type)t;
        return true;
    }
    snprintf(field, sizeof field, "columns[%zu].type", i);
    return err_set_field(err, field, "type is text, number, money, share or date, not \"%.*s\"", STR_ARG(text));
}

static bool read_columns(struct request *request, const struct json *list, struct posted *posted, struct err *err)
{
    posted->n = json_count(list);
    if (posted->n < 1 || posted->n > SHEET_COLUMNS_MAX)
        return err_set_field(err, "columns", "a table has 1 to %d columns, not %zu", SHEET_COLUMNS_MAX, posted->n);
    posted->columns = SCRATCH_ARRAY(&request->arena, struct sheet_column, posted->n, err);
    if (!posted->columns) return false;
    for (size_t i = 0; i < posted->n; i++) {
        const struct json *column = json_at(list, i);
        posted->columns[i].name = json_str(json_get(column, "name"));
        if (!read_type(column, i, &posted->columns[i].type, err)) return false;
    }
    return true;
}

static bool read_chart(const struct json *value, enum sheet_chart_kind *chart, struct err *err)
{
    Str text = json_str(value);

    *chart = str_eq(text, STR("line"))  ? SHEET_CHART_LINE
             : str_eq(text, STR("bar")) ? SHEET_CHART_BAR
                                        : SHEET_CHART_NONE;
    if (*chart != SHEET_CHART_NONE || json_is_null(value) || str_eq(text, STR("none"))) return true;
    return err_set_field(err, "chart", "chart is line, bar or none, not \"%.*s\"", STR_ARG(text));
}

static bool read_cell(const struct json *value, enum sheet_type type, struct sheet_cell *cell)
{
    *cell = (struct sheet_cell){.type = type, .known = !json_is_null(value)};
    if (!cell->known) return true;
    switch (type) {
    case SHEET_TEXT: cell->text = json_str(value); return cell->text.p != NULL;
    case SHEET_DATE: return time_parse_day(json_str(value), &cell->day);
    case SHEET_MONEY: return json_i64(value, &cell->minor);
    case SHEET_NUMBER:
    case SHEET_SHARE: break;
    }
    return json_double(value, &cell->number);
}

static bool put_rows(const struct posted *posted, const struct json *rows, struct sheet_book *book, struct err *err)
{
    static const char *const WANTED[] = {"a text", "a number", "a whole number of minor units", "a number",
                                         "a day such as 2025-02-12"};
    struct sheet_cell cells[SHEET_COLUMNS_MAX];
    struct json_members walk = json_members(rows);
    const struct json *row;
    Str key;
    char field[64];

    for (size_t i = 0; json_next(&walk, &key, &row); i++) {
        snprintf(field, sizeof field, "rows[%zu]", i);
        if (json_count(row) != posted->n)
            return err_set_field(err, field, "the row has %zu cells, and there are %zu columns", json_count(row),
                                 posted->n);
        for (size_t c = 0; c < posted->n; c++) {
            if (read_cell(json_at(row, c), posted->columns[c].type, &cells[c])) continue;
            snprintf(field, sizeof field, "rows[%zu][%zu]", i, c);
            return err_set_field(err, field, "the cell is not %s", WANTED[posted->columns[c].type]);
        }
        if (!sheet_row(book, cells, err)) return false;
    }
    return true;
}

static bool put_table(const struct posted *posted, const struct json *rows, struct sheet_book *book, struct err *err)
{
    size_t drawn[SHEET_COLUMNS_MAX], n = 0;

    sheet_begin(book, posted->title, posted->columns, posted->n);
    if (!put_rows(posted, rows, book, err)) return false;
    for (size_t c = 1; c < posted->n; c++)
        if (posted->columns[c].type != SHEET_TEXT && posted->columns[c].type != SHEET_DATE) drawn[n++] = c;
    sheet_chart(book, posted->chart, drawn, n);
    return true;
}

bool export_table_post(struct request *request, struct reply *reply, struct err *err)
{
    const struct channels *channels = request->context;
    const struct json *json = json_parse(request->body, &request->arena, err);
    struct posted posted;

    if (!json) return false;
    posted.title = json_str(json_get(json, "title"));
    if (!read_columns(request, json_get(json, "columns"), &posted, err)) return false;
    if (!read_chart(json_get(json, "chart"), &posted.chart, err)) return false;
    if (!json_is_array(json_get(json, "rows"))) return err_set_field(err, "rows", "say the rows, as arrays of cells");
    struct sheet_book *book = sheet_book_new(channels->folder, err);
    if (!book) return false;
    if (!put_table(&posted, json_get(json, "rows"), book, err)) {
        sheet_book_free(book);
        return false;
    }
    reply->content_type = XLSX;
    reply->filename = "table.xlsx";
    return sheet_book_finish(book, &reply->body, err);
}
