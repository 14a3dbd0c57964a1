/* Runs scenario scripts: each in a process of its own, the whole gateway under the fake kernel
 * (README.md here). */
#include "scn.h"

#include "gw/rt/dns.h"
#include "gw/rt/file.h"
#include "isdn/isdn.h"
#include "test/fake/fake.h"

#include <libgen.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLAN                                                                                       \
    "version 1\nlog error\n"                                                                       \
    "sip { listen udp:10.0.0.1:5060 }\n"                                                           \
    "media {\n address 10.0.0.1\n ports 20000-20999\n codecs pcma, pcmu\n threads 1\n}\n"          \
    "span 1 {\n pseudowire local 10.0.0.1:7001 remote 10.0.0.9:7002\n e1\n isdn euroisdn "         \
    "user\n}\n"                                                                                    \
    "site berlin {\n dialling de area 30\n zone Europe/Berlin\n}\n"                                \
    "trunk pri {\n span 1\n channels 1-15,17-31 descending\n numbers isdn\n overlap\n}\n"          \
    "trunk pbx {\n sip sip:10.0.0.2\n accept from 10.0.0.2\n numbers e164\n}\n"                    \
    "routes from pbx {\n national -> pri\n +49800* -> pri, pbx\n * -> reject 3\n}\n"               \
    "routes from pri {\n +4930901821 -> pbx\n +493090182[100..199] -> pbx\n * -> reject 1\n}\n"    \
    "cdr journal /cdr, csv /cdr.csv\n"

/** What `WITH NAME` changes in the plan. */
static const struct {
    const char *name, *from, *to;
} additions[] = {
    {"lines", " zone Europe", " ddi +49307771[00..99] <-> 1[00..99]\n zone Europe"},
    {"lines", " * -> reject 1", " +49307771[00..99] -> phones\n * -> reject 1"},
    {"lines", "routes from pri",
     "mgcp {\n listen udp:10.0.0.1:2727\n gateway iad.test address 10.0.0.9:2427 lines 1-2\n}\n"
     "trunk phones {\n mgcp iad.test lines 1-2\n line 1 number 101 name \"Anna\"\n line 2 number "
     "102 name \"Bert\"\n}\n"
     "routes from phones {\n 1[00..99] -> phones\n +4989* -> pbx\n national -> pri\n"
     " * -> reject 1\n}\nroutes from pri"},
    {"lines", " * -> reject 3", " +49307771[00..99] -> phones\n * -> reject 3"},
    {"circuits", " lines 1-2\n}", " lines 1-2 channels 1-2\n}"},
    {"circuits", "routes from pri",
     "trunk circuits {\n mgcp iad.test channels 1-2\n caller-id on\n}\n"
     "routes from circuits {\n +4989* -> pbx\n national -> pri\n * -> reject 1\n}\nroutes from "
     "pri"},
    {"circuits", " national -> pri", " +4940* -> circuits\n national -> pri"},
    {"export", "routes from pri",
     "mgcp {\n listen udp:10.0.0.1:2427\n domain gw.test\n agent 10.0.0.8:2727 exports span 1 "
     "channels 1-4 as ds/e1-1 restart-delay 1s\n}\nroutes from pri"},
    {"export", "1-15,17-31", "5-15,17-31"},
};

static struct gw *gw;
static struct rt_buf plan; /* its text */
static struct rt_loop *loop;
static const char *script_name;
static unsigned line_number;
static bool failed;
static unsigned chosen; /* SIP peer of this line */

void scn_fail(const char *fmt, ...)
{
    va_list ap;

    if (failed)
        return;
    failed = true;
    fprintf(stderr, "%s:%u: ", script_name, line_number);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

bool scn_failed(void)
{
    return failed;
}

/* ---- words ---- */

struct rt_str word(struct words *w)
{
    w->rest = rt_str_trim(w->rest);
    return rt_str_cut(&w->rest, ' ');
}

struct rt_str option_word(const struct words *w, const char *name)
{
    struct words copy = *w;

    while (copy.rest.n > 0)
        if (rt_str_eq(word(&copy), name))
            return word(&copy);
    return (struct rt_str){"", 0};
}

long option(const struct words *w, const char *name, long absent)
{
    uint64_t v;
    return rt_str_u64(&v, option_word(w, name), 1000000) == 0 ? (long)v : absent;
}

struct rt_str tail(struct words *w, const char *name)
{
    size_t n = strlen(name);

    for (size_t i = 0; i + n + 1 < w->rest.n; i++)
        if ((i == 0 || w->rest.p[i - 1] == ' ') && memcmp(w->rest.p + i, name, n) == 0 &&
            w->rest.p[i + n] == ' ') {
            struct rt_str rest = {w->rest.p + i + n, w->rest.n - i - n};
            w->rest.n = i;
            return rt_str_trim(rest);
        }
    return (struct rt_str){"", 0};
}

bool flag(const struct words *w, const char *name)
{
    struct words copy = *w;

    while (copy.rest.n > 0)
        if (rt_str_eq(word(&copy), name))
            return true;
    return false;
}

/* ---- lines ---- */

static void pass_time(struct words *w)
{
    struct rt_str t = word(w);
    char *unit;
    char text[24];

    rt_str_copy(text, sizeof text, t);
    long n = strtol(text + (text[0] == '+'), &unit, 10);
    fake_advance(n * (strcmp(unit, "ms") == 0 ? RT_MS : RT_S));
}

/** `CLOCK -3600s`: somebody sets the wall clock. */
static void set_clock(struct words *w)
{
    char text[24];

    rt_str_copy(text, sizeof text, word(w));
    fake_wall_step(strtol(text, NULL, 10) * RT_S);
}

/** `LOAD 95 +2s`: time passes, of which the signalling thread uses 95 %. */
static void load(struct words *w)
{
    static rt_time used;
    uint64_t percent = 0, seconds = 0;

    rt_str_u64(&percent, word(w), 100);
    struct rt_str t = word(w);
    rt_str_u64(&seconds, (struct rt_str){t.p + 1, t.n - 2}, 3600);
    for (uint64_t i = 0; i < seconds * 10; i++) {
        fake_thread_cpu(used += (rt_time)percent * RT_MS);
        fake_advance(100 * RT_MS);
    }
}

/** `IDLE`: no leg of any call is left. */
static void check_idle(struct words *w)
{
    (void)w;
    fake_settle();
    if (!gw_idle(gw))
        scn_fail("the gateway is not idle");
}

static void check_calls(struct words *w)
{
    uint64_t want = 0;

    fake_settle();
    rt_str_u64(&want, word(w), 1000);
    if (gw->ncalls != want)
        scn_fail("%u calls are up", gw->ncalls);
}

static unsigned busy(struct isdn_span *span)
{
    struct isdn_span_status st;
    unsigned n = 0;

    isdn_span_status(span, &st);
    for (unsigned i = 0; i < ISDN_TIMESLOTS; i++)
        n += st.channel[i] == ISDN_CH_BUSY;
    return n;
}

static void check_busy(struct words *w)
{
    uint64_t want = 0;

    fake_advance(100 * RT_MS);
    rt_str_u64(&want, word(w), 100);
    if (busy(gw->spans[0].isdn) != want || busy(net_peer_span()) != want)
        scn_fail("%u channels are busy here, %u at the network", busy(gw->spans[0].isdn),
                 busy(net_peer_span()));
}

/** The value of column `name` in a CSV row (our own writer quotes only what needs it; no field here
 * does). */
static struct rt_str csv_field(struct rt_str head, struct rt_str row, struct rt_str name)
{
    while (head.n > 0) {
        struct rt_str h = rt_str_cut(&head, ','), v = rt_str_cut(&row, ',');
        if (h.n == name.n && memcmp(h.p, name.p, h.n) == 0)
            return v;
    }
    return (struct rt_str){"(no such field)", 15};
}

/** The last row of that attempt; "0" is the call's own. */
static struct rt_str csv_last(struct rt_str head, struct rt_str rest, const char *attempt)
{
    struct rt_str last = {"", 0};

    while (rest.n > 0) {
        struct rt_str row = rt_str_trim(rt_str_cut(&rest, '\n'));
        if (rt_str_eq(csv_field(head, row, rt_str("attempt")), attempt))
            last = row;
    }
    return last;
}

/** `_` stands for a space too. */
static bool is_text(struct rt_str got, struct rt_str want)
{
    for (size_t i = 0; i < got.n && i < want.n; i++)
        if (got.p[i] != want.p[i] && !(want.p[i] == '_' && got.p[i] == ' '))
            return false;
    return got.n == want.n;
}

static void check_record(struct words *w, const char *attempt)
{
    struct rt_buf file = {0};

    fake_advance(RT_S);
    if (rt_file_read(&file, "/cdr.csv", 1u << 20) != 0) {
        scn_fail("no records were written");
        return;
    }
    struct rt_str rest = rt_buf_str(&file), head = rt_str_trim(rt_str_cut(&rest, '\n'));
    struct rt_str row = csv_last(head, rest, attempt);
    while (w->rest.n > 0 && !failed) {
        struct rt_str want = word(w), name = rt_str_cut(&want, '=');
        struct rt_str got = csv_field(head, row, name);
        if (!is_text(got, want))
            scn_fail("%.*s is %.*s in the record", RT_STR(name), RT_STR(got));
    }
    rt_buf_release(&file);
}

static void check_cdr(struct words *w)
{
    check_record(w, "0");
}

/** `RECORDED MS`: the last call's record names a recording of about that length. */
static void check_recorded(struct words *w)
{
    struct rt_buf file = {0};
    uint64_t ms = 0;

    fake_advance(RT_S);
    rt_str_u64(&ms, word(w), 1000000);
    if (rt_file_read(&file, "/cdr.csv", 1u << 20) != 0) {
        scn_fail("no records were written");
        return;
    }
    struct rt_str rest = rt_buf_str(&file), head = rt_str_trim(rt_str_cut(&rest, '\n'));
    struct rt_str row = csv_last(head, rest, "0");
    scn_recorded(csv_field(head, row, rt_str("recording")), (unsigned)ms - 200, (unsigned)ms + 200);
    rt_buf_release(&file);
}

static void check_attempt(struct words *w)
{
    char attempt[8];

    rt_str_copy(attempt, sizeof attempt, word(w));
    check_record(w, attempt);
}

static void check_state(struct words *w)
{
    struct rt_str want = word(w), name = rt_str_cut(&want, '=');

    fake_settle();
    if (!rt_str_eq(name, "early") || !gw->calls || !gw->calls->a) {
        scn_fail("there is no such state");
        return;
    }
    const char *early = gw_early_name(gw->calls->a->early);
    if (!rt_str_eq(want, early))
        scn_fail("early media is %s", early);
}

/** `HEAP MARK`, then `HEAP N`: since the mark the heap has grown by at most N octets. A sanitizer's
 * allocator does not count, and passes. */
static void check_heap(struct words *w)
{
    static size_t mark;
    uint64_t most;
    size_t used = mallinfo2().uordblks;

    if (rt_str_u64(&most, word(w), 1u << 30) != 0)
        mark = used;
    else if (used > mark + most)
        scn_fail("the heap has grown by %zu octets", used - mark);
}

static void move_peer(struct words *w)
{
    sip_peer_move(word(w));
}
static void rtp(struct words *w)
{
    (void)w;
    sip_peer_rtp();
}
static void talk(struct words *w)
{
    voice_talk(chosen, w);
}
static void dial(struct words *w)
{
    voice_dial(chosen, w);
}
static void hum(struct words *w)
{
    (void)w;
    voice_hum(chosen);
}
static void hear(struct words *w)
{
    voice_hear(chosen, w);
}
static void plan_is_made(struct words *w)
{
    (void)w; /* amend_plan() has read it before the gateway started */
}
static void again(struct words *w)
{
    (void)w;
    sip_peer_again();
}
static void reply(struct words *w)
{
    sip_peer_reply(w, false);
}
static void reply_invite(struct words *w)
{
    sip_peer_reply(w, true);
}
static void drain(struct words *w)
{
    (void)w;
    gw->draining = true;
}
/** `DNS-DELAY ms`: how long the name servers take from now on. */
static void delay_dns(struct words *w)
{
    uint64_t ms = 0;
    rt_str_u64(&ms, word(w), 100000);
    fake_dns_delay((rt_time)ms * RT_MS);
}

static void drop(struct words *w)
{
    uint64_t n = 0;
    rt_str_u64(&n, word(w), 100000);
    sip_peer_drop((unsigned)n);
}

static void admin(struct words *w)
{
    admin_command(gw, w);
}

/** Where \\n is a new line. */
static void put_lines(struct rt_buf *out, struct rt_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (i + 1 < s.n && s.p[i] == '\\' && s.p[i + 1] == 'n')
            rt_buf_put(out, "\n", (size_t)(i++, 1));
        else
            rt_buf_put(out, s.p + i, 1);
}

/** The first `from` of the plan becomes `to`. */
static bool replace(struct rt_str from, struct rt_str to)
{
    struct rt_str text = rt_buf_str(&plan);
    struct rt_buf old = {0}, out = {0};

    put_lines(&old, from);
    const char *at = old.n > 0 ? memmem(text.p, text.n, old.p, old.n) : NULL;
    if (at) {
        rt_buf_put(&out, text.p, (size_t)(at - text.p));
        put_lines(&out, to);
        rt_buf_put(&out, at + old.n, text.n - (size_t)(at - text.p) - old.n);
        rt_buf_release(&plan);
        plan = out;
    }
    rt_buf_release(&old);
    return at != NULL;
}

/** `APPLY old => new`: the plan so changed comes into force. */
static void apply(struct words *w)
{
    struct rt_str to = tail(w, "=>"), from = rt_str_trim(w->rest);
    struct rt_buf before = {0};

    rt_buf_put(&before, plan.p, plan.n);
    if (replace(from, to))
        apply_plan(gw, rt_buf_str(&before), rt_buf_str(&plan));
    else
        scn_fail("the plan has no %.*s", RT_STR(from));
    rt_buf_release(&before);
}

static void run_line(struct rt_str line)
{
    static const struct {
        const char *name;
        void (*fn)(struct words *w);
    } table[] = {
        {"SEND", sip_peer_send},
        {"AGAIN", again},
        {"REPLY", reply},
        {"REPLY-INVITE", reply_invite},
        {"EXPECT", sip_peer_expect},
        {"EXPECT-EITHER", sip_peer_expect_either},
        {"DROP", drop},
        {"DRAIN", drain},
        {"ADMIN", admin},
        {"APPLY", apply},
        {"FREE", admin_check_free},
        {"FROM", move_peer},
        {"NET", net_peer_command},
        {"IAD", iad_peer_command},
        {"AGENT", agent_peer_command},
        {"TIME", pass_time},
        {"CLOCK", set_clock},
        {"LOAD", load},
        {"CALLS", check_calls},
        {"IDLE", check_idle},
        {"BUSY", check_busy},
        {"CDR", check_cdr},
        {"RECORDED", check_recorded},
        {"SOUND", plan_is_made},
        {"ATTEMPT", check_attempt},
        {"RTP", rtp},
        {"CHECK", path_check},
        {"SHAKE", path_shake},
        {"TALK", talk},
        {"DIAL", dial},
        {"HEAR", hear},
        {"HUM", hum},
        {"PLAN", plan_is_made},
        {"WITH", plan_is_made},
        {"DNS", plan_is_made},
        {"DNS-DELAY", delay_dns},
        {"FILE", plan_is_made},
        {"STATE", check_state},
        {"HEAP", check_heap},
    };
    struct words w = {line};
    struct rt_str name = word(&w);
    bool other = rt_str_eq(name, "2") || rt_str_eq(name, "3");

    chosen = other ? (unsigned)(name.p[0] - '1') : 0;
    sip_peer_choose(chosen);
    if (other)
        name = word(&w);
    if (name.n == 0 || name.p[0] == '#')
        return;
    for (size_t i = 0; i < RT_COUNT(table); i++)
        if (rt_str_eq(name, table[i].name)) {
            table[i].fn(&w);
            return;
        }
    scn_fail("\"%.*s\" is no word of scenarios", RT_STR(name));
}

/* ---- the house ---- */

static unsigned network(void *arg, const union rt_addr *from, const union rt_addr *to,
                        const void *buf, size_t len, rt_time *delay)
{
    (void)arg;
    (void)from;
    (void)buf;
    (void)len;
    (void)delay;
    return net_peer_cut(to) || sip_peer_loses(to) ? 0 : 1;
}

/** `DNS name type ttl data` lines are the zone of the name servers. */
static void fill_zone(struct rt_str script)
{
    static const struct {
        const char *name;
        enum rt_dns_type type;
    } types[] = {
        {"A", RT_DNS_A}, {"AAAA", RT_DNS_AAAA}, {"SRV", RT_DNS_SRV}, {"NAPTR", RT_DNS_NAPTR}};

    while (script.n > 0) {
        struct words w = {rt_str_trim(rt_str_cut(&script, '\n'))};
        char name[RT_DNS_NAME_LEN], data[512];
        uint64_t ttl = 0;
        if (!rt_str_eq(word(&w), "DNS"))
            continue;
        rt_str_copy(name, sizeof name, word(&w));
        struct rt_str type = word(&w);
        rt_str_u64(&ttl, word(&w), UINT32_MAX);
        rt_str_copy(data, sizeof data, rt_str_trim(w.rest));
        for (size_t i = 0; i < RT_COUNT(types); i++)
            if (rt_str_eq(type, types[i].name))
                fake_dns_answer(name, types[i].type, (uint32_t)ttl, data);
    }
}

/** `FILE path line|line` lines are files that are there from the start. */
static void fill_files(struct rt_str script)
{
    while (script.n > 0) {
        struct words w = {rt_str_trim(rt_str_cut(&script, '\n'))};
        char path[128];
        struct rt_buf text = {0};
        if (!rt_str_eq(word(&w), "FILE"))
            continue;
        rt_str_copy(path, sizeof path, word(&w));
        for (struct rt_str rest = rt_str_trim(w.rest); rest.n > 0;) {
            struct rt_str line = rt_str_cut(&rest, '|');
            rt_buf_printf(&text, "%.*s\n", RT_STR(line));
        }
        rt_file_replace(path, text.p, text.n, 0644);
        rt_buf_release(&text);
    }
}

/** `WITH lines|circuits|export` lines put into the plan what MGCP needs. */
static void extend_plan(struct rt_str script)
{
    while (script.n > 0) {
        struct words w = {rt_str_trim(rt_str_cut(&script, '\n'))};
        if (!rt_str_eq(word(&w), "WITH"))
            continue;
        for (size_t i = 0; i < RT_COUNT(additions); i++)
            if (flag(&w, additions[i].name) &&
                !replace(rt_str(additions[i].from), rt_str(additions[i].to)))
                scn_fail("the plan has no %s", additions[i].from);
    }
}

/** `PLAN old => new` lines change the plan before it is read. */
static void amend_plan(struct rt_str script)
{
    rt_buf_puts(&plan, PLAN);
    extend_plan(script);
    while (script.n > 0) {
        struct words w = {rt_str_trim(rt_str_cut(&script, '\n'))};
        if (!rt_str_eq(word(&w), "PLAN"))
            continue;
        struct rt_str to = tail(&w, "=>"), from = rt_str_trim(w.rest);
        if (!replace(from, to)) {
            scn_fail("the plan has no %.*s", RT_STR(from));
            return;
        }
    }
}

static void start(void)
{
    struct conf_diag diag = {.errors = 0};
    struct rt_buf why = {0};
    struct gw_plan *compiled;

    fake_local_address(SCN_GATEWAY);
    fake_net_hook(network, NULL);
    rt_loop_new(&loop, "signalling");
    if (gw_plan_parse(&compiled, "scenario.conf", rt_buf_str(&plan), &diag) != 0) {
        scn_fail("the plan is wrong:\n%s", diag.text.p);
        return;
    }
    conf_diag_release(&diag); /* warnings */
    iad_peer_start(loop);
    agent_peer_start(loop);
    if (gw_start(&gw, loop, compiled, &why) != 0) {
        scn_fail("the gateway does not start: %s", why.p);
        return;
    }
    gw_plan_unref(compiled);
    sip_peer_start();
    net_peer_start(loop, gw->plan->spans[0].network, gw->plan->spans[0].variant->name,
                   gw->plan->spans[0].timeslots);
    fake_advance(5 * RT_S); /* Q.921 comes up, channels are restarted */
}

/** Everything must be returned: calls, channels, sockets, timers. */
static void stop(void)
{
    struct fake_leaks left;

    net_peer_stop();
    sip_peer_stop();
    path_stop();
    voice_stop();
    apply_stop();
    gw_stop(gw);
    iad_peer_stop();
    agent_peer_stop();
    rt_loop_free(loop);
    fake_settle();
    fake_leaks(&left);
    if (left.loops + left.udp + left.streams + left.listeners + left.files > 0)
        scn_fail("left behind: %u loops, %u udp, %u streams, %u listeners, %u files", left.loops,
                 left.udp, left.streams, left.listeners, left.files);
}

static int run_script(const char *path)
{
    struct rt_buf text = {0};
    FILE *f = fopen(path, "r"); /* the fake kernel's files are not the disk's */
    char chunk[4096];

    if (!f) {
        perror(path);
        return 1;
    }
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, f)) > 0;)
        rt_buf_put(&text, chunk, n);
    fclose(f);
    script_name = path;
    amend_plan(rt_buf_str(&text));
    fake_reset();
    fill_zone(rt_buf_str(&text));
    scn_sounds(rt_buf_str(&text));
    fill_files(rt_buf_str(&text));
    if (!failed)
        start();
    for (struct rt_str rest = rt_buf_str(&text); rest.n > 0 && !failed;) {
        struct rt_str line = rt_str_cut(&rest, '\n');
        line_number++;
        run_line(rt_str_trim(line));
    }
    if (!failed)
        stop();
    rt_buf_release(&text);
    rt_buf_release(&plan);
    return failed ? 1 : 0;
}

/** The allocator counts the free blocks that a thread keeps at hand as used, as many as history has
 * left there: without any `HEAP` counts what is used. It reads this when a program starts. */
static void keep_no_free_blocks(char **argv)
{
    if (getenv("GLIBC_TUNABLES"))
        return;
    setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", 1);
    execv("/proc/self/exe", argv);
}

int main(int argc, char **argv)
{
    unsigned bad = 0;

    keep_no_free_blocks(argv);

    if (!getenv("SCN_DEBUG"))
        rt_log_set_all(RT_ERROR);
    else
        rt_log_set_all(RT_DEBUG);
    for (int i = 1; i < argc; i++) {
        int status = 0;
        fflush(stdout); /* or a child writes it once more */
        pid_t child = fork();
        if (child == 0)
            exit(run_script(argv[i]));
        waitpid(child, &status, 0);
        if (status != 0) {
            printf("FAILED %s%s\n", argv[i], WIFSIGNALED(status) ? " (crashed)" : "");
            bad++;
        }
    }
    printf("scenarios: %d passed, %u failed\n", argc - 1 - (int)bad, bad);
    return bad ? 1 : 0;
}
