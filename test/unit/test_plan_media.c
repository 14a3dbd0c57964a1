/* What the plan says of sound. */
#include "test/unit/plan_rig.h"

#define HEAD                                                                                       \
    "version 1\nsip { listen udp:10.0.0.1:5060 }\nmedia { %s }\n"                                  \
    "span 1 {\n pseudowire local 10.0.0.1:7001 remote 10.0.0.9:7002\n e1\n"                        \
    " isdn euroisdn user\n}\nsite b { dialling de area 30 }\n"
#define PEER "trunk pbx {\n sip sip:10.0.0.2\n %s\n}\n"
#define LINE "trunk pri {\n span 1\n %s\n}\n"

static const struct gw_trunk_media *peer(const char *media, const char *statement)
{
    rig_plan(HEAD PEER, media, statement);
    ck_assert_msg(plan != NULL, "%s", diag.text.p ? diag.text.p : "");
    return &plan->trunks[0].media;
}

static const struct gw_trunk_media *line(const char *media, const char *statement)
{
    rig_plan(HEAD LINE, media, statement);
    ck_assert_msg(plan != NULL, "%s", diag.text.p ? diag.text.p : "");
    return &plan->trunks[0].media;
}

START_TEST(a_peer_has_its_defaults)
{
    const struct gw_trunk_media *m = peer("", "");

    ck_assert_uint_eq(m->codecs.n, 2);
    ck_assert_int_eq(m->codecs.id[0], CODEC_PCMA);
    ck_assert_int_eq(m->codecs.id[1], CODEC_PCMU);
    ck_assert_int_eq(m->choice, GW_CODEC_OFFER);
    ck_assert(!m->transcode && !m->noise && !m->fixed && m->passthrough);
    ck_assert_uint_eq(m->ptime, 20);
    ck_assert_int_eq(m->gain_in, 0);
    ck_assert_int_eq(m->gain_out, 0);
    ck_assert_int_eq(plan->trunks[0].session.dtmf, GW_DTMF_AUTO);
}
END_TEST

START_TEST(codecs_are_those_of_media_or_its_own)
{
    const struct gw_trunk_media *m = peer("codecs opus, g722", "");

    ck_assert_uint_eq(m->codecs.n, 2);
    ck_assert_int_eq(m->codecs.id[0], CODEC_OPUS);
    teardown();
    setup();
    m = peer("codecs opus, g722", "codecs gsm, aal2-g726-32, l16");
    ck_assert_uint_eq(m->codecs.n, 3);
    ck_assert_int_eq(m->codecs.id[0], CODEC_GSM);
    ck_assert_int_eq(m->codecs.id[1], CODEC_AAL2_G726_32);
    ck_assert_int_eq(m->codecs.id[2], CODEC_L16);
}
END_TEST

START_TEST(what_a_peer_may_say)
{
    const struct gw_trunk_media *m =
        peer("", "codec-choice cheapest\n transcode allow\n ptime 60ms\n comfort-noise on\n"
                 " jitter-buffer fixed\n fax off\n gain in +3dB out -2.5\n dtmf inband");

    ck_assert_int_eq(m->choice, GW_CODEC_CHEAPEST);
    ck_assert(m->transcode && m->noise && m->fixed && !m->passthrough);
    ck_assert_uint_eq(m->ptime, 60);
    ck_assert_int_eq(m->gain_in, 30);
    ck_assert_int_eq(m->gain_out, -25);
    ck_assert_int_eq(plan->trunks[0].session.dtmf, GW_DTMF_INBAND);
}
END_TEST

START_TEST(digits_have_times_of_their_own)
{
    peer("", "");
    ck_assert_uint_eq(plan->media.digit_on, 40);
    ck_assert_uint_eq(plan->media.digit_off, 40);
    teardown();
    setup();
    peer("digits on 60ms off 30ms", "");
    ck_assert_uint_eq(plan->media.digit_on, 60);
    ck_assert_uint_eq(plan->media.digit_off, 30);
}
END_TEST

START_TEST(a_line_cancels_echo_unless_it_is_told_not_to)
{
    const struct gw_trunk_media *m = line("", "gain in -24 out 12dB");

    ck_assert(m->echo);
    ck_assert_int_eq(m->gain_in, -240);
    ck_assert_int_eq(m->gain_out, 120);
    teardown();
    setup();
    ck_assert(!line("", "echo-cancel off")->echo);
}
END_TEST

/** Two cancellers in a row take each other for speech. */
START_TEST(a_card_that_cancels_echo_does_it_alone)
{
    static const char text[] = "version 1\nspan 1 {\n dahdi 1\n e1\n isdn euroisdn user\n%s}\n"
                               "site b { dialling de area 30 }\ntrunk pri {\n span 1\n%s}\n";

    rig_plan(text, " echo-cancel 32\n", "");
    ck_assert_msg(plan != NULL, "%s", diag.text.p ? diag.text.p : "");
    ck_assert(!plan->trunks[0].media.echo);
    teardown();
    setup();
    rig_plan(text, "", "");
    ck_assert(plan->trunks[0].media.echo);
    teardown();
    setup();
    rig_plan(text, " echo-cancel 32\n", " echo-cancel on\n gain in 3\n");
    ck_assert_ptr_null(plan);
    ck_assert_ptr_nonnull(strstr(diag.text.p, "span 1 has an echo canceller of its own"));
    ck_assert_ptr_nonnull(strstr(diag.text.p, "have a \"gain\" of their own"));
}
END_TEST

static const struct {
    const char *media, *peer, *error;
} wrong[] = {
    {"", "codecs pcma, g723", "unknown codec \"g723\" - did you mean \"g722\"?"},
    {"", "codecs gsm, gsm", "codec \"gsm\" stands twice"},
    {"", "codecs clearmode", "carries no sound"},
    {"", "ptime 25ms", "\"ptime\" is 10ms, 20ms,"},
    {"", "ptime 70ms", "\"ptime\" is 10ms, 20ms,"},
    {"", "ptime 0ms", "\"ptime\" is 10ms, 20ms,"},
    {"", "gain in 12.1", "\"12.1\" is no gain: -24 to 12 dB"},
    {"", "gain out -24.1", "\"-24.1\" is no gain: -24 to 12 dB"},
    {"", "gain out loud", "\"loud\" is no gain"},
    {"", "gain", "\"gain\" lacks \"in\" or \"out\""},
    {"", "echo-cancel on", "\"echo-cancel\" is for trunks on a span"},
    {"codecs pcma, pcmz", "", "unknown codec \"pcmz\""},
};

START_TEST(what_is_wrong_is_said)
{
    rig_plan(HEAD PEER, wrong[_i].media, wrong[_i].peer);
    ck_assert_ptr_null(plan);
    ck_assert_msg(strstr(diag.text.p, wrong[_i].error) != NULL, "%s", diag.text.p);
}
END_TEST

START_TEST(a_codec_without_its_worker_says_so)
{
    rig_plan(HEAD PEER, "", "codecs g729");
    ck_assert_ptr_null(plan);
    ck_assert_ptr_nonnull(strstr(diag.text.p, "codec \"g729\" needs tandem-g729"));
}
END_TEST

START_TEST(lines_have_no_codecs)
{
    static const char *const words[] = {"codecs pcma", "codec-choice ours", "transcode avoid",
                                        "ptime 20ms",  "comfort-noise on",  "fax off",
                                        "dtmf inband"};

    rig_plan(HEAD LINE, "", words[_i]);
    ck_assert_ptr_null(plan);
    ck_assert_ptr_nonnull(strstr(diag.text.p, "is for trunks with a SIP peer"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan_media");
    TCase *tc = tcase_create("all");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_peer_has_its_defaults);
    tcase_add_test(tc, codecs_are_those_of_media_or_its_own);
    tcase_add_test(tc, what_a_peer_may_say);
    tcase_add_test(tc, digits_have_times_of_their_own);
    tcase_add_test(tc, a_line_cancels_echo_unless_it_is_told_not_to);
    tcase_add_test(tc, a_card_that_cancels_echo_does_it_alone);
    tcase_add_loop_test(tc, what_is_wrong_is_said, 0, (int)(sizeof wrong / sizeof *wrong));
    tcase_add_test(tc, a_codec_without_its_worker_says_so);
    tcase_add_loop_test(tc, lines_have_no_codecs, 0, 7);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
