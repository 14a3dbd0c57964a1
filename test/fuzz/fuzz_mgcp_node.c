/* Whole datagrams to a node that is the agent of one gateway and the gateway of one agent. Two line
 * feeds end a datagram, and its first octet chooses who sends it: the gateway, the agent, a
 * stranger, the agent from another port; or something happens at an endpoint and time passes. In
 * the end every timer has run, and all is freed. */
#include "fuzz.h"

#include "gw/rt/log.h"
#include "mgcp/mgcp.h"
#include "test/fake/fake.h"

#define US       "192.0.2.10"
#define ENDS     2
#define DATAGRAM "\n\n" /* after each */

static struct rt_loop *loop;
static struct mgcp_node *node;
static struct mgcp_ca_gateway *ca;
static struct mgcp_gw *gw;
static struct mgcp_ca_endpoint *lines[ENDS];
static struct mgcp_gw_endpoint *channels[ENDS];
static unsigned connections; /* that the owner of the channels has */

static union rt_addr address(const char *text)
{
    union rt_addr a;

    fuzz_check(rt_addr_parse(&a, text, strlen(text), 0) == 0);
    return a;
}

/* ---- the owner of the lines: asks anew for whatever it is told ---- */

static void on_done(void *arg, const struct mgcp_result *r)
{
    (void)arg;
    fuzz_check((r->code >= 200 && r->code < 300) == (r->cause == 0));
}

static void ask(struct mgcp_ca_endpoint *e)
{
    struct mgcp_request r = {.events = "L/hu(N),D/[0-9#*T](D)", .digit_map = "(1xx|0[1-9]x.T)"};
    struct mgcp_connect c = {
        .call = "C0", .mode = "sendrecv", .options = "p:20, a:PCMU", .request = &r};

    mgcp_ca_connect(e, &c, on_done, NULL);
}

static void on_notified(void *arg, const struct mgcp_observed *ev, unsigned n)
{
    struct mgcp_ca_endpoint **e = arg;

    fuzz_check(n > 0 && ev[0].name.p != NULL);
    ask(*e);
}

static void on_service(void *arg, enum mgcp_service s, unsigned reason, bool restarted)
{
    (void)arg;
    (void)reason;
    (void)restarted;
    fuzz_check(mgcp_service_name(s) != NULL);
}

static void on_deleted(void *arg, struct rt_str connection, unsigned reason,
                       const struct mgcp_statistics *stats)
{
    struct mgcp_ca_endpoint **e = arg;

    (void)reason;
    (void)stats;
    fuzz_check(connection.n < 100000);
    mgcp_ca_delete(*e, NULL, NULL, NULL, NULL);
}

static void on_audited(void *arg, int hook, struct rt_str ids)
{
    (void)arg;
    fuzz_check(hook >= MGCP_HOOK_UNKNOWN && hook <= MGCP_OFF_HOOK && ids.n < 100000);
}

static const struct mgcp_ca_ops line_ops = {
    .notified = on_notified, .service = on_service, .deleted = on_deleted, .audited = on_audited};

/* ---- the owner of the channels: takes everything ---- */

static unsigned prepare(void *arg, struct mgcp_gw_connection *c, const struct mgcp_gw_media *m,
                        struct rt_buf *local)
{
    (void)arg;
    if (m->remote.n > 1000)
        return 505;
    if (!m->modify) {
        connections++;
        mgcp_gw_connection_own(c, &connections);
    }
    rt_buf_puts(local, "v=0\r\no=- 1 1 IN IP4 " US "\r\ns=-\r\n");
    return 200;
}

static void commit(void *arg, struct mgcp_gw_connection *c)
{
    (void)arg;
    fuzz_check(mgcp_gw_connection_owned(c) == &connections);
}

static void undo(void *arg, struct mgcp_gw_connection *c)
{
    (void)arg;
    (void)c;
}

static bool leave(void *arg, struct mgcp_gw_connection *c, struct mgcp_statistics *out)
{
    (void)arg;
    fuzz_check(mgcp_gw_connection_owned(c) == &connections);
    *out = (struct mgcp_statistics){.present = true, .ps = 1};
    return true;
}

static bool count(void *arg, struct mgcp_gw_connection *c, struct mgcp_statistics *out)
{
    return leave(arg, c, out);
}

static unsigned check(void *arg, struct mgcp_gw_connection *c, const char *package,
                      const char *symbol, struct rt_str params)
{
    (void)arg;
    (void)c;
    fuzz_check(package != NULL && symbol != NULL && params.n < 100000);
    return 200;
}

static void play(void *arg, struct mgcp_gw_connection *c, enum mgcp_signal_verb what,
                 const char *package, const char *symbol, struct rt_str params)
{
    (void)arg;
    (void)c;
    fuzz_check(package != NULL && symbol != NULL && params.n < 100000);
    fuzz_check(what == MGCP_SIGNAL_START || what == MGCP_SIGNAL_STOP);
}

static const struct mgcp_gw_ops channel_ops = {.prepare = prepare,
                                               .commit = commit,
                                               .abort = undo,
                                               .remove = leave,
                                               .statistics = count,
                                               .check = check,
                                               .signal = play};

/* ---- life ---- */

static void begin(void)
{
    static const char *const names[ENDS][2] = {{"aaln/1", "ds/e1-1/1"}, {"aaln/2", "aaln/9"}};
    struct mgcp_node_config cfg = {.listen = {address(US ":2727"), address(US ":2427")},
                                   .nlisten = 2};
    struct mgcp_ca_config at = {.name = "iad.test", .address = address("192.0.2.1:2427")};
    struct mgcp_gw_config of = {.agents = {"192.0.2.2:2727"}, .nagents = 1};
    struct mgcp_node_ops none = {.trace = NULL};
    unsigned failed;

    fake_reset();
    fake_local_address(US);
    rt_loop_new(&loop, "fuzz");
    fuzz_check(mgcp_node_new(&node, loop, &cfg, &none, NULL, &failed) == 0);
    fuzz_check(mgcp_ca_new(&ca, node, &at) == 0 && mgcp_gw_new(&gw, node, &of) == 0);
    for (unsigned i = 0; i < ENDS; i++) {
        fuzz_check(mgcp_ca_endpoint_new(&lines[i], ca, names[i][0], &line_ops, &lines[i]) == 0);
        fuzz_check(mgcp_gw_endpoint_new(&channels[i], gw, names[i][1],
                                        i == 0 ? MGCP_TRUNK_ENDPOINT : MGCP_LINE_ENDPOINT,
                                        &channel_ops, NULL) == 0);
    }
    mgcp_ca_start(ca);
    mgcp_gw_start(gw);
    fake_settle();
}

static void end(void)
{
    struct fake_leaks left;

    for (unsigned i = 0; i < ENDS; i++) {
        mgcp_ca_endpoint_free(lines[i]);
        mgcp_gw_endpoint_free(channels[i]);
    }
    mgcp_ca_free(ca);
    mgcp_gw_free(gw);
    mgcp_node_free(node);
    fake_leaks(&left);
    fuzz_check(left.timers == 0 && left.udp == 0);
    rt_loop_free(loop);
}

/* ---- what comes ---- */

static void happen(unsigned i)
{
    struct mgcp_gw_endpoint *e = channels[i % ENDS];

    mgcp_gw_event(e, NULL, i % ENDS ? "L" : "MS", i % ENDS ? "hd" : "ans", (struct rt_str){"", 0});
    if (i % ENDS)
        mgcp_gw_event(e, NULL, "D", "5", (struct rt_str){"", 0});
}

static void say(struct rt_str text)
{
    static const struct {
        const char *from, *to;
    } way[] = {{"192.0.2.1:2427", US ":2727"},
               {"192.0.2.2:2727", US ":2427"},
               {"192.0.2.9:2427", US ":2727"},
               {"192.0.2.2:2427", US ":2427"}};
    unsigned who = (unsigned char)text.p[0] % (RT_COUNT(way) + 1);
    struct rt_udp *u;

    if (who == RT_COUNT(way)) {
        happen((unsigned)text.n);
        fake_advance(RT_S * (rt_time)(text.n % 8));
        return;
    }
    union rt_addr from = address(way[who].from), to = address(way[who].to);
    fuzz_check(rt_udp_open(&u, loop, &from, NULL, NULL) == 0);
    rt_udp_send(u, text.p + 1, text.n - 1, &to);
    fake_settle();
    rt_udp_close(u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rt_str rest = {(const char *)data, size};

    if (size > 16384)
        return 0;
    rt_log_set_all(RT_ERROR);
    begin();
    while (rest.n > 0) {
        const char *at = memmem(rest.p, rest.n, DATAGRAM, 2);
        size_t n = at ? (size_t)(at - rest.p) + 1 : rest.n;
        say((struct rt_str){rest.p, n});
        n = at ? n + 1 : n;
        rest = (struct rt_str){rest.p + n, rest.n - n};
    }
    fake_advance(120 * RT_S);
    end();
    return 0;
}
