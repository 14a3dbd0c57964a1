/* 30 G.711 calls on one E1, with jitter buffer and DTMF detection, beside the floor: a loop that
 * receives and sends the same packets and does nothing else. CPU time inside the work alone: what a
 * wake-up costs is the machine's, and is measured beside it. The far end, which speaks on all 30
 * streams, is a thread of its own and is not counted.
 *
 * usage: bench_media [SECONDS]     per phase and run; three runs, one JSON line each
 */
#include "codec/media.h"
#include "gw/rt/net.h"
#include "gw/rt/random.h"

#include <stdio.h>
#include <stdlib.h>

#define CALLS  30
#define FRAME  160 /* octets: 20 ms */
#define PACKET (12 + FRAME)
#define RUNS   3
#define STRIDE 160

static uint8_t noise[8000];
static rt_time window;

/* ---- the far end ---- */

static struct far {
    struct rt_loop *loop;
    struct rt_thread *thread;
    struct rt_timer timer;
    struct rt_udp *udp[CALLS];
    union rt_addr to[CALLS];
    rt_time due;
    uint16_t seq;
    uint64_t received;
} far;

static void write_packet(uint8_t *p, unsigned i, uint16_t seq)
{
    uint32_t ts = seq * FRAME;
    const uint8_t head[12] = {0x80,
                              8,
                              (uint8_t)(seq >> 8),
                              (uint8_t)seq,
                              (uint8_t)(ts >> 24),
                              (uint8_t)(ts >> 16),
                              (uint8_t)(ts >> 8),
                              (uint8_t)ts,
                              0,
                              0,
                              0,
                              (uint8_t)i};

    memcpy(p, head, 12);
    memcpy(p + 12, noise + (seq * 97u + i * 131u) % (sizeof noise - FRAME), FRAME);
}

static void far_tick(void *arg)
{
    uint8_t p[PACKET], in[1500];
    size_t n;

    (void)arg;
    for (unsigned i = 0; i < CALLS; i++) {
        while (rt_udp_recv(far.udp[i], in, sizeof in, &n, NULL) == 0)
            far.received++;
        write_packet(p, i, far.seq);
        rt_udp_send(far.udp[i], p, sizeof p, &far.to[i]);
    }
    far.seq++;
    far.due += 20 * RT_MS;
    rt_timer_start_at(&far.timer, far.due);
}

static union rt_addr loopback(void)
{
    union rt_addr a;

    rt_addr_parse(&a, "127.0.0.1", 9, 0);
    return a;
}

static void far_open(void)
{
    union rt_addr any = loopback();

    rt_loop_new(&far.loop, "far");
    rt_timer_init(&far.timer, far.loop, far_tick, NULL);
    for (unsigned i = 0; i < CALLS; i++)
        rt_udp_open(&far.udp[i], far.loop, &any, NULL, NULL);
}

static void far_start(void)
{
    far.due = rt_now();
    far.received = 0;
    rt_timer_start_at(&far.timer, far.due);
    rt_thread_start(&far.thread, far.loop);
}

static void far_stop(void)
{
    rt_thread_stop(far.thread);
    rt_timer_stop(&far.timer);
}

/* ---- CPU time spent in the measured thread's work ---- */

struct measured {
    struct rt_timer timer;
    rt_time due, step, from;
    rt_time cpu, work_cpu, first_cpu; /* of the thread since `from`; of its work */
    unsigned ticks;
    void (*work)(void);
};

static void on_tick(void *arg)
{
    struct measured *m = arg;
    rt_time before = rt_thread_cpu();

    if (m->work)
        m->work();
    rt_time after = rt_thread_cpu();
    if (m->ticks++ * m->step < RT_S / 2) { /* the first half second warms up */
        m->first_cpu = after;
        m->from = rt_now();
    } else {
        m->work_cpu += after - before;
        m->cpu = after - m->first_cpu;
    }
    m->due += m->step;
    rt_timer_start_at(&m->timer, m->due);
}

/** Microseconds of work, or of the whole thread, in a second. */
static double per_second(const struct measured *m, rt_time cpu)
{
    return (double)cpu * 1e6 / (double)(m->due - m->step - m->from);
}

static void measure_in(struct measured *m, struct rt_loop *loop, rt_time step, void (*work)(void))
{
    *m = (struct measured){.step = step, .work = work};
    rt_timer_init(&m->timer, loop, on_tick, m);
    m->due = rt_now();
    rt_timer_start_at(&m->timer, m->due);
}

/** The main thread's loop waits here; the measured one runs beside it. */
static void wait_in(struct rt_loop *loop, rt_time d)
{
    struct rt_timer t;

    rt_timer_init(&t, loop, (rt_timer_fn *)(void (*)(void *))rt_loop_stop, loop);
    rt_timer_start(&t, d);
    rt_loop_run(loop);
}

/* ---- phases ---- */

static struct rt_udp *floor_udp[CALLS];
static uint16_t floor_seq;

static void floor_work(void)
{
    uint8_t p[PACKET], in[1500];
    size_t n;

    for (unsigned i = 0; i < CALLS; i++) {
        while (rt_udp_recv(floor_udp[i], in, sizeof in, &n, NULL) == 0)
            ;
        write_packet(p, i, floor_seq);
        rt_udp_send(floor_udp[i], p, sizeof p, rt_udp_local(far.udp[i]));
    }
    floor_seq++;
}

static struct measured run_thread(struct rt_loop *main_loop, rt_time step, void (*work)(void))
{
    struct rt_loop *loop;
    struct rt_thread *thread;
    struct measured m;

    rt_loop_new(&loop, "floor");
    measure_in(&m, loop, step, work);
    rt_thread_start(&thread, loop);
    wait_in(main_loop, window + RT_S);
    rt_thread_stop(thread);
    rt_timer_stop(&m.timer);
    rt_loop_free(loop);
    return m;
}

static double run_floor(struct rt_loop *main_loop)
{
    union rt_addr any = loopback();

    for (unsigned i = 0; i < CALLS; i++) {
        rt_udp_open(&floor_udp[i], main_loop, &any, NULL, NULL);
        far.to[i] = *rt_udp_local(floor_udp[i]);
    }
    far_start();
    struct measured m = run_thread(main_loop, 20 * RT_MS, floor_work);
    far_stop();
    for (unsigned i = 0; i < CALLS; i++)
        rt_udp_close(floor_udp[i]);
    return per_second(&m, m.work_cpu);
}

static struct media_bank *bank;
static unsigned line_at;

static void engine_work(void)
{
    static uint8_t rx[32][STRIDE], tx[32][STRIDE];

    for (unsigned t = 1; t < 32; t++)
        memcpy(rx[t], noise + (line_at + t * 173) % (sizeof noise - 8), 8);
    line_at += 8;
    media_bank_tick(bank, 8, rx[0], tx[0], STRIDE, rt_now());
}

static void open_call(struct media *m, unsigned i, struct media_port *out[2])
{
    union rt_addr any = loopback();
    struct media_rtp r = {.remote = *rt_udp_local(far.udp[i]),
                          .codec = CODEC_PCMA,
                          .event_payload = 101,
                          .ptime = 20,
                          .send = true,
                          .receive = true};

    memset(r.payload, 255, sizeof r.payload);
    r.payload[CODEC_PCMA] = 8;
    media_tdm_open(&out[0], bank, i < 15 ? i + 1 : i + 2, NULL, NULL);
    media_rtp_open(&out[1], m, 0, &any, NULL, NULL);
    media_rtp_set(out[1], &r);
    media_join(out[0], out[1], MEDIA_BOTH);
    far.to[i] = *media_rtp_local(out[1]);
}

static double run_engine(struct rt_loop *main_loop, uint64_t *heard)
{
    const struct media_config cfg = {.threads = 1, .port_low = 30000, .port_high = 30999};
    struct media_port *ports[CALLS][2];
    struct media *media;
    struct measured m;

    media_new(&media, main_loop, &cfg);
    media_bank_new(&bank, media, 0, G711_A);
    measure_in(&m, media_loop(media, 0), RT_MS, engine_work);
    media_start(media);
    for (unsigned i = 0; i < CALLS; i++)
        open_call(media, i, ports[i]);
    far_start();
    wait_in(main_loop, window + RT_S);
    far_stop();
    *heard = far.received;
    media_stop(media);
    rt_timer_stop(&m.timer);
    media_free(media);
    return per_second(&m, m.work_cpu);
}

int main(int argc, char **argv)
{
    struct rt_loop *loop;

    window = (argc > 1 ? atoi(argv[1]) : 10) * RT_S;
    rt_random_bytes(noise, sizeof noise);
    rt_loop_new(&loop, "main");
    far_open();
    for (unsigned run = 0; run < RUNS; run++) {
        uint64_t heard;
        struct measured wake = run_thread(loop, RT_MS, NULL);
        double base = run_floor(loop), engine = run_engine(loop, &heard);
        printf("{\"bench\":\"media\",\"calls\":%d,\"floor_us_per_s\":%.0f,"
               "\"engine_us_per_s\":%.0f,\"ratio\":%.2f,\"packets_heard_per_s\":%.0f,"
               "\"wake_each_ms_us_per_s\":%.0f}\n",
               CALLS, base, engine, engine / base, (double)heard * 1e6 / (double)(window + RT_S),
               per_second(&wake, wake.cpu));
        fflush(stdout);
    }
    return 0;
}
