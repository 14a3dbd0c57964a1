/* Reading MGCP messages (RFC 3435 3 and appendix A): one pass over the datagram, line by line, that
 * keeps slices of it. A command that is wrong is read to its end all the same: the one behind it in
 * the datagram must not suffer (3.5.5), and whoever refuses it wants its transaction id.
 */
#include "mgcp/message.h"

#include <errno.h>
#include <stddef.h>

/** A name has at most so many octets on each side of its "@" (3.2.1.3). */
#define NAME_PART_MAX 255
#define TID_DIGITS    9

static const char verbs[MGCP_VERBS][5] = {
    [MGCP_EPCF] = "EPCF", [MGCP_CRCX] = "CRCX", [MGCP_MDCX] = "MDCX", [MGCP_DLCX] = "DLCX",
    [MGCP_RQNT] = "RQNT", [MGCP_NTFY] = "NTFY", [MGCP_AUEP] = "AUEP", [MGCP_AUCX] = "AUCX",
    [MGCP_RSIP] = "RSIP", [MGCP_MESG] = "MESG"};

static const char params[MGCP_P_KNOWN][3] = {
    [MGCP_P_B] = "B",  [MGCP_P_C] = "C",   [MGCP_P_A] = "A",   [MGCP_P_I] = "I", [MGCP_P_I2] = "I2",
    [MGCP_P_M] = "M",  [MGCP_P_P] = "P",   [MGCP_P_T] = "T",   [MGCP_P_D] = "D", [MGCP_P_ES] = "ES",
    [MGCP_P_L] = "L",  [MGCP_P_MD] = "MD", [MGCP_P_N] = "N",   [MGCP_P_O] = "O", [MGCP_P_PL] = "PL",
    [MGCP_P_Q] = "Q",  [MGCP_P_E] = "E",   [MGCP_P_R] = "R",   [MGCP_P_F] = "F", [MGCP_P_X] = "X",
    [MGCP_P_K] = "K",  [MGCP_P_RD] = "RD", [MGCP_P_RM] = "RM", [MGCP_P_S] = "S", [MGCP_P_Z] = "Z",
    [MGCP_P_Z2] = "Z2"};

/** Parameters of one letter, by it; one more than their number, so that 0 is none. */
static const unsigned char letter[26] = {
    ['B' - 'A'] = MGCP_P_B + 1, ['C' - 'A'] = MGCP_P_C + 1, ['A' - 'A'] = MGCP_P_A + 1,
    ['I' - 'A'] = MGCP_P_I + 1, ['M' - 'A'] = MGCP_P_M + 1, ['P' - 'A'] = MGCP_P_P + 1,
    ['T' - 'A'] = MGCP_P_T + 1, ['D' - 'A'] = MGCP_P_D + 1, ['L' - 'A'] = MGCP_P_L + 1,
    ['N' - 'A'] = MGCP_P_N + 1, ['O' - 'A'] = MGCP_P_O + 1, ['Q' - 'A'] = MGCP_P_Q + 1,
    ['E' - 'A'] = MGCP_P_E + 1, ['R' - 'A'] = MGCP_P_R + 1, ['F' - 'A'] = MGCP_P_F + 1,
    ['X' - 'A'] = MGCP_P_X + 1, ['K' - 'A'] = MGCP_P_K + 1, ['S' - 'A'] = MGCP_P_S + 1,
    ['Z' - 'A'] = MGCP_P_Z + 1};

static const enum mgcp_param two_letters[] = {MGCP_P_RM, MGCP_P_RD, MGCP_P_ES, MGCP_P_PL,
                                              MGCP_P_MD, MGCP_P_I2, MGCP_P_Z2};

const char *mgcp_verb_name(enum mgcp_verb v)
{
    return v < MGCP_VERBS ? verbs[v] : "";
}

const char *mgcp_param_name(enum mgcp_param p)
{
    return p < MGCP_P_KNOWN ? params[p] : "";
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* ---- lines ---- */

enum kind { LINE_NONE, LINE_SEPARATOR, LINE_EMPTY, LINE_TEXT };

/** Takes a line off the front, without its end and the blanks around it. */
static enum kind take_line(struct rt_str *rest, struct rt_str *line)
{
    if (rest->n == 0)
        return LINE_NONE;
    const char *lf = memchr(rest->p, '\n', rest->n);
    size_t n = lf ? (size_t)(lf - rest->p) + 1 : rest->n;
    *line = rt_str_trim((struct rt_str){rest->p, n});
    rest->p += n;
    rest->n -= n;
    if (line->n == 0)
        return LINE_EMPTY;
    return line->n == 1 && line->p[0] == '.' ? LINE_SEPARATOR : LINE_TEXT;
}

/** Takes a word off the front: what stands before the next blank. */
static struct rt_str take_word(struct rt_str *rest)
{
    struct rt_str s = rt_str_trim(*rest);
    size_t n = 0;

    while (n < s.n && !rt_is_blank(s.p[n]))
        n++;
    *rest = rt_str_trim((struct rt_str){s.p + n, s.n - n});
    return (struct rt_str){s.p, n};
}

static enum mgcp_param param_of(struct rt_str name)
{
    if (name.n == 1 && is_letter(name.p[0]) && letter[(name.p[0] | 0x20) - 'a'] > 0)
        return (enum mgcp_param)(letter[(name.p[0] | 0x20) - 'a'] - 1);
    if (name.n == 2)
        for (size_t i = 0; i < RT_COUNT(two_letters); i++)
            if (rt_str_caseeq(name, params[two_letters[i]]))
                return two_letters[i];
    if (name.n >= 2 && (name.p[0] | 0x20) == 'x' && (name.p[1] == '-' || name.p[1] == '+'))
        return name.p[1] == '-' ? MGCP_P_VENDOR : MGCP_P_CRITICAL;
    const char *slash = memchr(name.p, '/', name.n);
    return slash && slash > name.p && slash < name.p + name.n - 1 ? MGCP_P_PACKAGE : MGCP_P_STRANGE;
}

/** False: a line without a name and a colon is no parameter. */
static bool read_line(struct mgcp_line *out, struct rt_str line)
{
    const char *colon = memchr(line.p, ':', line.n);

    if (!colon)
        return false;
    size_t n = (size_t)(colon - line.p);
    out->name = rt_str_trim((struct rt_str){line.p, n});
    out->value = rt_str_trim((struct rt_str){colon + 1, line.n - n - 1});
    out->param = param_of(out->name);
    return out->name.n > 0;
}

bool mgcp_line_next(struct rt_str *lines, struct mgcp_line *out)
{
    struct rt_str line;
    enum kind kind;

    while ((kind = take_line(lines, &line)) != LINE_NONE)
        if (kind == LINE_TEXT && read_line(out, line))
            return true;
    return false;
}

/* ---- the first line ---- */

static int read_tid(uint32_t *out, struct rt_str s)
{
    uint32_t v = 0;

    if (s.n == 0 || s.n > TID_DIGITS)
        return EBADMSG;
    for (size_t i = 0; i < s.n; i++) {
        if (!is_digit(s.p[i]))
            return EBADMSG;
        v = v * 10 + (uint32_t)(s.p[i] - '0');
    }
    *out = v;
    return v > 0 ? 0 : EBADMSG;
}

/** A letter, and three letters or digits: a verb, if only one of an extension. */
static bool is_verb(struct rt_str s)
{
    if (s.n != 4 || !is_letter(s.p[0]))
        return false;
    for (size_t i = 1; i < s.n; i++)
        if (!is_letter(s.p[i]) && !is_digit(s.p[i]))
            return false;
    return true;
}

static enum mgcp_verb verb_of(struct rt_str s)
{
    unsigned v = 0;

    while (v < MGCP_UNKNOWN_VERB && !rt_str_caseeq(s, verbs[v]))
        v++;
    return (enum mgcp_verb)v;
}

/** "Code tid [/package] [comment]". */
static int read_response_line(struct mgcp_message *m, struct rt_str line)
{
    struct rt_str code = take_word(&line);

    if (code.n != 3 || !is_digit(code.p[1]) || !is_digit(code.p[2]))
        return EBADMSG;
    m->code = (unsigned)((code.p[0] - '0') * 100 + (code.p[1] - '0') * 10 + (code.p[2] - '0'));
    int err = read_tid(&m->tid, take_word(&line));
    if (err)
        return err;
    if (m->code / 100 == 8 && line.n > 0 && line.p[0] == '/') {
        m->package = take_word(&line);
        m->package.p++;
        m->package.n--;
    }
    m->comment = line;
    return 0;
}

static bool read_endpoint(struct mgcp_message *m)
{
    m->domain = m->endpoint;
    m->local = rt_str_cut(&m->domain, '@');
    return m->local.n > 0 && m->local.n <= NAME_PART_MAX && m->domain.n > 0 &&
           m->domain.n <= NAME_PART_MAX;
}

/** "Verb tid endpoint MGCP version [profile]". The transaction id is what an answer needs; beyond
 * it everything is refused instead of dropped. */
static int read_command_line(struct mgcp_message *m, struct rt_str line, unsigned *refusal)
{
    m->verb_text = take_word(&line);
    if (!is_verb(m->verb_text) || read_tid(&m->tid, take_word(&line)) != 0)
        return EBADMSG;
    m->command = true;
    m->verb = verb_of(m->verb_text);
    m->endpoint = take_word(&line);
    bool named = read_endpoint(m);
    bool mgcp = rt_str_caseeq(take_word(&line), "MGCP");
    m->version = take_word(&line);
    m->profile = line;
    if (m->endpoint.n == 0)
        *refusal = 510;
    else if (!mgcp || (!rt_str_eq(m->version, "1.0") && !rt_str_eq(m->version, "0.1")))
        *refusal = 528;
    else if (m->verb == MGCP_UNKNOWN_VERB)
        *refusal = 504;
    else if (!named)
        *refusal = 500;
    return 0;
}

/* ---- what follows it ---- */

static unsigned refusal_of(bool good, enum mgcp_param p)
{
    if (!good)
        return 510;
    if (p == MGCP_P_CRITICAL)
        return 511;
    return p == MGCP_P_STRANGE ? 539 : 0;
}

/** The first fault of a command is the one that is told; what a response has too much is left out
 * (3.3). */
static void add_line(struct mgcp_message *m, struct rt_str text, unsigned *refusal)
{
    struct mgcp_line line = {0};
    bool good = read_line(&line, text);

    if (m->command && *refusal == 0)
        *refusal = refusal_of(good, line.param);
    if (!good || (!m->command && line.param == MGCP_P_STRANGE))
        return;
    if (m->nlines < MGCP_LINES)
        m->line[m->nlines++] = line;
}

/** The parameter lines. What ended them. */
static enum kind read_lines(struct mgcp_message *m, struct rt_str *rest, unsigned *refusal)
{
    struct rt_str line;
    enum kind kind;

    m->lines = (struct rt_str){rest->p, 0};
    while ((kind = take_line(rest, &line)) == LINE_TEXT) {
        m->lines.n = (size_t)(rest->p - m->lines.p);
        add_line(m, line, refusal);
    }
    return kind;
}

/** The descriptions. One begins after an empty line, or with a version of its own: some leave the
 * empty line between two of them out. Where the message ends. */
static const char *read_bodies(struct mgcp_message *m, struct rt_str *rest)
{
    struct rt_str line, further, *body = NULL;
    const char *at;
    enum kind kind;

    for (;;) {
        at = rest->p;
        kind = take_line(rest, &line);
        if (kind == LINE_NONE || kind == LINE_SEPARATOR)
            return at;
        if (kind == LINE_EMPTY) {
            body = NULL;
            continue;
        }
        if (!body || (line.n >= 2 && memcmp(line.p, "v=", 2) == 0)) {
            body = m->nsdp < RT_COUNT(m->sdp) ? &m->sdp[m->nsdp++] : &further;
            *body = (struct rt_str){at, 0};
        }
        body->n = (size_t)(rest->p - body->p);
    }
}

/** Everything but the lines, of which the first `nlines` count. */
static void clear(struct mgcp_message *m)
{
    memset(m, 0, offsetof(struct mgcp_message, line));
    m->nlines = m->nsdp = 0;
    m->sdp[0] = m->sdp[1] = (struct rt_str){0};
}

int mgcp_read(struct mgcp_message *out, struct rt_str *datagram, unsigned *refusal)
{
    struct rt_str line;
    enum kind kind;

    clear(out);
    *refusal = 0;
    do {
        out->raw.p = datagram->p;
        kind = take_line(datagram, &line);
    } while (kind == LINE_EMPTY || kind == LINE_SEPARATOR);
    if (kind == LINE_NONE)
        return ENOENT;
    int err =
        is_digit(line.p[0]) ? read_response_line(out, line) : read_command_line(out, line, refusal);
    kind = read_lines(out, datagram, refusal);
    const char *end = out->lines.p + out->lines.n;
    bool zero = memchr(out->raw.p, '\0', (size_t)(end - out->raw.p)) != NULL;
    if (kind == LINE_EMPTY)
        end = read_bodies(out, datagram);
    out->raw.n = (size_t)(end - out->raw.p);
    if (err || (zero && !out->command))
        return EBADMSG;
    if (zero && *refusal == 0)
        *refusal = 510;
    return *refusal ? EPROTO : 0;
}

struct rt_str mgcp_value(const struct mgcp_message *m, enum mgcp_param p)
{
    for (unsigned i = 0; i < m->nlines; i++)
        if (m->line[i].param == p)
            return m->line[i].value;
    return (struct rt_str){0};
}

bool mgcp_has(const struct mgcp_message *m, enum mgcp_param p)
{
    return mgcp_value(m, p).p != NULL;
}
