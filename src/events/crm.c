/* events/crm.c -- the CRM's two exports, read as spec/3 says.
 *
 * A raw entry of these kinds is a piece of the file that can be read by itself: the header line, then whole records.
 * Columns are found by their names in the header, in any order; more columns than are known do no harm.
 */
#include "base/csv.h"
#include "base/time.h"
#include "events/stage_int.h"

#define COLUMNS_MAX 64
#define CELL_MAX_BYTES ((size_t)512)
#define COST_DIGITS 2 /* decimals of the CRM's currency, which is the reporting currency */

enum event_column {
    EVENT_ID,
    EVENT_CLIENT,
    EVENT_AT,
    EVENT_DOC,
    EVENT_SOURCE_TYPE,
    EVENT_UTM_SOURCE,
    EVENT_UTM_MEDIUM,
    EVENT_UTM_CAMPAIGN,
    EVENT_CAMPAIGN_ID,
    EVENT_COLUMNS
};
enum contract_column { CONTRACT_DOC, CONTRACT_CLIENT, CONTRACT_COST, CONTRACT_DATE, CONTRACT_COLUMNS };

static const char *const EVENT_NAMES[] = {"event_id",   "id_source",  "event_at",     "doc_id",     "source_type",
                                          "utm_source", "utm_medium", "utm_campaign", "campaign_id"};
static const char *const CONTRACT_NAMES[] = {"doc_id", "id_source", "total_cost_of_the_contract", "currentdate"};

/* One record, its cells in the order of the names above. */
struct record {
    struct stage *stage;
    Str cell[EVENT_COLUMNS];
    struct staged *out;
};

struct columns {
    const char *const *names;
    size_t n;
    size_t at[EVENT_COLUMNS]; /* where each name stands in the header */
    size_t in_header;
};

static Str without_mark(Str text)
{
    return str_starts(text, STR("\xEF\xBB\xBF")) ? str_from(text, 3) : text;
}

static bool read_header(const struct raw_entry *entry, struct arena *arena, struct columns *columns, Str *rest,
                        struct err *err)
{
    bool events = entry->kind == RAW_CRM_EVENTS;
    Str text = without_mark(entry->body), cells[COLUMNS_MAX];
    Str header = csv_take_record(&text, EVENT_BYTES_MAX);

    columns->names = events ? EVENT_NAMES : CONTRACT_NAMES;
    columns->n = events ? COUNT_OF(EVENT_NAMES) : COUNT_OF(CONTRACT_NAMES);
    columns->in_header = csv_split(header, arena, cells, COLUMNS_MAX);
    if (columns->in_header > COLUMNS_MAX) return err_set(err, ERR_INVALID, "the header line is not readable as CSV");
    for (size_t i = 0; i < columns->n; i++) {
        size_t k = 0;
        while (k < columns->in_header && !str_eq_nocase(str_trim(cells[k]), str_of(columns->names[i]))) k++;
        if (k == columns->in_header)
            return err_set(err, ERR_INVALID, "the header line has no column %s", columns->names[i]);
        columns->at[i] = k;
    }
    *rest = text;
    return true;
}

static const char *read_cells(struct record *record, const struct columns *columns, Str line)
{
    Str cells[COLUMNS_MAX];
    size_t n = csv_split(line, record->stage->arena, cells, COLUMNS_MAX);

    if (n == SIZE_MAX) return "a quote is not closed, or stands inside a cell";
    if (n != columns->in_header)
        return arena_printf(record->stage->arena, "%zu fields where the header has %zu", n, columns->in_header).p;
    if (!str_is_utf8(line)) return "not valid UTF-8";
    for (size_t i = 0; i < columns->n; i++) {
        record->cell[i] = str_trim(cells[columns->at[i]]);
        if (record->cell[i].n > CELL_MAX_BYTES)
            return arena_printf(record->stage->arena, "%s is longer than %zu bytes", columns->names[i], CELL_MAX_BYTES)
                .p;
    }
    return NULL;
}

static const char *bad_cell(const struct record *record, const char *name, Str value, const char *want)
{
    return arena_printf(record->stage->arena, "%s \"%.*s\" is no %s", name, STR_ARG(value), want).p;
}

static const char *read_client(struct record *record, Str client)
{
    if (client.n == 0) return "id_source (the client) is empty";
    if (client.n > ALIAS_VALUE_MAX) return "id_source is longer than 256 bytes";
    record->out->alias[0] = (struct staged_alias){ALIAS_CLIENT, client};
    record->out->n_aliases = 1;
    return NULL;
}

static const char *read_event(struct record *record)
{
    static const struct {
        enum touch_dim dim;
        enum event_column column;
    } DIMS[] = {{TOUCH_SOURCE, EVENT_UTM_SOURCE},
                {TOUCH_MEDIUM, EVENT_UTM_MEDIUM},
                {TOUCH_CAMPAIGN, EVENT_UTM_CAMPAIGN},
                {TOUCH_CAMPAIGN_ID, EVENT_CAMPAIGN_ID},
                {TOUCH_SOURCE_TYPE, EVENT_SOURCE_TYPE}};
    struct staged *out = record->out;
    const char *wrong = read_client(record, record->cell[EVENT_CLIENT]);

    if (wrong) return wrong;
    if (record->cell[EVENT_ID].n == 0) return "event_id is empty";
    if (record->cell[EVENT_AT].n == 0) return "event_at is empty";
    if (!time_parse_instant(record->cell[EVENT_AT], &out->at_ms))
        return bad_cell(record, "event_at", record->cell[EVENT_AT], "RFC 3339 instant");
    out->type = STAGED_EVENT;
    out->message_id = record->cell[EVENT_ID];
    out->doc_id = record->cell[EVENT_DOC];
    out->tuple.whole = true;
    for (size_t i = 0; i < COUNT_OF(DIMS); i++) out->tuple.dim[DIMS[i].dim] = record->cell[DIMS[i].column];
    return NULL;
}

static const char *read_contract(struct record *record)
{
    struct staged *out = record->out;
    const char *wrong = read_client(record, record->cell[CONTRACT_CLIENT]);

    if (wrong) return wrong;
    if (record->cell[CONTRACT_DOC].n == 0) return "doc_id is empty";
    if (!str_to_minor(record->cell[CONTRACT_COST], COST_DIGITS, &out->cost_minor) ||
        out->cost_minor > AMOUNT_MINOR_MAX || out->cost_minor < -AMOUNT_MINOR_MAX)
        return bad_cell(record, "total_cost_of_the_contract", record->cell[CONTRACT_COST], "amount");
    if (!time_parse_day(record->cell[CONTRACT_DATE], &out->contract_day))
        return bad_cell(record, "currentdate", record->cell[CONTRACT_DATE], "date");
    out->type = STAGED_CONTRACT;
    out->doc_id = record->cell[CONTRACT_DOC];
    return NULL;
}

static bool is_blank_line(Str line)
{
    return str_trim(line).n == 0;
}

/* Cut as they will be: a cell may hold any number of line ends, so lines say too much. */
static size_t count_records(Str text)
{
    size_t n = 0;

    for (; text.n; n++) (void)csv_take_record(&text, EVENT_BYTES_MAX);
    return n;
}

bool crm_decode(struct stage *stage, struct err *err)
{
    struct columns columns = {0};
    int64_t line = stage->entry->first_line;
    Str rest = {NULL, 0};

    if (!read_header(stage->entry, stage->arena, &columns, &rest, err)) return false;
    size_t n = count_records(rest);
    if (n > RAW_ITEMS_MAX) /* no piece of a file is, but a corrected reject may be */
        return err_set(err, ERR_LIMIT, "more than %d records at once", RAW_ITEMS_MAX);
    stage->out->items = ARENA_ARRAY(stage->arena, struct staged, n);
    stage->out->rejects = ARENA_ARRAY(stage->arena, struct staged_reject, n);
    for (uint32_t i = 0; rest.n; i++) {
        Str text = csv_take_record(&rest, EVENT_BYTES_MAX);
        struct record record = {.stage = stage, .out = stage_next(stage, i)};
        const char *wrong = NULL;
        if (!is_blank_line(text)) {
            wrong = read_cells(&record, &columns, text);
            if (!wrong) wrong = stage->entry->kind == RAW_CRM_EVENTS ? read_event(&record) : read_contract(&record);
            if (wrong) {
                stage_reject(stage, i, line, text, wrong);
            } else {
                stage->out->n++;
            }
        }
        line += csv_lines(text);
    }
    return true;
}

bool crm_item_bytes(const struct raw_entry *entry, uint32_t item, Str *bytes)
{
    Str rest = without_mark(entry->body);

    (void)csv_take_record(&rest, EVENT_BYTES_MAX); /* the header */
    for (uint32_t i = 0; rest.n; i++) {
        Str record = csv_take_record(&rest, EVENT_BYTES_MAX);
        if (i != item) continue;
        *bytes = record;
        return true;
    }
    return false;
}
