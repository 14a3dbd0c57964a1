/* Rows of a few places each, found by the hash: neither searching nor adding depends on how many
 * there are.
 */
#include "sip/ban.h"

#include <string.h>

#define WAYS 8
#define ROWS (SIP_BANS_MAX / WAYS)

struct sip_who sip_who(const union rt_addr *a)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    struct sip_who w = {0, 0};

    if (a->sa.sa_family == AF_INET) {
        w = (struct sip_who){AF_INET, a->in4.sin_addr.s_addr};
    } else if (a->sa.sa_family == AF_INET6) {
        const uint8_t *octets = a->in6.sin6_addr.s6_addr;
        bool ipv4 = memcmp(octets, mapped, sizeof mapped) == 0;
        uint32_t last;
        memcpy(&last, octets + 12, sizeof last);
        w = (struct sip_who){ipv4 ? AF_INET : AF_INET6, last};
        if (!ipv4)
            memcpy(&w.low, octets, sizeof w.low); /* a /64 is one customer */
    }
    return w;
}

uint64_t sip_who_hash(struct sip_who w, uint64_t seed)
{
    uint64_t h = (w.low ^ seed) * 0x9e3779b97f4a7c15u;

    h = (h ^ (h >> 29) ^ w.high) * 0xbf58476d1ce4e5b9u;
    return h >> 32;
}

static struct sip_ban *row_of(struct sip_bans *b, struct sip_who w)
{
    return b->ban + sip_who_hash(w, b->seed) % ROWS * WAYS;
}

static bool same(const struct sip_ban *b, struct sip_who w)
{
    return b->until != 0 && b->who.low == w.low && b->who.high == w.high;
}

static void forget(struct sip_bans *b, struct sip_ban *ban)
{
    ban->until = 0;
    b->n--;
    b->changes++;
}

struct sip_ban *sip_bans_find(struct sip_bans *b, struct sip_who who, rt_time now)
{
    struct sip_ban *row = row_of(b, who);

    for (unsigned i = 0; b->n > 0 && i < WAYS; i++)
        if (same(&row[i], who))
            return now < row[i].until ? &row[i] : NULL;
    return NULL;
}

void sip_bans_add(struct sip_bans *b, const union rt_addr *addr, bool proven, rt_time now,
                  rt_time until)
{
    struct sip_who who = sip_who(addr);
    struct sip_ban *row = row_of(b, who), *best = row;

    for (unsigned i = 0; i < WAYS; i++) {
        if (same(&row[i], who)) {
            best = &row[i];
            break;
        }
        if (row[i].until < best->until)
            best = &row[i];
    }
    b->n += best->until == 0;
    b->changes++;
    *best =
        (struct sip_ban){.who = who, .addr = *addr, .proven = proven, .since = now, .until = until};
    rt_addr_set_port(&best->addr, 0);
}

bool sip_bans_lift(struct sip_bans *b, const union rt_addr *addr, rt_time now)
{
    struct sip_ban *ban = sip_bans_find(b, sip_who(addr), now);

    if (ban)
        forget(b, ban);
    return ban != NULL;
}

rt_time sip_bans_expire(struct sip_bans *b, rt_time now)
{
    rt_time next = INT64_MAX;

    for (unsigned i = 0; b->n > 0 && i < SIP_BANS_MAX; i++) {
        struct sip_ban *ban = &b->ban[i];
        if (ban->until != 0 && ban->until <= now)
            forget(b, ban);
        else if (ban->until != 0 && ban->until < next)
            next = ban->until;
    }
    return next;
}
