/* Who we are to other carriers: the codes of our network and of this gateway (RFC 4694). */
#include "gw/plan_priv.h"

/** Hexadecimal digits, with "+" when it is global; separators are left out. NULL: it is no code. */
static const char *code_of(struct gw_compile *c, const struct conf_token *t)
{
    const char *text = t->text;
    char *out = conf_alloc(c->arena, strlen(text) + 1);
    size_t n = 0;

    if (!out)
        return NULL;
    if (*text == '+')
        out[n++] = *text++;
    for (; *text; text++)
        if (strchr("0123456789abcdefABCDEF", *text))
            out[n++] = *text;
        else if (!strchr("-.()", *text))
            return NULL;
    return n > (out[0] == '+') && n < DP_TEXT_LEN ? out : NULL;
}

static void read_codes(struct gw_compile *c, const char *out[GW_NETWORK_CODES + 1],
                       const struct conf_node *block, const char *keyword)
{
    const struct conf_token *t;
    unsigned n = 0;

    for (const struct conf_node *s = conf_child(block, keyword); s; s = conf_again(s, keyword))
        for (size_t i = 0; (t = conf_arg(s, i)) != NULL; i++) {
            const char *code = code_of(c, t);
            if (!code)
                conf_error(c->diag, t->pos, "\"%s\" is no code like +1-0999", t->text);
            else if (n == GW_NETWORK_CODES)
                conf_error(c->diag, t->pos, "at most %d codes of \"%s\"", GW_NETWORK_CODES,
                           keyword);
            else
                out[n++] = code;
        }
}

void gw_plan_compile_network(struct gw_compile *c)
{
    struct gw_network *w = &c->plan->dial.network;
    const struct conf_node *block = conf_child(c->root, "network");

    if (!block)
        return;
    w->pos = block->pos;
    read_codes(c, w->cic, block, "cic");
    read_codes(c, w->node, block, "node");
    read_codes(c, w->lrn, block, "lrn");
}
