/* What the files of isdn/ share: spans, their channels, D channels and calls (the signalling half).
 */
#ifndef ISDN_PRIV_H
#define ISDN_PRIV_H

#include "gw/rt/log.h"
#include "isdn/ie_call.h"
#include "isdn/ie_text.h"
#include "isdn/io.h"
#include "isdn/q931.h"

#include <libpri.h>

/* ---- calls ---- */

/** In this order: not answered (isdn_call_unanswered()), outgoing, answered, clearing. */
enum isdn_call_state {
    CALL_PRESENT,     /**< incoming: nothing was said yet */
    CALL_OVERLAP_IN,  /**< SETUP ACKNOWLEDGE sent */
    CALL_INCOMING,    /**< CALL PROCEEDING or ALERTING sent */
    CALL_SETUP,       /**< outgoing: SETUP sent, nothing came */
    CALL_OVERLAP_OUT, /**< SETUP ACKNOWLEDGE came */
    CALL_OUTGOING,    /**< CALL PROCEEDING, PROGRESS or ALERTING came */
    CALL_CONNECTING,  /**< CONNECT sent, not acknowledged */
    CALL_ACTIVE,
    CALL_HEARING,   /**< DISCONNECT with tones came; the owner has not released yet */
    CALL_TONES,     /**< DISCONNECT with tones sent */
    CALL_RELEASING, /**< DISCONNECT or RELEASE sent */
    CALL_GONE       /**< libpri has no record of it any more */
};

/** How a call is held (EN 300 141). */
enum isdn_hold {
    HOLD_NONE,
    HOLD_ASKED,      /**< HOLD sent */
    HOLD_OURS,       /**< held by us: no channel */
    HOLD_RETRIEVING, /**< RETRIEVE sent: a channel is set aside */
    HOLD_THEIRS      /**< held by the far end: no channel */
};

/** A supplementary service that we asked the far end for. */
enum isdn_doing { ISDN_DOING_NOTHING, ISDN_DOING_DEFLECT, ISDN_DOING_JOIN };
/** One that it asked us for and waits for the answer. */
enum isdn_asked { ISDN_ASKED_NOTHING, ISDN_ASKED_DEFLECT, ISDN_ASKED_ECT, ISDN_ASKED_TBCT };

struct isdn_service {
    struct rt_timer timer;
    enum isdn_doing doing;
    enum isdn_asked asked;
    int invoke;             /**< of what is asked */
    uint8_t profile;        /**< the same: octet 3 of its Facility */
    q931_call *terminal;    /**< on a bus: who spoke last; libpri wants answers given to that one */
    struct isdn_call *mate; /**< that it is to be joined with */
    bool first;             /**< of the two */
    bool joined;            /**< the exchange has said so */
    bool related;           /**< libpri points from each of them to the other */
    bool advises;           /**< charges will be told */
    bool total;             /**< AOC-E is told */
    uint8_t charges;        /**< requests to be answered: bit n: enum isdn_aoc_kind n */
    int charge_invoke[3];
};

struct isdn_call {
    struct isdn_span *span; /**< that its channel is of */
    struct isdn_link *link; /**< that it is signalled over */
    q931_call *q931;
    unsigned reference;
    bool outgoing;
    bool data;   /**< 64 kbit/s unrestricted: its channel's octets stay as they are */
    uint8_t tei; /**< on a bus: the terminal that began it; 0: we did, or no bus */
    enum isdn_call_state state;
    void *arg;
    unsigned channel;
    enum isdn_hold hold;
    unsigned former;                      /**< its channel before it was held */
    uint8_t cause, location;              /**< what our clearing messages say; 0: libpri's own */
    struct isdn_put *puts;                /**< elements of ours, each for a message type; owned */
    struct pri_party_connected_line *due; /**< our party's, told when we are connected; owned */
    struct isdn_number called;            /**< outgoing: what SETUP says */
    struct isdn_uui uui;                  /**< waits for a message that may carry it */
    uint16_t indicators;                  /**< the same, of progress: bit n is description n */
    struct isdn_cause heard;              /**< of a DISCONNECT received, or our own timer's */
    bool known;                           /**< the owner was told of it */
    struct rt_timer timer;
    enum isdn_timer running;
    struct rt_timer t322;
    unsigned enquiries;         /**< STATUS ENQUIRYs without an answer */
    enum isdn_call_state asked; /**< the state when the last went out */
    bool doubt;                 /**< one is to be sent */
    enum isdn_call_state seen;  /**< by the watch, since: */
    rt_time seen_at, audited;
    struct rt_defer gone; /**< RELEASED is told outside the call that caused it */
    struct isdn_service service;
    struct isdn_waiting *waiting; /**< incoming, and there is no channel for it yet; owned */
    struct isdn_event last;
    struct isdn_call *prev, *next;
    struct isdn_call *beside; /**< the next of its place in group->by_reference */
};

/** An element that goes with a message. */
struct isdn_put {
    struct isdn_put *next;
    uint8_t type;
    uint16_t key;
    uint8_t len;
    uint8_t p[];
};

/** A message that libpri cannot write: type and elements. */
struct isdn_own {
    bool raw; /**< `elements` is the message as a whole */
    uint8_t type;
    uint16_t len;
    uint8_t elements[HDLC_FRAME_MAX];
};
#define ISDN_OWN_KEYS 16
#define ISDN_OWN      32 /* more than a window of frames that may have to be repeated */

struct isdn_channel {
    enum isdn_channel_state state;
    struct isdn_call *call;
    uint8_t blocked;       /**< enum isdn_blocking */
    bool draining;         /**< the far end is told of it when the call is over */
    rt_time since;         /**< it is in that state */
    uint64_t taken, given; /**< span->uses, the last time; 0: never */
};

/** What a clearing message still in libpri's queue has to say when its call is freed already. */
struct isdn_farewell {
    unsigned reference;
    bool outgoing;
    uint8_t cause, location;
    struct isdn_put *puts; /**< the call's */
};
#define ISDN_FAREWELLS 64

/** A D channel: one libpri, Q.921 and Q.931. */
struct isdn_link {
    struct isdn_span *span; /**< in whose line it is */
    struct isdn_group *group;
    struct pri *pri;
    struct rt_timer pri_timer;
    const struct isdn_frame *arrived; /**< handed to libpri's read */
    const struct isdn_frame *frame;   /**< that is being dealt with; with `viewed` */
    struct q931_view view;            /**< of that frame */
    bool viewed;
    uint8_t ack[4]; /**< an RR, if `ack_waits` */
    bool ack_waits;
    struct rt_defer ack_due;
    bool up, was_up;
    bool silent; /**< taken down: libpri hears and says nothing */
    rt_time since;
    rt_time lines_since; /**< when the counting of `lines` in the log began */
    unsigned lines;
    struct rt_timer t309; /**< of two D channels alone: libpri does not run it for them */
    struct rt_timer ask;  /**< STATUS ENQUIRY to the calls in doubt */
    struct isdn_farewell farewell[ISDN_FAREWELLS];
    unsigned nfarewells;
    struct isdn_own own[ISDN_OWN];
    unsigned nown;
};

#define ISDN_MEMBERS    31
#define ISDN_REFERENCES 128 /* a power of two; each message asks three times whose it is */

/** Spans that share D channels (Q.931 annex F); mostly one with its own. The first D channel
 * carries new calls while it is up, else the second does. */
struct isdn_group {
    struct isdn_span *member[ISDN_MEMBERS]; /**< by interface identifier */
    unsigned nmembers;
    struct isdn_link *link[2];
    struct isdn_call *calls;
    struct isdn_call *by_reference[ISDN_REFERENCES];
    unsigned ncalls;
    struct rt_timer watch; /**< while there are calls */
};

struct isdn_span {
    struct isdn_span_config cfg;
    const struct isdn_variant *variant;
    struct isdn_span_ops ops;
    void *arg;
    char name[16]; /**< "span 1": for the log */
    struct rt_loop *loop;
    struct isdn_io io;
    struct rt_chan *up, *down;
    struct isdn_group *group;
    struct isdn_link *link; /**< its own D channel, or NULL */
    enum isdn_alarm alarm;
    rt_time timers[ISDN_NTIMERS];
    struct isdn_channel channel[ISDN_TIMESLOTS];
    uint64_t uses;       /**< channels taken and given back so far: their order */
    uint32_t to_restart; /**< channels whose RESTART is still to be sent */
    uint32_t to_refresh; /**< and those that are restarted in their turn if they are idle then */
    struct rt_timer restart;
    uint32_t to_tell; /**< channels whose SERVICE is still to be sent */
    unsigned telling; /**< the one sent, 0: none */
    unsigned tell_tries;
    struct rt_timer service;
    unsigned restarting; /**< the one sent, 0: none */
    unsigned restart_tries;
    struct rt_timer t316;
};

/* group.c */
/** Makes the span a member of its lead's group, or of one of its own. EINVAL: there is no such
 * interface identifier; EEXIST: it is taken, or there are two D channels already. */
int isdn_group_join(struct isdn_span *s);
void isdn_group_leave(struct isdn_span *s);
/** We are the network of a bus: terminals have call references of their own. */
static inline bool isdn_is_bus(const struct isdn_link *l)
{
    return l->span->cfg.network && l->span->cfg.multipoint;
}
/** The D channel for new calls on a span, or NULL while none is up. */
struct isdn_link *isdn_group_link(const struct isdn_group *g);
/** The link went down, or came up: T309 for the calls over it. */
void isdn_group_supervise(struct isdn_link *l);
/** libpri's word for a channel, and back: a span of NULL is none of the group's. */
int isdn_channel_code(const struct isdn_span *s, unsigned timeslot);
struct isdn_span *isdn_channel_span(const struct isdn_link *l, int code, unsigned *timeslot);
#define ISDN_UNNAMED 0xff /**< for a timeslot: the message names none */
/** The same for the channel that a call has; 0: none. */
int isdn_call_code(const struct isdn_call *c);
struct isdn_ie_channel;
/** The span of the interface that a Channel identification names, NULL: none of the group's. */
struct isdn_span *isdn_channel_interface(const struct isdn_link *l,
                                         const struct isdn_ie_channel *c);

/* timer.c */
void isdn_timers_setup(struct isdn_span *s);
/** Gives libpri those it runs. */
void isdn_timers_hand_over(const struct isdn_span *s, struct pri *pri);

/* dchan.c */
int isdn_dchan_open(struct isdn_span *s);
void isdn_dchan_close(struct isdn_link *l);
/** Sends a frame of ours past libpri. */
void isdn_dchan_send(struct isdn_link *l, const struct isdn_frame *f);
/** Gives libpri a frame, whoever made it. */
void isdn_dchan_feed(struct isdn_link *l, const struct isdn_frame *f);
/** A frame from the line. */
void isdn_dchan_frame(struct isdn_link *l, const struct isdn_frame *f);
/** True: the log has enough about this link for the moment. */
bool isdn_enough_said(struct isdn_link *l);
/** Sets the timer to libpri's next deadline: after anything was asked of it. */
void isdn_dchan_poke(struct isdn_link *l);

/* ack.c */
void isdn_ack_init(struct isdn_link *l);
void isdn_ack_stop(struct isdn_link *l);
/** Before each frame that libpri writes: what it settles of an acknowledgement that waits. True: it
 * is one itself and waits now. */
bool isdn_ack_kept(struct isdn_link *l, const struct isdn_frame *f);
/** I/O half: the frame has gone into one that is queued. */
bool isdn_ack_merged(struct isdn_io *io, const struct isdn_frame *f);
/** I/O half: what is sent, and whether what is received has to wake the signalling thread. */
void isdn_ack_sent(struct isdn_io *io, const uint8_t *frame, size_t len);
bool isdn_ack_wakes(struct isdn_io *io, const uint8_t *frame, size_t len);

/* wording.c */
/** Every message `type` of the call has this element from now on, in the place of libpri's; one
 * more if there is one already. ENOMEM. */
int isdn_call_add(struct isdn_call *c, uint8_t type, const struct isdn_ie_value *v);
/** Takes back what was added. `key` 0: all elements. */
void isdn_call_unput(struct isdn_call *c, uint8_t type, uint16_t key);
void isdn_puts_free(struct isdn_put **puts);
/** Sends a message that libpri has no word for, without a change of its states. ENETDOWN: the D
 * channel is down; EPROTO: libpri has no such call, or it is one of several terminals. */
int isdn_call_say(struct isdn_call *c, uint8_t type, const struct isdn_ie_value *v, unsigned n);
/** A message that clears, with the call's cause, past libpri. */
void isdn_call_say_clearing(struct isdn_call *c, uint8_t type);
/** Readies the place of a message of ours: the keys with which libpri is to carry it. */
struct isdn_own *isdn_own_place(struct isdn_link *l, char keys[ISDN_OWN_KEYS]);
/** libpri's message `f` becomes ours; `c` may be NULL. */
void isdn_amend(const struct isdn_link *l, struct isdn_frame *f, const struct q931_view *v,
                const struct isdn_call *c);
/** Takes out of the frame just viewed what libpri would stumble over; the new length. */
size_t isdn_tidy(const struct isdn_link *l, uint8_t *frame, size_t len);

/* say.c: plain elements of our messages, by isdn_call_add() */
/** All that SETUP carries, but what is libpri's: bearer, channel, name, and what its Facility has.
 */
void isdn_say_setup(struct isdn_call *c, const struct isdn_setup *in);
/** Diversions leave in libpri's Facility (DivertingLegInformation2), not as Redirecting numbers. */
bool isdn_says_diversion_by_facility(const struct isdn_call *c);
/** The answer about to be sent has this progress indicator (0: none), and what waits for it. */
void isdn_say_with(struct isdn_call *c, uint8_t type, uint8_t progress);
/** The same for a message that has no progress indicator. */
void isdn_say_uui(struct isdn_call *c, uint8_t type);
int isdn_uui_write(struct isdn_ie_value *out, const struct isdn_uui *uui);
/** The connected number of CONNECT. */
void isdn_say_connected(struct isdn_call *c, const struct isdn_number *n);

/* hear.c: the elements of the message that is being dealt with, where libpri cuts or drops them */
void isdn_hear_setup(struct isdn_setup *out, const struct isdn_link *l);
/** Progress, cause, connected party and user-user information; what is not there stays. */
void isdn_hear_event(struct isdn_event *ev, const struct isdn_link *l);
/** The digits of its Called number; false: it has none. */
bool isdn_hear_called(char digits[41], const struct isdn_link *l);
/** Its keypad information; false: none. */
bool isdn_hear_keypad(char digits[41], const struct isdn_link *l);
/** True when it says that our call is being diverted (EN 300 207-1 9.3): where to, if it says. */
bool isdn_hear_diverting(struct isdn_event *ev, const struct isdn_link *l);
/** The `nth` (from 0) of its notification indicators; false: there are no more. */
bool isdn_hear_notice(uint8_t *out, const struct isdn_link *l, unsigned nth);
/** Its Redirection number; unchanged: it has none. */
void isdn_hear_redirection(struct isdn_number *out, const struct isdn_link *l);

/* diversion.c */
/** The message being dealt with may say that it diverts our call. */
void isdn_diversion_noticed(struct isdn_link *l);
void isdn_diversion_told(struct isdn_call *c, const struct pri_subcommand *sub);

/* party.c: libpri's words and ours */
/** False: the number says nothing. */
bool isdn_number_said(const struct isdn_number *n);
void isdn_number_in(struct isdn_number *out, const struct pri_party_number *n);
void isdn_number_out(struct pri_party_number *out, const struct isdn_number *n);
/** NULL or empty: none. */
void isdn_name_out(struct pri_party_name *out, const char *name, bool restricted);
/** Reasons as libpri has them for Facility, and as the standard's elements do. */
uint8_t isdn_reason_in(int libpri);
int isdn_reason_out(uint8_t reason);

/* crowded.c: a SETUP that waits for a channel which is being cleared for it */
/** Asks the owner for room after isdn_channel_settle(c, code, exclusive) found none. False: the
 * call is to be refused. */
bool isdn_crowded_wait(struct isdn_call *c, const struct isdn_setup *setup, int code,
                       bool exclusive);
/** The channel came free: it is taken at once by the call that waits for it. */
void isdn_crowded_freed(struct isdn_span *s, unsigned timeslot);
void isdn_crowded_stop(struct isdn_call *c);

/* channel.c */
void isdn_channel_setup(struct isdn_span *s);
/** Free for a call of the far end: it may use what it has blocked itself. */
bool isdn_channel_idle(const struct isdn_span *s, unsigned timeslot);
/** Free for a call of ours. */
bool isdn_channel_free(const struct isdn_span *s, unsigned timeslot);
bool isdn_channel_is_bearer(const struct isdn_span *s, unsigned timeslot);
void isdn_channel_set(struct isdn_span *s, unsigned timeslot, enum isdn_channel_state state);
void isdn_channel_take(struct isdn_call *c, unsigned timeslot);
/** Gives the call's channel back; it is restarted first when `doubtful`. */
void isdn_channel_give(struct isdn_call *c, bool doubtful);
/** Settles the channel of a received SETUP (Q.931 5.2.3, 5.7). 0, or the cause that refuses it. */
unsigned isdn_channel_settle(struct isdn_call *c, int wanted, bool exclusive);
/** Takes that channel again when it is free, else any; false: there is none. */
bool isdn_channel_again(struct isdn_call *c, unsigned timeslot);
/** The response to our SETUP names a channel. False: it cannot be (released already). */
bool isdn_channel_answered(struct isdn_call *c, int code);

/* hunt.c */
/** The free channel among `channels` to use, or 0. */
unsigned isdn_channel_hunt(const struct isdn_span *s, uint32_t channels, enum isdn_hunt hunt);

/* maintenance.c */
/** The far end is to know how the channel stands. */
void isdn_maint_tell(struct isdn_span *s, unsigned timeslot);
/** A D channel of the group came up: what waited goes out; the first time, all channels. */
void isdn_maint_resume(struct isdn_span *s, bool first);
void isdn_maint_received(struct isdn_link *l, int code, int status);
void isdn_maint_acked(struct isdn_link *l, int code);
/** libpri takes SERVICE for an interface as news of its D channel. True: that was it. */
bool isdn_maint_interface(struct isdn_link *l, bool in_service);
void isdn_maint_timeout(void *arg);
bool isdn_maint_frame(const uint8_t *frame, size_t len);

/* silence.c */
/** A frame that libpri does not get. */
void isdn_silence_frame(struct isdn_link *l, const struct isdn_frame *f);

/* audit.c: calls that the two sides may see differently */
void isdn_audit_init(struct isdn_call *c);
void isdn_audit_stop(struct isdn_call *c);
void isdn_watch_init(struct isdn_group *g, struct rt_loop *loop);
/** A call is there: the watch goes on until there is none. */
void isdn_watch_start(struct isdn_group *g);
void isdn_ask_timeout(void *arg);
/** The link was set up anew (5.8.9): every call over it is in doubt. */
void isdn_audit_link(struct isdn_link *l);
/** STATUS (5.8.11): libpri looks for state 0 alone. */
void isdn_audit_status(struct isdn_link *l, const struct isdn_frame *f);
/** A call ends. When it is the answer to STATUS ENQUIRY, that is a repair. */
void isdn_audit_ended(struct isdn_call *c);
/** The state's name ("active", ...), what ends it, and when, as in struct isdn_channel_status. */
const char *isdn_call_deadline(const struct isdn_call *c, const char **timer, rt_time *due);

/* restart.c */
void isdn_restart_channel(struct isdn_span *s, unsigned timeslot);
void isdn_restart_acked(struct isdn_span *s, unsigned timeslot);
/** The far end restarts a channel, a whole interface (timeslot 0), or with `s` NULL the group. */
void isdn_restart_received(struct isdn_link *l, struct isdn_span *s, unsigned timeslot);
void isdn_restart_timeout(void *arg);
/** The plan's interval is over. */
void isdn_restart_periodic(void *arg);
/** One of the group's D channels came up, for the first time or again. */
void isdn_restart_group(struct isdn_group *g, bool first);

/* call.c */
struct isdn_call *isdn_call_new(struct isdn_link *l, q931_call *q931, bool outgoing);
/** The call that libpri has a record of; NULL: none. */
struct isdn_call *isdn_call_find(const struct isdn_link *l, const q931_call *q931);
/** The call that a message belongs to, `sent` by us or received; NULL: none. */
struct isdn_call *isdn_call_of(const struct isdn_link *l, const struct q931_view *v, bool sent);
struct isdn_call *isdn_call_by_reference(const struct isdn_link *l, unsigned reference,
                                         bool outgoing);
void isdn_call_start_timer(struct isdn_call *c, enum isdn_timer t);
void isdn_call_stop_timer(struct isdn_call *c);
void isdn_call_tell(struct isdn_call *c, const struct isdn_event *ev);
/** An incoming call has its channel: the owner is told of it. */
void isdn_call_present(struct isdn_call *c, struct isdn_setup *setup);
/** It is over: tells RELEASED and frees, outside the present callback. */
void isdn_call_over(struct isdn_call *c, const struct isdn_cause *cause);
void isdn_call_free(struct isdn_call *c);
/** libpri has forgotten it without a word: the handle goes the same way. */
void isdn_call_lost(struct isdn_call *c, const struct isdn_cause *cause);
/** libpri still has a record of it. */
bool isdn_call_alive(const struct isdn_call *c);
/** Incoming, and we have not sent CONNECT. */
static inline bool isdn_call_unanswered(const struct isdn_call *c)
{
    return c->state <= CALL_INCOMING;
}
/** A timer or a conflict ends it: the owner hears DISCONNECT with a local cause and releases. */
void isdn_call_fail(struct isdn_call *c, uint8_t cause, const char *timer);

/* call_setup.c */
void isdn_call_arrived(struct isdn_link *l, const pri_event *e);

/* hold.c */
/** What libpri reports of it. */
void isdn_hold_received(struct isdn_call *c, const pri_event *e);
void isdn_hold_acked(struct isdn_call *c, const pri_event *e);
void isdn_hold_refused(struct isdn_call *c, const pri_event *e);
void isdn_retrieve_received(struct isdn_call *c, const pri_event *e);
void isdn_retrieve_acked(struct isdn_call *c, const pri_event *e);
void isdn_retrieve_refused(struct isdn_call *c, const pri_event *e);
unsigned isdn_held_calls(const struct isdn_span *s);

/* identity.c */
/** libpri has a connected line for the call. */
void isdn_identity_connected(struct isdn_call *c, const struct pri_subcommand *sub);
/** Number and name of a connected line, as far as they are there. */
void isdn_identity_into(struct isdn_event *ev, const struct pri_party_id *id);
/** Connected: tells what had to wait for it. */
void isdn_identity_flush(struct isdn_call *c);
/** The message being dealt with is a NOTIFY: libpri leaves half of them out. */
void isdn_identity_notified(struct isdn_link *l);

/* subcommand.c */
/** What an event carries for supplementary services; before the event itself. `subs` may be NULL.
 */
void isdn_subcommands(struct isdn_call *c, const pri_event *e, const struct pri_subcommands *subs);

/* service.c */
void isdn_service_init(struct isdn_call *c);
void isdn_service_free(struct isdn_call *c);
/** Asked of the far end: without an outcome in a while it is a refusal. */
void isdn_service_begin(struct isdn_call *c, enum isdn_doing what);
/** Which of libpri's calls answers go to. */
q931_call *isdn_service_target(const struct isdn_call *c);
void isdn_services_enable(struct pri *pri);
/** The frame at hand may bring what libpri keeps to itself; before libpri has it. */
void isdn_service_heard(struct isdn_link *l, const struct isdn_frame *f);

/* charge.c, malicious.c, deflect.c, transfer.c: what libpri hands up of them */
void isdn_charge_s(struct isdn_call *c, const struct pri_subcommand *sub);
void isdn_charge_d(struct isdn_call *c, const struct pri_subcommand *sub);
void isdn_charge_e(struct isdn_call *c, const struct pri_subcommand *sub);
void isdn_charge_asked(struct isdn_call *c, const struct pri_subcommand *sub);
void isdn_charge_replied(struct isdn_call *c, const struct pri_subcommand *sub);
void isdn_mcid_asked(struct isdn_call *c, const struct pri_subcommand *sub);
void isdn_mcid_replied(struct isdn_call *c, const struct pri_subcommand *sub);
void isdn_deflect_asked(struct isdn_call *c, const struct pri_subcommand *sub);
void isdn_transfer_asked(struct isdn_call *c, const struct pri_subcommand *sub);
/** Keeps the requests of a SETUP; which there are, as isdn_setup.charges. */
uint8_t isdn_charge_wanted(struct isdn_call *c, const struct pri_subcommands *subs);
/** Answers requests for charges after something else was said; `last`: what is not known by now
 * never will be. */
void isdn_charge_answer(struct isdn_call *c, bool last);
struct isdn_rose;
/** A request that libpri may not know. */
void isdn_transfer_invoked(struct isdn_call *c, const struct isdn_rose *r);
/** Something that was asked on this call is done. */
void isdn_transfer_result(struct isdn_call *c);
/** True for a call whose Facility elements libpri must not see: it would follow them to a call that
 * is no more. */
bool isdn_transfer_dangles(const struct isdn_call *c);

/* event.c */
/** What libpri reports; `by_timer`: from one of its timers, not from a message. */
void isdn_pri_event(struct isdn_link *l, const pri_event *e, bool by_timer);
/** A message that libpri reported nothing of: what it did without saying so. */
void isdn_pri_silence(struct isdn_link *l);
/** The same after its timers ran. */
void isdn_pri_sweep(struct isdn_link *l);

#endif
