/* mgcp_agent: the call agent's side of mgcp/ on the real kernel, without a call of ours.
 *
 *   mgcp_agent LISTEN GATEWAY FIRST LAST
 *
 * Has the gateway pass RTP through two endpoints, one after the other: what FIRST sends comes out
 * at LAST, and the other way round. When it does, one JSON line with the gateway's address for each
 * of them; at SIGTERM all is deleted, and another line has what the gateway counted and what our
 * transport had to repeat. Exit 1 when the gateway refuses, 2 for a wrong usage.
 */
#include "gw/rt/loop.h"
#include "mgcp/mgcp.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS 4 /* two on each endpoint, in the order RTP passes them */
#define NOBODY      -1
#define FIRST       -2
#define LAST        -3

struct connection {
    char id[33];
    union rt_addr at; /* where the gateway receives */
    struct mgcp_statistics stats;
};

struct agent {
    struct rt_loop *loop;
    struct mgcp_node *node;
    struct mgcp_ca_gateway *gateway;
    struct mgcp_ca_endpoint *endpoint[2];
    struct connection connection[CONNECTIONS];
    union rt_addr first, last;
    unsigned step;
    int status;
};

/** What is done one after the other. A connection that sends needs to know where to. */
static const struct step {
    unsigned connection;
    int remote; /* NOBODY, FIRST, LAST, or a connection */
    bool modify;
} steps[] = {
    {0, FIRST, false}, {1, NOBODY, false}, {2, 1, false}, {1, 2, true}, {3, LAST, false},
};
#define STEPS (sizeof steps / sizeof steps[0])

static struct mgcp_ca_endpoint *endpoint_of(const struct agent *a, unsigned connection)
{
    return a->endpoint[connection / 2];
}

static void fail(struct agent *a, const char *what, unsigned code)
{
    fprintf(stderr, "mgcp_agent: %s: %u %s\n", what, code, code ? mgcp_code_text(code) : "");
    a->status = 1;
    rt_loop_stop(a->loop);
}

static const char *described(char *out, size_t cap, const union rt_addr *at)
{
    char host[RT_ADDR_LEN];

    rt_addr_host(host, at);
    snprintf(out, cap,
             "v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
             "m=audio %u RTP/AVP 8\r\n",
             host, host, rt_addr_port(at));
    return out;
}

/** c= and m= of what the gateway describes. */
static void read_address(union rt_addr *out, struct rt_str sdp)
{
    char text[1024], host[RT_ADDR_LEN] = "";
    unsigned port = 0;
    const char *at;

    rt_str_copy(text, sizeof text, sdp);
    if ((at = strstr(text, "c=IN IP4 ")) != NULL)
        sscanf(at, "c=IN IP4 %100s", host);
    if ((at = strstr(text, "m=audio ")) != NULL)
        sscanf(at, "m=audio %u", &port);
    rt_addr_parse(out, host, strlen(host), (uint16_t)port);
}

static void go_on(struct agent *a);

static void on_connected(void *arg, const struct mgcp_result *r)
{
    struct agent *a = arg;
    struct connection *c = &a->connection[steps[a->step].connection];

    if (r->cause != 0) {
        fail(a, "a connection is refused", r->code);
        return;
    }
    if (r->connection.n > 0)
        rt_str_copy(c->id, sizeof c->id, r->connection);
    if (r->sdp.n > 0)
        read_address(&c->at, r->sdp);
    a->step++;
    go_on(a);
}

static void say_ready(const struct agent *a)
{
    char near[RT_ADDR_LEN], far[RT_ADDR_LEN];

    printf("{\"event\": \"ready\", \"first\": \"%s\", \"last\": \"%s\"}\n",
           rt_addr_format(near, &a->connection[0].at), rt_addr_format(far, &a->connection[3].at));
    fflush(stdout);
}

static void go_on(struct agent *a)
{
    char text[1024];

    if (a->step == STEPS) {
        say_ready(a);
        return;
    }
    const struct step *s = &steps[a->step];
    struct mgcp_connect c = {.call = "1a2b",
                             .connection = s->modify ? a->connection[s->connection].id : NULL,
                             .mode = s->remote == NOBODY ? "recvonly" : "sendrecv",
                             .options = "p:20, a:PCMA"};
    const union rt_addr *remote = s->remote == FIRST  ? &a->first
                                  : s->remote == LAST ? &a->last
                                  : s->remote >= 0    ? &a->connection[s->remote].at
                                                      : NULL;
    if (remote)
        c.sdp = rt_str(described(text, sizeof text, remote));
    if (mgcp_ca_connect(endpoint_of(a, s->connection), &c, on_connected, a) != 0)
        fail(a, "a connection cannot be asked for", 0);
}

/* ---- the end ---- */

static void say_end(struct agent *a)
{
    struct mgcp_ca_status s;

    mgcp_ca_status(a->gateway, &s);
    printf("{\"event\": \"end\", \"sent\": %llu, \"repeated\": %llu, \"timeouts\": %llu, "
           "\"connections\": [",
           (unsigned long long)s.sent, (unsigned long long)s.repeated,
           (unsigned long long)s.timeouts);
    for (unsigned i = 0; i < CONNECTIONS; i++) {
        const struct mgcp_statistics *p = &a->connection[i].stats;
        printf("%s{\"ps\": %llu, \"os\": %llu, \"pr\": %llu, \"or\": %llu, \"pl\": %llu}",
               i ? ", " : "", (unsigned long long)p->ps, (unsigned long long)p->os,
               (unsigned long long)p->pr, (unsigned long long)p->orx, (unsigned long long)p->pl);
    }
    printf("]}\n");
    rt_loop_stop(a->loop);
}

static void delete_next(struct agent *a);

static void on_deleted(void *arg, const struct mgcp_result *r)
{
    struct agent *a = arg;

    if (r->cause != 0 || !r->stats.present) {
        fail(a, "a connection is not deleted", r->code);
        return;
    }
    a->connection[a->step].stats = r->stats;
    a->step++;
    delete_next(a);
}

static void delete_next(struct agent *a)
{
    if (a->step == CONNECTIONS)
        say_end(a);
    else if (mgcp_ca_delete(endpoint_of(a, a->step), "1a2b", a->connection[a->step].id, on_deleted,
                            a) != 0)
        fail(a, "a deletion cannot be asked for", 0);
}

static void on_signal(void *arg, int signo)
{
    struct agent *a = arg;

    (void)signo;
    a->step = 0;
    delete_next(a);
}

/* ---- what the gateway says by itself: osmo-mgw says nothing ---- */

static void on_notified(void *arg, const struct mgcp_observed *ev, unsigned n)
{
    (void)arg;
    (void)ev;
    (void)n;
}

static void on_service(void *arg, enum mgcp_service s, unsigned reason, bool restarted)
{
    struct agent *a = arg;

    (void)restarted;
    if (s == MGCP_LOST || s == MGCP_OUT_OF_SERVICE)
        fail(a, mgcp_service_name(s), reason);
}

static void on_gone(void *arg, struct rt_str connection, unsigned reason,
                    const struct mgcp_statistics *stats)
{
    (void)connection;
    (void)stats;
    fail(arg, "the gateway has deleted a connection", reason);
}

static void on_audited(void *arg, int hook, struct rt_str connections)
{
    (void)arg;
    (void)hook;
    (void)connections;
}

static const struct mgcp_ca_ops ops = {
    .notified = on_notified, .service = on_service, .deleted = on_gone, .audited = on_audited};

static int open_all(struct agent *a, const union rt_addr *listen, const union rt_addr *gateway)
{
    /* what is repeated was lost, and not answered late by a busy machine */
    struct mgcp_node_config cfg = {.nlisten = 1, .timers.first = 4 * RT_S};
    const struct mgcp_ca_config mgw = {.name = "mgw", .address = *gateway, .profile = MGCP_OSMO};
    const struct mgcp_node_ops none = {.trace = NULL};
    unsigned failed;

    cfg.listen[0] = *listen;
    int err = rt_loop_new(&a->loop, "mgcp_agent");
    if (err == 0)
        err = rt_signal_watch(a->loop, SIGTERM, on_signal, a);
    if (err == 0)
        err = mgcp_node_new(&a->node, a->loop, &cfg, &none, NULL, &failed);
    if (err == 0)
        err = mgcp_ca_new(&a->gateway, a->node, &mgw);
    if (err == 0)
        err = mgcp_ca_endpoint_new(&a->endpoint[0], a->gateway, "rtpbridge/1", &ops, a);
    if (err == 0)
        err = mgcp_ca_endpoint_new(&a->endpoint[1], a->gateway, "rtpbridge/2", &ops, a);
    return err;
}

static void close_all(struct agent *a)
{
    for (unsigned i = 0; i < 2; i++)
        if (a->endpoint[i])
            mgcp_ca_endpoint_free(a->endpoint[i]);
    mgcp_ca_free(a->gateway);
    mgcp_node_free(a->node);
    rt_loop_free(a->loop);
}

int main(int argc, char **argv)
{
    struct agent a = {.step = 0};
    union rt_addr addr[4];

    for (int i = 0; i < 4; i++)
        if (argc != 5 || rt_addr_parse(&addr[i], argv[i + 1], strlen(argv[i + 1]), 0) != 0) {
            fprintf(stderr, "usage: mgcp_agent LISTEN GATEWAY FIRST LAST\n");
            return 2;
        }
    a.first = addr[2];
    a.last = addr[3];
    int err = open_all(&a, &addr[0], &addr[1]);
    if (err == 0) {
        mgcp_ca_start(a.gateway);
        go_on(&a);
        err = rt_loop_run(a.loop);
    }
    if (err != 0)
        fprintf(stderr, "mgcp_agent: %s\n", strerror(err));
    close_all(&a);
    return err != 0 ? 1 : a.status;
}
