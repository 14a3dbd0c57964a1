/* ICE-lite: checks as a full agent sends them, and what we answer and do; the demultiplexer. */
#include "codec/demux.h"
#include "codec/ice.h"
#include "codec/stun.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

static struct ice ice;
static rt_time now;
static uint8_t answer[ICE_ANSWER];
static size_t answer_len;
static struct stun_message reply;

static union rt_addr addr(const char *text)
{
    union rt_addr a;

    ck_assert_int_eq(rt_addr_parse(&a, text, strlen(text), 0), 0);
    return a;
}

static void setup(void)
{
    uint8_t random[ICE_RANDOM];

    for (unsigned i = 0; i < sizeof random; i++)
        random[i] = (uint8_t)(i * 3);
    ice_init(&ice, random);
    now = 50 * RT_S;
}

/** What a check says. */
struct check {
    const char *from;
    uint32_t priority;
    bool nominate, controlled, no_user, no_integrity, wrong_user, wrong_password, unknown;
    bool appended; /* by somebody on the way: behind what the password covers */
};

static enum ice_event hear(const struct check *c)
{
    uint8_t out[STUN_MAX];
    char user[64];
    struct rt_writer w = rt_writer(out, sizeof out);
    union rt_addr from = addr(c->from);

    stun_begin(&w, STUN_REQUEST, STUN_BINDING, (const uint8_t *)"0123456789ab");
    RT_JOIN(user, sizeof user, rt_str(c->wrong_user ? "Nobody" : ice.ufrag), rt_str(":far"));
    if (!c->no_user)
        stun_put_text(&w, STUN_USERNAME, rt_str(user));
    if (c->priority)
        stun_put_u32(&w, STUN_PRIORITY, c->priority);
    if (c->nominate)
        stun_put_flag(&w, STUN_USE_CANDIDATE);
    stun_put_u64(&w, c->controlled ? STUN_ICE_CONTROLLED : STUN_ICE_CONTROLLING, 42);
    if (c->unknown)
        stun_put_u32(&w, 0x7f00, 1);
    if (!c->no_integrity)
        stun_put_integrity(&w, c->wrong_password ? "x" : ice.pwd,
                           c->wrong_password ? 1 : strlen(ice.pwd));
    if (c->appended)
        stun_put_flag(&w, STUN_USE_CANDIDATE);
    stun_put_fingerprint(&w);
    enum ice_event e = ice_input(&ice, 1, out, rt_written(&w), &from, now, answer, &answer_len);
    ck_assert_uint_gt(answer_len, 0);
    ck_assert_int_eq(stun_parse(&reply, answer, answer_len), 0);
    ck_assert_mem_eq(reply.id, "0123456789ab", 12);
    ck_assert(reply.fingerprint);
    return e;
}

START_TEST(a_good_check_is_answered)
{
    union rt_addr from = addr("198.51.100.7:4000");

    ck_assert_int_eq(hear(&(struct check){.from = "198.51.100.7:4000", .priority = 5}),
                     ICE_NOTHING);
    ck_assert_int_eq(reply.class, STUN_SUCCESS);
    ck_assert(rt_addr_equal(&reply.mapped, &from));
    ck_assert(stun_authentic(&reply, ice.pwd, strlen(ice.pwd)));
    ck_assert_ptr_null(ice_address(&ice, 1)); /* nothing nominated so far */
    hear(&(struct check){.from = "[2001:db8::7]:4000", .priority = 5});
    from = addr("[2001:db8::7]:4000");
    ck_assert(rt_addr_equal(&reply.mapped, &from));
    ck_assert_uint_eq(ice.answered, 2);
}
END_TEST

START_TEST(faults_are_told)
{
    static const struct {
        struct check check;
        unsigned code;
        bool authentic;
    } cases[] = {
        {{.from = "192.0.2.9:1", .no_user = true}, 400, false},
        {{.from = "192.0.2.9:1", .no_integrity = true}, 400, false},
        {{.from = "192.0.2.9:1", .wrong_user = true}, 401, false},
        {{.from = "192.0.2.9:1", .wrong_password = true}, 401, false},
        {{.from = "192.0.2.9:1", .unknown = true}, 420, true},
        {{.from = "192.0.2.9:1", .controlled = true, .priority = 1}, 487, true},
        {{.from = "192.0.2.9:1", .nominate = true}, 400, false},
    };
    for (size_t i = 0; i < RT_COUNT(cases); i++) {
        ck_assert_int_eq(hear(&cases[i].check), ICE_NOTHING);
        ck_assert_int_eq(reply.class, STUN_ERROR);
        ck_assert_uint_eq(reply.error, cases[i].code);
        ck_assert_int_eq(stun_authentic(&reply, ice.pwd, strlen(ice.pwd)), cases[i].authentic);
    }
    ck_assert_ptr_null(ice_address(&ice, 1));
    ck_assert_uint_eq(ice.answered, 0);
    ck_assert_uint_eq(ice.malformed, 3);
    ck_assert_uint_eq(ice.unauthentic, 2);
    ck_assert_uint_eq(ice.unknown_attribute, 1);
    ck_assert_uint_eq(ice.conflicts, 1);
}
END_TEST

/** RFC 8489 14.5: what follows MESSAGE-INTEGRITY is ignored. */
START_TEST(nobody_appends_a_nomination)
{
    const struct check check = {.from = "192.0.2.9:1", .priority = 5, .appended = true};

    ck_assert_int_eq(hear(&check), ICE_NOTHING);
    ck_assert_int_eq(reply.class, STUN_SUCCESS);
    ck_assert_ptr_null(ice_address(&ice, 1));
}
END_TEST

START_TEST(what_is_no_request_gets_no_answer)
{
    uint8_t out[STUN_MAX];
    union rt_addr from = addr("192.0.2.9:1");

    for (unsigned class = STUN_INDICATION; class <= STUN_ERROR; class ++) {
        struct rt_writer w = rt_writer(out, sizeof out);
        stun_begin(&w, class, STUN_BINDING, (const uint8_t *)"0123456789ab");
        stun_put_fingerprint(&w);
        ice_input(&ice, 1, out, rt_written(&w), &from, now, answer, &answer_len);
        ck_assert_uint_eq(answer_len, 0);
    }
    ice_input(&ice, 1, (const uint8_t *)"\0\1garbage", 9, &from, now, answer, &answer_len);
    ck_assert_uint_eq(answer_len, 0);
    ck_assert_uint_eq(ice.malformed, 1);
}
END_TEST

START_TEST(the_best_nominated_pair_is_used)
{
    const struct check low = {.from = "192.0.2.1:10", .priority = 100, .nominate = true};
    const struct check high = {.from = "192.0.2.2:20", .priority = 200, .nominate = true};
    union rt_addr a = addr(low.from), b = addr(high.from);

    ck_assert_int_eq(hear(&low), ICE_NOMINATED);
    ck_assert(rt_addr_equal(ice_address(&ice, 1), &a));
    ck_assert_ptr_null(ice_address(&ice, 2));
    ck_assert_int_eq(hear(&low), ICE_NOTHING);
    ck_assert_int_eq(hear(&high), ICE_NOMINATED);
    ck_assert(rt_addr_equal(ice_address(&ice, 1), &b));
    ck_assert_int_eq(hear(&low), ICE_NOTHING); /* nominates everything, as RFC 5245 lets it */
    ck_assert(rt_addr_equal(ice_address(&ice, 1), &b));
    now += ICE_HOLD; /* the better one is silent: it moved */
    ck_assert_int_eq(hear(&low), ICE_NOMINATED);
    ck_assert(rt_addr_equal(ice_address(&ice, 1), &a));
}
END_TEST

START_TEST(a_candidates_own_priority_counts)
{
    struct ice_candidate list[2];

    ck_assert_int_eq(ice_candidate_parse(&list[0], rt_str("1 1 UDP 1000 192.0.2.1 10 typ host")),
                     0);
    ck_assert_int_eq(
        ice_candidate_parse(&list[1], rt_str("2 1 udp 900 192.0.2.2 20 typ srflx raddr "
                                             "10.0.0.1 rport 9 generation 0")),
        0);
    ice_set_remote(&ice, list, 2, false);
    hear(&(struct check){.from = "192.0.2.1:10", .priority = 1, .nominate = true});
    ck_assert_int_eq(
        hear(&(struct check){.from = "192.0.2.2:20", .priority = 999, .nominate = true}),
        ICE_NOTHING);
}
END_TEST

START_TEST(consent_ends_after_thirty_seconds)
{
    const struct check check = {.from = "192.0.2.1:10", .priority = 100, .nominate = true};
    const struct check keep = {.from = "192.0.2.1:10", .priority = 100};
    const struct check other = {.from = "192.0.2.3:10", .priority = 100};

    ck_assert_int_eq(ice_next(&ice), INT64_MAX);
    hear(&check);
    ck_assert_int_eq(ice_next(&ice), now + 30 * RT_S);
    now += 20 * RT_S;
    hear(&keep);
    ck_assert_int_eq(ice_next(&ice), now + 30 * RT_S);
    now += 29 * RT_S;
    hear(&other); /* some other path proves nothing */
    ck_assert(!ice_expire(&ice, 1, now));
    now += RT_S;
    ck_assert(ice_expire(&ice, 1, now));
    ck_assert(!ice_expire(&ice, 1, now));
    ck_assert_ptr_null(ice_address(&ice, 1));
    ck_assert_int_eq(ice_next(&ice), INT64_MAX);
    ck_assert_int_eq(hear(&keep), ICE_NOMINATED); /* it came back */
    ck_assert_ptr_nonnull(ice_address(&ice, 1));
}
END_TEST

START_TEST(name_and_password_are_of_the_randomness)
{
    /* random i * 3 mod 64 counted in A..Z a..z 0..9 + / */
    ck_assert_str_eq(ice.ufrag, "ADGJMPSV");
    ck_assert_str_eq(ice.pwd, "Ybehknqtwz258/CFILORUXad");
}
END_TEST

START_TEST(candidates_are_read)
{
    static const struct {
        const char *text;
        int want;
    } cases[] = {
        /* RFC 8839 5.1's example, and a host of IPv6 */
        {"2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998", 0},
        {"1 2 UDP 2130706431 2001:db8::1 5000 typ host", 0},
        {"1 1 TCP 2105458943 192.0.2.3 9 typ host tcptype active", ENOTSUP},
        {"1 3 UDP 1 192.0.2.3 9 typ host", ENOTSUP},
        {"1 1 UDP 1 9b36eaac-bb2e-49bb-bb78-21c41c499900.local 9 typ host", ENOTSUP},
        {"1 1 UDP 1 192.0.2.3 0 typ host", ENOTSUP},
        {"1 0 UDP 1 192.0.2.3 9 typ host", EBADMSG},
        {"1 1 UDP 1 192.0.2.3 65536 typ host", EBADMSG},
        {"1 1 UDP 4294967295 192.0.2.3 9 typ host", EBADMSG},
        {"1 1 UDP 1 192.0.2.3 9 host", EBADMSG},
        {"1 1 UDP 1 192.0.2.3 9 typ", EBADMSG},
        {"* 1 UDP 1 192.0.2.3 9 typ host", EBADMSG},
        {"", EBADMSG},
    };
    struct ice_candidate c;

    for (size_t i = 0; i < RT_COUNT(cases); i++)
        ck_assert_msg(ice_candidate_parse(&c, rt_str(cases[i].text)) == cases[i].want, "%s",
                      cases[i].text);
}
END_TEST

START_TEST(two_lite_agents_need_no_checks)
{
    struct ice_candidate c[2];
    union rt_addr best = addr("192.0.2.3:4");

    ck_assert_int_eq(ice_candidate_parse(&c[0], rt_str("1 1 UDP 1 192.0.2.2 4 typ host")), 0);
    ck_assert_int_eq(ice_candidate_parse(&c[1], rt_str("1 1 UDP 2 192.0.2.3 4 typ host")), 0);
    ice_set_remote(&ice, c, 2, true);
    ck_assert(rt_addr_equal(ice_address(&ice, 1), &best));
    ck_assert_int_eq(ice_next(&ice), INT64_MAX);
}
END_TEST

START_TEST(datagrams_are_told_apart)
{
    for (unsigned first = 0; first < 256; first++)
        for (unsigned second = 0; second < 256; second++) {
            const uint8_t p[2] = {(uint8_t)first, (uint8_t)second};
            enum demux_kind want = DEMUX_OTHER;
            if (first <= 3) /* RFC 7983 section 7 */
                want = DEMUX_STUN;
            else if (first >= 20 && first <= 63)
                want = DEMUX_DTLS;
            else if (first >= 128 && first <= 191)
                want = second >= 192 && second <= 223 ? DEMUX_RTCP : DEMUX_RTP;
            ck_assert_int_eq(demux_kind(p, 2), want);
        }
    ck_assert_int_eq(demux_kind((const uint8_t *)"", 0), DEMUX_OTHER);
    ck_assert_int_eq(demux_kind((const uint8_t *)"\x80", 1), DEMUX_OTHER);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("ice");
    TCase *t = tcase_create("ice");

    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, a_good_check_is_answered);
    tcase_add_test(t, faults_are_told);
    tcase_add_test(t, nobody_appends_a_nomination);
    tcase_add_test(t, what_is_no_request_gets_no_answer);
    tcase_add_test(t, the_best_nominated_pair_is_used);
    tcase_add_test(t, a_candidates_own_priority_counts);
    tcase_add_test(t, consent_ends_after_thirty_seconds);
    tcase_add_test(t, name_and_password_are_of_the_randomness);
    tcase_add_test(t, candidates_are_read);
    tcase_add_test(t, two_lite_agents_need_no_checks);
    tcase_add_test(t, datagrams_are_told_apart);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int bad = srunner_ntests_failed(r);
    srunner_free(r);
    return bad != 0;
}
