#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "store/store_int.h"

#define READERS_MAX 64
#define PATH_MAX_BYTES 1024

struct store {
    char folder[PATH_MAX_BYTES];
    char path[PATH_MAX_BYTES + 32];
    int lock;
    uint64_t session;
    struct db *writer;
    pthread_mutex_t writing; /* held by whoever has the writer */
    pthread_mutex_t mutex;   /* of the pool */
    struct db *idle[READERS_MAX];
    size_t n_idle;
};

/* mkdir -p. */
static bool make_folder(char *path, struct err *err)
{
    for (char *at = path + 1;; at++) {
        if (*at != '/' && *at != '\0') continue;
        char mark = *at;
        *at = '\0';
        bool ok = mkdir(path, 0700) == 0 || errno == EEXIST;
        int why = errno;
        *at = mark;
        if (!ok) return err_set(err, ERR_INTERNAL, "cannot make the folder %s: %s", path, strerror(why));
        if (mark == '\0') return true;
    }
}

/* The lock goes with the process, however it ends; the file stays. */
static bool take_lock(struct store *store, struct err *err)
{
    char path[PATH_MAX_BYTES + 32];

    snprintf(path, sizeof path, "%s/lock", store->folder);
    store->lock = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (store->lock < 0) return err_set(err, ERR_INTERNAL, "cannot open %s: %s", path, strerror(errno));
    if (flock(store->lock, LOCK_EX | LOCK_NB) == 0) return true;
    return err_set(err, ERR_CONFLICT,
                   "another demetra runs on %s; stop it first, or set DEMETRA_DATA to another folder", store->folder);
}

static struct store *store_new(Str folder, struct err *err)
{
    struct store *store = mem_new(sizeof *store);

    store->lock = -1;
    store->session = random_u64();
    pthread_mutex_init(&store->mutex, NULL);
    pthread_mutex_init(&store->writing, NULL);
    if (folder.n > 0 && folder.n < PATH_MAX_BYTES) {
        memcpy(store->folder, folder.p, folder.n);
        snprintf(store->path, sizeof store->path, "%s/demetra.sqlite", store->folder);
        return store;
    }
    err_set(err, ERR_INVALID, "DEMETRA_DATA must be a path of 1 to %d bytes", PATH_MAX_BYTES - 1);
    store_close(store);
    return NULL;
}

struct store *store_open_beside(Str folder, struct err *err)
{
    struct store *store = store_new(folder, err);
    int version = 0;

    if (!store) return NULL;
    struct db *db = access(store->path, R_OK) == 0 ? store_reader_take(store, err) : NULL;
    bool ok = db && store_schema_version(db, &version, err) && version == store_schema_latest();
    store_reader_give(store, db);
    if (ok) return store;
    err_set(err, ERR_CONFLICT, "%s holds no database of this version; start `demetra serve` on it once", store->folder);
    store_close(store);
    return NULL;
}

struct store *store_open(Str folder, struct err *err)
{
    struct store *store = store_new(folder, err);

    if (!store) return NULL;
    if (!make_folder(store->folder, err) || !take_lock(store, err)) goto failed;
    store->writer = db_open(store->path, true, err);
    if (!store->writer || !store_migrate(store->writer, store_schema_latest(), err)) goto failed;
    return store;
failed:
    store_close(store);
    return NULL;
}

void store_close(struct store *store)
{
    if (!store) return;
    for (size_t i = 0; i < store->n_idle; i++) db_close(store->idle[i]);
    db_close(store->writer);
    if (store->lock >= 0) close(store->lock);
    pthread_mutex_destroy(&store->mutex);
    pthread_mutex_destroy(&store->writing);
    free(store);
}

Str store_folder(const struct store *store)
{
    return str_of(store->folder);
}

uint64_t store_session(const struct store *store)
{
    return store->session;
}

struct db *store_writer_take(struct store *store)
{
    pthread_mutex_lock(&store->writing);
    return store->writer;
}

void store_writer_give(struct store *store)
{
    pthread_mutex_unlock(&store->writing);
}

struct db *store_reader_take(struct store *store, struct err *err)
{
    struct db *db = NULL;

    pthread_mutex_lock(&store->mutex);
    if (store->n_idle) db = store->idle[--store->n_idle];
    pthread_mutex_unlock(&store->mutex);
    return db ? db : db_open(store->path, false, err);
}

void store_reader_give(struct store *store, struct db *db)
{
    if (!db) return;
    pthread_mutex_lock(&store->mutex);
    bool kept = store->n_idle < READERS_MAX;
    if (kept) store->idle[store->n_idle++] = db;
    pthread_mutex_unlock(&store->mutex);
    if (!kept) db_close(db);
}
