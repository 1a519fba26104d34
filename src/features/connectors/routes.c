#include "features/connectors/connectors_int.h"

#define SMALL_BODY ((size_t)4096)
#define SETTINGS_BODY ((size_t)256 * 1024)

static const struct route ROUTES[] = {
    {GET, "/api/v1/adapters", AUTH_READ, 0, adapters_get, "Platforms that can be connected, and what each needs", NULL,
     NULL, "Adapters", 0},
    {GET, "/api/v1/connections", AUTH_READ, 0, connections_get, "Connected platforms and how they are", NULL, NULL,
     "Connections", 0},
    {POST, "/api/v1/connections", AUTH_ADMIN, SETTINGS_BODY, connections_post,
     "Connect a platform; it is pulled at once and then every hour. Secrets are encrypted and never given out", NULL,
     "ConnectionNew", "Connection", 0},
    {GET, "/api/v1/connections/{id}", AUTH_READ, 0, connection_get, "One connection", NULL, NULL, "Connection", 0},
    {PUT, "/api/v1/connections/{id}", AUTH_ADMIN, SETTINGS_BODY, connection_put,
     "Change or pause a connection; what is left out stays, secrets too", NULL, "ConnectionChange", "Connection", 0},
    {DELETE, "/api/v1/connections/{id}", AUTH_ADMIN, 0, connection_delete, "Remove a connection; what it brought stays",
     NULL, NULL, NULL, 0},
    {POST, "/api/v1/connections/{id}/test", AUTH_ADMIN, SMALL_BODY, connection_test_post,
     "Ask the platform for a day, and say what is wrong", NULL, NULL, "ConnectionVerdict", 0},
    {POST, "/api/v1/connections/{id}/pull", AUTH_ADMIN, SMALL_BODY, connection_pull_post,
     "Pull now: what is due, or the days named whatever is there", NULL, "ConnectionPull", "ConnectionPulling", 0},
};

struct route_table connectors_routes(struct connectors *connectors)
{
    return (struct route_table){"Connections", ROUTES, COUNT_OF(ROUTES), "features/connectors/schemas.json",
                                connectors};
}
