/* Country profiles: what people dial there, which number it is, of which classes, whether it can
 * still grow, and how it is dialled again. Numbers are worked by hand from the regulators' plans
 * (docs/countries.md); where a regulator has numbers for fiction, from those. */
#include "dialplan/dialplan.h"

#include <check.h>
#include <stdio.h>

/* whether it is complete */
#define SHORT DP_INCOMPLETE
#define MAYBE DP_MAYBE_COMPLETE
#define FULL  DP_COMPLETE

struct row {
    const char *dialled;
    const char *number;  /**< what it is: `+...`, or raw */
    const char *classes; /**< that it is in, in the order of `sets` */
    const char *back;    /**< as dialled with prefixes */
    enum dp_complete complete;
};

static const char *const sets[] = {"emergency", "freephone", "premium",
                                   "mobile",    "national",  "international"};

static const char *classes_of(char out[128], const struct dp_number *n, const struct dp_site *site)
{
    struct dp_pattern *p;
    const char *why;
    int at = 0;

    out[0] = '\0';
    for (unsigned i = 0; i < RT_COUNT(sets); i++) {
        ck_assert_int_eq(dp_pattern_new(&p, rt_str(sets[i]), &why), 0);
        if (dp_pattern_match(p, n, site))
            at += snprintf(out + at, 128 - (size_t)at, "%s%s", at ? " " : "", sets[i]);
        dp_pattern_free(p);
    }
    return out;
}

static void check(const char *country, const char *area, const struct row *rows, unsigned n)
{
    struct dp_site site = {.country = dp_country(rt_str(country))};
    char text[DP_TEXT_LEN], classes[128];

    ck_assert_ptr_nonnull(site.country);
    ck_assert_str_eq(dp_country_code(site.country), country);
    strcpy(site.area, area);
    dp_site_seal(&site);
    for (unsigned i = 0; i < n; i++) {
        const struct row *r = &rows[i];
        struct dp_number num, out;
        ck_assert_int_eq(dp_number_parse(&num, rt_str(r->dialled)), 0);
        const char *why = dp_normalise_called(&num, &site);
        ck_assert_msg(strcmp(dp_text(text, &num), r->number) == 0, "%s %s: %s (%s), want %s",
                      country, r->dialled, text, why, r->number);
        ck_assert_msg(strcmp(classes_of(classes, &num, &site), r->classes) == 0,
                      "%s %s: %s, want %s", country, r->dialled, classes, r->classes);
        ck_assert_msg(dp_number_complete(&num) == r->complete, "%s %s: complete %d", country,
                      r->dialled, (int)dp_number_complete(&num));
        dp_format_number(&out, &num, DP_NATIONAL_PREFIX, &site);
        ck_assert_msg(strcmp(dp_text(text, &out), r->back) == 0, "%s %s: back %s", country,
                      r->dialled, text);
        dp_normalise_called(&out, &site);
        ck_assert_msg(dp_number_equal(&out, &num), "%s %s: and in again", country, r->dialled);
        dp_format_number(&out, &num, DP_E164, &site);
        ck_assert_str_eq(dp_text(text, &out), r->number);
    }
}

#define CHECK(country, area, ...)                                                                  \
    do {                                                                                           \
        static const struct row rows[] = {__VA_ARGS__};                                            \
        check(country, area, rows, RT_COUNT(rows));                                                \
    } while (0)

START_TEST(germany)
{
    CHECK("de", "30", /* Berlin */
          {"112", "112", "emergency", "112", MAYBE}, {"110", "110", "emergency", "110", MAYBE},
          {"115", "115", "", "115", MAYBE}, {"116117", "116117", "freephone", "116117", MAYBE},
          {"11833", "11833", "premium", "11833", MAYBE},
          {"30123456", "+493030123456", "national", "03030123456", MAYBE},
          {"08921234", "+498921234", "national", "08921234", MAYBE},
          {"015112345678", "+4915112345678", "mobile national", "015112345678", MAYBE},
          {"01701234567", "+491701234567", "mobile national", "01701234567", MAYBE},
          {"017612345678", "+4917612345678", "mobile national", "017612345678", MAYBE},
          {"0170131234567", "+49170131234567", "mobile national", "0170131234567", MAYBE},
          {"08001234567", "+498001234567", "freephone national", "08001234567", FULL},
          {"09001234567", "+499001234567", "premium national", "09001234567", FULL},
          {"01371234567", "+491371234567", "premium national", "01371234567", FULL},
          {"01805123456", "+491805123456", "national", "01805123456", MAYBE},
          {"0800123", "0800123", "", "0800123", MAYBE}, /* not a whole number */
          {"004315350", "+4315350", "international", "004315350", MAYBE},
          {"0080012345678", "+80012345678", "freephone international", "0080012345678", MAYBE});
}
END_TEST

START_TEST(austria)
{
    CHECK("at", "1", /* Wien */
          {"112", "112", "emergency", "112", MAYBE}, {"133", "133", "emergency", "133", MAYBE},
          {"144", "144", "emergency", "144", MAYBE}, {"147", "147", "emergency", "147", MAYBE},
          {"130", "130", "", "130", MAYBE}, {"1450", "1450", "", "1450", MAYBE},
          {"116123", "116123", "freephone", "116123", MAYBE},
          {"118877", "118877", "premium", "118877", MAYBE},
          {"58058", "+43158058", "national", "0158058", MAYBE},
          {"0158058", "+43158058", "national", "0158058", MAYBE},
          {"0662123456", "+43662123456", "national", "0662123456", MAYBE}, /* Salzburg */
          {"06641234567", "+436641234567", "mobile national", "06641234567", MAYBE},
          {"069912345678", "+4369912345678", "mobile national", "069912345678", MAYBE},
          {"0800123456", "+43800123456", "freephone national", "0800123456", MAYBE},
          {"0810123456", "+43810123456", "national", "0810123456", MAYBE}, /* a ceiling only */
          {"0900123456", "+43900123456", "premium national", "0900123456", MAYBE},
          {"0939123456", "+43939123456", "premium national", "0939123456", MAYBE},
          {"080012", "080012", "", "080012", MAYBE},
          {"004930901820", "+4930901820", "international", "004930901820", MAYBE});
}
END_TEST

START_TEST(switzerland)
{
    CHECK("ch", "", {"112", "112", "emergency", "112", MAYBE},
          {"117", "117", "emergency", "117", MAYBE}, {"118", "118", "emergency", "118", MAYBE},
          {"144", "144", "emergency", "144", MAYBE}, {"1414", "1414", "", "1414", MAYBE},
          {"1811", "1811", "premium", "1811", MAYBE},
          {"0584605511", "+41584605511", "national", "0584605511", FULL},
          {"0441234567", "+41441234567", "national", "0441234567", FULL},
          {"0781234567", "+41781234567", "mobile national", "0781234567", FULL},
          {"0800123456", "+41800123456", "freephone national", "0800123456", FULL},
          {"0848123456", "+41848123456", "national", "0848123456", FULL}, /* shared cost */
          {"0900123456", "+41900123456", "premium national", "0900123456", FULL},
          {"0906123456", "+41906123456", "premium national", "0906123456", FULL},
          {"0860781234567", "+41860781234567", "national", "0860781234567", FULL},
          {"044123456", "044123456", "", "044123456", MAYBE}, /* a digit is missing */
          {"1234567", "1234567", "", "1234567", MAYBE},       /* no number without its area */
          {"00441632960001", "+441632960001", "international", "00441632960001", FULL});
}
END_TEST

START_TEST(united_kingdom)
{
    CHECK("gb", "20", /* London; Ofcom's numbers for drama */
          {"999", "999", "emergency", "999", MAYBE}, {"112", "112", "emergency", "112", MAYBE},
          {"18000", "18000", "emergency", "18000", MAYBE}, {"101", "101", "", "101", MAYBE},
          {"1471", "1471", "", "1471", MAYBE}, {"118500", "118500", "premium", "118500", MAYBE},
          {"116123", "116123", "freephone", "116123", MAYBE},
          {"79460001", "+442079460001", "national", "02079460001", FULL},
          {"02079460001", "+442079460001", "national", "02079460001", FULL},
          {"01632960001", "+441632960001", "national", "01632960001", FULL},
          {"0120412345", "+44120412345", "national", "0120412345", MAYBE}, /* 9 digits */
          {"07700900123", "+447700900123", "mobile national", "07700900123", FULL},
          {"07624123456", "+447624123456", "mobile national", "07624123456", FULL},
          {"07601123456", "+447601123456", "national", "07601123456", FULL}, /* a pager */
          {"08081570123", "+448081570123", "freephone national", "08081570123", FULL},
          {"08001111", "+448001111", "freephone national", "08001111", FULL},
          {"09098790001", "+449098790001", "premium national", "09098790001", FULL},
          {"08712345678", "+448712345678", "premium national", "08712345678", FULL},
          {"08451234567", "+448451234567", "national", "08451234567", FULL},
          {"0207946000", "0207946000", "", "0207946000", MAYBE},
          {"7946000", "7946000", "", "7946000", MAYBE}, /* London has 8 */
          {"00493090182", "+493090182", "international", "00493090182", MAYBE});
}
END_TEST

START_TEST(france)
{
    CHECK("fr", "", /* ARCEP's numbers for works of fiction */
          {"15", "15", "emergency", "15", MAYBE}, {"17", "17", "emergency", "17", MAYBE},
          {"112", "112", "emergency", "112", MAYBE},
          {"116000", "116000", "emergency", "116000", MAYBE},
          {"116006", "116006", "freephone", "116006", MAYBE},
          {"118218", "118218", "premium", "118218", MAYBE},
          {"3020", "3020", "freephone", "3020", MAYBE}, {"3615", "3615", "premium", "3615", MAYBE},
          {"3170", "3170", "", "3170", MAYBE},
          {"0199001234", "+33199001234", "national", "0199001234", FULL},
          {"0118223344", "+33118223344", "national", "0118223344", FULL}, /* not 118 */
          {"0639981234", "+33639981234", "mobile national", "0639981234", FULL},
          {"07001234567890", "+337001234567890", "mobile national", "07001234567890", FULL},
          {"0801234567", "+33801234567", "freephone national", "0801234567", FULL},
          {"0806123456", "+33806123456", "national", "0806123456", FULL}, /* banalisee */
          {"0810123456", "+33810123456", "premium national", "0810123456", FULL},
          {"0899123456", "+33899123456", "premium national", "0899123456", FULL},
          {"019900123", "019900123", "", "019900123", MAYBE},
          {"00442079460001", "+442079460001", "international", "00442079460001", FULL});
}
END_TEST

START_TEST(spain)
{
    CHECK("es", "", {"112", "112", "emergency", "112", MAYBE},
          {"091", "091", "emergency", "091", MAYBE}, {"061", "061", "emergency", "061", MAYBE},
          {"016", "016", "", "016", MAYBE}, {"11818", "11818", "premium", "11818", MAYBE},
          {"910123456", "+34910123456", "national", "910123456", FULL},
          {"612345678", "+34612345678", "mobile national", "612345678", FULL},
          {"712345678", "+34712345678", "mobile national", "712345678", FULL},
          {"701234567", "+34701234567", "national", "701234567", FULL}, /* personal */
          {"900123456", "+34900123456", "freephone national", "900123456", FULL},
          {"800123456", "+34800123456", "freephone national", "800123456", FULL},
          {"803123456", "+34803123456", "premium national", "803123456", FULL},
          {"905123456", "+34905123456", "premium national", "905123456", FULL},
          {"902123456", "+34902123456", "national", "902123456", FULL}, /* shared cost */
          {"91012345", "91012345", "", "91012345", MAYBE},
          {"123456789", "123456789", "", "123456789", MAYBE}, /* nobody's */
          {"0033199001234", "+33199001234", "international", "0033199001234", FULL});
}
END_TEST

START_TEST(italy)
{
    CHECK("it", "", {"112", "112", "emergency", "112", MAYBE},
          {"113", "113", "emergency", "113", MAYBE}, {"118", "118", "emergency", "118", MAYBE},
          {"1530", "1530", "", "1530", MAYBE}, {"1254", "1254", "premium", "1254", MAYBE},
          {"0612345678", "+390612345678", "national", "0612345678", MAYBE}, /* keeps its 0 */
          {"0212345", "+390212345", "national", "0212345", MAYBE},
          {"3312345678", "+393312345678", "mobile national", "3312345678", FULL},
          {"331234567", "+39331234567", "mobile national", "331234567", MAYBE},
          {"800123456", "+39800123456", "freephone national", "800123456", MAYBE},
          {"803116", "+39803116", "freephone national", "803116", FULL},
          {"892424", "+39892424", "premium national", "892424", MAYBE},
          {"899123456", "+39899123456", "premium national", "899123456", MAYBE},
          {"840123456", "+39840123456", "national", "840123456", MAYBE}, /* shared cost */
          {"199123456", "+39199123456", "national", "199123456", FULL},
          {"06123", "06123", "", "06123", MAYBE}, {"3312345", "3312345", "", "3312345", MAYBE},
          {"0041441234567", "+41441234567", "international", "0041441234567", FULL},
          {"003906123456", "+3906123456", "national", "06123456", MAYBE});
}
END_TEST

START_TEST(netherlands)
{
    CHECK("nl", "20", /* Amsterdam */
          {"112", "112", "emergency", "112", MAYBE}, {"144", "144", "", "144", MAYBE},
          {"14020", "14020", "", "14020", MAYBE}, {"1888", "1888", "premium", "1888", MAYBE},
          {"116111", "116111", "freephone", "116111", MAYBE},
          {"1234567", "+31201234567", "national", "0201234567", FULL},
          {"0201234567", "+31201234567", "national", "0201234567", FULL},
          {"0223123456", "+31223123456", "national", "0223123456", FULL},
          {"0612345678", "+31612345678", "mobile national", "0612345678", FULL},
          {"0663123456", "+31663123456", "national", "0663123456", FULL}, /* a pager */
          {"08001234", "+318001234", "freephone national", "08001234", MAYBE},
          {"08001234567", "+318001234567", "freephone national", "08001234567", FULL},
          {"09001234", "+319001234", "premium national", "09001234", MAYBE},
          {"0909123456", "+31909123456", "premium national", "0909123456", MAYBE},
          {"0881234567", "+31881234567", "national", "0881234567", FULL},
          {"020123456", "020123456", "", "020123456", MAYBE},
          {"123456", "123456", "", "123456", MAYBE}, /* Amsterdam has 7 */
          {"004930901820", "+4930901820", "international", "004930901820", MAYBE});
}
END_TEST

START_TEST(poland)
{
    CHECK("pl", "", {"112", "112", "emergency", "112", MAYBE},
          {"997", "997", "emergency", "997", MAYBE}, {"985", "985", "emergency", "985", MAYBE},
          {"989", "989", "", "989", MAYBE}, {"116111", "116111", "freephone", "116111", MAYBE},
          {"118912", "118912", "premium", "118912", MAYBE}, {"19115", "19115", "", "19115", MAYBE},
          {"221234567", "+48221234567", "national", "221234567", FULL},
          {"601234567", "+48601234567", "mobile national", "601234567", FULL},
          {"451234567", "+48451234567", "mobile national", "451234567", FULL},
          {"611234567", "+48611234567", "national", "611234567", FULL}, /* Poznan */
          {"800123456", "+48800123456", "freephone national", "800123456", FULL},
          {"801123456", "+48801123456", "national", "801123456", FULL}, /* shared cost */
          {"701234567", "+48701234567", "premium national", "701234567", FULL},
          {"22123456", "22123456", "", "22123456", MAYBE},
          {"012345678", "012345678", "", "012345678", MAYBE},
          {"0048221234567", "+48221234567", "national", "221234567", FULL},
          {"00431580580", "+431580580", "international", "00431580580", MAYBE});
}
END_TEST

START_TEST(united_states)
{
    CHECK("us", "617", /* Boston; 555-01xx is fiction's */
          {"911", "911", "emergency", "911", MAYBE}, {"411", "411", "", "411", MAYBE},
          {"988", "988", "", "988", MAYBE},
          {"5550123", "+16175550123", "national", "16175550123", FULL},
          {"2125550100", "+12125550100", "national", "12125550100", FULL},
          {"12125550100", "+12125550100", "national", "12125550100", FULL},
          {"18005550199", "+18005550199", "freephone national", "18005550199", FULL},
          {"18335550199", "+18335550199", "freephone national", "18335550199", FULL},
          {"19005550123", "+19005550123", "premium national", "19005550123", FULL},
          {"14165550123", "+14165550123", "international", "14165550123", FULL}, /* Toronto */
          {"18765550123", "+18765550123", "international", "18765550123", FULL}, /* Jamaica */
          {"17875550123", "+17875550123", "national", "17875550123", FULL},      /* Puerto Rico */
          {"1212555010", "1212555010", "", "1212555010", MAYBE},
          {"0125550100", "0125550100", "", "0125550100", MAYBE}, /* no area begins with 0 */
          {"011442079460001", "+442079460001", "international", "011442079460001", FULL},
          {"011449098790001", "+449098790001", "premium international", "011449098790001", FULL});
}
END_TEST

START_TEST(canada)
{
    CHECK("ca", "416", {"911", "911", "emergency", "911", MAYBE}, {"811", "811", "", "811", MAYBE},
          {"211", "211", "", "211", MAYBE},
          {"5550123", "+14165550123", "national", "14165550123", FULL},
          {"6045550123", "+16045550123", "national", "16045550123", FULL},
          {"16045550123", "+16045550123", "national", "16045550123", FULL},
          {"16005550123", "+16005550123", "national", "16005550123", FULL},
          {"18665550123", "+18665550123", "freephone national", "18665550123", FULL},
          {"19005550123", "+19005550123", "premium national", "19005550123", FULL},
          {"12125550100", "+12125550100", "international", "12125550100", FULL}, /* New York */
          {"18765550123", "+18765550123", "international", "18765550123", FULL},
          {"416555012", "416555012", "", "416555012", MAYBE},
          {"01133199001234", "+33199001234", "international", "01133199001234", FULL});
}
END_TEST

START_TEST(premium_is_premium_wherever_it_is)
{
    static const struct {
        const char *number;
        bool want;
    } rows[] = {
        {"+449098790001", true},   {"+442079460001", false}, {"+33899123456", true},
        {"+19005550123", true},    {"+41900123456", true},   {"+39899123456", true},
        {"+48701234567", true},    {"+34803123456", true},   {"+31900123456", true},
        {"+43930123456", true},    {"+9791234567", true}, /* international premium rate, E.169.2 */
        {"+3585551234567", false},                        /* no profile */
    };
    struct dp_pattern *p;
    const char *why;
    struct dp_site site = {.country = dp_country(rt_str("de"))};

    ck_assert_int_eq(dp_pattern_new(&p, rt_str("premium"), &why), 0);
    for (unsigned i = 0; i < RT_COUNT(rows); i++) {
        struct dp_number n;
        ck_assert_int_eq(dp_number_parse(&n, rt_str(rows[i].number)), 0);
        ck_assert_msg(dp_pattern_match(p, &n, &site) == rows[i].want, "%s", rows[i].number);
        ck_assert_msg(dp_pattern_match(p, &n, NULL) == rows[i].want, "%s, no site", rows[i].number);
    }
    dp_pattern_free(p);
}
END_TEST

START_TEST(lengths_tell_when_a_number_is_whole)
{
    static const struct {
        const char *number;
        enum dp_complete want;
    } rows[] = {
        {"+1212555010", SHORT},
        {"+12125550100", FULL},
        {"+1", SHORT},
        {"+44", SHORT},
        {"+44163296000", MAYBE},
        {"+441632960001", FULL},
        {"+4480", SHORT}, /* may become 0800 1111 */
        {"+448001110", SHORT},
        {"+448001111", FULL},
        {"+448081570123", FULL},
        {"+33", SHORT},
        {"+3319900123", SHORT},
        {"+33199001234", FULL},
        {"+33700123456", SHORT}, /* thirteen digits after +33 700 */
        {"+3370", SHORT},
        {"+49301", SHORT},
        {"+493012", MAYBE},
        {"+4915112345", SHORT},
        {"+4915112345678", MAYBE},
        {"+491701234567", MAYBE},
        {"+3906123", SHORT},
        {"+39061234", MAYBE},
        {"+3906123456789", FULL},
        {"+318001234", MAYBE},
        {"+31201234567", FULL},
        {"+35855512", MAYBE},
        {"+358555123456789", FULL}, /* E.164: fifteen digits */
        {"112", MAYBE},             /* raw: it may be whole */
    };

    for (unsigned i = 0; i < RT_COUNT(rows); i++) {
        struct dp_number n;
        ck_assert_int_eq(dp_number_parse(&n, rt_str(rows[i].number)), 0);
        ck_assert_msg(dp_number_complete(&n) == rows[i].want, "%s: %d", rows[i].number,
                      (int)dp_number_complete(&n));
    }
}
END_TEST

static enum dp_complete waiting(const char *set, const char *number, const char *country)
{
    struct dp_site site = {.country = dp_country(rt_str(country))};
    struct dp_table *t;
    struct dp_pattern *p;
    struct dp_match m;
    struct dp_number n;
    const char *why;

    ck_assert_int_eq(dp_table_new(&t), 0);
    ck_assert_int_eq(dp_pattern_new(&p, rt_str(set), &why), 0);
    ck_assert_int_eq(dp_table_add(t, p, &site, NULL), 0);
    dp_table_seal(t);
    ck_assert_int_eq(dp_number_parse(&n, rt_str(number)), 0);
    dp_table_find(&m, t, &n, &site);
    dp_table_free(t);
    return m.complete;
}

START_TEST(the_beginning_of_anybodys_premium_number_is_waited_for)
{
    ck_assert_int_eq(waiting("premium", "+44", "de"), DP_INCOMPLETE);
    ck_assert_int_eq(waiting("premium", "+97", "de"), DP_INCOMPLETE);
    ck_assert_int_eq(waiting("premium", "+442", "de"), DP_COMPLETE);
    ck_assert_int_eq(waiting("freephone", "+80", "de"), DP_INCOMPLETE);
    ck_assert_int_eq(waiting("freephone", "+44", "de"), DP_COMPLETE); /* another country's */
    /* two digits of an area code of +1 do not say which country it is */
    ck_assert_int_eq(waiting("international", "+141", "us"), DP_INCOMPLETE);
    ck_assert_int_eq(waiting("international", "+1416", "us"), DP_MAYBE_COMPLETE);
    ck_assert_int_eq(waiting("national", "+141", "ca"), DP_INCOMPLETE);
    ck_assert_int_eq(waiting("national", "+1212", "ca"), DP_COMPLETE);
}
END_TEST

START_TEST(what_is_dialled_is_waited_for_as_long_as_the_plan_allows)
{
    ck_assert_int_eq(waiting("national", "0700123456", "fr"), DP_INCOMPLETE); /* of 14 digits */
    ck_assert_int_eq(waiting("national", "070012345678901", "fr"), DP_COMPLETE);
    ck_assert_int_eq(waiting("national", "0123456", "fr"), DP_INCOMPLETE);
    ck_assert_int_eq(waiting("national", "0860123456", "ch"), DP_INCOMPLETE);
    ck_assert_int_eq(waiting("national", "22123456", "pl"), DP_INCOMPLETE);
    ck_assert_int_eq(waiting("national", "06", "es"), DP_INCOMPLETE); /* 061 */
    ck_assert_int_eq(waiting("national", "061", "es"), DP_COMPLETE);
    ck_assert_int_eq(waiting("national", "1183", "de"), DP_INCOMPLETE);
    ck_assert_int_eq(waiting("national", "112", "de"), DP_COMPLETE);
    ck_assert_int_eq(waiting("national", "1212555010", "us"), DP_INCOMPLETE);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dp country");
    TCase *tc = tcase_create("dp country");

    tcase_add_test(tc, germany);
    tcase_add_test(tc, austria);
    tcase_add_test(tc, switzerland);
    tcase_add_test(tc, united_kingdom);
    tcase_add_test(tc, france);
    tcase_add_test(tc, spain);
    tcase_add_test(tc, italy);
    tcase_add_test(tc, netherlands);
    tcase_add_test(tc, poland);
    tcase_add_test(tc, united_states);
    tcase_add_test(tc, canada);
    tcase_add_test(tc, premium_is_premium_wherever_it_is);
    tcase_add_test(tc, lengths_tell_when_a_number_is_whole);
    tcase_add_test(tc, the_beginning_of_anybodys_premium_number_is_waited_for);
    tcase_add_test(tc, what_is_dialled_is_waited_for_as_long_as_the_plan_allows);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
