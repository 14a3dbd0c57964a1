/* Trunks of the plan: a SIP peer, channels of a span, or endpoints of an MGCP gateway. */
#include "gw/plan_priv.h"

#define TRUNKS_MAX 1024

const char *const gw_plan_target_words[] = {"reject", "lcr",       "enum",     "play",      "busy",
                                            "echo",   "milliwatt", "customer", "emergency", NULL};

/* ---- what every trunk has ---- */

static void read_site(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    const struct conf_node *n = conf_child(trunk, "site");
    const struct conf_node *site = conf_child(c->root, "site");

    if (!n) {
        if (c->plan->nsites == 1)
            t->site = &c->plan->sites[0];
        else if (c->plan->nsites > 1)
            conf_error(c->diag, trunk->pos, "trunk \"%s\" lacks \"site\": there are several",
                       t->name);
        return;
    }
    struct conf_suggest near = conf_suggest(conf_arg(n, 0)->text);
    for (unsigned i = 0; i < c->plan->nsites; i++, site = conf_again(site, "site")) {
        conf_suggest_offer(&near, conf_arg(site, 0)->text);
        if (strcmp(conf_arg(site, 0)->text, near.word) == 0)
            t->site = &c->plan->sites[i];
    }
    if (!t->site)
        conf_suggest_error(c->diag, conf_arg(n, 0)->pos, "unknown site", &near);
}

void gw_plan_compile_numbers(struct gw_compile *c, struct gw_trunk *t,
                             const struct conf_node *block)
{
    const struct gw_dial_plan *d = &c->plan->dial;
    const struct conf_node *n = conf_child(block, "numbers");

    t->numbers = t->kind == GW_TRUNK_SPAN   ? DP_ISDN
                 : t->kind == GW_TRUNK_MGCP ? DP_AS_DIALLED
                                            : DP_E164;
    if (!n || dp_format_parse(&t->numbers, rt_str(conf_arg(n, 0)->text)) == 0)
        return;
    struct conf_suggest near = conf_suggest(conf_arg(n, 0)->text);
    for (unsigned i = 0; i < d->nrules; i++) {
        if (strcmp(d->rules[i].name, near.word) == 0) {
            t->rules = d->rules[i].rules;
            return;
        }
        conf_suggest_offer(&near, d->rules[i].name);
    }
    for (enum dp_format f = 0; f <= DP_AS_DIALLED; f++)
        conf_suggest_offer(&near, dp_format_name(f));
    conf_suggest_error(c->diag, conf_arg(n, 0)->pos, "unknown number format", &near);
}

/** `own A, B`: what may be shown as the caller. */
static void read_own(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    const struct conf_node *n = conf_child(trunk, "own");

    if (!n)
        return;
    if (dp_table_new(&t->own) != 0) {
        c->arena->failed = true;
        return;
    }
    for (; n; n = conf_again(n, "own")) {
        struct gw_words w = gw_words(c, n, 1);
        do {
            struct dp_pattern *p = gw_plan_pattern(c, &w);
            void *other;
            if (p)
                dp_table_add(t->own, p, t, &other); /* twice is harmless */
        } while (gw_words_comma(&w));
        gw_words_end(&w);
    }
    if (dp_table_seal(t->own) != 0)
        c->arena->failed = true;
}

/** What the dial plan says of a trunk. */
static void read_dial(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    const struct conf_node *domains = conf_child(trunk, "domains");
    const struct conf_token *d;

    read_own(c, t, trunk);
    t->own_carrier = conf_child(trunk, "carrier") && conf_has(conf_child(trunk, "carrier"), "own");
    t->cls = gw_plan_class(c, trunk);
    gw_plan_compile_quota(c, &t->quota, NULL, trunk);
    gw_plan_compile_reserve(c, &t->reserve, conf_child(trunk, "reserve"));
    for (size_t i = 0; domains && (d = conf_arg(domains, i)) != NULL; i++)
        if (t->ndomains == RT_COUNT(t->domains))
            conf_error(c->diag, d->pos, "at most %zu domains", RT_COUNT(t->domains));
        else
            t->domains[t->ndomains++] = d->text;
}

/* ---- span ---- */

static const struct gw_span_plan *find_span(struct gw_compile *c, const struct conf_token *t)
{
    uint64_t id = conf_uint(t);

    for (unsigned i = 0; i < c->plan->nspans; i++)
        if (c->plan->spans[i].id == id)
            return &c->plan->spans[i];
    conf_error(c->diag, t->pos, "there is no span %s", t->text);
    return NULL;
}

static void add_channels(struct gw_compile *c, struct gw_trunk *t, const struct conf_token *range)
{
    const struct gw_span_plan *s = t->span;
    uint64_t low, high;

    conf_range(range, &low, &high);
    for (uint64_t ch = low; ch <= high && ch < 32; ch++) {
        if (ch == s->dchannel) {
            conf_error(c->diag, range->pos, "channel %u is the D channel of span %u", s->dchannel,
                       s->id);
            return;
        }
        if (!(s->timeslots >> ch & 1)) {
            conf_error(c->diag, range->pos, "channel %u is not carried by span %u", (unsigned)ch,
                       s->id);
            return;
        }
        t->channels |= 1u << ch;
    }
}

static void read_bearer(struct gw_trunk *t, const struct conf_node *trunk)
{
    static const char *const words[GW_BEARERS + 1] = {"audio", "speech", "data"};

    t->bearer = (enum gw_bearer)gw_plan_choice(conf_child(trunk, "bearer"), 0, words, 0);
}

/** `hold notify|signal|none`, `interworking-timer 30s` */
static void read_calls(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    static const char *const words[] = {"notify", "signal", "none", NULL};
    const struct conf_node *hold = conf_child(trunk, "hold");
    const struct conf_node *timer = conf_child(trunk, "interworking-timer");
    bool notifies = t->span->variant->features & ISDN_F_NOTIFY;

    t->hold =
        (enum gw_hold)gw_plan_choice(hold, 0, words, notifies ? GW_HOLD_NOTIFY : GW_HOLD_NONE);
    if (t->hold == GW_HOLD_NOTIFY && !notifies)
        conf_error(c->diag, hold->pos, "\"%s\" has no word for it in NOTIFY",
                   t->span->variant->name);
    t->interworking = timer ? conf_duration(conf_arg(timer, 0)) : 30 * RT_S;
    if (t->interworking < RT_S || t->interworking > 180 * RT_S)
        conf_error(c->diag, timer->pos, "\"interworking-timer\" is from 1s to 3min");
}

void gw_plan_compile_channels(struct gw_compile *c, struct gw_trunk *t,
                              const struct conf_node *block)
{
    read_bearer(t, block);
    gw_plan_compile_isdn(c, t, block);
    gw_plan_compile_services(c, t, block);
    gw_plan_compile_line(c, t, block);
    gw_plan_compile_trust(c, t, block);
    read_calls(c, t, block);
}

static void compile_span(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    static const char *const strange[] = {
        "accept",
        "health",
        "probation",
        "dtmf",
        "100rel",
        "session-timer",
        "silence",
        "nat",
        "media",
        "causes",
        "headers",
        "register",
        "auth",
        "challenge",
        "identity-updates",
        "cic",
        "phone-context",
        "early-media",
        "diversion",
        "codecs",
        "codec-choice",
        "transcode",
        "ptime",
        "fax",
        "comfort-noise",
        "jitter-buffer",
        "rtcp-xr",
        "media-timeout",
        "quality-reports",
        "srtp",
        "srtp-suites",
        "ice",
        "rtcp-mux",
        "symmetric",
    };
    const struct conf_node *n = conf_child(trunk, "channels");
    const struct conf_token *token;

    for (size_t i = 0; i < RT_COUNT(strange); i++) {
        const struct conf_node *s = conf_child(trunk, strange[i]);
        if (s)
            conf_error(c->diag, s->pos, "\"%s\" is for trunks with a SIP peer", strange[i]);
    }
    t->overlap = conf_child(trunk, "overlap") != NULL;
    gw_plan_compile_tgrp(c, t, trunk);
    t->span = find_span(c, conf_arg(conf_child(trunk, "span"), 0));
    if (!t->span)
        return;
    gw_plan_compile_channels(c, t, trunk);
    if (!n) {
        t->channels = t->span->timeslots & ~(1u << t->span->dchannel);
        return;
    }
    for (enum isdn_hunt h = 0; h < ISDN_HUNTS; h++)
        if (conf_has(n, isdn_hunt_name(h)))
            t->hunt = h;
    for (size_t i = 0; (token = conf_arg(n, i)); i++)
        if (token->text[0] >= '0' && token->text[0] <= '9')
            add_channels(c, t, token);
}

static void check_channels(struct gw_compile *c, const struct gw_trunk *a, const struct gw_trunk *b)
{
    uint32_t both = a->channels & b->channels;

    if (a->span == b->span && both)
        conf_error(c->diag, b->pos,
                   "trunks \"%s\" and \"%s\" (at %s:%u:%u) both have channel %d of span %u",
                   b->name, a->name, a->pos.file, a->pos.line, a->pos.column, __builtin_ctz(both),
                   a->span->id);
}

/* ---- all ---- */

static void compile_trunk(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *n)
{
    const struct conf_node *sip = conf_child(n, "sip"), *span = conf_child(n, "span");
    const struct conf_node *mgcp = conf_child(n, "mgcp");

    t->pos = n->pos;
    t->node = n;
    t->plan = c->plan;
    t->kind = span ? GW_TRUNK_SPAN : mgcp ? GW_TRUNK_MGCP : GW_TRUNK_SIP;
    gw_plan_name(c, t->name, n);
    if (gw_plan_among(gw_plan_target_words, t->name))
        conf_error(c->diag, conf_arg(n, 0)->pos,
                   "\"%s\" means something else in routes and cannot name a trunk", t->name);
    read_site(c, t, n);
    gw_plan_compile_numbers(c, t, n);
    read_dial(c, t, n);
    gw_plan_compile_sound(c, t, n);
    if (!mgcp)
        gw_plan_check_no_lines(c, n);
    if ((sip && span) || (mgcp && (sip || span)))
        conf_error(c->diag, n->pos, "trunk \"%s\" has both \"%s\" and \"%s\"", t->name,
                   sip ? "sip" : "span", sip && span ? "span" : "mgcp");
    else if (sip)
        gw_plan_compile_peer(c, t, n);
    else if (span)
        compile_span(c, t, n);
    else if (mgcp)
        gw_plan_compile_lines(c, t, n);
    else
        conf_error(c->diag, n->pos,
                   "trunk \"%s\" leads nowhere: \"sip\", \"span\" or \"mgcp\" is missing", t->name);
}

static void check_pair(struct gw_compile *c, const struct gw_trunk *a, const struct gw_trunk *b,
                       const struct conf_node *n)
{
    if (strcmp(a->name, b->name) == 0)
        gw_plan_twice(c, n, a->pos);
    else if (a->span && b->span)
        check_channels(c, a, b);
    else if (a->kind == GW_TRUNK_SIP && b->kind == GW_TRUNK_SIP)
        gw_plan_check_peers(c, a, b);
}

void gw_plan_compile_trunks(struct gw_compile *c)
{
    struct gw_plan *p = c->plan;

    p->trunks = gw_plan_array(c, "trunk", sizeof *p->trunks, TRUNKS_MAX, &p->ntrunks);
    const struct conf_node *n = conf_child(c->root, "trunk");
    for (unsigned i = 0; i < p->ntrunks; i++, n = conf_again(n, "trunk")) {
        p->trunks[i].index = i;
        compile_trunk(c, &p->trunks[i], n);
        for (unsigned k = 0; k < i; k++)
            check_pair(c, &p->trunks[k], &p->trunks[i], n);
    }
}
