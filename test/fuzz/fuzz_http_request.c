/* Requests of HTTP as far as they are ours to read: targets, forms, bodies of the API and cookies.
 * The input is a method, a target, a cookie, a content type and a body, a line each, the body to
 * the end. What holds for any: a path has no way up, no NUL and begins with a slash; what a row
 * takes has a name that it knows; whoever has no session gets nothing but what nobody may have; and
 * what is answered says so in JSON.
 */
#include "gw/admin/api_priv.h"
#include "gw/gw.h"
#include "gw/rt/http_priv.h"
#include "gw/rt/log.h"
#include "test/fake/fake.h"
#include "test/fuzz/fuzz.h"

static struct gw *no_gateway;
static struct rt_loop *loop;
static struct gw_ask *ask;
static struct gw_sessions *sessions;
static struct gw_accounts *accounts;
static struct gw_api *api;
static struct rt_http *server;

static void quiet(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    (void)arg;
    (void)sub;
    (void)level;
    fuzz_check(!strpbrk(line, "\r\n\033"));
}

/** A form's fields are text, whatever the body is. */
static void read_form(const struct rt_http_request *r)
{
    char out[16] = "";

    if (rt_http_form(r, "name", out, sizeof out) == 0)
        fuzz_check(strlen(out) < sizeof out);
}

static void on_request(void *arg, struct rt_http_request *r)
{
    struct gw_api_match m;

    (void)arg;
    read_form(r);
    gw_api_match(&m, rt_http_method(r), rt_http_path(r));
    for (size_t i = 0; m.row && i < RT_COUNT(m.part) && m.part[i].name; i++)
        fuzz_check(gw_api_row_use(m.row, m.part[i].name) != NULL && m.part[i].value.n > 0);
    gw_api_request(api, r);
}

static void on_gone(void *arg, struct rt_http_request *r)
{
    (void)arg;
    gw_api_gone(api, r);
}

static const struct rt_http_ops ops = {on_request, on_gone, NULL};

static void on_stop(void *arg)
{
    (void)arg;
    fuzz_check(false); /* nobody may */
}

static void start(void)
{
    struct gw_api_config cfg = {.accounts = &accounts};
    struct rt_http_config http = {.nlisten = 0};
    struct rt_buf why = {0};

    fake_reset();
    rt_log_sink(quiet, NULL);
    fuzz_check(rt_loop_new(&loop, "http") == 0);
    fuzz_check(gw_ask_new(&ask, loop, loop, &no_gateway, on_stop, NULL) == 0);
    fuzz_check(gw_sessions_new(&sessions, 0) == 0);
    cfg.loop = loop;
    cfg.ask = ask;
    cfg.sessions = sessions;
    fuzz_check(gw_api_new(&api, &cfg) == 0);
    fuzz_check(rt_http_new(&server, loop, &http, &ops, NULL, &why) == 0);
}

static void stop(void)
{
    rt_http_free(server);
    gw_api_free(api);
    gw_ask_free(ask);
    gw_sessions_free(sessions);
    rt_loop_free(loop);
    rt_log_sink(NULL, NULL);
}

/** The next line as text of its own. */
static char *line_of(struct rt_str *rest)
{
    char *line = rt_str_dup(rt_str_cut(rest, '\n'));

    fuzz_check(line != NULL);
    return line;
}

static void check_target(const char *text)
{
    struct rt_http_target t;

    if (rt_http_target_read(&t, text) != 0)
        return;
    fuzz_check(t.path[0] == '/' && !strstr(t.path, "/../"));
    for (unsigned i = 0; i < t.nqueries; i++)
        fuzz_check(rt_http_target_query(&t, t.query[i].name) != NULL);
    rt_http_target_release(&t);
}

static void check_answer(const struct fake_http_answer *a)
{
    json_t *root = a->body.n > 0 ? json_loadb(a->body.p, a->body.n, 0, NULL) : NULL;

    fuzz_check(a->whole && a->status >= 200 && a->status < 600);
    fuzz_check(a->status != 500);
    fuzz_check(json_is_object(root) || a->body.n == 0);
    fuzz_check(!a->headers.p || !strstr(a->headers.p, "Set-Cookie: tandem=0"));
    json_decref(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rt_str rest = {(const char *)data, size};
    char *method = line_of(&rest), *target = line_of(&rest), *cookie = line_of(&rest);
    char *type = line_of(&rest), *body = rt_str_dup(rest);
    const struct rt_http_header headers[] = {
        {"Cookie", cookie}, {"Content-Type", type}, {NULL, NULL}};
    const struct fake_http_ask a = {
        .method = method, .target = target, .headers = headers, .body = body, .peer = "192.0.2.1"};

    check_target(target);
    start();
    struct rt_http_request *r = fake_http_ask(&a);
    if (r) {
        bool login = strcmp(method, "POST") == 0 && strstr(target, "session");
        for (int i = 0; i < 20 && !login && fake_http_answer(r)->status == 0; i++)
            fake_advance(RT_MS);
        if (fake_http_answer(r)->status != 0)
            check_answer(fake_http_answer(r));
        else
            fuzz_check(
                login); /* a hash takes longer than a fuzzer waits: who leaves is forgotten */
        fake_http_drop(r);
    }
    stop();
    free(method);
    free(target);
    free(cookie);
    free(type);
    free(body);
    return 0;
}
