/* A call agent whose endpoints all come back under the fake kernel (RFC 3435 4.4.6): what the
 * avalanche costs, how long it lasts in virtual time, and how fast commands ever go to a gateway
 * and in all. And what an endpoint keeps of the heap.
 *
 * Each endpoint's owner asks for the next hook event as soon as it is told, as a line's does.
 *
 * usage: count_mgcp_agent      rows of JSON; CPU beside a bare socket that answers as much
 */
#include "gw/rt/log.h"
#include "mgcp/mgcp.h"
#include "test/bench/mgcp_far.h"

#define ENDPOINTS    10000
#define GATEWAYS_MAX 400
#define COMMANDS_MAX (8 * ENDPOINTS)
#define RSIPS_PER_MS 5 /* where each endpoint speaks for itself: all within 2 s */
#define WORST        (600 * RT_S)

struct gateway {
    struct mgcp_ca_gateway *ca;
    struct rt_udp *far;
    char name[30];
    unsigned answered; /* restarts */
    rt_time *heard;    /* when its commands came */
    unsigned nheard;
};

static struct rt_loop *loop;
static struct mgcp_node *node;
static struct gateway gateway[GATEWAYS_MAX];
static unsigned ngateways, each;
static struct mgcp_ca_endpoint *endpoint[ENDPOINTS];
static union rt_addr near_addr;
static unsigned restarted, armed;
static rt_time restarted_at, armed_at, all_heard[COMMANDS_MAX];
static unsigned nall;
static unsigned long tid;

/* ---- owners ---- */

static void on_done(void *arg, const struct mgcp_result *r)
{
    (void)arg;
    need(r->cause == 0, "a request is refused");
    armed++;
    armed_at = rt_now();
}

static void on_service(void *arg, enum mgcp_service s, unsigned reason, bool again)
{
    static const struct mgcp_request hook = {.events = "L/hd(N)"};
    struct mgcp_ca_endpoint **e = arg;

    (void)reason, (void)again;
    if (s != MGCP_IN_SERVICE)
        return;
    restarted++;
    restarted_at = rt_now();
    need(mgcp_ca_request(*e, &hook, on_done, e) == 0, "a request is not sent");
}

static void on_notified(void *arg, const struct mgcp_observed *ev, unsigned n)
{
    (void)arg, (void)ev, (void)n;
}

static void on_deleted(void *arg, struct rt_str connection, unsigned reason,
                       const struct mgcp_statistics *stats)
{
    (void)arg, (void)connection, (void)reason, (void)stats;
}

static void on_audited(void *arg, int hook, struct rt_str connections)
{
    (void)arg, (void)hook, (void)connections;
}

static const struct mgcp_ca_ops ops = {on_notified, on_service, on_deleted, on_audited};

/* ---- gateways ---- */

static void command(struct gateway *g, const char *text)
{
    char out[200];
    bool all = strstr(text, " *@") != NULL, audit = strncmp(text, "AUEP", 4) == 0;
    int n = snprintf(out, sizeof out, "%s %lu X\r\n%s", all ? "533" : "200", tid_of(text),
                     audit && !all ? "I: \r\nES: L/hu\r\nRM: restart\r\n" : "");

    need(g->nheard < COMMANDS_MAX / ngateways && nall < COMMANDS_MAX, "too many commands");
    g->heard[g->nheard++] = all_heard[nall++] = rt_now();
    rt_udp_send(g->far, out, (size_t)n, &near_addr);
}

static void on_datagram(void *arg, struct rt_udp *u)
{
    struct gateway *g = arg;
    char data[4096];
    size_t n;

    while (rt_udp_recv(u, data, sizeof data - 1, &n, NULL) == 0) {
        char *text = data, *dot;
        data[n] = '\0';
        for (; (dot = strstr(text, "\r\n.\r\n")) != NULL; text = dot + 5) {
            dot[2] = '\0';
            command(g, text);
        }
        if (text[0] >= '0' && text[0] <= '9')
            g->answered += strncmp(text, "200", 3) == 0;
        else
            command(g, text);
    }
}

static void restart(struct gateway *g, const char *local)
{
    char text[200];
    int n = snprintf(text, sizeof text, "RSIP %lu %s@%s MGCP 1.0\r\nRM: restart\r\nRD: 0\r\n",
                     ++tid, local, g->name);

    need(rt_udp_send(g->far, text, (size_t)n, &near_addr) == 0, "a restart is not sent");
}

/* ---- life ---- */

static void begin(unsigned gateways, unsigned rate)
{
    struct mgcp_node_config nc = {.nlisten = 1};
    unsigned failed;
    char text[30];

    fake_reset();
    fake_local_address(US);
    ngateways = gateways;
    each = ENDPOINTS / gateways;
    need(rt_loop_new(&loop, "bench") == 0, "loop");
    nc.listen[0] = near_addr = addr(US, MGCP_PORT_AGENT);
    need(mgcp_node_new(&node, loop, &nc, NULL, NULL, &failed) == 0, "node");
    for (unsigned i = 0; i < gateways; i++) {
        struct gateway *g = &gateway[i];
        struct mgcp_ca_config cc = {.name = g->name, .audit = 600 * RT_S, .rate = rate};
        memset(g, 0, sizeof *g);
        g->heard = calloc(COMMANDS_MAX / gateways, sizeof *g->heard);
        need(g->heard != NULL, "no memory");
        snprintf(g->name, sizeof g->name, "gw%u.test", i);
        snprintf(text, sizeof text, "10.1.%u.%u", i / 200, i % 200 + 1);
        cc.address = addr(text, MGCP_PORT_GATEWAY);
        g->far = open_at(loop, text, MGCP_PORT_GATEWAY, on_datagram, g);
        need(mgcp_ca_new(&g->ca, node, &cc) == 0, "gateway");
    }
}

static void add_endpoints(void)
{
    char local[20];

    for (unsigned i = 0; i < ENDPOINTS; i++) {
        snprintf(local, sizeof local, "aaln/%u", i % each + 1);
        need(mgcp_ca_endpoint_new(&endpoint[i], gateway[i / each].ca, local, &ops, &endpoint[i]) ==
                 0,
             "endpoint");
    }
}

static void end(void)
{
    for (unsigned i = 0; i < ENDPOINTS; i++)
        mgcp_ca_endpoint_free(endpoint[i]);
    for (unsigned i = 0; i < ngateways; i++) {
        mgcp_ca_free(gateway[i].ca);
        rt_udp_close(gateway[i].far);
        free(gateway[i].heard);
    }
    mgcp_node_free(node);
    rt_loop_free(loop);
}

static void forget(void)
{
    restarted = armed = nall = 0;
    for (unsigned i = 0; i < ngateways; i++)
        gateway[i].nheard = gateway[i].answered = 0;
}

static void until_armed(void)
{
    for (rt_time from = rt_now(); armed < ENDPOINTS; fake_advance(100 * RT_MS))
        need(rt_now() - from < WORST, "endpoints do not come back");
}

/** The first start: each endpoint is audited. */
static void start(void)
{
    forget();
    for (unsigned i = 0; i < ngateways; i++)
        mgcp_ca_start(gateway[i].ca);
    until_armed();
    fake_advance(40 * RT_S); /* transactions are forgotten */
}

/* ---- figures ---- */

/** The most in any second. */
static unsigned peak(const rt_time *at, unsigned n)
{
    unsigned most = 0;

    for (unsigned first = 0, i = 0; i < n; i++) {
        while (at[i] - at[first] >= RT_S)
            first++;
        if (i - first + 1 > most)
            most = i - first + 1;
    }
    return most;
}

/** What so many commands, and so many restarts, cost over bare sockets. */
static double floor_us(unsigned n)
{
    union rt_addr to = addr(BARE, 0);
    struct rt_udp *bare = open_at(loop, BARE, 0, answer_bare, NULL);
    struct rt_udp *far = open_at(NULL, FAR, 0, NULL, NULL);
    double used = cpu_us();
    char text[200];
    size_t got;

    for (unsigned i = 0; i < n; i++) {
        int len = snprintf(text, sizeof text,
                           "RQNT %u aaln/%u@gw0.test MGCP 1.0\r\nX: %X\r\nR: L/hd(N)\r\n", i, i, i);
        need(rt_udp_send(far, text, (size_t)len, &to) == 0, "send");
        if (i % BATCH == 0)
            fake_settle();
        while (rt_udp_recv(far, text, sizeof text, &got, NULL) == 0)
            ;
    }
    fake_settle();
    used = cpu_us() - used;
    rt_udp_close(bare);
    rt_udp_close(far);
    return used;
}

static void report(const char *what, double used, rt_time since, unsigned rsips)
{
    unsigned most = 0, answered = 0;

    for (unsigned i = 0; i < ngateways; i++) {
        unsigned n = peak(gateway[i].heard, gateway[i].nheard);
        most = n > most ? n : most;
        answered += gateway[i].answered;
    }
    need(answered == rsips, "a restart is not answered");
    double floor = floor_us(nall + rsips);
    printf("{\"what\": \"%s\", \"cpu_ms\": %.1f, \"floor_ms\": %.1f, \"ratio\": %.2f, "
           "\"us_per_endpoint\": %.2f, \"virtual_s_in_service\": %.2f, \"virtual_s_armed\": %.2f, "
           "\"commands\": %u, \"most_in_a_second\": %u, \"most_to_a_gateway\": %u}\n",
           what, used / 1e3, floor / 1e3, used / floor, used / ENDPOINTS,
           (double)(restarted_at - since) / RT_S, (double)(armed_at - since) / RT_S, nall,
           peak(all_heard, nall), most);
    fflush(stdout);
}

static void count_start(const char *what, unsigned gateways, unsigned rate)
{
    begin(gateways, rate);
    add_endpoints();
    rt_time since = rt_now();
    double used = cpu_us();
    forget();
    for (unsigned i = 0; i < ngateways; i++)
        mgcp_ca_start(gateway[i].ca);
    until_armed();
    report(what, cpu_us() - used, since, 0);
    end();
}

/** Every gateway says that all its endpoints restart, all in one instant. */
static void count_wildcard(const char *what, unsigned gateways, unsigned rate)
{
    begin(gateways, rate);
    add_endpoints();
    start();
    forget();
    rt_time since = rt_now();
    double used = cpu_us();
    for (unsigned i = 0; i < ngateways; i++)
        restart(&gateway[i], "*");
    until_armed();
    report(what, cpu_us() - used, since, ngateways);
    end();
}

/** Every endpoint says it by itself. */
static void count_avalanche(const char *what, unsigned gateways, unsigned rate)
{
    char local[20];

    begin(gateways, rate);
    add_endpoints();
    start();
    forget();
    rt_time since = rt_now();
    double used = cpu_us();
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        snprintf(local, sizeof local, "aaln/%u", i / ngateways + 1);
        restart(&gateway[i % ngateways], local);
        if (i % RSIPS_PER_MS == RSIPS_PER_MS - 1)
            fake_advance(RT_MS);
    }
    until_armed();
    report(what, cpu_us() - used, since, ENDPOINTS);
    end();
}

static void count_heap(void)
{
    begin(1, 0);
    double none = heap();
    add_endpoints();
    double made = heap();
    start();
    printf("{\"what\": \"octets of an agent's endpoint\", \"made\": %.0f, \"armed\": %.0f}\n",
           (made - none) / ENDPOINTS, (heap() - none) / ENDPOINTS);
    end();
}

int main(void)
{
    rt_log_set_all(RT_ERROR);
    count_start("start, 1 gateway", 1, 0);
    count_wildcard("RSIP of *, 1 gateway", 1, 0);
    count_avalanche("RSIP of each endpoint, 1 gateway", 1, 0);
    count_wildcard("RSIP of *, 400 gateways", 400, 0);
    count_avalanche("RSIP of each endpoint, 400 gateways", 400, 0);
    count_heap();
    return 0;
}
