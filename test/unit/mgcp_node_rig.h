/* What the tests of nodes, peers and transactions share: one node with an agent's socket
 * (192.0.2.10:2727) and a gateway's (192.0.2.10:2427), far ends whose messages are written out, and
 * an owner that notes what it is told.
 */
#ifndef TEST_UNIT_MGCP_NODE_RIG_H
#define TEST_UNIT_MGCP_NODE_RIG_H

#include "gw/rt/dns.h"
#include "gw/rt/random.h"
#include "mgcp/peer_priv.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define AGENT_SOCKET   "192.0.2.10:2727"
#define GATEWAY_SOCKET "192.0.2.10:2427"
#define GATEWAY        "192.0.2.1:2427"

/** An owner of a peer. */
struct owner {
    const char *name;
    struct mgcp_peer *peer;
    struct mgcp_transaction *held[8];
    unsigned nheld;
};

static struct {
    struct rt_loop *loop;
    struct rt_dns *dns;
    struct mgcp_node *node;
    struct owner gateway; /* we are the agent of it */
    struct rt_udp *far;   /* at GATEWAY */
    bool hold;            /* commands are not answered */
    bool frees;           /* the owner frees its peer in each callback */
    const char *endpoint; /* that the owner has */
    char log[4000];
    char in[70000];
    uint64_t was[MGCP_NCOUNTERS];
} rig;

static inline union rt_addr addr(const char *text)
{
    union rt_addr a;
    ck_assert_int_eq(rt_addr_parse(&a, text, strlen(text), 0), 0);
    return a;
}

RT_PRINTF(1, 2) static inline void note(const char *fmt, ...)
{
    size_t n = strlen(rig.log);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(rig.log + n, sizeof rig.log - n, fmt, ap);
    va_end(ap);
}

/** What was noted since the last time. */
static inline const char *noted(void)
{
    static char out[sizeof rig.log];

    memcpy(out, rig.log, sizeof out);
    rig.log[0] = '\0';
    return out;
}

/** How much a counter grew since the test began. */
static inline unsigned counted(enum mgcp_counter c)
{
    return (unsigned)(rt_counted(&mgcp_counters[c]) - rig.was[c]);
}

/* ---- the owner ---- */

static inline void on_command(void *arg, struct mgcp_transaction *t, const struct mgcp_message *m,
                              unsigned refusal)
{
    struct owner *o = arg;

    note("%s:%.*s/%u ", o->name, RT_STR(m->verb_text), mgcp_transaction_tid(t));
    if (rig.frees) {
        mgcp_peer_free(o->peer);
        o->peer = NULL;
    } else if (refusal) {
        mgcp_refuse(t, refusal, NULL);
    } else if (rig.hold) {
        o->held[o->nheld++] = t;
    } else {
        mgcp_refuse(t, 200, NULL);
    }
}

static inline void on_response(void *arg, void *command_arg, const struct mgcp_message *m)
{
    struct owner *o = arg;

    note("%s:%s=%d ", o->name, (const char *)command_arg, m ? (int)m->code : -1);
    if (rig.frees) {
        mgcp_peer_free(o->peer);
        o->peer = NULL;
    }
}

static inline void on_reached(void *arg, bool answers)
{
    const struct owner *o = arg;
    note("%s:%s ", o->name, answers ? "up" : "down");
}

static inline void *on_endpoint(void *arg, struct rt_str local)
{
    return rig.endpoint && rt_str_eq(local, rig.endpoint) ? arg : NULL;
}

static const struct mgcp_peer_ops owner_ops = {
    .command = on_command, .response = on_response, .reached = on_reached, .endpoint = on_endpoint};

static inline void own(struct owner *o, const char *name, const struct mgcp_peer_config *cfg)
{
    *o = (struct owner){.name = name};
    ck_assert_int_eq(mgcp_peer_new(&o->peer, rig.node, cfg, &owner_ops, o), 0);
}

static inline struct mgcp_peer_config gateway_at(const char *address, const char *domain)
{
    return (struct mgcp_peer_config){.agent_role = true,
                                     .domain = domain,
                                     .profile = MGCP_CISCO, /* no K in commands */
                                     .address = {addr(address)},
                                     .n = 1};
}

static inline struct mgcp_peer_config agent_at(const char *address)
{
    return (struct mgcp_peer_config){.profile = MGCP_RFC, .address = {addr(address)}, .n = 1};
}

static inline struct mgcp_peer_config named_agent(const char *host)
{
    return (struct mgcp_peer_config){.host = {host}, .n = 1, .profile = MGCP_RFC};
}

/* ---- far ends ---- */

static inline struct rt_udp *far_at(const char *address)
{
    struct rt_udp *u;
    union rt_addr a = addr(address);

    ck_assert_int_eq(rt_udp_open(&u, rig.loop, &a, NULL, NULL), 0);
    return u;
}

static inline void say_to(struct rt_udp *u, const char *to, const char *text)
{
    union rt_addr a = addr(to);

    ck_assert_int_eq(rt_udp_send(u, text, strlen(text), &a), 0);
    fake_settle();
}

static inline void say(const char *text)
{
    say_to(rig.far, AGENT_SOCKET, text);
}

/** The next datagram that came; "" is none. */
static inline const char *heard_at(struct rt_udp *u)
{
    size_t n = 0;

    if (rt_udp_recv(u, rig.in, sizeof rig.in - 1, &n, NULL) != 0)
        return "";
    rig.in[n] = '\0';
    return rig.in;
}

static inline const char *heard(void)
{
    return heard_at(rig.far);
}

/** Nothing comes until the last millisecond of `d`, and then `text`. */
static inline void heard_after(rt_time d, const char *text)
{
    fake_advance(d - RT_MS);
    ck_assert_str_eq(heard(), "");
    fake_advance(RT_MS);
    ck_assert_str_eq(heard(), text);
}

/** The argument of a command that is noted by this letter. */
static inline void *as(const char *letter)
{
    static char letters[26][2];
    char *out = letters[letter[0] - 'a'];

    out[0] = letter[0];
    return out;
}

/** Sends a command to the gateway; `what` is the letter of its argument. */
static inline uint32_t command(const char *what, const char *text)
{
    uint32_t tid = 0;

    sscanf(text, "%*s %u", &tid);
    ck_assert_int_eq(mgcp_peer_command(rig.gateway.peer, tid, rt_str(text), false, as(what)), 0);
    fake_settle();
    return tid;
}

/* ---- life ---- */

static inline void rig_node(const struct mgcp_timers *timers, const struct mgcp_node_ops *ops,
                            void *arg)
{
    struct mgcp_node_config cfg = {
        .listen = {addr(AGENT_SOCKET), addr(GATEWAY_SOCKET)}, .nlisten = 2, .dns = rig.dns};
    unsigned failed;

    if (timers)
        cfg.timers = *timers;
    ck_assert_int_eq(mgcp_node_new(&rig.node, rig.loop, &cfg, ops, arg, &failed), 0);
}

static inline void rig_setup(void)
{
    struct rt_dns_config dns = {.entries = 16};
    struct mgcp_peer_config cfg;

    memset(&rig, 0, sizeof rig);
    fake_reset();
    fake_local_address("192.0.2.10");
    rt_loop_new(&rig.loop, "test");
    ck_assert_int_eq(rt_dns_new(&rig.dns, rig.loop, &dns), 0);
    for (unsigned i = 0; i < MGCP_NCOUNTERS; i++)
        rig.was[i] = rt_counted(&mgcp_counters[i]);
    rig_node(NULL, NULL, NULL);
    cfg = gateway_at(GATEWAY, "gw.example");
    own(&rig.gateway, "g", &cfg);
    rig.far = far_at(GATEWAY);
}

static inline void rig_teardown(void)
{
    struct fake_leaks left;

    mgcp_peer_free(rig.gateway.peer);
    mgcp_node_free(rig.node);
    rt_udp_close(rig.far);
    rt_dns_free(rig.dns);
    fake_leaks(&left);
    ck_assert_uint_eq(left.timers, 0);
    rt_loop_free(rig.loop);
}

static inline int rig_run(const char *name, const TTest *const *tests, size_t n)
{
    Suite *s = suite_create(name);
    TCase *t = tcase_create(name);

    tcase_add_checked_fixture(t, rig_setup, rig_teardown);
    for (size_t i = 0; i < n; i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}

#endif
