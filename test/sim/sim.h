/* The simulation: the whole gateway between far ends of every kind, under the fake clock, network,
 * disk and cards, with everything that can break breaking. All of it follows from a seed.
 *
 * A run is a list of operations (script.c makes it from the seed): calls, faults, an operator's
 * acts. Each stands for itself, so that any of them can be left out and the rest is as before: that
 * is how a failing run shrinks (shrink.c). What far ends saw of each call is in its ledger (struct
 * sim_call), which the invariants (check*.c) hold against what the gateway says.
 *
 * The gateway is process 1 of the fake kernel, far ends are process 0: so the gateway can be killed
 * and started again on the same files, and be refused memory.
 */
#ifndef TEST_SIM_SIM_H
#define TEST_SIM_SIM_H

#include "gw/gw.h"
#include "gw/rt/buf.h"

#define SIM_GATEWAY "10.0.0.1"
#define SIM_PROCESS 1

/** Far ends at most; a digit of each number says which one is called. */
#define SIM_FARS_MAX 9

enum sim_kind { SIM_SIP, SIM_SPAN, SIM_LINES, SIM_USERS, SIM_AGENT, SIM_KINDS };

/** The plan's words for limits that no run reaches, but which count: of trunks, customers, groups.
 */
#define SIM_LIMIT " limit 1000000 min/day, 1000000 EUR/month\n"

/** Telephones of a far end that has several. */
#define SIM_PHONES 4

/* ---- what happens ---- */

enum sim_op_kind {
    SIM_CALL,      /**< a far end calls another: `call` */
    SIM_LOSS,      /**< a[0] permille of datagrams are lost for a[1] ms, on the way to and from far
                      end `from`; SIM_FARS_MAX: everywhere */
    SIM_TWICE,     /**< likewise doubled */
    SIM_DELAY,     /**< likewise late by 0..a[0] ms, so that they overtake each other */
    SIM_CUT,       /**< nothing passes to and from it for a[1] ms */
    SIM_FLAP,      /**< the line of a span has an alarm for a[1] ms */
    SIM_SLIP,      /**< a span loses or repeats a[0] blocks */
    SIM_BLOCK,     /**< the operator blocks its trunk for a[1] ms; a[0]: 1 drains it */
    SIM_RESTART,   /**< the operator restarts its idle channels */
    SIM_RELEASE,   /**< the operator ends the a[0]-th call */
    SIM_APPLY,     /**< the plan is exchanged for its variant a[0] */
    SIM_STALL,     /**< the gateway's process stands still for a[1] ms */
    SIM_KILL,      /**< SIGKILL, and started again a[1] ms later */
    SIM_POWER,     /**< the machine loses power: what was not synced is gone; likewise */
    SIM_STOP,      /**< SIGTERM, and started again a[1] ms later */
    SIM_DISK_SLOW, /**< each write takes a[0] ms, each sync twice that, for a[1] ms */
    SIM_DISK_BAD,  /**< writes and syncs fail for a[1] ms */
    SIM_MEMORY,    /**< a[0] permille of the gateway's allocations fail for a[1] ms */
    SIM_GARBAGE,   /**< a[0] datagrams of garbage to the gateway's open ports */
    SIM_PHONE,     /**< telephone a[0] % SIM_PHONES of a far end with users does what
                      a[0] / SIM_PHONES says, for a[1] ms (far_users_acts.c) */
    SIM_CLOCK,     /**< somebody sets the wall clock a[0] s forward; a[1]: back */
    SIM_CRASH,     /**< the far end's own process ends, and begins with no memory a[1] ms later;
                      of those that can */
    SIM_OP_KINDS
};

/** How a call is meant to go. Times are in ms. */
struct sim_script {
    bool emergency;    /**< to 112 */
    bool overlap;      /**< the caller sends its digits one by one (spans) */
    bool silent;       /**< the called side never says anything */
    unsigned ring;     /**< alerting for so long before the answer or the refusal */
    unsigned progress; /**< nonzero: early media so long before the alerting */
    unsigned refuse;   /**< Q.850 cause that the called side refuses with; 0: it answers */
    unsigned give_up; /**< the caller leaves so long after its call, answered or not; 0: it waits */
    unsigned talk;    /**< after the answer */
    bool called_ends; /**< the called side ends it; else the caller */
    unsigned hold;    /**< nonzero: the caller holds so long after the answer, for as long */
    unsigned digits;  /**< DTMF digits sent by the caller while they talk */
    unsigned transfer; /**< nonzero: the called side sends the caller on to another far end, so long
                          after the answer (SIP: REFER; spans: it calls there and joins the two) */
};

struct sim_op {
    rt_time at;  /**< since the run's start */
    unsigned id; /**< which one it was when the run was made: stays when others are left out */
    enum sim_op_kind kind;
    unsigned from, to; /**< far ends */
    unsigned a[2];
    struct sim_script call;
};

/* ---- what became of it: the ledger ---- */

enum sim_call_state { SIM_IDLE, SIM_PLACED, SIM_RINGS, SIM_TALKS, SIM_ENDED };

/** What one far end saw. */
struct sim_seen {
    enum sim_call_state state;
    rt_time placed, rang, answered, ended; /**< rt_now(); 0: not yet */
    unsigned status;                       /**< SIP: the final status, or that of Reason; 0: none */
    unsigned cause;                        /**< Q.850, from the message or Reason; 0: none */
    bool by_us;                            /**< the far end itself ended it */
    unsigned times;   /**< called side: how often the call came, at the same time or again */
    char digits[16];  /**< caller: those it has dialled in the talk; called side: those it heard */
    rt_time dialled;  /**< caller: the last of them; 0: none */
    unsigned flashes; /**< telephones behind an agent: HOLD and RETRIEVE sent, L/hf told */
    rt_time flashed;  /**< the first of them; 0: none */
    unsigned late;    /**< messages for its dialog that came after its end, but for repeats */
};

/** What became of a transfer; rt_now(), 0: not so. */
struct sim_moved {
    rt_time asked;   /**< span: it has a second call answered, and asks for both to be one */
    rt_time done;    /**< the called side is out of it */
    rt_time refused; /**< and heard that it is not done */
    rt_time outside; /**< an exchange took both of the gateway's calls over */
};

/** Where the user is who is called, as far as is certain from the placing on. */
enum sim_presence {
    SIM_ANYWHERE, /**< no user is called */
    SIM_PRESENT,  /**< registered */
    SIM_ABSENT,   /**< not registered */
    SIM_MAYBE
};

struct sim_call {
    const struct sim_op *op;
    struct sim_seen a, b;
    bool disturbed; /**< a fault touched its time or its far ends: it may have gone otherwise than
                       its script says, but must end and be recorded all the same */
    enum sim_presence presence;
    unsigned phone; /**< the caller's, who shows no other number than its own: 1.. SIM_PHONES */
    char caller[16], called[16]; /**< E.164 with +; each has the operation's id in it */
    uint64_t chance;             /**< of the seed: sim_chance() */
    bool crowded; /**< channels of its far ends may have been all taken when it was placed */
    bool lost;    /**< its record may have been lost with the process, before it was written */
    rt_time
        unseen; /**< the process was last lost while the called side had not seen it; 0: never */
    uint64_t portless; /**< when it was placed: how often no RTP port was free so far */
    struct sim_moved moved;
    rt_time over; /**< when both sides were first seen to be done with it; 0: not yet */
    struct sim_call *prev, *next;
};

/* ---- far ends ---- */

struct sim;
struct sim_far;

/** What becomes of the gateway's process. */
enum sim_gateway_event { SIM_STARTED, SIM_STOPPED, SIM_KILLED };

struct sim_far_ops {
    const char *name; /**< "sip", "span", "lines", "users", "agent" */
    /** Opens its sockets or plugs its card in; called before the gateway starts. An errno. */
    int (*start)(struct sim_far *f);
    void (*stop)(struct sim_far *f);
    /** Places a call; what becomes of it goes into c->a. */
    void (*call)(struct sim_far *f, struct sim_call *c);
    /** Nothing is left of any call: no dialog, transaction, call or busy channel. `why` gets what
     * is. */
    bool (*idle)(struct sim_far *f, struct rt_buf *why);
    /** SIM_FLAP, SIM_SLIP, SIM_PHONE, SIM_CRASH; NULL: nothing of the kind. */
    void (*fault)(struct sim_far *f, const struct sim_op *op, bool begins);
    /** Its statements in the plan: `span ...`, `trunk NAME { ... }`. */
    void (*plan)(const struct sim_far *f, struct rt_buf *out);
    /** Whether who is called can be found here; NULL: always. */
    enum sim_presence (*presence)(const struct sim_far *f, const struct sim_call *c);
    /** The gateway's process has started or ended; may be NULL. */
    void (*gateway)(struct sim_far *f, enum sim_gateway_event what);
    /** Holds what it knows against the gateway, which runs; may be NULL. */
    void (*check)(struct sim_far *f);
    /** Its row in the plan's one `mgcp` block; NULL: none. */
    void (*mgcp)(const struct sim_far *f, struct rt_buf *out);
};
extern const struct sim_far_ops sim_far_sip, sim_far_span, sim_far_lines, sim_far_users,
    sim_far_agent;

struct sim_far {
    const struct sim_far_ops *ops;
    struct sim *sim;
    enum sim_kind kind;
    unsigned index;   /**< in sim->far: the digit of its numbers */
    char trunk[16];   /**< the trunk's name in the plan: "sip0", "span3" */
    char host[16];    /**< 10.0.1.N; spans on cards have none */
    uint64_t variety; /**< random bits that choose among what its kind can be: transport, variant,
                         session timer, direct media */
    bool emergency;   /**< emergency calls may leave here */
    void *own;        /**< the adapter's */
};

/* ---- the run ---- */

struct sim {
    uint64_t seed;
    struct rt_loop *loop;  /**< of the far ends */
    struct rt_loop *inner; /**< the gateway's signalling; NULL: it is not running */
    struct gw *gw;         /**< NULL: it is not running */
    struct gw_apply *apply;
    struct sim_far far[SIM_FARS_MAX];
    unsigned nfars;
    struct sim_op *op;
    unsigned nops;
    bool faults;            /**< else calls alone */
    bool harsh;             /**< faults come before the last ones are over, and RTP ports are few */
    rt_time length;         /**< of the run: operations begin in it */
    struct sim_call *calls; /**< that were placed and not yet judged */
    struct sim_call **of_id; /**< every call that was placed, by its operation's id */
    unsigned nids;
    struct sim_world *world;   /**< world.c's */
    struct sim_checks *checks; /**< check.c's */
    unsigned starts;           /**< of the gateway */
    rt_time began;             /**< rt_now() */
    rt_time faulty;            /**< until when faults go on, at the least; rt_now() */
    uint64_t digest; /**< of every datagram and frame so far: two runs of a seed have the same */
    uint64_t injected[SIM_OP_KINDS], messages;
    unsigned plant;     /**< the run fails when this call is answered; 0: none */
    char failure[4096]; /**< what is wrong, the first thing; empty: nothing */
};

/** Notes what is wrong, the first time; the run ends there. `invariant` is a short name that stays
 * the same when the run shrinks. */
void sim_fail(struct sim *s, const char *invariant, const char *fmt, ...) RT_PRINTF(3, 4);

/** The call that a number belongs to, called or calling, whatever stands around the digits; NULL:
 * none. */
struct sim_call *sim_call_of(struct sim *s, struct rt_str number);
/** A far end's random number below n, from the seed and the operation alone: the same whatever
 * other operations there are. */
unsigned sim_chance(const struct sim_call *c, unsigned salt, unsigned n);

/** Where the called side at a far end sends its call on to: any other that has numbers of its own,
 * but for the caller's if there is a choice. `self`: there is none. */
unsigned sim_target(const struct sim *s, const struct sim_call *c, unsigned self);

/** Behind this agent are telephones of a PBX, which have hooks; else trunks. */
static inline bool sim_far_has_lines(const struct sim_far *f)
{
    return f->kind == SIM_AGENT && (f->variety >> 20 & 1);
}

/* far_numbers.c */
/** The telephone that a number of such a far end leads to: 1..SIM_PHONES. */
unsigned sim_phone_of(const struct sim_call *c);
/** The number that a telephone has of its own. */
void sim_phone_number(char out[16], const struct sim_far *f, unsigned phone);
/** Rows of `routes` that lead numbers of this far end to its telephones, by their last digit. */
void sim_phone_rows(const struct sim_far *f, struct rt_buf *out);

/* script.c */
/** Makes far ends and operations from the seed; `length` and `faults` say how long, and whether
 * anything breaks. */
int sim_script_make(struct sim *s);
void sim_script_print(const struct sim *s, struct rt_buf *out);
/** Reads what sim_script_print() wrote. False: `why` says which line. */
bool sim_script_read(struct sim *s, struct rt_str text, struct rt_buf *why);

/* far_mgcp.c */
/** The plan's `mgcp { }`, with the rows of all far ends that have one. */
void sim_plan_mgcp(const struct sim *s, struct rt_buf *out);

/* world.c */
/** The plan's text, in one of its variants (SIM_APPLY). */
void sim_plan(const struct sim *s, unsigned variant, struct rt_buf *out);
int sim_gateway_start(struct sim *s);
/** As by SIGTERM: calls are released, then it ends. */
void sim_gateway_stop(struct sim *s);
/** As by SIGKILL; `power`: and what was not synced is gone. */
void sim_gateway_kill(struct sim *s, bool power);
/** Runs all operations, then until everything must be at rest. The first failure ends it. */
void sim_run(struct sim *s);

/* check.c */
/** After every operation and each ten seconds between them. */
void sim_check(struct sim *s);
/** When nothing happens any more. */
void sim_check_rest(struct sim *s);

/* memory.c */
/** So many of a thousand allocations of the gateway's process fail; 0: none. */
void sim_memory_fail(unsigned permille, uint64_t seed);
uint64_t sim_memory_refused(void);

#endif
