/* Messages and frames of the owner's own making, for programs that play a far end: what no call
 * state would send, at any time. libpri carries a message as it does ours (wording.c), so that
 * Q.921's numbers stay right.
 */
#include "isdn/isdn_priv.h"

#include <errno.h>

/** libpri's call `q931` is only the message's envelope. */
static int carry(struct isdn_link *l, q931_call *q931, const uint8_t *message, size_t len)
{
    char keys[ISDN_OWN_KEYS];
    struct isdn_own *own = isdn_own_place(l, keys);

    own->raw = true;
    own->len = (uint16_t)len;
    memcpy(own->elements, message, len);
    int rc = pri_keypad_facility(l->pri, q931, keys);
    isdn_dchan_poke(l);
    return rc == 0 ? 0 : EPROTO;
}

int isdn_span_say(struct isdn_span *s, const uint8_t *message, size_t len)
{
    struct isdn_link *l = isdn_group_link(s->group);

    if (!l || !l->up)
        return ENETDOWN;
    if (len == 0 || len > HDLC_FRAME_MAX - 4)
        return EMSGSIZE;
    q931_call *envelope = pri_new_call(l->pri);
    if (!envelope)
        return ENOMEM;
    int err = carry(l, envelope, message, len);
    pri_destroycall(l->pri, envelope);
    return err;
}

int isdn_call_say_raw(struct isdn_call *c, const uint8_t *body, size_t len)
{
    const struct isdn_head head = {.reference_len = c->span->cfg.rate == ISDN_BRI ? 1 : 2,
                                   .reference = c->reference,
                                   .from_origin = c->outgoing};
    uint8_t message[HDLC_FRAME_MAX];
    struct isdn_body b = {.p = message, .cap = sizeof message};

    if (!c->link->up || !c->q931)
        return ENETDOWN;
    int err = isdn_body_begin(&b, &head);
    if (err != 0)
        return err;
    size_t first = b.len - 1; /* of the body: the type */
    if (len == 0 || len > sizeof message - 4 - first)
        return EMSGSIZE;
    memcpy(message + first, body, len);
    return carry(c->link, c->q931, message, first + len);
}

int isdn_span_send_frame(struct isdn_span *s, const uint8_t *frame, size_t len)
{
    struct isdn_frame f = {.len = (uint16_t)len};

    if (!s->link)
        return ENETDOWN;
    if (len == 0 || len > sizeof f.octets)
        return EMSGSIZE;
    memcpy(f.octets, frame, len);
    isdn_dchan_send(s->link, &f);
    return 0;
}
