/* One fetch runs on a curl multi handle of its own: curl's easy interface asks its progress function once a second at
 * most, and whoever cancels a job should not wait for that. Handles are pooled, as each keeps its connections open.
 *
 * The guard sits where the socket is made: it sees the address that is connected to, whatever the name resolved to. A
 * connection that is kept open was checked so when it was made; curl uses it again for the same host and port only. */
#include "net/client.h"

#include <inttypes.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/hash.h"
#include "base/time.h"
#include "net/guard.h"

#include <curl/curl.h>

#define POOL_MAX 16
#define HOSTS_MAX 64
#define HOST_MAX 256
#define HEADERS_BYTES_MAX ((size_t)64 * 1024)
#define CONNECT_MS 15000
#define ASK_MS INT64_C(250)
#define RETRY_AFTER_MAX_MS (10 * TIME_MINUTE_MS)

struct handle {
    CURLM *multi;
    CURL *easy;
};

struct host_pace {
    char host[HOST_MAX];
    int64_t next_us; /* when it may be asked again */
};

struct net {
    char *allow_hosts;
    pthread_mutex_t lock; /* over all that follows */
    struct handle pool[POOL_MAX];
    size_t n_pool;
    struct host_pace pace[HOSTS_MAX];
};

/* What curl's callbacks see of one fetch. */
struct fetch {
    const struct net_request *request;
    char host[HOST_MAX]; /* host:port */
    bool named, refused;
    struct buf headers, body;
};

struct net *net_open(const struct net_config *config, struct err *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        err_set(err, ERR_INTERNAL, "libcurl could not start");
        return NULL;
    }
    struct net *net = mem_new(sizeof *net);
    net->allow_hosts = mem_new(config->allow_hosts.n + 1);
    if (config->allow_hosts.n) memcpy(net->allow_hosts, config->allow_hosts.p, config->allow_hosts.n);
    pthread_mutex_init(&net->lock, NULL);
    return net;
}

static void handle_free(struct handle handle)
{
    curl_easy_cleanup(handle.easy);
    curl_multi_cleanup(handle.multi);
}

void net_close(struct net *net)
{
    if (!net) return;
    for (size_t i = 0; i < net->n_pool; i++) handle_free(net->pool[i]);
    pthread_mutex_destroy(&net->lock);
    free(net->allow_hosts);
    free(net);
    curl_global_cleanup();
}

static bool handle_take(struct net *net, struct handle *handle, struct err *err)
{
    bool found;

    pthread_mutex_lock(&net->lock);
    found = net->n_pool > 0;
    if (found) *handle = net->pool[--net->n_pool];
    pthread_mutex_unlock(&net->lock);
    if (found) return true;
    *handle = (struct handle){curl_multi_init(), curl_easy_init()};
    if (handle->multi && handle->easy) return true;
    handle_free(*handle);
    return err_set(err, ERR_INTERNAL, "libcurl gave no handle");
}

static void handle_give(struct net *net, struct handle handle)
{
    bool kept;

    curl_easy_reset(handle.easy); /* keeps the connections, forgets the request */
    pthread_mutex_lock(&net->lock);
    kept = net->n_pool < POOL_MAX;
    if (kept) net->pool[net->n_pool++] = handle;
    pthread_mutex_unlock(&net->lock);
    if (!kept) handle_free(handle);
}

/* ---- the address ---- */

static bool url_part(CURLU *url, CURLUPart part, char *out, size_t max)
{
    char *text = NULL;
    bool fits = curl_url_get(url, part, &text, part == CURLUPART_PORT ? CURLU_DEFAULT_PORT : 0) == CURLUE_OK &&
                strlen(text) < max;

    if (fits) memcpy(out, text, strlen(text) + 1);
    curl_free(text);
    return fits;
}

struct address {
    char scheme[16], host[HOST_MAX], port[8];
};

static bool address_of(CURLU *url, struct address *out)
{
    char *user = NULL;

    if (!url_part(url, CURLUPART_SCHEME, out->scheme, sizeof out->scheme) ||
        !url_part(url, CURLUPART_HOST, out->host, sizeof out->host) ||
        !url_part(url, CURLUPART_PORT, out->port, sizeof out->port))
        return false;
    bool with_user = curl_url_get(url, CURLUPART_USER, &user, 0) == CURLUE_OK;
    curl_free(user);
    if (with_user) return false; /* a password has no place there */
    size_t n = strlen(out->host);
    if (out->host[0] == '[' && n > 2) { /* without the brackets */
        memmove(out->host, out->host + 1, n - 2);
        out->host[n - 2] = '\0';
    }
    return true;
}

static CURLU *url_read(Str text, struct address *address)
{
    CURLU *url = curl_url();
    char *whole = mem_new(text.n + 1);

    if (text.n) memcpy(whole, text.p, text.n);
    bool ok = url && strlen(whole) == text.n && curl_url_set(url, CURLUPART_URL, whole, 0) == CURLUE_OK &&
              address_of(url, address);
    free(whole);
    if (ok) return url;
    curl_url_cleanup(url);
    return NULL;
}

static bool is_named(const struct net *net, const struct address *address)
{
    int64_t port = 0;

    return str_to_i64(str_of(address->port), &port) &&
           guard_is_named(str_of(net->allow_hosts), str_of(address->host), (int)port);
}

bool net_is_named(const struct net *net, Str text)
{
    struct address address;
    CURLU *url = url_read(text, &address);
    bool named = url && is_named(net, &address);

    curl_url_cleanup(url);
    return named;
}

static CURLU *check_url(const struct net *net, struct fetch *fetch, struct err *err)
{
    struct address address;
    CURLU *url = url_read(fetch->request->url, &address);

    if (!url) {
        err_set(err, ERR_INVALID, "the address of the request is no web address");
        return NULL;
    }
    fetch->named = is_named(net, &address);
    (void)snprintf(fetch->host, sizeof fetch->host, "%.200s:%s", address.host, address.port);
    if (strcmp(address.scheme, "https") == 0 || (fetch->named && strcmp(address.scheme, "http") == 0)) return url;
    curl_url_cleanup(url);
    err_set(err, ERR_INVALID, "%s may be asked over https only, unless DEMETRA_ALLOW_HOSTS names it", fetch->host);
    return NULL;
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct fetch *fetch = context;
    bool public = false;

    (void)purpose;
    if (address->family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)&address->addr;
        public = guard_is_public((const unsigned char *)&v4->sin_addr, 4);
    } else if (address->family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)&address->addr;
        public = guard_is_public((const unsigned char *)&v6->sin6_addr, 16);
    }
    if (!public && !fetch->named) {
        fetch->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* ---- what comes ---- */

static size_t take_body(const char *bytes, size_t size, size_t n, void *context)
{
    struct fetch *fetch = context;

    return buf_add(&fetch->body, (Str){bytes, size * n}) ? size * n : 0;
}

static size_t take_header(const char *bytes, size_t size, size_t n, void *context)
{
    struct fetch *fetch = context;
    Str line = {bytes, size * n};

    if (str_starts(line, STR("HTTP/"))) fetch->headers.n = 0; /* those of a 100 Continue do not count */
    return buf_add(&fetch->headers, line) ? size * n : 0;
}

Str net_reply_header(const struct net_reply *reply, const char *name)
{
    Str rest = reply->headers;

    while (rest.n) {
        Str line = str_cut(&rest, '\n'), value = line;
        Str key = str_cut(&value, ':');
        if (value.p && str_eq_nocase(str_trim(key), str_of(name))) return str_trim(value);
    }
    return (Str){NULL, 0};
}

/* ---- the request ---- */

static bool is_clean(Str s, bool name)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < 0x20 || c == 0x7F || (name && (c == ':' || c == ' ' || c > 0x7F))) return false;
    }
    return !name || s.n > 0;
}

static bool add_line(struct curl_slist **list, Str name, Str value)
{
    char *line = mem_new(name.n + value.n + 3);
    struct curl_slist *longer;

    memcpy(line, name.p, name.n);
    memcpy(line + name.n, value.n ? ": " : ";", value.n ? 2 : 1);
    if (value.n) memcpy(line + name.n + 2, value.p, value.n);
    longer = curl_slist_append(*list, line);
    free(line);
    if (longer) *list = longer;
    return longer != NULL;
}

static bool make_headers(const struct net_request *request, struct curl_slist **list, struct err *err)
{
    struct curl_slist *start = curl_slist_append(NULL, "Expect:"); /* no round trip before the body */

    *list = start;
    CHECK(start != NULL && request->n_headers <= NET_HEADERS_MAX);
    for (size_t i = 0; i < request->n_headers; i++) {
        const struct net_header *header = &request->header[i];
        if (!is_clean(header->name, true) || !is_clean(header->value, false))
            return err_set(err, ERR_INVALID, "a header of the request has a character that headers cannot have");
        CHECK(add_line(list, header->name, header->value));
    }
    return true;
}

static void set_options(CURL *easy, CURLU *url, struct curl_slist *headers, struct fetch *fetch)
{
    const struct net_request *request = fetch->request;
    bool body = request->body.n > 0 || strcmp(request->method, "GET") != 0;

    curl_easy_setopt(easy, CURLOPT_CURLU, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* the guard would judge the proxy and not the host */
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "demetra");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, fetch);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, fetch);
    if (body) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request->body.n ? request->body.p : "");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.n);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

/* ---- doing ---- */

static bool stopped(struct err *err)
{
    return err_set(err, ERR_BUSY, "stopped before the reply came");
}

static bool fail(const struct fetch *fetch, CURLcode code, struct err *err)
{
    const char *host = fetch->host;

    if (fetch->body.full)
        return err_set(err, ERR_LIMIT, "the reply of %s is larger than %zu bytes", host, fetch->body.ceiling);
    if (fetch->headers.full) return err_set(err, ERR_UPSTREAM, "the headers that %s sent are too long", host);
    if (fetch->refused)
        return err_set(err, ERR_INVALID, "%s is inside the network; DEMETRA_ALLOW_HOSTS has to name it", host);
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return err_set(err, ERR_UPSTREAM, "%s has no address", host);
    case CURLE_COULDNT_CONNECT: return err_set(err, ERR_UPSTREAM, "%s takes no connection", host);
    case CURLE_OPERATION_TIMEDOUT:
        return err_set(err, ERR_UPSTREAM, "%s did not answer within %" PRId64 " s", host,
                       (fetch->request->timeout_ms + 999) / 1000);
    case CURLE_PEER_FAILED_VERIFICATION:
        return err_set(err, ERR_UPSTREAM, "the certificate of %s is not to be trusted", host);
    case CURLE_BAD_CONTENT_ENCODING: return err_set(err, ERR_UPSTREAM, "what %s sent does not unpack", host);
    default: return err_set(err, ERR_UPSTREAM, "the reply of %s was cut off (%s)", host, curl_easy_strerror(code));
    }
}

/* Run it to its end, asking go_on meanwhile. */
static bool run(struct handle handle, const struct fetch *fetch, struct err *err)
{
    const struct net_request *request = fetch->request;
    int running = 1, left;
    bool go_on = true;
    int64_t asked_us = time_monotonic_us();

    if (curl_multi_add_handle(handle.multi, handle.easy) != CURLM_OK)
        return err_set(err, ERR_INTERNAL, "libcurl did not take the request");
    while (go_on && running && curl_multi_perform(handle.multi, &running) == CURLM_OK && running) {
        if (curl_multi_poll(handle.multi, NULL, 0, (int)ASK_MS, NULL) != CURLM_OK) break;
        int64_t now = time_monotonic_us();
        if (!request->go_on || now - asked_us < ASK_MS * 1000 / 2) continue;
        asked_us = now;
        go_on = request->go_on(request->context);
    }
    CURLMsg *message = curl_multi_info_read(handle.multi, &left);
    CURLcode code = message && message->msg == CURLMSG_DONE ? message->data.result : CURLE_RECV_ERROR;
    curl_multi_remove_handle(handle.multi, handle.easy);
    if (!go_on) return stopped(err);
    return code == CURLE_OK || fail(fetch, code, err);
}

/* When this host may be asked; its next turn is a pace later. The place of whom nobody asked for longest is taken. */
static int64_t take_turn(struct net *net, const char *host, double per_second)
{
    int64_t now = time_monotonic_us(), turn;
    struct host_pace *at = &net->pace[0];

    pthread_mutex_lock(&net->lock);
    for (size_t i = 0; i < HOSTS_MAX; i++) {
        if (strcmp(net->pace[i].host, host) == 0) {
            at = &net->pace[i];
            break;
        }
        if (net->pace[i].next_us < at->next_us) at = &net->pace[i];
    }
    turn = strcmp(at->host, host) == 0 && at->next_us > now ? at->next_us : now;
    (void)snprintf(at->host, sizeof at->host, "%s", host);
    at->next_us = turn + (int64_t)(1e6 / per_second);
    pthread_mutex_unlock(&net->lock);
    return turn - now;
}

bool net_fetch(struct net *net, const struct net_request *request, struct arena *arena, struct net_reply *reply,
               struct err *err)
{
    struct fetch fetch = {.request = request};
    struct curl_slist *headers = NULL;
    struct handle handle;
    long status = 0;
    bool ok = false;
    CURLU *url = check_url(net, &fetch, err);

    if (!url) return false;
    buf_init(&fetch.headers, HEADERS_BYTES_MAX);
    buf_init(&fetch.body, request->max_bytes);
    if (!make_headers(request, &headers, err)) goto done;
    if (request->per_second > 0 &&
        !net_wait((take_turn(net, fetch.host, request->per_second) + 999) / 1000, request->go_on, request->context)) {
        stopped(err);
        goto done;
    }
    if (!handle_take(net, &handle, err)) goto done;
    set_options(handle.easy, url, headers, &fetch);
    ok = run(handle, &fetch, err);
    curl_easy_getinfo(handle.easy, CURLINFO_RESPONSE_CODE, &status);
    handle_give(net, handle);
    if (ok)
        *reply = (struct net_reply){(int)status, arena_copy(arena, buf_str(&fetch.headers)),
                                    arena_copy(arena, buf_str(&fetch.body))};
done:
    buf_reset(&fetch.headers);
    buf_reset(&fetch.body);
    curl_slist_free_all(headers);
    curl_url_cleanup(url);
    return ok;
}

/* ---- waiting ---- */

static int64_t retry_after_ms(const struct net_reply *reply)
{
    Str value = net_reply_header(reply, "Retry-After");
    int64_t seconds, ms = 0;
    char text[64];

    if (str_to_i64(value, &seconds) && seconds >= 0)
        ms = seconds > RETRY_AFTER_MAX_MS / 1000 ? RETRY_AFTER_MAX_MS : seconds * 1000;
    else if (value.n && value.n < sizeof text) {
        memcpy(text, value.p, value.n);
        text[value.n] = '\0';
        time_t at = curl_getdate(text, NULL);
        if (at != -1) ms = (int64_t)at * 1000 - time_now_ms();
    }
    return ms < 0 ? 0 : ms > RETRY_AFTER_MAX_MS ? RETRY_AFTER_MAX_MS : ms;
}

int64_t net_backoff_ms(int attempt, int64_t first_ms, int64_t most_ms, const struct net_reply *reply)
{
    struct hash_key key = hash_key_random();
    int64_t ms = first_ms, least = reply ? retry_after_ms(reply) : 0;
    uint32_t random;

    for (int i = 2; i < attempt && ms < most_ms; i++) ms *= 2;
    if (ms > most_ms) ms = most_ms;
    memcpy(&random, key.bytes, sizeof random);
    ms -= (int64_t)(random % (uint32_t)(ms / 2 + 1));
    return ms > least ? ms : least;
}

bool net_wait(int64_t ms, bool (*go_on)(void *), void *context)
{
    int64_t until = time_monotonic_us() + ms * 1000, left;

    while ((left = until - time_monotonic_us()) > 0) {
        if (go_on && !go_on(context)) return false;
        if (left > ASK_MS * 1000) left = ASK_MS * 1000;
        struct timespec span = {0, left * 1000};
        nanosleep(&span, NULL);
    }
    return true;
}
