/* A span of a telephone interface card: what its two files share. */
#ifndef ISDN_LINE_DAHDI_PRIV_H
#define ISDN_LINE_DAHDI_PRIV_H

#include "gw/rt/dahdi.h"
#include "isdn/isdn_priv.h"

#define DAHDI_BUFFERS_MAX 32

struct isdn_dahdi {
    struct isdn_io *io;
    struct rt_dahdi *dchannel;
    struct rt_dahdi *channel[ISDN_TIMESLOTS]; /**< the B channels */
    unsigned pace;                            /**< the one whose blocks make the ticks */
    unsigned buffers, primed;                 /**< blocks: room, and how many are kept ahead */
    uint32_t used;                            /**< channels that are read and written */
    uint32_t fresh;                           /**< of these: not two blocks were read yet */
    uint32_t holding;                         /**< of these: a block waits in `held` */
    uint32_t data;                            /**< of these: set up for data */
    _Atomic uint32_t wants_data;
    bool gains, echo_missing, open;
    struct isdn_gains gain;
    unsigned alarms; /**< as the driver last said */
    /* ticks */
    rt_time ticked;                                   /**< when the pacemaker last gave a block */
    rt_time due;                                      /**< when it should have; 0: not known */
    bool silent;                                      /**< it does not: the timer makes the ticks */
    struct rt_timer silence;                          /**< looks whether it does; then makes them */
    uint8_t block[DAHDI_BUFFERS_MAX][ISDN_BLOCK_MAX]; /**< what it gave in one go */
    unsigned nblocks, at;
    uint8_t held[ISDN_TIMESLOTS][ISDN_BLOCK_MAX]; /**< the block after the one of this tick */
    /* the span's counters */
    struct rt_timer second;
    struct rt_dahdi_span before;
};

/** Opens every channel and sets it up. An errno; the sentence for people goes to `why`. */
int isdn_dahdi_open_channels(struct isdn_dahdi *d, struct rt_buf *why);
void isdn_dahdi_close_channels(struct isdn_dahdi *d);

#endif
