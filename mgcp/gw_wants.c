/* Lists of requested, detected and persistent events, compiled: symbols by number, so that an event
 * finds its item without comparing texts. The list's text stays behind the items for audits and for
 * what is read only when it is needed, such as embedded requests.
 */
#include "mgcp/gw_events.h"

#include <errno.h>
#include <stdlib.h>

struct rt_str mgcp_wants_text(const struct mgcp_wants *w, struct mgcp_span s)
{
    return (struct rt_str){w->text + s.at, s.n};
}

char *mgcp_wants_expand(struct rt_str text, const struct mgcp_gw_connection *created)
{
    struct rt_buf b = {0};
    bool quoted = false;

    rt_buf_reserve(&b, text.n + 1);
    for (size_t i = 0; i < text.n; i++) {
        quoted ^= text.p[i] == '"';
        rt_buf_put(&b, text.p + i, 1);
        if (created && !quoted && text.p[i] == '@' && i + 1 < text.n && text.p[i + 1] == '$') {
            rt_buf_puts(&b, created->id);
            i++;
        }
    }
    if (b.failed)
        rt_buf_release(&b);
    return b.p;
}

struct mgcp_gw_connection *mgcp_wants_connection(const struct mgcp_events_context *x,
                                                 struct rt_str id, unsigned *refusal)
{
    struct mgcp_gw_connection *c;

    *refusal = 200;
    if (id.n == 0 || rt_str_eq(id, "*"))
        return NULL;
    if (x->created && rt_str_caseeq(id, x->created->id))
        return x->created;
    c = mgcp_gw_connection(x->endpoint, id);
    if (!c)
        *refusal = 515;
    return c;
}

/* ---- names ---- */

static bool by_name(struct rt_str name)
{
    return name.n > 0 &&
           (name.p[0] == '[' || rt_str_caseeq(name, "all") || rt_str_caseeq(name, "X"));
}

static bool covers_any(const struct mgcp_package *p, struct rt_str name)
{
    for (unsigned i = 0; i < p->nsymbols; i++) {
        if ((p->symbol[i].flags & MGCP_SYM_EVENT) &&
            mgcp_item_covers(name, rt_str(p->symbol[i].name)))
            return true;
    }
    return false;
}

/* "D/[0-9T]", "L/all": something in the package has to be covered. */
static unsigned group_symbol(const struct mgcp_gw_endpoint *e, struct rt_str package,
                             struct rt_str name, const struct mgcp_package **pkg)
{
    *pkg = mgcp_gw_package(e, package);
    if (!*pkg)
        return 518;
    if (rt_str_caseeq(name, "all") || covers_any(*pkg, name))
        return 200;
    if (*pkg == mgcp_digits_package(e) && covers_any(mgcp_package(rt_str("D")), name))
        return 200;
    return 522;
}

/* An event of any package: one of the endpoint's has to have it. */
static unsigned any_package(const struct mgcp_gw_endpoint *e, struct rt_str name)
{
    if (rt_str_caseeq(name, "all"))
        return 200;
    for (const char *const *n = mgcp_gw_packages(e->kind); *n; n++) {
        const struct mgcp_package *p = mgcp_package(rt_str(*n));

        if (p && (by_name(name) ? covers_any(p, name) : mgcp_symbol(p, name) != NULL))
            return 200;
    }
    return 522;
}

unsigned mgcp_wants_symbol(const struct mgcp_gw_endpoint *e, const struct mgcp_item *item,
                           bool signal, const struct mgcp_package **pkg,
                           const struct mgcp_symbol **sym)
{
    struct rt_str package = item->package;
    bool digit = mgcp_is_digit_name(item->name);

    *pkg = NULL;
    *sym = NULL;
    /* Digits without a package are digits, whatever the default package is (3.2.2.4). */
    if (package.n == 0 && (digit || (item->name.n > 0 && item->name.p[0] == '[')))
        package = rt_str(mgcp_digits_package(e)->name);
    if (!signal && rt_str_eq(package, "*"))
        return any_package(e, item->name);
    if (!signal && by_name(item->name))
        return group_symbol(e, package, item->name, pkg);
    if (digit && rt_str_caseeq(package, mgcp_digits_package(e)->name)) {
        *pkg = mgcp_gw_package(e, package);
        *sym = mgcp_digits_symbol(item->name);
        return *pkg ? 200 : 518;
    }
    return mgcp_gw_symbol(e, package, item->name, signal, item->connection.n > 0,
                          item->params.n > 0 || item->sign != 0, pkg, sym);
}

/* ---- compiling ---- */

static struct mgcp_span span(const struct mgcp_wants *w, struct rt_str s)
{
    if (s.n == 0)
        return (struct mgcp_span){0};
    return (struct mgcp_span){(uint16_t)(s.p - w->text), (uint16_t)s.n};
}

/* Checks an embedded request as far as it can be before its event comes. */
static unsigned check_embedded(const struct mgcp_events_context *x, const struct mgcp_item *item)
{
    struct mgcp_events_context in = *x;
    struct mgcp_wants *w = NULL;
    struct mgcp_signal *s = NULL;
    struct mgcp_map *map;
    unsigned refusal = 200;

    in.now = false;
    if (item->d.n > 0) {
        if (mgcp_map_new(&map, item->d, &refusal) != 0)
            return refusal;
        mgcp_map_free(map);
        in.map = true;
    }
    refusal = mgcp_wants_compile(&w, &in, item->r, MGCP_LIST_R);
    free(w);
    if (refusal == 200)
        refusal = mgcp_signals_compile(&s, &in, item->s);
    mgcp_signals_drop(s);
    return refusal;
}

static unsigned check_actions(const struct mgcp_events_context *x, const struct mgcp_item *item)
{
    const unsigned both = MGCP_NOTIFY | MGCP_EMBEDDED;

    /* Swap is optional (2.3.3); N with E needs more than one NTFY a request. */
    if ((item->actions & MGCP_SWAP) || ((item->actions & both) == both && !x->loop))
        return 523;
    if ((item->actions & MGCP_BY_MAP) && !x->map)
        return 519;
    return item->actions & MGCP_EMBEDDED ? check_embedded(x, item) : 200;
}

/** Whether the owner detects it as it is asked for, there. Digits are what every owner has. */
static unsigned check_owner(const struct mgcp_events_context *x, const struct mgcp_item *item,
                            const struct mgcp_package *pkg, const struct mgcp_symbol *sym)
{
    const struct mgcp_gw_ops *ops = x->endpoint->ops;
    unsigned refusal;
    struct mgcp_gw_connection *c = mgcp_wants_connection(x, item->connection, &refusal);

    if (refusal != 200 || !ops->requested || !pkg || !sym || by_name(item->name) ||
        mgcp_is_digit_name(item->name) || (item->actions & MGCP_IGNORE))
        return refusal;
    return ops->requested(x->endpoint->arg, c, pkg->name, sym->name, item->params);
}

static unsigned compile_item(struct mgcp_wants *w, const struct mgcp_events_context *x,
                             const struct mgcp_item *item)
{
    struct mgcp_want *v = &w->want[w->n];
    const struct mgcp_package *pkg;
    const struct mgcp_symbol *sym;
    unsigned refusal = mgcp_wants_symbol(x->endpoint, item, false, &pkg, &sym);

    if (refusal == 200)
        refusal = check_owner(x, item, pkg, sym);
    if (refusal == 200)
        refusal = check_actions(x, item);
    if (refusal != 200)
        return refusal;
    *v = (struct mgcp_want){.name = span(w, item->name),
                            .connection = span(w, item->connection),
                            .params = span(w, item->params),
                            .r = span(w, item->r),
                            .s = span(w, item->s),
                            .d = span(w, item->d),
                            .symbol = pkg && sym && !by_name(item->name) ? sym->id : MGCP_BY_NAME,
                            .package = pkg ? (uint8_t)(pkg - mgcp_packages) : MGCP_ANY_PACKAGE,
                            .actions = item->actions ? (uint8_t)item->actions : MGCP_NOTIFY};
    return 200;
}

/* "A given event MUST NOT appear more than once" (2.3.3). */
static bool appears(const struct mgcp_wants *w, const struct mgcp_want *v)
{
    struct rt_str connection = mgcp_wants_text(w, v->connection);
    struct rt_str name = mgcp_wants_text(w, v->name);

    for (unsigned i = 0; i < w->n; i++) {
        const struct mgcp_want *o = &w->want[i];
        struct rt_str c = mgcp_wants_text(w, o->connection), n = mgcp_wants_text(w, o->name);

        if (o->package == v->package && o->symbol == v->symbol && c.n == connection.n &&
            n.n == name.n && strncasecmp(c.p, connection.p, c.n) == 0 &&
            strncasecmp(n.p, name.p, n.n) == 0 && o->params.n == 0 && v->params.n == 0)
            return true;
    }
    return false;
}

static unsigned count_items(struct rt_str text, enum mgcp_list kind, unsigned *refusal)
{
    struct mgcp_item item;
    unsigned n = 0, why = 510;
    int err;

    while ((err = mgcp_item_next(&text, kind, &item, &why)) == 0)
        n++;
    *refusal = err == ENOENT ? 200 : why;
    return n;
}

static struct mgcp_wants *wants_new(char *text, unsigned n)
{
    size_t items = sizeof(struct mgcp_wants) + n * sizeof(struct mgcp_want), len = strlen(text);
    struct mgcp_wants *w = malloc(items + len + 1);

    if (!w)
        return NULL;
    *w = (struct mgcp_wants){.text = (char *)w + items, .length = len};
    memcpy(w->text, text, len + 1);
    return w;
}

static unsigned fill(struct mgcp_wants *w, const struct mgcp_events_context *x, enum mgcp_list kind)
{
    struct rt_str rest = {w->text, w->length};
    struct mgcp_item item;
    unsigned refusal = 200;

    while (refusal == 200 && mgcp_item_next(&rest, kind, &item, NULL) == 0) {
        refusal = compile_item(w, x, &item);
        if (refusal == 200 && appears(w, &w->want[w->n]))
            refusal = 510;
        w->n++;
    }
    if (refusal == 200 && x->now && !x->persistent && kind == MGCP_LIST_R)
        refusal = mgcp_wants_glare(w, x->endpoint);
    return refusal;
}

unsigned mgcp_wants_compile(struct mgcp_wants **out, const struct mgcp_events_context *x,
                            struct rt_str text, enum mgcp_list kind)
{
    struct mgcp_wants *w;
    unsigned refusal, n = count_items(text, kind, &refusal);

    *out = NULL;
    if (refusal != 200 || n == 0)
        return refusal;
    char *copy = mgcp_wants_expand(text, x->created);
    if (copy && strlen(copy) <= UINT16_MAX && n <= MGCP_WANTS)
        w = wants_new(copy, n);
    else
        w = NULL;
    free(copy);
    if (!w)
        return 502;
    refusal = fill(w, x, kind);
    if (refusal == 200)
        *out = w;
    else
        free(w);
    return refusal;
}

unsigned mgcp_wants_check(const struct mgcp_wants *w, const struct mgcp_events_context *x)
{
    unsigned refusal = 200;

    for (unsigned i = 0; w && i < w->n && refusal == 200; i++)
        mgcp_wants_connection(x, mgcp_wants_text(w, w->want[i].connection), &refusal);
    return refusal;
}

unsigned mgcp_wants_glare(const struct mgcp_wants *w, const struct mgcp_gw_endpoint *e)
{
    static const char *const with_hook[] = {"L", "H"};

    if (e->kind != MGCP_LINE_ENDPOINT || !e->ops->off_hook)
        return 200;
    for (unsigned i = 0; w && i < w->n; i++) {
        const struct mgcp_want *v = &w->want[i];
        struct rt_str name = mgcp_wants_text(w, v->name);
        bool hook = v->package == MGCP_ANY_PACKAGE;

        for (size_t k = 0; k < RT_COUNT(with_hook) && !hook; k++)
            hook = strcmp(mgcp_packages[v->package].name, with_hook[k]) == 0;
        if (!hook || (v->actions & MGCP_IGNORE))
            continue;
        if (rt_str_caseeq(name, "hd") && e->ops->off_hook(e->arg))
            return 401;
        if ((rt_str_caseeq(name, "hu") || rt_str_caseeq(name, "hf")) && !e->ops->off_hook(e->arg))
            return 402;
    }
    return 200;
}

/* ---- finding ---- */

static bool on_connection(const struct mgcp_wants *w, const struct mgcp_want *v,
                          struct rt_str connection)
{
    struct rt_str asked = mgcp_wants_text(w, v->connection);

    if (rt_str_eq(asked, "*"))
        return connection.n > 0;
    return asked.n == connection.n &&
           (asked.n == 0 || strncasecmp(asked.p, connection.p, asked.n) == 0);
}

static struct rt_str param(struct rt_str params, const char *wanted)
{
    struct rt_str name, value;

    while (mgcp_param_next(&params, &name, &value)) {
        if (rt_str_caseeq(name, wanted))
            return value;
    }
    return (struct rt_str){0};
}

/* D/dd may be asked for one digit (RFC 3660 2.2). */
static bool same_digit(const struct mgcp_wants *w, const struct mgcp_want *v,
                       const struct mgcp_seen *ev)
{
    struct rt_str asked, seen;

    if (v->params.n == 0 || ev->params.n == 0)
        return true;
    asked = param(mgcp_wants_text(w, v->params), "dg");
    seen = param(ev->params, "dg");
    return asked.n == 0 || seen.n == 0 || mgcp_item_covers(asked, seen);
}

const struct mgcp_want *mgcp_wants_find(const struct mgcp_wants *w, const struct mgcp_seen *ev)
{
    const struct mgcp_want *group = NULL;

    for (unsigned i = 0; w && i < w->n; i++) {
        const struct mgcp_want *v = &w->want[i];

        if (v->package != MGCP_ANY_PACKAGE && &mgcp_packages[v->package] != ev->package)
            continue;
        if (v->symbol == MGCP_BY_NAME
                ? group || !mgcp_item_covers(mgcp_wants_text(w, v->name), rt_str(ev->symbol->name))
                : v->symbol != ev->symbol->id)
            continue;
        if (!on_connection(w, v, ev->connection) || !same_digit(w, v, ev))
            continue;
        if (v->symbol != MGCP_BY_NAME)
            return v;
        group = v;
    }
    return group;
}
