/* features/jobs/jobs.h -- what is done by itself, for people: what runs, what ran, now, and stop.
 *
 * Is:    the routes under /api/v1/jobs and /api/v1/job-runs, and POST /api/refresh.
 * Owns:  nothing; the jobs are jobs/jobs.h's.
 * Never: makes or removes a job.
 */
#ifndef FEATURES_JOBS_JOBS_H
#define FEATURES_JOBS_JOBS_H

#include "http/route.h"
#include "jobs/jobs.h"

struct jobs_api {
    struct jobs *jobs;
};

struct route_table jobs_routes(struct jobs_api *api);

#endif
