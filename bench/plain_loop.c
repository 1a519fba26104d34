/* bench/plain_loop.c -- the least that reading the columns of a question can cost, which no answer can be below.
 *
 * For each row of the same history, in arrays sorted by person: the columns are read and one sum or comparison is made
 * of each, on every processor. Prints a line of JSON: the least of so many rounds, in milliseconds.
 *
 *   plain_loop EVENTS ROUNDS THREADS
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "history.h"

#define THREADS_MAX 64

struct part {
    pthread_t thread;
    const struct history *history;
    uint64_t begin, end;
    uint64_t sum;
    void (*loop)(struct part *part);
};

static void loop_times_and_names(struct part *part)
{
    const struct history *h = part->history;
    uint64_t sum = 0;

    for (uint64_t i = part->begin; i < part->end; i++) sum += h->name[i] == ORDER_COMPLETED ? (uint64_t)h->at_ms[i] : 1;
    part->sum = sum;
}

static void loop_all(struct part *part)
{
    const struct history *h = part->history;
    uint64_t sum = 0;

    for (uint64_t i = part->begin; i < part->end; i++) {
        uint64_t seen = (uint64_t)h->at_ms[i] + h->touch[i];
        sum += h->name[i] == ORDER_COMPLETED ? (uint64_t)h->amount_minor[i] : seen;
    }
    part->sum = sum;
}

static void *run(void *of)
{
    struct part *part = of;

    part->loop(part);
    return NULL;
}

static double now_ms(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e3 + (double)at.tv_nsec / 1e6;
}

/* The least of the rounds; *sum is what keeps a compiler from leaving the loop out. */
static double least(const struct history *history, void (*loop)(struct part *part), int rounds, int threads,
                    uint64_t *sum)
{
    struct part parts[THREADS_MAX];
    double best = 1e9;

    for (int round = 0; round < rounds; round++) {
        double from = now_ms();
        for (int t = 0; t < threads; t++) {
            uint64_t n = history->n, begin = n * (uint64_t)t / (uint64_t)threads;
            parts[t] = (struct part){
                .history = history, .begin = begin, .end = n * ((uint64_t)t + 1) / (uint64_t)threads, .loop = loop};
            if (t > 0 && pthread_create(&parts[t].thread, NULL, run, &parts[t]) != 0) exit(1);
        }
        run(&parts[0]);
        for (int t = 0; t < threads; t++) {
            if (t > 0) pthread_join(parts[t].thread, NULL);
            *sum += parts[t].sum;
        }
        double took = now_ms() - from;
        if (took < best) best = took;
    }
    return best;
}

int main(int n, char **args)
{
    uint64_t sum = 0;

    if (n != 4 || atoi(args[3]) < 1 || atoi(args[3]) > THREADS_MAX) {
        fprintf(stderr, "plain_loop EVENTS ROUNDS THREADS\n");
        return 2;
    }
    struct history *history = history_new(strtoull(args[1], NULL, 10));
    int rounds = atoi(args[2]), threads = atoi(args[3]);
    double two = least(history, loop_times_and_names, rounds, threads, &sum);
    double all = least(history, loop_all, rounds, threads, &sum);
    printf("{\"funnel\":%.3f,\"retention\":%.3f,\"attribution\":%.3f,\"attribution-events\":%.3f", two, two, all, all);
    printf(",\"sum\":\"%" PRIu64 "\"}\n", sum);
    history_free(history);
    return 0;
}
