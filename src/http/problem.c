#include "base/json.h"
#include "http/http_int.h"

int problem_status(const struct err *err)
{
    switch (err->code) {
    case ERR_INVALID: return 400;
    case ERR_DENIED: return 401;
    case ERR_FORBIDDEN: return 403;
    case ERR_NOT_FOUND: return 404;
    case ERR_METHOD: return 405;
    case ERR_CONFLICT: return 409;
    case ERR_LIMIT: return 413;
    case ERR_UPSTREAM: return 502;
    case ERR_BUSY: return 503;
    case ERR_NONE:
    case ERR_INTERNAL: break;
    }
    return 500;
}

/* RFC 9457. */
void problem_write(struct reply *reply, const struct err *err, const char *request_id)
{
    reply->status = problem_status(err);
    reply->content_type = "application/problem+json";
    reply->constant = (Str){NULL, 0};
    if (reply->status == 503) reply->retry_after_s = 2;
    buf_reset(&reply->body);
    struct json_out out = json_to(&reply->body);
    json_open(&out, '{');
    json_kv_text(&out, "type", "about:blank");
    json_kv_text(&out, "title", err_code_text(err->code));
    json_kv_i64(&out, "status", reply->status);
    json_kv_text(&out, "detail", err->text);
    if (err->field[0]) json_kv_text(&out, "field", err->field);
    json_kv_text(&out, "request_id", request_id);
    json_close(&out, '}');
}
