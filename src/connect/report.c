#include "connect/report.h"

#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "base/time.h"

#define PAGES_MAX 5000
#define CURSOR_MAX 4096
#define RESTARTS_MAX 3

static void set(struct session *session, const char *name, Str value)
{
    vars_set(&session->vars, str_of(name), arena_copy(&session->kept, value));
}

static Str no_zero(Str digits)
{
    return digits.n > 1 && digits.p[0] == '0' ? str_from(digits, 1) : digits;
}

static void set_day(struct session *session, const char *prefix, int32_t day)
{
    char text[TIME_TEXT_MAX];
    Str whole = str_of(time_format_day(day, text)), rest = whole;
    Str year = str_cut(&rest, '-'), month = str_cut(&rest, '-');
    struct arena *arena = &session->kept;

    set(session, prefix, whole);
    set(session, arena_printf(arena, "%s_year", prefix).p, year);
    set(session, arena_printf(arena, "%s_month", prefix).p, no_zero(month));
    set(session, arena_printf(arena, "%s_day", prefix).p, no_zero(rest));
    set(session, arena_printf(arena, "%s_compact", prefix).p, arena_join(arena, year, arena_join(arena, month, rest)));
}

/* New for every try: a report that is made again must not be found under its old name. */
static void set_nonce(struct session *session)
{
    struct hash_key key = hash_key_random();
    uint64_t random;

    memcpy(&random, key.bytes, sizeof random);
    set(session, "nonce",
        arena_printf(&session->kept, "%" PRIx64 "%08" PRIx32, (uint64_t)time_now_ms(), (uint32_t)random));
}

void report_span(struct session *session, int32_t first, int32_t last)
{
    char text[TIME_TEXT_MAX];

    set_day(session, "from", first);
    set_day(session, "to", last);
    set(session, "after", str_of(time_format_day(last + 1, text)));
    set_nonce(session);
    set(session, "connection", arena_printf(&session->kept, "%" PRId64, session->connection));
}

static enum ask_class nonsense(const struct session *session, struct err *err, const char *what, Str name)
{
    err_set(err, ERR_UPSTREAM, "the reply of %.*s has no %s%s%.*s", STR_ARG(session->adapter->info.title), what,
            name.n ? " " : "", STR_ARG(name));
    return ASK_SERVER;
}

static enum ask_class take_values(struct session *session, const struct values *values, const struct answer *answer,
                                  struct err *err)
{
    struct place root = place_of(answer->root);

    for (size_t i = 0; i < values->n; i++) {
        bool plain;
        struct path path;
        path_fill(&values->row[i].at, &session->vars, &session->page, &path);
        Str text = json_plain(path_first(&path, &root, NULL), &session->page, &plain);
        if (!plain || !text.n || text.n > CURSOR_MAX) return nonsense(session, err, "value", values->row[i].name);
        vars_set(&session->vars, values->row[i].name, arena_copy(&session->kept, text));
    }
    return ASK_OK;
}

enum ask_class report_info(struct session *session, struct err *err)
{
    const struct adapter *adapter = session->adapter;
    struct answer answer;

    if (!adapter->has_info) return ASK_OK;
    enum ask_class class = session_ask(session, &adapter->info_ask, (Str){NULL, 0}, true, &answer, err);
    return class == ASK_OK ? take_values(session, &adapter->info_values, &answer, err) : class;
}

/* ---- reports that are made first ---- */

static enum ask_class wait_for_run(struct session *session, const struct report *report, struct err *err)
{
    struct answer answer;
    int64_t waited_ms = 0;

    for (;;) {
        enum ask_class class = session_ask(session, &report->poll, (Str){NULL, 0}, true, &answer, err);
        if (class != ASK_OK) return class;
        if (report->n_failed && conditions_hold(report->failed, report->n_failed, answer.root, &session->page)) {
            ask_fails(ASK_RESTART, session->adapter, (Str){NULL, 0}, answer.reply.status, (Str){NULL, 0}, err);
            return ASK_RESTART;
        }
        if (conditions_hold(report->ready, report->n_ready, answer.root, &session->page)) return ASK_OK;
        if ((waited_ms += report->every_ms) > report->at_most_ms) {
            ask_fails(ASK_SERVER, session->adapter, STR("the report was not made in time"), answer.reply.status,
                      (Str){NULL, 0}, err);
            return ASK_SERVER;
        }
        if (!session_wait(session, report->every_ms, "the report is being made")) {
            ask_fails(ASK_STOPPED, session->adapter, STR("stopped"), 0, (Str){NULL, 0}, err);
            return ASK_STOPPED;
        }
    }
}

static enum ask_class start_run(struct session *session, const struct report *report, struct err *err)
{
    struct answer answer;

    if (!report->has_start) return ASK_OK;
    enum ask_class class = session_ask(session, &report->start, (Str){NULL, 0}, true, &answer, err);
    if (class == ASK_OK) class = take_values(session, &report->run, &answer, err);
    return class == ASK_OK ? wait_for_run(session, report, err) : class;
}

/* ---- pages ---- */

struct paging {
    int64_t number;
    Str url; /* of the next page, in the session's memory */
    bool more;
};

static enum ask_class next_page(struct session *session, const struct page_rule *rule, const struct answer *answer,
                                struct paging *paging, struct err *err)
{
    struct place root = place_of(answer->root);
    const struct json *at = rule->kind && root.n ? path_first(&rule->at, &root, NULL) : NULL;
    int64_t pages = 0;

    paging->more = false;
    if (rule->kind == PAGE_NONE) return ASK_OK;
    if (rule->has_more && json_is_null(path_first(&rule->more, &root, NULL))) return ASK_OK;
    if (rule->kind == PAGE_NUMBER) {
        if (!json_i64(at, &pages) && !str_to_i64(json_str(at), &pages))
            return nonsense(session, err, "number of pages", STR(""));
        if (pages < 0 || pages > PAGES_MAX) return nonsense(session, err, "possible number of pages", STR(""));
        paging->more = paging->number < pages;
        return ASK_OK;
    }
    if (json_is_null(at) || (json_str(at).p && !json_str(at).n)) return ASK_OK; /* the last one */
    bool plain;
    Str next = json_plain(at, &session->page, &plain);
    Str before = rule->kind == PAGE_URL ? paging->url : vars_get(&session->vars, STR("cursor"));
    if (!plain || next.n > CURSOR_MAX || str_eq(next, before)) return nonsense(session, err, "next page", STR(""));
    if (rule->kind == PAGE_URL)
        paging->url = arena_copy(&session->kept, next);
    else
        set(session, "cursor", next);
    paging->more = true;
    return ASK_OK;
}

static enum ask_class take_rows(struct session *session, const struct report *report, const struct answer *answer,
                                int32_t first, int32_t last, struct ad_rows *rows, struct err *err)
{
    bool ok = report->rows.format == ROWS_TSV
                  ? rows_take_tsv(rows, &report->rows, &session->vars, answer->reply.body, first, last, err)
                  : rows_take_json(rows, &report->rows, &session->vars, answer->root, first, last, err);

    if (ok) return ASK_OK;
    return err->code == ERR_LIMIT ? ASK_TOO_MUCH : ASK_SERVER;
}

static enum ask_class read_pages(struct session *session, const struct report *report, int32_t first, int32_t last,
                                 struct ad_rows *rows, struct err *err)
{
    struct paging paging = {.number = 1, .more = true};
    struct answer answer;

    set(session, "cursor", STR(""));
    for (; paging.more; paging.number++) {
        if (paging.number > PAGES_MAX) {
            err_set(err, ERR_LIMIT, "the report of these days has more than %d pages", PAGES_MAX);
            return ASK_TOO_MUCH;
        }
        set(session, "page", arena_printf(&session->kept, "%" PRId64, paging.number));
        enum ask_class class =
            session_ask(session, &report->ask, paging.url, report->rows.format == ROWS_JSON, &answer, err);
        if (class == ASK_OK) class = take_rows(session, report, &answer, first, last, rows, err);
        if (class == ASK_OK) class = next_page(session, &report->page, &answer, &paging, err);
        if (class != ASK_OK) return class;
    }
    return ASK_OK;
}

static enum ask_class read_once(struct session *session, int32_t first, int32_t last, struct ad_rows *rows,
                                struct err *err)
{
    const struct adapter *adapter = session->adapter;
    int64_t days = (int64_t)last - first + 1;
    size_t asked = 0;

    rows_clear(rows);
    report_span(session, first, last);
    for (size_t i = 0; i < adapter->n_reports; i++) {
        const struct report *report = &adapter->report[i];
        if (days < report->least_days || days > report->most_days) continue;
        asked++;
        enum ask_class class = start_run(session, report, err);
        if (class == ASK_OK) class = read_pages(session, report, first, last, rows, err);
        if (class != ASK_OK) return class;
    }
    if (!asked) {
        err_set(err, ERR_INVALID, "%.*s has no report of %lld days", STR_ARG(adapter->file), (long long)days);
        return ASK_BAD;
    }
    return rows_finish(rows, err) ? ASK_OK : ASK_SERVER;
}

enum ask_class report_rows(struct session *session, int32_t first, int32_t last, struct ad_rows *rows, struct err *err)
{
    enum ask_class class = ASK_RESTART;

    for (int i = 0; i < RESTARTS_MAX && class == ASK_RESTART; i++) {
        int64_t ms = i ? net_backoff_ms(i + 1, session->adapter->first_ms, session->adapter->most_ms, NULL) : 0;
        if (!session_wait(session, ms, "the report has to be made again")) {
            ask_fails(ASK_STOPPED, session->adapter, STR("stopped"), 0, (Str){NULL, 0}, err);
            return ASK_STOPPED;
        }
        class = read_once(session, first, last, rows, err);
    }
    return class == ASK_RESTART ? ASK_SERVER : class;
}
