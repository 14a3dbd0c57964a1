/* A flood: datagrams at a fixed rate, from one address or from thousands, whatever the far end
 * makes of them.
 *
 * usage: bench_flood kind=garbage|options|invite server=HOST:PORT from=A.B.C.D [port=N] [sources=N]
 *                    rate=N seconds=N [size=N]
 *
 * All addresses of 127/8 are this machine's, so each datagram may say from which of them it comes
 * (IP_PKTINFO); `sources` of them are used one after the other. `garbage` is noise of `size`
 * octets; of requests each has its own Call-ID and branch. What is late by more than a moment is
 * not sent any more: a flood that was held up does not become a burst. One line of JSON at the end.
 */
#include "gw/rt/net.h"
#include "gw/rt/buf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BATCH   64
#define LONGEST 2000
#define LATE_MS 20

union control {
    char room[CMSG_SPACE(sizeof(struct in_pktinfo))];
    struct cmsghdr align;
};

static struct {
    const char *kind;
    union rt_addr server, from;
    unsigned port, sources, size;
    double rate, seconds;
} cfg = {.kind = "garbage", .port = 15999, .sources = 1, .size = 400};

static struct mmsghdr out[BATCH];
static struct iovec part[BATCH];
static union control control[BATCH];
static char text[BATCH][LONGEST];
static uint64_t sent, refused, skipped, answered, positive, sequence;

static double seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/** The address of the n-th source, host order. */
static uint32_t source(uint64_t n)
{
    return ntohl(cfg.from.in4.sin_addr.s_addr) + (uint32_t)(n % cfg.sources);
}

static size_t write_request(char *at, const char *method, uint64_t n)
{
    struct in_addr a = {htonl(source(n))};
    char host[INET_ADDRSTRLEN];

    inet_ntop(AF_INET, &a, host, sizeof host);
    return (size_t)snprintf(
        at, LONGEST,
        "%s sip:+4930123456@127.0.0.1 SIP/2.0\r\n"
        "Via: SIP/2.0/UDP %s:%u;branch=z9hG4bKf%llu;rport\r\nMax-Forwards: 70\r\n"
        "From: <sip:flood@%s>;tag=t%llu\r\nTo: <sip:+4930123456@127.0.0.1>\r\n"
        "Call-ID: %llu-%u@%s\r\nCSeq: 1 %s\r\nContact: <sip:flood@%s:%u>\r\n"
        "User-Agent: flood\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n",
        method, host, cfg.port, (unsigned long long)n, host, (unsigned long long)n,
        (unsigned long long)n, cfg.port, host, method, host, cfg.port);
}

static void fill(unsigned i)
{
    uint64_t n = sequence++;
    struct cmsghdr *c = CMSG_FIRSTHDR(&out[i].msg_hdr);
    struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(source(n))};

    memcpy(CMSG_DATA(c), &info, sizeof info);
    if (strcmp(cfg.kind, "options") == 0)
        part[i].iov_len = write_request(text[i], "OPTIONS", n);
    else if (strcmp(cfg.kind, "invite") == 0)
        part[i].iov_len = write_request(text[i], "INVITE", n);
    else
        memcpy(text[i], &n, sizeof n);
}

static void prepare(void)
{
    for (unsigned i = 0; i < BATCH; i++) {
        part[i] = (struct iovec){text[i], cfg.size};
        out[i].msg_hdr = (struct msghdr){.msg_name = &cfg.server,
                                         .msg_namelen = sizeof cfg.server.in4,
                                         .msg_iov = &part[i],
                                         .msg_iovlen = 1,
                                         .msg_control = &control[i],
                                         .msg_controllen = sizeof control[i].room};
        struct cmsghdr *c = CMSG_FIRSTHDR(&out[i].msg_hdr);
        c->cmsg_level = IPPROTO_IP;
        c->cmsg_type = IP_PKTINFO;
        c->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
        for (unsigned k = 0; k < cfg.size; k++)
            text[i][k] = (char)(rand() >> 7);
    }
}

/** Counts answers; only their first octets are looked at. */
static void listen_for_answers(int fd)
{
    static char in[BATCH][16];
    static struct iovec iov[BATCH];
    static struct mmsghdr msg[BATCH];
    int n;

    for (unsigned i = 0; i < BATCH; i++) {
        iov[i] = (struct iovec){in[i], sizeof in[i]};
        msg[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
    }
    do {
        n = recvmmsg(fd, msg, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < n; i++)
            positive += memcmp(in[i], "SIP/2.0 2", 9) == 0;
        answered += n > 0 ? (uint64_t)n : 0;
    } while (n == BATCH);
}

static void send_some(int fd, unsigned n)
{
    unsigned done = 0;

    for (unsigned i = 0; i < n; i++)
        fill(i);
    while (done < n) {
        int k = sendmmsg(fd, out + done, n - done, 0);
        if (k <= 0) {
            refused += errno != EINTR; /* the answer to an earlier one, or a full queue */
            k = 1;
        }
        done += (unsigned)k;
    }
    sent += n;
}

static void flood(int fd)
{
    double start = seconds(), now;
    uint64_t due = 0;

    while ((now = seconds() - start) < cfg.seconds) {
        due = (uint64_t)(now * cfg.rate);
        uint64_t most = (uint64_t)(cfg.rate * LATE_MS / 1000) + 1;
        if (due > sent + skipped + most)
            skipped = due - sent - most;
        uint64_t n = due - sent - skipped;
        if (n == 0)
            nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
        else
            send_some(fd, n < BATCH ? (unsigned)n : BATCH);
        listen_for_answers(fd);
    }
    for (unsigned i = 0; i < 50; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        listen_for_answers(fd);
    }
    printf("{\"seconds\": %.2f, \"sent\": %llu, \"skipped\": %llu, \"refused\": %llu, "
           "\"answered\": %llu, \"positive\": %llu}\n",
           now, (unsigned long long)sent, (unsigned long long)skipped, (unsigned long long)refused,
           (unsigned long long)answered, (unsigned long long)positive);
}

static bool take(const char *word)
{
    const char *value = strchr(word, '=');
    size_t n = value ? (size_t)(value++ - word) : 0;
    struct rt_str name = {word, n};

    if (n == 0)
        return false;
    if (rt_str_eq(name, "kind"))
        cfg.kind = value;
    else if (rt_str_eq(name, "server"))
        return rt_addr_parse(&cfg.server, value, strlen(value), 5060) == 0;
    else if (rt_str_eq(name, "from"))
        return rt_addr_parse(&cfg.from, value, strlen(value), 0) == 0;
    else if (rt_str_eq(name, "port"))
        cfg.port = (unsigned)atoi(value);
    else if (rt_str_eq(name, "sources"))
        cfg.sources = (unsigned)atoi(value);
    else if (rt_str_eq(name, "rate"))
        cfg.rate = atof(value);
    else if (rt_str_eq(name, "seconds"))
        cfg.seconds = atof(value);
    else if (rt_str_eq(name, "size"))
        cfg.size = (unsigned)atoi(value);
    else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    int size = 8 << 20, fd = socket(AF_INET, SOCK_DGRAM, 0);

    for (int i = 1; i < argc; i++)
        if (!take(argv[i])) {
            fprintf(stderr, "bench_flood: %s?\n", argv[i]);
            return 2;
        }
    if (cfg.server.sa.sa_family != AF_INET || cfg.from.sa.sa_family != AF_INET || cfg.rate <= 0 ||
        cfg.sources == 0 || cfg.size < sizeof(uint64_t) || cfg.size > LONGEST) {
        fprintf(stderr, "bench_flood: server=, from=, rate= and seconds= are needed\n");
        return 2;
    }
    any.sin_port = htons((uint16_t)cfg.port);
    if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any) != 0) {
        perror("bench_flood");
        return 1;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    prepare();
    flood(fd);
    return 0;
}
