/* What the tests of the routing pipeline share: a small plan of text, a call as a query, and what
 * became of it as one line: "pri, voipco", "pri, reject 17", "reject 21".
 */
#ifndef TEST_UNIT_ROUTE_RIG_H
#define TEST_UNIT_ROUTE_RIG_H

#include "gw/gw.h"
#include "gw/leg.h"
#include "gw/quota.h"
#include "gw/route.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"
#include "test/unit/plan_rig.h"
#include "test/unit/zone_files.h"

/** A site in Berlin, two PRIs, a PBX, and peers without a site. */
#define ROUTE_HEAD                                                                                 \
    "version 1\n"                                                                                  \
    "sip {\n listen udp:10.0.0.1:5060\n}\n"                                                        \
    "site berlin {\n dialling de area 30\n zone Europe/Berlin\n main +4930901820\n"                \
    " ddi +4930901821[00..99] <-> 1[00..99]\n}\n"                                                  \
    "span 1 {\n pseudowire local 127.0.0.1:7001 remote 127.0.0.1:7002\n e1\n"                      \
    " isdn euroisdn user\n}\n"                                                                     \
    "span 2 {\n pseudowire local 127.0.0.1:7003 remote 127.0.0.1:7004\n e1\n"                      \
    " isdn euroisdn user\n}\n"

#define ROUTE_PBX  "trunk pbx {\n sip sip:10.0.0.2\n numbers e164\n%s\n}\n"
#define ROUTE_A    "trunk a {\n sip sip:10.0.0.3\n numbers e164\n%s\n}\n"
#define ROUTE_B    "trunk b {\n sip sip:10.0.0.4\n numbers e164\n%s\n}\n"
#define ROUTE_C    "trunk c {\n sip sip:10.0.0.5\n numbers e164\n%s\n}\n"
#define ROUTE_PRI  "trunk pri {\n span 1\n numbers isdn\n%s\n}\n"
#define ROUTE_PRI2 "trunk pri2 {\n span 2\n numbers isdn\n%s\n}\n"
/** pbx, a, b and c, without a word more. */
#define ROUTE_PEERS                                                                                \
    "trunk pbx {\n sip sip:10.0.0.2\n numbers e164\n}\n"                                           \
    "trunk a {\n sip sip:10.0.0.3\n numbers e164\n}\n"                                             \
    "trunk b {\n sip sip:10.0.0.4\n numbers e164\n}\n"                                             \
    "trunk c {\n sip sip:10.0.0.5\n numbers e164\n}\n"

static struct gw_route_query q;
static struct gw_route_world world;
static struct gw_decision d;

static inline void route_setup(void)
{
    setup();
    fake_reset();
    zone_file("UTC");
    zone_file("Europe/Berlin");
    memset(&q, 0, sizeof q);
    memset(&world, 0, sizeof world);
    memset(&d, 0, sizeof d);
}

static inline void route_teardown(void)
{
    gw_plan_unref(plan);
    plan = NULL;
    conf_diag_release(&diag);
}

/** The plan has to be without faults. */
#define route_plan(...)                                                                            \
    do {                                                                                           \
        rig_plan(__VA_ARGS__);                                                                     \
        ck_assert_msg(plan != NULL, "%s", diag.text.p ? diag.text.p : "no plan");                  \
    } while (0)

/** The plan has to be refused for that. */
#define route_refused(why, ...)                                                                    \
    do {                                                                                           \
        rig_plan(__VA_ARGS__);                                                                     \
        ck_assert_ptr_null(plan);                                                                  \
        ck_assert_msg(diag.text.p &&strstr(diag.text.p, why), "%s", diag.text.p);                  \
        conf_diag_release(&diag);                                                                  \
        memset(&diag, 0, sizeof diag);                                                             \
    } while (0)

static inline const struct gw_trunk *route_trunk(const char *name)
{
    const struct gw_trunk *t = gw_plan_trunk(plan, rt_str(name));

    ck_assert_msg(t != NULL, "no trunk %s", name);
    return t;
}

static inline struct dp_number route_number(const char *text)
{
    struct dp_number n = {.digits = ""};

    if (text[0])
        ck_assert_msg(dp_number_parse(&n, rt_str(text)) == 0, "%s", text);
    return n;
}

static inline void route_busy(const char *name)
{
    world.busy[world.nbusy++] = route_trunk(name);
}

static inline void route_down(const char *name)
{
    world.down[world.ndown++] = route_trunk(name);
}

/** Hops, and the refusal that ends them. */
static inline const char *route_text(const struct gw_decision *of)
{
    static char out[512];
    size_t n = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < of->nhops; i++)
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%s", n ? ", " : "",
                              of->hop[i].trunk->name);
    if (of->nhops == 0 || of->rejects)
        snprintf(out + n, sizeof out - n, "%sreject %u", n ? ", " : "", of->cause);
    return out;
}

/** Routes a call of `q` otherwise, in the world of a test. */
static inline const char *route(const char *from, const char *called)
{
    q.from = route_trunk(from);
    q.called = route_number(called);
    q.world = &world;
    gw_route(&d, plan, &q, NULL);
    return route_text(&d);
}

#define route_is(from, called, want) ck_assert_str_eq(route(from, called), want)

static inline const char *route_number_text(const struct dp_number *n)
{
    static char out[2][DP_TEXT_LEN];
    static unsigned turn;

    return dp_text(out[turn++ % 2], n);
}

#define route_called(hop_index, want)                                                              \
    ck_assert_str_eq(route_number_text(&d.hop[hop_index].called), want)
#define route_calling(hop_index, want)                                                             \
    ck_assert_str_eq(route_number_text(&d.hop[hop_index].calling), want)

/** The plan at work: `q` is asked of it, and `legs` of it are calls. To be ended. */
static struct gw *gateway;
static struct rt_loop *route_loop;
static struct gw_limit_token *route_token[16];
static struct gw_limit_clock route_clock;
static unsigned route_tokens;
static struct gw_leg route_leg[16];

static inline void route_start(void)
{
    struct rt_buf why = {0};

    ck_assert_int_eq(rt_loop_new(&route_loop, "test"), 0);
    int err = gw_start(&gateway, route_loop, plan, &why);
    ck_assert_msg(err == 0, "%s", why.p ? why.p : "?");
    rt_buf_release(&why);
    q.gw = gateway;
}

static inline void route_end(void)
{
    while (route_tokens > 0)
        gw_limits_release(route_token[--route_tokens], 0, &route_clock);
    gateway->legs = NULL;
    gw_stop(gateway);
    fake_settle();
    rt_loop_free(route_loop);
}

/** So many calls of a trunk, beside those before: legs, and what its limits count. */
static inline void route_calls(const char *name, unsigned n)
{
    struct gw_limit_call call = {.rate = 0};
    struct gw_quota_uses uses;

    gw_quota_clock(&route_clock, plan, 0);
    gw_quota_called(&uses, plan, route_trunk(name), &q.called);
    for (unsigned i = 0; uses.n > 0 && i < n; i++)
        ck_assert_int_eq(gw_limits_take(uses.use, uses.n, &call, &route_clock, NULL,
                                        &route_token[route_tokens++]),
                         0);
    for (size_t i = 0; n > 0 && i < RT_COUNT(route_leg); i++)
        if (!route_leg[i].trunk) {
            route_leg[i].trunk = route_trunk(name);
            route_leg[i].plan = plan;
            route_leg[i].next = gateway->legs;
            gateway->legs = &route_leg[i];
            n--;
        }
    ck_assert_uint_eq(n, 0);
}

/** A call through it. */
static inline const char *route_now(const char *from, const char *called)
{
    q.from = route_trunk(from);
    q.called = route_number(called);
    q.world = NULL;
    gw_route(&d, plan, &q, NULL);
    return route_text(&d);
}

static inline void route_file(const char *path, const char *text)
{
    ck_assert_int_eq(rt_file_replace(path, text, strlen(text), 0600), 0);
}

static inline int route_main(const char *name, const TTest *const tests[], size_t n)
{
    Suite *s = suite_create(name);
    TCase *tc = tcase_create(name);

    tcase_add_checked_fixture(tc, route_setup, route_teardown);
    tcase_set_timeout(tc, 60);
    for (size_t i = 0; i < n; i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad != 0;
}

#endif
