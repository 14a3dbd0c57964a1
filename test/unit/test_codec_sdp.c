/* SDP and the offer/answer model: RFC 3264 and the call flows of RFC 4317, cut to what a voice
 * gateway is asked. */
#include "codec/sdp.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>

#define HEAD                                                                                       \
    "v=0\r\no=alice 2890844526 2890844526 IN IP4 host.atlanta.example.com\r\ns=\r\n"               \
    "c=IN IP4 192.0.2.10\r\nt=0 0\r\n"

/** RFC 4317 2.1: PCMU, PCMA, iLBC and a video stream. */
static const char offer_4317_2_1[] =
    HEAD "m=audio 49170 RTP/AVP 0 8 97\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
         "a=rtpmap:97 iLBC/8000\r\nm=video 51372 RTP/AVP 31 32\r\na=rtpmap:31 H261/90000\r\n"
         "a=rtpmap:32 MPV/90000\r\n";

/** RFC 4317 4.1: telephone-event beside PCMU. */
static const char offer_events[] =
    HEAD "m=audio 49170 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\n"
         "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n";

static union rt_addr addr(const char *text)
{
    union rt_addr a;
    ck_assert_int_eq(rt_addr_parse(&a, text, strlen(text), 0), 0);
    return a;
}

static struct sdp_audio ours(void)
{
    struct sdp_audio a = {
        .addr = addr("192.0.2.1:20000"),
        .codec = {{.id = CODEC_PCMA, .payload = 8}, {.id = CODEC_PCMU, .payload = 0}},
        .ncodecs = 2,
        .event_payload = 101,
        .events = 0xffff,
        .ptime = 20};
    return a;
}

static const struct sdp_origin origin = {1000, 1};

static int answer(struct rt_buf *out, struct sdp_audio *agreed, const char *offer,
                  const struct sdp_audio *local)
{
    return sdp_answer(out, agreed, rt_str(offer), local, &origin);
}

START_TEST(the_offered_audio_is_read)
{
    struct sdp_audio a;

    ck_assert_int_eq(sdp_parse(&a, rt_str(offer_4317_2_1)), 0);
    union rt_addr want = addr("192.0.2.10:49170"), rtcp = addr("192.0.2.10:49171");
    ck_assert(rt_addr_equal(&a.addr, &want));
    ck_assert(rt_addr_equal(&a.rtcp, &rtcp));
    ck_assert_int_eq(a.direction, SDP_SENDRECV);
    ck_assert_uint_eq(a.ncodecs, 2);
    ck_assert_int_eq(a.codec[0].id, CODEC_PCMU);
    ck_assert_int_eq(a.codec[1].id, CODEC_PCMA);
    ck_assert_int_eq(a.event_payload, -1);
}
END_TEST

START_TEST(every_stream_of_the_offer_is_answered)
{
    struct sdp_audio local = ours(), agreed;
    struct rt_buf out = {0};

    local.event_payload = 101;
    ck_assert_int_eq(answer(&out, &agreed, offer_4317_2_1, &local), 0);
    ck_assert_str_eq(out.p, "v=0\r\n"
                            "o=- 1000 1 IN IP4 192.0.2.1\r\n"
                            "s=-\r\n"
                            "c=IN IP4 192.0.2.1\r\n"
                            "t=0 0\r\n"
                            "m=audio 20000 RTP/AVP 0 8\r\n"
                            "a=rtpmap:0 PCMU/8000\r\n"
                            "a=rtpmap:8 PCMA/8000\r\n"
                            "a=sendrecv\r\n"
                            "m=video 0 RTP/AVP 31 32\r\n");
    ck_assert_int_eq(agreed.codec[0].id, CODEC_PCMU);
    rt_buf_release(&out);
}
END_TEST

START_TEST(events_are_agreed_with_the_offers_payload_type)
{
    static const char odd[] =
        HEAD "m=audio 49170 RTP/AVP 8 96\r\na=rtpmap:96 telephone-event/8000\r\n"
             "a=fmtp:96 0-11,16\r\n";
    struct sdp_audio local = ours(), agreed;
    struct rt_buf out = {0};

    ck_assert_int_eq(answer(&out, &agreed, odd, &local), 0);
    ck_assert_int_eq(agreed.event_payload, 96);
    ck_assert_uint_eq(agreed.events, 0x0fff);
    ck_assert_ptr_nonnull(strstr(out.p, "m=audio 20000 RTP/AVP 8 96\r\n"));
    ck_assert_ptr_nonnull(strstr(out.p, "a=fmtp:96 0-11\r\n"));
    rt_buf_reset(&out);
    local.event_payload = -1;
    ck_assert_int_eq(answer(&out, &agreed, offer_events, &local), 0);
    ck_assert_int_eq(agreed.event_payload, -1);
    ck_assert_ptr_null(strstr(out.p, "telephone-event"));
    rt_buf_release(&out);
}
END_TEST

START_TEST(directions_are_mirrored)
{
    /* RFC 3264 6.1 */
    static const struct {
        const char *offered;
        enum sdp_direction wanted;
        const char *answered;
        bool held;
    } cases[] = {
        {"sendrecv", SDP_SENDRECV, "sendrecv", false}, {"sendonly", SDP_SENDRECV, "recvonly", true},
        {"recvonly", SDP_SENDRECV, "sendonly", false}, {"inactive", SDP_SENDRECV, "inactive", true},
        {"sendrecv", SDP_SENDONLY, "sendonly", false}, {"sendonly", SDP_SENDONLY, "inactive", true},
    };

    for (size_t i = 0; i < RT_COUNT(cases); i++) {
        struct sdp_audio local = ours(), agreed;
        struct rt_buf offer = {0}, out = {0};
        char want[32];
        local.direction = cases[i].wanted;
        rt_buf_printf(&offer, "%sa=%s\r\n", offer_events, cases[i].offered);
        ck_assert_int_eq(answer(&out, &agreed, offer.p, &local), 0);
        snprintf(want, sizeof want, "a=%s\r\n", cases[i].answered);
        ck_assert_ptr_nonnull(strstr(out.p, want));
        ck_assert(sdp_held(&agreed) == cases[i].held);
        rt_buf_release(&offer);
        rt_buf_release(&out);
    }
}
END_TEST

START_TEST(a_null_address_is_hold)
{
    static const char old_hold[] = "v=0\r\no=- 1 2 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 0.0.0.0\r\n"
                                   "t=0 0\r\nm=audio 49170 RTP/AVP 8\r\n";
    struct sdp_audio a;

    ck_assert_int_eq(sdp_parse(&a, rt_str(old_hold)), 0);
    ck_assert(sdp_held(&a));
}
END_TEST

START_TEST(what_cannot_be_agreed_is_refused)
{
    static const struct {
        const char *body;
        int err;
    } cases[] = {
        {"", EBADMSG},
        {"hello", EBADMSG},
        {HEAD, ENOTSUP}, /* no stream */
        {HEAD "m=audio 49170 RTP/AVP 97\r\na=rtpmap:97 iLBC/8000\r\n", ENOTSUP},
        {HEAD "m=audio 0 RTP/AVP 8\r\n", ENOTSUP},     /* a refused stream */
        {HEAD "m=audio 49170 RTP/XYZ 8\r\n", ENOTSUP}, /* no profile of ours */
        {HEAD "m=audio 70000 RTP/AVP 8\r\n", EBADMSG},
        {HEAD "m=audio\r\n", EBADMSG},
        {"v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n", EBADMSG},
        {"v=0\r\nc=IN IP4 300.1.1.1\r\nm=audio 4000 RTP/AVP 8\r\n", EBADMSG},
        {"v=0\r\nc=IN IP4 some_where\r\nm=audio 4000 RTP/AVP 8\r\n", EBADMSG},
        {"v=0\r\nc=IN IP4 233.252.0.1/127\r\nm=audio 4000 RTP/AVP 8\r\n", ENOTSUP},
        {"v=0\r\nc=IN IP6 ff15::101\r\nm=audio 4000 RTP/AVP 8\r\n", ENOTSUP},
    };

    for (size_t i = 0; i < RT_COUNT(cases); i++) {
        struct sdp_audio a;
        ck_assert_int_eq(sdp_parse(&a, rt_str(cases[i].body)), cases[i].err);
    }
    struct sdp_audio local = ours(), agreed;
    struct rt_buf out = {0};
    local.ncodecs = 1; /* PCMA alone */
    ck_assert_int_eq(answer(&out, &agreed, offer_events, &local), ENOTSUP);
    rt_buf_release(&out);
}
END_TEST

START_TEST(an_offer_of_ours_is_answered_and_accepted)
{
    struct sdp_audio local = ours(), agreed, far = ours(), theirs;
    struct rt_buf offer = {0}, out = {0};

    local.addr = addr("[2001:db8::1]:20000");
    far.addr = addr("[2001:db8::5]:30000");
    far.ncodecs = 1;
    far.codec[0].id = CODEC_PCMU;
    far.codec[0].payload = 0;
    sdp_write_offer(&offer, &local, &origin);
    ck_assert_int_eq(sdp_answer(&out, &theirs, rt_buf_str(&offer), &far, &origin), 0);
    ck_assert_ptr_nonnull(strstr(out.p, "c=IN IP6 2001:db8::5\r\n"));
    ck_assert_int_eq(sdp_accept(&agreed, rt_buf_str(&out), &local), 0);
    ck_assert_uint_eq(agreed.ncodecs, 1);
    ck_assert_int_eq(agreed.codec[0].id, CODEC_PCMU);
    ck_assert_int_eq(agreed.event_payload, 101);
    ck_assert_uint_eq(agreed.ptime, 20);
    ck_assert(rt_addr_equal(&agreed.addr, &far.addr));
    rt_buf_release(&offer);
    rt_buf_release(&out);
}
END_TEST

START_TEST(rtcp_may_be_elsewhere)
{
    static const char port[] = HEAD "m=audio 49170 RTP/AVP 8\r\na=rtcp:53020\r\n";
    static const char whole[] =
        HEAD "m=audio 49170 RTP/AVP 8\r\na=rtcp:53020 IN IP4 126.16.64.4\r\n";
    struct sdp_audio a;
    union rt_addr here = addr("192.0.2.10:53020"), there = addr("126.16.64.4:53020");

    ck_assert_int_eq(sdp_parse(&a, rt_str(port)), 0); /* RFC 3605 2.1 */
    ck_assert(rt_addr_equal(&a.rtcp, &here));
    ck_assert_int_eq(sdp_parse(&a, rt_str(whole)), 0);
    ck_assert(rt_addr_equal(&a.rtcp, &there));
}
END_TEST

START_TEST(the_media_lines_address_and_direction_win)
{
    static const char body[] = "v=0\no=- 1 1 IN IP4 192.0.2.10\ns=-\nc=IN IP4 192.0.2.10\nt=0 0\n"
                               "a=sendonly\nm=audio 4000/2 RTP/AVP 8\nc=IN IP4 192.0.2.11/127\n"
                               "a=recvonly\na=maxptime:40\n";
    struct sdp_audio a;
    union rt_addr want = addr("192.0.2.11:4000");

    ck_assert_int_eq(sdp_parse(&a, rt_str(body)), 0);
    ck_assert(rt_addr_equal(&a.addr, &want));
    ck_assert_int_eq(a.direction, SDP_RECVONLY);
    ck_assert_uint_eq(a.maxptime, 40);
}
END_TEST

static void answered(const char *tail, const char *want, const char *never)
{
    struct sdp_audio local = ours(), agreed;
    struct rt_buf offer = {0}, out = {0};

    rt_buf_printf(&offer, "%s", tail);
    ck_assert_int_eq(answer(&out, &agreed, offer.p, &local), 0);
    ck_assert_msg(strstr(out.p, want), "%s", out.p);
    if (never)
        ck_assert_msg(!strstr(out.p, never), "%s", out.p);
    rt_buf_release(&offer);
    rt_buf_release(&out);
}

#define NULL_HEAD "v=0\r\no=- 1 2 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"

START_TEST(a_null_address_takes_only_the_receiving_away)
{
    /* RFC 3264 6.1: inactive is answered with inactive */
    answered(NULL_HEAD "m=audio 4000 RTP/AVP 8\r\na=inactive\r\n", "a=inactive\r\n", NULL);
    answered(NULL_HEAD "m=audio 4000 RTP/AVP 8\r\na=recvonly\r\n", "a=inactive\r\n", NULL);
    answered(NULL_HEAD "m=audio 4000 RTP/AVP 8\r\n", "a=recvonly\r\n", NULL);
}
END_TEST

START_TEST(a_name_in_invalid_is_the_null_address)
{
    static const char body[] = "v=0\r\no=- 1 2 IN IP6 2001:db8::1\r\ns=-\r\n"
                               "c=IN IP6 hold.invalid\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
    struct sdp_audio a;

    ck_assert_int_eq(sdp_parse(&a, rt_str(body)), 0); /* RFC 6157 3.1 */
    ck_assert(sdp_held(&a));
}
END_TEST

START_TEST(the_address_is_of_its_type)
{
    struct sdp_audio a;

    ck_assert_int_eq(
        sdp_parse(&a, rt_str("v=0\r\nc=IN IP4 2001:db8::1\r\nm=audio 4 RTP/AVP 8\r\n")), EBADMSG);
    ck_assert_int_eq(sdp_parse(&a, rt_str("v=0\r\nc=IN IP6 192.0.2.1\r\nm=audio 4 RTP/AVP 8\r\n")),
                     EBADMSG);
}
END_TEST

START_TEST(events_we_do_not_share_leave_none)
{
    answered(HEAD "m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n"
                  "a=fmtp:101 16,32-49\r\n",
             "m=audio 20000 RTP/AVP 8\r\n", "telephone-event");
    /* the order of attributes means nothing */
    answered(HEAD "m=audio 4000 RTP/AVP 8 101\r\na=fmtp:101 0-9\r\n"
                  "a=rtpmap:101 telephone-event/8000\r\n",
             "a=fmtp:101 0-9\r\n", NULL);
}
END_TEST

START_TEST(only_one_channel_is_g711_here)
{
    answered(HEAD "m=audio 4000 RTP/AVP 97 98\r\na=rtpmap:97 PCMA/8000/2\r\n"
                  "a=rtpmap:98 PCMA/8000/1\r\n",
             "m=audio 20000 RTP/AVP 98\r\n", NULL);
}
END_TEST

START_TEST(packet_times_stay_within_both_limits)
{
    struct sdp_audio local = ours(), agreed;
    struct rt_buf out = {0};

    /* what we ask for is what the engine can take in one packet */
    answered(HEAD "m=audio 4000 RTP/AVP 8\r\na=ptime:200\r\n", "a=ptime:60\r\n", NULL);
    ck_assert_int_eq(
        answer(&out, &agreed, HEAD "m=audio 4000 RTP/AVP 8\r\na=maxptime:10\r\n", &local), 0);
    ck_assert_uint_eq(agreed.ptime, 10); /* not our 20 */
    rt_buf_reset(&out);
    ck_assert_int_eq(answer(&out, &agreed,
                            HEAD "m=audio 4000 RTP/AVP 8\r\na=ptime:40\r\na=maxptime:30\r\n",
                            &local),
                     0);
    ck_assert_uint_eq(agreed.ptime, 30);
    rt_buf_release(&out);
}
END_TEST

/* The second audio stream is the one both can do (RFC 3264 6): the first is refused. */
START_TEST(the_first_stream_with_a_codec_of_ours_is_taken)
{
    answered(HEAD "m=audio 4000 RTP/AVP 97\r\na=rtpmap:97 iLBC/8000\r\na=sendonly\r\n"
                  "m=audio 4002 RTP/AVP 8\r\nm=audio 4004 RTP/AVP 8\r\n",
             "m=audio 0 RTP/AVP 97\r\nm=audio 20000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
             "a=sendrecv\r\nm=audio 0 RTP/AVP 8\r\n",
             NULL);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sdp");
    TCase *tc = tcase_create("sdp");

    tcase_add_test(tc, the_offered_audio_is_read);
    tcase_add_test(tc, every_stream_of_the_offer_is_answered);
    tcase_add_test(tc, events_are_agreed_with_the_offers_payload_type);
    tcase_add_test(tc, directions_are_mirrored);
    tcase_add_test(tc, a_null_address_is_hold);
    tcase_add_test(tc, what_cannot_be_agreed_is_refused);
    tcase_add_test(tc, an_offer_of_ours_is_answered_and_accepted);
    tcase_add_test(tc, rtcp_may_be_elsewhere);
    tcase_add_test(tc, the_media_lines_address_and_direction_win);
    tcase_add_test(tc, a_null_address_takes_only_the_receiving_away);
    tcase_add_test(tc, a_name_in_invalid_is_the_null_address);
    tcase_add_test(tc, the_address_is_of_its_type);
    tcase_add_test(tc, events_we_do_not_share_leave_none);
    tcase_add_test(tc, only_one_channel_is_g711_here);
    tcase_add_test(tc, packet_times_stay_within_both_limits);
    tcase_add_test(tc, the_first_stream_with_a_codec_of_ours_is_taken);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
