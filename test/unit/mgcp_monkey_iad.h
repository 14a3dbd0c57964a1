/* A gateway of twenty telephones that is mad, stubborn or sane: it answers wrongly, late or not at
 * all, always the same, or as it should; it knows which connections it has. */
#ifndef TEST_UNIT_MGCP_MONKEY_IAD_H
#define TEST_UNIT_MGCP_MONKEY_IAD_H

#include "gw/gw.h"
#include "gw/leg.h"
#include "mgcp/message.h"
#include "mgcp/mgcp.h"
#include "test/fake/fake.h"
#include "test/unit/mgcp_monkey_rig.h"

#include <errno.h>

#define NPHONES     20
#define CONNECTIONS 8
#define US          "10.0.0.1:2727"
#define THERE       "10.0.0.9:2427"

struct phone {
    char name[12], x[12];
    char id[CONNECTIONS][12];
    bool off_hook;
};
static struct phone phones[NPHONES];

/** Answers that were given, by transaction, and those that come late. */
static struct answer {
    uint32_t tid;
    char *wire;
    rt_time due; /* 0: it was sent */
} answers[1024];
static unsigned turn;

static struct gw *gw;
static struct rt_loop *loop;
static struct rt_udp *far;
static union rt_addr us;
static unsigned made, next_tid = 100, commands;
static bool mad;
static int stubborn = -1; /* the code of every answer; SILENT: none comes */
#define SILENT 1000
static char in[70000];

/* ---- the gateway ---- */

static inline struct phone *phone_of(struct rt_str local)
{
    for (unsigned i = 0; i < NPHONES; i++)
        if (rt_str_caseeq(local, phones[i].name))
            return &phones[i];
    return NULL;
}

static inline char *slot_of(struct phone *p, struct rt_str id)
{
    for (unsigned i = 0; i < CONNECTIONS; i++)
        if (rt_str_caseeq(id, p->id[i]))
            return p->id[i];
    return NULL;
}

static inline unsigned connections(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < NPHONES; i++)
        for (unsigned k = 0; k < CONNECTIONS; k++)
            n += phones[i].id[k][0] != '\0';
    return n;
}

static inline void send_text(const char *p, size_t n)
{
    rt_udp_send(far, p, n, &us);
}

/** A command of the gateway's own. */
static inline void tell(const char *verb, const char *local, const char *lines)
{
    struct rt_buf text = {0};

    rt_buf_printf(&text, "%s %u %s@iad.test MGCP 1.0\r\n%s", verb, ++next_tid, local, lines);
    if (mad && one_in(6))
        mutate(&text);
    send_text(text.p, text.n);
    if (mad && one_in(6))
        send_text(text.p, text.n);
    rt_buf_release(&text);
}

static inline void restart(void)
{
    for (unsigned i = 0; i < NPHONES; i++) {
        memset(phones[i].id, 0, sizeof phones[i].id);
        phones[i].x[0] = '\0';
    }
    tell("RSIP", "*", "RM: restart\r\nRD: 0\r\n");
}

static inline void describe(struct rt_buf *out)
{
    static const char *const odd[] = {
        "",
        "\r\nv=0\r\n",
        "\r\nv=0\r\nc=IN IP4 10.0.0.9\r\nm=audio 99999 RTP/AVP 8\r\n",
        "\r\nv=0\r\no=- 1 1 IN IP4 x\r\nc=IN IP6 ::\r\nm=video 1 RTP/AVP 99\r\n",
        "\r\nm=audio\r\n",
        "\r\ngarbage\r\n"};
    if (mad && one_in(6))
        rt_buf_puts(out, any_of(odd));
    else
        rt_buf_printf(out,
                      "\r\nv=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n"
                      "m=audio %u RTP/AVP 8\r\n",
                      40000 + 2 * any(1000));
}

static inline unsigned create(struct phone *p, const struct mgcp_message *m, struct rt_buf *out)
{
    static const char *const odd[] = {"", "I:\r\n", "I: zz top\r\n",
                                      "I: 123456789012345678901234567890123456789\r\n",
                                      "I: FFFFFF\r\n"};
    char *id = slot_of(p, rt_str(""));

    (void)m;
    if (!id)
        return 540;
    snprintf(id, sizeof p->id[0], "A%X", ++made);
    if (mad && one_in(8))
        rt_buf_puts(out, any_of(odd));
    else
        rt_buf_printf(out, "I: %s\r\n", id);
    describe(out);
    return 200;
}

static inline unsigned modify(struct phone *p, const struct mgcp_message *m, struct rt_buf *out)
{
    struct rt_str id = mgcp_value(m, MGCP_P_I);

    if (id.n == 0 || !slot_of(p, id))
        return 515;
    describe(out);
    return 200;
}

static inline unsigned delete (struct phone *p, const struct mgcp_message *m, struct rt_buf *out)
{
    struct rt_str id = mgcp_value(m, MGCP_P_I);
    char *slot = id.n > 0 ? slot_of(p, id) : NULL;

    if (id.n > 0 && !slot)
        return 515;
    if (slot)
        slot[0] = '\0';
    else
        memset(p->id, 0, sizeof p->id);
    rt_buf_puts(out, "P: PS=1, OS=2\r\n");
    return 250;
}

static inline unsigned audit(struct phone *p, struct rt_buf *out)
{
    rt_buf_printf(out, "X: %s\r\nI:", p->x[0] ? p->x : "0");
    for (unsigned i = 0, n = 0; i < CONNECTIONS; i++)
        if (p->id[i][0])
            rt_buf_printf(out, "%s%s", n++ ? "," : " ", p->id[i]);
    rt_buf_printf(out, "\r\nES: L/%s\r\nRM: restart\r\n", p->off_hook ? "hd" : "hu");
    return 200;
}

static inline unsigned names(struct rt_buf *out)
{
    for (unsigned i = 0; i < NPHONES; i++)
        rt_buf_printf(out, "Z: %s@iad.test\r\n", phones[i].name);
    return 200;
}

static inline unsigned act(const struct mgcp_message *m, struct rt_buf *out)
{
    struct phone *p = phone_of(m->local);
    struct rt_str x = mgcp_value(m, MGCP_P_X);

    if (m->verb == MGCP_AUEP && rt_str_eq(m->local, "*"))
        return names(out);
    if (!p)
        return 500;
    if (x.n > 0)
        rt_str_copy(p->x, sizeof p->x, x);
    switch (m->verb_text.p[0]) {
    case 'C':
        return create(p, m, out);
    case 'M':
        return modify(p, m, out);
    case 'D':
        return delete (p, m, out);
    case 'A':
        return audit(p, out);
    default:
        return 200;
    }
}

static inline void remember(uint32_t tid, struct rt_str wire, rt_time due)
{
    struct answer *a = &answers[turn++ % RT_COUNT(answers)];

    free(a->wire);
    *a = (struct answer){.tid = tid, .wire = rt_str_dup(wire), .due = due};
}

static inline const struct answer *remembered(uint32_t tid)
{
    for (unsigned i = 0; i < RT_COUNT(answers); i++)
        if (answers[i].wire && answers[i].tid == tid)
            return &answers[i];
    return NULL;
}

static inline void refuse(const struct mgcp_message *m, struct rt_buf *text)
{
    static const unsigned codes[] = {0,   101, 199, 300, 399, 400, 401, 402, 403, 404,
                                     405, 407, 409, 410, 499, 500, 501, 502, 510, 511,
                                     512, 515, 518, 521, 540, 599, 800, 899, 999};

    rt_buf_printf(text, "%03u %u No\r\n", any_of(codes), m->tid);
    if (one_in(4))
        rt_buf_puts(text, one_in(2) ? "K:\r\n" : "PL: L:1\r\n");
}

/** What a command brings about: in the sane gateway the right thing. */
static inline void take_command(const struct mgcp_message *m)
{
    struct rt_buf body = {0}, text = {0};
    const struct answer *was = remembered(m->tid);
    unsigned how = mad ? any(100) : 99;

    commands++;
    if (stubborn >= 0) {
        rt_buf_printf(&text, "%03d %u Always\r\n", stubborn, m->tid);
        if (stubborn != SILENT)
            send_text(text.p, text.n);
        rt_buf_release(&text);
        return;
    }
    if (was) {
        if (how >= 10 && !was->due)
            send_text(was->wire, strlen(was->wire));
        return;
    }
    if (how < 8) /* it did not come */
        return;
    if (how < 16) {
        refuse(m, &text);
        send_text(text.p, text.n);
        if (strtoul(text.p, NULL, 10) >= 200)
            remember(m->tid, rt_buf_str(&text), 0);
        rt_buf_release(&text);
        return;
    }
    unsigned code = act(m, &body);
    rt_buf_printf(&text, "%u %u OK\r\n", code, m->tid);
    rt_buf_put(&text, body.p, body.n);
    rt_buf_release(&body);
    remember(m->tid, rt_buf_str(&text), how < 32 ? rt_now() + any(8000) * RT_MS + 1 : 0);
    if (how < 26) { /* 100, and the answer later */
        char early[40];
        snprintf(early, sizeof early, "100 %u\r\n", m->tid);
        send_text(early, strlen(early));
    } else if (how < 36 && how >= 32) { /* to another transaction */
        char other[40];
        snprintf(other, sizeof other, "200 %u\r\n", m->tid + any(5));
        send_text(other, strlen(other));
    } else if (how >= 32 && how != 40) {
        if (how == 41)
            mutate(&text);
        send_text(text.p, text.n);
    }
    rt_buf_release(&text);
}

/** False: nothing came. */
static inline bool hear(void)
{
    bool came = false;
    static struct mgcp_message m;
    size_t n;
    unsigned refusal;

    while (rt_udp_recv(far, in, sizeof in, &n, NULL) == 0) {
        struct rt_str rest = {in, n};
        int err;
        came = true;
        while ((err = mgcp_read(&m, &rest, &refusal)) != ENOENT) {
            if (err != 0)
                ck_abort_msg("the agent said %.*s", RT_STR(m.raw));
            if (m.command)
                take_command(&m);
        }
    }
    for (unsigned i = 0; i < RT_COUNT(answers); i++)
        if (answers[i].wire && answers[i].due && answers[i].due <= rt_now()) {
            answers[i].due = 0;
            send_text(answers[i].wire, strlen(answers[i].wire));
        }
    return came;
}

/** Time passes, and the gateway listens. */
static inline void pass(rt_time d)
{
    rt_time end = rt_now() + d;

    do {
        rt_time left = end - rt_now();
        fake_advance(left < 20 * RT_MS ? left : 20 * RT_MS);
        while (hear())
            fake_settle();
    } while (rt_now() < end);
}

#endif
