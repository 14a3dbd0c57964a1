/* What the monkeys of MGCP share: numbers from a seed that is printed (SEED=N repeats a run), and
 * messages that are made of good ones by changing them token by token. */
#ifndef TEST_UNIT_MGCP_MONKEY_RIG_H
#define TEST_UNIT_MGCP_MONKEY_RIG_H

#include "gw/rt/buf.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t monkey_state, monkey_seed;

/** A new seed each time, unless the environment says one. Before fake_reset(). */
static inline void monkey_begin(const char *name)
{
    const char *said = getenv("SEED");

    monkey_seed = said ? strtoull(said, NULL, 10) : (uint64_t)time(NULL) % 1000000;
    monkey_state = monkey_seed * 0x9e3779b97f4a7c15u + 1;
    printf("%s: SEED=%llu\n", name, (unsigned long long)monkey_seed);
    fflush(stdout);
}

static inline uint32_t any(uint32_t below)
{
    monkey_state ^= monkey_state << 13;
    monkey_state ^= monkey_state >> 7;
    monkey_state ^= monkey_state << 17;
    return (uint32_t)((monkey_state >> 16) % below);
}

static inline bool one_in(uint32_t n)
{
    return any(n) == 0;
}

#define any_of(list) ((list)[any(RT_COUNT(list))])

/* ---- good messages of others ---- */

static char *monkey_good[256];
static unsigned monkey_ngood;

static inline void monkey_add(const char *text, size_t n)
{
    if (n > 0 && monkey_ngood < RT_COUNT(monkey_good))
        monkey_good[monkey_ngood++] = rt_str_dup((struct rt_str){text, n});
}

static inline size_t monkey_file(char *out, size_t cap, const char *path)
{
    FILE *f = fopen(path, "r");
    size_t n = 0;

    ck_assert_msg(f != NULL, "%s", path);
    n = fread(out, 1, cap - 1, f);
    out[n] = '\0';
    fclose(f);
    return n;
}

/** The corpus of the fuzzer, and the examples of RFC 3435. */
static inline void monkey_load(void)
{
    static char text[60000];
    static const char folder[] = "test/fuzz/corpus/mgcp";
    char path[400];
    DIR *d = opendir(folder);

    ck_assert_ptr_nonnull(d);
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] != '.')
            monkey_add(text, strnlen(text, monkey_file(text, sizeof text, path)));
    }
    closedir(d);
    size_t n = monkey_file(text, sizeof text, "test/unit/data/mgcp/rfc3435.txt");
    for (char *at = text, *dot; at < text + n; at = dot + 3) {
        dot = strstr(at, "\n.\n");
        if (!dot)
            break;
        monkey_add(at, (size_t)(dot + 1 - at));
    }
}

static inline void monkey_unload(void)
{
    while (monkey_ngood > 0)
        free(monkey_good[--monkey_ngood]);
}

/* ---- lines ---- */

/** A number of blocks of text, one after the other. */
static inline void put_many(struct rt_buf *out, const char *what, unsigned n)
{
    while (n-- > 0)
        rt_buf_puts(out, what);
}

/** Random octets; mostly those that mean something. */
static inline void put_junk(struct rt_buf *out, unsigned most)
{
    static const char meaning[] = "(),@/:;*$[]-|.xXTN0123456789ABCDabcd\r\n \t\"%E\\";

    for (unsigned n = any(most + 1); n > 0; n--) {
        char c = one_in(12) ? (char)any(256) : meaning[any(sizeof meaning - 1)];
        rt_buf_put(out, &c, 1);
    }
}

/** Requests inside requests, deeper and deeper. */
static inline void put_nested(struct rt_buf *out, unsigned depth)
{
    rt_buf_puts(out, "R: L/hd(E(");
    for (unsigned i = 0; i < depth; i++)
        rt_buf_puts(out, "R(L/hu(E(");
    rt_buf_puts(out, "S(L/dl)");
    for (unsigned i = 0; i < 2 * depth + 2; i++)
        rt_buf_puts(out, ")");
    rt_buf_puts(out, "\r\n");
}

/** Lists longer than anybody needs. */
static inline void put_huge(struct rt_buf *out)
{
    static const char *const piece[][2] = {
        {"R: ", "L/hd(N),"}, {"R: ", "D/[0-9*#T](D),"}, {"S: ", "L/rg@$,"},
        {"O: ", "D/1,"},     {"D: ", "(1|x.T|[0-9]|"},  {"D: ", "xxxx|"},
        {"L: ", "a:PCMU, "}, {"K: ", "1-999999999,"},   {"F: ", "I,X,R,S,"},
        {"X: ", "ab"},       {"N: ", "a.b.c."},         {"T: ", "L/hd,L/hu,"},
        {"Q: ", "loop,"},    {"B: ", "e:A,"},           {"BA/F: ", "BA/S(I,D),"}};
    unsigned i = any(RT_COUNT(piece));

    rt_buf_puts(out, piece[i][0]);
    put_many(out, piece[i][1], 1 + any(one_in(4) ? 6000 : 200));
    rt_buf_puts(out, "\r\n");
}

static inline void put_odd_line(struct rt_buf *out)
{
    static const char *const odd[] = {"X+BAD: 1\r\n",
                                      "X-GOOD: 1\r\n",
                                      "ZZ: 1\r\n",
                                      "no colon\r\n",
                                      ": no name\r\n",
                                      "I:\r\n",
                                      "I: \r\n",
                                      "C: xyz\r\n",
                                      "X: 123456789012345678901234567890123\r\n",
                                      "M: sideways\r\n",
                                      "L: p:0, a:, b:1-, gc:99\r\n",
                                      "B: e:X\r\n",
                                      "K: 5-1,0,abc,4294967296\r\n",
                                      "N: \r\n",
                                      "N: ca@[127.0.0.9]:2727\r\n",
                                      "N: evil@[127.0.0.66]:2727\r\n",
                                      "N: evil@stranger.example\r\n",
                                      "Q: loop,discard,step\r\n",
                                      "D: (|)\r\n",
                                      "D: [9-0]\r\n",
                                      "D: (x\r\n",
                                      "T: L/zz\r\n",
                                      "R: *(N)\r\n",
                                      "R: all/all(N)\r\n",
                                      "R: L/hd(N),L/hd(A)\r\n",
                                      "R: T/co1(N)\r\n",
                                      "S: L/rg(to=99999999999)\r\n",
                                      "S: G/rt@FFFFFFFF\r\n",
                                      "S: L/dl,L/bz,L/ro\r\n",
                                      "B/PR: x\r\n",
                                      "BA/F: BA/Z,BA/C\r\n",
                                      "RM: restart\r\n",
                                      "RD: 99999999\r\n",
                                      "E: 900\r\n",
                                      "P: PS=1\r\n",
                                      "Z2: $@gw\r\n",
                                      "Z2: aaln/2@gw\r\n",
                                      "Z2: *@gw\r\n",
                                      "\r\nv=1\r\n",
                                      "\r\n",
                                      ".\r\n"};

    rt_buf_puts(out, any_of(odd));
}

/** Changes a message of whole lines: doubles, drops, moves, breaks some of them. */
static inline void mutate(struct rt_buf *b)
{
    struct rt_buf out = {0};
    struct rt_str rest = rt_buf_str(b), line;
    bool first = true;

    for (; rest.n > 0; first = false) {
        line = rt_str_cut(&rest, '\n');
        bool keeps = first || !one_in(7);
        if (keeps && !first && one_in(9) && line.n > 3) { /* cut, or another value */
            rt_buf_put(&out, line.p, 3);
            put_junk(&out, 30);
        } else if (keeps) {
            rt_buf_put(&out, line.p, line.n);
        }
        if (keeps)
            rt_buf_puts(&out, "\n");
        if (one_in(10))
            put_odd_line(&out);
        if (!first && one_in(14)) {
            rt_buf_put(&out, line.p, line.n);
            rt_buf_puts(&out, "\n");
        }
        if (one_in(60))
            put_nested(&out, any(40));
        if (one_in(80))
            put_huge(&out);
    }
    if (out.n > 0 && one_in(12)) /* an octet anywhere */
        out.p[any((uint32_t)out.n)] = (char)any(256);
    if (out.n > 0 && one_in(15)) /* cut anywhere */
        out.n = any((uint32_t)out.n);
    rt_buf_reset(b);
    rt_buf_put(b, out.p, out.n);
    rt_buf_release(&out);
}

#endif
