#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/time.h"

static _Atomic enum log_level level_min = LOG_INFO; /* set once, before threads */

void log_set_level(enum log_level level)
{
    atomic_store(&level_min, level);
}

/* A value may carry bytes from outside: nothing in it may end the line or drive a terminal. */
static void escape(const char *from, char *to, size_t room)
{
    size_t n = 0;

    for (; *from && n + 5 < room; from++) {
        unsigned char c = (unsigned char)*from;
        if (c < 0x20 || c == 0x7F) {
            n += (size_t)snprintf(to + n, room - n, "\\x%02x", c);
        } else {
            to[n++] = (char)c;
        }
    }
    to[n] = '\0';
}

void log_line(enum log_level level, const char *event, const char *format, ...)
{
    static const char *const NAMES[] = {"debug", "info", "warn", "error"};
    char text[768], safe[1024], at[TIME_TEXT_MAX];
    va_list args;

    if (level < atomic_load(&level_min)) return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    escape(text, safe, sizeof safe);
    fprintf(stderr, "%s %s %s %s\n", time_format_instant(time_now_ms(), at), NAMES[level], event, safe);
}
