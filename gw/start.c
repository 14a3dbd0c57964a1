/* From plan to running gateway, and back: the order in which the parts come up and go down.
 *
 * Media engine, spans in its loops, media threads, then SIP: a call can only come in when
 * everything it may need is there. Stopping is the same order backwards.
 */
#include "codec/dtls.h"
#include "gw/admission.h"
#include "gw/audit.h"
#include "gw/call_priv.h"
#include "gw/call_sound.h"
#include "gw/drain.h"
#include "gw/enum.h"
#include "gw/g729.h"
#include "gw/leg_isdn.h"
#include "gw/leg_mgcp.h"
#include "gw/leg_sip.h"
#include "gw/notify.h"
#include "gw/peer.h"
#include "gw/quality.h"
#include "gw/recorder.h"
#include "gw/register.h"
#include "gw/reload.h"
#include "gw/start_priv.h"
#include "gw/trace.h"
#include "gw/upkeep.h"
#include "gw/rt/dns.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

int gw_start(struct gw **out, struct rt_loop *loop, struct gw_plan *plan, struct rt_buf *why)
{
    static int (*const steps[])(struct gw *, struct rt_buf *) = {
        gw_start_watchers,      gw_start_upkeep,  gw_start_cdr,       gw_start_trace,
        gw_start_media,         gw_start_g729,    gw_start_spans,     gw_start_media_threads,
        gw_start_own_identity,  gw_start_tls,     gw_start_registrar, gw_start_reload,
        gw_start_dns,           gw_start_routing, gw_start_sip,       gw_start_peers,
        gw_start_registrations, gw_mgcp_start,    gw_start_sounds,    gw_start_watch,
        gw_start_audit,
    };
    struct gw *gw = calloc(1, sizeof *gw);

    if (!gw)
        return ENOMEM;
    gw->loop = loop;
    gw->plan = gw_plan_ref(plan);
    gw->started = rt_now();
    for (size_t i = 0; i < RT_COUNT(steps); i++) {
        int err = steps[i](gw, why);
        if (err != 0) {
            gw_stop(gw);
            return err;
        }
    }
    *out = gw;
    return 0;
}

static void free_legs(struct gw *gw)
{
    while (gw->legs) {
        struct gw_leg *leg = gw->legs;
        gw_call_leg_gone(leg);
        leg->ops->free(leg);
    }
}

static void free_ended(struct gw *gw)
{
    while (gw->ended) {
        struct gw_call *call = gw->ended;
        DL_DELETE(gw->ended, call);
        gw_call_free(call);
    }
}

void gw_release_all(struct gw *gw)
{
    gw->draining = true;
    gw_register_leave(gw);
    while (gw->calls)                                  /* one may take others along */
        gw_call_release(gw->calls, 41, GW_BY_GATEWAY); /* temporary failure */
}

bool gw_idle(const struct gw *gw)
{
    return gw->legs == NULL && gw_register_idle(gw);
}

void gw_stop(struct gw *gw)
{
    if (!gw)
        return;
    gw_release_all(gw);
    gw_stop_watchers(gw);
    gw_sounds_stop(gw);
    media_stop(gw->media);
    gw_register_stop(gw);
    gw_quality_stop(gw);
    gw_notify_stop(gw);
    gw_peers_stop(gw);
    sip_ua_free(gw->sip);
    gw_reload_free(gw->reload);
    gw_admission_free(gw->admission);
    gw_registrar_free(gw->registrar);
    gw_enum_free(gw->enums);
    rt_tls_free(gw->tls);
    for (unsigned i = 0; gw->spans && i < gw->plan->nspans; i++)
        isdn_span_free(gw->spans[i].isdn);
    free_legs(gw);
    gw_mgcp_stop(gw);
    rt_dns_free(gw->dns);
    media_free(gw->media);
    gw_g729_free(gw->g729);
    gw_recorder_free(gw->recorder);
    dtls_identity_free(gw->identity);
    free_ended(gw);
    gw_stop_routing(gw);
    gw_cdr_writer_free(gw->cdr);
    gw_audit_free(gw->audit);
    gw_trace_free(gw->trace);
    gw_drain_free(gw->drain);
    gw_upkeep_stop(gw);
    free(gw->spans);
    gw_plan_unref(gw->plan);
    free(gw);
}
