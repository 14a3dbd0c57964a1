/* Codecs in SDP: rtpmap and fmtp of each, payload types of both directions, telephone-event at
 * several clocks, comfort noise, packet times, whose order counts. */
#include "test/unit/sdp_rig.h"

/* ---- rtpmap ---- */

/** Each encoding name with clock and channels as its RFC has it: RFC 3551 4.5, 4856, 7587 7. */
START_TEST(each_codec_is_known_by_its_rtpmap)
{
    static const struct {
        const char *rtpmap;
        enum codec_id id;
    } cases[] = {
        {"PCMA/8000", CODEC_PCMA},
        {"pcmu/8000/1", CODEC_PCMU},
        {"G722/8000", CODEC_G722}, /* 16 kHz called 8000 (RFC 3551 4.5.2) */
        {"opus/48000/2", CODEC_OPUS},
        {"OPUS/48000/2", CODEC_OPUS},
        {"G729/8000", CODEC_G729},
        {"GSM/8000", CODEC_GSM},
        {"G726-40/8000", CODEC_G726_40},
        {"G726-32/8000", CODEC_G726_32},
        {"G726-24/8000", CODEC_G726_24},
        {"G726-16/8000", CODEC_G726_16},
        {"AAL2-G726-40/8000", CODEC_AAL2_G726_40},
        {"AAL2-G726-32/8000", CODEC_AAL2_G726_32},
        {"AAL2-G726-24/8000", CODEC_AAL2_G726_24},
        {"AAL2-G726-16/8000", CODEC_AAL2_G726_16},
        {"L16/8000", CODEC_L16},
        {"CLEARMODE/8000", CODEC_CLEARMODE},
        {"opus/48000", CODEC_COUNT}, /* two channels it must be (RFC 7587 7) */
        {"opus/8000/2", CODEC_COUNT},
        {"L16/44100/2", CODEC_COUNT},
        {"L16/8000/2", CODEC_COUNT},
        {"G722/16000", CODEC_COUNT},
        {"PCMA/16000", CODEC_COUNT},
        {"PCMA/8000/x", CODEC_COUNT},
        {"PCMA", CODEC_COUNT},
        {"iLBC/8000", CODEC_COUNT},
    };

    for (size_t i = 0; i < RT_COUNT(cases); i++) {
        struct sdp_audio a;
        char body[256];
        snprintf(body, sizeof body, SDP_HEAD "m=audio 4000 RTP/AVP 120\r\na=rtpmap:120 %s\r\n",
                 cases[i].rtpmap);
        int err = sdp_parse(&a, rt_str(body));
        ck_assert_msg(err == (cases[i].id == CODEC_COUNT ? ENOTSUP : 0), "%s", cases[i].rtpmap);
        if (err == 0) {
            ck_assert_int_eq(a.codec[0].id, cases[i].id);
            ck_assert_uint_eq(a.codec[0].payload, 120);
            ck_assert_uint_eq(sdp_codecs(rt_str(body), SDP_SECURITY_OFF), CODEC_BIT(cases[i].id));
        }
    }
}
END_TEST

/** RFC 3551 6, table 4. */
START_TEST(static_payload_types_need_no_rtpmap)
{
    static const enum codec_id want[] = {CODEC_PCMU, CODEC_GSM, CODEC_PCMA, CODEC_G722, CODEC_G729};
    struct sdp_audio a;

    ck_assert_int_eq(sdp_parse(&a, rt_str(SDP_HEAD "m=audio 4000 RTP/AVP 0 3 8 9 18 13\r\n")), 0);
    ck_assert_uint_eq(a.ncodecs, RT_COUNT(want));
    for (unsigned i = 0; i < a.ncodecs; i++)
        ck_assert_int_eq(a.codec[i].id, want[i]);
    ck_assert_int_eq(a.cn_payload, 13);
    /* what an rtpmap says wins over the table, and 96 and up mean nothing without */
    ck_assert_int_eq(sdp_parse(&a, rt_str(SDP_HEAD "m=audio 4000 RTP/AVP 3 96 103\r\n"
                                                   "a=rtpmap:3 G726-32/8000\r\n")),
                     0);
    ck_assert_uint_eq(a.ncodecs, 1);
    ck_assert_int_eq(a.codec[0].id, CODEC_G726_32);
}
END_TEST

START_TEST(of_several_payload_types_of_one_codec_the_first_counts)
{
    struct sdp_audio local = sdp_rig_ours(CODEC_OPUS, CODEC_PCMA, CODEC_COUNT);
    struct sdp_audio agreed =
        sdp_rig_answer(SDP_HEAD "m=audio 4000 RTP/AVP 97 98 8 99\r\na=rtpmap:97 opus/48000/2\r\n"
                                "a=fmtp:97 useinbandfec=1\r\na=rtpmap:98 opus/48000/2\r\n"
                                "a=rtpmap:99 PCMA/8000\r\n",
                       &local, NULL);

    ck_assert_uint_eq(agreed.ncodecs, 2);
    ck_assert_uint_eq(agreed.codec[0].payload, 97);
    ck_assert(agreed.codec[0].params.fec);
    ck_assert_uint_eq(agreed.codec[1].payload, 8);
}
END_TEST

/* ---- fmtp ---- */

static struct codec_params params(const char *encoding, const char *fmtp)
{
    struct sdp_audio a;
    char body[384];

    snprintf(body, sizeof body, SDP_HEAD "m=audio 4000 RTP/AVP 111\r\na=rtpmap:111 %s\r\n%s%s\r\n",
             encoding, fmtp ? "a=fmtp:111 " : "a=x", fmtp ? fmtp : "");
    ck_assert_int_eq(sdp_parse(&a, rt_str(body)), 0);
    return a.codec[0].params;
}

START_TEST(what_opus_is_asked_for)
{
    struct codec_params p = params("opus/48000/2", NULL);
    ck_assert(p.bitrate == 0 && !p.fec && !p.dtx && !p.cbr); /* RFC 7587 6.1: the defaults */

    /* RFC 7587 7, the second example */
    p = params("opus/48000/2", "maxplaybackrate=16000; sprop-maxcapturerate=16000; "
                               "maxaveragebitrate=20000; stereo=1; useinbandfec=1; usedtx=0");
    ck_assert(p.bitrate == 20000 && p.fec && !p.dtx && !p.cbr);
    p = params("opus/48000/2", "cbr=1;usedtx=1;UseInbandFEC=0");
    ck_assert(p.bitrate == 0 && !p.fec && p.dtx && p.cbr);
    p = params("opus/48000/2", "maxaveragebitrate=5999");
    ck_assert_uint_eq(p.bitrate, 0); /* 6.1: 6000 to 510000, others should be ignored */
    p = params("opus/48000/2", "maxaveragebitrate=510001");
    ck_assert_uint_eq(p.bitrate, 0);
    p = params("opus/48000/2", "maxaveragebitrate=510000");
    ck_assert_uint_eq(p.bitrate, 510000);
    p = params("opus/48000/2", ";;=;maxaveragebitrate;useinbandfec");
    ck_assert(p.bitrate == 0 && !p.fec);
}
END_TEST

/** RFC 4856 2.1.9: annex B is on when nothing is said. */
START_TEST(what_g729_is_asked_for)
{
    ck_assert(params("G729/8000", NULL).dtx);
    ck_assert(params("G729/8000", "annexb=yes").dtx);
    ck_assert(!params("G729/8000", "annexb=no").dtx);
    ck_assert(!params("G729/8000", " AnnexB = NO ").dtx);
    ck_assert(!params("GSM/8000", NULL).dtx);
}
END_TEST

START_TEST(annex_b_needs_both_sides)
{
    static const char offer[] = SDP_HEAD "m=audio 4000 RTP/AVP 18\r\n";
    struct sdp_audio local = sdp_rig_ours(CODEC_G729, CODEC_COUNT);

    struct sdp_audio agreed = sdp_rig_answer(offer, &local,
                                             "m=audio 20000 RTP/AVP 18\r\n"
                                             "a=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\n"
                                             "a=sendrecv\r\n");
    ck_assert(!agreed.codec[0].params.dtx);
    local.codec[0].params.dtx = true;
    agreed = sdp_rig_answer(offer, &local,
                            "m=audio 20000 RTP/AVP 18\r\na=rtpmap:18 G729/8000\r\na=sendrecv\r\n");
    ck_assert(agreed.codec[0].params.dtx);
    agreed = sdp_rig_answer(SDP_HEAD "m=audio 4000 RTP/AVP 18\r\na=fmtp:18 annexb=no\r\n", &local,
                            "m=audio 20000 RTP/AVP 18\r\na=rtpmap:18 G729/8000\r\n"
                            "a=fmtp:18 annexb=no\r\na=sendrecv\r\n");
    ck_assert(!agreed.codec[0].params.dtx);
}
END_TEST

/* ---- offers ---- */

START_TEST(an_offer_names_codecs_events_and_noise_in_that_order)
{
    struct sdp_audio local = sdp_rig_ours(CODEC_OPUS, CODEC_G722, CODEC_PCMA, CODEC_GSM, CODEC_G729,
                                          CODEC_G726_32, CODEC_COUNT);
    char want[1024];

    local.cn_payload = 13;
    local.maxptime = 60;
    snprintf(want, sizeof want,
             "m=audio 20000 RTP/AVP 96 9 8 3 18 103 101 102 13\r\n"
             "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 %s\r\n"
             "a=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:3 GSM/8000\r\n"
             "a=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\na=rtpmap:103 G726-32/8000\r\n"
             "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
             "a=rtpmap:102 telephone-event/48000\r\na=fmtp:102 0-15\r\n"
             "a=rtpmap:13 CN/8000\r\na=ptime:20\r\na=maxptime:60\r\na=sendrecv\r\n",
             codec_table[CODEC_OPUS].fmtp);
    ck_assert_uint_eq(codec_table[CODEC_OPUS].payload, 96);
    sdp_rig_offers(&local, want);
}
END_TEST

START_TEST(event_numbers_avoid_those_of_codecs)
{
    struct sdp_audio local = sdp_rig_ours(CODEC_G726_40, CODEC_OPUS, CODEC_COUNT);

    local.codec[0].payload = 102;
    struct sdp_audio agreed =
        sdp_rig_accept(SDP_HEAD "m=audio 4000 RTP/AVP 96 103\r\na=rtpmap:96 opus/48000/2\r\n"
                                "a=rtpmap:103 telephone-event/48000\r\n",
                       &local);
    ck_assert_int_eq(agreed.event_payload_in, 103); /* 101 is at 8000, 102 is a codec */
    local.ncodecs = 1;
    local.codec[0] = local.codec[1];
    agreed = sdp_rig_accept(SDP_HEAD "m=audio 4000 RTP/AVP 96 120\r\na=rtpmap:96 opus/48000/2\r\n"
                                     "a=rtpmap:120 telephone-event/48000\r\n",
                            &local);
    ck_assert_int_eq(agreed.event_payload, 120);
    ck_assert_int_eq(agreed.event_payload_in, 101); /* the only clock there is */
}
END_TEST

/* ---- payload types both ways ---- */

/** RFC 3264 5.1: what an answer says is what we send; what we said we receive. */
START_TEST(payload_types_differ_by_direction)
{
    struct sdp_audio local = sdp_rig_ours(CODEC_OPUS, CODEC_PCMA, CODEC_COUNT);

    local.cn_payload = 13;
    struct sdp_audio a = sdp_rig_accept(
        SDP_HEAD "m=audio 4000 RTP/AVP 111 8 97 98 19\r\na=rtpmap:111 opus/48000/2\r\n"
                 "a=rtpmap:97 telephone-event/8000\r\na=rtpmap:98 telephone-event/48000\r\n"
                 "a=rtpmap:19 CN/8000\r\n",
        &local);
    ck_assert_uint_eq(a.codec[0].payload, 111);
    ck_assert_uint_eq(a.codec[0].payload_in, 96);
    ck_assert_uint_eq(a.codec[1].payload, 8);
    ck_assert_uint_eq(a.codec[1].payload_in, 8);
    ck_assert_uint_eq(a.nevents, 2);
    ck_assert_uint_eq(a.event[0].clock, 8000);
    ck_assert_uint_eq(a.event[0].payload, 97);
    ck_assert_uint_eq(a.event[0].payload_in, 101);
    ck_assert_int_eq(a.event_payload, 98); /* the clock of the sound */
    ck_assert_int_eq(a.event_payload_in, 102);
    ck_assert_uint_eq(a.event_clock, 48000);
    ck_assert_int_eq(a.cn_payload, 19);
    ck_assert_int_eq(a.cn_payload_in, 13);
}
END_TEST

START_TEST(an_answer_of_ours_keeps_the_offers_payload_types)
{
    struct sdp_audio local = sdp_rig_ours(CODEC_PCMA, CODEC_OPUS, CODEC_COUNT);
    char want[512];

    snprintf(want, sizeof want,
             "m=audio 20000 RTP/AVP 111 8 126 110\r\na=rtpmap:111 opus/48000/2\r\n"
             "a=fmtp:111 %s\r\na=rtpmap:8 PCMA/8000\r\n"
             "a=rtpmap:126 telephone-event/8000\r\na=fmtp:126 0-15\r\n"
             "a=rtpmap:110 telephone-event/48000\r\na=fmtp:110 0-15\r\na=sendrecv\r\n",
             codec_table[CODEC_OPUS].fmtp);
    struct sdp_audio a = sdp_rig_answer(
        SDP_HEAD "m=audio 4000 RTP/AVP 111 8 126 110 113 13\r\na=rtpmap:111 opus/48000/2\r\n"
                 "a=rtpmap:126 telephone-event/8000\r\na=rtpmap:110 telephone-event/48000\r\n"
                 "a=rtpmap:113 telephone-event/16000\r\n",
        &local, want);
    ck_assert_uint_eq(a.codec[0].payload_in, 111);
    ck_assert_int_eq(a.event_payload, 110);
    ck_assert_int_eq(a.event_payload_in, 110);
    ck_assert_int_eq(a.cn_payload, -1); /* we have not said that we do it */
}
END_TEST

/** Peers that name only 8000 beside Opus mean it. */
START_TEST(events_at_8000_beside_opus_will_do)
{
    struct sdp_audio local = sdp_rig_ours(CODEC_OPUS, CODEC_COUNT);
    struct sdp_audio a =
        sdp_rig_answer(SDP_HEAD "m=audio 4000 RTP/AVP 111 101\r\na=rtpmap:111 opus/48000/2\r\n"
                                "a=rtpmap:101 telephone-event/8000\r\n",
                       &local, NULL);
    ck_assert_int_eq(a.event_payload, 101);
    ck_assert_uint_eq(a.event_clock, 8000);
}
END_TEST

START_TEST(comfort_noise_when_both_do_it)
{
    struct sdp_audio local = sdp_rig_ours(CODEC_PCMU, CODEC_COUNT);

    local.event_payload = -1;
    local.cn_payload = 13;
    struct sdp_audio a = sdp_rig_answer(SDP_HEAD "m=audio 4000 RTP/AVP 0 13\r\n", &local,
                                        "m=audio 20000 RTP/AVP 0 13\r\na=rtpmap:0 PCMU/8000\r\n"
                                        "a=rtpmap:13 CN/8000\r\na=sendrecv\r\n");
    ck_assert_int_eq(a.cn_payload, 13);
    a = sdp_rig_answer(SDP_HEAD "m=audio 4000 RTP/AVP 0 98\r\na=rtpmap:98 CN/16000\r\n", &local,
                       "m=audio 20000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n");
    ck_assert_int_eq(a.cn_payload, -1);
    ck_assert_int_eq(a.cn_payload_in, -1);
}
END_TEST

/* ---- packet times ---- */

START_TEST(packets_hold_whole_frames)
{
    static const struct {
        enum codec_id id;
        const char *times;
        unsigned want; /* 0: nothing said, 20 is sent */
    } cases[] = {
        {CODEC_PCMA, "", 0},
        {CODEC_PCMA, "a=ptime:5\r\n", 10},
        {CODEC_PCMA, "a=ptime:25\r\n", 20},
        {CODEC_PCMA, "a=ptime:30\r\n", 30},
        {CODEC_PCMA, "a=ptime:100\r\n", 60},
        {CODEC_PCMA, "a=maxptime:10\r\n", 10},
        {CODEC_PCMA, "a=maxptime:150\r\n", 0},
        {CODEC_PCMA, "a=ptime:0\r\na=maxptime:0\r\n", 0},
        {CODEC_GSM, "a=ptime:10\r\n", 20}, /* its frame is 20 ms */
        {CODEC_GSM, "a=ptime:30\r\n", 20},
        {CODEC_GSM, "a=ptime:60\r\na=maxptime:50\r\n", 40},
        {CODEC_GSM, "a=maxptime:10\r\n", 0},
        {CODEC_G729, "a=ptime:10\r\n", 10},
        {CODEC_G729, "a=ptime:30\r\n", 30},
        {CODEC_G729, "a=ptime:35\r\n", 30},
        {CODEC_OPUS, "a=ptime:3\r\n", 10},
        {CODEC_OPUS, "a=ptime:120\r\n", 60},
    };

    for (size_t i = 0; i < RT_COUNT(cases); i++) {
        struct sdp_audio local = sdp_rig_ours(cases[i].id, CODEC_COUNT);
        const struct codec *c = &codec_table[cases[i].id];
        char offer[256];
        snprintf(offer, sizeof offer,
                 SDP_HEAD "m=audio 4000 RTP/AVP %u\r\na=rtpmap:%u %s/%u%s\r\n%s", c->payload,
                 c->payload, c->name, c->clock, c->channels == 2 ? "/2" : "", cases[i].times);
        struct sdp_audio a = sdp_rig_answer(offer, &local, NULL);
        ck_assert_msg(a.ptime == cases[i].want, "%s %s: %u", c->name, cases[i].times, a.ptime);
    }
}
END_TEST

/* ---- order ---- */

#define ALL "m=audio 4000 RTP/AVP 3 9 8 0\r\n"

START_TEST(the_answer_has_the_order_that_was_asked_for)
{
    static const struct {
        enum sdp_order order;
        enum codec_id want[4];
    } cases[] = {
        {SDP_ORDER_OFFER, {CODEC_GSM, CODEC_G722, CODEC_PCMA, CODEC_PCMU}},
        {SDP_ORDER_OURS, {CODEC_PCMU, CODEC_PCMA, CODEC_G722, CODEC_GSM}},
        /* A-law and mu-law cost the same, the offer's order decides; the others by the table */
        {SDP_ORDER_CHEAPEST, {CODEC_PCMA, CODEC_PCMU, CODEC_COUNT, CODEC_COUNT}},
    };

    for (size_t i = 0; i < RT_COUNT(cases); i++) {
        struct sdp_audio local =
            sdp_rig_ours(CODEC_PCMU, CODEC_PCMA, CODEC_G722, CODEC_GSM, CODEC_COUNT);
        local.wish.order = cases[i].order;
        struct sdp_audio a = sdp_rig_answer(SDP_HEAD ALL, &local, NULL);
        ck_assert_uint_eq(a.ncodecs, 4);
        for (unsigned k = 0; k < 4 && cases[i].want[k] != CODEC_COUNT; k++)
            ck_assert_int_eq(a.codec[k].id, cases[i].want[k]);
        if (cases[i].order == SDP_ORDER_CHEAPEST)
            ck_assert_uint_le(codec_table[a.codec[2].id].cost, codec_table[a.codec[3].id].cost);
    }
}
END_TEST

START_TEST(our_order_is_written_into_the_answer)
{
    struct sdp_audio local = sdp_rig_ours(CODEC_PCMA, CODEC_GSM, CODEC_COUNT);

    local.wish.order = SDP_ORDER_OURS;
    sdp_rig_answer(SDP_HEAD ALL, &local,
                   "m=audio 20000 RTP/AVP 8 3\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:3 GSM/8000\r\n"
                   "a=sendrecv\r\n");
}
END_TEST

/** Our order decides, and with the first codec what goes with it: its clock of telephone-event,
 * whole frames. */
static struct sdp_audio preferring(enum codec_id a, enum codec_id b, enum codec_id c)
{
    struct sdp_audio local = sdp_rig_ours(a, b, c, CODEC_COUNT), agreed;
    struct sdp_origin origin = {1, 1};
    struct rt_buf out = {0};

    local.wish.order = SDP_ORDER_OURS;
    ck_assert_int_eq(
        sdp_answer(&out, &agreed,
                   rt_str(SDP_HEAD
                          "m=audio 4000 RTP/AVP 8 96 3 101 102\r\na=rtpmap:96 opus/48000/2\r\n"
                          "a=rtpmap:101 telephone-event/8000\r\n"
                          "a=rtpmap:102 telephone-event/48000\r\na=ptime:30\r\n"),
                   &local, &origin),
        0);
    rt_buf_release(&out);
    return agreed;
}

START_TEST(a_preference_of_the_moment)
{
    struct sdp_audio a = preferring(CODEC_PCMA, CODEC_OPUS, CODEC_GSM);

    ck_assert_uint_eq(a.ptime, 30);
    ck_assert_int_eq(a.event_payload, 101);
    a = preferring(CODEC_OPUS, CODEC_PCMA, CODEC_GSM);
    ck_assert_int_eq(a.codec[0].id, CODEC_OPUS);
    ck_assert_int_eq(a.codec[1].id, CODEC_PCMA);
    ck_assert_int_eq(a.codec[2].id, CODEC_GSM);
    ck_assert_int_eq(a.event_payload, 102);
    a = preferring(CODEC_GSM, CODEC_OPUS, CODEC_PCMA);
    ck_assert_int_eq(a.codec[0].id, CODEC_GSM);
    ck_assert_uint_eq(a.ptime, 20);
    ck_assert_int_eq(a.event_payload, 101);
    ck_assert_int_eq(a.codec[1].id, CODEC_OPUS);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sdp_codecs");
    TCase *tc = tcase_create("sdp_codecs");

    tcase_add_test(tc, each_codec_is_known_by_its_rtpmap);
    tcase_add_test(tc, static_payload_types_need_no_rtpmap);
    tcase_add_test(tc, of_several_payload_types_of_one_codec_the_first_counts);
    tcase_add_test(tc, what_opus_is_asked_for);
    tcase_add_test(tc, what_g729_is_asked_for);
    tcase_add_test(tc, annex_b_needs_both_sides);
    tcase_add_test(tc, an_offer_names_codecs_events_and_noise_in_that_order);
    tcase_add_test(tc, event_numbers_avoid_those_of_codecs);
    tcase_add_test(tc, payload_types_differ_by_direction);
    tcase_add_test(tc, an_answer_of_ours_keeps_the_offers_payload_types);
    tcase_add_test(tc, events_at_8000_beside_opus_will_do);
    tcase_add_test(tc, comfort_noise_when_both_do_it);
    tcase_add_test(tc, packets_hold_whole_frames);
    tcase_add_test(tc, the_answer_has_the_order_that_was_asked_for);
    tcase_add_test(tc, our_order_is_written_into_the_answer);
    tcase_add_test(tc, a_preference_of_the_moment);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
