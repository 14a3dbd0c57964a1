/* The exchange's rule file: spans, patterns, and where its errors are. */
#include "test/unit/exchange_rig.h"

#include "conf/conf.h"

static struct ex_rules rules;

static void setup(void)
{
    rig_begin();
    ex_rules_init(&rules);
}

static void teardown(void)
{
    ex_rules_release(&rules);
    rig_close();
}

static void expect_error(const char *text, const char *error)
{
    struct conf_diag diag = {0};

    rig_write("/r", text);
    ck_assert_int_eq(ex_rules_read(&rules, "/r", &diag), EINVAL);
    ck_assert_msg(strstr(rt_buf_str(&diag.text).p, error), "not \"%s\" but: %s", error,
                  rt_buf_str(&diag.text).p);
    conf_diag_release(&diag);
    ex_rules_release(&rules);
    ex_rules_init(&rules);
}

static void read_right(const char *text)
{
    struct conf_diag diag = {0};

    rig_write("/r", text);
    int err = ex_rules_read(&rules, "/r", &diag);
    ck_assert_msg(err == 0, "%s", rt_buf_str(&diag.text).p);
    conf_diag_release(&diag);
}

START_TEST(errors_have_a_place)
{
    expect_error("number 1 {\n  answr\n}\n", "/r:2:3: ");
    expect_error("number 1 {\n  answer\n  tone ten\n}\n",
                 "/r:3:8: \"ten\" is not a frequency in Hz");
    expect_error("number 1y {\n answer\n}\n", "/r:1:8: \"1y\" is not digits");
    expect_error("number 1 {\n answer sideways\n}\n", "/r:2:9: unknown word \"sideways\"");
    expect_error("number 1 {\n aoc x 1\n}\n", "/r:2:6: \"x\" is not d or e");
    expect_error("number 1 {\n aoc d 1.2\n}\n", "/r:2:8: \"1.2\" is not an amount");
    expect_error("number 1 {\n raw 080\n}\n", "/r:2:6: \"080\" is not hex");
    expect_error("number 1 {\n channel mine\n}\n", "/r:2:10: \"mine\" is not other or refuse");
    expect_error("number 1 {\n wait sometime\n}\n", "/r:2:7: \"sometime\" is not a duration");
    expect_error("span 1 {\n e1\n}\nspan 1 {\n e1\n}\n", "/r:4:1: there is a span 1 already");
    expect_error("span 2 {\n nfas 1 interface 1\n}\n", "/r:2:7: span 1 is none before this one");
    expect_error("span 1 {\n isdn morse user\n}\n", "/r:2:2: unknown ISDN variant");
}
END_TEST

START_TEST(several_spans)
{
    read_right("span 7 {\n pseudowire local 127.0.0.1:1 remote 127.0.0.1:2 frames 40 jitter 10ms\n"
               " t1\n isdn ni2 user\n}\n"
               "span 8 {\n dahdi 3\n t1\n isdn ni2 user\n nfas 7 interface 1 backup\n}\n"
               "span 9 {\n dahdi 4\n t1\n isdn ni2 user\n nfas 7 interface 2\n}\n"
               "span 10 {\n dahdi 5 block 80\n bri multipoint\n isdn euroisdn network\n"
               " timer t302 5s\n counter k 20\n}\n");
    ck_assert_uint_eq(rules.nspans, 4);
    const struct ex_span_rule *s = rules.span;
    ck_assert_uint_eq(s[0].cfg.id, 7);
    ck_assert_int_eq(s[0].lead, -1);
    ck_assert_uint_eq(s[0].cfg.frames, 40);
    ck_assert_int_eq(s[0].cfg.jitter, 10 * RT_MS);
    ck_assert_uint_eq(s[0].cfg.dchannel, 24);
    ck_assert(!s[0].cfg.network && s[0].cfg.mulaw);
    ck_assert_int_eq(s[1].lead, 0);
    ck_assert_uint_eq(s[1].cfg.interface, 1);
    ck_assert_uint_eq(s[1].cfg.dchannel, 24);
    ck_assert_int_eq(s[2].lead, 0);
    ck_assert_uint_eq(s[2].cfg.dchannel, 0); /* another's */
    ck_assert_uint_eq(s[2].cfg.frames, 80);
    ck_assert_uint_eq(s[3].cfg.frames, 80);
    ck_assert(s[3].cfg.multipoint && s[3].cfg.network && !s[3].cfg.mulaw);
    ck_assert_uint_eq(s[3].cfg.dchannel, 3);
    ck_assert_int_eq(s[3].cfg.timer[ISDN_T302], 5 * RT_S);
    ck_assert_int_eq(s[3].cfg.timer[ISDN_K], 20);
}
END_TEST

START_TEST(without_spans_there_is_one)
{
    read_right("number 1 {\n answer\n}\n");
    ck_assert_uint_eq(rules.nspans, 1);
    ck_assert_uint_eq(rules.span[0].cfg.id, 1);
    ck_assert(rules.span[0].cfg.network);
}
END_TEST

/** "" for none, "?" when more digits could help. */
static void expect_rule(const char *number, const char *pattern)
{
    bool more;
    const struct ex_rule *r = ex_rules_find(&rules, number, &more);

    ck_assert_str_eq(r ? r->pattern : more ? "?" : "", pattern);
}

START_TEST(first_pattern_that_fits)
{
    read_right("number 110 {\n answer\n}\nnumber 11x {\n answer\n}\nnumber 030* {\n digits 6\n"
               " measure off\n services refuse\n answer\n}\n");
    expect_rule("110", "110");
    expect_rule("112", "11x");
    expect_rule("1", "?");
    expect_rule("1124", "");
    expect_rule("03", "?");
    expect_rule("030", "030*");
    expect_rule("0301234567", "030*");
    expect_rule("2", "");
    const struct ex_rule *last = rules.first->next->next;
    ck_assert_uint_eq(last->digits, 6);
    ck_assert(last->deaf && last->refuses);
    ck_assert_uint_eq(last->nsteps, 1);
    ck_assert(!rules.first->deaf && !rules.first->refuses);
}
END_TEST

static void fill(Suite *s)
{
    TCase *t = tcase_create("rules");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, errors_have_a_place);
    tcase_add_test(t, several_spans);
    tcase_add_test(t, without_spans_there_is_one);
    tcase_add_test(t, first_pattern_that_fits);
    suite_add_tcase(s, t);
}

int main(void)
{
    return rig_run("exchange_rules", fill);
}
