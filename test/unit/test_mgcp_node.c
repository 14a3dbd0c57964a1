/* The node: whose a datagram is, what of it is answered and where to, addresses of peers by DNS and
 * by redirection, and the trace. */
#include "test/unit/mgcp_node_rig.h"

#define AUEP "AUEP 1200 aaln/1@gw.example MGCP 1.0\r\n"
#define NTFY "NTFY 2001 aaln/1@gw.example MGCP 1.0\r\nX: 1\r\nO: L/hd\r\n"

/* ---- strangers ---- */

START_TEST(a_stranger_gets_no_answer_whatever_it_sends)
{
    static const char *const text[] = {"AUEP 1 *@gw.example MGCP 1.0\r\n",
                                       NTFY,
                                       "200 1200 OK\r\n",
                                       "100 1200\r\n",
                                       "200 1200 OK\r\nK:\r\n",
                                       "\r\n",
                                       "x",
                                       ("CRCX 1 a\r\n.\r\n" NTFY)};
    struct rt_udp *stranger = far_at("192.0.2.66:2427");

    command("a", AUEP);
    for (unsigned i = 0; i < RT_COUNT(text); i++) {
        say_to(stranger, AGENT_SOCKET, text[i]);
        say_to(stranger, GATEWAY_SOCKET, text[i]);
    }
    fake_advance(RT_S);
    ck_assert_str_eq(heard_at(stranger), "");
    ck_assert_str_eq(noted(), "");
    ck_assert_uint_eq(counted(MGCP_FOREIGN), 2 * RT_COUNT(text));
    ck_assert_uint_eq(mgcp_peer_in_flight(rig.gateway.peer), 1);
    rt_udp_close(stranger);
}
END_TEST

START_TEST(what_makes_no_sense_is_counted_and_not_answered)
{
    say("");
    say("x\r\n");
    say("NTFY\r\n");
    say("200 x OK\r\n");
    ck_assert_str_eq(heard(), "");
    ck_assert_str_eq(noted(), "");
    ck_assert_uint_ge(counted(MGCP_MALFORMED), 3);
}
END_TEST

START_TEST(a_response_to_nothing_is_counted)
{
    say("200 77 OK\r\n");
    say("000 77\r\n");
    say("050 77\r\n");
    ck_assert_uint_eq(counted(MGCP_UNMATCHED), 3);
    ck_assert_str_eq(heard(), "");
}
END_TEST

/* ---- whose it is ---- */

START_TEST(a_peer_is_known_at_its_host_by_another_port_too)
{
    struct rt_udp *other = far_at("192.0.2.1:40000");

    say_to(other, AGENT_SOCKET, NTFY);
    ck_assert_int_eq(atoi(heard_at(other)), 200); /* to where it came from */
    ck_assert_str_eq(heard(), "");
    command("a", AUEP);
    ck_assert_str_eq(heard(), AUEP); /* commands go to where the gateway listens */
    say_to(other, AGENT_SOCKET, "200 1200 OK\r\n");
    ck_assert_str_eq(noted(), "g:up g:NTFY/2001 g:a=200 ");
    rt_udp_close(other);
}
END_TEST

START_TEST(gateways_at_one_host_are_told_apart_by_port_name_and_id)
{
    struct mgcp_peer_config cfg = gateway_at("192.0.2.1:2500", "second.example");
    struct rt_udp *other = far_at("192.0.2.1:40000"), *own_port = far_at("192.0.2.1:2500");
    static const char ntfy[] = "NTFY 5 aaln/1@SECOND.example MGCP 1.0\r\nX: 1\r\nO: L/hd\r\n";
    static const char auep[] = "AUEP 1300 aaln/1@second.example MGCP 1.0\r\n";
    struct owner second;

    own(&second, "s", &cfg);
    say_to(other, AGENT_SOCKET, ntfy);
    ck_assert_str_eq(noted(), "s:up s:NTFY/5 ");
    say_to(other, AGENT_SOCKET, NTFY);
    ck_assert_str_eq(noted(), "g:up g:NTFY/2001 ");
    say_to(own_port, AGENT_SOCKET, "NTFY 6 aaln/1@nobody MGCP 1.0\r\nX: 1\r\nO: L/hd\r\n");
    ck_assert_str_eq(noted(), "s:NTFY/6 ");
    say_to(own_port, AGENT_SOCKET, "NTFY 2001 aaln/1@second.example MGCP 1.0\r\nX: 1\r\nO: hd\r\n");
    ck_assert_str_eq(noted(), "s:NTFY/2001 "); /* an id is the peer's */
    command("a", AUEP);
    ck_assert_int_eq(mgcp_peer_command(second.peer, 1300, rt_str(auep), false, as("b")), 0);
    say_to(other, AGENT_SOCKET, "200 1300 OK\r\n.\r\n200 1200 OK\r\n");
    ck_assert_str_eq(noted(), "s:b=200 g:a=200 ");
    mgcp_peer_free(second.peer);
    rt_udp_close(other);
    rt_udp_close(own_port);
}
END_TEST

START_TEST(a_host_may_be_a_gateway_and_an_agent)
{
    static const struct {
        const char *command, *who;
    } rows[] = {
        {"NTFY 11 aaln/1@gw.example MGCP 1.0\r\nX: 1\r\nO: L/hd\r\n", "g:NTFY/11 "},
        {"RSIP 12 aaln/1@gw.example MGCP 1.0\r\nRM: restart\r\n", "g:RSIP/12 "},
        {"DLCX 13 aaln/1@gw.example MGCP 1.0\r\nC: A\r\nI: B\r\nE: 900\r\n", "g:DLCX/13 "},
        {"DLCX 14 ds/1@[192.0.2.10] MGCP 1.0\r\n", "a:DLCX/14 "},
        {"CRCX 15 ds/1@[192.0.2.10] MGCP 1.0\r\nC: A\r\nM: inactive\r\n", "a:CRCX/15 "},
        {"RQNT 16 ds/1@[192.0.2.10] MGCP 1.0\r\nX: 1\r\n", "a:RQNT/16 "},
        {"AUEP 17 *@[192.0.2.10] MGCP 1.0\r\n", "a:AUEP/17 "},
        {"XYZZ 18 ds/1@[192.0.2.10] MGCP 1.0\r\n", "a:XYZZ/18 "},
    };
    struct mgcp_peer_config cfg = agent_at("192.0.2.1:2727");
    struct rt_udp *far[3] = {rig.far, far_at("192.0.2.1:2727"), far_at("192.0.2.1:40000")};
    struct owner agent;

    own(&agent, "a", &cfg);
    say(rows[0].command);
    say(rows[3].command);
    ck_assert_str_eq(noted(), "g:up g:NTFY/11 a:up a:DLCX/14 ");
    for (unsigned f = 0; f < 3; f++)
        for (unsigned i = 0; i < RT_COUNT(rows); i++) {
            fake_advance(31 * RT_S);
            say_to(far[f], AGENT_SOCKET, rows[i].command);
            ck_assert_str_eq(noted(), rows[i].who);
            ck_assert_int_ge(atoi(heard_at(far[f])), 200);
        }
    mgcp_peer_free(agent.peer);
    say_to(far[1], AGENT_SOCKET,
           rows[4].command); /* of the wrong role: it is the owner's to refuse */
    ck_assert_str_eq(noted(), "g:CRCX/15 ");
    rt_udp_close(far[1]);
    rt_udp_close(far[2]);
}
END_TEST

START_TEST(roles_that_share_an_agent_are_told_apart_by_their_endpoints)
{
    struct mgcp_peer_config cfg = agent_at("192.0.2.1:2727");
    struct rt_udp *agent = far_at("192.0.2.1:2727");
    struct owner one, two;

    own(&one, "one", &cfg);
    own(&two, "two", &cfg);
    rig.endpoint = "ds/1"; /* both have it: the first one's */
    say_to(agent, GATEWAY_SOCKET, "AUEP 1 ds/1@[192.0.2.10] MGCP 1.0\r\n");
    ck_assert_str_eq(noted(), "one:up one:AUEP/1 ");
    mgcp_peer_free(one.peer);
    say_to(agent, GATEWAY_SOCKET, "AUEP 2 ds/2@[192.0.2.10] MGCP 1.0\r\n");
    ck_assert_str_eq(noted(), "two:up two:AUEP/2 ");
    mgcp_peer_free(two.peer);
    rt_udp_close(agent);
}
END_TEST

/* ---- datagrams ---- */

START_TEST(messages_of_a_datagram_are_taken_in_order_and_answered_in_one)
{
    command("a", AUEP);
    heard();
    say("NTFY 1 a@gw.example MGCP 1.0\r\nX: 1\r\nO: L/hd\r\n.\r\n"
        "200 1200 OK\r\n.\r\n"
        "NONSENSE\r\n.\r\n"
        "NTFY 2 a@gw.example MGCP 7.0\r\nX: 1\r\nO: L/hd\r\n.\r\n"
        "NTFY 3 a@gw.example MGCP 1.0\r\nX: 1\r\nO: L/hu\r\n");
    ck_assert_str_eq(noted(), "g:up g:NTFY/1 g:a=200 g:NTFY/2 g:NTFY/3 ");
    const char *all = heard();
    ck_assert(strncmp(all, "200 1 ", 6) == 0);
    const char *second = strstr(all, "\r\n.\r\n528 2 ");
    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_nonnull(strstr(second, "\r\n.\r\n200 3 "));
    ck_assert_str_eq(heard(), "");
    ck_assert_uint_eq(counted(MGCP_RX), 5);
    ck_assert_uint_eq(counted(MGCP_MALFORMED), 2);
    ck_assert_uint_eq(counted(MGCP_REFUSED), 1);
}
END_TEST

START_TEST(answers_that_do_not_fit_one_datagram_take_two)
{
    mgcp_node_set(rig.node, &(struct mgcp_timers){.datagram = 100});
    char text[1000] = "";
    for (unsigned i = 1; i <= 8; i++) {
        char one[100];
        snprintf(one, sizeof one, "%sNTFY %u a@gw.example MGCP 1.0\r\nX: 1\r\nO: L/hd\r\n",
                 i > 1 ? ".\r\n" : "", i);
        strcat(text, one);
    }
    say(text);
    unsigned datagrams = 0, answers = 0;
    for (const char *d; *(d = heard()); datagrams++) {
        ck_assert_uint_le(strlen(d), 100);
        for (const char *at = d; (at = strstr(at, "200 ")); at++)
            answers++;
    }
    ck_assert_uint_eq(answers, 8);
    ck_assert_uint_ge(datagrams, 2);
}
END_TEST

START_TEST(a_peer_may_go_in_the_middle_of_a_datagram)
{
    rig.frees = true;
    say("NTFY 1 a@gw.example MGCP 1.0\r\nX: 1\r\nO: L/hd\r\n.\r\n"
        "NTFY 2 a@gw.example MGCP 1.0\r\nX: 1\r\nO: L/hd\r\n");
    ck_assert_str_eq(noted(), "g:up g:NTFY/1 ");
    ck_assert_str_eq(heard(), "");
}
END_TEST

START_TEST(an_answer_leaves_by_the_socket_that_the_command_came_to)
{
    size_t n;
    union rt_addr from;
    char text[RT_ADDR_LEN];

    say_to(rig.far, GATEWAY_SOCKET, NTFY);
    ck_assert_int_eq(rt_udp_recv(rig.far, rig.in, sizeof rig.in, &n, &from), 0);
    ck_assert_str_eq(rt_addr_format(text, &from), GATEWAY_SOCKET);
    command("a", AUEP); /* the agent's commands leave by the agent's socket */
    ck_assert_int_eq(rt_udp_recv(rig.far, rig.in, sizeof rig.in, &n, &from), 0);
    ck_assert_str_eq(rt_addr_format(text, &from), AGENT_SOCKET);
}
END_TEST

/* ---- addresses ---- */

START_TEST(an_agent_that_is_silent_is_left_for_the_next_one)
{
    struct mgcp_peer_config cfg = {
        .address = {addr("192.0.2.21:2727"), addr("192.0.2.22:2727")}, .n = 2, .profile = MGCP_RFC};
    struct rt_udp *one = far_at("192.0.2.21:2727"), *two = far_at("192.0.2.22:2727");
    static const char rsip[] = "RSIP 9 *@x MGCP 1.0\r\nRM: restart\r\n";
    struct owner gw;
    union rt_addr now;
    unsigned copies = 0;

    own(&gw, "r", &cfg);
    ck_assert_int_eq(mgcp_peer_command(gw.peer, 9, rt_str(rsip), false, as("r")), 0);
    fake_settle();
    while (!*heard_at(two)) {
        while (*heard_at(one))
            copies++;
        fake_advance(RT_MS);
    }
    ck_assert_uint_eq(copies, 1 + 5); /* Max1 */
    ck_assert(mgcp_peer_address(gw.peer, &now));
    ck_assert_uint_eq(rt_addr_equal(&now, &cfg.address[1]), 1);
    say_to(two, GATEWAY_SOCKET, "200 9 OK\r\n");
    ck_assert_str_eq(noted(), "r:up r:r=200 ");
    say_to(one, GATEWAY_SOCKET, "AUEP 1 *@x MGCP 1.0\r\n"); /* is still one of the agents */
    ck_assert_int_eq(atoi(heard_at(one)), 200);
    mgcp_peer_free(gw.peer);
    rt_udp_close(one);
    rt_udp_close(two);
}
END_TEST

START_TEST(a_name_is_asked_for_and_asked_again_when_nobody_answers)
{
    struct mgcp_peer_config cfg = named_agent("ca.example");
    struct rt_udp *two = far_at("192.0.2.22:2727");
    static const char rsip[] = "RSIP 9 *@x MGCP 1.0\r\nRM: restart\r\n";
    struct owner gw;

    fake_dns_answer("ca.example", RT_DNS_A, 10, "192.0.2.21");
    own(&gw, "r", &cfg);
    ck_assert_int_eq(mgcp_peer_command(gw.peer, 9, rt_str(rsip), false, as("r")), ENOTCONN);
    fake_advance(RT_S);
    ck_assert_int_eq(mgcp_peer_command(gw.peer, 9, rt_str(rsip), false, as("r")), 0);
    fake_dns_remove("ca.example", RT_DNS_A);
    fake_dns_answer("ca.example", RT_DNS_A, 60, "192.0.2.21");
    fake_dns_answer("ca.example", RT_DNS_A, 60, "192.0.2.22");
    fake_advance(19 * RT_S);
    ck_assert_str_eq(heard_at(two), rsip); /* Max2: it was too soon at Max1 */
    say_to(two, GATEWAY_SOCKET, "200 9 OK\r\n");
    ck_assert_str_eq(noted(), "r:up r:r=200 ");
    mgcp_peer_free(gw.peer);
    rt_udp_close(two);
}
END_TEST

START_TEST(both_questions_can_be_switched_off)
{
    struct mgcp_peer_config cfg = named_agent("ca.example:2800");
    static const char rsip[] = "RSIP 9 *@x MGCP 1.0\r\nRM: restart\r\n";

    for (unsigned row = 0; row < 4; row++) {
        struct owner gw;
        mgcp_node_set(rig.node, &(struct mgcp_timers){.no_dns1 = row & 1, .no_dns2 = row & 2});
        fake_dns_answer("ca.example", RT_DNS_A, 6, "192.0.2.21");
        own(&gw, "r", &cfg);
        fake_advance(9 * RT_S); /* the answer is out of date */
        unsigned before = fake_dns_asked("ca.example", RT_DNS_A);
        ck_assert_int_eq(mgcp_peer_command(gw.peer, 9, rt_str(rsip), false, as("r")), 0);
        fake_advance(18 * RT_S); /* it is refreshed 30 s after it was asked */
        ck_assert_str_eq(noted(), "r:r=-1 r:down ");
        static const unsigned asked[] = {2, 1, 1, 0};
        ck_assert_uint_eq(fake_dns_asked("ca.example", RT_DNS_A) - before, asked[row]);
        mgcp_peer_free(gw.peer);
        fake_dns_remove("ca.example", RT_DNS_A);
        fake_advance(60 * RT_S);
    }
}
END_TEST

START_TEST(what_dns_says_is_asked_again_when_it_is_out_of_date)
{
    struct mgcp_peer_config cfg = named_agent("ca.example");
    struct rt_udp *two = far_at("192.0.2.22:2727");
    struct owner gw;

    fake_dns_answer("ca.example", RT_DNS_A, 100, "192.0.2.21");
    own(&gw, "r", &cfg);
    fake_advance(RT_S);
    fake_dns_remove("ca.example", RT_DNS_A);
    fake_dns_answer("ca.example", RT_DNS_A, 100, "192.0.2.22");
    say_to(two, GATEWAY_SOCKET, "AUEP 1 *@x MGCP 1.0\r\n");
    ck_assert_uint_eq(counted(MGCP_FOREIGN), 1);
    fake_advance(101 * RT_S);
    say_to(two, GATEWAY_SOCKET, "AUEP 1 *@x MGCP 1.0\r\n");
    ck_assert_int_eq(atoi(heard_at(two)), 200);
    fake_dns_fail("ca.example", RT_DNS_A, ETIMEDOUT); /* then what it said holds */
    fake_advance(500 * RT_S);
    say_to(two, GATEWAY_SOCKET, "AUEP 2 *@x MGCP 1.0\r\n");
    ck_assert_int_eq(atoi(heard_at(two)), 200);
    mgcp_peer_free(gw.peer);
    rt_udp_close(two);
}
END_TEST

START_TEST(commands_follow_the_notified_entity)
{
    struct mgcp_peer_config cfg = {
        .address = {addr("192.0.2.21:2727"), addr("192.0.2.22:2727")}, .n = 2, .profile = MGCP_RFC};
    struct rt_udp *two = far_at("192.0.2.22:2727"), *other = far_at("192.0.2.22:2900"),
                  *foreign = far_at("192.0.2.99:2727");
    static const char ntfy[] = "NTFY 9 a@x MGCP 1.0\r\nX: 1\r\nO: L/hd\r\n";
    struct owner gw;

    own(&gw, "r", &cfg);
    ck_assert_int_eq(mgcp_peer_command(gw.peer, 9, rt_str(ntfy), false, as("n")), 0);
    ck_assert_int_eq(mgcp_peer_redirect(gw.peer, rt_str("ca@[192.0.2.22]"), false), 0);
    fake_settle();
    ck_assert_str_eq(heard_at(two), ntfy); /* at once: 4.3 */
    ck_assert_int_eq(mgcp_peer_redirect(gw.peer, rt_str("ca@[192.0.2.99]"), false), EACCES);
    ck_assert_int_eq(mgcp_peer_redirect(gw.peer, rt_str("[192.0.2.22]:2900"), false), 0);
    fake_settle();
    ck_assert_str_eq(heard_at(other), ntfy);
    ck_assert_int_eq(mgcp_peer_redirect(gw.peer, rt_str("ca@[192.0.2.99]"), true), 0);
    fake_settle();
    ck_assert_str_eq(heard_at(foreign), ntfy);
    say_to(foreign, GATEWAY_SOCKET, "200 9 OK\r\n");
    ck_assert_str_eq(noted(), "r:up r:n=200 ");
    ck_assert_int_eq(mgcp_peer_redirect(gw.peer, rt_str("[192.0.2.22]"), true), 0);
    say_to(foreign, GATEWAY_SOCKET, "AUEP 1 *@x MGCP 1.0\r\n");
    ck_assert_str_eq(heard_at(foreign), ""); /* a stranger again */
    ck_assert_int_eq(mgcp_peer_redirect(gw.peer, rt_str("a b"), true), EINVAL);
    mgcp_peer_free(gw.peer);
    rt_udp_close(two);
    rt_udp_close(other);
    rt_udp_close(foreign);
}
END_TEST

START_TEST(a_notified_entity_may_be_a_name)
{
    struct mgcp_peer_config cfg = agent_at("192.0.2.21:2727");
    union rt_addr now;
    char text[RT_ADDR_LEN];
    struct owner gw;

    fake_dns_answer("own.example", RT_DNS_A, 60, "192.0.2.21");
    fake_dns_answer("foreign.example", RT_DNS_A, 60, "192.0.2.99");
    own(&gw, "r", &cfg);
    ck_assert_int_eq(mgcp_peer_redirect(gw.peer, rt_str("ca@own.example:2800"), false), ENOENT);
    fake_settle();
    ck_assert(mgcp_peer_address(gw.peer, &now));
    ck_assert_str_eq(rt_addr_format(text, &now), "192.0.2.21:2800");
    ck_assert_int_eq(mgcp_peer_redirect(gw.peer, rt_str("ca@foreign.example"), false), ENOENT);
    fake_settle();
    ck_assert(mgcp_peer_address(gw.peer, &now));
    ck_assert_str_eq(rt_addr_host(text, &now), "192.0.2.21"); /* none of its own */
    ck_assert_int_eq(mgcp_peer_redirect(gw.peer, rt_str("ca@foreign.example"), true), ENOENT);
    fake_settle();
    ck_assert(mgcp_peer_address(gw.peer, &now));
    ck_assert_str_eq(rt_addr_format(text, &now), "192.0.2.99:2727");
    mgcp_peer_free(gw.peer);
}
END_TEST

START_TEST(a_changed_address_is_taken_over)
{
    struct mgcp_peer_config cfg = gateway_at("192.0.2.5:2427", "gw.example");
    struct rt_udp *moved = far_at("192.0.2.5:2427");

    command("a", AUEP);
    heard();
    mgcp_peer_set(rig.gateway.peer, &cfg);
    fake_advance(200 * RT_MS);
    ck_assert_str_eq(heard_at(moved), AUEP);
    say(NTFY);
    ck_assert_str_eq(noted(), "");
    ck_assert_uint_eq(counted(MGCP_FOREIGN), 1);
    rt_udp_close(moved);
}
END_TEST

/* ---- the node itself ---- */

static void on_trace(void *arg, void *endpoint, bool sent, struct rt_str wire,
                     const union rt_addr *local, const union rt_addr *peer)
{
    char a[RT_ADDR_LEN], b[RT_ADDR_LEN];

    ck_assert_ptr_eq(arg, &rig);
    note("%s%.*s %s %s%s|", endpoint ? ((struct owner *)endpoint)->name : "-", 8, wire.p,
         rt_addr_format(a, local), sent ? ">" : "<", rt_addr_format(b, peer));
}

START_TEST(the_trace_has_every_datagram_with_its_endpoint)
{
    static const struct mgcp_node_ops ops = {.trace = on_trace};
    struct mgcp_peer_config cfg = gateway_at(GATEWAY, "gw.example");

    mgcp_peer_free(rig.gateway.peer);
    mgcp_node_free(rig.node);
    rig_node(NULL, &ops, &rig);
    own(&rig.gateway, "g", &cfg);
    rig.endpoint = "aaln/1";
    say(NTFY);
    ck_assert_str_eq(noted(), "gNTFY 200 192.0.2.10:2727 <192.0.2.1:2427|g:up g:NTFY/2001 "
                              "g200 2001 192.0.2.10:2727 >192.0.2.1:2427|");
    command("a", AUEP);
    say("200 1200 OK\r\n");
    ck_assert_str_eq(noted(), "gAUEP 120 192.0.2.10:2727 >192.0.2.1:2427|"
                              "g200 1200 192.0.2.10:2727 <192.0.2.1:2427|g:a=200 ");
    say("AUEP 1 *@gw.example MGCP 1.0\r\n");
    ck_assert(strncmp(noted(), "-AUEP 1 *", 9) == 0);
}
END_TEST

START_TEST(the_node_names_itself)
{
    union rt_addr to = addr(GATEWAY);
    char out[RT_ADDR_LEN];

    ck_assert_str_eq(mgcp_node_domain(rig.node), "[192.0.2.10]");
    ck_assert_str_eq(mgcp_node_entity(rig.node, &to, out, sizeof out), "ca@192.0.2.10:2727");
}
END_TEST

START_TEST(an_address_that_is_taken_is_named)
{
    struct mgcp_node_config cfg = {.listen = {addr("192.0.2.11:2427"), addr(AGENT_SOCKET)},
                                   .nlisten = 2};
    struct mgcp_node *n = NULL;
    unsigned failed = 7;

    ck_assert_int_eq(mgcp_node_new(&n, rig.loop, &cfg, NULL, NULL, &failed), EADDRINUSE);
    ck_assert_uint_eq(failed, 1);
    ck_assert_ptr_null(n);
    struct mgcp_peer_config peer = gateway_at("[2001:db8::1]:2427", "six.example");
    struct mgcp_peer *p = NULL;
    ck_assert_int_eq(mgcp_peer_new(&p, rig.node, &peer, &owner_ops, NULL), EAFNOSUPPORT);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_stranger_gets_no_answer_whatever_it_sends,
        what_makes_no_sense_is_counted_and_not_answered,
        a_response_to_nothing_is_counted,
        a_peer_is_known_at_its_host_by_another_port_too,
        gateways_at_one_host_are_told_apart_by_port_name_and_id,
        a_host_may_be_a_gateway_and_an_agent,
        roles_that_share_an_agent_are_told_apart_by_their_endpoints,
        messages_of_a_datagram_are_taken_in_order_and_answered_in_one,
        answers_that_do_not_fit_one_datagram_take_two,
        a_peer_may_go_in_the_middle_of_a_datagram,
        an_answer_leaves_by_the_socket_that_the_command_came_to,
        an_agent_that_is_silent_is_left_for_the_next_one,
        a_name_is_asked_for_and_asked_again_when_nobody_answers,
        both_questions_can_be_switched_off,
        what_dns_says_is_asked_again_when_it_is_out_of_date,
        commands_follow_the_notified_entity,
        a_notified_entity_may_be_a_name,
        a_changed_address_is_taken_over,
        the_trace_has_every_datagram_with_its_endpoint,
        the_node_names_itself,
        an_address_that_is_taken_is_named,
    };
    return rig_run("mgcp_node", tests, RT_COUNT(tests));
}
