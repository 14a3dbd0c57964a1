/* Every row of RFC 3398 7.2.4.1 and 8.2.6.1 (with RFC 4497 tables 1 and 2), in its direction. */
#include "gw/cause.h"

#include <check.h>
#include <stdlib.h>

struct to_sip {
    unsigned q850;
    int status;
    bool advance;
};

/** RFC 3398 7.2.4.1; 69 from RFC 4497 table 1; the rest of the list are causes that both leave to
 * their default and that are given a status of their own here. */
static const struct to_sip to_sip[] = {
    {1, 404, false},  {2, 404, true},   {3, 404, true},   {17, 486, false}, {18, 408, false},
    {19, 480, false}, {20, 480, false}, {21, 403, false}, {22, 410, false}, {23, 410, false},
    {26, 404, false}, {27, 502, true},  {28, 484, false}, {29, 501, false}, {31, 480, false},
    {34, 503, true},  {38, 503, true},  {41, 503, true},  {42, 503, true},  {47, 503, true},
    {55, 403, false}, {57, 403, false}, {58, 503, true},  {65, 488, true},  {70, 488, true},
    {79, 501, false}, {87, 403, false}, {88, 503, false}, {102, 504, true}, {111, 500, true},
    {127, 500, true}, {69, 501, false}, {16, 480, false}, {4, 404, false},  {5, 404, false},
    {14, 404, false}, {24, 403, false}, {25, 483, false}, {43, 503, false}, {49, 503, true},
    {50, 403, false}, {52, 403, false}, {53, 403, false}, {54, 403, false}, {63, 503, true},
    {8, 480, false},  {9, 480, false},  {46, 503, false}, {81, 500, true},  {95, 500, true},
    {101, 500, true}, {110, 500, true}, {0, 500, true},   {126, 500, true},
};

START_TEST(a_cause_gives_its_status)
{
    const struct to_sip *row = &to_sip[_i];
    struct gw_cause c = {.q850 = (uint8_t)row->q850, .location = GW_LOC_PUBLIC_LOCAL};

    ck_assert_int_eq(gw_cause_to_sip(&c), row->status);
    ck_assert_int_eq(gw_cause_row(row->q850)->advance, row->advance);
    ck_assert(!gw_cause_row(row->q850)->retry_channel);
}
END_TEST

START_TEST(location_and_diagnostic_choose_among_statuses)
{
    struct gw_cause rejected = {.q850 = 21, .location = GW_LOC_USER};
    struct gw_cause changed = {.q850 = 22, .diagnostic = "+4930123", .location = GW_LOC_USER};
    struct gw_cause busy = {.q850 = 17, .diagnostic = "x", .location = GW_LOC_USER};

    ck_assert_int_eq(gw_cause_to_sip(&rejected), 603);
    ck_assert_int_eq(gw_cause_to_sip(&changed), 301);
    ck_assert_int_eq(gw_cause_to_sip(&busy), 486);
}
END_TEST

START_TEST(only_6_and_44_retry_the_channel)
{
    for (unsigned q850 = 0; q850 < 128; q850++)
        ck_assert_int_eq(gw_cause_row(q850)->retry_channel, q850 == 6 || q850 == 44);
}
END_TEST

START_TEST(every_cause_has_a_final_status)
{
    for (unsigned q850 = 0; q850 < 256; q850++) {
        struct gw_cause c = {.q850 = (uint8_t)q850};
        int status = gw_cause_to_sip(&c);
        ck_assert(status >= 400 && status < 700);
    }
}
END_TEST

/** RFC 3398 8.2.6.1; 407 to 606 likewise; 428 to 438, 433, 580, 607, 608 have rows of their own. */
static const struct {
    int status;
    unsigned q850;
} from_sip[] = {
    {400, 41},  {401, 21},  {402, 21},  {403, 21},  {404, 1},   {405, 63}, {406, 79},
    {407, 21},  {408, 102}, {410, 22},  {413, 127}, {414, 127}, {415, 79}, {416, 127},
    {420, 127}, {421, 127}, {423, 127}, {480, 18},  {481, 41},  {482, 25}, {483, 25},
    {484, 28},  {485, 1},   {486, 17},  {487, 31},  {488, 31},  {500, 41}, {501, 79},
    {502, 38},  {503, 41},  {504, 102}, {505, 127}, {513, 127}, {600, 17}, {603, 21},
    {604, 1},   {606, 31},  {499, 31},  {699, 31},  {302, 31},  {428, 21}, {429, 21},
    {433, 24},  {436, 21},  {437, 21},  {438, 21},  {580, 47},  {607, 21}, {608, 21},
};

START_TEST(a_status_gives_its_cause)
{
    struct gw_cause c;

    gw_cause_from_sip(&c, from_sip[_i].status, 0, -1);
    ck_assert_uint_eq(c.q850, from_sip[_i].q850);
    ck_assert_int_eq(c.sip_status, from_sip[_i].status);
    ck_assert_uint_eq(c.location, from_sip[_i].status >= 600 ? GW_LOC_USER : GW_LOC_BEYOND);
}
END_TEST

START_TEST(a_reason_header_goes_before_the_table)
{
    struct gw_cause c;

    gw_cause_from_sip(&c, 480, 20, GW_LOC_TRANSIT);
    ck_assert_uint_eq(c.q850, 20);
    ck_assert_uint_eq(c.location, GW_LOC_TRANSIT);
    gw_cause_from_sip(&c, 480, 20, -1);
    ck_assert_uint_eq(c.location, GW_LOC_BEYOND);
    gw_cause_from_sip(&c, 486, 200, 0); /* no cause of Q.850: as if it had not been there */
    ck_assert_uint_eq(c.q850, 17);
    ck_assert_uint_eq(c.location, GW_LOC_BEYOND);
}
END_TEST

START_TEST(server_failures_advance_and_refusals_do_not)
{
    static const int yes[] = {408, 500, 502, 503, 504};
    static const int no[] = {302, 403, 404, 480, 486, 488, 501, 600, 603, 606};

    for (size_t i = 0; i < RT_COUNT(yes); i++)
        ck_assert(gw_sip_advances(yes[i]));
    for (size_t i = 0; i < RT_COUNT(no); i++)
        ck_assert(!gw_sip_advances(no[i]));
}
END_TEST

START_TEST(names_are_those_of_q850)
{
    ck_assert_str_eq(gw_cause_name(1), "unallocated number");
    ck_assert_str_eq(gw_cause_name(17), "user busy");
    ck_assert_str_eq(gw_cause_name(127), "interworking, unspecified");
    ck_assert_str_eq(gw_cause_name(0), "unknown");
    ck_assert_str_eq(gw_cause_name(15), "unknown");
    ck_assert_str_eq(gw_cause_name(4000), "unknown");
    ck_assert_str_eq(gw_location_name(0), "user");
    ck_assert_str_eq(gw_location_name(10), "network beyond interworking point");
    ck_assert_str_eq(gw_location_name(200), "unknown");
    ck_assert_str_eq(gw_released_by_name(GW_BY_RESTART), "restart");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cause");
    TCase *tc = tcase_create("cause");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(tc, a_cause_gives_its_status, 0, RT_COUNT(to_sip));
    tcase_add_test(tc, location_and_diagnostic_choose_among_statuses);
    tcase_add_test(tc, only_6_and_44_retry_the_channel);
    tcase_add_test(tc, every_cause_has_a_final_status);
    tcase_add_loop_test(tc, a_status_gives_its_cause, 0, RT_COUNT(from_sip));
    tcase_add_test(tc, a_reason_header_goes_before_the_table);
    tcase_add_test(tc, server_failures_advance_and_refusals_do_not);
    tcase_add_test(tc, names_are_those_of_q850);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
