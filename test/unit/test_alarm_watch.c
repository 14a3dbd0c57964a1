/* Each thing that the watch looks at: when exactly its alarm begins and ends. And who is told:
 * syslog, mail, and by whose name an alarm is acknowledged.
 */
#undef _FORTIFY_SOURCE /* which makes syslog() a macro: we have one of our own */

#include "test/unit/watch_rig.h"

#include "gw/admin/control.h"
#include "gw/admin/control_request.h"
#include "gw/alarm_watch.h"
#include "gw/aside.h"
#include "gw/audit.h"
#include "gw/export.h"
#include "gw/limits.h"
#include "gw/quota.h"
#include "gw/register.h"
#include "gw/rt/file.h"
#include "gw/rt/net.h"
#include "gw/span_status.h"
#include "gw/upkeep.h"
#include "test/fake/process.h"
#include "test/unit/tls_files.h"

#include <syslog.h>

static struct gw_alarm seen;
static enum gw_alarm_kind wanted;
static const char *only; /**< this object; NULL: any */

static void keep(void *arg, const struct gw_alarm *a)
{
    if (a->kind == wanted && a->cleared == 0 && (!only || strcmp(a->object, only) == 0)) {
        seen = *a;
        ++*(unsigned *)arg;
    }
}

/** How many of the kind last; one of them is in `seen`. */
static unsigned lasting(enum gw_alarm_kind kind)
{
    unsigned n = 0;

    wanted = kind;
    memset(&seen, 0, sizeof seen);
    gw_alarms_each(gw->alarms, keep, &n);
    return n;
}

/** The watch looks each full second after the start: the first time that is not before `t`. */
static rt_time look_after(rt_time t)
{
    rt_time since = t - gw->started;

    return gw->started + (since + RT_S - 1) / RT_S * RT_S;
}

static void pass_until(rt_time t)
{
    fake_advance(t - rt_now());
}

/** From `t` on it is bad: the alarm comes with the look `rise` later, not with the one before. */
static void rises(enum gw_alarm_kind kind, rt_time t, rt_time rise)
{
    rt_time at = look_after(t) + rise;

    pass_until(at - RT_MS);
    ck_assert_msg(lasting(kind) == 0, "too early: %s", seen.text);
    pass_until(at);
    ck_assert_uint_ge(lasting(kind), 1);
}

/** From `t` on it is well. */
static void falls(enum gw_alarm_kind kind, rt_time t, rt_time fall)
{
    rt_time at = look_after(t) + fall;

    pass_until(at - RT_MS);
    ck_assert_msg(lasting(kind) > 0, "too early");
    pass_until(at);
    ck_assert_uint_eq(lasting(kind), 0);
}

static void setup(void)
{
    before_start = NULL;
    other_cdr = NULL;
    only = NULL;
    start_with("");
}

static void teardown(void)
{
    stop();
}

static void start_again(void (*before)(void), const char *more)
{
    stop();
    before_start = before;
    start_with(more);
}

/* ---- lines: two cards at one another's cable, and two whose lines are silent ---- */

#define TWO_SPANS                                                                                  \
    "span 1 {\n dahdi 1\n isdn euroisdn network\n}\nspan 2 {\n dahdi 2\n isdn euroisdn user\n}\n"

static void plug_cards(void)
{
    for (unsigned i = 1; i <= 4; i++)
        fake_dahdi_plug(i, 31, 16);
    fake_dahdi_join(1, 2);
}

static bool dchannel_up(void)
{
    struct gw_span_status s;

    gw_span_status(&s, gw->spans[0].isdn);
    return s.dchannel_up;
}

/** Waits for the D channel to come or go; returns when. */
static rt_time dchannel_is(bool up)
{
    for (unsigned i = 0; i < 6000 && dchannel_up() != up; i++)
        fake_advance(10 * RT_MS);
    ck_assert_int_eq(dchannel_up(), up);
    return rt_now();
}

/** Its line is well, and nobody answers on its D channel: 2 s, and 5 s when it is back. */
START_TEST(a_dchannel_that_goes)
{
    only = "span 1";
    start_again(plug_cards, TWO_SPANS);
    dchannel_is(true);
    fake_advance(15 * RT_S);
    ck_assert_uint_eq(gw_alarms_count(gw->alarms, GW_WARNING), 0);
    fake_dahdi_join(1, 3);
    fake_dahdi_join(2, 4);
    rises(GW_ALARM_DCHANNEL, dchannel_is(false), 2 * RT_S);
    ck_assert_str_eq(seen.text, "the D channel in timeslot 16 is down");
    ck_assert_msg(lasting(GW_ALARM_SPAN) == 0, "%s: %s", seen.object, seen.text);
    fake_dahdi_join(1, 2);
    falls(GW_ALARM_DCHANNEL, dchannel_is(true), 5 * RT_S);
}
END_TEST

/** A red alarm is the span's, not its D channel's too. */
START_TEST(a_span_that_goes)
{
    start_again(plug_cards, TWO_SPANS);
    dchannel_is(true);
    fake_advance(15 * RT_S + 300 * RT_MS);
    fake_dahdi_alarm(1, RT_DAHDI_RED, true);
    fake_advance(10 * RT_MS);
    rises(GW_ALARM_SPAN, rt_now(), 2 * RT_S);
    ck_assert_str_eq(seen.object, "span 1");
    fake_advance(60 * RT_S);
    ck_assert_uint_eq(lasting(GW_ALARM_DCHANNEL), 1);
    ck_assert_str_eq(seen.object, "span 2"); /* its own line is well */
    fake_dahdi_alarm(1, 0, false);
    fake_advance(10 * RT_MS);
    falls(GW_ALARM_SPAN, rt_now(), 5 * RT_S);
}
END_TEST

/* ---- slips: a line over packets, of which some are lost now and then ---- */

#define PSEUDOWIRES                                                                                \
    "span 1 {\n pseudowire local 127.0.0.1:7001 remote 127.0.0.1:7002\n e1\n"                      \
    " isdn euroisdn network\n}\n"                                                                  \
    "span 2 {\n pseudowire local 127.0.0.1:7002 remote 127.0.0.1:7001\n e1\n"                      \
    " isdn euroisdn user\n}\n"

static bool gap;

static unsigned lose(void *arg, const union rt_addr *from, const union rt_addr *to, const void *buf,
                     size_t len, rt_time *delay)
{
    (void)arg, (void)from, (void)buf, (void)len, (void)delay;
    return gap && rt_addr_port(to) == 7001 ? 0 : 1;
}

static uint64_t slips(void)
{
    struct gw_span_status s;

    gw_span_status(&s, gw->spans[0].isdn);
    return s.slips;
}

/** Until there are so many slips in all. */
static void slip_until(uint64_t n)
{
    for (unsigned i = 0; i < 40 && slips() < n; i++) {
        gap = true;
        fake_advance(20 * RT_MS);
        gap = false;
        fake_advance(300 * RT_MS);
    }
    ck_assert_uint_eq(slips(), n);
}

/** Five in an hour are none too many, the sixth is; and the hour goes by. */
START_TEST(a_clock_that_slips)
{
    start_again(NULL, PSEUDOWIRES);
    fake_net_hook(lose, NULL);
    fake_advance(2 * RT_S);
    slip_until(5);
    fake_advance(180 * RT_S);
    ck_assert_uint_eq(lasting(GW_ALARM_SLIPS), 0);
    slip_until(6);
    rt_time minute = rt_now() + 60 * RT_S;
    while (lasting(GW_ALARM_SLIPS) == 0 && rt_now() < minute)
        fake_advance(RT_S);
    ck_assert_uint_eq(lasting(GW_ALARM_SLIPS), 1);
    ck_assert_str_eq(seen.object, "span 1");
    ck_assert_str_eq(seen.text, "6 slips in the last hour");
    fake_advance(55 * 60 * RT_S); /* the first are still of this hour */
    ck_assert_uint_eq(lasting(GW_ALARM_SLIPS), 1);
    fake_advance(6 * 60 * RT_S);
    ck_assert_uint_eq(lasting(GW_ALARM_SLIPS), 0);
    fake_net_hook(NULL, NULL);
}
END_TEST

/* ---- a peer that answers as it is told to ---- */

static struct {
    struct rt_udp *udp;
    unsigned status; /**< of its answers; 0: it does not answer */
} far;

static void copy_line(struct rt_buf *out, const char *request, const char *name, const char *more)
{
    const char *p = strstr(request, name);

    if (p)
        rt_buf_printf(out, "%.*s%s\r\n", (int)strcspn(p, "\r"), p, more);
}

static void on_request(void *arg, struct rt_udp *u)
{
    char in[4096];
    union rt_addr from;
    size_t n;

    (void)arg;
    while (rt_udp_recv(u, in, sizeof in - 1, &n, &from) == 0) {
        struct rt_buf out = {0};
        in[n < sizeof in ? n : sizeof in - 1] = '\0';
        if (far.status == 0 || strncmp(in, "SIP/2.0", 7) == 0)
            continue;
        rt_buf_printf(&out, "SIP/2.0 %u It is so\r\n", far.status);
        copy_line(&out, in, "Via:", "");
        copy_line(&out, in, "From:", "");
        copy_line(&out, in, "To:", ";tag=far");
        copy_line(&out, in, "Call-ID:", "");
        copy_line(&out, in, "CSeq:", "");
        if (strncmp(in, "REGISTER", 8) == 0 && far.status == 200) {
            copy_line(&out, in, "Contact:", "");
            rt_buf_puts(&out, "Expires: 3600\r\n");
        }
        rt_buf_puts(&out, "Content-Length: 0\r\n\r\n");
        (void)rt_udp_send(u, out.p, out.n, &from);
        rt_buf_release(&out);
    }
}

static void open_far(void)
{
    union rt_addr at;

    ck_assert_int_eq(rt_addr_parse(&at, "192.0.2.9:5060", 14, 0), 0);
    ck_assert_int_eq(rt_udp_open(&far.udp, loop, &at, on_request, NULL), 0);
}

/** Waits until the alarm's cause has come or gone, which is no later than that. */
static rt_time when(bool (*is)(void), bool wanted_so)
{
    for (unsigned i = 0; i < 30000 && is() != wanted_so; i++)
        fake_advance(10 * RT_MS);
    ck_assert_int_eq(is(), wanted_so);
    return rt_now();
}

static const char *register_state;

static void keep_state(void *arg, const struct gw_register_status *s)
{
    (void)arg;
    register_state = s->state;
}

static void keep_secret(void)
{
    ck_assert_int_eq(rt_file_replace("/secret", "abcdefgh\n", 9, 0600), 0);
}

static bool failed(void)
{
    gw_register_each(gw, keep_state, NULL);
    return strcmp(register_state, "failed") == 0;
}

static bool registered(void)
{
    gw_register_each(gw, keep_state, NULL);
    return strcmp(register_state, "registered") == 0;
}

/** 2 s after the refusal; over 5 s after it went well, not while it is tried again. */
START_TEST(a_registration_that_is_refused)
{
    far.status = 200;
    start_again(keep_secret,
                "trunk provider {\n sip sip:192.0.2.9\n register user gw secret file:/secret "
                "expires 60s\n}\n");
    open_far();
    when(registered, true);
    fake_advance(20 * RT_S);
    ck_assert_uint_eq(gw_alarms_count(gw->alarms, GW_WARNING), 0);
    far.status = 403;
    rises(GW_ALARM_REGISTRATION, when(failed, true), 2 * RT_S);
    ck_assert_str_eq(seen.object, "trunk provider");
    ck_assert_str_eq(seen.text, "the peer answers 403 to our registration");
    far.status = 200;
    falls(GW_ALARM_REGISTRATION, when(registered, true), 5 * RT_S);
    far.status = 0;
    when(failed, true);
    fake_advance(4 * RT_S);
    ck_assert_uint_eq(lasting(GW_ALARM_REGISTRATION), 1);
    ck_assert_str_eq(seen.text, "the peer does not answer our registration");
    rt_udp_close(far.udp);
}
END_TEST

static bool lost(void)
{
    return gw_peer_lost(gw, gw_plan_trunk(gw->plan, rt_str("sbc")));
}

START_TEST(a_trunk_whose_servers_do_not_answer)
{
    far.status = 200;
    start_again(NULL, "trunk sbc {\n sip sip:192.0.2.9\n health every 5s\n}\n");
    open_far();
    fake_advance(20 * RT_S);
    ck_assert_uint_eq(gw_alarms_count(gw->alarms, GW_WARNING), 0);
    far.status = 503;
    rises(GW_ALARM_TRUNK, when(lost, true), 2 * RT_S);
    ck_assert_str_eq(seen.object, "trunk sbc");
    ck_assert_str_eq(seen.text, "none of its servers answers");
    far.status = 200;
    falls(GW_ALARM_TRUNK, when(lost, false), 5 * RT_S);
    rt_udp_close(far.udp);
}
END_TEST

/* ---- ourselves ---- */

/** A watch of our own that looks when it is told to. */
static struct gw_alarm_watch hand;
static struct gw_watch_span hand_spans[3];
static rt_time hand_cpu[8];

static void look_by_hand(rt_time at, void (*look)(struct gw_alarm_watch *w))
{
    hand.now = at;
    hand.round++;
    look(&hand);
}

static void begin_by_hand(void)
{
    hand = (struct gw_alarm_watch){.gw = gw, .spans = hand_spans, .media_cpu = hand_cpu};
}

/** What has a thread ask a disk: the answer comes in the same instant. */
static void ask_by_hand(void (*look)(struct gw_alarm_watch *w))
{
    ck_assert_int_eq(gw_aside_new(&hand.aside, loop), 0);
    look(&hand);
    fake_advance(0);
    gw_aside_free(hand.aside);
}

static void forget_by_hand(enum gw_alarm_kind kind, const char *object)
{
    hand.now += 1000 * RT_S;
    gw_alarm_look(&hand, kind, object, false, "x"); /* well */
    hand.now += 1000 * RT_S;
    gw_alarm_look(&hand, kind, object, false, "x");
    ck_assert_ptr_null(hand.states);
}

/** 200 ms are not too late, more is; in two looks, which are 5 s apart. */
START_TEST(signalling_that_does_not_keep_up)
{
    begin_by_hand();
    hand.lag = 200 * RT_MS;
    look_by_hand(0, gw_watch_load);
    hand.lag = 200 * RT_MS;
    look_by_hand(5 * RT_S, gw_watch_load);
    ck_assert_uint_eq(lasting(GW_ALARM_OVERLOAD), 0);
    hand.lag = 201 * RT_MS;
    look_by_hand(10 * RT_S, gw_watch_load);
    ck_assert_int_eq(hand.lag, 0);
    ck_assert_uint_eq(lasting(GW_ALARM_OVERLOAD), 0);
    hand.lag = 201 * RT_MS;
    look_by_hand(15 * RT_S, gw_watch_load);
    ck_assert_uint_eq(lasting(GW_ALARM_OVERLOAD), 1);
    ck_assert_str_eq(seen.object, "signalling");
    ck_assert_str_eq(seen.text, "the signalling thread is up to 201 ms late and uses 0 % of a CPU");
    look_by_hand(20 * RT_S, gw_watch_load);
    look_by_hand(25 * RT_S, gw_watch_load);
    ck_assert_uint_eq(lasting(GW_ALARM_OVERLOAD), 1);
    look_by_hand(30 * RT_S, gw_watch_load);
    ck_assert_uint_eq(lasting(GW_ALARM_OVERLOAD), 0);
    ck_assert_ptr_null(hand.states);
}
END_TEST

/** 95 % of a CPU in 5 s. The fake kernel's threads use none: what they had before is less. */
START_TEST(a_media_thread_that_does_not_keep_up)
{
    begin_by_hand();
    for (unsigned i = 0; i < 2; i++) {
        hand_cpu[0] = -4749 * RT_MS;
        look_by_hand(5 * i * RT_S, gw_watch_load);
    }
    ck_assert_uint_eq(lasting(GW_ALARM_OVERLOAD), 0);
    for (unsigned i = 2; i < 4; i++) {
        hand_cpu[0] = -4750 * RT_MS;
        look_by_hand(5 * i * RT_S, gw_watch_load);
    }
    ck_assert_uint_eq(lasting(GW_ALARM_OVERLOAD), 1);
    ck_assert_str_eq(seen.object, "media thread 0");
    ck_assert_str_eq(seen.text, "it uses 95 % of a CPU");
    forget_by_hand(GW_ALARM_OVERLOAD, "media thread 0");
}
END_TEST

/** Ten late ticks a second are just not too many. */
START_TEST(a_span_that_is_served_late)
{
    start_again(plug_cards, TWO_SPANS);
    begin_by_hand();
    for (unsigned i = 0; i < 4; i++) {
        hand_spans[0].late = (uint64_t)(i < 2 ? -50 : -51);
        hand_spans[1].late = 0;
        look_by_hand(5 * i * RT_S, gw_watch_load);
        ck_assert_uint_eq(lasting(GW_ALARM_OVERLOAD), i == 3);
    }
    ck_assert_str_eq(seen.object, "span 1");
    ck_assert_str_eq(seen.text, "its media thread was late 51 times in 5 s");
    forget_by_hand(GW_ALARM_OVERLOAD, "span 1");
}
END_TEST

/** dns.crt ends some years from now: what is left of it is the threshold, or a moment more. */
START_TEST(a_certificate_that_ends_soon)
{
    rt_time end = 0;

    ck_assert_int_eq(plan->alarms.certificate, 14 * 24 * 3600 * RT_S);
    start_again(tls_files, "admin socket /run/x {\n tls cert dns.crt key dns.key\n}\n");
    ck_assert_int_eq(rt_tls_certificate_end("dns.crt", &end), 0);
    begin_by_hand();
    plan->alarms.certificate = end - rt_wall() - 1;
    ask_by_hand(gw_watch_certificates);
    ck_assert_uint_eq(lasting(GW_ALARM_CERTIFICATE), 0);
    plan->alarms.certificate = end - rt_wall();
    ask_by_hand(gw_watch_certificates);
    ck_assert_uint_eq(lasting(GW_ALARM_CERTIFICATE), 1);
    ck_assert_str_eq(seen.object, "certificate dns.crt");
    forget_by_hand(GW_ALARM_CERTIFICATE, "certificate dns.crt");
}
END_TEST

/* ---- records and the audit log ---- */

static void say(const char *text)
{
    ck_assert_int_eq(rt_file_replace("/var/cdr/export.status", text, strlen(text), 0640), 0);
}

static rt_time oldest_is(int64_t ms)
{
    struct gw_export_status s;
    char text[200];

    snprintf(text, sizeof text,
             "{\"targets\":[{\"name\":\"sqlite\",\"oldest_ms\":%lld,\"error\":\"%s\"}]}",
             (long long)ms, ms > 0 ? "database is locked" : "");
    say(text);
    do {
        fake_advance(10 * RT_MS);
        ck_assert_uint_eq(gw_export_status(gw->exporter, &s, 1), 1);
    } while (s.oldest_ms != ms);
    return rt_now() + RT_MS; /* a thread has read it: after the look of that instant */
}

/** A record may wait for 60 s by this plan, and no longer than 10 s more. */
START_TEST(records_that_a_target_does_not_have)
{
    other_cdr = "cdr journal /var/cdr, sqlite:/var/r.db {\n late 60s\n}\n";
    start_again(NULL, "");
    fake_child_program("/usr/bin/tandem-export");
    ck_assert_int_eq(gw_exporter_start(&gw->exporter, gw), 0);
    oldest_is(60000);
    fake_advance(30 * RT_S);
    ck_assert_uint_eq(gw_alarms_count(gw->alarms, GW_WARNING), 0);
    rises(GW_ALARM_EXPORT, oldest_is(60001), 10 * RT_S);
    ck_assert_str_eq(seen.object, "target sqlite");
    ck_assert_str_eq(seen.text, "the oldest record has waited for 60 s: database is locked");
    falls(GW_ALARM_EXPORT, oldest_is(0), 5 * RT_S);
    ck_assert(fake_child_end(3, 0));
    fake_child_refuse(ENOENT);
    rises(GW_ALARM_EXPORT, rt_now() + RT_MS, 10 * RT_S);
    gw_exporter_stop(gw->exporter);
    gw->exporter = NULL;
}
END_TEST

START_TEST(an_audit_log_that_cannot_be_written)
{
    struct gw_audit_entry e = {.who = "eva", .from = "cli", .what = "block pbx", .outcome = "ok"};

    start_again(NULL, "admin socket /run/x {\n audit /var/audit.log\n}\n");
    fake_advance(3 * RT_S + 300 * RT_MS);
    fake_files_fail(1000, ENOSPC);
    gw_audit_note(gw->audit, &e);
    fake_advance(10 * RT_MS);
    rises(GW_ALARM_AUDIT, rt_now(), 0);
    ck_assert_str_eq(seen.text, "/var/audit.log cannot be written");
    fake_files_fail(0, 0);
    for (unsigned i = 0; i < 1000 && gw_audit_failing(gw->audit); i++)
        fake_advance(10 * RT_MS);
    ck_assert(!gw_audit_failing(gw->audit));
    falls(GW_ALARM_AUDIT, rt_now(), 0);
}
END_TEST

/** A disk that does not answer at all: the writers wait in the kernel. */
START_TEST(files_that_never_come_back)
{
    other_cdr = "cdr csv /var/cdr.csv\n";
    start_again(NULL, "admin socket /run/x {\n audit /var/audit.log\n}\n");
    fake_advance(3 * RT_S + 300 * RT_MS);
    fake_process_hang("cdr");
    rises(GW_ALARM_RECORDS, rt_now(), 0);
    fake_advance(10 * RT_MS);
    fake_process_hang("audit");
    rises(GW_ALARM_AUDIT, rt_now(), 0);
    fake_process_hang(NULL);
}
END_TEST

/* ---- fraud: two rules of one class, and one alarm ---- */

#define TWO_RULES                                                                                  \
    "class staff {\n fraud 1 calls/hour international then block international 60s\n"              \
    " fraud 1 calls/hour mobile then block mobile 120s\n}\n"                                       \
    "trunk desk {\n sip sip:192.0.2.20\n numbers e164\n site berlin\n class staff\n}\n"

static bool let_in(const char *number)
{
    struct dp_number called = {.e164 = true};
    struct gw_limit_call c = {.rate = 0};
    struct gw_limit_token *token = NULL;
    struct gw_limit_clock clock;
    struct gw_quota_uses uses;

    rt_str_copy(called.digits, sizeof called.digits, rt_str(number));
    gw_quota_caller(&uses, gw->plan, gw_plan_trunk(gw->plan, rt_str("desk")), &called);
    gw_quota_clock(&clock, gw->plan, 0);
    bool in = gw_limits_take(uses.use, uses.n, &c, &clock, NULL, &token) == 0;
    if (in)
        gw_limits_release(token, 0, &clock);
    return in;
}

#define ABROAD "443012345678"
#define MOBILE "4915112345678"

/** Blocks end at a look that the limits take each 10 s. */
START_TEST(fraud_lasts_as_long_as_the_last_block)
{
    start_again(NULL, TWO_RULES);
    ck_assert(let_in(ABROAD));
    ck_assert(let_in(MOBILE));
    ck_assert_uint_eq(lasting(GW_ALARM_FRAUD), 0);
    ck_assert(!let_in(ABROAD));
    ck_assert_uint_eq(lasting(GW_ALARM_FRAUD), 1);
    ck_assert_str_eq(seen.object, "class staff");
    ck_assert(!let_in(MOBILE));
    ck_assert_uint_eq(lasting(GW_ALARM_FRAUD), 1);
    fake_advance(119 * RT_S); /* abroad is free again */
    ck_assert(let_in(ABROAD));
    ck_assert_uint_eq(lasting(GW_ALARM_FRAUD), 1);
    fake_advance(11 * RT_S);
    ck_assert_uint_eq(lasting(GW_ALARM_FRAUD), 0);
    ck_assert_uint_eq(gw_alarms_raised(gw->alarms, GW_ALARM_FRAUD), 1);
}
END_TEST

START_TEST(fraud_is_over_when_it_is_lifted)
{
    struct gw_limit_clock clock;

    start_again(NULL, TWO_RULES);
    ck_assert(let_in(ABROAD) && let_in(MOBILE));
    ck_assert(!let_in(ABROAD) && !let_in(MOBILE));
    ck_assert_uint_eq(lasting(GW_ALARM_FRAUD), 1);
    gw_quota_clock(&clock, gw->plan, 0);
    ck_assert_uint_eq(gw_limits_lift(gw->limits, GW_SCOPE_CLASS, "staff", &clock), 2);
    ck_assert_uint_eq(lasting(GW_ALARM_FRAUD), 0);
}
END_TEST

/* ---- who is told ---- */

static struct {
    int facility, priority;
    unsigned opened, lines;
    char line[400];
} system_log;

/* In place of the C library's. */
void openlog(const char *ident, int option, int facility)
{
    ck_assert_str_eq(ident, "tandem");
    ck_assert_int_eq(option, LOG_NDELAY | LOG_PID);
    system_log.facility = facility;
    system_log.opened++;
}

RT_PRINTF(2, 0)
static void take_line(int priority, const char *format, va_list ap)
{
    vsnprintf(system_log.line, sizeof system_log.line, format, ap);
    system_log.priority = priority;
    system_log.lines++;
}

void syslog(int priority, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    take_line(priority, format, ap);
    va_end(ap);
}

/** What becomes of it where the compiler looks at formats too. */
void __syslog_chk(int priority, int flag, const char *format, ...) RT_PRINTF(3, 4);
void __syslog_chk(int priority, int flag, const char *format, ...)
{
    va_list ap;

    (void)flag;
    va_start(ap, format);
    take_line(priority, format, ap);
    va_end(ap);
}

static void syslog_has(int priority, const char *line)
{
    ck_assert_int_eq(system_log.priority, priority);
    ck_assert_str_eq(system_log.line, line);
}

/** RFC 5674, table 1: critical is alert, major critical, minor error, warning warning. */
START_TEST(the_system_log_is_told)
{
    struct gw_alarms *a = gw->alarms;

    memset(&system_log, 0, sizeof system_log);
    gw_alarm_raise(a, GW_ALARM_TRUNK, "trunk x", "x");
    ck_assert_uint_eq(system_log.lines, 0); /* not unless the plan says so */
    start_again(NULL, "alarms {\n syslog local3\n}\n");
    a = gw->alarms;
    gw_alarm_raise(a, GW_ALARM_FRAUD, "class y", "%s", "100 %");
    ck_assert_int_eq(system_log.facility, LOG_LOCAL3);
    syslog_has(LOG_ALERT, "alarm fraud (critical) raised: class y: 100 %");
    gw_alarm_raise(a, GW_ALARM_TRUNK, "trunk x", "b");
    syslog_has(LOG_CRIT, "alarm trunk-down (major) raised: trunk x: b");
    gw_alarm_raise(a, GW_ALARM_SLIPS, "span 1", "c");
    syslog_has(LOG_ERR, "alarm slips (minor) raised: span 1: c");
    gw_alarm_raise(a, GW_ALARM_EMERGENCY, "call 1", "d");
    syslog_has(LOG_WARNING, "alarm emergency-call (warning) raised: call 1: d");
    gw_alarm_raise(a, GW_ALARM_EMERGENCY, "call 1", "another text");
    ck_assert_uint_eq(system_log.lines, 4);
    gw_alarm_clear(a, GW_ALARM_TRUNK, "trunk x");
    syslog_has(LOG_NOTICE, "alarm trunk-down (major) cleared: trunk x: b");
    ck_assert_int_eq(gw_alarm_acknowledge(a, 1, "eva"), 0);
    syslog_has(LOG_NOTICE, "alarm fraud (critical) acknowledged: class y: 100 %; by eva");
    ck_assert_uint_eq(system_log.lines, 6);
    ck_assert_uint_eq(system_log.opened, 1);
}
END_TEST

/** Major and critical ones, when they begin and when they are over. */
START_TEST(mail_tells_of_the_bad_ones)
{
    static const struct {
        enum gw_alarm_kind kind;
        bool told;
    } rows[] = {{GW_ALARM_TRUNK, true},
                {GW_ALARM_FRAUD, true},
                {GW_ALARM_SLIPS, false},
                {GW_ALARM_EMERGENCY, false}};

    start_again(NULL, "mail /usr/sbin/sendmail\nalarms {\n notify mail:ops@example.com\n}\n");
    fake_child_program("/usr/sbin/sendmail");
    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        unsigned before = fake_child_starts();
        gw_alarm_raise(gw->alarms, rows[i].kind, "it", "first");
        ck_assert_uint_eq(fake_child_starts() - before, rows[i].told);
        ck_assert(!rows[i].told || fake_child_end(0, 0));
        gw_alarm_raise(gw->alarms, rows[i].kind, "it", "then");
        ck_assert_uint_eq(fake_child_starts() - before, rows[i].told);
        gw_alarm_clear(gw->alarms, rows[i].kind, "it");
        ck_assert_uint_eq(fake_child_starts() - before, rows[i].told ? 2 : 0);
        ck_assert(!rows[i].told || fake_child_end(0, 0));
    }
    ck_assert_ptr_nonnull(strstr(fake_child_fed(), "To: ops@example.com\n"));
    ck_assert_ptr_nonnull(strstr(fake_child_fed(), "alarm fraud (critical) cleared: it: then"));
}
END_TEST

/* ---- acknowledged over the socket: by the user who is there ---- */

static struct rt_buf told, answered;

static void keep_line(void *arg, enum rt_subsys sub, enum rt_level level, const char *line)
{
    (void)arg, (void)sub, (void)level;
    rt_buf_printf(&told, "%s\n", line);
}

static size_t on_data(void *arg, struct rt_stream *s, const char *data, size_t len)
{
    (void)arg, (void)s;
    rt_buf_put(&answered, data, len);
    return len;
}

static void on_closed(void *arg, struct rt_stream *s, int err)
{
    (void)arg, (void)s, (void)err;
}

START_TEST(who_acknowledges_is_named)
{
    static const struct rt_stream_ops ops = {.data = on_data, .closed = on_closed};
    static const char request[] = "{\"argv\":[\"acknowledge\",\"1\"]}\n";
    struct gw_control *control;
    struct rt_stream *client;
    union rt_addr at;

    gw_alarm_raise(gw->alarms, GW_ALARM_TRUNK, "trunk x", "y");
    rt_log_sink(keep_line, NULL);
    ck_assert_int_eq(gw_control_new(&control, loop, &gw, "/run/t", NULL, NULL), 0);
    ck_assert_int_eq(rt_addr_unix(&at, "/run/t"), 0);
    ck_assert_int_eq(rt_stream_connect(&client, loop, &at, &ops, NULL), 0);
    fake_settle();
    ck_assert_int_eq(rt_stream_write(client, request, sizeof request - 1), 0);
    fake_settle();
    ck_assert_ptr_nonnull(strstr(answered.p, "alarm 1 acknowledged"));
    ck_assert_uint_eq(lasting(GW_ALARM_TRUNK), 1);
    ck_assert_str_eq(seen.acknowledged, "uid 1000"); /* the fake kernel's name of him */
    const char *line =
        strstr(told.p, "alarm trunk-down (major) acknowledged: trunk x: y; by uid 1000");
    ck_assert_ptr_nonnull(line);
    ck_assert_msg(!strstr(strchr(line, '\n'), "acknowledged: trunk"), "twice: %s", told.p);
    rt_stream_close(client);
    gw_control_free(control);
    fake_settle();
    rt_buf_release(&told);
    rt_buf_release(&answered);
}
END_TEST

/** Over HTTP it is an account. */
START_TEST(an_account_that_acknowledges_is_named)
{
    const char *const argv[] = {"acknowledge", "1"};
    struct gw_request q = {.gw = &gw, .out = &answered, .who = "eva", .from = "web 192.0.2.1"};

    gw_alarm_raise(gw->alarms, GW_ALARM_TRUNK, "trunk x", "y");
    ck_assert_int_eq(gw_request_begin(&q, RT_COUNT(argv), argv), GW_EXIT_OK);
    ck_assert_uint_eq(lasting(GW_ALARM_TRUNK), 1);
    ck_assert_str_eq(seen.acknowledged, "eva");
    ck_assert_str_eq(gw_audit_at(gw->audit, 0)->who, "eva");
    rt_buf_release(&answered);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("alarm_watch");
    TCase *t = tcase_create("alarm_watch");

    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_dchannel_that_goes);
    tcase_add_test(t, a_span_that_goes);
    tcase_add_test(t, a_clock_that_slips);
    tcase_add_test(t, a_registration_that_is_refused);
    tcase_add_test(t, a_trunk_whose_servers_do_not_answer);
    tcase_add_test(t, signalling_that_does_not_keep_up);
    tcase_add_test(t, a_media_thread_that_does_not_keep_up);
    tcase_add_test(t, a_span_that_is_served_late);
    tcase_add_test(t, a_certificate_that_ends_soon);
    tcase_add_test(t, records_that_a_target_does_not_have);
    tcase_add_test(t, an_audit_log_that_cannot_be_written);
    tcase_add_test(t, files_that_never_come_back);
    tcase_add_test(t, fraud_lasts_as_long_as_the_last_block);
    tcase_add_test(t, fraud_is_over_when_it_is_lifted);
    tcase_add_test(t, the_system_log_is_told);
    tcase_add_test(t, mail_tells_of_the_bad_ones);
    tcase_add_test(t, who_acknowledges_is_named);
    tcase_add_test(t, an_account_that_acknowledges_is_named);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failures = srunner_ntests_failed(r);
    srunner_free(r);
    return failures != 0;
}
