/* Lists of events and signals, item by item. What an embedded request holds is checked together
 * with the item that holds it, so that whoever reads it later meets no error.
 */
#include "mgcp/event.h"

#include "mgcp/message.h"
#include "mgcp/text.h"

#include <ctype.h>
#include <errno.h>

/** Return codes of what can be wrong. */
#define SYNTAX     510
#define BAD_ACTION 523
#define BAD_PARAM  538

static const char action_letters[] = "NADSIKE"; /* in the order of enum mgcp_action */

/** What each action may stand beside (table of 2.3.3). */
static const unsigned char together[] = {
    [0] = MGCP_SWAP | MGCP_KEEP | MGCP_EMBEDDED,
    [1] = MGCP_SWAP | MGCP_KEEP | MGCP_EMBEDDED,
    [2] = MGCP_KEEP,
    [3] = MGCP_NOTIFY | MGCP_ACCUMULATE | MGCP_IGNORE,
    [4] = MGCP_SWAP | MGCP_KEEP,
    [5] = MGCP_NOTIFY | MGCP_ACCUMULATE | MGCP_BY_MAP | MGCP_IGNORE | MGCP_EMBEDDED,
    [6] = MGCP_NOTIFY | MGCP_ACCUMULATE | MGCP_KEEP,
};

static unsigned next(struct rt_str *list, enum mgcp_list kind, bool embedded, struct mgcp_item *out,
                     bool *end);

static bool is_alnum(char c)
{
    return isalnum((unsigned char)c) && (unsigned char)c < 0x80;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_dtmf_letter(char c)
{
    return strchr("ABCDabcd", c) && c != '\0';
}

/** Letters and digits, with hyphens that are neither first nor last. */
static bool is_word(struct rt_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && (s.p[i] != '-' || i == 0 || i == s.n - 1))
            return false;
    return s.n > 0;
}

/** What stands at `i` in the brackets of a range: one letter, or two with a hyphen between. Returns
 * its length, 0: a syntax error. */
static size_t range_part(struct rt_str s, size_t i)
{
    char from = s.p[i], to;

    if (!is_alnum(from) && from != '*' && from != '#')
        return 0;
    if (i + 1 >= s.n || s.p[i + 1] != '-')
        return 1;
    if (i + 2 >= s.n)
        return 0;
    to = s.p[i + 2];
    if (!(is_digit(from) && is_digit(to)) && !(is_dtmf_letter(from) && is_dtmf_letter(to)))
        return 0;
    return toupper((unsigned char)from) <= toupper((unsigned char)to) ? 3 : 0;
}

/** "[0-9]" without its brackets; false: it is none. */
static bool range_inside(struct rt_str name, struct rt_str *inside)
{
    if (name.n < 3 || name.p[0] != '[' || name.p[name.n - 1] != ']')
        return false;
    *inside = (struct rt_str){name.p + 1, name.n - 2};
    return true;
}

static bool is_range(struct rt_str name)
{
    struct rt_str s;

    if (!range_inside(name, &s))
        return false;
    for (size_t i = 0, n; i < s.n; i += n)
        if ((n = range_part(s, i)) == 0)
            return false;
    return true;
}

/** Digits in one string: "8295555T", "*69#". */
static bool is_grouped(struct rt_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && s.p[i] != '*' && s.p[i] != '#')
            return false;
    return s.n > 0;
}

static bool is_event(struct rt_str name, enum mgcp_list kind)
{
    if (is_word(name) || rt_str_eq(name, "*") || rt_str_eq(name, "#"))
        return true;
    if (kind == MGCP_LIST_O)
        return is_grouped(name);
    return kind != MGCP_LIST_S && is_range(name);
}

/** "pkg/name@connection" */
static unsigned read_name(struct rt_str s, enum mgcp_list kind, struct mgcp_item *out)
{
    const char *slash = s.n > 0 ? memchr(s.p, '/', s.n) : NULL;
    const char *at = s.n > 0 ? memchr(s.p, '@', s.n) : NULL;

    if (at) {
        out->connection = (struct rt_str){at + 1, s.n - (size_t)(at + 1 - s.p)};
        s.n = (size_t)(at - s.p);
        if (!mgcp_is_id(out->connection) &&
            (kind == MGCP_LIST_O ||
             (!rt_str_eq(out->connection, "*") && !rt_str_eq(out->connection, "$"))))
            return SYNTAX; /* what was observed was observed somewhere */
    }
    if (slash) {
        out->package = rt_str_cut(&s, '/');
        if (!is_word(out->package) && !rt_str_eq(out->package, "*"))
            return SYNTAX;
    }
    out->name = s;
    return is_event(s, kind) ? 0 : SYNTAX;
}

/** Every item of a list within an embedded request. */
static unsigned check_list(struct rt_str list, enum mgcp_list kind)
{
    struct mgcp_item item;
    unsigned code;
    bool end;

    do
        code = next(&list, kind, true, &item, &end);
    while (code == 0 && !end);
    return code;
}

/** One of R(...), S(...), D(...); `s` begins with the letter. */
static unsigned read_part(struct rt_str s, struct mgcp_item *out)
{
    char letter = s.n > 0 ? (char)toupper((unsigned char)s.p[0]) : '\0';
    struct rt_str *part = letter == 'R'   ? &out->r
                          : letter == 'S' ? &out->s
                          : letter == 'D' ? &out->d
                                          : NULL;

    if (!part || part->p)
        return SYNTAX;
    s.p++;
    s.n--;
    if (mgcp_text_group(&s, part) != 0 || s.n > 0)
        return SYNTAX;
    if (letter == 'D')
        return 0; /* the digit map has a reader of its own */
    return check_list(*part, letter == 'R' ? MGCP_LIST_R : MGCP_LIST_S);
}

/** What follows the E of an embedded request. */
static unsigned read_embedded(struct rt_str s, struct mgcp_item *out)
{
    struct rt_str inside, part;
    unsigned code = 0;
    int err;

    if (mgcp_text_group(&s, &inside) != 0 || s.n > 0 || inside.n == 0)
        return SYNTAX;
    while (code == 0 && (err = mgcp_text_cut(&inside, ',', &part)) != ENOENT)
        code = err ? SYNTAX : read_part(part, out);
    return code;
}

static unsigned read_action(struct rt_str s, bool embedded, struct mgcp_item *out)
{
    char letter = s.n > 0 ? (char)toupper((unsigned char)s.p[0]) : '\0';
    const char *at = letter ? strchr(action_letters, letter) : NULL;
    unsigned bit = at ? 1u << (at - action_letters) : 0;

    if (s.n == 0)
        return SYNTAX;
    if (bit == 0 || out->actions & ~(unsigned)together[at - action_letters])
        return BAD_ACTION;
    out->actions |= bit;
    s.p++;
    s.n--;
    if (bit != MGCP_EMBEDDED)
        return s.n > 0 ? BAD_ACTION : 0;
    return embedded ? BAD_ACTION : read_embedded(s, out);
}

static unsigned read_actions(struct rt_str s, bool embedded, struct mgcp_item *out)
{
    struct rt_str one;
    unsigned code = 0;
    int err;

    if (s.n == 0)
        return SYNTAX;
    while (code == 0 && (err = mgcp_text_cut(&s, ',', &one)) != ENOENT)
        code = err ? SYNTAX : read_action(one, embedded, out);
    return code;
}

/** The first octet that is no blank, from `i` on; 0 at the end. */
static char after_blanks(struct rt_str s, size_t i)
{
    while (i < s.n && rt_is_blank(s.p[i]))
        i++;
    return i < s.n ? s.p[i] : '\0';
}

/** Parameters have printable ASCII outside quotes; strings in quotes and groups are whole values;
 * groups have names. Parentheses and quotes are known to be closed. */
static unsigned check_params(struct rt_str s)
{
    bool quoted = false;
    char before = ',';

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (c == '"') {
            bool doubled = quoted && i + 1 < s.n && s.p[i + 1] == '"';
            if (doubled) {
                i++;
                continue;
            }
            if (quoted ? !strchr(",)", after_blanks(s, i + 1)) : !strchr(",(=", before))
                return BAD_PARAM;
            quoted = !quoted;
        } else if (!quoted) {
            if ((c < ' ' || c > '~') && c != '\t')
                return BAD_PARAM;
            if ((c == '(' && strchr(",(=)", before)) ||
                (c == ')' && !strchr(",)", after_blanks(s, i + 1))))
                return BAD_PARAM;
        }
        if (!rt_is_blank(c))
            before = c;
    }
    return 0;
}

static unsigned read_params(struct rt_str s, enum mgcp_list kind, struct mgcp_item *out)
{
    out->params = s;
    if (kind == MGCP_LIST_S && (rt_str_eq(s, "+") || rt_str_eq(s, "-")))
        out->sign = s.p[0];
    return check_params(s);
}

static unsigned read_item(struct rt_str s, enum mgcp_list kind, bool embedded,
                          struct mgcp_item *out)
{
    const char *open = s.n > 0 ? memchr(s.p, '(', s.n) : NULL;
    struct rt_str name = {s.p, open ? (size_t)(open - s.p) : s.n}, group;
    unsigned code = read_name(rt_str_trim(name), kind, out);

    s.p += name.n;
    s.n -= name.n;
    if (code == 0 && kind == MGCP_LIST_R && mgcp_text_group(&s, &group) == 0)
        code = read_actions(group, embedded, out);
    if (code == 0 && mgcp_text_group(&s, &group) == 0)
        code = read_params(group, kind, out);
    return code == 0 && s.n > 0 ? SYNTAX : code;
}

static unsigned next(struct rt_str *list, enum mgcp_list kind, bool embedded, struct mgcp_item *out,
                     bool *end)
{
    struct rt_str one;
    int err = mgcp_text_cut(list, ',', &one);

    *out = (struct mgcp_item){.actions = 0};
    *end = err == ENOENT;
    if (err != 0)
        return *end ? 0 : SYNTAX;
    return read_item(one, kind, embedded, out);
}

int mgcp_item_next(struct rt_str *list, enum mgcp_list kind, struct mgcp_item *out,
                   unsigned *refusal)
{
    bool end;
    unsigned code = next(list, kind, false, out, &end);

    if (refusal)
        *refusal = code;
    return code ? EBADMSG : end ? ENOENT : 0;
}

/** One part of a range: a letter, a digit, "0-9", or "X", which is any digit. */
static bool part_covers(struct rt_str part, char c)
{
    int from = toupper((unsigned char)part.p[0]);
    int to = toupper((unsigned char)part.p[part.n - 1]), it = toupper((unsigned char)c);

    return (it >= from && it <= to) || (part.n == 1 && from == 'X' && is_digit(c));
}

bool mgcp_item_covers(struct rt_str name, struct rt_str symbol)
{
    struct rt_str s;

    if (symbol.n == 0 || name.n == 0)
        return false;
    if (rt_str_caseeq(name, "all") ||
        (name.n == symbol.n && strncasecmp(name.p, symbol.p, name.n) == 0))
        return true;
    if (symbol.n != 1)
        return false;
    if (!range_inside(name, &s))
        return rt_str_caseeq(name, "X") && is_digit(symbol.p[0]);
    for (size_t i = 0, n; i < s.n && (n = range_part(s, i)) > 0; i += n)
        if (part_covers((struct rt_str){s.p + i, n}, symbol.p[0]))
            return true;
    return false;
}

bool mgcp_param_next(struct rt_str *params, struct rt_str *name, struct rt_str *value)
{
    struct rt_str one, group;
    size_t i = 0;

    if (mgcp_text_cut(params, ',', &one) != 0)
        return false;
    *name = one;
    *value = (struct rt_str){0};
    if (one.n == 0 || one.p[0] == '"')
        return true;
    while (i < one.n && one.p[i] != '=' && one.p[i] != '(')
        i++;
    if (i == one.n)
        return true;
    *name = rt_str_trim((struct rt_str){one.p, i});
    group = (struct rt_str){one.p + i, one.n - i};
    if (one.p[i] == '=')
        *value = rt_str_trim((struct rt_str){one.p + i + 1, one.n - i - 1});
    else
        mgcp_text_group(&group, value);
    return true;
}
