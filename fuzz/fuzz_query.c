/* Lines of text as a request: the first is a path, the others are name=value. Every reader of questions runs on them
 * against a small snapshot; the router agrees with a matcher that cuts path and pattern into lists first. */
#include "fuzz.h"

#include "base/hash.h"
#include "base/time.h"
#include "events/facts.h"
#include "events/ingest.h"
#include "http/http_int.h"
#include "report/question.h"

static struct facts *facts;
static struct ingest ingest;

static const struct route ROWS[] = {
    {.method = GET, .path = "/"},
    {.method = GET, .path = "/api/v1/imports/{id}"},
    {.method = DELETE, .path = "/api/v1/imports/{id}"},
    {.method = GET, .path = "/api/v1/imports/{id}/rejects/{line}"},
    {.method = GET, .path = "/api/v1/journeys/{person*}"},
    {.method = POST, .path = "/api/v1/{any}/last"},
};

#define PARTS_MAX 64

static size_t cut_all(Str text, Str parts[PARTS_MAX])
{
    size_t n = 0;

    while (n < PARTS_MAX) {
        parts[n++] = str_cut(&text, '/');
        if (!text.p) break;
    }
    return n;
}

static bool naive_match(const char *pattern, Str path)
{
    Str want[PARTS_MAX], got[PARTS_MAX];
    size_t n_want = cut_all(str_of(pattern), want), n_got = cut_all(path, got);

    for (size_t i = 0; i < n_want; i++) {
        bool greedy = want[i].n > 2 && want[i].p[0] == '{' && want[i].p[want[i].n - 2] == '*';
        if (i >= n_got) return false;
        if (greedy) return got[i].n > 0 || n_got > i + 1;
        if (want[i].n && want[i].p[0] == '{' ? got[i].n == 0 : !str_eq(want[i], got[i])) return false;
    }
    return n_want == n_got;
}

static void check_router(Str path)
{
    struct route_table tables[] = {
        {.rows = AUTH_ROUTES, .n = AUTH_ROUTES_COUNT}, {.rows = ROWS, .n = COUNT_OF(ROWS)}, ingest_routes(&ingest)};
    unsigned wanted = 0, allowed;

    for (size_t t = 0; t < COUNT_OF(tables); t++)
        for (size_t r = 0; r < tables[t].n; r++)
            if (naive_match(tables[t].rows[r].path, path)) wanted |= 1u << tables[t].rows[r].method;
    for (int m = 0; m < METHOD_COUNT; m++) {
        struct match match;
        struct err err = {0};
        bool found = router_find(tables, COUNT_OF(tables), (enum method)m, path, &match, &allowed, &err);
        CHECK(found == ((wanted & 1u << m) != 0));
        if (!found) CHECK(allowed == wanted && err.code == (wanted ? ERR_METHOD : ERR_NOT_FOUND));
        for (size_t i = 0; found && i < PATH_PARAMS_MAX; i++)
            CHECK(!match.param[i].n ||
                  (match.param[i].p >= path.p && match.param[i].p + match.param[i].n <= path.p + path.n));
    }
}

static void check_questions(struct request *request, const struct snapshot *snapshot)
{
    struct err err;
    struct span span, other;
    struct page page;
    struct groups groups;
    const bool *counts = NULL;
    enum touch_dim dim;
    int64_t length;
    bool any;

    if (question_span(request, "from", "to", snapshot, &span, &err)) {
        CHECK(span.range.from_ms < span.range.to_ms);
        if (question_compare(request, &span, &other, &any, &err) && any) {
            CHECK(other.days.last - other.days.first == span.days.last - span.days.first);
            CHECK(other.range.from_ms < other.range.to_ms);
        }
    }
    if (question_filter(request, snapshot, &counts, &err))
        for (uint32_t t = 0; counts && t < snapshot->n_touches; t++) CHECK(counts[t] == 0 || counts[t] == 1);
    if (question_length(request, "lookback", 5, &length, &err)) CHECK(length > 0);
    if (question_page(request, 50, 500, &page, &err)) CHECK(page.limit >= 1 && page.limit <= 500);
    if (question_dim(request, TOUCH_SOURCE, &dim, &err)) {
        CHECK(question_groups(request, snapshot, dim, &groups, &err));
        for (uint32_t t = 0; t < snapshot->n_touches; t++) {
            CHECK(groups.by.key[t] < groups.by.n);
            CHECK(groups.value[groups.by.key[t]] == snapshot->touches[t].dim[dim]);
        }
    }
}

static void add_events(void)
{
    static const char *const SOURCES[] = {"facebook", "google", "", "direct"};

    facts_write_begin(facts);
    for (uint32_t i = 0; i < 8; i++) {
        struct tuple tuple = {.dim[TOUCH_SOURCE] = str_of(SOURCES[i % 4])};
        struct fact fact = {.alias = facts_alias(facts, ALIAS_USER, STR("1")),
                            .name = facts_name(facts, STR("Page Viewed")),
                            .touch = facts_touch(facts, &tuple),
                            .at_ms = INT64_C(1739347200000) + i * TIME_DAY_MS};
        facts_add(facts, &fact);
    }
    facts_write_end(facts);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct err err;

    (void)argc;
    (void)argv;
    hash_start();
    CHECK(time_zone_set("Europe/Kyiv", &err));
    facts = facts_new();
    add_events();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct request request; /* large */
    Str rest = {(const char *)data, n};
    const struct snapshot *snapshot = facts_snapshot(facts);

    request.n_query = 0;
    arena_init(&request.arena, (size_t)1 << 20);
    request.path = str_cut(&rest, '\n');
    while (rest.n && request.n_query < QUERY_MAX) {
        Str value = str_cut(&rest, '\n');
        Str name = str_cut(&value, '=');
        request.query[request.n_query++] = (struct query_value){name, value};
    }
    check_router(request.path);
    check_questions(&request, snapshot);
    arena_free(&request.arena);
    snapshot_close(snapshot);
    return 0;
}
