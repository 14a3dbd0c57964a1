/* Metrics of the gateway itself: what runs, the plan, the process and its threads. */
#include "gw/apply.h"
#include "gw/bans.h"
#include "gw/g729.h"
#include "gw/metrics_priv.h"
#include "gw/overload.h"
#include "gw/registrar.h"
#include "gw/rt/file.h"
#include "gw/span_status.h"
#include "gw/version.h"

#include <stdio.h>

static void build(struct gw_outlet *o)
{
    gw_outlet_name(o, "tandem_build_info", GW_METRIC_GAUGE, "The version that runs; always 1");
    gw_outlet_put(o, GW_LABELS("version", GW_VERSION), 1);
    gw_outlet_gauge(o, "tandem_start_time_seconds", "When it was started, in seconds since 1970",
                    (double)((rt_wall() - (rt_now() - o->gw->started)) / RT_MS) / 1e3);
    gw_outlet_gauge(o, "tandem_draining", "1: it takes no new calls", o->gw->draining);
}

static void plan(struct gw_outlet *o)
{
    const struct gw *gw = o->gw;

    gw_outlet_gauge(o, "tandem_plan_generation", "The plan in force", (double)gw->plan->generation);
    gw_outlet_gauge(o, "tandem_plan_loaded_time_seconds", "When it was read, in seconds since 1970",
                    (double)(gw->plan->loaded / RT_MS) / 1e3);
    gw_outlet_gauge(o, "tandem_plans",
                    "Plans in memory: the present one, and those that calls began with",
                    gw_plans_alive());
    if (gw->apply)
        gw_outlet_gauge(o, "tandem_plan_load_seconds", "How long the last plan took to read",
                        (double)gw_apply_took(gw->apply) / (double)RT_S);
}

static void sip(struct gw_outlet *o)
{
    struct gw_sip_status s;

    if (!o->gw->sip)
        return;
    gw_sip_status(&s, o->gw->sip);
    gw_outlet_gauge(o, "tandem_sip_sessions", "SIP sessions", s.sessions);
    gw_outlet_gauge(o, "tandem_sip_dialogs", "SIP dialogs", s.dialogs);
    gw_outlet_gauge(o, "tandem_sip_connections", "SIP connections over TCP and TLS", s.streams);
    gw_outlet_name(o, "tandem_sip_transactions", GW_METRIC_GAUGE, "SIP transactions");
    gw_outlet_put(o, GW_LABELS("side", "client"), s.client);
    gw_outlet_put(o, GW_LABELS("side", "server"), s.server);
    if (o->gw->registrar)
        gw_outlet_gauge(o, "tandem_registered_contacts", "Contacts of users that are registered",
                        gw_registrar_count(o->gw->registrar));
}

static void load(struct gw_outlet *o)
{
    struct gw_overload_status s;
    struct gw_siege siege;

    gw_overload_status(o->gw->overload, &s);
    gw_outlet_gauge(o, "tandem_overload_level", "1: new calls are refused for want of time",
                    s.over);
    gw_outlet_gauge(o, "tandem_overload_calls_per_second",
                    "Calls that are let in meanwhile; 0: there is no overload",
                    s.over ? s.rate : 0);
    gw_outlet_gauge(o, "tandem_overload_lateness_seconds",
                    "How late the signalling thread was, while calls come",
                    (double)s.queue / (double)RT_S);
    if (!o->gw->sip)
        return;
    gw_siege_status(o->gw->sip, &siege);
    gw_outlet_gauge(o, "tandem_sip_bans", "Addresses that are not listened to", siege.bans);
    gw_outlet_gauge(o, "tandem_sip_besieged",
                    "1: most datagrams of strangers are dropped by the kernel", siege.besieged);
    gw_outlet_counter(o, "tandem_sip_kernel_dropped_total",
                      "Datagrams that the kernel dropped: bans, floods, no room",
                      (double)siege.dropped);
}

static void threads(struct gw_outlet *o)
{
    unsigned n = o->gw->media ? media_threads(o->gw->media) : 0;
    char number[12];

    gw_outlet_counter(o, "tandem_signalling_cpu_seconds_total", "CPU time of the signalling thread",
                      (double)rt_thread_cpu() / (double)RT_S);
    gw_outlet_name(o, "tandem_media_thread_cpu_seconds_total", GW_METRIC_COUNTER,
                   "CPU time of each media thread");
    for (unsigned i = 0; i < n; i++) {
        snprintf(number, sizeof number, "%u", i);
        gw_outlet_put(o, GW_LABELS("thread", number),
                      (double)media_thread_cpu(o->gw->media, i) / (double)RT_S);
    }
}

static void g729(struct gw_outlet *o)
{
    struct gw_g729_status s;

    if (!o->gw->g729)
        return;
    gw_g729_status(&s, o->gw->g729);
    gw_outlet_gauge(o, "tandem_g729_streams", "Streams that the G.729 process codes", s.streams);
}

/* ---- the process, as the kernel's files say ---- */

#define STATUS "/proc/self/status"

static int count_file(void *arg, const char *path)
{
    (void)path;
    ++*(unsigned *)arg;
    return 0;
}

/** Linux 6.2 and later say how many there are; before that the folder has to be read. */
static unsigned descriptors(void)
{
    struct rt_file_info info;
    unsigned n = 0;

    if (rt_file_stat(&info, "/proc/self/fd") == 0 && info.size > 0)
        return (unsigned)info.size;
    rt_glob("/proc/self/fd/*", count_file, &n);
    return n;
}

static void process(struct gw_outlet *o)
{
    struct rt_buf text = {0};
    const char *line = NULL;
    unsigned long kb;

    if (rt_file_read(&text, STATUS, 65536) == 0 && text.p)
        line = strstr(text.p, "VmRSS:");
    if (line && sscanf(line, "VmRSS: %lu kB", &kb) == 1)
        gw_outlet_gauge(o, "tandem_process_resident_memory_bytes", "Memory in use",
                        (double)kb * 1024);
    if (line)
        gw_outlet_gauge(o, "tandem_process_open_fds", "Open descriptors", descriptors());
    rt_buf_release(&text);
}

void gw_metrics_gateway(struct gw_outlet *o)
{
    build(o);
    plan(o);
    sip(o);
    load(o);
    threads(o);
    g729(o);
    process(o);
}
