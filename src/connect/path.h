/* connect/path.h -- where a value stands in a JSON reply.
 *
 * Is:    paths such as /data/list, /errors/N/code and, with stars, "/actions/" "*[action_type=lead]/value".
 *          name or number   the member, or the item, of that name
 *          *                every member or item
 *          *[key=text]      those whose member `key` is that text or number
 *          ..               (at the start, ../../id) what holds this value: its list, then the list's owner …
 *        The empty path is the value itself.
 * Owns:  nothing; a path lives in the arena it was read into.
 * Never: allocates while it looks.
 */
#ifndef CONNECT_PATH_H
#define CONNECT_PATH_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "connect/template.h"

#define PATH_STEPS_MAX 12
#define PATH_DEPTH_MAX 24

struct path_step {
    const char *name; /* NULL: every one */
    const char *key;  /* NULL: whatever it is */
    Str value;
};

struct path {
    size_t up, n;
    struct path_step step[PATH_STEPS_MAX];
};

/* `what`: of the file, for err's field. */
bool path_read(Str text, const char *what, struct arena *arena, struct path *out, struct err *err) MUST_CHECK;
/* The same with the {names} in its steps filled in. */
void path_fill(const struct path *path, const struct vars *vars, struct arena *arena, struct path *out);

/* A value and all that hold it, the root first. */
struct place {
    const struct json *at[PATH_DEPTH_MAX];
    size_t n;
};

/* Visit every value at the path from `from`, in order; false from `visit` ends it, and is the answer. */
typedef bool path_visit(void *context, const struct place *place);
bool path_walk(const struct path *path, const struct place *from, path_visit *visit, void *context);

/* The first value there, NULL if there is none; how many there are. */
const struct json *path_first(const struct path *path, const struct place *from, size_t *n);
struct place place_of(const struct json *root);

/* A text, number or bool as text, in the arena where it has to be made; *plain is false for anything else. */
Str json_plain(const struct json *value, struct arena *arena, bool *plain);

#endif
