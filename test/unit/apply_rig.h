/* What the tests of applying a plan share: the gateway with its plan's file and two SIP far ends in
 * the fake world, what requests were answered, and the alarms that last.
 */
#ifndef TEST_UNIT_APPLY_RIG_H
#define TEST_UNIT_APPLY_RIG_H

#include "gw/alarm.h"
#include "gw/apply.h"
#include "gw/gw.h"
#include "gw/peer.h"
#include "gw/rt/file.h"
#include "gw/upkeep.h"
#include "test/fake/fake.h"
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_NAME "/etc/t.conf"
#define HEAD                                                                                       \
    "version 1\n"                                                                                  \
    "sip { listen udp:10.0.0.1:5060 }\n"                                                           \
    "media { address 10.0.0.1\n ports 30000-30099\n threads 1 }\n"                                 \
    "admin socket /tmp/s\nlog error\n"
#define A "trunk a { sip sip:10.0.0.2\n numbers e164 }\n"
#define B "trunk b { sip sip:10.0.0.3\n numbers e164 }\n"
#define C "trunk c { sip sip:10.0.0.3:5070\n accept from 10.0.0.4\n numbers e164 }\n"

#define FIRST  HEAD A B "routes from a { +49* -> b }\n"
#define SECOND HEAD A B "routes from a { +49301* -> b }\n"
#define THIRD  HEAD A B C "routes from a { +49302* -> c }\n"

static struct rt_loop *loop;
static struct gw *gw;
static struct gw_apply *apply;
static struct rt_udp *far_end[2]; /* 10.0.0.2, 10.0.0.3 */
static char got[8192];            /* the last request or response at a far end */

/** What requests were answered. */
static struct {
    unsigned n;
    int err[4];
    uint64_t generation[4];
    char errors[1024], warnings[1024], changes[1024];
} answers;

/* ---- the rig ---- */

static inline void put_file(const char *path, const char *text)
{
    ck_assert_int_eq(rt_file_replace(path, text, strlen(text), 0644), 0);
}

static inline void start(void)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_sources sources = {.n = 0};
    struct conf_reader reader = gw_sources_record(&sources);
    struct gw_plan *plan = NULL;
    struct rt_buf why = {0};

    int err = gw_plan_load_through(&plan, FILE_NAME, &reader, NULL, &diag);
    ck_assert_msg(err == 0, "%s", diag.text.p);
    conf_diag_release(&diag);
    err = gw_start(&gw, loop, plan, &why);
    ck_assert_msg(err == 0, "%s", why.p);
    gw_plan_unref(plan);
    ck_assert_int_eq(gw_apply_new(&apply, gw, FILE_NAME, &sources), 0);
    fake_settle();
}

static inline void stop(void)
{
    gw_apply_free(apply);
    gw_stop(gw);
    apply = NULL;
    gw = NULL;
}

static inline void setup(void)
{
    static const char *const hosts[2] = {"10.0.0.2", "10.0.0.3"};

    fake_reset();
    rt_log_set_all(RT_ERROR);
    memset(&answers, 0, sizeof answers);
    for (size_t i = 0; i < GW_APPLY_NCOUNTERS; i++)
        gw_apply_counters[i].value = 0;
    for (unsigned i = 0; i < 2; i++) {
        union rt_addr a;
        rt_addr_parse(&a, hosts[i], strlen(hosts[i]), 5060);
        ck_assert_int_eq(rt_udp_open(&far_end[i], NULL, &a, NULL, NULL), 0);
    }
    rt_loop_new(&loop, "test");
    put_file(FILE_NAME, FIRST);
}

static inline void teardown(void)
{
    struct fake_leaks left;

    stop();
    for (unsigned i = 0; i < 2; i++)
        rt_udp_close(far_end[i]);
    rt_loop_free(loop);
    fake_leaks(&left);
    ck_assert_uint_eq(left.timers, 0);
    ck_assert_uint_eq(left.udp, 0);
    ck_assert_uint_eq(left.loops, 0);
    ck_assert_uint_eq(gw_plans_alive(), 0);
}

static inline void keep(char out[1024], struct rt_str text)
{
    rt_str_copy(out, 1024, text);
}

static inline void on_applied(void *arg, const struct gw_apply_result *r)
{
    (void)arg;
    ck_assert_uint_lt(answers.n, 4);
    answers.err[answers.n] = r->err;
    answers.generation[answers.n++] = r->generation;
    keep(answers.errors, r->errors);
    keep(answers.warnings, r->warnings);
    keep(answers.changes, r->changes);
}

static inline void submit(const struct gw_apply_request *r)
{
    struct gw_apply_job *j = gw_apply_submit(apply, r);

    ck_assert_ptr_nonnull(j);
    gw_apply_await(j, on_applied, NULL);
}

/** Applies a text, and returns what came of it. */
static inline int put_in_force(const char *text, rt_time confirm)
{
    unsigned n = answers.n;

    put_file(FILE_NAME, text);
    submit(&(struct gw_apply_request){.kind = GW_APPLY_FILE, .who = "me", .confirm = confirm});
    ck_assert_uint_eq(answers.n, n);
    fake_settle();
    ck_assert_uint_eq(answers.n, n + 1);
    return answers.err[n];
}

static inline uint64_t counted(enum gw_apply_counter c)
{
    return rt_counted(&gw_apply_counters[c]);
}

/* ---- far ends that speak SIP ---- */

static inline bool receive(unsigned end)
{
    union rt_addr from;
    size_t len;

    if (rt_udp_recv(far_end[end], got, sizeof got - 1, &len, &from) != 0)
        return false;
    got[len] = '\0';
    return true;
}

/** Waits for a message that begins so, past others. */
static inline void expect(unsigned end, const char *with)
{
    fake_settle();
    while (receive(end))
        if (strncmp(got, with, strlen(with)) == 0)
            return;
    ck_abort_msg("no \"%s\" at far end %u", with, end);
}

static inline void transmit(unsigned end, const char *text)
{
    union rt_addr to;

    rt_addr_parse(&to, "10.0.0.1", 8, 5060);
    ck_assert_int_eq(rt_udp_send(far_end[end], text, strlen(text), &to), 0);
    fake_settle();
}

static inline void field(struct rt_buf *out, const char *name, const char *more)
{
    const char *at = strstr(got, name), *end = at ? strstr(at + 2, "\r\n") : NULL;

    ck_assert_msg(end != NULL, "%s is missing: %s", name, got);
    rt_buf_put(out, at, (size_t)(end - at));
    rt_buf_puts(out, more);
}

#define SDP                                                                                        \
    "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n"                      \
    "m=audio 40000 RTP/AVP 8\r\n"

/** Answers the request in `got` with 200. */
static inline void answer(unsigned end, bool sdp)
{
    struct rt_buf out = {0};

    rt_buf_puts(&out, "SIP/2.0 200 OK");
    field(&out, "\r\nVia:", "");
    field(&out, "\r\nFrom:", "");
    field(&out, "\r\nTo:", strstr(got, ";tag=b") ? "" : ";tag=b");
    field(&out, "\r\nCall-ID:", "");
    field(&out, "\r\nCSeq:", "\r\nContact: <sip:x@10.0.0.3>");
    if (sdp)
        rt_buf_printf(&out, "\r\nContent-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
                      strlen(SDP), SDP);
    else
        rt_buf_puts(&out, "\r\nContent-Length: 0\r\n\r\n");
    transmit(end, out.p);
    rt_buf_release(&out);
}

/** Caller a's request of call `id`. */
static inline void request(const char *method, unsigned id, unsigned cseq, const char *number,
                           const char *to_tag, const char *body)
{
    char text[2048];

    snprintf(text, sizeof text,
             "%s sip:%s@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK%u%s%u\r\n"
             "From: <sip:+4930900@10.0.0.2>;tag=a%u\r\nTo: <sip:%s@10.0.0.1>%s\r\n"
             "Call-ID: call%u\r\nCSeq: %u %s\r\nContact: <sip:a@10.0.0.2>\r\nMax-Forwards: 70\r\n"
             "%sContent-Length: %zu\r\n\r\n%s",
             method, number, id, method, cseq, id, number, to_tag, id, cseq, method,
             body[0] ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
    transmit(0, text);
}

static char to_tag[2][64];

/** An answered call from a to b. */
static inline void call(unsigned id, const char *number)
{
    request("INVITE", id, 1, number, "", SDP);
    expect(1, "INVITE");
    answer(1, true);
    expect(1, "ACK");
    expect(0, "SIP/2.0 200");
    const char *tag = strstr(strstr(got, "\r\nTo:"), ";tag=");
    snprintf(to_tag[id], sizeof to_tag[id], "%.*s", (int)strcspn(tag, "\r\n"), tag);
    request("ACK", id, 1, number, to_tag[id], "");
    ck_assert_ptr_nonnull(gw->calls);
}

static inline void hang_up(unsigned id, const char *number)
{
    request("BYE", id, 2, number, to_tag[id], "");
    expect(1, "BYE");
    answer(1, false);
}

/** The status that a call to the number gets at once. */
static inline int status_of(unsigned id, const char *number)
{
    request("INVITE", id, 1, number, "", SDP);
    while (receive(0))
        continue;
    request("ACK", id, 1, number, "", "");
    return atoi(got + 8);
}

/* ---- alarms ---- */

static struct {
    enum gw_alarm_kind kind;
    unsigned n;
    char text[160];
} alarm_of;

static inline void keep_alarm(void *arg, const struct gw_alarm *a)
{
    (void)arg;
    if (a->kind != alarm_of.kind || a->cleared != 0)
        return;
    alarm_of.n++;
    rt_str_copy(alarm_of.text, sizeof alarm_of.text, rt_str(a->text));
}

static inline unsigned alarms(enum gw_alarm_kind kind)
{
    alarm_of.kind = kind;
    alarm_of.n = 0;
    gw_alarms_each(gw->alarms, keep_alarm, NULL);
    return alarm_of.n;
}

#endif
