/* SETUP in both directions: our words into libpri's, and back. */
#include "isdn/isdn_priv.h"

#include <errno.h>

/* ---- outgoing ---- */

/** libpri forgets a name without a number. */
static void caller_out(struct pri_party_id *out, const struct isdn_setup *in)
{
    isdn_number_out(&out->number, &in->calling);
    isdn_name_out(&out->name, in->display, in->name_restricted);
    if (!out->name.valid || out->number.valid)
        return;
    out->number.valid = 1;
    out->number.presentation = PRES_NUMBER_NOT_AVAILABLE;
}

static void diversion_out(struct pri_sr *sr, const struct isdn_diversion *d)
{
    struct pri_party_redirecting r = {.count = d->count ? (int)d->count : 1,
                                      .reason = isdn_reason_out(d->last_reason),
                                      .orig_reason = isdn_reason_out(d->first_reason)};

    isdn_number_out(&r.from.number, &d->last);
    isdn_number_out(&r.orig_called.number, &d->first);
    if (r.from.number.valid)
        pri_sr_set_redirecting_parties(sr, &r);
}

static int transfer_capability(enum isdn_bearer b)
{
    static const int table[] = {[ISDN_SPEECH] = PRI_TRANS_CAP_SPEECH,
                                [ISDN_AUDIO_31] = PRI_TRANS_CAP_3_1K_AUDIO,
                                [ISDN_DATA64] = PRI_TRANS_CAP_DIGITAL};
    return table[b];
}

static int send_setup(struct isdn_call *c, const struct isdn_setup *in)
{
    struct pri_sr *sr = pri_sr_new();
    struct pri_party_id caller = {0};
    char called[sizeof in->called.digits];

    if (!sr)
        return ENOMEM;
    rt_str_copy(called, sizeof called, rt_str(in->called.digits));
    /* terminals that all hear the SETUP cannot each have another channel (Q.931 5.2.3.2) */
    pri_sr_set_channel(sr, isdn_call_code(c), isdn_is_bus(c->link), 0);
    pri_sr_set_bearer(sr, transfer_capability(in->bearer),
                      in->alaw ? PRI_LAYER_1_ALAW : PRI_LAYER_1_ULAW);
    if (called[0] || in->keypad[0] == '\0')
        pri_sr_set_called(sr, called, in->called.ton << 4 | in->called.npi, in->complete);
    else
        pri_sr_set_keypad_digits(sr, in->keypad);
    caller_out(&caller, in);
    pri_sr_set_caller_party(sr, &caller);
    if (isdn_says_diversion_by_facility(c))
        diversion_out(sr, &in->diversion);
    pri_sr_set_aoc_charging_request(sr, in->charges);
    isdn_say_setup(c, in);
    int err = pri_setup(c->link->pri, c->q931, sr) == 0 ? 0 : EINVAL;
    pri_sr_free(sr);
    return err;
}

int isdn_call_setup(struct isdn_call **out, struct isdn_span *s, uint32_t channels,
                    enum isdn_hunt hunt, const struct isdn_setup *setup, void *call_arg)
{
    unsigned channel = isdn_channel_hunt(s, channels, hunt);
    struct isdn_link *l = isdn_group_link(s->group);

    if (!l)
        return ENETDOWN;
    if (channel == 0)
        return ENOSPC;
    q931_call *q931 = pri_new_call(l->pri);
    struct isdn_call *c = q931 ? isdn_call_new(l, q931, true) : NULL;
    if (!c) {
        if (q931)
            pri_destroycall(l->pri, q931);
        return ENOMEM;
    }
    c->arg = call_arg;
    c->span = s;
    c->data = setup->bearer == ISDN_DATA64;
    isdn_channel_take(c, channel);
    *out = c; /* before the SETUP leaves: the trace asks for the owner */
    int err = send_setup(c, setup);
    if (err != 0) {
        *out = NULL;
        pri_destroycall(l->pri, q931);
        isdn_channel_give(c, false);
        isdn_call_free(c);
    }
    isdn_dchan_poke(l);
    return err;
}

/* ---- incoming ---- */

/** Facility says it in a subcommand, and counts. */
static void diversion_in(struct isdn_diversion *out, const struct pri_subcommands *subs)
{
    for (int i = 0; subs && i < subs->counter_subcmd; i++) {
        const struct pri_party_redirecting *r = &subs->subcmd[i].u.redirecting;
        if (subs->subcmd[i].cmd != PRI_SUBCMD_REDIRECTING)
            continue;
        isdn_number_in(&out->last, &r->from.number);
        isdn_number_in(&out->first, &r->orig_called.number);
        out->last_reason = isdn_reason_in(r->reason);
        out->first_reason = isdn_reason_in(r->orig_reason);
        out->count = r->count > 0 ? (unsigned)r->count : 1;
    }
}

static enum isdn_bearer bearer_of(int capability)
{
    switch (capability) {
    case PRI_TRANS_CAP_SPEECH:
        return ISDN_SPEECH;
    case PRI_TRANS_CAP_3_1K_AUDIO:
        return ISDN_AUDIO_31;
    default:
        return ISDN_DATA64;
    }
}

/** libpri's words, then what the message itself says better. */
static void read_setup(struct isdn_setup *out, const struct isdn_link *l, const pri_event_ring *r)
{
    *out = (struct isdn_setup){
        .bearer = bearer_of(r->ctype),
        .alaw = r->layer1 == PRI_LAYER_1_ALAW,
        .complete = r->complete || !l->span->cfg.overlap,
        .progress = l->viewed ? l->view.progress : 0,
    };
    diversion_in(&out->diversion, r->subcmds);
    if (r->calling.name.valid) {
        rt_str_copy(out->display, sizeof out->display, rt_str(r->calling.name.str));
        out->name_restricted =
            (r->calling.name.presentation & PRI_PRES_RESTRICTION) != PRI_PRES_ALLOWED;
    }
    isdn_hear_setup(out, l);
}

void isdn_call_present(struct isdn_call *c, struct isdn_setup *setup)
{
    setup->channel = c->channel;
    c->known = true;
    c->span->ops.setup(c->span->arg, c, setup);
}

void isdn_call_arrived(struct isdn_link *l, const pri_event *e)
{
    const pri_event_ring *r = &e->ring;
    struct isdn_setup setup;
    struct isdn_call *stale = isdn_call_find(l, r->call);

    if (stale) /* its record is already another call's */
        isdn_call_lost(stale, &(struct isdn_cause){.value = PRI_CAUSE_NORMAL_TEMPORARY_FAILURE,
                                                   .local = true});
    struct isdn_call *c = isdn_call_new(l, r->call, false);
    if (!c) {
        pri_hangup(l->pri, r->call, PRI_CAUSE_SWITCH_CONGESTION);
        return;
    }
    if (isdn_is_bus(l) && l->viewed)
        c->tei = l->view.tei;
    read_setup(&setup, l, r);
    c->data = setup.bearer == ISDN_DATA64;
    setup.charges = isdn_charge_wanted(c, r->subcmds);
    unsigned cause = isdn_channel_settle(c, r->channel, !r->flexible);
    if (cause == 0)
        isdn_call_present(c, &setup);
    else if (!isdn_crowded_wait(c, &setup, r->channel, !r->flexible))
        isdn_call_release(c, (uint8_t)cause, 0);
}
