#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "http/http_int.h"

bool listen_parse(Str listen, union listen_address *out, struct err *err)
{
    char host[64] = "0.0.0.0";
    size_t colon = listen.n;
    int64_t port;

    while (colon && listen.p[colon - 1] != ':') colon--;
    Str name = {listen.p, colon ? colon - 1 : 0};
    if (name.n >= 2 && name.p[0] == '[' && name.p[name.n - 1] == ']') name = (Str){name.p + 1, name.n - 2};
    if (str_eq(name, STR("localhost"))) name = STR("127.0.0.1");
    bool ok = colon && str_to_i64(str_from(listen, colon), &port) && port >= 0 && port <= 65535 && name.n < sizeof host;
    if (ok && name.n) snprintf(host, sizeof host, "%.*s", STR_ARG(name));
    memset(out, 0, sizeof *out);
    if (ok && inet_pton(AF_INET, host, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons((uint16_t)port);
    } else if (ok && inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons((uint16_t)port);
    } else {
        return err_set(err, ERR_INVALID,
                       "DEMETRA_LISTEN is \"%.*s\"; write an address and a port, such as "
                       "127.0.0.1:8080",
                       STR_ARG(listen));
    }
    return true;
}

void library_log(void *context, const char *format, va_list args)
{
    char text[256];

    (void)context;
    vsnprintf(text, sizeof text, format, args);
    log_line(LOG_DEBUG, "http.library", "%s", text);
}
