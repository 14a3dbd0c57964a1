/* SETUP in both directions: our words into libpri's, and back. */
#include "isdn/isdn_priv.h"

#include <errno.h>

#define CAUSE_TEMPORARY 41
#define UNSCREENED_BITS 0x03
#define PRESENT_SHIFT   5 /* Q.931 4.5.10: presentation in bits 7 and 6 of octet 3a */

/* ---- outgoing ---- */

static void party_out(struct pri_party_id *out, const struct isdn_number *n, const char *name)
{
    out->number.valid = n->digits[0] != '\0' || n->presentation != 0;
    out->number.plan = n->ton << 4 | n->npi;
    out->number.presentation = n->presentation << PRESENT_SHIFT | n->screening;
    rt_str_copy(out->number.str, sizeof out->number.str, rt_str(n->digits));
    out->name.valid = name && name[0] != '\0';
    out->name.char_set = PRI_CHAR_SET_ISO8859_1;
    out->name.presentation = out->number.presentation;
    if (name)
        rt_str_copy(out->name.str, sizeof out->name.str, rt_str(name));
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
    struct pri_party_redirecting redirecting = {0};
    char called[sizeof in->called.digits];

    if (!sr)
        return ENOMEM;
    rt_str_copy(called, sizeof called, rt_str(in->called.digits));
    pri_sr_set_channel(sr, (int)c->channel, 0, 0);
    pri_sr_set_bearer(sr, transfer_capability(in->bearer),
                      in->alaw ? PRI_LAYER_1_ALAW : PRI_LAYER_1_ULAW);
    pri_sr_set_called(sr, called, in->called.ton << 4 | in->called.npi, in->complete);
    party_out(&caller, &in->calling, in->display);
    pri_sr_set_caller_party(sr, &caller);
    party_out(&redirecting.from, &in->redirecting, NULL);
    if (in->redirecting.digits[0]) {
        redirecting.count = 1;
        redirecting.reason = in->redirecting_reason;
        pri_sr_set_redirecting_parties(sr, &redirecting);
    }
    c->progress[Q931_T_SETUP] = in->progress;
    int err = pri_setup(c->span->pri, c->q931, sr) == 0 ? 0 : EINVAL;
    pri_sr_free(sr);
    return err;
}

int isdn_call_setup(struct isdn_call **out, struct isdn_span *s, uint32_t channels,
                    enum isdn_hunt hunt, const struct isdn_setup *setup, void *call_arg)
{
    unsigned channel = isdn_channel_hunt(s, channels, hunt);

    if (!s->dchannel_up)
        return ENETDOWN;
    if (channel == 0)
        return ENOSPC;
    q931_call *q931 = pri_new_call(s->pri);
    struct isdn_call *c = q931 ? isdn_call_new(s, q931, true) : NULL;
    if (!c) {
        if (q931)
            pri_destroycall(s->pri, q931);
        return ENOMEM;
    }
    c->arg = call_arg;
    isdn_channel_take(c, channel);
    *out = c; /* before the SETUP leaves: the trace asks for the owner */
    int err = send_setup(c, setup);
    if (err != 0) {
        *out = NULL;
        pri_destroycall(s->pri, q931);
        isdn_channel_give(c, false);
        isdn_call_free(c);
    }
    isdn_dchan_poke(s);
    return err;
}

/* ---- incoming ---- */

static void number_in(struct isdn_number *out, const char *digits, int plan, int presentation)
{
    rt_str_copy(out->digits, sizeof out->digits, rt_str(digits));
    if (plan >= 0) {
        out->ton = plan >> 4 & 7;
        out->npi = plan & 15;
    }
    if (presentation >= 0) {
        out->presentation = presentation >> PRESENT_SHIFT & 3;
        out->screening = presentation & UNSCREENED_BITS;
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

static void read_setup(struct isdn_setup *out, const struct isdn_span *s, const pri_event_ring *r)
{
    *out = (struct isdn_setup){
        .redirecting_reason = (uint8_t)r->redirectingreason,
        .bearer = bearer_of(r->ctype),
        .alaw = r->layer1 == PRI_LAYER_1_ALAW,
        .complete = r->complete || !s->cfg.overlap,
        .progress = s->viewed ? s->view.progress : 0,
    };
    number_in(&out->called, r->callednum, r->calledplan, -1);
    number_in(&out->calling, r->callingnum, r->callingplan, r->callingpres);
    number_in(&out->redirecting, r->redirectingnum, r->callingplanrdnis, -1);
    rt_str_copy(out->display, sizeof out->display, rt_str(r->callingname));
}

void isdn_call_arrived(struct isdn_span *s, const pri_event *e)
{
    const pri_event_ring *r = &e->ring;
    struct isdn_setup setup;
    struct isdn_call *stale = isdn_call_find(s, r->call);

    if (stale) /* its record is already another call's */
        isdn_call_lost(stale, &(struct isdn_cause){.value = CAUSE_TEMPORARY, .local = true});
    struct isdn_call *c = isdn_call_new(s, r->call, false);

    if (!c) {
        pri_hangup(s->pri, r->call, PRI_CAUSE_SWITCH_CONGESTION);
        return;
    }
    read_setup(&setup, s, r);
    unsigned cause = isdn_channel_settle(c, (unsigned)r->channel & 0xff, !r->flexible);
    if (cause != 0) {
        isdn_call_release(c, (uint8_t)cause, 0);
        return;
    }
    setup.channel = c->channel;
    c->known = true;
    s->ops.setup(s->arg, c, &setup);
}
