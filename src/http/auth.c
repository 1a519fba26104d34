/* http/auth.c -- see auth.h.
 *
 * Rows are few (an admin, some readers, sessions of a team), so they are kept in memory, checked against all in
 * constant time, and read again after each change. Sessions that have ended are removed when a new one is made.
 */
#include "http/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/time.h"
#include "store/copy.h"

#define ROWS_MAX 2000
#define NO_END INT64_MAX

enum kind { KIND_ADMIN, KIND_READ, KIND_SESSION_ADMIN, KIND_SESSION_READ, KIND_LINK_ADMIN, KIND_LINK_READ, KINDS };

static const struct {
    const char *text; /* as stored in token.role */
    enum auth role;
    bool is_token, is_session, is_link;
} KIND[KINDS] = {
    [KIND_ADMIN] = {"admin", AUTH_ADMIN, true, false, false},
    [KIND_READ] = {"read", AUTH_READ, true, false, false},
    [KIND_SESSION_ADMIN] = {"session-admin", AUTH_ADMIN, false, true, false},
    [KIND_SESSION_READ] = {"session-read", AUTH_READ, false, true, false},
    [KIND_LINK_ADMIN] = {"link-admin", AUTH_ADMIN, false, false, true},
    [KIND_LINK_READ] = {"link-read", AUTH_READ, false, false, true},
};

struct row {
    enum kind kind;
    struct digest hash;
    int64_t expires_ms;
};

struct auth_store {
    struct copy copy; /* of what follows */
    struct row rows[ROWS_MAX];
    size_t n;
};

static enum kind kind_of(Str text)
{
    for (int k = 0; k < KINDS; k++)
        if (str_eq(text, str_of(KIND[k].text))) return (enum kind)k;
    return KINDS;
}

static bool load(struct copy *copy, struct db *db, struct err *err)
{
    struct auth_store *auth = (struct auth_store *)(void *)copy; /* its first member */
    struct db_rows rows = db_query(db, "SELECT role, hash, expires_ms FROM token ORDER BY id", DB_NO_ARGS);

    auth->n = 0;
    while (auth->n < ROWS_MAX && db_next(&rows)) {
        struct row row = {.kind = kind_of(db_str(&rows, 0)), .expires_ms = db_i64(&rows, 2)};
        Str hash = db_str(&rows, 1);
        if (row.kind == KINDS || hash.n != DIGEST_BYTES) continue;
        memcpy(row.hash.bytes, hash.p, DIGEST_BYTES);
        auth->rows[auth->n++] = row;
    }
    return db_end(&rows, err);
}

struct auth_store *auth_open(struct store *store, struct err *err)
{
    struct auth_store *auth = mem_new(sizeof *auth);

    copy_init(&auth->copy, store, load);
    if (copy_change(&auth->copy, "DELETE FROM token WHERE expires_ms < $1", DB_ARGS(DB_I64(time_now_ms())), err))
        return auth;
    auth_close(auth);
    return NULL;
}

void auth_close(struct auth_store *auth)
{
    if (!auth) return;
    copy_reset(&auth->copy);
    free(auth);
}

/* Looks at every row, so that the time taken says nothing. */
static bool find(struct auth_store *auth, Str secret, struct row *out)
{
    struct digest digest = digest_of(secret);
    int64_t now = time_now_ms();
    bool found = false;

    pthread_rwlock_rdlock(&auth->copy.lock);
    for (size_t i = 0; i < auth->n; i++) {
        if (!digest_eq(&auth->rows[i].hash, &digest) || auth->rows[i].expires_ms < now) continue;
        *out = auth->rows[i];
        found = true;
    }
    pthread_rwlock_unlock(&auth->copy.lock);
    return found;
}

/* Rows are deleted by what they are, not by id: the next row takes the highest id that has become free. */
static struct db_value hash_arg(const struct row *row)
{
    return DB_BYTES(((Str){(const char *)row->hash.bytes, DIGEST_BYTES}));
}

static bool add(struct auth_store *auth, Str name, enum kind kind, Str secret, int64_t expires_ms, struct err *err)
{
    struct digest digest = digest_of(secret);
    int64_t now = time_now_ms();

    if (!copy_change(&auth->copy, "DELETE FROM token WHERE expires_ms < $1", DB_ARGS(DB_I64(now)), err)) return false;
    pthread_rwlock_rdlock(&auth->copy.lock);
    bool room = auth->n < ROWS_MAX;
    pthread_rwlock_unlock(&auth->copy.lock);
    if (!room) return err_set(err, ERR_LIMIT, "there are %d tokens and sessions already; end some first", ROWS_MAX);
    return copy_change(&auth->copy,
                       "INSERT INTO token (id, name, role, hash, expires_ms, created_ms) "
                       "VALUES ((SELECT coalesce(max(id), 0) + 1 FROM token), $1, $2, $3, $4, $5)",
                       DB_ARGS(DB_TEXT(name), DB_TEXT(str_of(KIND[kind].text)),
                               DB_BYTES(((Str){(const char *)digest.bytes, DIGEST_BYTES})), DB_I64(expires_ms),
                               DB_I64(now)),
                       err);
}

bool auth_set_admin(struct auth_store *auth, Str given, char *token_out, struct err *err)
{
    bool any = false;
    struct row row;

    token_out[0] = '\0';
    if (given.n) {
        if (given.n < 16) return err_set(err, ERR_INVALID, "DEMETRA_ADMIN_TOKEN needs 16 characters or more");
        if (find(auth, given, &row) && row.kind == KIND_ADMIN) return true;
        /* the operator's token takes the place of any other admin's */
        if (!copy_change(&auth->copy, "DELETE FROM token WHERE role = 'admin'", DB_NO_ARGS, err)) return false;
        return add(auth, STR("operator"), KIND_ADMIN, given, NO_END, err);
    }
    pthread_rwlock_rdlock(&auth->copy.lock);
    for (size_t i = 0; i < auth->n; i++) any = any || auth->rows[i].kind == KIND_ADMIN;
    pthread_rwlock_unlock(&auth->copy.lock);
    if (any) return true;
    token_make("ak_", token_out);
    return add(auth, STR("first start"), KIND_ADMIN, str_of(token_out), NO_END, err);
}

bool auth_add_token(struct auth_store *auth, Str name, enum auth role, char *token_out, struct err *err)
{
    token_make(role == AUTH_ADMIN ? "ak_" : "rk_", token_out);
    return add(auth, name, role == AUTH_ADMIN ? KIND_ADMIN : KIND_READ, str_of(token_out), NO_END, err);
}

bool auth_make_link(struct auth_store *auth, enum auth role, char *code_out, struct err *err)
{
    token_make("", code_out);
    return add(auth, STR("link"), role == AUTH_ADMIN ? KIND_LINK_ADMIN : KIND_LINK_READ, str_of(code_out),
               time_now_ms() + LINK_MS, err);
}

static bool open_session(struct auth_store *auth, enum auth role, char *session_out, struct err *err)
{
    token_make("sk_", session_out);
    return add(auth, STR("session"), role == AUTH_ADMIN ? KIND_SESSION_ADMIN : KIND_SESSION_READ, str_of(session_out),
               time_now_ms() + SESSION_MS, err);
}

bool auth_use_link(struct auth_store *auth, Str code, char *session_out, enum auth *role, struct err *err)
{
    struct row row;
    struct db *db;

    if (!find(auth, code, &row) || !KIND[row.kind].is_link)
        return err_set(err, ERR_DENIED,
                       "this link was used already or has ended; log in with a token, or start the "
                       "server with --link for a new one");
    db = store_writer_take(auth->copy.store); /* whoever deletes the row has used it: of two at once, one wins */
    bool ok = db_run(db, "DELETE FROM token WHERE hash = $1", DB_ARGS(hash_arg(&row)), err);
    bool won = ok && db_changed(db) == 1;
    store_writer_give(auth->copy.store);
    if (!ok) return false;
    if (!won) return err_set(err, ERR_DENIED, "this link was used already");
    *role = KIND[row.kind].role;
    return open_session(auth, *role, session_out, err);
}

bool auth_log_in(struct auth_store *auth, Str token, char *session_out, struct err *err)
{
    struct row row;

    if (!find(auth, token, &row) || !KIND[row.kind].is_token)
        return err_set(err, ERR_DENIED, "no such token; use the admin token (ak_...) or a read token (rk_...)");
    return open_session(auth, KIND[row.kind].role, session_out, err);
}

bool auth_log_out(struct auth_store *auth, Str session, struct err *err)
{
    struct row row;

    if (!find(auth, session, &row) || !KIND[row.kind].is_session) return true;
    return copy_change(&auth->copy, "DELETE FROM token WHERE hash = $1", DB_ARGS(hash_arg(&row)), err);
}

bool auth_check(struct auth_store *auth, Str secret, bool by_cookie, struct principal *who, struct err *err)
{
    struct row row;

    if (!find(auth, secret, &row) || !(by_cookie ? KIND[row.kind].is_session : KIND[row.kind].is_token))
        return err_set(err, ERR_DENIED, by_cookie ? "the session has ended; log in again" : "no such token");
    *who = (struct principal){.role = KIND[row.kind].role, .by_cookie = by_cookie};
    return true;
}

Str auth_header_secret(Str header, struct arena *arena)
{
    char decoded[256];
    size_t n;

    if (header.n > 6 && str_eq_nocase((Str){header.p, 6}, STR("Basic "))) {
        if (!base64_decode(str_trim(str_from(header, 6)), decoded, sizeof decoded, &n)) return (Str){NULL, 0};
        Str pair = {decoded, n};
        return arena_copy(arena, str_cut(&pair, ':'));
    }
    if (header.n > 7 && str_eq_nocase((Str){header.p, 7}, STR("Bearer "))) return str_trim(str_from(header, 7));
    return (Str){NULL, 0};
}

/* ---- routes: the context is the auth store ---- */

static void set_cookie(struct request *request, struct reply *reply, const char *session, int64_t seconds)
{
    reply->cookie = arena_printf(&request->arena, "%s=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax", SESSION_COOKIE,
                                 session, (long long)seconds)
                        .p;
}

static bool login_link(struct request *request, struct reply *reply, struct err *err)
{
    char session[TOKEN_MAX];
    enum auth role;

    if (!auth_use_link(request->context, request_query(request, "code"), session, &role, err)) {
        if (err->code != ERR_DENIED || !request->wants_page) return false;
        reply->status = 303;
        reply->location = "/?link=used"; /* the page says so, and how else to come in */
        return true;
    }
    reply->status = 303;
    set_cookie(request, reply, session, SESSION_MS / 1000);
    reply->location = "/";
    return true;
}

static bool login_token(struct request *request, struct reply *reply, struct err *err)
{
    char session[TOKEN_MAX];
    const struct json *json = json_parse(request->body, &request->arena, err);
    bool ok = json && auth_log_in(request->context, str_trim(json_str(json_get(json, "token"))), session, err);

    if (!ok) return false;
    set_cookie(request, reply, session, SESSION_MS / 1000);
    reply->status = 204;
    return true;
}

static bool logout(struct request *request, struct reply *reply, struct err *err)
{
    if (!auth_log_out(request->context, request->session, err)) return false;
    set_cookie(request, reply, "", 0);
    reply->status = 204;
    return true;
}

static const struct param LINK_PARAMS[] = {{"code", "string", "The code of a one-time link"}, {0}};

const struct route AUTH_ROUTES[] = {
    {GET, "/login", AUTH_NONE, 0, login_link, "Open a browser session by a one-time link", LINK_PARAMS, NULL, NULL, 0},
    {POST, "/api/v1/login", AUTH_NONE, 4096, login_token, "Open a browser session by a token", NULL, "Login", NULL, 0},
    {DELETE, "/api/v1/session", AUTH_READ, 0, logout, "End the browser session", NULL, NULL, NULL, 0},
};
const size_t AUTH_ROUTES_COUNT = COUNT_OF(AUTH_ROUTES);
