/* base/log.h -- one line an event, key=value, on standard error.
 *
 * Is:    log_line("import.done", "rows=%d", n) -> `2025-02-12T08:00:00.000Z info import.done rows=17183`.
 * Owns:  nothing but the stream.
 * Never: writes a secret or a person's data; control characters in a value are escaped.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_set_level(enum log_level level); /* before any thread starts */
void log_line(enum log_level level, const char *event, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
