/* bench/history_write.c -- the made history as text, for whoever is to be asked about it.
 *
 *   history_write EVENTS batches SIZE   bodies for /v1/batch, one a line, in the order of time
 *   history_write EVENTS csv            person,at,name,platform,campaign,amount in numbers, sorted by person, then time
 *   history_write EVENTS legend         what the numbers of names and platforms stand for, as JSON
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "history.h"

static void write_csv(const struct history *history)
{
    for (uint32_t p = 0; p < history->n_persons; p++)
        for (uint64_t i = history->first[p]; i < history->first[p + 1]; i++)
            printf("%" PRIu32 ",%" PRId64 ",%u,%" PRIu32 ",%" PRIu32 ",%" PRId64 "\n", p, history->at_ms[i],
                   history->name[i], history_platform(history->touch[i]), history->touch[i], history->amount_minor[i]);
}

struct arrival {
    int64_t at_ms;
    uint32_t person, row; /* the row counted from the person's first */
};

static int compare_arrivals(const void *a, const void *b)
{
    const struct arrival *x = a, *y = b;

    if (x->at_ms != y->at_ms) return x->at_ms < y->at_ms ? -1 : 1;
    return (x->person > y->person) - (x->person < y->person);
}

static struct arrival *arrivals(const struct history *history)
{
    struct arrival *all = malloc(history->n * sizeof *all), *at = all;

    if (!all) abort();
    for (uint32_t p = 0; p < history->n_persons; p++)
        for (uint64_t i = history->first[p]; i < history->first[p + 1]; i++)
            *at++ = (struct arrival){history->at_ms[i], p, (uint32_t)(i - history->first[p])};
    qsort(all, history->n, sizeof *all, compare_arrivals);
    return all;
}

static void write_campaign(uint32_t touch)
{
    const struct history_source *from = &HISTORY_SOURCES[history_platform(touch)];
    uint32_t number = touch % HISTORY_CAMPAIGNS;

    if (!from->source) return;
    printf(",\"context\":{\"campaign\":{\"source\":\"%s\",\"medium\":\"%s\",\"name\":\"season-%02" PRIu32
           "\",\"id\":\"%" PRIu32 "\"",
           from->source, from->medium, number, 7000 + touch);
    if (strcmp(from->platform, "event") == 0) printf(",\"source_type\":\"event\"");
    printf("}}");
}

static void write_event(const struct history *history, const struct arrival *arrival, uint64_t number)
{
    uint64_t row = history->first[arrival->person] + arrival->row;
    time_t second = (time_t)(arrival->at_ms / 1000);
    struct tm tm;
    char text[32];

    gmtime_r(&second, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    printf("{\"type\":\"track\",\"messageId\":\"h-%" PRIu64 "\",\"anonymousId\":\"p%" PRIu32
           "\",\"event\":\"%s\",\"timestamp\":\"%s.%03dZ\"",
           number, arrival->person, HISTORY_NAMES[history->name[row]], text, (int)(arrival->at_ms % 1000));
    write_campaign(history->touch[row]);
    if (history->amount_minor[row])
        printf(",\"properties\":{\"revenue\":%" PRId64 ".%02" PRId64 "}", history->amount_minor[row] / 100,
               history->amount_minor[row] % 100);
    putchar('}');
}

static void write_batches(const struct history *history, uint64_t size)
{
    struct arrival *all = arrivals(history);

    for (uint64_t i = 0; i < history->n; i++) {
        fputs(i % size == 0 ? "{\"batch\":[" : ",", stdout);
        write_event(history, &all[i], i);
        if (i % size == size - 1 || i == history->n - 1) puts("]}");
    }
    free(all);
}

static void write_legend(void)
{
    printf("{\"names\":[");
    for (int i = 0; i < HISTORY_NAME_COUNT; i++) printf("%s\"%s\"", i ? "," : "", HISTORY_NAMES[i]);
    printf("],\"platforms\":[");
    for (int i = 0; i < HISTORY_PLATFORM_COUNT; i++) printf("%s\"%s\"", i ? "," : "", HISTORY_SOURCES[i].platform);
    printf("],\"start_ms\":%" PRId64 "}\n", (int64_t)HISTORY_START_MS);
}

int main(int n, char **args)
{
    uint64_t events = n > 1 ? strtoull(args[1], NULL, 10) : 0;
    const char *what = n > 2 ? args[2] : "";
    uint64_t size = n > 3 ? strtoull(args[3], NULL, 10) : 0;

    if (events < 10 || (strcmp(what, "batches") == 0) != (size > 0)) {
        fprintf(stderr, "history_write EVENTS batches SIZE | csv | legend      10 events or more\n");
        return 2;
    }
    if (strcmp(what, "legend") == 0) {
        write_legend();
        return 0;
    }
    struct history *history = history_new(events);
    if (size) {
        write_batches(history, size);
    } else {
        write_csv(history);
    }
    history_free(history);
    return 0;
}
