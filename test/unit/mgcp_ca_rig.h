/* A call agent, one gateway of text that answers it, and owners of endpoints that write down what
 * they are told. The gateway is rgw.example at 192.0.2.10:2427, its endpoints are aaln/1 and on.
 */
#ifndef TEST_UNIT_MGCP_CA_RIG_H
#define TEST_UNIT_MGCP_CA_RIG_H

#include "mgcp/ca_priv.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define RIG_HEARD   32
#define RIG_ANSWER  (1 << 16)
#define RIG_SCRIPTS 8

/* What the gateway answers to the next so many commands of a kind. */
struct rig_script {
    char verb[8];
    const char *answer; /* code and lines; NULL: nothing */
    unsigned times;
};

struct rig_owner {
    struct mgcp_ca_endpoint *e;
    char log[1024];
    rt_time at; /* of the last service */
    bool frees; /* its endpoint, when it is told of service */
    bool asks;  /* for more, when it is told of events */
};

static struct rig {
    struct rt_loop *loop;
    struct mgcp_node *node;
    struct mgcp_ca_gateway *gw;
    struct rt_udp *far;
    union rt_addr near, there;
    bool silent;
    unsigned named; /* endpoints in the answer to AUEP of "*"; 0: it is refused with 503 */
    struct rig_script script[RIG_SCRIPTS];
    char heard[RIG_HEARD][1500]; /* the last commands, T for the transaction */
    rt_time heard_at[RIG_HEARD];
    unsigned nheard, naudits;
    char said[1500]; /* the last response of the agent */
    unsigned nsaid;
    unsigned said_before; /* those that came before the last command */
    unsigned in_service;
    uint32_t tid;
} rig;

static inline void rig_note(struct rig_owner *o, const char *fmt, ...) RT_PRINTF(2, 3);
static inline void rig_note(struct rig_owner *o, const char *fmt, ...)
{
    size_t n = strlen(o->log);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(o->log + n, sizeof o->log - n, fmt, ap);
    va_end(ap);
}

/* What the owner was told since it was asked last. */
static inline const char *rig_log(struct rig_owner *o)
{
    static char text[sizeof o->log];

    fake_settle();
    memcpy(text, o->log, sizeof text);
    o->log[0] = '\0';
    return text;
}

static inline void rig_notified(void *arg, const struct mgcp_observed *ev, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        rig_note(arg, "%s%.*s/%.*s", i > 0 ? "," : "notified ", RT_STR(ev[i].package),
                 RT_STR(ev[i].name));
        if (ev[i].connection.n > 0)
            rig_note(arg, "@%.*s", RT_STR(ev[i].connection));
        if (ev[i].params.n > 0)
            rig_note(arg, "(%.*s)", RT_STR(ev[i].params));
    }
    rig_note(arg, "; ");
    if (((struct rig_owner *)arg)->asks)
        mgcp_ca_request(((struct rig_owner *)arg)->e, &(struct mgcp_request){.events = "L/hu(N)"},
                        NULL, NULL);
}

static inline void rig_service(void *arg, enum mgcp_service s, unsigned reason, bool restarted)
{
    struct rig_owner *o = arg;

    o->at = rt_now();
    rig.in_service += s == MGCP_IN_SERVICE;
    rig_note(o, "%s %u%s; ", mgcp_service_name(s), reason, restarted ? " restarted" : "");
    if (o->frees)
        mgcp_ca_endpoint_free(o->e);
}

static inline void rig_deleted(void *arg, struct rt_str connection, unsigned reason,
                               const struct mgcp_statistics *stats)
{
    rig_note(arg, "deleted %.*s %u", RT_STR(connection), reason);
    if (stats->present)
        rig_note(arg, " sent %u", (unsigned)stats->ps);
    rig_note(arg, "; ");
}

static inline void rig_audited(void *arg, int hook, struct rt_str connections)
{
    static const char *const hooks[] = {"unknown", "on-hook", "off-hook"};

    rig_note(arg, "audited %s [%.*s]; ", hooks[hook], RT_STR(connections));
}

static inline void rig_done(void *arg, const struct mgcp_result *r)
{
    rig_note(arg, "done %u cause %u", r->code, r->cause);
    if (r->connection.n > 0)
        rig_note(arg, " I %.*s", RT_STR(r->connection));
    if (r->endpoint.n > 0)
        rig_note(arg, " Z %.*s", RT_STR(r->endpoint));
    if (r->sdp.n > 0)
        rig_note(arg, " sdp %u", (unsigned)r->sdp.n);
    if (r->stats.present)
        rig_note(arg, " sent %u", (unsigned)r->stats.ps);
    rig_note(arg, "; ");
}

static const struct mgcp_ca_ops rig_ops = {rig_notified, rig_service, rig_deleted, rig_audited};

/* ---- the gateway ---- */

/* Text of the gateway; T in it is the next transaction. */
static inline void rig_say(const char *text)
{
    char out[2000];
    const char *t = strstr(text, " T ");

    snprintf(out, sizeof out, "%.*s %u %s", t ? (int)(t - text) : (int)strlen(text), text,
             (unsigned)++rig.tid, t ? t + 3 : "");
    rt_udp_send(rig.far, out, strlen(out), &rig.near);
    fake_settle();
}

static inline const char *rig_default(const char *verb, const char *local)
{
    static char names[RIG_ANSWER];
    size_t n = 0;

    if (strcmp(verb, "CRCX") == 0)
        return "200 T OK\r\nI: 1A\r\n\r\nv=0\r\n";
    if (strcmp(verb, "DLCX") == 0)
        return "250 T OK\r\nP: PS=10, OS=1600, PR=9, OR=1440, PL=1, JI=3, LA=40\r\n";
    if (strcmp(verb, "AUEP") != 0)
        return "200 T OK\r\n";
    if (strcmp(local, "*") != 0)
        return "200 T OK\r\nI: \r\nES: L/hu\r\nRM: restart\r\n";
    if (rig.named == 0)
        return "503 T no\r\n";
    n += (size_t)snprintf(names, sizeof names, "200 T OK\r\n");
    for (unsigned i = 1; i <= rig.named; i++)
        n += (size_t)snprintf(names + n, sizeof names - n, "Z: aaln/%u@rgw.example\r\n", i);
    return names;
}

static inline const char *rig_answer(const char *verb, const char *local)
{
    for (unsigned i = 0; i < RIG_SCRIPTS; i++) {
        if (rig.script[i].times > 0 && strcmp(rig.script[i].verb, verb) == 0) {
            rig.script[i].times--;
            return rig.script[i].answer;
        }
    }
    return rig_default(verb, local);
}

static inline void rig_script(const char *verb, const char *answer, unsigned times)
{
    for (unsigned i = 0; i < RIG_SCRIPTS; i++) {
        if (rig.script[i].times > 0)
            continue;
        snprintf(rig.script[i].verb, sizeof rig.script[i].verb, "%s", verb);
        rig.script[i].answer = answer;
        rig.script[i].times = times;
        return;
    }
}

/* Keeps a command, without its number and what it confirms. */
static inline void rig_keep(const char *verb, const char *rest)
{
    char *to = rig.heard[rig.nheard % RIG_HEARD];
    const char *k = strstr(rest, "\r\nK:"), *end = k ? strstr(k + 2, "\r\n") : NULL;

    snprintf(to, sizeof rig.heard[0], "%s T %.*s%s", verb, k ? (int)(k - rest) : (int)strlen(rest),
             rest, end ? end : "");
    rig.heard_at[rig.nheard++ % RIG_HEARD] = rt_now();
    rig.said_before = rig.nsaid;
}

static inline void rig_reply(const char *answer, unsigned tid)
{
    static char out[RIG_ANSWER + 32];
    const char *t = strstr(answer, " T ");

    snprintf(out, sizeof out, "%.*s %u %s", (int)(t - answer), answer, tid, t + 3);
    rt_udp_send(rig.far, out, strlen(out), &rig.near);
}

static inline void rig_take(const char *text)
{
    char verb[8], local[256];
    unsigned tid;
    int at = 0;
    const char *answer;

    if (text[0] >= '0' && text[0] <= '9') {
        snprintf(rig.said, sizeof rig.said, "%s", text);
        rig.nsaid++;
        return;
    }
    if (sscanf(text, "%7s %u %n%255[^@]", verb, &tid, &at, local) < 3)
        ck_abort_msg("the agent says %s", text);
    rig_keep(verb, text + at);
    rig.naudits += strcmp(verb, "AUEP") == 0;
    answer = rig.silent ? NULL : rig_answer(verb, local);
    if (answer)
        rig_reply(answer, tid);
}

static inline void rig_datagram(void *arg, struct rt_udp *u)
{
    char buf[4096];
    size_t n;

    (void)arg;
    while (rt_udp_recv(u, buf, sizeof buf - 1, &n, NULL) == 0) {
        char *text = buf, *dot;
        buf[n] = '\0';
        while ((dot = strstr(text, "\r\n.\r\n"))) {
            dot[2] = '\0';
            rig_take(text);
            text = dot + 5;
        }
        rig_take(text);
    }
}

/* The n-th last command, 0 being the last. */
static inline const char *rig_heard(unsigned n)
{
    fake_settle();
    ck_assert_uint_lt(n, rig.nheard);
    return rig.heard[(rig.nheard - 1 - n) % RIG_HEARD];
}

/* X of the last command. */
static inline const char *rig_x(void)
{
    static char x[40];
    const char *at = strstr(rig_heard(0), "\r\nX: ");

    ck_assert_ptr_nonnull(at);
    sscanf(at + 5, "%39s", x);
    return x;
}

/* ---- the agent ---- */

static inline void rig_new(enum mgcp_profile profile, rt_time audit, unsigned rate)
{
    struct mgcp_node_config nc = {.nlisten = 1};
    struct mgcp_ca_config cc = {.name = "rgw.example", .profile = profile, .audit = audit};
    unsigned failed;

    fake_reset();
    fake_local_address("192.0.2.1");
    memset(&rig, 0, sizeof rig);
    rig.tid = 100;
    rt_loop_new(&rig.loop, "test");
    rt_addr_parse(&rig.near, "192.0.2.1:2727", 14, 0);
    rt_addr_parse(&rig.there, "192.0.2.10:2427", 15, 0);
    nc.listen[0] = rig.near;
    ck_assert_int_eq(mgcp_node_new(&rig.node, rig.loop, &nc, NULL, NULL, &failed), 0);
    cc.address = rig.there;
    cc.rate = rate;
    ck_assert_int_eq(mgcp_ca_new(&rig.gw, rig.node, &cc), 0);
    ck_assert_int_eq(rt_udp_open(&rig.far, rig.loop, &rig.there, rig_datagram, NULL), 0);
}

static inline void rig_free(void)
{
    struct fake_leaks left;

    mgcp_ca_free(rig.gw);
    mgcp_node_free(rig.node);
    rt_udp_close(rig.far);
    rt_loop_free(rig.loop);
    fake_leaks(&left);
    ck_assert_uint_eq(left.timers, 0);
    ck_assert_uint_eq(left.udp, 0);
}

static inline void rig_own(struct rig_owner *o, unsigned number)
{
    char local[32];

    snprintf(local, sizeof local, "aaln/%u", number);
    memset(o, 0, sizeof *o);
    ck_assert_int_eq(mgcp_ca_endpoint_new(&o->e, rig.gw, local, &rig_ops, o), 0);
}

/* One endpoint in service, and nothing left to be said. */
static inline void rig_one(struct rig_owner *o, enum mgcp_profile profile)
{
    rig_new(profile, 0, 0);
    rig_own(o, 1);
    mgcp_ca_start(rig.gw);
    fake_settle();
    ck_assert_int_eq(mgcp_ca_service(o->e), MGCP_IN_SERVICE);
    rig_log(o);
}

static inline struct mgcp_ca_status rig_status(void)
{
    struct mgcp_ca_status s;

    mgcp_ca_status(rig.gw, &s);
    return s;
}

#endif
