/* report/sheet.h -- tables as an .xlsx file, with charts of its own.
 *
 * Is:    sheets of rows under a frozen header, numbers with formats, charts; row after row, in little memory.
 * Owns:  the library that makes the file, and a temporary file in the folder it is given until the file is made.
 * Never: lets a text become a formula or a link: every text is a string.
 *
 *     book = sheet_book_new(folder, &err);
 *     sheet_begin(book, STR("Channels"), columns, n);
 *     sheet_row(book, cells) ...
 *     sheet_chart(book, ...)                      of the sheet begun last
 *     sheet_book_finish(book, &reply->body, &err)     frees it, come what may
 */
#ifndef REPORT_SHEET_H
#define REPORT_SHEET_H

#include "base/buf.h"
#include "base/err.h"

#define SHEET_ROWS_MAX 1048575 /* below the header */
#define SHEET_COLUMNS_MAX 200

enum sheet_type { SHEET_TEXT, SHEET_NUMBER, SHEET_MONEY, SHEET_SHARE, SHEET_DATE };

struct sheet_column {
    Str name;
    enum sheet_type type;
};

struct sheet_cell {
    enum sheet_type type;
    bool known;    /* false: empty */
    Str text;      /* of a text */
    double number; /* of a number or a share */
    int64_t minor; /* of money */
    int32_t day;   /* of a date */
};

enum sheet_chart_kind { SHEET_CHART_NONE, SHEET_CHART_LINE, SHEET_CHART_BAR, SHEET_CHART_RING };

struct sheet_book;

struct sheet_book *sheet_book_new(Str folder, struct err *err); /* NULL on failure */
void sheet_book_free(struct sheet_book *book);                  /* NULL is fine */
/* A new sheet. A name that is taken or that no sheet may have is changed. */
void sheet_begin(struct sheet_book *book, Str name, const struct sheet_column *columns, size_t n);
bool sheet_row(struct sheet_book *book, const struct sheet_cell *cells, struct err *err) MUST_CHECK; /* LIMIT: rows */
/* Rows of the sheet so far, from its first column: a line, bar or part for each; `columns`: those that are drawn. */
void sheet_chart(struct sheet_book *book, enum sheet_chart_kind kind, const size_t *columns, size_t n);
/* LIMIT: it is larger than `out` takes. */
bool sheet_book_finish(struct sheet_book *book, struct buf *out, struct err *err) MUST_CHECK;

#endif
