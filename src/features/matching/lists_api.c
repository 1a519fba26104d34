/* features/matching/lists_api.c -- what spent money and where its touches are; what touches say and whose they are. */
#include <stdlib.h>

#include "ads/matches.h"
#include "features/matching/matching_int.h"
#include "measure/scratch.h"
#include "report/spend.h"

#define PAGE_DEFAULT 100
#define PAGE_MAX 1000

enum state { STATE_ALL, STATE_MATCHED, STATE_UNMATCHED };

struct lists {
    struct request *request;
    const struct snapshot *snapshot;
    struct spend_lines lines;
    uint64_t *events; /* by touch, in the span */
    enum state state;
    struct page page;
};

static bool lists_open(struct lists *lists, struct err *err)
{
    static const char *const STATES[] = {"all", "matched", "unmatched", NULL};
    const struct matching *matching = lists->request->context;
    struct request *request = lists->request;
    struct span span;
    size_t state;

    if (!question_span(request, "from", "to", lists->snapshot, &span, err)) return false;
    if (!question_choice(request, "state", STATES, &state, err)) return false;
    lists->state = (enum state)state;
    if (!question_page(request, PAGE_DEFAULT, PAGE_MAX, &lists->page, err)) return false;
    lists->events = SCRATCH_ARRAY(&request->arena, uint64_t, lists->snapshot->n_touches, err);
    if (!lists->events) return false;
    touch_events(lists->snapshot, span.range, lists->events);
    return spend_lines_read(request, lists->snapshot, matching->settings->currency, spend_days(&span), &lists->lines,
                            err);
}

static bool is_wanted(const struct lists *lists, bool matched)
{
    return lists->state == STATE_ALL || matched == (lists->state == STATE_MATCHED);
}

static uint32_t campaign_of(const struct lists *lists, uint32_t touch)
{
    return lists->lines.n ? lists->lines.campaign_of_touch[touch] : JOIN_NONE;
}

/* ---- campaigns ---- */

struct campaign_row {
    const struct spent *first;
    bool priced;
    int64_t spend_micros, unpriced;
    uint64_t events;
};

static int dearest_first(const void *a, const void *b)
{
    const struct campaign_row *x = a, *y = b;
    if (x->spend_micros != y->spend_micros) return x->spend_micros < y->spend_micros ? 1 : -1;
    return (x->first > y->first) - (x->first < y->first);
}

static bool read_campaigns(const struct lists *lists, struct campaign_row **out, struct err *err)
{
    const struct spend_lines *lines = &lists->lines;
    struct campaign_row *rows = SCRATCH_ARRAY(&lists->request->arena, struct campaign_row, lines->n_campaigns, err);

    if (!rows) return false;
    for (size_t i = 0; i < lines->n; i++) {
        struct campaign_row *row = &rows[lines->campaign_of_line[i]];
        int64_t spend = lines->line[i].count[AD_SPEND];
        if (!row->first) row->first = &lines->line[i];
        row->unpriced += lines->line[i].unpriced;
        if (spend == AD_NOT_SAID) continue;
        row->priced = true;
        row->spend_micros = add_or_stay(row->spend_micros, spend);
    }
    for (uint32_t t = 0; t < lists->snapshot->n_touches; t++)
        if (campaign_of(lists, t) != JOIN_NONE) rows[campaign_of(lists, t)].events += lists->events[t];
    if (lines->n_campaigns) qsort(rows, lines->n_campaigns, sizeof *rows, dearest_first);
    *out = rows;
    return true;
}

static void put_campaign(struct json_out *out, const struct campaign_row *row)
{
    json_open(out, '{');
    json_kv_str(out, "campaign_id", row->first->campaign_id);
    json_kv_str(out, "name", row->first->name);
    json_kv_str(out, "channel", row->first->channel_name);
    if (row->priced) {
        json_kv_i64(out, "spend", minor_of_micros(row->spend_micros));
    } else {
        json_kv_null(out, "spend");
    }
    json_kv_i64(out, "unpriced", row->unpriced);
    json_kv_i64(out, "events", (int64_t)row->events);
    json_close(out, '}');
}

static bool answer_campaigns(struct request *request, const struct snapshot *snapshot, struct reply *reply,
                             struct err *err)
{
    const struct matching *matching = request->context;
    struct lists lists = {.request = request, .snapshot = snapshot};
    struct json_out out = json_to(&reply->body);
    struct campaign_row *rows;
    int64_t spend = 0, unmatched = 0;
    uint64_t n = 0;

    if (!lists_open(&lists, err) || !read_campaigns(&lists, &rows, err)) return false;
    json_open(&out, '{');
    json_key(&out, "campaigns");
    json_open(&out, '[');
    for (uint32_t i = 0; i < lists.lines.n_campaigns; i++) {
        spend = add_or_stay(spend, rows[i].spend_micros);
        if (rows[i].events == 0) unmatched = add_or_stay(unmatched, rows[i].spend_micros);
        if (!is_wanted(&lists, rows[i].events > 0)) continue;
        if (n >= lists.page.skip && n < lists.page.skip + lists.page.limit) put_campaign(&out, &rows[i]);
        n++;
    }
    json_close(&out, ']');
    json_kv_i64(&out, "total", (int64_t)n);
    json_kv_i64(&out, "spend", minor_of_micros(spend));
    json_kv_i64(&out, "unmatched_spend", minor_of_micros(unmatched));
    json_kv_str(&out, "currency", matching->settings->currency);
    question_put_next(&out, &lists.page, n > lists.page.skip + lists.page.limit);
    json_close(&out, '}');
    return true;
}

/* ---- values ---- */

struct value_row {
    uint32_t value, campaign; /* the campaign of most of its events; JOIN_NONE */
    uint64_t events, most;
};

static int busiest_first(const void *a, const void *b)
{
    const struct value_row *x = a, *y = b;
    if (x->events != y->events) return x->events < y->events ? 1 : -1;
    return (x->value > y->value) - (x->value < y->value);
}

/* The values of a dimension with events in the span. Touches of one value and one campaign are few: the first of most
 * events stands for them. */
static bool read_values(const struct lists *lists, enum touch_dim dim, struct value_row **out, uint32_t *n,
                        struct err *err)
{
    const struct snapshot *snapshot = lists->snapshot;
    struct arena *arena = &lists->request->arena;
    uint32_t *at = SCRATCH_ARRAY(arena, uint32_t, snapshot->n_values, err); /* place + 1 */
    struct value_row *rows = at ? SCRATCH_ARRAY(arena, struct value_row, snapshot->n_touches, err) : NULL;

    if (!rows) return false;
    *n = 0;
    for (uint32_t t = 0; t < snapshot->n_touches; t++) {
        uint32_t value = snapshot->touches[t].dim[dim];
        if (value == 0 || lists->events[t] == 0) continue;
        if (!at[value]) {
            rows[*n] = (struct value_row){.value = value, .campaign = JOIN_NONE};
            at[value] = ++*n;
        }
        struct value_row *row = &rows[at[value] - 1];
        row->events += lists->events[t];
        if (campaign_of(lists, t) == JOIN_NONE || lists->events[t] <= row->most) continue;
        row->campaign = campaign_of(lists, t);
        row->most = lists->events[t];
    }
    if (*n) qsort(rows, *n, sizeof *rows, busiest_first);
    *out = rows;
    return true;
}

/* hand, import: somebody said so; auto: found by id or name; NULL: of no campaign. */
static const struct match *said_of(const struct match *said, size_t n, Str dim, Str value)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t half = low + (high - low) / 2;
        int order = str_compare(said[half].dim, dim);
        if (order == 0) order = str_compare(said[half].value, value);
        if (order < 0) {
            low = half + 1;
        } else {
            high = half;
        }
    }
    return low < n && str_eq(said[low].dim, dim) && str_eq(said[low].value, value) ? &said[low] : NULL;
}

static void put_value(const struct lists *lists, struct json_out *out, const struct value_row *row, Str dim,
                      const struct match *said)
{
    bool matched = row->campaign != JOIN_NONE;

    json_open(out, '{');
    json_kv_str(out, "dim", dim);
    json_kv_str(out, "value", snapshot_value(lists->snapshot, row->value));
    json_kv_i64(out, "events", (int64_t)row->events);
    if (matched) {
        json_kv_str(out, "campaign_id", lists->lines.campaign[row->campaign]->campaign_id);
        json_kv_str(out, "name", lists->lines.campaign[row->campaign]->name);
    } else {
        json_kv_null(out, "campaign_id");
        json_kv_null(out, "name");
    }
    if (said) {
        json_kv_str(out, "origin", said->origin);
    } else {
        json_kv_text(out, "origin", matched ? "auto" : NULL);
    }
    json_close(out, '}');
}

static bool answer_values(struct request *request, const struct snapshot *snapshot, struct reply *reply,
                          struct err *err)
{
    struct lists lists = {.request = request, .snapshot = snapshot};
    struct json_out out = json_to(&reply->body);
    const struct match *said;
    struct value_row *rows;
    enum touch_dim dim;
    uint32_t n_rows;
    size_t n_said;
    uint64_t n = 0;

    if (!question_dim(request, TOUCH_CAMPAIGN, &dim, err) || !lists_open(&lists, err)) return false;
    if (!read_values(&lists, dim, &rows, &n_rows, err)) return false;
    if (!matches_read(request->db, &request->arena, &said, &n_said, err)) return false;
    json_open(&out, '{');
    json_key(&out, "values");
    json_open(&out, '[');
    for (uint32_t i = 0; i < n_rows; i++) {
        if (!is_wanted(&lists, rows[i].campaign != JOIN_NONE)) continue;
        Str text = snapshot_value(snapshot, rows[i].value), dim_text = str_of(touch_dim_name(dim));
        if (n >= lists.page.skip && n < lists.page.skip + lists.page.limit)
            put_value(&lists, &out, &rows[i], dim_text, said_of(said, n_said, dim_text, text));
        n++;
    }
    json_close(&out, ']');
    json_kv_i64(&out, "total", (int64_t)n);
    question_put_next(&out, &lists.page, n > lists.page.skip + lists.page.limit);
    json_close(&out, '}');
    return true;
}

bool matched_campaigns_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct matching *matching = request->context;

    return question_answer(request, matching->pipeline, matching->segments, answer_campaigns, reply, err);
}

bool matched_values_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct matching *matching = request->context;

    return question_answer(request, matching->pipeline, matching->segments, answer_values, reply, err);
}
