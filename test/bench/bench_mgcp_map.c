/* CPU time of digit maps: compiled, and a whole decision made digit by digit; beside a plain
 * matcher in the same run, as one would first write it: the digits so far are tried against the
 * text of every alternative, each time anew.
 *
 * One line of JSON for each map: nanoseconds, the best of several runs.
 */
#include "mgcp/digit_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RUNS 7

/** As many alternatives as come near to the most positions. */
#define WIDE     180
#define WIDE_LEN 10

static const struct sample {
    const char *name;
    const char *text;    /**< NULL: the wide one */
    const char *dialled; /**< the last of it decides */
    unsigned compiles, decisions;
} samples[] = {
    /* RFC 3435 2.1.5 */
    {"RFC 3435's", "(0T|00T|[1-7]xxx|8xxxxxxx|#xxxxxxx|*xx|91xxxxxxxxxx|9011x.T)", "912125551234",
     20000, 100000},
    {"RFC 3435's, by the timer", "(0T|00T|[1-7]xxx|8xxxxxxx|#xxxxxxx|*xx|91xxxxxxxxxx|9011x.T)",
     "9011493090182100T", 20000, 100000},
    {"180 alternatives of 10 digits", NULL, "5179xxxxxx", 300, 20000},
};

static volatile uint64_t sink;

static void need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench_mgcp_map: %s\n", what);
    exit(1);
}

static double cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ---- ours ---- */

static struct mgcp_map *compile(struct rt_str text)
{
    struct mgcp_map *m;
    unsigned refusal;

    need(mgcp_map_new(&m, text, &refusal) == 0, "a map is refused");
    return m;
}

static void ours(struct mgcp_map *m, const char *dialled)
{
    enum mgcp_map_verdict v = MGCP_MAP_PARTIAL;
    enum mgcp_map_timer timer;
    struct mgcp_map_run r;

    need(mgcp_map_start(&r, m) == 0, "no memory");
    for (; *dialled; dialled++) {
        need(v == MGCP_MAP_PARTIAL, "a map decides too soon");
        v = mgcp_map_feed(&r, *dialled, &timer);
    }
    need(v == MGCP_MAP_MATCH, "a map does not decide");
    mgcp_map_stop(&r);
}

/* ---- the reference ---- */

enum plain { PLAIN_NO, PLAIN_PART, PLAIN_WHOLE };

/** Takes one element off the pattern: whether the digit is in it. */
static bool element(const char **p, char digit)
{
    char c = *(*p)++;
    bool in = false;

    if (c != '[')
        return c == 'x' ? digit >= '0' && digit <= '9' : c == digit;
    for (; **p != ']'; (*p)++) {
        if ((*p)[1] == '-' && (*p)[2] != ']') {
            in = in || (digit >= (*p)[0] && digit <= (*p)[2]);
            *p += 2;
        } else {
            in = in || **p == digit;
        }
    }
    (*p)++;
    return in;
}

/** One alternative, which ends before `end`. */
static enum plain alternative(const char *p, const char *end, const char *digits, size_t n)
{
    enum plain best = PLAIN_NO;

    if (p == end)
        return n == 0 ? PLAIN_WHOLE : PLAIN_NO;
    const char *rest = p;
    bool in = element(&rest, n > 0 ? digits[0] : '\0'), many = rest < end && *rest == '.';
    if (many)
        best = alternative(rest + 1, end, digits, n);
    if (n == 0)
        return best == PLAIN_WHOLE ? best : PLAIN_PART;
    if (in && best != PLAIN_WHOLE) {
        enum plain more = alternative(many ? p : rest, end, digits + 1, n - 1);
        best = more > best ? more : best;
    }
    return best;
}

static void plain(const char *map, const char *dialled)
{
    enum plain best = PLAIN_PART;

    for (size_t n = 1; n <= strlen(dialled); n++) {
        best = PLAIN_NO;
        for (const char *p = map + 1, *end; best != PLAIN_WHOLE && p[-1] != ')'; p = end + 1) {
            end = p + strcspn(p, "|)");
            enum plain one = alternative(p, end, dialled, n);
            best = one > best ? one : best;
        }
    }
    need(best == PLAIN_WHOLE, "the plain matcher does not decide");
    sink += best;
}

/* ---- turns ---- */

static void measure(const struct sample *s, const char *text)
{
    struct mgcp_map *m = compile(rt_str(text));
    double least[3] = {0};
    char number[40];

    snprintf(number, sizeof number, "%s", s->dialled);
    for (char *p = number; *p; p++)
        if (*p == 'x')
            *p = '7';
    for (unsigned run = 0; run < RUNS; run++) {
        double took[3], at = cpu_ns();
        for (unsigned i = 0; i < s->decisions; i++)
            ours(m, number);
        took[1] = (cpu_ns() - at) / s->decisions;
        at = cpu_ns();
        for (unsigned i = 0; i < s->decisions; i++)
            plain(text, number);
        took[2] = (cpu_ns() - at) / s->decisions;
        mgcp_map_free(m); /* the last one: the next is compiled */
        at = cpu_ns();
        for (unsigned i = 0; i < s->compiles; i++)
            mgcp_map_free(compile(rt_str(text)));
        took[0] = (cpu_ns() - at) / s->compiles;
        m = compile(rt_str(text));
        for (unsigned k = 0; k < 3; k++)
            least[k] = run == 0 || took[k] < least[k] ? took[k] : least[k];
    }
    mgcp_map_free(m);
    printf(
        "{\"bench\": \"mgcp_map\", \"what\": \"%s\", \"octets\": %zu, \"compile_ns\": %.0f, "
        "\"digits\": %zu, \"decision_ns\": %.0f, \"plain_decision_ns\": %.0f, \"ratio\": %.2f}\n",
        s->name, strlen(text), least[0], strlen(number), least[1], least[2], least[1] / least[2]);
}

int main(void)
{
    static char wide[WIDE * (WIDE_LEN + 1) + 3];
    size_t n = 0;

    for (unsigned i = 0; i < WIDE; i++)
        n += (size_t)snprintf(wide + n, sizeof wide - n, "%s5%03uxxxxxx", i == 0 ? "(" : "|", i);
    snprintf(wide + n, sizeof wide - n, ")");
    for (size_t i = 0; i < RT_COUNT(samples); i++)
        measure(&samples[i], samples[i].text ? samples[i].text : wide);
    return 0;
}
