/* From octets to a checked message: our scan, libosip2's grammar, and the checks libosip2 leaves
 * out (RFC 4475: CSeq and status ranges, version, missing fields, methods that disagree).
 */
#include "sip/arena.h"
#include "sip/message.h"
#include "sip/plain.h"
#include "sip/reason.h"
#include "sip/strict.h"
#include "sip/text.h"

#include <sys/time.h>
#include <osipparser2/osip_message.h>
#include <osipparser2/osip_parser.h>

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define CSEQ_MAX   0x7fffffffu /* RFC 3261 8.1.1.5: less than 2**31 */
#define BRANCH_TAG "z9hG4bK"

static const char *const method_names[] = {
    [SIP_INVITE] = "INVITE", [SIP_ACK] = "ACK",         [SIP_BYE] = "BYE",
    [SIP_CANCEL] = "CANCEL", [SIP_OPTIONS] = "OPTIONS", [SIP_INFO] = "INFO",
    [SIP_PRACK] = "PRACK",   [SIP_UPDATE] = "UPDATE",   [SIP_REFER] = "REFER",
    [SIP_NOTIFY] = "NOTIFY",
};
static const char *const not_ours[] = {"REGISTER", "MESSAGE", "SUBSCRIBE", "PUBLISH"};

const char *sip_method_name(enum sip_method m)
{
    return m < SIP_KNOWN ? method_names[m] : "";
}

enum sip_method sip_method_of(struct rt_str name)
{
    for (unsigned i = 0; i < SIP_KNOWN; i++)
        if (rt_str_eq(name, method_names[i]))
            return (enum sip_method)i;
    for (size_t i = 0; i < RT_COUNT(not_ours); i++)
        if (rt_str_eq(name, not_ours[i]))
            return SIP_KNOWN;
    return SIP_UNKNOWN;
}

static void no_trace(const char *file, int line, osip_trace_level_t level, const char *fmt,
                     va_list ap)
{
    (void)file, (void)line, (void)level, (void)fmt, (void)ap;
}

void sip_parser_init(void)
{
    static bool done;

    if (done)
        return;
    done = true;
    parser_init();
    osip_trace_initialize_func(TRACE_LEVEL0, no_trace); /* else it prints each bad message */
    sip_arena_install();
}

/** The message as libosip2 is to see it: it would take a multipart body apart, and knows neither
 * binary parts nor blanks after a boundary. So its type gets another name; body.c reads it. */
static struct rt_str for_grammar(const struct sip_msg *m, struct rt_str wire)
{
    static _Thread_local char copy[SIP_MESSAGE_MAX + 1];
    struct rt_str type = m->pub.body.type;

    if (type.n < 10 || strncasecmp(type.p, "multipart/", 10) != 0 || wire.n > SIP_MESSAGE_MAX)
        return wire;
    memcpy(copy, wire.p, wire.n);
    copy[wire.n] = '\0';
    copy[type.p - wire.p] = 'x';
    return (struct rt_str){copy, wire.n};
}

bool sip_grammatical(const struct sip_msg *m, struct rt_str wire)
{
    osip_message_t *o = NULL;

    wire = for_grammar(m, wire);
    sip_arena_begin();
    bool good = osip_message_init(&o) == 0 && osip_message_parse(o, wire.p, wire.n) == 0;
    if (!sip_arena_end() && o)
        osip_message_free(o);
    return good;
}

/** `SIP/2.0 200 OK`: exactly three digits, 100..699. */
static int read_status_line(struct sip_msg *m)
{
    struct rt_str rest = m->scan.start;
    uint64_t status;

    rt_str_cut(&rest, ' ');
    struct rt_str code = rt_str_cut(&rest, ' ');
    if (code.n != 3 || rt_str_u64(&status, code, 699) != 0 || status < 100)
        return EBADMSG;
    m->pub.status = (int)status;
    return 0;
}

/** `INVITE sip:x@y SIP/2.0`. What ends in a version is a request, if only a bad one. */
static int read_request_line(struct sip_msg *m)
{
    struct rt_str rest = m->scan.start;
    const char *space = memrchr(rest.p, ' ', rest.n);

    if (!space)
        return EBADMSG;
    struct rt_str version = {space + 1, rest.n - (size_t)(space + 1 - rest.p)};
    m->pub.method = rt_str_cut(&rest, ' ');
    m->pub.request_uri = rt_str_cut(&rest, ' ');
    m->method = sip_method_of(m->pub.method);
    if (m->pub.method.n == 0 || version.n < 4 || strncasecmp(version.p, "SIP/", 4) != 0)
        return EBADMSG;
    if (rest.p != version.p)
        return 400;
    return rt_str_caseeq(version, "SIP/2.0") ? 0 : 505;
}

static int read_cseq(struct sip_msg *m)
{
    struct rt_str rest = sip_scan_header(&m->scan, "CSeq", 0);
    uint64_t n;
    size_t i = 0;

    while (i < rest.n && rest.p[i] >= '0' && rest.p[i] <= '9')
        i++;
    int err = rt_str_u64(&n, (struct rt_str){rest.p, i}, CSEQ_MAX);
    m->cseq_method = rt_str_trim((struct rt_str){rest.p + i, rest.n - i});
    if (err != 0 || m->cseq_method.n == 0)
        return 400;
    m->cseq = (uint32_t)n;
    if (m->pub.status)
        m->method = sip_method_of(m->cseq_method);
    else if (m->cseq_method.n != m->pub.method.n ||
             memcmp(m->cseq_method.p, m->pub.method.p, m->pub.method.n) != 0)
        return 400;
    return 0;
}

/** The transaction's identity: a branch that is nothing but the magic cookie is none. */
static void read_via(struct sip_msg *m)
{
    struct rt_str all = sip_scan_header(&m->scan, "Via", 0), params;

    m->via = sip_list_next(&all);
    params = m->via;
    rt_str_cut(&params, ';');
    m->branch = sip_param(params, "branch");
    if (m->branch.n <= sizeof BRANCH_TAG - 1 ||
        strncasecmp(m->branch.p, BRANCH_TAG, sizeof BRANCH_TAG - 1) != 0)
        m->branch = (struct rt_str){"", 0};
}

static void read_parties(struct sip_msg *m)
{
    struct sip_name_addr a;
    struct rt_str contacts = sip_scan_header(&m->scan, "Contact", 0);

    m->from = sip_scan_header(&m->scan, "From", 0);
    sip_name_addr(&a, m->from);
    m->pub.from_uri = a.uri;
    m->pub.from_name = a.name;
    m->from_tag = sip_param(a.params, "tag");
    m->to = sip_scan_header(&m->scan, "To", 0);
    sip_name_addr(&a, m->to);
    m->pub.to_uri = a.uri;
    m->to_tag = sip_param(a.params, "tag");
    sip_name_addr(&a, sip_list_next(&contacts));
    m->pub.contact_uri = a.uri;
}

/** A number before any parameters; `deflt` when the field is absent or is none. */
static int read_number(const struct sip_msg *m, const char *name, int deflt, uint64_t max)
{
    struct rt_str value = sip_scan_header(&m->scan, name, 0);
    size_t digits = 0;
    uint64_t n;

    while (digits < value.n && isdigit((unsigned char)value.p[digits]))
        digits++;
    return rt_str_u64(&n, (struct rt_str){value.p, digits}, max) == 0 ? (int)n : deflt;
}

static bool has_all(const struct sip_msg *m)
{
    return m->via.n > 0 && m->from.n > 0 && m->to.n > 0 && m->pub.call_id.n > 0;
}

/** True when a field that may stand once stands twice. */
static bool doubled(const struct sip_scan *s)
{
    static const char *const once[] = {"From", "To", "Call-ID", "CSeq", "Content-Length"};

    for (size_t i = 0; i < RT_COUNT(once); i++)
        if (sip_scan_header(s, once[i], 1).n > 0)
            return true;
    return false;
}

/** An IPv6 address without its brackets: nobody knows where the port begins (RFC 5118 4.2). */
static bool bare_ipv6(struct rt_str uri)
{
    struct rt_str scheme = rt_str_cut(&uri, ':');
    struct rt_str host = sip_uri_host(uri);

    rt_str_cut(&host, ':');
    return rt_str_caseeq(scheme, "sip") && memchr(host.p, ':', host.n) &&
           !memchr(host.p, ']', host.n);
}

/** Without brackets around it, nobody knows whose the `?` is (RFC 3261 20.10). */
static bool bare_question(struct rt_str value)
{
    struct sip_name_addr a;

    sip_name_addr(&a, value);
    return a.uri.p == value.p && memchr(value.p, '?', value.n);
}

/** What libosip2 lets pass. */
static bool ambiguous(const struct sip_msg *m)
{
    struct rt_str contacts = sip_scan_header(&m->scan, "Contact", 0);

    return m->scan.bad_length || doubled(&m->scan) || bare_question(m->from) ||
           bare_question(m->to) || bare_question(sip_list_next(&contacts)) ||
           (!m->pub.status && bare_ipv6(m->pub.request_uri));
}

static bool foreign_scheme(struct rt_str uri)
{
    struct rt_str scheme = rt_str_cut(&uri, ':');
    return uri.n > 0 && scheme.n > 0 && isalpha((unsigned char)scheme.p[0]) &&
           !rt_str_caseeq(scheme, "sip") && !rt_str_caseeq(scheme, "sips") &&
           !rt_str_caseeq(scheme, "tel");
}

/** In the order of RFC 3261 8.2: the version, the method, then the rest. */
static int judge(struct sip_msg *m, struct rt_str wire, int first)
{
    int err = read_cseq(m);
    bool plain = sip_plain(m, wire);
    bool strict = plain || sip_strict(m, (struct rt_str){wire.p, wire.n - m->scan.body.n});

    if (!has_all(m))
        return EBADMSG; /* nobody to answer */
    if (first != 0 || !strict)
        return first != 0 ? first : 400;
    if (!m->pub.status && m->method == SIP_UNKNOWN)
        return 501;
    if (err != 0)
        return err;
    if (plain)
        return 0;
    if (ambiguous(m) || memchr(wire.p, '\0', wire.n - m->scan.body.n))
        return 400;
    if (sip_grammatical(m, wire))
        return 0;
    /* libosip2 cannot read every scheme */
    return !m->pub.status && foreign_scheme(m->pub.request_uri) ? 416 : 400;
}

int sip_msg_read(struct sip_msg *m, struct rt_str wire)
{
    memset(&m->pub, 0, sizeof m->pub);
    int err = sip_scan(&m->scan, wire);
    if (err != 0)
        return EBADMSG;
    wire.n = m->scan.total;
    bool response = m->scan.start.n > 8 && strncasecmp(m->scan.start.p, "SIP/2.0 ", 8) == 0;
    int first = response ? read_status_line(m) : read_request_line(m);
    if (first == EBADMSG)
        return EBADMSG;
    m->pub.call_id = sip_scan_header(&m->scan, "Call-ID", 0);
    read_via(m);
    read_parties(m);
    m->pub.body.data = m->scan.body;
    m->pub.body.type = sip_scan_header(&m->scan, "Content-Type", 0);
    m->pub.parsed = &m->scan;
    m->pub.max_forwards = response ? 0 : read_number(m, "Max-Forwards", 70, 255);
    m->pub.retry_after = response ? read_number(m, "Retry-After", -1, INT32_MAX) : -1;
    err = judge(m, wire, first);
    if (err == 0)
        sip_reason_read(&m->pub.reason, &m->scan);
    return response && err != 0 ? EBADMSG : err;
}

struct rt_str sip_message_header(const struct sip_message *m, const char *name, unsigned i)
{
    return sip_scan_header(m->parsed, name, i);
}
