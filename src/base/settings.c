#include "base/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENV_FILE_MAX ((size_t)64 * 1024)

#define AT(field) offsetof(struct settings, field)

static const struct setting TABLE[] = {
    {"DEMETRA_DATA", SETTING_TEXT, false, "./data", AT(data), "Folder that holds the database; made if absent"},
    {"DEMETRA_LISTEN", SETTING_TEXT, false, "127.0.0.1:8080", AT(listen), "Address and port to serve on"},
    {"DEMETRA_DATABASE", SETTING_TEXT, true, "", AT(database),
     "postgresql:// address used instead of the file (not built yet: refused)"},
    {"DEMETRA_EVENTS", SETTING_TEXT, true, "", AT(events),
     "clickhouse:// address for raw and facts (not built yet: refused)"},
    {"DEMETRA_ADMIN_TOKEN", SETTING_TEXT, true, "", AT(admin_token),
     "Token with every right; without it the first start makes one and prints a link that opens once"},
    {"DEMETRA_WRITE_KEY", SETTING_TEXT, true, "", AT(write_key),
     "Write key of the first source; without it the first start makes one"},
    {"DEMETRA_TIMEZONE", SETTING_TEXT, false, "Europe/Kyiv", AT(timezone), "Zone in which days begin in reports"},
    {"DEMETRA_CURRENCY", SETTING_TEXT, false, "UAH", AT(currency), "Reporting currency, ISO 4217"},
    {"DEMETRA_SECRET_KEY", SETTING_TEXT, true, "", AT(secret_key),
     "Key that encrypts what connections are entered with; without it one is made and kept in DEMETRA_DATA/secret.key"},
    {"DEMETRA_ALLOW_HOSTS", SETTING_TEXT, false, "", AT(allow_hosts),
     "host:port, by blanks, that outgoing requests may reach although they are inside the network, over http too"},
    {"DEMETRA_LOG", SETTING_TEXT, false, "info", AT(log), "Least level that is logged: debug, info, warn, error"},
    {"DEMETRA_THREADS", SETTING_WHOLE, false, "0", AT(threads), "Threads that serve HTTP; 0: one for each core"},
    {"DEMETRA_IMPORT_MAX_BYTES", SETTING_WHOLE, false, "1073741824", AT(import_max_bytes),
     "Largest file that may be uploaded for import, in bytes"},
};

const struct setting *settings_table(size_t *n)
{
    *n = COUNT_OF(TABLE);
    return TABLE;
}

/* The value of `name` in KEY=value lines; blank lines, # comments and quotes around a value are allowed. */
static bool find_in_file(Str file, Str name, Str *value)
{
    bool found = false;

    while (file.n) {
        Str line = str_trim(str_cut(&file, '\n'));
        if (str_starts(line, STR("export "))) line = str_trim(str_from(line, 7));
        if (line.n == 0 || line.p[0] == '#') continue;
        Str rest = line;
        Str key = str_trim(str_cut(&rest, '='));
        if (!rest.p || !str_eq(key, name)) continue;
        rest = str_trim(rest);
        if (rest.n >= 2 && (rest.p[0] == '"' || rest.p[0] == '\'') && rest.p[rest.n - 1] == rest.p[0])
            rest = (Str){rest.p + 1, rest.n - 2};
        *value = rest;
        found = true; /* the last one wins, as in a shell */
    }
    return found;
}

static bool read_file(const char *path, struct arena *arena, Str *out, struct err *err)
{
    FILE *file = fopen(path, "rb");

    *out = (Str){NULL, 0};
    if (!file) return true; /* no file is fine */
    char *bytes = arena_alloc(arena, ENV_FILE_MAX);
    size_t n = fread(bytes, 1, ENV_FILE_MAX, file);
    bool whole = n < ENV_FILE_MAX;
    fclose(file);
    if (!whole) return err_set(err, ERR_LIMIT, "%s is larger than %zu bytes", path, ENV_FILE_MAX);
    *out = (Str){bytes, n};
    return true;
}

static bool set(struct settings *settings, const struct setting *row, Str value, struct err *err)
{
    void *field = (char *)settings + row->offset;

    if (row->type == SETTING_TEXT) {
        *(Str *)field = arena_copy(&settings->arena, value);
        return true;
    }
    int64_t whole;
    if (!str_to_i64(value, &whole) || whole < 0)
        return err_set(err, ERR_INVALID, "%s must be a whole number, 0 or more, not \"%.*s\"", row->name,
                       STR_ARG(value));
    *(int64_t *)field = whole;
    return true;
}

bool settings_load(struct settings *settings, const char *env_file, struct err *err)
{
    struct settings loaded = {0};
    Str file;
    bool ok = false;

    arena_init(&loaded.arena, 4 * ENV_FILE_MAX);
    if (!read_file(env_file, &loaded.arena, &file, err)) goto done;
    for (size_t i = 0; i < COUNT_OF(TABLE); i++) {
        const char *in_environment = getenv(TABLE[i].name);
        Str value = str_of(TABLE[i].fallback);
        if (in_environment) {
            if (strlen(in_environment) > ENV_FILE_MAX / 16) {
                err_set(err, ERR_LIMIT, "%s is too long", TABLE[i].name);
                goto done;
            }
            value = str_of(in_environment);
        } else {
            (void)find_in_file(file, str_of(TABLE[i].name), &value);
        }
        if (!set(&loaded, &TABLE[i], value, err)) goto done;
    }
    *settings = loaded;
    ok = true;
done:
    if (!ok) arena_free(&loaded.arena);
    return ok;
}

void settings_free(struct settings *settings)
{
    arena_free(&settings->arena);
}
