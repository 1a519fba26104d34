/* report/segments.c -- the bits of the segments asked for last, shared by the questions that ask for them.
 *
 * An entry is keyed by the digest of the definition, by what the snapshot was made of, and by the day (last_days). It
 * is the snapshot's `hidden` already, so a question takes it as it is. Entries are counted: one that is pushed out
 * lives on until the last question that uses it is closed. `evaluating` lets one thread evaluate, on all cores, while
 * those who want the same wait for it.
 */
#include "report/segments.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "report/segment_rule.h"

#define ENTRIES_MAX 32

struct key {
    struct digest definition;
    uint64_t version;
    int32_t day;
};

struct members {
    struct key key;
    struct segment_size size;
    uint64_t *hidden;
    uint64_t used; /* when last asked for, by the cache's clock */
    uint32_t holders;
};

struct segment_cache {
    pthread_mutex_t mutex; /* of the entries and their counts */
    pthread_mutex_t evaluating;
    struct members *entry[ENTRIES_MAX];
    uint64_t clock;
};

/* A question's own copy of a snapshot; `copy` comes first, so that its address leads back here. */
struct question_facts {
    struct snapshot copy;
    const struct snapshot *whole;
    struct segment_cache *cache;
    struct members *members; /* NULL: everybody */
};

struct segment_cache *segment_cache_new(void)
{
    struct segment_cache *cache = mem_new(sizeof *cache);

    pthread_mutex_init(&cache->mutex, NULL);
    pthread_mutex_init(&cache->evaluating, NULL);
    return cache;
}

/* With the mutex held. */
static void members_release(struct members *members)
{
    if (!members || --members->holders) return;
    free(members->hidden);
    free(members);
}

void segment_cache_free(struct segment_cache *cache)
{
    if (!cache) return;
    for (size_t i = 0; i < ENTRIES_MAX; i++) members_release(cache->entry[i]);
    pthread_mutex_destroy(&cache->mutex);
    pthread_mutex_destroy(&cache->evaluating);
    free(cache);
}

static bool key_eq(const struct key *a, const struct key *b)
{
    return memcmp(a->definition.bytes, b->definition.bytes, DIGEST_BYTES) == 0 && a->version == b->version &&
           a->day == b->day;
}

/* One more holder of the entry with this key; NULL if there is none. */
static struct members *cache_find(struct segment_cache *cache, const struct key *key)
{
    struct members *found = NULL;

    pthread_mutex_lock(&cache->mutex);
    for (size_t i = 0; i < ENTRIES_MAX && !found; i++)
        if (cache->entry[i] && key_eq(&cache->entry[i]->key, key)) found = cache->entry[i];
    if (found) {
        found->holders++;
        found->used = ++cache->clock;
    }
    pthread_mutex_unlock(&cache->mutex);
    return found;
}

/* Keep a new entry, in place of the one that was asked for the longest ago. */
static void cache_keep(struct segment_cache *cache, struct members *members)
{
    size_t at = 0;

    pthread_mutex_lock(&cache->mutex);
    for (size_t i = 1; i < ENTRIES_MAX && cache->entry[at]; i++)
        if (!cache->entry[i] || cache->entry[i]->used < cache->entry[at]->used) at = i;
    members_release(cache->entry[at]);
    members->holders++;
    members->used = ++cache->clock;
    cache->entry[at] = members;
    pthread_mutex_unlock(&cache->mutex);
}

/* ---- evaluating ---- */

static bool read_definition(struct db *db, int64_t id, struct arena *arena, Str *definition, struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT definition FROM segment WHERE id = $1", DB_ARGS(DB_I64(id)));
    bool found = db_next(&rows);

    if (found) *definition = arena_copy(arena, db_str(&rows, 0));
    if (!db_end(&rows, err)) return false;
    return found || err_set(err, ERR_NOT_FOUND, "there is no segment %lld", (long long)id);
}

static bool read_digest(struct db *db, int64_t id, struct digest *digest, struct err *err)
{
    struct db_rows rows = db_query(db, "SELECT digest FROM segment WHERE id = $1", DB_ARGS(DB_I64(id)));
    bool found = db_next(&rows);

    if (found && db_str(&rows, 0).n == DIGEST_BYTES) memcpy(digest->bytes, db_str(&rows, 0).p, DIGEST_BYTES);
    if (!db_end(&rows, err)) return false;
    return found || err_set(err, ERR_NOT_FOUND, "there is no segment %lld", (long long)id);
}

/* A new entry with one holder; NULL and err. */
static struct members *evaluate(struct request *request, const struct snapshot *snapshot, int64_t id, struct key *key,
                                int64_t now_ms, struct err *err)
{
    struct arena *arena = &request->arena;
    struct members *members = mem_new(sizeof *members);
    struct segment_rule rule;
    struct segment_condition root;
    const struct json *json = NULL;
    Str definition = {NULL, 0};

    members->hidden = mem_new(SEGMENT_WORDS(snapshot->n_places) * sizeof *members->hidden);
    members->holders = 1;
    bool ok = read_definition(request->db, id, arena, &definition, err);
    if (ok) {
        key->definition = digest_of(definition); /* it may have been changed since the digest was read */
        json = json_parse(definition, arena, err);
    }
    ok = json && segment_rule_read(json, arena, &rule, err) &&
         segment_rule_resolve(&rule, snapshot, now_ms, arena, &root, err) &&
         segment_evaluate(snapshot, &root, arena, members->hidden, &members->size, err);
    members->key = *key;
    if (ok) return members;
    members_release(members);
    return NULL;
}

static struct members *members_of(struct request *request, struct segment_cache *cache, const struct snapshot *snapshot,
                                  int64_t id, struct err *err)
{
    int64_t now_ms = time_now_ms();
    struct key key = {.version = snapshot->version, .day = time_day_of(now_ms)};

    if (!read_digest(request->db, id, &key.definition, err)) return NULL;
    struct members *members = cache_find(cache, &key);
    if (members) return members;
    pthread_mutex_lock(&cache->evaluating);
    members = cache_find(cache, &key); /* another question may have evaluated it while this one waited */
    if (!members) {
        members = evaluate(request, snapshot, id, &key, now_ms, err);
        if (members) cache_keep(cache, members);
    }
    pthread_mutex_unlock(&cache->evaluating);
    return members;
}

/* ---- snapshots ---- */

static struct question_facts *facts_of(struct request *request, struct pipeline *pipeline, struct segment_cache *cache)
{
    struct question_facts *facts = ARENA_NEW(&request->arena, struct question_facts);

    facts->whole = pipeline_snapshot(pipeline);
    facts->copy = *facts->whole;
    facts->cache = cache;
    return facts;
}

bool segment_snapshot(struct request *request, struct pipeline *pipeline, struct segment_cache *cache, int64_t id,
                      const struct snapshot **out, struct err *err)
{
    struct question_facts *facts = facts_of(request, pipeline, cache);

    facts->members = members_of(request, cache, facts->whole, id, err);
    if (!facts->members) {
        question_snapshot_close(&facts->copy);
        return false;
    }
    facts->copy.hidden = facts->members->hidden;
    facts->copy.n_persons = facts->members->size.persons;
    facts->copy.n_events = facts->members->size.events;
    facts->copy.first_ms = facts->members->size.first_ms;
    facts->copy.last_ms = facts->members->size.last_ms;
    *out = &facts->copy;
    return true;
}

bool question_snapshot(struct request *request, struct pipeline *pipeline, struct segment_cache *cache,
                       const struct snapshot **out, struct err *err)
{
    int64_t id;

    if (!request_query_whole(request, "segment", 0, 1, INT64_MAX, &id, err)) return false;
    if (id == 0) {
        *out = &facts_of(request, pipeline, cache)->copy;
        return true;
    }
    if (segment_snapshot(request, pipeline, cache, id, out, err)) return true;
    return err->code == ERR_NOT_FOUND && err_set_field(err, "segment", "there is no segment %lld", (long long)id);
}

void question_snapshot_close(const struct snapshot *snapshot)
{
    struct question_facts *facts = (struct question_facts *)(uintptr_t)snapshot; /* its first member */

    if (!facts) return;
    snapshot_close(facts->whole);
    if (!facts->members) return;
    pthread_mutex_lock(&facts->cache->mutex);
    members_release(facts->members);
    pthread_mutex_unlock(&facts->cache->mutex);
}

bool question_answer(struct request *request, struct pipeline *pipeline, struct segment_cache *cache,
                     snapshot_answer_fn *answer, struct reply *reply, struct err *err)
{
    const struct snapshot *snapshot = NULL;

    if (!question_snapshot(request, pipeline, cache, &snapshot, err)) return false;
    bool ok = answer(request, snapshot, reply, err);
    question_snapshot_close(snapshot);
    return ok;
}
