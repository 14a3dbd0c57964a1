/* Our registrations with peers. A request is answered within its attempt: challenges and 423 are
 * obeyed at once, the next server is tried; only then has the attempt failed, and the next one
 * waits.
 */
#include "gw/register.h"

#include "gw/gw.h"
#include "gw/peer.h"
#include "gw/rt/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define BACKOFF     (30 * RT_S)
#define BACKOFF_MAX (1800 * RT_S)
#define LOOK_AGAIN  RT_S /* the peer's name is being looked up */
#define EXPIRES_MAX (7 * 24 * 3600u)
#define BRIEF_MAX   3 /* 423 obeyed in one attempt */
#define HOPS_MAX    8
#define URI_LEN     512 /* "sip:", a user, a domain and parameters */

struct rt_counter gw_register_counters[GW_REGISTER_NCOUNTERS] = {
    [GW_REGISTER_SENT] = {"register_requests_total", "REGISTERs sent to peers", 0},
    [GW_REGISTER_DONE] = {"register_done_total", "registrations made or renewed", 0},
    [GW_REGISTER_FAILED] = {"register_failed_total", "attempts to register that failed", 0},
};

struct gw_register {
    struct gw *gw;
    const struct gw_trunk *trunk;
    struct gw_plan *plan; /* the trunk's; one reference */
    struct sip_outside *pending;
    struct sip_auth_state auth;
    struct rt_timer timer; /* the next attempt */
    char call_id[33];
    uint32_t cseq;
    uint32_t expires; /* seconds to ask for; 423 raises it */
    struct sip_hop hop[HOPS_MAX];
    unsigned nhops, at, brief, failures;
    bool leaving, gone;
    bool dropped; /* by a new plan: freed when it is gone */
    int last;
    rt_time until;        /* 0: not registered */
    struct rt_buf routes; /* Service-Route */
    struct gw_register *prev, *next;
};

static void fail(struct gw_register *g, const char *why, uint32_t retry_after);

/* ---- the request ---- */

/** `sip:DOMAIN`, or with the user our address there. */
static void write_uri(char out[URI_LEN], const struct gw_register *g, bool user)
{
    const struct gw_auth_plan *a = &g->trunk->auth;
    const char *domain = a->domain ? a->domain : g->trunk->to.domain;
    bool v6 = domain && strchr(domain, ':');

    snprintf(out, URI_LEN, "sip:%s%s%s%s%s", user ? a->user : "", user ? "@" : "", v6 ? "[" : "",
             domain ? domain : "", v6 ? "]" : "");
}

/** Where the peer is to send calls; the same text finds us in its answer. */
static void write_contact(char out[URI_LEN], const struct gw_register *g)
{
    static const char *const params[] = {
        [SIP_UDP] = "", [SIP_TCP] = ";transport=tcp", [SIP_TLS] = ";transport=tls"};
    const struct gw_auth_plan *a = &g->trunk->auth;
    char local[RT_ADDR_LEN];

    sip_ua_local(g->gw->sip, &g->hop[g->at], local);
    snprintf(out, URI_LEN, "sip:%s%s%s%s%s", a->bulk ? "" : a->user, a->bulk ? "" : "@", local,
             params[g->hop[g->at].transport], a->bulk ? ";bnc" : "");
}

static void on_answer(void *arg, const struct sip_message *m);

/** Sends REGISTER to the server in turn; `authorization` are the lines that answer a challenge. */
static void transmit(struct gw_register *g, struct rt_str authorization)
{
    char uri[URI_LEN], aor[URI_LEN], contact[URI_LEN];
    struct rt_buf lines = {0};
    uint32_t expires = g->leaving ? 0 : g->expires;

    write_uri(uri, g, false);
    write_uri(aor, g, true);
    write_contact(contact, g);
    rt_buf_printf(&lines, "Contact: <%s>;expires=%u\r\nExpires: %u\r\n", contact, expires, expires);
    rt_buf_puts(&lines, g->trunk->auth.bulk ? "Supported: path, gin\r\nRequire: gin\r\n"
                                              "Proxy-Require: gin\r\n"
                                            : "Supported: path\r\n");
    rt_buf_put(&lines, authorization.p, authorization.n);
    struct sip_outside_request r = {.hop = g->hop[g->at],
                                    .method = "REGISTER",
                                    .request_uri = rt_str(uri),
                                    .from_uri = rt_str(aor),
                                    .to_uri = rt_str(aor),
                                    .call_id = rt_str(g->call_id),
                                    .cseq = ++g->cseq,
                                    .lines = rt_buf_str(&lines)};
    int err = lines.failed ? ENOMEM : sip_outside(&g->pending, g->gw->sip, &r, on_answer, g);
    rt_buf_release(&lines);
    rt_count(&gw_register_counters[GW_REGISTER_SENT]);
    if (err != 0) {
        g->pending = NULL;
        fail(g, "out of memory", 0);
    }
}

/** With what is known of earlier challenges. */
static void send_first(struct gw_register *g)
{
    char uri[URI_LEN];
    struct rt_buf lines = {0};

    write_uri(uri, g, false);
    sip_digest_repeat(&g->auth, g->trunk->auth.credentials, rt_str("REGISTER"), rt_str(uri),
                      rt_str(""), &lines);
    transmit(g, rt_buf_str(&lines));
    rt_buf_release(&lines);
}

/** Sends again with the answer to a challenge. False: there is none. */
static bool send_answer(struct gw_register *g, const struct sip_message *m)
{
    char uri[URI_LEN];
    struct rt_buf lines = {0};

    write_uri(uri, g, false);
    bool good = sip_digest_answer(&g->auth, g->trunk->auth.credentials, m, rt_str("REGISTER"),
                                  rt_str(uri), rt_str(""), &lines);
    if (good)
        transmit(g, rt_buf_str(&lines));
    rt_buf_release(&lines);
    return good;
}

/* ---- attempts ---- */

/** 30 s doubling to 30 min, at random from half of it; not before the peer says so. */
static rt_time back_off(const struct gw_register *g, uint32_t retry_after)
{
    rt_time delay = BACKOFF;

    for (unsigned i = 1; i < g->failures && delay < BACKOFF_MAX; i++)
        delay *= 2;
    if (delay > BACKOFF_MAX)
        delay = BACKOFF_MAX;
    delay = delay / 2 + (rt_time)rt_random_below((uint32_t)(delay / 2 / RT_MS) + 1) * RT_MS;
    return delay < retry_after * RT_S ? retry_after * RT_S : delay;
}

/** It is over; one of a plan that is no more is freed outside its own callbacks. */
static void leave_done(struct gw_register *g)
{
    g->gone = true;
    if (g->dropped)
        rt_timer_start(&g->timer, 0);
}

/** `why` is part of the log's line; NULL: what the last answer was. */
static void fail(struct gw_register *g, const char *why, uint32_t retry_after)
{
    if (g->leaving) {
        leave_done(g);
        return;
    }
    g->failures++;
    rt_count(&gw_register_counters[GW_REGISTER_FAILED]);
    if (g->failures == 1 && (why || g->last == 0))
        rt_log(RT_LOG_SIP, RT_WARN, "trunk %s: cannot register: %s", g->trunk->name,
               why ? why : "no answer");
    else if (g->failures == 1)
        rt_log(RT_LOG_SIP, RT_WARN, "trunk %s: cannot register: %d %s", g->trunk->name, g->last,
               sip_phrase(g->last));
    rt_timer_start(&g->timer, back_off(g, retry_after));
}

static void begin(struct gw_register *g)
{
    struct gw_peer_status peer;

    g->at = g->brief = 0;
    if (!g->dropped || g->nhops == 0)
        g->nhops = gw_peer_hops(g->gw, g->trunk, g->hop, HOPS_MAX);
    if (g->nhops > 0)
        send_first(g);
    else if (!g->leaving && gw_peer_status(g->gw, g->trunk, &peer) && peer.state == GW_PEER_UNKNOWN)
        rt_timer_start(&g->timer, LOOK_AGAIN);
    else
        fail(g, "none of its servers can be asked", 0);
}

static void free_one(struct gw_register *g)
{
    DL_DELETE(g->gw->registrations, g);
    rt_timer_stop(&g->timer);
    sip_outside_cancel(g->pending);
    sip_auth_release(&g->auth);
    rt_buf_release(&g->routes);
    gw_plan_unref(g->plan);
    free(g);
}

static void on_timer(void *arg)
{
    struct gw_register *g = arg;

    if (g->gone && g->dropped)
        free_one(g);
    else
        begin(g);
}

/** This server has not served us: the next one. */
static void try_next(struct gw_register *g, uint32_t retry_after)
{
    if (++g->at < g->nhops)
        send_first(g);
    else
        fail(g, NULL, retry_after);
}

/* ---- answers ---- */

/** What the registrar has granted: beside our contact, else in Expires, else what we asked for. */
static uint32_t granted(const struct gw_register *g, const struct sip_message *m)
{
    struct sip_contacts at = {.field = 0};
    struct sip_contact c;
    char ours[URI_LEN];
    uint32_t s = 0;

    write_contact(ours, g);
    while (sip_contact_next(&c, &at, m))
        if (c.has_expires && sip_uri_same(c.uri, rt_str(ours)))
            return c.expires;
    return sip_message_seconds(&s, m, "Expires") ? s : g->expires;
}

static void succeed(struct gw_register *g, const struct sip_message *m)
{
    uint32_t s = granted(g, m);

    rt_count(&gw_register_counters[GW_REGISTER_DONE]);
    if (g->leaving) {
        g->until = 0;
        leave_done(g);
        return;
    }
    rt_buf_reset(&g->routes);
    sip_message_list(&g->routes, m, "Service-Route");
    if (s == 0) { /* it does not keep us after all */
        g->until = 0;
        fail(g, "it does not keep us", 0);
        return;
    }
    s = s < EXPIRES_MAX ? s : EXPIRES_MAX;
    if (g->failures > 0 || g->until == 0)
        rt_log(RT_LOG_SIP, RT_NOTICE, "trunk %s: registered for %u s", g->trunk->name, s);
    g->failures = 0;
    g->until = rt_now() + s * RT_S;
    rt_timer_start(&g->timer, s * RT_MS * (500 + rt_random_below(401)));
}

/** 423: asks for what the registrar wants at least (RFC 3261 10.2.8). */
static bool obey_brief(struct gw_register *g, const struct sip_message *m)
{
    uint32_t min;

    if (!sip_message_seconds(&min, m, "Min-Expires") || min <= g->expires || min > EXPIRES_MAX ||
        g->brief++ == BRIEF_MAX)
        return false;
    g->expires = min;
    send_first(g);
    return true;
}

static void on_answer(void *arg, const struct sip_message *m)
{
    struct gw_register *g = arg;
    int status = m ? m->status : 0;
    uint32_t wait = 0;

    g->pending = NULL;
    g->last = status;
    if (m)
        sip_message_seconds(&wait, m, "Retry-After");
    gw_peer_report(g->gw, g->trunk, &g->hop[g->at],
                   !m              ? GW_PEER_TIMEOUT
                   : status == 503 ? GW_PEER_BUSY503
                                   : GW_PEER_ANSWERED,
                   status == 503 ? wait : 0);
    if ((status == 401 || status == 407) && send_answer(g, m))
        return;
    if (m && status != 401 && status != 407)
        sip_digest_believed(&g->auth);
    if (!m || status == 503)
        try_next(g, wait);
    else if (status >= 200 && status < 300)
        succeed(g, m);
    else if (status != 423 || !obey_brief(g, m))
        fail(g, NULL, wait);
}

/* ---- life ---- */

static int add(struct gw *gw, const struct gw_trunk *t)
{
    struct gw_register *g = calloc(1, sizeof *g);

    if (!g)
        return ENOMEM;
    g->gw = gw;
    g->trunk = t;
    g->plan = gw_plan_ref(gw->plan);
    g->expires = (uint32_t)(t->auth.expires / RT_S);
    rt_random_hex(g->call_id, sizeof g->call_id - 1);
    rt_timer_init(&g->timer, gw->loop, on_timer, g);
    DL_APPEND(gw->registrations, g);
    rt_timer_start(&g->timer, 0);
    return 0;
}

int gw_register_start(struct gw *gw)
{
    int err = 0;

    for (unsigned i = 0; i < gw->plan->ntrunks && err == 0; i++)
        if (gw->plan->trunks[i].auth.user)
            err = add(gw, &gw->plan->trunks[i]);
    return err;
}

static void leave(struct gw_register *g)
{
    bool there = g->until > rt_now() || g->pending;

    if (g->leaving)
        return;
    g->leaving = true;
    rt_timer_stop(&g->timer);
    sip_outside_cancel(g->pending);
    g->pending = NULL;
    if (there)
        begin(g);
    else
        leave_done(g);
}

void gw_register_leave(struct gw *gw)
{
    struct gw_register *g, *next;

    DL_FOREACH_SAFE(gw->registrations, g, next)
    leave(g);
}

/* ---- another plan ---- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/** True when both trunks keep the same address at the same registrar. */
static bool same_binding(const struct gw_trunk *a, const struct gw_trunk *b)
{
    const struct gw_auth_plan *x = &a->auth, *y = &b->auth;

    return same_text(x->user, y->user) && same_text(x->domain, y->domain) && x->bulk == y->bulk &&
           gw_peer_unchanged(a, b);
}

/** The trunk of another plan that goes on with a registration; NULL: none does. */
static const struct gw_trunk *heir(const struct gw_register *g, const struct gw_plan *plan)
{
    const struct gw_trunk *t = gw_plan_trunk(plan, rt_str(g->trunk->name));

    if (g->leaving)
        return NULL;
    return t && t->auth.user && same_binding(g->trunk, t) ? t : NULL;
}

void gw_register_part(struct gw *gw, const struct gw_plan *plan)
{
    struct gw_register *g, *next;

    DL_FOREACH_SAFE(gw->registrations, g, next)
    if (!g->leaving && !heir(g, plan)) {
        g->dropped = true;
        leave(g);
    }
}

/** What the peer is told from now on is the new plan's. */
static void carry(struct gw_register *g, const struct gw_trunk *t)
{
    struct gw_plan *before = g->plan;

    if (t->auth.expires != g->trunk->auth.expires)
        g->expires = (uint32_t)(t->auth.expires / RT_S);
    g->trunk = t;
    g->plan = gw_plan_ref(g->gw->plan);
    for (unsigned i = 0; i < g->nhops; i++)
        g->hop[i].domain = t->to.domain;
    gw_plan_unref(before);
}

int gw_register_adopt(struct gw *gw)
{
    struct gw_register *g;
    int err = 0;

    DL_FOREACH(gw->registrations, g)
    if (!g->leaving)
        carry(g, heir(g, gw->plan));
    for (unsigned i = 0; i < gw->plan->ntrunks && err == 0; i++) {
        const struct gw_trunk *t = &gw->plan->trunks[i];
        bool there = false;
        DL_FOREACH(gw->registrations, g)
        there = there || g->trunk == t;
        if (t->auth.user && !there)
            err = add(gw, t);
    }
    return err;
}

bool gw_register_idle(const struct gw *gw)
{
    const struct gw_register *g;

    DL_FOREACH(gw->registrations, g)
    if (!g->gone)
        return false;
    return true;
}

void gw_register_stop(struct gw *gw)
{
    while (gw->registrations)
        free_one(gw->registrations);
}

/* ---- asked ---- */

struct rt_str gw_register_routes(const struct gw *gw, const struct gw_trunk *trunk)
{
    const struct gw_register *g;

    DL_FOREACH(gw->registrations, g)
    if (!g->dropped && g->until > rt_now() && strcmp(g->trunk->name, trunk->name) == 0)
        return rt_buf_str(&g->routes);
    return rt_str("");
}

static const char *state_of(const struct gw_register *g)
{
    if (g->gone)
        return "gone";
    if (g->leaving)
        return "leaving";
    if (g->until > rt_now())
        return "registered";
    return g->pending || g->failures == 0 ? "registering" : "failed";
}

void gw_register_each(const struct gw *gw,
                      void (*fn)(void *arg, const struct gw_register_status *s), void *arg)
{
    const struct gw_register *g;

    DL_FOREACH(gw->registrations, g)
    fn(arg, &(struct gw_register_status){.trunk = g->trunk,
                                         .state = state_of(g),
                                         .until = g->until > rt_now() ? g->until : 0,
                                         .next = rt_timer_running(&g->timer) ? g->timer.due : 0,
                                         .last = g->last});
}
