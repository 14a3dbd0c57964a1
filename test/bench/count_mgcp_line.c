/* The whole gateway with telephone lines of an MGCP gateway under the fake kernel: what a line
 * keeps of the heap, what it costs when all of them come back, and what a call from a line to a SIP
 * peer costs, step by step.
 *
 * usage: count_mgcp_line heap|calls [LINES|CALLS]      rows of JSON, far ends included
 */
#include "gw/gw.h"
#include "test/bench/mgcp_far.h"
#include "test/bench/sip_far.h"

#include <sys/wait.h>
#include <unistd.h>

#define PLAN                                                                                       \
    "version 1\nsip { listen udp:10.0.0.1:5060 }\n"                                                \
    "media {\n address 10.0.0.1\n ports 20000-20999\n codecs pcma, pcmu\n threads 1\n}\n"          \
    "site berlin {\n dialling de area 30\n}\n"                                                     \
    "mgcp {\n listen udp:10.0.0.1:2727\n"                                                          \
    " gateway iad.test address 10.0.0.9:2427 lines 1-%u\n}\n"                                      \
    "trunk phones {\n mgcp iad.test lines 1-%u\n line 1-%u number [%u..%u]\n}\n"                   \
    "trunk pbx {\n sip sip:10.0.0.3\n accept from 10.0.0.3\n numbers e164\n media %s\n}\n"         \
    "routes from phones {\n [100000..129999] -> phones\n +49* -> pbx\n * -> reject 1\n}\n"         \
    "routes from pbx {\n * -> reject 1\n}\n"                                                       \
    "cdr journal /cdr, csv /cdr.csv\n"

#define FIRST     100000 /* number of the first line */
#define LINES_MAX 20000
#define FEW       100
#define WORST     (600 * RT_S)

static struct rt_loop *loop;
static struct gw *gw;
static union rt_addr agent_addr, sip_addr;
static struct rt_udp *iad, *pbx;
static struct line {
    char x[40]; /* of the request that it has */
    bool armed; /* it waits for the receiver */
} line[LINES_MAX + 1];
static unsigned nlines, narmed, ncommands;
static rt_time armed_at;
static unsigned long tid;

/* ---- the lines ---- */

/** The value of a line; false: there is none. */
static bool value(char *out, size_t cap, const char *text, const char *name)
{
    const char *at = strstr(text, name);

    if (at)
        rt_str_copy(out, cap, (struct rt_str){at + strlen(name), strcspn(at + strlen(name), "\r")});
    return at != NULL;
}

static void arm(struct line *l, const char *text)
{
    char events[200];
    bool armed = value(events, sizeof events, text, "\r\nR: ") && strstr(events, "L/hd");

    value(l->x, sizeof l->x, text, "\r\nX: ");
    narmed += armed && !l->armed;
    l->armed = armed;
    armed_at = rt_now();
}

static void command(const char *text)
{
    static const struct {
        const char *verb, *code, *lines;
    } answers[] = {
        {"CRCX", "200", "I: 1A\r\n\r\n" DESCRIPTION},
        {"DLCX", "250", "P: PS=10, OS=1600, PR=9, OR=1440, PL=1, JI=3, LA=40\r\n"},
        {"AUEP", "200", "I: \r\nES: L/hu\r\nRM: restart\r\n"},
        {"", "200", ""},
    };
    const char *name = strstr(text, "aaln/"), *why = "533";
    unsigned which = name ? (unsigned)strtoul(name + 5, NULL, 10) : 0;
    char out[600];
    size_t i = 0;

    ncommands++;
    while (strncmp(text, answers[i].verb, strlen(answers[i].verb)) != 0)
        i++;
    need(which <= nlines, "a line is not known");
    int n = snprintf(out, sizeof out, "%s %lu X\r\n%s", which ? answers[i].code : why, tid_of(text),
                     which ? answers[i].lines : "");
    if (which && strstr(text, "\r\nX: "))
        arm(&line[which], text);
    rt_udp_send(iad, out, (size_t)n, &agent_addr);
}

static void on_iad(void *arg, struct rt_udp *u)
{
    char data[4096];
    size_t n;

    (void)arg;
    while (rt_udp_recv(u, data, sizeof data - 1, &n, NULL) == 0) {
        char *text = data, *dot;
        data[n] = '\0';
        for (; (dot = strstr(text, "\r\n.\r\n")) != NULL; text = dot + 5) {
            dot[2] = '\0';
            command(text);
        }
        if (text[0] < '0' || text[0] > '9')
            command(text);
    }
}

static void notify(unsigned which, const char *observed)
{
    char text[400];
    int n = snprintf(text, sizeof text, "NTFY %lu aaln/%u@iad.test MGCP 1.0\r\nX: %s\r\nO: %s\r\n",
                     ++tid, which, line[which].x, observed);

    need(rt_udp_send(iad, text, (size_t)n, &agent_addr) == 0, "a notification is not sent");
    fake_settle();
}

/* ---- the SIP peer ---- */

static void respond(struct rt_str request, const char *status, const char *body)
{
    static struct rt_buf b;

    far_respond(&b, request, status, "callee", "sip:callee@10.0.0.3:5060", body);
    need(rt_udp_send(pbx, b.p, b.n, &sip_addr) == 0, "a response is not sent");
}

/** Answers the next request of that method; what else waits is passed over. */
static void answer(const char *method, bool rings, const char *body)
{
    static char data[4096];
    size_t n, len = strlen(method);
    bool seen = false;

    while (rt_udp_recv(pbx, data, sizeof data, &n, NULL) == 0) {
        if (n <= len || memcmp(data, method, len) != 0)
            continue;
        if (rings)
            respond((struct rt_str){data, n}, "180 Ringing", "");
        respond((struct rt_str){data, n}, "200 OK", body);
        seen = true;
    }
    need(seen, method);
    fake_settle();
}

/* ---- life ---- */

static void begin(const char *media)
{
    struct conf_diag diag = {.errors = 0};
    struct rt_buf why = {0};
    struct gw_plan *plan;
    char text[2000];

    fake_reset();
    fake_local_address(US);
    agent_addr = addr(US, MGCP_PORT_AGENT);
    sip_addr = addr(US, 5060);
    snprintf(text, sizeof text, PLAN, nlines, nlines, nlines, FIRST, FIRST + nlines - 1, media);
    need(rt_loop_new(&loop, "signalling") == 0, "loop");
    need(gw_plan_parse(&plan, "count.conf", rt_str(text), &diag) == 0, "plan");
    iad = open_at(loop, FAR, MGCP_PORT_GATEWAY, on_iad, NULL);
    pbx = open_at(NULL, "10.0.0.3", 5060, NULL, NULL);
    need(gw_start(&gw, loop, plan, &why) == 0, "the gateway does not start");
}

/** Every line is in service and waits for its receiver. */
static void until_armed(void)
{
    for (rt_time from = rt_now(); narmed < nlines; fake_advance(100 * RT_MS))
        need(rt_now() - from < WORST, "lines do not come back");
}

/* ---- the heap, and the avalanche ---- */

/** All of it in a process of its own: the difference of two is that of the lines alone. */
static double heap_of(unsigned lines)
{
    int ends[2];
    double used = 0;

    need(pipe(ends) == 0, "pipe");
    pid_t child = fork();
    need(child >= 0, "fork");
    if (child == 0) {
        nlines = lines;
        begin("direct");
        until_armed();
        fake_advance(60 * RT_S); /* transactions are forgotten */
        used = heap();
        _exit(write(ends[1], &used, sizeof used) == sizeof used ? 0 : 1);
    }
    need(read(ends[0], &used, sizeof used) == sizeof used, "read");
    waitpid(child, NULL, 0);
    close(ends[0]);
    close(ends[1]);
    return used;
}

static void restart_all(void)
{
    static const char text[] = "RSIP 1 *@iad.test MGCP 1.0\r\nRM: restart\r\nRD: 0\r\n";

    for (unsigned i = 1; i <= nlines; i++)
        line[i].armed = false;
    narmed = ncommands = 0;
    rt_time since = rt_now();
    double used = cpu_us();
    need(rt_udp_send(iad, text, sizeof text - 1, &agent_addr) == 0, "a restart is not sent");
    until_armed();
    used = cpu_us() - used;
    printf("{\"what\": \"whole gateway, RSIP of %u lines\", \"cpu_ms\": %.1f, "
           "\"us_per_line\": %.2f, \"commands\": %u, \"virtual_s_armed\": %.2f}\n",
           nlines, used / 1e3, used / nlines, ncommands, (double)(armed_at - since) / RT_S);
}

static void count_heap(unsigned lines)
{
    double few = heap_of(FEW), many = heap_of(FEW + lines);

    nlines = lines;
    double before = heap();
    struct conf_diag diag = {.errors = 0};
    struct gw_plan *plan;
    char text[2000];
    snprintf(text, sizeof text, PLAN, nlines, nlines, nlines, FIRST, FIRST + nlines - 1, "direct");
    need(gw_plan_parse(&plan, "count.conf", rt_str(text), &diag) == 0, "plan");
    printf(
        "{\"what\": \"octets of an idle line\", \"whole_gateway\": %.0f, \"plan_alone\": %.0f}\n",
        (many - few) / lines, (heap() - before) / lines);
    gw_plan_unref(plan);
    begin("direct");
    until_armed();
    fake_advance(60 * RT_S);
    restart_all();
}

/* ---- calls ---- */

enum step { LIFTED, DIALLED, ANSWERED, PUT_DOWN, STEPS };
static double spent[STEPS];

static void call(unsigned i)
{
    unsigned which = i % nlines + 1;
    double at[STEPS + 1] = {cpu_us()};

    need(line[which].armed, "a line does not wait for its receiver");
    notify(which, "L/hd");
    at[LIFTED + 1] = cpu_us();
    notify(which, "D/0,D/8,D/9,D/4,D/7,D/1,D/1,D/T");
    at[DIALLED + 1] = cpu_us();
    answer("INVITE", true, DESCRIPTION);
    fake_advance(10 * RT_MS);
    at[ANSWERED + 1] = cpu_us();
    notify(which, "L/hu");
    answer("BYE", false, "");
    at[PUT_DOWN + 1] = cpu_us();
    for (unsigned s = 0; s < STEPS; s++)
        spent[s] += at[s + 1] - at[s];
}

static void count_calls(const char *media, unsigned calls)
{
    nlines = FEW;
    narmed = 0;
    memset(line, 0, sizeof line);
    memset(spent, 0, sizeof spent);
    begin(media);
    until_armed();
    ncommands = 0;
    double used = cpu_us();
    for (unsigned i = 0; i < calls; i++)
        call(i);
    fake_advance(40 * RT_S); /* the last timers */
    used = cpu_us() - used;
    printf("{\"what\": \"line to SIP, media %s\", \"us_per_call\": %.2f, \"lifted_us\": %.2f, "
           "\"dialled_us\": %.2f, \"answered_us\": %.2f, \"put_down_us\": %.2f, "
           "\"commands_per_call\": %.2f}\n",
           media, used / calls, spent[LIFTED] / calls, spent[DIALLED] / calls,
           spent[ANSWERED] / calls, spent[PUT_DOWN] / calls, (double)ncommands / calls);
}

int main(int argc, char **argv)
{
    unsigned n = argc > 2 ? (unsigned)atoi(argv[2]) : 0;

    rt_log_set_all(RT_ERROR);
    if (argc > 1 && strcmp(argv[1], "heap") == 0) {
        count_heap(n > 0 && n <= LINES_MAX - FEW ? n : 10000);
    } else if (argc > 2 && strcmp(argv[1], "calls") == 0) {
        count_calls("direct", n);
    } else if (argc > 2 && strcmp(argv[1], "relayed") == 0) {
        count_calls("relay", n);
    } else {
        fprintf(stderr, "usage: count_mgcp_line heap|calls|relayed [LINES|CALLS]\n");
        return 2;
    }
    return 0;
}
