/* The registry of packages against the tables of RFC 3660, 3064 and 5347. */
#include "mgcp/package.h"
#include "test/fake/fake.h"

#include <check.h>
#include <stdlib.h>

#define E  MGCP_SYM_EVENT
#define S  MGCP_SYM_STATE
#define P  MGCP_SYM_PERSISTENT
#define EC MGCP_SYM_EVENT_CONN
#define SC MGCP_SYM_SIGNAL_CONN
#define M  MGCP_SYM_PARAMS
#define V  MGCP_SYM_VARIABLE

#define NONE MGCP_NO_SIGNAL
#define BR   MGCP_BRIEF
#define OO   MGCP_ON_OFF
#define TO   MGCP_TIME_OUT

struct row {
    const char *name;
    unsigned flags, signal, timeout;
};

/** All rows of a package, and no others. */
static void compare(const char *name, unsigned version, const struct row *rows, unsigned n)
{
    const struct mgcp_package *p = mgcp_package(rt_str(name));

    ck_assert_ptr_nonnull(p);
    ck_assert_str_eq(p->name, name);
    ck_assert_uint_eq(p->version, version);
    ck_assert_uint_eq(p->nsymbols, n);
    for (unsigned i = 0; i < n; i++) {
        const struct mgcp_symbol *s = mgcp_symbol(p, rt_str(rows[i].name));
        ck_assert_msg(s != NULL, "%s/%s", name, rows[i].name);
        ck_assert_msg(s->flags == rows[i].flags && s->signal == rows[i].signal &&
                          s->timeout_ms == rows[i].timeout,
                      "%s/%s: %u, %u, %u", name, rows[i].name, s->flags, s->signal, s->timeout_ms);
    }
}

START_TEST(generic_media) /* RFC 3660 2.1 */
{
    static const struct row rows[] = {{"cf", 0, BR, 0},
                                      {"cg", 0, TO, 0},
                                      {"ft", E, NONE, 0},
                                      {"it", 0, TO, 0},
                                      {"ld", E | EC, NONE, 0},
                                      {"mt", E, NONE, 0},
                                      {"oc", E, NONE, 0},
                                      {"of", E, NONE, 0},
                                      {"pat", E | M, OO, 0},
                                      {"pt", 0, TO, 0},
                                      {"rbk", SC | M, TO, 180000},
                                      {"rt", SC, TO, 180000}};

    compare("G", 1, rows, RT_COUNT(rows));
}
END_TEST

START_TEST(dtmf) /* RFC 3660 2.2 */
{
    static const struct row rows[] = {
        {"0", E, BR, 0},     {"1", E, BR, 0},     {"2", E, BR, 0},   {"3", E, BR, 0},
        {"4", E, BR, 0},     {"5", E, BR, 0},     {"6", E, BR, 0},   {"7", E, BR, 0},
        {"8", E, BR, 0},     {"9", E, BR, 0},     {"#", E, BR, 0},   {"*", E, BR, 0},
        {"A", E, BR, 0},     {"B", E, BR, 0},     {"C", E, BR, 0},   {"D", E, BR, 0},
        {"DD", E, TO, 3000}, {"DO", M, OO, 0},    {"L", E, NONE, 0}, {"oc", E, NONE, 0},
        {"of", E, NONE, 0},  {"T", E, TO, 16000}, {"X", E, NONE, 0}};

    compare("D", 1, rows, RT_COUNT(rows));
}
END_TEST

START_TEST(trunk) /* RFC 3660 2.3 */
{
    static const struct row rows[] = {
        {"as", E, BR, 0},     {"bl", 0, BR, 0},    {"bz", 0, TO, 30000}, {"co1", E, TO, 3000},
        {"co2", E, TO, 3000}, {"ct", 0, OO, 0},    {"lb", 0, OO, 0},     {"nm", E, TO, 3000},
        {"mm", E, TO, 3000},  {"oc", E, NONE, 0},  {"of", E, NONE, 0},   {"om", E, TO, 3000},
        {"pst", 0, TO, 0},    {"qt", 0, TO, 0},    {"ro", E, TO, 30000}, {"sit", E | M, TO, 2000},
        {"tl", E, TO, 0},     {"tp", E, TO, 3000}, {"zz", E, TO, 2000}};

    compare("T", 1, rows, RT_COUNT(rows));
}
END_TEST

START_TEST(line) /* RFC 3660 2.4 */
{
    static const struct row rows[] = {
        {"adsi", M, BR, 0},     {"aw", E, OO, 0},      {"bz", 0, TO, 30000},
        {"ci", M, BR, 0},       {"dl", 0, TO, 16000},  {"e", E, TO, 2000},
        {"hd", E | S, NONE, 0}, {"hf", E, NONE, 0},    {"ht", 0, OO, 0},
        {"hu", E | S, NONE, 0}, {"lsa", 0, OO, 0},     {"mwi", 0, TO, 16000},
        {"nbz", E, TO, 0},      {"oc", E, NONE, 0},    {"of", E, NONE, 0},
        {"osi", 0, TO, 900},    {"ot", 0, TO, 0},      {"p", E, BR, 0},
        {"rg", 0, TO, 180000},  {"r0", 0, TO, 180000}, {"r1", 0, TO, 180000},
        {"r2", 0, TO, 180000},  {"r3", 0, TO, 180000}, {"r4", 0, TO, 180000},
        {"r5", 0, TO, 180000},  {"r6", 0, TO, 180000}, {"r7", 0, TO, 180000},
        {"ro", 0, TO, 30000},   {"rs", 0, BR, 0},      {"s", E | M, BR, 0},
        {"sit", 0, TO, 2000},   {"sl", 0, TO, 16000},  {"v", 0, OO, 0},
        {"vmwi", 0, OO, 0},     {"wt", 0, TO, 12000},  {"wt1", 0, TO, 12000},
        {"wt2", 0, TO, 12000},  {"wt3", 0, TO, 12000}, {"wt4", 0, TO, 12000},
        {"y", 0, TO, 0},        {"z", 0, BR, 0}};

    compare("L", 1, rows, RT_COUNT(rows));
}
END_TEST

START_TEST(rtp) /* RFC 3660 2.10 */
{
    static const struct row rows[] = {{"co1", E | EC | SC, TO, 3000},
                                      {"co2", E | EC | SC, TO, 3000},
                                      {"iu", E | EC, NONE, 0},
                                      {"ji", E | EC, NONE, 0},
                                      {"ma", E | EC, NONE, 0},
                                      {"oc", E, NONE, 0},
                                      {"of", E, NONE, 0},
                                      {"pl", E | EC | M, NONE, 0},
                                      {"qa", E | EC, NONE, 0},
                                      {"rto", E | EC, NONE, 0},
                                      {"sr", E | EC, NONE, 0},
                                      {"uc", E | EC, NONE, 0}};

    compare("R", 1, rows, RT_COUNT(rows));
}
END_TEST

START_TEST(mf_and_dtmf_trunks) /* RFC 3064 2.1, 2.2 */
{
    static const struct row ms[] = {
        {"ans", E | P, BR, 0},     {"bl", E | S, BR, 0},  {"bz", 0, TO, 30000},
        {"inf", E, NONE, 0},       {"oc", E, NONE, 0},    {"of", E, NONE, 0},
        {"rel", E | P, BR, 0},     {"res", E | P, BR, 0}, {"ro", 0, TO, 30000},
        {"rlc", E | P | S, BR, 0}, {"rt", 0, TO, 180000}, {"sup", E | P | S | V, TO, 0},
        {"sus", E | P, BR, 0}};
    static const struct row dt[] = {
        {"ans", E | P, BR, 0},     {"bl", E | S, BR, 0},  {"bz", 0, TO, 30000},
        {"dl", 0, TO, 16000},      {"oc", E, NONE, 0},    {"of", E, NONE, 0},
        {"rel", E | P, BR, 0},     {"res", E | P, BR, 0}, {"ro", 0, TO, 30000},
        {"rlc", E | P | S, BR, 0}, {"rt", 0, TO, 180000}, {"sup", E | P | S | V, TO, 0},
        {"sus", E | P, BR, 0}};

    compare("MS", 0, ms, RT_COUNT(ms));
    compare("DT", 0, dt, RT_COUNT(dt));
}
END_TEST

START_TEST(basic_pbx_and_fax) /* RFC 3064 2.3, RFC 5347 2.2 */
{
    static const struct row bl[] = {
        {"bz", 0, TO, 30000},   {"dl", 0, TO, 16000},       {"hd", E | P | S, NONE, 0},
        {"hf", E | P, NONE, 0}, {"hu", E | P | S, NONE, 0}, {"oc", E, NONE, 0},
        {"of", E, NONE, 0},     {"rel", 0, BR, 0},          {"rg", 0, TO, 180000},
        {"ro", 0, TO, 30000},   {"rt", SC, TO, 180000}};
    static const struct row fxr[] = {
        {"gwfax", E, NONE, 0}, {"nopfax", E, NONE, 0}, {"t38", E, NONE, 0}};

    compare("BL", 0, bl, RT_COUNT(bl));
    compare("FXR", 0, fxr, RT_COUNT(fxr));
}
END_TEST

START_TEST(packages_of_letters_and_parameters_have_no_symbols)
{
    static const char *const names[] = {"DM1", "FM", "LCK", "RED", "BA"};

    for (size_t i = 0; i < RT_COUNT(names); i++) {
        const struct mgcp_package *p = mgcp_package(rt_str(names[i]));
        ck_assert_ptr_nonnull(p);
        ck_assert_uint_eq(p->nsymbols, 0);
        ck_assert_ptr_null(mgcp_symbol(p, rt_str("oc")));
    }
}
END_TEST

START_TEST(names_are_found_in_any_case)
{
    const struct mgcp_package *p = mgcp_package(rt_str("sCRIPT"));

    ck_assert_ptr_nonnull(p);
    ck_assert_str_eq(p->name, "Script");
    ck_assert_ptr_nonnull(mgcp_symbol(p, rt_str("VXML")));
    p = mgcp_package(rt_str("d"));
    ck_assert_ptr_eq(mgcp_symbol(p, rt_str("dd")), mgcp_symbol(p, rt_str("DD")));
    ck_assert_ptr_null(mgcp_package(rt_str("")));
    ck_assert_ptr_null(mgcp_package(rt_str("XYZ")));
    ck_assert_ptr_null(mgcp_package(rt_str("SS")));
    ck_assert_ptr_null(mgcp_package(rt_str("SSTX")));
    ck_assert_ptr_null(mgcp_package((struct rt_str){"L\0x", 3}));
    ck_assert_ptr_null(mgcp_symbol(p, rt_str("")));
    ck_assert_ptr_null(mgcp_symbol(p, rt_str("E")));
}
END_TEST

/** What a binary search and the users of ids count on. */
START_TEST(the_table_is_in_order)
{
    unsigned id = 0;

    for (unsigned i = 0; i < mgcp_npackages; i++) {
        const struct mgcp_package *p = &mgcp_packages[i];
        bool timed = false;

        ck_assert(i == 0 || strcasecmp(p[-1].name, p->name) < 0);
        ck_assert_ptr_eq(mgcp_package(rt_str(p->name)), p);
        for (unsigned j = 0; j < p->nsymbols; j++) {
            const struct mgcp_symbol *s = &p->symbol[j];
            ck_assert_msg(mgcp_symbol(p, rt_str(s->name)) == s, "%s/%s", p->name, s->name);
            ck_assert_uint_eq(s->id, id++);
            ck_assert_msg(s->flags & E || s->signal != NONE, "%s/%s", p->name, s->name);
            ck_assert(s->timeout_ms == 0 || s->signal == TO);
            timed |= s->signal == TO;
        }
        /* RFC 3660 2.1: completion and failure are told of every time-out signal */
        ck_assert(!timed || (mgcp_symbol(p, rt_str("oc")) && mgcp_symbol(p, rt_str("of"))));
    }
    ck_assert_uint_gt(id, 255);
}
END_TEST

START_TEST(timeouts_may_be_given_from_version_one_on) /* RFC 3435 3.2.2.4, RFC 3660 2.6 */
{
    ck_assert(mgcp_package_takes_timeout(mgcp_package(rt_str("G"))));
    ck_assert(mgcp_package_takes_timeout(mgcp_package(rt_str("L"))));
    ck_assert(mgcp_package_takes_timeout(mgcp_package(rt_str("SST"))));
    ck_assert(!mgcp_package_takes_timeout(mgcp_package(rt_str("MS"))));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mgcp package");
    TCase *tc = tcase_create("mgcp package");

    tcase_add_test(tc, generic_media);
    tcase_add_test(tc, dtmf);
    tcase_add_test(tc, trunk);
    tcase_add_test(tc, line);
    tcase_add_test(tc, rtp);
    tcase_add_test(tc, mf_and_dtmf_trunks);
    tcase_add_test(tc, basic_pbx_and_fax);
    tcase_add_test(tc, packages_of_letters_and_parameters_have_no_symbols);
    tcase_add_test(tc, names_are_found_in_any_case);
    tcase_add_test(tc, the_table_is_in_order);
    tcase_add_test(tc, timeouts_may_be_given_from_version_one_on);
    suite_add_tcase(s, tc);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
