/* Opening a span of an interface card. The cards are configured by dahdi_cfg, never by us: what is
 * not as a span needs it is an error that says what to do about it.
 */
#include "isdn/line_dahdi_priv.h"

#include <errno.h>

#define D_BUFFERS 32   /* frames each way */
#define D_SIZE    1024 /* octets of one: DAHDI's usual size */

/** What an errno of the driver means to who runs the machine. */
static void explain(struct rt_buf *why, int err, unsigned span)
{
    static const struct {
        int err;
        const char *what;
    } table[] = {
        {ENODEV, "no DAHDI driver: load the module of the card (modprobe dahdi ...)"},
        {EACCES, "/dev/dahdi may not be opened: run as a user of group dahdi"},
        {EPERM, "/dev/dahdi may not be opened: run as a user of group dahdi"},
        {ENOENT, "there is no such span: dahdi_scan lists them (modprobe dahdi "
                 "auto_assign_spans=1)"},
    };

    for (size_t i = 0; why && i < RT_COUNT(table); i++)
        if (table[i].err == err) {
            rt_buf_printf(why, "dahdi span %u: %s", span, table[i].what);
            return;
        }
    if (why)
        rt_buf_printf(why, "dahdi span %u: %s", span, strerror(err));
}

static int refuse(struct isdn_dahdi *d, struct rt_buf *why, int err, unsigned timeslot,
                  unsigned channel, const char *what)
{
    if (why)
        rt_buf_printf(why, "dahdi span %u: timeslot %u (channel %u): %s", d->io->cfg->dahdi,
                      timeslot, channel, what);
    return err;
}

/** dahdi_cfg made of the channel what we need of it. */
static int check_kind(struct isdn_dahdi *d, struct rt_buf *why, unsigned timeslot,
                      const struct rt_dahdi_place *p)
{
    bool is_d = timeslot == d->io->cfg->dchannel;

    if (p->channel == 0)
        return refuse(d, why, ENXIO, timeslot, 0, "the span has no such timeslot");
    if (p->kind == (is_d ? RT_DAHDI_HDLC : RT_DAHDI_CLEAR))
        return 0;
    if (p->kind == RT_DAHDI_UNUSED)
        return refuse(d, why, ENXIO, timeslot, p->channel,
                      is_d ? "not configured: system.conf needs dchan= for it, then run dahdi_cfg"
                           : "not configured: system.conf needs bchan= for it, then run dahdi_cfg");
    return refuse(d, why, ENXIO, timeslot, p->channel,
                  is_d ? "is no D channel: system.conf needs dchan= for it, then run dahdi_cfg"
                       : "is no B channel: system.conf needs bchan= for it, then run dahdi_cfg");
}

static int open_one(struct isdn_dahdi *d, struct rt_dahdi **out, struct rt_buf *why,
                    unsigned timeslot, unsigned channel)
{
    int err = rt_dahdi_open(out, channel);

    if (err == EBUSY)
        return refuse(d, why, err, timeslot, channel, "another process has it open");
    if (err == ENXIO)
        return refuse(d, why, err, timeslot, channel, "not configured: run dahdi_cfg");
    if (err != 0)
        explain(why, err, d->io->cfg->dahdi);
    return err;
}

/** Not set up as sound yet: that comes with a call. */
static int open_b(struct isdn_dahdi *d, struct rt_buf *why, unsigned timeslot, unsigned channel)
{
    const struct isdn_span_config *cfg = d->io->cfg;
    int err = open_one(d, &d->channel[timeslot], why, timeslot, channel);

    if (err != 0)
        return err;
    err = rt_dahdi_buffers(d->channel[timeslot], cfg->frames, d->buffers);
    if (err != 0)
        return refuse(d, why, err, timeslot, channel, "the driver refuses blocks of this size");
    err = rt_dahdi_law(d->channel[timeslot], !cfg->mulaw);
    if (err != 0)
        return refuse(d, why, err, timeslot, channel, "the driver refuses the law of the line");
    if (d->pace == 0)
        d->pace = timeslot;
    return 0;
}

static int open_d(struct isdn_dahdi *d, struct rt_buf *why, unsigned timeslot, unsigned channel)
{
    int err = open_one(d, &d->dchannel, why, timeslot, channel);

    if (err != 0)
        return err;
    err = rt_dahdi_buffers(d->dchannel, D_SIZE, D_BUFFERS);
    return err == 0 ? 0 : refuse(d, why, err, timeslot, channel, "the driver refuses its buffers");
}

/** What the plan says of the line and the driver does not: somebody believes something wrong. */
static void compare(const struct isdn_dahdi *d)
{
    static const struct {
        unsigned bit;
        const char *name;
    } words[] = {{RT_DAHDI_D4, "d4"},     {RT_DAHDI_ESF, "esf"},   {RT_DAHDI_AMI, "ami"},
                 {RT_DAHDI_B8ZS, "b8zs"}, {RT_DAHDI_HDB3, "hdb3"}, {RT_DAHDI_CRC4, "crc4"}};
    const struct isdn_span_config *cfg = d->io->cfg;
    unsigned theirs = d->before.framing;

    for (size_t i = 0; theirs != 0 && i < RT_COUNT(words); i++)
        if (cfg->framing & ~theirs & words[i].bit)
            rt_log(RT_LOG_ISDN, RT_WARN,
                   "span %u: the plan says \"%s\", dahdi span %u is not configured so: see its "
                   "span= line in system.conf",
                   cfg->id, words[i].name, cfg->dahdi);
}

int isdn_dahdi_open_channels(struct isdn_dahdi *d, struct rt_buf *why)
{
    const struct isdn_span_config *cfg = d->io->cfg;
    struct rt_dahdi_place place[ISDN_TIMESLOTS];
    int err = rt_dahdi_span(&d->before, cfg->dahdi);

    if (err == 0)
        err = rt_dahdi_find(place, cfg->dahdi);
    if (err != 0) {
        explain(why, err, cfg->dahdi);
        return err;
    }
    for (unsigned i = 0; err == 0 && i < d->io->nslots; i++) {
        unsigned t = d->io->slots[i];
        err = check_kind(d, why, t, &place[t]);
        if (err == 0)
            err = (t == cfg->dchannel ? open_d : open_b)(d, why, t, place[t].channel);
    }
    if (err == 0 && d->pace == 0)
        err = refuse(d, why, EINVAL, cfg->dchannel, 0, "a span needs a B channel to be paced by");
    if (err != 0) {
        isdn_dahdi_close_channels(d);
        return err;
    }
    d->alarms = d->before.alarms;
    d->open = true;
    compare(d);
    return 0;
}

void isdn_dahdi_close_channels(struct isdn_dahdi *d)
{
    rt_dahdi_close(d->dchannel);
    d->dchannel = NULL;
    for (unsigned t = 0; t < ISDN_TIMESLOTS; t++) {
        rt_dahdi_close(d->channel[t]);
        d->channel[t] = NULL;
    }
    d->pace = 0;
    d->used = d->fresh = d->data = 0;
    d->open = false;
}
