/* The users of a plan that comes into force: they were read with it, in its thread. */
#include "test/unit/apply_rig.h"

#include "gw/registrar.h"
#include "gw/reload.h"

/** A plan whose users are in that file; `more` is at a trunk. */
#define PLAN(users, more)                                                                          \
    HEAD "registrar { realm example.com\n users file:" users " }\n" A                              \
         "trunk b { sip sip:10.0.0.3\n numbers e164\n" more "}\n"
#define HERE  PLAN("/here/users", "")
#define THERE PLAN("/there/users", "")
#define SLOW  PLAN("/here/users", "register user u secret file:/slow\n")

static void write_users(const char *file, const char *name)
{
    struct rt_buf text = {0};

    ck_assert_int_eq(gw_users_passwd(&text, name, "example.com", rt_str("secret")), 0);
    put_file(file, text.p);
    rt_buf_release(&text);
}

static bool has(const char *name)
{
    return gw_users_has(gw_registrar_users(gw->registrar), rt_str(name));
}

static void begin(void)
{
    write_users("/here/users", "anna");
    write_users("/there/users", "bert");
    put_file("/slow", "secret\n");
    put_file(FILE_NAME, HERE);
    start();
    ck_assert(has("anna"));
}

START_TEST(another_plan_brings_its_users)
{
    begin();
    ck_assert_int_eq(put_in_force(THERE, 0), 0);
    ck_assert(has("bert") && !has("anna"));
    write_users("/there/users", "carl");
    ck_assert_int_eq(put_in_force(THERE, 0), 0);
    ck_assert(has("carl") && !has("bert"));
    ck_assert_uint_eq(gw_plans_alive(), 1);
}
END_TEST

START_TEST(one_with_wrong_users_is_refused)
{
    begin();
    put_file("/there/users", "bert\n");
    ck_assert_int_eq(put_in_force(THERE, 0), EINVAL);
    ck_assert(has("anna"));
}
END_TEST

/** Neither disk answers when nobody confirms; the users of then count until they do. */
START_TEST(going_back_asks_no_disk)
{
    static const char *const second[] = {HERE, THERE};

    begin();
    ck_assert_int_eq(put_in_force(second[_i], 60 * RT_S), 0);
    ck_assert(has("bert") == (_i == 1));
    write_users("/here/users", "carl");
    fake_disk_hang(_i == 0 ? "/here" : "/");
    fake_advance(61 * RT_S);
    ck_assert_uint_eq(gw->plan->generation, 1);
    ck_assert(has("anna") && !has("bert"));
    fake_disk_hang(NULL);
    fake_advance(RT_S);
    ck_assert(has("carl") && !has("anna"));
}
END_TEST

/** A plan that is read for long has older users than a SIGHUP meanwhile. */
START_TEST(of_two_readings_of_a_file_the_later_counts)
{
    begin();
    put_file(FILE_NAME, SLOW);
    fake_disk_hang("/slow");
    submit(&(struct gw_apply_request){.kind = GW_APPLY_FILE, .who = "me"});
    fake_advance(RT_S);
    fake_disk_hang("/none");
    write_users("/here/users", "carl");
    gw_reload(gw);
    fake_advance(RT_S);
    ck_assert(has("carl"));
    ck_assert_uint_eq(answers.n, 0);
    fake_disk_hang(NULL);
    fake_advance(RT_S);
    ck_assert_uint_eq(answers.n, 1);
    ck_assert_int_eq(answers.err[0], 0);
    ck_assert(has("carl") && !has("anna"));
}
END_TEST

/** The plan names another file before the old one is read. */
START_TEST(what_the_plan_before_named_does_not_count)
{
    begin();
    fake_disk_hang("/here");
    gw_reload(gw);
    fake_advance(RT_S);
    put_file(FILE_NAME, THERE);
    submit(&(struct gw_apply_request){.kind = GW_APPLY_FILE, .who = "me"});
    fake_advance(RT_S);
    ck_assert_uint_eq(answers.n, 1);
    ck_assert(has("bert"));
    fake_disk_hang(NULL);
    fake_advance(RT_S);
    ck_assert(has("bert") && !has("anna"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("apply users");
    TCase *tc = tcase_create("all");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, another_plan_brings_its_users);
    tcase_add_test(tc, one_with_wrong_users_is_refused);
    tcase_add_loop_test(tc, going_back_asks_no_disk, 0, 2);
    tcase_add_test(tc, of_two_readings_of_a_file_the_later_counts);
    tcase_add_test(tc, what_the_plan_before_named_does_not_count);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? 0 : 1;
}
