/* ads/channels.h -- the channels of the dashboard, by name.
 *
 * Is:    finding one by its name or making it; which platform of the events each stands for.
 * Owns:  the table `channel`.
 * Never: has two whose names differ in the case of ASCII letters alone.
 */
#ifndef ADS_CHANNELS_H
#define ADS_CHANNELS_H

#include "base/arena.h"
#include "base/err.h"
#include "store/store.h"

#define CHANNELS_MAX 1000
#define CHANNEL_NAME_MAX 100
#define CHANNEL_PLATFORM_MAX 100

struct channel {
    int64_t id, campaigns;
    Str name, platform; /* platform: '' for none */
};

/* By name. */
bool channels_list(struct db *db, struct arena *arena, const struct channel **out, size_t *n,
                   struct err *err) MUST_CHECK;
/* *id = 0: there is none. */
bool channel_find(struct db *db, Str name, int64_t *id, struct err *err) MUST_CHECK;
/* Makes it, with the platform that its name suggests, if there is none. INVALID: it is no name; LIMIT: too many. */
bool channel_of_name(struct db *db, Str name, int64_t *id, struct err *err) MUST_CHECK;
/* NOT_FOUND: there is none of that name. */
bool channel_set_platform(struct db *db, Str name, Str platform, struct err *err) MUST_CHECK;

#endif
