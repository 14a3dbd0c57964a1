/* Look-ups in ENUM under the fake clock and a scripted zone: their time, their memory, and what is
 * counted. What records say is tested in test_dp_enum.c. */
#include "gw/enum.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define NUMBER "+441632960083"
#define NAME   "3.8.0.0.6.9.2.3.6.1.4.4.e164.ix.example"

static struct rt_loop *loop;
static struct rt_dns *dns;
static struct gw_enum *cache;
static struct gw_enum_config cfg;

struct got {
    unsigned calls;
    struct gw_enum_answer a;
    char uris[256];
    rt_time at;
};

static void take(void *arg, const struct gw_enum_answer *a)
{
    struct got *g = arg;
    size_t len = 0;

    g->calls++;
    g->a = *a;
    g->at = rt_now();
    g->uris[0] = '\0';
    for (unsigned i = 0; i < a->n; i++)
        len += (size_t)snprintf(g->uris + len, sizeof g->uris - len, "%s%s", i ? " " : "",
                                a->uri[i].text);
}

static struct dp_number number(const char *text)
{
    struct dp_number n;

    ck_assert_int_eq(dp_number_parse(&n, rt_str(text)), 0);
    return n;
}

static struct gw_enum_query *ask(struct got *g, const char *text)
{
    struct gw_enum_query *q = NULL;
    struct dp_number n = number(text);

    ck_assert_int_eq(gw_enum_ask(&q, cache, &cfg, &n, take, g), 0);
    ck_assert_uint_eq(g->calls, 0); /* never from inside the call */
    return q;
}

/** Asks and waits for `time`, at the end of which there is an answer. */
static struct got answer(const char *text, rt_time time)
{
    struct got g = {.calls = 0};

    ask(&g, text);
    if (time > 0) {
        fake_advance(time - 1);
        ck_assert_uint_eq(g.calls, 0);
        fake_advance(1);
    }
    fake_settle();
    ck_assert_uint_eq(g.calls, 1);
    ck_assert_int_eq(g.a.took, time);
    return g;
}

static void gives(const char *name, unsigned order, uint32_t ttl, const char *uri)
{
    char rdata[200];

    snprintf(rdata, sizeof rdata, "%u 10 \"u\" \"E2U+sip\" \"!^.*$!%s!\" .", order, uri);
    fake_dns_answer(name, RT_DNS_NAPTR, ttl, rdata);
}

static void refers(const char *name, unsigned order, const char *to)
{
    char rdata[200];

    snprintf(rdata, sizeof rdata, "%u 10 \"\" \"\" \"\" %s", order, to);
    fake_dns_answer(name, RT_DNS_NAPTR, 3600, rdata);
}

static uint64_t counted(enum gw_enum_counter c)
{
    return rt_counted(&gw_enum_counters[c]);
}

static void setup(void)
{
    struct rt_dns_config names = {.nservers = 0};

    fake_reset();
    rt_loop_new(&loop, "test");
    ck_assert_int_eq(rt_dns_new(&dns, loop, &names), 0);
    ck_assert_int_eq(gw_enum_new(&cache, loop, dns, 0), 0);
    cfg = (struct gw_enum_config){.rules = {.suffix = "e164.ix.example"},
                                  .timeout = 300 * RT_MS,
                                  .cache = 3600 * RT_S,
                                  .negative = 300 * RT_S};
    for (unsigned i = 0; i < GW_ENUM_NCOUNTERS; i++)
        gw_enum_counters[i].value = 0;
}

static void teardown(void)
{
    struct fake_leaks left;

    gw_enum_free(cache);
    rt_dns_free(dns);
    fake_leaks(&left);
    ck_assert_uint_eq(left.timers, 0);
    rt_loop_free(loop);
}

START_TEST(a_number_is_found_with_all_its_uris_in_order)
{
    gives(NAME, 10, 60, "sip:a@peer.example");
    fake_dns_answer(NAME, RT_DNS_NAPTR, 60,
                    "10 5 \"u\" \"E2U+sip\" \"!^(\\+441632960083)$!sip:\\1@example.com!\" .");
    struct got g = answer(NUMBER, 0);
    ck_assert_int_eq(g.a.result, GW_ENUM_FOUND);
    ck_assert_str_eq(g.uris, "sip:+441632960083@example.com sip:a@peer.example");
    ck_assert(!g.a.cached && !g.a.stale);
    ck_assert_int_eq(g.a.expires, rt_now() + 60 * RT_S);
    ck_assert_uint_eq(counted(GW_ENUM_C_QUERIES), 1);
    ck_assert_uint_eq(counted(GW_ENUM_C_FOUND), 1);
    ck_assert_str_eq(gw_enum_result_text(g.a.result), "found");
}
END_TEST

START_TEST(a_found_number_is_remembered_for_its_ttl)
{
    gives(NAME, 10, 60, "sip:a@peer.example");
    answer(NUMBER, 0);
    fake_advance(60 * RT_S - RT_MS);
    struct got g = answer(NUMBER, 0);
    ck_assert(g.a.cached);
    ck_assert_str_eq(g.uris, "sip:a@peer.example");
    ck_assert_uint_eq(counted(GW_ENUM_C_CACHED), 1);
    ck_assert_uint_eq(fake_dns_asked(NAME, RT_DNS_NAPTR), 1);
    fake_advance(RT_MS);
    ck_assert(!answer(NUMBER, 0).a.cached);
    ck_assert_uint_eq(fake_dns_asked(NAME, RT_DNS_NAPTR), 2);
}
END_TEST

START_TEST(the_plan_caps_how_long)
{
    gives(NAME, 10, 86400, "sip:a@peer.example");
    ck_assert_int_eq(answer(NUMBER, 0).a.expires, rt_now() + 3600 * RT_S);
    fake_advance(3600 * RT_S);
    ck_assert(!answer(NUMBER, 0).a.cached);
    ck_assert_uint_eq(counted(GW_ENUM_C_CACHED), 0);
    cfg.cache = 0; /* not kept here; the names are, all the same */
    cfg.rules.suffix = "other.example";
    gives("2.1.other.example", 1, 60, "sip:b@peer.example");
    answer("+12", 0);
    ck_assert(!answer("+12", 0).a.cached);
    ck_assert_uint_eq(fake_dns_asked("2.1.other.example", RT_DNS_NAPTR), 1);
}
END_TEST

START_TEST(the_shortest_ttl_of_a_chain_counts)
{
    refers(NAME, 1, "x.example");
    gives("x.example", 1, 20, "sip:a@peer.example");
    ck_assert_int_eq(answer(NUMBER, 0).a.expires, rt_now() + 20 * RT_S);
    ck_assert_uint_eq(counted(GW_ENUM_C_CHAINED), 1);
}
END_TEST

START_TEST(a_missing_number_is_remembered_as_the_soa_says_and_the_plan_allows)
{
    fake_dns_answer("e164.ix.example", RT_DNS_SOA, 3600, "120");
    struct got g = answer(NUMBER, 0);
    ck_assert_int_eq(g.a.result, GW_ENUM_MISSING);
    ck_assert_uint_eq(g.a.n, 0);
    ck_assert_int_eq(g.a.expires, rt_now() + 120 * RT_S);
    fake_advance(120 * RT_S - RT_MS);
    g = answer(NUMBER, 0);
    ck_assert(g.a.cached);
    ck_assert_int_eq(g.a.result, GW_ENUM_MISSING);
    ck_assert_uint_eq(counted(GW_ENUM_C_MISSING), 2);
    fake_advance(RT_MS);
    cfg.negative = 30 * RT_S;
    ck_assert_int_eq(answer(NUMBER, 0).a.expires, rt_now() + 30 * RT_S);
}
END_TEST

START_TEST(a_number_of_which_nothing_can_be_used_is_missing)
{
    fake_dns_answer(NAME, RT_DNS_NAPTR, 3600, "1 1 \"u\" \"E2U+h323\" \"!^.*$!h323:a@b!\" .");
    fake_dns_answer(NAME, RT_DNS_NAPTR, 3600, "1 2 \"u\" \"E2U+sip\" \"!a!b\" .");
    struct got g = answer(NUMBER, 0);
    ck_assert_int_eq(g.a.result, GW_ENUM_MISSING);
    ck_assert_int_eq(g.a.expires, rt_now() + 300 * RT_S); /* `negative`, not the TTL */
    ck_assert_uint_eq(counted(GW_ENUM_C_MALFORMED), 1);
    ck_assert_str_eq(gw_enum_result_text(g.a.result), "not in ENUM");
}
END_TEST

START_TEST(a_server_that_cannot_is_no_denial)
{
    fake_dns_fail(NAME, RT_DNS_NAPTR, EIO);
    struct got g = answer(NUMBER, 0);
    ck_assert_int_eq(g.a.result, GW_ENUM_UNKNOWN);
    ck_assert_str_eq(gw_enum_result_text(g.a.result), "unknown");
    ck_assert_uint_eq(counted(GW_ENUM_C_FAILED), 1);
    ck_assert_uint_eq(counted(GW_ENUM_C_MISSING), 0);
    ck_assert_uint_eq(gw_enum_entries(cache), 0);
    fake_dns_fail(NAME, RT_DNS_NAPTR, 0);
    gives(NAME, 1, 60, "sip:a@peer.example");
    fake_advance(5 * RT_S); /* the DNS remembers a failure that long */
    ck_assert_int_eq(answer(NUMBER, 0).a.result, GW_ENUM_FOUND);
}
END_TEST

START_TEST(silence_is_noticed_at_the_exact_millisecond)
{
    fake_dns_delay(10 * RT_S);
    gives(NAME, 1, 60, "sip:a@peer.example");
    ck_assert_int_eq(answer(NUMBER, 300 * RT_MS).a.result, GW_ENUM_UNKNOWN);
    ck_assert_uint_eq(counted(GW_ENUM_C_TOO_SLOW), 1);
    ck_assert_uint_eq(counted(GW_ENUM_C_FAILED), 1);
    cfg.timeout = 50 * RT_MS;
    ck_assert_int_eq(answer("+12", 50 * RT_MS).a.result, GW_ENUM_UNKNOWN);
    cfg.timeout = 0;
    ck_assert_int_eq(answer("+13", GW_ENUM_TIMEOUT).a.result, GW_ENUM_UNKNOWN);
    fake_advance(10 * RT_S); /* the answer came too late for the call, but in time for the next */
    ck_assert_str_eq(answer(NUMBER, 0).uris, "sip:a@peer.example");
}
END_TEST

START_TEST(the_time_is_for_all_the_questions_together)
{
    fake_dns_delay(120 * RT_MS);
    refers(NAME, 1, "x.example");
    gives("x.example", 1, 60, "sip:a@peer.example");
    ck_assert_str_eq(answer(NUMBER, 240 * RT_MS).uris, "sip:a@peer.example");
    refers("2.1.e164.ix.example", 1, "y.example");
    refers("y.example", 1, "z.example");
    gives("z.example", 1, 60, "sip:a@peer.example");
    ck_assert_int_eq(answer("+12", 300 * RT_MS).a.result, GW_ENUM_UNKNOWN);
    ck_assert_uint_eq(fake_dns_asked("z.example", RT_DNS_NAPTR), 1);
    ck_assert_uint_eq(counted(GW_ENUM_C_CHAINED), 3);
}
END_TEST

START_TEST(a_failure_behind_a_reference_is_passed_over)
{
    refers(NAME, 1, "x.example");
    gives(NAME, 2, 3600, "sip:a@peer.example");
    fake_dns_fail("x.example", RT_DNS_NAPTR, EIO);
    struct got g = answer(NUMBER, 0);
    ck_assert_str_eq(g.uris, "sip:a@peer.example");
    ck_assert_int_eq(g.a.expires, rt_now() + 5 * RT_S); /* there may be a better one soon */
    fake_dns_remove(NAME, RT_DNS_NAPTR);
    refers("2.1.e164.ix.example", 1, "x.example");
    ck_assert_int_eq(answer("+12", 0).a.result, GW_ENUM_UNKNOWN);
}
END_TEST

START_TEST(loops_are_counted_and_end)
{
    refers(NAME, 1, "x.example");
    refers("x.example", 1, NAME);
    ck_assert_int_eq(answer(NUMBER, 0).a.result, GW_ENUM_MISSING);
    ck_assert_uint_eq(counted(GW_ENUM_C_LOOPS), 1);
    ck_assert_uint_eq(fake_dns_asked(NAME, RT_DNS_NAPTR), 1);
}
END_TEST

START_TEST(an_old_answer_is_given_when_the_servers_cannot)
{
    gives(NAME, 1, 60, "sip:a@peer.example");
    answer(NUMBER, 0);
    fake_dns_fail(NAME, RT_DNS_NAPTR, EIO);
    fake_advance(60 * RT_S);
    struct got g = answer(NUMBER, 0);
    ck_assert_int_eq(g.a.result, GW_ENUM_FOUND);
    ck_assert(g.a.stale && !g.a.cached);
    ck_assert_str_eq(g.uris, "sip:a@peer.example");
    ck_assert_int_eq(g.a.expires, rt_now() + 30 * RT_S); /* then they are asked again */
    ck_assert_uint_eq(counted(GW_ENUM_C_STALE), 1);
    g = answer(NUMBER, 0);
    ck_assert(g.a.stale && g.a.cached);
    fake_dns_fail(NAME, RT_DNS_NAPTR, 0);
    fake_advance(30 * RT_S);
    ck_assert(!answer(NUMBER, 0).a.stale);
}
END_TEST

START_TEST(an_old_answer_is_given_when_the_servers_are_silent)
{
    gives(NAME, 1, 60, "sip:a@peer.example");
    answer(NUMBER, 0);
    fake_dns_delay(10 * RT_S);
    fake_advance(60 * RT_S);
    struct got g = answer(NUMBER, 300 * RT_MS);
    ck_assert_int_eq(g.a.result, GW_ENUM_FOUND);
    ck_assert(g.a.stale);
    ck_assert_str_eq(g.uris, "sip:a@peer.example");
    ck_assert_uint_eq(counted(GW_ENUM_C_TOO_SLOW), 1);
    ck_assert_uint_eq(counted(GW_ENUM_C_FAILED), 0);
    g = answer(NUMBER, 0); /* the next call does not wait */
    ck_assert(g.a.stale && g.a.cached);
    fake_advance(30 * RT_S);
    ck_assert(!answer(NUMBER, 0).a.stale); /* the DNS has its answer by now */
}
END_TEST

START_TEST(an_answer_older_than_a_day_is_not_given)
{
    gives(NAME, 1, 60, "sip:a@peer.example");
    answer(NUMBER, 0);
    fake_dns_fail(NAME, RT_DNS_NAPTR, EIO);
    fake_advance(60 * RT_S + 86400 * RT_S);
    ck_assert_int_eq(answer(NUMBER, 0).a.result, GW_ENUM_UNKNOWN);
    gives("2.1.e164.ix.example", 1, 60, "sip:a@peer.example");
    answer("+12", 0);
    fake_dns_delay(10 * RT_S);
    fake_advance(60 * RT_S + 86400 * RT_S);
    ck_assert_int_eq(answer("+12", 300 * RT_MS).a.result, GW_ENUM_UNKNOWN);
}
END_TEST

START_TEST(what_is_not_e164_is_missing_without_a_question)
{
    struct got g = answer("911", 0);

    ck_assert_int_eq(g.a.result, GW_ENUM_MISSING);
    ck_assert(!g.a.cached);
    ck_assert_uint_eq(rt_dns_entries(dns), 0);
    ck_assert_uint_eq(gw_enum_entries(cache), 0);
    cfg.rules.suffix = "no name";
    ck_assert_int_eq(answer(NUMBER, 0).a.result, GW_ENUM_MISSING);
    ck_assert_uint_eq(rt_dns_entries(dns), 0);
}
END_TEST

START_TEST(numbers_are_kept_by_suffix_and_services)
{
    static const char *const pstn[] = {"pstn"};

    gives(NAME, 1, 60, "sip:a@peer.example");
    answer(NUMBER, 0);
    cfg.rules.service = pstn;
    cfg.rules.nservices = 1;
    ck_assert_int_eq(answer(NUMBER, 0).a.result, GW_ENUM_MISSING);
    cfg.rules.nservices = 0;
    cfg.rules.suffix = "e164.arpa";
    ck_assert_int_eq(answer(NUMBER, 0).a.result, GW_ENUM_MISSING);
    cfg.rules.suffix = "e164.ix.example";
    ck_assert_int_eq(answer(NUMBER, 0).a.result, GW_ENUM_FOUND);
    ck_assert_uint_eq(gw_enum_entries(cache), 3);
    ck_assert_uint_eq(counted(GW_ENUM_C_CACHED), 1);
}
END_TEST

START_TEST(the_number_used_longest_ago_is_forgotten)
{
    gw_enum_free(cache);
    ck_assert_int_eq(gw_enum_new(&cache, loop, dns, 2), 0);
    answer("+11", 0);
    answer("+12", 0);
    answer("+11", 0);
    answer("+13", 0);
    ck_assert_uint_eq(gw_enum_entries(cache), 2);
    ck_assert(answer("+11", 0).a.cached);
    ck_assert(!answer("+12", 0).a.cached);
}
END_TEST

START_TEST(explain_looks_without_asking)
{
    struct dp_number n = number(NUMBER), short_code = number("911");
    struct gw_enum_answer a;

    ck_assert(!gw_enum_peek(&a, cache, &cfg, &n));
    ck_assert(!gw_enum_peek(&a, cache, &cfg, &short_code));
    gives(NAME, 1, 60, "sip:a@peer.example");
    answer(NUMBER, 0);
    ck_assert(gw_enum_peek(&a, cache, &cfg, &n));
    ck_assert_str_eq(a.uri[0].text, "sip:a@peer.example");
    ck_assert_uint_eq(a.n, 1);
    ck_assert(a.cached);
    ck_assert_int_eq(a.expires, rt_now() + 60 * RT_S);
    fake_advance(60 * RT_S);
    ck_assert(!gw_enum_peek(&a, cache, &cfg, &n));
    ck_assert_uint_eq(fake_dns_asked(NAME, RT_DNS_NAPTR), 1);
    ck_assert_uint_eq(counted(GW_ENUM_C_QUERIES), 1);
}
END_TEST

START_TEST(calls_for_one_number_share_a_question)
{
    struct got g[3] = {{.calls = 0}};

    fake_dns_delay(20 * RT_MS);
    gives(NAME, 1, 60, "sip:a@peer.example");
    for (unsigned i = 0; i < RT_COUNT(g); i++)
        ask(&g[i], NUMBER);
    fake_advance(20 * RT_MS);
    for (unsigned i = 0; i < RT_COUNT(g); i++)
        ck_assert_str_eq(g[i].uris, "sip:a@peer.example");
    ck_assert_uint_eq(fake_dns_asked(NAME, RT_DNS_NAPTR), 1);
    ck_assert_uint_eq(gw_enum_entries(cache), 1);
}
END_TEST

START_TEST(who_gives_up_is_not_called)
{
    struct got g = {.calls = 0};

    gives(NAME, 1, 60, "sip:a@peer.example");
    fake_dns_delay(20 * RT_MS);
    gw_enum_cancel(ask(&g, NUMBER));
    fake_advance(RT_S);
    answer(NUMBER, 0);
    gw_enum_cancel(ask(&g, NUMBER)); /* one that the cache would answer */
    gw_enum_cancel(NULL);
    ask(&g, "+12");
    gw_enum_free(cache);
    cache = NULL;
    fake_advance(RT_S);
    ck_assert_uint_eq(g.calls, 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_number_is_found_with_all_its_uris_in_order,
        a_found_number_is_remembered_for_its_ttl,
        the_plan_caps_how_long,
        the_shortest_ttl_of_a_chain_counts,
        a_missing_number_is_remembered_as_the_soa_says_and_the_plan_allows,
        a_number_of_which_nothing_can_be_used_is_missing,
        a_server_that_cannot_is_no_denial,
        silence_is_noticed_at_the_exact_millisecond,
        the_time_is_for_all_the_questions_together,
        a_failure_behind_a_reference_is_passed_over,
        loops_are_counted_and_end,
        an_old_answer_is_given_when_the_servers_cannot,
        an_old_answer_is_given_when_the_servers_are_silent,
        an_answer_older_than_a_day_is_not_given,
        what_is_not_e164_is_missing_without_a_question,
        numbers_are_kept_by_suffix_and_services,
        the_number_used_longest_ago_is_forgotten,
        explain_looks_without_asking,
        calls_for_one_number_share_a_question,
        who_gives_up_is_not_called,
    };
    Suite *s = suite_create("enum");
    TCase *t = tcase_create("enum");

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
