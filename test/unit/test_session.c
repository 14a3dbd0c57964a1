/* Sessions and the patience with failed logins. */
#include "gw/admin/session.h"
#include "test/fake/fake.h"

#include <check.h>
#include <stdio.h>

static struct gw_sessions *s;
static const struct gw_admin_account alice = {.name = "alice", .role = GW_ROLE_ADMIN};
static const struct gw_admin_account bob = {.name = "bob", .role = GW_ROLE_VIEWER};

#define HOUR (3600 * RT_S)

static void setup(void)
{
    fake_reset();
    ck_assert_int_eq(gw_sessions_new(&s, 0), 0);
}

static void teardown(void)
{
    gw_sessions_free(s);
}

static void begin(const struct gw_admin_account *who, char *token, rt_time now)
{
    ck_assert_int_eq(gw_session_begin(s, who, "192.0.2.7", token, now), 0);
}

START_TEST(a_session_is_found_by_its_token)
{
    char first[GW_TOKEN_LEN], second[GW_TOKEN_LEN];

    begin(&alice, first, 1);
    begin(&bob, second, 2);
    ck_assert_uint_eq(strlen(first), 64);
    const struct gw_session *found = gw_session_find(s, rt_str(first), 3);
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found->name, "alice");
    ck_assert_str_eq(found->from, "192.0.2.7");
    ck_assert_int_eq(found->role, GW_ROLE_ADMIN);
    ck_assert_int_eq(found->begun, 1);
    ck_assert_int_eq(found->used, 3);
    ck_assert_uint_eq(strlen(found->csrf), 64);
    ck_assert_str_ne(found->csrf, first);
    ck_assert_ptr_null(gw_session_find(s, rt_str(found->csrf), 3));
    ck_assert_ptr_null(gw_session_find(s, rt_str(""), 3));
    ck_assert_str_eq(gw_session_find(s, rt_str(second), 3)->name, "bob");
    gw_session_end(s, rt_str(first));
    gw_session_end(s, rt_str(first));
    ck_assert_ptr_null(gw_session_find(s, rt_str(first), 3));
    ck_assert_uint_eq(gw_sessions_count(s, 3), 1);
}
END_TEST

START_TEST(a_session_ends_when_idle_or_old)
{
    char token[GW_TOKEN_LEN];

    begin(&alice, token, 0);
    ck_assert_ptr_nonnull(gw_session_find(s, rt_str(token), 8 * HOUR - 1));
    ck_assert_ptr_nonnull(gw_session_find(s, rt_str(token), 15 * HOUR));
    ck_assert_ptr_nonnull(gw_session_find(s, rt_str(token), 22 * HOUR));
    ck_assert_uint_eq(gw_sessions_count(s, 24 * HOUR - 1), 1);
    ck_assert_ptr_null(gw_session_find(s, rt_str(token), 24 * HOUR));
    begin(&alice, token, 0);
    ck_assert_ptr_null(gw_session_find(s, rt_str(token), 8 * HOUR));
    begin(&alice, token, 0);
    ck_assert_uint_eq(gw_sessions_count(s, 8 * HOUR), 0);
}
END_TEST

START_TEST(the_one_used_longest_ago_makes_room)
{
    static char token[GW_SESSIONS_MAX + 1][GW_TOKEN_LEN];

    for (unsigned i = 0; i < GW_SESSIONS_MAX; i++) {
        struct gw_admin_account who = alice;
        snprintf(who.name, sizeof who.name, "u%u", i / GW_SESSIONS_OF_ONE);
        begin(&who, token[i], i);
    }
    ck_assert_ptr_nonnull(gw_session_find(s, rt_str(token[0]), 5000));
    begin(&bob, token[GW_SESSIONS_MAX], 5001);
    ck_assert_uint_eq(gw_sessions_count(s, 5001), GW_SESSIONS_MAX);
    ck_assert_ptr_nonnull(gw_session_find(s, rt_str(token[0]), 5002));
    ck_assert_ptr_null(gw_session_find(s, rt_str(token[1]), 5002));
}
END_TEST

START_TEST(one_account_does_not_drive_out_others)
{
    char first[GW_TOKEN_LEN], second[GW_TOKEN_LEN], theirs[GW_TOKEN_LEN], token[GW_TOKEN_LEN];

    begin(&bob, theirs, 0);
    begin(&alice, first, 1);
    begin(&alice, second, 2);
    for (unsigned i = 2; i <= GW_SESSIONS_OF_ONE; i++)
        begin(&alice, token, 3);
    ck_assert_uint_eq(gw_sessions_count(s, 4), GW_SESSIONS_OF_ONE + 1);
    ck_assert_ptr_null(gw_session_find(s, rt_str(first), 4));
    ck_assert_ptr_nonnull(gw_session_find(s, rt_str(second), 4));
    ck_assert_ptr_nonnull(gw_session_find(s, rt_str(theirs), 4));
}
END_TEST

START_TEST(that_one_lasts_is_seen_without_using_it)
{
    char token[GW_TOKEN_LEN], csrf[GW_TOKEN_LEN];

    begin(&alice, token, 0);
    rt_str_copy(csrf, sizeof csrf, rt_str(gw_session_find(s, rt_str(token), 0)->csrf));
    ck_assert(gw_session_lasts(s, csrf, 8 * HOUR - 1));
    ck_assert(!gw_session_lasts(s, csrf, 8 * HOUR));
    ck_assert(!gw_session_lasts(s, token, 1));
    gw_session_end(s, rt_str(token));
    ck_assert(!gw_session_lasts(s, csrf, 1));
}
END_TEST

START_TEST(sessions_of_an_account_end)
{
    char token[3][GW_TOKEN_LEN];

    begin(&alice, token[0], 0);
    begin(&bob, token[1], 0);
    begin(&alice, token[2], 0);
    gw_sessions_end_of(s, "alice");
    ck_assert_uint_eq(gw_sessions_count(s, 1), 1);
    ck_assert_ptr_nonnull(gw_session_find(s, rt_str(token[1]), 1));
}
END_TEST

/* ---- guessing ---- */

static union rt_addr address(const char *text)
{
    union rt_addr a;

    ck_assert_int_eq(rt_addr_parse(&a, text, strlen(text), 1), 0);
    return a;
}

static void fail_login(const char *from, const char *name, rt_time now)
{
    union rt_addr a = address(from);

    gw_login_tried(s, &a, name, false, now);
}

static rt_time wait_of(const char *from, const char *name, rt_time now)
{
    union rt_addr a = address(from);

    return gw_login_wait(s, &a, name, now);
}

START_TEST(each_failure_after_five_waits_longer)
{
    static const rt_time waits[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300};
    rt_time now = 0;

    for (unsigned i = 0; i < 4; i++)
        fail_login("192.0.2.7", "alice", now);
    ck_assert_int_eq(wait_of("192.0.2.7", "alice", now), 0);
    for (size_t i = 0; i < RT_COUNT(waits); i++) {
        fail_login("192.0.2.7", "alice", now);
        ck_assert_int_eq(wait_of("192.0.2.7", "alice", now), waits[i] * RT_S);
        ck_assert_int_eq(wait_of("192.0.2.7", "alice", now + 1), waits[i] * RT_S - 1);
        now += waits[i] * RT_S;
        ck_assert_int_eq(wait_of("192.0.2.7", "alice", now), 0);
    }
    ck_assert_int_eq(wait_of("192.0.2.7", "alice", now + 300 * RT_S), 0);
    fail_login("192.0.2.7", "alice", now + 300 * RT_S); /* forgotten: the first again */
    ck_assert_int_eq(wait_of("192.0.2.7", "alice", now + 300 * RT_S), 0);
}
END_TEST

START_TEST(sources_and_names_are_counted_apart)
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    static const char *const sources[] = {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4",
                                          "192.0.2.5"};

    for (unsigned i = 0; i < 5; i++)
        fail_login("2001:db8:0:1::1", names[i], 0);
    ck_assert_int_eq(wait_of("2001:db8:0:1:ffff::9", "x", 0), RT_S); /* of the same /64 */
    ck_assert_int_eq(wait_of("2001:db8:0:2::1", "x", 0), 0);
    for (unsigned i = 0; i < 5; i++)
        fail_login(sources[i], "root", 0);
    ck_assert_int_eq(wait_of("198.51.100.1", "root", 0), RT_S);
    ck_assert_int_eq(wait_of("192.0.2.1", "x", 0), 0);
    for (unsigned i = 0; i < 4; i++)
        fail_login("::ffff:192.0.2.1", "y", 0); /* the same host */
    ck_assert_int_eq(wait_of("192.0.2.1", "x", 0), RT_S);
    ck_assert_int_eq(wait_of("::ffff:192.0.2.9", "x", 0), 0);
}
END_TEST

START_TEST(success_forgives_the_name_not_the_source)
{
    union rt_addr a = address("192.0.2.7");
    uint64_t logins = rt_counted(&gw_session_counters[GW_SESSION_LOGINS]);

    for (unsigned i = 0; i < 5; i++)
        fail_login("192.0.2.7", "alice", 0);
    gw_login_tried(s, &a, "alice", true, RT_S);
    ck_assert_uint_eq(rt_counted(&gw_session_counters[GW_SESSION_LOGINS]), logins + 1);
    fail_login("192.0.2.8", "alice", RT_S);
    ck_assert_int_eq(wait_of("192.0.2.8", "alice", RT_S), 0);
    fail_login("192.0.2.7", "bob", RT_S);
    ck_assert_int_eq(wait_of("192.0.2.7", "bob", RT_S), 2 * RT_S);
}
END_TEST

START_TEST(many_guessers_do_not_fill_the_memory)
{
    char name[32];

    for (unsigned i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "guess%u", i);
        fail_login("192.0.2.7", name, i);
    }
    ck_assert_int_gt(wait_of("192.0.2.7", "guess1", 20000), 0);
    /* Who failed longest ago has made room, before his time is over. */
    for (unsigned i = 0; i < 5; i++)
        fail_login("192.0.2.8", "old", 20000);
    ck_assert_int_gt(wait_of("192.0.2.9", "old", 20000), 0);
    for (unsigned i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "other%u", i);
        fail_login("192.0.2.7", name, 20001);
    }
    ck_assert_int_eq(wait_of("192.0.2.9", "old", 20001), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("session");
    TCase *t = tcase_create("session");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_session_is_found_by_its_token);
    tcase_add_test(t, a_session_ends_when_idle_or_old);
    tcase_add_test(t, the_one_used_longest_ago_makes_room);
    tcase_add_test(t, one_account_does_not_drive_out_others);
    tcase_add_test(t, that_one_lasts_is_seen_without_using_it);
    tcase_add_test(t, sessions_of_an_account_end);
    tcase_add_test(t, each_failure_after_five_waits_longer);
    tcase_add_test(t, sources_and_names_are_counted_apart);
    tcase_add_test(t, success_forgives_the_name_not_the_source);
    tcase_add_test(t, many_guessers_do_not_fill_the_memory);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
