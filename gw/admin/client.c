/* The client: asks the daemon over its socket and prints what it says. */
#include "gw/admin/control.h"

#include "gw/admin/control_priv.h"
#include "gw/rt/net.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WATCH_PERIOD RT_S
#define TIMEOUT      (10 * RT_S)
/** Whoever presses the tabulator does not wait for a gateway that hangs. */
#define COMPLETION_TIMEOUT RT_S
/** A plan may have millions of prices to be read. */
#define LOAD_TIMEOUT (1800 * RT_S)
#define LINE_LIMIT   ((size_t)8 << 20)

struct client {
    struct rt_loop *loop;
    struct rt_stream *stream;
    struct rt_buf request;
    struct gw_printer *printer;
    struct gw_pcap *pcap;     /* NULL: no packets are wanted */
    struct rt_buf *collected; /* lines go there instead of being printed; NULL: they are printed */
    struct rt_timer again, timeout;
    const char *path;
    bool watch, tty, done;
    rt_time patience;
    int code;
};

/* ---- the request ---- */

static void make_request(struct rt_buf *out, int argc, char **argv)
{
    rt_buf_puts(out, "{\"argv\":[");
    for (int i = 0; i < argc; i++) {
        rt_buf_puts(out, i > 0 ? "," : "");
        gw_json_text(out, argv[i]);
    }
    rt_buf_puts(out, "]}\n");
}

static void finish(struct client *c, int code)
{
    c->code = code;
    c->done = true;
    rt_loop_stop(c->loop);
}

static void unreachable(struct client *c, int err)
{
    if (!c->collected)
        fprintf(stderr, "tandem: no daemon at %s: %s\n", c->path,
                err == 0 ? "it closed the connection" : strerror(err));
    finish(c, GW_EXIT_UNREACHABLE);
}

static void ask(void *arg)
{
    struct client *c = arg;
    int err = rt_stream_write(c->stream, c->request.p, c->request.n);

    if (err != 0)
        unreachable(c, err);
    else
        rt_timer_start(&c->timeout, c->patience);
}

/* ---- the answer ---- */

static void on_connected(void *arg, struct rt_stream *s)
{
    (void)s;
    ask(arg);
}

static void answered(struct client *c, int code)
{
    rt_timer_stop(&c->timeout);
    if (c->watch && code == GW_EXIT_OK && !gw_printer_done(c->printer))
        rt_timer_start(&c->again, WATCH_PERIOD);
    else
        finish(c, code);
}

/** True when the line was a packet. From then on nobody knows when the next one comes. */
static bool take_packet(struct client *c, struct rt_str line)
{
    int err = 0;

    if (!c->pcap || !gw_pcap_line(c->pcap, line, &err))
        return false;
    rt_timer_stop(&c->timeout);
    if (err != 0)
        finish(c, GW_EXIT_FAILED);
    return true;
}

/** Whoever follows goes on until Ctrl-C. */
static void on_interrupt(void *arg, int signo)
{
    struct client *c = arg;

    (void)signo;
    fprintf(stderr, "tandem: %u packets\n", gw_pcap_packets(c->pcap));
    finish(c, GW_EXIT_OK);
}

/** True when it is the closing line; all go to the buffer. */
static bool collect(struct client *c, struct rt_str line, int *code)
{
    json_t *object = json_loadb(line.p, line.n, 0, NULL);
    const json_t *closing = json_object_get(object, "exit");

    if (closing)
        *code = (int)json_integer_value(closing);
    else
        rt_buf_printf(c->collected, "%.*s\n", RT_STR(line));
    json_decref(object);
    return closing != NULL;
}

static bool take_line(struct client *c, struct rt_str line, int *code)
{
    if (c->collected)
        return collect(c, line, code);
    return !take_packet(c, line) && gw_printer_line(c->printer, line, code);
}

static size_t on_data(void *arg, struct rt_stream *s, const char *buf, size_t len)
{
    struct client *c = arg;
    size_t used = 0;

    (void)s;
    while (!c->done && used < len) {
        const char *end = memchr(buf + used, '\n', len - used);
        int code = GW_EXIT_FAILED;
        if (!end)
            break;
        struct rt_str line = {buf + used, (size_t)(end - buf) - used};
        used += line.n + 1;
        if (take_line(c, line, &code))
            answered(c, code);
    }
    return used;
}

/** A daemon that has answered and ends, as `stop` has it, may be gone in the same moment. */
static void on_closed(void *arg, struct rt_stream *s, int err)
{
    struct client *c = arg;

    (void)s;
    if (!c->done)
        unreachable(c, err);
}

static void on_timeout(void *arg)
{
    unreachable(arg, ETIMEDOUT);
}

/** On a terminal each answer replaces the one before, elsewhere a blank line parts them. */
static void on_again(void *arg)
{
    struct client *c = arg;

    fputs(c->tty ? "\033[H\033[2J" : "\n", stdout);
    ask(c);
}

/* ---- running ---- */

static const struct rt_stream_ops ops = {
    .connected = on_connected, .data = on_data, .closed = on_closed};

static int connect_to(struct client *c)
{
    union rt_addr addr;
    int err = rt_addr_unix(&addr, c->path);

    if (err == 0)
        err = rt_stream_connect(&c->stream, c->loop, &addr, &ops, c);
    if (err == 0)
        rt_stream_set_limit(c->stream, LINE_LIMIT);
    return err;
}

static void on_end(void *arg)
{
    rt_loop_stop(arg);
}

/** A closed stream is freed in the loop's next round: this is the last one. */
static void close_stream(struct client *c)
{
    struct rt_defer end;

    rt_stream_close(c->stream);
    rt_defer_init(&end, c->loop, on_end, c->loop);
    rt_defer_start(&end);
    rt_loop_run(c->loop);
    rt_defer_stop(&end);
}

static void run(struct client *c)
{
    rt_timer_init(&c->again, c->loop, on_again, c);
    rt_timer_init(&c->timeout, c->loop, on_timeout, c);
    int err = c->pcap ? rt_signal_watch(c->loop, SIGINT, on_interrupt, c) : 0;
    if (err == 0 && c->pcap)
        err = rt_signal_watch(c->loop, SIGTERM, on_interrupt, c);
    if (err == 0)
        err = connect_to(c);
    if (err != 0)
        unreachable(c, err);
    else
        rt_loop_run(c->loop);
    rt_timer_stop(&c->again);
    rt_timer_stop(&c->timeout);
    if (c->stream)
        close_stream(c);
}

/** The verbs that have a plan read. */
static bool loads(const char *verb)
{
    static const char *const verbs[] = {"diff", "apply", "rollback"};

    for (size_t i = 0; i < RT_COUNT(verbs); i++)
        if (strcmp(verb, verbs[i]) == 0)
            return true;
    return false;
}

int gw_client_collect(const char *path, int argc, char **argv, struct rt_buf *out)
{
    struct client c = {.path = path, .code = GW_EXIT_FAILED, .collected = out};

    c.patience = COMPLETION_TIMEOUT;
    make_request(&c.request, argc, argv);
    if (!c.request.failed && rt_loop_new(&c.loop, "client") == 0)
        run(&c);
    rt_buf_release(&c.request);
    rt_loop_free(c.loop);
    return c.code;
}

int gw_client(const char *path, int argc, char **argv, bool json, bool watch)
{
    struct client c = {.path = path, .watch = watch, .code = GW_EXIT_FAILED};

    int err = gw_pcap_new(&c.pcap, argc, argv);
    c.patience = loads(argv[0]) ? LOAD_TIMEOUT : TIMEOUT;
    c.tty = !json && isatty(STDOUT_FILENO);
    c.printer = gw_printer_new(json);
    make_request(&c.request, argc, argv);
    if (err == 0 && c.printer && !c.request.failed && rt_loop_new(&c.loop, "client") == 0)
        run(&c);
    else
        fprintf(stderr, "tandem: out of memory\n");
    gw_printer_free(c.printer);
    gw_pcap_free(c.pcap);
    rt_buf_release(&c.request);
    rt_loop_free(c.loop);
    return c.code;
}

int gw_control_offline(const struct gw_plan *plan, int argc, char **argv, bool json)
{
    struct rt_buf text = {0};
    struct gw_answer a = {.plan = plan, .out = &text};
    struct gw_printer *printer = gw_printer_new(json);
    int code = GW_EXIT_FAILED;

    gw_answer_close(&a, gw_control_run(&a, (size_t)argc, (const char *const *)argv));
    struct rt_str rest = rt_buf_str(&text);
    while (printer && rest.n > 0)
        gw_printer_line(printer, rt_str_cut(&rest, '\n'), &code);
    gw_printer_free(printer);
    rt_buf_release(&text);
    return code;
}
