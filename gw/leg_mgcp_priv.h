/* What the files of the MGCP adapter share among themselves.
 *
 * A *line* is an endpoint of a gateway whose agent we are: a telephone, or a circuit of a trunk. It
 * lives as long as the plan has it. A *leg* is its side of one call and mostly one connection. What
 * a line's gateway is asked for (events, signals) follows from the state of the line, what a
 * connection is like from the state of the leg: both are computed anew and compared with what the
 * gateway was told, so nothing is forgotten and nothing is said twice.
 */
#ifndef GW_LEG_MGCP_PRIV_H
#define GW_LEG_MGCP_PRIV_H

#include "codec/sdp.h"
#include "gw/gw.h"
#include "gw/leg_mgcp.h"
#include "mgcp/mgcp.h"

#include <uthash.h>

struct gw_dial_maps;
struct leg_mgcp;
struct leg_mgcp_line;

/** A gateway of the plan. */
struct leg_mgcp_gateway {
    struct gw_mgcp *mgcp;
    const struct gw_mgcp_gateway *plan;
    struct mgcp_ca_gateway *ca;
    char *name;
    struct leg_mgcp_line *lines; /**< by name */
    bool no_reports;             /**< it does not tell when a tone is over */
    struct leg_mgcp_gateway *prev, *next;
};

struct leg_mgcp_role; /* leg_mgcp_agent.c: channels of ours that an agent directs */

/** gw->mgcp */
struct gw_mgcp {
    struct gw *gw;
    struct mgcp_node *node;
    struct leg_mgcp_gateway *gateways;
    struct leg_mgcp_role *roles;
    struct gw_dial_maps *maps; /**< of the lines' trunks; NULL: none was wanted yet */
};

/** What a user hears who talks to nobody. */
enum leg_mgcp_tone {
    LEG_MGCP_SILENCE,
    LEG_MGCP_DIAL,
    LEG_MGCP_BUSY,
    LEG_MGCP_CONGESTION,
    LEG_MGCP_HOWLER, /**< the receiver is off the hook */
    LEG_MGCP_LOCKED  /**< and stays so: out of order until it is put down */
};

/** Whose a circuit is, by its signalling. */
enum leg_mgcp_use {
    LEG_MGCP_FREE,
    LEG_MGCP_SEIZED,  /**< by either side */
    LEG_MGCP_CLEARING /**< its release is not complete */
};

/** Calls of a line at a time: one that is heard, one that is held, one that waits. */
#define LEG_MGCP_CALLS 3

/** First member of what the stack knows as an endpoint's owner: lines, and channels of ours. */
struct leg_mgcp_traced {
    /** The leg whose ladder a message belongs to; NULL: none. */
    struct gw_leg *(*leg)(const struct leg_mgcp_traced *of);
    /** The endpoint's full name. */
    void (*name)(const struct leg_mgcp_traced *of, char *out, size_t cap);
};

struct leg_mgcp_line {
    struct leg_mgcp_traced traced;
    char *name; /**< the endpoint's, as plan->local: it outlives the plan */
    struct gw *gw;
    struct leg_mgcp_gateway *gateway;
    const struct gw_mgcp_endpoint *plan;
    struct gw_plan *kept; /**< it is this one's; one reference */
    struct mgcp_ca_endpoint *endpoint;
    struct leg_mgcp *legs;    /**< those it has to do with, in the order they came */
    unsigned requests;        /**< whose answers are awaited */
    unsigned refs;            /**< legs that point here, those that say goodbye too */
    unsigned seen;            /**< those that the auditor has just found */
    struct leg_mgcp *active;  /**< that is heard, dialled or rings; NULL: none */
    struct leg_mgcp *waiting; /**< that is offered by the call waiting tone; NULL: none */
    enum mgcp_service service;
    bool off_hook;
    bool conference;              /**< active and held hear each other */
    bool messages, messages_told; /**< messages wait; its gateway knows that */
    bool messages_unsure;         /**< it was told, and whether it knows is open */
    bool messages_refused;        /**< it has no such signal */
    bool gone;                    /**< the plan has it no more: freed with its last leg */
    bool told;                    /**< its gateway knows what we want to hear */
    bool collecting;              /**< digits are wanted */
    bool plain;                   /**< its gateway refused signals: it is asked without, once */
    enum leg_mgcp_use use;        /**< of a circuit */
    unsigned clearing;            /**< a circuit is to be released with this cause; 0: it is not */
    bool confirming;              /**< ... and its release by the gateway is to be confirmed */
    enum leg_mgcp_tone tone;
    char *dialled; /**< digits so far; NULL: none */
    rt_time since; /**< of the state that `show lines` has */
    struct rt_timer timer;
    struct rt_defer refresh;
    UT_hash_handle hh;
};

enum leg_mgcp_connection {
    LEG_MGCP_NONE,
    LEG_MGCP_MAKING,
    LEG_MGCP_UP,
    LEG_MGCP_REMOVING,
    LEG_MGCP_GONE
};

struct leg_mgcp {
    struct gw_leg leg;
    struct leg_mgcp_line *line; /**< NULL: none was chosen */
    bool listed;                /**< in line->legs: its user has to do with it */
    enum leg_mgcp_connection state;
    char id[33];        /**< of the connection */
    char mgcp_call[33]; /**< C */
    const char *mode, *told_mode;
    struct rt_buf theirs; /**< what the endpoint describes (LC) */
    struct rt_buf remote; /**< what it is told of the far end (RC) */
    unsigned remote_version, told_version;
    bool modifying; /**< a MDCX is under way */
    bool asking;    /**< ... and has the far end's description, or wants the endpoint's */
    bool incoming;  /**< the line calls */
    bool answered;
    bool held;         /**< by the flash of its user */
    bool conferred;    /**< it was one of three */
    bool offered;      /**< our description is an offer, whose answer is LC */
    bool owes_answer;  /**< the other side waits for an answer to its offer (direct media) */
    bool wants_offer;  /**< ... or for an offer */
    bool offering;     /**< ours, of a hold or a retrieval, waits for its answer (direct media) */
    bool offered_hold; /**< and was that of a hold */
    unsigned changes;  /**< of ours in what the endpoint describes */
    bool faxes;        /**< sound has to pass as it is */
    bool rings;        /**< its user hears that it rings there */
    bool shown;        /**< its user was shown who calls */
    uint32_t has;      /**< codecs it described, CODEC_BIT() each */
    enum codec_id now; /**< agreed; CODEC_COUNT: not yet */
    struct sdp_origin origin;
    unsigned thread;
    bool seizing, answering;        /**< a circuit is to be told so */
    bool complete;                  /**< the number that came by a circuit */
    char called[DP_DIGITS_MAX + 1]; /**< of a circuit */
    rt_time offered_at;             /**< wall clock: of the caller id */
    struct dp_number caller;
    char caller_name[GW_PARTY_NAME_LEN];
    bool name_hidden; /**< there is one, and it is not to be shown */
    unsigned ring;    /**< as the caller says, as in gw_setup; 0: nothing said */
    struct mgcp_statistics stats;
    struct rt_timer patience; /**< digits one by one: how long the next may take */
    struct rt_defer reaper;
    struct leg_mgcp *prev, *next; /**< in line->legs */
};

static inline struct leg_mgcp *leg_mgcp_of(struct gw_leg *leg)
{
    return (struct leg_mgcp *)leg;
}

/* leg_mgcp.c: the leg's life */
/** A leg of the line. `side` 'a': the user calls. NULL: out of memory. */
struct leg_mgcp *leg_mgcp_new(struct gw *gw, const struct gw_trunk *trunk);
/** Has the line take it; it is the active one where there is none. */
void leg_mgcp_seize(struct leg_mgcp *l, struct leg_mgcp_line *line);
/** Its far end is through with the call: releases it with a cause of the gateway's or the user's.
 */
void leg_mgcp_release(struct leg_mgcp *l, unsigned q850, enum gw_released_by by);
/** The leg says goodbye: its connection is deleted, then it is freed. */
void leg_mgcp_leave(struct leg_mgcp *l);
/** The connection is gone by itself, or with the gateway. */
void leg_mgcp_connection_gone(struct leg_mgcp *l, unsigned cause);
/** The connection is there, and described: the call goes on. 0 or a Q.850 cause. */
unsigned leg_mgcp_connected(struct leg_mgcp *l);
/** The connection's mode as it is to be now. */
const char *leg_mgcp_mode(const struct leg_mgcp *l);
/** The trunk's settings. */
static inline const struct gw_mgcp_trunk *leg_mgcp_settings(const struct leg_mgcp_line *line)
{
    return line->plan && line->plan->trunk ? line->plan->trunk->mgcp : NULL;
}

/** It can be rung, or seized. */
static inline bool leg_mgcp_is_free(const struct leg_mgcp_line *line)
{
    return line->service == MGCP_IN_SERVICE && !line->gone && !line->legs && !line->off_hook &&
           line->use == LEG_MGCP_FREE;
}

/* leg_mgcp_connect.c: connections */
/** Makes the connection; `request` may be NULL. 0 or a Q.850 cause. */
unsigned leg_mgcp_connect(struct leg_mgcp *l, const struct mgcp_request *request);
/** Deletes it. */
void leg_mgcp_remove(struct leg_mgcp *l);
/** Has the gateway follow what mode and far end have become. */
void leg_mgcp_sync(struct leg_mgcp *l);
/** What the endpoint is told of the far end from now on. */
void leg_mgcp_describe_far(struct leg_mgcp *l, struct rt_str sdp);

/* leg_mgcp_media.c: descriptions, and the port of calls whose media is not direct */
unsigned leg_mgcp_media(struct gw_leg *leg, unsigned thread);
unsigned leg_mgcp_renew(struct gw_leg *leg, unsigned thread);
void leg_mgcp_close_port(struct leg_mgcp *l);
/** Reads what the endpoint has just described. 0 or a Q.850 cause. */
unsigned leg_mgcp_described(struct leg_mgcp *l);
void leg_mgcp_codecs(const struct gw_leg *leg, struct gw_codec_far *out);
bool leg_mgcp_offers(struct gw_leg *leg, const char *codec);
bool leg_mgcp_stats(const struct gw_leg *leg, struct media_stats *out);
void leg_mgcp_faxes(struct gw_leg *leg);
/** Direct media: has the other side know whether the user holds the call. */
void leg_mgcp_offer_hold(struct leg_mgcp *l);
/** LocalConnectionOptions. */
void leg_mgcp_options(const struct leg_mgcp *l, struct rt_buf *out);
/** Media goes past us. */
static inline bool leg_mgcp_direct(const struct leg_mgcp *l)
{
    return l->leg.call && l->leg.call->direct;
}

/* leg_mgcp_say.c: what the other side says */
void leg_mgcp_tell(struct gw_leg *leg, const struct gw_event *ev);

/* leg_mgcp_line.c: the telephone */
extern const struct mgcp_ca_ops leg_mgcp_line_ops;
void leg_mgcp_line_init(struct leg_mgcp_line *line);
void leg_mgcp_line_free(struct leg_mgcp_line *line);
/** A leg is gone for good: so may be a line that the plan has no more. */
void leg_mgcp_line_review(struct leg_mgcp_line *line);
/** Something of its state has changed: the gateway is asked anew, at the end of this turn. */
void leg_mgcp_line_changed(struct leg_mgcp_line *line);
/** The user hears this from now on, and nobody. */
void leg_mgcp_line_tone(struct leg_mgcp_line *line, enum leg_mgcp_tone tone);
/** A leg leaves the line, if it has not: the user hears why (`cause` 0: nothing), or is called by
 * who is left. */
void leg_mgcp_line_left(struct leg_mgcp_line *line, struct leg_mgcp *l, unsigned cause);
/** The hook is so, whether its gateway told of it or was asked. */
void leg_mgcp_line_hook(struct leg_mgcp_line *line, bool off_hook);
/** Its gateway was told the present wish with another command. */
void leg_mgcp_line_told(struct leg_mgcp_line *line);
/** Its telephone was off its hook already when it was to ring: its user wants to call. */
void leg_mgcp_line_busy(struct leg_mgcp_line *line);
/** The connection of a call that rings there is ready: its user may have lifted already. */
void leg_mgcp_line_ready(struct leg_mgcp_line *line, struct leg_mgcp *l);
/** It is this of the plan in force. */
void leg_mgcp_line_plan(struct leg_mgcp_line *line, const struct gw_mgcp_endpoint *plan);
/** "idle", "dialling", ... */
const char *leg_mgcp_line_state(const struct leg_mgcp_line *line);

/* leg_mgcp_audit.c */
/** mgcp_ca_ops.audited: where the two sides disagree the gateway is right about what there is, and
 * we about what there should be. */
void leg_mgcp_line_audited(void *arg, int hook, struct rt_str connections);

/* leg_mgcp_wish.c: what its gateway is asked for */
/** Writes what its gateway is to detect and to play now. */
struct leg_mgcp_wish {
    struct rt_buf events, signals, map;
    bool loop;
};
void leg_mgcp_line_wish(const struct leg_mgcp_line *line, struct leg_mgcp_wish *out);
void leg_mgcp_wish_request(struct mgcp_request *out, const struct leg_mgcp_wish *w);
void leg_mgcp_wish_release(struct leg_mgcp_wish *w);
/** A call that is not answered yet, of a telephone that lies on its hook. */
bool leg_mgcp_line_rings(const struct leg_mgcp_line *line);
/** Digits by a map come all at once: that none has come is told by the end of the dial tone. */
bool leg_mgcp_wants_report(const struct leg_mgcp_line *line);

/* leg_mgcp_caller.c: who calls, for the telephone's display */
/** Appends L/ci: when, who, and the name; P: private, O: not available (RFC 3660 2.4). */
void leg_mgcp_add_caller(struct rt_buf *list, const struct leg_mgcp *l);
/** A name in ASCII, without quotes. */
void leg_mgcp_plain_name(char *out, size_t cap, const char *name);

/* leg_mgcp_messages.c: messages that wait for the user */
/** Whether the gateway is to be told of them now, with a request of its own. */
bool leg_mgcp_messages_due(const struct leg_mgcp_line *line);
/** A request says so. */
void leg_mgcp_messages_said(struct leg_mgcp_line *line);
/** What came of such a request: its code, and whether it is done. */
void leg_mgcp_messages_answered(struct leg_mgcp_line *line, unsigned code, bool done);
/** The endpoint restarted, and knows nothing of them. */
void leg_mgcp_messages_restarted(struct leg_mgcp_line *line);

/* leg_mgcp_circuit.c: trunks of gateways, by package MS (RFC 3064) */
void leg_mgcp_circuit_wish(const struct leg_mgcp_line *line, struct leg_mgcp_wish *out);
void leg_mgcp_circuit_notified(struct leg_mgcp_line *line, const struct mgcp_observed *ev,
                               unsigned n);
/** The other side answers a call that came by the circuit; a line is told nothing. */
void leg_mgcp_circuit_answered(struct leg_mgcp *l);
/** The connection of a call towards the circuit is there: it is seized. */
void leg_mgcp_circuit_seize(struct leg_mgcp *l);
void leg_mgcp_circuit_told(struct leg_mgcp_line *line);
/** What it was told was refused. */
void leg_mgcp_circuit_failed(struct leg_mgcp_line *line, unsigned cause);
/** The leg leaves: the circuit is released, if it is seized. */
void leg_mgcp_circuit_release(struct leg_mgcp_line *line, unsigned cause);
/** It has a call that we know nothing of. */
void leg_mgcp_circuit_clear(struct leg_mgcp_line *line);
/** Nothing is left of what it had. */
void leg_mgcp_circuit_reset(struct leg_mgcp_line *line);
/** The line's timer, of a circuit. */
void leg_mgcp_circuit_timer(struct leg_mgcp_line *line);

/* leg_mgcp_address.c */
/** The digits of `group` in the parameters, "addr(k0,1,2,s0)"; NULL: of the list itself. True: it
 * has its end mark. */
bool leg_mgcp_read_address(char *out, size_t cap, struct rt_str params, const char *group);
/** The same of a signal that an agent asks for, of the list itself where there is no such group.
 * False: there is a character that is no digit of a number. */
bool leg_mgcp_check_address(char *out, size_t cap, struct rt_str params, const char *group);
/** "k0,1,2,s0" */
void leg_mgcp_write_address(struct rt_buf *out, const char *digits);

/* leg_mgcp_digits.c: what is dialled */
/** Writes the digit map of the line's trunk. */
void leg_mgcp_digit_map(const struct leg_mgcp_line *line, struct rt_buf *out);
/** The call wants more digits: they are waited for. */
void leg_mgcp_await_digit(struct leg_mgcp *l);
/** The number is complete: digits that are dialled now are the other side's. */
void leg_mgcp_enough_digits(struct leg_mgcp *l);
/** Digits that were observed; 'T': the gateway's timer ran out. */
void leg_mgcp_digit(struct leg_mgcp_line *line, char digit);
/** Offers the call: an errno as of gw_call_new(). */
int leg_mgcp_offer_call(struct leg_mgcp *l, const char *digits, bool complete);
/** The line's gateway has described its side: what was dialled becomes a call. 0 or a cause. */
unsigned leg_mgcp_begin_call(struct leg_mgcp *l);
/** The number is complete, whatever it is. */
void leg_mgcp_dialled(struct leg_mgcp_line *line);
void leg_mgcp_forget_digits(struct leg_mgcp_line *line);

/* leg_mgcp_feature.c: hook flash, hold, call waiting, three-way */
void leg_mgcp_flash(struct leg_mgcp_line *line);
/** Whether another caller can be offered by the tone of call waiting. */
bool leg_mgcp_may_wait(const struct leg_mgcp_line *line);
/** The leg that is held by the flash, or the other one of a conference; NULL: none. */
struct leg_mgcp *leg_mgcp_held(const struct leg_mgcp_line *line);
/** The user hangs up with two calls: where the plan wants it they are joined, and both legs leave.
 */
void leg_mgcp_join(struct leg_mgcp *active, struct leg_mgcp *held);
/** Holds or retrieves a call, and tells its other side. */
void leg_mgcp_hold(struct leg_mgcp *l, bool held);

/* leg_mgcp_node.c */
struct leg_mgcp_line *leg_mgcp_find(const struct gw *gw, const struct gw_mgcp_endpoint *e);

/* leg_mgcp_agent.c: the gateway's role */
int leg_mgcp_roles_start(struct gw_mgcp *m, struct rt_buf *why);
void leg_mgcp_roles_adopt(struct gw_mgcp *m);
void leg_mgcp_roles_stop(struct gw_mgcp *m);
struct gw_endpoint_status;
struct gw_mgcp_peer_status;
/** As those of gw/mgcp_status.h, from 0 on. */
bool leg_mgcp_export_status(struct gw_endpoint_status *out, const struct gw *gw, unsigned i);
bool leg_mgcp_agent_status(struct gw_mgcp_peer_status *out, const struct gw *gw, unsigned i);

#endif
