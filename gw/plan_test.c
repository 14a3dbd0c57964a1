/* Tests in the plan. They run at every load; one that fails refuses the plan. They run offline: all
 * trunks are up and idle but for what `given` and `busy` say.
 *
 *     call    from TRUNK called N [caller N] [at TIME] [busy TRUNK] [bearer B] [source ADDRESS]
 *     given   lnp N = N | TRUNK answers cause N | TRUNK answers sip N | TRUNK down
 *     expect  trunk T | tries A, B | reject N | called N | caller N | ton T | key N |
 *             isup called N [gap N] [pnti N] | preempted N
 */
#include "dialplan/schedule.h"
#include "gw/plan_priv.h"
#include "gw/route.h"

#include <stdio.h>

#define TESTS_MAX 10000

/** A test being run. */
struct trial {
    struct gw_compile *c;
    const struct conf_node *node;
    const char *name;
    struct gw_route_query q;
    struct gw_route_world world;
    struct gw_decision d;
    unsigned tried[GW_HOPS], ntried; /**< hops, in the order that a call would try them */
    const struct gw_hop *hop;        /**< that answers; NULL: none */
    unsigned cause;                  /**< when none does */
    bool failed;
};

/* ---- the call ---- */

static void read_number(struct gw_words *w, struct dp_number *out)
{
    const struct conf_token *t = gw_words_take(w, "a number");

    if (t && dp_number_parse(out, rt_str(t->text)) != 0)
        gw_words_wrong(w, t, "a number");
}

static void call_from(struct trial *t, struct gw_words *w)
{
    const struct conf_token *name = gw_words_take(w, "a trunk or a customer");
    const struct gw_trunk *trunk[GW_ROUTES_FROM];
    unsigned n = 0;

    if (!name)
        return;
    gw_plan_add_trunks(t->c, trunk, &n, GW_ROUTES_FROM, name);
    if (n > 0)
        t->q.from = trunk[0];
}

static void call_called(struct trial *t, struct gw_words *w)
{
    read_number(w, &t->q.called);
}
static void call_caller(struct trial *t, struct gw_words *w)
{
    read_number(w, &t->q.calling);
}

/** `at 2026-03-02 20:00`: one word or two, in the zone of the caller's site. */
static void call_at(struct trial *t, struct gw_words *w)
{
    const struct conf_token *date = gw_words_take(w, "a time"), *hours = gw_words_peek(w);
    char text[64];
    const char *why;

    if (!date)
        return;
    bool two = hours && strchr(hours->text, ':') && !strchr(date->text, ':');
    snprintf(text, sizeof text, "%s%s%s", date->text, two ? " " : "", two ? hours->text : "");
    if (two)
        w->t++;
    const struct dp_site *site = t->q.from ? t->q.from->site : NULL;
    const struct dp_zone *zone = site ? t->c->plan->zones[site - t->c->plan->sites] : NULL;
    if (dp_time_parse(text, zone, &t->q.when, &why) != 0)
        conf_error(t->c->diag, date->pos, "\"%s\" %s", text, why);
}

static void add_ways(struct trial *t, struct gw_words *w, const struct gw_trunk **list, unsigned *n,
                     unsigned max)
{
    const struct conf_token *name = gw_words_take(w, "a trunk or a group");

    if (name)
        gw_plan_add_trunks(t->c, list, n, max, name);
}

static void call_busy(struct trial *t, struct gw_words *w)
{
    add_ways(t, w, t->world.busy, &t->world.nbusy, RT_COUNT(t->world.busy));
}

static void call_bearer(struct trial *t, struct gw_words *w)
{
    const struct conf_token *b = gw_words_take(w, "a bearer");

    if (b && gw_bearer_parse(&t->q.bearer, rt_str(b->text)) != 0)
        gw_words_wrong(w, b, "a bearer: audio, speech or data64");
}

static void call_source(struct trial *t, struct gw_words *w)
{
    const struct conf_token *a = gw_words_take(w, "an address");

    if (a && rt_addr_parse(&t->q.source, a->text, strlen(a->text), 5060) != 0)
        gw_words_wrong(w, a, "an address like 10.1.0.7");
}

/** One word of a statement and who reads what follows. */
struct clause {
    const char *word;
    void (*read)(struct trial *t, struct gw_words *w);
};

/** Reads clauses until nothing is left; commas may part them. */
static void read_clauses(struct trial *t, const struct conf_node *n, const struct clause *list,
                         size_t count)
{
    struct gw_words w = gw_words(t->c, n, 1);
    const char *words[16] = {NULL};

    for (size_t i = 0; i < count; i++)
        words[i] = list[i].word;
    while (w.t < w.end) {
        int i = gw_words_choice(&w, "a word", words);
        if (i < 0)
            return;
        list[i].read(t, &w);
        gw_words_comma(&w);
    }
}

static const struct clause call_clauses[] = {
    {"from", call_from}, {"called", call_called}, {"caller", call_caller}, {"at", call_at},
    {"busy", call_busy}, {"bearer", call_bearer}, {"source", call_source},
};

/* ---- the world ---- */

/** `lnp N = N` */
static void given_lnp(struct trial *t, struct gw_words *w)
{
    unsigned i = t->world.nported;
    struct dp_number routing = {.digits = ""};

    if (i == RT_COUNT(t->world.ported))
        return;
    read_number(w, &t->world.ported[i].number);
    if (!gw_words_is(w, "=")) {
        conf_error(t->c->diag, w->pos, "\"lnp\" wants: lnp NUMBER = NUMBER");
        w->t = w->end;
        return;
    }
    read_number(w, &routing);
    dp_text(t->world.ported[i].routing, &routing);
    t->world.nported++;
}

/** `TRUNK answers cause 34`, `TRUNK answers`, `TRUNK down`, `TRUNK busy` */
static void given_way(struct trial *t, struct gw_words *w)
{
    const struct conf_token *name = gw_words_take(w, "a trunk or a group");
    struct gw_way way;
    uint64_t value = 0;

    if (!name || !gw_plan_way(t->c, &way, name)) {
        w->t = w->end;
        return;
    }
    bool down = gw_words_is(w, "down");
    if (down || gw_words_is(w, "busy")) {
        gw_plan_add_trunks(t->c, down ? t->world.down : t->world.busy,
                           down ? &t->world.ndown : &t->world.nbusy, RT_COUNT(t->world.busy), name);
        return;
    }
    if (!gw_words_is(w, "answers") || t->world.noutcomes == RT_COUNT(t->world.outcome)) {
        conf_error(t->c->diag, name->pos,
                   "\"given %s\" wants: answers cause N, answers sip N, down or busy", name->text);
        w->t = w->end;
        return;
    }
    unsigned i = t->world.noutcomes++;
    t->world.outcome[i].way = way;
    t->world.outcome[i].answers = !gw_words_peek(w);
    if (gw_words_is(w, "cause") && gw_words_number(w, "a cause", 1, 127, &value))
        t->world.outcome[i].q850 = (unsigned)value;
    else if (gw_words_is(w, "sip") && gw_words_number(w, "a SIP status", 300, 699, &value))
        t->world.outcome[i].sip = (unsigned)value;
}

static void read_given(struct trial *t, const struct conf_node *n)
{
    struct gw_words w = gw_words(t->c, n, 1);

    for (; w.t < w.end; gw_words_comma(&w))
        if (gw_words_is(&w, "lnp"))
            given_lnp(t, &w);
        else
            given_way(t, &w);
}

/* ---- what becomes of it ---- */

static bool outcome_of(const struct trial *t, const struct gw_hop *hop, struct gw_cause *cause)
{
    for (unsigned i = 0; i < t->world.noutcomes; i++) {
        const struct gw_way *way = &t->world.outcome[i].way;
        if (way->trunk ? way->trunk != hop->trunk : way->group != hop->trunk->group)
            continue;
        if (t->world.outcome[i].answers)
            return false;
        *cause = (struct gw_cause){.q850 = (uint8_t)t->world.outcome[i].q850,
                                   .sip_status = (int)t->world.outcome[i].sip};
        if (cause->q850 == 0)
            gw_cause_from_sip(
                cause, &hop->trunk->causes,
                &(struct gw_sip_failure){.status = cause->sip_status, .reason_location = -1});
        return true;
    }
    return false;
}

/** Tries the hops as a call would. */
static void play(struct trial *t)
{
    struct gw_decision *d = &t->d;
    unsigned i = 0;

    t->cause = d->cause;
    while (i < d->nhops) {
        struct gw_cause cause;
        t->tried[t->ntried++] = i;
        if (!outcome_of(t, &d->hop[i], &cause)) {
            t->hop = &d->hop[i];
            return;
        }
        t->cause = cause.q850;
        unsigned left = i;
        i = gw_route_next(d, left, &cause, false);
        gw_route_left(d, left, &cause, false);
    }
    if (d->rejects && i != GW_NO_HOP)
        t->cause = d->cause;
}

/* ---- expectations ---- */

static void fail(struct trial *t, const struct conf_token *at, const char *what, const char *is)
{
    conf_error(t->c->diag, at->pos, "test \"%s\" fails: %s is %s, not %s", t->name, what, is,
               at->text);
    t->failed = true;
}

/** A call that is refused has none of what is expected of it. */
static void fail_refused(struct trial *t, const struct conf_token *at, const char *what)
{
    conf_error(t->c->diag, at->pos,
               "test \"%s\" fails: the call is refused with cause %u, %s should be %s", t->name,
               t->cause, what, at->text);
    t->failed = true;
}

/** What became of the call, in words. */
static const char *result(const struct trial *t)
{
    static char text[80]; /* one thread loads at a time */

    snprintf(text, sizeof text, "refused with cause %u", t->cause);
    return t->hop ? t->hop->trunk->name : text;
}

static void expect_trunk(struct trial *t, struct gw_words *w)
{
    const struct conf_token *name = gw_words_take(w, "a trunk or a group");
    struct gw_way way;

    if (!name || !gw_plan_way(t->c, &way, name))
        return;
    if (!t->hop)
        fail_refused(t, name, "the trunk");
    else if (way.trunk ? way.trunk != t->hop->trunk : way.group != t->hop->trunk->group)
        fail(t, name, "the trunk", t->hop->trunk->name);
}

/** `tries A, B`: groups count once, however many of their trunks are tried. */
static void expect_tries(struct trial *t, struct gw_words *w)
{
    const struct conf_token *at = NULL;
    const struct gw_group *last = NULL;
    unsigned i = 0;

    do {
        const struct conf_token *name = gw_words_take(w, "a trunk or a group");
        struct gw_way way;
        if (!name || !gw_plan_way(t->c, &way, name))
            return;
        while (last && i < t->ntried && t->d.hop[t->tried[i]].trunk->group == last)
            i++;
        const struct gw_trunk *trunk = i < t->ntried ? t->d.hop[t->tried[i]].trunk : NULL;
        if (!trunk || (way.trunk ? way.trunk != trunk : way.group != trunk->group)) {
            fail(t, name, "what is tried next", trunk ? trunk->name : "nothing");
            return;
        }
        last = way.group;
        at = name;
        i++;
    } while (gw_words_comma(w));
    while (last && i < t->ntried && t->d.hop[t->tried[i]].trunk->group == last)
        i++;
    if (i < t->ntried)
        fail(t, at, "what is tried last", t->d.hop[t->tried[t->ntried - 1]].trunk->name);
}

static void expect_reject(struct trial *t, struct gw_words *w)
{
    const struct conf_token *at = w->t < w->end ? w->t : w->t - 1;
    uint64_t cause = 0;

    if (gw_words_peek(w) && !gw_words_number(w, "a cause", 1, 127, &cause))
        return;
    if (!t->hop && cause && t->cause != cause)
        fail(t, at, "the call", result(t));
    if (!t->hop)
        return;
    conf_error(t->c->diag, at->pos, "test \"%s\" fails: the call goes to %s and is not refused",
               t->name, t->hop->trunk->name);
    t->failed = true;
}

static void same_number(struct trial *t, struct gw_words *w, const char *what,
                        const struct dp_number *is)
{
    const struct conf_token *at = w->t;
    struct dp_number wanted = {.digits = ""};
    char text[DP_TEXT_LEN];

    read_number(w, &wanted);
    if (at == w->t)
        return;
    if (!is && !t->hop)
        fail_refused(t, at, what);
    else if (!is)
        fail(t, at, what, "none");
    else if (!dp_number_equal(&wanted, is))
        fail(t, at, what, is->digits[0] ? dp_text(text, is) : "none");
}

static void expect_called(struct trial *t, struct gw_words *w)
{
    same_number(t, w, "the number called", t->hop ? &t->hop->called : NULL);
}

static void expect_caller(struct trial *t, struct gw_words *w)
{
    same_number(t, w, "the caller", t->hop ? &t->hop->calling : NULL);
}

static void expect_key(struct trial *t, struct gw_words *w)
{
    same_number(t, w, "the number routed on", &t->d.key);
}

static void expect_gap(struct trial *t, struct gw_words *w)
{
    same_number(t, w, "the generic address",
                t->hop && t->hop->routing.digits[0] ? &t->hop->called : NULL);
}

/** `isup called N`: what ISUP would call, the routing number where there is one. */
static void expect_isup(struct trial *t, struct gw_words *w)
{
    const struct gw_hop *hop = t->hop;

    if (!gw_words_is(w, "called")) {
        conf_error(t->c->diag, w->pos, "\"isup\" wants: isup called NUMBER");
        w->t = w->end;
        return;
    }
    same_number(t, w, "the number that ISUP calls",
                hop ? hop->routing.digits[0] ? &hop->routing : &hop->called : NULL);
}

static void expect_number(struct trial *t, struct gw_words *w, const char *what, unsigned is)
{
    const struct conf_token *at = w->t;
    uint64_t wanted;
    char text[16];

    if (!gw_words_number(w, what, 0, 1000, &wanted) || wanted == is)
        return;
    snprintf(text, sizeof text, "%u", is);
    fail(t, at, what, text);
}

static void expect_pnti(struct trial *t, struct gw_words *w)
{
    expect_number(t, w, "the ported number translation indicator",
                  t->d.carrier.npdi || t->d.dipped);
}

static void expect_preempted(struct trial *t, struct gw_words *w)
{
    expect_number(t, w, "the number of calls dropped for it", t->hop && t->hop->preempt);
}

static void expect_ton(struct trial *t, struct gw_words *w)
{
    const struct conf_token *word = gw_words_take(w, "a type of number");
    enum dp_ton ton;

    if (!word)
        return;
    if (dp_ton_parse(&ton, rt_str(word->text)) != 0)
        gw_words_wrong(w, word, "a type of number like national");
    else if (!t->hop)
        fail_refused(t, word, "the type of number");
    else if (t->hop->called.ton != ton)
        fail(t, word, "the type of number", dp_ton_name(t->hop->called.ton));
}

static const struct clause expect_clauses[] = {
    {"trunk", expect_trunk},   {"tries", expect_tries},         {"reject", expect_reject},
    {"called", expect_called}, {"caller", expect_caller},       {"ton", expect_ton},
    {"key", expect_key},       {"isup", expect_isup},           {"gap", expect_gap},
    {"pnti", expect_pnti},     {"preempted", expect_preempted},
};

/* ---- all ---- */

static void run_one(struct gw_compile *c, const struct gw_plan_test *test)
{
    const struct conf_node *call = conf_child(test->node, "call");
    struct trial t = {.c = c, .node = test->node, .name = test->name};
    unsigned before = c->diag->errors;

    t.q.world = &t.world;
    read_clauses(&t, call, call_clauses, RT_COUNT(call_clauses));
    for (const struct conf_node *n = conf_child(test->node, "given"); n; n = conf_again(n, "given"))
        read_given(&t, n);
    if (!t.q.from && c->diag->errors == before)
        conf_error(c->diag, call->pos, "\"call\" wants: from TRUNK called NUMBER");
    if (c->diag->errors > before)
        return;
    gw_route(&t.d, c->plan, &t.q, NULL);
    play(&t);
    for (const struct conf_node *n = conf_child(test->node, "expect"); n && !t.failed;
         n = conf_again(n, "expect"))
        read_clauses(&t, n, expect_clauses, RT_COUNT(expect_clauses));
}

void gw_plan_compile_tests(struct gw_compile *c)
{
    struct gw_dial_plan *d = &c->plan->dial;
    unsigned errors = c->diag->errors;

    d->tests = gw_plan_array(c, "test", sizeof *d->tests, TESTS_MAX, &d->ntests);
    const struct conf_node *n = conf_child(c->root, "test");
    for (unsigned i = 0; i < d->ntests; i++, n = conf_again(n, "test")) {
        d->tests[i] = (struct gw_plan_test){conf_arg(n, 0)->text, n, n->pos};
        if (errors == 0 && !c->untested) /* what is wrong with the plan itself comes first */
            run_one(c, &d->tests[i]);
    }
}

/** What a test complained about, without its name, which is known. */
static void report(const struct conf_diag *diag, struct gw_plan_result *out, struct rt_buf *why)
{
    struct rt_str rest = rt_buf_str(&diag->text), first = rt_str_cut(&rest, '\n');
    const char *start = memmem(first.p, first.n, "\" fails: ", 9);
    size_t skip = start ? (size_t)(start - first.p) + 9 : 0;

    rt_buf_reset(why);
    rt_buf_put(why, first.p + skip, first.n - skip);
    out->why = rt_buf_str(why).p;
}

unsigned gw_plan_run_tests(const struct gw_plan *p, gw_plan_result_fn *fn, void *arg)
{
    struct gw_plan idle = *p; /* nothing is used up, whatever calls there are */
    struct rt_buf why = {0};
    unsigned failed = 0;

    idle.scopes = NULL;
    for (unsigned i = 0; i < p->dial.ntests; i++) {
        struct conf_arena arena = {.chunks = NULL};
        struct conf_diag diag = {.errors = 0};
        struct gw_compile c = {
            .plan = &idle, .arena = &arena, .root = conf_root(p->conf), .diag = &diag};
        struct gw_plan_result result = {.test = &p->dial.tests[i]};
        run_one(&c, &p->dial.tests[i]);
        if (diag.errors > 0)
            report(&diag, &result, &why);
        failed += diag.errors > 0;
        fn(arg, &result);
        conf_diag_release(&diag);
        conf_arena_release(&arena);
    }
    rt_buf_release(&why);
    return failed;
}
