/* Who diverted a call, in Diversion (RFC 5806) and History-Info (RFC 7044 and its older form RFC
 * 4244, with the causes of RFC 4458), translated as RFC 7544 does.
 *
 * Both are read from peers of our trust domain. The neutral form knows the last and the first
 * diversion and their number; those between leave as placeholders. Whoever sends it, a call that
 * was diverted too often is a loop.
 */
#include "gw/leg_sip_priv.h"

#include <stdio.h>

#define ENTRIES_MAX                                                                                \
    24 /* of a History-Info that are looked at; of ours: 20 diversions and a target */

static const char anonymous[] = "sip:anonymous@anonymous.invalid";
static const char unknown[] = "sip:unknown@unknown.invalid";

struct diversion {
    struct dp_number number;
    enum gw_redirect reason;
};

/** What one header field tells. */
struct account {
    struct diversion last, first;
    unsigned entries, count; /**< those told of; those that took place */
};

/* ---- as peers say it ---- */

static enum gw_redirect reason_of(struct rt_str word)
{
    for (int i = GW_REDIRECT_UNKNOWN; i <= GW_REDIRECT_UNAVAILABLE; i++)
        if (rt_str_caseeq(word, gw_redirect_row((enum gw_redirect)i)->word))
            return (enum gw_redirect)i;
    return GW_REDIRECT_UNKNOWN;
}

static void read_diverter(struct diversion *out, const struct sip_name_addr *a)
{
    struct rt_str privacy = sip_param(a->params, "privacy"),
                  screen = sip_param(a->params, "screen");

    memset(out, 0, sizeof *out);
    dp_number_from_uri(&out->number, a->uri); /* a name is nobody the ISDN could be told of */
    out->reason = reason_of(sip_param(a->params, "reason"));
    if (rt_str_caseeq(privacy, "full") || rt_str_caseeq(privacy, "uri"))
        out->number.present = DP_RESTRICTED;
    if (rt_str_caseeq(screen, "yes"))
        out->number.screen = DP_USER_PASSED;
}

/** The top-most Diversion is the last diversion; a counter left out counts as 1 (RFC 5806 9.2.4).
 */
static void read_diversions(struct account *out, const struct sip_message *msg)
{
    struct leg_sip_values v = {.msg = msg, .name = "Diversion"};
    struct sip_name_addr a;
    struct rt_str value;

    memset(out, 0, sizeof *out);
    while ((value = leg_sip_next(&v)).n > 0) {
        uint64_t count = 1;
        sip_name_addr(&a, value);
        read_diverter(&out->first, &a);
        if (out->entries++ == 0)
            out->last = out->first;
        rt_str_u64(&count, sip_param(a.params, "counter"), 99);
        out->count += (unsigned)count;
    }
}

/** An entry of History-Info. */
struct entry {
    struct dp_number number;
    struct rt_str index, mapped_from;
    unsigned cause;  /**< why the call came here (RFC 4458); 0: not said */
    unsigned status; /**< what became of it here, in Reason */
    bool retargeted; /**< `mp`, `rc` or `np` says how it came here */
};

/** The cause of the SIP value of an escaped Reason: `SIP%3Bcause%3D302`. */
static unsigned reason_status(struct rt_str escaped)
{
    char text[160];
    uint64_t status = 0;

    if (sip_uri_unescape(text, sizeof text, escaped) != 0)
        return 0;
    struct rt_str list = rt_str(text), value;
    while ((value = sip_list_next(&list)).n > 0)
        if (rt_str_caseeq(rt_str_trim(rt_str_cut(&value, ';')), "SIP"))
            rt_str_u64(&status, sip_param(value, "cause"), 699);
    return (unsigned)status;
}

static bool is_diversion(unsigned cause)
{
    return cause == 404 || gw_redirect_from_cause(cause) != GW_REDIRECT_UNKNOWN;
}

static void read_entry(struct entry *out, struct rt_str value)
{
    struct sip_name_addr a;
    struct sip_uri u;
    uint64_t cause = 0;

    memset(out, 0, sizeof *out);
    sip_name_addr(&a, value);
    out->index = sip_param(a.params, "index");
    out->mapped_from = sip_param(a.params, "mp");
    out->retargeted =
        out->mapped_from.p || sip_param(a.params, "rc").p || sip_param(a.params, "np").p;
    dp_number_from_uri(&out->number, a.uri);
    if (sip_uri_read(&u, a.uri) != 0)
        return;
    rt_str_u64(&cause, sip_uri_phone_param(&u, "cause"), 699);
    out->cause = (unsigned)cause;
    out->status = reason_status(sip_uri_header(&u, "Reason"));
    if (rt_str_caseeq(sip_uri_header(&u, "Privacy"), "history"))
        out->number.present = DP_RESTRICTED;
}

static bool same(struct rt_str a, struct rt_str b)
{
    return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

/** Who sent the call on to entry `i`: the one `mp` names, else the one before (RFC 7544 6). */
static const struct entry *diverter_of(const struct entry *e, unsigned i)
{
    for (unsigned k = 0; e[i].mapped_from.n > 0 && k < i; k++)
        if (same(e[k].index, e[i].mapped_from))
            return &e[k];
    return &e[i - 1];
}

/** Why the call was sent on to entry `i`; false: it was not diverted, only forwarded. The older
 * form has no word but the Reason of the entry that was left. */
static bool diverted(const struct entry *e, unsigned i, enum gw_redirect *reason)
{
    unsigned status = diverter_of(e, i)->status;

    *reason = gw_redirect_from_cause(e[i].cause ? e[i].cause : status);
    if (e[i].cause)
        return is_diversion(e[i].cause);
    return e[i].mapped_from.p || (!e[i].retargeted && is_diversion(status));
}

/** `Privacy: history` hides every entry (RFC 7044 10.1.1). */
static bool hides_history(const struct sip_message *msg)
{
    struct leg_sip_values v = {.msg = msg, .name = "Privacy"};
    struct rt_str list;

    while ((list = leg_sip_next(&v)).n > 0)
        while (list.n > 0)
            if (rt_str_caseeq(rt_str_trim(rt_str_cut(&list, ';')), "history"))
                return true;
    return false;
}

static void read_history(struct account *out, const struct sip_message *msg)
{
    struct leg_sip_values v = {.msg = msg, .name = "History-Info"};
    struct entry e[ENTRIES_MAX];
    struct rt_str value;
    bool hidden = hides_history(msg);
    unsigned n = 0;

    memset(out, 0, sizeof *out);
    while (n < ENTRIES_MAX && (value = leg_sip_next(&v)).n > 0)
        read_entry(&e[n++], value);
    for (unsigned i = 1; i < n; i++) {
        struct diversion d = {.reason = GW_REDIRECT_UNKNOWN};
        if (!diverted(e, i, &d.reason))
            continue;
        d.number = diverter_of(e, i)->number;
        if (hidden)
            d.number.present = DP_RESTRICTED;
        if (out->entries++ == 0)
            out->first = d;
        out->last = d;
        out->count++;
    }
}

int leg_sip_redirect_in(struct gw_setup *out, const struct gw_trunk *trunk,
                        const struct sip_message *msg)
{
    struct account diversions, history;
    const struct account *a = &diversions;

    read_diversions(&diversions, msg);
    read_history(&history, msg);
    if (history.count > diversions.count) /* else they are equivalent (RFC 7544 7.4) */
        a = &history;
    if (a->count > trunk->identity.redirections)
        return 483;
    if (trunk->identity.untrusted)
        return 0;
    out->redirections = a->count;
    out->redirecting = a->last.number;
    out->redirect_reason = a->last.reason;
    if (a->entries > 1) {
        out->original = a->first.number;
        out->original_reason = a->first.reason;
    }
    return 0;
}

/* ---- as we say it ---- */

/** The URI of one who diverted; nobody outside our trust domain learns a restricted number. */
static void diverter_uri(char out[LEG_SIP_URI_LEN], const struct gw_trunk *trunk,
                         const struct dp_number *n, const char *host)
{
    bool hidden = n->present == DP_RESTRICTED;

    if (hidden && (trunk->identity.untrusted || n->digits[0] == '\0'))
        rt_str_copy(out, LEG_SIP_URI_LEN, rt_str(anonymous));
    else if (n->digits[0] == '\0')
        rt_str_copy(out, LEG_SIP_URI_LEN, rt_str(unknown));
    else
        leg_sip_number_uri(out, n, host);
}

static void put_diversion(struct leg_sip_identity *out, const struct gw_trunk *trunk,
                          const struct dp_number *n, enum gw_redirect reason, unsigned count,
                          const char *host)
{
    static const char *const screens[] = {[DP_USER_NOT_SCREENED] = "",
                                          [DP_USER_PASSED] = ";screen=yes",
                                          [DP_USER_FAILED] = ";screen=no",
                                          [DP_NETWORK] = ";screen=yes"};
    char uri[LEG_SIP_URI_LEN];

    diverter_uri(uri, trunk, n, host);
    leg_sip_add(out, "Diversion", "<%s>;reason=%s%s;privacy=%s;counter=%u", uri,
                gw_redirect_row(reason)->word, screens[n->screen & 3],
                n->present == DP_RESTRICTED ? "full" : "off", count);
}

/** Two lines at most: the last diversion, then the first, whose counter is 1 (RFC 5806 9.2.3). */
static void put_diversions(struct leg_sip_identity *out, const struct gw_trunk *trunk,
                           const struct gw_setup *s, unsigned count, const char *host)
{
    bool two = count > 1 && s->original.digits[0];

    put_diversion(out, trunk, &s->redirecting, s->redirect_reason, two ? count - 1 : count, host);
    if (two)
        put_diversion(out, trunk, &s->original, s->original_reason, 1, host);
}

/** The `i`-th of `count` who diverted, from the first on. */
static const struct dp_number *diverter(const struct gw_setup *s, unsigned i, unsigned count,
                                        enum gw_redirect *reason)
{
    static const struct dp_number nobody;

    *reason = i + 1 == count ? s->redirect_reason
              : i == 0       ? s->original_reason
                             : GW_REDIRECT_UNKNOWN;
    return i + 1 == count ? &s->redirecting : i == 0 ? &s->original : &nobody;
}

/** An entry at depth `i` (0: the first): `<uri;cause=N?Privacy=history>;index=1.1;mp=1`. */
static void put_entry(struct rt_buf *out, unsigned i, const char *uri, unsigned cause, bool hidden)
{
    char index[2 * ENTRIES_MAX + 2] = "1", came[16] = "", from[sizeof index + 4] = "";

    for (unsigned k = 1; k < i; k++)
        strcat(index, ".1");
    if (i > 0) {
        snprintf(came, sizeof came, ";cause=%u", cause);
        snprintf(from, sizeof from, ";mp=%s", index);
        strcat(index, ".1");
    }
    rt_buf_printf(out, "%s<%s%s%s>;index=%s%s", i > 0 ? ", " : "", uri, came,
                  hidden ? "?Privacy=history" : "", index, from);
}

/** As many entries as there were diversions, and the target (RFC 7544 5). */
static void put_history(struct leg_sip_identity *out, const struct gw_trunk *trunk,
                        const struct gw_setup *s, unsigned count, const char *host,
                        const char *target)
{
    char uri[LEG_SIP_URI_LEN];
    enum gw_redirect reason = GW_REDIRECT_UNKNOWN;
    struct rt_buf list = {0};

    for (unsigned i = 0; i < count; i++) {
        unsigned cause = gw_redirect_row(reason)->cause; /* of the one before */
        const struct dp_number *n = diverter(s, i, count, &reason);
        diverter_uri(uri, trunk, n, host);
        put_entry(&list, i, uri, cause, n->present == DP_RESTRICTED);
    }
    put_entry(&list, count, target, gw_redirect_row(reason)->cause, false);
    unsigned had = out->nheaders;
    leg_sip_add(out, "History-Info", "%.*s", RT_STR(rt_buf_str(&list)));
    rt_buf_release(&list);
    if (out->nheaders > had)
        leg_sip_add(out, "Supported", "histinfo");
}

void leg_sip_redirect(struct leg_sip_identity *out, const struct gw_trunk *trunk,
                      const struct gw_setup *setup, const char *host, const char *target)
{
    unsigned count = setup->redirections < ENTRIES_MAX ? setup->redirections : ENTRIES_MAX - 1;

    if (count == 0 && setup->redirecting.digits[0])
        count = setup->original.digits[0] ? 2 : 1; /* an ISDN that does not count */
    if (count == 0)
        return;
    if (trunk->identity.diversion)
        put_diversions(out, trunk, setup, count, host);
    if (trunk->identity.history)
        put_history(out, trunk, setup, count, host, target);
}
