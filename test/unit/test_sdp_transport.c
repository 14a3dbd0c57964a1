/* Where a stream goes, in SDP: ICE (RFC 8839), RTCP's port (RFC 3605, 5761), BUNDLE (RFC 8843),
 * host names and address families. */
#include "test/unit/sdp_rig.h"

#define PLAIN  "m=audio 4000 RTP/AVP 8\r\n"
#define A_ONLY "m=audio 20000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n"

static struct sdp_audio plain(void)
{
    struct sdp_audio a = sdp_rig_ours(CODEC_PCMA, CODEC_COUNT);

    a.event_payload = -1;
    a.ptime = 0;
    return a;
}

/* ---- ICE ---- */

/** RFC 8839 appendix A's answerer, cut to its host candidate. */
#define ICE_OFFER                                                                                  \
    "a=ice-pwd:YH75Fviy6338Vbrhrlp8Yh\r\na=ice-ufrag:9uB6\r\n"                                     \
    "a=candidate:1 1 UDP 2130706431 192.0.2.10 4000 typ host\r\n"

static struct sdp_candidate own[2];

static struct sdp_audio with_ice(void)
{
    struct sdp_audio a = plain();

    own[0] = (struct sdp_candidate){sdp_rig_addr("192.0.2.1:20000"), 1, 2130706431};
    own[1] = (struct sdp_candidate){sdp_rig_addr("192.0.2.1:20001"), 2, 2130706430};
    a.ice = (struct sdp_ice){
        .ufrag = rt_str("8hhY"), .pwd = rt_str("asd88fgpdd777uzjYhagZg"), .lite = true};
    a.ice.own = own;
    a.ice.nown = 2;
    return a;
}

#define OUR_ICE                                                                                    \
    "a=ice-ufrag:8hhY\r\na=ice-pwd:asd88fgpdd777uzjYhagZg\r\n"                                     \
    "a=candidate:1 1 UDP 2130706431 192.0.2.1 20000 typ host\r\n"
#define OUR_ICE_2 "a=candidate:1 2 UDP 2130706430 192.0.2.1 20001 typ host\r\n"

START_TEST(ice_is_answered_when_offered)
{
    struct sdp_audio local = with_ice();
    struct rt_buf out = {0};
    struct sdp_audio a;

    ck_assert_int_eq(
        sdp_answer(&out, &a, rt_str(SDP_HEAD PLAIN ICE_OFFER), &local, &sdp_rig_origin), 0);
    ck_assert_str_eq(out.p,
                     "v=0\r\no=- 1000 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n"
                     "t=0 0\r\na=ice-lite\r\na=ice-options:ice2\r\n" A_ONLY OUR_ICE OUR_ICE_2);
    ck_assert(sdp_rig_is(a.ice.ufrag, "9uB6"));
    ck_assert(sdp_rig_is(a.ice.pwd, "YH75Fviy6338Vbrhrlp8Yh"));
    ck_assert_uint_eq(a.ice.ncandidates, 1);
    ck_assert(sdp_rig_is(a.ice.candidate[0], "1 1 UDP 2130706431 192.0.2.10 4000 typ host"));
    rt_buf_release(&out);
    a = sdp_rig_answer(SDP_HEAD PLAIN, &local, A_ONLY); /* not offered */
    ck_assert_uint_eq(a.ice.ufrag.n, 0);
    local = plain();
    a = sdp_rig_answer(SDP_HEAD PLAIN ICE_OFFER, &local, A_ONLY); /* not ours */
    ck_assert_uint_eq(a.ice.ufrag.n, 0);
}
END_TEST

START_TEST(ice_in_an_offer_of_ours)
{
    struct sdp_audio local = with_ice();

    local.rtcp_mux = true;
    local.rtcp = sdp_rig_addr("192.0.2.1:20001");
    sdp_rig_offers(&local, A_ONLY "a=rtcp-mux\r\n" OUR_ICE OUR_ICE_2);
    struct sdp_audio a = sdp_rig_accept(SDP_HEAD "a=ice-lite\r\n" PLAIN ICE_OFFER, &local);
    ck_assert(a.ice.lite);
    ck_assert(sdp_rig_is(a.ice.ufrag, "9uB6"));
    ck_assert(!a.ice.mismatch);
    a = sdp_rig_accept(SDP_HEAD PLAIN "a=ice-mismatch\r\n", &local);
    ck_assert(a.ice.mismatch);
    ck_assert_uint_eq(a.ice.ufrag.n, 0);
}
END_TEST

/** RFC 8839 4.2.5: somebody on the way changed the default address. */
START_TEST(an_address_that_is_no_candidate_is_a_mismatch)
{
    struct sdp_audio local = with_ice();

    struct sdp_audio a = sdp_rig_answer(SDP_HEAD "m=audio 4002 RTP/AVP 8\r\n" ICE_OFFER, &local,
                                        A_ONLY "a=ice-mismatch\r\n");
    ck_assert(a.ice.mismatch);
    ck_assert_uint_eq(a.ice.ufrag.n, 0);
    /* not the 0.0.0.0:9 of one that still gathers, and that is no hold either */
    a = sdp_rig_answer(SDP_HEAD "m=audio 9 RTP/AVP 8\r\nc=IN IP4 0.0.0.0\r\n" ICE_OFFER, &local,
                       A_ONLY OUR_ICE OUR_ICE_2);
    ck_assert(!a.ice.mismatch);
    ck_assert(!sdp_held(&a));
}
END_TEST

START_TEST(ice_needs_both_words)
{
    struct sdp_audio local = with_ice();

    sdp_rig_answer(SDP_HEAD PLAIN "a=ice-ufrag:9uB6\r\n", &local, A_ONLY);
    sdp_rig_answer(SDP_HEAD PLAIN "a=ice-pwd:YH75Fviy6338Vbrhrlp8Yh\r\n", &local, A_ONLY);
}
END_TEST

/* ---- RTCP ---- */

START_TEST(rtcp_shares_the_port_when_both_want_it)
{
    struct sdp_audio local = plain();
    union rt_addr next = sdp_rig_addr("192.0.2.10:4001"), same = sdp_rig_addr("192.0.2.10:4000");

    struct sdp_audio a = sdp_rig_answer(SDP_HEAD PLAIN "a=rtcp-mux\r\n", &local, A_ONLY);
    ck_assert(!a.rtcp_mux);
    ck_assert(rt_addr_equal(&a.rtcp, &next));
    local.rtcp_mux = true;
    a = sdp_rig_answer(SDP_HEAD PLAIN "a=rtcp:4001\r\na=rtcp-mux\r\n", &local,
                       A_ONLY "a=rtcp-mux\r\n");
    ck_assert(a.rtcp_mux);
    ck_assert(rt_addr_equal(&a.rtcp, &same));
    a = sdp_rig_answer(SDP_HEAD PLAIN, &local, A_ONLY);
    ck_assert(!a.rtcp_mux);
    sdp_rig_offers(&local, A_ONLY "a=rtcp-mux\r\n");
    ck_assert(sdp_rig_accept(SDP_HEAD PLAIN "a=rtcp-mux\r\n", &local).rtcp_mux);
    ck_assert(!sdp_rig_accept(SDP_HEAD PLAIN, &local).rtcp_mux);
}
END_TEST

/** RFC 3605 2.1 */
START_TEST(rtcp_elsewhere_is_said)
{
    struct sdp_audio local = plain();

    local.rtcp = sdp_rig_addr("192.0.2.1:20001");
    sdp_rig_offers(&local, A_ONLY);
    local.rtcp = sdp_rig_addr("192.0.2.1:53020");
    sdp_rig_offers(&local, A_ONLY "a=rtcp:53020\r\n");
    local.rtcp = sdp_rig_addr("[2001:db8::1]:53020");
    sdp_rig_offers(&local, A_ONLY "a=rtcp:53020 IN IP6 2001:db8::1\r\n");
}
END_TEST

/* ---- BUNDLE (RFC 8843 7.3) ---- */

START_TEST(a_bundle_keeps_the_stream_that_is_taken)
{
    static const char offer[] = SDP_HEAD "a=group:BUNDLE 0 v1\r\n" PLAIN
                                         "a=mid:0\r\na=rtcp-mux\r\nm=video 4002 RTP/AVP 96\r\n"
                                         "a=mid:v1\r\na=rtcp-mux\r\n";
    struct sdp_audio local = plain(), a;
    struct rt_buf out = {0};

    local.rtcp_mux = true;
    ck_assert_int_eq(sdp_answer(&out, &a, rt_str(offer), &local, &sdp_rig_origin), 0);
    ck_assert_str_eq(strstr(out.p, "t="),
                     "t=0 0\r\na=group:BUNDLE 0\r\n" A_ONLY "a=mid:0\r\na=rtcp-mux\r\n"
                     "m=video 0 RTP/AVP 96\r\na=mid:v1\r\n");
    ck_assert(a.bundled);
    rt_buf_reset(&out);
    local.rtcp_mux = false; /* a group needs one port */
    ck_assert_int_eq(sdp_answer(&out, &a, rt_str(offer), &local, &sdp_rig_origin), 0);
    ck_assert_ptr_null(strstr(out.p, "BUNDLE"));
    ck_assert_ptr_nonnull(strstr(out.p, A_ONLY "a=mid:0\r\n"));
    rt_buf_release(&out);
}
END_TEST

/* ---- addresses ---- */

START_TEST(a_host_name_is_given_out)
{
    static const char offer[] = "v=0\r\no=- 1 1 IN IP4 a.example\r\ns=-\r\n"
                                "c=IN IP4 media-1.example.com\r\nt=0 0\r\n" PLAIN;
    struct sdp_audio local = plain(), a;

    ck_assert_int_eq(sdp_parse(&a, rt_str(offer)), 0);
    ck_assert(sdp_rig_is(a.host, "media-1.example.com"));
    ck_assert_uint_eq(rt_addr_port(&a.addr), 4000);
    ck_assert(rt_addr_is_any(&a.addr));
    ck_assert(!sdp_held(&a));
    ck_assert_int_eq(sdp_rig_refused(offer, &local), EBADMSG); /* who would resolve it? */
    local.wish.names = true;
    a = sdp_rig_answer(offer, &local, A_ONLY);
    ck_assert(sdp_rig_is(a.host, "media-1.example.com"));
    /* the stream's own address wins */
    ck_assert_int_eq(
        sdp_parse(&a, rt_str("v=0\r\nc=IN IP4 media.example\r\n" PLAIN "c=IN IP4 192.0.2.7\r\n")),
        0);
    ck_assert_uint_eq(a.host.n, 0);
}
END_TEST

START_TEST(the_other_address_family_is_out_of_reach)
{
    static const char six[] = "v=0\r\no=- 1 1 IN IP6 2001:db8::9\r\ns=-\r\nc=IN IP6 2001:db8::9\r\n"
                              "t=0 0\r\n" PLAIN;
    struct sdp_audio local = plain(), a;

    ck_assert_int_eq(sdp_rig_refused(six, &local), EAFNOSUPPORT);
    ck_assert_int_eq(sdp_accept(&a, rt_str(six), &local), EAFNOSUPPORT);
    local.addr = sdp_rig_addr("[2001:db8::1]:20000");
    sdp_rig_answer(six, &local, A_ONLY);
    ck_assert_int_eq(sdp_rig_refused(SDP_HEAD PLAIN, &local), EAFNOSUPPORT);
    /* one of two streams will do (RFC 6157 uses none of ours) */
    sdp_rig_answer(SDP_HEAD PLAIN "m=audio 4002 RTP/AVP 8\r\nc=IN IP6 2001:db8::9\r\n", &local,
                   "m=audio 0 RTP/AVP 8\r\n" A_ONLY);
    /* a null address is of no family */
    sdp_rig_answer("v=0\r\nc=IN IP4 0.0.0.0\r\n" PLAIN, &local,
                   "m=audio 20000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=recvonly\r\n");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sdp_transport");
    TCase *tc = tcase_create("sdp_transport");

    tcase_add_test(tc, ice_is_answered_when_offered);
    tcase_add_test(tc, ice_in_an_offer_of_ours);
    tcase_add_test(tc, an_address_that_is_no_candidate_is_a_mismatch);
    tcase_add_test(tc, ice_needs_both_words);
    tcase_add_test(tc, rtcp_shares_the_port_when_both_want_it);
    tcase_add_test(tc, rtcp_elsewhere_is_said);
    tcase_add_test(tc, a_bundle_keeps_the_stream_that_is_taken);
    tcase_add_test(tc, a_host_name_is_given_out);
    tcase_add_test(tc, the_other_address_family_is_out_of_reach);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
