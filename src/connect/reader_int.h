/* connect/reader_int.h -- reading an adapter's file value by value.
 *
 * Is:    getters that say file, place and what is expected when something else stands there.
 * Owns:  nothing.
 * Never: is seen outside connect/.
 */
#ifndef CONNECT_READER_INT_H
#define CONNECT_READER_INT_H

#include "connect/adapter.h"

struct reader {
    Str file;
    struct arena *arena;
    struct err *err;
    char where[96]; /* errors.rules.3 */
    struct vars known;
};

bool reader_wrong(struct reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Step into a member or an item; reader_out goes back to what it was given. */
size_t reader_in(struct reader *reader, const char *key);
size_t reader_in_item(struct reader *reader, size_t i);
void reader_out(struct reader *reader, size_t was);

/* An object with no other members than these, by blanks. */
bool reader_keys(struct reader *reader, const struct json *value, const char *keys);
bool reader_list(struct reader *reader, const struct json *value);
/* These read a member; when it is absent they leave *out as it is. */
bool reader_text(struct reader *reader, const struct json *object, const char *key, bool required, Str *out);
bool reader_template(struct reader *reader, const struct json *object, const char *key, bool required, Str *out);
bool reader_whole(struct reader *reader, const struct json *object, const char *key, int64_t least, int64_t most,
                  int64_t *out);
bool reader_number(struct reader *reader, const struct json *object, const char *key, double *out);
bool reader_seconds(struct reader *reader, const struct json *object, const char *key, int64_t *out_ms);
bool reader_bool(struct reader *reader, const struct json *object, const char *key, bool *out);
bool reader_path(struct reader *reader, const struct json *object, const char *key, struct path *out, bool *given);
bool reader_titles(struct reader *reader, const struct json *object, const char *key, Str *en, Str *ru);
/* One of a list of words, by blanks; its place among them. */
bool reader_word(struct reader *reader, const struct json *object, const char *key, const char *words, size_t *out);
/* Texts of a list, or one text; numbers as texts. */
bool reader_texts(struct reader *reader, const struct json *object, const char *key, Str **out, size_t *n);
bool reader_statuses(struct reader *reader, const struct json *object, int64_t *out, size_t *n);
/* All {names} in the value, texts within it included, are known. */
bool reader_names(struct reader *reader, const struct json *value);
bool reader_pairs(struct reader *reader, const struct json *object, const char *key, struct pairs *out);

/* ---- parts of an adapter, adapter_parts.c ---- */
bool read_conditions(struct reader *reader, const struct json *object, const char *key, struct condition *out,
                     size_t *n);
bool read_ask(struct reader *reader, const struct json *object, const char *key, struct ask *out);
bool read_values(struct reader *reader, const struct json *object, const char *key, struct values *out);
bool read_errors(struct reader *reader, const struct json *root, struct errors *out);
bool read_usage(struct reader *reader, const struct json *root, struct adapter *out);
/* ---- adapter_rows.c ---- */
bool read_reports(struct reader *reader, const struct json *root, struct adapter *out);

#endif
