/* dtlspeer: one side of a DTLS-SRTP handshake over a UDP socket, for tests against other people's
 * implementations.
 *
 *   dtlspeer active|passive LOCAL REMOTE|- FINGERPRINT [CERT KEY]
 *
 * LOCAL and REMOTE are HOST:PORT; the passive side takes whoever comes first. FINGERPRINT is the
 * far end's, as in SDP. Without files it makes its own certificate, and says its fingerprint in its
 * first line; the last line is JSON with the state, the suite and both keys and salts. Stays for a
 * second after the handshake, to send its last flight again if that was lost.
 */
#include "codec/demux.h"
#include "codec/dtls.h"
#include "gw/rt/net.h"

#include <stdio.h>
#include <stdlib.h>

struct peer {
    struct rt_loop *loop;
    struct rt_udp *udp;
    struct rt_timer timer, end;
    struct dtls *dtls;
    union rt_addr far;
};

static void on_end(void *arg)
{
    struct peer *p = arg;

    rt_loop_stop(p->loop);
}

/** After every call: sends what there is and sets the clock. */
static void go_on(struct peer *p)
{
    uint8_t out[DTLS_MTU];
    size_t n;
    rt_time next = dtls_next(p->dtls);

    while ((n = dtls_output(p->dtls, out)) > 0)
        rt_udp_send(p->udp, out, n, &p->far);
    rt_timer_stop(&p->timer);
    if (next != INT64_MAX)
        rt_timer_start_at(&p->timer, next);
    if (dtls_state(p->dtls) > DTLS_UNVERIFIED && !rt_timer_running(&p->end))
        rt_timer_start(&p->end, RT_S);
}

static void on_timer(void *arg)
{
    struct peer *p = arg;

    dtls_timeout(p->dtls, rt_now());
    go_on(p);
}

static void on_datagram(void *arg, struct rt_udp *u)
{
    struct peer *p = arg;
    uint8_t data[2048];
    union rt_addr from;
    size_t n;

    while (rt_udp_recv(u, data, sizeof data, &n, &from) == 0) {
        if (n > sizeof data || demux_kind(data, n) != DEMUX_DTLS)
            continue;
        if (p->far.sa.sa_family == 0)
            p->far = from;
        if (!rt_addr_equal(&p->far, &from))
            continue;
        dtls_input(p->dtls, data, n, rt_now());
        go_on(p);
    }
}

static void print_keys(const char *name, const struct media_srtp_keys *k)
{
    const struct media_srtp_suite *s = &media_srtp_suites[k->suite];

    printf(", \"%s_key\": \"", name);
    for (unsigned i = 0; i < s->key; i++)
        printf("%02X", k->key[i]);
    printf("\", \"%s_salt\": \"", name);
    for (unsigned i = 0; i < s->salt; i++)
        printf("%02X", k->salt[i]);
    printf("\"");
}

static void report(const struct peer *p, const struct media_srtp_keys *tx,
                   const struct media_srtp_keys *rx, bool up)
{
    printf("{\"up\": %s, \"failure\": \"%s\"", up ? "true" : "false", dtls_failure(p->dtls));
    if (up) {
        printf(", \"suite\": \"%s\"", media_srtp_suites[tx->suite].name);
        print_keys("tx", tx);
        print_keys("rx", rx);
    }
    printf("}\n");
}

static int set_up(struct peer *p, char **argv, bool files)
{
    static struct dtls_identity *id;
    struct dtls_fingerprint print;
    struct rt_buf why = {0};
    union rt_addr local;
    const char *remote = argv[3];

    int err = files ? dtls_identity_load(&id, argv[5], argv[6], &why) : dtls_identity_new(&id);
    if (err != 0 || dtls_fingerprint_parse(&print, rt_str(argv[4])) != 0 ||
        rt_addr_parse(&local, argv[2], strlen(argv[2]), 0) != 0 ||
        (strcmp(remote, "-") != 0 && rt_addr_parse(&p->far, remote, strlen(remote), 0) != 0)) {
        fprintf(stderr, "dtlspeer: %s\n", why.n > 0 ? why.p : "bad argument");
        return EXIT_FAILURE;
    }
    struct dtls_config c = {
        .identity = id, .active = strcmp(argv[1], "active") == 0, .suites = MEDIA_SRTP_ALL};
    if (rt_loop_new(&p->loop, "dtlspeer") != 0 || dtls_new(&p->dtls, &c) != 0 ||
        rt_udp_open(&p->udp, p->loop, &local, on_datagram, p) != 0) {
        fprintf(stderr, "dtlspeer: cannot start\n");
        return EXIT_FAILURE;
    }
    dtls_set_fingerprints(p->dtls, &print, 1);
    printf("%s\n", dtls_identity_fingerprint(id));
    fflush(stdout);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct peer p = {.loop = NULL};
    struct media_srtp_keys tx, rx;

    if (argc != 5 && argc != 7) {
        fprintf(stderr, "usage: dtlspeer active|passive LOCAL REMOTE|- FINGERPRINT [CERT KEY]\n");
        return 2;
    }
    if (set_up(&p, argv, argc == 7) != EXIT_SUCCESS)
        return EXIT_FAILURE;
    rt_timer_init(&p.timer, p.loop, on_timer, &p);
    rt_timer_init(&p.end, p.loop, on_end, &p);
    dtls_start(p.dtls, rt_now());
    go_on(&p);
    rt_loop_run(p.loop);
    bool up = dtls_keys(p.dtls, &tx, &rx) == 0;
    report(&p, &tx, &rx, up);
    dtls_close(p.dtls);
    go_on(&p);
    rt_udp_close(p.udp);
    dtls_free(p.dtls);
    return up ? EXIT_SUCCESS : EXIT_FAILURE;
}
