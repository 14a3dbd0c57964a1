/* How many messages of which kind went which way: for metrics. */
#include "sip/count.h"

#include <ctype.h>

/** Requests, and responses by their hundreds. */
#define KINDS 7

/** What we do not do is counted together, at SIP_KNOWN. */
static _Atomic uint64_t counts[2][SIP_KNOWN + 1][KINDS];

static void count(bool sent, enum sip_method method, int status)
{
    unsigned of = status > 0 ? (unsigned)status / 100 : 0;

    if (method > SIP_KNOWN)
        method = SIP_KNOWN;
    if (of < KINDS)
        atomic_fetch_add_explicit(&counts[sent][method][of], 1, memory_order_relaxed);
}

void sip_count_received(enum sip_method method, int status)
{
    count(false, method, status);
}

/** Of a response that we have written: its CSeq has one form. */
static enum sip_method method_of_response(struct rt_str wire)
{
    static const char field[] = "\r\nCSeq: ";
    const char *p = memmem(wire.p, wire.n, field, sizeof field - 1), *end = wire.p + wire.n;

    if (!p)
        return SIP_UNKNOWN;
    p += sizeof field - 1;
    while (p < end && (isdigit((unsigned char)*p) || *p == ' '))
        p++;
    struct rt_str name = {p, 0};
    while (p + name.n < end && isupper((unsigned char)p[name.n]))
        name.n++;
    return sip_method_of(name);
}

void sip_count_sent(struct rt_str wire)
{
    struct rt_str rest = wire, word = rt_str_cut(&rest, ' ');

    if (!rt_str_eq(word, "SIP/2.0"))
        count(true, sip_method_of(word), 0);
    else if (rest.n > 0 && isdigit((unsigned char)rest.p[0]))
        count(true, method_of_response(wire), (rest.p[0] - '0') * 100);
}

void sip_messages_each(void (*fn)(void *arg, const char *method, bool sent, unsigned of,
                                  uint64_t count),
                       void *arg)
{
    for (unsigned sent = 0; sent < 2; sent++)
        for (unsigned m = 0; m <= SIP_KNOWN; m++)
            for (unsigned of = 0; of < KINDS; of++)
                if (m != SIP_ACK || of == 0) /* nobody answers it */
                    fn(arg, m < SIP_KNOWN ? sip_method_name((enum sip_method)m) : "other", sent, of,
                       atomic_load_explicit(&counts[sent][m][of], memory_order_relaxed));
}
