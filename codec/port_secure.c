/* Secure RTP on a port: what goes out is protected, what comes in opened; STUN and DTLS, which
 * share the sockets (RFC 7983), go to signalling, where keys are agreed.
 */
#include "codec/media_priv.h"

struct rt_counter media_srtp_refusals[MEDIA_SRTP_NRESULTS] = {
    [MEDIA_SRTP_OK] = {"media_srtp_unready_total",
                       "Packets that were not sent because no keys were agreed yet", 0},
    [MEDIA_SRTP_MALFORMED] = {"media_srtp_malformed_total", "Packets that cannot be SRTP", 0},
    [MEDIA_SRTP_FORGED] = {"media_srtp_forged_total",
                           "SRTP packets whose authentication failed, or that were plain", 0},
    [MEDIA_SRTP_REPLAYED] = {"media_srtp_replayed_total", "SRTP packets that came before", 0},
    [MEDIA_SRTP_LATE] = {"media_srtp_late_total", "SRTP packets too old to be told from a replay",
                         0},
    [MEDIA_SRTP_STRANGE] = {"media_srtp_strange_total",
                            "SRTP packets of more sources than a key is used for", 0},
    [MEDIA_SRTP_OTHER_KEY] = {"media_srtp_other_key_total",
                              "SRTP packets that name a key that was not agreed", 0},
    [MEDIA_SRTP_EXPIRED] = {"media_srtp_expired_total", "SRTP packets under a used-up key", 0},
    [MEDIA_SRTP_NO_ROOM] = {"media_srtp_no_room_total", "Packets too long to be protected", 0},
    [MEDIA_SRTP_FAILED] = {"media_srtp_failed_total",
                           "SRTP packets that came before their key, or that libsrtp2 failed on",
                           0},
};

static void refuse(enum media_srtp_result why)
{
    rt_count(&media_counters[MEDIA_SRTP_REFUSED]);
    rt_count(&media_srtp_refusals[why]);
}

/* ---- keys ---- */

void media_rtp_unload(struct media_port *p, rt_time now)
{
    struct media_report r = {.type = MEDIA_REPORT_KEYS, .port = p};

    while ((r.keys = media_srtp_retired(&p->rtp.slot, now)) != NULL)
        if (rt_chan_send(p->thread->reports, &r) != 0)
            media_srtp_free(r.keys); /* no ring to send it over: it costs this thread a moment */
}

void media_rtp_lock(struct media_port *p, struct media_srtp *s, uint32_t ssrc, rt_time now)
{
    media_srtp_install(&p->rtp.slot, s, now);
    if (ssrc != p->rtp.ssrc) {
        p->rtp.ssrc = ssrc;
        p->rtp.gap = true;
    }
    media_rtp_unload(p, now);
}

/* ---- packets ---- */

static bool is_secure(const struct media_rtp_side *r)
{
    return r->kit && r->kit->conf.secure;
}

bool media_rtp_open_packet(struct media_port *p, uint8_t *data, size_t *len, bool rtcp, rt_time now)
{
    struct media_rtp_side *r = &p->rtp;

    if (!is_secure(r))
        return true;
    enum media_srtp_result result = media_srtp_slot_open(&r->slot, data, len, rtcp, now);
    if (result == MEDIA_SRTP_OK)
        return true;
    p->stats.refused++;
    refuse(result);
    return false;
}

void media_rtp_out(struct media_port *p, unsigned component, uint8_t *data, size_t len)
{
    struct media_rtp_side *r = &p->rtp;
    bool apart = component == 2 && !r->kit->conf.mux;
    size_t room = len + MEDIA_SRTP_TRAILER;

    if (is_secure(r) && !r->slot.now) { /* no keys yet: nothing goes out in the clear */
        rt_count(&media_srtp_refusals[MEDIA_SRTP_OK]);
        return;
    }
    if (p->tap)
        media_tap_note(p, true, component, data, len,
                       component == 1 ? &r->target : &r->rtcp_target);
    if (is_secure(r)) {
        enum media_srtp_result result =
            component == 1 ? media_srtp_protect(r->slot.now, data, &len, room)
                           : media_srtp_protect_rtcp(r->slot.now, data, &len, room);
        if (result != MEDIA_SRTP_OK) {
            refuse(result);
            return;
        }
    }
    rt_udp_send(apart ? r->rtcp : r->rtp, data, len, component == 1 ? &r->target : &r->rtcp_target);
}

/* ---- STUN and DTLS ---- */

void media_rtp_mail(struct media_port *p, unsigned component, const union rt_addr *from,
                    const uint8_t *data, size_t len)
{
    struct media_mail m = {.port = p->id};

    m.datagram.component = component;
    m.datagram.from = *from;
    m.datagram.len = len;
    memcpy(m.datagram.data, data, len);
    if (rt_chan_send(p->thread->mail, &m) != 0)
        rt_count(&media_counters[MEDIA_DATAGRAMS_DROPPED]);
}
