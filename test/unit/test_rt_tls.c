/* TLS over the fake kernel's streams: handshakes, who is who (RFC 5922 7.1, 7.2), broken files, new
 * certificates under open connections. The far end of the certificate tests is the same code with
 * another context; real openssl and gnutls clients are in test/sys. */
#include "gw/rt/log.h"
#include "test/fake/fake.h"
#include "test/unit/tls_files.h"

#include <errno.h>
#include <stdlib.h>

static struct rt_loop *loop;
static union rt_addr here, relay_addr;
static struct rt_listener *listener;
static struct rt_tls *server, *client;
static struct side {
    struct rt_tls_stream *s;
    struct rt_buf in;
    bool up, over;
    int err;
} ours, theirs; /* accepted, connected */

static void on_connected(void *arg, struct rt_tls_stream *s)
{
    struct side *side = arg;

    ck_assert_ptr_eq(side->s, s);
    side->up = true;
}

static size_t on_data(void *arg, struct rt_tls_stream *s, const char *buf, size_t len)
{
    struct side *side = arg;

    (void)s;
    rt_buf_put(&side->in, buf, len);
    return len;
}

static void on_closed(void *arg, struct rt_tls_stream *s, int err)
{
    struct side *side = arg;

    side->over = true;
    side->err = err;
    rt_tls_close(s);
    side->s = NULL;
}

static const struct rt_tls_ops ops = {
    .connected = on_connected, .data = on_data, .closed = on_closed};

static void on_accept(void *arg, struct rt_stream *s)
{
    (void)arg;
    ck_assert_int_eq(rt_tls_accept(&ours.s, server, loop, s, &ops, &ours), 0);
}

static void setup(void)
{
    fake_reset();
    tls_files();
    rt_loop_new(&loop, "test");
    rt_addr_parse(&here, "192.0.2.10:5061", 15, 0);
    rt_addr_parse(&relay_addr, "192.0.2.20:5061", 15, 0);
    memset(&ours, 0, sizeof ours);
    memset(&theirs, 0, sizeof theirs);
    ck_assert_int_eq(rt_listen(&listener, loop, &here, on_accept, NULL), 0);
    rt_log_set_all(RT_ERROR);
}

static void hang_up(void)
{
    rt_tls_close(ours.s);
    rt_tls_close(theirs.s);
    fake_settle();
    rt_buf_release(&ours.in);
    rt_buf_release(&theirs.in);
    memset(&ours, 0, sizeof ours);
    memset(&theirs, 0, sizeof theirs);
}

static void teardown(void)
{
    struct fake_leaks left;

    hang_up();
    rt_tls_free(server);
    rt_tls_free(client);
    server = client = NULL;
    rt_listener_close(listener);
    fake_settle();
    fake_leaks(&left);
    ck_assert_uint_eq(left.streams + left.listeners, 0);
    rt_loop_free(loop);
}

static void use(const char *cert, enum rt_tls_verify verify, const char *client_cert)
{
    server = tls_context(cert, verify);
    client = tls_context(client_cert, RT_TLS_OFF);
}

static void connect_to(const union rt_addr *addr, const char *domain)
{
    ck_assert_int_eq(rt_tls_connect(&theirs.s, client, loop, addr, domain, &ops, &theirs), 0);
}

static void join(const char *domain)
{
    connect_to(&here, domain);
    fake_settle();
}

static void says(struct side *from, struct side *to, const char *text)
{
    rt_buf_reset(&to->in);
    ck_assert_int_eq(rt_tls_write(from->s, text, strlen(text)), 0);
    fake_settle();
    ck_assert(to->in.n == strlen(text) && memcmp(to->in.p, text, to->in.n) == 0);
}

/* ---- octets ---- */

START_TEST(both_sides_speak)
{
    use("dns", RT_TLS_OFF, "client");
    join("sip.example.com");
    ck_assert(ours.up && theirs.up);
    says(&theirs, &ours, "one");
    says(&ours, &theirs, "two");
    says(&theirs, &ours, "three");
    ck_assert(rt_tls_verified(theirs.s) && !rt_tls_verified(ours.s));
    ck_assert(rt_tls_is(theirs.s, "sip.example.com"));
    ck_assert(!rt_tls_is(theirs.s, "other.example.com"));
    ck_assert(!rt_tls_is(ours.s, "peer.example.net"));
}
END_TEST

START_TEST(what_is_written_before_the_handshake_waits_for_it)
{
    use("dns", RT_TLS_OFF, "client");
    connect_to(&here, "sip.example.com");
    ck_assert_int_eq(rt_tls_write(theirs.s, "early", 5), 0);
    fake_settle();
    ck_assert_str_eq(ours.in.p, "early");
}
END_TEST

START_TEST(much_is_cut_into_records_and_joined_again)
{
    static char much[300000];

    for (size_t i = 0; i < sizeof much; i++)
        much[i] = (char)(i * 7 + i / 1000);
    use("dns", RT_TLS_OFF, "client");
    join("sip.example.com");
    ck_assert_int_eq(rt_tls_write(theirs.s, much, sizeof much), 0);
    fake_settle();
    ck_assert_uint_eq(ours.in.n, sizeof much);
    ck_assert_mem_eq(ours.in.p, much, sizeof much);
}
END_TEST

/* Between the two: what goes through is handed on octet by octet. */
static struct rt_stream *half[2];
static struct rt_buf waiting[2]; /* for half[i] */

static size_t relay_data(void *arg, struct rt_stream *s, const char *buf, size_t len)
{
    unsigned other = arg == &half[0] ? 1 : 0;

    (void)s;
    rt_buf_put(&waiting[other], buf, len);
    return len;
}

static void relay_closed(void *arg, struct rt_stream *s, int err)
{
    (void)err;
    rt_stream_close(s);
    *(struct rt_stream **)arg = NULL;
}

static const struct rt_stream_ops relay_ops = {.data = relay_data, .closed = relay_closed};

static void relay_accept(void *arg, struct rt_stream *s)
{
    (void)arg;
    half[0] = s;
    rt_stream_own(s, &relay_ops, &half[0]);
    ck_assert_int_eq(rt_stream_connect(&half[1], loop, &here, &relay_ops, &half[1]), 0);
}

static void relay_run(void)
{
    fake_settle();
    for (bool moved = true; moved;) {
        moved = false;
        for (unsigned i = 0; i < 2; i++) {
            struct rt_buf *b = &waiting[i];
            if (b->n == 0 || !half[i])
                continue;
            rt_stream_write(half[i], b->p, 1);
            memmove(b->p, b->p + 1, --b->n);
            moved = true;
            fake_settle();
        }
    }
}

START_TEST(a_connection_cut_at_each_octet_works)
{
    struct rt_listener *relay;

    use("dns", RT_TLS_REQUIRED, "client");
    ck_assert_int_eq(rt_listen(&relay, loop, &relay_addr, relay_accept, NULL), 0);
    connect_to(&relay_addr, "sip.example.com");
    relay_run();
    ck_assert(ours.up && theirs.up);
    for (unsigned i = 0; i < 3; i++) {
        rt_tls_write(theirs.s, "question", 8);
        relay_run();
        rt_tls_write(ours.s, "answer", 6);
        relay_run();
    }
    ck_assert_str_eq(ours.in.p, "questionquestionquestion");
    ck_assert_str_eq(theirs.in.p, "answeransweranswer");
    rt_tls_close(theirs.s);
    theirs.s = NULL;
    relay_run();
    ck_assert(ours.over && ours.err == 0);
    for (unsigned i = 0; i < 2; i++) {
        rt_stream_close(half[i]);
        rt_buf_release(&waiting[i]);
    }
    rt_listener_close(relay);
}
END_TEST

/* ---- ends ---- */

START_TEST(a_goodbye_is_an_orderly_end)
{
    use("dns", RT_TLS_OFF, "client");
    join("sip.example.com");
    rt_tls_write(theirs.s, "bye", 3);
    rt_tls_close(theirs.s);
    theirs.s = NULL;
    fake_settle();
    ck_assert_str_eq(ours.in.p, "bye");
    ck_assert(ours.over);
    ck_assert_int_eq(ours.err, 0);
}
END_TEST

START_TEST(closed_inside_a_callback_or_at_once_nothing_is_lost)
{
    use("dns", RT_TLS_OFF, "client");
    connect_to(&here, "sip.example.com");
    rt_tls_close(theirs.s); /* before anything happened */
    theirs.s = NULL;
    fake_settle();
    ck_assert(ours.over && !ours.up);
}
END_TEST

static size_t raw_data(void *arg, struct rt_stream *s, const char *buf, size_t len)
{
    (void)arg, (void)s, (void)buf;
    return len;
}

static void raw_closed(void *arg, struct rt_stream *s, int err)
{
    (void)err;
    *(bool *)arg = true;
    rt_stream_close(s);
}

START_TEST(what_is_not_tls_is_hung_up_on)
{
    static const struct rt_stream_ops raw_ops = {.data = raw_data, .closed = raw_closed};
    static const char text[] = "OPTIONS sip:192.0.2.10 SIP/2.0\r\n\r\n";
    uint64_t before = rt_counted(&rt_tls_counters[RT_TLS_FAILED]);
    struct rt_stream *raw;
    bool over = false;

    use("dns", RT_TLS_OFF, "client");
    ck_assert_int_eq(rt_stream_connect(&raw, loop, &here, &raw_ops, &over), 0);
    rt_stream_write(raw, text, sizeof text - 1);
    fake_settle();
    ck_assert(ours.over && over);
    ck_assert_int_eq(ours.err, EPROTO);
    ck_assert_uint_eq(rt_counted(&rt_tls_counters[RT_TLS_FAILED]), before + 1);
}
END_TEST

START_TEST(nobody_there_is_told_as_by_tcp)
{
    union rt_addr nowhere;

    use("dns", RT_TLS_OFF, "client");
    rt_addr_parse(&nowhere, "192.0.2.99:5061", 15, 0);
    connect_to(&nowhere, "sip.example.com");
    fake_settle();
    ck_assert(theirs.over);
    ck_assert_int_eq(theirs.err, ECONNREFUSED);
}
END_TEST

/* ---- who is who ---- */

static const struct identity {
    const char *cert, *domain;
    bool good;
} identities[] = {
    {"dns", "sip.example.com", true},
    {"dns", "SIP.Example.COM", true},
    {"dns", "example.com", false},       /* no suffix: 7.2 */
    {"dns", "a.sip.example.com", false}, /* nor the other way round */
    {"dns", "cn.example.com", false},    /* the CN counts only without subjectAltName */
    {"dns", "192.0.2.10", true},         /* an address in it */
    {"dns", "192.0.2.11", false},
    {"uri", "example.com", true},
    {"uri", "host.example.net", false}, /* a SIP URI makes DNS names void: 7.1 */
    {"uri", "user.example.com", false}, /* a URI with a user is no domain's */
    {"other", "sip.example.com", false},
    {"other", "other.example.org", true},
    {"wildcard", "sip.example.com", false},
    {"cn", "sip.example.com", true},
    {"expired", "sip.example.com", false},
    {"stranger", "sip.example.com", false},
    {"client", "peer.example.net", false}, /* it is for clients alone */
};

START_TEST(a_server_must_be_whom_we_look_for)
{
    const struct identity *i = &identities[_i];

    use(i->cert, RT_TLS_OFF, "client");
    join(i->domain);
    ck_assert_msg(theirs.up == i->good, "%s as %s", i->cert, i->domain);
    ck_assert(theirs.over == !i->good);
    ck_assert(ours.over == !i->good);
    if (!i->good)
        ck_assert_int_eq(theirs.err, EPROTO);
}
END_TEST

START_TEST(a_stranger_and_a_wrong_name_are_counted_apart)
{
    uint64_t untrusted = rt_counted(&rt_tls_counters[RT_TLS_UNTRUSTED]);
    uint64_t misnamed = rt_counted(&rt_tls_counters[RT_TLS_MISNAMED]);

    use("stranger", RT_TLS_OFF, "client");
    join("sip.example.com");
    ck_assert_uint_eq(rt_counted(&rt_tls_counters[RT_TLS_UNTRUSTED]), untrusted + 1);
    rt_tls_free(server);
    hang_up();
    server = tls_context("other", RT_TLS_OFF);
    join("sip.example.com");
    ck_assert_uint_eq(rt_counted(&rt_tls_counters[RT_TLS_MISNAMED]), misnamed + 1);
}
END_TEST

static char last_line[500];

static void keep_line(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    (void)arg, (void)sub, (void)level;
    rt_str_copy(last_line, sizeof last_line, rt_str(line));
}

START_TEST(the_log_says_what_is_wrong)
{
    rt_log_set_all(RT_WARN);
    rt_log_sink(keep_line, NULL);
    use("expired", RT_TLS_OFF, "client");
    join("sip.example.com");
    rt_log_sink(NULL, NULL);
    ck_assert_msg(strstr(last_line, "192.0.2.10:5061") && strstr(last_line, "expired"), "%s",
                  last_line);
}
END_TEST

/* The clock of the tests stands at 2026-03-01; the certificates end with 2035. */
START_TEST(time_is_the_wall_clock_of_the_runtime)
{
    use("dns", RT_TLS_OFF, "client");
    ck_assert_int_eq(rt_tls_expiry(server) / RT_S, 2082758400); /* 2036-01-01T00:00:00Z */
    join("sip.example.com");
    ck_assert(theirs.up);
    hang_up();
    fake_advance((rt_time)3600 * 86400 * RT_S);
    join("sip.example.com");
    ck_assert(!theirs.up);
}
END_TEST

static const struct mutual {
    enum rt_tls_verify verify;
    const char *client;
    bool good, verified;
} mutuals[] = {
    {RT_TLS_OFF, "client", true, false},        {RT_TLS_OFF, "stranger", true, false},
    {RT_TLS_OPTIONAL, "client", true, true},    {RT_TLS_OPTIONAL, "stranger", false, false},
    {RT_TLS_REQUIRED, "client", true, true},    {RT_TLS_REQUIRED, "stranger", false, false},
    {RT_TLS_REQUIRED, "expired", false, false}, {RT_TLS_REQUIRED, "cn", true, true},
};

START_TEST(a_client_shows_who_it_is_when_asked)
{
    const struct mutual *m = &mutuals[_i];

    use("dns", m->verify, m->client);
    ck_assert(rt_tls_mutual(server) == (m->verify != RT_TLS_OFF));
    join("sip.example.com");
    ck_assert(ours.up == m->good);
    ck_assert(theirs.over == !m->good);
    if (!m->good)
        return;
    ck_assert(rt_tls_verified(ours.s) == m->verified);
    if (strcmp(m->client, "client") == 0)
        ck_assert(rt_tls_is(ours.s, "peer.example.net") == m->verified);
    says(&theirs, &ours, "hello");
}
END_TEST

/* ---- files ---- */

START_TEST(new_certificates_are_for_new_connections)
{
    use("dns", RT_TLS_OFF, "client");
    join("sip.example.com");
    rt_tls_take(server, tls_context("other", RT_TLS_OFF));
    says(&theirs, &ours, "still here");
    hang_up();
    join("other.example.org");
    ck_assert(theirs.up);
    rt_tls_free(server);
    server = NULL;
    says(&ours, &theirs, "without the context");
}
END_TEST

static const struct broken {
    struct rt_tls_config cfg;
    int err;
    enum rt_tls_file which;
} broken[] = {
    {{"none.crt", "dns.key", "ca.crt", RT_TLS_OFF}, ENOENT, RT_TLS_CERT},
    {{"dns.crt", "none.key", "ca.crt", RT_TLS_OFF}, ENOENT, RT_TLS_KEY},
    {{"dns.crt", "dns.key", "none.crt", RT_TLS_OFF}, ENOENT, RT_TLS_CA},
    {{"dns.key", "dns.key", "ca.crt", RT_TLS_OFF}, EINVAL, RT_TLS_CERT},
    {{"dns.crt", "dns.crt", "ca.crt", RT_TLS_OFF}, EINVAL, RT_TLS_KEY},
    {{"dns.crt", "uri.key", "ca.crt", RT_TLS_OFF}, EINVAL, RT_TLS_KEY},
    {{"dns.crt", "dns.key", "junk", RT_TLS_OFF}, EINVAL, RT_TLS_CA},
    {{"empty", "dns.key", "ca.crt", RT_TLS_OFF}, EINVAL, RT_TLS_CERT},
    {{"dns.crt", "empty", "ca.crt", RT_TLS_OFF}, EINVAL, RT_TLS_KEY},
    {{"dns.crt", "dns.key", "empty", RT_TLS_OFF}, EINVAL, RT_TLS_CA},
};

START_TEST(wrong_files_are_told_by_name)
{
    const struct broken *b = &broken[_i];
    const char *names[] = {b->cfg.cert, b->cfg.key, b->cfg.ca};
    enum rt_tls_file which = RT_TLS_CERT;
    struct rt_buf why = {0};
    struct rt_tls *t;

    rt_file_replace("junk", "no certificate\n", 15, 0600);
    rt_file_replace("empty", "", 0, 0600);
    ck_assert_int_eq(rt_tls_new(&t, &b->cfg, &why, &which), b->err);
    ck_assert_int_eq(which, b->which);
    ck_assert_msg(strncmp(why.p, names[which], strlen(names[which])) == 0, "%s", why.p);
    rt_buf_release(&why);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("rt tls");
    TCase *tc = tcase_create("rt tls");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, both_sides_speak);
    tcase_add_test(tc, what_is_written_before_the_handshake_waits_for_it);
    tcase_add_test(tc, much_is_cut_into_records_and_joined_again);
    tcase_add_test(tc, a_connection_cut_at_each_octet_works);
    tcase_add_test(tc, a_goodbye_is_an_orderly_end);
    tcase_add_test(tc, closed_inside_a_callback_or_at_once_nothing_is_lost);
    tcase_add_test(tc, what_is_not_tls_is_hung_up_on);
    tcase_add_test(tc, nobody_there_is_told_as_by_tcp);
    tcase_add_loop_test(tc, a_server_must_be_whom_we_look_for, 0, RT_COUNT(identities));
    tcase_add_test(tc, a_stranger_and_a_wrong_name_are_counted_apart);
    tcase_add_test(tc, the_log_says_what_is_wrong);
    tcase_add_test(tc, time_is_the_wall_clock_of_the_runtime);
    tcase_add_loop_test(tc, a_client_shows_who_it_is_when_asked, 0, RT_COUNT(mutuals));
    tcase_add_test(tc, new_certificates_are_for_new_connections);
    tcase_add_loop_test(tc, wrong_files_are_told_by_name, 0, RT_COUNT(broken));
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
