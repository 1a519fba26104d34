#include "staging.h"

#include <stdlib.h>

int staging_open(void **state)
{
    struct staging *staging = mem_new(sizeof *staging);
    staging->entry = (struct raw_entry){.source_id = 1, .received_ms = RECEIVED, .sent_ms = TIME_NONE, .first_line = 2};
    *state = staging;
    return 0;
}

int staging_close(void **state)
{
    struct staging *staging = *state;
    arena_free(&staging->arena);
    free(staging);
    return 0;
}

bool stage_text_in(struct staging *staging, enum raw_kind kind, Str body, const char *currency)
{
    arena_free(&staging->arena);
    arena_init(&staging->arena, stage_arena_bytes(body.n));
    staging->entry.kind = kind;
    staging->entry.body = body;
    staging->decoded = (struct decoded){0};
    staging->err = (struct err){0};
    return stage_decode(&staging->entry, str_of(currency), &staging->arena, &staging->decoded, &staging->err);
}

bool stage_text(struct staging *staging, enum raw_kind kind, Str body)
{
    return stage_text_in(staging, kind, body, "UAH");
}

const struct staged *stage_one(struct staging *staging, enum raw_kind kind, const char *body)
{
    if (!stage_text(staging, kind, str_of(body))) fail_msg("%s: %s", body, staging->err.text);
    if (staging->decoded.n_rejects) fail_msg("%s: %s", body, staging->decoded.rejects[0].reason);
    assert_int_equal(staging->decoded.n, 1);
    return &staging->decoded.items[0];
}

const char *stage_reason(struct staging *staging, enum raw_kind kind, const char *body)
{
    if (!stage_text(staging, kind, str_of(body))) fail_msg("%s: %s", body, staging->err.text);
    if (staging->decoded.n) fail_msg("%s is taken", body);
    assert_int_equal(staging->decoded.n_rejects, 1);
    return staging->decoded.rejects[0].reason;
}
