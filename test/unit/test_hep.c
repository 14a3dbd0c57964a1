/* HEP3 datagrams chunk by chunk, as the protocol's specification lays them out, and what waits for
 * the id of its call. */
#include "gw/hep.h"
#include "gw/rt/file.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#define SERVER "192.0.2.9:9060"

static struct rt_loop *loop;
static struct rt_udp *server;
static struct gw_hep *hep;
static union rt_addr from, to;
static struct rt_buf got;

static union rt_addr addr(const char *text)
{
    union rt_addr a;

    ck_assert_int_eq(rt_addr_parse(&a, text, strlen(text), 0), 0);
    return a;
}

static void setup(void)
{
    union rt_addr at = addr(SERVER);

    fake_reset();
    from = addr("192.0.2.1:5060");
    to = addr("198.51.100.7:5062");
    ck_assert_int_eq(rt_loop_new(&loop, "test"), 0);
    ck_assert_int_eq(rt_udp_open(&server, loop, &at, NULL, NULL), 0);
}

static void teardown(void)
{
    struct fake_leaks left;

    gw_hep_free(hep);
    hep = NULL;
    rt_udp_close(server);
    rt_loop_free(loop);
    rt_buf_release(&got);
    fake_leaks(&left);
    ck_assert_uint_eq(left.udp + left.loops + left.timers, 0);
}

static struct gw_hep_packet message(const char *text, const char *correlation)
{
    return (struct gw_hep_packet){.protocol = GW_HEP_SIP,
                                  .from = &from,
                                  .to = &to,
                                  .wall = 0x01020304 * RT_S + 0x5678,
                                  .payload = rt_str(text),
                                  .correlation = rt_str(correlation)};
}

START_TEST(every_chunk_is_where_it_belongs)
{
    static const uint8_t want[] = {
        'H', 'E', 'P', '3', 0, 122,                                 /* all of it */
        0,   0,   0,   1,   0, 7,   2,                              /* IPv4 */
        0,   0,   0,   2,   0, 7,   17,                             /* UDP */
        0,   0,   0,   3,   0, 10,  192, 0,   2,    1,              /* from */
        0,   0,   0,   4,   0, 10,  198, 51,  100,  7,              /* to */
        0,   0,   0,   7,   0, 8,   19,  196,                       /* 5060 */
        0,   0,   0,   8,   0, 8,   19,  198,                       /* 5062 */
        0,   0,   0,   9,   0, 10,  1,   2,   3,    4,              /* seconds */
        0,   0,   0,   10,  0, 10,  0,   0,   0x56, 0x78,           /* microseconds */
        0,   0,   0,   11,  0, 7,   1,                              /* SIP */
        0,   0,   0,   12,  0, 10,  0,   0,   0x07, 0xd1,           /* 2001 */
        0,   0,   0,   14,  0, 9,   'k', 'e', 'y',                  /* key */
        0,   0,   0,   15,  0, 12,  'I', 'N', 'V',  'I',  'T', 'E', /* payload */
        0,   0,   0,   17,  0, 8,   'i', 'd',                       /* correlation */
    };
    struct gw_hep_packet p = message("INVITE", "id");

    gw_hep_encode(&got, &p, 2001, rt_str("key"));
    ck_assert_uint_eq(got.n, sizeof want);
    ck_assert_mem_eq(got.p, want, sizeof want);
}
END_TEST

START_TEST(addresses_are_ipv6_when_one_of_them_is)
{
    static const uint8_t mapped[] = {0, 0, 0, 5, 0, 22,   0,    0,   0, 0, 0,
                                     0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
    struct gw_hep_packet p = message("x", "");

    to = addr("[2001:db8::1]:5060");
    p.protocol = GW_HEP_MGCP;
    gw_hep_encode(&got, &p, 1, rt_str(""));
    ck_assert_int_eq(got.p[12], 10); /* the family's value */
    ck_assert_mem_eq(got.p + 20, mapped, sizeof mapped);
    ck_assert_mem_eq(got.p + 42, "\0\0\0\6\0\26\x20\x01\x0d\xb8", 10);
    ck_assert_mem_eq(got.p + 100, "\0\0\0\13\0\7\6", 7);
    ck_assert_uint_eq((uint8_t)got.p[4] << 8 | (uint8_t)got.p[5], got.n);
}
END_TEST

/* ---- sending ---- */

static void begin(const char *key)
{
    struct gw_trace_plan plan = {.homer = addr(SERVER), .homer_id = 7, .homer_key = key};
    struct rt_buf why = {0};

    ck_assert_int_eq(gw_hep_new(&hep, loop, &plan, &why), 0);
    ck_assert_uint_eq(why.n, 0);
}

/** The next datagram that the server has; its octets after the port chunks. */
static bool next(void)
{
    char data[2000];
    size_t n;

    fake_advance(20 * RT_MS);
    rt_buf_reset(&got);
    if (rt_udp_recv(server, data, sizeof data, &n, NULL) != 0)
        return false;
    rt_buf_put(&got, data, n);
    ck_assert_uint_eq((uint8_t)data[4] << 8 | (uint8_t)data[5], n);
    return true;
}

static bool ends(const char *text)
{
    size_t n = strlen(text);
    return got.n >= n && memcmp(got.p + got.n - n, text, n) == 0;
}

START_TEST(a_message_of_a_call_goes_soon)
{
    struct gw_hep_packet p = message("BYE", "17");
    uint64_t sent = rt_counted(&gw_hep_counters[GW_HEP_SENT]);

    begin(NULL);
    gw_hep_send(hep, &p, false);
    ck_assert(next());
    ck_assert(ends("17"));
    ck_assert(!next());
    ck_assert_uint_eq(rt_counted(&gw_hep_counters[GW_HEP_SENT]), sent + 1);
}
END_TEST

START_TEST(what_opens_a_call_gets_its_id)
{
    struct gw_hep_packet p = message("INVITE", "");

    begin(NULL);
    gw_hep_send(hep, &p, true);
    gw_hep_opened(hep, rt_str("abc"));
    gw_hep_opened(hep, rt_str("def")); /* another one: nothing waits */
    ck_assert(next());
    ck_assert_mem_eq(got.p + got.n - 9,
                     "\0\0\0\21\0\11"
                     "abc",
                     9);
    ck_assert(!next());
}
END_TEST

START_TEST(what_opens_none_goes_without)
{
    struct gw_hep_packet p = message("OPTIONS", "");

    begin(NULL);
    gw_hep_send(hep, &p, true);
    ck_assert(next());
    ck_assert(ends("OPTIONS"));
    gw_hep_opened(hep, rt_str("late"));
    ck_assert(!next());
}
END_TEST

START_TEST(only_the_last_message_can_have_opened_a_call)
{
    struct gw_hep_packet p = message("OPTIONS", ""), q = message("200", "");

    begin(NULL);
    gw_hep_send(hep, &p, true);
    gw_hep_send(hep, &q, false);
    gw_hep_opened(hep, rt_str("id"));
    ck_assert(next() && ends("OPTIONS"));
    ck_assert(next() && ends("200"));
}
END_TEST

START_TEST(what_is_left_goes_at_the_end)
{
    struct gw_hep_packet p = message("BYE", "17");

    begin(NULL);
    gw_hep_send(hep, &p, false);
    gw_hep_free(hep);
    hep = NULL;
    ck_assert(next() && ends("17"));
}
END_TEST

START_TEST(a_server_that_is_too_slow_takes_no_memory)
{
    static char much[60000];
    struct gw_hep_packet p = message("", "");
    uint64_t dropped = rt_counted(&gw_hep_counters[GW_HEP_DROPPED]);

    begin(NULL);
    p.payload = (struct rt_str){much, sizeof much};
    for (unsigned i = 0; i < 100; i++) /* 6 MB */
        gw_hep_send(hep, &p, false);
    ck_assert_uint_gt(rt_counted(&gw_hep_counters[GW_HEP_DROPPED]), dropped + 20);
}
END_TEST

START_TEST(the_key_is_a_files_content_without_its_line_end)
{
    struct gw_hep_packet p = message("x", "");

    ck_assert_int_eq(rt_file_replace("/etc/key", "secret\n", 7, 0600), 0);
    begin("/etc/key");
    gw_hep_send(hep, &p, false);
    ck_assert(next());
    ck_assert_mem_eq(got.p + 93, "\0\0\0\16\0\14secret\0\0", 14);
}
END_TEST

START_TEST(a_key_that_is_not_there_is_told)
{
    struct gw_trace_plan plan = {.homer = addr(SERVER), .homer_key = "/etc/none"};
    struct rt_buf why = {0};

    ck_assert_int_eq(gw_hep_new(&hep, loop, &plan, &why), ENOENT);
    ck_assert_ptr_nonnull(strstr(why.p, "/etc/none"));
    rt_buf_release(&why);
}
END_TEST

START_TEST(what_no_datagram_has_room_for_is_counted)
{
    static char much[GW_HEP_PAYLOAD_MAX + 1];
    struct gw_hep_packet p = message("", "");
    uint64_t dropped = rt_counted(&gw_hep_counters[GW_HEP_DROPPED]);

    begin(NULL);
    p.payload = (struct rt_str){much, sizeof much};
    gw_hep_send(hep, &p, false);
    ck_assert(!next());
    ck_assert_uint_eq(rt_counted(&gw_hep_counters[GW_HEP_DROPPED]), dropped + 1);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("hep");
    TCase *tc = tcase_create("all");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, every_chunk_is_where_it_belongs);
    tcase_add_test(tc, addresses_are_ipv6_when_one_of_them_is);
    tcase_add_test(tc, a_message_of_a_call_goes_soon);
    tcase_add_test(tc, what_opens_a_call_gets_its_id);
    tcase_add_test(tc, what_opens_none_goes_without);
    tcase_add_test(tc, only_the_last_message_can_have_opened_a_call);
    tcase_add_test(tc, what_is_left_goes_at_the_end);
    tcase_add_test(tc, a_server_that_is_too_slow_takes_no_memory);
    tcase_add_test(tc, the_key_is_a_files_content_without_its_line_end);
    tcase_add_test(tc, a_key_that_is_not_there_is_told);
    tcase_add_test(tc, what_no_datagram_has_room_for_is_counted);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
