#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "http/http_int.h"

static bool cannot_keep(struct err *err)
{
    return err_set(err, errno == ENOSPC ? ERR_BUSY : ERR_INTERNAL, "cannot keep the upload: %s", strerror(errno));
}

int spool_open(const char *path, struct err *err)
{
    int file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

    if (file < 0) (void)!cannot_keep(err);
    return file;
}

bool spool_write(int file, Str piece, struct err *err)
{
    while (piece.n) {
        ssize_t n = write(file, piece.p, piece.n);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return cannot_keep(err);
        piece = str_from(piece, (size_t)n);
    }
    return true;
}

bool spool_close(int file, struct err *err)
{
    bool ok = fsync(file) == 0;

    ok = close(file) == 0 && ok;
    return ok || err_set(err, ERR_BUSY, "cannot keep the upload: %s", strerror(errno));
}
