#include <stdio.h>

#include "base/hash.h"
#include "features/connectors/connectors_int.h"

#define SETTINGS_BYTES_MAX ((size_t)1024 * 1024)

static bool names_are_known(const struct adapter_info *adapter, const struct json *given, struct err *err)
{
    struct json_members members = json_members(given);
    const struct json *value;
    Str key;

    while (json_next(&members, &key, &value)) {
        bool known = false;
        for (size_t i = 0; i < adapter->n_settings; i++) known = known || str_eq(adapter->settings[i].name, key);
        if (!known)
            return err_set_field(err, "settings", "%.*s has no setting \"%.*s\"", STR_ARG(adapter->title),
                                 STR_ARG(key));
    }
    return true;
}

/* The value that a setting is to have; empty: none. */
static bool value_of(const struct adapter_setting *setting, const struct json *given, const struct json *old, Str *out,
                     struct arena *arena, struct err *err)
{
    const char *name = arena_cstr(arena, setting->name);
    const struct json *value = json_get(given, name);
    const char *field = arena_printf(arena, "settings.%s", name).p;

    *out = json_str(json_get(old, name));
    if (json_is_null(value)) return true;
    *out = str_trim(json_str(value));
    if (!json_str(value).p) return err_set_field(err, field, "\"%.*s\" is a text", STR_ARG(setting->title));
    return out->n <= CONNECTION_SETTING_MAX ||
           err_set_field(err, field, "\"%.*s\" has at most %d bytes", STR_ARG(setting->title), CONNECTION_SETTING_MAX);
}

/* connect/ names a setting; whoever sent the body looks for it below `settings`. */
static bool name_in_body(const struct adapter_info *adapter, struct err *err)
{
    char name[sizeof err->field];

    for (size_t i = 0; i < adapter->n_settings; i++) {
        if (!str_eq(adapter->settings[i].name, str_of(err->field))) continue;
        snprintf(name, sizeof name, "%s", err->field);
        snprintf(err->field, sizeof err->field, "settings.%.80s", name);
        break;
    }
    return false;
}

static Str finished(struct json_out *out, struct buf *buf, struct arena *arena)
{
    json_close(out, '}');
    return arena_copy(arena, buf_str(buf));
}

static void reset_wiped(struct buf *buf)
{
    if (buf->p) wipe(buf->p, buf->n);
    buf_reset(buf);
}

bool settings_merge(struct connect *connect, Str adapter, const struct json *given, const struct json *old,
                    struct arena *arena, struct settings_parts *out, struct err *err)
{
    const struct adapter_info *info = connect_adapter(connect, adapter);
    struct buf buf[3]; /* all, open, secret */
    struct json_out part[3];
    bool ok = true;

    if (!info)
        return err_set_field(err, "adapter", "there is no adapter \"%.*s\"; /api/v1/adapters lists them",
                             STR_ARG(adapter));
    if (!json_is_null(given) && !json_is_object(given))
        return err_set_field(err, "settings", "settings is an object of names and texts");
    if (!names_are_known(info, given, err)) return false;
    for (int i = 0; i < 3; i++) {
        buf_init(&buf[i], SETTINGS_BYTES_MAX);
        part[i] = json_to(&buf[i]);
        json_open(&part[i], '{');
    }
    for (size_t i = 0; ok && i < info->n_settings; i++) {
        const struct adapter_setting *setting = &info->settings[i];
        Str value;
        ok = value_of(setting, given, old, &value, arena, err);
        if (!ok || value.n == 0) continue;
        json_key_str(&part[0], setting->name);
        json_put_str(&part[0], value);
        json_key_str(&part[setting->secret ? 2 : 1], setting->name);
        json_put_str(&part[setting->secret ? 2 : 1], value);
    }
    if (ok) {
        const struct json *all = json_parse(finished(&part[0], &buf[0], arena), arena, err);
        *out = (struct settings_parts){finished(&part[1], &buf[1], arena), finished(&part[2], &buf[2], arena)};
        ok = all && (connect_check(connect, adapter, all, err) || name_in_body(info, err));
    }
    for (int i = 0; i < 3; i++) reset_wiped(&buf[i]);
    return ok;
}
