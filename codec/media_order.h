/* What goes between signalling and the media threads: things that signalling allocates, since a
 * media thread never does, and gets back; the orders that hand them over; the reports that answer.
 */
#ifndef CODEC_MEDIA_ORDER_H
#define CODEC_MEDIA_ORDER_H

#include "codec/media.h"
#include "codec/sound.h"

/* ---- what is handed over ---- */

/** Anything handed over; the first member of each such thing. */
struct media_loan {
    struct media_loan *next;
    void (*give_back)(struct media_loan *l); /**< in signalling: the thread needs it no more */
};

/** What an RTP port works with since its last description: the agreement, and the codecs' state.
 * (media_kit.c) */
struct media_kit {
    struct media_loan loan;
    struct media_rtp conf;
    const struct codec *codec; /**< to send; NULL: a clear channel */
    void *encoder;
    void *decoder[CODEC_COUNT];
};
/** ENOMEM; ENOTSUP: this build cannot encode the codec; ENOSPC: see media_rtp_set(). */
int media_kit_new(struct media_kit **out, const struct media_rtp *r);
void media_kit_free(struct media_kit *k);
/** In the media thread: `new` takes from `old` the states that go on. */
void media_kit_inherit(struct media_kit *new, struct media_kit *old);

/** What a port plays of its own (source.c). */
struct media_source {
    struct media_loan loan;
    /** The next block; false: it is the last one. */
    bool (*play)(struct media_source *s, int16_t pcm[SOUND_BLOCK]);
    union {
        struct tone_player tone;
        struct {
            struct clip *clip;
            size_t at;
            unsigned times; /**< this one and those to come; 0: for ever */
        } clip;
    };
};

/** A port's hold of the tape that it is recorded on (source.c). */
struct media_reel {
    struct media_loan loan;
    struct tape *tape;
};

/* ---- orders and reports ---- */

enum media_order_type {
    MEDIA_ORDER_OPEN,
    MEDIA_ORDER_SET,
    MEDIA_ORDER_LINE,
    MEDIA_ORDER_COLUMN,
    MEDIA_ORDER_SECURE,
    MEDIA_ORDER_AIM,
    MEDIA_ORDER_JOIN,
    MEDIA_ORDER_CORD,
    MEDIA_ORDER_PART,
    MEDIA_ORDER_ECHO,
    MEDIA_ORDER_PLAY,
    MEDIA_ORDER_RECORD,
    MEDIA_ORDER_DIGIT,
    MEDIA_ORDER_TAP,
    MEDIA_ORDER_LEAVE,
    MEDIA_ORDER_CLOSE,
    MEDIA_ORDERS
};
struct media_order {
    enum media_order_type type;
    struct media_port *port;
    union {
        struct media_kit *kit;
        struct {
            struct media_srtp *srtp;
            uint32_t ssrc; /**< that it protects */
        } secure;
        struct {
            union rt_addr rtp, rtcp;
        } aim;
        struct media_line line;
        struct {
            struct media_dsp *dsp;
            unsigned lane;
        } column;
        struct {
            struct media_port *peer;
            enum media_flow flow;
        } join;
        struct {
            struct media_cord *cord; /**< NULL: the one it has */
            unsigned end;
            bool hears;
        } cord;
        struct media_source *source; /**< NULL: what the peer sends */
        struct media_reel *reel;     /**< NULL: on none */
        uint64_t tag;                /**< 0: it is not tapped */
        struct {
            char digit;
            unsigned ms;
        } digit;
    };
};

enum media_report_type {
    MEDIA_REPORT_EVENT,
    MEDIA_REPORT_LEFT,
    MEDIA_REPORT_LOAN,
    MEDIA_REPORT_KEYS,
    MEDIA_REPORT_CPU
};
struct media_report {
    enum media_report_type type;
    struct media_port *port;
    union {
        struct media_event event;
        struct media_loan *loan;
        struct media_srtp *keys; /**< no longer used */
        rt_time cpu;
    };
};
/** On its way from a media thread; the port may be gone when it is delivered. */
struct media_mail {
    unsigned port; /**< id */
    struct media_datagram datagram;
};

#endif
