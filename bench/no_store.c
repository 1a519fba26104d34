/* bench/no_store.c -- Demetra that answers without storing: what storing is measured against.
 *
 * This is the program itself, all of it, linked with three calls of events/ingest.c put aside (meson.build,
 * -Wl,--wrap): the event is received, its key checked, the JSON read and checked, and the answer written by the same
 * object code. Where the product hands a decoded event to the pipeline and suspends the connection, this counts it
 * as kept and answers at once, on the thread that read it.
 */
#include "base/err.h"
#include "events/pipeline.h"
#include "http/route.h"

bool __wrap_pipeline_submit(struct pipeline *pipeline, struct delivery *delivery, struct err *err);
void __wrap_request_hold(struct request *request);
void __wrap_request_answer(struct request *request, bool ok, const struct err *err);

bool __wrap_pipeline_submit(struct pipeline *pipeline, struct delivery *delivery, struct err *err)
{
    (void)pipeline;
    (void)err;
    delivery->stored = true;
    delivery->kept = delivery->decoded.n;
    delivery->rejected = delivery->decoded.n_rejects;
    delivery->done(delivery);
    return true;
}

/* Not held, so the server sends the reply when the handler returns. */
void __wrap_request_hold(struct request *request)
{
    (void)request;
}

void __wrap_request_answer(struct request *request, bool ok, const struct err *err)
{
    (void)request;
    (void)err;
    CHECK(ok); /* a benchmark sends nothing that is refused */
}
