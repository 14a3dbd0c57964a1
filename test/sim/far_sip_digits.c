/* Digits in calls of SIP far ends: the caller dials them by INFO, as telephone-event (RFC 4733) or
 * as sound, by what its trunk has; the called side takes whatever comes.
 */
#include "test/sim/far_sip.h"

#include "codec/event.h"
#include "codec/rtp.h"

#include <stdio.h>

#define EACH   (400 * RT_MS)
#define PACKET 160u /* samples */
#define DIGIT  5u   /* packets that an event goes on; its end is said twice more */
#define AGAIN  2u

/** NULL: not by INFO. */
static const char *info_type(const struct far_sip_call *k)
{
    static const char *const types[] = {NULL, "application/dtmf-relay", NULL, "application/dtmf"};

    return types[far_sip_choice(k->own->far, FAR_SIP_DTMF, 2)];
}

void far_sip_digits_start(struct far_sip_call *k)
{
    if (k->script.digits == 0 || k->voice)
        return;
    k->voice = far_voice_new(k->payload == 8 ? G711_A : G711_MU);
    if (!k->calling || info_type(k))
        return;
    k->rapid = true;
    if (rt_timer_running(&k->media))
        rt_timer_start(&k->media, 20 * RT_MS);
}

void far_sip_digits_stop(struct far_sip_call *k)
{
    far_voice_free(k->voice);
    k->voice = NULL;
}

/* ---- dialling ---- */

static bool send_info(struct far_sip_call *k, const char *type, char digit)
{
    char text[40];

    if (strcmp(type, "application/dtmf") == 0)
        snprintf(text, sizeof text, "%c", digit);
    else
        snprintf(text, sizeof text, "Signal=%c\r\nDuration=120\r\n", digit);
    return sip_session_info(k->s, &(struct sip_body){rt_str(type), rt_str(text)}) == 0;
}

/** It begins with the next packet. */
static bool begin(struct far_sip_call *k, char digit)
{
    if (!k->agreed || !k->voice || strcmp(k->direction, "sendrecv") != 0)
        return false;
    if (k->event == 0) {
        far_voice_dial(k->voice, digit);
        return true;
    }
    k->digit_event = digit;
    k->event_left = DIGIT + AGAIN;
    return true;
}

void far_sip_dial(struct far_sip_call *k)
{
    const struct sim_call *c = sim_call_of(k->own->far->sim, rt_str(k->caller));
    struct sim_seen *seen = far_sip_seen(k);
    const char *type = info_type(k);

    if (!c || !seen)
        return;
    if (k->digit >= k->script.digits) { /* the last one has been said */
        k->rapid = false;
        return;
    }
    char digit = far_digit(c->op->id, k->digit++);
    if (type ? send_info(k, type, digit) : begin(k, digit)) {
        far_digit_add(seen->digits, digit);
        seen->dialled = rt_now();
    }
    rt_timer_start(&k->act, EACH);
}

size_t far_sip_say_event(struct far_sip_call *k, uint8_t *packet)
{
    if (k->event_left == 0)
        return 0;
    bool first = k->event_left == DIGIT + AGAIN;
    unsigned nth = DIGIT + AGAIN - k->event_left--; /* from 0 on */
    if (first)
        k->event_ts = k->ts;
    bool end = nth >= DIGIT - 1;
    unsigned lasts = (end ? DIGIT : nth + 1) * PACKET;
    rtp_write_header(packet, first, (uint8_t)k->event, k->seq, k->event_ts, far_sip_ssrc(k));
    event_write(packet + RTP_HEADER, (uint8_t)event_of_digit(k->digit_event), end, 10,
                (uint16_t)lasts);
    return RTP_HEADER + EVENT_PAYLOAD;
}

/* ---- hearing ---- */

static void heard(struct far_sip_call *k, char digit)
{
    struct sim_seen *seen = k->calling ? NULL : far_sip_seen(k);

    if (seen)
        far_digit_add(seen->digits, digit);
}

static void hear_sound(struct far_sip_call *k, const struct rtp_packet *p)
{
    k->voice->law = p->payload_type == 8 ? G711_A : G711_MU;
    far_voice_hear(k->voice, p->payload, p->len);
    for (const char *d = k->voice->heard; *d; d++)
        heard(k, *d);
    k->voice->heard[0] = '\0';
}

/** A packet that comes again says nothing new. */
void far_sip_hear(struct far_sip_call *k, uint8_t *data, size_t n)
{
    struct rtp_packet p;

    if (!k->voice || k->calling || rtp_read(&p, data, n) != 0)
        return;
    if (k->heard > 1 && p.ssrc == k->last_ssrc && (int16_t)(p.seq - k->last_seq) <= 0)
        return;
    k->last_ssrc = p.ssrc;
    k->last_seq = p.seq;
    if (k->event != 0 && p.payload_type == k->event && p.len >= EVENT_PAYLOAD) {
        if (p.ts != k->last_event)
            heard(k, event_digit(p.payload[0]));
        k->last_event = p.ts;
    } else if (p.payload_type == 8 || p.payload_type == 0) {
        hear_sound(k, &p);
    }
}

/** `Signal=5`, or the digit alone. */
int far_sip_info(void *arg, struct sip_session *s, const struct sip_message *m)
{
    struct far_sip_call *k = arg;
    struct rt_str body = m->body.data, name = rt_str_cut(&body, '=');

    (void)s;
    if (m->body.data.n > 0)
        heard(k, body.n > 0 ? body.p[0] : name.p[0]);
    return 200;
}
