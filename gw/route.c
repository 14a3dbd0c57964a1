/* The routing pipeline, and its explanation: one function for both, so that what is explained is
 * what happens. */
#include "gw/route.h"
#include "gw/headers.h"
#include "gw/upkeep.h"

#include <stdarg.h>
#include <stdio.h>

/** What a pass through the pipeline carries. */
struct pass {
    struct gw_decision *out;
    const struct gw_plan *plan;
    const struct gw_route_query *q;
    struct rt_buf *explain; /* NULL: nobody asks */
    unsigned step;
};

static void say(struct pass *p, const char *step, const char *fmt, ...) RT_PRINTF(3, 4);

/** Writes one line: numbered when `step` names one, indented when it is empty. */
static void say(struct pass *p, const char *step, const char *fmt, ...)
{
    va_list ap;

    if (!p->explain)
        return;
    if (step[0])
        rt_buf_printf(p->explain, "%2u %-11s ", ++p->step, step);
    else
        rt_buf_printf(p->explain, "%15s", "");
    va_start(ap, fmt);
    rt_buf_vprintf(p->explain, fmt, ap);
    va_end(ap);
    rt_buf_puts(p->explain, "\n");
}

static const char *ton_name(enum dp_ton ton)
{
    static const char *const names[] = {"unknown", "international", "national",
                                        "network", "subscriber",    "abbreviated"};
    return names[ton];
}

/* ---- the steps ---- */

static void ingress(struct pass *p)
{
    const struct gw_trunk *t = p->q->from;
    say(p, "ingress", "trunk %s  %s:%u", t->name, t->pos.file ? t->pos.file : "-", t->pos.line);
}

static void normalise(struct pass *p)
{
    const struct dp_site *site = p->q->from->site;
    char before[DP_TEXT_LEN], after[DP_TEXT_LEN];
    struct gw_decision *d = p->out;

    d->called = p->q->called;
    d->calling = p->q->calling;
    const char *why = dp_normalise_called(&d->called, site);
    say(p, "normalise", "called %s -> %s  (%s)", dp_text(before, &p->q->called),
        dp_text(after, &d->called), why);
    why = dp_normalise_calling(&d->calling, site);
    say(p, "", "caller %s -> %s  (%s)", dp_text(before, &p->q->calling),
        dp_text(after, &d->calling), why);
}

static void list_unmatched(void *arg, const struct dp_pattern *pattern, bool matches)
{
    struct rt_buf *b = arg;

    if (!matches)
        rt_buf_printf(b, "%s%s", b->n ? ", " : "", dp_pattern_text(pattern));
}

static void explain_route(struct pass *p, const struct gw_routes *routes)
{
    struct rt_buf others = {0};
    const struct gw_route *r = p->out->route;

    if (!p->explain)
        return;
    if (r)
        say(p, "route", "%s  %s:%u", r->pattern, r->pos.file, r->pos.line);
    else
        say(p, "route", "nothing matches in the routes at %s:%u", routes->pos.file,
            routes->pos.line);
    dp_table_explain(routes->table, &p->out->called, p->q->from->site, list_unmatched, &others);
    if (others.n > 0)
        say(p, "", "not matched: %s", others.p);
    rt_buf_release(&others);
}

static void look_up(struct pass *p)
{
    const struct gw_routes *routes = gw_plan_routes(p->plan, p->q->from);
    struct dp_match m;

    p->out->cause = 3; /* no route to destination */
    p->out->complete = DP_COMPLETE;
    if (!routes) {
        say(p, "route", "no routes from %s", p->q->from->name);
        return;
    }
    dp_table_find(&m, routes->table, &p->out->called, p->q->from->site);
    p->out->route = m.value;
    p->out->complete = m.complete;
    if (m.complete == DP_INCOMPLETE)
        p->out->cause = 28; /* invalid number format (address incomplete) */
    explain_route(p, routes);
}

/** One line for each of those that a call over this trunk would meet. */
static void explain_lines(struct pass *p, struct rt_str lines)
{
    while (lines.n > 0) {
        struct rt_str line = rt_str_cut(&lines, '\n');
        if (line.n > 0)
            say(p, "", "%.*s", RT_STR(line));
    }
}

/** What the trunk's header rules would do to the INVITE; its host is not known yet. */
static void explain_headers(struct pass *p, const struct gw_hop *hop)
{
    char called[DP_TEXT_LEN], caller[DP_TEXT_LEN], from[DP_TEXT_LEN + 8], to[DP_TEXT_LEN + 8];
    struct rt_buf lines = {0};
    struct gw_headers h;

    dp_text(called, &hop->called);
    dp_text(caller, &hop->calling);
    snprintf(from, sizeof from, "sip:%s@-", caller);
    snprintf(to, sizeof to, "sip:%s@-", called);
    struct rt_str from_uri = rt_str(from), to_uri = rt_str(to);
    struct sip_header asserted = {rt_str("P-Asserted-Identity"), rt_str(from)};
    struct gw_header_out out = {.on = GW_ON_INVITE,
                                .headers = &asserted,
                                .nheaders = caller[0] != '\0',
                                .from_uri = &from_uri,
                                .to_uri = &to_uri,
                                .words = {.called = rt_str(called),
                                          .caller = rt_str(caller),
                                          .call_id = rt_str("-"),
                                          .user_uri = rt_str(from)},
                                .explain = &lines};
    gw_header_rules_out(&h, hop->trunk, &out);
    explain_lines(p, rt_buf_str(&lines));
    rt_buf_release(&lines);
}

unsigned gw_route_bearer(enum gw_bearer *out, const struct gw_route_query *q,
                         const struct gw_trunk *to)
{
    *out = q->bearer;
    if (q->bearer == GW_BEARER_DATA64 || q->from->kind != GW_TRUNK_SIP || to->kind == GW_TRUNK_SIP)
        return 0;
    *out = to->bearer;
    return to->bearer == GW_BEARER_DATA64 && !q->either ? 65 : 0; /* bearer not implemented */
}

static void explain_bearer(struct pass *p, const struct gw_trunk *to)
{
    enum gw_bearer b;

    if (!p->explain)
        return;
    if (gw_route_bearer(&b, p->q, to) != 0)
        say(p, "", "bearer %s: refused with cause 65, this trunk carries %s alone",
            gw_bearer_name(p->q->bearer), gw_bearer_name(to->bearer));
    else if (to->kind != GW_TRUNK_SIP)
        say(p, "", "bearer %s", gw_bearer_name(b));
    else
        say(p, "", "bearer %s: offered as %s", gw_bearer_name(b),
            b == GW_BEARER_DATA64 ? "CLEARMODE" : "the codecs of \"media\"");
}

/** What else a SIP trunk's plan says about the call: causes and header fields. */
static void explain_peer(struct pass *p, const struct gw_hop *hop)
{
    const struct gw_causes *causes = &hop->trunk->causes;

    if (!p->explain || hop->trunk->kind != GW_TRUNK_SIP)
        return;
    say(p, "", "causes %s%s", gw_causes_profile_name(causes),
        causes->nrules > 0 ? " after rows of its own:" : "");
    for (unsigned i = 0; i < causes->nrules; i++)
        say(p, "", "  %s", causes->rules[i].text);
    explain_headers(p, hop);
}

static void add_hop(struct pass *p, const struct gw_trunk *trunk)
{
    struct gw_decision *d = p->out;
    struct gw_hop *hop = &d->hop[d->nhops++];
    const struct dp_site *site = trunk->site;
    struct dp_number calling = d->calling;
    char called_text[DP_TEXT_LEN], calling_text[DP_TEXT_LEN];

    if (calling.digits[0] == '\0' && site && site->main.digits[0]) {
        enum dp_present present = calling.present;
        calling = site->main; /* a caller without a number is shown as the house */
        calling.present = present == DP_RESTRICTED ? DP_RESTRICTED : DP_ALLOWED;
    }
    hop->trunk = trunk;
    dp_format_number(&hop->called, &d->called, trunk->numbers, site);
    dp_format_number(&hop->calling, &calling, trunk->numbers, site);
    say(p, "egress", "%s: called %s TON %s  (%s)", trunk->name, dp_text(called_text, &hop->called),
        ton_name(hop->called.ton), dp_format_name(trunk->numbers));
    say(p, "", "caller %s TON %s", dp_text(calling_text, &hop->calling),
        ton_name(hop->calling.ton));
    explain_bearer(p, trunk);
    explain_peer(p, hop);
}

/** A trunk that is out of service is passed over; when no other is left there is no circuit. */
static bool passed_over(struct pass *p, const struct gw_trunk *trunk)
{
    const char *why = p->q->gw ? gw_trunk_barred(p->q->gw, trunk) : NULL;

    if (!why)
        return false;
    say(p, "egress", "%s: skipped: %s", trunk->name, why);
    if (p->out->complete != DP_INCOMPLETE)
        p->out->cause = 34; /* no circuit/channel available */
    if (!p->explain)
        rt_count(&gw_upkeep_counters[GW_UPKEEP_SKIPPED]);
    return true;
}

static void choose_targets(struct pass *p)
{
    struct gw_decision *d = p->out;
    const struct gw_route *r = d->route;

    for (unsigned i = 0; r && i < r->ntargets; i++) {
        if (r->target[i].kind == GW_TO_TRUNK) {
            if (!passed_over(p, r->target[i].trunk))
                add_hop(p, r->target[i].trunk);
            continue;
        }
        d->rejects = true;
        if (d->complete != DP_INCOMPLETE)
            d->cause = r->target[i].cause;
        d->text = r->target[i].text;
        break; /* a rejection ends the list */
    }
    if (d->nhops == 0 || d->rejects)
        say(p, "reject", "cause %u%s%s", d->cause, d->text ? " " : "", d->text ? d->text : "");
}

void gw_route(struct gw_decision *out, const struct gw_plan *p, const struct gw_route_query *q,
              struct rt_buf *explain)
{
    struct pass pass = {.out = out, .plan = p, .q = q, .explain = explain};

    memset(out, 0, sizeof *out);
    ingress(&pass);
    normalise(&pass);
    look_up(&pass);
    choose_targets(&pass);
}

void gw_route_to(struct gw_decision *d, const struct gw_trunk *trunk)
{
    struct pass p = {.out = d};

    d->nhops = 0;
    d->rejects = false;
    d->route = NULL;
    d->text = NULL;
    d->cause = 3; /* no route to destination */
    d->complete = DP_COMPLETE;
    add_hop(&p, trunk);
}
