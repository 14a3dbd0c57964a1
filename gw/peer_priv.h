/* Inside a peer: its servers, the search for them, and the health checks. */
#ifndef GW_PEER_PRIV_H
#define GW_PEER_PRIV_H

#include "gw/gw.h"
#include "gw/peer.h"

/** A server of a peer. */
struct gw_peer_server {
    struct gw_peer *peer;
    struct gw_peer_target pub;
    bool down;               /**< health checks say so */
    unsigned good, bad;      /**< checks in a row */
    rt_time penalty;         /**< length of the last probation; 0: it has behaved since */
    rt_time retry_at;        /**< end of the probation; 0: none */
    rt_time trial_until;     /**< one call tries it: no other does before this */
    struct sip_outside *ask; /**< a check that is not answered */
    rt_time asked;
    bool found; /**< by the look-up being merged */
    struct gw_peer_server *prev, *next;
};

struct gw_peer {
    struct gw *gw;
    const struct gw_trunk *trunk;   /**< of the present plan */
    struct gw_peer_server *servers; /**< in the order of the last look-up */
    struct sip_means means;
    struct sip_locate *search;
    struct rt_timer again; /**< look-up */
    struct rt_timer check;
    rt_time backoff, expires;
    int err;
    bool fresh; /**< not looked up yet */
    enum gw_peer_state state;
    rt_time since;
};

/** Works out a server's state anew after something has changed, and the trunk's; logs each change.
 * `why` is part of the line. */
void gw_peer_update(struct gw_peer_server *s, const char *why);
void gw_peer_update_trunk(struct gw_peer *p);

/* peer_lookup.c */
/** Looks for the servers, now and whenever the answer is out of date. */
void gw_peer_look_up(struct gw_peer *p);
void gw_peer_free_server(struct gw_peer_server *s);

/* peer_health.c */
/** Begins the checks, if the plan wants any and they have not begun; there are servers. */
void gw_peer_health_start(struct gw_peer *p);

#endif
