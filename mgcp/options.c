/* LocalConnectionOptions, connection modes and the statistics of connections: lists of names with
 * values, each read by a function of its own. Whether the values can be had is for others to say.
 */
#include "mgcp/options.h"

#include "mgcp/mgcp.h"
#include "mgcp/text.h"

#include <ctype.h>
#include <errno.h>

/** Return codes of what can be wrong. */
#define SYNTAX       510
#define NO_PACKAGE   518
#define INCONSISTENT 524
#define EXTENSION    525
#define BAD_VALUE    532
#define BAD_PERIOD   535
#define BAD_OPTION   541

#define NUMBER_MAX 9999 /**< periods, bandwidths and gains have four digits */

/** The place of a word in a list that ends with NULL; -1: it is not there. */
static int word(const char *const *list, struct rt_str s)
{
    for (int i = 0; list[i]; i++)
        if (rt_str_caseeq(s, list[i]))
            return i;
    return -1;
}

static unsigned one_of(const char *const *list, struct rt_str s)
{
    return s.n == 0 ? SYNTAX : word(list, s) < 0 ? BAD_VALUE : 0;
}

static unsigned read_switch(int *out, struct rt_str s)
{
    static const char *const words[] = {"off", "on", NULL};

    *out = word(words, s);
    return one_of(words, s);
}

/** "20", "10-20" */
static unsigned read_range(unsigned *min, unsigned *max, struct rt_str s)
{
    struct rt_str to = s, from = rt_str_cut(&to, '-');
    uint64_t a, b;

    if (from.n == s.n)
        to = from;
    if (from.n > 4 || to.n > 4 || rt_str_u64(&a, from, NUMBER_MAX) != 0 ||
        rt_str_u64(&b, to, NUMBER_MAX) != 0)
        return SYNTAX;
    *min = (unsigned)a;
    *max = (unsigned)b;
    return a > b ? INCONSISTENT : 0;
}

static unsigned read_codecs(struct mgcp_options *o, struct rt_str s)
{
    if (s.n == 0)
        return SYNTAX;
    while (s.n > 0) {
        struct rt_str one = rt_str_trim(rt_str_cut(&s, ';'));

        if (one.n == 0)
            return SYNTAX;
        if (o->ncodecs < MGCP_CODECS_MAX) /* the rest is the least wanted */
            o->codec[o->ncodecs++] = one;
    }
    return 0;
}

static unsigned read_period(struct mgcp_options *o, struct rt_str s)
{
    unsigned code = read_range(&o->ptime_min, &o->ptime_max, s);

    return code == 0 && o->ptime_min == 0 ? BAD_PERIOD : code;
}

static unsigned read_bandwidth(struct mgcp_options *o, struct rt_str s)
{
    return read_range(&o->bandwidth_min, &o->bandwidth, s);
}

static unsigned read_tos(struct mgcp_options *o, struct rt_str s)
{
    static const char digits[] = "0123456789abcdef";
    unsigned tos = 0;

    if (s.n < 1 || s.n > 2)
        return SYNTAX;
    for (size_t i = 0; i < s.n; i++) {
        if (!isxdigit((unsigned char)s.p[i]))
            return SYNTAX;
        tos = tos * 16 + (unsigned)(strchr(digits, tolower((unsigned char)s.p[i])) - digits);
    }
    o->tos = (int)tos;
    return 0;
}

static unsigned read_echo(struct mgcp_options *o, struct rt_str s)
{
    return read_switch(&o->echo, s);
}

static unsigned read_silence(struct mgcp_options *o, struct rt_str s)
{
    return read_switch(&o->silence, s);
}

static unsigned read_gain(struct mgcp_options *o, struct rt_str s)
{
    bool negative = s.n > 0 && s.p[0] == '-', sign = negative || (s.n > 0 && s.p[0] == '+');
    uint64_t gain;

    o->has_gain = true;
    o->gain_auto = rt_str_caseeq(s, "auto");
    if (o->gain_auto)
        return 0;
    if (rt_str_u64(&gain, (struct rt_str){s.p + sign, s.n - sign}, NUMBER_MAX) != 0)
        return SYNTAX;
    o->gain = negative ? -(int)gain : (int)gain;
    return 0;
}

static unsigned read_reservation(struct mgcp_options *o, struct rt_str s)
{
    static const char *const words[] = {"g", "cl", "be", NULL};

    o->reservation = s;
    return one_of(words, s);
}

/** "clear:...", "base64:...", "uri:..."; "prompt" needs somebody to be asked. */
static unsigned read_key(struct mgcp_options *o, struct rt_str s)
{
    static const char *const methods[] = {"clear", "base64", "uri", NULL};
    struct rt_str rest = s, method = rt_str_cut(&rest, ':');

    o->key = s;
    if (rt_str_caseeq(s, "prompt"))
        return BAD_VALUE;
    return rest.n == 0 ? SYNTAX : one_of(methods, method);
}

static unsigned read_network(struct mgcp_options *o, struct rt_str s)
{
    static const char *const words[] = {"IN", "ATM", "LOCAL", NULL};

    o->network = s;
    return one_of(words, s);
}

/** `"telephone-event 0-15";"G729 annexb=no"`; the quotes may be missing. */
static unsigned read_formats(struct mgcp_options *o, struct rt_str s, bool optional)
{
    struct rt_str one;
    int err;

    if (s.n == 0)
        return SYNTAX;
    while ((err = mgcp_text_cut(&s, ';', &one)) == 0) {
        if (one.n > 1 && one.p[0] == '"' && one.p[one.n - 1] == '"')
            one = rt_str_trim((struct rt_str){one.p + 1, one.n - 2});
        if (one.n == 0)
            return SYNTAX;
        if (o->nfmtp == RT_COUNT(o->fmtp)) {
            if (!optional)
                return BAD_VALUE;
            continue;
        }
        o->fmtp_optional |= optional ? 1u << o->nfmtp : 0;
        o->fmtp[o->nfmtp++] = one;
    }
    return err == ENOENT ? 0 : SYNTAX;
}

static unsigned read_fmtp(struct mgcp_options *o, struct rt_str s)
{
    return read_formats(o, s, false);
}

static unsigned read_optional_fmtp(struct mgcp_options *o, struct rt_str s)
{
    return read_formats(o, s, true);
}

/** One of the procedures must be one that there is (RFC 5347 2.1). */
static unsigned read_fax(struct mgcp_options *o, struct rt_str s)
{
    static const char *const words[] = {"t38", "t38-loose", "gw", "off", NULL};
    bool known = false;

    o->fax = s;
    if (s.n == 0)
        return SYNTAX;
    while (s.n > 0) {
        struct rt_str one = rt_str_trim(rt_str_cut(&s, ';'));

        if (one.n == 0)
            return SYNTAX;
        if (one.n > 2 && strncasecmp(one.p, "x+", 2) == 0)
            return BAD_VALUE;
        known |= word(words, one) >= 0;
    }
    return known ? 0 : BAD_VALUE;
}

static unsigned read_direction(struct mgcp_options *o, struct rt_str s)
{
    static const char *const words[] = {"sendonly", "recvonly", "sendrecv", NULL};

    (void)o;
    return one_of(words, s);
}

static unsigned read_confirmation(struct mgcp_options *o, struct rt_str s)
{
    static const char *const words[] = {"none", "sendonly", "recvonly", "sendrecv", NULL};

    (void)o;
    return one_of(words, s);
}

/** "$", a connection, or nothing at all. */
static unsigned read_sharing(struct mgcp_options *o, struct rt_str s)
{
    (void)o;
    (void)s;
    return 0;
}

static const struct option {
    const char *name;
    unsigned (*read)(struct mgcp_options *o, struct rt_str value);
    bool again; /**< it may come more than once */
} options[] = {
    {"a", read_codecs, true},
    {"p", read_period, false},
    {"b", read_bandwidth, false},
    {"t", read_tos, false},
    {"e", read_echo, false},
    {"s", read_silence, false},
    {"gc", read_gain, false},
    {"r", read_reservation, false},
    {"k", read_key, false},
    {"nt", read_network, false},
    {"fmtp", read_fmtp, true},
    {"o-fmtp", read_optional_fmtp, true},
    {"fxr/fx", read_fax, false},
    {"r-dir", read_direction, false},
    {"r-cnf", read_confirmation, false},
    {"r-sh", read_sharing, false},
};

/** What an option that is not in the table comes to. */
static unsigned unknown_option(struct rt_str name)
{
    if (name.n >= 2 && strncasecmp(name.p, "x-", 2) == 0)
        return 0;
    if (name.n >= 2 && strncasecmp(name.p, "x+", 2) == 0)
        return EXTENSION;
    if (name.n == 0)
        return SYNTAX;
    return memchr(name.p, '/', name.n) ? NO_PACKAGE : BAD_OPTION;
}

static unsigned read_option(struct mgcp_options *o, struct rt_str value, unsigned *seen)
{
    struct rt_str name = rt_str_trim(rt_str_cut(&value, ':'));

    for (size_t i = 0; i < RT_COUNT(options); i++) {
        if (!rt_str_caseeq(name, options[i].name))
            continue;
        if (*seen & 1u << i && !options[i].again)
            return INCONSISTENT;
        *seen |= 1u << i;
        return options[i].read(o, rt_str_trim(value));
    }
    return unknown_option(name);
}

/** "codec1:2 formatX" is of the second "codec1" in the list, which must be there (RFC 3660 2.9). */
static unsigned check_instance(const struct mgcp_options *o, struct rt_str format)
{
    struct rt_str nth = rt_str_cut(&format, ' '), codec = rt_str_cut(&nth, ':');
    uint64_t n, have = 0;

    if (nth.n == 0)
        return 0;
    if (rt_str_u64(&n, nth, MGCP_CODECS_MAX) != 0)
        return INCONSISTENT;
    for (unsigned i = 0; i < o->ncodecs; i++)
        have += o->codec[i].n == codec.n && strncasecmp(o->codec[i].p, codec.p, codec.n) == 0;
    return n == 0 || n > have ? INCONSISTENT : 0;
}

unsigned mgcp_options_read(struct mgcp_options *out, struct rt_str text)
{
    unsigned code = 0, seen = 0;
    struct rt_str one;
    int err;

    *out = (struct mgcp_options){.tos = -1, .echo = -1, .silence = -1};
    while (code == 0 && (err = mgcp_text_cut(&text, ',', &one)) != ENOENT)
        code = err ? SYNTAX : one.n > 0 ? read_option(out, one, &seen) : 0;
    for (unsigned i = 0; code == 0 && i < out->nfmtp; i++)
        code = check_instance(out, out->fmtp[i]);
    return code;
}

/* ---- modes ---- */

static const char *const modes[] = {
    [MGCP_INACTIVE] = "inactive", [MGCP_SENDONLY] = "sendonly", [MGCP_RECVONLY] = "recvonly",
    [MGCP_SENDRECV] = "sendrecv", [MGCP_CONFRNCE] = "confrnce", [MGCP_LOOPBACK] = "loopback",
    [MGCP_CONTTEST] = "conttest", [MGCP_NETWLOOP] = "netwloop", [MGCP_NETWTEST] = "netwtest",
    [MGCP_MODES] = NULL};

enum mgcp_mode mgcp_mode_read(struct rt_str text)
{
    int i = word(modes, rt_str_trim(text));

    return i < 0 ? MGCP_MODES : (enum mgcp_mode)i;
}

const char *mgcp_mode_name(enum mgcp_mode mode)
{
    return (unsigned)mode < MGCP_MODES ? modes[mode] : "";
}

/* ---- statistics ---- */

#define STATISTIC_MAX 999999999u /**< a counter stays there (3.2.2.7) */

static const char *const statistics[] = {"PS", "OS", "PR", "OR", "PL", "JI", "LA", NULL};
enum { NSTATISTICS = RT_COUNT(statistics) - 1 };

static uint32_t limit32(uint64_t v)
{
    return v < UINT32_MAX ? (uint32_t)v : UINT32_MAX;
}

/** "PS=1245"; less than nothing, as gateways count losses that see packets twice, is nothing. */
static int read_statistic(uint64_t v[NSTATISTICS], struct rt_str value, bool *present)
{
    struct rt_str name = rt_str_trim(rt_str_cut(&value, '='));
    int i = word(statistics, name);

    if (i < 0)
        return 0;
    value = rt_str_trim(value);
    bool negative = value.n > 1 && value.p[0] == '-';
    if (negative)
        value = (struct rt_str){value.p + 1, value.n - 1};
    if (rt_str_u64(&v[i], value, UINT64_MAX) != 0)
        return EBADMSG;
    if (negative)
        v[i] = 0;
    *present = true;
    return 0;
}

int mgcp_statistics_read(struct mgcp_statistics *out, struct rt_str text)
{
    uint64_t v[NSTATISTICS] = {0};
    bool present = false;
    int err = 0;

    text = rt_str_trim(text);
    while (err == 0 && text.n > 0)
        err = read_statistic(v, rt_str_cut(&text, ','), &present);
    *out = (struct mgcp_statistics){.present = present,
                                    .ps = v[0],
                                    .os = v[1],
                                    .pr = v[2],
                                    .orx = v[3],
                                    .pl = v[4],
                                    .ji = limit32(v[5]),
                                    .la = limit32(v[6])};
    return err;
}

void mgcp_statistics_write(struct rt_buf *out, const struct mgcp_statistics *s)
{
    const uint64_t v[NSTATISTICS] = {s->ps, s->os, s->pr, s->orx, s->pl, s->ji, s->la};

    if (!s->present)
        return;
    for (unsigned i = 0; i < NSTATISTICS; i++) {
        rt_buf_puts(out, i > 0 ? ", " : "");
        rt_buf_puts(out, statistics[i]);
        rt_buf_puts(out, "=");
        rt_buf_put_u64(out, v[i] < STATISTIC_MAX ? v[i] : STATISTIC_MAX);
    }
}
