/* features/ad_imports/ad_imports.h -- files of ad data over HTTP: upload, preview, mapping, progress, rejects.
 *
 * Is:    the routes under /api/v1/ad-imports.
 * Owns:  nothing; ads/ad_import.h does.
 * Never: reads a row itself.
 */
#ifndef FEATURES_AD_IMPORTS_AD_IMPORTS_H
#define FEATURES_AD_IMPORTS_AD_IMPORTS_H

#include "ads/ad_import.h"
#include "base/settings.h"
#include "http/route.h"

struct ad_imports_feature {
    struct ad_imports *imports;
    const struct settings *settings;
    struct route post; /* a copy of its row with the upload limit that the settings give */
};

#define AD_IMPORT_TABLES 2
/* Fills AD_IMPORT_TABLES tables. */
void ad_imports_routes(struct ad_imports_feature *feature, struct route_table *tables);

#endif
