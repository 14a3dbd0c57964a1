/* The gateway's role of MGCP under the fake kernel: commands that an agent gives, new ones and
 * repeated ones, connections whose owner does next to nothing, audits of very many endpoints, and
 * what an endpoint keeps of the heap.
 *
 * usage: count_mgcp_gw      rows of JSON; figures of time stand beside a bare socket's
 */
#include "gw/rt/log.h"
#include "mgcp/mgcp.h"
#include "test/bench/mgcp_far.h"

#define SOME   2000
#define MANY   10000
#define ROUNDS 100 /* of BATCH commands */
#define PASSES 5   /* the best counts, and the floor's best of the same time */
#define AUDITS 20
#define PAUSE  (100 * RT_MS) /* of virtual time between two rounds: fewer are kept than may be */
#define MAP    "(0T|00T|[1-9]xxxxx|*xx|#xx|11[0-8]|91xxxxxxxxxx|9011x.T)"

static struct rt_loop *loop;
static struct mgcp_node *node;
static struct mgcp_gw *gw;
static struct mgcp_gw_endpoint *endpoint[MANY];
static struct rt_udp *agent, *bare;
static union rt_addr near_addr, bare_addr;
static bool lifted;
static unsigned long tid = 1000;
static char got[65536];
static size_t got_n;

/* ---- the owner ---- */

static unsigned prepare(void *arg, struct mgcp_gw_connection *c, const struct mgcp_gw_media *m,
                        struct rt_buf *local)
{
    (void)arg, (void)c;
    if (!m->modify)
        rt_buf_puts(local, DESCRIPTION);
    return 200;
}

static void settled(void *arg, struct mgcp_gw_connection *c)
{
    (void)arg, (void)c;
}

static bool statistics(void *arg, struct mgcp_gw_connection *c, struct mgcp_statistics *out)
{
    (void)arg, (void)c;
    *out = (struct mgcp_statistics){.present = true, .ps = 1245, .os = 199200};
    return true;
}

static unsigned check(void *arg, struct mgcp_gw_connection *c, const char *package,
                      const char *symbol, struct rt_str params)
{
    (void)arg, (void)c, (void)package, (void)symbol, (void)params;
    return 200;
}

static void play(void *arg, struct mgcp_gw_connection *c, enum mgcp_signal_verb what,
                 const char *package, const char *symbol, struct rt_str params)
{
    (void)arg, (void)c, (void)what, (void)package, (void)symbol, (void)params;
}

static bool off_hook(void *arg)
{
    (void)arg;
    return lifted;
}

static const struct mgcp_gw_ops ops = {.prepare = prepare,
                                       .commit = settled,
                                       .abort = settled,
                                       .remove = statistics,
                                       .statistics = statistics,
                                       .check = check,
                                       .signal = play,
                                       .off_hook = off_hook};

/* ---- the agent ---- */

RT_PRINTF(2, 3) static void say(const union rt_addr *to, const char *fmt, ...)
{
    char text[1000];
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    need(rt_udp_send(agent, text, (size_t)n, to) == 0, "a command is not sent");
}

static bool take(void)
{
    if (rt_udp_recv(agent, got, sizeof got - 1, &got_n, NULL) != 0)
        return false;
    got[got_n] = '\0';
    return true;
}

/** Lets what is due happen. Takes so many answers, all of which agree. */
static void agreed(unsigned n)
{
    fake_settle();
    while (take()) {
        need(got[0] == '2', got);
        n--;
    }
    need(n == 0, "not every command is answered");
}

/** One answer. */
static unsigned answer(void)
{
    fake_settle();
    need(take(), "no answer");
    return (unsigned)strtoul(got, NULL, 10);
}

/* ---- life ---- */

static void begin(unsigned n)
{
    struct mgcp_node_config nc = {.nlisten = 1, .domain = "gw"};
    struct mgcp_gw_config gc = {.agents = {FAR}, .nagents = 1, .restart.mwd = 2 * RT_MS};
    unsigned failed;
    char name[20];

    fake_reset();
    lifted = false;
    need(rt_loop_new(&loop, "bench") == 0, "loop");
    nc.listen[0] = near_addr = addr(US, MGCP_PORT_GATEWAY);
    bare_addr = addr(BARE, 0);
    agent = open_at(NULL, FAR, MGCP_PORT_AGENT, NULL, NULL);
    bare = open_at(loop, BARE, 0, answer_bare, NULL);
    need(mgcp_node_new(&node, loop, &nc, NULL, NULL, &failed) == 0, "node");
    need(mgcp_gw_new(&gw, node, &gc) == 0, "gateway");
    for (unsigned i = 0; i < n; i++) {
        snprintf(name, sizeof name, "aaln/%u", i + 1);
        need(mgcp_gw_endpoint_new(&endpoint[i], gw, name, MGCP_LINE_ENDPOINT, &ops, NULL) == 0,
             "endpoint");
    }
}

/** Announces all, and the agent agrees. */
static void announce(void)
{
    mgcp_gw_start(gw);
    fake_advance(3 * RT_MS);
    while (take())
        say(&near_addr, "200 %lu OK\r\n", tid_of(got));
    fake_settle();
    need(mgcp_gw_endpoint_in_service(endpoint[0]), "endpoints are not in service");
}

static void end(unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        mgcp_gw_endpoint_free(endpoint[i]);
    mgcp_gw_free(gw);
    mgcp_node_free(node);
    rt_udp_close(agent);
    rt_udp_close(bare);
    rt_loop_free(loop);
}

/* ---- commands one by one ---- */

static const struct kind {
    const char *what, *again, *verb, *lines;
    bool lifted;
} kinds[] = {
    {"AUEP", "AUEP repeated", "AUEP", "F: R,S,X\r\n", false},
    {"RQNT of a hook", "RQNT of a hook repeated", "RQNT", "R: L/hd(N)\r\n", false},
    {"RQNT of a dial tone with a digit map", "RQNT of a dial tone with a digit map repeated",
     "RQNT", "R: L/hu(N),L/hf(N),D/[0-9*#T](D)\r\nS: L/dl\r\nD: " MAP "\r\n", true},
};

/** So many commands, each of the next endpoint. */
static double commands(const struct kind *k, const union rt_addr *to, unsigned long first,
                       rt_time pause)
{
    bool with_x = strcmp(k->verb, "RQNT") == 0;
    double used = cpu_us();

    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < BATCH; i++) {
            unsigned long t = first + round * BATCH + i;
            char x[30] = "";
            if (with_x)
                snprintf(x, sizeof x, "X: %lX\r\n", t);
            say(to, "%s %lu aaln/%lu@gw MGCP 1.0\r\n%s%s", k->verb, t, 1 + t % SOME, x, k->lines);
        }
        agreed(BATCH);
        if (pause > 0)
            fake_advance(pause);
    }
    return cpu_us() - used;
}

static void less(double *least, double us)
{
    if (*least == 0 || us < *least)
        *least = us;
}

static void count_commands(const struct kind *k)
{
    const double n = ROUNDS * BATCH;
    double us = 0, again = 0, floor = 0, floor_again = 0;

    lifted = k->lifted;
    fake_advance(31 * RT_S); /* answers to earlier ones are forgotten */
    for (unsigned pass = 0; pass < PASSES; pass++, tid += ROUNDS * BATCH) {
        less(&floor, commands(k, &bare_addr, tid, PAUSE));
        less(&us, commands(k, &near_addr, tid, PAUSE));
        less(&floor_again, commands(k, &bare_addr, tid, 0));
        less(&again, commands(k, &near_addr, tid, 0));
    }
    row(k->what, us, floor, n);
    row(k->again, again, floor_again, n);
}

/* ---- connections ---- */

static double connections(const union rt_addr *to)
{
    static char id[BATCH][40];
    double used = cpu_us();

    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned of = round * BATCH;
        for (unsigned i = 0; i < BATCH; i++)
            say(to,
                "CRCX %lu aaln/%u@gw MGCP 1.0\r\nC: A3C47F21456789F0\r\nL: p:20, a:PCMA;PCMU\r\n"
                "M: recvonly\r\n",
                ++tid, 1 + (of + i) % SOME);
        fake_settle();
        for (unsigned i = 0; i < BATCH; i++) {
            need(take() && got[0] == '2', "no connection");
            const char *at = strstr(got, "\nI: ");
            snprintf(id[i], sizeof id[i], "%.*s", at ? (int)strcspn(at + 4, "\r") : 1,
                     at ? at + 4 : "1");
        }
        for (unsigned i = 0; i < BATCH; i++)
            say(to,
                "MDCX %lu aaln/%u@gw MGCP 1.0\r\nC: A3C47F21456789F0\r\nI: %s\r\n"
                "M: sendrecv\r\n\r\n" DESCRIPTION,
                ++tid, 1 + (of + i) % SOME, id[i]);
        agreed(BATCH);
        for (unsigned i = 0; i < BATCH; i++)
            say(to, "DLCX %lu aaln/%u@gw MGCP 1.0\r\nC: A3C47F21456789F0\r\nI: %s\r\n", ++tid,
                1 + (of + i) % SOME, id[i]);
        agreed(BATCH);
        fake_advance(3 * PAUSE);
    }
    return cpu_us() - used;
}

static void count_connections(void)
{
    double us = 0, floor = 0;

    fake_advance(31 * RT_S);
    for (unsigned pass = 0; pass < PASSES; pass++) {
        less(&floor, connections(&bare_addr));
        less(&us, connections(&near_addr));
    }
    row("CRCX, MDCX and DLCX of a connection", us, floor, ROUNDS * BATCH);
}

/* ---- audits of many ---- */

static void count_audit(void)
{
    double used = cpu_us();
    unsigned names = 0;

    for (unsigned i = 0; i < AUDITS; i++) {
        say(&near_addr, "AUEP %lu *@gw MGCP 1.0\r\n", ++tid);
        need(answer() == 200, "endpoints are not named");
    }
    used = cpu_us() - used;
    for (const char *p = got; (p = strstr(p, "\nZ: ")) != NULL; p++)
        names++;
    need(names == SOME, "not every endpoint is named");
    printf("{\"what\": \"AUEP of *, %u endpoints\", \"us\": %.0f, \"ns_per_endpoint\": %.0f, "
           "\"octets\": %zu}\n",
           SOME, used / AUDITS, used * 1e3 / AUDITS / SOME, got_n);
}

static void count_refusal(void)
{
    double used = cpu_us();

    for (unsigned i = 0; i < AUDITS; i++) {
        say(&near_addr, "AUEP %lu *@gw MGCP 1.0\r\n", ++tid);
        need(answer() == 533, "the answer is not too large");
    }
    printf("{\"what\": \"AUEP of *, %u endpoints, 533\", \"us\": %.0f}\n", MANY,
           (cpu_us() - used) / AUDITS);
}

/** Asks as long as the answer says that there are more. */
static void count_bulk(const char *question)
{
    double used = cpu_us();
    unsigned asked = 0;
    size_t octets = 0;

    for (unsigned i = 0; i < AUDITS; i++) {
        char next[60] = "";
        do {
            say(&near_addr, "AUEP %lu *@gw MGCP 1.0\r\nBA/F: %s\r\n%s", ++tid, question, next);
            need(answer() == 200, "no bulk audit");
            octets += got_n;
            asked++;
            const char *at = strstr(got, "\nBA/NE: ");
            next[0] = '\0';
            if (at)
                snprintf(next, sizeof next, "BA/SE: %.*s\r\n", (int)strcspn(at + 8, "\r"), at + 8);
        } while (next[0]);
    }
    used = cpu_us() - used;
    printf("{\"what\": \"bulk audit %s, %u endpoints\", \"us\": %.0f, \"ns_per_endpoint\": %.0f, "
           "\"octets\": %zu, \"commands\": %u}\n",
           question, MANY, used / AUDITS, used * 1e3 / AUDITS / MANY, octets / AUDITS,
           asked / AUDITS);
}

/* ---- the heap ---- */

/** Gives each endpoint a request; the answers are forgotten again. */
static double armed(const char *lines)
{
    for (unsigned i = 0; i < MANY; i++) {
        ++tid;
        say(&near_addr, "RQNT %lu aaln/%u@gw MGCP 1.0\r\nX: %lX\r\n%s", tid, i + 1, tid, lines);
        agreed(1);
    }
    fake_advance(40 * RT_S);
    while (take())
        ;
    return heap();
}

static void count_heap(void)
{
    double none, idle, hook, dial;

    begin(0);
    none = heap();
    end(0);
    begin(MANY);
    announce();
    fake_advance(40 * RT_S);
    idle = heap();
    lifted = false;
    hook = armed("R: L/hd(N)\r\n");
    lifted = true;
    dial = armed("R: L/hu(N),L/hf(N),D/[0-9*#T](D)\r\nD: " MAP "\r\n");
    printf("{\"what\": \"octets of an endpoint of ours\", \"idle\": %.0f, \"armed\": %.0f, "
           "\"armed_with_digits\": %.0f}\n",
           (idle - none) / MANY, (hook - none) / MANY, (dial - none) / MANY);
    end(MANY);
}

int main(void)
{
    rt_log_set_all(RT_ERROR);
    begin(SOME);
    announce();
    for (size_t i = 0; i < RT_COUNT(kinds); i++)
        count_commands(&kinds[i]);
    count_connections();
    count_audit();
    end(SOME);
    begin(MANY);
    announce();
    count_refusal();
    count_bulk("BA/Z");
    count_bulk("BA/C");
    count_bulk("BA/M");
    count_bulk("BA/S(H)");
    end(MANY);
    count_heap();
    return 0;
}
