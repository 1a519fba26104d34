#include "features/data/data_int.h"

bool rules_get(struct request *request, struct reply *reply, struct err *err)
{
    const struct data *data = request->context;

    (void)err;
    pipeline_write_rules(data->pipeline, &reply->body);
    return true;
}

bool rules_put(struct request *request, struct reply *reply, struct err *err)
{
    const struct data *data = request->context;

    if (!pipeline_set_rules(data->pipeline, request->body, err)) return false;
    return rules_get(request, reply, err);
}
