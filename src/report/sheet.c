/* report/sheet.c -- libxlsxwriter, which is seen nowhere else.
 *
 * Rows go to temporary files as they are written (constant memory), so a sheet of many rows takes no more memory than
 * one of few; in return rows come in order and nothing is written above the last one.
 */
#include "report/sheet.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "base/arena.h"

#define TEXT_BYTES_MAX 32000 /* Excel takes 32,767 characters */
#define NAME_MAX_BYTES 31
#define PATH_BYTES 4096
#define EXCEL_EPOCH 25569 /* 1970-01-01 */

enum format { FORMAT_HEADER, FORMAT_WHOLE, FORMAT_REAL, FORMAT_MONEY, FORMAT_SHARE, FORMAT_DATE, FORMAT_COUNT };

struct sheet_book {
    char path[PATH_BYTES], folder[PATH_BYTES];
    lxw_workbook *native;
    lxw_worksheet *sheet;
    lxw_format *format[FORMAT_COUNT];
    char name[NAME_MAX_BYTES + 1];
    int n_sheets;
    size_t n_columns;
    lxw_row_t row; /* the next */
    char *text;
};

static void make_formats(struct sheet_book *book)
{
    static const char *const NUMBERS[] = {
        [FORMAT_WHOLE] = "#,##0", [FORMAT_REAL] = "#,##0.00##", [FORMAT_MONEY] = "#,##0.00",
        [FORMAT_SHARE] = "0.00%", [FORMAT_DATE] = "yyyy-mm-dd",
    };

    for (int i = 0; i < FORMAT_COUNT; i++) {
        book->format[i] = workbook_add_format(book->native);
        if (NUMBERS[i]) format_set_num_format(book->format[i], NUMBERS[i]);
    }
    format_set_bold(book->format[FORMAT_HEADER]);
    format_set_bottom(book->format[FORMAT_HEADER], LXW_BORDER_THIN);
}

struct sheet_book *sheet_book_new(Str folder, struct err *err)
{
    struct sheet_book *book = mem_new(sizeof *book);

    snprintf(book->folder, sizeof book->folder, "%.*s", STR_ARG(folder));
    int n = snprintf(book->path, sizeof book->path, "%s/sheet-XXXXXX", book->folder);
    int file = n > 0 && (size_t)n < sizeof book->path ? mkstemp(book->path) : -1;
    if (file < 0) {
        err_set(err, errno == ENOSPC ? ERR_BUSY : ERR_INTERNAL, "cannot make a file for the export: %s",
                strerror(errno));
        free(book);
        return NULL;
    }
    close(file);
    book->native =
        workbook_new_opt(book->path, &(lxw_workbook_options){.constant_memory = LXW_TRUE, .tmpdir = book->folder});
    CHECK(book->native != NULL);
    book->text = mem_new(TEXT_BYTES_MAX + 1);
    make_formats(book);
    return book;
}

static void forget(struct sheet_book *book)
{
    unlink(book->path);
    free(book->text);
    free(book);
}

void sheet_book_free(struct sheet_book *book)
{
    if (!book) return;
    workbook_close(book->native); /* there is no other way to free it */
    forget(book);
}

/* As C has texts: bytes that are no UTF-8 and NULs become '?'. */
static const char *as_c_text(struct sheet_book *book, Str text, size_t max)
{
    size_t n = 0;

    while (text.n) {
        size_t length = str_utf8_length(text);
        bool plain = length > 0 && text.p[0] != 0;
        size_t taken = plain ? length : 1;
        if (n + taken > max) break;
        if (plain) {
            memcpy(book->text + n, text.p, length);
        } else {
            book->text[n] = '?';
        }
        n += taken;
        text = str_from(text, taken);
    }
    book->text[n] = 0;
    return book->text;
}

static void set_name(struct sheet_book *book, Str name)
{
    size_t n = 0;

    as_c_text(book, str_trim(name), NAME_MAX_BYTES);
    for (const char *p = book->text; *p; p++)
        book->name[n++] = strchr("[]:*?/\\'", *p) || (*p > 0 && *p < ' ') ? ' ' : *p;
    book->name[n] = 0;
    if (n == 0 || workbook_validate_sheet_name(book->native, book->name) != LXW_NO_ERROR)
        snprintf(book->name, sizeof book->name, "Table %d", book->n_sheets + 1);
}

void sheet_begin(struct sheet_book *book, Str name, const struct sheet_column *columns, size_t n)
{
    CHECK(n >= 1 && n <= SHEET_COLUMNS_MAX);
    set_name(book, name);
    book->n_sheets++;
    book->n_columns = n;
    book->sheet = workbook_add_worksheet(book->native, book->name);
    CHECK(book->sheet != NULL);
    for (size_t c = 0; c < n; c++) {
        double width = columns[c].type == SHEET_TEXT ? 24 : 14;
        worksheet_set_column(book->sheet, (lxw_col_t)c, (lxw_col_t)c, width, NULL);
        worksheet_write_string(book->sheet, 0, (lxw_col_t)c, as_c_text(book, columns[c].name, 255),
                               book->format[FORMAT_HEADER]);
    }
    worksheet_freeze_panes(book->sheet, 1, 0);
    book->row = 1;
}

static void write_number(struct sheet_book *book, lxw_col_t column, double number, enum format format)
{
    if (isfinite(number)) worksheet_write_number(book->sheet, book->row, column, number, book->format[format]);
}

static void write_cell(struct sheet_book *book, lxw_col_t column, const struct sheet_cell *cell)
{
    if (!cell->known) return;
    switch (cell->type) {
    case SHEET_TEXT:
        if (cell->text.n)
            worksheet_write_string(book->sheet, book->row, column, as_c_text(book, cell->text, TEXT_BYTES_MAX), NULL);
        return;
    case SHEET_NUMBER:
        write_number(book, column, cell->number, cell->number == floor(cell->number) ? FORMAT_WHOLE : FORMAT_REAL);
        return;
    case SHEET_MONEY: write_number(book, column, (double)cell->minor / 100, FORMAT_MONEY); return;
    case SHEET_SHARE: write_number(book, column, cell->number, FORMAT_SHARE); return;
    case SHEET_DATE: write_number(book, column, (double)cell->day + EXCEL_EPOCH, FORMAT_DATE); return;
    }
}

bool sheet_row(struct sheet_book *book, const struct sheet_cell *cells, struct err *err)
{
    if (book->row > SHEET_ROWS_MAX)
        return err_set(err, ERR_LIMIT, "a sheet holds %d rows; ask for fewer days, or take the CSV", SHEET_ROWS_MAX);
    for (size_t c = 0; c < book->n_columns; c++) write_cell(book, (lxw_col_t)c, &cells[c]);
    book->row++;
    return true;
}

void sheet_chart(struct sheet_book *book, enum sheet_chart_kind kind, const size_t *columns, size_t n)
{
    static const uint8_t TYPES[] = {LXW_CHART_NONE, LXW_CHART_LINE, LXW_CHART_COLUMN, LXW_CHART_DOUGHNUT};

    if (kind == SHEET_CHART_NONE || book->row < 2 || n == 0) return;
    lxw_chart *chart = workbook_add_chart(book->native, TYPES[kind]);
    CHECK(chart != NULL);
    for (size_t i = 0; i < n; i++) {
        lxw_col_t column = (lxw_col_t)columns[i];
        lxw_chart_series *series = chart_add_series(chart, NULL, NULL);
        chart_series_set_categories(series, book->name, 1, 0, book->row - 1, 0);
        chart_series_set_values(series, book->name, 1, column, book->row - 1, column);
        chart_series_set_name_range(series, book->name, 0, column);
    }
    lxw_chart_options size = {.x_scale = 1.6, .y_scale = 1.4};
    worksheet_insert_chart_opt(book->sheet, 1, (lxw_col_t)(book->n_columns + 1), chart, &size);
}

static bool read_file(const char *path, struct buf *out, struct err *err)
{
    char piece[65536];
    FILE *file = fopen(path, "rb");
    size_t n;

    if (!file) return err_set(err, ERR_INTERNAL, "cannot read the export: %s", strerror(errno));
    while ((n = fread(piece, 1, sizeof piece, file)) > 0 && buf_add(out, (Str){piece, n})) {}
    bool failed = ferror(file) != 0;
    fclose(file);
    if (out->full)
        return err_set(err, ERR_LIMIT, "the file is larger than %zu bytes; ask for fewer days", out->ceiling);
    return !failed || err_set(err, ERR_INTERNAL, "cannot read the export: %s", strerror(errno));
}

bool sheet_book_finish(struct sheet_book *book, struct buf *out, struct err *err)
{
    lxw_error code = workbook_close(book->native);
    bool ok = code == LXW_NO_ERROR;

    if (!ok) err_set(err, ERR_BUSY, "cannot write the export: %s", lxw_strerror(code));
    ok = ok && read_file(book->path, out, err);
    forget(book);
    return ok;
}
