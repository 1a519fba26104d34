/* events/folding.h -- when what is derived is folded into its file, and the thread that writes it.
 *
 * Is:    one fold at a time, begun and ended by the pipeline's writer between two groups.
 * Owns:  the folder of the facts and the thread.
 * Never: holds up what comes in: it is cut and installed in moments, and written beside it.
 */
#ifndef EVENTS_FOLDING_H
#define EVENTS_FOLDING_H

#include "events/derived.h"

struct folding;

/* The facts' folder is made in `folder`. `wake` is called, from the fold's thread, when folding_finished has become
 * true. */
struct folding *folding_new(Str folder, Str currency, void (*wake)(void *context), void *context, struct err *err);
void folding_free(struct folding *folding); /* NULL is fine; no fold may be running */
const char *folding_path(const struct folding *folding);

/* Is there enough to fold? More is waited for while much comes in than when it is quiet, or at the end. */
enum folding_when { FOLDING_BUSY, FOLDING_QUIET, FOLDING_AT_END };
bool folding_due(const struct folding *folding, const struct derived *derived, enum folding_when when);

void folding_begin(struct folding *folding, struct derived *derived, struct db *db, int64_t raw_id);
bool folding_runs(const struct folding *folding);
bool folding_finished(const struct folding *folding); /* safe from any thread */
/* Wait for the one that runs, if one does, and use what it wrote. */
void folding_end(struct folding *folding);

#endif
