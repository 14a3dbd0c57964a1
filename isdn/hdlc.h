/* The D channel's framing in its timeslot: HDLC by spandsp, with a queue of frames to send. */
#ifndef ISDN_HDLC_H
#define ISDN_HDLC_H

#include <stddef.h>
#include <stdint.h>

#define HDLC_FRAME_MAX                                                                             \
    300 /**< octets of a LAPD frame without FCS (Q.921 5.9.3: 260 and address)                     \
         */

struct hdlc;
/** A good frame, without flags and FCS. */
typedef void hdlc_frame_fn(void *arg, const uint8_t *frame, size_t len);

int hdlc_new(struct hdlc **out, hdlc_frame_fn *fn, void *arg);
void hdlc_free(struct hdlc *h);
/** Octets of the timeslot as received. */
void hdlc_receive(struct hdlc *h, const uint8_t *octets, size_t n);
/** Octets of the timeslot to send: frames as queued, flags between them. */
void hdlc_transmit(struct hdlc *h, uint8_t *octets, size_t n);
/** Queues a frame. ENOBUFS when the line is slower than what is said on it. */
int hdlc_send(struct hdlc *h, const uint8_t *frame, size_t len);
/** The octets of a frame that waits for its turn, 0 the one queued last; they may be changed. NULL:
 * there are no more, or it goes out with a wrong FCS. */
uint8_t *hdlc_waiting(struct hdlc *h, unsigned i, size_t *len);
/** Queues a frame in the place of the one queued last, which waits. */
int hdlc_replace(struct hdlc *h, const uint8_t *frame, size_t len);
/** The frame queued last goes out with a wrong FCS. */
void hdlc_spoil(struct hdlc *h);
/** Frames with a bad FCS or length since the start. */
uint64_t hdlc_bad(const struct hdlc *h);

#endif
