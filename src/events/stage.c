#include "events/stage_int.h"

#include "base/json.h"

static const struct {
    enum raw_kind kind;
    const char *name;
} KINDS[] = {
#define X(name, number, text) {RAW_##name, text},
    RAW_KINDS(X)
#undef X
};

const char *raw_kind_name(enum raw_kind kind)
{
    for (size_t i = 0; i < COUNT_OF(KINDS); i++)
        if (KINDS[i].kind == kind) return KINDS[i].name;
    return "unknown";
}

bool raw_kind_find(Str name, enum raw_kind *kind)
{
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        if (!str_eq(name, str_of(KINDS[i].name))) continue;
        *kind = KINDS[i].kind;
        return true;
    }
    return false;
}

bool raw_kind_is_csv(enum raw_kind kind)
{
    return kind == RAW_CRM_EVENTS || kind == RAW_CRM_CONTRACTS;
}

struct staged *stage_next(struct stage *stage, uint32_t item)
{
    struct staged *staged = &stage->out->items[stage->out->n];
    *staged = (struct staged){.item = item, .kind = stage->entry->kind};
    return staged;
}

void stage_reject(struct stage *stage, uint32_t item, int64_t line, Str body, const char *reason)
{
    enum raw_kind kind = stage->entry->kind;

    if (kind == RAW_BATCH) kind = RAW_WEBHOOK; /* an item alone: an event that says its own type */
    stage->out->rejects[stage->out->n_rejects++] =
        (struct staged_reject){.kind = kind, .item = item, .line = line, .body = body, .reason = reason};
}

bool stage_decode(const struct raw_entry *entry, Str currency, struct arena *arena, struct decoded *out,
                  struct err *err)
{
    struct decoded decoded = {0};
    struct stage stage = {.entry = entry, .currency = currency, .arena = arena, .out = &decoded};

    arena_init(&stage.scratch, json_arena_bytes(EVENT_BYTES_MAX));
    bool ok = raw_kind_is_csv(entry->kind) ? crm_decode(&stage, err) : segment_decode(&stage, err);
    arena_free(&stage.scratch);
    if (ok) *out = decoded;
    return ok;
}

bool stage_item_bytes(const struct raw_entry *entry, uint32_t item, Str *bytes)
{
    return raw_kind_is_csv(entry->kind) ? crm_item_bytes(entry, item, bytes) : segment_item_bytes(entry, item, bytes);
}

size_t stage_arena_bytes(size_t bytes)
{
    /* per item at most: the item, its reject, and its texts copied out of the JSON */
    size_t items = RAW_ITEMS_MAX * (sizeof(struct staged) + sizeof(struct staged_reject));
    return items + 4 * bytes + (size_t)1024 * 1024;
}
