/* DTLS-SRTP: two of our objects against each other over a network that loses, doubles, turns round
 * and damages datagrams, all in the test's own time. */
#include "codec/dtls.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

static struct dtls_identity *ids[2];
static struct dtls *side[2]; /* 0: active, 1: passive */
static rt_time now;
static unsigned sent[2];

/** What the network does to the datagram `n` of a side. */
enum fate { PASS, LOSE, DOUBLE };
static enum fate (*fate)(unsigned from, unsigned n);
static bool turned; /* each burst arrives in reverse order */

static enum fate all_pass(unsigned from, unsigned n)
{
    (void)from;
    (void)n;
    return PASS;
}

static void setup(void)
{
    now = 1000 * RT_S;
    fate = all_pass;
    turned = false;
    sent[0] = sent[1] = 0;
    for (unsigned i = 0; i < 2; i++)
        if (!ids[i])
            ck_assert_int_eq(dtls_identity_new(&ids[i]), 0);
}

static void make(unsigned active_suites, unsigned passive_suites)
{
    for (unsigned i = 0; i < 2; i++) {
        struct dtls_config c = {.identity = ids[i],
                                .active = i == 0,
                                .suites = i == 0 ? active_suites : passive_suites};
        ck_assert_int_eq(dtls_new(&side[i], &c), 0);
    }
}

static void teardown(void)
{
    for (unsigned i = 0; i < 2; i++) {
        dtls_free(side[i]);
        side[i] = NULL;
    }
}

static void tell(unsigned i, const struct dtls_identity *far)
{
    struct dtls_fingerprint f;

    ck_assert_int_eq(dtls_fingerprint_parse(&f, rt_str(dtls_identity_fingerprint(far))), 0);
    dtls_set_fingerprints(side[i], &f, 1);
}

static void tell_both(void)
{
    tell(0, ids[1]);
    tell(1, ids[0]);
}

/** Carries one burst of a side over; true when there was any. */
static bool carry(unsigned from)
{
    uint8_t p[DTLS_QUEUE][DTLS_MTU];
    size_t len[DTLS_QUEUE];
    unsigned n = 0;

    while (n < DTLS_QUEUE && (len[n] = dtls_output(side[from], p[n])) > 0)
        n++;
    for (unsigned i = 0; i < n; i++) {
        unsigned at = turned ? n - 1 - i : i;
        enum fate f = fate(from, sent[from]++);
        for (unsigned k = 0; k < (unsigned)(f == LOSE ? 0 : f == DOUBLE ? 2 : 1); k++)
            dtls_input(side[!from], p[at], len[at], now);
    }
    return n > 0;
}

/** Runs until nothing moves any more. */
static void run(void)
{
    for (unsigned i = 0; i < 10000; i++) {
        bool there = carry(0), back = carry(1);
        if (there || back)
            continue;
        rt_time next = dtls_next(side[0]);
        if (dtls_next(side[1]) < next)
            next = dtls_next(side[1]);
        if (next == INT64_MAX)
            return;
        ck_assert_int_ge(next, now);
        now = next;
        dtls_timeout(side[0], now);
        dtls_timeout(side[1], now);
    }
    ck_abort_msg("never comes to rest");
}

static void start(void)
{
    dtls_start(side[1], now);
    dtls_start(side[0], now);
}

static void check_up(enum media_srtp_suite_id suite)
{
    struct media_srtp_keys tx[2], rx[2];

    for (unsigned i = 0; i < 2; i++) {
        ck_assert_msg(dtls_state(side[i]) == DTLS_UP, "side %u: state %d: %s", i,
                      dtls_state(side[i]), dtls_failure(side[i]));
        ck_assert_int_eq(dtls_keys(side[i], &tx[i], &rx[i]), 0);
        ck_assert_uint_eq(tx[i].suite, suite);
    }
    ck_assert(media_srtp_keys_equal(&tx[0], &rx[1]) && media_srtp_keys_equal(&tx[1], &rx[0]));
    ck_assert(!media_srtp_keys_equal(&tx[0], &tx[1]));
}

START_TEST(both_sides_get_the_same_keys)
{
    make(MEDIA_SRTP_ALL, MEDIA_SRTP_ALL);
    tell_both();
    rt_time began = now;
    start();
    ck_assert_int_eq(dtls_next(side[0]), now + 500 * RT_MS);
    run();
    check_up(MEDIA_SRTP_GCM_128);
    ck_assert_int_eq(now, began); /* nothing was lost, nothing waited */
    ck_assert_int_eq(dtls_next(side[0]), INT64_MAX);
}
END_TEST

START_TEST(each_profile_is_negotiated)
{
    static const enum media_srtp_suite_id suites[] = {MEDIA_SRTP_AES_128_SHA1_80,
                                                      MEDIA_SRTP_AES_128_SHA1_32,
                                                      MEDIA_SRTP_GCM_128, MEDIA_SRTP_GCM_256};
    for (size_t i = 0; i < RT_COUNT(suites); i++) {
        make(MEDIA_SRTP_ALL, MEDIA_SRTP_BIT(suites[i]));
        tell_both();
        start();
        run();
        check_up(suites[i]);
        teardown();
    }
    struct dtls_config c = {.identity = ids[0],
                            .suites = MEDIA_SRTP_BIT(MEDIA_SRTP_AES_256_SHA1_80)};
    ck_assert_int_eq(dtls_new(&side[0], &c), EINVAL);
}
END_TEST

START_TEST(no_profile_in_common_fails)
{
    make(MEDIA_SRTP_BIT(MEDIA_SRTP_GCM_128), MEDIA_SRTP_BIT(MEDIA_SRTP_AES_128_SHA1_80));
    tell_both();
    start();
    run();
    ck_assert_int_eq(dtls_state(side[0]), DTLS_FAILED);
    ck_assert_int_eq(dtls_state(side[1]), DTLS_FAILED);
    ck_assert_str_ne(dtls_failure(side[0]), "");
}
END_TEST

START_TEST(a_wrong_fingerprint_fails_on_both_sides)
{
    struct media_srtp_keys tx, rx;

    make(MEDIA_SRTP_ALL, MEDIA_SRTP_ALL);
    tell(0, ids[0]); /* not the one the passive side has */
    tell(1, ids[0]);
    start();
    run();
    ck_assert_int_eq(dtls_state(side[0]), DTLS_FAILED);
    ck_assert_str_eq(dtls_failure(side[0]),
                     "the far end's certificate does not match its fingerprint");
    ck_assert_int_eq(dtls_keys(side[0], &tx, &rx), EAGAIN);
    ck_assert_int_eq(dtls_state(side[1]), DTLS_FAILED);
    ck_assert_msg(strstr(dtls_failure(side[1]), "alert"), "%s", dtls_failure(side[1]));
}
END_TEST

START_TEST(the_fingerprint_may_come_after_the_handshake)
{
    struct media_srtp_keys tx, rx;

    make(MEDIA_SRTP_ALL, MEDIA_SRTP_ALL);
    start();
    run();
    ck_assert_int_eq(dtls_state(side[0]), DTLS_UNVERIFIED);
    ck_assert_int_eq(dtls_keys(side[0], &tx, &rx), EAGAIN);
    tell_both();
    check_up(MEDIA_SRTP_GCM_128);
}
END_TEST

START_TEST(of_several_fingerprints_the_strongest_hash_counts)
{
    struct dtls_fingerprint f[3];
    char text[300] = "sha-512 ";

    for (unsigned i = 0; i < 64; i++)
        strcat(text, i ? ":AB" : "AB");
    ck_assert_int_eq(dtls_fingerprint_parse(&f[0], rt_str(text)), 0);
    ck_assert_int_eq(dtls_fingerprint_parse(&f[1], rt_str(dtls_identity_fingerprint(ids[1]))), 0);
    ck_assert_int_eq(dtls_fingerprint_parse(&f[2], rt_str(dtls_identity_fingerprint(ids[0]))), 0);
    make(MEDIA_SRTP_ALL, MEDIA_SRTP_ALL);
    dtls_set_fingerprints(side[0], f + 1, 2); /* two certificates, one of them is right */
    dtls_set_fingerprints(side[1], f, 3);     /* sha-512 is stronger, and wrong */
    start();
    run();
    ck_assert_int_eq(dtls_state(side[1]), DTLS_FAILED);
    /* The active side ends last: it had its keys before the other one refused. */
    ck_assert(dtls_state(side[0]) == DTLS_FAILED || dtls_state(side[0]) == DTLS_UP);
}
END_TEST

/* ---- the network ---- */

static unsigned lost_from, lost_at;

static enum fate lose_one(unsigned from, unsigned n)
{
    return from == lost_from && n == lost_at ? LOSE : PASS;
}

START_TEST(any_one_datagram_may_be_lost)
{
    for (lost_from = 0; lost_from < 2; lost_from++)
        for (lost_at = 0; lost_at < 8; lost_at++) {
            setup();
            fate = lose_one;
            make(MEDIA_SRTP_ALL, MEDIA_SRTP_ALL);
            tell_both();
            rt_time began = now;
            start();
            run();
            check_up(MEDIA_SRTP_GCM_128);
            ck_assert_int_le(now - began, 3 * RT_S);
            teardown();
        }
}
END_TEST

static uint32_t seed;

/** A third is lost, a third comes twice. */
static enum fate at_random(unsigned from, unsigned n)
{
    (void)from;
    (void)n;
    seed = seed * 1664525u + 1013904223u;
    return (enum fate)((seed >> 16) % 3);
}

START_TEST(a_bad_network_only_takes_longer)
{
    unsigned up = 0;

    for (uint32_t i = 0; i < 40; i++) {
        setup();
        seed = i;
        fate = at_random;
        turned = i & 1;
        make(MEDIA_SRTP_ALL, MEDIA_SRTP_ALL);
        tell_both();
        start();
        run();
        if (dtls_state(side[0]) == DTLS_UP && dtls_state(side[1]) == DTLS_UP)
            up++;
        teardown();
    }
    /* A flight of some six datagrams at one third lost: most come through within 30 s. */
    ck_assert_uint_ge(up, 30);
}
END_TEST

static enum fate twice(unsigned from, unsigned n)
{
    (void)from;
    (void)n;
    return DOUBLE;
}

START_TEST(doubled_and_turned_datagrams_do_no_harm)
{
    for (unsigned i = 0; i < 4; i++) {
        setup();
        fate = i & 1 ? twice : all_pass;
        turned = i & 2;
        make(MEDIA_SRTP_ALL, MEDIA_SRTP_ALL);
        tell_both();
        start();
        run();
        check_up(MEDIA_SRTP_GCM_128);
        ck_assert_msg(sent[0] + sent[1] < 60, "%u datagrams: a storm", sent[0] + sent[1]);
        teardown();
    }
}
END_TEST

static enum fate lose_all(unsigned from, unsigned n)
{
    (void)from;
    (void)n;
    return LOSE;
}

START_TEST(silence_is_given_up_after_the_limit)
{
    fate = lose_all;
    make(MEDIA_SRTP_ALL, MEDIA_SRTP_ALL);
    tell_both();
    rt_time began = now;
    start();
    run();
    ck_assert_int_eq(dtls_state(side[0]), DTLS_FAILED);
    ck_assert_str_eq(dtls_failure(side[0]), "no answer in time");
    ck_assert_int_eq(now - began, 30 * RT_S);
    /* The first at once, then after 0.5, 1.5, 3.5, 7.5, 15.5, 23.5 s. */
    ck_assert_uint_eq(sent[0], 7);
    ck_assert_uint_eq(sent[1], 0);
}
END_TEST

/** The passive side's last flight is lost: the active one must be able to ask for it. */
static enum fate lose_the_end(unsigned from, unsigned n)
{
    (void)n;
    return from == 1 && dtls_state(side[1]) == DTLS_UP && now < 1002 * RT_S ? LOSE : PASS;
}

START_TEST(the_last_flight_is_sent_again)
{
    fate = lose_the_end;
    make(MEDIA_SRTP_ALL, MEDIA_SRTP_ALL);
    tell_both();
    start();
    run();
    check_up(MEDIA_SRTP_GCM_128);
    ck_assert_int_gt(now, 1002 * RT_S);
}
END_TEST

START_TEST(noise_does_not_end_a_handshake)
{
    uint8_t noise[200];

    make(MEDIA_SRTP_ALL, MEDIA_SRTP_ALL);
    tell_both();
    start();
    for (unsigned n = 1; n < 200; n++) {
        for (unsigned i = 0; i < n; i++)
            noise[i] = (uint8_t)(i * 7 + n);
        noise[0] = (uint8_t)(20 + n % 44);
        dtls_input(side[1], noise, n, now);
        dtls_input(side[0], noise, n, now);
    }
    run();
    check_up(MEDIA_SRTP_GCM_128);
}
END_TEST

START_TEST(closing_is_told)
{
    make(MEDIA_SRTP_ALL, MEDIA_SRTP_ALL);
    tell_both();
    start();
    run();
    dtls_close(side[0]);
    run();
    ck_assert_int_eq(dtls_state(side[0]), DTLS_CLOSED);
    ck_assert_int_eq(dtls_state(side[1]), DTLS_CLOSED);
    ck_assert_str_eq(dtls_failure(side[1]), "the far end closed");
}
END_TEST

/* ---- SDP ---- */

START_TEST(fingerprints_are_read)
{
    struct dtls_fingerprint f;
    const char *mine = dtls_identity_fingerprint(ids[0]);

    ck_assert_uint_eq(strlen(mine), 8 + 32 * 3 - 1);
    /* The example of RFC 8122 section 6. */
    ck_assert_int_eq(dtls_fingerprint_parse(&f, rt_str("SHA-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:"
                                                       "3E:5D:49:6B:19:E5:7C:AB")),
                     0);
    ck_assert_uint_eq(f.n, 20);
    ck_assert_uint_eq(f.digest[0], 0x4a);
    ck_assert_uint_eq(f.digest[19], 0xab);
    ck_assert_int_eq(dtls_fingerprint_parse(&f, rt_str("md5 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:"
                                                       "DD:EE:FF")),
                     ENOTSUP);
    ck_assert_int_eq(dtls_fingerprint_parse(&f, rt_str("sha-256 4A:AD")), EBADMSG);
    ck_assert_int_eq(dtls_fingerprint_parse(&f, rt_str("sha-256")), EBADMSG);
    ck_assert_int_eq(dtls_fingerprint_parse(&f, rt_str("")), EBADMSG);
    ck_assert_int_eq(dtls_fingerprint_parse(&f, rt_str("sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:"
                                                       "3E:5D:49:6B:19:E5:7C:AG")),
                     EBADMSG);
}
END_TEST

START_TEST(a_missing_file_is_named)
{
    struct dtls_identity *id;
    struct rt_buf why = {0};

    ck_assert_int_ne(dtls_identity_load(&id, "/nowhere/a.pem", "/nowhere/b.pem", &why), 0);
    ck_assert_msg(why.p && strstr(why.p, "/nowhere/a.pem"), "%s", why.p);
    rt_buf_release(&why);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("dtls");
    TCase *t = tcase_create("dtls");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, both_sides_get_the_same_keys);
    tcase_add_test(t, each_profile_is_negotiated);
    tcase_add_test(t, no_profile_in_common_fails);
    tcase_add_test(t, a_wrong_fingerprint_fails_on_both_sides);
    tcase_add_test(t, the_fingerprint_may_come_after_the_handshake);
    tcase_add_test(t, of_several_fingerprints_the_strongest_hash_counts);
    tcase_add_test(t, any_one_datagram_may_be_lost);
    tcase_add_test(t, a_bad_network_only_takes_longer);
    tcase_add_test(t, doubled_and_turned_datagrams_do_no_harm);
    tcase_add_test(t, silence_is_given_up_after_the_limit);
    tcase_add_test(t, the_last_flight_is_sent_again);
    tcase_add_test(t, noise_does_not_end_a_handshake);
    tcase_add_test(t, closing_is_told);
    tcase_add_test(t, fingerprints_are_read);
    tcase_add_test(t, a_missing_file_is_named);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad != 0;
}
