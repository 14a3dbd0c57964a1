/* Secure RTP on ports: what goes out and comes in, what is refused, how keys change, and what
 * shares the sockets with it. The far end is an object of codec/srtp.h, which test_media_srtp.c
 * checks against the RFCs' own vectors. */
#include "codec/demux.h"
#include "test/unit/media_rig.h"

#define PACKET (RTP_HEADER + 160)

/** The far end, on sockets that the rig does not read. */
static struct {
    struct rt_udp *rtp, *rtcp;
    struct media_srtp *srtp;
    uint16_t seq;
    uint32_t ts;
} far;

static struct {
    unsigned n, component[8];
    enum demux_kind kind[8];
    size_t len[8];
} mail;

static void setup(void)
{
    union rt_addr a = rig_addr("192.0.2.9:7100"), b = rig_addr("192.0.2.9:7101");

    rig_setup();
    memset(&far, 0, sizeof far);
    memset(&mail, 0, sizeof mail);
    far.seq = 65500;
    ck_assert_int_eq(rt_udp_open(&far.rtp, rig->loop, &a, NULL, NULL), 0);
    ck_assert_int_eq(rt_udp_open(&far.rtcp, rig->loop, &b, NULL, NULL), 0);
}

static void teardown(void)
{
    media_srtp_free(far.srtp);
    rt_udp_close(far.rtp);
    rt_udp_close(far.rtcp);
    rig_teardown();
}

static struct media_srtp_keys key(enum media_srtp_suite_id suite, uint8_t seed)
{
    struct media_srtp_keys k = {.suite = suite};

    memset(k.key, seed, sizeof k.key);
    memset(k.salt, seed ^ 0x5a, sizeof k.salt);
    return k;
}

static struct media_rtp agreed(void)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);

    r.remote = rig_addr("192.0.2.9:7100");
    r.secure = true;
    return r;
}

/** Both ends get keys; the far end begins anew with its own. */
static void share_keys(struct media_port *p, struct media_srtp_keys ours,
                       struct media_srtp_keys theirs)
{
    media_srtp_free(far.srtp);
    far.srtp = NULL;
    ck_assert_int_eq(media_srtp_new(&far.srtp, &theirs, &ours, 77), 0);
    ck_assert_int_eq(media_rtp_secure(p, &ours, &theirs), 0);
}

static struct media_stats stats_of(const struct media_port *p)
{
    struct media_stats s;
    media_port_stats(p, &s);
    return s;
}

/** The far end's next packet, of one octet repeated, into `out`. */
static size_t next_packet(uint8_t out[600], uint32_t ssrc, uint8_t octet)
{
    size_t n = PACKET;

    rtp_write_header(out, false, 8, ++far.seq, far.ts += 160, ssrc);
    memset(out + RTP_HEADER, octet, 160);
    if (far.srtp)
        ck_assert_int_eq(media_srtp_protect(far.srtp, out, &n, 600), MEDIA_SRTP_OK);
    return n;
}

static void send_octets(const struct media_port *p, const void *data, size_t n)
{
    ck_assert_int_eq(rt_udp_send(far.rtp, data, n, media_rtp_local(p)), 0);
}

/** So many packets, 20 ms apart. */
static void talk(const struct media_port *p, unsigned packets, uint8_t octet)
{
    _Alignas(8) uint8_t packet[600];

    for (unsigned i = 0; i < packets; i++) {
        send_octets(p, packet, next_packet(packet, 77, octet));
        rig_run(20);
    }
}

/** Opens what came to the far end's RTP port; RTCP there counts apart. Returns the packets. */
static unsigned listen_rtp(unsigned *rtcp, uint8_t *last)
{
    _Alignas(8) uint8_t buf[1000];
    struct rtp_packet pk;
    size_t len;
    unsigned n = 0;

    while (rt_udp_recv(far.rtp, buf, sizeof buf, &len, NULL) == 0) {
        if (demux_kind(buf, len) == DEMUX_RTCP) {
            ck_assert_int_eq(media_srtp_open_rtcp(far.srtp, buf, &len), MEDIA_SRTP_OK);
            *rtcp += 1;
            continue;
        }
        ck_assert_int_eq(media_srtp_open(far.srtp, buf, &len), MEDIA_SRTP_OK);
        ck_assert_int_eq(rtp_read(&pk, buf, len), 0);
        ck_assert_uint_eq(pk.len, 160);
        *last = pk.payload[80];
        n++;
    }
    return n;
}

static uint64_t refusals(enum media_srtp_result why)
{
    return rt_counted(&media_srtp_refusals[why]);
}

static uint8_t loud_line(unsigned ts, unsigned at)
{
    (void)ts;
    (void)at;
    return 0x2a;
}

/* ---- in and out ---- */

START_TEST(sound_passes_protected_both_ways)
{
    enum media_srtp_suite_id suite = (enum media_srtp_suite_id)_i;
    struct media_rtp r = agreed();
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);
    unsigned rtcp = 0;
    uint8_t last = 0;

    rig->line = loud_line;
    share_keys(rtp, key(suite, 1), key(suite, 2));
    media_join(tdm, rtp, MEDIA_BOTH);
    talk(rtp, 50, 0x34);
    ck_assert_uint_eq(rig->out[5][rig->at - 1], 0x34);
    ck_assert_uint_eq(stats_of(rtp).refused, 0);
    ck_assert_uint_ge(listen_rtp(&rtcp, &last), 48);
    ck_assert_uint_eq(last, 0x2a);
}
END_TEST

START_TEST(nothing_goes_out_in_the_clear_before_the_keys)
{
    struct media_rtp r = agreed();
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);
    uint8_t buf[1000];
    size_t len;
    uint64_t unready = refusals(MEDIA_SRTP_OK);

    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(8000); /* a report is due too (RFC 3550 6.2) */
    ck_assert_int_ne(rt_udp_recv(far.rtp, buf, sizeof buf, &len, NULL), 0);
    ck_assert_int_ne(rt_udp_recv(far.rtcp, buf, sizeof buf, &len, NULL), 0);
    ck_assert_uint_gt(refusals(MEDIA_SRTP_OK), unready + 300);
    talk(rtp, 10, 0x34); /* and what comes in the clear is not heard */
    ck_assert_uint_eq(rig_others(5, 0, 0xd5), 0);
    ck_assert_uint_eq(stats_of(rtp).refused, 10);
    share_keys(rtp, key(MEDIA_SRTP_GCM_128, 1), key(MEDIA_SRTP_GCM_128, 2));
    talk(rtp, 20, 0x34);
    ck_assert_uint_eq(rig->out[5][rig->at - 1], 0x34);
}
END_TEST

START_TEST(forged_replayed_and_plain_packets_are_told_apart)
{
    struct media_rtp r = agreed();
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);
    _Alignas(8) uint8_t packet[600], touched[600], plain[600];
    uint64_t forged = refusals(MEDIA_SRTP_FORGED), replayed = refusals(MEDIA_SRTP_REPLAYED);

    share_keys(rtp, key(MEDIA_SRTP_AES_128_SHA1_80, 1), key(MEDIA_SRTP_AES_128_SHA1_80, 2));
    media_join(tdm, rtp, MEDIA_BOTH);
    talk(rtp, 5, 0xd5);
    size_t n = next_packet(packet, 77, 0xd5);
    memcpy(touched, packet, n);
    touched[RTP_HEADER + 3] ^= 1;
    send_octets(rtp, touched, n);
    send_octets(rtp, packet, n);
    send_octets(rtp, packet, n);
    rtp_write_header(plain, false, 8, far.seq + 1, far.ts + 160, 77);
    memset(plain + RTP_HEADER, 0x34, 160);
    send_octets(rtp, plain, PACKET);
    rig_run(40);
    ck_assert_uint_eq(refusals(MEDIA_SRTP_FORGED), forged + 2);
    ck_assert_uint_eq(refusals(MEDIA_SRTP_REPLAYED), replayed + 1);
    ck_assert_uint_eq(stats_of(rtp).refused, 3);
    ck_assert_uint_eq(stats_of(rtp).rx_packets, 6);
}
END_TEST

START_TEST(a_storm_of_forged_sources_hurts_nobody)
{
    struct media_rtp r = agreed(), q = rig_agreed(CODEC_PCMA);
    struct media_port *a = rig_tdm(5), *b = rig_tdm(6), *rtp = rig_rtp(&r), *other = rig_rtp(&q);
    uint8_t junk[300];

    share_keys(rtp, key(MEDIA_SRTP_AES_128_SHA1_80, 1), key(MEDIA_SRTP_AES_128_SHA1_80, 2));
    media_join(a, rtp, MEDIA_BOTH);
    media_join(b, other, MEDIA_BOTH);
    rig->talks = true;
    talk(rtp, 10, 0x34);
    for (unsigned i = 0; i < 500; i++) {
        for (unsigned k = 0; k < 8; k++) {
            for (size_t at = 0; at < sizeof junk; at++)
                junk[at] = (uint8_t)((i * 31 + k * 7 + at * 13) * 2654435761u >> 24);
            junk[0] = 0x80;
            junk[1] = 8;
            send_octets(rtp, junk, 20 + (i * 8 + k) % 280);
        }
        rig_run(2);
    }
    ck_assert_uint_eq(stats_of(rtp).rx_packets, 10);
    ck_assert_uint_ge(stats_of(rtp).refused, 1500); /* the rest waits for its turn */
    ck_assert_uint_eq(stats_of(other).lost, 0);
    ck_assert_uint_eq(stats_of(other).late, 0);
    rig_run(2000);
    far.ts += 3000 * 8; /* its clock went on */
    talk(rtp, 20, 0x34);
    ck_assert_uint_eq(rig->out[5][rig->at - 1], 0x34);
}
END_TEST

/** What comes regularly is looked for less often; what comes besides is found all the same. */
START_TEST(a_backlog_is_taken_after_quiet_times)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);
    uint8_t junk[40] = {0x80, 8};

    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(10 * (unsigned)_i);
    rig->talks = true;
    rig_run(3000);
    for (unsigned i = 0; i < 100; i++)
        send_octets(rtp, junk, sizeof junk);
    rig_run(1000);
    ck_assert_uint_eq(stats_of(rtp).foreign, 100);
}
END_TEST

/* ---- other keys ---- */

START_TEST(packets_under_the_old_key_are_heard_until_the_new_one_comes)
{
    struct media_rtp r = agreed();
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);
    struct media_srtp_keys ours = key(MEDIA_SRTP_AES_128_SHA1_80, 1);
    struct media_srtp_keys theirs = key(MEDIA_SRTP_AES_128_SHA1_80, 2);
    struct media_srtp_keys next = key(MEDIA_SRTP_GCM_128, 3);
    struct media_srtp *old, *new;
    unsigned rtcp = 0;
    uint8_t last = 0;

    rig->line = loud_line;
    share_keys(rtp, ours, theirs);
    media_join(tdm, rtp, MEDIA_BOTH);
    talk(rtp, 10, 0x34);
    listen_rtp(&rtcp, &last);
    ck_assert_int_eq(media_rtp_secure(rtp, &next, &next), 0);
    ck_assert_int_eq(media_srtp_new(&new, &next, &next, 77), 0);
    talk(rtp, 10, 0x34); /* on the way, or not told yet */
    ck_assert_uint_eq(stats_of(rtp).refused, 0);
    old = far.srtp;
    far.srtp = new;
    talk(rtp, 10, 0x34);
    ck_assert_uint_eq(stats_of(rtp).refused, 0);
    ck_assert_uint_ge(listen_rtp(&rtcp, &last), 18); /* ours have the new key at once */
    far.srtp = old;
    talk(rtp, 3, 0x34);
    ck_assert_uint_eq(stats_of(rtp).refused, 3);
    media_srtp_free(new);
}
END_TEST

START_TEST(the_same_keys_again_change_nothing)
{
    struct media_rtp r = agreed();
    struct media_port *rtp = rig_rtp(&r);
    struct media_srtp_keys ours = key(MEDIA_SRTP_AES_128_SHA1_80, 1);
    struct media_srtp_keys theirs = key(MEDIA_SRTP_AES_128_SHA1_80, 2);
    _Alignas(8) uint8_t packet[600];

    share_keys(rtp, ours, theirs);
    size_t n = next_packet(packet, 77, 0xd5);
    send_octets(rtp, packet, n);
    rig_run(20);
    ck_assert_int_eq(media_rtp_secure(rtp, &ours, &theirs), 0);
    media_rtp_set(rtp, &r);
    rig_run(20);
    send_octets(rtp, packet, n); /* the window is the same: it came before */
    rig_run(20);
    ck_assert_uint_eq(stats_of(rtp).refused, 1);
    ck_assert_uint_eq(stats_of(rtp).rx_packets, 1);
}
END_TEST

/** RFC 3711 3.3.1: the index goes on with the key. When their key alone is new, ours has gone past
 * 65536 packets already, and they know. */
START_TEST(a_direction_that_keeps_its_key_keeps_its_index)
{
    struct media_srtp_keys ours = key(MEDIA_SRTP_AES_128_SHA1_80, 1);
    struct media_srtp_keys theirs = key(MEDIA_SRTP_AES_128_SHA1_80, 2);
    struct media_srtp_keys next = key(MEDIA_SRTP_AES_128_SHA1_80, 3);
    struct media_srtp_slot slot = {.now = NULL};
    struct media_srtp *first, *second, *peer, *gone;
    _Alignas(8) uint8_t packet[600];

    ck_assert_int_eq(media_srtp_new(&first, &ours, &theirs, 5), 0);
    ck_assert_int_eq(media_srtp_new(&second, &ours, &next, 5), 0);
    ck_assert_int_eq(media_srtp_new(&peer, &next, &ours, 6), 0);
    media_srtp_install(&slot, first, 0);
    for (unsigned i = 0; i < 70000; i++) {
        size_t n = PACKET;
        memset(packet, 0xd5, sizeof packet);
        rtp_write_header(packet, false, 8, (uint16_t)i, 160 * i, 5);
        if (i == 68000)
            media_srtp_install(&slot, second, RT_S);
        ck_assert_int_eq(media_srtp_protect(slot.now, packet, &n, sizeof packet), MEDIA_SRTP_OK);
        ck_assert_int_eq(media_srtp_open(peer, packet, &n), MEDIA_SRTP_OK);
    }
    media_srtp_install(&slot, NULL, 2 * RT_S);
    while ((gone = media_srtp_retired(&slot, INT64_MAX)) != NULL)
        media_srtp_free(gone);
    media_srtp_free(peer);
}
END_TEST

/* ---- RTCP ---- */

START_TEST(reports_are_protected_on_their_port_and_on_rtps)
{
    struct media_rtp r = agreed();
    unsigned rtcp = 0, apart = 0;
    uint8_t last = 0;
    _Alignas(8) uint8_t buf[1000];
    size_t len;

    r.mux = _i == 1;
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);
    share_keys(rtp, key(MEDIA_SRTP_AES_128_SHA1_80, 1), key(MEDIA_SRTP_AES_128_SHA1_80, 2));
    media_join(tdm, rtp, MEDIA_BOTH);
    talk(rtp, 400, 0x34);
    listen_rtp(&rtcp, &last);
    while (rt_udp_recv(far.rtcp, buf, sizeof buf, &len, NULL) == 0) {
        ck_assert_int_eq(media_srtp_open_rtcp(far.srtp, buf, &len), MEDIA_SRTP_OK);
        apart++;
    }
    ck_assert_uint_ge(r.mux ? rtcp : apart, 1);
    ck_assert_uint_eq(r.mux ? apart : rtcp, 0);
}
END_TEST

START_TEST(reports_are_taken_protected_alone)
{
    struct media_rtp r = agreed();
    _Alignas(8) uint8_t report[200] = {0x80, 201, 0, 1, 0, 0, 0, 77}; /* RFC 3550 6.4.2, no block */
    uint64_t forged = refusals(MEDIA_SRTP_FORGED), malformed = refusals(MEDIA_SRTP_MALFORMED);
    size_t n = 8;

    r.mux = true;
    struct media_port *rtp = rig_rtp(&r);
    share_keys(rtp, key(MEDIA_SRTP_AES_128_SHA1_80, 1), key(MEDIA_SRTP_AES_128_SHA1_80, 2));
    send_octets(rtp, report, n);
    rig_run(20);
    ck_assert_uint_eq(refusals(MEDIA_SRTP_MALFORMED), malformed + 1); /* no room for a tag */
    ck_assert_int_eq(media_srtp_protect_rtcp(far.srtp, report, &n, sizeof report), MEDIA_SRTP_OK);
    send_octets(rtp, report, n);
    rig_run(20);
    ck_assert_uint_eq(stats_of(rtp).refused, 1);
    report[8] ^= 1;
    send_octets(rtp, report, n);
    rig_run(1000);
    ck_assert_uint_eq(refusals(MEDIA_SRTP_FORGED), forged + 1);
}
END_TEST

/* ---- what shares the sockets ---- */

static void on_mail(void *arg, struct media_port *p, const struct media_event *ev)
{
    (void)arg;
    (void)p;
    if (ev->type != MEDIA_DATAGRAM)
        return;
    ck_assert_uint_lt(mail.n, 8);
    mail.component[mail.n] = ev->datagram->component;
    mail.len[mail.n] = ev->datagram->len;
    mail.kind[mail.n++] = demux_kind(ev->datagram->data, ev->datagram->len);
}

START_TEST(stun_and_dtls_are_told_to_signalling)
{
    static const uint8_t stun[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};
    static const uint8_t dtls[30] = {22, 254, 253};
    union rt_addr local = rig_addr("192.0.2.1:0");
    struct media_rtp r = agreed();
    struct media_port *p;

    ck_assert_int_eq(media_rtp_open(&p, rig->m, 0, &local, on_mail, NULL), 0);
    union rt_addr above = *media_rtp_local(p);
    rt_addr_set_port(&above, (uint16_t)(rt_addr_port(&above) + 1));
    media_rtp_set(p, &r);
    send_octets(p, stun, sizeof stun);
    rig_run(100);
    ck_assert_uint_eq(mail.n, 0); /* nobody asked */
    r.apart_datagrams = true;
    media_rtp_set(p, &r);
    rig_run(10);
    send_octets(p, stun, sizeof stun);
    rig_run(20);
    send_octets(p, dtls, sizeof dtls);
    rig_run(20);
    rt_udp_send(far.rtcp, stun, sizeof stun, &above);
    rig_run(100);
    ck_assert_uint_eq(mail.n, 3);
    ck_assert_int_eq(mail.kind[0], DEMUX_STUN);
    ck_assert_uint_eq(mail.component[0], 1);
    ck_assert_int_eq(mail.kind[1], DEMUX_DTLS);
    ck_assert_uint_eq(mail.len[1], sizeof dtls);
    ck_assert_uint_eq(mail.component[2], 2);
}
END_TEST

START_TEST(a_datagram_of_ours_leaves_from_the_ports_socket)
{
    struct media_port *p = rig_rtp(NULL);
    union rt_addr to = rig_addr("192.0.2.9:7100"), from;
    uint8_t buf[100];
    size_t len;

    media_rtp_datagram(p, 2, &to, "abc", 3);
    rig_run(1);
    ck_assert_int_eq(rt_udp_recv(far.rtp, buf, sizeof buf, &len, &from), 0);
    ck_assert_uint_eq(len, 3);
    ck_assert_uint_eq(rt_addr_port(&from), rt_addr_port(media_rtp_local(p)) + 1u);
}
END_TEST

/* ---- where to, and where from ---- */

START_TEST(what_was_aimed_at_counts_and_not_what_was_described)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);
    struct media_port *tdm = rig_tdm(5), *rtp = rig_rtp(&r);
    union rt_addr a = rig_addr("192.0.2.9:7100"), none = rig_addr("0.0.0.0:0");
    uint8_t buf[600];
    size_t len;
    unsigned n = 0;

    media_join(tdm, rtp, MEDIA_BOTH);
    rig_run(100);
    media_rtp_aim(rtp, &a, &a);
    rig_run(20);
    unsigned before = rig->nheard;
    rig_talk(); /* from the address described */
    rig_run(200);
    ck_assert_uint_le(rig->nheard, before + 1);
    ck_assert_uint_eq(stats_of(rtp).foreign, 1);
    while (rt_udp_recv(far.rtp, buf, sizeof buf, &len, NULL) == 0)
        n++;
    ck_assert_uint_ge(n, 9);
    talk(rtp, 2, 0xd5);
    ck_assert_uint_eq(stats_of(rtp).rx_packets, 2);
    media_rtp_set(rtp, &r); /* the same description again */
    while (rt_udp_recv(far.rtp, buf, sizeof buf, &len, NULL) == 0)
        n++;
    rig_run(100);
    ck_assert_int_eq(rt_udp_recv(far.rtp, buf, sizeof buf, &len, NULL), 0);
    media_rtp_aim(rtp, &none, &none); /* nobody wants it any more */
    rig_run(20);
    while (rt_udp_recv(far.rtp, buf, sizeof buf, &len, NULL) == 0)
        n++;
    before = rig->nheard;
    rig_run(200);
    ck_assert_int_ne(rt_udp_recv(far.rtp, buf, sizeof buf, &len, NULL), 0);
    ck_assert_uint_eq(rig->nheard, before);
}
END_TEST

START_TEST(a_strict_port_latches_nothing)
{
    struct media_rtp r = rig_agreed(CODEC_PCMA);

    r.strict = true;
    struct media_port *rtp = rig_rtp(&r);
    talk(rtp, 10, 0xd5);
    ck_assert_uint_eq(stats_of(rtp).rx_packets, 0);
    ck_assert_uint_eq(stats_of(rtp).foreign, 10);
    rig_talk();
    rig_run(20);
    ck_assert_uint_eq(stats_of(rtp).rx_packets, 1);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, sound_passes_protected_both_ways, 0, MEDIA_SRTP_NSUITES);
    tcase_add_test(tc, nothing_goes_out_in_the_clear_before_the_keys);
    tcase_add_test(tc, forged_replayed_and_plain_packets_are_told_apart);
    tcase_add_test(tc, a_storm_of_forged_sources_hurts_nobody);
    tcase_add_loop_test(tc, a_backlog_is_taken_after_quiet_times, 0, 4);
    tcase_add_test(tc, packets_under_the_old_key_are_heard_until_the_new_one_comes);
    tcase_add_test(tc, the_same_keys_again_change_nothing);
    tcase_add_test(tc, a_direction_that_keeps_its_key_keeps_its_index);
    tcase_add_loop_test(tc, reports_are_protected_on_their_port_and_on_rtps, 0, 2);
    tcase_add_test(tc, reports_are_taken_protected_alone);
    tcase_add_test(tc, stun_and_dtls_are_told_to_signalling);
    tcase_add_test(tc, a_datagram_of_ours_leaves_from_the_ports_socket);
    tcase_add_test(tc, what_was_aimed_at_counts_and_not_what_was_described);
    tcase_add_test(tc, a_strict_port_latches_nothing);
}

int main(void)
{
    return rig_main("media_secure", add);
}
