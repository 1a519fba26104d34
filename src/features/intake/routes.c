#include "features/intake/intake_int.h"

#define SMALL_BODY ((size_t)16 * 1024)

static const struct param LIVE_PARAMS[] = {
    {"after", "integer", "`next` of the answer before"},
    {"limit", "integer", "The newest so many; 50 when left out"},
    {0},
};
static const struct param PAGE[] = {PAGE_PARAMS, {0}};
static const struct param IMPORT_PARAMS[] = {
    {"kind", "string", "crm_events or crm_contracts"},
    {"name", "string", "The file's name, for people"},
    {0},
};
static const struct param REJECT_PARAMS[] = {
    {"state", "string", "open (when left out), replayed or all"},
    {"import", "integer", "Only those of one import"},
    PAGE_PARAMS,
    {0},
};
static const struct param CSV_PARAMS[] = {{"state", "string", "open (when left out), replayed or all"}, {0}};

static const struct route ROUTES[] = {
    {GET, "/health", AUTH_NONE, 0, health_get, "Whether events are taken, and how much room there is", NULL, NULL,
     "Health", 0},
    {GET, "/api/v1/live", AUTH_READ, 0, live_get, "What has arrived just now", LIVE_PARAMS, NULL, "Live", 0},
    {GET, "/api/v1/sources", AUTH_READ, 0, sources_get, "Sources and how much each has sent", NULL, NULL, "Sources", 0},
    {POST, "/api/v1/sources", AUTH_ADMIN, SMALL_BODY, sources_post, "Make a source; its write key is shown once", NULL,
     "SourceNew", "SourceKey", 0},
    {POST, "/api/v1/sources/{id}/key", AUTH_ADMIN, SMALL_BODY, sources_key_post,
     "A new write key for a source; the old one stops", NULL, NULL, "SourceKey", 0},
    {PATCH, "/api/v1/sources/{id}", AUTH_ADMIN, SMALL_BODY, sources_patch, "Rename a source, switch it on or off", NULL,
     "SourceChange", "Source", 0},
    {GET, "/api/v1/imports", AUTH_READ, 0, imports_get, "Files read in, the newest first", PAGE, NULL, "Imports", 0},
    {GET, "/api/v1/imports/{id}", AUTH_READ, 0, import_get, "One import and how far it is", NULL, NULL, "Import", 0},
    {DELETE, "/api/v1/imports/{id}", AUTH_ADMIN, 0, import_delete, "Take an import back: its rows leave every report",
     NULL, NULL, "Import", 0},
    {GET, "/api/v1/rejects", AUTH_READ, 0, rejects_get, "What could not be read, with its reason", REJECT_PARAMS, NULL,
     "Rejects", 0},
    {GET, "/api/v1/rejects.csv", AUTH_READ, 0, rejects_csv_get, "The same as a file", CSV_PARAMS, NULL, NULL, 0},
    {POST, "/api/v1/rejects/replay", AUTH_ADMIN, SMALL_BODY, rejects_replay_post, "Try all open ones again", NULL, NULL,
     "Replayed", 0},
    {POST, "/api/v1/rejects/{id}/replay", AUTH_ADMIN, (size_t)128 * 1024, reject_replay_post,
     "Try one again, as it was or corrected", NULL, "RejectReplay", "Reject", 0},
    {GET, "/api/v1/rules", AUTH_READ, 0, rules_get, "The platform rules", NULL, NULL, "Rules", 0},
    {PUT, "/api/v1/rules", AUTH_ADMIN, RULES_BYTES_MAX, rules_put, "Change them; all history is read by the new ones",
     NULL, "Rules", "Rules", 0},
};

static const struct route IMPORTS_POST = {POST,          "/api/v1/imports",
                                          AUTH_ADMIN,    0,
                                          imports_post,  "Upload a CSV file; it is read in the background",
                                          IMPORT_PARAMS, NULL,
                                          "Import",      ROUTE_SPOOL};

void intake_routes(struct intake *intake, struct route_table *tables)
{
    intake->imports_post = IMPORTS_POST;
    intake->imports_post.body_max = (size_t)intake->settings->import_max_bytes;
    tables[0] = (struct route_table){"Data", ROUTES, COUNT_OF(ROUTES), "features/intake/schemas.json", intake};
    tables[1] = (struct route_table){"Upload", &intake->imports_post, 1, NULL, intake};
}
