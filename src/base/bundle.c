#include "base/bundle.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/arena.h"
#include "base/parallel.h"

#define MAGIC "demetra\x01" /* also tells another byte order by the numbers that follow */
#define BYTE_ORDER_MARK UINT32_C(0x01020304)
#define BUFFER_BYTES ((size_t)1 << 20)

struct head {
    char magic[8];
    uint32_t byte_order, version, n, unused;
    uint64_t file_bytes;
    struct bundle_head_row row[BUNDLE_ARRAYS_MAX];
    uint64_t checksum; /* of all before it */
};

static_assert(sizeof(struct head) <= BUNDLE_ALIGN, "the head stands before the first array");

/* ---- writing ---- */

static bool fail(struct bundle_writer *writer, const char *what)
{
    if (writer->failed) return false;
    writer->failed = true;
    return err_set(&writer->err, errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? ERR_BUSY : ERR_INTERNAL,
                   "cannot %s %s: %s", what, writer->part, strerror(errno));
}

static void write_out(struct bundle_writer *writer, const char *bytes, size_t n)
{
    while (n > 0 && !writer->failed) {
        ssize_t wrote = write(writer->file, bytes, n);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) {
            (void)fail(writer, "write");
            return;
        }
        bytes += wrote;
        n -= (size_t)wrote;
    }
}

static void flush(struct bundle_writer *writer)
{
    write_out(writer, writer->buffer, writer->in_buffer);
    writer->in_buffer = 0;
}

static void append(struct bundle_writer *writer, const void *bytes, size_t n)
{
    writer->at += n;
    if (n > BUFFER_BYTES - writer->in_buffer) flush(writer);
    if (n >= BUFFER_BYTES) {
        write_out(writer, bytes, n);
        return;
    }
    if (n > 0) memcpy(writer->buffer + writer->in_buffer, bytes, n);
    writer->in_buffer += n;
}

static void pad(struct bundle_writer *writer)
{
    static const char ZERO[BUNDLE_ALIGN];
    append(writer, ZERO, (size_t)(-writer->at & (BUNDLE_ALIGN - 1)));
}

static void end_array(struct bundle_writer *writer)
{
    if (writer->n == 0) return;
    struct bundle_head_row *row = &writer->row[writer->n - 1];
    row->bytes = writer->at - row->offset;
    row->checksum = XXH3_64bits_digest(writer->hash);
    pad(writer);
}

bool bundle_create(struct bundle_writer *writer, const char *path, uint32_t version, struct err *err)
{
    static const struct head NONE;

    *writer = (struct bundle_writer){.version = version, .file = -1};
    int n = snprintf(writer->path, sizeof writer->path, "%s", path);
    if (n < 0 || (size_t)n >= sizeof writer->path) return err_set(err, ERR_INVALID, "the path %s is too long", path);
    snprintf(writer->part, sizeof writer->part, "%s.part", path);
    writer->file = open(writer->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (writer->file < 0) {
        (void)fail(writer, "make");
        *err = writer->err;
        return false;
    }
    writer->buffer = mem_new(BUFFER_BYTES);
    writer->hash = XXH3_createState();
    CHECK(writer->hash);
    append(writer, &NONE, sizeof NONE);
    pad(writer);
    return true;
}

void bundle_begin(struct bundle_writer *writer, const char *name)
{
    end_array(writer);
    CHECK(writer->n < BUNDLE_ARRAYS_MAX && strlen(name) < BUNDLE_NAME_MAX);
    struct bundle_head_row *row = &writer->row[writer->n++];
    memset(row->name, 0, sizeof row->name);
    memcpy(row->name, name, strlen(name));
    row->offset = writer->at;
    CHECK(XXH3_64bits_reset(writer->hash) == XXH_OK);
}

void bundle_put(struct bundle_writer *writer, const void *bytes, size_t n)
{
    if (n == 0) return;
    CHECK(XXH3_64bits_update(writer->hash, bytes, n) == XXH_OK);
    append(writer, bytes, n);
}

static void close_writer(struct bundle_writer *writer)
{
    if (writer->file >= 0) close(writer->file);
    if (writer->failed) unlink(writer->part);
    free(writer->buffer);
    XXH3_freeState(writer->hash);
    writer->file = -1;
    writer->buffer = NULL;
    writer->hash = NULL;
}

static void write_head(struct bundle_writer *writer)
{
    struct head head;

    memset(&head, 0, sizeof head);
    memcpy(head.magic, MAGIC, sizeof head.magic);
    head.byte_order = BYTE_ORDER_MARK;
    head.version = writer->version;
    head.n = writer->n;
    head.file_bytes = writer->at;
    memcpy(head.row, writer->row, writer->n * sizeof *head.row);
    head.checksum = XXH3_64bits(&head, offsetof(struct head, checksum));
    if (!writer->failed && lseek(writer->file, 0, SEEK_SET) != 0) (void)fail(writer, "write");
    write_out(writer, (const char *)&head, sizeof head);
}

/* The new name is on disk when the folder is. */
static void sync_folder(struct bundle_writer *writer)
{
    char path[sizeof writer->path];

    memcpy(path, writer->path, sizeof path);
    int folder = open(dirname(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || fsync(folder) != 0) (void)fail(writer, "sync the folder of");
    if (folder >= 0) close(folder);
}

bool bundle_commit(struct bundle_writer *writer, struct err *err)
{
    end_array(writer);
    flush(writer);
    write_head(writer);
    if (!writer->failed && fsync(writer->file) != 0) (void)fail(writer, "sync");
    if (!writer->failed && rename(writer->part, writer->path) != 0) (void)fail(writer, "rename");
    if (!writer->failed) sync_folder(writer);
    bool ok = !writer->failed;
    close_writer(writer);
    if (!ok) *err = writer->err;
    return ok;
}

/* ---- reading ---- */

struct bundle {
    _Atomic uint32_t holders;
    int file;
    const char *bytes;
    size_t n;
    const struct head *head;
};

static bool damaged(const char *path, const char *how, struct err *err)
{
    return err_set(err, ERR_INVALID, "%s is %s", path, how);
}

static bool head_is_sound(const struct bundle *bundle)
{
    const struct head *head = bundle->head;

    if (bundle->n < sizeof *head || memcmp(head->magic, MAGIC, sizeof head->magic) != 0) return false;
    if (head->byte_order != BYTE_ORDER_MARK || head->n > BUNDLE_ARRAYS_MAX || head->file_bytes != bundle->n)
        return false;
    if (head->checksum != XXH3_64bits(head, offsetof(struct head, checksum))) return false;
    for (uint32_t i = 0; i < head->n; i++) {
        const struct bundle_head_row *row = &head->row[i];
        if (row->offset % BUNDLE_ALIGN || row->offset > bundle->n || row->bytes > bundle->n - row->offset) return false;
    }
    return true;
}

struct checking {
    const struct bundle *bundle;
    _Atomic bool wrong;
};

static void check_array(void *context, uint32_t part)
{
    struct checking *checking = context;
    const struct bundle_head_row *row = &checking->bundle->head->row[part];

    if (XXH3_64bits(checking->bundle->bytes + row->offset, row->bytes) != row->checksum)
        atomic_store(&checking->wrong, true);
}

static bool arrays_are_sound(const struct bundle *bundle)
{
    struct checking checking = {.bundle = bundle};

    parallel_run(bundle->head->n, check_array, &checking);
    return !atomic_load(&checking.wrong);
}

static bool map_file(struct bundle *bundle, const char *path, struct err *err)
{
    struct stat stat;

    if (fstat(bundle->file, &stat) != 0 || stat.st_size < (off_t)sizeof(struct head))
        return damaged(path, "cut off", err);
    void *bytes = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_SHARED, bundle->file, 0);
    if (bytes == MAP_FAILED) return err_set(err, ERR_INTERNAL, "cannot map %s: %s", path, strerror(errno));
    bundle->bytes = bytes;
    bundle->n = (size_t)stat.st_size;
    bundle->head = bytes;
    if (!head_is_sound(bundle) || !arrays_are_sound(bundle)) return damaged(path, "damaged", err);
    return true;
}

struct bundle *bundle_open(const char *path, uint32_t version, struct err *err)
{
    struct bundle *bundle = mem_new(sizeof *bundle);

    atomic_init(&bundle->holders, 1);
    bundle->file = open(path, O_RDONLY | O_CLOEXEC);
    if (bundle->file < 0) {
        err_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_INTERNAL, "cannot open %s: %s", path, strerror(errno));
    } else if (map_file(bundle, path, err)) {
        if (bundle->head->version == version) return bundle;
        damaged(path, "of another version", err);
    }
    bundle_release(bundle);
    return NULL;
}

struct bundle *bundle_hold(struct bundle *bundle)
{
    atomic_fetch_add(&bundle->holders, 1);
    return bundle;
}

void bundle_release(struct bundle *bundle)
{
    if (!bundle || atomic_fetch_sub(&bundle->holders, 1) != 1) return;
    if (bundle->bytes) munmap((void *)(uintptr_t)bundle->bytes, bundle->n);
    if (bundle->file >= 0) close(bundle->file);
    free(bundle);
}

static const struct bundle_head_row *find_row(const struct bundle *bundle, const char *name, struct err *err)
{
    for (uint32_t i = 0; i < bundle->head->n; i++)
        if (strncmp(bundle->head->row[i].name, name, BUNDLE_NAME_MAX) == 0) return &bundle->head->row[i];
    err_set(err, ERR_INVALID, "the file has no array %s", name);
    return NULL;
}

bool bundle_array(const struct bundle *bundle, const char *name, size_t size, const void **array, uint64_t *count,
                  struct err *err)
{
    const struct bundle_head_row *row = find_row(bundle, name, err);

    if (!row) return false;
    if (row->bytes % size) return err_set(err, ERR_INVALID, "the array %s is of another type", name);
    *array = bundle->bytes + row->offset;
    *count = row->bytes / size;
    return true;
}

bool bundle_map_over(const struct bundle *bundle, const char *name, void *at, struct err *err)
{
    const struct bundle_head_row *row = find_row(bundle, name, err);

    if (!row) return false;
    size_t bytes = (size_t)((row->bytes + BUNDLE_ALIGN - 1) / BUNDLE_ALIGN * BUNDLE_ALIGN);
    if (bytes == 0) return true;
    if (mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, bundle->file,
             (off_t)row->offset) == MAP_FAILED)
        return err_set(err, ERR_INTERNAL, "cannot map %s: %s", name, strerror(errno));
    return true;
}
