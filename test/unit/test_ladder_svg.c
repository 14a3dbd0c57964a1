/* The ladder's picture: well-formed whatever peers write, arrows the right way, bounded. libxml2 is
 * the judge of what is XML. */
#include "gw/admin/ladder_svg.h"

#include <check.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <stdlib.h>

#define LADDER                                                                                     \
    "{\"type\":\"ladder\",\"kind_a\":\"sip\",\"trunk_a\":\"pbx\",\"kind_b\":\"isdn\","             \
    "\"trunk_b\":\"pri\",\"lost\":0}\n"
#define INVITE                                                                                     \
    "{\"type\":\"message\",\"at_ms\":0,\"side\":\"a\",\"sent\":false,\"text\":\"INVITE sip:1\"}\n"
#define SETUP "{\"type\":\"message\",\"at_ms\":4,\"side\":\"b\",\"sent\":true,\"text\":\"SETUP\"}\n"

static struct rt_buf out;
static xmlDocPtr doc;
static xmlXPathContextPtr where;

static void draw(const char *lines)
{
    gw_ladder_svg(&out, rt_str(lines));
    ck_assert(!out.failed);
    doc = xmlReadMemory(out.p, (int)out.n, "ladder.svg", NULL, XML_PARSE_NONET);
    ck_assert_msg(doc != NULL, "not XML: %s", out.p);
    where = xmlXPathNewContext(doc);
    xmlXPathRegisterNs(where, (const xmlChar *)"s", (const xmlChar *)"http://www.w3.org/2000/svg");
}

static void teardown(void)
{
    xmlXPathFreeContext(where);
    xmlFreeDoc(doc);
    where = NULL;
    doc = NULL;
    rt_buf_release(&out);
}

/** What an XPath expression is, as text; "" when there is no such thing. */
static const char *value(const char *path)
{
    static char text[400];
    xmlXPathObjectPtr o = xmlXPathEvalExpression((const xmlChar *)path, where);

    ck_assert_ptr_nonnull(o);
    xmlChar *s = xmlXPathCastToString(o);
    snprintf(text, sizeof text, "%s", (const char *)s);
    xmlFree(s);
    xmlXPathFreeObject(o);
    return text;
}

static void is(const char *path, const char *want)
{
    const char *got = value(path);
    ck_assert_msg(strcmp(got, want) == 0, "%s is %s, not %s", path, got, want);
}

START_TEST(it_stands_by_itself)
{
    draw(LADDER INVITE SETUP);
    is("count(//s:script)", "0");
    is("count(//@*[contains(., 'url(') or contains(., 'http')])", "0");
    is("contains(//s:style, 'prefers-color-scheme')", "true");
    is("contains(//s:style, 'import') or contains(//s:style, 'url')", "false");
    is("string(/s:svg/@width)", "1000");
}
END_TEST

START_TEST(sides_have_their_protocol_and_their_trunk)
{
    draw(LADDER);
    is("string(//s:text[@class='kind'][1])", "SIP");
    is("string(//s:text[@class='trunk'][1])", "pbx");
    is("string(//s:text[@class='kind'][2])", "Q.931");
    is("string(//s:text[@class='trunk'][2])", "pri");
    is("count(//s:g[@class='life']/s:line)", "3");
    is("string(//s:text[@class='more'])", "no messages");
}
END_TEST

START_TEST(arrows_go_the_way_of_their_messages)
{
    draw(LADDER INVITE SETUP);
    is("count(//s:g[starts-with(@class,'message')])", "2");
    is("string(//s:g[@class='message sip received']/s:title)", "0 ms, pbx to tandem: INVITE sip:1");
    is("//s:g[@class='message sip received']/s:line/@x1 < "
       "//s:g[@class='message sip received']/s:line/@x2",
       "true");
    is("string(//s:g[@class='message isdn sent']/s:title)", "4 ms, tandem to pri: SETUP");
    is("//s:g[@class='message isdn sent']/s:line/@x1 < "
       "//s:g[@class='message isdn sent']/s:line/@x2",
       "true");
    is("string(//s:g[@class='message isdn sent']/s:text[@class='at'])", "4");
    is("string(//s:text[@class='more'])", "");
}
END_TEST

START_TEST(an_answer_comes_back)
{
    draw(LADDER
         "{\"type\":\"message\",\"at_ms\":9,\"side\":\"a\",\"sent\":true,\"text\":\"180\"}\n"
         "{\"type\":\"message\",\"at_ms\":8,\"side\":\"b\",\"sent\":false,\"text\":\"ALERTING\"}");
    is("//s:g[@class='message sip sent']/s:line/@x1 > "
       "//s:g[@class='message sip sent']/s:line/@x2",
       "true");
    is("//s:g[@class='message isdn received']/s:line/@x1 > "
       "//s:g[@class='message isdn received']/s:line/@x2",
       "true");
}
END_TEST

START_TEST(protocols_differ_without_colour)
{
    draw("{\"type\":\"ladder\",\"kind_a\":\"mgcp\",\"kind_b\":\"isdn\",\"trunk_a\":\"\","
         "\"trunk_b\":\"\"}\n" INVITE SETUP);
    is("//s:g[contains(@class,'mgcp')]/s:line/@stroke-dasharray = "
       "//s:g[contains(@class,'isdn')]/s:line/@stroke-dasharray",
       "false");
    is("count(//s:line[@stroke-dasharray])", "2"); /* SIP alone has none */
    is("contains(//s:g[contains(@class,'mgcp')]/s:title, 'side a to tandem')", "true");
}
END_TEST

START_TEST(a_peers_text_is_text)
{
    draw(LADDER "{\"type\":\"message\",\"at_ms\":1,\"side\":\"a\",\"sent\":false,\"text\":"
                "\"</text><script>&'\\\"\\u0001\\uffff\\u00e9\"}\n");
    is("count(//s:script)", "0");
    is("string(//s:text[@class='text'])", "</text><script>&'\"??\xc3\xa9");
}
END_TEST

START_TEST(no_more_than_five_hundred_are_drawn)
{
    struct rt_buf lines = {0};

    rt_buf_puts(&lines,
                "{\"type\":\"ladder\",\"kind_a\":\"sip\",\"kind_b\":\"sip\",\"lost\":30}\n");
    for (unsigned i = 0; i < GW_LADDER_SVG_MAX + 7; i++)
        rt_buf_puts(&lines, INVITE);
    draw(lines.p);
    rt_buf_release(&lines);
    is("count(//s:g[starts-with(@class,'message')])", "500");
    is("string(//s:text[@class='more'])", "and 37 more");
    is("/s:svg/@height > 500 * 20", "true");
}
END_TEST

START_TEST(other_lines_are_passed_over)
{
    draw("{\"type\":\"call\",\"call\":3}\nnot JSON\n[]\n\n" LADDER
         "{\"type\":\"sound\",\"leg\":\"a\"}\n" SETUP "{\"exit\":0}\n");
    is("count(//s:g[starts-with(@class,'message')])", "1");
}
END_TEST

START_TEST(nothing_at_all_is_a_picture)
{
    draw("");
    is("string(//s:text[@class='more'])", "no messages");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ladder_svg");
    TCase *tc = tcase_create("all");

    tcase_add_checked_fixture(tc, NULL, teardown);
    tcase_add_test(tc, it_stands_by_itself);
    tcase_add_test(tc, sides_have_their_protocol_and_their_trunk);
    tcase_add_test(tc, arrows_go_the_way_of_their_messages);
    tcase_add_test(tc, an_answer_comes_back);
    tcase_add_test(tc, protocols_differ_without_colour);
    tcase_add_test(tc, a_peers_text_is_text);
    tcase_add_test(tc, no_more_than_five_hundred_are_drawn);
    tcase_add_test(tc, other_lines_are_passed_over);
    tcase_add_test(tc, nothing_at_all_is_a_picture);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
