#include "features/ad_imports/ad_imports_int.h"

#define MAPPING_BODY ((size_t)64 * 1024)

static const struct param POST_PARAMS[] = {{"name", "string", "The file's name, for people"}, {0}};
static const struct param PAGE[] = {PAGE_PARAMS, {0}};

static const struct route ROUTES[] = {
    {GET, "/api/v1/ad-imports", AUTH_READ, 0, ad_imports_get, "Files of ad data, the newest first", PAGE, NULL,
     "AdImports", 0},
    {GET, "/api/v1/ad-imports/{id}", AUTH_READ, 0, ad_import_get, "One file and how far it is", NULL, NULL, "AdImport",
     0},
    {DELETE, "/api/v1/ad-imports/{id}", AUTH_ADMIN, 0, ad_import_delete, "Take back the rows that it brought", NULL,
     NULL, "AdImport", 0},
    {GET, "/api/v1/ad-imports/{id}/preview", AUTH_READ, 0, ad_import_preview_get,
     "What a new file looks like, and what its columns may mean", NULL, NULL, "AdPreview", 0},
    {POST, "/api/v1/ad-imports/{id}/start", AUTH_ADMIN, MAPPING_BODY, ad_import_start_post,
     "Read it in, by a mapping of its columns", NULL, "AdImportStart", "AdImport", 0},
    {GET, "/api/v1/ad-imports/{id}/rejects", AUTH_READ, 0, ad_rejects_get,
     "Lines that could not be read, with the reason", PAGE, NULL, "AdRejects", 0},
    {GET, "/api/v1/ad-imports/{id}/rejects.csv", AUTH_READ, 0, ad_rejects_csv_get, "The same as a file", NULL, NULL,
     NULL, 0},
};

static const struct route POST_ROUTE = {POST,
                                        "/api/v1/ad-imports",
                                        AUTH_ADMIN,
                                        0,
                                        ad_imports_post,
                                        "Upload a file of ad data; it waits for its mapping",
                                        POST_PARAMS,
                                        NULL,
                                        "AdImport",
                                        ROUTE_SPOOL};

void ad_imports_routes(struct ad_imports_feature *feature, struct route_table *tables)
{
    feature->post = POST_ROUTE;
    feature->post.body_max = (size_t)feature->settings->import_max_bytes;
    tables[0] = (struct route_table){"Ad files", ROUTES, COUNT_OF(ROUTES), "features/ad_imports/schemas.json", feature};
    tables[1] = (struct route_table){"Ad files: upload", &feature->post, 1, NULL, feature};
}
