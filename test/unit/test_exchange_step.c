/* The words of steps and of the `call` command. */
#include "test/unit/exchange_rig.h"

#include "isdn/aoc.h"

#define WORDS 40

/** Splits at blanks; the words live as long as the test. */
static struct ex_words words(const char *text)
{
    static char copy[512];
    static const char *word[WORDS];
    struct ex_words w = {.word = word};

    rt_str_copy(copy, sizeof copy, rt_str(text));
    for (char *p = strtok(copy, " "); p && w.n < WORDS; p = strtok(NULL, " "))
        word[w.n++] = p;
    return w;
}

static struct ex_step step(const char *text)
{
    struct ex_words w = words(text);
    struct ex_step s;

    ck_assert_msg(ex_step_parse(&s, &w) == 0, "%s: %s", text, w.error);
    ck_assert_uint_eq(w.at, w.n);
    return s;
}

static struct ex_order order(const char *text)
{
    struct ex_words w = words(text);
    struct ex_order o;

    ck_assert_msg(ex_order_parse(&o, &w) == 0, "%s: %s", text, w.error);
    return o;
}

static void expect_wrong(const char *text, const char *error)
{
    struct ex_words w = words(text);
    struct ex_order o;

    ck_assert_int_eq(ex_order_parse(&o, &w), EINVAL);
    ck_assert_str_eq(w.error, error);
    ex_order_free(&o);
}

START_TEST(steps)
{
    struct ex_step s = step("alerting pi 8 after 200ms");
    ck_assert_int_eq(s.op, EX_ALERTING);
    ck_assert_uint_eq(s.pi, 8);
    ck_assert_int_eq(s.after, 200 * RT_MS);
    s = step("busy tones");
    ck_assert_int_eq(s.op, EX_HANGUP);
    ck_assert_uint_eq(s.cause, 17);
    ck_assert(s.tones);
    s = step("tone 1004 level -20.5");
    ck_assert_double_eq_tol(s.hz, 1004, 1e-9);
    ck_assert_double_eq_tol(s.level, -20.5, 1e-9);
    s = step("wait played");
    ck_assert_int_eq(s.wait, 0);
    s = step("wait 1.5s");
    ck_assert_int_eq(s.wait, 1500 * RT_MS);
    s = step("deflect +4930 reason 1");
    ck_assert_str_eq(s.text, "+4930");
    ck_assert_uint_eq(s.reason, 1);
    ck_assert_uint_eq(step("deflect 1").reason, 4); /* call deflection, EN 300 207-1 */
    s = step("connected 4711 name Otto");
    ck_assert_str_eq(s.name, "Otto");
    s = step("aoc d 1.25 EUR");
    ck_assert_str_eq(s.amount, "1.25");
    ck_assert_str_eq(s.name, "EUR");
    ck_assert_str_eq(step("aoc e 12").name, "");
    ck_assert_str_eq(step("aoc e free").amount, "free");
}
END_TEST

START_TEST(a_step_ends_where_the_next_begins)
{
    struct ex_words w = words("aoc e 12 hangup cause 31");
    struct ex_step s;

    ck_assert_int_eq(ex_step_parse(&s, &w), 0);
    ck_assert_uint_eq(w.at, 3);
    ck_assert_int_eq(ex_step_parse(&s, &w), 0);
    ck_assert_uint_eq(s.cause, 31);
    ck_assert_int_eq(ex_step_parse(&s, &w), ENOENT);
}
END_TEST

START_TEST(orders)
{
    struct ex_order o = order("+49301 from 4711 span 3 rate 60/s count 100 measure off pi 3 "
                              "redirecting 22 reason 1 first 21 reason 2 for 5s");

    ck_assert_str_eq(o.setup.called.digits, "49301");
    ck_assert_uint_eq(o.setup.called.ton, 1);
    ck_assert_str_eq(o.setup.calling.digits, "4711");
    ck_assert_uint_eq(o.setup.calling.ton, 0);
    ck_assert_uint_eq(o.setup.calling.presentation, 0);
    ck_assert_uint_eq(o.span, 3);
    ck_assert_uint_eq(o.count, 100);
    ck_assert_double_eq_tol(o.rate, 60, 1e-9);
    ck_assert(o.deaf && !o.spread);
    ck_assert_uint_eq(o.setup.progress, 3);
    ck_assert_uint_eq(o.setup.indicators, 1u << 3);
    ck_assert_uint_eq(o.setup.diversion.count, 2);
    ck_assert_str_eq(o.setup.diversion.last.digits, "22");
    ck_assert_uint_eq(o.setup.diversion.last_reason, 1);
    ck_assert_str_eq(o.setup.diversion.first.digits, "21");
    ck_assert_uint_eq(o.setup.diversion.first_reason, 2);
    ck_assert_uint_eq(o.nsteps, 1); /* `for` */
    ck_assert_int_eq(o.steps[0].op, EX_HANGUP);
    ck_assert_int_eq(o.steps[0].after, 5 * RT_S);
    ex_order_free(&o);
}
END_TEST

START_TEST(elements_of_setup)
{
    struct ex_order o = order("1 span all bearer audio uui 0x0102ff subaddress 12 "
                              "from-subaddress 0xa1 hlc 9181 llc 8890 charges de");
    static const uint8_t octets[] = {1, 2, 0xff}, nsap[] = {0x50, '1', '2'};

    ck_assert(o.spread);
    ck_assert_int_eq(o.setup.bearer, ISDN_AUDIO_31);
    ck_assert_uint_eq(o.setup.uui.protocol, 0); /* user specific, Q.931 table 4-26 */
    ck_assert_uint_eq(o.setup.uui.len, 3);
    ck_assert_mem_eq(o.setup.uui.octets, octets, 3);
    ck_assert_uint_eq(o.setup.called_sub.len, 3);
    ck_assert_mem_eq(o.setup.called_sub.octets, nsap, 3);
    ck_assert(!o.setup.called_sub.user && o.setup.calling_sub.user);
    ck_assert_uint_eq(o.setup.calling_sub.octets[0], 0xa1);
    ck_assert_uint_eq(o.setup.hlc_len, 2);
    ck_assert_uint_eq(o.setup.llc[0], 0x88);
    ck_assert_uint_eq(o.setup.charges, 1u << ISDN_AOC_D | 1u << ISDN_AOC_E);
    ck_assert_uint_eq(o.setup.calling.presentation, 2); /* no `from` */
    ex_order_free(&o);
}
END_TEST

/** `uui` and its kind belong to SETUP before the first step, and are steps after it. */
START_TEST(words_with_two_meanings)
{
    struct ex_order o = order("1 keypad *21# display Emil wait 1s keypad 5 uui bye");

    ck_assert_str_eq(o.setup.keypad, "*21#");
    ck_assert_str_eq(o.setup.display, "Emil");
    ck_assert(!o.setup.uui.present);
    ck_assert_uint_eq(o.nsteps, 3);
    ck_assert_int_eq(o.steps[1].op, EX_KEYPAD);
    ck_assert_str_eq(o.steps[1].text, "5");
    ck_assert_int_eq(o.steps[2].op, EX_UUI);
    ex_order_free(&o);
}
END_TEST

START_TEST(wrong_words)
{
    expect_wrong("", "a number is missing");
    expect_wrong("1 sideways", "unknown word \"sideways\"");
    expect_wrong("1 rate much", "a rate is calls a second, like 5/s");
    expect_wrong("1 bearer video", "\"video\" is not speech|audio|data");
    expect_wrong("1 for", "a duration is missing");
    expect_wrong("1 uui 0x0", "\"uui\" takes at most 128 octets");
    expect_wrong("1 hlc 9", "\"9\" is not hex");
    expect_wrong("1 charges dx", "\"dx\" is not letters of s, d and e");
    expect_wrong("1 wait 1s uui 0xzz", "\"0xzz\" is not at most 128 octets");
}
END_TEST

static void fill(Suite *s)
{
    TCase *t = tcase_create("words");

    tcase_add_test(t, steps);
    tcase_add_test(t, a_step_ends_where_the_next_begins);
    tcase_add_test(t, orders);
    tcase_add_test(t, elements_of_setup);
    tcase_add_test(t, words_with_two_meanings);
    tcase_add_test(t, wrong_words);
    suite_add_tcase(s, t);
}

int main(void)
{
    return rig_run("exchange_step", fill);
}
