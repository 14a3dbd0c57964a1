/* Datagrams of nobody we know: without an answer, without effect, and cheap; and what a known host
 * may say from another port. */
#include "test/unit/mgcp_node_rig.h"

#include <time.h>

#define STRANGER "192.0.2.66:2427"
#define FLOOD    20000

/** Everything that would do something if it came from the gateway. */
static const char *const attacks[] = {"200 7 OK\r\n",
                                      "000 7\r\n",
                                      "100 7\r\n",
                                      "RSIP 1 *@gw.example MGCP 1.0\r\nRM: restart\r\n",
                                      "NTFY 2 aaln/1@gw.example MGCP 1.0\r\nX: 1\r\nO: L/hd\r\n",
                                      "CRCX 3 aaln/1@gw MGCP 1.0\r\nC: 1\r\nM: recvonly\r\n",
                                      "AUEP 4 *@gw MGCP 1.0\r\n",
                                      "DLCX 5 aaln/1@gw.example MGCP 1.0\r\nC: 1\r\nI: 1\r\n",
                                      "200 7 OK\r\nK:\r\n",
                                      "junk",
                                      "."};

START_TEST(strangers_change_nothing)
{
    struct rt_udp *stranger = far_at(STRANGER);

    command("a", "RQNT 7 aaln/1@gw.example MGCP 1.0\r\nX: 1\r\n");
    heard();
    for (unsigned i = 0; i < RT_COUNT(attacks); i++) {
        say_to(stranger, AGENT_SOCKET, attacks[i]);
        say_to(stranger, GATEWAY_SOCKET, attacks[i]);
    }
    ck_assert_str_eq(heard_at(stranger), "");
    ck_assert_str_eq(heard(), "");
    ck_assert_str_eq(noted(), "");
    ck_assert_uint_eq(counted(MGCP_FOREIGN), 2 * RT_COUNT(attacks));
    ck_assert_uint_eq(counted(MGCP_RX), 0);
    ck_assert_uint_eq(mgcp_peer_in_flight(rig.gateway.peer), 1);
    rt_udp_close(stranger);
}
END_TEST

START_TEST(a_flood_of_strangers_is_cheap)
{
    struct rt_udp *stranger = far_at(STRANGER);
    char text[1400];
    union rt_addr to = addr(AGENT_SOCKET);

    memset(text, 'x', sizeof text);
    memcpy(text, attacks[4], strlen(attacks[4]));
    clock_t begin = clock();
    for (unsigned i = 0; i < FLOOD; i++) {
        rt_udp_send(stranger, text, sizeof text, &to);
        if (i % 100 == 99)
            fake_settle();
    }
    double used = (double)(clock() - begin) / CLOCKS_PER_SEC;
    printf("strangers: %.0f datagrams per CPU second, the fake network's work among it\n",
           FLOOD / (used > 0.001 ? used : 0.001));
    ck_assert_uint_eq(counted(MGCP_FOREIGN), FLOOD);
    ck_assert_str_eq(heard_at(stranger), "");
    rt_udp_close(stranger);
}
END_TEST

/** A gateway behind address translation may answer from any port of its host (2.1.4 and 3.5 bind
 * nothing but where answers go); another gateway may not answer for it. */
START_TEST(answers_come_from_the_host_that_was_asked)
{
    struct rt_udp *port = far_at("192.0.2.1:4444"), *other = far_at("192.0.2.2:2427");
    struct mgcp_peer_config cfg = gateway_at("192.0.2.2:2427", "other.example");
    struct owner second;

    own(&second, "o", &cfg);
    command("a", "RQNT 7 aaln/1@gw.example MGCP 1.0\r\nX: 1\r\n");
    say_to(other, AGENT_SOCKET, "200 7 OK\r\n");
    ck_assert_str_eq(noted(), "");
    ck_assert_uint_eq(counted(MGCP_UNMATCHED), 1);
    say_to(port, AGENT_SOCKET, "200 7 OK\r\n");
    ck_assert_str_eq(noted(), "g:up g:a=200 ");
    say_to(other, AGENT_SOCKET, "NTFY 9 aaln/1@gw.example MGCP 1.0\r\nX: 1\r\nO: L/hd\r\n");
    ck_assert_str_eq(noted(), "o:up o:NTFY/9 "); /* its own gateway's business, whatever it names */
    mgcp_peer_free(second.peer);
    rt_udp_close(port);
    rt_udp_close(other);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {strangers_change_nothing, a_flood_of_strangers_is_cheap,
                                  answers_come_from_the_host_that_was_asked};

    return rig_run("mgcp_strangers", tests, RT_COUNT(tests));
}
