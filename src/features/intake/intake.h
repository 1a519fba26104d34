/* features/intake/intake.h -- what comes in: sources, the live stream, imports, rejects, platform rules, health.
 *
 * Is:    the routes by which people see and steer what arrives.
 * Owns:  nothing; the events layer does.
 * Never: reads an event's meaning.
 */
#ifndef FEATURES_INTAKE_INTAKE_H
#define FEATURES_INTAKE_INTAKE_H

#include "events/importer.h"
#include "http/route.h"

struct intake {
    struct pipeline *pipeline;
    struct sources *sources;
    struct importer *importer;
    struct store *store;
    const struct settings *settings;
    const char *version;
    struct route imports_post; /* a copy of its row with the upload limit that the settings give */
};

#define INTAKE_TABLES 2
/* Fills INTAKE_TABLES tables. */
void intake_routes(struct intake *intake, struct route_table *tables);

#endif
