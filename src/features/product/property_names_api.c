/* features/product/property_names_api.c -- the properties that an event has, from the latest events of its name. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "events/property_item.h"
#include "events/raw.h"
#include "features/product/product_int.h"

#define SAMPLE 200
#define SAMPLE_BYTES_MAX ((size_t)32 * 1024 * 1024)
#define NAMES_MAX 500
#define EXAMPLES_MAX 5

/* ---- the latest events ---- */

static int latest_first(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x < *y) - (*x > *y);
}

/* The places in the raw log of the latest events of a name, the latest first; how many. `refs` has room for twice
 * SAMPLE. */
static size_t latest_refs(const struct snapshot *snapshot, uint32_t name, uint64_t *refs)
{
    uint64_t above = 0;
    size_t n = 0;

    for (uint32_t place = 0; place < snapshot->n_places; place++) {
        struct rows rows = snapshot_rows(snapshot, place);
        for (uint64_t row = rows.begin; row < rows.end; row++) {
            if (snapshot->name[row] != name || snapshot->raw[row] < above) continue;
            refs[n++] = snapshot->raw[row];
            if (n < (size_t)2 * SAMPLE) continue;
            qsort(refs, n, sizeof *refs, latest_first);
            n = SAMPLE;
            above = refs[n - 1];
        }
    }
    qsort(refs, n, sizeof *refs, latest_first);
    return n < SAMPLE ? n : SAMPLE;
}

/* ---- names ---- */

struct found {
    Str name;
    uint32_t events;
    bool type[PROPERTY_BOOL + 1]; /* seen with */
    Str example[EXAMPLES_MAX];
    uint32_t n_examples;
};

struct sample {
    struct request *request;
    Str event;
    struct arena scratch; /* of one item */
    struct dict *names;
    struct found *found; /* by id in `names` */
    uint32_t events;
    size_t bytes;
};

static void add_value(struct sample *sample, Str name, const struct json *json)
{
    struct arena *arena = &sample->request->arena;
    struct property_value value = property_value_of(json, &sample->scratch);
    uint32_t id = dict_find(sample->names, name);

    if (value.type == PROPERTY_ABSENT || (id == DICT_NONE && dict_count(sample->names) == NAMES_MAX)) return;
    if (id == DICT_NONE) {
        id = dict_add(sample->names, name);
        sample->found[id].name = arena_copy(arena, name);
    }
    struct found *found = &sample->found[id];
    found->events++;
    found->type[value.type] = true;
    for (uint32_t i = 0; i < found->n_examples; i++)
        if (str_eq(found->example[i], value.text)) return;
    if (found->n_examples < EXAMPLES_MAX) found->example[found->n_examples++] = arena_copy(arena, value.text);
}

/* Can a path lead to a member of this name? */
static bool is_part(Str key)
{
    return key.n && !memchr(key.p, '.', key.n) && !memchr(key.p, 0, key.n);
}

static void add_object(struct sample *sample, const char *path, size_t n, uint32_t depth, const struct json *object)
{
    struct json_members members = json_members(object);
    const struct json *value;
    Str key;

    while (json_next(&members, &key, &value)) {
        char inner[PROPERTY_PATH_MAX];
        if (n + 1 + key.n > sizeof inner || !is_part(key)) continue;
        memcpy(inner, path, n);
        inner[n] = '.';
        memcpy(inner + n + 1, key.p, key.n);
        if (!json_is_object(value)) {
            add_value(sample, (Str){inner, n + 1 + key.n}, value);
        } else if (depth + 1 < PROPERTY_DEPTH_MAX) {
            add_object(sample, inner, n + 1 + key.n, depth + 1, value);
        }
    }
}

/* The items of an entry that stand among refs[0 .. n-1]. */
static void add_entry(struct sample *sample, const struct raw_entry *entry, const uint64_t *refs, size_t n)
{
    struct property_items items = property_items(entry);

    while (property_items_next(&items)) {
        bool wanted = false;
        for (size_t i = 0; i < n && !wanted; i++) wanted = RAW_ITEM(refs[i]) == items.item;
        if (!wanted) continue;
        arena_reset(&sample->scratch);
        const struct json *json = property_event(&items, sample->event, &sample->scratch);
        if (!json) continue;
        sample->events++;
        add_object(sample, "properties", 10, 1, json_get(json, "properties"));
        add_object(sample, "context", 7, 1, json_get(json, "context"));
    }
}

static bool read_entries(struct sample *sample, const uint64_t *refs, size_t n, struct err *err)
{
    struct arena body;
    bool ok = true;

    arena_init(&body, (size_t)64 * 1024 * 1024);
    for (size_t i = 0, end; i < n && ok && sample->bytes < SAMPLE_BYTES_MAX; i = end) {
        struct raw_entry entry;
        for (end = i + 1; end < n && RAW_ROW(refs[end]) == RAW_ROW(refs[i]);) end++;
        ok = raw_read(sample->request->db, RAW_ROW(refs[i]), &body, &entry, err);
        if (ok) {
            add_entry(sample, &entry, refs + i, end - i);
            sample->bytes += entry.body.n;
        }
        ok = ok || err->code == ERR_NOT_FOUND; /* its import was taken back since */
        arena_reset(&body);
    }
    arena_free(&body);
    return ok;
}

/* ---- the answer ---- */

static int most_events(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    if (x->events != y->events) return x->events < y->events ? 1 : -1;
    return str_compare(x->name, y->name);
}

static const char *type_of(const struct found *found)
{
    if (found->type[PROPERTY_TEXT] + found->type[PROPERTY_NUMBER] + found->type[PROPERTY_BOOL] > 1) return "mixed";
    if (found->type[PROPERTY_NUMBER]) return "number";
    return found->type[PROPERTY_BOOL] ? "boolean" : "text";
}

static void put_sample(const struct sample *sample, struct json_out *out)
{
    uint32_t n = dict_count(sample->names);

    qsort(sample->found, n, sizeof *sample->found, most_events);
    json_open(out, '{');
    json_kv_str(out, "event", sample->event);
    json_kv_i64(out, "sampled", sample->events);
    json_key(out, "properties");
    json_open(out, '[');
    for (uint32_t i = 0; i < n; i++) {
        const struct found *found = &sample->found[i];
        json_open(out, '{');
        json_kv_str(out, "name", found->name);
        json_kv_text(out, "type", type_of(found));
        json_kv_i64(out, "events", found->events);
        json_key(out, "examples");
        json_open(out, '[');
        for (uint32_t k = 0; k < found->n_examples; k++) json_put_str(out, found->example[k]);
        json_close(out, ']');
        json_close(out, '}');
    }
    json_close(out, ']');
    json_close(out, '}');
}

bool properties_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct product *product = request->context;
    struct json_out out = json_to(&reply->body);
    struct sample sample = {.request = request, .event = str_trim(request_query(request, "event"))};
    uint64_t *refs = ARENA_ARRAY(&request->arena, uint64_t, (size_t)2 * SAMPLE);

    if (sample.event.n == 0) return err_set_field(err, "event", "say which event, such as event=Order Completed");
    sample.found = ARENA_ARRAY(&request->arena, struct found, NAMES_MAX);
    sample.names = dict_new();
    arena_init(&sample.scratch, PROPERTY_ARENA_BYTES + (size_t)1024 * 1024); /* and its numbers as texts */
    const struct snapshot *snapshot = pipeline_snapshot(product->pipeline);
    size_t n = latest_refs(snapshot, snapshot_find_name(snapshot, sample.event), refs);
    snapshot_close(snapshot);
    bool ok = read_entries(&sample, refs, n, err);
    if (ok) put_sample(&sample, &out);
    arena_free(&sample.scratch);
    dict_free(sample.names);
    return ok;
}
