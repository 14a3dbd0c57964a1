/* Commands sent: each waits for its response, and is given up in the end (RFC 3435 3.5.6, 4.3).
 * bundle.c sends and repeats them.
 */
#include "mgcp/out_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

/* ---- commands and bundles ---- */

static struct mgcp_command *command_of(const struct mgcp_peer *p, uint32_t tid)
{
    struct mgcp_command *c;

    HASH_FIND(hh, p->commands, &tid, sizeof tid, c);
    return c;
}

/** Its bundle goes with the last command. */
static void command_free(struct mgcp_peer *p, struct mgcp_command *c)
{
    struct mgcp_bundle *b = c->bundle;

    HASH_DEL(p->commands, c);
    DL_DELETE2(p->first, c, older, newer);
    DL_DELETE(b->commands, c);
    b->front = 0;
    if (!b->commands)
        mgcp_bundle_free(b);
    free(c);
}

/** True when a repetition may still be sent: T <= T-MAX. */
bool mgcp_out_fresh(const struct mgcp_command *c)
{
    return rt_now() - c->sent <= c->bundle->peer->node->timers.max;
}

/* ---- the end of a command ---- */

/** Takes it away and tells its owner. True when the peer is gone. */
static bool end(struct mgcp_peer *p, struct mgcp_command *c, const struct mgcp_message *m)
{
    struct mgcp_guard g;
    void *arg = c->arg;
    bool quiet = c->quiet;

    command_free(p, c);
    if (quiet)
        return false;
    mgcp_guard_enter(p, &g);
    p->ops.response(p->arg, arg, m);
    return mgcp_guard_leave(p, &g);
}

bool mgcp_out_time_out(struct mgcp_peer *p, struct mgcp_command *c)
{
    p->timeouts++;
    rt_count(&mgcp_counters[MGCP_TIMEOUTS]);
    return end(p, c, NULL);
}

static void on_give_up(void *arg)
{
    struct mgcp_peer *p = arg;
    rt_time patience = 2 * p->node->timers.hist;
    struct mgcp_command *c = p->first;

    if (!c)
        return;
    if (c->sent + patience > rt_now()) { /* the one that it was started for is answered */
        rt_timer_start_at(&p->give_up, c->sent + patience);
        return;
    }
    if (c->newer)
        rt_timer_start_at(&p->give_up, c->newer->sent + patience);
    if (!mgcp_out_time_out(p, c))
        mgcp_peer_lose(p);
}

/* ---- responses ---- */

/** Remembers an id to be confirmed in a command to come, where the peer understands that. */
static void note_final(struct mgcp_peer *p, const struct mgcp_message *m)
{
    if (!mgcp_peculiar(p->profile)->response_ack || mgcp_has(m, MGCP_P_K))
        return;
    if (!p->confirm)
        p->confirm = calloc(MGCP_CONFIRMS, sizeof *p->confirm);
    if (!p->confirm || p->nconfirm == MGCP_CONFIRMS)
        return;
    p->confirm[p->nconfirm++] = (struct mgcp_confirm){.tid = m->tid, .at = rt_now()};
}

static void take_provisional(struct mgcp_peer *p, struct mgcp_command *c,
                             const struct mgcp_message *m)
{
    struct mgcp_bundle *b = c->bundle;

    c->provisional = true;
    b->n = 0;
    b->waits = false;
    if (mgcp_bundle_provisional(b))
        rt_timer_start(&b->timer, p->node->timers.longtran);
    if (!c->quiet)
        p->ops.response(p->arg, c->arg, m);
}

void mgcp_out_response(struct mgcp_peer *p, const struct mgcp_message *m)
{
    struct mgcp_command *c = command_of(p, m->tid);

    if (!c)
        return;
    struct mgcp_bundle *b = c->bundle;
    mgcp_out_learn(p, c);
    if (m->code < 200) {
        take_provisional(p, c, m);
        return;
    }
    if (mgcp_code_known(m->code) >= 300)
        rt_count(&mgcp_counters[MGCP_FAILED]);
    note_final(p, m);
    if (b->commands->next) /* the others are waited for anew */
        mgcp_bundle_wind(b);
    (void)end(p, c, m);
}

bool mgcp_out_waits(const struct mgcp_peer *p, uint32_t tid)
{
    return command_of(p, tid) != NULL;
}

struct rt_str mgcp_out_text(const struct mgcp_peer *p, uint32_t tid)
{
    const struct mgcp_command *c = command_of(p, tid);

    return c ? (struct rt_str){c->wire, c->n} : (struct rt_str){NULL, 0};
}

/* ---- new commands ---- */

/** Puts the ids of the finals that came into the command; each is said once. */
static void confirm_in(struct rt_buf *out, struct mgcp_peer *p, struct rt_str message)
{
    struct rt_buf list = {.p = NULL};
    rt_time old = rt_now() - p->node->timers.hist;

    for (unsigned i = 0; i < p->nconfirm; i++)
        if (p->confirm[i].at > old)
            rt_buf_printf(&list, "%s%u", list.n > 0 ? "," : "", (unsigned)p->confirm[i].tid);
    if (list.n > 0 && message.n + list.n + MGCP_SEPARATOR <= p->node->timers.datagram)
        mgcp_wire_with_line(out, message, "K", rt_buf_str(&list));
    else
        rt_buf_put(out, message.p, message.n);
    p->nconfirm = 0;
    rt_buf_release(&list);
}

/** The command as it will be sent, each time. */
static struct mgcp_command *command_new(struct mgcp_peer *p, uint32_t tid, struct rt_str message,
                                        void *arg)
{
    struct rt_buf out = {.p = NULL};

    confirm_in(&out, p, message);
    struct mgcp_command *c = out.failed ? NULL : calloc(1, sizeof *c + out.n);
    if (c) {
        c->tid = tid;
        c->arg = arg;
        c->sent = rt_now();
        c->n = out.n;
        memcpy(c->wire, out.p, out.n);
    }
    rt_buf_release(&out);
    return c;
}

static void add_to(struct mgcp_peer *p, struct mgcp_bundle *b, struct mgcp_command *c)
{
    c->bundle = b;
    HASH_ADD(hh, p->commands, tid, sizeof c->tid, c);
    DL_APPEND(b->commands, c);
    DL_APPEND2(p->first, c, older, newer);
    if (p->first == c)
        rt_timer_start(&p->give_up, 2 * p->node->timers.hist);
}

static void join(struct mgcp_peer *p, struct mgcp_bundle *b, struct mgcp_command *c)
{
    bool idle = !rt_timer_running(&b->timer) || mgcp_bundle_provisional(b);

    add_to(p, b, c);
    mgcp_bundle_count_repeated(b, c);
    if (idle && !b->waits)
        mgcp_bundle_wind(b);
    mgcp_bundle_send(b);
}

int mgcp_peer_command(struct mgcp_peer *p, uint32_t tid, struct rt_str message, bool with,
                      void *command_arg)
{
    struct rt_str local = mgcp_wire_local(message);

    if (!p->current)
        return ENOTCONN;
    struct mgcp_command *c = command_new(p, tid, message, command_arg);
    if (!c)
        return ENOMEM;
    struct mgcp_bundle *b = with ? mgcp_bundle_joinable(p, local, c->n) : NULL;
    if (b) {
        join(p, b, c);
        return 0;
    }
    b = mgcp_bundle_new(p, local);
    if (!b) {
        free(c);
        return ENOMEM;
    }
    add_to(p, b, c);
    mgcp_bundle_wind(b);
    mgcp_bundle_send(b);
    return 0;
}

int mgcp_out_follow(struct mgcp_peer *p, uint32_t tid, struct rt_str message, void *arg,
                    uint32_t front, const struct mgcp_way *way)
{
    struct mgcp_command *c = command_new(p, tid, message, arg);
    struct mgcp_bundle *b = c ? mgcp_bundle_new(p, mgcp_wire_local(message)) : NULL;

    if (!b) {
        free(c);
        return ENOMEM;
    }
    b->front = front;
    b->front_way = *way;
    add_to(p, b, c);
    mgcp_bundle_wind(b);
    return 0;
}

void mgcp_peer_forget(struct mgcp_peer *p, void *command_arg)
{
    for (struct mgcp_command *c = p->first; c; c = c->newer)
        if (c->arg == command_arg)
            c->quiet = true;
}

unsigned mgcp_peer_in_flight(const struct mgcp_peer *p)
{
    return HASH_COUNT(p->commands);
}

/* ---- life ---- */

void mgcp_out_init(struct mgcp_peer *p)
{
    rt_timer_init(&p->give_up, p->node->loop, on_give_up, p);
}

void mgcp_out_free(struct mgcp_peer *p)
{
    while (p->first)
        command_free(p, p->first);
    rt_timer_stop(&p->give_up);
}
