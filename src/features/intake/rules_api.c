#include "features/intake/intake_int.h"

bool rules_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct intake *intake = request->context;

    (void)err;
    pipeline_write_rules(intake->pipeline, &reply->body);
    return true;
}

bool rules_put(struct request *request, struct reply *reply, struct err *err)
{
    const struct intake *intake = request->context;

    if (!pipeline_set_rules(intake->pipeline, request->body, err)) return false;
    return rules_get(request, reply, err);
}
