/* Bulk audit (RFC 3624): names, connections and states of many endpoints in one answer, which says
 * where the next one begins when there is no room for all.
 */
#include "mgcp/gw_events.h"
#include "mgcp/gw_priv.h"

#include <ctype.h>
#include <stdlib.h>
#include <utlist.h>

/** What is asked for. */
enum { ASK_NAMES = 1, ASK_LIVING = 2, ASK_COUNTS = 4, ASK_MODES = 8, ASK_STATES = 16 };

static const struct {
    const char *name;
    unsigned ask;
} items[] = {
    {"BA/Z", ASK_NAMES}, {"BA/X", ASK_LIVING}, {"BA/C", ASK_COUNTS},
    {"BA/M", ASK_MODES}, {"BA/S", ASK_STATES},
};

/** Room that is left for the heads of a set's lines and BA/NE, with names as long as may be. */
#define SPARE 600u
/** What an endpoint takes at most: its number in a range, count, modes and state. */
#define ENTRY (12u + 2u * (1u + MGCP_GW_CONNECTIONS))

struct bulk {
    unsigned ask;
    char states[16]; /**< of BA/S */
};

struct rt_str mgcp_gw_package_line(const struct mgcp_message *m, const char *name)
{
    for (unsigned i = 0; i < m->nlines; i++) {
        if (m->line[i].param == MGCP_P_PACKAGE && rt_str_caseeq(m->line[i].name, name))
            return m->line[i].value.p ? m->line[i].value : rt_str("");
    }
    return (struct rt_str){0};
}

/* ---- the question ---- */

/** Takes the next item, which may have a list in parentheses. */
static struct rt_str next_item(struct rt_str *list, struct rt_str *inside)
{
    size_t i = 0;
    bool in = false;
    *inside = (struct rt_str){0};
    for (; i < list->n && (in || list->p[i] != ','); i++)
        in = list->p[i] == '(' || (in && list->p[i] != ')');
    struct rt_str item = rt_str_trim((struct rt_str){list->p, i});
    size_t skip = i < list->n ? i + 1 : i;
    *list = (struct rt_str){list->p + skip, list->n - skip};
    const char *open = item.n > 0 ? memchr(item.p, '(', item.n) : NULL;
    if (open && item.p[item.n - 1] == ')') {
        size_t at = (size_t)(open - item.p);
        *inside = (struct rt_str){open + 1, item.n - at - 2};
        item = rt_str_trim((struct rt_str){item.p, at});
    }
    return item;
}

static unsigned read_states(struct bulk *b, struct rt_str list)
{
    size_t n = 0;
    while (list.n > 0) {
        struct rt_str type = rt_str_trim(rt_str_cut(&list, ','));
        char c = type.n == 1 ? (char)toupper((unsigned char)type.p[0]) : '\0';
        if (!c || !strchr("IDNLSH", c) || n + 1 >= sizeof(b->states))
            return 803;
        b->states[n++] = c;
    }
    b->states[n] = '\0';
    return n > 0 ? 200 : 803;
}

static unsigned read_question(struct bulk *b, struct rt_str list)
{
    while (list.n > 0) {
        struct rt_str inside, item = next_item(&list, &inside);
        unsigned ask = 0;
        for (unsigned i = 0; i < RT_COUNT(items); i++) {
            if (rt_str_caseeq(item, items[i].name))
                ask = items[i].ask;
        }
        if (!ask || (b->ask & ask) || (inside.p && ask != ASK_STATES))
            return 802;
        b->ask |= ask;
        unsigned code = ask == ASK_STATES ? read_states(b, inside) : 200;
        if (code != 200)
            return code;
    }
    bool names = b->ask & (ASK_NAMES | ASK_LIVING);
    return names && (b->ask & ~(unsigned)(ASK_NAMES | ASK_LIVING)) ? 802 : 200;
}

/* ---- endpoints in order ---- */

/** Where the number at the end of a name begins; the whole name when it has none. */
static size_t number_at(const char *name)
{
    size_t n = strlen(name), i = n;
    while (i > 0 && isdigit((unsigned char)name[i - 1]))
        i--;
    return i > 0 && name[i - 1] == '/' && n - i <= 9 ? i : n;
}

static unsigned number_of(const char *name)
{
    return (unsigned)strtoul(name + number_at(name), NULL, 10);
}

/** Spans in order of their names, channels of each in order of their numbers. */
static int by_name(const void *a, const void *b)
{
    const char *x = (*(struct mgcp_gw_endpoint *const *)a)->key;
    const char *y = (*(struct mgcp_gw_endpoint *const *)b)->key;
    size_t n = number_at(x), m = number_at(y);
    int d = n == m ? memcmp(x, y, n) : strverscmp(x, y);
    if (d)
        return d;
    unsigned p = number_of(x), q = number_of(y);
    return (p > q) - (p < q);
}

/** The part of the list that SE and NU leave. */
static unsigned narrow(struct mgcp_gw_request *r, unsigned *begin, unsigned *end)
{
    struct rt_str start = mgcp_gw_package_line(r->m, "BA/SE");
    struct rt_str many = mgcp_gw_package_line(r->m, "BA/NU");
    enum mgcp_wildcard kind;
    uint64_t n = 0;
    *begin = 0;
    *end = r->n;
    if (start.p) {
        if (mgcp_name_check(start, &kind) || kind != MGCP_ONE)
            return 801;
        while (*begin < r->n && !rt_str_caseeq(start, r->endpoint[*begin]->key))
            ++*begin;
        if (*begin == r->n)
            return 806;
    }
    if (!many.p)
        return 200;
    if (rt_str_u64(&n, many, 65535) || n == 0)
        return 805;
    if (n < *end - *begin)
        *end = *begin + (unsigned)n;
    return 200;
}

/* ---- the answer ---- */

/** How many from `i` on share a name but for their numbers, and follow each other in the list. */
static unsigned same_set(struct mgcp_gw_endpoint *const *e, unsigned i, unsigned end)
{
    unsigned n = 1;
    size_t len = number_at(e[i]->key);
    if (e[i]->key[len] == '\0')
        return 1;
    while (i + n < end && number_at(e[i + n]->key) == len &&
           memcmp(e[i]->key, e[i + n]->key, len) == 0)
        n++;
    return n;
}

/** "ds/e1-1/[1-15,17-31]" */
static void write_range(struct mgcp_gw_endpoint *const *e, unsigned n, struct rt_buf *out)
{
    if (n == 1) {
        rt_buf_puts(out, e[0]->name);
        return;
    }
    rt_buf_printf(out, "%.*s[", (int)number_at(e[0]->name), e[0]->name);
    for (unsigned i = 0, last; i < n; i = last + 1) {
        last = i;
        while (last + 1 < n && number_of(e[last + 1]->key) == number_of(e[last]->key) + 1)
            last++;
        rt_buf_printf(out, "%s%u", i > 0 ? "," : "", number_of(e[i]->key));
        if (last > i)
            rt_buf_printf(out, "-%u", number_of(e[last]->key));
    }
    rt_buf_puts(out, "]");
}

static void write_names(struct mgcp_gw_request *r, const char *name, unsigned begin, unsigned end)
{
    struct rt_buf value = {0};
    for (unsigned i = begin, n; i < end; i += n) {
        n = same_set(r->endpoint, i, end);
        rt_buf_reset(&value);
        write_range(&r->endpoint[i], n, &value);
        mgcp_write_line(&r->out, name, rt_buf_str(&value));
    }
    rt_buf_release(&value);
}

static void write_count(const struct mgcp_gw_endpoint *e, const struct bulk *b, struct rt_buf *out)
{
    const struct mgcp_gw_connection *c;
    unsigned n = 0;
    (void)b;
    DL_FOREACH(e->connections, c)
    {
        n++;
    }
    rt_buf_printf(out, "%X", n); /* MGCP_GW_CONNECTIONS is less than 16, so never "Z" */
}

/** One connection's mode stands alone; of more their number comes before. */
static void write_modes(const struct mgcp_gw_endpoint *e, const struct bulk *b, struct rt_buf *out)
{
    static const char letter[MGCP_MODES] = {
        [MGCP_INACTIVE] = 'I', [MGCP_SENDONLY] = 'S', [MGCP_RECVONLY] = 'R',
        [MGCP_SENDRECV] = 'B', [MGCP_CONFRNCE] = 'C', [MGCP_LOOPBACK] = 'L',
        [MGCP_CONTTEST] = 'T', [MGCP_NETWLOOP] = 'N', [MGCP_NETWTEST] = 'U',
    };
    const struct mgcp_gw_connection *c;
    if (!e->connections || e->connections->next)
        write_count(e, b, out);
    DL_FOREACH(e->connections, c)
    {
        rt_buf_put(out, &letter[c->mode], 1);
    }
}

static bool holds(const struct mgcp_gw_endpoint *e, char state)
{
    unsigned events = e->events ? e->events->state : MGCP_EVENTS_NORMAL;
    switch (state) {
    case 'I':
        return true;
    case 'D':
        return e->service == MGCP_GW_DISCONNECTED;
    case 'N':
        return events == MGCP_EVENTS_NOTIFYING;
    case 'L':
        return events == MGCP_EVENTS_LOCKSTEP;
    case 'S':
        return mgcp_events_signalling(e);
    default:
        return e->ops->off_hook && e->ops->off_hook(e->arg);
    }
}

static void write_state(const struct mgcp_gw_endpoint *e, const struct bulk *b, struct rt_buf *out)
{
    const char *verdict = e->service == MGCP_GW_OUT ? "O" : "F";
    for (const char *s = b->states; *s && *verdict == 'F'; s++) {
        if (holds(e, *s))
            verdict = "T";
    }
    rt_buf_puts(out, verdict);
}

static const struct {
    unsigned ask;
    const char *name;
    void (*write)(const struct mgcp_gw_endpoint *e, const struct bulk *b, struct rt_buf *out);
} lists[] = {
    {ASK_COUNTS, "BA/C", write_count},
    {ASK_MODES, "BA/M", write_modes},
    {ASK_STATES, "BA/S", write_state},
};

/** The endpoints reported of, then what is asked for of each, one character after the other. */
static void write_set(struct mgcp_gw_request *r, const struct bulk *b,
                      struct mgcp_gw_endpoint *const *e, unsigned n)
{
    struct rt_buf value = {0};
    write_range(e, n, &value);
    mgcp_write_line(&r->out, "BA/EL", rt_buf_str(&value));
    for (unsigned i = 0; i < RT_COUNT(lists); i++) {
        if (!(b->ask & lists[i].ask))
            continue;
        rt_buf_reset(&value);
        for (unsigned k = 0; k < n; k++)
            lists[i].write(e[k], b, &value);
        mgcp_write_line(&r->out, lists[i].name, rt_buf_str(&value));
    }
    rt_buf_release(&value);
}

/** As many sets as there is room for. Returns the first endpoint that is not reported of. */
static unsigned write_sets(struct mgcp_gw_request *r, const struct bulk *b, unsigned begin,
                           unsigned end)
{
    unsigned most = mgcp_node_timers(r->gw->node)->datagram, i = begin;
    if (most == 0)
        most = 65507;
    while (i < end && (i == begin || r->out.n + SPARE < most)) {
        unsigned n = same_set(r->endpoint, i, end);
        unsigned room = r->out.n + SPARE < most ? (most - (unsigned)r->out.n - SPARE) / ENTRY : 0;
        if (n > room)
            n = room > 0 ? room : 1;
        write_set(r, b, &r->endpoint[i], n);
        i += n;
    }
    return i;
}

unsigned mgcp_gw_bulk(struct mgcp_gw_request *r)
{
    struct bulk b = {0};
    unsigned begin, end;
    qsort(r->endpoint, r->n, sizeof(*r->endpoint), by_name);
    unsigned code = read_question(&b, mgcp_gw_package_line(r->m, "BA/F"));
    if (code == 200)
        code = narrow(r, &begin, &end);
    if (code != 200) {
        r->package = "BA";
        return code;
    }
    if (b.ask & ASK_NAMES)
        write_names(r, "BA/Z", begin, end);
    if (b.ask & ASK_LIVING) /* all are there all the time */
        write_names(r, "BA/X", begin, end);
    if (b.ask & (ASK_COUNTS | ASK_MODES | ASK_STATES)) {
        unsigned next = write_sets(r, &b, begin, end);
        if (next < r->n)
            mgcp_write_line(&r->out, "BA/NE", rt_str(r->endpoint[next]->name));
    }
    return 200;
}
