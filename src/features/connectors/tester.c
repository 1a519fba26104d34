#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "features/connectors/connectors_int.h"

#define STOPPING "the server is stopping; test the connection again in a moment"

struct test {
    struct request *request; /* held */
    int64_t id;
    struct test *next;
};

struct connection_tester {
    struct connectors *connectors;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    struct test *first, **last;
    _Atomic bool stopping;
};

static bool go_on(void *context, int64_t done, int64_t total, const char *note)
{
    struct connection_tester *tester = context;

    (void)done;
    (void)total;
    (void)note;
    return !atomic_load(&tester->stopping);
}

static bool test_now(struct connection_tester *tester, struct request *request, int64_t id, struct err *err)
{
    const struct connectors *connectors = tester->connectors;
    const struct connect_watch watch = {go_on, tester};
    struct connect_verdict verdict = {0};
    struct connection connection;
    struct db *db = store_reader_take(connectors->store, err);
    bool ok = db && connection_read(db, connectors->vault, id, &request->arena, &connection, err);

    store_reader_give(connectors->store, db);
    if (!ok && (!db || err->code != ERR_CONFLICT)) return false;
    if (ok) {
        ok = connect_test(connectors->connect, &connection, &watch, &request->arena, &verdict, err);
        connection_wipe(&connection);
        if (!ok) return false;
    } else { /* another key */
        verdict.sentence = arena_copy(&request->arena, str_of(err->text));
    }
    struct json_out out = json_to(&request_reply(request)->body);
    json_open(&out, '{');
    json_kv_bool(&out, "ok", verdict.ok);
    json_kv_str(&out, "sentence", verdict.sentence);
    json_close(&out, '}');
    return true;
}

static struct test *take(struct connection_tester *tester)
{
    pthread_mutex_lock(&tester->mutex);
    while (!tester->first && !atomic_load(&tester->stopping)) pthread_cond_wait(&tester->filled, &tester->mutex);
    struct test *test = tester->first;
    if (test) tester->first = test->next;
    if (!tester->first) tester->last = &tester->first;
    pthread_mutex_unlock(&tester->mutex);
    return test;
}

static void *tester_main(void *context)
{
    struct connection_tester *tester = context;
    struct test *test;

    while ((test = take(tester))) {
        struct request *request = test->request;
        struct err err = {0};
        bool ok = atomic_load(&tester->stopping) ? err_set(&err, ERR_BUSY, STOPPING)
                                                 : test_now(tester, request, test->id, &err);
        request_answer(request, ok, &err); /* `test` may be gone */
    }
    return NULL;
}

struct connection_tester *tester_start(struct connectors *connectors)
{
    struct connection_tester *tester = mem_new(sizeof *tester);

    tester->connectors = connectors;
    tester->last = &tester->first;
    pthread_mutex_init(&tester->mutex, NULL);
    pthread_cond_init(&tester->filled, NULL);
    CHECK(pthread_create(&tester->thread, NULL, tester_main, tester) == 0);
    return tester;
}

bool tester_put(struct connection_tester *tester, struct request *request, int64_t id, struct err *err)
{
    struct test *test = ARENA_NEW(&request->arena, struct test);

    *test = (struct test){.request = request, .id = id};
    pthread_mutex_lock(&tester->mutex);
    bool ok = !atomic_load(&tester->stopping);
    if (ok) {
        *tester->last = test;
        tester->last = &test->next;
        pthread_cond_signal(&tester->filled);
    }
    pthread_mutex_unlock(&tester->mutex);
    return ok || err_set(err, ERR_BUSY, STOPPING);
}

void tester_stop(struct connection_tester *tester)
{
    if (!tester || atomic_load(&tester->stopping)) return;
    pthread_mutex_lock(&tester->mutex);
    atomic_store(&tester->stopping, true);
    pthread_cond_signal(&tester->filled);
    pthread_mutex_unlock(&tester->mutex);
    pthread_join(tester->thread, NULL);
}

void tester_close(struct connection_tester *tester)
{
    if (!tester) return;
    tester_stop(tester);
    pthread_mutex_destroy(&tester->mutex);
    pthread_cond_destroy(&tester->filled);
    free(tester);
}
