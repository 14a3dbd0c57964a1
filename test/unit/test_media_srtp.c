/* Secure RTP: every suite against a second implementation written here from the RFCs over nettle's
 * ciphers, which itself is held against the vectors of RFC 3711 appendix B and RFC 6188 section 7.
 */
#include "codec/srtp.h"

#include <check.h>
#include <nettle/aes.h>
#include <nettle/ctr.h>
#include <nettle/gcm.h>
#include <nettle/hmac.h>
#include <stdlib.h>

#define SSRC 0xcafebabeu

static size_t unhex(uint8_t *out, const char *hex)
{
    size_t n = strlen(hex) / 2;

    for (size_t i = 0; i < n; i++) {
        const char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
        out[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return n;
}

static void ck_hex(const uint8_t *p, const char *hex)
{
    uint8_t want[256];
    size_t n = unhex(want, hex);

    ck_assert_mem_eq(p, want, n);
}

/* ---- the second implementation ---- */

/** AES in counter mode from a full counter block. */
static void aes_ctr(const uint8_t *key, size_t nkey, const uint8_t block[16], uint8_t *p, size_t n)
{
    struct aes128_ctx a;
    struct aes256_ctx b;
    uint8_t counter[16];

    memcpy(counter, block, 16);
    if (nkey == 16) {
        aes128_set_encrypt_key(&a, key);
        ctr_crypt(&a, (nettle_cipher_func *)aes128_encrypt, 16, counter, n, p, p);
    } else {
        aes256_set_encrypt_key(&b, key);
        ctr_crypt(&b, (nettle_cipher_func *)aes256_encrypt, 16, counter, n, p, p);
    }
}

/** RFC 3711 4.3.1, with the key derivation rate 0. */
static void derive(const struct media_srtp_keys *k, uint8_t label, uint8_t *out, size_t n)
{
    uint8_t block[16] = {0};

    memcpy(block, k->salt, media_srtp_suites[k->suite].salt);
    block[7] ^= label;
    memset(out, 0, n);
    aes_ctr(k->key, media_srtp_suites[k->suite].key, block, out, n);
}

/** salt XOR ssrc XOR index, where each cipher has them (RFC 3711 4.1.1, RFC 7714 8.1, 9.1). */
static void make_iv(uint8_t iv[16], const uint8_t *salt, size_t nsalt, uint32_t ssrc,
                    uint64_t index)
{
    size_t ssrc_at = nsalt == 14 ? 4 : 2, index_at = nsalt == 14 ? 8 : 6;

    memset(iv, 0, 16);
    memcpy(iv, salt, nsalt);
    for (unsigned i = 0; i < 4; i++)
        iv[ssrc_at + i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
    for (unsigned i = 0; i < 6; i++)
        iv[index_at + i] ^= (uint8_t)(index >> (40 - 8 * i));
}

static void gcm(const uint8_t *key, size_t nkey, const uint8_t iv[12], const uint8_t *aad,
                size_t naad, const uint8_t *more, size_t nmore, uint8_t *p, size_t n)
{
    struct gcm_aes128_ctx a;
    struct gcm_aes256_ctx b;

    /* nettle wants the associated data in whole blocks but for the last */
    uint8_t all[64];
    memcpy(all, aad, naad);
    if (nmore > 0)
        memcpy(all + naad, more, nmore);
    if (nkey == 16) {
        gcm_aes128_set_key(&a, key);
        gcm_aes128_set_iv(&a, 12, iv);
        gcm_aes128_update(&a, naad + nmore, all);
        gcm_aes128_encrypt(&a, n, p, p);
        gcm_aes128_digest(&a, 16, p + n);
    } else {
        gcm_aes256_set_key(&b, key);
        gcm_aes256_set_iv(&b, 12, iv);
        gcm_aes256_update(&b, naad + nmore, all);
        gcm_aes256_encrypt(&b, n, p, p);
        gcm_aes256_digest(&b, 16, p + n);
    }
}

static size_t hmac(const uint8_t key[20], const uint8_t *p, size_t n, const uint8_t *more,
                   size_t nmore, uint8_t *out, size_t tag)
{
    struct hmac_sha1_ctx ctx;

    hmac_sha1_set_key(&ctx, 20, key);
    hmac_sha1_update(&ctx, n, p);
    hmac_sha1_update(&ctx, nmore, more);
    hmac_sha1_digest(&ctx, tag, out);
    return tag;
}

static void put32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/** What a packet with a 12-octet header becomes. */
static size_t reference(const struct media_srtp_keys *k, uint8_t *p, size_t n, uint32_t roc)
{
    const struct media_srtp_suite *s = &media_srtp_suites[k->suite];
    uint64_t index = (uint64_t)roc << 16 | (unsigned)(p[2] << 8 | p[3]);
    uint8_t key[32], salt[14], auth[20], iv[16], counter[4];

    derive(k, 0, key, s->key);
    derive(k, 2, salt, s->salt);
    derive(k, 1, auth, 20);
    make_iv(iv, salt, s->salt, SSRC, index);
    put32(counter, roc);
    if (s->aead) {
        gcm(key, s->key, iv, p, 12, NULL, 0, p + 12, n - 12);
        return n + 16;
    }
    aes_ctr(key, s->key, iv, p + 12, n - 12);
    return n + hmac(auth, p, n, counter, 4, p + n, s->tag);
}

static size_t reference_rtcp(const struct media_srtp_keys *k, uint8_t *p, size_t n, uint32_t index)
{
    const struct media_srtp_suite *s = &media_srtp_suites[k->suite];
    uint8_t key[32], salt[14], auth[20], iv[16], word[4];

    derive(k, 3, key, s->key);
    derive(k, 5, salt, s->salt);
    derive(k, 4, auth, 20);
    make_iv(iv, salt, s->salt, SSRC, index);
    put32(word, index | 0x80000000u); /* the E bit: encrypted */
    if (s->aead) {                    /* the index comes last, after the tag (RFC 7714 9.2) */
        gcm(key, s->key, iv, p, 8, word, 4, p + 8, n - 8);
        memcpy(p + n + 16, word, 4);
        return n + 20;
    }
    aes_ctr(key, s->key, iv, p + 8, n - 8);
    memcpy(p + n, word, 4);
    return n + 4 + hmac(auth, p, n + 4, NULL, 0, p + n + 4, s->rtcp_tag);
}

/* ---- rig ---- */

static struct media_srtp_keys keys_of(enum media_srtp_suite_id suite, unsigned seed)
{
    struct media_srtp_keys k = {.suite = suite};

    for (unsigned i = 0; i < sizeof k.key; i++)
        k.key[i] = (uint8_t)(seed * 31 + i * 7 + 1);
    for (unsigned i = 0; i < media_srtp_suites[suite].salt; i++)
        k.salt[i] = (uint8_t)(seed * 17 + i * 5 + 3);
    return k;
}

/** Two ends that talk to each other. */
static void make_ends(struct media_srtp *end[2], enum media_srtp_suite_id suite)
{
    struct media_srtp_keys a = keys_of(suite, 1), b = keys_of(suite, 2);

    ck_assert_int_eq(media_srtp_new(&end[0], &a, &b, SSRC), 0);
    ck_assert_int_eq(media_srtp_new(&end[1], &b, &a, SSRC + 1), 0);
}

static void free_ends(struct media_srtp *end[2])
{
    media_srtp_free(end[0]);
    media_srtp_free(end[1]);
}

static size_t rtp(uint8_t *p, uint16_t seq, uint32_t ssrc, size_t payload)
{
    p[0] = 0x80;
    p[1] = 8;
    p[2] = (uint8_t)(seq >> 8);
    p[3] = (uint8_t)seq;
    put32(p + 4, seq * 160u);
    put32(p + 8, ssrc);
    for (size_t i = 0; i < payload; i++)
        p[12 + i] = (uint8_t)(i + seq);
    return 12 + payload;
}

static size_t rtcp(uint8_t *p, uint32_t ssrc)
{
    static const uint8_t head[] = {0x80, 201, 0, 1};

    memcpy(p, head, 4);
    put32(p + 4, ssrc);
    memcpy(p + 8, (const uint8_t[]){0x81, 202, 0, 2, 0, 0, 0, 1, 1, 2, 'a', 'b'}, 12);
    return 20;
}

static uint8_t pkt[65536 + 512] __attribute__((aligned(8)));
static uint8_t clear[65536 + 512] __attribute__((aligned(8)));

static size_t sealed(struct media_srtp *s, uint16_t seq, uint32_t ssrc)
{
    size_t n = rtp(pkt, seq, ssrc, 160);

    ck_assert_int_eq(media_srtp_protect(s, pkt, &n, sizeof pkt), MEDIA_SRTP_OK);
    return n;
}

/* ---- vectors ---- */

START_TEST(the_reference_meets_rfc_3711_and_6188)
{
    struct media_srtp_keys k = {.suite = MEDIA_SRTP_AES_128_SHA1_80};
    uint8_t out[94], block[16], key[16];

    unhex(key, "2B7E151628AED2A6ABF7158809CF4F3C"); /* RFC 3711 B.2 */
    unhex(block, "F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000");
    memset(out, 0, sizeof out);
    aes_ctr(key, 16, block, out, 48);
    ck_hex(out, "E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB"
                "41E95B3BB0A2E8DD477901E4FCA894C0");
    unhex(k.key, "E1F97A0D3E018BE0D64FA32C06DE4139"); /* B.3 */
    unhex(k.salt, "0EC675AD498AFEEBB6960B3AABE6");
    derive(&k, 0, out, 16);
    ck_hex(out, "C61E7A93744F39EE10734AFE3FF7A087");
    derive(&k, 2, out, 14);
    ck_hex(out, "30CBBC08863D8C85D49DB34A9AE1");
    derive(&k, 1, out, 94);
    ck_hex(out, "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCE"
                "E049646C43D9327AD175578EF72270986371C10C9A369AC2F94A8C5FBCDDDC25"
                "6D6E919A48B610EF17C2041E474035766B68642C59BBFC2F34DB60DBDFB2");
    k.suite = MEDIA_SRTP_AES_256_SHA1_80; /* RFC 6188 7.2 */
    unhex(k.key, "f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6");
    unhex(k.salt, "3b04803de51ee7c96423ab5b78d2");
    derive(&k, 0, out, 32);
    ck_hex(out, "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4");
    derive(&k, 2, out, 14);
    ck_hex(out, "fa31791685ca444a9e07c6c64e93");
    derive(&k, 1, out, 20);
    ck_hex(out, "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05");
}
END_TEST

START_TEST(every_suite_gives_the_octets_of_the_reference)
{
    for (unsigned id = 0; id < MEDIA_SRTP_NSUITES; id++) {
        struct media_srtp *end[2];
        struct media_srtp_keys k = keys_of(id, 1);
        make_ends(end, id);
        /* Over the end of the sequence: the rollover counter becomes 1. */
        for (unsigned i = 0; i < 6; i++) {
            uint16_t seq = (uint16_t)(65533 + i);
            size_t m = reference(&k, clear, rtp(clear, seq, SSRC, 160), i >= 3);
            size_t n = sealed(end[0], seq, SSRC);
            ck_assert_uint_eq(n, m);
            ck_assert_mem_eq(pkt, clear, n);
            ck_assert_int_eq(media_srtp_open(end[1], pkt, &n), MEDIA_SRTP_OK);
            ck_assert_uint_eq(n, rtp(clear, seq, SSRC, 160));
            ck_assert_mem_eq(pkt, clear, n);
        }
        for (uint32_t i = 1; i < 4; i++) {
            size_t m = reference_rtcp(&k, clear, rtcp(clear, SSRC), i), n = rtcp(pkt, SSRC);
            ck_assert_int_eq(media_srtp_protect_rtcp(end[0], pkt, &n, sizeof pkt), MEDIA_SRTP_OK);
            ck_assert_uint_eq(n, m);
            ck_assert_mem_eq(pkt, clear, n);
            ck_assert_int_eq(media_srtp_open_rtcp(end[1], pkt, &n), MEDIA_SRTP_OK);
            ck_assert_uint_eq(n, rtcp(clear, SSRC));
            ck_assert_mem_eq(pkt, clear, n);
        }
        free_ends(end);
    }
}
END_TEST

START_TEST(key_identifiers_stand_where_they_belong)
{
    for (unsigned id = 0; id < MEDIA_SRTP_NSUITES; id++) {
        const struct media_srtp_suite *suite = &media_srtp_suites[id];
        struct media_srtp_keys k = keys_of(id, 1), other;
        struct media_srtp *a, *b;
        k.nmki = 4;
        memcpy(k.mki, "\0\0\4\x2a", 4);
        other = k;
        other.mki[3]++;
        ck_assert_int_eq(media_srtp_new(&a, &k, &k, SSRC), 0);
        ck_assert_int_eq(media_srtp_new(&b, &other, &other, SSRC), 0);
        size_t n = sealed(a, 1, SSRC), m = n;
        ck_assert_uint_eq(n, 172 + 4u + suite->tag);
        /* before the tag (RFC 3711 3.1); behind it with AEAD, whose tag is ciphertext */
        ck_assert_mem_eq(pkt + 172 + (suite->aead ? 16 : 0), k.mki, 4);
        ck_assert_int_eq(media_srtp_open(b, pkt, &m), MEDIA_SRTP_OTHER_KEY);
        ck_assert_int_eq(media_srtp_open(a, pkt, &n), MEDIA_SRTP_OK);
        ck_assert_uint_eq(n, rtp(clear, 1, SSRC, 160));
        ck_assert_mem_eq(pkt, clear, n);
        n = rtcp(pkt, SSRC);
        ck_assert_int_eq(media_srtp_protect_rtcp(a, pkt, &n, sizeof pkt), MEDIA_SRTP_OK);
        ck_assert_uint_eq(n, 20 + 4 + 4u + suite->rtcp_tag);
        ck_assert_mem_eq(pkt + 20 + (suite->aead ? 16 : 0) + 4, k.mki, 4);
        m = n;
        ck_assert_int_eq(media_srtp_open_rtcp(b, pkt, &m), MEDIA_SRTP_OTHER_KEY);
        ck_assert_int_eq(media_srtp_open_rtcp(a, pkt, &n), MEDIA_SRTP_OK);
        ck_assert_uint_eq(n, rtcp(clear, SSRC));
        ck_assert_mem_eq(pkt, clear, n);
        media_srtp_free(a);
        media_srtp_free(b);
    }
}
END_TEST

/* ---- what is refused ---- */

START_TEST(replays_are_told_from_late_ones)
{
    for (unsigned id = 0; id < MEDIA_SRTP_NSUITES; id++) {
        struct media_srtp *end[2];
        static uint8_t kept[300][256] __attribute__((aligned(8)));
        size_t len = 0;
        make_ends(end, id);
        for (unsigned i = 0; i < 300; i++) {
            len = sealed(end[0], (uint16_t)(1000 + i), SSRC);
            memcpy(kept[i], pkt, len);
        }
        size_t n = len;
        memcpy(pkt, kept[299], n);
        ck_assert_int_eq(media_srtp_open(end[1], pkt, &n), MEDIA_SRTP_OK);
        /* 127 before the newest is the last that the window of 128 knows. */
        static const struct {
            unsigned at;
            enum media_srtp_result want;
        } cases[] = {{299, MEDIA_SRTP_REPLAYED}, {298, MEDIA_SRTP_OK},   {298, MEDIA_SRTP_REPLAYED},
                     {172, MEDIA_SRTP_OK},       {170, MEDIA_SRTP_LATE}, {0, MEDIA_SRTP_LATE}};
        for (size_t i = 0; i < RT_COUNT(cases); i++) {
            n = len;
            memcpy(pkt, kept[cases[i].at], n);
            ck_assert_int_eq(media_srtp_open(end[1], pkt, &n), cases[i].want);
        }
        ck_assert_uint_eq(media_srtp_counts(end[1])[MEDIA_SRTP_REPLAYED], 2);
        ck_assert_uint_eq(media_srtp_counts(end[1])[MEDIA_SRTP_LATE], 2);
        ck_assert_uint_eq(media_srtp_counts(end[1])[MEDIA_SRTP_OK], 3);
        free_ends(end);
    }
}
END_TEST

START_TEST(every_octet_is_covered)
{
    for (unsigned id = 0; id < MEDIA_SRTP_NSUITES; id++) {
        struct media_srtp *end[2];
        make_ends(end, id);
        size_t len = sealed(end[0], 7, SSRC);
        memcpy(clear, pkt, len);
        for (size_t i = 0; i < len; i++) {
            size_t n = len;
            memcpy(pkt, clear, len);
            pkt[i] ^= 1;
            enum media_srtp_result r = media_srtp_open(end[1], pkt, &n);
            ck_assert_msg(r == MEDIA_SRTP_FORGED || (i == 0 && r == MEDIA_SRTP_MALFORMED),
                          "octet %zu: %s", i, media_srtp_words[r]);
            ck_assert_uint_eq(n, len);
        }
        memcpy(pkt, clear, len);
        ck_assert_int_eq(media_srtp_open(end[1], pkt, &len), MEDIA_SRTP_OK);
        free_ends(end);
    }
}
END_TEST

START_TEST(a_storm_of_sources_is_bounded)
{
    struct media_srtp *receiver, *sender;
    struct media_srtp_keys k = keys_of(MEDIA_SRTP_AES_128_SHA1_80, 1);
    size_t n;

    ck_assert_int_eq(media_srtp_new(&receiver, &k, &k, 1), 0);
    /* Forged sources take no place. */
    for (uint32_t i = 0; i < 1000; i++) {
        n = rtp(pkt, 1, 0x1000 + i, 170);
        ck_assert_int_eq(media_srtp_open(receiver, pkt, &n), MEDIA_SRTP_FORGED);
    }
    for (uint32_t i = 0; i < 100; i++) {
        ck_assert_int_eq(media_srtp_new(&sender, &k, &k, 100 + i), 0);
        n = sealed(sender, 1, 100 + i);
        ck_assert_int_eq(media_srtp_open(receiver, pkt, &n),
                         i < MEDIA_SRTP_SOURCES ? MEDIA_SRTP_OK : MEDIA_SRTP_STRANGE);
        media_srtp_free(sender);
    }
    ck_assert_uint_eq(media_srtp_counts(receiver)[MEDIA_SRTP_STRANGE], 100 - MEDIA_SRTP_SOURCES);
    /* Those that are in stay in. */
    ck_assert_int_eq(media_srtp_new(&sender, &k, &k, 100), 0);
    sealed(sender, 1, 100);
    n = sealed(sender, 2, 100);
    ck_assert_int_eq(media_srtp_open(receiver, pkt, &n), MEDIA_SRTP_OK);
    media_srtp_free(sender);
    media_srtp_free(receiver);
}
END_TEST

START_TEST(any_length_is_survived)
{
    for (unsigned id = 0; id < MEDIA_SRTP_NSUITES; id++) {
        struct media_srtp *end[2];
        make_ends(end, id);
        for (size_t len = 0; len <= 65536; len += len < 300 || len > 65500 ? 1 : 97) {
            static const uint8_t firsts[] = {0x80, 0x8f, 0x90, 0x9f, 0xbf, 0x40};
            for (size_t i = 0; i < RT_COUNT(firsts); i++) {
                size_t n = len;
                memset(pkt, (int)len & 0xff, len);
                pkt[0] = firsts[i];
                ck_assert_int_ne(media_srtp_open(end[0], pkt, &n), MEDIA_SRTP_OK);
                ck_assert_uint_eq(n, len);
                pkt[0] = firsts[i];
                ck_assert_int_ne(media_srtp_open_rtcp(end[0], pkt, &n), MEDIA_SRTP_OK);
            }
            size_t n = len;
            memset(pkt, 0, len);
            pkt[0] = 0x80;
            pkt[2] = (uint8_t)(len >> 8);
            pkt[3] = (uint8_t)len;
            put32(pkt + 8, SSRC);
            enum media_srtp_result r = media_srtp_protect(end[0], pkt, &n, sizeof pkt);
            ck_assert_int_eq(r == MEDIA_SRTP_MALFORMED, len < 12 || len > 65535);
            n = len;
            ck_assert_int_ne(media_srtp_protect(end[0], pkt, &n, len), MEDIA_SRTP_OK);
        }
        free_ends(end);
    }
}
END_TEST

/* ---- a change of keys ---- */

START_TEST(the_old_key_serves_until_the_new_one_is_used)
{
    for (unsigned id = 0; id < MEDIA_SRTP_NSUITES; id++) {
        struct media_srtp_keys k[3] = {keys_of(id, 1), keys_of(id, 2), keys_of(id, 3)};
        struct media_srtp *sender[2], *s[2];
        struct media_srtp_slot slot = {.now = NULL};
        rt_time now = 100 * RT_S;
        for (unsigned i = 0; i < 2; i++) {
            ck_assert_int_eq(media_srtp_new(&sender[i], &k[i], &k[2], SSRC), 0);
            ck_assert_int_eq(media_srtp_new(&s[i], &k[2], &k[i], 5), 0);
        }
        ck_assert(media_srtp_serves(s[0], &k[2], &k[0]) && !media_srtp_serves(s[0], &k[2], &k[1]));
        media_srtp_install(&slot, s[0], now);
        size_t n = sealed(sender[0], 1, SSRC);
        ck_assert_int_eq(media_srtp_slot_open(&slot, pkt, &n, false, now), MEDIA_SRTP_OK);
        media_srtp_install(&slot, s[1], now);
        ck_assert_ptr_null(media_srtp_retired(&slot, now));
        n = sealed(sender[0], 2, SSRC);
        ck_assert_int_eq(media_srtp_slot_open(&slot, pkt, &n, false, now), MEDIA_SRTP_OK);
        ck_assert_uint_eq(n, rtp(clear, 2, SSRC, 160));
        ck_assert_mem_eq(pkt, clear, n);
        ck_assert_uint_eq(media_srtp_counts(s[1])[MEDIA_SRTP_FORGED], 0);
        n = sealed(sender[1], 3, SSRC);
        ck_assert_int_eq(media_srtp_slot_open(&slot, pkt, &n, false, now), MEDIA_SRTP_OK);
        ck_assert_ptr_eq(media_srtp_retired(&slot, now), s[0]);
        ck_assert_ptr_null(media_srtp_retired(&slot, now));
        n = sealed(sender[0], 4, SSRC);
        ck_assert_int_eq(media_srtp_slot_open(&slot, pkt, &n, false, now), MEDIA_SRTP_FORGED);
        media_srtp_install(&slot, s[0], now); /* and back, without a packet: a second is enough */
        ck_assert_ptr_null(media_srtp_retired(&slot, now + RT_S - 1));
        n = sealed(sender[1], 5, SSRC);
        ck_assert_int_eq(media_srtp_slot_open(&slot, pkt, &n, false, now + RT_S),
                         MEDIA_SRTP_FORGED);
        ck_assert_ptr_eq(media_srtp_retired(&slot, now + RT_S), s[1]);
        media_srtp_install(&slot, NULL, now + RT_S);
        ck_assert_ptr_eq(media_srtp_retired(&slot, now + RT_S), s[0]);
        ck_assert_int_eq(media_srtp_slot_open(&slot, pkt, &n, false, now), MEDIA_SRTP_FAILED);
        for (unsigned i = 0; i < 2; i++) {
            media_srtp_free(sender[i]);
            media_srtp_free(s[i]);
        }
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("media_srtp");
    TCase *t = tcase_create("media_srtp");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, the_reference_meets_rfc_3711_and_6188);
    tcase_add_test(t, every_suite_gives_the_octets_of_the_reference);
    tcase_add_test(t, key_identifiers_stand_where_they_belong);
    tcase_add_test(t, replays_are_told_from_late_ones);
    tcase_add_test(t, every_octet_is_covered);
    tcase_add_test(t, a_storm_of_sources_is_bounded);
    tcase_add_test(t, any_length_is_survived);
    tcase_add_test(t, the_old_key_serves_until_the_new_one_is_used);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad != 0;
}
