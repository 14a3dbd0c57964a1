/* Our own carrier and routing codes (RFC 4694 5): what a call that names them is routed on, and
 * which carriers hear of them.
 */
#include "dialplan/ported.h"
#include "gw/leg.h"
#include "gw/route.h"
#include "test/fake/fake.h"
#include "test/unit/plan_rig.h"

#define HEAD                                                                                       \
    "version 1\n"                                                                                  \
    "sip { listen udp:127.0.0.1:5060 }\n"                                                          \
    "site us { dialling us area 202 }\n"                                                           \
    "trunk in { sip sip:127.0.0.1:5062\n site us\n numbers e164 }\n"                               \
    "trunk ours { sip sip:192.0.2.1\n numbers e164\n carrier own }\n"                              \
    "trunk theirs { sip sip:192.0.2.2\n numbers e164 }\n"

static const char codes[] = "network {\n"
                            "    cic   +1-0999, +1-0288, 7777\n"
                            "    node  +12125550000\n"
                            "    lrn   +1-212-555-0001\n"
                            "}\n";
static const char routes[] = "routes from in {\n"
                             "    +1*          -> ours, theirs\n"
                             "    +12025440000 -> theirs\n"
                             "}\n";
static const char lnp[] = "lnp npac { table npac.tdb\n on-miss mark npdi }\n";

static struct gw_decision route(const char *rn, const char *cic, bool npdi)
{
    struct gw_carrier carrier = {.npdi = npdi};
    struct gw_decision d;
    struct gw_route_query q = {.from = gw_plan_trunk(plan, rt_str("in")), .carrier = &carrier};

    rt_str_copy(carrier.rn, sizeof carrier.rn, rt_str(rn));
    rt_str_copy(carrier.cic, sizeof carrier.cic, rt_str(cic));
    ck_assert_int_eq(dp_number_parse(&q.called, rt_str("+12025331234")), 0);
    gw_route(&d, plan, &q, NULL);
    return d;
}

/** "rn;cic;npdi" that a hop's INVITE has. */
static const char *told(const struct gw_hop *hop)
{
    static char text[200];

    snprintf(text, sizeof text, "%s;%s;%s", hop->carrier.rn, hop->carrier.cic,
             hop->carrier.npdi ? "npdi" : "");
    return text;
}

static void good_plan(const char *more)
{
    rig_plan("%s%s%s%s", HEAD, codes, routes, more);
    ck_assert_msg(plan != NULL, "%s", diag.text.p);
}

START_TEST(codes_are_kept_without_separators)
{
    good_plan("");
    const struct gw_network *w = &plan->dial.network;
    ck_assert_str_eq(w->cic[0], "+10999");
    ck_assert_str_eq(w->cic[1], "+10288");
    ck_assert_str_eq(w->cic[2], "7777");
    ck_assert_ptr_null(w->cic[3]);
    ck_assert_str_eq(w->node[0], "+12125550000");
    ck_assert_str_eq(w->lrn[0], "+12125550001");
    ck_assert(gw_plan_trunk(plan, rt_str("ours"))->own_carrier);
    ck_assert(!gw_plan_trunk(plan, rt_str("theirs"))->own_carrier);
    ck_assert(!gw_plan_trunk(plan, rt_str("in"))->own_carrier);
}
END_TEST

START_TEST(what_is_no_code_is_refused)
{
    static const char *const bad[] = {"+", "+1x", "acme", "--", "\"\""};

    rig_plan("%snetwork { cic %s }\n%s", HEAD, bad[_i], routes);
    ck_assert_ptr_null(plan);
    ck_assert_ptr_nonnull(strstr(diag.text.p, "is no code like +1-0999"));
}
END_TEST

START_TEST(a_code_too_many_is_refused)
{
    char many[1024] = "1";

    for (unsigned i = 0; i < GW_NETWORK_CODES; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), ", %u", i);
    rig_plan("%snetwork { lrn %s }\n%s", HEAD, many, routes);
    ck_assert_ptr_null(plan);
    ck_assert_ptr_nonnull(strstr(diag.text.p, "at most 32 codes of \"lrn\""));
}
END_TEST

/** RFC 4694 5.1, after who is who. Both hops, or the only one, are told... */
START_TEST(our_own_codes_are_for_our_own_network)
{
    static const struct {
        const char *rn, *cic;
        const char *key, *ours, *theirs; /* ours NULL: there is one hop, theirs */
    } rows[] = {
        /* our carrier code: ignored for routing, another carrier is not told */
        {"", "+10288", "+12025331234", ";+10288;", ";;"},
        {"", "7777", "+12025331234", ";7777;", ";;"},
        /* beside it a foreign routing number counts */
        {"+12025440000", "+10999", "+12025440000", NULL, "+12025440000;;"},
        /* a routing number of this node is told to nobody */
        {"+12125550000", "", "+12025331234", ";;", ";;"},
        /* one of our network to our network alone */
        {"+12125550001", "", "+12025331234", "+12125550001;;", ";;"},
        /* another carrier's code stays */
        {"", "+16789", "+12025331234", ";+16789;", ";+16789;"},
        {"+12025440000", "", "+12025440000", NULL, "+12025440000;;"},
    };
    char text[DP_TEXT_LEN];

    good_plan("");
    struct gw_decision d = route(rows[_i].rn, rows[_i].cic, false);
    ck_assert_str_eq(dp_text(text, &d.key), rows[_i].key);
    ck_assert_uint_eq(d.nhops, rows[_i].ours ? 2 : 1);
    if (rows[_i].ours)
        ck_assert_str_eq(told(&d.hop[0]), rows[_i].ours);
    ck_assert_str_eq(told(&d.hop[d.nhops - 1]), rows[_i].theirs);
}
END_TEST

START_TEST(nothing_is_ours_without_the_statement)
{
    char text[DP_TEXT_LEN];

    rig_plan("%s%s", HEAD, routes);
    ck_assert_msg(plan != NULL, "%s", diag.text.p);
    struct gw_decision d = route("+12125550000", "", false);
    ck_assert_str_eq(dp_text(text, &d.key), "+12125550000");
    ck_assert_str_eq(told(&d.hop[0]), "+12125550000;;");
    ck_assert_str_eq(told(&d.hop[1]), "+12125550000;;");
}
END_TEST

/** RFC 4694 5.2.1 after a look-up of our own; a number that was ported to us is routed on itself.
 */
START_TEST(a_number_ported_to_us_is_routed_on_itself)
{
    static const struct {
        const char *routing, *key, *ours, *theirs;
    } rows[] = {
        {"+12025440000", "+12025440000", NULL, "+12025440000;;npdi"},
        {"+12125550000", "+12025331234", ";;npdi", ";;npdi"},
        {"+12125550001", "+12025331234", "+12125550001;;npdi", ";;npdi"},
        {NULL, "+12025331234", ";;npdi", ";;npdi"}, /* not ported */
    };
    struct dp_ported_report report;
    struct dp_ported_builder *b;
    const struct dp_ported_rules rules = {.country = NULL};
    const char *why;
    char text[DP_TEXT_LEN];

    fake_reset();
    ck_assert_int_eq(dp_ported_builder_new(&b, "npac.tdb", &rules), 0);
    ck_assert_int_eq(dp_ported_builder_add(b, rt_str("+12025339999"), rt_str("+12025440000"), &why),
                     0);
    if (rows[_i].routing)
        ck_assert_int_eq(
            dp_ported_builder_add(b, rt_str("+12025331234"), rt_str(rows[_i].routing), &why), 0);
    ck_assert_int_eq(dp_ported_builder_finish(b, &report), 0);
    dp_ported_builder_free(b);
    good_plan(lnp);
    struct gw_decision d = route("", "", false);
    ck_assert(d.dipped);
    ck_assert_str_eq(dp_text(text, &d.key), rows[_i].key);
    ck_assert_uint_eq(d.nhops, rows[_i].ours ? 2 : 1);
    if (rows[_i].ours)
        ck_assert_str_eq(told(&d.hop[0]), rows[_i].ours);
    ck_assert_str_eq(told(&d.hop[d.nhops - 1]), rows[_i].theirs);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan_network");
    TCase *tc = tcase_create("network");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, codes_are_kept_without_separators);
    tcase_add_loop_test(tc, what_is_no_code_is_refused, 0, 5);
    tcase_add_test(tc, a_code_too_many_is_refused);
    tcase_add_loop_test(tc, our_own_codes_are_for_our_own_network, 0, 7);
    tcase_add_test(tc, nothing_is_ours_without_the_statement);
    tcase_add_loop_test(tc, a_number_ported_to_us_is_routed_on_itself, 0, 4);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
