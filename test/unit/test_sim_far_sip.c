/* The simulation's SIP far ends, without the rest of it: two or three of them around a gateway,
 * with calls of every kind. */
#include "gw/cdr.h"
#include "test/fake/fake.h"
#include "test/unit/sim_engine.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

static struct sim sim;
static struct sim_call calls[64];
static struct sim_op ops[64];
static unsigned placed;
/** Far ends make other choices with each. */
static uint64_t seed;

/* ---- what the engine has of it ---- */

/** The last six digits are the operation's id, from 1 on. */
struct sim_call *sim_call_of(struct sim *s, struct rt_str number)
{
    uint64_t id;

    (void)s;
    if (number.n < 10 || rt_str_u64(&id, (struct rt_str){number.p + number.n - 6, 6}, 999999) != 0)
        return NULL;
    return id > 0 && id <= placed ? &calls[id - 1] : NULL;
}

/* ---- the run ---- */

static void add_far(unsigned i, uint64_t variety)
{
    struct sim_far *f = &sim.far[i];

    *f = (struct sim_far){.ops = &sim_far_sip,
                          .sim = &sim,
                          .kind = SIM_SIP,
                          .index = i,
                          .variety = variety,
                          .emergency = i == 1};
    snprintf(f->trunk, sizeof f->trunk, "sip%u", i);
    snprintf(f->host, sizeof f->host, "10.0.1.%u", (i + 1) % 100);
    ck_assert_int_eq(f->ops->start(f), 0);
    sim.nfars = i + 1;
}

static void write_plan(struct rt_buf *out)
{
    rt_buf_puts(
        out, "version 1\nsip { listen udp:10.0.0.1:5060, tcp:10.0.0.1:5060 }\n"
             "media {\n address 10.0.0.1\n ports 20000-20999\n codecs pcma, pcmu\n threads 1\n}\n"
             "site berlin {\n dialling de area 30\n}\nemergency {\n numbers 112\n send sip1\n}\n"
             "cdr journal /cdr\n");
    for (unsigned i = 0; i < sim.nfars; i++)
        sim.far[i].ops->plan(&sim.far[i], out);
    for (unsigned i = 0; i < sim.nfars; i++) {
        rt_buf_printf(out, "routes from sip%u {\n", i);
        for (unsigned k = 0; k < sim.nfars; k++)
            rt_buf_printf(out, " +4930%u* -> sip%u\n", k, k);
        rt_buf_puts(out, " * -> reject 1\n}\n");
    }
}

static struct gw *volatile lost;

static void start_gateway(void)
{
    struct conf_diag diag = {.errors = 0};
    struct rt_buf text = {0}, why = {0};
    struct gw_plan *plan;

    unsigned before = fake_process(SIM_PROCESS);
    write_plan(&text);
    ck_assert_int_eq(rt_loop_new(&sim.inner, "signalling"), 0);
    ck_assert_msg(gw_plan_parse(&plan, "sim.conf", rt_buf_str(&text), &diag) == 0, "%s", text.p);
    ck_assert_msg(gw_start(&sim.gw, sim.inner, plan, &why) == 0, "%s", why.p);
    gw_plan_unref(plan);
    fake_process(before);
    conf_diag_release(&diag);
    rt_buf_release(&text);
    rt_buf_release(&why);
}

static void start(unsigned n, const uint64_t *varieties)
{
    rt_log_set_all(RT_ERROR);
    fake_reset();
    memset(&sim, 0, sizeof sim);
    memset(calls, 0, sizeof calls);
    placed = 0;
    fake_local_address(SIM_GATEWAY);
    ck_assert_int_eq(rt_loop_new(&sim.loop, "far ends"), 0);
    for (unsigned i = 0; i < n; i++)
        add_far(i, varieties[i]);
    start_gateway();
}

static struct sim_call *place(unsigned from, unsigned to, struct sim_script script)
{
    struct sim_call *c = &calls[placed];
    struct sim_op *op = &ops[placed];

    *op = (struct sim_op){.id = ++placed, .kind = SIM_CALL, .from = from, .to = to, .call = script};
    c->op = op;
    c->chance = seed;
    snprintf(c->caller, sizeof c->caller, "+4989%u%06u", from, op->id);
    snprintf(c->called, sizeof c->called, "+4930%u%06u", to, op->id);
    sim.far[from].ops->call(&sim.far[from], c);
    return c;
}

static void all_idle(void)
{
    struct rt_buf why = {0};

    for (unsigned i = 0; i < sim.nfars; i++)
        sim.far[i].ops->idle(&sim.far[i], &why);
    ck_assert_msg(why.n == 0, "%s", why.p);
    ck_assert_msg(!sim.gw || gw_idle(sim.gw), "the gateway is not idle");
    ck_assert_str_eq(sim.failure, "");
}

static void stop(void)
{
    struct fake_leaks leaks;

    all_idle();
    if (sim.gw) {
        gw_stop(sim.gw);
        rt_loop_free(sim.inner);
    }
    for (unsigned i = 0; i < sim.nfars; i++)
        sim.far[i].ops->stop(&sim.far[i]);
    rt_loop_free(sim.loop);
    fake_leaks(&leaks);
    ck_assert_uint_eq(leaks.loops + leaks.timers + leaks.udp + leaks.streams + leaks.listeners, 0);
}

static void ended(const struct sim_call *c, bool answered)
{
    ck_assert_msg(c->a.state == SIM_ENDED, "call %u: caller in state %d", c->op->id, c->a.state);
    ck_assert_msg(c->b.state == SIM_ENDED, "call %u: called in state %d", c->op->id, c->b.state);
    ck_assert_msg((c->a.answered != 0) == answered, "call %u: %sanswered, status %u", c->op->id,
                  answered ? "not " : "", c->a.status);
    ck_assert_uint_eq(c->a.late, 0);
    ck_assert_uint_eq(c->b.late, 0);
}

/** Bits of `variety`: nothing special; TCP, INFO, 100rel required; direct media, untrusted, one
 * codec; TCP with session timers, re-INVITE. */
static const uint64_t varieties[] = {0x0000, 0x1062, 0x1410 | 0x200, 0x0828 | 0x4000 | 0x10};

/** Calls of every kind, with every pair of far ends. */
START_TEST(calls_of_every_kind_end_as_they_should)
{
    seed = (uint64_t)_i;
    uint64_t pair[2] = {varieties[_i % 4], varieties[_i / 4]};
    static const struct sim_script kinds[] = {
        {.ring = 2000, .talk = 10000},
        {.ring = 2000, .talk = 10000, .called_ends = true},
        {.progress = 1500, .ring = 2000, .talk = 10000},
        {.ring = 1000, .talk = 20000, .hold = 5000},
        {.ring = 1000, .talk = 10000, .digits = 4},
        {.emergency = true, .ring = 1000, .talk = 10000},
        {.ring = 5000, .talk = 10000, .give_up = 20000},
        {.ring = 0, .talk = 400000},
    };

    start(2, pair);
    for (size_t i = 0; i < RT_COUNT(kinds); i++)
        place(0, 1, kinds[i]);
    fake_advance(500 * RT_S);
    for (unsigned i = 0; i < placed; i++) {
        ended(&calls[i], true);
        ck_assert_uint_eq(calls[i].b.times, 1);
        ck_assert_int_eq(calls[i].a.by_us, !kinds[i].called_ends);
        ck_assert_int_eq(calls[i].b.by_us, kinds[i].called_ends);
        ck_assert_uint_eq(calls[i].a.cause, 16);
        ck_assert_uint_eq(calls[i].b.cause, 16);
    }
    stop();
}
END_TEST

START_TEST(calls_that_are_not_answered)
{
    seed = (uint64_t)_i;
    uint64_t pair[2] = {varieties[_i % 4], varieties[_i / 4]};

    start(2, pair);
    struct sim_call *busy = place(0, 1, (struct sim_script){.ring = 1000, .refuse = 17});
    struct sim_call *early =
        place(1, 0, (struct sim_script){.progress = 1000, .ring = 1000, .refuse = 21});
    struct sim_call *given = place(0, 1, (struct sim_script){.ring = 50000, .give_up = 9000});
    struct sim_call *silent[4];
    for (unsigned i = 0; i < 4; i++)
        silent[i] = place(i & 1, !(i & 1), (struct sim_script){.silent = true});
    struct sim_call *left = place(0, 1, (struct sim_script){.silent = true, .give_up = 5000});
    fake_advance(350 * RT_S);
    for (unsigned i = 0; i < placed; i++)
        ended(&calls[i], false);
    ck_assert_uint_eq(busy->a.status, 486);
    ck_assert_uint_eq(busy->a.cause, 17);
    ck_assert_uint_eq(early->a.status, 403);
    ck_assert_int_ne(early->a.rang, 0);
    ck_assert_uint_eq(given->a.status, 487);
    ck_assert(given->a.by_us && !given->b.by_us);
    ck_assert(left->a.by_us);
    ck_assert_uint_eq(left->a.status, 487);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_ge(silent[i]->a.status, 400);
    stop();
}
END_TEST

START_TEST(a_transfer_sends_the_caller_on)
{
    seed = (uint64_t)_i;
    start(3, varieties + _i);
    struct sim_call *c =
        place(0, 1, (struct sim_script){.ring = 1000, .talk = 30000, .transfer = 5000});
    fake_advance(20 * RT_S);
    ck_assert_uint_eq(c->b.times, 2);
    ck_assert_int_eq(c->b.state, SIM_TALKS);
    ck_assert_int_eq(c->a.state, SIM_TALKS);
    fake_advance(200 * RT_S);
    ended(c, true);
    stop();
}
END_TEST

/** The gateway's process vanishes while calls ring, are held and talk: nothing stays. */
START_TEST(calls_end_without_the_gateway)
{
    seed = (uint64_t)_i;
    start(2, varieties + _i);
    place(0, 1, (struct sim_script){.ring = 100000, .talk = 10000});
    place(0, 1, (struct sim_script){.ring = 1000, .talk = 60000});
    place(1, 0,
          (struct sim_script){.ring = 1000, .talk = 60000, .called_ends = true, .hold = 20000});
    fake_advance(10 * RT_S);
    fake_process_kill(SIM_PROCESS);
    lost = sim.gw; /* its memory is, on purpose */
    sim.gw = NULL;
    for (unsigned i = 0; i < placed; i++)
        calls[i].disturbed = true;
    fake_advance(400 * RT_S);
    for (unsigned i = 0; i < placed; i++) {
        ck_assert_int_eq(calls[i].a.state, SIM_ENDED);
        ck_assert_int_eq(calls[i].b.state, SIM_ENDED);
    }
    all_idle();
    for (unsigned i = 0; i < sim.nfars; i++)
        sim.far[i].ops->stop(&sim.far[i]);
    rt_loop_free(sim.loop);
}
END_TEST

/** One of eight is lost, one of eight comes twice, a quarter late. */
static unsigned disturb(void *arg, const union rt_addr *from, const union rt_addr *to,
                        const void *buf, size_t len, rt_time *delay)
{
    static uint32_t state;

    (void)arg, (void)from, (void)to, (void)buf, (void)len;
    state = state * 1664525u + 1013904223u;
    unsigned r = state >> 24;
    *delay = r >= 192 ? (rt_time)(r - 192) * 10 * RT_MS : 0;
    return r < 32 ? 0 : r < 64 ? 2 : 1;
}

/** Whatever a bad network does, everything ends and nothing stays. */
START_TEST(calls_over_a_bad_network_end)
{
    start(4, varieties);
    fake_net_hook(disturb, NULL);
    for (unsigned i = 0; i < 40; i++) {
        place(i % 4, (i + 1 + i / 4 % 3) % 4,
              (struct sim_script){.ring = i * 200,
                                  .progress = i % 3 == 0 ? 700 : 0,
                                  .refuse = i % 7 == 0 ? 17 : 0,
                                  .give_up = i % 5 == 0 ? i * 300 + 100 : 0,
                                  .talk = i * 500,
                                  .called_ends = i & 1,
                                  .hold = i % 6 == 0 ? 2000 : 0,
                                  .digits = i % 4,
                                  .transfer = i % 11 == 10 ? 3000 : 0,
                                  .silent = i % 13 == 12});
        calls[i].disturbed = true;
        fake_advance(700 * RT_MS);
    }
    fake_advance(600 * RT_S);
    for (unsigned i = 0; i < placed; i++) {
        ck_assert_msg(calls[i].a.state == SIM_ENDED, "call %u: caller", i + 1);
        ck_assert_msg(calls[i].b.times == 0 || calls[i].b.state == SIM_ENDED, "call %u: called",
                      i + 1);
    }
    fake_net_hook(NULL, NULL);
    stop();
}
END_TEST

/** The last BYE from the gateway to the second far end. */
static char bye[2000];

static unsigned note_bye(void *arg, const union rt_addr *from, const union rt_addr *to,
                         const void *buf, size_t len, rt_time *delay)
{
    char text[RT_ADDR_LEN];

    (void)arg, (void)from, (void)delay;
    if (len > 4 && memcmp(buf, "BYE ", 4) == 0 &&
        strcmp(rt_addr_format(text, to), "10.0.1.2:5060") == 0)
        rt_str_copy(bye, sizeof bye, (struct rt_str){buf, len});
    return 1;
}

static void again(struct rt_udp *u)
{
    union rt_addr to;

    rt_addr_parse(&to, "10.0.1.2", 8, 5060);
    ck_assert_int_eq(rt_udp_send(u, bye, strlen(bye), &to), 0);
    fake_advance(60 * RT_S);
}

/** A request for a dialog that is over counts, its repetition does not. */
START_TEST(what_comes_late_is_counted)
{
    static const uint64_t plain[2];
    struct rt_udp *u;
    union rt_addr from;

    start(2, plain);
    fake_net_hook(note_bye, NULL);
    struct sim_call *c = place(0, 1, (struct sim_script){.ring = 1000, .talk = 3000});
    fake_advance(60 * RT_S);
    ended(c, true);
    rt_addr_parse(&from, SIM_GATEWAY, strlen(SIM_GATEWAY), 5999);
    ck_assert_int_eq(rt_udp_open(&u, NULL, &from, NULL, NULL), 0);
    again(u);
    ck_assert_uint_eq(c->b.late, 0);
    char *cseq = strstr(bye, "\nCSeq: ");
    ck_assert_ptr_nonnull(cseq);
    cseq[7] = '9';
    again(u);
    again(u);
    ck_assert_uint_eq(c->b.late, 1);
    ck_assert_uint_eq(c->a.late, 0);
    rt_udp_close(u);
    fake_net_hook(NULL, NULL);
    stop();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sim_far_sip");
    TCase *t = tcase_create("calls");
    SRunner *r;

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, calls_of_every_kind_end_as_they_should, 0, 16);
    tcase_add_loop_test(t, calls_that_are_not_answered, 0, 16);
    tcase_add_loop_test(t, a_transfer_sends_the_caller_on, 0, 2);
    tcase_add_loop_test(t, calls_end_without_the_gateway, 0, 3);
    tcase_add_test(t, calls_over_a_bad_network_end);
    tcase_add_test(t, what_comes_late_is_counted);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
