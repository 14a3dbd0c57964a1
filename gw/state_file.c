/* The newest text waits in one place; a bell tells the thread of it. */
#include "gw/state_file.h"

#include "gw/rt/chan.h"
#include "gw/rt/file.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

/** A text that could not be written is tried again so much later. */
#define RETRY (10 * RT_S)

struct text {
    size_t n;
    char p[];
};

struct gw_state_file {
    char *path;
    const struct gw_state_owner *owner;
    struct rt_loop *loop;
    struct rt_thread *thread;
    struct rt_chan *bell;
    struct rt_timer retry;          /* the thread's, as what follows is */
    int failed;                     /* errno of the last write; told once */
    _Atomic(struct text *) waiting; /* handed over by its pointer: who takes it owns it */
};

/* ---- the thread ---- */

/** It waits again, unless there is newer. */
static void keep(struct gw_state_file *s, struct text *t)
{
    struct text *none = NULL;

    if (!atomic_compare_exchange_strong(&s->waiting, &none, t))
        free(t);
    rt_timer_start(&s->retry, RETRY);
}

static void write_waiting(struct gw_state_file *s)
{
    struct text *t = atomic_exchange(&s->waiting, NULL);

    if (!t)
        return;
    rt_timer_stop(&s->retry);
    int err = rt_file_replace(s->path, t->p, t->n, 0600);
    if (err != 0) {
        rt_count(s->owner->failures);
        if (err != s->failed)
            rt_log(s->owner->log, RT_ERROR, "%s: %s: %s", s->owner->name, s->path, strerror(err));
        keep(s, t);
    } else {
        if (s->failed != 0)
            rt_log(s->owner->log, RT_NOTICE, "%s: %s is written again", s->owner->name, s->path);
        free(t);
    }
    s->failed = err;
}

static void on_retry(void *arg)
{
    write_waiting(arg);
}

static void write_last(void *arg)
{
    write_waiting(arg);
}

static void on_bell(void *arg, const void *msg)
{
    (void)msg;
    write_waiting(arg);
}

/* ---- its owner's ---- */

int gw_state_file_new(struct gw_state_file **out, const char *path,
                      const struct gw_state_owner *owner)
{
    struct gw_state_file *s = calloc(1, sizeof *s);

    if (!s)
        return ENOMEM;
    s->owner = owner;
    s->path = strdup(path);
    int err = s->path ? rt_loop_new(&s->loop, owner->name) : ENOMEM;
    if (err == 0) {
        rt_timer_init(&s->retry, s->loop, on_retry, s);
        err = rt_chan_new(&s->bell, s->loop, 1, 16, on_bell, s);
    }
    if (err == 0)
        err = rt_thread_start(&s->thread, s->loop);
    if (err != 0) {
        gw_state_file_free(s);
        return err;
    }
    *out = s;
    return 0;
}

void gw_state_file_free(struct gw_state_file *s)
{
    if (!s)
        return;
    if (rt_thread_finish(s->thread, write_last, s) != 0) {
        rt_count(s->owner->failures);
        rt_log(s->owner->log, RT_ERROR, "%s: %s does not answer: its last state is not in it",
               s->owner->name, s->path);
        return;
    }
    free(atomic_load(&s->waiting));
    if (s->loop)
        rt_timer_stop(&s->retry);
    rt_chan_free(s->bell);
    rt_loop_free(s->loop);
    free(s->path);
    free(s);
}

const char *gw_state_file_path(const struct gw_state_file *s)
{
    return s->path;
}

void gw_state_file_write(struct gw_state_file *s, const struct rt_buf *text)
{
    struct text *t = text->failed ? NULL : malloc(sizeof *t + text->n);
    char ring = 1;

    if (!t) {
        rt_count(s->owner->failures);
        return;
    }
    t->n = text->n;
    if (text->n > 0)
        memcpy(t->p, text->p, text->n);
    free(atomic_exchange(&s->waiting, t));
    (void)rt_chan_send(s->bell, &ring); /* when it is full the thread has been rung enough */
}
