/* Classes of the plan: who may call what. */
#include "gw/plan_priv.h"

#include <errno.h>
#include <stddef.h>

#define CLASSES_MAX 4096

static bool says_refusal(const struct conf_token *from, const struct conf_token *end)
{
    for (; from < end; from++)
        if (from->kind == CONF_TOKEN_WORD && strcmp(from->text, "reject") == 0)
            return true;
    return false;
}

/** `... [reject 21 "text"]` */
static void read_refusal(struct gw_words *w, struct gw_permit *p)
{
    uint64_t cause;

    if (!gw_words_is(w, "reject"))
        return;
    if (!gw_words_number(w, "a cause", 1, 127, &cause)) {
        w->t = w->end;
        return;
    }
    p->cause = (unsigned)cause;
    const struct conf_token *t = gw_words_peek(w);
    if (t && t->kind == CONF_TOKEN_STRING) {
        p->reason = t->text;
        w->t++;
    }
}

/** Adds the next pattern of a statement; `*caller`: it is of callers, as those after it are. NULL:
 * there is none. */
static struct gw_permit *add_permit(struct gw_compile *c, struct gw_class *cls, struct gw_words *w,
                                    bool deny, bool *caller)
{
    struct gw_permit *p = conf_alloc(c->arena, sizeof *p);
    const struct conf_token *start;
    void *other;

    if (!p)
        return NULL;
    if (gw_words_is(w, "called"))
        *caller = false;
    else if (deny && gw_words_is(w, "caller"))
        *caller = true;
    start = w->t;
    p->deny = deny;
    p->cause = 21; /* call rejected */
    p->pos = start < w->end ? start->pos : w->pos;
    struct dp_pattern *pattern = gw_plan_pattern(c, w);
    p->text = gw_plan_text(c, start, w->t);
    p->firm = deny && (strcmp(p->text, "premium") == 0 || strncmp(p->text, "in ", 3) == 0);
    p->whole = p->text[strspn(p->text, "+-0123456789")] == '\0';
    if (deny)
        read_refusal(w, p);
    if (!pattern) {
        w->t = w->end;
        return NULL;
    }
    int err = dp_table_add(*caller ? cls->caller : cls->called, pattern, p, &other);
    if (err == EEXIST) {
        const struct gw_permit *first = other;
        conf_error(c->diag, p->pos, "\"%s\" is already said to be %s at line %u", p->text,
                   first->deny ? "denied" : "allowed", first->pos.line);
    } else if (err != 0) {
        c->arena->failed = true;
    }
    return p;
}

/** `PATTERN, PATTERN reject 21 "text"`: the refusal is that of all before it that have none. */
static void read_statement(struct gw_compile *c, struct gw_class *cls, struct gw_words *w,
                           bool deny)
{
    struct gw_permit *list = NULL, *p;
    bool caller = false;

    do {
        const struct conf_token *start = w->t;
        if (!(p = add_permit(c, cls, w, deny, &caller)))
            break;
        p->before = list;
        list = p;
        if (!says_refusal(start, w->t))
            continue;
        for (struct gw_permit *q = p->before; q; q = q->before) {
            q->cause = p->cause;
            q->reason = p->reason;
        }
        list = NULL;
    } while (gw_words_comma(w));
    gw_words_end(w);
}

static void read_permits(struct gw_compile *c, struct gw_class *cls, const struct conf_node *block,
                         const char *keyword, bool deny)
{
    for (const struct conf_node *n = conf_child(block, keyword); n; n = conf_again(n, keyword)) {
        struct gw_words w = gw_words(c, n, 1);
        read_statement(c, cls, &w, deny);
        cls->allows |= !deny;
    }
}

static void compile_class(struct gw_compile *c, struct gw_class *cls, const struct conf_node *block)
{
    const struct conf_node *loop = conf_child(block, "loop");

    if (dp_table_new(&cls->called) != 0 || dp_table_new(&cls->caller) != 0) {
        c->arena->failed = true;
        return;
    }
    read_permits(c, cls, block, "allow", false);
    read_permits(c, cls, block, "deny", true);
    if (dp_table_seal(cls->called) != 0 || dp_table_seal(cls->caller) != 0)
        c->arena->failed = true;
    gw_plan_compile_quota(c, &cls->quota, &cls->per_customer, block);
    cls->hops = loop ? (unsigned)conf_uint(conf_labelled(loop, "hops")) : 0;
}

void gw_plan_compile_classes(struct gw_compile *c)
{
    struct gw_dial_plan *d = &c->plan->dial;

    d->classes = gw_plan_array(c, "class", sizeof *d->classes, CLASSES_MAX, &d->nclasses);
    gw_plan_names(c, "class", d->classes, d->nclasses, sizeof *d->classes,
                  offsetof(struct gw_class, pos));
    const struct conf_node *n = conf_child(c->root, "class");
    for (unsigned i = 0; i < d->nclasses; i++, n = conf_again(n, "class"))
        compile_class(c, &d->classes[i], n);
}

const struct gw_class *gw_plan_class(struct gw_compile *c, const struct conf_node *block)
{
    const struct gw_dial_plan *d = &c->plan->dial;
    const struct conf_node *n = conf_child(block, "class");

    return n ? gw_plan_named(c, conf_arg(n, 0), "class", d->classes, d->nclasses,
                             sizeof *d->classes)
             : NULL;
}
