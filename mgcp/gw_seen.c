/* Queues of events with texts of their own: the quarantine buffer and the observed events. They
 * grow as they are used and are gone when they are empty; how many they may hold is the caller's
 * rule.
 */
#include "mgcp/gw_events.h"

#include <stdlib.h>

static bool seen_room(struct mgcp_seen_list *l, unsigned more)
{
    unsigned cap = l->cap;

    if (l->n + more <= cap)
        return true;
    while (cap < l->n + more)
        cap = cap ? 2 * cap : 4;
    struct mgcp_seen_entry *v = realloc(l->v, cap * sizeof *v);
    if (!v)
        return false;
    l->v = v;
    l->cap = (uint16_t)cap;
    return true;
}

bool mgcp_seen_add(struct mgcp_seen_list *l, const struct mgcp_seen *ev)
{
    struct mgcp_seen_entry entry = {*ev, NULL};
    size_t c = ev->connection.n, n = c + ev->params.n;

    if (!seen_room(l, 1))
        return false;
    if (n > 0) {
        entry.owned = malloc(n);
        if (!entry.owned)
            return false;
        if (c > 0)
            memcpy(entry.owned, ev->connection.p, c);
        if (n > c)
            memcpy(entry.owned + c, ev->params.p, n - c);
        entry.seen.connection = (struct rt_str){entry.owned, c};
        entry.seen.params = (struct rt_str){entry.owned + c, n - c};
    }
    l->v[l->n++] = entry;
    return true;
}

struct mgcp_seen_entry mgcp_seen_take(struct mgcp_seen_list *l)
{
    struct mgcp_seen_entry first = l->v[0];

    l->n--;
    memmove(l->v, l->v + 1, l->n * sizeof *l->v);
    if (l->n == 0) {
        free(l->v);
        *l = (struct mgcp_seen_list){0};
    }
    return first;
}

void mgcp_seen_prepend(struct mgcp_seen_list *to, struct mgcp_seen_list *from)
{
    if (from->n == 0)
        return;
    if (!seen_room(from, to->n)) {
        mgcp_seen_clear(from);
        return;
    }
    if (to->n > 0)
        memcpy(from->v + from->n, to->v, to->n * sizeof *to->v);
    from->n = (uint16_t)(from->n + to->n);
    free(to->v);
    *to = *from;
    *from = (struct mgcp_seen_list){0};
}

void mgcp_seen_clear(struct mgcp_seen_list *l)
{
    for (unsigned i = 0; i < l->n; i++)
        free(l->v[i].owned);
    free(l->v);
    *l = (struct mgcp_seen_list){0};
}

void mgcp_seen_write(const struct mgcp_seen_list *l, struct rt_buf *out)
{
    for (unsigned i = 0; i < l->n; i++) {
        const struct mgcp_seen *s = &l->v[i].seen;

        rt_buf_printf(out, "%s%s/%s", i ? "," : "", s->package->name, s->symbol->name);
        if (s->connection.n > 0)
            rt_buf_printf(out, "@%.*s", RT_STR(s->connection));
        if (s->params.n > 0)
            rt_buf_printf(out, "(%.*s)", RT_STR(s->params));
    }
}
