/* Accounts: their file, passwords, keys, changes; roles. */
#include "gw/admin/accounts_priv.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>

#define PATH "/etc/tandem/accounts"

static struct gw_accounts *a;
static struct rt_buf why;

static void setup(void)
{
    fake_reset();
    a = NULL;
    why = (struct rt_buf){0};
}

static void teardown(void)
{
    gw_accounts_free(a);
    rt_buf_release(&why);
}

static void put_file(const char *text)
{
    ck_assert_int_eq(rt_file_replace(PATH, text, strlen(text), 0600), 0);
}

static void check_file(const char *expected)
{
    struct rt_buf text = {0};

    ck_assert_int_eq(rt_file_read(&text, PATH, 100000), 0);
    ck_assert_str_eq(rt_buf_str(&text).p, expected);
    rt_buf_release(&text);
}

static void load(const char *text)
{
    put_file(text);
    ck_assert_int_eq(gw_accounts_load(&a, PATH, &why), 0);
}

/** As login.c does it. */
static const struct gw_admin_account *by_password(const char *name, const char *password)
{
    const struct gw_account_line *l = gw_account_line(a, name);

    return gw_hash_is_password(l && !l->account.key ? l->hash : NULL, password) ? &l->account
                                                                                : NULL;
}

START_TEST(roles_have_names)
{
    static const struct {
        const char *name;
        enum gw_role role;
    } table[] = {{"viewer", GW_ROLE_VIEWER},
                 {"operator", GW_ROLE_OPERATOR},
                 {"planner", GW_ROLE_PLANNER},
                 {"admin", GW_ROLE_ADMIN}};
    enum gw_role role = GW_ROLE_NONE;

    for (size_t i = 0; i < RT_COUNT(table); i++) {
        ck_assert_str_eq(gw_role_name(table[i].role), table[i].name);
        ck_assert_int_eq(gw_role_parse(&role, rt_str(table[i].name)), 0);
        ck_assert_int_eq(role, table[i].role);
    }
    ck_assert_str_eq(gw_role_name(GW_ROLE_NONE), "none");
    ck_assert_int_eq(gw_role_parse(&role, rt_str("none")), EINVAL);
    ck_assert_int_eq(gw_role_parse(&role, rt_str("Admin")), EINVAL);
    ck_assert_int_eq(gw_role_parse(&role, rt_str("")), EINVAL);
}
END_TEST

/* Of "no password", made by crypt(3) of libxcrypt with little cost. */
#define YESCRYPT "$y$j7T$k2XAnEHBqQ1Ct2aMXFKNa/$kyKnSnVKrzZvi2vk5ZJINwuuSDq6BZAL5g3M61cH7v2"
/* Of "pleaseletmein": the vector of scrypt's `$7$` form that libxcrypt is tested with. */
#define SCRYPT "$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D"

START_TEST(a_password_is_checked)
{
    load("# ours\n\nalice:admin:" YESCRYPT "\nbob:viewer:" SCRYPT "\n");
    const struct gw_admin_account *who = by_password("alice", "no password");
    ck_assert_ptr_nonnull(who);
    ck_assert_str_eq(who->name, "alice");
    ck_assert_int_eq(who->role, GW_ROLE_ADMIN);
    ck_assert(!who->key);
    ck_assert_ptr_nonnull(by_password("bob", "pleaseletmein"));
    ck_assert_ptr_null(by_password("bob", "pleaseletmeim"));
    ck_assert_ptr_null(by_password("alice", "pleaseletmein"));
    ck_assert_ptr_null(by_password("alice", ""));
    ck_assert_ptr_null(by_password("carol", "no password"));
    ck_assert_str_eq(gw_accounts_at(a, 1)->name, "bob");
    ck_assert_ptr_null(gw_accounts_at(a, 2));
}
END_TEST

/* sha256("0123456789abcdef" four times), by sha256sum. */
#define KEY      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define KEY_HASH "key$a8ae6e6ee929abea3afcfc5258c8ccd6f85273e0d4626d26c7279f3250f77c8e"

START_TEST(a_key_is_no_password)
{
    load("robot:operator:" KEY_HASH "\n");
    const struct gw_admin_account *who = gw_accounts_key(a, rt_str(KEY));
    ck_assert_ptr_nonnull(who);
    ck_assert(who->key);
    ck_assert_int_eq(who->role, GW_ROLE_OPERATOR);
    ck_assert_ptr_null(by_password("robot", KEY));
    ck_assert_ptr_null(gw_accounts_key(a, rt_str(KEY_HASH)));
    ck_assert_ptr_null(gw_accounts_key(a, (struct rt_str){KEY, 63}));
    ck_assert_ptr_null(gw_accounts_key(
        a, rt_str("1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")));
}
END_TEST

START_TEST(every_bad_line_is_told)
{
    put_file("alice:admin:" YESCRYPT "\n"
             "al ice:admin:" YESCRYPT "\n"
             "bob:root:" YESCRYPT "\n"
             "bob:viewer:secret\n"
             "alice:viewer:" YESCRYPT "\n"
             "robot:viewer:key$abc\n");
    ck_assert_int_eq(gw_accounts_load(&a, PATH, &why), EINVAL);
    ck_assert_str_eq(why.p,
                     PATH ":2: not NAME:ROLE:HASH, or a bad name\n" PATH
                          ":3: the role is not one of viewer, operator, planner, admin\n" PATH
                          ":4: not a hash that begins with $y$, $7$ or key$\n" PATH
                          ":5: this name is there already\n" PATH
                          ":6: not a hash that begins with $y$, $7$ or key$");
    rt_buf_reset(&why);
    ck_assert_int_eq(gw_accounts_load(&a, "/nowhere", &why), ENOENT);
    ck_assert_str_eq(why.p, "/nowhere: No such file or directory");
}
END_TEST

START_TEST(changes_keep_comments_and_order)
{
    load("# ours\nalice:admin:" YESCRYPT "\n\n  # theirs\nbob:viewer:" SCRYPT "\n");
    ck_assert_int_eq(gw_accounts_set(a, "bob", GW_ROLE_PLANNER, NULL), 0);
    check_file("# ours\nalice:admin:" YESCRYPT "\n\n  # theirs\nbob:planner:" SCRYPT "\n");
    ck_assert_int_eq(gw_accounts_set(a, "carol", GW_ROLE_VIEWER, NULL), ENOENT);
    ck_assert_int_eq(gw_accounts_set(a, "carol", GW_ROLE_VIEWER, "too short"), EINVAL);
    ck_assert_int_eq(gw_accounts_set(a, "ca:rol", GW_ROLE_VIEWER, "long enough"), EINVAL);
    ck_assert_int_eq(gw_accounts_set(a, "carol", GW_ROLE_NONE, "long enough"), EINVAL);
    ck_assert_int_eq(gw_accounts_set(a, "carol", GW_ROLE_VIEWER, "long enough"), 0);
    ck_assert_ptr_nonnull(by_password("carol", "long enough"));
    ck_assert_int_eq(gw_accounts_remove(a, "carol"), 0);
    ck_assert_int_eq(gw_accounts_remove(a, "carol"), ENOENT);
    check_file("# ours\nalice:admin:" YESCRYPT "\n\n  # theirs\nbob:planner:" SCRYPT "\n");
}
END_TEST

START_TEST(a_new_key_is_told_once)
{
    char key[65] = "", other[65] = "";

    load("alice:admin:" YESCRYPT "\n");
    ck_assert_int_eq(gw_accounts_new_key(a, "robot", GW_ROLE_OPERATOR, key), 0);
    ck_assert_uint_eq(strlen(key), 64);
    ck_assert_str_eq(gw_accounts_key(a, rt_str(key))->name, "robot");
    ck_assert_int_eq(gw_accounts_new_key(a, "robot", GW_ROLE_VIEWER, other), 0);
    ck_assert_str_ne(key, other);
    ck_assert_ptr_null(gw_accounts_key(a, rt_str(key)));
    ck_assert_int_eq(gw_accounts_key(a, rt_str(other))->role, GW_ROLE_VIEWER);
    ck_assert_int_eq(gw_accounts_set(a, "robot", GW_ROLE_PLANNER, NULL), 0);
    ck_assert(gw_accounts_find(a, "robot")->key);
    ck_assert_int_eq(gw_accounts_key(a, rt_str(other))->role, GW_ROLE_PLANNER);
}
END_TEST

START_TEST(the_last_admin_stays)
{
    load("alice:admin:" YESCRYPT "\nbob:viewer:" SCRYPT "\n");
    ck_assert_int_eq(gw_accounts_remove(a, "alice"), EPERM);
    ck_assert_int_eq(gw_accounts_set(a, "alice", GW_ROLE_PLANNER, NULL), EPERM);
    ck_assert_int_eq(gw_accounts_set(a, "bob", GW_ROLE_ADMIN, NULL), 0);
    ck_assert_int_eq(gw_accounts_remove(a, "alice"), 0);
    check_file("bob:admin:" SCRYPT "\n");
}
END_TEST

START_TEST(what_others_wrote_is_not_lost)
{
    load("alice:admin:" YESCRYPT "\n");
    put_file("alice:admin:" YESCRYPT "\nbob:viewer:" SCRYPT "\n");
    ck_assert_int_eq(gw_accounts_set(a, "alice", GW_ROLE_ADMIN, NULL), 0);
    check_file("alice:admin:" YESCRYPT "\nbob:viewer:" SCRYPT "\n");
    ck_assert_ptr_nonnull(gw_accounts_find(a, "bob"));
    put_file("nonsense\n");
    ck_assert_int_eq(gw_accounts_set(a, "bob", GW_ROLE_ADMIN, NULL), EBADMSG);
    ck_assert_int_eq(gw_accounts_find(a, "bob")->role, GW_ROLE_VIEWER);
    check_file("nonsense\n");
}
END_TEST

START_TEST(a_disk_that_fails_changes_nothing)
{
    char key[65] = "";

    load("alice:admin:" YESCRYPT "\nbob:viewer:" SCRYPT "\n");
    fake_files_fail(1, ENOSPC);
    ck_assert_int_eq(gw_accounts_set(a, "bob", GW_ROLE_ADMIN, NULL), ENOSPC);
    ck_assert_int_eq(gw_accounts_find(a, "bob")->role, GW_ROLE_VIEWER);
    fake_files_fail(1, ENOSPC);
    ck_assert_int_eq(gw_accounts_new_key(a, "robot", GW_ROLE_VIEWER, key), ENOSPC);
    ck_assert_ptr_null(gw_accounts_find(a, "robot"));
    fake_files_fail(1, ENOSPC);
    ck_assert_int_eq(gw_accounts_set(a, "bob", GW_ROLE_VIEWER, NULL), ENOSPC);
    fake_files_fail(1, ENOSPC);
    ck_assert_int_eq(gw_accounts_remove(a, "bob"), ENOSPC);
    ck_assert_str_eq(gw_accounts_at(a, 1)->name, "bob");
    ck_assert_int_eq(gw_accounts_set(a, "bob", GW_ROLE_ADMIN, NULL), 0);
    fake_files_fail(1, ENOSPC);
    ck_assert_int_eq(gw_accounts_remove(a, "alice"), ENOSPC);
    ck_assert_str_eq(gw_accounts_at(a, 0)->name, "alice");
}
END_TEST

START_TEST(lines_for_the_file)
{
    struct rt_buf line = {0};
    char key[65] = "";

    ck_assert_int_eq(gw_accounts_line(&line, "al", GW_ROLE_ADMIN, "123456789"), EINVAL);
    ck_assert_int_eq(gw_accounts_line(&line, "a l", GW_ROLE_ADMIN, "1234567890"), EINVAL);
    ck_assert_int_eq(gw_accounts_line(&line, "al", GW_ROLE_ADMIN, "1234567890"), 0);
    ck_assert_int_eq(gw_accounts_key_line(&line, "robot", GW_ROLE_VIEWER, key), 0);
    load(line.p);
    ck_assert(strncmp(line.p, "al:admin:$y$", 12) == 0);
    ck_assert_ptr_nonnull(by_password("al", "1234567890"));
    ck_assert_str_eq(gw_accounts_key(a, rt_str(key))->name, "robot");
    rt_buf_release(&line);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("accounts");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, roles_have_names);
    tcase_add_test(t, a_password_is_checked);
    tcase_add_test(t, a_key_is_no_password);
    tcase_add_test(t, every_bad_line_is_told);
    tcase_add_test(t, changes_keep_comments_and_order);
    tcase_add_test(t, a_new_key_is_told_once);
    tcase_add_test(t, the_last_admin_stays);
    tcase_add_test(t, what_others_wrote_is_not_lost);
    tcase_add_test(t, a_disk_that_fails_changes_nothing);
    tcase_add_test(t, lines_for_the_file);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
