#include "base/csv.h"

#include <string.h>

/* As csv_record_length; *open: a quote is not closed within `text`. */
static size_t record_length(Str text, bool *open)
{
    *open = false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"') *open = !*open;
        if (text.p[i] == '\n' && !*open) return i + 1;
    }
    return 0;
}

size_t csv_record_length(Str text)
{
    bool open;
    return record_length(text, &open);
}

Str csv_take_record(Str *rest, size_t max)
{
    Str head = *rest;
    bool open;

    if (head.n > max) head.n = max;
    size_t length = record_length(head, &open);
    if (length == 0 && !open && head.n == rest->n) { /* the last one, without a line end */
        length = rest->n;
    } else if (length == 0) { /* too long, or a quote is open: take the line */
        const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
        length = end ? (size_t)(end - rest->p) + 1 : rest->n;
    }
    Str record = {rest->p, length};
    *rest = str_from(*rest, length);
    return record;
}

int64_t csv_lines(Str record)
{
    int64_t n = 0;

    for (size_t i = 0; i < record.n; i++) n += record.p[i] == '\n';
    return n ? n : 1;
}

/* The content of a quoted cell at the front of `*rest`, which moves past the closing quote. */
static bool take_quoted(Str *rest, struct arena *arena, Str *cell)
{
    size_t i = 1, doubled = 0;

    for (;; i++) {
        if (i >= rest->n) return false;
        if (rest->p[i] != '"') continue;
        if (i + 1 >= rest->n || rest->p[i + 1] != '"') break;
        doubled++;
        i++;
    }
    *cell = (Str){rest->p + 1, i - 1};
    if (doubled) {
        char *out = arena_alloc(arena, cell->n);
        size_t n = 0;
        for (size_t k = 0; k < cell->n; k++) {
            out[n++] = cell->p[k];
            if (cell->p[k] == '"') k++;
        }
        *cell = (Str){out, n};
    }
    *rest = str_from(*rest, i + 1);
    return true;
}

size_t csv_split(Str record, struct arena *arena, Str *cells, size_t max)
{
    return csv_split_at(record, ',', arena, cells, max);
}

size_t csv_split_at(Str record, char mark, struct arena *arena, Str *cells, size_t max)
{
    size_t n = 0;

    if (record.n && record.p[record.n - 1] == '\n') record.n--;
    if (record.n && record.p[record.n - 1] == '\r') record.n--;
    for (;;) {
        Str cell;
        if (record.n && record.p[0] == '"') {
            if (!take_quoted(&record, arena, &cell)) return SIZE_MAX;
            if (record.n && record.p[0] != mark) return SIZE_MAX;
        } else {
            const char *end = record.n ? memchr(record.p, mark, record.n) : NULL;
            cell = (Str){record.p, end ? (size_t)(end - record.p) : record.n};
            if (cell.n && memchr(cell.p, '"', cell.n)) return SIZE_MAX;
            record = str_from(record, cell.n);
        }
        if (n < max) cells[n] = cell;
        n++;
        if (record.n == 0) return n;
        record = str_from(record, 1); /* the mark; an empty last cell follows a trailing one */
    }
}

static bool is_number(Str cell)
{
    double number;
    return str_to_double(cell, &number);
}

void csv_put(struct buf *out, Str cell, bool last)
{
    bool formula = cell.n && strchr("=+-@\t\r", cell.p[0]) && cell.p[0] && !is_number(cell);
    bool quote = formula;

    for (size_t i = 0; i < cell.n && !quote; i++)
        quote = cell.p[i] == '"' || cell.p[i] == ',' || cell.p[i] == '\n' || cell.p[i] == '\r';
    if (quote) buf_add_char(out, '"');
    if (formula) buf_add_char(out, '\'');
    for (size_t i = 0; i < cell.n; i++) {
        if (cell.p[i] == '"') buf_add_char(out, '"');
        buf_add_char(out, cell.p[i]);
    }
    if (quote) buf_add_char(out, '"');
    buf_add(out, last ? STR("\r\n") : STR(","));
}
