/* A gateway role on the fake network, with an agent that is a socket of the test, and an owner
 * whose answers are scripted. */
#ifndef TEST_UNIT_MGCP_GW_RIG_H
#define TEST_UNIT_MGCP_GW_RIG_H

#include "gw/rt/dns.h"
#include "mgcp/gw_priv.h"
#include "mgcp/options.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define AGENT  "127.0.0.9"
#define SECOND "127.0.0.8"
#define US     "127.0.0.1"

static struct rt_loop *loop;
static struct rt_dns *dns; /* made where `with_dns` is set */
static bool with_dns;
static struct mgcp_node *node;
static struct mgcp_gw *gw;
static struct rt_udp *agent, *second;
static char got[70000]; /* the last datagram that an agent took */
static char also[4000]; /* a command of ours that came beside an answer */
static unsigned ngot;   /* datagrams since the last question */
static union rt_addr got_from;
static unsigned next_tid = 5000;

/* ---- the owner ---- */

static struct script {
    unsigned prepare;      /* code; 0: 200 */
    unsigned refuse_after; /* prepares until one is refused by 502; 0: never */
    unsigned check;
    const char *local; /* our description; NULL: one with the number of prepares */
    bool statistics, hook, silent;
    unsigned prepared, committed, aborted, removed, signalled;
    struct mgcp_gw_media last;
    char remote[200], options[100];
} own;

static inline unsigned own_prepare(void *arg, struct mgcp_gw_connection *c,
                                   const struct mgcp_gw_media *m, struct rt_buf *local)
{
    (void)arg;
    own.prepared++;
    own.last = *m;
    rt_str_copy(own.remote, sizeof(own.remote), m->remote);
    rt_str_copy(own.options, sizeof(own.options), m->options);
    if (own.refuse_after && own.prepared >= own.refuse_after)
        return 502;
    if (own.prepare)
        return own.prepare;
    mgcp_gw_connection_own(c, &own);
    if (own.local)
        rt_buf_puts(local, own.local);
    else if (!own.silent)
        rt_buf_printf(local, "v=0\r\no=- %u\r\n", own.prepared);
    return 200;
}

static inline void own_commit(void *arg, struct mgcp_gw_connection *c)
{
    (void)arg;
    (void)c;
    own.committed++;
}

static inline void own_abort(void *arg, struct mgcp_gw_connection *c)
{
    (void)arg;
    (void)c;
    own.aborted++;
}

static inline bool own_statistics(void *arg, struct mgcp_gw_connection *c,
                                  struct mgcp_statistics *out)
{
    (void)arg;
    ck_assert_ptr_eq(mgcp_gw_connection_owned(c), &own);
    out->ps = 10;
    out->os = 1600;
    return own.statistics;
}

static inline bool own_remove(void *arg, struct mgcp_gw_connection *c, struct mgcp_statistics *out)
{
    own.removed++;
    return own_statistics(arg, c, out);
}

static inline unsigned own_check(void *arg, struct mgcp_gw_connection *c, const char *package,
                                 const char *symbol, struct rt_str params)
{
    (void)arg;
    (void)c;
    (void)package;
    (void)symbol;
    (void)params;
    return own.check ? own.check : 200;
}

static inline void own_signal(void *arg, struct mgcp_gw_connection *c, enum mgcp_signal_verb what,
                              const char *package, const char *symbol, struct rt_str params)
{
    (void)arg;
    (void)c;
    (void)package;
    (void)symbol;
    (void)params;
    own.signalled += what == MGCP_SIGNAL_START;
}

static inline bool own_off_hook(void *arg)
{
    (void)arg;
    return own.hook;
}

static inline void own_capabilities(void *arg, struct rt_buf *out)
{
    (void)arg;
    rt_buf_puts(out, "a:PCMU;PCMA, m:sendrecv;inactive");
}

static const struct mgcp_gw_ops own_ops = {
    .prepare = own_prepare,
    .commit = own_commit,
    .abort = own_abort,
    .remove = own_remove,
    .statistics = own_statistics,
    .check = own_check,
    .signal = own_signal,
    .off_hook = own_off_hook,
    .capabilities = own_capabilities,
};

/* ---- the agents ---- */

static inline struct rt_udp *agent_at(const char *host)
{
    struct rt_udp *u = NULL;
    union rt_addr a;
    ck_assert_int_eq(rt_addr_parse(&a, host, strlen(host), MGCP_PORT_AGENT), 0);
    ck_assert_int_eq(rt_udp_open(&u, NULL, &a, NULL, NULL), 0);
    return u;
}

/** Takes everything that came; the last is in `got`. False: nothing. */
static inline bool take(struct rt_udp *u)
{
    size_t len;
    ngot = 0;
    got[0] = '\0';
    while (rt_udp_recv(u, got, sizeof(got) - 1, &len, &got_from) == 0) {
        got[len] = '\0';
        ngot++;
    }
    return ngot > 0;
}

/** Takes the oldest alone. */
static inline bool take_one(struct rt_udp *u)
{
    size_t len;
    got[0] = '\0';
    if (rt_udp_recv(u, got, sizeof(got) - 1, &len, &got_from))
        return false;
    got[len] = '\0';
    return true;
}

static inline void send_text(struct rt_udp *u, const char *text)
{
    union rt_addr to;
    rt_addr_parse(&to, US, strlen(US), MGCP_PORT_GATEWAY);
    rt_udp_send(u, text, strlen(text), &to);
    fake_settle();
}

/** Of a datagram with a command before an answer: the command goes into `also`, the answer stays.
 */
static inline void split_answer(void)
{
    char *end = strstr(got, "\n.\r\n");
    if (!end || got[0] <= '9' || end[4] < '0' || end[4] > '9')
        return;
    rt_str_copy(also, sizeof(also), (struct rt_str){got, (size_t)(end + 1 - got)});
    memmove(got, end + 4, strlen(end + 4) + 1);
}

/** Takes an answer into `got`, and a command that came before it, or in a datagram of its own,
 * into `also`. Returns the code, 0: nothing answered. */
static inline unsigned take_answer(struct rt_udp *u)
{
    static char answer[sizeof(got)];
    answer[0] = also[0] = '\0';
    for (ngot = 0; take_one(u); ngot++) {
        split_answer();
        if (got[0] >= '0' && got[0] <= '9')
            strcpy(answer, got);
        else
            rt_str_copy(also, sizeof(also), rt_str(got));
    }
    strcpy(got, answer);
    return (unsigned)strtoul(got, NULL, 10);
}

/** Sends a command: verb, endpoint, and lines between "|"; an empty one begins the description.
 * Returns the code that answered, 0: nothing did. */
static inline unsigned command(const char *verb, const char *endpoint, const char *lines)
{
    char text[2000];
    size_t n = (size_t)snprintf(text, sizeof(text), "%s %u %s@gw MGCP 1.0\r\n", verb, ++next_tid,
                                endpoint);
    for (const char *p = lines; *p; p++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, *p == '|' ? "\r\n" : "%c", *p);
    if (*lines)
        snprintf(text + n, sizeof(text) - n, "\r\n");
    take(agent);
    send_text(agent, text);
    return take_answer(agent);
}

/** The value of a line of what came; "" when it is not there. */
static inline const char *value_of(const char *name)
{
    static char out[8][4000];
    static unsigned turn;
    char key[40];
    char *v = out[turn++ % 8];
    v[0] = '\0';
    snprintf(key, sizeof(key), "\n%s: ", name);
    const char *p = strstr(got, key);
    if (p) {
        p += strlen(key);
        rt_str_copy(v, 4000, (struct rt_str){p, strcspn(p, "\r\n")});
    }
    return v;
}

/** Answers the command that came last, with more lines. */
static inline void reply(struct rt_udp *u, unsigned code, const char *more)
{
    char text[300];
    unsigned long tid = strtoul(got + 5, NULL, 10);
    snprintf(text, sizeof(text), "%u %lu X\r\n%s", code, tid, more);
    send_text(u, text);
}

/* ---- life ---- */

static struct mgcp_gw_config rig_config = {
    .agents = {AGENT}, .nagents = 1, .restart.mwd = 2 * RT_MS};

static inline void rig_open(void)
{
    struct mgcp_node_config cfg = {.nlisten = 1, .domain = "gw"};
    unsigned failed;
    fake_reset();
    memset(&own, 0, sizeof(own));
    rt_loop_new(&loop, "test");
    if (with_dns)
        ck_assert_int_eq(rt_dns_new(&dns, loop, &(struct rt_dns_config){.entries = 16}), 0);
    cfg.dns = dns;
    rt_addr_parse(&cfg.listen[0], US, strlen(US), MGCP_PORT_GATEWAY);
    agent = agent_at(AGENT);
    second = agent_at(SECOND);
    ck_assert_int_eq(mgcp_node_new(&node, loop, &cfg, NULL, NULL, &failed), 0);
    ck_assert_int_eq(mgcp_gw_new(&gw, node, &rig_config), 0);
}

static inline struct mgcp_gw_endpoint *rig_endpoint(const char *name, enum mgcp_endpoint_kind kind)
{
    struct mgcp_gw_endpoint *e = NULL;
    ck_assert_int_eq(mgcp_gw_endpoint_new(&e, gw, name, kind, &own_ops, &own), 0);
    return e;
}

/** Agrees to every RSIP that came. */
static inline unsigned agree(struct rt_udp *u)
{
    unsigned n = 0;
    while (take_one(u)) {
        if (strncmp(got, "RSIP", 4) == 0) {
            reply(u, 200, "");
            n++;
        }
    }
    return n;
}

/** Announces all, and the agent agrees. */
static inline void rig_start(void)
{
    mgcp_gw_start(gw);
    fake_advance(rig_config.restart.mwd);
    agree(agent);
}

static inline void rig_close(void)
{
    struct fake_leaks leaks;
    mgcp_gw_free(gw);
    mgcp_node_free(node);
    if (dns)
        rt_dns_free(dns);
    dns = NULL;
    rt_udp_close(agent);
    rt_udp_close(second);
    rt_loop_free(loop);
    fake_leaks(&leaks);
    ck_assert_uint_eq(leaks.timers, 0);
    ck_assert_uint_eq(leaks.udp, 0);
}

static inline const char *service_of(const struct mgcp_gw_endpoint *e)
{
    struct mgcp_gw_endpoint_status s;
    mgcp_gw_endpoint_status(e, &s);
    return s.service;
}

#endif
