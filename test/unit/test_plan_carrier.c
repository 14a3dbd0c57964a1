/* The carrier: six lines to two carriers, wholesale customers over SIP, in the numbering plan of
 * North America. Calls through its whole plan, each row worked out by hand from what the plan and
 * its tables say: rates, margins, lists, ported numbers, hours. */
#include "dialplan/ported.h"
#include "test/unit/vectors_rig.h"

#include <zstd.h>

/** The plan of the manual (conf/examples/carrier.conf). */
static const char carrier[] =
    "version 1\n"
    "include   spans.conf\n"
    "include   customers/*.conf\n"
    "site fra1 {\n"
    "    dialling  us\n"
    "    zone      UTC\n"
    "}\n"
    "trunk alpha-1 { span 1 }\n"
    "trunk alpha-2 { span 2 }\n"
    "trunk alpha-3 { span 3 }\n"
    "trunk beta-1  { span 4 }\n"
    "trunk beta-2  { span 5 }\n"
    "trunk beta-3  { span 6 }\n"
    "group alpha {\n"
    "    trunks    alpha-1, alpha-2, alpha-3\n"
    "    hunt      least-busy trunk, channels even descending\n"
    "    numbers   isup-national\n"
    "    cic       +1-0288\n"
    "    limit     90 calls, 12 cps\n"
    "    reserve   4 channels for emergency, priority\n"
    "    tgrp      TG-ALPHA context gw1.tandem.example\n"
    "}\n"
    "group beta {\n"
    "    trunks    beta-1, beta-2, beta-3\n"
    "    hunt      round-robin trunk, channels odd ascending\n"
    "    numbers   isup-international\n"
    "    cic       +1-0333\n"
    "    limit     90 calls, 20 cps\n"
    "    reserve   2 channels for emergency\n"
    "    tgrp      TG-BETA context gw1.tandem.example\n"
    "    crankback on cause 34, 42, 44, 47\n"
    "}\n"
    "trunk peers {\n"
    "    sip       enum\n"
    "    numbers   e164\n"
    "    domains   *.peer1.example, peer2.example\n"
    "}\n"
    "deck alpha {\n"
    "    csv       rates/alpha/*.csv\n"
    "    columns   prefix, -, rate, setup, first, step, effective\n"
    "    currency  USD\n"
    "    reject    load if bad rows > 0.1%, load if rows change > 30%\n"
    "}\n"
    "deck beta {\n"
    "    csv       rates/beta.csv.zst\n"
    "    columns   prefix:dialcode, name:destination, rate:peak\n"
    "    currency  EUR at 1.09\n"
    "}\n"
    "lcr wholesale {\n"
    "    offer     alpha via alpha\n"
    "    offer     beta  via beta\n"
    "    order     cost, then quality\n"
    "    margin    5%\n"
    "    quality   window 15min, samples 30, per destination\n"
    "    demote    asr < 35%, acd < 45s, pdd > 8s\n"
    "    tries     3\n"
    "    advance   cause 27, 34, 38, 41, 42, 44, 47, 127, sip 500, 503, timeout 6s\n"
    "    stop      cause 1, 17, 18, 19, 21, 22, 28\n"
    "}\n"
    "lnp npac {\n"
    "    table     lnp/npac.tdb\n"
    "    for       +1*\n"
    "    skip      npdi\n"
    "    trust     customers\n"
    "    on-miss   mark npdi\n"
    "    on-error  route undipped, count lnp_errors\n"
    "}\n"
    "enum private {\n"
    "    suffix    e164.ix.example\n"
    "    service   sip\n"
    "    timeout   300ms\n"
    "    cache     1h, negative 5min\n"
    "}\n"
    "list irsf     { csv lists/irsf.csv refresh 1h }\n"
    "list do-not-originate { csv lists/dno.csv refresh 1d }\n"
    "class wholesale {\n"
    "    deny      called in irsf            reject 21 \"IRSF\"\n"
    "    deny      caller in do-not-originate reject 21 \"DNO\"\n"
    "    deny      called premium\n"
    "    limit     per customer\n"
    "    loop      hops 5\n"
    "}\n"
    "routes from customers {\n"
    "    7788#*  {\n"
    "        strip     5\n"
    "        use       lcr wholesale only quality > 50%\n"
    "    }\n"
    "    +1*     -> enum private, lcr wholesale\n"
    "    +1[2-9]xx555[0100..0199] -> reject 1\n"
    "    +1900*  -> reject 21\n"
    "    +882*   -> reject 21\n"
    "    +883*   -> reject 21\n"
    "    *       -> enum private, lcr wholesale\n"
    "}\n"
    "routes from alpha, beta {\n"
    "    tgrp      keep\n"
    "    +1212555[1000..1999]  -> customer acme\n"
    "    +1415*    {\n"
    "        when time peak -> customer bravo 70%, customer acme 30%\n"
    "        otherwise      -> customer bravo\n"
    "    }\n"
    "    *         -> reject 1\n"
    "}\n"
    "time peak { weekly mon-fri 14:00-23:00 }\n"
    "emergency {\n"
    "    numbers   911, 933\n"
    "    send      alpha, beta\n"
    "    preempt   lowest priority then newest\n"
    "    header    Resource-Priority esnet.1, Priority emergency\n"
    "}\n";

/** acme pays by a deck of its own, bravo does not. */
static const char acme[] = "trunk acme-1 {\n sip sip:192.0.2.10\n accept from 192.0.2.10/32\n}\n"
                           "deck retail {\n csv retail.csv\n columns prefix, rate\n}\n"
                           "customer acme {\n trunks acme-1\n class wholesale\n deck retail\n"
                           " limit 100 calls, 10 cps\n}\n";
static const char bravo[] = "trunk bravo-1 {\n sip sip:192.0.2.20\n accept from 192.0.2.20/32\n}\n"
                            "customer bravo {\n trunks bravo-1\n class wholesale\n}\n";

/* Rates a minute. beta's are EUR: 0.0045 are 0.004905 USD, 0.0060 are 0.00654, 0.0100 are 0.0109,
 * 0.0200 are 0.0218. */
static const char alpha_old[] = "1,usa,0.0090,0,1,1,2026-01-01\n44,uk,0.0200,0,1,1,2026-01-01\n";
static const char alpha_new[] = "1,usa,0.0040,0,1,1,2026-02-01\n44,uk,0.0150,0,1,1,2026-02-01\n"
                                "4420,london,0.0050,0,1,1,2026-02-01\n"
                                "49,germany,0.0120,0,1,1,2026-02-01\n"
                                "4930,berlin,0.0070,0,1,1,2026-02-01\n"
                                "33,france,0.0100,0,1,1,2026-02-01\n"
                                "7,russia,0.0500,0,1,1,2026-02-01\n"
                                "371,latvia,0.1000,0,1,1,2026-02-01\n";
static const char beta[] = "dialcode,destination,peak,off\n"
                           "1,usa,0.0045,0.0001\n44,uk,0.0100,0.0001\n4420,london,0.0060,0.0001\n"
                           "49,germany,0.0100,0.0001\n33,france,0.0200,0.0001\n"
                           "81,japan,0.0300,0.0001\n";
static const char retail[] = "1,0.0045\n44,0.0120\n49,0.0114\n33,0.0104\n";

static void packed(const char *path, const char *text)
{
    char out[4096];
    size_t n = ZSTD_compress(out, sizeof out, text, strlen(text), 3);

    ck_assert(!ZSTD_isError(n));
    ck_assert_int_eq(rt_file_replace(path, out, n, 0644), 0);
}

static void setup(void)
{
    struct dp_ported_report report;
    char why[DP_PORTED_WHY], spans[1024] = "";

    fake_reset();
    for (unsigned i = 1, n = 0; i <= 6; i++)
        n += (unsigned)snprintf(spans + n, sizeof spans - n,
                                "span %u {\n pseudowire local 127.0.0.1:71%02u remote "
                                "127.0.0.1:72%02u\n e1\n isdn euroisdn user\n}\n",
                                i, i, i);
    vectors_file("/etc/tandem/spans.conf", spans);
    vectors_file("/etc/tandem/customers/acme.conf", acme);
    vectors_file("/etc/tandem/customers/bravo.conf", bravo);
    vectors_file("/etc/tandem/customers/retail.csv", retail);
    vectors_file("/etc/tandem/rates/alpha/2026-01.csv", alpha_old);
    vectors_file("/etc/tandem/rates/alpha/2026-02.csv", alpha_new);
    packed("/etc/tandem/rates/beta.csv.zst", beta);
    vectors_file("/etc/tandem/lists/irsf.csv", "prefix,reason\n+37167,latvia\n+2537,djibouti\n");
    vectors_file("/etc/tandem/lists/dno.csv", "prefix\n+18005551212\n");
    vectors_file("/etc/tandem/lnp/npac.csv", "number,routing\n+12025331234,+12025440000\n");
    ck_assert_int_eq(
        dp_ported_build("/etc/tandem/lnp/npac.csv", "/etc/tandem/lnp/npac.tdb", NULL, &report, why),
        0);
    vectors_plan("/etc/tandem/carrier.conf", carrier, "UTC");
}

#define ACME(n, ...)                                                                               \
    {                                                                                              \
        .from = "acme-1", .called = n, .caller = "+13125550100", .want = __VA_ARGS__               \
    }
#define BRAVO(n, ...)                                                                              \
    {                                                                                              \
        .from = "bravo-1", .called = n, .caller = "+13125550100", .want = __VA_ARGS__              \
    }

START_TEST(the_cheapest_carrier_is_first)
{
    static const struct vector rows[] = {
        /* bravo has no deck: no margin */
        BRAVO("+14155550223", "alpha national:4155550223, beta international:14155550223",
              .shown = "national:3125550100"),
        BRAVO("+442079460148", "alpha international:442079460148, beta international:442079460148",
              .shown = "national:3125550100"),
        BRAVO("+441614960148", "beta international:441614960148, alpha international:441614960148",
              .shown = "international:13125550100"),
        BRAVO("+498912345678", "beta international:498912345678, alpha international:498912345678"),
        BRAVO("+493012345678", "alpha international:493012345678, beta international:493012345678"),
        BRAVO("+33123456789", "alpha international:33123456789, beta international:33123456789"),
        BRAVO("+81312345678", "beta international:81312345678"),
        BRAVO("+74951234567", "alpha international:74951234567"),
        BRAVO("+551123456789", "reject 3"), /* nobody offers it */
        /* dialled as in North America */
        BRAVO("4155550223", "alpha national:4155550223, beta international:14155550223"),
        BRAVO("14155550223", "alpha national:4155550223, beta international:14155550223"),
        BRAVO("011442079460148",
              "alpha international:442079460148, beta international:442079460148"),
        /* Canada has the same country code */
        BRAVO("+14165550223", "alpha national:4165550223, beta international:14165550223"),
        BRAVO("+18005550223", "alpha national:8005550223, beta international:18005550223"),
        /* what is full or gone is passed over */
        BRAVO("+14155550223", "beta international:14155550223", .busy = "alpha"),
        BRAVO("+14155550223", "beta international:14155550223", .down = "alpha"),
        BRAVO("+14155550223", "alpha national:4155550223", .down = "beta"),
        BRAVO("+14155550223", "alpha national:4155550223, beta international:14155550223",
              .down = "alpha-1, alpha-2, beta-1"),
        BRAVO("+14155550223", "reject 34", .busy = "alpha, beta"),
    };
    vectors_check(rows, RT_COUNT(rows));
}
END_TEST

START_TEST(nothing_is_sold_below_its_price)
{
    static const struct vector rows[] = {
        /* 0.0045, less the margin 0.004275: alpha 0.0040, not beta 0.004905 */
        ACME("+14155550223", "alpha national:4155550223"),
        /* 0.0120, 0.0114: alpha 0.0050, beta 0.00654 */
        ACME("+442079460148", "alpha international:442079460148, beta international:442079460148"),
        /* beta 0.0109, not alpha 0.0150 */
        ACME("+441614960148", "beta international:441614960148"),
        /* 0.0114, 0.01083: not beta 0.0109, nor alpha 0.0120 */
        ACME("+498912345678", "reject 3"),
        ACME("+493012345678", "alpha international:493012345678"), /* alpha 0.0070 */
        /* 0.0104, 0.00988: not alpha 0.0100, nor beta 0.0218 */
        ACME("+33123456789", "reject 3"),
        /* no price: it is not for sale */
        ACME("+74951234567", "reject 3"),
        ACME("+81312345678", "reject 3"),
    };
    vectors_check(rows, RT_COUNT(rows));
}
END_TEST

START_TEST(what_no_customer_may_call)
{
    static const struct vector rows[] = {
        /* fictional numbers, NPA 200 and above */
        BRAVO("+12125550100", "reject 1"),
        BRAVO("+12125550199", "reject 1"),
        BRAVO("+19995550150", "reject 1"),
        BRAVO("+12125550099", "alpha national:2125550099, beta international:12125550099"),
        BRAVO("+12125550200", "alpha national:2125550200, beta international:12125550200"),
        BRAVO("2125550150", "reject 1"),
        /* premium, satellite, international networks, UIPRN */
        BRAVO("+19005551234", "reject 21"),
        BRAVO("19005551234", "reject 21"),
        BRAVO("+882161234567", "reject 21"),
        BRAVO("+8835100123456", "reject 21"),
        BRAVO("+979123456789", "reject 21"),
        BRAVO("+499001234567", "reject 21"), /* premium of a country that is known */
        BRAVO("01149900123456", "reject 21"),
        /* lists */
        BRAVO("+37167123456", "reject 21"),
        BRAVO("+25377123456", "reject 21"),
        BRAVO("+37122123456", "alpha international:37122123456"),
        {"bravo-1", "+14155550223", "+18005551212", .want = "reject 21"},
        {"bravo-1", "+14155550223", "+18005551213",
         .want = "alpha national:4155550223, beta international:14155550223"},
    };
    vectors_check(rows, RT_COUNT(rows));
}
END_TEST

START_TEST(a_tech_prefix_leads_to_the_carriers_and_nowhere_else)
{
    static const struct vector rows[] = {
        BRAVO("7788#14155550223", "alpha national:4155550223, beta international:14155550223"),
        BRAVO("7788#4155550223", "alpha national:4155550223, beta international:14155550223"),
        BRAVO("7788#011442079460148",
              "alpha international:442079460148, beta international:442079460148"),
        BRAVO("7788#442079460148", "reject 3"), /* in North America this is no number */
        BRAVO("7788#", "reject 3"),
        BRAVO("7788", "reject 28"), /* too short for anything */
        /* what the class denies it denies behind a prefix too */
        BRAVO("7788#19005551234", "reject 21"),
        BRAVO("7788#01137167123456", "reject 21"),
        BRAVO("7788#011979123456789", "reject 21"),
        {"bravo-1", "7788#14155550223", "+18005551212", .want = "reject 21"},
    };
    vectors_check(rows, RT_COUNT(rows));
}
END_TEST

START_TEST(calls_from_the_lines)
{
    static const struct vector rows[] = {
        {"alpha-1", "national:2125551000", .want = "acme-1 +12125551000"},
        {"alpha-3", "national:2125551999", .want = "acme-1 +12125551999"},
        {"beta-2", "international:12125551500", "national:3125550100",
         .want = "acme-1 +12125551500", .shown = "+13125550100"},
        {"alpha-1", "national:2125550999", .want = "reject 1"},
        {"alpha-1", "national:2125552000", .want = "reject 1"},
        {"alpha-1", "international:442079460148", .want = "reject 1"},
        {"beta-1", "national:9005551234", .want = "reject 1"},
        /* peak: Monday to Friday 14:00-23:00; in a test the greater share is first */
        {"beta-1", "national:4155550223", .at = "2026-03-02 13:59", .want = "bravo-1 +14155550223"},
        {"beta-1", "national:4155550223", .at = "2026-03-02 14:00",
         .want = "bravo-1 +14155550223, acme-1 +14155550223"},
        {"beta-1", "national:4155550223", .at = "2026-03-06 22:59",
         .want = "bravo-1 +14155550223, acme-1 +14155550223"},
        {"beta-1", "national:4155550223", .at = "2026-03-06 23:00", .want = "bravo-1 +14155550223"},
        {"beta-1", "national:4155550223", .at = "2026-03-07 15:00", .want = "bravo-1 +14155550223"},
        {"beta-1", "national:4155550223", .at = "2026-03-02 14:00", .down = "bravo-1",
         .want = "acme-1 +14155550223"},
    };
    vectors_check(rows, RT_COUNT(rows));
}
END_TEST

START_TEST(emergency_numbers)
{
    static const struct vector rows[] = {
        ACME("911", "alpha 911, beta 911"),
        BRAVO("933", "alpha 933, beta 933"),
        {"beta-1", "911", .want = "alpha 911, beta 911"},
        {"bravo-1", "911", "+18005551212", .want = "alpha 911, beta 911"}, /* no list refuses it */
        BRAVO("911", "alpha 911, beta 911", .busy = "alpha"),              /* a call makes way */
        BRAVO("911", "beta 911", .down = "alpha"),
        BRAVO("911", "reject 34", .down = "alpha, beta"),
        BRAVO("9111", "reject 3"),
    };
    vectors_check(rows, RT_COUNT(rows));
}
END_TEST

/* ---- ported numbers ---- */

START_TEST(a_ported_number_is_routed_on_its_own)
{
    static const struct vector row = BRAVO("+12025331234", "");
    struct gw_route_world w = {.nbusy = 0};
    struct gw_route_query q = {.from = NULL};
    struct gw_decision d;

    vectors_route(&d, &q, &w, &row);
    ck_assert_str_eq(vectors_text(&d.key), "+12025440000");
    ck_assert_str_eq(vectors_text(&d.hop[0].routing), "national:2025440000");
    ck_assert_str_eq(vectors_text(&d.hop[0].called), "national:2025331234");
    ck_assert(d.dipped && d.hop[0].carrier.npdi);
    ck_assert_str_eq(d.hop[0].carrier.rn, "+12025440000");
}
END_TEST

START_TEST(what_is_not_ported_is_marked_and_what_was_looked_up_is_not_again)
{
    static const struct vector missed = BRAVO("+12025331235", "");
    static const struct vector ported = BRAVO("+12025331234", "");
    static const struct vector stranger = {"alpha-1", "national:2025331234", .want = ""};
    struct gw_carrier said = {.npdi = true};
    struct gw_route_world w = {.nbusy = 0};
    struct gw_route_query q = {.from = NULL};
    struct gw_decision d;

    vectors_route(&d, &q, &w, &missed);
    ck_assert(d.hop[0].carrier.npdi && d.dipped);
    ck_assert_str_eq(d.hop[0].carrier.rn, "");
    ck_assert_str_eq(vectors_text(&d.key), "+12025331235");
    q.carrier = &said;
    vectors_route(&d, &q, &w, &ported);
    ck_assert(!d.dipped && d.hop[0].carrier.npdi); /* RFC 4694 5.1 */
    ck_assert_str_eq(vectors_text(&d.key), "+12025331234");
    vectors_route(&d, &q, &w, &stranger); /* only customers are believed */
    ck_assert(d.dipped);
}
END_TEST

/* ---- after a failure ---- */

/** Names of what is tried when every attempt ends so; "!" at the end: the cause stands. */
static const char *tried(const char *called, unsigned q850, int sip, bool silent)
{
    static char out[256];
    struct vector row = BRAVO(called, "");
    struct gw_route_world w = {.nbusy = 0};
    struct gw_route_query q = {.from = NULL};
    struct gw_cause c = {.q850 = (uint8_t)q850, .sip_status = sip};
    struct gw_decision d;
    size_t n = 0;
    unsigned i = 0;

    vectors_route(&d, &q, &w, &row);
    while (i < d.nhops) {
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%s", n ? " " : "", d.hop[i].trunk->name);
        i = gw_route_next(&d, i, &c, silent);
    }
    snprintf(out + n, sizeof out - n, "%s", i == GW_NO_HOP ? "!" : "");
    return out;
}

START_TEST(the_second_carrier_takes_over_as_the_plan_says)
{
    static const char uk[] = "+442079460148";
    static const char all[] = "alpha-1 alpha-2 alpha-3 beta-1 beta-2 beta-3";
    static const uint8_t stops[] = {1, 17, 18, 19, 21, 22, 28};
    static const uint8_t cranks[] = {34, 42, 44, 47}; /* another line of the group first */
    static const uint8_t advances[] = {27, 38, 41, 127};

    for (size_t i = 0; i < RT_COUNT(stops); i++)
        ck_assert_str_eq(tried(uk, stops[i], 0, false), "alpha-1!");
    for (size_t i = 0; i < RT_COUNT(cranks); i++)
        ck_assert_str_eq(tried(uk, cranks[i], 0, false), all);
    for (size_t i = 0; i < RT_COUNT(advances); i++)
        ck_assert_str_eq(tried(uk, advances[i], 0, false), "alpha-1 beta-1");
    ck_assert_str_eq(tried(uk, 31, 500, false), "alpha-1 beta-1");
    ck_assert_str_eq(tried(uk, 31, 503, false), "alpha-1 beta-1");
    ck_assert_str_eq(tried(uk, 17, 486, false), "alpha-1!");
    ck_assert_str_eq(tried(uk, 18, 0, false), "alpha-1!");        /* the network's word */
    ck_assert_str_eq(tried(uk, 18, 408, true), "alpha-1 beta-1"); /* our own patience */
}
END_TEST

START_TEST(a_call_diverted_too_often_is_a_loop)
{
    static const struct vector row = BRAVO("+14155550223", "");
    struct gw_route_world w = {.nbusy = 0};
    struct gw_route_query q = {.redirections = 5};
    struct gw_decision d;

    vectors_route(&d, &q, &w, &row);
    ck_assert_uint_gt(d.nhops, 0);
    q.redirections = 6;
    vectors_route(&d, &q, &w, &row);
    ck_assert_str_eq(vectors_outcome(&d), "reject 25");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan carrier");
    TCase *tc = tcase_create("plan carrier");

    tcase_add_checked_fixture(tc, setup, vectors_done);
    tcase_add_test(tc, the_cheapest_carrier_is_first);
    tcase_add_test(tc, nothing_is_sold_below_its_price);
    tcase_add_test(tc, what_no_customer_may_call);
    tcase_add_test(tc, a_tech_prefix_leads_to_the_carriers_and_nowhere_else);
    tcase_add_test(tc, calls_from_the_lines);
    tcase_add_test(tc, emergency_numbers);
    tcase_add_test(tc, a_ported_number_is_routed_on_its_own);
    tcase_add_test(tc, what_is_not_ported_is_marked_and_what_was_looked_up_is_not_again);
    tcase_add_test(tc, the_second_carrier_takes_over_as_the_plan_says);
    tcase_add_test(tc, a_call_diverted_too_often_is_a_loop);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
