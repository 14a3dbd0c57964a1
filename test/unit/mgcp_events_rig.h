/* A gateway's role with one line and one trunk endpoint, and a scripted agent over the fake
 * network. A script is lines of one letter and its text:
 *
 *   >  RQNT with these lines, ";" between them; 200 is expected, or what a line "=" says
 *   c  CRCX with these lines; C: with a remote description; m: MDCX of the connection
 *   d  DLCX of the connection
 *   =  code of the last answer
 *   !  an event happens;  p: a signal is through;  f: it failed
 *   n  the next NTFY, "X:O"; "-": there is none
 *   w  NTFYs in the datagram of the last one
 *   a  the agent answers the oldest NTFY with this code
 *   s  what was started "+" and stopped "-" since the last such line
 *   h  the hook: 0 on, 1 off;  k: what the owner says of signals;  x: they fail as they start
 *   ?  parameter and value as an audit has them
 *   +  milliseconds pass
 *   t  the trunk endpoint from now on
 * "%" stands for the id of the last connection.
 */
#ifndef TEST_UNIT_MGCP_EVENTS_RIG_H
#define TEST_UNIT_MGCP_EVENTS_RIG_H

#include "mgcp/gw_events.h"
#include "test/fake/fake.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

struct rig_notify {
    char id[40], observed[1024], entity[64];
    unsigned tid;
};
static struct {
    struct rt_loop *loop;
    struct mgcp_node *node;
    struct mgcp_gw *gw;
    struct mgcp_gw_endpoint *line, *trunk, *now;
    struct rt_udp *agent;
    union rt_addr gateway;
    struct rig_notify notify[128]; /* [told, came) are not looked at yet; [answered, came) wait */
    unsigned came, told, answered, together;
    unsigned tid, code, check;
    bool off_hook, fails;
    char connection[MGCP_ID_LEN], log[512];
    const char *script;
    unsigned at;
} rig;

static bool rig_off_hook(void *arg)
{
    (void)arg;
    return rig.off_hook;
}
static unsigned rig_check(void *arg, struct mgcp_gw_connection *c, const char *package,
                          const char *symbol, struct rt_str params)
{
    (void)arg, (void)c, (void)package, (void)symbol, (void)params;
    return rig.check;
}
static void rig_signal(void *arg, struct mgcp_gw_connection *c, enum mgcp_signal_verb what,
                       const char *package, const char *symbol, struct rt_str params)
{
    size_t n = strlen(rig.log);

    (void)arg;
    snprintf(rig.log + n, sizeof rig.log - n, "%s%c%s/%s%s%s%s%.*s%s", n ? " " : "",
             what == MGCP_SIGNAL_START ? '+' : '-', package, symbol, c ? "@" : "",
             c ? mgcp_gw_connection_id(c) : "", params.n ? "(" : "", RT_STR(params),
             params.n ? ")" : "");
    if (rig.fails && what == MGCP_SIGNAL_START)
        mgcp_gw_played(rig.now, c, package, symbol, true);
}
static unsigned rig_prepare(void *arg, struct mgcp_gw_connection *c, const struct mgcp_gw_media *m,
                            struct rt_buf *local)
{
    (void)arg, (void)c;
    if (!m->modify)
        rt_buf_puts(local, "v=0\r\n");
    return 200;
}
static void rig_connection(void *arg, struct mgcp_gw_connection *c)
{
    (void)arg, (void)c;
}
static bool rig_remove(void *arg, struct mgcp_gw_connection *c, struct mgcp_statistics *out)
{
    (void)arg, (void)c, (void)out;
    return false;
}
static const struct mgcp_gw_ops rig_ops = {.prepare = rig_prepare,
                                           .commit = rig_connection,
                                           .abort = rig_connection,
                                           .remove = rig_remove,
                                           .statistics = rig_remove,
                                           .check = rig_check,
                                           .signal = rig_signal,
                                           .off_hook = rig_off_hook};

/* ---- the agent ---- */

static void rig_say(const char *text)
{
    ck_assert_int_eq(rt_udp_send(rig.agent, text, strlen(text), &rig.gateway), 0);
}
static void rig_copy(char *out, size_t cap, const struct mgcp_message *m, enum mgcp_param p)
{
    rt_str_copy(out, cap, mgcp_value(m, p));
}
static void rig_notified(const struct mgcp_message *m)
{
    struct rig_notify *n = &rig.notify[rig.came];

    for (unsigned i = 0; i < rig.came; i++) {
        if (rig.notify[i].tid == m->tid)
            return; /* repeated */
    }
    ck_assert_uint_lt(rig.came, RT_COUNT(rig.notify));
    ck_assert_msg(rig.code != 0, "%s, line %u: NTFY before the answer", rig.script, rig.at);
    n->tid = m->tid;
    rig_copy(n->id, sizeof n->id, m, MGCP_P_X);
    rig_copy(n->observed, sizeof n->observed, m, MGCP_P_O);
    rig_copy(n->entity, sizeof n->entity, m, MGCP_P_N);
    rig.came++;
}
static void rig_received(void *arg, struct rt_udp *u)
{
    char buf[65536], answer[64];
    struct rt_str rest = {buf, 0};
    struct mgcp_message m;
    union rt_addr from;
    unsigned refusal, before = rig.came, notifies = 0;

    (void)arg;
    while (rt_udp_recv(u, buf, sizeof buf, &rest.n, &from) == 0) {
        rest.p = buf;
        while (mgcp_read(&m, &rest, &refusal) == 0) {
            if (!m.command && m.code >= 200) {
                rig.code = m.code;
                if (mgcp_has(&m, MGCP_P_I))
                    rig_copy(rig.connection, sizeof rig.connection, &m, MGCP_P_I);
            } else if (m.command && m.verb == MGCP_NTFY) {
                notifies++;
                rig_notified(&m);
            } else if (m.command) {
                snprintf(answer, sizeof answer, "200 %u OK\r\n", m.tid);
                rig_say(answer);
            }
        }
    }
    if (rig.came > before)
        rig.together = notifies;
}

static void rig_command(const char *verb, const char *lines, bool remote)
{
    struct rt_buf b = {0};

    rt_buf_printf(&b, "%s %u %s@[192.0.2.1] MGCP 1.0\r\n", verb, ++rig.tid,
                  mgcp_gw_endpoint_name(rig.now));
    if (strcmp(verb, "RQNT") != 0)
        rt_buf_puts(&b, "C: A1\r\n");
    if (strcmp(verb, "CRCX") == 0)
        rt_buf_printf(&b, "M: %s\r\n", remote ? "sendrecv" : "recvonly");
    else if (strcmp(verb, "RQNT") != 0)
        rt_buf_printf(&b, "I: %s\r\n", rig.connection);
    for (; *lines; lines++)
        *lines == ';' ? rt_buf_puts(&b, "\r\n") : rt_buf_put(&b, lines, 1);
    rt_buf_puts(&b, remote ? "\r\n\r\nv=0\r\n" : "\r\n");
    rig.code = 0;
    rig_say(b.p);
    rt_buf_release(&b);
    fake_settle();
}

/* ---- scripts ---- */

#define RIG_STR_EQ(is, want)                                                                       \
    ck_assert_msg(strcmp(is, want) == 0, "%s, line %u: \"%s\", not \"%s\"", rig.script, rig.at,    \
                  is, want)

static void rig_event(char kind, char *text)
{
    char *params = strchr(text, '('), *at, *symbol;
    struct mgcp_gw_connection *c = NULL;

    if (params) {
        *params++ = '\0';
        params[strlen(params) - 1] = '\0';
    }
    if ((at = strchr(text, '@')) != NULL) {
        *at++ = '\0';
        c = mgcp_gw_connection(rig.now, rt_str(at));
        ck_assert_ptr_nonnull(c);
    }
    symbol = strchr(text, '/');
    *symbol++ = '\0';
    if (kind == '!')
        mgcp_gw_event(rig.now, c, text, symbol, rt_str(params ? params : ""));
    else
        mgcp_gw_played(rig.now, c, text, symbol, kind == 'f');
    fake_settle();
}
static void rig_expect_notify(const char *text)
{
    char is[1100] = "-";

    if (rig.told < rig.came) {
        snprintf(is, sizeof is, "%s:%s", rig.notify[rig.told].id, rig.notify[rig.told].observed);
        rig.told++;
    }
    RIG_STR_EQ(is, text);
}
static void rig_answer(const char *code)
{
    char text[64];

    ck_assert_uint_lt(rig.answered, rig.came);
    snprintf(text, sizeof text, "%s %u OK\r\n", code, rig.notify[rig.answered++].tid);
    rig_say(text);
    fake_settle();
}
static void rig_audit(char *text)
{
    struct rt_buf out = {0};
    char *value = strchr(text, ' ');

    if (value)
        *value++ = '\0';
    if (strchr(text, '/')) {
        ck_assert(mgcp_events_audit_base(rig.now, rt_str(text), &out));
    } else {
        for (unsigned p = 0; p < MGCP_P_KNOWN; p++) {
            if (strcmp(mgcp_param_name(p), text) == 0)
                mgcp_events_audit(rig.now, p, &out);
        }
    }
    RIG_STR_EQ(out.p ? out.p : "", value ? value : "");
    rt_buf_release(&out);
}
static void rig_number(const char *text, unsigned is)
{
    ck_assert_msg(is == (unsigned)atoi(text), "%s, line %u: %u, not %s", rig.script, rig.at, is,
                  text);
}

static void rig_step(char kind, char *text)
{
    static const struct {
        char kind;
        const char *verb;
        bool remote;
    } commands[] = {{'>', "RQNT", false},
                    {'c', "CRCX", false},
                    {'C', "CRCX", true},
                    {'m', "MDCX", false},
                    {'d', "DLCX", false}};

    for (size_t i = 0; i < RT_COUNT(commands); i++) {
        if (commands[i].kind == kind)
            rig_command(commands[i].verb, text, commands[i].remote);
    }
    switch (kind) {
    case '=':
        rig_number(text, rig.code);
        break;
    case '!':
    case 'p':
    case 'f':
        rig_event(kind, text);
        break;
    case 'n':
        rig_expect_notify(text);
        break;
    case 'w':
        rig_number(text, rig.together);
        break;
    case 'a':
        rig_answer(text);
        break;
    case 's':
        RIG_STR_EQ(rig.log, text);
        rig.log[0] = '\0';
        break;
    case 'h':
        rig.off_hook = text[0] == '1';
        break;
    case 'x':
        rig.fails = text[0] == '1';
        break;
    case 'k':
        rig.check = (unsigned)atoi(text);
        break;
    case '?':
        rig_audit(text);
        break;
    case '+':
        fake_advance(atoi(text) * RT_MS);
        break;
    case 't':
        rig.now = rig.trunk;
        break;
    default:
        break;
    }
}

static void rig_setup(enum mgcp_profile profile)
{
    struct mgcp_node_config node = {.nlisten = 1, .domain = "[192.0.2.1]"};
    struct mgcp_gw_config gw = {.agents = {"192.0.2.9:2727"},
                                .nagents = 1,
                                .profile = profile,
                                .foreign = true,
                                .restart = {.mwd = 1 * RT_MS}};
    union rt_addr agent;
    unsigned failed;

    fake_reset();
    memset(&rig, 0, sizeof rig);
    rig.check = 200;
    rig.code = 200;
    rt_addr_parse(&node.listen[0], "192.0.2.1:2427", 14, 0);
    rt_addr_parse(&agent, profile == MGCP_CISCO ? "192.0.2.9:2727" : "192.0.2.9:2727", 14, 0);
    rig.gateway = node.listen[0];
    ck_assert_int_eq(rt_loop_new(&rig.loop, "test"), 0);
    ck_assert_int_eq(rt_udp_open(&rig.agent, rig.loop, &agent, rig_received, NULL), 0);
    ck_assert_int_eq(mgcp_node_new(&rig.node, rig.loop, &node, NULL, NULL, &failed), 0);
    ck_assert_int_eq(mgcp_gw_new(&rig.gw, rig.node, &gw), 0);
    ck_assert_int_eq(
        mgcp_gw_endpoint_new(&rig.line, rig.gw, "aaln/1", MGCP_LINE_ENDPOINT, &rig_ops, NULL), 0);
    ck_assert_int_eq(
        mgcp_gw_endpoint_new(&rig.trunk, rig.gw, "ds/e1-1/1", MGCP_TRUNK_ENDPOINT, &rig_ops, NULL),
        0);
    rig.now = rig.line;
    mgcp_gw_start(rig.gw);
    fake_advance(1 * RT_S);
}

static void rig_teardown(void)
{
    struct fake_leaks left;

    mgcp_gw_endpoint_free(rig.line);
    mgcp_gw_endpoint_free(rig.trunk);
    mgcp_gw_free(rig.gw);
    mgcp_node_free(rig.node);
    rt_udp_close(rig.agent);
    fake_leaks(&left);
    ck_assert_uint_eq(left.timers, 0);
    rt_loop_free(rig.loop);
}

/* Runs a script; `name` says which one failed. */
static inline void rig_run(const char *name, const char *script, enum mgcp_profile profile)
{
    rig_setup(profile);
    rig.script = name;
    while (*script) {
        size_t n = strcspn(script, "\n");
        struct rt_buf line = {0};
        bool answered = strchr(">cCmd", script[0]) != NULL;

        rig.at++;
        for (size_t i = 1; i < n; i++) {
            if (script[i] == '%')
                rt_buf_puts(&line, rig.connection);
            else if (i > 1 || script[i] != ' ')
                rt_buf_put(&line, script + i, 1);
        }
        if (!line.p)
            rt_buf_puts(&line, "");
        rig_step(script[0], line.p);
        rt_buf_release(&line);
        script += n + (script[n] == '\n');
        if (answered && script[0] != '=')
            ck_assert_msg(rig.code >= 200 && rig.code < 300, "%s, line %u: refused with %u", name,
                          rig.at, rig.code);
    }
    rig_teardown();
}

#endif
