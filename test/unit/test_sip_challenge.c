/* Our requests challenged (RFC 3261 22, RFC 7616): answered, in and outside a dialog, and when not.
 */
#include "test/unit/sip_rig.h"

static void refuse(const char *status, const char *lines)
{
    rig_answer(rig.in, status, "far", lines, NULL);
    rig_expect("ACK ");
}

/** The INVITE in rig.in is `first` again, as another transaction (22.2). */
static void same_call(const char *first, const char *cseq)
{
    static const char *const same[] = {"Call-ID", "From", "To", "Content-Length"};

    for (size_t i = 0; i < RT_COUNT(same); i++)
        rig_has(same[i], rig_field(first, same[i]));
    rig_has("CSeq", cseq);
    ck_assert_str_eq(rig_body(), RIG_SDP);
    ck_assert_str_ne(rig_field(rig.in, "Via"), rig_field(first, "Via"));
}

static const struct sip_credentials other = {
    .user = "bob", .realm = "proxy.example.com", .password = "other"};
static const struct sip_credentials alice = {
    .user = "alice", .realm = "example.com", .password = "secret", .next = &other};

#define CHALLENGE(field, realm, nonce, more)                                                       \
    field ": Digest realm=\"" realm "\", qop=\"auth\", nonce=\"" nonce "\"" more "\r\n"
#define WWW(nonce, more)   CHALLENGE("WWW-Authenticate", "example.com", nonce, more)
#define PROXY(nonce, more) CHALLENGE("Proxy-Authenticate", "proxy.example.com", nonce, more)

/** The value of a parameter, without its quotes. */
static const char *param(const char *line, const char *name)
{
    static char values[8][200];
    static unsigned next;
    char *out = values[next++ % 8], key[40];

    snprintf(key, sizeof key, "%s=", name);
    const char *at = strstr(line, key);
    ck_assert_msg(at != NULL, "no %s in %s", name, line);
    at += strlen(key);
    at += *at == '"';
    rt_str_copy(out, 200, (struct rt_str){at, strcspn(at, "\",")});
    return out;
}

/** The request in rig.in has this field, and its response is the right one (RFC 7616 3.4.1). */
static void authorised(const char *field, const struct sip_credentials *c, const char *nonce,
                       const char *nc)
{
    const char *line = rig_field(rig.in, field);
    char ha1[SIP_DIGEST_LEN], expected[SIP_DIGEST_LEN], method[20], uri[100];

    ck_assert_int_eq(sscanf(rig.in, "%19s %99s", method, uri), 2);
    ck_assert_str_eq(param(line, "username"), c->user);
    ck_assert_str_eq(param(line, "realm"), c->realm);
    ck_assert_str_eq(param(line, " nonce"), nonce);
    ck_assert_str_eq(param(line, "uri"), uri);
    ck_assert_str_eq(param(line, "nc"), nc);
    sip_digest_ha1(ha1, SIP_MD5, rt_str(c->user), rt_str(c->realm), rt_str(c->password));
    sip_digest_response(expected,
                        &(struct sip_digest_input){.hash = SIP_MD5,
                                                   .ha1 = ha1,
                                                   .nonce = rt_str(nonce),
                                                   .cnonce = rt_str(param(line, "cnonce")),
                                                   .nc = rt_str(nc),
                                                   .method = rt_str(method),
                                                   .uri = rt_str(uri),
                                                   .qop = rt_str("auth")});
    ck_assert_str_eq(param(line, "response"), expected);
}

static void call_with_credentials(void)
{
    rig.opt.credentials = &alice;
    rig.opt.interval = 1800 * RT_S;
    rig_call(0);
    rig_has("Authorization", "");
    rig_has("Proxy-Authorization", "");
}

static void answered(void)
{
    rig_answer(rig.in, "200 OK", "far", "Contact: <sip:far@192.0.2.1:5060>\r\nAllow: UPDATE\r\n",
               RIG_SDP);
    rig_expect("ACK ");
    rig_told(" answered");
}

/* 22.2: the same call with a higher CSeq; later requests say it before they are asked. */
START_TEST(a_401_is_answered)
{
    struct sip_body sdp = {rt_str("application/sdp"), rt_str(RIG_SDP)};

    call_with_credentials();
    const char *first = rig_saved();
    refuse("401 Unauthorized", WWW("n1", ""));
    rig_expect("INVITE ");
    same_call(first, "2 INVITE");
    authorised("Authorization", &alice, "n1", "00000001");
    answered();
    rig_has("CSeq", "2 ACK");
    ck_assert_int_eq(sip_session_reinvite(rig.session, &sdp), 0);
    rig_expect("INVITE ");
    rig_has("CSeq", "3 INVITE");
    authorised("Authorization", &alice, "n1", "00000002");
    rig_answer(rig.in, "200 OK", NULL, RIG_CONTACT, RIG_SDP);
    rig_expect("ACK ");
    rig_told(" reanswered:200");
    ck_assert_int_eq(sip_session_update(rig.session, &sdp), 0);
    rig_expect("UPDATE ");
    authorised("Authorization", &alice, "n1", "00000003");
    rig_answer(rig.in, "200 OK", NULL, RIG_CONTACT, RIG_SDP);
    rig_told(" reanswered:200");
    rig_leave();
    rig_has("CSeq", "5 BYE");
    authorised("Authorization", &alice, "n1", "00000004");
}
END_TEST

START_TEST(a_407_is_answered)
{
    call_with_credentials();
    const char *first = rig_saved();
    refuse("407 Proxy Authentication Required", PROXY("p1", ""));
    rig_expect("INVITE ");
    same_call(first, "2 INVITE");
    authorised("Proxy-Authorization", &other, "p1", "00000001");
    rig_has("Authorization", "");
    answered();
    rig_leave();
    authorised("Proxy-Authorization", &other, "p1", "00000002");
}
END_TEST

START_TEST(both_at_once_are_answered)
{
    call_with_credentials();
    refuse("401 Unauthorized", WWW("n1", "") PROXY("p1", ""));
    rig_expect("INVITE ");
    authorised("Authorization", &alice, "n1", "00000001");
    authorised("Proxy-Authorization", &other, "p1", "00000001");
    answered();
    rig_leave();
}
END_TEST

/* The proxy lets us pass, then the server asks; either nonce may become stale. */
START_TEST(one_after_the_other_is_answered)
{
    call_with_credentials();
    refuse("407 Proxy Authentication Required", PROXY("p1", ""));
    rig_expect("INVITE ");
    refuse("401 Unauthorized", WWW("n1", ""));
    rig_expect("INVITE ");
    rig_has("CSeq", "3 INVITE");
    authorised("Proxy-Authorization", &other, "p1", "00000002");
    authorised("Authorization", &alice, "n1", "00000001");
    refuse("407 Proxy Authentication Required", PROXY("p2", ", stale=true"));
    rig_expect("INVITE ");
    authorised("Proxy-Authorization", &other, "p2", "00000001");
    authorised("Authorization", &alice, "n1", "00000002");
    refuse("401 Unauthorized", WWW("n2", ", stale=true"));
    rig_expect("INVITE ");
    rig_has("CSeq", "5 INVITE");
    authorised("Proxy-Authorization", &other, "p2", "00000002");
    authorised("Authorization", &alice, "n2", "00000001");
    answered();
    rig_leave();
}
END_TEST

START_TEST(a_stale_nonce_is_replaced_once)
{
    call_with_credentials();
    refuse("401 Unauthorized", WWW("n1", ""));
    rig_expect("INVITE ");
    refuse("401 Unauthorized", WWW("n2", ", stale=TRUE"));
    rig_expect("INVITE ");
    rig_has("CSeq", "3 INVITE");
    authorised("Authorization", &alice, "n2", "00000001");
    refuse("401 Unauthorized", WWW("n3", ", stale=true"));
    rig_told(" ended:refused");
    ck_assert_int_eq(rig.status, 401);
    rig_silence();
}
END_TEST

/* 22.1: credentials that were refused are not tried again. */
START_TEST(wrong_credentials_are_the_end)
{
    call_with_credentials();
    refuse("401 Unauthorized", WWW("n1", ""));
    rig_expect("INVITE ");
    refuse("401 Unauthorized", WWW("n2", ""));
    rig_told(" ended:refused");
    ck_assert_int_eq(rig.status, 401);
    rig_silence();
}
END_TEST

START_TEST(what_cannot_be_answered_is_the_end)
{
    static const char *const lines[] = {
        NULL, "WWW-Authenticate: Digest realm=\"elsewhere\", nonce=\"n\"\r\n",
        "WWW-Authenticate: Basic realm=\"example.com\"\r\n",
        "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"n\", algorithm=SHA-999\r\n",
        "WWW-Authenticate: Digest realm=\"example.com\"\r\n"};

    for (size_t i = 0; i < RT_COUNT(lines); i++) {
        call_with_credentials();
        refuse("401 Unauthorized", lines[i]);
        rig_told(" ended:refused");
        rig_silence();
    }
    rig.opt.credentials = NULL;
    rig_call(0);
    refuse("401 Unauthorized", WWW("n1", ""));
    rig_told(" ended:refused");
    rig_silence();
}
END_TEST

/* A server that asks for ever new realms is asked no more at some point. */
START_TEST(endless_challenges_are_the_end)
{
    static const struct sip_credentials any = {.user = "alice", .password = "secret"};
    char line[200];
    unsigned n = 0;

    rig.opt.credentials = &any;
    rig_call(0);
    do {
        ck_assert_int_lt(n, 10);
        snprintf(line, sizeof line, "WWW-Authenticate: Digest realm=\"r%u\", nonce=\"n\"\r\n", ++n);
        refuse("401 Unauthorized", line);
        fake_settle();
    } while (rig_next());
    rig_told(" ended:refused");
    ck_assert_int_ge(n, 3); /* but two proxies and a server are nothing unusual */
}
END_TEST

/** In the dialog: a new nonce each time, which is no sign that the password was wrong. */
static void challenged_again(const char *method, const char *nonce, const char *line)
{
    unsigned before, after;

    rig_expect(method);
    ck_assert_int_eq(sscanf(rig_field(rig.in, "CSeq"), "%u", &before), 1);
    rig_answer(rig.in, "401 Unauthorized", NULL, line, NULL);
    if (strcmp(method, "INVITE ") == 0)
        rig_expect("ACK ");
    rig_expect(method);
    ck_assert_int_eq(sscanf(rig_field(rig.in, "CSeq"), "%u", &after), 1);
    ck_assert_uint_eq(after, before + 1);
    authorised("Authorization", &alice, nonce, "00000001");
}

START_TEST(requests_in_the_dialog_are_challenged_too)
{
    struct sip_body sdp = {rt_str("application/sdp"), rt_str(RIG_SDP)};

    call_with_credentials();
    refuse("401 Unauthorized", WWW("n1", ""));
    rig_expect("INVITE ");
    answered();
    ck_assert_int_eq(sip_session_reinvite(rig.session, &sdp), 0);
    challenged_again("INVITE ", "n2", WWW("n2", ""));
    ck_assert_str_eq(rig_body(), RIG_SDP);
    rig_answer(rig.in, "200 OK", NULL, RIG_CONTACT, RIG_SDP);
    rig_expect("ACK ");
    rig_told(" reanswered:200");
    ck_assert_int_eq(sip_session_update(rig.session, &sdp), 0);
    challenged_again("UPDATE ", "n3", WWW("n3", ""));
    ck_assert_str_eq(rig_body(), RIG_SDP);
    rig_answer(rig.in, "200 OK", NULL, RIG_CONTACT, RIG_SDP);
    rig_told(" reanswered:200");
    ck_assert_int_eq(sip_session_info(rig.session, &(struct sip_body){rt_str("a/b"), rt_str("5")}),
                     0);
    challenged_again("INFO ", "n4", WWW("n4", ""));
    ck_assert_str_eq(rig_body(), "5");
    rig_ok();
    rig_close();
    challenged_again("BYE ", "n5", WWW("n5", ""));
    rig_ok();
    rig_told("");
}
END_TEST

/* The called side is challenged as well. */
START_TEST(a_bye_of_the_called_is_challenged)
{
    rig.opt.credentials = &alice;
    rig_they_call();
    rig_close();
    challenged_again("BYE ", "n1", WWW("n1", ""));
    rig_ok();
}
END_TEST

/* What is refused for good changes nothing; a BYE ends the session all the same. */
START_TEST(wrong_credentials_in_the_dialog)
{
    call_with_credentials();
    answered();
    ck_assert_int_eq(sip_session_reinvite(rig.session, &(struct sip_body){rt_str("application/sdp"),
                                                                          rt_str(RIG_SDP)}),
                     0);
    challenged_again("INVITE ", "n1", WWW("n1", ""));
    refuse("401 Unauthorized", WWW("n2", ""));
    rig_told(" reanswered:401");
    rig_leave();
}
END_TEST

START_TEST(a_bye_with_wrong_credentials_ends_the_session)
{
    call_with_credentials();
    answered();
    rig_close();
    challenged_again("BYE ", "n1", WWW("n1", ""));
    rig_answer(rig.in, "401 Unauthorized", NULL, WWW("n2", ""), NULL);
    rig_silence();
    fake_advance(33 * RT_S);
    rig_empty();
    rig_told("");
}
END_TEST

START_TEST(a_stale_nonce_in_the_dialog)
{
    rig.opt.credentials = &alice;
    rig_they_call();
    rig_close();
    challenged_again("BYE ", "n1", WWW("n1", ""));
    rig_answer(rig.in, "401 Unauthorized", NULL, WWW("n2", ", stale=true"), NULL);
    rig_expect("BYE ");
    authorised("Authorization", &alice, "n2", "00000001");
    rig_ok();
}
END_TEST

/* A refresh of the session timer's too (RFC 4028 10). */
START_TEST(a_refresh_is_challenged)
{
    call_with_credentials();
    rig_answer(rig.in, "200 OK", "far",
               "Contact: <sip:far@192.0.2.1:5060>\r\nSession-Expires: 1800;refresher=uac\r\n",
               RIG_SDP);
    rig_expect("ACK ");
    rig_told(" answered");
    rig_zero();
    rig_at(900000);
    challenged_again("INVITE ", "n1", WWW("n1", ""));
    rig_has("Session-Expires", "1800;refresher=uac");
    rig_answer(rig.in, "200 OK", NULL, RIG_CONTACT, RIG_SDP);
    rig_expect("ACK ");
    rig_told("");
    rig_leave();
}
END_TEST

/* The next hop gets them at once, counted on: the same count twice would be a replay. */
START_TEST(credentials_go_to_the_next_hop)
{
    struct sip_hop hops[] = {{.transport = SIP_UDP}, {.transport = SIP_UDP}};
    struct sip_invite inv = {.hops = hops,
                             .nhops = 2,
                             .options = &rig.opt,
                             .request_uri = rt_str("sip:200@192.0.2.1"),
                             .from_uri = rt_str("sip:100@192.0.2.10"),
                             .to_uri = rt_str("sip:200@192.0.2.1"),
                             .body = {rt_str("application/sdp"), rt_str(RIG_SDP)}};
    struct rt_udp *first = rig.peer, *second;

    hops[0].addr = rig.peer_addr;
    hops[1].addr = rig_addr("192.0.2.2");
    ck_assert_int_eq(rt_udp_open(&second, rig.loop, &hops[1].addr, NULL, NULL), 0);
    rig.opt.credentials = &alice;
    rig.tells_tries = true;
    ck_assert_int_eq(sip_session_invite(&rig.session, rig.ua, &inv, &rig_session_ops, &rig), 0);
    rig_expect("INVITE ");
    refuse("401 Unauthorized", WWW("n1", ""));
    rig_expect("INVITE ");
    refuse("503 Service Unavailable", NULL);
    rig.peer = second;
    rig_expect("INVITE ");
    rig_has("CSeq", "2 INVITE");
    authorised("Authorization", &alice, "n1", "00000002");
    refuse("401 Unauthorized", WWW("n2", ""));
    rig_expect("INVITE ");
    rig_has("CSeq", "3 INVITE");
    authorised("Authorization", &alice, "n2", "00000001");
    rig_told(" tried:192.0.2.1:5060:busy"); /* a challenge is not the last word */
    rig_answer(rig.in, "200 OK", "far", "Contact: <sip:far@192.0.2.2:5060>\r\n", RIG_SDP);
    rig_expect("ACK ");
    rig_told(" tried:192.0.2.2:5060:answered answered");
    rig_leave();
    rig.peer = first;
    rt_udp_close(second);
}
END_TEST

START_TEST(a_422_after_a_challenge)
{
    call_with_credentials();
    refuse("401 Unauthorized", WWW("n1", ""));
    rig_expect("INVITE ");
    refuse("422 Session Interval Too Small", "Min-SE: 3600\r\n");
    rig_expect("INVITE ");
    rig_has("CSeq", "3 INVITE");
    rig_has("Session-Expires", "3600");
    authorised("Authorization", &alice, "n1", "00000002");
    answered();
    rig_leave();
}
END_TEST

/* A second fork is left with what the first one believed. */
START_TEST(a_fork_is_left_with_credentials)
{
    call_with_credentials();
    refuse("401 Unauthorized", WWW("n1", ""));
    rig_expect("INVITE ");
    const char *second = rig_saved();
    answered();
    rig_answer(second, "200 OK", "fork2", "Contact: <sip:two@192.0.2.1>\r\n", RIG_SDP);
    rig_expect("ACK sip:two@192.0.2.1 ");
    rig_expect("BYE sip:two@192.0.2.1 ");
    authorised("Authorization", &alice, "n1", "00000002");
    rig_ok();
    rig_leave();
}
END_TEST

START_TEST(a_cancelled_call_answers_no_challenge)
{
    call_with_credentials();
    rig_close();
    refuse("401 Unauthorized", WWW("n1", ""));
    rig_silence();
    rig_told("");
}
END_TEST

RIG_MAIN("sip challenge", a_401_is_answered, a_407_is_answered, both_at_once_are_answered,
         one_after_the_other_is_answered, a_stale_nonce_is_replaced_once,
         wrong_credentials_are_the_end, what_cannot_be_answered_is_the_end,
         endless_challenges_are_the_end, requests_in_the_dialog_are_challenged_too,
         a_bye_of_the_called_is_challenged, a_stale_nonce_in_the_dialog,
         wrong_credentials_in_the_dialog, a_bye_with_wrong_credentials_ends_the_session,
         a_refresh_is_challenged, credentials_go_to_the_next_hop, a_422_after_a_challenge,
         a_fork_is_left_with_credentials, a_cancelled_call_answers_no_challenge)
