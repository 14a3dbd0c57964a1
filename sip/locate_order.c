/* What a URI asks for, and in which order the servers found are tried (RFC 2782). */
#include "gw/rt/random.h"
#include "sip/sip.h"

#include <ctype.h>
#include <errno.h>

/* ---- the URI ---- */

static const char *const transports[] = {[SIP_UDP] = "udp", [SIP_TCP] = "tcp", [SIP_TLS] = "tls"};

const char *sip_transport_word(enum sip_transport t)
{
    return transports[t];
}

static int read_transport(struct sip_target *t, struct rt_str value)
{
    for (size_t i = 0; i < RT_COUNT(transports); i++)
        if (rt_str_caseeq(value, transports[i])) {
            /* sips over tcp is TLS over TCP (RFC 3261 26.2.2); over udp there is none */
            if (t->sips && i == SIP_UDP)
                return ENOTSUP;
            t->chosen = true;
            t->transport = t->sips ? SIP_TLS : (enum sip_transport)i;
            return 0;
        }
    return ENOTSUP;
}

static bool is_host(struct rt_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!isalnum((unsigned char)s.p[i]) && !strchr("-._:[]", s.p[i]))
            return false;
    return s.n > 0 && s.n < 254;
}

/** Takes a host and its port apart; brackets go. EINVAL. */
static int read_host(struct sip_target *t, struct rt_str s)
{
    bool bracket = s.n > 0 && s.p[0] == '[';
    const char *end = s.n > 0 ? memchr(s.p, bracket ? ']' : ':', s.n) : NULL;
    struct rt_str host = {s.p, end ? (size_t)(end - s.p) : s.n}, rest = {end, 0};
    uint64_t port = 0;

    if (bracket) {
        if (!end)
            return EINVAL;
        host = (struct rt_str){s.p + 1, (size_t)(end - s.p) - 1};
        rest.p = end + 1;
    }
    if (rest.p)
        rest.n = (size_t)(s.p + s.n - rest.p);
    if (rest.n > 0 &&
        (rest.p[0] != ':' ||
         rt_str_u64(&port, (struct rt_str){rest.p + 1, rest.n - 1}, UINT16_MAX) || port == 0))
        return EINVAL;
    t->port = (uint16_t)port;
    t->host = t->domain = host;
    return is_host(host) ? 0 : EINVAL;
}

static int read_parameters(struct sip_target *t, struct rt_str rest)
{
    while (rest.n > 0) {
        struct rt_str value = rt_str_cut(&rest, ';'), name = rt_str_cut(&value, '=');
        int err = rt_str_caseeq(name, "transport") ? read_transport(t, value) : 0;
        if (err != 0)
            return err;
        if (rt_str_caseeq(name, "maddr")) {
            if (!is_host(value))
                return EINVAL;
            bool bracket = value.p[0] == '[' && value.n > 2;
            t->host = bracket ? (struct rt_str){value.p + 1, value.n - 2} : value;
        }
    }
    return 0;
}

int sip_target_parse(struct sip_target *out, struct rt_str uri)
{
    struct rt_str rest = uri, scheme = rt_str_cut(&rest, ':');
    struct sip_target t = {.transport = SIP_UDP};

    t.sips = rt_str_caseeq(scheme, "sips");
    if (t.sips)
        t.transport = SIP_TLS;
    else if (!rt_str_caseeq(scheme, "sip"))
        return EINVAL;
    const char *at = rest.n > 0 ? memchr(rest.p, '@', rest.n) : NULL;
    if (at)
        rest = (struct rt_str){at + 1, rest.n - (size_t)(at + 1 - rest.p)};
    rest = rt_str_cut(&rest, '?');
    struct rt_str host = rt_str_cut(&rest, ';');
    int err = read_host(&t, host);
    if (err == 0)
        err = read_parameters(&t, rest);
    if (err == 0)
        *out = t;
    return err;
}

/* ---- the order ---- */

/** Negative: x before y; 0: they are addresses of one server. */
static int compare(const struct sip_place *x, const struct sip_place *y)
{
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (x->priority != y->priority)
        return x->priority < y->priority ? -1 : 1;
    if ((x->weight == 0) != (y->weight == 0))
        return x->weight == 0 ? -1 : 1; /* RFC 2782: those first */
    if (x->record != y->record)
        return x->record < y->record ? -1 : 1;
    return 0;
}

/** How many places at the front belong to one server. */
static unsigned same_record(const struct sip_place *p, unsigned n)
{
    unsigned k = 1;

    while (k < n && p[k].record == p[0].record && p[k].group == p[0].group)
        k++;
    return k;
}

/** Puts the `k` places at `at` to the front, the others behind them in their order. */
static void to_front(struct sip_place *p, unsigned at, unsigned k)
{
    struct sip_place chosen[SIP_PLACES_MAX];

    memcpy(chosen, p + at, k * sizeof *p);
    memmove(p + k, p, at * sizeof *p);
    memcpy(p, chosen, k * sizeof *p);
}

/** Chooses the next server of those with one priority, as RFC 2782 says: a number from 0 to the sum
 * of the weights, and the first whose running sum reaches it. Returns its places. */
static unsigned choose(struct sip_place *p, unsigned n)
{
    uint32_t sum = 0, running = 0;
    unsigned i, k = 0;

    for (i = 0; i < n; i += same_record(p + i, n - i))
        sum += p[i].weight;
    uint32_t number = rt_random_below(sum + 1);
    for (i = 0; i < n; i += k) {
        k = same_record(p + i, n - i);
        running += p[i].weight;
        if (running >= number)
            break;
    }
    to_front(p, i, k);
    return k;
}

void sip_places_order(struct sip_place *place, unsigned n)
{
    struct sip_place sorted[SIP_PLACES_MAX] = {{.record = 0}};
    unsigned placed = 0;

    /* by insertion, as the addresses of a server keep their order */
    for (unsigned i = 0; i < n; i++) {
        unsigned at = i;
        for (; at > 0 && compare(&sorted[at - 1], &place[i]) > 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = place[i];
    }
    memcpy(place, sorted, n * sizeof *place);
    while (placed < n) {
        unsigned end = placed + 1;
        while (end < n && place[end].group == place[placed].group &&
               place[end].priority == place[placed].priority)
            end++;
        while (placed < end)
            placed += choose(place + placed, end - placed);
    }
}
