/* Whatever an accepted peer may send, to a whole user agent under the fake kernel: as one datagram,
 * as a stream in two pieces, and as a talk: pieces between `~~~` are datagrams, in which %T, %B, %I
 * and %R stand for our last tag, branch, Call-ID and RSeq, so that an input can answer our call and
 * speak inside a dialog. Calls are answered, left ringing, or left with an early description; what
 * the protocol's timers bound must be gone when they have run out.
 */
#include "sip/body.h"
#include "sip/plain.h"
#include "sip/strict.h"
#include "test/fake/fake.h"
#include "test/fuzz/fuzz.h"

static unsigned calls;
static char tag[40], branch[40], call_id[100], rseq[20];

static const struct sip_session_options options = {
    .reliable = SIP_SUPPORTED, .refer = true, .interval = 1800 * RT_S, .min_interval = 90 * RT_S};

/** The word after `key` in the field that begins with `field`. */
static void learn(char *out, size_t cap, struct rt_str wire, const char *field, const char *key)
{
    const char *end = wire.p + wire.n;
    const char *at = memmem(wire.p, wire.n, field, strlen(field));

    at = at ? memmem(at, (size_t)(end - at), key, strlen(key)) : NULL;
    if (!at)
        return;
    at += strlen(key);
    size_t n = 0;
    while (at + n < end && n + 1 < cap && at[n] > ' ' && at[n] != ';')
        n++;
    rt_str_copy(out, cap, (struct rt_str){at, n});
}

static void trace(void *arg, struct sip_session *s, bool sent, struct rt_str wire,
                  const union rt_addr *local, const union rt_addr *peer)
{
    bool request = wire.n > 4 && memcmp(wire.p, "SIP/", 4) != 0;

    (void)arg, (void)s, (void)local, (void)peer;
    if (!sent)
        return;
    learn(tag, sizeof tag, wire, request ? "\r\nFrom: " : "\r\nTo: ", ";tag=");
    learn(branch, sizeof branch, wire, "\r\nVia: ", "branch=");
    learn(call_id, sizeof call_id, wire, "\r\nCall-ID:", " ");
    learn(rseq, sizeof rseq, wire, "\r\nRSeq:", " ");
}

static void ended(void *arg, struct sip_session *s, enum sip_end why, const struct sip_message *m)
{
    (void)arg, (void)why, (void)m;
    sip_session_close(s, NULL);
}

static void reinvited(void *arg, struct sip_session *s, const struct sip_message *m)
{
    (void)arg;
    sip_session_answer(s, &m->body);
}

static const struct sip_body sdp = {{"application/sdp", 15}, {"v=0\r\n", 5}};

/** Whatever is offered is answered, and offers are made whenever that is allowed. */
static void heard(void *arg, struct sip_session *s, const struct sip_message *m)
{
    (void)arg;
    if (m->offer)
        sip_session_answer(s, &m->body);
    else
        sip_session_update(s, &sdp);
}

static void reanswered(void *arg, struct sip_session *s, int status, const struct sip_message *m)
{
    (void)arg, (void)s, (void)status, (void)m;
}

static int informed(void *arg, struct sip_session *s, const struct sip_message *m)
{
    (void)arg, (void)s, (void)m;
    return 200;
}

static void referred(void *arg, struct sip_session *s, const struct sip_message *m)
{
    (void)arg, (void)m;
    sip_session_refer_answer(s, 202);
}

static const struct sip_session_ops session_ops = {.provisional = heard,
                                                   .answered = heard,
                                                   .acked = heard,
                                                   .reinvited = reinvited,
                                                   .reanswered = reanswered,
                                                   .info = informed,
                                                   .referred = referred,
                                                   .ended = ended};

static const void *let_in(void *arg, const struct sip_message *msg, struct sip_reply *refusal)
{
    (void)msg, (void)refusal;
    return arg;
}

static void invited(void *arg, struct sip_session *s, const void *owner,
                    const struct sip_message *m)
{
    (void)owner;
    sip_session_own(s, &session_ops, arg);
    if (calls % 4 != 0)
        sip_session_progress(s, 180, calls % 2 ? &sdp : NULL, &m->reason, rt_str(""));
    if (calls++ % 4 <= 1)
        sip_session_accept(s, &sdp, NULL, 0, rt_str(""));
}

static const struct sip_session_options *held(void *arg, const void *owner)
{
    (void)arg, (void)owner;
    return &options;
}

static const struct sip_ua_ops ua_ops = {
    .accept = let_in, .invite = invited, .options = held, .trace = trace};

static union rt_addr address(const char *text)
{
    union rt_addr a;
    fuzz_check(rt_addr_parse(&a, text, strlen(text), 5060) == 0);
    return a;
}

/** Whatever is taken out of a body is a piece of it. */
static void check_body(struct sip_msg *m, struct rt_str wire)
{
    int status = sip_body_read(m);
    const struct rt_str *left = &m->pub.body.data;

    fuzz_check(status == 0 || status == 400 || status == 415);
    fuzz_check(left->n == 0 || (left->p >= wire.p && left->p + left->n <= wire.p + wire.n));
}

static void check_message(struct rt_str wire)
{
    static struct sip_msg m;
    size_t scanned = 0, total;

    sip_parser_init();
    if (sip_msg_read(&m, wire) == 0) {
        struct rt_str whole = {wire.p, m.scan.total}, head = {wire.p, whole.n - m.scan.body.n};
        fuzz_check(m.scan.total <= wire.n && m.via.n > 0 && m.pub.call_id.n > 0);
        fuzz_check(!sip_plain(&m, whole) || (sip_grammatical(&m, whole) && sip_strict(&m, head)));
        check_body(&m, wire);
    }
    if (sip_frame(wire, &scanned, &total) == 0)
        fuzz_check(total <= wire.n);
}

static size_t swallow(void *arg, struct rt_stream *s, const char *buf, size_t len)
{
    (void)arg, (void)s, (void)buf;
    return len;
}

static void hung_up(void *arg, struct rt_stream *s, int err)
{
    (void)err;
    rt_stream_close(s);
    *(struct rt_stream **)arg = NULL;
}

static const struct rt_stream_ops stream_ops = {.data = swallow, .closed = hung_up};

static void as_stream(struct rt_loop *loop, const union rt_addr *to, struct rt_str wire)
{
    struct rt_stream *s;
    size_t half = wire.n / 2;

    fuzz_check(rt_stream_connect(&s, loop, to, &stream_ops, &s) == 0);
    rt_stream_write(s, wire.p, half);
    fake_settle();
    if (s)
        rt_stream_write(s, wire.p + half, wire.n - half);
    fake_settle();
    if (s)
        rt_stream_close(s);
    fake_settle();
}

static void put_filled(struct rt_buf *out, struct rt_str piece)
{
    for (size_t i = 0; i < piece.n; i++) {
        char next = i + 1 < piece.n && piece.p[i] == '%' ? piece.p[i + 1] : 0;
        const char *known = next == 'T'   ? tag
                            : next == 'B' ? branch
                            : next == 'I' ? call_id
                            : next == 'R' ? rseq
                                          : NULL;
        if (known) {
            rt_buf_puts(out, known);
            i++;
        } else {
            rt_buf_put(out, &piece.p[i], 1);
        }
    }
}

static void as_talk(struct sip_ua *ua, struct rt_udp *peer, const union rt_addr *to,
                    struct rt_str rest)
{
    struct sip_invite inv = {
        .hops = &(struct sip_hop){.transport = SIP_UDP, .addr = *rt_udp_local(peer)},
        .nhops = 1,
        .options = &options,
        .body = rest.n % 2 ? sdp : (struct sip_body){.type = {"", 0}},
        .request_uri = rt_str("sip:200@192.0.2.1"),
        .from_uri = rt_str("sip:100@192.0.2.10"),
        .to_uri = rt_str("sip:200@192.0.2.1"),
        .no_answer = 10 * RT_S};
    struct sip_session *s;

    fuzz_check(sip_session_invite(&s, ua, &inv, &session_ops, &calls) == 0);
    for (unsigned i = 0; rest.n > 0 && i < 20; i++) {
        struct rt_buf wire = {0};
        const char *end = memmem(rest.p, rest.n, "~~~", 3);
        size_t n = end ? (size_t)(end - rest.p) : rest.n;
        put_filled(&wire, (struct rt_str){rest.p, n});
        rt_udp_send(peer, rt_buf_str(&wire).p, wire.n, to);
        fake_advance(100 * RT_MS);
        rt_buf_release(&wire);
        n = end ? n + 3 : n;
        rest = (struct rt_str){rest.p + n, rest.n - n};
    }
}

static void check_over(struct sip_ua *ua)
{
    struct sip_usage u;

    fake_advance(150 * RT_S);
    sip_ua_usage(ua, &u);
    fuzz_check(u.client <= u.sessions && u.streams == 0); /* sessions may be refreshed just now */
    fuzz_check(u.server <= u.sessions); /* those that ring still, and calls that are up */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rt_str wire = {(const char *)data, size};
    union rt_addr ours = address("192.0.2.10"), theirs = address("192.0.2.1");
    struct sip_ua_config cfg = {.listen = {{SIP_UDP, ours}, {SIP_TCP, ours}}, .nlisten = 2};
    struct rt_loop *loop;
    struct rt_udp *peer;
    struct sip_ua *ua;
    struct fake_leaks left;

    fake_reset();
    calls = 0;
    tag[0] = branch[0] = call_id[0] = rseq[0] = '\0';
    check_message(wire);
    fuzz_check(rt_loop_new(&loop, "fuzz") == 0);
    fuzz_check(sip_ua_new(&ua, loop, &cfg, &ua_ops, &calls, NULL) == 0);
    fuzz_check(rt_udp_open(&peer, loop, &theirs, NULL, NULL) == 0);
    as_talk(ua, peer, &ours, wire);
    rt_udp_send(peer, data, size, &ours);
    fake_settle();
    as_stream(loop, &ours, wire);
    check_over(ua);
    sip_ua_free(ua);
    rt_udp_close(peer);
    rt_loop_free(loop);
    fake_settle();
    fake_leaks(&left);
    fuzz_check(left.timers + left.udp + left.streams + left.listeners == 0);
    fake_reset();
    return 0;
}
