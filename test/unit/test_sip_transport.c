/* Ways in and out: TLS beside TCP and UDP, who may use which connection, deadlines, limits, pings,
 * and requests too large for UDP. The user agent is at 192.0.2.10; far ends are plain streams. */
#include "sip/sip.h"
#include "test/fake/fake.h"
#include "test/unit/tls_files.h"

#include "gw/rt/log.h"

#include <errno.h>
#include <stdlib.h>

/** A far end's connection, or none. */
struct far {
    struct rt_stream *tcp;
    struct rt_tls_stream *tls;
    struct rt_buf in;
    bool over;
};

static struct rt_loop *loop;
static struct sip_ua *ua;
static struct sip_ua_config cfg;
static struct rt_tls *our_tls, *far_tls;
static struct far far[4];
static struct rt_listener *listener;
static unsigned accepted;
static struct rt_udp *udp;
static int answered; /* status, 0: none came, -1: nothing yet */

static union rt_addr addr(const char *text)
{
    union rt_addr a;

    ck_assert_int_eq(rt_addr_parse(&a, text, strlen(text), 5060), 0);
    return a;
}

/* ---- the far end ---- */

static size_t take(struct far *f, const char *buf, size_t len)
{
    rt_buf_put(&f->in, buf, len);
    return len;
}

static size_t on_tcp_data(void *arg, struct rt_stream *s, const char *buf, size_t len)
{
    (void)s;
    return take(arg, buf, len);
}

static size_t on_tls_data(void *arg, struct rt_tls_stream *s, const char *buf, size_t len)
{
    (void)s;
    return take(arg, buf, len);
}

static void hang_up(struct far *f)
{
    rt_tls_close(f->tls);
    rt_stream_close(f->tcp);
    f->tls = NULL;
    f->tcp = NULL;
}

static void on_tcp_closed(void *arg, struct rt_stream *s, int err)
{
    struct far *f = arg;

    (void)s, (void)err;
    f->over = true;
    hang_up(f);
}

static void on_tls_closed(void *arg, struct rt_tls_stream *s, int err)
{
    struct far *f = arg;

    (void)s, (void)err;
    f->over = true;
    hang_up(f);
}

static const struct rt_stream_ops tcp_ops = {.data = on_tcp_data, .closed = on_tcp_closed};
static const struct rt_tls_ops tls_ops = {.data = on_tls_data, .closed = on_tls_closed};

static void join(struct far *f, bool tls)
{
    union rt_addr to = addr(tls ? "192.0.2.10:5061" : "192.0.2.10:5060");

    fake_local_address("192.0.2.1");
    if (tls)
        ck_assert_int_eq(
            rt_tls_connect(&f->tls, far_tls, loop, &to, "sip.example.com", &tls_ops, f), 0);
    else
        ck_assert_int_eq(rt_stream_connect(&f->tcp, loop, &to, &tcp_ops, f), 0);
    fake_local_address("192.0.2.10");
    fake_settle();
}

static void on_accept_tcp(void *arg, struct rt_stream *s)
{
    (void)arg;
    far[accepted].tcp = s;
    rt_stream_own(s, &tcp_ops, &far[accepted++]);
}

static void on_accept_tls(void *arg, struct rt_stream *s)
{
    (void)arg;
    ck_assert_int_eq(rt_tls_accept(&far[accepted].tls, far_tls, loop, s, &tls_ops, &far[accepted]),
                     0);
    accepted++;
}

/** The far end listens at 192.0.2.1. */
static void far_listens(bool tls)
{
    union rt_addr at = addr(tls ? "192.0.2.1:5061" : "192.0.2.1:5060");

    ck_assert_int_eq(rt_listen(&listener, loop, &at, tls ? on_accept_tls : on_accept_tcp, NULL), 0);
}

static void put(struct far *f, const char *text, size_t n)
{
    ck_assert_int_eq(f->tls ? rt_tls_write(f->tls, text, n) : rt_stream_write(f->tcp, text, n), 0);
    fake_settle();
}

static void say(struct far *f, const char *text)
{
    put(f, text, strlen(text));
}

static bool heard(const struct far *f, const char *text)
{
    return f->in.n > 0 && strstr(f->in.p, text);
}

static void silent(const struct far *f)
{
    ck_assert_msg(f->in.n == 0, "unexpected: %s", f->in.p);
}

/** OPTIONS with that Via. */
static const char *options(const char *via)
{
    static char text[2000];

    snprintf(text, sizeof text,
             "OPTIONS sip:192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/%s\r\nMax-Forwards: 70\r\n"
             "From: <sip:far@192.0.2.1>;tag=1\r\nTo: <sip:192.0.2.10>\r\nCall-ID: 7\r\n"
             "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
             via);
    return text;
}

/** The value of a header field in what was heard; "" when there is none. */
static const char *field(const char *msg, const char *name)
{
    static char out[8][600];
    static unsigned turn;
    char key[40], *value = out[turn = (turn + 1) % 8];

    snprintf(key, sizeof key, "\r\n%s: ", name);
    const char *at = strstr(msg, key);
    value[0] = '\0';
    if (at) {
        at += strlen(key);
        rt_str_copy(value, sizeof out[0], (struct rt_str){at, (size_t)(strstr(at, "\r\n") - at)});
    }
    return value;
}

/** The answer to a request of ours. */
static const char *reply(const char *request, const char *status)
{
    static char text[4000];

    snprintf(text, sizeof text,
             "SIP/2.0 %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=2\r\nCall-ID: %s\r\nCSeq: %s\r\n"
             "Content-Length: 0\r\n\r\n",
             status, field(request, "Via"), field(request, "From"), field(request, "To"),
             field(request, "Call-ID"), field(request, "CSeq"));
    return text;
}

/* ---- the user agent ---- */

static const void *on_request(void *arg, const struct sip_message *msg, struct sip_reply *refusal)
{
    (void)arg, (void)msg, (void)refusal;
    return &cfg;
}

static const struct sip_ua_ops ua_ops = {.accept = on_request};

static void on_answer(void *arg, const struct sip_message *msg)
{
    (void)arg;
    answered = msg ? msg->status : 0;
}

/** Sends OPTIONS, made larger by that many octets. */
static void ask(enum sip_transport how, const char *to, const char *domain, size_t more)
{
    struct rt_buf lines = {0};

    if (more > 0)
        rt_buf_printf(&lines, "X: %0*d\r\n", (int)more - 5, 0);
    struct sip_outside_request r = {.hop = {.transport = how, .addr = addr(to), .domain = domain},
                                    .method = "OPTIONS",
                                    .request_uri = rt_str("sip:far@192.0.2.1"),
                                    .from_uri = rt_str("sip:us@192.0.2.10"),
                                    .to_uri = rt_str("sip:far@192.0.2.1"),
                                    .lines = rt_buf_str(&lines)};
    answered = -1;
    ck_assert_int_eq(sip_outside(NULL, ua, &r, on_answer, NULL), 0);
    rt_buf_release(&lines);
    fake_settle();
}

static unsigned streams(void)
{
    struct sip_usage u;

    sip_ua_usage(ua, &u);
    return u.streams;
}

static uint64_t count(enum sip_conn_counter c)
{
    return rt_counted(&sip_conn_counters[c]);
}

static void start(enum rt_tls_verify verify)
{
    union rt_addr from = addr("192.0.2.1:5060");

    our_tls = tls_context("dns", verify);
    cfg.tls = our_tls;
    ck_assert_int_eq(sip_ua_new(&ua, loop, &cfg, &ua_ops, NULL, NULL), 0);
    ck_assert_int_eq(rt_udp_open(&udp, loop, &from, NULL, NULL), 0);
}

static void setup(void)
{
    fake_reset();
    rt_log_set_all(RT_ERROR);
    tls_files();
    fake_local_address("192.0.2.10");
    rt_loop_new(&loop, "test");
    memset(far, 0, sizeof far);
    accepted = 0;
    answered = -1;
    for (unsigned i = 0; i < SIP_CONN_NCOUNTERS; i++)
        sip_conn_counters[i].value = 0;
    cfg = (struct sip_ua_config){.nlisten = 3, .user_agent = "test"};
    cfg.listen[0] = (struct sip_listen){SIP_UDP, addr("192.0.2.10:5060")};
    cfg.listen[1] = (struct sip_listen){SIP_TCP, addr("192.0.2.10:5060")};
    cfg.listen[2] = (struct sip_listen){SIP_TLS, addr("192.0.2.10:5061")};
    far_tls = tls_context("client", RT_TLS_OFF);
}

static void teardown(void)
{
    struct fake_leaks left;

    for (unsigned i = 0; i < RT_COUNT(far); i++) {
        hang_up(&far[i]);
        rt_buf_release(&far[i].in);
    }
    fake_advance(80 * RT_S);
    ck_assert_uint_eq(streams(), 0);
    sip_ua_free(ua);
    rt_udp_close(udp);
    rt_listener_close(listener);
    listener = NULL;
    rt_tls_free(our_tls);
    rt_tls_free(far_tls);
    fake_settle();
    fake_leaks(&left);
    ck_assert_uint_eq(left.streams + left.listeners + left.udp + left.timers, 0);
    rt_loop_free(loop);
}

/* ---- TLS in ---- */

START_TEST(a_request_over_tls_is_answered_there)
{
    start(RT_TLS_OFF);
    join(&far[0], true);
    say(&far[0], options("TLS 192.0.2.1:5061;branch=z9hG4bK1"));
    ck_assert(
        heard(&far[0], "SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS 192.0.2.1:5061;branch=z9hG4bK1\r"));
    ck_assert_uint_eq(count(SIP_CONN_ACCEPTED), 1);
    hang_up(&far[0]);
    fake_settle();
    ck_assert_uint_eq(streams(), 0);
}
END_TEST

/** _i: over TLS. */
START_TEST(a_stream_cut_at_each_octet_is_read)
{
    const char *text = options(_i ? "TLS far;branch=z9hG4bK1" : "TCP far;branch=z9hG4bK1");

    start(RT_TLS_OFF);
    join(&far[0], _i);
    for (size_t i = 0; i < strlen(text); i++)
        put(&far[0], text + i, 1);
    ck_assert(heard(&far[0], "SIP/2.0 200 OK\r\n"));
}
END_TEST

START_TEST(without_tls_there_is_no_tls_listener)
{
    unsigned failed = 0;

    start(RT_TLS_OFF);
    sip_ua_free(ua);
    cfg.tls = NULL;
    ck_assert_int_eq(sip_ua_new(&ua, loop, &cfg, &ua_ops, NULL, &failed), EPROTONOSUPPORT);
    ck_assert_uint_eq(failed, 2);
    cfg.nlisten = 2;
    ck_assert_int_eq(sip_ua_new(&ua, loop, &cfg, &ua_ops, NULL, &failed), 0);
    ask(SIP_TLS, "192.0.2.1:5061", "sip.example.com", 0);
    ck_assert_int_eq(answered, 0);
}
END_TEST

/* ---- TLS out ---- */

static void far_is(const char *cert)
{
    rt_tls_free(far_tls);
    far_tls = tls_context(cert, RT_TLS_OFF);
    far_listens(true);
}

START_TEST(a_request_goes_out_over_tls)
{
    start(RT_TLS_OFF);
    far_is("uri");
    ask(SIP_TLS, "192.0.2.1:5061", "example.com", 0);
    ck_assert_uint_eq(accepted, 1);
    ck_assert(heard(&far[0], "\r\nVia: SIP/2.0/TLS 192.0.2.10:5061;branch="));
    ck_assert(!heard(&far[0], ";alias"));
    say(&far[0], reply(far[0].in.p, "200 OK"));
    ck_assert_int_eq(answered, 200);
}
END_TEST

START_TEST(whoever_is_not_the_domain_gets_nothing)
{
    start(RT_TLS_OFF);
    far_is("other");
    ask(SIP_TLS, "192.0.2.1:5061", "example.com", 0);
    ck_assert_int_eq(answered, 0);
    silent(&far[0]);
    ck_assert(far[0].over);
}
END_TEST

START_TEST(an_address_is_verified_as_such)
{
    start(RT_TLS_OFF);
    far_is("uri"); /* 192.0.2.1 is not in it */
    ask(SIP_TLS, "192.0.2.1:5061", NULL, 0);
    ck_assert_int_eq(answered, 0);
}
END_TEST

START_TEST(a_connection_is_used_again_for_the_same_domain_alone)
{
    start(RT_TLS_OFF);
    far_is("uri");
    ask(SIP_TLS, "192.0.2.1:5061", "example.com", 0);
    say(&far[0], reply(far[0].in.p, "200 OK"));
    rt_buf_reset(&far[0].in);
    ask(SIP_TLS, "192.0.2.1:5061", "EXAMPLE.com", 0);
    ck_assert_uint_eq(accepted, 1);
    ck_assert(heard(&far[0], "OPTIONS "));
    say(&far[0], reply(far[0].in.p, "200 OK"));
    ask(SIP_TLS, "192.0.2.1:5061", "other.example.org", 0); /* the same address */
    ck_assert_uint_eq(accepted, 2);
    ck_assert_int_eq(answered, 0);
}
END_TEST

START_TEST(a_connection_that_has_just_ended_is_made_anew)
{
    start(RT_TLS_OFF);
    far_is("uri");
    ask(SIP_TLS, "192.0.2.1:5061", "example.com", 0);
    say(&far[0], reply(far[0].in.p, "200 OK"));
    hang_up(&far[0]); /* on its way to us */
    ask(SIP_TLS, "192.0.2.1:5061", "example.com", 0);
    ck_assert_uint_eq(accepted, 2);
    say(&far[1], reply(far[1].in.p, "200 OK"));
    ck_assert_int_eq(answered, 200);
}
END_TEST

/* ---- RFC 5923 ---- */

static const struct alias {
    enum rt_tls_verify verify;
    bool tls;
    const char *via, *domain;
    bool used;
} aliases[] = {
    {RT_TLS_REQUIRED, true, "TLS far:5071;branch=z9hG4bK1;alias", "peer.example.net", true},
    {RT_TLS_OPTIONAL, true, "TLS far:5071;branch=z9hG4bK1;alias", "peer.example.net", true},
    {RT_TLS_REQUIRED, true, "TLS far:5071;branch=z9hG4bK1", "peer.example.net", false},
    {RT_TLS_REQUIRED, true, "TLS far:5071;branch=z9hG4bK1;alias", "sip.example.com", false},
    {RT_TLS_REQUIRED, true, "TLS far;branch=z9hG4bK1;alias", "peer.example.net", false},
    {RT_TLS_OFF, true, "TLS far:5071;branch=z9hG4bK1;alias", "peer.example.net", false},
    {RT_TLS_OFF, false, "TCP far:5071;branch=z9hG4bK1;alias", NULL, false},
};

START_TEST(a_verified_peer_may_offer_its_connection)
{
    const struct alias *a = &aliases[_i];

    start(a->verify);
    join(&far[0], a->tls);
    say(&far[0], options(a->via));
    ck_assert(heard(&far[0], "SIP/2.0 200 OK\r\n"));
    rt_buf_reset(&far[0].in);
    ask(a->tls ? SIP_TLS : SIP_TCP, "192.0.2.1:5071", a->domain, 0);
    ck_assert(heard(&far[0], "OPTIONS ") == a->used);
    if (!a->used) {
        ck_assert_int_eq(answered, 0); /* nobody listens at port 5071 */
        return;
    }
    ck_assert(heard(&far[0], ";rport;alias\r\n")); /* we offer ours too */
    say(&far[0], reply(far[0].in.p, "200 OK"));
    ck_assert_int_eq(answered, 200);
}
END_TEST

/* ---- deadlines ---- */

/** _i: over TLS. */
START_TEST(a_message_that_is_never_finished_ends_the_connection)
{
    start(RT_TLS_OFF);
    join(&far[0], _i);
    say(&far[0], "OPTIONS sip:192.0.2.10 SIP/2.0\r\n");
    fake_advance(20 * RT_S);
    say(&far[0], "Max-Forwards: 70\r\n"); /* slowness does not help */
    fake_advance(10 * RT_S - 1);
    ck_assert(!far[0].over);
    fake_advance(RT_MS);
    ck_assert(far[0].over);
    ck_assert_uint_eq(count(SIP_CONN_SLOW), 1);
}
END_TEST

START_TEST(a_handshake_that_is_never_finished_ends_the_connection)
{
    union rt_addr to = addr("192.0.2.10:5061");

    start(RT_TLS_OFF);
    ck_assert_int_eq(rt_stream_connect(&far[0].tcp, loop, &to, &tcp_ops, &far[0]), 0);
    fake_advance(31 * RT_S);
    ck_assert(far[0].over);
    ck_assert_uint_eq(count(SIP_CONN_SLOW), 1);
}
END_TEST

START_TEST(an_unused_connection_is_closed)
{
    cfg.idle = 60 * RT_S;
    start(RT_TLS_OFF);
    join(&far[0], true);
    fake_advance(50 * RT_S);
    say(&far[0], options("TLS far;branch=z9hG4bK1"));
    fake_advance(50 * RT_S);
    say(&far[0], "\r\n\r\n");
    fake_advance(60 * RT_S - 1);
    ck_assert(!far[0].over);
    fake_advance(RT_MS);
    ck_assert(far[0].over);
    ck_assert_uint_eq(count(SIP_CONN_IDLE), 1);
}
END_TEST

START_TEST(an_unused_connection_lives_a_quarter_of_an_hour)
{
    start(RT_TLS_OFF);
    join(&far[0], false);
    fake_advance(900 * RT_S - 1);
    ck_assert(!far[0].over);
    fake_advance(RT_MS);
    ck_assert(far[0].over);
}
END_TEST

/* ---- RFC 5626 4.4.1 ---- */

START_TEST(a_ping_gets_its_pong)
{
    start(RT_TLS_OFF);
    join(&far[0], false);
    say(&far[0], "\r\n\r");
    silent(&far[0]);
    say(&far[0], "\n");
    ck_assert_str_eq(far[0].in.p, "\r\n");
    rt_buf_reset(&far[0].in);
    say(&far[0], "\r\n\r\n\r\n\r\n");
    ck_assert_str_eq(far[0].in.p, "\r\n\r\n");
    rt_buf_reset(&far[0].in);
    say(&far[0], "\r\n"); /* before a message: nothing special */
    say(&far[0], options("TCP far;branch=z9hG4bK1"));
    say(&far[0], "\r\n");
    ck_assert(strncmp(far[0].in.p, "SIP/2.0 200 ", 12) == 0);
    ck_assert_uint_eq(count(SIP_CONN_PINGS), 3);
}
END_TEST

START_TEST(we_ping_and_mind_the_pong)
{
    cfg.keepalive = 60 * RT_S;
    start(RT_TLS_OFF);
    far_listens(false);
    ask(SIP_TCP, "192.0.2.1:5060", NULL, 0);
    say(&far[0], reply(far[0].in.p, "200 OK"));
    rt_buf_reset(&far[0].in);
    fake_advance(60 * RT_S);
    ck_assert_str_eq(far[0].in.p, "\r\n\r\n");
    say(&far[0], "\r\n");
    rt_buf_reset(&far[0].in);
    fake_advance(60 * RT_S);
    ck_assert_str_eq(far[0].in.p, "\r\n\r\n");
    fake_advance(10 * RT_S); /* it knows how, and says nothing */
    ck_assert(far[0].over);
    ck_assert_uint_eq(count(SIP_CONN_DEAD), 1);
}
END_TEST

START_TEST(whoever_never_answers_pings_is_left_alone)
{
    cfg.keepalive = 60 * RT_S;
    start(RT_TLS_OFF);
    far_listens(false);
    ask(SIP_TCP, "192.0.2.1:5060", NULL, 0);
    say(&far[0], reply(far[0].in.p, "200 OK"));
    fake_advance(3600 * RT_S);
    ck_assert(!far[0].over);
}
END_TEST

/* ---- limits ---- */

START_TEST(one_address_has_its_limit)
{
    cfg.per_source = 2;
    start(RT_TLS_OFF);
    for (unsigned i = 0; i < 3; i++)
        join(&far[i], i == 1);
    ck_assert(!far[0].over && !far[1].over && far[2].over);
    ck_assert_uint_eq(count(SIP_CONN_CROWD), 1);
    hang_up(&far[0]);
    fake_settle();
    join(&far[3], false);
    ck_assert(!far[3].over);
}
END_TEST

START_TEST(all_together_have_their_limit)
{
    cfg.connections = 2;
    start(RT_TLS_OFF);
    for (unsigned i = 0; i < 3; i++)
        join(&far[i], false);
    ck_assert(far[2].over);
    ck_assert_uint_eq(count(SIP_CONN_FULL), 1);
    far_listens(false); /* our own are counted apart */
    accepted = 3;
    ask(SIP_TCP, "192.0.2.1:5060", NULL, 0);
    ck_assert(heard(&far[3], "OPTIONS "));
}
END_TEST

START_TEST(thousands_of_connections_are_told_apart)
{
    static struct far many[3000];
    union rt_addr to = addr("192.0.2.10:5060");

    cfg.connections = cfg.per_source = RT_COUNT(many);
    start(RT_TLS_OFF);
    for (unsigned i = 0; i < RT_COUNT(many); i++)
        ck_assert_int_eq(rt_stream_connect(&many[i].tcp, loop, &to, &tcp_ops, &many[i]), 0);
    fake_settle();
    ck_assert_uint_eq(streams(), RT_COUNT(many));
    for (unsigned i = 0; i < RT_COUNT(many); i += 100) {
        say(&many[i], options("TCP far;branch=z9hG4bK1"));
        ck_assert(heard(&many[i], "SIP/2.0 200 "));
    }
    for (unsigned i = 0; i < RT_COUNT(many); i++) {
        hang_up(&many[i]);
        rt_buf_release(&many[i].in);
    }
    fake_settle();
    ck_assert_uint_eq(streams(), 0);
}
END_TEST

/* ---- RFC 3261 18.1.1 ---- */

static char datagram[70000];

static bool next_datagram(void)
{
    size_t n;

    fake_settle();
    if (rt_udp_recv(udp, datagram, sizeof datagram - 1, &n, NULL) != 0)
        return false;
    datagram[n] = '\0';
    return true;
}

START_TEST(a_request_of_1300_octets_is_the_largest_by_udp)
{
    start(RT_TLS_OFF);
    far_listens(false);
    ask(SIP_UDP, "192.0.2.1:5060", NULL, 100);
    ck_assert(next_datagram());
    size_t fill = 100 + 1300 - strlen(datagram);
    ask(SIP_UDP, "192.0.2.1:5060", NULL, fill);
    ck_assert(next_datagram());
    ck_assert_uint_eq(strlen(datagram), 1300);
    ck_assert_uint_eq(accepted, 0);
    ask(SIP_UDP, "192.0.2.1:5060", NULL, fill + 1);
    ck_assert(!next_datagram());
    ck_assert_uint_eq(accepted, 1);
    ck_assert_uint_eq(far[0].in.n, 1301);
    ck_assert(heard(&far[0], "\r\nVia: SIP/2.0/TCP 192.0.2.10:5060;branch=z9hG4bK"));
    ck_assert_uint_eq(count(SIP_CONN_SWITCHED), 1);
    say(&far[0], reply(far[0].in.p, "200 OK"));
    ck_assert_int_eq(answered, 200);
}
END_TEST

START_TEST(the_size_can_be_chosen)
{
    cfg.max_udp = 5000;
    start(RT_TLS_OFF);
    ask(SIP_UDP, "192.0.2.1:5060", NULL, 3000);
    ck_assert(next_datagram());
    ck_assert_uint_eq(count(SIP_CONN_SWITCHED), 0);
}
END_TEST

START_TEST(where_tcp_is_refused_udp_is_used)
{
    start(RT_TLS_OFF);
    ask(SIP_UDP, "192.0.2.1:5060", NULL, 3000);
    ck_assert(next_datagram());
    ck_assert_ptr_nonnull(strstr(datagram, "\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK"));
    ck_assert_uint_eq(count(SIP_CONN_UNSWITCHED), 1);
    ck_assert(!next_datagram());
    fake_advance(500 * RT_MS); /* Timer E */
    ck_assert(next_datagram());
    ck_assert_int_eq(answered, -1);
}
END_TEST

START_TEST(where_tcp_breaks_before_an_answer_udp_is_used)
{
    start(RT_TLS_OFF);
    far_listens(false);
    ask(SIP_UDP, "192.0.2.1:5060", NULL, 3000);
    ck_assert(heard(&far[0], "OPTIONS "));
    ck_assert(!next_datagram());
    hang_up(&far[0]);
    ck_assert(next_datagram());
    ck_assert_int_eq(answered, -1);
}
END_TEST

START_TEST(where_tcp_breaks_after_an_answer_it_has_failed)
{
    start(RT_TLS_OFF);
    far_listens(false);
    ask(SIP_UDP, "192.0.2.1:5060", NULL, 3000);
    say(&far[0], reply(far[0].in.p, "100 Trying"));
    hang_up(&far[0]);
    ck_assert(!next_datagram());
    ck_assert_int_eq(answered, 0);
}
END_TEST

START_TEST(without_a_tcp_listener_of_ours_everything_goes_by_udp)
{
    cfg.listen[1] = cfg.listen[2];
    cfg.nlisten = 2;
    start(RT_TLS_OFF);
    far_listens(false);
    ask(SIP_UDP, "192.0.2.1:5060", NULL, 3000);
    ck_assert(next_datagram());
    ck_assert_uint_eq(accepted, 0);
}
END_TEST

/* ---- responses, families ---- */

START_TEST(maddr_does_not_send_answers_elsewhere)
{
    union rt_addr to = addr("192.0.2.10:5060"), victim = addr("198.51.100.1:5060");
    const char *text = options("UDP 192.0.2.1:5060;branch=z9hG4bK1;maddr=198.51.100.1");
    struct rt_udp *other;
    size_t n;

    start(RT_TLS_OFF);
    ck_assert_int_eq(rt_udp_open(&other, loop, &victim, NULL, NULL), 0);
    rt_udp_send(udp, text, strlen(text), &to);
    ck_assert(next_datagram());
    ck_assert(strncmp(datagram, "SIP/2.0 200 ", 12) == 0);
    ck_assert_int_eq(rt_udp_recv(other, datagram, sizeof datagram, &n, NULL), EAGAIN);
    ck_assert_uint_eq(count(SIP_CONN_MADDR), 1);
    text = options("UDP 192.0.2.1:5060;branch=z9hG4bK1;maddr=192.0.2.1"); /* where it came from */
    rt_udp_send(udp, text, strlen(text), &to);
    ck_assert(next_datagram());
    ck_assert_uint_eq(count(SIP_CONN_MADDR), 1);
    rt_udp_close(other);
}
END_TEST

START_TEST(both_families_live_side_by_side)
{
    static const char *const both[] = {"0.0.0.0:5080", "[::]:5080"};
    union rt_addr from = addr("[2001:db8::1]:5060"), to = addr("[2001:db8::10]:5080");
    const char *text = options("UDP [2001:db8::1]:5060;branch=z9hG4bK1");
    struct rt_udp *six;
    size_t n;

    cfg.nlisten = 4;
    for (unsigned i = 0; i < 4; i++)
        cfg.listen[i] = (struct sip_listen){i < 2 ? SIP_UDP : SIP_TCP, addr(both[i % 2])};
    start(RT_TLS_OFF);
    ck_assert_int_eq(rt_udp_open(&six, loop, &from, NULL, NULL), 0);
    rt_udp_send(six, text, strlen(text), &to);
    fake_settle();
    ck_assert_int_eq(rt_udp_recv(six, datagram, sizeof datagram, &n, NULL), 0);
    ck_assert(strncmp(datagram, "SIP/2.0 200 ", 12) == 0);
    ask(SIP_UDP, "[2001:db8::1]:5060", NULL, 0);
    ck_assert_int_eq(rt_udp_recv(six, datagram, sizeof datagram, &n, NULL), 0);
    ask(SIP_UDP, "192.0.2.1:5060", NULL, 0);
    ck_assert(next_datagram());
    rt_udp_close(six);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_request_over_tls_is_answered_there,
        without_tls_there_is_no_tls_listener,
        a_request_goes_out_over_tls,
        whoever_is_not_the_domain_gets_nothing,
        an_address_is_verified_as_such,
        a_connection_is_used_again_for_the_same_domain_alone,
        a_connection_that_has_just_ended_is_made_anew,
        a_handshake_that_is_never_finished_ends_the_connection,
        an_unused_connection_is_closed,
        an_unused_connection_lives_a_quarter_of_an_hour,
        a_ping_gets_its_pong,
        we_ping_and_mind_the_pong,
        whoever_never_answers_pings_is_left_alone,
        one_address_has_its_limit,
        all_together_have_their_limit,
        thousands_of_connections_are_told_apart,
        a_request_of_1300_octets_is_the_largest_by_udp,
        the_size_can_be_chosen,
        where_tcp_is_refused_udp_is_used,
        where_tcp_breaks_before_an_answer_udp_is_used,
        where_tcp_breaks_after_an_answer_it_has_failed,
        without_a_tcp_listener_of_ours_everything_goes_by_udp,
        maddr_does_not_send_answers_elsewhere,
        both_families_live_side_by_side,
    };
    Suite *s = suite_create("sip transport");
    TCase *tc = tcase_create("sip transport");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    for (size_t i = 0; i < RT_COUNT(tests); i++)
        tcase_add_test(tc, tests[i]);
    tcase_add_loop_test(tc, a_stream_cut_at_each_octet_is_read, 0, 2);
    tcase_add_loop_test(tc, a_verified_peer_may_offer_its_connection, 0, RT_COUNT(aliases));
    tcase_add_loop_test(tc, a_message_that_is_never_finished_ends_the_connection, 0, 2);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
