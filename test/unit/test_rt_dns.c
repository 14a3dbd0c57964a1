/* The cache of names and the reader of answers, under the fake clock. */
#include "gw/rt/dns_priv.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#define NAME "sbc.example.com"

static struct rt_loop *loop;
static struct rt_dns *dns;

struct got {
    unsigned calls, n;
    int err;
    bool stale;
    rt_time expires;
    union rt_dns_record first;
};

static void take(void *arg, const struct rt_dns_answer *a)
{
    struct got *g = arg;

    g->calls++;
    g->n = a->n;
    g->err = a->err;
    g->stale = a->stale;
    g->expires = a->expires;
    if (a->n > 0)
        g->first = a->record[0];
}

static struct rt_dns_query *ask(struct got *g, const char *name, enum rt_dns_type type)
{
    struct rt_dns_query *q = NULL;

    ck_assert_int_eq(rt_dns_ask(&q, dns, name, type, take, g), 0);
    return q;
}

static struct got answer(const char *name, enum rt_dns_type type)
{
    struct got g = {.calls = 0};

    ask(&g, name, type);
    ck_assert_uint_eq(g.calls, 0); /* never from inside the call */
    fake_settle();
    ck_assert_uint_eq(g.calls, 1);
    return g;
}

static void setup(void)
{
    struct rt_dns_config cfg = {.entries = 4};

    fake_reset();
    rt_loop_new(&loop, "test");
    ck_assert_int_eq(rt_dns_new(&dns, loop, &cfg), 0);
}

static void teardown(void)
{
    struct fake_leaks left;

    rt_dns_free(dns);
    fake_leaks(&left);
    ck_assert_uint_eq(left.timers, 0);
    rt_loop_free(loop);
}

static void check_address(const struct got *g, const char *text)
{
    char out[RT_ADDR_LEN];
    ck_assert_str_eq(rt_addr_host(out, &g->first.addr), text);
}

START_TEST(an_answer_is_kept_until_the_exact_millisecond_of_its_ttl)
{
    fake_dns_answer(NAME, RT_DNS_A, 300, "192.0.2.1");
    rt_time start = rt_now();
    struct got g = answer("SBC.example.com.", RT_DNS_A);
    ck_assert_int_eq(g.err, 0);
    check_address(&g, "192.0.2.1");
    ck_assert_int_eq(g.expires, start + 300 * RT_S);
    fake_advance(300 * RT_S - RT_MS);
    answer(NAME, RT_DNS_A);
    ck_assert_uint_eq(fake_dns_asked(NAME, RT_DNS_A), 1);
    fake_advance(RT_MS);
    answer(NAME, RT_DNS_A);
    ck_assert_uint_eq(fake_dns_asked(NAME, RT_DNS_A), 2);
}
END_TEST

START_TEST(a_ttl_is_at_least_a_second_and_at_most_a_day)
{
    fake_dns_answer("zero.example", RT_DNS_A, 0, "192.0.2.1");
    fake_dns_answer("long.example", RT_DNS_A, 604800, "192.0.2.1");
    ck_assert_int_eq(answer("zero.example", RT_DNS_A).expires, rt_now() + RT_S);
    ck_assert_int_eq(answer("long.example", RT_DNS_A).expires, rt_now() + 86400 * RT_S);
}
END_TEST

START_TEST(a_denial_is_kept_as_long_as_the_soa_says)
{
    fake_dns_answer("example.com", RT_DNS_SOA, 3600, "120"); /* minimum 120 < TTL 3600 */
    struct got g = answer(NAME, RT_DNS_SRV);
    ck_assert_int_eq(g.err, ENOENT);
    ck_assert_uint_eq(g.n, 0);
    ck_assert_int_eq(g.expires, rt_now() + 120 * RT_S);
    fake_advance(120 * RT_S - RT_MS);
    answer(NAME, RT_DNS_SRV);
    ck_assert_uint_eq(fake_dns_asked(NAME, RT_DNS_SRV), 1);
    fake_advance(RT_MS);
    answer(NAME, RT_DNS_SRV);
    ck_assert_uint_eq(fake_dns_asked(NAME, RT_DNS_SRV), 2);
}
END_TEST

START_TEST(a_denial_without_soa_is_kept_a_minute_and_one_ttl_may_be_the_shorter)
{
    ck_assert_int_eq(answer(NAME, RT_DNS_A).expires, rt_now() + 60 * RT_S);
    fake_dns_answer("example.org", RT_DNS_SOA, 30, "120");
    ck_assert_int_eq(answer("x.example.org", RT_DNS_A).expires, rt_now() + 30 * RT_S);
}
END_TEST

START_TEST(those_who_ask_the_same_share_one_question)
{
    struct got g[3] = {{.calls = 0}};

    fake_dns_answer(NAME, RT_DNS_A, 60, "192.0.2.1");
    fake_dns_delay(20 * RT_MS);
    for (unsigned i = 0; i < 3; i++)
        ask(&g[i], NAME, RT_DNS_A);
    fake_advance(20 * RT_MS - 1);
    ck_assert_uint_eq(g[0].calls, 0);
    fake_advance(1);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(g[i].calls, 1);
    ck_assert_uint_eq(fake_dns_asked(NAME, RT_DNS_A), 1);
}
END_TEST

START_TEST(an_old_answer_is_given_while_no_server_answers)
{
    fake_dns_answer(NAME, RT_DNS_A, 60, "192.0.2.1");
    answer(NAME, RT_DNS_A);
    fake_dns_fail(NAME, RT_DNS_A, ETIMEDOUT);
    uint64_t before = rt_counted(&rt_dns_counters[RT_DNS_STALE]);
    fake_advance(60 * RT_S);
    struct got g = answer(NAME, RT_DNS_A);
    ck_assert_int_eq(g.err, 0);
    ck_assert(g.stale);
    check_address(&g, "192.0.2.1");
    ck_assert_int_eq(g.expires, rt_now() + 30 * RT_S); /* RFC 8767 4 */
    ck_assert_uint_eq(rt_counted(&rt_dns_counters[RT_DNS_STALE]), before + 1);
    fake_advance(30 * RT_S - RT_MS);
    answer(NAME, RT_DNS_A);
    ck_assert_uint_eq(fake_dns_asked(NAME, RT_DNS_A), 2);
    fake_dns_fail(NAME, RT_DNS_A, 0);
    fake_advance(RT_MS);
    ck_assert(!answer(NAME, RT_DNS_A).stale);
    ck_assert_uint_eq(fake_dns_asked(NAME, RT_DNS_A), 3);
}
END_TEST

START_TEST(an_answer_older_than_a_day_is_not_given)
{
    fake_dns_answer(NAME, RT_DNS_A, 60, "192.0.2.1");
    answer(NAME, RT_DNS_A);
    fake_dns_fail(NAME, RT_DNS_A, EIO);
    fake_advance(60 * RT_S + 86400 * RT_S);
    ck_assert_int_eq(answer(NAME, RT_DNS_A).err, EIO);
}
END_TEST

START_TEST(a_failure_is_remembered_for_five_seconds)
{
    fake_dns_fail(NAME, RT_DNS_A, ETIMEDOUT);
    struct got g = answer(NAME, RT_DNS_A);
    ck_assert_int_eq(g.err, ETIMEDOUT);
    fake_advance(5 * RT_S - RT_MS);
    answer(NAME, RT_DNS_A);
    ck_assert_uint_eq(fake_dns_asked(NAME, RT_DNS_A), 1);
    fake_advance(RT_MS);
    answer(NAME, RT_DNS_A);
    ck_assert_uint_eq(fake_dns_asked(NAME, RT_DNS_A), 2);
}
END_TEST

START_TEST(aliases_are_followed_and_the_shortest_ttl_counts)
{
    fake_dns_answer("a.example", RT_DNS_CNAME, 300, "b.example");
    fake_dns_answer("b.example", RT_DNS_CNAME, 20, "c.example");
    fake_dns_answer("c.example", RT_DNS_AAAA, 300, "2001:db8::1");
    struct got g = answer("a.example", RT_DNS_AAAA);
    ck_assert_int_eq(g.err, 0);
    check_address(&g, "2001:db8::1");
    ck_assert_int_eq(g.expires, rt_now() + 20 * RT_S);
}
END_TEST

START_TEST(aliases_in_a_circle_end)
{
    fake_dns_answer("a.example", RT_DNS_CNAME, 300, "b.example");
    fake_dns_answer("b.example", RT_DNS_CNAME, 300, "a.example");
    ck_assert_int_eq(answer("a.example", RT_DNS_A).err, ENOENT);
}
END_TEST

START_TEST(srv_and_naptr_carry_their_fields)
{
    fake_dns_answer("_sip._udp.example", RT_DNS_SRV, 60, "10 20 5070 a.example");
    fake_dns_answer("example", RT_DNS_NAPTR, 60,
                    "50 51 \"s\" \"SIPS+D2T\" \"\" _sips._tcp.example");
    struct rt_dns_srv s = answer("_sip._udp.example", RT_DNS_SRV).first.srv;
    ck_assert_uint_eq(s.priority, 10);
    ck_assert_uint_eq(s.weight, 20);
    ck_assert_uint_eq(s.port, 5070);
    ck_assert_str_eq(s.target, "a.example");
    struct rt_dns_naptr n = answer("example", RT_DNS_NAPTR).first.naptr;
    ck_assert_uint_eq(n.order, 50);
    ck_assert_uint_eq(n.preference, 51);
    ck_assert_str_eq(n.flags, "s");
    ck_assert_str_eq(n.service, "SIPS+D2T");
    ck_assert_str_eq(n.regexp, "");
    ck_assert_str_eq(n.replacement, "_sips._tcp.example");
}
END_TEST

START_TEST(the_cache_forgets_what_was_used_longest_ago)
{
    static const char *const names[] = {"a.example", "b.example", "c.example", "d.example"};

    for (size_t i = 0; i < RT_COUNT(names); i++)
        answer(names[i], RT_DNS_A);
    answer("a.example", RT_DNS_A);
    answer("e.example", RT_DNS_A); /* of 4 entries, b's is the oldest */
    ck_assert_uint_eq(rt_dns_entries(dns), 4);
    answer("a.example", RT_DNS_A);
    ck_assert_uint_eq(fake_dns_asked("a.example", RT_DNS_A), 1);
    answer("b.example", RT_DNS_A);
    ck_assert_uint_eq(fake_dns_asked("b.example", RT_DNS_A), 2);
}
END_TEST

START_TEST(a_name_that_is_none_is_refused_without_asking)
{
    static const char *const names[] = {
        "", "a..example", "-\x01.example", "a b",
        "0123456789012345678901234567890123456789012345678901234567890123.example"};

    for (size_t i = 0; i < RT_COUNT(names); i++)
        ck_assert_int_eq(answer(names[i], RT_DNS_A).err, ENOENT);
    ck_assert_uint_eq(rt_dns_entries(dns), 0);
}
END_TEST

START_TEST(who_cancels_is_not_called)
{
    struct got g = {.calls = 0}, other = {.calls = 0};

    fake_dns_delay(RT_S);
    struct rt_dns_query *q = ask(&g, NAME, RT_DNS_A);
    ask(&other, NAME, RT_DNS_A);
    rt_dns_cancel(q);
    rt_dns_cancel(ask(&g, "a..b", RT_DNS_A));
    fake_advance(2 * RT_S);
    ck_assert_uint_eq(g.calls, 0);
    ck_assert_uint_eq(other.calls, 1);
    ask(&g, "late.example", RT_DNS_A); /* still open when all is freed */
}
END_TEST

/* ---- messages by hand (RFC 1035 4.1) ---- */

#define HEAD(answers) 0, 7, 0x81, 0x80, 0, 1, 0, answers, 0, 0, 0, 0
#define QUESTION      1, 'a', 2, 'e', 'x', 0, 0, 1, 0, 1 /* a.ex A IN, at 12 */

static struct rt_dns_found read_it(const uint8_t *msg, size_t len)
{
    struct rt_dns_found f;
    rt_dns_read(&f, msg, len, "a.ex", RT_DNS_A);
    return f;
}

START_TEST(records_of_other_names_are_not_used)
{
    static const uint8_t msg[] = {
        HEAD(2), QUESTION, 1, 'b', 0xc0, 14, 0, 1, 0, 1,  0, 0, 0,   60, 0, 4,
        6,       6,        6, 6, /* b.ex: not asked for */
        0xc0,    12,       0, 1,   0,    1,  0, 0, 0, 60, 0, 4, 192, 0,  2, 1};
    struct rt_dns_found f = read_it(msg, sizeof msg);
    ck_assert_int_eq(f.err, 0);
    ck_assert_uint_eq(f.n, 1);
    ck_assert_uint_eq(ntohl(f.record[0].addr.in4.sin_addr.s_addr), 0xc0000201);
    free(f.record);
}
END_TEST

START_TEST(of_a_giant_answer_the_first_records_are_kept)
{
    static const uint8_t head[] = {HEAD(2 * RT_DNS_RECORDS_MAX), QUESTION};
    static const uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1};
    uint8_t msg[sizeof head + 2 * RT_DNS_RECORDS_MAX * sizeof record];

    memcpy(msg, head, sizeof head);
    for (size_t i = 0; i < 2 * RT_DNS_RECORDS_MAX; i++)
        memcpy(msg + sizeof head + i * sizeof record, record, sizeof record);
    struct rt_dns_found f = read_it(msg, sizeof msg);
    ck_assert_int_eq(f.err, 0);
    ck_assert_uint_eq(f.n, RT_DNS_RECORDS_MAX);
    free(f.record);
}
END_TEST

START_TEST(a_cut_message_never_gives_more_than_it_holds)
{
    static const uint8_t msg[] = {HEAD(1), QUESTION, 0xc0, 12, 0, 1,   0, 1, 0,
                                  0,       0,        60,   0,  4, 192, 0, 2, 1};

    for (size_t len = 0; len < sizeof msg; len++) {
        uint8_t *copy = malloc(len + 1); /* a read past the end is seen by the sanitizer */
        memcpy(copy, msg, len);
        struct rt_dns_found f = read_it(copy, len);
        ck_assert_int_ne(f.err, 0);
        ck_assert_ptr_null(f.record);
        free(copy);
    }
}
END_TEST

START_TEST(messages_that_make_no_sense_are_refused)
{
    static const uint8_t query[] = {0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, QUESTION};
    static const uint8_t truncated[] = {0, 7, 0x83, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, QUESTION};
    static const uint8_t other[] = {HEAD(0), 1, 'b', 2, 'e', 'x', 0, 0, 1, 0, 1};
    static const uint8_t other_type[] = {HEAD(0), 1, 'a', 2, 'e', 'x', 0, 0, 28, 0, 1};
    static const uint8_t circle[] = {HEAD(0), 0xc0, 12, 0, 1, 0, 1};
    static const uint8_t servfail[] = {0, 7, 0x81, 0x82, 0, 1, 0, 0, 0, 0, 0, 0, QUESTION};

    ck_assert_int_eq(read_it(query, sizeof query).err, EBADMSG);
    ck_assert_int_eq(read_it(truncated, sizeof truncated).err, EBADMSG);
    ck_assert_int_eq(read_it(other, sizeof other).err, EBADMSG);
    ck_assert_int_eq(read_it(other_type, sizeof other_type).err, EBADMSG);
    ck_assert_int_eq(read_it(circle, sizeof circle).err, EBADMSG);
    ck_assert_int_eq(read_it(servfail, sizeof servfail).err, EIO);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_answer_is_kept_until_the_exact_millisecond_of_its_ttl,
        a_ttl_is_at_least_a_second_and_at_most_a_day,
        a_denial_is_kept_as_long_as_the_soa_says,
        a_denial_without_soa_is_kept_a_minute_and_one_ttl_may_be_the_shorter,
        those_who_ask_the_same_share_one_question,
        an_old_answer_is_given_while_no_server_answers,
        an_answer_older_than_a_day_is_not_given,
        a_failure_is_remembered_for_five_seconds,
        aliases_are_followed_and_the_shortest_ttl_counts,
        aliases_in_a_circle_end,
        srv_and_naptr_carry_their_fields,
        the_cache_forgets_what_was_used_longest_ago,
        a_name_that_is_none_is_refused_without_asking,
        who_cancels_is_not_called,
        records_of_other_names_are_not_used,
        of_a_giant_answer_the_first_records_are_kept,
        a_cut_message_never_gives_more_than_it_holds,
        messages_that_make_no_sense_are_refused,
    };
    Suite *s = suite_create("rt_dns");
    TCase *t = tcase_create("dns");

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
