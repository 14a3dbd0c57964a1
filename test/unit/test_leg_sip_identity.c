/* Who calls whom in SIP's own headers: what is written, to the octet, and what is read, with the
 * examples of RFC 5806, RFC 7544, RFC 4694, RFC 4904, RFC 7433 and RFC 5009.
 */
#include "gw/gw.h"
#include "gw/leg_sip_priv.h"
#include "sip/message.h"
#include "sip/reason.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct gw_plan plan;
static struct gw gw = {.plan = &plan};
static struct gw_trunk trunk;
static struct gw_hop hop;
static struct gw_setup setup;
static struct gw_event event;
static struct leg_sip_identity id;
static struct sip_msg msg;

static struct dp_number number(const char *text)
{
    struct dp_number n;

    ck_assert_int_eq(dp_number_parse(&n, rt_str(text)), 0);
    return n;
}

static void start(void)
{
    sip_parser_init();
    memset(&plan, 0, sizeof plan);
    memset(&trunk, 0, sizeof trunk);
    memset(&setup, 0, sizeof setup);
    memset(&event, 0, sizeof event);
    rt_addr_parse(&plan.sip.advertise, "192.0.2.10", 10, 0);
    rt_addr_parse(&trunk.peer, "192.0.2.1", 9, 5060);
    trunk.identity.diversion = true;
    trunk.identity.redirections = 5;
    hop = (struct gw_hop){
        .trunk = &trunk, .called = number("+19195551004"), .calling = number("+4930123")};
}

static void invite(void)
{
    leg_sip_identity(&id, &gw, &trunk, &hop, &setup);
}

/** The `i`-th field of that name, or "". */
static const char *field(const char *name, unsigned i)
{
    static char text[LEG_SIP_TEXT];

    text[0] = '\0';
    for (unsigned k = 0; k < id.nheaders; k++)
        if (rt_str_eq(id.headers[k].name, name) && i-- == 0)
            rt_str_copy(text, sizeof text, id.headers[k].value);
    return text;
}

/** Reads an INVITE with these fields; returns what leg_sip_setup_in() says. */
static int receive(const char *uri, const char *from, const char *fields)
{
    static struct rt_buf text; /* `msg` borrows from it until the next one */

    rt_buf_release(&text);
    rt_buf_printf(&text,
                  "INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
                  "From: %s;tag=1\r\nTo: <sip:b@192.0.2.10>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n"
                  "%s\r\n",
                  uri, from, fields);
    memset(&setup, 0, sizeof setup);
    ck_assert_int_eq(sip_msg_read(&msg, rt_buf_str(&text)), 0);
    int status = leg_sip_setup_in(&setup, &trunk, &msg.pub);
    leg_sip_connected_in(&event, &trunk, &msg.pub);
    return status;
}

#define FROM "\"Alice\" <sip:+4930777@192.0.2.1;user=phone>"

static int receive_fields(const char *fields)
{
    return receive("sip:+19195551004@192.0.2.10;user=phone", FROM, fields);
}

/* ---- the caller, as we say it (RFC 3398 12, RFC 3325 9) ---- */

START_TEST(an_allowed_caller_is_in_from_and_asserted)
{
    strcpy(setup.name, "Meier \"7\"");
    invite();
    ck_assert_str_eq(id.request_uri, "sip:+19195551004@192.0.2.1;user=phone");
    ck_assert_str_eq(id.from_uri, "sip:+4930123@192.0.2.10;user=phone");
    ck_assert_str_eq(id.from_name, "Meier \"7\"");
    ck_assert_str_eq(field("P-Asserted-Identity", 0),
                     "\"Meier \\\"7\\\"\" <sip:+4930123@192.0.2.10;user=phone>");
    ck_assert_uint_eq(id.nheaders, 1);
}
END_TEST

START_TEST(a_restricted_caller_is_told_to_the_trusted_alone)
{
    hop.calling.present = DP_RESTRICTED;
    strcpy(setup.name, "Meier");
    invite();
    ck_assert_str_eq(id.from_uri, "sip:anonymous@anonymous.invalid");
    ck_assert_str_eq(id.from_name, "Anonymous");
    ck_assert_str_eq(field("P-Asserted-Identity", 0), "<sip:+4930123@192.0.2.10;user=phone>");
    ck_assert_str_eq(field("Privacy", 0), "id");
    trunk.identity.untrusted = true;
    invite();
    ck_assert_str_eq(id.from_uri, "sip:anonymous@anonymous.invalid");
    ck_assert_str_eq(field("Privacy", 0), "id");
    ck_assert_uint_eq(id.nheaders, 1);
}
END_TEST

START_TEST(no_caller_and_a_hidden_one_without_number)
{
    memset(&hop.calling, 0, sizeof hop.calling);
    hop.calling.present = DP_UNAVAILABLE;
    invite();
    ck_assert_str_eq(id.from_uri, "sip:192.0.2.10");
    ck_assert_uint_eq(id.nheaders, 0);
    hop.calling.present = DP_RESTRICTED;
    invite();
    ck_assert_str_eq(id.from_uri, "sip:anonymous@anonymous.invalid");
    ck_assert_str_eq(field("Privacy", 0), "id");
    ck_assert_uint_eq(id.nheaders, 1);
}
END_TEST

START_TEST(each_form_of_identity)
{
    trunk.identity.both = true;
    invite();
    ck_assert_str_eq(field("P-Asserted-Identity", 1), "<tel:+4930123>");
    trunk.identity.form = GW_IDENTITY_PPI;
    invite();
    ck_assert_str_eq(field("P-Preferred-Identity", 0), "<sip:+4930123@192.0.2.10;user=phone>");
    trunk.identity.form = GW_IDENTITY_FROM;
    invite();
    ck_assert_uint_eq(id.nheaders, 0);
    trunk.identity.form = GW_IDENTITY_RPID;
    hop.calling.screen = DP_NETWORK;
    invite();
    ck_assert_str_eq(field("Remote-Party-ID", 0),
                     "<sip:+4930123@192.0.2.10;user=phone>;party=calling;screen=yes;privacy=off");
    hop.calling.screen = DP_USER_NOT_SCREENED;
    hop.calling.present = DP_RESTRICTED;
    invite();
    ck_assert_str_eq(field("Remote-Party-ID", 0),
                     "<sip:+4930123@192.0.2.10;user=phone>;party=calling;screen=no;privacy=full");
}
END_TEST

START_TEST(the_connected_number_by_the_same_rules)
{
    event.connected = number("+4930999");
    leg_sip_connected(&id, &gw, &trunk, &event);
    ck_assert_str_eq(field("P-Asserted-Identity", 0), "<sip:+4930999@192.0.2.10;user=phone>");
    event.connected.present = DP_RESTRICTED;
    leg_sip_connected(&id, &gw, &trunk, &event);
    ck_assert_str_eq(field("Privacy", 0), "id");
    trunk.identity.untrusted = true;
    leg_sip_connected(&id, &gw, &trunk, &event);
    ck_assert_uint_eq(id.nheaders, 0);
}
END_TEST

/* ---- the caller, as peers say it (RFC 4497 9.2.2) ---- */

static void caller_is(const char *digits, enum dp_screen screen, enum dp_present present)
{
    ck_assert_str_eq(setup.calling.digits, digits);
    ck_assert_int_eq(setup.calling.screen, screen);
    ck_assert_int_eq(setup.calling.present, present);
}

/* RFC 3325 9.1 has this pair of values, with another number. */
#define PAI                                                                                        \
    "P-Asserted-Identity: \"Cullen Jennings\" <sip:fluffy@cisco.com>, <tel:+14085264000>\r\n"
#define RPID "Remote-Party-ID: \"Bob\" <sip:+4930555@a>;party=calling;screen=yes;privacy=off\r\n"

START_TEST(what_the_trusted_assert_is_the_networks_word)
{
    ck_assert_int_eq(receive_fields(PAI RPID), 0);
    caller_is("14085264000", DP_NETWORK, DP_ALLOWED);
    ck_assert_str_eq(setup.name, "Cullen Jennings");
    ck_assert_str_eq(event.connected.digits, "14085264000");
    ck_assert_int_eq(receive_fields(RPID), 0);
    caller_is("4930555", DP_USER_PASSED, DP_ALLOWED);
    ck_assert_int_eq(receive_fields(""), 0);
    caller_is("4930777", DP_USER_NOT_SCREENED, DP_ALLOWED);
    ck_assert_str_eq(setup.name, "Alice");
    trunk.identity.form = GW_IDENTITY_RPID;
    ck_assert_int_eq(receive_fields(PAI RPID), 0);
    caller_is("4930555", DP_USER_PASSED, DP_ALLOWED);
    trunk.identity.form = GW_IDENTITY_FROM;
    ck_assert_int_eq(receive_fields(PAI RPID), 0);
    caller_is("4930777", DP_USER_NOT_SCREENED, DP_ALLOWED);
}
END_TEST

START_TEST(the_untrusted_are_not_believed)
{
    trunk.identity.untrusted = true;
    ck_assert_int_eq(receive_fields(PAI RPID "Diversion: <tel:+1919>\r\n"), 0);
    caller_is("4930777", DP_USER_NOT_SCREENED, DP_ALLOWED);
    ck_assert_str_eq(setup.redirecting.digits, "");
    ck_assert_str_eq(event.connected.digits, "");
}
END_TEST

START_TEST(privacy_restricts)
{
    static const struct {
        const char *fields;
        int status;
        enum dp_present present;
    } rows[] = {
        {PAI "Privacy: id\r\n", 0, DP_RESTRICTED},
        {PAI "Privacy: user; critical\r\n", 0, DP_RESTRICTED},
        {PAI "Privacy: header\r\n", 0, DP_RESTRICTED},
        {PAI "Privacy: none\r\n", 0, DP_ALLOWED},
        {PAI "Privacy: session;critical\r\n", 0, DP_ALLOWED},
        {PAI "Privacy: history\r\n", 0, DP_ALLOWED},
        {PAI "Privacy: vanish\r\n", 0, DP_ALLOWED},
        {PAI "Privacy: vanish;critical\r\n", 500, DP_ALLOWED},
        {"Remote-Party-ID: <tel:+49301>;party=calling;privacy=full\r\n", 0, DP_RESTRICTED},
        {"Remote-Party-ID: <tel:+49301>;privacy=uri-network\r\n", 0, DP_RESTRICTED},
        {"Remote-Party-ID: <tel:+49301>;privacy=name\r\n", 0, DP_ALLOWED},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        ck_assert_int_eq(receive_fields(rows[i].fields), rows[i].status);
        if (rows[i].status == 0)
            ck_assert_msg(setup.calling.present == rows[i].present, "%s", rows[i].fields);
    }
    receive("tel:+49301", "<sip:anonymous@anonymous.invalid>", PAI);
    caller_is("14085264000", DP_NETWORK, DP_RESTRICTED);
    receive("tel:+49301", "<sip:anonymous@anonymous.invalid>", PAI "Privacy: none\r\n");
    caller_is("14085264000", DP_NETWORK, DP_ALLOWED);
    receive("tel:+49301", "<sip:alice@atlanta.com>", "");
    caller_is("", DP_USER_NOT_SCREENED, DP_UNAVAILABLE);
    ck_assert_int_eq(receive("sip:alice@192.0.2.10", FROM, ""), 484);
}
END_TEST

/* ---- diversions ---- */

/** RFC 5806 9.2.5 and 9.2.6. */
#define DIVERSIONS                                                                                 \
    "Diversion: <tel:+19195551002>\r\n  ;reason=user-busy\r\n  ;privacy=\"full\"\r\n "             \
    ";counter=4\r\n"                                                                               \
    "Diversion: <tel:+19195551001>\r\n  ;reason=unconditional\r\n  ;counter=1\r\n"

static void redirected(const char *last, enum gw_redirect why, const char *first,
                       enum gw_redirect first_why, unsigned count)
{
    ck_assert_str_eq(setup.redirecting.digits, last);
    ck_assert_int_eq(setup.redirect_reason, why);
    ck_assert_str_eq(setup.original.digits, first);
    ck_assert_int_eq(setup.original_reason, first_why);
    ck_assert_uint_eq(setup.redirections, count);
}

START_TEST(diversion_is_read)
{
    ck_assert_int_eq(receive_fields(DIVERSIONS), 0);
    redirected("19195551002", GW_REDIRECT_BUSY, "19195551001", GW_REDIRECT_UNCONDITIONAL, 5);
    ck_assert_int_eq(setup.redirecting.present, DP_RESTRICTED);
    ck_assert_int_eq(setup.original.present, DP_ALLOWED);
    /* 9.3.6, whose last value of privacy lacks a quote */
    ck_assert_int_eq(receive_fields("Diversion: <tel:+19195551002>;reason=user-busy;screen=\"yes\""
                                    ";privacy=\"off\"\r\n"),
                     0);
    redirected("19195551002", GW_REDIRECT_BUSY, "", GW_REDIRECT_UNKNOWN, 1);
    ck_assert_int_eq(setup.redirecting.screen, DP_USER_PASSED);
    ck_assert_int_eq(receive_fields("Diversion: <sip:bob@p2>;reason=follow-me\r\n"), 0);
    redirected("", GW_REDIRECT_UNKNOWN, "", GW_REDIRECT_UNKNOWN, 1);
}
END_TEST

START_TEST(diversion_is_written)
{
    setup.redirecting = number("+19195551002");
    setup.redirecting.present = DP_RESTRICTED;
    setup.redirect_reason = GW_REDIRECT_BUSY;
    setup.original = number("+19195551001");
    setup.original_reason = GW_REDIRECT_UNCONDITIONAL;
    setup.redirections = 5;
    invite();
    ck_assert_str_eq(field("Diversion", 0), "<sip:+19195551002@192.0.2.10;user=phone>;"
                                            "reason=user-busy;privacy=full;counter=4");
    ck_assert_str_eq(field("Diversion", 1), "<sip:+19195551001@192.0.2.10;user=phone>;"
                                            "reason=unconditional;privacy=off;counter=1");
    trunk.identity.untrusted = true;
    invite();
    ck_assert_str_eq(field("Diversion", 0), "<sip:anonymous@anonymous.invalid>;"
                                            "reason=user-busy;privacy=full;counter=4");
    trunk.identity.diversion = false;
    invite();
    ck_assert_str_eq(field("Diversion", 0), "");
}
END_TEST

START_TEST(too_many_diversions_are_a_loop)
{
    ck_assert_int_eq(receive_fields(DIVERSIONS "Diversion: <sip:bob@p2>\r\n"), 483);
    ck_assert_uint_eq(leg_sip_setup_cause(483), 25);
    trunk.identity.untrusted = true;
    ck_assert_int_eq(receive_fields(DIVERSIONS "Diversion: <sip:bob@p2>\r\n"), 483);
    trunk.identity.redirections = 6;
    ck_assert_int_eq(receive_fields(DIVERSIONS "Diversion: <sip:bob@p2>\r\n"), 0);
}
END_TEST

/** RFC 7544 7.1 and 7.2, with numbers for names. */
START_TEST(history_info_is_read)
{
    ck_assert_int_eq(receive_fields("History-Info: <sip:+491@h?Privacy=history>;index=1,\r\n"
                                    " <sip:+492@h;cause=302?Privacy=none>;index=1.1;mp=1,\r\n"
                                    " <sip:+493@h;cause=486>;index=1.1.1;mp=1.1\r\n"),
                     0);
    redirected("492", GW_REDIRECT_BUSY, "491", GW_REDIRECT_UNCONDITIONAL, 2);
    ck_assert_int_eq(setup.original.present, DP_RESTRICTED);
    ck_assert_int_eq(setup.redirecting.present, DP_ALLOWED);
    /* RFC 7544 7.3: forwarding to a contact and through a proxy is no diversion */
    ck_assert_int_eq(
        receive_fields("History-Info: <sip:proxyP1>;index=1, <sip:+4922@h>;index=1.1;rc=1,\r\n"
                       " <sip:+4933@h;cause=302>;index=1.1.1;mp=1.1,\r\n"
                       " <sip:+4933@h>;index=1.1.1.1;np=1.1.1\r\n"),
        0);
    redirected("4922", GW_REDIRECT_UNCONDITIONAL, "", GW_REDIRECT_UNKNOWN, 1);
    ck_assert_int_eq(receive_fields("Privacy: history\r\nHistory-Info: <sip:+491@h>;index=1,"
                                    "<sip:+492@h;cause=487>;index=1.1\r\n"),
                     0);
    redirected("491", GW_REDIRECT_DEFLECTION_ALERTING, "", GW_REDIRECT_UNKNOWN, 1);
    ck_assert_int_eq(setup.redirecting.present, DP_RESTRICTED);
}
END_TEST

/** RFC 7044 5: the Reason of an entry says why the call left it; RFC 4244 has no more than that. */
START_TEST(reasons_of_history_info_are_read)
{
    ck_assert_int_eq(
        receive_fields("History-Info: <sip:+491@ims.example.com?Reason=SIP%3Bcause%3D302>;"
                       "index=1.1,<sip:+492@example.com?Privacy=history&Reason=SIP%3Bcause%3D486>;"
                       "index=1.2;mp=1.1,<sip:45432@192.168.0.3>;index=1.3;rc=1.2\r\n"),
        0);
    redirected("491", GW_REDIRECT_UNCONDITIONAL, "", GW_REDIRECT_UNKNOWN, 1);
    ck_assert_int_eq(
        receive_fields("History-Info: <sip:+491@h?Reason=SIP%3Bcause%3D302>;index=1,\r\n"
                       " <sip:+492@h?Reason=SIP%3Bcause%3D486%3Btext%3D%22Busy%22>;index=1.1,\r\n"
                       " <sip:+493@h>;index=1.2\r\n"),
        0);
    redirected("492", GW_REDIRECT_BUSY, "491", GW_REDIRECT_UNCONDITIONAL, 2);
}
END_TEST

START_TEST(history_info_is_written)
{
    trunk.identity.diversion = false;
    trunk.identity.history = true;
    setup.redirecting = number("+492");
    setup.redirect_reason = GW_REDIRECT_BUSY;
    setup.original = number("+491");
    setup.original.present = DP_RESTRICTED;
    setup.original_reason = GW_REDIRECT_UNCONDITIONAL;
    setup.redirections = 2;
    invite();
    ck_assert_str_eq(field("History-Info", 0),
                     "<sip:+491@192.0.2.10;user=phone?Privacy=history>;index=1, "
                     "<sip:+492@192.0.2.10;user=phone;cause=302>;index=1.1;mp=1, "
                     "<sip:+19195551004@192.0.2.1;user=phone;cause=486>;index=1.1.1;mp=1.1");
    ck_assert_str_eq(field("Supported", 0), "histinfo");
    setup.redirections = 3; /* the second is known to nobody: a placeholder (RFC 7544 5) */
    invite();
    ck_assert_str_eq(field("History-Info", 0),
                     "<sip:+491@192.0.2.10;user=phone?Privacy=history>;index=1, "
                     "<sip:unknown@unknown.invalid;cause=302>;index=1.1;mp=1, "
                     "<sip:+492@192.0.2.10;user=phone;cause=404>;index=1.1.1;mp=1.1, "
                     "<sip:+19195551004@192.0.2.1;user=phone;cause=486>;index=1.1.1.1;mp=1.1.1");
    setup.redirections = 99; /* room for no more than it takes, and never half of it */
    invite();
    ck_assert(strstr(field("History-Info", 0), "<sip:+19195551004@192.0.2.1;") != NULL);
    trunk.identity.untrusted = true;
    setup.redirections = 2;
    invite();
    ck_assert_ptr_null(strstr(field("History-Info", 0), "+491@"));
}
END_TEST

/** RFC 5806 9.1, RFC 4458 2.3. */
START_TEST(reasons_in_every_protocol)
{
    static const struct {
        enum gw_redirect reason;
        unsigned q931, cause;
    } rows[] = {
        {GW_REDIRECT_UNKNOWN, 0, 404},     {GW_REDIRECT_BUSY, 1, 486},
        {GW_REDIRECT_NO_REPLY, 2, 408},    {GW_REDIRECT_UNCONDITIONAL, 15, 302},
        {GW_REDIRECT_DEFLECTION, 10, 480}, {GW_REDIRECT_UNAVAILABLE, 9, 503},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        ck_assert_uint_eq(gw_redirect_row(rows[i].reason)->q931, rows[i].q931);
        ck_assert_int_eq(gw_redirect_from_q931(rows[i].q931), rows[i].reason);
        ck_assert_int_eq(gw_redirect_from_cause(rows[i].cause), rows[i].reason);
    }
    ck_assert_int_eq(gw_redirect_from_cause(487), GW_REDIRECT_DEFLECTION_ALERTING);
    ck_assert_int_eq(gw_redirect_from_q931(7), GW_REDIRECT_UNKNOWN);
    ck_assert_int_eq(gw_redirect_from_cause(600), GW_REDIRECT_UNKNOWN);
}
END_TEST

/* ---- trunk groups and carriers ---- */

START_TEST(parameters_of_the_number_are_read)
{
    /* RFC 4904 7.2, F2 */
    receive("sip:+16305550100;tgrp=TG2-1;trunk-context=example.com@gw2.example.com;user=phone",
            FROM,
            "Contact: <sip:0100;phone-context=example.com;tgrp=TG1-1;"
            "trunk-context=example.com@gw1.example.com;user=phone>\r\n");
    ck_assert_str_eq(setup.called.digits, "16305550100");
    ck_assert_str_eq(setup.carrier.tgrp, "TG2-1");
    ck_assert_str_eq(setup.carrier.tgrp_context, "example.com");
    /* RFC 4904 4: one alone is none */
    receive("tel:+16305550100;tgrp=TG-1", FROM, "");
    ck_assert_str_eq(setup.carrier.tgrp, "");
    receive("tel:5550100;phone-context=+1-630;tgrp=TG-1;trunk-context=+1-630", FROM, "");
    ck_assert_str_eq(setup.carrier.tgrp, "TG-1");
    ck_assert_str_eq(setup.carrier.tgrp_context, "+1-630");
    /* RFC 4694 6 */
    receive("tel:+1-800-123-4567;cic=+1-6789", FROM, "");
    ck_assert_str_eq(setup.carrier.cic, "+16789");
    ck_assert(!setup.carrier.npdi);
    receive("tel:+1-202-533-1234;npdi;rn=+1-202-544-0000", FROM, "");
    ck_assert_str_eq(setup.carrier.rn, "+12025440000");
    ck_assert(setup.carrier.npdi);
    receive("tel:+1-202-533-6789;npdi", FROM, "");
    ck_assert_str_eq(setup.carrier.rn, "");
    ck_assert(setup.carrier.npdi);
    receive("tel:+12025336789;rn=2025440000", FROM, ""); /* local, without its context */
    ck_assert_str_eq(setup.carrier.rn, "");
    receive("tel:+12025336789;rn=2025440000;rn-context=+1", FROM, "");
    ck_assert_str_eq(setup.carrier.rn, "2025440000");
    ck_assert_str_eq(setup.carrier.rn_context, "+1");
    trunk.identity.untrusted = true;
    receive("tel:+1-202-533-1234;npdi;rn=+1-202-544-0000", FROM, "");
    ck_assert_str_eq(setup.carrier.rn, "");
    receive("tel:7042;phone-context=example.com;npdi", FROM, "");
    ck_assert_str_eq(setup.carrier.phone_context, "example.com"); /* a part of the number */
    ck_assert(!setup.carrier.npdi);
    /* RFC 3966 5.4: what is mandatory and not known makes the URI useless */
    ck_assert_int_eq(receive("tel:+1201;m-foo=1", FROM, ""), 484);
}
END_TEST

START_TEST(parameters_of_the_number_are_written)
{
    strcpy(setup.carrier.rn, "+12025440000");
    setup.carrier.npdi = true;
    strcpy(setup.carrier.cic, "+16789");
    invite();
    ck_assert_str_eq(id.request_uri, "sip:+19195551004;cic=+16789;npdi;rn=+12025440000@192.0.2.1;"
                                     "user=phone");
    memset(&setup.carrier, 0, sizeof setup.carrier);
    strcpy(trunk.identity.tgrp, "TG-1");
    strcpy(trunk.identity.tgrp_context, "example.com");
    strcpy(trunk.identity.phone_context, "+1-630");
    trunk.to.where = "isp.example.net";
    hop.called = number("+16305550100");
    invite(); /* RFC 4904 4, example 2 */
    ck_assert_str_eq(id.request_uri, "sip:+16305550100;tgrp=TG-1;trunk-context=example.com"
                                     "@isp.example.net;user=phone");
    hop.called = number("5550100");
    invite(); /* example 1 */
    ck_assert_str_eq(id.request_uri, "sip:5550100;phone-context=+1-630;tgrp=TG-1;"
                                     "trunk-context=example.com@isp.example.net;user=phone");
    /* what was decided for the hop is said, and nothing else */
    strcpy(setup.carrier.cic, "+10288");
    hop.called = number("+12025331234");
    hop.carrier = (struct dp_carrier_out){.set = true, .npdi = true, .rn = "+12025440000"};
    invite();
    ck_assert_str_eq(id.request_uri, "sip:+12025331234;npdi;rn=+12025440000;tgrp=TG-1;"
                                     "trunk-context=example.com@isp.example.net;user=phone");
    /* a local routing number has the trunk's context, or is not said; RFC 4694 4 */
    strcpy(hop.carrier.rn, "D086");
    strcpy(trunk.identity.cic, "+16789");
    invite();
    ck_assert_str_eq(id.request_uri,
                     "sip:+12025331234;cic=+16789;npdi;rn=D086;rn-context=+1-630;tgrp=TG-1;"
                     "trunk-context=example.com@isp.example.net;user=phone");
    trunk.identity.phone_context[0] = trunk.identity.cic[0] = '\0';
    invite();
    ck_assert_str_eq(id.request_uri, "sip:+12025331234;npdi;tgrp=TG-1;"
                                     "trunk-context=example.com@isp.example.net;user=phone");
    hop.carrier = (struct dp_carrier_out){.set = false};
    setup.carrier.cic[0] = '\0';
    hop.called = number("*21#");
    trunk.identity = (struct gw_identity_plan){.untrusted = false};
    invite(); /* RFC 3261 25.1: a user part has no # */
    ck_assert_str_eq(id.request_uri, "sip:*21%23@isp.example.net;user=phone");
}
END_TEST

START_TEST(contact_names_the_group_the_call_came_by)
{
    invite();
    ck_assert_str_eq(id.contact_user, "");
    strcpy(setup.carrier.from_tgrp, "TG1-1");
    strcpy(setup.carrier.from_context, "example.com");
    invite();
    ck_assert_str_eq(id.contact_user, "+4930123;tgrp=TG1-1;trunk-context=example.com");
    hop.calling.present = DP_RESTRICTED;
    invite();
    ck_assert_str_eq(id.contact_user,
                     "0;phone-context=example.com;tgrp=TG1-1;trunk-context=example.com");
}
END_TEST

/* ---- user-to-user information, early media, causes ---- */

START_TEST(user_to_user_information)
{
    static const uint8_t octets[] = {0x48, 0x69};
    static const char *const strange[] = {
        /* RFC 7433 4.1: another package, another encoding */
        "User-to-User: 56a390f3d2b7310023a2;encoding=hex;purpose=foo;content=bar\r\n",
        "User-to-User: 0448;encoding=base64\r\n",
        "User-to-User: 044;encoding=hex\r\n",
        "User-to-User: 04zz;encoding=hex\r\n",
        "User-to-User: \"\"\r\n",
    };

    setup.uui = (struct gw_uui){.present = true, .protocol = 4, .len = 2, .data = {0x48, 0x69}};
    invite();
    ck_assert_str_eq(field("User-to-User", 0),
                     "044869;encoding=hex;purpose=isdn-uui;content=isdn-uui");
    for (size_t i = 0; i < RT_COUNT(strange); i++) {
        receive_fields(strange[i]);
        ck_assert_msg(!setup.uui.present, "%s", strange[i]);
    }
    receive_fields(
        "User-to-User: 56a3;purpose=foo, 044869;encoding=hex;purpose=isdn-interwork\r\n");
    ck_assert(setup.uui.present);
    ck_assert_uint_eq(setup.uui.protocol, 4);
    ck_assert_uint_eq(setup.uui.len, 2);
    ck_assert_mem_eq(setup.uui.data, octets, 2);
    receive_fields("User-to-User: \"00\"\r\n");
    ck_assert(setup.uui.present && setup.uui.len == 0 && setup.uui.protocol == 0);
    ck_assert(event.uui.present);
}
END_TEST

START_TEST(user_to_user_information_of_every_length)
{
    char hex[2 * 133 + 1], text[400];

    for (size_t octets = 1; octets <= 133; octets++) {
        memset(hex, 'A', 2 * octets);
        hex[2 * octets] = '\0';
        snprintf(text, sizeof text, "User-to-User: %s;encoding=hex\r\n", hex);
        receive_fields(text);
        ck_assert_int_eq(setup.uui.present, octets <= 132);
        if (setup.uui.present)
            ck_assert_uint_eq(setup.uui.len, octets - 1);
    }
}
END_TEST

START_TEST(early_media_is_authorised)
{
    static const struct {
        const char *fields;
        bool heard;
    } rows[] = {
        {"", true},
        {"P-Early-Media: sendrecv\r\n", true},
        {"P-Early-Media: sendonly, gated\r\n", true},
        {"P-Early-Media: recvonly\r\n", false},
        {"P-Early-Media: inactive\r\n", false},
        {"P-Early-Media: inactive, sendrecv\r\n", false},
        {"P-Early-Media: strange, sendrecv, inactive\r\n", true},
        {"P-Early-Media: supported\r\n", true},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        receive_fields(rows[i].fields);
        ck_assert_msg(leg_sip_early_authorised(&msg.pub) == rows[i].heard, "%s", rows[i].fields);
    }
    invite();
    ck_assert_str_eq(field("P-Early-Media", 0), "");
    trunk.identity.early_media = true;
    invite();
    ck_assert_str_eq(field("P-Early-Media", 0), "supported");
    leg_sip_progress(&id, &trunk, &event, true);
    ck_assert_str_eq(field("P-Early-Media", 0), "sendrecv");
    leg_sip_progress(&id, &trunk, &event, false);
    ck_assert_str_eq(field("P-Early-Media", 0), "inactive");
}
END_TEST

/** RFC 8606 4: every location has a word, both ways; RFC 3326: one value of each protocol. */
START_TEST(reasons_and_their_locations)
{
    static const char *const words[16] = {"U",      "LPN",    "LN",     "TN",    "RLN", "RPN",
                                          "LOC-6",  "INTL",   "LOC-8",  "LOC-9", "BI",  "LOC-11",
                                          "LOC-12", "LOC-13", "LOC-14", "LOC-15"};
    char text[200];

    for (int i = 0; i < 16; i++) {
        struct sip_reason r = {.q850 = 1, .location = i};
        struct rt_buf out = {0};
        sip_reason_write(&out, &r);
        snprintf(text, sizeof text, "Reason: Q.850;cause=1;location=%s\r\n", words[i]);
        ck_assert_str_eq(out.p, text);
        receive_fields(text);
        ck_assert_int_eq(msg.pub.reason.location, i);
        rt_buf_release(&out);
    }
    receive_fields("Reason: SIP;cause=600;location=LN, preemption;cause=1\r\n"
                   "Reason: Q.850;cause=1;text=\"Unallocated (unassigned) number\";\r\n"
                   "  location=LN\r\n");
    ck_assert_int_eq(msg.pub.reason.sip, 600);
    ck_assert_int_eq(msg.pub.reason.q850, 1);
    ck_assert_int_eq(msg.pub.reason.location, 2);
    ck_assert_str_eq(msg.pub.reason.text, "Unallocated (unassigned) number");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {an_allowed_caller_is_in_from_and_asserted,
                                  a_restricted_caller_is_told_to_the_trusted_alone,
                                  no_caller_and_a_hidden_one_without_number,
                                  each_form_of_identity,
                                  the_connected_number_by_the_same_rules,
                                  what_the_trusted_assert_is_the_networks_word,
                                  the_untrusted_are_not_believed,
                                  privacy_restricts,
                                  diversion_is_read,
                                  diversion_is_written,
                                  too_many_diversions_are_a_loop,
                                  history_info_is_read,
                                  reasons_of_history_info_are_read,
                                  history_info_is_written,
                                  reasons_in_every_protocol,
                                  parameters_of_the_number_are_read,
                                  parameters_of_the_number_are_written,
                                  contact_names_the_group_the_call_came_by,
                                  user_to_user_information,
                                  user_to_user_information_of_every_length,
                                  early_media_is_authorised,
                                  reasons_and_their_locations};
    Suite *s = suite_create("leg sip identity");
    TCase *tc = tcase_create("leg sip identity");

    tcase_add_checked_fixture(tc, start, NULL);
    for (size_t i = 0; i < RT_COUNT(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_NORMAL);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
