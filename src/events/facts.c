/* events/facts.c -- the writer's side: dictionaries, who is who, rows of the tail. facts_int.h has the whole. */
#include "events/facts_int.h"

#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 65535u
#define TOUCHES_MAX 4000000u
#define OTHER STR_INIT("(other)") /* stands in for names past the ceilings */

static const char *const DIM_NAMES[] = {
#define X(name, text) text,
    TOUCH_DIMS(X)
#undef X
};

const char *touch_dim_name(enum touch_dim dim)
{
    return DIM_NAMES[dim];
}

bool touch_dim_find(Str name, enum touch_dim *dim)
{
    for (int i = 0; i < TOUCH_DIM_COUNT; i++) {
        if (!str_eq(name, str_of(DIM_NAMES[i]))) continue;
        *dim = (enum touch_dim)i;
        return true;
    }
    return false;
}

static Str no_platform(const void *rules, const struct tuple *tuple, bool *paid)
{
    (void)rules;
    (void)tuple;
    *paid = false;
    return STR("unknown");
}

/* One for all facts of the process: a version is of one state of one of them. */
uint64_t facts_next_version(void)
{
    static _Atomic uint64_t last;
    return atomic_fetch_add(&last, 1) + 1;
}

/* Without rules, and without what `generation` makes of the rest. */
struct facts *facts_shell(struct generation *generation, const struct hash_key *key)
{
    struct facts *facts = mem_new(sizeof *facts);

    pthread_mutex_init(&facts->mutex, NULL);
    pthread_mutex_init(&facts->building, NULL);
    facts->key = *key;
    facts->generation = generation;
    facts->platform = no_platform;
    facts->version = facts_next_version();
    facts->last_ms = -1;
    atomic_init(&facts->holders, 1);
    return facts;
}

struct facts *facts_new(void)
{
    struct hash_key key = hash_key_random();
    struct facts *facts = facts_shell(generation_new(&key), &key);
    struct err err = {0};

    facts->columns = columns_new(NULL, 0, &err);
    CHECK(facts->columns); /* addresses, not memory: a system without them runs nothing of this size */
    dict_add(facts->generation->values, STR("")); /* id 0 is the empty text */
    return facts;
}

const struct hash_key *facts_key(const struct facts *facts)
{
    return &facts->key;
}

void facts_release(struct facts *facts)
{
    if (atomic_fetch_sub(&facts->holders, 1) != 1) return;
    tail_reset(&facts->tail);
    touch_table_release(facts->table);
    columns_release(facts->columns);
    generation_release(facts->generation);
    void *arrays[] = {facts->parent,   facts->best,     facts->ring,     facts->touches,
                      facts->nodes.at, facts->dirty.at, facts->merges.at};
    for (size_t i = 0; i < COUNT_OF(arrays); i++) free(arrays[i]);
    pthread_mutex_destroy(&facts->mutex);
    pthread_mutex_destroy(&facts->building);
    free(facts);
}

void facts_close(struct facts *facts)
{
    if (!facts) return;
    pthread_mutex_lock(&facts->mutex);
    struct snapshot_owner *latest = facts->latest;
    facts->latest = NULL;
    pthread_mutex_unlock(&facts->mutex);
    if (latest) snapshot_close(&latest->snap);
    facts_release(facts);
}

void facts_write_begin(struct facts *facts)
{
    pthread_mutex_lock(&facts->mutex);
}

void facts_write_end(struct facts *facts)
{
    facts->version = facts_next_version();
    pthread_mutex_unlock(&facts->mutex);
}

/* ---- touches ---- */

static bool says_direct(const struct tuple *tuple)
{
    static const Str DIRECT[] = {STR_INIT("direct"), STR_INIT("(direct)"), STR_INIT("$direct"), STR_INIT("(none)")};

    for (size_t i = 0; i < COUNT_OF(DIRECT); i++)
        if (str_eq_nocase(tuple->dim[TOUCH_SOURCE], DIRECT[i])) return true;
    return false;
}

/* What a tuple is, by its texts and the rules. Its key in the dictionary is the ids of its texts, with `whole` in the
 * place of the platform. */
static void decide_touch(struct facts *facts, uint32_t id)
{
    struct touch *touch = &facts->touches[id];
    struct tuple tuple;
    bool known = false, paid = false;

    memcpy(touch->dim, dict_text(facts->generation->tuples, id).p, sizeof touch->dim);
    tuple.whole = touch->dim[TOUCH_PLATFORM];
    tuple.dim[TOUCH_PLATFORM] = STR("");
    for (int d = TOUCH_PLATFORM + 1; d < TOUCH_DIM_COUNT; d++) {
        tuple.dim[d] = dict_text(facts->generation->values, touch->dim[d]);
        known = known || tuple.dim[d].n;
    }
    touch->empty = !known && !tuple.whole;
    touch->direct = !known || says_direct(&tuple);
    touch->dim[TOUCH_PLATFORM] = dict_add(facts->generation->values, facts->platform(facts->rules, &tuple, &paid));
    touch->paid = paid;
}

static void reserve_touches(struct facts *facts, size_t n)
{
    if (n <= facts->touches_capacity) return;
    facts->touches_capacity = n < 128 ? 256 : n * 2;
    facts->touches = mem_grow(facts->touches, sizeof *facts->touches, facts->touches_capacity);
}

void facts_decide_touches(struct facts *facts)
{
    uint32_t n = dict_count(facts->generation->tuples);

    reserve_touches(facts, n);
    for (uint32_t i = 0; i < n; i++) decide_touch(facts, i);
    touch_table_release(facts->table);
    facts->table = NULL;
}

void facts_set_rules(struct facts *facts, facts_platform_fn *platform, const void *rules)
{
    facts->platform = platform;
    facts->rules = rules;
    facts_decide_touches(facts);
}

uint32_t facts_touch(struct facts *facts, const struct tuple *tuple)
{
    const struct tuple other = {.dim[TOUCH_SOURCE] = OTHER};
    uint32_t key[TOUCH_DIM_COUNT];
    uint32_t before = dict_count(facts->generation->tuples);

    if (before >= TOUCHES_MAX) tuple = &other;
    key[TOUCH_PLATFORM] = tuple->whole;
    for (int d = TOUCH_PLATFORM + 1; d < TOUCH_DIM_COUNT; d++)
        key[d] = dict_add(facts->generation->values, tuple->dim[d]);
    uint32_t id = dict_add(facts->generation->tuples, (Str){(const char *)key, sizeof key});
    if (id < before) return id;
    reserve_touches(facts, (size_t)id + 1);
    decide_touch(facts, id);
    touch_table_release(facts->table);
    facts->table = NULL;
    return id;
}

/* ---- names, aliases ---- */

uint32_t facts_name(struct facts *facts, Str name)
{
    struct dict *names = facts->generation->names;
    const Str other = OTHER;

    /* the last id is for the others */
    if (dict_count(names) >= NAMES_MAX - 1 && dict_find(names, name) == DICT_NONE) name = other;
    return dict_add(names, name);
}

static void reserve_aliases(struct facts *facts, size_t n)
{
    if (n <= facts->aliases_capacity) return;
    size_t capacity = n < 1024 ? 1024 : n + n / 2;
    facts->parent = mem_grow(facts->parent, sizeof *facts->parent, capacity);
    facts->best = mem_grow(facts->best, sizeof *facts->best, capacity);
    facts->ring = mem_grow(facts->ring, sizeof *facts->ring, capacity);
    facts->generation->place = mem_grow(facts->generation->place, sizeof *facts->generation->place, capacity);
    facts->generation->joined = mem_grow(facts->generation->joined, sizeof *facts->generation->joined, capacity);
    facts->aliases_capacity = capacity;
}

void facts_new_alias(struct facts *facts, uint32_t alias)
{
    reserve_aliases(facts, (size_t)alias + 1);
    facts->parent[alias] = facts->best[alias] = facts->ring[alias] = alias;
    facts->generation->place[alias] = DICT_NONE;
    facts->generation->joined[alias] = 0;
}

uint32_t facts_alias(struct facts *facts, char kind, Str value)
{
    char key[ALIAS_VALUE_MAX + 2] = {kind, ':'};
    uint32_t before = dict_count(facts->generation->aliases);

    CHECK(value.n <= ALIAS_VALUE_MAX);
    if (value.n) memcpy(key + 2, value.p, value.n);
    uint32_t id = dict_add(facts->generation->aliases, (Str){key, value.n + 2});
    if (id == before) facts_new_alias(facts, id);
    return id;
}

/* Path halving. */
static uint32_t root_of(uint32_t *parent, uint32_t alias)
{
    while (parent[alias] != alias) {
        parent[alias] = parent[parent[alias]];
        alias = parent[alias];
    }
    return alias;
}

static int alias_rank(Str alias)
{
    static const char ORDER[] = {ALIAS_USER, ALIAS_CLIENT, ALIAS_TELEGRAM, ALIAS_ANONYMOUS};

    for (int i = 0; i < (int)sizeof ORDER; i++)
        if (alias.p[0] == ORDER[i]) return i;
    return (int)sizeof ORDER;
}

static uint32_t better_alias(const struct facts *facts, uint32_t a, uint32_t b)
{
    int rank_a = alias_rank(dict_text(facts->generation->aliases, a));
    int rank_b = alias_rank(dict_text(facts->generation->aliases, b));

    if (rank_a != rank_b) return rank_a < rank_b ? a : b;
    return a < b ? a : b;
}

/* ---- records ---- */

static void mark_dirty(struct facts *facts, uint32_t number)
{
    struct record *record = &facts->generation->records.at[number];

    if (record->dirty) return;
    record->dirty = true;
    VECTOR_RESERVE(&facts->dirty);
    facts->dirty.at[facts->dirty.n++] = number;
}

/* The base person at `place` is the record's from now on. */
static void take_base_place(struct facts *facts, uint32_t number, uint32_t place)
{
    struct generation *generation = facts->generation;
    struct record *record = &generation->records.at[number];

    if (!generation->hidden) {
        generation->hidden = mem_new(((size_t)generation->n_base / 64 + 1) * sizeof *generation->hidden);
        generation->taken_by = mem_new((size_t)generation->n_base * sizeof *generation->taken_by);
    }
    generation->hidden[place / 64] |= UINT64_C(1) << (place % 64);
    generation->taken_by[place] = number;
    VECTOR_RESERVE(&facts->nodes);
    facts->nodes.at[facts->nodes.n++] = (struct node){.place = place};
    record->base = record->base_last = (uint32_t)facts->nodes.n;
}

/* The record of a root, made if there is none, and dirty from now on. */
static uint32_t record_of(struct facts *facts, uint32_t root)
{
    uint32_t place = facts->generation->place[root], n_base = facts->generation->n_base;

    if (place == DICT_NONE || place < n_base) {
        VECTOR_RESERVE(&facts->generation->records);
        CHECK(facts->generation->records.n < DICT_NONE - n_base);
        uint32_t number = (uint32_t)facts->generation->records.n++;
        facts->generation->records.at[number] = (struct record){.root = root, .relabel = true};
        if (place == DICT_NONE) {
            facts->generation->joined[root] = facts->settlings + 1;
            facts->n_persons++;
        } else {
            take_base_place(facts, number, place);
        }
        facts->generation->place[root] = n_base + number;
        mark_dirty(facts, number);
        return number;
    }
    mark_dirty(facts, place - n_base);
    return place - n_base;
}

/* All of `from` goes to `to`. */
static void merge_records(struct facts *facts, uint32_t to, uint32_t from)
{
    struct record *into = &facts->generation->records.at[to], *old = &facts->generation->records.at[from];

    if (old->first) {
        if (into->first) {
            tail_at(&facts->tail, into->last - 1)->next = old->first;
        } else {
            into->first = old->first;
        }
        into->last = old->last;
        into->n_tail += old->n_tail;
    }
    if (old->base) {
        if (into->base) {
            facts->nodes.at[into->base_last - 1].next = old->base;
        } else {
            into->base = old->base;
        }
        into->base_last = old->base_last;
    }
    into->written = into->n_written = 0;
    facts->live_rows -= old->rows.end - old->rows.begin;
    *old = (struct record){.root = DICT_NONE, .into = to, .dirty = old->dirty};
    facts->n_persons--;
}

static bool has_rows(const struct facts *facts, uint32_t root)
{
    return facts->generation->place[root] != DICT_NONE;
}

void facts_same_person(struct facts *facts, uint32_t alias, uint32_t other)
{
    uint32_t a = root_of(facts->parent, alias), b = root_of(facts->parent, other);

    if (a == b) return;
    uint32_t root = a < b ? a : b, child = a < b ? b : a;
    if (facts->keep_merges) {
        VECTOR_RESERVE(&facts->merges);
        facts->merges.at[facts->merges.n++] = (struct alias_pair){root, child};
    }
    if (has_rows(facts, child)) {
        uint32_t from = record_of(facts, child);
        if (has_rows(facts, root)) {
            merge_records(facts, record_of(facts, root), from);
        } else {
            facts->generation->place[root] = facts->generation->place[child];
            facts->generation->joined[root] = facts->settlings + 1;
            facts->generation->records.at[from].root = root;
        }
    }
    if (has_rows(facts, root)) {
        uint32_t number = record_of(facts, root); /* may move the records */
        facts->generation->records.at[number].relabel = true;
    }
    facts->parent[child] = root;
    facts->best[root] = better_alias(facts, facts->best[root], facts->best[child]);
    uint32_t next = facts->ring[root];
    facts->ring[root] = facts->ring[child];
    facts->ring[child] = next;
}

/* ---- rows ---- */

void tail_add(struct tail *tail, const struct tail_row *row)
{
    CHECK(tail->n / CHUNK_ROWS < CHUNKS_MAX && tail->n < UINT32_MAX - 1);
    struct tail_row **chunk = &tail->chunk[tail->n / CHUNK_ROWS];
    if (!*chunk) *chunk = mem_new(CHUNK_ROWS * sizeof **chunk);
    (*chunk)[tail->n % CHUNK_ROWS] = *row;
    tail->n++;
}

void tail_reset(struct tail *tail)
{
    for (size_t i = 0; i < CHUNKS_MAX && tail->chunk[i]; i++) free(tail->chunk[i]);
    memset(tail, 0, sizeof *tail);
}

void facts_forget_records(struct facts *facts)
{
    facts->nodes.n = facts->dirty.n = 0;
    facts->live_rows = 0;
}

void facts_place_row(struct facts *facts, uint64_t tail_row)
{
    uint32_t number = record_of(facts, root_of(facts->parent, tail_at(&facts->tail, tail_row)->alias));
    struct record *record = &facts->generation->records.at[number];

    if (record->last) {
        tail_at(&facts->tail, record->last - 1)->next = (uint32_t)tail_row + 1;
    } else {
        record->first = (uint32_t)tail_row + 1;
    }
    record->last = (uint32_t)tail_row + 1;
    record->n_tail++;
}

void facts_add(struct facts *facts, const struct fact *fact)
{
    const struct tail_row row = {
        .alias = fact->alias,
        .name = fact->name,
        .touch = fact->touch,
        .at_ms = fact->at_ms,
        .amount_minor = fact->amount_minor,
        .raw = fact->raw,
    };
    bool first = facts->generation->n_events + facts->tail.n == 0;

    if (first || fact->at_ms < facts->first_ms) facts->first_ms = fact->at_ms;
    if (first || fact->at_ms > facts->last_ms) facts->last_ms = fact->at_ms;
    tail_add(&facts->tail, &row);
    facts_place_row(facts, facts->tail.n - 1);
}

uint64_t facts_unfolded(const struct facts *facts)
{
    return facts->tail.n;
}

uint64_t facts_events(const struct facts *facts)
{
    return facts->generation->n_events + facts->tail.n;
}
