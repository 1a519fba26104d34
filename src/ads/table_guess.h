/* ads/table_guess.h -- what a file of ad data is: its separator, header, columns, and what they may mean.
 *
 * Is:    a pure look at the start of a file.
 * Owns:  nothing; what it finds is in the caller's arena and in the text.
 * Never: decides: people may map columns otherwise.
 */
#ifndef ADS_TABLE_GUESS_H
#define ADS_TABLE_GUESS_H

#include "ads/cell.h"
#include "ads/table_fields.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"

#define TABLE_COLUMNS_MAX 64
#define TABLE_LINE_MAX ((size_t)64 * 1024)
#define TABLE_LINES_MAX 1000000
#define TABLE_SAMPLE_ROWS 1000 /* that types and marks are guessed from */
#define TABLE_PREVIEW_ROWS 20

enum table_format {
    TABLE_OTHER,
    TABLE_NEUTRAL,
    TABLE_SOCIAL_MEDIA, /* Social_Media_Advertising.csv */
    TABLE_TELEGRAM_VIEWS,
    TABLE_TELEGRAM_BUDGET,
    TABLE_VK_ADS,
};
const char *table_format_name(enum table_format format);

enum column_type { COLUMN_EMPTY, COLUMN_TEXT, COLUMN_WHOLE, COLUMN_DECIMAL, COLUMN_MONEY, COLUMN_PERCENT, COLUMN_DATE };
const char *column_type_name(enum column_type type);

struct table_column {
    Str name; /* as in the header; "column 3" for an empty one, "Name (2)" for a second of that name */
    enum column_type type;
    enum table_field field; /* proposed; FIELD_NONE: none */
    char decimal;           /* the mark before its decimals */
    enum date_order order;
    bool percent; /* its heading has a % */
    char currency[CELL_CURRENCY_MAX];
    Str samples[3];
};

struct table {
    enum table_format format;
    char separator;
    struct table_column column[TABLE_COLUMNS_MAX];
    size_t n_columns;
    size_t data_at; /* bytes before the first row */
    int64_t data_line;
    const char *source;      /* proposed where no column says it, or "" */
    struct digest signature; /* of the header's names, folded, and the separator */
};

/* `text`: the file, or enough of its start, as UTF-8 without a mark. INVALID: no header, too many columns, a line too
 * long. */
bool table_guess(Str text, struct arena *arena, struct table *out, struct err *err) MUST_CHECK;
size_t table_guess_arena(void); /* a ceiling that is enough */

/* The next record that is a row: blank lines and lines of totals at the end of exports are passed over. *line moves on
 * to that of the record after; false: there is none. */
bool table_next(const struct table *table, Str *rest, int64_t *line, Str *record, int64_t *at_line) MUST_CHECK;

#endif
