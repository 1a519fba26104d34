/* base/buf.h -- growing byte buffers with a ceiling.
 *
 * Is:    struct buf, owned bytes that grow by doubling up to `ceiling`.
 * Owns:  its bytes; buf_reset gives them back.
 * Never: grows past its ceiling: a write that would is dropped whole and `full` stays set.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct buf {
    char *p;
    size_t n, cap, ceiling;
    bool full; /* a write did not fit; the content is not whole */
};

void buf_init(struct buf *buf, size_t ceiling); /* takes no memory yet */
void buf_reset(struct buf *buf);                /* frees, keeps the ceiling */
bool buf_add(struct buf *buf, Str bytes);       /* false when full */
bool buf_add_char(struct buf *buf, char c);
bool buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
Str buf_str(const struct buf *buf);
/* Give the bytes away: the caller frees them with free(); the buffer is empty again. */
char *buf_take(struct buf *buf, size_t *n);

#endif
