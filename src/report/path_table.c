/* report/path_table.c -- see path_table.h. */
#include "report/path_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/csv.h"

#define RECORD_MAX ((size_t)1024 * 1024)
#define COLUMNS_MAX 64
#define TOUCHES_MAX (RECORD_MAX / 2 + 1) /* a channel and its mark take two bytes at least */

enum column { PATH, CONVERSIONS, VALUE, NULLS, COLUMN_COUNT };

static const char *const COLUMN_NAMES[COLUMN_COUNT] = {
    [PATH] = "path",
    [CONVERSIONS] = "total_conversions",
    [VALUE] = "total_conversion_value",
    [NULLS] = "total_null",
};

struct reader {
    struct path_table *table;
    struct arena arena; /* of one record */
    int64_t line;       /* where the record begins */
    size_t n_columns;
    size_t place[COLUMN_COUNT]; /* SIZE_MAX: there is no such column */
    Str cell[COLUMNS_MAX];
    uint32_t *channel; /* of one path: TOUCHES_MAX */
};

static void note_fault(struct reader *reader, const struct err *err)
{
    struct path_table *table = reader->table;

    table->wrong++;
    if (table->n_faults == PATH_TABLE_FAULTS_MAX) return;
    struct path_fault *fault = &table->fault[table->n_faults++];
    fault->line = reader->line;
    snprintf(fault->why, sizeof fault->why, "%s", err->text);
}

static bool read_header(struct reader *reader, Str record, struct err *err)
{
    reader->n_columns = csv_split(record, &reader->arena, reader->cell, COLUMNS_MAX);
    if (reader->n_columns > COLUMNS_MAX) {
        return err_set(err, ERR_INVALID, "the first line is no CSV header of at most %d columns", COLUMNS_MAX);
    }
    for (int column = 0; column < COLUMN_COUNT; column++) {
        reader->place[column] = SIZE_MAX;
        for (size_t i = 0; i < reader->n_columns; i++) {
            if (!str_eq_nocase(str_trim(reader->cell[i]), str_of(COLUMN_NAMES[column]))) continue;
            if (reader->place[column] != SIZE_MAX) {
                return err_set(err, ERR_INVALID, "the column %s is there twice", COLUMN_NAMES[column]);
            }
            reader->place[column] = i;
        }
    }
    for (int column = PATH; column <= CONVERSIONS; column++) {
        if (reader->place[column] != SIZE_MAX) continue;
        return err_set(err, ERR_INVALID, "the first line names no column %s", COLUMN_NAMES[column]);
    }
    reader->table->has_value = reader->place[VALUE] != SIZE_MAX;
    reader->table->has_nulls = reader->place[NULLS] != SIZE_MAX;
    return true;
}

/* The cell of a column, trimmed; empty when there is no such column. */
static Str cell_of(const struct reader *reader, enum column column)
{
    return reader->place[column] == SIZE_MAX ? STR("") : str_trim(reader->cell[reader->place[column]]);
}

/* A whole number, also as other programs write it: "3", "3.0", "1e3". */
static bool read_count(struct reader *reader, enum column column, int64_t *out, struct err *err)
{
    Str cell = cell_of(reader, column);
    double number;

    *out = 0;
    if (cell.n == 0) return true;
    if (!str_to_i64(cell, out)) {
        if (!str_to_double(cell, &number) || fabs(number) > (double)PATHS_TOTAL_MAX || floor(number) != number) {
            return err_set(err, ERR_INVALID, "%s is no whole number: \"%.40s\"", COLUMN_NAMES[column],
                           arena_cstr(&reader->arena, cell));
        }
        *out = (int64_t)number;
    }
    if (*out < 0) return err_set(err, ERR_INVALID, "%s is below 0: %lld", COLUMN_NAMES[column], (long long)*out);
    return true;
}

static bool read_value(struct reader *reader, int64_t *out, struct err *err)
{
    Str cell = cell_of(reader, VALUE);
    double number;

    *out = 0;
    if (cell.n == 0 || str_to_minor(cell, PATH_TABLE_DIGITS, out)) return true;
    if (str_to_double(cell, &number) && fabs(number) < (double)PATHS_TOTAL_MAX / 100) { /* "1.2e3" */
        *out = llround(number * 100);
        return true;
    }
    return err_set(err, ERR_INVALID, "%s is no amount: \"%.40s\"", COLUMN_NAMES[VALUE],
                   arena_cstr(&reader->arena, cell));
}

/* Cut the next name off; *rest.p is NULL after the last. An empty path has none. */
static Str take_name(Str *rest)
{
    return str_trim(str_cut(rest, '>'));
}

static bool check_names(const struct reader *reader, struct err *err)
{
    Str rest = cell_of(reader, PATH);
    unsigned n = 0;

    if (!str_is_utf8(rest)) return err_set(err, ERR_INVALID, "the path is no UTF-8");
    while (rest.n > 0 || (rest.p && n > 0)) {
        n++;
        if (take_name(&rest).n == 0) return err_set(err, ERR_INVALID, "channel %u of the path has no name", n);
    }
    return true;
}

/* The row, once all of it has been found good: until then no channel is made known. */
static bool read_row(struct reader *reader, struct path *path, struct err *err)
{
    Str names = cell_of(reader, PATH);

    *path = (struct path){.channel = reader->channel};
    if (!read_count(reader, CONVERSIONS, &path->conversions, err)) return false;
    if (!read_count(reader, NULLS, &path->nulls, err)) return false;
    if (!read_value(reader, &path->value_minor, err)) return false;
    if (path->conversions == 0 && path->value_minor != 0) {
        return err_set(err, ERR_INVALID, "a value, but no conversions");
    }
    if (!check_names(reader, err)) return false;
    while (names.n > 0) {
        CHECK(path->n < TOUCHES_MAX);
        reader->channel[path->n++] = dict_add(reader->table->channels, take_name(&names));
    }
    return true;
}

static bool split_row(struct reader *reader, Str record, struct err *err)
{
    if (record.n > RECORD_MAX) return err_set(err, ERR_INVALID, "the row is longer than %zu bytes", RECORD_MAX);
    size_t n = csv_split(record, &reader->arena, reader->cell, COLUMNS_MAX);
    if (n == SIZE_MAX) return err_set(err, ERR_INVALID, "a quote is not closed, or stands where none may");
    if (n == reader->n_columns) return true;
    return err_set(err, ERR_INVALID, "%zu cells, and the header has %zu", n, reader->n_columns);
}

static bool read_records(struct reader *reader, Str rest, struct err *err)
{
    static const Str MARK = STR_INIT("\xEF\xBB\xBF"); /* that some programs put before UTF-8 */
    bool header = true;

    if (str_starts(rest, MARK)) rest = str_from(rest, MARK.n);
    for (reader->line = 1; rest.n > 0;) {
        Str record = csv_take_record(&rest, RECORD_MAX);
        struct path path;
        struct err fault = {0};

        arena_reset(&reader->arena);
        if (str_trim(record).n == 0) {
            /* a blank line */
        } else if (header) {
            if (!read_header(reader, record, err)) return false;
            header = false;
        } else if (!split_row(reader, record, &fault) || !read_row(reader, &path, &fault)) {
            note_fault(reader, &fault);
        } else {
            if (!paths_add(&reader->table->paths, &path, err)) return false;
            reader->table->rows++;
        }
        reader->line += csv_lines(record);
    }
    return !header || err_set(err, ERR_INVALID, "the file is empty");
}

bool path_table_read(Str text, size_t ceiling, struct path_table *out, struct err *err)
{
    struct path_table table = {.channels = dict_new()};
    struct reader reader = {.table = &table};

    paths_init(&table.paths, ceiling);
    arena_init(&reader.arena, 4 * RECORD_MAX);
    reader.channel = mem_grow(NULL, sizeof *reader.channel, TOUCHES_MAX);
    bool ok = read_records(&reader, text, err);
    free(reader.channel);
    arena_free(&reader.arena);
    if (ok) {
        *out = table;
    } else {
        path_table_reset(&table);
    }
    return ok;
}

void path_table_reset(struct path_table *table)
{
    paths_reset(&table->paths);
    dict_free(table->channels);
    *table = (struct path_table){0};
}
