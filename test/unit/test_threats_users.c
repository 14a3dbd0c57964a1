/* Who attacks the registrar: guesses passwords, looks for users, registers what is not his, sends
 * our answers to somebody else (docs/threat-model.md).
 */
#include "gw/guess.h"
#include "gw/leg_sip_siege.h"
#include "test/unit/auth_rig.h"

#define PLAN                                                                                       \
    "version 1\nsip { listen udp:192.0.2.10 }\n"                                                   \
    "registrar {\n realm example.com\n users file:/users\n}\n"                                     \
    "trunk phones { sip registered }\n"
#define USERS 150
#define MINIMAL                                                                                    \
    "Via: SIP/2.0/UDP h;branch=z9hG4bK%u\r\nf:<sip:%s@h>;tag=1\r\nt:<sip:a>\r\n"                   \
    "i:%u\r\nCSeq:1 %s\r\nMax-Forwards:9\r\nl:0\r\n\r\n"

static unsigned asked;
static struct rt_udp *home; /* rig.far as it was */

static void setup(void)
{
    struct rt_buf text = {0};
    char name[16], ha1[SIP_DIGEST_LEN];

    fake_reset();
    for (unsigned i = 0; i < USERS; i++) {
        snprintf(name, sizeof name, "u%u", i);
        ck_assert_int_eq(gw_users_passwd(&text, name, "example.com", rt_str("secret")), 0);
    }
    sip_digest_ha1(ha1, SIP_SHA256, rt_str("modern"), rt_str("example.com"), rt_str("secret"));
    rt_buf_printf(&text, "modern:example.com:SHA-256:%s\n", ha1);
    ck_assert_int_eq(rt_file_replace("/users", text.p, text.n, 0600), 0);
    rt_buf_release(&text);
    rig_start(PLAN);
    home = rig.far;
}

static void teardown(void)
{
    ck_assert_ptr_eq(rig.far, home);
    rig_stop();
}

/** The far end is at that address from now on. */
static void move(const char *address)
{
    union rt_addr a;

    rt_addr_parse(&a, address, strlen(address), 5060);
    ck_assert_int_eq(rt_udp_open(&rig.far, rig.gw.loop, &a, NULL, NULL), 0);
}

static void move_home(void)
{
    rt_udp_close(rig.far);
    rig.far = home;
}

static void put(const char *user, const char *lines)
{
    struct rt_buf out = {0};

    asked++;
    rt_buf_printf(&out,
                  "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK%u"
                  "\r\nMax-Forwards: 70\r\nFrom: <sip:%s@example.com>;tag=1\r\nTo: <sip:%s@example."
                  "com>\r\nCall-ID: %u\r\nCSeq: 1 REGISTER\r\n%sContent-Length: 0\r\n\r\n",
                  asked, user, user, asked, lines);
    rig_send(out.p);
    rt_buf_release(&out);
    ck_assert_msg(rig_next(), "no answer");
}

static void add(struct rt_buf *text, const char *user, enum sip_hash hash, const char *password,
                const char *nonce)
{
    char ha1[SIP_DIGEST_LEN], response[SIP_DIGEST_LEN];

    sip_digest_ha1(ha1, hash, rt_str(user), rt_str("example.com"), rt_str(password));
    sip_digest_response(response, &(struct sip_digest_input){.hash = hash,
                                                             .ha1 = ha1,
                                                             .nonce = rt_str(nonce),
                                                             .cnonce = rt_str("x"),
                                                             .nc = rt_str("00000001"),
                                                             .qop = rt_str("auth"),
                                                             .method = rt_str("REGISTER"),
                                                             .uri = rt_str("sip:example.com")});
    rt_buf_printf(text,
                  "Authorization: Digest username=\"%s\", realm=\"example.com\", nonce=\"%s\", "
                  "uri=\"sip:example.com\", response=\"%s\", algorithm=%s, qop=auth, nc=00000001, "
                  "cnonce=\"x\"\r\n",
                  user, nonce, response, sip_digest_name(hash, false));
}

static int with(const char *user, enum sip_hash hash, const char *password, const char *nonce,
                const char *lines)
{
    struct rt_buf text = {0};

    add(&text, user, hash, password, nonce);
    rt_buf_puts(&text, lines);
    put(user, text.p);
    rt_buf_release(&text);
    return atoi(rig.in + 8);
}

static void challenge(char nonce[80], const char *user)
{
    put(user, "");
    const char *value = rig_field("WWW-Authenticate", 0), *p = strstr(value, "nonce=\"");
    ck_assert_msg(p, "no challenge: %s", rig.in);
    rt_str_copy(nonce, 80, (struct rt_str){p + 7, strcspn(p + 7, "\"")});
}

/** A try with a nonce of its own, as phones do. */
static int ask_as(const char *user, const char *password)
{
    char nonce[80];

    challenge(nonce, user);
    return with(user, SIP_SHA256, password, nonce, "");
}

static uint64_t unseen(void)
{
    return rt_counted(&gw_admission_counters[GW_ADMISSION_GUESSES]);
}

/* ---- guesses ---- */

START_TEST(one_users_password_is_guessed_ten_times)
{
    char nonce[80];
    uint64_t before = unseen();

    for (unsigned i = 0; i < 10; i++)
        ck_assert_int_eq(ask_as("u1", "wrong"), 401);
    ck_assert_int_eq(ask_as("u1", "wrong"), 403);
    ck_assert_int_eq(ask_as("u1", "secret"), 403); /* the right one is not told from the others */
    ck_assert_int_eq(with("u1", SIP_SHA256, "secret", "made-up", ""), 403);
    ck_assert_uint_eq(unseen(), before + 3);
    challenge(nonce, "u2");
    ck_assert_int_eq(with("u2", SIP_SHA256, "secret", nonce, ""), 200);
    move("192.0.2.5"); /* the user himself is elsewhere */
    ck_assert_int_eq(ask_as("u1", "secret"), 200);
    move_home();
    fake_advance(30 * RT_S - RT_MS);
    ck_assert_int_eq(ask_as("u1", "secret"), 403);
    fake_advance(RT_MS);
    ck_assert_int_eq(ask_as("u1", "wrong"), 401);
    ck_assert_int_eq(ask_as("u1", "secret"), 403);
    fake_advance(30 * RT_S);
    ck_assert_int_eq(ask_as("u1", "secret"), 200); /* and all is forgotten */
    for (unsigned i = 0; i < 10; i++)
        ck_assert_int_eq(ask_as("u1", "wrong"), 401);
}
END_TEST

/** Beside credentials that are stale, unreadable or right a wrong guess is one, and the last. */
START_TEST(no_guess_hides_behind_others)
{
    char nonce[80];

    for (unsigned i = 0; i < 10; i++) {
        struct rt_buf beside = {0};
        challenge(nonce, "u1");
        if (_i == 0)
            add(&beside, "u1", SIP_SHA256, "wrong", "made-up");
        else if (_i == 1)
            rt_buf_puts(&beside, "Authorization: Digest realm=\"example.com\"\r\n");
        else
            add(&beside, "u2", SIP_SHA256, "secret", nonce);
        ck_assert_int_eq(with("u1", SIP_SHA256, "wrong", nonce, beside.p), 401);
        rt_buf_release(&beside);
    }
    ck_assert_int_eq(ask_as("u1", "secret"), 403);
}
END_TEST

/** Who forges an address never sees the nonce that is issued to it: what he says in its name is not
 * looked at, so it neither shuts a user out nor tells anything. */
START_TEST(forged_guesses_count_for_nobody)
{
    char overheard[80];

    move("192.0.2.5");
    challenge(overheard, "u1"); /* his own */
    move_home();
    for (unsigned i = 0; i < 150; i++) {
        fake_advance(RT_S / 10);
        ck_assert_int_eq(with("u1", SIP_SHA256, "wrong", i % 2 ? overheard : "made-up", ""), 401);
        ck_assert(rig_has("stale=true"));
    }
    ck_assert_int_eq(with("u1", SIP_SHA256, "secret", overheard, ""), 401);
    ck_assert_int_eq(ask_as("u1", "secret"), 200);
    ck_assert_int_eq(ask_as("u2", "secret"), 200);
}
END_TEST

START_TEST(an_address_guesses_a_hundred_times)
{
    char name[16];

    ck_assert_int_eq(ask_as("u149", "secret"), 200);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "%s%u", i % 2 ? "u" : "nobody", i);
        ck_assert_int_eq(ask_as(name, "wrong"), 401);
    }
    ck_assert_int_eq(ask_as("u100", "secret"), 403);
    ck_assert_int_eq(ask_as("nobody", "secret"), 403);
    ck_assert_int_eq(ask_as("u149", "secret"), 200); /* was here before */
    fake_advance(RT_S);
    ck_assert_int_eq(ask_as("u100", "secret"), 200);
}
END_TEST

/** The network doubles datagrams, and who hears no answer repeats his (RFC 3261 17.1.2.2): the same
 * credentials once more are no other guess. */
START_TEST(a_doubled_guess_is_one)
{
    char nonce[10][80];
    uint64_t before = unseen();

    for (unsigned i = 0; i < 10; i++) {
        challenge(nonce[i], "u1");
        for (unsigned copy = 0; copy < 11; copy++)
            ck_assert_int_eq(with("u1", SIP_SHA256, "wrong", nonce[i], ""),
                             i < 9 || copy == 0 ? 401 : 403);
    }
    ck_assert_uint_eq(unseen(), before + 10);
    ck_assert_int_eq(ask_as("u1", "secret"), 403);
    fake_advance(30 * RT_S);
    for (unsigned i = 0; i < 10; i++) /* all of them are known again */
        ck_assert_int_eq(with("u1", SIP_SHA256, "wrong", nonce[i], ""), 401);
    ck_assert_int_eq(ask_as("u1", "wrong"), 401);
    ck_assert_int_eq(ask_as("u1", "secret"), 403);
}
END_TEST

static struct rt_str a_try(unsigned n)
{
    static char text[16];

    snprintf(text, sizeof text, "%u", n);
    return rt_str(text);
}

/** Who has a whole network has no more tries than who has one address. */
START_TEST(a_network_is_one_source)
{
    struct gw_guesses *g;
    union rt_addr a, b, c;

    ck_assert_int_eq(gw_guesses_new(&g), 0);
    rt_addr_parse(&a, "[2001:db8::1]:5060", 18, 0);
    rt_addr_parse(&b, "[2001:db8::ffff:2]:6000", 23, 0);
    rt_addr_parse(&c, "[2001:db8:0:1::1]:5060", 22, 0);
    for (unsigned i = 0; i < 10; i++) {
        ck_assert(gw_guesses_allow(g, i % 2 ? &a : &b, rt_str("u"), RT_S));
        gw_guesses_wrong(g, i % 2 ? &a : &b, rt_str("u"), a_try(i), RT_S);
    }
    ck_assert(!gw_guesses_allow(g, &a, rt_str("u"), RT_S));
    ck_assert(!gw_guesses_allow(g, &b, rt_str("u"), RT_S));
    ck_assert(gw_guesses_allow(g, &c, rt_str("u"), RT_S));
    gw_guesses_free(g);
}
END_TEST

START_TEST(a_million_sources_end_nobodys_patience)
{
    struct gw_guesses *g;
    union rt_addr a;

    ck_assert_int_eq(gw_guesses_new(&g), 0);
    rt_addr_parse(&a, "10.0.0.0:5060", 13, 0);
    for (unsigned i = 0; i < 1000000; i++) {
        a.in4.sin_addr.s_addr = htonl(0x0a000000 + i);
        gw_guesses_wrong(g, &a, rt_str("u"), a_try(i), i);
    }
    a.in4.sin_addr.s_addr = htonl(0x0b000000);
    ck_assert(gw_guesses_allow(g, &a, rt_str("u"), 1000000));
    gw_guesses_free(g);
}
END_TEST

/* ---- weaker words ---- */

START_TEST(a_user_of_sha_256_is_not_taken_by_md5)
{
    char nonce[80];

    challenge(nonce, "modern");
    ck_assert(rig_has("algorithm=SHA-256") && !rig_has("algorithm=MD5"));
    ck_assert_int_eq(with("modern", SIP_MD5, "secret", nonce, ""), 401);
    ck_assert_int_eq(with("modern", SIP_SHA256, "secret", nonce, ""), 200);
    ck_assert_int_eq(with("modern", SIP_SHA256, "secret", nonce, ""), 401); /* said again */
    ck_assert(rig_has("stale=true"));
}
END_TEST

/** All but what changes each time: tag, nonce, branch, names. */
static void shape(char out[3000])
{
    size_t n = 0;

    for (const char *p = rig.in; *p && n + 1 < 3000; p++) {
        const char *skip[] = {"nonce=\"", "branch=z9hG4bK", ";tag=", "Call-ID: ", "<sip:"};
        for (size_t i = 0; i < RT_COUNT(skip); i++)
            if (strncmp(p, skip[i], strlen(skip[i])) == 0)
                p += strcspn(p + 7, "\";\r@>") + 7;
        out[n++] = *p;
    }
    out[n] = '\0';
}

START_TEST(nobody_looks_like_somebody)
{
    char known[3000], unknown[3000];

    put("u7", "");
    shape(known);
    put("n7", "");
    shape(unknown);
    ck_assert_str_eq(known, unknown);
    ck_assert_int_eq(ask_as("u7", "wrong"), 401);
    shape(known);
    ck_assert_int_eq(ask_as("n7", "wrong"), 401);
    shape(unknown);
    ck_assert_str_eq(known, unknown);
}
END_TEST

/* ---- what is registered ---- */

/** Calls go back to where the registration came from, whatever its Contact says: nobody makes us
 * call a carrier that lets us in by our address. */
START_TEST(a_contact_elsewhere_leads_back_to_its_sender)
{
    struct gw_binding b[4];
    char nonce[80], at[RT_ADDR_LEN];

    challenge(nonce, "u3");
    ck_assert_int_eq(with("u3", SIP_SHA256, "secret", nonce,
                          "Contact: <sip:+19005551234@203.0.113.9;maddr=203.0.113.8>\r\n"),
                     200);
    ck_assert_uint_eq(gw_registrar_contacts(&rig.gw, rt_str("u3"), b, 4), 1);
    ck_assert_str_eq(rt_addr_format(at, &b[0].received), "192.0.2.1:5060");
}
END_TEST

/** As long as somebody is registered there: of what is sent in his name most is not his. */
START_TEST(where_a_user_is_registered_nobody_is_banned)
{
    union rt_addr there, elsewhere;
    char nonce[80];

    rt_addr_parse(&there, "192.0.2.1:1", 11, 0);
    rt_addr_parse(&elsewhere, "192.0.2.2:5060", 14, 0);
    ck_assert(!leg_sip_spares(&rig.gw, &there));
    challenge(nonce, "u3");
    ck_assert_int_eq(
        with("u3", SIP_SHA256, "secret", nonce, "Contact: <sip:a@192.0.2.2>\r\nExpires: 600\r\n"),
        200);
    fake_advance(600 * RT_S - 1);
    ck_assert(leg_sip_spares(&rig.gw, &there));
    ck_assert(!leg_sip_spares(&rig.gw, &elsewhere)); /* which it only says */
    fake_advance(1);
    ck_assert(!leg_sip_spares(&rig.gw, &there));
}
END_TEST

static const char *const lines_of_our_own[] = {
    "Contact: <sip:a%0d%0aX-Evil:%201@h>\r\n",
    "Contact: \"a\\\r\n X-Evil: 1\" <sip:a@h>\r\n",
    "Contact: <sip:a@h;x=%0d%0aX-Evil:%201>\r\n",
    "Contact: <sip:a@h>;x=\"\\\r\n X-Evil: 1\"\r\n",
    "User-Agent: a\rX-Evil: 1\r\nContact: <sip:a@h>\r\n",
};

START_TEST(an_answer_has_no_lines_of_theirs)
{
    char nonce[80];

    challenge(nonce, "u4");
    with("u4", SIP_SHA256, "secret", nonce, lines_of_our_own[_i]);
    ck_assert(!rig_has("\nX-Evil"));
    ck_assert(!rig_has("\rX-Evil"));
    put("u%0d%0aX-Evil:%201", "");
    ck_assert(!rig_has("\nX-Evil"));
}
END_TEST

/* ---- other people's addresses ---- */

/** What a victim gets for each octet that somebody sends us in its name, over UDP. */
START_TEST(a_victim_gets_little)
{
    static const char *const methods[] = {"INVITE", "OPTIONS", "REGISTER", "SUBSCRIBE", "BYE"};
    size_t in = 0, out = 0, largest = 0;
    unsigned answers = 0;

    for (unsigned i = 0; i < 2000; i++) {
        char text[400], user[16];
        const char *method = methods[i % RT_COUNT(methods)];
        snprintf(user, sizeof user, "u%u", i % USERS);
        int n =
            snprintf(text, sizeof text, "%s sip:a SIP/2.0\r\n" MINIMAL, method, i, user, i, method);
        rig_send(text);
        in += (size_t)n;
        while (rig_next()) {
            answers++;
            out += strlen(rig.in);
            largest = strlen(rig.in) > largest ? strlen(rig.in) : largest;
        }
    }
    fake_advance(64 * RT_S); /* nothing is ever repeated */
    ck_assert(!rig_next());
    printf("2000 requests in one second, %zu octets: %u answers, %zu octets, the largest %zu\n", in,
           answers, out, largest);
    ck_assert_uint_le(answers, 200);
    ck_assert_uint_le(largest, 900);
    ck_assert_uint_lt(out, in);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("threats_users");
    TCase *tc = tcase_create("all");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, one_users_password_is_guessed_ten_times);
    tcase_add_loop_test(tc, no_guess_hides_behind_others, 0, 3);
    tcase_add_test(tc, forged_guesses_count_for_nobody);
    tcase_add_test(tc, a_doubled_guess_is_one);
    tcase_add_test(tc, an_address_guesses_a_hundred_times);
    tcase_add_test(tc, a_network_is_one_source);
    tcase_add_test(tc, a_million_sources_end_nobodys_patience);
    tcase_add_test(tc, a_user_of_sha_256_is_not_taken_by_md5);
    tcase_add_test(tc, nobody_looks_like_somebody);
    tcase_add_test(tc, a_contact_elsewhere_leads_back_to_its_sender);
    tcase_add_test(tc, where_a_user_is_registered_nobody_is_banned);
    tcase_add_loop_test(tc, an_answer_has_no_lines_of_theirs, 0, RT_COUNT(lines_of_our_own));
    tcase_add_test(tc, a_victim_gets_little);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed ? 1 : 0;
}
