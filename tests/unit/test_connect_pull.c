#include "helpers.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/time.h"
#include "connect/connect.h"
#include "loopback.h"

/* A platform that gives one row a day, and no more than four days at once. */
static const char ADAPTER[] =
    "{'adapter':1,'name':'lark','title':{'en':'Lark'},'channels':'Lark','base_url':'https://"
    "lark.example','settings':[],"
    "'account':'one','zone':'Etc/UTC','currency':'UAH','auth':{'header':'X-Key','value':'none'},"
    "'pace':{'per_second':0,'tries':2,'first_s':0,'most_s':0},"
    "'window':{'first_days':20,'chunk_days':10,'restate_days':3},"
    "'errors':{'rules':[{'status':[413],'class':'too_much'}]},"
    "'rows':{'format':'json','list':'/rows/*','fields':{'day':'/"
    "day','channel':{'value':'Lark'},'currency':{'value':'UAH'},'campaign_id':'/c',"
    "'clicks':'/clicks'}},'reports':[{'ask':{'path':'/days/{from}/{to}'}}]}";

struct world {
    char folder[FOLDER_MAX];
    struct loopback *server;
    struct store *store;
    struct vault *vault;
    struct net *net;
    struct connect *connect;
    int64_t id;
    int asked, fail_at, stop_at; /* requests; which of them fails; when the watch says stop. 0: never */
    int32_t first_asked;
};

static void answer(void *context, Str request, struct buf *out)
{
    struct world *world = context;
    int32_t first, last;
    struct buf body;
    char day[TIME_TEXT_MAX];

    assert_true(time_parse_day((Str){request.p + strlen("GET /days/"), 10}, &first));
    assert_true(time_parse_day((Str){request.p + strlen("GET /days/2026-01-01/"), 10}, &last));
    if (world->asked++ == 0) world->first_asked = first;
    if ((world->fail_at && world->asked >= world->fail_at) || last - first > 3) {
        bool cut = last - first <= 3;
        loopback_reply(out, cut ? 200 : 413, "", cut ? STR("{\"rows\":[{\"da") : STR(""));
        return;
    }
    buf_init(&body, 100000);
    buf_add(&body, STR("{\"rows\":["));
    for (int32_t at = first; at <= last; at++)
        buf_printf(&body, "%s{\"day\":\"%s\",\"c\":\"1\",\"clicks\":%d}", at > first ? "," : "",
                   time_format_day(at, day), at);
    buf_add(&body, STR("]}"));
    loopback_reply(out, 200, "", buf_str(&body));
    buf_reset(&body);
}

static void open_world(struct world *world)
{
    char path[FOLDER_MAX + 32], allow[64], settings[96], text[2048];
    struct connection connection = {.adapter = STR("lark"), .name = STR("L"), .settings = STR("{}")};
    struct err err;

    memset(world, 0, sizeof *world);
    folder_make(world->folder);
    (void)snprintf(path, sizeof path, "%s/adapters", world->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(text, sizeof text, "%s", ADAPTER);
    for (char *p = text; *p; p++) *p = *p == '\'' ? '"' : *p;
    file_write(path, "lark.json", str_of(text));
    world->server = loopback_open(answer, world);
    (void)snprintf(allow, sizeof allow, "127.0.0.1:%d", loopback_port(world->server));
    (void)snprintf(settings, sizeof settings, "{\"base_url\":\"http://%s\"}", allow);
    connection.settings = str_of(settings);
    world->store = store_open(str_of(world->folder), &err);
    world->vault = vault_open(str_of(world->folder), STR("a key of sixteen bytes"), &err);
    world->net = net_open(&(struct net_config){str_of(allow)}, &err);
    world->connect = connect_open(world->store, world->net, world->vault, &err);
    if (!world->connect) fail_msg("%s", err.text);
    ASSERT_OK(connection_insert(store_writer_take(world->store), world->vault, &connection, &err));
    store_writer_give(world->store);
    world->id = connection.id;
}

static void close_world(struct world *world)
{
    connect_close(world->connect);
    net_close(world->net);
    vault_close(world->vault);
    store_close(world->store);
    loopback_close(world->server);
    folder_remove(world->folder);
}

static bool watch(void *context, int64_t done, int64_t total, const char *note)
{
    struct world *world = context;

    (void)done;
    (void)total;
    (void)note;
    return world->stop_at == 0 || world->asked < world->stop_at;
}

static bool pull(struct world *world, struct err *err)
{
    const struct connect_watch on = {watch, world};
    struct buf result;

    buf_init(&result, 100000);
    world->asked = 0;
    bool ok = connect_pull(world->connect, world->id, INT32_MIN, INT32_MIN, &on, &result, err);
    buf_reset(&result);
    return ok;
}

static int64_t ask_store(struct world *world, const char *sql)
{
    struct err err;
    struct db *db = store_reader_take(world->store, &err);
    struct db_rows rows = db_query(db, sql, DB_NO_ARGS);
    int64_t value = db_next(&rows) ? db_i64(&rows, 0) : -1;

    ASSERT_OK(db_end(&rows, &err));
    store_reader_give(world->store, db);
    return value;
}

#define DAYS(world) ask_store((world), "SELECT count(*) FROM ad_day WHERE clicks = day")
#define PULLED(world) ask_store((world), "SELECT pulled_day FROM connection")

static void test_chunks_are_halved_and_all_days_come(void **state)
{
    struct world world;
    struct err err = {0};

    (void)state;
    open_world(&world);
    int32_t today = (int32_t)(time_now_ms() / TIME_DAY_MS);
    ASSERT_OK(pull(&world, &err));
    ASSERT_I64(DAYS(&world), 21);
    ASSERT_I64(PULLED(&world), today - 1);
    assert_int_equal(world.first_asked, today - 20);
    assert_int_equal(world.asked, 2 + 11); /* 10 days, 5 days, then by 2 */
    ASSERT_OK(pull(&world, &err));         /* only what may have been restated */
    assert_int_equal(world.first_asked, today - 3);
    ASSERT_I64(DAYS(&world), 21);
    close_world(&world);
}

static void test_it_goes_on_where_it_ended(void **state)
{
    struct world world;
    struct err err = {0};

    (void)state;
    for (int at = 3; at < 13; at++) {
        open_world(&world);
        int32_t today = (int32_t)(time_now_ms() / TIME_DAY_MS);
        if (at % 2)
            world.stop_at = at; /* told to stop, or half a reply, twice */
        else
            world.fail_at = at;
        bool ok = pull(&world, &err);
        int64_t days = DAYS(&world);
        if (!ok) {
            assert_true(err.code == (at % 2 ? ERR_BUSY : ERR_UPSTREAM));
            assert_true(days % 2 == 0 && PULLED(&world) == (days ? today - 21 + days : -1));
        }
        world.stop_at = world.fail_at = 0;
        ASSERT_OK(pull(&world, &err));
        assert_true(ok || world.first_asked <= today - 20 + (int32_t)days);
        ASSERT_I64(DAYS(&world), 21);
        ASSERT_I64(ask_store(&world, "SELECT sum(clicks) = (SELECT sum(clicks) FROM ad_day) FROM campaign_day"), 1);
        close_world(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chunks_are_halved_and_all_days_come),
        cmocka_unit_test(test_it_goes_on_where_it_ended),
    };

    hash_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
