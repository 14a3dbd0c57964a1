/* The simulation's call agent: calls between it and its line go as their scripts say, with and
 * without loss; after a crash of either side all is put right; and it sees what is wrong.
 */
#include "test/sim/far_agent.h"
#include "test/unit/sim_rig.h"

#define AGENT 0
/** The variety of one whose line has telephones. */
#define TELEPHONES (1u << 20)

static void begin_with(unsigned variety)
{
    rig_begin(1);
    rig_far(AGENT, &sim_far_agent, SIM_AGENT, 1 | 2u << 4 | variety);
    gateway_start();
    sim.starts++;
    fake_advance(30 * RT_S);
}

static void begin(void)
{
    begin_with(0);
}

static void at_rest(void)
{
    struct rt_buf why = {0};

    ck_assert_msg(sim.far[AGENT].ops->idle(&sim.far[AGENT], &why), "%s", why.p);
    ck_assert_msg(sim_far_agent_agrees(&sim.far[AGENT], &why), "%s", why.p);
    rt_buf_release(&why);
    ck_assert(gw_idle(sim.gw));
}

static void end(void)
{
    at_rest();
    ck_assert_str_eq(sim.failure, "");
    rig_end();
}

static const struct sim_script plain = {.ring = 2000, .talk = 5000};
static const struct sim_script ended_there = {.ring = 1000, .talk = 4000, .called_ends = true};

/** True when it is the line that calls. */
static bool is_of_line(const struct sim_call *c)
{
    return sim_chance(c, 40, 2);
}

START_TEST(agent_and_line_call_each_other)
{
    unsigned ways[2] = {0};

    seed = (uint64_t)_i;
    begin();
    for (unsigned i = 0; i < 8; i++) {
        struct sim_call *c = place(i / 2 % 2 ? ended_there : plain, AGENT, AGENT);
        fake_advance(12 * RT_S);
        rig_answered(c);
        ways[is_of_line(c)]++;
    }
    ck_assert_uint_eq(ways[0] + ways[1], 8);
    end();
}
END_TEST

START_TEST(refusals_have_their_cause_and_callers_may_leave)
{
    struct sim_call *c[4], *d[4];

    begin();
    for (unsigned i = 0; i < 4; i++) {
        c[i] = place((struct sim_script){.ring = 1000, .refuse = 17 + i}, AGENT, AGENT);
        d[i] = place((struct sim_script){.ring = 60000, .give_up = 5000}, AGENT, AGENT);
        fake_advance(RT_S);
    }
    fake_advance(20 * RT_S);
    for (unsigned i = 0; i < 4; i++) {
        ck_assert_uint_eq(c[i]->a.cause, 17 + i);
        ck_assert(!c[i]->a.by_us && c[i]->b.by_us);
        ck_assert(d[i]->a.by_us && d[i]->b.state == SIM_ENDED && d[i]->b.answered == 0);
    }
    end();
}
END_TEST

/** The agent holds calls, whoever called; sound that does not come, or comes, is seen. */
START_TEST(held_calls_are_heard_as_their_mode_has_it)
{
    begin();
    for (unsigned i = 0; i < 12; i++) {
        struct sim_call *c =
            place((struct sim_script){.ring = 500, .talk = 9000, .hold = 3000}, AGENT, AGENT);
        fake_advance(14 * RT_S);
        rig_answered(c);
        ck_assert_str_eq(sim.failure, "");
    }
    end();
}
END_TEST

/** Dialled by the line as sound, and told; signalled by the agent, and sound on the line. */
START_TEST(digits_come_out_as_they_were_sent)
{
    unsigned ways[2] = {0};

    begin();
    for (unsigned i = 0; i < 12; i++) {
        struct sim_call *c =
            place((struct sim_script){.ring = 500, .talk = 9000, .digits = 5}, AGENT, AGENT);
        fake_advance(14 * RT_S);
        rig_answered(c);
        ck_assert_uint_eq(strlen(c->a.digits), 5);
        ck_assert_str_eq(c->b.digits, c->a.digits);
        ways[is_of_line(c)]++;
    }
    ck_assert(ways[0] > 0 && ways[1] > 0);
    end();
}
END_TEST

/** A connection that the gateway has as it was while the agent believes it held. */
START_TEST(sound_that_comes_though_it_is_held_is_seen)
{
    struct far_agent *own;

    begin();
    own = sim.far[AGENT].own;
    for (unsigned n = 0; n < 12 && sim.failure[0] == '\0'; n++) {
        place((struct sim_script){.ring = 500, .talk = 9000, .hold = 3000}, AGENT, AGENT);
        fake_advance(5500 * RT_MS);
        for (unsigned i = 0; i < FAR_AGENT_CHANNELS; i++)
            if (own->channel[i].held)
                own->channel[i].mode =
                    strcmp(own->channel[i].mode, "sendonly") == 0 ? "inactive" : "sendonly";
        fake_advance(9 * RT_S);
    }
    ck_assert_ptr_nonnull(strstr(sim.failure, "packets came in"));
    rig_end();
}
END_TEST

static unsigned lossy(void *arg, const union rt_addr *from, const union rt_addr *to,
                      const void *buf, size_t len, rt_time *delay)
{
    static unsigned n;

    (void)arg;
    (void)from;
    (void)to;
    (void)buf;
    (void)len;
    (void)delay;
    return n++ % 3;
}

START_TEST(all_ends_when_datagrams_are_lost_and_doubled)
{
    begin();
    fake_net_hook(lossy, NULL);
    sim.injected[SIM_TWICE] = 1;
    for (unsigned i = 0; i < 6; i++)
        place(plain, AGENT, AGENT);
    fake_advance(90 * RT_S);
    fake_net_hook(NULL, NULL);
    fake_advance(90 * RT_S);
    end();
}
END_TEST

static void crash(rt_time away)
{
    struct sim_op what = {.kind = SIM_CRASH};

    sim.far[AGENT].ops->fault(&sim.far[AGENT], &what, true);
    fake_advance(away);
    sim.far[AGENT].ops->fault(&sim.far[AGENT], &what, false);
}

/** What the agent had is found by its audits, and put away; calls end at both sides. */
START_TEST(an_agent_without_memory_puts_all_away)
{
    struct sim_call *c[6];

    begin();
    for (unsigned i = 0; i < 6; i++)
        c[i] = place((struct sim_script){.ring = i % 2 ? 500 : 60000, .talk = 60000}, AGENT, AGENT);
    fake_advance(5 * RT_S);
    crash(3 * RT_S);
    fake_advance(20 * RT_S);
    at_rest();
    for (unsigned i = 0; i < 6; i++) {
        ck_assert_uint_eq(c[i]->a.state, SIM_ENDED);
        ck_assert_uint_eq(c[i]->b.state, SIM_ENDED);
    }
    struct sim_call *again = place(plain, AGENT, AGENT);
    fake_advance(20 * RT_S);
    rig_answered(again);
    end();
}
END_TEST

/** The gateway's restart is told by RSIP. */
START_TEST(calls_end_when_the_gateway_is_killed)
{
    begin();
    struct sim_call *c = place((struct sim_script){.ring = 500, .talk = 30000}, AGENT, AGENT);
    struct sim_call *d = place((struct sim_script){.ring = 500, .talk = 30000}, AGENT, AGENT);
    fake_advance(10 * RT_S);
    ck_assert(c->a.state == SIM_TALKS && d->a.state == SIM_TALKS);
    fake_process_kill(SIM_PROCESS);
    fake_advance(3 * RT_S);
    gateway_start();
    sim.starts++;
    fake_advance(90 * RT_S);
    ck_assert(c->a.state == SIM_ENDED && d->a.state == SIM_ENDED);
    c = place(plain, AGENT, AGENT);
    fake_advance(20 * RT_S);
    rig_answered(c);
    end();
}
END_TEST

/** It notices a connection that one side does not have. */
START_TEST(a_lost_connection_is_found)
{
    struct far_agent *own;

    begin();
    own = sim.far[AGENT].own;
    place((struct sim_script){.ring = 500, .talk = 300000}, AGENT, AGENT);
    fake_advance(5 * RT_S);
    for (unsigned i = 0; i < FAR_AGENT_CHANNELS; i++)
        if (own->channel[i].connection[0])
            strcpy(own->channel[i].connection, "abcdef");
    fake_advance(300 * RT_S);
    ck_assert_ptr_nonnull(strstr(sim.failure, "the gateway says"));
    rig_end();
}
END_TEST

/* ---- telephones ---- */

/** By the hook, both ways; the line's inquiry key is its flash; who is refused hears busy tone. */
START_TEST(telephones_call_and_are_called)
{
    static const struct sim_script scripts[] = {
        {.ring = 2000, .talk = 5000},
        {.ring = 500, .talk = 6000, .called_ends = true},
        {.ring = 500, .talk = 9000, .hold = 3000},
        {.ring = 500, .talk = 9000, .digits = 5},
    };
    unsigned ways[2] = {0}, flashes = 0;

    seed = (uint64_t)_i;
    begin_with(TELEPHONES);
    for (unsigned i = 0; i < 24; i++) {
        struct sim_call *c = place(scripts[i % RT_COUNT(scripts)], AGENT, AGENT);
        fake_advance(16 * RT_S);
        ck_assert_str_eq(sim.failure, "");
        rig_answered(c);
        ck_assert_str_eq(c->b.digits, c->a.digits);
        ck_assert_uint_eq(c->b.flashes, c->a.flashes);
        ways[is_of_line(c)]++;
        flashes += c->b.flashes;
    }
    ck_assert(ways[0] > 0 && ways[1] > 0 && flashes > 0);
    end();
}
END_TEST

START_TEST(telephones_refuse_and_give_up)
{
    struct sim_call *c[8], *d[8];

    begin_with(TELEPHONES);
    for (unsigned i = 0; i < 8; i++) {
        c[i] = place((struct sim_script){.ring = 1000, .refuse = 17}, AGENT, AGENT);
        d[i] = place((struct sim_script){.ring = 60000, .give_up = 5000}, AGENT, AGENT);
        fake_advance(RT_S);
    }
    fake_advance(30 * RT_S);
    for (unsigned i = 0; i < 8; i++) {
        ck_assert(c[i]->a.state == SIM_ENDED && !c[i]->a.by_us && c[i]->b.by_us);
        ck_assert(d[i]->a.by_us && d[i]->b.state == SIM_ENDED && d[i]->b.answered == 0);
    }
    end();
}
END_TEST

static void lift_all(struct far_agent_channel *ch)
{
    ch->lifted = true;
}

static void ask_again(struct far_agent_channel *ch)
{
    ch->in_force += 100;
}

static void wait_longer(struct far_agent_channel *ch)
{
    ch->tone.lasts += 2 * RT_S;
}

static void expect_another(struct far_agent_channel *ch)
{
    if (ch->tone.name[0])
        strcpy(ch->tone.name, "L/r7");
}

/** The agent believes what is not so, and finds it out. */
START_TEST(what_is_told_otherwise_is_seen)
{
    static const struct {
        void (*mistake)(struct far_agent_channel *ch);
        struct sim_script script;
        const char *found;
    } rows[] = {
        {lift_all, {.ring = 500, .talk = 3000}, "is lifted twice"},
        {ask_again, {.ring = 500, .talk = 3000}, "is told of"},
        {wait_longer, {.ring = 60000, .give_up = 5000}, "at another time"},
        {expect_another, {.ring = 60000, .give_up = 5000}, "which nobody waits for"},
    };
    struct far_agent *own;

    begin_with(TELEPHONES);
    own = sim.far[AGENT].own;
    for (unsigned n = 0; n < 30 && sim.failure[0] == '\0'; n++) {
        place(rows[_i].script, AGENT, AGENT);
        for (unsigned k = 0; k < 400 && sim.failure[0] == '\0'; k++) {
            for (unsigned i = 0; k == 60 && i < FAR_AGENT_CHANNELS; i++)
                rows[_i].mistake(&own->channel[i]);
            fake_advance(50 * RT_MS);
        }
    }
    ck_assert_msg(strstr(sim.failure, rows[_i].found) != NULL, "%s: \"%s\"", rows[_i].found,
                  sim.failure);
    rig_end();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("simulation: call agents");
    TCase *t = tcase_create("agent");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, agent_and_line_call_each_other, 0, SEEDS);
    tcase_add_test(t, refusals_have_their_cause_and_callers_may_leave);
    tcase_add_test(t, held_calls_are_heard_as_their_mode_has_it);
    tcase_add_test(t, digits_come_out_as_they_were_sent);
    tcase_add_test(t, sound_that_comes_though_it_is_held_is_seen);
    tcase_add_test(t, all_ends_when_datagrams_are_lost_and_doubled);
    tcase_add_test(t, an_agent_without_memory_puts_all_away);
    tcase_add_test(t, calls_end_when_the_gateway_is_killed);
    tcase_add_test(t, a_lost_connection_is_found);
    tcase_add_loop_test(t, telephones_call_and_are_called, 0, 2);
    tcase_add_test(t, telephones_refuse_and_give_up);
    tcase_add_loop_test(t, what_is_told_otherwise_is_seen, 0, 4);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
