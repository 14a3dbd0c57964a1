/* Commands that are under way, as transaction_out.c and bundle.c share them. */
#ifndef MGCP_OUT_PRIV_H
#define MGCP_OUT_PRIV_H

#include "mgcp/peer_priv.h"

struct mgcp_command {
    UT_hash_handle hh;
    struct mgcp_command *prev, *next;   /* of the bundle */
    struct mgcp_command *older, *newer; /* of the peer */
    struct mgcp_bundle *bundle;
    uint32_t tid;
    bool repeated, provisional;
    bool quiet; /* nobody is told of its end */
    void *arg;
    rt_time sent;
    size_t n;
    char wire[];
};

struct mgcp_bundle {
    UT_hash_handle hh; /* of peer->lanes */
    struct mgcp_bundle *prev, *next;
    struct mgcp_peer *peer;
    struct mgcp_command *commands;
    struct rt_timer timer;
    rt_time delay, rto; /* T-DELAY; the time-out that runs or ran */
    unsigned n;         /* repetitions at this address */
    unsigned tried;     /* slots */
    int slot;           /* -1: where the peer's commands go */
    bool in_lane, moved, asked, waits, lost;
    uint32_t front; /* answer that it went before; 0: none */
    struct mgcp_way front_way;
    char local[];
};

/** True when a repetition may still be sent: T <= T-MAX. */
bool mgcp_out_fresh(const struct mgcp_command *c);
/** Nobody answered: takes it away and tells its owner. True when the peer is gone. */
bool mgcp_out_time_out(struct mgcp_peer *p, struct mgcp_command *c);
/** What a first response tells of the round trip. */
void mgcp_out_learn(struct mgcp_peer *p, const struct mgcp_command *c);

/** An empty one, the last of its endpoint from now on. NULL: no memory. */
struct mgcp_bundle *mgcp_bundle_new(struct mgcp_peer *p, struct rt_str local);
void mgcp_bundle_free(struct mgcp_bundle *b);
/** The bundle of the endpoint's command before, when `more` octets fit behind it; NULL. */
struct mgcp_bundle *mgcp_bundle_joinable(const struct mgcp_peer *p, struct rt_str local,
                                         size_t more);
/** Its time-outs begin anew. */
void mgcp_bundle_wind(struct mgcp_bundle *b);
void mgcp_bundle_send(struct mgcp_bundle *b);
/** All of it got a provisional response. */
bool mgcp_bundle_provisional(const struct mgcp_bundle *b);
/** Commands before `until` (NULL: all) are about to be sent once more. */
void mgcp_bundle_count_repeated(struct mgcp_bundle *b, const struct mgcp_command *until);

#endif
