/* The cost of a message and of its transaction inside the user agent, with 100 and with 100,000
 * transactions alive. Every message is read, found to be new, given a transaction, answered, and
 * later forgotten by its timer: a steady state, in which T1 decides how many live. Nothing is sent:
 * the flow leads nowhere, so the kernel is not in the figures.
 *
 * usage: bench_transactions [HOST:PORT T1]
 *
 * With an address it is a bare user agent there instead, with T1 in microseconds, until killed: for
 * the same measurement over real sockets.
 */
#include "gw/rt/loop.h"
#include "sip/trans.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BATCH  64 /* messages between two looks at the timers */
#define TUNING 6  /* runs to find the T1 */

struct bench {
    struct rt_loop *loop;
    struct sip_ua *ua;
    struct rt_timer end;
    unsigned long made, live_sum, rounds;
    bool counting;
};

static const void *accept_all(void *arg, const struct sip_message *m, struct sip_reply *refusal)
{
    (void)m, (void)refusal;
    return arg;
}

static const struct sip_ua_ops ops = {.accept = accept_all};

static double cpu_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/** One message with another branch each time, written over the last one. */
static struct rt_str message(unsigned long i)
{
    static char text[] =
        "MESSAGE sip:+493090182100@192.0.2.1 SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK-00000000-524287-1---d8754z;rport\r\n"
        "Max-Forwards: 70\r\nFrom: \"Bench\" <sip:+493012345@192.0.2.7>;tag=c1a2b3\r\n"
        "To: <sip:+493090182100@192.0.2.1>\r\nCall-ID: 17a3c9d0017a3c@192.0.2.7\r\n"
        "CSeq: 1 MESSAGE\r\nContact: <sip:bench@192.0.2.7:5060>\r\n"
        "User-Agent: bench\r\nContent-Length: 0\r\n\r\n";
    char *digits = strstr(text, "bK-") + 3;

    for (unsigned k = 0; k < 8; k++)
        digits[k] = "0123456789abcdef"[i * 2654435761u >> (4 * k) & 15];
    return (struct rt_str){text, sizeof text - 1};
}

static void one(struct bench *b)
{
    struct sip_ua *ua = b->ua;
    struct sip_flow flow = {.transport = SIP_UDP, .listener = 8};
    struct sip_strans *t;

    rt_addr_parse(&flow.addr, "192.0.2.7:5060", 14, 5060);
    if (sip_msg_read(&ua->msg, message(b->made++)) != 0 || sip_strans_find(ua, &ua->msg) ||
        sip_strans_new(&t, &ua->msg, ua, &flow, NULL, NULL, NULL) != 0) {
        fprintf(stderr, "bench_transactions: a message was not new or not good\n");
        exit(1);
    }
    sip_strans_respond(t, &(struct sip_response){.status = 200, .tag = "0123456789abcdef"});
    sip_strans_detach(t);
}

static void on_more(void *arg)
{
    struct bench *b = arg;

    for (unsigned i = 0; i < BATCH; i++)
        one(b);
    if (b->counting) {
        b->live_sum += HASH_COUNT(b->ua->server);
        b->rounds++;
    }
    rt_timer_start(&b->end, 0); /* the next round: timers have run in between */
}

static rt_time deadline;

static void on_round(void *arg)
{
    struct bench *b = arg;

    if (rt_now() < deadline)
        on_more(b);
    else
        rt_loop_stop(b->loop);
}

static void run(struct bench *b, rt_time t1, rt_time duration)
{
    b->ua->t1 = t1;
    deadline = rt_now() + duration;
    rt_timer_start(&b->end, 0);
    rt_loop_run(b->loop);
}

struct result {
    double live, us, bytes;
};

/** A steady state: warm for two lifetimes and then measured. */
static struct result measure(struct bench *b, double t1)
{
    rt_time life = (rt_time)(64 * t1);
    struct result r;
    size_t before = mallinfo2().uordblks;

    b->counting = false;
    run(b, (rt_time)t1, 2 * life + 300 * RT_MS);
    r.bytes = (double)(mallinfo2().uordblks - before) / HASH_COUNT(b->ua->server);
    b->counting = true;
    b->live_sum = b->rounds = 0;
    unsigned long made = b->made;
    double used = cpu_us();
    run(b, (rt_time)t1, life < RT_S ? RT_S : life);
    r.us = (cpu_us() - used) / (double)(b->made - made);
    r.live = (double)b->live_sum / (double)b->rounds;
    sip_strans_free_all(b->ua);
    return r;
}

/** Finds the T1 at which so many live, and measures there. The wheel's tick makes few live. */
static struct result at(struct bench *b, double wanted)
{
    double t1 = wanted / 8; /* at some 500,000 a second */
    struct result r = measure(b, t1);

    for (unsigned i = 0; i < TUNING && (r.live < wanted * 0.97 || r.live > wanted * 1.03); i++) {
        t1 = t1 * wanted / r.live;
        if (t1 < 1)
            break;
        r = measure(b, t1);
    }
    return r;
}

static int serve(const char *address, const char *t1)
{
    struct sip_ua_config cfg = {.nlisten = 1, .t1 = atoi(t1), .limits = {.transactions = 1000000}};
    struct bench b = {0};
    int err = rt_addr_parse(&cfg.listen[0].addr, address, strlen(address), 5060);

    if (err == 0)
        err = rt_loop_new(&b.loop, "ua");
    if (err == 0)
        err = sip_ua_new(&b.ua, b.loop, &cfg, &ops, &b, NULL);
    if (err == 0)
        err = rt_loop_run(b.loop);
    fprintf(stderr, "bench_transactions: %s\n", strerror(err));
    return 1;
}

int main(int argc, char **argv)
{
    static const double wanted[] = {100, 1000, 10000, 100000};
    struct bench b = {0};
    struct sip_ua_config cfg = {0};
    struct result r[RT_COUNT(wanted)];

    if (argc == 3)
        return serve(argv[1], argv[2]);
    mallopt(M_TRIM_THRESHOLD, 1 << 30); /* transactions end in bursts here: keep the heap */
    if (rt_loop_new(&b.loop, "bench") != 0 || sip_ua_new(&b.ua, b.loop, &cfg, &ops, &b, NULL) != 0)
        return 1;
    rt_timer_init(&b.end, b.loop, on_round, &b);
    for (size_t i = 0; i < RT_COUNT(wanted); i++) {
        r[i] = at(&b, wanted[i]);
        printf("{\"wanted\": %.0f, \"live\": %.0f, \"us_per_message\": %.3f, "
               "\"bytes_per_transaction\": %.0f}\n",
               wanted[i], r[i].live, r[i].us, r[i].bytes);
        fflush(stdout);
    }
    return 0;
}
