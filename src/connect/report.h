/* connect/report.h -- the rows of some days, by all requests that takes.
 *
 * Is:    an adapter's reports followed: started, waited for, read page by page.
 * Owns:  nothing.
 * Never: gives rows of a report that is not whole.
 */
#ifndef CONNECT_REPORT_H
#define CONNECT_REPORT_H

#include "connect/rows.h"
#include "connect/session.h"

/* Currency, zone and the like of the account, as variables. */
enum ask_class report_info(struct session *session, struct err *err) MUST_CHECK;
/* All rows of first..last, ordered by day. ASK_TOO_MUCH: ask for fewer days. */
enum ask_class report_rows(struct session *session, int32_t first, int32_t last, struct ad_rows *rows,
                           struct err *err) MUST_CHECK;
/* Set {from}, {to} and what goes with them. */
void report_span(struct session *session, int32_t first, int32_t last);

#endif
