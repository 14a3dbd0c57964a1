/* Server-sent events: the gateway is asked for what is new once for all who listen, twice a second,
 * and only while somebody does.
 */
#include "gw/admin/api_priv.h"

#include "gw/admin/control_priv.h"

#include <utlist.h>

#define PERIOD        (500 * RT_MS)
#define KEEP_ALIVE    (15 * RT_S)
#define LISTENERS_MAX 200
/** So often it is looked who may still listen: sessions end by themselves too. */
#define LOOK (5 * RT_S)
/** What a listener may leave unread. */
#define UNREAD_MAX ((size_t)1 << 20)

/* ---- listeners ---- */

static void remove_listener(struct gw_api_call *c)
{
    struct gw_api *api = c->api;

    DL_DELETE(api->listeners, c);
    DL_APPEND(api->calls, c);
    c->listens = false;
    gw_api_call_free(c);
    if (--api->nlisteners == 0) {
        rt_timer_stop(&api->poll);
        api->events_known = false;
    }
}

void gw_api_events_gone(struct gw_api_call *c)
{
    remove_listener(c);
}

static void end(struct gw_api_call *c)
{
    struct rt_http_request *r = c->r;

    rt_http_set_context(r, NULL);
    remove_listener(c);
    rt_http_stream_end(r);
}

/** One who takes nothing is sent away: the browser comes back by itself. False: it is gone. */
static bool write_to(struct gw_api_call *c, struct rt_str piece)
{
    if (rt_http_stream_write(c->r, piece, UNREAD_MAX) == 0)
        return true;
    end(c);
    return false;
}

void gw_api_events_end(struct gw_api *api, const char *name, const char *csrf)
{
    struct gw_api_call *c, *next;

    DL_FOREACH_SAFE(api->listeners, c, next)
    {
        if (strcmp(c->who.name, name) == 0 && (!csrf || strcmp(c->who.csrf, csrf) == 0))
            end(c);
    }
}

#define LOST "event: lost\ndata: {}\n\n"

static void on_missed(void *arg, const struct gw_ask_answer *a)
{
    struct gw_api_call *c = arg;
    bool good = a->code == GW_EXIT_OK;

    c->asked = NULL;
    if (good)
        c->at = a->last;
    (void)write_to(c, good && !a->lost ? a->text : rt_str(LOST));
}

/** One who was here before wants what came since. */
static void catch_up(struct gw_api_call *c)
{
    const struct gw_ask_request r = {.kind = GW_ASK_EVENTS, .since = c->at};

    c->asked = gw_ask(c->api->config.ask, &r, on_missed, c);
    if (!c->asked)
        (void)write_to(c, rt_str(LOST));
}

/* ---- for all of them ---- */

/** Those who are where all are get the piece; others have asked for themselves. */
static void broadcast(struct gw_api *api, uint64_t from, uint64_t to, struct rt_str piece)
{
    struct gw_api_call *c, *next;

    DL_FOREACH_SAFE(api->listeners, c, next)
    {
        if (c->asked || c->at >= to)
            continue;
        if (c->at == 0 || c->at == from) {
            c->at = to;
            (void)write_to(c, piece);
        } else {
            catch_up(c);
        }
    }
}

static void keep_alive(struct gw_api *api)
{
    struct gw_api_call *c, *next;

    if (rt_now() - api->spoke < KEEP_ALIVE)
        return;
    api->spoke = rt_now();
    DL_FOREACH_SAFE(api->listeners, c, next)
    (void)write_to(c, rt_str(": still here\n\n"));
}

static void on_events(void *arg, const struct gw_ask_answer *a)
{
    struct gw_api *api = arg;
    uint64_t from = api->events_at;
    struct gw_api_call *c;

    api->polling = NULL;
    if (!api->listeners)
        return;
    if (a->code != GW_EXIT_OK) {
        keep_alive(api);
        return;
    }
    api->events_at = a->last;
    if (!api->events_known) { /* what was before is asked for elsewhere */
        api->events_known = true;
        DL_FOREACH(api->listeners, c)
        if (c->at == 0)
            c->at = a->last;
        broadcast(api, a->last, a->last, rt_str(""));
    } else if (a->lost) {
        api->spoke = rt_now();
        broadcast(api, from, a->last, rt_str(LOST));
    } else if (a->text.n > 0) {
        api->spoke = rt_now();
        broadcast(api, from, a->last, a->text);
    }
    keep_alive(api);
}

static void look(struct gw_api *api)
{
    struct gw_api_call *c, *next;

    if (rt_now() - api->looked < LOOK)
        return;
    api->looked = rt_now();
    DL_FOREACH_SAFE(api->listeners, c, next)
    {
        if (!gw_api_lasts(api, &c->who))
            end(c);
    }
}

static void on_poll(void *arg)
{
    struct gw_api *api = arg;
    const struct gw_ask_request r = {.kind = GW_ASK_EVENTS, .since = api->events_at};

    rt_timer_start(&api->poll, PERIOD);
    look(api);
    if (!api->listeners)
        return; /* the last one to go has stopped the timer */
    if (!api->polling)
        api->polling = gw_ask(api->config.ask, &r, on_events, api);
}

/* ---- somebody comes ---- */

void gw_api_events(struct gw_api_call *c)
{
    static const struct rt_http_header headers[] = {{"Content-Type", "text/event-stream"},
                                                    {"Cache-Control", "no-store"},
                                                    {"X-Accel-Buffering", "no"},
                                                    {"X-Content-Type-Options", "nosniff"},
                                                    {NULL, NULL}};
    const char *last = rt_http_header(c->r, "Last-Event-ID");
    struct gw_api *api = c->api;

    if (api->nlisteners >= LISTENERS_MAX) {
        gw_api_refuse(c, 503, "%u listen already", api->nlisteners);
        return;
    }
    if (last)
        (void)rt_str_u64(&c->at, rt_str(last), UINT64_MAX);
    DL_DELETE(api->calls, c);
    DL_APPEND(api->listeners, c);
    c->listens = true;
    if (api->nlisteners++ == 0) {
        api->events_known = false;
        api->events_at = 0; /* from now on */
        api->spoke = rt_now();
        rt_timer_start(&api->poll, 0);
    }
    bool comes_back = c->at > 0;
    if (!comes_back && api->events_known)
        c->at = api->events_at;
    rt_http_stream(c->r, 200, headers);
    if (write_to(c, rt_str("retry: 2000\n\n")) && comes_back)
        catch_up(c);
}

/* ---- life ---- */

void gw_api_events_init(struct gw_api *api)
{
    rt_timer_init(&api->poll, api->config.loop, on_poll, api);
}

void gw_api_events_free(struct gw_api *api)
{
    gw_ask_forget(api->polling);
    rt_timer_stop(&api->poll);
    while (api->listeners)
        remove_listener(api->listeners);
}
