#include "connect/path.h"

#include <inttypes.h>
#include <string.h>

static bool read_step(Str text, Str step, const char *what, struct arena *arena, struct path_step *out, struct err *err)
{
    if (step.n == 0) return err_set_field(err, what, "the path \"%.*s\" has an empty step", STR_ARG(text));
    *out = (struct path_step){.name = arena_cstr(arena, step)};
    if (step.p[0] != '*') return true;
    out->name = NULL;
    if (step.n == 1) return true;
    Str rest = str_from(step, 2);
    Str key = str_cut(&rest, '=');
    if (step.p[1] != '[' || key.n == 0 || rest.n < 2 || rest.p[rest.n - 1] != ']')
        return err_set_field(err, what, "the path \"%.*s\" needs * or *[name=text], not \"%.*s\"", STR_ARG(text),
                             STR_ARG(step));
    out->key = arena_cstr(arena, key);
    out->value = arena_copy(arena, (Str){rest.p, rest.n - 1});
    return true;
}

bool path_read(Str text, const char *what, struct arena *arena, struct path *out, struct err *err)
{
    struct path path = {0};
    Str rest = text;

    if (text.n && text.p[0] != '/' && !str_starts(text, STR("../")))
        return err_set_field(err, what, "a path begins with \"/\", as in \"/data/list\", not \"%.*s\"", STR_ARG(text));
    if (text.n && text.p[0] == '/') rest = str_from(rest, 1);
    while (rest.p && text.n) {
        Str step = str_cut(&rest, '/');
        if (str_eq(step, STR("..")) && path.n == 0) {
            path.up++;
            continue;
        }
        if (path.n == PATH_STEPS_MAX || path.up > PATH_DEPTH_MAX)
            return err_set_field(err, what, "the path \"%.*s\" has more than %d steps", STR_ARG(text), PATH_STEPS_MAX);
        if (!read_step(text, step, what, arena, &path.step[path.n++], err)) return false;
    }
    *out = path;
    return true;
}

void path_fill(const struct path *path, const struct vars *vars, struct arena *arena, struct path *out)
{
    *out = *path;
    for (size_t i = 0; i < path->n; i++) {
        out->step[i].value = template_text(path->step[i].value, vars, arena);
        if (!path->step[i].name) continue;
        Str name = str_of(path->step[i].name), filled = template_text(name, vars, arena);
        if (filled.p != name.p) out->step[i].name = arena_cstr(arena, filled);
    }
}

Str json_plain(const struct json *value, struct arena *arena, bool *plain)
{
    int64_t whole;
    bool truth;

    *plain = true;
    if (json_i64(value, &whole)) return arena_printf(arena, "%" PRId64, whole);
    if (json_number_text(value).n) return json_number_text(value);
    if (json_bool(value, &truth)) return truth ? STR("true") : STR("false");
    *plain = value && !json_is_null(value) && !json_is_object(value) && !json_is_array(value);
    return json_str(value);
}

static bool is_value(const struct json *value, Str wanted)
{
    int64_t whole, number;

    if (json_i64(value, &whole)) return str_to_i64(wanted, &number) && number == whole;
    return value && (json_str(value).n || wanted.n == 0) && str_eq(json_str(value), wanted);
}

struct walk {
    const struct path *path;
    path_visit *visit;
    void *context;
    struct place place;
};

static bool walk_step(struct walk *walk, size_t i);

static bool enter(struct walk *walk, size_t i, const struct json *value)
{
    bool go_on = true;

    if (!value || walk->place.n == PATH_DEPTH_MAX) return true;
    walk->place.at[walk->place.n++] = value;
    go_on = walk_step(walk, i + 1);
    walk->place.n--;
    return go_on;
}

static const struct json *member(const struct json *value, const char *name)
{
    int64_t i;

    if (!json_is_array(value)) return json_get(value, name);
    return str_to_i64(str_of(name), &i) && i >= 0 ? json_at(value, (size_t)i) : NULL;
}

static bool walk_step(struct walk *walk, size_t i)
{
    const struct json *at = walk->place.at[walk->place.n - 1];

    if (i == walk->path->n) return walk->visit(walk->context, &walk->place);
    const struct path_step *step = &walk->path->step[i];
    if (step->name) return enter(walk, i, member(at, step->name));
    if (!json_is_object(at) && !json_is_array(at)) return true;
    struct json_members members = json_members(at);
    const struct json *value;
    Str key;
    while (json_next(&members, &key, &value))
        if (!step->key || is_value(json_get(value, step->key), step->value))
            if (!enter(walk, i, value)) return false;
    return true;
}

bool path_walk(const struct path *path, const struct place *from, path_visit *visit, void *context)
{
    struct walk walk = {path, visit, context, *from};

    if (from->n <= path->up) return true; /* there is nothing that high */
    walk.place.n -= path->up;
    return walk_step(&walk, 0);
}

struct first {
    const struct json *value;
    size_t n;
};

static bool take_first(void *context, const struct place *place)
{
    struct first *first = context;

    if (first->n++ == 0) first->value = place->at[place->n - 1];
    return true;
}

const struct json *path_first(const struct path *path, const struct place *from, size_t *n)
{
    struct first first = {NULL, 0};

    path_walk(path, from, take_first, &first);
    if (n) *n = first.n;
    return first.value;
}

struct place place_of(const struct json *root)
{
    return (struct place){{root}, root ? 1 : 0};
}
