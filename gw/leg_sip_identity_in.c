/* Who calls whom in SIP's own headers, as peers say it (RFC 4497 9.2.2, RFC 3323, RFC 3325).
 *
 * What a peer of our trust domain asserts is the network's word; From is the user's. Others are not
 * believed: their From is a number that a user gave and nobody verified.
 */
#include "gw/leg_sip_priv.h"

struct rt_str leg_sip_next(struct leg_sip_values *v)
{
    for (;;) {
        struct rt_str value = sip_list_next(&v->rest);
        if (value.n > 0)
            return value;
        v->rest = gw_header(v->msg, v->name, v->field++);
        if (v->rest.n == 0)
            return v->rest;
    }
}

/* ---- privacy ---- */

/** What a message's Privacy asks for. */
struct privacy {
    bool hides;    /**< who is calling */
    bool declines; /**< `none` */
    bool critical, strange;
};

/** A word of Privacy (RFC 3323 4.2, RFC 3325 9.3, RFC 7044 14.2; `full` is older software's). Each
 * that hides who is calling restricts the number (ITU-T Q.1912.5 table 13). */
static void take_word(struct privacy *p, struct rt_str word)
{
    static const struct {
        const char *name;
        bool hides, declines, critical;
    } words[] = {{"id", true, false, false},       {"user", true, false, false},
                 {"header", true, false, false},   {"full", true, false, false},
                 {"session", false, false, false}, {"history", false, false, false},
                 {"critical", false, false, true}, {"none", false, true, false}};

    for (size_t i = 0; i < RT_COUNT(words); i++) {
        if (!rt_str_caseeq(word, words[i].name))
            continue;
        p->hides = p->hides || words[i].hides;
        p->declines = p->declines || words[i].declines;
        p->critical = p->critical || words[i].critical;
        return;
    }
    p->strange = true;
}

static struct privacy privacy_of(const struct sip_message *msg)
{
    struct leg_sip_values v = {.msg = msg, .name = "Privacy"};
    struct privacy p = {.hides = false};
    struct rt_str list;

    while ((list = leg_sip_next(&v)).n > 0)
        while (list.n > 0)
            take_word(&p, rt_str_trim(rt_str_cut(&list, ';')));
    return p;
}

/** `sip:anonymous@...`, whatever the host: RFC 3323 4.1.1.3 recommends anonymous.invalid, many use
 * their own. */
static bool is_anonymous(struct rt_str uri)
{
    rt_str_cut(&uri, ':');
    return rt_str_caseeq(rt_str_cut(&uri, '@'), "anonymous");
}

/* ---- identities ---- */

/** A number and the name beside it. */
struct party {
    struct dp_number number;
    struct rt_str name;
    struct rt_str uri; /**< of the number */
};

/** The first P-Asserted-Identity that is a number: there may be a sip: and a tel: one. */
static bool asserted(struct party *out, const struct sip_message *msg)
{
    struct leg_sip_values v = {.msg = msg, .name = "P-Asserted-Identity"};
    struct sip_name_addr a;
    struct rt_str value;

    while ((value = leg_sip_next(&v)).n > 0) {
        sip_name_addr(&a, value);
        if (out->name.n == 0)
            out->name = a.name;
        if (out->number.digits[0] == '\0' && dp_number_from_uri(&out->number, a.uri) == 0) {
            out->number.screen = DP_NETWORK;
            out->uri = a.uri;
        }
    }
    return out->number.digits[0] != '\0';
}

/** `privacy=full` or `uri`, each perhaps with `-network` (draft-ietf-sip-privacy-04 5.1). */
static bool rpid_hides(struct rt_str privacy)
{
    struct rt_str word = rt_str_cut(&privacy, '-');

    return rt_str_caseeq(word, "full") || rt_str_caseeq(word, "uri");
}

static bool remote_party(struct party *out, const struct sip_message *msg, const char *party)
{
    struct leg_sip_values v = {.msg = msg, .name = "Remote-Party-ID"};
    struct sip_name_addr a;
    struct rt_str value;

    while ((value = leg_sip_next(&v)).n > 0) {
        sip_name_addr(&a, value);
        struct rt_str said = sip_param(a.params, "party");
        if ((said.n > 0 && !rt_str_caseeq(said, party)) ||
            dp_number_from_uri(&out->number, a.uri) != 0)
            continue;
        out->name = a.name;
        out->uri = a.uri;
        out->number.screen = rt_str_caseeq(sip_param(a.params, "screen"), "yes")
                                 ? DP_USER_PASSED
                                 : DP_USER_NOT_SCREENED;
        if (rpid_hides(sip_param(a.params, "privacy")))
            out->number.present = DP_RESTRICTED;
        return true;
    }
    return false;
}

/** What a peer of our trust domain says of `party`; its own form goes first. */
static bool believed(struct party *out, const struct gw_trunk *trunk, const struct sip_message *msg,
                     const char *party)
{
    const struct gw_identity_plan *plan = &trunk->identity;

    memset(out, 0, sizeof *out);
    if (plan->untrusted || plan->form == GW_IDENTITY_FROM)
        return false;
    if (plan->form == GW_IDENTITY_RPID)
        return remote_party(out, msg, party) || asserted(out, msg);
    return asserted(out, msg) || remote_party(out, msg, party);
}

static void caller_in(struct party *out, const struct gw_trunk *trunk,
                      const struct sip_message *msg, const struct privacy *p)
{
    if (!believed(out, trunk, msg, "calling") &&
        dp_number_from_uri(&out->number, msg->from_uri) == 0) {
        out->number.screen = DP_USER_NOT_SCREENED;
        out->uri = msg->from_uri;
    }
    if (out->name.n == 0)
        out->name = msg->from_name;
    if (p->hides || (is_anonymous(msg->from_uri) && !p->declines))
        out->number.present = DP_RESTRICTED;
    else if (out->number.digits[0] == '\0')
        out->number.present = DP_UNAVAILABLE;
}

/* ---- what else routing wants to know ---- */

/** `urn:service:sos`, `urn:service:sos.fire`: the emergency service by its name (RFC 5031 4.2). */
static bool is_sos(struct rt_str uri)
{
    static const char name[] = "urn:service:sos";
    size_t n = sizeof name - 1;

    return uri.n >= n && rt_str_caseeq((struct rt_str){uri.p, n}, name) &&
           (uri.n == n || uri.p[n] == '.');
}

/** The caller's category beside his number, `cpc=` (draft-mahy-iptel-cpc), as an index of routing's
 * words. */
static unsigned category_in(struct rt_str uri)
{
    static const struct {
        const char *word;
        unsigned category;
    } words[] = {{"operator", 1}, {"priority", 2}, {"test", 4}, {"payphone", 5}};
    struct dp_tel tel;
    const char *why;

    if (uri.n == 0 || !memchr(uri.p, ';', uri.n) || dp_tel_read(&tel, uri, &why) != 0)
        return 0;
    for (size_t i = 0; i < RT_COUNT(words); i++)
        if (rt_str_caseeq(dp_tel_other(&tel, "cpc"), words[i].word))
            return words[i].category;
    return 0;
}

/** One value of Resource-Priority, `dsn.flash`: of a namespace that is known (RFC 4412 10, RFC
 * 7135) and above what every call has there. */
static bool is_above_routine(struct rt_str value)
{
    static const struct {
        const char *space, *routine;
    } known[] = {{"esnet", ""}, {"dsn", "routine"}, {"drsn", "routine"},
                 {"q735", "4"}, {"ets", ""},        {"wps", ""}};
    struct rt_str space = rt_str_cut(&value, '.');

    for (size_t i = 0; value.n > 0 && i < RT_COUNT(known); i++)
        if (rt_str_caseeq(space, known[i].space))
            return !rt_str_caseeq(value, known[i].routine);
    return false;
}

static bool is_urgent(const struct sip_message *msg)
{
    for (unsigned i = 0;; i++) {
        struct rt_str values = gw_header(msg, "Resource-Priority", i);
        if (values.n == 0)
            return false;
        while (values.n > 0)
            if (is_above_routine(rt_str_trim(rt_str_cut(&values, ','))))
                return true;
    }
}

/** Of a trusted peer: how urgent the call is (RFC 4412), and who the caller is. */
static void standing_in(struct gw_setup *out, const struct sip_message *msg, struct rt_str caller)
{
    out->category = category_in(caller);
    out->priority = out->category == 2 || is_urgent(msg);
}

/* ---- messages ---- */

int leg_sip_setup_in(struct gw_setup *out, const struct gw_trunk *trunk,
                     const struct sip_message *msg)
{
    struct privacy privacy = privacy_of(msg);
    struct party caller;

    out->sos = is_sos(msg->request_uri);
    if (!out->sos && dp_number_from_uri(&out->called, msg->request_uri) != 0)
        return 484;
    if (privacy.critical && privacy.strange)
        return 500;
    caller_in(&caller, trunk, msg, &privacy);
    out->calling = caller.number;
    leg_sip_isub_in(&out->calling_sub, caller.uri);
    leg_sip_isub_in(&out->called_sub, msg->request_uri);
    if (out->calling.present == DP_ALLOWED)
        sip_copy_quoted(out->name, sizeof out->name, caller.name);
    leg_sip_carrier_in(&out->carrier, msg, !trunk->identity.untrusted);
    out->source = msg->from_addr;
    out->ring = leg_sip_ring_in(msg);
    if (!trunk->identity.untrusted)
        standing_in(out, msg, caller.uri);
    leg_sip_uui_in(&out->uui, msg);
    return leg_sip_redirect_in(out, trunk, msg);
}

unsigned leg_sip_setup_cause(int status)
{
    static const struct {
        int status;
        unsigned cause;
    } table[] = {
        {404, 3},  /* no route to destination */
        {483, 25}, /* exchange routing error: RFC 3398 8.2.6.1 */
        {484, 28}, /* invalid number format */
        {488, 65}, /* bearer capability not implemented */
    };

    for (size_t i = 0; i < RT_COUNT(table); i++)
        if (table[i].status == status)
            return table[i].cause;
    return 41; /* temporary failure */
}

bool leg_sip_party_in(struct gw_event *out, const struct gw_trunk *trunk,
                      const struct sip_message *msg, const char *party)
{
    struct party p;

    if (!believed(&p, trunk, msg, party))
        return false;
    if (privacy_of(msg).hides)
        p.number.present = DP_RESTRICTED;
    out->connected = p.number;
    leg_sip_isub_in(&out->connected_sub, p.uri);
    if (p.number.present == DP_ALLOWED)
        sip_copy_quoted(out->name, sizeof out->name, p.name);
    return true;
}

void leg_sip_connected_in(struct gw_event *out, const struct gw_trunk *trunk,
                          const struct sip_message *msg)
{
    leg_sip_uui_in(&out->uui, msg);
    leg_sip_party_in(out, trunk, msg, "called");
}
