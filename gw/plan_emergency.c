/* Emergency calls: which numbers they are, where they go, what is shown and who is told. */
#include "gw/plan_priv.h"

/** As long as an exchange waits for a word before it sends SETUP again (Q.931, T303). */
#define SILENCE (4 * RT_S)

/** Copies the numbers of all statements `keyword`; `pos` may be NULL. */
static unsigned read_numbers(struct gw_compile *c, const struct conf_node *block,
                             const char *keyword, char (*out)[16], struct conf_pos *pos,
                             unsigned max)
{
    const struct conf_token *t;
    unsigned n = 0;

    for (const struct conf_node *s = conf_child(block, keyword); s; s = conf_again(s, keyword))
        for (size_t i = 0; (t = conf_arg(s, i)) != NULL; i++) {
            if (n == max || !rt_str_copy(out[n], sizeof out[n], rt_str(t->text))) {
                conf_error(c->diag, t->pos, "\"%s\" is too long, or one of more than %u", t->text,
                           max);
                return n;
            }
            if (pos)
                pos[n] = t->pos;
            n++;
        }
    return n;
}

/** What people dial ends with what they mean. */
static void check_accepted(struct gw_compile *c, const struct gw_emergency *e,
                           const struct conf_node *block)
{
    const struct conf_node *n = conf_child(block, "accept");

    for (unsigned i = 0; i < e->naccept; i++)
        if (!gw_emergency_number(e, e->accept[i]))
            conf_error(c->diag, n->pos, "\"%s\" ends with none of the emergency numbers",
                       e->accept[i]);
}

const char *gw_emergency_number(const struct gw_emergency *e, const char *digits)
{
    size_t len = strlen(digits);

    for (unsigned i = 0; i < e->nnumbers; i++) {
        size_t n = strlen(e->number[i]);
        if (n <= len && strcmp(digits + len - n, e->number[i]) == 0)
            return e->number[i];
    }
    return NULL;
}

static void read_send(struct gw_compile *c, struct gw_emergency *e, const struct conf_node *n)
{
    const struct conf_token *t;

    for (size_t i = 0; n && (t = conf_arg(n, i)) != NULL; i++)
        if (e->nsend == RT_COUNT(e->send))
            conf_error(c->diag, t->pos, "at most %zu trunks take emergency calls",
                       RT_COUNT(e->send));
        else if (gw_plan_way(c, &e->send[e->nsend], t))
            e->nsend++;
}

/** `preempt newest ordinary`, `preempt lowest priority then newest`, `preempt none` */
static void read_preempt(struct gw_compile *c, struct gw_emergency *e, const struct conf_node *n)
{
    struct gw_words w = gw_words(c, n, 1);

    if (gw_words_is(&w, "none"))
        e->preempt = GW_PREEMPT_NONE;
    else if (gw_words_is(&w, "newest") && gw_words_is(&w, "ordinary"))
        e->preempt = GW_PREEMPT_NEWEST;
    else if (gw_words_is(&w, "lowest") && gw_words_is(&w, "priority") && gw_words_is(&w, "then") &&
             gw_words_is(&w, "newest"))
        e->preempt = GW_PREEMPT_LOWEST;
    else {
        conf_error(c->diag, n->pos,
                   "\"preempt\" wants: newest ordinary, lowest priority then newest, or none");
        return;
    }
    gw_words_end(&w);
}

static void read_location(struct gw_compile *c, struct gw_emergency *e, const struct conf_node *n)
{
    const struct conf_token *from = conf_arg(n, 0), *place = conf_arg(n, 1);
    const struct conf_token *caller = conf_labelled(n, "caller");
    struct gw_emergency_place *l = &e->locations[e->nlocations++];

    l->pos = n->pos;
    l->place = place ? place->text : NULL;
    rt_cidr_parse(&l->from, from->text, strlen(from->text)); /* the schema has checked it */
    if (dp_number_parse(&l->caller, rt_str(caller->text)) != 0 || !l->caller.e164)
        conf_error(c->diag, caller->pos, "\"%s\" is not an international number like +4930901820",
                   caller->text);
}

static void read_locations(struct gw_compile *c, struct gw_emergency *e,
                           const struct conf_node *block)
{
    unsigned n = 0;

    for (const struct conf_node *s = conf_child(block, "location"); s;
         s = conf_again(s, "location"))
        n++;
    if (n == 0 || !(e->locations = conf_alloc(c->arena, n * sizeof *e->locations)))
        return;
    for (const struct conf_node *s = conf_child(block, "location"); s;
         s = conf_again(s, "location"))
        read_location(c, e, s);
}

static bool is_trunk(const struct gw_compile *c, struct rt_str name)
{
    const struct conf_node *n = conf_child(c->root, "trunk");

    while (n && !rt_str_eq(name, conf_arg(n, 0)->text))
        n = conf_again(n, "trunk");
    return n != NULL;
}

bool gw_plan_check_notify(struct gw_compile *c, const struct conf_token *t)
{
    const char *colon = strchr(t->text, ':');
    struct rt_str who = {t->text, colon ? (size_t)(colon - t->text) : 0};

    if (colon ? colon[1] == '\0' : strchr(t->text, '@') == NULL)
        conf_error(c->diag, t->pos, "\"%s\" is not TRUNK:NUMBER or mail:ADDRESS", t->text);
    else if (colon && !rt_str_eq(who, "mail") && !is_trunk(c, who))
        conf_error(c->diag, t->pos, "unknown trunk \"%.*s\"", RT_STR(who));
    else
        return true;
    return false;
}

static void read_notify(struct gw_compile *c, struct gw_emergency *e, const struct conf_node *block)
{
    const struct conf_token *t;

    for (const struct conf_node *n = conf_child(block, "notify"); n; n = conf_again(n, "notify"))
        for (size_t i = 0; (t = conf_arg(n, i)) != NULL; i++) {
            if (!gw_plan_check_notify(c, t))
                continue;
            if (e->nnotify == RT_COUNT(e->notify))
                conf_error(c->diag, t->pos, "at most %zu are told", RT_COUNT(e->notify));
            else
                e->notify[e->nnotify++] = t->text;
        }
}

/** `header Resource-Priority esnet.1, Priority emergency` */
static void read_headers(struct gw_compile *c, struct gw_emergency *e,
                         const struct conf_node *block)
{
    for (const struct conf_node *n = conf_child(block, "header"); n; n = conf_again(n, "header")) {
        struct gw_words w = gw_words(c, n, 1);
        do {
            const struct conf_token *name = gw_words_take(&w, "the name of a header field");
            const struct conf_token *value =
                name ? gw_words_take(&w, "the value of the header field") : NULL;
            if (!value)
                return;
            if (e->nheaders == RT_COUNT(e->header)) {
                conf_error(c->diag, name->pos, "at most %zu header fields", RT_COUNT(e->header));
                return;
            }
            e->header[e->nheaders].name = name->text;
            e->header[e->nheaders++].value = value->text;
        } while (gw_words_comma(&w));
        gw_words_end(&w);
    }
}

void gw_plan_compile_emergency(struct gw_compile *c)
{
    struct gw_emergency *e = &c->plan->dial.emergency;
    const struct conf_node *block = conf_child(c->root, "emergency"), *n;

    if (!block)
        return;
    e->on = true;
    e->pos = block->pos;
    e->nnumbers = read_numbers(c, block, "numbers", e->number, e->number_pos, RT_COUNT(e->number));
    e->naccept = read_numbers(c, block, "accept", e->accept, NULL, RT_COUNT(e->accept));
    check_accepted(c, e, block);
    read_send(c, e, conf_child(block, "send"));
    if ((n = conf_child(block, "preempt")) != NULL)
        read_preempt(c, e, n);
    read_locations(c, e, block);
    n = conf_child(block, "callback");
    e->callback = n ? conf_duration(conf_arg(n, 0)) : 0;
    e->silence = gw_plan_silence(c, block, SILENCE);
    read_notify(c, e, block);
    read_headers(c, e, block);
}
