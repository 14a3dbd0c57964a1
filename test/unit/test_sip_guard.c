/* What strangers and broken peers may cost: shares of transactions and of each second, sizes, time;
 * whose dialogs are whose; and bodies of several parts (RFC 5621, RFC 3204).
 */
#include "sip/guard.h"
#include "sip/body.h"
#include "test/unit/sip_rig.h"

#include <errno.h>
#include <time.h>

#define OTHER "192.0.2.7"

static struct rt_udp *other; /* a second far end */
static int alice, bob;       /* owners: of 192.0.2.1, of OTHER */

/** Lets in by address. */
static const void *accept_by_address(void *arg, const struct sip_message *m,
                                     struct sip_reply *refusal)
{
    union rt_addr addr = rig_addr(OTHER);

    (void)arg;
    if (rig.status == -1) { /* everybody has to prove who he is */
        refusal->status = 401;
        rt_buf_puts(&refusal->lines, "WWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\r\n");
        return NULL;
    }
    if (rt_addr_same_host(&m->from_addr, &addr))
        return &bob;
    return rig.closed ? NULL : &alice;
}

static void take(void *arg, struct sip_session *s, const void *owner, const struct sip_message *m)
{
    (void)arg, (void)owner;
    rig_keep(m);
    rig.session = s;
    sip_session_own(s, &rig_session_ops, &rig);
}

static const struct sip_ua_ops ops = {
    .accept = accept_by_address, .invite = take, .options = rig_options};

static void start(void)
{
    union rt_addr addr = rig_addr(OTHER);

    rig_start();
    ck_assert_int_eq(rt_udp_open(&other, rig.loop, &addr, NULL, NULL), 0);
}

static void stop(void)
{
    rt_udp_close(other);
    rig_stop();
}

/** The user agent once more, with these limits. */
static void limit(struct sip_limits limits)
{
    struct sip_ua_config cfg = {.nlisten = 2, .user_agent = "test", .limits = limits};

    cfg.listen[0] = (struct sip_listen){SIP_UDP, rig.ua_addr};
    cfg.listen[1] = (struct sip_listen){SIP_TCP, rig.ua_addr};
    sip_ua_free(rig.ua);
    ck_assert_int_eq(sip_ua_new(&rig.ua, rig.loop, &cfg, &ops, NULL, NULL), 0);
}

static uint64_t counted(enum sip_guard_counter c)
{
    return rt_counted(&sip_guard_counters[c]);
}

/** The other far end sends, and this is how the answer begins; NULL: none comes. */
static void other_says(const char *text, const char *expected)
{
    size_t n;

    ck_assert_int_eq(rt_udp_send(other, text, strlen(text), &rig.ua_addr), 0);
    fake_settle();
    bool came = rt_udp_recv(other, rig.in, RIG_MAX - 1, &n, NULL) == 0;
    rig.in[came ? n : 0] = '\0';
    ck_assert_msg(came == (expected != NULL), "%s", came ? rig.in : "nothing came");
    if (expected)
        ck_assert_msg(strncmp(rig.in, expected, strlen(expected)) == 0, "%s", rig.in);
}

#define other_asks(expected, ...)                                                                  \
    other_says(rig_write(&(struct rig_ask){.via = OTHER, __VA_ARGS__}), expected)

static void invite(unsigned n)
{
    char id[20], branch[20];

    snprintf(id, sizeof id, "call-%u", n);
    snprintf(branch, sizeof branch, "b%u", n);
    rig_ask(.call_id = id, .branch = branch, .body = RIG_SDP);
}

static void refuse_last(void)
{
    struct sip_session *s = rig.session;

    rig.session = NULL;
    sip_session_refuse(s, 486, NULL, NULL, NULL, 0);
    sip_session_close(s, NULL);
}

/* ---- transactions ---- */

START_TEST(open_invites_of_one_source_are_bounded)
{
    uint64_t before;
    struct sip_usage u;

    limit((struct sip_limits){.source_transactions = 3});
    before = counted(SIP_GUARD_CROWD);
    for (unsigned i = 0; i < 3; i++) {
        invite(i);
        rig_expect("SIP/2.0 100 ");
    }
    for (unsigned i = 3; i < 50; i++) {
        invite(i);
        rig_expect("SIP/2.0 503 ");
        rig_has("Retry-After", "2");
    }
    ck_assert_uint_eq(counted(SIP_GUARD_CROWD), before + 47);
    sip_ua_usage(rig.ua, &u);
    ck_assert_uint_eq(u.server, 3);
    ck_assert_uint_eq(u.sessions, 3);
    other_asks("SIP/2.0 100 ", .call_id = "other", .body = RIG_SDP); /* no other one suffers */
    refuse_last();
    rt_udp_recv(other, rig.in, RIG_MAX, &(size_t){0}, NULL);
    /* one of them that is over makes room; refused is not over before its ACK */
    rig_ask(.method = "CANCEL", .call_id = "call-0", .branch = "b0");
    rig_expect("SIP/2.0 200 ");
    rig_expect("SIP/2.0 487 ");
    invite(51);
    rig_expect("SIP/2.0 503 ");
    rig_ask(.method = "ACK", .call_id = "call-0", .branch = "b0", .to_tag = "x");
    invite(52);
    rig_expect("SIP/2.0 100 ");
    limit((struct sip_limits){0});
    rig.session = NULL;
}
END_TEST

START_TEST(transactions_are_bounded)
{
    uint64_t before = counted(SIP_GUARD_FULL);

    limit((struct sip_limits){.transactions = 10, .source_transactions = 8});
    for (unsigned i = 0; i < 8; i++) {
        invite(i);
        rig_expect("SIP/2.0 100 ");
    }
    other_asks("SIP/2.0 100 ", .call_id = "o1", .branch = "o1", .body = RIG_SDP);
    other_asks("SIP/2.0 100 ", .call_id = "o2", .branch = "o2", .body = RIG_SDP);
    other_asks("SIP/2.0 503 ", .call_id = "o3", .branch = "o3", .body = RIG_SDP);
    other_asks("SIP/2.0 100 ", .call_id = "o2", .branch = "o2", .body = RIG_SDP); /* repeated */
    ck_assert_uint_eq(counted(SIP_GUARD_FULL), before + 1);
    limit((struct sip_limits){0});
    rig.session = NULL;
}
END_TEST

/* ---- seconds ---- */

START_TEST(a_source_has_its_rate)
{
    uint64_t before = counted(SIP_GUARD_SOURCE_RATE);

    limit((struct sip_limits){.source_rate = 5});
    for (unsigned i = 0; i < 5; i++) {
        rig_ask(.method = "OPTIONS", .cseq = i + 1);
        rig_expect("SIP/2.0 200 ");
    }
    rig_ask(.method = "OPTIONS", .cseq = 6);
    rig_expect("SIP/2.0 503 ");
    rig_ask(.method = "BYE", .to_tag = "0123456789abcdef", .cseq = 7); /* what ends goes on */
    rig_expect("SIP/2.0 481 ");
    ck_assert_uint_eq(counted(SIP_GUARD_SOURCE_RATE), before + 1);
    other_asks("SIP/2.0 200 ", .method = "OPTIONS");
    fake_advance(RT_S);
    rig_ask(.method = "OPTIONS", .cseq = 8);
    rig_expect("SIP/2.0 200 ");
}
END_TEST

START_TEST(all_sources_have_a_rate)
{
    uint64_t before = counted(SIP_GUARD_RATE);

    limit((struct sip_limits){.rate = 4, .source_rate = 3});
    for (unsigned i = 0; i < 10; i++) {
        rig_ask(.method = "OPTIONS", .cseq = i + 1);
        rig_expect(i < 3 ? "SIP/2.0 200 " : "SIP/2.0 503 ");
    }
    other_asks("SIP/2.0 200 ", .method = "OPTIONS"); /* the flood has not used this one up */
    other_asks("SIP/2.0 503 ", .method = "OPTIONS", .cseq = 2);
    ck_assert_uint_eq(counted(SIP_GUARD_RATE), before + 1);
}
END_TEST

START_TEST(strangers_get_a_few_answers_then_silence)
{
    limit((struct sip_limits){.refusals = 3});
    rig.closed = true;
    uint64_t unread = counted(SIP_GUARD_UNREAD);
    for (unsigned i = 0; i < 3; i++) {
        rig_ask(.method = "OPTIONS", .cseq = i + 1, .body = RIG_SDP);
        rig_expect("SIP/2.0 403 ");
    }
    for (unsigned i = 3; i < 10; i++)
        rig_ask(.method = "OPTIONS", .cseq = i + 1, .body = RIG_SDP);
    rig_silence();
    ck_assert_uint_eq(counted(SIP_GUARD_UNREAD), unread + 7);
    other_asks("SIP/2.0 200 ", .method = "OPTIONS");
    fake_advance(RT_S);
    rig_ask(.method = "OPTIONS", .cseq = 11, .body = RIG_SDP);
    rig_expect("SIP/2.0 403 ");
}
END_TEST

static void count_ban(void *arg, const struct sip_banned *b)
{
    unsigned *n = arg;

    ck_assert_int_eq(b->until - b->since, 600 * RT_S);
    ++*n;
}

static unsigned bans(void)
{
    unsigned n = 0;

    sip_ua_bans(rig.ua, count_ban, &n);
    return n;
}

/** One that says nothing but noise is not listened to for ten minutes, to the very microsecond. */
START_TEST(who_is_refused_too_often_is_banned)
{
    uint64_t ignored = counted(SIP_GUARD_IGNORED);

    limit((struct sip_limits){.refusals = 3, .ban_after = 100});
    rig.closed = true;
    for (unsigned i = 0; i < 100; i++)
        rig_send("noise\r\n\r\n");
    ck_assert_uint_eq(bans(), 0);
    rig_send("noise\r\n\r\n");
    ck_assert_uint_eq(bans(), 1);
    rig_ask(.method = "OPTIONS");
    rig_silence();
    ck_assert_uint_eq(counted(SIP_GUARD_IGNORED), ignored + 1);
    other_asks("SIP/2.0 200 ", .method = "OPTIONS");
    fake_advance(600 * RT_S - 1);
    rig_ask(.method = "OPTIONS");
    rig_silence();
    ck_assert_uint_eq(bans(), 1);
    fake_advance(1);
    ck_assert_uint_eq(bans(), 0);
    rig_ask(.method = "OPTIONS");
    rig_expect("SIP/2.0 403 ");
}
END_TEST

/** As many in a longer time are no reason; nor is anything of who was let in. */
START_TEST(bans_are_for_floods)
{
    limit((struct sip_limits){.refusals = 3, .ban_after = 100});
    rig.closed = true;
    for (unsigned i = 0; i < 300; i++) {
        rig_send("noise\r\n\r\n");
        fake_advance(RT_S / 10);
    }
    ck_assert_uint_eq(bans(), 0);
    other_asks("SIP/2.0 200 ", .method = "OPTIONS");
    for (unsigned i = 0; i < 300; i++)
        other_says("noise\r\n\r\n", NULL);
    ck_assert_uint_eq(bans(), 0);
    other_asks("SIP/2.0 200 ", .method = "OPTIONS", .branch = "again");
}
END_TEST

START_TEST(a_ban_is_lifted)
{
    union rt_addr a = rig_addr("192.0.2.1");

    limit((struct sip_limits){.refusals = 3, .ban_after = 10});
    rig.closed = true;
    for (unsigned i = 0; i < 11; i++)
        rig_send("noise\r\n\r\n");
    ck_assert_uint_eq(bans(), 1);
    ck_assert_int_eq(sip_ua_unban(rig.ua, &a), 0);
    ck_assert_int_eq(sip_ua_unban(rig.ua, &a), ENOENT);
    rig_ask(.method = "OPTIONS");
    rig_expect("SIP/2.0 403 ");
}
END_TEST

/** The table is bounded: of more sources than there is room for the first ones go. */
START_TEST(a_thousand_bans_fit)
{
    static struct sip_bans table;
    union rt_addr a = rig_addr("10.0.0.0");

    for (unsigned i = 0; i < 1000; i++) {
        a.in4.sin_addr.s_addr = htonl(0x0a000000 + i);
        sip_bans_add(&table, &a, false, i + 1, 1000 + i + 1);
        ck_assert_ptr_nonnull(sip_bans_find(&table, sip_who(&a), 1000 + i));
        ck_assert_ptr_null(sip_bans_find(&table, sip_who(&a), 1000 + i + 1));
    }
    ck_assert_uint_le(table.n, SIP_BANS_MAX);
    ck_assert_int_eq(sip_bans_expire(&table, 5000), INT64_MAX);
    ck_assert_uint_eq(table.n, 0);
}
END_TEST

/* Who was let in is heard, however often it was refused: an address may be somebody else's. */
START_TEST(who_was_let_in_is_not_silenced)
{
    limit((struct sip_limits){.refusals = 2});
    uint64_t silent = counted(SIP_GUARD_SILENT);
    rig_ask(.method = "OPTIONS");
    rig_expect("SIP/2.0 200 ");
    rig.closed = true;
    for (unsigned i = 0; i < 5; i++)
        rig_ask(.method = "OPTIONS", .cseq = i + 2, .body = RIG_SDP);
    rig_expect("SIP/2.0 403 ");
    rig_expect("SIP/2.0 403 ");
    rig_silence();
    ck_assert_uint_eq(counted(SIP_GUARD_SILENT), silent + 3);
    rig.closed = false;
    rig_ask(.method = "OPTIONS", .cseq = 9);
    rig_expect("SIP/2.0 200 ");
}
END_TEST

START_TEST(challenges_are_bounded_too)
{
    limit((struct sip_limits){.refusals = 2});
    rig.status = -1;
    for (unsigned i = 0; i < 20; i++) {
        rig_ask(.method = "REGISTER", .cseq = i + 1);
        rig_expect("SIP/2.0 401 ");
    }
    rig_ask(.method = "REGISTER", .cseq = 30);
    rig_silence();
    fake_advance(RT_S);
    rig_ask(.method = "REGISTER", .cseq = 31);
    rig_expect("SIP/2.0 401 ");
    rig.status = 0;
}
END_TEST

/* Over UDP: nobody gets more than he sent because of somebody who used his address. */
START_TEST(strangers_answers_are_no_longer_than_their_requests)
{
    static const char *const small[] = {
        "OPTIONS sip:a SIP/2.0\r\nv:SIP/2.0/UDP a;branch=z9hG4bKa\r\nf:<sip:a>;tag=a\r\nt:<sip:a>"
        "\r\ni:a\r\nCSeq:1 OPTIONS\r\n\r\n",
        "OPTIONS sip:100@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKb\r\n"
        "From: <sip:a@b>;tag=a\r\nTo: <sip:a@b>\r\nCall-ID: b\r\nCSeq: 1 OPTIONS\r\n"
        "Max-Forwards: 70\r\nUser-Agent: some phone\r\nContact: <sip:a@192.0.2.1>\r\n\r\n"};

    limit((struct sip_limits){0});
    rig.closed = true;
    rig_send(small[0]);
    rig_silence();
    rig_send(small[1]);
    rig_expect("SIP/2.0 403 ");
    ck_assert_uint_le(strlen(rig.in), strlen(small[1]));
}
END_TEST

START_TEST(acks_are_never_answered)
{
    struct sip_usage u;

    limit((struct sip_limits){0});
    for (unsigned i = 0; i < 1000; i++)
        rig_ask(.method = "ACK", .cseq = i + 1, .to_tag = "0123456789abcdef");
    rig.closed = true;
    for (unsigned i = 0; i < 1000; i++)
        rig_ask(.method = "ACK", .cseq = i + 1, .to_tag = "0123456789abcdef");
    rig_silence();
    sip_ua_usage(rig.ua, &u);
    ck_assert_uint_eq(u.server + u.sessions + u.dialogs, 0);
}
END_TEST

/* A crowd of sources costs no more than a few: the table stays as it is, and who is in it with an
 * open INVITE stays there. */
START_TEST(a_million_sources_fit)
{
    struct sip_guard *g;
    struct sip_limits limits = {.refusals = 2, .source_transactions = 1};
    union rt_addr a = rig_addr(OTHER);
    static struct sip_msg m;

    ck_assert_int_eq(sip_guard_new(&g, rig.loop, &limits), 0);
    struct sip_source *held = sip_guard_hold(g, &a);
    m.method = SIP_INVITE;
    m.pub.from_addr = a;
    for (uint32_t i = 0; i < 1000000; i++) {
        union rt_addr from = {.in4 = {.sin_family = AF_INET, .sin_addr = {htonl(0x0a000000u + i)}}};
        sip_guard_refuses(g, &from, false, false);
    }
    ck_assert_int_eq(sip_guard_request(g, &m, 0), 503);
    sip_guard_release(held);
    ck_assert_int_eq(sip_guard_request(g, &m, 0), 0);
    sip_guard_free(g);
}
END_TEST

/* IPv6: a /64 is one customer; an IPv4 address is the same one in its IPv6 form. */
START_TEST(networks_are_sources)
{
    static const char *const same[][2] = {{"[2001:db8:1:2::1]:5060", "[2001:db8:1:2:ff::9]:7"},
                                          {"192.0.2.7", "[::ffff:192.0.2.7]:5060"}};
    struct sip_guard *g;
    struct sip_limits limits = {.refusals = 1};

    ck_assert_int_eq(sip_guard_new(&g, rig.loop, &limits), 0);
    for (size_t i = 0; i < RT_COUNT(same); i++) {
        union rt_addr a = rig_addr(same[i][0]), b = rig_addr(same[i][1]);
        ck_assert(sip_guard_refuses(g, &a, false, false));
        ck_assert(!sip_guard_refuses(g, &b, false, false));
        ck_assert(!sip_guard_listens(g, &b, false));
    }
    union rt_addr c = rig_addr("[2001:db8:1:3::1]:5060");
    ck_assert(sip_guard_listens(g, &c, false));
    ck_assert(sip_guard_refuses(g, &c, false, false));
    sip_guard_free(g);
}
END_TEST

/* ---- sizes and time ---- */

static const char *repeated(const char *before, const char *what, unsigned n, const char *after)
{
    static struct rt_buf b;

    rt_buf_reset(&b);
    rt_buf_puts(&b, before);
    for (unsigned i = 0; i < n; i++)
        rt_buf_puts(&b, what);
    rt_buf_puts(&b, after);
    ck_assert_uint_le(b.n, 66000);
    return b.p;
}

START_TEST(large_requests_get_413_or_513)
{
    uint64_t before = counted(SIP_GUARD_LARGE);

    limit((struct sip_limits){.message = 2000, .headers = 30});
    rig_ask(.extra = repeated("Subject: ", "x", 1500, "\r\n"));
    rig_expect("SIP/2.0 100 ");
    refuse_last();
    rig_expect("SIP/2.0 486 ");
    rig_ask(.method = "ACK", .branch = "INVITE1", .to_tag = "x");
    rig_ask(.cseq = 2, .extra = repeated("Subject: ", "x", 2000, "\r\n"));
    rig_expect("SIP/2.0 513 ");
    rig_ask(.cseq = 3, .extra = repeated("", "X-A: y\r\n", 30, ""));
    rig_expect("SIP/2.0 513 ");
    rig_ask(.cseq = 4, .type = "application/sdp", .body = repeated("", "x", 2000, ""));
    rig_expect("SIP/2.0 413 ");
    ck_assert_uint_eq(counted(SIP_GUARD_LARGE), before + 3);
}
END_TEST

/** CPU time of reading it once, in microseconds. */
static double cost(const char *text, int *verdict)
{
    static struct sip_msg m;
    struct timespec a, b;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    for (int i = 0; i < 10; i++)
        *verdict = sip_msg_read(&m, rt_str(text));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    return ((double)(b.tv_sec - a.tv_sec) * 1e6 + (double)(b.tv_nsec - a.tv_nsec) / 1e3) / 10;
}

#define HEAD                                                                                       \
    "INVITE sip:100@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n"          \
    "From: <sip:a@b>;tag=a\r\nTo: <sip:a@b>\r\nCall-ID: b\r\nCSeq: 1 INVITE\r\n"

/* Nothing of 64 KiB may take longer to read than some thousand small messages would take octet for
 * octet; the bound leaves room for sanitizers and a busy machine. */
START_TEST(time_stays_in_proportion)
{
    static const struct {
        const char *name, *before, *what;
        unsigned n;
        const char *after;
    } cases[] = {
        {"1,000 Via fields", HEAD, "Via: SIP/2.0/UDP a;branch=z9hG4bKa\r\n", 1000, "\r\n"},
        {"194 long Via fields", HEAD, "Via: SIP/2.0/UDP a;branch=z9hG4bKa,SIP/2.0/UDP b\r\n", 194,
         "\r\n"},
        {"a field of 64 KiB", HEAD "Subject: ", "long ", 12900, "\r\n\r\n"},
        {"a folded field of 64 KiB", HEAD "Subject:", "\r\n x", 16000, "\r\n\r\n"},
        {"10,000 commas", HEAD "Route: ", "<a:b>,", 10000, "<a:b>\r\n\r\n"},
        {"490 commas", HEAD "Route: ", "<sip:a>,", 490, "<sip:a>\r\n\r\n"},
        {"10,000 parameters", HEAD "Contact: <sip:a>", ";a=b", 10000, "\r\n\r\n"},
        {"490 parameters", HEAD "Contact: <sip:a>", ";a=b", 490, "\r\n\r\n"},
        {"10,000 URI headers", HEAD "Contact: <sip:a?a", "&a=b", 10000, ">\r\n\r\n"},
        {"64 KiB of quotes", HEAD "Contact: \"", "\\\"", 30000, "\" <sip:a>\r\n\r\n"},
        {"64 KiB of open quotes", HEAD "Contact: ", "\"a", 30000, "\r\n\r\n"},
        {"64 KiB of brackets", HEAD "Contact: ", "<", 60000, "\r\n\r\n"},
        {"64 KiB of line ends", HEAD, "\r\n", 30000, ""},
        {"64 KiB of colons", HEAD, ":", 60000, "\r\n\r\n"},
        {"no end", HEAD, "x", 60000, ""},
        {"10,000 slashes", HEAD "Accept: ", "a/b,", 10000, "a/b\r\n\r\n"},
        {"64 KiB of Request-URI", "INVITE sip:", "a@", 30000,
         "b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=a\r\n"
         "To: <sip:a@b>\r\nCall-ID: b\r\nCSeq: 1 INVITE\r\n\r\n"},
    };
    int verdict;

    for (size_t i = 0; i < RT_COUNT(cases); i++) {
        const char *text = repeated(cases[i].before, cases[i].what, cases[i].n, cases[i].after);
        double us = cost(text, &verdict);
        printf("%-24s %6zu octets %8.1f us, %d\n", cases[i].name, strlen(text), us, verdict);
        ck_assert_msg(us < 20000, "%s: %.0f us", cases[i].name, us);
    }
}
END_TEST

/* ---- whose is it ---- */

START_TEST(a_dialog_is_its_peers_alone)
{
    uint64_t before;

    limit((struct sip_limits){0});
    rig_ask(.body = RIG_SDP);
    rig_expect("SIP/2.0 100 ");
    before = rt_counted(&sip_counters[SIP_RX_FOREIGN]);
    /* the INVITE's own branch, from elsewhere */
    other_says(rig_write(&(struct rig_ask){.method = "CANCEL", .branch = "INVITE1"}),
               "SIP/2.0 481 ");
    other_says(rig_write(&(struct rig_ask){.body = RIG_SDP}), "SIP/2.0 481 ");
    rig_told("");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    rig_note_dialog("To");
    other_asks(NULL, .method = "ACK", .to_tag = rig.our_tag);
    rig_told("");
    rig_ask(.method = "ACK", .to_tag = rig.our_tag);
    rig_told(" acked");
    other_asks("SIP/2.0 481 ", .method = "BYE", .to_tag = rig.our_tag, .cseq = 2);
    other_asks("SIP/2.0 481 ", .method = "INVITE", .to_tag = rig.our_tag, .cseq = 3,
               .body = RIG_SDP);
    other_asks("SIP/2.0 481 ", .method = "REFER", .to_tag = rig.our_tag, .cseq = 4,
               .extra = "Refer-To: <sip:evil@192.0.2.66>\r\n");
    rig_told("");
    ck_assert_uint_eq(rt_counted(&sip_counters[SIP_RX_FOREIGN]), before + 6);
    rig_leave();
}
END_TEST

START_TEST(a_dialog_of_our_call_is_its_peers_alone)
{
    struct sip_invite inv = {.hops = &(struct sip_hop){.transport = SIP_UDP, .addr = rig.peer_addr},
                             .nhops = 1,
                             .peer = &alice,
                             .request_uri = rt_str("sip:200@192.0.2.1"),
                             .from_uri = rt_str("sip:100@192.0.2.10"),
                             .to_uri = rt_str("sip:200@192.0.2.1"),
                             .body = {rt_str("application/sdp"), rt_str(RIG_SDP)}};

    limit((struct sip_limits){0});
    ck_assert_int_eq(sip_session_invite(&rig.session, rig.ua, &inv, &rig_session_ops, &rig), 0);
    rig_expect("INVITE ");
    rig_note_dialog("From");
    rig_answer(rig.in, "200 OK", "far", RIG_CONTACT, RIG_SDP);
    rig_expect("ACK ");
    rig_told(" answered");
    other_asks("SIP/2.0 481 ", .method = "BYE", .to_tag = rig.our_tag, .call_id = rig.call_id,
               .cseq = 2);
    rig_told("");
    rig_in_dialog(.method = "BYE", .cseq = 2);
    rig_expect("SIP/2.0 200 ");
    rig_told(" ended:bye");
}
END_TEST

START_TEST(guessed_answers_are_stray)
{
    static char invite_text[RIG_MAX];

    limit((struct sip_limits){0});
    rig_call(0);
    memcpy(invite_text, rig.in, sizeof invite_text);
    uint64_t before = rt_counted(&sip_counters[SIP_RX_STRAY]);
    for (unsigned i = 0; i < 500; i++) {
        char text[1000];
        snprintf(text, sizeof text,
                 "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK%016x\r\nFrom: %.99s"
                 "\r\nTo: <sip:200@192.0.2.1>;tag=x\r\nCall-ID: %.99s\r\nCSeq: 1 INVITE\r\n"
                 "Contact: <sip:evil@192.0.2.66>\r\nContent-Length: 0\r\n\r\n",
                 i, rig_field(invite_text, "From"), rig_field(invite_text, "Call-ID"));
        other_says(text, NULL);
    }
    ck_assert_uint_eq(rt_counted(&sip_counters[SIP_RX_STRAY]), before + 500);
    rig_silence();
    rig_answer(invite_text, "200 OK", "far", RIG_CONTACT, RIG_SDP);
    rig_expect("ACK ");
    rig_told(" answered");
    rig_leave();
}
END_TEST

/* ---- bodies ---- */

static struct sip_msg msg;

/** Reads an INVITE with that Content-Type, further lines and body: the verdict, and what is left of
 * the body in rig.body. */
static int read_body(const char *type, const char *lines, const char *body)
{
    static char text[8000];

    int n = snprintf(text, sizeof text, HEAD "%s%s%s%sContent-Length: %zu\r\n\r\n%s",
                     type ? "Content-Type: " : "", type ? type : "", type ? "\r\n" : "",
                     lines ? lines : "", strlen(body), body);
    int status = sip_msg_read(&msg, (struct rt_str){text, (size_t)n});
    ck_assert_msg(status == 0, "%d: %s", status, text);
    status = sip_body_read(&msg);
    rt_str_copy(rig.body, sizeof rig.body, msg.pub.body.data);
    return status;
}

#define MIXED "multipart/mixed; boundary=\"b 1\""
#define SDP   "--b 1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n"
#define CLOSE "--b 1--\r\n"

START_TEST(a_description_is_found_among_parts)
{
    static const struct {
        const char *type, *lines, *body, *left;
    } cases[] = {
        {"application/sdp", NULL, "v=0\r\n", "v=0\r\n"},
        {"application/sdp", "Content-Disposition: session\r\n", "v=0\r\n", "v=0\r\n"},
        {"text/plain", "Content-Disposition: render;handling=optional\r\n", "hi", ""},
        {MIXED, NULL, SDP CLOSE, "v=0\r\n"},
        /* RFC 3204 4.1's shape, either order, preamble and epilogue */
        {MIXED, NULL,
         "ignored\r\n" SDP "--b 1\r\nContent-Disposition: signal; Handling = Optional\r\n"
         "Content-Type: application/ISUP\r\n\r\n\1\2\r\n" CLOSE "ignored",
         "v=0\r\n"},
        {MIXED, NULL,
         "--b 1 \t\r\nContent-Type: application/isup\r\nContent-Disposition: signal;\r\n "
         "handling=optional\r\n\r\n\1--b 1\2\r\n" SDP "--b 1--",
         "v=0\r\n"},
        {"Multipart/Mixed;boundary=b", NULL,
         "--b\r\ncontent-type : application/SDP;x=y\r\n\r\nv=0\r\n--b--\r\n", "v=0"},
        {"multipart/mixed;boundary=b", NULL,
         "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--bb\r\n--b--\r\n", "v=0\r\n--bb"},
        /* nothing that must be understood, and nothing to understand */
        {"multipart/mixed;boundary=b", NULL,
         "--b\r\nContent-Type: text/plain\r\nContent-Disposition: render;handling=optional\r\n\r\n"
         "x\r\n--b--\r\n",
         ""},
        {"multipart/mixed;boundary=b", "Content-Disposition: x;handling=optional\r\n",
         "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n", ""},
        /* RFC 2046 5.1.4: the last alternative that is understood */
        {"multipart/alternative;boundary=b", NULL,
         "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n"
         "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n"
         "--b\r\nContent-Type: application/sdp\r\n\r\nv=1\r\n"
         "--b\r\nContent-Type: application/sdpng\r\n\r\nz\r\n--b--\r\n",
         "v=1"},
        {"multipart/mixed;boundary=b", NULL,
         "--b\r\nContent-Type: multipart/alternative;boundary=c\r\n\r\n"
         "--c\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--c--\r\n"
         "--b\r\nContent-Disposition: x;handling=optional\r\n\r\n--b--\r\n",
         "v=0"},
        {"multipart/mixed;boundary=b", NULL,
         "--b\r\nContent-Type: application/sdp\r\nContent-Transfer-Encoding: 8bit\r\n"
         "Content-Encoding: identity\r\n\r\nv=0\r\n--b--",
         "v=0"},
    };

    for (size_t i = 0; i < RT_COUNT(cases); i++) {
        int got = read_body(cases[i].type, cases[i].lines, cases[i].body);
        ck_assert_msg(got == 0, "body %zu: %d", i, got);
        ck_assert_msg(strcmp(rig.body, cases[i].left) == 0, "body %zu: %s", i, rig.body);
    }
}
END_TEST

#define PART(type, more) "--b\r\nContent-Type: " type "\r\n" more "\r\nv=0\r\n"
#define ONE              "multipart/mixed;boundary=b"

START_TEST(bodies_that_cannot_be_used_are_refused)
{
    static const struct {
        int expected;
        const char *type, *lines, *body;
    } cases[] = {
        /* RFC 5621 4: required is the default */
        {415, ONE, NULL, PART("application/sdp", "") PART("application/isup", "") "--b--"},
        {415, ONE, NULL,
         PART("application/sdp", "")
             PART("application/isup", "Content-Disposition: signal;handling=required\r\n") "--b--"},
        {415, ONE, NULL, "--b\r\n\r\njust text\r\n--b--"},
        {415, ONE, NULL, PART("application/sdp", "Content-Disposition: early-session\r\n") "--b--"},
        {415, ONE, NULL, PART("application/sdp", "Content-Transfer-Encoding: base64\r\n") "--b--"},
        {415, ONE, NULL, PART("application/sdp", "Content-Encoding: gzip\r\n") "--b--"},
        {415, "multipart/alternative;boundary=b", NULL, PART("text/plain", "") "--b--"},
        {415, ONE, "Content-Encoding: gzip\r\n", PART("application/sdp", "") "--b--"},
        {415, "application/sdp", "Content-Disposition: icon\r\n", "v=0"},
        /* malformed */
        {400, "multipart/mixed", NULL, PART("application/sdp", "") "--b--"},
        {400, "multipart/mixed;boundary=\"\"", NULL, PART("application/sdp", "") "--b--"},
        {400, "multipart/mixed;boundary=\"b \"", NULL, PART("application/sdp", "") "--b--"},
        {400,
         "multipart/mixed;boundary="
         "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
         NULL, "--b--"},
        {400, ONE, NULL, "v=0\r\n"},
        {400, ONE, NULL, "--b--\r\n"},
        {400, ONE, NULL, PART("application/sdp", "")},
        {400, ONE, NULL, PART("application/sdp", "") "--b--x"},
        {400, ONE, NULL, "--b\r\nContent-Type: application/sdp"},
        {400, ONE, NULL, "--b\r\nContent-Type: application/sdp\r\n--b--"},
        {400, ONE, NULL, "--b\r\nContent -Type: application/sdp\r\n\r\nv=0\r\n--b--"},
        {400, ONE, NULL, "--b\r\nno colon\r\n\r\nv=0\r\n--b--"},
        {400, ONE, NULL, PART("application/sdp", "Content-Type: text/plain\r\n") "--b--"},
        {400, ONE, NULL, PART("application/sdp", "") PART("application/sdp", "") "--b--"},
        {400, ONE, NULL,
         "--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n--c\r\n\r\n--b--\r\n"},
        {400, ONE, NULL, /* too deep */
         "--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n"
         "--c\r\nContent-Type: multipart/mixed;boundary=d\r\n\r\n"
         "--d\r\nContent-Type: multipart/mixed;boundary=e\r\n\r\n"
         "--e\r\nContent-Type: multipart/mixed;boundary=f\r\n\r\n"
         "--f\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--f--\r\n--e--\r\n--d--\r\n--c--\r\n"
         "--b--\r\n"},
    };
    uint64_t before = counted(SIP_GUARD_BODY);

    for (size_t i = 0; i < RT_COUNT(cases); i++) {
        int got = read_body(cases[i].type, cases[i].lines, cases[i].body);
        ck_assert_msg(got == cases[i].expected, "body %zu: %d", i, got);
    }
    ck_assert_uint_eq(counted(SIP_GUARD_BODY), before + RT_COUNT(cases));
    ck_assert_int_eq(
        read_body(
            ONE, NULL,
            repeated("", PART("a/b", "Content-Disposition: x;handling=optional\r\n"), 33, "--b--")),
        400);
}
END_TEST

START_TEST(bodies_of_other_methods_are_left_alone)
{
    static const char text[] =
        "MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP b;branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=a\r\n"
        "To: <sip:a@b>\r\nCall-ID: a\r\nCSeq: 1 MESSAGE\r\nContent-Type: multipart/mixed\r\n"
        "Content-Length: 3\r\n\r\nabc";

    ck_assert_int_eq(sip_msg_read(&msg, rt_str(text)), 0);
    ck_assert_int_eq(sip_body_read(&msg), 0);
    ck_assert_uint_eq(msg.pub.body.data.n, 3);
}
END_TEST

START_TEST(a_call_with_isup_is_served)
{
    limit((struct sip_limits){0});
    rig_ask(.type = "multipart/mixed;boundary=b",
            .body = PART("application/sdp", "") PART(
                "application/isup", "Content-Disposition: signal;handling=optional\r\n") "--b--");
    rig_expect("SIP/2.0 100 ");
    ck_assert_str_eq(rig.body, "v=0");
    rig_accept_call();
    rig_expect("SIP/2.0 200 ");
    rig_note_dialog("To");
    rig_ask(.method = "ACK", .to_tag = rig.our_tag);
    rig_told(" acked");
    rig_in_dialog(.cseq = 2, .type = "multipart/mixed;boundary=b",
                  .body = PART("application/sdp", "") PART("application/isup", "") "--b--");
    rig_expect("SIP/2.0 415 ");
    rig_in_dialog(.cseq = 3, .type = "multipart/mixed;boundary=b", .body = "--b");
    rig_expect("SIP/2.0 400 ");
    rig_told("");
    rig_leave();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {open_invites_of_one_source_are_bounded,
                                  transactions_are_bounded,
                                  a_source_has_its_rate,
                                  all_sources_have_a_rate,
                                  strangers_get_a_few_answers_then_silence,
                                  who_is_refused_too_often_is_banned,
                                  bans_are_for_floods,
                                  a_ban_is_lifted,
                                  a_thousand_bans_fit,
                                  who_was_let_in_is_not_silenced,
                                  challenges_are_bounded_too,
                                  strangers_answers_are_no_longer_than_their_requests,
                                  acks_are_never_answered,
                                  a_million_sources_fit,
                                  networks_are_sources,
                                  large_requests_get_413_or_513,
                                  time_stays_in_proportion,
                                  a_dialog_is_its_peers_alone,
                                  a_dialog_of_our_call_is_its_peers_alone,
                                  guessed_answers_are_stray,
                                  a_description_is_found_among_parts,
                                  bodies_that_cannot_be_used_are_refused,
                                  bodies_of_other_methods_are_left_alone,
                                  a_call_with_isup_is_served};
    Suite *s = suite_create("sip guard");
    TCase *tc = tcase_create("sip guard");

    tcase_add_checked_fixture(tc, start, stop);
    for (size_t i = 0; i < RT_COUNT(tests); i++)
        tcase_add_test(tc, tests[i]);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
