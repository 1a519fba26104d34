/* features/connectors/connectors.h -- ad platforms connected: make, test, pull, pause, remove.
 *
 * Is:    the routes under /api/v1/adapters and /api/v1/connections; the kind of job "pull", every hour.
 * Owns:  a thread that tests connections.
 * Never: gives a secret out again; talks to a platform itself: connect/connect.h does.
 */
#ifndef FEATURES_CONNECTORS_CONNECTORS_H
#define FEATURES_CONNECTORS_CONNECTORS_H

#include "connect/connect.h"
#include "http/route.h"
#include "jobs/jobs.h"

struct connectors {
    struct store *store;
    const struct vault *vault;
    struct connect *connect;
    struct jobs *jobs;
    struct connection_tester *tester;
};

struct route_table connectors_routes(struct connectors *connectors);
struct job_kind connectors_job(struct connectors *connectors);
/* Every connection has its job and is pulled now; those that are paused or broken are not. */
bool connectors_start(struct connectors *connectors, struct err *err) MUST_CHECK;
/* Tests under way are given up, and whoever asked is answered: before the server is stopped. */
void connectors_stop(struct connectors *connectors);
void connectors_close(struct connectors *connectors);

#endif
