/* Numbers in and out: what a wire or a person says becomes E.164, and E.164 becomes what a trunk
 * wants (RFC 3398 12; dialling rules of Germany and North America). */
#include "dialplan/dialplan.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

static struct dp_site berlin, boston;

static void add_ddi(struct dp_site *site, const char *e164, const char *local)
{
    struct dp_ddi *d;
    const char *why;

    ck_assert_msg(dp_ddi_parse(&d, rt_str(e164), rt_str(local), &why) == 0, "%s", why);
    d->next = site->ddi;
    site->ddi = d;
}

static void setup(void)
{
    berlin = (struct dp_site){.country = dp_country(rt_str("de")), .area = "30"};
    boston = (struct dp_site){.country = dp_country(rt_str("us")), .area = "617"};
    add_ddi(&berlin, "+4930901821[00..99]", "1[00..99]");
    add_ddi(&berlin, "+4930901820", "0");
    add_ddi(&berlin, "+49309018[300..349]", "7[050..099]");
    add_ddi(&boston, "+1617555[0100..0199]", "[2100..2199]");
}

static void release(struct dp_site *site)
{
    while (site->ddi) {
        struct dp_ddi *next = site->ddi->next;
        free(site->ddi);
        site->ddi = next;
    }
}

static void teardown(void)
{
    release(&berlin);
    release(&boston);
}

static struct dp_number raw(const char *digits, enum dp_ton ton)
{
    struct dp_number n = {.ton = ton, .npi = DP_NPI_ISDN};

    strcpy(n.digits, digits);
    return n;
}

struct way_in {
    const char *digits;
    enum dp_ton ton;
    const char *called, *calling;
};

static void check_in(const struct way_in *rows, size_t n, const struct dp_site *site)
{
    char text[DP_TEXT_LEN];

    for (size_t i = 0; i < n; i++) {
        struct dp_number called = raw(rows[i].digits, rows[i].ton), calling = called;
        ck_assert_ptr_nonnull(dp_normalise_called(&called, site));
        ck_assert_str_eq(dp_text(text, &called), rows[i].called);
        ck_assert_ptr_nonnull(dp_normalise_calling(&calling, site));
        ck_assert_str_eq(dp_text(text, &calling), rows[i].calling);
        if (called.e164) {
            ck_assert_int_eq(called.ton, DP_TON_INTERNATIONAL);
            ck_assert_int_eq(called.npi, DP_NPI_ISDN);
        }
    }
}

START_TEST(in_germany)
{
    static const struct way_in rows[] = {
        /* the type of number decides: RFC 3398 12 */
        {"4930901820", DP_TON_INTERNATIONAL, "+4930901820", "+4930901820"},
        {"4315350", DP_TON_INTERNATIONAL, "+4315350", "+4315350"},
        {"30901820", DP_TON_NATIONAL, "+4930901820", "+4930901820"},
        {"901820", DP_TON_SUBSCRIBER, "+4930901820", "+4930901820"},
        {"110", DP_TON_SUBSCRIBER, "+4930110", "+4930110"},
        {"117", DP_TON_ABBREVIATED, "117", "117"},
        {"30901820", DP_TON_NETWORK, "30901820", "30901820"},
        /* what a person dials */
        {"004315350", DP_TON_UNKNOWN, "+4315350", "+4315350"},
        {"004930901820", DP_TON_UNKNOWN, "+4930901820", "+4930901820"},
        {"030901820", DP_TON_UNKNOWN, "+4930901820", "+4930901820"},
        {"015112345678", DP_TON_UNKNOWN, "+4915112345678", "+4915112345678"},
        {"901820", DP_TON_UNKNOWN, "+4930901820", "+4930901820"},
        {"90182", DP_TON_UNKNOWN, "+493090182", "+493090182"},
        {"9018", DP_TON_UNKNOWN, "9018", "9018"}, /* too short: an extension */
        /* short codes before any prefix */
        {"112", DP_TON_UNKNOWN, "112", "+493090182112"}, /* calling: an extension of ours */
        {"11833", DP_TON_UNKNOWN, "11833", "11833"},
        {"116117", DP_TON_UNKNOWN, "116117", "116117"},
        /* extensions: called stays, calling is known to the world */
        {"117", DP_TON_UNKNOWN, "117", "+493090182117"},
        {"0", DP_TON_UNKNOWN, "0", "+4930901820"},
        {"7062", DP_TON_UNKNOWN, "7062", "+49309018312"},
        {"7100", DP_TON_UNKNOWN, "7100", "7100"}, /* beyond the block */
        /* keys are no number */
        {"*21", DP_TON_UNKNOWN, "*21", "*21"},
        {"0*30901", DP_TON_UNKNOWN, "0*30901", "0*30901"},
        {"49*30", DP_TON_INTERNATIONAL, "49*30", "49*30"},
        {"", DP_TON_UNKNOWN, "", ""},
        {"", DP_TON_INTERNATIONAL, "", ""},
        {"00", DP_TON_UNKNOWN, "00", "00"},
        {"0004930901820", DP_TON_UNKNOWN, "0004930901820", "0004930901820"},
        {"012", DP_TON_UNKNOWN, "012", "012"},
    };
    check_in(rows, RT_COUNT(rows), &berlin);
}
END_TEST

START_TEST(in_north_america)
{
    static const struct way_in rows[] = {
        {"16175550123", DP_TON_INTERNATIONAL, "+16175550123", "+16175550123"},
        {"6175550123", DP_TON_NATIONAL, "+16175550123", "+16175550123"},
        {"5550123", DP_TON_SUBSCRIBER, "+16175550123", "+16175550123"},
        {"0114930901820", DP_TON_UNKNOWN, "+4930901820", "+4930901820"},
        {"12125550100", DP_TON_UNKNOWN, "+12125550100", "+12125550100"},
        {"2125550100", DP_TON_UNKNOWN, "+12125550100", "+12125550100"}, /* closed plan */
        {"5550123", DP_TON_UNKNOWN, "+16175550123", "+16175550123"},
        {"212555010", DP_TON_UNKNOWN, "212555010", "212555010"},
        {"911", DP_TON_UNKNOWN, "911", "911"},
        {"411", DP_TON_UNKNOWN, "411", "411"},
        {"2123", DP_TON_UNKNOWN, "2123", "+16175550123"},
        {"2200", DP_TON_UNKNOWN, "2200", "2200"},
    };
    check_in(rows, RT_COUNT(rows), &boston);
}
END_TEST

START_TEST(a_site_without_an_area_has_no_local_numbers)
{
    static const struct way_in rows[] = {
        {"901820", DP_TON_UNKNOWN, "901820", "901820"},
        {"030901820", DP_TON_UNKNOWN, "+4930901820", "+4930901820"},
    };
    struct dp_site site = {.country = dp_country(rt_str("de"))};
    check_in(rows, RT_COUNT(rows), &site);
}
END_TEST

START_TEST(without_a_site_only_the_type_international_says_enough)
{
    static const struct way_in rows[] = {
        {"4930901820", DP_TON_INTERNATIONAL, "+4930901820", "+4930901820"},
        {"30901820", DP_TON_NATIONAL, "30901820", "30901820"},
        {"901820", DP_TON_SUBSCRIBER, "901820", "901820"},
        {"004930901820", DP_TON_UNKNOWN, "004930901820", "004930901820"},
    };
    check_in(rows, RT_COUNT(rows), NULL);
}
END_TEST

START_TEST(a_private_plan_is_not_the_worlds)
{
    struct dp_number n = raw("4930901820", DP_TON_INTERNATIONAL);
    char text[DP_TEXT_LEN];

    n.npi = DP_NPI_PRIVATE; /* RFC 3398 12: only the E.164 plan is turned into a global number */
    dp_normalise_called(&n, &berlin);
    ck_assert_str_eq(dp_text(text, &n), "4930901820");
    n = raw("030901820", DP_TON_UNKNOWN);
    n.npi = DP_NPI_PRIVATE;
    dp_normalise_calling(&n, &berlin);
    ck_assert_str_eq(dp_text(text, &n), "030901820");
}
END_TEST

START_TEST(a_global_number_stays_as_it_is)
{
    struct dp_number n;
    char text[DP_TEXT_LEN];

    ck_assert_int_eq(dp_number_parse(&n, rt_str("+00123")), 0);
    ck_assert_str_eq(dp_normalise_called(&n, &berlin), "E.164 as it stands");
    ck_assert_str_eq(dp_text(text, &n), "+00123");
}
END_TEST

START_TEST(a_number_too_long_for_a_prefix_is_left_alone)
{
    struct dp_number n = raw("1234567890123456789012345678901234567890", DP_TON_NATIONAL);

    ck_assert_str_eq(dp_normalise_called(&n, &berlin), "as it stands");
    ck_assert(!n.e164);
    ck_assert_uint_eq(strlen(n.digits), 40);
}
END_TEST

START_TEST(presentation_and_screening_survive_both_ways)
{
    struct dp_number n = raw("117", DP_TON_UNKNOWN), out;

    n.present = DP_RESTRICTED;
    n.screen = DP_USER_PASSED;
    dp_normalise_calling(&n, &berlin);
    ck_assert(n.e164);
    dp_format_number(&out, &n, DP_ISDN, &berlin);
    ck_assert_int_eq(out.present, DP_RESTRICTED);
    ck_assert_int_eq(out.screen, DP_USER_PASSED);
}
END_TEST

/* ---- out ---- */

struct way_out {
    const char *number;
    enum dp_format format;
    const char *want;
    enum dp_ton ton;
};

static void check_out(const struct way_out *rows, size_t n, const struct dp_site *site)
{
    char text[DP_TEXT_LEN];

    for (size_t i = 0; i < n; i++) {
        struct dp_number in, out;
        ck_assert_int_eq(dp_number_parse(&in, rt_str(rows[i].number)), 0);
        ck_assert_ptr_nonnull(dp_format_number(&out, &in, rows[i].format, site));
        ck_assert_msg(strcmp(dp_text(text, &out), rows[i].want) == 0, "%s %s: %s, want %s",
                      rows[i].number, dp_format_name(rows[i].format), text, rows[i].want);
        ck_assert_msg(out.ton == rows[i].ton, "%s %s: type %d", rows[i].number,
                      dp_format_name(rows[i].format), (int)out.ton);
        if (in.e164)
            ck_assert_int_eq(out.npi, DP_NPI_ISDN);
    }
}

START_TEST(out_of_germany)
{
    static const struct way_out rows[] = {
        {"+4930901820", DP_E164, "+4930901820", DP_TON_INTERNATIONAL},
        {"+4930901820", DP_E164_BARE, "4930901820", DP_TON_INTERNATIONAL},
        {"+4930901820", DP_NATIONAL_PREFIX, "030901820", DP_TON_UNKNOWN},
        {"+4930901820", DP_ISDN, "30901820", DP_TON_NATIONAL},
        {"+4930901820", DP_AS_DIALLED, "0", DP_TON_UNKNOWN}, /* the attendant */
        {"+493090182117", DP_AS_DIALLED, "117", DP_TON_UNKNOWN},
        {"+493090182117", DP_ISDN, "3090182117", DP_TON_NATIONAL},
        {"+49309018312", DP_AS_DIALLED, "7062", DP_TON_UNKNOWN},
        {"+49309018350", DP_AS_DIALLED, "0309018350", DP_TON_UNKNOWN}, /* beyond the block */
        {"+498912345", DP_AS_DIALLED, "08912345", DP_TON_UNKNOWN},
        {"+4315350", DP_E164, "+4315350", DP_TON_INTERNATIONAL},
        {"+4315350", DP_E164_BARE, "4315350", DP_TON_INTERNATIONAL},
        {"+4315350", DP_NATIONAL_PREFIX, "004315350", DP_TON_UNKNOWN},
        {"+4315350", DP_ISDN, "4315350", DP_TON_INTERNATIONAL},
        {"+4315350", DP_AS_DIALLED, "004315350", DP_TON_UNKNOWN},
        {"112", DP_E164, "112", DP_TON_UNKNOWN},
        {"112", DP_E164_BARE, "112", DP_TON_UNKNOWN},
        {"112", DP_NATIONAL_PREFIX, "112", DP_TON_UNKNOWN},
        {"112", DP_ISDN, "112", DP_TON_UNKNOWN},
        {"112", DP_AS_DIALLED, "112", DP_TON_UNKNOWN},
        {"*21*117#", DP_ISDN, "*21*117#", DP_TON_UNKNOWN},
        {"117", DP_AS_DIALLED, "117", DP_TON_UNKNOWN},
    };
    check_out(rows, RT_COUNT(rows), &berlin);
}
END_TEST

START_TEST(out_of_north_america)
{
    static const struct way_out rows[] = {
        {"+12125550100", DP_E164, "+12125550100", DP_TON_INTERNATIONAL},
        {"+12125550100", DP_E164_BARE, "12125550100", DP_TON_INTERNATIONAL},
        {"+12125550100", DP_NATIONAL_PREFIX, "12125550100", DP_TON_UNKNOWN},
        {"+12125550100", DP_ISDN, "2125550100", DP_TON_NATIONAL},
        {"+12125550100", DP_AS_DIALLED, "12125550100", DP_TON_UNKNOWN},
        {"+16175550123", DP_AS_DIALLED, "2123", DP_TON_UNKNOWN},
        {"+4930901820", DP_NATIONAL_PREFIX, "0114930901820", DP_TON_UNKNOWN},
        {"+4930901820", DP_ISDN, "4930901820", DP_TON_INTERNATIONAL},
        {"911", DP_ISDN, "911", DP_TON_UNKNOWN},
    };
    check_out(rows, RT_COUNT(rows), &boston);
}
END_TEST

START_TEST(out_of_nowhere)
{
    static const struct way_out rows[] = {
        {"+4930901820", DP_E164, "+4930901820", DP_TON_INTERNATIONAL},
        {"+4930901820", DP_E164_BARE, "4930901820", DP_TON_INTERNATIONAL},
        {"+4930901820", DP_ISDN, "4930901820", DP_TON_INTERNATIONAL},
        {"+4930901820", DP_NATIONAL_PREFIX, "004930901820", DP_TON_UNKNOWN}, /* most of the world */
        {"+4930901820", DP_AS_DIALLED, "004930901820", DP_TON_UNKNOWN},
    };
    check_out(rows, RT_COUNT(rows), NULL);
}
END_TEST

START_TEST(no_number_goes_out_as_none)
{
    struct dp_number none = {.present = DP_UNAVAILABLE}, out;

    ck_assert_str_eq(dp_format_number(&out, &none, DP_ISDN, &berlin), "no number");
    ck_assert_str_eq(out.digits, "");
    ck_assert_int_eq(out.present, DP_UNAVAILABLE);
}
END_TEST

START_TEST(what_goes_out_as_dialled_comes_back_the_same)
{
    static const char *const numbers[] = {"+493090182117", "+4930901820",  "+49309018349",
                                          "+498912345678", "+12125550100", "+4915112345678"};

    for (size_t i = 0; i < RT_COUNT(numbers); i++)
        for (int f = DP_E164; f <= DP_AS_DIALLED; f++) {
            struct dp_number n, out;
            ck_assert_int_eq(dp_number_parse(&n, rt_str(numbers[i])), 0);
            dp_format_number(&out, &n, (enum dp_format)f, &berlin);
            dp_normalise_calling(&out, &berlin);
            ck_assert_msg(dp_number_equal(&out, &n), "%s %s", numbers[i],
                          dp_format_name((enum dp_format)f));
        }
}
END_TEST

/* ---- ISUP and ISDN: RFC 3398 12 ---- */

/** What the wire says and what it is; out again in the format of the third column. */
START_TEST(the_nature_of_address_is_mapped_both_ways)
{
    static const struct {
        const char *digits;
        enum dp_ton ton;
        enum dp_npi npi;
        const char *number;
        enum dp_format out;
        const char *back;
        enum dp_ton back_ton;
    } rows[] = {
        /* international: + and the digits */
        {"4315350", DP_TON_INTERNATIONAL, DP_NPI_ISDN, "+4315350", DP_ISUP_NATIONAL, "4315350",
         DP_TON_INTERNATIONAL},
        {"4315350", DP_TON_INTERNATIONAL, DP_NPI_ISDN, "+4315350", DP_ISUP_INTERNATIONAL, "4315350",
         DP_TON_INTERNATIONAL},
        {"4930901820", DP_TON_INTERNATIONAL, DP_NPI_ISDN, "+4930901820", DP_ISUP_INTERNATIONAL,
         "4930901820", DP_TON_INTERNATIONAL},
        {"4930901820", DP_TON_INTERNATIONAL, DP_NPI_ISDN, "+4930901820", DP_ISUP_NATIONAL,
         "30901820", DP_TON_NATIONAL},
        /* national: + and the trunk's country code */
        {"30901820", DP_TON_NATIONAL, DP_NPI_ISDN, "+4930901820", DP_ISUP_NATIONAL, "30901820",
         DP_TON_NATIONAL},
        {"30901820", DP_TON_NATIONAL, DP_NPI_ISDN, "+4930901820", DP_ISUP_INTERNATIONAL,
         "4930901820", DP_TON_INTERNATIONAL},
        {"30901820", DP_TON_NATIONAL, DP_NPI_ISDN, "+4930901820", DP_ISDN, "30901820",
         DP_TON_NATIONAL},
        /* subscriber: the area too */
        {"901820", DP_TON_SUBSCRIBER, DP_NPI_ISDN, "+4930901820", DP_ISUP_NATIONAL, "30901820",
         DP_TON_NATIONAL},
        /* network-specific: no global number, and out as it came */
        {"901820", DP_TON_NETWORK, DP_NPI_ISDN, "901820", DP_ISUP_NATIONAL, "901820",
         DP_TON_UNKNOWN},
        /* unknown: the digits, then the trunk's prefixes */
        {"004315350", DP_TON_UNKNOWN, DP_NPI_ISDN, "+4315350", DP_ISUP_NATIONAL, "4315350",
         DP_TON_INTERNATIONAL},
        {"030901820", DP_TON_UNKNOWN, DP_NPI_UNKNOWN, "+4930901820", DP_ISUP_NATIONAL, "30901820",
         DP_TON_NATIONAL},
        {"112", DP_TON_UNKNOWN, DP_NPI_ISDN, "112", DP_ISUP_INTERNATIONAL, "112", DP_TON_UNKNOWN},
        /* another plan: not E.164's */
        {"30901820", DP_TON_NATIONAL, DP_NPI_PRIVATE, "30901820", DP_ISUP_NATIONAL, "30901820",
         DP_TON_UNKNOWN},
    };
    char text[DP_TEXT_LEN];

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct dp_number n = raw(rows[i].digits, rows[i].ton), out;
        n.npi = rows[i].npi;
        n.present = DP_RESTRICTED;
        n.screen = DP_NETWORK;
        dp_normalise_called(&n, &berlin);
        ck_assert_msg(strcmp(dp_text(text, &n), rows[i].number) == 0, "row %zu: %s", i, text);
        dp_format_number(&out, &n, rows[i].out, &berlin);
        ck_assert_msg(strcmp(dp_text(text, &out), rows[i].back) == 0, "row %zu: %s", i, text);
        ck_assert_msg(out.ton == rows[i].back_ton, "row %zu: type %d", i, (int)out.ton);
        ck_assert_int_eq(out.npi, n.e164 ? DP_NPI_ISDN : DP_NPI_UNKNOWN);
        ck_assert_int_eq(out.present, DP_RESTRICTED);
        ck_assert_int_eq(out.screen, DP_NETWORK);
    }
}
END_TEST

START_TEST(all_of_plus_one_is_national_on_a_north_american_trunk)
{
    static const struct way_out rows[] = {
        {"+12025331234", DP_ISUP_NATIONAL, "2025331234", DP_TON_NATIONAL},
        {"+14165550123", DP_ISUP_NATIONAL, "4165550123", DP_TON_NATIONAL}, /* Canada */
        {"+442079460148", DP_ISUP_NATIONAL, "442079460148", DP_TON_INTERNATIONAL},
        {"+12025331234", DP_ISUP_INTERNATIONAL, "12025331234", DP_TON_INTERNATIONAL},
    };
    static const struct way_out nowhere[] = {
        {"+12025331234", DP_ISUP_NATIONAL, "12025331234", DP_TON_INTERNATIONAL},
    };
    check_out(rows, RT_COUNT(rows), &boston);
    check_out(nowhere, RT_COUNT(nowhere), NULL);
}
END_TEST

/* ---- why, for explain ---- */

/** The example of the manual: Berlin, one block of extensions. */
START_TEST(the_office_explains_itself)
{
    static const struct {
        const char *digits;
        enum dp_ton ton;
        bool calling;
        const char *number, *why;
    } rows[] = {
        {"30123456", DP_TON_UNKNOWN, false, "+493030123456", "de area 30: subscriber"},
        {"123", DP_TON_UNKNOWN, true, "+493090182123", "ddi"},
        {"123", DP_TON_UNKNOWN, false, "123", "extension"},
        {"09001234567", DP_TON_UNKNOWN, false, "+499001234567", "de: national prefix"},
        {"004315350", DP_TON_UNKNOWN, false, "+4315350", "de: international prefix"},
        {"110", DP_TON_UNKNOWN, false, "110", "extension"}, /* 1[00..99] has it: the plan warns */
        {"0112", DP_TON_UNKNOWN, false, "0112", "as it stands"},
        {"116117", DP_TON_UNKNOWN, false, "116117", "de: short code"},
        {"30901820", DP_TON_NATIONAL, true, "+4930901820", "de: type national"},
        {"901820", DP_TON_SUBSCRIBER, true, "+4930901820", "de area 30: type subscriber"},
        {"4930901820", DP_TON_INTERNATIONAL, true, "+4930901820", "type international"},
        {"*21*123", DP_TON_UNKNOWN, false, "*21*123", "as it stands"},
    };
    char text[DP_TEXT_LEN];
    struct dp_number n, out;

    dp_site_seal(&berlin);
    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        n = raw(rows[i].digits, rows[i].ton);
        dp_why why = (rows[i].calling ? dp_normalise_calling : dp_normalise_called)(&n, &berlin);
        ck_assert_str_eq(dp_text(text, &n), rows[i].number);
        ck_assert_str_eq(why, rows[i].why);
    }
    /* egress of the listing: SETUP called 3030123456, caller 3090182123, both national */
    n = raw("30123456", DP_TON_UNKNOWN);
    dp_normalise_called(&n, &berlin);
    ck_assert_str_eq(dp_format_number(&out, &n, DP_ISDN, &berlin), "type national");
    ck_assert_str_eq(out.digits, "3030123456");
    ck_assert_int_eq(out.ton, DP_TON_NATIONAL);
    ck_assert_int_eq(out.npi, DP_NPI_ISDN);
    n = raw("123", DP_TON_UNKNOWN);
    dp_normalise_calling(&n, &berlin);
    dp_format_number(&out, &n, DP_ISDN, &berlin);
    ck_assert_str_eq(out.digits, "3090182123");
    ck_assert_int_eq(out.ton, DP_TON_NATIONAL);
    /* the night bell's caller from the provider */
    ck_assert_int_eq(dp_number_parse(&n, rt_str("+493090182150")), 0);
    ck_assert_str_eq(dp_format_number(&out, &n, DP_AS_DIALLED, &berlin), "extension");
    ck_assert_str_eq(out.digits, "150");
}
END_TEST

START_TEST(a_site_says_its_country_and_area)
{
    struct dp_number n = raw("2125550100", DP_TON_UNKNOWN);
    struct dp_site nowhere = {.country = NULL};

    ck_assert_str_eq(dp_normalise_called(&n, &boston), "national number"); /* not sealed */
    dp_site_seal(&boston);
    n = raw("2125550100", DP_TON_UNKNOWN);
    ck_assert_str_eq(dp_normalise_called(&n, &boston), "us: national number");
    n = raw("5550123", DP_TON_UNKNOWN);
    ck_assert_str_eq(dp_normalise_called(&n, &boston), "us area 617: subscriber");
    dp_site_seal(&nowhere);
    n = raw("5550123", DP_TON_UNKNOWN);
    ck_assert_str_eq(dp_normalise_called(&n, &nowhere), "as it stands");
    /* the longest area there can be */
    memset(boston.area, '6', DP_DIGITS_MAX);
    dp_site_seal(&boston);
    ck_assert_uint_eq(strlen(boston.why[DP_RULE_TYPE_SUBSCRIBER]),
                      strlen("us area : type subscriber") + DP_DIGITS_MAX);
}
END_TEST

/* ---- blocks of extensions ---- */

START_TEST(a_block_goes_both_ways_whatever_its_widths)
{
    static const struct {
        const char *e164, *local; /* the block */
        const char *number, *extension;
    } rows[] = {
        {"+4930901821[00..99]", "1[00..99]", "+493090182100", "100"},
        {"+4930901821[00..99]", "1[00..99]", "+493090182199", "199"},
        {"+4930901821[00..99]", "[00..99]", "+493090182107", "07"},
        {"+4930901821[00..99]", "2[100..199]", "+493090182107", "2107"},  /* wider inside */
        {"+4930901821[00..99]", "[0950..1049]", "+493090182150", "1000"}, /* carries */
        {"+4930[901800..901899]", "[00..99]", "+4930901842", "42"},       /* narrower inside */
        {"+4930901[800..899]", "7[01..99]", NULL, NULL},                  /* 100 and 99 */
        {"+4930901[800..898]", "7[01..99]", "+4930901800", "701"},
        {"+4930901[800..898]", "7[01..99]", "+4930901898", "799"},
        {"+4930901820", "0", "+4930901820", "0"}, /* one number */
        {"+4930901820", "[7..7]", "+4930901820", "7"},
        {"+49309018[999999999999900..999999999999999]", "[00..99]", "+49309018999999999999942",
         "42"},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct dp_site site = {.country = dp_country(rt_str("de"))};
        const char *why;
        char text[DP_TEXT_LEN];
        int err = dp_ddi_parse(&site.ddi, rt_str(rows[i].e164), rt_str(rows[i].local), &why);
        if (!rows[i].number) {
            ck_assert_int_eq(err, EINVAL);
            continue;
        }
        ck_assert_int_eq(err, 0);
        struct dp_number n = raw(rows[i].extension, DP_TON_UNKNOWN), out;
        ck_assert_str_eq(dp_normalise_calling(&n, &site), "ddi");
        ck_assert_str_eq(dp_text(text, &n), rows[i].number);
        ck_assert_str_eq(dp_format_number(&out, &n, DP_AS_DIALLED, &site), "extension");
        ck_assert_str_eq(out.digits, rows[i].extension);
        free(site.ddi);
    }
}
END_TEST

START_TEST(formats_and_countries_are_read_by_name)
{
    static const char *const names[] = {"e164",      "e164-bare",     "national-prefix",
                                        "isdn",      "isup-national", "isup-international",
                                        "as-dialled"};
    enum dp_format f;

    for (unsigned i = 0; i < RT_COUNT(names); i++) {
        ck_assert_int_eq(dp_format_parse(&f, rt_str(names[i])), 0);
        ck_assert_str_eq(dp_format_name(f), names[i]);
    }
    ck_assert_int_eq(dp_format_parse(&f, rt_str("E164")), EINVAL);
    ck_assert_int_eq(dp_format_parse(&f, rt_str("")), EINVAL);
    ck_assert_int_eq(f, DP_AS_DIALLED);
    for (const char *const *name = dp_country_names(); *name; name++)
        ck_assert_str_eq(dp_country_code(dp_country(rt_str(*name))), *name);
    ck_assert_ptr_eq(dp_country(rt_str("DE")), dp_country(rt_str("de")));
    ck_assert_ptr_null(dp_country(rt_str("xx")));
}
END_TEST

START_TEST(a_block_pairs_ranges_of_one_size)
{
    static const struct {
        const char *e164, *local, *why;
    } rows[] = {
        {"+4930901820", "0", NULL},
        {"+4930901821[00..99]", "[00..99]", NULL},
        {"+4930901821[00..99]", "1[100..199]", NULL},
        {"+4930[00000..99999]", "[00000..99999]", NULL},
        {"4930901821[00..99]", "1[00..99]", "must begin with an E.164 number"},
        {"", "1", "must begin with an E.164 number"},
        {"+4930901821[00..99]", "1[00..98]", "has two ranges of different size"},
        {"+4930901821[00..99]", "1", "has two ranges of different size"},
        {"+4930901821[00..9]", "1[0..9]", "is not a range of equal lengths, low to high"},
        {"+4930901821[99..00]", "1[99..00]", "is not a range of equal lengths, low to high"},
        {"+4930901821[00.99]", "1[00..99]", "is not a range like [00..99]"},
        {"+4930901821[00..99", "1[00..99", "is not a range like [00..99]"},
        {"+4930901820", "+4930901821", "has two E.164 numbers"},
        {"+4930901821[00..99]5", "1[00..99]5", "is not a range like [00..99]"},
        {"+4930901821[]", "1[]", "is not a range like [00..99]"},
        {"+49x[00..99]", "1[00..99]", "is not a number"},
        {"+4930901820", "", "is empty"},
        {"+49309018201234567890123456789012345678[00..99]", "[00..99]", NULL},
        {"+493090182012345678901234567890123456789[00..99]", "[00..99]", "is too long"},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct dp_ddi *d = NULL;
        const char *why = NULL;
        int err = dp_ddi_parse(&d, rt_str(rows[i].e164), rt_str(rows[i].local), &why);
        if (rows[i].why)
            ck_assert_str_eq(why ? why : "(none)", rows[i].why);
        ck_assert_msg(err == (rows[i].why ? EINVAL : 0), "%s <-> %s", rows[i].e164, rows[i].local);
        free(d);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dp normalise");
    TCase *tc = tcase_create("dp normalise");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, in_germany);
    tcase_add_test(tc, in_north_america);
    tcase_add_test(tc, a_site_without_an_area_has_no_local_numbers);
    tcase_add_test(tc, without_a_site_only_the_type_international_says_enough);
    tcase_add_test(tc, a_private_plan_is_not_the_worlds);
    tcase_add_test(tc, a_global_number_stays_as_it_is);
    tcase_add_test(tc, a_number_too_long_for_a_prefix_is_left_alone);
    tcase_add_test(tc, presentation_and_screening_survive_both_ways);
    tcase_add_test(tc, out_of_germany);
    tcase_add_test(tc, out_of_north_america);
    tcase_add_test(tc, out_of_nowhere);
    tcase_add_test(tc, no_number_goes_out_as_none);
    tcase_add_test(tc, what_goes_out_as_dialled_comes_back_the_same);
    tcase_add_test(tc, the_nature_of_address_is_mapped_both_ways);
    tcase_add_test(tc, all_of_plus_one_is_national_on_a_north_american_trunk);
    tcase_add_test(tc, the_office_explains_itself);
    tcase_add_test(tc, a_site_says_its_country_and_area);
    tcase_add_test(tc, a_block_goes_both_ways_whatever_its_widths);
    tcase_add_test(tc, formats_and_countries_are_read_by_name);
    tcase_add_test(tc, a_block_pairs_ranges_of_one_size);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
