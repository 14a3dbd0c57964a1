/* Lines of interface cards in the plan: `dahdi 2 block 160`, and what is set up on their channels.
 *
 * Framing and line code are dahdi_cfg's business: what the plan says of them is compared with the
 * card's state when the span is opened.
 */
#include "gw/plan_priv.h"

#include "gw/rt/dahdi.h"

#define BLOCK    80 /* 10 ms: costs little more than 20 ms, and delays less */
#define GAIN_MAX 24 /* dB either way */

static const struct {
    const char *word;
    unsigned bit;
} framings[] = {
    {"crc4", RT_DAHDI_CRC4}, {"hdb3", RT_DAHDI_HDB3}, {"ami", RT_DAHDI_AMI}, {"d4", RT_DAHDI_D4},
    {"esf", RT_DAHDI_ESF},   {"b8zs", RT_DAHDI_B8ZS}, {"ccs", RT_DAHDI_CCS}, {"cas", 0}};

void gw_plan_compile_framing(struct gw_compile *c, struct gw_span_plan *s,
                             const struct conf_node *line)
{
    for (size_t i = 1; line && i < line->ntokens; i++) {
        const struct conf_token *t = &line->token[i];
        struct conf_suggest near = conf_suggest(t->text);
        size_t k = 0;

        for (; k < RT_COUNT(framings) && strcmp(framings[k].word, t->text) != 0; k++)
            conf_suggest_offer(&near, framings[k].word);
        if (k == RT_COUNT(framings))
            conf_suggest_error(c->diag, t->pos, "unknown framing or line code", &near);
        else
            s->framing |= framings[k].bit;
    }
}

static void read_echo(struct gw_compile *c, struct gw_span_plan *s, const struct conf_node *n)
{
    const struct conf_token *t = n ? conf_arg(n, 0) : NULL;

    if (!t || strcmp(t->text, "off") == 0)
        return;
    s->echo = (unsigned)conf_uint(t);
    if (s->echo & (s->echo - 1)) /* the driver knows 32 to 1024 taps, 8 a millisecond */
        conf_error(c->diag, t->pos, "\"%s\" is none of 4, 8, 16, 32, 64, 128 and off", t->text);
}

static void check_alone(struct gw_compile *c, const struct gw_span_plan *s,
                        const struct conf_node *n)
{
    for (const struct gw_span_plan *o = c->plan->spans; o < s; o++)
        if (o->kind == GW_SPAN_DAHDI && o->dahdi == s->dahdi)
            conf_error(c->diag, n->pos, "dahdi span %u is that of span %u at %s:%u:%u", s->dahdi,
                       o->id, o->pos.file, o->pos.line, o->pos.column);
}

void gw_plan_compile_dahdi(struct gw_compile *c, struct gw_span_plan *s,
                           const struct conf_node *span)
{
    const struct conf_node *n = conf_child(span, "dahdi"), *other = conf_child(span, "pseudowire");
    const struct conf_token *block = conf_labelled(n, "block");

    if (other)
        conf_error(c->diag, other->pos, "span %u is either a pseudowire or a dahdi span", s->id);
    s->dahdi = (unsigned)conf_uint(conf_arg(n, 0));
    s->frames = block ? (unsigned)conf_uint(block) : BLOCK;
    if (s->frames < RT_DAHDI_BLOCK_MIN)
        conf_error(c->diag, block->pos, "\"%s\": the driver has no blocks of less than %d octets",
                   block->text, RT_DAHDI_BLOCK_MIN);
    read_echo(c, s, conf_child(span, "echo-cancel"));
    s->gain_rx = gw_plan_gain(c, conf_child(span, "gain"), "rx", GAIN_MAX);
    s->gain_tx = gw_plan_gain(c, conf_child(span, "gain"), "tx", GAIN_MAX);
    check_alone(c, s, n);
}

void gw_plan_check_no_dahdi(struct gw_compile *c, const struct conf_node *span)
{
    static const char *const words[] = {"echo-cancel", "gain"};

    for (size_t i = 0; i < RT_COUNT(words); i++) {
        const struct conf_node *n = conf_child(span, words[i]);
        if (n)
            conf_error(c->diag, n->pos, "\"%s\" is for dahdi spans", words[i]);
    }
}
