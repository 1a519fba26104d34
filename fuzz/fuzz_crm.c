/* Any bytes as a piece of a CRM export: every record that is not blank is staged or rejected, with its line. */
#include "fuzz.h"

#include <string.h>

#include "base/csv.h"
#include "events/stage.h"

#define BYTES_MAX 4000 /* fewer records than an entry may hold, whatever the bytes */

static void check_item(const struct staged *item)
{
    CHECK(item->n_aliases == 1 && item->alias[0].kind == ALIAS_CLIENT);
    CHECK(item->alias[0].value.n >= 1 && item->alias[0].value.n <= ALIAS_VALUE_MAX);
    CHECK(str_is_utf8(item->alias[0].value) && str_is_utf8(item->doc_id) && str_is_utf8(item->message_id));
    if (item->type == STAGED_CONTRACT) {
        CHECK(item->doc_id.n >= 1);
    } else {
        CHECK(item->type == STAGED_EVENT && item->message_id.n >= 1);
        for (int d = 0; d < TOUCH_DIM_COUNT; d++) CHECK(str_is_utf8(item->tuple.dim[d]));
    }
}

/* The records counted again, blank ones left out. */
static uint32_t records_in(const struct raw_entry *entry)
{
    Str bytes;
    uint32_t n = 0;

    for (uint32_t i = 0; stage_item_bytes(entry, i, &bytes); i++) n += str_trim(bytes).n != 0;
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    Str input = {(const char *)data, n}, bytes;
    struct raw_entry entry = {.kind = fuzz_choice(&input, 2) ? RAW_CRM_EVENTS : RAW_CRM_CONTRACTS, .first_line = 2};
    struct decoded decoded = {0};
    struct arena arena;
    struct err err = {0};

    if (input.n > BYTES_MAX) return 0;
    entry.body = input;
    arena_init(&arena, stage_arena_bytes(input.n));
    if (stage_decode(&entry, STR(""), &arena, &decoded, &err)) {
        int64_t line = 1;
        for (uint32_t i = 0; i < decoded.n; i++) check_item(&decoded.items[i]);
        for (uint32_t i = 0; i < decoded.n_rejects; i++) {
            const struct staged_reject *bad = &decoded.rejects[i];
            CHECK(strlen(bad->reason) > 0 && bad->line > line);
            CHECK(stage_item_bytes(&entry, bad->item, &bytes) && str_eq(bytes, bad->body));
            line = bad->line;
        }
        CHECK(decoded.n + decoded.n_rejects == records_in(&entry));
    } else {
        CHECK(err.code == ERR_INVALID);
    }
    arena_free(&arena);
    return 0;
}
