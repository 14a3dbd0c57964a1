/* Digits in the bodies of INFO, as peers write them. */
#include "gw/leg_sip_priv.h"

#include <check.h>
#include <stdlib.h>

static int read_digits(char out[8], unsigned *ms, const char *type, const char *text)
{
    struct sip_body body = {.type = rt_str(type), .data = rt_str(text)};
    return leg_sip_read_digits(out, 8, ms, &body);
}

START_TEST(each_way_to_write_a_digit)
{
    static const struct {
        const char *type, *text, *digits;
        unsigned ms;
    } table[] = {
        {"application/dtmf-relay", "Signal=5\r\nDuration=160", "5", 160},
        {"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "5", 160},
        {"Application/DTMF-Relay;x=y", " SIGNAL = 5 \n duration= 250 ", "5", 250},
        {"application/dtmf-relay", "Duration=100\r\nSignal=a", "A", 100},
        {"application/dtmf-relay", "Signal: *", "*", 0},
        {"application/dtmf-relay", "Signal=#\r\nDuration=soon", "#", 0},
        {"application/dtmf-relay", "Signal=10", "*", 0}, /* RFC 4733 3.2, table 3: the event */
        {"application/dtmf-relay", "Signal=11", "#", 0},
        {"application/dtmf-relay", "Signal=15", "D", 0},
        {"application/dtmf", "5", "5", 0},
        {"application/dtmf", " 1 2\r\n#", "12#", 0},
        {"application/dtmf", "Signal=7\r\nDuration=90", "7", 90},
        {"application/dtmf", "0123456789", "0123456", 0}, /* no more than there is room for */
    };

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        char out[8];
        unsigned ms;
        ck_assert_int_eq(read_digits(out, &ms, table[i].type, table[i].text), 0);
        ck_assert_str_eq(out, table[i].digits);
        ck_assert_uint_eq(ms, table[i].ms);
    }
}
END_TEST

START_TEST(what_is_no_digit_is_refused)
{
    static const struct {
        const char *type, *text;
        int status;
    } table[] = {
        {"application/dtmf-relay", "", 400},
        {"application/dtmf-relay", "5", 400},
        {"application/dtmf-relay", "Signal=\r\n", 400},
        {"application/dtmf-relay", "Signal=16", 400}, /* RFC 4733: a flash */
        {"application/dtmf-relay", "Signal=x\r\nDuration=160", 400},
        {"application/dtmf", "hook", 400},
        {"application/dtmf", "\r\n", 400},
        {"application/dtmf-relays", "Signal=5", 415},
        {"application/media_control+xml", "<a/>", 415},
        {"", "5", 415},
    };

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        char out[8];
        unsigned ms;
        ck_assert_int_eq(read_digits(out, &ms, table[i].type, table[i].text), table[i].status);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("leg_sip_info");
    TCase *t = tcase_create("bodies");

    tcase_add_test(t, each_way_to_write_a_digit);
    tcase_add_test(t, what_is_no_digit_is_refused);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
