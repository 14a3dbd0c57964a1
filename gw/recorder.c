/* Tapes drained ten times a second into files, in a thread of its own. */
#include "gw/recorder.h"

#include "gw/rt/chan.h"
#include "gw/rt/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <utlist.h>

#define PACE (100 * RT_MS)

struct rt_counter gw_recorder_counters[GW_RECORDER_NCOUNTERS] = {
    [GW_RECORDER_FILES] = {"recordings_total", "Recordings that are complete", 0},
    [GW_RECORDER_FAILED] = {"recordings_failed_total",
                            "Recordings that could not be written, or not to their end", 0},
    [GW_RECORDER_LOST] = {"recording_blocks_lost_total",
                          "Blocks of 10 ms that were not recorded since the disk was too slow", 0},
};

/** A tape and its file. */
struct job {
    struct tape *tape;
    char *path;
    enum gw_record_format format;
    struct gw_recording *file; /**< NULL: not made yet */
    uint64_t next;             /**< number of the block that comes next */
    struct job *prev, *following;
};

struct gw_recorder {
    struct rt_loop *loop;
    struct rt_thread *thread;
    _Atomic(struct job *) inbox; /**< a stack that the thread takes whole */
    struct rt_chan *bell;
    struct rt_timer pace;
    struct job *jobs;
    atomic_uint njobs; /**< not complete yet, those in the inbox too */
};

static void free_job(struct job *j)
{
    tape_drop(j->tape);
    free(j->path);
    free(j);
}

/* ---- in the recorder's thread ---- */

static void fail(const struct job *j, int err)
{
    rt_count(&gw_recorder_counters[GW_RECORDER_FAILED]);
    rt_log(RT_LOG_CALL, RT_ERROR, "recording %s: %s", j->path, strerror(err));
}

static int write_block(struct job *j, const struct tape_block *b)
{
    int err = 0;

    if (b->at > j->next) {
        rt_count_n(&gw_recorder_counters[GW_RECORDER_LOST], b->at - j->next);
        err = gw_recording_skip(j->file, (b->at - j->next) * TAPE_BLOCK);
    }
    j->next = b->at + 1;
    return err != 0 ? err : gw_recording_write(j->file, b->in, b->out, TAPE_BLOCK);
}

/** Writes what the tape has. */
static int drain(struct job *j)
{
    struct tape_block b;
    int err = 0;

    if (!j->file)
        err = gw_recording_open(&j->file, j->path, j->format);
    while (err == 0 && tape_take(j->tape, &b))
        err = write_block(j, &b);
    return err;
}

static void finish(struct gw_recorder *r, struct job *j, int err)
{
    int closed = j->file ? gw_recording_close(j->file) : 0;

    if (err == 0)
        err = closed;
    if (err != 0)
        fail(j, err);
    else
        rt_count(&gw_recorder_counters[GW_RECORDER_FILES]);
    DL_DELETE2(r->jobs, j, prev, following);
    atomic_fetch_sub(&r->njobs, 1);
    free_job(j);
}

static void take_inbox(struct gw_recorder *r)
{
    struct job *j = atomic_exchange(&r->inbox, NULL);

    while (j) {
        struct job *next = j->following;
        DL_APPEND2(r->jobs, j, prev, following);
        j = next;
    }
}

static void serve(struct gw_recorder *r, bool last)
{
    struct job *j, *tmp;

    take_inbox(r);
    DL_FOREACH_SAFE2(r->jobs, j, tmp, following)
    {
        bool ended = tape_ended(j->tape) || last; /* before what is on it is taken */
        int err = drain(j);
        if (err != 0 || ended)
            finish(r, j, err);
    }
}

static void serve_last(void *arg)
{
    struct gw_recorder *r = arg;

    rt_timer_stop(&r->pace);
    serve(r, true);
}

static void on_pace(void *arg)
{
    struct gw_recorder *r = arg;

    serve(r, false);
    if (r->jobs)
        rt_timer_start(&r->pace, PACE);
}

static void on_bell(void *arg, const void *msg)
{
    struct gw_recorder *r = arg;

    (void)msg;
    if (!rt_timer_running(&r->pace))
        rt_timer_start(&r->pace, PACE);
}

/* ---- in signalling ---- */

int gw_recorder_add(struct gw_recorder *r, struct tape *tape, const char *path,
                    enum gw_record_format format)
{
    struct job *j = calloc(1, sizeof *j);

    if (!j) {
        tape_drop(tape);
        return ENOMEM;
    }
    j->tape = tape;
    j->format = format;
    j->path = rt_str_dup(rt_str(path));
    if (!j->path) {
        free_job(j);
        return ENOMEM;
    }
    atomic_fetch_add(&r->njobs, 1);
    j->following = atomic_load(&r->inbox);
    while (!atomic_compare_exchange_weak(&r->inbox, &j->following, j))
        continue;
    (void)rt_chan_send(r->bell, &(char){1}); /* full: it rings already */
    return 0;
}

int gw_recorder_new(struct gw_recorder **out)
{
    struct gw_recorder *r = calloc(1, sizeof *r);

    if (!r)
        return ENOMEM;
    int err = rt_loop_new(&r->loop, "recorder");
    if (err == 0)
        err = rt_chan_new(&r->bell, r->loop, sizeof(char), 4, on_bell, r);
    if (err == 0) {
        rt_timer_init(&r->pace, r->loop, on_pace, r);
        err = rt_thread_start(&r->thread, r->loop);
    }
    if (err != 0) {
        gw_recorder_free(r);
        return err;
    }
    *out = r;
    return 0;
}

void gw_recorder_free(struct gw_recorder *r)
{
    if (!r)
        return;
    if (rt_thread_finish(r->thread, serve_last, r) != 0) {
        rt_log(RT_LOG_CALL, RT_ERROR,
               "recordings: the disk does not answer: %u are not complete (*.part)",
               atomic_load(&r->njobs));
        return;
    }
    rt_chan_free(r->bell);
    rt_loop_free(r->loop);
    free(r);
}
