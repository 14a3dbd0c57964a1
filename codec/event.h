/* Telephone events, RFC 4733: digits as packets, sent and received. */
#ifndef CODEC_EVENT_H
#define CODEC_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENT_PAYLOAD 4

/** Writes one event payload (2.3): duration in timestamp units, volume in -dBm0. */
void event_write(uint8_t out[EVENT_PAYLOAD], uint8_t event, bool end, uint8_t volume,
                 uint16_t duration);

/** A digit being sent. Start zeroed. */
struct event_sender {
    bool active;
    uint8_t event;
    uint32_t ts;        /**< of all packets of its segment */
    uint32_t elapsed;   /**< units since the start of its segment */
    unsigned ends_left; /**< end packets still to be sent (2.5.1.4: three) */
    bool first, stopping;
};
void event_sender_start(struct event_sender *s, uint8_t event, uint32_t ts);
void event_sender_stop(struct event_sender *s);
/** 10 ms passed, which are `n` units of the timestamps. True when a packet is due: `payload` is
 * filled, `*marker` set for the first. */
bool event_sender_tick(struct event_sender *s, unsigned n, uint8_t payload[EVENT_PAYLOAD],
                       bool *marker);

/** A digit being received. Start zeroed. */
struct event_receiver {
    bool known, active, ended;
    uint32_t ts;
    uint8_t event;
    uint32_t duration, played; /**< of this segment */
    uint32_t earlier;          /**< duration of the segments before it */
};
/** A packet. True when it began a new digit. */
bool event_receiver_packet(struct event_receiver *r, uint32_t ts, const uint8_t *payload,
                           size_t len);
/** Plays 10 ms, which are `n` units of the timestamps; true while the digit's tone sounds. */
bool event_receiver_tick(struct event_receiver *r, unsigned n);
/** Units that the digit has lasted, all segments of it. */
uint32_t event_receiver_length(const struct event_receiver *r);

/** The event code of a digit (0-9 * # A-D: 3.2), or -1; and back, 0 for a code that is no digit. */
int event_of_digit(char digit);
char event_digit(uint8_t event);

#endif
