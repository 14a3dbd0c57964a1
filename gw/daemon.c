/* The daemon: reads the plan, becomes the plan's user, takes the control socket, starts the
 * gateway, gives up what only starting needed, runs until told to stop.
 *
 * The control socket comes first: a second daemon is stopped there, before it touches the first
 * one's journal. SIGHUP has the file applied again, certificates and users with it.
 */
#include "gw/daemon.h"

#include "gw/admin/control.h"
#include "gw/admin/web.h"
#include "gw/apply.h"
#include "gw/counters.h"
#include "gw/drain.h"
#include "gw/export.h"
#include "gw/g729.h"
#include "gw/process.h"
#include "gw/records.h"
#include "gw/reload.h"
#include "gw/version.h"
#include "gw/watchdog.h"
#include "gw/rt/file.h"
#include "gw/rt/process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h> /* umask */
#include <unistd.h>

/** How long calls may take to clear when the gateway stops: longer than a BYE or a RELEASE takes to
 * be answered, shorter than a supervisor waits. */
#define STOP_TIMEOUT (5 * RT_S)
#define STOP_POLL    (10 * RT_MS)
/** The exit status when a disk did not answer, and what was meant for it is lost. */
#define EXIT_UNFINISHED 5
#define WAITS_TOLD      8

struct daemon {
    const char *file, *socket;
    char *own_socket; /* the plan's */
    struct rt_loop *loop;
    struct gw_plan *plan;
    struct gw_sources sources;
    struct gw *gw;
    struct gw_apply *apply;
    struct gw_control *control;
    struct gw_web *web; /* NULL: the plan wants none */
    struct rt_timer poll;
    struct gw_watchdog watchdog;
    rt_time stop_at;
    bool stopping;
};

/* ---- stopping ---- */

static void on_poll(void *arg)
{
    struct daemon *d = arg;

    if (gw_idle(d->gw) || rt_now() >= d->stop_at)
        rt_loop_stop(d->loop);
    else
        rt_timer_start(&d->poll, STOP_POLL);
}

/** Releases the calls and waits for them; told twice, it does not wait. */
static void stop(void *arg)
{
    struct daemon *d = arg;

    if (d->stopping) {
        rt_loop_stop(d->loop);
        return;
    }
    d->stopping = true;
    d->stop_at = rt_now() + STOP_TIMEOUT;
    rt_log(RT_LOG_RT, RT_NOTICE, "stopping, %u calls in progress", d->gw->ncalls);
    (void)rt_notify("STOPPING=1\nSTATUS=releasing the calls\n");
    gw_release_all(d->gw);
    rt_timer_start(&d->poll, STOP_POLL);
}

static void on_stop_signal(void *arg, int signo)
{
    (void)signo;
    stop(arg);
}

/* ---- SIGHUP ---- */

/** The supervisor is told when the file is read and when it is in force, or refused. Without one
 * these go nowhere. */
static void tell_reloading(void)
{
    char lines[64];

    snprintf(lines, sizeof lines, "RELOADING=1\nMONOTONIC_USEC=%lld\n",
             (long long)(rt_now() / RT_US));
    (void)rt_notify(lines);
}

static void on_applied(void *arg, const struct gw_apply_result *r)
{
    (void)arg;
    (void)rt_notify(r->err == 0 ? "READY=1\nSTATUS=runs, the plan was applied\n"
                                : "READY=1\nSTATUS=runs, the plan was refused: see the log\n");
}

static void on_hangup(void *arg, int signo)
{
    struct daemon *d = arg;
    struct gw_apply_job *job;
    struct gw_apply_request r = {.kind = GW_APPLY_FILE, .who = "signal"};

    (void)signo;
    if (!d->apply)
        return; /* it is being read for the first time */
    gw_reload(d->gw);
    gw_web_reload(d->web);
    tell_reloading();
    job = gw_apply_submit(d->apply, &r);
    if (job) {
        gw_apply_await(job, on_applied, d);
    } else {
        rt_log(RT_LOG_PLAN, RT_ERROR, "%s: not read: out of memory", d->file);
        (void)rt_notify("READY=1\n");
    }
}

static int watch_signals(struct daemon *d)
{
    int err = rt_signal_watch(d->loop, SIGTERM, on_stop_signal, d);

    if (err == 0)
        err = rt_signal_watch(d->loop, SIGINT, on_stop_signal, d);
    if (err == 0)
        err = rt_signal_watch(d->loop, SIGHUP, on_hangup, d);
    signal(SIGPIPE, SIG_IGN);
    if (err != 0)
        fprintf(stderr, "tandem: signals: %s\n", strerror(err));
    return err;
}

/* ---- starting ---- */

static int load(struct daemon *d)
{
    struct conf_diag diag = {.errors = 0};
    struct conf_reader reader = gw_sources_record(&d->sources);
    int err = gw_plan_load_through(&d->plan, d->file, &reader, NULL, &diag);

    if (err != 0)
        fprintf(stderr, "%s", diag.text.n > 0 ? diag.text.p : "tandem: out of memory\n");
    else if (diag.warned.n > 0)
        fprintf(stderr, "%s", diag.warned.p);
    conf_diag_release(&diag);
    return err;
}

/** Where the control socket is; and the folders of all sockets, which are often in a place that a
 * reboot empties. */
static void prepare_sockets(struct daemon *d)
{
    const struct gw_admin_plan *admin = &d->plan->admin;

    if (!d->socket && d->plan->admin.socket)
        d->socket = d->own_socket = rt_str_dup(rt_str(d->plan->admin.socket));
    if (!d->socket)
        d->socket = GW_DEFAULT_SOCKET;
    gw_process_folder(d->plan, d->socket);
    for (unsigned i = 0; i < admin->nhttp; i++)
        if (admin->http[i].sa.sa_family == AF_UNIX)
            gw_process_folder(d->plan, admin->http[i].un.sun_path);
}

static int enter(struct daemon *d)
{
    struct rt_buf why = {0};

    prepare_sockets(d);
    int err = gw_process_enter(d->plan, &why);
    if (err != 0)
        fprintf(stderr, "tandem: %s\n", why.n > 0 ? why.p : strerror(err));
    rt_buf_release(&why);
    return err;
}

static int confine(struct daemon *d)
{
    struct rt_buf why = {0};
    int err = gw_process_confine(d->gw->plan, &why);

    if (err != 0)
        fprintf(stderr, "tandem: %s\n", why.n > 0 ? why.p : strerror(err));
    rt_buf_release(&why);
    return err;
}

static int take_socket(struct daemon *d)
{
    mode_t before = umask(0117); /* whoever may connect may stop the gateway */
    int err = gw_control_new(&d->control, d->loop, &d->gw, d->socket, stop, d);
    umask(before);
    if (err == EADDRINUSE)
        fprintf(stderr, "tandem: another daemon answers at %s\n", d->socket);
    else if (err != 0)
        fprintf(stderr, "tandem: control socket %s: %s\n", d->socket, strerror(err));
    return err;
}

static int start_web(struct daemon *d)
{
    const struct gw_admin_plan *admin = &d->plan->admin;
    struct rt_buf why = {0};

    if (admin->nhttp == 0)
        return 0;
    int err =
        gw_web_new(&d->web, d->loop, &d->gw, admin, gw_records_path(&d->plan->cdr), stop, d, &why);
    if (err != 0)
        fprintf(stderr, "tandem: http: %s\n", why.n > 0 ? why.p : strerror(err));
    rt_buf_release(&why);
    return err;
}

static int start(struct daemon *d)
{
    struct rt_buf why = {0};
    int err = gw_start(&d->gw, d->loop, d->plan, &why);

    if (err != 0)
        fprintf(stderr, "tandem: %s\n", why.n > 0 ? why.p : strerror(err));
    rt_buf_release(&why);
    if (err != 0)
        return err;
    gw_drain_then(d->gw->drain, stop, d);
    gw_plan_unref(d->plan); /* it is the gateway's */
    d->plan = NULL;
    err = gw_apply_new(&d->apply, d->gw, d->file, &d->sources);
    if (err != 0)
        fprintf(stderr, "tandem: history: %s\n", strerror(err));
    return err;
}

/** What has less than starting needed from its first instant: programs, and whoever answers
 * strangers. */
static int start_confined(struct daemon *d)
{
    struct rt_buf why = {0};
    int err = gw_g729_start(d->gw->g729, &why);

    if (err == 0)
        err = gw_exporter_start(&d->gw->exporter, d->gw);
    if (err == 0)
        err = gw_web_start(d->web);
    if (err != 0)
        fprintf(stderr, "tandem: %s\n", why.n > 0 ? why.p : strerror(err));
    rt_buf_release(&why);
    return err;
}

/** Ready for calls: whoever started us hears it now and not before. */
static void tell_ready(struct daemon *d)
{
    rt_log(RT_LOG_RT, RT_NOTICE, "tandem %s runs %s, control socket %s", GW_VERSION, d->file,
           d->socket);
    (void)rt_notify("READY=1\nSTATUS=runs\n");
    gw_watchdog_start(&d->watchdog, d->loop);
}

static int run(struct daemon *d)
{
    int err = rt_loop_new(&d->loop, "tandem");

    if (err != 0) {
        fprintf(stderr, "tandem: %s\n", strerror(err));
        return err;
    }
    rt_timer_init(&d->poll, d->loop, on_poll, d);
    err = watch_signals(d);
    if (err == 0)
        err = take_socket(d);
    if (err == 0)
        err = start_web(d);
    if (err == 0)
        err = start(d);
    if (err == 0)
        err = confine(d);
    if (err == 0)
        err = start_confined(d);
    if (err == 0) {
        tell_ready(d);
        err = rt_loop_run(d->loop);
        gw_watchdog_stop(&d->watchdog);
    }
    return err;
}

static void on_end(void *arg)
{
    rt_loop_stop(arg);
}

/** What was closed last is freed in the loop's next round: this is the last one. */
static void last_round(struct rt_loop *loop)
{
    struct rt_defer end;

    rt_defer_init(&end, loop, on_end, loop);
    rt_defer_start(&end);
    rt_loop_run(loop);
    rt_defer_stop(&end);
}

/** Threads that a disk holds end with the process: nothing is freed that is theirs. */
static void end_unfinished(void)
{
    struct rt_file_wait wait[WAITS_TOLD];
    unsigned n = rt_file_waits(wait, WAITS_TOLD, RT_S);

    for (unsigned i = 0; i < n; i++)
        rt_log(RT_LOG_RT, RT_ERROR, "%s: no answer for %lld s", wait[i].path,
               (long long)((rt_now() - wait[i].since) / RT_S));
    rt_log(RT_LOG_RT, RT_ERROR, "stopped, %u threads still wait for a disk", rt_threads_left());
    _exit(EXIT_UNFINISHED);
}

int gw_daemon_run(const char *file, const char *socket)
{
    struct daemon d = {.file = file, .socket = socket};

    rt_log_journal(rt_stderr_is_journal());
    if (load(&d) != 0)
        return 3;
    rt_log_set_all(d.plan->log);
    gw_stats_register();
    int err = enter(&d);
    if (err == 0)
        err = run(&d);
    if (d.gw) {
        rt_timer_stop(&d.poll);
        rt_threads_end_by(rt_now() + d.gw->plan->process.finish);
    }
    gw_web_free(d.web);
    gw_control_free(d.control);
    gw_apply_free(d.apply);
    if (d.gw)
        gw_exporter_stop(d.gw->exporter);
    gw_stop(d.gw);
    if (rt_threads_left() > 0)
        end_unfinished();
    gw_plan_unref(d.plan);
    if (d.loop)
        last_round(d.loop);
    rt_loop_free(d.loop);
    gw_sources_release(&d.sources);
    free(d.own_socket);
    if (err == 0)
        rt_log(RT_LOG_RT, RT_NOTICE, "stopped");
    return err == 0 ? 0 : 1;
}
