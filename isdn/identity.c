/* Who the far party is after the answer (connected line: Q.951.5, EN 300 369-1, ECMA-178), and what
 * NOTIFY says of it: transfers, diversions, hold.
 */
#include "isdn/isdn_priv.h"

#include <errno.h>
#include <stdlib.h>

/* ---- received ---- */

void isdn_identity_into(struct isdn_event *ev, const struct pri_party_id *id)
{
    if (id->number.valid) {
        rt_str_copy(ev->connected.digits, sizeof ev->connected.digits, rt_str(id->number.str));
        ev->connected.ton = id->number.plan >> 4 & 7;
        ev->connected.npi = id->number.plan & 15;
        ev->connected.presentation = id->number.presentation >> 5 & 3;
        ev->connected.screening = id->number.presentation & 3;
    }
    if (id->name.valid && (id->name.presentation >> 5 & 3) == 0)
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

static void number_into(struct isdn_event *ev, const struct isdn_frame *f)
{
    struct isdn_ie ie;
    struct isdn_ie_number n;

    if (!q931_find(&ie, f->octets, f->len, ISDN_IE_REDIRECTION, 0) ||
        isdn_ie_read_number(&n, &ie) != 0)
        return;
    rt_str_copy(ev->connected.digits, sizeof ev->connected.digits, rt_str(n.digits));
    ev->connected.ton = n.ton;
    ev->connected.npi = n.npi;
    ev->connected.presentation = n.presentation;
    ev->connected.screening = n.screening;
}

/** Codes that come with the number of another party. */
static bool names_party(uint8_t code)
{
    return code == ISDN_NOTICE_DIVERSION || code == ISDN_NOTICE_DIVERTING ||
           code == ISDN_NOTICE_TRANSFER_ALERTING || code == ISDN_NOTICE_TRANSFER_ACTIVE;
}

void isdn_identity_notified(struct isdn_call *c, const struct isdn_frame *f)
{
    struct isdn_event ev = {.type = ISDN_EV_NOTIFY, .channel = c->channel};
    struct isdn_ie_notification n;
    struct isdn_ie ie;

    number_into(&ev, f);
    for (unsigned i = 0; !clearing(c) && q931_find(&ie, f->octets, f->len, ISDN_IE_NOTIFICATION, i);
         i++) {
        if (isdn_ie_read_notification(&n, &ie) != 0)
            continue;
        ev.type = ISDN_EV_NOTIFY;
        ev.notify = n.description;
        isdn_call_tell(c, &ev);
        if (!names_party(n.description) || c->state != CALL_ACTIVE || !ev.connected.digits[0])
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

static void party_out(struct pri_party_id *out, const struct isdn_number *n, const char *name)
{
    out->number.valid = n->digits[0] != '\0' || n->presentation != 0;
    out->number.plan = n->ton << 4 | n->npi;
    out->number.presentation = n->presentation << 5 | n->screening;
    rt_str_copy(out->number.str, sizeof out->number.str, rt_str(n->digits));
    out->name.valid = name && name[0] != '\0';
    out->name.char_set = PRI_CHAR_SET_ISO8859_1;
    out->name.presentation = out->number.presentation;
    if (name)
        rt_str_copy(out->name.str, sizeof out->name.str, rt_str(name));
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
    bool with_connect =
        c->state == CALL_PRESENT || c->state == CALL_OVERLAP_IN || c->state == CALL_INCOMING;

    if (clearing(c) || c->state == CALL_SETUP)
        return EPROTO;
    if (!with_connect && !(c->span->variant->features & ISDN_F_COLR))
        return EINVAL;
    party_out(&line.id, number, name);
    if (with_connect)
        isdn_say_connected(c, number);
    return c->state == CALL_CONNECTING ? put_off(c, &line) : update(c, &line);
}
