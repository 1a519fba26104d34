#include "base/json.h"
#include "jobs/jobs.h"

void job_put(struct json_out *out, const struct job_state *job)
{
    json_open(out, '{');
    json_kv_i64(out, "id", job->id);
    json_kv_str(out, "kind", job->kind);
    json_kv_str(out, "key", job->key);
    json_kv_text(out, "state", job->state);
    json_kv_i64(out, "every_ms", job->every_ms);
    json_kv_instant(out, "due_at", job->due_ms);
    json_kv_i64(out, "attempts", job->attempts);
    json_kv_i64(out, "progress", job->progress);
    json_kv_i64(out, "total", job->total);
    json_kv_str(out, "note", job->note);
    json_kv_instant(out, "created_at", job->created_ms);
    json_close(out, '}');
}

void job_run_put(struct json_out *out, const struct job_run *run)
{
    json_open(out, '{');
    json_kv_i64(out, "id", run->id);
    json_kv_i64(out, "job", run->job_id);
    json_kv_str(out, "kind", run->kind);
    json_kv_str(out, "key", run->key);
    json_kv_i64(out, "attempt", run->attempt);
    json_kv_str(out, "state", run->state);
    json_kv_str(out, "note", run->note);
    json_key(out, "result");
    if (run->result.n) {
        json_put_raw(out, run->result);
    } else {
        json_put_null(out);
    }
    json_kv_instant(out, "started_at", run->started_ms);
    json_kv_instant(out, "ended_at", run->ended_ms);
    json_close(out, '}');
}
