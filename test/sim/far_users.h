/* The far end with registered users: SIP telephones, each a user agent made of our own sip/ like a
 * SIP far end's (far_sip.h), that register at the gateway and are called where they are.
 *
 * far_users.c has the far end's life and its plan, _register the REGISTERs, _acts what a telephone
 * does besides, _known what is certain of its bindings.
 */
#ifndef TEST_SIM_FAR_USERS_H
#define TEST_SIM_FAR_USERS_H

#include "test/sim/engine.h"
#include "test/sim/far_sip.h"

/** Addresses of one telephone that may be bound at a time. */
#define FAR_USER_PLACES 6

/** What the bits of `variety` choose, beside those of SIP far ends. */
enum far_users_bit {
    FAR_USERS_STATE = 20,   /**< the registrar has a file */
    FAR_USERS_NAMED = 21,   /**< callers are shown as the users that they are */
    FAR_USERS_TCP = 24,     /**< a bit for each telephone */
    FAR_USERS_EXPIRES = 28, /**< two bits for each */
    FAR_USERS_STAR = 36     /**< a bit for each: it leaves by `Contact: *` */
};
static inline unsigned far_users_choice(const struct sim_far *f, unsigned at, unsigned bits)
{
    return (unsigned)(f->variety >> at) & ((1u << bits) - 1);
}

/** What is certain of a binding. */
struct far_user_bounds {
    rt_time least; /**< rt_now(): it is bound until then; 0: perhaps it is not */
    rt_time most;  /**< after that it is not */
};

/** An address where a telephone is or was. */
struct far_user_place {
    uint16_t port;                      /**< 0: nothing stands here */
    bool leaves;                        /**< the next REGISTER removes it */
    bool asked;                         /**< the one that is under way is about it */
    struct far_user_bounds now, before; /**< `before` the request that is under way */
    struct far_user_bounds filed;       /**< of what the gateway's file may say */
    rt_time changed;
};

enum far_user_request { FAR_USER_BIND, FAR_USER_UNBIND, FAR_USER_GUESS };

struct far_users;

struct far_user {
    struct far_sip sip;
    struct far_users *all;
    unsigned number;            /**< 1.. */
    char name[16];              /**< and its telephone number */
    unsigned expires, shortest; /**< seconds: what it asks for; none shorter is granted */
    /* REGISTER */
    char call_id[48];
    uint32_t cseq;
    struct sip_credentials right, wrong;
    struct sip_auth_state auth;
    struct sip_outside *pending;
    enum far_user_request request;
    unsigned answers; /**< to challenges of this request */
    bool torn;        /**< the gateway ended while it was under way */
    rt_time sent;
    struct rt_timer timer; /**< what is next */
    rt_time due;           /**< the next REGISTER */
    struct far_user_place place[FAR_USER_PLACES], *here;
    /* what it is to do */
    unsigned away, forgets;   /**< operations that are under way */
    unsigned guesses;         /**< wrong passwords that are still to be given */
    unsigned moves, restless; /**< so far; still to come */
    bool put_away;
    bool silent_move; /**< the old address is not unbound */
    /* wrong passwords, as gw/guess.h has them */
    rt_time guilt; /**< when all is forgotten */
    bool guilt_known;
};

struct far_users {
    struct sim_far *far;
    rt_time started; /**< the gateway, the last time */
    rt_time stamped; /**< its file is surely as of then, or later */
    struct far_user user[SIM_PHONES];
};

/* far_users.c */
/** When telephones are put away, as the run is over. */
rt_time far_users_end(const struct far_users *all);
bool far_users_closing(const struct far_users *all);

/* far_users_register.c */
/** Does what is due, and waits for what is due next. */
void far_user_next(struct far_user *u);
/** Forgets what it has said and was asked so far, as after a loss of power. */
void far_user_reboot(struct far_user *u);
/** `sip:NAME@HOST:PORT`, as REGISTER has it. */
void far_user_contact(char out[96], const struct far_user *u, const struct far_user_place *p);

/* far_users_acts.c */
/** SIM_PHONE begins or ends. */
void far_users_act(struct sim_far *f, const struct sim_op *op, bool begins);
/** Goes to another port once it has no call; true: it has, or there was nothing to do. */
bool far_user_moved(struct far_user *u);

/* far_users_known.c */
/** A request is on its way that binds the address for so many seconds, or unbinds it with 0. */
void far_user_asks(struct far_user *u, struct far_user_place *p, unsigned seconds);
/** It took effect. */
void far_user_granted(struct far_user *u, struct far_user_place *p, unsigned seconds);
/** It was refused: all is as before. */
void far_user_refused(struct far_user *u, struct far_user_place *p);
/** Nobody knows. */
void far_user_unsure(struct far_user *u, struct far_user_place *p, unsigned seconds);
/** Holds the contacts that a 200 lists against what is known. */
void far_user_listed(const struct far_user *u, const struct sip_message *m);
/** Calls that have not reached it may find it elsewhere by now. */
void far_user_unsettle(const struct far_user *u);
enum sim_presence far_users_presence(const struct sim_far *f, const struct sim_call *c);
void far_users_gateway(struct sim_far *f, enum sim_gateway_event what);
/** Every binding of the gateway is a telephone's, and the other way round. */
void far_users_check(struct sim_far *f);
/** True when it may be bound anywhere. */
bool far_user_maybe_bound(const struct far_user *u);
/** True when that may last for minutes. */
bool far_user_bound_long(const struct far_user *u);

#endif
