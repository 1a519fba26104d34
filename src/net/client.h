/* net/client.h -- HTTP requests to others, on libcurl.
 *
 * Is:    one call that sends a request and gives the whole reply, within a deadline and a ceiling, at a pace.
 * Owns:  connections that are kept open, and when each host was asked last.
 * Never: follows a redirect (it is a reply like another); connects to an address inside the network, unless the
 * operator named the host in DEMETRA_ALLOW_HOSTS; writes a header, a query or a body into a log or an error.
 */
#ifndef NET_CLIENT_H
#define NET_CLIENT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct net;

struct net_config {
    Str allow_hosts; /* "127.0.0.1:8080 ads.internal": may be asked although they are inside, and over http */
};
struct net *net_open(const struct net_config *config, struct err *err);
void net_close(struct net *net); /* NULL is fine; nothing may be on its way */
/* Did the operator name this address's host in allow_hosts? */
bool net_is_named(const struct net *net, Str url) MUST_CHECK;

struct net_header {
    Str name, value;
};

#define NET_HEADERS_MAX 32

struct net_request {
    const char *method; /* GET, POST … */
    Str url;            /* https://…, query and all */
    struct net_header header[NET_HEADERS_MAX];
    size_t n_headers;
    Str body;
    int64_t timeout_ms;    /* for all of it, once its turn has come */
    size_t max_bytes;      /* of the reply's body, unpacked */
    double per_second;     /* to this host, all threads together; 0: no limit */
    bool (*go_on)(void *); /* asked at least twice a second; false ends it with ERR_BUSY. NULL: no need */
    void *context;
};

struct net_reply {
    int status;
    Str headers; /* as they came, for net_reply_header */
    Str body;
};

/* One try. True: a reply came whole, whatever its status. False: ERR_UPSTREAM (no address, no connection, cut off,
 * timed out: may be tried again), ERR_LIMIT (too large), ERR_INVALID (an address that may not be asked), ERR_BUSY (told
 * to stop). */
bool net_fetch(struct net *net, const struct net_request *request, struct arena *arena, struct net_reply *reply,
               struct err *err) MUST_CHECK;
Str net_reply_header(const struct net_reply *reply, const char *name); /* case does not matter; empty: absent */

/* How long to wait before try number `attempt` (2 for the first that is a repetition): first, twice that … up to
 * `most`, each less up to half of it at random; at least what the reply's Retry-After says (NULL: none), up to 10
 * minutes. */
int64_t net_backoff_ms(int attempt, int64_t first_ms, int64_t most_ms, const struct net_reply *reply);
/* Wait; false: told to stop. */
bool net_wait(int64_t ms, bool (*go_on)(void *), void *context);

#endif
