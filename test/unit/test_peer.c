/* Peers under the fake clock: names looked up again, servers that fail, health checks by number. */
#include "gw/gw.h"
#include "gw/peer.h"
#include "gw/rt/dns.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define US  "10.0.0.1:5060"
#define ONE "192.0.2.1"
#define TWO "192.0.2.2"
#define SRV "_sip._udp.sbc.example.com"

static struct gw gw;
static struct rt_udp *far_end[2];
static char logged[4096];
static int answer_with[2]; /* the status each far end answers; 0: nothing */

/* ---- the rig ---- */

static void note(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    (void)arg;
    (void)sub;
    (void)level;
    size_t n = strlen(logged);
    snprintf(logged + n, sizeof logged - n, "%s\n", line);
}

static const void *accept_none(void *arg, const struct sip_message *msg, struct sip_reply *refusal)
{
    (void)arg;
    (void)msg;
    (void)refusal;
    return NULL;
}

static void setup(void)
{
    static const char *const hosts[2] = {ONE, TWO};

    fake_reset();
    memset(&gw, 0, sizeof gw);
    logged[0] = '\0';
    rt_log_set_all(RT_INFO);
    rt_log_sink(note, NULL);
    for (unsigned i = 0; i < 2; i++) {
        union rt_addr a;
        rt_addr_parse(&a, hosts[i], strlen(hosts[i]), 5060);
        ck_assert_int_eq(rt_udp_open(&far_end[i], NULL, &a, NULL, NULL), 0);
        answer_with[i] = 200;
    }
}

/** Starts peers of a plan whose trunk is `trunk { sip URI, lines }`. */
static void begin(const char *uri, const char *lines)
{
    static const struct sip_ua_ops ops = {.accept = accept_none};
    struct sip_ua_config ua = {.nlisten = 1, .user_agent = "test"};
    struct rt_dns_config cfg = {.nservers = 0};
    struct conf_diag diag = {.errors = 0};
    char text[1024];

    snprintf(text, sizeof text,
             "version 1\nsip { listen udp:" US " }\ntrunk sbc {\n sip %s\n%s\n}\n", uri, lines);
    int err = gw_plan_parse(&gw.plan, "t.conf", rt_str(text), &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p);
    conf_diag_release(&diag);
    rt_loop_new(&gw.loop, "test");
    rt_dns_new(&gw.dns, gw.loop, &cfg);
    ua.listen[0].addr = gw.plan->sip.listen[0].addr;
    ck_assert_int_eq(sip_ua_new(&gw.sip, gw.loop, &ua, &ops, NULL, NULL), 0);
    ck_assert_int_eq(gw_peers_start(&gw), 0);
}

static void teardown(void)
{
    struct fake_leaks left;

    gw_peers_stop(&gw);
    sip_ua_free(gw.sip);
    rt_dns_free(gw.dns);
    for (unsigned i = 0; i < 2; i++)
        rt_udp_close(far_end[i]);
    fake_leaks(&left);
    ck_assert_uint_eq(left.timers, 0);
    ck_assert_uint_eq(left.udp, 0);
    rt_loop_free(gw.loop);
    gw_plan_unref(gw.plan);
    rt_log_sink(NULL, NULL);
}

static void copy_field(struct rt_buf *out, const char *msg, const char *name)
{
    const char *at = strstr(msg, name), *end = at ? strstr(at + 2, "\r\n") : NULL;

    ck_assert_msg(end != NULL, "%s is missing: %s", name, msg);
    rt_buf_put(out, at, (size_t)(end - at));
    rt_buf_puts(out, strcmp(name, "\r\nTo:") == 0 ? ";tag=far" : "");
}

/** Each far end reads what came and answers as it is told. Returns how many requests came. */
static unsigned answer_all(void)
{
    static const char *const fields[] = {
        "\r\nVia:", "\r\nFrom:", "\r\nTo:", "\r\nCall-ID:", "\r\nCSeq:"};
    union rt_addr from;
    char msg[4096];
    unsigned came = 0;
    size_t len;

    for (unsigned i = 0; i < 2; i++)
        while (rt_udp_recv(far_end[i], msg, sizeof msg - 1, &len, &from) == 0) {
            struct rt_buf out = {0};
            msg[len] = '\0';
            came++;
            ck_assert(strncmp(msg, "OPTIONS sip:sbc.example.com SIP/2.0\r\n", 37) == 0);
            if (answer_with[i] == 0)
                continue;
            rt_buf_printf(&out, "SIP/2.0 %d Whatever", answer_with[i]);
            for (size_t k = 0; k < RT_COUNT(fields); k++)
                copy_field(&out, msg, fields[k]);
            rt_buf_puts(&out, "\r\nContent-Length: 0\r\n\r\n");
            rt_udp_send(far_end[i], out.p, out.n, &from);
            rt_buf_release(&out);
        }
    fake_settle();
    return came;
}

/** Lets time pass, with far ends that answer within 10 ms. */
static void pass(rt_time d)
{
    for (; d > 0; d -= 10 * RT_MS) {
        answer_all();
        fake_advance(d < 10 * RT_MS ? d : 10 * RT_MS);
    }
}

static const struct gw_trunk *trunk(void)
{
    return &gw.plan->trunks[0];
}

/** The hosts to try, as "192.0.2.1 192.0.2.2". */
static const char *hops(void)
{
    static char out[256];
    struct sip_hop hop[16];
    char host[RT_ADDR_LEN];
    unsigned n = gw_peer_hops(&gw, trunk(), hop, RT_COUNT(hop));

    out[0] = '\0';
    for (unsigned i = 0; i < n; i++) {
        ck_assert_str_eq(hop[i].domain, trunk()->to.domain);
        strcat(out, i ? " " : "");
        strcat(out, rt_addr_host(host, &hop[i].addr));
    }
    return out;
}

static void report(const char *host, enum gw_peer_outcome o, unsigned retry_after)
{
    struct sip_hop hop = {.transport = SIP_UDP};

    rt_addr_parse(&hop.addr, host, strlen(host), 5060);
    gw_peer_report(&gw, trunk(), &hop, o, retry_after);
}

static enum gw_peer_state state(unsigned i)
{
    struct gw_peer_status s;

    ck_assert(gw_peer_status(&gw, trunk(), &s));
    return i < s.n ? s.target[i].state : GW_PEER_UNKNOWN;
}

static enum gw_peer_state trunk_state(void)
{
    struct gw_peer_status s;

    ck_assert(gw_peer_status(&gw, trunk(), &s));
    return s.state;
}

/** ONE before TWO, by priority. */
static void two_servers(uint32_t ttl)
{
    fake_dns_answer(SRV, RT_DNS_SRV, ttl, "1 0 5060 one.example.com");
    fake_dns_answer(SRV, RT_DNS_SRV, ttl, "2 0 5060 two.example.com");
    fake_dns_answer("one.example.com", RT_DNS_A, 3600, ONE);
    fake_dns_answer("two.example.com", RT_DNS_A, 3600, TWO);
}

/* ---- names ---- */

START_TEST(an_address_is_there_at_once)
{
    begin("sip:192.0.2.1", "");
    ck_assert_str_eq(hops(), ONE);
    ck_assert_int_eq(trunk_state(), GW_PEER_UP);
    fake_advance(86400 * RT_S);
    ck_assert_str_eq(hops(), ONE);
}
END_TEST

START_TEST(a_name_is_looked_up_at_the_start_and_when_its_ttl_ends)
{
    two_servers(300);
    fake_dns_delay(RT_MS);
    begin("sip:sbc.example.com;transport=udp", "");
    ck_assert_str_eq(hops(), "");
    ck_assert_int_eq(trunk_state(), GW_PEER_UNKNOWN);
    fake_advance(RT_S); /* SRV answered after 1 ms, so that its TTL ends at 300.001 s */
    ck_assert_str_eq(hops(), ONE " " TWO);
    fake_dns_remove("two.example.com", RT_DNS_A);
    fake_dns_remove(SRV, RT_DNS_SRV);
    fake_dns_answer(SRV, RT_DNS_SRV, 300, "1 0 5060 two.example.com");
    fake_dns_answer("two.example.com", RT_DNS_A, 3600, "192.0.2.3");
    fake_advance(299 * RT_S);
    ck_assert_uint_eq(fake_dns_asked(SRV, RT_DNS_SRV), 1);
    fake_advance(RT_MS);
    ck_assert_uint_eq(fake_dns_asked(SRV, RT_DNS_SRV), 2);
    fake_advance(RT_MS);
    ck_assert_str_eq(hops(), TWO); /* the SRV is new; the address is still in the cache */
}
END_TEST

START_TEST(a_look_up_that_fails_keeps_the_old_servers_and_backs_off)
{
    fake_dns_answer("sbc.example.com", RT_DNS_A, 60, ONE);
    begin("sip:sbc.example.com:5060", "");
    fake_settle();
    ck_assert_str_eq(hops(), ONE);
    fake_dns_remove("sbc.example.com", RT_DNS_A);
    fake_advance(60 * RT_S);
    ck_assert_uint_eq(fake_dns_asked("sbc.example.com", RT_DNS_A), 2);
    ck_assert_str_eq(hops(), ONE);
    ck_assert_ptr_nonnull(strstr(logged, "the old ones are kept"));
    fake_advance(59 * RT_S); /* the denial holds for a minute */
    ck_assert_uint_eq(fake_dns_asked("sbc.example.com", RT_DNS_A), 2);
    fake_dns_answer("sbc.example.com", RT_DNS_A, 60, TWO);
    fake_advance(76 * RT_S); /* looked up after 5, 10, 20, 40 s: at 75 s the cache knows nothing */
    ck_assert_str_eq(hops(), TWO);
}
END_TEST

START_TEST(a_peer_that_is_never_found_is_down)
{
    begin("sip:sbc.example.com:5060", "");
    fake_settle();
    ck_assert_int_eq(trunk_state(), GW_PEER_DOWN);
    ck_assert_str_eq(hops(), "");
    ck_assert_ptr_nonnull(strstr(logged, "trunk sbc: down: its servers cannot be found"));
    fake_dns_answer("sbc.example.com", RT_DNS_A, 60, ONE);
    fake_advance(120 * RT_S);
    ck_assert_int_eq(trunk_state(), GW_PEER_UP);
    ck_assert_ptr_nonnull(strstr(logged, "trunk sbc: up"));
}
END_TEST

START_TEST(a_servers_state_outlives_a_look_up)
{
    two_servers(20);
    begin("sip:sbc.example.com;transport=udp", "");
    fake_settle();
    report(ONE, GW_PEER_TIMEOUT, 0);
    fake_advance(25 * RT_S);
    ck_assert_uint_eq(fake_dns_asked(SRV, RT_DNS_SRV), 2);
    ck_assert_int_eq(state(0), GW_PEER_PROBATION);
    ck_assert_str_eq(hops(), TWO " " ONE);
}
END_TEST

START_TEST(callers_are_known_by_the_addresses_of_the_name)
{
    union rt_addr one, three;

    two_servers(300);
    begin("sip:sbc.example.com;transport=udp", "");
    fake_settle();
    rt_addr_parse(&one, ONE, strlen(ONE), 40000);
    rt_addr_parse(&three, "192.0.2.3", 9, 5060);
    ck_assert_ptr_eq(gw_peer_accepts(&gw, &one), trunk());
    ck_assert_ptr_null(gw_peer_accepts(&gw, &three));
}
END_TEST

START_TEST(accept_takes_the_place_of_the_names_addresses)
{
    union rt_addr one, three;

    two_servers(300);
    begin("sip:sbc.example.com;transport=udp", "accept from 192.0.2.3");
    fake_settle();
    rt_addr_parse(&one, ONE, strlen(ONE), 5060);
    rt_addr_parse(&three, "192.0.2.3", 9, 5060);
    ck_assert_ptr_null(gw_peer_accepts(&gw, &one));
    ck_assert_ptr_eq(gw_peer_accepts(&gw, &three), trunk());
}
END_TEST

/* ---- probation ---- */

START_TEST(a_server_that_failed_comes_last_for_thirty_seconds_and_gets_one_trial)
{
    two_servers(3600);
    begin("sip:sbc.example.com;transport=udp", "");
    fake_settle();
    report(ONE, GW_PEER_TIMEOUT, 0);
    ck_assert_int_eq(state(0), GW_PEER_PROBATION);
    ck_assert_str_eq(hops(), TWO " " ONE);
    fake_advance(30 * RT_S - 1);
    ck_assert_str_eq(hops(), TWO " " ONE);
    fake_advance(1);
    ck_assert_str_eq(hops(), ONE " " TWO); /* the trial */
    ck_assert_str_eq(hops(), TWO " " ONE); /* not another */
    report(ONE, GW_PEER_ANSWERED, 0);
    ck_assert_int_eq(state(0), GW_PEER_UP);
    ck_assert_str_eq(hops(), ONE " " TWO);
    ck_assert_str_eq(hops(), ONE " " TWO);
}
END_TEST

START_TEST(probation_doubles_up_to_its_maximum)
{
    static const int seconds[] = {30, 60, 120, 240, 480, 600, 600};

    two_servers(86400);
    begin("sip:sbc.example.com;transport=udp", "");
    fake_settle();
    for (size_t i = 0; i < RT_COUNT(seconds); i++) {
        report(ONE, GW_PEER_FAILED, 0);
        report(ONE, GW_PEER_FAILED, 0); /* another call that was under way: it changes nothing */
        fake_advance(seconds[i] * RT_S - 1);
        ck_assert_str_eq(hops(), TWO " " ONE);
        fake_advance(1);
        ck_assert_str_eq(hops(), ONE " " TWO);
    }
    report(ONE, GW_PEER_ANSWERED, 0);
    report(ONE, GW_PEER_FAILED, 0);
    fake_advance(30 * RT_S);
    ck_assert_str_eq(hops(), ONE " " TWO);
}
END_TEST

START_TEST(a_trial_that_nobody_reports_on_is_over_after_64_t1)
{
    two_servers(86400);
    begin("sip:sbc.example.com;transport=udp", "probation 5s max 20s");
    fake_settle();
    report(ONE, GW_PEER_FAILED, 0);
    fake_advance(5 * RT_S);
    ck_assert_str_eq(hops(), ONE " " TWO);
    fake_advance(32 * RT_S - 1);
    ck_assert_str_eq(hops(), TWO " " ONE);
    fake_advance(1);
    ck_assert_str_eq(hops(), ONE " " TWO);
}
END_TEST

START_TEST(retry_after_says_how_long)
{
    two_servers(86400);
    begin("sip:sbc.example.com;transport=udp", "");
    fake_settle();
    report(ONE, GW_PEER_BUSY503, 7);
    fake_advance(7 * RT_S - 1);
    ck_assert_str_eq(hops(), TWO " " ONE);
    fake_advance(1);
    ck_assert_str_eq(hops(), ONE " " TWO);
    report(ONE, GW_PEER_BUSY503, 86400); /* no longer than the maximum */
    fake_advance(600 * RT_S);
    ck_assert_str_eq(hops(), ONE " " TWO);
}
END_TEST

START_TEST(with_all_on_probation_calls_still_have_somewhere_to_go)
{
    two_servers(3600);
    begin("sip:sbc.example.com;transport=udp", "");
    fake_settle();
    report(ONE, GW_PEER_FAILED, 0);
    report(TWO, GW_PEER_FAILED, 0);
    ck_assert_str_eq(hops(), ONE " " TWO);
    ck_assert_int_eq(trunk_state(), GW_PEER_UP);
    report("192.0.2.99", GW_PEER_FAILED, 0); /* none of its servers */
}
END_TEST

/* ---- health checks ---- */

START_TEST(without_the_statement_nobody_is_asked)
{
    two_servers(3600);
    begin("sip:sbc.example.com;transport=udp", "");
    fake_advance(300 * RT_S);
    ck_assert_uint_eq(answer_all(), 0);
}
END_TEST

START_TEST(two_checks_without_an_answer_take_a_server_down_three_good_ones_bring_it_back)
{
    two_servers(86400);
    answer_with[0] = 0;
    begin("sip:sbc.example.com;transport=udp", "health every 30s");
    pass(30 * RT_S + 10 * RT_MS); /* the check of the start is given up: one bad */
    ck_assert_int_eq(state(0), GW_PEER_UP);
    pass(30 * RT_S - 20 * RT_MS);
    ck_assert_int_eq(state(0), GW_PEER_UP);
    pass(20 * RT_MS); /* at 60 s: two */
    ck_assert_int_eq(state(0), GW_PEER_DOWN);
    ck_assert_int_eq(state(1), GW_PEER_UP);
    ck_assert_str_eq(hops(), TWO);
    ck_assert_int_eq(trunk_state(), GW_PEER_UP);
    answer_with[0] = 404; /* any answer is a sign of life */
    pass(59 * RT_S);      /* the check of 60 s, sent again, and that of 90 s: two good */
    ck_assert_int_eq(state(0), GW_PEER_DOWN);
    pass(2 * RT_S); /* that of 120 s */
    ck_assert_int_eq(state(0), GW_PEER_UP);
    ck_assert_str_eq(hops(), ONE " " TWO);
}
END_TEST

START_TEST(hysteresis_counts_checks_in_a_row)
{
    /* 503 at once: each check is decided when it is sent */
    static const int status[] = {200, 503, 408, 200, 503, 503, 503, 200, 200, 503, 200, 200, 200};
    static const char *const down[] = {"up",   "up",   "up",   "up",   "up",   "up", "down",
                                       "down", "down", "down", "down", "down", "up"};

    fake_dns_answer("sbc.example.com", RT_DNS_A, 86400, ONE);
    begin("sip:sbc.example.com", "health every 10s down 3 up 3");
    for (size_t i = 0; i < RT_COUNT(status); i++) {
        answer_with[0] = status[i];
        pass(10 * RT_S);
        ck_assert_msg(strcmp(gw_peer_state_name(state(0)), down[i]) == 0, "after check %zu", i);
    }
}
END_TEST

START_TEST(with_all_servers_down_the_trunk_is_down)
{
    uint64_t before = rt_counted(&gw_peer_counters[GW_PEER_TRUNK_DOWN]);

    two_servers(86400);
    answer_with[0] = answer_with[1] = 503;
    begin("sip:sbc.example.com;transport=udp", "health every 10s");
    pass(31 * RT_S);
    ck_assert_int_eq(trunk_state(), GW_PEER_DOWN);
    ck_assert_str_eq(hops(), "");
    ck_assert_uint_eq(rt_counted(&gw_peer_counters[GW_PEER_TRUNK_DOWN]), before + 1);
    ck_assert_ptr_nonnull(strstr(logged, "server udp:" ONE ":5060: down: 2 health checks failed"));
    ck_assert_ptr_nonnull(strstr(logged, "trunk sbc: down: no server answers health checks"));
    answer_with[1] = 200;
    pass(30 * RT_S);
    ck_assert_int_eq(trunk_state(), GW_PEER_UP);
    ck_assert_str_eq(hops(), TWO);
    ck_assert_ptr_nonnull(strstr(logged, "trunk sbc: up"));
}
END_TEST

START_TEST(health_checks_end_a_probation_early)
{
    fake_dns_answer("sbc.example.com", RT_DNS_A, 86400, ONE);
    begin("sip:sbc.example.com", "health every 5s up 2");
    pass(6 * RT_S);
    report(ONE, GW_PEER_TIMEOUT, 0);
    ck_assert_int_eq(state(0), GW_PEER_PROBATION);
    pass(6 * RT_S);
    ck_assert_int_eq(state(0), GW_PEER_PROBATION);
    pass(5 * RT_S);
    ck_assert_int_eq(state(0), GW_PEER_UP);
}
END_TEST

START_TEST(the_round_trip_is_measured)
{
    struct gw_peer_status s;

    fake_dns_answer("sbc.example.com", RT_DNS_A, 86400, ONE);
    begin("sip:sbc.example.com", "health every 5s");
    fake_settle();
    fake_advance(37 * RT_MS);
    answer_all();
    gw_peer_status(&gw, trunk(), &s);
    ck_assert_int_eq(s.target[0].round_trip, 37 * RT_MS);
    ck_assert_int_eq(s.target[0].last_answer, rt_now());
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_address_is_there_at_once,
        a_name_is_looked_up_at_the_start_and_when_its_ttl_ends,
        a_look_up_that_fails_keeps_the_old_servers_and_backs_off,
        a_peer_that_is_never_found_is_down,
        a_servers_state_outlives_a_look_up,
        callers_are_known_by_the_addresses_of_the_name,
        accept_takes_the_place_of_the_names_addresses,
        a_server_that_failed_comes_last_for_thirty_seconds_and_gets_one_trial,
        probation_doubles_up_to_its_maximum,
        a_trial_that_nobody_reports_on_is_over_after_64_t1,
        retry_after_says_how_long,
        with_all_on_probation_calls_still_have_somewhere_to_go,
        without_the_statement_nobody_is_asked,
        two_checks_without_an_answer_take_a_server_down_three_good_ones_bring_it_back,
        hysteresis_counts_checks_in_a_row,
        with_all_servers_down_the_trunk_is_down,
        health_checks_end_a_probation_early,
        the_round_trip_is_measured,
    };
    Suite *s = suite_create("peer");
    TCase *t = tcase_create("peer");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 30);
    for (size_t i = 0; i < RT_COUNT(tests); i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
