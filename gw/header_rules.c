/* Header rules at work: a list of header fields, and five operations on it.
 *
 * On the way in the list holds only the fields that a rule has named; the rest is read from the
 * message itself. On the way out it holds all that the adapter has, and the URIs of From and To
 * beside them, which rules may rewrite and nothing else.
 */
#include "gw/headers.h"

#include "gw/plan.h"

#include <stdio.h>

struct rt_counter gw_header_counters[GW_HEADER_NCOUNTERS] = {
    [GW_HEADER_DROPPED] = {.name = "headers_dropped_total",
                           .help = "Header fields that a rule could not add for want of room"},
    [GW_HEADER_NOT_CARRIED] = {.name = "headers_not_carried_total",
                               .help = "Header fields too long to pass on to the other side"},
};

/** A pass of the rules over a list. */
struct pass {
    struct gw_headers *h;
    const struct gw_trunk *trunk;
    struct gw_header_words words;
    char *carried_out;      /* in: where `pass` puts a field, or NULL */
    const char *carried_in; /* out: where it takes one from */
    struct rt_buf *explain;
};

/* ---- the list ---- */

static bool same_name(struct rt_str a, struct rt_str b)
{
    return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

/** A copy that lives as long as the list. False: there is no room. */
static bool keep(struct gw_headers *h, struct rt_str *s)
{
    if (s->n > sizeof h->text - h->used)
        return false;
    memcpy(h->text + h->used, s->p, s->n);
    s->p = h->text + h->used;
    h->used += s->n;
    return true;
}

static void add(struct gw_headers *h, struct rt_str name, struct rt_str value)
{
    if (h->n == GW_FIELDS_MAX)
        rt_count(&gw_header_counters[GW_HEADER_DROPPED]);
    else
        h->field[h->n++] = (struct sip_header){.name = name, .value = value};
}

static void add_copy(struct gw_headers *h, struct rt_str name, struct rt_str value)
{
    if (keep(h, &value))
        add(h, name, value);
    else
        rt_count(&gw_header_counters[GW_HEADER_DROPPED]);
}

static bool is_loaded(const struct gw_headers *h, struct rt_str name)
{
    for (unsigned i = 0; i < h->nloaded; i++)
        if (same_name(h->loaded[i], name))
            return true;
    return false;
}

/** Each of the numbers in one field is rewritten by itself. */
static void load_values(struct gw_headers *h, struct rt_str name, struct rt_str field)
{
    struct rt_str value;

    while ((value = sip_list_next(&field)).n > 0)
        add(h, name, value);
}

/** Brings the fields of that name from the received message into the list. */
static void load(struct gw_headers *h, const char *name)
{
    struct rt_str n = rt_str(name), value;

    if (!h->source || is_loaded(h, n) || h->nloaded == RT_COUNT(h->loaded))
        return;
    h->loaded[h->nloaded++] = n;
    for (unsigned i = 0; (value = sip_message_header(h->source, name, i)).n > 0; i++)
        if (gw_header_has_number(name))
            load_values(h, n, value);
        else
            add(h, n, value);
}

/** The first field of that name from `from` on; the list's end when there is none. */
static unsigned find(const struct gw_headers *h, const char *name, unsigned from)
{
    while (from < h->n && !same_name(h->field[from].name, rt_str(name)))
        from++;
    return from;
}

static unsigned drop(struct gw_headers *h, const char *name)
{
    unsigned had = h->n, left = 0;

    for (unsigned i = 0; i < had; i++)
        if (!same_name(h->field[i].name, rt_str(name)))
            h->field[left++] = h->field[i];
    h->n = left;
    return had - left;
}

/* ---- saying what happens ---- */

static void say(struct pass *p, const struct gw_header_rule *r, const char *fmt, ...)
    RT_PRINTF(3, 4);

static void say(struct pass *p, const struct gw_header_rule *r, const char *fmt, ...)
{
    va_list ap;

    if (!p->explain)
        return;
    rt_buf_printf(p->explain, "header rule %s ", r->at);
    va_start(ap, fmt);
    rt_buf_vprintf(p->explain, fmt, ap);
    va_end(ap);
    rt_buf_puts(p->explain, "\n");
}

/* ---- values ---- */

static const struct {
    const char *word;
    size_t at;
} words[] = {
    {"called", offsetof(struct gw_header_words, called)},
    {"caller", offsetof(struct gw_header_words, caller)},
    {"trunk", offsetof(struct gw_header_words, trunk)},
    {"call-id", offsetof(struct gw_header_words, call_id)},
    {"user-uri", offsetof(struct gw_header_words, user_uri)},
};

/** What stands for `{word}`, or NULL. */
static const struct rt_str *word_of(const struct gw_header_words *w, struct rt_str word)
{
    for (size_t i = 0; i < RT_COUNT(words); i++)
        if (rt_str_eq(word, words[i].word))
            return (const struct rt_str *)(const void *)((const char *)w + words[i].at);
    return NULL;
}

/** Cuts the text before the next `{word}` off `*rest`, and the word. False: it was the last. */
static bool next_word(struct rt_str *rest, struct rt_str *plain, struct rt_str *word)
{
    const char *end = rest->p + rest->n;
    const char *open = memchr(rest->p, '{', rest->n);
    const char *close = open ? memchr(open, '}', (size_t)(end - open)) : NULL;

    *plain = close ? (struct rt_str){rest->p, (size_t)(open - rest->p)} : *rest;
    if (!close)
        return false;
    *word = (struct rt_str){open + 1, (size_t)(close - open) - 1};
    *rest = (struct rt_str){close + 1, (size_t)(end - close) - 1};
    return true;
}

struct rt_str gw_header_unknown_word(const char *value)
{
    static const struct gw_header_words none;
    struct rt_str rest = rt_str(value), plain, word;

    while (next_word(&rest, &plain, &word))
        if (!word_of(&none, word))
            return (struct rt_str){word.p - 1, word.n + 2};
    return rt_str("");
}

/** Fills in the words of `value`. False: there is no room. */
static bool expand(struct pass *p, struct rt_str *out, const char *value)
{
    struct gw_headers *h = p->h;
    struct rt_str rest = rt_str(value), plain, word;
    size_t start = h->used;
    bool more = true, room = true;

    while (more && room) {
        more = next_word(&rest, &plain, &word);
        struct rt_str filled = more ? *word_of(&p->words, word) : rt_str("");
        room = keep(h, &plain) && keep(h, &filled);
    }
    if (!room)
        h->used = start;
    *out = (struct rt_str){h->text + start, h->used - start};
    return room;
}

/* ---- the operations ---- */

static void do_set(struct pass *p, const struct gw_header_rule *r)
{
    struct rt_str value;

    load(p->h, r->name);
    drop(p->h, r->name);
    if (!expand(p, &value, r->value)) {
        rt_count(&gw_header_counters[GW_HEADER_DROPPED]);
        return;
    }
    add(p->h, rt_str(r->name), value);
    say(p, r, "set %s: %.*s", r->name, RT_STR(value));
}

static void do_remove(struct pass *p, const struct gw_header_rule *r)
{
    load(p->h, r->name);
    unsigned gone = drop(p->h, r->name);
    say(p, r, "remove %s%s", r->name, gone ? "" : ": there is none");
}

static void do_copy(struct pass *p, const struct gw_header_rule *r)
{
    struct gw_headers *h = p->h;
    bool any = false;

    load(h, r->name);
    load(h, r->value);
    unsigned end = h->n; /* what is added behind it is not copied again */
    for (unsigned i = find(h, r->name, 0); i < end; i = find(h, r->name, i + 1)) {
        say(p, r, "copy %s to %s: %.*s", r->name, r->value, RT_STR(h->field[i].value));
        add(h, rt_str(r->value), h->field[i].value);
        any = true;
    }
    if (!any)
        say(p, r, "copy %s to %s: there is none", r->name, r->value);
}

static void do_number(struct pass *p, const struct gw_header_rule *r)
{
    struct gw_headers *h = p->h;
    char text[512];
    bool any = false;

    load(h, r->name);
    for (unsigned i = find(h, r->name, 0); i < h->n; i = find(h, r->name, i + 1)) {
        struct rt_str old = h->field[i].value;
        if (!gw_header_rewrite(text, sizeof text, old, r, p->trunk->site))
            continue;
        struct rt_str value = rt_str(text);
        if (!keep(h, &value)) {
            rt_count(&gw_header_counters[GW_HEADER_DROPPED]);
            continue;
        }
        say(p, r, "number %s: %.*s -> %.*s", r->name, RT_STR(gw_header_number(gw_header_uri(old))),
            RT_STR(gw_header_number(gw_header_uri(value))));
        h->field[i].value = value;
        any = true;
    }
    if (!any)
        say(p, r, "number %s: %s does not match", r->name, r->pattern);
}

/** Appends a line for the other side; what is received may hold anything, a line may not. */
static void carry(char *carried, const struct sip_header *f)
{
    size_t n = strlen(carried), need = f->name.n + f->value.n + 4;

    if (need >= GW_CARRIED_LEN - n) {
        rt_count(&gw_header_counters[GW_HEADER_NOT_CARRIED]);
        return;
    }
    snprintf(carried + n, GW_CARRIED_LEN - n, "%.*s: ", RT_STR(f->name));
    char *out = carried + strlen(carried);
    for (size_t i = 0; i < f->value.n; i++, out++)
        *out = (unsigned char)f->value.p[i] < 0x20 ? ' ' : f->value.p[i];
    memcpy(out, "\r\n", 3);
}

static void take_carried(struct pass *p, const struct gw_header_rule *r)
{
    struct rt_str rest = rt_str(p->carried_in ? p->carried_in : "");

    while (rest.n > 0) {
        struct rt_str value = rt_str_trim(rt_str_cut(&rest, '\n'));
        struct rt_str name = rt_str_cut(&value, ':');
        if (same_name(name, rt_str(r->name)))
            add_copy(p->h, rt_str(r->name), rt_str_trim(value));
    }
}

static void do_pass(struct pass *p, const struct gw_header_rule *r)
{
    struct gw_headers *h = p->h;

    if (!h->source) {
        take_carried(p, r);
        say(p, r, "pass %s: when the caller's trunk passes it in", r->name);
        return;
    }
    if (!p->carried_out)
        return;
    load(h, r->name);
    for (unsigned i = find(h, r->name, 0); i < h->n; i = find(h, r->name, i + 1))
        carry(p->carried_out, &h->field[i]);
}

static void (*const operations[])(struct pass *, const struct gw_header_rule *) = {
    [GW_HEADER_SET] = do_set,       [GW_HEADER_REMOVE] = do_remove, [GW_HEADER_COPY] = do_copy,
    [GW_HEADER_NUMBER] = do_number, [GW_HEADER_PASS] = do_pass,
};

static bool is_for(const struct gw_header_rule *r, int on)
{
    for (unsigned i = 0; i < r->non; i++)
        if (r->on[i] == on)
            return true;
    return false;
}

/** Runs the rules for this kind of message. */
static void run(struct pass *p, const struct gw_header_rules *rules, int on)
{
    for (unsigned i = 0; i < rules->n; i++)
        if (is_for(&rules->rule[i], on))
            operations[rules->rule[i].op](p, &rules->rule[i]);
}

/* ---- in ---- */

static bool any_for(const struct gw_header_rules *rules, int on)
{
    for (unsigned i = 0; i < rules->n; i++)
        if (is_for(&rules->rule[i], on))
            return true;
    return false;
}

const struct sip_message *gw_header_rules_in(struct gw_headers *h, const struct gw_trunk *t,
                                             const struct sip_message *msg,
                                             char carried[GW_CARRIED_LEN])
{
    int on = msg->status == 0 ? GW_ON_INVITE : msg->status;
    bool other = msg->status == 0 && !rt_str_eq(msg->method, "INVITE");

    if (other || !any_for(&t->headers_in, on))
        return msg;
    h->msg = *msg;
    h->msg.overlay = h;
    h->source = msg;
    h->n = h->nloaded = 0;
    h->used = 0;
    struct pass p = {.h = h,
                     .trunk = t,
                     .words = {.called = gw_header_number(msg->request_uri),
                               .caller = gw_header_number(msg->from_uri),
                               .trunk = rt_str(t->name),
                               .call_id = msg->call_id,
                               .user_uri = msg->from_uri},
                     .carried_out = carried};
    run(&p, &t->headers_in, on);
    unsigned from = find(h, "From", 0), to = find(h, "To", 0);
    if (from < h->n)
        h->msg.from_uri = gw_header_uri(h->field[from].value);
    if (to < h->n)
        h->msg.to_uri = gw_header_uri(h->field[to].value);
    return &h->msg;
}

struct rt_str gw_header(const struct sip_message *msg, const char *name, unsigned i)
{
    const struct gw_headers *h = msg->overlay;

    if (!h || !is_loaded(h, rt_str(name)))
        return sip_message_header(msg, name, i);
    for (unsigned k = find(h, name, 0); k < h->n; k = find(h, name, k + 1))
        if (i-- == 0)
            return h->field[k].value;
    return rt_str("");
}

/* ---- out ---- */

static void add_uri(struct gw_headers *h, const char *name, const struct rt_str *uri)
{
    char text[512];

    if (!uri)
        return;
    int n = snprintf(text, sizeof text, "<%.*s>", RT_STR(*uri));
    if (n > 0 && (size_t)n < sizeof text)
        add_copy(h, rt_str(name), rt_str(text));
}

static void take_uri(struct gw_headers *h, const char *name, struct rt_str *uri)
{
    unsigned i = find(h, name, 0);

    if (uri && i < h->n)
        *uri = gw_header_uri(h->field[i].value);
    drop(h, name);
}

void gw_header_rules_out(struct gw_headers *h, const struct gw_trunk *t,
                         const struct gw_header_out *out)
{
    struct pass p = {.h = h,
                     .trunk = t,
                     .words = out->words,
                     .carried_in = out->carried,
                     .explain = out->explain};

    h->source = NULL;
    h->n = h->nloaded = 0;
    h->used = 0;
    p.words.trunk = rt_str(t->name);
    for (unsigned i = 0; i < out->nheaders; i++)
        add(h, out->headers[i].name, out->headers[i].value);
    if (!any_for(&t->headers_out, out->on))
        return;
    add_uri(h, "From", out->from_uri);
    add_uri(h, "To", out->to_uri);
    run(&p, &t->headers_out, out->on);
    take_uri(h, "From", out->from_uri);
    take_uri(h, "To", out->to_uri);
}
