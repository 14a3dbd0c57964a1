/* Every row of the named tables in its direction, and what a cause means for the call. */
#include "gw/cause.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct gw_causes profile(const char *name)
{
    struct gw_causes t = {.profile = gw_cause_profile(rt_str(name))};

    ck_assert_ptr_nonnull(t.profile);
    ck_assert_str_eq(gw_causes_profile_name(&t), name);
    return t;
}

/* ---- Q.850 to SIP ---- */

struct to_sip {
    unsigned q850;
    int status;
};

/** RFC 3398 7.2.4.1; from 69 on causes that it leaves to its default and that are given a status of
 * their own here. */
static const struct to_sip rfc3398[] = {
    {1, 404},  {2, 404},  {3, 404},  {17, 486}, {18, 408},  {19, 480},  {20, 480},  {21, 403},
    {22, 410}, {23, 410}, {26, 404}, {27, 502}, {28, 484},  {29, 501},  {31, 480},  {34, 503},
    {38, 503}, {41, 503}, {42, 503}, {47, 503}, {55, 403},  {57, 403},  {58, 503},  {65, 488},
    {70, 488}, {79, 501}, {87, 403}, {88, 503}, {102, 504}, {111, 500}, {127, 500}, {69, 501},
    {16, 480}, {4, 404},  {5, 404},  {14, 404}, {24, 403},  {25, 483},  {43, 503},  {49, 503},
    {50, 403}, {52, 403}, {53, 403}, {54, 403}, {63, 503},  {8, 480},   {9, 480},   {46, 503},
    {6, 503},  {44, 503},
};

/** RFC 4497 table 1; 6 and 44 are congestion once no other channel is left (8.4.1 note 2, 8.3.1).
 */
static const struct to_sip rfc4497[] = {
    {1, 404},  {2, 404},  {3, 404},  {17, 486}, {18, 408},  {19, 480}, {20, 480}, {21, 403},
    {22, 410}, {23, 410}, {27, 502}, {28, 484}, {29, 501},  {31, 480}, {34, 503}, {38, 503},
    {41, 503}, {42, 503}, {47, 503}, {55, 403}, {57, 403},  {58, 503}, {65, 488}, {69, 501},
    {70, 488}, {79, 501}, {87, 403}, {88, 503}, {102, 504}, {6, 503},  {44, 503},
};

/** What the program holds to be Q.1912.5: this list has not been held against its text. */
static const struct to_sip q1912_5[] = {
    {1, 404},  {5, 404},  {16, 480}, {17, 486}, {18, 480}, {19, 480}, {20, 480}, {21, 480},
    {22, 410}, {25, 480}, {26, 404}, {27, 502}, {28, 484}, {31, 480}, {34, 480}, {127, 480},
};

/** Rows of `list`, and 500 for each cause without one. */
static void check_to_sip(const char *name, const struct to_sip *list, size_t n)
{
    struct gw_causes t = profile(name);

    for (unsigned q850 = 1; q850 < 128; q850++) {
        struct gw_cause c = {.q850 = (uint8_t)q850, .location = GW_LOC_PUBLIC_LOCAL};
        char row[GW_CAUSE_ROW_LEN], text[GW_CAUSE_ROW_LEN];
        int want = 500;
        bool own = false;
        for (size_t i = 0; i < n; i++)
            if (list[i].q850 == q850) {
                want = list[i].status;
                own = true;
            }
        ck_assert_msg(gw_cause_to_sip(&t, &c, row) == want, "%s: cause %u", name, q850);
        snprintf(text, sizeof text, "%s %s%u -> %d", name, own ? "" : "default ", q850, want);
        ck_assert_str_eq(row, text);
    }
}

START_TEST(a_cause_gives_its_status)
{
    check_to_sip("rfc3398", rfc3398, RT_COUNT(rfc3398));
    check_to_sip("rfc4497", rfc4497, RT_COUNT(rfc4497));
    check_to_sip("q1912.5", q1912_5, RT_COUNT(q1912_5));
}
END_TEST

START_TEST(location_and_diagnostic_choose_among_statuses)
{
    static const struct {
        const char *profile;
        struct gw_cause cause;
        int status;
        const char *row;
    } rows[] = {
        {"rfc3398", {.q850 = 21}, 603, "rfc3398 21 user -> 603"},
        {"rfc4497", {.q850 = 21}, 603, "rfc4497 21 user -> 603"},
        {"rfc3398", {.q850 = 21, .location = GW_LOC_TRANSIT}, 403, "rfc3398 21 -> 403"},
        {"q1912.5", {.q850 = 21}, 480, "q1912.5 21 -> 480"},
        {"rfc3398", {.q850 = 22, .diagnostic = "+4930123"}, 301, "rfc3398 22 diagnostic -> 301"},
        {"rfc4497", {.q850 = 22, .diagnostic = "+4930123"}, 301, "rfc4497 22 diagnostic -> 301"},
        {"q1912.5", {.q850 = 22, .diagnostic = "+4930123"}, 410, "q1912.5 22 -> 410"},
        {"rfc3398", {.q850 = 17, .diagnostic = "x"}, 486, "rfc3398 17 -> 486"},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct gw_causes t = profile(rows[i].profile);
        char row[GW_CAUSE_ROW_LEN];
        ck_assert_int_eq(gw_cause_to_sip(&t, &rows[i].cause, row), rows[i].status);
        ck_assert_str_eq(row, rows[i].row);
    }
}
END_TEST

START_TEST(every_cause_has_a_final_status)
{
    static const struct gw_causes none;

    for (unsigned q850 = 0; q850 < 256; q850++) {
        struct gw_cause c = {.q850 = (uint8_t)q850};
        int status = gw_cause_to_sip(&none, &c, NULL);
        ck_assert(status >= 400 && status < 700);
    }
}
END_TEST

/* ---- SIP to Q.850 ---- */

struct from_sip {
    int status;
    unsigned q850;
};

/** RFC 3398 8.2.6.1; 428 to 438, 433, 580, 607, 608 have rows of their own here. 488 and 606 as
 * they are without a Warning. */
static const struct from_sip from_3398[] = {
    {400, 41},  {401, 21}, {402, 21},  {403, 21},  {404, 1},  {405, 63},  {406, 79},  {407, 21},
    {408, 102}, {410, 22}, {413, 127}, {414, 127}, {415, 79}, {416, 127}, {420, 127}, {421, 127},
    {423, 127}, {480, 18}, {481, 41},  {482, 25},  {483, 25}, {484, 28},  {485, 1},   {486, 17},
    {488, 31},  {500, 41}, {501, 79},  {502, 38},  {503, 41}, {504, 102}, {505, 127}, {513, 127},
    {600, 17},  {603, 21}, {604, 1},   {606, 31},  {428, 21}, {429, 21},  {433, 24},  {436, 21},
    {437, 21},  {438, 21}, {580, 47},  {607, 21},  {608, 21},
};

/** RFC 4497 table 2. */
static const struct from_sip from_4497[] = {
    {400, 41},  {401, 21}, {402, 21},  {403, 21},  {404, 1},  {405, 63},  {406, 79},  {407, 21},
    {408, 102}, {410, 22}, {413, 127}, {414, 127}, {415, 79}, {416, 127}, {420, 127}, {421, 127},
    {423, 127}, {480, 18}, {481, 41},  {482, 25},  {483, 25}, {484, 28},  {485, 1},   {486, 17},
    {488, 31},  {500, 41}, {501, 79},  {502, 38},  {503, 41}, {504, 102}, {505, 127}, {513, 127},
    {600, 17},  {603, 21}, {604, 1},   {606, 31},
};

/** As q1912_5 above. */
static const struct from_sip from_1912_5[] = {
    {404, 1}, {410, 22}, {480, 20}, {484, 28}, {486, 17}, {600, 17}, {603, 21}, {604, 1},
};

static void check_from_sip(const char *name, const struct from_sip *list, size_t n, unsigned other,
                           unsigned network)
{
    struct gw_causes t = profile(name);

    for (int status = 300; status < 700; status++) {
        struct gw_sip_failure f = {.status = status, .reason_location = -1};
        unsigned want = other;
        char text[GW_CAUSE_ROW_LEN];
        struct gw_cause c;
        bool own = false;
        for (size_t i = 0; i < n; i++)
            if (list[i].status == status) {
                want = list[i].q850;
                own = true;
            }
        gw_cause_from_sip(&c, &t, &f);
        ck_assert_msg(c.q850 == want, "%s: status %d", name, status);
        ck_assert_int_eq(c.sip_status, status);
        ck_assert_uint_eq(c.location, status >= 600 ? GW_LOC_USER : network);
        snprintf(text, sizeof text, "%s %s%d -> %u", name, own ? "" : "default ", status, want);
        ck_assert_str_eq(c.rule, text);
    }
}

START_TEST(a_status_gives_its_cause)
{
    check_from_sip("rfc3398", from_3398, RT_COUNT(from_3398), 31, GW_LOC_BEYOND);
    check_from_sip("rfc4497", from_4497, RT_COUNT(from_4497), 31, GW_LOC_PRIVATE_REMOTE);
    check_from_sip("q1912.5", from_1912_5, RT_COUNT(from_1912_5), 127, GW_LOC_BEYOND);
}
END_TEST

START_TEST(a_warning_about_media_is_65)
{
    static const struct {
        const char *profile;
        int status;
        unsigned q850;
        const char *rule;
    } rows[] = {
        {"rfc3398", 488, 65, "rfc3398 488 media -> 65"},
        {"rfc4497", 606, 65, "rfc4497 606 media -> 65"},
        {"rfc3398", 480, 18, "rfc3398 480 -> 18"},
        {"q1912.5", 488, 127, "q1912.5 default 488 -> 127"},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct gw_causes t = profile(rows[i].profile);
        struct gw_sip_failure f = {rows[i].status, 0, -1, true};
        struct gw_cause c;
        gw_cause_from_sip(&c, &t, &f);
        ck_assert_uint_eq(c.q850, rows[i].q850);
        ck_assert_str_eq(c.rule, rows[i].rule);
    }
}
END_TEST

START_TEST(a_reason_header_goes_before_the_table)
{
    static const struct {
        struct gw_sip_failure f;
        unsigned q850, location;
        const char *rule;
    } rows[] = {
        {{480, 20, GW_LOC_TRANSIT, false}, 20, GW_LOC_TRANSIT, "Reason header 20"},
        {{480, 20, -1, false}, 20, GW_LOC_BEYOND, "Reason header 20"},
        /* no cause of Q.850: as if it had not been there */
        {{486, 200, 0, false}, 17, GW_LOC_BEYOND, "rfc3398 486 -> 17"},
    };
    struct gw_causes t = profile("rfc3398");

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct gw_cause c;
        gw_cause_from_sip(&c, &t, &rows[i].f);
        ck_assert_uint_eq(c.q850, rows[i].q850);
        ck_assert_uint_eq(c.location, rows[i].location);
        ck_assert_str_eq(c.rule, rows[i].rule);
    }
}
END_TEST

START_TEST(the_rows_of_both_sides_are_noted)
{
    struct gw_causes b = profile("rfc4497"), a = profile("rfc3398");
    struct gw_sip_failure f = {.status = 486, .reason_location = -1};
    struct gw_cause c;

    gw_cause_from_sip(&c, &b, &f);
    gw_cause_answer(&c, &a);
    ck_assert_int_eq(c.sip_status, 486);
    ck_assert_str_eq(c.rule, "rfc4497 486 -> 17; rfc3398 17 -> 486");
}
END_TEST

/* ---- what becomes of the call ---- */

/** dialplan reference: what advances by default, and what does not. */
START_TEST(a_cause_advances_or_stops)
{
    static const uint8_t yes[] = {2,  3,  6,  27, 34, 38, 41, 42,  43,  44,  47,  49,
                                  58, 63, 65, 70, 81, 95, 99, 102, 111, 127, 126, 0};
    static const uint8_t no[] = {1,  4,  5,  8,  9,  14, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
                                 26, 28, 29, 31, 46, 50, 52, 53, 54, 55, 57, 69, 79, 87, 88};

    for (size_t i = 0; i < RT_COUNT(yes); i++)
        ck_assert_msg(gw_cause_advances(&(struct gw_cause){.q850 = yes[i]}), "%u", yes[i]);
    for (size_t i = 0; i < RT_COUNT(no); i++)
        ck_assert_msg(!gw_cause_advances(&(struct gw_cause){.q850 = no[i]}), "%u", no[i]);
}
END_TEST

START_TEST(only_6_and_44_retry_the_channel)
{
    for (unsigned q850 = 0; q850 < 128; q850++)
        ck_assert_int_eq(gw_cause_row(q850)->retry_channel, q850 == 6 || q850 == 44);
}
END_TEST

START_TEST(server_failures_advance_and_refusals_do_not)
{
    static const int yes[] = {408, 500, 502, 503, 504};
    static const int no[] = {302, 403, 404, 480, 486, 488, 501, 600, 603, 606};

    for (size_t i = 0; i < RT_COUNT(yes); i++)
        ck_assert(gw_cause_advances(&(struct gw_cause){.q850 = 31, .sip_status = yes[i]}));
    for (size_t i = 0; i < RT_COUNT(no); i++)
        ck_assert(!gw_cause_advances(&(struct gw_cause){.q850 = 31, .sip_status = no[i]}));
}
END_TEST

/* ---- names ---- */

START_TEST(names_are_those_of_q850)
{
    uint8_t location = 0;

    ck_assert_str_eq(gw_cause_name(1), "unallocated number");
    ck_assert_str_eq(gw_cause_name(17), "user busy");
    ck_assert_str_eq(gw_cause_name(127), "interworking, unspecified");
    ck_assert_str_eq(gw_cause_name(0), "unknown");
    ck_assert_str_eq(gw_cause_name(15), "unknown");
    ck_assert_str_eq(gw_cause_name(4000), "unknown");
    ck_assert_str_eq(gw_location_name(0), "user");
    ck_assert_str_eq(gw_location_name(10), "network beyond interworking point");
    ck_assert_str_eq(gw_location_name(200), "unknown");
    ck_assert_str_eq(gw_location_word(5), "private-remote");
    ck_assert_ptr_null(gw_location_word(6));
    ck_assert_int_eq(gw_location_parse(&location, rt_str("beyond")), 0);
    ck_assert_uint_eq(location, 10);
    ck_assert_int_eq(gw_location_parse(&location, rt_str("nowhere")), EINVAL);
    ck_assert_str_eq(gw_released_by_name(GW_BY_RESTART), "restart");
    ck_assert_ptr_null(gw_cause_profile(rt_str("rfc1")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cause");
    TCase *tc = tcase_create("cause");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tc, a_cause_gives_its_status);
    tcase_add_test(tc, location_and_diagnostic_choose_among_statuses);
    tcase_add_test(tc, every_cause_has_a_final_status);
    tcase_add_test(tc, a_status_gives_its_cause);
    tcase_add_test(tc, a_warning_about_media_is_65);
    tcase_add_test(tc, a_reason_header_goes_before_the_table);
    tcase_add_test(tc, the_rows_of_both_sides_are_noted);
    tcase_add_test(tc, a_cause_advances_or_stops);
    tcase_add_test(tc, only_6_and_44_retry_the_channel);
    tcase_add_test(tc, server_failures_advance_and_refusals_do_not);
    tcase_add_test(tc, names_are_those_of_q850);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
