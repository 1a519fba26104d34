/* features/ad_imports/ad_imports_int.h -- the handlers. */
#ifndef FEATURES_AD_IMPORTS_AD_IMPORTS_INT_H
#define FEATURES_AD_IMPORTS_AD_IMPORTS_INT_H

#include "base/json.h"
#include "features/ad_imports/ad_imports.h"
#include "report/question.h"

handler_fn ad_imports_get, ad_imports_post, ad_import_get, ad_import_start_post, ad_import_delete; /* imports_api.c */
handler_fn ad_import_preview_get;                                                                  /* preview_api.c */
handler_fn ad_rejects_get, ad_rejects_csv_get;                                                     /* rejects_api.c */

/* The preview of an import in state new, as a value. */
bool put_ad_preview(struct request *request, struct json_out *out, int64_t id, struct err *err) MUST_CHECK;

#endif
