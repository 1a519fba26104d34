/* connect/adapter.h -- an ad platform, told by a JSON file.
 *
 * Is:    what a file says, read and checked: how to enter, what to ask, where the figures stand in the reply, what its
 *        errors mean. the format is told in docs/adapters.md.
 * Owns:  nothing; an adapter lives in the arena it was read into, and in the bytes of its file.
 * Never: takes a file with a word it does not know: a misspelt one would be silently without effect.
 */
#ifndef CONNECT_ADAPTER_H
#define CONNECT_ADAPTER_H

#include "connect/connect.h"
#include "connect/path.h"

#define ADAPTER_BYTES_MAX ((size_t)256 * 1024)
#define ADAPTER_ARENA ((size_t)32 * 1024 * 1024)
#define STATUSES_MAX 8
#define CONDITIONS_MAX 4
#define REPORTS_MAX 4

struct pair {
    Str name;
    const struct json *value; /* a text with {names}, or a list or object that is sent as JSON text */
};

struct pairs {
    struct pair *row;
    size_t n;
};

/* How long, as the platform says it: in a header, or at a path of the body, or of a header's JSON. */
struct wait_rule {
    bool given, in_body;
    Str header;
    struct path at;
    double unit_ms; /* of a bare number; "30s" and "500ms" say theirs */
    int64_t least_ms, most_ms, fallback_ms;
};

struct ask {
    const char *method;
    Str path; /* behind the base address; or a whole address, of another host */
    struct pairs query, headers, form;
    const struct json *json;
    struct {
        int64_t status[STATUSES_MAX]; /* not yet: the same again, after a while */
        size_t n;
        struct wait_rule wait;
        int64_t at_most_ms;
    } later;
};

enum ask_class {
    ASK_OK,
    ASK_AUTH,
    ASK_RIGHTS,
    ASK_LIMIT,
    ASK_TOO_MUCH,
    ASK_BAD,
    ASK_GONE,
    ASK_SERVER,
    ASK_RESTART,
    ASK_STOPPED,
    ASK_LATER
};

struct condition {
    struct path at; /* any of the values there is one of `is`; no `is`: there is one */
    Str *is;        /* a text, or "200..299" */
    size_t n;
};

struct error_rule {
    int64_t status[STATUSES_MAX];
    size_t n_status;
    struct condition when[CONDITIONS_MAX];
    size_t n_when;
    Str header; /* present, whatever it says */
    bool also_ok;
    enum ask_class class;
    Str say, say_ru;
    struct wait_rule wait;
};

struct errors {
    struct path at[4]; /* where an error's object stands in a body; of a body without one the body itself */
    size_t n_at;
    bool has_ok;
    struct condition ok; /* a body that is none says so here */
    struct path code;
    bool has_code;
    struct error_rule *rule;
    size_t n;
};

struct usage_rule {
    Str header;
    struct path at; /* numbers in the header's JSON */
    double above;
    int64_t pause_ms;
    struct wait_rule wait;
};

/* fields of a row, in the order of struct ad_row */
#define ADAPTER_FIELDS(X)                                                                                              \
    X(CAMPAIGN_ID, "campaign_id")                                                                                      \
    X(CAMPAIGN_NAME, "campaign_name")                                                                                  \
    X(AD_SET_ID, "ad_set_id")                                                                                          \
    X(AD_SET_NAME, "ad_set_name")                                                                                      \
    X(AD_ID, "ad_id")                                                                                                  \
    X(AD_NAME, "ad_name")                                                                                              \
    X(CAMPAIGN_STATUS, "campaign_status")                                                                              \
    X(AD_STATUS, "ad_status")                                                                                          \
    X(CHANNEL, "channel")                                                                                              \
    X(PLACEMENT, "placement")                                                                                          \
    X(COUNTRY, "country")                                                                                              \
    X(CURRENCY, "currency")                                                                                            \
    X(DAY, "day")                                                                                                      \
    X(IMPRESSIONS, "impressions")                                                                                      \
    X(REACH, "reach")                                                                                                  \
    X(CLICKS, "clicks")                                                                                                \
    X(SPEND, "spend")                                                                                                  \
    X(CONVERSIONS, "conversions")                                                                                      \
    X(REVENUE, "revenue")

enum adapter_field {
#define X(id, name) FIELD_##id,
    ADAPTER_FIELDS(X)
#undef X
        FIELDS
};
extern const char *const ADAPTER_FIELD_NAMES[FIELDS];

enum field_unit { UNIT_MAJOR, UNIT_MICROS, UNIT_MINOR };

struct field_rule {
    bool given, constant, optional, has_absent;
    struct path at;
    Str shown; /* the path as the file has it */
    Str value; /* of a constant, with {names} */
    Str absent;
    enum field_unit unit;
    struct pairs map;
    Str otherwise; /* of what the map does not list; empty: as it is */
    bool mapped;
};

enum rows_format { ROWS_JSON, ROWS_TSV };

struct rows_rule {
    enum rows_format format;
    struct path list; /* of the rows themselves, with a star at its end */
    Str *nulls;
    size_t n_nulls;
    struct field_rule field[FIELDS];
};

enum page_kind { PAGE_NONE, PAGE_URL, PAGE_CURSOR, PAGE_NUMBER };

struct page_rule {
    enum page_kind kind;
    struct path at, more; /* of the next address, the cursor, how many pages; more: must be there for another */
    bool has_more;
};

struct value_rule {
    Str name;
    struct path at;
};

struct values {
    struct value_rule row[8];
    size_t n;
};

struct report {
    int64_t least_days, most_days; /* of a span that is asked this way */
    bool has_start;
    struct ask start, poll, ask;
    struct values run; /* what `start` gave */
    struct condition ready[CONDITIONS_MAX], failed[CONDITIONS_MAX];
    size_t n_ready, n_failed;
    int64_t every_ms, at_most_ms;
    struct page_rule page;
    struct rows_rule rows;
};

struct adapter {
    struct adapter_info info;
    Str file;
    Str base_url, account;
    Str auth_header, auth_value;
    struct {
        bool given;
        Str url;
        struct pairs form;
        struct path token, expires;
    } refresh;
    double per_second;
    int64_t timeout_ms, max_bytes, tries, first_ms, most_ms, wait_most_ms;
    struct {
        int64_t first_days, chunk_days, restate_days, long_restate_days, long_every_days;
    } window;
    Str zone, currency; /* with {names} */
    bool has_info;
    struct ask info_ask;
    struct values info_values;
    struct errors errors;
    struct usage_rule *usage;
    size_t n_usage;
    struct report report[REPORTS_MAX];
    size_t n_reports;
};

/* `text` must outlive the adapter. The error names file, place and what is expected. */
bool adapter_read(Str file, Str text, struct arena *arena, struct adapter *out, struct err *err) MUST_CHECK;

/* The settings' values, fallbacks where nothing is given, as variables. ERR_INVALID with the field. */
bool adapter_settings(const struct adapter *adapter, const struct json *settings, struct arena *arena, struct vars *out,
                      struct err *err) MUST_CHECK;

#endif
