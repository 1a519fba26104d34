/* events/facts_fold.c -- the base: written from a cut, read at start, put in the place of the one before.
 *
 *      cut        a snapshot, and who is who at the same moment          the writer, between two groups
 *      write      base, dictionaries and aliases into a bundle           any thread; the writer goes on meanwhile
 *      install    the bundle becomes the base; what came since the cut   the writer, between two groups
 *                 is applied to it again
 *
 * Persons keep the order of their places; those without rows go.
 */
#include "events/facts_int.h"

#include <stdlib.h>
#include <string.h>

struct generation *generation_new(const struct hash_key *key)
{
    struct generation *generation = mem_new(sizeof *generation);

    atomic_init(&generation->holders, 1);
    generation->names = dict_new_with(key);
    generation->values = dict_new_with(key);
    generation->aliases = dict_new_with(key);
    generation->tuples = dict_new_with(key);
    return generation;
}

void generation_release(struct generation *generation)
{
    if (!generation || atomic_fetch_sub(&generation->holders, 1) != 1) return;
    dict_free(generation->names);
    dict_free(generation->values);
    dict_free(generation->aliases);
    dict_free(generation->tuples);
    free(generation->place);
    free(generation->joined);
    free(generation->hidden);
    free(generation->taken_by);
    free(generation->records.at);
    bundle_release(generation->bundle);
    free(generation);
}

/* ---- the cut ---- */

struct facts_cut {
    const struct snapshot *snapshot;
    uint32_t n_aliases, n_names, n_values, n_tuples;
    uint32_t *parent, *best, *ring, *place; /* n_aliases each */
    uint64_t n_tail;
};

static uint32_t *copy_ids(const uint32_t *ids, uint32_t n)
{
    uint32_t *copy = mem_new((size_t)n * sizeof *copy);
    if (n) memcpy(copy, ids, (size_t)n * sizeof *copy);
    return copy;
}

struct facts_cut *facts_cut(struct facts *facts)
{
    struct facts_cut *cut = mem_new(sizeof *cut);

    cut->snapshot = facts_snapshot_of_now(facts);
    pthread_mutex_lock(&facts->mutex);
    cut->n_aliases = dict_count(facts->generation->aliases);
    cut->n_names = dict_count(facts->generation->names);
    cut->n_values = dict_count(facts->generation->values);
    cut->n_tuples = dict_count(facts->generation->tuples);
    cut->parent = copy_ids(facts->parent, cut->n_aliases);
    cut->best = copy_ids(facts->best, cut->n_aliases);
    cut->ring = copy_ids(facts->ring, cut->n_aliases);
    cut->place = copy_ids(facts->generation->place, cut->n_aliases);
    /* each alias right below its root: parents are smaller, so theirs are settled first */
    for (uint32_t alias = 0; alias < cut->n_aliases; alias++) cut->parent[alias] = cut->parent[cut->parent[alias]];
    cut->n_tail = facts->tail.n;
    facts->keep_merges = true;
    facts->merges.n = 0;
    pthread_mutex_unlock(&facts->mutex);
    return cut;
}

void facts_cut_free(struct facts *facts, struct facts_cut *cut)
{
    if (!cut) return;
    pthread_mutex_lock(&facts->mutex);
    facts->keep_merges = false;
    facts->merges.n = 0;
    pthread_mutex_unlock(&facts->mutex);
    snapshot_close(cut->snapshot);
    free(cut->parent);
    free(cut->best);
    free(cut->ring);
    free(cut->place);
    free(cut);
}

/* ---- writing ---- */

static void write_column(const struct snapshot *snapshot, const char *name, const void *column, size_t size,
                         struct bundle_writer *out)
{
    const char *bytes = column;

    bundle_begin(out, name);
    for (uint32_t place = 0; place < snapshot->n_places; place++) {
        struct rows rows = snapshot_rows(snapshot, place);
        bundle_put(out, bytes + rows.begin * size, (rows.end - rows.begin) * size);
    }
}

/* Where persons begin, under which alias they are shown, and their new places; now_at: by place. */
static void write_persons(const struct snapshot *snapshot, uint32_t *now_at, struct bundle_writer *out)
{
    uint64_t n_events = 0;
    uint32_t n = 0;

    bundle_begin(out, "first");
    for (uint32_t place = 0; place < snapshot->n_places; place++) {
        struct rows rows = snapshot_rows(snapshot, place);
        now_at[place] = rows.begin < rows.end ? n++ : DICT_NONE;
        if (rows.begin == rows.end) continue;
        bundle_put(out, &n_events, sizeof n_events);
        n_events += rows.end - rows.begin;
    }
    bundle_put(out, &n_events, sizeof n_events);
    bundle_begin(out, "shown");
    for (uint32_t place = 0; place < snapshot->n_places; place++) {
        uint32_t shown = snapshot_person_alias(snapshot, place);
        if (now_at[place] != DICT_NONE) bundle_put(out, &shown, sizeof shown);
    }
}

static void write_ids(const char *name, const uint32_t *ids, uint32_t n, struct bundle_writer *out)
{
    bundle_begin(out, name);
    bundle_put(out, ids, (size_t)n * sizeof *ids);
}

void facts_cut_write(const struct facts_cut *cut, struct bundle_writer *out)
{
    const struct snapshot *snapshot = cut->snapshot;
    const struct generation *generation = snapshot->owner->generation;
    uint32_t *now_at = mem_new((size_t)snapshot->n_places * sizeof *now_at);
    int64_t span[2] = {snapshot->first_ms, snapshot->last_ms};

    write_column(snapshot, "at_ms", snapshot->at_ms, sizeof *snapshot->at_ms, out);
    write_column(snapshot, "name", snapshot->name, sizeof *snapshot->name, out);
    write_column(snapshot, "touch", snapshot->touch, sizeof *snapshot->touch, out);
    write_column(snapshot, "amount", snapshot->amount_minor, sizeof *snapshot->amount_minor, out);
    write_column(snapshot, "raw", snapshot->raw, sizeof *snapshot->raw, out);
    write_persons(snapshot, now_at, out);
    write_ids("parent", cut->parent, cut->n_aliases, out);
    write_ids("best", cut->best, cut->n_aliases, out);
    write_ids("ring", cut->ring, cut->n_aliases, out);
    bundle_begin(out, "place");
    for (uint32_t alias = 0; alias < cut->n_aliases; alias++) {
        uint32_t was_at = cut->place[cut->parent[alias]];
        uint32_t place = was_at == DICT_NONE ? DICT_NONE : now_at[was_at];
        bundle_put(out, &place, sizeof place);
    }
    bundle_begin(out, "span");
    bundle_put(out, span, sizeof span);
    dict_write(generation->names, cut->n_names, "names", out);
    dict_write(generation->values, cut->n_values, "values", out);
    dict_write(generation->aliases, cut->n_aliases, "aliases", out);
    dict_write(generation->tuples, cut->n_tuples, "tuples", out);
    free(now_at);
}

/* ---- reading ---- */

static bool lengths_fit(const struct generation *generation, const struct bundle *bundle, struct err *err)
{
    static const struct {
        const char *name;
        size_t size;
    } COLUMNS[] = {{"at_ms", 8}, {"name", 2}, {"touch", 4}, {"amount", 8}, {"raw", 8}};
    const void *array;
    uint64_t n;

    for (size_t i = 0; i < COUNT_OF(COLUMNS); i++) {
        if (!bundle_array(bundle, COLUMNS[i].name, COLUMNS[i].size, &array, &n, err)) return false;
        if (n != generation->n_events)
            return err_set(err, ERR_INVALID, "the column %s has not a value for each event", COLUMNS[i].name);
    }
    return true;
}

static bool read_persons(struct generation *generation, const struct bundle *bundle, struct err *err)
{
    const void *first, *shown;
    uint64_t n_first, n_shown;

    if (!bundle_array(bundle, "first", sizeof *generation->first, &first, &n_first, err) ||
        !bundle_array(bundle, "shown", sizeof *generation->shown, &shown, &n_shown, err))
        return false;
    if (n_first != n_shown + 1 || n_first >= DICT_NONE)
        return err_set(err, ERR_INVALID, "the persons of the facts do not fit together");
    generation->first = first;
    generation->shown = shown;
    generation->n_base = (uint32_t)n_shown;
    generation->n_events = generation->first[n_shown];
    return lengths_fit(generation, bundle, err);
}

static bool read_dict(struct dict **dict, const struct bundle *bundle, const char *name, const struct hash_key *key,
                      struct err *err)
{
    *dict = dict_of_bundle(bundle, name, key, err);
    return *dict != NULL;
}

static struct generation *generation_of(struct bundle *bundle, const struct hash_key *key, struct err *err)
{
    struct generation *generation = mem_new(sizeof *generation);

    atomic_init(&generation->holders, 1);
    generation->bundle = bundle_hold(bundle);
    if (read_persons(generation, bundle, err) && read_dict(&generation->names, bundle, "names", key, err) &&
        read_dict(&generation->values, bundle, "values", key, err) &&
        read_dict(&generation->aliases, bundle, "aliases", key, err) &&
        read_dict(&generation->tuples, bundle, "tuples", key, err))
        return generation;
    generation_release(generation);
    return NULL;
}

/* Aliases as the bundle has them, which must be those of `generation`. On failure nothing has changed. */
static bool read_aliases(struct facts *facts, struct generation *generation, struct err *err)
{
    static const char *const NAMES[] = {"parent", "best", "ring", "place"};
    uint32_t **arrays[] = {&facts->parent, &facts->best, &facts->ring, &generation->place};
    uint32_t n_aliases = dict_count(generation->aliases);
    const void *from[COUNT_OF(NAMES)];
    uint64_t n;

    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (!bundle_array(generation->bundle, NAMES[i], sizeof(uint32_t), &from[i], &n, err)) return false;
        if (n != n_aliases) return err_set(err, ERR_INVALID, "%s has not a value for each alias", NAMES[i]);
    }
    facts->aliases_capacity = (size_t)n_aliases + n_aliases / 4 + 1024;
    generation->joined = mem_new(facts->aliases_capacity * sizeof *generation->joined);
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        *arrays[i] = mem_grow(*arrays[i], sizeof(uint32_t), facts->aliases_capacity);
        if (n_aliases) memcpy(*arrays[i], from[i], n_aliases * sizeof(uint32_t));
    }
    return true;
}

static bool read_span(struct facts *facts, const struct bundle *bundle, struct err *err)
{
    const void *span;
    uint64_t n;

    if (!bundle_array(bundle, "span", sizeof(int64_t), &span, &n, err)) return false;
    if (n != 2) return err_set(err, ERR_INVALID, "the span of the facts is missing");
    facts->first_ms = ((const int64_t *)span)[0];
    facts->last_ms = ((const int64_t *)span)[1];
    return true;
}

struct facts *facts_of_bundle(struct bundle *bundle, const struct hash_key *key, struct err *err)
{
    struct generation *generation = generation_of(bundle, key, err);

    if (!generation) return NULL;
    struct facts *facts = facts_shell(generation, key);
    facts->n_persons = generation->n_base;
    facts->columns = columns_new(bundle, generation->n_events, err);
    if (facts->columns && read_aliases(facts, generation, err) && read_span(facts, bundle, err)) {
        facts_decide_touches(facts);
        return facts;
    }
    facts_close(facts);
    return NULL;
}

/* ---- installing ---- */

static void add_since(struct dict *to, const struct dict *from)
{
    for (uint32_t id = dict_count(to); id < dict_count(from); id++) dict_add(to, dict_text(from, id));
}

/* Rows and merges that came after the cut, in the order in which they came. */
static void apply_since(struct facts *facts, const struct facts_cut *cut, const struct tail *before, uint32_t n_aliases)
{
    for (uint32_t alias = cut->n_aliases; alias < n_aliases; alias++) facts_new_alias(facts, alias);
    for (size_t i = 0; i < facts->merges.n; i++) facts_same_person(facts, facts->merges.at[i].a, facts->merges.at[i].b);
    for (uint64_t row = cut->n_tail; row < before->n; row++) {
        struct tail_row moved = *tail_at(before, row);
        moved.next = 0;
        tail_add(&facts->tail, &moved);
        facts_place_row(facts, facts->tail.n - 1);
    }
}

bool facts_install(struct facts *facts, const struct facts_cut *cut, struct bundle *bundle, struct err *err)
{
    struct generation *generation = generation_of(bundle, &facts->key, err);
    struct columns *columns = generation ? columns_new(bundle, generation->n_events, err) : NULL;
    struct tail *before = mem_new(sizeof *before);
    bool ok = false;

    pthread_mutex_lock(&facts->building);
    pthread_mutex_lock(&facts->mutex);
    struct generation *old = facts->generation;
    if (columns && read_aliases(facts, generation, err)) {
        add_since(generation->names, old->names);
        add_since(generation->values, old->values);
        add_since(generation->aliases, old->aliases);
        add_since(generation->tuples, old->tuples);
        *before = facts->tail;
        memset(&facts->tail, 0, sizeof facts->tail);
        facts_forget_records(facts);
        columns_release(facts->columns);
        facts->generation = generation;
        facts->columns = columns;
        facts->n_persons = generation->n_base;
        facts->keep_merges = false;
        apply_since(facts, cut, before, dict_count(generation->aliases));
        facts->version = facts_next_version();
        ok = true;
    }
    pthread_mutex_unlock(&facts->mutex);
    pthread_mutex_unlock(&facts->building);
    if (!ok) columns_release(columns);
    generation_release(ok ? old : generation);
    tail_reset(before);
    free(before);
    return ok;
}
