/* Any bytes as a Segment request: what is staged keeps to stage.h, nothing of a batch is lost, and each item can be
 * read again by itself. */
#include "fuzz.h"

#include <string.h>

#include "ads/rates.h"
#include "base/hash.h"
#include "base/json.h"
#include "events/stage.h"

#define RECEIVED_MS INT64_C(1739347200000) /* 2025-02-12T08:00:00Z */

static const enum raw_kind KINDS[] = {RAW_BATCH,    RAW_TRACK, RAW_PAGE,  RAW_SCREEN,
                                      RAW_IDENTIFY, RAW_GROUP, RAW_ALIAS, RAW_WEBHOOK};

static void check_item(const struct staged *item)
{
    CHECK(item->type == STAGED_EVENT || item->type == STAGED_PERSON);
    CHECK(item->n_aliases >= 1 && item->n_aliases <= ALIASES_MAX);
    for (uint32_t i = 0; i < item->n_aliases; i++) {
        CHECK(item->alias[i].value.n >= 1 && item->alias[i].value.n <= ALIAS_VALUE_MAX);
        CHECK(str_is_utf8(item->alias[i].value));
    }
    CHECK(item->message_id.n <= 200);
    if (item->type != STAGED_EVENT) return;
    CHECK(item->name.n >= 1 && item->name.n <= 200 && str_is_utf8(item->name));
    CHECK(item->at_ms >= 0 && item->at_ms <= RECEIVED_MS + INT64_C(86400000));
    for (int d = TOUCH_PLATFORM + 1; d < TOUCH_DIM_COUNT; d++)
        CHECK(item->tuple.dim[d].n <= 256 && str_is_utf8(item->tuple.dim[d]));
    CHECK(item->amount_minor >= -AMOUNT_MINOR_MAX && item->amount_minor <= AMOUNT_MINOR_MAX);
    CHECK(item->currency.n == 0 || str_eq(item->currency, CURRENCY_UNKNOWN) ||
          currency_check(item->currency, "currency", &(struct err){0}));
}

/* An item alone, as a reject is replayed, must be taken or rejected as it was in its batch. */
static void check_alone(const struct raw_entry *batch, uint32_t number, bool taken)
{
    struct raw_entry alone = *batch;
    struct arena arena;
    struct decoded decoded = {0};
    struct err err;

    CHECK(stage_item_bytes(batch, number, &alone.body));
    alone.kind = batch->kind == RAW_BATCH ? RAW_WEBHOOK : batch->kind;
    arena_init(&arena, stage_arena_bytes(alone.body.n));
    CHECK(stage_decode(&alone, STR("UAH"), &arena, &decoded, &err));
    CHECK(decoded.n == (taken ? 1 : 0) && decoded.n_rejects == (taken ? 0 : 1));
    arena_free(&arena);
}

static void check_decoded(const struct raw_entry *entry, const struct decoded *decoded)
{
    Str bytes;

    for (uint32_t i = 0; i < decoded->n; i++) {
        CHECK(i == 0 || decoded->items[i].item > decoded->items[i - 1].item);
        check_item(&decoded->items[i]);
        check_alone(entry, decoded->items[i].item, true);
    }
    for (uint32_t i = 0; i < decoded->n_rejects; i++) {
        const struct staged_reject *bad = &decoded->rejects[i];
        CHECK(strlen(bad->reason) > 0);
        CHECK(stage_item_bytes(entry, bad->item, &bytes) && str_eq(bytes, bad->body));
        check_alone(entry, bad->item, false);
    }
    CHECK(!stage_item_bytes(entry, decoded->n + decoded->n_rejects, &bytes)); /* every item is one or the other */
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    hash_start();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    Str input = {(const char *)data, n};
    struct raw_entry entry = {.source_id = 1,
                              .kind = KINDS[fuzz_choice(&input, COUNT_OF(KINDS))],
                              .received_ms = RECEIVED_MS,
                              .sent_ms = TIME_NONE};
    struct decoded decoded = {0};
    struct arena arena;
    struct err err = {0};

    entry.body = input;
    arena_init(&arena, stage_arena_bytes(input.n));
    if (stage_decode(&entry, STR("UAH"), &arena, &decoded, &err)) {
        check_decoded(&entry, &decoded);
    } else {
        CHECK(err.code != ERR_NONE && err.text[0]);
    }
    arena_free(&arena);
    return 0;
}
