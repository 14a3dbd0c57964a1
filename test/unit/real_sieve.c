/* The kernel's sieve on a socket of this machine: whose datagrams arrive. */
#include "gw/rt/buf.h"
#include "gw/rt/net.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rt_udp *open_at(const char *host)
{
    struct rt_udp *u;
    union rt_addr a;

    ck_assert_int_eq(rt_addr_parse(&a, host, strlen(host), 0), 0);
    ck_assert_int_eq(rt_udp_open(&u, NULL, &a, NULL, NULL), 0);
    return u;
}

static struct rt_sieve_row row(const char *block, bool pass)
{
    struct rt_sieve_row r = {.pass = pass};

    ck_assert_int_eq(rt_cidr_parse(&r.block, block, strlen(block)), 0);
    return r;
}

/** Of `n` datagrams from that address so many arrive. */
static unsigned arrive(struct rt_udp *to, const char *host, unsigned n)
{
    struct rt_udp *from = open_at(host);
    unsigned came = 0;
    char buf[16];
    size_t len;

    for (unsigned i = 0; i < n; i++) {
        ck_assert_int_eq(rt_udp_send(from, "x", 1, rt_udp_local(to)), 0);
        came += rt_udp_recv(to, buf, sizeof buf, &len, NULL) == 0;
    }
    rt_udp_close(from);
    return came;
}

START_TEST(the_closest_block_counts)
{
    struct rt_udp *u = open_at("127.0.0.1");
    struct rt_sieve_row rows[] = {row("127.0.0.2", false), row("127.1.0.0/16", false),
                                  row("127.1.2.0/24", true), row("127.1.2.7", false)};

    ck_assert_int_eq(rt_udp_sieve(u, rows, RT_COUNT(rows), RT_SIEVE_ALL), 0);
    ck_assert_uint_eq(arrive(u, "127.0.0.1", 3), 3);
    ck_assert_uint_eq(arrive(u, "127.0.0.2", 3), 0);
    ck_assert_uint_eq(arrive(u, "127.0.0.3", 3), 3);
    ck_assert_uint_eq(arrive(u, "127.1.0.0", 3), 0);
    ck_assert_uint_eq(arrive(u, "127.1.2.1", 3), 3);
    ck_assert_uint_eq(arrive(u, "127.1.2.7", 3), 0);
    ck_assert_uint_eq(arrive(u, "127.1.255.255", 3), 0);
    ck_assert_uint_eq(arrive(u, "127.2.0.0", 3), 3);
    ck_assert_uint_eq(rt_udp_dropped(u), 12);
    ck_assert_int_eq(rt_udp_sieve(u, NULL, 0, RT_SIEVE_ALL), 0);
    ck_assert_uint_eq(arrive(u, "127.0.0.2", 3), 3);
    rt_udp_close(u);
}
END_TEST

/** A quarter of 4,000: 1,000, give or take five standard deviations of 27. */
START_TEST(of_the_others_a_share_passes)
{
    struct rt_udp *u = open_at("127.0.0.1");
    struct rt_sieve_row friend = row("127.0.0.2", true);

    ck_assert_int_eq(rt_udp_sieve(u, &friend, 1, RT_SIEVE_ALL / 4), 0);
    ck_assert_uint_eq(arrive(u, "127.0.0.2", 100), 100);
    unsigned came = arrive(u, "127.0.0.3", 4000);
    ck_assert_uint_gt(came, 860);
    ck_assert_uint_lt(came, 1140);
    rt_udp_close(u);
}
END_TEST

START_TEST(as_many_rows_as_there_may_be)
{
    static struct rt_sieve_row rows[RT_SIEVE_MAX + 1];
    struct rt_udp *u = open_at("127.0.0.1"), *six = open_at("::1");
    char host[32];

    for (unsigned i = 0; i <= RT_SIEVE_MAX; i++) { /* each other address: 601 stretches each way */
        snprintf(host, sizeof host, "127.5.%u.%u", 2 * i / 256, 2 * i % 256);
        rows[i] = row(host, false);
    }
    ck_assert_int_eq(rt_udp_sieve(u, rows, RT_SIEVE_MAX + 1, 128), E2BIG);
    ck_assert_int_eq(rt_udp_sieve(u, rows, RT_SIEVE_MAX, RT_SIEVE_ALL), 0);
    ck_assert_uint_eq(arrive(u, "127.5.0.0", 1), 0);
    ck_assert_uint_eq(arrive(u, "127.5.0.1", 1), 1);
    ck_assert_uint_eq(arrive(u, "127.5.4.174", 1), 0); /* the 600th: 1198 = 4 * 256 + 174 */
    ck_assert_uint_eq(arrive(u, "127.5.4.175", 1), 1);
    ck_assert_uint_eq(arrive(u, "127.5.4.176", 1), 1);
    ck_assert_int_eq(rt_udp_sieve(six, rows, 1, RT_SIEVE_ALL), ENOTSUP);
    rt_udp_close(u);
    rt_udp_close(six);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sieve");
    TCase *t = tcase_create("sieve");

    tcase_add_test(t, the_closest_block_counts);
    tcase_add_test(t, of_the_others_a_share_passes);
    tcase_add_test(t, as_many_rows_as_there_may_be);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
