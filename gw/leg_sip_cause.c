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

/** What a line of the ladder says of a message. Every message goes through here. */
struct gist {
    struct rt_str method; /**< of CSeq */
    bool sdp;
};

static void read_gist(struct gist *out, struct rt_str wire)
{
    static const char none[] = "Length: 0\r\n\r\n"; /* where most have it: last */
    const char *end = wire.p + wire.n, *p = wire.p;
    bool bare = wire.n > sizeof none && memcmp(end - (sizeof none - 1), none, sizeof none - 1) == 0;

    *out = (struct gist){.sdp = false};
    while (p && end - p > 6 && *p != '\r') {
        struct rt_str line = {p, (size_t)(end - p)};
        p = memchr(p, '\n', line.n);
        if (memcmp(line.p, "CSeq: ", 6) == 0) {
            line = rt_str_trim(rt_str_cut(&line, '\r'));
            rt_str_cut(&line, ' ');
            rt_str_cut(&line, ' ');
            out->method = rt_str_trim(line);
            if (bare)
                return; /* the rest says nothing more */
        }
        p = p ? p + 1 : NULL;
    }
    out->sdp = p && end - p > 5 && memcmp(p, "\r\nv=0", 5) == 0;
}

char *leg_sip_summary(char *out, size_t cap, struct rt_str wire)
{
    struct rt_str rest = wire, line = rt_str_cut(&rest, '\r');
    struct rt_str first = rt_str_cut(&line, ' '), none = {"", 0};
    struct gist gist;

    read_gist(&gist, wire);
    struct rt_str sdp = gist.sdp ? rt_str(" sdp") : none;
    if (!rt_str_eq(first, "SIP/2.0")) {
        if (!rt_str_eq(first, "INVITE"))
            return RT_JOIN(out, cap, first, sdp);
        rt_str_cut(&line, ':');
        return RT_JOIN(out, cap, first, rt_str(" "), rt_str_cut(&line, '@'), sdp);
    }
    if (gist.method.n == 0 || rt_str_eq(gist.method, "INVITE"))
        return RT_JOIN(out, cap, line, sdp);
    return RT_JOIN(out, cap, line, rt_str(" ("), gist.method, rt_str(")"));
}
