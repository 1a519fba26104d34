#include "connect/reader_int.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool reader_wrong(struct reader *reader, const char *format, ...)
{
    char text[240];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return err_set_field(reader->err, reader->where, "%.*s: %s%s%s", STR_ARG(reader->file), reader->where,
                         reader->where[0] ? ": " : "", text);
}

size_t reader_in(struct reader *reader, const char *key)
{
    size_t was = strlen(reader->where);

    (void)snprintf(reader->where + was, sizeof reader->where - was, "%s%s", was ? "." : "", key);
    return was;
}

size_t reader_in_item(struct reader *reader, size_t i)
{
    char key[24];

    (void)snprintf(key, sizeof key, "%zu", i);
    return reader_in(reader, key);
}

void reader_out(struct reader *reader, size_t was)
{
    reader->where[was] = '\0';
}

static bool is_word_of(const char *words, Str word, size_t *place)
{
    Str rest = str_of(words);

    for (size_t i = 0; rest.n; i++) {
        if (!str_eq(str_cut(&rest, ' '), word)) continue;
        if (place) *place = i;
        return true;
    }
    return false;
}

bool reader_keys(struct reader *reader, const struct json *value, const char *keys)
{
    if (!json_is_object(value)) return reader_wrong(reader, "an object is expected, with %s", keys);
    struct json_members members = json_members(value);
    Str key;
    while (json_next(&members, &key, &value))
        if (!is_word_of(keys, key, NULL))
            return reader_wrong(reader, "there is no \"%.*s\" here; expected are %s", (int)(key.n < 60 ? key.n : 60),
                                key.p, keys);
    return true;
}

bool reader_list(struct reader *reader, const struct json *value)
{
    return json_is_array(value) || reader_wrong(reader, "a list is expected");
}

#define IN(key)                                                                                                        \
    const struct json *value = json_get(object, key);                                                                  \
    size_t was = reader_in(reader, key);                                                                               \
    bool ok = true
#define OUT                                                                                                            \
    if (ok) reader_out(reader, was);                                                                                   \
    return ok

bool reader_text(struct reader *reader, const struct json *object, const char *key, bool required, Str *out)
{
    IN(key);
    if (value) {
        *out = json_str(value);
        if (!out->n && !(json_str(value).p && !required)) ok = reader_wrong(reader, "a text is expected");
    } else if (required)
        ok = reader_wrong(reader, "is missing; a text is expected");
    OUT;
}

static bool names_known(struct reader *reader, Str text)
{
    Str before, name;

    while (template_next(&text, &before, &name)) {
        if (name.p[0] == '#') name = str_from(name, 1);
        bool found = false;
        for (size_t i = 0; i < reader->known.n && !found; i++) found = str_eq(reader->known.name[i], name);
        if (!found)
            return reader_wrong(reader,
                                "{%.*s} is neither a setting nor a name that the program gives ({from}, {to}, {page}, "
                                "{cursor} …) nor one of a reply's values",
                                STR_ARG(name));
    }
    return true;
}

bool reader_names(struct reader *reader, const struct json *value)
{
    struct json_members members = json_members(value);
    const struct json *item;
    Str key;

    if (!json_is_object(value) && !json_is_array(value)) return names_known(reader, json_str(value));
    while (json_next(&members, &key, &item))
        if (!reader_names(reader, item)) return false;
    return true;
}

bool reader_template(struct reader *reader, const struct json *object, const char *key, bool required, Str *out)
{
    if (!reader_text(reader, object, key, required, out)) return false;
    size_t was = reader_in(reader, key);
    if (!names_known(reader, *out)) return false;
    reader_out(reader, was);
    return true;
}

bool reader_whole(struct reader *reader, const struct json *object, const char *key, int64_t least, int64_t most,
                  int64_t *out)
{
    IN(key);
    int64_t whole;
    if (value && (!json_i64(value, &whole) || whole < least || whole > most))
        ok = reader_wrong(reader, "a whole number from %" PRId64 " to %" PRId64 " is expected", least, most);
    else if (value)
        *out = whole;
    OUT;
}

bool reader_number(struct reader *reader, const struct json *object, const char *key, double *out)
{
    IN(key);
    double real;
    if (value && (!json_double(value, &real) || real < 0 || real > 1e9))
        ok = reader_wrong(reader, "a number is expected, 0 or more");
    else if (value)
        *out = real;
    OUT;
}

bool reader_seconds(struct reader *reader, const struct json *object, const char *key, int64_t *out_ms)
{
    double seconds = (double)*out_ms / 1000;

    if (!reader_number(reader, object, key, &seconds)) return false;
    *out_ms = (int64_t)(seconds * 1000);
    return true;
}

bool reader_bool(struct reader *reader, const struct json *object, const char *key, bool *out)
{
    IN(key);
    if (value && !json_bool(value, out)) ok = reader_wrong(reader, "true or false is expected");
    OUT;
}

bool reader_path(struct reader *reader, const struct json *object, const char *key, struct path *out, bool *given)
{
    IN(key);
    struct err why = {0};
    if (given) *given = value != NULL;
    if (!value)
        ok = given || reader_wrong(reader, "is missing; a path such as \"/data/list\" is expected");
    else if (!json_str(value).p)
        ok = reader_wrong(reader, "a path such as \"/data/list\" is expected");
    else if (!path_read(json_str(value), reader->where, reader->arena, out, &why))
        ok = reader_wrong(reader, "%s", why.text);
    if (ok && value) ok = names_known(reader, json_str(value));
    OUT;
}

bool reader_titles(struct reader *reader, const struct json *object, const char *key, Str *en, Str *ru)
{
    IN(key);
    ok = reader_keys(reader, value, "en ru") && reader_text(reader, value, "en", true, en) &&
         reader_text(reader, value, "ru", false, ru);
    OUT;
}

bool reader_word(struct reader *reader, const struct json *object, const char *key, const char *words, size_t *out)
{
    IN(key);
    if (value && !is_word_of(words, json_str(value), out)) ok = reader_wrong(reader, "one of %s is expected", words);
    OUT;
}

static bool plain_text(struct reader *reader, const struct json *value, Str *out)
{
    bool plain;

    *out = json_plain(value, reader->arena, &plain);
    return plain || reader_wrong(reader, "a text, a number, or a list of them is expected");
}

bool reader_texts(struct reader *reader, const struct json *object, const char *key, Str **out, size_t *n)
{
    IN(key);
    size_t count = json_is_array(value) ? json_count(value) : value ? 1 : 0;
    if (count) *out = ARENA_ARRAY(reader->arena, Str, count);
    for (size_t i = 0; ok && i < count; i++)
        ok = plain_text(reader, json_is_array(value) ? json_at(value, i) : value, &(*out)[i]);
    *n = count;
    OUT;
}

bool reader_statuses(struct reader *reader, const struct json *object, int64_t *out, size_t *n)
{
    IN("status");
    size_t count = json_count(value);
    if (value && (count == 0 || count > STATUSES_MAX))
        ok = reader_wrong(reader, "a list of 1 to %d HTTP statuses is expected", STATUSES_MAX);
    for (size_t i = 0; ok && i < count; i++)
        if (!json_i64(json_at(value, i), &out[i]) || out[i] < 100 || out[i] > 599)
            ok = reader_wrong(reader, "HTTP statuses are from 100 to 599");
    *n = count;
    OUT;
}

bool reader_pairs(struct reader *reader, const struct json *object, const char *key, struct pairs *out)
{
    IN(key);
    *out = (struct pairs){NULL, 0};
    if (value && !json_is_object(value)) ok = reader_wrong(reader, "an object of names and texts is expected");
    if (ok && value) {
        struct json_members members = json_members(value);
        struct pair pair;
        out->row = ARENA_ARRAY(reader->arena, struct pair, members.left + 1);
        while (ok && json_next(&members, &pair.name, &pair.value)) {
            out->row[out->n++] = pair;
            ok = reader_names(reader, pair.value);
        }
    }
    OUT;
}
