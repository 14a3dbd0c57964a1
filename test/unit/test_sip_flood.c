/* A peer that has gone mad: how many of its requests are served, told off and dropped unread, and
 * that others' calls do not notice. And the socket that is looked at instead of waking the loop:
 * nothing may be left lying in it.
 */
#include "gw/rt/random.h"
#include "sip/guard.h"
#include "test/unit/sip_rig.h"

#define OTHER "192.0.2.7"

static struct rt_udp *other;
static unsigned invites;

/** Each call is refused at once: it needs an ACK, and is over. */
static void refuse(struct sip_session *s, const struct sip_message *m)
{
    (void)m;
    invites++;
    sip_session_refuse(s, 486, NULL, NULL, NULL, 0);
    sip_session_close(s, NULL);
}

static void start(void)
{
    union rt_addr addr = rig_addr(OTHER);

    rig_start();
    rig.invite = refuse;
    invites = 0;
    ck_assert_int_eq(rt_udp_open(&other, rig.loop, &addr, NULL, NULL), 0);
}

static void stop(void)
{
    rt_udp_close(other);
    rig_stop();
}

static void limit(struct sip_limits limits)
{
    struct sip_ua_config cfg = {.nlisten = 1, .user_agent = "test", .limits = limits};

    cfg.listen[0] = (struct sip_listen){SIP_UDP, rig.ua_addr};
    sip_ua_free(rig.ua);
    ck_assert_int_eq(sip_ua_new(&rig.ua, rig.loop, &cfg, &rig_ua_ops, NULL, NULL), 0);
}

static uint64_t counted(enum sip_guard_counter c)
{
    return rt_counted(&sip_guard_counters[c]);
}

static void put(struct rt_udp *from, const char *text)
{
    ck_assert_int_eq(rt_udp_send(from, text, strlen(text), &rig.ua_addr), 0);
}

/** The answers that wait there; `*good`: those that begin with 2. */
static unsigned heard(struct rt_udp *at, unsigned *good)
{
    unsigned n = 0;
    size_t len;

    while (rt_udp_recv(at, rig.in, RIG_MAX - 1, &len, NULL) == 0) {
        rig.in[len] = '\0';
        *good += rig.in[8] == '2';
        n++;
    }
    return n;
}

/** Requests of the peer that sends without end: `n` of them, at once. */
static void rave(unsigned n)
{
    static unsigned cseq;

    for (unsigned i = 0; i < n; i++)
        put(rig.peer, rig_write(&(struct rig_ask){.method = "OPTIONS", .cseq = ++cseq}));
}

/** A call of the other peer: 100 and 486, and it is acknowledged. */
static void call(unsigned n)
{
    char id[20], branch[20];

    snprintf(id, sizeof id, "other-%u", n);
    snprintf(branch, sizeof branch, "o%u", n);
    put(other, rig_write(&(struct rig_ask){
                   .via = OTHER ":5060", .call_id = id, .branch = branch, .body = RIG_SDP}));
}

static void acknowledge(unsigned n)
{
    char id[20], branch[20];
    size_t len;

    snprintf(id, sizeof id, "other-%u", n);
    snprintf(branch, sizeof branch, "o%u", n);
    ck_assert_int_eq(rt_udp_recv(other, rig.in, RIG_MAX - 1, &len, NULL), 0);
    if (memcmp(rig.in, "SIP/2.0 100 ", 12) == 0)
        ck_assert_int_eq(rt_udp_recv(other, rig.in, RIG_MAX - 1, &len, NULL), 0);
    rig.in[len] = '\0';
    ck_assert_msg(memcmp(rig.in, "SIP/2.0 486 ", 12) == 0, "%s", rig.in);
    put(other, rig_write(&(struct rig_ask){.method = "ACK",
                                           .via = OTHER ":5060",
                                           .call_id = id,
                                           .branch = branch,
                                           .to_tag = rig_tag("To")}));
}

/** 40,000 OPTIONS a second, and a call of the other peer each 20 ms, none of which waits for more
 * than the socket's next look. */
START_TEST(calls_go_on_beside_a_mad_peer)
{
    uint64_t before = counted(SIP_GUARD_EXCESS), told = counted(SIP_GUARD_SOURCE_RATE);
    unsigned answers = 0, good = 0;

    fake_advance(RT_S - rt_now() % RT_S);
    for (unsigned ms = 0; ms < 2990; ms++) {
        rave(40);
        if (ms % 20 == 0)
            call(ms);
        fake_advance(RT_MS);
        if (ms % 20 == 1)
            acknowledge(ms - 1);
        answers += heard(rig.peer, &good);
    }
    fake_advance(10 * RT_MS);
    answers += heard(rig.peer, &good);
    ck_assert_uint_eq(invites, 150);
    ck_assert_uint_eq(good, 3 * 5000);
    ck_assert_uint_eq(answers, 3 * 6000);
    ck_assert_uint_eq(counted(SIP_GUARD_SOURCE_RATE), told + 3 * 1000);
    ck_assert_uint_eq(counted(SIP_GUARD_EXCESS), before + 2990 * 40 - 3 * 6000);
}
END_TEST

/** What ends something is read however much of the rest comes, and so are answers; by a stream all
 * is. */
START_TEST(what_ends_something_is_read)
{
    static const char *const read[] = {"SIP/2.0 200 OK\r\n", "ACK sip:a SIP/2.0\r\n",
                                       "BYE sip:a SIP/2.0\r\n", "CANCEL sip:a SIP/2.0\r\n",
                                       "PRACK sip:a SIP/2.0\r\n"};
    static const char *const unread[] = {"OPTIONS sip:a SIP/2.0\r\n", "INVITE sip:a SIP/2.0\r\n",
                                         "ACKS", "SIP/2.0", "\x01"};
    struct sip_limits limits = {.source_rate = 1};
    union rt_addr a = rig_addr("192.0.2.1"), b = rig_addr(OTHER);
    static struct sip_msg m;
    struct sip_guard *g;

    ck_assert_int_eq(sip_guard_new(&g, rig.loop, &limits), 0);
    m.method = SIP_OPTIONS;
    m.pub.from_addr = a;
    ck_assert_int_eq(sip_guard_request(g, &m, 0), 0);
    for (unsigned i = 0; i < 1000; i++) {
        ck_assert(!sip_guard_excess(g, &a, rt_str(unread[0])));
        ck_assert_int_eq(sip_guard_request(g, &m, 0), 503);
    }
    for (size_t i = 0; i < RT_COUNT(read); i++)
        ck_assert(!sip_guard_excess(g, &a, rt_str(read[i])));
    for (size_t i = 0; i < RT_COUNT(unread); i++) {
        ck_assert(sip_guard_excess(g, &a, rt_str(unread[i])));
        ck_assert(!sip_guard_excess(g, &b, rt_str(unread[i])));
    }
    fake_advance(RT_S);
    ck_assert(!sip_guard_excess(g, &a, rt_str(unread[0])));
    ck_assert_int_eq(sip_guard_request(g, &m, 0), 0);
    sip_guard_free(g);
}
END_TEST

/** Three peers that use up the rate of all leave a tenth more for those who send little: ten
 * requests each, of a thousand. */
START_TEST(the_rate_of_all_has_a_reserve)
{
    struct sip_limits limits = {.rate = 1000, .source_rate = 400};
    static struct sip_msg m;
    struct sip_guard *g;
    unsigned served = 0;

    ck_assert_int_eq(sip_guard_new(&g, rig.loop, &limits), 0);
    m.method = SIP_INVITE;
    m.pub.from_addr = rig_addr("192.0.2.1");
    for (unsigned i = 0; i < 3; i++) {
        m.pub.from_addr.in4.sin_addr.s_addr = htonl(0xc0000201 + i);
        for (unsigned k = 0; k < 500; k++)
            served += sip_guard_request(g, &m, 0) == 0;
    }
    ck_assert_uint_eq(served, 1000);
    for (unsigned i = 0; i < 20; i++) {
        m.pub.from_addr.in4.sin_addr.s_addr = htonl(0xc6336400 + i);
        for (unsigned k = 0; k < 15; k++)
            ck_assert_int_eq(sip_guard_request(g, &m, 0), i < 10 && k < 10 ? 0 : 503);
    }
    sip_guard_free(g);
}
END_TEST

/** Whatever pattern datagrams come in, each is answered at the next look at the latest, and when
 * they have stopped the loop sleeps. */
START_TEST(nothing_is_left_in_the_socket)
{
    struct fake_leaks before, after;
    unsigned sent = 0, answers = 0, good = 0;

    limit((struct sip_limits){.rate = 1000000, .source_rate = 1000000});
    fake_leaks(&before);
    fake_seed((uint64_t)_i + 1);
    for (unsigned part = 0; part < 200; part++) {
        unsigned most = 1 + rt_random_below(part % 3 == 0 ? 80 : 6);
        rt_time gap = part % 5 == 0 ? RT_MS / 4 : (1 + rt_random_below(5)) * RT_MS;
        for (unsigned k = rt_random_below(40); k > 0; k--) {
            unsigned n = rt_random_below(most + 1);
            rave(n);
            sent += n;
            fake_advance(gap);
            answers += heard(rig.peer, &good);
        }
        fake_advance(RT_MS);
        answers += heard(rig.peer, &good);
        ck_assert_uint_eq(answers, sent);
        if (part % 7 == 0)
            fake_advance(rt_random_below(100) * RT_MS);
    }
    fake_advance(100 * RT_MS);
    fake_leaks(&after);
    ck_assert_uint_eq(after.timers, before.timers);
    ck_assert_uint_eq(good, sent);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sip flood");
    TCase *tc = tcase_create("sip flood");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, start, stop);
    tcase_add_test(tc, calls_go_on_beside_a_mad_peer);
    tcase_add_test(tc, what_ends_something_is_read);
    tcase_add_test(tc, the_rate_of_all_has_a_reserve);
    tcase_add_loop_test(tc, nothing_is_left_in_the_socket, 0, 5);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
