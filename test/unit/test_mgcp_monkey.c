/* A gateway role under a mad agent and a mad owner: whatever comes, each command that can be
 * recognised is answered once and always with the same octets, a refusal changes nothing, what is
 * prepared is committed or aborted, strangers hear nothing, and in the end all is still. */
#include "test/unit/mgcp_monkey_gw_rig.h"

#define STEPS 2500

/* ---- what the agent says ---- */

static void loosen(struct rt_str list)
{
    uint64_t tid;
    struct known *k;

    if (rt_str_u64(&tid, list, MGCP_TID_MAX) == 0)
        known_of((uint32_t)tid)->loose = true;
    else if (list.n > 0)
        for (k = answers; k; k = k->hh.next)
            k->loose = true;
}

/** Counts what a datagram asks for. */
static void expect(struct rt_str wire)
{
    static struct mgcp_message m;
    unsigned refusal;
    int err;

    while ((err = mgcp_read(&m, &wire, &refusal)) != ENOENT) {
        if (err == EBADMSG)
            continue;
        if (m.command) {
            struct known *k = known_of(m.tid);
            if (k->asked == 0 && k->at + HIST <= rt_now())
                k->loose = false;
            k->asked++;
        } else if (m.code == 0) {
            known_of(m.tid)->loose = true;
        }
        loosen(mgcp_value(&m, MGCP_P_K));
    }
}

static void say_datagram(struct rt_udp *from, const char *p, size_t n)
{
    union rt_addr to;
    unsigned slot = any(RT_COUNT(sent));

    rt_addr_parse(&to, US, strlen(US), MGCP_PORT_GATEWAY);
    if (n > 65507)
        n = 65507;
    if (from != stranger) {
        expect((struct rt_str){p, n});
        memcpy(sent[slot], p, n);
        nsent[slot] = n;
    }
    rt_udp_send(from, p, n, &to);
}

static void put_endpoint(struct rt_buf *out)
{
    static const char *const odd[] = {"*",
                                      "ds/*",
                                      "ds/e1-1/*",
                                      "ds/e1-1/[1-3]",
                                      "$",
                                      "aaln/$",
                                      "aaln/*",
                                      "ds/e1-1/$",
                                      "foo/1",
                                      "aaln/99",
                                      "*/*",
                                      "ds/[",
                                      "ds/e1-1/[3-1]",
                                      "AALN/1",
                                      "ds/e1-[1-2]/*",
                                      "aaln/[1-99999]"};
    static const char *const domains[] = {"gw", "gw", "gw",          "gw",   "gw",
                                          "gw", "GW", "[127.0.0.1]", "other"};

    rt_buf_printf(out, "%s@%s",
                  one_in(4) ? any_of(odd) : mgcp_gw_endpoint_name(ends[any(ENDPOINTS)]),
                  any_of(domains));
}

static void put_events(struct rt_buf *out, bool line)
{
    static const char *const of_line[] = {"R: L/hd(N),L/hu(N)\r\n",
                                          "R: L/hu(N),D/[0-9*#T](D)\r\nD: (1xx|5x.T)\r\n",
                                          "R: L/hd(E(R(L/hu(N),D/[0-9#](D)),S(L/dl),D(xx|#)))\r\n",
                                          "S: L/rg,L/ci(01/01/00/00,123,a)\r\n",
                                          "S: L/dl\r\n",
                                          "S:\r\n",
                                          "Q: loop\r\n",
                                          "Q: process,loop\r\n",
                                          "T: L/hf,L/hu\r\n",
                                          "R: L/hf(I),D/5(A)\r\n",
                                          "R: L/oc(N),L/of(N)\r\nS: L/bz(to=500)\r\n",
                                          "S: L/vmwi(+),G/rt(to=2000)\r\n"};
    static const char *const of_trunk[] = {"R: D/[0-9*#](D)\r\nD: xxx\r\n",
                                           "S: G/rt\r\n",
                                           "R: G/ft(N),G/mt(N)\r\n",
                                           "S: G/cf\r\n",
                                           "R: FM/ft(N)\r\n",
                                           "R: T/co1(N)\r\n",
                                           "S:\r\n",
                                           "Q: loop\r\n",
                                           "R: R/rtcp@$(N)\r\n",
                                           "S: T/co1(to=300)\r\n",
                                           "R: MS/ans(N),MS/rel(N)\r\n",
                                           "S: MS/sup(addr(1,2,3))\r\n",
                                           "R: D/5@*(N)\r\n"};

    for (unsigned n = 1 + any(2); n > 0; n--)
        rt_buf_puts(out, line ? any_of(of_line) : any_of(of_trunk));
}

static void put_body(struct rt_buf *out)
{
    if (one_in(2))
        rt_buf_puts(out, "\r\nv=0\r\no=- 1 1 IN IP4 127.0.0.7\r\nc=IN IP4 127.0.0.7\r\nm=audio "
                         "4000 RTP/AVP 0\r\n");
}

static void put_request(struct rt_buf *out)
{
    rt_buf_printf(out, "X: %X\r\n", any(100000));
    if (one_in(6))
        rt_buf_puts(out, one_in(2) ? "N: ca@[127.0.0.9]:2727\r\n" : "N: ca@[127.0.0.9]:5555\r\n");
    put_events(out, one_in(2));
}

static void put_connection(struct rt_buf *out, const struct mgcp_gw_connection *c)
{
    if (c)
        rt_buf_printf(out, "C: %s\r\nI: %s\r\n", one_in(20) ? "abc" : c->call,
                      one_in(20) ? "1" : c->id);
    else
        rt_buf_puts(out, "C: 1\r\nI: 2\r\n");
}

static void put_mode(struct rt_buf *out)
{
    static const char *const modes[] = {"recvonly", "sendrecv", "inactive", "sendonly", "confrnce",
                                        "loopback", "conttest", "data",     "netwloop"};
    static const char *const options[] = {"p:20",          "a:PCMU;PCMA, p:10-30",
                                          "e:on, s:off",   "b:64, gc:auto",
                                          "t:b8, r:g",     "nt:IN",
                                          "x-v:1, a:G729", "fmtp:\"telephone-event 0-15\""};

    rt_buf_printf(out, "M: %s\r\n", any_of(modes));
    if (one_in(2))
        rt_buf_printf(out, "L: %s\r\n", any_of(options));
}

/** A command that makes sense, on a connection that is there when it needs one. */
static void put_command(struct rt_buf *out)
{
    static const char *const verbs[] = {"CRCX", "CRCX", "MDCX", "MDCX", "DLCX", "RQNT",
                                        "RQNT", "RQNT", "AUEP", "AUCX", "EPCF", "NTFY",
                                        "RSIP", "MESG", "XABC", "crcx"};
    const struct mgcp_gw_connection *c = some_connection();
    const char *verb = any_of(verbs);
    bool on = c && !one_in(10) && strchr("MDA", verb[0]) && strcmp(verb, "AUEP") != 0;
    uint32_t tid = one_in(30) ? next_tid - any(50) : ++next_tid;

    rt_buf_printf(out, "%s %u ", verb, tid);
    if (on)
        rt_buf_printf(out, "%s@gw", c->endpoint->name);
    else
        put_endpoint(out);
    rt_buf_puts(out, one_in(40)  ? " MGCP 2.0\r\n"
                     : one_in(9) ? " MGCP 1.0 NCS 1.0\r\n"
                                 : " MGCP 1.0\r\n");
    switch (verb[0] | 0x20) {
    case 'c':
        rt_buf_printf(out, "C: %X\r\n", any(3));
        put_mode(out);
        if (one_in(6))
            rt_buf_puts(out, one_in(2) ? "Z2: $@gw\r\n" : "Z2: ds/e1-1/2@gw\r\n");
        if (one_in(3))
            put_request(out);
        put_body(out);
        break;
    case 'm':
        put_connection(out, c);
        put_mode(out);
        if (one_in(3))
            put_request(out);
        put_body(out);
        break;
    case 'd':
        if (!one_in(8))
            put_connection(out, c);
        if (one_in(4))
            put_request(out);
        break;
    case 'r':
        put_request(out);
        break;
    case 'a':
        if (verb[2] == 'C')
            put_connection(out, c);
        rt_buf_puts(out, one_in(3)   ? "F: C,N,L,M,P,LC,RC\r\n"
                         : one_in(4) ? "BA/F: BA/C,BA/M,BA/S(I,D,N,L,S,H)\r\n"
                                     : "F: R,S,D,T,Q,X,O,ES,N,I,A,B,RM,E,RD\r\n");
        break;
    default:
        rt_buf_puts(out, one_in(2) ? "B: e:A\r\n" : "X: 1\r\nO: L/hd\r\n");
        break;
    }
}

/** One of somebody else's, about an endpoint of ours. */
static void put_borrowed(struct rt_buf *out)
{
    struct rt_str m = rt_str(monkey_good[any(monkey_ngood)]), rest = m;
    struct rt_str line = rt_str_cut(&rest, '\n'), verb = rt_str_cut(&line, ' ');

    if (verb.n != 4 || one_in(5)) {
        rt_buf_put(out, m.p, m.n);
        return;
    }
    rt_buf_printf(out, "%.*s %u ", RT_STR(verb), ++next_tid);
    put_endpoint(out);
    rt_buf_puts(out, " MGCP 1.0\r\n");
    rt_buf_put(out, rest.p, rest.n);
}

/** Answers a command of the gateway's, rightly or not. */
static void put_answer(struct rt_buf *out)
{
    static const unsigned codes[] = {200, 200, 250, 100, 101, 0,   400, 405, 409,
                                     500, 501, 512, 521, 539, 800, 899, 999, 300};
    unsigned i = nasked > 0 ? any(nasked) : 0;
    uint32_t tid = nasked > 0 && !one_in(10) ? asked[i].tid : any(1000);

    rt_buf_printf(out, "%03u %u Said\r\n", one_in(2) ? 200 : any_of(codes), tid);
    if (one_in(8))
        rt_buf_puts(out, one_in(2) ? "K:\r\n" : "N: ca@[127.0.0.9]:2727\r\n");
    if (nasked > 0 && one_in(2))
        asked[i] = asked[--nasked];
}

static void put_any(struct rt_buf *out)
{
    if (one_in(4))
        put_answer(out);
    else if (one_in(4))
        put_borrowed(out);
    else
        put_command(out);
}

/* ---- nothing is changed by a refusal ---- */

static void look(struct rt_buf *out)
{
    char text[200];

    for (unsigned i = 0; i < ENDPOINTS; i++) {
        snprintf(text, sizeof text, "AUEP %u %s@gw MGCP 1.0\r\nF: R,S,D,T,Q,X,O,ES,N,I,B,RM,E\r\n",
                 ++next_tid, mgcp_gw_endpoint_name(ends[i]));
        say_datagram(agent, text, strlen(text));
        take_all();
        struct rt_str said = rt_str(known_of(next_tid)->wire);
        ck_assert_uint_gt(said.n, 0);
        rt_str_cut(&said, '\n');
        rt_buf_put(out, said.p, said.n);
    }
}

/** A command that is refused leaves all endpoints as they were, and one that is not is done on all
 * that it names. */
static void say_and_look(const struct rt_buf *text)
{
    struct rt_buf before = {0}, after = {0};
    static struct mgcp_message m;
    unsigned refusal;
    struct rt_str rest = rt_buf_str(text);

    if (mgcp_read(&m, &rest, &refusal) == EBADMSG || !m.command || rest.n > 0)
        return;
    look(&before);
    say_datagram(agent, text->p, text->n);
    take_all();
    const struct known *k = known_of(m.tid);
    bool refused = k->wire && k->wire[0] >= '3';
    look(&after);
    if (refused)
        ck_assert_msg(before.n == after.n && memcmp(before.p, after.p, before.n) == 0,
                      "%.*s\nwas refused: %s\nbefore %.*s\nafter %.*s", (int)text->n, text->p,
                      k->wire, (int)before.n, before.p, (int)after.n, after.p);
    rt_buf_release(&before);
    rt_buf_release(&after);
}

/* ---- steps ---- */

static void say_something(void)
{
    struct rt_buf text = {0};
    unsigned n = one_in(12) ? 1 + any(100) : 1;

    for (unsigned i = 0; i < n; i++) {
        struct rt_buf one = {0};
        put_any(&one);
        if (one_in(3))
            mutate(&one);
        rt_buf_put(&text, one.p, one.n);
        if (i + 1 < n)
            rt_buf_puts(&text, one_in(10) ? "\n.\n" : ".\r\n");
        rt_buf_release(&one);
    }
    if (n == 1 && one_in(3))
        say_and_look(&text);
    else if (text.n > 0)
        say_datagram(one_in(9) ? stranger : one_in(9) ? side : agent, text.p, text.n);
    rt_buf_release(&text);
}

static void step(void)
{
    static const rt_time waits[] = {1, 10, 100, 300, 1000, 4000, 31000};
    unsigned i = any(RT_COUNT(sent));

    switch (any(10)) {
    case 0:
        fake_advance(any_of(waits) * RT_MS);
        break;
    case 1:
        if (nsent[i] > 0) { /* late, or doubled */
            memcpy(got, sent[i], nsent[i]);
            say_datagram(one_in(4) ? side : agent, got, nsent[i]);
        }
        break;
    case 2:
    case 3:
        owner_acts();
        break;
    default:
        say_something();
        break;
    }
    check_step();
}

/* ---- the end ---- */

static void answer_all(void)
{
    char text[40];

    while (nasked > 0) {
        snprintf(text, sizeof text, "200 %u OK\r\n", asked[--nasked].tid);
        say_datagram(agent, text, strlen(text));
    }
}

/** The agent comes to its senses: it answers, deletes all and asks for nothing more. */
static void calm(void)
{
    char text[100];

    for (unsigned i = 0; i < ENDPOINTS; i++)
        mgcp_gw_endpoint_back(ends[i]);
    for (unsigned round = 0; round < 300; round++) {
        check_step();
        answer_all();
        fake_advance(round < 200 ? 500 * RT_MS : 60 * RT_S);
        for (unsigned i = 0; i < ENDPOINTS && round % 50 == 49 && round < 200; i++) {
            snprintf(text, sizeof text, "DLCX %u %s@gw MGCP 1.0\r\n", ++next_tid,
                     mgcp_gw_endpoint_name(ends[i]));
            say_datagram(agent, text, strlen(text));
            snprintf(text, sizeof text, "RQNT %u %s@gw MGCP 1.0\r\nX: 1\r\nR:\r\nS:\r\n",
                     ++next_tid, mgcp_gw_endpoint_name(ends[i]));
            say_datagram(agent, text, strlen(text));
        }
    }
}

static unsigned to_strangers(void *arg, const union rt_addr *from, const union rt_addr *to,
                             const void *buf, size_t len, rt_time *delay)
{
    union rt_addr us, known;

    (void)arg;
    (void)buf;
    (void)len;
    (void)delay;
    rt_addr_parse(&us, US, strlen(US), 0);
    rt_addr_parse(&known, AGENT, strlen(AGENT), 0);
    ck_assert(!rt_addr_same_host(from, &us) || rt_addr_same_host(to, &known));
    return 1;
}

static void open_monkey(void)
{
    char name[20];
    union rt_addr a;

    monkey_begin("test_mgcp_monkey");
    monkey_load();
    rig_open();
    fake_seed(monkey_seed);
    fake_net_hook(to_strangers, NULL);
    rt_addr_parse(&a, SIDE, strlen(SIDE), 0);
    ck_assert_int_eq(rt_udp_open(&side, NULL, &a, NULL, NULL), 0);
    rt_addr_parse(&a, STRANGER, strlen(STRANGER), 0);
    ck_assert_int_eq(rt_udp_open(&stranger, NULL, &a, NULL, NULL), 0);
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        bool trunk = i < TRUNKS;
        if (trunk)
            snprintf(name, sizeof name, "ds/e1-%u/%u", 1 + i / 4, 1 + i % 4);
        else
            snprintf(name, sizeof name, "aaln/%u", i - TRUNKS + 1);
        ck_assert_int_eq(mgcp_gw_endpoint_new(&ends[i], gw, name,
                                              trunk ? MGCP_TRUNK_ENDPOINT : MGCP_LINE_ENDPOINT,
                                              &mad_ops, &hooks[i]),
                         0);
    }
}

START_TEST(gateway_under_a_mad_agent)
{
    struct fake_leaks left;

    open_monkey();
    mgcp_gw_start(gw);
    for (unsigned i = 0; i < STEPS; i++)
        step();
    calm();
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        ck_assert_uint_eq(live_of(i), 0);
        ck_assert_str_eq(service_of(ends[i]), "in service");
    }
    fake_leaks(&left);
    ck_assert_uint_eq(left.timers, 0);
    forget_answers();
    rt_udp_close(side);
    rt_udp_close(stranger);
    rig_close();
    monkey_unload();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mgcp_monkey");
    TCase *t = tcase_create("gateway");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, gateway_under_a_mad_agent);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
