/* The line of a far end: its cards or its pseudowire, what the plan says of it, and whether both
 * ends agree on their channels (far_span.h).
 */
#include "test/sim/far_span.h"

#include "test/fake/fake.h"

#include <errno.h>
#include <stdlib.h>

#define OUR_PORT 7100 /* at the gateway; the far end's index comes to it */
#define FAR_PORT 7002
#define SPAN_ID  (100 + f->index) /* the far end's own */

/** E1's first half: 16 timeslots of 80 octets fit into a packet. */
#define HALF 0x0001fffeu

void far_span_kind(struct far_span_kind *out, const struct sim_far *f)
{
    static const char *const variants[8] = {"qsig", "ni2"};
    const char *variant = variants[f->variety >> 4 & 7];

    *out = (struct far_span_kind){.pseudowire = (f->variety & 7) == 0,
                                  .network = (f->variety & 8) == 0,
                                  .variant = variant ? variant : "euroisdn",
                                  .rate = ISDN_E1,
                                  .frames = 80};
    out->optimise = out->network && (f->variety >> 7 & 1) == 0;
    if (strcmp(out->variant, "ni2") == 0)
        out->rate = ISDN_T1;
    out->timeslots = isdn_rate_timeslots(out->rate);
    if (out->pseudowire && out->rate == ISDN_E1)
        out->timeslots = HALF;
    if (out->pseudowire && out->rate == ISDN_T1)
        out->frames = 40;
    if (!out->pseudowire)
        out->frames = 160;
}

static unsigned our_card(const struct sim_far *f)
{
    return 2 * f->index + 1;
}

static unsigned far_card(const struct sim_far *f)
{
    return 2 * f->index + 2;
}

/* ---- the span ---- */

/** Frames are in the digest of the run (FNV-1a). */
static void trace(void *arg, struct isdn_call *call, bool sent, const char *name,
                  const uint8_t *frame, size_t len)
{
    struct far_span *own = arg;
    struct sim *s = own->far->sim;

    (void)call;
    s->messages += name != NULL;
    s->digest = (s->digest ^ (own->far->index * 2 + sent)) * 0x100000001b3u;
    for (size_t i = 0; i < len; i++)
        s->digest = (s->digest ^ frame[i]) * 0x100000001b3u;
}

/** A slip breaks the frame that is on the line. */
static enum isdn_fate filter(void *arg, bool sent, uint8_t *frame, size_t len)
{
    struct far_span *own = arg;

    (void)frame;
    (void)len;
    if (own->slips == 0 || sent)
        return ISDN_PASSES;
    own->slips--;
    return ISDN_LOST;
}

static void plug(const struct sim_far *f, const struct far_span_kind *k)
{
    unsigned channels = k->rate == ISDN_T1 ? 24 : 31, d = isdn_rate_dchannel(k->rate);

    fake_dahdi_plug(our_card(f), channels, d);
    fake_dahdi_plug(far_card(f), channels, d);
    fake_dahdi_join(our_card(f), far_card(f));
}

static int span_start(struct sim_far *f)
{
    struct far_span *own = calloc(1, sizeof *own);
    struct far_span_kind k;

    if (!own)
        return ENOMEM;
    far_span_kind(&k, f);
    own->far = f;
    f->own = own;
    struct isdn_span_config cfg = {.id = SPAN_ID,
                                   .line = k.pseudowire ? ISDN_PSEUDOWIRE : ISDN_DAHDI,
                                   .dahdi = far_card(f),
                                   .frames = k.frames,
                                   .timeslots = k.timeslots,
                                   .rate = k.rate,
                                   .mulaw = k.rate == ISDN_T1,
                                   .network = k.network,
                                   .variant = k.variant,
                                   .dchannel = isdn_rate_dchannel(k.rate),
                                   .overlap = k.rate == ISDN_E1,
                                   .jitter = 30 * RT_MS};
    if (k.pseudowire) {
        rt_addr_parse(&cfg.local, f->host, strlen(f->host), FAR_PORT);
        rt_addr_parse(&cfg.remote, SIM_GATEWAY, strlen(SIM_GATEWAY), OUR_PORT + f->index);
    } else {
        plug(f, &k);
    }
    struct isdn_span_ops ops = {.tdm = far_span_tdm,
                                .tdm_arg = own,
                                .setup = far_span_on_setup,
                                .event = far_span_on_event,
                                .filter = filter,
                                .trace = trace};
    return isdn_span_new(&own->span, &cfg, f->sim->loop, f->sim->loop, &ops, own);
}

static void span_stop(struct sim_far *f)
{
    struct far_span *own = f->own;

    if (!own)
        return;
    far_span_forget(own);
    if (own->span)
        isdn_span_free(own->span);
    free(own);
    f->own = NULL;
}

/* ---- the plan ---- */

static void put_ranges(struct rt_buf *out, uint32_t bits)
{
    const char *comma = "";

    for (unsigned i = 0, first; i < 32; i++) {
        if (!(bits >> i & 1))
            continue;
        for (first = i; i < 31 && bits >> (i + 1) & 1;)
            i++;
        rt_buf_printf(out, first == i ? "%s%u" : "%s%u-%u", comma, first, i);
        comma = ",";
    }
}

void far_span_plan(const struct sim_far *f, struct rt_buf *out)
{
    struct far_span_kind k;
    unsigned id = f->index + 1;

    far_span_kind(&k, f);
    rt_buf_printf(out, "span %u {\n", id);
    if (k.pseudowire)
        rt_buf_printf(out,
                      " pseudowire local " SIM_GATEWAY ":%u remote %s:%u frames %u jitter 30ms\n",
                      OUR_PORT + f->index, f->host, FAR_PORT, k.frames);
    else
        rt_buf_printf(out, " dahdi %u block %u\n", our_card(f), k.frames);
    rt_buf_printf(out, " %s\n timeslots ", k.rate == ISDN_T1 ? "t1" : "e1");
    put_ranges(out, k.timeslots);
    rt_buf_printf(out, "\n isdn %s %s\n}\n", k.variant, k.network ? "user" : "network");
}

static void span_plan(const struct sim_far *f, struct rt_buf *out)
{
    struct far_span_kind k;

    far_span_kind(&k, f);
    far_span_plan(f, out);
    rt_buf_printf(out, "trunk %s {\n" SIM_LIMIT " span %u\n channels ", f->trunk, f->index + 1);
    put_ranges(out, k.timeslots & ~(1u << isdn_rate_dchannel(k.rate)));
    rt_buf_printf(out, " descending\n numbers isdn\n%s%s}\n", k.rate == ISDN_E1 ? " overlap\n" : "",
                  k.optimise ? " optimise yes\n" : "");
}

/* ---- faults ---- */

static void flap(struct sim_far *f, bool begins)
{
    struct far_span *own = f->own;
    struct far_span_kind k;

    far_span_kind(&k, f);
    own->flaps += begins ? 1u : 0;
    own->flaps -= !begins && own->flaps > 0;
    if (k.pseudowire || own->flaps > 1 || (own->flaps == 1 && !begins))
        return;
    fake_dahdi_alarm(our_card(f), begins ? RT_DAHDI_RED : 0, begins);
    fake_dahdi_alarm(far_card(f), begins ? RT_DAHDI_RED : 0, begins);
}

static void span_fault(struct sim_far *f, const struct sim_op *op, bool begins)
{
    struct far_span *own = f->own;

    if (op->kind == SIM_FLAP && own)
        flap(f, begins);
    if (op->kind == SIM_SLIP && own)
        own->slips = op->a[0];
}

bool sim_far_span_cut(const struct sim_far *f, const union rt_addr *to)
{
    const struct far_span *own = f->own;
    struct far_span_kind k;
    unsigned port = rt_addr_port(to);
    union rt_addr far;

    if (f->kind != SIM_SPAN || !own || own->flaps == 0)
        return false;
    far_span_kind(&k, f);
    return k.pseudowire && (port == OUR_PORT + f->index ||
                            (rt_addr_parse(&far, f->host, strlen(f->host), FAR_PORT) == 0 &&
                             rt_addr_equal(&far, to)));
}

/* ---- at rest ---- */

static bool span_idle(struct sim_far *f, struct rt_buf *why)
{
    struct far_span *own = f->own;
    struct isdn_span_status st;
    bool idle = own->legs == NULL;

    isdn_span_status(own->span, &st);
    if (st.calls > 0)
        rt_buf_printf(why, "%s: %u calls at its far end\n", f->trunk, st.calls);
    if (st.alarm != ISDN_OK || !st.dchannel_up)
        rt_buf_printf(why, "%s: alarm %s, D channel %s\n", f->trunk, isdn_alarm_name(st.alarm),
                      st.dchannel_up ? "up" : "down");
    idle = idle && st.calls == 0 && st.alarm == ISDN_OK && st.dchannel_up;
    for (unsigned i = 0; i < ISDN_TIMESLOTS; i++)
        if (st.channel[i] > ISDN_CH_IDLE) {
            rt_buf_printf(why, "%s: channel %u is %s at its far end\n", f->trunk, i,
                          isdn_channel_state_name(st.channel[i]));
            idle = false;
        }
    far_span_list(own, why);
    return idle;
}

/** Each of the two may have blocked the channel; who is told of it knows. */
static bool blocks_agree(const struct isdn_channel_status *a, const struct isdn_channel_status *b,
                         bool told)
{
    bool here = a->blocked & (ISDN_BY_OPERATOR | ISDN_BY_BUSY_OUT);
    bool there = b->blocked & ISDN_BY_FAR_END;

    return there ? here : !here || !told || a->draining;
}

static bool states_agree(const struct isdn_channel_status *a, const struct isdn_channel_status *b)
{
    static const uint8_t groups[] = {
        [ISDN_CH_NONE] = 0, [ISDN_CH_DCHAN] = 1,      [ISDN_CH_IDLE] = 2,
        [ISDN_CH_BUSY] = 3, [ISDN_CH_RESTARTING] = 4, [ISDN_CH_BLOCKED] = 2};

    return groups[a->state] == groups[b->state];
}

static void put_end(struct rt_buf *why, const char *who, const struct isdn_channel_status *st)
{
    rt_buf_printf(why, " %s: %s, blocked by %u%s, call %s;", who,
                  isdn_channel_state_name(st->state), st->blocked, st->draining ? ", draining" : "",
                  st->call_state ? st->call_state : "none");
}

bool sim_far_span_agrees(struct sim_far *f, const struct isdn_span *ours, struct rt_buf *why)
{
    struct far_span *own = f->own;
    struct far_span_kind k;
    bool agree = true;

    far_span_kind(&k, f);
    bool told = isdn_variant(k.variant)->features & ISDN_F_SERVICE;
    for (unsigned i = 1; i < ISDN_TIMESLOTS; i++) {
        struct isdn_channel_status a = {0}, b = {0};
        isdn_channel_status(ours, i, &a);
        isdn_channel_status(own->span, i, &b);
        if (states_agree(&a, &b) && blocks_agree(&a, &b, told) && blocks_agree(&b, &a, told))
            continue;
        rt_buf_printf(why, "%s channel %u:", f->trunk, i);
        put_end(why, "gateway", &a);
        put_end(why, "far end", &b);
        rt_buf_puts(why, "\n");
        agree = false;
    }
    return agree;
}

const struct sim_far_ops sim_far_span = {.name = "span",
                                         .start = span_start,
                                         .stop = span_stop,
                                         .call = far_span_call,
                                         .idle = span_idle,
                                         .fault = span_fault,
                                         .plan = span_plan};
