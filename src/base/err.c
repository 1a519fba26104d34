#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void fill(struct err *err, enum err_code code, const char *field, const char *format, va_list args)
{
    if (!err) return;
    *err = (struct err){.code = code};
    snprintf(err->field, sizeof err->field, "%s", field);
    vsnprintf(err->text, sizeof err->text, format, args);
}

bool err_set(struct err *err, enum err_code code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fill(err, code, "", format, args);
    va_end(args);
    return false;
}

bool err_set_field(struct err *err, const char *field, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fill(err, ERR_INVALID, field, format, args);
    va_end(args);
    return false;
}

const char *err_code_name(enum err_code code)
{
    static const char *const NAMES[] = {
#define X(name, text) #name,
        ERR_CODES(X)
#undef X
    };
    return NAMES[code];
}

const char *err_code_text(enum err_code code)
{
    static const char *const TEXTS[] = {
#define X(name, text) text,
        ERR_CODES(X)
#undef X
    };
    return TEXTS[code];
}

_Noreturn void check_failed(const char *condition, const char *file, int line)
{
    fprintf(stderr, "demetra: broken invariant `%s` at %s:%d; stopping\n", condition, file, line);
    abort();
}
