/* Logging in: one hash after the other, in a queue that is short, for those who are still there. */
#include "gw/admin/accounts_priv.h"
#include "gw/admin/login.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <time.h>

#define PATH "/etc/tandem/accounts"
/* Of "no password", made by crypt(3) of libxcrypt with little cost. */
#define HASH "$y$j7T$k2XAnEHBqQ1Ct2aMXFKNa/$kyKnSnVKrzZvi2vk5ZJINwuuSDq6BZAL5g3M61cH7v2"
/* Of another. */
#define HASH_AGAIN "$y$j7T$k2XAnEHBqQ1Ct2aMXFKNa/$kyKnSnVKrzZvi2vk5ZJINwuuSDq6BZAL5g3M61cH7v3"
#define NOBODY     (-1) /* no answer yet */

static struct rt_loop *loop;
static struct gw_sessions *sessions;
static struct gw_accounts *accounts;
static struct gw_logins *logins;
static struct rt_buf why;
static char who[GW_ACCOUNT_NAME_LEN];
static rt_time asked_to_wait;

static void load(const char *text)
{
    gw_accounts_free(accounts);
    ck_assert_int_eq(rt_file_replace(PATH, text, strlen(text), 0600), 0);
    ck_assert_int_eq(gw_accounts_load(&accounts, PATH, &why), 0);
}

static void setup(void)
{
    fake_reset();
    accounts = NULL;
    why = (struct rt_buf){0};
    load("alice:admin:" HASH "\nrobot:viewer:key$"
         "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n");
    ck_assert_int_eq(rt_loop_new(&loop, "http"), 0);
    ck_assert_int_eq(gw_sessions_new(&sessions, 0), 0);
    ck_assert_int_eq(gw_logins_new(&logins, loop, sessions, &accounts), 0);
    who[0] = '\0';
}

static void teardown(void)
{
    gw_logins_free(logins);
    gw_sessions_free(sessions);
    rt_loop_free(loop);
    gw_accounts_free(accounts);
    rt_buf_release(&why);
}

static void on_login(void *arg, int err, const struct gw_admin_account *account, rt_time wait)
{
    int *out = arg;

    ck_assert_int_eq(*out, NOBODY);
    ck_assert((err == 0) == (account != NULL));
    *out = err;
    asked_to_wait = wait;
    if (account)
        rt_str_copy(who, sizeof who, rt_str(account->name));
}

static int begin(struct gw_login **t, int *out, const char *from, const char *name,
                 const char *password)
{
    union rt_addr a;
    rt_time wait = 0;

    ck_assert_int_eq(rt_addr_parse(&a, from, strlen(from), 1), 0);
    *out = NOBODY;
    return gw_login_begin(t, logins, &a, name, password, on_login, out, &wait);
}

static int outcome(const char *name, const char *password)
{
    struct gw_login *t;
    int out;

    ck_assert_int_eq(begin(&t, &out, "192.0.2.1", name, password), 0);
    ck_assert_int_eq(out, NOBODY); /* never before it returns */
    fake_advance(RT_MS);
    return out;
}

START_TEST(who_knows_the_password_is_told_so)
{
    ck_assert_int_eq(outcome("alice", "no password"), 0);
    ck_assert_str_eq(who, "alice");
    ck_assert_int_eq(outcome("alice", "a password"), EACCES);
    ck_assert_int_eq(outcome("bob", "no password"), EACCES);
    ck_assert_int_eq(outcome("robot", "no password"), EACCES);
}
END_TEST

/** Twenty at once from one source: five are looked at, the others are told to wait. */
START_TEST(at_once_is_no_way_around_patience)
{
    unsigned wrong = 0, later = 0;
    struct gw_login *t;
    int out[20];

    for (size_t i = 0; i < RT_COUNT(out); i++)
        ck_assert_int_eq(begin(&t, &out[i], "192.0.2.1", "alice", "guess"), 0);
    fake_advance(RT_MS);
    for (size_t i = 0; i < RT_COUNT(out); i++) {
        wrong += out[i] == EACCES;
        later += out[i] == EAGAIN;
    }
    ck_assert_uint_eq(wrong, 5);
    ck_assert_uint_eq(later, 15);
    ck_assert_int_eq(asked_to_wait, RT_S);
    ck_assert_int_eq(begin(&t, &out[0], "192.0.2.1", "bob", "guess"), EAGAIN);
}
END_TEST

START_TEST(the_queue_is_short)
{
    static int out[GW_LOGINS_MAX + 2];
    struct gw_login *t[GW_LOGINS_MAX + 2];
    char from[24], name[24];
    size_t i;

    for (i = 0; i <= GW_LOGINS_MAX; i++) { /* one is hashed, the others wait */
        snprintf(from, sizeof from, "192.0.2.%zu", i);
        snprintf(name, sizeof name, "n%zu", i);
        ck_assert_int_eq(begin(&t[i], &out[i], from, name, "guess"), 0);
    }
    ck_assert_int_eq(begin(&t[i], &out[i], "198.51.100.1", "x", "guess"), EBUSY);
    ck_assert(!gw_login_cancel(t[0]));
    ck_assert(gw_login_cancel(t[1]));
    ck_assert_int_eq(begin(&t[i], &out[i], "198.51.100.1", "alice", "no password"), 0);
    fake_advance(RT_MS);
    ck_assert_int_eq(out[0], EACCES); /* it counts, though nobody waits */
    ck_assert_int_eq(out[1], NOBODY);
    ck_assert_int_eq(out[i], 0);
}
END_TEST

/** Processor time of a wrong try, in ns. */
static int64_t work_for(const char *name)
{
    struct timespec before, after;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    ck_assert_int_eq(outcome(name, "a password"), EACCES);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    return (after.tv_sec - before.tv_sec) * INT64_C(1000000000) + after.tv_nsec - before.tv_nsec;
}

START_TEST(who_is_nobody_is_as_much_work)
{
    ck_assert_int_gt(4 * work_for("bob"), work_for("alice"));
}
END_TEST

/** The account is gone, or has another password. */
START_TEST(an_account_that_has_gone_meanwhile_is_none)
{
    static const char *const now[] = {"bob:admin:" HASH "\n", "alice:admin:" HASH_AGAIN "\n"};
    struct gw_login *t;
    int out;

    ck_assert_int_eq(begin(&t, &out, "192.0.2.1", "alice", "no password"), 0);
    load(now[_i]);
    fake_advance(RT_MS);
    ck_assert_int_eq(out, EACCES);
}
END_TEST

START_TEST(those_who_wait_at_the_end_are_told)
{
    struct gw_login *t;
    int out[2];

    ck_assert_int_eq(begin(&t, &out[0], "192.0.2.1", "alice", "x"), 0);
    ck_assert_int_eq(begin(&t, &out[1], "192.0.2.2", "alice", "x"), 0);
    gw_logins_free(logins);
    logins = NULL;
    ck_assert_int_eq(out[0], ECANCELED);
    ck_assert_int_eq(out[1], ECANCELED);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("login");
    TCase *t = tcase_create("login");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, who_knows_the_password_is_told_so);
    tcase_add_test(t, at_once_is_no_way_around_patience);
    tcase_add_test(t, the_queue_is_short);
    tcase_add_test(t, who_is_nobody_is_as_much_work);
    tcase_add_loop_test(t, an_account_that_has_gone_meanwhile_is_none, 0, 2);
    tcase_add_test(t, those_who_wait_at_the_end_are_told);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
