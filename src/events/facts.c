/* events/facts.c -- facts held in memory, and the person-ordered snapshots made from them.
 *
 * Rows are kept in order of arrival, in chunks that never move. Who is who is a union-find over aliases. A snapshot
 * is made when one is asked for and something has changed: a counting sort by person, then each person's rows by
 * time (stable, so equal times keep arrival order). It costs one pass over the rows, a few ms for 200,000 events.
 * On-disk columns and an overlay of touched persons take its place behind the same interface.
 *
 * Invariants
 *   F1  a row's alias, name and touch are below the counts that were published with it
 *   F2  a person's rows stand together, by time, ties by arrival
 *   F3  aliases of one person have one root; roots only ever merge
 *   F4  a snapshot never changes, and keeps the dictionaries it points into alive
 *
 * Locks: `mutex` guards everything that the writer changes. A builder holds it only to copy what is small (roots,
 * touches, counts) and reads the chunks without it, below the count it copied. `building` lets one thread build.
 */
#include "events/facts.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_ROWS 65536u
#define CHUNKS_MAX 65536u /* 4 billion events: more than one machine's memory */
#define NAMES_MAX 65535u
#define TOUCHES_MAX 4000000u
#define OTHER STR_INIT("(other)") /* stands in for names past the ceilings */

struct facts {
    pthread_mutex_t mutex;
    pthread_mutex_t building;
    struct dict *names, *values, *aliases, *tuples;
    uint32_t *parent; /* by alias: union-find; a root is its own parent */
    size_t parent_cap;
    struct touch *touches;
    size_t touches_cap;
    struct fact *chunk[CHUNKS_MAX];
    uint64_t n;
    uint64_t version;
    facts_platform_fn *platform;
    const void *rules;
    struct snapshot_owner *latest;
    _Atomic uint32_t holders; /* the owner of the facts, and each snapshot alive */
};

/* What a snapshot needs to be freed; the public part comes first. */
struct snapshot_owner {
    struct snapshot snap;
    struct facts *facts;
    _Atomic uint32_t holders;
    uint32_t *person_alias;    /* n_persons: the alias that a person is shown under */
    uint32_t *person_of_alias; /* by alias: its person, or DICT_NONE without events */
    uint32_t n_aliases;
};

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

struct facts *facts_new(void)
{
    struct facts *facts = mem_new(sizeof *facts);

    pthread_mutex_init(&facts->mutex, NULL);
    pthread_mutex_init(&facts->building, NULL);
    facts->names = dict_new();
    facts->values = dict_new();
    facts->aliases = dict_new();
    facts->tuples = dict_new();
    facts->platform = no_platform;
    facts->version = 1;
    atomic_init(&facts->holders, 1);
    dict_add(facts->values, STR("")); /* id 0 is the empty text */
    return facts;
}

static void facts_release(struct facts *facts)
{
    if (atomic_fetch_sub(&facts->holders, 1) != 1) return;
    for (size_t i = 0; i < CHUNKS_MAX && facts->chunk[i]; i++) free(facts->chunk[i]);
    free(facts->parent);
    free(facts->touches);
    dict_free(facts->names);
    dict_free(facts->values);
    dict_free(facts->aliases);
    dict_free(facts->tuples);
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
    facts->version++;
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

static void decide_platform(struct facts *facts, const struct tuple *tuple, struct touch *touch)
{
    bool paid = false;
    Str platform = facts->platform(facts->rules, tuple, &paid);

    touch->dim[TOUCH_PLATFORM] = dict_add(facts->values, platform);
    touch->paid = paid;
}

static void tuple_of(const struct facts *facts, const struct touch *touch, struct tuple *tuple)
{
    for (int d = 0; d < TOUCH_DIM_COUNT; d++) tuple->dim[d] = dict_text(facts->values, touch->dim[d]);
    tuple->dim[TOUCH_PLATFORM] = STR("");
}

void facts_set_rules(struct facts *facts, facts_platform_fn *platform, const void *rules)
{
    facts->platform = platform;
    facts->rules = rules;
    for (uint32_t i = 0; i < dict_count(facts->tuples); i++) {
        struct tuple tuple;
        tuple_of(facts, &facts->touches[i], &tuple);
        decide_platform(facts, &tuple, &facts->touches[i]);
    }
}

uint32_t facts_touch(struct facts *facts, const struct tuple *tuple)
{
    const struct tuple other = {.dim[TOUCH_SOURCE] = OTHER};
    struct touch touch = {.empty = !tuple->whole};
    uint32_t before = dict_count(facts->tuples);
    bool known = false;

    if (before >= TOUCHES_MAX) tuple = &other;
    touch.dim[TOUCH_PLATFORM] = tuple->whole; /* in the key, until the platform takes its place */
    for (int d = TOUCH_PLATFORM + 1; d < TOUCH_DIM_COUNT; d++) {
        touch.dim[d] = dict_add(facts->values, tuple->dim[d]);
        known = known || tuple->dim[d].n;
    }
    touch.empty = touch.empty && !known;
    /* the ids of its texts are the tuple's key */
    uint32_t id = dict_add(facts->tuples, (Str){(const char *)touch.dim, sizeof touch.dim});
    if (id < before) return id;
    if (id >= facts->touches_cap) {
        facts->touches_cap = facts->touches_cap ? facts->touches_cap * 2 : 256;
        facts->touches = mem_grow(facts->touches, sizeof *facts->touches, facts->touches_cap);
    }
    touch.direct = !known || says_direct(tuple);
    decide_platform(facts, tuple, &touch);
    facts->touches[id] = touch;
    return id;
}

/* ---- names, persons, rows ---- */

uint32_t facts_name(struct facts *facts, Str name)
{
    const Str other = OTHER;
    if (dict_count(facts->names) >= NAMES_MAX && dict_find(facts->names, name) == DICT_NONE) name = other;
    return dict_add(facts->names, name);
}

uint32_t facts_alias(struct facts *facts, char kind, Str value)
{
    char key[ALIAS_VALUE_MAX + 2] = {kind, ':'};
    uint32_t before = dict_count(facts->aliases);

    CHECK(value.n <= ALIAS_VALUE_MAX);
    if (value.n) memcpy(key + 2, value.p, value.n);
    uint32_t id = dict_add(facts->aliases, (Str){key, value.n + 2});
    if (id < before) return id;
    if (id >= facts->parent_cap) {
        facts->parent_cap = facts->parent_cap ? facts->parent_cap * 2 : 1024;
        facts->parent = mem_grow(facts->parent, sizeof *facts->parent, facts->parent_cap);
    }
    facts->parent[id] = id;
    return id;
}

/* Path halving; the smaller id is the root, so roots do not depend on the order of merges. */
static uint32_t root_of(uint32_t *parent, uint32_t alias)
{
    while (parent[alias] != alias) {
        parent[alias] = parent[parent[alias]];
        alias = parent[alias];
    }
    return alias;
}

void facts_same_person(struct facts *facts, uint32_t alias, uint32_t other)
{
    uint32_t a = root_of(facts->parent, alias), b = root_of(facts->parent, other);

    if (a < b) facts->parent[b] = a;
    if (b < a) facts->parent[a] = b;
}

void facts_add(struct facts *facts, const struct fact *fact)
{
    struct fact **chunk = &facts->chunk[facts->n / CHUNK_ROWS];

    CHECK(facts->n / CHUNK_ROWS < CHUNKS_MAX);
    if (!*chunk) *chunk = mem_new(CHUNK_ROWS * sizeof **chunk);
    (*chunk)[facts->n % CHUNK_ROWS] = *fact;
    facts->n++;
}

/* ---- snapshots ---- */

/* What the builder works on, copied under the lock. */
struct build {
    struct facts *facts;
    uint64_t n;
    uint32_t n_aliases;
    uint32_t *parent;
    uint32_t *person;  /* by alias */
    uint64_t *rows;    /* row numbers, person by person */
    uint64_t *scratch; /* of the longest person, for sorting */
};

static const struct fact *row_at(const struct facts *facts, uint64_t row)
{
    return &facts->chunk[row / CHUNK_ROWS][row % CHUNK_ROWS];
}

static int alias_rank(Str alias)
{
    static const char ORDER[] = {ALIAS_USER, ALIAS_CLIENT, ALIAS_TELEGRAM, ALIAS_ANONYMOUS};
    for (int i = 0; i < (int)sizeof ORDER; i++)
        if (alias.p[0] == ORDER[i]) return i;
    return (int)sizeof ORDER;
}

/* Number the persons that have rows, in order of their first alias, and say under which alias each is shown. */
static void number_persons(struct build *b, struct snapshot_owner *owner)
{
    uint64_t *rows_of_root = mem_new((size_t)(b->n_aliases + 1) * sizeof *rows_of_root);
    uint32_t *person_alias;
    uint32_t n = 0;

    for (uint64_t r = 0; r < b->n; r++) rows_of_root[root_of(b->parent, row_at(b->facts, r)->alias)]++;
    for (uint32_t a = 0; a < b->n_aliases; a++) { /* a root is the smallest alias of its person: it comes first */
        uint32_t root = root_of(b->parent, a);
        b->person[a] = rows_of_root[root] == 0 ? DICT_NONE : root == a ? n++ : b->person[root];
    }
    uint64_t *first = mem_new((size_t)(n + 1) * sizeof *first);
    person_alias = mem_new((size_t)n * sizeof *person_alias);
    for (uint32_t p = 0; p < n; p++) person_alias[p] = DICT_NONE;
    for (uint32_t a = 0; a < b->n_aliases; a++) {
        uint32_t p = b->person[a];
        if (p == DICT_NONE) continue;
        if (b->parent[a] == a) first[p + 1] = rows_of_root[a];
        if (person_alias[p] == DICT_NONE ||
            alias_rank(dict_text(b->facts->aliases, a)) < alias_rank(dict_text(b->facts->aliases, person_alias[p])))
            person_alias[p] = a;
    }
    for (uint32_t p = 0; p < n; p++) first[p + 1] += first[p];
    free(rows_of_root);
    owner->snap.n_persons = owner->snap.n_places = owner->snap.n_base = n;
    owner->snap.first = first;
    owner->person_alias = person_alias;
}

/* Stable merge sort of row numbers by time; most persons are in order already and cost one look. */
static void sort_by_time(const struct facts *facts, uint64_t *rows, uint64_t n, uint64_t *scratch)
{
    bool sorted = true;

    for (uint64_t i = 1; i < n && sorted; i++)
        sorted = row_at(facts, rows[i - 1])->at_ms <= row_at(facts, rows[i])->at_ms;
    if (sorted) return;
    uint64_t half = n / 2, i = 0, k = half, out = 0;
    sort_by_time(facts, rows, half, scratch);
    sort_by_time(facts, rows + half, n - half, scratch);
    while (i < half && k < n)
        scratch[out++] = row_at(facts, rows[k])->at_ms < row_at(facts, rows[i])->at_ms ? rows[k++] : rows[i++];
    while (i < half) scratch[out++] = rows[i++];
    memcpy(rows, scratch, out * sizeof *rows); /* what is left of the second half stands in place */
}

static void order_rows(struct build *b, const struct snapshot *snap)
{
    uint64_t *next = mem_new((size_t)(snap->n_persons + 1) * sizeof *next);
    uint64_t longest = 1;

    memcpy(next, snap->first, (size_t)snap->n_persons * sizeof *next);
    for (uint64_t r = 0; r < b->n; r++) b->rows[next[b->person[row_at(b->facts, r)->alias]]++] = r;
    free(next);
    for (uint32_t p = 0; p < snap->n_persons; p++) {
        uint64_t n = snap->first[p + 1] - snap->first[p];
        if (n > longest) longest = n;
    }
    b->scratch = mem_new((size_t)longest * sizeof *b->scratch);
    for (uint32_t p = 0; p < snap->n_persons; p++)
        sort_by_time(b->facts, b->rows + snap->first[p], snap->first[p + 1] - snap->first[p], b->scratch);
    free(b->scratch);
}

static void fill_columns(const struct build *b, struct snapshot *snap)
{
    int64_t *at_ms = mem_new((size_t)b->n * sizeof *at_ms);
    int64_t *amount = mem_new((size_t)b->n * sizeof *amount);
    uint16_t *name = mem_new((size_t)b->n * sizeof *name);
    uint32_t *touch = mem_new((size_t)b->n * sizeof *touch);
    uint64_t *raw = mem_new((size_t)b->n * sizeof *raw);

    snap->last_ms = -1;
    for (uint64_t i = 0; i < b->n; i++) {
        const struct fact *fact = row_at(b->facts, b->rows[i]);
        at_ms[i] = fact->at_ms;
        amount[i] = fact->amount_minor;
        name[i] = (uint16_t)fact->name;
        touch[i] = fact->touch;
        raw[i] = fact->raw;
        if (i == 0 || fact->at_ms < snap->first_ms) snap->first_ms = fact->at_ms;
        if (i == 0 || fact->at_ms > snap->last_ms) snap->last_ms = fact->at_ms;
    }
    snap->n_events = b->n;
    snap->at_ms = at_ms;
    snap->amount_minor = amount;
    snap->name = name;
    snap->touch = touch;
    snap->raw = raw;
}

static void *copy_of(const void *from, size_t size, size_t n)
{
    void *to = mem_new(size * n);
    if (n) memcpy(to, from, size * n);
    return to;
}

/* With `building` held. */
static struct snapshot_owner *build(struct facts *facts)
{
    struct snapshot_owner *owner = mem_new(sizeof *owner);
    struct build b = {.facts = facts};

    pthread_mutex_lock(&facts->mutex);
    b.n = facts->n;
    b.n_aliases = dict_count(facts->aliases);
    b.parent = copy_of(facts->parent, sizeof *b.parent, b.n_aliases);
    owner->snap.version = facts->version;
    owner->snap.n_touches = dict_count(facts->tuples);
    owner->snap.touches = copy_of(facts->touches, sizeof *facts->touches, owner->snap.n_touches);
    owner->snap.n_names = dict_count(facts->names);
    owner->snap.n_values = dict_count(facts->values);
    pthread_mutex_unlock(&facts->mutex);

    owner->snap.owner = owner;
    owner->facts = facts;
    atomic_fetch_add(&facts->holders, 1);
    atomic_init(&owner->holders, 1);
    b.person = mem_new((size_t)b.n_aliases * sizeof *b.person);
    b.rows = mem_new((size_t)b.n * sizeof *b.rows);
    number_persons(&b, owner);
    order_rows(&b, &owner->snap);
    fill_columns(&b, &owner->snap);
    owner->person_of_alias = b.person;
    owner->n_aliases = b.n_aliases;
    free(b.rows);
    free(b.parent);
    return owner;
}

/* The latest snapshot if it is of now, with one more holder; NULL if it is stale. */
static struct snapshot_owner *latest_if_fresh(struct facts *facts)
{
    struct snapshot_owner *latest = NULL;

    pthread_mutex_lock(&facts->mutex);
    if (facts->latest && facts->latest->snap.version == facts->version) {
        latest = facts->latest;
        atomic_fetch_add(&latest->holders, 1);
    }
    pthread_mutex_unlock(&facts->mutex);
    return latest;
}

const struct snapshot *facts_snapshot(struct facts *facts)
{
    struct snapshot_owner *owner = latest_if_fresh(facts), *old = NULL;

    if (owner) return &owner->snap;
    pthread_mutex_lock(&facts->building);
    owner = latest_if_fresh(facts); /* another thread may have built it while this one waited */
    if (!owner) {
        owner = build(facts);
        atomic_fetch_add(&owner->holders, 1); /* kept as the latest, and handed out */
        pthread_mutex_lock(&facts->mutex);
        old = facts->latest;
        facts->latest = owner;
        pthread_mutex_unlock(&facts->mutex);
    }
    pthread_mutex_unlock(&facts->building);
    if (old) snapshot_close(&old->snap);
    return &owner->snap;
}

void snapshot_close(const struct snapshot *snapshot)
{
    struct snapshot_owner *owner = (struct snapshot_owner *)(uintptr_t)snapshot; /* its first member */

    if (!owner || atomic_fetch_sub(&owner->holders, 1) != 1) return;
    const void *arrays[] = {snapshot->first,     snapshot->at_ms,        snapshot->name,
                            snapshot->touch,     snapshot->amount_minor, snapshot->raw,
                            owner->person_alias, snapshot->touches,      owner->person_of_alias};
    for (size_t i = 0; i < COUNT_OF(arrays); i++) free((void *)(uintptr_t)arrays[i]);
    facts_release(owner->facts);
    free(owner);
}

static const struct snapshot_owner *owner_of(const struct snapshot *snapshot)
{
    return snapshot->owner;
}

Str snapshot_name(const struct snapshot *snapshot, uint32_t name)
{
    return dict_text(owner_of(snapshot)->facts->names, name);
}

Str snapshot_value(const struct snapshot *snapshot, uint32_t value)
{
    return dict_text(owner_of(snapshot)->facts->values, value);
}

uint32_t snapshot_person_alias(const struct snapshot *snapshot, uint32_t person)
{
    return owner_of(snapshot)->person_alias[person];
}

Str snapshot_alias(const struct snapshot *snapshot, uint32_t alias)
{
    return dict_text(owner_of(snapshot)->facts->aliases, alias);
}

/* A dictionary's table of slots is the writer's: readers look up under its lock. An id that came after the
 * snapshot is none. */
static uint32_t find_in(const struct snapshot *snapshot, const struct dict *dict, Str text, uint32_t n)
{
    struct facts *facts = owner_of(snapshot)->facts;

    pthread_mutex_lock(&facts->mutex);
    uint32_t id = dict_find(dict, text);
    pthread_mutex_unlock(&facts->mutex);
    return id < n ? id : DICT_NONE;
}

uint32_t snapshot_find_name(const struct snapshot *snapshot, Str name)
{
    return find_in(snapshot, owner_of(snapshot)->facts->names, name, snapshot->n_names);
}

static uint32_t find_alias(const struct snapshot *snapshot, Str alias)
{
    const struct snapshot_owner *owner = owner_of(snapshot);
    uint32_t id = find_in(snapshot, owner->facts->aliases, alias, owner->n_aliases);

    return id == DICT_NONE ? DICT_NONE : owner->person_of_alias[id];
}

uint32_t snapshot_find_person(const struct snapshot *snapshot, Str alias)
{
    static const char KINDS[] = {ALIAS_USER, ALIAS_CLIENT, ALIAS_TELEGRAM, ALIAS_ANONYMOUS};
    uint32_t person = find_alias(snapshot, alias);
    char key[ALIAS_VALUE_MAX + 2] = {0, ':'};

    if (alias.n > ALIAS_VALUE_MAX) return DICT_NONE;
    if (alias.n) memcpy(key + 2, alias.p, alias.n);
    for (size_t i = 0; i < sizeof KINDS && person == DICT_NONE; i++) {
        key[0] = KINDS[i];
        person = find_alias(snapshot, (Str){key, alias.n + 2});
    }
    return person;
}

size_t snapshot_aliases(const struct snapshot *snapshot, uint32_t person, uint32_t *aliases, size_t max)
{
    const struct snapshot_owner *owner = owner_of(snapshot);
    size_t n = 0;

    for (uint32_t a = 0; a < owner->n_aliases && n < max; a++)
        if (owner->person_of_alias[a] == person) aliases[n++] = a;
    return n;
}
