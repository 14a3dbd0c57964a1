/* Why it ended in SIP's own headers (RFC 3326 and 6432: Reason; Warning), and a message's line for
 * the ladder.
 */
#include "gw/leg_sip_priv.h"

static bool is_one_of(struct rt_str word, const char *const *list)
{
    for (; *list; list++)
        if (rt_str_caseeq(word, *list))
            return true;
    return false;
}

bool leg_sip_warns_of_media(const struct sip_message *msg)
{
    static const char *const codes[] = {"304", "305", NULL};

    for (unsigned i = 0;; i++) {
        struct rt_str v = gw_header(msg, "Warning", i);
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

/** The pieces one after the other, cut where there is no more room. Every message goes through
 * here: printf would cost more than reading it did. */
static char *join(char *out, size_t cap, const struct rt_str *piece, unsigned n)
{
    size_t used = 0;

    for (unsigned i = 0; i < n && used + 1 < cap; i++) {
        rt_str_copy(out + used, cap - used, piece[i]);
        used += piece[i].n < cap - used ? piece[i].n : cap - used - 1;
    }
    return out;
}

char *leg_sip_summary(char *out, size_t cap, struct rt_str wire)
{
    struct rt_str rest = wire, line = rt_str_cut(&rest, '\r');
    struct rt_str first = rt_str_cut(&line, ' ');

    if (!rt_str_eq(first, "SIP/2.0")) {
        bool number = rt_str_eq(first, "INVITE");
        rt_str_cut(&line, ':');
        struct rt_str pieces[] = {first, rt_str(" "), rt_str_cut(&line, '@'),
                                  rt_str(has_sdp(wire))};
        if (!number)
            pieces[1].n = pieces[2].n = 0;
        return join(out, cap, pieces, RT_COUNT(pieces));
    }
    struct rt_str method = cseq_method(wire);
    struct rt_str answer[] = {line, rt_str(has_sdp(wire))};
    struct rt_str other[] = {line, rt_str(" ("), method, rt_str(")")};
    return rt_str_eq(method, "INVITE") ? join(out, cap, answer, RT_COUNT(answer))
                                       : join(out, cap, other, RT_COUNT(other));
}
