/* The party at the other end changes while the call goes on: told to a peer by P-Asserted-Identity,
 * or what its trunk has instead, in UPDATE or a re-INVITE (RFC 5876, RFC 3311), and heard from it.
 */
#include "gw/call.h"
#include "gw/leg_sip_priv.h"

#include <errno.h>

/* ---- heard ---- */

/** FNV-1a; 0 is nobody. */
static uint32_t mark(uint32_t h, const char *text)
{
    for (; *text; text++)
        h = (h ^ (uint8_t)*text) * 16777619u;
    return h ? h : 1;
}

static uint32_t party_mark(const struct gw_event *ev)
{
    char text[DP_TEXT_LEN];

    return mark(mark(2166136261u + (uint32_t)ev->connected.present, dp_text(text, &ev->connected)),
                ev->name);
}

void leg_sip_party_heard(struct leg_sip *l, const struct sip_message *msg, bool tell)
{
    struct gw_event ev = {.type = GW_EV_IDENTITY};

    if (!msg || !leg_sip_party_in(&ev, l->leg.trunk, msg, l->incoming ? "calling" : "called"))
        return;
    uint32_t now = party_mark(&ev);
    bool changed = now != l->party;
    l->party = now;
    if (changed && tell)
        gw_call_event(&l->leg, &ev);
}

/* ---- told ---- */

/** By re-INVITE where UPDATE is not to be had. A description that is not ours goes into none. */
static void tell_by_reinvite(struct leg_sip *l)
{
    if (leg_sip_direct(l))
        l->party_due = false;
    else
        leg_sip_reoffer(l);
}

void leg_sip_tell_party(struct leg_sip *l)
{
    static const struct sip_body none;

    if (!l->party_due || !l->answered || !l->session || l->telling)
        return;
    if (l->leg.trunk->identity.updates == GW_UPDATES_UPDATE) {
        int err = sip_session_update(l->session, &none);
        l->telling = err == 0;
        l->party_due = err != 0;
        if (err != EOPNOTSUPP)
            return; /* said, or something else goes first */
    }
    tell_by_reinvite(l);
}

void leg_sip_say_identity(struct leg_sip *l, const struct gw_event *ev)
{
    struct leg_sip_identity id;
    struct rt_buf lines = {0};

    if (l->leg.trunk->identity.updates == GW_UPDATES_OFF)
        return;
    leg_sip_party(&id, l->leg.gw, l->leg.trunk, ev, l->incoming ? "called" : "calling");
    if (id.nheaders == 0)
        return;
    leg_sip_lines(&lines, &id);
    if (!lines.failed && sip_session_assert(l->session, rt_buf_str(&lines)) == 0) {
        l->party_due = true;
        leg_sip_tell_party(l);
    }
    rt_buf_release(&lines);
}

bool leg_sip_party_told(struct leg_sip *l, int status)
{
    if (!l->telling)
        return false;
    l->telling = false;
    l->party_due = l->party_due || status == 405 || status == 501; /* a re-INVITE may do better */
    leg_sip_tell_party(l);
    return true;
}
