/* Digits in INFO (RFC 6086 3: the usage that is older than info packages), both bodies in use:
 * application/dtmf-relay ("Signal=5\r\nDuration=160") and application/dtmf ("5").
 */
#include "gw/call.h"
#include "gw/gw.h"
#include "gw/leg_sip_priv.h"

#include <ctype.h>
#include <stdio.h>

/* ---- reading ---- */

/** `5`, `#`, `a`; or the event's number as RFC 4733 3.2 counts, 10 to 15. '\0': it is no digit (16,
 * a flash, is none either). */
static char digit_of(struct rt_str word)
{
    static const char digits[] = "0123456789*#ABCD";
    uint64_t event;

    if (word.n == 1 && word.p[0] != '\0' && strchr(digits, toupper((unsigned char)word.p[0])))
        return (char)toupper((unsigned char)word.p[0]);
    return rt_str_u64(&event, word, sizeof digits - 2) == 0 ? digits[event] : '\0';
}

/** `Signal=5` and `Duration=160`, in any order and case, `=` or `:`; one digit. */
static int read_relay(char *out, unsigned *ms, struct rt_str body)
{
    while (body.n > 0) {
        struct rt_str value = rt_str_cut(&body, '\n');
        size_t n = 0;
        while (n < value.n && value.p[n] != '=' && value.p[n] != ':')
            n++;
        struct rt_str name = rt_str_trim((struct rt_str){value.p, n});
        if (n == value.n)
            continue;
        value = rt_str_trim((struct rt_str){value.p + n + 1, value.n - n - 1});
        uint64_t duration;
        if (rt_str_caseeq(name, "Signal"))
            out[0] = digit_of(value);
        else if (rt_str_caseeq(name, "Duration") && rt_str_u64(&duration, value, 60000) == 0)
            *ms = (unsigned)duration;
    }
    return out[0] ? 0 : 400;
}

/** Digits one after the other; anything else between them is passed over. */
static int read_plain(char *out, size_t cap, struct rt_str body)
{
    size_t n = 0;

    for (size_t i = 0; i < body.n && n + 1 < cap; i++) {
        char digit = digit_of((struct rt_str){body.p + i, 1});
        if (digit)
            out[n++] = digit;
    }
    return n > 0 ? 0 : 400;
}

int leg_sip_read_digits(char *out, size_t cap, unsigned *ms, const struct sip_body *body)
{
    struct rt_str parameters = body->type;
    struct rt_str type = rt_str_trim(rt_str_cut(&parameters, ';'));

    *ms = 0;
    memset(out, 0, cap);
    if (rt_str_caseeq(type, "application/dtmf-relay"))
        return read_relay(out, ms, body->data);
    if (!rt_str_caseeq(type, "application/dtmf"))
        return 415;
    if (memchr(body->data.p, '=', body->data.n)) /* some write the one and call it the other */
        return read_relay(out, ms, body->data);
    return read_plain(out, cap, body->data);
}

int leg_sip_informed(void *arg, struct sip_session *s, const struct sip_message *msg)
{
    struct leg_sip *l = arg;
    char digits[DP_DIGITS_MAX + 1];
    unsigned ms;

    (void)s;
    if (gw_header(msg, "Info-Package", 0).n > 0)
        return 469; /* RFC 6086 4.2.2: we have asked for none */
    if (msg->body.data.n == 0)
        return 200; /* asks only whether the session lives */
    if (leg_sip_is_aoc(&msg->body))
        return leg_sip_aoc_in(l, &msg->body);
    int status = leg_sip_read_digits(digits, sizeof digits, &ms, &msg->body);
    if (status != 0)
        return status;
    for (const char *d = digits; *d && !l->leg.done; d++) {
        gw_call_note(&l->leg, false, "DTMF %c", *d);
        gw_call_event(&l->leg, &(struct gw_event){.type = GW_EV_DTMF, .digits = {*d}, .ms = ms});
    }
    return 200;
}

/* ---- saying ---- */

static void send_info(struct leg_sip *l, char digit, unsigned ms, bool relay)
{
    char text[48];

    if (relay)
        snprintf(text, sizeof text, "Signal=%c\r\nDuration=%u\r\n", digit, ms);
    else
        snprintf(text, sizeof text, "%c", digit);
    struct sip_body body = {.type = rt_str(relay ? "application/dtmf-relay" : "application/dtmf"),
                            .data = rt_str(text)};
    sip_session_info(l->session, &body);
}

/** By INFO when its trunk says so, or the codec does not carry tones; without a port that is the
 * only way. Else the engine sends it, and what it has heard itself has gone out already. */
void leg_sip_say_dtmf(struct leg_sip *l, const struct gw_event *ev)
{
    enum gw_dtmf how = l->leg.trunk->session.dtmf;
    unsigned ms = ev->ms ? ev->ms : GW_DTMF_MS;
    bool apart = l->stream && l->stream->rtp.apart;

    if (!l->leg.port || apart)
        send_info(l, ev->digits[0], ms, how != GW_DTMF_INFO);
    else if (!ev->inband)
        media_digit(l->leg.port, ev->digits[0], ms);
}
