/* features/product/property_api.c -- an event by the values of a property; the properties that an event has.
 *
 * The breakdown is answered by the thread of the columns (events/properties.h): the first question about a property
 * reads the raw log, which takes its time, and the server's threads have others to serve. The snapshot is taken before
 * the column is brought up to date, so the column knows each of its events.
 */
#include <stdlib.h>

#include "base/json.h"
#include "features/product/product_int.h"
#include "measure/property_count.h"

#define ROWS_DEFAULT 100

enum sort { BY_EVENTS, BY_PERSONS, BY_REVENUE };
static const char *const SORTS[] = {"events", "persons", "revenue", NULL};

struct question {
    struct request *request;
    const struct snapshot *snapshot;
    Str event;
    struct property_path path;
    struct property_query query;
    struct span span, before;
    bool compare;
    size_t sort;
    int64_t limit;
    struct property_ask ask;
};

static bool read_question(struct question *q, struct err *err)
{
    static const char *const NOT_WITH[] = {"by", "conversion", "names"};
    struct request *request = q->request;

    if (!property_path_parse(str_trim(request_query(request, "property")), &q->path, err)) return false;
    q->event = str_trim(request_query(request, "event"));
    if (q->event.n == 0)
        return err_set_field(err, "event", "say whose property %s is, such as event=Order Completed", q->path.shown);
    for (size_t i = 0; i < COUNT_OF(NOT_WITH); i++)
        if (request_query(request, NOT_WITH[i]).n)
            return err_set_field(err, NOT_WITH[i], "%s does not go with property", NOT_WITH[i]);
    q->query.event = snapshot_find_name(q->snapshot, q->event);
    if (!question_span(request, "from", "to", q->snapshot, &q->span, err)) return false;
    if (!question_filter(request, q->snapshot, &q->query.touch_counts, err)) return false;
    if (!question_compare(request, &q->span, &q->before, &q->compare, err)) return false;
    if (!request_query_whole(request, "limit", ROWS_DEFAULT, 1, PROPERTY_CODES_MAX, &q->limit, err)) return false;
    return question_choice(request, "sort", SORTS, &q->sort, err);
}

/* ---- rows ---- */

struct row {
    uint32_t code;
    int64_t sort;
};

static int most_first(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->sort != y->sort) return x->sort < y->sort ? 1 : -1;
    return (x->code > y->code) - (x->code < y->code);
}

static int64_t sort_of(const struct property_cell *cell, size_t sort)
{
    if (sort == BY_REVENUE) return cell->revenue_minor;
    return (int64_t)(sort == BY_PERSONS ? cell->persons : cell->events);
}

static void put_cell(struct json_out *out, const struct property_cell *cell)
{
    json_kv_i64(out, "events", (int64_t)cell->events);
    json_kv_i64(out, "persons", (int64_t)cell->persons);
    json_kv_i64(out, "revenue", cell->revenue_minor);
}

static void put_row(struct json_out *out, const struct property_column *column, uint32_t code,
                    const struct property_cell *cell)
{
    json_open(out, '{');
    switch (code) {
    case PROPERTY_CODE_NONE:
        json_kv_text(out, "key", "(none)");
        json_kv_text(out, "kind", "none");
        break;
    case PROPERTY_CODE_OTHER:
        json_kv_text(out, "key", "(other)");
        json_kv_text(out, "kind", "other");
        break;
    default:
        json_kv_str(out, "key", dict_text(column->values, code - PROPERTY_CODE_FIRST));
        json_kv_text(out, "kind", "value");
    }
    put_cell(out, cell);
    json_close(out, '}');
}

static void put_rows(const struct question *q, struct json_out *out, const struct property_cell *cells)
{
    struct row rows[PROPERTY_CODES_MAX];
    int64_t n = 0;

    for (uint32_t code = 0; code < PROPERTY_CODES_MAX; code++)
        if (cells[code].events) rows[n++] = (struct row){code, sort_of(&cells[code], q->sort)};
    qsort(rows, (size_t)n, sizeof *rows, most_first);
    json_kv_i64(out, "keys", n);
    json_key(out, "rows");
    json_open(out, '[');
    for (int64_t i = 0; i < n && i < q->limit; i++) put_row(out, q->query.column, rows[i].code, &cells[rows[i].code]);
    json_close(out, ']');
}

static void put_numbers(struct json_out *out, const struct property_numbers *numbers)
{
    json_key(out, "numbers");
    if (numbers->events == 0) {
        json_put_null(out);
        return;
    }
    json_open(out, '{');
    json_kv_i64(out, "events", (int64_t)numbers->events);
    json_kv_double(out, "sum", numbers->sum);
    json_kv_double(out, "avg", numbers->sum / (double)numbers->events);
    json_kv_double(out, "min", numbers->min);
    json_kv_double(out, "max", numbers->max);
    json_close(out, '}');
}

/* Rows and totals of one span, into the object that is open. */
static bool put_span(struct question *q, struct json_out *out, struct range range, struct err *err)
{
    struct arena *arena = &q->request->arena;
    struct property_cell *cells = ARENA_ARRAY(arena, struct property_cell, PROPERTY_CODES_MAX), total;
    struct property_numbers numbers;

    q->query.range = range;
    if (!property_count(q->snapshot, &q->query, arena, cells, &total, &numbers, err)) return false;
    put_rows(q, out, cells);
    json_key(out, "totals");
    json_open(out, '{');
    put_cell(out, &total);
    json_close(out, '}');
    put_numbers(out, &numbers);
    return true;
}

static bool put_breakdown(struct question *q, struct reply *reply, struct err *err)
{
    struct json_out out = json_to(&reply->body);

    json_open(&out, '{');
    json_kv_str(&out, "event", q->event);
    json_kv_text(&out, "property", q->path.shown);
    json_kv_i64(&out, "values_max", PROPERTY_VALUES_MAX);
    if (!put_span(q, &out, q->span.range, err)) return false;
    if (q->compare) {
        json_key(&out, "previous");
        json_open(&out, '{');
        if (!put_span(q, &out, q->before.range, err)) return false;
        json_close(&out, '}');
    }
    json_close(&out, '}');
    return true;
}

static void answer(struct property_ask *ask, const struct property_column *column, const struct err *why)
{
    struct question *q = ask->context;
    struct request *request = q->request;
    struct err err = *why;
    bool ok = column != NULL;

    if (ok) {
        q->query.column = column;
        ok = put_breakdown(q, request_reply(request), &err);
    }
    question_snapshot_close(q->snapshot);
    request_answer(request, ok, &err);
}

bool property_breakdown(struct request *request, struct reply *reply, struct err *err)
{
    const struct product *product = request->context;
    struct question *q = ARENA_NEW(&request->arena, struct question);
    struct err busy;

    (void)reply;
    q->request = request;
    if (!question_snapshot(request, product->pipeline, product->segments, &q->snapshot, err)) return false;
    if (!read_question(q, err)) {
        question_snapshot_close(q->snapshot);
        return false;
    }
    q->ask = (struct property_ask){.event = q->event, .path = &q->path, .done = answer, .context = q};
    request_hold(request);
    if (properties_ask(product->properties, &q->ask, &busy)) return true;
    question_snapshot_close(q->snapshot);
    request_answer(request, false, &busy);
    return true;
}
