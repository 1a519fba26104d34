#include "base/json.h"
#include "features/product/funnel_question.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX 1000

/* reached=k: step k or further; dropped=k: step k - 1 and no further. */
static bool read_depth(const struct funnel_question *q, struct funnel_who *who, struct err *err)
{
    bool has_reached = request_query(q->request, "reached").n != 0;
    bool has_dropped = request_query(q->request, "dropped").n != 0;
    int64_t reached, dropped;

    if (!request_query_whole(q->request, "reached", 1, 1, q->query.steps, &reached, err)) return false;
    if (!request_query_whole(q->request, "dropped", 2, 2, q->query.steps, &dropped, err)) return false;
    if (has_reached == has_dropped)
        return err_set_field(err, "reached",
                             "give either reached, the step that people came to, or dropped, the one "
                             "that they did not come to");
    who->least = (uint32_t)(has_reached ? reached : dropped - 1);
    who->most = (uint32_t)(has_reached ? q->query.steps : dropped - 1);
    return true;
}

/* key=: the group of by=. */
static bool read_key(struct funnel_question *q, struct funnel_who *who, struct err *err)
{
    who->group = DICT_NONE;
    if (!request_query(q->request, "key").p) return true;
    if (!q->has_groups) return err_set_field(err, "key", "key is a group of by=, which is left out");
    q->query.by = q->groups.by;
    return question_key(q->request, q->snapshot, q->dim, &q->groups, &who->group, err);
}

static void put_persons(const struct funnel_question *q, struct json_out *out, const struct funnel_person *persons,
                        uint32_t n)
{
    json_key(out, "persons");
    json_open(out, '[');
    for (uint32_t i = 0; i < n; i++) {
        const struct funnel_person *one = &persons[i];
        json_open(out, '{');
        json_kv_str(out, "person", snapshot_alias(q->snapshot, snapshot_person_alias(q->snapshot, one->place)));
        json_kv_instant(out, "entered_at", one->entered_ms);
        json_kv_i64(out, "reached", one->reached);
        json_kv_instant(out, "at", one->at_ms);
        json_close(out, '}');
    }
    json_close(out, ']');
}

static bool answer(struct request *request, const struct snapshot *snapshot, struct reply *reply, struct err *err)
{
    struct funnel_question *q = funnel_question_new(request, snapshot, err);
    struct json_out out = json_to(&reply->body);
    struct funnel_who who = {0};
    struct page page;
    uint64_t total;
    uint32_t n;

    if (!q || !read_depth(q, &who, err) || !read_key(q, &who, err)) return false;
    if (!question_page(q->request, LIMIT_DEFAULT, LIMIT_MAX, &page, err)) return false;
    struct funnel_person *persons = ARENA_ARRAY(&q->request->arena, struct funnel_person, page.limit);
    who.skip = page.skip;
    who.limit = page.limit;
    if (!funnel_persons(q->snapshot, &q->query, &who, &q->request->arena, persons, &n, &total, err)) return false;
    json_open(&out, '{');
    json_kv_i64(&out, "total", (int64_t)total);
    put_persons(q, &out, persons, n);
    question_put_next(&out, &page, page.skip + n < total && n > 0);
    json_close(&out, '}');
    return true;
}

bool funnel_persons_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct product *product = request->context;

    return question_answer(request, product->pipeline, product->segments, answer, reply, err);
}
