/* http/auth.h -- who a caller is: tokens, browser sessions, one-time links.
 *
 * Is:    the table `token`: admin and read tokens (no end), sessions and links (with an end), by SHA-256 of a
 *        random text.
 * Owns:  that table.
 * Never: keeps or logs a secret; checks take the same time whether or not a token exists.
 */
#ifndef HTTP_AUTH_H
#define HTTP_AUTH_H

#include "http/route.h"

#define SESSION_MS (30 * INT64_C(86400000))
#define LINK_MS (24 * INT64_C(3600000))
#define SESSION_COOKIE "demetra_session"

struct auth_store;

struct auth_store *auth_open(struct store *store, struct err *err);
void auth_close(struct auth_store *auth); /* NULL is fine */

/* Make the operator's own token the admin's (given); or make one, if there is none yet, into token_out (TOKEN_MAX
 * bytes; empty when there was one already). */
bool auth_set_admin(struct auth_store *auth, Str given, char *token_out, struct err *err) MUST_CHECK;
bool auth_add_token(struct auth_store *auth, Str name, enum auth role, char *token_out, struct err *err) MUST_CHECK;
/* A code that opens one session of `role` within LINK_MS. */
bool auth_make_link(struct auth_store *auth, enum auth role, char *code_out, struct err *err) MUST_CHECK;
bool auth_use_link(struct auth_store *auth, Str code, char *session_out, enum auth *role, struct err *err) MUST_CHECK;
bool auth_log_in(struct auth_store *auth, Str token, char *session_out, struct err *err) MUST_CHECK;
bool auth_log_out(struct auth_store *auth, Str session, struct err *err) MUST_CHECK;

/* The secret of an Authorization header: "Basic base64(key:)" -> key, "Bearer token" -> token; else empty. */
Str auth_header_secret(Str header, struct arena *arena);

/* Who has this token (or session, by_cookie)? ERR_DENIED if nobody. */
bool auth_check(struct auth_store *auth, Str secret, bool by_cookie, struct principal *who, struct err *err) MUST_CHECK;

/* GET /login?code=, POST /api/v1/login, DELETE /api/v1/session */
extern const struct route AUTH_ROUTES[];
extern const size_t AUTH_ROUTES_COUNT;

#endif
