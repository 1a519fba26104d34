/* features/crm/events_api.c -- every CRM event with its stage, page by page.
 *
 * The facts have what is counted; the event's own id, its client (a person may have many names) and its document
 * stand in the raw log. A page's raw entries are read once each, however many of its events they hold.
 */
#include <stdlib.h>

#include "base/csv.h"
#include "base/time.h"
#include "events/raw.h"
#include "features/crm/crm_int.h"

#define PAGE_DEFAULT 100
#define PAGE_MAX 1000

struct shown {
    uint64_t row, raw;
    uint32_t place; /* on the page */
    enum stage stage;
    Str event_id, client, doc_id;
};

struct listing {
    const struct history *history;
    struct span span;
    Str platform; /* empty: all */
    struct page page;
    struct shown *shown;
    uint32_t n;
    uint64_t total;
};

static void collect(void *context, uint32_t person, uint64_t row, uint64_t nth, enum stage stage)
{
    struct listing *list = context;

    (void)person;
    (void)nth;
    if (!range_holds(list->span.range, list->history->snapshot->at_ms[row])) return;
    if (list->platform.n && !str_eq_nocase(list->platform, history_dim(list->history, row, TOUCH_PLATFORM))) return;
    if (list->total++ < list->page.skip || list->n == list->page.limit) return;
    list->shown[list->n] =
        (struct shown){.row = row, .raw = list->history->snapshot->raw[row], .place = list->n, .stage = stage};
    list->n++;
}

/* ---- ids from the raw log ---- */

static int by_raw(const void *a, const void *b)
{
    const struct shown *x = a, *y = b;
    return (x->raw > y->raw) - (x->raw < y->raw);
}

static int by_place(const void *a, const void *b)
{
    const struct shown *x = a, *y = b;
    return (x->place > y->place) - (x->place < y->place);
}

/* One record read by itself, with its file's header. */
static void read_ids(struct request *request, const struct raw_entry *entry, Str header, Str record,
                     struct shown *shown)
{
    struct arena arena;
    struct raw_entry one = *entry;
    struct decoded decoded;
    struct err err;

    arena_init(&arena, stage_arena_bytes(header.n + record.n));
    one.body = arena_join(&arena, header, record);
    if (stage_decode(&one, STR(""), &arena, &decoded, &err) && decoded.n == 1) {
        shown->event_id = arena_copy(&request->arena, decoded.items[0].message_id);
        shown->client = arena_copy(&request->arena, decoded.items[0].alias[0].value);
        shown->doc_id = arena_copy(&request->arena, decoded.items[0].doc_id);
    }
    arena_free(&arena);
}

/* Those of `shown` (n of them, in order of their items) that stand in one raw entry. */
static bool read_entry(struct request *request, struct shown *shown, uint32_t n, struct err *err)
{
    struct arena arena;
    struct raw_entry entry;
    bool ok;

    arena_init(&arena, (size_t)16 * 1024 * 1024);
    ok = raw_read(request->db, RAW_ROW(shown[0].raw), &arena, &entry, err);
    if (ok) {
        Str rest = entry.body;
        Str header = csv_take_record(&rest, EVENT_BYTES_MAX);
        uint32_t next = 0;
        for (uint32_t item = 0; rest.n && next < n; item++) {
            Str record = csv_take_record(&rest, EVENT_BYTES_MAX);
            if (item == RAW_ITEM(shown[next].raw)) read_ids(request, &entry, header, record, &shown[next++]);
        }
    }
    arena_free(&arena);
    return ok;
}

static bool read_page_ids(struct listing *list, struct err *err)
{
    uint32_t from = 0;

    qsort(list->shown, list->n, sizeof *list->shown, by_raw);
    while (from < list->n) {
        uint32_t to = from + 1;
        while (to < list->n && RAW_ROW(list->shown[to].raw) == RAW_ROW(list->shown[from].raw)) to++;
        if (!read_entry(list->history->request, list->shown + from, to - from, err)) return false;
        from = to;
    }
    qsort(list->shown, list->n, sizeof *list->shown, by_place);
    return true;
}

/* ---- the answer ---- */

static void put_contract(const struct history *history, struct json_out *out, uint64_t row)
{
    struct contract contract;
    char day[TIME_TEXT_MAX];
    bool signed_here = history_is_contract(history, row) &&
                       contracts_of_event(history->contracts, history->snapshot->raw[row], &contract);

    json_kv_bool(out, "is_contract", signed_here);
    if (signed_here) {
        put_units(out, "contract_amount", history->snapshot->amount_minor[row]);
    } else {
        json_kv_null(out, "contract_amount");
    }
    json_kv_text(out, "contract_date", signed_here ? time_format_day(contract.day, day) : NULL);
}

static void put_event(const struct history *history, struct json_out *out, const struct shown *shown)
{
    static const struct {
        const char *key;
        enum touch_dim dim;
    } DIMS[] = {{"platform", TOUCH_PLATFORM}, {"source_type", TOUCH_SOURCE_TYPE}, {"utm_source", TOUCH_SOURCE},
                {"utm_medium", TOUCH_MEDIUM}, {"utm_campaign", TOUCH_CAMPAIGN},   {"campaign_id", TOUCH_CAMPAIGN_ID}};

    json_open(out, '{');
    json_kv_str(out, "event_id", shown->event_id);
    json_kv_str(out, "id_source", shown->client);
    json_kv_instant(out, "event_at", history->snapshot->at_ms[shown->row]);
    json_kv_text(out, "stage", stage_name(shown->stage));
    for (size_t i = 0; i < COUNT_OF(DIMS); i++)
        json_kv_str(out, DIMS[i].key, history_dim(history, shown->row, DIMS[i].dim));
    json_kv_str(out, "doc_id", shown->doc_id);
    put_contract(history, out, shown->row);
    json_close(out, '}');
}

static bool answer(struct history *history, struct reply *reply, struct err *err)
{
    struct request *request = history->request;
    struct json_out out = json_to(&reply->body);
    struct listing list = {.history = history, .platform = str_trim(request_query(request, "platform"))};

    if (!question_span(request, "start_date", "end_date", history->snapshot, &list.span, err)) return false;
    if (!question_page(request, PAGE_DEFAULT, PAGE_MAX, &list.page, err)) return false;
    list.shown = ARENA_ARRAY(&request->arena, struct shown, list.page.limit);
    history_walk(history, collect, &list);
    if (!read_page_ids(&list, err)) return false;
    json_open(&out, '{');
    json_key(&out, "events");
    json_open(&out, '[');
    for (uint32_t i = 0; i < list.n; i++) put_event(history, &out, &list.shown[i]);
    json_close(&out, ']');
    json_kv_i64(&out, "total", (int64_t)list.total);
    question_put_next(&out, &list.page, list.page.skip + list.n < list.total);
    json_close(&out, '}');
    return true;
}

bool crm_events_get(struct request *request, struct reply *reply, struct err *err)
{
    return history_answer(request, answer, reply, err);
}
