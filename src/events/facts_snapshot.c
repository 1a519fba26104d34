/* events/facts_snapshot.c -- the readers' side: snapshots, and what is asked of one. */
#include "events/facts_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"

void touch_table_release(struct touch_table *table)
{
    if (table && atomic_fetch_sub(&table->holders, 1) == 1) free(table);
}

/* The touches as they are now; one copy serves all snapshots until a touch or a rule comes. */
static struct touch_table *table_of(struct facts *facts)
{
    uint32_t n = dict_count(facts->generation->tuples);

    if (!facts->table) {
        facts->table = mem_new(sizeof *facts->table + n * sizeof *facts->touches);
        atomic_init(&facts->table->holders, 1);
        facts->table->n = n;
        if (n) memcpy(facts->table->touch, facts->touches, n * sizeof *facts->touches);
    }
    atomic_fetch_add(&facts->table->holders, 1);
    return facts->table;
}

/* Where the records' persons stand, and which base persons they replace. */
static void copy_places(const struct facts *facts, struct snapshot_owner *owner)
{
    size_t n = facts->generation->records.n, words = (size_t)facts->generation->n_base / 64 + 1;

    owner->over = mem_new(n * sizeof *owner->over);
    owner->over_shown = mem_new(n * sizeof *owner->over_shown);
    for (size_t i = 0; i < n; i++) {
        const struct record *record = &facts->generation->records.at[i];
        if (record->root == DICT_NONE) continue;
        owner->over[i] = record->rows;
        owner->over_shown[i] = facts->best[record->root];
    }
    if (!facts->generation->hidden) return;
    owner->hidden = mem_new(((size_t)owner->snap.n_places / 64 + 1) * sizeof *owner->hidden);
    memcpy(owner->hidden, facts->generation->hidden, words * sizeof *owner->hidden);
}

/* With the mutex held: the snapshot as it will be when `settling` is done. */
static struct snapshot_owner *plan(struct facts *facts, struct settling *settling)
{
    struct snapshot_owner *owner = mem_new(sizeof *owner);
    struct generation *generation = facts->generation;

    settling_plan(facts, settling);
    atomic_init(&owner->holders, 1);
    atomic_fetch_add(&facts->holders, 1);
    atomic_fetch_add(&generation->holders, 1);
    atomic_fetch_add(&facts->columns->holders, 1);
    owner->facts = facts;
    owner->generation = generation;
    owner->columns = facts->columns;
    owner->table = table_of(facts);
    owner->n_aliases = dict_count(generation->aliases);
    owner->settlings = facts->settlings;
    owner->snap = (struct snapshot){
        .n_places = generation->n_base + (uint32_t)facts->generation->records.n,
        .n_persons = facts->n_persons,
        .n_events = generation->n_events + facts->tail.n,
        .at_ms = facts->columns->at_ms,
        .name = facts->columns->name,
        .touch = facts->columns->touch,
        .amount_minor = facts->columns->amount_minor,
        .raw = facts->columns->raw,
        .touches = owner->table->touch,
        .n_touches = owner->table->n,
        .n_names = dict_count(generation->names),
        .n_values = dict_count(generation->values),
        .first_ms = facts->first_ms,
        .last_ms = facts->last_ms,
        .version = facts->version,
        .n_base = generation->n_base,
        .first = generation->first,
        .owner = owner,
    };
    copy_places(facts, owner);
    owner->snap.over = owner->over;
    owner->snap.hidden = owner->hidden;
    return owner;
}

/* While so much comes in that a snapshot is much work, making one for each question would leave the writer no time:
 * then one serves for some while, and an answer may be that much behind. Work, not how long it took: a thread that had
 * to wait for a processor would otherwise put off the next one, make that larger, and so on. */
#define DEAR_RECORDS 1000 /* persons who have changed: with fewer it is quick again, however long the last one took */
#define DEAR_US 20000
#define DEAR_TIMES 20
#define BEHIND_US_MAX 2000000

static bool may_be_behind(const struct facts *facts)
{
    int64_t age_us = time_monotonic_us() - facts->latest_us;

    return facts->dirty.n > DEAR_RECORDS && facts->latest_took_us > DEAR_US &&
           age_us < DEAR_TIMES * facts->latest_took_us && age_us < BEHIND_US_MAX;
}

/* The latest snapshot if it will do, with one more holder; NULL if it is stale. With the mutex held. */
static struct snapshot_owner *latest_if_fresh(struct facts *facts, bool of_now)
{
    struct snapshot_owner *latest = facts->latest;

    if (!latest) return NULL;
    if (latest->snap.version != facts->version && (of_now || !may_be_behind(facts))) return NULL;
    atomic_fetch_add(&latest->holders, 1);
    return latest;
}

/* With `building` held. Only the installing of a fold could take the tail away meanwhile: it holds `building` too. */
static struct snapshot_owner *build(struct facts *facts, bool of_now)
{
    struct settling settling;
    int64_t began_us = time_thread_us();

    pthread_mutex_lock(&facts->mutex);
    struct snapshot_owner *owner = plan(facts, &settling);
    pthread_mutex_unlock(&facts->mutex);
    int64_t took_us = time_thread_us() - began_us;
    took_us += settling_do(&settling, of_now);
    pthread_mutex_lock(&facts->mutex);
    struct snapshot_owner *old = facts->latest;
    atomic_fetch_add(&owner->holders, 1); /* kept as the latest, and handed out */
    facts->latest = owner;
    facts->latest_us = time_monotonic_us();
    facts->latest_took_us = took_us;
    pthread_mutex_unlock(&facts->mutex);
    if (old) snapshot_close(&old->snap);
    return owner;
}

static const struct snapshot *take_snapshot(struct facts *facts, bool of_now)
{
    pthread_mutex_lock(&facts->mutex);
    struct snapshot_owner *owner = latest_if_fresh(facts, of_now);
    pthread_mutex_unlock(&facts->mutex);
    if (owner) return &owner->snap;
    pthread_mutex_lock(&facts->building);
    pthread_mutex_lock(&facts->mutex);
    owner = latest_if_fresh(facts, of_now); /* another thread may have made it while this one waited */
    pthread_mutex_unlock(&facts->mutex);
    if (!owner) owner = build(facts, of_now);
    pthread_mutex_unlock(&facts->building);
    return &owner->snap;
}

const struct snapshot *facts_snapshot(struct facts *facts)
{
    return take_snapshot(facts, false);
}

const struct snapshot *facts_snapshot_of_now(struct facts *facts)
{
    return take_snapshot(facts, true);
}

void snapshot_close(const struct snapshot *snapshot)
{
    struct snapshot_owner *owner = snapshot ? (struct snapshot_owner *)(uintptr_t)snapshot->owner : NULL;

    if (!owner || atomic_fetch_sub(&owner->holders, 1) != 1) return;
    touch_table_release(owner->table);
    columns_release(owner->columns);
    generation_release(owner->generation);
    facts_release(owner->facts);
    free(owner->over);
    free(owner->over_shown);
    free(owner->hidden);
    free(owner);
}

/* ---- texts ---- */

Str snapshot_name(const struct snapshot *snapshot, uint32_t name)
{
    return dict_text(snapshot->owner->generation->names, name);
}

Str snapshot_value(const struct snapshot *snapshot, uint32_t value)
{
    return dict_text(snapshot->owner->generation->values, value);
}

Str snapshot_alias(const struct snapshot *snapshot, uint32_t alias)
{
    return dict_text(snapshot->owner->generation->aliases, alias);
}

uint32_t snapshot_person_alias(const struct snapshot *snapshot, uint32_t person)
{
    if (person < snapshot->n_base) return snapshot->owner->generation->shown[person];
    return snapshot->owner->over_shown[person - snapshot->n_base];
}

/* ---- finding: a dictionary's table of slots is the writer's, so readers look up under its lock ---- */

uint32_t snapshot_find_name(const struct snapshot *snapshot, Str name)
{
    struct facts *facts = snapshot->owner->facts;

    pthread_mutex_lock(&facts->mutex);
    uint32_t id = dict_find(snapshot->owner->generation->names, name);
    pthread_mutex_unlock(&facts->mutex);
    return id < snapshot->n_names ? id : DICT_NONE;
}

static bool stands_at(const struct snapshot *snapshot, uint32_t place)
{
    if (place >= snapshot->n_places) return false;
    struct rows rows = snapshot_rows(snapshot, place);
    return rows.begin < rows.end;
}

/* Where an alias stood in the base. */
static uint32_t base_place_of(const struct generation *generation, uint32_t alias)
{
    const void *places;
    uint64_t n;
    struct err err;

    if (!generation->bundle || !bundle_array(generation->bundle, "place", sizeof(uint32_t), &places, &n, &err))
        return DICT_NONE;
    return alias < n ? ((const uint32_t *)places)[alias] : DICT_NONE;
}

/* Where the person of an alias stands in this snapshot: where it stood first, or the first of those that took it over
 * which is not empty here. With the mutex held. */
static uint32_t place_in(const struct snapshot *snapshot, uint32_t alias)
{
    const struct generation *generation = snapshot->owner->generation;
    uint32_t place = base_place_of(generation, alias), number;

    if (place != DICT_NONE) {
        if (stands_at(snapshot, place)) return place;
        if (!generation->taken_by) return DICT_NONE;
        number = generation->taken_by[place];
    } else {
        place = generation->place[alias];
        if (place == DICT_NONE || generation->joined[alias] > snapshot->owner->settlings) return DICT_NONE;
        number = place - generation->n_base;
    }
    while (!stands_at(snapshot, generation->n_base + number)) {
        if (generation->records.at[number].root != DICT_NONE) return DICT_NONE; /* it came after the snapshot */
        number = generation->records.at[number].into;
    }
    return generation->n_base + number;
}

static uint32_t find_alias(const struct snapshot *snapshot, Str alias)
{
    struct facts *facts = snapshot->owner->facts;
    uint32_t place = DICT_NONE;

    pthread_mutex_lock(&facts->mutex);
    uint32_t id = dict_find(snapshot->owner->generation->aliases, alias);
    if (id < snapshot->owner->n_aliases) place = place_in(snapshot, id);
    pthread_mutex_unlock(&facts->mutex);
    return place;
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

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

size_t snapshot_aliases(const struct snapshot *snapshot, uint32_t person, uint32_t *aliases, size_t max)
{
    struct facts *facts = snapshot->owner->facts;
    uint32_t shown = snapshot_person_alias(snapshot, person), alias = shown;
    size_t n = 0;

    pthread_mutex_lock(&facts->mutex);
    do {
        if (alias < snapshot->owner->n_aliases && n < max) aliases[n++] = alias;
        alias = facts->ring[alias];
    } while (alias != shown && n < max);
    pthread_mutex_unlock(&facts->mutex);
    qsort(aliases, n, sizeof *aliases, ascending);
    return n;
}
