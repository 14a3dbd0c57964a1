/* A D channel that is taken down on purpose, so that the far end routes elsewhere: DISC to it, DM
 * to whoever sets the link up (Q.921 5.5.2). libpri has no word for that: it is told that the far
 * end disconnects, and then neither heard nor spoken to until the D channel may come back; what it
 * says meanwhile, SABME by SABME, goes nowhere.
 */
#include "isdn/isdn_priv.h"

#define SABME    0x6f
#define DISC     0x43
#define DM       0x0f
#define POLL     0x10
#define TEI_PTP  0x01 /* 0, and the address ends */
#define CR       0x02
#define UNNUMBER 0x03

/** Q.921 3.3.2: commands of the network have the bit, and the responses of the user. */
static struct isdn_frame frame_of(bool network, bool command, uint8_t control)
{
    return (struct isdn_frame){.len = 3, .octets = {network == command ? CR : 0, TEI_PTP, control}};
}

static void say(struct isdn_link *l, bool command, uint8_t control)
{
    struct isdn_frame f = frame_of(l->span->cfg.network, command, control);

    isdn_dchan_send(l, &f);
}

void isdn_silence_frame(struct isdn_link *l, const struct isdn_frame *f)
{
    if (f->len < 3)
        return;
    uint8_t control = f->octets[2], kind = control & (uint8_t)~POLL;

    if (kind == SABME || kind == DISC)
        say(l, false, DM | (control & POLL));
    else if ((control & UNNUMBER) != UNNUMBER) /* it still thinks that the link is up */
        say(l, true, DISC | POLL);
}

static void silence(struct isdn_link *l, bool silent)
{
    struct isdn_frame theirs = frame_of(!l->span->cfg.network, true, DISC | POLL);

    if (l->silent == silent || l->span->cfg.multipoint)
        return;
    rt_log(RT_LOG_ISDN, RT_NOTICE, "%s: D channel %s", l->span->name,
           silent ? "taken down" : "may come up again");
    if (silent)
        say(l, true, DISC | POLL);
    l->silent = silent;
    if (silent)
        isdn_dchan_feed(l, &theirs);
}

void isdn_span_silence(struct isdn_span *s, bool silent)
{
    for (unsigned i = 0; i < RT_COUNT(s->group->link); i++)
        if (s->group->link[i] && s->group->link[i]->pri)
            silence(s->group->link[i], silent);
}
