/* Who the far party is after the answer (connected line: Q.951.5, EN 300 369-1, ECMA-178), and what
 * NOTIFY says of it: transfers, diversions, hold.
 */
#include "isdn/isdn_priv.h"

#include <errno.h>
#include <stdlib.h>

/* ---- received ---- */

void isdn_identity_into(struct isdn_event *ev, const struct pri_party_id *id)
{
    if (id->number.valid)
        isdn_number_in(&ev->connected, &id->number);
    if (id->name.valid && (id->name.presentation & PRI_PRES_RESTRICTION) == PRI_PRES_ALLOWED)
        rt_str_copy(ev->name, sizeof ev->name, rt_str(id->name.str));
}

static bool clearing(const struct isdn_call *c)
{
    return c->state >= CALL_HEARING;
}

/** NOTIFY is read by itself: isdn_identity_notified(). */
void isdn_identity_connected(struct isdn_call *c, const struct pri_subcommand *sub)
{
    const struct pri_party_id *id = &sub->u.connected_line.id;
    struct isdn_event ev = {.type = ISDN_EV_IDENTITY, .channel = c->channel};
    bool notify = c->link->viewed && c->link->view.type == Q931_T_NOTIFY;

    if (clearing(c) || notify || (!id->number.valid && !id->name.valid))
        return;
    isdn_identity_into(&ev, id);
    isdn_call_tell(c, &ev);
}

/** Codes that come with the number of another party. */
static bool names_party(uint8_t code)
{
    return code == ISDN_NOTICE_DIVERSION || code == ISDN_NOTICE_DIVERTING ||
           code == ISDN_NOTICE_TRANSFER_ALERTING || code == ISDN_NOTICE_TRANSFER_ACTIVE;
}

void isdn_identity_notified(struct isdn_link *l)
{
    struct isdn_call *c = isdn_call_of(l, &l->view, false);
    struct isdn_event ev = {.type = ISDN_EV_NOTIFY, .channel = c ? c->channel : 0};

    isdn_hear_redirection(&ev.connected, l);
    for (unsigned i = 0; c && !clearing(c) && isdn_hear_notice(&ev.notify, l, i); i++) {
        ev.type = ISDN_EV_NOTIFY;
        isdn_call_tell(c, &ev);
        if (!names_party(ev.notify) || c->state != CALL_ACTIVE || !ev.connected.digits[0])
            continue;
        ev.type = ISDN_EV_IDENTITY;
        isdn_call_tell(c, &ev);
    }
}

/* ---- sent ---- */

/** The message itself where libpri takes the code for one of euroisdn's. */
static int say_notify(struct isdn_call *c, uint8_t notify)
{
    const struct isdn_ie_notification n = {.description = notify};
    struct isdn_ie_value v;
    int err = isdn_ie_write_notification(&v, &n);

    return err != 0 ? err : isdn_call_say(c, Q931_T_NOTIFY, &v, 1);
}

/** The codes that Q.931 itself has are everybody's; libpri passes no others but for euroisdn. */
int isdn_call_notify(struct isdn_call *c, uint8_t notify)
{
    bool own = notify <= 2, has = c->span->variant->features & ISDN_F_NOTIFY;

    if (notify > 0x7f || (!own && !has))
        return EINVAL;
    if (c->state != CALL_ACTIVE && c->state != CALL_CONNECTING && c->state != CALL_INCOMING &&
        c->state != CALL_OUTGOING)
        return EPROTO;
    if (pri_notify(c->link->pri, c->q931, 0, notify) != 0 && (own || say_notify(c, notify) != 0))
        return EIO;
    isdn_dchan_poke(c->link);
    return 0;
}

static int update(struct isdn_call *c, const struct pri_party_connected_line *line)
{
    int rc = pri_connected_line_update(c->link->pri, c->q931, line);

    isdn_dchan_poke(c->link);
    return rc == 0 ? 0 : EIO;
}

/** libpri says nothing between CONNECT and its acknowledgement: it is kept till then. */
static int put_off(struct isdn_call *c, const struct pri_party_connected_line *line)
{
    if (!c->due)
        c->due = malloc(sizeof *c->due);
    if (!c->due)
        return ENOMEM;
    *c->due = *line;
    return 0;
}

void isdn_identity_flush(struct isdn_call *c)
{
    if (c->due)
        update(c, c->due);
    free(c->due);
    c->due = NULL;
}

int isdn_call_identity(struct isdn_call *c, const struct isdn_number *number, const char *name)
{
    struct pri_party_connected_line line = {0};
    bool with_connect = isdn_call_unanswered(c);

    if (clearing(c) || c->state == CALL_SETUP)
        return EPROTO;
    if (!with_connect && !(c->span->variant->features & ISDN_F_COLR))
        return EINVAL;
    isdn_number_out(&line.id.number, number);
    isdn_name_out(&line.id.name, name, number->presentation != 0);
    if (with_connect)
        isdn_say_connected(c, number);
    return c->state == CALL_CONNECTING ? put_off(c, &line) : update(c, &line);
}
