/* The sieve of a UDP socket as a program for the kernel (classic BPF): a binary search among blocks
 * of IPv4 sources, before a datagram takes room in the socket's queue.
 *
 * The blocks cut the addresses into stretches, each with its verdict; a stretch costs three
 * instructions at most, and the kernel takes 4096.
 */
#include "gw/rt/os_sieve.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define STRETCHES (2 * RT_SIEVE_MAX + 1)
#define CODE_MAX  (3 * STRETCHES + 8)
#define SOURCE    12         /* octets into the IPv4 header */
#define TO_SHARE  UINT32_MAX /* a jump that is given its length in the end */
#define ALL       UINT32_MAX

enum verdict { SHARE, PASS, DROP };

struct stretch {
    uint32_t from;
    enum verdict verdict;
};

struct program {
    struct sock_filter code[CODE_MAX];
    unsigned n;
};

static void put(struct program *p, uint16_t op, uint8_t jt, uint8_t jf, uint32_t k)
{
    p->code[p->n++] = (struct sock_filter){op, jt, jf, k};
}

/* ---- stretches ---- */

static uint32_t first_of(const struct rt_sieve_row *r)
{
    uint32_t mask = r->block.bits == 0 ? 0 : UINT32_MAX << (32 - r->block.bits);
    return ntohl(r->block.addr.in4.sin_addr.s_addr) & mask;
}

static uint32_t last_of(const struct rt_sieve_row *r)
{
    return first_of(r) |
           (r->block.bits == 0 ? UINT32_MAX : (uint32_t)((1ull << (32 - r->block.bits)) - 1));
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/** Of the closest block around an address; the earlier row where two are the same. */
static enum verdict verdict_on(const struct rt_sieve_row *rows, unsigned n, uint32_t addr)
{
    const struct rt_sieve_row *best = NULL;

    for (unsigned i = 0; i < n; i++)
        if (addr >= first_of(&rows[i]) && addr <= last_of(&rows[i]) &&
            (!best || rows[i].block.bits > best->block.bits))
            best = &rows[i];
    return !best ? SHARE : best->pass ? PASS : DROP;
}

static unsigned cut(struct stretch *out, const struct rt_sieve_row *rows, unsigned n)
{
    uint32_t edge[STRETCHES];
    unsigned edges = 0, stretches = 0;

    edge[edges++] = 0;
    for (unsigned i = 0; i < n; i++) {
        edge[edges++] = first_of(&rows[i]);
        if (last_of(&rows[i]) != UINT32_MAX)
            edge[edges++] = last_of(&rows[i]) + 1;
    }
    qsort(edge, edges, sizeof edge[0], ascending);
    for (unsigned i = 0; i < edges; i++) {
        if (i > 0 && edge[i] == edge[i - 1])
            continue;
        enum verdict v = verdict_on(rows, n, edge[i]);
        if (stretches == 0 || out[stretches - 1].verdict != v)
            out[stretches++] = (struct stretch){edge[i], v};
    }
    return stretches;
}

/* ---- code ---- */

static void search(struct program *p, const struct stretch *s, unsigned n)
{
    if (n == 1) {
        if (s->verdict == SHARE)
            put(p, BPF_JMP | BPF_JA, 0, 0, TO_SHARE);
        else
            put(p, BPF_RET | BPF_K, 0, 0, s->verdict == PASS ? ALL : 0);
        return;
    }
    unsigned half = n / 2;
    put(p, BPF_JMP | BPF_JGE | BPF_K, 0, 1, s[half].from);
    unsigned jump = p->n;
    put(p, BPF_JMP | BPF_JA, 0, 0, 0);
    search(p, s, half);
    p->code[jump].k = p->n - jump - 1;
    search(p, s + half, n - half);
}

/** What passes of the others, by chance. */
static void put_share(struct program *p, unsigned share)
{
    for (unsigned i = 0; i < p->n; i++)
        if (p->code[i].code == (BPF_JMP | BPF_JA) && p->code[i].k == TO_SHARE)
            p->code[i].k = p->n - i - 1;
    put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM));
    put(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, 255);
    put(p, BPF_JMP | BPF_JGE | BPF_K, 0, 1, share);
    put(p, BPF_RET | BPF_K, 0, 0, 0);
    put(p, BPF_RET | BPF_K, 0, 0, ALL);
}

int rt_sieve_attach(int fd, const struct rt_sieve_row *rows, unsigned n, unsigned share)
{
    struct stretch stretch[STRETCHES];
    int none = 0;

    if (n == 0 && share >= RT_SIEVE_ALL)
        return setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof none) == 0 ? 0 : errno;
    if (n > RT_SIEVE_MAX)
        return E2BIG;
    struct program *p = calloc(1, sizeof *p);
    if (!p)
        return ENOMEM;
    put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)(SKF_NET_OFF + SOURCE));
    search(p, stretch, cut(stretch, rows, n));
    put_share(p, share);
    struct sock_fprog prog = {(unsigned short)p->n, p->code};
    int err = setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof prog) == 0 ? 0 : errno;
    free(p);
    return err;
}
