/* What the agent is told of service (RFC 3435 2.3.12, 4.4.5 to 4.4.7): restart, out of service,
 * the loss of the agent itself. Endpoints that change in one turn are told together.
 *
 * An announcement waits for its timer, is said, and is answered. Without an answer it waits again,
 * twice as long as before up to Tdmax; a command or local activity cuts the wait short. Whoever is
 * waiting for the same is told together again.
 */
#include "gw/rt/random.h"
#include "mgcp/gw_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

/** Times after which an agent that sends us on and on counts as one that says no for now. */
#define REDIRECTS_MAX 4
/** How long a new agent's name is given to be found. */
#define RESOLVE_TIME RT_S
#define TRY_AGAIN    RT_S

static const char *const method_name[MGCP_RM_COUNT] = {
    [MGCP_RM_RESTART] = "restart",           [MGCP_RM_FORCED] = "forced",
    [MGCP_RM_GRACEFUL] = "graceful",         [MGCP_RM_CANCEL] = "cancel-graceful",
    [MGCP_RM_DISCONNECTED] = "disconnected",
};

const char *mgcp_gw_method_name(enum mgcp_gw_method m)
{
    return method_name[m];
}

static rt_time or_default(rt_time set, rt_time otherwise)
{
    return set > 0 ? set : otherwise;
}

/** The longest delay of the first RSIP (4.4.6). */
static rt_time longest_delay(const struct mgcp_gw *g)
{
    const struct mgcp_gw_endpoint *e, *tmp;
    unsigned trunks = 0;
    if (g->restart.mwd > 0)
        return g->restart.mwd;
    HASH_ITER(hh, g->endpoints, e, tmp)
    {
        trunks += e->kind == MGCP_TRUNK_ENDPOINT;
    }
    return trunks > 0 ? 100 * RT_S / trunks : 600 * RT_S;
}

/** 1 us to `most`. */
static rt_time random_part(rt_time most)
{
    return 1 + (rt_time)rt_random_below((uint32_t)(most > UINT32_MAX ? UINT32_MAX : most));
}

/* ---- joining and leaving ---- */

/** An agent that only connects answers nothing that we say: it is told nothing, and what it
 * commands is done. */
static void unheard(struct mgcp_gw_endpoint *e)
{
    if (e->service == MGCP_GW_RESTARTING || e->service == MGCP_GW_DISCONNECTED)
        e->service = MGCP_GW_IN_SERVICE;
}

void mgcp_gw_announce(struct mgcp_gw_endpoint *e, enum mgcp_gw_method method)
{
    struct mgcp_gw *g = e->gw;
    mgcp_gw_unannounce(e);
    if (!mgcp_peer_peculiar(g->peer)->events) {
        unheard(e);
        return;
    }
    struct mgcp_gw_rsip *r = mgcp_gw_rsip_open(g, method, e->reason);
    if (!r) {
        r = mgcp_gw_rsip_new(g, method, e->reason);
        if (!r) { /* the next command finds it as one that has to be told */
            e->refused = 1;
            return;
        }
        r->gathering = true;
        rt_defer_start(&g->gather);
    }
    mgcp_gw_rsip_add(r, e);
}

void mgcp_gw_unannounce(struct mgcp_gw_endpoint *e)
{
    struct mgcp_gw_rsip *r = e->rsip;
    if (!r)
        return;
    mgcp_gw_rsip_remove(e);
    if (r->n == 0)
        mgcp_gw_rsip_free(r);
}

void mgcp_gw_disconnected(struct mgcp_gw_endpoint *e)
{
    if (e->service != MGCP_GW_IN_SERVICE)
        return;
    e->service = MGCP_GW_DISCONNECTED;
    mgcp_gw_announce(e, MGCP_RM_DISCONNECTED);
    struct mgcp_gw_rsip *r = e->rsip;
    if (!r || r->since)
        return;
    r->since = r->ended = rt_loop_now(e->gw->loop);
    r->delay = r->first = random_part(or_default(e->gw->restart.tdinit, 15 * RT_S));
}

unsigned mgcp_gw_restart_delay(const struct mgcp_gw_endpoint *e)
{
    if (e->service != MGCP_GW_DISCONNECTED || !e->rsip)
        return 0;
    rt_time gone = (rt_loop_now(e->gw->loop) - e->rsip->since) / RT_S;
    return gone > 999999 ? 999999 : (unsigned)gone;
}

/* ---- saying it ---- */

/** After a failure: waits, with others that wait for the same if there are any. */
static struct mgcp_gw_rsip *wait_again(struct mgcp_gw_rsip *r)
{
    const struct mgcp_restart *t = &r->gw->restart;
    struct mgcp_gw_rsip *with = mgcp_gw_rsip_open(r->gw, r->method, r->reason);
    rt_time most = or_default(t->tdmax, 600 * RT_S);
    r->ended = rt_loop_now(r->gw->loop);
    r->delay = r->delay ? 2 * r->delay : random_part(or_default(t->tdinit, 15 * RT_S));
    if (r->delay > most)
        r->delay = most;
    free(r->name);
    r->name = NULL;
    if (!with || with == r) {
        rt_timer_start(&r->timer, r->delay);
        return r;
    }
    if (r->since && (!with->since || r->since < with->since))
        with->since = r->since;
    if (r->delay > with->delay)
        with->delay = r->delay;
    with->ended = r->ended;
    while (r->endpoints) {
        struct mgcp_gw_endpoint *e = r->endpoints;
        mgcp_gw_rsip_remove(e);
        mgcp_gw_rsip_add(with, e);
    }
    mgcp_gw_rsip_free(r);
    return with;
}

/** Nobody answered (4.4.7). Endpoints that are restarting, or are out of service, go on saying
 * this; others were in service. */
static void lost(struct mgcp_gw_rsip *r)
{
    struct mgcp_gw_endpoint *e, *tmp;
    if (!r->since)
        r->since = rt_loop_now(r->gw->loop);
    if (r->method == MGCP_RM_GRACEFUL || r->method == MGCP_RM_CANCEL) {
        r->method = MGCP_RM_DISCONNECTED;
        DL_FOREACH2(r->endpoints, e, rsip_next)
        {
            e->service = MGCP_GW_DISCONNECTED;
        }
    }
    r = wait_again(r);
    DL_FOREACH_SAFE2(r->endpoints, e, tmp, rsip_next)
    {
        mgcp_gw_give_up(e);
    }
}

static void write_lines(const struct mgcp_gw_rsip *r, struct rt_buf *out)
{
    mgcp_write_line(out, "RM", rt_str(method_name[r->method]));
    if (r->method == MGCP_RM_DISCONNECTED)
        mgcp_write_linef(out, "RD", "%u", mgcp_gw_restart_delay(r->endpoints));
    if (r->reason)
        mgcp_write_linef(out, "E", "%03u %s", (unsigned)r->reason, mgcp_reason_text(r->reason));
}

/** `text` NULL: at once; else it goes behind an answer. */
static int say(struct mgcp_gw_rsip *r, uint32_t *tid, struct rt_buf *text)
{
    struct rt_buf lines = {0};
    if (r->since)
        mgcp_peer_retry(r->gw->peer);
    write_lines(r, &lines);
    int err = mgcp_gw_send_rsip(r->gw, r, r->name, rt_buf_str(&lines), &r->sent, tid, text);
    rt_buf_release(&lines);
    return err;
}

static void say_now(struct mgcp_gw_rsip *r)
{
    uint32_t tid;
    if (say(r, &tid, NULL))
        lost(r);
}

/** Says it, in as many RSIPs as it needs; that of `except` is left to the caller. */
static void go(struct mgcp_gw_rsip *r, const struct mgcp_gw_endpoint *except)
{
    struct mgcp_gw_rsip **piece;
    unsigned n;
    rt_timer_stop(&r->timer);
    r->gathering = false;
    if (mgcp_gw_rsip_split(r, &piece, &n)) {
        rt_timer_start(&r->timer, TRY_AGAIN);
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        if (!except || except->rsip != piece[i])
            say_now(piece[i]);
    }
    free(piece);
}

void mgcp_gw_rsip_due(void *arg)
{
    struct mgcp_gw_rsip *r = arg;
    if (r->name)
        say_now(r);
    else
        go(r, NULL);
}

static struct mgcp_gw_rsip *next_gathered(struct mgcp_gw *g)
{
    struct mgcp_gw_rsip *r;
    DL_FOREACH(g->rsips, r)
    {
        if (r->gathering)
            return r;
    }
    return NULL;
}

/** The turn is over: what was gathered in it goes, or waits for its time. */
static void gathered(void *arg)
{
    struct mgcp_gw *g = arg;
    struct mgcp_gw_rsip *r;
    while ((r = next_gathered(g)) != NULL) {
        rt_time first = r->first;
        r->gathering = false;
        r->first = 0;
        if (first > 0)
            rt_timer_start(&r->timer, first);
        else
            go(r, NULL);
    }
}

/** It need not wait any longer. */
static void hurry(struct mgcp_gw_rsip *r)
{
    rt_timer_stop(&r->timer);
    r->first = 0;
    r->gathering = true;
    rt_defer_start(&r->gw->gather);
}

void mgcp_gw_activity(struct mgcp_gw_endpoint *e)
{
    struct mgcp_gw_rsip *r = e->rsip;
    if (!r || r->sent)
        return;
    rt_time tdmin = or_default(e->gw->restart.tdmin, 15 * RT_S);
    if (!r->since || rt_loop_now(e->gw->loop) - r->ended >= tdmin)
        hurry(r);
}

/** An announcement was refused for good: a command starts it again (4.4.6). */
static void revive(struct mgcp_gw_endpoint *e)
{
    if (!e->refused)
        return;
    e->refused = 0;
    mgcp_gw_announce(e,
                     e->service == MGCP_GW_DISCONNECTED ? MGCP_RM_DISCONNECTED : MGCP_RM_RESTART);
    if (e->rsip && e->service == MGCP_GW_DISCONNECTED && !e->rsip->since)
        e->rsip->since = e->rsip->ended = rt_loop_now(e->gw->loop);
}

void mgcp_gw_commanded(struct mgcp_gw_endpoint *e)
{
    revive(e);
    if (e->rsip && !e->rsip->sent)
        hurry(e->rsip);
}

struct mgcp_gw_sent *mgcp_gw_piggyback(struct mgcp_gw_endpoint *e, uint32_t *tid,
                                       struct rt_buf *text)
{
    revive(e);
    struct mgcp_gw_rsip *r = e->rsip;
    if (!r)
        return NULL;
    mgcp_gw_forget(e->gw, r->sent);
    r->sent = NULL;
    if (!r->name)
        go(r, e);
    r = e->rsip;
    if (!r->name)
        return NULL;
    rt_timer_stop(&r->timer);
    r->gathering = false;
    return say(r, tid, text) == 0 ? r->sent : NULL;
}

/* ---- answers ---- */

/** A telephone that was off-hook before the restart is told of as if it had been lifted (4.4.1),
 * unless that is told already. */
static void tell_hook(struct mgcp_gw_endpoint *e)
{
    struct mgcp_gw_endpoint_status s;
    if (e->kind != MGCP_LINE_ENDPOINT || !e->ops->off_hook || !e->ops->off_hook(e->arg))
        return;
    mgcp_gw_endpoint_status(e, &s);
    if (!e->sent && s.quarantined == 0)
        mgcp_gw_event(e, NULL, "L", "hd", (struct rt_str){0});
}

static void done(struct mgcp_gw_rsip *r)
{
    while (r->endpoints) {
        struct mgcp_gw_endpoint *e = r->endpoints;
        bool again = e->service == MGCP_GW_DISCONNECTED && e->graceful;
        mgcp_gw_rsip_remove(e);
        bool restarted = e->service == MGCP_GW_RESTARTING;
        if (restarted || e->service == MGCP_GW_DISCONNECTED)
            e->service = MGCP_GW_IN_SERVICE;
        if (again)
            mgcp_gw_announce(e, MGCP_RM_GRACEFUL);
        mgcp_gw_release(e);
        mgcp_events_told(e);
        if (restarted)
            tell_hook(e);
    }
    mgcp_gw_rsip_free(r);
}

static void refused(struct mgcp_gw_rsip *r)
{
    while (r->endpoints) {
        struct mgcp_gw_endpoint *e = r->endpoints;
        mgcp_gw_rsip_remove(e);
        e->refused = e->service == MGCP_GW_RESTARTING || e->service == MGCP_GW_DISCONNECTED;
        mgcp_gw_give_up(e);
    }
    mgcp_gw_rsip_free(r);
}

/** The agent named another one. The peer's errno. */
static int redirect(struct mgcp_gw_rsip *r, struct rt_str n)
{
    struct mgcp_gw_endpoint *e;
    int err = EINVAL;
    DL_FOREACH2(r->endpoints, e, rsip_next)
    {
        err = mgcp_gw_notified(e, NULL, n);
    }
    return err;
}

static void again(struct mgcp_gw_rsip *r, int err)
{
    if (++r->redirects > REDIRECTS_MAX)
        wait_again(r);
    else if (err == ENOENT)
        rt_timer_start(&r->timer, RESOLVE_TIME);
    else
        say_now(r);
}

void mgcp_gw_rsip_answered(struct mgcp_gw_rsip *r, const struct mgcp_message *m)
{
    if (r->n == 0) {
        mgcp_gw_rsip_free(r);
        return;
    }
    if (!m) {
        lost(r);
        return;
    }
    unsigned code = mgcp_code_known(m->code);
    struct rt_str n = mgcp_value(m, MGCP_P_N);
    int err = n.n > 0 ? redirect(r, n) : EINVAL;
    if (code < 300)
        done(r);
    else if (code == 521 && (err == 0 || err == ENOENT))
        again(r, err);
    else if (code >= 400 && code < 500)
        wait_again(r);
    else
        refused(r);
}

/* ---- start and end ---- */

void mgcp_gw_restart_init(struct mgcp_gw *g)
{
    rt_defer_init(&g->gather, g->loop, gathered, g);
}

void mgcp_gw_start(struct mgcp_gw *g)
{
    struct mgcp_gw_endpoint *e, *tmp;
    struct mgcp_gw_rsip *r;
    if (g->started)
        return;
    g->started = true;
    HASH_ITER(hh, g->endpoints, e, tmp)
    {
        bool out = e->service == MGCP_GW_OUT;
        if (!out)
            e->service = MGCP_GW_RESTARTING;
        mgcp_gw_announce(e, out ? MGCP_RM_FORCED : MGCP_RM_RESTART);
    }
    rt_time delay = random_part(longest_delay(g));
    DL_FOREACH(g->rsips, r)
    {
        r->first = delay;
    }
}

void mgcp_gw_restart_free(struct mgcp_gw *g)
{
    while (g->rsips)
        mgcp_gw_rsip_free(g->rsips);
    rt_defer_stop(&g->gather);
}
