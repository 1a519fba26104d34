#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_map(const char *path, Str *bytes, struct err *err)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) return err_set(err, ERR_INTERNAL, "the file has gone from the spool: %s", strerror(errno));
    *bytes = (Str){NULL, 0};
    bool ok = fstat(fd, &info) == 0;
    if (ok && info.st_size > 0) {
        void *p = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        ok = p != MAP_FAILED;
        if (ok) *bytes = (Str){p, (size_t)info.st_size};
    }
    if (!ok) err_set(err, ERR_INTERNAL, "cannot read the file in the spool: %s", strerror(errno));
    close(fd);
    return ok;
}

void file_unmap(Str bytes)
{
    if (bytes.n) munmap((void *)(uintptr_t)bytes.p, bytes.n);
}

bool file_make_folder(const char *path, struct err *err)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ||
           err_set(err, ERR_INTERNAL, "cannot make the folder %s: %s", path, strerror(errno));
}

bool file_move(const char *from, const char *to, int64_t *n, struct err *err)
{
    struct stat info;

    if (stat(from, &info) != 0 || rename(from, to) != 0)
        return err_set(err, ERR_INTERNAL, "cannot take the file into the spool: %s", strerror(errno));
    *n = (int64_t)info.st_size;
    return true;
}

bool file_copy(const char *from, const char *to, struct err *err)
{
    char bytes[65536];
    FILE *in = fopen(from, "rb"), *out = NULL;
    bool ok = false;
    size_t n;

    if (!in) return err_set(err, ERR_INVALID, "cannot open %s: %s", from, strerror(errno));
    out = fopen(to, "wb");
    if (!out) {
        err_set(err, ERR_INTERNAL, "cannot write %s: %s", to, strerror(errno));
        goto done;
    }
    while ((n = fread(bytes, 1, sizeof bytes, in)) > 0)
        if (fwrite(bytes, 1, n, out) != n) break;
    ok = !ferror(in) && !ferror(out) && fflush(out) == 0 && fsync(fileno(out)) == 0;
    if (!ok) err_set(err, ERR_INTERNAL, "cannot copy %s into the spool: %s", from, strerror(errno));
done:
    if (out && fclose(out) != 0) ok = false;
    fclose(in);
    return ok;
}

bool file_put(const char *path, Str bytes, struct err *err)
{
    char half[FILE_PATH_MAX + 8];

    snprintf(half, sizeof half, "%s.half", path);
    FILE *out = fopen(half, "wb");
    if (!out) return err_set(err, ERR_INTERNAL, "cannot write %s: %s", half, strerror(errno));
    bool ok = fwrite(bytes.p ? bytes.p : "", 1, bytes.n, out) == bytes.n && fflush(out) == 0 && fsync(fileno(out)) == 0;
    int why = errno;
    if (fclose(out) != 0) ok = false;
    if (ok && rename(half, path) == 0) return true;
    (void)!unlink(half);
    return err_set(err, why == ENOSPC ? ERR_BUSY : ERR_INTERNAL, "cannot write %s: %s", path, strerror(why));
}
