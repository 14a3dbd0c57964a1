/* Numbers and causes in SIP's own headers: who calls whom, who was reached, why it ended.
 *
 * RFC 3398 12 (numbers), RFC 3323 and 3325 (Privacy, P-Asserted-Identity), RFC 3326 and 6432
 * (Reason). Screening indicators are not translated, presentation is (RFC 3398 12.1). A configured
 * trunk is a trusted peer of RFC 3325.
 */
#include "gw/gw.h"
#include "gw/leg_sip_priv.h"

#include <stdio.h>

#define ANONYMOUS_URI "sip:anonymous@anonymous.invalid"

/** Host of URIs that name our numbers: what we advertise, else our address towards the peer. */
static void our_host(char out[RT_ADDR_LEN], const struct gw *gw, const struct gw_trunk *trunk)
{
    union rt_addr local = gw->plan->sip.advertise;

    if (local.sa.sa_family == AF_UNSPEC && rt_local_towards(&local, &trunk->peer) != 0)
        local = trunk->peer;
    rt_addr_host(out, &local);
}

static bool is_v6(const char *host)
{
    return strchr(host, ':') != NULL;
}

/** `sip:+49301234@192.0.2.1;user=phone`; without digits the host alone. */
static void number_uri(char out[LEG_SIP_URI_LEN], const struct dp_number *n, const char *host)
{
    char digits[DP_TEXT_LEN];
    const char *open = is_v6(host) ? "[" : "", *close = is_v6(host) ? "]" : "";

    if (n->digits[0] == '\0')
        snprintf(out, LEG_SIP_URI_LEN, "sip:%s%s%s", open, host, close);
    else
        snprintf(out, LEG_SIP_URI_LEN, "sip:%s@%s%s%s;user=phone", dp_text(digits, n), open, host,
                 close);
}

static void add_header(struct leg_sip_identity *id, const char *name, const char *fmt,
                       const char *value)
{
    char *text = id->text[id->nheaders];

    if (fmt)
        snprintf(text, sizeof id->text[0], "<%s>", value);
    else
        rt_str_copy(text, sizeof id->text[0], rt_str(value));
    id->headers[id->nheaders++] = (struct sip_header){.name = rt_str(name), .value = rt_str(text)};
}

/** The peer's host as it stands in the Request-URI, with its port when it is not the default. */
static void peer_uri(char out[LEG_SIP_URI_LEN], const struct dp_number *n,
                     const struct gw_trunk *trunk)
{
    char digits[DP_TEXT_LEN], where[RT_ADDR_LEN];

    if (rt_addr_port(&trunk->peer) == 5060)
        rt_addr_host(where, &trunk->peer);
    else
        rt_addr_format(where, &trunk->peer);
    if (rt_addr_port(&trunk->peer) == 5060 && is_v6(where))
        snprintf(out, LEG_SIP_URI_LEN, "sip:%s@[%s];user=phone", dp_text(digits, n), where);
    else
        snprintf(out, LEG_SIP_URI_LEN, "sip:%s@%s;user=phone", dp_text(digits, n), where);
}

void leg_sip_identity(struct leg_sip_identity *out, const struct gw *gw,
                      const struct gw_trunk *trunk, const struct gw_hop *hop,
                      const struct gw_setup *setup)
{
    const struct dp_number *caller = &hop->calling;
    char host[RT_ADDR_LEN];

    memset(out, 0, sizeof *out);
    our_host(host, gw, trunk);
    peer_uri(out->request_uri, &hop->called, trunk);
    number_uri(out->from_uri, caller, host);
    rt_str_copy(out->from_name, sizeof out->from_name, rt_str(setup->name));
    if (caller->present == DP_RESTRICTED) {
        if (caller->digits[0])
            add_header(out, "P-Asserted-Identity", "<>", out->from_uri);
        rt_str_copy(out->from_uri, sizeof out->from_uri, rt_str(ANONYMOUS_URI));
        rt_str_copy(out->from_name, sizeof out->from_name, rt_str("Anonymous"));
        add_header(out, "Privacy", NULL, "id");
    } else if (caller->digits[0]) {
        add_header(out, "P-Asserted-Identity", "<>", out->from_uri);
    }
}

void leg_sip_connected(struct leg_sip_identity *out, const struct gw *gw,
                       const struct gw_trunk *trunk, const struct dp_number *connected)
{
    char host[RT_ADDR_LEN];

    memset(out, 0, sizeof *out);
    if (connected->digits[0] == '\0')
        return;
    our_host(host, gw, trunk);
    number_uri(out->from_uri, connected, host);
    add_header(out, "P-Asserted-Identity", "<>", out->from_uri);
    if (connected->present == DP_RESTRICTED)
        add_header(out, "Privacy", NULL, "id");
}

void leg_sip_moved(struct leg_sip_identity *out, const struct gw *gw, const struct gw_trunk *trunk,
                   const struct gw_cause *cause, int status)
{
    char host[RT_ADDR_LEN];
    struct dp_number n;

    memset(out, 0, sizeof *out);
    if (status != 301 || dp_number_parse(&n, rt_str(cause->diagnostic)) != 0)
        return;
    our_host(host, gw, trunk);
    number_uri(out->from_uri, &n, host);
    add_header(out, "Contact", "<>", out->from_uri);
}

/* ---- received ---- */

/** The URI inside `"Name" <uri>;params` or `uri;params`. */
static struct rt_str addr_spec(struct rt_str value)
{
    const char *open = memchr(value.p, '<', value.n);

    if (!open)
        return rt_str_trim(rt_str_cut(&value, ';'));
    struct rt_str rest = {open + 1, value.n - (size_t)(open + 1 - value.p)};
    return rt_str_cut(&rest, '>');
}

static bool is_one_of(struct rt_str word, const char *const *list)
{
    for (; *list; list++)
        if (rt_str_caseeq(word, *list))
            return true;
    return false;
}

/** Each priv-value that hides who is calling restricts the number (RFC 3323 4.2, RFC 3325 9.3;
 * ITU-T Q.1912.5 table 13). */
static bool wants_privacy(const struct sip_message *msg)
{
    static const char *const values[] = {"id", "user", "header", "full", NULL};

    for (unsigned i = 0;; i++) {
        struct rt_str list = sip_message_header(msg, "Privacy", i);
        if (list.n == 0)
            return false;
        while (list.n > 0)
            if (is_one_of(rt_str_trim(rt_str_cut(&list, ';')), values))
                return true;
    }
}

/** `sip:anonymous@...`, whatever the host: RFC 3323 4.1.1.3 recommends anonymous.invalid, many use
 * their own. */
static bool is_anonymous(struct rt_str uri)
{
    rt_str_cut(&uri, ':');
    return rt_str_caseeq(rt_str_cut(&uri, '@'), "anonymous");
}

static bool asserted(struct dp_number *out, const struct sip_message *msg)
{
    for (unsigned i = 0;; i++) {
        struct rt_str v = sip_message_header(msg, "P-Asserted-Identity", i);
        if (v.n == 0)
            return false;
        if (dp_number_from_uri(out, addr_spec(v)) == 0)
            return true;
    }
}

/** Calling number and presentation (RFC 4497 9.2.2): the asserted identity is the network's word,
 * From the user's. */
static void caller_in(struct dp_number *out, const struct sip_message *msg)
{
    if (asserted(out, msg))
        out->screen = DP_NETWORK;
    else if (dp_number_from_uri(out, msg->from_uri) == 0)
        out->screen = DP_USER_NOT_SCREENED;
    else
        memset(out, 0, sizeof *out);

    if (wants_privacy(msg) || is_anonymous(msg->from_uri))
        out->present = DP_RESTRICTED;
    else if (out->digits[0] == '\0')
        out->present = DP_UNAVAILABLE;
}

int leg_sip_setup_in(struct gw_setup *out, const struct sip_message *msg)
{
    if (dp_number_from_uri(&out->called, msg->request_uri) != 0)
        return 484;
    caller_in(&out->calling, msg);
    if (out->calling.present == DP_ALLOWED)
        sip_copy_quoted(out->name, sizeof out->name, msg->from_name);
    return 0;
}

void leg_sip_connected_in(struct dp_number *out, const struct sip_message *msg)
{
    if (!asserted(out, msg))
        memset(out, 0, sizeof *out);
    else if (wants_privacy(msg))
        out->present = DP_RESTRICTED;
}

/* ---- causes and the ladder ---- */

bool leg_sip_warns_of_media(const struct sip_message *msg)
{
    static const char *const codes[] = {"304", "305", NULL};

    for (unsigned i = 0;; i++) {
        struct rt_str v = sip_message_header(msg, "Warning", i);
        if (v.n == 0)
            return false;
        if (is_one_of(rt_str_cut(&v, ' '), codes))
            return true;
    }
}

void leg_sip_reason(struct sip_reason *out, const struct gw_cause *cause)
{
    memset(out, 0, sizeof *out);
    out->q850 = cause->q850;
    out->location = cause->location;
    rt_str_copy(out->text, sizeof out->text,
                rt_str(cause->text[0] ? cause->text : gw_cause_name(cause->q850)));
}

/** The method of a response's CSeq: `BYE`. */
static struct rt_str cseq_method(struct rt_str wire)
{
    static const char name[] = "\r\nCSeq:";
    const char *at = memmem(wire.p, wire.n, name, sizeof name - 1);

    if (!at)
        return rt_str("");
    struct rt_str rest = {at + sizeof name - 1, wire.n - (size_t)(at + sizeof name - 1 - wire.p)};
    struct rt_str value = rt_str_trim(rt_str_cut(&rest, '\r'));
    rt_str_cut(&value, ' ');
    return rt_str_trim(value);
}

static const char *has_sdp(struct rt_str wire)
{
    return memmem(wire.p, wire.n, "\r\n\r\nv=0", 7) ? " sdp" : "";
}

char *leg_sip_summary(char *out, size_t cap, struct rt_str wire)
{
    struct rt_str rest = wire, line = rt_str_cut(&rest, '\r');
    struct rt_str first = rt_str_cut(&line, ' ');

    if (!rt_str_eq(first, "SIP/2.0")) {
        rt_str_cut(&line, ':');
        struct rt_str user = rt_str_cut(&line, '@');
        bool number = rt_str_eq(first, "INVITE");
        snprintf(out, cap, "%.*s%s%.*s%s", RT_STR(first), number ? " " : "",
                 number ? (int)user.n : 0, user.p, has_sdp(wire));
        return out;
    }
    struct rt_str method = cseq_method(wire);
    if (rt_str_eq(method, "INVITE"))
        snprintf(out, cap, "%.*s%s", RT_STR(line), has_sdp(wire));
    else
        snprintf(out, cap, "%.*s (%.*s)", RT_STR(line), RT_STR(method));
    return out;
}
