#define _XOPEN_SOURCE 700 /* nftw */
#include "helpers.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void assert_slice(Str got, Str wanted, const char *what, const char *file, int line)
{
    if (str_eq(got, wanted)) return;
    print_error("%s is \"%.*s\" (%zu bytes), not \"%.*s\" (%zu bytes)\n", what, STR_ARG(got), got.n, STR_ARG(wanted),
                wanted.n);
    _fail(file, line);
}

void assert_whole(int64_t got, int64_t wanted, const char *what, const char *file, int line)
{
    if (got == wanted) return;
    print_error("%s is %lld, not %lld\n", what, (long long)got, (long long)wanted);
    _fail(file, line);
}

void assert_holds(const char *text, const char *part, const char *file, int line)
{
    if (strstr(text, part)) return;
    print_error("\"%s\" does not hold \"%s\"\n", text, part);
    _fail(file, line);
}

void folder_make(char path[FOLDER_MAX])
{
    snprintf(path, FOLDER_MAX, "/tmp/demetra-unit-XXXXXX");
    assert_non_null(mkdtemp(path));
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

void folder_remove(const char *path)
{
    assert_int_equal(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void file_write(const char *folder, const char *name, Str bytes)
{
    char path[FOLDER_MAX + 64];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.p, 1, bytes.n, file), bytes.n);
    assert_int_equal(fclose(file), 0);
}

void assert_stops(void (*act)(void))
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        act();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

void random_bytes(uint64_t *seed, char *out, size_t n, Str from)
{
    for (size_t i = 0; i < n; i++) out[i] = from.n ? from.p[random_below(seed, from.n)] : (char)random_below(seed, 256);
}

static size_t put_code_point(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint32_t LEAD[] = {0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(LEAD[more] | c >> (6 * more));
    for (size_t i = 1; i <= more; i++) out[i] = (char)(0x80 | (c >> (6 * (more - i)) & 0x3F));
    return more + 1;
}

Str random_utf8(uint64_t *seed, char *out, size_t max)
{
    static const uint32_t BELOW[] = {0x20, 0x80, 0x800, 0xD800, 0x110000};
    size_t n = 0, points = (size_t)random_below(seed, max + 1);

    for (size_t i = 0; i < points; i++) {
        uint32_t c = (uint32_t)random_below(seed, BELOW[random_below(seed, COUNT_OF(BELOW))]);
        if (c >= 0xD800 && c <= 0xDFFF) c = '"';
        n += put_code_point(out + n, c);
    }
    return (Str){out, n};
}
