#include "connect/session.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/time.h"

#define TOKENS_MAX 32
#define ACCESS_TOKEN_MAX 4096
#define URL_MAX ((size_t)32 * 1024)
#define BODY_MAX ((size_t)256 * 1024)
#define EARLY_MS 60000

/* ---- access tokens ---- */

struct token {
    int64_t connection, until_ms;
    struct digest of; /* what it was got with */
    char text[ACCESS_TOKEN_MAX];
};

struct tokens {
    pthread_mutex_t lock;
    struct token row[TOKENS_MAX];
};

struct tokens *tokens_new(void)
{
    struct tokens *tokens = mem_new(sizeof *tokens);

    pthread_mutex_init(&tokens->lock, NULL);
    return tokens;
}

void tokens_free(struct tokens *tokens)
{
    if (!tokens) return;
    pthread_mutex_destroy(&tokens->lock);
    wipe(tokens, sizeof *tokens);
    free(tokens);
}

static bool token_find(struct tokens *tokens, int64_t connection, const struct digest *of, struct arena *arena,
                       Str *out)
{
    bool found = false;

    pthread_mutex_lock(&tokens->lock);
    for (size_t i = 0; i < TOKENS_MAX && !found; i++) {
        const struct token *token = &tokens->row[i];
        if (token->connection != connection || token->until_ms <= time_now_ms() || !digest_eq(&token->of, of)) continue;
        *out = arena_copy(arena, str_of(token->text));
        found = true;
    }
    pthread_mutex_unlock(&tokens->lock);
    return found;
}

/* Keep it, or with an empty text forget it. The place of the one that ends first is taken. */
static void token_keep(struct tokens *tokens, int64_t connection, const struct digest *of, Str text, int64_t until_ms)
{
    struct token *at = &tokens->row[0];

    if (text.n >= ACCESS_TOKEN_MAX) return; /* it is asked for anew each time */
    pthread_mutex_lock(&tokens->lock);
    for (size_t i = 0; i < TOKENS_MAX; i++) {
        if (tokens->row[i].connection == connection) {
            at = &tokens->row[i];
            break;
        }
        if (tokens->row[i].until_ms < at->until_ms) at = &tokens->row[i];
    }
    if (text.n || at->connection == connection) {
        wipe(at, sizeof *at);
        *at = (struct token){.connection = connection, .until_ms = text.n ? until_ms : 0, .of = *of};
        if (text.n) memcpy(at->text, text.p, text.n);
    }
    pthread_mutex_unlock(&tokens->lock);
}

/* ---- the session ---- */

/* Where requests go is fixed by the adapter, but for hosts that the operator named: else who may change a setting
 * could have the secrets sent to him. */
static bool check_addresses(const struct session *session, struct err *err)
{
    const struct adapter_info *info = &session->adapter->info;

    for (size_t i = 0; i < info->n_settings; i++) {
        const struct adapter_setting *setting = &info->settings[i];
        Str value = vars_get(&session->vars, setting->name);
        bool address = setting->name.n > 4 && str_eq(str_from(setting->name, setting->name.n - 4), STR("_url"));
        if (!address || str_eq(value, setting->fallback) || net_is_named(session->net, value)) continue;
        return err_set_field(err, setting->name.p, "%.*s: DEMETRA_ALLOW_HOSTS has to name its host",
                             STR_ARG(setting->title));
    }
    return true;
}

bool session_open(struct session *session, const struct json *settings, struct err *err)
{
    size_t most = (size_t)session->adapter->max_bytes;

    session->tries = session->adapter->tries;
    arena_init(&session->kept, (size_t)256 << 20);
    arena_init(&session->page, json_arena_bytes(most) + 2 * most + ((size_t)16 << 20));
    if (adapter_settings(session->adapter, settings, &session->kept, &session->vars, err) &&
        check_addresses(session, err))
        return true;
    session_close(session);
    return false;
}

void session_close(struct session *session)
{
    arena_free(&session->kept);
    arena_free(&session->page);
}

void session_note(struct session *session, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(session->note, sizeof session->note, format, args);
    va_end(args);
}

static bool go_on(void *context)
{
    struct session *session = context;
    const struct connect_watch *watch = session->watch;

    return !watch || !watch->progress || watch->progress(watch->context, session->done, session->total, session->note);
}

bool session_wait(struct session *session, int64_t ms, const char *why)
{
    char before[sizeof session->note];

    memcpy(before, session->note, sizeof before);
    if (ms >= 1000) session_note(session, "waiting %" PRId64 " s: %.120s", (ms + 999) / 1000, why);
    bool ok = net_wait(ms, go_on, session);
    session->waited_ms += ms;
    memcpy(session->note, before, sizeof before);
    return ok;
}

static enum ask_class stopped(struct session *session, struct err *err)
{
    ask_fails(ASK_STOPPED, session->adapter, STR("stopped"), 0, (Str){NULL, 0}, err);
    return ASK_STOPPED;
}

/* ---- making a request ---- */

static bool has_names(Str text)
{
    Str before, name;

    return template_next(&text, &before, &name);
}

static Str pair_text(struct session *session, const struct pair *pair)
{
    struct buf buf;

    if (!json_is_object(pair->value) && !json_is_array(pair->value)) {
        bool plain;
        return template_text(json_plain(pair->value, &session->page, &plain), &session->vars, &session->page);
    }
    buf_init(&buf, BODY_MAX);
    struct json_out out = json_to(&buf);
    template_json(&out, pair->value, &session->vars, &session->page);
    Str text = arena_copy(&session->page, buf_str(&buf));
    buf_reset(&buf);
    return text;
}

static void put_pairs(struct session *session, const struct pairs *pairs, char first, struct buf *out)
{
    for (size_t i = 0; i < pairs->n; i++) {
        Str value = pair_text(session, &pairs->row[i]);
        if (!value.n && has_names(json_str(pairs->row[i].value))) continue; /* a setting that is not given */
        if (first) buf_add_char(out, first);
        first = '&';
        url_encode(out, pairs->row[i].name);
        buf_add_char(out, '=');
        url_encode(out, value);
    }
}

static Str base_url(const struct session *session)
{
    Str base = vars_get(&session->vars, STR("base_url"));

    while (base.n && base.p[base.n - 1] == '/') base.n--;
    return base;
}

static Str make_url(struct session *session, const struct ask *ask)
{
    struct buf buf;

    buf_init(&buf, URL_MAX);
    if (ask->path.p[0] == '/') {
        buf_add(&buf, base_url(session));
        template_url(&buf, ask->path, &session->vars);
    } else
        buf_add(&buf, template_text(ask->path, &session->vars, &session->page));
    bool query = buf.n && memchr(buf.p, '?', buf.n);
    put_pairs(session, &ask->query, query ? '&' : '?', &buf);
    Str url = buf.full ? (Str){NULL, 0} : arena_copy(&session->page, buf_str(&buf));
    buf_reset(&buf);
    return url;
}

static Str make_body(struct session *session, const struct ask *ask)
{
    struct buf buf;

    buf_init(&buf, BODY_MAX);
    if (ask->json) {
        struct json_out out = json_to(&buf);
        template_json(&out, ask->json, &session->vars, &session->page);
    } else
        put_pairs(session, &ask->form, '\0', &buf);
    Str body = arena_copy(&session->page, buf_str(&buf));
    buf_reset(&buf);
    return body;
}

static void add_header(struct net_request *request, Str name, Str value)
{
    if (value.n) request->header[request->n_headers++] = (struct net_header){name, value};
}

static void make_request(struct session *session, const struct ask *ask, struct net_request *out)
{
    const struct adapter *adapter = session->adapter;

    *out = (struct net_request){
        .method = ask->method,
        .timeout_ms = adapter->timeout_ms,
        .max_bytes = (size_t)adapter->max_bytes,
        .per_second = adapter->per_second,
        .go_on = go_on,
        .context = session,
    };
    out->url = make_url(session, ask);
    out->body = make_body(session, ask);
    if (ask->json) add_header(out, STR("Content-Type"), STR("application/json; charset=utf-8"));
    if (ask->form.n) add_header(out, STR("Content-Type"), STR("application/x-www-form-urlencoded"));
    add_header(out, STR("Accept"), STR("*/*"));
    for (size_t i = 0; i < ask->headers.n; i++)
        add_header(out, ask->headers.row[i].name, pair_text(session, &ask->headers.row[i]));
}

/* ---- sending ---- */

static enum ask_class class_of(const struct err *err)
{
    switch (err->code) {
    case ERR_BUSY: return ASK_STOPPED;
    case ERR_LIMIT: return ASK_TOO_MUCH;
    case ERR_INVALID: return ASK_BAD;
    default: return ASK_SERVER;
    }
}

static bool starts_json(Str body)
{
    Str text = str_trim(body);

    return text.n && (text.p[0] == '{' || text.p[0] == '[');
}

/* One request; the reply read as JSON if it looks so. */
static enum ask_class send_once(struct session *session, const struct net_request *request, struct answer *out,
                                struct err *err)
{
    struct err no_json;

    session->requests++;
    *out = (struct answer){0};
    if (!net_fetch(session->net, request, &session->page, &out->reply, err)) return class_of(err);
    if (starts_json(out->reply.body)) out->root = json_parse(out->reply.body, &session->page, &no_json);
    int64_t pause = usage_pause(session->adapter, out, &session->page);
    if (pause) session->pause_until_us = time_monotonic_us() + pause * 1000;
    return ASK_OK;
}

/* ---- OAuth ---- */

static struct digest fingerprint(struct session *session, const struct ask *ask)
{
    return digest_of(arena_join(&session->page, make_url(session, ask), make_body(session, ask)));
}

static enum ask_class refresh_failed(const struct session *session, int status, struct err *err)
{
    enum ask_class class = status == 400 || status == 401   ? ASK_AUTH
                           : status == 429 || status >= 500 ? ASK_SERVER
                                                            : ASK_BAD;

    ask_fails(class, session->adapter, (Str){NULL, 0}, status, (Str){NULL, 0}, err);
    return class;
}

/* See to {access_token}, from what is kept or from the platform. */
static enum ask_class enter(struct session *session, bool anew, struct err *err)
{
    const struct adapter *adapter = session->adapter;
    const struct ask ask = {.method = "POST", .path = adapter->refresh.url, .form = adapter->refresh.form};
    struct net_request request;
    struct answer answer;
    int64_t seconds = 0;
    Str token;

    if (!adapter->refresh.given) return ASK_OK;
    struct digest of = fingerprint(session, &ask);
    if (anew) token_keep(session->tokens, session->connection, &of, (Str){NULL, 0}, 0);
    if (!token_find(session->tokens, session->connection, &of, &session->kept, &token)) {
        make_request(session, &ask, &request);
        enum ask_class class = send_once(session, &request, &answer, err);
        if (class != ASK_OK) return class;
        struct place place = place_of(answer.root);
        if (answer.reply.status != 200) return refresh_failed(session, answer.reply.status, err);
        token = place.n ? arena_copy(&session->kept, json_str(path_first(&adapter->refresh.token, &place, NULL)))
                        : (Str){NULL, 0};
        if (!token.n) {
            err_set(err, ERR_UPSTREAM, "%.*s gave no access token", STR_ARG(adapter->info.title));
            return ASK_SERVER;
        }
        if (!json_i64(path_first(&adapter->refresh.expires, &place, NULL), &seconds) || seconds > INT64_C(31536000))
            seconds = 0;
        token_keep(session->tokens, session->connection, &of, token, time_now_ms() + seconds * 1000 - EARLY_MS);
    }
    vars_set(&session->vars, STR("access_token"), token);
    return ASK_OK;
}

/* ---- asking ---- */

/* Of the same scheme, host and port as the base address; whatever its path. */
static bool is_of_base(const struct session *session, Str url)
{
    Str base = base_url(session);
    size_t n = 0, slashes = 0;

    while (n < base.n && (slashes += base.p[n] == '/') < 3) n++;
    return n > 8 && str_starts(url, (Str){base.p, n}) && url.n > n && (url.p[n] == '/' || url.p[n] == '?');
}

static enum ask_class ask_once(struct session *session, const struct ask *ask, Str url, bool json, struct answer *out,
                               int64_t *wait_ms, struct err *err)
{
    struct net_request request;

    *wait_ms = 0;
    if (url.n && !is_of_base(session, url)) {
        err_set(err, ERR_UPSTREAM, "%.*s says that the next page is on another host",
                STR_ARG(session->adapter->info.title));
        return ASK_BAD;
    }
    make_request(session, ask, &request);
    if (url.n) request.url = url;
    if (!request.url.n) {
        err_set(err, ERR_INVALID, "the address of a request is longer than %zu bytes", URL_MAX);
        return ASK_BAD;
    }
    add_header(&request, session->adapter->auth_header,
               template_text(session->adapter->auth_value, &session->vars, &session->page));
    enum ask_class class = send_once(session, &request, out, err);
    if (class != ASK_OK) return class;
    for (size_t i = 0; i < ask->later.n; i++) {
        if (out->reply.status != ask->later.status[i]) continue;
        struct place root = place_of(out->root);
        *wait_ms = wait_of(&ask->later.wait, out, &root, &session->page);
        if (*wait_ms < 1) *wait_ms = 1000;
        return ASK_LATER;
    }
    return classify(session->adapter, out, json, &session->page, wait_ms, err);
}

static bool pause(struct session *session)
{
    int64_t left = session->pause_until_us - time_monotonic_us();

    session->pause_until_us = 0;
    return session_wait(session, left > 0 ? left / 1000 : 0, "most of the platform's limit is used up");
}

enum ask_class session_ask(struct session *session, const struct ask *ask, Str url, bool json, struct answer *out,
                           struct err *err)
{
    const struct adapter *adapter = session->adapter;
    int64_t wait_ms, later_ms = 0;
    bool refreshed = false;

    url = arena_copy(&session->kept, url);
    for (int64_t attempt = 1;;) {
        arena_reset(&session->page);
        if (!pause(session)) return stopped(session, err);
        enum ask_class class = enter(session, false, err);
        if (class == ASK_OK)
            class = ask_once(session, ask, url, json, out, &wait_ms, err);
        else
            *out = (struct answer){0}, wait_ms = 0;
        if (class == ASK_LATER) {
            if ((later_ms += wait_ms) > ask->later.at_most_ms) {
                ask_fails(ASK_SERVER, adapter, STR("the report was not made in time"), out->reply.status,
                          (Str){NULL, 0}, err);
                return ASK_SERVER;
            }
            if (!session_wait(session, wait_ms, "the report is being made")) return stopped(session, err);
            continue;
        }
        if (class == ASK_AUTH && adapter->refresh.given && !refreshed && out->reply.status) {
            refreshed = true;
            class = enter(session, true, err);
            if (class == ASK_OK) continue;
        }
        if ((class != ASK_LIMIT && class != ASK_SERVER) || attempt >= session->tries) return class;
        attempt++;
        int64_t backoff_ms = net_backoff_ms((int)attempt, adapter->first_ms, adapter->most_ms, &out->reply);
        if (backoff_ms > wait_ms) wait_ms = backoff_ms;
        if (wait_ms > adapter->wait_most_ms) return class; /* the next pull may be luckier */
        if (!session_wait(session, wait_ms, err->text)) return stopped(session, err);
    }
}
