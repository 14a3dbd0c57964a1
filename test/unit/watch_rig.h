/* What the tests of alarms, series and events share: a gateway of a small plan under the fake
 * clock, and a list of the alarms that it has.
 */
#ifndef TEST_UNIT_WATCH_RIG_H
#define TEST_UNIT_WATCH_RIG_H

#include "gw/alarm.h"
#include "gw/gw.h"
#include "gw/rt/log.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/** What else the block `sip` has. */
#ifndef WATCH_SIP
#define WATCH_SIP
#endif

#define WATCH_PLAN                                                                                 \
    "version 1\n"                                                                                  \
    "sip {\n listen udp:127.0.0.1:5060\n" WATCH_SIP "}\n"                                          \
    "media {\n address 127.0.0.1\n ports 16384-16483\n codecs pcma\n}\n"                           \
    "site berlin {\n dialling de area 30\n}\n"                                                     \
    "trunk pbx {\n sip sip:127.0.0.1:5062\n accept from 127.0.0.1\n numbers e164\n}\n"             \
    "trunk carrier {\n sip sip:192.0.2.7\n accept from 192.0.2.7\n numbers e164\n}\n"              \
    "routes from pbx {\n * -> carrier\n}\n"
#define WATCH_CDR "cdr journal /var/cdr\n"

static struct rt_loop *loop;
static struct gw_plan *plan;
static struct gw *gw;

static inline void quiet(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    (void)arg;
    (void)sub;
    (void)level;
    (void)line;
}

/** What there is in the world before the gateway starts: cards, files. */
static void (*before_start)(void);
/** NULL: WATCH_CDR */
static const char *other_cdr;

/** `more` is added to the plan. */
static inline void start_with(const char *more)
{
    struct conf_diag diag = {.errors = 0};
    struct rt_buf why = {0}, text = {0};

    fake_reset();
    if (before_start)
        before_start();
    rt_log_sink(quiet, NULL);
    rt_loop_new(&loop, "test");
    rt_buf_puts(&text, WATCH_PLAN);
    rt_buf_puts(&text, other_cdr ? other_cdr : WATCH_CDR);
    rt_buf_puts(&text, more);
    int err = gw_plan_parse(&plan, "test.conf", rt_buf_str(&text), &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p);
    conf_diag_release(&diag);
    rt_buf_release(&text);
    err = gw_start(&gw, loop, plan, &why);
    ck_assert_msg(err == 0, "%s", why.p);
}

static inline void stop(void)
{
    struct fake_leaks leaks;

    gw_stop(gw);
    gw = NULL;
    gw_plan_unref(plan);
    fake_settle();
    rt_loop_free(loop);
    fake_leaks(&leaks);
    ck_assert_uint_eq(leaks.loops + leaks.timers + leaks.udp + leaks.children, 0);
    rt_log_sink(NULL, NULL);
}

#endif
