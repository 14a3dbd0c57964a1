/* Supplementary services of trunks on spans: what their exchange, or their users, may ask of us and
 * we of them. */
#include "gw/plan_priv.h"

#include <string.h>

static bool says(const struct conf_node *n, size_t arg, const char *word)
{
    const struct conf_token *t = n ? conf_arg(n, arg) : NULL;

    return t && strcmp(t->text, word) == 0;
}

static void need(struct gw_compile *c, const struct gw_trunk *t, const struct conf_node *n,
                 unsigned feature)
{
    if (!(t->span->variant->features & feature))
        conf_error(c->diag, n->pos, "\"%s\" has no such service", t->span->variant->name);
}

/** `aoc pass request s, d, e` */
static void read_charges(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    static const char *const words[] = {"s", "d", "e"}; /* by enum isdn_aoc_kind */
    const struct conf_node *n = conf_child(trunk, "aoc");
    bool list = false;

    t->session.aoc = says(n, 0, "pass");
    if (!t->session.aoc)
        return;
    need(c, t, n, ISDN_F_AOC);
    for (size_t i = 0; i < n->ntokens; i++) {
        const struct conf_token *token = &n->token[i];
        unsigned kind = 0;
        while (kind < RT_COUNT(words) && strcmp(token->text, words[kind]) != 0)
            kind++;
        if (list && kind < RT_COUNT(words))
            t->charges |= (uint8_t)(1u << kind);
        else if (list && token->kind != CONF_TOKEN_COMMA)
            conf_error(c->diag, token->pos, "\"%s\" is none of s, d, e", token->text);
        list = list || strcmp(token->text, "request") == 0;
    }
}

/** `redirects follow, deflect`: of called users here, and for callers from here. */
static void read_redirects(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    static const char *const words[] = {"map", "follow", "pass"};
    const struct conf_node *n = conf_child(trunk, "redirects");
    unsigned ways = 0;

    if (!n)
        return;
    for (size_t i = 0; i < n->ntokens; i++) {
        if (strcmp(n->token[i].text, "deflect") == 0)
            t->deflects = true;
        if (strcmp(n->token[i].text, "anywhere") == 0)
            conf_error(c->diag, n->token[i].pos, "\"redirects anywhere\" is for SIP peers");
        for (unsigned w = 0; w < RT_COUNT(words); w++)
            if (strcmp(n->token[i].text, words[w]) == 0) {
                t->deflection = (enum gw_deflection)w;
                ways++;
            }
    }
    if (ways > 1)
        conf_error(c->diag, n->pos, "one of \"map\", \"follow\" and \"pass\"");
    if (t->deflects || t->deflection != GW_DEFLECTION_MAP)
        need(c, t, n, ISDN_F_DEFLECT);
}

static void read_optimise(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    const struct conf_node *n = conf_child(trunk, "optimise");

    t->optimise = says(n, 0, "yes");
    if (t->optimise && !t->span->variant->transfer)
        conf_error(c->diag, n->pos, "\"%s\" does not join calls", t->span->variant->name);
}

void gw_plan_compile_services(struct gw_compile *c, struct gw_trunk *t,
                              const struct conf_node *trunk)
{
    t->session.sip.refer = !says(conf_child(trunk, "transfer"), 0, "refuse");
    read_charges(c, t, trunk);
    read_redirects(c, t, trunk);
    read_optimise(c, t, trunk);
}

/** What the same statements cannot say of a SIP peer. */
void gw_plan_check_services(struct gw_compile *c, const struct conf_node *trunk)
{
    static const struct {
        const char *statement, *word;
    } rows[] = {{"aoc", "request"}, {"redirects", "pass"}, {"redirects", "deflect"}};
    const struct conf_node *redirects = conf_child(trunk, "redirects");

    if (redirects && conf_arg(redirects, 1))
        conf_error(c->diag, redirects->pos, "one of \"map\", \"follow\" and \"anywhere\"");
    for (size_t r = 0; r < RT_COUNT(rows); r++) {
        const struct conf_node *n = conf_child(trunk, rows[r].statement);
        for (size_t i = 1; n && i < n->ntokens; i++)
            if (strcmp(n->token[i].text, rows[r].word) == 0)
                conf_error(c->diag, n->token[i].pos, "\"%s %s\" is for trunks on a span",
                           rows[r].statement, rows[r].word);
    }
}
