/* A call agent that directs channels of the gateway (RFC 3435, package MS of RFC 3064), and the
 * line behind them: an island of its own. The plan exports a span to the agent; the far end of that
 * span is hidden behind the agent. A call of this far end is one of the agent's to the line, or one
 * of the line's to the agent, by chance.
 *
 * far_agent.c has the far end's life, _wire transactions and what must be so of them, _service what
 * the agent knows of its channels, _request what it asks for, _event what it is told, _call how
 * calls go, _hook how they go where the line has telephones, _talk what is done in a talk, _tone
 * signals that end by themselves, _check what both sides say of connections, _refused what may not
 * be asked.
 */
#ifndef TEST_SIM_FAR_AGENT_H
#define TEST_SIM_FAR_AGENT_H

#include "gw/rt/loop.h"
#include "mgcp/message.h"
#include "test/sim/sim.h"

#define FAR_AGENT_CHANNELS 32
/** Answers to commands of the gateway that are kept for repetitions. */
#define FAR_AGENT_ANSWERS 1024
/** Requests of a channel that are remembered. */
#define FAR_AGENT_REQUESTS 8

struct far_agent;
struct far_agent_channel;
struct far_agent_ask;

/** The final response, or that none came: `m` NULL. */
typedef void far_agent_done(struct far_agent_channel *ch, const struct mgcp_message *m);

/** What the agent knows of a channel, and does with it. */
enum far_agent_phase {
    FAR_AGENT_OUT,    /**< not there, as far as is known */
    FAR_AGENT_RESETS, /**< it is asked, and put into its first state */
    FAR_AGENT_FREE,
    FAR_AGENT_CALLS,   /**< the agent calls */
    FAR_AGENT_OFFERED, /**< the line calls: its digits are to come */
    FAR_AGENT_RINGS,   /**< they came */
    FAR_AGENT_TALKS,
    FAR_AGENT_CLEARS,  /**< MS/rlc has to come */
    FAR_AGENT_DELETES, /**< DLCX has to be answered */
    FAR_AGENT_PHASES
};
extern const char *const far_agent_phase_name[FAR_AGENT_PHASES];

struct far_agent_channel {
    struct far_agent *own;
    unsigned timeslot; /**< 0: the agent has none such */
    enum far_agent_phase phase;
    bool leaving;               /**< RSIP graceful: no new calls */
    unsigned starts;            /**< of the gateway, when the channel was last put right */
    struct far_agent_ask *asks; /**< the first is on its way */
    rt_time agreed;    /**< when it was put right, or both sides said the same of it last */
    unsigned requests; /**< RQNTs so far: makes their ids */
    unsigned asking;   /**< id of the one that the next command has; 0: none */
    unsigned in_force; /**< id of the last that was taken */
    struct far_agent_request {
        unsigned id;
        bool step;
        unsigned told; /**< notifications of it */
    } request[FAR_AGENT_REQUESTS];
    struct rt_timer go_on;  /**< the next request, where the gateway waits for it */
    unsigned told, told_by; /**< notifications so far; of which request the last was */
    bool cleared;           /**< MS/rlc has come */
    bool released;          /**< MS/rel has gone: then another MS/rlc comes for that */
    struct rt_timer bound;  /**< the phase has to be over by then */
    /* the call */
    struct sim_call *c; /**< NULL: none */
    rt_time placed;     /**< as in the ledger: else that is of another channel by now */
    bool caller;
    unsigned tries; /**< channels that it was tried on before */
    struct rt_timer step, give_up, act;
    void (*then)(struct far_agent_channel *ch); /**< what `step` does */
    void (*acts)(struct far_agent_channel *ch); /**< what `act` does */
    unsigned ndigits;                           /**< dialled to the line */
    rt_time held;                               /**< since when; 0: it is not */
    unsigned heard_then;                        /**< when it was held: `heard` */
    /* telephones */
    bool lifted;
    char number[24];     /**< dialled since it was lifted */
    unsigned ring_id;    /**< of the request that rings it; 0: it does not ring */
    unsigned ring_lasts; /**< ms; 0: until it is lifted */
    unsigned busy_lasts; /**< ms of busy tone */
    /** The signal that is to end by itself. */
    struct {
        char name[16]; /**< "L/rg"; empty: none */
        rt_time began, lasts;
        rt_time stopped; /**< by us or an event; 0: it was not */
        struct rt_timer overdue;
    } tone;
    unsigned tone_lasts; /**< ms of the tone that is asked for in a talk */
    /** What was asked wrongly, and how things were before. */
    struct {
        unsigned which, told;
        enum far_agent_phase phase;
        uint64_t before; /**< hash; 0: not known */
    } refused;
    /* the connection */
    char connection[33]; /**< empty: none */
    char call_id[33];
    const char *mode;
    struct rt_udp *rtp; /**< open as long as the agent */
    union rt_addr media;
    struct rt_timer speaks;
    unsigned sent, heard;
    rt_time made, deleted;
};

struct far_agent {
    struct sim_far *far;
    struct sim_far line; /**< the far end of the span */
    struct rt_udp *sock; /**< NULL: the agent is down */
    union rt_addr gateway;
    unsigned down; /**< crashes that go on */
    uint32_t tid;
    uint64_t lives; /**< how often it began */
    struct far_agent_channel channel[FAR_AGENT_CHANNELS];
    struct far_agent_ask *past; /**< answered; a repetition has to get the same answer */
    /** What the gateway was answered, for its repetitions. */
    struct far_agent_answer {
        uint32_t tid;
        unsigned starts;
        rt_time at;
        uint64_t command; /**< hash of it: a repetition is the same */
        unsigned code;
    } answer[FAR_AGENT_ANSWERS];
    unsigned nanswers;
    struct rt_buf bundle;  /**< that goes out in one datagram */
    bool bundles;          /**< it is being filled */
    uint64_t datagrams;    /**< that came */
    struct rt_timer audit; /**< one channel after the other is asked */
    unsigned next;         /**< which */
    unsigned questions;    /**< that were wrong */
};

/** The far end of the line behind the agent. */
struct sim_far *sim_far_agent_line(const struct sim_far *f);
/** At rest: whether the gateway holds nothing for the agent, and has all channels in service. */
bool sim_far_agent_agrees(struct sim_far *f, struct rt_buf *why);

/* far_agent.c */
/** Something is not as it has to be, and no fault is or was near: the run fails. */
void far_agent_wrong(struct far_agent *own, const char *fmt, ...) RT_PRINTF(2, 3);
/** No fault touched the far end in the last so much time, nor did the gateway start. */
bool far_agent_quiet(const struct far_agent *own, rt_time back);

/** The gateway has little memory just now, or had: what it says may be short. */
bool far_agent_starved(const struct far_agent *own);

/* far_agent_wire.c */
/** Sends a command to the channel once those before it are answered: `lines` end with CRLF each,
 * `sdp` may be NULL. `done` may be NULL. */
void far_agent_ask(struct far_agent_channel *ch, enum mgcp_verb verb, const char *lines,
                   const char *sdp, far_agent_done *done);
/** Nothing that was asked is waited for any more. */
void far_agent_forget(struct far_agent_channel *ch);
void far_agent_receive(void *arg, struct rt_udp *u);
/** Forgets all transactions. */
void far_agent_wire_stop(struct far_agent *own);
unsigned far_agent_in_flight(const struct far_agent *own);

/* far_agent_service.c */
/** Asks the channel what it has, deletes that and waits until it is free; its call is over. */
void far_agent_reset(struct far_agent_channel *ch);
/** The channel is free again, and is asked to say what happens. */
void far_agent_free(struct far_agent_channel *ch);
void far_agent_phase(struct far_agent_channel *ch, enum far_agent_phase p, rt_time bound);
void far_agent_on_bound(void *arg);
/** RSIP. */
void far_agent_restarted(struct far_agent *own, const struct mgcp_message *m);
/** It does not answer as one that is there. */
void far_agent_not_there(struct far_agent_channel *ch);

/* far_agent_request.c */
/** Requests all events, and with them a signal; NULL: none. */
void far_agent_request(struct far_agent_channel *ch, const char *signal, far_agent_done *done);
/** The lines of a request; `plain`: none that the hook's state may refuse. */
void far_agent_put_request(struct rt_buf *out, struct far_agent_channel *ch, const char *signal,
                           bool plain);
/** The id of a request that the next command is to have. */
unsigned far_agent_request_id(struct far_agent_channel *ch);
/** The gateway has taken it, or refused it. */
void far_agent_answered_request(struct far_agent_channel *ch, unsigned id, bool taken);
/** The hook had moved as the command came, of which the agent is told (4.4.2). */
bool far_agent_glare(const struct far_agent_channel *ch, const struct mgcp_message *m);
/** NTFY: it has to be one that was asked for. */
void far_agent_check_told(struct far_agent_channel *ch, const struct mgcp_message *m);
/** Where the request in force said "step" and was told of, it is requested again, now or after a
 * while. */
void far_agent_go_on(struct far_agent_channel *ch);
void far_agent_on_go_on(void *arg);

/* far_agent_hook.c */
bool far_agent_has_lines(const struct far_agent *own);
/** False: it is no event of a telephone. */
bool far_agent_hook_event(struct far_agent_channel *ch, struct rt_str name, struct rt_str params);
void far_agent_hook_dialled(struct far_agent_channel *ch, char digit);
void far_agent_hook_ring(struct far_agent_channel *ch);
void far_agent_hook_leave(struct far_agent_channel *ch);
/** It gets busy tone, and is put down after that. */
void far_agent_hook_refuse(struct far_agent_channel *ch);
void far_agent_hook_reset(struct far_agent_channel *ch);
void far_agent_hook_free(struct far_agent_channel *ch);

/* far_agent_tone.c */
/** It plays from now on, for so long. */
void far_agent_tone_begins(struct far_agent_channel *ch, const char *name, unsigned ms);
/** An event or another request has ended it, if there is one. */
void far_agent_tone_stopped(struct far_agent_channel *ch);
/** The gateway says that it is over. */
void far_agent_tone_ended(struct far_agent_channel *ch, struct rt_str name);
void far_agent_on_overdue(void *arg);
/** Plays one in a talk. */
void far_agent_tone_play(struct far_agent_channel *ch);

/* far_agent_refused.c */
void far_agent_ask_wrong(struct far_agent_channel *ch);

/* far_agent_event.c */
void far_agent_notified(struct far_agent_channel *ch, struct rt_str events);

/* far_agent_call.c */
/** Places a call of the agent. */
void far_agent_call(struct far_agent *own, struct sim_call *c);
/** The call is over in the ledger. */
void far_agent_ended(struct far_agent_channel *ch, bool by_us, unsigned cause);
/** The line has released: what is left is put away once the channel is free too. */
void far_agent_clear(struct far_agent_channel *ch);
/** We end it, with this cause where the line can be told. */
void far_agent_leave(struct far_agent_channel *ch, unsigned cause);
/** The answers to the signals that end and begin a call. */
void far_agent_released(struct far_agent_channel *ch, const struct mgcp_message *m);
void far_agent_seized(struct far_agent_channel *ch, const struct mgcp_message *m);
/** The call could not have this channel: another one is tried. */
void far_agent_elsewhere(struct far_agent_channel *ch, unsigned cause);
/** The line calls: this number; empty: it is not known. */
void far_agent_offered(struct far_agent_channel *ch, struct rt_str number);
void far_agent_answered(struct far_agent_channel *ch);
/** Its side of the ledger; NULL: none. */
struct sim_seen *far_agent_seen(const struct far_agent_channel *ch);
/** MDCX: the connection gets another mode. `done` asks far_agent_modified() first. */
void far_agent_set_mode(struct far_agent_channel *ch, const char *mode, far_agent_done *done);
/** True when it is so; else all is put right. */
bool far_agent_modified(struct far_agent_channel *ch, const struct mgcp_message *m);
void far_agent_on_step(void *arg);
void far_agent_on_give_up(void *arg);

/* far_agent_talk.c */
/** The call is answered: it will be held, or digits dialled, as its script says. */
void far_agent_talk(struct far_agent_channel *ch);
/** Does it so much later, while they talk. */
void far_agent_act(struct far_agent_channel *ch, rt_time d,
                   void (*acts)(struct far_agent_channel *));
void far_agent_on_act(void *arg);
/** What a request says of digits, where the line will dial some: each, or two by a digit map;
 * empty: nothing. `map`: the line D of the command. */
const char *far_agent_digits(const struct far_agent_channel *ch, const char **map);
/** The line has dialled; T: a timer of the digit map. */
void far_agent_heard(struct far_agent_channel *ch, char digit);

/* far_agent_media.c */
void far_agent_media_open(struct far_agent_channel *ch);
void far_agent_media_close(struct far_agent_channel *ch);
/** Our description of the channel's connection. */
void far_agent_describe(const struct far_agent_channel *ch, struct rt_buf *out);
/** The connection is there: what the gateway says of it. */
void far_agent_connected(struct far_agent_channel *ch, const struct mgcp_message *m);
void far_agent_speak(struct far_agent_channel *ch);
/** DLCX was answered: what it counted has to fit. */
void far_agent_count(struct far_agent_channel *ch, const struct mgcp_message *m);

/* far_agent_check.c */
/** Asks the next channel what it has, and compares. */
void far_agent_on_audit(void *arg);

#endif
