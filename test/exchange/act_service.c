/* Steps beside the usual ones: supplementary services, elements for the next message, and messages
 * that no well-behaved exchange would send.
 */
#include "test/exchange/act.h"
#include "test/exchange/report.h"

#include "isdn/aoc.h"

#include <errno.h>
#include <stdlib.h>

static int hold(struct ex_call *c, const struct ex_step *s)
{
    (void)s;
    return isdn_call_hold(c->isdn);
}

static int retrieve(struct ex_call *c, const struct ex_step *s)
{
    (void)s;
    return isdn_call_retrieve(c->isdn);
}

/** With CONNECT before the answer, told at once after it. */
static int identity(struct ex_call *c, const char *name)
{
    return isdn_call_identity(c->isdn, &c->connected, name[0] ? name : NULL);
}

static int connected(struct ex_call *c, const struct ex_step *s)
{
    ex_number(&c->connected, s->text);
    return identity(c, s->name);
}

static int display(struct ex_call *c, const struct ex_step *s)
{
    return identity(c, s->text);
}

static int uui(struct ex_call *c, const struct ex_step *s)
{
    struct isdn_uui u;
    int err = ex_uui(&u, s->text);

    return err == 0 ? isdn_call_uui(c->isdn, &u) : err;
}

static int subaddress(struct ex_call *c, const struct ex_step *s)
{
    struct isdn_subaddress sub;
    int err = ex_subaddress(&sub, s->text);

    if (err == 0)
        isdn_call_connected_sub(c->isdn, &sub);
    return err;
}

/* ---- charges ---- */

/** "1.25" is 125 hundredths: as many places as were written, at most three. */
static void money(struct isdn_aoc_money *out, const char *text, const char *currency)
{
    static const enum isdn_aoc_multiplier units[] = {ISDN_AOC_ONE, ISDN_AOC_TENTH,
                                                     ISDN_AOC_HUNDREDTH, ISDN_AOC_THOUSANDTH};
    unsigned places = 0;
    bool point = false;

    for (const char *p = text; *p; p++) {
        if (*p == '.')
            point = true;
        else
            out->cost = out->cost * 10 + (unsigned)(*p - '0');
        places += point && *p != '.';
    }
    out->multiplier = units[places < RT_COUNT(units) ? places : RT_COUNT(units) - 1];
    rt_str_copy(out->currency, sizeof out->currency, rt_str(currency));
}

static int aoc(struct ex_call *c, const struct ex_step *s)
{
    struct isdn_aoc a = {.kind = s->text[0] == 'd' ? ISDN_AOC_D : ISDN_AOC_E};

    if (strcmp(s->amount, "free") == 0) {
        a.de.charge = ISDN_AOC_FREE;
    } else if (s->name[0]) {
        a.de.charge = ISDN_AOC_MONEY;
        money(&a.de.money, s->amount, s->name);
    } else {
        a.de.charge = ISDN_AOC_UNITS_COUNTED;
        a.de.nunits = 1;
        a.de.unit[0] = (struct isdn_aoc_unit){.number = atoi(s->amount), .type = -1};
    }
    a.de.subtotal = a.kind == ISDN_AOC_D;
    return isdn_call_aoc(c->isdn, &a);
}

/* ---- other places for a call ---- */

static int deflect(struct ex_call *c, const struct ex_step *s)
{
    struct isdn_number from = {0}, to = {0};

    ex_number(&from, c->called);
    ex_number(&to, s->text);
    return isdn_call_deflect(c->isdn, &from, &to, (uint8_t)s->reason);
}

/** With the other answered call on the span that has the same number on our side. */
static int transfer(struct ex_call *c, const struct ex_step *s)
{
    const char *us = c->incoming ? c->called : c->calling;
    struct ex_call *o = c->span->ex->calls;

    (void)s;
    while (o && (o == c || o->span != c->span || !o->answered || o->by ||
                 strcmp(o->incoming ? o->called : o->calling, us) != 0))
        o = o->next;
    return o ? isdn_call_join(c->isdn, o->isdn) : ESRCH;
}

static int mcid(struct ex_call *c, const struct ex_step *s)
{
    (void)s;
    return isdn_call_mcid(c->isdn);
}

static int keypad(struct ex_call *c, const struct ex_step *s)
{
    return isdn_call_keypad(c->isdn, s->text);
}

/* ---- what is not done ---- */

static unsigned another_slot(const struct ex_call *c)
{
    uint32_t others = ex_span_channels(c->span) & ~(1u << c->slot), above;

    above = c->slot < ISDN_TIMESLOTS - 1 ? others & ~0u << (c->slot + 1) : 0;
    return others ? (unsigned)__builtin_ctz(above ? above : others) : 0;
}

/** CALL PROCEEDING that insists on a channel the caller did not offer (Q.931 5.2.3.1), or the
 * refusal of the one it did. */
static int channel(struct ex_call *c, const struct ex_step *s)
{
    unsigned slot = another_slot(c);
    const uint8_t pri[] = {0x02, 0x18, 0x03, 0xa9, 0x83, (uint8_t)(0x80 | slot)};
    const uint8_t bri[] = {0x02, 0x18, 0x01, (uint8_t)(0x88 | (slot & 3))};

    if (strcmp(s->text, "refuse") == 0) {
        ex_call_release(c, 44, ex_span_location(c->span));
        return 0;
    }
    if (c->span->rule->cfg.rate == ISDN_BRI)
        return isdn_call_say_raw(c->isdn, bri, sizeof bri);
    return isdn_call_say_raw(c->isdn, pri, sizeof pri);
}

static int raw(struct ex_call *c, const struct ex_step *s)
{
    uint8_t body[EX_TEXT_MAX / 2];
    size_t len;
    int err = ex_hex(s->text, body, sizeof body, &len);

    return err == 0 ? isdn_call_say_raw(c->isdn, body, len) : err;
}

int ex_act_service(struct ex_call *c, const struct ex_step *s)
{
    static int (*const acts[])(struct ex_call *, const struct ex_step *) = {
        [EX_HOLD] = hold,
        [EX_RETRIEVE] = retrieve,
        [EX_CONNECTED] = connected,
        [EX_DISPLAY] = display,
        [EX_UUI] = uui,
        [EX_AOC] = aoc,
        [EX_DEFLECT] = deflect,
        [EX_TRANSFER] = transfer,
        [EX_MCID] = mcid,
        [EX_KEYPAD] = keypad,
        [EX_CHANNEL] = channel,
        [EX_RAW] = raw,
        [EX_SUBADDRESS] = subaddress,
    };

    return s->op < RT_COUNT(acts) && acts[s->op] ? acts[s->op](c, s) : ENOENT;
}
