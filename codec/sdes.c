/* Security descriptions: reading and writing a=crypto. */
#include "codec/sdes.h"

#include <errno.h>
#include <nettle/base64.h>

#define LIFETIME_MAX ((uint64_t)1 << 48)
/** Base64 of the longest key and salt, with padding. */
#define INLINE_MAX 64u

/** The next word of a line whose words are parted by blanks. */
static struct rt_str next_word(struct rt_str *s)
{
    *s = rt_str_trim(*s);
    size_t n = 0;
    while (n < s->n && !rt_is_blank(s->p[n]))
        n++;
    struct rt_str word = {s->p, n};
    s->p += n;
    s->n -= n;
    return word;
}

static bool starts(struct rt_str s, const char *z)
{
    return s.n >= strlen(z) && strncasecmp(s.p, z, strlen(z)) == 0;
}

static bool starts_exactly(struct rt_str s, const char *z)
{
    return s.n >= strlen(z) && memcmp(s.p, z, strlen(z)) == 0;
}

static struct rt_str after(struct rt_str s, size_t n)
{
    return (struct rt_str){s.p + n, s.n - n};
}

/** A decimal number without leading zeroes, at least 1. */
static int number(uint64_t *out, struct rt_str s, uint64_t max)
{
    if (s.n == 0 || s.p[0] == '0' || rt_str_u64(out, s, max) != 0)
        return EBADMSG;
    return 0;
}

/* ---- key parameters ---- */

static int read_key(struct media_srtp_keys *k, struct rt_str text)
{
    const struct media_srtp_suite *suite = &media_srtp_suites[k->suite];
    size_t want = suite->key + (size_t)suite->salt;
    uint8_t raw[BASE64_DECODE_LENGTH(INLINE_MAX)];
    struct base64_decode_ctx ctx;
    size_t n = sizeof raw;

    while (text.n > 0 && text.p[text.n - 1] == '=')
        text.n--;
    if (text.n > INLINE_MAX || text.n != (want * 8 + 5) / 6)
        return EBADMSG;
    base64_decode_init(&ctx);
    if (!base64_decode_update(&ctx, &n, raw, text.n, text.p) || n != want) {
        explicit_bzero(raw, sizeof raw);
        return EBADMSG;
    }
    memcpy(k->key, raw, suite->key);
    memcpy(k->salt, raw + suite->key, suite->salt);
    explicit_bzero(raw, sizeof raw);
    return 0;
}

static int read_lifetime(uint64_t *out, struct rt_str s)
{
    uint64_t power;

    if (!starts_exactly(s, "2^"))
        return number(out, s, LIFETIME_MAX);
    if (number(&power, after(s, 2), 48) != 0)
        return EBADMSG;
    *out = (uint64_t)1 << power;
    return 0;
}

/** "MKI:length": a decimal number put big endian into so many octets. */
static int read_mki(struct media_srtp_keys *k, struct rt_str s)
{
    struct rt_str value = rt_str_cut(&s, ':');
    uint64_t n, length;

    /* Identifiers of more than 64 bits would need long arithmetic; nobody numbers keys so far. */
    if (number(&n, value, UINT64_MAX) != 0 || number(&length, s, MEDIA_SRTP_MKI_MAX) != 0 ||
        (length < 8 && n >> (8 * length) != 0))
        return EBADMSG;
    k->nmki = (uint8_t)length;
    memset(k->mki, 0, sizeof k->mki);
    for (size_t i = 0; i < length && i < 8; i++)
        k->mki[length - 1 - i] = (uint8_t)(n >> (8 * i));
    return 0;
}

static int read_params(struct sdes_line *l, struct rt_str s)
{
    if (!starts(s, "inline:") || memchr(s.p, ';', s.n))
        return ENOTSUP; /* another key method, or several keys */
    s = after(s, strlen("inline:"));
    int err = read_key(&l->keys, rt_str_cut(&s, '|'));
    if (err != 0 || s.n == 0)
        return err;
    struct rt_str second = rt_str_cut(&s, '|');
    if (memchr(second.p, ':', second.n)) /* the lifetime was left out */
        return s.n > 0 ? EBADMSG : read_mki(&l->keys, second);
    err = read_lifetime(&l->lifetime, second);
    if (err == 0 && s.n > 0)
        err = read_mki(&l->keys, s);
    return err;
}

/* ---- session parameters ---- */

/** Parameters that change nothing for us: error correction of its own (we neither send nor take
 * it), and a hint for the replay window, of which ours is twice the least. All others known today
 * would weaken the stream or want new keys in the middle of it: the line is refused. */
static int read_session(struct rt_str s)
{
    static const char *const harmless[] = {"FEC_ORDER=", "FEC_KEY=", "WSH="};
    struct rt_str word;

    while ((word = next_word(&s)).n > 0) {
        bool fine = word.p[0] == '-'; /* optional extensions (RFC 4568 6.3.7) */
        for (size_t i = 0; i < RT_COUNT(harmless); i++)
            fine |= starts(word, harmless[i]);
        if (!fine)
            return ENOTSUP;
    }
    return 0;
}

int sdes_parse(struct sdes_line *out, struct rt_str value)
{
    struct rt_str tag = next_word(&value), suite = next_word(&value), params = next_word(&value);
    uint64_t n;

    memset(out, 0, sizeof *out);
    if (tag.n > 9 || rt_str_u64(&n, tag, 999999999) != 0 || suite.n == 0 || params.n == 0)
        return EBADMSG;
    if (tag.p[0] == '0' && tag.n > 1)
        return EBADMSG;
    out->tag = (uint32_t)n;
    const struct media_srtp_suite *found = media_srtp_by_name(suite);
    if (!found)
        return ENOTSUP;
    out->keys.suite = media_srtp_id(found);
    int err = read_params(out, params);
    return err != 0 ? err : read_session(value);
}

/* ---- offer and answer ---- */

void sdes_make(struct sdes_line *out, uint32_t tag, enum media_srtp_suite_id suite,
               const uint8_t random[SDES_RANDOM])
{
    memset(out, 0, sizeof *out);
    out->tag = tag;
    out->keys.suite = suite;
    memcpy(out->keys.key, random, media_srtp_suites[suite].key);
    memcpy(out->keys.salt, random + MEDIA_SRTP_KEY_MAX, media_srtp_suites[suite].salt);
}

static void write_mki(struct rt_buf *out, const struct media_srtp_keys *k)
{
    uint64_t n = 0;

    for (size_t i = 0; i < k->nmki; i++)
        n = n << 8 | k->mki[i];
    rt_buf_puts(out, "|");
    rt_buf_put_u64(out, n);
    rt_buf_puts(out, ":");
    rt_buf_put_u64(out, k->nmki);
}

void sdes_write(struct rt_buf *out, const struct sdes_line *line)
{
    const struct media_srtp_suite *suite = &media_srtp_suites[line->keys.suite];
    uint8_t raw[SDES_RANDOM];
    char text[BASE64_ENCODE_RAW_LENGTH(SDES_RANDOM)];
    size_t n = suite->key + (size_t)suite->salt;

    memcpy(raw, line->keys.key, suite->key);
    memcpy(raw + suite->key, line->keys.salt, suite->salt);
    base64_encode_raw(text, n, raw);
    rt_buf_puts(out, "a=crypto:");
    rt_buf_put_u64(out, line->tag);
    rt_buf_puts(out, " ");
    rt_buf_puts(out, suite->name);
    rt_buf_puts(out, " inline:");
    rt_buf_put(out, text, BASE64_ENCODE_RAW_LENGTH(n));
    uint64_t life = line->lifetime;
    if (life > 1 && (life & (life - 1)) == 0)
        rt_buf_printf(out, "|2^%d", __builtin_ctzll(life));
    else if (life > 0)
        rt_buf_printf(out, "|%llu", (unsigned long long)life);
    if (line->keys.nmki > 0)
        write_mki(out, &line->keys);
    rt_buf_puts(out, "\r\n");
    explicit_bzero(raw, sizeof raw);
    explicit_bzero(text, sizeof text);
}
