/* What a plan may not change while the gateway runs: what was made of it when it started. */
#include "gw/apply.h"
#include "gw/gw.h"
#include "gw/start.h"

/** Statements of the top level that sockets, threads, lines and files were made of. */
static const char *const fixed[] = {"sip",   "media",  "span",    "cdr",
                                    "admin", "traces", "history", "process"};
/** Those of the registrar. */
static const char *const fixed_registrar[] = {"realm", "state", "nonce"};

static void refuse(struct conf_diag *diag, const struct gw_plan *plan, const struct conf_node *n,
                   const char *what)
{
    struct conf_pos at = n ? n->pos : conf_root(plan->conf)->pos;

    conf_error(diag, at, "\"%s\" cannot change while the gateway runs: restart it", what);
}

static bool differ(const struct conf *x, const struct conf_node *a, const struct conf *y,
                   const struct conf_node *b)
{
    struct rt_buf one = {0}, two = {0};

    if (a)
        conf_print_statement(x, a, &one);
    if (b)
        conf_print_statement(y, b, &two);
    bool other = one.failed || two.failed || one.n != two.n ||
                 (one.n > 0 && memcmp(one.p, two.p, one.n) != 0);
    rt_buf_release(&one);
    rt_buf_release(&two);
    return other;
}

/** The same by what is said and what is implied. */
static bool mean_the_same(const struct conf *x, const struct conf *y, const char *keyword)
{
    struct rt_buf one = {0}, two = {0};

    conf_print_keyword(x, keyword, &one);
    conf_print_keyword(y, keyword, &two);
    bool same = !one.failed && !two.failed && one.n == two.n &&
                (one.n == 0 || memcmp(one.p, two.p, one.n) == 0);
    rt_buf_release(&one);
    rt_buf_release(&two);
    return same;
}

/** The first statement of that keyword that is another, or that is new or gone. */
static void check_statement(const struct gw_plan *now, const struct gw_plan *plan,
                            const char *keyword, struct conf_diag *diag)
{
    const struct conf_node *a = conf_child(conf_root(now->conf), keyword);
    const struct conf_node *b = conf_child(conf_root(plan->conf), keyword);

    if (mean_the_same(now->conf, plan->conf, keyword))
        return;
    while (a && b && !differ(now->conf, a, plan->conf, b)) {
        a = conf_again(a, keyword);
        b = conf_again(b, keyword);
    }
    refuse(diag, plan, b, keyword);
}

static void check_registrar(const struct gw_plan *now, const struct gw_plan *plan,
                            struct conf_diag *diag)
{
    const struct conf_node *a = conf_child(conf_root(now->conf), "registrar");
    const struct conf_node *b = conf_child(conf_root(plan->conf), "registrar");

    if (!a != !b) {
        refuse(diag, plan, b, "registrar");
        return;
    }
    for (size_t i = 0; a && i < RT_COUNT(fixed_registrar); i++) {
        const struct conf_node *x = conf_child(a, fixed_registrar[i]);
        const struct conf_node *y = conf_child(b, fixed_registrar[i]);
        if (differ(now->conf, x, plan->conf, y))
            refuse(diag, plan, y ? y : b, fixed_registrar[i]);
    }
}

/** Statements of `mgcp` that its sockets, its name and our endpoints were made of. */
static const char *const fixed_mgcp[] = {"domain", "agent", "timers", "repeats", "datagram"};

static bool same_listen(const struct gw_mgcp_plan *a, const struct gw_mgcp_plan *b)
{
    if (a->nlisten != b->nlisten)
        return false;
    for (unsigned i = 0; i < a->nlisten; i++)
        if (!rt_addr_equal(&a->listen[i], &b->listen[i]))
            return false;
    return true;
}

/** The first statement of that keyword in two blocks that is another, or that is new or gone. */
static void check_inner(const struct gw_plan *now, const struct conf_node *a,
                        const struct gw_plan *plan, const struct conf_node *b, const char *keyword,
                        struct conf_diag *diag)
{
    const struct conf_node *x = conf_child(a, keyword), *y = conf_child(b, keyword);

    while (x && y && !differ(now->conf, x, plan->conf, y)) {
        x = conf_again(x, keyword);
        y = conf_again(y, keyword);
    }
    if (x || y)
        refuse(diag, plan, y ? y : b, keyword);
}

/** Gateways and their lines may come and go; what we are to others stays. */
static void check_mgcp(const struct gw_plan *now, const struct gw_plan *plan,
                       struct conf_diag *diag)
{
    const struct conf_node *a = conf_child(conf_root(now->conf), "mgcp");
    const struct conf_node *b = conf_child(conf_root(plan->conf), "mgcp");

    if (!a != !b) {
        refuse(diag, plan, b, "mgcp");
        return;
    }
    if (!a)
        return;
    if (!same_listen(&now->mgcp, &plan->mgcp))
        refuse(diag, plan, conf_child(b, "listen") ? conf_child(b, "listen") : b, "listen");
    for (size_t i = 0; i < RT_COUNT(fixed_mgcp); i++)
        check_inner(now, a, plan, b, fixed_mgcp[i], diag);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/** What lines were told of their trunks: said at the trunk. */
static void check_lines(const struct gw_plan *now, const struct gw_plan *plan,
                        struct conf_diag *diag)
{
    for (unsigned i = 0; i < now->nspans; i++) {
        const struct gw_span_plan *a = &now->spans[i], *b = &plan->spans[i];
        if (gw_span_overlaps(now, a) != gw_span_overlaps(plan, b))
            conf_error(diag, b->pos,
                       "\"overlap\" on trunks of span %u cannot change while the gateway runs: "
                       "restart it",
                       b->id);
        if (!same_text(gw_span_tones(now, a), gw_span_tones(plan, b)))
            conf_error(diag, b->pos,
                       "the tones that trunks of span %u listen for cannot change while the "
                       "gateway runs: restart it",
                       b->id);
    }
}

void gw_apply_check(const struct gw *gw, const struct gw_plan *plan, struct conf_diag *diag)
{
    unsigned before = diag->errors;

    for (size_t i = 0; i < RT_COUNT(fixed); i++)
        check_statement(gw->plan, plan, fixed[i], diag);
    check_registrar(gw->plan, plan, diag);
    check_mgcp(gw->plan, plan, diag);
    if (diag->errors == before)
        check_lines(gw->plan, plan, diag);
}
