/* connect/session.h -- asking a platform, as its adapter says.
 *
 * Is:    requests made of an adapter's rules and a connection's settings, sent, tried again, and what became of them as
 *        a class and a sentence.
 * Owns:  the variables of one pull; access tokens while they are valid (struct tokens, shared by all).
 * Never: puts a secret, a query or a reply's text into a sentence.
 */
#ifndef CONNECT_SESSION_H
#define CONNECT_SESSION_H

#include "connect/adapter.h"

struct tokens;
struct tokens *tokens_new(void);
void tokens_free(struct tokens *tokens);

struct session {
    struct net *net;
    struct tokens *tokens;
    const struct adapter *adapter;
    const struct connect_watch *watch;
    int64_t connection;
    struct vars vars;
    struct arena kept; /* for all of the session */
    struct arena page; /* until the next request */
    int64_t tries;     /* the adapter's, until somebody says otherwise */
    int64_t done, total, requests, waited_ms, pause_until_us;
    char note[160];
};

/* `settings`: JSON object with the secrets. ERR_INVALID: they are not whole. */
bool session_open(struct session *session, const struct json *settings, struct err *err) MUST_CHECK;
void session_close(struct session *session);

struct answer {
    struct net_reply reply;
    const struct json *root; /* NULL: no JSON */
};

/* Ask until there is an answer, or it is known that there is none: ASK_OK, or why not, with a sentence in err.
 * `url`: of the next page, instead of the request's own; must be of the base address's host. */
enum ask_class session_ask(struct session *session, const struct ask *ask, Str url, bool json, struct answer *out,
                           struct err *err) MUST_CHECK;
bool session_wait(struct session *session, int64_t ms, const char *why); /* false: told to stop */
void session_note(struct session *session, const char *format, ...) __attribute__((format(printf, 2, 3)));

bool conditions_hold(const struct condition *conditions, size_t n, const struct json *root, struct arena *arena);

/* ---- classify.c ---- */
/* What a reply means; the sentence in err, how long to wait in *wait_ms (0: not said). */
enum ask_class classify(const struct adapter *adapter, const struct answer *answer, bool json, struct arena *arena,
                        int64_t *wait_ms, struct err *err);
int64_t wait_of(const struct wait_rule *rule, const struct answer *answer, const struct place *body,
                struct arena *arena);
/* How long to pause before the next request, by what the reply's headers say of what is used up. */
int64_t usage_pause(const struct adapter *adapter, const struct answer *answer, struct arena *arena);
bool ask_fails(enum ask_class class, const struct adapter *adapter, Str say, int status, Str code, struct err *err);

#endif
