/* The whole gateway as the agent of a mad gateway with twenty telephones: wrong answers, late ones,
 * none, restarts at any time, events that nobody asked for. Once the gateway is sane again and all
 * phones lie on their hooks, no call is left, no connection, nothing. */
#include "gw/gw.h"
#include "gw/leg.h"
#include "mgcp/message.h"
#include "mgcp/mgcp.h"
#include "test/fake/fake.h"
#include "test/unit/mgcp_monkey_rig.h"

#include <errno.h>

#define NPHONES     20
#define CONNECTIONS 8
#define STEPS       1500
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
static char in[70000];

/* ---- the gateway ---- */

static struct phone *phone_of(struct rt_str local)
{
    for (unsigned i = 0; i < NPHONES; i++)
        if (rt_str_caseeq(local, phones[i].name))
            return &phones[i];
    return NULL;
}

static char *slot_of(struct phone *p, struct rt_str id)
{
    for (unsigned i = 0; i < CONNECTIONS; i++)
        if (rt_str_caseeq(id, p->id[i]))
            return p->id[i];
    return NULL;
}

static unsigned connections(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < NPHONES; i++)
        for (unsigned k = 0; k < CONNECTIONS; k++)
            n += phones[i].id[k][0] != '\0';
    return n;
}

static void send_text(const char *p, size_t n)
{
    rt_udp_send(far, p, n, &us);
}

/** A command of the gateway's own. */
static void tell(const char *verb, const char *local, const char *lines)
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

static void restart(void)
{
    for (unsigned i = 0; i < NPHONES; i++) {
        memset(phones[i].id, 0, sizeof phones[i].id);
        phones[i].x[0] = '\0';
    }
    tell("RSIP", "*", "RM: restart\r\nRD: 0\r\n");
}

static void describe(struct rt_buf *out)
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

static unsigned create(struct phone *p, const struct mgcp_message *m, struct rt_buf *out)
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

static unsigned modify(struct phone *p, const struct mgcp_message *m, struct rt_buf *out)
{
    struct rt_str id = mgcp_value(m, MGCP_P_I);

    if (id.n == 0 || !slot_of(p, id))
        return 515;
    describe(out);
    return 200;
}

static unsigned delete (struct phone *p, const struct mgcp_message *m, struct rt_buf *out)
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

static unsigned audit(struct phone *p, struct rt_buf *out)
{
    rt_buf_printf(out, "X: %s\r\nI:", p->x[0] ? p->x : "0");
    for (unsigned i = 0, n = 0; i < CONNECTIONS; i++)
        if (p->id[i][0])
            rt_buf_printf(out, "%s%s", n++ ? "," : " ", p->id[i]);
    rt_buf_printf(out, "\r\nES: L/%s\r\nRM: restart\r\n", p->off_hook ? "hd" : "hu");
    return 200;
}

static unsigned names(struct rt_buf *out)
{
    for (unsigned i = 0; i < NPHONES; i++)
        rt_buf_printf(out, "Z: %s@iad.test\r\n", phones[i].name);
    return 200;
}

static unsigned act(const struct mgcp_message *m, struct rt_buf *out)
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

static void remember(uint32_t tid, struct rt_str wire, rt_time due)
{
    struct answer *a = &answers[turn++ % RT_COUNT(answers)];

    free(a->wire);
    *a = (struct answer){.tid = tid, .wire = rt_str_dup(wire), .due = due};
}

static const struct answer *remembered(uint32_t tid)
{
    for (unsigned i = 0; i < RT_COUNT(answers); i++)
        if (answers[i].wire && answers[i].tid == tid)
            return &answers[i];
    return NULL;
}

static void refuse(const struct mgcp_message *m, struct rt_buf *text)
{
    static const unsigned codes[] = {0,   101, 199, 300, 399, 400, 401, 402, 403, 404,
                                     405, 407, 409, 410, 499, 500, 501, 502, 510, 511,
                                     512, 515, 518, 521, 540, 599, 800, 899, 999};

    rt_buf_printf(text, "%03u %u No\r\n", any_of(codes), m->tid);
    if (one_in(4))
        rt_buf_puts(text, one_in(2) ? "K:\r\n" : "PL: L:1\r\n");
}

/** What a command brings about: in the sane gateway the right thing. */
static void take_command(const struct mgcp_message *m)
{
    struct rt_buf body = {0}, text = {0};
    const struct answer *was = remembered(m->tid);
    unsigned how = mad ? any(100) : 99;

    commands++;
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

static void hear(void)
{
    static struct mgcp_message m;
    size_t n;
    unsigned refusal;

    while (rt_udp_recv(far, in, sizeof in, &n, NULL) == 0) {
        struct rt_str rest = {in, n};
        int err;
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
}

/** Time passes, and the gateway listens. */
static void pass(rt_time d)
{
    rt_time end = rt_now() + d;

    do {
        rt_time left = end - rt_now();
        fake_advance(left < 20 * RT_MS ? left : 20 * RT_MS);
        for (unsigned i = 0; i < 20; i++) {
            hear();
            fake_settle();
        }
    } while (rt_now() < end);
}

/* ---- people ---- */

static void observed(struct phone *p, const char *what)
{
    char lines[200];

    snprintf(lines, sizeof lines, "X: %s\r\nO: %s\r\n",
             mad && one_in(8) ? "77"
             : p->x[0]        ? p->x
                              : "0",
             what);
    tell("NTFY", p->name, lines);
}

static void hook(struct phone *p, bool up)
{
    p->off_hook = up;
    observed(p, up ? "L/hd" : "L/hu");
}

static void dial(struct phone *p)
{
    unsigned to = 1 + any(NPHONES);
    char digits[60];

    snprintf(digits, sizeof digits, "D/1,D/%u,D/%u", to / 10, to % 10);
    observed(p, digits);
}

static void many_events(struct phone *p)
{
    struct rt_buf lines = {0};

    rt_buf_printf(&lines, "X: %s\r\nO: ", p->x[0] ? p->x : "0");
    put_many(&lines, one_in(2) ? "D/5," : "L/hf,ZZ/foo(1,2)@A1,", 500);
    rt_buf_puts(&lines, "D/1\r\n");
    tell("NTFY", p->name, lines.p);
    rt_buf_release(&lines);
}

static void gateway_acts(struct phone *p)
{
    static const char *const restarts[] = {
        "RM: restart\r\n",         "RM: forced\r\nE: 900\r\n",      "RM: graceful\r\nRD: 30\r\n",
        "RM: cancel-graceful\r\n", "RM: disconnected\r\nRD: 5\r\n", "RM: restart\r\nRD: 5\r\n",
        "RM: nonsense\r\n"};
    char lines[80];

    switch (any(6)) {
    case 0:
        tell("RSIP", one_in(3) ? "*" : one_in(2) ? "aaln/[1-7]" : p->name, any_of(restarts));
        break;
    case 1:
        restart();
        break;
    case 2:
        snprintf(lines, sizeof lines, "C: 1\r\nI: %s\r\nE: 901\r\nP: PS=1\r\n",
                 p->id[0][0] ? p->id[0] : "BAD");
        tell("DLCX", p->name, lines);
        p->id[0][0] = '\0';
        break;
    case 3:
        many_events(p);
        break;
    case 4:
        observed(p, "XY/zz(1),L/of,D/A@$");
        break;
    default:
        tell("MESG", p->name, "X-A: 1\r\n");
        break;
    }
}

static void step(void)
{
    static const rt_time waits[] = {20, 50, 200, 1000, 3000, 12000};
    struct phone *p = &phones[any(NPHONES)];

    switch (any(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
        hook(p, !p->off_hook);
        break;
    case 4:
    case 5:
    case 6:
    case 7:
        if (p->off_hook)
            dial(p);
        break;
    case 8:
        observed(p, "L/hf");
        break;
    case 9:
        if (one_in(3))
            gateway_acts(p);
        break;
    default:
        break;
    }
    pass(one_in(6) ? any_of(waits) * RT_MS : 20 * RT_MS);
}

/* ---- life ---- */

static void begin(void)
{
    struct rt_buf text = {0}, why = {0};
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *plan = NULL;
    union rt_addr a;

    fake_reset();
    fake_seed(monkey_seed);
    fake_local_address("10.0.0.1");
    rt_log_set_all(RT_ERROR);
    rt_buf_puts(
        &text,
        "version 1\nsip {\n listen udp:10.0.0.1:5060\n}\n"
        "media {\n address 10.0.0.1\n ports 20000-20999\n codecs pcma, pcmu\n threads 1\n}\n"
        "mgcp {\n listen udp:10.0.0.1:2727\n gateway iad.test address 10.0.0.9:2427 lines 1-20\n}\n"
        "trunk phones {\n mgcp iad.test lines 1-20\n flash on\n");
    for (unsigned i = 1; i <= NPHONES; i++)
        rt_buf_printf(&text, " line %u number 1%02u\n", i, i);
    rt_buf_puts(&text, "}\nroutes from phones {\n 1[00..99] -> phones\n * -> reject 1\n}\n");
    int err = gw_plan_parse(&plan, "monkey.conf", rt_buf_str(&text), &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p ? diag.text.p : "?");
    conf_diag_release(&diag);
    rt_buf_release(&text);
    ck_assert_int_eq(rt_loop_new(&loop, "test"), 0);
    err = gw_start(&gw, loop, plan, &why);
    ck_assert_msg(err == 0, "%s", why.p ? why.p : "?");
    rt_buf_release(&why);
    gw_plan_unref(plan);
    rt_addr_parse(&us, US, strlen(US), 0);
    rt_addr_parse(&a, THERE, strlen(THERE), 0);
    ck_assert_int_eq(rt_udp_open(&far, NULL, &a, NULL, NULL), 0);
    for (unsigned i = 0; i < NPHONES; i++)
        snprintf(phones[i].name, sizeof phones[i].name, "aaln/%u", i + 1);
}

static void end(void)
{
    struct fake_leaks left;

    gw_stop(gw);
    rt_udp_close(far);
    rt_loop_free(loop);
    fake_settle();
    fake_leaks(&left);
    ck_assert_uint_eq(left.loops + left.udp + left.streams + left.listeners + left.files, 0);
    for (unsigned i = 0; i < RT_COUNT(answers); i++)
        free(answers[i].wire);
}

/** The gateway is sane, and everybody goes home. */
static void calm(void)
{
    mad = false;
    for (unsigned i = 0; i < NPHONES; i++)
        hook(&phones[i], false);
    pass(120 * RT_S);
    for (unsigned i = 0; i < NPHONES && gw->ncalls > 0; i++)
        printf("%s: %s %s\n", phones[i].name, phones[i].id[0], phones[i].id[1]);
    ck_assert_uint_eq(gw->ncalls, 0);
    ck_assert(gw_idle(gw));
    for (unsigned i = 0; i < NPHONES; i++)
        ck_assert_msg(phones[i].id[0][0] == 0, "%s has %s", phones[i].name, phones[i].id[0]);
    ck_assert_uint_eq(connections(), 0);
}

START_TEST(agent_of_a_mad_gateway)
{
    uint64_t calls;

    monkey_begin("test_mgcp_monkey_agent");
    begin();
    pass(5 * RT_S);
    hook(&phones[0], true); /* while all is well, a call goes through */
    pass(RT_S);
    observed(&phones[0], "D/1,D/0,D/2");
    pass(RT_S);
    ck_assert_uint_eq(gw->ncalls, 1);
    calls = gw->total_calls;
    mad = true;
    for (unsigned i = 0; i < STEPS; i++)
        step();
    calm();
    printf("%u commands, %u calls, %u answered\n", commands, (unsigned)(gw->total_calls - calls),
           (unsigned)gw->answered_calls);
    ck_assert_uint_gt(gw->total_calls, calls + 10);
    end();
}
END_TEST

/** A gateway that says it restarted, ten thousand times in a second: its agent asks it no more
 * than it does at any time, and nothing of it piles up. */
START_TEST(flood_of_restarts)
{
    monkey_begin("test_mgcp_monkey_agent");
    begin();
    pass(5 * RT_S);
    unsigned before = commands;
    for (unsigned i = 0; i < 10000; i++) {
        tell("RSIP", i % 2 ? "*" : phones[i % NPHONES].name, "RM: restart\r\n");
        if (i % 100 == 99)
            pass(10 * RT_MS);
    }
    ck_assert_uint_le(commands - before, 3 * 250);
    calm();
    end();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mgcp_monkey_agent");
    TCase *t = tcase_create("agent");

    tcase_set_timeout(t, 120);
    tcase_add_test(t, agent_of_a_mad_gateway);
    tcase_add_test(t, flood_of_restarts);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
