/* features/channels/channels.h -- how the ad channels do: averages of campaigns, daily figures, the best hour, exports.
 *
 * Is:    the routes /api/analytics, /api/v1/channels, /api/v1/best-time and /export.
 * Owns:  nothing; each answer is made from the sums in the store, or from a snapshot.
 * Never: changes anything; reads every campaign or ad for an answer, but where all of them are asked for (exports).
 */
#ifndef FEATURES_CHANNELS_CHANNELS_H
#define FEATURES_CHANNELS_CHANNELS_H

#include "report/segments.h"

struct channels {
    struct pipeline *pipeline;
    struct segment_cache *segments;
    const struct settings *settings;
    Str folder; /* for temporary files of exports */
};

struct route_table channels_routes(struct channels *channels);

#endif
