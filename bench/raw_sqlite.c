/* bench/raw_sqlite.c -- the least that storing events in SQLite can cost: what ingest of batches is measured against.
 *
 * One thread, one prepared statement, WAL, synchronous=FULL, one row an event, 1,000 a transaction. Nothing is
 * received, read or checked; making the events is outside the measured time. Prints a line of JSON.
 *
 *   raw_sqlite FILE CHECKPOINT_PAGES WARM_SECONDS SECONDS RUN
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "events.h"

#define PER_COMMIT 1000

static double now_s(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void must(sqlite3 *db, int code)
{
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    fprintf(stderr, "raw_sqlite: %s\n", sqlite3_errmsg(db));
    exit(1);
}

static void run_sql(sqlite3 *db, const char *sql)
{
    must(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

struct transaction {
    char bytes[PER_COMMIT][EVENT_MAX];
    size_t n[PER_COMMIT];
};

static void insert_all(sqlite3 *db, sqlite3_stmt *insert, const struct transaction *t)
{
    run_sql(db, "BEGIN IMMEDIATE");
    for (int i = 0; i < PER_COMMIT; i++) {
        must(db, sqlite3_bind_blob64(insert, 1, t->bytes[i], t->n[i], SQLITE_STATIC));
        must(db, sqlite3_step(insert));
        must(db, sqlite3_reset(insert));
    }
    run_sql(db, "COMMIT");
}

/* Transactions until they have taken `seconds`; adds to *events. */
static double insert_for(sqlite3 *db, sqlite3_stmt *insert, double seconds, uint32_t run, uint64_t *events)
{
    static struct transaction transaction;
    struct events *made = events_new();
    double spent = 0;

    while (spent < seconds) {
        for (int i = 0; i < PER_COMMIT; i++)
            transaction.n[i] = events_write(made, run, (*events)++, transaction.bytes[i]);
        double from = now_s();
        insert_all(db, insert, &transaction);
        spent += now_s() - from;
    }
    events_free(made);
    return spent;
}

static uint64_t count_rows(sqlite3 *db)
{
    sqlite3_stmt *count;

    must(db, sqlite3_prepare_v2(db, "SELECT count(*) FROM event", -1, &count, NULL));
    must(db, sqlite3_step(count));
    uint64_t n = (uint64_t)sqlite3_column_int64(count, 0);
    sqlite3_finalize(count);
    return n;
}

static void report(uint64_t warm, uint64_t events, double seconds, uint64_t stored)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                 (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    printf("{\"inserted\":%llu,\"stored\":%llu,\"events_per_s\":%.1f,\"cpu_us\":%.3f,\"bytes\":%ld}\n",
           (unsigned long long)events, (unsigned long long)stored, (double)(events - warm) / seconds,
           cpu * 1e6 / (double)events, used.ru_maxrss * 1024);
}

int main(int n, char **args)
{
    sqlite3 *db;
    sqlite3_stmt *insert;
    uint64_t events = 0;

    if (n != 6) {
        fprintf(stderr, "raw_sqlite FILE CHECKPOINT_PAGES WARM_SECONDS SECONDS RUN\n");
        return 2;
    }
    uint32_t run = (uint32_t)strtoul(args[5], NULL, 10);
    must(NULL, sqlite3_open(args[1], &db));
    run_sql(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                "CREATE TABLE event (id INTEGER PRIMARY KEY, body BLOB NOT NULL);");
    must(db, sqlite3_wal_autocheckpoint(db, atoi(args[2])));
    must(db, sqlite3_prepare_v2(db, "INSERT INTO event (body) VALUES (?)", -1, &insert, NULL));
    insert_for(db, insert, atof(args[3]), run, &events);
    uint64_t warm = events;
    double seconds = insert_for(db, insert, atof(args[4]), run, &events);
    report(warm, events, seconds, count_rows(db));
    sqlite3_finalize(insert);
    sqlite3_close(db);
    return 0;
}
