/* Causes of the plan: `causes PROFILE { sip 480 -> 20   cause 17 location user -> 600 }` to a
 * trunk's table. */
#include "gw/plan_priv.h"

#include <stdio.h>

/** Octets of a file's name in a row's text: the end of the path is what tells files apart. */
#define FILE_LEN 36

struct reader {
    struct gw_compile *c;
    struct gw_causes *causes;
    struct gw_cause_rule *rules;
    struct conf_pos *places; /* of each rule, for messages */
};

static const char *file_end(const char *file)
{
    size_t n = strlen(file);
    return n > FILE_LEN ? file + n - FILE_LEN : file;
}

static const char *rule_text(struct gw_compile *c, const struct gw_cause_rule *r,
                             struct conf_pos at)
{
    static const char *const advance[] = {"", " advance", " stop"};
    char *text = conf_alloc(c->arena, GW_CAUSE_ROW_LEN);
    const char *location = gw_location_word(r->location);

    if (text)
        snprintf(text, GW_CAUSE_ROW_LEN, "%s:%u %s %u%s%s -> %u%s", file_end(at.file), at.line,
                 r->from_sip ? "sip" : "cause", r->from, location ? " " : "",
                 location ? location : "", r->to, advance[r->advance]);
    return text ? text : "";
}

/** The rule that says the same already, or NULL. */
static const struct gw_cause_rule *same_rule(const struct gw_causes *t,
                                             const struct gw_cause_rule *r, uint8_t slot)
{
    for (; slot > 0; slot = t->rules[slot - 1].next)
        if (t->rules[slot - 1].location == r->location)
            return &t->rules[slot - 1];
    return NULL;
}

static void add_rule(struct reader *rd, struct gw_cause_rule r, const struct conf_node *n)
{
    struct gw_causes *t = rd->causes;
    uint8_t *slot = gw_causes_slot(t, r.from_sip, r.from);
    const struct gw_cause_rule *same = same_rule(t, &r, *slot);

    if (same) {
        struct conf_pos first = rd->places[same - t->rules];
        conf_error(rd->c->diag, n->pos, "\"%s %u\" stands twice, first at %s:%u:%u",
                   n->token[0].text, r.from, first.file, first.line, first.column);
        return;
    }
    r.text = rule_text(rd->c, &r, n->pos);
    r.next = *slot;
    rd->places[t->nrules] = n->pos;
    rd->rules[t->nrules++] = r;
    *slot = (uint8_t)t->nrules;
}

/** `sip STATUS -> CAUSE [advance|stop]` */
static void read_sip(struct reader *rd, const struct conf_node *n)
{
    const struct conf_token *advance = conf_arg(n, 3);
    struct gw_cause_rule r = {.from_sip = true,
                              .from = (uint16_t)conf_uint(conf_arg(n, 0)),
                              .location = GW_LOC_ANY,
                              .to = (uint16_t)conf_uint(conf_arg(n, 2))};

    if (advance)
        r.advance = strcmp(advance->text, "stop") == 0 ? GW_ADVANCE_NO : GW_ADVANCE_YES;
    add_rule(rd, r, n);
}

/** `cause VALUE [location WORD] -> STATUS` */
static void read_cause(struct reader *rd, const struct conf_node *n)
{
    const struct conf_token *location = conf_labelled(n, "location");
    struct gw_cause_rule r = {.from = (uint16_t)conf_uint(conf_arg(n, 0)),
                              .location = GW_LOC_ANY,
                              .to = (uint16_t)conf_uint(conf_arg(n, 2))};

    if (location)
        gw_location_parse(&r.location, rt_str(location->text));
    add_rule(rd, r, n);
}

void gw_plan_compile_causes(struct gw_compile *c, struct gw_trunk *t, const struct conf_node *trunk)
{
    const struct conf_node *block = conf_child(trunk, "causes");
    const struct conf_token *name = block ? conf_arg(block, 0) : NULL;
    struct reader rd = {.c = c, .causes = &t->causes};
    unsigned rows = 0;

    t->causes.profile = gw_cause_profile(rt_str(name ? name->text : "rfc3398"));
    for (const struct conf_node *n = block ? block->child : NULL; n; n = n->next)
        rows++;
    if (rows > GW_CAUSE_RULES_MAX) {
        conf_error(c->diag, block->pos, "there are more than %d rows here", GW_CAUSE_RULES_MAX);
        return;
    }
    if (rows == 0)
        return;
    rd.rules = conf_alloc(c->arena, rows * sizeof *rd.rules);
    rd.places = conf_alloc(c->arena, rows * sizeof *rd.places);
    if (!rd.rules || !rd.places)
        return;
    t->causes.rules = rd.rules;
    for (const struct conf_node *n = block->child; n; n = n->next)
        if (strcmp(n->token[0].text, "sip") == 0)
            read_sip(&rd, n);
        else
            read_cause(&rd, n);
}
