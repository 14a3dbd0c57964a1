/* The simulation's registered users, without the rest of it: their telephones and a SIP far end
 * around a gateway. */
#include "gw/admission.h"
#include "gw/registrar.h"
#include "test/fake/fake.h"
#include "test/sim/far_users.h"
#include "test/unit/sim_engine.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

static struct sim sim;
static struct sim_call calls[32];
static struct sim_op ops[32];
static unsigned placed;
/** Far ends make other choices with each. */
static uint64_t seed;

/* ---- what the engine has of it ---- */

struct sim_call *sim_call_of(struct sim *s, struct rt_str number)
{
    (void)s;
    for (unsigned i = 0; i < placed; i++)
        if (rt_str_eq(number, calls[i].called) || rt_str_eq(number, calls[i].caller))
            return &calls[i];
    return NULL;
}

/** When each kind of fault was last; 0: never. */
static rt_time faults[SIM_OP_KINDS];

bool sim_fault_between(const struct sim *s, enum sim_op_kind kind, rt_time from, rt_time to)
{
    (void)s;
    return faults[kind] != 0 && faults[kind] >= from && faults[kind] <= to;
}

/* ---- the run ---- */

enum { USERS, TRUNK };
/** As far_users_acts.c numbers them. */
enum act { LEAVE, FORGET, MOVE, MOVE_SILENTLY, MISTYPE, GUESS, REBOOT };

static void add_far(unsigned i, const struct sim_far_ops *far, enum sim_kind kind, uint64_t variety)
{
    struct sim_far *f = &sim.far[i];

    *f = (struct sim_far){.ops = far, .sim = &sim, .kind = kind, .index = i, .variety = variety};
    snprintf(f->trunk, sizeof f->trunk, "%s%u", far->name, i);
    snprintf(f->host, sizeof f->host, "10.0.1.%u", (i + 1) % 100);
    ck_assert_int_eq(f->ops->start(f), 0);
    sim.nfars = i + 1;
}

static void write_plan(struct rt_buf *out)
{
    rt_buf_puts(
        out, "version 1\nsip { listen udp:10.0.0.1:5060, tcp:10.0.0.1:5060 }\n"
             "media {\n address 10.0.0.1\n ports 20000-20999\n codecs pcma, pcmu\n threads 1\n}\n"
             "site berlin {\n dialling de area 30\n}\n");
    for (unsigned i = 0; i < sim.nfars; i++)
        sim.far[i].ops->plan(&sim.far[i], out);
    for (unsigned i = 0; i < sim.nfars; i++) {
        rt_buf_printf(out, "routes from %s {\n +4930%ux* -> %s\n", sim.far[i].trunk, TRUNK,
                      sim.far[TRUNK].trunk);
        sim_phone_rows(&sim.far[USERS], out);
        rt_buf_puts(out, "}\n");
    }
}

static void start_gateway(void)
{
    struct conf_diag diag = {.errors = 0};
    struct rt_buf text = {0}, why = {0};
    struct gw_plan *plan;

    unsigned before = fake_process(SIM_PROCESS);
    write_plan(&text);
    ck_assert_int_eq(rt_loop_new(&sim.inner, "signalling"), 0);
    ck_assert_msg(gw_plan_parse(&plan, "sim.conf", rt_buf_str(&text), &diag) == 0, "%s\n%s",
                  diag.text.p, text.p);
    ck_assert_msg(gw_start(&sim.gw, sim.inner, plan, &why) == 0, "%s", why.p);
    gw_plan_unref(plan);
    fake_process(before);
    conf_diag_release(&diag);
    rt_buf_release(&text);
    rt_buf_release(&why);
    sim.far[USERS].ops->gateway(&sim.far[USERS], SIM_STARTED);
}

static void stop_gateway(void)
{
    unsigned before = fake_process(SIM_PROCESS);

    gw_stop(sim.gw);
    fake_settle();
    rt_loop_free(sim.inner);
    fake_process(before);
    sim.gw = NULL;
    sim.far[USERS].ops->gateway(&sim.far[USERS], SIM_STOPPED);
}

/** Of the killed ones: their memory is lost on purpose. */
static struct gw *volatile lost[4];

static void kill_gateway(void)
{
    static unsigned nlost;

    sim.far[USERS].ops->gateway(&sim.far[USERS], SIM_KILLED);
    fake_process_kill(SIM_PROCESS);
    lost[nlost++ % RT_COUNT(lost)] = sim.gw;
    sim.gw = NULL;
}

/** Time passes, and everybody looks at the bindings now and then. */
static void pass(rt_time d)
{
    for (rt_time until = rt_now() + d; rt_now() < until;) {
        fake_advance(RT_S);
        if (sim.gw)
            sim.far[USERS].ops->check(&sim.far[USERS]);
        ck_assert_str_eq(sim.failure, "");
    }
}

static void start(uint64_t variety)
{
    seed = variety;
    rt_log_set_all(RT_ERROR);
    fake_reset();
    memset(&sim, 0, sizeof sim);
    memset(calls, 0, sizeof calls);
    memset(faults, 0, sizeof faults);
    placed = 0;
    sim.faults = true;
    sim.length = 3600 * RT_S;
    sim.began = rt_now();
    fake_local_address(SIM_GATEWAY);
    ck_assert_int_eq(rt_loop_new(&sim.loop, "far ends"), 0);
    add_far(USERS, &sim_far_users, SIM_USERS, variety);
    add_far(TRUNK, &sim_far_sip, SIM_SIP, 0);
    start_gateway();
    pass(10 * RT_S);
}

static void stop(void)
{
    struct fake_leaks leaks;
    struct rt_buf why = {0};

    for (unsigned i = 0; i < sim.nfars; i++)
        sim.far[i].ops->idle(&sim.far[i], &why);
    ck_assert_msg(why.n == 0, "%s", why.p);
    if (sim.gw)
        stop_gateway();
    for (unsigned i = 0; i < sim.nfars; i++)
        sim.far[i].ops->stop(&sim.far[i]);
    rt_loop_free(sim.loop);
    fake_leaks(&leaks);
    ck_assert_uint_eq(leaks.loops + leaks.timers + leaks.udp + leaks.streams + leaks.listeners, 0);
}

static struct sim_call *place(unsigned from, unsigned to, unsigned last, struct sim_script script)
{
    struct sim_call *c = &calls[placed];
    struct sim_op *op = &ops[placed];

    *op = (struct sim_op){.id = ++placed, .kind = SIM_CALL, .from = from, .to = to, .call = script};
    *c = (struct sim_call){.op = op, .chance = seed};
    snprintf(c->caller, sizeof c->caller, "+4930%u%06u", from, op->id * 10);
    snprintf(c->called, sizeof c->called, "+4930%u%06u", to, op->id * 10 + last % 10);
    if (sim.far[to].ops->presence)
        c->presence = sim.far[to].ops->presence(&sim.far[to], c);
    DL_APPEND(sim.calls, c);
    sim.far[from].ops->call(&sim.far[from], c);
    return c;
}

static void act(enum act what, unsigned telephone, bool begins)
{
    struct sim_op op = {.kind = SIM_PHONE, .a = {what * SIM_PHONES + telephone}};

    sim.far[USERS].ops->fault(&sim.far[USERS], &op, begins);
}

static unsigned bindings(void)
{
    return gw_registrar_count(sim.gw->registrar);
}

static const struct sim_script talk = {.ring = 1000, .talk = 5000};

static void reached(unsigned telephone)
{
    struct sim_call *c = place(TRUNK, USERS, telephone, talk);

    ck_assert_int_eq(c->presence, SIM_PRESENT);
    pass(15 * RT_S);
    ck_assert_msg(c->a.answered && c->b.answered, "status %u", c->a.status);
    ck_assert_int_eq(c->b.state, SIM_ENDED);
    ck_assert_uint_eq(c->b.times, 1);
}

/** RFC 3398 7.2.4.1: cause 20, subscriber absent, is 480. */
static void absent(unsigned telephone)
{
    struct sim_call *c = place(TRUNK, USERS, telephone, talk);

    ck_assert_int_eq(c->presence, SIM_ABSENT);
    pass(15 * RT_S);
    ck_assert_int_eq(c->a.state, SIM_ENDED);
    ck_assert_uint_eq(c->b.times, 0);
    ck_assert_uint_eq(c->a.status, 480);
    ck_assert_uint_eq(c->a.cause, 20);
}

#define WITH_FILE (UINT64_C(1) << FAR_USERS_STATE)
#define NAMED     (UINT64_C(1) << FAR_USERS_NAMED)
#define ALL_TCP   (UINT64_C(15) << FAR_USERS_TCP)

static const uint64_t varieties[] = {WITH_FILE, WITH_FILE | ALL_TCP, WITH_FILE | NAMED,
                                     WITH_FILE | NAMED | ALL_TCP};

START_TEST(telephones_register_and_stay_registered)
{
    start(varieties[_i]);
    ck_assert_uint_eq(bindings(), SIM_PHONES);
    pass(300 * RT_S);
    ck_assert_uint_eq(bindings(), SIM_PHONES);
    for (unsigned i = 0; i < SIM_PHONES; i++)
        reached(i);
    pass(60 * RT_S);
    stop();
}
END_TEST

START_TEST(telephones_call_with_their_passwords)
{
    start(varieties[_i]);
    struct sim_call *out = place(USERS, TRUNK, 0, talk);
    struct sim_call *between = place(USERS, USERS, 2, talk);
    struct sim_call *busy = place(USERS, USERS, 3, (struct sim_script){.ring = 500, .refuse = 17});
    pass(40 * RT_S);
    ck_assert_msg(out->a.answered && out->b.answered, "status %u", out->a.status);
    ck_assert_msg(between->a.answered && between->b.answered, "status %u", between->a.status);
    ck_assert_uint_eq(busy->a.status, 486);
    ck_assert_uint_eq(busy->b.times, 1);
    stop();
}
END_TEST

START_TEST(who_leaves_is_absent_and_comes_back)
{
    start(varieties[_i]);
    act(LEAVE, 1, true);
    act(LEAVE, 2, true);
    pass(10 * RT_S);
    ck_assert_uint_eq(bindings(), SIM_PHONES - 2);
    absent(1);
    act(LEAVE, 1, false);
    act(LEAVE, 2, false);
    pass(10 * RT_S);
    ck_assert_uint_eq(bindings(), SIM_PHONES);
    reached(1);
    pass(60 * RT_S);
    stop();
}
END_TEST

/** All ask for 60 s here. */
START_TEST(who_is_forgotten_expires)
{
    start(varieties[_i]);
    act(FORGET, 0, true);
    pass(40 * RT_S);
    ck_assert_uint_eq(bindings(), SIM_PHONES);
    pass(30 * RT_S);
    ck_assert_uint_eq(bindings(), SIM_PHONES - 1);
    absent(0);
    act(FORGET, 0, false);
    pass(5 * RT_S);
    reached(0);
    pass(60 * RT_S);
    stop();
}
END_TEST

START_TEST(who_moves_is_reached_at_the_new_address)
{
    start(varieties[_i]);
    act(MOVE, 0, true);
    act(MOVE_SILENTLY, 1, true);
    act(REBOOT, 2, true);
    pass(10 * RT_S);
    ck_assert_uint_eq(bindings(), SIM_PHONES + 1); /* one address was left without a word */
    reached(0);
    reached(1);
    reached(2);
    pass(60 * RT_S);
    ck_assert_uint_eq(bindings(), SIM_PHONES);
    pass(50 * RT_S);
    stop();
}
END_TEST

/** Not before it is answered, and not from within the answer. */
START_TEST(who_moves_while_it_registers_does_so_afterwards)
{
    start(varieties[_i]);
    act(LEAVE, 0, true);
    act(MOVE, 0, true);
    ck_assert_ptr_nonnull(((struct far_users *)sim.far[USERS].own)->user[0].pending);
    pass(10 * RT_S);
    act(LEAVE, 0, false);
    pass(10 * RT_S);
    reached(0);
    pass(60 * RT_S);
    stop();
}
END_TEST

/** Ten are listened to, then nobody is for 30 s, with the right password neither. */
START_TEST(wrong_passwords_have_their_consequence)
{
    struct far_users *all;

    start(varieties[_i]);
    all = sim.far[USERS].own;
    uint64_t before = rt_counted(&gw_admission_counters[GW_ADMISSION_GUESSES]);
    act(MISTYPE, 0, true);
    pass(30 * RT_S);
    ck_assert_int_eq((int)rt_counted(&gw_admission_counters[GW_ADMISSION_GUESSES]), (int)before);
    reached(0);
    act(GUESS, 1, true);
    pass(17 * RT_S);
    ck_assert_uint_eq(all->user[1].guesses, 0);
    ck_assert_int_gt((int)rt_counted(&gw_admission_counters[GW_ADMISSION_GUESSES]), (int)before);
    ck_assert_int_ne(all->user[1].guilt, 0);
    pass(60 * RT_S);
    ck_assert_int_eq(all->user[1].guilt, 0);
    reached(1);
    pass(60 * RT_S);
    stop();
}
END_TEST

/** Without an orderly stop. */
static void abandon(void)
{
    kill_gateway();
    for (unsigned i = 0; i < sim.nfars; i++)
        sim.far[i].ops->stop(&sim.far[i]);
    rt_loop_free(sim.loop);
}

/** docs/configuration.md: `state` keeps the registrations over a restart. */
START_TEST(registrations_survive_a_kill_with_a_file)
{
    start(varieties[_i]);
    pass(5 * RT_S);
    kill_gateway();
    start_gateway();
    ck_assert_uint_eq(bindings(), SIM_PHONES);
    reached(0);
    stop_gateway();
    start_gateway();
    ck_assert_uint_eq(bindings(), SIM_PHONES);
    pass(60 * RT_S);
    reached(1);
    pass(60 * RT_S);
    abandon();
}
END_TEST

static void set_clock(rt_time by)
{
    fake_wall_step(by);
    faults[SIM_CLOCK] = rt_now();
}

static void lose_power(void)
{
    kill_gateway();
    fake_reboot();
    faults[SIM_POWER] = rt_now();
}

/** Within one start of the machine nobody asks the wall clock. */
START_TEST(a_clock_that_was_set_leaves_no_doubt_after_a_kill)
{
    start(WITH_FILE);
    pass(5 * RT_S);
    lose_power();
    start_gateway();
    pass(12 * RT_S);
    set_clock(_i ? 7200 * RT_S : -7200 * RT_S);
    kill_gateway();
    start_gateway();
    ck_assert_uint_eq(bindings(), SIM_PHONES);
    reached(0);
    abandon();
}
END_TEST

/** Who is forgotten meanwhile is there for a minute at most: nothing lasts longer than it was to.
 */
START_TEST(a_clock_that_was_set_leaves_doubt_after_a_loss_of_power)
{
    struct far_users *all;

    start(WITH_FILE);
    all = sim.far[USERS].own;
    pass(15 * RT_S);
    for (unsigned i = 0; i < SIM_PHONES; i++)
        act(FORGET, i, true);
    set_clock(_i ? 7200 * RT_S : -7200 * RT_S);
    lose_power();
    pass(100 * RT_S);
    ck_assert(!far_user_maybe_bound(&all->user[0]));
    start_gateway();
    ck_assert_uint_eq(bindings(), _i ? 0 : SIM_PHONES);
    ck_assert(far_user_maybe_bound(&all->user[0]));
    pass(64 * RT_S);
    ck_assert_uint_eq(bindings(), 0);
    ck_assert(!far_user_maybe_bound(&all->user[0]));
    abandon();
}
END_TEST

START_TEST(registrations_are_gone_without_a_file)
{
    start(0);
    act(FORGET, 3, true);
    stop_gateway();
    start_gateway();
    ck_assert_uint_eq(bindings(), 0);
    absent(3);
    act(FORGET, 3, false);
    pass(60 * RT_S);
    ck_assert_uint_eq(bindings(), SIM_PHONES);
    reached(3);
    pass(60 * RT_S);
    stop();
}
END_TEST

/** When the run is over nothing is left. */
START_TEST(telephones_are_put_away)
{
    start(varieties[_i]);
    pass(3600 * RT_S);
    pass(200 * RT_S);
    ck_assert_uint_eq(bindings(), 0);
    stop();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sim_far_users");
    TCase *t = tcase_create("users");
    SRunner *r;

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, telephones_register_and_stay_registered, 0, 4);
    tcase_add_loop_test(t, telephones_call_with_their_passwords, 0, 4);
    tcase_add_loop_test(t, who_leaves_is_absent_and_comes_back, 0, 4);
    tcase_add_loop_test(t, who_is_forgotten_expires, 0, 4);
    tcase_add_loop_test(t, who_moves_is_reached_at_the_new_address, 0, 4);
    tcase_add_loop_test(t, who_moves_while_it_registers_does_so_afterwards, 0, 4);
    tcase_add_loop_test(t, wrong_passwords_have_their_consequence, 0, 4);
    tcase_add_loop_test(t, registrations_survive_a_kill_with_a_file, 0, 4);
    tcase_add_loop_test(t, a_clock_that_was_set_leaves_no_doubt_after_a_kill, 0, 2);
    tcase_add_loop_test(t, a_clock_that_was_set_leaves_doubt_after_a_loss_of_power, 0, 2);
    tcase_add_test(t, registrations_are_gone_without_a_file);
    tcase_add_loop_test(t, telephones_are_put_away, 0, 2);
    suite_add_tcase(s, t);
    r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
