#include "report/segment_rule.h"

#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "measure/scratch.h"

#define EVENT_NAME_MAX 200
#define FILTER_TEXT_MAX 512
#define TIMES_MAX INT64_C(1000000000)
#define DAYS_MAX 36500
#define PATH_BYTES 96

static const struct {
    const char *name;
    enum segment_kind kind;
    const char *keys; /* that it may have beside kind and not, each between blanks */
} KINDS[] = {
    {"group", SEGMENT_GROUP, " match conditions "},
    {"event", SEGMENT_EVENT, " event at_least at_most last_days from to filter "},
    {"first_touch", SEGMENT_FIRST_TOUCH, " filter "},
    {"any_touch", SEGMENT_ANY_TOUCH, " filter "},
    {"persons", SEGMENT_PLACES, " persons "},
};

/* ---- reading ---- */

struct reading {
    struct arena *arena;
    struct err *err;
    uint32_t n_conditions, n_persons; /* of the whole definition */
};

/* One condition on its way. */
struct place {
    struct reading *reading;
    const struct json *json;
    const char *path;
};

static bool wrong(const struct place *place, const char *key, const char *what)
{
    char field[PATH_BYTES * 2];

    snprintf(field, sizeof field, "%s%s%s", place->path, key[0] ? "." : "", key);
    return err_set_field(place->reading->err, field, "%s", what);
}

static bool holds_word(const char *words, Str word)
{
    Str rest = str_of(words);

    while (rest.n)
        if (str_eq(str_cut(&rest, ' '), word)) return word.n != 0;
    return false;
}

/* A misspelt key that was passed over would be another segment. */
static bool check_keys(const struct place *place, const char *keys)
{
    struct json_members members = json_members(place->json);
    const struct json *value;
    Str key;

    while (json_next(&members, &key, &value)) {
        if (holds_word(keys, key)) continue;
        return err_set_field(place->reading->err, place->path, "there is no member \"%.*s\" here; there are%s",
                             (int)(key.n < 32 ? key.n : 32), key.p, keys);
    }
    return true;
}

/* A whole number within the limits, if it is there. */
static bool read_whole(const struct place *place, const char *key, int64_t min, int64_t max, int64_t *out, bool *given)
{
    const struct json *value = json_get(place->json, key);
    int64_t whole;

    *given = !json_is_null(value);
    if (!*given) return true;
    if (!json_i64(value, &whole) || whole < min || whole > max) {
        char what[96];
        snprintf(what, sizeof what, "%s is a whole number from %lld to %lld", key, (long long)min, (long long)max);
        return wrong(place, key, what);
    }
    *out = whole;
    return true;
}

static bool read_bounds(const struct place *place, struct segment_rule *rule)
{
    int64_t from_ms = INT64_MIN, to_ms = INT64_MAX;
    int32_t day;
    bool given;

    rule->from = str_trim(json_str(json_get(place->json, "from")));
    rule->to = str_trim(json_str(json_get(place->json, "to")));
    if (!json_is_null(json_get(place->json, "from")) &&
        !question_bound("from", rule->from, false, &from_ms, &day, place->reading->err))
        return wrong(place, "from", "from is a day such as 2025-02-12 or an RFC 3339 instant");
    if (!json_is_null(json_get(place->json, "to")) &&
        !question_bound("to", rule->to, true, &to_ms, &day, place->reading->err))
        return wrong(place, "to", "to is a day such as 2025-02-12 or an RFC 3339 instant");
    if (from_ms >= to_ms) return wrong(place, "to", "to lies before from");
    if (!read_whole(place, "last_days", 1, DAYS_MAX, &rule->last_days, &given)) return false;
    if (given && (rule->from.n || rule->to.n))
        return wrong(place, "last_days", "give last_days or from and to, not both");
    return true;
}

static bool read_filters(const struct place *place, struct segment_rule *rule)
{
    const struct json *list = json_get(place->json, "filter");
    size_t n = json_count(list);

    if (json_is_null(list)) return true;
    if (!json_is_array(list) || n > SEGMENT_FILTERS_MAX)
        return wrong(place, "filter", "filter is a list of at most 20 texts such as platform:is:google");
    rule->filter_text = ARENA_ARRAY(place->reading->arena, Str, n);
    rule->filter = ARENA_ARRAY(place->reading->arena, struct filter, n);
    for (size_t i = 0; i < n; i++) {
        Str text = json_str(json_at(list, i));
        if (text.n > FILTER_TEXT_MAX || !filter_parse(text, &rule->filter[i], place->reading->err))
            return wrong(place, "filter",
                         "a filter is dim:op:value with op is, is_not, contains or not_contains, such as "
                         "platform:is:google, of at most 512 bytes");
        rule->filter_text[i] = text;
    }
    rule->n_filters = (uint32_t)n;
    return true;
}

static bool read_event(const struct place *place, struct segment_rule *rule)
{
    bool least, most;

    rule->event = str_trim(json_str(json_get(place->json, "event")));
    if (rule->event.n == 0 || rule->event.n > EVENT_NAME_MAX)
        return wrong(place, "event", "say which event, or * for any");
    rule->at_least = 1;
    rule->at_most = INT64_MAX;
    if (!read_whole(place, "at_least", 0, TIMES_MAX, &rule->at_least, &least)) return false;
    if (!read_whole(place, "at_most", 0, TIMES_MAX, &rule->at_most, &most)) return false;
    if (most && !least) rule->at_least = 0;
    if (rule->at_most < rule->at_least) return wrong(place, "at_most", "at_most is less than at_least");
    return read_bounds(place, rule) && read_filters(place, rule);
}

static bool read_touch(const struct place *place, struct segment_rule *rule)
{
    if (!read_filters(place, rule)) return false;
    return rule->n_filters || wrong(place, "filter", "say which touch, such as platform:is:google");
}

static bool read_persons(const struct place *place, const struct json *list, struct segment_rule *rule)
{
    struct json_members members = json_members(list);
    struct reading *reading = place->reading;
    size_t n = json_count(list);
    const struct json *value;
    Str key;

    if (!json_is_array(list)) return wrong(place, "persons", "persons is a list of aliases such as u:42");
    if (n > SEGMENT_PERSONS_MAX - reading->n_persons)
        return wrong(place, "persons", "a segment lists at most 100,000 persons");
    reading->n_persons += (uint32_t)n;
    rule->person = ARENA_ARRAY(reading->arena, Str, n);
    while (json_next(&members, &key, &value)) {
        Str alias = str_trim(json_str(value));
        if (alias.n == 0 || alias.n > ALIAS_VALUE_MAX + 2)
            return wrong(place, "persons", "an alias is a text of 1 to 258 bytes such as u:42");
        rule->person[rule->n_persons++] = alias;
    }
    return true;
}

static bool read_condition(const struct place *place, int depth, struct segment_rule *rule);

static bool read_group(const struct place *place, int depth, struct segment_rule *rule)
{
    Str match = json_str(json_get(place->json, "match"));
    const struct json *list = json_get(place->json, "conditions");
    struct json_members members = json_members(list);
    const struct json *value;
    Str key;

    rule->any = str_eq(match, STR("any"));
    if (!rule->any && !str_eq(match, STR("all"))) return wrong(place, "match", "match is all or any");
    if (depth == SEGMENT_DEPTH_MAX) return wrong(place, "", "groups stand at most 5 deep");
    if (!json_is_array(list) || json_count(list) == 0)
        return wrong(place, "conditions", "conditions is a list of at least one");
    if (json_count(list) > SEGMENT_CONDITIONS_MAX)
        return wrong(place, "conditions", "a segment has at most 50 conditions");
    rule->inner = ARENA_ARRAY(place->reading->arena, struct segment_rule, json_count(list));
    while (json_next(&members, &key, &value)) {
        char path[PATH_BYTES];
        snprintf(path, sizeof path, "%.70s.conditions[%u]", place->path, rule->n_inner);
        const struct place inner = {place->reading, value, path};
        if (!read_condition(&inner, depth + 1, &rule->inner[rule->n_inner])) return false;
        rule->n_inner++;
    }
    return true;
}

static bool read_kind(const struct place *place, struct segment_rule *rule)
{
    Str kind = json_str(json_get(place->json, "kind"));
    const struct json *negated = json_get(place->json, "not");

    if (!json_is_object(place->json)) return wrong(place, "", "a condition is an object with a member kind");
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        if (!str_eq(kind, str_of(KINDS[i].name))) continue;
        char keys[80];
        snprintf(keys, sizeof keys, " kind not%s", KINDS[i].keys);
        rule->kind = KINDS[i].kind;
        if (!json_is_null(negated) && !json_bool(negated, &rule->negated))
            return wrong(place, "not", "not is true or false");
        return check_keys(place, keys);
    }
    return wrong(place, "kind", "kind is group, event, first_touch, any_touch or persons");
}

static bool read_condition(const struct place *place, int depth, struct segment_rule *rule)
{
    if (++place->reading->n_conditions > SEGMENT_CONDITIONS_MAX)
        return wrong(place, "", "a segment has at most 50 conditions");
    if (!read_kind(place, rule)) return false;
    switch (rule->kind) {
    case SEGMENT_GROUP: return read_group(place, depth, rule);
    case SEGMENT_EVENT: return read_event(place, rule);
    case SEGMENT_FIRST_TOUCH:
    case SEGMENT_ANY_TOUCH: return read_touch(place, rule);
    case SEGMENT_PLACES: break;
    }
    return read_persons(place, json_get(place->json, "persons"), rule);
}

bool segment_rule_read(const struct json *json, struct arena *arena, struct segment_rule *out, struct err *err)
{
    struct reading reading = {.arena = arena, .err = err};
    const struct place root = {&reading, json, "definition"};
    struct segment_rule rule = {.kind = SEGMENT_GROUP};

    if (!json_is_object(json)) return wrong(&root, "", "definition is an object with match and conditions");
    if (!check_keys(&root, " match conditions ") || !read_group(&root, 0, &rule)) return false;
    *out = rule;
    return true;
}

bool segment_rule_of_persons(const struct json *persons, struct arena *arena, struct segment_rule *out, struct err *err)
{
    struct reading reading = {.arena = arena, .err = err};
    struct err why;
    struct segment_rule *rule = ARENA_NEW(arena, struct segment_rule);

    reading.err = &why;
    rule->kind = SEGMENT_PLACES;
    const struct place place = {&reading, NULL, "persons"};
    if (!read_persons(&place, persons, rule)) return err_set_field(err, "persons", "%s", why.text);
    *out = (struct segment_rule){.kind = SEGMENT_GROUP, .inner = rule, .n_inner = 1};
    return true;
}

/* ---- writing ---- */

static void put_text_or_null(struct json_out *out, const char *key, Str text)
{
    json_key(out, key);
    if (text.n) {
        json_put_str(out, text);
    } else {
        json_put_null(out);
    }
}

static void put_list(struct json_out *out, const char *key, const Str *list, uint32_t n)
{
    json_key(out, key);
    json_open(out, '[');
    for (uint32_t i = 0; i < n; i++) json_put_str(out, list[i]);
    json_close(out, ']');
}

static void put_event(const struct segment_rule *rule, struct json_out *out)
{
    json_kv_str(out, "event", rule->event);
    json_kv_i64(out, "at_least", rule->at_least);
    if (rule->at_most == INT64_MAX) {
        json_kv_null(out, "at_most");
    } else {
        json_kv_i64(out, "at_most", rule->at_most);
    }
    if (rule->last_days) {
        json_kv_i64(out, "last_days", rule->last_days);
    } else {
        json_kv_null(out, "last_days");
    }
    put_text_or_null(out, "from", rule->from);
    put_text_or_null(out, "to", rule->to);
}

static void put_condition(const struct segment_rule *rule, struct json_out *out);

static void put_group(const struct segment_rule *rule, struct json_out *out)
{
    json_kv_text(out, "match", rule->any ? "any" : "all");
    json_key(out, "conditions");
    json_open(out, '[');
    for (uint32_t i = 0; i < rule->n_inner; i++) put_condition(&rule->inner[i], out);
    json_close(out, ']');
}

static void put_condition(const struct segment_rule *rule, struct json_out *out)
{
    json_open(out, '{');
    for (size_t i = 0; i < COUNT_OF(KINDS); i++)
        if (KINDS[i].kind == rule->kind) json_kv_text(out, "kind", KINDS[i].name);
    json_kv_bool(out, "not", rule->negated);
    if (rule->kind == SEGMENT_GROUP) {
        put_group(rule, out);
    } else if (rule->kind == SEGMENT_PLACES) {
        put_list(out, "persons", rule->person, rule->n_persons);
    } else {
        if (rule->kind == SEGMENT_EVENT) put_event(rule, out);
        put_list(out, "filter", rule->filter_text, rule->n_filters);
    }
    json_close(out, '}');
}

void segment_rule_write(const struct segment_rule *rule, struct json_out *out)
{
    json_open(out, '{');
    put_group(rule, out);
    json_close(out, '}');
}

/* ---- looking names up ---- */

static bool resolve_filters(const struct segment_rule *rule, const struct snapshot *snapshot, struct arena *arena,
                            struct segment_condition *out, struct err *err)
{
    if (rule->n_filters == 0) return true;
    bool *counts = SCRATCH_ARRAY(arena, bool, snapshot->n_touches, err);
    if (!counts) return false;
    memset(counts, true, snapshot->n_touches * sizeof *counts);
    for (uint32_t i = 0; i < rule->n_filters; i++) filter_apply(&rule->filter[i], snapshot, counts);
    out->touch_counts = counts;
    return true;
}

static bool resolve_event(const struct segment_rule *rule, const struct snapshot *snapshot, int64_t now_ms,
                          struct segment_condition *out, struct err *err)
{
    int32_t day;

    out->any_event = str_eq(rule->event, STR("*"));
    out->event = out->any_event ? DICT_NONE : snapshot_find_name(snapshot, rule->event);
    out->at_least = (uint64_t)rule->at_least;
    out->at_most = (uint64_t)rule->at_most;
    out->range = RANGE_ALL;
    if (rule->from.n && !question_bound("from", rule->from, false, &out->range.from_ms, &day, err)) return false;
    if (rule->to.n && !question_bound("to", rule->to, true, &out->range.to_ms, &day, err)) return false;
    if (rule->last_days) out->range.from_ms = time_day_start(time_day_of(now_ms) - (int32_t)rule->last_days + 1);
    return true;
}

static bool resolve_persons(const struct segment_rule *rule, const struct snapshot *snapshot, struct arena *arena,
                            struct segment_condition *out, struct err *err)
{
    uint64_t *places = SCRATCH_ARRAY(arena, uint64_t, SEGMENT_WORDS(snapshot->n_places), err);

    if (!places) return false;
    for (uint32_t i = 0; i < rule->n_persons; i++) {
        uint32_t place = snapshot_find_person(snapshot, rule->person[i]);
        if (place != DICT_NONE) places[place / 64] |= UINT64_C(1) << place % 64;
    }
    out->places = places;
    return true;
}

bool segment_rule_resolve(const struct segment_rule *rule, const struct snapshot *snapshot, int64_t now_ms,
                          struct arena *arena, struct segment_condition *out, struct err *err)
{
    *out = (struct segment_condition){.kind = rule->kind, .negated = rule->negated, .any = rule->any};
    switch (rule->kind) {
    case SEGMENT_PLACES: return resolve_persons(rule, snapshot, arena, out, err);
    case SEGMENT_EVENT:
        if (!resolve_event(rule, snapshot, now_ms, out, err)) return false;
        return resolve_filters(rule, snapshot, arena, out, err);
    case SEGMENT_FIRST_TOUCH:
    case SEGMENT_ANY_TOUCH: return resolve_filters(rule, snapshot, arena, out, err);
    case SEGMENT_GROUP: break;
    }
    struct segment_condition *inner = SCRATCH_ARRAY(arena, struct segment_condition, rule->n_inner, err);
    if (!inner) return false;
    for (uint32_t i = 0; i < rule->n_inner; i++)
        if (!segment_rule_resolve(&rule->inner[i], snapshot, now_ms, arena, &inner[i], err)) return false;
    out->inner = inner;
    out->n_inner = rule->n_inner;
    return true;
}
