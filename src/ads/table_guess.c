/* ads/table_guess.c -- the separator is the mark that cuts the likeliest header line into most cells; the header is the
 * first of the first lines with two names that we know (exports put titles above it), or the first line of all.
 *
 * "1,234" is 1.234 or 1234 by where it comes from. A column's own cells decide if any of them can be read in only one
 * way; else the other columns' cells do; else the format: a file that is separated by commas is taken to come from
 * where the decimal mark is a point, any other, and the neutral format, from where it may be a comma. */
#include "ads/table_guess.h"

#include <string.h>

#include "base/csv.h"

#define HEADER_LINES 12
#define FOLD_MAX 200
#define CELLS_ARENA (2 * TABLE_LINE_MAX + TABLE_COLUMNS_MAX * sizeof(Str))

const char *table_format_name(enum table_format format)
{
    static const char *const NAMES[] = {"other",          "neutral",         "social_media_advertising",
                                        "telegram_views", "telegram_budget", "vk_ads"};
    return NAMES[format];
}

const char *column_type_name(enum column_type type)
{
    static const char *const NAMES[] = {"empty", "text", "whole", "decimal", "money", "percent", "date"};
    return NAMES[type];
}

size_t table_guess_arena(void)
{
    return (size_t)2 * 1024 * 1024;
}

/* ---- headings ---- */

/* What a heading stands for: the whole of it, or what is before a bracket or comma, or without its last word if that
 * is a currency ("Cost USD"). */
static int heading_field(Str heading, enum table_field *field)
{
    char folded[FOLD_MAX];
    size_t cut = 0;
    int rank = field_of_heading((Str){folded, cell_fold(heading, folded, sizeof folded)}, field);

    if (rank >= 0) return rank;
    while (cut < heading.n && heading.p[cut] != '(' && heading.p[cut] != ',' && heading.p[cut] != '[') cut++;
    rank = field_of_heading((Str){folded, cell_fold((Str){heading.p, cut}, folded, sizeof folded)}, field);
    if (rank >= 0) return rank;
    char currency[CELL_CURRENCY_MAX];
    cell_currency_in(heading, currency);
    const char *last = heading.n ? memchr(heading.p, ' ', heading.n) : NULL;
    for (const char *next = last; next; next = memchr(last + 1, ' ', (size_t)(heading.p + heading.n - last - 1)))
        last = next;
    if (!currency[0] || !last) return -1;
    Str front = {heading.p, (size_t)(last - heading.p)};
    return field_of_heading((Str){folded, cell_fold(front, folded, sizeof folded)}, field);
}

static size_t split(Str record, char separator, struct arena *arena, Str cells[TABLE_COLUMNS_MAX])
{
    return csv_split_at(record, separator, arena, cells, TABLE_COLUMNS_MAX);
}

static size_t known_names(Str record, char separator, struct arena *arena)
{
    Str cells[TABLE_COLUMNS_MAX];
    size_t n = split(record, separator, arena, cells), known = 0;
    enum table_field field;

    if (n < 2 || n > TABLE_COLUMNS_MAX) return 0;
    for (size_t i = 0; i < n; i++) known += heading_field(cell_trim(cells[i]), &field) >= 0;
    return known;
}

/* A cell that a header has: not empty, and no number or date. */
static size_t named_cells(Str record, char separator, struct arena *arena)
{
    Str cells[TABLE_COLUMNS_MAX];
    size_t n = split(record, separator, arena, cells), named = 0;

    if (n < 2 || n > TABLE_COLUMNS_MAX) return 0;
    for (size_t i = 0; i < n; i++) {
        struct cell_number number;
        int32_t day;
        Str cell = cell_trim(cells[i]);
        named += cell.n && !cell_number(cell, '.', 2, &number) && !cell_date(cell, DATE_ORDER_UNKNOWN, &day);
    }
    return named;
}

/* The header among the first lines, and the separator that cuts it. */
static bool find_header(Str text, struct table *out, Str *header)
{
    static const char MARKS[] = {',', ';', '\t'};
    size_t best = 0, at = 0;
    int64_t line = 1;
    Str rest = text;
    bool first = true;

    *header = (Str){NULL, 0};
    for (int i = 0; i < HEADER_LINES && rest.n; i++) {
        Str record = csv_take_record(&rest, TABLE_LINE_MAX);
        at += record.n;
        line += csv_lines(record);
        if (record.n > TABLE_LINE_MAX || cell_trim(record).n == 0) continue;
        for (size_t k = 0; k < COUNT_OF(MARKS); k++) {
            struct arena scratch;
            arena_init(&scratch, CELLS_ARENA);
            size_t known = known_names(record, MARKS[k], &scratch);
            size_t named = first ? named_cells(record, MARKS[k], &scratch) : 0;
            arena_free(&scratch);
            size_t score = (known > 1 ? known * 1000 : known) + named;
            if (score <= best) continue;
            best = score;
            out->separator = MARKS[k];
            out->data_at = at;
            out->data_line = line;
            *header = record;
        }
        if (best >= 2000) break; /* two names that we know */
        first = false;
    }
    return best > 0;
}

/* Copies of the names, made different from each other. */
static void name_columns(const Str *cells, struct arena *arena, struct table *out)
{
    for (size_t i = 0; i < out->n_columns; i++) {
        struct table_column *column = &out->column[i];
        Str name = cell_trim(cells[i]);
        Str base = name.n ? arena_copy(arena, name) : arena_printf(arena, "column %zu", i + 1);
        column->name = base;
        for (size_t k = 0, again = 2; k < i; k++) {
            if (!str_eq(out->column[k].name, column->name)) continue;
            column->name = arena_printf(arena, "%.*s (%zu)", STR_ARG(base), again++);
            k = (size_t)-1; /* look again from the first */
        }
        for (size_t k = 0; k < name.n; k++) column->percent = column->percent || name.p[k] == '%';
        cell_currency_in(name, column->currency);
        column->decimal = '.';
        column->field = FIELD_NONE;
    }
}

static void sign(struct table *out)
{
    struct buf text;
    char folded[FOLD_MAX];

    buf_init(&text, (size_t)64 * 1024);
    buf_add_char(&text, out->separator);
    for (size_t i = 0; i < out->n_columns; i++) {
        buf_add(&text, (Str){folded, cell_fold(out->column[i].name, folded, sizeof folded)});
        buf_add_char(&text, '\n');
    }
    out->signature = digest_of(buf_str(&text));
    buf_reset(&text);
}

/* ---- cells ---- */

struct votes {
    size_t says, whole, decimal, money, percent, date;
    size_t point, comma, day_first, month_first;
};

static void vote(struct votes *votes, Str cell)
{
    struct cell_number number;
    int32_t day;

    if (!cell_says(cell)) return;
    votes->says++;
    char mark = cell_decimal_mark(cell);
    enum date_order order = cell_date_order(cell);
    if (cell_number(cell, '.', 6, &number) || cell_number(cell, ',', 6, &number)) {
        votes->point += mark == '.';
        votes->comma += mark == ',';
        votes->decimal++;
        votes->whole += mark == 0 && !number.currency[0] && !number.percent;
        votes->money += number.currency[0] != '\0';
        votes->percent += number.percent;
    }
    votes->day_first += order == DATE_ORDER_DAY_FIRST;
    votes->month_first += order == DATE_ORDER_MONTH_FIRST;
    votes->date += cell_date(cell, order, &day);
}

/* Most cells say so; of digits alone only a heading can tell that they are dates. */
static enum column_type type_of(const struct votes *votes, bool dated_heading)
{
    size_t most = votes->says / 2 + 1;

    if (votes->says == 0) return COLUMN_EMPTY;
    if (votes->date >= most && (dated_heading || votes->decimal < most)) return COLUMN_DATE;
    if (votes->decimal < most) return COLUMN_TEXT;
    if (votes->percent >= most) return COLUMN_PERCENT;
    if (votes->money >= most) return COLUMN_MONEY;
    return votes->whole >= most ? COLUMN_WHOLE : COLUMN_DECIMAL;
}

static void take_sample(struct table_column *column, Str cell, struct arena *arena)
{
    for (size_t i = 0; i < COUNT_OF(column->samples); i++) {
        if (str_eq(column->samples[i], cell)) return;
        if (column->samples[i].n) continue;
        size_t n = cell.n < 200 ? cell.n : 200;
        while (n && !str_is_utf8((Str){cell.p, n})) n--;
        column->samples[i] = arena_copy(arena, (Str){cell.p, n});
        return;
    }
}

static void sample_rows(Str text, struct arena *arena, struct table *out, struct votes *votes)
{
    Str rest = str_from(text, out->data_at), record;
    int64_t line = out->data_line, at;

    for (int i = 0; i < TABLE_SAMPLE_ROWS && table_next(out, &rest, &line, &record, &at); i++) {
        Str cells[TABLE_COLUMNS_MAX];
        struct arena scratch;
        arena_init(&scratch, CELLS_ARENA);
        size_t n = record.n <= TABLE_LINE_MAX ? split(record, out->separator, &scratch, cells) : 0;
        if (n != out->n_columns) n = 0;
        for (size_t k = 0; k < n; k++) {
            Str cell = cell_trim(cells[k]);
            vote(&votes[k], cell);
            if (cell_says(cell)) take_sample(&out->column[k], cell, arena);
        }
        arena_free(&scratch);
    }
}

/* ---- meaning ---- */

static bool type_fits(enum table_field field, enum column_type type)
{
    switch (field_type_of(field)) {
    case FIELD_TYPE_TEXT:
    case FIELD_TYPE_DAYS: return true;
    case FIELD_TYPE_DATE: return type == COLUMN_DATE || type == COLUMN_EMPTY;
    case FIELD_TYPE_COUNT: return type == COLUMN_WHOLE || type == COLUMN_DECIMAL || type == COLUMN_EMPTY;
    case FIELD_TYPE_MONEY:
    case FIELD_TYPE_DECIMAL:
    case FIELD_TYPE_SHARE: return type != COLUMN_TEXT && type != COLUMN_DATE;
    }
    return false;
}

/* Each field goes to the column whose heading says it best, of equal ones to the first. */
static void propose(struct table *out)
{
    int best[FIELD_COUNT];
    size_t owner[FIELD_COUNT];

    for (size_t f = 0; f < FIELD_COUNT; f++) best[f] = -1;
    for (size_t i = 0; i < out->n_columns; i++) {
        enum table_field field;
        int rank = heading_field(out->column[i].name, &field);
        if (rank < 0 || !type_fits(field, out->column[i].type)) continue;
        if (best[field] >= 0 && best[field] <= rank) continue;
        best[field] = rank;
        owner[field] = i;
    }
    for (size_t f = 0; f < FIELD_COUNT; f++)
        if (best[f] >= 0) out->column[owner[f]].field = (enum table_field)f;
    for (size_t i = 0; i < out->n_columns && best[FIELD_DATE] < 0; i++) {
        if (out->column[i].type != COLUMN_DATE || out->column[i].field != FIELD_NONE) continue;
        out->column[i].field = FIELD_DATE;
        break;
    }
}

static bool has(const struct table *table, enum table_field field)
{
    for (size_t i = 0; i < table->n_columns; i++)
        if (table->column[i].field == field) return true;
    return false;
}

static bool has_name(const struct table *table, const char *folded_name)
{
    char folded[FOLD_MAX];

    for (size_t i = 0; i < table->n_columns; i++)
        if (str_eq((Str){folded, cell_fold(table->column[i].name, folded, sizeof folded)}, str_of(folded_name)))
            return true;
    return false;
}

static enum table_format format_of(const struct table *table)
{
    static const char *const SOCIAL[] = {"campaign_id",
                                         "target_audience",
                                         "campaign_goal",
                                         "duration",
                                         "channel_used",
                                         "conversion_rate",
                                         "acquisition_cost",
                                         "roi",
                                         "location",
                                         "language",
                                         "clicks",
                                         "impressions",
                                         "engagement_score",
                                         "customer_segment",
                                         "date",
                                         "company"};
    size_t social = 0;

    for (size_t i = 0; i < COUNT_OF(SOCIAL); i++) social += has_name(table, SOCIAL[i]);
    if (social >= 12 && has_name(table, "channel_used") && has_name(table, "campaign_id")) return TABLE_SOCIAL_MEDIA;
    bool named = has_name(table, "campaign_id") || has_name(table, "campaign_name");
    if (has_name(table, "date") && has_name(table, "source") && named) return TABLE_NEUTRAL;
    bool campaign = has(table, FIELD_CAMPAIGN_ID) || has(table, FIELD_CAMPAIGN_NAME);
    if (table->separator == '\t' && has(table, FIELD_DATE) && !campaign && !has(table, FIELD_AD_ID)) {
        if (has(table, FIELD_COST) && !has(table, FIELD_IMPRESSIONS)) return TABLE_TELEGRAM_BUDGET;
        if (has(table, FIELD_IMPRESSIONS) && !has(table, FIELD_COST)) return TABLE_TELEGRAM_VIEWS;
    }
    bool vk = (has_name(table, "shows") && has_name(table, "spent")) ||
              (has(table, FIELD_COST) && has(table, FIELD_IMPRESSIONS) && has_name(table, "ad_plan_id"));
    return vk ? TABLE_VK_ADS : TABLE_OTHER;
}

static const char *source_of(const struct table *table)
{
    static const struct {
        const char *name, *source;
    } NAMES[] = {
        {"reporting_starts", "meta"},
        {"reporting_ends", "meta"},
        {"impr", "google_ads"},
        {"ad_group", "google_ads"},
        {"conv_value", "google_ads"},
        {"clicks_destination", "tiktok"},
        {"stat_time_day", "tiktok"},
        {"by_day", "tiktok"},
        {"adnetworktype", "yandex_direct"},
        {"campaignname", "yandex_direct"},
        {"№_кампании", "yandex_direct"},
        {"расход_с_ндс", "yandex_direct"},
    };

    if (table->format == TABLE_TELEGRAM_VIEWS || table->format == TABLE_TELEGRAM_BUDGET) return "telegram_ads";
    if (table->format == TABLE_VK_ADS) return "vk_ads";
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        if (has_name(table, NAMES[i].name)) return NAMES[i].source;
    return "";
}

static void settle(struct table *out, const struct votes *votes)
{
    size_t point = 0, comma = 0;

    for (size_t i = 0; i < out->n_columns; i++) {
        enum table_field field;
        bool dated = heading_field(out->column[i].name, &field) >= 0 && field_type_of(field) == FIELD_TYPE_DATE;
        out->column[i].type = type_of(&votes[i], dated);
        out->column[i].order = votes[i].day_first > votes[i].month_first   ? DATE_ORDER_DAY_FIRST
                               : votes[i].month_first > votes[i].day_first ? DATE_ORDER_MONTH_FIRST
                                                                           : DATE_ORDER_UNKNOWN;
        point += votes[i].point;
        comma += votes[i].comma;
    }
    propose(out);
    out->format = format_of(out);
    out->source = source_of(out);
    bool by_comma = out->separator != ',' || out->format == TABLE_NEUTRAL;
    for (size_t i = 0; i < out->n_columns; i++) {
        struct table_column *column = &out->column[i];
        bool own = votes[i].point != votes[i].comma;
        bool all = point != comma;
        bool is_comma = own ? votes[i].comma > votes[i].point : all ? comma > point : by_comma;
        column->decimal = is_comma ? ',' : '.';
    }
}

bool table_guess(Str text, struct arena *arena, struct table *out, struct err *err)
{
    struct votes votes[TABLE_COLUMNS_MAX] = {0};
    struct table table = {0};
    struct arena scratch;
    Str cells[TABLE_COLUMNS_MAX], header;

    if (!find_header(text, &table, &header))
        return err_set(err, ERR_INVALID, "the file has no header: its first line must name the columns");
    if (header.n > TABLE_LINE_MAX)
        return err_set(err, ERR_INVALID, "the header is longer than %zu bytes", TABLE_LINE_MAX);
    arena_init(&scratch, CELLS_ARENA);
    table.n_columns = split(header, table.separator, &scratch, cells);
    bool fits = table.n_columns <= TABLE_COLUMNS_MAX && str_is_utf8(header);
    if (fits) name_columns(cells, arena, &table);
    arena_free(&scratch);
    if (!fits) return err_set(err, ERR_INVALID, "the header must be text of at most %d columns", TABLE_COLUMNS_MAX);
    sign(&table);
    sample_rows(text, arena, &table, votes);
    settle(&table, votes);
    *out = table;
    return true;
}

/* "Total", "Итого", "Total: Account", "Total rows: 12" in the first cell: exports end (or begin) with such lines. */
static bool is_total(const struct table *table, Str record)
{
    static const char *const WORDS[] = {"total", "totals", "grand_total", "итого", "всего", "всього", "разом"};
    static const char *const STARTS[] = {"Total: ", "Total rows: ", "Итого: ", "Всего строк: "};
    char folded[24];
    Str rest = record;

    if (rest.n && rest.p[0] == '"') rest = str_from(rest, 1);
    if (rest.n == 0 || (rest.p[0] >= '0' && rest.p[0] <= '9')) return false;
    Str cell = cell_trim(str_cut(&rest, table->separator));
    if (cell.n && cell.p[cell.n - 1] == '"') cell.n--;
    if (cell.n > 60) return false;
    for (size_t i = 0; i < COUNT_OF(STARTS); i++)
        if (str_starts(cell, str_of(STARTS[i]))) return true;
    size_t n = cell_fold(cell, folded, sizeof folded);
    for (size_t i = 0; i < COUNT_OF(WORDS); i++)
        if (str_eq((Str){folded, n}, str_of(WORDS[i]))) return true;
    return false;
}

static bool is_blank(Str record)
{
    for (size_t i = 0; i < record.n; i++)
        if (record.p[i] != '\n' && record.p[i] != '\r' && record.p[i] != ' ') return false;
    return true;
}

bool table_next(const struct table *table, Str *rest, int64_t *line, Str *record, int64_t *at_line)
{
    while (rest->n) {
        Str taken = csv_take_record(rest, TABLE_LINE_MAX);
        *at_line = *line;
        *line += csv_lines(taken);
        if (is_blank(taken) || is_total(table, taken)) continue;
        *record = taken;
        return true;
    }
    return false;
}
