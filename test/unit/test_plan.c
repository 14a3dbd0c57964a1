/* The plan: what a configuration means, and what only the whole of it can show to be wrong. */
#include "gw/plan.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <syslog.h>

#define HEAD                                                                                       \
    "version 1\n"                                                                                  \
    "sip { listen udp:10.0.0.1:5060 }\n"                                                           \
    "span 1 { pseudowire local 10.0.0.1:7001 remote 10.0.0.9:7002\n isdn euroisdn user }\n"        \
    "trunk pri { span 1 }\n"                                                                       \
    "trunk pbx { sip sip:10.0.0.2 }\n" /* what a test adds begins at line 7 */

static struct gw_plan *good(const char *text)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *p = NULL;

    int err = gw_plan_parse(&p, "t.conf", rt_str(text), &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p);
    ck_assert_uint_eq(p->refs, 1);
    conf_diag_release(&diag);
    return p;
}

static void refused(const char *text, const char *want)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *p = NULL;

    ck_assert_int_eq(gw_plan_parse(&p, "t.conf", rt_str(text), &diag), EINVAL);
    ck_assert_ptr_null(p);
    ck_assert_str_eq(diag.text.p, want);
    conf_diag_release(&diag);
}

static union rt_addr addr(const char *text)
{
    union rt_addr a;

    ck_assert_int_eq(rt_addr_parse(&a, text, strlen(text), 0), 0);
    return a;
}

static const struct gw_trunk *trunk(const struct gw_plan *p, const char *name)
{
    return gw_plan_trunk(p, rt_str(name));
}

/* ---- what a plan means ---- */

static const char whole[] =
    "version 1\n"
    "sip { listen udp:10.0.0.1, tcp:10.0.0.1:5070\n advertise 192.0.2.10 }\n"
    "media {\n address 10.0.0.1\n ports 20000-20999\n codecs pcmu, pcma\n threads 3\n}\n"
    "span 1 {\n pseudowire local 10.0.0.1:7001 remote 10.0.0.9:7002\n e1\n isdn euroisdn user\n}\n"
    "span 2 {\n pseudowire local [::1]:7001 remote [::1]:7002 frames 16 jitter 10ms\n t1\n"
    " timeslots 1-4,24\n isdn euroisdn network\n}\n"
    "site berlin {\n dialling de area 30\n zone Europe/Berlin\n main +4930901820\n"
    " ddi +4930901821[00..99] <-> 1[00..99]\n ddi +4930901822[00..09] <-> 2[00..09]\n}\n"
    "trunk pri {\n span 1\n channels 1-15,17-31 descending\n overlap\n}\n"
    "trunk t1 {\n span 2\n numbers national-prefix\n}\n"
    "trunk pbx {\n sip sip:10.0.0.2:5080;transport=tcp\n"
    " accept from 10.0.0.0/24, 10.1.0.0/16\n numbers as-dialled\n}\n"
    "trunk one {\n sip sip:10.0.0.77\n}\n"
    "routes from pbx, one {\n national -> pri, t1, reject 21 \"no line\"\n * -> reject 3\n}\n"
    "cdr journal /cdr, csv /cdr.csv\n"
    "admin socket /tmp/s\n"
    "log debug\n";

START_TEST(addresses_and_outlets)
{
    struct gw_plan *p = good(whole);
    union rt_addr a = addr("10.0.0.1:5060"), b = addr("10.0.0.1:5070");

    ck_assert_uint_eq(p->sip.nlisten, 2);
    ck_assert_int_eq(p->sip.listen[0].transport, SIP_UDP);
    ck_assert(rt_addr_equal(&p->sip.listen[0].addr, &a));
    ck_assert_int_eq(p->sip.listen[1].transport, SIP_TCP);
    ck_assert(rt_addr_equal(&p->sip.listen[1].addr, &b));
    a = addr("192.0.2.10");
    ck_assert(rt_addr_equal(&p->sip.advertise, &a));
    a = addr("10.0.0.1");
    ck_assert(rt_addr_equal(&p->media.address, &a));
    ck_assert_uint_eq(p->media.port_low, 20000);
    ck_assert_uint_eq(p->media.port_high, 20999);
    ck_assert_uint_eq(p->media.codecs.n, 2);
    ck_assert_int_eq(p->media.codecs.id[0], CODEC_PCMU);
    ck_assert_uint_eq(p->media.threads, 3);
    ck_assert_str_eq(p->cdr.journal, "/cdr");
    ck_assert_str_eq(p->cdr.csv, "/cdr.csv");
    ck_assert_str_eq(p->admin.socket, "/tmp/s");
    ck_assert_int_eq(p->log, RT_DEBUG);
    gw_plan_unref(p);
}
END_TEST

START_TEST(spans)
{
    struct gw_plan *p = good(whole);
    const struct gw_span_plan *e1 = &p->spans[0], *t1 = &p->spans[1];
    union rt_addr remote = addr("10.0.0.9:7002");

    ck_assert_uint_eq(p->nspans, 2);
    ck_assert_uint_eq(e1->id, 1);
    ck_assert(rt_addr_equal(&e1->remote, &remote));
    ck_assert_uint_eq(e1->frames, 8);
    ck_assert_int_eq(e1->jitter, 4 * RT_MS);
    ck_assert_uint_eq(e1->timeslots, 0xfffffffe); /* 1..31 */
    ck_assert_uint_eq(e1->dchannel, 16);
    ck_assert_str_eq(e1->variant->name, "euroisdn");
    ck_assert(e1->rate == ISDN_E1 && !e1->network);
    ck_assert_uint_eq(t1->id, 2);
    ck_assert_uint_eq(t1->frames, 16);
    ck_assert_int_eq(t1->jitter, 10 * RT_MS);
    ck_assert_uint_eq(t1->timeslots, 0x0100001e); /* 1..4 and 24 */
    ck_assert_uint_eq(t1->dchannel, 24);
    ck_assert(t1->rate == ISDN_T1 && t1->network);
    gw_plan_unref(p);
}
END_TEST

START_TEST(trunks_and_the_channels_they_own)
{
    struct gw_plan *p = good(whole);
    const struct gw_trunk *pri = trunk(p, "pri"), *t1 = trunk(p, "t1"), *pbx = trunk(p, "pbx");
    union rt_addr peer = addr("10.0.0.2:5080");

    ck_assert_uint_eq(p->ntrunks, 4);
    ck_assert_int_eq(pri->kind, GW_TRUNK_SPAN);
    ck_assert_ptr_eq(pri->span, &p->spans[0]);
    ck_assert_uint_eq(pri->channels, 0xfffefffe); /* 1..15, 17..31 */
    ck_assert_int_eq(pri->hunt, ISDN_DESCENDING);
    ck_assert_int_eq(pri->numbers, DP_ISDN);
    ck_assert(pri->overlap && !t1->overlap);
    ck_assert_ptr_eq(pri->site, &p->sites[0]);   /* the only one */
    ck_assert_uint_eq(t1->channels, 0x0000001e); /* what is carried, without the D channel */
    ck_assert_int_eq(t1->hunt, ISDN_ASCENDING);
    ck_assert_int_eq(t1->numbers, DP_NATIONAL_PREFIX);
    ck_assert_uint_eq(t1->index, 1);
    ck_assert_int_eq(pbx->kind, GW_TRUNK_SIP);
    ck_assert(rt_addr_equal(&pbx->peer, &peer));
    ck_assert_int_eq(pbx->transport, SIP_TCP);
    ck_assert_int_eq(pbx->numbers, DP_AS_DIALLED);
    ck_assert_uint_eq(rt_addr_port(&trunk(p, "one")->peer), 5060);
    ck_assert_int_eq(trunk(p, "one")->numbers, DP_E164);
    ck_assert_ptr_null(trunk(p, "pr"));
    ck_assert_ptr_eq(gw_plan_channel(p, 1, 17), pri);
    ck_assert_ptr_null(gw_plan_channel(p, 1, 16));
    ck_assert_ptr_null(gw_plan_channel(p, 2, 5));
    ck_assert_ptr_null(gw_plan_channel(p, 2, 99));
    gw_plan_unref(p);
}
END_TEST

START_TEST(the_longest_block_accepts)
{
    struct gw_plan *p = good(whole);
    static const struct {
        const char *from, *trunk;
    } rows[] = {
        {"10.0.0.2:999", "pbx"}, {"10.1.200.3:5060", "pbx"}, {"10.0.0.77:1", "one"},
        {"10.2.0.1:5060", NULL}, {"[::1]:5060", NULL},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        union rt_addr from = addr(rows[i].from);
        const struct gw_trunk *t = gw_plan_accepts(p, &from);
        ck_assert_ptr_eq(t, rows[i].trunk ? trunk(p, rows[i].trunk) : NULL);
    }
    gw_plan_unref(p);
}
END_TEST

START_TEST(routes_are_tables_of_targets)
{
    struct gw_plan *p = good(whole);
    const struct gw_routes *routes = trunk(p, "one")->routes;
    struct dp_number n;
    struct dp_match m;

    ck_assert_uint_eq(p->dial.nroutes, 1);
    ck_assert_ptr_eq(routes, trunk(p, "pbx")->routes);
    ck_assert_ptr_null(trunk(p, "pri")->routes);
    dp_number_parse(&n, rt_str("+493012345678"));
    dp_table_find(&m, routes->table, &n, &p->sites[0]);
    const struct gw_route *r = m.value;
    ck_assert_str_eq(r->pattern, "national");
    ck_assert_uint_eq(r->choice->ntargets, 3);
    ck_assert_ptr_eq(r->choice->target[0].trunk, trunk(p, "pri"));
    ck_assert_ptr_eq(r->choice->target[1].trunk, trunk(p, "t1"));
    ck_assert_int_eq(r->choice->target[2].kind, GW_TO_REJECT);
    ck_assert_uint_eq(r->choice->target[2].cause, 21);
    ck_assert_str_eq(r->choice->target[2].text, "no line");
    dp_number_parse(&n, rt_str("999"));
    dp_table_find(&m, routes->table, &n, &p->sites[0]);
    r = m.value;
    ck_assert_uint_eq(r->choice->target[0].cause, 3);
    ck_assert_ptr_null(r->choice->target[0].text);
    gw_plan_unref(p);
}
END_TEST

START_TEST(sites_have_their_blocks_in_order)
{
    struct gw_plan *p = good(whole);
    const struct dp_site *s = &p->sites[0];

    ck_assert_uint_eq(p->nsites, 1);
    ck_assert_str_eq(dp_country_code(s->country), "de");
    ck_assert_str_eq(s->area, "30");
    ck_assert_str_eq(s->main.digits, "4930901820");
    ck_assert_str_eq(s->ddi->e164_prefix, "4930901821");
    ck_assert_str_eq(s->ddi->next->e164_prefix, "4930901822");
    ck_assert_ptr_null(s->ddi->next->next);
    gw_plan_unref(p);
}
END_TEST

START_TEST(what_is_not_said_has_its_default)
{
    struct gw_plan *p = good("version 1\n");

    ck_assert_uint_eq(p->media.port_low, 16384);
    ck_assert_uint_eq(p->media.port_high, 32767);
    ck_assert_uint_eq(p->media.codecs.n, 2);
    ck_assert_int_eq(p->media.codecs.id[0], CODEC_PCMA);
    ck_assert_int_eq(p->media.codecs.id[1], CODEC_PCMU);
    ck_assert_uint_eq(p->media.threads, 4); /* one per CPU */
    ck_assert_int_eq(p->media.address.sa.sa_family, AF_UNSPEC);
    ck_assert_ptr_null(p->cdr.journal);
    ck_assert_str_eq(p->admin.socket, "/run/tandem/tandem.sock");
    ck_assert_int_eq(p->log, RT_INFO);
    gw_plan_unref(p);
}
END_TEST

START_TEST(each_plan_is_a_generation_of_its_own_and_lives_while_referred_to)
{
    struct gw_plan *a = good(whole), *b = good(whole);

    ck_assert_uint_eq(b->generation, a->generation + 1);
    gw_plan_ref(a);
    gw_plan_unref(a);
    ck_assert_ptr_nonnull(trunk(a, "pri"));
    gw_plan_unref(a);
    gw_plan_unref(b);
    gw_plan_unref(NULL);
}
END_TEST

START_TEST(several_sites_are_named_by_their_trunks)
{
    struct gw_plan *p = good("version 1\nsip { listen udp:10.0.0.1 }\nsite a { dialling de }\n"
                             "site b { dialling us }\ntrunk t { sip sip:10.0.0.2\n site b }\n");

    ck_assert_ptr_eq(trunk(p, "t")->site, &p->sites[1]);
    gw_plan_unref(p);
}
END_TEST

/* ---- what is wrong ---- */

static const struct {
    const char *text, *want;
} bad[] = {
    /* sip and media */
    {"version 1\nsip { listen udp:10.0.0.1, udp:10.0.0.1:5060 }\n",
     "t.conf:2:28: \"udp:10.0.0.1:5060\" is listened on twice\n"},
    {"version 1\nsip { listen tls:10.0.0.1:5061 }\n",
     "t.conf:2:14: \"tls:10.0.0.1:5061\" needs \"tls cert FILE key FILE\"\n"},
    {"version 1\nsip { listen udp:10.0.0.1:0 }\n",
     "t.conf:2:14: \"udp:10.0.0.1:0\" has no port that can be listened on\n"},
    {"version 1\nsip { listen udp:10.0.0.1\n advertise 0.0.0.0 }\n",
     "t.conf:3:12: \"0.0.0.0\" is no address that a peer could use\n"},
    {"version 1\nmedia { ports 20001-21000 }\n",
     "t.conf:2:15: \"20001-21000\" must go from an even to an odd port: RTP takes the even one of "
     "each pair, RTCP the odd one\n"},
    {"version 1\nmedia { ports 20000-20000 }\n",
     "t.conf:2:15: \"20000-20000\" must go from an even to an odd port: RTP takes the even one of "
     "each pair, RTCP the odd one\n"},
    {"version 1\nmedia { codecs pcma, clearmode, pcmx, pcma }\n",
     "t.conf:2:22: codec \"clearmode\" carries no sound: 64 kbit/s data has it without being told\n"
     "t.conf:2:33: unknown codec \"pcmx\" - did you mean \"pcma\"?\n"
     "t.conf:2:39: codec \"pcma\" stands twice\n"},
    {"version 1\nmedia { address 10.0.0.1:4000 }\n",
     "t.conf:2:17: \"10.0.0.1:4000\" must be one of our own addresses, without a port\n"},
    {HEAD "media { ports 7000-7099 }\n",
     "t.conf:3:1: port 7001 is one of the ports for RTP, 7000-7099\n"},
    {HEAD "media { ports 5060-5099 }\n",
     "t.conf:2:1: port 5060 is one of the ports for RTP, 5060-5099\n"},
    /* spans */
    {HEAD "span 1 { pseudowire local 10.0.0.1:7003 remote 10.0.0.9:7004\n isdn euroisdn user }\n",
     "t.conf:7:1: span \"1\" stands twice, first at t.conf:3:1\n"},
    {HEAD "span 2 { pseudowire local 10.0.0.1:7001 remote 10.0.0.9:7004\n isdn euroisdn user }\n",
     "t.conf:7:1: span 2 uses 10.0.0.1:7001, which is that of span 1 at t.conf:3:1\n"},
    {HEAD "span 2 { pseudowire local 10.0.0.1:5060 remote 10.0.0.9:7004\n isdn euroisdn user }\n",
     "t.conf:7:1: port 5060 is one that SIP listens on\n"},
    {HEAD "span 2 { isdn euroisdn user }\n",
     "t.conf:7:1: span 2 lacks \"pseudowire\" or \"dahdi\"\n"},
    {HEAD "span 2 { pseudowire local 10.0.0.1 remote 10.0.0.9:7004\n isdn euroisdn user }\n",
     "t.conf:7:27: \"10.0.0.1\" lacks a port\n"},
    {HEAD "span 2 { pseudowire local 10.0.0.1:1 remote [::1]:2\n isdn euroisdn user }\n",
     "t.conf:7:45: one end is IPv4, the other IPv6\n"},
    {HEAD "span 2 { pseudowire local 10.0.0.1:1 remote 10.0.0.9:2\n isdn euroisdn user\n"
          "e1\nt1 crc4 }\n",
     "t.conf:10:1: span 2 is either \"e1\" or \"t1\"\n"
     "t.conf:10:4: \"crc4\": a pseudowire has no framing and no line code\n"},
    {HEAD "span 2 { pseudowire local 10.0.0.1:1 remote 10.0.0.9:2 frames 160\n"
          " isdn euroisdn user }\n",
     "t.conf:7:10: packets of 160 frames would be 4964 octets, more than 1452\n"
     "t.conf:7:10: \"jitter\" must be as long as a packet (20000 us) and at most 500ms and 512 "
     "packets\n"},
    {HEAD "span 2 { pseudowire local 10.0.0.1:1 remote 10.0.0.9:2\n t1\n timeslots 1-25\n"
          " isdn euroisdn user }\n",
     "t.conf:9:12: a T1 has timeslots 1 to 24\n"},
    {HEAD "span 2 { pseudowire local 10.0.0.1:1 remote 10.0.0.9:2\n timeslots 1-15\n"
          " isdn euroisdn user }\n",
     "t.conf:9:2: the D channel in timeslot 16 is not carried by span 2\n"},
    {HEAD "span 2 { pseudowire local 10.0.0.1:1 remote 10.0.0.9:2\n isdn eurosidn user }\n",
     "t.conf:8:7: unknown ISDN variant \"eurosidn\" - did you mean \"euroisdn\"?\n"},
    {HEAD "span 2 { pseudowire local 10.0.0.1:1 remote 10.0.0.9:2\n isdn ni1 user }\n",
     "t.conf:8:7: \"ni1\" is not spoken on e1 lines\n"},
    /* sites */
    {"version 1\nsite a { dialling dee }\n",
     "t.conf:2:19: unknown country \"dee\" - did you mean \"de\"?\n"},
    {"version 1\nsite a { dialling de }\nsite a { dialling de }\n",
     "t.conf:3:1: site \"a\" stands twice, first at t.conf:2:1\n"},
    {"version 1\nsite a { dialling de area +30\n main 030123 }\n",
     "t.conf:2:27: \"+30\" is not an area code like 30\n"
     "t.conf:3:7: \"030123\" is not an international number like +4930901820\n"},
    {"version 1\nsite a { dialling de\n ddi +49301[00..99] <-> 1[0..9]\n ddi 49 <-> 1\n"
     " ddi +49302[00..49] <-> 2[00..49]\n ddi +49302[40..59] <-> 3[00..19] }\n",
     "t.conf:3:6: \"+49301[00..99] <-> 1[0..9]\" has two ranges of different size\n"
     "t.conf:4:6: \"49 <-> 1\" must begin with an E.164 number\n"
     "t.conf:6:6: \"+49302[40..59] <-> 3[00..19]\" has numbers of another block\n"},
    /* trunks */
    {HEAD "trunk pbx { sip sip:10.0.0.3 }\n",
     "t.conf:7:1: trunk \"pbx\" stands twice, first at t.conf:6:1\n"},
    {HEAD "trunk x { }\n",
     "t.conf:7:1: trunk \"x\" leads nowhere: \"sip\", \"span\" or \"mgcp\" is missing\n"},
    {HEAD "trunk x { span 9 }\n", "t.conf:7:16: there is no span 9\n"},
    {HEAD "trunk x { span 1\n sip sip:10.0.0.3 }\n",
     "t.conf:7:1: trunk \"x\" has both \"sip\" and \"span\"\n"},
    {HEAD "trunk x { span 1\n channels 5-7 }\n",
     "t.conf:7:1: trunks \"x\" and \"pri\" (at t.conf:5:1) both have channel 5 of span 1\n"},
    {HEAD "trunk x { span 1\n channels 15-17 }\n",
     "t.conf:8:11: channel 16 is the D channel of span 1\n"
     "t.conf:7:1: trunks \"x\" and \"pri\" (at t.conf:5:1) both have channel 15 of span 1\n"},
    {HEAD "trunk x { span 1\n accept from 10.0.0.3 }\n",
     "t.conf:8:2: \"accept\" is for trunks with a SIP peer\n"
     "t.conf:7:1: trunks \"x\" and \"pri\" (at t.conf:5:1) both have channel 1 of span 1\n"},
    {HEAD "trunk x { sip sip:10.0.0.2 }\n",
     "t.conf:7:1: trunks \"x\" and \"pbx\" (at t.conf:6:1) both accept calls from 10.0.0.2/32\n"},
    {HEAD "trunk x { sip sip:10.0.0.300 }\n",
     "t.conf:7:15: \"10.0.0.300\" is neither an address nor a name\n"},
    {HEAD "trunk x { sip sip:host.example;transport=sctp }\n",
     "t.conf:7:15: \"sip:host.example;transport=sctp\" names no transport that there is\n"},
    {HEAD "trunk x { sip sip:host.example;lr }\n", "t.conf:7:15: \"lr\" is not supported yet\n"},
    {HEAD "trunk x { sip sip:host.example\n health every 10ms }\n",
     "t.conf:8:2: a peer is asked at most once a second\n"},
    {HEAD "trunk x { sip sip:host.example\n probation 1min max 30s }\n",
     "t.conf:8:2: probation lasts a second at least, and \"max\" not less\n"},
    {HEAD "trunk x { sip sips:10.0.0.3 }\n",
     "t.conf:7:11: this peer is called over TLS, but \"sip\" has no \"tls\"\n"},
    {HEAD "trunk x { sip 10.0.0.3 }\n",
     "t.conf:7:15: \"10.0.0.3\" is not a peer like sip:10.1.0.10 or sip:sbc.example.com\n"},
    {HEAD "trunk x { sip sip:10.0.0.3;transport=tls }\n",
     "t.conf:7:11: this peer is called over TLS, but \"sip\" has no \"tls\"\n"},
    {HEAD "trunk x { sip sip:0.0.0.0 }\n",
     "t.conf:7:15: \"0.0.0.0\" is no address that can be called\n"},
    {HEAD "trunk x { sip sip:10.0.0.3\n numbers e146 }\n",
     "t.conf:8:10: unknown number format \"e146\" - did you mean \"e164\"?\n"},
    {HEAD "trunk reject { sip sip:10.0.0.3 }\n",
     "t.conf:7:7: \"reject\" means something else in routes and cannot name a trunk\n"},
    {HEAD "trunk a-name-of-more-than-31-characters { sip sip:10.0.0.3 }\n",
     "t.conf:7:7: \"a-name-of-more-than-31-characters\" is longer than 31 characters\n"},
    {HEAD "trunk x { sip sip:10.0.0.3\n site berlin }\n", "t.conf:8:7: unknown site \"berlin\"\n"},
    {"version 1\nsip { listen udp:10.0.0.1 }\nsite one { dialling de }\nsite two { dialling de }\n"
     "trunk x { sip sip:10.0.0.3 }\ntrunk y { sip sip:10.0.0.4\n site tow }\n",
     "t.conf:5:1: trunk \"x\" lacks \"site\": there are several\n"
     "t.conf:7:7: unknown site \"tow\" - did you mean \"two\"?\n"},
    {"version 1\nsip { listen tcp:10.0.0.1 }\ntrunk x { sip sip:10.0.0.3 }\n",
     "t.conf:3:11: this peer is called over UDP, but no \"listen udp:...\"\n"},
    {HEAD "trunk x { sip sip:[2001:db8::1] }\n",
     "t.conf:7:11: this peer has an IPv6 address, but \"sip\" listens on none\n"},
    {HEAD "trunk x { sip sip:host.example\n silence 1min\n caller any\n health 30s }\n",
     "t.conf:10:9: \"every\" is missing before \"30s\"\n"},
    {HEAD "trunk x { sip sip:host.example\n silence 1min\n caller any }\n",
     "t.conf:8:10: \"silence\" is from 500ms to 32s\n"
     "t.conf:9:2: \"caller\" is for users: \"challenge\" is missing\n"},
    {HEAD "trunk x { sip registered\n health every 30s }\n",
     "t.conf:8:2: \"health\" needs a peer: registered users have no servers\n"
     "t.conf:7:1: trunk \"x\" needs a \"registrar\"\n"},
    /* routes */
    {HEAD "routes from pbz { * -> pri }\n",
     "t.conf:7:13: unknown trunk \"pbz\" - did you mean \"pbx\"?\n"},
    {HEAD "routes from pbx { * -> pir }\n",
     "t.conf:7:24: unknown trunk \"pir\" - did you mean \"pri\"?\n"},
    {HEAD "routes from pbx {\n  1xx -> pri\n  +49* -> pri\n  1[0-9]x -> pbx\n}\n",
     "t.conf:10:3: \"1[0-9]x\" is already routed at line 8: put both in one block with \"when\"\n"},
    {HEAD "routes from pbx {\n  1yx -> pri\n}\n", "t.conf:8:3: \"1yx\" is not a number pattern\n"},
    {HEAD "routes from pbx { * -> pri }\nroutes from pbx { * -> pri }\n",
     "t.conf:8:13: trunk \"pbx\" has its routes at t.conf:7:1 already\n"},
    {HEAD "routes from pbx {\n 1\n 2 pri\n 3 => pri\n 4 { }\n}\n",
     "t.conf:8:2: \"1\" leads nowhere: \"-> TRUNK\" is missing\n"
     "t.conf:9:4: \"->\" must follow the number \"2\"\n"
     "t.conf:10:4: \"->\" must follow the number \"3\"\n"
     "t.conf:11:2: \"4\" leads nowhere: \"-> TRUNK\" is missing\n"},
    {HEAD "routes from pbx {\n 1 -> reject\n 2 -> reject 128\n 3 -> reject 0\n"
          " 4 -> reject 21 no\n 5 -> reject 1, pri\n}\n",
     "t.conf:8:7: \"reject\" lacks a cause from 1 to 127, like: reject 21\n"
     "t.conf:9:14: \"reject\" lacks a cause from 1 to 127, like: reject 21\n"
     "t.conf:10:14: \"reject\" lacks a cause from 1 to 127, like: reject 21\n"
     "t.conf:11:17: a text after the cause stands in quotes\n"
     "t.conf:12:17: \"pri\" is never reached: a refusal ends the list\n"},
    {HEAD "routes from pbx {\n 1 -> lcr x\n 2 -> pri called 199\n 3 -> pri 70%, pbx 30%\n"
          " 4 -> pri pbx\n 5 -> , pri\n 6 -> customer\n}\n",
     "t.conf:8:11: unknown lcr \"x\"\n"
     "t.conf:11:11: unexpected \"pbx\": targets are parted by commas\n"
     "t.conf:12:7: a target is missing here\n"
     "t.conf:13:2: the name of a customer is missing\n"},
    {HEAD "routes from pbx {\n 1 -> pri,pri,pri,pri,pri,pri,pri,pri,pri\n}\n",
     "t.conf:8:39: a route has at most 8 targets\n"},
    /* records and control */
    {"version 1\ncdr\n", "t.conf:2:1: \"cdr\" lacks \"journal\", \"csv\" or \"json\"\n"},
    {"version 1\ncdr sqlite:/y\n",
     "t.conf:2:1: records for sqlite need a journal to be fed from\n"},
    {"version 1\ncdr journal /j, mysql:/y\n", "t.conf:2:17: \"mysql:/y\" is no target of records: "
                                              "sqlite:FILE, postgres:..., radius:HOST:PORT, "
                                              "webhook:URL or explain\n"},
    {"version 1\ncdr journal /j, radius:192.0.2.1:1813\n",
     "t.conf:2:1: records for RADIUS need a \"radius-secret\"\n"},
    {"version 1\ncdr journal /j, radius:aaa { radius-secret /s }\n",
     "t.conf:2:17: \"radius:aaa\" is not an address like radius:192.0.2.1:1813\n"},
    {"version 1\ncdr journal /j, webhook:ftp://x\n",
     "t.conf:2:17: \"webhook:ftp://x\" is not a URL like webhook:https://example.com/cdr\n"},
    {"version 1\nadmin http 192.0.2.1:8080\n",
     "t.conf:2:12: \"192.0.2.1:8080\" can be reached by others: \"users\" is missing\n"},
    {"version 1\nadmin http 192.0.2.1:8080 { users /u }\n",
     "t.conf:2:12: \"192.0.2.1:8080\" can be reached by others: \"tls\" is missing (or \"cleartext "
     "anywhere\")\n"},
    {"version 1\nadmin http here\n",
     "t.conf:2:12: \"here\" is not an address like 127.0.0.1:8080 or unix:/path\n"},
    {"version 1\nalarms { asr-drop 300% }\n", "t.conf:2:19: \"300%\" is not from 0.1% to 100%\n"},
    {"version 1\nalarms { mos 9 }\n", "t.conf:2:14: \"9\" is not a MOS from 1.0 to 4.5\n"},
    {"version 1\nalarms { webhook foo }\n",
     "t.conf:2:18: \"foo\" is not a URL like https://example.com/alarms\n"},
    {"version 1\ntraces { homer tcp:192.0.2.9:1 }\n",
     "t.conf:2:16: \"tcp:192.0.2.9:1\" is not an address like udp:192.0.2.9:9060\n"},
};

START_TEST(operation_is_read)
{
    struct gw_plan *p =
        good("version 1\n"
             "cdr journal /j, csv /c, json /n, sqlite:/d, radius:192.0.2.1, explain {\n"
             " radius-secret /s\n keep 30d\n late 1min\n}\n"
             "admin socket /s, http 127.0.0.1:8080 {\n"
             " http unix:/h, [::1]:8081\n users /u\n audit /a\n host gw.example\n}\n"
             "alarms { asr-drop 20% samples 9\n mos off\n syslog local3 }\n"
             "traces { ring 4\n rtp off\n homer udp:192.0.2.9 id 7 }\n");

    ck_assert_str_eq(p->cdr.json, "/n");
    ck_assert_uint_eq(p->cdr.ntargets, 2);
    ck_assert_int_eq(p->cdr.target[1].kind, GW_TARGET_RADIUS);
    ck_assert_str_eq(p->cdr.target[0].where, "/d");
    ck_assert(p->explain);
    ck_assert_int_eq(p->cdr.keep, 30 * 24 * 3600 * RT_S);
    ck_assert_uint_eq(p->admin.nhttp, 3);
    ck_assert_str_eq(p->admin.host[0], "gw.example");
    ck_assert_uint_eq(p->alarms.asr_drop, 200);
    ck_assert_uint_eq(p->alarms.asr_samples, 9);
    ck_assert_uint_eq(p->alarms.mos, 0);
    ck_assert_int_eq(p->alarms.syslog, LOG_LOCAL3);
    ck_assert_uint_eq(p->traces.ring, 4u << 20);
    ck_assert(!p->traces.rtp);
    ck_assert_uint_eq(rt_addr_port(&p->traces.homer), 9060);
    gw_plan_unref(p);
}
END_TEST

START_TEST(what_cannot_be_is_told_with_its_place)
{
    for (size_t i = 0; i < RT_COUNT(bad); i++)
        refused(bad[i].text, bad[i].want);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_an_error_of_its_own)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *p = NULL;

    ck_assert_int_eq(gw_plan_load(&p, "/none.conf", &diag), ENOENT);
    ck_assert_ptr_null(p);
    ck_assert_str_eq(diag.text.p, "/none.conf: cannot read this file: No such file or directory\n");
    conf_diag_release(&diag);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plan");
    TCase *tc = tcase_create("plan");

    tcase_add_checked_fixture(tc, fake_reset, NULL);
    tcase_add_test(tc, addresses_and_outlets);
    tcase_add_test(tc, spans);
    tcase_add_test(tc, trunks_and_the_channels_they_own);
    tcase_add_test(tc, the_longest_block_accepts);
    tcase_add_test(tc, routes_are_tables_of_targets);
    tcase_add_test(tc, sites_have_their_blocks_in_order);
    tcase_add_test(tc, what_is_not_said_has_its_default);
    tcase_add_test(tc, each_plan_is_a_generation_of_its_own_and_lives_while_referred_to);
    tcase_add_test(tc, several_sites_are_named_by_their_trunks);
    tcase_add_test(tc, operation_is_read);
    tcase_add_test(tc, what_cannot_be_is_told_with_its_place);
    tcase_add_test(tc, a_file_that_is_not_there_is_an_error_of_its_own);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
