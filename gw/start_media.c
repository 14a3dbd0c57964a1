/* The media engine, its threads, the G.729 worker, our certificate and announcements come up. */
#include "codec/dtls.h"
#include "gw/call_sound.h"
#include "gw/emergency.h"
#include "gw/g729.h"
#include "gw/start_priv.h"
#include "gw/trace.h"

#include <errno.h>

int gw_start_media(struct gw *gw, struct rt_buf *why)
{
    const struct gw_media_plan *m = &gw->plan->media;
    struct media_config cfg = {
        .threads = m->threads,
        .port_low = m->port_low,
        .port_high = m->port_high,
        .echo_ms = m->echo_ms,
        .digit_on = m->digit_on,
        .digit_off = m->digit_off,
        .realtime = m->realtime,
    };
    int err = media_new(&gw->media, gw->loop, &cfg);

    if (err != 0)
        rt_buf_printf(why, "media engine: %s", strerror(err));
    else
        media_keep(gw->media, gw_emergency_ports(gw->plan));
    if (err == 0)
        err = gw_trace_media(gw->trace, gw->media);
    return err;
}

int gw_start_g729(struct gw *gw, struct rt_buf *why)
{
    return gw_g729_new(&gw->g729, gw->loop, gw->plan, why);
}

static bool wants_dtls(const struct gw_plan *plan)
{
    for (unsigned i = 0; i < plan->ntrunks; i++)
        if (plan->trunks[i].secure.dtls)
            return true;
    return false;
}

int gw_start_identity(struct gw *gw, const struct gw_plan *plan, struct rt_buf *why)
{
    const struct gw_media_plan *m = &plan->media;
    struct rt_buf text = {0};

    if (gw->identity || !wants_dtls(plan))
        return 0;
    int err = m->certificate ? dtls_identity_load(&gw->identity, m->certificate, m->key, &text)
                             : dtls_identity_new(&gw->identity);
    if (err != 0)
        rt_buf_printf(why, "media: certificate: %s", text.n > 0 ? text.p : strerror(err));
    rt_buf_release(&text);
    return err;
}

int gw_start_own_identity(struct gw *gw, struct rt_buf *why)
{
    return gw_start_identity(gw, gw->plan, why);
}

/** The first of these that there is not, or that we may not use; RT_CPUS_MAX: none. */
static unsigned cpu_missing(const struct rt_cpus *wanted)
{
    struct rt_cpus allowed;
    unsigned cpu = 0;

    rt_cpus_allowed(&allowed);
    while (cpu < RT_CPUS_MAX && (!rt_cpus_has(wanted, cpu) || rt_cpus_has(&allowed, cpu)))
        cpu++;
    return cpu;
}

int gw_start_media_threads(struct gw *gw, struct rt_buf *why)
{
    const struct gw_media_plan *m = &gw->plan->media;
    unsigned cpu = cpu_missing(&m->realtime.cpus);

    if (cpu < RT_CPUS_MAX) {
        rt_buf_printf(why, "media: cpus: there is no CPU %u for this process", cpu);
        return EINVAL;
    }
    int err = media_start(gw->media);

    if (err == EPERM && m->realtime.mode == RT_REALTIME_ON)
        rt_buf_printf(why, "media: realtime on: not permitted; " RT_REALTIME_HELP);
    else if (err != 0)
        rt_buf_printf(why, "media threads: %s", strerror(err));
    return err;
}

int gw_start_sounds(struct gw *gw, struct rt_buf *why)
{
    (void)why;
    return gw_sounds_start(gw);
}
