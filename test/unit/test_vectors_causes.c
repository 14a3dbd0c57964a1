/* What a cause becomes in SIP, and whether the next target is tried after it: the rows of RFC 3398
 * 7.2.4.1, and of what stands beside them in docs/vectors.md, each asked of the tables and of
 * routing. */
#include "gw/route.h"

#include <check.h>
#include <stdlib.h>

/** What is done after a failure. */
enum after { STOP, NEXT, NEXT_ONCE, OTHER_CHANNEL };

static const struct gw_causes rfc3398; /* all zeroes: that profile alone */

static int status_of(unsigned q850, enum gw_location where, const char *diagnostic)
{
    struct gw_cause c = {.q850 = (uint8_t)q850, .location = (uint8_t)where};

    rt_str_copy(c.diagnostic, sizeof c.diagnostic, rt_str(diagnostic));
    return gw_cause_to_sip(&rfc3398, &c, NULL);
}

/** Two trunks to try: where the call goes after the first. */
static enum after after(const struct gw_cause *c)
{
    static const struct gw_trunk a, b;
    struct gw_decision d = {.nhops = 2, .hop = {{.trunk = &a}, {.trunk = &b}}};
    unsigned next = gw_route_next(&d, 0, c, false);

    ck_assert(next == 1 || next == GW_NO_HOP);
    ck_assert(gw_cause_advances(c) == (next == 1));
    if (gw_cause_row(c->q850)->retry_channel)
        return OTHER_CHANNEL;
    return next == GW_NO_HOP ? STOP : gw_cause_advances_once(c) ? NEXT_ONCE : NEXT;
}

static enum after after_q850(unsigned q850)
{
    return after(&(struct gw_cause){.q850 = (uint8_t)q850, .location = GW_LOC_PUBLIC_LOCAL});
}

/** Of a peer's final response without a Reason header. */
static enum after after_sip(int status, unsigned reason)
{
    struct gw_sip_failure f = {.status = status, .reason_q850 = (int)reason, .reason_location = -1};
    struct gw_cause c;

    gw_cause_from_sip(&c, &rfc3398, &f);
    return after(&c);
}

/* ---- Q.850 ---- */

static const struct {
    unsigned q850;
    int status;
    enum after after;
} rows[] = {
    {1, 404, STOP},           {2, 404, NEXT},   {3, 404, NEXT},
    {16, 480, STOP}, /* RFC 3398 has BYE or CANCEL for it; 480 where only a response fits */
    {17, 486, STOP},          {18, 408, STOP},  {19, 480, STOP},
    {20, 480, STOP},          {31, 480, STOP},  {21, 403, STOP},
    {22, 410, STOP},          {23, 410, STOP},  {26, 404, STOP},
    {27, 502, NEXT},          {28, 484, STOP},  {29, 501, STOP},
    {79, 501, STOP},          {34, 503, NEXT},  {38, 503, NEXT},
    {41, 503, NEXT},          {42, 503, NEXT},  {47, 503, NEXT},
    {44, 503, OTHER_CHANNEL}, /* 503 only for who looks it up: see the scenarios */
    {55, 403, STOP},          {57, 403, STOP},  {87, 403, STOP},
    {58, 503, NEXT},          {65, 488, NEXT},  {70, 488, NEXT},
    {88, 503, STOP},          {102, 504, NEXT}, {111, 500, NEXT_ONCE},
    {127, 500, NEXT_ONCE},
};

/** RFC 3398 leaves these to its default, 500. They say more than that: about the number (4, 5, 14),
 * the user (24), rights (50, 52 to 54), services (69), pre-emption (8, 9, 46) or a loop (25), so
 * that another way there would change nothing; 6 is 44 by another name. */
static const struct {
    unsigned q850;
    int status;
    enum after after;
} ours[] = {
    {4, 404, STOP},       {5, 404, STOP},  {6, 503, OTHER_CHANNEL}, {8, 480, STOP},
    {9, 480, STOP},       {14, 404, STOP}, {24, 403, STOP},         {25, 483, STOP},
    {46, 503, STOP},      {50, 403, STOP}, {52, 403, STOP},         {53, 403, STOP},
    {54, 403, STOP},      {69, 501, STOP}, {43, 503, NEXT_ONCE},    {49, 503, NEXT_ONCE},
    {63, 503, NEXT_ONCE},
};

START_TEST(each_cause_has_its_status_and_its_consequence)
{
    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        ck_assert_msg(status_of(rows[i].q850, GW_LOC_PUBLIC_LOCAL, "") == rows[i].status, "%u",
                      rows[i].q850);
        ck_assert_msg(after_q850(rows[i].q850) == rows[i].after, "%u", rows[i].q850);
    }
}
END_TEST

START_TEST(any_other_cause_is_500_and_tried_once_more)
{
    for (unsigned q850 = 1; q850 < 128; q850++) {
        int status = 500;
        enum after want = NEXT_ONCE;
        bool row = false;
        for (size_t i = 0; i < RT_COUNT(rows); i++)
            row |= rows[i].q850 == q850;
        for (size_t i = 0; i < RT_COUNT(ours); i++)
            if (ours[i].q850 == q850) {
                status = ours[i].status;
                want = ours[i].after;
            }
        if (row)
            continue;
        ck_assert_msg(status_of(q850, GW_LOC_PUBLIC_LOCAL, "") == status, "%u", q850);
        ck_assert_msg(after_q850(q850) == want, "%u", q850);
    }
}
END_TEST

START_TEST(location_and_diagnostic_make_another_status)
{
    ck_assert_int_eq(status_of(21, GW_LOC_USER, ""), 603);
    ck_assert_int_eq(status_of(21, GW_LOC_PRIVATE_REMOTE, ""), 403);
    ck_assert_int_eq(status_of(22, GW_LOC_PUBLIC_LOCAL, "+4930901820"), 301);
    ck_assert_int_eq(status_of(22, GW_LOC_PUBLIC_LOCAL, ""), 410);
    ck_assert_int_eq(status_of(17, GW_LOC_USER, ""), 486);
}
END_TEST

START_TEST(another_line_of_a_group_goes_before_another_group)
{
    static const struct gw_trunk a1, a2, b;
    static const struct gw_group g;
    struct gw_decision d = {
        .nhops = 3,
        .hop = {{.trunk = &a1, .group = &g}, {.trunk = &a2, .group = &g}, {.trunk = &b}}};
    struct gw_cause c = {.q850 = 34};

    ck_assert_uint_eq(gw_route_next(&d, 0, &c, false), 1);
    ck_assert_uint_eq(gw_route_next(&d, 1, &c, false), 2);
    ck_assert_uint_eq(gw_route_next(&d, 2, &c, false), 3); /* none is left */
    c.q850 = 38;                                           /* the network, and so all its lines */
    ck_assert_uint_eq(gw_route_next(&d, 0, &c, false), 2);
    c.q850 = 17;
    ck_assert_uint_eq(gw_route_next(&d, 0, &c, false), GW_NO_HOP);
    d.hop[0].emergency = true; /* whatever the cause */
    ck_assert_uint_eq(gw_route_next(&d, 0, &c, false), 1);
}
END_TEST

/** Four trunks to try, and the causes with which they fail: how many are tried. */
static unsigned tries(const struct gw_lcr *lcr, const uint8_t q850[4])
{
    static const struct gw_trunk t[4];
    struct gw_decision d = {.nhops = 4};
    unsigned i = 0, n = 0;

    for (unsigned k = 0; k < 4; k++)
        d.hop[k] = (struct gw_hop){.trunk = &t[k], .lcr = lcr};
    while (i < d.nhops) {
        struct gw_cause c = {.q850 = q850[i]};
        unsigned left = i;
        n++;
        i = gw_route_next(&d, left, &c, false);
        gw_route_left(&d, left, &c, false);
    }
    return n;
}

START_TEST(what_nobody_knows_goes_on_once_in_a_call)
{
    struct gw_lcr lcr = {.has_advance = true, .advance.q850[1] = 1ull << (127 - 64)};

    ck_assert_uint_eq(tries(NULL, (uint8_t[]){34, 27, 41, 38}), 4);
    ck_assert_uint_eq(tries(NULL, (uint8_t[]){127, 127, 127, 127}), 2);
    ck_assert_uint_eq(tries(NULL, (uint8_t[]){111, 95, 127, 127}), 2);
    ck_assert_uint_eq(tries(NULL, (uint8_t[]){127, 34, 34, 127}), 4);
    ck_assert_uint_eq(tries(NULL, (uint8_t[]){34, 127, 34, 111}), 4);
    ck_assert_uint_eq(tries(NULL, (uint8_t[]){127, 34, 111, 34}), 3);
    ck_assert_uint_eq(tries(&lcr, (uint8_t[]){127, 127, 127, 127}), 4); /* the plan says so */
    ck_assert_uint_eq(tries(&lcr, (uint8_t[]){111, 127, 111, 127}), 3);
}
END_TEST

/* ---- SIP ---- */

START_TEST(each_status_has_its_consequence)
{
    static const int next[] = {500, 502, 503, 504, 408};
    static const int stop[] = {486, 600, 603, 606, 604, 300, 301, 302, 305, 380,
                               403, 404, 410, 480, 484, 485, 488, 401, 407, 482};

    for (size_t i = 0; i < RT_COUNT(next); i++)
        ck_assert_msg(after_sip(next[i], 0) == NEXT, "%d", next[i]);
    for (size_t i = 0; i < RT_COUNT(stop); i++)
        ck_assert_msg(after_sip(stop[i], 0) == STOP, "%d", stop[i]);
    /* no response at all: nobody there, or out of reach */
    ck_assert(after(&(struct gw_cause){.q850 = 18, .sip_status = 408}) == NEXT);
    ck_assert(after(&(struct gw_cause){.q850 = 27}) == NEXT);
}
END_TEST

START_TEST(a_reason_changes_what_is_done_but_not_of_the_users_word)
{
    ck_assert_int_eq(after_sip(480, 34), NEXT);
    ck_assert_int_eq(after_sip(480, 17), STOP);
    ck_assert_int_eq(after_sip(503, 17), NEXT); /* the server's word: RFC 3261 21.5.4 */
    ck_assert_int_eq(after_sip(486, 34), STOP);
    ck_assert_int_eq(after_sip(603, 34), STOP); /* RFC 3261 21.6 */
    ck_assert_int_eq(after_sip(404, 3), NEXT);
    ck_assert_int_eq(after_sip(404, 127), NEXT_ONCE);
}
END_TEST

/** A row of the plan goes before all of it. */
START_TEST(the_plan_has_the_last_word)
{
    struct gw_cause busy = {.q850 = 17, .sip_status = 486, .advance = GW_ADVANCE_YES};
    struct gw_cause full = {.q850 = 34, .sip_status = 503, .advance = GW_ADVANCE_NO};

    ck_assert_int_eq(after(&busy), NEXT);
    ck_assert_int_eq(after(&full), STOP);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("vectors causes");
    TCase *tc = tcase_create("vectors causes");

    tcase_add_test(tc, each_cause_has_its_status_and_its_consequence);
    tcase_add_test(tc, any_other_cause_is_500_and_tried_once_more);
    tcase_add_test(tc, location_and_diagnostic_make_another_status);
    tcase_add_test(tc, another_line_of_a_group_goes_before_another_group);
    tcase_add_test(tc, what_nobody_knows_goes_on_once_in_a_call);
    tcase_add_test(tc, each_status_has_its_consequence);
    tcase_add_test(tc, a_reason_changes_what_is_done_but_not_of_the_users_word);
    tcase_add_test(tc, the_plan_has_the_last_word);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
