/* The network between the gateway and far ends: what is lost, doubled, late or cut off, and a
 * digest of all that passed, so that two runs of a seed can be compared.
 *
 * Each fault draws from a generator of its own: it does the same whatever other faults there are.
 */
#include "gw/rt/net.h"

#include "gw/rt/loop.h"
#include "mgcp/config.h"
#include "test/fake/fake.h"
#include "test/sim/engine.h"
#include "test/sim/far_span.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#pragma weak sim_far_span_cut

#define FAULTS_MAX 64

/** A fault that goes on. */
struct fault {
    const struct sim_op *op;
    struct sim_dice dice;
};

static struct sim *sim;
static union rt_addr hosts[SIM_FARS_MAX];
static struct fault faults[FAULTS_MAX];
static unsigned nfaults;
static bool talkative;

/** The far end that a datagram goes to or comes from; SIM_FARS_MAX: none. */
static unsigned far_of(const union rt_addr *from, const union rt_addr *to)
{
    unsigned i = 0;

    while (i < sim->nfars && !rt_addr_same_host(&hosts[i], from) &&
           !rt_addr_same_host(&hosts[i], to))
        i++;
    return i < sim->nfars ? i : SIM_FARS_MAX;
}

static void note(const union rt_addr *from, const union rt_addr *to, const void *buf, size_t len)
{
    rt_time now = rt_now();
    uint16_t ports[2] = {rt_addr_port(from), rt_addr_port(to)};

    sim->digest = sim_hash(sim->digest, &now, sizeof now);
    sim->digest = sim_hash(sim->digest, &from->in4.sin_addr, sizeof from->in4.sin_addr);
    sim->digest = sim_hash(sim->digest, &to->in4.sin_addr, sizeof to->in4.sin_addr);
    sim->digest = sim_hash(sim->digest, ports, sizeof ports);
    sim->digest = sim_hash(sim->digest, buf, len);
    sim->messages++;
}

/** With SIM_NET each datagram is printed: octets that are no text as dots. */
static void show(const union rt_addr *from, const union rt_addr *to, const char *p, size_t len)
{
    char a[RT_ADDR_LEN], b[RT_ADDR_LEN];

    fprintf(stderr, "+%.6f %s > %s %zu %016" PRIx64 "\n",
            (double)(rt_now() - sim->began) / (double)RT_S, rt_addr_format(a, from),
            rt_addr_format(b, to), len, sim->digest);
    unsigned port = rt_addr_port(to);
    bool text = port == 5060 || port == MGCP_PORT_GATEWAY || port == MGCP_PORT_AGENT;
    for (size_t i = 0; text && i < len; i++)
        if (p[i] != '\r')
            fputc(p[i] == '\n' || (p[i] >= ' ' && p[i] < 127) ? p[i] : '.', stderr);
}

/** What one fault makes of so many copies. */
static unsigned suffer(struct fault *f, unsigned copies, rt_time *delay)
{
    const struct sim_op *op = f->op;

    if (op->kind == SIM_CUT)
        return 0;
    if (op->kind == SIM_LOSS)
        return sim_often(&f->dice, op->a[0]) ? 0 : copies;
    if (op->kind == SIM_TWICE)
        return sim_often(&f->dice, op->a[0]) ? copies * 2 : copies;
    *delay += (rt_time)sim_below(&f->dice, op->a[0] + 1) * RT_MS;
    return copies;
}

static bool line_cut(const union rt_addr *to)
{
    if (!sim_far_span_cut)
        return false;
    for (unsigned i = 0; i < sim->nfars; i++)
        if (sim->far[i].kind == SIM_SPAN && sim_far_span_cut(&sim->far[i], to))
            return true;
    return false;
}

static unsigned on_datagram(void *arg, const union rt_addr *from, const union rt_addr *to,
                            const void *buf, size_t len, rt_time *delay)
{
    unsigned copies = 1, far;

    (void)arg;
    note(from, to, buf, len);
    if (talkative)
        show(from, to, buf, len);
    if (line_cut(to))
        return 0;
    if (nfaults == 0)
        return 1;
    far = far_of(from, to);
    for (unsigned i = 0; i < nfaults && copies > 0; i++)
        if (faults[i].op->from == SIM_FARS_MAX || faults[i].op->from == far)
            copies = suffer(&faults[i], copies, delay);
    return copies < 8 ? copies : 8;
}

/** What is lost or late on a stream is sent again below it; only a line that is cut ends it. */
static bool on_stream(void *arg, const union rt_addr *from, const union rt_addr *to,
                      const void *buf, size_t len)
{
    unsigned far = far_of(from, to);

    (void)arg;
    note(from, to, buf, len);
    if (talkative)
        show(from, to, buf, len);
    for (unsigned i = 0; i < nfaults; i++)
        if (faults[i].op->kind == SIM_CUT &&
            (faults[i].op->from == SIM_FARS_MAX || faults[i].op->from == far))
            return false;
    return true;
}

void sim_net_start(struct sim *s)
{
    sim = s;
    nfaults = 0;
    talkative = getenv("SIM_NET") != NULL;
    for (unsigned i = 0; i < s->nfars; i++)
        rt_addr_parse(&hosts[i], s->far[i].host, strlen(s->far[i].host), 0);
    s->digest = UINT64_C(0xcbf29ce484222325);
    fake_local_address(SIM_GATEWAY);
    fake_net_hook(on_datagram, NULL);
    fake_stream_hook(on_stream, NULL);
}

void sim_net_fault(struct sim *s, const struct sim_op *op, bool begins)
{
    if (begins && nfaults < FAULTS_MAX) {
        faults[nfaults++] = (struct fault){op, {sim_mix(s->seed, op->id)}};
        return;
    }
    for (unsigned i = 0; !begins && i < nfaults; i++)
        if (faults[i].op == op) {
            faults[i] = faults[--nfaults];
            return;
        }
}

/* ---- garbage ---- */

/** What begins like something that means something. */
static const char *const beginnings[] = {
    "INVITE sip:112@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.1.99;branch=z9hG4bK",
    "SIP/2.0 200 OK\r\nVia: ",
    "BYE sip:x SIP/2.0\r\n",
    "NTFY 12 aaln/1@10.0.0.1 MGCP 1.0\r\n",
    "200 7 OK\r\n",
    "\x80\x08",
    "",
};

static size_t draw_garbage(char *out, size_t cap, struct sim_dice *d)
{
    const char *begin = beginnings[sim_below(d, RT_COUNT(beginnings))];
    size_t n = strlen(begin), len = n + sim_below(d, (unsigned)(cap - n));

    memcpy(out, begin, n);
    for (size_t i = n; i < len; i++)
        out[i] = (char)sim_below(d, 256);
    return len;
}

void sim_net_garbage(struct sim *s, const struct sim_op *op)
{
    static const struct {
        unsigned first, count;
    } ports[] = {{5060, 1}, {5060, 1}, {2427, 1}, {2727, 1}, {20000, 200}, {7100, 9}};
    struct sim_dice d = {sim_mix(s->seed, op->id)};
    union rt_addr from, to;
    struct rt_udp *u;
    char data[600];

    rt_addr_parse(&from, "10.0.1.99", 9, 0);
    if (rt_udp_open(&u, s->loop, &from, NULL, NULL) != 0)
        return;
    for (unsigned i = 0; i < op->a[0]; i++) {
        unsigned k = sim_below(&d, RT_COUNT(ports));
        size_t len = draw_garbage(data, sizeof data, &d);
        rt_addr_parse(&to, SIM_GATEWAY, strlen(SIM_GATEWAY),
                      (uint16_t)(ports[k].first + sim_below(&d, ports[k].count)));
        rt_udp_send(u, data, len, &to);
    }
    rt_udp_close(u);
}
