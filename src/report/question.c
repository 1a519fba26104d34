#include "report/question.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/time.h"
#include "measure/scratch.h"

/* ---- spans ---- */

static bool bad_instant(const char *name, Str text, struct err *err)
{
    return err_set_field(err, name, "%s must be a day such as 2025-02-12 or an RFC 3339 instant, not \"%.*s\"", name,
                         STR_ARG(text));
}

bool question_bound(const char *name, Str text, bool is_end, int64_t *at_ms, int32_t *day, struct err *err)
{
    if (time_parse_day(text, day)) {
        *at_ms = time_day_start(*day + is_end);
        return true;
    }
    if (!time_parse_instant(text, at_ms)) return bad_instant(name, text, err);
    *day = time_day_of(*at_ms - is_end);
    return true;
}

static bool read_bound(const struct request *request, const char *name, bool is_end, int64_t *at_ms, int32_t *day,
                       bool *given, struct err *err)
{
    Str text = str_trim(request_query(request, name));

    *given = text.n != 0;
    return !*given || question_bound(name, text, is_end, at_ms, day, err);
}

bool question_span(const struct request *request, const char *from_name, const char *to_name,
                   const struct snapshot *snapshot, struct span *out, struct err *err)
{
    struct span span = {.range = RANGE_ALL};
    bool has_from, has_to;
    bool any = snapshot->n_events != 0;

    span.days.first = any ? time_day_of(snapshot->first_ms) : 0;
    span.days.last = any ? time_day_of(snapshot->last_ms) : -1;
    if (!read_bound(request, from_name, false, &span.range.from_ms, &span.days.first, &has_from, err)) return false;
    if (!read_bound(request, to_name, true, &span.range.to_ms, &span.days.last, &has_to, err)) return false;
    if (!any && has_to && !has_from) span.days.first = span.days.last + 1; /* nothing lies before it */
    if (has_from && has_to && span.range.from_ms >= span.range.to_ms)
        return err_set_field(err, to_name, "%s lies before %s", to_name, from_name);
    span.all = !has_from && !has_to;
    *out = span;
    return true;
}

bool question_compare(const struct request *request, const struct span *span, struct span *out, bool *any,
                      struct err *err)
{
    Str text = request_query(request, "compare");
    int32_t length = span->days.last - span->days.first + 1, back;

    *any = false;
    if (text.n == 0) return true;
    if (str_eq(text, STR("previous"))) {
        back = length;
    } else if (str_eq(text, STR("year"))) {
        back = 364; /* whole weeks, so that weekdays stand under weekdays */
    } else {
        return err_set_field(err, "compare", "compare is previous or year, not \"%.*s\"", STR_ARG(text));
    }
    if (length <= 0) return true;
    out->all = false;
    out->days = (struct days){span->days.first - back, span->days.last - back};
    out->range = (struct range){time_day_start(out->days.first), time_day_start(out->days.last + 1)};
    *any = true;
    return true;
}

/* ---- filters ---- */

static const char *const OPS[] = {"is", "is_not", "contains", "not_contains"};

static bool bad_filter(Str text, struct err *err)
{
    return err_set_field(err, "filter",
                         "a filter is dim:op:value with op is, is_not, contains or not_contains, "
                         "not \"%.*s\"",
                         STR_ARG(text));
}

static bool passes(enum filter_op op, Str text, Str value)
{
    switch (op) {
    case FILTER_IS: return str_eq_nocase(text, value);
    case FILTER_IS_NOT: return !str_eq_nocase(text, value);
    case FILTER_CONTAINS: return str_contains_nocase(text, value);
    case FILTER_NOT_CONTAINS: break;
    }
    return !str_contains_nocase(text, value);
}

bool filter_parse(Str text, struct filter *out, struct err *err)
{
    struct filter filter = {.value = text};
    Str dim_name = str_cut(&filter.value, ':');
    Str op_name = str_cut(&filter.value, ':');
    size_t op = 0;

    while (op < COUNT_OF(OPS) && !str_eq(op_name, str_of(OPS[op]))) op++;
    if (!filter.value.p || op == COUNT_OF(OPS) || !touch_dim_find(dim_name, &filter.dim)) return bad_filter(text, err);
    filter.op = (enum filter_op)op;
    *out = filter;
    return true;
}

void filter_apply(const struct filter *filter, const struct snapshot *snapshot, bool *touch_counts)
{
    for (uint32_t t = 0; t < snapshot->n_touches; t++)
        if (touch_counts[t] &&
            !passes(filter->op, snapshot_value(snapshot, snapshot->touches[t].dim[filter->dim]), filter->value))
            touch_counts[t] = false;
}

bool question_filter(struct request *request, const struct snapshot *snapshot, const bool **touch_counts,
                     struct err *err)
{
    bool *flags = NULL;
    struct filter filter = {0};
    Str text;

    for (size_t i = 0; request_query_at(request, "filter", i, &text); i++) {
        if (!flags) {
            flags = SCRATCH_ARRAY(&request->arena, bool, snapshot->n_touches, err);
            if (!flags) return false;
            memset(flags, true, snapshot->n_touches * sizeof *flags);
        }
        if (!filter_parse(text, &filter, err)) return false;
        filter_apply(&filter, snapshot, flags);
    }
    *touch_counts = flags;
    return true;
}

/* ---- groups ---- */

bool question_groups(struct request *request, const struct snapshot *snapshot, enum touch_dim dim, struct groups *out,
                     struct err *err)
{
    struct arena *arena = &request->arena;
    uint32_t *group_of_value = SCRATCH_ARRAY(arena, uint32_t, snapshot->n_values, err); /* plus 1; 0: none yet */
    uint32_t *key = group_of_value ? SCRATCH_ARRAY(arena, uint32_t, snapshot->n_touches, err) : NULL;
    uint32_t *value = key ? SCRATCH_ARRAY(arena, uint32_t, snapshot->n_touches, err) : NULL;
    uint32_t n = 0;

    if (!value) return false;
    for (uint32_t t = 0; t < snapshot->n_touches; t++) {
        uint32_t v = snapshot->touches[t].dim[dim];
        if (!group_of_value[v]) {
            value[n++] = v;
            group_of_value[v] = n;
        }
        key[t] = group_of_value[v] - 1;
    }
    *out = (struct groups){.by = {key, n}, .value = value};
    return true;
}

bool question_key(const struct request *request, const struct snapshot *snapshot, enum touch_dim dim,
                  const struct groups *groups, uint32_t *group, struct err *err)
{
    Str key = request_query(request, "key");

    for (uint32_t g = 0; g < groups->by.n; g++) {
        if (!str_eq(snapshot_value(snapshot, groups->value[g]), key)) continue;
        *group = g;
        return true;
    }
    return err_set_field(err, "key", "no event has the %s \"%.*s\"", touch_dim_name(dim), STR_ARG(key));
}

bool question_dim(const struct request *request, enum touch_dim fallback, enum touch_dim *out, struct err *err)
{
    Str text = request_query(request, "by");

    *out = fallback;
    if (text.n == 0 || touch_dim_find(text, out)) return true;
    return err_set_field(err, "by",
                         "by is one of platform, source, medium, campaign, campaign_id, content, term, "
                         "creative, source_type, not \"%.*s\"",
                         STR_ARG(text));
}

bool question_length(const struct request *request, const char *name, int64_t fallback, int64_t *out, struct err *err)
{
    Str text = str_trim(request_query(request, name));

    *out = fallback;
    if (text.n == 0) return true;
    if (str_eq(text, STR("none")) || str_eq(text, STR("all"))) {
        *out = INT64_MAX;
        return true;
    }
    if (time_parse_length(text, out)) return true;
    return err_set_field(err, name, "%s is a length such as 30d, 12h or 45m, or none, not \"%.*s\"", name,
                         STR_ARG(text));
}

void question_put_length(struct json_out *out, const char *key, int64_t length_ms)
{
    if (length_ms == INT64_MAX) {
        json_kv_null(out, key);
    } else {
        json_kv_i64(out, key, length_ms);
    }
}

bool question_choice(const struct request *request, const char *name, const char *const *choices, size_t *out,
                     struct err *err)
{
    Str text = str_trim(request_query(request, name));
    char list[160] = "";
    size_t n = 0;

    for (size_t i = 0; choices[i]; i++) {
        if (str_eq(text, str_of(choices[i])) || text.n == 0) {
            *out = i;
            return true;
        }
        int more = snprintf(list + n, sizeof list - n, "%s%s",
                            i == 0           ? ""
                            : choices[i + 1] ? ", "
                                             : " or ",
                            choices[i]);
        if (more > 0 && (size_t)more < sizeof list - n) n += (size_t)more;
    }
    return err_set_field(err, name, "%s is %s, not \"%.*s\"", name, list, STR_ARG(text));
}

/* ---- pages ---- */

bool question_page(const struct request *request, uint32_t fallback, uint32_t max, struct page *out, struct err *err)
{
    int64_t limit, skip;

    if (!request_query_whole(request, "limit", fallback, 1, max, &limit, err)) return false;
    if (!request_query_whole(request, "cursor", 0, 0, INT64_MAX / 2, &skip, err)) return false;
    *out = (struct page){(uint64_t)skip, (uint32_t)limit};
    return true;
}

void question_put_next(struct json_out *out, const struct page *page, bool more)
{
    char text[24];

    snprintf(text, sizeof text, "%llu", (unsigned long long)(page->skip + page->limit));
    json_kv_text(out, "next", more ? text : NULL);
}

#define ID_PAGE_DEFAULT 50
#define ID_PAGE_MAX 500

bool question_id_page(const struct request *request, struct id_page *out, struct err *err)
{
    int64_t limit;

    if (!request_query_whole(request, "limit", ID_PAGE_DEFAULT, 1, ID_PAGE_MAX, &limit, err)) return false;
    out->limit = (size_t)limit;
    return request_query_whole(request, "cursor", INT64_MAX, 1, INT64_MAX, &out->before, err);
}

size_t id_page_shown(const struct id_page *page, size_t n)
{
    return n > page->limit ? page->limit : n;
}

void id_page_put_next(const struct id_page *page, struct json_out *out, size_t n, int64_t last_id)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)last_id);
    json_kv_text(out, "next", n > page->limit ? text : NULL);
}
