/* Numbers between ISDN and E.164 (RFC 3398 12) as a whole plan has them: the trunk says which
 * country a national number is of, and who vouches for the caller. The single steps are
 * test_dp_normalise.c's. */
#include "test/unit/vectors_rig.h"

static const char text[] =
    "version 1\n"
    "sip {\n listen udp:127.0.0.1:5060\n}\n"
    "media {\n address 127.0.0.1\n}\n"
    "site berlin {\n dialling de area 30\n zone UTC\n}\n"
    "site boston {\n dialling us area 617\n zone UTC\n}\n"
    "site rome {\n dialling it\n zone UTC\n}\n"
    "trunk de {\n sip sip:10.0.0.1\n site berlin\n numbers isdn\n}\n"
    "trunk us {\n sip sip:10.0.0.2\n site boston\n numbers isdn\n}\n"
    "trunk it {\n sip sip:10.0.0.3\n site rome\n numbers isdn\n}\n"
    "trunk e164 {\n sip sip:10.0.0.4\n site berlin\n}\n"
    "trunk dialled {\n sip sip:10.0.0.5\n site berlin\n numbers national-prefix\n}\n"
    "routes from de, us, it, e164, dialled {\n"
    " *      -> e164, de, us, it, dialled\n"
    " +4989* {\n  screening network\n  present restricted\n  use e164\n }\n"
    "}\n";

static void setup(void)
{
    fake_reset();
    vectors_plan("/etc/t.conf", text, "UTC");
}

/** All forms that a number has outside. */
#define FORMS(e164, de, us, it, dialled)                                                           \
    .want = "e164 " e164 ", de " de ", us " us ", it " it ", dialled " dialled

#define BERLIN                                                                                     \
    FORMS("+4930901820", "national:30901820", "international:4930901820",                          \
          "international:4930901820", "030901820")
#define BOSTON                                                                                     \
    FORMS("+16175550123", "international:16175550123", "national:6175550123",                      \
          "international:16175550123", "0016175550123")
#define ROME                                                                                       \
    FORMS("+390612345678", "international:390612345678", "international:390612345678",             \
          "national:0612345678", "00390612345678")

START_TEST(the_trunk_says_whose_national_number_it_is)
{
    static const struct vector rows[] = {
        /* international: + and the digits, whatever the trunk */
        {"de", "international:4930901820", BERLIN},
        {"us", "international:4930901820", BERLIN},
        {"it", "international:16175550123", BOSTON},
        /* national: + and the country code of the trunk */
        {"de", "national:30901820", BERLIN},
        {"us", "national:6175550123", BOSTON},
        {"it", "national:0612345678", ROME}, /* Italy keeps its 0 */
        /* subscriber: + country code and area */
        {"de", "subscriber:901820", BERLIN},
        {"us", "subscriber:5550123", BOSTON},
        /* unknown: the trunk's own prefixes */
        {"de", "030901820", BERLIN},
        {"de", "901820", BERLIN},
        {"de", "0016175550123", BOSTON},
        {"de", "00390612345678", ROME},
        {"us", "0114930901820", BERLIN},
        {"us", "16175550123", BOSTON},
        {"us", "6175550123", BOSTON},
        {"us", "5550123", BOSTON},
        {"it", "0612345678", ROME},
        {"it", "004930901820", BERLIN},
        /* global already */
        {"e164", "+4930901820", BERLIN},
        {"e164", "+390612345678", ROME},
    };
    vectors_check(rows, RT_COUNT(rows));
}
END_TEST

/** Neither global nor made global: out as it came, of no type. */
START_TEST(what_is_no_global_number_stays_as_it_is)
{
    static const struct vector rows[] = {
        {"de", "*31#", FORMS("*31#", "*31#", "*31#", "*31#", "*31#")},
        {"de", "116117", FORMS("116117", "116117", "116117", "116117", "116117")},
        {"us", "411", FORMS("411", "411", "411", "411", "411")},
    };
    struct vector row = {"de", "national:30901820", .want = ""};
    struct gw_route_world w = {.nbusy = 0};
    struct gw_route_query q = {.from = NULL};
    struct gw_decision d;

    vectors_check(rows, RT_COUNT(rows));
    q.from = gw_plan_trunk(plan, rt_str(row.from));
    q.called = vectors_number(row.called);
    q.called.npi = DP_NPI_PRIVATE; /* another plan than E.164: RFC 3398 12 */
    q.world = &w;
    gw_route(&d, plan, &q, NULL);
    ck_assert_str_eq(d.called.digits, "30901820");
    ck_assert(!d.called.e164);
}
END_TEST

START_TEST(who_vouches_for_the_caller_is_as_it_came_unless_the_plan_says)
{
    static const struct {
        const char *called;
        enum dp_screen screen, want;
        enum dp_present present, shown;
    } rows[] = {
        {"+4930901820", DP_USER_NOT_SCREENED, DP_USER_NOT_SCREENED, DP_ALLOWED, DP_ALLOWED},
        {"+4930901820", DP_USER_PASSED, DP_USER_PASSED, DP_RESTRICTED, DP_RESTRICTED},
        {"+4930901820", DP_NETWORK, DP_NETWORK, DP_ALLOWED, DP_ALLOWED},
        {"+4989123456", DP_USER_NOT_SCREENED, DP_NETWORK, DP_ALLOWED, DP_RESTRICTED},
    };
    struct gw_route_query q = {.from = gw_plan_trunk(plan, rt_str("us"))};
    struct gw_route_world w = {.nbusy = 0};
    struct gw_decision d;

    q.world = &w;
    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        q.called = vectors_number(rows[i].called);
        q.calling = vectors_number("national:6175550199");
        q.calling.screen = rows[i].screen;
        q.calling.present = rows[i].present;
        gw_route(&d, plan, &q, NULL);
        ck_assert_str_eq(vectors_text(&d.hop[0].calling), "+16175550199");
        ck_assert_int_eq(d.hop[0].calling.screen, rows[i].want);
        ck_assert_int_eq(d.hop[0].calling.present, rows[i].shown);
    }
    q.calling = vectors_number(NULL); /* unavailable: as if there were none */
    gw_route(&d, plan, &q, NULL);
    ck_assert_str_eq(d.hop[0].calling.digits, "");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("vectors numbers");
    TCase *tc = tcase_create("vectors numbers");

    tcase_add_checked_fixture(tc, setup, vectors_done);
    tcase_add_test(tc, the_trunk_says_whose_national_number_it_is);
    tcase_add_test(tc, what_is_no_global_number_stays_as_it_is);
    tcase_add_test(tc, who_vouches_for_the_caller_is_as_it_came_unless_the_plan_says);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
