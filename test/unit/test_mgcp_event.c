/* Lists of events and signals. Clauses are RFC 3435's where no other is named. */
#include "mgcp/event.h"
#include "test/fake/fake.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

static struct mgcp_item item;

static void is(struct rt_str s, const char *want)
{
    ck_assert_msg(rt_str_eq(s, want), "\"%.*s\" is not \"%s\"", RT_STR(s), want);
}

/** The next item is `package`/`name` with these actions and parameters. */
static void expect(struct rt_str *list, enum mgcp_list kind, const char *package, const char *name,
                   unsigned actions, const char *params)
{
    unsigned refusal = 1;
    int err = mgcp_item_next(list, kind, &item, &refusal);

    ck_assert_msg(err == 0 && refusal == 0, "%s/%s: %d, %u", package, name, err, refusal);
    is(item.package, package);
    is(item.name, name);
    ck_assert_uint_eq(item.actions, actions);
    is(item.params, params);
}

static void expect_end(struct rt_str *list, enum mgcp_list kind)
{
    ck_assert_int_eq(mgcp_item_next(list, kind, &item, NULL), ENOENT);
}

/** The return code that refuses the first bad item; 0: all are good. */
static unsigned refused(enum mgcp_list kind, const char *text)
{
    struct rt_str list = rt_str(text);
    unsigned refusal;
    int err;

    while ((err = mgcp_item_next(&list, kind, &item, &refusal)) == 0)
        ck_assert_uint_eq(refusal, 0);
    ck_assert_int_eq(err, refusal ? EBADMSG : ENOENT);
    return refusal;
}

START_TEST(requested_events_have_actions) /* 3.2.2.16 */
{
    struct rt_str list =
        rt_str("L/hu(N), L/hf(S,N), D/[0-9#T](D),ft, R/qa@*(a), G/ld@0A3F58 (I ,K)");

    expect(&list, MGCP_LIST_R, "L", "hu", MGCP_NOTIFY, "");
    expect(&list, MGCP_LIST_R, "L", "hf", MGCP_SWAP | MGCP_NOTIFY, "");
    expect(&list, MGCP_LIST_R, "D", "[0-9#T]", MGCP_BY_MAP, "");
    expect(&list, MGCP_LIST_R, "", "ft", 0, "");
    expect(&list, MGCP_LIST_R, "R", "qa", MGCP_ACCUMULATE, "");
    is(item.connection, "*");
    expect(&list, MGCP_LIST_R, "G", "ld", MGCP_IGNORE | MGCP_KEEP, "");
    is(item.connection, "0A3F58");
    expect_end(&list, MGCP_LIST_R);

    list = rt_str("X/foobar(N)(epar=2),*/all, T/all@$, D/*, D/#(D)");
    expect(&list, MGCP_LIST_R, "X", "foobar", MGCP_NOTIFY, "epar=2");
    expect(&list, MGCP_LIST_R, "*", "all", 0, "");
    expect(&list, MGCP_LIST_R, "T", "all", 0, "");
    is(item.connection, "$");
    expect(&list, MGCP_LIST_R, "D", "*", 0, "");
    expect(&list, MGCP_LIST_R, "D", "#", MGCP_BY_MAP, "");
    expect_end(&list, MGCP_LIST_R);
    list = rt_str(" ");
    expect_end(&list, MGCP_LIST_R);
}
END_TEST

/** The table of 2.3.3, row by row. */
START_TEST(actions_go_together_as_the_table_says)
{
    static const char letters[] = "NSADKEI";
    static const char *const rows[] = {"NYNNYYN", "YNYNNNY", "NYNNYYN", "NNNNYNN",
                                       "YNYYNYY", "YNYNYNN", "NYNNYNN"};

    for (size_t i = 0; i < 7; i++)
        for (size_t j = 0; j < 7; j++) {
            char text[64], a[16] = {letters[i]}, b[16] = {letters[j]};
            unsigned want = rows[i][j] == 'Y' ? 0 : 523;

            if (letters[i] == 'E')
                strcpy(a, "E(S(L/dl))");
            if (letters[j] == 'E')
                strcpy(b, "E(S(L/dl))");
            RT_JOIN(text, sizeof text, rt_str("L/hd("), rt_str(a), rt_str(","), rt_str(b),
                    rt_str(")"));
            ck_assert_msg(refused(MGCP_LIST_R, text) == want, "%s", text);
        }
    ck_assert_uint_eq(refused(MGCP_LIST_R, "L/hd(N,K,E(S(L/dl)))"), 0);
    ck_assert_uint_eq(refused(MGCP_LIST_R, "L/hf(N,K,S)"), 523); /* K and S */
    ck_assert_uint_eq(refused(MGCP_LIST_R, "L/hf(Z)"), 523);
    ck_assert_uint_eq(refused(MGCP_LIST_R, "L/hf(NN)"), 523);
    ck_assert_uint_eq(refused(MGCP_LIST_R, "L/hf(pkg/act)"), 523);
    ck_assert_uint_eq(refused(MGCP_LIST_R, "R/rto(60)"), 523); /* parameters come after actions */
}
END_TEST

START_TEST(embedded_requests) /* 3.2.2.16 */
{
    struct rt_str list = rt_str("L/hd(E(R(D/[0-9#T](D),L/hu(N)),S(L/dl),D([0-9].[#T]))), L/hf"), r;

    expect(&list, MGCP_LIST_R, "L", "hd", MGCP_EMBEDDED, "");
    is(item.r, "D/[0-9#T](D),L/hu(N)");
    is(item.s, "L/dl");
    is(item.d, "[0-9].[#T]");
    r = item.r;
    expect(&list, MGCP_LIST_R, "L", "hf", 0, "");
    expect_end(&list, MGCP_LIST_R);
    expect(&r, MGCP_LIST_R, "D", "[0-9#T]", MGCP_BY_MAP, "");
    expect(&r, MGCP_LIST_R, "L", "hu", MGCP_NOTIFY, "");
    expect_end(&r, MGCP_LIST_R);

    list = rt_str("L/hd(A, E(d((xx|11x)) , S(L/dl), R(L/hu)))(p)"); /* any order */
    expect(&list, MGCP_LIST_R, "L", "hd", MGCP_ACCUMULATE | MGCP_EMBEDDED, "p");
    is(item.d, "(xx|11x)");
    is(item.s, "L/dl");
    is(item.r, "L/hu");

    ck_assert_uint_eq(refused(MGCP_LIST_R, "L/hd(E(R(L/hu(E(S(L/dl))))))"), 523); /* one level */
    ck_assert_uint_eq(refused(MGCP_LIST_R, "L/hd(E(R(L/hu(N,A))))"), 523);
    ck_assert_uint_eq(refused(MGCP_LIST_R, "L/hd(E(R(),S()))"), 0);
    ck_assert_uint_eq(refused(MGCP_LIST_R, "L/hd(E(S(L/dl),S(L/dl)))"), 510);
    ck_assert_uint_eq(refused(MGCP_LIST_R, "L/hd(E(Q(L/dl)))"), 510);
    ck_assert_uint_eq(refused(MGCP_LIST_R, "L/hd(E(S L/dl))"), 510);
    ck_assert_uint_eq(refused(MGCP_LIST_R, "L/hd(E())"), 510);
    ck_assert_uint_eq(refused(MGCP_LIST_R, "L/hd(E)"), 510);
    ck_assert_uint_eq(refused(MGCP_LIST_R, "L/hd(E(S(L/)))"), 510);
}
END_TEST

START_TEST(signals_have_parameters) /* 3.2.2.4, 3.2.2.21, RFC 3660 2.4 */
{
    struct rt_str list = rt_str("L/adsi(\"123456, Your friend)\"), L/rg(to=6000),G/rt@$,"
                                "L/vmwi(-),L/vmwi(+),L/vmwi");

    expect(&list, MGCP_LIST_S, "L", "adsi", 0, "\"123456, Your friend)\"");
    expect(&list, MGCP_LIST_S, "L", "rg", 0, "to=6000");
    expect(&list, MGCP_LIST_S, "G", "rt", 0, "");
    is(item.connection, "$");
    expect(&list, MGCP_LIST_S, "L", "vmwi", 0, "-");
    ck_assert_int_eq(item.sign, '-');
    expect(&list, MGCP_LIST_S, "L", "vmwi", 0, "+");
    ck_assert_int_eq(item.sign, '+');
    expect(&list, MGCP_LIST_S, "L", "vmwi", 0, "");
    ck_assert_int_eq(item.sign, 0);
    expect_end(&list, MGCP_LIST_S);

    list = rt_str("A/ann(http://ann.example.net/no-such-number.au, 1234567)");
    expect(&list, MGCP_LIST_S, "A", "ann", 0, "http://ann.example.net/no-such-number.au, 1234567");
    list = rt_str("L/ci(09/14/17/26,,\"say \"\"hi\"\"\"), sl/s(L/sit(1,to=3000))");
    expect(&list, MGCP_LIST_S, "L", "ci", 0, "09/14/17/26,,\"say \"\"hi\"\"\"");
    expect(&list, MGCP_LIST_S, "sl", "s", 0, "L/sit(1,to=3000)");
    expect_end(&list, MGCP_LIST_S);
}
END_TEST

START_TEST(parameters_one_by_one)
{
    struct rt_str p = rt_str("10/14/17/26, 5551212, \"Doe, John\""), name, value;

    ck_assert(mgcp_param_next(&p, &name, &value));
    is(name, "10/14/17/26");
    ck_assert(mgcp_param_next(&p, &name, &value));
    is(name, "5551212");
    is(value, "");
    ck_assert(mgcp_param_next(&p, &name, &value));
    is(name, "\"Doe, John\"");
    ck_assert(!mgcp_param_next(&p, &name, &value));

    p = rt_str("a=1,b(c,d) , to(6000),,\"x=y\",e=f=g,h=\"i,j\"");
    ck_assert(mgcp_param_next(&p, &name, &value));
    is(name, "a");
    is(value, "1");
    ck_assert(mgcp_param_next(&p, &name, &value));
    is(name, "b");
    is(value, "c,d");
    ck_assert(mgcp_param_next(&p, &name, &value));
    is(name, "to");
    is(value, "6000");
    ck_assert(mgcp_param_next(&p, &name, &value));
    is(name, "");
    ck_assert(mgcp_param_next(&p, &name, &value));
    is(name, "\"x=y\"");
    ck_assert(mgcp_param_next(&p, &name, &value));
    is(name, "e");
    is(value, "f=g");
    ck_assert(mgcp_param_next(&p, &name, &value));
    is(value, "\"i,j\"");
    ck_assert(!mgcp_param_next(&p, &name, &value));
}
END_TEST

START_TEST(observed_events) /* 3.2.2.12 */
{
    struct rt_str list = rt_str("D/8295555T, L/hf,D/*69#,D/5,G/ma@1F2E(x), L/hu");

    expect(&list, MGCP_LIST_O, "D", "8295555T", 0, "");
    expect(&list, MGCP_LIST_O, "L", "hf", 0, "");
    expect(&list, MGCP_LIST_O, "D", "*69#", 0, "");
    expect(&list, MGCP_LIST_O, "D", "5", 0, "");
    expect(&list, MGCP_LIST_O, "G", "ma", 0, "x");
    is(item.connection, "1F2E");
    expect(&list, MGCP_LIST_O, "L", "hu", 0, "");
    expect_end(&list, MGCP_LIST_O);
    ck_assert_uint_eq(refused(MGCP_LIST_O, "D/[0-9]"), 510);
    ck_assert_uint_eq(refused(MGCP_LIST_O, "R/qa@*"), 510);
}
END_TEST

START_TEST(syntax_errors_are_refused)
{
    static const struct {
        enum mgcp_list kind;
        const char *text;
        unsigned code;
    } rows[] = {
        {MGCP_LIST_T, "L/hu,L/hd,L/hf,D/[0-9#*]", 0}, /* 3.2.2.8 */
        {MGCP_LIST_T, "L/hu(N)(x)", 510},             /* no actions here */
        {MGCP_LIST_R, "L/hu,,L/hd", 510},
        {MGCP_LIST_R, "L/hu)", 510},
        {MGCP_LIST_R, "L/hu(N", 510},
        {MGCP_LIST_R, "L/hu()", 510},
        {MGCP_LIST_R, "L/hu(N)(a)(b)", 510},
        {MGCP_LIST_R, "L/hu(N)x", 510},
        {MGCP_LIST_R, "/hu", 510},
        {MGCP_LIST_R, "L/", 510},
        {MGCP_LIST_R, "L/hu@", 510},
        {MGCP_LIST_R, "L/hu@xyz", 510},
        {MGCP_LIST_R, "L/hu@012345678901234567890123456789012", 510}, /* 33 digits */
        {MGCP_LIST_R, "L/-hu", 510},
        {MGCP_LIST_R, "L-/hu", 510},
        {MGCP_LIST_R, "L/h u", 510},
        {MGCP_LIST_R, "D/[]", 510},
        {MGCP_LIST_R, "D/[9-0]", 510},
        {MGCP_LIST_R, "D/[0-]", 510},
        {MGCP_LIST_R, "D/[0-A]", 510},
        {MGCP_LIST_R, "D/[0-9*#A-D]", 0}, /* 3.2.2.4 */
        {MGCP_LIST_S, "D/[0-9]", 510},
        {MGCP_LIST_S, "L/adsi(\"open)", 510},
        {MGCP_LIST_S, "L/adsi(x\"y\")", 538},
        {MGCP_LIST_S, "L/adsi(\"x\"y)", 538},
        {MGCP_LIST_S, "L/rg((6000))", 538},
        {MGCP_LIST_S, "L/rg(to(6000)x)", 538},
        {MGCP_LIST_S, "L/ci(10/14/17/26,1,J\xc3\xb6rg)", 538}, /* UTF-8 stands in quotes */
        {MGCP_LIST_S, "L/ci(10/14/17/26,1,\"J\xc3\xb6rg\")", 0},
        {MGCP_LIST_S, "DT/sup(addr(k0,1,2,s0), id(\"1\"))", 0}, /* RFC 3064 2.7 */
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++) {
        unsigned code = refused(rows[i].kind, rows[i].text);
        ck_assert_msg(code == rows[i].code, "%s: %u", rows[i].text, code);
    }
}
END_TEST

START_TEST(names_cover_symbols) /* 2.1.7, 3.2.2.4 */
{
    static const struct {
        const char *name, *symbol;
        bool covers;
    } rows[] = {
        {"hu", "HU", true},       {"hu", "hd", false},    {"all", "oc", true},
        {"ALL", "5", true},       {"X", "7", true},       {"x", "0", true},
        {"X", "#", false},        {"X", "x", true},       {"[0-9#T]", "5", true},
        {"[0-9#T]", "#", true},   {"[0-9#T]", "t", true}, {"[0-9#T]", "*", false},
        {"[0-9#T]", "oc", false}, {"[x*]", "3", true},    {"[x*]", "*", true},
        {"[x*]", "A", false},     {"[A-C]", "b", true},   {"[A-C]", "D", false},
        {"[1-35]", "4", false},   {"[1-35]", "5", true},  {"*", "*", true},
        {"*", "5", false},        {"[0-9]", "", false},
    };

    for (size_t i = 0; i < RT_COUNT(rows); i++)
        ck_assert_msg(mgcp_item_covers(rt_str(rows[i].name), rt_str(rows[i].symbol)) ==
                          rows[i].covers,
                      "%s %s", rows[i].name, rows[i].symbol);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mgcp event");
    TCase *tc = tcase_create("mgcp event");

    tcase_add_test(tc, requested_events_have_actions);
    tcase_add_test(tc, actions_go_together_as_the_table_says);
    tcase_add_test(tc, embedded_requests);
    tcase_add_test(tc, signals_have_parameters);
    tcase_add_test(tc, parameters_one_by_one);
    tcase_add_test(tc, observed_events);
    tcase_add_test(tc, syntax_errors_are_refused);
    tcase_add_test(tc, names_cover_symbols);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
