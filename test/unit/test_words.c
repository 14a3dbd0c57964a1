/* Words that people type, completion, help: all of the table of commands. */
#include "gw/admin/control_priv.h"
#include "gw/admin/words.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

/** What a command line becomes; "?": it could be several. */
static const char *expanded(const char *line)
{
    static char out[256];
    char text[256], room[GW_WORDS_LEN], *argv[32], *at = text;
    struct rt_buf why = {0};
    int argc = 0;

    rt_str_copy(text, sizeof text, rt_str(line));
    for (char *word; (word = strsep(&at, " "));)
        argv[argc++] = word;
    int err = gw_words_expand(&argc, argv, 32, room, &why);
    out[0] = '\0';
    for (int i = 0; i < argc; i++) {
        strcat(out, i > 0 ? " " : "");
        strcat(out, argv[i]);
    }
    if (err == EINVAL)
        rt_str_copy(out, sizeof out, rt_buf_str(&why));
    rt_buf_release(&why);
    return out;
}

START_TEST(words_may_be_cut_short)
{
    static const struct {
        const char *typed, *meant;
    } lines[] = {
        {"show calls", "show calls"},
        {"sh tr pri", "show trunk pri"},
        {"sh tr", "show trunks"},
        {"sh call", "show calls"},
        {"sh call 17", "show call 17"},
        {"sh sp 1", "show span 1"},
        {"rel call 17 --cause 16", "release call 17 --cause 16"},
        {"show call active brief", "show calls"},
        {"show isdn status", "show spans"},
        {"show dialplan number 123 --from pbx", "route explain 123 --from pbx"},
        {"nonsense", "nonsense"},
        {"block pri --drain", "block pri --drain"},
        {"re 1", "this could be: release call, restart, rollback"},
    };

    for (size_t i = 0; i < RT_COUNT(lines) - 1; i++)
        ck_assert_str_eq(expanded(lines[i].typed), lines[i].meant);
    ck_assert_ptr_nonnull(strstr(expanded("sh l"), "this could be: show lines"));
}
END_TEST

static void live(void *arg, struct rt_buf *out, const char *kind)
{
    rt_buf_puts(arg, kind);
    rt_buf_puts(out, "pri\npbx\nprague\n");
}

/** Candidates for the last word, in a line. */
static const char *candidates(const char *line)
{
    static char out[4096];
    char text[256], *argv[32], *at = text;
    struct rt_buf found = {0}, asked = {0};
    int argc = 0;

    rt_str_copy(text, sizeof text, rt_str(line));
    for (char *word; (word = strsep(&at, " "));)
        argv[argc++] = word;
    gw_complete(&found, argc, argv, live, &asked);
    out[0] = '\0';
    for (struct rt_str rest = rt_buf_str(&found); rest.n > 0;) {
        struct rt_str one = rt_str_cut(&rest, '\n'), name = rt_str_cut(&one, '\t');
        strncat(out, name.p, name.n);
        strcat(out, " ");
    }
    rt_buf_release(&found);
    rt_buf_release(&asked);
    return out;
}

START_TEST(the_last_word_is_completed)
{
    ck_assert_str_eq(candidates("show tru"), "trunks trunk ");
    ck_assert_str_eq(candidates("show trunk pr"), "pri prague ");
    ck_assert_str_eq(candidates("block p"), "pri pbx prague ");
    ck_assert_str_eq(candidates("route explain 123 --from pb"), "pbx ");
    ck_assert_str_eq(candidates("route explain 123 --f"), "--from ");
    ck_assert_str_eq(candidates("check "), "@files ");
    ck_assert_str_eq(candidates("trace call 17 --pcap "), "@files ");
    ck_assert_str_eq(candidates("loopback 1 r"), "remote ");
    ck_assert_str_eq(candidates("completion z"), "zsh ");
    ck_assert_str_eq(candidates("relea"), "release ");
    ck_assert_str_eq(candidates("nonsense "), "");
}
END_TEST

/** Lines that were broken are whole again. */
static void in_one_line(char *text)
{
    char *to = text;

    for (const char *from = text; *from; from++)
        if ((*from != ' ' && *from != '\n') || (to > text && to[-1] != ' '))
            *to++ = *from == '\n' ? ' ' : *from;
    *to = '\0';
}

START_TEST(every_command_has_help)
{
    const struct gw_verb *v;
    struct rt_buf out = {0};

    for (size_t i = 0; (v = gw_verb_at(i)); i++) {
        char words[64], *argv[8], *at = words;
        int argc = 0;
        if (v->help[0] == '\0')
            continue;
        rt_str_copy(words, sizeof words, rt_str(v->words));
        for (char *word; (word = strsep(&at, " "));)
            argv[argc++] = word;
        rt_buf_reset(&out);
        ck_assert(gw_help(&out, argc, argv));
        in_one_line(out.p);
        ck_assert_ptr_nonnull(strstr(out.p, v->help));
    }
    rt_buf_release(&out);
}
END_TEST

START_TEST(pages_of_the_manual_are_whole)
{
    struct rt_buf out = {0};

    gw_manual_commands(&out);
    ck_assert_ptr_nonnull(strstr(out.p, ".It Ic show trunk Ar TRUNK\n"));
    rt_buf_reset(&out);
    gw_manual_language(&out);
    ck_assert_ptr_nonnull(strstr(out.p, ".It Ic radius\\-secret Ar FILE\n"));
    for (size_t i = 0; i < conf_tandem.nrows; i++) {
        struct rt_buf help = {0};
        rt_buf_puts(&help, conf_tandem.rows[i].help);
        ck_assert_msg(help.n > 0, "%s has no help", conf_tandem.rows[i].keyword);
        rt_buf_release(&help);
    }
    rt_buf_release(&out);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("words");
    TCase *tc = tcase_create("words");

    tcase_add_test(tc, words_may_be_cut_short);
    tcase_add_test(tc, the_last_word_is_completed);
    tcase_add_test(tc, every_command_has_help);
    tcase_add_test(tc, pages_of_the_manual_are_whole);
    suite_add_tcase(s, tc);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
