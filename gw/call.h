/* A call: two legs and the bridge between them; survives as one record whatever the protocols.
 *
 * call.c is the machine (RFC 3398 7.2 and 8.2 in neutral events), call_dial.c finds the called
 * side, call_media.c decides who hears what.
 */
#ifndef GW_CALL_H
#define GW_CALL_H

#include "gw/cdr.h"
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
    rt_time at;    /**< monotonic */
    char side;     /**< 'a' or 'b' */
    bool sent;     /**< by tandem */
    char text[56]; /**< "INVITE sip:+4930123@...", "ALERTING pi 8" */
};

#define GW_LADDER_MAX 64

struct gw_call {
    struct gw *gw;
    struct gw_plan *plan; /**< the generation it started with; one reference */
    unsigned number;      /**< small, for people: `show call 17` */
    char name[16];        /**< "call 17": for the log */
    struct rt_fsm fsm;
    struct gw_leg *a, *b;
    struct gw_setup setup; /**< as received */
    struct gw_decision decision;
    unsigned hop; /**< which of decision.hop is being tried */
    unsigned channel_retries;
    unsigned legs; /**< legs that still point here, done ones too: it is not freed before them */
    bool heard;    /**< the caller has heard something of this target: never advance in silence */
    struct gw_cdr cdr, attempt;
    rt_time started, answered, attempt_started; /**< monotonic */
    struct rt_timer timer;
    struct gw_ladder_line ladder[GW_LADDER_MAX];
    unsigned nladder, ladder_lost;
    struct gw_call *prev, *next; /**< in gw->calls or gw->ended */
};

/** A leg's adapter offers a call that came in: routes it and starts. `leg` becomes side a.
 *  ENOMEM, or ECANCELED while the gateway drains: nothing was made, the adapter refuses with 41. */
int gw_call_new(struct gw *gw, struct gw_leg *leg, const struct gw_setup *setup);
/** A leg tells what came from its far end. After GW_EV_RELEASE the call no longer knows the leg. */
void gw_call_event(struct gw_leg *leg, const struct gw_event *ev);
/** Notes a protocol message of a leg for the ladder. Safe when the leg's call is gone. */
void gw_call_note(struct gw_leg *leg, bool sent, const char *fmt, ...) RT_PRINTF(3, 4);
/** The last word of a leg: it is about to be freed. */
void gw_call_leg_gone(struct gw_leg *leg);
/** Ends a call from outside (operator, shutdown). */
void gw_call_release(struct gw_call *call, unsigned q850, enum gw_released_by by);

/* call_media.c */
/** Makes both legs' ports in one thread. 0 or a Q.850 cause. */
unsigned gw_call_ports(struct gw_call *call);
/** Makes both ports and joins them with the flow that the state and the early media ask for. 0 or a
 * Q.850 cause. */
unsigned gw_call_bridge(struct gw_call *call);
/** Plays a tone to the calling leg, or stops it. */
void gw_call_tone(struct gw_call *call, struct gw_leg *leg, enum tone_kind kind);

#endif
