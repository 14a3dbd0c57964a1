/* Lines of interface cards in the plan; and the table that a gain becomes. */
#include "codec/g711.h"
#include "conf/conf.h"
#include "gw/plan.h"
#include "gw/rt/dahdi.h"
#include "test/fake/fake.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

#define HEAD                                                                                       \
    "version 1\nsip { listen udp:10.0.0.1:5060 }\n"                                                \
    "admin socket /tmp/s\n"

static struct gw_plan *read_plan(const char *span, struct conf_diag *diag)
{
    struct rt_buf text = {0};
    struct gw_plan *p = NULL;

    rt_buf_printf(&text, "%s%s", HEAD, span);
    gw_plan_parse(&p, "t.conf", rt_buf_str(&text), diag);
    rt_buf_release(&text);
    return p;
}

START_TEST(a_card_with_everything)
{
    struct conf_diag diag = {0};
    struct gw_plan *p = read_plan("span 7 {\n dahdi 2 block 80\n e1 crc4 hdb3 ccs\n"
                                  " echo-cancel 128\n gain rx -3 tx 2.5\n"
                                  " isdn euroisdn network\n}\n",
                                  &diag);

    ck_assert_msg(p, "%s", diag.text.p);
    const struct gw_span_plan *s = &p->spans[0];
    ck_assert_int_eq(s->kind, GW_SPAN_DAHDI);
    ck_assert_uint_eq(s->dahdi, 2);
    ck_assert_uint_eq(s->frames, 80);
    ck_assert_uint_eq(s->framing, RT_DAHDI_CRC4 | RT_DAHDI_HDB3 | RT_DAHDI_CCS);
    ck_assert_uint_eq(s->echo, 128);
    ck_assert_int_eq(s->gain_rx, -30);
    ck_assert_int_eq(s->gain_tx, 25);
    gw_plan_unref(p);
    conf_diag_release(&diag);
}
END_TEST

START_TEST(a_card_with_defaults)
{
    struct conf_diag diag = {0};
    struct gw_plan *p =
        read_plan("span 7 {\n dahdi 1\n t1\n echo-cancel off\n isdn ni2 user\n}\n", &diag);

    ck_assert_msg(p, "%s", diag.text.p);
    const struct gw_span_plan *s = &p->spans[0];
    ck_assert_uint_eq(s->frames, 80);
    ck_assert_uint_eq(s->dchannel, 24);
    ck_assert_uint_eq(s->framing | s->echo, 0);
    ck_assert_int_eq(s->gain_rx, 0);
    gw_plan_unref(p);
    conf_diag_release(&diag);
}
END_TEST

static const struct {
    const char *span, *says;
} wrong[] = {
    {"span 1 { dahdi 1 block 8\n isdn euroisdn user }\n",
     "t.conf:4:24: \"8\": the driver has no blocks of less than 16 octets\n"},
    {"span 1 { dahdi 1\n e1 crc5\n isdn euroisdn user }\n",
     "t.conf:5:5: unknown framing or line code \"crc5\" - did you mean \"crc4\"?\n"},
    {"span 1 { dahdi 1\n echo-cancel 100\n isdn euroisdn user }\n",
     "t.conf:5:14: \"100\" is none of 4, 8, 16, 32, 64, 128 and off\n"},
    {"span 1 { dahdi 1\n gain rx 25\n isdn euroisdn user }\n",
     "t.conf:5:10: \"25\" is no gain: -24 to 24 dB, such as -3 or 2.5\n"},
    {"span 1 { dahdi 1\n gain tx 2.55\n isdn euroisdn user }\n",
     "t.conf:5:10: \"2.55\" is no gain: -24 to 24 dB, such as -3 or 2.5\n"},
    {"span 1 { dahdi 1\n gain tx 24.5\n isdn euroisdn user }\n",
     "t.conf:5:10: \"24.5\" is no gain: -24 to 24 dB, such as -3 or 2.5\n"},
    {"span 1 { dahdi 1\n pseudowire local 10.0.0.1:1 remote 10.0.0.9:2\n isdn euroisdn user }\n",
     "t.conf:5:2: span 1 is either a pseudowire or a dahdi span\n"},
    {"span 1 { dahdi 1\n isdn euroisdn user }\nspan 2 { dahdi 1\n isdn euroisdn user }\n",
     "t.conf:6:10: dahdi span 1 is that of span 1 at t.conf:4:1\n"},
    {"span 1 { pseudowire local 10.0.0.1:1 remote 10.0.0.9:2\n gain rx 1\n"
     " isdn euroisdn user }\n",
     "t.conf:5:2: \"gain\" is for dahdi spans\n"},
};

START_TEST(what_a_card_cannot_be)
{
    struct conf_diag diag = {0};

    ck_assert_ptr_null(read_plan(wrong[_i].span, &diag));
    ck_assert_str_eq(diag.text.p, wrong[_i].says);
    conf_diag_release(&diag);
}
END_TEST

START_TEST(a_gain_multiplies)
{
    enum g711_law law = _i % 2 ? G711_MU : G711_A;
    double factor = _i < 2 ? 10 : 0.1; /* 20 dB */
    uint8_t table[256];

    g711_gain(table, _i < 2 ? 200 : -200, law);
    for (unsigned i = 0; i < 256; i++) {
        uint8_t octet = (uint8_t)i;
        int16_t before, after;
        g711_expand(&before, &octet, 1, law);
        g711_expand(&after, &table[i], 1, law);
        double wanted = before * factor;
        if (fabs(wanted) > 32000) {
            ck_assert_int_ge(abs(after), 32000 * 31 / 32); /* as loud as there is */
            continue;
        }
        /* half a step: 1/33 of the value at most, and 8 in the first segment */
        ck_assert_msg(fabs(after - wanted) <= fabs(wanted) / 32 + 9, "%d became %d", before, after);
    }
}
END_TEST

START_TEST(no_gain_changes_nothing)
{
    uint8_t table[256];

    for (unsigned law = 0; law < 2; law++) {
        g711_gain(table, 0, law ? G711_MU : G711_A);
        for (unsigned i = 0; i < 256; i++)
            ck_assert_uint_eq(table[i], i);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan of cards");
    TCase *t = tcase_create("dahdi");

    tcase_add_checked_fixture(t, fake_reset, NULL);
    tcase_add_test(t, a_card_with_everything);
    tcase_add_test(t, a_card_with_defaults);
    tcase_add_loop_test(t, what_a_card_cannot_be, 0, RT_COUNT(wrong));
    tcase_add_loop_test(t, a_gain_multiplies, 0, 4);
    tcase_add_test(t, no_gain_changes_nothing);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
