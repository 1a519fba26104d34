#include <string.h>

#include "base/json.h"
#include "features/jobs/jobs.h"
#include "report/question.h"

#define JOBS_MAX 2000
#define SMALL_BODY ((size_t)4096)

static bool jobs_get(struct request *request, struct reply *reply, struct err *err)
{
    struct job_state *jobs = ARENA_ARRAY(&request->arena, struct job_state, JOBS_MAX);
    struct json_out out = json_to(&reply->body);
    size_t n;

    if (!jobs_list(request->db, &request->arena, jobs, JOBS_MAX, &n, err)) return false;
    json_open(&out, '{');
    json_key(&out, "jobs");
    json_open(&out, '[');
    for (size_t i = 0; i < n; i++) job_put(&out, &jobs[i]);
    json_close(&out, ']');
    json_close(&out, '}');
    return true;
}

static bool reply_runs(struct request *request, struct reply *reply, int64_t job_id, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    struct id_page page;
    size_t n;

    if (!question_id_page(request, &page, err)) return false;
    struct job_run *runs = ARENA_ARRAY(&request->arena, struct job_run, page.limit + 1);
    if (!job_runs_list(request->db, job_id, page.before, &request->arena, runs, page.limit + 1, &n, err)) return false;
    size_t shown = id_page_shown(&page, n);
    json_open(&out, '{');
    json_key(&out, "runs");
    json_open(&out, '[');
    for (size_t i = 0; i < shown; i++) job_run_put(&out, &runs[i]);
    json_close(&out, ']');
    id_page_put_next(&page, &out, n, shown ? runs[shown - 1].id : 0);
    json_close(&out, '}');
    return true;
}

static bool runs_get(struct request *request, struct reply *reply, struct err *err)
{
    return reply_runs(request, reply, 0, err);
}

static bool job_runs_get(struct request *request, struct reply *reply, struct err *err)
{
    int64_t id; /* a job that was removed has no runs any more */

    return request_param_whole(request, 0, &id, err) && reply_runs(request, reply, id, err);
}

static bool reply_job(struct request *request, struct reply *reply, int64_t id, struct err *err)
{
    struct json_out out = json_to(&reply->body);
    struct job_state job;

    if (!job_read(request->db, id, &request->arena, &job, err)) return false;
    reply->status = 202;
    job_put(&out, &job);
    return true;
}

static bool job_run_post(struct request *request, struct reply *reply, struct err *err)
{
    const struct jobs_api *api = request->context;
    int64_t id;

    return request_param_whole(request, 0, &id, err) && jobs_now(api->jobs, id, err) &&
           reply_job(request, reply, id, err);
}

static bool job_cancel_post(struct request *request, struct reply *reply, struct err *err)
{
    const struct jobs_api *api = request->context;
    int64_t id;

    return request_param_whole(request, 0, &id, err) && jobs_cancel(api->jobs, id, err) &&
           reply_job(request, reply, id, err);
}

/* Everything that comes again by itself; what runs is left to it. */
static bool refresh_post(struct request *request, struct reply *reply, struct err *err)
{
    const struct jobs_api *api = request->context;
    struct job_state *jobs = ARENA_ARRAY(&request->arena, struct job_state, JOBS_MAX);
    struct json_out out = json_to(&reply->body);
    size_t n;

    if (!jobs_list(request->db, &request->arena, jobs, JOBS_MAX, &n, err)) return false;
    reply->status = 202;
    json_open(&out, '{');
    json_key(&out, "jobs");
    json_open(&out, '[');
    for (size_t i = 0; i < n; i++) {
        bool runs = strcmp(jobs[i].state, "running") == 0;
        if (jobs[i].every_ms == 0 || strcmp(jobs[i].state, "off") == 0) continue;
        if (!runs && !jobs_now(api->jobs, jobs[i].id, err)) {
            if (err->code == ERR_NOT_FOUND) continue; /* removed meanwhile */
            return false;
        }
        json_put_i64(&out, jobs[i].id);
    }
    json_close(&out, ']');
    json_close(&out, '}');
    return true;
}

static const struct param PAGE[] = {
    {"limit", "integer", "Rows on a page"},
    {"cursor", "string", "`next` of the page before"},
    {0},
};

static const struct route ROUTES[] = {
    {GET, "/api/v1/jobs", AUTH_READ, 0, jobs_get, "What is done by itself: when next, and how far it is", NULL, NULL,
     "Jobs", 0},
    {GET, "/api/v1/jobs/{id}/runs", AUTH_READ, 0, job_runs_get, "What came of a job, the newest first", PAGE, NULL,
     "JobRuns", 0},
    {GET, "/api/v1/job-runs", AUTH_READ, 0, runs_get, "What came of all jobs, the newest first", PAGE, NULL, "JobRuns",
     0},
    {POST, "/api/v1/jobs/{id}/run", AUTH_ADMIN, SMALL_BODY, job_run_post,
     "Run a job now; if it runs, once more after that", NULL, NULL, "Job", 0},
    {POST, "/api/v1/jobs/{id}/cancel", AUTH_ADMIN, SMALL_BODY, job_cancel_post,
     "Stop a job that runs; its period goes on", NULL, NULL, "Job", 0},
    {POST, "/api/refresh", AUTH_ADMIN, SMALL_BODY, refresh_post, "Do now all that is done again and again", NULL, NULL,
     "Refreshed", 0},
};

struct route_table jobs_routes(struct jobs_api *api)
{
    return (struct route_table){"Jobs", ROUTES, COUNT_OF(ROUTES), "features/jobs/schemas.json", api};
}
