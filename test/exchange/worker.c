/* Jobs go out and come back as pointers through two channels. */
#include "test/exchange/worker.h"

#include "gw/rt/buf.h"
#include "gw/rt/chan.h"
#include "test/audio/compare.h"
#include "test/exchange/report.h"

#include <errno.h>
#include <stdlib.h>

#define CAPACITY 1024

struct job {
    unsigned id;
    struct audio_pcm pcm;
    char path[256], reference[256];
    int write_err, compare_err;
    struct audio_compared result;
};

struct ex_worker {
    struct rt_loop *loop;
    struct rt_thread *thread;
    struct rt_chan *there, *back;
    unsigned pending;
};

static void on_job(void *arg, const void *msg)
{
    struct ex_worker *w = arg;
    struct job *j = *(struct job *const *)msg;

    if (j->path[0])
        j->write_err = audio_wav_write(j->path, j->pcm.p, j->pcm.n);
    if (j->reference[0]) {
        struct audio_pcm ref = {0};
        j->compare_err = audio_wav_read(&ref, j->reference);
        /* EINVAL then means that nothing was heard: a result, not an error */
        if (j->compare_err == 0 &&
            audio_compare(&j->result, ref.p, ref.n, j->pcm.p, j->pcm.n) == ENOMEM)
            j->compare_err = ENOMEM;
        audio_pcm_release(&ref);
    }
    rt_chan_send(w->back, &j);
}

static void report_written(const struct job *j)
{
    json_t *o = ex_event("recorded");

    ex_put_int(o, "call", j->id);
    ex_put_text(o, "file", j->path);
    ex_put(o, "seconds", json_real((double)(j->pcm.n / 80) / 100.0));
    if (j->write_err != 0)
        ex_put_text(o, "error", strerror(j->write_err));
    ex_emit(o);
}

static void report_compared(const struct job *j)
{
    const struct audio_compared *c = &j->result;
    json_t *o = ex_event("compared");

    ex_put_int(o, "call", j->id);
    ex_put_text(o, "reference", j->reference);
    if (j->compare_err != 0) {
        ex_put_text(o, "error", strerror(j->compare_err));
        ex_emit(o);
        return;
    }
    ex_put_bool(o, "found", c->found);
    ex_put(o, "correlation", json_real(c->correlation));
    ex_put(o, "delay_ms", json_real(c->delay_ms));
    ex_put(o, "delay_min_ms", json_real(c->delay_min_ms));
    ex_put(o, "delay_max_ms", json_real(c->delay_max_ms));
    ex_put_int(o, "delay_changes", c->delay_changes);
    ex_put(o, "gain_db", json_real(c->gain_db));
    ex_put(o, "snr_db", json_real(c->snr_db));
    ex_put_int(o, "blocks", c->blocks);
    ex_put_int(o, "silent", c->silent);
    ex_put_int(o, "damaged", c->damaged);
    ex_put_int(o, "cut", c->cut);
    ex_put(o, "lost_percent", json_real(audio_lost_percent(c)));
    ex_emit(o);
}

static void on_result(void *arg, const void *msg)
{
    struct ex_worker *w = arg;
    struct job *j = *(struct job *const *)msg;

    w->pending--;
    if (j->path[0])
        report_written(j);
    if (j->reference[0])
        report_compared(j);
    audio_pcm_release(&j->pcm);
    free(j);
}

int ex_worker_new(struct ex_worker **out, struct rt_loop *home)
{
    struct ex_worker *w = calloc(1, sizeof *w);

    if (!w)
        return ENOMEM;
    int err = rt_loop_new(&w->loop, "measure");
    if (err == 0)
        err = rt_chan_new(&w->there, w->loop, sizeof(struct job *), CAPACITY, on_job, w);
    if (err == 0)
        err = rt_chan_new(&w->back, home, sizeof(struct job *), CAPACITY, on_result, w);
    if (err == 0)
        err = rt_thread_start(&w->thread, w->loop);
    if (err != 0) {
        ex_worker_free(w);
        return err;
    }
    *out = w;
    return 0;
}

void ex_worker_free(struct ex_worker *w)
{
    if (!w)
        return;
    rt_thread_stop(w->thread);
    rt_chan_free(w->there);
    rt_chan_free(w->back);
    rt_loop_free(w->loop);
    free(w);
}

unsigned ex_worker_pending(const struct ex_worker *w)
{
    return w->pending;
}

int ex_worker_put(struct ex_worker *w, unsigned id, struct audio_pcm *pcm, const char *path,
                  const char *reference)
{
    /* the way back must never be full: no more jobs are out than it holds */
    struct job *j = w->pending < CAPACITY ? calloc(1, sizeof *j) : NULL;

    if (!j)
        return ENOMEM;
    j->id = id;
    rt_str_copy(j->path, sizeof j->path, rt_str(path));
    rt_str_copy(j->reference, sizeof j->reference, rt_str(reference));
    j->pcm = *pcm;
    int err = rt_chan_send(w->there, &j);
    if (err != 0) {
        free(j);
        return err;
    }
    *pcm = (struct audio_pcm){0};
    w->pending++;
    return 0;
}
