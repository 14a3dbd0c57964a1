/* What a received message says in plain elements, from the frame as it came: libpri cuts numbers
 * and names, keeps one of several elements, and drops what it has no word for.
 */
#include "isdn/ie_bearer.h"
#include "isdn/isdn_priv.h"

#define NETWORK_PROVIDED 3 /* screening indicator (4.5.10) */

static bool find(struct isdn_ie *out, const struct isdn_link *l, uint8_t key, unsigned nth)
{
    return l->viewed && l->frame && q931_has(&l->view, key) &&
           q931_find(out, l->frame->octets, l->frame->len, key, nth);
}

/* ---- parties ---- */

static void fill(struct isdn_number *out, const struct isdn_ie_number *n)
{
    *out = (struct isdn_number){
        .ton = n->ton, .npi = n->npi, .presentation = n->presentation, .screening = n->screening};
    rt_str_copy(out->digits, sizeof out->digits, rt_str(n->digits));
}

static bool number(struct isdn_number *out, uint8_t *reason, const struct isdn_link *l, uint8_t key,
                   unsigned nth)
{
    struct isdn_ie_number n;
    struct isdn_ie ie;

    if (!find(&ie, l, key, nth) || isdn_ie_read_number(&n, &ie) != 0)
        return false;
    fill(out, &n);
    if (reason)
        *reason = n.reason;
    return true;
}

static void subaddress(struct isdn_subaddress *out, const struct isdn_link *l, uint8_t key)
{
    struct isdn_ie_subaddress s;
    struct isdn_ie ie;

    if (!find(&ie, l, key, 0) || isdn_ie_read_subaddress(&s, &ie) != 0)
        return;
    *out = (struct isdn_subaddress){.len = s.len, .user = s.type == ISDN_SUB_USER, .odd = s.odd};
    memcpy(out->octets, s.octets, s.len);
}

/** Of two calling numbers the network's is the one it provided (EN 300 092-1 9.4). */
static void callers(struct isdn_setup *out, const struct isdn_link *l)
{
    struct isdn_number n, network;
    bool user = false, provided = false;

    for (unsigned i = 0; number(&n, NULL, l, ISDN_IE_CALLING, i); i++) {
        bool *seen = n.screening == NETWORK_PROVIDED ? &provided : &user;
        if (!*seen)
            *(seen == &user ? &out->calling : &network) = n;
        *seen = true;
    }
    if (provided)
        *(user ? &out->network : &out->calling) = network;
}

/** The oldest comes first (EN 300 207-1 9.2.3); some have an element of its own for it. */
static void diversion(struct isdn_diversion *out, const struct isdn_link *l)
{
    struct isdn_diversion d = {.count = 0};
    uint8_t reason;
    struct isdn_number n;

    if (number(&d.last, &d.last_reason, l, ISDN_IE_ORIGINAL_CALLED, 0))
        d.count++;
    for (unsigned i = 0; number(&n, &reason, l, ISDN_IE_REDIRECTING, i); i++) {
        if (d.count == 1) {
            d.first = d.last;
            d.first_reason = d.last_reason;
        }
        d.last = n;
        d.last_reason = reason;
        d.count++;
    }
    if (d.count > 0)
        *out = d;
}

/* ---- texts and octets ---- */

static void uui(struct isdn_uui *out, const struct isdn_link *l)
{
    struct isdn_ie_user u;
    struct isdn_ie ie;

    if (!find(&ie, l, ISDN_IE_USER_USER, 0) || isdn_ie_read_user(&u, &ie) != 0 ||
        u.len > sizeof out->octets)
        return;
    *out = (struct isdn_uui){.present = true, .protocol = u.protocol, .len = u.len};
    memcpy(out->octets, u.octets, u.len);
}

static void raw(uint8_t *out, uint8_t *len, size_t cap, const struct isdn_link *l, uint8_t key)
{
    struct isdn_ie ie;

    if (!find(&ie, l, key, 0) || ie.len > cap)
        return;
    memcpy(out, ie.p, ie.len);
    *len = ie.len;
}

bool isdn_hear_called(char digits[41], const struct isdn_link *l)
{
    struct isdn_number n;

    if (!number(&n, NULL, l, ISDN_IE_CALLED, 0))
        return false;
    rt_str_copy(digits, sizeof n.digits, rt_str(n.digits));
    return true;
}

bool isdn_hear_keypad(char digits[41], const struct isdn_link *l)
{
    char keys[64];
    struct isdn_ie ie;

    if (!find(&ie, l, ISDN_IE_KEYPAD, 0) || isdn_ie_read_keypad(keys, &ie) != 0)
        return false;
    rt_str_copy(digits, 41, rt_str(keys));
    return keys[0] != '\0';
}

/* ---- progress, bearer ---- */

static uint16_t indicators(const struct isdn_link *l)
{
    struct isdn_ie_progress p[8];
    uint16_t bits = 0;

    if (!l->viewed || !l->frame || !q931_has(&l->view, ISDN_IE_PROGRESS))
        return 0;
    size_t header = isdn_lapd_header(l->frame->octets, l->frame->len);
    unsigned n =
        isdn_ie_all_progress(p, RT_COUNT(p), l->frame->octets + header, l->frame->len - header);
    for (unsigned i = 0; i < n && i < RT_COUNT(p); i++)
        if (p[i].description < 16)
            bits |= (uint16_t)(1u << p[i].description);
    return bits;
}

/** 64 kbit/s that hold something slower, or a kind of which libpri's words leave too little. */
static bool adapted(const struct isdn_link *l)
{
    struct isdn_ie_bearer b;
    struct isdn_ie ie;

    if (!find(&ie, l, ISDN_IE_BEARER, 0) || isdn_ie_read_bearer(&b, &ie) != 0)
        return false;
    if (b.capability == ISDN_CAP_SPEECH || b.capability == ISDN_CAP_AUDIO_31)
        return false;
    uint8_t layer1 = b.has[0] ? b.layer[0].protocol : 0;
    return b.capability != ISDN_CAP_DATA || layer1 == ISDN_L1_V110 || layer1 == ISDN_L1_V120 ||
           layer1 == ISDN_L1_X31;
}

/** Number changed: the diagnostic (Q.850 table 2.1). */
static void changed(struct isdn_number *out, const struct isdn_link *l)
{
    struct isdn_ie_number n;
    struct isdn_ie_cause c;
    struct isdn_ie ie;

    if (find(&ie, l, ISDN_IE_CAUSE, 0) && isdn_ie_read_cause(&c, &ie) == 0 &&
        isdn_ie_cause_number(&n, &c) == 0)
        fill(out, &n);
}

/* ---- messages ---- */

void isdn_hear_setup(struct isdn_setup *out, const struct isdn_link *l)
{
    char keypad[41];

    number(&out->called, NULL, l, ISDN_IE_CALLED, 0);
    callers(out, l);
    subaddress(&out->called_sub, l, ISDN_IE_CALLED_SUBADDRESS);
    subaddress(&out->calling_sub, l, ISDN_IE_CALLING_SUBADDRESS);
    diversion(&out->diversion, l);
    if (isdn_hear_keypad(keypad, l))
        rt_str_copy(out->keypad, sizeof out->keypad, rt_str(keypad));
    uui(&out->uui, l);
    out->indicators = indicators(l);
    out->adapted = adapted(l);
    raw(out->hlc, &out->hlc_len, sizeof out->hlc, l, ISDN_IE_HIGH_LAYER);
    raw(out->llc, &out->llc_len, sizeof out->llc, l, ISDN_IE_LOW_LAYER);
}

void isdn_hear_event(struct isdn_event *ev, const struct isdn_link *l)
{
    if (!l->viewed)
        return;
    ev->progress = l->view.progress;
    ev->indicators = indicators(l);
    ev->cause = (struct isdn_cause){.value = l->view.cause, .location = l->view.location};
    changed(&ev->changed, l);
    number(&ev->connected, NULL, l, ISDN_IE_CONNECTED, 0);
    subaddress(&ev->connected_sub, l, ISDN_IE_CONNECTED_SUBADDRESS);
    uui(&ev->uui, l);
}

bool isdn_hear_notice(uint8_t *out, const struct isdn_link *l, unsigned nth)
{
    struct isdn_ie_notification n;
    struct isdn_ie ie;

    for (unsigned i = 0; find(&ie, l, ISDN_IE_NOTIFICATION, i); i++)
        if (isdn_ie_read_notification(&n, &ie) == 0 && nth-- == 0) {
            *out = n.description;
            return true;
        }
    return false;
}

void isdn_hear_redirection(struct isdn_number *out, const struct isdn_link *l)
{
    number(out, NULL, l, ISDN_IE_REDIRECTION, 0);
}

bool isdn_hear_diverting(struct isdn_event *ev, const struct isdn_link *l)
{
    uint8_t notice = 0;
    unsigned i = 0;

    while (isdn_hear_notice(&notice, l, i) && notice != ISDN_NOTICE_DIVERTING)
        i++;
    if (notice != ISDN_NOTICE_DIVERTING)
        return false;
    *ev = (struct isdn_event){.type = ISDN_EV_DIVERTED};
    isdn_hear_redirection(&ev->connected, l);
    return true;
}
