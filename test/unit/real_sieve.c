/* The kernel's sieve on a socket of this machine: whose datagrams arrive. */
#include "gw/rt/buf.h"
#include "gw/rt/net.h"

#include <check.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    struct rt_udp *u = open_at("127.0.0.1");
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
    rt_udp_close(u);
}
END_TEST

/* ---- IPv6 ---- */

static bool write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    bool good = f && fputs(text, f) >= 0;

    return f && fclose(f) == 0 && good;
}

static bool make_network(void)
{
    char map[40];

    snprintf(map, sizeof map, "0 %u 1\n", (unsigned)getuid());
    if (geteuid() == 0
            ? unshare(CLONE_NEWNET) != 0
            : unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0 || !write_file("/proc/self/uid_map", map))
        return false;
    return write_file("/proc/sys/net/ipv6/ip_nonlocal_bind", "1") &&
           system("ip link set lo up && ip -6 route add local fd00::/8 dev lo") == 0;
}

/** A network for this test alone, in which all of fd00::/8 is ours. False, and said: the machine
 * gives us none, as a container without rights does not. */
static bool own_network(void)
{
    bool there = make_network();

    if (!there)
        printf("no network of its own: IPv6 is left out\n");
    return there;
}

/** Of one datagram from that address so many arrive. */
static unsigned six_arrive(struct rt_udp *to, const char *host)
{
    struct rt_udp *from = open_at(host);
    char buf[16];
    size_t len;

    ck_assert_int_eq(rt_udp_send(from, "x", 1, rt_udp_local(to)), 0);
    unsigned came = rt_udp_recv(to, buf, sizeof buf, &len, NULL) == 0;
    rt_udp_close(from);
    return came;
}

START_TEST(a_source_of_ipv6_is_dropped)
{
    struct rt_udp *u = open_at("::1");
    struct rt_sieve_row rows[] = {row("127.0.0.1", false), row("::1", false)};

    ck_assert_int_eq(rt_udp_sieve(u, rows, 1, RT_SIEVE_ALL), 0);
    ck_assert_uint_eq(arrive(u, "::1", 3), 3); /* that row is of IPv4 */
    ck_assert_int_eq(rt_udp_sieve(u, rows, 2, RT_SIEVE_ALL), 0);
    ck_assert_uint_eq(arrive(u, "::1", 3), 0);
    ck_assert_uint_eq(rt_udp_dropped(u), 3);
    ck_assert_int_eq(rt_udp_sieve(u, NULL, 0, RT_SIEVE_ALL), 0);
    ck_assert_uint_eq(arrive(u, "::1", 3), 3);
    ck_assert_int_eq(rt_udp_sieve(u, NULL, 0, RT_SIEVE_ALL), 0); /* none is no error */
    rt_udp_close(u);
}
END_TEST

START_TEST(of_other_sources_of_ipv6_a_share_passes)
{
    struct rt_udp *u = open_at("::1");
    struct rt_sieve_row friend = row("::1", true), other = row("::2", true);

    ck_assert_int_eq(rt_udp_sieve(u, &friend, 1, RT_SIEVE_ALL / 4), 0);
    ck_assert_uint_eq(arrive(u, "::1", 100), 100);
    ck_assert_int_eq(rt_udp_sieve(u, &other, 1, RT_SIEVE_ALL / 4), 0);
    unsigned came = arrive(u, "::1", 4000);
    ck_assert_uint_gt(came, 860);
    ck_assert_uint_lt(came, 1140);
    rt_udp_close(u);
}
END_TEST

START_TEST(the_closest_block_of_ipv6_counts)
{
    static const struct {
        const char *host;
        unsigned comes;
    } cases[] = {{"fd00::1", 1},
                 {"fd01::", 0},
                 {"fd01:0:0:1::7", 0},
                 {"fd01:0:0:2::", 1},
                 {"fd01:0:0:2::7", 0},
                 {"fd01:0:0:2::8", 1},
                 {"fd01:0:0:3::", 0},
                 {"fd01:ffff::", 0},
                 {"fd02::", 1},
                 {"fd03:0:0:5::1", 0},
                 {"fd03:0:0:5:ffff::", 0},
                 {"fd03:0:0:6::", 1},
                 {"fd03:0:0:4::ffff", 1},
                 {"fdff::7:0:0:1", 0},
                 {"fdff::7:0:0:2", 1},
                 {"fdff::7:0:0:0", 1},
                 {"fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0}};
    if (!own_network())
        return;
    struct rt_udp *u = open_at("fd00::9");
    struct rt_sieve_row rows[] = {row("fd01::/16", false),         row("fd01:0:0:2::/64", true),
                                  row("fd01:0:0:2::7", false),     row("fd03:0:0:5::/64", false),
                                  row("fdff::7:0:0:1/128", false), row("fdff:ffff::/32", false)};
    ck_assert_int_eq(rt_udp_sieve(u, rows, RT_COUNT(rows), RT_SIEVE_ALL), 0);
    for (size_t i = 0; i < RT_COUNT(cases); i++)
        ck_assert_msg(six_arrive(u, cases[i].host) == cases[i].comes, "%s", cases[i].host);
    rt_udp_close(u);
}
END_TEST

static uint32_t seed = 1;

static uint32_t any(void)
{
    return seed = seed * 1664525 + 1013904223;
}

/** Near one another, so that blocks lie in blocks and words are alike. */
static void any_host(char out[48], struct rt_cidr *to)
{
    snprintf(out, 48, "fd%02x:%x:%x:%x:%x:%x:%x:%x", any() >> 30, any() >> 31, any() >> 31,
             any() >> 30, any() >> 31, any() >> 31, any() >> 31, any() >> 30);
    ck_assert_int_eq(rt_cidr_parse(to, out, strlen(out)), 0);
}

/* Against the definition, which rt_cidr_contains() has: 40 sieves, 100 sources each. */
START_TEST(any_blocks_of_ipv6)
{
    static const unsigned bits[] = {16, 31, 32, 33, 48, 63, 64, 64, 65, 96, 127, 128};
    struct rt_sieve_row rows[60];
    struct rt_cidr source;
    char host[48];

    if (!own_network())
        return;
    struct rt_udp *u = open_at("fd00::9");
    for (unsigned i = 0; i < 40; i++) {
        unsigned n = 1 + any() % RT_COUNT(rows);
        for (unsigned k = 0; k < n; k++) {
            any_host(host, &rows[k].block);
            rows[k].block.bits = bits[(any() >> 16) % RT_COUNT(bits)];
            rows[k].pass = any() >> 31;
        }
        ck_assert_int_eq(rt_udp_sieve(u, rows, n, RT_SIEVE_ALL), 0);
        for (unsigned k = 0; k < 100; k++) {
            const struct rt_sieve_row *best = NULL;
            any_host(host, &source);
            for (unsigned r = 0; r < n; r++)
                if (rt_cidr_contains(&rows[r].block, &source.addr) &&
                    (!best || rows[r].block.bits > best->block.bits))
                    best = &rows[r];
            ck_assert_msg(six_arrive(u, host) == (!best || best->pass), "%u: %s", i, host);
        }
    }
    rt_udp_close(u);
}
END_TEST

/* Networks, then single addresses with nothing in common; as many as the program holds count. */
START_TEST(as_many_rows_of_ipv6_as_there_is_room_for)
{
    static struct rt_sieve_row rows[RT_SIEVE_MAX];
    char host[48];

    if (!own_network())
        return;
    for (unsigned single = 0; single < 2; single++) {
        unsigned sure = single ? 250 : 450, dropped = 0;
        struct rt_udp *u = open_at("fd00::9");
        for (unsigned i = 0; i < RT_SIEVE_MAX; i++) {
            if (single)
                snprintf(host, sizeof host, "fd10:%x:1:%x:2:%x:3:%x", 7 * i, 11 * i, 13 * i,
                         17 * i);
            else
                snprintf(host, sizeof host, "fd10:%x:1:%x::/64", 7 * i, 11 * i);
            rows[i] = row(host, false);
        }
        ck_assert_int_eq(rt_udp_sieve(u, rows, RT_SIEVE_MAX, RT_SIEVE_ALL), 0);
        for (unsigned i = 0; i < RT_SIEVE_MAX; i++) {
            snprintf(host, sizeof host, "fd10:%x:1:%x:2:%x:3:%x", 7 * i, 11 * i, 13 * i, 17 * i);
            unsigned came = six_arrive(u, host);
            ck_assert_msg(i >= sure || came == 0, "%s", host);
            dropped += !came;
        }
        printf("of %u %s %u count\n", RT_SIEVE_MAX, single ? "addresses" : "networks", dropped);
        ck_assert_uint_eq(six_arrive(u, "fd10:7:1:c::1"), 1);
        rt_udp_close(u);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sieve");
    TCase *t = tcase_create("sieve");

    tcase_add_test(t, the_closest_block_counts);
    tcase_add_test(t, of_the_others_a_share_passes);
    tcase_add_test(t, as_many_rows_as_there_may_be);
    tcase_add_test(t, a_source_of_ipv6_is_dropped);
    tcase_add_test(t, of_other_sources_of_ipv6_a_share_passes);
    tcase_add_test(t, the_closest_block_of_ipv6_counts);
    tcase_add_test(t, any_blocks_of_ipv6);
    tcase_add_test(t, as_many_rows_of_ipv6_as_there_is_room_for);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
