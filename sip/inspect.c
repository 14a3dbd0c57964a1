/* What a request may ask for (RFC 3261 8.2.2, 8.2.3), and refusals that tell the far end how to do
 * better.
 */
#include "sip/session.h"
#include "sip/text.h"

const struct sip_session_options *sip_ua_options(const struct sip_ua *ua, const void *owner)
{
    static const struct sip_session_options none;
    const struct sip_session_options *o =
        owner && ua->ops->options ? ua->ops->options(ua->arg, owner) : NULL;

    return o ? o : &none;
}

static bool has_scheme(struct rt_str uri, const char *scheme)
{
    return rt_str_caseeq(rt_str_cut(&uri, ':'), scheme);
}

/** No Accept field means SDP, an empty one that nothing is acceptable (RFC 3261 20.1). */
static bool accepts_sdp(const struct sip_msg *m)
{
    static const char *const good[] = {"application/sdp", "application/*", "*/*"};

    if (!sip_scan_has(&m->scan, "Accept", 0))
        return true;
    for (size_t k = 0; k < RT_COUNT(good); k++)
        if (sip_has_token(&m->scan, "Accept", good[k]))
            return true;
    return false;
}

static bool is_encoded(const struct sip_msg *m)
{
    struct rt_str coding = rt_str_trim(sip_scan_header(&m->scan, "Content-Encoding", 0));
    return coding.n > 0 && !rt_str_caseeq(coding, "identity");
}

/* ---- option tags ---- */

static bool supports(const struct sip_session_options *opt, struct rt_str tag)
{
    struct rt_str ours = rt_str(sip_session_supported(opt)), one;

    while ((one = sip_list_next(&ours)).n > 0)
        if (one.n == tag.n && strncasecmp(one.p, tag.p, tag.n) == 0)
            return true;
    return false;
}

/** Appends the tags of Require that we do not have, to `out` if there is one. True: there are some.
 */
static bool unsupported(const struct sip_session_options *opt, const struct sip_msg *m,
                        struct rt_buf *out)
{
    bool some = false;

    for (unsigned i = 0;; i++) {
        struct rt_str rest = sip_scan_header(&m->scan, "Require", i), tag;
        if (rest.n == 0)
            return some;
        while ((tag = sip_list_next(&rest)).n > 0) {
            if (supports(opt, tag))
                continue;
            if (out)
                rt_buf_printf(out, "%s%.*s", some ? ", " : "", RT_STR(tag));
            some = true;
        }
    }
}

/* ---- judged ---- */

int sip_inspect_inside(const struct sip_session_options *opt, const struct sip_msg *m)
{
    struct rt_str type = m->pub.body.type;

    if (unsupported(opt, m, NULL))
        return 420;
    if (m->method != SIP_INVITE && m->method != SIP_UPDATE && m->method != SIP_PRACK)
        return 0;
    if (is_encoded(m) || (m->pub.body.data.n > 0 &&
                          !rt_str_caseeq(rt_str_trim(rt_str_cut(&type, ';')), "application/sdp")))
        return 415;
    /* An UPDATE or PRACK without an offer is answered without a description. */
    bool described = m->method == SIP_INVITE || m->pub.body.data.n > 0;
    return !described || accepts_sdp(m) ? 0 : 406;
}

/** A call to the emergency service by its name (RFC 5031). */
static bool is_sos(const struct sip_msg *m)
{
    static const char name[] = "urn:service:sos";
    struct rt_str uri = m->pub.request_uri;
    size_t n = sizeof name - 1;

    return m->method == SIP_INVITE && uri.n >= n && rt_str_caseeq((struct rt_str){uri.p, n}, name);
}

/** RFC 3891 3: one at most, and in INVITE alone. */
static bool bad_replaces(const struct sip_msg *m)
{
    return sip_scan_header(&m->scan, "Replaces", m->method == SIP_INVITE).n > 0;
}

int sip_inspect(const struct sip_session_options *opt, const struct sip_msg *m)
{
    bool able = sip_has_token(&m->scan, "Supported", "100rel") ||
                sip_has_token(&m->scan, "Require", "100rel");

    bool secure = m->pub.transport == SIP_TLS; /* sips: is a promise that only TLS keeps */

    if (!has_scheme(m->pub.request_uri, "sip") && !has_scheme(m->pub.request_uri, "tel") &&
        !(secure && has_scheme(m->pub.request_uri, "sips")) && !is_sos(m))
        return 416;
    if (bad_replaces(m))
        return 400;
    int status = sip_inspect_inside(opt, m);
    if (status == 0 && m->method == SIP_INVITE && opt->reliable == SIP_REQUIRED && !able)
        return 421;
    return status ? status : sip_expiry_inspect(opt, m);
}

/* ---- refused ---- */

void sip_accept(struct rt_buf *lines, const struct sip_session_options *opt)
{
    rt_buf_printf(lines, "Accept: application/sdp%s%s\r\n", opt->accept ? ", " : "",
                  opt->accept ? opt->accept : "");
}

void sip_advise(struct rt_buf *lines, const struct sip_session_options *opt,
                const struct sip_msg *m, int status)
{
    switch (status) {
    case 200: /* to OPTIONS */
    case 415:
        sip_accept(lines, opt);
        if (is_encoded(m))
            rt_buf_puts(lines, "Accept-Encoding: identity\r\n");
        break;
    case 420:
        rt_buf_puts(lines, "Unsupported: ");
        unsupported(opt, m, lines);
        rt_buf_puts(lines, "\r\n");
        break;
    case 421:
        rt_buf_puts(lines, "Require: 100rel\r\n");
        break;
    case 422:
        sip_expiry_min(opt, lines);
        break;
    case 489:
        rt_buf_puts(lines, "Allow-Events: refer\r\n");
        break;
    default:
        break;
    }
}
