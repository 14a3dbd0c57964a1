/* What programs ask that watch the gateway: metrics, is it alive, does it take calls.
 */
#include "gw/admin/control_priv.h"
#include "gw/admin/web_priv.h"
#include "gw/metrics.h"

#include <jansson.h>
#include <stdlib.h>
#include <utlist.h>

/** A signalling thread that does not answer for so long is none. */
#define PATIENCE (2 * RT_S)
/** Anybody may ask whether we are alive: so often the signalling thread is, however many do. */
#define FRESH (200 * RT_MS)

struct probe {
    struct gw_web_job job;
    struct rt_http_request *request;
    struct gw_web_question *question; /* NULL: one of its own */
    struct gw_asked *asked;
    struct rt_timer timer;
    struct probe *prev, *next;
};

static void probe_free(struct probe *p)
{
    gw_ask_forget(p->asked);
    if (p->question)
        DL_DELETE(p->question->waiting, p);
    rt_timer_stop(&p->timer);
    free(p);
}

static void drop(struct gw_web_job *job)
{
    probe_free((struct probe *)job);
}

static void on_time(void *arg)
{
    struct probe *p = arg;

    gw_api_problem(p->request, 503, "the signalling thread does not answer");
    probe_free(p);
}

/** NULL: no memory, which is answered. */
static struct probe *probe_new(struct gw_web *w, struct rt_http_request *r)
{
    struct probe *p = calloc(1, sizeof *p);

    if (!p) {
        gw_api_problem(r, 503, "out of memory");
        return NULL;
    }
    *p = (struct probe){.job.drop = drop, .request = r};
    rt_timer_init(&p->timer, w->loop, on_time, p);
    rt_timer_start(&p->timer, PATIENCE);
    rt_http_set_context(r, p);
    return p;
}

static void say_text(struct rt_http_request *r, const char *type, struct rt_str text)
{
    const struct rt_http_header headers[] = {{"Content-Type", type}, {NULL, NULL}};

    rt_http_reply(r, 200, headers, text);
}

/* ---- /metrics ---- */

static void on_metrics(void *arg, const struct gw_ask_answer *a)
{
    struct probe *p = arg;

    p->asked = NULL;
    if (a->code == GW_EXIT_OK)
        say_text(p->request, GW_METRICS_CONTENT_TYPE, a->text);
    else
        gw_api_problem(p->request, 503, "the gateway has not started");
    probe_free(p);
}

void gw_web_metrics(struct gw_web *w, struct rt_http_request *r)
{
    struct probe *p = probe_new(w, r);

    if (!p)
        return;
    p->asked = gw_ask(w->ask, &(struct gw_ask_request){.kind = GW_ASK_METRICS}, on_metrics, p);
    if (!p->asked)
        on_time(p);
}

/* ---- questions of anybody ---- */

static void say(struct rt_http_request *r, const struct gw_web_question *q, const char *good)
{
    if (q->problem)
        gw_api_problem(r, 503, q->problem);
    else
        say_text(r, "text/plain; charset=utf-8", rt_str(good));
}

static void say_all(struct gw_web_question *q, const char *good, const char *problem)
{
    q->asked = NULL;
    q->problem = problem;
    q->until = rt_now() + FRESH;
    while (q->waiting) {
        say(q->waiting->request, q, good);
        probe_free(q->waiting);
    }
}

static void ask(struct gw_web *w, struct rt_http_request *r, struct gw_web_question *q,
                const struct gw_ask_request *what, gw_ask_fn *fn, const char *good)
{
    if (q->until > rt_now()) {
        say(r, q, good);
        return;
    }
    struct probe *p = probe_new(w, r);
    if (!p)
        return;
    p->question = q;
    DL_APPEND(q->waiting, p);
    if (!q->asked)
        q->asked = gw_ask(w->ask, what, fn, w);
    if (!q->asked)
        on_time(p);
}

/* ---- /healthz ---- */

#define ALIVE "ok\n"

static void on_health(void *arg, const struct gw_ask_answer *a)
{
    struct gw_web *w = arg;

    (void)a; /* whatever it says, it is alive */
    say_all(&w->health, ALIVE, NULL);
}

void gw_web_health(struct gw_web *w, struct rt_http_request *r)
{
    const struct gw_ask_request what = {.kind = GW_ASK_EVENTS, .since = UINT64_MAX};

    ask(w, r, &w->health, &what, on_health, ALIVE);
}

/* ---- /readyz ---- */

#define READY "ready\n"

/** The first line of `show status` says so. */
static bool running(struct rt_str lines)
{
    struct rt_str line = rt_str_cut(&lines, '\n');
    json_t *root = json_loadb(line.p, line.n, 0, NULL);
    const char *state = json_string_value(json_object_get(root, "state"));
    bool runs = state && strcmp(state, "running") == 0;

    json_decref(root);
    return runs;
}

static void on_ready(void *arg, const struct gw_ask_answer *a)
{
    struct gw_web *w = arg;

    say_all(&w->ready, READY,
            a->code != GW_EXIT_OK ? "the gateway has not started"
            : !running(a->text)   ? "no new calls are taken"
                                  : NULL);
}

void gw_web_ready(struct gw_web *w, struct rt_http_request *r)
{
    const struct gw_ask_request what = {.word = {"show", "status"}, .words = 2};

    ask(w, r, &w->ready, &what, on_ready, READY);
}
