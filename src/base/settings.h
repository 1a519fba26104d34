/* base/settings.h -- what an operator can set, as one table.
 *
 * Is:    struct settings, filled from the environment, then from a `.env` file for what the environment leaves out.
 * Owns:  its texts, in an arena.
 * Never: prints the value of a row marked secret.
 */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

#include "base/arena.h"
#include "base/err.h"

struct settings {
    Str data;
    Str listen;
    Str database;
    Str events;
    Str admin_token;
    Str write_key;
    Str timezone;
    Str currency;
    Str secret_key;
    Str allow_hosts;
    Str log;
    int64_t threads;
    int64_t import_max_bytes;
    struct arena arena;
};

enum setting_type { SETTING_TEXT, SETTING_WHOLE };

struct setting {
    const char *name; /* the environment variable */
    enum setting_type type;
    bool secret;
    const char *fallback;
    size_t offset; /* of its field in struct settings */
    const char *help;
};

/* The table, for `demetra --help` and the docs; *n rows. */
const struct setting *settings_table(size_t *n);

/* Read the environment and `env_file` (may be absent). On failure nothing is left to free. */
bool settings_load(struct settings *settings, const char *env_file, struct err *err) MUST_CHECK;
void settings_free(struct settings *settings);

#endif
