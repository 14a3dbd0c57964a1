/* How spans of the plan are kept in order: `restart every`, `audit every`, `busy-out while`. After
 * the trunks, which busy-out names. */
#include "gw/plan_priv.h"

#define RESTART_MIN (60 * RT_S)
#define AUDIT_MIN   (30 * RT_S)
#define LONGEST     (7 * 24 * 3600 * RT_S)

static rt_time read_every(struct gw_compile *c, const struct conf_node *span, const char *word,
                          rt_time least)
{
    const struct conf_node *n = conf_child(span, word);
    const struct conf_token *t = n ? conf_labelled(n, "every") : NULL;

    if (!t || strcmp(t->text, "never") == 0)
        return 0;
    rt_time every = conf_duration(t);
    if (every < least || every > LONGEST)
        conf_error(c->diag, t->pos, "\"%s every\" may be %lld s to 7 days", word,
                   (long long)(least / RT_S));
    return every;
}

/* ---- busy-out ---- */

const char *gw_busy_out_name(enum gw_busy_out how)
{
    static const char *const names[GW_BUSY_OUTS] = {[GW_BUSY_REFUSE] = "refuse",
                                                    [GW_BUSY_SERVICE] = "service",
                                                    [GW_BUSY_DCHANNEL] = "dchannel"};
    return names[how];
}

static void add_behind(struct gw_compile *c, struct gw_upkeep_plan *u, const struct conf_token *t)
{
    const struct gw_trunk *trunk = gw_plan_find_trunk(c, t);

    if (!trunk)
        return;
    if (trunk->kind != GW_TRUNK_SIP || trunk->registered)
        conf_error(c->diag, t->pos, "trunk \"%s\" has no SIP peer that could be down", trunk->name);
    else if (trunk->to.health == 0)
        conf_error(c->diag, t->pos, "trunk \"%s\" has no \"health\" checks: it is never down",
                   trunk->name);
    else if (u->nbehind == RT_COUNT(u->behind))
        conf_error(c->diag, t->pos, "\"busy-out\" names at most %zu trunks", RT_COUNT(u->behind));
    else
        u->behind[u->nbehind++] = trunk;
}

/** Names stand between `while` and `by`. */
static void read_behind(struct gw_compile *c, struct gw_upkeep_plan *u, const struct conf_node *n)
{
    for (size_t i = 2; i < n->ntokens && strcmp(n->token[i].text, "by") != 0; i++)
        if (n->token[i].kind != CONF_TOKEN_COMMA)
            add_behind(c, u, &n->token[i]);
}

static void read_busy_out(struct gw_compile *c, struct gw_span_plan *s,
                          const struct conf_node *span)
{
    const struct conf_node *n = conf_child(span, "busy-out");
    const struct conf_token *by = n ? conf_labelled(n, "by") : NULL;

    if (!by)
        return;
    for (enum gw_busy_out how = 0; how < GW_BUSY_OUTS; how++)
        if (strcmp(gw_busy_out_name(how), by->text) == 0)
            s->upkeep.busy_out = how;
    read_behind(c, &s->upkeep, n);
    if (s->upkeep.busy_out == GW_BUSY_SERVICE && !(s->variant->features & ISDN_F_SERVICE))
        conf_error(c->diag, by->pos, "\"%s\" has no SERVICE messages", s->variant->name);
    if (s->upkeep.busy_out == GW_BUSY_DCHANNEL && (s->lead || s->multipoint))
        conf_error(c->diag, by->pos, "the D channel is not that of span %u alone", s->id);
}

void gw_plan_compile_upkeep(struct gw_compile *c)
{
    const struct conf_node *n = conf_child(c->root, "span");

    for (unsigned i = 0; n && i < c->plan->nspans; i++, n = conf_again(n, "span")) {
        struct gw_span_plan *s = &c->plan->spans[i];
        s->upkeep.restart = read_every(c, n, "restart", RESTART_MIN);
        s->upkeep.audit = read_every(c, n, "audit", AUDIT_MIN);
        read_busy_out(c, s, n);
    }
}
