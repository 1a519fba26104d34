/* features/intake/intake_int.h -- the handlers, one file a subject. */
#ifndef FEATURES_INTAKE_INTAKE_INT_H
#define FEATURES_INTAKE_INTAKE_INT_H

#include "base/json.h"
#include "features/intake/intake.h"
#include "report/question.h"

handler_fn sources_get, sources_post, sources_key_post, sources_patch;            /* sources_api.c */
handler_fn live_get, health_get;                                                  /* live_api.c */
handler_fn imports_get, imports_post, import_get, import_delete;                  /* imports_api.c */
handler_fn rejects_get, rejects_csv_get, reject_replay_post, rejects_replay_post; /* rejects_api.c */
handler_fn rules_get, rules_put;                                                  /* rules_api.c */

/* The name that a source is shown under. */
Str source_name(const struct intake *intake, int64_t id, struct arena *arena);

#endif
