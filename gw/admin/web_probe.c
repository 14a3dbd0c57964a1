/* What programs ask that watch the gateway: metrics, is it alive, does it take calls.
 */
#include "gw/admin/control_priv.h"
#include "gw/admin/web_priv.h"
#include "gw/metrics.h"

#include <jansson.h>
#include <stdlib.h>

/** A signalling thread that does not answer for so long is none. */
#define PATIENCE (2 * RT_S)

struct probe {
    struct gw_web_job job;
    struct rt_http_request *request;
    struct gw_asked *asked;
    struct rt_timer timer;
    void (*say)(struct rt_http_request *r, const struct gw_ask_answer *a);
};

static void probe_free(struct probe *p)
{
    gw_ask_forget(p->asked);
    rt_timer_stop(&p->timer);
    free(p);
}

static void drop(struct gw_web_job *job)
{
    probe_free((struct probe *)job);
}

static void on_answer(void *arg, const struct gw_ask_answer *a)
{
    struct probe *p = arg;

    p->asked = NULL;
    p->say(p->request, a);
    probe_free(p);
}

static void on_time(void *arg)
{
    struct probe *p = arg;

    gw_api_problem(p->request, 503, "the signalling thread does not answer");
    probe_free(p);
}

static void ask(struct gw_web *w, struct rt_http_request *r, const struct gw_ask_request *q,
                void (*say)(struct rt_http_request *r, const struct gw_ask_answer *a))
{
    struct probe *p = calloc(1, sizeof *p);

    if (!p) {
        gw_api_problem(r, 503, "out of memory");
        return;
    }
    *p = (struct probe){.job.drop = drop, .request = r, .say = say};
    rt_timer_init(&p->timer, w->loop, on_time, p);
    rt_timer_start(&p->timer, PATIENCE);
    rt_http_set_context(r, p);
    p->asked = gw_ask(w->ask, q, on_answer, p);
    if (!p->asked)
        on_time(p);
}

static void say_text(struct rt_http_request *r, const char *type, struct rt_str text)
{
    const struct rt_http_header headers[] = {{"Content-Type", type}, {NULL, NULL}};

    rt_http_reply(r, 200, headers, text);
}

/* ---- /metrics ---- */

static void say_metrics(struct rt_http_request *r, const struct gw_ask_answer *a)
{
    if (a->code == GW_EXIT_OK)
        say_text(r, GW_METRICS_CONTENT_TYPE, a->text);
    else
        gw_api_problem(r, 503, "the gateway has not started");
}

void gw_web_metrics(struct gw_web *w, struct rt_http_request *r)
{
    ask(w, r, &(struct gw_ask_request){.kind = GW_ASK_METRICS}, say_metrics);
}

/* ---- /healthz ---- */

static void say_health(struct rt_http_request *r, const struct gw_ask_answer *a)
{
    (void)a; /* whatever it says, it is alive */
    say_text(r, "text/plain; charset=utf-8", rt_str("ok\n"));
}

void gw_web_health(struct gw_web *w, struct rt_http_request *r)
{
    ask(w, r, &(struct gw_ask_request){.kind = GW_ASK_EVENTS, .since = UINT64_MAX}, say_health);
}

/* ---- /readyz ---- */

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

static void say_ready(struct rt_http_request *r, const struct gw_ask_answer *a)
{
    if (a->code != GW_EXIT_OK)
        gw_api_problem(r, 503, "the gateway has not started");
    else if (!running(a->text))
        gw_api_problem(r, 503, "no new calls are taken");
    else
        say_text(r, "text/plain; charset=utf-8", rt_str("ready\n"));
}

void gw_web_ready(struct gw_web *w, struct rt_http_request *r)
{
    ask(w, r, &(struct gw_ask_request){.word = {"show", "status"}, .words = 2}, say_ready);
}
