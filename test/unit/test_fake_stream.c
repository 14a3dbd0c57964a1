/* The fake network's streams: each process connects from its own machine, and a line that is cut
 * resets both ends. */
#include "gw/rt/loop.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>

struct end {
    struct rt_stream *s;
    unsigned octets;
    bool up;
    int closed; /* -1: not */
};

static struct rt_loop *loop;
static struct rt_listener *listener;
static struct end near, far;
static bool cut;
static unsigned asked;

static void connected(void *arg, struct rt_stream *s)
{
    (void)s;
    ((struct end *)arg)->up = true;
}

static size_t data(void *arg, struct rt_stream *s, const char *p, size_t n)
{
    (void)s, (void)p;
    ((struct end *)arg)->octets += (unsigned)n;
    return n;
}

static void closed(void *arg, struct rt_stream *s, int err)
{
    struct end *e = arg;

    e->closed = err;
    rt_stream_close(s);
}

static const struct rt_stream_ops ops = {.connected = connected, .data = data, .closed = closed};

static void on_accept(void *arg, struct rt_stream *s)
{
    (void)arg;
    far.s = s;
    rt_stream_own(s, &ops, &far);
}

static bool carries(void *arg, const union rt_addr *from, const union rt_addr *to, const void *buf,
                    size_t len)
{
    char a[RT_ADDR_LEN], b[RT_ADDR_LEN];

    (void)arg, (void)buf;
    ck_assert_str_eq(rt_addr_format(b, to), "10.0.0.1:5060");
    ck_assert(strncmp(rt_addr_format(a, from), "10.0.1.3:", 9) == 0);
    asked += len == 0 ? 1 : 100;
    return !cut;
}

static void setup(void)
{
    union rt_addr at;

    fake_reset();
    near = far = (struct end){.closed = -1};
    cut = false;
    asked = 0;
    fake_local_address("10.0.0.1");
    fake_process_address(3, "10.0.1.3");
    fake_stream_hook(carries, NULL);
    ck_assert_int_eq(rt_loop_new(&loop, "test"), 0);
    rt_addr_parse(&at, "10.0.0.1", 8, 5060);
    ck_assert_int_eq(rt_listen(&listener, loop, &at, on_accept, NULL), 0);
}

static void teardown(void)
{
    struct fake_leaks leaks;

    rt_listener_close(listener);
    fake_settle();
    fake_leaks(&leaks);
    ck_assert_uint_eq(leaks.streams, 0);
    rt_loop_free(loop);
    fake_reset();
}

static void connect_from(unsigned process)
{
    unsigned before = fake_process(process);
    union rt_addr to;

    rt_addr_parse(&to, "10.0.0.1", 8, 5060);
    ck_assert_int_eq(rt_stream_connect(&near.s, loop, &to, &ops, &near), 0);
    fake_process(before);
    fake_settle();
}

START_TEST(a_process_connects_from_its_own_machine)
{
    char text[RT_ADDR_LEN];

    connect_from(3);
    ck_assert(near.up);
    ck_assert_uint_eq(asked, 1);
    ck_assert_str_eq(rt_addr_format(text, rt_stream_peer(far.s)),
                     rt_addr_format((char[RT_ADDR_LEN]){0}, rt_stream_local(near.s)));
    ck_assert_int_eq(rt_stream_write(near.s, "abc", 3), 0);
    fake_settle();
    ck_assert_uint_eq(asked, 101);
    ck_assert_uint_eq(far.octets, 3);
    rt_stream_close(near.s);
    fake_settle();
    ck_assert_int_eq(far.closed, 0);
}
END_TEST

START_TEST(a_line_that_is_cut_resets_both_ends)
{
    connect_from(3);
    cut = true;
    ck_assert_int_eq(rt_stream_write(near.s, "abc", 3), 0);
    fake_settle();
    ck_assert_uint_eq(far.octets, 0);
    ck_assert_int_eq(near.closed, ECONNRESET);
    ck_assert_int_eq(far.closed, ECONNRESET);
}
END_TEST

START_TEST(nothing_connects_over_a_cut_line)
{
    cut = true;
    connect_from(3);
    ck_assert(!near.up);
    ck_assert_ptr_null(far.s);
    ck_assert_int_eq(near.closed, ETIMEDOUT);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("fake stream");
    TCase *t = tcase_create("machines and cuts");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_process_connects_from_its_own_machine);
    tcase_add_test(t, a_line_that_is_cut_resets_both_ends);
    tcase_add_test(t, nothing_connects_over_a_cut_line);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
