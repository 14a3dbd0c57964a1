/* Transactions: commands pass exactly once over datagrams that get lost, doubled and late (RFC 3435
 * 3.5, 4.3), each timer at its exact millisecond. */
#include "test/unit/mgcp_node_rig.h"

#define AUEP    "AUEP 1200 aaln/1@gw.example MGCP 1.0\r\n"
#define RQNT    "RQNT 1201 aaln/1@gw.example MGCP 1.0\r\nX: 1\r\n"
#define NTFY    "NTFY 2001 aaln/1@gw.example MGCP 1.0\r\nX: 1\r\nO: L/hd\r\n"
#define OK_2001 "200 2001 OK\r\n"

/* ---- commands that we send ---- */

/** The time-outs after the first: half of 400, 800, ... ms and as much again by chance, 4 s at most
 * (3.5.3). Drawn as the node will draw them. */
static void draw(rt_time rto[], unsigned n)
{
    fake_seed(7);
    for (unsigned i = 0, delay = 400; i < n; i++, delay = delay * 2 < 8000 ? delay * 2 : 8000) {
        unsigned ms = delay / 2 + rt_random_below(delay / 2 + 1);
        ck_assert_uint_ge(ms, delay / 2);
        ck_assert_uint_le(ms, delay);
        rto[i] = (ms < 4000 ? ms : 4000) * RT_MS;
    }
    fake_seed(7);
}

START_TEST(a_command_is_repeated_with_back_off_until_the_gateway_is_lost)
{
    struct mgcp_peer_status st;
    rt_time rto[7];

    draw(rto, 7);
    command("a", AUEP);
    ck_assert_str_eq(heard(), AUEP);
    heard_after(200 * RT_MS, AUEP);
    for (unsigned i = 0; i < 6; i++) /* seven repetitions: Max2 */
        heard_after(rto[i], AUEP);
    ck_assert_str_eq(noted(), "");
    fake_advance(rto[6] - RT_MS);
    ck_assert_str_eq(noted(), "");
    fake_advance(RT_MS);
    ck_assert_str_eq(noted(), "g:a=-1 g:down ");
    ck_assert_uint_eq(counted(MGCP_TIMEOUTS), 1);
    ck_assert_uint_eq(counted(MGCP_DISCONNECTED), 1);
    ck_assert_uint_eq(counted(MGCP_REPEATED_TX), 7);
    mgcp_peer_status(rig.gateway.peer, &st);
    ck_assert_uint_eq(st.repeated, 7);
    ck_assert_uint_eq(st.timeouts, 1);
    ck_assert_uint_eq(st.in_flight, 0);
    ck_assert(!st.answers);
    fake_advance(100 * RT_S);
    ck_assert_str_eq(heard(), "");
    say("200 1200 OK\r\n"); /* late */
    ck_assert_uint_eq(counted(MGCP_UNMATCHED), 1);
    ck_assert_str_eq(noted(), "");
    say(NTFY);
    ck_assert_str_eq(noted(), "g:up g:NTFY/2001 ");
}
END_TEST

START_TEST(a_provisional_response_slows_repetitions_down_to_five_seconds)
{
    command("a", AUEP);
    heard();
    say("100 1200 wait\r\n");
    ck_assert_str_eq(noted(), "g:up g:a=100 ");
    for (unsigned i = 0; i < 4; i++) /* at 5, 10, 15 and 20 s: T-MAX */
        heard_after(5 * RT_S, AUEP);
    fake_advance(40 * RT_S - RT_MS);
    ck_assert_str_eq(heard(), "");
    ck_assert_str_eq(noted(), "");
    fake_advance(RT_MS); /* 2 * T-HIST since the first sending */
    ck_assert_str_eq(noted(), "g:a=-1 g:down ");
}
END_TEST

START_TEST(an_unknown_provisional_response_counts_as_100)
{
    command("a", AUEP);
    heard();
    say("187 1200 queued\r\n");
    ck_assert_str_eq(noted(), "g:up g:a=187 ");
    heard_after(5 * RT_S, AUEP);
    say("200 1200 OK\r\n");
    ck_assert_str_eq(noted(), "g:a=200 ");
}
END_TEST

START_TEST(the_time_out_follows_the_round_trip_but_no_repeated_command)
{
    struct mgcp_peer_status st;
    rt_time rto[1];

    command("a", AUEP);
    heard();
    fake_advance(80 * RT_MS);
    say("200 1200 OK\r\n"); /* AAD 80 ms, ADEV 40 ms */
    mgcp_peer_status(rig.gateway.peer, &st);
    ck_assert_int_eq(st.rtt, 80 * RT_MS);
    command("b", RQNT);
    heard();
    fake_seed(7);
    rto[0] = (240 + rt_random_below(241) + 160) * RT_MS; /* T-DELAY 480 ms, 4 * ADEV */
    fake_seed(7);
    heard_after(240 * RT_MS, RQNT);
    say("200 1201 OK\r\n"); /* to which of the two? */
    mgcp_peer_status(rig.gateway.peer, &st);
    ck_assert_int_eq(st.rtt, 80 * RT_MS);
    command("c", AUEP);
    heard();
    heard_after(rto[0], AUEP); /* the time-out of the repetition that helped */
}
END_TEST

START_TEST(a_refusal_and_an_unknown_code_are_final)
{
    command("a", AUEP);
    say("500 1200 unknown\r\n");
    command("b", RQNT);
    say("998 1201\r\n");
    ck_assert_str_eq(noted(), "g:up g:a=500 g:b=998 ");
    ck_assert_uint_eq(counted(MGCP_FAILED), 2);
    ck_assert_uint_eq(mgcp_peer_in_flight(rig.gateway.peer), 0);
}
END_TEST

START_TEST(a_final_response_that_asks_for_it_is_confirmed_each_time)
{
    command("a", AUEP);
    heard();
    say("200 1200 OK\r\nK:\r\n");
    ck_assert(strncmp(heard(), "000 1200", 8) == 0);
    say("200 1200 OK\r\nK: \r\n");
    ck_assert(strncmp(heard(), "000 1200", 8) == 0);
    ck_assert_uint_eq(counted(MGCP_UNMATCHED), 1);
    ck_assert_str_eq(noted(), "g:up g:a=200 ");
}
END_TEST

START_TEST(finals_are_confirmed_in_the_next_command_where_the_peer_understands_it)
{
    struct mgcp_peer_config cfg = gateway_at(GATEWAY, "gw.example");

    cfg.profile = MGCP_TGCP;
    mgcp_peer_set(rig.gateway.peer, &cfg);
    command("a", AUEP);
    heard();
    command("b", "AUEP 1202 aaln/2@gw.example MGCP 1.0\r\n");
    heard();
    say("200 1200 OK\r\n.\r\n200 1202 OK\r\n");
    command("c", RQNT);
    ck_assert_str_eq(heard(), "RQNT 1201 aaln/1@gw.example MGCP 1.0\r\nX: 1\r\nK: 1200,1202\r\n");
    say("200 1201 OK\r\n");
    fake_advance(30 * RT_S); /* T-HIST: too old */
    command("d", AUEP);
    ck_assert_str_eq(heard(), AUEP);
}
END_TEST

START_TEST(commands_that_go_with_another_are_one_datagram_oldest_first)
{
    static const char n2[] = "NTFY 1301 AALN/1@gw.example MGCP 1.0\r\nX: 1\r\nO: L/hu\r\n";

    command("a", RQNT);
    ck_assert_str_eq(heard(), RQNT);
    ck_assert_int_eq(mgcp_peer_command(rig.gateway.peer, 1301, rt_str(n2), true, as("b")), 0);
    fake_settle();
    char both[500];
    snprintf(both, sizeof both, "%s.\r\n%s", RQNT, n2);
    ck_assert_str_eq(heard(), both);
    heard_after(200 * RT_MS, both);
    say("200 1201 OK\r\n");
    ck_assert_str_eq(noted(), "g:up g:a=200 ");
    rt_time left = mgcp_out_first(rig.gateway.peer);
    heard_after(left, n2);
    say("200 1301 OK\r\n");
    ck_assert_str_eq(noted(), "g:b=200 ");
    ck_assert_int_eq(mgcp_peer_command(rig.gateway.peer, 1301, rt_str(n2), true, as("b")), 0);
    fake_settle();
    ck_assert_str_eq(heard(), n2); /* there is none before */
}
END_TEST

START_TEST(who_forgets_is_told_nothing)
{
    command("a", AUEP);
    command("b", RQNT);
    mgcp_peer_forget(rig.gateway.peer, as("a"));
    say("200 1200 OK\r\n.\r\n200 1201 OK\r\n");
    ck_assert_str_eq(noted(), "g:up g:b=200 ");
}
END_TEST

START_TEST(ids_go_round_and_leave_out_those_in_flight)
{
    rig.node->tid = MGCP_TID_MAX - 1;
    ck_assert_uint_eq(mgcp_peer_tid(rig.gateway.peer), MGCP_TID_MAX);
    command("a", "AUEP 1 aaln/1@gw.example MGCP 1.0\r\n");
    ck_assert_uint_eq(mgcp_peer_tid(rig.gateway.peer), 2);
}
END_TEST

START_TEST(a_peer_may_be_freed_when_it_tells_something)
{
    rig.frees = true;
    command("a", AUEP);
    command("b", RQNT);
    say("200 1200 OK\r\n.\r\n200 1201 OK\r\n");
    ck_assert_str_eq(noted(), "g:up g:a=200 ");
    struct mgcp_peer_config cfg = gateway_at(GATEWAY, "gw.example");
    own(&rig.gateway, "g", &cfg);
    command("a", AUEP);
    fake_advance(60 * RT_S);
    ck_assert_str_eq(noted(), "g:a=-1 ");
    own(&rig.gateway, "g", &cfg);
    say(NTFY);
    ck_assert_str_eq(noted(), "g:up g:NTFY/2001 ");
}
END_TEST

/* ---- commands that come ---- */

START_TEST(a_command_that_comes_again_gets_the_same_octets_until_t_hist)
{
    char first[200];

    say(NTFY);
    rt_str_copy(first, sizeof first, rt_str(heard()));
    ck_assert(strncmp(first, "200 2001", 8) == 0);
    fake_advance(30 * RT_S - RT_MS);
    say(NTFY);
    ck_assert_str_eq(heard(), first);
    ck_assert_uint_eq(counted(MGCP_REPEATED_RX), 1);
    ck_assert_str_eq(noted(), "g:up g:NTFY/2001 ");
    fake_advance(RT_MS);
    say("NTFY 0002001 aaln/1@gw.example MGCP 1.0\r\nX: 1\r\nO: L/hd\r\n"); /* a number */
    ck_assert_str_eq(noted(), "g:NTFY/2001 ");
}
END_TEST

START_TEST(a_slow_command_gets_100_and_its_answer_is_repeated_until_confirmed)
{
    rt_time rto[2];

    rig.hold = true;
    say(NTFY);
    fake_advance(200 * RT_MS - RT_MS);
    ck_assert_str_eq(heard(), "");
    fake_advance(RT_MS);
    ck_assert(strncmp(heard(), "100 2001", 8) == 0);
    say(NTFY);
    ck_assert(strncmp(heard(), "100 2001", 8) == 0);
    ck_assert_str_eq(noted(), "g:up g:NTFY/2001 ");
    draw(rto, 2);
    mgcp_answer(rig.gateway.held[0], rt_str(OK_2001));
    fake_settle();
    ck_assert_str_eq(heard(), "200 2001 OK\r\nK:\r\n");
    heard_after(200 * RT_MS, "200 2001 OK\r\nK:\r\n");
    heard_after(rto[0], "200 2001 OK\r\nK:\r\n");
    say("000 2001\r\n");
    fake_advance(20 * RT_S);
    ck_assert_str_eq(heard(), "");
    say(NTFY); /* a late copy */
    ck_assert_str_eq(heard(), "");
    ck_assert_uint_eq(counted(MGCP_REPEATED_RX), 2);
}
END_TEST

START_TEST(an_answer_that_is_never_confirmed_is_no_failure)
{
    rig.hold = true;
    say(NTFY);
    fake_advance(200 * RT_MS);
    mgcp_answer(rig.gateway.held[0], rt_str(OK_2001));
    fake_advance(100 * RT_S);
    unsigned copies = 0;
    while (*heard())
        copies++;
    ck_assert_uint_eq(copies, 1 + 1 + 7); /* 100, the answer, Max2 copies */
    ck_assert_str_eq(noted(), "g:up g:NTFY/2001 ");
    ck_assert_uint_eq(counted(MGCP_TIMEOUTS), 0);
}
END_TEST

START_TEST(what_a_provisional_answer_says_is_in_the_final_one)
{
    static const char lines[] = "I: FDE234C8\r\n\r\nv=0\r\nc=IN IP4 192.0.2.10\r\n";
    char expected[200];

    rig.hold = true;
    say(NTFY);
    mgcp_answer_provisional(rig.gateway.held[0], rt_str(lines));
    fake_settle();
    ck_assert_ptr_nonnull(strstr(heard(), lines));
    fake_advance(RT_S);
    ck_assert_str_eq(heard(), ""); /* it is not said twice */
    mgcp_answer(rig.gateway.held[0], rt_str(OK_2001));
    fake_settle();
    snprintf(expected, sizeof expected, "200 2001 OK\r\nI: FDE234C8\r\nK:\r\n%s",
             strstr(lines, "\r\n\r\n") + 2);
    ck_assert_str_eq(heard(), expected);
    say("000 2001\r\n.\r\nNTFY 2002 aaln/1@gw.example MGCP 1.0\r\nX: 1\r\nO: L/hd\r\n");
    mgcp_answer_provisional(rig.gateway.held[1], rt_str("I: 1\r\n"));
    mgcp_answer(rig.gateway.held[1], rt_str("200 2002 OK\r\nI: 1\r\n\r\nv=0\r\n"));
    fake_settle();
    heard();
    ck_assert_str_eq(heard(), "200 2002 OK\r\nI: 1\r\nK:\r\n\r\nv=0\r\n");
}
END_TEST

START_TEST(a_confirmed_answer_keeps_its_id_alone)
{
    say(NTFY);
    heard();
    say("NTFY 2002 aaln/1@gw.example MGCP 1.0\r\nX: 1\r\nO: L/hu\r\nK: 7-8, 2000-2001,x,9-3\r\n");
    heard();
    noted();
    say(NTFY);
    ck_assert_str_eq(heard(), "");
    ck_assert_str_eq(noted(), "");
    ck_assert_uint_eq(counted(MGCP_REPEATED_RX), 1);
    say("NTFY 2003 aaln/1@gw.example MGCP 1.0\r\nX: 1\r\nO: L/hu\r\nK: 1-999999999\r\n");
    heard();
    say("NTFY 2002 aaln/1@gw.example MGCP 1.0\r\nX: 1\r\nO: L/hu\r\n");
    ck_assert_str_eq(heard(), "");
}
END_TEST

START_TEST(what_cannot_be_kept_is_refused_and_nothing_is_forgotten)
{
    char text[200];

    mgcp_node_set(rig.node, &(struct mgcp_timers){.keep = 3});
    for (unsigned i = 0; i < 4; i++) {
        snprintf(text, sizeof text, "NTFY %u aaln/1@gw.example MGCP 1.0\r\nX: 1\r\nO: L/hd\r\n",
                 2001 + i);
        say(text);
        ck_assert_int_eq(atoi(heard()), i < 3 ? 200 : 409);
    }
    ck_assert_uint_eq(counted(MGCP_OVERLOADED), 1);
    ck_assert_str_eq(noted(), "g:up g:NTFY/2001 g:NTFY/2002 g:NTFY/2003 ");
    say(NTFY);
    ck_assert_int_eq(atoi(heard()), 200);
    ck_assert_str_eq(noted(), "");
    fake_advance(30 * RT_S);
    say(text); /* refused before: it is executed now */
    ck_assert_int_eq(atoi(heard()), 200);
    ck_assert_str_eq(noted(), "g:NTFY/2004 ");
}
END_TEST

START_TEST(an_answer_that_is_too_long_becomes_533)
{
    char text[1000] = "200 2001 OK\r\n";

    mgcp_node_set(rig.node, &(struct mgcp_timers){.datagram = 900});
    for (unsigned i = 0; i < 90; i++)
        strcat(text, "Z: 1234\r\n");
    rig.hold = true;
    say(NTFY);
    mgcp_answer(rig.gateway.held[0], rt_str(text));
    fake_settle();
    ck_assert_str_ne(text, "");
    ck_assert_int_eq(atoi(heard()), 200); /* 823 octets */
    say("NTFY 2002 aaln/1@gw.example MGCP 1.0\r\nX: 1\r\nO: L/hd\r\n");
    for (unsigned i = 0; i < 9; i++)
        strcat(text, "Z: 1234\r\n");
    mgcp_answer(rig.gateway.held[1], rt_str(text));
    fake_settle();
    ck_assert_int_eq(atoi(heard()), 533); /* 904 */
    ck_assert_uint_eq(counted(MGCP_OVERSIZED), 1);
}
END_TEST

START_TEST(a_command_before_an_answer_shares_its_fate)
{
    static const char rsip[] = "RSIP 1500 aaln/1@gw.example MGCP 1.0\r\nRM: disconnected\r\n";
    char both[300];

    snprintf(both, sizeof both, "%s.\r\n%s", rsip, OK_2001);
    rig.hold = true;
    say(NTFY);
    mgcp_answer_with(rig.gateway.held[0], rt_str(OK_2001), 1500, rt_str(rsip), as("r"));
    fake_settle();
    ck_assert_str_eq(heard(), both);
    say(NTFY); /* the answer was lost */
    ck_assert_str_eq(heard(), both);
    heard_after(200 * RT_MS, both);
    noted();
    say("200 1500 OK\r\n");
    ck_assert_str_eq(noted(), "g:r=200 ");
    say(NTFY);
    ck_assert_str_eq(heard(), OK_2001);
}
END_TEST

/* ---- both, over a bad network ---- */

static uint64_t dice = 1;

/** A tenth is lost, a tenth is doubled, all are late by up to 300 ms. */
static unsigned bad_network(void *arg, const union rt_addr *from, const union rt_addr *to,
                            const void *buf, size_t len, rt_time *delay)
{
    (void)arg, (void)from, (void)to, (void)buf, (void)len;
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    *delay = (rt_time)(dice >> 33) % 300 * RT_MS;
    unsigned roll = (unsigned)(dice >> 40) % 10;
    return roll == 0 ? 0 : roll == 1 ? 2 : 1;
}

#define MANY 500
static unsigned executed[MANY], told[MANY];

static void execute(void *arg, struct mgcp_transaction *t, const struct mgcp_message *m,
                    unsigned refusal)
{
    (void)arg, (void)m;
    ck_assert_uint_eq(refusal, 0);
    executed[mgcp_transaction_tid(t) - 1]++;
    mgcp_refuse(t, 200, NULL);
}

static void count_told(void *arg, void *command_arg, const struct mgcp_message *m)
{
    (void)arg;
    ck_assert_ptr_nonnull(m);
    ck_assert_uint_eq(m->tid, (uint32_t)((unsigned *)command_arg - told) + 1);
    (*(unsigned *)command_arg)++;
}

START_TEST(every_command_is_executed_once_over_a_bad_network)
{
    struct mgcp_node_config far = {.listen = {addr("192.0.2.2:2427")}, .nlisten = 1};
    struct mgcp_peer_config to_us = {.address = {addr(AGENT_SOCKET)}, .n = 1};
    struct mgcp_peer_config to_far = gateway_at("192.0.2.2:2427", "far.example");
    struct mgcp_peer_ops does = {.command = execute}, asks = {.response = count_told};
    struct mgcp_node *node;
    struct mgcp_peer *agent, *gateway;

    ck_assert_int_eq(mgcp_node_new(&node, rig.loop, &far, NULL, NULL, NULL), 0);
    ck_assert_int_eq(mgcp_peer_new(&agent, node, &to_us, &does, NULL), 0);
    to_far.profile = MGCP_TGCP; /* with K */
    ck_assert_int_eq(mgcp_peer_new(&gateway, rig.node, &to_far, &asks, NULL), 0);
    fake_net_hook(bad_network, NULL);
    for (unsigned i = 0; i < MANY; i++) {
        char text[100];
        snprintf(text, sizeof text, "AUEP %u aaln/%u@far.example MGCP 1.0\r\n", i + 1, i);
        ck_assert_int_eq(mgcp_peer_command(gateway, i + 1, rt_str(text), false, &told[i]), 0);
        fake_advance(7 * RT_MS);
    }
    fake_advance(60 * RT_S);
    for (unsigned i = 0; i < MANY; i++) {
        ck_assert_uint_eq(executed[i], 1);
        ck_assert_uint_eq(told[i], 1);
    }
    ck_assert_uint_gt(counted(MGCP_REPEATED_RX), 50);
    fake_net_hook(NULL, NULL);
    mgcp_peer_free(agent);
    mgcp_peer_free(gateway);
    mgcp_node_free(node);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_command_is_repeated_with_back_off_until_the_gateway_is_lost,
        a_provisional_response_slows_repetitions_down_to_five_seconds,
        an_unknown_provisional_response_counts_as_100,
        the_time_out_follows_the_round_trip_but_no_repeated_command,
        a_refusal_and_an_unknown_code_are_final,
        a_final_response_that_asks_for_it_is_confirmed_each_time,
        finals_are_confirmed_in_the_next_command_where_the_peer_understands_it,
        commands_that_go_with_another_are_one_datagram_oldest_first,
        who_forgets_is_told_nothing,
        ids_go_round_and_leave_out_those_in_flight,
        a_peer_may_be_freed_when_it_tells_something,
        a_command_that_comes_again_gets_the_same_octets_until_t_hist,
        a_slow_command_gets_100_and_its_answer_is_repeated_until_confirmed,
        an_answer_that_is_never_confirmed_is_no_failure,
        what_a_provisional_answer_says_is_in_the_final_one,
        a_confirmed_answer_keeps_its_id_alone,
        what_cannot_be_kept_is_refused_and_nothing_is_forgotten,
        an_answer_that_is_too_long_becomes_533,
        a_command_before_an_answer_shares_its_fate,
        every_command_is_executed_once_over_a_bad_network,
    };
    return rig_run("mgcp_transaction", tests, RT_COUNT(tests));
}
