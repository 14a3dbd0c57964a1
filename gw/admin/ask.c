/* Two channels and what goes over them: a request is an object that belongs to the HTTP thread,
 * then to the signalling thread while it works on it, then to the HTTP thread again.
 */
#include "gw/admin/ask.h"

#include "gw/admin/control_request.h"
#include "gw/event.h"
#include "gw/metrics.h"
#include "gw/rt/chan.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

/** On their way at once: each channel has room for all of them. */
#define ON_THE_WAY 1024

struct gw_asked {
    struct gw_ask *ask;
    enum gw_ask_kind kind;
    char *word[GW_ASK_WORDS];
    unsigned words;
    struct rt_buf body;
    char *who, *from, *why;
    uint64_t since;
    /* the signalling thread's */
    struct gw_request request;
    struct rt_buf out;
    int code;
    unsigned status;
    uint64_t last;
    bool lost, later;
    /* the HTTP thread's */
    gw_ask_fn *fn; /* NULL: nobody waits */
    void *arg;
    struct gw_asked *prev, *next;
};

struct gw_ask {
    struct rt_chan *there, *back;
    struct gw *const *gw;
    void (*stop)(void *arg);
    void *arg;
    struct gw_asked *on_the_way;
    unsigned n;
};

/* ---- in the signalling thread ---- */

/** Hands it back. */
static void give(struct gw_asked *q)
{
    q->later = false;
    (void)rt_chan_send(q->ask->back, &q); /* there is room: never more than ON_THE_WAY */
}

static void on_later(void *arg, int code)
{
    struct gw_asked *q = arg;

    q->code = code;
    q->status = q->request.answer.status;
    give(q);
}

static void do_command(struct gw_asked *q)
{
    struct gw_request *r = &q->request;

    *r = (struct gw_request){.gw = q->ask->gw,
                             .out = &q->out,
                             .body = rt_buf_str(&q->body),
                             .who = q->who,
                             .from = q->from,
                             .why = q->why,
                             .done = on_later,
                             .arg = q};
    q->code = gw_request_begin(r, q->words, (const char *const *)q->word);
    q->later = q->code == GW_REQUEST_LATER;
    q->status = r->answer.status;
    if (r->answer.follow.kind == GW_TRACE_NUMBER) /* nothing is followed over HTTP */
        dp_pattern_free(r->answer.follow.pattern);
    if (r->answer.stop)
        q->ask->stop(q->ask->arg);
}

static void do_metrics(struct gw_asked *q)
{
    if (*q->ask->gw)
        gw_metrics_text(*q->ask->gw, &q->out);
    else
        q->code = GW_EXIT_UNREACHABLE;
}

static void do_events(struct gw_asked *q)
{
    struct gw *gw = *q->ask->gw;

    if (gw && gw->events)
        q->last = gw_events_read(gw->events, q->since, &q->out, &q->lost);
    else
        q->code = GW_EXIT_UNREACHABLE;
}

static void do_note(struct gw_asked *q)
{
    struct gw *gw = *q->ask->gw;
    struct gw_audit_entry e = {.at = 0};

    rt_str_copy(e.who, sizeof e.who, rt_str(q->who));
    rt_str_copy(e.from, sizeof e.from, rt_str(q->from));
    rt_str_copy(e.why, sizeof e.why, rt_str(q->why));
    rt_str_copy(e.what, sizeof e.what, rt_str(q->words > 0 ? q->word[0] : ""));
    rt_str_copy(e.outcome, sizeof e.outcome, rt_str(q->words > 1 ? q->word[1] : "ok"));
    gw_audit_note(gw ? gw->audit : NULL, &e);
}

static void add_block(void *arg, struct rt_str block)
{
    rt_buf_put(arg, block.p, block.n);
}

static void do_pcapng(struct gw_asked *q)
{
    struct gw *gw = *q->ask->gw;
    const struct gw_call *call = gw && q->words > 0 ? gw_control_call(gw, q->word[0]) : NULL;

    if (!call) {
        q->code = GW_EXIT_FAILED;
        return;
    }
    gw_trace_head(gw, &q->out);
    (void)gw_trace_call(gw->trace, call->number, add_block, &q->out);
}

static void on_request(void *arg, const void *msg)
{
    static void (*const work[])(struct gw_asked * q) = {
        [GW_ASK_COMMAND] = do_command, [GW_ASK_METRICS] = do_metrics, [GW_ASK_EVENTS] = do_events,
        [GW_ASK_NOTE] = do_note,       [GW_ASK_PCAPNG] = do_pcapng,
    };
    struct gw_asked *q;

    (void)arg;
    memcpy(&q, msg, sizeof q);
    work[q->kind](q);
    if (!q->later)
        give(q);
}

/* ---- in the HTTP thread ---- */

static void asked_free(struct gw_asked *q)
{
    for (unsigned i = 0; i < q->words; i++)
        free(q->word[i]);
    free(q->who);
    free(q->from);
    free(q->why);
    rt_buf_release(&q->body);
    rt_buf_release(&q->out);
    free(q);
}

static void on_answer(void *arg, const void *msg)
{
    struct gw_ask *a = arg;
    struct gw_asked *q;

    memcpy(&q, msg, sizeof q);
    DL_DELETE(a->on_the_way, q);
    a->n--;
    if (q->out.failed)
        q->code = GW_EXIT_FAILED;
    struct gw_ask_answer answer = {.code = q->code,
                                   .status = q->status,
                                   .text = rt_buf_str(&q->out),
                                   .last = q->last,
                                   .lost = q->lost};
    if (q->fn)
        q->fn(q->arg, &answer);
    asked_free(q);
}

/** NULL stays NULL. False: no memory. */
static bool copy(char **out, const char *text)
{
    *out = text ? rt_str_dup(rt_str(text)) : NULL;
    return *out || !text;
}

static struct gw_asked *asked_new(struct gw_ask *a, const struct gw_ask_request *r)
{
    struct gw_asked *q = calloc(1, sizeof *q);

    if (!q)
        return NULL;
    bool good = copy(&q->who, r->who) && copy(&q->from, r->from) && copy(&q->why, r->why);
    for (; good && q->words < r->words && q->words < GW_ASK_WORDS; q->words++)
        good = copy(&q->word[q->words], r->word[q->words]);
    rt_buf_put(&q->body, r->body.p, r->body.n);
    if (!good || q->body.failed) {
        asked_free(q);
        return NULL;
    }
    q->ask = a;
    q->kind = r->kind;
    q->since = r->since;
    return q;
}

struct gw_asked *gw_ask(struct gw_ask *a, const struct gw_ask_request *r, gw_ask_fn *fn, void *arg)
{
    struct gw_asked *q = a->n < ON_THE_WAY ? asked_new(a, r) : NULL;

    if (!q)
        return NULL;
    q->fn = fn;
    q->arg = arg;
    if (rt_chan_send(a->there, &q) != 0) {
        asked_free(q);
        return NULL;
    }
    DL_APPEND(a->on_the_way, q);
    a->n++;
    return q;
}

void gw_ask_forget(struct gw_asked *q)
{
    if (q)
        q->fn = NULL;
}

/* ---- life ---- */

int gw_ask_new(struct gw_ask **out, struct rt_loop *signalling, struct rt_loop *http,
               struct gw *const *gw, void (*stop)(void *arg), void *arg)
{
    struct gw_ask *a = calloc(1, sizeof *a);

    if (!a)
        return ENOMEM;
    *a = (struct gw_ask){.gw = gw, .stop = stop, .arg = arg};
    int err =
        rt_chan_new(&a->there, signalling, sizeof(struct gw_asked *), ON_THE_WAY, on_request, a);
    if (err == 0)
        err = rt_chan_new(&a->back, http, sizeof(struct gw_asked *), ON_THE_WAY, on_answer, a);
    if (err != 0) {
        gw_ask_free(a);
        return err;
    }
    *out = a;
    return 0;
}

void gw_ask_free(struct gw_ask *a)
{
    struct gw_asked *q, *next;

    if (!a)
        return;
    DL_FOREACH_SAFE(a->on_the_way, q, next)
    {
        DL_DELETE(a->on_the_way, q);
        if (q->later)
            gw_request_forget(&q->request);
        asked_free(q);
    }
    rt_chan_free(a->there);
    rt_chan_free(a->back);
    free(a);
}
