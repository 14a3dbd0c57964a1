/* Digest authentication: the published examples, what a server lets pass and what it does not, what
 * a client answers and when it stops.
 */
#include "sip/message.h"
#include "sip/sip.h"
#include "test/fake/fake.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define REALM "example.com"
#define LIFE  (300 * RT_S)

static struct sip_digest_server *server;
static struct sip_scan scan;
static struct sip_message msg;
static union rt_addr here; /* where requests come from */
static struct rt_buf wire, lines;
static char ha1[SIP_NHASHES][SIP_DIGEST_LEN];

static void setup(void)
{
    fake_reset();
    rt_addr_parse(&here, "192.0.2.1", 9, 5060);
    ck_assert_int_eq(sip_digest_server_new(&server, REALM, LIFE, 100), 0);
    for (enum sip_hash h = 0; h < SIP_NHASHES; h++)
        sip_digest_ha1(ha1[h], h, rt_str("alice"), rt_str(REALM), rt_str("secret"));
}

static void teardown(void)
{
    sip_digest_server_free(server);
    rt_buf_release(&wire);
    rt_buf_release(&lines);
    wire = lines = (struct rt_buf){0};
}

static uint64_t counted(enum sip_digest_counter c)
{
    return rt_counted(&sip_digest_counters[c]);
}

/** A message with these header fields; `n` makes it another transaction. */
static const struct sip_message *message(const char *start, const char *fields, unsigned n)
{
    struct rt_str uri;

    rt_buf_reset(&wire);
    rt_buf_printf(&wire,
                  "%s\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK%u\r\nCSeq: %u INVITE\r\n%s\r\n",
                  start, n, n, fields);
    ck_assert_int_eq(sip_scan(&scan, rt_buf_str(&wire)), 0);
    uri = scan.start;
    memset(&msg, 0, sizeof msg);
    msg.parsed = &scan;
    msg.method = rt_str_cut(&uri, ' ');
    msg.request_uri = rt_str_cut(&uri, ' ');
    msg.call_id = rt_str("c1");
    msg.from_addr = here;
    return &msg;
}

/* ---- published examples ---- */

/** RFC 7616 3.9.1 */
static struct sip_digest_input mufasa(enum sip_hash h)
{
    return (struct sip_digest_input){
        .hash = h,
        .nonce = rt_str("7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"),
        .cnonce = rt_str("f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"),
        .nc = rt_str("00000001"),
        .qop = rt_str("auth"),
        .method = rt_str("GET"),
        .uri = rt_str("/dir/index.html")};
}

static void example(const struct sip_digest_input *in, const char *user, const char *realm,
                    const char *password, const char *expected)
{
    char secret[SIP_DIGEST_LEN], out[SIP_DIGEST_LEN];
    struct sip_digest_input full = *in;

    sip_digest_ha1(secret, in->hash, rt_str(user), rt_str(realm), rt_str(password));
    full.ha1 = secret;
    sip_digest_response(out, &full);
    ck_assert_str_eq(out, expected);
}

START_TEST(rfc7616_examples)
{
    struct sip_digest_input in = mufasa(SIP_SHA256);

    example(&in, "Mufasa", "http-auth@example.org", "Circle of Life",
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
    in = mufasa(SIP_MD5);
    example(&in, "Mufasa", "http-auth@example.org", "Circle of Life",
            "8ca523f5e9506fed4657c9700eebdbec");
    /* 3.9.2; the response printed there has an erratum (4897): this is the corrected one */
    in = (struct sip_digest_input){.hash = SIP_SHA512_256,
                                   .nonce = rt_str("5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK"),
                                   .cnonce = rt_str("NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v"),
                                   .nc = rt_str("00000001"),
                                   .qop = rt_str("auth"),
                                   .method = rt_str("GET"),
                                   .uri = rt_str("/doe.json")};
    example(&in, "J\xc3\xa4s\xc3\xb8n Doe", "api@example.org", "Secret, or not?",
            "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5");
}
END_TEST

/* RFC 2617 3.5, and the same without qop by RFC 2069. */
START_TEST(rfc2617_examples)
{
    struct sip_digest_input in = {.hash = SIP_MD5,
                                  .nonce = rt_str("dcd98b7102dd2f0e8b11d0f600bfb0c093"),
                                  .cnonce = rt_str("0a4f113b"),
                                  .nc = rt_str("00000001"),
                                  .qop = rt_str("auth"),
                                  .method = rt_str("GET"),
                                  .uri = rt_str("/dir/index.html")};

    example(&in, "Mufasa", "testrealm@host.com", "Circle Of Life",
            "6629fae49393a05397450978507c4ef1");
    in.qop = in.nc = in.cnonce = rt_str("");
    example(&in, "Mufasa", "testrealm@host.com", "Circle Of Life",
            "670fd8c2df070c60b045671b8b24ff02");
}
END_TEST

/* ---- reading ---- */

START_TEST(several_challenges_in_one_field)
{
    struct rt_str rest =
        rt_str("Basic realm=\"a, b\", Digest realm=\"x \\\"y\\\"\", nonce = \"n,1\","
               " qop=\"auth,auth-int\" , new=\"z\", Negotiate, "
               "digest realm=z,nonce=2,stale=TRUE");
    struct sip_digest d;

    ck_assert(sip_digest_next(&d, &rest));
    ck_assert(rt_str_eq(d.scheme, "Basic") && rt_str_eq(d.realm, "a, b"));
    ck_assert(sip_digest_next(&d, &rest));
    ck_assert(rt_str_eq(d.scheme, "Digest") && rt_str_eq(d.realm, "x \\\"y\\\""));
    ck_assert(rt_str_eq(d.nonce, "n,1") && rt_str_eq(d.qop, "auth,auth-int") && !d.bad);
    ck_assert(sip_digest_next(&d, &rest));
    ck_assert(rt_str_eq(d.scheme, "Negotiate"));
    ck_assert(sip_digest_next(&d, &rest));
    ck_assert(rt_str_eq(d.realm, "z") && rt_str_eq(d.nonce, "2") && rt_str_eq(d.stale, "TRUE"));
    ck_assert(!sip_digest_next(&d, &rest));
    rest = rt_str("Digest realm=\"a\", realm=\"b\"");
    ck_assert(sip_digest_next(&d, &rest) && d.bad);
    rest = rt_str("Digest realm=\"a, nonce=\"b\"");
    ck_assert(sip_digest_next(&d, &rest) && d.bad);
}
END_TEST

START_TEST(uris_are_compared_as_rfc3261_19_1_4_has_it)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
        {"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
        {"sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true},
        {"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
         "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
        {"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
         "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
        {"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
        {"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
        {"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
        {"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
        {"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
        {"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
        {"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
        {"sip:[2001:db8::1]:5070", "sip:[2001:DB8::1]:5070", true},
        {"sip:a@h", "sips:a@h", false},
        {"sip:@h", "sip:h", false},
    };

    for (size_t i = 0; i < RT_COUNT(cases); i++)
        ck_assert_msg(sip_uri_same(rt_str(cases[i].a), rt_str(cases[i].b)) == cases[i].same,
                      "%s and %s", cases[i].a, cases[i].b);
}
END_TEST

/* ---- the server ---- */

static const char *find_ha1(void *arg, struct rt_str user, enum sip_hash h)
{
    (void)arg;
    return rt_str_eq(user, "alice") ? ha1[h] : NULL;
}

/** What is hashed in place of an HA1 that is not there, so that it takes as long. */
#define NOBODY "0000000000000000000000000000000000000000000000000000000000000000"

/** The value of `name="..."` in the challenge just made. */
static const char *nonce(void)
{
    static char out[128];

    rt_buf_reset(&lines);
    sip_digest_challenge(server, &lines, &here, false, 1u << SIP_MD5, false);
    const char *p = strstr(lines.p, "nonce=\"");
    rt_str_copy(out, sizeof out, (struct rt_str){p + 7, strcspn(p + 7, "\"")});
    return out;
}

struct attempt {
    const char *nonce;
    int nc; /* 0: 1; -1: zero */
    unsigned transaction;
    enum sip_hash hash;
    bool sess, no_qop;
    const char *user, *ha1, *uri, *response, *more, *before;
};

static enum sip_digest_verdict attempt(const struct attempt *a)
{
    char response[SIP_DIGEST_LEN], nc[9], user[64];
    struct rt_buf fields = {0};
    const char *uri = a->uri ? a->uri : "sip:" REALM;
    unsigned count = a->nc < 0 ? 0 : a->nc == 0 ? 1 : (unsigned)a->nc;

    snprintf(nc, sizeof nc, "%08x", count);
    sip_digest_response(response, &(struct sip_digest_input){.hash = a->hash,
                                                             .sess = a->sess,
                                                             .ha1 = a->ha1 ? a->ha1 : ha1[a->hash],
                                                             .nonce = rt_str(a->nonce),
                                                             .cnonce = rt_str("cc"),
                                                             .nc = rt_str(nc),
                                                             .qop = rt_str(a->no_qop ? "" : "auth"),
                                                             .method = rt_str("INVITE"),
                                                             .uri = rt_str(uri)});
    rt_buf_puts(&fields, a->before ? a->before : "");
    rt_buf_printf(&fields,
                  "Authorization: Digest username=\"%s\", realm=\"" REALM "\", nonce=\"%s\", "
                  "uri=\"%s\", response=\"%s\", algorithm=%s, cnonce=\"cc\"%s",
                  a->user ? a->user : "alice", a->nonce, uri, a->response ? a->response : response,
                  sip_digest_name(a->hash, a->sess), a->more ? a->more : "");
    if (!a->no_qop)
        rt_buf_printf(&fields, ", qop=auth, nc=%s", nc);
    rt_buf_puts(&fields, "\r\n");
    const struct sip_message *m =
        message("INVITE sip:" REALM " SIP/2.0", fields.p, a->transaction ? a->transaction : count);
    enum sip_digest_verdict v =
        sip_digest_check(server, m, false, find_ha1, NULL, user, sizeof user);
    rt_buf_release(&fields);
    return v;
}
#define attempt(...) attempt(&(struct attempt){__VA_ARGS__})

START_TEST(every_algorithm_is_accepted)
{
    for (enum sip_hash h = 0; h < SIP_NHASHES; h++) {
        ck_assert_int_eq(attempt(.nonce = nonce(), .hash = h), SIP_DIGEST_GOOD);
        ck_assert_int_eq(attempt(.nonce = nonce(), .hash = h, .sess = true), SIP_DIGEST_GOOD);
    }
}
END_TEST

START_TEST(the_strongest_challenge_comes_first)
{
    sip_digest_challenge(server, &lines, &here, true, 7, true);
    const char *a = strstr(lines.p, "algorithm=SHA-512-256"), *b = strstr(lines.p, "=SHA-256,");
    const char *c = strstr(lines.p, "algorithm=MD5, qop=\"auth\", stale=true\r\n");
    ck_assert(a && b && c && a < b && b < c);
    ck_assert_int_eq(strncmp(lines.p, "Proxy-Authenticate: Digest realm=\"" REALM "\", ", 47), 0);
}
END_TEST

START_TEST(what_is_wrong_is_refused)
{
    ck_assert_int_eq(
        attempt(.nonce = nonce(), .response = "00112233445566778899aabbccddeeff", .hash = SIP_MD5),
        SIP_DIGEST_WRONG);
    ck_assert_int_eq(attempt(.nonce = nonce(), .user = "bob"), SIP_DIGEST_WRONG);
    ck_assert_int_eq(attempt(.nonce = nonce(), .user = "bob", .ha1 = NOBODY), SIP_DIGEST_WRONG);
    ck_assert_int_eq(attempt(.nonce = nonce(), .uri = "sip:elsewhere.com"), SIP_DIGEST_WRONG);
    ck_assert_int_eq(attempt(.nonce = nonce(), .uri = "sip:EXAMPLE.com"), SIP_DIGEST_GOOD);
    ck_assert_int_eq(attempt(.nonce = nonce(), .nc = -1), SIP_DIGEST_BAD);
    ck_assert_int_eq(attempt(.nonce = nonce(), .more = ", nonce=\"x\""), SIP_DIGEST_BAD);
    ck_assert_int_eq(attempt(.nonce = "made up"), SIP_DIGEST_STALE); /* right but for the nonce */
    char user[10];
    ck_assert_int_eq(sip_digest_check(server,
                                      message("INVITE sip:x SIP/2.0",
                                              "Authorization: Digest realm=\"other\"\r\n", 1),
                                      false, find_ha1, NULL, user, sizeof user),
                     SIP_DIGEST_NONE);
}
END_TEST

/** Or one request would make a thousand guesses. */
START_TEST(of_many_credentials_four_are_looked_at)
{
#define WRONG                                                                                      \
    "Authorization: Digest username=\"alice\", realm=\"" REALM "\", nonce=\"x\", uri=\"sip:" REALM \
    "\", response=\"00112233445566778899aabbccddeeff\"\r\n"
    ck_assert_int_eq(attempt(.nonce = nonce(), .before = WRONG WRONG WRONG), SIP_DIGEST_GOOD);
    ck_assert_int_eq(attempt(.nonce = nonce(), .before = WRONG WRONG WRONG WRONG),
                     SIP_DIGEST_STALE);
}
END_TEST

/** Nobody answers another one's challenge: neither a wrong response nor a right one counts. Of IPv6
 * the network is one, and an IPv4 address is the same in its IPv6 form. */
START_TEST(a_nonce_is_of_use_where_it_was_issued_alone)
{
    static const struct {
        const char *issued, *used;
        enum sip_digest_verdict verdict;
    } rows[] = {
        {"192.0.2.1:5060", "192.0.2.1:6060", SIP_DIGEST_GOOD}, /* a NAT has forgotten its port */
        {"192.0.2.1:5060", "192.0.2.2:5060", SIP_DIGEST_STALE},
        {"192.0.2.1:5060", "[::ffff:192.0.2.1]:5060", SIP_DIGEST_GOOD},
        {"[2001:db8::1]:5060", "[2001:db8::ff:2]:5060", SIP_DIGEST_GOOD},
        {"[2001:db8::1]:5060", "[2001:db8:0:1::1]:5060", SIP_DIGEST_STALE}};
    char kept[128];

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        rt_addr_parse(&here, rows[i].issued, strlen(rows[i].issued), 0);
        rt_str_copy(kept, sizeof kept, rt_str(nonce()));
        rt_addr_parse(&here, rows[i].used, strlen(rows[i].used), 0);
        ck_assert_int_eq(attempt(.nonce = kept), rows[i].verdict);
        ck_assert_int_eq(attempt(.nonce = kept, .nc = 2, .response = "00", .hash = SIP_MD5),
                         rows[i].verdict == SIP_DIGEST_GOOD ? SIP_DIGEST_WRONG : SIP_DIGEST_STALE);
    }
}
END_TEST

START_TEST(a_nonce_lives_to_the_millisecond)
{
    char kept[128];

    rt_str_copy(kept, sizeof kept, rt_str(nonce()));
    fake_advance(LIFE - RT_MS);
    ck_assert_int_eq(attempt(.nonce = kept), SIP_DIGEST_GOOD);
    fake_advance(RT_MS);
    uint64_t before = counted(SIP_DIGEST_STALES);
    ck_assert_int_eq(attempt(.nonce = kept, .nc = 2), SIP_DIGEST_STALE);
    ck_assert_uint_eq(counted(SIP_DIGEST_STALES), before + 1);
}
END_TEST

START_TEST(a_count_is_accepted_once)
{
    char kept[128];
    uint64_t before = counted(SIP_DIGEST_REPLAYS);

    rt_str_copy(kept, sizeof kept, rt_str(nonce()));
    ck_assert_int_eq(attempt(.nonce = kept, .nc = 1), SIP_DIGEST_GOOD);
    ck_assert_int_eq(attempt(.nonce = kept, .nc = 1, .transaction = 9), SIP_DIGEST_STALE);
    ck_assert_uint_eq(counted(SIP_DIGEST_REPLAYS), before + 1);
    ck_assert_int_eq(attempt(.nonce = kept, .nc = 70), SIP_DIGEST_GOOD);
    ck_assert_int_eq(attempt(.nonce = kept, .nc = 7), SIP_DIGEST_GOOD); /* 63 behind */
    ck_assert_int_eq(attempt(.nonce = kept, .nc = 7, .transaction = 9), SIP_DIGEST_STALE);
    ck_assert_int_eq(attempt(.nonce = kept, .nc = 6), SIP_DIGEST_STALE); /* 64 behind */
    ck_assert_uint_eq(counted(SIP_DIGEST_REPLAYS), before + 3);
    ck_assert_uint_eq(sip_digest_nonces(server), 1);
}
END_TEST

/* The same transaction from the same place: a repetition, for as long as one may come. */
START_TEST(a_retransmission_is_no_replay)
{
    char kept[128];

    rt_str_copy(kept, sizeof kept, rt_str(nonce()));
    ck_assert_int_eq(attempt(.nonce = kept), SIP_DIGEST_GOOD);
    fake_advance(32 * RT_S - RT_MS);
    ck_assert_int_eq(attempt(.nonce = kept), SIP_DIGEST_GOOD);
    fake_advance(RT_MS);
    ck_assert_int_eq(attempt(.nonce = kept), SIP_DIGEST_STALE);
}
END_TEST

START_TEST(without_qop_a_nonce_serves_once)
{
    char kept[128];

    rt_str_copy(kept, sizeof kept, rt_str(nonce()));
    ck_assert_int_eq(attempt(.nonce = kept, .no_qop = true, .transaction = 1), SIP_DIGEST_GOOD);
    ck_assert_int_eq(attempt(.nonce = kept, .no_qop = true, .transaction = 2), SIP_DIGEST_STALE);
    ck_assert_int_eq(attempt(.nonce = kept, .nc = 5), SIP_DIGEST_STALE);
}
END_TEST

START_TEST(the_table_is_bounded_and_forgetting_opens_nothing)
{
    char first[128];
    uint64_t before = counted(SIP_DIGEST_EVICTED);

    rt_str_copy(first, sizeof first, rt_str(nonce()));
    ck_assert_int_eq(attempt(.nonce = first), SIP_DIGEST_GOOD);
    for (unsigned i = 0; i < 100; i++) {
        fake_advance(RT_MS);
        ck_assert_int_eq(attempt(.nonce = nonce()), SIP_DIGEST_GOOD);
    }
    ck_assert_uint_eq(sip_digest_nonces(server), 100);
    ck_assert_uint_eq(counted(SIP_DIGEST_EVICTED), before + 1);
    ck_assert_int_eq(attempt(.nonce = first, .nc = 2), SIP_DIGEST_STALE);
}
END_TEST

/* ---- the client ---- */

static const struct sip_credentials secret = {.user = "alice", .password = "secret"};
static struct sip_auth_state state;

static bool answer(const struct sip_credentials *c, const char *fields)
{
    rt_buf_reset(&lines);
    return sip_digest_answer(&state, c, message("SIP/2.0 401 Unauthorized", fields, 1),
                             rt_str("INVITE"), rt_str("sip:" REALM), rt_str("body"), &lines);
}

#define ASK(nonce) "WWW-Authenticate: Digest realm=\"" REALM "\", nonce=\"" nonce "\", qop=\"auth\""

START_TEST(our_answers_are_what_our_server_expects)
{
    struct rt_buf challenge = {0};
    char user[64];

    for (unsigned hashes = 1; hashes < 8; hashes++) {
        rt_buf_reset(&challenge);
        sip_digest_challenge(server, &challenge, &here, false, hashes, false);
        ck_assert(answer(&secret, challenge.p));
        const struct sip_message *m = message("INVITE sip:" REALM " SIP/2.0", lines.p, hashes);
        ck_assert_int_eq(sip_digest_check(server, m, false, find_ha1, NULL, user, sizeof user),
                         SIP_DIGEST_GOOD);
        ck_assert_str_eq(user, "alice");
        sip_digest_believed(&state);
        rt_buf_reset(&lines); /* the next request needs no challenge */
        sip_digest_repeat(&state, &secret, rt_str("INVITE"), rt_str("sip:" REALM), rt_str(""),
                          &lines);
        ck_assert_ptr_nonnull(strstr(lines.p, "nc=00000002"));
        m = message("INVITE sip:" REALM " SIP/2.0", lines.p, 100 + hashes);
        ck_assert_int_eq(sip_digest_check(server, m, false, find_ha1, NULL, user, sizeof user),
                         SIP_DIGEST_GOOD);
    }
    rt_buf_release(&challenge);
    sip_auth_release(&state);
}
END_TEST

START_TEST(the_strongest_algorithm_is_answered)
{
    ck_assert(answer(&secret, ASK("a") ", algorithm=MD5\r\n" ASK("b") ", algorithm=SHA-256\r\n" ASK(
                                  "c") ", algorithm=SHA-1\r\n"));
    ck_assert_ptr_nonnull(strstr(lines.p, "nonce=\"b\""));
    ck_assert_ptr_null(strstr(lines.p, "nonce=\"a\""));
    sip_auth_release(&state);
    const struct sip_credentials md5 = {.user = "alice", .ha1[SIP_MD5] = ha1[SIP_MD5]};
    ck_assert(answer(&md5, ASK("a") ", algorithm=MD5\r\n" ASK("b") ", algorithm=SHA-256\r\n"));
    ck_assert_ptr_nonnull(strstr(lines.p, "nonce=\"a\""));
    sip_auth_release(&state);
}
END_TEST

START_TEST(each_realm_is_answered)
{
    const struct sip_credentials two = {
        .user = "a2", .password = "p2", .realm = "two", .next = &secret};

    ck_assert(
        answer(&two, ASK("a") "\r\nProxy-Authenticate: Digest realm=\"two\", nonce=\"b\"\r\n"));
    ck_assert_ptr_nonnull(strstr(lines.p, "Authorization: Digest username=\"alice\""));
    ck_assert_ptr_nonnull(strstr(lines.p,
                                 "Proxy-Authorization: Digest username=\"a2\", realm=\"two\", "
                                 "nonce=\"b\", uri=\"sip:" REALM "\", response=\""));
    ck_assert_ptr_null(strstr(strstr(lines.p, "Proxy-"), "qop")); /* RFC 2069 */
    /* another proxy asks for more: what was said before is said again */
    ck_assert(answer(&two, "Proxy-Authenticate: Digest realm=\"three\", nonce=\"c\"\r\n"));
    ck_assert_ptr_nonnull(strstr(lines.p, "nc=00000002"));
    ck_assert_ptr_nonnull(strstr(lines.p, "realm=\"two\""));
    ck_assert_ptr_nonnull(strstr(lines.p, "realm=\"three\""));
    sip_auth_release(&state);
}
END_TEST

START_TEST(a_refused_answer_is_not_given_again)
{
    uint64_t before = counted(SIP_DIGEST_UNANSWERED);

    ck_assert(answer(&secret, ASK("a") "\r\n"));
    ck_assert(!answer(&secret, ASK("a") "\r\n"));
    ck_assert(!answer(&secret, ASK("a") ", stale=true\r\n"));
    ck_assert(!answer(&secret, ASK("b") "\r\n"));
    ck_assert_uint_eq(counted(SIP_DIGEST_UNANSWERED), before + 3);
    ck_assert(answer(&secret, ASK("b") ", stale=true\r\n"));
    ck_assert(!answer(&secret, ASK("c") ", stale=true\r\n")); /* once */
    sip_digest_believed(&state);
    ck_assert(answer(&secret, ASK("d") "\r\n")); /* the nonce we had kept is over */
    sip_auth_release(&state);
}
END_TEST

START_TEST(what_we_cannot_answer)
{
    const struct sip_credentials elsewhere = {.user = "a", .password = "p", .realm = "elsewhere"};

    ck_assert(!answer(&elsewhere, ASK("a") "\r\n"));
    ck_assert(!answer(NULL, ASK("a") "\r\n"));
    ck_assert(!answer(&secret, "WWW-Authenticate: Basic realm=\"x\"\r\n"));
    ck_assert(
        !answer(&secret, "WWW-Authenticate: Digest realm=\"x\", nonce=\"1\", qop=\"new\"\r\n"));
    ck_assert(!answer(&secret, "WWW-Authenticate: Digest realm=\"x\"\r\n"));
    ck_assert_uint_eq(lines.n, 0);
    ck_assert_ptr_null(state.entries);
}
END_TEST

/* With auth-int the body is signed: H(A2) = MD5("INVITE:sip:example.com:" MD5("body")). */
START_TEST(the_body_is_signed_when_asked)
{
    char cnonce[40], expected[SIP_DIGEST_LEN];

    ck_assert(answer(&secret, "WWW-Authenticate: Digest realm=\"" REALM
                              "\", nonce=\"a\", qop=\"auth-int\", opaque=\"o\"\r\n"));
    const char *p = strstr(lines.p, "cnonce=\"") + 8;
    rt_str_copy(cnonce, sizeof cnonce, (struct rt_str){p, strcspn(p, "\"")});
    sip_digest_response(expected, &(struct sip_digest_input){.hash = SIP_MD5,
                                                             .ha1 = ha1[SIP_MD5],
                                                             .nonce = rt_str("a"),
                                                             .cnonce = rt_str(cnonce),
                                                             .nc = rt_str("00000001"),
                                                             .qop = rt_str("auth-int"),
                                                             .method = rt_str("INVITE"),
                                                             .uri = rt_str("sip:" REALM),
                                                             .body = rt_str("body")});
    ck_assert_ptr_nonnull(strstr(lines.p, expected));
    ck_assert_ptr_nonnull(strstr(lines.p, "opaque=\"o\""));
    ck_assert_ptr_null(strstr(lines.p, "algorithm")); /* none was named */
    sip_auth_release(&state);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("sip_digest");
    TCase *tc = tcase_create("all");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, rfc7616_examples);
    tcase_add_test(tc, rfc2617_examples);
    tcase_add_test(tc, several_challenges_in_one_field);
    tcase_add_test(tc, uris_are_compared_as_rfc3261_19_1_4_has_it);
    tcase_add_test(tc, every_algorithm_is_accepted);
    tcase_add_test(tc, the_strongest_challenge_comes_first);
    tcase_add_test(tc, what_is_wrong_is_refused);
    tcase_add_test(tc, of_many_credentials_four_are_looked_at);
    tcase_add_test(tc, a_nonce_is_of_use_where_it_was_issued_alone);
    tcase_add_test(tc, a_nonce_lives_to_the_millisecond);
    tcase_add_test(tc, a_count_is_accepted_once);
    tcase_add_test(tc, a_retransmission_is_no_replay);
    tcase_add_test(tc, without_qop_a_nonce_serves_once);
    tcase_add_test(tc, the_table_is_bounded_and_forgetting_opens_nothing);
    tcase_add_test(tc, our_answers_are_what_our_server_expects);
    tcase_add_test(tc, the_strongest_algorithm_is_answered);
    tcase_add_test(tc, each_realm_is_answered);
    tcase_add_test(tc, a_refused_answer_is_not_given_again);
    tcase_add_test(tc, what_we_cannot_answer);
    tcase_add_test(tc, the_body_is_signed_when_asked);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
