/* The control socket over the fake network: requests, refusals, and a gateway that answers. */
#include "gw/admin/control.h"
#include "gw/rt/log.h"
#include "gw/rt/net.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#define SOCKET "/run/test.sock"

static const char plan_text[] = "version 1\n"
                                "sip {\n"
                                "    listen udp:127.0.0.1:5060\n"
                                "}\n"
                                "media {\n"
                                "    address 127.0.0.1\n"
                                "    ports 16384-16483\n"
                                "    codecs pcma\n"
                                "}\n"
                                "site berlin {\n"
                                "    dialling de area 30\n"
                                "}\n"
                                "trunk pbx {\n"
                                "    sip sip:127.0.0.1:5062\n"
                                "    accept from 127.0.0.1\n"
                                "    numbers e164\n"
                                "}\n"
                                "trunk carrier {\n"
                                "    sip sip:192.0.2.7\n"
                                "    accept from 192.0.2.7\n"
                                "    numbers e164\n"
                                "}\n"
                                "routes from pbx {\n"
                                "    * -> carrier\n"
                                "}\n";

static struct rt_loop *loop;
static struct gw_plan *plan;
static struct gw *gw;
static struct gw_control *control;
static struct rt_stream *client;
static struct rt_buf answer;
static unsigned stops, closes;

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

static size_t on_data(void *arg, struct rt_stream *s, const char *buf, size_t len)
{
    (void)arg;
    (void)s;
    rt_buf_put(&answer, buf, len);
    return len;
}

static void on_closed(void *arg, struct rt_stream *s, int err)
{
    (void)arg;
    (void)s;
    (void)err;
    closes++;
}

static const struct rt_stream_ops client_ops = {.data = on_data, .closed = on_closed};

static void connect_client(void)
{
    union rt_addr addr;

    ck_assert_int_eq(rt_addr_unix(&addr, SOCKET), 0);
    ck_assert_int_eq(rt_stream_connect(&client, loop, &addr, &client_ops, NULL), 0);
    fake_settle();
}

static void setup(void)
{
    struct conf_diag diag = {.errors = 0};
    struct rt_buf why = {0};

    fake_reset();
    rt_log_sink(quiet, NULL);
    stops = closes = 0;
    rt_loop_new(&loop, "test");
    int err = gw_plan_parse(&plan, "test.conf", rt_str(plan_text), &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p);
    conf_diag_release(&diag);
    ck_assert_int_eq(gw_control_new(&control, loop, &gw, SOCKET, on_stop, NULL), 0);
    err = gw_start(&gw, loop, plan, &why);
    ck_assert_msg(err == 0, "%s", why.p);
    connect_client();
}

static void teardown(void)
{
    struct fake_leaks leaks;

    rt_stream_close(client);
    gw_control_free(control);
    gw_stop(gw);
    gw = NULL;
    gw_plan_unref(plan);
    fake_settle();
    rt_loop_free(loop);
    rt_buf_release(&answer);
    fake_leaks(&leaks);
    ck_assert_uint_eq(leaks.loops + leaks.timers + leaks.udp + leaks.streams + leaks.listeners, 0);
    rt_log_sink(NULL, NULL);
}

static void send_text(const char *text)
{
    ck_assert_int_eq(rt_stream_write(client, text, strlen(text)), 0);
    fake_advance(RT_S);
}

/** Asks; the closing line's code. Every line is a JSON object, the last one alone has "exit". */
static int ask(const char *request)
{
    int code = -1;

    rt_buf_reset(&answer);
    send_text(request);
    struct rt_str rest = rt_buf_str(&answer);
    while (rest.n > 0) {
        struct rt_str line = rt_str_cut(&rest, '\n');
        json_t *j = json_loadb(line.p, line.n, 0, NULL);
        ck_assert_msg(json_is_object(j), "%.*s", RT_STR(line));
        const json_t *end = json_object_get(j, "exit");
        ck_assert(!end == (rest.n > 0));
        if (end)
            code = (int)json_integer_value(end);
        json_decref(j);
    }
    return code;
}

static bool said(const char *what)
{
    return answer.n > 0 && strstr(answer.p, what);
}

START_TEST(verbs_answer_with_their_exit_code)
{
    static const struct {
        const char *request;
        int code;
        const char *says;
    } rows[] = {
        {"{\"argv\":[\"show\",\"status\"]}\n", 0, "\"state\":\"running\""},
        {"{\"argv\":[\"show\",\"calls\"]}\n", 0, "no calls"},
        {"{\"argv\":[\"show\",\"calls\",\"--all\"]}\n", 0, "no calls"},
        {"{\"argv\":[\"show\",\"call\",\"7\"]}\n", 1, "7: no such call"},
        {"{\"argv\":[\"show\",\"trunks\"]}\n", 0, "\"trunk\":\"carrier\",\"kind\":\"sip\""},
        {"{\"argv\":[\"show\",\"spans\"]}\n", 0, "no spans"},
        {"{\"argv\":[\"show\",\"span\",\"1\"]}\n", 1, "no such span"},
        {"{\"argv\":[\"show\",\"channels\",\"x\"]}\n", 1, "no such span"},
        {"{\"argv\":[\"show\",\"metrics\"]}\n", 0,
         "\"name\":\"tandem_calls_in_progress\",\"labels\":\"\",\"value\":0"},
        {"{\"argv\":[\"show\",\"plan\"]}\n", 0, "\"text\":\"trunk pbx {\""},
        {"{\"argv\":[\"show\",\"plan\",\"--expanded\"]}\n", 0, "\"text\":\"trunk pbx {\""},
        {"{\"argv\":[\"route\",\"explain\",\"030123\",\"--from\",\"pbx\"]}\n", 0, "carrier"},
        {"{\"argv\":[\"route\",\"explain\",\"030123\"]}\n", 2, "--from TRUNK is missing"},
        {"{\"argv\":[\"route\",\"explain\",\"x\",\"--from\",\"pbx\"]}\n", 2, "not a number"},
        {"{\"argv\":[\"route\",\"explain\",\"1\",\"--from\",\"p\"]}\n", 1, "no such trunk"},
        {"{\"argv\":[\"route\",\"explain\",\"1\",\"--on\",\"p\"]}\n", 2, "usage:"},
        {"{\"argv\":[\"release\",\"call\",\"1\"]}\n", 1, "no such call"},
        {"{\"argv\":[\"release\",\"call\",\"1\",\"--cause\",\"0\"]}\n", 2, "not a cause"},
        {"{\"argv\":[\"release\",\"call\",\"1\",\"--cause\",\"128\"]}\n", 2, "not a cause"},
        {"{\"argv\":[\"release\",\"call\",\"1\",\"--cause\"]}\n", 2, "usage:"},
        {"{\"argv\":[\"check\",\"x\"]}\n", 2, "check: no command for the daemon"},
        {"{\"argv\":[\"apply\",\"x.conf\"]}\n", 1, "this gateway has no plan of its own"},
        {"{\"argv\":[\"show\"]}\n", 2, "unknown command: show"},
        {"{\"argv\":[\"dance\"]}\n", 2, "unknown command: dance"},
        {"{\"argv\":[]}\n", 2, "not a request"},
        {"{\"argv\":[\"show\",1]}\n", 2, "not a request"},
        {"[]\n", 2, "not a request"},
        {"\n", 2, "not a request"},
        {"{\"argv\":[\"\\u0007\\\"\"]}\n", 2, "unknown command: \\u0007\\\""},
    };
    ck_assert_int_eq(ask(rows[_i].request), rows[_i].code);
    ck_assert_msg(said(rows[_i].says), "%s", answer.p);
}
END_TEST

#define VERB_ROWS 29

START_TEST(a_request_may_come_in_pieces)
{
    rt_buf_reset(&answer);
    send_text("{\"argv\":[\"show\",");
    ck_assert_uint_eq(answer.n, 0);
    ck_assert_int_eq(ask("\"calls\"]}\n"), 0);
}
END_TEST

START_TEST(two_requests_at_once_have_two_answers)
{
    rt_buf_reset(&answer);
    send_text("{\"argv\":[\"show\",\"calls\"]}\n{\"argv\":[\"dance\"]}\n");
    ck_assert_ptr_nonnull(strstr(answer.p, "{\"exit\":0"));
    ck_assert_ptr_nonnull(strstr(answer.p, "{\"exit\":2"));
}
END_TEST

/** 2000 status lines of some 400 octets: more than the stream takes at once. */
START_TEST(a_long_answer_comes_whole)
{
    struct rt_buf many = {0};
    unsigned n = 0;

    rt_buf_reset(&answer);
    for (unsigned i = 0; i < 2000; i++)
        rt_buf_puts(&many, "{\"argv\":[\"show\",\"plan\"]}\n");
    rt_stream_write(client, many.p, many.n);
    fake_advance(10 * RT_S);
    for (const char *p = answer.p; (p = strstr(p, "{\"exit\":0}")) != NULL; p++)
        n++;
    ck_assert_uint_eq(n, 2000);
    rt_buf_release(&many);
}
END_TEST

START_TEST(stop_answers_first)
{
    ck_assert_int_eq(ask("{\"argv\":[\"stop\"]}\n"), 0);
    ck_assert_uint_eq(stops, 1);
}
END_TEST

static unsigned packets(void)
{
    unsigned n = 0;

    for (const char *p = answer.p; p && (p = strstr(p, "{\"type\":\"pcapng\"")) != NULL; p++)
        n++;
    return n;
}

static void call_from_pbx(struct rt_udp *pbx, const char *number)
{
    union rt_addr to;
    struct rt_buf invite = {0};

    rt_addr_parse(&to, "127.0.0.1:5060", 14, 0);
    rt_buf_printf(&invite,
                  "INVITE sip:%s@127.0.0.1 SIP/2.0\r\n"
                  "Via: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK%s\r\n"
                  "From: <sip:1@127.0.0.1>;tag=1\r\nTo: <sip:%s@127.0.0.1>\r\n"
                  "Call-ID: %s\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
                  "Contact: <sip:127.0.0.1:5062>\r\nContent-Length: 0\r\n\r\n",
                  number, number + 1, number, number + 1);
    ck_assert_int_eq(rt_udp_send(pbx, invite.p, invite.n, &to), 0);
    rt_buf_release(&invite);
    fake_advance(400 * RT_MS);
}

/** The head, then of the call that fits the INVITE that came, our 100 and the INVITE sent on. */
START_TEST(a_client_that_traces_a_number_gets_its_calls)
{
    union rt_addr local;
    struct rt_udp *pbx;

    rt_addr_parse(&local, "127.0.0.1:5062", 14, 0);
    ck_assert_int_eq(rt_udp_open(&pbx, loop, &local, NULL, NULL), 0);
    rt_buf_reset(&answer);
    send_text("{\"argv\":[\"trace\",\"number\",\"+49301*\",\"--pcap\",\"f\"]}\n");
    ck_assert_uint_eq(packets(), 1);
    call_from_pbx(pbx, "+49302000");
    ck_assert_uint_eq(packets(), 1);
    call_from_pbx(pbx, "+49301000");
    ck_assert_uint_ge(packets(), 4);
    ck_assert(!said("exit"));
    if (_i == 0) { /* it leaves while the calls go on; else the gateway stops while it follows */
        rt_stream_close(client);
        client = NULL;
        call_from_pbx(pbx, "+49301001");
        connect_client();
        ck_assert_int_eq(ask("{\"argv\":[\"trace\",\"call\",\"2\",\"--pcap\",\"f\"]}\n"), 0);
        ck_assert_uint_ge(packets(), 4);
        ck_assert(said("messages written"));
    }
    rt_udp_close(pbx);
}
END_TEST

START_TEST(before_the_start_verbs_are_refused)
{
    struct gw *running = gw;

    gw = NULL;
    ck_assert_int_eq(ask("{\"argv\":[\"show\",\"status\"]}\n"), 1);
    ck_assert(said("needs a running gateway"));
    gw = running;
}
END_TEST

START_TEST(a_second_daemon_is_refused)
{
    struct gw_control *second;

    ck_assert_int_eq(gw_control_new(&second, loop, &gw, SOCKET, on_stop, NULL), EADDRINUSE);
}
END_TEST

START_TEST(a_client_may_leave_at_any_time)
{
    rt_stream_write(client, "{\"argv\":[\"show\",\"plan\"]}\n{", 26);
    rt_stream_close(client);
    client = NULL;
    fake_advance(RT_S);
    connect_client();
    ck_assert_int_eq(ask("{\"argv\":[\"show\",\"calls\"]}\n"), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("control");
    TCase *tc = tcase_create("control");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, verbs_answer_with_their_exit_code, 0, VERB_ROWS);
    tcase_add_test(tc, a_request_may_come_in_pieces);
    tcase_add_test(tc, two_requests_at_once_have_two_answers);
    tcase_add_test(tc, a_long_answer_comes_whole);
    tcase_add_test(tc, stop_answers_first);
    tcase_add_loop_test(tc, a_client_that_traces_a_number_gets_its_calls, 0, 2);
    tcase_add_test(tc, before_the_start_verbs_are_refused);
    tcase_add_test(tc, a_second_daemon_is_refused);
    tcase_add_test(tc, a_client_may_leave_at_any_time);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
