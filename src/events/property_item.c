/* events/property_item.c -- see property_item.h.
 *
 * An item without a backslash says what its bytes say, so its members are found by walking over it once. One with a
 * backslash may spell a key or a name in another way: it is read whole. Which events there are, and what they are
 * called, is as events/segment.c has it. What it would reject may be seen here; no fact refers to it.
 */
#include "events/property_item.h"

#include <stdio.h>
#include <string.h>

/* ---- paths ---- */

bool property_path_parse(Str text, struct property_path *out, struct err *err)
{
    Str rest = text;

    *out = (struct property_path){0};
    if (text.n > PROPERTY_PATH_MAX)
        return err_set_field(err, "property", "the path of a property has at most %d bytes", PROPERTY_PATH_MAX);
    if (!str_starts(text, STR("properties.")) && !str_starts(text, STR("context.")))
        return err_set_field(err, "property",
                             "property is a path such as properties.plan or context.device.type, not \"%.*s\"",
                             STR_ARG(text));
    memcpy(out->shown, text.p, text.n);
    while (rest.p) {
        Str part = str_cut(&rest, '.');
        size_t at = (size_t)(part.p - text.p);
        if (part.n == 0 || memchr(part.p, 0, part.n))
            return err_set_field(err, "property", "a part of \"%.*s\" is empty", STR_ARG(text));
        if (out->n == PROPERTY_DEPTH_MAX)
            return err_set_field(err, "property", "the path of a property has at most %d parts", PROPERTY_DEPTH_MAX);
        memcpy(out->parts + at, part.p, part.n);
        out->part[out->n++] = out->parts + at;
    }
    return true;
}

/* ---- values ---- */

static Str number_text(double number, struct arena *arena)
{
    Str text = {NULL, 0};
    double back;

    for (int precision = 15; precision <= 17; precision++) {
        text = arena_printf(arena, "%.*g", precision, number);
        if (str_to_double(text, &back) && back >= number && back <= number) break;
    }
    return text;
}

/* The first PROPERTY_TEXT_MAX bytes, no character cut in two. */
static Str beginning(Str text)
{
    size_t n = PROPERTY_TEXT_MAX;

    if (!text.p || text.n <= n) return text;
    while (n && ((unsigned char)text.p[n] & 0xC0) == 0x80) n--;
    return (Str){text.p, n};
}

struct property_value property_value_of(const struct json *value, struct arena *arena)
{
    struct property_value out = {.type = PROPERTY_TEXT, .text = json_str(value)};
    int64_t whole;
    bool yes;

    if (json_i64(value, &whole)) {
        out = (struct property_value){PROPERTY_NUMBER, arena_printf(arena, "%lld", (long long)whole), (double)whole};
    } else if (json_double(value, &out.number)) {
        out.type = PROPERTY_NUMBER;
        out.text = number_text(out.number, arena);
    } else if (json_bool(value, &yes)) {
        out = (struct property_value){.type = PROPERTY_BOOL, .text = yes ? STR("true") : STR("false")};
    } else if (!out.text.p) {
        out.type = PROPERTY_ABSENT;
    }
    out.text = beginning(out.text);
    return out;
}

/* ---- items ---- */

struct property_items property_items(const struct raw_entry *entry)
{
    struct property_items items = {.entry = entry};
    Str array;

    bool none = raw_kind_is_csv(entry->kind);

    if (entry->kind == RAW_BATCH) /* the log has no batch without its array */
        none = !json_span_member(entry->body, STR("batch"), &array) || !json_walk_start(&items.walk, array);
    if (none) items.next = RAW_ITEMS_MAX;
    return items;
}

bool property_items_next(struct property_items *items)
{
    if (items->next == RAW_ITEMS_MAX) return false;
    items->item = items->next++;
    if (items->entry->kind == RAW_BATCH) return json_walk_next(&items->walk, &items->bytes) && items->bytes.n;
    items->bytes = items->entry->body;
    return items->item == 0;
}

/* What an event of this type is called; empty of a track: its own name. False: the type is no event's. */
static bool name_of_type(Str type, Str *name)
{
    static const struct {
        Str type, name;
    } TYPES[] = {{STR_INIT("track"), STR_INIT("")},
                 {STR_INIT("page"), STR_INIT("Page Viewed")},
                 {STR_INIT("screen"), STR_INIT("Screen Viewed")}};

    for (size_t i = 0; i < COUNT_OF(TYPES); i++) {
        if (!str_eq(type, TYPES[i].type)) continue;
        *name = TYPES[i].name;
        return true;
    }
    return false;
}

/* The type that the entry gives all of its items; empty when each says its own. */
static Str type_of_entry(const struct raw_entry *entry)
{
    if (entry->kind == RAW_BATCH || entry->kind == RAW_WEBHOOK) return STR("");
    return str_of(raw_kind_name(entry->kind));
}

static bool is_named(Str type, Str own, Str event)
{
    Str name;

    if (!name_of_type(type, &name)) return false;
    return str_eq(name.n ? name : str_trim(own), event);
}

const struct json *property_event(const struct property_items *items, Str event, struct arena *arena)
{
    struct err err;

    if (items->bytes.n > EVENT_BYTES_MAX) return NULL; /* it was rejected */
    const struct json *json = json_parse(items->bytes, arena, &err);
    Str type = type_of_entry(items->entry);
    const struct json *own = json_get(json, "event");
    int64_t whole;
    Str name = json_number_text(own);

    if (type.n == 0) type = json_str(json_get(json, "type"));
    if (name.n == 0) name = json_str(own);
    if (json_i64(own, &whole)) name = arena_printf(arena, "%lld", (long long)whole);
    return json && is_named(type, name, event) ? json : NULL;
}

static struct property_value read_whole(const struct json *json, const struct property_path *path, struct arena *arena)
{
    for (uint32_t i = 0; i < path->n; i++) json = json_get(json, path->part[i]);
    return property_value_of(json, arena);
}

/* What stands between the quotes; the span as it is when there are none. */
static Str unquoted(Str span)
{
    return span.n >= 2 && span.p[0] == '"' ? (Str){span.p + 1, span.n - 2} : span;
}

/* The members that matter of an item without backslashes. */
static bool find_members(Str item, const char *root, Str *type, Str *event, Str *inner)
{
    const struct {
        Str key;
        Str *value;
    } WANTED[] = {{STR("type"), type}, {STR("event"), event}, {str_of(root), inner}};
    struct json_walk walk;
    Str key, value;

    if (!json_walk_members(&walk, item)) return false;
    while (type->n == 0 || event->n == 0 || inner->n == 0) {
        if (!json_walk_member(&walk, &key, &value)) return false;
        if (value.n == 0) break;
        for (size_t i = 0; i < COUNT_OF(WANTED); i++)
            if (WANTED[i].value->n == 0 && str_eq(key, WANTED[i].key)) *WANTED[i].value = value;
    }
    return true;
}

bool property_read(const struct property_items *items, Str event, const struct property_path *path, struct arena *arena,
                   struct property_value *out)
{
    Str type = {NULL, 0}, own = {NULL, 0}, inner = {NULL, 0}, given = type_of_entry(items->entry);
    struct err err;

    *out = (struct property_value){0};
    if (items->bytes.n == 0 || items->bytes.n > EVENT_BYTES_MAX) return false;
    if (memchr(items->bytes.p, '\\', items->bytes.n)) {
        const struct json *json = property_event(items, event, arena);
        if (json) *out = read_whole(json, path, arena);
        return json != NULL;
    }
    if (!find_members(items->bytes, path->part[0], &type, &own, &inner)) return false;
    if (given.n == 0) given = unquoted(type);
    if (own.n && own.p[0] != '"') { /* a number may be spelt in several ways */
        const struct json *number = json_parse(own, arena, &err);
        int64_t whole;
        own = json_i64(number, &whole) ? arena_printf(arena, "%lld", (long long)whole) : json_number_text(number);
    }
    if (!is_named(given, unquoted(own), event)) return false;
    for (uint32_t i = 1; i < path->n && inner.n; i++)
        if (!json_span_member(inner, str_of(path->part[i]), &inner)) inner.n = 0;
    if (inner.n && inner.p[0] != '{' && inner.p[0] != '[')
        *out = property_value_of(json_parse(inner, arena, &err), arena);
    return true;
}
