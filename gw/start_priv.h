/* The steps in which a gateway comes up; gw/start.c has their order. Each says in `why` what
 * failed, where its errno alone says too little. A gateway that came up in part is stopped as any
 * other.
 */
#ifndef GW_START_PRIV_H
#define GW_START_PRIV_H

#include "gw/gw.h"
#include "gw/start.h"

typedef int gw_start_fn(struct gw *gw, struct rt_buf *why);

/* start_watch.c */
/** First of all: whatever comes up may have something to tell. */
gw_start_fn gw_start_watchers;
/** Nothing is told of what comes down. */
void gw_stop_watchers(struct gw *gw);
gw_start_fn gw_start_upkeep, gw_start_cdr, gw_start_trace, gw_start_audit;
/** Last of all but the audit log: the alarms' look at everything. */
gw_start_fn gw_start_watch;

/* start_media.c */
gw_start_fn gw_start_media, gw_start_g729, gw_start_media_threads, gw_start_own_identity;
gw_start_fn gw_start_sounds;

/* start_span.c */
gw_start_fn gw_start_spans;

/* reload.c */
/** After certificates and registrar. */
gw_start_fn gw_start_reload;

/* start_sip.c */
gw_start_fn gw_start_tls, gw_start_registrar, gw_start_dns, gw_start_sip, gw_start_peers;
gw_start_fn gw_start_registrations;

/* start_routing.c */
gw_start_fn gw_start_routing;
/** Once there are no calls. */
void gw_stop_routing(struct gw *gw);

#endif
