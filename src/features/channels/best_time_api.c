#include "features/channels/channels_int.h"
#include "measure/scratch.h"
#include "measure/week_clock.h"

static bool find_event(const struct request *request, const struct snapshot *snapshot, const char *field,
                       uint32_t *name, struct err *err)
{
    Str text = request_query(request, field);

    *name = DICT_NONE;
    if (text.n == 0 || str_eq(text, STR("*"))) return true;
    *name = snapshot_find_name(snapshot, text);
    return *name != DICT_NONE || err_set_field(err, field, "no event is called \"%.*s\"", STR_ARG(text));
}

static bool read_query(struct request *request, const struct snapshot *snapshot, struct week_clock_query *query,
                       struct err *err)
{
    struct span span;
    uint32_t event;

    if (!question_span(request, "from", "to", snapshot, &span, err)) return false;
    query->range = span.range;
    if (!find_event(request, snapshot, "event", &event, err)) return false;
    if (!find_event(request, snapshot, "conversion", &query->conversion, err)) return false;
    if (event != DICT_NONE) {
        bool *counts = SCRATCH_ARRAY(&request->arena, bool, snapshot->n_names, err);
        if (!counts) return false;
        counts[event] = true;
        query->counts = counts;
    }
    if (!question_filter(request, snapshot, &query->must_touch, err)) return false;
    int64_t first_ms = snapshot->first_ms, last_ms = snapshot->last_ms;
    if (first_ms < span.range.from_ms) first_ms = span.range.from_ms;
    if (last_ms > span.range.to_ms) last_ms = span.range.to_ms;
    query->zone = time_offsets(first_ms, last_ms, &request->arena, &query->n_zone);
    return true;
}

static bool answer(struct request *request, const struct snapshot *snapshot, struct reply *reply, struct err *err)
{
    const struct channels *channels = request->context;
    struct json_out out = json_to(&reply->body);
    struct week_clock_cell cell[WEEK_CLOCK_CELLS];
    struct week_clock_query query = {0};

    if (!read_query(request, snapshot, &query, err)) return false;
    if (!week_clock(snapshot, &query, &request->arena, cell, err)) return false;
    json_open(&out, '{');
    json_key(&out, "cells");
    json_open(&out, '[');
    for (int i = 0; i < WEEK_CLOCK_CELLS; i++) {
        json_open(&out, '{');
        json_kv_i64(&out, "weekday", i / 24 + 1);
        json_kv_i64(&out, "hour", i % 24);
        json_kv_i64(&out, "events", (int64_t)cell[i].events);
        json_kv_i64(&out, "persons", (int64_t)cell[i].persons);
        json_kv_i64(&out, "conversions", (int64_t)cell[i].conversions);
        json_kv_i64(&out, "revenue", cell[i].revenue_minor);
        json_close(&out, '}');
    }
    json_close(&out, ']');
    json_kv_str(&out, "timezone", channels->settings->timezone);
    json_kv_str(&out, "currency", channels->settings->currency);
    json_close(&out, '}');
    return true;
}

bool best_time_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct channels *channels = request->context;
    return question_answer(request, channels->pipeline, channels->segments, answer, reply, err);
}
