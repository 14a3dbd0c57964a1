/* What a call is routed on: routing numbers and carriers of those who are believed, ported numbers,
 * and what the next network is told (RFC 4694 5).
 */
#include "test/unit/route_rig.h"

/** acme is a customer, peer is not, stranger is not even trusted; own is our own network. */
#define PLAN(lnp)                                                                                  \
    ROUTE_HEAD "trunk acme {\n sip sip:10.0.0.2\n}\ntrunk peer {\n sip sip:10.0.0.3\n}\n"          \
               "trunk stranger {\n sip sip:10.0.0.4\n identity untrusted pai\n}\n"                 \
               "trunk own {\n sip sip:10.0.0.5\n numbers e164\n carrier own\n}\n"                  \
               "trunk out {\n sip sip:10.0.0.6\n numbers e164\n}\n"                                \
               "trunk x {\n sip sip:10.0.0.7\n numbers e164\n}\n"                                  \
               "customer a {\n trunks acme\n}\n"                                                   \
               "network {\n cic +1-0777\n node +12025550000\n lrn +12025559999\n}\n" lnp           \
               "routes from acme, peer, stranger {\n +1202544* -> x\n * -> out, own\n"             \
               " 0#* {\n strip 2\n use out\n}\n +441* {\n called +12025331234\n use out\n}\n}\n"
#define LNP(more) PLAN("lnp npac {\n table npac.tdb\n for +1*\n" more "\n}\n")

static struct gw_carrier carrier;

static void says(const char *rn, const char *cic, bool npdi)
{
    memset(&carrier, 0, sizeof carrier);
    rt_str_copy(carrier.rn, sizeof carrier.rn, rt_str(rn));
    rt_str_copy(carrier.cic, sizeof carrier.cic, rt_str(cic));
    carrier.npdi = npdi;
    q.carrier = &carrier;
}

/** In this world `number` is ported to `routing`. */
static void ported(const char *number, const char *routing)
{
    world.ported[world.nported].number = route_number(number);
    rt_str_copy(world.ported[world.nported++].routing, DP_TEXT_LEN, rt_str(routing));
}

#define key_is(want) ck_assert_str_eq(route_number_text(&d.key), want)

START_TEST(who_is_believed)
{
    route_plan(LNP("trust customers, peer\non-error route undipped"));
    says("+12025440000", "", true);
    route_is("acme", "+12025331234", "x");
    key_is("+12025440000");
    route_is("peer", "+12025331234", "x");
    route_is("stranger", "+12025331234", "out, own");
    key_is("+12025331234");
    ck_assert_str_eq(d.hop[0].carrier.rn, "");
    ck_assert(!d.hop[0].carrier.npdi);
}
END_TEST

START_TEST(all_trusted_peers_when_nothing_is_said)
{
    route_plan(LNP("on-error route undipped"));
    says("+12025440000", "", true);
    route_is("acme", "+12025331234", "x");
    route_is("peer", "+12025331234", "x");
    route_is("stranger", "+12025331234", "out, own");
}
END_TEST

START_TEST(a_carrier_of_others_decides_alone)
{
    route_plan(LNP("on-error route undipped"));
    ported("+12025331234", "+12025440000");
    says("+12025440000", "+10288", false);
    route_is("acme", "+12025331234", "out, own"); /* neither its number is used nor ours asked */
    ck_assert(!d.dipped);
    ck_assert_str_eq(d.hop[0].carrier.cic, "+10288");
    ck_assert_str_eq(d.hop[0].carrier.rn, "+12025440000");
}
END_TEST

START_TEST(our_own_codes_stay_at_home)
{
    route_plan(LNP("on-error route undipped"));
    says("+12025559999", "+10777", true);
    route_is("acme", "+12025331234", "out, own");
    key_is("+12025331234");
    ck_assert_str_eq(d.hop[0].carrier.rn, "");
    ck_assert_str_eq(d.hop[0].carrier.cic, "");
    ck_assert_str_eq(d.hop[1].carrier.rn, "+12025559999"); /* own */
    ck_assert_str_eq(d.hop[1].carrier.cic, "+10777");
    says("+12025550000", "", true); /* of this node: nobody is told */
    route_is("acme", "+12025331234", "out, own");
    ck_assert_str_eq(d.hop[1].carrier.rn, "");
}
END_TEST

START_TEST(a_ported_number_is_looked_up)
{
    route_plan(LNP("on-error route undipped"));
    ported("+12025331234", "+12025440000");
    route_is("peer", "+12025331234", "x");
    key_is("+12025440000");
    route_called(0, "+12025331234");
    ck_assert_str_eq(route_number_text(&d.hop[0].routing), "+12025440000");
    ck_assert_str_eq(d.hop[0].carrier.rn, "+12025440000");
    ck_assert(d.hop[0].carrier.npdi);
    ck_assert(d.dipped);
    route_is("peer", "+12025331235", "out, own"); /* not ported, and nothing is said of it */
    ck_assert(d.dipped);
    ck_assert(!d.hop[0].carrier.npdi);
    ck_assert_str_eq(d.hop[0].routing.digits, "");
    route_is("peer", "+4312345678", "out, own"); /* not asked for such numbers */
    ck_assert(!d.dipped);
}
END_TEST

START_TEST(a_miss_is_marked_where_the_plan_wants_it)
{
    route_plan(LNP("on-miss mark npdi\non-error route undipped"));
    ported("+12025330000", "+12025440000");
    route_is("peer", "+12025331235", "out, own");
    ck_assert(d.hop[0].carrier.npdi);
    ck_assert_str_eq(d.hop[0].carrier.rn, "");
}
END_TEST

START_TEST(what_was_looked_up_is_not_looked_up_again)
{
    route_plan(LNP("on-error route undipped"));
    ported("+12025331234", "+12025440000");
    says("", "", true);
    route_is("peer", "+12025331234", "out, own");
    ck_assert(!d.dipped);
    ck_assert(d.hop[0].carrier.npdi);
    route_is("stranger", "+12025331234", "x"); /* its word does not count */
}
END_TEST

START_TEST(or_is_where_the_plan_says_so)
{
    route_plan(LNP("skip none\non-error route undipped"));
    ported("+12025331234", "+12025440000");
    says("", "", true);
    route_is("peer", "+12025331234", "x");
}
END_TEST

START_TEST(ported_to_us_is_routed_on_the_number)
{
    route_plan(LNP("on-error route undipped"));
    ported("+12025331234", "+12025559999");
    route_is("peer", "+12025331234", "out, own");
    key_is("+12025331234");
    ck_assert_str_eq(d.hop[0].carrier.rn, "");
    ck_assert_str_eq(d.hop[1].carrier.rn, "+12025559999");
}
END_TEST

START_TEST(without_its_table)
{
    route_plan(LNP("on-error route undipped"));
    ck_assert_ptr_nonnull(strstr(diag.warned.p, "calls are routed undipped"));
    uint64_t errors = rt_counted(&gw_route_counters[GW_ROUTE_LNP_ERRORS]);
    route_is("peer", "+12025331234", "out, own");
    ck_assert_uint_eq(rt_counted(&gw_route_counters[GW_ROUTE_LNP_ERRORS]), errors + 1);
    ck_assert(!d.dipped);
}
END_TEST

START_TEST(without_its_table_refused)
{
    route_plan(LNP("on-error reject"));
    ck_assert_ptr_nonnull(strstr(diag.warned.p, "calls are refused"));
    route_is("peer", "+12025331234", "reject 41");
    route_is("peer", "+4312345678", "out, own");
}
END_TEST

START_TEST(a_number_made_by_a_row_is_looked_up)
{
    route_plan(LNP("on-error route undipped"));
    ported("+12025331234", "+12025440000");
    route_is("peer", "0#0012025331234", "out"); /* behind a prefix */
    key_is("+12025440000");
    ck_assert_str_eq(d.hop[0].carrier.rn, "+12025440000");
    says("+441999", "", true); /* what was said of the number before is void */
    route_is("peer", "+44123", "out");
    key_is("+12025440000");
    ck_assert_str_eq(d.hop[0].carrier.rn, "+12025440000");
}
END_TEST

START_TEST(a_target_with_a_number_of_its_own_has_no_other)
{
    route_plan(PLAN("lnp npac {\n table npac.tdb\n on-error route undipped\n}\n"
                    "routes from x {\n * -> out, own called +4930123456\n}\n"));
    ported("+12025331234", "+12025440000");
    route_is("x", "+12025331234", "out, own");
    ck_assert_str_eq(d.hop[0].carrier.rn, "+12025440000");
    route_called(1, "+4930123456");
    ck_assert_str_eq(d.hop[1].routing.digits, "");
    ck_assert_str_eq(d.hop[1].carrier.rn, "");
    ck_assert(!d.hop[1].carrier.npdi);
}
END_TEST

START_TEST(faults_are_told)
{
    route_refused("npac.tdb", LNP(""));
    route_refused("wants: mark npdi", LNP("on-miss mark rn"));
    route_refused("wants: route undipped", LNP("on-error ignore"));
    route_refused("unknown trunk \"y\"", LNP("trust y"));
    route_refused("is not a number pattern", PLAN("lnp npac {\n table npac.tdb\n for 1yz\n}\n"));
    route_refused("leads nowhere", PLAN("enum e {\n suffix a.example\n}\n"));
    route_refused("nobody waits longer", PLAN("enum e {\n timeout 10s\n via out\n}\n"));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {who_is_believed,
                                  all_trusted_peers_when_nothing_is_said,
                                  a_carrier_of_others_decides_alone,
                                  our_own_codes_stay_at_home,
                                  a_ported_number_is_looked_up,
                                  a_miss_is_marked_where_the_plan_wants_it,
                                  what_was_looked_up_is_not_looked_up_again,
                                  or_is_where_the_plan_says_so,
                                  ported_to_us_is_routed_on_the_number,
                                  without_its_table,
                                  without_its_table_refused,
                                  a_number_made_by_a_row_is_looked_up,
                                  a_target_with_a_number_of_its_own_has_no_other,
                                  faults_are_told};
    return route_main("route_key", tests, RT_COUNT(tests));
}
