/* Lines of a gateway that another plan does not have any more, while they have calls. */
#include "gw/apply.h"
#include "gw/gw.h"
#include "gw/mgcp_status.h"
#include "test/fake/fake.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define HEAD                                                                                       \
    "version 1\nsip { listen udp:10.0.0.1:5060 }\n"                                                \
    "media { address 10.0.0.1\n ports 30000-30099\n threads 1 }\nadmin socket /tmp/s\n"            \
    "log error\nmgcp {\n listen udp:10.0.0.1:2727\n gateway other address 10.0.0.10 lines 1\n"
#define WITHOUT HEAD "}\ntrunk rest { mgcp other }\nroutes from rest { * -> reject 1 }\n"
#define WITH                                                                                       \
    HEAD " gateway iad address 10.0.0.9:2427 lines 1-2\n}\n"                                       \
         "trunk phones {\n mgcp iad\n line 1-2 number 10[1..2]\n}\n"                               \
         "routes from phones { * -> phones }\n"

static struct rt_loop *loop;
static struct gw *gw;
static struct rt_udp *iad;
static char request[16]; /* X of the last one of aaln/1 */
static unsigned connections, deletions;
static bool silent;

static void say(const char *text)
{
    union rt_addr to;

    rt_addr_parse(&to, "10.0.0.1", 8, 2727);
    rt_udp_send(iad, text, strlen(text), &to);
    fake_settle();
}

/** Answers a command, unless it deletes while the gateway is silent. */
static void answer(const char *m)
{
    char verb[8], tid[16], name[32], text[512];
    const char *x = strstr(m, "\nX: ");

    if (sscanf(m, "%7s %15s %31s", verb, tid, name) != 3 || verb[0] < 'A')
        return;
    deletions += strcmp(verb, "DLCX") == 0;
    if (silent)
        return;
    if (x && strncmp(name, "aaln/1@", 7) == 0)
        sscanf(x, "\nX: %15s", request);
    int n =
        snprintf(text, sizeof text, "%s %s OK\r\n", strcmp(verb, "DLCX") == 0 ? "250" : "200", tid);
    if (strcmp(verb, "CRCX") == 0)
        snprintf(text + n, sizeof text - (size_t)n,
                 "I: A%u\r\n\r\nv=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\n"
                 "t=0 0\r\nm=audio 40000 RTP/AVP 8\r\n",
                 ++connections);
    if (strcmp(verb, "AUEP") == 0)
        snprintf(text + n, sizeof text - (size_t)n, "I:\r\nX: 0\r\n");
    say(text);
}

static void on_readable(void *arg, struct rt_udp *u)
{
    char text[2048];
    union rt_addr from;
    size_t n;

    (void)arg;
    while (rt_udp_recv(u, text, sizeof text - 1, &n, &from) == 0) {
        text[n] = '\0';
        for (char *m = text, *end; m; m = end) {
            end = strstr(m, "\n.\n");
            if (end) {
                *end = '\0';
                end += 3;
            }
            answer(m);
        }
    }
}

static struct gw_plan *plan_of(const char *text)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *plan = NULL;

    int err = gw_plan_parse(&plan, "t.conf", rt_str(text), &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p);
    conf_diag_release(&diag);
    return plan;
}

static void swap(const char *text)
{
    struct gw_plan *plan = plan_of(text);
    struct rt_buf why = {0};

    ck_assert_msg(gw_apply_swap(gw, plan, &why) == 0, "%s", why.p);
    rt_buf_release(&why);
    gw_plan_unref(plan);
    fake_settle();
}

static void notify(const char *events)
{
    static unsigned tid = 5000;
    char text[256];

    snprintf(text, sizeof text, "NTFY %u aaln/1@iad MGCP 1.0\r\nX: %s\r\nO: %s\r\n", ++tid, request,
             events);
    say(text);
    on_readable(NULL, iad);
    fake_settle();
}

static void setup(void)
{
    struct rt_buf why = {0};
    union rt_addr at;

    fake_reset();
    rt_log_set_all(RT_ERROR);
    rt_loop_new(&loop, "test");
    rt_addr_parse(&at, "10.0.0.9", 8, 2427);
    ck_assert_int_eq(rt_udp_open(&iad, loop, &at, on_readable, NULL), 0);
    struct gw_plan *plan = plan_of(WITH);
    ck_assert_msg(gw_start(&gw, loop, plan, &why) == 0, "%s", why.p);
    gw_plan_unref(plan);
    connections = deletions = 0;
    silent = false;
    fake_advance(RT_S);
}

static void teardown(void)
{
    struct fake_leaks left;

    gw_stop(gw);
    rt_udp_close(iad);
    rt_loop_free(loop);
    fake_leaks(&left);
    ck_assert_uint_eq(left.timers, 0);
    ck_assert_uint_eq(left.udp, 0);
    ck_assert_uint_eq(gw_plans_alive(), 0);
}

/** Their calls go on until the user hangs up; then they say goodbye to their gateway, and outlive
 * the plan that had them. */
START_TEST(test_lines_that_go_with_their_calls)
{
    struct gw_mgcp_peer_status peer;
    unsigned n = 0;

    notify("L/hd");
    notify("D/1,D/0,D/2");
    fake_advance(RT_S);
    ck_assert_uint_eq(connections, 2);
    swap(WITHOUT);
    swap(WITHOUT); /* the first plan without them goes, too */
    fake_advance(RT_S);
    ck_assert_uint_eq(deletions, 0);
    silent = true;
    notify("L/hu");
    ck_assert_uint_eq(deletions, 2);
    while (gw_mgcp_peer_status(&peer, gw, n))
        n++;
    ck_assert_uint_eq(n, 2);
    fake_advance(120 * RT_S);
    ck_assert_ptr_null(gw->legs);
    n = 0;
    while (gw_mgcp_peer_status(&peer, gw, n))
        n++;
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(gw_plans_alive(), 1);
}
END_TEST

/** The gateway comes back before its lines have gone, and their call is over later. */
START_TEST(test_lines_that_come_back)
{
    struct gw_line_status line;

    notify("L/hd");
    notify("D/1,D/0,D/2");
    fake_advance(RT_S);
    swap(WITHOUT);
    swap(WITH);
    fake_advance(RT_S);
    ck_assert_uint_eq(deletions, 0);
    notify("L/hu");
    fake_advance(60 * RT_S);
    ck_assert_uint_eq(deletions, 2);
    ck_assert_ptr_null(gw->legs);
    ck_assert(gw_line_status(&line, gw, 1));
    ck_assert_str_eq(line.endpoint, "aaln/1");
    ck_assert_str_eq(line.service, "in service");
}
END_TEST

/** A plan that says the same of a line that rests makes no message. */
START_TEST(test_lines_that_stay)
{
    char before[sizeof request];

    memcpy(before, request, sizeof before);
    swap(WITH);
    fake_advance(RT_S);
    ck_assert_str_eq(request, before);
    ck_assert_uint_eq(gw_plans_alive(), 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("leg_mgcp_plan");
    TCase *t = tcase_create("lines");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, test_lines_that_go_with_their_calls);
    tcase_add_test(t, test_lines_that_come_back);
    tcase_add_test(t, test_lines_that_stay);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failures = srunner_ntests_failed(r);
    srunner_free(r);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
