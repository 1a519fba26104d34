#include "features/segments/segments_int.h"

static const struct route ROUTES[] = {
    {GET, "/api/v1/segments", AUTH_READ, 0, segments_get, "Saved segments and cohorts, by name", NULL, NULL, "Segments",
     0},
    {POST, "/api/v1/segments", AUTH_ADMIN, SEGMENT_BODY_MAX, segments_post,
     "Save a filter, or the persons of a list as a cohort", NULL, "SegmentNew", "SegmentNow", 0},
    {GET, "/api/v1/segments/{id}", AUTH_READ, 0, segment_get,
     "A segment and how large it is now; /api/v1/persons?segment= lists who is in it", NULL, NULL, "SegmentNow", 0},
    {PUT, "/api/v1/segments/{id}", AUTH_ADMIN, SEGMENT_BODY_MAX, segment_put,
     "Change a segment; what is left out stays", NULL, "SegmentChange", "SegmentNow", 0},
    {DELETE, "/api/v1/segments/{id}", AUTH_ADMIN, 0, segment_delete, "Forget a segment; the persons stay", NULL, NULL,
     NULL, 0},
};

struct route_table segments_routes(struct segments *segments)
{
    return (struct route_table){"Segments", ROUTES, COUNT_OF(ROUTES), "features/segments/schemas.json", segments};
}
