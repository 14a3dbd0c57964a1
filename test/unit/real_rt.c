/* The real kernel's half of gw/rt: sockets, streams, threads. Everything on loopback, on ports the
 * kernel chooses. */
#include "gw/rt/chan.h"
#include "gw/rt/file.h"
#include "gw/rt/net.h"

#include <check.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static struct rt_loop *loop;
static struct rt_timer guard;

static void give_up(void *arg)
{
    (void)arg;
    rt_loop_stop(loop);
}

static void setup(void)
{
    rt_loop_new(&loop, "real");
    rt_timer_init(&guard, loop, give_up, NULL);
    rt_timer_start(&guard, 5 * RT_S);
}

static void teardown(void)
{
    rt_timer_stop(&guard);
    rt_loop_free(loop);
}

static void parse(union rt_addr *a, const char *text)
{
    ck_assert_int_eq(rt_addr_parse(a, text, strlen(text), 0), 0);
}

struct got {
    char data[64];
    size_t n;
    union rt_addr from;
    int closed;
};

static void take_datagram(void *arg, struct rt_udp *u)
{
    struct got *g = arg;
    ck_assert_int_eq(rt_udp_recv(u, g->data, sizeof g->data, &g->n, &g->from), 0);
    ck_assert_int_eq(rt_udp_recv(u, g->data + 32, 32, &(size_t){0}, NULL), EAGAIN);
    rt_loop_stop(loop);
}

START_TEST(a_datagram_arrives_with_its_senders_address)
{
    static const char *const hosts[] = {"127.0.0.1:0", "[::1]:0"};
    struct rt_udp *a, *b;
    union rt_addr any;
    struct got g = {.n = 0};

    parse(&any, hosts[_i]);
    ck_assert_int_eq(rt_udp_open(&a, loop, &any, take_datagram, &g), 0);
    ck_assert_int_eq(rt_udp_open(&b, loop, &any, NULL, NULL), 0);
    ck_assert_int_eq(rt_udp_send(b, "hello", 5, rt_udp_local(a)), 0);
    rt_loop_run(loop);
    ck_assert_uint_eq(g.n, 5);
    ck_assert(rt_addr_equal(&g.from, rt_udp_local(b)));
    rt_udp_close(a);
    rt_udp_close(b);
}
END_TEST

static size_t take_octets(void *arg, struct rt_stream *s, const char *buf, size_t len)
{
    struct got *g = arg;

    (void)s;
    if (len < 10)
        return 0; /* more must come before anything is consumed */
    memcpy(g->data, buf, len);
    g->n = len;
    return len;
}

static void take_end(void *arg, struct rt_stream *s, int err)
{
    struct got *g = arg;

    g->closed = err + 1;
    rt_stream_close(s);
    rt_loop_stop(loop);
}

static const struct rt_stream_ops server_ops = {.data = take_octets, .closed = take_end};

static void accept_stream(void *arg, struct rt_stream *s)
{
    rt_stream_own(s, &server_ops, arg);
}

static void say_hello(void *arg, struct rt_stream *s)
{
    (void)arg;
    rt_stream_write(s, "hello", 5);
    rt_stream_write(s, "world", 5);
    rt_stream_close(s);
}

static size_t ignore(void *arg, struct rt_stream *s, const char *buf, size_t len)
{
    (void)arg;
    (void)s;
    (void)buf;
    return len;
}

static const struct rt_stream_ops client_ops = {
    .connected = say_hello, .data = ignore, .closed = take_end};

START_TEST(a_stream_carries_octets_and_its_end)
{
    struct rt_listener *l;
    struct rt_stream *c;
    union rt_addr at;
    struct got g = {.n = 0};

    if (_i == 0)
        parse(&at, "127.0.0.1:0");
    else
        rt_addr_unix(&at, "/tmp/tandem-real-rt.sock");
    ck_assert_int_eq(rt_listen(&l, loop, &at, accept_stream, &g), 0);
    ck_assert_int_eq(rt_stream_connect(&c, loop, rt_listener_local(l), &client_ops, &g), 0);
    rt_loop_run(loop);
    ck_assert_uint_eq(g.n, 10);
    ck_assert_int_eq(g.closed, 1);
    rt_listener_close(l);
}
END_TEST

START_TEST(a_living_unix_socket_is_not_taken_over_a_dead_one_is)
{
    union rt_addr at;
    struct rt_listener *l, *m;

    rt_addr_unix(&at, "/tmp/tandem-real-rt2.sock");
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    unlink(at.un.sun_path);
    ck_assert_int_eq(bind(fd, &at.sa, sizeof at.un), 0);
    close(fd); /* the file stays: a dead process's */
    ck_assert_int_eq(rt_listen(&l, loop, &at, accept_stream, NULL), 0);
    ck_assert_int_eq(rt_listen(&m, loop, &at, accept_stream, NULL), EADDRINUSE);
    rt_listener_close(l);
}
END_TEST

START_TEST(a_file_that_is_no_socket_is_not_taken_over)
{
    static const char path[] = "/tmp/tandem-real-rt3.sock";
    struct rt_listener *l;
    struct rt_file_info info;
    union rt_addr at;

    rt_addr_unix(&at, path);
    ck_assert_int_eq(rt_file_replace(path, "mine", 4, 0600), 0);
    ck_assert_int_eq(rt_listen(&l, loop, &at, accept_stream, NULL), EADDRINUSE);
    ck_assert_int_eq(rt_file_stat(&info, path), 0);
    ck_assert_uint_eq(info.size, 4);
    rt_file_remove(path);
}
END_TEST

START_TEST(a_refused_connection_is_told)
{
    struct rt_listener *l;
    struct rt_stream *c;
    union rt_addr at;
    struct got g = {.n = 0};

    parse(&at, "127.0.0.1:0");
    ck_assert_int_eq(rt_listen(&l, loop, &at, accept_stream, &g), 0);
    at = *rt_listener_local(l);
    rt_listener_close(l);
    int err = rt_stream_connect(&c, loop, &at, &client_ops, &g);
    if (err == 0) {
        rt_loop_run(loop);
        err = g.closed - 1;
    }
    ck_assert_int_eq(err, ECONNREFUSED);
}
END_TEST

struct pingpong {
    struct rt_chan *there, *back;
    unsigned left;
};

static void pong(void *arg, const void *msg)
{
    struct pingpong *p = arg;
    rt_chan_send(p->back, msg);
}

static void ping(void *arg, const void *msg)
{
    struct pingpong *p = arg;

    ck_assert_uint_eq(*(const unsigned *)msg, p->left);
    if (--p->left == 0)
        rt_loop_stop(loop);
    else
        rt_chan_send(p->there, &p->left);
}

START_TEST(two_threads_never_lose_a_wake_up)
{
    struct rt_loop *other;
    struct rt_thread *t;
    struct pingpong p = {.left = 20000};

    rt_loop_new(&other, "other");
    rt_chan_new(&p.there, other, sizeof(unsigned), 4, pong, &p);
    rt_chan_new(&p.back, loop, sizeof(unsigned), 4, ping, &p);
    ck_assert_int_eq(rt_thread_start(&t, other), 0);
    rt_chan_send(p.there, &p.left);
    rt_loop_run(loop);
    ck_assert_uint_eq(p.left, 0);
    rt_thread_stop(t);
    rt_chan_free(p.there);
    rt_chan_free(p.back);
    rt_loop_free(other);
}
END_TEST

START_TEST(an_append_file_grows_and_can_be_cut)
{
    struct rt_append *a;
    struct rt_buf b = {0};
    static const char path[] = "/tmp/tandem-real-rt/deep/file";

    rt_file_remove(path);
    ck_assert_int_eq(rt_append_open(&a, path, 0600), 0);
    ck_assert_int_eq(rt_append_write(a, "one\ntwo\n", 8), 0);
    ck_assert_int_eq(rt_append_sync(a), 0);
    ck_assert_int_eq(rt_append_truncate(a, 4), 0);
    ck_assert_int_eq(rt_append_write(a, "three\n", 6), 0);
    rt_append_close(a);
    ck_assert_int_eq(rt_file_read(&b, path, 100), 0);
    ck_assert_str_eq(b.p, "one\nthree\n");
    rt_buf_release(&b);
    ck_assert_int_eq(rt_file_read(&b, path, 3), EFBIG);
    rt_buf_release(&b);
    rt_file_remove(path);
}
END_TEST

/** libpri's timers hang on it: its gettimeofday() is to be ours, not the C library's. */
START_TEST(libraries_have_the_clock_that_nobody_sets)
{
    void *seen = dlsym(RTLD_DEFAULT, "gettimeofday");
    int (*theirs)(struct timeval *restrict, void *restrict);
    struct timeval tv;

    memcpy(&theirs, &seen, sizeof theirs);
    ck_assert(theirs == gettimeofday);
    rt_time before = rt_steady();
    ck_assert_int_eq(theirs(&tv, NULL), 0);
    rt_time at = tv.tv_sec * RT_S + tv.tv_usec, after = rt_steady();
    ck_assert(before <= at && at <= after);
    ck_assert_int_lt(llabs(after - rt_wall()), RT_S);
}
END_TEST

/* Under systemd of a container /proc/sys may be hidden, and nobody have said it. */
START_TEST(the_start_of_the_machine_has_a_name_that_stays)
{
    char one[RT_BOOT_LEN], two[RT_BOOT_LEN];
    bool hidden = access("/proc/sys/kernel/random/boot_id", R_OK) != 0;

    ck_assert_int_eq(setenv("TANDEM_BOOT_ID", "told", 1), 0);
    ck_assert_str_eq(rt_boot(one), rt_boot(two));
    ck_assert_uint_eq(strlen(one), hidden ? 4 : 36);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("rt on the real kernel");
    TCase *tc = tcase_create("real");

    tcase_set_timeout(tc, 20);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_datagram_arrives_with_its_senders_address, 0, 2);
    tcase_add_loop_test(tc, a_stream_carries_octets_and_its_end, 0, 2);
    tcase_add_test(tc, a_living_unix_socket_is_not_taken_over_a_dead_one_is);
    tcase_add_test(tc, a_file_that_is_no_socket_is_not_taken_over);
    tcase_add_test(tc, the_start_of_the_machine_has_a_name_that_stays);
    tcase_add_test(tc, a_refused_connection_is_told);
    tcase_add_test(tc, two_threads_never_lose_a_wake_up);
    tcase_add_test(tc, an_append_file_grows_and_can_be_cut);
    tcase_add_test(tc, libraries_have_the_clock_that_nobody_sets);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
