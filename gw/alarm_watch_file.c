/* The watch over what is on disks: how full they are, when certificates end. A disk that does not
 * answer must not keep signalling, so a thread asks it, and what it says is looked at when it
 * comes.
 */
#include "gw/alarm_watch.h"
#include "gw/aside.h"
#include "gw/rt/file.h"

#include <stdio.h>
#include <stdlib.h>

#define PATHS_MAX 32
#define A_DAY     (24 * 3600 * RT_S)

/** A path, and what was found. */
struct probe {
    char *path;
    int err;
    struct rt_disk disk;
    rt_time end; /* of a certificate */
};

struct gw_watch_probes {
    struct gw_aside_job job; /* the first member */
    struct gw_alarm_watch *watch;
    const struct sort *sort;
    struct probe probe[PATHS_MAX];
    unsigned n;
};

/** What is asked, and what is told of it. */
struct sort {
    void (*ask)(struct probe *p); /* in the thread */
    void (*tell)(struct gw_watch_probes *p);
    uint32_t kinds;
    unsigned bit; /* in watch->asking */
};
static const struct sort disks, certificates;

/* ---- in the thread ---- */

static void ask_all(struct gw_aside_job *job)
{
    struct gw_watch_probes *p = (struct gw_watch_probes *)job;

    for (unsigned i = 0; i < p->n; i++)
        p->sort->ask(&p->probe[i]);
}

static void ask_disk(struct probe *p)
{
    p->err = rt_disk_usage(&p->disk, p->path);
}

static void ask_certificate(struct probe *p)
{
    p->err = rt_tls_certificate_end(p->path, &p->end);
}

/* ---- in signalling ---- */

static void free_probes(struct gw_aside_job *job)
{
    struct gw_watch_probes *p = (struct gw_watch_probes *)job;

    for (unsigned i = 0; i < p->n; i++)
        free(p->probe[i].path);
    free(p);
}

static void tell_all(struct gw_aside_job *job)
{
    struct gw_watch_probes *p = (struct gw_watch_probes *)job;
    struct gw_alarm_watch *w = p->watch;

    w->asking &= ~p->sort->bit;
    w->now = rt_now();
    w->round++;
    p->sort->tell(p);
    gw_alarm_sweep(w, p->sort->kinds);
    free_probes(job);
}

static void add(struct gw_watch_probes *p, const char *path)
{
    if (!p || !path || p->n == PATHS_MAX)
        return;
    p->probe[p->n].path = rt_str_dup(rt_str(path));
    p->n += p->probe[p->n].path != NULL;
}

/** NULL: those before are still waited for, or there is no memory. */
static struct gw_watch_probes *begin(struct gw_alarm_watch *w, const struct sort *sort)
{
    struct gw_watch_probes *p = w->asking & sort->bit ? NULL : calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->job = (struct gw_aside_job){.work = ask_all, .done = tell_all, .drop = free_probes};
    p->watch = w;
    p->sort = sort;
    w->asking |= sort->bit;
    return p;
}

/* ---- disks ---- */

static bool seen_before(const struct gw_watch_probes *p, unsigned i)
{
    for (unsigned k = 0; k < i; k++)
        if (p->probe[k].err == 0 && p->probe[k].disk.id == p->probe[i].disk.id)
            return true;
    return false;
}

static void tell_disks(struct gw_watch_probes *p)
{
    char object[sizeof((struct gw_alarm *)0)->object];

    for (unsigned i = 0; i < p->n; i++) {
        const struct rt_disk *disk = &p->probe[i].disk;
        if (p->probe[i].err != 0 || disk->total == 0 || seen_before(p, i))
            continue;
        unsigned share = (unsigned)(disk->used * 1000 / disk->total);
        snprintf(object, sizeof object, "disk of %.80s", p->probe[i].path);
        gw_alarm_look(p->watch, GW_ALARM_DISK, object, share >= p->watch->gw->plan->alarms.disk,
                      "%u.%u %% full, %llu MB are left", share / 10, share % 10,
                      (unsigned long long)((disk->total - disk->used) / 1000000));
    }
}

static void add_folders(struct gw_watch_probes *d, const struct gw_plan *p)
{
    const char *const paths[] = {p->cdr.journal, p->cdr.csv,    p->cdr.json,
                                 p->admin.audit, p->dial.usage, p->dial.history};

    for (size_t i = 0; i < RT_COUNT(paths); i++)
        add(d, paths[i]);
    for (unsigned i = 0; i < p->cdr.ntargets; i++)
        if (p->cdr.target[i].kind == GW_TARGET_SQLITE)
            add(d, p->cdr.target[i].where);
    if (p->record.on)
        add(d, p->record.directory);
    for (unsigned i = 0; i < p->ntrunks; i++)
        if (p->trunks[i].sound.record.on)
            add(d, p->trunks[i].sound.record.directory);
}

void gw_watch_disks(struct gw_alarm_watch *w)
{
    struct gw_watch_probes *d = w->gw->plan->alarms.disk > 0 ? begin(w, &disks) : NULL;

    if (w->gw->plan->alarms.disk == 0)
        gw_alarm_sweep(w, disks.kinds);
    if (!d)
        return;
    add_folders(d, w->gw->plan);
    gw_aside_do(w->aside, &d->job);
}

/* ---- certificates ---- */

static void tell_certificates(struct gw_watch_probes *p)
{
    char object[sizeof((struct gw_alarm *)0)->object], at[RT_RFC3339_LEN];

    for (unsigned i = 0; i < p->n; i++) {
        const struct probe *c = &p->probe[i];
        rt_time left = c->end - rt_wall();
        snprintf(object, sizeof object, "certificate %.80s", c->path);
        if (c->err != 0)
            gw_alarm_look(p->watch, GW_ALARM_CERTIFICATE, object, true, "it cannot be read: %s",
                          strerror(c->err));
        else
            gw_alarm_look(p->watch, GW_ALARM_CERTIFICATE, object,
                          left <= p->watch->gw->plan->alarms.certificate,
                          left > 0 ? "it ends at %s, in %lld days" : "it has ended at %s",
                          rt_rfc3339(at, c->end), (long long)(left / A_DAY));
    }
}

void gw_watch_certificates(struct gw_alarm_watch *w)
{
    const struct gw_plan *p = w->gw->plan;
    struct gw_watch_probes *c = p->alarms.certificate > 0 ? begin(w, &certificates) : NULL;

    if (p->alarms.certificate == 0)
        gw_alarm_sweep(w, certificates.kinds);
    if (!c)
        return;
    add(c, p->sip.tls.cert);
    add(c, p->admin.cert);
    add(c, p->media.certificate);
    gw_aside_do(w->aside, &c->job);
}

/* ---- the two sorts ---- */

static const struct sort disks = {ask_disk, tell_disks, 1u << GW_ALARM_DISK, 1};
static const struct sort certificates = {ask_certificate, tell_certificates,
                                         1u << GW_ALARM_CERTIFICATE, 2};
