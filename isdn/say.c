/* Plain Q.931 elements of our messages: numbers and subaddresses as they are meant, keypad,
 * user-user information, compatibilities, progress. libpri cuts them, changes them, or loses them
 * when it repeats a SETUP; names, bearer and Facility are its own.
 */
#include "isdn/isdn_priv.h"

#include <errno.h>

/** An element that cannot be written is left out: the call is worth more. */
static void put(struct isdn_call *c, uint8_t type, const struct isdn_ie_value *v, int err)
{
    if (err == 0)
        err = isdn_call_add(c, type, v);
    if (err != 0)
        rt_log(RT_LOG_ISDN, RT_NOTICE, "%s/%u: element %02x cannot be sent", c->span->name,
               c->channel, v->key);
}

static void put_raw(struct isdn_call *c, uint8_t type, uint16_t key, const uint8_t *p, size_t len)
{
    struct isdn_ie_value v = {.key = key};

    if (len > 0)
        put(c, type, &v, isdn_ie_raw(&v, key, p, len));
}

/* ---- parties ---- */

static void number_out(struct isdn_ie_number *out, const struct isdn_number *n)
{
    *out = (struct isdn_ie_number){.ton = n->ton,
                                   .npi = n->npi,
                                   .screened = true,
                                   .presentation = n->presentation,
                                   .screening = n->screening};
    rt_str_copy(out->digits, sizeof out->digits, rt_str(n->digits));
}

static void put_number(struct isdn_call *c, uint8_t type, uint16_t key, const struct isdn_number *n)
{
    struct isdn_ie_value v = {.key = key};
    struct isdn_ie_number ie;

    if (!isdn_number_said(n))
        return;
    number_out(&ie, n);
    ie.screened = key != ISDN_IE_CALLED;
    put(c, type, &v, isdn_ie_write_number(&v, key, &ie));
}

static void put_subaddress(struct isdn_call *c, uint8_t type, uint16_t key,
                           const struct isdn_subaddress *s)
{
    struct isdn_ie_value v = {.key = key};
    struct isdn_ie_subaddress ie = {
        .type = s->user ? ISDN_SUB_USER : ISDN_SUB_NSAP, .odd = s->odd, .len = s->len};

    if (s->len == 0 || s->len > sizeof ie.octets)
        return;
    memcpy(ie.octets, s->octets, s->len);
    put(c, type, &v, isdn_ie_write_subaddress(&v, key, &ie));
}

/* ---- diversion ---- */

bool isdn_says_diversion_by_facility(const struct isdn_call *c)
{
    return c->span->variant->features & ISDN_F_DIVERT_FACILITY && !c->span->cfg.multipoint;
}

static void put_redirecting(struct isdn_call *c, const struct isdn_number *n, uint8_t reason)
{
    struct isdn_ie_value v = {.key = ISDN_IE_REDIRECTING};
    struct isdn_ie_number ie;

    if (!isdn_number_said(n))
        return;
    number_out(&ie, n);
    ie.reasoned = true;
    ie.reason = reason & 15;
    put(c, Q931_T_SETUP, &v, isdn_ie_write_number(&v, ISDN_IE_REDIRECTING, &ie));
}

/* ---- user-user information ---- */

int isdn_call_uui(struct isdn_call *c, const struct isdn_uui *uui)
{
    if (uui->len > sizeof uui->octets)
        return EINVAL;
    c->uui = *uui;
    return 0;
}

int isdn_uui_write(struct isdn_ie_value *out, const struct isdn_uui *uui)
{
    struct isdn_ie_user ie = {.protocol = uui->protocol, .len = uui->len};

    out->key = ISDN_IE_USER_USER;
    if (uui->len > sizeof uui->octets)
        return EINVAL;
    memcpy(ie.octets, uui->octets, uui->len);
    return isdn_ie_write_user(out, &ie);
}

static void put_uui(struct isdn_call *c, uint8_t type, const struct isdn_uui *uui)
{
    struct isdn_ie_value v;

    if (uui->present)
        put(c, type, &v, isdn_uui_write(&v, uui));
}

void isdn_say_uui(struct isdn_call *c, uint8_t type)
{
    isdn_call_unput(c, type, ISDN_IE_USER_USER);
    put_uui(c, type, &c->uui);
    c->uui.present = false;
}

/* ---- SETUP ---- */

static void put_keypad(struct isdn_call *c, const struct isdn_setup *in)
{
    struct isdn_ie_value v = {.key = ISDN_IE_KEYPAD};

    if (in->keypad[0] == '\0')
        return;
    put(c, Q931_T_SETUP, &v, isdn_ie_write_keypad(&v, in->keypad));
    if (in->called.digits[0] == '\0' &&
        in->complete) /* libpri says it with a called number alone */
        put(c, Q931_T_SETUP, &v, isdn_ie_raw(&v, ISDN_IE_COMPLETE, NULL, 0));
}

static void put_indicator(struct isdn_call *c, uint8_t type, uint8_t description)
{
    const struct isdn_ie_progress p = {.location = ISDN_PRIVATE_LOCAL, .description = description};
    struct isdn_ie_value v = {.key = ISDN_IE_PROGRESS};

    put(c, type, &v, isdn_ie_write_progress(&v, &p));
}

static void put_indicators(struct isdn_call *c, uint8_t type, uint8_t progress, uint16_t others)
{
    isdn_call_unput(c, type, ISDN_IE_PROGRESS);
    if (progress)
        put_indicator(c, type, progress);
    for (uint8_t d = 1; d < 16; d++)
        if (others >> d & 1 && d != progress)
            put_indicator(c, type, d);
}

/** User-user information last: it is what a full frame has no room for. */
void isdn_say_setup(struct isdn_call *c, const struct isdn_setup *in)
{
    const struct isdn_diversion *d = &in->diversion;

    c->called = in->called;
    if (in->called.digits[0])
        put_number(c, Q931_T_SETUP, ISDN_IE_CALLED, &in->called);
    put_number(c, Q931_T_SETUP, ISDN_IE_CALLING, &in->calling);
    if (in->network.digits[0])
        put_number(c, Q931_T_SETUP, ISDN_IE_CALLING, &in->network);
    put_subaddress(c, Q931_T_SETUP, ISDN_IE_CALLED_SUBADDRESS, &in->called_sub);
    put_subaddress(c, Q931_T_SETUP, ISDN_IE_CALLING_SUBADDRESS, &in->calling_sub);
    if (!isdn_says_diversion_by_facility(c)) { /* the oldest first (EN 300 207-1 9.2.3) */
        put_redirecting(c, &d->first, d->first_reason);
        put_redirecting(c, &d->last, d->last_reason);
    }
    put_indicators(c, Q931_T_SETUP, in->progress, in->indicators);
    put_keypad(c, in);
    put_raw(c, Q931_T_SETUP, ISDN_IE_LOW_LAYER, in->llc, in->llc_len);
    put_raw(c, Q931_T_SETUP, ISDN_IE_HIGH_LAYER, in->hlc, in->hlc_len);
    put_uui(c, Q931_T_SETUP, &in->uui);
}

/* ---- answers ---- */

void isdn_call_indicators(struct isdn_call *c, uint16_t indicators)
{
    c->indicators = indicators;
}

void isdn_say_with(struct isdn_call *c, uint8_t type, uint8_t progress)
{
    put_indicators(c, type, progress, c->indicators);
    c->indicators = 0;
    if (type == Q931_T_ALERTING || type == Q931_T_CONNECT || type == Q931_T_DISCONNECT)
        isdn_say_uui(c, type);
}

void isdn_call_connected_sub(struct isdn_call *c, const struct isdn_subaddress *sub)
{
    isdn_call_unput(c, Q931_T_CONNECT, ISDN_IE_CONNECTED_SUBADDRESS);
    put_subaddress(c, Q931_T_CONNECT, ISDN_IE_CONNECTED_SUBADDRESS, sub);
}

void isdn_say_connected(struct isdn_call *c, const struct isdn_number *n)
{
    isdn_call_unput(c, Q931_T_CONNECT, ISDN_IE_CONNECTED);
    put_number(c, Q931_T_CONNECT, ISDN_IE_CONNECTED, n);
}

/* ---- digits ---- */

int isdn_call_information(struct isdn_call *c, const char *digits, bool complete)
{
    struct isdn_ie_number number = {.ton = c->called.ton, .npi = c->called.npi};
    struct isdn_ie_value v[2];
    unsigned n = 0;

    if (c->state != CALL_OVERLAP_OUT)
        return EPROTO;
    rt_str_copy(number.digits, sizeof number.digits, rt_str(digits));
    if (complete && isdn_ie_raw(&v[n], ISDN_IE_COMPLETE, NULL, 0) == 0)
        n++;
    if (digits[0]) {
        int err = isdn_ie_write_number(&v[n++], ISDN_IE_CALLED, &number);
        if (err != 0)
            return err;
    }
    isdn_call_start_timer(c, ISDN_T304);
    return n > 0 ? isdn_call_say(c, Q931_T_INFORMATION, v, n) : 0;
}

int isdn_call_keypad(struct isdn_call *c, const char *digits)
{
    struct isdn_ie_value v;
    int err;

    if (c->state == CALL_PRESENT || c->state == CALL_SETUP || c->state >= CALL_HEARING)
        return EPROTO;
    err = isdn_ie_write_keypad(&v, digits);
    return err ? err : isdn_call_say(c, Q931_T_INFORMATION, &v, 1);
}
