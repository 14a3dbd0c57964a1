/* The configuration language: what is read, what is refused and with which words, and printing. */
#include "conf/conf_priv.h"
#include "conf/suggest.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#define V "version 1\n"

static struct conf *good(const char *text)
{
    struct conf_diag diag = {.errors = 0};
    struct conf *c = NULL;

    int err = conf_parse(&c, &conf_tandem, "t.conf", rt_str(text), &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p);
    ck_assert_uint_eq(diag.errors, 0);
    conf_diag_release(&diag);
    return c;
}

static void refused(const char *text, const char *want)
{
    struct conf_diag diag = {.errors = 0};
    struct conf *c = NULL;

    ck_assert_int_eq(conf_parse(&c, &conf_tandem, "t.conf", rt_str(text), &diag), EINVAL);
    ck_assert_ptr_null(c);
    ck_assert_str_eq(diag.text.p, want);
    conf_diag_release(&diag);
}

/* ---- reading ---- */

START_TEST(words_need_no_quotes_and_strings_undo_escapes)
{
    struct conf *c =
        good(V "cdr journal /a;b=*21*|30min csv \"/with \\\"quote\\\" \\\\ #x\" # end\n");
    const struct conf_node *n = conf_child(conf_root(c), "cdr");

    ck_assert_str_eq(conf_labelled(n, "journal")->text, "/a;b=*21*|30min");
    ck_assert_str_eq(conf_labelled(n, "csv")->text, "/with \"quote\" \\ #x");
    ck_assert_int_eq(conf_labelled(n, "csv")->kind, CONF_TOKEN_STRING);
    ck_assert_uint_eq(n->pos.line, 2);
    ck_assert_uint_eq(n->pos.column, 1);
    ck_assert_uint_eq(conf_labelled(n, "csv")->pos.column, 33);
    conf_free(c);
}
END_TEST

START_TEST(a_brace_ends_a_statement_and_a_line_breaks_after_comma_and_arrow)
{
    struct conf *c = good("version 1\r\ntrunk a { span 1 } trunk b { span 2\n channels 1,\n"
                          "  # between\n  3 }\nroutes from a,\n\n b { * ->\n a }\n");
    const struct conf_node *a = conf_child(conf_root(c), "trunk"), *b = conf_again(a, "trunk");
    const struct conf_node *routes = conf_child(conf_root(c), "routes");

    ck_assert_str_eq(conf_arg(a, 0)->text, "a");
    ck_assert_ptr_null(conf_again(b, "trunk"));
    ck_assert_str_eq(conf_labelled(routes, "from")->text, "a");
    ck_assert_ptr_null(conf_arg(routes, 0)); /* a labelled list is not positional */
    ck_assert_str_eq(routes->child->token[0].text, "*");
    ck_assert_str_eq(routes->child->token[2].text, "a");
    conf_free(c);
}
END_TEST

START_TEST(arguments_are_counted_without_commas_and_labels)
{
    struct conf *c = good(V "span 1 {\n isdn euroisdn dchannel 17 user\n timeslots 1-15,17\n}\n"
                            "trunk t { channels 1-15,17-31 descending }\n");
    const struct conf_node *span = conf_child(conf_root(c), "span");
    const struct conf_node *isdn = conf_child(span, "isdn");
    const struct conf_node *channels = conf_child(conf_child(conf_root(c), "trunk"), "channels");
    uint64_t low, high;

    ck_assert_str_eq(conf_arg(isdn, 1)->text, "user");
    ck_assert_ptr_null(conf_arg(isdn, 2));
    ck_assert_uint_eq(conf_uint(conf_labelled(isdn, "dchannel")), 17);
    ck_assert_ptr_null(conf_labelled(isdn, "remote"));
    conf_range(conf_arg(channels, 1), &low, &high);
    ck_assert_uint_eq(low, 17);
    ck_assert_uint_eq(high, 31);
    conf_range(conf_arg(conf_child(span, "timeslots"), 1), &low, &high);
    ck_assert_uint_eq(low, 17);
    ck_assert_uint_eq(high, 17);
    ck_assert(conf_has(channels, "descending"));
    ck_assert(!conf_has(channels, "ascending"));
    conf_free(c);
}
END_TEST

START_TEST(durations_have_units)
{
    static const struct {
        const char *text;
        rt_time want;
    } rows[] = {
        {"150ms", 150 * RT_MS}, {"30s", 30 * RT_S},    {"30min", 1800 * RT_S},
        {"12h", 43200 * RT_S},  {"7d", 604800 * RT_S}, {"3650d", 315360000 * RT_S},
    };
    struct conf_arg_spec spec = {.type = CONF_DURATION};

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct conf_token t = {.kind = CONF_TOKEN_WORD, .text = rows[i].text};
        ck_assert_ptr_null(conf_value_error(&spec, &t));
        ck_assert_int_eq(conf_duration(&t), rows[i].want);
    }
}
END_TEST

START_TEST(each_type_knows_its_values)
{
    static const struct {
        enum conf_type type;
        const char *text;
        bool fits;
    } rows[] = {
        {CONF_DURATION, "30", false},
        {CONF_DURATION, "s", false},
        {CONF_DURATION, "1.5s", false},
        {CONF_DURATION, "3651d", false},
        {CONF_DURATION, "99999999999999999999s", false},
        {CONF_NAME, "alpha-1_b.c", true},
        {CONF_NAME, "a/b", false},
        {CONF_NAME, "", false},
        {CONF_UINT, "18446744073709551615", true},
        {CONF_UINT, "18446744073709551616", false},
        {CONF_UINT, "-1", false},
        {CONF_UINT, "0x10", false},
        {CONF_ADDRESS, "192.0.2.1", true},
        {CONF_ADDRESS, "192.0.2.1:5060", true},
        {CONF_ADDRESS, "[2001:db8::1]:5060", true},
        {CONF_ADDRESS, "192.0.2.256", false},
        {CONF_ADDRESS, "host.example", false},
        {CONF_CIDR, "10.1.0.0/24", true},
        {CONF_CIDR, "10.1.0.0/33", false},
        {CONF_LISTEN, "udp:0.0.0.0:5060", true},
        {CONF_LISTEN, "tcp:[::]:5060", true},
        {CONF_LISTEN, "tls:192.0.2.1", true},
        {CONF_LISTEN, "sctp:192.0.2.1", false},
        {CONF_LISTEN, "0.0.0.0:5060", false},
        {CONF_RANGE, "16384-32767", true},
        {CONF_RANGE, "5", true},
        {CONF_RANGE, "5-4", false},
        {CONF_RANGE, "5-", false},
        {CONF_RANGE, "-5", false},
        {CONF_NUMBER, "+4930901820", true},
        {CONF_NUMBER, "110", true},
        {CONF_NUMBER, "+", false},
        {CONF_NUMBER, "12x", false},
        {CONF_URI, "sip:10.1.0.10", true},
        {CONF_URI, "tel:110", true},
        {CONF_URI, "http://x", false},
        {CONF_PATH, "", false},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct conf_arg_spec spec = {.type = rows[i].type};
        struct conf_token t = {.kind = CONF_TOKEN_WORD, .text = rows[i].text};
        ck_assert_msg((conf_value_error(&spec, &t) == NULL) == rows[i].fits, "%s", rows[i].text);
    }
}
END_TEST

/* ---- refusing ---- */

static const struct {
    const char *text, *want;
} bad[] = {
    /* syntax */
    {V "}\n", "t.conf:2:1: this \"}\" closes nothing\n"},
    {V "media {\n threads 2\n", "t.conf:2:7: this \"{\" is never closed\n"},
    {V "media\n{\n threads 2\n}\n", "t.conf:3:1: \"{\" must stand on the line of its statement\n"},
    {V "cdr csv \"/x\nlog info\n", "t.conf:2:9: string is not closed\n"},
    {V "sip { listen udp:10.0.0.1, }\n", "t.conf:2:26: nothing follows \",\"\n"},
    {V "-> pri\n", "t.conf:2:1: a statement begins with a word, not with \"->\"\n"},
    {V "log info { }\n", "t.conf:2:1: \"log\" takes no { } block\n"},
    {V "a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{a{}}}}}}}}}}}}}}}}}\n",
     "t.conf:2:34: blocks are nested deeper than 16\nt.conf:2:1: unknown word \"a\"\n"},
    /* words */
    {V "trunk a {\n    overlp\n}\n",
     "t.conf:3:5: unknown word \"overlp\" - did you mean \"overlap\"?\n"},
    {V "spam 1 { }\n", "t.conf:2:1: unknown word \"spam\" - did you mean \"span\"?\n"},
    {V "frobnicate\n", "t.conf:2:1: unknown word \"frobnicate\"\n"},
    {V "ports 1-2\n", "t.conf:2:1: \"ports\" belongs inside a \"media\" block\n"},
    {V "media { log info }\n", "t.conf:2:9: \"log\" cannot stand inside \"media\"\n"},
    {V "registrar { realm x }\n", "t.conf:2:1: \"registrar\" lacks \"users\"\n"},
    {"log info\n", "t.conf:1:1: \"version\" is missing\n"},
    {"", "t.conf:1:1: \"version\" is missing\n"},
    {V "version 1\n", "t.conf:2:1: \"version\" stands twice, first at t.conf:1:1\n"},
    {V "sip { }\n", "t.conf:2:1: \"sip\" lacks \"listen\"\n"},
    /* arguments */
    {"version 2\n", "t.conf:1:9: \"2\" is not within 1 to 1\n"},
    {"version\n", "t.conf:1:1: \"version\" lacks a number\n"},
    {V "log loud\n", "t.conf:2:5: \"loud\" is none of error|warn|notice|info|debug\n"},
    {V "log inof\n", "t.conf:2:5: unknown word \"inof\" - did you mean \"info\"?\n"},
    {V "log info info\n", "t.conf:2:10: unexpected \"info\"\n"},
    {V "log info,\ndebug\n", "t.conf:2:9: unexpected \",\"\n"},
    {V "cdr csv /a, csv /b\n", "t.conf:2:13: \"csv\" is given twice\n"},
    {V "cdr csv\n", "t.conf:2:5: a file name must follow \"csv\"\n"},
    {V "media { threads 65 }\n", "t.conf:2:17: \"65\" is not within 1 to 64\n"},
    {V "media { threads two }\n", "t.conf:2:17: \"two\" is not a number\n"},
    {V "sip { listen 10.0.0.1 }\n",
     "t.conf:2:14: \"10.0.0.1\" is not an address to listen on like udp:0.0.0.0:5060\n"},
    {V "site b { dialling de\n ddi +49 -> 1\n}\n",
     "t.conf:3:10: \"->\" is not the arrow that belongs here\n"},
    {V "span 1 {\n pseudowire local 127.0.0.1:1 remot 127.0.0.1:2\n isdn euroisdn user\n}\n",
     "t.conf:3:31: unexpected \"remot\" - did you mean \"remote\"?\n"},
    {V "span 1 {\n pseudowire local 127.0.0.1:1\n isdn euroisdn user\n}\n",
     "t.conf:3:2: \"pseudowire\" lacks \"remote\" and an address\n"},
    {V "span 1 {\n pseudowire 127.0.0.1:1 remote 127.0.0.1:2\n isdn euroisdn user\n}\n",
     "t.conf:3:13: \"local\" is missing before \"127.0.0.1:1\"\n"},
    {V "trunk x { headers { } }\n", "t.conf:2:11: \"headers\" lacks one of in|out\n"},
    /* all of them at once, in order */
    {"lgo info\nmedia {\n threads 0\n prots 1-2\n}\n",
     "t.conf:1:1: unknown word \"lgo\" - did you mean \"log\"?\n"
     "t.conf:3:10: \"0\" is not within 1 to 64\n"
     "t.conf:4:2: unknown word \"prots\" - did you mean \"ports\"?\n"
     "t.conf:1:1: \"version\" is missing\n"},
};

START_TEST(what_is_wrong_is_told_with_its_place)
{
    for (size_t i = 0; i < RT_COUNT(bad); i++)
        refused(bad[i].text, bad[i].want);
}
END_TEST

START_TEST(octets_that_are_no_text_are_refused_with_their_place)
{
    static const struct {
        const char *text;
        size_t n;
        const char *want;
    } rows[] = {
        {"version 1\nlo\0g\n", 15, "t.conf:2:3: a NUL byte: this is no text file\n"},
        {"# \xc3\xbc \xff\n", 7, "t.conf:1:6: this is not UTF-8 text\n"},
        {"# \xc0\xaf", 4, "t.conf:1:3: this is not UTF-8 text\n"},         /* overlong */
        {"# \xed\xa0\x80", 5, "t.conf:1:3: this is not UTF-8 text\n"},     /* a surrogate */
        {"# \xf4\x90\x80\x80", 6, "t.conf:1:3: this is not UTF-8 text\n"}, /* over U+10FFFF */
        {"# \xe2\x82", 4, "t.conf:1:3: this is not UTF-8 text\n"},         /* cut short */
        {"# \x1b[2J", 6, "t.conf:1:3: a control character\n"},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct conf_diag diag = {.errors = 0};
        struct conf *c;
        struct rt_str text = {rows[i].text, rows[i].n};
        ck_assert_int_eq(conf_parse(&c, &conf_tandem, "t.conf", text, &diag), EINVAL);
        ck_assert_msg(strncmp(diag.text.p, rows[i].want, strlen(rows[i].want)) == 0, "%s",
                      diag.text.p);
        conf_diag_release(&diag);
    }
    conf_free(good("\xef\xbb\xbf" V "# M\xc3\xbcller\n")); /* a byte order mark does no harm */
}
END_TEST

START_TEST(a_file_of_rubbish_has_a_bounded_description)
{
    struct rt_buf text = {0};
    struct conf_diag diag = {.errors = 0};
    struct conf *c;

    for (unsigned i = 0; i < 5000; i++)
        rt_buf_puts(&text, "rubbish\n");
    ck_assert_int_eq(conf_parse(&c, &conf_tandem, "t.conf", rt_buf_str(&text), &diag), EINVAL);
    ck_assert_uint_eq(diag.errors, 5001);
    ck_assert(diag.text.n < 1000 * 64);
    conf_diag_release(&diag);
    rt_buf_release(&text);
}
END_TEST

START_TEST(the_nearest_word_is_suggested)
{
    static const struct {
        const char *word, *known, *want;
    } rows[] = {
        {"limt", "limit", "limit"},   /* a letter too little */
        {"limiit", "limit", "limit"}, /* too much */
        {"lomit", "limit", "limit"},  /* wrong */
        {"ilmit", "limit", "limit"},  /* swapped */
        {"lmiti", "limit", "limit"},  /* two slips in a longer word */
        {"pbz", "pbx", "pbx"},
        {"pxz", "pbx", NULL}, /* two slips in a short word: another word */
        {"a", "b", NULL},
        {"", "b", NULL},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct conf_suggest s = conf_suggest(rows[i].word);
        conf_suggest_offer(&s, "something-else");
        conf_suggest_offer(&s, rows[i].known);
        if (rows[i].want)
            ck_assert_str_eq(s.best, rows[i].want);
        else
            ck_assert_ptr_null(s.best);
    }
}
END_TEST

/* ---- printing ---- */

static const char layout[] =
    "# the house\r\nversion   1 # first\n\n\n"
    "trunk a { span 1 }   # one line\n"
    "\troutes from a {\n  * ->\n   a,  # both\n a \n}\n# the end, no newline";

START_TEST(the_source_comes_back_octet_by_octet)
{
    struct conf *c = good(layout);
    struct rt_buf out = {0};

    conf_print_source(c, &out);
    ck_assert_uint_eq(out.n, strlen(layout));
    ck_assert_str_eq(out.p, layout);
    rt_buf_release(&out);
    conf_free(c);
}
END_TEST

START_TEST(the_expanded_plan_has_one_layout_and_all_defaults)
{
    struct conf *c = good("version 1\nspan 1 { isdn euroisdn user\npseudowire remote 10.0.0.2:2 "
                          "local 10.0.0.1:1 }\ntrunk t { channels 1-3,\n5 }\n"
                          "routes from t { \"#31#\" -> reject 1 \"a \\\"b\\\" \\\\\" }\n");
    struct rt_buf out = {0};

    conf_print_expanded(c, &out);
    ck_assert_str_eq(out.p,
                     "version 1\n"
                     "span 1 {\n"
                     "    isdn euroisdn user\n"
                     "    pseudowire remote 10.0.0.2:2 local 10.0.0.1:1 frames 8 jitter 4ms\n"
                     "    restart every never\n"
                     "    audit every never\n"
                     "}\n"
                     "trunk t {\n"
                     "    channels 1-3, 5 ascending\n"
                     "}\n"
                     "routes from t {\n"
                     "    \"#31#\" -> reject 1 \"a \\\"b\\\" \\\\\"\n"
                     "}\n"
                     "media {\n"
                     "    ports 16384-32767\n"
                     "    codecs pcma, pcmu\n"
                     "    echo-tail 64\n"
                     "    digits on 40ms off 40ms\n"
                     "    realtime auto\n"
                     "}\n"
                     "recordings {\n"
                     "    directory /var/spool/tandem\n"
                     "    format wav\n"
                     "    name \"{date}-{time}-{caller}-{called}-{call}\"\n"
                     "}\n"
                     "admin socket /run/tandem/tandem.sock {\n"
                     "    session 8h\n"
                     "    cleartext loopback\n"
                     "}\n"
                     "alarms {\n"
                     "    syslog off\n"
                     "    asr-drop 30% samples 50\n"
                     "    channels 90%\n"
                     "    disk 90%\n"
                     "    certificate 14d\n"
                     "    mos 3.1 samples 20\n"
                     "    short-calls 50% samples 50\n"
                     "}\n"
                     "traces {\n"
                     "    ring 16\n"
                     "    rtp on\n"
                     "}\n"
                     "auditor every 10s far-end 10min\n"
                     "log info\n"
                     "overload {\n"
                     "    cpu 90% until 80%\n"
                     "    queue 200ms until 50ms\n"
                     "}\n"
                     "process {\n"
                     "    seccomp on\n"
                     "    core registers\n"
                     "    finish 10s\n"
                     "}\n");
    rt_buf_release(&out);
    conf_free(c);
}
END_TEST

static void same_tree(const struct conf_node *a, const struct conf_node *b)
{
    for (a = a->child, b = b->child; a && b; a = a->next, b = b->next) {
        ck_assert_ptr_eq(a->row, b->row);
        ck_assert_uint_eq(a->ntokens, b->ntokens);
        for (size_t i = 0; i < a->ntokens; i++) {
            ck_assert_int_eq(a->token[i].kind, b->token[i].kind);
            ck_assert_str_eq(a->token[i].text, b->token[i].text);
        }
        same_tree(a, b);
    }
    ck_assert(!a && !b);
}

START_TEST(the_expanded_plan_reads_back_to_the_same_tree)
{
    struct conf *first = good(layout), *second, *third;
    struct rt_buf one = {0}, two = {0};

    conf_print_expanded(first, &one);
    second = good(one.p);
    conf_print_expanded(second, &two);
    third = good(two.p);
    ck_assert_str_eq(one.p, two.p);
    same_tree(conf_root(second), conf_root(third));
    conf_free(first);
    conf_free(second);
    conf_free(third);
    rt_buf_release(&one);
    rt_buf_release(&two);
}
END_TEST

/* ---- another language ---- */

static const struct conf_row rules[] = {
    {"", "call", CONF_BLOCK, {{.type = CONF_PATTERN}}, ""},
    {"call", "after", 0, {{.type = CONF_DURATION}, {.type = CONF_WORD, .max = 1}}, ""},
};
static const struct conf_schema other = {"rules", rules, RT_COUNT(rules)};

START_TEST(a_schema_of_ones_own_has_no_include)
{
    struct conf_diag diag = {.errors = 0};
    struct conf *c;

    ck_assert_int_eq(conf_parse(&c, &other, "r", rt_str("call 1xx { after 2s answer }\n"), &diag),
                     0);
    conf_free(c);
    ck_assert_int_eq(
        conf_parse(&c, &other, "r", rt_str("call 1 {\nafter 2s\n}\ninclude x\n"), &diag), EINVAL);
    ck_assert_str_eq(diag.text.p,
                     "r:2:1: \"after\" lacks a word\nr:4:1: unknown word \"include\"\n");
    conf_diag_release(&diag);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("conf");
    TCase *tc = tcase_create("conf");

    tcase_add_checked_fixture(tc, fake_reset, NULL);
    tcase_add_test(tc, words_need_no_quotes_and_strings_undo_escapes);
    tcase_add_test(tc, a_brace_ends_a_statement_and_a_line_breaks_after_comma_and_arrow);
    tcase_add_test(tc, arguments_are_counted_without_commas_and_labels);
    tcase_add_test(tc, durations_have_units);
    tcase_add_test(tc, each_type_knows_its_values);
    tcase_add_test(tc, what_is_wrong_is_told_with_its_place);
    tcase_add_test(tc, octets_that_are_no_text_are_refused_with_their_place);
    tcase_add_test(tc, a_file_of_rubbish_has_a_bounded_description);
    tcase_add_test(tc, the_nearest_word_is_suggested);
    tcase_add_test(tc, the_source_comes_back_octet_by_octet);
    tcase_add_test(tc, the_expanded_plan_has_one_layout_and_all_defaults);
    tcase_add_test(tc, the_expanded_plan_reads_back_to_the_same_tree);
    tcase_add_test(tc, a_schema_of_ones_own_has_no_include);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
