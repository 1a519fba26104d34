/* report/question.h -- what questions over HTTP have in common: spans of time, filters, groups, events, pages.
 *
 * Is:    the readers of query parameters that several features take, each into what a kernel takes.
 * Owns:  nothing; arrays come from the request's arena.
 * Never: answers a question itself.
 */
#ifndef REPORT_QUESTION_H
#define REPORT_QUESTION_H

#include "http/route.h"
#include "measure/range.h"

/* Days of the reporting zone, both counted in. */
struct days {
    int32_t first, last;
};

struct span {
    struct range range; /* what is asked for */
    bool all;           /* neither from nor to was given */
    struct days days;   /* those that the range touches; of all time: those with events. last < first: none */
};

#define SPAN_PARAMS                                                                                                    \
    {"from", "day", "First day (2025-02-12) or instant; left out: all time"},                                          \
    {                                                                                                                  \
        "to", "day", "Last day, counted in, or instant"                                                                \
    }
#define FILTER_PARAM                                                                                                   \
    {                                                                                                                  \
        "filter", "list",                                                                                              \
            "dim:op:value, such as platform:is:facebook; may repeat, all must pass; ops is, is_not, contains, "        \
            "not_contains"                                                                                             \
    }
#define COMPARE_PARAM                                                                                                  \
    {                                                                                                                  \
        "compare", "string", "previous (the span of equal length before) or year"                                      \
    }
#define PAGE_PARAMS                                                                                                    \
    {"limit", "integer", "Rows on a page"},                                                                            \
    {                                                                                                                  \
        "cursor", "string", "`next` of the page before"                                                                \
    }

/* The bound of a span: a day stands for its start or, at the end of a span, for the start of the day after. `name` is
 * for the error. */
bool question_bound(const char *name, Str text, bool is_end, int64_t *at_ms, int32_t *day, struct err *err) MUST_CHECK;

/* `from_name` and `to_name` are the parameters' names. */
bool question_span(const struct request *request, const char *from_name, const char *to_name,
                   const struct snapshot *snapshot, struct span *out, struct err *err) MUST_CHECK;

/* The span to compare with, from compare=; *any = false when it is not asked for. */
bool question_compare(const struct request *request, const struct span *span, struct span *out, bool *any,
                      struct err *err) MUST_CHECK;

/* What FILTER_PARAM describes; `value` borrows from the text. */
enum filter_op { FILTER_IS, FILTER_IS_NOT, FILTER_CONTAINS, FILTER_NOT_CONTAINS };
struct filter {
    enum touch_dim dim;
    enum filter_op op;
    Str value;
};
bool filter_parse(Str text, struct filter *out, struct err *err) MUST_CHECK;
/* Take the flag from each touch id that does not pass. */
void filter_apply(const struct filter *filter, const struct snapshot *snapshot, bool *touch_counts);

/* filter= as one flag a touch id, true where the touch passes them all; NULL when there is none. */
bool question_filter(struct request *request, const struct snapshot *snapshot, const bool **touch_counts,
                     struct err *err) MUST_CHECK;

/* The touches by the value that they have in a dimension, in the order in which the values first came. */
struct groups {
    struct grouping by;
    const uint32_t *value; /* by group: snapshot_value's id of its text */
};
bool question_groups(struct request *request, const struct snapshot *snapshot, enum touch_dim dim, struct groups *out,
                     struct err *err) MUST_CHECK;
/* by=, or `fallback` when it is left out. */
bool question_dim(const struct request *request, enum touch_dim fallback, enum touch_dim *out,
                  struct err *err) MUST_CHECK;

/* The group that key= names, of the dimension's. INVALID: it is none of them. */
bool question_key(const struct request *request, const struct snapshot *snapshot, enum touch_dim dim,
                  const struct groups *groups, uint32_t *group, struct err *err) MUST_CHECK;

/* A length such as lookback=30d; `fallback` when it is left out. "none" and "all": no limit (INT64_MAX). */
bool question_length(const struct request *request, const char *name, int64_t fallback, int64_t *out,
                     struct err *err) MUST_CHECK;

/* Such a length in the reply: null if there is no limit. */
struct json_out;
void question_put_length(struct json_out *out, const char *key, int64_t length_ms);

/* One of the words `choices`, which a NULL ends, as its index; 0 when the parameter is left out. */
bool question_choice(const struct request *request, const char *name, const char *const *choices, size_t *out,
                     struct err *err) MUST_CHECK;

/* limit= and a cursor= that is the number of rows before the page. */
struct page {
    uint64_t skip;
    uint32_t limit;
};
bool question_page(const struct request *request, uint32_t fallback, uint32_t max, struct page *out,
                   struct err *err) MUST_CHECK;
/* "next": the cursor after this page, or null when `more` is false. */
void question_put_next(struct json_out *out, const struct page *page, bool more);

/* limit= and a cursor= that is the id of the last row of the page before: the newest first. Ask for limit + 1 rows with
 * an id below `before`. */
struct id_page {
    int64_t before;
    size_t limit;
};
bool question_id_page(const struct request *request, struct id_page *out, struct err *err) MUST_CHECK;
/* How many of the n that were found are shown; "next" is put after them, with the id of the last of these. */
size_t id_page_shown(const struct id_page *page, size_t n);
void id_page_put_next(const struct id_page *page, struct json_out *out, size_t n, int64_t last_id);

#endif
