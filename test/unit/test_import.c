/* Dial plans of other systems carried over: each sample under test/import becomes exactly the plan
 * and the report beside it, and what single lines mean. The expected texts were worked out by hand
 * from the vendors' rules; the plans load.
 */
#include "dialplan/import/import.h"
#include "gw/check.h"
#include "gw/import.h"
#include "gw/plan.h"
#include "gw/rt/file.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SAMPLES "test/import/"

static struct dp_import result;

static void teardown(void)
{
    dp_import_release(&result);
    result = (struct dp_import){.carried = 0};
}

/** A file of this checkout: unit tests see a fake kernel, so the C library reads it. */
static struct rt_buf slurp(const char *path)
{
    struct rt_buf b = {0};
    char block[4096];
    size_t n;
    FILE *f = fopen(path, "r");

    ck_assert_msg(f != NULL, "%s", path);
    while ((n = fread(block, 1, sizeof block, f)) > 0)
        rt_buf_put(&b, block, n);
    fclose(f);
    return b;
}

static void same_text(const char *path, const struct rt_buf *have)
{
    struct rt_buf want = slurp(path);

    ck_assert_msg(strcmp(want.p ? want.p : "", have->p ? have->p : "") == 0,
                  "%s: differs from:\n%s", path, have->p);
    rt_buf_release(&want);
}

/** Carries one text over under the name of a file of the format. */
static void carry(const char *format, const char *name, const char *text)
{
    struct dp_import_source s = {name, rt_str(text)};

    teardown();
    ck_assert_int_eq(dp_import(&result, format, &s, 1, "de area 30"), 0);
}

static const char *plan(void)
{
    return result.plan.p;
}

static const char *report(void)
{
    return result.report.p ? result.report.p : "";
}

static void says(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "\"%s\" is not in:\n%s", part, text);
}

static void silent(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) == NULL, "\"%s\" is in:\n%s", part, text);
}

/* ---- samples ---- */

static const struct sample {
    const char *format, *dialling;
    const char *file[4];
    const char *table[4];
} samples[] = {
    {"asterisk", "de area 30", {"chan_dahdi.conf", "extensions.conf", "sip.conf"}, {NULL}},
    {"cisco", NULL, {"router.cfg"}, {NULL}},
    {"freeswitch",
     NULL,
     {"carriers.sql", "lcr.csv"},
     {"Alpha-Tel-gateways.csv", "beta.csv", "Alpha-Tel-gate-cheap.csv"}},
    {"audiocodes", "de area 30", {"board.ini"}, {NULL}},
};

static void check_tables(const struct sample *s)
{
    const struct dp_import_table *t = result.tables;

    for (size_t i = 0; i < 4 && s->table[i]; i++, t = t->next) {
        char path[256];
        ck_assert(t != NULL);
        ck_assert_str_eq(t->name, s->table[i]);
        snprintf(path, sizeof path, SAMPLES "%s/expected/%s", s->format, t->name);
        same_text(path, &t->text);
    }
    ck_assert(t == NULL);
}

START_TEST(a_sample_becomes_the_plan_beside_it)
{
    const struct sample *s = &samples[_i];
    struct dp_import_source source[4];
    struct rt_buf text[4] = {{0}};
    char path[256];
    size_t n = 0;

    for (; n < 4 && s->file[n]; n++) {
        snprintf(path, sizeof path, SAMPLES "%s/%s", s->format, s->file[n]);
        text[n] = slurp(path);
        source[n] = (struct dp_import_source){s->file[n], rt_buf_str(&text[n])};
    }
    ck_assert_int_eq(dp_import(&result, s->format, source, n, s->dialling), 0);
    snprintf(path, sizeof path, SAMPLES "%s/expected/plan.conf", s->format);
    same_text(path, &result.plan);
    snprintf(path, sizeof path, SAMPLES "%s/expected/report.txt", s->format);
    same_text(path, &result.report);
    check_tables(s);
    ck_assert_uint_gt(result.carried, 0);
    while (n > 0)
        rt_buf_release(&text[--n]);
}
END_TEST

/** The plan that the sample became is one that the gateway takes. */
START_TEST(the_plan_of_a_sample_loads)
{
    const struct sample *s = &samples[_i];
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *p = NULL;
    char path[256];

    for (size_t i = 0; i < 4 && s->table[i]; i++) {
        struct rt_buf table;
        snprintf(path, sizeof path, SAMPLES "%s/expected/%s", s->format, s->table[i]);
        table = slurp(path);
        ck_assert_int_eq(rt_file_replace(s->table[i], table.p, table.n, 0644), 0);
        rt_buf_release(&table);
    }
    snprintf(path, sizeof path, SAMPLES "%s/expected/plan.conf", s->format);
    struct rt_buf text = slurp(path);
    ck_assert_int_eq(rt_file_replace("plan.conf", text.p, text.n, 0644), 0);
    ck_assert_msg(gw_plan_load(&p, "plan.conf", &diag) == 0, "%s", diag.text.p);
    gw_plan_unref(p);
    conf_diag_release(&diag);
    rt_buf_release(&text);
}
END_TEST

/* ---- Asterisk ---- */

START_TEST(asterisk_patterns)
{
    static const struct {
        const char *theirs, *ours;
    } rows[] = {
        {"100", "    100 "},          {"_1XX", "    1xx "},      {"_NZX", "    [2-9][1-9]x "},
        {"_9.", "    9x* "},          {"_9!", "    9* "},        {"_[13-5]X", "    [13-5]x "},
        {"*98", "    *98 "},          {"*98*", "    *98\\* "},   {"_*21*X.", "    *21*xx* "},
        {"#31", "    \"#31\" "},      {"_+49X.", "    +49xx* "}, {"_1-800-NXX", "    1800[2-9]xx "},
        {"_nxz", "    [2-9]x[1-9] "},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        char text[256];
        snprintf(text, sizeof text, "[a]\nexten => %s,1,Busy()\n", rows[i].theirs);
        carry("asterisk", "extensions.conf", text);
        says(plan(), rows[i].ours);
    }
}
END_TEST

START_TEST(asterisk_numbers)
{
    carry("asterisk", "extensions.conf",
          "[a]\n"
          "exten => _9XXXX,1,Dial(SIP/${EXTEN:-3}@gw.example)\n"
          "exten => _8XXXX,1,Dial(SIP/00${EXTEN:1:4}@gw.example)\n"
          "exten => _7XXXX,1,Dial(SIP/${EXTEN:1:2}@gw.example)\n"
          "exten => _6X.,1,Dial(SIP/${EXTEN:-3}@gw.example)\n"
          "exten => 5,1,Dial(SIP/4711@gw.example)\n");
    says(plan(), "        strip     2\n");
    says(plan(), "        strip     1\n        prepend   00\n");
    says(plan(), "        called    4711\n");
    says(report(), "extensions.conf:4: Dial: the number \"${EXTEN:1:2}\" is not carried over");
    says(report(), "extensions.conf:5: Dial: the number \"${EXTEN:-3}\" is not carried over");
}
END_TEST

START_TEST(asterisk_looks_into_a_context_before_its_includes)
{
    carry("asterisk", "extensions.conf",
          "[a]\ninclude => b\nexten => _0.,1,Dial(SIP/${EXTEN}@one.example)\n"
          "[b]\nexten => 0123,1,Dial(SIP/${EXTEN}@two.example)\n"
          "exten => _0.,1,Dial(SIP/${EXTEN}@three.example)\n");
    says(report(), "extensions.conf:5: order: 0123 is more specific than 0x* (extensions.conf:3)");
    silent(plan(), "-> SIP-three"); /* never reached there */
}
END_TEST

START_TEST(asterisk_weighs_from_left_to_right)
{
    carry("asterisk", "extensions.conf",
          "[a]\nexten => _12XXX,1,Dial(SIP/${EXTEN}@one.example)\n"
          "exten => _1X345,1,Dial(SIP/${EXTEN}@two.example)\n");
    says(report(), "extensions.conf:3: order: 1x345 is more specific than 12xxx");
    carry("asterisk", "extensions.conf",
          "[a]\nexten => _12XXX,1,Dial(SIP/${EXTEN}@one.example)\n"
          "exten => _1XXXX,1,Dial(SIP/${EXTEN}@two.example)\n");
    silent(report(), "order");
}
END_TEST

START_TEST(contexts_that_include_each_other_end)
{
    carry("asterisk", "extensions.conf",
          "[a]\ninclude => b\nexten => 1,1,Goto(b,2,1)\n[b]\ninclude => a\n"
          "exten => 2,1,Goto(a,1,1)\n");
    says(report(), "context b: no calls come to it");
    ck_assert_uint_eq(result.carried, 0);
    carry("asterisk", "extensions.conf",
          "[a]\ninclude => b\nexten => 1,1,Goto(b,2,1)\n[b]\ninclude => a\n"
          "exten => 2,1,Goto(a,1,1)\n[c]\ninclude => a\n");
    says(report(), "Goto: this one is not carried over");
    ck_assert_uint_eq(result.carried, 0);
}
END_TEST

START_TEST(dahdi_channels_find_their_lines)
{
    carry("asterisk", "chan_dahdi.conf",
          "switchtype=national\nsignalling=pri_cpe\ngroup=0\nchannel => 1-23,25-47\n");
    says(plan(), "span 2 {");
    says(plan(), "    t1\n    isdn      ni2 user\n");
    says(plan(), "    channels  1-23\n");
    carry("asterisk", "chan_dahdi.conf",
          "switchtype=euroisdn\nsignalling=bri_net\ngroup=0\nchannel => 1-2,4-5\n");
    says(plan(), "    bri\n    isdn      euroisdn network\n");
    carry("asterisk", "chan_dahdi.conf", "signalling=fxo_ks\nchannel => 1-4\n");
    says(report(), "chan_dahdi.conf:2: channel: signalling fxo_ks is not ISDN");
}
END_TEST

/* ---- Cisco ---- */

/** A VoIP peer with a rule for the numbers that it sends. */
static void carry_rule(const char *pattern, const char *rule)
{
    char text[512];

    snprintf(text, sizeof text,
             "voice translation-rule 1\n rule 1 %s\nvoice translation-profile P\n"
             " translate called 1\ndial-peer voice 1 voip\n destination-pattern %s\n"
             " session protocol sipv2\n session target ipv4:192.0.2.9\n"
             " translation-profile outgoing P\n huntstop\n",
             rule, pattern);
    carry("cisco", "router.cfg", text);
}

START_TEST(cisco_rules)
{
    carry_rule("0T", "/^0/ /49/");
    says(plan(), "        strip     1\n        prepend   49\n");
    carry_rule("9....", "/^9\\(....\\)$/ /12\\1/");
    says(plan(), "        strip     1\n        prepend   12\n");
    carry_rule("9....", "/^9..../ /5000/");
    says(plan(), "        strip     5\n        prepend   5000\n");
    carry_rule("9....", "/.*/ /5000/");
    says(plan(), "        called    5000\n");
    carry_rule("9T", "/^/ /0/");
    says(plan(), "    9*                  {\n        prepend   0\n");
    carry_rule("9T", "/^91/ /2/");
    says(report(), "router.cfg:2: rule: is for some of the numbers of 9* only");
    carry_rule("9T", "/5$/ /6/");
    says(report(), "router.cfg:2: rule 1: /5$/ is more than a beginning: is not carried over");
    carry_rule("0T", "/^9/ /1/");
    says(plan(), "    0*                  -> sip-192.0.2.9"); /* another number's rule */
}
END_TEST

START_TEST(a_pots_peer_strips_what_its_pattern_names)
{
    static const struct {
        const char *lines, *want;
    } rows[] = {
        {" destination-pattern 91[2-9]..\n prefix 1\n", "strip     2\n        prepend   1\n"},
        {" destination-pattern 91[2-9]..\n no digit-strip\n",
         "    91[2-9]xx           -> pri-0-0-0"},
        {" destination-pattern 9....\n forward-digits 3\n", "strip     2\n"},
        {" destination-pattern 9T\n forward-digits all\n", "    9*                  -> pri-0-0-0"},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        char text[256];
        snprintf(text, sizeof text, "dial-peer voice 1 pots\n port 0/0/0:23\n%s", rows[i].lines);
        carry("cisco", "router.cfg", text);
        says(plan(), rows[i].want);
        says(plan(), "    t1\n");
    }
    carry("cisco", "router.cfg",
          "dial-peer voice 1 pots\n port 0/0/0:15\n destination-pattern 12\n");
    says(report(), "dial-peer 1: strips all digits: here the number is kept");
}
END_TEST

START_TEST(cisco_preference_is_the_order_of_targets)
{
    carry("cisco", "router.cfg",
          "dial-peer voice 1 voip\n destination-pattern 1..\n session protocol sipv2\n"
          " session target ipv4:192.0.2.2\n preference 2\n"
          "dial-peer voice 2 voip\n destination-pattern 1..\n session protocol sipv2\n"
          " session target ipv4:192.0.2.1\n preference 1\n"
          "dial-peer voice 3 voip\n destination-pattern 1T\n session protocol sipv2\n"
          " session target ipv4:192.0.2.3\n");
    says(plan(), "    1xx                 -> sip-192.0.2.1, sip-192.0.2.2");
    says(report(), "huntstop: is not set: when 1xx fails IOS goes on with 1* (line 11)");
}
END_TEST

/* ---- AudioCodes ---- */

static void carry_rows(const char *rows)
{
    char text[1024];

    snprintf(text, sizeof text,
             "[ PREFIX ]\nFORMAT PREFIX_Index = PREFIX_DestinationPrefix, PREFIX_DestAddress, "
             "PREFIX_SourcePrefix;\n%s[ \\PREFIX ]\n[ TrunkGroup ]\nFORMAT TrunkGroup_Index = "
             "TrunkGroup_TrunkGroupNum, TrunkGroup_FirstTrunkId;\nTrunkGroup 0 = 1, 0;\n",
             rows);
    carry("audiocodes", "board.ini", text);
}

START_TEST(audiocodes_takes_the_first_row)
{
    carry_rows("PREFIX 0 = 1, 192.0.2.1, *;\nPREFIX 1 = 12, 192.0.2.2, *;\n");
    says(report(), "board.ini:4: order: 12* is more specific than 1* (board.ini:3), which came "
                   "first for all its numbers");
    carry_rows("PREFIX 0 = 12, 192.0.2.2, *;\nPREFIX 1 = 1, 192.0.2.1, *;\n");
    ck_assert_str_eq(report(), "");
    carry_rows("PREFIX 0 = 1, 192.0.2.1, *;\nPREFIX 1 = 12, 192.0.2.1, *;\n");
    ck_assert_str_eq(report(), ""); /* the same happens to them */
    carry_rows("PREFIX 0 = [120-125], 192.0.2.1, *;\nPREFIX 1 = 1265, 192.0.2.2, *;\n");
    ck_assert_str_eq(report(), ""); /* no number fits both */
    carry_rows("PREFIX 0 = [120-125], 192.0.2.1, *;\nPREFIX 1 = 1235, 192.0.2.2, *;\n");
    says(report(), "1235* is more specific than [120..125]*");
}
END_TEST

START_TEST(audiocodes_prefixes)
{
    carry_rows("PREFIX 0 = [2-4]x#, 192.0.2.1, *;\nPREFIX 1 = 5(00), 192.0.2.1, *;\n"
               "PREFIX 2 = 6nz, 192.0.2.1, *;\n");
    says(plan(), "    [2-4]x              -> sip-192.0.2.1");
    says(plan(), "    6[2-9][1-9]*        -> sip-192.0.2.1");
    says(report(), "board.ini:4: prefix 5(00): is not carried over");
}
END_TEST

/* ---- the entrance ---- */

START_TEST(what_is_no_order_is_refused)
{
    struct dp_import_source s = {"a", rt_str("")}, odd = {"a\nb", rt_str("")};

    ck_assert_int_eq(dp_import(&result, "nortel", &s, 1, NULL), EINVAL);
    ck_assert_int_eq(dp_import(&result, "cisco", &s, 1, "de }"), EINVAL);
    ck_assert_int_eq(dp_import(&result, "cisco", &odd, 1, NULL), EINVAL);
    s.text.n = DP_IMPORT_MAX + 1;
    ck_assert_int_eq(dp_import(&result, "cisco", &s, 1, NULL), EFBIG);
}
END_TEST

static int order(struct rt_buf *out, struct rt_buf *err, const char *line)
{
    char words[256], *word[16], *save = NULL;
    int n = 0;

    snprintf(words, sizeof words, "%s", line);
    for (char *w = strtok_r(words, " ", &save); w && n < 16; w = strtok_r(NULL, " ", &save))
        word[n++] = w;
    return gw_import(out, err, n, word);
}

START_TEST(the_verb_reads_and_writes_files)
{
    static const char lcr[] = "digits,rate,carrier_id\n49,0.01,1\n";
    struct rt_buf out = {0}, err = {0}, text = {0};

    ck_assert_int_eq(order(&out, &err, "asterisk"), 2);
    ck_assert_int_eq(order(&out, &err, "asterisk --report"), 2);
    ck_assert_int_eq(order(&out, &err, "nortel x.conf"), 1); /* no such file */
    rt_file_replace("in/lcr.csv", lcr, sizeof lcr - 1, 0644);
    ck_assert_int_eq(order(&out, &err, "nortel in/lcr.csv"), 2);
    ck_assert_uint_eq(out.n, 0);
    ck_assert_int_eq(order(&out, &err, "freeswitch in/lcr.csv --tables in --report in/told"), 0);
    says(out.p, "deck carrier-1 {");
    ck_assert_int_eq(rt_file_read(&text, "in/carrier-1.csv", 1000), 0);
    ck_assert_str_eq(text.p, "prefix,rate,effective\n49,0.01,\n");
    rt_buf_reset(&text);
    ck_assert_int_eq(rt_file_read(&text, "in/told", 1000), 0);
    says(text.p, "lcr.csv:2: carrier carrier-1: has no gateway");
    rt_buf_reset(&err);
    ck_assert_int_eq(order(&out, &err, "freeswitch in/lcr.csv --tables in"), 1); /* it is there */
    says(err.p, "in/carrier-1.csv");
    rt_file_replace("in/empty", "\n", 1, 0644);
    ck_assert_int_eq(order(&out, &err, "cisco in/empty"), 1);
    says(err.p, "nothing could be carried over");
    rt_buf_release(&out);
    rt_buf_release(&err);
    rt_buf_release(&text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("import");
    TCase *tc = tcase_create("import");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_loop_test(tc, a_sample_becomes_the_plan_beside_it, 0, (int)RT_COUNT(samples));
    tcase_add_loop_test(tc, the_plan_of_a_sample_loads, 0, (int)RT_COUNT(samples));
    tcase_add_test(tc, asterisk_patterns);
    tcase_add_test(tc, asterisk_numbers);
    tcase_add_test(tc, asterisk_looks_into_a_context_before_its_includes);
    tcase_add_test(tc, asterisk_weighs_from_left_to_right);
    tcase_add_test(tc, contexts_that_include_each_other_end);
    tcase_add_test(tc, dahdi_channels_find_their_lines);
    tcase_add_test(tc, cisco_rules);
    tcase_add_test(tc, a_pots_peer_strips_what_its_pattern_names);
    tcase_add_test(tc, cisco_preference_is_the_order_of_targets);
    tcase_add_test(tc, audiocodes_takes_the_first_row);
    tcase_add_test(tc, audiocodes_prefixes);
    tcase_add_test(tc, what_is_no_order_is_refused);
    tcase_add_test(tc, the_verb_reads_and_writes_files);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
