/* Bearers in the plan and in routing: what a call asks for towards each kind of trunk. */
#include "test/unit/plan_rig.h"
#include "gw/route.h"

#include <errno.h>

#define HEAD                                                                                       \
    "version 1\n"                                                                                  \
    "sip {\n listen udp:10.0.0.1:5060\n}\n"                                                        \
    "span 1 {\n pseudowire local 10.0.0.1:7001 remote 10.0.0.9:7001\n isdn euroisdn user\n}\n"     \
    "trunk pbx {\n sip sip:10.0.0.2\n %s\n}\n"                                                     \
    "trunk pri {\n span 1\n channels 1-9\n %s\n}\n"                                                \
    "trunk lab {\n span 1\n channels 10-15\n bearer data\n}\n"                                     \
    "routes from pbx {\n * -> lab, pri, pbx\n}\n"                                                  \
    "routes from pri {\n * -> lab, pbx\n}\n"

static void read_plan(const char *peer, const char *span)
{
    rig_plan(HEAD, peer, span);
}

static const struct gw_trunk *trunk(const char *name)
{
    return gw_plan_trunk(plan, rt_str(name));
}

static void refused(const char *peer, const char *span, const char *why)
{
    read_plan(peer, span);
    ck_assert_ptr_null(plan);
    ck_assert_msg(diag.text.p && strstr(diag.text.p, why), "%s", diag.text.p ? diag.text.p : "-");
}

START_TEST(a_span_asks_for_audio_unless_told)
{
    read_plan("", "");
    ck_assert_ptr_nonnull(plan);
    ck_assert_int_eq(trunk("pri")->bearer, GW_BEARER_AUDIO); /* RFC 4497 table 3 */
    ck_assert_int_eq(trunk("lab")->bearer, GW_BEARER_DATA64);
}
END_TEST

START_TEST(a_span_asks_for_speech)
{
    read_plan("", "bearer speech");
    ck_assert_ptr_nonnull(plan);
    ck_assert_int_eq(trunk("pri")->bearer, GW_BEARER_SPEECH);
}
END_TEST

START_TEST(a_bearer_that_is_none)
{
    refused("", "bearer video", "video");
}
END_TEST

START_TEST(a_bearer_of_a_peer)
{
    refused("bearer audio", "", "\"bearer\" is for trunks on a span");
}
END_TEST

START_TEST(names_and_back)
{
    enum gw_bearer b;

    for (unsigned i = 0; i < GW_BEARERS; i++) {
        ck_assert_int_eq(gw_bearer_parse(&b, rt_str(gw_bearer_name((enum gw_bearer)i))), 0);
        ck_assert_uint_eq(b, i);
    }
    ck_assert_int_eq(gw_bearer_parse(&b, rt_str("data")), EINVAL);
}
END_TEST

START_TEST(what_each_trunk_is_asked_for)
{
    enum { AUDIO = GW_BEARER_AUDIO, SPEECH = GW_BEARER_SPEECH, DATA = GW_BEARER_DATA64 };
    static const struct {
        const char *from, *to;
        int asked;
        bool either;
        unsigned cause;
        int bearer;
    } rows[] = {
        {"pbx", "pri", AUDIO, false, 0, SPEECH}, /* as the span says */
        {"pbx", "lab", AUDIO, false, 65, 0},      {"pbx", "lab", AUDIO, true, 0, DATA},
        {"pbx", "pri", AUDIO, true, 0, SPEECH},   {"pbx", "pri", DATA, false, 0, DATA},
        {"pbx", "pbx", AUDIO, true, 0, AUDIO},    {"pbx", "pbx", DATA, false, 0, DATA},
        {"pri", "lab", AUDIO, false, 0, AUDIO}, /* from ISDN to ISDN as it is */
        {"pri", "lab", SPEECH, false, 0, SPEECH}, {"pri", "pri", AUDIO, false, 0, AUDIO},
        {"pri", "pri", DATA, false, 0, DATA},     {"pri", "pbx", SPEECH, false, 0, SPEECH},
    };

    read_plan("", "bearer speech");
    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct gw_route_query q = {.from = trunk(rows[i].from),
                                   .bearer = (enum gw_bearer)rows[i].asked,
                                   .either = rows[i].either};
        enum gw_bearer b;
        ck_assert_msg(gw_route_bearer(&b, &q, trunk(rows[i].to)) == rows[i].cause, "row %zu", i);
        ck_assert_msg(rows[i].cause || (int)b == rows[i].bearer, "row %zu", i);
    }
}
END_TEST

static void explained(const char *from, enum gw_bearer bearer, const char *const *lines, size_t n)
{
    struct gw_route_query q = {.from = trunk(from), .bearer = bearer};
    struct gw_decision d;
    struct gw_explain text = {.step = 0};

    rt_str_copy(q.called.digits, sizeof q.called.digits, rt_str("30123"));
    gw_route(&d, plan, &q, &text);
    for (size_t i = 0; i < n; i++)
        ck_assert_msg(strstr(text.text.p, lines[i]), "%s\n%s", lines[i], text.text.p);
    gw_explain_release(&text);
}

START_TEST(an_explanation_says_what_becomes_of_the_bearer)
{
    static const char *const data[] = {"bearer data64\n", "bearer data64: offered as CLEARMODE\n"};
    static const char *const audio[] = {
        "bearer audio: refused with cause 65, this trunk carries data64 alone\n",
        "bearer audio: offered as the codecs of \"media\"\n"};

    read_plan("", "");
    explained("pri", GW_BEARER_DATA64, data, RT_COUNT(data));
    explained("pbx", GW_BEARER_AUDIO, audio, RT_COUNT(audio));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_span_asks_for_audio_unless_told,
                                  a_span_asks_for_speech,
                                  a_bearer_that_is_none,
                                  a_bearer_of_a_peer,
                                  names_and_back,
                                  what_each_trunk_is_asked_for,
                                  an_explanation_says_what_becomes_of_the_bearer};
    Suite *s = suite_create("bearer");
    TCase *tc = tcase_create("bearer");
    tcase_add_checked_fixture(tc, setup, teardown);
    for (size_t i = 0; i < RT_COUNT(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad != 0;
}
