/* Secure RTP over libsrtp2. */
#include "codec/srtp.h"

#include <errno.h>
#include <pthread.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <utlist.h>

#define WINDOW 128u
/** The longest packet that is tried with two keys: AEAD destroys what it cannot open. */
#define SCRATCH 2048u

const struct media_srtp_suite media_srtp_suites[MEDIA_SRTP_NSUITES] = {
    [MEDIA_SRTP_AES_128_SHA1_80] = {"AES_CM_128_HMAC_SHA1_80", 16, 14, 10, 10, false, 0x0001},
    [MEDIA_SRTP_AES_128_SHA1_32] = {"AES_CM_128_HMAC_SHA1_32", 16, 14, 4, 10, false, 0x0002},
    [MEDIA_SRTP_AES_256_SHA1_80] = {"AES_256_CM_HMAC_SHA1_80", 32, 14, 10, 10, false, 0},
    [MEDIA_SRTP_AES_256_SHA1_32] = {"AES_256_CM_HMAC_SHA1_32", 32, 14, 4, 10, false, 0},
    [MEDIA_SRTP_GCM_128] = {"AEAD_AES_128_GCM", 16, 12, 16, 16, true, 0x0007},
    [MEDIA_SRTP_GCM_256] = {"AEAD_AES_256_GCM", 32, 12, 16, 16, true, 0x0008},
};

/** How libsrtp2 is told of a suite; SRTCP has the long tag in all of them (RFC 4568 6.2). */
static const struct {
    void (*rtp)(srtp_crypto_policy_t *);
    void (*rtcp)(srtp_crypto_policy_t *);
} policies[MEDIA_SRTP_NSUITES] = {
    {srtp_crypto_policy_set_rtp_default, srtp_crypto_policy_set_rtcp_default},
    {srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32, srtp_crypto_policy_set_rtcp_default},
    {srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
     srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80},
    {srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
     srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80},
    {srtp_crypto_policy_set_aes_gcm_128_16_auth, srtp_crypto_policy_set_aes_gcm_128_16_auth},
    {srtp_crypto_policy_set_aes_gcm_256_16_auth, srtp_crypto_policy_set_aes_gcm_256_16_auth},
};

const char *const media_srtp_words[MEDIA_SRTP_NRESULTS] = {
    [MEDIA_SRTP_OK] = "ok",
    [MEDIA_SRTP_MALFORMED] = "malformed",
    [MEDIA_SRTP_FORGED] = "forged",
    [MEDIA_SRTP_REPLAYED] = "replayed",
    [MEDIA_SRTP_LATE] = "late",
    [MEDIA_SRTP_STRANGE] = "strange",
    [MEDIA_SRTP_OTHER_KEY] = "other key",
    [MEDIA_SRTP_EXPIRED] = "expired",
    [MEDIA_SRTP_NO_ROOM] = "no room",
    [MEDIA_SRTP_FAILED] = "failed",
};

struct media_srtp {
    srtp_t tx, rx;
    struct media_srtp_keys tx_keys, rx_keys;
    uint32_t source[MEDIA_SRTP_SOURCES]; /**< of the far end, as in the packet */
    unsigned nsources;
    uint32_t ssrc; /**< ours */
    uint64_t count[MEDIA_SRTP_NRESULTS];
    struct media_srtp *next; /**< when retired */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool ready;

static void start_library(void)
{
    ready = srtp_init() == srtp_err_status_ok;
}

const struct media_srtp_suite *media_srtp_by_name(struct rt_str name)
{
    for (size_t i = 0; i < MEDIA_SRTP_NSUITES; i++)
        if (rt_str_eq(name, media_srtp_suites[i].name))
            return &media_srtp_suites[i];
    return NULL;
}

bool media_srtp_keys_equal(const struct media_srtp_keys *a, const struct media_srtp_keys *b)
{
    const struct media_srtp_suite *s = &media_srtp_suites[a->suite];

    return a->suite == b->suite && memcmp(a->key, b->key, s->key) == 0 &&
           memcmp(a->salt, b->salt, s->salt) == 0 && a->nmki == b->nmki &&
           memcmp(a->mki, b->mki, a->nmki) == 0;
}

static int make_session(srtp_t *out, const struct media_srtp_keys *k, srtp_ssrc_type_t type,
                        uint32_t ssrc)
{
    const struct media_srtp_suite *suite = &media_srtp_suites[k->suite];
    uint8_t both[MEDIA_SRTP_KEY_MAX + MEDIA_SRTP_SALT_MAX], mki[MEDIA_SRTP_MKI_MAX];
    srtp_master_key_t master = {both, k->nmki ? mki : NULL, k->nmki};
    srtp_master_key_t *list[] = {&master};
    srtp_policy_t policy = {.ssrc = {type, ssrc}, .window_size = WINDOW};

    memcpy(both, k->key, suite->key);
    memcpy(both + suite->key, k->salt, suite->salt);
    memcpy(mki, k->mki, sizeof mki);
    policies[k->suite].rtp(&policy.rtp);
    policies[k->suite].rtcp(&policy.rtcp);
    policy.keys = list;
    policy.num_master_keys = 1;
    srtp_err_status_t rc = srtp_create(out, &policy);
    explicit_bzero(both, sizeof both);
    return rc == srtp_err_status_ok ? 0 : rc == srtp_err_status_alloc_fail ? ENOMEM : ENOTSUP;
}

int media_srtp_new(struct media_srtp **out, const struct media_srtp_keys *tx,
                   const struct media_srtp_keys *rx, uint32_t ssrc)
{
    pthread_once(&once, start_library);
    if (!ready)
        return ENOTSUP;
    struct media_srtp *s = calloc(1, sizeof *s);
    if (!s)
        return ENOMEM;
    s->tx_keys = *tx;
    s->rx_keys = *rx;
    s->ssrc = ssrc;
    int err = make_session(&s->tx, tx, ssrc_specific, ssrc);
    if (err == 0)
        err = make_session(&s->rx, rx, ssrc_any_inbound, 0);
    if (err != 0) {
        media_srtp_free(s);
        return err;
    }
    *out = s;
    return 0;
}

void media_srtp_free(struct media_srtp *s)
{
    if (!s)
        return;
    if (s->tx)
        srtp_dealloc(s->tx);
    if (s->rx)
        srtp_dealloc(s->rx);
    explicit_bzero(s, sizeof *s);
    free(s);
}

bool media_srtp_serves(const struct media_srtp *s, const struct media_srtp_keys *tx,
                       const struct media_srtp_keys *rx)
{
    return media_srtp_keys_equal(&s->tx_keys, tx) && media_srtp_keys_equal(&s->rx_keys, rx);
}

const uint64_t *media_srtp_counts(const struct media_srtp *s)
{
    return s->count;
}

/* ---- packets ---- */

static enum media_srtp_result result_of(srtp_err_status_t rc)
{
    static const uint8_t results[] = {
        [srtp_err_status_ok] = MEDIA_SRTP_OK,
        [srtp_err_status_bad_param] = MEDIA_SRTP_MALFORMED,
        [srtp_err_status_parse_err] = MEDIA_SRTP_MALFORMED,
        [srtp_err_status_cant_check] = MEDIA_SRTP_MALFORMED, /* SRTCP that is not encrypted */
        [srtp_err_status_auth_fail] = MEDIA_SRTP_FORGED,
        [srtp_err_status_cipher_fail] = MEDIA_SRTP_FORGED, /* AEAD's word for a wrong tag */
        [srtp_err_status_replay_fail] = MEDIA_SRTP_REPLAYED,
        [srtp_err_status_replay_old] = MEDIA_SRTP_LATE,
        [srtp_err_status_pkt_idx_old] = MEDIA_SRTP_LATE,
        [srtp_err_status_key_expired] = MEDIA_SRTP_EXPIRED,
        [srtp_err_status_bad_mki] = MEDIA_SRTP_OTHER_KEY,
        [srtp_err_status_no_ctx] = MEDIA_SRTP_STRANGE,
        [srtp_err_status_pkt_idx_adv] = MEDIA_SRTP_FAILED,
    };
    if (rc == srtp_err_status_ok)
        return MEDIA_SRTP_OK;
    if ((size_t)rc < sizeof results && results[rc] != MEDIA_SRTP_OK)
        return results[rc];
    return MEDIA_SRTP_FAILED;
}

static enum media_srtp_result counted(struct media_srtp *s, enum media_srtp_result r)
{
    s->count[r]++;
    return r;
}

/** Octets of an RTP header with its sources and extension; 0: it does not fit. */
static size_t rtp_header(const uint8_t *p, size_t n)
{
    if (n < 12 || p[0] >> 6 != 2)
        return 0;
    size_t len = 12 + 4u * (p[0] & 15u);
    if (p[0] & 0x10) {
        if (n < len + 4)
            return 0;
        len += 4 + 4u * (unsigned)(p[len + 2] << 8 | p[len + 3]);
    }
    return len <= n ? len : 0;
}

static bool rtcp_header(const uint8_t *p, size_t n)
{
    return n >= 8 && p[0] >> 6 == 2;
}

enum media_srtp_result media_srtp_protect(struct media_srtp *s, void *p, size_t *n, size_t cap)
{
    const struct media_srtp_keys *k = &s->tx_keys;

    if (*n > UINT16_MAX || rtp_header(p, *n) == 0)
        return counted(s, MEDIA_SRTP_MALFORMED);
    if (cap < *n + media_srtp_suites[k->suite].tag + k->nmki)
        return counted(s, MEDIA_SRTP_NO_ROOM);
    int len = (int)*n;
    srtp_err_status_t rc = srtp_protect_mki(s->tx, p, &len, k->nmki > 0, 0);
    if (rc == srtp_err_status_ok)
        *n = (size_t)len;
    return counted(s, result_of(rc));
}

enum media_srtp_result media_srtp_protect_rtcp(struct media_srtp *s, void *p, size_t *n, size_t cap)
{
    const struct media_srtp_keys *k = &s->tx_keys;

    if (*n > UINT16_MAX || !rtcp_header(p, *n))
        return counted(s, MEDIA_SRTP_MALFORMED);
    if (cap < *n + 4 + media_srtp_suites[k->suite].rtcp_tag + k->nmki)
        return counted(s, MEDIA_SRTP_NO_ROOM);
    int len = (int)*n;
    srtp_err_status_t rc = srtp_protect_rtcp_mki(s->tx, p, &len, k->nmki > 0, 0);
    if (rc == srtp_err_status_ok)
        *n = (size_t)len;
    return counted(s, result_of(rc));
}

static bool known_source(const struct media_srtp *s, uint32_t source)
{
    for (unsigned i = 0; i < s->nsources; i++)
        if (s->source[i] == source)
            return true;
    return false;
}

/** Opens, and keeps count of the sources that libsrtp2 has a context for. A context is made only
 * for an authentic packet, and never given up: with it would go its memory of what came before. */
static enum media_srtp_result open_packet(struct media_srtp *s, uint8_t *p, size_t *n,
                                          size_t source_at,
                                          srtp_err_status_t (*open)(srtp_t, void *, int *,
                                                                    unsigned))
{
    uint32_t source;

    memcpy(&source, p + source_at, sizeof source);
    bool known = known_source(s, source);
    if (!known && s->nsources == MEDIA_SRTP_SOURCES)
        return MEDIA_SRTP_STRANGE;
    int len = (int)*n;
    srtp_err_status_t rc = open(s->rx, p, &len, s->rx_keys.nmki > 0);
    if (rc != srtp_err_status_ok)
        return result_of(rc);
    if (!known)
        s->source[s->nsources++] = source;
    *n = (size_t)len;
    return MEDIA_SRTP_OK;
}

enum media_srtp_result media_srtp_open(struct media_srtp *s, void *p, size_t *n)
{
    size_t header = *n <= UINT16_MAX ? rtp_header(p, *n) : 0;

    if (header == 0 || *n < header + media_srtp_suites[s->rx_keys.suite].tag + s->rx_keys.nmki)
        return counted(s, MEDIA_SRTP_MALFORMED);
    return counted(s, open_packet(s, p, n, 8, srtp_unprotect_mki));
}

/** srtp_unprotect_rtcp(), which ignores key identifiers, in the shape of the others. */
static srtp_err_status_t open_rtcp_plain(srtp_t ctx, void *p, int *n, unsigned use_mki)
{
    (void)use_mki;
    return srtp_unprotect_rtcp(ctx, p, n);
}

/** libsrtp2 2.5 looks for SRTCP's key identifier before a tag of SRTP's length, and so never finds
 * it with the suites whose SRTP tag is short: it is taken out here, where it is right. */
static enum media_srtp_result open_rtcp_short_tag(struct media_srtp *s, uint8_t *p, size_t *n)
{
    size_t tag = media_srtp_suites[s->rx_keys.suite].rtcp_tag, nmki = s->rx_keys.nmki;
    size_t len = *n - nmki;

    if (memcmp(p + len - tag, s->rx_keys.mki, nmki) != 0)
        return MEDIA_SRTP_OTHER_KEY;
    memmove(p + len - tag, p + *n - tag, tag);
    enum media_srtp_result r = open_packet(s, p, &len, 4, open_rtcp_plain);
    if (r == MEDIA_SRTP_OK)
        *n = len;
    return r;
}

enum media_srtp_result media_srtp_open_rtcp(struct media_srtp *s, void *p, size_t *n)
{
    const struct media_srtp_suite *suite = &media_srtp_suites[s->rx_keys.suite];
    size_t trailer = 4u + suite->rtcp_tag + s->rx_keys.nmki;

    if (*n > UINT16_MAX || !rtcp_header(p, *n) || *n < 8 + trailer)
        return counted(s, MEDIA_SRTP_MALFORMED);
    if (s->rx_keys.nmki > 0 && suite->tag != suite->rtcp_tag)
        return counted(s, open_rtcp_short_tag(s, p, n));
    return counted(s, open_packet(s, p, n, 4, srtp_unprotect_rtcp_mki));
}

/* ---- a change of keys ---- */

static void retire(struct media_srtp_slot *slot, struct media_srtp **s)
{
    if (*s)
        LL_PREPEND(slot->done, *s);
    *s = NULL;
}

/** A direction whose key stays goes on where it was: its packets are counted further, and none is
 * accepted, or numbered, twice under one key. True: what is received has the same key. */
static bool inherit(struct media_srtp *s, struct media_srtp *old)
{
    bool rx = media_srtp_keys_equal(&s->rx_keys, &old->rx_keys);
    srtp_t swap;

    if (media_srtp_keys_equal(&s->tx_keys, &old->tx_keys) && s->ssrc == old->ssrc) {
        swap = s->tx;
        s->tx = old->tx;
        old->tx = swap;
    }
    if (!rx)
        return false;
    swap = s->rx;
    s->rx = old->rx;
    old->rx = swap;
    memcpy(s->source, old->source, sizeof s->source);
    s->nsources = old->nsources;
    return true;
}

void media_srtp_install(struct media_srtp_slot *slot, struct media_srtp *s, rt_time now)
{
    bool over = true;

    retire(slot, &slot->before);
    if (s && slot->now)
        over = inherit(s, slot->now);
    slot->before = slot->now;
    slot->now = s;
    slot->until = now + MEDIA_SRTP_OVERLAP;
    if (over)
        retire(slot, &slot->before);
}

struct media_srtp *media_srtp_retired(struct media_srtp_slot *slot, rt_time now)
{
    if (slot->before && now >= slot->until)
        retire(slot, &slot->before);
    struct media_srtp *out = slot->done;
    if (out)
        LL_DELETE(slot->done, out);
    return out;
}

static enum media_srtp_result open_one(struct media_srtp *s, void *p, size_t *n, bool rtcp)
{
    return rtcp ? media_srtp_open_rtcp(s, p, n) : media_srtp_open(s, p, n);
}

enum media_srtp_result media_srtp_slot_open(struct media_srtp_slot *slot, void *p, size_t *n,
                                            bool rtcp, rt_time now)
{
    if (!slot->now)
        return MEDIA_SRTP_FAILED;
    if (!slot->before || now >= slot->until)
        return open_one(slot->now, p, n, rtcp);
    uint8_t copy[SCRATCH] __attribute__((aligned(4)));
    size_t len = *n;
    if (len <= sizeof copy)
        memcpy(copy, p, len);
    enum media_srtp_result r = open_one(slot->now, p, n, rtcp);
    if (r == MEDIA_SRTP_OK) {
        retire(slot, &slot->before);
        return r;
    }
    if (len > sizeof copy || open_one(slot->before, copy, &len, rtcp) != MEDIA_SRTP_OK)
        return r;
    slot->now->count[r]--; /* it was no failure */
    memcpy(p, copy, len);
    *n = len;
    return MEDIA_SRTP_OK;
}
