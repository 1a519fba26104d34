/* Each shard keeps the best of its own, one more than a page, in a heap with the worst on top; the page is the best of
 * all heaps. */
#include "measure/persons_page.h"

#include <stdlib.h>

#include "measure/range.h"
#include "measure/scratch.h"
#include "measure/shards.h"

struct best {
    struct persons_at *heap;
    uint32_t n;
    uint64_t total;
};

struct page_task {
    const struct snapshot *snapshot;
    const bool *marked;
    const struct persons_page *page;
    uint32_t keep;
    struct best best[SHARDS_MAX];
};

static bool is_before(struct persons_at a, struct persons_at b)
{
    return a.key != b.key ? a.key > b.key : a.raw < b.raw;
}

static int in_order(const void *a, const void *b)
{
    const struct persons_at *x = a, *y = b;
    return is_before(*x, *y) ? -1 : is_before(*y, *x);
}

static int64_t revenue_of(const struct snapshot *snapshot, struct rows rows)
{
    int64_t sum = 0;

    for (uint64_t row = rows.begin; row < rows.end; row++) sum = add_or_stay(sum, snapshot->amount_minor[row]);
    return sum;
}

static struct persons_at at_of(const struct page_task *task, uint32_t place)
{
    struct rows rows = snapshot_rows(task->snapshot, place);
    struct persons_at at = {.raw = task->snapshot->raw[rows.begin], .place = place};

    switch (task->page->order) {
    case PERSONS_BY_PLACE: break;
    case PERSONS_BY_LAST_SEEN: at.key = task->snapshot->at_ms[rows.end - 1]; break;
    case PERSONS_BY_REVENUE: at.key = revenue_of(task->snapshot, rows); break;
    }
    return at;
}

static void sift_down(struct best *best)
{
    uint32_t at = 0;

    for (;;) {
        uint32_t worst = at, left = 2 * at + 1, right = left + 1;
        if (left < best->n && is_before(best->heap[worst], best->heap[left])) worst = left;
        if (right < best->n && is_before(best->heap[worst], best->heap[right])) worst = right;
        if (worst == at) return;
        struct persons_at moved = best->heap[at];
        best->heap[at] = best->heap[worst];
        best->heap[worst] = moved;
        at = worst;
    }
}

static void keep_best(struct best *best, uint32_t keep, struct persons_at found)
{
    uint32_t at = best->n;

    if (best->n == keep) {
        if (!is_before(found, best->heap[0])) return;
        best->heap[0] = found;
        sift_down(best);
        return;
    }
    best->n++;
    for (; at > 0 && is_before(best->heap[(at - 1) / 2], found); at = (at - 1) / 2)
        best->heap[at] = best->heap[(at - 1) / 2];
    best->heap[at] = found;
}

static bool scan_shard(void *context, struct shard *shard, struct err *err)
{
    struct page_task *task = context;
    struct best best = {.heap = SCRATCH_ARRAY(&shard->arena, struct persons_at, task->keep, err)};

    if (!best.heap) return false;
    for (uint32_t place = shard->from; place < shard->to; place++) {
        if (!task->marked[place]) continue;
        best.total++;
        struct persons_at found = at_of(task, place);
        if (!task->page->after || is_before(*task->page->after, found)) keep_best(&best, task->keep, found);
    }
    task->best[shard->index] = best;
    return true;
}

static struct person_row row_of(const struct snapshot *snapshot, struct persons_at at)
{
    struct rows rows = snapshot_rows(snapshot, at.place);

    return (struct person_row){
        .at = at,
        .first_ms = snapshot->at_ms[rows.begin],
        .last_ms = snapshot->at_ms[rows.end - 1],
        .revenue_minor = revenue_of(snapshot, rows),
        .events = rows.end - rows.begin,
        .touch = snapshot->touch[rows.begin],
    };
}

static bool merge(const struct page_task *task, uint32_t n_shards, struct arena *arena, struct persons_page *page,
                  struct err *err)
{
    struct persons_at *all = SCRATCH_ARRAY(arena, struct persons_at, (size_t)n_shards * task->keep, err);
    size_t n = 0;

    if (!all) return false;
    page->total = 0;
    for (uint32_t s = 0; s < n_shards; s++) {
        for (uint32_t i = 0; i < task->best[s].n; i++) all[n++] = task->best[s].heap[i];
        page->total += task->best[s].total;
    }
    if (n > 0) qsort(all, n, sizeof *all, in_order);
    page->more = n > page->limit;
    page->n = page->more ? page->limit : (uint32_t)n;
    for (uint32_t i = 0; i < page->n; i++) page->rows[i] = row_of(task->snapshot, all[i]);
    return true;
}

bool persons_page(const struct snapshot *snapshot, const bool *marked, struct arena *arena, struct persons_page *page,
                  struct err *err)
{
    struct page_task task = {.snapshot = snapshot, .marked = marked, .page = page, .keep = page->limit + 1};
    struct shards shards;

    CHECK(page->limit >= 1 && page->limit <= PERSONS_PAGE_MAX);
    shards_open(&shards, snapshot, arena, task.keep * sizeof(struct persons_at));
    bool ok = shards_run(&shards, scan_shard, &task, err) && merge(&task, shards.n, arena, page, err);
    shards_close(&shards);
    return ok;
}

/* ---- by alias ---- */

struct match_task {
    const struct snapshot *snapshot;
    Str part;
    uint32_t also;
    bool *marked;
};

static bool match_shard(void *context, struct shard *shard, struct err *err)
{
    const struct match_task *task = context;

    (void)err;
    for (uint32_t place = shard->from; place < shard->to; place++) {
        if (!task->marked[place] || place == task->also) continue;
        Str alias = snapshot_alias(task->snapshot, snapshot_person_alias(task->snapshot, place));
        task->marked[place] = str_contains_nocase(alias, task->part);
    }
    return true;
}

void persons_page_match(const struct snapshot *snapshot, Str part, uint32_t also, struct arena *arena, bool *marked)
{
    struct match_task task = {.snapshot = snapshot, .part = part, .also = also};
    struct shards shards;
    struct err err;

    task.marked = marked;
    shards_open(&shards, snapshot, arena, 0);
    CHECK(shards_run(&shards, match_shard, &task, &err)); /* it takes nothing that could run out */
    shards_close(&shards);
}
