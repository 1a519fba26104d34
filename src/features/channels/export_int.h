/* features/channels/export_int.h -- tables that can be taken away, each made once for all formats. */
#ifndef FEATURES_CHANNELS_EXPORT_INT_H
#define FEATURES_CHANNELS_EXPORT_INT_H

#include "features/channels/channels_int.h"
#include "report/sheet.h"

struct export
{
    struct db *db;
    struct arena *arena;
    struct ad_span span;
    struct pricing pricing;
    enum time_step step;        /* of the trend */
    enum campaign_dim audience; /* of the audience */
};

/* Takes a row; its texts are valid within the call. */
struct table_sink {
    bool (*row)(void *context, const struct sheet_cell *cells, struct err *err);
    void *context;
};

struct export_table {
    const char *name;
    Str title;
    const struct sheet_column *columns;
    size_t n_columns;
    bool (*walk)(const struct export *export, const struct table_sink *sink, struct err *err);
};

extern const struct export_table EXPORT_TABLES[];       /* ended by one without a name */
const struct export_table *export_table_find(Str name); /* NULL: there is none */

static inline struct sheet_cell cell_text(Str text)
{
    return (struct sheet_cell){.type = SHEET_TEXT, .known = text.n > 0, .text = text};
}
static inline struct sheet_cell cell_number(bool known, double number)
{
    return (struct sheet_cell){.type = SHEET_NUMBER, .known = known && number == number, .number = number};
}
static inline struct sheet_cell cell_share(double share)
{
    return (struct sheet_cell){.type = SHEET_SHARE, .known = share == share, .number = share};
}
static inline struct sheet_cell cell_money(bool known, int64_t micros)
{
    return (struct sheet_cell){.type = SHEET_MONEY, .known = known, .minor = minor_of_micros(micros)};
}
static inline struct sheet_cell cell_day(bool known, int32_t day)
{
    return (struct sheet_cell){.type = SHEET_DATE, .known = known, .day = day};
}
/* A mean or a ratio of money, in micros. */
struct sheet_cell cell_mean_money(double micros);

#endif
