/* The HTTP API without sockets: rows, parameters, roles, sessions, the plan, events. */
#include "gw/admin/api_priv.h"
#include "gw/admin/web.h"
#include "gw/apply.h"
#include "gw/gw.h"
#include "gw/rt/file.h"
#include "gw/rt/log.h"
#include "test/fake/fake.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define PLAN  "/etc/tandem/office.conf"
#define USERS "/etc/tandem/accounts"

static const char plan_text[] = "version 1\n"
                                "sip { listen udp:127.0.0.1:5060 }\n"
                                "media { address 127.0.0.1\n ports 16384-16483\n codecs pcma }\n"
                                "site berlin { dialling de area 30 }\n"
                                "trunk pbx { sip sip:127.0.0.1:5062\n numbers e164 }\n"
                                "trunk carrier { sip sip:192.0.2.7\n numbers e164 }\n"
                                "routes from pbx {\n    * -> carrier\n}\n";

/** Of the rows of requests_become_commands, the one that stops the gateway: the last. */
#define ROWS_STOP 38

static struct rt_loop *loop;
static struct gw *gw;
static struct gw_apply *apply;
static struct gw_web *web;
static struct rt_http_request *request;
static unsigned stops;
static char cookie[256], csrf[80];
static struct rt_buf users;

static void quiet(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    (void)arg;
    (void)sub;
    (void)level;
    (void)line;
}

static void on_stop(void *arg)
{
    (void)arg;
    stops++;
}

static void put(const char *path, const char *text)
{
    ck_assert_int_eq(rt_file_replace(path, text, strlen(text), 0640), 0);
}

/** Once for all tests: a hash is slow on purpose. */
static void make_users(void)
{
    static const struct {
        const char *name;
        enum gw_role role;
    } all[] = {{"vera", GW_ROLE_VIEWER},
               {"otto", GW_ROLE_OPERATOR},
               {"paul", GW_ROLE_PLANNER},
               {"anna", GW_ROLE_ADMIN}};

    fake_reset();
    for (size_t i = 0; i < RT_COUNT(all); i++) {
        ck_assert_int_eq(gw_accounts_line(&users, all[i].name, all[i].role, "correct horse"), 0);
        if (users.p[users.n - 1] != '\n')
            rt_buf_puts(&users, "\n");
    }
}

static void free_users(void)
{
    rt_buf_release(&users);
}

static void start_gateway(void)
{
    struct gw_sources sources = {.n = 0};
    struct conf_reader reader = gw_sources_record(&sources);
    struct conf_diag diag = {.errors = 0};
    struct rt_buf why = {0};
    struct gw_plan *plan;

    int err = gw_plan_load_through(&plan, PLAN, &reader, NULL, &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p);
    conf_diag_release(&diag);
    err = gw_start(&gw, loop, plan, &why);
    ck_assert_msg(err == 0, "%s", why.p);
    gw_plan_unref(plan);
    ck_assert_int_eq(gw_apply_new(&apply, gw, PLAN, &sources), 0);
}

/** `accounts`: their file; NULL: the plan names none. */
static void start_web(const char *accounts)
{
    struct gw_admin_plan admin = {.users = accounts, .nhttp = 1};
    struct rt_buf why = {0};

    ck_assert_int_eq(rt_addr_parse(&admin.http[0], "127.0.0.1", 9, 8080), 0);
    int err = gw_web_new(&web, loop, &gw, &admin, NULL, on_stop, NULL, &why);
    ck_assert_msg(err == 0, "%s", why.p);
    ck_assert_int_eq(gw_web_start(web), 0);
}

static void setup(void)
{
    fake_reset();
    rt_log_sink(quiet, NULL);
    stops = 0;
    cookie[0] = csrf[0] = '\0';
    request = NULL;
    rt_loop_new(&loop, "test");
    put(PLAN, plan_text);
    put(USERS, users.p);
    start_gateway();
    start_web(USERS);
}

static void teardown(void)
{
    struct fake_leaks leaks;

    fake_http_drop(request);
    gw_web_free(web);
    gw_apply_free(apply);
    gw_stop(gw);
    gw = NULL;
    fake_settle();
    rt_loop_free(loop);
    fake_leaks(&leaks);
    ck_assert_uint_eq(leaks.loops + leaks.timers + leaks.files, 0);
    rt_log_sink(NULL, NULL);
}

/** Asks and waits; the answer stays in `request`. */
static unsigned ask(const struct fake_http_ask *a)
{
    fake_http_drop(request);
    request = fake_http_ask(a);
    ck_assert_ptr_nonnull(request);
    for (unsigned i = 0; i < 50 && fake_http_answer(request)->status == 0; i++)
        fake_advance(20 * RT_MS);
    return fake_http_answer(request)->status;
}

static const char *body(void)
{
    const struct rt_buf *b = &fake_http_answer(request)->body;
    return b->p ? b->p : "";
}

static const char *headers(void)
{
    const struct rt_buf *b = &fake_http_answer(request)->headers;
    return b->p ? b->p : "";
}

/** As the machine's root. */
static unsigned as_root(const char *method, const char *target, const char *text)
{
    static const struct rt_http_header json[] = {{"Content-Type", "application/json"},
                                                 {NULL, NULL}};
    const struct fake_http_ask a = {
        .method = method, .target = target, .headers = json, .body = text};
    return ask(&a);
}

/** With the session's cookie; `token`: the CSRF token goes along. */
static unsigned with_cookie(const char *method, const char *target, const char *text, bool token)
{
    const struct rt_http_header h[] = {{"Content-Type", "application/json"},
                                       {"Cookie", cookie},
                                       {token ? "X-CSRF-Token" : NULL, csrf},
                                       {NULL, NULL}};
    const struct fake_http_ask a = {
        .method = method, .target = target, .headers = h, .body = text, .peer = "192.0.2.9"};
    return ask(&a);
}

static unsigned log_in(const char *name, const char *password)
{
    char text[200];

    snprintf(text, sizeof text, "{\"name\":\"%s\",\"password\":\"%s\"}", name, password);
    cookie[0] = '\0';
    unsigned status = with_cookie("POST", "/api/v1/session", text, false);
    const char *set = strstr(headers(), "Set-Cookie: ");
    if (status != 200 || !set)
        return status;
    snprintf(cookie, sizeof cookie, "other=1; %.*s", (int)strcspn(set + 12, ";"), set + 12);
    ck_assert_uint_eq(with_cookie("GET", "/api/v1/session", NULL, false), 200);
    const char *token = strstr(body(), "\"csrf\":\"");
    ck_assert_ptr_nonnull(token);
    snprintf(csrf, sizeof csrf, "%.64s", token + 8);
    return 200;
}

START_TEST(rows_are_compiled)
{
    const struct gw_api_row *row;

    ck_assert_int_eq(gw_api_rows_init(), 0);
    for (size_t i = 0; (row = gw_api_row_at(i)) != NULL; i++)
        ck_assert_msg(row->nwords > 0, "%s", row->path);
}
END_TEST

START_TEST(requests_become_commands)
{
    static const struct {
        const char *method, *target, *body;
        unsigned status;
        const char *says;
    } rows[] = {
        {"GET", "/api/v1/status", NULL, 200, "\"type\":\"status\""},
        {"HEAD", "/api/v1/status", NULL, 200, ""},
        {"GET", "/api/v1/calls", NULL, 200, "{\"items\":["},
        {"GET", "/api/v1/calls?all=true&trunk=pbx", NULL, 200, "\"note\":"},
        {"GET", "/api/v1/calls?all=maybe", NULL, 400, "all: not true or false"},
        {"GET", "/api/v1/calls?trunck=pbx", NULL, 400, "trunck: there is no such parameter"},
        {"GET", "/api/v1/calls?trunk=--all", NULL, 400, "begins with"},
        {"GET", "/api/v1/calls?trunk=", NULL, 200, "items"},
        {"GET", "/api/v1/calls/7", NULL, 404, "no such call"},
        {"GET", "/api/v1/calls/--all", NULL, 400, "begins with"},
        {"GET", "/api/v1/calls/7/", NULL, 404, "nothing at this path"},
        {"GET", "/api/v1/", NULL, 404, "nothing at this path"},
        {"GET", "/api/v1", NULL, 404, ""},
        {"GET", "/api/v1/calls/7/ladder.svg", NULL, 404, "no such call"},
        {"GET", "/api/v1/calls/7/trace.pcapng", NULL, 404, "no such call"},
        {"GET", "/api/v1/trunks/pbx", NULL, 200, "\"trunk\":\"pbx\""},
        {"GET", "/api/v1/trunks/nobody", NULL, 404, "no such trunk"},
        {"GET", "/api/v1/routes/explain?number=030123&from=pbx", NULL, 200, "carrier"},
        {"GET", "/api/v1/routes/explain?number=030123", NULL, 400, "from is missing"},
        {"GET", "/api/v1/spans/x", NULL, 400, "span: not a whole number"},
        {"GET", "/api/v1/openapi.json", NULL, 200, "\"openapi\":\"3.1.0\""},
        {"GET", "/api/v1/tables", NULL, 200, "no tables"},
        {"GET", "/api/v1/records", NULL, 409, "cdr sqlite:"},
        {"PATCH", "/api/v1/calls", NULL, 405, "Method Not Allowed"},
        {"DELETE", "/api/v1/status", NULL, 405, ""},
        {"POST", "/api/v1/trunks/pbx/block", "{\"drain\":true,\"reason\":\"cable\"}", 200, "items"},
        {"POST", "/api/v1/trunks/pbx/block", "{\"drain\":\"yes\"}", 400, "drain: not a true or"},
        {"POST", "/api/v1/trunks/pbx/block", "{\"drane\":true}", 400, "drane: there is no such"},
        {"POST", "/api/v1/trunks/pbx/block", "{\"name\":\"pbx\"}", 400, "name: there is no such"},
        {"POST", "/api/v1/trunks/pbx/block", "[]", 400, "not a JSON object"},
        {"POST", "/api/v1/trunks/pbx/block", "{", 400, "not a JSON object"},
        {"POST", "/api/v1/trunks/pbx/block", "{\"reason\":7}", 400, "reason: not a text"},
        {"DELETE", "/api/v1/calls/1", "{\"cause\":16}", 404, "no such call"},
        {"DELETE", "/api/v1/calls/1", "{\"cause\":1.5}", 400, "cause: not a whole number"},
        {"DELETE", "/api/v1/calls/1", "{\"cause\":-1}", 400, "cause: not a whole number"},
        {"DELETE", "/api/v1/calls/1", "{\"cause\":200}", 400, "not a cause"},
        {"POST", "/api/v1/plan/confirm", NULL, 409, "no plan waits"},
        {"POST", "/api/v1/plan/rollback", "{\"generation\":\"77\"}", 409, "stays in force"},
        {"POST", "/api/v1/stop", NULL, 200, "stopping"},
    };
    ck_assert_uint_eq(as_root(rows[_i].method, rows[_i].target, rows[_i].body), rows[_i].status);
    ck_assert_msg(strstr(body(), rows[_i].says), "%s", body());
    json_t *j = json_loads(body(), 0, NULL);
    ck_assert(j || body()[0] == '\0');
    json_decref(j);
    ck_assert_uint_eq(stops, _i == ROWS_STOP);
}
END_TEST

START_TEST(a_path_tells_its_methods)
{
    ck_assert_uint_eq(as_root("PUT", "/api/v1/calls/7", NULL), 405);
    ck_assert_ptr_nonnull(strstr(headers(), "Allow: GET, HEAD, DELETE"));
}
END_TEST

START_TEST(roles_decide)
{
    static const struct {
        const char *name;
        unsigned look, release, plan, accounts;
    } rows[] = {{"", 401, 401, 401, 401},
                {"vera", 200, 403, 403, 403},
                {"otto", 200, 404, 403, 403},
                {"paul", 200, 404, 409, 403},
                {"anna", 200, 404, 409, 200}};

    if (rows[_i].name[0])
        ck_assert_uint_eq(log_in(rows[_i].name, "correct horse"), 200);
    ck_assert_uint_eq(with_cookie("GET", "/api/v1/status", NULL, false), rows[_i].look);
    ck_assert_uint_eq(with_cookie("DELETE", "/api/v1/calls/1", NULL, true), rows[_i].release);
    ck_assert_uint_eq(with_cookie("POST", "/api/v1/plan/confirm", NULL, true), rows[_i].plan);
    ck_assert_uint_eq(with_cookie("GET", "/api/v1/accounts", NULL, false), rows[_i].accounts);
}
END_TEST

START_TEST(writes_need_the_token)
{
    ck_assert_uint_eq(log_in("anna", "correct horse"), 200);
    ck_assert_uint_eq(with_cookie("POST", "/api/v1/trunks/pbx/block", "{}", false), 403);
    ck_assert_ptr_nonnull(strstr(body(), "X-CSRF-Token"));
    ck_assert_uint_eq(with_cookie("POST", "/api/v1/trunks/pbx/block", "{}", true), 200);
    csrf[3] ^= 1;
    ck_assert_uint_eq(with_cookie("POST", "/api/v1/trunks/pbx/block", "{}", true), 403);
}
END_TEST

START_TEST(a_session_ends)
{
    char old[sizeof cookie];

    ck_assert_uint_eq(log_in("vera", "correct horse"), 200);
    ck_assert_ptr_null(strstr(headers(), "Secure"));
    memcpy(old, cookie, sizeof old);
    ck_assert_uint_eq(with_cookie("DELETE", "/api/v1/session", NULL, true), 200);
    ck_assert_ptr_nonnull(strstr(headers(), "Max-Age=0"));
    memcpy(cookie, old, sizeof old);
    ck_assert_uint_eq(with_cookie("GET", "/api/v1/status", NULL, false), 401);
    ck_assert_ptr_nonnull(strstr(headers(), "WWW-Authenticate: Bearer"));
}
END_TEST

START_TEST(guessing_is_slowed_down)
{
    unsigned status = 401, tries;

    for (tries = 0; tries < 10 && status == 401; tries++)
        status = log_in("anna", "wrong horse x");
    ck_assert_uint_eq(status, 429);
    ck_assert_uint_ge(tries, 5);
    ck_assert_ptr_nonnull(strstr(headers(), "Retry-After: "));
}
END_TEST

START_TEST(keys_are_for_programs)
{
    char value[100];

    ck_assert_uint_eq(
        as_root("PUT", "/api/v1/accounts/robot", "{\"role\":\"viewer\",\"key\":true}"), 200);
    const char *secret = strstr(body(), "\"secret\":\"");
    ck_assert_ptr_nonnull(secret);
    snprintf(value, sizeof value, "Bearer %.64s", secret + 10);
    const struct rt_http_header h[] = {{"Authorization", value}, {NULL, NULL}};
    const struct fake_http_ask look = {
        .target = "/api/v1/status", .headers = h, .peer = "192.0.2.9"};
    const struct fake_http_ask stop = {
        .method = "POST", .target = "/api/v1/stop", .headers = h, .peer = "192.0.2.9"};
    ck_assert_uint_eq(ask(&look), 200);
    ck_assert_uint_eq(ask(&stop), 403);
    ck_assert_uint_eq(as_root("DELETE", "/api/v1/accounts/robot", NULL), 200);
    ck_assert_uint_eq(ask(&look), 401);
    ck_assert_uint_eq(as_root("DELETE", "/api/v1/accounts/robot", NULL), 404);
}
END_TEST

START_TEST(accounts_are_changed)
{
    static const struct {
        const char *method, *target, *body;
        unsigned status;
    } rows[] = {
        {"PUT", "/api/v1/accounts/nina", "{\"role\":\"viewer\",\"password\":\"short\"}", 400},
        {"PUT", "/api/v1/accounts/nina", "{\"password\":\"long enough it is\"}", 400},
        {"PUT", "/api/v1/accounts/nina", "{\"role\":\"king\",\"password\":\"long enough\"}", 400},
        {"PUT", "/api/v1/accounts/nina", "{\"role\":\"viewer\"}", 404},
        {"PUT", "/api/v1/accounts/nina", "{\"role\":\"viewer\",\"password\":\"long enough\"}", 200},
        {"PUT", "/api/v1/accounts/a%20b", "{\"role\":\"viewer\",\"password\":\"long enough\"}",
         400},
        {"PUT", "/api/v1/accounts/anna", "{\"role\":\"viewer\"}", 409},
        {"DELETE", "/api/v1/accounts/anna", NULL, 409},
        {"DELETE", "/api/v1/accounts/vera", NULL, 200},
    };
    for (size_t i = 0; i < RT_COUNT(rows); i++)
        ck_assert_msg(as_root(rows[i].method, rows[i].target, rows[i].body) == rows[i].status,
                      "%s: %s", rows[i].body, body());
}
END_TEST

/* What a proxy may say of whom it asks for (RFC 7239 section 4, RFC 9110 section 7.6.3). */
static const struct rt_http_header proxies[] = {
    {"Forwarded", "for=203.0.113.7"}, {"X-Forwarded-For", "203.0.113.7"}, {"Via", "1.1 proxy"}};

/** Asked for the status, by the UNIX socket or from an address, for somebody else. */
static unsigned through_a_proxy(const struct rt_http_header *says, const char *peer)
{
    const struct rt_http_header h[] = {*says, {NULL, NULL}};
    const struct fake_http_ask a = {.target = "/api/v1/status", .headers = h, .peer = peer};
    return ask(&a);
}

START_TEST(who_comes_through_a_proxy_is_nobody)
{
    const struct fake_http_ask other = {.target = "/api/v1/status", .uid = 65533};

    for (size_t i = 0; i < RT_COUNT(proxies); i++)
        ck_assert_msg(through_a_proxy(&proxies[i], NULL) == 401, "%s", proxies[i].name);
    ck_assert_uint_eq(ask(&other), 401);
}
END_TEST

START_TEST(without_accounts_this_machine_may_look)
{
    const struct fake_http_ask here = {.target = "/api/v1/status", .peer = "127.0.0.1"};
    const struct fake_http_ask stop = {
        .method = "POST", .target = "/api/v1/stop", .peer = "127.0.0.1"};
    const struct fake_http_ask there = {.target = "/api/v1/status", .peer = "192.0.2.9"};

    gw_web_free(web);
    start_web(NULL);
    ck_assert_uint_eq(ask(&here), 200);
    ck_assert_uint_eq(ask(&stop), 403);
    ck_assert_uint_eq(ask(&there), 401);
    for (size_t i = 0; i < RT_COUNT(proxies); i++)
        ck_assert_msg(through_a_proxy(&proxies[i], "127.0.0.1") == 401, "%s", proxies[i].name);
}
END_TEST

START_TEST(a_wrong_key_is_nobody_whatever_else_there_is)
{
    ck_assert_uint_eq(log_in("anna", "correct horse"), 200);
    const struct rt_http_header h[] = {
        {"Cookie", cookie}, {"Authorization", "Bearer 0123456789abcdef"}, {NULL, NULL}};
    const struct fake_http_ask both = {
        .target = "/api/v1/status", .headers = h, .peer = "192.0.2.9"};
    const struct fake_http_ask root = {.target = "/api/v1/status", .headers = h + 1};

    ck_assert_uint_eq(ask(&both), 401);
    ck_assert_uint_eq(ask(&root), 401);
}
END_TEST

/** `{"files": [...], "generation": N}` with another text of the plan. */
static char *plan_body(const char *text, int generation)
{
    json_t *root = json_pack("{s:[{s:s, s:s}], s:i}", "files", "path", PLAN, "text", text,
                             "generation", generation);
    char *out = json_dumps(root, 0);
    json_decref(root);
    return out;
}

static unsigned post_plan(const char *target, const char *text, int generation)
{
    char *b = plan_body(text, generation);
    unsigned status = as_root("POST", target, b);

    fake_http_drop(request);
    request = NULL;
    free(b);
    return status;
}

static bool on_disk(const char *path, const char *text)
{
    struct rt_buf b = {0};
    bool same = rt_file_read(&b, path, 1 << 20) == 0 && strcmp(b.p, text) == 0;
    rt_buf_release(&b);
    return same;
}

START_TEST(a_plan_is_checked_and_applied)
{
    char good[sizeof plan_text + 40], bad[sizeof plan_text + 40];
    char *b;

    snprintf(good, sizeof good, "%s# edited\nlog info\n", plan_text);
    snprintf(bad, sizeof bad, "%snonsense 7\n", plan_text);
    ck_assert_uint_eq(as_root("GET", "/api/v1/plan", NULL), 200);
    ck_assert_ptr_nonnull(strstr(body(), "\"path\":\"" PLAN "\""));
    b = plan_body(bad, 1);
    ck_assert_uint_eq(as_root("POST", "/api/v1/plan/check", b), 422);
    ck_assert_msg(
        strstr(body(), "\"type\":\"error\",\"file\":\"" PLAN "\",\"line\":14,\"column\":1"), "%s",
        body());
    ck_assert_uint_eq(as_root("POST", "/api/v1/plan/apply", b), 422);
    fake_http_drop(request);
    request = NULL;
    free(b);
    ck_assert(on_disk(PLAN, plan_text));
    ck_assert_uint_eq(post_plan("/api/v1/plan/check", good, 1), 200);
    ck_assert_uint_eq(post_plan("/api/v1/plan/diff", good, 1), 200);
    ck_assert(on_disk(PLAN, plan_text));
    ck_assert_uint_eq(post_plan("/api/v1/plan/apply", good, 7), 409);
    ck_assert_uint_eq(post_plan("/api/v1/plan/apply", good, 1), 200);
    ck_assert(on_disk(PLAN, good));
    ck_assert_uint_eq(gw->plan->generation, 2);
    ck_assert_uint_eq(post_plan("/api/v1/plan/apply", plan_text, 1), 409);
}
END_TEST

START_TEST(only_files_of_the_plan_are_given)
{
    static const struct {
        const char *body;
        unsigned status;
    } rows[] = {
        {"{\"files\":[{\"path\":\"/etc/passwd\",\"text\":\"\"}]}", 403},
        {"{\"files\":[]}", 400},
        {"{\"files\":7}", 400},
        {"{}", 400},
        {"{\"files\":[{\"path\":7,\"text\":\"\"}]}", 400},
        {"{\"files\":[{\"path\":\"" PLAN "\"}]}", 400},
        {"{\"files\":[{\"path\":\"" PLAN "\",\"text\":\"\",\"mode\":1}]}", 400},
        {"{\"files\":[{\"path\":\"" PLAN "\",\"text\":\"\"},{\"path\":\"" PLAN
         "\",\"text\":\"\"}]}",
         400},
        {"{\"files\":[{\"path\":\"" PLAN "\",\"text\":\"\"}],\"generation\":\"x\"}", 400},
        {"{\"files\":[{\"path\":\"" PLAN "\",\"text\":\"\"}],\"other\":1}", 400},
    };
    for (size_t i = 0; i < RT_COUNT(rows); i++)
        ck_assert_msg(as_root("POST", "/api/v1/plan/apply", rows[i].body) == rows[i].status,
                      "%s: %s", rows[i].body, body());
    ck_assert(on_disk(PLAN, plan_text));
}
END_TEST

START_TEST(a_file_that_somebody_changed_is_not_overwritten)
{
    char good[sizeof plan_text + 40], other[sizeof plan_text + 40];

    snprintf(good, sizeof good, "%s# edited\n", plan_text);
    snprintf(other, sizeof other, "%s# by hand\n", plan_text);
    put(PLAN, other);
    ck_assert_uint_eq(post_plan("/api/v1/plan/apply", good, 1), 422);
    ck_assert(on_disk(PLAN, other));
    ck_assert_uint_eq(gw->plan->generation, 1);
}
END_TEST

START_TEST(listeners_get_what_changes)
{
    const struct fake_http_ask listen = {.target = "/api/v1/events"};

    ck_assert_uint_eq(ask(&listen), 200);
    ck_assert_ptr_nonnull(strstr(headers(), "text/event-stream"));
    fake_advance(5 * RT_S);
    ck_assert_msg(strstr(body(), "event: status"), "%s", body());
    ck_assert_ptr_nonnull(strstr(body(), "\nid: "));
}
END_TEST

START_TEST(deaf_listeners_are_sent_away)
{
    const struct fake_http_ask listen = {.target = "/api/v1/events", .deaf = true};

    ck_assert_uint_eq(ask(&listen), 200);
    for (unsigned i = 0; i < 20000 && !fake_http_answer(request)->whole; i++)
        fake_advance(10 * RT_S);
    ck_assert(fake_http_answer(request)->whole);
}
END_TEST

/** Anybody may ask whether it takes calls: the gateway hears one question, however many ask, and
 * what it said then counts for 200 ms. */
START_TEST(strangers_questions_are_one)
{
    const struct fake_http_ask ready = {.target = "/readyz", .peer = "192.0.2.9"};
    struct rt_http_request *many[1100]; /* more than may be on their way at once */

    for (size_t i = 0; i < RT_COUNT(many); i++)
        many[i] = fake_http_ask(&ready);
    fake_advance(20 * RT_MS);
    for (size_t i = 0; i < RT_COUNT(many); i++) {
        ck_assert_uint_eq(fake_http_answer(many[i])->status, 200);
        fake_http_drop(many[i]);
    }
    ck_assert_uint_eq(as_root("POST", "/api/v1/drain", "{}"), 200);
    ck_assert_uint_eq(ask(&ready), 200);
    fake_advance(200 * RT_MS);
    ck_assert_uint_eq(ask(&ready), 503);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("api");
    TCase *t = tcase_create("api");

    tcase_add_unchecked_fixture(t, make_users, free_users);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, rows_are_compiled);
    tcase_add_loop_test(t, requests_become_commands, 0, ROWS_STOP + 1);
    tcase_add_test(t, a_path_tells_its_methods);
    tcase_add_loop_test(t, roles_decide, 0, 5);
    tcase_add_test(t, writes_need_the_token);
    tcase_add_test(t, a_session_ends);
    tcase_add_test(t, guessing_is_slowed_down);
    tcase_add_test(t, keys_are_for_programs);
    tcase_add_test(t, accounts_are_changed);
    tcase_add_test(t, who_comes_through_a_proxy_is_nobody);
    tcase_add_test(t, without_accounts_this_machine_may_look);
    tcase_add_test(t, a_wrong_key_is_nobody_whatever_else_there_is);
    tcase_add_test(t, a_plan_is_checked_and_applied);
    tcase_add_test(t, only_files_of_the_plan_are_given);
    tcase_add_test(t, a_file_that_somebody_changed_is_not_overwritten);
    tcase_add_test(t, listeners_get_what_changes);
    tcase_add_test(t, deaf_listeners_are_sent_away);
    tcase_add_test(t, strangers_questions_are_one);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    SRunner *r = srunner_create(suite());
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
