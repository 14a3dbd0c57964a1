/* What the tests of the user agent share: one `sip_ua` at 192.0.2.10, a far end at 192.0.2.1 whose
 * messages are written out, and an owner that notes what it is told. The far end reads with its own
 * few lines, not with the parser under test.
 */
#ifndef TEST_UNIT_SIP_RIG_H
#define TEST_UNIT_SIP_RIG_H

#include "gw/rt/dns.h"
#include "sip/sip.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define RIG_MAX 70000
#define RIG_SDP                                                                                    \
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"                    \
    "m=audio 4000 RTP/AVP 8\r\n"

static struct {
    struct rt_loop *loop;
    struct sip_ua *ua;
    struct rt_dns *dns;
    struct rt_udp *peer;
    struct rt_listener *listener;
    struct rt_stream *stream;
    struct rt_buf stream_in;
    union rt_addr peer_addr, ua_addr;
    bool tcp;     /* the far end speaks over `stream` */
    bool dribble; /* one octet at a time */
    bool tells_tries;
    struct sip_session_options opt; /* of every session */
    bool closed;                    /* what accept() says: nobody is let in */
    bool offerless;                 /* our INVITEs ask for an offer */
    rt_time t0;
    char in[RIG_MAX]; /* the last message received */
    struct sip_session *session;
    char log[1000];                  /* what the owner was told, each with a space before it */
    char our_tag[100], call_id[300]; /* of the dialog that rig_in_dialog() speaks in */
    int status;
    char body[1000];
    bool offer;
    struct sip_reason reason;
    /* takes their INVITEs in place of the owner */
    void (*invite)(struct sip_session *s, const struct sip_message *m);
} rig;

static inline union rt_addr rig_addr(const char *text)
{
    union rt_addr a;
    ck_assert_int_eq(rt_addr_parse(&a, text, strlen(text), 5060), 0);
    return a;
}

/* ---- the owner ---- */

RT_PRINTF(1, 2) static inline void rig_note(const char *fmt, ...)
{
    size_t n = strlen(rig.log);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(rig.log + n, sizeof rig.log - n, fmt, ap);
    va_end(ap);
}

/** What the owner was told since the last time. */
static inline void rig_told(const char *expected)
{
    ck_assert_str_eq(rig.log, expected);
    rig.log[0] = '\0';
}

static inline void rig_keep(const struct sip_message *m)
{
    rig.status = m ? m->status : 0;
    rt_str_copy(rig.body, sizeof rig.body, m ? m->body.data : rt_str(""));
    rig.offer = m && m->offer;
    rig.reason = m ? m->reason : (struct sip_reason){.location = -1};
}

static void rig_provisional(void *arg, struct sip_session *s, const struct sip_message *m)
{
    (void)arg, (void)s;
    rig_keep(m);
    rig_note(" %d", m->status);
}

static void rig_answered(void *arg, struct sip_session *s, const struct sip_message *m)
{
    (void)arg, (void)s;
    rig_keep(m);
    rig_note(" answered");
}

static void rig_acked(void *arg, struct sip_session *s, const struct sip_message *m)
{
    (void)arg, (void)s;
    rig_keep(m);
    rig_note(" acked");
}

static void rig_reinvited(void *arg, struct sip_session *s, const struct sip_message *m)
{
    (void)arg, (void)s;
    rig_keep(m);
    rig_note(" reinvited");
}

static void rig_reanswered(void *arg, struct sip_session *s, int status,
                           const struct sip_message *m)
{
    (void)arg, (void)s;
    rig_keep(m);
    rig_note(" reanswered:%d", status);
}

static int rig_info(void *arg, struct sip_session *s, const struct sip_message *m)
{
    (void)arg, (void)s;
    rig_keep(m);
    rig_note(" info");
    return 200;
}

static void rig_describe(void *arg, struct sip_session *s, struct sip_body *out)
{
    (void)arg, (void)s;
    *out = (struct sip_body){rt_str("application/sdp"), rt_str(RIG_SDP)};
}

static void rig_referred(void *arg, struct sip_session *s, const struct sip_message *m)
{
    (void)arg, (void)s;
    rig_keep(m);
    rig_note(" referred:%.*s", RT_STR(sip_message_header(m, "Refer-To", 0)));
}

static void rig_tried(void *arg, struct sip_session *s, const struct sip_hop *hop,
                      enum sip_try result, const struct sip_message *m)
{
    static const char *const names[] = {"answered", "busy", "timeout", "transport"};
    char where[RT_ADDR_LEN];

    (void)arg, (void)s, (void)m;
    if (rig.tells_tries)
        rig_note(" tried:%s:%s", rt_addr_format(where, &hop->addr), names[result]);
}

static void rig_ended(void *arg, struct sip_session *s, enum sip_end why,
                      const struct sip_message *m)
{
    static const char *const names[] = {[SIP_END_REFUSED] = "refused",
                                        [SIP_END_TIMEOUT] = "timeout",
                                        [SIP_END_TRANSPORT] = "transport",
                                        [SIP_END_BYE] = "bye",
                                        [SIP_END_CANCEL] = "cancel",
                                        [SIP_END_NO_ACK] = "no-ack",
                                        [SIP_END_NO_PRACK] = "no-prack",
                                        [SIP_END_EXPIRED] = "expired",
                                        [SIP_END_GONE] = "gone"};

    (void)arg;
    rig_keep(m);
    rig_note(" ended:%s", names[why]);
    if (s == rig.session) {
        rig.session = NULL;
        sip_session_close(s, NULL);
    }
}

static const struct sip_session_ops rig_session_ops = {.provisional = rig_provisional,
                                                       .answered = rig_answered,
                                                       .acked = rig_acked,
                                                       .reinvited = rig_reinvited,
                                                       .reanswered = rig_reanswered,
                                                       .info = rig_info,
                                                       .describe = rig_describe,
                                                       .referred = rig_referred,
                                                       .tried = rig_tried,
                                                       .ended = rig_ended};

static const void *rig_accept(void *arg, const struct sip_message *msg, struct sip_reply *refusal)
{
    (void)arg, (void)msg, (void)refusal;
    return rig.closed ? NULL : &rig;
}

static void rig_invited(void *arg, struct sip_session *s, const void *owner,
                        const struct sip_message *m)
{
    (void)arg;
    ck_assert_ptr_eq(owner, &rig);
    if (rig.invite) {
        rig.invite(s, m);
        return;
    }
    rig_keep(m);
    rig_note(" invite");
    rig.session = s;
    sip_session_own(s, &rig_session_ops, &rig);
}

static const struct sip_session_options *rig_options(void *arg, const void *owner)
{
    (void)arg, (void)owner;
    return &rig.opt;
}

static const struct sip_ua_ops rig_ua_ops = {
    .accept = rig_accept, .invite = rig_invited, .options = rig_options};

/* ---- the far end's stream ---- */

static size_t rig_data(void *arg, struct rt_stream *s, const char *buf, size_t len)
{
    (void)arg, (void)s;
    rt_buf_put(&rig.stream_in, buf, len);
    return len;
}

static void rig_hung_up(void *arg, struct rt_stream *s, int err)
{
    (void)arg, (void)err;
    rt_stream_close(s);
    rig.stream = NULL;
    rig_note(" hung-up");
}

static const struct rt_stream_ops rig_stream_ops = {.data = rig_data, .closed = rig_hung_up};

static void rig_connected(void *arg, struct rt_stream *s)
{
    (void)arg;
    rig.stream = s;
    rt_stream_own(s, &rig_stream_ops, NULL);
}

/* ---- start and end ---- */

static inline void rig_start(void)
{
    struct sip_ua_config cfg = {.nlisten = 2, .user_agent = "test"};

    fake_reset();
    memset(&rig, 0, sizeof rig);
    rig.peer_addr = rig_addr("192.0.2.1");
    rig.ua_addr = rig_addr("192.0.2.10");
    fake_local_address("192.0.2.10");
    cfg.listen[0] = (struct sip_listen){SIP_UDP, rig.ua_addr};
    cfg.listen[1] = (struct sip_listen){SIP_TCP, rig.ua_addr};
    ck_assert_int_eq(rt_loop_new(&rig.loop, "test"), 0);
    ck_assert_int_eq(rt_dns_new(&rig.dns, rig.loop, &(struct rt_dns_config){.nservers = 0}), 0);
    cfg.dns = rig.dns;
    cfg.means = (struct sip_means){.transports = 1u << SIP_UDP | 1u << SIP_TCP, .ipv4 = true};
    ck_assert_int_eq(sip_ua_new(&rig.ua, rig.loop, &cfg, &rig_ua_ops, NULL, NULL), 0);
    ck_assert_int_eq(rt_udp_open(&rig.peer, rig.loop, &rig.peer_addr, NULL, NULL), 0);
    rig.t0 = rt_now();
}

/** The far end speaks TCP from here on: it connects, or is connected to. */
static inline void rig_use_tcp(bool connect)
{
    rig.tcp = true;
    if (connect) {
        fake_local_address("192.0.2.1");
        ck_assert_int_eq(
            rt_stream_connect(&rig.stream, rig.loop, &rig.ua_addr, &rig_stream_ops, NULL), 0);
        fake_local_address("192.0.2.10");
    } else {
        ck_assert_int_eq(rt_listen(&rig.listener, rig.loop, &rig.peer_addr, rig_connected, NULL),
                         0);
    }
}

static inline void rig_hang_up(void)
{
    if (rig.stream)
        rt_stream_close(rig.stream);
    rig.stream = NULL;
    fake_settle();
}

/** Nothing left of transactions, dialogs and sessions. */
static inline void rig_empty(void)
{
    struct sip_usage u;

    sip_ua_usage(rig.ua, &u);
    ck_assert_uint_eq(u.client, 0);
    ck_assert_uint_eq(u.server, 0);
    ck_assert_uint_eq(u.dialogs, 0);
    ck_assert_uint_eq(u.sessions, 0);
}

/** Lets every timer of the protocol run out (64*T1 + T4, twice), then everything must be gone. */
static inline void rig_stop(void)
{
    struct fake_leaks left;
    struct sip_usage u;

    fake_advance(80 * RT_S);
    rig_empty();
    rig_hang_up();
    sip_ua_usage(rig.ua, &u);
    ck_assert_uint_eq(u.streams, 0);
    sip_ua_free(rig.ua);
    rt_dns_free(rig.dns);
    rt_udp_close(rig.peer);
    rt_listener_close(rig.listener);
    rt_buf_release(&rig.stream_in);
    fake_settle();
    fake_leaks(&left);
    ck_assert_uint_eq(left.timers, 0);
    rt_loop_free(rig.loop);
    fake_leaks(&left);
    ck_assert_uint_eq(left.loops + left.udp + left.streams + left.listeners, 0);
}

/* ---- the far end's ear ---- */

static inline bool rig_next_stream(void)
{
    struct rt_buf *b = &rig.stream_in;
    const char *head = b->n ? strstr(b->p, "\r\n\r\n") : NULL;
    const char *length = b->n ? strstr(b->p, "\r\nContent-Length: ") : NULL;

    if (!head || !length)
        return false;
    size_t n = (size_t)(head + 4 - b->p) + strtoul(length + 18, NULL, 10);
    if (b->n < n)
        return false;
    memcpy(rig.in, b->p, n);
    rig.in[n] = '\0';
    struct rt_buf rest = {0};
    rt_buf_put(&rest, b->p + n, b->n - n);
    rt_buf_release(b);
    *b = rest;
    return true;
}

static inline bool rig_next(void)
{
    size_t n;

    if (rig.tcp)
        return rig_next_stream();
    if (rt_udp_recv(rig.peer, rig.in, sizeof rig.in - 1, &n, NULL) != 0)
        return false;
    rig.in[n] = '\0';
    return true;
}

/** The next message begins so. */
static inline void rig_expect(const char *start)
{
    fake_settle();
    ck_assert_msg(rig_next(), "nothing came, not even %s", start);
    ck_assert_msg(strncmp(rig.in, start, strlen(start)) == 0, "%s expected, got\n%s", start,
                  rig.in);
}

static inline void rig_silence(void)
{
    fake_settle();
    ck_assert_msg(!rig_next(), "unexpected:\n%s", rig.in);
}

/** Goes to that millisecond after t0. */
static inline void rig_at(rt_time ms)
{
    fake_advance(rig.t0 + ms * RT_MS - rt_now());
}

/** Nothing comes until just before that millisecond, then this comes. */
static inline void rig_expect_at(rt_time ms, const char *start)
{
    fake_advance(rig.t0 + ms * RT_MS - 1 - rt_now());
    rig_silence();
    fake_advance(1);
    rig_expect(start);
}

static inline void rig_silence_until(rt_time ms)
{
    rig_at(ms);
    rig_silence();
}

/** The value of a header field of `msg`; "" when there is none. The last 64 stay as they are. */
static inline const char *rig_field(const char *msg, const char *name)
{
    static char values[64][2000], key[100];
    static unsigned next;
    char *out = values[next++ % 64];

    snprintf(key, sizeof key, "\r\n%s: ", name);
    const char *at = strstr(msg, key), *end = strstr(msg, "\r\n\r\n");
    out[0] = '\0';
    if (at && at < end) {
        at += strlen(key);
        rt_str_copy(out, 2000, (struct rt_str){at, (size_t)(strstr(at, "\r\n") - at)});
    }
    return out;
}

static inline void rig_has(const char *name, const char *value)
{
    ck_assert_str_eq(rig_field(rig.in, name), value);
}

/** Our tag in From or To of the last message. */
static inline const char *rig_tag(const char *field)
{
    const char *tag = strstr(rig_field(rig.in, field), ";tag=");
    ck_assert_ptr_nonnull(tag);
    return tag + 5;
}

static inline const char *rig_body(void)
{
    return strstr(rig.in, "\r\n\r\n") + 4;
}

/* ---- the far end's mouth ---- */

static inline void rig_send_raw(const char *text, size_t n)
{
    size_t step = rig.dribble ? 1 : n;

    for (size_t i = 0; i < n && rig.tcp; i += step) {
        ck_assert_int_eq(rt_stream_write(rig.stream, text + i, step), 0);
        fake_settle();
    }
    if (!rig.tcp)
        ck_assert_int_eq(rt_udp_send(rig.peer, text, n, &rig.ua_addr), 0);
    fake_settle();
}

static inline void rig_send(const char *text)
{
    rig_send_raw(text, strlen(text));
}

/** A request of the far end; what is NULL or 0 has a default. */
struct rig_ask {
    const char *method;   /* INVITE */
    const char *uri;      /* sip:100@192.0.2.10 */
    const char *via;      /* host and port: 192.0.2.1:5060 */
    const char *branch;   /* without cookie: the method and CSeq */
    const char *to;       /* <sip:100@192.0.2.10> */
    const char *to_tag;   /* none */
    const char *from_tag; /* far */
    const char *call_id;  /* call1 */
    unsigned cseq;        /* 1 */
    const char *contact;  /* sip:far@192.0.2.1:5060 */
    const char *extra;    /* whole lines */
    const char *type;     /* application/sdp */
    const char *body;     /* none */
};

static inline const char *rig_write(const struct rig_ask *a)
{
    static char text[RIG_MAX];
    const char *method = a->method ? a->method : "INVITE", *body = a->body ? a->body : "";
    unsigned cseq = a->cseq ? a->cseq : 1;
    char branch[40], type[100] = "";

    snprintf(branch, sizeof branch, "%s%u", method, cseq);
    if (a->body)
        snprintf(type, sizeof type, "Content-Type: %s\r\n", a->type ? a->type : "application/sdp");
    snprintf(text, sizeof text,
             "%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\n"
             "From: <sip:far@192.0.2.1>;tag=%s\r\nTo: %s%s%s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
             "Contact: <%s%s>\r\n%s%sContent-Length: %zu\r\n\r\n%s",
             method, a->uri ? a->uri : "sip:100@192.0.2.10", rig.tcp ? "TCP" : "UDP",
             a->via ? a->via : "192.0.2.1:5060", a->branch ? a->branch : branch,
             a->from_tag ? a->from_tag : "far", a->to ? a->to : "<sip:100@192.0.2.10>",
             a->to_tag ? ";tag=" : "", a->to_tag ? a->to_tag : "",
             a->call_id ? a->call_id : "call1", cseq, method,
             a->contact ? a->contact : "sip:far@192.0.2.1:5060", rig.tcp ? ";transport=tcp" : "",
             a->extra ? a->extra : "", type, strlen(body), body);
    return text;
}
#define rig_ask(...) rig_send(rig_write(&(struct rig_ask){__VA_ARGS__}))

/** The answer to a request of ours as it was received; its To gets `tag` unless it has one. */
static inline void rig_answer(const char *request, const char *status, const char *tag,
                              const char *extra, const char *body)
{
    static char text[RIG_MAX];
    const char *to = rig_field(request, "To");
    bool add = tag && !strstr(to, ";tag=");

    snprintf(text, sizeof text,
             "SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s%s\r\nCall-ID: %s\r\nCSeq: %s\r\n"
             "%s%sContent-Length: %zu\r\n\r\n%s",
             status, rig_field(request, "Via"), rig_field(request, "From"), to, add ? ";tag=" : "",
             add ? tag : "", rig_field(request, "Call-ID"), rig_field(request, "CSeq"),
             extra ? extra : "", body ? "Content-Type: application/sdp\r\n" : "",
             body ? strlen(body) : 0, body ? body : "");
    rig_send(text);
}

#define RIG_CONTACT                                                                                \
    (rig.tcp ? "Contact: <sip:far@192.0.2.1:5060;transport=tcp>\r\n"                               \
             : "Contact: <sip:far@192.0.2.1:5060>\r\n")

/* ---- the program's side ---- */

/** Calls the far end; the INVITE is in rig.in. */
static inline void rig_call(rt_time no_answer)
{
    struct sip_invite inv = {
        .hops = &(struct sip_hop){.transport = rig.tcp ? SIP_TCP : SIP_UDP, .addr = rig.peer_addr},
        .nhops = 1,
        .options = &rig.opt,
        .request_uri = rt_str("sip:200@192.0.2.1"),
        .from_uri = rt_str("sip:100@192.0.2.10"),
        .to_uri = rt_str("sip:200@192.0.2.1"),
        .no_answer = no_answer};

    if (!rig.offerless)
        inv.body = (struct sip_body){rt_str("application/sdp"), rt_str(RIG_SDP)};
    ck_assert_int_eq(sip_session_invite(&rig.session, rig.ua, &inv, &rig_session_ops, &rig), 0);
    rig_expect("INVITE sip:200@192.0.2.1 SIP/2.0\r\n");
}

static inline void rig_close(void)
{
    struct sip_session *s = rig.session;

    rig.session = NULL;
    sip_session_close(s, NULL);
}

static inline void rig_accept_call(void)
{
    struct sip_body body = {rt_str("application/sdp"), rt_str(RIG_SDP)};
    ck_assert_int_eq(sip_session_accept(rig.session, &body, NULL, 0, rt_str("")), 0);
}

static inline void rig_accept_change(void)
{
    struct sip_body body = {rt_str("application/sdp"), rt_str(RIG_SDP)};
    ck_assert_int_eq(sip_session_answer(rig.session, &body), 0);
}

/** The last message, to be used later; the last 8 stay. */
static inline const char *rig_saved(void)
{
    static char kept[8][RIG_MAX];
    static unsigned next;
    char *out = kept[next++ % 8];

    strcpy(out, rig.in);
    return out;
}

/** Times count from here. */
static inline void rig_zero(void)
{
    rig.t0 = rt_now();
}

/** 200 to the request that came last. */
static inline void rig_ok(void)
{
    rig_answer(rig.in, "200 OK", "far", NULL, NULL);
}

/* ---- whole steps ---- */

/** We called, they answered. */
static inline void rig_call_them(void)
{
    rig_call(0);
    rig_answer(rig.in, "200 OK", "far", RIG_CONTACT, RIG_SDP);
    rig_expect("ACK ");
    rig_told(" answered");
}

/** Keeps what a request of theirs inside the dialog needs. */
static inline void rig_note_dialog(const char *field)
{
    snprintf(rig.our_tag, sizeof rig.our_tag, "%s", rig_tag(field));
    snprintf(rig.call_id, sizeof rig.call_id, "%s", rig_field(rig.in, "Call-ID"));
}

/** They called, we answered. */
static inline void rig_they_call(void)
{
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    rig_note_dialog("To");
    rig_ask(.method = "ACK", .to_tag = rig.our_tag);
    rig_told(" invite acked");
}

#define rig_in_dialog(...) rig_ask(.to_tag = rig.our_tag, .call_id = rig.call_id, __VA_ARGS__)

static inline void rig_leave(void)
{
    rig_close();
    rig_expect("BYE ");
    rig_ok();
}

static inline void rig_reinvite_them(void)
{
    struct sip_body body = {rt_str("application/sdp"), rt_str("v=0\r\nours\r\n")};
    ck_assert_int_eq(sip_session_reinvite(rig.session, &body), 0);
    rig_expect("INVITE ");
}

/** One test program's frame. */
#define RIG_MAIN(label, ...)                                                                       \
    int main(void)                                                                                 \
    {                                                                                              \
        const TTest *const tests[] = {__VA_ARGS__};                                                \
        Suite *s = suite_create(label);                                                            \
        TCase *tc = tcase_create(label);                                                           \
        tcase_add_checked_fixture(tc, rig_start, rig_stop);                                        \
        for (size_t i = 0; i < RT_COUNT(tests); i++)                                               \
            tcase_add_test(tc, tests[i]);                                                          \
        suite_add_tcase(s, tc);                                                                    \
        SRunner *r = srunner_create(s);                                                            \
        srunner_run_all(r, CK_ENV);                                                                \
        int failed = srunner_ntests_failed(r);                                                     \
        srunner_free(r);                                                                           \
        return failed ? 1 : 0;                                                                     \
    }

#endif
