/* Digit maps made of plans: which numbers are sent with their last digit, and which after the
 * timer. Each map is run as a gateway would.
 */
#include "gw/dial_map.h"
#include "mgcp/digit_map.h"
#include "test/unit/plan_rig.h"

#define HEAD "version 1\nsip {\n listen udp:10.0.0.1:5060\n}\n"
#define PEERS                                                                                      \
    "trunk phones {\n sip sip:10.0.0.2\n numbers as-dialled\n}\n"                                  \
    "trunk out {\n sip sip:10.0.0.3\n numbers e164\n}\n"
#define SITE(dialling, more) "site s {\n dialling " dialling "\n" more "}\n"
#define ROUTES(rows)         "routes from phones {\n" rows "}\n"
#define DDI                  " ddi +4930901821[00..99] <-> 1[00..99]\n main +4930901820\n"
#define EMERGENCY            "emergency {\n numbers 110, 112\n accept 0112\n send out\n}\n"

static struct rt_buf text;
static struct mgcp_map *map;

static void map_teardown(void)
{
    mgcp_map_free(map);
    map = NULL;
    rt_buf_release(&text);
    teardown();
}

/** The map of the trunk `phones`. */
static void make(const char *rest)
{
    unsigned refusal = 0;

    rig_plan(HEAD "%s", rest);
    ck_assert_msg(plan != NULL, "%s", diag.text.p);
    for (unsigned i = 0; i < plan->ntrunks; i++)
        if (strcmp(plan->trunks[i].name, "phones") == 0)
            ck_assert_int_eq(gw_dial_map(&text, &plan->trunks[i]), 0);
    ck_assert_msg(mgcp_map_new(&map, rt_buf_str(&text), &refusal) == 0, "%u: %s", refusal, text.p);
    ck_assert_uint_le(text.n, GW_DIAL_MAP_MAX);
}

/** Dials: the digits that were taken until the map said enough, with "T" where it waited. */
static const char *dial(const char *digits)
{
    static char taken[64];
    enum mgcp_map_timer timer = MGCP_TIMER_NONE;
    enum mgcp_map_verdict v = MGCP_MAP_PARTIAL;
    struct mgcp_map_run r;
    size_t n = 0;

    ck_assert_int_eq(mgcp_map_start(&r, map), 0);
    while (v == MGCP_MAP_PARTIAL && digits[n]) {
        v = mgcp_map_feed(&r, digits[n], &timer);
        taken[n] = digits[n];
        n++;
    }
    if (v == MGCP_MAP_PARTIAL) {
        ck_assert_msg(timer == MGCP_TIMER_CRITICAL, "%s: %s", digits, text.p);
        taken[n++] = 'T';
        v = mgcp_map_feed(&r, 'T', &timer);
    }
    taken[n] = '\0';
    if (v == MGCP_MAP_MISMATCH)
        strcat(taken, "?");
    mgcp_map_stop(&r);
    return taken;
}

static void at_once(const char *digits)
{
    ck_assert_msg(strcmp(dial(digits), digits) == 0, "%s: %s by %s", digits, dial(digits), text.p);
}

static void after_timer(const char *digits)
{
    char want[64];

    snprintf(want, sizeof want, "%sT", digits);
    ck_assert_msg(strcmp(dial(digits), want) == 0, "%s: %s by %s", digits, dial(digits), text.p);
}

static void is(const char *want)
{
    ck_assert_str_eq(text.p, want);
}

#define LAST "x.T|*[0-9*#].T|#[0-9*#].T)"

START_TEST(an_office_in_germany)
{
    make(PEERS SITE("de area 30", DDI) EMERGENCY ROUTES(
        " 1xx -> phones\n *21* -> phones\n \"#31#\" -> phones\n national -> out\n"
        " freephone -> out\n international -> out\n"));
    at_once("112");
    at_once("110");
    at_once("0112");
    at_once("08001234567");  /* 800 and 7 digits */
    at_once("01371234567");  /* 137 and 7 */
    at_once("070012345678"); /* 700 and 8 */
    after_timer("030123456");
    after_timer("01701234567");
    after_timer("0043123");
    after_timer("30123456");
    after_timer("123"); /* a number of the area may begin so */
    after_timer("*213012345");
    after_timer("*2130123*1#");
    at_once("#31#");
    at_once("116117");
    at_once("115");
    after_timer("11833"); /* 5 or 6 digits */
    after_timer("0");
    after_timer("*");
    after_timer("#0");
}
END_TEST

START_TEST(extensions_alone)
{
    make(PEERS SITE("de", DDI) ROUTES(" internal -> phones\n [2-4]x -> phones\n 5 -> out\n"
                                      " 5x -> out\n"));
    at_once("100");
    at_once("199");
    at_once("23");
    at_once("57");
    after_timer("5");
    after_timer("9");
    is("([2-5]x|1xx|5T|" LAST);
}
END_TEST

START_TEST(extensions_and_national_numbers)
{
    make(PEERS SITE("de", DDI) ROUTES(" internal -> phones\n emergency -> out\n"
                                      " mobile -> out\n"));
    at_once("112");
    at_once("110");
    at_once("100");
    at_once("150");
    at_once("111");
    after_timer("116"); /* 116117 */
    at_once("116117");
    after_timer("118");
    after_timer("0171");
}
END_TEST

START_TEST(what_continues_waits_and_the_rest_does_not)
{
    make(PEERS ROUTES(" xxx -> phones\n 12345 -> out\n 7* -> out\n"));
    at_once("122");
    at_once("124");
    after_timer("123");
    after_timer("1234");
    at_once("12345");
    after_timer("700");
    after_timer("7");
    is("(12345|[02-689]xx|1[013-9]x|12[0-24-9]|7x.T|123T|" LAST);
}
END_TEST

START_TEST(ranges_become_classes)
{
    make(PEERS ROUTES(" 4[098..235] -> phones\n"));
    at_once("4098");
    at_once("4099");
    at_once("4100");
    at_once("4199");
    at_once("4229");
    at_once("4235");
    after_timer("4097");
    after_timer("4236");
    is("(409[89]|423[0-5]|42[0-2]x|41xx|" LAST);
}
END_TEST

START_TEST(an_emergency_number_never_waits)
{
    make(PEERS EMERGENCY ROUTES(" 1xxx -> phones\n * -> out\n"));
    at_once("112");
    at_once("110");
    at_once("1200");
    ck_assert_str_eq(dial("1123"), "112");
}
END_TEST

START_TEST(without_routes)
{
    make(PEERS);
    after_timer("1");
    after_timer("0301234567");
    after_timer("*21*5#");
    is("(" LAST);
}
END_TEST

START_TEST(north_america)
{
    make(PEERS SITE("us area 212", " main +12125550100\n") ROUTES(" * -> out\n"));
    at_once("911");
    at_once("411");
    at_once("12125550123"); /* 1 and ten digits */
    at_once("3105550123");  /* ten digits */
    after_timer("5550123"); /* seven: ten may begin so */
    after_timer("01144123");
}
END_TEST

START_TEST(lengths_that_a_country_knows)
{
    static const struct {
        const char *site, *once[4], *later[3];
    } rows[] = {
        {SITE("fr", ""), {"0123456789", "112", "15", "3949"}, {"0033123", "123"}},
        {SITE("ch", ""), {"0441234567", "117", "144"}, {"00491", "9"}},
        {SITE("pl", ""), {"221234567", "112", "997"}, {"00491"}},
        {SITE("es", ""), {"912345678", "112"}, {"00491"}},
        /* 020 and seven digits; 0800 has four to seven after it; in the area seven */
        {SITE("nl area 20", " main +31201234567\n"),
         {"0201234567", "6234567", "112"},
         {"08001234"}},
        /* 20 has ten digits, so its own numbers eight */
        {SITE("gb area 20", " main +442012345678\n"),
         {"02012345678", "31234567", "999"},
         {"080012"}},
        {SITE("it", ""), {"112"}, {"0612345678", "3331234567"}},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        char plan_text[1024];
        snprintf(plan_text, sizeof plan_text, PEERS "%s" ROUTES(" * -> out\n"), rows[i].site);
        make(plan_text);
        for (size_t k = 0; k < RT_COUNT(rows[i].once) && rows[i].once[k]; k++)
            at_once(rows[i].once[k]);
        for (size_t k = 0; k < RT_COUNT(rows[i].later) && rows[i].later[k]; k++)
            after_timer(rows[i].later[k]);
        map_teardown();
        setup();
    }
}
END_TEST

START_TEST(a_map_does_not_grow_too_long)
{
    static char rows[7000];
    char *p = rows;

    p += sprintf(p, PEERS EMERGENCY "routes from phones {\n");
    for (unsigned i = 0; i < 300; i++) /* nothing to merge: 7 digits, far apart */
        p += sprintf(p, "%07u -> out\n", 1234567 + i * 30103);
    strcpy(p, "}\n");
    make(rows);
    ck_assert_uint_gt(text.n, GW_DIAL_MAP_MAX - 20);
    at_once("112");
    after_timer("5");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dial map");
    TCase *t = tcase_create("map");

    tcase_add_checked_fixture(t, setup, map_teardown);
    tcase_add_test(t, an_office_in_germany);
    tcase_add_test(t, extensions_alone);
    tcase_add_test(t, extensions_and_national_numbers);
    tcase_add_test(t, what_continues_waits_and_the_rest_does_not);
    tcase_add_test(t, ranges_become_classes);
    tcase_add_test(t, an_emergency_number_never_waits);
    tcase_add_test(t, without_routes);
    tcase_add_test(t, north_america);
    tcase_add_test(t, lengths_that_a_country_knows);
    tcase_add_test(t, a_map_does_not_grow_too_long);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
