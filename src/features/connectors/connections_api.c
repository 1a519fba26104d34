#include "base/time.h"
#include "features/connectors/connectors_int.h"

#define RUNS_SHOWN 5

/* ---- showing ---- */

static void put_strings(struct json_out *out, const struct adapter_setting *setting)
{
    json_open(out, '{');
    json_kv_str(out, "name", setting->name);
    json_kv_str(out, "title", setting->title);
    json_kv_str(out, "title_ru", setting->title_ru);
    json_kv_str(out, "help", setting->help);
    json_kv_str(out, "help_ru", setting->help_ru);
    json_kv_str(out, "pattern", setting->pattern);
    json_kv_str(out, "fallback", setting->fallback);
    json_kv_bool(out, "secret", setting->secret);
    json_kv_bool(out, "optional", setting->optional);
    json_close(out, '}');
}

bool adapters_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct connectors *connectors = request->context;
    const struct adapter_info *adapters;
    struct json_out out = json_to(&reply->body);
    size_t n = connect_adapters(connectors->connect, &adapters);

    (void)err;
    json_open(&out, '{');
    json_key(&out, "adapters");
    json_open(&out, '[');
    for (size_t i = 0; i < n; i++) {
        json_open(&out, '{');
        json_kv_str(&out, "name", adapters[i].name);
        json_kv_str(&out, "title", adapters[i].title);
        json_kv_str(&out, "title_ru", adapters[i].title_ru);
        json_kv_str(&out, "channels", adapters[i].channels);
        json_key(&out, "settings");
        json_open(&out, '[');
        for (size_t k = 0; k < adapters[i].n_settings; k++) put_strings(&out, &adapters[i].settings[k]);
        json_close(&out, ']');
        json_close(&out, '}');
    }
    json_close(&out, ']');
    json_close(&out, '}');
    return true;
}

/* Names of the secrets that are there, never what they are. */
static void put_secret_names(const struct connectors *connectors, struct json_out *out, struct connection *connection)
{
    const struct adapter_info *adapter = connect_adapter(connectors->connect, connection->adapter);

    json_key(out, "secrets");
    json_open(out, '[');
    for (size_t i = 0; adapter && connection->secrets.n && i < adapter->n_settings; i++) {
        Str value;
        if (adapter->settings[i].secret && json_span_member(connection->secrets, adapter->settings[i].name, &value))
            json_put_str(out, adapter->settings[i].name);
    }
    json_close(out, ']');
}

static bool put_work(struct request *request, struct json_out *out, int64_t id, struct err *err)
{
    struct job_state job;
    struct job_run runs[RUNS_SHOWN];
    size_t n = 0;
    char key[KEY_BYTES];
    bool found = job_find(request->db, PULL, pull_key(id, key), &request->arena, &job, err);

    if (!found && err->code != ERR_NOT_FOUND) return false;
    if (found && !job_runs_list(request->db, job.id, INT64_MAX, &request->arena, runs, RUNS_SHOWN, &n, err))
        return false;
    json_kv_instant(out, "next_at", found ? job.due_ms : TIME_NONE);
    json_key(out, "job");
    if (found) {
        job_put(out, &job);
    } else {
        json_put_null(out);
    }
    json_key(out, "runs");
    json_open(out, '[');
    for (size_t i = 0; i < n; i++) job_run_put(out, &runs[i]);
    json_close(out, ']');
    return true;
}

static bool put_connection(struct request *request, struct json_out *out, int64_t id, struct err *err)
{
    const struct connectors *connectors = request->context;
    struct connection one;
    char day[TIME_TEXT_MAX];
    bool opened = connection_read(request->db, connectors->vault, id, &request->arena, &one, err);

    if (!opened) {
        if (err->code != ERR_CONFLICT) return false;
        Str why = arena_copy(&request->arena, str_of(err->text)); /* another key: it cannot work until somebody acts */
        if (!connection_read(request->db, NULL, id, &request->arena, &one, err)) return false;
        one.state = STR("broken");
        one.message = why;
    }
    json_open(out, '{');
    json_kv_i64(out, "id", one.id);
    json_kv_str(out, "adapter", one.adapter);
    json_kv_str(out, "name", one.name);
    json_key(out, "settings");
    json_put_raw(out, one.settings);
    put_secret_names(connectors, out, &one);
    connection_wipe(&one);
    json_kv_str(out, "state", one.state);
    json_kv_str(out, "message", one.message);
    json_kv_bool(out, "paused", str_eq(one.state, STR("paused")));
    json_kv_text(out, "pulled_day", one.pulled_day == TIME_NONE ? NULL : time_format_day((int32_t)one.pulled_day, day));
    json_kv_instant(out, "pulled_at", one.pulled_ms);
    json_kv_instant(out, "created_at", one.created_ms);
    json_kv_instant(out, "changed_at", one.changed_ms);
    if (!put_work(request, out, one.id, err)) return false;
    json_close(out, '}');
    return true;
}

bool connections_get(struct request *request, struct reply *reply, struct err *err)
{
    struct connection *rows = ARENA_ARRAY(&request->arena, struct connection, CONNECTIONS_MAX);
    struct json_out out = json_to(&reply->body);
    size_t n;

    if (!connections_list(request->db, &request->arena, rows, CONNECTIONS_MAX, &n, err)) return false;
    json_open(&out, '{');
    json_key(&out, "connections");
    json_open(&out, '[');
    for (size_t i = 0; i < n; i++)
        if (!put_connection(request, &out, rows[i].id, err)) return false;
    json_close(&out, ']');
    json_close(&out, '}');
    return true;
}

static bool reply_connection(struct request *request, struct reply *reply, int64_t id, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    return put_connection(request, &out, id, err);
}

bool connection_get(struct request *request, struct reply *reply, struct err *err)
{
    int64_t id;
    return request_param_whole(request, 0, &id, err) && reply_connection(request, reply, id, err);
}

/* ---- changing ---- */

static bool read_name(const struct json *json, Str *name, struct err *err)
{
    *name = str_trim(json_str(json_get(json, "name")));
    return (name->n >= 1 && name->n <= CONNECTION_NAME_MAX) ||
           err_set_field(err, "name", "a connection has a name of 1 to %d bytes", CONNECTION_NAME_MAX);
}

static bool there_is_room(struct request *request, struct err *err)
{
    struct connection *rows = ARENA_ARRAY(&request->arena, struct connection, CONNECTIONS_MAX);
    size_t n;

    if (!connections_list(request->db, &request->arena, rows, CONNECTIONS_MAX, &n, err)) return false;
    return n < CONNECTIONS_MAX ||
           err_set(err, ERR_LIMIT, "there are %d connections; remove one that nobody needs", CONNECTIONS_MAX);
}

bool connections_post(struct request *request, struct reply *reply, struct err *err)
{
    struct connectors *connectors = request->context;
    const struct json *json = json_parse(request->body, &request->arena, err);
    struct connection one = {.adapter = json_str(json_get(json, "adapter"))};
    struct settings_parts parts;

    if (!json || !read_name(json, &one.name, err) || !there_is_room(request, err)) return false;
    if (!settings_merge(connectors->connect, one.adapter, json_get(json, "settings"), NULL, &request->arena, &parts,
                        err))
        return false;
    one.settings = parts.open;
    one.secrets = parts.secret;
    bool ok = connection_insert(store_writer_take(connectors->store), connectors->vault, &one, err);
    store_writer_give(connectors->store);
    connection_wipe(&one);
    if (!ok || !pull_job_add(connectors, &one, err)) return false;
    reply->status = 201;
    return reply_connection(request, reply, one.id, err);
}

/* What is known of the connection with its settings as one object; NULL where another key has sealed the secrets, which
 * are entered anew then. */
static bool read_old(struct request *request, struct db *db, int64_t id, struct connection *out,
                     const struct json **settings, struct err *err)
{
    const struct connectors *connectors = request->context;
    bool ok = connection_read(db, connectors->vault, id, &request->arena, out, err);

    if (!ok && (err->code != ERR_CONFLICT || !connection_read(db, NULL, id, &request->arena, out, err))) return false;
    *settings = json_parse(ok ? out->secrets : out->settings, &request->arena, err);
    return *settings != NULL;
}

struct change {
    bool settings, paused, resumed;
};

/* On the writer, so that nobody changes the row between reading and writing it. */
static bool change_row(struct request *request, struct db *db, int64_t id, const struct json *json,
                       struct connection *one, struct change *change, struct err *err)
{
    struct connectors *connectors = request->context;
    const struct json *old, *given = json_get(json, "settings");
    struct settings_parts parts;
    bool pause = false;

    *change = (struct change){0};
    if (!read_old(request, db, id, one, &old, err)) return false;
    bool was = str_eq(one->state, STR("paused"));
    if (!json_is_null(json_get(json, "name")) && !read_name(json, &one->name, err)) return false;
    if (!json_is_null(json_get(json, "paused"))) {
        if (!json_bool(json_get(json, "paused"), &pause))
            return err_set_field(err, "paused", "paused is true or false");
        change->paused = pause && !was;
        change->resumed = !pause && was;
    }
    if (!json_is_null(given)) {
        if (!settings_merge(connectors->connect, one->adapter, given, old, &request->arena, &parts, err)) return false;
        /* of another account nothing is known yet; another token changes nothing of what was brought */
        if (!str_eq(parts.open, one->settings)) one->pulled_day = one->restated_day = TIME_NONE;
        one->settings = parts.open;
        change->settings = true;
    }
    connection_wipe(one);
    if (change->settings) one->secrets = parts.secret;
    if (change->settings || change->resumed) one->message = STR("");
    if (change->paused) {
        one->state = STR("paused");
        one->message = STR("");
    } else if (change->resumed || (change->settings && !was)) {
        one->state = STR("new");
    }
    bool ok = connection_update(db, connectors->vault, one, err);
    connection_wipe(one);
    return ok;
}

bool connection_put(struct request *request, struct reply *reply, struct err *err)
{
    struct connectors *connectors = request->context;
    const struct json *json = json_parse(request->body, &request->arena, err);
    struct connection one;
    struct change change;
    int64_t id;

    if (!json || !request_param_whole(request, 0, &id, err)) return false;
    bool ok = change_row(request, store_writer_take(connectors->store), id, json, &one, &change, err);
    store_writer_give(connectors->store);
    if (ok && change.paused) ok = pull_job_off(connectors, id, err);
    if (ok && (change.resumed || change.settings)) ok = pull_job_add(connectors, &one, err);
    return ok && reply_connection(request, reply, id, err);
}

bool connection_delete(struct request *request, struct reply *reply, struct err *err)
{
    struct connectors *connectors = request->context;
    int64_t id;

    if (!request_param_whole(request, 0, &id, err)) return false;
    bool ok = connection_remove(store_writer_take(connectors->store), id, err);
    store_writer_give(connectors->store);
    if (!ok || !pull_job_remove(connectors, id, err)) return false;
    reply->status = 204;
    return true;
}

/* ---- doing ---- */

bool connection_test_post(struct request *request, struct reply *reply, struct err *err)
{
    struct connectors *connectors = request->context;
    struct connection one;
    struct err busy;
    int64_t id;

    (void)reply;
    if (!request_param_whole(request, 0, &id, err) ||
        !connection_read(request->db, NULL, id, &request->arena, &one, err))
        return false;
    request_hold(request);
    if (!tester_put(connectors->tester, request, id, &busy)) request_answer(request, false, &busy);
    return true;
}

/* from and to as the words to the job; empty: what is due. */
static bool read_days(struct request *request, Str *ask, struct err *err)
{
    char first[TIME_TEXT_MAX], last[TIME_TEXT_MAX];
    int32_t from, to = time_day_of(time_now_ms());

    *ask = STR("");
    if (request->body.n == 0) return true;
    const struct json *json = json_parse(request->body, &request->arena, err);
    if (!json) return false;
    const struct json *from_json = json_get(json, "from"), *to_json = json_get(json, "to");
    if (json_is_null(from_json) && json_is_null(to_json)) return true;
    if (!time_parse_day(json_str(from_json), &from))
        return err_set_field(err, "from", "from is a day such as 2025-02-12");
    if (!json_is_null(to_json) && !time_parse_day(json_str(to_json), &to))
        return err_set_field(err, "to", "to is a day such as 2025-02-12");
    if (to < from) return err_set_field(err, "to", "to is a day before from");
    *ask = arena_printf(&request->arena, "%s %s", time_format_day(from, first), time_format_day(to, last));
    return true;
}

bool connection_pull_post(struct request *request, struct reply *reply, struct err *err)
{
    struct connectors *connectors = request->context;
    struct json_out out = json_to(&reply->body);
    struct connection one;
    struct job_state job;
    char key[KEY_BYTES];
    Str ask;
    int64_t id;

    if (!request_param_whole(request, 0, &id, err) ||
        !connection_read(request->db, NULL, id, &request->arena, &one, err) || !read_days(request, &ask, err))
        return false;
    if (str_eq(one.state, STR("paused")))
        return err_set(err, ERR_CONFLICT, "\"%.*s\" is paused; let it go on first", STR_ARG(one.name));
    if (!job_find(request->db, PULL, pull_key(id, key), &request->arena, &job, err) ||
        !jobs_ask(connectors->jobs, job.id, ask, err) || !job_read(request->db, job.id, &request->arena, &job, err))
        return false;
    reply->status = 202;
    json_open(&out, '{');
    json_key(&out, "job");
    job_put(&out, &job);
    json_close(&out, '}');
    return true;
}
