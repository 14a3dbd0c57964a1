/* RTP ports: sockets and identifiers, made by signalling; what was agreed, applied in the media
 * thread.
 */
#include "codec/media_priv.h"

#include "gw/rt/random.h"

#include <errno.h>

#define DSCP_EF 46 /* RFC 4594 4.1 */

static const enum g711_law law_of[CODEC_COUNT] = {[CODEC_PCMA] = G711_A, [CODEC_PCMU] = G711_MU};

/* ---- signalling's part ---- */

/** Opens both sockets of a pair. */
static int open_pair(struct media_rtp_side *r, struct rt_loop *loop, uint16_t port)
{
    union rt_addr above = r->local;

    rt_addr_set_port(&r->local, port);
    rt_addr_set_port(&above, (uint16_t)(port + 1));
    int err = rt_udp_open(&r->rtp, loop, &r->local, NULL, NULL);
    if (err != 0)
        return err;
    err = rt_udp_open(&r->rtcp, loop, &above, NULL, NULL);
    if (err != 0) {
        rt_udp_close(r->rtp);
        r->rtp = NULL;
    }
    return err;
}

static uint16_t take_pair(struct media_pairs *p, rt_time now, bool urgent)
{
    uint16_t port = media_pairs_take(p, now);

    if (port == 0 && urgent && (port = media_pairs_take_urgent(p)) != 0)
        rt_count(&media_counters[MEDIA_PORTS_KEPT]);
    return port;
}

/** Takes pairs until one is not in use by another program; each one once, rested or not. */
static int find_pair(struct media_rtp_side *r, struct media *m, struct rt_loop *loop, bool urgent)
{
    rt_time now = rt_now();

    for (size_t tried = 0;; tried++) {
        uint16_t port = tried < m->pairs.size ? take_pair(&m->pairs, now, urgent) : 0;
        if (port == 0) {
            rt_count(&media_counters[MEDIA_PORTS_EXHAUSTED]);
            return EADDRINUSE;
        }
        int err = open_pair(r, loop, port);
        if (err == 0) {
            r->pair = port;
            return 0;
        }
        media_pairs_give(&m->pairs, port, now);
        if (err != EADDRINUSE)
            return err;
    }
}

int media_rtp_init(struct media_port *p, struct media *m, const union rt_addr *local, bool urgent)
{
    struct media_rtp_side *r = &p->rtp;

    r->local = *local;
    int err = find_pair(r, m, p->thread->loop, urgent);
    if (err != 0)
        return err;
    rt_udp_set_dscp(r->rtp, DSCP_EF);
    rt_udp_set_dscp(r->rtcp, DSCP_EF);
    rt_random_hex(r->cname, sizeof r->cname - 1); /* RFC 7022 4.2: names a session, nobody */
    r->ssrc = r->first_ssrc = rt_random_u32();
    r->ts = rt_random_u32();
    r->seq = (uint16_t)rt_random_u32();
    r->gap = true;
    playout_init(&r->playout,
                 &(struct playout_config){.min_ms = (uint16_t)(m->cfg.jitter_min / RT_MS),
                                          .max_ms = (uint16_t)(m->cfg.jitter_max / RT_MS)},
                 r->decoder);
    return 0;
}

void media_rtp_release(struct media_port *p, struct media *m)
{
    struct media_rtp_side *r = &p->rtp;
    struct media_srtp *s;

    media_kit_free(r->kit);
    media_srtp_install(&r->slot, NULL, 0);
    while ((s = media_srtp_retired(&r->slot, INT64_MAX)) != NULL)
        media_srtp_free(s);
    rt_udp_close(r->rtp);
    rt_udp_close(r->rtcp);
    if (r->pair)
        media_pairs_give(&m->pairs, r->pair, rt_now());
}

/* ---- what was agreed ---- */

static void set_role(struct media_rtp_side *r, int payload, int role)
{
    if (payload >= 0 && payload < 128 && r->role[payload] == MEDIA_ROLE_NONE)
        r->role[payload] = (int8_t)role;
}

/** What we described counts first; who uses in what he sends the payload types that he described is
 * understood too. Sound and a clear channel's octets do not mix. */
static void set_roles(struct media_rtp_side *r, bool clear)
{
    const struct media_rtp *c = &r->kit->conf;

    memset(r->role, MEDIA_ROLE_NONE, sizeof r->role);
    for (unsigned i = 0; i < CODEC_COUNT; i++)
        if ((i == CODEC_CLEARMODE) == clear)
            set_role(r, c->payload_in[i], (int)i);
    if (!clear && c->event_payload_in > 0)
        set_role(r, c->event_payload_in, MEDIA_ROLE_EVENT);
    for (unsigned i = 0; i < CODEC_COUNT; i++)
        if ((i == CODEC_CLEARMODE) == clear)
            set_role(r, c->payload[i], (int)i);
    if (clear)
        return;
    set_role(r, c->event_payload, MEDIA_ROLE_EVENT);
    if (c->noise_payload > 0)
        set_role(r, c->noise_payload, MEDIA_ROLE_NOISE);
}

/** A new far end: what was latched was another's. */
static void set_target(struct media_rtp_side *r, const struct media_rtp *new)
{
    bool moved = !r->kit || !rt_addr_equal(&r->kit->conf.remote, &new->remote);

    if (moved) {
        r->target = new->remote;
        r->locked = rt_addr_is_any(&new->remote); /* on hold: nobody is expected */
        r->latched = r->collided = false;
        r->candidate_count = 0;
    }
    if (moved)
        r->aimed = false;
    if (r->latched || r->aimed)
        return;
    r->rtcp_target = new->remote_rtcp;
    if (new->remote_rtcp.sa.sa_family == AF_UNSPEC) {
        r->rtcp_target = new->remote;
        rt_addr_set_port(&r->rtcp_target, (uint16_t)(rt_addr_port(&new->remote) + !new->mux));
    }
}

/** Another clock means another source (RFC 7160 4.1). */
static void follow_clock(struct media_port *p, const struct media_kit *old, rt_time now)
{
    const struct media_kit *new = p->rtp.kit;

    if (old && old->codec && new->codec && old->codec->clock != new->codec->clock)
        media_rtcp_renew(p, now);
}

static void set_mode(struct media_port *p)
{
    const struct media_rtp *c = &p->rtp.kit->conf;

    p->law = law_of[c->codec];
    p->clear = c->codec == CODEC_CLEARMODE;
    p->gain_in = c->gain_in;
    p->gain_out = c->gain_out;
    set_roles(&p->rtp, p->clear);
    playout_set_mode(&p->rtp.playout, p->clear   ? PLAYOUT_CLEAR
                                      : c->fixed ? PLAYOUT_FIXED
                                                 : PLAYOUT_VOICE);
}

void media_rtp_apply(struct media_port *p, struct media_kit *kit, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;
    struct media_kit *old = r->kit;
    bool receiving = old && old->conf.receive;

    set_target(r, &kit->conf);
    r->kit = kit;
    if (old)
        media_kit_inherit(kit, old);
    memcpy(r->decoder, kit->decoder, sizeof r->decoder);
    if (!old || old->codec != kit->codec)
        r->fill = 0;
    r->fill = r->fill < kit->conf.ptime * 8 ? r->fill : 0;
    set_mode(p);
    follow_clock(p, old, now);
    if (kit->conf.receive && !receiving) {
        r->last_rx = now;
        r->silent = false;
    }
    if (!old)
        media_rtcp_start(p, now);
    else
        media_return(p->thread, &old->loan);
}

bool media_rtp_events(const struct media_port *p)
{
    return p->rtp.kit && !p->clear && p->rtp.kit->conf.event_payload >= 0;
}
