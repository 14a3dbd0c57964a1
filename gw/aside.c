/* One thread, one job at a time: neither channel ever holds more than one message. */
#include "gw/aside.h"

#include "gw/rt/chan.h"
#include "gw/rt/log.h"
#include "gw/rt/process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct gw_aside {
    struct rt_loop *loop; /* the thread's */
    struct rt_thread *thread;
    struct rt_chan *there, *back;
    struct gw_aside_job *jobs; /* the first one is under way when `busy` */
    bool busy;
};

/* ---- in the thread ---- */

static void on_job(void *arg, const void *msg)
{
    struct gw_aside *a = arg;
    struct gw_aside_job *j;

    memcpy(&j, msg, sizeof j);
    j->work(j);
    (void)rt_chan_send(a->back, &j); /* there is room: one at a time */
}

/* ---- at home ---- */

static void begin(struct gw_aside *a)
{
    if (!a->busy && a->jobs)
        a->busy = rt_chan_send(a->there, &a->jobs) == 0;
}

static void on_done(void *arg, const void *msg)
{
    struct gw_aside *a = arg;
    struct gw_aside_job *j;

    memcpy(&j, msg, sizeof j);
    DL_DELETE(a->jobs, j);
    a->busy = false;
    begin(a);
    j->done(j);
}

void gw_aside_do(struct gw_aside *a, struct gw_aside_job *j)
{
    DL_APPEND(a->jobs, j);
    begin(a);
}

int gw_aside_files(struct gw_aside **out, struct rt_loop *home, const char *name)
{
    struct gw_aside *a = calloc(1, sizeof *a);

    if (!a)
        return ENOMEM;
    int err = rt_loop_new(&a->loop, name);
    if (err == 0)
        err = rt_chan_new(&a->there, a->loop, sizeof(struct gw_aside_job *), 2, on_job, a);
    if (err == 0)
        err = rt_chan_new(&a->back, home, sizeof(struct gw_aside_job *), 2, on_done, a);
    if (err == 0)
        err = rt_thread_start(&a->thread, a->loop);
    if (err != 0) {
        gw_aside_free(a);
        return err;
    }
    *out = a;
    return 0;
}

int gw_aside_new(struct gw_aside **out, struct rt_loop *home)
{
    int err = gw_aside_files(out, home, "aside");

    if (err == 0)
        rt_thread_for((*out)->thread, RT_FOR_NONE); /* tables of millions of rows take their time */
    return err;
}

int gw_aside_end(struct gw_aside *a)
{
    int err = rt_thread_finish(a->thread, NULL, NULL);

    if (err == 0)
        a->thread = NULL;
    return err;
}

void gw_aside_free(struct gw_aside *a)
{
    if (!a)
        return;
    if (gw_aside_end(a) != 0) {
        rt_log(RT_LOG_RT, RT_ERROR, "a job aside waits for a disk that does not answer: left");
        return;
    }
    while (a->jobs) {
        struct gw_aside_job *j = a->jobs;
        DL_DELETE(a->jobs, j);
        j->drop(j);
    }
    rt_chan_free(a->there);
    rt_chan_free(a->back);
    rt_loop_free(a->loop);
    free(a);
}
