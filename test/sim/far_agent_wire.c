/* The agent's transactions (RFC 3435 3.5), made anew and not of mgcp/: commands of a channel one
 * after the other, repeated until they are answered, and now and then once more after that, or
 * twice in one datagram; what the gateway commands is done once and answered each time, in a
 * datagram of its own or in one with the commands that follow from it (3.5.5).
 *
 * What has to be so: a transaction has one final response, the same octets however often it is
 * asked for; nothing is answered that was not asked; a repetition of the gateway is what it was.
 */
#include "test/sim/engine.h"
#include "test/sim/far_agent.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <utlist.h>

/** Between two messages of a datagram (3.5.5). */
#define BETWEEN ".\r\n"
#define FIRST   (500 * RT_MS)
#define MOST    (4 * RT_S)
#define T_MAX   (20 * RT_S)
#define T_HIST  (30 * RT_S)
/** The gateway keeps its answers so long after the command went out, at the least: it answers each
 * at once, and 4 s are left for the way. */
#define SURELY_KEPT (26 * RT_S)

struct far_agent_ask {
    struct far_agent *own;
    struct far_agent_channel *ch; /**< NULL: nobody waits for the answer any more */
    uint32_t tid;
    struct rt_buf wire;
    far_agent_done *done;
    rt_time first, delay, over;
    unsigned starts;  /**< of the gateway */
    unsigned request; /**< id of the request for events that it has; 0: none */
    uint64_t answer;  /**< hash of the final response */
    unsigned code;
    bool confirmed; /**< the gateway asked for it, and got it */
    struct rt_timer timer;
    struct far_agent_ask *prev, *next;
};

static void send_text(struct far_agent *own, struct rt_str text)
{
    if (own->bundles) {
        rt_buf_puts(&own->bundle, own->bundle.n > 0 ? BETWEEN : "");
        rt_buf_put(&own->bundle, text.p, text.n);
    } else if (own->sock) {
        rt_udp_send(own->sock, text.p, text.n, &own->gateway);
    }
}

static void send_bundle(struct far_agent *own)
{
    struct rt_buf all = own->bundle;

    own->bundle = (struct rt_buf){0};
    own->bundles = false;
    if (all.n > 0)
        send_text(own, rt_buf_str(&all));
    rt_buf_release(&all);
}

static uint64_t hash(struct rt_str s)
{
    return sim_hash(1, s.p, s.n);
}

/* ---- commands of ours ---- */

static void ask_free(struct far_agent_ask *a)
{
    rt_timer_stop(&a->timer);
    rt_buf_release(&a->wire);
    free(a);
}

/** One of eight goes twice at once, in the same datagram. */
static void go(struct far_agent_ask *a)
{
    bool bundles = a->own->bundles, twice = sim_mix(a->tid, a->own->far->variety) % 8 == 0;

    a->first = rt_now();
    a->starts = a->own->far->sim->starts;
    a->delay = FIRST;
    a->own->bundles |= twice;
    for (unsigned i = 0; i < 1u + twice; i++)
        send_text(a->own, rt_buf_str(&a->wire));
    if (!bundles)
        send_bundle(a->own);
    rt_timer_start(&a->timer, a->delay);
}

static void next(struct far_agent_channel *ch)
{
    if (ch->asks && !ch->asks->first)
        go(ch->asks);
    else if (!ch->asks && ch->phase == FAR_AGENT_CLEARS && ch->cleared)
        far_agent_clear(ch); /* which waited for the answer */
}

/** Nobody has answered; or it was answered, and is asked once more, or forgotten. */
static void on_timer(void *arg)
{
    struct far_agent_ask *a = arg;
    struct far_agent_channel *ch = a->ch;

    if (a->over && rt_now() - a->first < SURELY_KEPT) {
        if (a->starts == a->own->far->sim->starts) /* another process would do it again */
            send_text(a->own, rt_buf_str(&a->wire));
        rt_timer_start(&a->timer, T_HIST);
        return;
    }
    if (a->over) {
        DL_DELETE(a->own->past, a);
        ask_free(a);
        return;
    }
    if (rt_now() - a->first < T_MAX) {
        a->delay = a->delay * 2 < MOST ? a->delay * 2 : MOST;
        send_text(a->own, rt_buf_str(&a->wire));
        rt_timer_start(&a->timer, a->delay);
        return;
    }
    if (far_agent_quiet(a->own, 60 * RT_S))
        far_agent_wrong(a->own, "nobody answers %.*s", RT_STR(rt_buf_str(&a->wire)));
    DL_DELETE(ch->asks, a);
    far_agent_done *done = a->done;
    ask_free(a);
    if (done)
        done(ch, NULL);
    next(ch);
}

void far_agent_ask(struct far_agent_channel *ch, enum mgcp_verb verb, const char *lines,
                   const char *sdp, far_agent_done *done)
{
    struct far_agent *own = ch->own;
    struct far_agent_ask *a = calloc(1, sizeof *a);
    struct rt_buf local = {0};

    if (!a)
        return;
    a->own = own;
    a->ch = ch;
    a->tid = ++own->tid;
    a->done = done;
    a->request = ch->asking;
    ch->asking = 0;
    rt_timer_init(&a->timer, own->far->sim->loop, on_timer, a);
    rt_buf_printf(&local, "ds/a%u/%u", own->far->index, ch->timeslot);
    mgcp_write_command(&a->wire, verb, a->tid, rt_buf_str(&local), rt_str("[" SIM_GATEWAY "]"),
                       NULL);
    rt_buf_puts(&a->wire, lines);
    if (sdp)
        mgcp_write_sdp(&a->wire, rt_str(sdp));
    rt_buf_release(&local);
    DL_APPEND(ch->asks, a);
    next(ch);
}

/** Keeps it until its answer may be forgotten; some are repeated meanwhile. */
static void keep(struct far_agent_ask *a)
{
    uint64_t dice = sim_mix(a->own->far->variety, a->tid);
    rt_time left = a->first + SURELY_KEPT - rt_now();

    a->over = rt_now();
    rt_timer_start(&a->timer, dice % 4 == 0 ? (rt_time)(dice >> 8) % left : T_HIST);
    DL_APPEND(a->own->past, a);
}

void far_agent_forget(struct far_agent_channel *ch)
{
    struct far_agent_ask *a, *tmp;

    DL_FOREACH_SAFE(ch->asks, a, tmp)
    {
        DL_DELETE(ch->asks, a);
        ask_free(a);
    }
}

unsigned far_agent_in_flight(const struct far_agent *own)
{
    unsigned n = 0;

    for (unsigned i = 0; i < FAR_AGENT_CHANNELS; i++)
        n += own->channel[i].asks != NULL;
    return n;
}

void far_agent_wire_stop(struct far_agent *own)
{
    struct far_agent_ask *a, *tmp;

    DL_FOREACH_SAFE(own->past, a, tmp)
    {
        DL_DELETE(own->past, a);
        ask_free(a);
    }
    own->nanswers = 0;
    memset(own->answer, 0, sizeof own->answer);
}

/* ---- responses ---- */

static struct far_agent_ask *waiting(struct far_agent *own, uint32_t tid)
{
    for (unsigned i = 0; i < FAR_AGENT_CHANNELS; i++)
        if (own->channel[i].asks && own->channel[i].asks->tid == tid)
            return own->channel[i].asks;
    return NULL;
}

/** Memory that fails may cost the gateway an answer that it would have kept; and one that stands
 * still reads a repetition too late. */
static bool may_forget(const struct far_agent *own)
{
    const struct sim *s = own->far->sim;

    return s->injected[SIM_MEMORY] > 0 || s->injected[SIM_STALL] > 0;
}

/** The final response came before: it has to be the same. */
static void answered_again(struct far_agent *own, const struct mgcp_message *m)
{
    struct far_agent_ask *a;

    DL_SEARCH_SCALAR(own->past, a, tid, m->tid);
    if (!a || a->starts != own->far->sim->starts || may_forget(own))
        return;
    if (a->answer != hash(m->raw))
        far_agent_wrong(own, "%.*s was answered with %u, then otherwise: %.*s",
                        RT_STR(rt_buf_str(&a->wire)), a->code, RT_STR(m->raw));
}

/** One that asks to be confirmed is (3.5.6): K without a value. */
static void confirm(struct far_agent_ask *a, const struct mgcp_message *m)
{
    struct rt_buf out = {0};

    if (!mgcp_has(m, MGCP_P_K))
        return;
    a->confirmed = true;
    mgcp_write_response(&out, 0, m->tid, NULL, NULL);
    send_text(a->own, rt_buf_str(&out));
    rt_buf_release(&out);
}

static void on_response(struct far_agent *own, const struct mgcp_message *m)
{
    struct far_agent_ask *a = waiting(own, m->tid);

    if (m->code < 200)
        return; /* it is being worked on: repeated as if nothing had come, which does no harm */
    if (!a) {
        answered_again(own, m);
        return;
    }
    struct far_agent_channel *ch = a->ch;
    far_agent_done *done = a->done;
    rt_timer_stop(&a->timer);
    DL_DELETE(ch->asks, a);
    a->code = m->code;
    a->answer = hash(m->raw);
    a->ch = NULL;
    keep(a);
    confirm(a, m);
    if (a->request)
        far_agent_answered_request(ch, a->request, m->code < 300);
    if (done)
        done(ch, m);
    next(ch);
}

/* ---- commands of the gateway ---- */

/** The answer that it got before; NULL: none. */
static struct far_agent_answer *seen(struct far_agent *own, const struct mgcp_message *m)
{
    for (unsigned i = 0; i < FAR_AGENT_ANSWERS; i++) {
        struct far_agent_answer *a = &own->answer[i];
        if (a->code != 0 && a->tid == m->tid && a->starts == own->far->sim->starts &&
            rt_now() - a->at < 60 * RT_S)
            return a;
    }
    return NULL;
}

static struct far_agent_channel *channel_of(struct far_agent *own, struct rt_str local)
{
    struct rt_buf prefix = {0};
    uint64_t n = 0;

    rt_buf_printf(&prefix, "ds/a%u/", own->far->index);
    bool ours = local.n > prefix.n && strncasecmp(local.p, prefix.p, prefix.n) == 0 &&
                rt_str_u64(&n, (struct rt_str){local.p + prefix.n, local.n - prefix.n},
                           FAR_AGENT_CHANNELS - 1) == 0;
    rt_buf_release(&prefix);
    return ours && own->channel[n].timeslot ? &own->channel[n] : NULL;
}

static void answer(struct far_agent *own, const struct mgcp_message *m, unsigned code)
{
    struct rt_buf out = {0};

    mgcp_write_response(&out, code, m->tid, NULL, NULL);
    send_text(own, rt_buf_str(&out));
    rt_buf_release(&out);
}

/** The gateway gave a connection up (2.3.8). */
static void deleted(struct far_agent_channel *ch, const struct mgcp_message *m)
{
    if (ch->connection[0] && rt_str_caseeq(mgcp_value(m, MGCP_P_I), ch->connection))
        far_agent_reset(ch);
}

static unsigned execute(struct far_agent *own, const struct mgcp_message *m)
{
    struct far_agent_channel *ch = channel_of(own, m->local);

    if (m->verb == MGCP_RSIP) {
        far_agent_restarted(own, m);
        return 200;
    }
    if (!ch) {
        far_agent_wrong(own, "it has no such endpoint: %.*s", RT_STR(m->raw));
        return 500;
    }
    if (m->verb == MGCP_DLCX)
        deleted(ch, m);
    if (m->verb == MGCP_NTFY) {
        far_agent_check_told(ch, m);
        far_agent_notified(ch, mgcp_value(m, MGCP_P_O));
        far_agent_go_on(ch);
    }
    return m->verb == MGCP_DLCX ? 250 : 200;
}

static void on_command(struct far_agent *own, const struct mgcp_message *m)
{
    struct far_agent_answer *a = seen(own, m);

    if (a && a->command != hash(m->raw))
        far_agent_wrong(own, "transaction %u is another command now: %.*s", m->tid, RT_STR(m->raw));
    if (a) {
        answer(own, m, a->code);
        return;
    }
    a = &own->answer[own->nanswers++ % FAR_AGENT_ANSWERS];
    *a = (struct far_agent_answer){.tid = m->tid,
                                   .starts = own->far->sim->starts,
                                   .at = rt_now(),
                                   .command = hash(m->raw),
                                   .code = 200};
    unsigned code = execute(own, m);
    a->code = code;
    answer(own, m, code);
}

/* ---- datagrams ---- */

static void on_datagram(struct far_agent *own, struct rt_str rest)
{
    struct mgcp_message m;
    unsigned refusal = 0;
    int err;

    own->bundles = sim_mix(own->far->variety, ++own->datagrams) % 2;
    while ((err = mgcp_read(&m, &rest, &refusal)) != ENOENT) {
        if (err != 0)
            far_agent_wrong(own, "that is no MGCP (%u): %.*s", refusal, RT_STR(m.raw));
        else if (m.command)
            on_command(own, &m);
        else
            on_response(own, &m);
    }
    send_bundle(own);
}

void far_agent_receive(void *arg, struct rt_udp *u)
{
    struct far_agent *own = arg;
    union rt_addr from;
    char data[65536];
    size_t n;

    while (own->sock == u && rt_udp_recv(u, data, sizeof data, &n, &from) == 0)
        if (rt_addr_same_host(&from, &own->gateway))
            on_datagram(own, (struct rt_str){data, n});
}
