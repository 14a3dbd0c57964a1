/* Configuration files: what may include what, and how large all may be. */
#include "conf/conf_priv.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define V "version 1\n"

static void put_file(const char *path, const char *text)
{
    ck_assert_int_eq(rt_file_replace(path, text, strlen(text), 0644), 0);
}

static void load_bad(const char *path, int errno_wanted, const char *want)
{
    struct conf_diag diag = {.errors = 0};
    struct conf *c;

    ck_assert_int_eq(conf_load(&c, &conf_tandem, path, &diag), errno_wanted);
    ck_assert_str_eq(diag.text.p, want);
    conf_diag_release(&diag);
}

START_TEST(included_statements_stand_where_the_include_stood)
{
    struct conf_diag diag = {.errors = 0};
    struct rt_buf out = {0};
    struct conf *c;

    put_file("/etc/t/top.conf", V "include sub/a.conf, sub/b.conf\nlog debug\n");
    put_file("/etc/t/sub/a.conf", "include c.conf\n");
    put_file("/etc/t/sub/b.conf", "cdr csv /b\n");
    put_file("/etc/t/sub/c.conf", "media { threads 2 }\n");
    ck_assert_int_eq(conf_load(&c, &conf_tandem, "/etc/t/top.conf", &diag), 0);
    const struct conf_node *n = conf_root(c)->child->next;
    ck_assert_str_eq(n->token[0].text, "media");
    ck_assert_str_eq(n->pos.file, "/etc/t/sub/c.conf");
    ck_assert_str_eq(n->next->token[0].text, "cdr");
    ck_assert_str_eq(n->next->next->token[0].text, "log");
    conf_print_source(c, &out);
    ck_assert_str_eq(out.p, V "include sub/a.conf, sub/b.conf\nlog debug\n");
    rt_buf_release(&out);
    conf_free(c);
}
END_TEST

START_TEST(wildcards_mean_the_files_there_are_in_the_order_of_their_names)
{
    struct conf_diag diag = {.errors = 0};
    struct conf *c;

    put_file("/t/top.conf", V "include c/*.conf, none/*.conf\nlog debug\n");
    put_file("/t/c/b.conf", "trunk b { }\n");
    put_file("/t/c/a.conf", "trunk a { }\n");
    put_file("/t/c/c.txt", "nothing\n");
    ck_assert_int_eq(conf_load(&c, &conf_tandem, "/t/top.conf", &diag), 0);
    ck_assert_uint_eq(diag.errors, 0);
    const struct conf_node *n = conf_root(c)->child->next;
    ck_assert_str_eq(n->token[1].text, "a");
    ck_assert_str_eq(n->pos.file, "/t/c/a.conf");
    ck_assert_str_eq(n->next->token[1].text, "b");
    ck_assert_str_eq(n->next->next->token[0].text, "log");
    ck_assert_ptr_null(n->next->next->next);
    conf_free(c);
    put_file("/t/c/b.conf", "trunk { }\n");
    load_bad("/t/top.conf", EINVAL, "/t/c/b.conf:1:1: \"trunk\" lacks a name\n");
}
END_TEST

START_TEST(includes_that_cannot_be_are_refused)
{
    put_file("/a.conf", V "include b.conf\n");
    put_file("/b.conf", "log info\ninclude a.conf\n");
    load_bad("/a.conf", EINVAL, "/b.conf:2:9: \"/a.conf\" includes itself\n");
    put_file("/a.conf", V "include none.conf\n");
    load_bad("/a.conf", EINVAL,
             "/a.conf:2:9: cannot read \"/none.conf\": No such file or directory\n");
    put_file("/s/a.conf", V "include *.conf\n");
    load_bad("/s/a.conf", EINVAL, "/s/a.conf:2:9: \"/s/a.conf\" includes itself\n");
    put_file("/a.conf", V "media { include b.conf }\n");
    load_bad("/a.conf", EINVAL, "/a.conf:2:9: \"include\" cannot stand inside \"media\"\n");
    put_file("/a.conf", V "include b.conf {\n}\n");
    load_bad("/a.conf", EINVAL, "/a.conf:2:1: \"include\" takes no { } block\n");
    load_bad("/gone.conf", ENOENT,
             "/gone.conf: cannot read this file: No such file or directory\n");
}
END_TEST

START_TEST(eight_files_may_include_one_another_and_no_more)
{
    struct conf_diag diag = {.errors = 0};
    struct conf *c;

    for (unsigned i = 0; i < 9; i++) {
        char path[16], text[32];
        snprintf(path, sizeof path, "/%u.conf", i);
        snprintf(text, sizeof text, "%sinclude %u.conf\n", i ? "" : V, i + 1);
        put_file(path, text);
    }
    put_file("/8.conf", "log info\n");
    ck_assert_int_eq(conf_load(&c, &conf_tandem, "/0.conf", &diag), 0);
    conf_free(c);
    put_file("/8.conf", "include 9.conf\n");
    load_bad("/0.conf", EINVAL,
             "/8.conf:1:9: \"/9.conf\" is included too deep: at most 8 files may include one "
             "another\n");
}
END_TEST

START_TEST(a_plan_has_at_most_16_mib)
{
    struct rt_buf text = {0};
    struct conf_diag diag = {.errors = 0};
    struct conf *c;

    rt_buf_puts(&text, V "#");
    while (text.n < CONF_FILE_MAX)
        rt_buf_put(&text, "################################", 32);
    struct rt_str just = {text.p, CONF_FILE_MAX}, more = {text.p, CONF_FILE_MAX + 1};
    ck_assert_int_eq(conf_parse(&c, &conf_tandem, "t.conf", just, &diag), 0);
    conf_free(c);
    ck_assert_int_eq(conf_parse(&c, &conf_tandem, "t.conf", more, &diag), EINVAL);
    ck_assert_str_eq(diag.text.p, "t.conf: the plan is larger than 16 MiB\n");
    conf_diag_release(&diag);
    ck_assert_int_eq(rt_file_replace("/big.conf", more.p, more.n, 0644), 0);
    load_bad("/big.conf", EFBIG,
             "/big.conf: cannot read this file: the plan is larger than 16 MiB\n");
    rt_buf_release(&text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("conf files");
    TCase *tc = tcase_create("conf files");

    tcase_add_checked_fixture(tc, fake_reset, NULL);
    tcase_add_test(tc, included_statements_stand_where_the_include_stood);
    tcase_add_test(tc, wildcards_mean_the_files_there_are_in_the_order_of_their_names);
    tcase_add_test(tc, includes_that_cannot_be_are_refused);
    tcase_add_test(tc, eight_files_may_include_one_another_and_no_more);
    tcase_add_test(tc, a_plan_has_at_most_16_mib);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
