/* SIP far ends from inside: one user agent per far end, made of sip/ itself, and its calls.
 *
 * far_sip.c has the far end's life, _ua what the user agent asks and sees, _call the calls, _caller
 * and _called what either side does in its turn, _media descriptions and RTP, _causes RFC 3398's
 * table.
 */
#ifndef TEST_SIM_FAR_SIP_H
#define TEST_SIM_FAR_SIP_H

#include "gw/rt/loop.h"
#include "sip/sip.h"
#include "test/sim/far_voice.h"
#include "test/sim/sim.h"

#define FAR_SIP_PATIENCE (240 * RT_S) /* the longest that anybody rings */
#define FAR_SIP_PAST     256

/** What the bits of `variety` choose. */
enum far_sip_bit {
    FAR_SIP_RELIABLE = 0, /**< two bits: 100rel of the trunk */
    FAR_SIP_TIMER = 2,    /**< two bits: its session timer */
    FAR_SIP_DIRECT = 4,
    FAR_SIP_TCP = 5,
    FAR_SIP_DTMF = 6,   /**< two bits */
    FAR_SIP_CODECS = 8, /**< two bits */
    FAR_SIP_UNTRUSTED = 10,
    FAR_SIP_ASKS_TIMER = 11, /**< the far end wants one too */
    FAR_SIP_IS_RELIABLE = 12,
    FAR_SIP_EARLY = 13,
    FAR_SIP_BY_REINVITE = 14 /**< another party is told by re-INVITE */
};
static inline unsigned far_sip_choice(const struct sim_far *f, enum far_sip_bit at, unsigned bits)
{
    return (unsigned)(f->variety >> at) & ((1u << bits) - 1);
}

/** A dialog that is over, so that what still comes for it is noticed. */
struct far_sip_past {
    uint64_t id;        /**< of its Call-ID; 0: nothing stands here */
    uint32_t cseq;      /**< the highest of the far end's requests */
    bool calling, mute; /**< `mute`: its INVITE is never answered */
    char number[16];    /**< the caller: whose call it was */
};

struct far_sip {
    struct sim_far *far;
    struct sip_ua *ua;
    struct rt_loop *loop;        /**< of a process of its own, so that it connects from its host */
    union rt_addr host, gateway; /**< with their ports */
    bool tcp;                    /**< it calls by TCP, and listens there too */
    const char *user; /**< who it is at a registrar; NULL: a trunk, which has all the numbers */
    /** The call of a caller and a called one whose numbers do not say which; NULL: all do. */
    struct sim_call *(*waiting)(const struct far_sip *own, const struct sip_message *m);
    struct sip_session_options options;
    struct far_sip_call *calls;
    struct far_sip_past past[FAR_SIP_PAST];
    unsigned npast;     /**< the next place */
    unsigned strangers; /**< INVITEs that belong to no call */
};

/** What one far end holds of one call. The ledger is looked up each time: it may be gone before the
 * session is. */
struct far_sip_call {
    struct far_sip *own;
    struct sip_session *s;
    bool calling;
    unsigned nth;  /**< called side: which arrival this is */
    bool explains; /**< refusals have a Reason */
    bool direct;   /**< to the number that was called first, not to where it was sent on */
    bool up, left; /**< answered; ended or left by us */
    struct sim_script script;
    char caller[16], called[16], target[16]; /**< `target`: of its transfer */
    uint32_t cseq;                           /**< the highest of their requests */
    struct rt_timer act, extra, bound, media;
    unsigned step, digit;
    /* what is described, and what is heard */
    struct rt_udp *rtp;
    union rt_addr far_rtp;
    struct rt_buf sdp;
    const char *direction;
    unsigned version, payload, event; /**< the codec in use, and telephone-event's type */
    bool agreed;
    rt_time spoke; /**< from when on both sides speak; 0: they do not */
    unsigned heard;
    uint16_t seq;
    uint32_t ts;
    struct far_voice *voice; /**< NULL: no digits are said as sound, or heard */
    bool rapid;              /**< a packet each 20 ms, for digits */
    char digit_event;        /**< digit that is said as telephone-event; '\0': none */
    unsigned event_left;     /**< packets of it */
    uint32_t event_ts, last_event;
    uint32_t last_ssrc;
    uint16_t last_seq;
    struct far_sip_call *prev, *next;
};

/* far_sip.c */
/** Opens its user agent on the far end's host, UDP and with `tcp` TCP as well. An errno. */
int far_sip_open(struct far_sip *own, struct sim_far *f, uint16_t port, bool tcp);
/** Its sessions and transactions are forgotten, and it listens at another port. */
int far_sip_move(struct far_sip *own, uint16_t port);
void far_sip_close(struct far_sip *own);
/** Appends what is left of calls; nothing when it is at rest. */
void far_sip_holds(const struct far_sip *own, struct rt_buf *why);
/** What its trunk says that `variety` chooses. */
void far_sip_put_manners(const struct sim_far *f, struct rt_buf *out);
/** What follows is done by the far end's process; returns the one before, for fake_process(). */
unsigned far_sip_enter(const struct sim_far *f);

/* far_sip_call.c */
/** A new one, in the far end's list. NULL: no memory. */
struct far_sip_call *far_sip_call_new(struct far_sip *own, const struct sim_call *c, bool calling);
void far_sip_call_free(struct far_sip_call *k);
/** What the ledger has for this side; NULL: nothing any more, or a later arrival is noted there. */
struct sim_seen *far_sip_seen(const struct far_sip_call *k);
/** Its session is over, for what the message says. Closes it. */
void far_sip_over(struct far_sip_call *k, enum sip_end why, const struct sip_message *m);
/** Ends it from here, whatever state it is in, with that cause. */
void far_sip_leave(struct far_sip_call *k, unsigned cause);
/** Refuses the arrival with that cause. */
void far_sip_refuse(struct far_sip_call *k, int status, unsigned cause);
/** It talks from now on. */
void far_sip_talks(struct far_sip_call *k);
/** The call's session has said its last word. */
void far_sip_gone(void *arg, struct sip_session *s);
void far_sip_ended(void *arg, struct sip_session *s, enum sip_end why, const struct sip_message *m);
void far_sip_reinvited(void *arg, struct sip_session *s, const struct sip_message *m);
void far_sip_describe(void *arg, struct sip_session *s, struct sip_body *out);
int far_sip_info(void *arg, struct sip_session *s, const struct sip_message *m);

/* far_sip_caller.c */
void far_sip_place(struct far_sip *own, const struct sim_call *c);

/* far_sip_called.c */
void far_sip_arrived(struct far_sip *own, struct sip_session *s, const struct sip_message *m);
/** The call that an INVITE belongs to, by the number called, else by who calls. */
struct sim_call *far_sip_whose(const struct far_sip *own, const struct sip_message *m);

/* far_sip_ua.c */
extern const struct sip_ua_ops far_sip_ua_ops;
/** Remembers a dialog that is over. */
struct far_sip_past *far_sip_remember(struct far_sip *own, struct rt_str call_id, uint32_t cseq,
                                      bool calling, const char *caller);

/* far_sip_media.c */
/** Our offer, or the answer to what was taken last; borrowed until the next one. */
struct sip_body far_sip_offer(struct far_sip_call *k, const char *direction);
/** Reads theirs. False: there is no audio that both have. */
bool far_sip_take(struct far_sip_call *k, struct rt_str sdp);
/** Our answer to it. */
struct sip_body far_sip_answer(struct far_sip_call *k);
/** Opens the RTP socket and begins to speak, a packet each second. */
void far_sip_media_start(struct far_sip_call *k);
/** Both sides have talked undisturbed and nothing was heard. */
bool far_sip_silent(const struct far_sip_call *k);
void far_sip_media_stop(struct far_sip_call *k);
/** Who sends its RTP. */
uint32_t far_sip_ssrc(const struct far_sip_call *k);

/* far_sip_digits.c */
/** The talk begins: digits will be dialled, or listened for. */
void far_sip_digits_start(struct far_sip_call *k);
void far_sip_digits_stop(struct far_sip_call *k);
/** The caller's next digit. */
void far_sip_dial(struct far_sip_call *k);
/** In a packet's place: the digit's event, where one is being said. The octets written, 0: none. */
size_t far_sip_say_event(struct far_sip_call *k, uint8_t *packet);
/** What came as RTP may be a digit, or a part of one. */
void far_sip_hear(struct far_sip_call *k, uint8_t *data, size_t n);

/* far_sip_causes.c */
/** The status that RFC 3398 7.2.4.1 gives a cause. */
int far_sip_status(unsigned cause);

#endif
