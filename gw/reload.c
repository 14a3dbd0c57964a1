/* Two sorts of files, each a job of one thread: of a sort one reading is under way at a time. What
 * a plan brings along (gw_registrar_adopt()) is newer than a reading begun under the plan before.
 */
#include "gw/reload.h"

#include "gw/aside.h"
#include "gw/registrar.h"
#include "gw/start_priv.h"

#include <errno.h>
#include <stdlib.h>

struct sort;

struct reading {
    struct gw_aside_job job; /* the first member */
    const struct sort *sort;
    struct gw *gw;
    struct gw_plan *plan; /* its files are being read, one reference; NULL: none are */
    bool again;           /* asked for meanwhile */
    /* the thread's until it is done */
    int err; /* ECANCELED: it has not come to it */
    struct rt_buf why;
    union {
        struct rt_tls *tls;
        struct gw_users *users;
    } got; /* when `err` is 0 */
};

struct gw_reload {
    struct gw_aside *aside;
    struct reading certificates, users;
};

struct sort {
    int (*read)(struct reading *x);  /* in the thread; `got` or `why` */
    void (*take)(struct reading *x); /* and says so */
    void (*drop)(struct reading *x);
};

/* ---- certificates ---- */

static int read_certificates(struct reading *x)
{
    return rt_tls_new(&x->got.tls, &x->plan->sip.tls, &x->why, NULL);
}

static void take_certificates(struct reading *x)
{
    if (x->err == 0) {
        rt_tls_take(x->gw->tls, x->got.tls);
        rt_log(RT_LOG_SIP, RT_NOTICE, "tls: certificates read again");
    } else {
        rt_log(RT_LOG_SIP, RT_ERROR, "tls: certificates stay as they were: %s",
               x->why.n > 0 ? x->why.p : strerror(x->err));
    }
}

static void drop_certificates(struct reading *x)
{
    if (x->err == 0)
        rt_tls_free(x->got.tls);
}

static const struct sort certificates = {read_certificates, take_certificates, drop_certificates};

/* ---- users ---- */

static int read_users(struct reading *x)
{
    return gw_registrar_read(&x->got.users, &x->plan->registrar, &x->why);
}

static void take_users(struct reading *x)
{
    if (x->err == 0) {
        gw_registrar_take(x->gw->registrar, x->got.users);
        rt_log(RT_LOG_SIP, RT_NOTICE, "registrar: %u users read", gw_users_count(x->got.users));
    } else {
        rt_log(RT_LOG_SIP, RT_ERROR, "%s", x->why.n > 0 ? x->why.p : "registrar: out of memory");
    }
}

static void drop_users(struct reading *x)
{
    if (x->err == 0)
        gw_users_free(x->got.users);
}

static const struct sort users = {read_users, take_users, drop_users};

/* ---- one reading after the other ---- */

static void work(struct gw_aside_job *job)
{
    struct reading *x = (struct reading *)job;

    x->err = x->sort->read(x);
}

static void begin(struct reading *x)
{
    x->again = false;
    x->err = ECANCELED;
    x->plan = gw_plan_ref(x->gw->plan);
    gw_aside_do(x->gw->reload->aside, &x->job);
}

static void ask(struct reading *x)
{
    if (x->plan)
        x->again = true;
    else
        begin(x);
}

static void put_away(struct reading *x)
{
    rt_buf_release(&x->why);
    gw_plan_unref(x->plan);
    x->plan = NULL;
}

static void on_read(struct gw_aside_job *job)
{
    struct reading *x = (struct reading *)job;
    bool stale = x->plan != x->gw->plan;

    if (stale)
        x->sort->drop(x); /* the plan may name other files now */
    else
        x->sort->take(x);
    put_away(x);
    if (stale || x->again)
        begin(x);
}

/** All ends, whether it was read or not. */
static void drop(struct gw_aside_job *job)
{
    struct reading *x = (struct reading *)job;

    x->sort->drop(x);
    put_away(x);
}

/* ---- doors ---- */

void gw_reload(struct gw *gw)
{
    if (gw->tls)
        ask(&gw->reload->certificates);
    gw_reload_users(gw);
}

void gw_reload_users(struct gw *gw)
{
    if (gw->registrar)
        ask(&gw->reload->users);
}

static void init(struct reading *x, const struct sort *sort, struct gw *gw)
{
    x->job = (struct gw_aside_job){.work = work, .done = on_read, .drop = drop};
    x->sort = sort;
    x->gw = gw;
}

int gw_start_reload(struct gw *gw, struct rt_buf *why)
{
    if (!gw->tls && !gw->registrar)
        return 0;
    struct gw_reload *r = calloc(1, sizeof *r);
    int err = r ? gw_aside_files(&r->aside, gw->loop, "reload") : ENOMEM;

    if (err != 0) {
        rt_buf_printf(why, "reload: %s", strerror(err));
        free(r);
        return err;
    }
    init(&r->certificates, &certificates, gw);
    init(&r->users, &users, gw);
    gw->reload = r;
    return 0;
}

void gw_reload_free(struct gw_reload *r)
{
    if (!r || gw_aside_end(r->aside) != 0)
        return; /* it still reads */
    gw_aside_free(r->aside);
    free(r);
}
