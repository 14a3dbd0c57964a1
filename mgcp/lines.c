/* Which lines a command must, may and must not have, and how ids and numbers in them look (RFC 3435
 * 3.2.2 and appendix A). What a line asks for is judged by whoever does the command.
 */
#include "mgcp/message.h"

#define ID_MAX     32
#define DELAY_MAX  6
#define METHOD_MAX 32
#define BIT(p)     (UINT32_C(1) << (p))

/** Mandatory, optional, forbidden, by verb: EPCF CRCX MDCX DLCX RQNT NTFY AUEP AUCX RSIP MESG. The
 * last has no parameter of its own (appendix B.3). */
static const char table[MGCP_P_KNOWN][MGCP_UNKNOWN_VERB + 1] = {
    [MGCP_P_B] = "OOOOOFFFFF",  [MGCP_P_C] = "FMMOFFFFFF",  [MGCP_P_A] = "FFFFFFFFFF",
    [MGCP_P_I] = "FFMOFFFMFF",  [MGCP_P_I2] = "FFFFFFFFFF", [MGCP_P_M] = "FMOFFFFFFF",
    [MGCP_P_P] = "FFFOFFFFFF",  [MGCP_P_T] = "FOOOOFFFFF",  [MGCP_P_D] = "FOOOOFFFFF",
    [MGCP_P_ES] = "FFFFFFFFFF", [MGCP_P_L] = "FOOFFFFFFF",  [MGCP_P_MD] = "FFFFFFFFFF",
    [MGCP_P_N] = "FOOOOOFFFF",  [MGCP_P_O] = "FFFFFMFFFF",  [MGCP_P_PL] = "FFFFFFFFFF",
    [MGCP_P_Q] = "FOOOOFFFFF",  [MGCP_P_E] = "FFFOFFFFOF",  [MGCP_P_R] = "FOOOOFFFFF",
    [MGCP_P_F] = "FFFFFFOMFF",  [MGCP_P_X] = "FOOOMMFFFF",  [MGCP_P_K] = "OOOOOOOOOO",
    [MGCP_P_RD] = "FFFFFFFFOF", [MGCP_P_RM] = "FFFFFFFFMF", [MGCP_P_S] = "FOOOOFFFFF",
    [MGCP_P_Z] = "FFFFFFFFFF",  [MGCP_P_Z2] = "FOFFFFFFFF"};

/** Any of these makes a request for events of a command about a connection. */
#define REQUEST (BIT(MGCP_P_R) | BIT(MGCP_P_S) | BIT(MGCP_P_D) | BIT(MGCP_P_T) | BIT(MGCP_P_Q))

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_number(struct rt_str s, size_t max)
{
    size_t n = 0;

    while (n < s.n && is_digit(s.p[n]))
        n++;
    return n == s.n && n > 0 && n <= max;
}

bool mgcp_is_id(struct rt_str s)
{
    size_t n = 0;

    while (n < s.n && (is_digit(s.p[n]) || ((s.p[n] | 0x20) >= 'a' && (s.p[n] | 0x20) <= 'f')))
        n++;
    return n == s.n && n > 0 && n <= ID_MAX;
}

/** Letters, digits and hyphens: names of packages and of what they add. */
static bool is_name(struct rt_str s)
{
    size_t n = 0;

    while (n < s.n && (is_letter(s.p[n]) || is_digit(s.p[n]) || s.p[n] == '-'))
        n++;
    return n == s.n && n > 0;
}

/** A name of a package, whose hyphens are neither first nor last. */
static bool is_package(struct rt_str s)
{
    return is_name(s) && s.p[0] != '-' && s.p[s.n - 1] != '-';
}

/* ---- the grammar of single lines: 0, or the return code ---- */

static unsigned check_id(struct rt_str v)
{
    return mgcp_is_id(v) ? 0 : 510;
}

/** X without a value is met in the field, and permitted by the grammar. */
static unsigned check_request_id(struct rt_str v)
{
    return v.n == 0 ? 0 : check_id(v);
}

/** "6234-6255, 6257"; without a value after a provisional response. */
static unsigned check_ack(struct rt_str v)
{
    while (v.n > 0) {
        bool more = v.p[v.n - 1] == ',';
        struct rt_str range = rt_str_cut(&v, ',');
        bool pair = memchr(range.p, '-', range.n) != NULL;
        struct rt_str from = rt_str_trim(rt_str_cut(&range, '-'));
        if (!is_number(from, 9) || (pair && !is_number(rt_str_trim(range), 9)))
            return 510;
        if (v.n == 0 && more)
            return 510;
    }
    return 0;
}

static unsigned check_delay(struct rt_str v)
{
    return is_number(v, DELAY_MAX) ? 0 : 510;
}

/** One that is not known has a code of its own; those of packages are left to them. */
static unsigned check_method(struct rt_str v)
{
    static const char *const known[] = {"restart", "graceful", "forced", "disconnected",
                                        "cancel-graceful"};
    if (v.n == 0)
        return 510;
    for (size_t i = 0; i < RT_COUNT(known); i++)
        if (rt_str_caseeq(v, known[i]))
            return 0;
    struct rt_str package = rt_str_cut(&v, '/');
    return is_package(package) && is_name(v) && v.n <= METHOD_MAX ? 0 : 536;
}

/** Three digits; of 8xx "/package"; text. */
static unsigned check_reason(struct rt_str v)
{
    if (v.n < 3 || !is_number((struct rt_str){v.p, 3}, 3) || (v.n > 3 && !is_blank(v.p[3])))
        return 510;
    struct rt_str rest = rt_str_trim((struct rt_str){v.p + 3, v.n - 3});
    if (v.p[0] != '8' || rest.n == 0 || rest.p[0] != '/')
        return 0;
    size_t n = 1;
    while (n < rest.n && !is_blank(rest.p[n]))
        n++;
    return is_package((struct rt_str){rest.p + 1, n - 1}) ? 0 : 510;
}

static unsigned (*const grammar[MGCP_P_KNOWN])(struct rt_str) = {
    [MGCP_P_C] = check_id,    [MGCP_P_I] = check_id,     [MGCP_P_X] = check_request_id,
    [MGCP_P_K] = check_ack,   [MGCP_P_RD] = check_delay, [MGCP_P_RM] = check_method,
    [MGCP_P_E] = check_reason};

/* ---- all of a command ---- */

/** Whether a line of a package stands before as well. */
static bool repeated(const struct mgcp_message *m, unsigned n)
{
    struct rt_str a = m->line[n].name;

    for (unsigned i = 0; i < n; i++) {
        struct rt_str b = m->line[i].name;
        if (m->line[i].param == MGCP_P_PACKAGE && a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0)
            return true;
    }
    return false;
}

static unsigned check_line(const struct mgcp_message *m, unsigned n, uint32_t *seen)
{
    const struct mgcp_line *l = &m->line[n];

    if (l->param == MGCP_P_CRITICAL)
        return 511;
    if (l->param == MGCP_P_VENDOR)
        return 0;
    if (l->param == MGCP_P_PACKAGE)
        return repeated(m, n) ? 510 : 0;
    if (l->param >= MGCP_P_KNOWN || table[l->param][m->verb] == 'F')
        return 539;
    if (*seen & BIT(l->param))
        return 510;
    *seen |= BIT(l->param);
    return grammar[l->param] ? grammar[l->param](l->value) : 0;
}

/** What does not stand among the lines kept apart is not seen by whoever does the command: only
 * vendors' lines may stand there, for a command that would be half done is refused. */
static unsigned check_further(const struct mgcp_message *m)
{
    if (m->nlines < MGCP_LINES)
        return 0;
    const struct rt_str *last = &m->line[MGCP_LINES - 1].value;
    const char *at = last->p + last->n, *end = m->lines.p + m->lines.n;
    struct rt_str rest = {at, (size_t)(end - at)};
    struct mgcp_line line;
    while (mgcp_line_next(&rest, &line))
        if (line.param != MGCP_P_VENDOR)
            return 510;
    return 0;
}

static bool has_extension(const struct mgcp_message *m)
{
    return mgcp_has(m, MGCP_P_PACKAGE) || mgcp_has(m, MGCP_P_VENDOR);
}

/** Lines that need or exclude each other. */
static unsigned check_together(const struct mgcp_message *m, uint32_t seen)
{
    bool connection = m->verb == MGCP_CRCX || m->verb == MGCP_MDCX || m->verb == MGCP_DLCX;

    if (m->nsdp > (m->verb == MGCP_CRCX || m->verb == MGCP_MDCX ? 1u : 0u))
        return 539; /* RC; and LC is never in a command */
    if (m->verb == MGCP_EPCF && !(seen & BIT(MGCP_P_B)) && !has_extension(m))
        return 510; /* 2.3.2 */
    if (connection && (seen & REQUEST) && !(seen & BIT(MGCP_P_X)))
        return 510; /* 2.3.5 */
    if (m->verb == MGCP_DLCX && !(seen & BIT(MGCP_P_I)) && (seen & (REQUEST | BIT(MGCP_P_B))))
        return 510; /* nothing goes with the deletion of many connections (2.3.9) */
    if (m->verb == MGCP_CRCX && (seen & BIT(MGCP_P_Z2)) && m->nsdp > 0)
        return 510; /* 2.3.5 */
    return 0;
}

unsigned mgcp_check_lines(const struct mgcp_message *m)
{
    uint32_t seen = 0;
    unsigned code = 0;

    if (!m->command)
        return 0;
    if (m->verb >= MGCP_UNKNOWN_VERB)
        return 504;
    for (unsigned i = 0; i < m->nlines && code == 0; i++)
        code = check_line(m, i, &seen);
    if (code == 0)
        code = check_further(m);
    for (unsigned p = 0; p < MGCP_P_KNOWN && code == 0; p++)
        if (table[p][m->verb] == 'M' && !(seen & BIT(p)))
            code = 510;
    return code ? code : check_together(m, seen);
}
