/* The registrar and the admission of its users, as phones meet them (RFC 3261 10.3, RFC 3327). */
#include "test/unit/auth_rig.h"

#include <sqlite3.h>
#include <unistd.h>

#define HEAD "version 1\nsip { listen udp:192.0.2.10 }\n"
#define REGISTRAR                                                                                  \
    "registrar {\n realm example.com\n users file:/users\n expires 60s-1h\n contacts 10\n"         \
    " state /state\n}\n"
#define TRUNKS                                                                                     \
    "trunk phones { sip registered }\n"                                                            \
    "trunk pbx { sip sip:192.0.2.77 }\n"                                                           \
    "trunk branch { sip sip:192.0.2.78\n challenge u7\n caller refuse\n}\n"

static unsigned transactions;

static void write_users(unsigned n)
{
    struct rt_buf text = {0};
    char name[16];

    rt_buf_puts(&text, "# users\n");
    for (unsigned i = 0; i < n; i++) {
        snprintf(name, sizeof name, "u%u", i);
        ck_assert_int_eq(gw_users_passwd(&text, name, "example.com", rt_str("secret")), 0);
    }
    ck_assert_int_eq(rt_file_replace("/users", text.p, text.n, 0600), 0);
    rt_buf_release(&text);
}

static void setup(void)
{
    fake_reset();
    write_users(100);
    rig_start(HEAD REGISTRAR TRUNKS);
}

static void teardown(void)
{
    rig_stop();
}

/** A request as a phone sends it. */
struct ask {
    const char *method, *user, *to, *call_id, *lines, *from;
    unsigned cseq;
};

static void put(const struct ask *a, const char *authorization)
{
    struct rt_buf out = {0};
    const char *method = a->method ? a->method : "REGISTER",
               *call_id = a->call_id ? a->call_id : "c";
    const char *user = a->user ? a->user : "u1";
    bool registers = strcmp(method, "REGISTER") == 0;

    rt_buf_printf(
        &out,
        "%s sip:%sexample.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK%u\r\n"
        "Max-Forwards: 70\r\nFrom: <sip:%s@example.com>;tag=1\r\nTo: <sip:%s@example.com>\r\n"
        "Call-ID: %s\r\nCSeq: %u %s\r\n%s%sContent-Length: 0\r\n\r\n",
        method, registers ? "" : "200@", ++transactions, a->from ? a->from : user,
        a->to       ? a->to
        : registers ? user
                    : "200",
        call_id, a->cseq ? a->cseq : 1, method, authorization, a->lines ? a->lines : "");
    rig_send(out.p);
    rt_buf_release(&out);
    do
        ck_assert_msg(rig_next(), "no answer to %s", method);
    while (strncmp(rig.in, "SIP/2.0 1", 9) == 0);
}

/** Asks, and again with credentials when challenged. The final status. */
static int ask(const struct ask *a, const char *password)
{
    const char *user = a->user ? a->user : "u1";
    struct rt_buf lines = {0};
    const char *method = a->method ? a->method : "REGISTER";
    char uri[64], nonce[80], response[SIP_DIGEST_LEN], ha1[SIP_DIGEST_LEN];

    put(a, "");
    if (strncmp(rig.in, "SIP/2.0 401", 11) != 0)
        return atoi(rig.in + 8);
    const char *challenge = rig_field("WWW-Authenticate", 0), *p = strstr(challenge, "nonce=\"");
    ck_assert_ptr_nonnull(strstr(challenge, "algorithm=SHA-512-256"));
    rt_str_copy(nonce, sizeof nonce, (struct rt_str){p + 7, strcspn(p + 7, "\"")});
    snprintf(uri, sizeof uri, "sip:%sexample.com", strcmp(method, "REGISTER") == 0 ? "" : "200@");
    sip_digest_ha1(ha1, SIP_SHA256, rt_str(user), rt_str("example.com"), rt_str(password));
    sip_digest_response(response, &(struct sip_digest_input){.hash = SIP_SHA256,
                                                             .ha1 = ha1,
                                                             .nonce = rt_str(nonce),
                                                             .cnonce = rt_str("x"),
                                                             .nc = rt_str("00000001"),
                                                             .qop = rt_str("auth"),
                                                             .method = rt_str(method),
                                                             .uri = rt_str(uri)});
    rt_buf_printf(&lines,
                  "Authorization: Digest username=\"%s\", realm=\"example.com\", nonce=\"%s\", "
                  "uri=\"%s\", response=\"%s\", algorithm=SHA-256, qop=auth, nc=00000001, "
                  "cnonce=\"x\"\r\n",
                  user, nonce, uri, response);
    struct ask again = *a;
    again.cseq = (a->cseq ? a->cseq : 1) + (strcmp(method, "REGISTER") == 0 ? 0 : 1);
    put(&again, lines.p);
    rt_buf_release(&lines);
    return atoi(rig.in + 8);
}
#define ask(...) ask(&(struct ask){__VA_ARGS__}, "secret")

static unsigned contacts(const char *user, struct gw_binding *out)
{
    return gw_registrar_contacts(&rig.gw, rt_str(user), out, 20);
}

/* ---- who ---- */

START_TEST(a_phone_registers)
{
    struct gw_binding b[20];

    ck_assert_int_eq(ask(.lines = "Contact: <sip:u1@10.0.0.5:5066;ob>;expires=600\r\n"
                                  "User-Agent: phone\r\n"),
                     200);
    ck_assert_str_eq(rig_field("Contact", 0), "<sip:u1@10.0.0.5:5066;ob>;expires=600");
    ck_assert_uint_eq(contacts("u1", b), 1);
    ck_assert_str_eq(b[0].uri, "sip:u1@10.0.0.5:5066;ob");
    ck_assert_str_eq(b[0].agent, "phone");
    char addr[RT_ADDR_LEN]; /* behind a NAT: where it came from counts */
    ck_assert_str_eq(rt_addr_format(addr, &b[0].received), "192.0.2.1:5060");
    ck_assert_int_eq(ask(.cseq = 5), 200); /* a query */
    ck_assert_str_eq(rig_field("Contact", 0), "<sip:u1@10.0.0.5:5066;ob>;expires=600");
}
END_TEST

START_TEST(who_cannot_prove_it_is_asked_again)
{
    struct ask a = {.user = "nobody"};

    put(&a, "Authorization: Digest username=\"u1\", realm=\"example.com\", nonce=\"x\"\r\n");
    ck_assert(rig_has("SIP/2.0 400"));
    ck_assert_int_eq(ask(.user = "nobody"), 401);
    put(&a, "");
    ck_assert(rig_has("SIP/2.0 401"));
    ck_assert(!rig_has("stale"));
}
END_TEST

START_TEST(nobody_registers_for_somebody_else)
{
    ck_assert_int_eq(ask(.to = "u2", .lines = "Contact: <sip:x@10.0.0.5>\r\n"), 403);
    ck_assert_uint_eq(gw_registrar_count(rig.gw.registrar), 0);
    ck_assert_int_eq(ask(.to = "%75%31", .lines = "Contact: <sip:x@10.0.0.5>\r\n"), 200);
}
END_TEST

START_TEST(a_trunk_is_known_by_address_user_or_not_at_all)
{
    ck_assert_int_eq(ask(.method = "INVITE", .lines = "Contact: <sip:a@192.0.2.1>\r\n"), 486);
    ck_assert_str_eq(rig.invited->name, "phones");
    ck_assert_str_eq(rig.caller, "u1");
    ck_assert_int_eq(ask(.method = "INVITE", .user = "u2", .from = "boss", .call_id = "d",
                         .lines = "Contact: <sip:a@192.0.2.1>\r\n"),
                     486);
    ck_assert_str_eq(rig.caller, "u2"); /* calls as itself whatever it says */
    ck_assert_int_eq(ask(.method = "INVITE", .user = "u7", .call_id = "e",
                         .lines = "Contact: <sip:a@192.0.2.1>\r\n"),
                     486);
    ck_assert_str_eq(rig.invited->name, "branch");
    ck_assert_int_eq(ask(.method = "INVITE", .user = "u7", .from = "boss", .call_id = "f",
                         .lines = "Contact: <sip:a@192.0.2.1>\r\n"),
                     403);
    ck_assert_int_eq(ask(.method = "INVITE", .user = "u7", .call_id = "g",
                         .lines = "Contact: <sip:a@192.0.2.1>\r\n"
                                  "P-Preferred-Identity: \"B\" <sip:boss@example.com>\r\n"),
                     403);
    ck_assert_int_eq(ask(.method = "INVITE", .user = "nobody", .call_id = "h"), 401);
}
END_TEST

START_TEST(without_a_registrar_strangers_are_forbidden)
{
    rig_down();
    gw_plan_unref(rig.gw.plan);
    rig_plan(HEAD "trunk pbx { sip sip:192.0.2.77 }\n");
    rig_up();
    ck_assert_int_eq(ask(.cseq = 1), 403);
    ck_assert_int_eq(ask(.method = "INVITE"), 403);
}
END_TEST

/* ---- bindings ---- */

START_TEST(contacts_come_by_q_and_age)
{
    struct gw_binding b[20];

    ck_assert_int_eq(ask(.lines = "Contact: <sip:a@h>;q=0.5, <sip:b@h>;q=0.7\r\n"
                                  "Contact: <sip:c@h>;q=0.5;expires=120\r\nExpires: 300\r\n"),
                     200);
    ck_assert_str_eq(rig_field("Contact", 0), "<sip:b@h>;q=0.700;expires=300");
    ck_assert_str_eq(rig_field("Contact", 1), "<sip:c@h>;q=0.500;expires=120");
    ck_assert_str_eq(rig_field("Contact", 2), "<sip:a@h>;q=0.500;expires=300");
    ck_assert_uint_eq(contacts("u1", b), 3);
    ck_assert_str_eq(b[1].uri, "sip:c@h");
    ck_assert_int_eq(ask(.cseq = 3, .lines = "Contact: <sip:a@h>;q=0.5\r\n"), 200);
    contacts("u1", b);
    ck_assert_str_eq(b[1].uri, "sip:a@h"); /* renewed: the newest now */
    ck_assert_uint_eq(gw_registrar_contacts(&rig.gw, rt_str("u1"), b, 1), 1);
    ck_assert_str_eq(b[0].uri, "sip:b@h");
}
END_TEST

START_TEST(star_removes_all_and_only_so)
{
    struct gw_binding b[20];

    ask(.lines = "Contact: <sip:a@h>, <sip:b@h>\r\n");
    ck_assert_int_eq(ask(.cseq = 3, .lines = "Contact: *\r\n"), 400);
    ck_assert_int_eq(ask(.cseq = 4, .lines = "Contact: *\r\nExpires: 60\r\n"), 400);
    ck_assert_int_eq(ask(.cseq = 5, .lines = "Contact: *, <sip:a@h>\r\nExpires: 0\r\n"), 400);
    ck_assert_uint_eq(contacts("u1", b), 2);
    ck_assert_int_eq(ask(.cseq = 1, .lines = "Contact: *\r\nExpires: 0\r\n"), 500);
    ck_assert_int_eq(ask(.cseq = 7, .lines = "Contact: *\r\nExpires: 0\r\n"), 200);
    ck_assert_uint_eq(contacts("u1", b), 0);
    ck_assert_str_eq(rig_field("Contact", 0), "");
}
END_TEST

START_TEST(lives_are_kept_within_bounds)
{
    ck_assert_int_eq(ask(.lines = "Contact: <sip:a@h>;expires=59\r\n"), 423);
    ck_assert_str_eq(rig_field("Min-Expires", 0), "60");
    ck_assert_int_eq(ask(.cseq = 3, .lines = "Contact: <sip:a@h>;expires=60\r\n"), 200);
    ck_assert_int_eq(ask(.cseq = 5, .lines = "Contact: <sip:b@h>\r\nExpires: 86400\r\n"), 200);
    ck_assert_str_eq(rig_field("Contact", 0), "<sip:b@h>;expires=3600");
    ck_assert_int_eq(ask(.cseq = 7, .lines = "Contact: <sip:a@h>;expires=0\r\n"), 200);
    ck_assert_str_eq(rig_field("Contact", 1), "");
}
END_TEST

START_TEST(a_binding_ends_at_its_millisecond)
{
    struct gw_binding b[20];

    ask(.lines = "Contact: <sip:a@h>;expires=60\r\n");
    fake_advance(60 * RT_S - RT_MS);
    ck_assert_uint_eq(contacts("u1", b), 1);
    fake_advance(RT_MS);
    ck_assert_uint_eq(contacts("u1", b), 0);
}
END_TEST

START_TEST(what_comes_late_changes_nothing)
{
    ck_assert_int_eq(ask(.cseq = 5, .lines = "Contact: <sip:a@h>\r\n"), 200);
    ck_assert_int_eq(ask(.cseq = 5, .lines = "Contact: <sip:c@h>, <sip:a@h>;q=0.1\r\n"), 500);
    ck_assert_uint_eq(gw_registrar_count(rig.gw.registrar), 1); /* all or nothing */
    ck_assert_int_eq(ask(.cseq = 6, .lines = "Contact: <sip:a@h>\r\n"), 200);
    ck_assert_int_eq(ask(.cseq = 1, .call_id = "new", .lines = "Contact: <sip:a@h>\r\n"), 200);
}
END_TEST

START_TEST(a_path_is_kept)
{
    struct gw_binding b[20];

    ck_assert_int_eq(ask(.lines =
                             "Supported: path\r\nRequire: path\r\nPath: <sip:p1;lr>,<sip:p2;lr>\r\n"
                             "Path: <sip:p3;lr>\r\nContact: <sip:a@h>\r\n"),
                     200);
    ck_assert_str_eq(rig_field("Path", 0), "<sip:p1;lr>, <sip:p2;lr>, <sip:p3;lr>");
    contacts("u1", b);
    ck_assert_str_eq(b[0].path, "<sip:p1;lr>, <sip:p2;lr>, <sip:p3;lr>");
    ck_assert_int_eq(ask(.cseq = 3, .lines = "Require: gruu, path\r\nContact: <sip:a@h>\r\n"), 420);
    ck_assert_str_eq(rig_field("Unsupported", 0), "gruu");
}
END_TEST

START_TEST(what_could_not_be_called_is_refused)
{
    struct gw_binding b[20];
    char lines[2048];

    snprintf(lines, sizeof lines, "Contact: <sip:%0512d@h>\r\n", 1);
    ck_assert_int_eq(ask(.lines = lines), 400);
    snprintf(lines, sizeof lines,
             "Supported: path\r\nPath: <sip:%01024d@h;lr>\r\nContact: <sip:a@h>\r\n", 1);
    ck_assert_int_eq(ask(.cseq = 3, .lines = lines), 400);
    ck_assert_int_eq(ask(.cseq = 5, .lines = "Contact: <tel:+4930123>\r\n"), 400);
    ck_assert_uint_eq(contacts("u1", b), 0);
}
END_TEST

START_TEST(a_hundred_users_with_ten_contacts_each)
{
    char user[8], lines[64];
    struct gw_binding b[20];

    for (unsigned u = 0; u < 100; u++, fake_advance(100 * RT_MS)) /* not too many in a second */
        for (unsigned c = 0; c < 10; c++) {
            snprintf(user, sizeof user, "u%u", u);
            snprintf(lines, sizeof lines, "Contact: <sip:%u@10.0.%u.%u>\r\n", u, u, c);
            ck_assert_int_eq(ask(.user = user, .cseq = 1 + 2 * c, .lines = lines), 200);
        }
    ck_assert_uint_eq(gw_registrar_count(rig.gw.registrar), 1000);
    ck_assert_uint_eq(contacts("u99", b), 10);
    ck_assert_int_eq(ask(.cseq = 99, .lines = "Contact: <sip:eleven@h>\r\n"), 403);
    ck_assert_int_eq(ask(.cseq = 101, .lines = "Contact: <sip:eleven@h>, "
                                               "<sip:1@10.0.1.0>;expires=0\r\n"),
                     200);
    fake_advance(3600 * RT_S);
    ck_assert_uint_eq(gw_registrar_count(rig.gw.registrar), 0);
}
END_TEST

START_TEST(a_restart_keeps_bindings)
{
    struct gw_binding b[20];
    struct gw_users *users;
    struct rt_buf why = {0};

    ask(.lines =
            "Contact: <sip:a@h>;q=0.3;expires=600\r\nPath: <sip:p;lr>\r\nUser-Agent: x\ty\r\n");
    fake_advance(100 * RT_S);
    rig_down();
    rig_up();
    ck_assert_uint_eq(contacts("u1", b), 1);
    ck_assert_str_eq(b[0].uri, "sip:a@h");
    ck_assert_str_eq(b[0].path, "<sip:p;lr>");
    ck_assert_uint_eq(b[0].q, 300);
    ck_assert_int_eq(b[0].expires - rt_now(), 500 * RT_S);
    ck_assert_int_eq(ask(.cseq = 1, .lines = "Contact: <sip:a@h>\r\n"), 500); /* order too */
    write_users(1);
    ck_assert_int_eq(gw_registrar_read(&users, &rig.gw.plan->registrar, &why), 0);
    gw_registrar_take(rig.gw.registrar, users); /* u1 is gone */
    ck_assert_uint_eq(gw_registrar_count(rig.gw.registrar), 0);
}
END_TEST

/** So much is left of a registration for 600 s, 100 s old at the stop, when the wall clock is set
 * by `set` while nothing runs, for 50 s. */
static rt_time left_after(rt_time set, bool reboot)
{
    struct gw_binding b[20];

    ask(.lines = "Contact: <sip:a@h>;expires=600\r\n");
    fake_advance(100 * RT_S);
    rig_down();
    fake_advance(50 * RT_S);
    fake_wall_step(set);
    if (reboot)
        fake_reboot();
    rig_up();
    return contacts("u1", b) == 1 ? b[0].expires - rt_now() : 0;
}

START_TEST(a_wall_clock_that_is_set_ends_no_registration_and_prolongs_none)
{
    static const rt_time sets[] = {0, 3600 * RT_S, -3600 * RT_S, 300 * RT_S, -300 * RT_S};

    ck_assert_int_eq(left_after(sets[_i], false), 450 * RT_S);
}
END_TEST

/* Only the wall clock knows how long the machine was off; when it shows a time before that of the
 * file it does not. */
START_TEST(over_a_start_of_the_machine_the_wall_clock_counts_but_never_prolongs)
{
    static const struct {
        rt_time set, left;
    } rows[] = {
        {0, 450}, {100 * RT_S, 350}, {3600 * RT_S, 0}, {-49 * RT_S, 499}, {-3600 * RT_S, 500}};

    ck_assert_int_eq(left_after(rows[_i].set, true), rows[_i].left * RT_S);
}
END_TEST

/* A kill later on, in the same start of the machine, does not find the old line again. */
START_TEST(a_clock_that_is_behind_prolongs_none_at_each_restart)
{
    struct gw_binding b[20];
    struct rt_buf file = {0};

    ck_assert_int_eq(left_after(-3600 * RT_S, true), 500 * RT_S);
    fake_advance(100 * RT_S);
    ck_assert_int_eq(rt_file_read(&file, "/state", 10000), 0);
    rig_down();
    ck_assert_int_eq(rt_file_replace("/state", file.p, file.n, 0600), 0); /* it was killed */
    rig_up();
    ck_assert_uint_eq(contacts("u1", b), 1);
    ck_assert_int_eq(b[0].expires - rt_now(), 400 * RT_S);
    rt_buf_release(&file);
}
END_TEST

/* What an older version has written says only when it ends. */
START_TEST(a_file_without_its_time_goes_by_the_wall_clock)
{
    char line[200];
    struct gw_binding b[20];

    rig_down();
    snprintf(line, sizeof line,
             "tandem registrations 1\nu1\tsip:a@h\t1000\t%lld\t1\t0\t10.0.0.9:5060\tid\t\t\n",
             (long long)(rt_wall() / RT_MS + 70000));
    ck_assert_int_eq(rt_file_replace("/state", line, strlen(line), 0600), 0);
    rig_up();
    ck_assert_uint_eq(contacts("u1", b), 1);
    ck_assert_int_eq(b[0].expires - rt_now(), 70 * RT_S);
}
END_TEST

START_TEST(what_changes_is_written_within_a_second)
{
    struct rt_buf text = {0};

    ask(.lines = "Contact: <sip:a@h>\r\n");
    fake_advance(RT_S);
    ck_assert_int_eq(rt_file_read(&text, "/state", 10000), 0);
    ck_assert_ptr_nonnull(strstr(text.p, "u1\tsip:a@h\t1000\t"));
    rt_buf_release(&text);
    ck_assert_int_eq(rt_file_replace("/state", "tandem registrations 1\nu1\tx\n\n", 29, 0600), 0);
}
END_TEST

/* ---- users ---- */

static void users_refused(const char *text, const char *want)
{
    struct conf_diag diag = {.errors = 0};
    struct gw_users *u;

    ck_assert_int_eq(rt_file_replace("/bad", text, strlen(text), 0600), 0);
    ck_assert_int_eq(
        gw_users_load(&u, "file:/bad", "example.com", (struct conf_pos){"t.conf", 1, 1}, &diag),
        EINVAL);
    ck_assert_str_eq(diag.text.p, want);
    conf_diag_release(&diag);
}

START_TEST(wrong_users_are_told_with_their_line)
{
    users_refused("#\na:00\n", "/bad:2:1: the HA1 of \"a\" is not 32 hexadecimal digits\n");
    users_refused("a\n", "/bad:1:1: a user is name:HA1 or name:realm:algorithm:HA1\n");
    users_refused("a:example.com:SHA-9:00\n", "/bad:1:1: unknown algorithm \"SHA-9\"\n");
    users_refused("a:00112233445566778899aabbccddeeff\n"
                  "a:example.com:00112233445566778899AABBCCDDEEFF\n",
                  "/bad:2:1: user \"a\" stands twice with MD5\n");
}
END_TEST

START_TEST(users_come_from_sqlite_too)
{
    char path[] = "/tmp/tandem-users-XXXXXX", source[64];
    struct conf_diag diag = {.errors = 0};
    struct gw_users *u;
    sqlite3 *db;
    int fd = mkstemp(path);

    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db,
                                  "CREATE TABLE users(name, realm, algorithm, ha1);"
                                  "INSERT INTO users VALUES('a', 'example.com', 'MD5',"
                                  " '00112233445566778899AABBCCDDEEFF');"
                                  "INSERT INTO users VALUES('b', 'other', NULL,"
                                  " '00112233445566778899aabbccddeeff');",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    snprintf(source, sizeof source, "sqlite:%s", path);
    ck_assert_int_eq(gw_users_load(&u, source, "example.com", (struct conf_pos){"t", 1, 1}, &diag),
                     0);
    ck_assert_uint_eq(gw_users_count(u), 1);
    ck_assert_str_eq(gw_users_ha1(u, rt_str("a"), SIP_MD5), "00112233445566778899aabbccddeeff");
    gw_users_free(u);
    unlink(path);
    close(fd);
    ck_assert_int_eq(gw_users_load(&u, source, "example.com", (struct conf_pos){"t", 1, 1}, &diag),
                     EINVAL);
    ck_assert_uint_eq(diag.errors, 1);
    conf_diag_release(&diag);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("registrar");
    TCase *tc = tcase_create("all");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_phone_registers);
    tcase_add_test(tc, who_cannot_prove_it_is_asked_again);
    tcase_add_test(tc, nobody_registers_for_somebody_else);
    tcase_add_test(tc, a_trunk_is_known_by_address_user_or_not_at_all);
    tcase_add_test(tc, without_a_registrar_strangers_are_forbidden);
    tcase_add_test(tc, contacts_come_by_q_and_age);
    tcase_add_test(tc, star_removes_all_and_only_so);
    tcase_add_test(tc, lives_are_kept_within_bounds);
    tcase_add_test(tc, a_binding_ends_at_its_millisecond);
    tcase_add_test(tc, what_comes_late_changes_nothing);
    tcase_add_test(tc, a_path_is_kept);
    tcase_add_test(tc, what_could_not_be_called_is_refused);
    tcase_add_test(tc, a_hundred_users_with_ten_contacts_each);
    tcase_add_test(tc, a_restart_keeps_bindings);
    tcase_add_loop_test(tc, a_wall_clock_that_is_set_ends_no_registration_and_prolongs_none, 0, 5);
    tcase_add_loop_test(tc, over_a_start_of_the_machine_the_wall_clock_counts_but_never_prolongs, 0,
                        5);
    tcase_add_test(tc, a_clock_that_is_behind_prolongs_none_at_each_restart);
    tcase_add_test(tc, a_file_without_its_time_goes_by_the_wall_clock);
    tcase_add_test(tc, what_changes_is_written_within_a_second);
    tcase_add_test(tc, wrong_users_are_told_with_their_line);
    tcase_add_test(tc, users_come_from_sqlite_too);
    suite_add_tcase(s, tc);
    SRunner *sr = srunner_create(s);
    srunner_run_all(sr, CK_ENV);
    int failed = srunner_ntests_failed(sr);
    srunner_free(sr);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
