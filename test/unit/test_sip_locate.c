/* Finding servers: RFC 3263 4, RFC 2782, under the fake clock and a scripted zone. */
#include "gw/rt/dns.h"
#include "sip/sip.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define ALL (1u << SIP_UDP | 1u << SIP_TCP | 1u << SIP_TLS)

static struct rt_loop *loop;
static struct rt_dns *dns;
static struct sip_means means;
static struct sip_places found;
static unsigned calls;
static char domain[RT_DNS_NAME_LEN]; /* of the places */

static void setup(void)
{
    struct rt_dns_config cfg = {.nservers = 0};

    fake_reset();
    rt_loop_new(&loop, "test");
    ck_assert_int_eq(rt_dns_new(&dns, loop, &cfg), 0);
    means = (struct sip_means){.transports = ALL, .ipv4 = true};
    calls = 0;
}

static void teardown(void)
{
    rt_dns_free(dns);
    rt_loop_free(loop);
}

static void take(void *arg, const struct sip_places *p)
{
    (void)arg;
    calls++;
    found = *p;
    for (unsigned i = 0; i < p->n; i++)
        rt_str_copy(domain, sizeof domain, rt_str(p->place[i].hop.domain));
}

/** The places found, as "udp 192.0.2.1:5060, ..."; or the error. */
static const char *locate(const char *uri)
{
    static const char *const names[] = {"udp", "tcp", "tls"};
    static char out[1024];
    struct sip_target t;
    struct sip_locate *l;
    char addr[RT_ADDR_LEN];
    unsigned before = calls;
    size_t n = 0;

    ck_assert_int_eq(sip_target_parse(&t, rt_str(uri)), 0);
    ck_assert_int_eq(sip_locate(&l, dns, loop, &t, &means, take, NULL), 0);
    ck_assert_uint_eq(calls, before);
    fake_advance(RT_MS);
    ck_assert_uint_eq(calls, before + 1);
    if (found.err != 0)
        snprintf(out, sizeof out, "%s",
                 found.err == ENOTSUP ? "ENOTSUP" : strerrorname_np(found.err));
    for (unsigned i = 0; i < found.n; i++)
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%s %s", i ? ", " : "",
                              names[found.place[i].hop.transport],
                              rt_addr_format(addr, &found.place[i].hop.addr));
    return out;
}

static void a(const char *name, const char *address)
{
    fake_dns_answer(name, strchr(address, ':') ? RT_DNS_AAAA : RT_DNS_A, 3600, address);
}

static void srv(const char *name, const char *rdata)
{
    fake_dns_answer(name, RT_DNS_SRV, 3600, rdata);
}

/** The example of RFC 3263 4.1 and 4.2. */
static void example_com(void)
{
    fake_dns_answer("example.com", RT_DNS_NAPTR, 3600,
                    "50 50 \"s\" \"SIPS+D2T\" \"\" _sips._tcp.example.com");
    fake_dns_answer("example.com", RT_DNS_NAPTR, 3600,
                    "90 50 \"s\" \"SIP+D2T\" \"\" _sip._tcp.example.com");
    fake_dns_answer("example.com", RT_DNS_NAPTR, 3600,
                    "100 50 \"s\" \"SIP+D2U\" \"\" _sip._udp.example.com");
    srv("_sip._tcp.example.com", "0 1 5060 server1.example.com");
    srv("_sip._tcp.example.com", "1 2 5060 server2.example.com");
    srv("_sips._tcp.example.com", "0 1 5061 server1.example.com");
    srv("_sip._udp.example.com", "0 1 5060 server2.example.com");
    a("server1.example.com", "192.0.2.1");
    a("server2.example.com", "192.0.2.2");
}

START_TEST(uris_are_taken_apart)
{
    static const struct {
        const char *uri, *host, *domain;
        int err;
        unsigned port;
        bool sips, chosen;
        enum sip_transport transport;
    } rows[] = {
        {"sip:example.com", "example.com", "example.com", 0, 0, false, false, SIP_UDP},
        {"SIP:bob@example.com:5080", "example.com", "example.com", 0, 5080, false, false, SIP_UDP},
        {"sip:[2001:db8::1]:5070;transport=TCP", "2001:db8::1", "2001:db8::1", 0, 5070, false, true,
         SIP_TCP},
        {"sip:[2001:db8::1]", "2001:db8::1", "2001:db8::1", 0, 0, false, false, SIP_UDP},
        {"sips:example.com", "example.com", "example.com", 0, 0, true, false, SIP_TLS},
        {"sips:example.com;transport=tcp", "example.com", "example.com", 0, 0, true, true, SIP_TLS},
        {"sip:example.com;maddr=192.0.2.9;lr?x=y", "192.0.2.9", "example.com", 0, 0, false, false,
         SIP_UDP},
        {"sip:example.com;transport=sctp", "", "", ENOTSUP, 0, false, false, SIP_UDP},
        {"sips:example.com;transport=udp", "", "", ENOTSUP, 0, false, false, SIP_UDP},
        {"tel:+4930", "", "", EINVAL, 0, false, false, SIP_UDP},
        {"sip:", "", "", EINVAL, 0, false, false, SIP_UDP},
        {"sip:exam ple", "", "", EINVAL, 0, false, false, SIP_UDP},
        {"sip:example.com:0", "", "", EINVAL, 0, false, false, SIP_UDP},
        {"sip:example.com:65536", "", "", EINVAL, 0, false, false, SIP_UDP},
        {"sip:example.com:", "", "", EINVAL, 0, false, false, SIP_UDP},
        {"sip:[2001:db8::1", "", "", EINVAL, 0, false, false, SIP_UDP},
        {"sip:[2001:db8::1]5060", "", "", EINVAL, 0, false, false, SIP_UDP},
    };
    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        struct sip_target t;
        ck_assert_msg(sip_target_parse(&t, rt_str(rows[i].uri)) == rows[i].err, "%s", rows[i].uri);
        if (rows[i].err != 0)
            continue;
        ck_assert_msg(rt_str_eq(t.host, rows[i].host), "%s", rows[i].uri);
        ck_assert_msg(rt_str_eq(t.domain, rows[i].domain), "%s", rows[i].uri);
        ck_assert_uint_eq(t.port, rows[i].port);
        ck_assert(t.sips == rows[i].sips && t.chosen == rows[i].chosen);
        ck_assert_int_eq(t.transport, rows[i].transport);
    }
}
END_TEST

START_TEST(an_address_is_used_as_it_is)
{
    ck_assert_str_eq(locate("sip:192.0.2.7"), "udp 192.0.2.7:5060");
    ck_assert_int_eq(found.expires, INT64_MAX);
    ck_assert_str_eq(locate("sips:192.0.2.7"), "tls 192.0.2.7:5061");
    ck_assert_str_eq(locate("sip:192.0.2.7:5099;transport=tcp"), "tcp 192.0.2.7:5099");
    ck_assert_str_eq(locate("sip:[2001:db8::7]"), "udp [2001:db8::7]:5060");
    ck_assert_str_eq(locate("sip:example.com;maddr=192.0.2.8"), "udp 192.0.2.8:5060");
    ck_assert_str_eq(domain, "example.com");
}
END_TEST

START_TEST(naptr_tells_the_transport_and_its_lowest_order_wins)
{
    example_com();
    ck_assert_str_eq(locate("sip:user@example.com"), "tls 192.0.2.1:5061");
    ck_assert_str_eq(locate("sips:user@example.com"), "tls 192.0.2.1:5061");
    ck_assert_str_eq(domain, "example.com");          /* RFC 5922: not that of the server */
    means.transports = 1u << SIP_TCP | 1u << SIP_UDP; /* the RFC's client: TCP before UDP */
    ck_assert_str_eq(locate("sip:user@example.com"), "tcp 192.0.2.1:5060, tcp 192.0.2.2:5060");
    means.transports = 1u << SIP_UDP;
    ck_assert_str_eq(locate("sip:user@example.com"), "udp 192.0.2.2:5060");
    ck_assert_str_eq(locate("sips:user@example.com"), "ENOTSUP");
}
END_TEST

START_TEST(naptr_of_one_order_go_by_preference_one_after_the_other)
{
    fake_dns_answer("example.com", RT_DNS_NAPTR, 60, "10 20 \"s\" \"SIP+D2U\" \"\" u.example.com");
    fake_dns_answer("example.com", RT_DNS_NAPTR, 60, "10 10 \"S\" \"sip+d2t\" \"\" t.example.com");
    fake_dns_answer("example.com", RT_DNS_NAPTR, 60, "1 1 \"u\" \"E2U+sip\" \"!.*!x!\" .");
    fake_dns_answer("example.com", RT_DNS_NAPTR, 60, "2 1 \"s\" \"SIP+D2S\" \"\" s.example.com");
    srv("u.example.com", "0 0 5060 a.example.com");
    srv("t.example.com", "9 0 5070 a.example.com");
    a("a.example.com", "192.0.2.1");
    ck_assert_str_eq(locate("sip:example.com"), "tcp 192.0.2.1:5070, udp 192.0.2.1:5060");
    ck_assert_int_eq(found.expires,
                     rt_now() - RT_MS + 60 * RT_S); /* the NAPTR's TTL is the least */
}
END_TEST

START_TEST(naptr_for_transports_that_we_lack_is_no_reason_to_guess)
{
    fake_dns_answer("example.com", RT_DNS_NAPTR, 60,
                    "10 20 \"s\" \"SIPS+D2T\" \"\" _sips._tcp.example.com");
    a("example.com", "192.0.2.1");
    means.transports = 1u << SIP_UDP;
    ck_assert_str_eq(locate("sip:example.com"), "ENOTSUP");
}
END_TEST

/* RFC 3263 4.1: for a SIPS URI records without SIPS MUST be discarded, and are no reason to guess.
 */
START_TEST(a_sips_uri_drops_what_is_not_sips)
{
    fake_dns_answer("example.com", RT_DNS_NAPTR, 60,
                    "10 20 \"s\" \"SIP+D2T\" \"\" _sip._tcp.example.com");
    fake_dns_answer("example.com", RT_DNS_NAPTR, 60,
                    "20 20 \"s\" \"SIP+D2U\" \"\" _sip._udp.example.com");
    srv("_sip._tcp.example.com", "0 0 5060 server1.example.com");
    srv("_sips._tcp.example.com", "0 0 5061 server1.example.com");
    a("server1.example.com", "192.0.2.1");
    ck_assert_str_eq(locate("sip:example.com"), "tcp 192.0.2.1:5060");
    ck_assert_str_eq(locate("sips:example.com"), "ENOTSUP");
}
END_TEST

START_TEST(without_naptr_each_transport_has_its_srv)
{
    srv("_sip._udp.example.com", "0 0 5062 u.example.com");
    srv("_sip._tcp.example.com", "0 0 5063 t.example.com");
    srv("_sips._tcp.example.com", "0 0 5064 s.example.com");
    a("u.example.com", "192.0.2.1");
    a("t.example.com", "192.0.2.2");
    a("s.example.com", "192.0.2.3");
    ck_assert_str_eq(locate("sip:example.com"),
                     "udp 192.0.2.1:5062, tcp 192.0.2.2:5063, tls 192.0.2.3:5064");
    ck_assert_str_eq(locate("sip:example.com;transport=tcp"), "tcp 192.0.2.2:5063");
    ck_assert_str_eq(locate("sips:example.com"), "tls 192.0.2.3:5064");
    ck_assert_str_eq(locate("sip:example.com;transport=tls"), "tls 192.0.2.3:5064");
    means.transports = 1u << SIP_TCP;
    ck_assert_str_eq(locate("sip:example.com"), "tcp 192.0.2.2:5063");
    ck_assert_str_eq(locate("sip:example.com;transport=udp"), "ENOTSUP");
}
END_TEST

START_TEST(a_transport_that_is_named_needs_no_naptr)
{
    example_com();
    srv("_sip._tcp.192.0.2.7", "0 0 5070 server1.example.com");
    ck_assert_str_eq(locate("sip:example.com;transport=udp"), "udp 192.0.2.2:5060");
    ck_assert_str_eq(locate("sips:example.com;transport=tcp"), "tls 192.0.2.1:5061");
    ck_assert_str_eq(locate("sip:192.0.2.7;transport=tcp"), "tcp 192.0.2.7:5060");
    ck_assert_uint_eq(fake_dns_asked("example.com", RT_DNS_NAPTR), 0);
    ck_assert_uint_eq(fake_dns_asked("_sip._tcp.192.0.2.7", RT_DNS_SRV), 0);
}
END_TEST

START_TEST(maddr_is_what_is_looked_up)
{
    example_com();
    srv("_sip._udp.gw.example.org", "0 0 5066 h.example.org");
    a("h.example.org", "192.0.2.9");
    ck_assert_str_eq(locate("sip:example.com;maddr=gw.example.org"), "udp 192.0.2.9:5066");
    ck_assert_str_eq(domain, "example.com"); /* what a certificate has to show */
    ck_assert_uint_eq(fake_dns_asked("example.com", RT_DNS_NAPTR), 0);
    ck_assert_uint_eq(fake_dns_asked("gw.example.org", RT_DNS_NAPTR), 1);
}
END_TEST

START_TEST(without_srv_the_name_itself_is_called)
{
    a("example.com", "192.0.2.1");
    ck_assert_str_eq(locate("sip:example.com"), "udp 192.0.2.1:5060");
    ck_assert_str_eq(locate("sips:example.com"), "tls 192.0.2.1:5061");
    ck_assert_str_eq(locate("sip:example.com;transport=tcp"), "tcp 192.0.2.1:5060");
    means.transports = 1u << SIP_TCP;
    ck_assert_str_eq(locate("sip:example.com"), "tcp 192.0.2.1:5060");
    ck_assert_str_eq(locate("sip:nobody.example.com"), "ENOENT");
}
END_TEST

START_TEST(a_port_means_that_only_addresses_are_asked_for)
{
    example_com();
    a("example.com", "192.0.2.5");
    ck_assert_str_eq(locate("sip:example.com:5080"), "udp 192.0.2.5:5080");
    ck_assert_str_eq(locate("sips:example.com:5081"), "tls 192.0.2.5:5081");
    ck_assert_uint_eq(fake_dns_asked("example.com", RT_DNS_NAPTR), 0);
    ck_assert_uint_eq(fake_dns_asked("_sip._udp.example.com", RT_DNS_SRV), 0);
}
END_TEST

START_TEST(a_dot_means_that_the_service_is_not_there)
{
    srv("_sip._udp.example.com", "0 0 0 .");
    a("example.com", "192.0.2.1");
    ck_assert_str_eq(locate("sip:example.com;transport=udp"), "ENOENT");
    ck_assert_str_eq(locate("sip:example.com"), "ENOENT");
    srv("_sip._tcp.example.com", "0 0 5060 example.com");
    fake_advance(61 * RT_S); /* the denial of _sip._tcp is forgotten */
    ck_assert_str_eq(locate("sip:example.com"), "tcp 192.0.2.1:5060");
}
END_TEST

START_TEST(both_families_take_turns)
{
    means.ipv6 = means.ipv6_first = true;
    a("example.com", "192.0.2.1");
    a("example.com", "192.0.2.2");
    a("example.com", "2001:db8::1");
    ck_assert_str_eq(locate("sip:example.com:5060"),
                     "udp [2001:db8::1]:5060, udp 192.0.2.1:5060, udp 192.0.2.2:5060");
    means.ipv6_first = false;
    ck_assert_str_eq(locate("sip:example.com:5060"),
                     "udp 192.0.2.1:5060, udp [2001:db8::1]:5060, udp 192.0.2.2:5060");
    means.ipv4 = false;
    ck_assert_str_eq(locate("sip:example.com:5060"), "udp [2001:db8::1]:5060");
    means.ipv4 = true;
    means.ipv6 = false;
    ck_assert_str_eq(locate("sip:example.com:5060"), "udp 192.0.2.1:5060, udp 192.0.2.2:5060");
}
END_TEST

START_TEST(a_name_server_that_fails_is_no_reason_to_guess)
{
    a("example.com", "192.0.2.1");
    fake_dns_fail("_sip._udp.example.com", RT_DNS_SRV, ETIMEDOUT);
    ck_assert_str_eq(locate("sip:example.com;transport=udp"), "ETIMEDOUT");
    fake_dns_fail("example.com", RT_DNS_NAPTR, EIO);
    ck_assert_str_eq(locate("sip:example.com"), "EIO");
    /* but what is found is used: one family of two, one service of three */
    means.ipv6 = true;
    fake_dns_fail("example.com", RT_DNS_AAAA, ETIMEDOUT);
    ck_assert_str_eq(locate("sip:example.com:5060"), "udp 192.0.2.1:5060");
}
END_TEST

START_TEST(no_more_places_than_there_is_room_for_and_the_best_are_kept)
{
    for (unsigned i = 0; i < 40; i++) {
        char name[32], rdata[64], addr[32];
        snprintf(name, sizeof name, "h%u.example.com", i);
        snprintf(rdata, sizeof rdata, "%u 0 5060 %s", 40 - i, name);
        snprintf(addr, sizeof addr, "192.0.2.%u", i);
        srv("_sip._udp.example.com", rdata);
        a(name, addr);
    }
    locate("sip:example.com;transport=udp");
    ck_assert_uint_eq(found.n, SIP_PLACES_MAX);
    for (unsigned i = 0; i < found.n; i++)
        ck_assert_uint_eq(found.place[i].priority, i + 1);
}
END_TEST

START_TEST(a_search_given_up_calls_nobody)
{
    struct sip_target t;
    struct sip_locate *l;

    fake_dns_delay(RT_S);
    sip_target_parse(&t, rt_str("sip:example.com"));
    sip_locate(&l, dns, loop, &t, &means, take, NULL);
    sip_locate_cancel(l);
    sip_target_parse(&t, rt_str("sip:192.0.2.1"));
    sip_locate(&l, dns, loop, &t, &means, take, NULL);
    sip_locate_cancel(l);
    fake_advance(5 * RT_S);
    ck_assert_uint_eq(calls, 0);
}
END_TEST

/* ---- RFC 2782 weights ---- */

static struct sip_place place(unsigned record, uint16_t priority, uint16_t weight)
{
    return (struct sip_place){.record = record, .priority = priority, .weight = weight};
}

/** How often each of three records comes first, over `seeds` orders. */
static void firsts(unsigned out[3], const uint16_t weights[3], unsigned seeds)
{
    memset(out, 0, 3 * sizeof *out);
    for (unsigned s = 0; s < seeds; s++) {
        struct sip_place p[3];
        fake_seed(s);
        for (unsigned i = 0; i < 3; i++)
            p[i] = place(i, 1, weights[i]);
        sip_places_order(p, 3);
        out[p[0].record]++;
    }
}

static double chi_square(const unsigned got[3], const double expected[3])
{
    double sum = 0;

    for (unsigned i = 0; i < 3; i++)
        sum += (got[i] - expected[i]) * (got[i] - expected[i]) / expected[i];
    return sum;
}

START_TEST(weights_decide_how_often_a_server_is_first)
{
    /* Weights 60, 30, 10 in that order: a number of 0..100 inclusive, so the first has 61 of 101
     * chances. 13.8 is the bound of chi-square for two degrees of freedom at 0.1 %. */
    static const uint16_t weights[3] = {60, 30, 10};
    const double expected[3] = {10000 * 61 / 101.0, 10000 * 30 / 101.0, 10000 * 10 / 101.0};
    unsigned got[3];

    firsts(got, weights, 10000);
    ck_assert_double_lt(chi_square(got, expected), 13.8);
}
END_TEST

START_TEST(the_second_is_chosen_as_the_first_was)
{
    /* Without the first (60) 30 and 10 are left: a number of 0..40, so 31 of 41 chances. 10.8 is
     * the bound of chi-square for one degree of freedom at 0.1 %. */
    unsigned seconds[2] = {0, 0};

    for (unsigned seed = 0; seed < 10000; seed++) {
        struct sip_place p[] = {place(0, 1, 60), place(1, 1, 30), place(2, 1, 10)};
        fake_seed(seed);
        sip_places_order(p, 3);
        if (p[0].record == 0)
            seconds[p[1].record - 1]++;
    }
    double all = seconds[0] + seconds[1], expected = all * 31 / 41;
    double off = seconds[0] - expected;
    ck_assert_double_lt(off * off / expected + off * off / (all - expected), 10.8);
}
END_TEST

START_TEST(a_weight_of_zero_is_seldom_first_but_can_be)
{
    /* The zero stands first: it has the number 0 alone, one of 101. */
    static const uint16_t weights[3] = {75, 0, 25};
    const double expected[3] = {10000 * 75 / 101.0, 10000 / 101.0, 10000 * 25 / 101.0};
    unsigned got[3];

    firsts(got, weights, 10000);
    ck_assert_double_lt(chi_square(got, expected), 13.8);
}
END_TEST

START_TEST(priorities_come_before_weights_and_addresses_stay_with_their_server)
{
    for (unsigned seed = 0; seed < 200; seed++) {
        struct sip_place p[] = {place(0, 2, 100), place(1, 1, 1), place(1, 1, 1), place(2, 1, 90)};
        fake_seed(seed);
        rt_addr_set_port(&p[1].hop.addr, 1);
        p[1].hop.addr.in4.sin_family = p[2].hop.addr.in4.sin_family = AF_INET;
        rt_addr_set_port(&p[1].hop.addr, 1);
        rt_addr_set_port(&p[2].hop.addr, 2);
        sip_places_order(p, 4);
        ck_assert_uint_eq(p[3].record, 0);
        unsigned at = p[0].record == 1 ? 0 : 1;
        ck_assert_uint_eq(p[at].record, 1);
        ck_assert_uint_eq(p[at + 1].record, 1);
        ck_assert_uint_eq(rt_addr_port(&p[at].hop.addr), 1);
        ck_assert_uint_eq(rt_addr_port(&p[at + 1].hop.addr), 2);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        uris_are_taken_apart,
        an_address_is_used_as_it_is,
        naptr_tells_the_transport_and_its_lowest_order_wins,
        naptr_of_one_order_go_by_preference_one_after_the_other,
        naptr_for_transports_that_we_lack_is_no_reason_to_guess,
        a_sips_uri_drops_what_is_not_sips,
        without_naptr_each_transport_has_its_srv,
        a_transport_that_is_named_needs_no_naptr,
        maddr_is_what_is_looked_up,
        without_srv_the_name_itself_is_called,
        a_port_means_that_only_addresses_are_asked_for,
        a_dot_means_that_the_service_is_not_there,
        both_families_take_turns,
        a_name_server_that_fails_is_no_reason_to_guess,
        no_more_places_than_there_is_room_for_and_the_best_are_kept,
        a_search_given_up_calls_nobody,
        weights_decide_how_often_a_server_is_first,
        the_second_is_chosen_as_the_first_was,
        a_weight_of_zero_is_seldom_first_but_can_be,
        priorities_come_before_weights_and_addresses_stay_with_their_server,
    };
    Suite *s = suite_create("sip_locate");
    TCase *t = tcase_create("locate");

    tcase_add_checked_fixture(t, setup, teardown);
    for (size_t i = 0; i < RT_COUNT(tests); i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
