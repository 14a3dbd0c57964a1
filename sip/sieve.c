/* Bans end here, and the kernel's sieve is made here.
 *
 * A banned source is held back by the kernel. Against a crowd, thousands of sources or forged ones,
 * bans are no help: while strangers send more than FLOOD datagrams a second the kernel lets through
 * whoever is a peer or was let in lately, and of the others as many, by chance, as make ENOUGH a
 * second. So the socket's queue stays free for those who have calls, and a stranger who has a good
 * reason gets through if he repeats himself.
 *
 * Nothing is looked at while nobody offends.
 */
#include "sip/sieve.h"
#include "gw/rt/log.h"
#include "sip/guard.h"
#include "sip/session.h"

#include <errno.h>
#include <stdlib.h>

#define STEP         (100 * RT_MS)
#define FLOOD        20000 /* strangers' datagrams in a second */
#define ENOUGH       2000
#define OVER         10000 /* with fewer the flood has passed, */
#define OVER_S       5     /* when it was so for this long */
#define ADMITTED_MAX 200
/** Larger blocks are nobody's in particular. */
#define BLOCK_BITS     9
#define BLOCK_BITS_IP6 20

struct sip_sieve {
    struct sip_ua *ua;
    struct rt_timer look, expiry;
    bool looking;
    uint64_t seen;    /**< offences at the last look */
    unsigned share;   /**< of RT_SIEVE_ALL */
    unsigned quiet;   /**< looks in a row without a flood */
    unsigned stale;   /**< looks since the rows were made */
    unsigned changes; /**< of the bans, as the kernel knows them */
    struct rt_sieve_row row[RT_SIEVE_MAX];
    unsigned n;
};

/* ---- rows ---- */

static void add_row(struct sip_sieve *v, const struct rt_cidr *block, bool pass)
{
    if (v->n < RT_SIEVE_MAX)
        v->row[v->n++] = (struct rt_sieve_row){.block = *block, .pass = pass};
}

static void add_friend(void *ctx, const struct rt_cidr *block)
{
    unsigned least = block->addr.sa.sa_family == AF_INET ? BLOCK_BITS : BLOCK_BITS_IP6;

    if (block->bits >= least)
        add_row(ctx, block, true);
}

/** Who is banned, or known: of IPv6 his network (sip_who()). */
static void add_source(struct sip_sieve *v, const union rt_addr *addr, bool pass)
{
    unsigned bits = addr->sa.sa_family == AF_INET ? 32 : 64;

    add_row(v, &(struct rt_cidr){*addr, bits}, pass);
}

static void add_admitted(struct sip_sieve *v)
{
    union rt_addr known[ADMITTED_MAX];
    unsigned n = sip_guard_known(v->ua->guard, known, ADMITTED_MAX);

    for (unsigned i = 0; i < n; i++)
        add_source(v, &known[i], true);
}

/** Bans come first: there is always room for some of them, and of two rows for the same address the
 * first counts. */
static void install(struct sip_sieve *v)
{
    struct sip_bans *bans = sip_guard_bans(v->ua->guard);

    v->n = 0;
    v->stale = 0;
    v->changes = bans->changes;
    for (unsigned i = 0; i < SIP_BANS_MAX && v->n < RT_SIEVE_MAX / 2; i++)
        if (bans->ban[i].until != 0)
            add_source(v, &bans->ban[i].addr, false);
    if (v->share < RT_SIEVE_ALL) {
        if (v->ua->ops->friends)
            v->ua->ops->friends(v->ua->arg, add_friend, v);
        add_admitted(v);
    }
    sip_transports_sieve(v->ua->transports, v->row, v->n, v->share);
}

/* ---- a flood ---- */

/** Strangers' datagrams in a second, those that did not get through too. */
static uint64_t flood_of(struct sip_sieve *v)
{
    uint64_t now = sip_guard_offences(v->ua->guard), n = now - v->seen;

    v->seen = now;
    return n * (RT_S / STEP) * RT_SIEVE_ALL / v->share;
}

static unsigned share_for(uint64_t flood)
{
    uint64_t share = (uint64_t)ENOUGH * RT_SIEVE_ALL / flood;
    return share < 1 ? 1 : (unsigned)share;
}

static void set_share(struct sip_sieve *v, unsigned share)
{
    bool before = v->share < RT_SIEVE_ALL;

    v->share = share;
    if (before == (share < RT_SIEVE_ALL))
        return;
    if (before)
        rt_log(RT_LOG_SIP, RT_NOTICE, "the flood is over: everybody is listened to again");
    else
        rt_log(RT_LOG_SIP, RT_WARN,
               "flood: of strangers' datagrams the kernel drops all but %u in %u", share,
               RT_SIEVE_ALL);
}

/** More of it, and less passes; that it has become less is believed after a while. */
static void judge(struct sip_sieve *v, uint64_t flood)
{
    v->quiet = flood < OVER ? v->quiet + 1 : 0;
    if (v->quiet >= OVER_S * (RT_S / STEP)) {
        set_share(v, RT_SIEVE_ALL);
    } else if (flood > FLOOD && share_for(flood) < v->share) {
        set_share(v, share_for(flood));
        v->stale = UINT32_MAX;
    }
}

static void on_look(void *arg)
{
    struct sip_sieve *v = arg;
    unsigned share = v->share;
    bool besieged;

    judge(v, flood_of(v));
    besieged = v->share < RT_SIEVE_ALL;
    if (v->share != share || v->changes != sip_guard_bans(v->ua->guard)->changes ||
        (besieged && v->stale >= RT_S / STEP))
        install(v);
    else
        v->stale++;
    v->looking = besieged || v->quiet < OVER_S * (RT_S / STEP);
    if (v->looking)
        rt_timer_start(&v->look, STEP);
}

void sip_sieve_stir(struct sip_sieve *v)
{
    if (v->looking)
        return;
    v->looking = true;
    v->quiet = 0;
    v->seen = sip_guard_offences(v->ua->guard);
    rt_timer_start(&v->look, STEP);
}

/* ---- bans ---- */

static void on_expiry(void *arg)
{
    struct sip_sieve *v = arg;
    struct sip_bans *bans = sip_guard_bans(v->ua->guard);
    rt_time next = sip_bans_expire(bans, rt_loop_now(v->ua->loop));

    if (bans->changes != v->changes)
        install(v);
    if (next != INT64_MAX)
        rt_timer_start_at(&v->expiry, next);
}

static void on_banned(void *arg, const union rt_addr *from, bool proven)
{
    struct sip_sieve *v = arg;
    char host[RT_ADDR_LEN];

    rt_log(RT_LOG_SIP, RT_NOTICE, "banned%s: %s, which was refused too often",
           proven ? "" : " over UDP", rt_addr_host(host, from));
    on_expiry(v);
}

static void on_lifted(void *arg, const union rt_addr *from)
{
    char host[RT_ADDR_LEN];

    rt_log(RT_LOG_SIP, RT_NOTICE, "no more banned: %s", rt_addr_host(host, from));
    on_expiry(arg);
}

/** However long nothing has been said in it. */
static bool has_dialog(const struct sip_ua *ua, struct sip_who who)
{
    for (const struct sip_session *s = ua->sessions; s; s = s->hh.next) {
        struct sip_who far = sip_who(&s->d.flow.addr);
        if (far.low == who.low && far.high == who.high)
            return true;
    }
    return false;
}

static bool is_spared(void *arg, const union rt_addr *from)
{
    const struct sip_ua *ua = ((struct sip_sieve *)arg)->ua;

    return (ua->ops->spared && ua->ops->spared(ua->arg, from)) || has_dialog(ua, sip_who(from));
}

static const struct sip_guard_ops guard_ops = {is_spared, on_banned, on_lifted};

void sip_ua_bans(struct sip_ua *ua, sip_banned_fn *fn, void *arg)
{
    const struct sip_bans *bans = sip_guard_bans(ua->guard);

    for (unsigned i = 0; i < SIP_BANS_MAX; i++) {
        const struct sip_ban *b = &bans->ban[i];
        if (b->until > rt_loop_now(ua->loop))
            fn(arg, &(struct sip_banned){b->addr, b->since, b->until, b->ignored});
    }
}

int sip_ua_unban(struct sip_ua *ua, const union rt_addr *addr)
{
    if (!sip_bans_lift(sip_guard_bans(ua->guard), addr, rt_loop_now(ua->loop)))
        return ENOENT;
    on_expiry(ua->sieve);
    return 0;
}

void sip_ua_siege(const struct sip_ua *ua, struct sip_siege *out)
{
    *out = (struct sip_siege){.bans = sip_guard_bans(ua->guard)->n,
                              .besieged = ua->sieve->share < RT_SIEVE_ALL,
                              .dropped = sip_transports_dropped(ua->transports)};
}

/* ---- life ---- */

int sip_sieve_new(struct sip_sieve **out, struct sip_ua *ua)
{
    struct sip_sieve *v = calloc(1, sizeof *v);

    if (!v)
        return ENOMEM;
    v->ua = ua;
    v->share = RT_SIEVE_ALL;
    rt_timer_init(&v->look, ua->loop, on_look, v);
    rt_timer_init(&v->expiry, ua->loop, on_expiry, v);
    sip_guard_watch(ua->guard, &guard_ops, v);
    *out = v;
    return 0;
}

void sip_sieve_free(struct sip_sieve *v)
{
    if (!v)
        return;
    rt_timer_stop(&v->look);
    rt_timer_stop(&v->expiry);
    free(v);
}
