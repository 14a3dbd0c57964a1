/* What our messages say beyond libpri's words: elements it does not write, causes and locations it
 * does not know, and whole messages it cannot send.
 *
 * libpri repeats an I frame from its own octets and each repetition passes here again: what is
 * changed depends on the message and on what the call keeps, never on when.
 */
#include "isdn/isdn_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

/* ---- elements that go with messages ---- */

int isdn_call_add(struct isdn_call *c, uint8_t type, const struct isdn_ie_value *v)
{
    struct isdn_put *p = malloc(sizeof *p + v->len);

    if (!p)
        return ENOMEM;
    *p = (struct isdn_put){.type = type, .key = v->key, .len = v->len};
    memcpy(p->p, v->p, v->len);
    LL_APPEND(c->puts, p);
    return 0;
}

void isdn_call_unput(struct isdn_call *c, uint8_t type, uint16_t key)
{
    struct isdn_put *p, *next;

    LL_FOREACH_SAFE(c->puts, p, next)
    {
        if (p->type != type || (key && p->key != key))
            continue;
        LL_DELETE(c->puts, p);
        free(p);
    }
}

void isdn_puts_free(struct isdn_put **puts)
{
    struct isdn_put *p, *next;

    LL_FOREACH_SAFE(*puts, p, next)
    free(p);
    *puts = NULL;
}

/** Ours go in the place of libpri's of the same key. */
static void insert_puts(struct isdn_body *b, const struct isdn_put *puts, uint8_t type)
{
    const struct isdn_put *p;
    struct isdn_ie_value v;

    LL_FOREACH(puts, p)
    if (p->type == type)
        isdn_ie_remove_all(b, p->key);
    LL_FOREACH(puts, p)
    if (p->type == type && isdn_ie_raw(&v, p->key, p->p, p->len) == 0)
        isdn_ie_insert(b, &v);
}

/* ---- messages of our own ---- */

/* libpri carries them as an INFORMATION with these keys, which changes nothing in its states; two
 * digits of the place in link->own follow. No far end can send them: keys are 0-9, * and #. */
#define MARK "~own~"

static bool marked(unsigned *place, const struct isdn_frame *f, const struct q931_view *v)
{
    struct isdn_ie ie;

    return v->type == Q931_T_INFORMATION && q931_find(&ie, f->octets, f->len, ISDN_IE_KEYPAD, 0) &&
           ie.len == sizeof MARK + 1 && memcmp(ie.p, MARK, sizeof MARK - 1) == 0 &&
           sscanf((const char *)ie.p + sizeof MARK - 1, "%2u", place) == 1 && *place < ISDN_OWN;
}

/** libpri keeps the keys of a message of ours, and says them again in a SETUP that it repeats. */
static void drop_mark(struct isdn_body *b)
{
    struct isdn_ie ie;

    if (isdn_ie_find(&ie, b->p, b->len, ISDN_IE_KEYPAD, 0) && ie.len >= sizeof MARK - 1 &&
        memcmp(ie.p, MARK, sizeof MARK - 1) == 0)
        isdn_ie_remove_all(b, ISDN_IE_KEYPAD);
}

static void unwrap(struct isdn_frame *f, const struct isdn_own *own)
{
    size_t header = isdn_lapd_header(f->octets, f->len);

    if (own->raw) {
        memcpy(f->octets + header, own->elements, own->len);
        f->len = (uint16_t)(header + own->len);
        return;
    }
    size_t len = q931_set_type(f->octets, f->len, own->type);

    if (len + own->len > sizeof f->octets)
        return;
    memcpy(f->octets + len, own->elements, own->len);
    f->len = (uint16_t)(len + own->len);
}

/** Writes the elements as they will stand behind the message's type. */
static int encode(struct isdn_own *own, uint8_t type, const struct isdn_ie_value *v, unsigned n)
{
    const struct isdn_head head = {.type = type, .reference_len = 2, .reference = 1};
    uint8_t room[sizeof own->elements];
    struct isdn_body b = {.p = room, .cap = sizeof room};
    int err = isdn_body_begin(&b, &head);
    size_t first = b.len;

    for (unsigned i = 0; i < n && err == 0; i++)
        err = isdn_ie_insert(&b, &v[i]);
    if (err != 0)
        return err;
    own->raw = false;
    own->type = type;
    own->len = (uint16_t)(b.len - first);
    memcpy(own->elements, room + first, own->len);
    return 0;
}

struct isdn_own *isdn_own_place(struct isdn_link *l, char keys[ISDN_OWN_KEYS])
{
    unsigned place = l->nown++ % ISDN_OWN;

    snprintf(keys, ISDN_OWN_KEYS, MARK "%02u", place);
    return &l->own[place];
}

int isdn_call_say(struct isdn_call *c, uint8_t type, const struct isdn_ie_value *v, unsigned n)
{
    struct isdn_link *l = c->link;
    char keys[ISDN_OWN_KEYS];

    if (!l->up || !c->q931)
        return ENETDOWN; /* nothing waits: its place would be another's by then */
    int err = encode(isdn_own_place(l, keys), type, v, n);
    if (err != 0)
        return err;
    err = pri_keypad_facility(l->pri, c->q931, keys) == 0 ? 0 : EPROTO;
    isdn_dchan_poke(l);
    return err;
}

/* ---- causes ---- */

static bool clears(uint8_t type)
{
    return type == Q931_T_DISCONNECT || type == Q931_T_RELEASE || type == Q931_T_RELEASE_COMPLETE;
}

/** The words of the last call that had this reference, for a message that is its own: it has one of
 * the causes that libpri is given to clear with (call_answer.c). What libpri says to a stranger, as
 * with cause 81, is not. */
static const struct isdn_farewell *farewell(const struct isdn_link *l, const struct q931_view *v)
{
    if (!clears(v->type) ||
        (v->cause != PRI_CAUSE_NORMAL_CLEARING && v->cause != PRI_CAUSE_UNALLOCATED))
        return NULL;
    for (unsigned i = 1; i <= ISDN_FAREWELLS; i++) {
        const struct isdn_farewell *f = &l->farewell[(l->nfarewells - i) % ISDN_FAREWELLS];
        if (f->cause && f->reference == v->reference && f->outgoing == v->from_origin)
            return f;
    }
    return NULL;
}

static void set_cause(struct isdn_frame *f, const struct isdn_call *c,
                      const struct isdn_farewell *bye)
{
    if (c && c->cause)
        q931_set_cause(f->octets, f->len, c->cause, c->location);
    else if (bye)
        q931_set_cause(f->octets, f->len, bye->cause, bye->location);
}

/* ---- all of it ---- */

void isdn_amend(const struct isdn_link *l, struct isdn_frame *f, const struct q931_view *v,
                const struct isdn_call *c)
{
    const struct isdn_farewell *bye = c ? NULL : farewell(l, v);
    struct isdn_body b;
    unsigned place;

    if (marked(&place, f, v)) {
        unwrap(f, &l->own[place]);
        return;
    }
    if (clears(v->type))
        set_cause(f, c, bye);
    if (!isdn_body_in_frame(&b, f->octets, f->len, sizeof f->octets))
        return;
    isdn_ie_remove_all(&b, ISDN_IE_USER_USER); /* libpri says back what it heard */
    drop_mark(&b);
    if (c || bye)
        insert_puts(&b, c ? c->puts : bye->puts, v->type);
    f->len = (uint16_t)(b.p - f->octets + (ptrdiff_t)b.len);
}

/* ---- what libpri must not hear ----
 *
 * Where it trusts the far end: lengths of frames, of elements and within them; one SETUP for each
 * reference; and that messages of no call have all they need, else their record stays for ever.
 */

#define SUBADDRESS_MAX 21 /* octet 3 and twenty more (4.5.9): libpri copies longer ones too far */

/** Q.921 3.1: I and S frames have four octets before anything else, others three. */
static bool runt(const uint8_t *frame, size_t len)
{
    return len < 3 || (len < 4 && (frame[2] & 3) != 3);
}

/** The octet whose extension bit ends the group before the digits is missing: libpri looks for it
 * behind the element. */
static bool unended(const struct isdn_ie *ie)
{
    for (size_t i = 0; i < ie->len; i++)
        if (ie->p[i] & 0x80)
            return false;
    return true;
}

static bool overlong(const struct isdn_ie *ie)
{
    return ie->len > SUBADDRESS_MAX;
}

/** The second octet, which libpri reads whatever the length says. */
static bool lone(const struct isdn_ie *ie)
{
    return ie->len < 2 || (ie->len == 2 && !(ie->p[0] & 0x80));
}

static bool single(const struct isdn_ie *ie)
{
    return ie->len < 2;
}

static const struct {
    uint16_t key;
    bool (*misfit)(const struct isdn_ie *ie);
} misfits[] = {
    {ISDN_IE_CALLED, unended},
    {ISDN_IE_CALLING, unended},
    {ISDN_IE_CONNECTED, unended},
    {ISDN_IE_REDIRECTING, unended},
    {ISDN_IE_REDIRECTION, unended},
    {0x73, unended}, /* Original called number */
    {ISDN_IE_CALLED_SUBADDRESS, overlong},
    {ISDN_IE_CALLING_SUBADDRESS, overlong},
    {ISDN_IE_CONNECTED_SUBADDRESS, overlong},
    {ISDN_IE_CAUSE, lone},
    {ISDN_IE_BEARER, single},
    {ISDN_IE_PROGRESS, single},
};

/** In whatever codeset: libpri takes some shifts that are none. An empty element is none either
 * (4.5.1). */
static bool misfit(const struct isdn_ie *ie)
{
    uint16_t key = ie->key & 0xff;

    if (key & 0x80)
        return false;
    for (size_t i = 0; i < RT_COUNT(misfits); i++)
        if (misfits[i].key == key && misfits[i].misfit(ie))
            return true;
    return ie->len == 0;
}

/** False: all elements are well; else one fewer is not. */
static bool cut_misfit(struct isdn_body *b)
{
    struct isdn_ie_iter it;
    struct isdn_ie ie;

    isdn_ie_begin(&it, b->p, b->len);
    while (isdn_ie_next(&it, &ie))
        if (misfit(&ie)) {
            memmove(b->p + ie.from, b->p + ie.end, b->len - ie.end);
            b->len -= ie.end - ie.from;
            return true;
        }
    if (it.broken)
        b->len = it.from; /* what is left of it is none */
    return false;
}

static size_t cut_misfits(uint8_t *frame, size_t len)
{
    struct isdn_body b;

    if (!isdn_body_in_frame(&b, frame, len, len))
        return len;
    while (cut_misfit(&b))
        ;
    return (size_t)(b.p - frame) + b.len;
}

static bool dangles(const struct isdn_link *l)
{
    const struct isdn_call *c = isdn_call_by_reference(l, l->view.reference, !l->view.from_origin);

    return c && isdn_transfer_dangles(c);
}

/** A FACILITY without one is nothing at all. */
static size_t without_facility(uint8_t *frame, size_t len)
{
    struct isdn_body b;

    if (!isdn_body_in_frame(&b, frame, len, len) || isdn_ie_remove_all(&b, ISDN_IE_FACILITY) == 0)
        return len;
    len = (size_t)(b.p - frame) + b.len;
    if (b.len > 1 && b.p[2 + (b.p[1] & 15)] == Q931_T_FACILITY)
        q931_hide(frame, len);
    return len;
}

/** What libpri answers itself when there is no such call (5.8.3.2, 5.8.11). */
static bool needs_no_call(const struct q931_view *v)
{
    switch (v->type) {
    case Q931_T_SETUP:
    case Q931_T_RELEASE:
    case Q931_T_RELEASE_COMPLETE:
    case Q931_T_STATUS_ENQUIRY:
    case Q931_T_RESTART:
    case Q931_T_RESTART_ACK:
        return true;
    case Q931_T_STATUS:
        return q931_has(v, ISDN_IE_CAUSE) && q931_has(v, ISDN_IE_CALL_STATE);
    default:
        return false;
    }
}

/** On a bus nobody restarts (5.5): libpri would keep a record of the terminal and use it after the
 * terminal's TEI is removed, when it is freed. */
static bool restarts_bus(const struct isdn_link *l, const struct q931_view *v)
{
    return l->span->cfg.multipoint && v->reference == 0;
}

/** A SETUP for a call that is there (5.8.3.2 e), but not on a bus, where each terminal has
 * references of its own; or one that says that the reference is ours (5.8.3.2 d). */
static bool out_of_place(const struct isdn_link *l, const struct isdn_call *c,
                         const struct q931_view *v)
{
    return v->type == Q931_T_SETUP &&
           (!v->from_origin || (c && !l->span->cfg.multipoint && isdn_call_alive(c)));
}

/** Messages that libpri takes in a state that does not have them (5.8.4). CONNECT ACKNOWLEDGE stops
 * T305 and T308; CONNECT makes an incoming call active, of which it then says nothing any more. As
 * ALERTING they are answered as they should be, with cause 101. */
static bool misplaced(const struct isdn_call *c, const struct q931_view *v)
{
    if (!c)
        return false;
    if (v->type == Q931_T_CONNECT_ACK)
        return c->state == CALL_TONES || c->state == CALL_RELEASING;
    return v->type == Q931_T_CONNECT && !c->outgoing &&
           (c->state == CALL_PRESENT || c->state == CALL_OVERLAP_IN || c->state == CALL_INCOMING);
}

size_t isdn_tidy(const struct isdn_link *l, uint8_t *frame, size_t len)
{
    struct q931_view v;

    if (runt(frame, len))
        return 0;
    if ((l->span->variant->features & ISDN_F_SERVICE) && isdn_maint_frame(frame, len))
        return len;
    len = cut_misfits(frame, len);
    if (!l->viewed || !q931_look(&v, frame, len) || !q931_reference_ok(&v) || restarts_bus(l, &v)) {
        q931_hide(frame, len); /* libpri would make a call of it */
        return len;
    }
    const struct isdn_call *c = isdn_call_by_reference(l, v.reference, !v.from_origin);
    if (!c && !needs_no_call(&v))
        return q931_set_type(frame, len, Q931_T_INFORMATION); /* answered with cause 81 (5.8.3.2) */
    if (out_of_place(l, c, &v)) {
        q931_hide(frame, len);
        return len;
    }
    if (misplaced(c, &v))
        return q931_set_type(frame, len, Q931_T_ALERTING);
    return dangles(l) ? without_facility(frame, len) : len;
}
