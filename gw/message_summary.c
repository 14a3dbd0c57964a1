/* Message summaries (gw/message_summary.h), read line by line.
 *
 * Names and values are case insensitive. Lines end with CRLF; peers that send LF alone are read as
 * well. A line that begins with a blank belongs to the one before (RFC 3261 7.3.1, by HCOLON).
 */
#include "gw/message_summary.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* ---- values ---- */

/** RFC 3842 3.5: a larger count than 2^32-1 counts as that. */
static int read_count(uint32_t *out, struct rt_str s)
{
    uint64_t v = 0;

    s = rt_str_trim(s);
    if (s.n == 0)
        return EINVAL;
    for (size_t i = 0; i < s.n; i++) {
        if (!isdigit((unsigned char)s.p[i]))
            return EINVAL;
        v = v > UINT32_MAX ? v : v * 10 + (uint64_t)(s.p[i] - '0');
    }
    *out = v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
    return 0;
}

/** "2/8" */
static int read_pair(uint32_t *fresh, uint32_t *old, struct rt_str s)
{
    if (!memchr(s.p, '/', s.n))
        return EINVAL;
    struct rt_str first = rt_str_cut(&s, '/');
    int err = read_count(fresh, first);
    return err ? err : read_count(old, s);
}

/** "2/8 (0/2)": new and old ones, and how many of each are urgent. */
static int read_counts(uint32_t *fresh, uint32_t *old, struct rt_str s)
{
    uint32_t urgent[2];
    bool more = memchr(s.p, '(', s.n) != NULL;
    struct rt_str plain = rt_str_cut(&s, '(');
    int err = read_pair(fresh, old, plain);

    if (err != 0 || !more)
        return err;
    s = rt_str_trim(s);
    if (s.n == 0 || s.p[s.n - 1] != ')')
        return EINVAL;
    return read_pair(&urgent[0], &urgent[1], (struct rt_str){s.p, s.n - 1});
}

static int on_status(struct gw_message_summary *out, struct rt_str value)
{
    out->waiting = rt_str_caseeq(value, "yes");
    return out->waiting || rt_str_caseeq(value, "no") ? 0 : EINVAL;
}

/** The standard forbids the brackets, and some peers write them. */
static int on_account(struct gw_message_summary *out, struct rt_str value)
{
    if (value.n >= 2 && value.p[0] == '<' && value.p[value.n - 1] == '>')
        value = rt_str_trim((struct rt_str){value.p + 1, value.n - 2});
    out->account = value;
    return value.n > 0 ? 0 : EINVAL;
}

static int on_voice(struct gw_message_summary *out, struct rt_str value)
{
    return read_counts(&out->fresh, &out->old, value);
}

/* ---- lines ---- */

static const struct {
    const char *name;
    int (*fn)(struct gw_message_summary *out, struct rt_str value);
} lines[] = {
    {"messages-waiting", on_status}, {"message-account", on_account}, {"voice-message", on_voice}};

/** A line whose meaning is ours to know may stand there once. */
static int take(struct gw_message_summary *out, unsigned *seen, struct rt_str line)
{
    struct rt_str value = line;
    struct rt_str name = rt_str_trim(rt_str_cut(&value, ':'));

    if (name.n == 0 || !memchr(line.p, ':', line.n))
        return EINVAL;
    for (unsigned i = 0; i < RT_COUNT(lines); i++) {
        if (!rt_str_caseeq(name, lines[i].name))
            continue;
        if (*seen >> i & 1)
            return EINVAL;
        *seen |= 1U << i;
        return lines[i].fn(out, rt_str_trim(value));
    }
    return 0; /* messages of other kinds */
}

/** The next line with those that continue it, without its end; false: there is none, or an empty
 * one. */
static bool next_line(struct rt_str *out, struct rt_str *rest)
{
    const char *end = rest->p + rest->n, *at = rest->p;

    do {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        at = lf ? lf + 1 : end;
    } while (at < end && (*at == ' ' || *at == '\t'));
    *out = rt_str_trim((struct rt_str){rest->p, (size_t)(at - rest->p)});
    *rest = (struct rt_str){at, (size_t)(end - at)};
    return out->n > 0;
}

int gw_message_summary_read(struct gw_message_summary *out, struct rt_str body)
{
    struct rt_str line;
    unsigned seen = 0;

    *out = (struct gw_message_summary){.account = {"", 0}};
    while (body.n > 0 && next_line(&line, &body)) {
        int err = take(out, &seen, line);
        if (err != 0)
            return err;
    }
    return seen & 1 ? 0 : EINVAL; /* Messages-Waiting */
}
