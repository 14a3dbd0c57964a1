/* How long a packet waits inside when the machine is busy, and what a loop costs that only wakes.
 *
 * Packets of 30 relayed streams, one each 20 ms, carry the instant of their sending; who receives
 * them subtracts. Beside the engine, with and without real-time priority, two forwarders that wait
 * in epoll_wait() and send each packet on, with and without it: the floor. Two processes for each
 * core compute for ever meanwhile. Sender and receiver have a higher priority than what is
 * measured, else their own waiting would count. Needs root, or a limit of real-time priority of 30.
 *
 * usage: bench_wait [SECONDS]      of each phase; one JSON line each
 */
#include "codec/media.h"
#include "codec/rtp.h"
#include "gw/rt/buf.h"
#include "gw/rt/net.h"

#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define STREAMS 30
#define SAMPLES 100000

static rt_time seconds = 10;
static union rt_addr to[STREAMS];
static struct rt_udp *from[STREAMS];
static double waits[SAMPLES];
static unsigned nwaits;

static union rt_addr loopback(void)
{
    union rt_addr a;

    rt_addr_parse(&a, "127.0.0.1", 9, 0);
    return a;
}

/* ---- the load ---- */

static pid_t hogs[64];
static unsigned nhogs;

static void start_hogs(void)
{
    unsigned n = (unsigned)sysconf(_SC_NPROCESSORS_ONLN) * 2;

    for (nhogs = 0; nhogs < n && nhogs < RT_COUNT(hogs); nhogs++) {
        hogs[nhogs] = fork();
        if (hogs[nhogs] == 0)
            for (volatile unsigned i = 0;; i++)
                ;
    }
}

static void stop_hogs(void)
{
    for (unsigned i = 0; i < nhogs; i++) {
        kill(hogs[i], SIGKILL);
        waitpid(hogs[i], NULL, 0);
    }
    nhogs = 0;
}

/* ---- both ends: one thread above what is measured ---- */

struct ends {
    struct rt_loop *loop;
    struct rt_timer tick;
    struct rt_udp *in; /* where what is relayed arrives */
    rt_time due, from; /* packets sent before `from` warm up */
    uint16_t seq;
};

static void send_all(void *arg)
{
    struct ends *e = arg;
    uint8_t packet[RTP_HEADER + 160] = {0};

    for (unsigned i = 0; i < STREAMS; i++) {
        rtp_write_header(packet, false, 8, e->seq, e->seq * 160u, i + 1);
        rt_time now = rt_now();
        memcpy(packet + RTP_HEADER, &now, sizeof now);
        rt_udp_send(from[i], packet, sizeof packet, &to[i]);
    }
    e->seq++;
    e->due += 20 * RT_MS;
    rt_timer_start_at(&e->tick, e->due);
}

static void hear(void *arg, struct rt_udp *u)
{
    struct ends *e = arg;
    uint8_t packet[2048];
    size_t len;
    rt_time sent;

    while (rt_udp_recv(u, packet, sizeof packet, &len, NULL) == 0) {
        if (len != RTP_HEADER + 160)
            continue;
        memcpy(&sent, packet + RTP_HEADER, sizeof sent);
        if (nwaits < SAMPLES && sent >= e->from)
            waits[nwaits++] = (double)(rt_now() - sent) / (double)RT_MS;
    }
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(double q)
{
    return nwaits ? waits[(unsigned)(q * (nwaits - 1))] : NAN;
}

static void report(const char *what)
{
    qsort(waits, nwaits, sizeof *waits, ascending);
    printf("{\"bench\":\"wait\",\"what\":\"%s\",\"packets\":%u,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
           "\"p999_ms\":%.3f,\"max_ms\":%.3f}\n",
           what, nwaits, quantile(0.5), quantile(0.99), quantile(0.999), quantile(1));
    fflush(stdout);
}

/** How late the engine's ticks of 10 ms came since the last time, percent of them. */
static void report_ticks(const char *what)
{
    static uint64_t before[RT_TICKS_LATEST];
    uint64_t sum = 0, n[RT_TICKS_LATEST];

    for (unsigned i = 0; i < RT_TICKS_LATEST; i++) {
        n[i] = rt_realtime_counters[i].value - before[i];
        before[i] = rt_realtime_counters[i].value;
        sum += n[i];
    }
    if (sum == 0)
        return;
    printf("{\"bench\":\"ticks\",\"what\":\"%s\",\"ticks\":%llu", what, (unsigned long long)sum);
    static const char *const names[] = {"under_0.1_ms", "0.3", "1", "3", "10", "30", "more"};
    for (unsigned i = 0; i < RT_TICKS_LATEST; i++)
        printf(",\"%s\":%.2f", names[i], 100.0 * (double)n[i] / (double)sum);
    printf("}\n");
}

/** Runs both ends for a while; what is measured runs in threads of its own. */
static void run_ends(struct ends *e, const char *what)
{
    struct rt_timer end;

    nwaits = 0;
    rt_timer_init(&e->tick, e->loop, send_all, e);
    start_hogs();
    e->due = rt_now() + 100 * RT_MS;
    e->from = e->due + RT_S;
    rt_timer_start_at(&e->tick, e->due);
    rt_timer_init(&end, e->loop, (rt_timer_fn *)(void (*)(void *))rt_loop_stop, e->loop);
    rt_timer_start(&end, (seconds + 1) * RT_S);
    rt_loop_run(e->loop);
    stop_hogs();
    rt_timer_stop(&e->tick);
    report(what);
}

/* ---- the floor ---- */

struct forward {
    struct rt_udp *udp[STREAMS];
    union rt_addr out;
};

static void on_packet(void *arg, struct rt_udp *u)
{
    struct forward *f = arg;
    uint8_t packet[2048];
    size_t len;

    while (rt_udp_recv(u, packet, sizeof packet, &len, NULL) == 0)
        rt_udp_send(u, packet, len, &f->out);
}

static void measure_floor(struct ends *e, bool realtime)
{
    struct rt_realtime want = {.mode = realtime ? RT_REALTIME_ON : RT_REALTIME_OFF};
    struct forward f = {.out = *rt_udp_local(e->in)};
    union rt_addr any = loopback();
    struct rt_thread *thread;
    struct rt_loop *loop;

    rt_loop_new(&loop, "forward");
    for (unsigned i = 0; i < STREAMS; i++) {
        rt_udp_open(&f.udp[i], loop, &any, on_packet, &f);
        to[i] = *rt_udp_local(f.udp[i]);
    }
    rt_thread_start(&thread, loop);
    rt_realtime_thread(thread, &want, 0);
    run_ends(e, realtime ? "forwarder, real-time" : "forwarder");
    rt_thread_stop(thread);
    for (unsigned i = 0; i < STREAMS; i++)
        rt_udp_close(f.udp[i]);
    rt_loop_free(loop);
}

/* ---- the engine ---- */

static struct media_port *open_port(struct media *m, const union rt_addr *remote)
{
    union rt_addr any = loopback();
    struct media_rtp r = {
        .remote = *remote, .codec = CODEC_PCMA, .event_payload = -1, .send = true, .receive = true};
    struct media_port *p;

    memset(r.payload, 255, sizeof r.payload);
    r.payload[CODEC_PCMA] = 8;
    media_rtp_open(&p, m, 0, &any, NULL, NULL);
    media_rtp_set(p, &r);
    return p;
}

static void measure_engine(struct ends *e, bool realtime)
{
    struct media_config cfg = {
        .threads = 1,
        .port_low = 30000,
        .port_high = 31000,
        .realtime.mode = realtime ? RT_REALTIME_ON : RT_REALTIME_OFF,
    };
    struct media *m;

    media_new(&m, e->loop, &cfg);
    if (media_start(m) != 0) {
        fprintf(stderr, "bench_wait: " RT_REALTIME_HELP "\n");
        exit(1);
    }
    for (unsigned i = 0; i < STREAMS; i++) {
        struct media_port *a = open_port(m, rt_udp_local(from[i]));
        struct media_port *b = open_port(m, rt_udp_local(e->in));
        media_join(a, b, MEDIA_BOTH);
        to[i] = *media_rtp_local(a);
    }
    const char *what = realtime ? "engine, real-time" : "engine";
    run_ends(e, what);
    report_ticks(what);
    media_free(m);
}

/* ---- a loop that only wakes each millisecond ---- */

static struct rt_timer wake;
static rt_time wake_due;

static void on_wake(void *arg)
{
    (void)arg;
    wake_due += RT_MS;
    rt_timer_start_at(&wake, wake_due);
}

static void measure_wake(struct rt_loop *loop)
{
    struct rt_timer end;

    rt_timer_init(&wake, loop, on_wake, NULL);
    wake_due = rt_now();
    rt_timer_start_at(&wake, wake_due);
    rt_timer_init(&end, loop, (rt_timer_fn *)(void (*)(void *))rt_loop_stop, loop);
    for (unsigned run = 0; run < 3; run++) {
        rt_time before = rt_thread_cpu();
        rt_timer_start(&end, 3 * RT_S);
        rt_loop_run(loop);
        printf("{\"bench\":\"wake\",\"each_ms_us_per_s\":%.0f}\n",
               (double)(rt_thread_cpu() - before) / 3);
    }
    rt_timer_stop(&wake);
}

int main(int argc, char **argv)
{
    struct ends e = {.seq = 0};
    union rt_addr any = loopback();
    struct sched_param above = {.sched_priority = RT_REALTIME_PRIORITY + 20};

    seconds = argc > 1 ? atoi(argv[1]) : 10;
    rt_loop_new(&e.loop, "ends");
    measure_wake(e.loop);
    for (unsigned i = 0; i < STREAMS; i++)
        rt_udp_open(&from[i], e.loop, &any, NULL, NULL);
    rt_udp_open(&e.in, e.loop, &any, hear, &e);
    if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &above) != 0) {
        fprintf(stderr, "bench_wait: " RT_REALTIME_HELP " (here 30)\n");
        return 1;
    }
    measure_floor(&e, false);
    measure_floor(&e, true);
    measure_engine(&e, false);
    measure_engine(&e, true);
    return 0;
}
