/* Q.921's acknowledgements. An RR that says nothing but N(R) costs seven octets of the line, a
 * fifth of what short calls need, and so goes out only when no other frame can say it (5.6.3.2):
 *
 * In the signalling half it waits until the round is over. What is answered at once, as most
 * messages are, is acknowledged by the answer.
 *
 * In the I/O half, with our own framing, one that finds frames waiting is written into them, as a
 * sender does that fills in N(R) when a frame's turn comes. A frame that finds one waiting takes
 * its place.
 *
 * A received one wakes the signalling thread when the window was full: Q.921 may have kept frames.
 * Else nobody needs it before T200 is over, whose timer wakes that thread; so does any other frame.
 */
#include "isdn/isdn_priv.h"

#define ACK_LEN 4
#define RNR     0x05
#define MODULO  128

/** RR without poll or final bit (Q.921 3.6.6). */
static bool is_ack(const uint8_t *frame, size_t len)
{
    return len == ACK_LEN && frame[2] == 0x01 && (frame[3] & 1) == 0;
}

static bool is_information(const uint8_t *frame, size_t len)
{
    return len > ACK_LEN && (frame[2] & 1) == 0;
}

/** It has an N(R). */
static bool is_numbered(const uint8_t *frame, size_t len)
{
    return len >= ACK_LEN && (frame[2] & 3) != 3;
}

/** Of one data link: SAPI and TEI. */
static bool same_link(const uint8_t *a, const uint8_t *b)
{
    return ((a[0] ^ b[0]) & 0xfc) == 0 && a[1] == b[1];
}

/* ---- signalling ---- */

static void say_now(void *arg)
{
    struct isdn_link *l = arg;
    struct isdn_frame f = {.len = ACK_LEN};

    if (!l->ack_waits)
        return;
    l->ack_waits = false;
    memcpy(f.octets, l->ack, ACK_LEN);
    if (!l->silent)
        isdn_dchan_send(l, &f);
}

void isdn_ack_init(struct isdn_link *l)
{
    rt_defer_init(&l->ack_due, l->span->loop, say_now, l);
}

void isdn_ack_stop(struct isdn_link *l)
{
    l->ack_waits = false;
    rt_defer_stop(&l->ack_due);
}

bool isdn_ack_kept(struct isdn_link *l, const struct isdn_frame *f)
{
    if (l->ack_waits && is_numbered(f->octets, f->len) && same_link(f->octets, l->ack))
        l->ack_waits = false;
    say_now(l);
    if (!is_ack(f->octets, f->len))
        return false;
    memcpy(l->ack, f->octets, ACK_LEN);
    l->ack_waits = true;
    rt_defer_start(&l->ack_due);
    return true;
}

/* ---- I/O ---- */

bool isdn_ack_merged(struct isdn_io *io, const struct isdn_frame *f)
{
    bool ack = is_ack(f->octets, f->len), carried = false;
    size_t len;
    uint8_t *p;

    if (f->spoilt || !is_numbered(f->octets, f->len))
        return false;
    for (unsigned i = 0; (p = hdlc_waiting(io->hdlc, i, &len)) != NULL; i++) {
        if (!is_numbered(p, len) || !same_link(p, f->octets))
            break;
        if (i == 0 && is_ack(p, len))
            return hdlc_replace(io->hdlc, f->octets, f->len) == 0;
        if (!ack || !is_information(p, len))
            break;
        p[3] = (uint8_t)((f->octets[3] & 0xfe) | (p[3] & 1));
        carried = true;
    }
    return carried;
}

void isdn_ack_sent(struct isdn_io *io, const uint8_t *frame, size_t len)
{
    if (is_information(frame, len))
        io->sent = (uint8_t)((frame[2] >> 1) + 1) % MODULO;
    else if (!is_numbered(frame, len))
        io->sent = io->told = 0; /* the link is set up anew, or none is */
}

bool isdn_ack_wakes(struct isdn_io *io, const uint8_t *frame, size_t len)
{
    unsigned open = (unsigned)(io->sent - io->told) % MODULO;

    if (is_ack(frame, len) && open < io->window && !io->far_busy)
        return false;
    io->far_busy = is_numbered(frame, len) && (frame[2] & 0x0f) == RNR;
    if (is_numbered(frame, len))
        io->told = frame[3] >> 1;
    return true;
}
