/* measure/segment.c -- each condition of each person, by the shards of the snapshot.
 *
 * Shards are cut between words of the bits, so that no two threads write one word. The touch of an event is that of
 * its session, as in metrics (measure/session.h); the touches of a person are those of its sessions.
 *
 * Invariants, which the tests hold us to:
 *   G1  a condition and its negation share nobody, and together they are everybody
 *   G2  all is within each of its conditions, any holds each of them
 *   G3  the size is that of the places whose bit is not set
 *
 * Cost: O(events x conditions). Empty snapshot: nobody.
 */
#include "measure/segment.h"

#include "measure/session.h"
#include "measure/shards.h"

struct evaluation {
    const struct snapshot *snapshot;
    const struct segment_condition *root;
    uint64_t *hidden;
    struct segment_size size[SHARDS_MAX];
};

static bool did_event(const struct snapshot *snapshot, const struct segment_condition *condition, struct rows rows)
{
    struct session session = {0};
    uint64_t times = 0;

    for (uint64_t row = rows.begin; row < rows.end && snapshot->at_ms[row] < condition->range.to_ms; row++) {
        int64_t at_ms = snapshot->at_ms[row];

        if (condition->touch_counts) {
            (void)session_begins(&session, snapshot->touches, snapshot->touch[row], at_ms);
            if (!condition->touch_counts[session.touch]) continue;
        }
        if (at_ms < condition->range.from_ms) continue;
        times += condition->any_event || snapshot->name[row] == condition->event;
    }
    return times >= condition->at_least && times <= condition->at_most;
}

static bool any_touch(const struct snapshot *snapshot, const struct segment_condition *condition, struct rows rows)
{
    struct session session = {0};

    for (uint64_t row = rows.begin; row < rows.end; row++)
        if (session_begins(&session, snapshot->touches, snapshot->touch[row], snapshot->at_ms[row]) &&
            condition->touch_counts[session.touch])
            return true;
    return false;
}

static bool holds(const struct snapshot *snapshot, const struct segment_condition *condition, uint32_t place,
                  struct rows rows)
{
    bool is = false;

    switch (condition->kind) {
    case SEGMENT_GROUP:
        is = !condition->any;
        for (uint32_t i = 0; i < condition->n_inner && is != condition->any; i++)
            is = holds(snapshot, &condition->inner[i], place, rows);
        break;
    case SEGMENT_EVENT: is = did_event(snapshot, condition, rows); break;
    case SEGMENT_FIRST_TOUCH: is = condition->touch_counts[snapshot->touch[rows.begin]]; break;
    case SEGMENT_ANY_TOUCH: is = any_touch(snapshot, condition, rows); break;
    case SEGMENT_PLACES: is = condition->places[place / 64] >> (place % 64) & 1; break;
    }
    return is != condition->negated;
}

static void count_person(struct segment_size *size, const struct snapshot *snapshot, struct rows rows)
{
    int64_t first_ms = snapshot->at_ms[rows.begin], last_ms = snapshot->at_ms[rows.end - 1];

    if (size->persons == 0 || first_ms < size->first_ms) size->first_ms = first_ms;
    if (size->persons == 0 || last_ms > size->last_ms) size->last_ms = last_ms;
    size->persons++;
    size->events += rows.end - rows.begin;
}

/* The place rounded up to the beginning of a word. */
static uint32_t word_start(uint32_t place, uint32_t n_places)
{
    uint64_t start = ((uint64_t)place + 63) / 64 * 64;
    return start < n_places ? (uint32_t)start : n_places;
}

static bool scan(void *context, struct shard *shard, struct err *err)
{
    struct evaluation *e = context;
    struct segment_size *size = &e->size[shard->index];
    uint32_t from = word_start(shard->from, e->snapshot->n_places), to = word_start(shard->to, e->snapshot->n_places);

    (void)err;
    *size = (struct segment_size){.last_ms = -1};
    for (uint32_t place = from; place < to; place++) {
        struct rows rows = snapshot_rows(e->snapshot, place);

        if (place % 64 == 0) e->hidden[place / 64] = 0;
        if (rows.begin < rows.end && holds(e->snapshot, e->root, place, rows)) {
            count_person(size, e->snapshot, rows);
        } else {
            e->hidden[place / 64] |= UINT64_C(1) << place % 64;
        }
    }
    return true;
}

static void add_size(struct segment_size *sum, const struct segment_size *size)
{
    if (size->persons == 0) return;
    if (sum->persons == 0 || size->first_ms < sum->first_ms) sum->first_ms = size->first_ms;
    if (sum->persons == 0 || size->last_ms > sum->last_ms) sum->last_ms = size->last_ms;
    sum->persons += size->persons;
    sum->events += size->events;
}

bool segment_evaluate(const struct snapshot *snapshot, const struct segment_condition *root, struct arena *arena,
                      uint64_t *hidden, struct segment_size *size, struct err *err)
{
    struct evaluation e = {.snapshot = snapshot, .root = root};
    struct segment_size sum = {.last_ms = -1};
    struct shards shards;

    e.hidden = hidden;
    shards_open(&shards, snapshot, arena, 0);
    bool ok = shards_run(&shards, scan, &e, err);
    for (uint32_t i = 0; ok && i < shards.n; i++) add_size(&sum, &e.size[i]);
    shards_close(&shards);
    if (ok) *size = sum;
    return ok;
}
