/* features/matching/matching_int.h -- the handlers. */
#ifndef FEATURES_MATCHING_MATCHING_INT_H
#define FEATURES_MATCHING_MATCHING_INT_H

#include "base/json.h"
#include "features/matching/matching.h"

handler_fn matched_values_get, matched_campaigns_get; /* lists_api.c */
handler_fn match_put_api, match_delete_api;           /* said_api.c */

#endif
