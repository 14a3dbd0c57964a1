/* The sieve of a UDP socket as a program for the kernel (classic BPF): a binary search among blocks
 * of sources, before a datagram takes room in the socket's queue.
 *
 * The blocks cut the addresses into stretches, each with its verdict. An address is searched for
 * word by word, of 32 bits: the one of IPv4 (RFC 791 3.1), the four of IPv6 (RFC 8200 3), of which
 * only those are looked at that the blocks tell apart, two for networks of 64 bits. A socket of
 * ours has one kind of sources: those of IPv6 are V6ONLY, so no IPv4 address comes in mapped.
 *
 * The kernel takes 4096 instructions. All rows of IPv4 fit; of IPv6 as many of the first as do,
 * and as the socket may have memory for (net.core.optmem_max): with 128 KB that is more
 * than 450 networks or 250 single addresses.
 */
#include "gw/rt/os_sieve.h"

#include <errno.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define STRETCHES (2 * RT_SIEVE_MAX + 1)
#define WORDS     4
#define SHARING   5          /* instructions of put_share() */
#define TO_SHARE  UINT32_MAX /* a jump that is given its length in the end */
#define ALL       UINT32_MAX

enum verdict { SHARE, PASS, DROP };

/** In the machine's order, the first the most significant; of IPv4 the others are 0. */
struct key {
    uint32_t word[WORDS];
};

struct block {
    struct key first, last;
    unsigned bits;
    enum verdict verdict;
};

struct stretch {
    struct key from;
    enum verdict verdict;
};

struct program {
    struct sock_filter code[BPF_MAXINSNS];
    unsigned n, words;
    uint32_t source; /**< octets into the IP header */
    bool full;
};

static void put(struct program *p, uint16_t op, uint8_t jt, uint8_t jf, uint32_t k)
{
    if (p->n + SHARING >= BPF_MAXINSNS)
        p->full = true;
    else
        p->code[p->n++] = (struct sock_filter){op, jt, jf, k};
}

/* ---- stretches ---- */

static int compare(const struct key *a, const struct key *b)
{
    for (unsigned i = 0; i < WORDS; i++)
        if (a->word[i] != b->word[i])
            return a->word[i] > b->word[i] ? 1 : -1;
    return 0;
}

static int ascending(const void *a, const void *b)
{
    return compare(a, b);
}

static void read_block(struct block *out, const struct rt_sieve_row *r, unsigned words)
{
    const union rt_addr *a = &r->block.addr;
    const void *octets = words == 1 ? (const void *)&a->in4.sin_addr : &a->in6.sin6_addr;

    memset(out, 0, sizeof *out);
    memcpy(out->first.word, octets, words * sizeof(uint32_t));
    for (unsigned i = 0; i < words; i++) {
        unsigned bits = r->block.bits <= 32 * i ? 0 : r->block.bits - 32 * i;
        uint32_t rest = bits >= 32 ? 0 : UINT32_MAX >> bits;
        out->first.word[i] = ntohl(out->first.word[i]) & ~rest;
        out->last.word[i] = out->first.word[i] | rest;
    }
    out->bits = r->block.bits;
    out->verdict = r->pass ? PASS : DROP;
}

/** The address after it; false: there is none. */
static bool follow(struct key *k, unsigned words)
{
    while (words > 0)
        if (++k->word[--words] != 0)
            return true;
    return false;
}

/** Of the closest block around an address; the earlier row where two are the same. */
static enum verdict verdict_on(const struct block *b, unsigned n, const struct key *at)
{
    const struct block *best = NULL;

    for (unsigned i = 0; i < n; i++)
        if (compare(at, &b[i].first) >= 0 && compare(at, &b[i].last) <= 0 &&
            (!best || b[i].bits > best->bits))
            best = &b[i];
    return best ? best->verdict : SHARE;
}

static unsigned cut(struct stretch *out, const struct block *b, unsigned n, unsigned words)
{
    struct key edge[STRETCHES] = {{{0}}};
    unsigned edges = 1, stretches = 0;

    for (unsigned i = 0; i < n; i++) {
        edge[edges++] = b[i].first;
        edge[edges] = b[i].last;
        edges += follow(&edge[edges], words);
    }
    qsort(edge, edges, sizeof edge[0], ascending);
    for (unsigned i = 0; i < edges; i++) {
        if (i > 0 && compare(&edge[i], &edge[i - 1]) == 0)
            continue;
        enum verdict v = verdict_on(b, n, &edge[i]);
        if (stretches == 0 || out[stretches - 1].verdict != v)
            out[stretches++] = (struct stretch){edge[i], v};
    }
    return stretches;
}

/* ---- code ----
 *
 * A search goes over `n` stretches whose words before `level` are those of the address, but for the
 * first: that one began earlier, and holds until the second begins. */

static void search(struct program *p, const struct stretch *s, unsigned n, unsigned level);

static void put_verdict(struct program *p, enum verdict v)
{
    if (v == SHARE)
        put(p, BPF_JMP | BPF_JA, 0, 0, TO_SHARE);
    else
        put(p, BPF_RET | BPF_K, 0, 0, v == PASS ? ALL : 0);
}

/** A jump over what is put next, until land(). */
static unsigned leap(struct program *p)
{
    put(p, BPF_JMP | BPF_JA, 0, 0, 0);
    return p->n - 1;
}

static void land(struct program *p, unsigned jump)
{
    p->code[jump].k = p->n - jump - 1;
}

/** It begins where its word at `level` does. */
static bool is_even(const struct program *p, const struct stretch *s, unsigned level)
{
    while (++level < p->words)
        if (s->from.word[level] != 0)
            return false;
    return true;
}

/** One value, the word of all that begin: below it, at it or above. */
static void search_value(struct program *p, const struct stretch *s, unsigned n, unsigned level)
{
    uint32_t value = s[1].from.word[level];
    bool even = is_even(p, &s[1], level);

    if (n == 2 && even) {
        put(p, BPF_JMP | BPF_JGE | BPF_K, 0, 1, value);
        put_verdict(p, s[1].verdict);
        put_verdict(p, s[0].verdict);
        return;
    }
    bool same = s[0].verdict == s[n - 1].verdict;
    put(p, BPF_JMP | BPF_JEQ | BPF_K, same ? 1 : 3, 0, value);
    if (!same) {
        put(p, BPF_JMP | BPF_JGT | BPF_K, 0, 1, value);
        put_verdict(p, s[n - 1].verdict);
    }
    put_verdict(p, s[0].verdict);
    put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)SKF_NET_OFF + p->source + 4 * (level + 1));
    search(p, s + even, n - even, level + 1);
}

/** A block of one value, and around it the same verdict. */
static bool is_one_value(const struct program *p, const struct stretch *s, unsigned n,
                         unsigned level)
{
    return n == 3 && s[0].verdict == s[2].verdict && is_even(p, &s[1], level) &&
           is_even(p, &s[2], level) && s[2].from.word[level] == s[1].from.word[level] + 1;
}

/** Where to halve: the second part begins with a value that the first does not have. 0: nowhere. */
static unsigned middle(const struct stretch *s, unsigned n, unsigned level)
{
    for (unsigned off = 0; off < n; off++) {
        unsigned up = n / 2 + off, down = n / 2 - off;
        if (up >= 2 && up < n && s[up].from.word[level] != s[up - 1].from.word[level])
            return up;
        if (off <= n / 2 && down >= 2 && s[down].from.word[level] != s[down - 1].from.word[level])
            return down;
    }
    return 0;
}

static void search(struct program *p, const struct stretch *s, unsigned n, unsigned level)
{
    if (p->full)
        return;
    if (n == 1) {
        put_verdict(p, s->verdict);
        return;
    }
    if (is_one_value(p, s, n, level)) {
        put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, s[1].from.word[level]);
        put_verdict(p, s[1].verdict);
        put_verdict(p, s[0].verdict);
        return;
    }
    unsigned half = middle(s, n, level);
    if (half == 0) {
        search_value(p, s, n, level);
        return;
    }
    put(p, BPF_JMP | BPF_JGE | BPF_K, 0, 1, s[half].from.word[level]);
    unsigned upper = leap(p);
    search(p, s, half, level);
    land(p, upper);
    search(p, s + half - 1, n - half + 1, level);
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

/** ENOMEM; EFBIG: the kernel would not take so many instructions. */
static int write_program(struct program *p, const struct block *b, unsigned n, unsigned share)
{
    struct stretch *s = calloc(STRETCHES, sizeof *s);

    if (!s)
        return ENOMEM;
    p->n = 0;
    p->full = false;
    put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)SKF_NET_OFF + p->source);
    search(p, s, cut(s, b, n, p->words), 0);
    free(s);
    if (p->full)
        return EFBIG;
    put_share(p, share);
    return 0;
}

/** ENOMEM, too, where the old program and the new one are more than a socket may have
 * (net.core.optmem_max). */
static int install(int fd, struct program *p, const struct block *b, unsigned n, unsigned share)
{
    int err = write_program(p, b, n, share);
    struct sock_fprog prog = {(unsigned short)p->n, p->code};

    if (err != 0)
        return err;
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof prog) == 0 ? 0 : errno;
}

static int attach(int fd, const struct block *b, unsigned n, int family, unsigned share)
{
    struct program *p = calloc(1, sizeof *p);
    int err;

    if (!p)
        return ENOMEM;
    p->words = family == AF_INET ? 1 : WORDS;
    p->source = family == AF_INET ? 12 : 8;
    while ((err = install(fd, p, b, n, share)) != 0 && (err == EFBIG || err == ENOMEM) && n > 0)
        n -= n / 16 + 1;
    free(p);
    return err;
}

int rt_sieve_attach(int fd, int family, const struct rt_sieve_row *rows, unsigned n, unsigned share)
{
    struct block *b;
    unsigned ours = 0;
    int none = 0;

    if (n > RT_SIEVE_MAX)
        return E2BIG;
    b = calloc(n + 1, sizeof *b);
    if (!b)
        return ENOMEM;
    for (unsigned i = 0; i < n; i++)
        if (rows[i].block.addr.sa.sa_family == family)
            read_block(&b[ours++], &rows[i], family == AF_INET ? 1 : WORDS);
    int err = ours > 0 || share < RT_SIEVE_ALL ? attach(fd, b, ours, family, share)
              : setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof none) == 0 ? 0
                                                                                      : errno;
    free(b);
    return err == ENOENT ? 0 : err; /* there was none to take away */
}
