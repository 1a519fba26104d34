#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define BUF_FIRST 256

void buf_init(struct buf *buf, size_t ceiling)
{
    *buf = (struct buf){.ceiling = ceiling};
}

void buf_reset(struct buf *buf)
{
    free(buf->p);
    buf_init(buf, buf->ceiling);
}

/* Room for `more` bytes and a NUL behind them. */
static bool buf_reserve(struct buf *buf, size_t more)
{
    if (buf->full || more > buf->ceiling - buf->n) {
        buf->full = true;
        return false;
    }
    size_t need = buf->n + more + 1;
    if (need <= buf->cap) return true;
    size_t cap = buf->cap ? buf->cap : BUF_FIRST;
    while (cap < need) cap *= 2;
    buf->p = mem_grow(buf->p, 1, cap);
    buf->cap = cap;
    return true;
}

bool buf_add(struct buf *buf, Str bytes)
{
    if (!buf_reserve(buf, bytes.n)) return false;
    if (bytes.n) memcpy(buf->p + buf->n, bytes.p, bytes.n);
    buf->n += bytes.n;
    buf->p[buf->n] = '\0';
    return true;
}

bool buf_add_char(struct buf *buf, char c)
{
    return buf_add(buf, (Str){&c, 1});
}

bool buf_printf(struct buf *buf, const char *format, ...)
{
    char small[256];
    va_list args, again;

    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    bool ok = n >= 0;
    if (ok && (size_t)n < sizeof small) {
        ok = buf_add(buf, (Str){small, (size_t)n});
    } else if (ok) {
        ok = buf_reserve(buf, (size_t)n);
        if (ok) {
            vsnprintf(buf->p + buf->n, (size_t)n + 1, format, again);
            buf->n += (size_t)n;
        }
    }
    va_end(again);
    return ok;
}

Str buf_str(const struct buf *buf)
{
    return (Str){buf->p, buf->n};
}

char *buf_take(struct buf *buf, size_t *n)
{
    char *p = buf->p;
    *n = buf->n;
    buf_init(buf, buf->ceiling);
    return p;
}
