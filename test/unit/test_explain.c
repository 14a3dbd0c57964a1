/* An explanation that was kept as JSON becomes the lines it had. */
#include "gw/explain.h"

#include <check.h>
#include <jansson.h>
#include <stdlib.h>

START_TEST(lines_come_back_as_they_were)
{
    const struct conf_pos six = {.file = "office.conf", .line = 6};
    struct gw_explain e = {.step = 0};
    struct rt_buf json = {0}, text = {0};

    gw_explain_step(&e, "ingress", &six, "trunk %s", "pbx");
    gw_explain_step(&e, "normalise", NULL, "called 0 -> \"x\"");
    gw_explain_line(&e, &six,
                    "a line that is far longer than the column where places begin has, and %s",
                    "goes on");
    gw_explain_line(&e, NULL, "no place");
    gw_explain_end(&e);
    gw_explain_json(&json, &e);
    json_t *object = json_loads(json.p, 0, NULL);
    ck_assert_ptr_nonnull(object);
    gw_explain_lines(&text, object);
    ck_assert_str_eq(text.p, e.text.p);
    /* label in column 3, text in column 15, place in column 76, counted from 0 */
    ck_assert_int_eq(strncmp(text.p, " 1 ingress     trunk pbx  ", 26), 0);
    ck_assert_int_eq(strncmp(text.p + 76, "office.conf:6\n", 14), 0);
    json_decref(object);
    rt_buf_release(&json);
    rt_buf_release(&text);
    gw_explain_release(&e);
}
END_TEST

START_TEST(what_is_no_explanation_has_no_lines)
{
    static const char *const objects[] = {
        "{}", "[]", "{\"steps\": 1}", "{\"steps\": []}", "null",
    };

    for (size_t i = 0; i < RT_COUNT(objects); i++) {
        json_t *o = json_loads(objects[i], JSON_DECODE_ANY, NULL);
        struct rt_buf text = {0};
        gw_explain_lines(&text, o);
        ck_assert_uint_eq(text.n, 0);
        json_decref(o);
        rt_buf_release(&text);
    }
    struct rt_buf text = {0};
    json_t *o = json_loads("{\"steps\": [1, {\"step\": 2, \"lines\": [3]}]}", 0, NULL);
    gw_explain_lines(&text, o);
    ck_assert_str_eq(text.p, " 1             \n 2             \n               \n");
    json_decref(o);
    rt_buf_release(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("explain");
    TCase *tc = tcase_create("explain");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tc, lines_come_back_as_they_were);
    tcase_add_test(tc, what_is_no_explanation_has_no_lines);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
