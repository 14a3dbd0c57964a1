/* Offers and answers as peers and RFCs write them, each with what we say to it. */
#include "test/unit/sdp_rig.h"

#define OUR_80 "AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
#define OUR_PRINT                                                                                  \
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:"   \
    "EE:FF"

static struct sdp_candidate own;

/** All that our side can be made to do. */
static struct sdp_audio everything(void)
{
    struct sdp_audio a = sdp_rig_ours(CODEC_PCMA, CODEC_PCMU, CODEC_G722, CODEC_OPUS, CODEC_COUNT);

    a.cn_payload = 13;
    a.rtcp_mux = true;
    a.wish.security = SDP_SECURITY_OPTIONAL;
    a.crypto[0] = (struct sdp_crypto){1, rt_str(OUR_80)};
    a.ncryptos = 1;
    a.fingerprint[0] = (struct sdp_fingerprint){rt_str("sha-256"), rt_str(OUR_PRINT)};
    a.nfingerprints = 1;
    own = (struct sdp_candidate){sdp_rig_addr("192.0.2.1:20000"), 1, 2130706431};
    a.ice.ufrag = rt_str("abcd");
    a.ice.pwd = rt_str("0123456789012345678901");
    a.ice.lite = true;
    a.ice.own = &own;
    a.ice.nown = 1;
    return a;
}

static struct sdp_audio g711(void)
{
    return sdp_rig_ours(CODEC_PCMA, CODEC_PCMU, CODEC_COUNT);
}

#define OUR_ICE                                                                                    \
    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"                                     \
    "a=candidate:1 1 UDP 2130706431 192.0.2.1 20000 typ host\r\n"

/* ---- browsers ---- */

static const char chrome[] =
    "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    "a=group:BUNDLE 0 1\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS stream\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\nc=IN IP4 0.0.0.0\r\n"
    "a=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:4ZcD\r\na=ice-pwd:2/1muCWoOi3uLifh0NuRHlZj\r\n"
    "a=ice-options:trickle\r\n"
    "a=fingerprint:sha-256 7B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:"
    "F0:A1:58:D0:A1:2C:19:08\r\na=setup:actpass\r\na=mid:0\r\n"
    "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
    "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=sendrecv\r\na=msid:stream track\r\n"
    "a=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n"
    "a=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"
    "a=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:13 CN/8000\r\na=rtpmap:110 telephone-event/48000\r\n"
    "a=rtpmap:126 telephone-event/8000\r\na=ssrc:1832831203 cname:5vbL6Lpm5O2Bd3ZU\r\n"
    "a=ssrc:1832831203 msid:stream track\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"
    "a=ice-ufrag:4ZcD\r\na=ice-pwd:2/1muCWoOi3uLifh0NuRHlZj\r\na=setup:actpass\r\na=mid:1\r\n"
    "a=recvonly\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\n"
    "a=fmtp:97 apt=96\r\n";

START_TEST(chrome_is_answered)
{
    struct sdp_audio local = everything(), a;
    struct rt_buf out = {0};
    char want[2048];

    snprintf(want, sizeof want,
             "v=0\r\no=- 1000 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
             "a=group:BUNDLE 0\r\na=ice-lite\r\na=ice-options:ice2\r\n"
             "m=audio 20000 UDP/TLS/RTP/SAVPF 111 9 0 8 110 126 13\r\n"
             "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 %s\r\na=rtpmap:9 G722/8000\r\n"
             "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
             "a=rtpmap:110 telephone-event/48000\r\na=fmtp:110 0-15\r\n"
             "a=rtpmap:126 telephone-event/8000\r\na=fmtp:126 0-15\r\na=rtpmap:13 CN/8000\r\n"
             "a=sendrecv\r\na=mid:0\r\na=rtcp-mux\r\n" OUR_ICE "a=fingerprint:sha-256 " OUR_PRINT
             "\r\na=setup:active\r\n"
             "m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:1\r\n",
             codec_table[CODEC_OPUS].fmtp);
    ck_assert_int_eq(sdp_answer(&out, &a, rt_str(chrome), &local, &sdp_rig_origin), 0);
    ck_assert_str_eq(out.p, want);
    rt_buf_release(&out);
    ck_assert_int_eq(a.security, SDP_DTLS);
    ck_assert(a.dtls_active && a.rtcp_mux && a.bundled && !a.ice.mismatch);
    ck_assert(!sdp_held(&a));
    ck_assert(a.codec[0].params.fec);
    ck_assert_int_eq(a.event_payload, 110);
    ck_assert(sdp_rig_is(a.ice.ufrag, "4ZcD"));
    ck_assert(sdp_rig_is(a.ice.pwd, "2/1muCWoOi3uLifh0NuRHlZj"));
    local = g711();
    ck_assert_int_eq(sdp_rig_refused(chrome, &local), ENOTSUP);
}
END_TEST

static const char firefox[] =
    "v=0\r\no=mozilla...THIS_IS_SDPARTA-99.0 7612339410431541893 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 "
    "0\r\n"
    "a=sendrecv\r\n"
    "a=fingerprint:sha-256 12:9A:F8:6B:1A:5B:C6:B3:5B:F5:A3:3C:80:DA:26:40:2B:33:74:5E:BB:18:5D:C7:"
    "EE:B4:B2:59:FB:E9:86:D6\r\na=group:BUNDLE 0\r\na=ice-options:trickle\r\n"
    "a=msid-semantic:WMS *\r\nm=audio 54609 UDP/TLS/RTP/SAVPF 109 9 0 8 101\r\n"
    "c=IN IP4 198.51.100.7\r\na=candidate:0 1 UDP 2122252543 198.51.100.7 54609 typ host\r\n"
    "a=candidate:1 1 TCP 2105524479 198.51.100.7 9 typ host tcptype active\r\n"
    "a=end-of-candidates\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
    "a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1\r\na=fmtp:101 0-15\r\n"
    "a=ice-pwd:98b5ee6c1b7a0a1f66ac72a3bd2d4b09\r\na=ice-ufrag:5d3b0e6e\r\na=mid:0\r\n"
    "a=msid:{a} {b}\r\na=rtcp-mux\r\na=rtpmap:109 opus/48000/2\r\na=rtpmap:9 G722/8000/1\r\n"
    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000/1\r\n"
    "a=setup:actpass\r\na=ssrc:2655508255 cname:{c}\r\n";

START_TEST(firefox_is_answered_in_our_order)
{
    struct sdp_audio local = everything();

    local.wish.order = SDP_ORDER_OURS;
    local.ncodecs = 3; /* without Opus */
    struct sdp_audio a = sdp_rig_answer(
        firefox, &local,
        "m=audio 20000 UDP/TLS/RTP/SAVPF 8 0 9 101\r\na=rtpmap:8 PCMA/8000\r\n"
        "a=rtpmap:0 PCMU/8000\r\na=rtpmap:9 G722/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        "a=fmtp:101 0-15\r\na=sendrecv\r\na=mid:0\r\na=rtcp-mux\r\n" OUR_ICE
        "a=fingerprint:sha-256 " OUR_PRINT "\r\na=setup:active\r\n");
    ck_assert_uint_eq(a.ice.ncandidates, 2);
    ck_assert(!a.ice.mismatch);
    ck_assert(sdp_rig_is(a.fingerprint[0].hash, "sha-256"));
    ck_assert_uint_eq(a.nfingerprints, 1);
}
END_TEST

/* ---- telephones ---- */

START_TEST(linphone_offers_keys_beside_a_plain_profile)
{
    static const char offer[] =
        "v=0\r\no=alice 3812 2315 IN IP4 198.51.100.20\r\ns=Talk\r\nc=IN IP4 198.51.100.20\r\n"
        "t=0 0\r\na=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics\r\n"
        "m=audio 7078 RTP/AVPF 96 97 98 0 8 18 101 99 100\r\na=rtpmap:96 opus/48000/2\r\n"
        "a=fmtp:96 useinbandfec=1\r\na=rtpmap:97 speex/16000\r\na=fmtp:97 vbr=on\r\n"
        "a=rtpmap:98 speex/8000\r\na=fmtp:98 vbr=on\r\na=fmtp:18 annexb=yes\r\n"
        "a=rtpmap:101 telephone-event/48000\r\na=rtpmap:99 telephone-event/16000\r\n"
        "a=rtpmap:100 telephone-event/8000\r\na=rtcp-fb:* trr-int 1000\r\na=rtcp-fb:* ccm tmmbr\r\n"
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:0DA5PGFHNi1Gh4eA5vVIsR1pMJzX0xCNoyMlUm9r\r\n"
        "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:7zQ3uJ3xuJ7WGyGpAYaNTjzR9u6hq1VY3hXbM3mP\r\n";
    struct sdp_audio local = everything();

    struct sdp_audio a = sdp_rig_answer(
        offer, &local,
        "m=audio 20000 RTP/AVPF 96 0 8 101 100\r\na=rtpmap:96 opus/48000/2\r\n"
        "a=fmtp:96 maxplaybackrate=8000;sprop-maxcapturerate=8000;useinbandfec=1\r\n"
        "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/48000\r\n"
        "a=fmtp:101 0-15\r\na=rtpmap:100 telephone-event/8000\r\na=fmtp:100 0-15\r\na=sendrecv\r\n"
        "a=crypto:1 " OUR_80 "\r\n");
    ck_assert_int_eq(a.security, SDP_SDES);
    ck_assert_int_eq(a.event_payload, 101);
    local = g711();
    a = sdp_rig_answer(offer, &local,
                       "m=audio 20000 RTP/AVPF 0 8 100\r\na=rtpmap:0 PCMU/8000\r\n"
                       "a=rtpmap:8 PCMA/8000\r\na=rtpmap:100 telephone-event/8000\r\n"
                       "a=fmtp:100 0-15\r\na=sendrecv\r\n");
    ck_assert_int_eq(a.event_payload, 100);
    ck_assert_int_eq(a.security, SDP_PLAIN);
}
END_TEST

START_TEST(baresip_is_answered)
{
    static const char offer[] =
        "v=0\r\no=- 1364234567 1938471029 IN IP4 198.51.100.21\r\ns=-\r\nc=IN IP4 198.51.100.21\r\n"
        "t=0 0\r\na=tool:baresip 3.0.0\r\nm=audio 10024 RTP/AVP 96 9 8 0 101\r\nb=AS:125\r\n"
        "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 stereo=1;sprop-stereo=1\r\na=rtpmap:9 G722/8000\r\n"
        "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        "a=fmtp:101 0-15\r\na=rtcp:10025\r\na=sendrecv\r\na=label:1\r\na=rtcp-rsize\r\n"
        "a=ssrc:1234567890 cname:sip:alice@example.com\r\na=ptime:20\r\n";
    struct sdp_audio local = g711();

    struct sdp_audio a = sdp_rig_answer(
        offer, &local,
        "m=audio 20000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n");
    ck_assert_uint_eq(rt_addr_port(&a.rtcp), 10025);
}
END_TEST

/** Cisco: G.729 first, the 19 of old comfort noise, event 16 too, c= in the stream alone. */
START_TEST(a_cisco_gateway_is_answered)
{
    static const char offer[] =
        "v=0\r\no=CiscoSystemsSIP-GW-UserAgent 5598 4192 IN IP4 198.51.100.30\r\ns=SIP Call\r\n"
        "c=IN IP4 198.51.100.30\r\nt=0 0\r\nm=audio 17536 RTP/AVP 18 0 8 101 19\r\n"
        "c=IN IP4 198.51.100.31\r\na=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\n"
        "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        "a=fmtp:101 0-16\r\na=rtpmap:19 CN/8000\r\na=ptime:20\r\n";
    struct sdp_audio local = sdp_rig_ours(CODEC_PCMA, CODEC_G729, CODEC_COUNT);
    union rt_addr there = sdp_rig_addr("198.51.100.31:17536");

    struct sdp_audio a = sdp_rig_answer(
        offer, &local,
        "m=audio 20000 RTP/AVP 18 8 101\r\na=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\n"
        "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
        "a=ptime:20\r\na=sendrecv\r\n");
    ck_assert(rt_addr_equal(&a.addr, &there));
    local.cn_payload = 13;
    a = sdp_rig_answer(offer, &local, NULL);
    ck_assert_int_eq(a.cn_payload, 19);
    ck_assert_int_eq(a.cn_payload_in, 19);
}
END_TEST

/* ---- exchanges ---- */

/** chan_sip's offer has SAVP with tag 1, and its answers have another telephone-event than 101. */
START_TEST(asterisk_of_old_is_answered_and_accepted)
{
    static const char offer[] =
        "v=0\r\no=root 1821 1821 IN IP4 198.51.100.40\r\ns=Asterisk PBX 13.1.0\r\n"
        "c=IN IP4 198.51.100.40\r\nt=0 0\r\nm=audio 14762 RTP/SAVP 8 3 101\r\n"
        "a=rtpmap:8 PCMA/8000\r\na=rtpmap:3 GSM/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        "a=fmtp:101 0-16\r\na=maxptime:150\r\na=sendrecv\r\n"
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:sFLMvIQ0u2tCEhCW7K5F3uU3mG0uY6mTYp2sCMoS\r\n";
    static const char answer[] =
        "v=0\r\no=root 1822 1822 IN IP4 198.51.100.40\r\ns=Asterisk PBX 13.1.0\r\n"
        "c=IN IP4 198.51.100.40\r\nt=0 0\r\nm=audio 14764 RTP/AVP 8 96\r\na=rtpmap:8 PCMA/8000\r\n"
        "a=rtpmap:96 telephone-event/8000\r\na=fmtp:96 0-16\r\na=silenceSupp:off - - - -\r\n"
        "a=ptime:20\r\na=sendrecv\r\n";
    struct sdp_audio local = everything();

    struct sdp_audio a = sdp_rig_answer(
        offer, &local,
        "m=audio 20000 RTP/SAVP 8 101\r\na=rtpmap:8 PCMA/8000\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\na=crypto:1 " OUR_80
        "\r\n");
    ck_assert_int_eq(a.security, SDP_SDES);
    local = g711();
    a = sdp_rig_accept(answer, &local);
    ck_assert_int_eq(a.event_payload, 96);     /* what we send digits with */
    ck_assert_int_eq(a.event_payload_in, 101); /* what theirs come with */
    ck_assert_uint_eq(a.event_clock, 8000);
}
END_TEST

START_TEST(asterisk_with_pjsip_is_accepted)
{
    static const char answer[] =
        "v=0\r\no=- 1000 3 IN IP4 198.51.100.41\r\ns=Asterisk\r\nc=IN IP4 198.51.100.41\r\nt=0 "
        "0\r\n"
        "m=audio 12018 UDP/TLS/RTP/SAVPF 107 101\r\na=setup:active\r\n"
        "a=fingerprint:SHA-256 99:3C:48:DC:B0:1D:4F:0B:57:6B:8A:EE:90:0B:C5:57:27:3E:6A:9E:D5:3E:"
        "C6:B8:40:2E:0D:1C:D8:36:4C:7A\r\na=ice-ufrag:0b1d7ff02a7b9ad5\r\n"
        "a=ice-pwd:4e7e4d24673f7bbd2a4cf8d0e3f1b3a5\r\n"
        "a=candidate:H6633c829 1 UDP 2130706431 198.51.100.41 12018 typ host\r\n"
        "a=rtpmap:107 opus/48000/2\r\na=fmtp:107 useinbandfec=1\r\n"
        "a=rtpmap:101 telephone-event/48000\r\na=fmtp:101 0-16\r\na=ptime:20\r\na=maxptime:60\r\n"
        "a=sendrecv\r\na=rtcp-mux\r\n";
    struct sdp_audio local = everything();

    local.wish.security = SDP_SECURITY_REQUIRED;
    struct sdp_audio a = sdp_rig_accept(answer, &local);
    ck_assert_int_eq(a.security, SDP_DTLS);
    ck_assert(!a.dtls_active);
    ck_assert_int_eq(a.codec[0].id, CODEC_OPUS);
    ck_assert_uint_eq(a.codec[0].payload, 107);
    ck_assert_uint_eq(a.codec[0].payload_in, 96);
    ck_assert_int_eq(a.event_payload, 101);
    ck_assert_int_eq(a.event_payload_in, 102);
    ck_assert(sdp_rig_is(a.ice.ufrag, "0b1d7ff02a7b9ad5"));
    ck_assert_uint_eq(rt_addr_port(&a.rtcp), 12018);
}
END_TEST

/** FreeSWITCH offers two audio streams, the plain one last, and comfort noise on 13. */
START_TEST(freeswitch_is_answered)
{
    static const char offer[] =
        "v=0\r\no=FreeSWITCH 1700000000 1700000001 IN IP4 198.51.100.50\r\ns=FreeSWITCH\r\n"
        "c=IN IP4 198.51.100.50\r\nt=0 0\r\nm=audio 30560 RTP/SAVP 102 9 0 8 103 101 13\r\n"
        "a=rtpmap:102 opus/48000/2\r\n"
        "a=fmtp:102 useinbandfec=1; maxaveragebitrate=30000; maxplaybackrate=48000; ptime=20; "
        "minptime=10; maxptime=40\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\n"
        "a=rtpmap:8 PCMA/8000\r\na=rtpmap:103 telephone-event/48000\r\na=fmtp:103 0-15\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=rtpmap:13 CN/8000\r\n"
        "a=crypto:1 AEAD_AES_256_GCM_8 "
        "inline:mXq6GZM1gdW2mWxjsdxLfcRyQKfVcM5rFCVgjSbkUB0yNe3DxfUZ6yBQd2k=\r\n"
        "a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:tNWyPCc0bW1Y6mrdkW1lhH9pAQRXMfMBh4JrV9rU\r\n"
        "a=ptime:20\r\n"
        "m=audio 30560 RTP/AVP 102 9 0 8 103 101 13\r\na=rtpmap:102 opus/48000/2\r\n"
        "a=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
        "a=rtpmap:103 telephone-event/48000\r\na=fmtp:103 0-15\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=rtpmap:13 CN/8000\r\n"
        "a=ptime:20\r\n";
    struct sdp_audio local = g711();

    struct sdp_audio a = sdp_rig_answer(
        offer, &local,
        "m=audio 0 RTP/SAVP 102 9 0 8 103 101 13\r\nm=audio 20000 RTP/AVP 0 8 101\r\n"
        "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        "a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n");
    ck_assert_int_eq(a.security, SDP_PLAIN);
    local = everything();
    local.wish.order = SDP_ORDER_CHEAPEST;
    a = sdp_rig_answer(
        offer, &local,
        "m=audio 20000 RTP/SAVP 0 8 9 102 103 101 13\r\na=rtpmap:0 PCMU/8000\r\n"
        "a=rtpmap:8 PCMA/8000\r\na=rtpmap:9 G722/8000\r\na=rtpmap:102 opus/48000/2\r\n"
        "a=fmtp:102 maxplaybackrate=8000;sprop-maxcapturerate=8000;useinbandfec=1\r\n"
        "a=rtpmap:103 telephone-event/48000\r\na=fmtp:103 0-15\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=rtpmap:13 CN/8000\r\n"
        "a=ptime:20\r\na=sendrecv\r\na=crypto:3 " OUR_80
        "\r\nm=audio 0 RTP/AVP 102 9 0 8 103 101 13\r\n");
    ck_assert_uint_eq(a.crypto[0].tag, 3);
    ck_assert_int_eq(a.event_payload, 101);
    ck_assert_uint_eq(a.codec[3].params.bitrate, 30000);
}
END_TEST

/** rtpengine translates for WebRTC: keys of both kinds, several candidates, RTCP beside. */
START_TEST(rtpengine_is_answered)
{
    static const char offer[] =
        "v=0\r\no=- 3904 3904 IN IP4 198.51.100.60\r\ns=-\r\nt=0 0\r\n"
        "m=audio 30012 RTP/SAVPF 8 101\r\nc=IN IP4 198.51.100.60\r\na=mid:1\r\n"
        "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
        "a=sendrecv\r\na=rtcp:30013\r\na=rtcp-mux\r\n"
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:hM1mJm2E0bTZf4Yx2zsfDEbbUjJZQdB8wV9SdY3s\r\n"
        "a=setup:actpass\r\n"
        "a=fingerprint:sha-256 "
        "0C:9A:F8:6B:1A:5B:C6:B3:5B:F5:A3:3C:80:DA:26:40:2B:33:74:5E:BB:18:5D:"
        "C7:EE:B4:B2:59:FB:E9:86:D6\r\na=ptime:20\r\na=ice-ufrag:bRTBb2VL\r\n"
        "a=ice-pwd:xHWq2Bp1ZQG3m3fd8s3OZkW1TP\r\n"
        "a=candidate:4l2QhUpJZ1 1 UDP 2130706431 198.51.100.60 30012 typ host\r\n"
        "a=candidate:N8ikLRUz1m 1 UDP 2130706175 2001:db8::60 30012 typ host\r\n"
        "a=candidate:4l2QhUpJZ1 2 UDP 2130706430 198.51.100.60 30013 typ host\r\n"
        "a=candidate:N8ikLRUz1m 2 UDP 2130706174 2001:db8::60 30013 typ host\r\n"
        "a=end-of-candidates\r\n";
    struct sdp_audio local = everything();

    struct sdp_audio a = sdp_rig_answer(
        offer, &local,
        "m=audio 20000 RTP/SAVPF 8 101\r\na=rtpmap:8 PCMA/8000\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
        "a=mid:1\r\na=rtcp-mux\r\n" OUR_ICE "a=fingerprint:sha-256 " OUR_PRINT
        "\r\na=setup:active\r\n");
    ck_assert_int_eq(a.security, SDP_DTLS);
    ck_assert_uint_eq(a.ice.ncandidates, 4);
    ck_assert(!a.bundled);
    local.nfingerprints = 0; /* keys alone */
    local.ice = (struct sdp_ice){0};
    local.rtcp_mux = false;
    a = sdp_rig_answer(offer, &local,
                       "m=audio 20000 RTP/SAVPF 8 101\r\na=rtpmap:8 PCMA/8000\r\n"
                       "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n"
                       "a=sendrecv\r\na=mid:1\r\na=crypto:1 " OUR_80 "\r\n");
    ck_assert_int_eq(a.security, SDP_SDES);
    ck_assert_uint_eq(rt_addr_port(&a.rtcp), 30013);
}
END_TEST

/** A telephone that would fax too (T.38, RFC 3362): that stream is refused. */
START_TEST(a_fax_stream_is_refused_in_place)
{
    struct sdp_audio local = g711();

    local.event_payload = -1;
    sdp_rig_answer(SDP_HEAD "m=image 4002 udptl t38\r\na=T38FaxVersion:0\r\na=mid:f\r\n"
                            "m=audio 4000 RTP/AVP 8\r\n",
                   &local,
                   "m=image 0 udptl t38\r\na=mid:f\r\nm=audio 20000 RTP/AVP 8\r\n"
                   "a=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n");
    ck_assert_int_eq(sdp_rig_refused(SDP_HEAD "m=image 4002 udptl t38\r\n", &local), ENOTSUP);
}
END_TEST

/* ---- RFCs ---- */

/** RFC 4317 2.4: telephone-event in a stream of its own, which is refused; names as addresses. */
START_TEST(rfc_4317_events_in_a_stream_of_their_own)
{
    static const char offer[] =
        "v=0\r\no=alice 2890844526 2890844526 IN IP4 host.atlanta.example.com\r\ns=\r\n"
        "c=IN IP4 host.atlanta.example.com\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0 97\r\n"
        "a=rtpmap:0 PCMU/8000\r\na=rtpmap:97 iLBC/8000\r\nm=audio 49172 RTP/AVP 98\r\n"
        "a=rtpmap:98 telephone-event/8000\r\na=sendonly\r\n";
    struct sdp_audio local = g711();

    local.wish.names = true;
    struct sdp_audio a = sdp_rig_answer(offer, &local,
                                        "m=audio 20000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
                                        "a=sendrecv\r\nm=audio 0 RTP/AVP 98\r\n");
    ck_assert(sdp_rig_is(a.host, "host.atlanta.example.com"));
}
END_TEST

/** RFC 4568 7.1: F8 is not ours, and FEC_ORDER=FEC_SRTP is the default. */
START_TEST(rfc_4568_the_first_of_two_suites)
{
    static const char offer[] =
        "v=0\r\no=sam 2890844526 2890842807 IN IP4 10.47.16.5\r\ns=SRTP Discussion\r\n"
        "i=A discussion of Secure RTP\r\nu=http://www.example.com/seminars/srtp.pdf\r\n"
        "e=marge@example.com (Marge Simpson)\r\nc=IN IP4 168.2.17.12\r\n"
        "t=2873397496 2873404696\r\nm=audio 49170 RTP/SAVP 0\r\n"
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|"
        "1:4 FEC_ORDER=FEC_SRTP\r\n"
        "a=crypto:2 F8_128_HMAC_SHA1_80 inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm|2^20|1:4;"
        "inline:QUJjZGVmMTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5|2^20|2:4 FEC_ORDER=FEC_SRTP\r\n";
    static const char ours[] =
        "AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:4";
    struct sdp_audio local = everything(), a;
    struct rt_buf out = {0};

    local.crypto[0].value = rt_str(ours);
    ck_assert_int_eq(sdp_answer(&out, &a, rt_str(offer), &local, &sdp_rig_origin), 0);
    ck_assert_str_eq(strstr(out.p, "t="),
                     "t=2873397496 2873404696\r\nm=audio 20000 RTP/SAVP 0\r\n"
                     "a=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"
                     "a=crypto:1 AES_CM_128_HMAC_SHA1_80 "
                     "inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:4\r\n");
    rt_buf_release(&out);
    ck_assert(rt_str_eq(a.crypto[0].value,
                        "AES_CM_128_HMAC_SHA1_80 "
                        "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4 "
                        "FEC_ORDER=FEC_SRTP"));
}
END_TEST

/** RFC 5763 7.1, message 8, the lines unfolded: the session's fingerprint, a blank before it. */
START_TEST(rfc_5763_the_answer)
{
    static const char answer[] =
        "v=0\r\no=- 6418913922105372816 2105372818 IN IP4 ua2.example.com\r\ns=example2\r\n"
        "c=IN IP4 ua2.example.com\r\na=setup:active\r\n"
        "a=fingerprint: SHA-1 FF:FF:FF:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB\r\n"
        "t=0 0\r\nm=audio 12000 UDP/TLS/RTP/SAVP 0\r\na=acfg:1 t=1\r\n";
    struct sdp_audio local = everything();

    local.wish.names = true;
    local.wish.security = SDP_SECURITY_REQUIRED;
    struct sdp_audio a = sdp_rig_accept(answer, &local);
    ck_assert_int_eq(a.security, SDP_DTLS);
    ck_assert(!a.dtls_active);
    ck_assert(sdp_rig_is(a.fingerprint[0].hash, "SHA-1"));
    ck_assert(sdp_rig_is(a.fingerprint[0].value,
                         "FF:FF:FF:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB"));
    ck_assert(sdp_rig_is(a.host, "ua2.example.com"));
}
END_TEST

/** RFC 8839 4.2.6, the lines unfolded: words of the session, the reflexive one is the default. */
START_TEST(rfc_8839_the_example)
{
    static const char offer[] =
        "v=0\r\no=jdoe 2890844526 2890842807 IN IP4 203.0.113.141\r\ns=\r\nc=IN IP4 192.0.2.3\r\n"
        "t=0 0\r\na=ice-options:ice2\r\na=ice-pacing:50\r\na=ice-pwd:asd88fgpdd777uzjYhagZg\r\n"
        "a=ice-ufrag:8hhY\r\nm=audio 45664 RTP/AVP 0\r\nb=RS:0\r\nb=RR:0\r\n"
        "a=rtpmap:0 PCMU/8000\r\na=candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host\r\n"
        "a=candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport "
        "8998\r\n";
    struct sdp_audio local = everything();

    struct sdp_audio a = sdp_rig_answer(
        offer, &local, "m=audio 20000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n" OUR_ICE);
    ck_assert(!a.ice.mismatch && !a.ice.lite);
    ck_assert(sdp_rig_is(a.ice.ufrag, "8hhY"));
    ck_assert_uint_eq(a.ice.ncandidates, 2);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sdp_peers");
    TCase *tc = tcase_create("sdp_peers");

    tcase_add_test(tc, chrome_is_answered);
    tcase_add_test(tc, firefox_is_answered_in_our_order);
    tcase_add_test(tc, linphone_offers_keys_beside_a_plain_profile);
    tcase_add_test(tc, baresip_is_answered);
    tcase_add_test(tc, a_cisco_gateway_is_answered);
    tcase_add_test(tc, asterisk_of_old_is_answered_and_accepted);
    tcase_add_test(tc, asterisk_with_pjsip_is_accepted);
    tcase_add_test(tc, freeswitch_is_answered);
    tcase_add_test(tc, rtpengine_is_answered);
    tcase_add_test(tc, a_fax_stream_is_refused_in_place);
    tcase_add_test(tc, rfc_4317_events_in_a_stream_of_their_own);
    tcase_add_test(tc, rfc_4568_the_first_of_two_suites);
    tcase_add_test(tc, rfc_5763_the_answer);
    tcase_add_test(tc, rfc_8839_the_example);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
