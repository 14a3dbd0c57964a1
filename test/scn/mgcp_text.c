/* MGCP as text, for the far ends: reads messages into lines, answers repetitions as before, and
 * keeps what came until the script asks for it. */
#include "mgcp_text.h"

#include "test/fake/fake.h"

#include <stdlib.h>
#include <utlist.h>

/** Messages cross the line first where ISDN is behind: they are given a moment. */
#define MOMENT (200 * RT_MS)

/* ---- reading ---- */

static struct rt_str line_value(struct rt_str text, const char *name, bool *there)
{
    *there = false;
    while (text.n > 0) {
        struct rt_str line = rt_str_cut(&text, '\n'), key = rt_str_cut(&line, ':');
        if (!rt_str_caseeq(rt_str_trim(key), name))
            continue;
        *there = true;
        return rt_str_trim(line);
    }
    return (struct rt_str){"", 0};
}

struct rt_str mgcp_said_line(const struct mgcp_said *m, const char *name)
{
    bool there;

    return line_value(m->text, name, &there);
}

bool mgcp_said_has(const struct mgcp_said *m, const char *name)
{
    bool there;

    line_value(m->text, name, &there);
    return there;
}

bool mgcp_said_media(union rt_addr *to, struct rt_str sdp)
{
    const char *m = memmem(sdp.p, sdp.n, "m=audio ", 8), *c = memmem(sdp.p, sdp.n, "IN IP4 ", 7);

    if (!m || !c)
        return false;
    for (const char *at = c; (at = memmem(at, (size_t)(sdp.p + sdp.n - at), "c=IN IP4 ", 9)); at++)
        c = at + 2;
    struct rt_str rest = {c + 7, (size_t)(sdp.p + sdp.n - c - 7)};
    struct rt_str host = rt_str_cut(&rest, '\n');
    return rt_addr_parse(to, host.p, host.n, (uint16_t)strtoul(m + 8, NULL, 10)) == 0;
}

/** One message, without its '\r's. */
static struct mgcp_said *read_message(struct rt_str wire)
{
    struct mgcp_said *m = calloc(1, sizeof *m + wire.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < wire.n; i++)
        if (wire.p[i] != '\r')
            m->data[n++] = wire.p[i];
    m->text = (struct rt_str){m->data, n};
    const char *blank = memmem(m->data, n, "\n\n", 2);
    if (blank) {
        m->sdp = (struct rt_str){blank + 2, (size_t)(m->data + n - blank - 2)};
        m->text.n = (size_t)(blank - m->data) + 1;
    }
    struct words w = {m->text};
    w.rest = rt_str_cut(&w.rest, '\n');
    m->verb = word(&w);
    m->tid = word(&w);
    m->domain = word(&w);
    m->local = rt_str_cut(&m->domain, '@');
    return m;
}

static bool is_answer_to(const struct rt_buf *answer, struct rt_str tid)
{
    struct rt_str was = rt_buf_str(answer);

    rt_str_cut(&was, ' ');
    was = rt_str_cut(&was, ' ');
    return was.n == tid.n && memcmp(was.p, tid.p, tid.n) == 0;
}

static void receive(struct mgcp_far *f, struct rt_str wire)
{
    struct mgcp_said *m = read_message(wire);
    struct rt_str tid = m->tid;

    if (m->verb.n == 3 && m->verb.p[0] >= '0' && m->verb.p[0] <= '9') {
        uint64_t code = 0;
        rt_str_u64(&code, m->verb, 999);
        if (code >= 200)
            f->answered = (unsigned)code;
        DL_APPEND(f->responses, m);
        return;
    }
    for (unsigned i = 0; i < RT_COUNT(f->answers); i++)
        if (is_answer_to(&f->answers[i], tid)) {
            rt_udp_send(f->sock, f->answers[i].p, f->answers[i].n, &f->gateway);
            free(m);
            return;
        }
    for (unsigned i = 0; i < f->nlate; i++)
        if (is_answer_to(&f->late[i], tid)) {
            free(m);
            return;
        }
    if (f->command(f, m))
        DL_APPEND(f->commands, m);
    else
        free(m);
}

static void on_datagram(void *arg, struct rt_udp *u)
{
    struct mgcp_far *f = arg;
    union rt_addr from;
    char data[65536];
    size_t n;

    while (rt_udp_recv(u, data, sizeof data, &n, &from) == 0) {
        struct rt_str rest = {data, n};
        const char *dot;
        if (f->lost || (f->mute > 0 && f->mute--))
            continue;
        while ((dot = memmem(rest.p, rest.n, "\n.\r\n", 4))) {
            receive(f, (struct rt_str){rest.p, (size_t)(dot - rest.p) + 1});
            rest.n -= (size_t)(dot + 4 - rest.p);
            rest.p = dot + 4;
        }
        receive(f, rest);
    }
}

/* ---- life ---- */

void mgcp_far_open(struct mgcp_far *f, struct rt_loop *loop, const char *address, uint16_t port)
{
    union rt_addr a;

    rt_addr_parse(&f->gateway, SCN_GATEWAY, strlen(SCN_GATEWAY), port);
    rt_addr_parse(&a, address, strlen(address), 0);
    if (rt_udp_open(&f->sock, loop, &a, on_datagram, f) != 0)
        scn_fail("no socket for MGCP");
}

void mgcp_far_skip(struct mgcp_far *f)
{
    struct mgcp_said *m, *next;

    DL_FOREACH_SAFE(f->commands, m, next)
    free(m);
    DL_FOREACH_SAFE(f->responses, m, next)
    free(m);
    f->commands = f->responses = NULL;
}

void mgcp_far_close(struct mgcp_far *f)
{
    mgcp_far_skip(f);
    for (unsigned i = 0; i < RT_COUNT(f->answers); i++)
        rt_buf_release(&f->answers[i]);
    for (unsigned i = 0; i < f->nlate; i++)
        rt_buf_release(&f->late[i]);
    rt_buf_release(&f->last);
    rt_udp_close(f->sock);
}

/* ---- sending ---- */

void mgcp_far_send(struct mgcp_far *f, struct rt_buf *text)
{
    rt_buf_reset(&f->last);
    rt_buf_put(&f->last, text->p, text->n);
    rt_buf_release(text);
    mgcp_far_again(f);
}

void mgcp_far_again(struct mgcp_far *f)
{
    f->answered = 0;
    rt_udp_send(f->sock, f->last.p, f->last.n, &f->gateway);
    fake_settle();
}

/** A repetition of the command gets it again. */
static void answer_now(struct mgcp_far *f, struct rt_buf *text)
{
    struct rt_buf *kept = &f->answers[f->nanswers++ % RT_COUNT(f->answers)];

    rt_udp_send(f->sock, text->p, text->n, &f->gateway);
    rt_buf_release(kept);
    *kept = *text;
    *text = (struct rt_buf){0};
}

void mgcp_far_answer(struct mgcp_far *f, struct rt_buf *text)
{
    if (!f->thinks || f->nlate == RT_COUNT(f->late)) {
        answer_now(f, text);
        return;
    }
    f->late[f->nlate++] = *text;
    *text = (struct rt_buf){0};
}

void mgcp_far_hurry(struct mgcp_far *f)
{
    f->thinks = false;
    for (unsigned i = 0; i < f->nlate; i++)
        answer_now(f, &f->late[i]);
    f->nlate = 0;
    fake_settle();
}

/* ---- expecting ---- */

/** Each text between "&&" must be there, or must not. */
static void check_texts(const struct mgcp_said *m, struct rt_str want, bool there)
{
    while (want.n > 0) {
        const char *end = memmem(want.p, want.n, " && ", 4);
        struct rt_str one = {want.p, end ? (size_t)(end - want.p) : want.n};
        bool has = memmem(m->data, strlen(m->data), one.p, one.n) != NULL;
        if (has != there)
            scn_fail("it %s %.*s:\n%s", has ? "has" : "lacks", RT_STR(one), m->data);
        want.p += end ? one.n + 4 : one.n;
        want.n -= end ? one.n + 4 : one.n;
    }
}

static bool is_of(const struct mgcp_said *m, struct rt_str local)
{
    return local.n == 0 || (m->local.n == local.n && memcmp(m->local.p, local.p, local.n) == 0);
}

static struct mgcp_said *next_of(struct mgcp_far *f, bool response, struct rt_str local)
{
    struct mgcp_said *m;

    DL_FOREACH(response ? f->responses : f->commands, m)
    if (response || is_of(m, local))
        return m;
    return NULL;
}

static void remove_said(struct mgcp_far *f, struct mgcp_said *m, bool response)
{
    if (response)
        DL_DELETE(f->responses, m);
    else
        DL_DELETE(f->commands, m);
    free(m);
}

void mgcp_far_expect(struct mgcp_far *f, struct words *w)
{
    struct rt_str lacks = tail(w, "lacks"), has = tail(w, "has");
    struct rt_str what = word(w), local = word(w);
    bool response = what.n == 3 && what.p[0] >= '0' && what.p[0] <= '9';
    struct mgcp_said *m;

    fake_settle();
    m = next_of(f, response, local);
    if (rt_str_eq(what, "NOTHING")) {
        if (m)
            scn_fail("this came:\n%s", m->data);
        return;
    }
    for (rt_time t = 0; t < MOMENT && !m; t += RT_MS) {
        fake_advance(RT_MS);
        m = next_of(f, response, local);
    }
    if (!m) {
        scn_fail("nothing came");
        return;
    }
    if (m->verb.n != what.n || memcmp(m->verb.p, what.p, what.n) != 0)
        scn_fail("this came:\n%s", m->data);
    check_texts(m, has, true);
    check_texts(m, lacks, false);
    remove_said(f, m, response);
}
