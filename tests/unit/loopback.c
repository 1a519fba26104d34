#include "loopback.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"

#define REQUEST_MAX ((size_t)1 << 20)

struct loopback {
    int socket, port;
    atomic_int requests;
    atomic_bool over;
    pthread_t thread;
    loopback_answer *answer;
    void *context;
};

Str loopback_body(Str request)
{
    for (size_t i = 0; i + 4 <= request.n; i++)
        if (memcmp(request.p + i, "\r\n\r\n", 4) == 0) return str_from(request, i + 4);
    return (Str){NULL, 0};
}

static bool is_whole(Str request)
{
    Str body = loopback_body(request), head = {request.p, request.n - body.n};
    int64_t length = 0;

    if (!body.p) return false;
    while (head.n) {
        Str value = str_cut(&head, '\n');
        Str key = str_cut(&value, ':');
        if (str_eq_nocase(key, STR("Content-Length")) && !str_to_i64(str_trim(value), &length)) return true;
    }
    return (int64_t)body.n >= length;
}

static void serve_one(struct loopback *server, int connection)
{
    struct buf request, out;
    char chunk[4096];
    ssize_t n;

    buf_init(&request, REQUEST_MAX);
    buf_init(&out, (size_t)64 << 20);
    while (!is_whole(buf_str(&request)) && (n = read(connection, chunk, sizeof chunk)) > 0)
        buf_add(&request, (Str){chunk, (size_t)n});
    if (request.n) {
        atomic_fetch_add(&server->requests, 1);
        server->answer(server->context, buf_str(&request), &out);
    }
    for (size_t at = 0; at < out.n; at += (size_t)n)
        if ((n = send(connection, out.p + at, out.n - at, MSG_NOSIGNAL)) <= 0) break;
    close(connection);
    buf_reset(&request);
    buf_reset(&out);
}

static void *serve(void *context)
{
    struct loopback *server = context;

    while (!atomic_load(&server->over)) {
        int connection = accept(server->socket, NULL, NULL);
        if (connection >= 0) serve_one(server, connection);
    }
    return NULL;
}

struct loopback *loopback_open(loopback_answer *answer, void *context)
{
    struct loopback *server = mem_new(sizeof *server);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;

    server->answer = answer;
    server->context = context;
    server->socket = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(server->socket, (struct sockaddr *)&at, sizeof at) == 0 && listen(server->socket, 16) == 0);
    CHECK(getsockname(server->socket, (struct sockaddr *)&at, &n) == 0);
    server->port = ntohs(at.sin_port);
    CHECK(pthread_create(&server->thread, NULL, serve, server) == 0);
    return server;
}

void loopback_close(struct loopback *server)
{
    atomic_store(&server->over, true);
    shutdown(server->socket, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->socket);
    free(server);
}

int loopback_port(const struct loopback *server)
{
    return server->port;
}

int loopback_requests(struct loopback *server)
{
    return atomic_load(&server->requests);
}

void loopback_reply(struct buf *out, int status, const char *headers, Str body)
{
    buf_printf(out, "HTTP/1.1 %d X\r\n%sContent-Length: %zu\r\nConnection: close\r\n\r\n", status, headers, body.n);
    buf_add(out, body);
}
