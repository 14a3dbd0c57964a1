/* The load generator of the SIP benchmarks: calls or single requests at a fixed rate, whatever the
 * server under test makes of them (an open loop), and the CPU time that the server spent meanwhile.
 *
 * usage: bench_sip method=INVITE server=HOST:PORT caller=HOST:PORT callee=HOST:PORT rate=N
 *                  seconds=N warm=N hold=MS pids=PID,PID...
 *
 * INVITE places calls: the caller's thread dials +4930NNNNNNNN, acknowledges, holds and hangs up;
 * the callee's thread rings and answers at once. Any other method is sent once and is done with its
 * final response. What happens in the first `warm` seconds is not counted. Transit is from just
 * before the caller's send to the kernel's own stamp of the datagram's arrival at the callee (or of
 * the response's at the caller), so that this program's wake-ups are not in it.
 *
 * One line of JSON: figures per call, or per request.
 */
#include "gw/rt/buf.h"
#include "gw/rt/net.h"
#include "test/bench/sip_far.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#define CALLS_MAX 10000000u
#define PIDS_MAX  16
#define DRAIN_NS  2000000000 /* for the last answers */

static const char sdp[] = "v=0\r\no=bench 2890844526 2890844526 IN IP4 127.0.0.1\r\ns=-\r\n"
                          "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 0 101\r\n"
                          "a=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
                          "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n"
                          "a=sendrecv\r\n";

/** What a call's later requests need of its 200. */
struct call {
    int64_t sent;    /**< wall clock, ns */
    int64_t bye_due; /**< monotonic, ns */
    char *route;     /**< "sip:contact" NUL "Route: ...\r\n" lines NUL "tag" */
    bool done;
};

struct end {
    int fd;
    char text[RT_ADDR_LEN];
};

static struct {
    const char *method;
    bool calls;
    union rt_addr server;
    struct end caller, callee;
    double rate;
    int64_t warm, seconds, hold; /**< ns */
    unsigned pid[PIDS_MAX], npids;
} cfg;

static struct call *call;
static uint32_t *transit; /**< ns of each call; 0: not measured */
static unsigned ncalls;
static unsigned *hanging, hang_first, hang_last; /**< answered calls in the order of their BYE */
static unsigned ndone, nrefused;
static char run_id[32];
static _Atomic unsigned long messages; /**< of the server: received and sent */
static atomic_bool stop;

struct mark {
    double cpu; /**< microseconds */
    unsigned long messages;
    unsigned started, done;
};

static int64_t clock_ns(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

/* ---- the server's CPU time ---- */

static double schedstat(const char *path)
{
    FILE *f = fopen(path, "r");
    unsigned long long ns = 0;

    if (f) {
        if (fscanf(f, "%llu", &ns) != 1)
            ns = 0;
        fclose(f);
    }
    return (double)ns / 1000;
}

static double cpu_of(unsigned pid)
{
    char path[300];
    struct dirent *e;
    double sum = 0;

    snprintf(path, sizeof path, "/proc/%u/task", pid);
    DIR *d = opendir(path);
    while (d && (e = readdir(d)) != NULL) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%u/task/%.20s/schedstat", pid, e->d_name);
        sum += schedstat(path);
    }
    if (d)
        closedir(d);
    return sum;
}

static struct mark take_mark(void)
{
    struct mark m = {.messages = atomic_load(&messages), .started = ncalls, .done = ndone};

    for (unsigned i = 0; i < cfg.npids; i++)
        m.cpu += cpu_of(cfg.pid[i]);
    return m;
}

/* ---- sockets ---- */

static int open_end(struct end *e, const char *text)
{
    union rt_addr a;
    int on = 1, size = 8 << 20;

    if (rt_addr_parse(&a, text, strlen(text), 5060) != 0)
        return EINVAL;
    e->fd = socket(a.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (e->fd < 0 || bind(e->fd, &a.sa, rt_addr_size(&a)) != 0)
        return errno;
    setsockopt(e->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    if (setsockopt(e->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        setsockopt(e->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    rt_addr_format(e->text, &a);
    return 0;
}

static void send_to(const struct end *e, const struct rt_buf *b, const union rt_addr *to)
{
    if (sendto(e->fd, b->p, b->n, 0, &to->sa, rt_addr_size(to)) >= 0)
        atomic_fetch_add_explicit(&messages, 1, memory_order_relaxed);
}

/** Takes a datagram and the kernel's stamp of it. False: none waits. */
static bool receive(const struct end *e, struct rt_str *out, union rt_addr *from, int64_t *stamp)
{
    static _Thread_local char data[65536];
    char control[256];
    struct iovec iov = {data, sizeof data};
    struct msghdr m = {.msg_name = from,
                       .msg_namelen = sizeof *from,
                       .msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control,
                       .msg_controllen = sizeof control};
    ssize_t n = recvmsg(e->fd, &m, MSG_DONTWAIT);

    if (n < 0)
        return errno == ECONNREFUSED && receive(e, out, from, stamp);
    *stamp = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec ts;
            memcpy(&ts, CMSG_DATA(c), sizeof ts);
            *stamp = ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
        }
    *out = (struct rt_str){data, (size_t)n};
    atomic_fetch_add_explicit(&messages, 1, memory_order_relaxed);
    return true;
}

static void wait_until(int fd, int64_t due)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int64_t left = due - clock_ns(CLOCK_MONOTONIC);
    struct timespec ts = {.tv_sec = 0, .tv_nsec = 0};

    if (left > 0)
        ts = (struct timespec){left / 1000000000, left % 1000000000};
    ppoll(&p, 1, &ts, NULL);
}

/* ---- messages ---- */

/** The value of the first field of that name, which is written "\nName: ". */
static struct rt_str field(struct rt_str m, const char *name)
{
    const char *at = memmem(m.p, m.n, name, strlen(name));
    struct rt_str rest = {"", 0};

    if (at) {
        at += strlen(name);
        rest = (struct rt_str){at, (size_t)(m.p + m.n - at)};
        rest = rt_str_trim(rt_str_cut(&rest, '\n'));
    }
    return rest;
}

static void put_request(struct rt_buf *b, unsigned i, const char *method)
{
    const struct call *c = &call[i];
    bool later = c->route && strcmp(method, cfg.method) != 0;
    char uri[RT_ADDR_LEN + 32], to[RT_ADDR_LEN], server[RT_ADDR_LEN];
    const char *routes = later ? c->route + strlen(c->route) + 1 : "";
    const char *tag = later ? routes + strlen(routes) + 1 : "";

    rt_addr_format(server, &cfg.server);
    snprintf(uri, sizeof uri, "sip:+4930%08u@%s", i, server);
    snprintf(to, sizeof to, "%s%s", tag[0] ? ";tag=" : "", tag);
    rt_buf_reset(b);
    rt_buf_printf(b,
                  "%s %s SIP/2.0\r\n"
                  "Via: SIP/2.0/UDP %s;branch=z9hG4bK-%s-%u-%s;rport\r\n"
                  "%sMax-Forwards: 70\r\n"
                  "From: \"Bench\" <sip:+493012345@%s>;tag=c%u\r\nTo: <%s>%s\r\n"
                  "Call-ID: %u.%s@bench\r\nCSeq: %d %s\r\n",
                  method, later ? c->route : uri, cfg.caller.text, run_id, i, method, routes,
                  cfg.caller.text, i, uri, to, i, run_id, strcmp(method, "BYE") == 0 ? 2 : 1,
                  method);
    if (strcmp(method, "INVITE") == 0)
        rt_buf_printf(b,
                      "Contact: <sip:bench@%s>\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS\r\n"
                      "Supported: timer\r\nUser-Agent: bench\r\n"
                      "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
                      cfg.caller.text, sizeof sdp - 1, sdp);
    else
        rt_buf_puts(b, "User-Agent: bench\r\nContent-Length: 0\r\n\r\n");
}

static void send_request(unsigned i, const char *method)
{
    static struct rt_buf b;

    put_request(&b, i, method);
    if (strcmp(method, cfg.method) == 0)
        call[i].sent = clock_ns(CLOCK_REALTIME);
    send_to(&cfg.caller, &b, &cfg.server);
}

/** Contact, route set (one hop: the order does not matter) and the far tag. */
static void learn(struct call *c, struct rt_str m)
{
    struct rt_buf b = {0};
    struct rt_str contact = field(m, "\nContact: "), to = field(m, "\nTo: ");
    const char *tag = memmem(to.p, to.n, ";tag=", 5);

    rt_str_cut(&contact, '<');
    contact = rt_str_cut(&contact, '>');
    rt_buf_put(&b, contact.p, contact.n);
    rt_buf_put(&b, "", 1);
    struct rt_str route = field(m, "\nRecord-Route: ");
    if (route.n > 0)
        rt_buf_printf(&b, "Route: %.*s\r\n", RT_STR(route));
    rt_buf_put(&b, "", 1);
    if (tag)
        rt_buf_put(&b, tag + 5, (size_t)(to.p + to.n - tag - 5));
    c->route = b.p;
}

/* ---- the caller ---- */

static void finish(struct call *c, int status)
{
    c->done = true;
    ndone++;
    nrefused += cfg.calls && status != 200;
    free(c->route);
    c->route = NULL;
}

static void on_answer(unsigned i, struct rt_str m, int status, int64_t stamp)
{
    struct call *c = &call[i];
    struct rt_str cseq = field(m, "\nCSeq: ");
    bool bye = memmem(cseq.p, cseq.n, "BYE", 3) != NULL;

    if (status < 200 || c->done)
        return;
    if (!cfg.calls)
        transit[i] = (uint32_t)(stamp - c->sent);
    if (!cfg.calls || bye || status >= 300) {
        finish(c, status);
        return;
    }
    if (!c->route) {
        learn(c, m);
        c->bye_due = clock_ns(CLOCK_MONOTONIC) + cfg.hold;
        hanging[hang_last++] = i;
    }
    send_request(i, "ACK");
}

static void take_answers(void)
{
    struct rt_str m;
    union rt_addr from;
    int64_t stamp;

    for (unsigned k = 0; k < 64 && receive(&cfg.caller, &m, &from, &stamp); k++) {
        struct rt_str id = field(m, "\nCall-ID: ");
        unsigned long i = strtoul(id.p, NULL, 10);
        if (i < ncalls && m.n > 12 && memcmp(m.p, "SIP/2.0 ", 8) == 0)
            on_answer((unsigned)i, m, atoi(m.p + 8), stamp);
    }
}

/** Sends what is due; returns when the next is. */
static int64_t send_due(int64_t begin, int64_t end, unsigned total)
{
    int64_t now = clock_ns(CLOCK_MONOTONIC), next = end;

    while (ncalls < total) {
        int64_t due = begin + (int64_t)((double)ncalls * 1e9 / cfg.rate);
        if (due > now) {
            next = due;
            break;
        }
        send_request(ncalls++, cfg.method);
    }
    while (hang_first < hang_last && call[hanging[hang_first]].bye_due <= now)
        send_request(hanging[hang_first++], "BYE");
    if (hang_first < hang_last && call[hanging[hang_first]].bye_due < next)
        next = call[hanging[hang_first]].bye_due;
    return next;
}

static void run_caller(struct mark mark[2], unsigned total)
{
    int64_t begin = clock_ns(CLOCK_MONOTONIC), at[2] = {begin + cfg.warm};
    int64_t end = begin + cfg.warm + cfg.seconds + cfg.hold + DRAIN_NS;
    unsigned taken = 0;

    at[1] = at[0] + cfg.seconds;
    for (int64_t now = begin; now < end && (taken < 2 || ndone < ncalls);) {
        int64_t next = send_due(begin, end, total);
        if (taken < 2 && at[taken] < next)
            next = at[taken];
        wait_until(cfg.caller.fd, next);
        take_answers();
        now = clock_ns(CLOCK_MONOTONIC);
        if (taken < 2 && now >= at[taken])
            mark[taken++] = take_mark();
    }
}

/* ---- the callee ---- */

static void respond(struct rt_str request, const char *status, const char *body,
                    const union rt_addr *to)
{
    static struct rt_buf b;
    char contact[RT_ADDR_LEN + 12];

    snprintf(contact, sizeof contact, "sip:callee@%s", cfg.callee.text);
    far_respond(&b, request, status, "callee", contact, body);
    send_to(&cfg.callee, &b, to);
}

static void on_invite(struct rt_str m, const union rt_addr *from, int64_t stamp)
{
    const char *number = memmem(m.p, m.n, "+4930", 5);
    unsigned long i = number ? strtoul(number + 5, NULL, 10) : CALLS_MAX;

    if (i < CALLS_MAX && call[i].sent && !transit[i])
        transit[i] = (uint32_t)(stamp - call[i].sent);
    respond(m, "180 Ringing", "", from);
    respond(m, "200 OK", sdp, from);
}

static void *run_callee(void *arg)
{
    struct rt_str m;
    union rt_addr from;
    int64_t stamp;

    (void)arg;
    while (!atomic_load(&stop)) {
        wait_until(cfg.callee.fd, clock_ns(CLOCK_MONOTONIC) + 100000000);
        while (receive(&cfg.callee, &m, &from, &stamp)) {
            if (m.n > 7 && memcmp(m.p, "INVITE ", 7) == 0)
                on_invite(m, &from, stamp);
            else if (m.n > 4 && memcmp(m.p, "ACK ", 4) != 0 && memcmp(m.p, "SIP/", 4) != 0)
                respond(m, "200 OK", "", &from);
        }
    }
    return NULL;
}

/* ---- figures ---- */

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void report(const struct mark mark[2])
{
    unsigned calls = mark[1].done - mark[0].done, n = 0;
    unsigned first = mark[0].started, last = mark[1].started;
    unsigned long msgs = mark[1].messages - mark[0].messages;
    double cpu = mark[1].cpu - mark[0].cpu;

    for (unsigned i = first; i < last; i++)
        if (transit[i])
            transit[n++] = transit[i];
    qsort(transit, n, sizeof *transit, by_value);
    printf("{\"calls\": %u, \"lost\": %u, \"refused\": %u, \"us_per_call\": %.2f, "
           "\"us_per_message\": %.2f, \"messages_per_call\": %.2f, "
           "\"transit_p50_us\": %.1f, \"transit_p99_us\": %.1f}\n",
           calls, ncalls - ndone, nrefused, calls ? cpu / calls : 0, msgs ? cpu / (double)msgs : 0,
           calls ? (double)msgs / calls : 0, n ? transit[n / 2] / 1e3 : 0,
           n ? transit[(size_t)n * 99 / 100] / 1e3 : 0);
}

static void read_pids(const char *text)
{
    for (char *end; *text && cfg.npids < PIDS_MAX; text = *end ? end + 1 : end)
        cfg.pid[cfg.npids++] = (unsigned)strtoul(text, &end, 10);
}

static int read_argument(const char *arg)
{
    static const struct {
        const char *name;
        int64_t *out, unit;
    } times[] = {{"seconds", &cfg.seconds, 1000000000},
                 {"warm", &cfg.warm, 1000000000},
                 {"hold", &cfg.hold, 1000000}};
    struct rt_str v = rt_str(arg), name = rt_str_cut(&v, '=');

    for (size_t i = 0; i < RT_COUNT(times); i++)
        if (rt_str_eq(name, times[i].name)) {
            *times[i].out = (int64_t)(atof(v.p) * (double)times[i].unit);
            return 0;
        }
    if (rt_str_eq(name, "server"))
        return rt_addr_parse(&cfg.server, v.p, v.n, 5060);
    if (rt_str_eq(name, "caller"))
        return open_end(&cfg.caller, v.p);
    if (rt_str_eq(name, "callee"))
        return open_end(&cfg.callee, v.p);
    if (rt_str_eq(name, "method"))
        cfg.method = v.p;
    else if (rt_str_eq(name, "rate"))
        cfg.rate = atof(v.p);
    else if (rt_str_eq(name, "pids"))
        read_pids(v.p);
    else
        return EINVAL;
    return 0;
}

int main(int argc, char **argv)
{
    struct mark mark[2] = {{0}};
    pthread_t thread;

    for (int i = 1; i < argc; i++) {
        int err = read_argument(argv[i]);
        if (err != 0) {
            fprintf(stderr, "bench_sip: %s: %s\n", argv[i], strerror(err));
            return 2;
        }
    }
    double total = cfg.rate * (double)(cfg.warm + cfg.seconds) / 1e9;
    if (!cfg.method || total < 1 || total > CALLS_MAX || !cfg.caller.text[0] ||
        !cfg.callee.text[0]) {
        fprintf(stderr, "bench_sip: method, server, caller, callee, rate, seconds are needed\n");
        return 2;
    }
    cfg.calls = strcmp(cfg.method, "INVITE") == 0;
    snprintf(run_id, sizeof run_id, "%llx", (unsigned long long)clock_ns(CLOCK_REALTIME));
    call = calloc(CALLS_MAX, sizeof *call);
    transit = calloc(CALLS_MAX, sizeof *transit);
    hanging = calloc(CALLS_MAX, sizeof *hanging);
    if (!call || !transit || !hanging)
        return 1;
    prctl(PR_SET_TIMERSLACK, 1000UL); /* ns */
    if (pthread_create(&thread, NULL, run_callee, NULL) != 0)
        return 1;
    run_caller(mark, (unsigned)total);
    atomic_store(&stop, true);
    pthread_join(thread, NULL);
    report(mark);
    return 0;
}
