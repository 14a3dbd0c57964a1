/* A gateway on an interface card: what it says when the card is not there, what `show span` has of
 * it, and its maintenance loops.
 */
#include "gw/admin/control_priv.h"
#include "gw/gw.h"
#include "gw/rt/log.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#define PLAN                                                                                       \
    "version 1\nsip { listen udp:127.0.0.1:5060 }\n"                                               \
    "span 4 { dahdi 1\n echo-cancel 16\n isdn euroisdn network }\n"                                \
    "cdr journal /cdr\nadmin socket /tmp/s\n"

static struct rt_loop *loop;
static struct gw *gw;
static struct rt_buf out, why;

static int start(void)
{
    struct conf_diag diag = {0};
    struct gw_plan *plan = NULL;

    ck_assert_int_eq(gw_plan_parse(&plan, "t.conf", rt_str(PLAN), &diag), 0);
    int err = gw_start(&gw, loop, plan, &why);
    gw_plan_unref(plan);
    conf_diag_release(&diag);
    return err;
}

static void setup(void)
{
    fake_reset();
    rt_log_set_all(RT_ERROR);
    rt_loop_new(&loop, "test");
}

static void teardown(void)
{
    struct fake_leaks left;

    gw_stop(gw);
    gw = NULL;
    rt_loop_free(loop);
    rt_buf_release(&out);
    rt_buf_release(&why);
    fake_leaks(&left);
    ck_assert_uint_eq(left.dahdi, 0);
}

/** The exit code of a request; the answer is in `out`, an error in `error`. */
static int ask(char error[256], const char *a, const char *b, const char *c)
{
    const char *argv[] = {a, b, c};
    struct gw_answer answer = {.gw = gw, .plan = gw->plan, .out = &out};

    rt_buf_reset(&out);
    int code = gw_control_run(&answer, c ? 3 : 2, argv);
    memcpy(error, answer.error, 256);
    return code;
}

START_TEST(without_the_card_it_does_not_start)
{
    ck_assert_int_eq(start(), ENOENT);
    ck_assert_msg(strstr(why.p, "span 4: dahdi span 1: there is no such span"), "%s", why.p);
    gw = NULL;
}
END_TEST

START_TEST(the_cards_counters_are_shown)
{
    struct rt_dahdi_span *card = fake_dahdi_plug(1, 31, 16);
    char error[256];

    ck_assert_int_eq(start(), 0);
    card->crc_errors = 17;
    card->alarms = RT_DAHDI_YELLOW;
    fake_advance(2 * RT_S);
    ck_assert_int_eq(ask(error, "show", "span", "4"), GW_EXIT_OK);
    ck_assert_msg(strstr(out.p, "\"crc_errors\":17"), "%s", out.p);
    ck_assert_msg(strstr(out.p, "\"alarm\":\"remote\""), "%s", out.p);
    ck_assert_msg(strstr(out.p, "\"dahdi\":1"), "%s", out.p);
}
END_TEST

START_TEST(loops_are_closed_and_opened)
{
    char error[256];

    fake_dahdi_plug(1, 31, 16);
    ck_assert_int_eq(start(), 0);
    ck_assert_int_eq(ask(error, "loopback", "4", "local"), GW_EXIT_OK);
    ck_assert_uint_eq(fake_dahdi_looped(1), RT_DAHDI_LOOP_LOCAL);
    ck_assert_int_eq(ask(error, "loopback", "4", "off"), GW_EXIT_OK);
    ck_assert_uint_eq(fake_dahdi_looped(1), RT_DAHDI_LOOP_OFF);
    ck_assert_int_eq(ask(error, "loopback", "4", "far"), GW_EXIT_USAGE);
    ck_assert_str_eq(error, "far: none of local, remote, off");
    ck_assert_int_eq(ask(error, "loopback", "5", "local"), GW_EXIT_FAILED);
    ck_assert_str_eq(error, "5: no such span");
    ck_assert_int_eq(ask(error, "loopback", "4", NULL), GW_EXIT_USAGE);
    fake_dahdi_fail(ENOSYS);
    ck_assert_int_eq(ask(error, "loopback", "4", "local"), GW_EXIT_FAILED);
    ck_assert_str_eq(error, "span 4: its card has no loops");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("gateway on a card");
    TCase *t = tcase_create("dahdi");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, without_the_card_it_does_not_start);
    tcase_add_test(t, the_cards_counters_are_shown);
    tcase_add_test(t, loops_are_closed_and_opened);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
