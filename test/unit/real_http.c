/* The HTTP server of gw/rt over real sockets of loopback. It runs in a thread of its own; the tests
 * are clients that wait. */
#include "gw/rt/file.h"
#include "gw/rt/http.h"

#include <check.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE 8192

static struct rt_loop *loop;
static struct rt_thread *thread;
static struct rt_http *server;
static struct rt_timer later;
static struct rt_http_request *waiting; /* for the timer, or for ever */
static struct rt_buf why;
static _Atomic unsigned gone, pieces, full;
static char folder[32], path[64];

/* ---- the owner ---- */

static void add_query(void *arg, const char *name, const char *value)
{
    rt_buf_printf(arg, " %s=%s", name, value);
}

/** Says what it was asked. */
static void echo(struct rt_http_request *r)
{
    static const struct rt_http_header headers[] = {{"X-Test", "yes"}, {NULL, NULL}};
    const char *name = rt_http_header(r, "x-name");
    struct rt_buf b = {0};
    char field[8];
    unsigned uid = 0;

    rt_buf_printf(&b, "%s %s%s", rt_http_method(r), rt_http_path(r),
                  rt_http_secure(r) ? " tls" : "");
    rt_http_queries(r, add_query, &b);
    if (rt_http_uid(r, &uid) == 0)
        rt_buf_printf(&b, " uid %u", uid);
    if (name)
        rt_buf_printf(&b, " name %s", name);
    if (rt_http_form(r, "f\xc3\xa9", field, sizeof field) == 0)
        rt_buf_printf(&b, " field %s", field);
    struct rt_str body = rt_http_body(r);
    rt_buf_printf(&b, " body %zu ", body.n);
    rt_buf_put(&b, body.p, body.n < 20 ? body.n : 20);
    rt_http_reply(r, 200, headers, rt_buf_str(&b));
    rt_buf_release(&b);
}

static void on_later(void *arg)
{
    static char piece[PIECE];

    (void)arg;
    if (!waiting)
        return;
    if (strcmp(rt_http_path(waiting), "/later") == 0) {
        rt_http_reply_static(waiting, 202, NULL, rt_str("late"));
        waiting = NULL;
        return;
    }
    memset(piece, 'a' + (int)(pieces % 26), sizeof piece);
    if (rt_http_stream_write(waiting, (struct rt_str){piece, sizeof piece}, 4 * PIECE) == 0) {
        pieces++;
        rt_timer_start(&later, 0);
    } else {
        full++;
        ck_assert_uint_gt(rt_http_stream_pending(waiting), 3 * PIECE);
        rt_http_stream_end(waiting);
        waiting = NULL;
    }
}

static void on_request(void *arg, struct rt_http_request *r)
{
    const char *p = rt_http_path(r);

    (void)arg;
    if (strcmp(p, "/never") == 0 || strcmp(p, "/later") == 0) {
        waiting = r;
    } else if (strcmp(p, "/quiet") == 0) {
        waiting = r;
        rt_http_stream(r, 200, NULL);
        rt_http_stream_write(r, rt_str("first"), 100);
        return;
    } else if (strcmp(p, "/stream") == 0) {
        waiting = r;
        rt_http_stream(r, 200, NULL);
    } else {
        echo(r);
        return;
    }
    if (strcmp(p, "/never") != 0)
        rt_timer_start(&later, 20 * RT_MS);
}

static void on_gone(void *arg, struct rt_http_request *r)
{
    (void)arg;
    if (waiting == r)
        waiting = NULL;
    gone++;
}

static size_t on_body(void *arg, const struct rt_http_request *r)
{
    (void)arg;
    return strcmp(rt_http_path(r), "/stranger") == 0 ? 10 : SIZE_MAX;
}

static const struct rt_http_ops ops = {on_request, on_gone, on_body};

static const struct rt_http_header always[] = {{"X-Test", "no"}, {"X-Always", "1"}, {NULL, NULL}};

static void serve(struct rt_http_config cfg)
{
    static union rt_addr listen[2];

    ck_assert_int_eq(rt_addr_parse(&listen[0], "127.0.0.1:0", 11, 0), 0);
    ck_assert_int_eq(rt_addr_unix(&listen[1], path), 0);
    cfg.listen = listen;
    cfg.nlisten = 2;
    cfg.always = always;
    ck_assert_int_eq(rt_http_new(&server, loop, &cfg, &ops, NULL, &why), 0);
    ck_assert_int_eq(rt_thread_start(&thread, loop), 0);
}

static void setup(void)
{
    gone = pieces = full = 0;
    waiting = NULL;
    server = NULL;
    thread = NULL;
    strcpy(folder, "/tmp/tandem-http-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/http", folder);
    rt_loop_new(&loop, "http");
    rt_timer_init(&later, loop, on_later, NULL);
}

static void teardown(void)
{
    rt_thread_stop(thread);
    rt_timer_stop(&later);
    rt_http_free(server);
    rt_loop_free(loop);
    rt_buf_release(&why);
    unlink(path);
    rmdir(folder);
}

/* ---- clients ---- */

static int dial(const union rt_addr *to)
{
    struct timeval limit = {20, 0};
    int fd = socket(to->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ck_assert_int_eq(connect(fd, &to->sa, rt_addr_size(to)), 0);
    return fd;
}

static int tcp(void)
{
    return dial(rt_http_local(server, 0));
}

static void say(int fd, const char *text)
{
    ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/** Reads until `stop` has come, or the end if NULL. */
static const char *hear(int fd, struct rt_buf *b, const char *stop)
{
    char room[4096];
    ssize_t n = 1;

    rt_buf_reset(b);
    rt_buf_puts(b, "");
    while (n > 0 && (!stop || !strstr(b->p, stop)))
        if ((n = recv(fd, room, sizeof room, 0)) > 0)
            rt_buf_put(b, room, (size_t)n);
    ck_assert_msg(n >= 0 || stop == NULL, "%s: %s", strerror(errno), b->p);
    return b->p;
}

static bool wait_until(const _Atomic unsigned *n, unsigned want)
{
    for (int i = 0; i < 2000 && *n < want; i++)
        usleep(10000);
    return *n == want;
}

/* ---- tests ---- */

START_TEST(requests_are_answered_over_one_connection)
{
    struct rt_buf b = {0};

    serve((struct rt_http_config){.nlisten = 0});
    int fd = tcp();
    say(fd, "GET /a%20b/%C3%A9?q=1+2&r=%26 HTTP/1.1\r\nHost: x\r\nX-Name: me\r\n\r\n");
    hear(fd, &b, "body 0 ");
    ck_assert(strncmp(b.p, "HTTP/1.1 200 OK\r\n", 17) == 0);
    ck_assert_ptr_nonnull(strstr(b.p, "X-Test: yes\r\n"));
    ck_assert_ptr_nonnull(strstr(b.p, "X-Always: 1\r\n"));
    ck_assert_ptr_null(strstr(b.p, "X-Test: no"));
    ck_assert_ptr_nonnull(strstr(b.p, "GET /a b/\xc3\xa9 q=1 2 r=& name me body 0 "));
    say(fd, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe");
    say(fd, "llo");
    ck_assert_ptr_nonnull(strstr(hear(fd, &b, "body 5 hello"), "POST /p body"));
    say(fd,
        "POST /p HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    hear(fd, &b, "body 3 abc");
    say(fd, "POST /f HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\na=1&f%C3%A9=b+%26c&x=");
    ck_assert_ptr_nonnull(strstr(hear(fd, &b, "body 20"), "POST /f field b &c body"));
    say(fd, "POST /f HTTP/1.1\r\nHost: x\r\nContent-Length: 18\r\n\r\nf%C3%A9=too%20long");
    ck_assert_ptr_nonnull(strstr(hear(fd, &b, "body 18"), "POST /f body"));
    say(fd, "HEAD /p HTTP/1.1\r\nHost: x\r\n\r\n");
    ck_assert_ptr_nonnull(
        strstr(hear(fd, &b, "\r\n\r\n"), "Content-Length: 15\r\n")); /* HEAD /p body 0 */
    say(fd, "GET http://x/abs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    hear(fd, &b, NULL);
    ck_assert(strncmp(b.p, "HTTP/1.1 200 OK\r\n", 17) == 0); /* no body came with HEAD */
    ck_assert_ptr_nonnull(strstr(b.p, "GET /abs body"));
    close(fd);
    rt_buf_release(&b);
}
END_TEST

START_TEST(bad_targets_are_refused)
{
    static const char *const bad[] = {"/a%00b",    "/%ff",      "/a/../b",   "/..",
                                      "/%2e%2e/x", "/%",        "/%4",       "/a?b=%00",
                                      "*",         "/%c0%af..", "/%ed%a0%80"};
    uint64_t before = rt_counted(&rt_http_counters[RT_HTTP_BAD]);
    struct rt_buf b = {0};
    char line[128];

    serve((struct rt_http_config){.nlisten = 0});
    for (size_t i = 0; i < RT_COUNT(bad); i++) {
        int fd = tcp();
        snprintf(line, sizeof line, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
                 bad[i]);
        say(fd, line);
        ck_assert_msg(strncmp(hear(fd, &b, NULL), "HTTP/1.1 400 ", 13) == 0, "%s: %s", bad[i], b.p);
        close(fd);
    }
    ck_assert_uint_eq(rt_counted(&rt_http_counters[RT_HTTP_BAD]), before + RT_COUNT(bad));
    rt_buf_release(&b);
}
END_TEST

START_TEST(a_body_above_the_limit_is_refused)
{
    static char big[3000];
    struct rt_buf b = {0};

    memset(big, 'x', sizeof big - 1);
    serve((struct rt_http_config){.limits.body = 1000});
    int fd = tcp();
    say(fd, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
    big[1000] = '\0';
    say(fd, big);
    hear(fd, &b, "body 1000 ");
    say(fd, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 2999\r\n\r\n");
    big[1000] = 'x';
    say(fd, big);
    ck_assert(strncmp(hear(fd, &b, "413}"), "HTTP/1.1 413 ", 13) == 0);
    say(fd, "POST /p HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2000\r\n\r\n");
    ck_assert(strncmp(hear(fd, &b, "413}"), "HTTP/1.1 413 ", 13) == 0);
    close(fd);
    fd = tcp();
    say(fd, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n");
    ck_assert(strncmp(hear(fd, &b, NULL), "HTTP/1.1 4", 10) == 0);
    close(fd);
    rt_buf_release(&b);
}
END_TEST

/* four times the limit is read at most, so that the client sees the 413; nobody sends for ever */
START_TEST(a_body_without_end_is_not_read)
{
    static const char head[] = "POST /p HTTP/1.1\r\nHost: x\r\n";
    char text[2100];
    struct rt_buf b = {0};

    serve((struct rt_http_config){.limits.body = 1000});
    int fd = tcp();
    say(fd, head);
    say(fd, "Content-Length: 4001\r\n\r\n");
    ck_assert(strncmp(hear(fd, &b, "413}"), "HTTP/1.1 413 ", 13) == 0);
    close(fd);
    fd = tcp();
    say(fd, head);
    snprintf(text, sizeof text, "Transfer-Encoding: chunked\r\n\r\n7d0\r\n%02000d\r\n", 0);
    say(fd, text);
    snprintf(text, sizeof text, "7d1\r\n%02001d\r\n", 0);
    say(fd, text);
    ssize_t n = recv(fd, text, sizeof text, 0);
    ck_assert_msg(n == 0 || (n < 0 && errno == ECONNRESET), "%zd %s", n, strerror(errno));
    close(fd);
    rt_buf_release(&b);
}
END_TEST

START_TEST(the_owner_says_whose_bodies_are_small)
{
    struct rt_buf b = {0};

    serve((struct rt_http_config){.nlisten = 0});
    int fd = tcp();
    say(fd, "POST /stranger HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789");
    hear(fd, &b, "body 10 ");
    say(fd, "POST /stranger HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n0123456789a");
    ck_assert(strncmp(hear(fd, &b, "413}"), "HTTP/1.1 413 ", 13) == 0);
    say(fd, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n0123456789a");
    hear(fd, &b, "body 11 ");
    close(fd);
    rt_buf_release(&b);
}
END_TEST

/** The first one's body waits for its end: the second one's is too much. */
START_TEST(all_bodies_together_are_limited)
{
    static char big[1001];
    struct rt_buf b = {0};

    memset(big, 'x', sizeof big - 1);
    serve((struct rt_http_config){.limits.held = 1500});
    int first = tcp(), second = tcp();
    say(first, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
    say(first, big);
    say(second, "POST /p HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                "Content-Length: 1000\r\n\r\n");
    hear(second, &b, "100 Continue");
    say(second, big);
    ck_assert(strncmp(hear(second, &b, "503}"), "HTTP/1.1 503 ", 13) == 0);
    say(first, "x");
    hear(first, &b, "body 1001 ");
    say(second, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
    say(second, big);
    hear(second, &b, "body 1000 ");
    close(first);
    close(second);
    rt_buf_release(&b);
}
END_TEST

START_TEST(what_can_be_read_in_two_ways_is_refused)
{
    static const char *const heads[] = {
        "Content-Length: 0\r\nContent-Length: 3", "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked\r\nHost: y", "Host: y"};
    struct rt_buf b = {0};
    char text[256];

    serve((struct rt_http_config){.nlisten = 0});
    for (size_t i = 0; i < RT_COUNT(heads); i++) {
        int fd = tcp();
        snprintf(
            text, sizeof text,
            "POST /p HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n0\r\n\r\nGET /q HTTP/1.1\r\nHost: x\r\n\r\n",
            heads[i]);
        say(fd, text);
        ck_assert_msg(strncmp(hear(fd, &b, NULL), "HTTP/1.1 400 ", 13) == 0, "%s: %s", heads[i],
                      b.p);
        ck_assert_ptr_null(strstr(b.p, "HTTP/1.1 200"));
        close(fd);
    }
    rt_buf_release(&b);
}
END_TEST

START_TEST(a_unix_socket_knows_its_user)
{
    struct rt_buf b = {0};
    char want[32];
    struct stat st;
    int fd;

    serve((struct rt_http_config){.nlisten = 0});
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0660);
    fd = dial(rt_http_local(server, 1));
    say(fd, "GET /u HTTP/1.1\r\nHost: x\r\n\r\n");
    snprintf(want, sizeof want, "GET /u uid %u body", getuid());
    hear(fd, &b, want);
    close(fd);
    /* A second server does not take it away; its successor does. */
    union rt_addr a;
    struct rt_http *other = NULL;
    struct rt_loop *idle;
    rt_addr_unix(&a, path);
    struct rt_http_config cfg = {.listen = &a, .nlisten = 1};
    ck_assert_int_eq(rt_loop_new(&idle, "other"), 0);
    ck_assert_int_eq(rt_http_new(&other, idle, &cfg, &ops, NULL, &why), EADDRINUSE);
    rt_loop_free(idle);
    ck_assert_ptr_nonnull(strstr(why.p, path));
    rt_buf_release(&b);
}
END_TEST

START_TEST(answers_may_come_later)
{
    struct rt_buf b = {0};

    serve((struct rt_http_config){.nlisten = 0});
    int fd = tcp();
    say(fd, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    ck_assert(strncmp(hear(fd, &b, "late"), "HTTP/1.1 202 ", 13) == 0);
    say(fd, "GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    hear(fd, &b, "late");
    close(fd);
    ck_assert_uint_eq(gone, 0);
    rt_buf_release(&b);
}
END_TEST

START_TEST(who_leaves_is_noticed)
{
    static const char *const targets[] = {"/never", "/quiet"};
    struct rt_buf b = {0};
    char line[64];

    serve((struct rt_http_config){.nlisten = 0});
    int fd = tcp();
    snprintf(line, sizeof line, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", targets[_i]);
    say(fd, line);
    if (_i == 1)
        hear(fd, &b, "first");
    else
        usleep(50000);
    close(fd);
    ck_assert(wait_until(&gone, 1));
    fd = tcp();
    say(fd, line); /* and now the server ends */
    usleep(50000);
    rt_thread_stop(thread);
    thread = NULL;
    rt_http_free(server);
    server = NULL;
    ck_assert_uint_eq(gone, 2);
    close(fd);
    rt_buf_release(&b);
}
END_TEST

/** Takes a chunked body apart. */
static size_t chunks(const char *p, char *out)
{
    size_t total = 0;

    for (;;) {
        char *end;
        size_t n = strtoul(p, &end, 16);
        ck_assert(strncmp(end, "\r\n", 2) == 0);
        if (n == 0)
            return total;
        memcpy(out + total, end + 2, n);
        total += n;
        p = end + 2 + n + 2;
    }
}

START_TEST(a_stream_stops_at_a_slow_reader)
{
    struct rt_buf b = {0};

    serve((struct rt_http_config){.nlisten = 0});
    int fd = tcp();
    say(fd, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    ck_assert(wait_until(&full, 1)); /* the kernel's buffers are full, and so are ours */
    unsigned n = pieces;
    ck_assert_uint_gt(n, 4);
    hear(fd, &b, "\r\n0\r\n\r\n");
    close(fd);
    char *body = malloc(b.n);
    const char *start = strstr(b.p, "\r\n\r\n") + 4;
    ck_assert_uint_eq(chunks(start, body), (size_t)n * PIECE);
    for (size_t i = 0; i < (size_t)n * PIECE; i++)
        ck_assert_int_eq(body[i], 'a' + (int)(i / PIECE % 26));
    ck_assert_uint_eq(gone, 0);
    free(body);
    rt_buf_release(&b);
}
END_TEST

START_TEST(a_thousand_connections_wait)
{
    struct rlimit limit = {4096, 4096};
    struct rt_buf b = {0};
    static int fd[1000];

    setrlimit(RLIMIT_NOFILE, &limit);
    serve((struct rt_http_config){.nlisten = 0});
    for (size_t i = 0; i < RT_COUNT(fd); i++)
        fd[i] = tcp();
    for (size_t i = 0; i < RT_COUNT(fd); i++)
        say(fd[i], "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
    for (size_t i = 0; i < RT_COUNT(fd); i++)
        hear(fd[i], &b, "body 0 ");
    struct timespec before, after;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    usleep(500000);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    ck_assert_int_lt((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec,
                     10000000);
    /* One above what a source may have is closed. */
    uint64_t refused = rt_counted(&rt_http_counters[RT_HTTP_REFUSED]);
    int more = tcp();
    ck_assert_int_le(recv(more, &limit, 1, 0), 0);
    ck_assert_uint_eq(rt_counted(&rt_http_counters[RT_HTTP_REFUSED]), refused + 1);
    close(more);
    for (size_t i = 0; i < RT_COUNT(fd); i++)
        close(fd[i]);
    for (int i = 0; i < 500 && rt_http_connections(server) > 0; i++)
        usleep(10000);
    ck_assert_uint_eq(rt_http_connections(server), 0);
    rt_buf_release(&b);
}
END_TEST

/** Calls need descriptors too: a quarter of them, whatever is configured. Users of this machine get
 * in all the same. */
START_TEST(strangers_have_a_quarter_of_the_descriptors)
{
    struct rlimit limit = {400, 400};
    union rt_addr local;
    int fd[100];

    setrlimit(RLIMIT_NOFILE, &limit);
    serve((struct rt_http_config){.nlisten = 0});
    for (size_t i = 0; i < RT_COUNT(fd); i++)
        fd[i] = tcp();
    int more = tcp();
    ck_assert_int_le(recv(more, &limit, 1, 0), 0);
    ck_assert_uint_eq(rt_http_connections(server), RT_COUNT(fd));
    close(more);
    struct rt_buf b = {0};
    ck_assert_int_eq(rt_addr_unix(&local, path), 0);
    more = dial(&local);
    say(more, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
    hear(more, &b, "body 0 ");
    close(more);
    for (size_t i = 0; i < RT_COUNT(fd); i++)
        close(fd[i]);
    rt_buf_release(&b);
}
END_TEST

START_TEST(half_a_request_is_not_waited_for)
{
    static const char *const halves[] = {
        "", "GET / HT", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab"};
    struct rt_buf b = {0};

    serve((struct rt_http_config){.limits.idle = 300 * RT_MS});
    int fd = tcp();
    say(fd, halves[_i]);
    hear(fd, &b, NULL);
    close(fd);
    /* Nor is one that comes an octet at a time. */
    int slow = tcp(), sent = 0;
    say(slow, "GET / HTTP/1.1\r\nHost: x\r\nX: ");
    while (sent < 1000 && send(slow, "x", 1, MSG_NOSIGNAL) == 1 && ++sent)
        usleep(20000);
    ck_assert_int_lt(sent, 1000);
    close(slow);
    rt_buf_release(&b);
}
END_TEST

/* ---- TLS ---- */

#define TLS_DATA "test/unit/data/tls/"

static char *text_of(const char *name)
{
    struct rt_buf b = {0};

    ck_assert_int_eq(rt_file_read(&b, name, 1 << 20), 0);
    return b.p;
}

/** Asks over TLS and returns the number of the server's certificate. */
static int ask_tls(struct rt_buf *b)
{
    gnutls_certificate_credentials_t cred;
    gnutls_session_t s;
    char room[1000];
    unsigned n;
    ssize_t got;
    int fd = tcp(), err;

    gnutls_certificate_allocate_credentials(&cred);
    gnutls_init(&s, GNUTLS_CLIENT);
    gnutls_set_default_priority(s);
    gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, cred);
    gnutls_transport_set_int(s, fd);
    while ((err = gnutls_handshake(s)) < 0 && !gnutls_error_is_fatal(err))
        continue;
    ck_assert_msg(err == 0, "%s", gnutls_strerror(err));
    int size = (int)gnutls_certificate_get_peers(s, &n)->size;
    static const char question[] = "GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    ck_assert_int_eq(gnutls_record_send(s, question, sizeof question - 1), sizeof question - 1);
    rt_buf_reset(b);
    while ((got = gnutls_record_recv(s, room, sizeof room)) > 0 || got == GNUTLS_E_AGAIN)
        if (got > 0)
            rt_buf_put(b, room, (size_t)got);
    gnutls_deinit(s);
    gnutls_certificate_free_credentials(cred);
    close(fd);
    return size;
}

START_TEST(tls_with_a_certificate_that_changes)
{
    char *cert = text_of(TLS_DATA "dns.crt"), *key = text_of(TLS_DATA "dns.key");
    char *cert2 = text_of(TLS_DATA "wildcard.crt"), *key2 = text_of(TLS_DATA "wildcard.key");
    struct rt_http_config wrong = {.cert = cert, .key = key2};
    struct rt_http *none = NULL;
    struct rt_buf b = {0};

    ck_assert_int_eq(rt_http_new(&none, loop, &wrong, &ops, NULL, &why), EINVAL);
    ck_assert_uint_gt(why.n, 0);
    serve((struct rt_http_config){.cert = cert, .key = key});
    int first = ask_tls(&b);
    ck_assert_ptr_nonnull(strstr(b.p, "GET /t tls body 0 "));
    int fd = dial(rt_http_local(server, 1)); /* never TLS */
    say(fd, "GET /u HTTP/1.1\r\nHost: x\r\n\r\n");
    hear(fd, &b, "GET /u uid");
    close(fd);
    rt_thread_stop(thread);
    ck_assert_int_eq(rt_http_certificate(server, cert2, key), EINVAL);
    ck_assert_int_eq(rt_http_certificate(server, cert2, key2), 0);
    ck_assert_int_eq(rt_thread_start(&thread, loop), 0);
    ck_assert_int_ne(ask_tls(&b), first);
    ck_assert_ptr_nonnull(strstr(b.p, "GET /t tls body 0 "));
    free(cert);
    free(key);
    free(cert2);
    free(key2);
    rt_buf_release(&b);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("http");
    TCase *t = tcase_create("http");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, requests_are_answered_over_one_connection);
    tcase_add_test(t, bad_targets_are_refused);
    tcase_add_test(t, a_body_above_the_limit_is_refused);
    tcase_add_test(t, a_unix_socket_knows_its_user);
    tcase_add_test(t, answers_may_come_later);
    tcase_add_loop_test(t, who_leaves_is_noticed, 0, 2);
    tcase_add_test(t, a_stream_stops_at_a_slow_reader);
    tcase_add_test(t, a_body_without_end_is_not_read);
    tcase_add_test(t, the_owner_says_whose_bodies_are_small);
    tcase_add_test(t, all_bodies_together_are_limited);
    tcase_add_test(t, what_can_be_read_in_two_ways_is_refused);
    tcase_add_test(t, a_thousand_connections_wait);
    tcase_add_test(t, strangers_have_a_quarter_of_the_descriptors);
    tcase_add_loop_test(t, half_a_request_is_not_waited_for, 0, 3);
    tcase_add_test(t, tls_with_a_certificate_that_changes);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
