/* CPU time of secure RTP for packets of 172 octets (20 ms of G.711), suite by suite: our call, and
 * beside it libsrtp2's own; and how often each packet makes the library ask for memory.
 *
 * usage: bench_srtp          CPU time of the thread, the least of several runs, in ns a packet
 */
#include "codec/srtp.h"

#include <srtp2/srtp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PACKETS 10000u
#define RUNS    7u
#define LEN     172u
#define ROOM    256u
#define SSRC    0x1234u

static unsigned long allocations;

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t each);
void *malloc(size_t n);
void *calloc(size_t n, size_t each);

void *malloc(size_t n)
{
    allocations++;
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t each)
{
    allocations++;
    return __libc_calloc(n, each);
}

static uint8_t packets[PACKETS][ROOM] __attribute__((aligned(64)));
static size_t lengths[PACKETS];

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void fill(void)
{
    for (unsigned i = 0; i < PACKETS; i++) {
        memset(packets[i], (int)i & 0xff, LEN);
        memcpy(packets[i], (const uint8_t[]){0x80, 8, (uint8_t)(i >> 8), (uint8_t)i}, 4);
        memcpy(packets[i] + 8, (const uint8_t[]){0, 0, SSRC >> 8, SSRC & 0xff}, 4);
        lengths[i] = LEN;
    }
}

static struct media_srtp_keys keys_of(unsigned suite)
{
    struct media_srtp_keys k = {.suite = suite};

    memset(k.key, 0x5a, sizeof k.key);
    memset(k.salt, 0xa5, sizeof k.salt);
    return k;
}

/** What one suite costs, one way. */
struct cost {
    double protect, open, protect_allocations, open_allocations;
};

static void keep_least(double *least, double v)
{
    if (*least == 0 || v < *least)
        *least = v;
}

static void run_ours(struct cost *c, unsigned suite)
{
    struct media_srtp_keys k = keys_of(suite);
    struct media_srtp *s;
    unsigned bad = 0;

    if (media_srtp_new(&s, &k, &k, SSRC) != 0)
        exit(1);
    fill();
    unsigned long began = allocations;
    double t0 = cpu_ns();
    for (unsigned i = 0; i < PACKETS; i++)
        bad += media_srtp_protect(s, packets[i], &lengths[i], ROOM) != MEDIA_SRTP_OK;
    double t1 = cpu_ns();
    c->protect_allocations = (double)(allocations - began) / PACKETS;
    began = allocations;
    for (unsigned i = 0; i < PACKETS; i++)
        bad += media_srtp_open(s, packets[i], &lengths[i]) != MEDIA_SRTP_OK;
    keep_least(&c->open, (cpu_ns() - t1) / PACKETS);
    keep_least(&c->protect, (t1 - t0) / PACKETS);
    c->open_allocations = (double)(allocations - began) / PACKETS;
    media_srtp_free(s);
    if (bad)
        exit(1);
}

static void run_bare(struct cost *c, unsigned suite)
{
    static void (*const policies[])(srtp_crypto_policy_t *) = {
        srtp_crypto_policy_set_rtp_default,
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32,
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
        srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
        srtp_crypto_policy_set_aes_gcm_128_16_auth,
        srtp_crypto_policy_set_aes_gcm_256_16_auth};
    uint8_t key[46];
    srtp_policy_t policy = {.ssrc = {ssrc_specific, SSRC}, .key = key, .window_size = 128};
    srtp_t tx, rx;
    unsigned bad = 0;
    int len;

    memset(key, 0x5a, sizeof key);
    policies[suite](&policy.rtp);
    policies[suite](&policy.rtcp);
    if (srtp_create(&tx, &policy) || srtp_create(&rx, &policy))
        exit(1);
    fill();
    double t0 = cpu_ns();
    for (unsigned i = 0; i < PACKETS; i++) {
        len = LEN;
        bad += srtp_protect(tx, packets[i], &len) != srtp_err_status_ok;
        lengths[i] = (size_t)len;
    }
    double t1 = cpu_ns();
    for (unsigned i = 0; i < PACKETS; i++) {
        len = (int)lengths[i];
        bad += srtp_unprotect(rx, packets[i], &len) != srtp_err_status_ok;
    }
    keep_least(&c->open, (cpu_ns() - t1) / PACKETS);
    keep_least(&c->protect, (t1 - t0) / PACKETS);
    srtp_dealloc(tx);
    srtp_dealloc(rx);
    if (bad)
        exit(1);
}

int main(void)
{
    printf("%-24s %9s %9s %9s %9s   %s\n", "ns a packet of 172", "protect", "bare", "open", "bare",
           "allocations a packet");
    for (unsigned suite = 0; suite < MEDIA_SRTP_NSUITES; suite++) {
        struct cost ours = {0}, bare = {0};
        for (unsigned i = 0; i < RUNS; i++) {
            run_ours(&ours, suite);
            srtp_init(); /* says no when our objects did it */
            run_bare(&bare, suite);
        }
        printf("%-24s %9.0f %9.0f %9.0f %9.0f   %.1f %.1f\n", media_srtp_suites[suite].name,
               ours.protect, bare.protect, ours.open, bare.open, ours.protect_allocations,
               ours.open_allocations);
    }
    return 0;
}
