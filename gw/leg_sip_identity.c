/* Who calls whom in SIP's own headers, as we say it: Request-URI, From, the identity that we assert
 * and the privacy that goes with it.
 *
 * RFC 3398 12 (numbers), RFC 3323 and 3325 (Privacy, P-Asserted-Identity, P-Preferred-Identity),
 * draft-ietf-sip-privacy-04 (Remote-Party-ID). A restricted number is only told to peers of our
 * trust domain. Screening indicators are not translated, presentation is (RFC 3398 12.1);
 * Remote-Party-ID alone has a word for screening.
 */
#include "gw/gw.h"
#include "gw/leg_sip_priv.h"

#include <stddef.h>
#include <stdio.h>

#define HOST_LEN      256 /* a domain's name; an IPv6 address with its brackets */
#define ANONYMOUS_URI "sip:anonymous@anonymous.invalid"

/* ---- URIs ---- */

static void put_host(char out[HOST_LEN], const union rt_addr *a)
{
    char host[RT_ADDR_LEN];

    rt_addr_host(host, a);
    snprintf(out, HOST_LEN, strchr(host, ':') ? "[%s]" : "%s", host);
}

/** Host of URIs that name our numbers: what we advertise, else our address towards the peer (IPv6
 * in brackets), else the peer's domain, where its address is not known beforehand. */
static void our_host(char out[HOST_LEN], const struct gw *gw, const struct gw_trunk *trunk)
{
    union rt_addr local = gw->plan->sip.advertise;

    if (local.sa.sa_family == AF_UNSPEC && trunk->by_enum) /* its peers are anywhere */
        local = gw->plan->media.address.sa.sa_family != AF_UNSPEC ? gw->plan->media.address
                                                                  : gw->plan->sip.listen[0].addr;
    if (local.sa.sa_family == AF_UNSPEC && trunk->peer.sa.sa_family == AF_UNSPEC) {
        rt_str_copy(out, HOST_LEN, rt_str(trunk->to.domain)); /* no address to go by */
        return;
    }
    if (local.sa.sa_family == AF_UNSPEC && rt_local_towards(&local, &trunk->peer) != 0)
        local = trunk->peer;
    put_host(out, &local);
}

/** The number as a user part: `#` has to be escaped there. */
static char *number_user(char out[3 * DP_TEXT_LEN], const struct dp_number *n)
{
    char text[DP_TEXT_LEN];

    sip_uri_escape(out, 3 * DP_TEXT_LEN, rt_str(dp_text(text, n)), SIP_URI_USER);
    return out;
}

static void party_uri(char out[LEG_SIP_URI_LEN], const struct dp_number *n,
                      const struct gw_subaddress *sub, const char *host)
{
    char user[3 * DP_TEXT_LEN], isub[LEG_SIP_ISUB_LEN] = "";

    if (sub)
        leg_sip_isub(isub, sizeof isub, sub);
    if (n->digits[0] == '\0')
        RT_JOIN(out, LEG_SIP_URI_LEN, rt_str("sip:"), rt_str(host));
    else
        RT_JOIN(out, LEG_SIP_URI_LEN, rt_str("sip:"), rt_str(number_user(user, n)), rt_str(isub),
                rt_str("@"), rt_str(host), rt_str(";user=phone"));
}

void leg_sip_number_uri(char out[LEG_SIP_URI_LEN], const struct dp_number *n, const char *host)
{
    party_uri(out, n, NULL, host);
}

/** The peer's host as it stands in the Request-URI, with its port when it is not the default. */
static void peer_uri(char out[LEG_SIP_URI_LEN], const struct gw_trunk *trunk,
                     const struct gw_hop *hop, const struct gw_setup *setup)
{
    char user[3 * DP_TEXT_LEN], address[HOST_LEN], isub[LEG_SIP_ISUB_LEN];
    const char *where = trunk->to.where ? trunk->to.where : address;
    size_t n, after = strlen("@;user=phone");

    if (trunk->peer.sa.sa_family == AF_UNSPEC)
        address[0] = '\0';
    else if (rt_addr_port(&trunk->peer) == 5060)
        put_host(address, &trunk->peer);
    else
        rt_addr_format(address, &trunk->peer);
    after += strlen(where) + 1;
    leg_sip_isub(isub, sizeof isub, &setup->called_sub);
    RT_JOIN(out, LEG_SIP_URI_LEN, rt_str("sip:"), rt_str(number_user(user, &hop->called)),
            rt_str(isub));
    n = strlen(out);
    leg_sip_carrier(out + n, n + after < LEG_SIP_URI_LEN ? LEG_SIP_URI_LEN - n - after : 0, trunk,
                    setup, hop);
    n = strlen(out);
    RT_JOIN(out + n, LEG_SIP_URI_LEN - n, rt_str("@"), rt_str(where), rt_str(";user=phone"));
}

/* ---- header fields ---- */

void leg_sip_add(struct leg_sip_identity *id, const char *name, const char *fmt, ...)
{
    char *text = id->text + id->used;
    size_t room = sizeof id->text - id->used;
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(text, room, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= room || id->nheaders == LEG_SIP_HEADERS)
        return;
    id->used += (size_t)n + 1;
    id->headers[id->nheaders++] =
        (struct sip_header){.name = rt_str(name), .value = {text, (size_t)n}};
}

/** `"Name" ` before the angle bracket, or nothing. */
static void display(char out[160], const char *name)
{
    struct rt_buf quoted = {0};

    out[0] = '\0';
    if (name[0] == '\0')
        return;
    sip_put_quoted(&quoted, rt_str(name));
    RT_JOIN(out, 160, rt_str("\""), rt_buf_str(&quoted), rt_str("\" "));
    rt_buf_release(&quoted);
}

static bool screened(const struct dp_number *n)
{
    return n->screen == DP_NETWORK || n->screen == DP_USER_PASSED;
}

/** Says in the peer's form that `n` is the number. `party` is Remote-Party-ID's word. */
static void put_identity(struct leg_sip_identity *out, const struct gw_trunk *trunk,
                         const struct dp_number *n, const char *uri, const char *name,
                         const char *party)
{
    static const char *const fields[] = {
        [GW_IDENTITY_PAI] = "P-Asserted-Identity", [GW_IDENTITY_PPI] = "P-Preferred-Identity"};
    const struct gw_identity_plan *plan = &trunk->identity;
    char shown[160], text[DP_TEXT_LEN];

    display(shown, name);
    if (plan->form == GW_IDENTITY_FROM)
        return;
    if (plan->form == GW_IDENTITY_RPID) {
        leg_sip_add(out, "Remote-Party-ID", "%s<%s>;party=%s;screen=%s;privacy=%s", shown, uri,
                    party, screened(n) ? "yes" : "no",
                    n->present == DP_RESTRICTED ? "full" : "off");
        return;
    }
    leg_sip_add(out, fields[plan->form], "%s<%s>", shown, uri);
    if (plan->both && n->e164) /* a local number makes no tel: URI without its context */
        leg_sip_add(out, fields[plan->form], "<tel:%s>", dp_text(text, n));
}

static void put_caller(struct leg_sip_identity *out, const struct gw_trunk *trunk,
                       const struct dp_number *caller, const char *name)
{
    bool restricted = caller->present == DP_RESTRICTED;

    if (!restricted)
        rt_str_copy(out->from_name, sizeof out->from_name, rt_str(name));
    if (caller->digits[0] && !trunk->identity.untrusted)
        put_identity(out, trunk, caller, out->from_uri, out->from_name, "calling");
    if (!restricted)
        return;
    rt_str_copy(out->from_uri, sizeof out->from_uri, rt_str(ANONYMOUS_URI));
    rt_str_copy(out->from_name, sizeof out->from_name, rt_str("Anonymous"));
    leg_sip_add(out, "Privacy", "id");
}

/* ---- messages ---- */

void leg_sip_identity(struct leg_sip_identity *out, const struct gw *gw,
                      const struct gw_trunk *trunk, const struct gw_hop *hop,
                      const struct gw_setup *setup)
{
    char host[HOST_LEN];

    memset(out, 0, offsetof(struct leg_sip_identity, text));
    our_host(host, gw, trunk);
    peer_uri(out->request_uri, trunk, hop, setup);
    party_uri(out->from_uri, &hop->calling, &setup->calling_sub, host);
    leg_sip_contact(out->contact_user, sizeof out->contact_user, setup, &hop->calling);
    put_caller(out, trunk, &hop->calling, setup->name_restricted ? "" : setup->name);
    leg_sip_redirect(out, trunk, setup, host, out->request_uri);
    leg_sip_uui(out, &setup->uui);
    leg_sip_early_header(out, trunk, "supported");
}

void leg_sip_progress(struct leg_sip_identity *out, const struct gw_trunk *trunk,
                      const struct gw_event *ev, bool heard)
{
    memset(out, 0, offsetof(struct leg_sip_identity, text));
    leg_sip_uui(out, &ev->uui);
    leg_sip_early_header(out, trunk, heard ? "sendrecv" : "inactive");
}

void leg_sip_lines(struct rt_buf *out, const struct leg_sip_identity *id)
{
    for (unsigned i = 0; i < id->nheaders; i++)
        rt_buf_printf(out, "%.*s: %.*s\r\n", RT_STR(id->headers[i].name),
                      RT_STR(id->headers[i].value));
}

/** Adds the identity of `ev` in the peer's form. */
static void put_party(struct leg_sip_identity *out, const struct gw *gw,
                      const struct gw_trunk *trunk, const struct gw_event *ev, const char *party)
{
    const struct dp_number *n = &ev->connected;
    char host[HOST_LEN];

    if (n->digits[0] == '\0' || trunk->identity.untrusted)
        return;
    our_host(host, gw, trunk);
    party_uri(out->from_uri, n, &ev->connected_sub, host);
    put_identity(out, trunk, n, out->from_uri, ev->name, party);
    if (n->present == DP_RESTRICTED)
        leg_sip_add(out, "Privacy", "id");
}

void leg_sip_connected(struct leg_sip_identity *out, const struct gw *gw,
                       const struct gw_trunk *trunk, const struct gw_event *ev)
{
    memset(out, 0, offsetof(struct leg_sip_identity, text));
    leg_sip_uui(out, &ev->uui);
    put_party(out, gw, trunk, ev, "called");
}

void leg_sip_party(struct leg_sip_identity *out, const struct gw *gw, const struct gw_trunk *trunk,
                   const struct gw_event *ev, const char *party)
{
    memset(out, 0, offsetof(struct leg_sip_identity, text));
    put_party(out, gw, trunk, ev, party);
}

void leg_sip_moved(struct leg_sip_identity *out, const struct gw *gw, const struct gw_trunk *trunk,
                   const struct gw_cause *cause, int status)
{
    char host[HOST_LEN];
    struct dp_number n;

    memset(out, 0, offsetof(struct leg_sip_identity, text));
    if ((status != 301 && status != 302) || dp_number_parse(&n, rt_str(cause->diagnostic)) != 0)
        return;
    our_host(host, gw, trunk);
    leg_sip_number_uri(out->from_uri, &n, host);
    leg_sip_add(out, "Contact", "<%s>", out->from_uri);
}
