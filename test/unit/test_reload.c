/* SIGHUP while a disk does not answer: certificates and users are read aside, in the whole gateway.
 * Signalling answers meanwhile, and what was read counts when it comes.
 */
#define WATCH_SIP " listen tls:127.0.0.1:5061\n tls cert dns.crt key dns.key ca ca.crt verify off\n"
#include "test/unit/watch_rig.h"

#include "gw/registrar.h"
#include "gw/reload.h"
#include "test/unit/tls_files.h"
#include "test/unit/log_lines.h"

#define REGISTRAR "registrar {\n realm example.com\n users file:/var/users/list\n}\n"
#define FINISH    (10 * RT_S)

static struct rt_udp *far_end;
static struct rt_tls *trusting;

/** One connection to the gateway's TLS. */
static struct peer {
    struct rt_tls_stream *s;
    struct rt_buf in;
    bool up;
} one, two;

/* ---- the world ---- */

static unsigned said(const char *what)
{
    unsigned n = 0;

    for (const char *p = lines; (p = strstr(p, what)) != NULL; p++)
        n++;
    return n;
}

static void write_users(const char *name)
{
    struct rt_buf text = {0};

    ck_assert_int_eq(gw_users_passwd(&text, name, "example.com", rt_str("secret")), 0);
    ck_assert_int_eq(rt_file_replace("/var/users/list", text.p, text.n, 0600), 0);
    rt_buf_release(&text);
}

static void files(void)
{
    tls_files();
    write_users("anna");
}

/** Another certificate under the same name. */
static void copy(const char *from, const char *to)
{
    struct rt_buf text = {0};

    ck_assert_int_eq(rt_file_read(&text, from, 1 << 20), 0);
    ck_assert_int_eq(rt_file_replace(to, text.p, text.n, 0600), 0);
    rt_buf_release(&text);
}

static void new_certificate(const char *name)
{
    char file[40];

    snprintf(file, sizeof file, "%s.crt", name);
    copy(file, "dns.crt");
    snprintf(file, sizeof file, "%s.key", name);
    copy(file, "dns.key");
}

static void setup(void)
{
    union rt_addr here;

    before_start = files;
    start_with(REGISTRAR);
    rt_log_set_all(RT_NOTICE);
    log_lines_keep();
    rt_addr_parse(&here, "127.0.0.1:5062", 14, 0);
    ck_assert_int_eq(rt_udp_open(&far_end, NULL, &here, NULL, NULL), 0);
    trusting = tls_context("client", RT_TLS_OFF);
    for (size_t i = 0; i < RT_TLS_NCOUNTERS; i++)
        rt_tls_counters[i].value = 0;
}

static void end_far(void)
{
    struct peer *const peers[] = {&one, &two};

    for (size_t i = 0; i < RT_COUNT(peers); i++) {
        rt_tls_close(peers[i]->s);
        rt_buf_release(&peers[i]->in);
        *peers[i] = (struct peer){.s = NULL};
    }
    rt_tls_free(trusting);
    rt_udp_close(far_end);
}

static void teardown(void)
{
    end_far();
    stop();
    ck_assert_uint_eq(gw_plans_alive(), 0);
}

/* ---- who asks the gateway ---- */

#define OPTIONS                                                                                    \
    "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/%s 127.0.0.1:5062;branch=z9hG4bK%u\r\n"         \
    "Max-Forwards: 70\r\nFrom: <sip:far@127.0.0.1:5062>;tag=1\r\nTo: <sip:127.0.0.1>\r\n"          \
    "Call-ID: %u\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"

static unsigned transactions;

static void signalling_answers(void)
{
    char text[2048];
    union rt_addr from, to;
    size_t len = 0;

    transactions++;
    snprintf(text, sizeof text, OPTIONS, "UDP", transactions, transactions);
    rt_addr_parse(&to, "127.0.0.1:5060", 14, 0);
    ck_assert_int_eq(rt_udp_send(far_end, text, strlen(text), &to), 0);
    fake_advance(50 * RT_MS);
    ck_assert_int_eq(rt_udp_recv(far_end, text, sizeof text, &len, &from), 0);
    ck_assert_msg(strncmp(text, "SIP/2.0 200", 11) == 0, "%s", text);
}

static void on_connected(void *arg, struct rt_tls_stream *s)
{
    (void)s;
    ((struct peer *)arg)->up = true;
}

static size_t on_data(void *arg, struct rt_tls_stream *s, const char *buf, size_t len)
{
    (void)s;
    rt_buf_put(&((struct peer *)arg)->in, buf, len);
    return len;
}

static void on_closed(void *arg, struct rt_tls_stream *s, int err)
{
    (void)err;
    rt_tls_close(s);
    ((struct peer *)arg)->s = NULL;
}

static const struct rt_tls_ops ops = {
    .connected = on_connected, .data = on_data, .closed = on_closed};

/** Whether the certificate that new connections see is of `domain`. */
static bool is_certified(struct peer *p, const char *domain)
{
    union rt_addr to;

    rt_addr_parse(&to, "127.0.0.1:5061", 14, 0);
    ck_assert_int_eq(rt_tls_connect(&p->s, trusting, loop, &to, domain, &ops, p), 0);
    fake_advance(50 * RT_MS);
    return p->up;
}

static bool new_one_is_certified(const char *domain)
{
    struct peer p = {.s = NULL};
    bool is = is_certified(&p, domain);

    rt_tls_close(p.s);
    rt_buf_release(&p.in);
    fake_settle();
    return is;
}

static void connection_lives(struct peer *p)
{
    char text[1024];

    transactions++;
    snprintf(text, sizeof text, OPTIONS, "TLS", transactions, transactions);
    rt_buf_reset(&p->in);
    ck_assert_int_eq(rt_tls_write(p->s, text, strlen(text)), 0);
    fake_advance(50 * RT_MS);
    ck_assert(p->in.n > 0 && strncmp(p->in.p, "SIP/2.0 200", 11) == 0);
}

static bool has_user(const char *name)
{
    return gw_users_has(gw_registrar_users(gw->registrar), rt_str(name));
}

/* ---- */

#define OLD "sip.example.com"
#define NEW "other.example.org"

START_TEST(what_is_read_counts_for_new_connections_alone)
{
    ck_assert(is_certified(&one, OLD));
    new_certificate("other");
    write_users("bert");
    gw_reload(gw);
    fake_advance(50 * RT_MS);
    ck_assert(is_certified(&two, NEW));
    connection_lives(&one);
    ck_assert(!has_user("anna") && has_user("bert"));
    ck_assert_uint_eq(said("tls: certificates read again"), 1);
    ck_assert_uint_eq(said("registrar: 1 users read"), 1);
}
END_TEST

/** Each file that is read: that of the certificate, its key, whom we trust, the users. */
START_TEST(signalling_answers_while_a_disk_hangs)
{
    static const char *const hung[] = {"dns.crt", "dns.key", "ca.crt", "/var/users"};

    ck_assert(is_certified(&one, OLD));
    new_certificate("other");
    write_users("bert");
    fake_disk_hang(hung[_i]);
    gw_reload(gw);
    for (unsigned i = 0; i < 5; i++) {
        fake_advance(RT_S);
        signalling_answers();
        connection_lives(&one);
    }
    ck_assert(has_user("anna"));
    ck_assert_uint_eq(said("tls: certificates read again"), _i == 3);
    ck_assert(new_one_is_certified(_i == 3 ? NEW : OLD));
    fake_disk_hang(NULL);
    fake_advance(50 * RT_MS);
    ck_assert(new_one_is_certified(NEW));
    connection_lives(&one);
    ck_assert(has_user("bert"));
    ck_assert_uint_eq(said("tls: certificates read again"), 1);
    ck_assert_uint_eq(said("registrar: 1 users read"), 1);
}
END_TEST

/** The key is asked for when the certificate was read: only another reading finds the new pair. */
START_TEST(of_many_signals_meanwhile_the_last_counts_and_costs_one_reading)
{
    fake_disk_hang("dns.key");
    gw_reload(gw);
    fake_advance(RT_S);
    fake_disk_hang("dns.none");
    new_certificate("other");
    write_users("bert");
    for (unsigned i = 0; i < 3; i++)
        gw_reload(gw);
    fake_disk_hang(NULL);
    fake_advance(RT_S);
    ck_assert_uint_eq(said("tls: certificates stay as they were"), 1); /* not of one pair */
    ck_assert_uint_eq(said("tls: certificates read again"), 1);
    ck_assert_uint_eq(rt_counted(&rt_tls_counters[RT_TLS_RELOADS]), 1);
    ck_assert(new_one_is_certified(NEW));
    ck_assert(has_user("bert"));
    ck_assert_uint_le(said("registrar: 1 users read"), 2);
}
END_TEST

START_TEST(what_cannot_be_read_stays)
{
    copy("other.key", "dns.key");
    ck_assert_int_eq(rt_file_replace("/var/users/list", "anna\n", 5, 0600), 0);
    gw_reload(gw);
    fake_advance(50 * RT_MS);
    ck_assert_uint_eq(said("tls: certificates stay as they were: dns.key: "), 1);
    ck_assert_uint_eq(said("registrar: /var/users/list:1:1: a user is name:HA1"), 1);
    ck_assert(new_one_is_certified(OLD));
    ck_assert(has_user("anna"));
    copy("other.crt", "dns.crt");
    gw_reload(gw);
    fake_advance(50 * RT_MS);
    ck_assert(new_one_is_certified(NEW));
}
END_TEST

START_TEST(the_end_does_not_wait_for_what_hangs)
{
    unsigned left = rt_threads_left();

    end_far();
    fake_disk_hang(_i == 0 ? "dns.key" : "/var/users");
    gw_reload(gw);
    gw_reload(gw);
    fake_advance(RT_S);
    rt_time told = rt_now();
    rt_threads_end_by(told + FINISH);
    gw_stop(gw);
    ck_assert_int_le(rt_now() - told, FINISH + RT_S);
    ck_assert_uint_eq(rt_threads_left() - left, 1);
    fake_disk_hang(NULL); /* what the thread still has is there */
    rt_log_sink(NULL, NULL);
}
END_TEST

/** The first readings have come, the next ones have not begun. */
START_TEST(an_end_in_the_midst_of_it_leaves_nothing)
{
    gw_reload(gw);
    fake_advance(RT_S);
    ck_assert_uint_eq(said("tls: certificates read again"), 1);
    gw_reload(gw);
    gw_reload(gw);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("reload");
    TCase *tc = tcase_create("signals"), *end = tcase_create("the end");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, what_is_read_counts_for_new_connections_alone);
    tcase_add_loop_test(tc, signalling_answers_while_a_disk_hangs, 0, 4);
    tcase_add_test(tc, of_many_signals_meanwhile_the_last_counts_and_costs_one_reading);
    tcase_add_test(tc, what_cannot_be_read_stays);
    tcase_add_test(tc, an_end_in_the_midst_of_it_leaves_nothing);
    tcase_add_checked_fixture(end, setup, NULL);
    tcase_add_loop_test(end, the_end_does_not_wait_for_what_hangs, 0, 2);
    suite_add_tcase(s, tc);
    suite_add_tcase(s, end);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? 0 : 1;
}
