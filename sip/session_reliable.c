/* Reliable provisional responses (RFC 3262 3), as the called side: one at a time waits for its
 * PRACK, repeated with doubling intervals; what is said meanwhile waits its turn. The 2xx waits too
 * when the one before it carries a description.
 */
#include "gw/rt/random.h"
#include "sip/reason.h"
#include "sip/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#define QUEUE_MAX 8

struct saying {
    struct saying *next;
    int status;
    struct rt_buf lines, type, data;
};

struct sip_reliable {
    uint32_t cseq;  /**< of their INVITE */
    uint32_t rseq;  /**< of the last one */
    int status;     /**< of the last one */
    bool due;       /**< its PRACK has not come */
    bool waits;     /**< it is repeated until then */
    bool described; /**< that one has a body */
    struct saying *queue;
    unsigned queued;
};

static void saying_free(struct saying *w)
{
    rt_buf_release(&w->lines);
    rt_buf_release(&w->type);
    rt_buf_release(&w->data);
    free(w);
}

static void drop_queue(struct sip_reliable *r)
{
    while (r->queue) {
        struct saying *w = r->queue;
        LL_DELETE(r->queue, w);
        saying_free(w);
    }
    r->queued = 0;
}

void sip_reliable_free(struct sip_session *s)
{
    if (!s->reliable)
        return;
    drop_queue(s->reliable);
    free(s->reliable);
    s->reliable = NULL;
}

bool sip_reliable_exchanging(const struct sip_session *s)
{
    return s->reliable && s->reliable->waits && s->reliable->described;
}

static bool prack_unanswered(const struct sip_session *s)
{
    return s->offer_st && s->offer_in_prack;
}

bool sip_reliable_waits(const struct sip_session *s)
{
    return s->reliable && (s->reliable->waits || prack_unanswered(s));
}

static struct saying *saying_new(int status, const struct sip_body *body,
                                 const struct sip_reason *reason, struct rt_str lines)
{
    struct saying *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->status = status;
    sip_reason_write(&w->lines, reason);
    rt_buf_put(&w->lines, lines.p, lines.n);
    if (body) {
        rt_buf_put(&w->type, body->type.p, body->type.n);
        rt_buf_put(&w->data, body->data.p, body->data.n);
    }
    if (w->lines.failed || w->type.failed || w->data.failed) {
        saying_free(w);
        return NULL;
    }
    return w;
}

/** Says one: reliably, or as the 2xx that was waiting. */
static void say(struct sip_session *s, struct saying *w)
{
    struct sip_reliable *r = s->reliable;
    struct sip_body kept = {rt_buf_str(&w->type), rt_buf_str(&w->data)};
    const struct sip_body *body = sip_session_still_to_say(s, &kept);
    char rseq[48];

    if (w->status >= 200) {
        sip_session_respond_2xx(s, body, rt_buf_str(&w->lines));
        return;
    }
    r->rseq++;
    r->status = w->status;
    r->due = r->waits = true;
    r->described = body && body->data.n > 0;
    if (r->described)
        s->exchange = s->exchange == SIP_X_NONE ? SIP_X_OURS : SIP_X_AGREED;
    snprintf(rseq, sizeof rseq, "Require: 100rel\r\nRSeq: %u\r\n", r->rseq);
    rt_buf_puts(&w->lines, rseq);
    sip_session_respond(s, &(struct sip_response){.status = w->status,
                                                  .body = body,
                                                  .lines = rt_buf_str(&w->lines),
                                                  .supported = sip_session_supported(&s->opt)});
    s->repeat_interval = s->ua->t1;
    s->repeat_until = rt_loop_now(s->ua->loop) + 64 * s->ua->t1;
    rt_timer_start(&s->repeat, s->repeat_interval);
}

int sip_reliable_say(struct sip_session *s, int status, const struct sip_body *body,
                     const struct sip_reason *reason, struct rt_str lines)
{
    struct saying *w = saying_new(status, body, reason, lines);

    if (!s->reliable) {
        s->reliable = calloc(1, sizeof *s->reliable);
        if (s->reliable) { /* 3: between 1 and 2**31 - 1, and room to count */
            s->reliable->rseq = rt_random_below(0x7fff0000);
            s->reliable->cseq = s->invite_cseq;
        }
    }
    if (s->reliable && status >= 200) /* what waits to be said before it says nothing new */
        drop_queue(s->reliable);
    if (!s->reliable || !w || s->reliable->queued >= QUEUE_MAX) {
        if (w)
            saying_free(w);
        return ENOMEM;
    }
    struct sip_reliable *r = s->reliable;
    if ((r->waits && (status < 200 || r->described)) || prack_unanswered(s)) {
        LL_APPEND(r->queue, w);
        r->queued++;
        return 0;
    }
    if (status >= 200)
        r->waits = false; /* 3: no longer repeated once the final response is out */
    say(s, w);
    saying_free(w);
    return 0;
}

/** RFC 3261 13.3.1.1, RFC 3262 3: what was acknowledged is not repeated but said anew. */
static void say_anew(struct sip_session *s)
{
    rt_timer_start(&s->repeat, SIP_PROVISIONAL_REPEAT);
    sip_reliable_say(s, s->reliable->status, NULL, NULL, rt_str(""));
}

void sip_reliable_on_repeat(struct sip_session *s)
{
    if (!s->reliable->waits) {
        say_anew(s);
        return;
    }
    if (rt_loop_now(s->ua->loop) >= s->repeat_until) {
        rt_count(&sip_counters[SIP_TIMEOUTS]);
        sip_session_respond(s, &(struct sip_response){.status = 504});
        sip_session_end(s, SIP_END_NO_PRACK, NULL);
        return;
    }
    rt_count(&sip_counters[SIP_TX_RETRANSMITTED]);
    sip_strans_repeat(s->invite_st);
    s->repeat_interval *= 2;
    rt_time left = s->repeat_until - rt_loop_now(s->ua->loop);
    rt_timer_start(&s->repeat, s->repeat_interval < left ? s->repeat_interval : left);
}

/* ---- PRACK ---- */

/** `RAck: 776656 1 INVITE` names the last provisional, and is the first to do so. */
static bool matches(const struct sip_session *s, const struct sip_msg *m)
{
    struct rt_str rest = rt_str_trim(sip_scan_header(&m->scan, "RAck", 0));
    struct rt_str first = rt_str_cut(&rest, ' ');
    rest = rt_str_trim(rest);
    struct rt_str second = rt_str_cut(&rest, ' ');
    uint64_t rseq, cseq;

    return s->reliable && s->reliable->due && rt_str_u64(&rseq, first, UINT32_MAX) == 0 &&
           rt_str_u64(&cseq, second, UINT32_MAX) == 0 && rseq == s->reliable->rseq &&
           cseq == s->reliable->cseq && rt_str_eq(rt_str_trim(rest), "INVITE");
}

void sip_reliable_go_on(struct sip_session *s)
{
    struct sip_reliable *r = s->reliable;

    while (r && r->queue && !sip_reliable_waits(s) && s->state == SIP_S_INCOMING) {
        struct saying *w = r->queue;
        LL_DELETE(r->queue, w);
        r->queued--;
        say(s, w);
        saying_free(w);
    }
}

/** The description in a PRACK: the answer to the offer in our provisional, or a new offer. True
 * when the owner will answer. */
static bool take_description(struct sip_session *s, const struct sip_msg *m,
                             const struct sip_flow *flow)
{
    if (s->quiet || m->pub.body.data.n == 0 || s->exchange != SIP_X_AGREED || s->vehicle)
        return false;
    if (sip_strans_new(&s->offer_st, m, s->ua, flow, s, NULL, NULL) != 0) {
        s->offer_st = NULL;
        return false;
    }
    s->exchange = SIP_X_THEIRS;
    s->vehicle = SIP_V_RESPONSE;
    s->offer_in_prack = true;
    s->ops->reinvited(s->arg, s, &m->pub);
    return true;
}

void sip_reliable_prack(struct sip_session *s, const struct sip_msg *m, const struct sip_flow *flow)
{
    if (!matches(s, m)) {
        rt_count(&sip_counters[SIP_RX_OUT_OF_ORDER]);
        sip_session_answer_status(s, m, flow, 481);
        return;
    }
    bool answer = s->exchange == SIP_X_OURS && s->reliable->described;
    s->reliable->due = s->reliable->waits = false;
    if (s->state == SIP_S_INCOMING)
        rt_timer_start(&s->repeat, SIP_PROVISIONAL_REPEAT);
    if (answer || !take_description(s, m, flow))
        sip_session_answer_status(s, m, flow, 200);
    if (answer) {
        s->exchange = SIP_X_AGREED;
        if (!s->quiet && s->ops->acked)
            s->ops->acked(s->arg, s, &m->pub);
    }
    sip_reliable_go_on(s);
}
