/* A call: two legs and the bridge between them; survives as one record whatever the protocols.
 *
 * call.c is the machine (RFC 3398 7.2 and 8.2 in neutral events), call_dial.c finds the called
 * side, call_media.c decides who hears what.
 */
#ifndef GW_CALL_H
#define GW_CALL_H

#include "dialplan/enum.h"
#include "gw/cdr.h"
#include "gw/enum.h"
#include "gw/leg.h"
#include "gw/route.h"
#include "gw/rt/fsm.h"

enum gw_call_state {
    GW_CALL_COLLECTING, /**< overlap receiving: waiting for digits */
    GW_CALL_TRYING,     /**< a target is being tried */
    GW_CALL_PROCEEDING, /**< the called side has answered with progress, not yet ringing */
    GW_CALL_ALERTING,
    GW_CALL_CONNECTED,
    GW_CALL_TONES, /**< one side clears with tones that the other hears */
    GW_CALL_OVER,
    GW_CALL_STATES
};
const char *gw_call_state_name(enum gw_call_state s);

/** One line of the ladder: a message of a leg's protocol. */
struct gw_ladder_line {
    int64_t ms;    /**< since the call began */
    char side;     /**< 'a' or 'b' */
    bool sent;     /**< by tandem */
    char text[56]; /**< "INVITE sip:+4930123@...", "ALERTING pi 8" */
};

#define GW_LADDER_MAX 64

/** The targets of a hop that ENUM knows (call_enum.c). */
struct gw_resolved {
    unsigned hop; /**< one more than its index; 0: nothing was asked */
    struct gw_enum_config config;
    struct gw_enum_query *asking; /**< NULL: nothing is */
    struct dp_enum_uri *uri;
    unsigned n, at;
};

/** Room that is made for an emergency call (call_emergency.c). */
struct gw_room {
    unsigned hop;                 /**< one more than the index of the last it was made for */
    bool waits;                   /**< for the channel of another call */
    const struct gw_leg *awaited; /**< that has it still; NULL: it is free now */
};

/** What is needed until the answer, and dropped with it: an answered call shall cost little. */
struct gw_dialling {
    struct gw_setup setup; /**< as received */
    struct gw_decision decision;
    unsigned hop; /**< which of decision.hop is being tried */
    unsigned channel_retries;
    bool open;                      /**< the target was called with a number that may still grow */
    bool asked;                     /**< it has said that it takes more digits */
    bool done;                      /**< it has said that it takes no more */
    char unsent[DP_DIGITS_MAX + 1]; /**< digits that wait until it asks */
    /** The target sent the call on and the caller's network was asked to follow; no type: not yet.
     */
    struct gw_event back;
    struct gw_cause back_cause; /**< that the target gave */
    bool screened;              /**< loops and the limits of the caller's side were looked at */
    struct gw_resolved resolved;
    struct gw_room room;
    struct rt_timer patience; /**< how long the hop may say nothing, or a channel is waited for */
};

struct gw_limit_token;
struct gw_loop_out;
struct gw_performance_trunk;

/** A rate, and its currency. */
struct gw_priced {
    struct dp_rate rate;
    char currency[4];
};

/** What a call has taken of limits, and what it is counted for (call_limits.c). */
struct gw_account {
    struct gw_limit_token *caller, *called; /**< of each side; NULL: nothing */
    struct gw_limit_token *diverter;        /**< of who sent the call on last */
    struct gw_priced *price, *cost;         /**< of each side; NULL: not known */
    struct gw_loop_out *out;                /**< the attempt, for who watches for loops */
    struct gw_performance_trunk *by[2];     /**< trunk and group of the attempt; NULL: none */
    int64_t advised; /**< micro-units of money that limits know of by advice of charge */
    uint64_t dest;
    bool seized, rang;
    bool came, rung; /**< counted for the caller's trunk; it has heard ringing */
};

/** The attempt in progress: what its record has of its own. */
struct gw_attempt {
    unsigned attempt; /**< 1.. */
    uint64_t seq;
    rt_time start_time, ring_time; /**< wall clock */
    rt_time started;               /**< monotonic; 0: its record is closed */
    struct gw_cdr_item *opening;   /**< of its record, for its end */
    uint8_t failed;                /**< cause that the one before it was left for; 0: none */
};

struct gw_call {
    struct gw *gw;
    struct gw_plan *plan; /**< the generation it started with; one reference; NULL once it is over
                               and its legs are gone */
    const char *kind[2];  /**< what its trunks were then: gw_call_kind() */
    unsigned number;      /**< small, for people: `show call 17` */
    char name[16];        /**< "call 17": for the log */
    struct rt_fsm fsm;
    struct gw_leg *a, *b;
    struct gw_dialling *dial; /**< NULL once it is answered, or over */
    unsigned legs; /**< legs that still point here, done ones too: it is not freed before them */
    bool direct; /**< media bypasses the gateway: descriptions pass between the legs as they are */
    bool over;   /**< its record is closed */
    uint8_t tones;      /**< of faxes and modems, heard so far: bit n: enum media_event_type n */
    bool announcing;    /**< the caller is told why it comes to nothing */
    uint8_t recordings; /**< so far */
    bool heard; /**< the caller has heard something of this target: never advance in silence */
    struct gw_leg *transfer; /**< the joint that calls elsewhere for one of the legs, or NULL */
    struct gw_cdr cdr;       /**< of the call, with what the last attempt sent and to whom */
    struct gw_attempt attempt;
    struct gw_account account;
    bool emergency; /**< nothing refuses it, and it is never preempted */
    bool callback;  /**< from the emergency service: likewise never preempted */
    bool priority;
    char *explain; /**< what cdr.explain points to */
    /** What the side that clears has to say, while it does. */
    const struct gw_uui *parting;
    rt_time started, answered; /**< monotonic */
    struct rt_timer timer;
    struct rt_buf ladder; /**< packed; gw_call_ladder() reads it */
    unsigned nladder, ladder_lost;
    struct gw_call_sound *sound; /**< gw/call_sound.h; NULL: nothing yet */
    uint32_t followed;           /**< by which clients that trace its number (gw/trace.h) */
    struct gw_call *prev, *next; /**< in gw->calls, gw->clearing or gw->ended */
};

/** Whether there is no room, or no time, for any new call but one to the emergency service. */
bool gw_call_full(const struct gw *gw);
/** 0 when the gateway takes a new call to that number; ECANCELED: it drains; EBUSY: it has as many
 * as it may. */
int gw_call_admits(const struct gw *gw, const struct gw_trunk *from,
                   const struct dp_number *called);
/** A leg's adapter offers a call that came in: routes it and starts. `leg` becomes side a.
 *  ENOMEM, or as gw_call_admits(): nothing was made, the adapter refuses with 41, EBUSY with 42. */
int gw_call_new(struct gw *gw, struct gw_leg *leg, const struct gw_setup *setup);
/** A leg tells what came from its far end. After GW_EV_RELEASE the call no longer knows the leg. */
void gw_call_event(struct gw_leg *leg, const struct gw_event *ev);
/** Notes a protocol message of a leg for the ladder. Safe when the leg's call is gone. */
void gw_call_note(struct gw_leg *leg, bool sent, const char *fmt, ...) RT_PRINTF(3, 4);
/** The same for a text that is ready. */
void gw_call_note_text(struct gw_leg *leg, bool sent, struct rt_str text);
/** The ladder line by line; `*at` starts at 0. False: there is no more. */
bool gw_call_ladder(const struct gw_call *call, size_t *at, struct gw_ladder_line *out);
/** The last word of a leg: it is about to be freed. */
void gw_call_leg_gone(struct gw_leg *leg);
/** What the trunk of a side is, 'a' or 'b': "sip", "isdn"; "": none, or one of another plan. */
const char *gw_call_kind(const struct gw_call *call, char side);
/** Ends a call from outside (operator, shutdown). */
void gw_call_release(struct gw_call *call, unsigned q850, enum gw_released_by by);

/* call_emergency.c */
typedef bool gw_leg_fits(const struct gw_leg *leg, const void *arg);
/** The leg of the call that is dropped first for an emergency call, of the ordinary calls with one
 * that fits; NULL: none. */
struct gw_leg *gw_call_expendable(const struct gw *gw, enum gw_preempt how, gw_leg_fits *fits,
                                  const void *arg);
/** Releases the leg's call for the emergency call of that name. */
void gw_call_preempt(struct gw_leg *leg, const char *name);

/* call_service.c */
/** Has the caller identified as malicious, for the operator: of an answered call. */
void gw_call_identify(struct gw_call *call);
/** Has the exchange join two legs that we have joined, where their trunks want it and it is
 * possible by now. */
void gw_call_optimise(struct gw_leg *leg);

/* call_transfer.c: a leg leaves its call to others (docs/architecture.md) */

/** Where a leg wants its other side to go. The texts are borrowed. */
struct gw_transfer {
    struct dp_number called; /**< no digits: `target` alone says it */
    struct rt_str lines;     /**< as in gw_setup */
    struct rt_str target;    /**< as in gw_setup */
};
/** The leg with a far end that is on the other side of this one, past all joints; NULL: none. */
struct gw_leg *gw_call_partner(const struct gw_leg *leg);
/** True when the leg's call is one that can be transferred now. */
bool gw_call_transferable(const struct gw_leg *leg);
/** Calls `to` for the other side of `leg`. What becomes of it is told by GW_EV_TRANSFER, perhaps
 * from inside this call. */
void gw_call_transfer(struct gw_leg *leg, const struct gw_transfer *to);
/** Joins the other sides of two legs that the same user holds: `leg` asked for it, `second` is
 * released. 0 or a Q.850 cause: all is as before. */
unsigned gw_call_transfer_to(struct gw_leg *leg, struct gw_leg *second);
/** A leg without a call takes the place of `old`, which is released; `leg` is told CONNECT. 0 or a
 * Q.850 cause: all is as before. */
unsigned gw_call_replace(struct gw_leg *old, struct gw_leg *leg);

/* call_announce.c */
/** A clip that the leg was played is over. */
void gw_call_played(struct gw_leg *leg);

/* call_detect.c */
/** A call-progress tone was heard on the leg's line. */
void gw_call_tone_heard(struct gw_leg *leg, enum tone_kind kind);

/* call_recording.c */
/** Records an answered call from now on, or no more. EALREADY: it is so; ENOTSUP: there is nothing
 * to record; or what recording says. */
int gw_call_record(struct gw_call *call, bool on);

/* call_party.c */
/** A leg that was away has a channel again: it is heard as before. 0 or a Q.850 cause. */
unsigned gw_call_rejoin(struct gw_leg *leg);

/* call_overlap.c */
/** True while more digits of the number called would change something. */
bool gw_call_grows(const struct gw_call *call);

/* call_media.c */
/** Makes both legs' ports in one thread. 0 or a Q.850 cause. */
unsigned gw_call_ports(struct gw_call *call);
/** Makes both ports and joins them with the flow that the state and the early media ask for. 0 or a
 * Q.850 cause. */
unsigned gw_call_bridge(struct gw_call *call);
/** Notes what the media engine tells of a leg's sound, once in a call, and has both sides make way
 * for a fax or a modem. */
void gw_call_heard(struct gw_leg *leg, const struct media_event *ev);
/** Plays a clip to the leg. False: it has no port and gets none. */
bool gw_call_play(struct gw_call *call, struct gw_leg *leg, struct clip *clip, unsigned times);
/** Plays a tone to the calling leg, or stops it. */
void gw_call_tone(struct gw_call *call, struct gw_leg *leg, enum tone_kind kind);

#endif
