/* Beside auditor_rig.h: the gateway of two telephones and a circuit that we are the agent of, and
 * an agent that directs channels of ours. Both are made of text and say what a test has them say.
 */
#ifndef TEST_UNIT_AUDITOR_MGCP_RIG_H
#define TEST_UNIT_AUDITOR_MGCP_RIG_H

#include "gw/alarm.h"
#include "gw/leg_mgcp_agent.h"
#include "test/unit/auditor_rig.h"

#include <utlist.h>

static const char lines_plan[] =
    "version 1\nlog error\nsip { listen udp:10.0.0.1:5060 }\n"
    "media {\n address 10.0.0.1\n ports 20000-20999\n codecs pcma\n threads 1\n}\n"
    "site berlin {\n dialling de area 30\n ddi +49301234[00..99] <-> 1[00..99]\n}\n"
    "trunk pbx {\n sip sip:10.0.0.2\n accept from 10.0.0.2\n numbers e164\n session-timer off\n}\n"
    "mgcp {\n listen udp:10.0.0.1:2727\n"
    " gateway iad.test address 10.0.0.9:2427 lines 1-2 channels 1-1\n}\n"
    "trunk phones {\n mgcp iad.test lines 1-2\n line 1 number 156\n line 2 number 157\n}\n"
    "trunk circuits {\n mgcp iad.test channels 1-1\n}\n"
    "routes from pbx {\n * -> phones\n}\n"
    "routes from phones {\n * -> pbx\n}\nroutes from circuits {\n * -> pbx\n}\n" TAIL;

static const char agent_plan[] =
    HEAD "span 1 {\n pseudowire local 10.0.0.1:7001 remote 10.0.0.9:7002\n e1\n isdn euroisdn "
         "user\n}\n"
         "mgcp {\n listen udp:10.0.0.1:2427\n domain gw.test\n agent 10.0.0.8:2727 exports span 1 "
         "channels 1-4 as ds/e1-1 restart-delay 1s\n}\n"
         "trunk pri {\n span 1\n channels 5-15,17-31\n numbers isdn\n}\n"
         "routes from pbx {\n * -> pri\n}\n" TAIL;

/* ---- messages ---- */

/** One that came: what it is, and its text. */
struct said {
    char verb[8], local[24], text[1600];
    unsigned long tid;
};

static bool take(struct rt_udp *u, struct said *m, union rt_addr *from)
{
    size_t n;

    memset(m, 0, sizeof *m);
    if (rt_udp_recv(u, m->text, sizeof m->text - 1, &n, from) != 0)
        return false;
    ck_assert_uint_lt(n, sizeof m->text);
    sscanf(m->text, "%7s %lu %23[^@ ]", m->verb, &m->tid, m->local);
    return true;
}

/** The value of a line "X: ..."; empty: it has none. */
static void value(char out[80], const struct said *m, const char *name)
{
    char start[8];

    out[0] = '\0';
    snprintf(start, sizeof start, "\n%s: ", name);
    const char *at = strstr(m->text, start);
    if (at)
        sscanf(at + strlen(start), "%79[^\r\n]", out);
}

#define VALUE(to, m, name)                                                                         \
    char to[80];                                                                                   \
    value(to, m, name)

/* ---- a gateway ---- */

static struct phone {
    const char *name;
    char x[80], ids[80]; /**< of its last request; its connections, between commas */
    bool off_hook;
    unsigned deleted, deleted_all, asked; /**< DLCX of one, of all; AUCX */
    char last_call[80];                   /**< C of the last DLCX of one */
} phones[3] = {{.name = "aaln/1"}, {.name = "aaln/2"}, {.name = "ds/e1-1/1"}};
static struct rt_udp *iad, *agent;
static unsigned made, deaf; /* connections so far; commands DLCX that are not answered */
static unsigned long ntfy_tid;

static const char far_sdp[] = "\r\nv=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\n"
                              "t=0 0\r\nm=audio 40000 RTP/AVP 8\r\n";

static void drop_id(struct phone *p, const char *id)
{
    char rest[80] = "", *save = NULL, copy[80];

    snprintf(copy, sizeof copy, "%s", p->ids);
    for (char *one = strtok_r(copy, ",", &save); one; one = strtok_r(NULL, ",", &save))
        if (strcmp(one, id) != 0)
            snprintf(rest + strlen(rest), sizeof rest - strlen(rest), "%s%s", rest[0] ? "," : "",
                     one);
    snprintf(p->ids, sizeof p->ids, "%s", rest);
}

static void add_id(struct phone *p, const char *id)
{
    size_t n = strlen(p->ids);

    snprintf(p->ids + n, sizeof p->ids - n, "%s%s", n > 0 ? "," : "", id);
}

static unsigned on_dlcx(struct phone *p, const char *id, const char *call)
{
    if (id[0] == '\0') {
        p->deleted_all++;
        p->ids[0] = '\0';
        return 250;
    }
    ck_assert_str_ne(call, ""); /* RFC 3435 2.3.7 */
    bool there = strstr(p->ids, id) != NULL;
    p->deleted++;
    snprintf(p->last_call, sizeof p->last_call, "%s", call);
    drop_id(p, id);
    return there ? 250 : 515;
}

static unsigned act(struct phone *p, const struct said *m, struct rt_buf *out)
{
    VALUE(x, m, "X");
    VALUE(id, m, "I");
    VALUE(call, m, "C");

    if (x[0])
        snprintf(p->x, sizeof p->x, "%s", x);
    if (strcmp(m->verb, "CRCX") == 0) {
        char name[8];
        snprintf(name, sizeof name, "A%u", ++made);
        add_id(p, name);
        rt_buf_printf(out, "I: %s\r\n%s", name, far_sdp);
    }
    if (strcmp(m->verb, "DLCX") == 0)
        return on_dlcx(p, id, call);
    if (strcmp(m->verb, "AUCX") == 0) {
        p->asked++;
        rt_buf_printf(out, "C: 5EED\r\n");
    }
    if (strcmp(m->verb, "AUEP") == 0)
        rt_buf_printf(out, "X: %s\r\nI: %s\r\nES: L/%s\r\nRM: restart\r\n", p->x[0] ? p->x : "0",
                      p->ids, p->off_hook ? "hd" : "hu");
    return 200;
}

static void on_iad(void *arg, struct rt_udp *u)
{
    struct said m;
    union rt_addr from;

    (void)arg;
    while (take(u, &m, &from)) {
        struct rt_buf body = {0}, text = {0};
        struct phone *p = NULL;
        unsigned code = 200;
        for (size_t i = 0; i < RT_COUNT(phones); i++)
            if (strcmp(m.local, phones[i].name) == 0)
                p = &phones[i];
        if (m.verb[0] >= '0' && m.verb[0] <= '9')
            continue; /* an answer */
        if (deaf > 0 && strcmp(m.verb, "DLCX") == 0)
            continue;
        for (size_t i = 0; i < RT_COUNT(phones) && strcmp(m.local, "*") == 0; i++)
            rt_buf_printf(&body, "Z: %s@iad.test\r\n", phones[i].name);
        if (p)
            code = act(p, &m, &body);
        rt_buf_printf(&text, "%u %lu OK\r\n%s", code, m.tid, body.n > 0 ? body.p : "");
        rt_udp_send(u, text.p, text.n, &from);
        rt_buf_release(&body);
        rt_buf_release(&text);
    }
}

static inline void notify(struct phone *p, const char *observed)
{
    union rt_addr us;
    char text[200];

    rt_addr_parse(&us, "10.0.0.1", 8, 2727);
    int n = snprintf(text, sizeof text, "NTFY %lu %s@iad.test MGCP 1.0\r\nX: %s\r\nO: %s\r\n",
                     ++ntfy_tid + 5000, p->name, p->x, observed);
    rt_udp_send(iad, text, (size_t)n, &us);
    fake_settle();
}

static inline void hook(struct phone *p, bool off)
{
    p->off_hook = off;
    notify(p, off ? "L/hd" : "L/hu");
}

/* ---- an agent ---- */

static struct {
    char connection[80], deleted[80], reason[80], observed[400];
    unsigned code; /**< of the last answer */
} heard;

static void on_agent(void *arg, struct rt_udp *u)
{
    struct said m;
    union rt_addr from;
    char text[40];

    (void)arg;
    while (take(u, &m, &from)) {
        if (m.verb[0] >= '0' && m.verb[0] <= '9') {
            heard.code = (unsigned)strtoul(m.verb, NULL, 10);
            VALUE(id, &m, "I");
            if (id[0])
                memcpy(heard.connection, id, sizeof id);
            continue;
        }
        if (strcmp(m.verb, "DLCX") == 0) {
            value(heard.deleted, &m, "I");
            value(heard.reason, &m, "E");
        }
        VALUE(o, &m, "O");
        snprintf(heard.observed + strlen(heard.observed),
                 sizeof heard.observed - strlen(heard.observed), "%s ", o);
        int n = snprintf(text, sizeof text, "%s %lu OK\r\n",
                         strcmp(m.verb, "DLCX") == 0 ? "250" : "200", m.tid);
        rt_udp_send(u, text, (size_t)n, &from);
    }
}

static inline void command(const char *verb, const char *lines)
{
    static unsigned long tid = 7000;
    union rt_addr us;
    char text[600];

    rt_addr_parse(&us, "10.0.0.1", 8, 2427);
    int n =
        snprintf(text, sizeof text, "%s %lu ds/e1-1/1@gw.test MGCP 1.0\r\n%s", verb, ++tid, lines);
    heard.code = 0;
    rt_udp_send(agent, text, (size_t)n, &us);
    fake_advance(100 * RT_MS);
}

/* ---- beginning, end, and what is to be seen ---- */

static char logged[2000];
static uint64_t counts[GW_MGCP_AUDIT_NCOUNTERS];

static void on_line(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    (void)arg;
    (void)sub;
    (void)level;
    if (strstr(line, "audit: "))
        snprintf(logged + strlen(logged), sizeof logged - strlen(logged), "%s\n",
                 strstr(line, "audit: "));
}

static struct rt_udp *bind_to(const char *address, rt_udp_fn *fn)
{
    struct rt_udp *u = NULL;
    union rt_addr a;

    rt_addr_parse(&a, address, strlen(address), 0);
    ck_assert_int_eq(rt_udp_open(&u, loop, &a, fn, NULL), 0);
    return u;
}

static inline void start_mgcp(const char *plan)
{
    start(plan);
    for (size_t i = 0; i < RT_COUNT(phones); i++)
        phones[i] = (struct phone){.name = phones[i].name};
    memset(&heard, 0, sizeof heard);
    made = deaf = 0;
    logged[0] = '\0';
    rt_log_set(RT_LOG_CALL, RT_WARN);
    rt_log_sink(on_line, NULL);
    iad = bind_to("10.0.0.9:2427", on_iad);
    agent = bind_to("10.0.0.8:2727", on_agent);
    if (plan == agent_plan)
        start_network();
    for (size_t i = 0; i < GW_MGCP_AUDIT_NCOUNTERS; i++)
        counts[i] = rt_counted(&gw_mgcp_audit_counters[i]);
    at(4 * RT_S);
}

static inline void stop_mgcp(void)
{
    rt_udp_close(iad);
    rt_udp_close(agent);
    rt_log_sink(NULL, NULL);
    stop();
}

static inline struct leg_mgcp_line *line_named(const char *name)
{
    struct leg_mgcp_line *line;

    HASH_FIND_STR(gw->mgcp->gateways->lines, name, line);
    ck_assert_ptr_nonnull(line);
    return line;
}

/** The telephone has been called and has answered. */
static inline struct leg_mgcp *talk(void)
{
    start_mgcp(lines_plan);
    place();
    at(5 * RT_S);
    hook(&phones[0], true);
    at(6 * RT_S);
    ck_assert_uint_eq(gw->ncalls, 1);
    ck_assert_int_eq(gw->calls->fsm.state, GW_CALL_CONNECTED);
    ck_assert_str_eq(phones[0].ids, "A1");
    return leg_mgcp_of(gw->calls->b);
}

static inline uint64_t counted(enum gw_mgcp_audit_counter what)
{
    return rt_counted(&gw_mgcp_audit_counters[what]) - counts[what];
}

static inline uint64_t alarms(void)
{
    return gw_alarms_raised(gw->alarms, GW_ALARM_REPAIR);
}

#endif
