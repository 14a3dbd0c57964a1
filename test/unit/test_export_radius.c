/* RADIUS accounting as octets. The sums were worked with Python's hashlib, attributes by RFC 2866
 * and Cisco's dictionary. */
#include "gw/export/radius_packet.h"

#include <check.h>

static uint8_t packet[EXPORT_RADIUS_MAX];
static struct rt_str secret = {"testing123", 10};

static struct gw_cdr record(void)
{
    struct gw_cdr r = {.attempt = 1,
                       .call_id = "0123456789abcdef0123456789ABCDEF",
                       .start_time = 1772377200 * RT_S, /* 2026-03-01T15:00:00Z, a Sunday */
                       .answer_time = 1772377205 * RT_S + 250 * RT_MS,
                       .end_time = 1772377266 * RT_S,
                       .talk_ms = 60750,
                       .from_trunk = "carrier",
                       .to_trunk = "office",
                       .from_channel = "1/17",
                       .caller = "+4930901821",
                       .called = "+498912345",
                       .cause = {.q850 = 16, .by = GW_BY_CALLER}};
    return r;
}

/** The value of the `nth` attribute `type`; of a Cisco one when `sub` is not 0. */
static struct rt_str find(uint8_t type, uint8_t sub)
{
    size_t len = (size_t)packet[2] << 8 | packet[3];

    for (size_t at = 20; at < len; at += packet[at + 1]) {
        ck_assert_uint_ge(packet[at + 1], 3);
        ck_assert_uint_le(at + packet[at + 1], len);
        if (packet[at] != type || (sub && packet[at + 6] != sub))
            continue;
        size_t skip = sub ? 8 : 2;
        return (struct rt_str){(const char *)packet + at + skip, packet[at + 1] - skip};
    }
    return (struct rt_str){NULL, 0};
}

static uint32_t number(uint8_t type)
{
    struct rt_str v = find(type, 0);
    struct rt_reader r = rt_reader(v.p, v.n);

    ck_assert_uint_eq(v.n, 4);
    return rt_read_u32(&r);
}

static void is_text(struct rt_str value, const char *text)
{
    ck_assert_msg(rt_str_eq(value, text), "%.*s is not %s", RT_STR(value), text);
}

START_TEST(a_record_becomes_a_stop)
{
    struct gw_cdr r = record();
    size_t len = export_radius_request(packet, 7, &r, "gw1", secret, r.end_time + 90 * RT_S);

    ck_assert_uint_eq(packet[0], 4);
    ck_assert_uint_eq(packet[1], 7);
    ck_assert_uint_eq((size_t)packet[2] << 8 | packet[3], len);
    ck_assert_uint_eq(number(40), 2);
    is_text(find(44, 0), "0123456789abcdef0123456789ABCDEF/1");
    is_text(find(50, 0), "0123456789abcdef0123456789ABCDEF");
    is_text(find(32, 0), "gw1");
    is_text(find(87, 0), "office");
    is_text(find(31, 0), "+4930901821");
    is_text(find(30, 0), "+498912345");
    ck_assert_uint_eq(number(46), 61); /* 60.75 s */
    ck_assert_uint_eq(number(41), 90);
    ck_assert_uint_eq(number(49), 1);
    ck_assert_uint_eq(number(55), 1772377266);
    is_text(find(26, 24), "h323-conf-id=01234567 89abcdef 01234567 89ABCDEF");
    is_text(find(26, 25), "h323-setup-time=15:00:00.000 UTC Sun Mar 01 2026");
    is_text(find(26, 26), "h323-call-origin=originate");
    is_text(find(26, 27), "h323-call-type=VoIP");
    is_text(find(26, 28), "h323-connect-time=15:00:05.250 UTC Sun Mar 01 2026");
    is_text(find(26, 29), "h323-disconnect-time=15:01:06.000 UTC Sun Mar 01 2026");
    is_text(find(26, 30), "h323-disconnect-cause=10");
    is_text(find(26, 33), "h323-gw-id=gw1");
}
END_TEST

START_TEST(the_call_itself_is_the_caller_s)
{
    struct gw_cdr r = record();

    r.attempt = 0;
    r.answer_time = 0;
    strcpy(r.customer, "acme");
    export_radius_request(packet, 7, &r, "gw1", secret, 0);
    is_text(find(87, 0), "carrier 1/17");
    is_text(find(1, 0), "acme");
    is_text(find(26, 26), "h323-call-origin=answer");
    is_text(find(26, 27), "h323-call-type=Telephony");
    ck_assert_ptr_null(find(26, 28).p);
    ck_assert_uint_eq(number(41), 0);
}
END_TEST

/** What is common to records of calls that nobody answered: a Stop of no time at all. */
static void is_unanswered(const struct gw_cdr *r, const char *cause, unsigned terminated)
{
    export_radius_request(packet, 7, r, "gw1", secret, r->end_time);
    ck_assert_uint_eq(number(40), 2);
    ck_assert_uint_eq(number(46), 0);
    ck_assert_uint_eq(number(49), terminated);
    ck_assert_uint_eq(number(55), 1772377266);
    ck_assert_ptr_null(find(26, 28).p); /* h323-connect-time */
    is_text(find(26, 29), "h323-disconnect-time=15:01:06.000 UTC Sun Mar 01 2026");
    is_text(find(26, 30), cause);
}

/** 22 hexadecimal is 34, no circuit; 29 is 41, temporary failure. */
START_TEST(calls_that_nobody_answered_are_sent_too)
{
    struct gw_cdr r = record();

    r.answer_time = 0;
    r.talk_ms = 0;
    r.cause = (struct gw_cause){.q850 = 34, .by = GW_BY_GATEWAY};
    is_unanswered(&r, "h323-disconnect-cause=22", 15);
    r.attempt = 0; /* refused before there was an attempt */
    r.to_trunk[0] = '\0';
    r.cause = (struct gw_cause){.q850 = 1, .by = GW_BY_GATEWAY};
    is_unanswered(&r, "h323-disconnect-cause=1", 17);
    is_text(find(44, 0), "0123456789abcdef0123456789ABCDEF/0");
    r.cause = (struct gw_cause){.q850 = 41, .by = GW_BY_RESTART};
    is_unanswered(&r, "h323-disconnect-cause=29", 11);
}
END_TEST

START_TEST(emergency_calls_are_sent_too)
{
    struct gw_cdr r = record();

    r.emergency = true;
    strcpy(r.called, "112");
    export_radius_request(packet, 7, &r, "gw1", secret, r.end_time);
    ck_assert_uint_eq(number(40), 2);
    is_text(find(30, 0), "112");
    ck_assert_uint_eq(number(46), 61);
    is_text(find(26, 30), "h323-disconnect-cause=10");
}
END_TEST

START_TEST(the_longest_record_fits)
{
    struct gw_cdr r = record();

    memset(r.caller, '1', sizeof r.caller - 1);
    memset(r.called, '2', sizeof r.called - 1);
    memset(r.to_trunk, 't', sizeof r.to_trunk - 1);
    memset(r.to_channel, 'c', sizeof r.to_channel - 1);
    memset(r.customer, 'k', sizeof r.customer - 1);
    r.have_rtp = true;
    char nas[400];
    memset(nas, 'n', sizeof nas);
    nas[sizeof nas - 1] = '\0';
    ck_assert_uint_lt(export_radius_request(packet, 1, &r, nas, secret, 0), EXPORT_RADIUS_MAX);
    ck_assert_uint_eq(find(32, 0).n, 253);
}
END_TEST

START_TEST(why_it_ended)
{
    static const struct {
        unsigned q850;
        enum gw_released_by by;
        bool preempted;
        unsigned cause;
    } cases[] = {
        {16, GW_BY_CALLER, false, 1},   {17, GW_BY_CALLED, false, 1},
        {1, GW_BY_CALLED, false, 17},   {34, GW_BY_GATEWAY, false, 15},
        {38, GW_BY_CALLED, false, 2},   {41, GW_BY_RESTART, false, 11},
        {31, GW_BY_OPERATOR, false, 6}, {16, GW_BY_GATEWAY, true, 13},
        {102, GW_BY_GATEWAY, false, 9}, {127, GW_BY_CALLED, false, 9},
    };

    for (size_t i = 0; i < RT_COUNT(cases); i++) {
        struct gw_cdr r = {.cause = {.q850 = (uint8_t)cases[i].q850, .by = cases[i].by},
                           .preempted = cases[i].preempted};
        ck_assert_uint_eq(export_radius_terminate_cause(&r), cases[i].cause);
    }
}
END_TEST

/** A request of two attributes, and answers to it: md5(04 2a 0020 0*16 2806 00000002 2c06 "abcd"
 * "testing123") and md5(05 2a 0014 that "testing123"). */
START_TEST(answers_are_checked)
{
    static const uint8_t request[] = {4,    42,   0,    32,   0xb8, 0x6c, 0x0f, 0xe2,
                                      0x0a, 0x94, 0x6b, 0x16, 0x42, 0x35, 0x6f, 0x2e,
                                      0xa5, 0x87, 0xc9, 0x2f, 40,   6,    0,    0,
                                      0,    2,    44,   6,    'a',  'b',  'c',  'd'};
    uint8_t answer[24] = {5,    42,   0,    20,   0xc2, 0xf7, 0x51, 0xf6, 0x4b, 0x91, 0x7d,
                          0x69, 0x22, 0x07, 0xd1, 0x34, 0x02, 0x59, 0x72, 0x91, 0};

    ck_assert(export_radius_answers(answer, 20, request, secret));
    ck_assert(export_radius_answers(answer, 24, request, secret)); /* padding */
    ck_assert(!export_radius_answers(answer, 19, request, secret));
    ck_assert(!export_radius_answers(answer, 20, request, rt_str("testing124")));
    for (unsigned i = 0; i < 20; i++) {
        answer[i] ^= 1;
        ck_assert(!export_radius_answers(answer, 20, request, secret));
        answer[i] ^= 1;
    }
    answer[3] = 19;
    ck_assert(!export_radius_answers(answer, 20, request, secret));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("export radius");
    TCase *tc = tcase_create("radius");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tc, a_record_becomes_a_stop);
    tcase_add_test(tc, the_call_itself_is_the_caller_s);
    tcase_add_test(tc, calls_that_nobody_answered_are_sent_too);
    tcase_add_test(tc, emergency_calls_are_sent_too);
    tcase_add_test(tc, the_longest_record_fits);
    tcase_add_test(tc, why_it_ended);
    tcase_add_test(tc, answers_are_checked);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
