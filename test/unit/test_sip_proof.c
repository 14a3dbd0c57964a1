/* What anybody can send in anybody's name, over UDP, and what it must not do: who has proved to be
 * at his address is heard, and streams are, whatever comes in datagrams that bear it.
 */
#include "sip/guard.h"
#include "test/unit/sip_rig.h"

#include <errno.h>

#define HOUR (3600 * RT_S)

static bool at_home; /* somebody is registered at the far end's address */

static bool spares(void *arg, const union rt_addr *from)
{
    (void)arg;
    return at_home && rt_addr_same_host(from, &rig.peer_addr);
}

static const struct sip_ua_ops ops = {
    .accept = rig_accept, .invite = rig_invited, .options = rig_options, .spared = spares};

/** A user agent that bans after ten offences and is deaf after two; strangers are refused. */
static void start(void)
{
    struct sip_ua_config cfg = {
        .nlisten = 2, .user_agent = "test", .limits = {.refusals = 2, .ban_after = 10}};

    rig_start();
    cfg.listen[0] = (struct sip_listen){SIP_UDP, rig.ua_addr};
    cfg.listen[1] = (struct sip_listen){SIP_TCP, rig.ua_addr};
    sip_ua_free(rig.ua);
    ck_assert_int_eq(sip_ua_new(&rig.ua, rig.loop, &cfg, &ops, NULL, NULL), 0);
    at_home = false;
    rig.closed = true;
}

static void stop(void)
{
    rig_stop();
}

static void count_ban(void *arg, const struct sip_banned *b)
{
    (void)b;
    ++*(unsigned *)arg;
}

static unsigned bans(void)
{
    unsigned n = 0;

    sip_ua_bans(rig.ua, count_ban, &n);
    return n;
}

/** What a stranger sends in the far end's name: noise and requests, over UDP. */
static void forge(unsigned n)
{
    static const char noise[] = "noise\r\n\r\n";
    bool tcp = rig.tcp;

    rig.tcp = false;
    for (unsigned i = 0; i < n; i++) {
        rig_send(noise);
        rig_ask(.method = "OPTIONS", .call_id = "forged", .from_tag = "forged", .cseq = i + 1);
    }
    while (rig_next())
        ck_assert_int_eq(strncmp(rig.in, "SIP/2.0 403 ", 12), 0);
    rig.tcp = tcp;
}

static void refused(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        rig_ask(.method = "OPTIONS", .cseq = i + 1);
    while (rig_next())
        ck_assert_int_eq(strncmp(rig.in, "SIP/2.0 403 ", 12), 0);
}

/** A request of theirs in the dialog, which nobody else may use. */
static void say_inside(const char *method)
{
    rig.closed = false;
    rig_in_dialog(.method = method, .cseq = 7);
    rig.closed = true;
}

/* ---- streams ---- */

START_TEST(forged_datagrams_ban_no_streams)
{
    forge(20);
    ck_assert_uint_eq(bans(), 1);
    rig_ask(.method = "OPTIONS", .cseq = 100);
    rig_silence();
    rig_use_tcp(true);
    rig_ask(.method = "OPTIONS", .cseq = 101);
    rig_expect("SIP/2.0 403 ");
}
END_TEST

START_TEST(forged_datagrams_silence_no_streams)
{
    rig_use_tcp(true);
    forge(4);
    ck_assert_uint_eq(bans(), 0);
    rig_ask(.method = "OPTIONS", .cseq = 100);
    rig_expect("SIP/2.0 403 ");
}
END_TEST

/** A handshake has shown who it is. */
START_TEST(offences_over_a_stream_ban_datagrams_too)
{
    rig_use_tcp(true);
    refused(11);
    ck_assert_uint_eq(bans(), 1);
    rig_ask(.method = "OPTIONS", .cseq = 100);
    rig_silence();
    rig.tcp = false;
    rig_ask(.method = "OPTIONS", .cseq = 101);
    rig_silence();
    rig.closed = false; /* and nothing that comes meanwhile ends it */
    rig_ask(.method = "OPTIONS", .cseq = 102);
    rig_silence();
    ck_assert_uint_eq(bans(), 1);
}
END_TEST

START_TEST(who_is_let_in_over_a_stream_ends_a_forged_ban)
{
    forge(20);
    ck_assert_uint_eq(bans(), 1);
    rig_use_tcp(true);
    rig.closed = false;
    rig_ask(.method = "OPTIONS", .cseq = 100);
    rig_expect("SIP/2.0 200 ");
    ck_assert_uint_eq(bans(), 0);
    rig.tcp = false;
    rig_ask(.method = "OPTIONS", .cseq = 101);
    rig_expect("SIP/2.0 200 ");
}
END_TEST

/* ---- calls ---- */

/** We called somebody who never sends requests that are let in: each answer proves him. */
START_TEST(a_dialog_goes_on_under_forged_datagrams)
{
    rig_call_them();
    rig_note_dialog("From");
    fake_advance(HOUR / 2);
    forge(4); /* enough to be deaf to others in this second */
    say_inside("BYE");
    rig_expect("SIP/2.0 200 ");
    rig_told(" ended:bye");
}
END_TEST

/** However long nothing has been said in it; what is refused is not heard for a second at most. */
START_TEST(a_silent_dialog_is_not_banned)
{
    rig_call_them();
    rig_note_dialog("From");
    fake_advance(3 * HOUR);
    forge(100);
    ck_assert_uint_eq(bans(), 0);
    fake_advance(RT_S);
    say_inside("BYE");
    rig_expect("SIP/2.0 200 ");
    rig_told(" ended:bye");
}
END_TEST

/** A request in the dialog proves as much as an answer. */
START_TEST(a_request_with_our_tag_proves_an_address)
{
    rig_call_them();
    rig_note_dialog("From");
    fake_advance(3 * HOUR);
    say_inside("INFO");
    rig_expect("SIP/2.0 ");
    rig_close();
    rig_expect("BYE ");
    rig.log[0] = '\0';
    fake_advance(64 * RT_S); /* it is never answered, and the dialog is gone */
    while (rig_next())
        ck_assert_int_eq(strncmp(rig.in, "BYE ", 4), 0);
    forge(100);
    ck_assert_uint_eq(bans(), 0);
    fake_advance(HOUR);
    forge(20);
    ck_assert_uint_eq(bans(), 1);
}
END_TEST

/** Whom we call has to be heard, if he was banned in his absence. */
START_TEST(whom_we_call_is_heard)
{
    forge(20);
    ck_assert_uint_eq(bans(), 1);
    rig_call(0);
    ck_assert_uint_eq(bans(), 0);
    const char *invite = rig_saved();
    forge(20);
    ck_assert_uint_eq(bans(), 0);
    rig_answer(invite, "200 OK", "far", RIG_CONTACT, RIG_SDP);
    rig_expect("ACK ");
    rig_told(" answered");
    rig_leave();
}
END_TEST

/** An answer whose branch is not ours, or that comes from elsewhere, proves nothing. */
START_TEST(guessed_answers_prove_nothing)
{
    static const char guess[] = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKguess"
                                "\r\nFrom: <sip:a@b>;tag=a\r\nTo: <sip:a@b>;tag=b\r\n"
                                "Call-ID: a\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";
    union rt_addr elsewhere = rig_addr("192.0.2.77");
    struct rt_udp *other;
    size_t n;

    rig_send(guess);
    forge(20);
    ck_assert_uint_eq(bans(), 1);
    ck_assert_int_eq(rt_udp_open(&other, rig.loop, &elsewhere, NULL, NULL), 0);
    rig_call(0);
    rig_answer(rig.in, "180 Ringing", "far", NULL, NULL);
    /* the true branch, from another address */
    char copy[3000];
    int len = snprintf(copy, sizeof copy,
                       "SIP/2.0 180 Ringing\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=far\r\n"
                       "Call-ID: %s\r\nCSeq: %s\r\nContent-Length: 0\r\n\r\n",
                       rig_field(rig.in, "Via"), rig_field(rig.in, "From"), rig_field(rig.in, "To"),
                       rig_field(rig.in, "Call-ID"), rig_field(rig.in, "CSeq"));
    ck_assert_int_eq(rt_udp_send(other, copy, (size_t)len, &rig.ua_addr), 0);
    fake_settle();
    for (unsigned i = 0; i < 20; i++)
        ck_assert_int_eq(rt_udp_send(other, "noise\r\n\r\n", 9, &rig.ua_addr), 0);
    fake_settle();
    ck_assert_uint_eq(bans(), 1);
    ck_assert_int_ne(rt_udp_recv(other, copy, sizeof copy, &n, NULL), 0);
    rt_udp_close(other);
    rig_close();
    rig_expect("CANCEL ");
    rig.log[0] = '\0';
}
END_TEST

/* ---- users ---- */

START_TEST(where_somebody_is_registered_nobody_is_banned)
{
    at_home = true;
    forge(100);
    ck_assert_uint_eq(bans(), 0);
    at_home = false;
    fake_advance(61 * RT_S);
    forge(20);
    ck_assert_uint_eq(bans(), 1);
}
END_TEST

/** Who was let in is neither banned nor silenced for an hour, and no crowd makes us forget him. */
START_TEST(a_crowd_makes_nobody_forgotten)
{
    struct sip_guard *g;
    struct sip_limits limits = {.refusals = 2, .ban_after = 10};
    union rt_addr a = rig_addr("192.0.2.7"), known[4];

    ck_assert_int_eq(sip_guard_new(&g, rig.loop, &limits), 0);
    sip_guard_admitted(g, &a);
    for (uint32_t i = 0; i < 1000000; i++) {
        union rt_addr from = {.in4 = {.sin_family = AF_INET, .sin_addr = {htonl(0x0a000000u + i)}}};
        sip_guard_refuses(g, &from, false, false);
    }
    ck_assert_uint_eq(sip_guard_known(g, known, 4), 1);
    fake_advance(HOUR - 1);
    for (unsigned i = 0; i < 100; i++)
        sip_guard_refuses(g, &a, false, false);
    ck_assert(sip_guard_listens(g, &a, false));
    fake_advance(1);
    for (unsigned i = 0; i < 11; i++)
        sip_guard_refuses(g, &a, false, false);
    ck_assert(!sip_guard_listens(g, &a, false));
    ck_assert(sip_guard_listens(g, &a, true));
    sip_guard_free(g);
}
END_TEST

static union rt_addr nth(uint32_t net, uint32_t i)
{
    return (union rt_addr){.in4 = {.sin_family = AF_INET, .sin_addr = {htonl(net + i)}}};
}

/** As many as are known together stay known; strangers are still told apart beside them. */
START_TEST(strangers_and_known_ones_share_the_table)
{
    static union rt_addr known[20000];
    struct sip_guard *g;
    struct sip_limits limits = {.refusals = 1};
    unsigned before, heard = 0;

    ck_assert_int_eq(sip_guard_new(&g, rig.loop, &limits), 0);
    for (uint32_t i = 0; i < 4096; i++) {
        union rt_addr a = nth(0xc0a80000, i);
        sip_guard_admitted(g, &a);
    }
    before = sip_guard_known(g, known, RT_COUNT(known));
    ck_assert_uint_ge(before, 3900);
    fake_advance(RT_S);
    for (uint32_t i = 0; i < 100000; i++) {
        union rt_addr a = nth(0x0a000000, i);
        sip_guard_refuses(g, &a, false, false);
        heard += sip_guard_listens(g, &a, false);
    }
    ck_assert_uint_eq(sip_guard_known(g, known, RT_COUNT(known)), before);
    ck_assert_uint_lt(heard, 10000); /* those of rows that are full of known ones */
    sip_guard_free(g);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {forged_datagrams_ban_no_streams,
                                  forged_datagrams_silence_no_streams,
                                  offences_over_a_stream_ban_datagrams_too,
                                  who_is_let_in_over_a_stream_ends_a_forged_ban,
                                  a_dialog_goes_on_under_forged_datagrams,
                                  a_silent_dialog_is_not_banned,
                                  a_request_with_our_tag_proves_an_address,
                                  whom_we_call_is_heard,
                                  guessed_answers_prove_nothing,
                                  where_somebody_is_registered_nobody_is_banned,
                                  a_crowd_makes_nobody_forgotten,
                                  strangers_and_known_ones_share_the_table};
    Suite *s = suite_create("sip proof");
    TCase *tc = tcase_create("sip proof");

    tcase_add_checked_fixture(tc, start, stop);
    for (size_t i = 0; i < RT_COUNT(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
