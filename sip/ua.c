/* The user agent: what comes in is read, judged, and given to its transaction, dialog or owner
 * (RFC 3261 8.2, 12.2.2, 18.1.2).
 */
#include "sip/body.h"
#include "sip/count.h"
#include "sip/guard.h"
#include "sip/session.h"
#include "sip/sieve.h"
#include "sip/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct rt_counter sip_counters[SIP_NCOUNTERS] = {
    [SIP_RX_MESSAGES] = {"sip_received_messages_total", "SIP messages received", 0},
    [SIP_TX_MESSAGES] = {"sip_sent_messages_total", "SIP messages sent", 0},
    [SIP_RX_MALFORMED] = {"sip_malformed_total", "messages that are not SIP", 0},
    [SIP_RX_TRUNCATED] = {"sip_truncated_total", "datagrams larger than 64 KiB", 0},
    [SIP_RX_TOO_LARGE] = {"sip_unframed_total", "connections closed: no framing, or too large", 0},
    [SIP_RX_FORBIDDEN] = {"sip_forbidden_total", "requests from addresses no trunk accepts", 0},
    [SIP_RX_STRAY] = {"sip_stray_total", "responses and ACKs without a transaction", 0},
    [SIP_RX_RETRANSMITTED] = {"sip_received_retransmissions_total", "requests that came again", 0},
    [SIP_TX_RETRANSMITTED] = {"sip_sent_retransmissions_total", "messages sent again", 0},
    [SIP_TX_FAILED] = {"sip_send_failures_total", "messages that could not be sent", 0},
    [SIP_TIMEOUTS] = {"sip_timeouts_total", "transactions and dialogs ended by a timer", 0},
    [SIP_RX_OUT_OF_ORDER] = {"sip_out_of_order_total",
                             "requests and reliable provisionals that came too late or too early",
                             0},
    [SIP_RX_FOREIGN] = {"sip_foreign_total",
                        "requests on a dialog from somebody whose dialog it is not", 0},
};

/* ---- out ---- */

void sip_ua_trace(struct sip_ua *ua, struct sip_session *session, struct rt_str wire,
                  const struct sip_flow *flow)
{
    if (session)
        session->heard = rt_loop_now(ua->loop);
    if (ua->ops->trace)
        ua->ops->trace(ua->arg, session, false, wire, sip_flow_bound(ua->transports, flow),
                       &flow->addr);
}

int sip_ua_send(struct sip_ua *ua, struct sip_flow *flow, struct rt_str wire,
                struct sip_session *session)
{
    if (ua->ops->trace)
        ua->ops->trace(ua->arg, session, true, wire, sip_flow_bound(ua->transports, flow),
                       &flow->addr);
    return sip_flow_send(ua->transports, flow, wire);
}

void sip_ua_answer(struct sip_ua *ua, const struct sip_msg *m, const struct sip_flow *flow,
                   const struct sip_response *r)
{
    struct sip_echo echo;
    struct sip_flow back;
    struct rt_buf wire = {0};

    if (m->method == SIP_ACK)
        return;
    sip_echo_take(&echo, m, flow);
    sip_echo_flow(&back, m, flow);
    sip_build_response(&wire, ua, &echo, r);
    if (!wire.failed)
        sip_ua_send(ua, &back, rt_buf_str(&wire), NULL);
    sip_echo_release(&echo);
    rt_buf_release(&wire);
}

/** A stateless tag must be the same for a repeated request (8.2.7): it is made of the request. */
static void make_tag(char tag[SIP_TAG_LEN], struct rt_str id)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */

    for (size_t i = 0; i < id.n; i++)
        hash = (hash ^ (uint8_t)id.p[i]) * 1099511628211u;
    for (unsigned i = 0; i < SIP_TAG_LEN - 1; i++)
        tag[i] = "0123456789abcdef"[hash >> (4 * i) & 15];
    tag[SIP_TAG_LEN - 1] = '\0';
}

static void answer_status(struct sip_ua *ua, const struct sip_msg *m, const struct sip_flow *flow,
                          const void *owner, int status)
{
    const struct sip_session_options *opt = sip_ua_options(ua, owner);
    bool capabilities =
        status == 405 || status == 501 || (status == 200 && m->method == SIP_OPTIONS);
    struct rt_buf lines = {0};
    char tag[SIP_TAG_LEN];

    if (status != 200 || m->method == SIP_OPTIONS)
        sip_advise(&lines, opt, m, status);
    make_tag(tag, m->pub.call_id);
    sip_ua_answer(
        ua, m, flow,
        &(struct sip_response){.status = status,
                               .tag = tag,
                               .supported = capabilities ? sip_session_supported(opt) : NULL,
                               .lines = rt_buf_str(&lines)});
    rt_buf_release(&lines);
}

/** Answers what the owner wants answered. */
static void answer_reply(struct sip_ua *ua, const struct sip_msg *m, const struct sip_flow *flow,
                         const struct sip_reply *reply)
{
    char tag[SIP_TAG_LEN];

    if (reply->status == 0)
        return;
    make_tag(tag, m->pub.call_id);
    sip_ua_answer(ua, m, flow,
                  &(struct sip_response){
                      .status = reply->status,
                      .tag = tag,
                      .supported = reply->status == 405 ? sip_session_supported(NULL) : NULL,
                      .lines = rt_buf_str(&reply->lines)});
}

/** The far end is to come back when others have had their turn (21.5.4). */
#define RETRY_AFTER "Retry-After: 2\r\n"

static void answer_busy(struct sip_ua *ua, const struct sip_msg *m, const struct sip_flow *flow)
{
    char tag[SIP_TAG_LEN];

    make_tag(tag, m->pub.call_id);
    sip_ua_answer(ua, m, flow,
                  &(struct sip_response){.status = 503, .tag = tag, .lines = rt_str(RETRY_AFTER)});
}

/** A stranger's answer. Over UDP nobody knows whether he is who he says, so it is never longer than
 * what he sent: nothing is gained by sending us somebody else's address. A challenge has to be. */
static void answer_stranger(struct sip_ua *ua, const struct sip_msg *m, const struct sip_flow *flow,
                            const struct sip_reply *reply)
{
    struct sip_echo echo;
    struct sip_flow back;
    struct rt_buf wire = {0};
    char tag[SIP_TAG_LEN];

    make_tag(tag, m->pub.call_id);
    sip_echo_take(&echo, m, flow);
    sip_echo_flow(&back, m, flow);
    sip_build_response(&wire, ua, &echo,
                       &(struct sip_response){.status = reply->status,
                                              .tag = tag,
                                              .lines = rt_buf_str(&reply->lines),
                                              .terse = true});
    if (flow->transport == SIP_UDP && reply->lines.n == 0 && wire.n > m->scan.total)
        rt_count(&sip_guard_counters[SIP_GUARD_SILENT]);
    else if (!wire.failed)
        sip_ua_send(ua, &back, rt_buf_str(&wire), NULL);
    sip_echo_release(&echo);
    rt_buf_release(&wire);
}

/* ---- requests outside any dialog ---- */

/** The owner's affair, REGISTER above all: answered over a transaction, so that a repetition gets
 * the same answer. `otherwise`: what it is answered when the owner leaves it. */
static void on_other(struct sip_ua *ua, const struct sip_msg *m, const struct sip_flow *flow,
                     const void *owner, int otherwise)
{
    struct sip_reply reply = {.status = otherwise};
    struct sip_strans *t;
    char tag[SIP_TAG_LEN];

    if (ua->ops->request)
        ua->ops->request(ua->arg, owner, &m->pub, &reply);
    make_tag(tag, m->pub.call_id);
    if (reply.status == otherwise) { /* a repetition costs no more than remembering it would */
        answer_reply(ua, m, flow, &reply);
    } else if (sip_strans_new(&t, m, ua, flow, NULL, NULL, NULL) == 0) {
        sip_strans_respond(t, &(struct sip_response){.status = reply.status,
                                                     .tag = tag,
                                                     .lines = rt_buf_str(&reply.lines)});
        sip_strans_detach(t);
    }
    rt_buf_release(&reply.lines);
}

/** A new call for which there is no room is told so before anything is made of it, and a repetition
 * of it is told the same. False: it is welcome. */
static bool turn_away(struct sip_ua *ua, const struct sip_msg *m, const struct sip_flow *flow,
                      const void *owner)
{
    struct sip_reason reason = {.q850 = 0};
    char lines[40], tag[SIP_TAG_LEN];
    bool again = sip_guard_turned_away(ua->guard, m);
    unsigned seconds = ua->ops->full ? ua->ops->full(ua->arg, owner, &m->pub, &reason) : 0;

    if (!again && seconds == 0)
        return false;
    if (!again)
        sip_guard_turn_away(ua->guard, m);
    snprintf(lines, sizeof lines, "Retry-After: %u\r\n", seconds ? seconds : 5);
    make_tag(tag, m->pub.call_id);
    sip_ua_answer(ua, m, flow,
                  &(struct sip_response){
                      .status = 503, .tag = tag, .reason = &reason, .lines = rt_str(lines)});
    return true;
}

static void on_new_request(struct sip_ua *ua, const struct sip_msg *m, const struct sip_flow *flow,
                           const void *owner)
{
    int status = 405;

    switch (m->method) {
    case SIP_INVITE:
        status = sip_session_merged(ua, m) ? 482 : sip_inspect(sip_ua_options(ua, owner), m);
        if (status == 0) {
            if (!turn_away(ua, m, flow, owner))
                sip_session_invited(ua, m, flow, owner);
            return;
        }
        break;
    case SIP_OPTIONS: /* 11.2: as an INVITE would be answered */
        status = sip_inspect(sip_ua_options(ua, owner), m);
        status = status ? status : 200;
        break;
    case SIP_BYE:
    case SIP_CANCEL:
    case SIP_INFO:
    case SIP_PRACK:
    case SIP_UPDATE:
        status = 481;
        break;
    case SIP_REFER: /* outside a call there is nobody to transfer */
        status = 403;
        break;
    case SIP_UNKNOWN:
        status = 501;
        break;
    case SIP_NOTIFY: /* one that nobody subscribed to */
        on_other(ua, m, flow, owner, 481);
        return;
    case SIP_KNOWN:
        on_other(ua, m, flow, owner, 405);
        return;
    case SIP_ACK:
        break;
    }
    answer_status(ua, m, flow, owner, status);
}

/* ---- dispatch ---- */

/** A dialog and an INVITE are only for the peer they are with, whatever tags and branches others
 * may have guessed or seen. A trunk may be reached by several ways: the host will do as well. */
static bool is_foreign(const struct sip_session *s, const struct sip_msg *m, const void *owner)
{
    if (!s || !s->peer || s->peer == owner || rt_addr_same_host(&m->pub.from_addr, &s->d.flow.addr))
        return false;
    if (s->ua->ops->same && s->ua->ops->same(s->ua->arg, s->peer, owner))
        return false;
    rt_count(&sip_counters[SIP_RX_FOREIGN]);
    return true;
}

static void on_cancel(struct sip_ua *ua, const struct sip_msg *m, const struct sip_flow *flow,
                      const void *owner)
{
    struct sip_strans *t = sip_strans_find(ua, m);

    if (t && is_foreign(t->session, m, owner))
        t = NULL;
    sip_ua_trace(ua, t ? t->session : NULL, (struct rt_str){m->scan.start.p, m->scan.total}, flow);
    if (t && t->session) /* 9.2: the tag of the answer to come */
        sip_ua_answer(ua, m, flow,
                      &(struct sip_response){.status = 200, .tag = t->session->d.local_tag});
    else
        answer_status(ua, m, flow, NULL, t ? 200 : 481);
    if (t)
        sip_strans_cancelled(t, m);
}

/** ACK without a transaction is the one to a 2xx. */
static void on_ack(struct sip_session *s, const struct sip_msg *m)
{
    if (s)
        sip_session_acked(s, m);
    else
        rt_count(&sip_counters[SIP_RX_STRAY]);
}

/** Who a redirection led to is nobody's peer, but may speak in the dialog that we have with it. */
static const void *owner_of_dialog(const struct sip_ua *ua, const struct sip_msg *m)
{
    const struct sip_session *s = m->to_tag.p ? sip_session_find(ua, m) : NULL;

    if (!s || !rt_addr_same_host(&m->pub.from_addr, &s->d.flow.addr))
        return NULL;
    sip_guard_proved(ua->guard, &m->pub.from_addr);
    return s->peer;
}

/** The owner of a request, or NULL: it has been refused. */
static const void *admit(struct sip_ua *ua, const struct sip_msg *m, struct rt_str wire,
                         const struct sip_flow *flow)
{
    struct sip_reply refusal = {.status = 403};
    const void *owner = owner_of_dialog(ua, m);

    if (!owner)
        owner = ua->ops->accept(ua->arg, &m->pub, &refusal);
    if (owner && !m->to_tag.p && m->method != SIP_ACK && m->method != SIP_CANCEL) {
        sip_guard_admitted(ua->guard, &flow->addr); /* the others may be anybody's */
    } else if (!owner) {
        if (refusal.status == 403)
            rt_count(&sip_counters[SIP_RX_FORBIDDEN]);
        if (refusal.status == 403 && m->to_tag.p)
            refusal.status = 481; /* 12.2.2: a dialog that is over knows nobody */
        sip_ua_trace(ua, NULL, wire, flow);
        sip_sieve_stir(ua->sieve);
        if (sip_guard_refuses(ua->guard, &flow->addr, sip_flow_reliable(flow),
                              refusal.lines.n > 0) &&
            refusal.status != 0 && m->method != SIP_ACK)
            answer_stranger(ua, m, flow, &refusal);
    }
    rt_buf_release(&refusal.lines);
    return owner;
}

static void on_request(struct sip_ua *ua, const struct sip_msg *m, struct rt_str wire,
                       const struct sip_flow *flow)
{
    const void *owner = admit(ua, m, wire, flow);

    if (!owner)
        return;
    if (m->method == SIP_CANCEL) {
        on_cancel(ua, m, flow, owner);
        return;
    }
    struct sip_strans *t = sip_strans_find(ua, m);
    struct sip_session *s = t ? t->session : m->to_tag.p ? sip_session_find(ua, m) : NULL;
    bool foreign = is_foreign(s, m, owner);
    sip_ua_trace(ua, foreign ? NULL : s, wire, flow);
    if (foreign) {
        answer_status(ua, m, flow, owner, 481);
        return;
    }
    if (t)
        sip_strans_again(t, m);
    if (m->method == SIP_ACK && (!t || s)) {
        on_ack(s, m); /* some peers repeat the INVITE's branch in the ACK to a 2xx */
        return;
    }
    if (t)
        return;
    if (sip_guard_request(ua->guard, m, HASH_COUNT(ua->server)) != 0) {
        answer_busy(ua, m, flow);
        return;
    }
    int refused = s ? sip_inspect_inside(&s->opt, m) : 0;
    if (refused)
        answer_status(ua, m, flow, owner, refused);
    else if (s)
        sip_session_request(s, m, flow);
    else if (m->to_tag.p)
        answer_status(ua, m, flow, owner, 481);
    else
        on_new_request(ua, m, flow, owner);
}

static void on_response(struct sip_ua *ua, const struct sip_msg *m, struct rt_str wire,
                        const struct sip_flow *flow)
{
    struct sip_ctrans *t = sip_ctrans_find(ua, m);

    sip_ua_trace(ua, t ? t->session : NULL, wire, flow);
    if (!t) {
        rt_count(&sip_counters[SIP_RX_STRAY]);
        return;
    }
    if (rt_addr_same_host(&flow->addr, &t->flow.addr))
        sip_guard_proved(ua->guard, &flow->addr);
    sip_ctrans_response(t, m);
}

/** What is well-formed, but too large or with a body that cannot be used. Responses and ACKs are
 * taken as they are: they cannot be refused, and their owner sees that there is no description. */
static int judge_whole(const struct sip_ua *ua, struct sip_msg *m)
{
    bool refusable = m->pub.status == 0 && m->method != SIP_ACK;
    int status = refusable ? sip_guard_size(ua->guard, m) : 0;

    if (status == 0)
        status = sip_body_read(m);
    return refusable ? status : 0;
}

static void on_received(void *arg, struct rt_str wire, const struct sip_flow *flow)
{
    struct sip_ua *ua = arg;
    struct sip_msg *m = &ua->msg;

    rt_count(&sip_counters[SIP_RX_MESSAGES]);
    if (!sip_guard_listens(ua->guard, &flow->addr, sip_flow_reliable(flow))) {
        sip_sieve_stir(ua->sieve);
        return;
    }
    if (flow->transport == SIP_UDP && sip_guard_excess(ua->guard, &flow->addr, wire))
        return; /* who sends too much by a stream is slowed down by it */
    int err = sip_msg_read(m, wire);
    m->pub.from_addr = flow->addr;
    m->pub.transport = flow->transport;
    m->pub.conn = flow->conn;
    if (err != 0 && err != 501)
        rt_count(&sip_counters[SIP_RX_MALFORMED]);
    if (err == EBADMSG) {
        sip_guard_offends(ua->guard, &flow->addr, sip_flow_reliable(flow));
        sip_sieve_stir(ua->sieve);
        return;
    }
    sip_count_received(m->method, m->pub.status);
    if (err == 0)
        err = judge_whole(ua, m);
    if (err != 0) {
        if (!admit(ua, m, wire, flow))
            return;
        sip_ua_trace(ua, NULL, wire, flow);
        answer_status(ua, m, flow, NULL, err);
    } else if (m->pub.status) {
        on_response(ua, m, wire, flow);
    } else {
        on_request(ua, m, wire, flow);
    }
}

static void on_broken(void *arg, uint64_t conn)
{
    sip_ctrans_broken(arg, conn);
}

/* ---- doors ---- */

int sip_ua_new(struct sip_ua **out, struct rt_loop *loop, const struct sip_ua_config *cfg,
               const struct sip_ua_ops *ops, void *arg, unsigned *failed)
{
    struct sip_ua *ua = calloc(1, sizeof *ua);

    if (!ua)
        return ENOMEM;
    sip_parser_init();
    ua->loop = loop;
    ua->cfg = *cfg;
    ua->ops = ops;
    ua->arg = arg;
    ua->t1 = cfg->t1 ? cfg->t1 : 500 * RT_MS;
    ua->t2 = cfg->t2 ? cfg->t2 : 4 * RT_S;
    ua->t4 = cfg->t4 ? cfg->t4 : 5 * RT_S;
    int err = sip_guard_new(&ua->guard, loop, &cfg->limits);
    if (err == 0)
        err = sip_transports_new(&ua->transports, loop, cfg, on_received, on_broken, ua, failed);
    if (err == 0)
        err = sip_sieve_new(&ua->sieve, ua);
    if (err != 0) {
        sip_transports_free(ua->transports);
        sip_guard_free(ua->guard);
        free(ua);
        return err;
    }
    *out = ua;
    return 0;
}

void sip_ua_free(struct sip_ua *ua)
{
    struct sip_session *s, *next;

    if (!ua)
        return;
    HASH_ITER(hh, ua->sessions, s, next)
    sip_session_free(s);
    sip_ctrans_free_all(ua);
    sip_strans_free_all(ua);
    sip_sieve_free(ua->sieve);
    sip_transports_free(ua->transports);
    sip_guard_free(ua->guard);
    free(ua);
}

void sip_ua_usage(const struct sip_ua *ua, struct sip_usage *out)
{
    const struct sip_session *s;

    *out = (struct sip_usage){.client = HASH_COUNT(ua->client),
                              .server = HASH_COUNT(ua->server),
                              .sessions = HASH_COUNT(ua->sessions),
                              .streams = sip_transports_streams(ua->transports)};
    for (s = ua->sessions; s; s = s->hh.next)
        out->dialogs += s->state == SIP_S_UP || s->state == SIP_S_LEAVING;
}
