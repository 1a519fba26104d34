/* Tests of report/question.h: spans in the reporting zone, comparisons, filters, groups, lengths, pages. */
#include "helpers.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/time.h"
#include "report/question.h"

#include <stdlib.h>
#include <string.h>

struct fixture {
    struct request request;
    struct facts *facts;
    const struct snapshot *snapshot; /* of events on 2025-02-10 .. 2025-02-20 in Kyiv */
};

static int64_t instant(const char *text)
{
    int64_t at = 0;
    assert_true(time_parse_instant(str_of(text), &at));
    return at;
}

static int32_t day(const char *text)
{
    int32_t value = 0;
    assert_true(time_parse_day(str_of(text), &value));
    return value;
}

static Str fixed_platform(const void *rules, const struct tuple *tuple, bool *paid)
{
    (void)rules;
    *paid = false;
    return str_eq(tuple->dim[TOUCH_SOURCE], STR("fb")) ? STR("facebook") : STR("unknown");
}

static void add(struct facts *facts, const char *source, const char *campaign, const char *at)
{
    struct tuple tuple = {.dim = {[TOUCH_SOURCE] = str_of(source), [TOUCH_CAMPAIGN] = str_of(campaign)}};
    struct fact fact = {.alias = facts_alias(facts, ALIAS_USER, STR("1")),
                        .name = facts_name(facts, STR("x")),
                        .touch = facts_touch(facts, &tuple),
                        .at_ms = instant(at)};
    facts_add(facts, &fact);
}

enum { FB_SPRING, FB_SALE, GOOGLE_SPRING, NONE, TOUCHES };

static int open_fixture(void **state)
{
    struct fixture *f = mem_new(sizeof *f);
    struct err err = {0};

    hash_start();
    ASSERT_OK(time_zone_set("Europe/Kyiv", &err)); /* +2 in February */
    arena_init(&f->request.arena, (size_t)1 << 20);
    f->facts = facts_new();
    facts_write_begin(f->facts);
    facts_set_rules(f->facts, fixed_platform, NULL);
    add(f->facts, "fb", "Spring", "2025-02-10T00:30:00+02:00"); /* the 9th in Greenwich */
    add(f->facts, "fb", "sale: -50%", "2025-02-11T12:00:00Z");
    add(f->facts, "google", "Spring", "2025-02-12T12:00:00Z");
    add(f->facts, "", "", "2025-02-20T21:59:59.999Z"); /* the last instant of the 20th */
    facts_write_end(f->facts);
    f->snapshot = facts_snapshot(f->facts);
    *state = f;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;
    snapshot_close(f->snapshot);
    facts_close(f->facts);
    arena_free(&f->request.arena);
    free(f);
    return 0;
}

/* "from=2025-02-12&filter=a" as the request's query; values may hold no '&'. */
static struct request *ask(struct fixture *f, const char *query)
{
    Str rest = str_of(query);

    f->request.n_query = 0;
    while (rest.n) {
        Str value = str_cut(&rest, '&');
        Str name = str_cut(&value, '=');
        f->request.query[f->request.n_query++] = (struct query_value){name, value};
    }
    return &f->request;
}

/* ---- spans ---- */

static void test_spans(void **state)
{
    static const struct {
        const char *query, *from, *to, *first, *last; /* NULL: without an end */
    } cases[] = {
        {"", NULL, NULL, "2025-02-10", "2025-02-20"},
        {"from=&to=", NULL, NULL, "2025-02-10", "2025-02-20"},
        {"from=2025-02-12&to=2025-02-13", "2025-02-11T22:00:00Z", "2025-02-13T22:00:00Z", "2025-02-12", "2025-02-13"},
        {"from= 2025-02-12 &to=2025-02-12", "2025-02-11T22:00:00Z", "2025-02-12T22:00:00Z", "2025-02-12", "2025-02-12"},
        {"from=2025-02-12", "2025-02-11T22:00:00Z", NULL, "2025-02-12", "2025-02-20"},
        {"to=2025-02-12", NULL, "2025-02-12T22:00:00Z", "2025-02-10", "2025-02-12"},
        {"from=2025-02-12T23:00:00Z&to=2025-02-14T22:00:00Z", "2025-02-12T23:00:00Z", "2025-02-14T22:00:00Z",
         "2025-02-13", "2025-02-14"}, /* midnight in Kyiv ends the 14th, and touches no 15th */
        {"from=2025-02-12T21:00:00Z&to=2025-02-14T22:00:00.001Z", "2025-02-12T21:00:00Z", "2025-02-14T22:00:00.001Z",
         "2025-02-12", "2025-02-15"},
        {"from=2025-03-30&to=2025-03-30", "2025-03-29T22:00:00Z", "2025-03-30T21:00:00Z", "2025-03-30",
         "2025-03-30"},                                                                /* 23 h */
        {"from=2026-01-01", "2025-12-31T22:00:00Z", NULL, "2026-01-01", "2025-02-20"}, /* after all events: no days */
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = {0};
        struct span span = {0};
        ASSERT_OK(question_span(ask(f, cases[i].query), "from", "to", f->snapshot, &span, &err));
        ASSERT_I64(span.range.from_ms, cases[i].from ? instant(cases[i].from) : INT64_MIN);
        ASSERT_I64(span.range.to_ms, cases[i].to ? instant(cases[i].to) : INT64_MAX);
        ASSERT_I64(span.days.first, day(cases[i].first));
        ASSERT_I64(span.days.last, day(cases[i].last));
        assert_int_equal(span.all, !cases[i].from && !cases[i].to);
    }
}

static void test_bad_spans(void **state)
{
    static const struct {
        const char *query, *field;
    } cases[] = {
        {"from=2025-02-30", "from"},
        {"from=yesterday", "from"},
        {"from=2025-02-12&to=12.02.2025", "to"},
        {"from=2025-02-12&to=2025-02-11", "to"},
        {"from=2025-02-12T00:00:00Z&to=2025-02-12T00:00:00Z", "to"}, /* nothing between */
        {"from=2025-02-12T08:00", "from"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = {0};
        struct span span;
        ASSERT_FAILS(question_span(ask(f, cases[i].query), "from", "to", f->snapshot, &span, &err), ERR_INVALID);
        assert_string_equal(err.field, cases[i].field);
    }
    struct err err = {0};
    struct span span;
    ASSERT_OK(
        question_span(ask(f, "start_date=2025-02-12&from=bad"), "start_date", "end_date", f->snapshot, &span, &err));
    ASSERT_I64(span.days.first, day("2025-02-12"));
    ASSERT_FAILS(question_span(ask(f, "end_date=bad"), "start_date", "end_date", f->snapshot, &span, &err),
                 ERR_INVALID);
    assert_string_equal(err.field, "end_date"); /* under the name that it was asked by */
}

static void test_spans_without_events(void **state)
{
    struct fixture *f = *state;
    struct facts *none = facts_new();
    const struct snapshot *empty = facts_snapshot(none);
    struct err err = {0};
    struct span span, other;
    bool any = true;

    ASSERT_OK(question_span(ask(f, "compare=previous"), "from", "to", empty, &span, &err));
    assert_true(span.days.last < span.days.first);
    ASSERT_OK(question_compare(ask(f, "compare=previous"), &span, &other, &any, &err));
    assert_false(any); /* there is nothing before nothing */
    snapshot_close(empty);
    facts_close(none);
}

static void test_comparisons(void **state)
{
    static const struct {
        const char *query, *first, *last, *from, *to; /* NULL: none */
    } cases[] = {
        {"from=2025-02-12&to=2025-02-14", NULL, NULL, NULL, NULL},
        {"from=2025-02-12&to=2025-02-14&compare=", NULL, NULL, NULL, NULL},
        {"from=2025-02-12&to=2025-02-14&compare=previous", "2025-02-09", "2025-02-11", "2025-02-08T22:00:00Z",
         "2025-02-11T22:00:00Z"},
        {"from=2025-02-12&to=2025-02-14&compare=year", "2024-02-14", "2024-02-16", "2024-02-13T22:00:00Z",
         "2024-02-16T22:00:00Z"}, /* a Wednesday under a Wednesday */
        {"compare=previous", "2025-01-30", "2025-02-09", "2025-01-29T22:00:00Z",
         "2025-02-09T22:00:00Z"}, /* all: 11 days */
        {"from=2025-03-30&to=2025-03-30&compare=previous", "2025-03-29", "2025-03-29", "2025-03-28T22:00:00Z",
         "2025-03-29T22:00:00Z"},
        {"from=2025-03-31&to=2025-03-31&compare=previous", "2025-03-30", "2025-03-30", "2025-03-29T22:00:00Z",
         "2025-03-30T21:00:00Z"}, /* a day of 23 hours */
        {"from=2026-01-01&compare=previous", NULL, NULL, NULL, NULL},
    };
    struct fixture *f = *state;
    struct err err = {0};
    struct span span = {0}, other = {0};
    bool any = false;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct request *request = ask(f, cases[i].query);
        ASSERT_OK(question_span(request, "from", "to", f->snapshot, &span, &err));
        ASSERT_OK(question_compare(request, &span, &other, &any, &err));
        if (any != (cases[i].first != NULL)) fail_msg("%s", cases[i].query);
        if (!any) continue;
        ASSERT_I64(other.days.first, day(cases[i].first));
        ASSERT_I64(other.days.last, day(cases[i].last));
        ASSERT_I64(other.range.from_ms, instant(cases[i].from));
        ASSERT_I64(other.range.to_ms, instant(cases[i].to));
        assert_false(other.all);
    }
    ASSERT_FAILS(question_compare(ask(f, "compare=week"), &span, &other, &any, &err), ERR_INVALID);
    assert_string_equal(err.field, "compare");
}

/* ---- filters ---- */

static void test_filters(void **state)
{
    static const struct {
        const char *query;
        bool counts[TOUCHES]; /* FB_SPRING, FB_SALE, GOOGLE_SPRING, NONE */
    } cases[] = {
        {"filter=platform:is:facebook", {true, true, false, false}},
        {"filter=platform:is:FaceBook", {true, true, false, false}}, /* case is ignored */
        {"filter=platform:is_not:facebook", {false, false, true, true}},
        {"filter=campaign:contains:SPR", {true, false, true, false}},
        {"filter=campaign:not_contains:spr", {false, true, false, true}},
        {"filter=source:is:fb&filter=campaign:is:spring", {true, false, false, false}}, /* all of them */
        {"filter=source:is:", {false, false, false, true}},
        {"filter=source:is_not:", {true, true, true, false}},
        {"filter=source:contains:", {true, true, true, true}},
        {"filter=campaign:is:sale: -50%", {false, true, false, false}}, /* a colon in the value */
        {"filter=source:is:nobody", {false, false, false, false}},
        {"filter=platform:is:facebook&other=x&filter=platform:is:unknown", {false, false, false, false}},
    };
    struct fixture *f = *state;
    struct err err = {0};

    assert_int_equal(f->snapshot->n_touches, TOUCHES);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const bool *counts = NULL;
        ASSERT_OK(question_filter(ask(f, cases[i].query), f->snapshot, &counts, &err));
        assert_non_null(counts);
        for (int t = 0; t < TOUCHES; t++)
            if (counts[t] != cases[i].counts[t]) fail_msg("%s: touch %d", cases[i].query, t);
    }
    const bool *counts = cases[0].counts;
    ASSERT_OK(question_filter(ask(f, "by=source"), f->snapshot, &counts, &err));
    assert_null(counts); /* none asked for */
}

static void test_bad_filters(void **state)
{
    static const char *const bad[] = {"filter=",
                                      "filter=platform",
                                      "filter=platform:is",
                                      "filter=platform:like:x",
                                      "filter=planet:is:x",
                                      "filter=:is:x",
                                      "filter=Platform:is:x",
                                      "filter=platform:IS:x",
                                      "filter=source:is:fb&filter=x"};
    struct fixture *f = *state;
    struct err err = {0};

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const bool *counts = NULL;
        ASSERT_FAILS(question_filter(ask(f, bad[i]), f->snapshot, &counts, &err), ERR_INVALID);
        assert_string_equal(err.field, "filter");
        assert_null(counts);
    }
}

/* ---- groups, dimensions ---- */

static void test_groups(void **state)
{
    static const struct {
        enum touch_dim dim;
        uint32_t n;
        uint32_t key[TOUCHES];
        const char *text[TOUCHES];
    } cases[] = {
        {TOUCH_PLATFORM, 2, {0, 0, 1, 1}, {"facebook", "unknown"}},
        {TOUCH_SOURCE, 3, {0, 0, 1, 2}, {"fb", "google", ""}},
        {TOUCH_CAMPAIGN, 3, {0, 1, 0, 2}, {"Spring", "sale: -50%", ""}},
        {TOUCH_TERM, 1, {0, 0, 0, 0}, {""}},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct groups groups;
        struct err err;
        assert_true(question_groups(&f->request, f->snapshot, cases[i].dim, &groups, &err));
        assert_int_equal(groups.by.n, cases[i].n);
        for (int t = 0; t < TOUCHES; t++) assert_int_equal(groups.by.key[t], cases[i].key[t]);
        for (uint32_t g = 0; g < groups.by.n; g++)
            ASSERT_STR(snapshot_value(f->snapshot, groups.value[g]), cases[i].text[g]);
    }
}

static void test_dimensions(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    enum touch_dim dim;

    ASSERT_OK(question_dim(ask(f, ""), TOUCH_CAMPAIGN, &dim, &err));
    assert_int_equal(dim, TOUCH_CAMPAIGN);
    for (int d = 0; d < TOUCH_DIM_COUNT; d++) {
        struct buf query;
        buf_init(&query, 100);
        buf_printf(&query, "by=%s", touch_dim_name((enum touch_dim)d));
        ASSERT_OK(question_dim(ask(f, query.p), TOUCH_CAMPAIGN, &dim, &err));
        assert_int_equal(dim, d);
        buf_reset(&query);
    }
    ASSERT_FAILS(question_dim(ask(f, "by=colour"), TOUCH_CAMPAIGN, &dim, &err), ERR_INVALID);
    assert_string_equal(err.field, "by");
    ASSERT_HOLDS(err.text, "colour");
    for (int d = 0; d < TOUCH_DIM_COUNT; d++) ASSERT_HOLDS(err.text, touch_dim_name((enum touch_dim)d)); /* all named */
}

/* ---- lengths, pages ---- */

static void test_lengths(void **state)
{
    static const struct {
        const char *query;
        int64_t ms; /* 0: refused */
    } cases[] = {
        {"", 77},
        {"lookback=", 77},
        {"lookback=30d", 2592000000},
        {"lookback= 12h ", 43200000},
        {"lookback=none", INT64_MAX},
        {"lookback=all", INT64_MAX},
        {"lookback=0", 0},
        {"lookback=-1d", 0},
        {"lookback=month", 0},
        {"lookback=1.5d", 0},
        {"window=7d", 77},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = {0};
        int64_t ms = 0;
        bool ok = question_length(ask(f, cases[i].query), "lookback", 77, &ms, &err);
        if (ok != (cases[i].ms != 0)) fail_msg("%s", cases[i].query);
        if (ok) ASSERT_I64(ms, cases[i].ms);
        if (!ok) assert_string_equal(err.field, "lookback");
    }
}

static void test_choices(void **state)
{
    static const char *const units[] = {"day", "week", "month", NULL};
    static const struct {
        const char *query;
        int choice; /* -1: refused */
    } cases[] = {{"", 0},           {"unit=", 0},      {"unit=day", 0}, {"unit= week ", 1}, {"unit=month", 2},
                 {"unit=year", -1}, {"unit=Week", -1}, {"unit=da", -1}, {"step=week", 0},   {"unit=week&unit=x", 1}};
    struct fixture *f = *state;
    struct err err = {0};

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t choice = 77;
        bool ok = question_choice(ask(f, cases[i].query), "unit", units, &choice, &err);
        if (ok != (cases[i].choice >= 0) || (ok && (int)choice != cases[i].choice)) fail_msg("%s", cases[i].query);
    }
    size_t choice = 77;
    ASSERT_FAILS(question_choice(ask(f, "unit=year"), "unit", units, &choice, &err), ERR_INVALID);
    assert_string_equal(err.field, "unit");
    assert_string_equal(err.text, "unit is day, week or month, not \"year\"");
}

static void test_pages(void **state)
{
    static const struct {
        const char *query;
        uint64_t skip;
        uint32_t limit;
        const char *field; /* of the fault */
    } cases[] = {
        {"", 0, 50, NULL},
        {"limit=1&cursor=7", 7, 1, NULL},
        {"limit=500", 0, 500, NULL},
        {"cursor=4611686018427387903", INT64_MAX / 2, 50, NULL},
        {"limit=0", 0, 0, "limit"},
        {"limit=501", 0, 0, "limit"},
        {"limit=ten", 0, 0, "limit"},
        {"cursor=-1", 0, 0, "cursor"},
        {"cursor=4611686018427387904", 0, 0, "cursor"},
        {"cursor=abc", 0, 0, "cursor"},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err err = {0};
        struct page page = {0};
        bool ok = question_page(ask(f, cases[i].query), 50, 500, &page, &err);
        if (ok != (cases[i].field == NULL)) fail_msg("%s", cases[i].query);
        if (!ok) {
            assert_string_equal(err.field, cases[i].field);
            continue;
        }
        assert_true(page.skip == cases[i].skip);
        assert_int_equal(page.limit, cases[i].limit);
    }
}

static void test_the_next_page(void **state)
{
    struct buf buf;
    struct page page = {.skip = 40, .limit = 20};
    (void)state;

    buf_init(&buf, 100);
    struct json_out out = json_to(&buf);
    json_open(&out, '{');
    question_put_next(&out, &page, true);
    json_close(&out, '}');
    json_open(&out, '{');
    question_put_next(&out, &page, false);
    json_close(&out, '}');
    ASSERT_STR(buf_str(&buf), "{\"next\":\"60\"},{\"next\":null}");
    buf_reset(&buf);
}

#define FIXTURE(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE(test_spans),       FIXTURE(test_bad_spans),  FIXTURE(test_spans_without_events),
        FIXTURE(test_comparisons), FIXTURE(test_filters),    FIXTURE(test_bad_filters),
        FIXTURE(test_groups),      FIXTURE(test_dimensions), FIXTURE(test_lengths),
        FIXTURE(test_choices),     FIXTURE(test_pages),      FIXTURE(test_the_next_page),
    };
    return cmocka_run_group_tests_name("report/question", tests, NULL, NULL);
}
