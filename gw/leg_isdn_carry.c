/* What SETUP and its answers carry beside numbers and bearer, in neutral words and Q.931's:
 * subaddresses, who diverted, names, keypad, user-user information, progress indicators.
 */
#include "gw/leg_isdn_priv.h"

/* ---- user-user information, subaddresses ---- */

void leg_isdn_uui_in(struct gw_uui *out, const struct isdn_uui *in)
{
    *out = (struct gw_uui){.present = in->present, .protocol = in->protocol, .len = in->len};
    memcpy(out->data, in->octets, in->len);
}

/** More than the ISDN's element holds is not sent. */
static void uui_out(struct isdn_uui *out, const struct gw_uui *in)
{
    *out = (struct isdn_uui){.present = in->present && in->len <= sizeof out->octets};
    if (!out->present)
        return;
    out->protocol = in->protocol;
    out->len = in->len;
    memcpy(out->octets, in->data, in->len);
}

void leg_isdn_sub_in(struct gw_subaddress *out, const struct isdn_subaddress *in)
{
    *out = (struct gw_subaddress){.len = in->len, .user = in->user, .odd = in->odd};
    memcpy(out->octets, in->octets, in->len);
}

static void sub_out(struct isdn_subaddress *out, const struct gw_subaddress *in)
{
    *out = (struct isdn_subaddress){.len = in->len, .user = in->user, .odd = in->odd};
    memcpy(out->octets, in->octets, in->len);
}

/* ---- names: ISO 8859-1 there, UTF-8 here ---- */

void leg_isdn_name_in(char out[GW_PARTY_NAME_LEN], const char *name)
{
    size_t n = 0;

    for (const unsigned char *p = (const unsigned char *)name; *p && n + 3 <= GW_PARTY_NAME_LEN;
         p++) {
        if (*p >= 0x80)
            out[n++] = (char)(0xc0 | *p >> 6);
        out[n++] = (char)(*p >= 0x80 ? 0x80 | (*p & 0x3f) : *p);
    }
    out[n] = '\0';
}

/** A character that ISO 8859-1 does not have becomes a question mark. */
void leg_isdn_name_out(char out[GW_PARTY_NAME_LEN], const char *name)
{
    size_t n = 0;

    for (const unsigned char *p = (const unsigned char *)name; *p && n + 1 < GW_PARTY_NAME_LEN;
         p++) {
        if ((*p & 0xc0) == 0x80)
            continue; /* the rest of a character */
        bool latin = (*p & 0xfc) == 0xc0 && (p[1] & 0xc0) == 0x80;
        out[n++] = *p < 0x80 ? (char)*p : latin ? (char)(*p << 6 | (p[1] & 0x3f)) : '?';
    }
    out[n] = '\0';
}

/* ---- who diverted ---- */

static void redirection_in(struct gw_setup *out, const struct isdn_diversion *d)
{
    if (d->count == 0)
        return;
    leg_isdn_number_in(&out->redirecting, &d->last);
    out->redirect_reason = gw_redirect_from_q931(d->last_reason);
    out->redirections = d->count;
    if (d->count < 2)
        return;
    leg_isdn_number_in(&out->original, &d->first);
    out->original_reason = gw_redirect_from_q931(d->first_reason);
}

static void redirection_out(struct isdn_diversion *out, const struct gw_setup *s)
{
    leg_isdn_number_out(&out->last, &s->redirecting);
    leg_isdn_number_out(&out->first, &s->original);
    out->last_reason = gw_redirect_row(s->redirect_reason)->q931;
    out->first_reason = gw_redirect_row(s->original_reason)->q931;
    if (s->redirecting.digits[0])
        out->count = s->redirections ? s->redirections : s->original.digits[0] ? 2 : 1;
}

/* ---- SETUP ---- */

/** Of two numbers of the caller the trunk says which one counts (EN 300 092-1). Keypad information
 * without a called number is what was dialled. */
void leg_isdn_carried_in(struct gw_setup *out, const struct isdn_setup *s,
                         const struct gw_trunk *trunk)
{
    bool network = trunk->caller_network && s->network.digits[0];

    leg_isdn_number_in(&out->calling, network ? &s->network : &s->calling);
    leg_isdn_number_in(&out->called, &s->called);
    if (s->called.digits[0])
        rt_str_copy(out->keypad, sizeof out->keypad, rt_str(s->keypad));
    else
        rt_str_copy(out->called.digits, sizeof out->called.digits, rt_str(s->keypad));
    leg_isdn_sub_in(&out->called_sub, &s->called_sub);
    leg_isdn_sub_in(&out->calling_sub, &s->calling_sub);
    redirection_in(out, &s->diversion);
    leg_isdn_name_in(out->name, s->display);
    out->name_restricted = s->name_restricted;
    leg_isdn_uui_in(&out->uui, &s->uui);
    out->indicators = s->indicators;
}

/** A name says who calls as well as the number does: both are shown, or neither. */
void leg_isdn_carried_out(struct isdn_setup *out, const struct gw_setup *s,
                          const struct gw_leg *leg)
{
    sub_out(&out->called_sub, &s->called_sub);
    sub_out(&out->calling_sub, &s->calling_sub);
    redirection_out(&out->diversion, s);
    rt_str_copy(out->keypad, sizeof out->keypad, rt_str(s->keypad));
    uui_out(&out->uui, &s->uui);
    out->indicators = s->indicators;
    if (leg_isdn_partner_is_sip(leg) && leg->trunk->origin_not_isdn)
        out->progress = ISDN_PI_ORIGIN_NOT_ISDN;
    out->name_restricted = s->name_restricted || out->calling.presentation != 0;
    if (!out->name_restricted || leg->trunk->span->variant->features & ISDN_F_NAME_FACILITY)
        leg_isdn_name_out(out->display, s->name);
}

/* ---- answers ---- */

bool leg_isdn_partner_is_sip(const struct gw_leg *leg)
{
    const struct gw_leg *other = leg->side == 'a' ? leg->call->b : leg->call->a;

    return other && !other->joint && other->trunk->kind == GW_TRUNK_SIP;
}

/** What goes with the next message: those indicators that have not been told (`l->told`). */
void leg_isdn_with(struct leg_isdn *l, const struct gw_event *ev)
{
    struct isdn_uui uui;

    uui_out(&uui, &ev->uui);
    if (uui.present)
        isdn_call_uui(l->call, &uui);
    isdn_call_indicators(l->call, leg_isdn_news(l, ev));
    l->told |= ev->indicators;
}

uint16_t leg_isdn_news(const struct leg_isdn *l, const struct gw_event *ev)
{
    return ev->indicators & (uint16_t) ~(l->told | 1u << ISDN_PI_INBAND);
}

void leg_isdn_connected_sub(struct leg_isdn *l, const struct gw_event *ev)
{
    struct isdn_subaddress sub;

    sub_out(&sub, &ev->connected_sub);
    isdn_call_connected_sub(l->call, &sub);
}
