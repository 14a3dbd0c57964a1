/* Commands received: each is executed once (RFC 3435 3.5.1, 3.5.2, 3.5.6).
 *
 * While a command is executed it is a transaction; after that its answer is kept for T-HIST, and a
 * repetition gets the same octets. An answer that was confirmed loses its octets and keeps its id.
 * When no more can be kept, new commands are refused: nothing is forgotten early.
 */
#include "mgcp/peer_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

/** Ranges of a line K that are wide enough to go through all answers for. */
#define WIDE_RANGES 8
#define WIDE        64

struct mgcp_transaction {
    UT_hash_handle hh; /* of peer->executing, then maybe of peer->unconfirmed */
    struct mgcp_peer *peer;
    struct mgcp_way from;
    uint32_t tid;
    bool said;   /* 100 was: the final answer asks to be confirmed */
    bool over;   /* it is answered, and in peer->unconfirmed */
    char *lines; /* of the 100 */
    rt_time over_at, delay;
    unsigned repeated;
    struct rt_timer timer; /* until 100 is said; of the final answer's repetition */
    char local[];          /* of the endpoint, for the trace */
};

struct mgcp_answer {
    UT_hash_handle hh;
    struct mgcp_answer *prev, *next; /* by age */
    rt_time due;                     /* forgotten then */
    char *wire;                      /* NULL: confirmed */
    uint32_t n, tid;
    uint32_t also; /* command that went before it; 0: none */
};

/* ---- answers that are kept ---- */

static void transaction_free(struct mgcp_transaction *t)
{
    struct mgcp_peer *p = t->peer;

    rt_timer_stop(&t->timer);
    if (t->over)
        HASH_DEL(p->unconfirmed, t);
    else
        HASH_DEL(p->executing, t);
    free(t->lines);
    free(t);
}

static void repeat_no_more(struct mgcp_peer *p, uint32_t tid)
{
    struct mgcp_transaction *t;

    HASH_FIND(hh, p->unconfirmed, &tid, sizeof tid, t);
    if (t)
        transaction_free(t);
}

static void evict(struct mgcp_peer *p, struct mgcp_answer *a)
{
    repeat_no_more(p, a->tid);
    HASH_DEL(p->answers, a);
    DL_DELETE(p->oldest, a);
    free(a->wire);
    free(a);
}

static void evict_due(struct mgcp_peer *p)
{
    rt_time now = rt_now();

    while (p->oldest && p->oldest->due <= now)
        evict(p, p->oldest);
}

static void on_forget(void *arg)
{
    struct mgcp_peer *p = arg;

    evict_due(p);
    if (p->oldest)
        rt_timer_start_loose(&p->forget, p->oldest->due - rt_now());
}

static struct mgcp_answer *answer_of(const struct mgcp_peer *p, uint32_t tid)
{
    struct mgcp_answer *a;

    HASH_FIND(hh, p->answers, &tid, sizeof tid, a);
    return a && a->due > rt_now() ? a : NULL;
}

static void keep(struct mgcp_transaction *t, struct rt_str wire, uint32_t also)
{
    struct mgcp_peer *p = t->peer;
    struct mgcp_answer *a = calloc(1, sizeof *a);

    if (!a)
        return;
    a->due = rt_now() + p->node->timers.hist;
    a->wire = wire.n > 0 ? rt_str_dup(wire) : NULL;
    a->n = (uint32_t)wire.n;
    a->tid = t->tid;
    a->also = also;
    HASH_ADD(hh, p->answers, tid, sizeof a->tid, a);
    DL_APPEND(p->oldest, a);
    if (!rt_timer_running(&p->forget))
        rt_timer_start_loose(&p->forget, p->node->timers.hist);
}

struct rt_str mgcp_in_kept(const struct mgcp_peer *p, uint32_t tid)
{
    const struct mgcp_answer *a = answer_of(p, tid);

    return a && a->wire ? (struct rt_str){a->wire, a->n} : (struct rt_str){NULL, 0};
}

/* ---- confirmations ---- */

static void confirm(struct mgcp_peer *p, struct mgcp_answer *a)
{
    repeat_no_more(p, a->tid);
    free(a->wire);
    a->wire = NULL;
}

bool mgcp_in_confirmed(struct mgcp_peer *p, uint32_t tid)
{
    struct mgcp_answer *a = answer_of(p, tid);

    if (a)
        confirm(p, a);
    return a != NULL;
}

static void confirm_range(struct mgcp_peer *p, uint64_t from, uint64_t to, unsigned *wide)
{
    struct mgcp_answer *a;

    if (to - from < WIDE) {
        for (uint64_t tid = from; tid <= to; tid++)
            mgcp_in_confirmed(p, (uint32_t)tid);
        return;
    }
    if ((*wide)++ < WIDE_RANGES)
        DL_FOREACH(p->oldest, a)
    if (a->tid >= from && a->tid <= to)
        confirm(p, a);
}

void mgcp_in_confirm_list(struct mgcp_peer *p, struct rt_str list)
{
    unsigned wide = 0;

    while (list.n > 0) {
        struct rt_str last = rt_str_cut(&list, ','), first = rt_str_cut(&last, '-');
        uint64_t from, to;
        if (rt_str_u64(&from, rt_str_trim(first), MGCP_TID_MAX) != 0)
            continue;
        if (last.n == 0)
            to = from;
        else if (rt_str_u64(&to, rt_str_trim(last), MGCP_TID_MAX) != 0 || to < from)
            continue;
        confirm_range(p, from, to, &wide);
    }
}

/* ---- answering ---- */

static struct rt_str lines_of(const struct mgcp_transaction *t)
{
    return rt_str(t->lines ? t->lines : "");
}

static void send_answer(struct mgcp_transaction *t, struct rt_str text, unsigned messages)
{
    mgcp_node_answer(t->peer->node, &t->from, t->peer, rt_str(t->local), text, messages);
}

static void write_provisional(struct rt_buf *out, const struct mgcp_transaction *t)
{
    mgcp_write_response(out, 100, t->tid, NULL, NULL);
    rt_buf_put(out, lines_of(t).p, lines_of(t).n);
}

static void say_provisional(struct mgcp_transaction *t)
{
    struct rt_buf out = {.p = NULL};

    rt_timer_stop(&t->timer);
    t->said = true;
    write_provisional(&out, t);
    if (!out.failed)
        send_answer(t, rt_buf_str(&out), 1);
    rt_buf_release(&out);
}

/** Puts what the 100 said into the final answer, where that does not say it itself (3.5.6). */
static void with_provisional(struct rt_buf *out, const struct mgcp_transaction *t,
                             struct rt_str response)
{
    struct rt_buf early = {.p = NULL};
    struct mgcp_message was, is;
    unsigned refusal;

    write_provisional(&early, t);
    struct rt_str a = rt_buf_str(&early), b = response, rest = response;
    if (early.failed || mgcp_read(&was, &a, &refusal) != 0 || mgcp_read(&is, &b, &refusal) != 0 ||
        is.code < 200 || is.code > 299) {
        rt_buf_put(out, response.p, response.n);
    } else {
        struct rt_str head = rt_str_cut(&rest, '\n');
        rt_buf_put(out, head.p, head.n);
        rt_buf_puts(out, "\n");
        for (unsigned i = 0; i < was.nlines; i++)
            if (!mgcp_has(&is, was.line[i].param))
                mgcp_write_line(out, mgcp_param_name(was.line[i].param), was.line[i].value);
        rt_buf_put(out, rest.p, rest.n);
        if (is.nsdp == 0 && was.nsdp > 0)
            mgcp_write_sdp(out, was.sdp[0]);
    }
    rt_buf_release(&early);
}

/** The final answer as it is sent: one that follows a 100 asks to be confirmed. */
static void write_final(struct rt_buf *out, const struct mgcp_transaction *t,
                        struct rt_str response)
{
    struct rt_buf merged = {.p = NULL};

    if (!t->said) {
        rt_buf_put(out, response.p, response.n);
    } else {
        if (lines_of(t).n > 0)
            with_provisional(&merged, t, response);
        else
            rt_buf_put(&merged, response.p, response.n);
        mgcp_wire_with_line(out, rt_buf_str(&merged), "K", rt_str(""));
        out->failed = out->failed || merged.failed;
        rt_buf_release(&merged);
    }
    if (out->n <= t->peer->node->timers.datagram)
        return;
    rt_count(&mgcp_counters[MGCP_OVERSIZED]);
    rt_buf_reset(out);
    mgcp_write_response(out, 533, t->tid, NULL, NULL);
    if (t->said)
        mgcp_write_line(out, "K", rt_str(""));
}

/** It is over; a final answer that is to be confirmed is repeated for a while. */
static void finish(struct mgcp_transaction *t)
{
    struct mgcp_peer *p = t->peer;

    rt_timer_stop(&t->timer);
    if (!t->said || mgcp_in_kept(p, t->tid).n == 0) {
        transaction_free(t);
        return;
    }
    HASH_DEL(p->executing, t);
    t->over = true;
    t->over_at = rt_now();
    HASH_ADD(hh, p->unconfirmed, tid, sizeof t->tid, t);
    t->delay = mgcp_out_first(p);
    rt_timer_start(&t->timer, t->delay);
}

/** Sends an answer, and a command before it when there is one: messages of a datagram are taken in
 * their order (4.4.4 rules 8 and 9). */
static void send_both(struct mgcp_transaction *t, struct rt_str answer, struct rt_str also)
{
    struct mgcp_node *n = t->peer->node;
    struct rt_buf both = {.p = NULL};

    rt_buf_put(&both, also.p, also.n);
    mgcp_write_separator(&both);
    rt_buf_put(&both, answer.p, answer.n);
    if (also.n > 0 && !both.failed && both.n <= n->timers.datagram) {
        send_answer(t, rt_buf_str(&both), 2);
    } else {
        if (also.n > 0)
            mgcp_node_send(n, &t->from, t->peer, mgcp_wire_local(also), also, 1);
        send_answer(t, answer, 1);
    }
    rt_buf_release(&both);
}

/** True when the response is one of failure. */
static bool refuses(struct rt_str response)
{
    return response.n > 0 && response.p[0] >= '3' && response.p[0] <= '9';
}

void mgcp_answer_with(struct mgcp_transaction *t, struct rt_str response, uint32_t also_tid,
                      struct rt_str also, void *also_arg)
{
    struct mgcp_peer *p = t->peer;
    struct rt_buf out = {.p = NULL};

    write_final(&out, t, response);
    struct rt_str final = out.failed ? (struct rt_str){NULL, 0} : rt_buf_str(&out);
    if (refuses(final))
        rt_count(&mgcp_counters[MGCP_REFUSED]);
    bool leads = also.n > 0 && mgcp_out_follow(p, also_tid, also, also_arg, t->tid, &t->from) == 0;
    keep(t, final, leads ? also_tid : 0);
    if (final.n > 0)
        send_both(t, final, leads ? mgcp_out_text(p, also_tid) : (struct rt_str){NULL, 0});
    finish(t);
    rt_buf_release(&out);
}

void mgcp_answer(struct mgcp_transaction *t, struct rt_str response)
{
    mgcp_answer_with(t, response, 0, (struct rt_str){NULL, 0}, NULL);
}

void mgcp_refuse(struct mgcp_transaction *t, unsigned code, const char *comment)
{
    struct rt_buf out = {.p = NULL};

    mgcp_write_response(&out, code, t->tid, NULL, comment);
    mgcp_answer(t, rt_buf_str(&out));
    rt_buf_release(&out);
}

void mgcp_answer_provisional(struct mgcp_transaction *t, struct rt_str lines)
{
    free(t->lines);
    t->lines = lines.n > 0 ? rt_str_dup(lines) : NULL;
    say_provisional(t);
}

uint32_t mgcp_transaction_tid(const struct mgcp_transaction *t)
{
    return t->tid;
}

const union rt_addr *mgcp_transaction_source(const struct mgcp_transaction *t)
{
    return &t->from.addr;
}

/* ---- receiving ---- */

/** A final answer that nobody confirmed: again, but not for ever, and it is no failure. */
static void repeat_final(struct mgcp_transaction *t)
{
    const struct mgcp_timers *set = &t->peer->node->timers;
    struct rt_str wire = mgcp_in_kept(t->peer, t->tid);

    if (wire.n == 0 || t->repeated >= set->max2 || rt_now() - t->over_at > set->max) {
        transaction_free(t);
        return;
    }
    t->repeated++;
    rt_count(&mgcp_counters[MGCP_REPEATED_TX]);
    send_answer(t, wire, 1);
    rt_timer_start(&t->timer, mgcp_out_backoff(t->peer, &t->delay));
}

static void on_timer(void *arg)
{
    struct mgcp_transaction *t = arg;

    if (t->over)
        repeat_final(t);
    else
        say_provisional(t);
}

/** A command that is answered comes again. */
static void answer_again(struct mgcp_peer *p, const struct mgcp_answer *a,
                         const struct mgcp_message *m, const struct mgcp_way *from)
{
    struct rt_str also = a->also ? mgcp_out_text(p, a->also) : (struct rt_str){NULL, 0};
    struct rt_buf both = {.p = NULL};
    bool leads = also.n > 0 && a->n + also.n + MGCP_SEPARATOR <= p->node->timers.datagram;

    if (!a->wire) /* confirmed: a late copy */
        return;
    if (leads) {
        rt_buf_put(&both, also.p, also.n);
        mgcp_write_separator(&both);
    }
    rt_buf_put(&both, a->wire, a->n);
    if (!both.failed)
        mgcp_node_answer(p->node, from, p, m->local, rt_buf_str(&both), leads ? 2 : 1);
    rt_buf_release(&both);
}

/** True when the command came before, and has what it needs. */
static bool is_repeated(struct mgcp_peer *p, const struct mgcp_message *m,
                        const struct mgcp_way *from)
{
    const struct mgcp_answer *a = answer_of(p, m->tid);
    struct mgcp_transaction *t;

    HASH_FIND(hh, p->executing, &m->tid, sizeof m->tid, t);
    if (!a && !t)
        return false;
    rt_count(&mgcp_counters[MGCP_REPEATED_RX]);
    if (t) {
        t->from = *from;
        say_provisional(t);
    } else {
        answer_again(p, a, m, from);
    }
    return true;
}

/** No more can be kept: the command is not executed, and not remembered either. */
static void refuse_at_once(struct mgcp_peer *p, const struct mgcp_message *m,
                           const struct mgcp_way *from)
{
    struct rt_buf out = {.p = NULL};

    rt_count(&mgcp_counters[MGCP_OVERLOADED]);
    rt_count(&mgcp_counters[MGCP_REFUSED]);
    mgcp_write_response(&out, 409, m->tid, NULL, NULL);
    if (!out.failed)
        mgcp_node_answer(p->node, from, p, m->local, rt_buf_str(&out), 1);
    rt_buf_release(&out);
}

static struct mgcp_transaction *begin(struct mgcp_peer *p, const struct mgcp_message *m,
                                      const struct mgcp_way *from)
{
    struct mgcp_transaction *t = calloc(1, sizeof *t + m->local.n + 1);

    if (!t)
        return NULL;
    t->peer = p;
    t->from = *from;
    t->tid = m->tid;
    rt_str_copy(t->local, m->local.n + 1, m->local);
    HASH_ADD(hh, p->executing, tid, sizeof t->tid, t);
    rt_timer_init(&t->timer, p->node->loop, on_timer, t);
    rt_timer_start(&t->timer, p->node->timers.provisional);
    return t;
}

void mgcp_in_command(struct mgcp_peer *p, const struct mgcp_message *m, unsigned refusal,
                     const struct mgcp_way *from)
{
    mgcp_in_confirm_list(p, mgcp_value(m, MGCP_P_K));
    evict_due(p);
    if (is_repeated(p, m, from))
        return;
    bool room = HASH_COUNT(p->answers) + HASH_COUNT(p->executing) < p->node->timers.keep;
    struct mgcp_transaction *t = room ? begin(p, m, from) : NULL;
    if (t)
        p->ops.command(p->arg, t, m, refusal ? refusal : mgcp_check_lines(m));
    else
        refuse_at_once(p, m, from);
}

/* ---- life ---- */

void mgcp_in_init(struct mgcp_peer *p)
{
    rt_timer_init(&p->forget, p->node->loop, on_forget, p);
}

void mgcp_in_free(struct mgcp_peer *p)
{
    while (p->executing)
        transaction_free(p->executing);
    while (p->unconfirmed)
        transaction_free(p->unconfirmed);
    while (p->oldest)
        evict(p, p->oldest);
    rt_timer_stop(&p->forget);
}
