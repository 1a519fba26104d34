/* bench/load.c -- a sender of events: so many connections, each sending its next request when the last is answered.
 *
 * One thread on epoll, because on a machine of two cores whatever the sender takes is missing from the server; a
 * request is a copy of ready bytes with its ids patched. The time of an answer is from the first byte written to the
 * last byte read. Prints a line of JSON.
 *
 *   load PORT PATH KEY CONNECTIONS BATCH WARM_SECONDS SECONDS RUN [EVENTS_PER_SECOND]
 *
 * BATCH 0: one event a request, no batch around it. With EVENTS_PER_SECOND a request is due every so often on each
 * connection, and the time of its answer counts from then, whether or not the last was answered by then.
 *
 * Requests begun in the warm seconds are counted as acknowledged, and in nothing else. At the end nothing more is
 * sent and every answer is waited for, so what was acknowledged is what was sent. Any answer but 200 ends the program.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "events.h"

#define CONNECTIONS_MAX 256
#define HEAD_MAX 512
#define REPLY_MAX 4096

struct connection {
    int socket;
    char *out; /* the request under way: head and body */
    size_t out_n, out_done;
    char in[REPLY_MAX];
    size_t in_n;
    double started; /* when its request was sent or, at a pace, due */
    double due;     /* of the next request, at a pace */
    bool busy;
    bool counts; /* begun in the measured time */
    bool waits;  /* for room to send: the socket is watched for that too */
};

struct load {
    struct events *events;
    const char *path, *host;
    char credentials[256]; /* base64 of "key:" */
    unsigned batch;
    uint32_t run;
    int poll;
    struct connection connections[CONNECTIONS_MAX];
    int n_connections, busy;
    double every_s; /* between requests of a connection; 0: at once */
    double counts_from, stops_at;
    uint64_t next_event, acked_events, acked_requests;
    uint32_t *latency_us; /* of the measured */
    size_t n_latency, cap_latency;
    uint64_t bytes; /* of bodies */
};

static double now_s(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "load: %s\n", what);
    exit(1);
}

static void encode_key(const char *key, char *out)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[128];
    size_t n = (size_t)snprintf(text, sizeof text, "%s:", key);

    if (n >= sizeof text) die("the key is too long");
    for (size_t i = 0; i < n; i += 3) {
        unsigned v = (unsigned)(unsigned char)text[i] << 16;
        if (i + 1 < n) v |= (unsigned)(unsigned char)text[i + 1] << 8;
        if (i + 2 < n) v |= (unsigned char)text[i + 2];
        *out++ = DIGITS[v >> 18];
        *out++ = DIGITS[v >> 12 & 63];
        *out++ = i + 1 < n ? DIGITS[v >> 6 & 63] : '=';
        *out++ = i + 2 < n ? DIGITS[v & 63] : '=';
    }
    *out = '\0';
}

/* ---- one request ---- */

static size_t write_body(struct load *load, char *out)
{
    char *at = out;

    if (load->batch == 0) return events_write(load->events, load->run, load->next_event++, out);
    at = stpcpy(at, "{\"batch\":[");
    for (unsigned i = 0; i < load->batch; i++) {
        if (i) *at++ = ',';
        at += events_write(load->events, load->run, load->next_event++, at);
    }
    at = stpcpy(at, "],\"sentAt\":\"2025-11-20T23:00:00.000Z\"}");
    return (size_t)(at - out);
}

/* The body is written behind the room for the head, and the head up against it. */
static void make_request(struct load *load, struct connection *c)
{
    char head[HEAD_MAX];
    size_t body_n = write_body(load, c->out + HEAD_MAX);
    int head_n = snprintf(head, sizeof head,
                          "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic %s\r\n"
                          "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
                          load->path, load->credentials, body_n);

    memcpy(c->out + HEAD_MAX - head_n, head, (size_t)head_n);
    c->out_done = HEAD_MAX - (size_t)head_n;
    c->out_n = HEAD_MAX + body_n;
    c->in_n = 0;
    load->bytes += body_n;
}

static void go_on_sending(struct load *load, struct connection *c)
{
    while (c->out_done < c->out_n) {
        ssize_t n = send(c->socket, c->out + c->out_done, c->out_n - c->out_done, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) break;
        if (n < 0) die(strerror(errno));
        c->out_done += (size_t)n;
    }
    bool waits = c->out_done < c->out_n;
    if (waits == c->waits) return;
    c->waits = waits;
    struct epoll_event watch = {.events = EPOLLIN | (waits ? EPOLLOUT : 0u), .data.ptr = c};
    epoll_ctl(load->poll, EPOLL_CTL_MOD, c->socket, &watch);
}

static void begin_request(struct load *load, struct connection *c)
{
    make_request(load, c);
    c->started = load->every_s > 0 ? c->due : now_s();
    c->due += load->every_s;
    c->counts = c->started >= load->counts_from;
    c->busy = true;
    load->busy++;
    go_on_sending(load, c);
}

/* ---- one answer ---- */

static bool answer_is_whole(struct connection *c)
{
    c->in[c->in_n] = '\0';
    char *end = strstr(c->in, "\r\n\r\n");
    if (!end) return false;
    if (strncmp(c->in, "HTTP/1.1 200", 12) != 0) die(c->in);
    char *length = strcasestr(c->in, "\r\ncontent-length:");
    if (!length) die("an answer without Content-Length");
    return c->in_n >= (size_t)(end + 4 - c->in) + strtoul(length + 17, NULL, 10);
}

static void note_answer(struct load *load, struct connection *c, double at)
{
    c->busy = false;
    load->busy--;
    load->acked_requests++;
    load->acked_events += load->batch ? load->batch : 1;
    if (!c->counts || at > load->stops_at) return;
    if (load->n_latency == load->cap_latency) {
        load->cap_latency = load->cap_latency ? load->cap_latency * 2 : 1u << 16;
        load->latency_us = realloc(load->latency_us, load->cap_latency * sizeof *load->latency_us);
        if (!load->latency_us) die("out of memory");
    }
    load->latency_us[load->n_latency++] = (uint32_t)((at - c->started) * 1e6);
}

static void read_answer(struct load *load, struct connection *c)
{
    ssize_t n = recv(c->socket, c->in + c->in_n, sizeof c->in - 1 - c->in_n, 0);

    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) die("the server closed a connection");
    c->in_n += (size_t)n;
    if (!answer_is_whole(c)) return;
    double at = now_s();
    note_answer(load, c, at);
    if (at < load->stops_at && load->every_s == 0) begin_request(load, c); /* else begin_due does */
}

/* ---- all of it ---- */

/* Servers with several threads or processes share what connects by who wakes first; a pause lets each get its part. */
static void connect_all(struct load *load, uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    size_t room = HEAD_MAX + 64 + (load->batch ? load->batch : 1) * EVENT_MAX;
    int one = 1;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    load->poll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < load->n_connections; i++) {
        struct connection *c = &load->connections[i];
        c->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        c->out = malloc(room);
        if (!c->out || connect(c->socket, (struct sockaddr *)&to, sizeof to) != 0) die("cannot connect");
        setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        fcntl(c->socket, F_SETFL, O_NONBLOCK);
        struct epoll_event watch = {.events = EPOLLIN, .data.ptr = c};
        epoll_ctl(load->poll, EPOLL_CTL_ADD, c->socket, &watch);
        usleep(3000);
    }
}

/* Send what is due on connections that are free. Returns how long to wait for more, in ms; 0: nothing more is due. */
static int begin_due(struct load *load)
{
    double now = now_s(), next = load->stops_at;

    for (int i = 0; i < load->n_connections; i++) {
        struct connection *c = &load->connections[i];
        if (!c->busy && c->due <= now && c->due < load->stops_at) begin_request(load, c);
        if (!c->busy && c->due < next) next = c->due;
    }
    return now < load->stops_at ? 1 + (int)((next - now) * 1000) : 0;
}

static void run_load(struct load *load)
{
    struct epoll_event ready[CONNECTIONS_MAX];
    double began = now_s();

    for (int i = 0; i < load->n_connections; i++) {
        load->connections[i].due = began + load->every_s * i / load->n_connections;
        if (load->every_s == 0) begin_request(load, &load->connections[i]);
    }
    for (;;) {
        int wait_ms = load->every_s > 0 ? begin_due(load) : 0;
        if (load->busy == 0 && wait_ms == 0) break;
        int n = epoll_wait(load->poll, ready, CONNECTIONS_MAX, wait_ms ? wait_ms : 30000);
        if (n == 0 && wait_ms == 0) die("no answer for 30 s");
        for (int i = 0; i < n; i++) {
            if (ready[i].events & EPOLLOUT) go_on_sending(load, ready[i].data.ptr);
            if (ready[i].events & ~(uint32_t)EPOLLOUT) read_answer(load, ready[i].data.ptr);
        }
    }
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static uint32_t quantile(const struct load *load, double share)
{
    return load->n_latency ? load->latency_us[(size_t)((double)(load->n_latency - 1) * share)] : 0;
}

static void report(struct load *load)
{
    struct rusage used;
    double seconds = load->stops_at - load->counts_from, batch = load->batch ? load->batch : 1;

    getrusage(RUSAGE_SELF, &used);
    double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                 (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    if (load->n_latency) qsort(load->latency_us, load->n_latency, sizeof *load->latency_us, compare);
    printf("{\"acked_events\":%llu,\"acked_requests\":%llu,\"events_per_s\":%.1f,\"requests_per_s\":%.1f,"
           "\"p50_us\":%u,\"p99_us\":%u,\"max_us\":%u,\"event_bytes\":%.1f,\"sender_cpu_s\":%.3f}\n",
           (unsigned long long)load->acked_events, (unsigned long long)load->acked_requests,
           (double)load->n_latency * batch / seconds, (double)load->n_latency / seconds, quantile(load, 0.5),
           quantile(load, 0.99), quantile(load, 1), (double)load->bytes / (double)load->next_event, cpu);
}

int main(int n, char **args)
{
    static struct load load;

    if (n != 9 && n != 10) {
        fprintf(stderr, "load PORT PATH KEY CONNECTIONS BATCH WARM_SECONDS SECONDS RUN [EVENTS_PER_SECOND]\n");
        return 2;
    }
    load.path = args[2];
    encode_key(args[3], load.credentials);
    load.n_connections = atoi(args[4]);
    load.batch = (unsigned)atoi(args[5]);
    load.run = (uint32_t)strtoul(args[8], NULL, 10);
    if (load.n_connections < 1 || load.n_connections > CONNECTIONS_MAX) die("1 to 256 connections");
    if (n == 10) load.every_s = (double)load.n_connections * (load.batch ? load.batch : 1) / atof(args[9]);
    load.events = events_new();
    connect_all(&load, (uint16_t)atoi(args[1]));
    load.counts_from = now_s() + atof(args[6]);
    load.stops_at = load.counts_from + atof(args[7]);
    run_load(&load);
    report(&load);
    events_free(load.events);
    return 0;
}
