/* A pull asks for the days that are due in chunks, the oldest first, and stores whole days: each transaction has some
 * of them and how far the pull is with them. So a kill between two leaves nothing half done, and the next pull goes on
 * behind the last of them.
 *
 * 1. pulled_day never passes a day that is not stored, nor one that is not over yet.
 * 2. Of days that were asked for and are not in the reply nothing stays: a reply is whole, or it is an error.
 * 3. The writer is held for one transaction of at most a few thousand rows. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"
#include "connect/connect_int.h"
#include "connect/report.h"
#include "connect/window.h"
#include "connect/zone.h"

#define GROUP_ROWS 4000
#define DAYS_SHOWN 400
#define STORE_ARENA ((size_t)256 * 1024 * 1024)
#define SETTINGS_ARENA ((size_t)4 * 1024 * 1024)
#define RANGE_DAYS_MAX 1500

struct pull {
    struct connect *connect;
    struct session session;
    struct connection connection;
    struct arena arena;
    struct ad_rows rows;
    struct window window;
    struct ad_source source;
    struct ad_change change; /* the sums of all */
    int32_t today, chunk_days;
    int64_t chunks, skipped, rows_n;
    bool asked_for; /* these days, whatever is due */
    int32_t changed[DAYS_SHOWN];
    size_t n_changed;
};

/* ---- opening ---- */

static bool no_adapter(const struct connection *connection, struct err *err)
{
    return err_set(err, ERR_FORBIDDEN, "the adapter \"%.*s\" of this connection is not there any more",
                   STR_ARG(connection->adapter));
}

static bool open_session(struct connect *connect, const struct connection *connection,
                         const struct connect_watch *watch, struct arena *arena, struct session *session,
                         struct err *err)
{
    Str text = connection->secrets.n ? connection->secrets : connection->settings;
    const struct json *settings = json_parse(text, arena, err);

    *session = (struct session){.net = connect->net,
                                .tokens = connect->tokens,
                                .adapter = connect_find(connect, connection->adapter),
                                .watch = watch,
                                .connection = connection->id};
    if (!settings) return false;
    return session->adapter ? session_open(session, settings, err) : no_adapter(connection, err);
}

/* The account's day, once its zone is known; "today" for templates. */
static int32_t day_now(struct session *session)
{
    char text[TIME_TEXT_MAX];
    bool known;
    Str zone = template_text(session->adapter->zone, &session->vars, &session->kept);
    int32_t today = zone_day(zone, time_now_ms(), &known);

    if (!known) log_line(LOG_WARN, "connect.zone_unknown", "connection=%" PRId64, session->connection);
    vars_set(&session->vars, STR("today"), arena_copy(&session->kept, str_of(time_format_day(today, text))));
    return today;
}

/* ---- storing ---- */

static void note_changed(struct pull *pull, const struct ad_change *change)
{
    pull->change.inserted += change->inserted;
    pull->change.replaced += change->replaced;
    pull->change.repeated += change->repeated;
    pull->change.removed += change->removed;
    pull->change.same += change->same;
    for (int32_t day = change->first_day; day <= change->last_day && pull->n_changed < DAYS_SHOWN; day++)
        pull->changed[pull->n_changed++] = day;
}

/* How far the connection is once first..last are stored. */
static int64_t pulled_with(const struct pull *pull, int32_t first, int32_t last)
{
    int64_t at = pull->connection.pulled_day, complete = last < pull->today ? last : pull->today - 1;

    if (at == TIME_NONE) return pull->asked_for || complete < first ? at : complete;
    return first <= at + 1 && complete > at ? complete : at;
}

static bool store_group(struct pull *pull, int32_t first, int32_t last, const struct ad_row *rows, size_t n, bool keep,
                        struct err *err)
{
    struct connection *connection = &pull->connection;
    int64_t pulled = pulled_with(pull, first, last), restated = connection->restated_day;
    struct ad_change change = {.first_day = 1};
    struct arena arena;

    if (!pull->asked_for && pull->window.is_long && last == pull->window.last) restated = pull->today;
    arena_init(&arena, STORE_ARENA);
    struct db *db = store_writer_take(pull->connect->store);
    bool ok = db_begin(db, err);
    if (ok) {
        ok = (keep || ad_days_replace(db, &pull->source, first, last, rows, n, &arena, &change, err)) &&
             connection_pulled(db, connection->id, pulled, restated, err);
        if (ok)
            ok = db_commit(db, err);
        else
            db_rollback(db);
    }
    store_writer_give(pull->connect->store);
    arena_free(&arena);
    if (!ok) return false;
    connection->pulled_day = pulled;
    connection->restated_day = restated;
    pull->rows_n += (int64_t)n;
    note_changed(pull, &change);
    return true;
}

/* The chunk's rows, ordered by day, in groups of whole days. */
static bool store_chunk(struct pull *pull, int32_t first, int32_t last, struct err *err)
{
    const struct ad_rows *rows = &pull->rows;
    size_t at = 0, end = 0;

    for (int32_t from = first, day = first; day <= last; day++) {
        size_t next = end;
        while (next < rows->n && rows->row[next].day == day) next++;
        if (day > from && next - at > GROUP_ROWS) { /* without this day */
            if (!store_group(pull, from, day - 1, rows->row + at, end - at, false, err)) return false;
            from = day;
            at = end;
        }
        end = next;
        if (day == last && !store_group(pull, from, last, rows->row + at, end - at, false, err)) return false;
    }
    return true;
}

/* ---- the chunks ---- */

static enum ask_class pull_chunk(struct pull *pull, int32_t first, int32_t *last, struct err *err)
{
    struct session *session = &pull->session;
    char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX];

    for (;;) {
        *last = first + pull->chunk_days - 1;
        if (*last > pull->window.last) *last = pull->window.last;
        session_note(session, "%s to %s", time_format_day(first, from), time_format_day(*last, to));
        enum ask_class class = report_rows(session, first, *last, &pull->rows, err);
        if (class != ASK_TOO_MUCH || *last == first) return class;
        pull->chunk_days = (*last - first + 1) / 2;
        log_line(LOG_INFO, "connect.halved", "connection=%" PRId64 " days=%" PRId32, session->connection,
                 pull->chunk_days);
    }
}

static enum ask_class pull_days(struct pull *pull, struct err *err)
{
    struct session *session = &pull->session;

    session->total = (int64_t)pull->window.last - pull->window.first + 1;
    for (int32_t first = pull->window.first, last; first <= pull->window.last; first = last + 1) {
        enum ask_class class = pull_chunk(pull, first, &last, err);
        if (class != ASK_OK && class != ASK_GONE) return class;
        bool ok = class == ASK_GONE ? store_group(pull, first, last, NULL, 0, true, err)
                                    : store_chunk(pull, first, last, err);
        if (!ok) return ASK_SERVER;
        pull->skipped += class == ASK_GONE;
        pull->chunks++;
        session->done = (int64_t)last - pull->window.first + 1;
        if (!session_wait(session, 1, "")) return err_set(err, ERR_BUSY, "stopped"), ASK_STOPPED;
    }
    return ASK_OK;
}

static bool set_window(struct pull *pull, int32_t from, int32_t to, struct err *err)
{
    struct session *session = &pull->session;
    const struct connection *connection = &pull->connection;
    bool known;
    Str zone = template_text(session->adapter->zone, &session->vars, &session->kept);
    int64_t read_on = connection->pulled_ms == TIME_NONE ? TIME_NONE : zone_day(zone, connection->pulled_ms, &known);

    pull->today = day_now(session);
    pull->chunk_days = (int32_t)session->adapter->window.chunk_days;
    pull->asked_for = from != INT32_MIN;
    if (!pull->asked_for) {
        pull->window =
            window_due(session->adapter, pull->today, connection->pulled_day, connection->restated_day, read_on);
        return true;
    }
    if (to > pull->today) to = pull->today;
    if (from > to) return err_set(err, ERR_INVALID, "the days to bring end before they begin, or are to come");
    if (to - from >= RANGE_DAYS_MAX)
        return err_set(err, ERR_INVALID, "at most %d days are brought at once", RANGE_DAYS_MAX);
    pull->window = (struct window){from, to, false};
    return true;
}

static void put_result(const struct pull *pull, struct buf *result)
{
    struct json_out out = json_to(result);
    char day[TIME_TEXT_MAX];

    json_open(&out, '{');
    json_kv_text(&out, "from", time_format_day(pull->window.first, day));
    json_kv_text(&out, "to", time_format_day(pull->window.last, day));
    json_kv_i64(&out, "chunks", pull->chunks);
    json_kv_i64(&out, "skipped", pull->skipped);
    json_kv_i64(&out, "rows", pull->rows_n);
    json_kv_i64(&out, "inserted", pull->change.inserted);
    json_kv_i64(&out, "replaced", pull->change.replaced);
    json_kv_i64(&out, "removed", pull->change.removed);
    json_key(&out, "changed_days");
    json_open(&out, '[');
    for (size_t i = 0; i < pull->n_changed; i++) json_put_str(&out, str_of(time_format_day(pull->changed[i], day)));
    json_close(&out, ']');
    json_kv_i64(&out, "requests", pull->session.requests);
    json_kv_i64(&out, "waited_ms", pull->session.waited_ms);
    json_close(&out, '}');
}

/* ---- the connection's state ---- */

/* False if the state could not be stored; what went wrong before is told first. */
static bool note_state(struct connect *connect, int64_t id, const char *state, Str message, struct err *err)
{
    struct err why = {0};
    bool ok = connection_note(store_writer_take(connect->store), id, str_of(state), message, &why);

    store_writer_give(connect->store);
    if (!ok && err->code == ERR_NONE) *err = why;
    return ok;
}

static bool is_broken(enum err_code code)
{
    return code == ERR_FORBIDDEN || code == ERR_INVALID || code == ERR_LIMIT || code == ERR_NOT_FOUND;
}

static bool pull_fails(struct pull *pull, enum ask_class class, struct err *err)
{
    bool broken = class == ASK_STOPPED ? false : is_broken(err->code);

    if (class == ASK_TOO_MUCH || err->code == ERR_LIMIT || err->code == ERR_NOT_FOUND) err->code = ERR_INVALID;
    if (class == ASK_STOPPED) return false;
    log_line(LOG_WARN, "connect.pull_failed", "connection=%" PRId64 " code=%s", pull->connection.id,
             err_code_name(err->code));
    (void)note_state(pull->connect, pull->connection.id, broken ? "broken" : "failed", str_of(err->text), err);
    return false;
}

static bool pull_run(struct pull *pull, int32_t from, int32_t to, struct err *err)
{
    struct session *session = &pull->session;

    session_note(session, "asking for the account");
    report_span(session, 0, 0);
    pull->source = (struct ad_source){session->adapter->info.name,
                                      template_text(session->adapter->account, &session->vars, &session->kept),
                                      pull->connection.id, 0, 0};
    enum ask_class class = report_info(session, err);
    if (class != ASK_OK) return pull_fails(pull, class, err);
    if (!set_window(pull, from, to, err)) return false; /* what was asked for is wrong, not the connection */
    class = pull_days(pull, err);
    return class == ASK_OK || pull_fails(pull, class, err);
}

bool connect_pull(struct connect *connect, int64_t connection_id, int32_t from, int32_t to,
                  const struct connect_watch *watch, struct buf *result, struct err *err)
{
    struct pull *pull = mem_new(sizeof *pull);
    bool ok = false;

    pull->connect = connect;
    *err = (struct err){0};
    arena_init(&pull->arena, SETTINGS_ARENA);
    rows_init(&pull->rows);
    struct db *db = store_reader_take(connect->store, err);
    ok = db && connection_read(db, connect->vault, connection_id, &pull->arena, &pull->connection, err);
    store_reader_give(connect->store, db);
    if (ok && open_session(connect, &pull->connection, watch, &pull->arena, &pull->session, err)) {
        ok = pull_run(pull, from, to, err);
        put_result(pull, result);
        session_close(&pull->session);
        ok = ok && note_state(connect, connection_id, "ok", (Str){NULL, 0}, err);
    } else if (ok)
        ok = pull_fails(pull, ASK_BAD, err);
    if (pull->connection.secrets.n) connection_wipe(&pull->connection);
    rows_free(&pull->rows);
    arena_free(&pull->arena);
    free(pull);
    return ok;
}

/* ---- the test ---- */

static size_t count_campaigns(const struct ad_rows *rows)
{
    size_t n = 0;

    for (size_t i = 0; i < rows->n; i++) { /* ordered by campaign, within the one day */
        const struct ad_row *row = &rows->row[i];
        n += i == 0 || !str_eq(row->campaign_id, row[-1].campaign_id) ||
             (!row->campaign_id.n && !str_eq(row->campaign_name, row[-1].campaign_name));
    }
    return n;
}

static bool verdict(enum ask_class class, struct session *session, const struct ad_rows *rows, struct arena *arena,
                    struct connect_verdict *out, struct err *err)
{
    if (class == ASK_STOPPED) return false;
    if (class != ASK_OK) {
        *out = (struct connect_verdict){false, arena_copy(arena, str_of(err->text))};
        return true;
    }
    Str currency = template_text(session->adapter->currency, &session->vars, &session->kept);
    Str zone = template_text(session->adapter->zone, &session->vars, &session->kept);
    size_t n = count_campaigns(rows);
    *out = (struct connect_verdict){
        true, arena_printf(arena, "Connected: %zu campaign%s on %.*s, in %.*s, %.*s", n, n == 1 ? "" : "s",
                           STR_ARG(vars_get(&session->vars, STR("from"))), STR_ARG(currency), STR_ARG(zone))};
    return true;
}

bool connect_test(struct connect *connect, const struct connection *connection, const struct connect_watch *watch,
                  struct arena *arena, struct connect_verdict *out, struct err *err)
{
    struct session *session = mem_new(sizeof *session);
    struct ad_rows rows;
    bool ok;

    if (!open_session(connect, connection, watch, arena, session, err)) {
        free(session);
        *out = (struct connect_verdict){false, arena_copy(arena, str_of(err->text))};
        return true;
    }
    rows_init(&rows);
    session->tries = 1; /* somebody waits for it */
    session->total = 1;
    session_note(session, "asking for yesterday");
    report_span(session, 0, 0);
    enum ask_class class = report_info(session, err);
    if (class == ASK_OK) {
        int32_t yesterday = day_now(session) - 1;
        class = report_rows(session, yesterday, yesterday, &rows, err);
    }
    ok = verdict(class, session, &rows, arena, out, err);
    rows_free(&rows);
    session_close(session);
    free(session);
    return ok;
}
