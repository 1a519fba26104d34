#include "connect/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

#define SCRATCH_BYTES ((size_t)4 * 1024 * 1024)
#define COLUMNS_MAX 128
#define MOST AD_COUNT_MAX
#define SHOWN_MAX 40

enum cell_kind { CELL_ABSENT, CELL_NULL, CELL_TEXT, CELL_WRONG, CELL_TWICE };

struct cell {
    enum cell_kind kind;
    bool number; /* a JSON number, not a text */
    Str text;
};

/* What one reply is read with. */
struct reading {
    struct ad_rows *rows;
    const struct rows_rule *rule;
    const struct vars *vars;
    struct arena fixed;   /* of the reply: paths and constants */
    struct arena scratch; /* of a row: numbers as text */
    struct path path[FIELDS];
    Str constant[FIELDS];
    size_t column[FIELDS]; /* of a TSV */
    const struct place *place;
    const Str *cells;
    size_t n_cells;
    int32_t first, last;
    struct err *err;
};

void rows_init(struct ad_rows *rows)
{
    *rows = (struct ad_rows){0};
    arena_init(&rows->text, ROWS_TEXT_MAX * 2);
}

void rows_free(struct ad_rows *rows)
{
    free(rows->row);
    arena_free(&rows->text);
}

void rows_clear(struct ad_rows *rows)
{
    rows->n = rows->text_bytes = 0;
    arena_reset(&rows->text);
}

/* ---- one value ---- */

static bool wrong(struct reading *reading, size_t field, const struct cell *cell, const char *expected)
{
    const struct field_rule *rule = &reading->rule->field[field];
    int n = (int)(cell->text.n < SHOWN_MAX ? cell->text.n : SHOWN_MAX);
    char shown[SHOWN_MAX + 1];

    for (int i = 0; i < n; i++) /* a figure or a date shows as it is; markup does not */
        shown[i] = (unsigned char)cell->text.p[i] < 0x20 || strchr("<>{}\"\\", cell->text.p[i]) ? ' ' : cell->text.p[i];
    shown[n] = '\0';
    return err_set(reading->err, ERR_UPSTREAM, "row %zu of the reply: %s (%.*s) is %s%s%s; %s is expected",
                   reading->rows->n + 1, ADAPTER_FIELD_NAMES[field], STR_ARG(rule->shown),
                   cell->kind == CELL_TEXT ? "\"" : "",
                   cell->kind == CELL_TEXT     ? shown
                   : cell->kind == CELL_ABSENT ? "missing"
                   : cell->kind == CELL_NULL   ? "empty"
                   : cell->kind == CELL_TWICE  ? "there twice"
                                               : "a list or object",
                   cell->kind == CELL_TEXT ? "\"" : "", expected);
}

static bool is_null_text(const struct rows_rule *rule, Str text)
{
    for (size_t i = 0; i < rule->n_nulls; i++)
        if (str_eq(rule->nulls[i], text)) return true;
    return false;
}

static struct cell cell_of_json(struct reading *reading, size_t field)
{
    size_t n;
    bool plain;
    const struct json *value = path_first(&reading->path[field], reading->place, &n);
    struct cell cell = {CELL_TEXT, false, {NULL, 0}};

    if (n == 0) return (struct cell){CELL_ABSENT, false, {NULL, 0}};
    if (n > 1) return (struct cell){CELL_TWICE, false, {NULL, 0}};
    if (json_is_null(value)) return (struct cell){CELL_NULL, false, {NULL, 0}};
    cell.text = json_plain(value, &reading->scratch, &plain);
    cell.number = plain && !json_str(value).p;
    return plain ? cell : (struct cell){CELL_WRONG, false, {NULL, 0}};
}

static struct cell cell_read(struct reading *reading, size_t field)
{
    const struct field_rule *rule = &reading->rule->field[field];
    struct cell cell = {CELL_TEXT, false, reading->constant[field]};

    if (!rule->given) return (struct cell){CELL_NULL, false, {NULL, 0}};
    if (rule->constant) return cell;
    if (reading->place)
        cell = cell_of_json(reading, field);
    else if (reading->column[field] < reading->n_cells)
        cell.text = reading->cells[reading->column[field]];
    else
        cell.kind = CELL_ABSENT;
    if (cell.kind == CELL_TEXT && is_null_text(reading->rule, cell.text)) cell.kind = CELL_NULL;
    if (cell.kind == CELL_ABSENT && rule->has_absent) return (struct cell){CELL_TEXT, false, rule->absent};
    if (cell.kind == CELL_ABSENT && rule->optional) cell.kind = CELL_NULL;
    return cell;
}

static bool room_for(struct reading *reading, size_t n)
{
    reading->rows->text_bytes += n + 16;
    return reading->rows->text_bytes <= ROWS_TEXT_MAX ||
           err_set(reading->err, ERR_LIMIT, "the rows of these days hold more than %zu bytes of text", ROWS_TEXT_MAX);
}

/* Keep a text with the rows; control characters become blanks; what is too long is cut between characters. `like`: the
 * same of the row before, which is mostly the same. */
static bool keep(struct reading *reading, Str text, size_t max, Str like, Str *out)
{
    size_t n = 0;

    if (str_eq(text, like)) return *out = like, true;
    while (n < text.n) {
        size_t length = str_utf8_length(str_from(text, n));
        if (length == 0 || n + length > max) break;
        n += length;
    }
    if (!room_for(reading, n)) return false;
    *out = arena_copy(&reading->rows->text, (Str){text.p, n});
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)out->p[i] < 0x20 || out->p[i] == 0x7F) ((char *)(uintptr_t)out->p)[i] = ' ';
    return true;
}

static Str mapped(const struct field_rule *rule, Str text)
{
    if (!rule->mapped) return text;
    for (size_t i = 0; i < rule->map.n; i++)
        if (str_eq(rule->map.row[i].name, text)) return json_str(rule->map.row[i].value);
    return rule->otherwise.n ? rule->otherwise : text;
}

static bool is_id(size_t field)
{
    return field == FIELD_CAMPAIGN_ID || field == FIELD_AD_SET_ID || field == FIELD_AD_ID;
}

static bool text_value(struct reading *reading, size_t field, Str like, Str *out)
{
    struct cell cell = cell_read(reading, field);
    const struct field_rule *rule = &reading->rule->field[field];
    int64_t whole;

    *out = (Str){NULL, 0};
    if (cell.kind == CELL_NULL) return true;
    if (cell.kind != CELL_TEXT || !str_is_utf8(cell.text)) return wrong(reading, field, &cell, "a text");
    if (!is_id(field)) return keep(reading, mapped(rule, str_trim(cell.text)), AD_TEXT_MAX, like, out);
    if (cell.number && !str_to_i64(cell.text, &whole)) /* past 64 bits: as it stands, if it is all digits */
        for (size_t i = 0; i < cell.text.n; i++)
            if (cell.text.p[i] < '0' || cell.text.p[i] > '9') return wrong(reading, field, &cell, "an id");
    for (size_t i = 0; i < cell.text.n; i++)
        if ((unsigned char)cell.text.p[i] < 0x20) return wrong(reading, field, &cell, "an id");
    if (cell.text.n > AD_ID_MAX) return wrong(reading, field, &cell, "an id of at most 64 bytes");
    return keep(reading, cell.text, AD_ID_MAX, like, out);
}

static bool to_whole(Str text, int64_t *out)
{
    double real;

    if (str_to_i64(text, out)) return true;
    if (!str_to_double(text, &real) || real != floor(real) || fabs(real) > (double)MOST) return false;
    *out = (int64_t)real;
    return true;
}

/* Decimal text times 10^digits; exact but for texts with an exponent, which are doubles anyway. */
static bool to_scaled(Str text, int digits, int64_t *out)
{
    double real;

    if (str_to_minor(text, digits, out)) return true;
    if (!str_to_double(text, &real)) return false;
    for (int i = 0; i < digits; i++) real *= 10;
    if (fabs(real) > (double)MOST) return false;
    *out = llround(real);
    return true;
}

static bool number_value(struct reading *reading, size_t field, int64_t *out)
{
    struct cell cell = cell_read(reading, field);
    const struct field_rule *rule = &reading->rule->field[field];
    bool micros = field >= FIELD_SPEND, ok;
    int64_t value = 0;

    *out = AD_NOT_SAID;
    if (cell.kind == CELL_NULL) return true;
    if (cell.kind != CELL_TEXT) return wrong(reading, field, &cell, "a number");
    if (!micros || rule->unit == UNIT_MICROS)
        ok = to_whole(cell.text, &value);
    else
        ok = to_scaled(cell.text, rule->unit == UNIT_MINOR ? 4 : 6, &value);
    if (!ok) return wrong(reading, field, &cell, micros ? "a number" : "a whole number");
    if (value > MOST || value < -MOST) return wrong(reading, field, &cell, "a number of a possible size");
    if (value < 0 && field != FIELD_REVENUE) return wrong(reading, field, &cell, "a number, 0 or more,");
    *out = value;
    return true;
}

static bool day_value(struct reading *reading, int32_t *out)
{
    struct cell cell = cell_read(reading, FIELD_DAY);
    Str day = {cell.text.p, cell.text.n < 10 ? cell.text.n : 10};
    char text[11];

    if (cell.kind != CELL_TEXT) return wrong(reading, FIELD_DAY, &cell, "a date such as 2026-02-01");
    if (cell.text.n == 8) { /* 20260201 */
        const char *p = cell.text.p;
        const char with[11] = {p[0], p[1], p[2], p[3], '-', p[4], p[5], '-', p[6], p[7], '\0'};
        memcpy(text, with, sizeof text);
        day = (Str){text, 10};
    }
    if ((cell.text.n > 10 && cell.text.p[10] != ' ' && cell.text.p[10] != 'T') || !time_parse_day(day, out))
        return wrong(reading, FIELD_DAY, &cell, "a date such as 2026-02-01");
    return (*out >= reading->first && *out <= reading->last) ||
           wrong(reading, FIELD_DAY, &cell, "a date of those that were asked for");
}

static bool currency_value(struct reading *reading, Str like, Str *out)
{
    struct cell cell = {CELL_NULL, false, {NULL, 0}};
    bool ok;

    if (!text_value(reading, FIELD_CURRENCY, like, out)) return false;
    ok = out->n == 3;
    for (size_t i = 0; i < out->n; i++) ok = ok && out->p[i] >= 'A' && out->p[i] <= 'Z';
    if (out->n) cell = (struct cell){CELL_TEXT, false, *out};
    return ok || wrong(reading, FIELD_CURRENCY, &cell, "a currency such as UAH");
}

/* ---- one row ---- */

static bool read_row(struct reading *reading)
{
    struct ad_rows *rows = reading->rows;
    static const struct ad_row NONE;
    struct ad_row row = {0}, like = rows->n ? rows->row[rows->n - 1] : NONE;
    Str *const text[] = {&row.campaign_id, &row.campaign_name, &row.ad_set_id,       &row.ad_set_name,
                         &row.ad_id,       &row.ad_name,       &row.campaign_status, &row.ad_status,
                         &row.channel,     &row.placement,     &row.country};
    const Str same[] = {like.campaign_id, like.campaign_name, like.ad_set_id,       like.ad_set_name,
                        like.ad_id,       like.ad_name,       like.campaign_status, like.ad_status,
                        like.channel,     like.placement,     like.country};
    const struct cell empty = {CELL_NULL, false, {NULL, 0}};

    if (rows->n == ROWS_MAX) return err_set(reading->err, ERR_LIMIT, "these days have more than %d rows", ROWS_MAX);
    if (!day_value(reading, &row.day)) return false;
    for (size_t i = 0; i < COUNT_OF(text); i++)
        if (!text_value(reading, i, same[i], text[i])) return false;
    for (size_t i = 0; i < AD_COUNTS; i++)
        if (!number_value(reading, FIELD_IMPRESSIONS + i, &row.count[i])) return false;
    if (!currency_value(reading, like.currency, &row.currency)) return false;
    if (!row.campaign_id.n && !row.campaign_name.n) return wrong(reading, FIELD_CAMPAIGN_ID, &empty, "an id or a name");
    if (!row.channel.n) return wrong(reading, FIELD_CHANNEL, &empty, "a channel");
    if (rows->n == rows->capacity) {
        rows->capacity = rows->capacity ? 2 * rows->capacity : 256;
        rows->row = mem_grow(rows->row, sizeof *rows->row, rows->capacity);
    }
    rows->row[rows->n++] = row;
    return true;
}

static void reading_start(struct reading *reading)
{
    arena_init(&reading->fixed, SCRATCH_BYTES);
    arena_init(&reading->scratch, SCRATCH_BYTES);
    for (size_t i = 0; i < FIELDS; i++) {
        const struct field_rule *rule = &reading->rule->field[i];
        path_fill(&rule->at, reading->vars, &reading->fixed, &reading->path[i]);
        reading->constant[i] = template_text(rule->value, reading->vars, &reading->fixed);
    }
}

/* ---- JSON ---- */

static bool visit_row(void *context, const struct place *place)
{
    struct reading *reading = context;

    reading->place = place;
    return read_row(reading);
}

static bool visit_list(void *context, const struct place *place)
{
    size_t *lists = context;

    ++*lists;
    return json_is_array(place->at[place->n - 1]);
}

/* At every star stands a list, and at the first there is one: a reply without it is none, and not one of no rows. */
static bool check_lists(const struct path *list, const struct place *root, struct err *err)
{
    bool first = true;

    for (size_t i = 0; i < list->n; i++) {
        if (list->step[i].name) continue;
        struct path before = *list;
        size_t lists = 0;
        before.n = i;
        if (!path_walk(&before, root, visit_list, &lists) || (first && lists == 0))
            return err_set(err, ERR_UPSTREAM, "the reply has no list%s%s, where the rows should be", i ? " " : "",
                           i && before.step[i - 1].name ? before.step[i - 1].name : "");
        first = false;
    }
    return true;
}

bool rows_take_json(struct ad_rows *rows, const struct rows_rule *rule, const struct vars *vars,
                    const struct json *root, int32_t first, int32_t last, struct err *err)
{
    struct reading reading = {.rows = rows, .rule = rule, .vars = vars, .first = first, .last = last, .err = err};
    struct place place = place_of(root);

    if (!check_lists(&rule->list, &place, err)) return false;
    reading_start(&reading);
    bool ok = path_walk(&rule->list, &place, visit_row, &reading);
    arena_free(&reading.scratch);
    arena_free(&reading.fixed);
    return ok;
}

/* ---- TSV ---- */

static size_t split_line(Str line, Str *cells)
{
    size_t n = 0;

    if (line.n && line.p[line.n - 1] == '\r') line.n--;
    for (; line.p && n <= COLUMNS_MAX; n++) {
        Str cell = str_cut(&line, '\t');
        if (n < COLUMNS_MAX) cells[n] = cell;
    }
    return n;
}

static bool find_columns(struct reading *reading, const Str *cells, size_t n)
{
    for (size_t i = 0; i < FIELDS; i++) {
        const struct field_rule *rule = &reading->rule->field[i];
        if (!rule->given || rule->constant) continue;
        const char *name = reading->path[i].n ? reading->path[i].step[0].name : NULL;
        reading->column[i] = SIZE_MAX;
        for (size_t k = 0; k < n && name; k++)
            if (str_eq(cells[k], str_of(name))) reading->column[i] = k;
        if (reading->column[i] == SIZE_MAX && !rule->optional)
            return err_set(reading->err, ERR_UPSTREAM, "the reply has no column \"%s\", of %s", name ? name : "",
                           ADAPTER_FIELD_NAMES[i]);
    }
    return true;
}

bool rows_take_tsv(struct ad_rows *rows, const struct rows_rule *rule, const struct vars *vars, Str body, int32_t first,
                   int32_t last, struct err *err)
{
    struct reading reading = {.rows = rows, .rule = rule, .vars = vars, .first = first, .last = last, .err = err};
    Str cells[COLUMNS_MAX], rest = body;
    size_t n = split_line(str_cut(&rest, '\n'), cells), columns = n;
    bool ok;

    reading_start(&reading);
    reading.cells = cells;
    ok = n <= COLUMNS_MAX && (body.n == 0 || body.p[body.n - 1] == '\n')
             ? find_columns(&reading, cells, n)
             : err_set(err, ERR_UPSTREAM, "the reply is no table, or is cut off: its last line does not end");
    while (ok && rest.n) {
        Str line = str_cut(&rest, '\n');
        reading.n_cells = split_line(line, cells);
        ok = reading.n_cells == columns || err_set(err, ERR_UPSTREAM, "row %zu of the reply has %zu cells, not %zu",
                                                   rows->n + 1, reading.n_cells, columns);
        ok = ok && read_row(&reading);
    }
    arena_free(&reading.scratch);
    arena_free(&reading.fixed);
    return ok;
}

/* ---- all of them ---- */

static int compare_rows(const void *a, const void *b)
{
    const struct ad_row *x = a, *y = b;
    const Str left[] = {x->campaign_id, x->campaign_id.n ? STR("") : x->campaign_name,
                        x->ad_set_id,   x->ad_id,
                        x->placement,   x->country};
    const Str right[] = {y->campaign_id, y->campaign_id.n ? STR("") : y->campaign_name,
                         y->ad_set_id,   y->ad_id,
                         y->placement,   y->country};

    if (x->day != y->day) return x->day < y->day ? -1 : 1;
    for (size_t i = 0; i < COUNT_OF(left); i++) {
        int order = str_compare(left[i], right[i]);
        if (order) return order;
    }
    return 0;
}

bool rows_finish(struct ad_rows *rows, struct err *err)
{
    char day[TIME_TEXT_MAX];

    if (rows->n) qsort(rows->row, rows->n, sizeof *rows->row, compare_rows);
    for (size_t i = 1; i < rows->n; i++)
        if (compare_rows(&rows->row[i - 1], &rows->row[i]) == 0)
            return err_set(
                err, ERR_UPSTREAM, "the reply says campaign \"%.*s\", ad \"%.*s\" twice on %s, with the same placement",
                STR_ARG(rows->row[i].campaign_id), STR_ARG(rows->row[i].ad_id), time_format_day(rows->row[i].day, day));
    return true;
}
