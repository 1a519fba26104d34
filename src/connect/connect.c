#include "connect/connect.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/asset.h"
#include "connect/connect_int.h"

#define PATH_BYTES 1200
#define CHECK_ARENA ((size_t)4 * 1024 * 1024)

static bool add(struct connect *connect, Str file, Str text, bool built_in, struct err *err)
{
    struct adapter *adapter = ARENA_NEW(&connect->arena, struct adapter);
    size_t at = 0;

    if (!adapter_read(file, text, &connect->arena, adapter, err)) return false;
    while (at < connect->n && !str_eq(connect->adapter[at]->info.name, adapter->info.name)) at++;
    /* a user's takes the place of a built-in one; two of the same kind are a mistake */
    if (at < connect->n && (built_in || memchr(connect->adapter[at]->file.p, '/', connect->adapter[at]->file.n)))
        return err_set(err, ERR_CONFLICT, "%.*s and %.*s are both called \"%.*s\"", STR_ARG(file),
                       STR_ARG(connect->adapter[at]->file), STR_ARG(adapter->info.name));
    if (at == ADAPTERS_MAX) return err_set(err, ERR_LIMIT, "there are more than %d adapters", ADAPTERS_MAX);
    connect->adapter[at] = adapter;
    connect->info[at] = adapter->info;
    if (at == connect->n) connect->n++;
    return true;
}

static bool read_whole(const char *path, struct arena *arena, Str *out, struct err *err)
{
    FILE *file = fopen(path, "rb");

    if (!file) return err_set(err, ERR_INVALID, "%s cannot be read: %s", path, strerror(errno));
    char *bytes = arena_alloc(arena, ADAPTER_BYTES_MAX + 1);
    size_t n = fread(bytes, 1, ADAPTER_BYTES_MAX + 1, file);
    fclose(file);
    *out = (Str){bytes, n};
    return true;
}

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);

    return n > m && strcmp(name + n - m, end) == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static bool add_folder(struct connect *connect, struct err *err)
{
    char folder[PATH_BYTES], path[PATH_BYTES + 300];
    struct dirent **entries = NULL;
    bool ok = true;
    Str text = {NULL, 0};

    (void)snprintf(folder, sizeof folder, "%.*s/adapters", STR_ARG(store_folder(connect->store)));
    int n = scandir(folder, &entries, NULL, by_name);
    for (int i = 0; i < n; i++) {
        if (ok && ends_with(entries[i]->d_name, ".json") && entries[i]->d_name[0] != '.') {
            (void)snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
            ok = read_whole(path, &connect->arena, &text, err) &&
                 add(connect, arena_printf(&connect->arena, "adapters/%s", entries[i]->d_name), text, false, err);
        }
        free(entries[i]);
    }
    free(entries);
    return ok;
}

struct connect *connect_open(struct store *store, struct net *net, const struct vault *vault, struct err *err)
{
    struct connect *connect = mem_new(sizeof *connect);
    bool ok = true;

    connect->store = store;
    connect->net = net;
    connect->vault = vault;
    connect->tokens = tokens_new();
    arena_init(&connect->arena, ADAPTERS_MAX * ADAPTER_ARENA);
    for (size_t i = 0; i < ASSETS_ADAPTERS.n && ok; i++)
        ok = add(connect, ASSETS_ADAPTERS.rows[i].name, ASSETS_ADAPTERS.rows[i].bytes, true, err);
    if (ok && add_folder(connect, err)) return connect;
    connect_close(connect);
    return NULL;
}

void connect_close(struct connect *connect)
{
    if (!connect) return;
    tokens_free(connect->tokens);
    arena_free(&connect->arena);
    free(connect);
}

size_t connect_adapters(const struct connect *connect, const struct adapter_info **out)
{
    *out = connect->info;
    return connect->n;
}

const struct adapter *connect_find(const struct connect *connect, Str name)
{
    for (size_t i = 0; i < connect->n; i++)
        if (str_eq(connect->adapter[i]->info.name, name)) return connect->adapter[i];
    return NULL;
}

const struct adapter_info *connect_adapter(const struct connect *connect, Str name)
{
    const struct adapter *adapter = connect_find(connect, name);

    return adapter ? &adapter->info : NULL;
}

bool connect_check(const struct connect *connect, Str name, const struct json *settings, struct err *err)
{
    const struct adapter *adapter = connect_find(connect, name);
    struct arena arena;
    struct vars vars;

    if (!adapter)
        return err_set_field(err, "adapter", "there is no adapter \"%.*s\"", (int)(name.n < 60 ? name.n : 60), name.p);
    arena_init(&arena, CHECK_ARENA);
    bool ok = adapter_settings(adapter, settings, &arena, &vars, err);
    arena_free(&arena);
    return ok;
}

bool connect_check_file(const char *path, struct err *err)
{
    struct arena arena;
    struct adapter adapter;
    Str text = {NULL, 0};

    arena_init(&arena, ADAPTER_ARENA);
    bool ok = read_whole(path, &arena, &text, err) && adapter_read(str_of(path), text, &arena, &adapter, err);
    arena_free(&arena);
    return ok;
}
