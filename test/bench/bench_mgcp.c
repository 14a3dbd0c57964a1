/* CPU time of MGCP's messages: commands of a call read and judged, and answers written; beside a
 * plain reader and writer in the same run, as one would first write them (strtok over a copy, each
 * line copied to the heap, answers by snprintf).
 *
 * One line of JSON each: messages per CPU second, the best of several runs.
 */
#include "mgcp/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TURNS 100000
#define RUNS  7

#define NAME "aaln/1@rgw-2567.whatever.net MGCP 1.0\r\n"
#define SDP                                                                                        \
    "v=0\r\no=- 25678 753849 IN IP4 128.96.41.1\r\ns=-\r\nc=IN IP4 128.96.41.1\r\nt=0 0\r\n"       \
    "m=audio 3456 RTP/AVP 0\r\n"

/** What a call is made of. */
static const char *const messages[] = {
    "NTFY 2002 " NAME "N: ca@ca1.whatever.net:5678\r\nX: 0123456789AC\r\n"
    "O: L/hd,D/9,D/1,D/2,D/0,D/1,D/8,D/2,D/9,D/4,D/2,D/6,D/6\r\n",
    "RQNT 1202 " NAME "N: ca@ca1.whatever.net:5678\r\nX: 0123456789AC\r\n"
    "R: L/hd(A, E(S(L/dl),R(L/oc, L/hu, D/[0-9#*T](D))))\r\n"
    "D: (0T|00T|#xxxxxxx|*xx|91xxxxxxxxxx|9011x.T)\r\nS:\r\nQ: process\r\nT: G/ft\r\n",
    "CRCX 1205 " NAME "C: A3C47F21456789F0\r\nL: p:10, a:PCMU\r\nM: sendrecv\r\n"
    "X: 0123456789AD\r\nR: L/hd\r\nS: L/rg\r\n\r\n" SDP,
    "MDCX 1209 " NAME "C: A3C47F21456789F0\r\nI: FDE234C8\r\nM: sendrecv\r\n\r\n" SDP,
    "DLCX 1210 " NAME "C: A3C47F21456789F0\r\nI: FDE234C8\r\n",
    "200 1204 OK\r\nI: FDE234C8\r\n\r\n" SDP,
    "250 1210 OK\r\nP: PS=1245, OS=62345, PR=780, OR=45123, PL=10, JI=27, LA=48\r\n",
};

static struct rt_str text[RT_COUNT(messages)];
static struct mgcp_message msg;
static struct rt_buf out;
static volatile uint64_t sink;

static void need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_mgcp: %s\n", what);
    exit(1);
}

/* ---- ours ---- */

static void read_ours(unsigned i)
{
    struct rt_str datagram = text[i % RT_COUNT(text)];
    unsigned refusal;

    need(mgcp_read(&msg, &datagram, &refusal) == 0, "a message is not read");
    need(mgcp_check_lines(&msg) == 0, "a message is refused");
    sink += msg.tid + msg.nlines + mgcp_value(&msg, MGCP_P_I).n;
}

static void write_ours(unsigned i)
{
    rt_buf_reset(&out);
    mgcp_write_response(&out, 200, 1 + i, NULL, "OK");
    mgcp_write_line(&out, "I", rt_str("FDE234C8"));
    mgcp_write_sdp(&out, rt_str(SDP));
    sink += out.n;
}

/* ---- the reference ---- */

struct plain_line {
    char *name, *value;
};

static char *copy(const char *s)
{
    char *z = strdup(s);

    need(z != NULL, "no memory");
    return z;
}

static struct plain_line split(const char *line)
{
    const char *colon = strchr(line, ':');
    struct plain_line l = {copy(line), copy(colon ? colon + 1 + strspn(colon + 1, " ") : "")};

    if (colon)
        l.name[colon - line] = '\0';
    return l;
}

/** The head is cut into lines, the rest is the description. */
static void read_plain(unsigned i)
{
    char *whole = strndup(text[i % RT_COUNT(text)].p, text[i % RT_COUNT(text)].n);
    need(whole != NULL, "no memory");
    char *body = strstr(whole, "\r\n\r\n"), *save = NULL, verb[40], name[300], version[40] = "";
    struct plain_line line[MGCP_LINES];
    unsigned tid = 0, n = 0;

    if (body) {
        *body = '\0';
        body = copy(body + 4);
    }
    char *at = strtok_r(whole, "\r\n", &save);
    need(sscanf(at, "%39s %u %299s MGCP %39s", verb, &tid, name, version) >= 2, "not understood");
    while ((at = strtok_r(NULL, "\r\n", &save)) != NULL && n < MGCP_LINES)
        line[n++] = split(at);
    sink += tid + n;
    for (unsigned k = 0; k < n; k++) {
        free(line[k].name);
        free(line[k].value);
    }
    free(body);
    free(whole);
}

static void write_plain(unsigned i)
{
    char buffer[1000];

    sink += (unsigned)snprintf(buffer, sizeof buffer, "%03d %u %s\r\n%s: %s\r\n\r\n%s", 200, 1 + i,
                               "OK", "I", "FDE234C8", SDP);
}

/* ---- turns ---- */

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double best(void (*turn)(unsigned))
{
    double least = 0;

    for (unsigned run = 0; run < RUNS; run++) {
        double begin = cpu_ns();
        for (unsigned i = 0; i < TURNS; i++)
            turn(i);
        double took = cpu_ns() - begin;
        if (run == 0 || took < least)
            least = took;
    }
    return least / TURNS;
}

static void compare(const char *what, void (*ours)(unsigned), void (*plain)(unsigned))
{
    double a = best(ours), b = best(plain);

    printf("{\"bench\": \"mgcp\", \"what\": \"%s\", \"per_cpu_s\": %.0f, \"ns\": %.0f, "
           "\"plain_per_cpu_s\": %.0f, \"plain_ns\": %.0f, \"ratio\": %.2f}\n",
           what, 1e9 / a, a, 1e9 / b, b, a / b);
    fflush(stdout);
}

int main(void)
{
    for (size_t i = 0; i < RT_COUNT(messages); i++)
        text[i] = rt_str(messages[i]);
    compare("messages read and judged", read_ours, read_plain);
    compare("answers written", write_ours, write_plain);
    rt_buf_release(&out);
    return 0;
}
