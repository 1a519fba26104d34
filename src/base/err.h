/* base/err.h -- why something failed, in one sentence.
 *
 * Is:    struct err and its codes; also CHECK, which stops the program on a broken invariant.
 * Owns:  nothing.
 * Never: holds a secret: what goes into a text is shown to people.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/str.h"

/*   code       text for people and for problem+json's title */
#define ERR_CODES(X)                                                                                                   \
    X(NONE, "no error")                                                                                                \
    X(INVALID, "the request is not valid")                                                                             \
    X(DENIED, "not allowed")                                                                                           \
    X(FORBIDDEN, "this key may not do that")                                                                           \
    X(NOT_FOUND, "not found")                                                                                          \
    X(METHOD, "the path does not take this method")                                                                    \
    X(CONFLICT, "in conflict with what is there")                                                                      \
    X(LIMIT, "too large")                                                                                              \
    X(UPSTREAM, "an outside service failed")                                                                           \
    X(BUSY, "cannot take this now, try again later")                                                                   \
    X(INTERNAL, "a fault of the server")

enum err_code {
#define X(name, text) ERR_##name,
    ERR_CODES(X)
#undef X
};

struct err {
    enum err_code code;
    char field[96]; /* the path of the faulty field, or empty */
    char text[320]; /* one sentence with the value in it */
};

/* Fill `err` (NULL is fine) and return false, so that a check is one line. */
bool err_set(struct err *err, enum err_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool err_set_field(struct err *err, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4))); /* ERR_INVALID at a field */
const char *err_code_name(enum err_code code);
const char *err_code_text(enum err_code code);

/* A broken invariant stops the program, in release builds too. */
#define CHECK(condition) ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))
_Noreturn void check_failed(const char *condition, const char *file, int line);

#endif
