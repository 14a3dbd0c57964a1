/* Any NAPTR records that answer a number's questions. The input is lines: the number, then records
 * as six fields with tabs between them; a line `=` ends one answer. What holds for any of them: the
 * questions come to an end and are names, what is found is a URI of a scheme we call, and a URI may
 * not be both of a domain and lead elsewhere. An input that begins with `E` is an expression and a
 * text instead.
 */
#include "dialplan/enum.h"
#include "dialplan/expr.h"
#include "test/fuzz/fuzz.h"

static void match(struct rt_str rest)
{
    struct rt_str pattern = rt_str_cut(&rest, '\n');
    struct dp_expr *e;
    struct dp_expr_groups g;
    const char *why = NULL;
    char out[64];

    if (dp_expr_new(&e, pattern, pattern.n % 2 ? DP_EXPR_ICASE : 0, &why) != 0) {
        fuzz_check(why != NULL);
        return;
    }
    if (dp_expr_exec(e, rest, &g) == 0) {
        fuzz_check(g.n > 0 && g.group[0].p != NULL);
        for (unsigned i = 0; i < DP_EXPR_GROUPS; i++)
            fuzz_check(!g.group[i].p || (g.group[i].p >= rest.p && g.group[i].n <= rest.n &&
                                         (size_t)(g.group[i].p - rest.p) <= rest.n - g.group[i].n));
        if (dp_expr_replace(out, sizeof out, rest, &g, DP_EXPR_SED) == 0)
            fuzz_check(strlen(out) < sizeof out);
    }
    dp_expr_free(e);
}

static unsigned number_of(struct rt_str s)
{
    uint64_t v = 0;

    rt_str_u64(&v, s, UINT16_MAX);
    return (unsigned)v;
}

/** The records of one answer. */
static unsigned read_answer(union rt_dns_record *record, unsigned max, struct rt_str *rest)
{
    unsigned n = 0;

    while (rest->n > 0 && n < max) {
        struct rt_str line = rt_str_cut(rest, '\n');
        struct rt_dns_naptr *r = &record[n].naptr;
        if (rt_str_eq(line, "="))
            break;
        memset(&record[n++], 0, sizeof *record);
        r->order = (uint16_t)number_of(rt_str_cut(&line, '\t'));
        r->preference = (uint16_t)number_of(rt_str_cut(&line, '\t'));
        rt_str_copy(r->flags, sizeof r->flags, rt_str_cut(&line, '\t'));
        rt_str_copy(r->service, sizeof r->service, rt_str_cut(&line, '\t'));
        rt_str_copy(r->regexp, sizeof r->regexp, rt_str_cut(&line, '\t'));
        rt_str_copy(r->replacement, sizeof r->replacement, line);
    }
    return n;
}

static void check_uris(const struct dp_enum *m)
{
    static const char *const list[] = {"*.peer1.example", "peer2.example"};
    unsigned n;
    const struct dp_enum_uri *u = dp_enum_uris(m, &n);

    fuzz_check(n > 0 && n <= DP_ENUM_URIS_MAX);
    for (unsigned i = 0; i < n; i++) {
        struct rt_str uri = rt_str(u[i].text), host = dp_enum_host(uri);
        fuzz_check(uri.n > 4 && strcspn(u[i].text, " \t\r\n<>\"#\\") == uri.n);
        fuzz_check((u[i].scheme == DP_ENUM_TEL) == (host.n == 0));
        fuzz_check(u[i].order == u[0].order);
        if (dp_enum_uri_ok(uri, list, RT_COUNT(list)))
            fuzz_check(dp_enum_domain_ok(host, list, RT_COUNT(list)));
    }
}

static void resolve(struct dp_enum *m, struct rt_str rest)
{
    static union rt_dns_record record[64];
    enum dp_enum_step step = DP_ENUM_ASK;
    unsigned asked = 0;

    for (; step == DP_ENUM_ASK; asked++) {
        size_t len = strlen(dp_enum_name(m));
        fuzz_check(len > 0 && len <= 253);
        unsigned n = read_answer(record, RT_COUNT(record), &rest);
        step =
            n == 1 && record[0].naptr.order == 65535 ? dp_enum_fail(m) : dp_enum_take(m, record, n);
    }
    fuzz_check(asked <= DP_ENUM_ASKS_MAX);
    if (step == DP_ENUM_FOUND)
        check_uris(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct dp_enum_config cfg = {.suffix = "e164.arpa"};
    struct rt_str rest = {(const char *)data, size};
    struct dp_number n;
    struct dp_enum *m;

    if (size > 0 && data[0] == 'E') {
        match((struct rt_str){rest.p + 1, rest.n - 1});
        return 0;
    }
    if (dp_number_parse(&n, rt_str_cut(&rest, '\n')) != 0 || dp_enum_new(&m, &cfg, &n) != 0)
        return 0;
    resolve(m, rest);
    dp_enum_free(m);
    return 0;
}
