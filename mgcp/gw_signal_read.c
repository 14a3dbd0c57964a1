/* SignalRequests (2.3.3, 3.2.2.4): which signals they name, for how long, and whether they could
 * start now.
 */
#include "mgcp/gw_events.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

/* RFC 3660 2.2: D/dd is followed by 50 ms of silence. */
#define TONE_SILENCE (50 * RT_MS)
#define TONE_MIN     50
#define TONE_MAX     60000
/** A time-out that is asked for, ms. */
#define TIMEOUT_MAX 999999999u

static bool is_tone(const struct mgcp_package *p, const struct mgcp_symbol *s)
{
    return strcmp(p->name, "D") == 0 && strcasecmp(s->name, "dd") == 0;
}

/* What ends a signal with a time-out: "to" (3.2.2.4), or its own count of rings, whose end the
 * owner tells. */
static unsigned read_timeout(struct mgcp_signal *s)
{
    struct rt_str rest = rt_str(s->params), name, value;
    uint64_t ms = s->symbol->timeout_ms;
    bool counted = false;

    while (mgcp_param_next(&rest, &name, &value)) {
        if (rt_str_caseeq(name, "rep") && value.n > 0)
            counted = true;
        if (rt_str_caseeq(name, "su") && is_tone(s->package, s->symbol))
            return 538;
        if (!rt_str_caseeq(name, "to"))
            continue;
        if (!mgcp_package_takes_timeout(s->package) || (s->symbol->flags & MGCP_SYM_VARIABLE) ||
            rt_str_u64(&ms, rt_str_trim(value), TIMEOUT_MAX) != 0)
            return 538;
    }
    s->timeout = counted ? 0 : (rt_time)ms * RT_MS;
    if (is_tone(s->package, s->symbol)) {
        if (ms < TONE_MIN || ms > TONE_MAX)
            return 538;
        s->timeout += TONE_SILENCE;
    }
    return 200;
}

static bool turns_off(const struct mgcp_item *item)
{
    struct rt_str rest = item->params, name, value;

    if (item->sign != 0)
        return item->sign == '-';
    while (mgcp_param_next(&rest, &name, &value)) {
        if (rt_str_eq(name, "-"))
            return true;
    }
    return false;
}

/* "G/rbk(ID)" is an alias of "G/rt@ID" (RFC 3660 2.1): what the owner gets is the latter. */
static unsigned resolve_alias(struct mgcp_item *item, const struct mgcp_events_context *x,
                              const struct mgcp_package *pkg, const struct mgcp_symbol **sym)
{
    if (strcmp(pkg->name, "G") != 0 || strcasecmp((*sym)->name, "rbk") != 0)
        return 200;
    struct rt_str to = rt_str_trim(item->params);
    if (rt_str_eq(to, "$") && x->created)
        to = rt_str(x->created->id);
    if (item->connection.n > 0 || (!mgcp_is_id(to) && !rt_str_eq(to, "*")))
        return 538;
    item->connection = to;
    item->params = (struct rt_str){0};
    *sym = mgcp_symbol(pkg, rt_str("rt"));
    return 200;
}

static unsigned signal_new(struct mgcp_signal **out, const struct mgcp_events_context *x,
                           struct mgcp_item *item)
{
    const struct mgcp_package *pkg;
    const struct mgcp_symbol *sym;
    unsigned refusal = mgcp_wants_symbol(x->endpoint, item, true, &pkg, &sym);

    if (refusal == 200)
        refusal = resolve_alias(item, x, pkg, &sym);
    if (refusal != 200)
        return refusal;
    if (sym->signal == MGCP_NO_SIGNAL)
        return 513;
    struct mgcp_signal *s = calloc(1, sizeof *s + item->params.n + 2);
    if (!s)
        return 502;
    s->endpoint = x->endpoint;
    s->package = pkg;
    s->symbol = sym;
    if (item->params.n > 0)
        memcpy(s->params, item->params.p, item->params.n);
    else
        s->params[0] = item->sign;
    s->off = sym->signal == MGCP_ON_OFF && turns_off(item);
    if (sym->signal == MGCP_TIME_OUT)
        refusal = read_timeout(s);
    if (refusal == 200 && !rt_str_copy(s->connection, sizeof s->connection, item->connection))
        refusal = 515;
    if (refusal == 200)
        *out = s;
    else
        free(s);
    return refusal;
}

static bool same(const struct mgcp_signal *a, const struct mgcp_signal *b)
{
    return a->symbol == b->symbol && a->package == b->package &&
           strcasecmp(a->connection, b->connection) == 0;
}

struct mgcp_signal *mgcp_signals_find(struct mgcp_signal *list, const struct mgcp_signal *like)
{
    struct mgcp_signal *s;

    DL_FOREACH(list, s)
    {
        if (same(s, like))
            return s;
    }
    return NULL;
}

static unsigned check_on(const struct mgcp_signal *s, const struct mgcp_events_context *x,
                         struct mgcp_gw_connection *c)
{
    const struct mgcp_gw_ops *ops = x->endpoint->ops;

    if (!x->now)
        return 200;
    if (c && !c->remote && !(c == x->created && x->remote))
        return 527;
    if (!ops->check)
        return 200;
    return ops->check(x->endpoint->arg, c, s->package->name, s->symbol->name, rt_str(s->params));
}

/* Whether it could start, on each connection that it names. */
static unsigned check_start(const struct mgcp_signal *s, const struct mgcp_events_context *x)
{
    struct mgcp_gw_connection *c;
    unsigned refusal;

    if (s->off)
        return 200;
    c = mgcp_wants_connection(x, rt_str(s->connection), &refusal);
    if (refusal != 200)
        return refusal;
    if (strcmp(s->connection, "*") != 0)
        return check_on(s, x, c);
    DL_FOREACH(x->endpoint->connections, c)
    {
        if (refusal == 200)
            refusal = check_on(s, x, c);
    }
    return refusal;
}

static unsigned read_one(struct mgcp_signal **list, const struct mgcp_events_context *x,
                         struct mgcp_item *item)
{
    struct mgcp_signal *s = NULL;
    unsigned refusal = signal_new(&s, x, item);

    if (refusal != 200)
        return refusal;
    /* "A given signal MUST NOT appear more than once" (2.3.3). */
    if (mgcp_signals_find(*list, s))
        refusal = 510;
    else
        refusal = check_start(s, x);
    if (refusal == 200)
        DL_APPEND(*list, s);
    else
        free(s);
    return refusal;
}

unsigned mgcp_signals_compile(struct mgcp_signal **out, const struct mgcp_events_context *x,
                              struct rt_str text)
{
    struct mgcp_signal *list = NULL;
    struct mgcp_item item;
    unsigned refusal = 510, n = 0;
    char *copy = mgcp_wants_expand(text, x->created);
    struct rt_str rest = rt_str(copy);
    int err = copy ? 0 : ENOMEM;

    while (!err && (err = mgcp_item_next(&rest, MGCP_LIST_S, &item, &refusal)) == 0) {
        refusal = n++ < MGCP_WANTS ? read_one(&list, x, &item) : 502;
        if (refusal != 200)
            err = EBADMSG;
    }
    free(copy);
    if (err == ENOENT)
        refusal = 200;
    else
        mgcp_signals_drop(list);
    *out = err == ENOENT ? list : NULL;
    return err == ENOMEM ? 502 : refusal;
}

void mgcp_signals_drop(struct mgcp_signal *list)
{
    struct mgcp_signal *s, *next;

    DL_FOREACH_SAFE(list, s, next)
    {
        free(s);
    }
}
