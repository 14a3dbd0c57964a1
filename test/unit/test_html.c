/* Pages without JavaScript: what lines of JSON look like as HTML, and that nothing in them is taken
 * for markup. */
#include "gw/admin/web_priv.h"

#include <check.h>

static struct rt_buf out;

static const char *of(const char *lines)
{
    rt_buf_reset(&out);
    gw_html_lines(&out, rt_str(lines));
    return out.p;
}

START_TEST(lines_of_a_type_are_a_table)
{
    ck_assert_str_eq(
        of("{\"type\":\"trunks\",\"name\":\"pri\",\"talk_ms\":1500,\"up\":true,\"x\":\"\"}\n"
           "{\"type\":\"trunks\",\"name\":\"pbx\",\"from_trunk\":null,\"up\":false,\"n\":3}\n"
           "{\"exit\":0}\n"),
        "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">name</th>"
        "<th scope=\"col\">talk</th><th scope=\"col\">up</th><th scope=\"col\">n</th>"
        "</tr></thead><tbody>\n"
        "<tr><td>pri</td><td>1.5 s</td><td>yes</td><td></td></tr>\n"
        "<tr><td>pbx</td><td></td><td>no</td><td>3</td></tr>\n"
        "</tbody></table></div>\n");
}
END_TEST

START_TEST(a_line_alone_is_a_list)
{
    const char *html =
        of("{\"type\":\"status\",\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,"
           "\"h\":8,\"i\":9,\"j_k\":[1,2],\"l\":{\"m\":1,\"n\":\"o\"},\"p\":null,\"q\":1}\n");

    ck_assert(strncmp(html, "<dl>\n<dt>a</dt><dd>1</dd>\n", 26) == 0);
    ck_assert_ptr_nonnull(strstr(html, "<dt>j k</dt><dd>1, 2</dd>\n<dt>l</dt><dd>m 1, n o</dd>\n"
                                       "<dt>q</dt><dd>1</dd>\n</dl>\n"));
}
END_TEST

START_TEST(nothing_is_taken_for_markup)
{
    const char *html =
        of("{\"type\":\"<t>\",\"<k>\":\"<script>&\\\"'\",\"call_id\":\"a/b\\\"?<\"}\n"
           "{\"exit\":1,\"error\":\"<no>\"}\n");

    ck_assert_ptr_null(strstr(html, "<k>"));
    ck_assert_ptr_null(strstr(html, "<script>"));
    ck_assert_ptr_nonnull(strstr(html, "&#60;script&#62;&#38;&#34;&#39;"));
    ck_assert_ptr_nonnull(strstr(html, "<a href=\"/calls/a%2Fb%22%3F%3C\">a/b&#34;?&#60;</a>"));
    ck_assert_ptr_nonnull(strstr(html, "<p>&#60;no&#62;</p>"));
    ck_assert_str_eq(
        of("{\"type\":\"text\",\"text\":\"a < b\"}\n{\"type\":\"text\",\"text\":\"c\"}\n"),
        "<pre>a &#60; b\nc\n</pre>\n");
}
END_TEST

START_TEST(what_is_no_answer_is_no_harm)
{
    ck_assert_str_eq(of(""), "<p>none</p>\n");
    ck_assert_str_eq(of("{\"exit\":0,\"note\":\"fine\"}\n"), "<p>fine</p>\n");
    ck_assert_str_eq(of("garbage\n[1]\n\n"), "<p>none</p>\n");
    ck_assert_ptr_nonnull(strstr(of("{\"type\":1,\"a\":[[[[[[1]]]]]]}\n"), "&#8230;"));
}
END_TEST

START_TEST(of_many_lines_the_first_are_shown)
{
    struct rt_buf lines = {0};

    for (int i = 0; i < 502; i++)
        rt_buf_puts(&lines, "{\"type\":\"t\",\"a\":1}\n");
    ck_assert_ptr_nonnull(strstr(of(lines.p), "<p>and 2 more</p>"));
    rt_buf_release(&lines);
}
END_TEST

static void teardown(void)
{
    rt_buf_release(&out);
}

int main(void)
{
    Suite *s = suite_create("html");
    TCase *t = tcase_create("html");

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, lines_of_a_type_are_a_table);
    tcase_add_test(t, a_line_alone_is_a_list);
    tcase_add_test(t, nothing_is_taken_for_markup);
    tcase_add_test(t, what_is_no_answer_is_no_harm);
    tcase_add_test(t, of_many_lines_the_first_are_shown);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
