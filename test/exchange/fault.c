/* The faults lie between Q.921 and the line: both ends' own machinery has to find and mend them. */
#include "test/exchange/fault.h"

#include "gw/rt/buf.h"
#include "isdn/q931.h"
#include "test/exchange/exchange.h"

#include <string.h>

#define JUMP       6    /* three frames on: N(S) is the upper seven bits of its octet (Q.921 3.4) */
#define NEVER_ENDS 0x55 /* neither a flag nor an abort, however long */

static bool is_i_frame(const uint8_t *frame, size_t len)
{
    return len > 4 && (frame[2] & 1) == 0;
}

static bool take_one(unsigned *left, unsigned *done)
{
    if (*left == 0)
        return false;
    --*left;
    ++*done;
    return true;
}

static enum isdn_fate on_sent(struct ex_fault *f, uint8_t *frame, size_t len)
{
    if (f->cut || f->mute_q921) {
        f->done.lost++;
        return ISDN_LOST;
    }
    if (take_one(&f->lose, &f->done.lost))
        return ISDN_LOST;
    if (is_i_frame(frame, len) && take_one(&f->jump, &f->done.jumped))
        frame[2] = (uint8_t)(frame[2] + JUMP);
    return take_one(&f->wrong_fcs, &f->done.spoilt) ? ISDN_SPOILT : ISDN_PASSES;
}

static enum isdn_fate on_received(struct ex_fault *f, uint8_t *frame, size_t len)
{
    if (f->cut) {
        f->done.lost_in++;
        return ISDN_LOST;
    }
    if (take_one(&f->lose_in, &f->done.lost_in))
        return ISDN_LOST;
    if (f->mute_q931 && is_i_frame(frame, len)) {
        f->done.unheard++;
        q931_hide(frame, len);
    }
    return ISDN_PASSES;
}

enum isdn_fate ex_fault_filter(void *arg, bool sent, uint8_t *frame, size_t len)
{
    struct ex_span *s = arg;

    return sent ? on_sent(&s->fault, frame, len) : on_received(&s->fault, frame, len);
}

void ex_fault_line(void *arg, struct isdn_block *b)
{
    const struct ex_span *s = arg;

    if (s->fault.never_ends && s->rule->cfg.dchannel)
        memset(b->tx[s->rule->cfg.dchannel], NEVER_ENDS, b->frames);
}

static void on_flap(void *arg)
{
    struct ex_fault *f = arg;

    f->cut = !f->cut;
    rt_timer_start(&f->flap, f->cut ? f->flap_for : f->flap_every - f->flap_for);
}

void ex_fault_init(struct ex_fault *f, struct rt_loop *loop)
{
    memset(f, 0, sizeof *f);
    rt_timer_init(&f->flap, loop, on_flap, f);
}

void ex_fault_flap(struct ex_fault *f, rt_time every, rt_time length)
{
    f->flap_every = every;
    f->flap_for = length;
    f->cut = false;
    on_flap(f);
}

void ex_fault_none(struct ex_fault *f)
{
    rt_timer_stop(&f->flap);
    f->lose = f->lose_in = f->wrong_fcs = f->jump = 0;
    f->cut = f->never_ends = f->mute_q921 = f->mute_q931 = false;
}

json_t *ex_fault_json(const struct ex_fault *f)
{
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:b}", "lost", (int)f->done.lost, "lost_in",
                     (int)f->done.lost_in, "spoilt", (int)f->done.spoilt, "jumped",
                     (int)f->done.jumped, "unheard", (int)f->done.unheard, "cut", (int)f->cut);
}
