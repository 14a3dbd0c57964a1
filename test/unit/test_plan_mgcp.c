/* MGCP in the plan: gateways, lines, exported channels, and what is said of each mistake. */
#include "gw/check.h"
#include "gw/plan.h"
#include "gw/plan_diff.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#define TOP                                                                                        \
    "version 1\n"                                                                                  \
    "sip { listen udp:10.0.0.1:5060 }\n"                                                           \
    "span 1 { pseudowire local 10.0.0.1:7001 remote 10.0.0.9:7002\n isdn euroisdn user }\n"
#define HEAD                                                                                       \
    TOP "mgcp {\n" /* line 5 */                                                                    \
        " gateway iad1.example.com address 10.0.0.20 lines 1-4 channels 1-3,5 as ds/e1-1\n"        \
        "}\n" /* what a test adds begins at line 8 */

static struct gw_plan *good(const char *text)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *p = NULL;

    int err = gw_plan_parse(&p, "t.conf", rt_str(text), &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p);
    conf_diag_release(&diag);
    return p;
}

static void refused(const char *text, const char *want)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *p = NULL;

    ck_assert_msg(gw_plan_parse(&p, "t.conf", rt_str(text), &diag) == EINVAL, "accepted: %s", text);
    ck_assert_ptr_null(p);
    ck_assert_str_eq(diag.text.p, want);
    conf_diag_release(&diag);
}

static void is_addr(const union rt_addr *a, const char *want)
{
    char text[RT_ADDR_LEN];
    ck_assert_str_eq(rt_addr_format(text, a), want);
}

static const struct gw_trunk *trunk(const struct gw_plan *p, const char *name)
{
    return gw_plan_trunk(p, rt_str(name));
}

/* ---- what a plan means ---- */

START_TEST(the_contracts_examples_load_as_they_stand)
{
    struct gw_plan *p = good(TOP "mgcp {\n"
                                 " listen    udp:0.0.0.0:2727\n"
                                 " domain    gw.example.com\n"
                                 " gateway   iad1.example.com address 192.0.2.20:2427 lines 1-24 "
                                 "profile cisco\n"
                                 " agent     192.0.2.30:2727 exports span 1 as ds/e1-1\n"
                                 "}\n");
    const struct gw_mgcp_plan *m = &p->mgcp;

    ck_assert(m->on);
    ck_assert_str_eq(m->domain, "gw.example.com");
    ck_assert_uint_eq(m->nlisten, 2); /* agents call gateways at 2427 (RFC 3435 3.5) */
    is_addr(&m->listen[0], "0.0.0.0:2727");
    is_addr(&m->listen[1], "0.0.0.0:2427");

    ck_assert_uint_eq(m->ngateways, 1);
    const struct gw_mgcp_gateway *g = &m->gateways[0];
    ck_assert_str_eq(g->name, "iad1.example.com");
    is_addr(&g->address, "192.0.2.20:2427");
    ck_assert_int_eq(g->profile, MGCP_CISCO);
    ck_assert_int_eq(g->audit, 600 * RT_S);
    ck_assert_uint_eq(g->nendpoints, 24);
    ck_assert_str_eq(g->endpoint[0].local, "aaln/1");
    ck_assert_str_eq(g->endpoint[23].local, "aaln/24");
    ck_assert(g->endpoint[23].line && g->endpoint[23].gateway == g);
    ck_assert_uint_eq(g->endpoint[23].number, 24);
    ck_assert_ptr_null(g->endpoint[0].trunk);

    ck_assert_uint_eq(m->nagents, 1);
    const struct gw_mgcp_agent *a = &m->agents[0];
    ck_assert_uint_eq(a->n, 1);
    ck_assert_str_eq(a->address[0], "192.0.2.30:2727");
    ck_assert_int_eq(a->profile, MGCP_RFC);
    ck_assert(!a->foreign);
    ck_assert_uint_eq(a->nexports, 1);
    ck_assert_str_eq(a->export[0].prefix, "ds/e1-1");
    ck_assert_uint_eq(a->export[0].channels, 0xfffefffeu); /* 1 to 31 but the D channel, 16 */
    ck_assert(!a->export[0].lines);
    gw_plan_unref(p);
}
END_TEST

START_TEST(all_that_is_left_out_has_its_default)
{
    struct gw_plan *p = good(HEAD "trunk iad { mgcp iad1.example.com }\n");
    const struct gw_trunk *t = trunk(p, "iad");
    const struct gw_mgcp_trunk *m = t->mgcp;

    ck_assert_uint_eq(p->mgcp.nlisten, 1);
    is_addr(&p->mgcp.listen[0], "0.0.0.0:2727");
    is_addr(&p->mgcp.gateways[0].address, "10.0.0.20:2427");
    ck_assert_int_eq(p->mgcp.gateways[0].profile, MGCP_RFC);
    ck_assert_ptr_null(p->mgcp.domain);
    ck_assert_int_eq(t->kind, GW_TRUNK_MGCP);
    ck_assert_int_eq(t->numbers, DP_AS_DIALLED);
    ck_assert(t->sound.announce && t->session.direct && t->identity.untrusted);
    ck_assert_uint_eq(m->nendpoints, 8);
    ck_assert(gw_mgcp_has_lines(m));
    ck_assert_str_eq(m->endpoint[0]->local, "aaln/1"); /* lines are first */
    ck_assert_str_eq(m->endpoint[7]->local, "ds/e1-1/5");
    ck_assert_ptr_eq(m->endpoint[7]->trunk, t);
    ck_assert_ptr_null(m->endpoint[0]->as);
    ck_assert_int_eq(m->digits, GW_LINE_MAP);
    ck_assert_ptr_null(m->digit_map);
    ck_assert(m->caller_id && m->waiting && m->three_way && m->flash && !m->t38);
    ck_assert_int_eq(m->dial, 0);
    ck_assert_int_eq(m->busy, 30 * RT_S);
    ck_assert_int_eq(m->howler, 60 * RT_S);
    ck_assert(m->line[0].waiting);
    ck_assert_str_eq(m->line[0].number, "");
    ck_assert_ptr_eq(m->line[0].endpoint, m->endpoint[0]);
    gw_plan_unref(p);
}
END_TEST

START_TEST(a_gateway_may_have_a_block)
{
    struct gw_plan *p = good("version 1\n"
                             "mgcp {\n"
                             " listen udp:[::1]:4000, udp:[::1]\n"
                             " gateway [2001:db8::1] address [2001:db8::1] profile ncs {\n"
                             "  lines 1-2, 7 as port\n"
                             "  channels 1-31 as ds/e1-2\n"
                             "  audit off\n"
                             "  rate 200\n"
                             " }\n"
                             " timers hist 40s max 25s first 300ms rto-max 5s longtran 6s\n"
                             " repeats 3 6 dns first\n"
                             " datagram 1400\n"
                             "}\n");
    const struct gw_mgcp_gateway *g = &p->mgcp.gateways[0];

    is_addr(&p->mgcp.listen[0], "[::1]:4000");
    is_addr(&p->mgcp.listen[1], "[::1]:2727");
    is_addr(&g->address, "[2001:db8::1]:2427");
    ck_assert_int_eq(g->profile, MGCP_NCS);
    ck_assert_int_eq(g->audit, 0);
    ck_assert_uint_eq(g->rate, 200);
    ck_assert_uint_eq(g->nendpoints, 34);
    ck_assert_str_eq(g->endpoint[2].local, "port/7");
    ck_assert_str_eq(g->endpoint[3].local, "ds/e1-2/1");
    ck_assert(!g->endpoint[3].line);
    const struct mgcp_timers *t = &p->mgcp.timers;
    ck_assert_int_eq(t->hist, 40 * RT_S);
    ck_assert_int_eq(t->max, 25 * RT_S);
    ck_assert_int_eq(t->first, 300 * RT_MS);
    ck_assert_int_eq(t->rto_max, 5 * RT_S);
    ck_assert_int_eq(t->longtran, 6 * RT_S);
    ck_assert_int_eq(t->provisional, 0);
    ck_assert_uint_eq(t->max1, 3);
    ck_assert_uint_eq(t->max2, 6);
    ck_assert(!t->no_dns1 && t->no_dns2);
    ck_assert_uint_eq(t->datagram, 1400);
    gw_plan_unref(p);
}
END_TEST

START_TEST(a_trunk_says_what_its_lines_are_called_by)
{
    struct gw_plan *p = good(HEAD "trunk house {\n"
                                  " mgcp iad1.example.com lines 1-3\n"
                                  " line 1-2 number 1[01..02] waiting off\n"
                                  " line 3 number +4930901820 name \"Reception\" ring 2\n"
                                  " digits single\n"
                                  " caller-id off\n"
                                  " three-way off\n"
                                  " dial-timeout 20s\n"
                                  " busy-timeout 15s\n"
                                  " howler-timeout 2min\n"
                                  " t38 on\n"
                                  " media relay\n"
                                  " codecs pcmu\n"
                                  " ptime 30ms\n"
                                  "}\n"
                                  "trunk rest { mgcp iad1.example.com lines 4 channels 5 }\n"
                                  "trunk e1 {\n"
                                  " mgcp iad1.example.com channels 1-3 as ds/e1-1\n"
                                  "}\n");
    const struct gw_trunk *t = trunk(p, "house"), *e1 = trunk(p, "e1");
    const struct gw_mgcp_trunk *m = t->mgcp;

    ck_assert_uint_eq(m->nendpoints, 3);
    ck_assert_str_eq(m->line[0].number, "101");
    ck_assert_str_eq(m->line[1].number, "102");
    ck_assert_str_eq(m->line[2].number, "+4930901820");
    ck_assert_str_eq(m->line[2].name, "Reception");
    ck_assert_uint_eq(m->line[2].ring, 2);
    ck_assert(!m->line[0].waiting && m->line[2].waiting);
    ck_assert_ptr_eq(m->endpoint[2]->as, &m->line[2]);
    ck_assert_int_eq(m->digits, GW_LINE_SINGLE);
    ck_assert(!m->caller_id && !m->three_way && m->flash && m->t38);
    ck_assert_int_eq(m->dial, 20 * RT_S);
    ck_assert_int_eq(m->busy, 15 * RT_S);
    ck_assert_int_eq(m->howler, 120 * RT_S);
    ck_assert(!t->session.direct);
    ck_assert_uint_eq(t->media.ptime, 30);
    ck_assert_int_eq(t->media.codecs.id[0], CODEC_PCMU);
    ck_assert_uint_eq(trunk(p, "rest")->mgcp->nendpoints, 2);
    ck_assert_uint_eq(e1->mgcp->nendpoints, 3);
    ck_assert(!gw_mgcp_has_lines(e1->mgcp));
    ck_assert_int_eq(e1->numbers, DP_E164);
    gw_plan_unref(p);
}
END_TEST

START_TEST(exported_channels_have_trunks_of_their_own)
{
    struct gw_plan *p = good(TOP "mgcp {\n"
                                 " listen udp:10.0.0.1:4000\n"
                                 " agent ca1.example.com, 10.0.0.30 {\n"
                                 "  exports span 1 channels 1-3,5 as ds/e1-1\n"
                                 "  exports span 1 channels 6 as aaln lines\n"
                                 "  profile tgcp\n"
                                 "  foreign\n"
                                 "  restart-delay 90s\n"
                                 " }\n"
                                 "}\n"
                                 "trunk pri { span 1\n channels 7-15 }\n");
    const struct gw_mgcp_agent *a = &p->mgcp.agents[0];
    const struct gw_mgcp_export *e = &a->export[0];

    ck_assert_uint_eq(p->mgcp.nlisten, 1); /* another port than the agents': as it is */
    ck_assert_str_eq(a->address[0], "ca1.example.com:2727");
    ck_assert_str_eq(a->address[1], "10.0.0.30:2727");
    ck_assert(a->foreign);
    ck_assert_int_eq(a->profile, MGCP_TGCP);
    ck_assert_int_eq(a->restart.mwd, 90 * RT_S);
    ck_assert_uint_eq(a->nexports, 2);
    ck_assert_uint_eq(e->channels, 0x2e);
    ck_assert(!e->lines && a->export[1].lines);
    ck_assert_int_eq(e->outside->kind, GW_TRUNK_SPAN);
    ck_assert_str_eq(e->outside->name, "ds/e1-1");
    ck_assert_ptr_eq(e->outside->export, e);
    ck_assert_int_eq(e->inside->kind, GW_TRUNK_AGENT);
    ck_assert_str_eq(e->inside->name, "ca1.example.com:2727");
    ck_assert_ptr_eq(e->inside->export, e);
    ck_assert_uint_eq(e->inside->media.codecs.n, 2);
    ck_assert_ptr_eq(gw_plan_channel(p, 1, 5), e->outside);
    ck_assert_ptr_eq(gw_plan_channel(p, 1, 6), a->export[1].outside);
    ck_assert_ptr_eq(gw_plan_channel(p, 1, 7), trunk(p, "pri"));
    ck_assert_ptr_null(gw_plan_channel(p, 1, 17));
    ck_assert_ptr_eq(gw_plan_exported(p, rt_str("aaln")), a->export[1].outside);
    ck_assert_ptr_null(gw_plan_exported(p, rt_str("pri")));
    ck_assert_uint_eq(p->ntrunks, 1);
    gw_plan_unref(p);
}
END_TEST

START_TEST(a_summary_names_gateways_and_agents)
{
    struct gw_plan *p = good(TOP "mgcp {\n"
                                 " gateway iad address 10.0.0.20 lines 1-4\n"
                                 " agent 10.0.0.30 exports span 1 as ds/e1-1\n"
                                 "}\n"
                                 "trunk house { mgcp iad }\n");
    struct rt_buf out = {0};

    gw_check_print(&out, p);
    static const char want[] = "  mgcp     udp:0.0.0.0:2727\n"
                               "  mgcp     udp:0.0.0.0:2427\n"
                               "  gateway  iad: 10.0.0.20:2427, 4 lines, 0 channels, profile rfc\n"
                               "  agent    10.0.0.30:2727: span 1, 30 channels as ds/e1-1\n"
                               "  trunk    house: mgcp iad, 4 lines, numbers as-dialled\n";
    ck_assert_msg(strstr(out.p, want) != NULL, "%s", out.p);
    rt_buf_release(&out);
    gw_plan_unref(p);
}
END_TEST

START_TEST(the_expanded_plan_means_the_same)
{
    struct gw_plan *p = good(TOP "mgcp {\n gateway iad address 10.0.0.20 audit 1min {\n"
                                 "  lines 1-4 as port\n  channels 1-3,5\n }\n}\n"
                                 "trunk iad {\n mgcp iad lines 1-2\n"
                                 " line 1 number 101 name \"A B\"\n}\n");
    struct rt_buf text = {0};

    conf_print_expanded(p->conf, &text);
    struct gw_plan *again = good(text.p);
    ck_assert_uint_eq(again->mgcp.nlisten, 1);
    ck_assert_uint_eq(again->mgcp.gateways[0].nendpoints, 8);
    ck_assert_int_eq(again->mgcp.gateways[0].audit, 60 * RT_S);
    ck_assert_uint_eq(trunk(again, "iad")->mgcp->nendpoints, 2);
    ck_assert_str_eq(trunk(again, "iad")->mgcp->line[0].name, "A B");
    rt_buf_release(&text);
    gw_plan_unref(again);
    gw_plan_unref(p);
}
END_TEST

START_TEST(a_plan_without_the_block_has_none)
{
    struct gw_plan *p = good(TOP);
    struct rt_buf text = {0};

    ck_assert(!p->mgcp.on);
    ck_assert_uint_eq(p->mgcp.nlisten, 0);
    conf_print_expanded(p->conf, &text);
    ck_assert_ptr_null(strstr(text.p, "mgcp"));
    rt_buf_release(&text);
    gw_plan_unref(p);
}
END_TEST

START_TEST(a_difference_names_the_line)
{
    struct gw_plan *a = good(HEAD "trunk iad {\n mgcp iad1.example.com\n"
                                  " line 1 number 101\n line 2 number 102\n}\n");
    struct gw_plan *b = good(HEAD "trunk iad {\n mgcp iad1.example.com\n"
                                  " line 1 number 103\n line 2 number 102\n}\n");
    struct rt_buf diff = {0};

    gw_plan_diff(&diff, a, b);
    ck_assert_str_eq(diff.p, "~ trunk iad: line 1 number 101 -> 1 number 103  t.conf:10\n");
    rt_buf_release(&diff);
    gw_plan_unref(a);
    gw_plan_unref(b);
}
END_TEST

/* ---- mistakes ---- */

#define M(inner) TOP "mgcp {\n " inner "\n}\n"     /* at 6:2 */
#define T(inner) HEAD "trunk x {\n " inner "\n}\n" /* at 9:2 */
#define G(rest)  M("gateway iad address 10.0.0.20 " rest)
#define E(rest)  M("agent 10.0.0.30 exports " rest)

static const struct {
    const char *text, *want;
} bad[] = {
    /* listening */
    {M("listen tcp:10.0.0.1:2727"),
     "t.conf:6:9: \"tcp:10.0.0.1:2727\": MGCP is spoken over UDP alone\n"},
    {M("listen udp:10.0.0.1:0"),
     "t.conf:6:9: \"udp:10.0.0.1:0\" has no port that can be listened on\n"},
    {M("listen udp:10.0.0.1, udp:10.0.0.1:2727"),
     "t.conf:6:23: \"udp:10.0.0.1:2727\" is listened on twice\n"},
    {M("listen udp:10.0.0.1:5060"), "t.conf:5:1: port 5060 is one that SIP listens on\n"},
    {M("listen udp:10.0.0.1:7001"), "t.conf:5:1: port 7001 is that of span 1\n"},
    {M("listen udp:10.0.0.1:16384"),
     "t.conf:5:1: port 16384 is one of the ports for RTP, 16384-32767\n"},
    {M("domain a/b"),
     "t.conf:6:9: \"a/b\" is not a name like gw.example.com, or an address in brackets\n"},
    {M("timers hist 20s"), "t.conf:6:2: answers must be kept (\"hist\") for longer than commands "
                           "are repeated (\"max\")\n"},
    {M("timers first 0ms"), "t.conf:6:15: \"first\" is from 1ms to 10min\n"},
    {M("repeats 7 5"), "t.conf:6:2: another address is tried before the peer is lost: the first "
                       "number is the lower one\n"},
    /* gateways */
    {M("gateway iad"), "t.conf:6:2: gateway \"iad\" lacks \"address\"\n"
                       "t.conf:6:2: gateway \"iad\" lacks \"lines\" or \"channels\"\n"},
    {G(""), "t.conf:6:2: gateway \"iad\" lacks \"lines\" or \"channels\"\n"},
    {M("gateway a@b address 10.0.0.20 lines 1"),
     "t.conf:6:10: \"a@b\" is not a name like iad1.example.com, or an address in brackets\n"},
    {M("gateway iad address iad.example.com lines 1"),
     "t.conf:6:22: \"iad.example.com\" is not an address like 192.0.2.20 or [2001:db8::1]:2427\n"},
    {M("gateway iad address 0.0.0.0 lines 1"),
     "t.conf:6:22: \"0.0.0.0\" is no address of a gateway\n"},
    {M("gateway iad address [::1] lines 1"),
     "t.conf:6:2: gateway \"iad\" has an IPv6 address, but \"mgcp\" listens on none\n"},
    {G("line 1-4"), "t.conf:6:32: unknown word \"line\" - did you mean \"lines\"?\n"},
    {G("lines 1-4 lines 3-5"), "t.conf:6:48: \"aaln/3\" of gateway \"iad\" stands twice\n"},
    {G("lines 0-4"), "t.conf:6:38: \"0-4\" is not within 1 to 65535\n"},
    {G("lines x"), "t.conf:6:38: \"x\" is not a range like 1-24\n"},
    {G("lines 1-30000"), "t.conf:6:38: a gateway has at most 20000 endpoints\n"},
    {G("lines 1 as ds/*"), "t.conf:6:43: \"ds/*\" is not a name of endpoints like ds/e1-1\n"},
    {G("lines 1 profile cisko"),
     "t.conf:6:48: unknown profile \"cisko\" - did you mean \"cisco\"?\n"},
    {G("lines 1 audit 1s"), "t.conf:6:46: \"audit\" is at least 10s, or off\n"},
    {G("lines 1 rate 0"), "t.conf:6:45: \"0\" is not a rate from 1 to 100000\n"},
    {G("lines 1 audit off audit off"), "t.conf:6:50: \"audit\" is given twice\n"},
    {G("lines 1 audit off {\n  audit 1min\n }"), "t.conf:7:3: \"audit\" is given twice\n"},
    {G("lines 1\n gateway IAD address 10.0.0.21 lines 1"),
     "t.conf:7:2: gateway \"IAD\" stands twice, first at t.conf:6:2\n"},
    /* agents */
    {M("agent 10.0.0.30"),
     "t.conf:6:2: agent \"10.0.0.30:2727\" lacks \"exports\": it has nothing to direct\n"},
    {M("agent 10.0.0.300 exports span 1 as ds"),
     "t.conf:6:8: \"10.0.0.300\" is not an agent's address like 192.0.2.30:2727\n"},
    {M("agent a.example:0 exports span 1 as ds"),
     "t.conf:6:8: \"a.example:0\" is not an agent's address like 192.0.2.30:2727\n"},
    {M("agent 10.0.0.30, 10.0.0.30:2727 exports span 1 as ds"),
     "t.conf:6:19: \"10.0.0.30:2727\" stands twice\n"},
    {E("span 2 as ds"), "t.conf:6:31: there is no span 2\n"},
    {E("span 1"), "t.conf:6:2: \"as\" and a name of endpoints are missing, like ds/e1-1\n"},
    {E("span 1 channels 1-16 as ds"), "t.conf:6:42: channel 16 is the D channel of span 1\n"},
    {E("span 1 as ds {\n  exports span 1 channels 3 as dt\n }"),
     "t.conf:6:2: channel 3 of span 1 is exported as ds already\n"},
    {E("span 1 channels 1 as ds {\n  exports span 1 channels 3 as ds\n }"),
     "t.conf:6:2: \"ds\" is exported twice, first at t.conf:6:2\n"},
    {E("span 1 as ds\n agent 10.0.0.30 exports span 1 as dt"),
     "t.conf:7:2: agent \"10.0.0.30:2727\" stands twice, first at t.conf:6:2\n"
     "t.conf:7:2: channel 1 of span 1 is exported as ds already\n"},
    {E("span 1 as ds {\n  restart-delay 2h\n }"),
     "t.conf:7:17: \"restart-delay\" is from 1ms to 1h\n"},
    {E("span 1 as ds") "trunk pri { span 1\n channels 3-5 }\n",
     "t.conf:6:2: channel 3 of span 1 is exported as ds, and trunk \"pri\" (at t.conf:8:1) has it "
     "too: give one of them other \"channels\"\n"},
    /* which endpoints a trunk has */
    {TOP "trunk x { mgcp iad }\n",
     "t.conf:5:16: there is no \"mgcp\" block with a gateway \"iad\"\n"},
    {T("mgcp iad2.example.com"),
     "t.conf:9:7: unknown gateway \"iad2.example.com\" - did you mean \"iad1.example.com\"?\n"},
    {T("mgcp iad1.example.com lines 4-6"),
     "t.conf:9:30: gateway \"iad1.example.com\" has no line 5: it has 1-4\n"},
    {T("mgcp iad1.example.com channels 4"),
     "t.conf:9:33: gateway \"iad1.example.com\" has no channel 4: it has 1-3, 5\n"},
    {T("mgcp iad1.example.com channels 1 as ds/e1-2"),
     "t.conf:9:33: gateway \"iad1.example.com\" has no channel 1 as ds/e1-2: it has 1-3, 5\n"},
    {T("mgcp iad1.example.com ports 1"), "t.conf:9:24: \"ports\" is not lines or channels\n"},
    {T("mgcp iad1.example.com lines 1-2\n}\ntrunk y {\n mgcp iad1.example.com lines 2-3"),
     "t.conf:12:2: \"aaln/2\" of gateway \"iad1.example.com\" is in trunk \"x\" (at t.conf:8:1) "
     "already: name \"lines\" or \"channels\" that no other trunk has\n"},
    {T("mgcp iad1.example.com\n span 1"),
     "t.conf:8:1: trunk \"x\" has both \"span\" and \"mgcp\"\n"},
    {T("mgcp iad1.example.com\n sip sip:10.0.0.2"),
     "t.conf:8:1: trunk \"x\" has both \"sip\" and \"mgcp\"\n"},
    /* lines */
    {T("mgcp iad1.example.com lines 1-2\n line 3 number 103"),
     "t.conf:10:7: trunk \"x\" has no line 3\n"},
    {T("mgcp iad1.example.com\n line 1 number 101\n line 1-2 number 1[01..02]"),
     "t.conf:11:7: line 1 stands twice, first at t.conf:10:2\n"},
    {T("mgcp iad1.example.com\n line 1 number 101\n line 2 number 101"),
     "t.conf:11:2: number 101 is that of line 1 at t.conf:10:2 already\n"},
    {T("mgcp iad1.example.com\n line 1-3 number 1[01..02]"),
     "t.conf:10:18: \"1[01..02]\" is 2 numbers, \"1-3\" is 3 lines\n"},
    {T("mgcp iad1.example.com\n line 1-2 number 101"),
     "t.conf:10:18: \"101\" is 1 number, \"1-2\" is 2 lines\n"},
    {T("mgcp iad1.example.com\n line 1-2 number 1[1..02]"),
     "t.conf:10:18: \"1[1..02]\" is not a range of equal lengths, low to high\n"},
    {T("mgcp iad1.example.com\n line 1-2 number 1[01-02]"),
     "t.conf:10:18: \"1[01-02]\" is not a range like 1[01..24]\n"},
    {T("mgcp iad1.example.com\n line 1 number xyz"), "t.conf:10:16: \"xyz\" is not a number\n"},
    {T("mgcp iad1.example.com\n line 1 ring 8"), "t.conf:10:14: \"8\" is not within 0 to 7\n"},
    /* telephones */
    {T("mgcp iad1.example.com\n digit-map \"xxx|yy\""),
     "t.conf:10:12: \"xxx|yy\" is no digit map like (0T|00T|[1-9]xxx)\n"},
    {T("mgcp iad1.example.com\n digits single\n digit-map \"(xx|x.T)\""),
     "t.conf:11:2: \"digits single\" needs no digit map\n"},
    {T("mgcp iad1.example.com\n flash off\n three-way on"),
     "t.conf:11:2: \"three-way on\" is not possible with \"flash off\"\n"},
    {T("mgcp iad1.example.com\n dial-timeout 0s"),
     "t.conf:10:15: \"dial-timeout\" is from 1s to 1h\n"},
    {T("mgcp iad1.example.com channels 1\n flash on"),
     "t.conf:10:2: \"flash\" is for lines: trunk \"x\" has channels alone\n"},
    {T("mgcp iad1.example.com\n health every 30s"),
     "t.conf:10:2: \"health\" is not for trunks with an MGCP gateway\n"},
    {T("mgcp iad1.example.com\n dtmf auto"),
     "t.conf:10:2: \"dtmf\" is not for trunks with an MGCP gateway\n"},
    {T("mgcp iad1.example.com\n bearer audio"),
     "t.conf:10:2: \"bearer\" is for trunks on a span\n"},
    {T("sip sip:10.0.0.2\n line 1 number 101"),
     "t.conf:10:2: \"line\" is for trunks with an MGCP gateway\n"},
    {T("span 1\n t38 on"), "t.conf:10:2: \"t38\" is for trunks with an MGCP gateway\n"},
};

START_TEST(mistakes_are_told_with_their_place)
{
    refused(bad[_i].text, bad[_i].want);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan_mgcp");
    TCase *c = tcase_create("mgcp");

    tcase_add_checked_fixture(c, fake_reset, NULL);

    tcase_add_test(c, the_contracts_examples_load_as_they_stand);
    tcase_add_test(c, all_that_is_left_out_has_its_default);
    tcase_add_test(c, a_gateway_may_have_a_block);
    tcase_add_test(c, a_trunk_says_what_its_lines_are_called_by);
    tcase_add_test(c, exported_channels_have_trunks_of_their_own);
    tcase_add_test(c, a_summary_names_gateways_and_agents);
    tcase_add_test(c, the_expanded_plan_means_the_same);
    tcase_add_test(c, a_plan_without_the_block_has_none);
    tcase_add_test(c, a_difference_names_the_line);
    tcase_add_loop_test(c, mistakes_are_told_with_their_place, 0, RT_COUNT(bad));
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
