/* events/property_item.h -- one event of the raw log looked into for a property.
 *
 * Is:    paths such as properties.plan, and the value that an event as it came has there.
 * Owns:  nothing; texts point into the event or the caller's arena.
 * Never: reads more of an event than it must: most is passed over by its brackets and quotes.
 */
#ifndef EVENTS_PROPERTY_ITEM_H
#define EVENTS_PROPERTY_ITEM_H

#include "base/json.h"
#include "events/stage.h"

#define PROPERTY_PATH_MAX 200 /* bytes */
#define PROPERTY_DEPTH_MAX 8
#define PROPERTY_TEXT_MAX 256 /* bytes of a value; a longer one is known by so much of its beginning */

/* properties.a.b or context.a.b: members within members; there is no way into an array. */
struct property_path {
    char shown[PROPERTY_PATH_MAX + 1];
    char parts[PROPERTY_PATH_MAX + 1]; /* each ended by a NUL */
    const char *part[PROPERTY_DEPTH_MAX];
    uint32_t n;
};

/* Not to be copied: its parts point into it. ERR_INVALID at the field `property`. */
bool property_path_parse(Str text, struct property_path *out, struct err *err) MUST_CHECK;

enum property_type { PROPERTY_ABSENT, PROPERTY_TEXT, PROPERTY_NUMBER, PROPERTY_BOOL };
struct property_value {
    enum property_type type; /* an object, an array and null count as absent */
    Str text;                /* numbers in their shortest form: 5, not 5.0 */
    double number;
};
#define PROPERTY_ARENA_BYTES (json_arena_bytes(EVENT_BYTES_MAX) + 4096) /* enough to read one item */
struct property_value property_value_of(const struct json *value, struct arena *arena);

/* The events of an entry one by one, each with its place in it; none of a CSV entry. */
struct property_items {
    struct json_walk walk;
    const struct raw_entry *entry;
    Str bytes;
    uint32_t item; /* of `bytes` */
    uint32_t next;
};
struct property_items property_items(const struct raw_entry *entry);
bool property_items_next(struct property_items *items);

/* Is the item an event of that name? Then the value of its property, which may be absent. */
bool property_read(const struct property_items *items, Str event, const struct property_path *path, struct arena *arena,
                   struct property_value *out);
/* The item whole, if it is an event of that name; NULL otherwise. */
const struct json *property_event(const struct property_items *items, Str event, struct arena *arena);

#endif
